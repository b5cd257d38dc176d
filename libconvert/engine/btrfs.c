/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Subvolumes are found by their back references in the tree of tree roots, as btrfs(8) does:
 * each names the parent, a directory in it, and the name in that directory.
 */
#include <config.h>

#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/btrfs.h>
#include <linux/btrfs_tree.h>
#include <string.h>
#include <sys/ioctl.h>

#include "core/bytes.h"
#include "core/cleanup.h"
#include "engine/btrfs.h"

#define SUBVOLUMES_MAX 65536
#define DEPTH_MAX 64 /* subvolumes in subvolumes */

/* One back reference. */
struct ref {
	uint64_t id, parent;
	char *name; /* from the top of the parent: "var/lib/machines" */
};

struct refs {
	struct ref *v;
	size_t n;
	uint64_t is_default;
};

static void refs_clear(struct refs *l)
{
	for (size_t i = 0; i < l->n; i++)
		free(l->v[i].name);
	free(l->v);
}

/* The directory @dir of the subvolume @parent, with a '/' behind it, "" for its top. */
static int find_directory(int top, uint64_t parent, uint64_t dir, char *out)
{
	struct btrfs_ioctl_ino_lookup_args args = { .treeid = parent, .objectid = dir };

	if (ioctl(top, BTRFS_IOC_INO_LOOKUP, &args) < 0)
		return -errno;
	args.name[sizeof(args.name) - 1] = '\0';
	memcpy(out, args.name, sizeof(args.name));
	return 0;
}

static int add_ref(int top, struct refs *l, const struct btrfs_ioctl_search_header *h,
		   const char *item)
{
	char dir[BTRFS_INO_LOOKUP_PATH_MAX];
	struct btrfs_root_ref ref;
	struct ref *grown;
	size_t len;
	int r;

	if (h->len < sizeof(ref))
		return -EUCLEAN;
	memcpy(&ref, item, sizeof(ref));
	len = le16toh(ref.name_len);
	if (len > h->len - sizeof(ref))
		return -EUCLEAN;
	if (l->n >= SUBVOLUMES_MAX)
		return -E2BIG;
	r = find_directory(top, h->offset, le64toh(ref.dirid), dir);
	if (r < 0) /* being deleted: it has no directory any more */
		return r == -ENOENT ? 0 : r;
	grown = realloc(l->v, (l->n + 1) * sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	l->v = grown;
	grown = &l->v[l->n];
	*grown = (struct ref){ .id = h->objectid, .parent = h->offset };
	if (asprintf(&grown->name, "%s%.*s", dir, (int)len, item + sizeof(ref)) < 0)
		return -ENOMEM;
	l->n++;
	return 0;
}

/* The entry "default" of the directory of tree roots (btrfs-progs, cmds/subvolume.c). */
static void find_default(struct refs *l, const struct btrfs_ioctl_search_header *h,
			 const char *item)
{
	struct btrfs_dir_item entry;

	if (h->len < sizeof(entry) + strlen("default"))
		return;
	memcpy(&entry, item, sizeof(entry));
	if (le16toh(entry.name_len) == strlen("default") &&
	    memcmp(item + sizeof(entry), "default", strlen("default")) == 0)
		l->is_default = le64toh(entry.location.objectid);
}

static int take_item(int top, struct refs *l, const struct btrfs_ioctl_search_header *h,
		     const char *item)
{
	if (h->type == BTRFS_ROOT_BACKREF_KEY)
		return add_ref(top, l, h, item);
	if (h->type == BTRFS_DIR_ITEM_KEY)
		find_default(l, h, item);
	return 0;
}

/* One call's worth of items; moves @key behind the last.  Returns how many, or -errno. */
static int search(int top, struct btrfs_ioctl_search_key *key, struct refs *l)
{
	struct btrfs_ioctl_search_args args = { .key = *key };
	struct btrfs_ioctl_search_header h = { 0 };
	size_t at = 0;
	int r = 0;

	if (ioctl(top, BTRFS_IOC_TREE_SEARCH, &args) < 0)
		return -errno;
	for (unsigned i = 0; i < args.key.nr_items && r == 0; i++) {
		memcpy(&h, args.buf + at, sizeof(h));
		at += sizeof(h);
		r = take_item(top, l, &h, args.buf + at);
		at += h.len;
	}
	key->min_objectid = h.objectid;
	key->min_type = h.type;
	key->min_offset = h.offset + 1;
	return r < 0 ? r : (int)args.key.nr_items;
}

static int read_refs(int top, uint64_t from, uint64_t to, unsigned type, struct refs *l)
{
	struct btrfs_ioctl_search_key key = {
		.tree_id = BTRFS_ROOT_TREE_OBJECTID,
		.min_objectid = from,
		.max_objectid = to,
		.min_type = type,
		.max_type = type,
		.max_offset = UINT64_MAX,
		.max_transid = UINT64_MAX,
	};
	int r;

	do {
		key.nr_items = 4096;
		r = search(top, &key, l);
	} while (r > 0);
	return r;
}

static const struct ref *find_ref(const struct refs *l, uint64_t id)
{
	for (size_t i = 0; i < l->n; i++)
		if (l->v[i].id == id)
			return &l->v[i];
	return NULL;
}

/* The path of @ref from the top level; -ENOENT if it hangs on nothing. */
static int full_path(const struct refs *l, const struct ref *ref, struct bytes *ret)
{
	if (bytes_set(ret, "", 0) < 0)
		return -ENOMEM;
	for (int depth = 0; depth < DEPTH_MAX && ref; depth++) {
		CLEANUP_BYTES struct bytes longer = { 0 };
		const char *slash = ret->len > 0 ? "/" : "";

		if (bytes_set(&longer, ref->name, strlen(ref->name)) < 0 ||
		    bytes_append(&longer, slash, strlen(slash)) < 0 ||
		    bytes_append(&longer, ret->data, ret->len) < 0)
			return -ENOMEM;
		bytes_clear(ret);
		*ret = bytes_take(&longer);
		if (ref->parent == SUBVOL_TOP)
			return 0;
		ref = find_ref(l, ref->parent);
	}
	return -ENOENT;
}

static int add_subvolume(const struct refs *l, size_t i, size_t device, struct guest *g)
{
	CLEANUP_BYTES struct bytes path = { 0 };
	int r = full_path(l, &l->v[i], &path);

	if (r < 0)
		return r == -ENOENT ? 0 : r;
	r = guest_add_subvolume(g, device, l->v[i].id, path.data);
	if (r == 0)
		g->subvolumes[g->n_subvolumes - 1].is_default =
			l->v[i].id == l->is_default;
	return r;
}

int btrfs_subvolumes(int top, size_t device, struct guest *g, struct cvt_error *err)
{
	CLEANUP(refs_clear) struct refs l = { .is_default = SUBVOL_TOP };
	int r = read_refs(top, BTRFS_FIRST_FREE_OBJECTID, BTRFS_LAST_FREE_OBJECTID,
			  BTRFS_ROOT_BACKREF_KEY, &l);

	if (r == 0)
		r = read_refs(top, BTRFS_ROOT_TREE_DIR_OBJECTID,
			      BTRFS_ROOT_TREE_DIR_OBJECTID, BTRFS_DIR_ITEM_KEY, &l);
	if (l.is_default == BTRFS_FS_TREE_OBJECTID || !find_ref(&l, l.is_default))
		l.is_default = SUBVOL_TOP;
	if (r == 0)
		r = guest_add_subvolume(g, device, SUBVOL_TOP, "");
	if (r == 0)
		g->subvolumes[g->n_subvolumes - 1].is_default =
			l.is_default == SUBVOL_TOP;
	for (size_t i = 0; i < l.n && r == 0; i++)
		r = add_subvolume(&l, i, device, g);
	if (r == -ENOMEM)
		return error_nomem(err);
	return r < 0 ? error_raise(err, ERR_ENGINE, g->devices[device].name,
				   "cannot list its subvolumes: %s", strerror(-r))
		     : 0;
}

static int tell(unsigned long request, const char *path)
{
	CLEANUP_CLOSE int fd = open("/dev/btrfs-control", O_RDWR | O_CLOEXEC);
	struct btrfs_ioctl_vol_args args = { 0 };

	if (fd < 0)
		return -errno;
	snprintf(args.name, sizeof(args.name), "%s", path);
	return ioctl(fd, request, &args) < 0 ? -errno : 0;
}

int btrfs_scan(const char *path)
{
	return tell(BTRFS_IOC_SCAN_DEV, path);
}

void btrfs_forget(const char *path)
{
	(void)tell(BTRFS_IOC_FORGET_DEV, path);
}
