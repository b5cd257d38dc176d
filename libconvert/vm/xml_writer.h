/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* XML out, indented and escaped by libxml2; a failure shows at the end. */
#ifndef VM_XML_WRITER_H
#define VM_XML_WRITER_H

#include <libxml/xmlwriter.h>
#include <stdbool.h>

#include "core/error.h"

struct xml_writer {
	xmlBuffer *buffer;
	xmlTextWriter *writer;
	bool failed;
};

int xml_writer_open(struct xml_writer *w, struct cvt_error *err);
void xml_begin(struct xml_writer *w, const char *element);
void xml_put(struct xml_writer *w, const char *attribute, const char *value);
void xml_put_text(struct xml_writer *w, const char *text);
void xml_end(struct xml_writer *w);

/* An element that has nothing but text. */
void xml_put_element(struct xml_writer *w, const char *element, const char *text);

/* Releases @w; *@ret is the document, unless something has failed before with @r. */
int xml_writer_close(struct xml_writer *w, int r, char **ret, struct cvt_error *err);

/* XML has no way to write most control characters: is there one in @text? */
int xml_check_text(const char *text, struct cvt_error *err);

#endif
