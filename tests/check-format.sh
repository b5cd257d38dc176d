#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Advisory: what clang-format would change in the lines changed since BASE.
base=${1:-HEAD~1}
for tool in git git-clang-format clang-format; do
	command -v $tool >/dev/null || { echo "skipped: no $tool"; exit 77; }
done
git rev-parse -q --verify "$base^{commit}" >/dev/null || { echo "skipped: no commit $base"; exit 77; }
out=$(git clang-format --diff "$base" -- '*.c' '*.h') || true
case $out in
''|'no modified files to format'|*'did not modify any files'*) exit 0 ;;
esac
printf '%s\n' "$out"
exit 1
