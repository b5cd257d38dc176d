#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# The domains of tests/corpus/describe are valid in the eyes of libvirt, and a spoilt one is not.
command -v virt-xml-validate >/dev/null || {
	echo "skipped: no virt-xml-validate (Debian: libvirt-clients)"
	exit 77
}
program=${CONVERT_IMAGE:-${top_builddir:-.}/tools/convert-image}
dir=$(mktemp -d) || exit 99
trap 'rm -rf "$dir"' EXIT
n=0

for report in "${srcdir:-.}"/tests/corpus/describe/*.in; do
	[ -e "${report%in}libvirt" ] || continue
	"$program" describe --as libvirt "$report" >"$dir/domain.xml" || exit 1
	virt-xml-validate "$dir/domain.xml" domain || exit 1
	n=$((n + 1))
done
sed -i 's/<vcpu>/<vcpus>/; s/<.vcpu>/<\/vcpus>/' "$dir/domain.xml"
virt-xml-validate "$dir/domain.xml" domain >/dev/null 2>&1 && {
	echo "a spoilt domain is valid"
	exit 1
}
echo "$n domains are valid"
[ $n -ge 6 ] || exit 99
