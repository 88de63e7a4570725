/* SPDX-License-Identifier: BSD-2-Clause */
/* xml.h - a small XML document as a tree: what presence and dialogs are told by.
 *
 * The reading is libxml2's, in a module that is loaded with the first document (xml_module.h): an idle phone does
 * without.  A document type is refused, and with it every entity that is not XML's own; there are limits to
 * size, depth and number.  Not for anybody but call/. */

#ifndef CALL_XML_H
#define CALL_XML_H

#include "base/arena.h"

struct xml_module;

enum { XML_BYTES = 64 * 1024, XML_DEPTH = 16, XML_NODES = 1024 };

struct xml_attribute {
    struct xml_attribute *next;
    struct slice          name, value;
};

struct xml_node {
    struct xml_node      *parent, *first, *last, *next; /* its children; its next sibling */
    struct slice          ns, name, text;               /* text: what stands in it first, without blanks around */
    struct xml_attribute *attributes;
};

/* NULL: there is no such module here. */
const struct xml_module *xml_load(void);

/* The root, in memory of `arena`.  0, -ERR_SYNTAX, -ERR_PERMISSION (a document type), -ERR_LIMIT or -ERR_NO_MEMORY. */
int xml_parse(const struct xml_module *m, struct slice text, struct arena *arena, struct xml_node **root);

/* The first child of this name after `behind` (NULL: from the start), whatever its namespace; or NULL. */
const struct xml_node *xml_child(const struct xml_node *of, struct slice name, const struct xml_node *behind);
/* Empty if it is not there. */
struct slice xml_attribute(const struct xml_node *of, struct slice name);
/* The text of a child; empty if there is none. */
struct slice xml_child_text(const struct xml_node *of, struct slice name);

/* Text for an element or an attribute in quotes. */
struct buf;
void xml_put(struct buf *b, struct slice text);

#endif
