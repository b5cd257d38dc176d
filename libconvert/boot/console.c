/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <config.h>

#include <string.h>

#include "boot/console.h"
#include "boot/screen.h"
#include "core/cleanup.h"

static const char *const names[N_MILESTONES] = {
	[MILESTONE_FIRMWARE] = "firmware", [MILESTONE_LOADER] = "loader",
	[MILESTONE_KERNEL] = "kernel",	   [MILESTONE_INIT] = "init",
	[MILESTONE_LOGIN] = "login",	   [MILESTONE_NETWORK] = "network",
	[MILESTONE_SSH] = "ssh",
};

/* clang-format off */
static const struct {
	enum milestone milestone;
	const char *text;
} signs[] = {
	{ MILESTONE_FIRMWARE, "SeaBIOS (version" },
	{ MILESTONE_FIRMWARE, "Booting from Hard Disk" },
	{ MILESTONE_FIRMWARE, "BdsDxe:" },
	{ MILESTONE_LOADER, "GRUB" },
	{ MILESTONE_LOADER, "Loading Linux" },
	{ MILESTONE_LOADER, "BdsDxe: starting" },
	{ MILESTONE_KERNEL, "Linux version" },
	{ MILESTONE_KERNEL, "Loading initial ramdisk" },
	{ MILESTONE_KERNEL, "] Run /init" },
	{ MILESTONE_KERNEL, "Decompressing Linux" },
	{ MILESTONE_INIT, "systemd[1]:" },
	{ MILESTONE_INIT, "INIT: version" },
	{ MILESTONE_INIT, "Welcome to " },
	{ MILESTONE_INIT, "OpenRC " },
};

/* What firmware, loader, kernel, initramfs or init say when nothing more will come. */
static const struct boot_failure failures[] = {
	{ "no-bootable-device", "No bootable device", "the firmware found nothing to boot" },
	{ "no-bootable-device", "Boot failed: not a bootable disk", "the firmware found nothing to boot" },
	{ "no-bootable-device", "No bootable option or device was found", "the firmware found no loader" },
	{ "no-bootable-device", "UEFI Interactive Shell", "the firmware found no loader" },
	{ "grub-prompt", "grub rescue>", "GRUB did not find its own files" },
	{ "grub-prompt", "grub> ", "GRUB did not find its configuration" },
	{ "kernel-panic", "Kernel panic - not syncing", "the kernel gave up" },
	{ "initramfs-shell", "(initramfs)", "the initramfs did not find the root" },
	{ "dracut-timeout", "dracut-initqueue: starting timeout scripts", "the initramfs did not find the root" },
	{ "dracut-timeout", "dracut-initqueue timeout - starting timeout scripts", "the initramfs did not find the root" },
	{ "emergency-mode", "Entering emergency mode", "the initramfs gave up" },
	{ "emergency-mode", "You are in emergency mode", "what fstab names did not come up" },
	{ "emergency-mode", "Welcome to emergency mode", "what fstab names did not come up" },
	{ "emergency-mode", "Cannot open access to console, the root account is locked", "what fstab names did not come up" },
	{ "windows-stop", "Your PC ran into a problem", "Windows stopped" },
	{ "windows-stop", "A problem has been detected and Windows has been shut down", "Windows stopped" },
	{ "no-bootable-device", "BOOTMGR is missing", "the boot sector found no loader" },
	{ "no-bootable-device", "Missing operating system", "the boot sector found no loader" },
};

static const char *const questions[] = {
	"lease unlock disk", "nter passphrase for", "lease enter passphrase",
};
/* clang-format on */

const char *milestone_name(enum milestone m)
{
	return names[m];
}

/* getty asks "web-1 login: " at the start of a line; after a login comes "Last login: …". */
static bool asks_for_login(const char *text)
{
	static const char word[] = " login:", last[] = "\nLast";

	for (const char *at = text; (at = strstr(at, word)); at += sizeof(word) - 1) {
		const char *host = at;

		while (host > text && host[-1] != '\n' && host[-1] != ' ')
			host--;
		if (host < at && (host == text || host[-1] == '\n') &&
		    strchr(" \n", at[sizeof(word) - 1]) &&
		    strncmp(host, last + 1, sizeof(last) - 2) != 0)
			return true;
	}
	return false;
}

/* @words at @text, letter by letter, where a letter that could not be read may be any; two of
 * three have to be known.
 */
static bool may_be(const char *text, const char *words)
{
	size_t known = 0, n = 0;

	for (; words[n]; n++) {
		if (text[n] == words[n])
			known++;
		else if (text[n] != SCREEN_UNREAD)
			return false;
	}
	return known * 3 >= n * 2;
}

/* What is on the screen stands at the end of @text. */
static bool has_words(const char *text, const char *words)
{
	const size_t n = strlen(words);
	const char *unread;

	if (strstr(text, words))
		return true;
	unread = strchr(text, SCREEN_UNREAD);
	if (!unread)
		return false;
	for (const char *at = (size_t)(unread - text) > n ? unread - n : text; *at; at++)
		if (may_be(at, words))
			return true;
	return false;
}

unsigned console_milestones(const char *text)
{
	unsigned seen = asks_for_login(text) ? 1U << MILESTONE_LOGIN : 0;

	for (size_t i = 0; i < ARRAY_SIZE(signs); i++)
		if (has_words(text, signs[i].text))
			seen |= 1U << signs[i].milestone;
	return seen;
}

const struct boot_failure *console_failure(const char *text)
{
	for (size_t i = 0; i < ARRAY_SIZE(failures); i++)
		if (has_words(text, failures[i].text))
			return &failures[i];
	return NULL;
}

bool console_asks(const char *text)
{
	for (size_t i = 0; i < ARRAY_SIZE(questions); i++)
		if (has_words(text, questions[i]))
			return true;
	return false;
}

/* The length of the control sequence at @s (ECMA-48: ESC [ … final byte, or ESC and one). */
static size_t control_length(const char *s, size_t len)
{
	size_t n = 2;

	if (len < 2 || s[1] != '[')
		return len < 2 ? len : 2;
	while (n < len && ((unsigned char)s[n] < 0x40 || (unsigned char)s[n] > 0x7e))
		n++;
	return n < len ? n + 1 : len;
}

void console_clean(char *text, size_t len)
{
	char *out = text;

	for (size_t i = 0; i < len;) {
		if (text[i] == '\033') {
			i += control_length(text + i, len - i);
			continue;
		}
		if (text[i] != '\0' && text[i] != '\r')
			*out++ = text[i];
		i++;
	}
	*out = '\0';
}
