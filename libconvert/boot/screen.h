/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The text on a screen.  The letters of text mode, of Linux's framebuffer console and of
 * most loaders are those of the VGA, eight pixels wide and sixteen high: a cell is read by
 * comparing it, bit by bit, with the font that QEMU's VGA BIOS holds.
 */
#ifndef BOOT_SCREEN_H
#define BOOT_SCREEN_H

#include <stdint.h>

#include "core/bytes.h"

#define SCREEN_GLYPHS 256
#define SCREEN_ROWS 16 /* of a glyph */

struct screen_font {
	unsigned char rows[SCREEN_GLYPHS][SCREEN_ROWS];
};

/* The font in a VGA BIOS image: false if there is none. */
bool screen_find_font(const struct bytes *rom, struct screen_font *ret);

/* Stands in the text for a cell that was not read: Linux draws a dozen letters, m and f among
 * them, otherwise than the BIOS.
 */
#define SCREEN_UNREAD '\1'

struct screen {
	struct bytes text;  /* line by line; "" where nothing was read */
	size_t n_letters;   /* that were read */
	bool is_graphics;   /* much is drawn that is no letter */
	bool is_blue;	    /* nearly all of it has the blue of a Windows stop screen */
	uint64_t hash;	    /* of all pixels */
};

/* Read a PPM (P6, 8 bit); -EINVAL if it is none, -ENOMEM.  @font NULL: no text is read. */
int screen_read(const struct bytes *ppm, const struct screen_font *font,
		struct screen *ret);
void screen_clear(struct screen *s);

#endif
