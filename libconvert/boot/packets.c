/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <config.h>

#include <stdint.h>
#include <string.h>

#include "boot/packets.h"

#define FILE_HEADER 24
#define RECORD_HEADER 16 /* seconds, microseconds, length kept, length */
#define ETHERNET 14

static bool parse_mac(const char *mac, unsigned char out[6])
{
	return sscanf(mac, "%2hhx:%2hhx:%2hhx:%2hhx:%2hhx:%2hhx", &out[0], &out[1], &out[2],
		      &out[3], &out[4], &out[5]) == 6;
}

bool packets_from(const struct bytes *pcap, const char *mac)
{
	unsigned char from[6];
	uint32_t kept;

	if (!parse_mac(mac, from))
		return false;
	for (size_t at = FILE_HEADER; at + RECORD_HEADER + ETHERNET <= pcap->len;) {
		/* In the order of bytes of this machine. */
		memcpy(&kept, pcap->data + at + 8, sizeof(kept));
		at += RECORD_HEADER;
		if (kept >= ETHERNET && memcmp(pcap->data + at + 6, from, 6) == 0)
			return true;
		if (kept > pcap->len - at)
			return false;
		at += kept;
	}
	return false;
}
