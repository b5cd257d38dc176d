/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <config.h>

#include "format/cmdline.h"
#include "suite.h"

static const char *const consoles[] = { "tty0", "ttyS0,115200n8", NULL };
static const char *const args[] = { "nvme_core.io_timeout=4294967295", "rootdelay=300",
				    NULL };

static int map(const struct cmdline_edits *e, const char *key, const char *value,
	       char **word)
{
	(void)e;
	if (strcmp(key, "root") == 0 && strcmp(value, "/dev/sda1") == 0)
		*word = strdup(e->no_initrd ? "root=PARTUUID=1-1" : "root=UUID=a b");
	if (strcmp(key, "resume") == 0)
		*word = strdup("noresume");
	if (strcmp(key, "gone") == 0)
		*word = strdup("");
	return strcmp(key, "fail") == 0 ? -EDOM : 0;
}

static const struct cmdline_edits map_edits = { .map = map };
static const struct cmdline_edits console_edits = { .consoles = consoles };
static const struct cmdline_edits arg_edits = { .args = args };
static const char *const drop[] = { "console=hvc0", "notsc", "tsc=reliable", "x_y=1",
				    NULL };
static const struct cmdline_edits drop_edits = { .drop = drop };
static const struct cmdline_edits root_edits = { .consoles = consoles,
						 .only_with = "root" };

static const struct {
	const char *in, *out;
	const struct cmdline_edits *e;
	enum cmdline_syntax syntax;
} edits[] = {
	/* A word for which nothing comes goes with its blanks. */
	{ "gone=1 a gone=2 gone=3 b", "a b", &map_edits },
	{ "gone=1", "", &map_edits },
	{ "a gone=\"1 2\" ", "a ", &map_edits },
	/* Consoles: missing ones are added, the target's last one is the last of all. */
	{ "", "console=tty0 console=ttyS0,115200n8", &console_edits },
	{ "quiet", "quiet console=tty0 console=ttyS0,115200n8", &console_edits },
	{ "quiet ", "quiet console=tty0 console=ttyS0,115200n8 ", &console_edits },
	{ "quiet -- init", "quiet console=tty0 console=ttyS0,115200n8 -- init",
	  &console_edits },
	{ "console=tty1 console=ttyS0", "console=tty1 console=ttyS0", &console_edits },
	{ "console=ttyS0,9600 ro", "console=tty0 console=ttyS0,9600 ro", &console_edits },
	{ "ro console=tty0", "ro console=tty0 console=ttyS0,115200n8", &console_edits },
	{ "console=ttyS0,9600 console=tty0 ro", "console=tty0 console=ttyS0,9600 ro",
	  &console_edits },
	{ "ro console=ttyS0 console=hvc0  b",
	  "ro console=hvc0 console=tty0 console=ttyS0  b", &console_edits },
	{ "console=ttyS0 console=ttyS0 console=hvc0",
	  "console=hvc0 console=tty0 console=ttyS0", &console_edits },
	{ "console=ttyS0,\" x=\" console=hvc0",
	  "console=hvc0 console=tty0 console=ttyS0,\" x=\"", &console_edits },
	{ "console=hvc0", "console=hvc0 console=tty0 console=ttyS0,115200n8",
	  &console_edits },
	{ "a=1", "a=1", &root_edits },
	{ "root=x", "root=x console=tty0 console=ttyS0,115200n8", &root_edits },
	/* Arguments: the guest's own value stays; '-' and '_' are one. */
	{ "ro", "ro nvme_core.io_timeout=4294967295 rootdelay=300", &arg_edits },
	{ "nvme-core.io_timeout=9 rootdelay=1", "nvme-core.io_timeout=9 rootdelay=1",
	  &arg_edits },
	{ "nvme_core.io_timeouts=9 xrootdelay=1",
	  "nvme_core.io_timeouts=9 xrootdelay=1 nvme_core.io_timeout=4294967295 "
	  "rootdelay=300",
	  &arg_edits },
	/* What goes, with its blanks; init's words are not ours. */
	{ "ro notsc console=hvc0,9600 quiet", "ro quiet", &drop_edits },
	{ "console=hvc0 tsc=reliable", "", &drop_edits },
	{ "notsc=1 tsc=unstable tsc console=hvc01 tsc=reliable2",
	  "notsc=1 tsc=unstable tsc "
	  "console=hvc01 tsc=reliable2",
	  &drop_edits },
	{ "x-y=1 a -- notsc", "a -- notsc", &drop_edits },
	{ "'notsc' a", "a", &drop_edits, CMDLINE_GRUB },
	/* Values: in place, quoted as the syntax needs it; init's words are not ours. */
	{ "a  root=/dev/sda1\tb", "a  root=\"UUID=a b\"\tb", &map_edits },
	{ "root=\"/dev/sda1\"", "root=\"UUID=a b\"", &map_edits },
	{ "\"root=/dev/sda1\"", "root=\"UUID=a b\"", &map_edits },
	{ "root=/dev/sda11 xroot=/dev/sda1", "root=/dev/sda11 xroot=/dev/sda1",
	  &map_edits },
	{ "resume=/dev/sda5 splash", "noresume splash", &map_edits },
	{ "a -- root=/dev/sda1", "a -- root=/dev/sda1", &map_edits },
	{ "'root=/dev/sda1' x", "root=\"UUID=a b\" x", &map_edits, CMDLINE_GRUB },
	{ "a \\\n\troot=/dev/sda\\1 x=$y", "a \\\n\troot=\"UUID=a b\" x=$y", &map_edits,
	  CMDLINE_GRUB },
	{ "quiet\\\n", "quiet\\\n console=tty0 console=ttyS0,115200n8", &console_edits,
	  CMDLINE_GRUB },
	{ "quiet\\ ", "quiet\\  console=tty0 console=ttyS0,115200n8", &console_edits,
	  CMDLINE_GRUB },
	{ "a\f", "a\f console=tty0 console=ttyS0,115200n8", &console_edits,
	  CMDLINE_GRUB },
	{ "root=\"/dev/sda1", "root=\"/dev/sda1", &map_edits },
	{ "a \"b c", "a \"b c", &console_edits },
	{ "a 'b c", "a 'b c", &console_edits, CMDLINE_GRUB },
	{ "a b\\", "a b\\", &console_edits, CMDLINE_GRUB },
	{ "a \"b\\\"", "a \"b\\\"", &console_edits, CMDLINE_GRUB },
	{ "x='a b' root=${r} {;}", "x='a b' root=${r} {;}", &map_edits, CMDLINE_GRUB },
};

START_TEST(test_edit)
{
	CLEANUP_BYTES struct bytes once = { 0 }, twice = { 0 };
	const char *in = edits[_i].in;

	ck_assert_int_eq(
		cmdline_edit(in, strlen(in), edits[_i].syntax, edits[_i].e, &once), 0);
	ck_assert_str_eq(once.data, edits[_i].out);
	ck_assert_int_eq(cmdline_edit(once.data, once.len, edits[_i].syntax, edits[_i].e,
				      &twice),
			 0);
	ck_assert_str_eq(twice.data, edits[_i].out);
}
END_TEST

START_TEST(test_map_fails)
{
	CLEANUP_BYTES struct bytes out = { 0 };

	ck_assert_int_eq(cmdline_edit("fail=1", 6, CMDLINE_KERNEL, &map_edits, &out),
			 -EDOM);
	ck_assert_ptr_null(out.data);
}
END_TEST

static const struct {
	int (*fn)(const char *in, size_t len, enum cmdline_syntax syntax,
		  const char *word, struct bytes *ret);
	const char *in, *word, *out;
} changes[] = {
	{ cmdline_set, "a=1 quiet b a=2", "a=3", "a=3 quiet b" },
	{ cmdline_set, "quiet", "a=3", "quiet a=3" },
	{ cmdline_set, "a=\"x  y\" b", "a=x  y", "a=\"x  y\" b" },
	{ cmdline_set, "a=\"x  y\" b", "a=y  x", "a=\"y  x\" b" },
	{ cmdline_set, "b", "two words", "b \"two words\"" },
	{ cmdline_add, "console=tty0 -- x", "console=tty1",
	  "console=tty0 console=tty1 -- x" },
	{ cmdline_add, "", "a", "a" },
	{ cmdline_remove, "a b=1 c", "b", "a c" },
	{ cmdline_remove, "b=1  b=2 c", "b", "c" },
	{ cmdline_remove, "b=1 b=2 c", "b=1", "b=2 c" },
	{ cmdline_remove, " b c b", "b", " c" },
	{ cmdline_remove, "b b", "b", "" },
	{ cmdline_remove, "a b", "x", "a b" },
};

START_TEST(test_change)
{
	CLEANUP_BYTES struct bytes out = { 0 };
	const char *in = changes[_i].in;

	ck_assert_int_eq(changes[_i].fn(in, strlen(in), CMDLINE_KERNEL, changes[_i].word,
					&out),
			 0);
	ck_assert_str_eq(out.data, changes[_i].out);
}
END_TEST

static const struct {
	const char *in, *key, *value; /* NULL: it is not there */
} gets[] = {
	{ "root=/dev/sda1 ro", "root", "/dev/sda1" },
	{ "root=a root=b", "root", "b" },
	{ "foo=\"a b\"", "foo", "a b" },
	{ "ro root=UUID=1=2", "root", "UUID=1=2" },
	{ "ro", "ro", "" },
	{ "xro roo=1", "ro", NULL },
	{ "-- root=a", "root", NULL },
};

START_TEST(test_get)
{
	CLEANUP_BYTES struct bytes out = { 0 };
	const char *in = gets[_i].in;

	ck_assert_int_eq(cmdline_get(in, strlen(in), CMDLINE_KERNEL, gets[_i].key, &out),
			 gets[_i].value ? 0 : -ENOENT);
	ck_assert_pstr_eq(out.data, gets[_i].value);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("cmdline");
	TCase *tc = tcase_create("all");

	tcase_add_loop_test(tc, test_edit, 0, (int)ARRAY_SIZE(edits));
	tcase_add_test(tc, test_map_fails);
	tcase_add_loop_test(tc, test_change, 0, (int)ARRAY_SIZE(changes));
	tcase_add_loop_test(tc, test_get, 0, (int)ARRAY_SIZE(gets));
	suite_add_tcase(s, tc);
	return suite_run(s);
}
