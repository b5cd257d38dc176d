/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What stack.c and the kinds of layers share. */
#ifndef ENGINE_STACK_PRIVATE_H
#define ENGINE_STACK_PRIVATE_H

#include "engine/stack.h"

enum layer_kind {
	LAYER_ARRAY, /* name: of its block device */
	LAYER_LUKS,  /* name: of the mapping */
	LAYER_VG,    /* name: its uuid */
	LAYER_PART,  /* a partition of an array; name: of its block device */
};

/* What has to be closed again. */
struct layer {
	enum layer_kind kind;
	char *name;
};

struct stack {
	struct place *place;
	struct guest *g; /* while it is being filled */
	char **paths;	 /* by index of the device; NULL: not a block device yet */
	size_t n_paths;
	struct layer *layers; /* in the order of opening */
	size_t n_layers;
	const struct key_source *sources;
	struct secret *keys; /* of each source, once it was read */
	size_t n_keys;
	struct device *known; /* copies, for a second look */
	size_t n_known;
	unsigned n_mappings;
	char *lvm_config; /* of the last lvm command; NULL: none yet */
	size_t n_pvs;	  /* that lvm has seen */
};

/* What an opener may make do with. */
enum patience {
	PATIENCE_COMPLETE, /* nothing is missing */
	PATIENCE_DEGRADED, /* enough is there to run */
	PATIENCE_NONE,	   /* open no more, and say what is missing */
};

int md_open(struct stack *s, enum patience patience, struct cvt_error *err);
void md_close(struct stack *s, const char *name);
int luks_open(struct stack *s, struct cvt_error *err);
void luks_close(struct stack *s, const char *name);
int lvm_open(struct stack *s, enum patience patience, struct cvt_error *err);
void lvm_close(struct stack *s, const char *uuid);

/* The block device of a device, which stays so; the stack owns the string. */
int stack_show(struct stack *s, size_t index, const char **ret, struct cvt_error *err);

/* A new device of @g: takes @path.  -ENOMEM, or ERR_STORAGE if there are too many. */
int stack_add(struct stack *s, enum device_kind kind, char *path, size_t *ret,
	      struct cvt_error *err);

/* Remember that @name is open. */
int stack_opened(struct stack *s, enum layer_kind kind, const char *name,
		 struct cvt_error *err);
bool stack_has_opened(const struct stack *s, enum layer_kind kind, const char *name);

/* Nothing in the device can be reached; says why, unless that is known already. */
int stack_shut(struct stack *s, size_t index, enum error_kind kind, struct cvt_error *err,
	       const char *fmt, ...) PRINTF(5, 6);

/* A device that is of @type and in which nothing was opened, nor ever will be. */
bool stack_is_closed(const struct stack *s, size_t index, const char *type);

/* @base, or @base and what tells it from another device of that name. */
int stack_name(struct stack *s, const char *base, const char *uuid, char **ret,
	       struct cvt_error *err);

/* ERR_ENGINE_LACKS where the kernel of the place has no @driver (of @module), which @whose
 * needs.
 */
int stack_need(struct stack *s, const char *driver, const char *module, const char *whose,
	       struct cvt_error *err);

#endif
