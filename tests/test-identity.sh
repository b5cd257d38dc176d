#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# --ssh-key, --hostname and --remove-machine-id on a tree: what is written, and what is refused.
. "${srcdir:-.}/tests/tree.sh"
me=$(id -u)

# convert OPTION...
convert() {
	"$program" convert --in-place --engine dir --target kvm "$@" "$tree" >"$dir/out" 2>&1
	code=$?
	checks=$((checks + 1))
}

# refused PATTERN OPTION...: nothing is changed
refused() {
	pattern=$1
	shift
	before=$(find "$tree" -printf '%p %s %C@\n')
	convert "$@"
	case $code in 0|8) die "not refused: $*" ;; esac
	grep -q -e "$pattern" "$dir/out" || die "no '$pattern'"
	[ "$before" = "$(find "$tree" -printf '%p %s %C@\n')" ] || die "changed by what was refused"
}

mkdir -p "$tree/etc/ssh" "$tree/sbin" "$tree/usr/lib/systemd" "$tree/root" "$tree/home/ann" "$tree/srv"
touch "$tree/usr/lib/systemd/systemd"
echo ID=debian >"$tree/etc/os-release"
echo web >"$tree/etc/hostname"
echo '127.0.1.1 web' >"$tree/etc/hosts"
echo 0123456789abcdef0123456789abcdef >"$tree/etc/machine-id"
ln -s /home "$tree/data"
ln -s ann "$tree/home/link"
cat >"$tree/etc/passwd" <<END
root:x:$me:0:root:/root:/bin/bash
short:x:$me
ann:x:$me:100::/data/ann:/bin/sh
bob:x:$((me + 1)):100::/home/ann:/bin/sh
none:x:$me:100::/nonexistent:/bin/sh
up:x:$me:100::/home/../etc:/bin/sh
gone:x:$me:100::/home/gone:/bin/sh
file:x:$me:100::/srv/file:/bin/sh
slash:x:$me:100::/:/bin/sh
word:x:many:100::/home/ann:/bin/sh
END
touch "$tree/srv/file"
echo 'ssh-ed25519 AAAAC3Nz a@b' >"$dir/key.pub"
echo 'ssh-rsa AAAAB3Nz c@d' >"$dir/two:x.pub"

refused 'no such account' --ssh-key "$dir/key.pub:eve"
refused 'belongs to uid' --ssh-key "$dir/key.pub:bob"
refused 'no home directory' --ssh-key "$dir/key.pub:none"
refused 'no home directory' --ssh-key "$dir/key.pub:up"
refused 'no home directory' --ssh-key "$dir/key.pub:slash"
refused 'no home directory' --ssh-key "$dir/key.pub:word"
refused 'is no directory' --ssh-key "$dir/key.pub:gone"
refused 'is no directory' --ssh-key "$dir/key.pub:file"
refused 'no file of public SSH keys' --ssh-key "$tree/etc/passwd"
refused 'no file of public SSH keys' --ssh-key /dev/null
refused 'no name of an account' --ssh-key "$dir/key.pub:-x"
refused 'no host name' --hostname 'a b'

convert --ssh-key "$dir/key.pub" --ssh-key "$dir/key.pub:ann" --ssh-key "$dir/two:x.pub:ann" \
	--hostname new --remove-machine-id
case $code in 0|8) ;; *) die "not converted" ;; esac
for file in root home/ann; do
	[ "$(stat -c %a "$tree/$file/.ssh" "$tree/$file/.ssh/authorized_keys" | tr '\n' ' ')" = '700 600 ' ] ||
		die "modes in $file"
done
[ "$(cat "$tree/home/ann/.ssh/authorized_keys")" = "$(cat "$dir/key.pub" "$dir/two:x.pub")" ] || die keys
[ "$(cat "$tree/etc/hostname" "$tree/etc/hosts")" = "$(printf 'new\n127.0.1.1 new')" ] || die names
[ -e "$tree/etc/machine-id" ] && [ ! -s "$tree/etc/machine-id" ] || die machine-id

# A link of the guest's is no way out of it.
mkdir "$dir/outside"
ln -s "$dir/outside" "$tree/srv/.ssh"
echo "srv:x:$me:100::/srv:/bin/sh" >>"$tree/etc/passwd"
refused 'srv' --ssh-key "$dir/key.pub:srv"
rm "$tree/home/ann/.ssh/authorized_keys"
ln -s /etc/passwd "$tree/home/ann/.ssh/authorized_keys"
refused 'authorized_keys' --ssh-key "$dir/key.pub:ann"
echo "$checks checks"
