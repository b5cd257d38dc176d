/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <config.h>

#include <string.h>

#include "vm/xml_writer.h"

#define X(s) ((const xmlChar *)(s))

int xml_writer_open(struct xml_writer *w, struct cvt_error *err)
{
	*w = (struct xml_writer){ .buffer = xmlBufferCreate() };
	if (!w->buffer)
		return error_nomem(err);
	w->writer = xmlNewTextWriterMemory(w->buffer, 0);
	if (!w->writer) {
		xmlBufferFree(w->buffer);
		return error_nomem(err);
	}
	w->failed = xmlTextWriterSetIndent(w->writer, 1) < 0 ||
		    xmlTextWriterSetIndentString(w->writer, X("  ")) < 0 ||
		    xmlTextWriterStartDocument(w->writer, NULL, "UTF-8", NULL) < 0;
	return 0;
}

void xml_begin(struct xml_writer *w, const char *element)
{
	w->failed |= xmlTextWriterStartElement(w->writer, X(element)) < 0;
}

void xml_put(struct xml_writer *w, const char *attribute, const char *value)
{
	w->failed |= xmlTextWriterWriteAttribute(w->writer, X(attribute), X(value)) < 0;
}

void xml_put_text(struct xml_writer *w, const char *text)
{
	w->failed |= xmlTextWriterWriteString(w->writer, X(text)) < 0;
}

void xml_end(struct xml_writer *w)
{
	w->failed |= xmlTextWriterEndElement(w->writer) < 0;
}

void xml_put_element(struct xml_writer *w, const char *element, const char *text)
{
	xml_begin(w, element);
	xml_put_text(w, text);
	xml_end(w);
}

int xml_writer_close(struct xml_writer *w, int r, char **ret, struct cvt_error *err)
{
	char *text = NULL;

	w->failed |= xmlTextWriterEndDocument(w->writer) < 0;
	xmlFreeTextWriter(w->writer);
	if (r == 0 && !w->failed)
		text = strdup((const char *)xmlBufferContent(w->buffer));
	xmlBufferFree(w->buffer);
	if (r < 0)
		return r;
	if (!text)
		return error_nomem(err);
	*ret = text;
	return 0;
}

int xml_check_text(const char *text, struct cvt_error *err)
{
	for (const char *p = text; *p; p++)
		if ((unsigned char)*p < 0x20 || strncmp(p, "\xef\xbf\xbe", 3) == 0 ||
		    strncmp(p, "\xef\xbf\xbf", 3) == 0)
			return error_raise(err, ERR_JOB, NULL,
					   "'%s' has a character that XML has not", text);
	return 0;
}
