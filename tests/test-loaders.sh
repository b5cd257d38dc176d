#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Trees of guests with a loader other than GRUB 2: what is read of them, and that a second
# conversion finds nothing to do.
. "${srcdir:-.}/tests/tree.sh"

# start NAME
start() {
	name=$1
	rm -rf "$tree"
	put /etc/os-release ID=linux
	put /sbin/init x
}

# reads FACT...
reads() {
	"$program" inspect --json --engine dir "$tree" >"$dir/out" 2>&1 || die "$name: inspect"
	for fact; do
		grep -q -F -e "$fact" "$dir/out" || die "$name: no $fact"
		checks=$((checks + 1))
	done
}

# converts: a second plan is empty
converts() {
	cp -a "$tree" "$dir/before"
	"$program" convert --in-place --engine dir --target kvm "$tree" >"$dir/out" 2>&1
	case $? in 0|8) ;; *) die "$name: convert" ;; esac
	diff -r --no-dereference "$dir/before" "$tree" >"$dir/diff"
	rm -rf "$dir/before"
	has_plan_of_nothing kvm "$name"
}

# changed COUNT PATTERN: so many lines are new that have it
changed() {
	n=$(grep -c -e "^> .*$2" "$dir/diff")
	[ "$n" = "$1" ] || { cat "$dir/diff"; die "$name: $n lines with $2, not $1"; }
	checks=$((checks + 1))
}

start 'GRUB legacy of Debian'
put /boot/grub/menu.lst 'default 1' '### BEGIN AUTOMAGIC KERNELS LIST' \
	'# kopt=root=/dev/sda1 ro' '# groot=(hd0,0)' '# defoptions=quiet' \
	'title one' 'root (hd0,0)' 'kernel /boot/vmlinuz-1 root=/dev/sda1 ro' \
	'initrd /boot/initrd.img-1' \
	'title two' 'root (hd0,0)' 'kernel /boot/vmlinuz-2 root=/dev/sda1 ro single' \
	'initrd /boot/initrd.img-2'
put /boot/grub/device.map '(hd0) /dev/sda'
reads '"loader": "grub-legacy"' '"title": "two"' '"kernel": "/boot/vmlinuz-2"' \
	'"initrd": "/boot/initrd.img-2"'
converts
changed 3 console=ttyS0
changed 1 '# kopt=root=/dev/sda1 ro console=tty0 console=ttyS0,115200n8$'
grep -q device-map "$dir/diff" && die 'GRUB legacy: device.map has changed'

start 'GRUB legacy of Red Hat'
put /boot/grub/grub.conf default=0 'title one' '	kernel (hd0,0)/boot/vmlinuz-1 ro root=/dev/sda1' \
	'	initrd (hd0,0)/boot/initrd-1.img'
ln -s ./grub.conf "$tree/boot/grub/menu.lst"
ln -s ../boot/grub/grub.conf "$tree/etc/grub.conf"
reads '"loader": "grub-legacy"' '"config": "/boot/grub/grub.conf"' '"kernel": "/boot/vmlinuz-1"'
converts
changed 1 console=ttyS0
[ -L "$tree/boot/grub/menu.lst" ] || die 'menu.lst is no link any more'

start 'extlinux of Alpine'
put /boot/extlinux.conf 'DEFAULT menu.c32' 'TIMEOUT 30' 'LABEL lts' 'MENU LABEL Linux lts' \
	'LINUX vmlinuz-lts' 'INITRD initramfs-lts' 'APPEND root=/dev/sda3 modules=sd-mod quiet' \
	'LABEL virt' 'MENU DEFAULT' 'MENU LABEL Linux virt' 'LINUX vmlinuz-virt' \
	'INITRD initramfs-virt' 'APPEND root=/dev/sda3 modules=sd-mod quiet'
put /etc/update-extlinux.conf 'default_kernel_opts="quiet"' 'modules=sd-mod' root=UUID=1
reads '"loader": "extlinux"' '"title": "Linux virt"' '"kernel": "/boot/vmlinuz-virt"' \
	'"initrd": "/boot/initramfs-virt"'
converts
changed 3 console=ttyS0

start 'extlinux of Debian, in two files'
put /boot/extlinux/extlinux.conf 'default l1' 'include linux.cfg' 'include gone.cfg'
put /boot/extlinux/linux.cfg 'label l0' 'kernel ../vmlinuz-1' \
	'append initrd=../initrd.img-1 root=/dev/sda1' 'label l1' 'kernel /boot/vmlinuz-2' \
	'append initrd=/boot/initrd.img-2 root=/dev/sda1'
reads '"config": "/boot/extlinux/linux.cfg"' '"title": "l1"' '"kernel": "/boot/vmlinuz-2"' \
	'"kernel": "/boot/vmlinuz-1"' '"initrd": "/boot/initrd.img-1"'
converts
changed 2 console=ttyS0

start LILO
put /etc/lilo.conf boot=/dev/sda image=/boot/vmlinuz label=linux root=/dev/sda1 'append="quiet"'
reads '"loader": "lilo"' '"kernel": "/boot/vmlinuz"'
converts
changed 1 'append="quiet console=tty0 console=ttyS0,115200n8"'
grep -q loader-map "$dir/out" || die 'LILO: its map is not told'

start zipl
put /etc/zipl.conf '[defaultboot]' default=b '[a]' image=/boot/image-a 'parameters="root=/dev/sda1"' \
	'[b]' image=/boot/image-b ramdisk=/boot/initrd-b 'parameters="root=/dev/sda1"'
reads '"loader": "zipl"' '"kernel": "/boot/image-b"'
converts
changed 2 console=ttyS0

start rEFInd
put /boot/refind_linux.conf '"Standard" "root=/dev/sda1 ro"' '"Single" "root=/dev/sda1 single"'
put /boot/vmlinuz-6.1.9 x
put /boot/vmlinuz-6.1.10 x
put /boot/initrd.img-6.1.10 x
reads '"loader": "refind"' '"kernel": "/boot/vmlinuz-6.1.10"' '"initrd": "/boot/initrd.img-6.1.10"'
converts
changed 2 console=ttyS0

start U-Boot
put /boot/uEnv.txt 'bootargs=root=/dev/mmcblk0p2 ro'
put /boot/vmlinuz-6.1 x
reads '"loader": "u-boot"' '"kernel": "/boot/vmlinuz-6.1"'
converts
changed 1 console=ttyS0

start 'systemd-boot with entries in /boot'
put /boot/loader/loader.conf 'default a.conf'
put /boot/efi/loader/loader.conf 'default b.conf'
put /boot/efi/EFI/systemd/systemd-bootx64.efi x
put /boot/loader/entries/a.conf 'title one' 'linux /boot/vmlinuz-1' 'options root=UUID=1'
put /boot/loader/entries/b.conf 'title two' 'linux /boot/vmlinuz-2' 'options root=UUID=1'
reads '"loader": "systemd-boot"'
tr -d ' \n' <"$dir/out" | grep -q '"two"[^}]*"default":true' || die "$name: /boot/loader/loader.conf counts"
converts

start 'a menu that is left behind'
put /boot/grub/grub.cfg 'menuentry new {' 'linux /boot/vmlinuz-2 root=UUID=1' 'initrd /boot/i' '}'
put /boot/grub/menu.lst 'title old' 'kernel /boot/vmlinuz-1 root=/dev/sda1'
put /boot/grub/device.map '(hd0) /dev/sda'
reads '"loader": "grub2"' '"title": "new"'
grep -q '"title": "old"' "$dir/out" && die 'an old menu counts'
converts
[ -e "$tree/boot/grub/device.map" ] && die 'GRUB 2: device.map is still there'

echo "$checks checks"
