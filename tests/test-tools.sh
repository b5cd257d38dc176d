#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Tools of a guest with systemd are switched off and on again, and systemctl
# agrees.
program=${CONVERT_IMAGE:-${top_builddir:-.}/tools/convert-image}
dir=$(mktemp -d) || exit 99
trap 'rm -rf "$dir"' EXIT
tree=$dir/root
checks=0

die() {
	echo "FAIL: $1"
	cat "$dir/out" 2>/dev/null
	exit 1
}

# put PATH LINE...
put() {
	path=$tree$1
	shift
	mkdir -p "${path%/*}"
	printf '%s\n' "$@" >"$path"
}

unit() {
	put "/usr/lib/systemd/system/$1" '[Unit]' '[Service]' 'ExecStart=/bin/true' '[Install]' "$2"
}

# convert TARGET
convert() {
	"$program" convert --in-place --engine dir --target "$1" "$tree" >"$dir/out" 2>&1
	case $? in 0|8) ;; *) die "convert to $1" ;; esac
	"$program" plan --engine dir --target "$1" "$tree" >"$dir/out" 2>&1
	grep -q ': 0 files to change' "$dir/out" || die "a second plan for $1 is not empty"
	checks=$((checks + 1))
}

# is UNIT STATE
is() {
	command -v systemctl >/dev/null || return
	state=$(systemctl --root="$tree" is-enabled "$1" 2>/dev/null)
	[ "$state" = "$2" ] || die "$1 is $state, not $2"
	checks=$((checks + 1))
}


put /etc/os-release ID=rhel VERSION_ID=9.4
put /usr/lib/systemd/systemd x
put /sbin/init x
put /etc/init.d/vmware-tools '#!/bin/sh'
unit vmtoolsd.service WantedBy=multi-user.target
unit vgauthd.service WantedBy=multi-user.target
unit qemu-guest-agent.service 'WantedBy=dev-virtio\x2dports-org.qemu.guest_agent.0.device'
unit walinuxagent.service WantedBy=multi-user.target
put /etc/systemd/system/vboxadd.service '[Service]' ExecStart=/bin/true
mkdir -p "$tree/etc/systemd/system/multi-user.target.wants"
ln -s /usr/lib/systemd/system/vmtoolsd.service "$tree/etc/systemd/system/multi-user.target.wants/"
ln -s /dev/null "$tree/etc/systemd/system/walinuxagent.service"

convert kvm
is vmtoolsd.service masked
is vgauthd.service masked
is vmware-tools.service masked
is qemu-guest-agent.service enabled
is walinuxagent.service masked
[ -f "$tree/etc/systemd/system/vboxadd.service.d/zz-libconvert.conf" ] || die "no drop-in"
convert azure
is qemu-guest-agent.service masked
convert vmware
is vmtoolsd.service enabled
# What is enabled for its own target stays so; what belongs elsewhere is still off.
is qemu-guest-agent.service masked
is walinuxagent.service masked
grep -q '^open-vm-tools ' "$tree/etc/libconvert/switched-off" && die "open-vm-tools is still off"
is vgauthd.service enabled
echo "$checks checks"
