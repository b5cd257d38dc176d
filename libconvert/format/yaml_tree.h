/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * YAML as a tree of positions in its text, so that an edit is a splice of the
 * text and comments, quotes and layout stay.  Aliases are leaves, never
 * followed; depth and number of nodes are bounded.
 */
#ifndef FORMAT_YAML_TREE_H
#define FORMAT_YAML_TREE_H

#include <stdbool.h>

#include "format/splice.h"

enum yaml_kind {
	YAML_SCALAR,
	YAML_MAPPING,
	YAML_SEQUENCE,
	YAML_ALIAS
};

struct yaml_node {
	enum yaml_kind kind;
	size_t at, end; /* bytes of the text; a block ends with its last leaf */
	size_t last;	/* index of the last node below it, or its own */
	size_t next;	/* index of the next sibling; 0: none */
	bool is_flow;	/* {…} or […] */
	bool is_anchored;
	bool is_gone; /* to be removed; set on the key of a pair, or on an item */
	char *value;  /* of a scalar, decoded */
};

/* A mapping's children are key, value, key, value; node i's first child is i + 1. */
struct yaml_tree {
	const char *text;
	struct yaml_node *v; /* v[0] is the sequence of documents */
	size_t n;
};

/* -EINVAL names the line; -ENOTSUP: a key stands twice; -E2BIG: too deep or too many
 * nodes.
 * @text must outlive it.
 */
int yaml_tree_parse(const char *text, struct yaml_tree *ret, struct cvt_error *err);
void yaml_tree_clear(struct yaml_tree *t);
#define CLEANUP_YAML_TREE CLEANUP(yaml_tree_clear)

size_t yaml_first(const struct yaml_tree *t, size_t node); /* first child; 0: none */
size_t yaml_key(const struct yaml_tree *t, size_t map, const char *key); /* 0: none */
size_t yaml_get(const struct yaml_tree *t, size_t map, const char *key); /* its value */
const char *yaml_value(const struct yaml_tree *t, size_t node); /* "": no scalar, or 0 */

/* Splice out the children of @node that are marked as gone; {} or [] if all are.  @key is
 * the key node of a block collection's pair, 0 if it has none.  -ENOTSUP if something
 * else refers to what would go, or stands on the same line.
 */
int yaml_remove_gone(const struct yaml_tree *t, size_t key, size_t node,
		     struct splices *out, struct cvt_error *err);

/* Put @text in the place of the pair of @key, or of a single scalar keeping its quotes.
 */
int yaml_replace_pair(const struct yaml_tree *t, size_t key, const char *text,
		      struct splices *out, struct cvt_error *err);
int yaml_set_scalar(const struct yaml_tree *t, size_t node, const char *value,
		    struct splices *out, struct cvt_error *err);

#endif
