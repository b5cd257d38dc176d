/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What only a terminal gets: a progress bar, and colour. */
#ifndef TOOLS_TERM_H
#define TOOLS_TERM_H

#include <stdbool.h>
#include <stdio.h>
#include <time.h>

enum color {
	COLOR_AUTO, /* on a terminal, unless NO_COLOR is set (no-color.org) */
	COLOR_ALWAYS,
	COLOR_NEVER,
};

/* A bar on standard error. */
struct bar {
	bool shown;
	time_t started; /* CLOCK_MONOTONIC; 0: not yet */
};

/* Nothing if standard error is no terminal. */
void bar_show(struct bar *b, const char *stage, unsigned percent);
void bar_clear(struct bar *b);

/* Is @out to be in colour? */
bool color_is_on(enum color color, FILE *out);

/* The colour of a line of a diff, and of a report's text; "": none. */
const char *color_of_diff(const char *line);
const char *color_of_text(const char *line);
#define COLOR_OFF "\033[0m"

#endif
