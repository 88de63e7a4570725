/* SPDX-License-Identifier: BSD-2-Clause */
#include "call/packages.h"

#include "call/pidf.h"
#include "call/watch.h"
#include "sip/sipfrag.h"

static bool read_summary(struct phone *p, struct watch *w, struct news *n, struct slice content)
{
    (void)p;
    (void)w;
    return message_summary_parse(content, &n->event.summary);
}

/* NULL: it is no XML that we read, or there is nobody to read it. */
static const struct xml_node *read_xml(struct phone *p, struct news *n, struct slice content)
{
    struct xml_node *root;

    if (p->xml == NULL)
        p->xml = xml_load();
    return p->xml != NULL && xml_parse(p->xml, content, &n->arena, &root) == 0 ? root : NULL;
}

static bool read_presence(struct phone *p, struct watch *w, struct news *n, struct slice content)
{
    const struct xml_node *root = read_xml(p, n, content);
    struct pidf            pidf;

    (void)w;
    if (root == NULL || !pidf_read(root, &pidf))
        return false;
    n->event.open    = pidf.open;
    n->event.note    = pidf.note;
    n->event.contact = pidf.contact;
    return true;
}

/* Of each watch the documents add up. */
static bool read_dialogs(struct phone *p, struct watch *w, struct news *n, struct slice content)
{
    const struct xml_node *root = read_xml(p, n, content);

    if (w == NULL || root == NULL || !dialog_view_take(&w->dialogs, root))
        return false;
    n->event.busy = dialog_view_busy(&w->dialogs);
    dialog_info_list(root, &n->arena, &n->event);
    return true;
}

static bool read_sipfrag(struct phone *p, struct watch *w, struct news *n, struct slice content)
{
    (void)p;
    (void)w;
    return sipfrag_read(content, &n->event.status, &n->event.reason);
}

static const struct package packages[] = {
#define PACKAGE(id, name, accept, seconds, read, kind) { SLICE_INIT(name), accept, seconds, read, kind },
#include "call/packages.def"
#undef PACKAGE
};

const struct package *package_find(struct slice name)
{
    for (size_t i = 0; i < sizeof packages / sizeof *packages; i++)
        if (slice_eq(packages[i].name, name))
            return &packages[i];
    return NULL;
}
