# SPDX-License-Identifier: LGPL-2.1-or-later
# For tests that convert a tree, which source this: where it is, and how it is filled.
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

# has_plan_of_nothing TARGET [NAME]: it has been converted for it
has_plan_of_nothing() {
	"$program" plan --engine dir --target "$1" "$tree" >"$dir/out" 2>&1
	grep -q ': 0 files to change' "$dir/out" || die "${2:+$2: }a second plan for $1 is not empty"
	checks=$((checks + 1))
}
