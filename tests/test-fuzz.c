/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Each format on any bytes: no crash, nothing made that cannot be read again,
 * and rewriting twice is rewriting once.  The test runs the corpus with damage
 * done to it; with FUZZ=FORMAT the same is a libFuzzer program for one format.
 */
#include <config.h>

#include "format/bls.h"
#include "format/cpio.h"
#include "format/crypttab.h"
#include "format/disk_notes.h"
#include "format/elf.h"
#include "format/file_contexts.h"
#include "format/fstab.h"
#include "format/grub_default.h"
#include "format/grub_image.h"
#include "format/grubenv.h"
#include "format/initrd.h"
#include "format/initrd_script.h"
#include "format/kernel_image.h"
#include "format/lease.h"
#include "format/lvm_conf.h"
#include "format/net_args.h"
#include "format/osrelease.h"
#include "format/pe.h"
#include "format/ptable.h"
#include "format/uki.h"
#include "format/unit.h"
#include "format/word_list.h"
#include "grub-cases.h"
#include "guest/modules.h"
#include "hostnames.h"
#include "inittab-case.h"
#include "menus.h"
#include "modprobe-case.h"
#include "netformats.h"
#include "plan/diff.h"
#include "step/tools.h"
#include "vm/vm.h"
#include "xorg-case.h"

/* Not ck_assert(): a fuzzer has no test around it. */
#define REQUIRE(condition)                                                              \
	do {                                                                            \
		if (!(condition)) {                                                     \
			fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition); \
			abort();                                                        \
		}                                                                       \
	} while (0)

static void tell(const struct bytes *once, const struct bytes *twice)
{
	fwrite(once->data, 1, once->len, stderr);
	fputs("\n---- twice:\n", stderr);
	fwrite(twice->data, 1, twice->len, stderr);
	fputs("\n----\n", stderr);
}

typedef int (*rewrite_fn)(const struct bytes *in, struct bytes *ret);

static void check_rewrite(rewrite_fn rewrite, const struct bytes *in)
{
	CLEANUP_BYTES struct bytes once = { 0 }, twice = { 0 };

	if (rewrite(in, &once) < 0)
		return;
	REQUIRE(rewrite(&once, &twice) == 0);
	if (!bytes_equal(&once, &twice))
		tell(&once, &twice);
	REQUIRE(bytes_equal(&once, &twice));
}

/* ---- storage ---- */

static int rewrite_fstab(const struct bytes *in, struct bytes *ret)
{
	CLEANUP_FSTAB struct fstab f = { 0 };
	struct fstab_entry e;
	int r = fstab_open(&f, in->data, in->len, NULL);

	while (r == 0 && (r = fstab_next(&f, &e)) > 0) {
		REQUIRE(e.spec && e.where && e.type && e.options);
		r = e.spec[0] == '/' ? fstab_set(&f, FSTAB_SPEC, "UUID=a b") : 0;
		if (r == 0 && !e.options[0])
			r = fstab_set(&f, FSTAB_OPTIONS, "nofail");
		REQUIRE(r == 0);
	}
	return r < 0 ? r : fstab_finish(&f, ret);
}

static int rewrite_crypttab(const struct bytes *in, struct bytes *ret)
{
	CLEANUP_CRYPTTAB struct crypttab c = { 0 };
	struct crypttab_entry e;
	int r = crypttab_open(&c, in->data, in->len, NULL);

	while (r == 0 && (r = crypttab_next(&c, &e)) > 0) {
		REQUIRE(e.name && e.device && e.key && e.options);
		r = e.device[0] == '/' ? crypttab_set(&c, CRYPTTAB_DEVICE, "UUID=a") : 0;
		if (r == 0 && !e.options[0])
			r = crypttab_set(&c, CRYPTTAB_OPTIONS, "nofail");
		REQUIRE(r == 0);
	}
	return r < 0 ? r : crypttab_finish(&c, ret);
}

static int rewrite_unit(const struct bytes *in, struct bytes *ret)
{
	CLEANUP_FREE char *value = NULL;
	int r = unit_get(in->data, "Mount", "What", &value);

	REQUIRE((unit_set(in->data, "Mount", "What", "NEW", ret) == 0) == (r == 1));
	return r == 1 ? 0 : -ENOENT;
}

static void fuzz_fstab(const struct bytes *in)
{
	check_rewrite(rewrite_fstab, in);
}

static void fuzz_crypttab(const struct bytes *in)
{
	check_rewrite(rewrite_crypttab, in);
}

static void fuzz_unit(const struct bytes *in)
{
	check_rewrite(rewrite_unit, in);
}

/* ---- boot ---- */

static int rewrite_kernel_line(const struct bytes *in, struct bytes *ret)
{
	return cmdline_edit(in->data, in->len, CMDLINE_KERNEL, &sample_edits, ret);
}

static int rewrite_grub_line(const struct bytes *in, struct bytes *ret)
{
	return cmdline_edit(in->data, in->len, CMDLINE_GRUB, &sample_edits, ret);
}

static void fuzz_cmdline(const struct bytes *in)
{
	static const struct bytes nothing = { "", 0 };
	CLEANUP_BYTES struct bytes set = { 0 }, gone = { 0 }, value = { 0 };
	CLEANUP_FREE char *dynamic = NULL, *again = NULL, *moved = NULL;
	char mac[NIC_MAC_SIZE];
	size_t at;

	check_rewrite(rewrite_kernel_line, in);
	check_rewrite(rewrite_grub_line, in);
	for (enum cmdline_syntax s = CMDLINE_KERNEL; s <= CMDLINE_GRUB; s++) {
		REQUIRE(cmdline_set(in->data, in->len, s, "quiet", &set) == 0);
		REQUIRE(cmdline_add(in->data, in->len, s, "a=b", &set) == 0);
		REQUIRE(cmdline_remove(in->data, in->len, s, "quiet", &gone) == 0);
		REQUIRE(cmdline_get(gone.data, gone.len, s, "quiet", &value) == -ENOENT);
	}
	REQUIRE(bytes_equal(&value, &nothing));
	REQUIRE(net_args_dynamic(in->data, &dynamic) == 0);
	if (dynamic)
		REQUIRE(net_args_dynamic(dynamic, &again) == 0 && !again);
	if (net_args_mac(in->data, &at, mac))
		REQUIRE(net_args_set_mac(in->data, at, mac, &moved) == 0);
}

static int default_grub_cfg(const struct bytes *in, struct bytes *ret)
{
	return grub_cfg_set_default(in->data, in->len, "a>b", ret);
}

static void fuzz_grub_cfg(const struct bytes *in)
{
	CLEANUP_GRUB_CFG struct grub_cfg cfg = { 0 };
	CLEANUP_FREE char *text = NULL;

	check_rewrite(sample_grub_cfg, in);
	check_rewrite(default_grub_cfg, in);
	REQUIRE(grub_cfg_entries(in->data, in->len, "1>a", &cfg) == 0);
	text = menu_text(&cfg);
	REQUIRE(text);
}

static int rewrite_defaults(const struct bytes *in, struct bytes *ret)
{
	return grub_default_edit(in->data, in->len, &sample_edits, &(size_t){ 0 }, ret);
}

static int extend_defaults(const struct bytes *in, struct bytes *ret)
{
	static const struct cmdline_edits e = { .consoles = sample_consoles,
						.args = sample_args };

	return grub_default_extend(in->data, in->len, &e, ret);
}

static int allow_uuid(const struct bytes *in, struct bytes *ret)
{
	return grub_default_allow_uuid(in->data, in->len, ret);
}

static int set_default(const struct bytes *in, struct bytes *ret)
{
	return grub_default_set(in->data, in->len, "GRUB_DEFAULT", "a>b", ret);
}

static int rewrite_loader_vars(const struct bytes *in, struct bytes *ret)
{
	return loader_vars_edit(in->data, in->len, &sample_edits, ret);
}

static void fuzz_loader_vars(const struct bytes *in)
{
	check_rewrite(rewrite_loader_vars, in);
}

static void fuzz_grub_default(const struct bytes *in)
{
	CLEANUP_BYTES struct bytes value = { 0 }, longer = { 0 };

	check_rewrite(set_default, in);
	check_rewrite(rewrite_defaults, in);
	check_rewrite(allow_uuid, in);
	REQUIRE(extend_defaults(in, &longer) == 0);
	REQUIRE(grub_default_get(in->data, in->len, "GRUB_DEFAULT", &value) == 0);
}

static int rewrite_word_list(const struct bytes *in, struct bytes *ret)
{
	char nvme[] = "nvme", blk[] = "virtio-blk", *v[] = { nvme, blk };
	const struct names words = { v, 2 };

	return word_list_add(in->data ? in->data : "", "GRUB_CMDLINE_LINUX", &words, ret);
}

static void fuzz_word_list(const struct bytes *in)
{
	check_rewrite(rewrite_word_list, in);
}

static int rewrite_bls(const struct bytes *in, struct bytes *ret)
{
	return bls_edit(in->data, in->len, &sample_edits, ret);
}

static int rewrite_loader_conf(const struct bytes *in, struct bytes *ret)
{
	return loader_conf_set(in->data, in->len, "default", "6.1.conf", ret);
}

static void fuzz_bls(const struct bytes *in)
{
	CLEANUP_BLS struct bls b = { 0 };

	check_rewrite(rewrite_bls, in);
	check_rewrite(rewrite_loader_conf, in);
	REQUIRE(bls_parse("6.1+3.conf", in->data, in->len, &b) == 0);
}

static int rewrite_grubenv(const struct bytes *in, struct bytes *ret)
{
	CLEANUP_BYTES struct bytes value = { 0 };
	int r = grubenv_set(in, "kernelopts", "root=UUID=1 ro\\", ret);

	if (r < 0)
		return r;
	REQUIRE(ret->len == in->len);
	REQUIRE(grubenv_get(ret, "kernelopts", &value) == 0);
	REQUIRE(strcmp(value.data, "root=UUID=1 ro\\") == 0);
	return 0;
}

static void fuzz_grubenv(const struct bytes *in)
{
	check_rewrite(rewrite_grubenv, in);
}

static const struct menuformat *menu_format;

static int rewrite_menu(const struct bytes *in, struct bytes *ret)
{
	return menu_format->edit(in, &sample_edits, ret);
}

static void check_menu(const char *name, const struct bytes *in)
{
	CLEANUP_MENU struct menu m = { 0 };
	CLEANUP_FREE char *text = NULL;

	menu_format = menuformats;
	while (strcmp(menu_format->name, name) != 0)
		menu_format++;
	check_rewrite(rewrite_menu, in);
	if (menu_format->entries(in, &m) < 0)
		return;
	text = menu_lines(&m);
	REQUIRE(text);
	for (size_t i = 0; i < m.n && i < 8 && menu_format->set_default; i++) {
		CLEANUP_BYTES struct bytes out = { 0 };

		REQUIRE(menu_format->set_default(in, &m, i, &out) == 0);
	}
}

#define MENU(name)                                      \
	static void fuzz_##name(const struct bytes *in) \
	{                                               \
		check_menu(#name, in);                  \
	}
MENU(extlinux)
MENU(grub_legacy)
MENU(lilo)
MENU(refind)
MENU(refind_linux)
MENU(uboot)
MENU(zipl)

/* ---- network ---- */

static void check_network(const char *name, const struct bytes *in)
{
	const struct netformat *f = netformats;

	while (strcmp(f->name, name) != 0)
		f++;
	for (enum netformat_mode mode = NETFORMAT_RELEASE; mode <= NETFORMAT_DHCP;
	     mode++) {
		CLEANUP_FREE char *text = strdup(in->data), *once = NULL, *twice = NULL;

		if (netformat_run(f, mode, text, &once, NULL) < 0)
			continue;
		REQUIRE(netformat_run(f, mode, once, &twice, NULL) == 0);
		if (strcmp(once, twice) != 0)
			fprintf(stderr, "%s\n---- twice ----\n%s\n", once, twice);
		REQUIRE(strcmp(once, twice) == 0);
	}
}

#define NETWORK(name, corpus)                           \
	static void fuzz_##name(const struct bytes *in) \
	{                                               \
		check_network(corpus, in);              \
	}
NETWORK(connman, "connman")
NETWORK(ifcfg, "ifcfg")
NETWORK(interfaces, "interfaces")
NETWORK(link, "link")
NETWORK(mactab, "mactab")
NETWORK(netdev, "netdev")
NETWORK(netifrc, "netifrc")
NETWORK(netplan, "netplan")
NETWORK(networkd, "network")
NETWORK(nmkeyfile, "nmkeyfile")
NETWORK(udev_net, "udev_net")
NETWORK(wicked, "wicked")

/* ---- the rest ---- */

static int count_note(void *data, const char *spec, const char *what)
{
	size_t *n = data;

	REQUIRE(*spec && *what);
	return ++*n < 100 ? 0 : -E2BIG;
}

static void fuzz_disk_notes(const struct bytes *in)
{
	CLEANUP_FREE char *text = strndup(in->data ? in->data : "", in->len);
	size_t n = 0;

	REQUIRE(text);
	(void)disk_notes_fstab(text, count_note, &n);
	(void)disk_notes_lvm(text, count_note, &n);
	(void)disk_notes_blkid(text, count_note, &n);
}

static void fuzz_hostname(const struct bytes *in)
{
	check_rewrite(rename_hosts, in);
	check_rewrite(rename_file, in);
	check_rewrite(rename_shell, in);
}

static void fuzz_inittab(const struct bytes *in)
{
	check_rewrite(edit_inittab, in);
}

static void fuzz_modprobe(const struct bytes *in)
{
	check_rewrite(edit_modprobe, in);
}

static void fuzz_xorg(const struct bytes *in)
{
	check_rewrite(edit_xorg, in);
}

/* As a file of each client. */
static void fuzz_lease(const struct bytes *in)
{
	static const char *const names[] = {
		"dhclient.leases",
		"internal-5fb06bd0-0bb0-7ffb-45f1-d6edd65f3e03-eth0.lease",
		"eth0.lease",
	};
	CLEANUP_NICS struct nics nics = { 0 };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		REQUIRE(lease_read(names[i], in, &nics, NULL) == 0);
	for (size_t i = 0; i < nics.n; i++)
		REQUIRE(nics.v[i].name[0] && strlen(nics.v[i].mac) == NIC_MAC_SIZE - 1);
}

static void fuzz_osrelease(const struct bytes *in)
{
	CLEANUP_FREE char *text = strdup(in->data), *id = NULL, *name = NULL;

	REQUIRE(osrelease_get(text, "ID", &id) <= 0);
	REQUIRE(osrelease_get(text, "PRETTY_NAME", &name) <= 0);
}

/* The text before a line "====" against the one behind it. */
static void fuzz_diff(const struct bytes *in)
{
	CLEANUP_FREE char *old = strdup(in->data), *out = NULL;
	char *fresh = strstr(old, "====\n");
	struct diff_side before = { .mode = 0100644 }, after = { .mode = 0100644 };
	size_t len;
	FILE *f = open_memstream(&out, &len);

	REQUIRE(f);
	if (fresh)
		*fresh = '\0';
	fresh = fresh ? fresh + strlen("====\n") : old;
	before.data = (struct bytes){ old, strlen(old) };
	after.data = (struct bytes){ fresh, strlen(fresh) };
	REQUIRE(diff_text(f, "/a", &before, &after) == 0);
	REQUIRE(fclose(f) == 0);
	REQUIRE((len == 0) == (strcmp(old, fresh) == 0));
}

static int count(void *n, const struct cpio_entry *e, struct cvt_error *err)
{
	(void)err;
	REQUIRE(e->name[0]);
	++*(size_t *)n;
	return 0;
}

/* The entries of @in, read in pieces of @piece bytes; -errno. */
static int count_cpio(const struct bytes *in, size_t piece, size_t *n)
{
	struct cpio_reader r = { .fn = count, .data = n, .max_entries = 1000 };
	size_t used = 0;
	int e = 0;

	for (size_t at = 0; e == 0 && at < in->len; at += used) {
		size_t len = in->len - at < piece ? in->len - at : piece;

		e = cpio_read(&r, in->data + at, len, &used, NULL);
		if (e == 0 && used < len)
			break;
	}
	return e;
}

static void fuzz_cpio(const struct bytes *in)
{
	size_t n = 0, m = 0;

	REQUIRE(count_cpio(in, in->len, &n) == count_cpio(in, 7, &m));
	REQUIRE(n == m);
}

static int read_bytes(void *data, uint64_t offset, size_t max, struct bytes *ret,
		      struct cvt_error *err)
{
	const struct bytes *b = data;
	size_t n = offset < b->len ? b->len - offset : 0;

	(void)err;
	return bytes_set(ret, n ? b->data + offset : "", n < max ? n : max);
}

static void fuzz_initrd(const struct bytes *in)
{
	struct bytes copy = *in;
	const struct initrd_source src = { read_bytes, &copy };
	size_t n = 0, ours = 0;

	REQUIRE(initrd_list(&src, count, NULL, &n, NULL) <= 0);
	REQUIRE(initrd_list_ours(&src, count, &ours, NULL) <= 0);
}

static void fuzz_modules(const struct bytes *in)
{
	CLEANUP(kernel_clear) struct kernel k = { .version = strdup("6.1.0") };
	CLEANUP_NAMES struct names wanted = { 0 }, closure = { 0 };

	if (modules_parse_dep(&k, in, NULL) < 0 ||
	    modules_parse_builtin(&k, in, NULL) < 0 ||
	    modules_parse_softdep(&k, in, NULL) < 0 ||
	    modules_parse_alias(&k, in, NULL) < 0)
		return;
	for (size_t i = 0; i < k.n_modules; i += 2)
		REQUIRE(names_add(&wanted, k.modules[i].name) == 0);
	REQUIRE(modules_closure(&k, &wanted, &closure, NULL) == 0);
	for (size_t i = 0; i < closure.n; i++)
		REQUIRE(kernel_module(&k, closure.v[i]));
}

/* What a record makes us do stays where units and scripts are started. */
static void fuzz_switched_off(const struct bytes *in)
{
	static const char *const ours[] = { "/etc/systemd/system/", "/etc/init",
					    "/etc/rc", "/etc/runlevels/", TOOLS_RECORD };
	const struct request q = { .target = target_find("vmware") };
	CLEANUP_GUEST struct guest g = { .os_id = strdup("x") };
	CLEANUP_PLAN struct plan p = { 0 };
	struct bytes copy = { 0 };

	REQUIRE(bytes_append(&copy, in->data, in->len) == 0);
	REQUIRE(guest_add_file(&g, TOOLS_RECORD, &copy, 0644) == 0);
	REQUIRE(step_tools.plan(&g, &q, &p, NULL) == 0);
	for (size_t i = 0; i < p.n_edits; i++) {
		bool found = false;

		for (size_t j = 0; j < ARRAY_SIZE(ours); j++)
			found = found ||
				strncmp(p.edits[i].path, ours[j], strlen(ours[j])) == 0;
		REQUIRE(found && !strstr(p.edits[i].path, "/../"));
	}
}

static void fuzz_elf(const struct bytes *in)
{
	CLEANUP_FREE char *exact = malloc(in->len ? in->len : 1);

	REQUIRE(exact);
	memcpy(exact, in->data, in->len);
	(void)elf_arch(exact, in->len);
}

static void fuzz_grub_image(const struct bytes *in)
{
	CLEANUP_FREE char *exact = malloc(in->len ? in->len : 1);
	const struct bytes b = { exact, in->len, 0 };
	char prefix[GRUB_PREFIX_SIZE];

	REQUIRE(exact);
	memcpy(exact, in->data, in->len);
	if (grub_image_prefix(&b, prefix) == 0)
		REQUIRE(strlen(prefix) < sizeof(prefix) && (!*prefix || *prefix == '/'));
}

/* What the disk @in has where the reader asks. */
static int read_disk(const struct bytes *in, struct pieces *p, struct ptable *t)
{
	uint64_t offset;
	const char *why;
	size_t size;
	int r;

	while ((r = ptable_read(p, in->len / PTABLE_SECTOR, t, &offset, &size, &why)) ==
	       -EAGAIN) {
		struct bytes b = { 0 };

		REQUIRE(offset + size <= in->len && p->n < 100);
		REQUIRE(bytes_set(&b, in->data + offset, size) == 0);
		REQUIRE(pieces_add(p, offset, &b) == 0);
	}
	REQUIRE(r == 0 || *why);
	return r;
}

/* What was edited can be read again. */
static void fuzz_ptable(const struct bytes *in)
{
	CLEANUP_PIECES struct pieces p = { 0 };
	uint64_t first, last;
	struct ptable t;

	if (read_disk(in, &p, &t) < 0)
		return;
	for (size_t i = 0; i < t.n; i++)
		if (ptable_can_shrink(&t, &t.parts[i])) {
			ptable_shrink(&t, &t.parts[i],
				      t.parts[i].first +
					      (t.parts[i].last - t.parts[i].first) / 2,
				      &p);
			break;
		}
	ptable_finish(&t, &p);
	REQUIRE(read_disk(in, &p, &t) == 0);
	if (!t.free_entry || !ptable_room(&t, &first, &last))
		return;
	REQUIRE(first <= last && last <= t.last_usable);
	ptable_add_esp(&t, first, last, &p);
	ptable_finish(&t, &p);
	REQUIRE(read_disk(in, &p, &t) == 0);
}

static void fuzz_image(const struct bytes *in)
{
	CLEANUP_FREE char *exact = malloc(in->len ? in->len : 1);
	const struct bytes b = { exact, in->len, 0 };
	uint64_t needs;

	REQUIRE(exact);
	memcpy(exact, in->data, in->len);
	(void)kernel_image_needs(exact, in->len, &needs);
	REQUIRE(!pe_machine(&b) || pe_needs(&b) > 0);
}

static int set_cmdline(const struct bytes *in, struct bytes *ret)
{
	static char text[] = "root=UUID=1 ro";
	const struct bytes content = { text, sizeof(text) - 1, 0 };
	uint64_t offset, size;
	int r = uki_set(in, ".cmdline", &content, ret);

	if (r < 0)
		return r;
	REQUIRE(pe_section(ret, ".cmdline", &offset, &size));
	REQUIRE(size == content.len && offset <= ret->len && size <= ret->len - offset);
	REQUIRE(memcmp(ret->data + offset, text, size) == 0);
	return 0;
}

static void fuzz_uki(const struct bytes *in)
{
	CLEANUP_FREE char *exact = malloc(in->len ? in->len : 1);
	CLEANUP_BYTES struct bytes large = { 0 }, out = { 0 };
	const struct bytes b = { exact, in->len, 0 };

	REQUIRE(exact);
	memcpy(exact, in->data, in->len);
	REQUIRE(bytes_append_zeros(&large, 5000) == 0);
	check_rewrite(set_cmdline, &b);
	(void)uki_set(&b, ".initrd", &large, &out);
}

/* A policy, and behind a line "====" its substitutions. */
static void fuzz_file_contexts(const struct bytes *in)
{
	static const char *const paths[] = { "/", "/etc/shadow-", "/run/x.pid",
					     "/etc/systemd/system/a",
					     "/aaaaaaaaaaaaaaac" };
	CLEANUP_FREE char *text = strdup(in->data);
	CLEANUP_FILE_CONTEXTS struct file_contexts *f = file_contexts_new();
	char *subs = strstr(text, "====\n");

	if (subs)
		*subs = '\0';
	REQUIRE(f && file_contexts_add(f, text) == 0);
	if (subs)
		REQUIRE(file_contexts_add_subs(f, subs + strlen("====\n")) == 0);
	for (size_t i = 0; i < ARRAY_SIZE(paths); i++) {
		const char *label = NULL;
		int r = file_contexts_lookup(f, paths[i], S_IFREG, &label);

		REQUIRE(r == 0 || (r == -ELOOP && !label));
		REQUIRE(!label || *label);
	}
}

static int open_filters(const struct bytes *in, struct bytes *ret)
{
	return lvm_conf_open_filters(in->data, in->len, ret);
}

static void fuzz_lvm_conf(const struct bytes *in)
{
	CLEANUP_FREE char *text = strdup(in->data);

	check_rewrite(open_filters, in);
	(void)lvm_devices_are_bound(text);
}

static void fuzz_initrd_script(const struct bytes *in)
{
	static const char *const generators[] = { "mkinitcpio", "nash",
						  "tiny-initramfs" };
	char file[] = "/lib/modules/6/virtio-blk.ko", *v[] = { file };
	const struct names files = { v, 1 };
	CLEANUP_FREE char *text = strdup(in->data);

	for (size_t i = 0; i < ARRAY_SIZE(generators); i++) {
		CLEANUP_BYTES struct bytes out = { 0 };
		int r = initrd_script_add(generators[i], text, &files, &out);

		REQUIRE(r == -ENOENT || (r == 0 && strstr(out.data, "virtio-blk")));
	}
}

/* Every reader: which one it is, the content says. */
static void fuzz_vm(const struct bytes *in)
{
	CLEANUP_VM struct vm vm = { 0 };

	if (vm_parse(in->data ? in->data : "", in->len, &vm, NULL) < 0)
		return;
	for (size_t i = 0; i < vm.n_disks; i++) {
		CLEANUP_FREE char *path = NULL;
		int r = vm_disk_path(&vm, &vm.disks[i], "/d", &path, NULL);

		REQUIRE((r == 0) == (path != NULL));
		REQUIRE(r < 0 || vm.format == VM_LIBVIRT || vm.format == VM_JSON ||
			strncmp(path, "/d/", 3) == 0);
	}
}

/* What is made of a report for a hypervisor whose XML we read is read again. */
static void fuzz_describe(const struct bytes *in)
{
	static const char *const kinds[] = { "libvirt",	  "qemu", "kubevirt",
					     "openstack", "ec2",  "ec2-import",
					     "gce",	  "ovf" };

	for (size_t i = 0; !bytes_has_nul(in) && i < ARRAY_SIZE(kinds); i++) {
		CLEANUP_VM struct vm vm = { 0 };
		CLEANUP_FREE char *text = NULL;

		if (cvt_describe(in->data, kinds[i], &text, NULL) < 0) {
			REQUIRE(!text);
			continue;
		}
		REQUIRE(text[0] && text[strlen(text) - 1] == '\n');
		if (strcmp(kinds[i], "libvirt") == 0 || strcmp(kinds[i], "ovf") == 0)
			REQUIRE(vm_parse(text, strlen(text), &vm, NULL) == 0);
	}
}

/* A fuzzer of the name, and the directory of its seeds below tests/corpus. */
static const struct format {
	const char *name, *seeds;
	void (*run)(const struct bytes *in);
} formats[] = {
	{ "cmdline", "cmdline", fuzz_cmdline },
	{ "connman", "connman", fuzz_connman },
	{ "cpio", "cpio", fuzz_cpio },
	{ "crypttab", "crypttab", fuzz_crypttab },
	{ "describe", "describe", fuzz_describe },
	{ "diff", "diff", fuzz_diff },
	{ "elf", "elf", fuzz_elf },
	{ "extlinux", "extlinux", fuzz_extlinux },
	{ "file_contexts", "file_contexts", fuzz_file_contexts },
	{ "fstab", "fstab", fuzz_fstab },
	{ "grub_cfg", "grub_cfg", fuzz_grub_cfg },
	{ "grub_default", "grub_default", fuzz_grub_default },
	{ "grub_image", "grub_image", fuzz_grub_image },
	{ "grub_legacy", "grub_legacy", fuzz_grub_legacy },
	{ "bls", "bls", fuzz_bls },
	{ "word_list", "grub_default", fuzz_word_list },
	{ "xorg", "xorg", fuzz_xorg },
	{ "grubenv", "grubenv", fuzz_grubenv },
	{ "hostname", "hostname", fuzz_hostname },
	{ "ifcfg", "ifcfg", fuzz_ifcfg },
	{ "image", "image", fuzz_image },
	{ "initrd", "initrd", fuzz_initrd },
	{ "inittab", "inittab", fuzz_inittab },
	{ "initrd_script", "initrd_script", fuzz_initrd_script },
	{ "interfaces", "interfaces", fuzz_interfaces },
	{ "lease", "lease", fuzz_lease },
	{ "lilo", "lilo", fuzz_lilo },
	{ "link", "link", fuzz_link },
	{ "loader_vars", "loader_vars", fuzz_loader_vars },
	{ "lvm_conf", "lvm_conf", fuzz_lvm_conf },
	{ "modprobe", "modprobe", fuzz_modprobe },
	{ "modules", "modules", fuzz_modules },
	{ "mactab", "mactab", fuzz_mactab },
	{ "netdev", "netdev", fuzz_netdev },
	{ "netifrc", "netifrc", fuzz_netifrc },
	{ "netplan", "netplan", fuzz_netplan },
	{ "networkd", "network", fuzz_networkd },
	{ "nmkeyfile", "nmkeyfile", fuzz_nmkeyfile },
	{ "disk_notes", "disk_notes", fuzz_disk_notes },
	{ "osrelease", "osrelease", fuzz_osrelease },
	{ "ptable", "ptable", fuzz_ptable },
	{ "switched_off", "switched-off", fuzz_switched_off },
	{ "refind", "refind", fuzz_refind },
	{ "refind_linux", "refind_linux", fuzz_refind_linux },
	{ "uboot", "uboot", fuzz_uboot },
	{ "uki", "image", fuzz_uki },
	{ "zipl", "zipl", fuzz_zipl },
	{ "udev_net", "udev_net", fuzz_udev_net },
	{ "wicked", "wicked", fuzz_wicked },
	{ "unit", "unit", fuzz_unit },
	{ "vm_domain", "vm-domain", fuzz_vm },
	{ "vm_json", "vm-json", fuzz_vm },
	{ "vm_ovf", "vm-ovf", fuzz_vm },
	{ "vm_vmx", "vm-vmx", fuzz_vm },
};

#ifdef FUZZ

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP_BYTES struct bytes in = { 0 };

	REQUIRE(bytes_set(&in, data, size) == 0);
	for (size_t i = 0; i < ARRAY_SIZE(formats); i++)
		if (strcmp(formats[i].name, FUZZ) == 0)
			formats[i].run(&in);
	return 0;
}

#else

static glob_t seeds[ARRAY_SIZE(formats)];

static uint32_t roll(uint32_t *state, size_t sides)
{
	*state = *state * 1664525 + 1013904223;
	return (*state >> 8) % (uint32_t)sides;
}

/* A few bytes become others, or a piece of it stands there twice, or not at all. */
static void damage(const struct bytes *in, uint32_t *state, struct bytes *ret)
{
	static const char odd[] = "\n\r\t #;=:-,\"'\\{}[]&*|>$(`a0/\x80\xff";
	size_t at = roll(state, in->len), n = roll(state, in->len - at),
	       skip = roll(state, 3);

	if (skip == 2) {
		ck_assert_int_eq(bytes_set(ret, in->data, in->len), 0);
		for (uint32_t k = roll(state, 4) + 1; k > 0; k--)
			ret->data[roll(state, in->len)] = odd[roll(state, sizeof(odd))];
		return;
	}
	ck_assert_int_eq(bytes_set(ret, in->data, at + (skip ? 0 : n)), 0);
	ck_assert_int_eq(bytes_append(ret, in->data + at + (skip ? n : 0),
				      in->len - at - (skip ? n : 0)),
			 0);
}

START_TEST(test_format)
{
	for (size_t i = 0; i < seeds[_i].gl_pathc; i++) {
		CLEANUP_BYTES struct bytes in = slurp(seeds[_i].gl_pathv[i]);
		uint32_t state = 12345;

		formats[_i].run(&in);
		for (size_t cut = 1; cut <= in.len && cut < 200; cut++) {
			CLEANUP_BYTES struct bytes bad = { 0 };

			ck_assert_int_eq(bytes_set(&bad, in.data, in.len - cut), 0);
			formats[_i].run(&bad);
		}
		for (int n = 0; n < 400 && in.len > 0; n++) {
			CLEANUP_BYTES struct bytes bad = { 0 };

			damage(&in, &state, &bad);
			formats[_i].run(&bad);
		}
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("fuzz");
	TCase *tc = tcase_create("all");

	for (size_t i = 0; i < ARRAY_SIZE(formats); i++) {
		char pattern[64];

		snprintf(pattern, sizeof(pattern), "%s/*.in", formats[i].seeds);
		if (corpus_open(pattern, &seeds[i]) != 0)
			return 99;
	}
	tcase_set_timeout(tc, 120);
	tcase_add_loop_test(tc, test_format, 0, (int)ARRAY_SIZE(formats));
	suite_add_tcase(s, tc);
	return suite_run(s);
}

#endif
