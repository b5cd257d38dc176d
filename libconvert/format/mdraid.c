/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <config.h>

#include <endian.h>
#include <stdio.h>
#include <string.h>

#include "core/cleanup.h"
#include "format/mdraid.h"

#define MAGIC 0xa92b4efc
#define RESERVED 65536 /* 0.90: the superblock begins at the last multiple, but one */
#define RESHAPING 4    /* 1.x: MD_FEATURE_RESHAPE_ACTIVE */
#define CLEAN 1	       /* 0.90: MD_SB_CLEAN */
#define FAULTY 1       /* 0.90: MD_DISK_FAULTY */
#define SYNCED 4       /* 0.90: MD_DISK_SYNC */

/* Numbers of 0.90 are those of the machine that wrote it; all of ours are little-endian. */
static uint32_t u32(const unsigned char *p, size_t offset)
{
	uint32_t v;

	memcpy(&v, p + offset, sizeof(v));
	return le32toh(v);
}

static uint64_t u64(const unsigned char *p, size_t offset)
{
	uint64_t v;

	memcpy(&v, p + offset, sizeof(v));
	return le64toh(v);
}

static uint16_t u16(const unsigned char *p, size_t offset)
{
	uint16_t v;

	memcpy(&v, p + offset, sizeof(v));
	return le16toh(v);
}

/* In the order of libblkid: 0.90, 1.0, 1.1, 1.2. */
bool mdraid_place(size_t i, uint64_t size, uint64_t *offset)
{
	const uint64_t places[MDRAID_PLACES] = {
		(size & ~(uint64_t)(RESERVED - 1)) - RESERVED,
		((size / 512 - 16) & ~(uint64_t)7) * 512,
		0,
		4096,
	};

	if (size < (i == 0 ? RESERVED : 4 * MDRAID_SIZE))
		return false;
	*offset = places[i];
	return true;
}

/* "7" of "host:7"; a name that is a number is the array's number. */
static void set_name(struct mdraid *m, const char *raw)
{
	const char *colon = strchr(raw, ':');
	const char *name = colon ? colon + 1 : raw;
	size_t n = strlen(name);
	bool is_number = n > 0 && n < 8 && name[strspn(name, "0123456789")] == '\0';

	snprintf(m->name, sizeof(m->name), "%s", name);
	m->number = is_number ? atoi(name) : -1;
}

static bool is_sane(const struct mdraid *m)
{
	static const int levels[] = { -1, 0, 1, 4, 5, 6, 10 };

	if (m->members == 0 || m->members > MDRAID_MEMBERS || m->role >= (int)m->members)
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(levels); i++)
		if (m->level == levels[i])
			return true;
	return false;
}

static int role_of_v1(const unsigned char *p)
{
	uint32_t number = u32(p, 160), max = u32(p, 220);
	uint16_t role;

	if (number >= max || 256 + 2 * (size_t)number + 2 > MDRAID_SIZE)
		return MDRAID_SPARE;
	role = u16(p, 256 + 2 * (size_t)number);
	switch (role) {
	case 0xffff:
		return MDRAID_SPARE;
	case 0xfffe:
		return MDRAID_FAULTY;
	case 0xfffd:
		return MDRAID_JOURNAL;
	default:
		return role;
	}
}

static bool parse_v1(const unsigned char *p, struct mdraid *m)
{
	char name[33] = "";

	if (u32(p, 4) != 1)
		return false;
	snprintf(m->uuid, sizeof(m->uuid), "%08x:%08x:%08x:%08x",
		 be32toh(htole32(u32(p, 16))), be32toh(htole32(u32(p, 20))),
		 be32toh(htole32(u32(p, 24))), be32toh(htole32(u32(p, 28))));
	memcpy(name, p + 32, 32);
	set_name(m, name);
	m->level = (int)u32(p, 72);
	m->layout = u32(p, 76);
	m->members = u32(p, 92);
	m->role = role_of_v1(p);
	m->events = u64(p, 200);
	m->is_clean = u64(p, 208) == UINT64_MAX;
	m->is_reshaping = u32(p, 8) & RESHAPING;
	return true;
}

static bool parse_v0(const unsigned char *p, struct mdraid *m)
{
	const size_t this_disk = 992 * 4;
	uint32_t state = u32(p, this_disk + 16);

	if (u32(p, 4) != 0 || u32(p, 8) < 90)
		return false;
	snprintf(m->uuid, sizeof(m->uuid), "%08x:%08x:%08x:%08x", u32(p, 20), u32(p, 52),
		 u32(p, 56), u32(p, 60));
	m->is_v0 = true;
	m->number = u32(p, 44) < 1 << 20 ? (int)u32(p, 44) : -1;
	snprintf(m->name, sizeof(m->name), "%d", m->number);
	m->level = (int)u32(p, 28);
	m->layout = u32(p, 64 * 4);
	m->members = u32(p, 40);
	m->role = state & FAULTY   ? MDRAID_FAULTY
		  : state & SYNCED ? (int)u32(p, this_disk + 12)
				   : MDRAID_SPARE;
	m->events = (uint64_t)u32(p, 40 * 4) << 32 | u32(p, 39 * 4);
	m->is_clean = u32(p, 33 * 4) & CLEAN;
	m->is_reshaping = u32(p, 8) > 90;
	return m->number >= 0 && m->role < 27;
}

bool mdraid_parse(size_t i, const void *data, struct mdraid *ret)
{
	struct mdraid m = { 0 };

	if (u32(data, 0) != MAGIC)
		return false;
	if (!(i == 0 ? parse_v0(data, &m) : parse_v1(data, &m)) || !is_sane(&m))
		return false;
	*ret = m;
	return true;
}

/* One apart is as after a power cut between two writes (mdadm, Assemble.c, event_margin). */
bool mdraid_is_stale(const struct mdraid *m, uint64_t newest)
{
	return m->events < newest && newest - m->events > 1;
}

unsigned mdraid_needs(const struct mdraid *m)
{
	/* RAID 10: near and far copies (md(4), "layout"); which ones the kernel knows. */
	unsigned near = m->layout & 0xff, far = m->layout >> 8 & 0xff;
	unsigned copies = near * far;

	switch (m->level) {
	case 1:
		return 1;
	case 4:
	case 5:
		return m->members - 1;
	case 6:
		return m->members > 2 ? m->members - 2 : 1;
	case 10:
		return copies > 1 ? (m->members + copies - 1) / copies : m->members;
	default:
		return m->members;
	}
}

const char *mdraid_level(const struct mdraid *m)
{
	switch (m->level) {
	case 0:
		return "RAID 0";
	case 1:
		return "RAID 1";
	case 4:
		return "RAID 4";
	case 5:
		return "RAID 5";
	case 6:
		return "RAID 6";
	case 10:
		return "RAID 10";
	default:
		return "linear RAID";
	}
}
