/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <config.h>

#include <errno.h>
#include <string.h>

#include "format/initrd_script.h"
#include "format/lines.h"

/* @line and a newline for each of @files, after the offset @at of @text. */
static int insert_lines(const char *text, size_t at, const char *line,
			const struct names *files, struct bytes *ret)
{
	int r = bytes_append(ret, text, at);

	if (r == 0 && at > 0 && text[at - 1] != '\n')
		r = bytes_append(ret, "\n", 1);
	for (size_t i = 0; i < files->n && r == 0; i++) {
		r = bytes_append(ret, line, strlen(line));
		if (r == 0)
			r = bytes_append(ret, files->v[i], strlen(files->v[i]));
		if (r == 0)
			r = bytes_append(ret, "\n", 1);
	}
	return r == 0 ? bytes_append(ret, text + at, strlen(text + at)) : r;
}

/* Red Hat's mkinitrd (versions 4 and 5, nash): the script loads one file after the other. */
static int add_nash(const char *text, const struct names *files, struct bytes *ret)
{
	struct lines l = { text, text + strlen(text) };
	struct span line;
	size_t at = 0;

	while (lines_next(&l, &line)) {
		line = span_trim(line);
		if (span_starts(line, "insmod "))
			at = (size_t)(l.pos - text);
	}
	return at == 0 ? -ENOENT : insert_lines(text, at, "insmod ", files, ret);
}

/* tiny-initramfs (0.1): a file on each line. */
static int add_tiny(const char *text, const struct names *files, struct bytes *ret)
{
	return insert_lines(text, strlen(text), "", files, ret);
}

/* "/lib/modules/6.1/kernel/virtio-blk.ko.zst" to "virtio-blk". */
static struct span base_of(const char *file)
{
	const char *slash = strrchr(file, '/');
	const char *base = slash ? slash + 1 : file;

	return (struct span){ base, strcspn(base, ".") };
}

/* mkinitcpio: what its init gives to modprobe, MODULES="ext4 nvme" in /config. */
static int add_mkinitcpio(const char *text, const struct names *files, struct bytes *ret)
{
	static const char key[] = "MODULES=";
	CLEANUP_BYTES struct bytes more = { 0 };
	struct lines l = { text, text + strlen(text) };
	struct span line = { text, 0 };
	const char *end;
	bool quoted;
	int r = 0;

	for (size_t i = 0; i < files->n && r == 0; i++) {
		struct span name = base_of(files->v[i]);

		r = bytes_append(&more, " ", 1);
		if (r == 0)
			r = bytes_append(&more, name.s, name.len);
	}
	if (r < 0)
		return r;
	while (lines_next(&l, &line) && !span_starts(line, key))
		;
	if (!span_starts(line, key))
		return -ENOENT;
	quoted = line.len > strlen(key) && strchr("\"'", line.s[strlen(key)]);
	end = line.s + line.len;
	if (quoted && (line.len < strlen(key) + 2 || end[-1] != line.s[strlen(key)]))
		return -ENOENT;
	end -= quoted;
	r = bytes_append(ret, text, (size_t)(line.s - text) + strlen(key));
	if (r == 0 && !quoted)
		r = bytes_append(ret, "\"", 1);
	if (r == 0)
		r = bytes_append(ret, line.s + strlen(key),
				 (size_t)(end - line.s) - strlen(key));
	if (r == 0)
		r = bytes_append(ret, more.data, more.len);
	if (r == 0 && !quoted)
		r = bytes_append(ret, "\"", 1);
	return r == 0 ? bytes_append(ret, end, strlen(end)) : r;
}

static const struct script {
	const char *generator, *member;
	bool is_program;
	int (*add)(const char *text, const struct names *files, struct bytes *ret);
} scripts[] = {
	{ "mkinitcpio", "config", false, add_mkinitcpio },
	{ "nash", "init", true, add_nash },
	{ "tiny-initramfs", "modules", false, add_tiny },
};

static const struct script *find(const char *generator)
{
	for (size_t i = 0; i < ARRAY_SIZE(scripts) && generator; i++)
		if (strcmp(scripts[i].generator, generator) == 0)
			return &scripts[i];
	return NULL;
}

const char *initrd_script_member(const char *generator)
{
	const struct script *s = find(generator);

	return s ? s->member : NULL;
}

bool initrd_script_is_program(const char *generator)
{
	const struct script *s = find(generator);

	return s && s->is_program;
}

int initrd_script_add(const char *generator, const char *text, const struct names *files,
		      struct bytes *ret)
{
	const struct script *s = find(generator);
	CLEANUP_BYTES struct bytes out = { 0 };
	int r = s ? s->add(text, files, &out) : -ENOENT;

	if (r < 0)
		return r;
	bytes_clear(ret);
	*ret = bytes_take(&out);
	return 0;
}
