/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * XML from an untrusted source: nothing is loaded, a document with a DOCTYPE is refused and so
 * knows no entity but the five of XML, depth and size are bounded, and libxml2 prints nothing.
 * Names are matched without their prefix.
 */
#ifndef VM_XML_H
#define VM_XML_H

#include <libxml/tree.h>

#include "core/error.h"
#include "core/names.h"

struct xml {
	xmlDoc *doc;
	xmlNode *root;
	struct names texts; /* what xml_text() and xml_attr() have given out */
	bool no_memory;	    /* one of them could not: to be asked at the end */
};

int xml_open(struct xml *x, const char *data, size_t len, struct cvt_error *err);
void xml_close(struct xml *x);
#define CLEANUP_XML CLEANUP(xml_close)

bool xml_is(const xmlNode *node, const char *name);

/* The first child element of @parent, which may be NULL, that is called @name; NULL: any. */
xmlNode *xml_child(const xmlNode *parent, const char *name);
/* The next one beside @node. */
xmlNode *xml_next(const xmlNode *node, const char *name);

/* Valid until xml_close(), without white space around it; NULL: no @node, or nothing in it. */
const char *xml_text(struct xml *x, const xmlNode *node);
const char *xml_attr(struct xml *x, const xmlNode *node, const char *name);

/* Is that what the attribute says? */
bool xml_attr_is(struct xml *x, const xmlNode *node, const char *name,
		 const char *wanted);

/* The text of the child @name. */
const char *xml_value(struct xml *x, const xmlNode *parent, const char *name);

#endif
