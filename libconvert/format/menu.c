/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <config.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "format/menu.h"

int menu_add(struct menu *m, struct span title, struct menu_entry **ret)
{
	struct menu_entry *grown = m->entries;

	*ret = NULL;
	if (m->n >= MENU_MAX)
		return 0;
	if ((m->n & (m->n - 1)) == 0)
		grown = realloc(m->entries, (m->n ? 2 * m->n : 1) * sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	m->entries = grown;
	*ret = &m->entries[m->n];
	**ret = (struct menu_entry){ .is_default = false };
	if (span_copy(title, &(*ret)->title) < 0)
		return -ENOMEM;
	m->n++;
	return 0;
}

int menu_add_initrd(struct names *initrds, struct span file)
{
	CLEANUP_FREE char *name = NULL;

	if (file.len == 0 || file.len > MENU_PATH_MAX || initrds->n >= MENU_INITRDS_MAX)
		return 0;
	return span_copy(file, &name) < 0 ? -ENOMEM : names_add_new(initrds, name);
}

struct span menu_cut(struct span words)
{
	if (words.len > MENU_WORDS_MAX)
		words.len = MENU_WORDS_MAX;
	return words;
}

void menu_entry_clear(struct menu_entry *e)
{
	free(e->title);
	free(e->name);
	free(e->kernel);
	names_clear(&e->initrds);
	free(e->cmdline);
	free(e->place);
	free(e->config);
}

void menu_clear(struct menu *m)
{
	for (size_t i = 0; i < m->n; i++)
		menu_entry_clear(&m->entries[i]);
	free(m->entries);
	*m = (struct menu){ 0 };
}

void menu_give(struct menu *m, struct menu *ret)
{
	menu_clear(ret);
	*ret = *m;
	*m = (struct menu){ 0 };
}

int menu_edit_args(struct splices *s, const char *in, struct span args,
		   const struct cmdline_edits *e)
{
	CLEANUP_BYTES struct bytes fresh = { 0 };
	int r = cmdline_edit(args.s, args.len, CMDLINE_KERNEL, e, &fresh);

	if (r < 0 || (fresh.len == args.len && memcmp(fresh.data, args.s, args.len) == 0))
		return r;
	return splice_bytes(s, (size_t)(args.s - in), args.len, &fresh);
}
