#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Tools of a guest are switched off and on again: with systemd, and systemctl agrees; with links as EL 6,
# SUSE and Devuan have them; with upstart and OpenRC.
. "${srcdir:-.}/tests/tree.sh"

unit() {
	put "/usr/lib/systemd/system/$1" '[Unit]' '[Service]' 'ExecStart=/bin/true' '[Install]' "$2"
}

# convert TARGET
convert() {
	"$program" convert --in-place --engine dir --target "$1" "$tree" >"$dir/out" 2>&1
	case $? in 0|8) ;; *) die "convert to $1" ;; esac
	has_plan_of_nothing "$1"
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

# --- other inits: off, and back to what it was ---

# fresh ID: an empty tree
fresh() {
	rm -r "$tree"
	put /etc/os-release "ID=$1" VERSION_ID=6
	put /sbin/init x
}

listing() {
	(cd "$tree" && find . ! -type d -printf '%p %l %m %s\n' | sort)
}

# there_and_back TARGET SOURCE: what is in the tree in between is in $dir/there
there_and_back() {
	listing >"$dir/before"
	convert "$1"
	listing >"$dir/there"
	convert "$2"
	listing >"$dir/after"
	diff "$dir/before" "$dir/after" >"$dir/out" || die "not as it was"
	checks=$((checks + 1))
}

# has PATTERN, hasnt PATTERN: in between
has() {
	grep -q -e "$1" "$dir/there" || die "no $1"
	checks=$((checks + 1))
}

hasnt() {
	grep -q -e "$1" "$dir/there" && die "$1 is there"
	checks=$((checks + 1))
}

fresh centos
put /sbin/initctl x
put /etc/rc.d/init.d/vmtoolsd '#!/bin/sh'
ln -s rc.d/init.d "$tree/etc/init.d"
for level in 0 1 2 3 4 5 6; do
	mkdir -p "$tree/etc/rc.d/rc$level.d"
	ln -s "rc.d/rc$level.d" "$tree/etc/rc$level.d"
	ln -s ../init.d/vmtoolsd "$tree/etc/rc.d/rc$level.d/$(case $level in [2-5]) echo S20 ;; *) echo K80 ;; esac)vmtoolsd"
done
put /etc/init/vmware-tools.conf 'start on runlevel [2345]'
there_and_back kvm vmware
hasnt '/S20vmtoolsd'
has '/etc/rc.d/rc3.d/K80vmtoolsd ../init.d/vmtoolsd'
has '/etc/init/vmware-tools.conf.libconvert-off'

fresh sles
put /etc/inittab id:3:initdefault:
put /etc/init.d/vmtoolsd '#!/bin/sh'
ln -s init.d "$tree/etc/rc.d"
mkdir -p "$tree/etc/init.d/rc3.d"
ln -s ../vmtoolsd "$tree/etc/init.d/rc3.d/S05vmtoolsd"
ln -s ../vmtoolsd "$tree/etc/init.d/rc3.d/K02vmtoolsd"
there_and_back kvm vmware
hasnt '/S05vmtoolsd'

fresh devuan
put /etc/inittab id:2:initdefault:
put /etc/init.d/hv-kvp-daemon '#!/bin/sh'
mkdir -p "$tree/etc/rc2.d"
ln -s ../init.d/hv-kvp-daemon "$tree/etc/rc2.d/S01hv-kvp-daemon"
there_and_back kvm hyperv
has '/etc/rc2.d/K99hv-kvp-daemon ../init.d/hv-kvp-daemon'

fresh alpine
put /sbin/openrc x
put /etc/init.d/open-vm-tools '#!/sbin/openrc-run'
mkdir -p "$tree/etc/runlevels/boot"
ln -s /etc/init.d/open-vm-tools "$tree/etc/runlevels/boot/open-vm-tools"
there_and_back aws vmware
hasnt '/etc/runlevels/boot/open-vm-tools'
echo "$checks checks"
