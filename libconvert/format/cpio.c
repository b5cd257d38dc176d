/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <config.h>

#include <errno.h>
#include <string.h>

#include "format/cpio.h"

static const char trailer[] = "TRAILER!!!";

/* --- writing --- */

static bool is_safe_name(const char *name)
{
	for (const char *s = name;; s++) {
		size_t n = strcspn(s, "/");

		if (n == 0 || (n == 1 && s[0] == '.') ||
		    (n == 2 && s[0] == '.' && s[1] == '.'))
			return false;
		s += n;
		if (*s == '\0')
			return strlen(name) < CPIO_NAME_MAX;
	}
}

static bool has_name(const struct cpio *c, const char *name)
{
	for (size_t i = 0; i < c->n; i++)
		if (strcmp(c->v[i].name, name) == 0)
			return true;
	return false;
}

/* Add an entry unless it is there; takes @name. */
static int add_entry(struct cpio *c, char *name, mode_t mode, const struct bytes *data)
{
	CLEANUP_FREE char *owned = name;
	struct cpio_file *grown;

	if (!owned)
		return -ENOMEM;
	if (has_name(c, owned))
		return 0;
	grown = realloc(c->v, (c->n + 1) * sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	c->v = grown;
	c->v[c->n++] = (struct cpio_file){ take_ptr(owned), mode, data };
	return 0;
}

static int add_file(struct cpio *c, const char *name, mode_t mode,
		    const struct bytes *data, struct cvt_error *err)
{
	if (!is_safe_name(name))
		return error_set(err, -EINVAL, "'%s' cannot be a name in an archive",
				 name);
	if (data->len > UINT32_MAX)
		return error_set(err, -EFBIG, "'%s' is too large for an archive", name);
	for (const char *s = strchr(name, '/'); s; s = strchr(s + 1, '/'))
		if (add_entry(c, strndup(name, s - name), S_IFDIR | 0755, NULL) < 0)
			return error_nomem(err);
	if (add_entry(c, strdup(name), S_IFREG | mode, data) < 0)
		return error_nomem(err);
	return 0;
}

int cpio_add(struct cpio *c, const char *name, const struct bytes *data,
	     struct cvt_error *err)
{
	return add_file(c, name, 0644, data, err);
}

int cpio_add_program(struct cpio *c, const char *name, const struct bytes *data,
		     struct cvt_error *err)
{
	return add_file(c, name, 0755, data, err);
}

size_t cpio_padding(uint64_t size)
{
	return (size_t)(-size & 3);
}

static int pad(struct bytes *out)
{
	return bytes_append(out, "\0\0\0", cpio_padding(out->len));
}

int cpio_put_header(struct bytes *out, unsigned ino, const char *name, mode_t mode,
		    uint32_t size)
{
	char header[CPIO_HEADER + 1];
	int r;

	if (!name)
		name = trailer;
	snprintf(header, sizeof(header),
		 "070701%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X", ino,
		 (unsigned)mode, 0u, 0u, S_ISDIR(mode) ? 2u : 1u, 0u, (unsigned)size, 0u,
		 0u, 0u, 0u, (unsigned)strlen(name) + 1, 0u);
	r = bytes_append(out, header, CPIO_HEADER);
	if (r == 0)
		r = bytes_append(out, name, strlen(name) + 1);
	return r < 0 ? r : pad(out);
}

static int write_entry(struct bytes *out, unsigned ino, const char *name, mode_t mode,
		       const struct bytes *data)
{
	size_t size = data ? data->len : 0;
	int r = cpio_put_header(out, ino, name, mode, (uint32_t)size);

	if (r == 0 && size > 0)
		r = bytes_append(out, data->data, size);
	return r < 0 ? r : pad(out);
}

static int compare(const void *a, const void *b)
{
	return strcmp(((const struct cpio_file *)a)->name,
		      ((const struct cpio_file *)b)->name);
}

int cpio_write(struct cpio *c, struct bytes *ret, struct cvt_error *err)
{
	CLEANUP_BYTES struct bytes out = { 0 };
	int r = 0;

	/* Bytewise order: a directory comes before what is in it, as the kernel needs. */
	if (c->n > 1)
		qsort(c->v, c->n, sizeof(*c->v), compare);
	for (size_t i = 0; i < c->n && r == 0; i++)
		r = write_entry(&out, i + 1, c->v[i].name, c->v[i].mode, c->v[i].data);
	if (r < 0 || write_entry(&out, 0, trailer, 0, NULL) < 0)
		return error_nomem(err);
	*ret = bytes_take(&out);
	return 0;
}

void cpio_clear(struct cpio *c)
{
	for (size_t i = 0; i < c->n; i++)
		free(c->v[i].name);
	free(c->v);
	*c = (struct cpio){ 0 };
}

/* --- reading --- */

/* Eight hexadecimal digits. */
static bool get_field(const char *s, uint32_t *ret)
{
	uint32_t v = 0;

	for (int i = 0; i < 8; i++) {
		char c = s[i];
		int digit = c >= '0' && c <= '9'   ? c - '0'
			    : c >= 'a' && c <= 'f' ? c - 'a' + 10
			    : c >= 'A' && c <= 'F' ? c - 'A' + 10
						   : -1;

		if (digit < 0)
			return false;
		v = v << 4 | (uint32_t)digit;
	}
	*ret = v;
	return true;
}

enum { FIELD_MODE = 1, FIELD_SIZE = 6, FIELD_NAMESIZE = 11 };

static int parse_header(struct cpio_reader *r, struct cvt_error *err)
{
	uint32_t field[13];

	if (memcmp(r->buf, "070701", 6) != 0 && memcmp(r->buf, "070702", 6) != 0)
		return error_set(err, -EBADMSG,
				 "no newc or crc header where one has to be");
	for (size_t i = 0; i < ARRAY_SIZE(field); i++)
		if (!get_field(r->buf + 6 + 8 * i, &field[i]))
			return error_set(err, -EBADMSG,
					 "a header has a field that is no number");
	if (field[FIELD_NAMESIZE] == 0 || field[FIELD_NAMESIZE] > CPIO_NAME_MAX)
		return error_set(err, -EBADMSG, "a name of %u bytes",
				 (unsigned)field[FIELD_NAMESIZE]);
	r->name_len = field[FIELD_NAMESIZE];
	r->entry = (struct cpio_entry){ .mode = field[FIELD_MODE],
					.size = field[FIELD_SIZE] };
	r->state = CPIO_IN_NAME;
	return 0;
}

static int parse_name(struct cpio_reader *r, struct cvt_error *err)
{
	char *name = r->buf + CPIO_HEADER;

	if (name[r->name_len - 1] != '\0')
		return error_set(err, -EBADMSG, "a name does not end");
	r->skip = ((uint64_t)r->entry.size + 3) & ~(uint64_t)3;
	r->state = CPIO_IN_BODY;
	r->is_trailer = strcmp(name, trailer) == 0;
	if (r->is_trailer || name[0] == '\0')
		return 0;
	if (r->n_entries++ >= r->max_entries)
		return error_set(err, -EFBIG, "more than %zu entries", r->max_entries);
	r->entry.name = name;
	return r->fn(r->data, &r->entry, err);
}

/* Collect @want bytes in buf; true once they are there. */
static bool collect(struct cpio_reader *r, const char **p, size_t *len, size_t want)
{
	size_t n = want - r->have < *len ? want - r->have : *len;

	memcpy(r->buf + r->have, *p, n);
	r->have += n;
	*p += n;
	*len -= n;
	return r->have == want;
}

/* Between archives: zeros are padding; false at what is neither that nor an archive.  The
 * kernel takes '0' for an archive only at an offset that is a multiple of four.
 */
static bool reset(struct cpio_reader *r, const char **p, size_t *len)
{
	while (*len > 0 && **p == '\0') {
		(*p)++;
		(*len)--;
		r->phase++;
	}
	if (*len > 0 && (**p != '0' || (r->phase & 3) != 0))
		return false;
	if (*len > 0) {
		r->state = CPIO_IN_HEADER;
		r->have = 0;
	}
	return true;
}

/* Of the @n bytes that come, the last ones may be padding. */
static int tell_body(struct cpio_reader *r, const char *p, size_t n,
		     struct cvt_error *err)
{
	uint64_t all = ((uint64_t)r->entry.size + 3) & ~(uint64_t)3;
	uint64_t at = all - r->skip;

	if (!r->body || r->is_trailer || !r->entry.name || !S_ISREG(r->entry.mode) ||
	    at >= r->entry.size)
		return 0;
	if (n > r->entry.size - at)
		n = (size_t)(r->entry.size - at);
	return n > 0 ? r->body(r->data, p, n, err) : 0;
}

int cpio_read(struct cpio_reader *r, const void *data, size_t len, size_t *used,
	      struct cvt_error *err)
{
	const char *p = data;
	size_t left = len;
	int code = 0;

	while (left > 0 && code == 0) {
		switch (r->state) {
		case CPIO_RESET:
			if (!reset(r, &p, &left)) {
				*used = len - left;
				return 0;
			}
			break;
		case CPIO_IN_HEADER:
			if (collect(r, &p, &left, CPIO_HEADER))
				code = parse_header(r, err);
			break;
		case CPIO_IN_NAME:
			if (collect(r, &p, &left,
				    (CPIO_HEADER + r->name_len + 3) & ~(size_t)3))
				code = parse_name(r, err);
			break;
		case CPIO_IN_BODY: {
			size_t n = r->skip < left ? r->skip : left;

			code = tell_body(r, p, n, err);
			p += n;
			left -= n;
			r->skip -= n;
			break;
		}
		}
		if (code == 0 && r->state == CPIO_IN_BODY && r->skip == 0) {
			r->state = r->is_trailer ? CPIO_RESET : CPIO_IN_HEADER;
			r->have = 0;
			r->phase = 0;
		}
	}
	*used = len - left;
	return code;
}

bool cpio_at_end(const struct cpio_reader *r)
{
	return r->state == CPIO_RESET;
}
