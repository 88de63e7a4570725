/* SPDX-License-Identifier: BSD-2-Clause */
#include "call/pidf.h"

static const struct slice pidf_ns = SLICE_INIT("urn:ietf:params:xml:ns:pidf");

static void read_tuple(const struct xml_node *from, struct pidf_tuple *t)
{
    const struct xml_node *status = xml_child(from, SLICE("status"), NULL);
    struct slice           basic  = status == NULL ? SLICE("") : xml_child_text(status, SLICE("basic"));

    *t = (struct pidf_tuple){
        .id        = xml_attribute(from, SLICE("id")),
        .contact   = xml_child_text(from, SLICE("contact")),
        .note      = xml_child_text(from, SLICE("note")),
        .timestamp = xml_child_text(from, SLICE("timestamp")),
        .has_basic = slice_eq(basic, SLICE("open")) || slice_eq(basic, SLICE("closed")),
        .open      = slice_eq(basic, SLICE("open")),
    };
}

/* What is said of the whole is said by the first that is open; else by the first. */
static void sum_up(struct pidf *p)
{
    const struct pidf_tuple *best = p->tuple_count > 0 ? &p->tuples[0] : NULL;

    for (unsigned i = p->tuple_count; i-- > 0;)
        if (p->tuples[i].open)
            best = &p->tuples[i];
    if (best == NULL)
        return;
    p->open    = best->open;
    p->contact = best->contact;
    if (p->note.len == 0)
        p->note = best->note;
}

bool pidf_read(const struct xml_node *root, struct pidf *out)
{
    *out = (struct pidf){ 0 };
    if (!slice_eq(root->name, SLICE("presence")) || !slice_eq(root->ns, pidf_ns))
        return false;
    out->entity = xml_attribute(root, SLICE("entity"));
    out->note   = xml_child_text(root, SLICE("note"));
    for (const struct xml_node *n = NULL;
         (n = xml_child(root, SLICE("tuple"), n)) != NULL && out->tuple_count < PIDF_TUPLES;)
        read_tuple(n, &out->tuples[out->tuple_count++]);
    sum_up(out);
    return true;
}

static void put_element(struct buf *b, const char *name, struct slice text)
{
    if (text.len == 0)
        return;
    buf_printf(b, "<%s>", name);
    xml_put(b, text);
    buf_printf(b, "</%s>", name);
}

void pidf_write(struct buf *b, struct slice entity, bool open, struct slice note, struct slice contact)
{
    buf_put(b, SLICE("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\r\n<presence xmlns=\"urn:ietf:params:xml:ns:pidf\" "
                     "entity=\""));
    xml_put(b, entity);
    buf_put(b, SLICE("\"><tuple id=\"ahoy\"><status><basic>"));
    buf_put(b, open ? SLICE("open") : SLICE("closed"));
    buf_put(b, SLICE("</basic></status>"));
    put_element(b, "contact", contact);
    put_element(b, "note", note);
    buf_put(b, SLICE("</tuple></presence>\r\n"));
}
