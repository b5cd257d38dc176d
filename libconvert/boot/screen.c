/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <config.h>

#include <string.h>

#include "boot/screen.h"

#define SIDE_MAX 8192 /* pixels */
#define WIDTH_TEXT 720 /* of text mode: its cells are nine pixels wide */

/* "AB" of the VGA's 8x16 font; the table begins 0x41 glyphs before. */
static const unsigned char sample[2 * SCREEN_ROWS] = {
	0x00, 0x00, 0x10, 0x38, 0x6c, 0xc6, 0xc6, 0xfe, 0xc6, 0xc6, 0xc6, 0xc6, 0, 0, 0, 0,
	0x00, 0x00, 0xfc, 0x66, 0x66, 0x66, 0x7c, 0x66, 0x66, 0x66, 0x66, 0xfc, 0, 0, 0, 0,
};

bool screen_find_font(const struct bytes *rom, struct screen_font *ret)
{
	const size_t before = 'A' * SCREEN_ROWS;
	const char *at = rom->data ? memmem(rom->data, rom->len, sample, sizeof(sample))
				   : NULL;
	size_t offset = at ? (size_t)(at - rom->data) : 0;

	if (offset < before || rom->len - (offset - before) < sizeof(ret->rows))
		return false;
	memcpy(ret->rows, rom->data + offset - before, sizeof(ret->rows));
	return true;
}

struct picture {
	const unsigned char *pixels; /* three bytes each */
	unsigned width, height;
};

/* "P6 WIDTH HEIGHT 255" and one white space; numbers without comments, as QEMU writes it. */
static bool open_picture(const struct bytes *ppm, struct picture *ret)
{
	unsigned max;
	int header = 0;

	if (!ppm->data || sscanf(ppm->data, "P6 %5u %5u %3u%n", &ret->width, &ret->height,
				 &max, &header) != 3)
		return false;
	header++;
	if (max != 255 || !ret->width || !ret->height || ret->width > SIDE_MAX ||
	    ret->height > SIDE_MAX || (size_t)header > ppm->len ||
	    ppm->len - (size_t)header < (size_t)3 * ret->width * ret->height)
		return false;
	ret->pixels = (const unsigned char *)ppm->data + header;
	return true;
}

static const unsigned char *pixel(const struct picture *p, unsigned x, unsigned y)
{
	return p->pixels + 3 * ((size_t)y * p->width + x);
}

/* The cell at @x, @y in two colours: a bit is set where it is not that of the corner.  False:
 * it has more than two.
 */
static bool read_cell(const struct picture *p, unsigned x, unsigned y,
		      unsigned char rows[SCREEN_ROWS])
{
	const unsigned char *back = pixel(p, x, y), *front = NULL;

	for (unsigned row = 0; row < SCREEN_ROWS; row++) {
		rows[row] = 0;
		for (unsigned column = 0; column < 8; column++) {
			const unsigned char *at = pixel(p, x + column, y + row);

			if (memcmp(at, back, 3) == 0)
				continue;
			if (front && memcmp(at, front, 3) != 0)
				return false;
			front = at;
			rows[row] |= (unsigned char)(0x80 >> column);
		}
	}
	return true;
}

static bool is_glyph(const struct screen_font *font, int c,
		     const unsigned char rows[SCREEN_ROWS])
{
	bool same = true, inverse = true;

	for (unsigned i = 0; i < SCREEN_ROWS && (same || inverse); i++) {
		same = same && rows[i] == font->rows[c][i];
		inverse = inverse && rows[i] + font->rows[c][i] == 0xff;
	}
	return same || inverse;
}

/* A printable character; ' ' for an empty cell, 0 for one that is no letter. */
static char read_letter(const struct screen_font *font,
			const unsigned char rows[SCREEN_ROWS])
{
	if (bytes_are_zero(rows, SCREEN_ROWS))
		return ' ';
	for (int c = 0x21; c < 0x7f; c++)
		if (is_glyph(font, c, rows))
			return (char)c;
	return 0;
}

static int read_text(const struct picture *p, const struct screen_font *font,
		     struct screen *s)
{
	const unsigned step = p->width == WIDTH_TEXT ? 9 : 8;
	size_t unknown = 0;
	int r = 0;

	for (unsigned y = 0; y + SCREEN_ROWS <= p->height && r == 0; y += SCREEN_ROWS) {
		for (unsigned x = 0; x + 8 <= p->width && r == 0; x += step) {
			unsigned char rows[SCREEN_ROWS];
			const char unread = SCREEN_UNREAD;
			char c = read_cell(p, x, y, rows) ? read_letter(font, rows) : 0;

			s->n_letters += c > ' ';
			unknown += c == 0;
			r = bytes_append(&s->text, c ? &c : &unread, 1);
		}
		while (s->text.len > 0 && s->text.data[s->text.len - 1] == ' ')
			s->text.data[--s->text.len] = '\0';
		if (r == 0)
			r = bytes_append(&s->text, "\n", 1);
	}
	s->is_graphics = unknown > s->n_letters / 4 + 8;
	return r;
}

/* 0x0078d7 since Windows 10, 0x1f6fb5 or so in Windows 8, 0x000080 and 0x0000aa before. */
static bool is_stop_blue(const unsigned char *c)
{
	return c[2] > 0x70 && c[0] < 0x30 && c[1] < 0x90 && c[2] > c[1] + 0x20;
}

static void measure(const struct picture *p, struct screen *s)
{
	const size_t n = (size_t)p->width * p->height;
	size_t blue = 0;

	s->hash = 0xcbf29ce484222325U;
	for (size_t i = 0; i < n; i++) {
		const unsigned char *c = p->pixels + 3 * i;

		for (int k = 0; k < 3; k++)
			s->hash = (s->hash ^ c[k]) * 0x100000001b3U;
		blue += is_stop_blue(c);
	}
	s->is_blue = blue > n / 10 * 8;
}

int screen_read(const struct bytes *ppm, const struct screen_font *font,
		struct screen *ret)
{
	struct screen s = { 0 };
	struct picture p;
	int r = open_picture(ppm, &p) ? bytes_set(&s.text, "", 0) : -EINVAL;

	if (r == 0)
		measure(&p, &s);
	if (r == 0 && font)
		r = read_text(&p, font, &s);
	if (r < 0) {
		screen_clear(&s);
		return r;
	}
	screen_clear(ret);
	*ret = s;
	return 0;
}

void screen_clear(struct screen *s)
{
	bytes_clear(&s->text);
	*s = (struct screen){ 0 };
}
