#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Init system and host name of trees that have little else.
program=${CONVERT_IMAGE:-${top_builddir:-.}/tools/convert-image}
dir=$(mktemp -d) || exit 99
trap 'rm -rf "$dir"' EXIT
checks=0

# put PATH TEXT
put() {
	mkdir -p "$dir/root${1%/*}"
	printf '%b' "$2" >"$dir/root$1"
}

# is INIT NAME, of the tree, which is forgotten
is() {
	mkdir -p "$dir/root/etc" "$dir/root/sbin"
	"$program" inspect --json --engine dir "$dir/root" >"$dir/out" 2>&1
	for fact in "\"init\": $1" "\"hostname\": $2"; do
		grep -q -e "$fact" "$dir/out" || { echo "no $fact"; cat "$dir/out"; exit 1; }
		checks=$((checks + 1))
	done
	rm -r "$dir/root"
}

is null null
put /usr/lib/systemd/systemd x
put /etc/inittab '# inittab is no longer used.\n'
ln -s ../usr/lib/systemd/systemd "$dir/root/init"
mkdir "$dir/root/sbin"
ln -s ../usr/lib/systemd/systemd "$dir/root/sbin/init"
put /etc/hostname '# me\n\n web \nx\n'
is '"systemd"' '"web"'
put /usr/lib/systemd/systemd x
put /sbin/init x
put /etc/inittab '# is no longer used: x\n'
is '"systemd"' null
put /lib/systemd/systemd x
put /sbin/init x
put /sbin/initctl x
is '"upstart"' null
put /sbin/init x
put /etc/inittab '#\nid:3:initdefault:\n'
put /etc/HOSTNAME 'web.example.com\n'
is '"sysvinit"' '"web.example.com"'
put /sbin/init x
put /sbin/openrc x
put /etc/inittab '::sysinit:/sbin/openrc sysinit\n'
put /etc/conf.d/hostname 'hostname="web"\n'
is '"openrc"' '"web"'
put /sbin/initctl x
put /etc/sysconfig/network 'HOSTNAME=web\n'
is '"upstart"' '"web"'
put /etc/hostname '#'
is null null

# A deployment of ostree is told, and named; what is beside an ordinary root is not.
put /ostree/deploy/fedora-coreos/deploy/0f1e.0.origin ''
put /ostree/deploy/fedora-coreos/deploy/0f1e.0/usr/lib/os-release 'ID=fedora\nPRETTY_NAME="Fedora CoreOS 40"\n'
is null null
for fact in '"id": "image-based"' '"name": "Fedora CoreOS 40"'; do
	grep -q -e "$fact" "$dir/out" || { echo "no $fact"; cat "$dir/out"; exit 1; }
	checks=$((checks + 1))
done
put /ostree/deploy/fedora-coreos/deploy/0f1e.0/usr/lib/os-release 'ID=fedora\n'
put /usr/lib/os-release 'ID=debian\n'
is null null
grep -q image-based "$dir/out" && { echo "taken for an image"; exit 1; }
echo "$checks checks"
