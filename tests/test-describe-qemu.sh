#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# A shell gives QEMU the words that are meant, whatever is in the names, and runs nothing else.
program=$(realpath "${CONVERT_IMAGE:-${top_builddir:-.}/tools/convert-image}") || exit 99
corpus=$(realpath "${srcdir:-.}/tests/corpus/describe") || exit 99
dir=$(mktemp -d) || exit 99
trap 'rm -rf "$dir"' EXIT
mkdir "$dir/bin"
printf '#!/bin/sh\nprintf "%%s\\n" "$@"\n' >"$dir/bin/qemu-system-x86_64"
printf '#!/bin/sh\ntouch %s/ran\n' "$dir" >"$dir/bin/id"
chmod +x "$dir/bin/qemu-system-x86_64" "$dir/bin/id"
PATH=$dir/bin:$PATH
n=0

fail() {
	echo "FAIL: $1"
	cat "$dir/words"
	exit 1
}

for report in "$corpus"/*.in; do
	[ -e "${report%in}qemu" ] || continue
	"$program" describe --as qemu "$report" >"$dir/script" || exit 1
	HOSTFWD=tcp::2222-:22 sh -u "$dir/script" -snapshot >"$dir/words" 2>&1 || fail "$report"
	grep -qx -e '-snapshot' "$dir/words" || fail "$report: no further options"
	grep -qx 'user,id=net1,hostfwd=tcp::2222-:22' "$dir/words" || fail "$report: no HOSTFWD"
	n=$((n + 1))
done
"$program" describe --as qemu "$corpus/hostile.in" | sh >"$dir/words" || exit 1
# shellcheck disable=SC2016
grep -qxF '{"driver":"qcow2","node-name":"disk1","file":{"driver":"file","filename":"/srv/a,b '"'c'"' \"d\" $(id) <&>%.qcow2"}}' \
	"$dir/words" || fail "another name"
[ ! -e "$dir/ran" ] || fail "a command was run"
echo "$n scripts"
[ $n -ge 5 ] || exit 99
