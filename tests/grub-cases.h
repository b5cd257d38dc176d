/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the tests of GRUB's files share: one set of edits, and the menu as text. */
#ifndef TESTS_GRUB_CASES_H
#define TESTS_GRUB_CASES_H

#include "format/grub_cfg.h"
#include "suite.h"

static inline int sample_map(const struct cmdline_edits *e, const char *key,
			     const char *value, char **word)
{
	if (strcmp(key, "root") == 0 && strcmp(value, "/dev/sda1") == 0)
		*word = strdup(e->no_initrd ? "root=PARTUUID=7f3a-01"
					    : "root=UUID=1111-2222");
	if (strcmp(key, "resume") == 0 && strcmp(value, "/dev/sda5") == 0)
		*word = strdup("resume=UUID=3333-4444");
	return 0;
}

static const char *const sample_consoles[] = { "tty0", "ttyS0,115200n8", NULL };
static const char *const sample_args[] = { "nvme_core.io_timeout=4294967295", NULL };
static const struct cmdline_edits sample_edits = {
	.map = sample_map,
	.consoles = sample_consoles,
	.args = sample_args,
	.only_with = "root",
};

static inline int sample_grub_cfg(const struct bytes *in, struct bytes *ret)
{
	CLEANUP_BYTES struct bytes half = { 0 };
	int r = grub_cfg_edit_cmdlines(in->data, in->len, &sample_edits, &half);

	return r < 0 ? r : grub_cfg_drop_hints(half.data, half.len, ret);
}

/* A line for each entry of the menu. */
static inline char *menu_text(const struct grub_cfg *cfg)
{
	char *text = NULL;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	for (size_t i = 0; i < cfg->n; i++) {
		const struct grub_entry *e = &cfg->entries[i];

		fprintf(f, "%s%s%s [%s]", e->is_default ? "*" : " ",
			e->parent == SIZE_MAX ? "" : "  ", e->title, e->id ? e->id : "");
		if (e->is_submenu)
			fprintf(f, " submenu");
		if (e->kernel)
			fprintf(f, " %s %s {%s}", e->linux_cmd, e->kernel, e->cmdline);
		for (size_t k = 0; k < e->initrds.n; k++)
			fprintf(f, " +%s", e->initrds.v[k]);
		fprintf(f, " root=%s", e->root ? e->root : "");
		if (e->search)
			fprintf(f, " %c=%s", e->search_by, e->search);
		fputc('\n', f);
	}
	if (cfg->has_blscfg)
		fputs("blscfg\n", f);
	if (cfg->configfile)
		fprintf(f, "configfile %s\n", cfg->configfile);
	fclose(f);
	return text;
}

#endif
