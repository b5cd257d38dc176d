#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Labels beside those that libselinux finds, by a real policy, for what lies on this machine.
set -u
program=${top_builddir:-.}/tests/label-program
policy=/etc/selinux/default/contexts/files
[ -f $policy/file_contexts ] || { echo "SKIP: no $policy (selinux-policy-default)"; exit 77; }
command -v matchpathcon > /dev/null || { echo "SKIP: no matchpathcon (selinux-utils)"; exit 77; }
work=$(mktemp -d) || exit 99
trap 'rm -rf "$work"' EXIT
# Paths in /proc and of other people's files come and go.
find /etc /usr/lib/systemd /usr/bin /boot -xdev 2> /dev/null | head -n 20000 |
    grep -v "[[:space:]]" > "$work/paths"
[ "$(wc -l < "$work/paths")" -gt 500 ] || { echo "FAIL: nothing to look up"; exit 99; }
"$program" $policy < "$work/paths" > "$work/ours" || exit 1
xargs -d '\n' matchpathcon -f $policy/file_contexts < "$work/paths" > "$work/theirs" || exit 99
if ! cmp -s "$work/ours" "$work/theirs"; then
    echo "FAIL: ours and theirs:"
    diff "$work/ours" "$work/theirs" | head -n 20
    exit 1
fi
echo "$(wc -l < "$work/ours") labels agree"
