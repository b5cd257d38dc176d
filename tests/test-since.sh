#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# The next snapshot of a machine: what is not as it was, and how large the overlay is.
command -v linux.uml > /dev/null || {
	echo "SKIP: user-mode-linux is not installed"
	exit 77
}
program=$(realpath "${CONVERT_IMAGE:-${top_builddir:-.}/tools/convert-image}") || exit 99
schema=$(realpath "${srcdir:-.}/tools/report-1.schema.json") || exit 99
validate=$(realpath "${srcdir:-.}/tests/validate.py") || exit 99
work=$(mktemp -d /var/tmp/test-since.XXXXXX) || exit 99
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 99
TMPDIR=$work
XDG_CACHE_HOME=$work/cache
export TMPDIR XDG_CACHE_HOME
mkdir cache root root/etc root/etc/default root/sbin root/boot root/boot/grub out

fail() {
	echo "FAIL: $1"
	cat out.txt err.txt 2> /dev/null
	exit 1
}

# disk NAME UUID: the guest as root/ has it
disk() {
	truncate -s 64M "$1"
	mkfs.ext4 -qF -U "$2" -d root "$1" || exit 99
}

run() {
	"$program" "$@" > out.txt 2> err.txt < /dev/null
}

first=11111111-2222-3333-4444-555555555555
printf 'ID=debian\n' > root/etc/os-release
echo '/dev/sda / ext4 defaults 0 1' > root/etc/fstab
: > root/sbin/init
: > root/boot/vmlinuz
printf 'GRUB_CMDLINE_LINUX=""\n' > root/etc/default/grub
printf "menuentry 'Linux' {\n\tlinux /boot/vmlinuz root=/dev/sda ro\n}\n" > root/boot/grub/grub.cfg
disk monday.img $first

run convert --target kvm --engine instance --output out --report monday.json monday.img || fail 'not converted'
# In clusters of 64 KiB: edits of 1 KiB, what the file system notes of them, and tables.
[ "$(du -k out/monday.qcow2 | cut -f 1)" -le 1024 ] || fail "the overlay has $(du -k out/monday.qcow2)"

# --- the same snapshot again ---
run plan --target kvm --engine instance --since monday.json --diff monday.img || fail 'no plan'
[ ! -s out.txt ] || fail 'something is not the same'
run plan --target kvm --engine instance --since monday.json monday.img || fail 'no plan'
grep -q ' 3 as in monday.json, 0 changed, 0 new$' out.txt || fail 'not all are the same'

# --- fstab has changed, and a mount unit is new; grub's default is gone ---
echo '/dev/sdb1 /data ext4 defaults 0 2' >> root/etc/fstab
rm root/etc/default/grub
mkdir -p root/etc/crypt
echo 'data /dev/sda none noauto' > root/etc/crypttab
disk tuesday.img $first
run plan --target kvm --engine instance --since monday.json --diff tuesday.img || fail 'no plan'
grep -q '^--- a/etc/fstab$' out.txt || fail 'no diff of fstab'
grep -q '^[-+]* */boot/grub/grub.cfg\|grub.cfg$' out.txt && fail 'a diff of grub.cfg, which is the same'
run plan --target kvm --engine instance --since monday.json --report tuesday.json tuesday.img || fail 'no plan'
grep -q ' 1 as in monday.json, 1 changed, [01] new; no longer: /etc/default/grub$' out.txt || fail 'not counted'
grep -q '^  write   /etc/fstab' out.txt || fail 'fstab is not shown'
grep -q '^  write   /boot/grub/grub.cfg' out.txt && fail 'grub.cfg is shown'
python3 "$validate" "$schema" tuesday.json || fail 'not by the schema'

# --- of another machine, of another target, no report ---
disk other.img 99999999-2222-3333-4444-555555555555
before=$(sha256sum < other.img)
run convert --target kvm --engine instance --in-place --since monday.json other.img
[ $? -eq 2 ] || fail 'another machine is not refused'
grep -q 'another machine' err.txt || fail 'not said'
[ "$(sha256sum < other.img)" = "$before" ] || fail 'the disk has changed'
run plan --target aws --engine instance --since monday.json monday.img && fail 'another target is not refused'
grep -q 'another target' err.txt || fail 'not said'
for bad in /dev/zero /nonexistent monday.img root; do
	run plan --target kvm --engine instance --since $bad monday.img && fail "$bad is taken"
	[ "$(wc -l < err.txt)" -eq 1 ] || fail 'not one line'
done
echo 'all as it was, or told'
