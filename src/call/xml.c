/* SPDX-License-Identifier: BSD-2-Clause */
#include "call/xml.h"

#include "base/buf.h"
#include "base/error.h"
#include "base/utf8.h"
#include "call/xml_module.h"
#include "net/module.h"

#include <dlfcn.h>
#include <string.h>

struct builder {
    struct arena    *arena;
    struct xml_node *root, *at; /* at: the one that is open */
    unsigned         depth, count;
};

const struct xml_module *xml_load(void)
{
    void                    *library = module_load(XML_MODULE_FILE);
    const struct xml_module *m       = library == NULL ? NULL : dlsym(library, XML_MODULE_SYMBOL);

    return m != NULL && m->version == XML_MODULE_VERSION ? m : NULL;
}

/* ---- building ---- */

static void add_child(struct xml_node *to, struct xml_node *n)
{
    n->parent = to;
    if (to->last != NULL)
        to->last->next = n;
    else
        to->first = n;
    to->last = n;
}

static bool begin(void *arg, const char *ns, const char *name)
{
    struct builder  *b = arg;
    struct xml_node *n;

    if (b->depth == XML_DEPTH || b->count == XML_NODES)
        return false;
    n = ARENA_NEW(b->arena, struct xml_node);
    if (n == NULL)
        return false;
    n->ns   = arena_copy(b->arena, slice_from(ns));
    n->name = arena_copy(b->arena, slice_from(name));
    if (b->at != NULL)
        add_child(b->at, n);
    else
        b->root = n;
    b->at = n;
    b->depth++;
    b->count++;
    return arena_ok(b->arena);
}

static bool attribute(void *arg, const char *name, const char *value)
{
    struct builder       *b = arg;
    struct xml_attribute *a;

    if (b->count++ == XML_NODES || (a = ARENA_NEW(b->arena, struct xml_attribute)) == NULL)
        return false;
    a->name           = arena_copy(b->arena, slice_from(name));
    a->value          = arena_copy(b->arena, slice_from(value));
    a->next           = b->at->attributes;
    b->at->attributes = a;
    return arena_ok(b->arena);
}

static bool text(void *arg, const char *text)
{
    struct builder *b       = arg;
    struct slice    trimmed = slice_trim(slice_from(text));

    if (b->at == NULL || b->at->text.len > 0 || trimmed.len == 0)
        return true;
    b->at->text = arena_copy(b->arena, trimmed);
    return arena_ok(b->arena);
}

static bool end(void *arg)
{
    struct builder *b = arg;

    b->at = b->at->parent;
    b->depth--;
    return true;
}

int xml_parse(const struct xml_module *m, struct slice document, struct arena *arena, struct xml_node **root)
{
    struct builder      b  = { .arena = arena };
    struct xml_listener to = { begin, attribute, text, end, &b };

    if (document.len > XML_BYTES)
        return -ERR_LIMIT;
    switch (m->read(document.ptr, document.len, &to)) {
    case XML_GOOD:
        *root = b.root;
        return b.root == NULL ? -ERR_SYNTAX : 0;
    case XML_MALFORMED:
        return -ERR_SYNTAX;
    case XML_REFUSED:
        return -ERR_PERMISSION;
    case XML_STOPPED:
        return arena_ok(arena) ? -ERR_LIMIT : -ERR_NO_MEMORY;
    }
    return -ERR_SYNTAX;
}

/* ---- looking ---- */

const struct xml_node *xml_child(const struct xml_node *of, struct slice name, const struct xml_node *behind)
{
    const struct xml_node *n = behind == NULL ? of->first : behind->next;

    while (n != NULL && !slice_eq(n->name, name))
        n = n->next;
    return n;
}

struct slice xml_attribute(const struct xml_node *of, struct slice name)
{
    for (const struct xml_attribute *a = of->attributes; a != NULL; a = a->next)
        if (slice_eq(a->name, name))
            return a->value;
    return SLICE("");
}

struct slice xml_child_text(const struct xml_node *of, struct slice name)
{
    const struct xml_node *n = xml_child(of, name, NULL);

    return n == NULL ? SLICE("") : n->text;
}

/* ---- writing ---- */

/* XML 1.0 2.2: other controls, U+FFFE and U+FFFF may not stand in a document, not even escaped; what is no UTF-8 would
 * make it none. */
static size_t put_allowed(struct buf *b, struct slice rest, bool utf8)
{
    unsigned char c = (unsigned char)rest.ptr[0];

    if (utf8 && rest.len >= 3 && memcmp(rest.ptr, "\xef\xbf", 2) == 0 && (unsigned char)rest.ptr[2] >= 0xbe) {
        buf_put_byte(b, '?');
        return 3;
    }
    buf_put_byte(b, c < ' ' || (!utf8 && c >= 0x80) ? '?' : (char)c);
    return 1;
}

/* What would mean something else, or another kind of blank (XML 1.0 2.11, 3.3.3); empty for all others. */
static struct slice reference_of(char c)
{
    switch (c) {
    case '<':
        return SLICE("&lt;");
    case '>':
        return SLICE("&gt;");
    case '&':
        return SLICE("&amp;");
    case '"':
        return SLICE("&quot;");
    case '\t':
        return SLICE("&#9;");
    case '\n':
        return SLICE("&#10;");
    case '\r':
        return SLICE("&#13;");
    }
    return SLICE("");
}

void xml_put(struct buf *b, struct slice from)
{
    bool utf8 = utf8_is_valid(from);

    for (size_t i = 0; i < from.len;) {
        struct slice reference = reference_of(from.ptr[i]);

        if (reference.len > 0) {
            buf_put(b, reference);
            i++;
        } else {
            i += put_allowed(b, (struct slice){ from.ptr + i, from.len - i }, utf8);
        }
    }
}
