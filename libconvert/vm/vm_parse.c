/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which description it is, by its content. */
#include <config.h>

#include <string.h>

#include "vm/vm.h"
#include "vm/xml.h"

#define SPACE " \t\r\n"
#define BOM "\xef\xbb\xbf"

static int parse_xml(const char *data, size_t len, struct vm *ret, struct cvt_error *err)
{
	CLEANUP_XML struct xml x = { 0 };
	int r = xml_open(&x, data, len, err);

	if (r < 0)
		return r;
	if (xml_is(x.root, "Envelope"))
		r = vm_parse_ovf(&x, ret, err);
	else if (xml_is(x.root, "domain"))
		r = vm_parse_libvirt(&x, ret, err);
	else
		r = error_set(
			err, -EINVAL,
			"is XML, but neither an OVF nor a domain of libvirt: <%.64s>",
			(const char *)x.root->name);
	return r == 0 && x.no_memory ? error_nomem(err) : r;
}

/* XML in UTF-8, or in UTF-16 with its mark. */
static bool is_xml(const char *p, size_t len)
{
	return *p == '<' || (len > 2 && (memcmp(p, "\xff\xfe", 2) == 0 ||
					 memcmp(p, "\xfe\xff", 2) == 0));
}

int vm_parse(const char *data, size_t len, struct vm *ret, struct cvt_error *err)
{
	CLEANUP_VM struct vm vm = { 0 };
	const char *p = data;
	int r;

	if (len > VM_MAX_SIZE)
		return error_set(err, -EFBIG,
				 "has %zu bytes, more than a description of a machine",
				 len);
	if (len >= 3 && memcmp(p, BOM, 3) == 0)
		p += 3;
	p += strspn(p, SPACE);
	if (is_xml(p, len - (size_t)(p - data)))
		r = parse_xml(data, len, &vm, err);
	else if (*p == '{')
		r = vm_parse_json(p, len - (size_t)(p - data), &vm, err);
	else
		r = vm_parse_vmx(p, len - (size_t)(p - data), &vm, err);
	if (r < 0)
		return r;
	*ret = vm;
	vm = (struct vm){ 0 };
	return 0;
}
