/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <config.h>

#include <stdbool.h>
#include <string.h>

#include "format/version.h"

/* Not those of the locale: a version is ASCII. */
static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_alpha(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static const char *skip_separators(const char *s)
{
	while (*s && !is_digit(*s) && !is_alpha(*s) && !strchr("~-^.", *s))
		s++;
	return s;
}

static int order(long a, long b)
{
	return (a > b) - (a < b);
}

/* Both pass over their number; the greater one decides. */
static int compare_numbers(const char **a, const char **b)
{
	size_t n, m;
	int r;

	*a += strspn(*a, "0");
	*b += strspn(*b, "0");
	n = strspn(*a, "0123456789");
	m = strspn(*b, "0123456789");
	r = n != m ? order((long)n, (long)m) : strncmp(*a, *b, n);
	*a += n;
	*b += m;
	return r;
}

static int compare_letters(const char **a, const char **b)
{
	size_t n = 0, m = 0;
	int r;

	while (is_alpha((*a)[n]))
		n++;
	while (is_alpha((*b)[m]))
		m++;
	r = strncmp(*a, *b, n < m ? n : m);
	if (r == 0)
		r = order((long)n, (long)m);
	*a += n;
	*b += m;
	return r;
}

/* A mark that only one of them has makes that one the older; one that both have is passed over. */
static int compare_mark(const char **a, const char **b, char mark)
{
	int r = order(**a != mark, **b != mark);

	if (r == 0 && **a == mark) {
		++*a;
		++*b;
	}
	return r;
}

int version_compare(const char *a, const char *b)
{
	for (;;) {
		int r;

		a = skip_separators(a);
		b = skip_separators(b);
		r = compare_mark(&a, &b, '~');
		if (r == 0 && (!*a || !*b))
			return order(*a != '\0', *b != '\0');
		for (const char *mark = "-^."; r == 0 && *mark; mark++)
			r = compare_mark(&a, &b, *mark);
		if (r == 0)
			r = is_digit(*a) || is_digit(*b) ? compare_numbers(&a, &b)
							 : compare_letters(&a, &b);
		if (r != 0)
			return r;
	}
}
