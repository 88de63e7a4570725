/* SPDX-License-Identifier: BSD-2-Clause */
/* xml_module.h - what an XML module is to the program: one struct of functions under one symbol.
 *
 * A module includes this header, links its XML library, and nothing of ours. */

#ifndef CALL_XML_MODULE_H
#define CALL_XML_MODULE_H

#include <stdbool.h>
#include <stddef.h>

#define XML_MODULE_SYMBOL "ahoy_xml_module"
#define XML_MODULE_FILE   "ahoy_xml.so"

enum { XML_MODULE_VERSION = 1 };

enum xml_verdict {
    XML_GOOD,
    XML_MALFORMED,
    XML_REFUSED, /* it has a document type: nobody needs one here, and entities are bombs */
    XML_STOPPED, /* a function said so                                                    */
};

/* Who hears of it; texts end with NUL and live during the call.  False: read no further. */
struct xml_listener {
    bool (*begin)(void *arg, const char *ns, const char *name); /* ns: "" if there is none */
    bool (*attribute)(void *arg, const char *name, const char *value);
    bool (*text)(void *arg, const char *text);
    bool (*end)(void *arg);
    void *arg;
};

struct xml_module {
    unsigned version; /* XML_MODULE_VERSION */
    /* Read a document; no file and no network is touched, no entity is defined. */
    enum xml_verdict (*read)(const char *text, size_t len, const struct xml_listener *to);
};

#endif
