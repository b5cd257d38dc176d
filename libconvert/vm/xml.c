/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <config.h>

#include <libxml/parser.h>
#include <string.h>

#include "vm/xml.h"

#define SPACE " \t\r\n"

static void refuse_doctype(void *data, const xmlChar *name, const xmlChar *public_id,
			   const xmlChar *system_id)
{
	xmlParserCtxt *ctxt = data;

	(void)name;
	(void)public_id;
	(void)system_id;
	*(bool *)ctxt->_private = true;
	xmlStopParser(ctxt);
}

static void free_context(xmlParserCtxt **ctxt)
{
	if (!*ctxt)
		return;
	xmlFreeDoc((*ctxt)->myDoc);
	xmlFreeParserCtxt(*ctxt);
}

/* What the parser has to say, which ends in a newline. */
static int complain(xmlParserCtxt *ctxt, struct cvt_error *err)
{
	const xmlError *e = xmlCtxtGetLastError(ctxt);
	const char *text = e && e->message ? e->message : "no XML";

	if (e && e->code == XML_ERR_NO_MEMORY)
		return error_nomem(err);
	return error_set(err, -EINVAL, "line %d: %.*s", e ? e->line : 1,
			 (int)strcspn(text, "\n"), text);
}

int xml_open(struct xml *x, const char *data, size_t len, struct cvt_error *err)
{
	CLEANUP(free_context) xmlParserCtxt *ctxt = xmlNewParserCtxt();
	bool has_doctype = false;
	xmlDoc *doc;

	if (!ctxt)
		return error_nomem(err);
	ctxt->_private = &has_doctype;
	ctxt->sax->internalSubset = refuse_doctype;
	doc = xmlCtxtReadMemory(ctxt, data, (int)len, NULL, NULL,
				XML_PARSE_NONET | XML_PARSE_NOERROR |
					XML_PARSE_NOWARNING | XML_PARSE_NOCDATA |
					XML_PARSE_COMPACT);
	ctxt->myDoc = NULL;
	x->doc = doc;
	x->root = doc ? xmlDocGetRootElement(doc) : NULL;
	if (has_doctype)
		return error_set(
			err, -EINVAL,
			"has a document type, which descriptions of machines have not");
	return x->root ? 0 : complain(ctxt, err);
}

void xml_close(struct xml *x)
{
	xmlFreeDoc(x->doc);
	names_clear(&x->texts);
}

bool xml_is(const xmlNode *node, const char *name)
{
	return node->type == XML_ELEMENT_NODE &&
	       (!name || strcmp((const char *)node->name, name) == 0);
}

static xmlNode *find(xmlNode *node, const char *name)
{
	while (node && !xml_is(node, name))
		node = node->next;
	return node;
}

xmlNode *xml_child(const xmlNode *parent, const char *name)
{
	return parent ? find(parent->children, name) : NULL;
}

xmlNode *xml_next(const xmlNode *node, const char *name)
{
	return find(node->next, name);
}

/* Takes @raw over. */
static const char *keep(struct xml *x, xmlChar *raw)
{
	char *text = (char *)raw;
	size_t n;

	if (!text)
		return NULL;
	text += strspn(text, SPACE);
	for (n = strlen(text); n > 0 && strchr(SPACE, text[n - 1]); n--)
		;
	text[n] = '\0';
	if (n > 0 && names_add(&x->texts, text) < 0)
		x->no_memory = true;
	xmlFree(raw);
	return n > 0 && !x->no_memory ? x->texts.v[x->texts.n - 1] : NULL;
}

const char *xml_text(struct xml *x, const xmlNode *node)
{
	return node ? keep(x, xmlNodeGetContent(node)) : NULL;
}

static const xmlAttr *find_attr(const xmlNode *node, const char *name)
{
	const xmlAttr *a = node ? node->properties : NULL;

	while (a && strcmp((const char *)a->name, name) != 0)
		a = a->next;
	return a;
}

const char *xml_attr(struct xml *x, const xmlNode *node, const char *name)
{
	const xmlAttr *a = find_attr(node, name);

	return a ? keep(x, xmlNodeListGetString(x->doc, a->children, 1)) : NULL;
}

bool xml_attr_is(struct xml *x, const xmlNode *node, const char *name, const char *wanted)
{
	const xmlAttr *a = find_attr(node, name);
	const xmlNode *text = a ? a->children : NULL;
	const char *is;

	/* Without a copy where many nodes are searched. */
	if (text && text->type == XML_TEXT_NODE && !text->next)
		return strcmp((const char *)text->content, wanted) == 0;
	is = xml_attr(x, node, name);
	return is && strcmp(is, wanted) == 0;
}

const char *xml_value(struct xml *x, const xmlNode *parent, const char *name)
{
	return xml_text(x, xml_child(parent, name));
}
