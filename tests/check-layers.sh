#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# The include rule of libconvert/README, checked through the whole include
# chain: no file of the pure half may see a header of the I/O half, and no
# file a directory that stands below its own in that list.
cd "${srcdir:-.}/libconvert" || exit 99
above=
for dir in core format target guest plan step check vm; do
	above="$above $dir"
	for f in "$dir"/*.c; do
		[ -e "$f" ] || continue
		deps=$(${CC:-cc} -MM -MG -I../include -I. "$f" | tr -d '\\') || exit 99
		for d in $deps; do
			case $d in */*) top=${d%%/*} ;; *) continue ;; esac
			case "$above .. " in
			*" $top "*) ;;
			*) echo "$f sees $d"; bad=1 ;;
			esac
		done
	done
done
exit ${bad:-0}
