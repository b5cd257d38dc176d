#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# make-instance: what it makes, what it refuses, and how it says what it lacks.  Boots
# nothing: fixtures/check-machine does.
program=$(realpath "${CONVERT_IMAGE:-${top_builddir:-.}/tools/convert-image}") || exit 99
tmp=$(mktemp -d) || exit 99
trap 'rm -rf "$tmp"' EXIT

fail() {
	echo "FAIL: $1"
	cat "$tmp/said"
	exit 1
}

skip() {
	echo "SKIP: $1"
	exit 77
}

command -v cpio >/dev/null || command -v bsdtar >/dev/null || skip 'no program that lists an archive'
mkdir "$tmp/out"
"$program" make-instance --output "$tmp/out" >"$tmp/said" 2>&1
status=$?
if [ "$status" != 0 ]; then
	grep -q '^convert-image: .*(Debian: ' "$tmp/said" || fail 'what is missing is not named'
	skip "$(cat "$tmp/said")"
fi
for file in vmlinuz initramfs.cpio instance.img; do
	[ -s "$tmp/out/$file" ] || fail "no $file"
done
if command -v cpio >/dev/null; then
	cpio -it <"$tmp/out/initramfs.cpio" >"$tmp/said" 2>/dev/null
else
	bsdtar -tf "$tmp/out/initramfs.cpio" >"$tmp/said"
fi
for file in init usr/sbin/convert-image usr/sbin/qemu-storage-daemon usr/sbin/modprobe; do
	grep -qx "$file" "$tmp/said" || fail "no $file in the initramfs"
done
for module in virtio_blk virtio_scsi nvme vmw_pvscsi hv_storvsc xen-blkfront vfat; do
	grep -q "/$module\.ko" "$tmp/said" || fail "no $module in the initramfs"
done
[ "$(dd if="$tmp/out/instance.img" bs=1 skip=510 count=2 status=none | od -An -tx1)" = ' 55 aa' ] ||
	fail 'no boot sector'

# refuses STATUS TEXT OPTION...
refuses() {
	wanted=$1 text=$2
	shift 2
	"$program" make-instance "$@" >"$tmp/said" 2>&1
	status=$?
	if [ "$status" != "$wanted" ] || ! grep -q "$text" "$tmp/said"; then
		fail "$* ends with $status"
	fi
}

refuses 7 'is there already' --output "$tmp/out"
rm "$tmp/out"/*
refuses 2 'is no Linux kernel for x86' --output "$tmp/out" --kernel "$program"
refuses 7 'No such file' --output "$tmp/none"
