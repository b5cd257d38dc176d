/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The programs that check file systems: how they are called, and what their answers mean. */
#ifndef ENGINE_CHECKER_H
#define ENGINE_CHECKER_H

#include "engine/engine.h"

enum checker_call {
	CHECKER_LOOK,	/* change nothing */
	CHECKER_MEND,	/* mend what can be mended */
	CHECKER_NO_LOG, /* throw away a journal that cannot be replayed */
};

struct checker_answer {
	bool sound;
	char words[200]; /* the first that say something, printable; "": none */
};

/*
 * Let the checker of @d's file system do @call; it is not mounted.  After
 * anything but CHECKER_LOOK the answer is to be had by a look.
 * -ENOENT: there is none for this type, or it does not do that.  Any other
 * failure says that it could not be run, or not to its end.
 */
int checker_run(struct engine *e, const struct device *d, enum checker_call call,
		struct checker_answer *ret, struct cvt_error *err);

bool checker_exists(const char *type);

/* For tests: whether exit status @status and output @said of a look say that a file system of
 * this type is sound.  -EIO: they say nothing of it.
 */
int checker_read(const char *type, int status, const char *said,
		 struct checker_answer *ret);

#endif
