/* SPDX-License-Identifier: BSD-2-Clause */
/* The module that reads XML by libxml2 (see xml_module.h). */
#include "call/xml_module.h"

#include <libxml/xmlreader.h>
#include <limits.h>

static const char *or_empty(const xmlChar *text)
{
    return text == NULL ? "" : (const char *)text;
}

static bool tell_attributes(xmlTextReaderPtr reader, const struct xml_listener *to)
{
    bool go_on = true;

    while (go_on && xmlTextReaderMoveToNextAttribute(reader) == 1)
        if (xmlTextReaderIsNamespaceDecl(reader) != 1)
            go_on = to->attribute(to->arg, or_empty(xmlTextReaderConstLocalName(reader)),
                                  or_empty(xmlTextReaderConstValue(reader)));
    xmlTextReaderMoveToElement(reader);
    return go_on;
}

static bool tell_element(xmlTextReaderPtr reader, const struct xml_listener *to)
{
    bool is_empty = xmlTextReaderIsEmptyElement(reader) == 1;

    return to->begin(to->arg, or_empty(xmlTextReaderConstNamespaceUri(reader)),
                     or_empty(xmlTextReaderConstLocalName(reader))) &&
           tell_attributes(reader, to) && (!is_empty || to->end(to->arg));
}

static enum xml_verdict tell(xmlTextReaderPtr reader, const struct xml_listener *to)
{
    switch (xmlTextReaderNodeType(reader)) {
    case XML_READER_TYPE_DOCUMENT_TYPE:
    case XML_READER_TYPE_ENTITY_REFERENCE:
        return XML_REFUSED;
    case XML_READER_TYPE_ELEMENT:
        return tell_element(reader, to) ? XML_GOOD : XML_STOPPED;
    case XML_READER_TYPE_END_ELEMENT:
        return to->end(to->arg) ? XML_GOOD : XML_STOPPED;
    case XML_READER_TYPE_TEXT:
    case XML_READER_TYPE_CDATA:
        return to->text(to->arg, or_empty(xmlTextReaderConstValue(reader))) ? XML_GOOD : XML_STOPPED;
    }
    return XML_GOOD;
}

static void say_nothing(void *arg, const char *message, xmlParserSeverities severity, xmlTextReaderLocatorPtr where)
{
    (void)arg;
    (void)message;
    (void)severity;
    (void)where;
}

static enum xml_verdict read_document(const char *text, size_t len, const struct xml_listener *to)
{
    xmlTextReaderPtr reader;
    enum xml_verdict verdict = XML_GOOD;
    int              more;

    if (len == 0 || len > INT_MAX)
        return XML_MALFORMED;
    reader = xmlReaderForMemory(text, (int)len, NULL, NULL, XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING);
    if (reader == NULL)
        return XML_MALFORMED;
    xmlTextReaderSetErrorHandler(reader, say_nothing, NULL);
    while ((more = xmlTextReaderRead(reader)) == 1 && verdict == XML_GOOD)
        verdict = tell(reader, to);
    if (more < 0 && verdict == XML_GOOD)
        verdict = XML_MALFORMED;
    xmlFreeTextReader(reader);
    return verdict;
}

/* The one symbol that is looked for. */
extern const struct xml_module ahoy_xml_module;

__attribute__((visibility("default"))) const struct xml_module ahoy_xml_module = { XML_MODULE_VERSION, read_document };
