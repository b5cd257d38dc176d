/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is read from a machine that boots, and machines that do not: boot sectors of a few
 * bytes in a real QEMU.
 */
#include <config.h>

#include <pthread.h>
#include <sys/stat.h>

#include "boot/boot.h"
#include "boot/console.h"
#include "boot/hardware.h"
#include "boot/packets.h"
#include "boot/screen.h"
#include "suite.h"

/* ---- screens ---- */

static struct screen_font font;

/* A font of shapes that differ, with the A and B by which one is found. */
static void make_rom(struct bytes *rom)
{
	static const unsigned char a[] = { 0,	 0,    0x10, 0x38, 0x6c, 0xc6, 0xc6, 0xfe,
					   0xc6, 0xc6, 0xc6, 0xc6, 0,	 0,    0,    0 };
	static const unsigned char b[] = { 0,	 0,    0xfc, 0x66, 0x66, 0x66, 0x7c, 0x66,
					   0x66, 0x66, 0x66, 0xfc, 0,	 0,    0,    0 };
	unsigned char table[SCREEN_GLYPHS][SCREEN_ROWS] = { { 0 } };

	for (int c = 0x21; c < 0x7f; c++) {
		table[c][3] = (unsigned char)c;
		table[c][8] = 0x18;
	}
	memcpy(table['A'], a, sizeof(a));
	memcpy(table['B'], b, sizeof(b));
	ck_assert_int_eq(bytes_set(rom, "firmware before it", 18), 0);
	ck_assert_int_eq(bytes_append(rom, table, sizeof(table)), 0);
}

static void setup_font(void)
{
	CLEANUP_BYTES struct bytes rom = { 0 };

	make_rom(&rom);
	ck_assert(screen_find_font(&rom, &font));
}

START_TEST(test_font)
{
	CLEANUP_BYTES struct bytes rom = { 0 };
	const struct bytes nothing = { 0 };
	struct screen_font found;

	make_rom(&rom);
	ck_assert(screen_find_font(&rom, &found));
	ck_assert_uint_eq(found.rows['z'][3], 'z');
	rom.len--;
	ck_assert(!screen_find_font(&rom, &found));
	/* Too near to the beginning for a table. */
	rom.len -= 18 + 'A' * SCREEN_ROWS;
	memmove(rom.data, rom.data + 18 + 'A' * SCREEN_ROWS, rom.len);
	ck_assert(!screen_find_font(&rom, &found));
	ck_assert(!screen_find_font(&nothing, &found));
}
END_TEST

static void make_picture(struct bytes *ppm, unsigned width, unsigned height,
			 const unsigned char back[3])
{
	char head[64];
	int n = snprintf(head, sizeof(head), "P6\n%u %u\n255\n", width, height);

	ck_assert_int_eq(bytes_set(ppm, head, (size_t)n), 0);
	for (unsigned i = 0; i < width * height; i++)
		ck_assert_int_eq(bytes_append(ppm, back, 3), 0);
}

static void draw(struct bytes *ppm, unsigned width, unsigned row, unsigned column,
		 const char *text, bool inverse)
{
	const unsigned step = width == 720 ? 9 : 8;
	size_t header = (size_t)(strstr(ppm->data, "255\n") - ppm->data) + 4;

	for (; *text; text++, column++)
		for (unsigned y = 0; y < SCREEN_ROWS; y++)
			for (unsigned x = 0; x < 8; x++) {
				bool set = font.rows[(unsigned char)*text][y] & 0x80 >> x;
				size_t at = header + 3 * ((row * 16 + y) * (size_t)width +
							  column * step + x);

				memset(ppm->data + at, set != inverse ? 0xaa : 0, 3);
			}
}

START_TEST(test_screen)
{
	static const unsigned widths[] = { 720, 1024 }, black[3] = { 0 };
	CLEANUP_BYTES struct bytes ppm = { 0 };
	CLEANUP(screen_clear) struct screen s = { 0 };
	unsigned width = widths[_i];

	make_picture(&ppm, width, 400, (const unsigned char *)black);
	draw(&ppm, width, 2, 0, "grub rescue>", false);
	draw(&ppm, width, 3, 10, "AB~", true);
	ck_assert_int_eq(screen_read(&ppm, &font, &s), 0);
	ck_assert_str_eq(s.text.data + 2,
			 "grub rescue>\n          AB~\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n");
	ck_assert(!s.is_graphics && !s.is_blue);
	ck_assert_uint_eq(s.n_letters, 14);
	/* Without a font nothing is read, but the picture is known again. */
	uint64_t hash = s.hash;

	ck_assert_int_eq(screen_read(&ppm, NULL, &s), 0);
	ck_assert_uint_eq(s.hash, hash);
	ck_assert_uint_eq(s.text.len, 0);
}
END_TEST

START_TEST(test_pictures)
{
	static const unsigned char blue[3] = { 0x00, 0x78, 0xd7 }, black[3] = { 0 };
	CLEANUP_BYTES struct bytes ppm = { 0 };
	CLEANUP(screen_clear) struct screen s = { 0 };

	make_picture(&ppm, 640, 480, blue);
	ck_assert_int_eq(screen_read(&ppm, &font, &s), 0);
	ck_assert(s.is_blue);
	make_picture(&ppm, 640, 480, black);
	for (size_t i = 100; i + 1 < ppm.len; i++)
		ppm.data[i] = (char)(i * 2654435761U >> 24);
	ck_assert_int_eq(screen_read(&ppm, &font, &s), 0);
	ck_assert(s.is_graphics && !s.is_blue);
}
END_TEST

START_TEST(test_bad_pictures)
{
	static const char *const bad[] = { "",
					   "P6",
					   "P5\n2 2\n255\n123456789012",
					   "P6\n2 2\n255\n12345678901",
					   "P6\n2 2\n65535\n123456789012",
					   "P6\n99999 99999\n255\nx",
					   "P6\n-1 2\n255\nxxxxxxxxxxxx",
					   "P6\n0 2\n255\nxxxxxxxxxxxx" };
	CLEANUP(screen_clear) struct screen s = { 0 };

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		const struct bytes b = { (char *)bad[i], strlen(bad[i]), 0 };

		ck_assert_msg(screen_read(&b, &font, &s) == -EINVAL, "%s", bad[i]);
	}
}
END_TEST

/* ---- consoles ---- */

static const struct {
	const char *text, *failure;
	unsigned milestones;
} said[] = {
	{ "SeaBIOS (version 1.16.2-debian-1.16.2-1)\nBooting from Hard Disk...\n"
	  "Boot failed: not a bootable disk\n",
	  "no-bootable-device", 1 << MILESTONE_FIRMWARE },
	{ "BdsDxe: failed to load Boot0001\nBdsDxe: No bootable option or device was "
	  "found.",
	  "no-bootable-device", 1 << MILESTONE_FIRMWARE },
	{ "GRUB loading.\nerror: unknown filesystem.\ngrub rescue> ", "grub-prompt",
	  1 << MILESTONE_LOADER },
	{ "Loading initial ramdisk ...\nALERT!  /dev/sda1 does not exist.\n(initramfs) ",
	  "initramfs-shell", 1 << MILESTONE_KERNEL },
	{ "[    2.5] Kernel panic - not syncing: VFS: Unable to mount root fs",
	  "kernel-panic", 0 },
	{ "[  190.1] dracut-initqueue[271]: Warning: x\n"
	  "dracut-initqueue: starting timeout scripts",
	  "dracut-timeout", 0 },
	{ "You are in emergency mode. After logging in, type", "emergency-mode", 0 },
	{ "Welcome to Debian GNU/Linux 12 (bookworm)!\n\nDebian GNU/Linux 12 web "
	  "ttyS0\n\n"
	  "web login: ",
	  NULL, 1 << MILESTONE_INIT | 1 << MILESTONE_LOGIN },
	/* As Linux's own letters are read. */
	{ "\1ou are in e\1ergency \1ode. A\1ter logging in", "emergency-mode", 0 },
	{ "ALERT! does not exist.\n(initra\1\1s) ", "initramfs-shell", 0 },
	{ "\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1 x\1\1\1", NULL, 0 },
	{ "Last login: yesterday\nplease (initramfs", NULL, 0 },
};

START_TEST(test_console)
{
	const struct boot_failure *f = console_failure(said[_i].text);

	ck_assert_pstr_eq(f ? f->id : NULL, said[_i].failure);
	ck_assert_uint_eq(console_milestones(said[_i].text), said[_i].milestones);
}
END_TEST

START_TEST(test_clean)
{
	char text[] = "a\033[0;1;31mb\033[2J\r\n\0c\033(B\033[";

	console_clean(text, sizeof(text) - 1);
	ck_assert_str_eq(text, "ab\ncB");
	ck_assert(console_asks("Please unlock disk sda3_crypt: "));
	ck_assert(!console_asks("Please wait"));
}
END_TEST

/* ---- the network ---- */

static void add_packet(struct bytes *pcap, const char *from)
{
	unsigned char record[16 + 60] = { [8] = 60, [12] = 60 };

	memcpy(record + 16 + 6, from, 6);
	ck_assert_int_eq(bytes_append(pcap, record, sizeof(record)), 0);
}

START_TEST(test_packets)
{
	static const char mac[] = "52:54:00:12:34:56";
	CLEANUP_BYTES struct bytes pcap = { 0 };
	char header[24] = "";

	ck_assert_int_eq(bytes_set(&pcap, header, sizeof(header)), 0);
	ck_assert(!packets_from(&pcap, mac));
	add_packet(&pcap, "\x52\x55\x0a\0\x02\x02");
	ck_assert(!packets_from(&pcap, mac));
	add_packet(&pcap, "\x52\x54\0\x12\x34\x56");
	ck_assert(packets_from(&pcap, mac));
	pcap.len -= 60;
	ck_assert(!packets_from(&pcap, mac));
	/* A length that leads astray. */
	memset(pcap.data + 24 + 8, 0xff, 4);
	ck_assert(!packets_from(&pcap, mac));
}
END_TEST

/* ---- hardware ---- */

static const struct {
	const char *target, *override;
	bool uefi;
	const char *bus, *nic;
	size_t stand_ins;
} machines[] = {
	{ "kvm", NULL, false, "virtio-blk", "virtio-net-pci", 0 },
	{ "kvm", "virtio-scsi", false, "virtio-scsi", "virtio-net-pci", 0 },
	{ "gce", NULL, true, "virtio-scsi", "virtio-net-pci", 0 },
	{ "aws", NULL, false, "nvme", "e1000e", 1 },
	{ "vmware", NULL, false, "pvscsi", "vmxnet3", 0 },
	{ "vmware", NULL, true, "ahci", "vmxnet3", 1 },
	{ "hyperv", NULL, false, "ahci", "e1000e", 2 },
	{ "xen", NULL, false, "ahci", "e1000e", 2 },
};

START_TEST(test_hardware)
{
	CLEANUP(hardware_clear) struct hardware h = { 0 };

	ck_assert_int_eq(hardware_of(target_find(machines[_i].target),
				     machines[_i].override, machines[_i].uefi, &h),
			 0);
	ck_assert_str_eq(h.bus->name, machines[_i].bus);
	ck_assert_str_eq(h.nic, machines[_i].nic);
	ck_assert_uint_eq(h.stand_ins.n, machines[_i].stand_ins);
}
END_TEST

/* ---- machines ---- */

/* Prints the text behind it by the BIOS, and halts. */
#define PRINTER                                                                            \
	"\x31\xc0\x8e\xd8\xbe\x19\x7c\xfc\xac\x84\xc0\x74\x09\xb4\x0e\xbb\x07\x00\xcd\x10" \
	"\xeb\xf2\xf4\xeb\xfd"
#define WITH_LENGTH(s) s, sizeof(s)

static const struct {
	const char *code;
	size_t len;
	const char *failure;
} sectors[] = {
	{ WITH_LENGTH(PRINTER "Kernel panic - not syncing: attempted to kill init"),
	  "kernel-panic" },
	{ WITH_LENGTH(PRINTER "error: no such device.\r\ngrub rescue> "), "grub-prompt" },
	/* Writes to the serial line for ever. */
	{ WITH_LENGTH("\xba\xf8\x03\xb0\x41\xee\xeb\xfd"), "boot-timeout" },
	/* An interrupt without a table. */
	{ WITH_LENGTH("\x31\xc0\x8e\xd8\x0f\x01\x1e\x20\x7c\xcc\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
		      "\0\0\0\0\0\0\0\0\0\0\0\0\0"),
	  "machine-stopped" },
	{ NULL, 0, "no-bootable-device" },
};

static char dir[] = "/tmp/test-boot-XXXXXX";
static char path[64];

static void make_disk(const char *code, size_t len)
{
	CLEANUP_FCLOSE FILE *f = NULL;
	static unsigned char disk[1 << 20];

	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/disk.img", dir);
	f = fopen(path, "we");
	ck_assert_ptr_nonnull(f);
	if (code) {
		memcpy(disk, code, len);
		memcpy(disk + 510, "\x55\xaa", 2);
	}
	ck_assert_uint_eq(fwrite(disk, 1, sizeof(disk), f), sizeof(disk));
}

static int run(struct cvt *c, unsigned timeout, json_t **ret, struct cvt_error *err)
{
	const struct disk disk = { path, "raw" };
	const struct volumes_options options = { .work_dir = dir, .export = EXPORT_SOCKETS };
	const struct boot_options boot = { .evidence = dir, .timeout = timeout };
	CLEANUP_VOLUMES struct volumes *v = NULL;
	int r = volumes_open(&c->ctx, &disk, 1, &options, &v, err);

	ck_assert_int_eq(cvt_set_launch(c, 64, 1, err), 0);
	ck_assert_int_eq(cvt_set_target(c, "kvm", err), 0);
	if (r == 0)
		r = volumes_renew(v, err);
	return r < 0 ? r : boot_run(c, v, &boot, ret, err);
}

static void clean_up(void)
{
	char command[128];

	snprintf(command, sizeof(command), "rm -r %s", dir);
	ck_assert_int_eq(system(command), 0);
}

static long size_of(const char *name)
{
	char file[128];
	struct stat st;

	snprintf(file, sizeof(file), "%s/%s", dir, name);
	return stat(file, &st) == 0 ? (long)st.st_size : -1;
}

START_TEST(test_machine)
{
	bool is_stopped = strcmp(sectors[_i].failure, "machine-stopped") == 0;
	struct cvt_error err = { 0 };
	json_t *boot = NULL;
	struct cvt *c;

	make_disk(sectors[_i].code, sectors[_i].len);
	ck_assert_int_eq(cvt_new(&c, &err), 0);
	ck_assert_msg(run(c, 8, &boot, &err) == 0, "%s", err.msg);
	ck_assert_str_eq(json_string_value(json_object_get(boot, "failure")),
			 sectors[_i].failure);
	ck_assert(json_is_false(json_object_get(boot, "booted")));
	ck_assert_str_eq(json_string_value(json_object_get(boot, "network")), "silent");
	ck_assert(is_stopped || size_of("screen.png") > 100);
	ck_assert_int_ge(size_of("serial.log"), 0);
	ck_assert_int_le(size_of("serial.log"), 2 << 20);
	if (strcmp(sectors[_i].failure, "boot-timeout") == 0)
		ck_assert_int_gt(size_of("serial.log"), 10000);
	json_decref(boot);
	cvt_free(c);
	clean_up();
}
END_TEST

static void *cancel(void *c)
{
	sleep(2);
	cvt_cancel(c);
	return NULL;
}

START_TEST(test_cancel)
{
	struct cvt_error err = { 0 };
	time_t started = time(NULL);
	json_t *boot = NULL;
	pthread_t thread;
	struct cvt *c;

	make_disk(WITH_LENGTH("\xf4\xeb\xfd"));
	ck_assert_int_eq(cvt_new(&c, &err), 0);
	ck_assert_int_eq(pthread_create(&thread, NULL, cancel, c), 0);
	ck_assert_int_eq(run(c, 120, &boot, &err), -ECANCELED);
	ck_assert_int_eq(pthread_join(thread, NULL), 0);
	ck_assert_int_lt(time(NULL) - started, 15);
	ck_assert_ptr_null(boot);
	cvt_free(c);
	clean_up();
}
END_TEST

int main(void)
{
	Suite *s = suite_create("boot");
	TCase *tc = tcase_create("boot"), *machines_tc = tcase_create("machines");

	tcase_add_unchecked_fixture(tc, setup_font, NULL);
	tcase_add_test(tc, test_font);
	tcase_add_loop_test(tc, test_screen, 0, 2);
	tcase_add_test(tc, test_pictures);
	tcase_add_test(tc, test_bad_pictures);
	tcase_add_loop_test(tc, test_console, 0, ARRAY_SIZE(said));
	tcase_add_test(tc, test_clean);
	tcase_add_test(tc, test_packets);
	tcase_add_loop_test(tc, test_hardware, 0, ARRAY_SIZE(machines));
	suite_add_tcase(s, tc);
	if (access("/usr/bin/qemu-system-x86_64", X_OK) == 0) {
		tcase_set_timeout(machines_tc, 60);
		tcase_add_loop_test(machines_tc, test_machine, 0, ARRAY_SIZE(sectors));
		tcase_add_test(machines_tc, test_cancel);
		suite_add_tcase(s, machines_tc);
	} else {
		puts("SKIP: qemu-system-x86_64 is not installed");
	}
	return suite_run(s);
}
