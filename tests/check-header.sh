#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# The public header is good C99, C11 and C++11, and needs nothing before it.
include=${srcdir:-.}/include
check() {	# compiler, language, standard
	printf '#include <libconvert.h>\nint main() { return 0; }\n' |
		"$1" -x "$2" "-std=$3" -pedantic-errors -Wall -Wextra -Werror -fsyntax-only \
		     -I"$include" - || exit 1
	echo "$1 -std=$3: good"
}

set -- ${CC:-cc}
for std in c99 c11; do
	check "$1" c $std
done
for cxx in ${CXX:-c++ clang++}; do
	command -v "$cxx" >/dev/null || continue
	check "$cxx" c++ c++11
	found=1
done
[ "$found" ] || echo "no C++ compiler: C++ is not checked"
