/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <config.h>

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "term.h"

#define BAR_MAX 40 /* columns between the brackets */
#define BESIDE 30  /* what stands around them: percent, stage, time */
#define RED "\033[31m"
#define GREEN "\033[32m"
#define YELLOW "\033[33m"
#define CYAN "\033[36m"
#define BOLD "\033[1m"

static int columns(void)
{
	struct winsize size = { 0 };

	return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0
		       ? size.ws_col
		       : 80;
}

static time_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec;
}

void bar_show(struct bar *b, const char *stage, unsigned percent)
{
	static const char full[] = "########################################";
	int width = columns() - BESIDE, done;
	long seconds;

	if (!isatty(STDERR_FILENO))
		return;
	if (!b->started)
		b->started = now();
	seconds = (long)(now() - b->started);
	width = width > BAR_MAX ? BAR_MAX : width < 0 ? 0 : width;
	done = (int)(percent > 100 ? 100 : percent) * width / 100;
	if (width > 0)
		fprintf(stderr, "\r[%.*s%*s] ", done, full, width - done, "");
	else
		fputs("\r", stderr);
	fprintf(stderr, "%3u %% %-8.8s %ld:%02ld\033[K", percent, stage, seconds / 60,
		seconds % 60);
	b->shown = true;
}

void bar_clear(struct bar *b)
{
	if (b->shown)
		fputs("\r\033[K", stderr);
	b->shown = false;
}

bool color_is_on(enum color color, FILE *out)
{
	const char *no = getenv("NO_COLOR");

	if (color != COLOR_AUTO)
		return color == COLOR_ALWAYS;
	return isatty(fileno(out)) && !(no && *no);
}

const char *color_of_diff(const char *line)
{
	if (strncmp(line, "--- ", 4) == 0 || strncmp(line, "+++ ", 4) == 0)
		return BOLD;
	switch (*line) {
	case '+':
		return GREEN;
	case '-':
		return RED;
	case '@':
		return CYAN;
	default:
		return "";
	}
}

const char *color_of_text(const char *line)
{
	static const struct {
		const char *start, *color;
	} starts[] = {
		{ "fail ", RED },	  { "failed for ", RED },
		{ "did not boot:", RED }, { "does not boot on ", RED },
		{ "warn ", YELLOW },	  { "warning: ", YELLOW },
		{ "pass ", GREEN },	  { "boots on ", GREEN },
		{ "booted: ", GREEN },
	};

	for (size_t i = 0; i < sizeof(starts) / sizeof(starts[0]); i++)
		if (strncmp(line, starts[i].start, strlen(starts[i].start)) == 0)
			return starts[i].color;
	return "";
}
