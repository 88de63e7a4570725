/* SPDX-License-Identifier: BSD-2-Clause */
#include "call/dialog_info.h"

#include "base/siphash.h"
#include "call/state.h"

static const struct slice dialog_ns = SLICE_INIT("urn:ietf:params:xml:ns:dialog-info");

/* ---- reading ---- */

static void forget(struct dialog_view *v, uint64_t id)
{
    for (unsigned i = 0; i < v->count; i++)
        if (v->up[i] == id) {
            v->up[i] = v->up[--v->count];
            return;
        }
}

static void note(struct dialog_view *v, uint64_t id)
{
    forget(v, id);
    if (v->count < DIALOG_VIEW)
        v->up[v->count++] = id;
    else
        v->overflow = true;
}

/* 4.1.2: the id is unique in its document's source. */
static void take_dialog(struct dialog_view *v, const struct xml_node *n)
{
    static const struct hash_key key = { 0 };
    uint64_t                     id  = siphash(&key, xml_attribute(n, SLICE("id")));

    if (slice_eq(xml_child_text(n, SLICE("state")), SLICE("terminated")))
        forget(v, id);
    else
        note(v, id);
}

bool dialog_view_take(struct dialog_view *v, const struct xml_node *root)
{
    struct scan  s       = scan_from(xml_attribute(root, SLICE("version")));
    struct slice state   = xml_attribute(root, SLICE("state"));
    uint32_t     version = 0;

    if (!slice_eq(root->name, SLICE("dialog-info")) || !slice_eq(root->ns, dialog_ns) ||
        !scan_number(&s, UINT32_MAX, &version) || (v->known && version <= v->version))
        return false;
    if (slice_eq(state, SLICE("full"))) {
        v->count    = 0;
        v->overflow = false;
    }
    v->known   = true;
    v->version = version;
    for (const struct xml_node *n = NULL; (n = xml_child(root, SLICE("dialog"), n)) != NULL;)
        take_dialog(v, n);
    return true;
}

bool dialog_view_busy(const struct dialog_view *v)
{
    return v->count > 0 || v->overflow;
}

static bool read_dialog(const struct xml_node *n, struct phone_dialog *d)
{
    const struct xml_node *remote   = xml_child(n, SLICE("remote"), NULL);
    const struct xml_node *identity = remote == NULL ? NULL : xml_child(remote, SLICE("identity"), NULL);
    const struct xml_node *target   = remote == NULL ? NULL : xml_child(remote, SLICE("target"), NULL);

    *d = (struct phone_dialog){
        .id         = xml_attribute(n, SLICE("id")),
        .state      = xml_child_text(n, SLICE("state")),
        .direction  = xml_attribute(n, SLICE("direction")),
        .call_id    = xml_attribute(n, SLICE("call-id")),
        .local_tag  = xml_attribute(n, SLICE("local-tag")),
        .remote_tag = xml_attribute(n, SLICE("remote-tag")),
    };
    if (identity != NULL) {
        d->remote         = identity->text;
        d->remote_display = xml_attribute(identity, SLICE("display"));
    } else if (target != NULL) {
        d->remote = xml_attribute(target, SLICE("uri"));
    }
    return d->id.len <= PHONE_DIALOG_TEXT && d->state.len <= PHONE_DIALOG_TEXT &&
           d->direction.len <= PHONE_DIALOG_TEXT && d->call_id.len <= PHONE_DIALOG_TEXT &&
           d->local_tag.len <= PHONE_DIALOG_TEXT && d->remote_tag.len <= PHONE_DIALOG_TEXT &&
           d->remote.len <= PHONE_DIALOG_TEXT && d->remote_display.len <= PHONE_DIALOG_TEXT;
}

void dialog_info_list(const struct xml_node *root, struct arena *arena, struct phone_event *e)
{
    struct phone_dialog *list = arena_alloc(arena, PHONE_DIALOGS * sizeof *list);

    e->full = list != NULL && slice_eq(xml_attribute(root, SLICE("state")), SLICE("full"));
    for (const struct xml_node *n = NULL; list != NULL && (n = xml_child(root, SLICE("dialog"), n)) != NULL;) {
        if (e->dialog_count < PHONE_DIALOGS && read_dialog(n, &list[e->dialog_count]))
            e->dialog_count++;
        else
            e->full = false;
    }
    e->dialogs = list;
}

/* ---- writing ---- */

/* 3.7.1 */
static const char *state_of(const struct call *c)
{
    switch (c->session.state) {
    case SESSION_CALLING:
        return "trying";
    case SESSION_PROCEEDING:
        return "proceeding";
    case SESSION_INCOMING:
    case SESSION_EARLY:
    case SESSION_RINGING:
        return "early";
    case SESSION_ANSWERED:
    case SESSION_CONFIRMED:
        return "confirmed";
    case SESSION_CANCELLING:
    case SESSION_ENDING:
    case SESSION_ENDED:
        break;
    }
    return NULL;
}

static void put_attribute(struct buf *b, const char *name, struct slice value)
{
    if (value.len == 0)
        return;
    buf_printf(b, " %s=\"", name);
    xml_put(b, value);
    buf_put_byte(b, '"');
}

static void put_names(struct buf *b, const struct call *c)
{
    put_attribute(b, "call-id", c->call_id);
    put_attribute(b, "local-tag", c->local_tag);
    if (c->up != NULL)
        put_attribute(b, "remote-tag", c->up->dialog->remote_tag);
}

static void put_remote(struct buf *b, const struct call *c)
{
    buf_put(b, SLICE("<remote><identity"));
    put_attribute(b, "display", c->peer_display);
    buf_put_byte(b, '>');
    xml_put(b, c->peer);
    buf_put(b, SLICE("</identity></remote>"));
}

static void put_dialog(struct buf *b, const struct call *c, const char *state, bool details)
{
    buf_put(b, SLICE("<dialog id=\""));
    buf_put_hex64(b, c->id);
    buf_put(b, SLICE("\" direction="));
    buf_put(b, c->outgoing ? SLICE("\"initiator\"") : SLICE("\"recipient\""));
    if (details)
        put_names(b, c);
    buf_printf(b, "><state>%s</state>", state);
    if (details)
        put_remote(b, c);
    buf_put(b, SLICE("</dialog>"));
}

void dialog_info_write(struct buf *b, const struct account *a, uint32_t version, bool details)
{
    buf_put(b, SLICE("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\r\n"
                     "<dialog-info xmlns=\"urn:ietf:params:xml:ns:dialog-info\" version=\""));
    buf_put_number(b, version);
    buf_put(b, SLICE("\" state=\"full\""));
    put_attribute(b, "entity", a->aor);
    buf_put_byte(b, '>');
    LIST_EACH (l, &a->phone->calls) {
        const struct call *c     = CONTAINER_OF(l, struct call, link);
        const char        *state = state_of(c);

        if (c->account == a && state != NULL && !c->told_ended)
            put_dialog(b, c, state, details);
    }
    buf_put(b, SLICE("</dialog-info>\r\n"));
}
