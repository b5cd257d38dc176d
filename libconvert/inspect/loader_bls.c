/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Entries of the Boot Loader Specification, and systemd-boot, which reads nothing else. */
#include <config.h>

#include <errno.h>
#include <string.h>
#include <strings.h>

#include "format/osrelease.h"
#include "format/pe.h"
#include "inspect/fetch.h"
#include "inspect/loaders.h"

static bool ends_with_nocase(const char *s, const char *suffix)
{
	size_t n = strlen(s), m = strlen(suffix);

	return n > m && strcasecmp(s + n - m, suffix) == 0;
}

static void bls_file_clear(struct bls_file *f)
{
	free(f->path);
	bls_clear(&f->bls);
}

void bls_list_clear(struct bls_list *l)
{
	for (size_t i = 0; i < l->n; i++)
		bls_file_clear(&l->v[i]);
	free(l->v);
	*l = (struct bls_list){ 0 };
}

/* Takes @f. */
static int push(struct bls_list *l, struct bls_file *f, struct cvt_error *err)
{
	struct bls_file *grown = realloc(l->v, (l->n + 1) * sizeof(*grown));

	if (!grown)
		return error_nomem(err);
	l->v = grown;
	l->v[l->n++] = *f;
	*f = (struct bls_file){ 0 };
	return 0;
}

#define BLS_MAX ((size_t)65536) /* bytes of a file; there may be MENU_MAX of them */

static int read_entry(struct engine *e, const char *dir, const char *name,
		      struct bls_list *l, struct cvt_error *err)
{
	CLEANUP(bls_file_clear) struct bls_file f = { 0 };
	CLEANUP_BYTES struct bytes text = { 0 };
	int r = loader_path(dir, name, &f.path, err);

	if (r == 0)
		r = loader_text(e, f.path, &text, err);
	if (r < 0 || !text.data || text.len > BLS_MAX)
		return r;
	if (bls_parse(name, text.data, text.len, &f.bls) < 0)
		return error_nomem(err);
	return push(l, &f, err);
}

/* Calls @read for every file of @base/@sub whose name ends in @suffix. */
static int read_dir(struct engine *e, const char *base, const char *sub,
		    const char *suffix,
		    int (*read)(struct engine *e, const char *dir, const char *name,
				struct bls_list *l, struct cvt_error *err),
		    struct bls_list *l, struct cvt_error *err)
{
	CLEANUP_NAMES struct names names = { 0 };
	CLEANUP_FREE char *dir = NULL;
	int r = loader_path(base, sub, &dir, err);

	if (r < 0)
		return r;
	r = engine_list(e, dir, &names, NULL);
	if (r < 0)
		return r == -ENOMEM ? error_nomem(err) : 0;
	for (size_t i = 0; i < names.n && l->n < MENU_MAX && r == 0; i++)
		if (ends_with_nocase(names.v[i], suffix))
			r = read(e, dir, names.v[i], l, err);
	return r;
}

int bls_list_read(struct engine *e, const char *base, struct bls_list *l,
		  struct cvt_error *err)
{
	return read_dir(e, base, "loader/entries", ".conf", read_entry, l, err);
}

/* "$kernelopts" of Red Hat for what it stands for; other variables are usually empty.  Words may
 * be many, and stand for more: what is kept of a command line is enough.
 */
static int expand(const struct bytes *options, const char *kernelopts, char **ret)
{
	CLEANUP_BYTES struct bytes out = { 0 };
	const char *s = options->data ? options->data : "";
	int r = bytes_set(&out, "", 0);

	while (*s && r == 0 && out.len < MENU_WORDS_MAX) {
		size_t blanks = strspn(s, " \t"), n = strcspn(s + blanks, " \t");
		const char *word = s + blanks;

		if (n == strlen("$kernelopts") && memcmp(word, "$kernelopts", n) == 0)
			r = bytes_append(&out, kernelopts,
					 strnlen(kernelopts, MENU_WORDS_MAX));
		else if (*word != '$')
			r = bytes_append(&out, s, blanks + n);
		s = word + n;
	}
	if (r == 0)
		*ret = bytes_take(&out).data;
	return r;
}

static int copy(char **to, const char *from)
{
	*to = from ? strdup(from) : NULL;
	return from && !*to ? -ENOMEM : 0;
}

static int add_one(const struct bls_file *f, const char *kernelopts, struct menu *m,
		   struct cvt_error *err)
{
	const struct bls *b = &f->bls;
	struct menu_entry *x;
	int r = loader_add(m, f->path, b->title ? b->title : b->id, &x, err);

	if (r < 0 || !x)
		return r;
	if (copy(&x->name, b->id) < 0 || copy(&x->kernel, b->kernel) < 0 ||
	    expand(&b->options, kernelopts ? kernelopts : "", &x->cmdline) < 0)
		return error_nomem(err);
	for (size_t i = 0; i < b->initrds.n; i++)
		if (names_add(&x->initrds, b->initrds.v[i]) < 0)
			return error_nomem(err);
	return 0;
}

struct order {
	int (*compare)(const struct bls *, const struct bls *);
};

static int compare_files(const void *a, const void *b, void *order)
{
	const struct bls_file *x = a, *y = b;

	return ((const struct order *)order)->compare(&x->bls, &y->bls);
}

int bls_list_add(struct bls_list *l,
		 int (*compare)(const struct bls *, const struct bls *),
		 const char *kernelopts, struct menu *m, struct cvt_error *err)
{
	struct order order = { compare };
	int r = 0;

	if (l->n > 0)
		qsort_r(l->v, l->n, sizeof(*l->v), compare_files, &order);
	for (size_t i = 0; i < l->n && r == 0; i++)
		if (l->v[i].bls.kernel && !l->v[i].bls.is_program)
			r = add_one(&l->v[i], kernelopts, m, err);
	return r;
}

/* --- unified kernel images --- */

#define UKI_HEAD 4096		   /* bytes; the section table is in the first page */
#define UKI_TEXT ((uint64_t)65536) /* of a command line or os-release */

/* The text of section @name; *@ret stays empty if there is none. */
static int read_section(struct engine *e, const char *path, const struct bytes *head,
			const char *name, struct bytes *ret, struct cvt_error *err)
{
	uint64_t offset, size;
	int r;

	if (!pe_section(head, name, &offset, &size) || size > UKI_TEXT)
		return 0;
	r = fetch_part(e, path, offset, (size_t)size, ret, err);
	if (r < 0)
		return r;
	while (ret->len > 0 && strchr("\n\r ", ret->data[ret->len - 1]))
		ret->len--;
	if (ret->data)
		ret->data[ret->len] = '\0';
	return 0;
}

/* What os-release says in any of @keys. */
static int read_key(const char *text, const char *const *keys, char **ret)
{
	int r = -ENOENT;

	for (size_t i = 0; keys[i] && r == -ENOENT; i++)
		r = osrelease_get(text, keys[i], ret);
	return r == -ENOENT ? 0 : r;
}

/* As systemd-boot takes them (version 256, src/boot/efi/boot.c). */
static int take_osrel(const char *text, struct bls *b)
{
	static const char *const sort_keys[] = { "IMAGE_ID", "ID", NULL };
	static const char *const titles[] = { "PRETTY_NAME", "NAME", NULL };
	static const char *const versions[] = { "IMAGE_VERSION", "VERSION", "VERSION_ID",
						"BUILD_ID", NULL };
	int r = read_key(text, sort_keys, &b->sort_key);

	if (r == 0)
		r = read_key(text, titles, &b->title);
	return r == 0 ? read_key(text, versions, &b->version) : r;
}

/* Fills @f of which the path is set; its kernel stays NULL if the file is no such image. */
static int inspect_uki(struct engine *e, const char *name, struct bls_file *f,
		       struct cvt_error *err)
{
	CLEANUP_BYTES struct bytes head = { 0 }, osrel = { 0 };
	uint64_t offset, size;
	int r = fetch_part(e, f->path, 0, UKI_HEAD, &head, err);

	if (r < 0)
		return r;
	if (!pe_section(&head, ".linux", &offset, &size))
		return 0;
	if (bls_parse(name, "", 0, &f->bls) < 0)
		return error_nomem(err);
	r = read_section(e, f->path, &head, ".cmdline", &f->bls.options, err);
	if (r == 0)
		r = read_section(e, f->path, &head, ".osrel", &osrel, err);
	if (r < 0)
		return r;
	if ((osrel.data && take_osrel(osrel.data, &f->bls) < 0) ||
	    asprintf(&f->bls.kernel, "/EFI/Linux/%s", name) < 0)
		return error_nomem(err);
	return 0;
}

static int read_uki(struct engine *e, const char *dir, const char *name,
		    struct bls_list *l, struct cvt_error *err)
{
	CLEANUP(bls_file_clear) struct bls_file f = { 0 };
	int r = loader_path(dir, name, &f.path, err);

	if (r == 0)
		r = inspect_uki(e, name, &f, err);
	return r == 0 && f.bls.kernel ? push(l, &f, err) : r;
}

int bls_list_read_ukis(struct engine *e, const char *base, struct bls_list *l,
		       struct cvt_error *err)
{
	return read_dir(e, base, "EFI/Linux", ".efi", read_uki, l, err);
}

/* --- systemd-boot --- */

/* The pattern of loader.conf; what is saved in variables of the firmware does not come along. */
static int read_default(struct engine *e, const struct loader_bases *bases,
			struct bytes *ret, struct cvt_error *err)
{
	int r = 0;

	/* It reads that of the ESP, which is the last one. */
	for (size_t i = bases->n; i-- > 0 && r == 0 && !ret->data;) {
		CLEANUP_BYTES struct bytes text = { 0 };
		CLEANUP_FREE char *path = NULL;

		r = loader_path(bases->v[i], "loader/loader.conf", &path, err);
		if (r == 0)
			r = loader_text(e, path, &text, err);
		if (r == 0 && text.data &&
		    loader_conf_get(text.data, text.len, "default", ret) == -ENOMEM)
			return error_nomem(err);
	}
	return r;
}

int loader_read_systemd(struct engine *e, const struct loader_bases *bases,
			struct menu *m, struct cvt_error *err)
{
	CLEANUP_BLS_LIST struct bls_list l = { 0 };
	CLEANUP_BYTES struct bytes pattern = { 0 };
	size_t first = m->n, chosen;
	int r = read_default(e, bases, &pattern, err);

	for (size_t i = 0; i < bases->n && r == 0; i++) {
		r = bls_list_read(e, bases->v[i], &l, err);
		if (r == 0)
			r = bls_list_read_ukis(e, bases->v[i], &l, err);
	}
	if (r == 0)
		r = bls_list_add(&l, bls_compare, NULL, m, err);
	if (r < 0 || m->n == first)
		return r;
	for (chosen = first; pattern.data && chosen < m->n; chosen++)
		if (bls_matches(pattern.data, m->entries[chosen].name))
			break;
	m->entries[pattern.data && chosen < m->n ? chosen : first].is_default = true;
	return 0;
}
