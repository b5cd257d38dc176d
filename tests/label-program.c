/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* label-program POLICY-DIR: the label of every path on standard input, as matchpathcon(8) prints
 * it.
 */
#include <config.h>

#include <string.h>

#include "core/bytes.h"
#include "format/file_contexts.h"

static int add(struct file_contexts *f, const char *dir, const char *name,
	       int (*add_text)(struct file_contexts *f, const char *text))
{
	CLEANUP_FREE char *path = NULL;
	CLEANUP_FCLOSE FILE *in = NULL;
	CLEANUP_BYTES struct bytes text = { 0 };
	char buf[65536];
	size_t n;

	if (asprintf(&path, "%s/%s", dir, name) < 0) {
		path = NULL;
		return -ENOMEM;
	}
	in = fopen(path, "re");
	while (in && (n = fread(buf, 1, sizeof(buf), in)) > 0)
		if (bytes_append(&text, buf, n) < 0)
			return -ENOMEM;
	return text.data ? add_text(f, text.data) : 0;
}

int main(int argc, char **argv)
{
	CLEANUP_FILE_CONTEXTS struct file_contexts *f = file_contexts_new();
	char line[4096];

	if (argc != 2 || !f || add(f, argv[1], "file_contexts", file_contexts_add) < 0 ||
	    add(f, argv[1], "file_contexts.homedirs", file_contexts_add) < 0 ||
	    add(f, argv[1], "file_contexts.local", file_contexts_add) < 0 ||
	    add(f, argv[1], "file_contexts.subs", file_contexts_add_subs) < 0 ||
	    add(f, argv[1], "file_contexts.subs_dist", file_contexts_add_subs) < 0)
		return 99;
	while (fgets(line, sizeof(line), stdin)) {
		const char *label = NULL;
		struct stat st;

		line[strcspn(line, "\n")] = '\0';
		if (lstat(line, &st) < 0)
			continue;
		if (file_contexts_lookup(f, line, st.st_mode, &label) < 0)
			return 99;
		printf("%s\t%s\n", line, label ? label : "<<none>>");
	}
	return 0;
}
