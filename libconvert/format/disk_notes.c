/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <config.h>

#include <stdbool.h>
#include <string.h>

#include "core/cleanup.h"
#include "format/disk_notes.h"

#define WORD_SIZE 256 /* bytes; longer words are no notes */

/* Calls @line for each line of @text, without its end. */
static int for_lines(const char *text, int (*line)(const char *, size_t, void *), void *data)
{
	int r = 0;

	while (*text && r >= 0) {
		size_t n = strcspn(text, "\n");

		r = line(text, n, data);
		text += n + (text[n] == '\n');
	}
	return r < 0 ? r : 0;
}

/* The next word of the line, to @out; false: there is none, or it is too long. */
static bool take_word(const char **s, const char *end, char out[WORD_SIZE])
{
	size_t n = 0;

	while (*s < end && (**s == ' ' || **s == '\t'))
		(*s)++;
	while (*s + n < end && (*s)[n] != ' ' && (*s)[n] != '\t')
		n++;
	if (n == 0 || n >= WORD_SIZE)
		return false;
	memcpy(out, *s, n);
	out[n] = '\0';
	*s += n;
	return true;
}

/* What is in quotes behind @key in the line, if anything. */
static bool take_value(const char *s, size_t len, const char *key, char out[WORD_SIZE])
{
	const char *at = memmem(s, len, key, strlen(key)), *end;

	if (!at)
		return false;
	at += strlen(key);
	end = memchr(at, '"', (size_t)(s + len - at));
	if (!end || end == at || end - at >= WORD_SIZE)
		return false;
	memcpy(out, at, (size_t)(end - at));
	out[end - at] = '\0';
	return true;
}

struct reader {
	disk_notes_fn fn;
	void *data;
	char id[WORD_SIZE]; /* the last one that was read */
};

static int fstab_line(const char *s, size_t len, void *data)
{
	static const char *const words[] = { "#", NULL, "was", "on", NULL };
	char word[WORD_SIZE], where[WORD_SIZE] = "", spec[WORD_SIZE] = "";
	const char *end = s + len;
	struct reader *r = data;

	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		if (!take_word(&s, end, word) || (words[i] && strcmp(word, words[i]) != 0))
			return 0;
		if (!words[i])
			memcpy(i == 1 ? where : spec, word, sizeof(word));
	}
	return r->fn(r->data, spec, where);
}

int disk_notes_fstab(const char *text, disk_notes_fn fn, void *data)
{
	struct reader r = { .fn = fn, .data = data };

	return for_lines(text, fstab_line, &r);
}

/* The id of a physical volume comes before its device (lvm2, format_text/export.c). */
static int lvm_line(const char *s, size_t len, void *data)
{
	struct reader *r = data;
	char spec[WORD_SIZE];

	if (take_value(s, len, "id = \"", r->id) ||
	    !take_value(s, len, "device = \"", spec))
		return 0;
	return r->id[0] ? r->fn(r->data, spec, r->id) : 0;
}

int disk_notes_lvm(const char *text, disk_notes_fn fn, void *data)
{
	struct reader r = { .fn = fn, .data = data };

	return for_lines(text, lvm_line, &r);
}

/* <device DEVNO="0x0801" … UUID="…" TYPE="ext3">/dev/sda1</device> */
static int blkid_line(const char *s, size_t len, void *data)
{
	struct reader *r = data;
	const char *spec = memmem(s, len, ">/dev/", 6);
	const char *end = spec ? memchr(spec, '<', (size_t)(s + len - spec)) : NULL;
	char copy[WORD_SIZE];

	if (!end || end - ++spec >= WORD_SIZE || !take_value(s, len, " UUID=\"", r->id))
		return 0;
	memcpy(copy, spec, (size_t)(end - spec));
	copy[end - spec] = '\0';
	return r->fn(r->data, copy, r->id);
}

int disk_notes_blkid(const char *text, disk_notes_fn fn, void *data)
{
	struct reader r = { .fn = fn, .data = data };

	return for_lines(text, blkid_line, &r);
}
