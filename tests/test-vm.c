/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Descriptions of machines, read: the corpus, and where their disks may lie. */
#include <config.h>

#include "suite.h"
#include "vm-dump.h"

static glob_t corpus;

START_TEST(test_corpus)
{
	const char *path = corpus.gl_pathv[_i];
	CLEANUP_BYTES struct bytes in = slurp(path), want = { 0 };
	CLEANUP_VM struct vm vm = { 0 };
	CLEANUP_FREE char *out = NULL;
	struct cvt_error err = { 0 };
	size_t len;
	FILE *f = open_memstream(&out, &len);
	int r = vm_parse(in.data, in.len, &vm, &err);

	ck_assert_ptr_nonnull(f);
	if (strstr(path, "/should-fail-")) {
		want = slurp_beside(path, ".why");
		want.data[strcspn(want.data, "\n")] = '\0';
		ck_assert_msg(r < 0 && strstr(err.msg, want.data), "%s: %s", path,
			      err.msg);
		ck_assert_ptr_null(vm.disks);
		fclose(f);
		return;
	}
	want = slurp_beside(path, ".facts");
	ck_assert_msg(r == 0, "%s: %s", path, err.msg);
	vm_dump(&vm, f);
	fclose(f);
	ck_assert_msg(strcmp(out, want.data) == 0, "%s:\n%s", path, out);
}
END_TEST

static const struct {
	enum vm_format format;
	const char *file, *path; /* NULL: refused */
} paths[] = {
	{ VM_OVF, "a.vmdk", "/dir/a.vmdk" },
	{ VM_OVF, "sub/..a/b..vmdk", "/dir/sub/..a/b..vmdk" },
	{ VM_OVF, "/etc/shadow", NULL },
	{ VM_OVF, "../a.vmdk", NULL },
	{ VM_OVF, "sub//../../a.vmdk", NULL },
	{ VM_OVF, "sub/..", NULL },
	{ VM_OVF, "http://host/a.vmdk", NULL },
	{ VM_OVF, "file:///etc/shadow", NULL },
	{ VM_VMX, "[datastore1] vm/a.vmdk", NULL },
	{ VM_VMX, "/vmfs/volumes/x/a.vmdk", NULL },
	{ VM_VMX, "C:\\vm\\a.vmdk", NULL },
	{ VM_VMX, "a.vmdk", "/dir/a.vmdk" },
	{ VM_LIBVIRT, "/dev/vg/a", "/dev/vg/a" },
	{ VM_LIBVIRT, "a.img", "/dir/a.img" },
	{ VM_JSON, "../a.img", "/dir/../a.img" },
};

START_TEST(test_path)
{
	struct vm_disk disk = { .file = (char *)paths[_i].file };
	const struct vm vm = { .format = paths[_i].format, .disks = &disk, .n_disks = 1 };
	CLEANUP_FREE char *path = NULL;
	struct cvt_error err = { 0 };
	int r = vm_disk_path(&vm, &disk, "/dir", &path, &err);

	if (paths[_i].path) {
		ck_assert_msg(r == 0, "%s: %s", disk.file, err.msg);
		ck_assert_str_eq(path, paths[_i].path);
	} else {
		ck_assert_msg(r == -EINVAL && strstr(err.msg, "does not lie beside"),
			      "%s: %s", disk.file, err.msg);
		ck_assert_ptr_null(path);
	}
}
END_TEST

/* @n times the same, between @head and @tail. */
static int parse_many(const char *head, const char *what, size_t n, const char *tail,
		      struct cvt_error *err)
{
	CLEANUP_BYTES struct bytes text = { 0 };
	CLEANUP_VM struct vm vm = { 0 };

	ck_assert_int_eq(bytes_set(&text, head, strlen(head)), 0);
	for (size_t i = 0; i < n; i++)
		ck_assert_int_eq(bytes_append(&text, what, strlen(what)), 0);
	ck_assert_int_eq(bytes_append(&text, tail, strlen(tail)), 0);
	return vm_parse(text.data, text.len, &vm, err);
}

static const struct {
	const char *head, *what;
	size_t n, too_many;
	const char *tail, *why;
} limits[] = {
	{ "<domain><devices>", "<disk/>", 256, 257, "</devices></domain>",
	  "more than 256 disks" },
	{ "<domain><devices>", "<interface/>", 64, 65, "</devices></domain>",
	  "more than 64 network cards" },
	{ "<Envelope xmlns='http://schemas.dmtf.org/ovf/envelope/1'><VirtualSystem>"
	  "<VirtualHardwareSection>",
	  "<Item/>", 2048, 2049, "</VirtualHardwareSection></VirtualSystem></Envelope>",
	  "more than 2048 items" },
	{ "a = \"b\"\n", "\n", 16000, 17000, "", "more than 16384 lines" },
	{ "<domain><name>", "0123456789abcdef", 200000, 262144, "</name></domain>",
	  "more than a description" },
};

START_TEST(test_limit)
{
	struct cvt_error err = { 0 };

	ck_assert_msg(parse_many(limits[_i].head, limits[_i].what, limits[_i].n,
				 limits[_i].tail, &err) == 0,
		      "%s", err.msg);
	ck_assert(parse_many(limits[_i].head, limits[_i].what, limits[_i].too_many,
			     limits[_i].tail, &err) < 0);
	ck_assert_msg(strstr(err.msg, limits[_i].why), "%s", err.msg);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("vm");
	TCase *tc = tcase_create("all");

	if (corpus_open("vm-*/*.in", &corpus) != 0)
		return 99;
	tcase_set_timeout(tc, 30);
	tcase_add_loop_test(tc, test_corpus, 0, (int)corpus.gl_pathc);
	tcase_add_loop_test(tc, test_path, 0, (int)ARRAY_SIZE(paths));
	tcase_add_loop_test(tc, test_limit, 0, (int)ARRAY_SIZE(limits));
	suite_add_tcase(s, tc);
	return suite_run(s);
}
