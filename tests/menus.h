/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The formats of loaders with a plain menu, for the tests that are the same for all of them. */
#ifndef TESTS_MENUS_H
#define TESTS_MENUS_H

#include "format/extlinux.h"
#include "format/grub_legacy.h"
#include "format/lilo.h"
#include "format/refind.h"
#include "format/uboot.h"
#include "format/zipl.h"
#include "grub-cases.h"

struct menuformat {
	const char *name; /* and its directory below tests/corpus */
	int (*entries)(const struct bytes *in, struct menu *ret);
	int (*edit)(const struct bytes *in, const struct cmdline_edits *e,
		    struct bytes *ret);
	/* NULL: by editing the text alone it cannot be done */
	int (*set_default)(const struct bytes *in, const struct menu *m, size_t index,
			   struct bytes *ret);
};

static inline int legacy_entries(const struct bytes *in, struct menu *ret)
{
	return grub_legacy_entries(in->data, in->len, "1\n#\n", ret);
}

static inline int legacy_edit(const struct bytes *in, const struct cmdline_edits *e,
			      struct bytes *ret)
{
	return grub_legacy_edit_cmdlines(in->data, in->len, e, ret);
}

static inline int legacy_default(const struct bytes *in, const struct menu *m,
				 size_t index, struct bytes *ret)
{
	(void)m;
	return grub_legacy_set_default(in->data, in->len, index, ret);
}

static inline int extlinux_entries(const struct bytes *in, struct menu *ret)
{
	CLEANUP_EXTLINUX struct extlinux x = { 0 };
	int r = extlinux_read(&x, in->data, in->len);

	if (r == 0)
		r = extlinux_finish(&x);
	if (r < 0)
		return r;
	*ret = x.menu;
	x.menu = (struct menu){ 0 };
	return 0;
}

static inline int extlinux_edit(const struct bytes *in, const struct cmdline_edits *e,
				struct bytes *ret)
{
	return extlinux_edit_cmdlines(in->data, in->len, e, ret);
}

static inline int extlinux_default(const struct bytes *in, const struct menu *m,
				   size_t index, struct bytes *ret)
{
	return extlinux_set_default(in->data, in->len, m->entries[index].name, ret);
}

static inline int do_lilo_entries(const struct bytes *in, struct menu *ret)
{
	return lilo_entries(in->data, in->len, ret);
}

static inline int do_lilo_edit(const struct bytes *in, const struct cmdline_edits *e,
			       struct bytes *ret)
{
	return lilo_edit_cmdlines(in->data, in->len, e, ret);
}

static inline int do_zipl_entries(const struct bytes *in, struct menu *ret)
{
	return zipl_entries(in->data, in->len, ret);
}

static inline int do_zipl_edit(const struct bytes *in, const struct cmdline_edits *e,
			       struct bytes *ret)
{
	return zipl_edit_cmdlines(in->data, in->len, e, ret);
}

static inline int do_refind_entries(const struct bytes *in, struct menu *ret)
{
	return refind_entries(in->data, in->len, ret);
}

static inline int do_refind_edit(const struct bytes *in, const struct cmdline_edits *e,
				 struct bytes *ret)
{
	return refind_edit_cmdlines(in->data, in->len, e, ret);
}

static inline int do_refind_linux_entries(const struct bytes *in, struct menu *ret)
{
	return refind_linux_entries(in->data, in->len, ret);
}

static inline int do_refind_linux_edit(const struct bytes *in,
				       const struct cmdline_edits *e, struct bytes *ret)
{
	return refind_linux_edit_cmdlines(in->data, in->len, e, ret);
}

static inline int do_uboot_entries(const struct bytes *in, struct menu *ret)
{
	return uboot_entries(in->data, in->len, ret);
}

static inline int do_uboot_edit(const struct bytes *in, const struct cmdline_edits *e,
				struct bytes *ret)
{
	return uboot_edit_cmdlines(in->data, in->len, e, ret);
}

static inline int do_lilo_default(const struct bytes *in, const struct menu *m,
				  size_t index, struct bytes *ret)
{
	return lilo_set_default(in->data, in->len, m->entries[index].name, ret);
}

static inline int do_zipl_default(const struct bytes *in, const struct menu *m,
				  size_t index, struct bytes *ret)
{
	return zipl_set_default(in->data, in->len, m->entries[index].name, ret);
}

static const struct menuformat menuformats[] = {
	{ "grub_legacy", legacy_entries, legacy_edit, legacy_default },
	{ "extlinux", extlinux_entries, extlinux_edit, extlinux_default },
	{ "lilo", do_lilo_entries, do_lilo_edit, do_lilo_default },
	{ "zipl", do_zipl_entries, do_zipl_edit, do_zipl_default },
	{ "refind", do_refind_entries, do_refind_edit, NULL },
	{ "refind_linux", do_refind_linux_entries, do_refind_linux_edit, NULL },
	{ "uboot", do_uboot_entries, do_uboot_edit, NULL },
};

/* A line for each entry. */
static inline char *menu_lines(const struct menu *m)
{
	char *text = NULL;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	for (size_t i = 0; i < m->n; i++) {
		const struct menu_entry *e = &m->entries[i];

		fprintf(f, "%s%s", e->is_default ? "*" : " ", e->title);
		if (e->name && strcmp(e->name, e->title) != 0)
			fprintf(f, " [%s]", e->name);
		if (e->place)
			fprintf(f, " at=%s", e->place);
		if (e->kernel)
			fprintf(f, " %s", e->kernel);
		if (e->cmdline)
			fprintf(f, " {%s}", e->cmdline);
		for (size_t k = 0; k < e->initrds.n; k++)
			fprintf(f, " +%s", e->initrds.v[k]);
		fputc('\n', f);
	}
	fclose(f);
	return text;
}

/* The entry that starts by itself; SIZE_MAX: none.  More than one is a defect. */
static inline size_t menu_default(const struct menu *m)
{
	size_t at = SIZE_MAX;

	for (size_t i = 0; i < m->n; i++)
		if (m->entries[i].is_default)
			at = at == SIZE_MAX ? i : m->n;
	return at;
}

#endif
