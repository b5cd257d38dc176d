#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# The manual pages are well-formed and complete: every option and error id and each id
# of a rule or warning is in convert-image(1), every exported function in
# libconvert(3), and in the header with the version that it came with.
src=${srcdir:-.}
program=${CONVERT_IMAGE:-${top_builddir:-.}/tools/convert-image}
manual=$src/tools/convert-image.1
library=$src/libconvert/libconvert.3
checks=0

bad() {
	echo "$1"
	failed=1
}

options=$("$program" --help | sed -n 's/^  .*--\([a-z][a-z-]*\).*/\1/p')
errors=$(sed -n 's/^\t\[ERR_[A-Z_]*\] = { "\([a-z-]*\)".*/\1/p' "$src/libconvert/core/error.c")
# Ids that are literals where they are used.
ids=$(cat "$src"/libconvert/*.c "$src"/libconvert/step/*.c "$src"/libconvert/inspect/*.c |
	tr -d '\n\t' | grep -oE '(WHY|plan_warn|guest_note|report_warning)\([^";]*"[a-z0-9-]+"' |
	sed 's/.*"\(.*\)"/\1/' | sort -u)
rules=$(sed -n 's/^\t{ "\([a-z-]*\)", *\(true\|false\), *judge_.*/\1/p' "$src/libconvert/check/check.c")
symbols=$(sed -n 's/^\t\(cvt_[a-z_]*\);$/\1/p' "$src/libconvert/libconvert.syms")
[ "$options" ] && [ "$errors" ] && [ "$rules" ] && [ "$symbols" ] || exit 99

for name in $options; do
	checks=$((checks + 1))
	grep -q -e "^\.It Fl \(. , \)\?-$name\( \|$\)" "$manual" || bad "--$name is not in $manual"
done
for name in $errors; do
	checks=$((checks + 1))
	grep -q -e "^\.It Li $name No ([0-9]*)$" "$manual" || bad "error $name is not in $manual"
done
for name in $ids $rules; do
	checks=$((checks + 1))
	grep -q -E -e "^\.It Li (.* , )?$name( ,|$)" "$manual" ||
		bad "rule or warning $name is not in $manual"
done
for name in $symbols; do
	checks=$((checks + 1))
	grep -q -e "^\.Fn $name " "$library" || bad "$name is not in $library"
	sed -n "/^ \* $name() - /,/^ \*\//p" "$src/include/libconvert.h" | grep -q 'Since: [0-9]' ||
		bad "$name has no docstring with Since: in libconvert.h"
done

# Behind each row of the table of guests stands a test.
guests=$(sed -n 's/^\.It .* Ta \(booted\|layout\): \([a-z0-9-]*\)$/\1:\2/p' "$manual")
[ "$guests" ] || exit 99
for guest in $guests; do
	checks=$((checks + 1))
	case $guest in
	booted:*) [ -f "$src/fixtures/guests/${guest#*:}" ] ;;
	*) [ -f "$src/fixtures/trees/${guest#*:}" ] ;;
	esac || bad "$guest: there is no such test"
done
for tree in "$src"/fixtures/trees/*; do
	echo "$guests" | grep -q -x "layout:${tree##*/}" || bad "${tree##*/} is not in the table of guests"
done

# Each command has its page, with every option that it takes, and examples.
commands=$("$program" --help | sed -n '/^commands:/,/^$/s/^  \([a-z-]*\) .*/\1/p')
pages=
[ "$commands" ] || exit 99
for name in $commands; do
	page=${top_builddir:-.}/tools/convert-image-$name.1
	pages="$pages $page"
	grep -q '^\.Sh EXAMPLES$' "$page" || bad "$name has no page with examples"
	for option in $("$program" "$name" --help | sed -n 's/^  .*--\([a-z][a-z-]*\).*/\1/p'); do
		checks=$((checks + 1))
		grep -q -e "^\.It Fl \(. , \)\?-$option\( \|$\)" "$page" || bad "--$option is not in $page"
	done
done

if command -v groff >/dev/null; then
	# shellcheck disable=SC2086
	for page in "$manual" "$library" $pages; do
		warnings=$(groff -ww -mandoc -Tutf8 "$page" 2>&1 >/dev/null)
		[ "$warnings" ] && bad "$page: $warnings"
	done
fi
echo "$checks names checked"
exit ${failed:-0}
