/* SPDX-License-Identifier: BSD-2-Clause */
#include "server/gruu.h"

#include "server/proxy_copy.h"
#include "server/who.h"

#include <assert.h>

enum { GRUU_TEXT = 384 }; /* bytes of the longest that is given out: a 200 has room for some */

static_assert((int)GRUU_EPOCH_BITS == (int)AOR_GRUU_BITS, "the epoch of a binding");

/* ---- the registrar's ---- */

/* A phone has to bear that there is none (4.2). */
static void put_param(struct buf *b, struct slice name, const struct buf *gruu)
{
    if (!buf_ok(gruu) || gruu->len == 0)
        return;
    buf_put_byte(b, ';');
    buf_put(b, name);
    buf_put(b, SLICE("=\""));
    buf_put(b, buf_slice(gruu));
    buf_put_byte(b, '"');
}

static void put_public(struct buf *b, struct slice key, bool secure, const struct binding *binding)
{
    char       text[GRUU_TEXT];
    struct buf gruu = BUF_ON(text);

    gruu_write_public(&gruu, key, secure, binding->instance);
    put_param(b, SLICE("pub-gruu"), &gruu);
}

static void put_temporary(struct server *s, struct buf *b, struct slice key, bool secure, const struct binding *binding)
{
    struct gruu_registration r = { location_hash(s->shared->location, key), binding->gruu };
    char                     text[GRUU_TEXT];
    struct buf               gruu = BUF_ON(text);
    uint8_t                  nonce[GRUU_NONCE];

    random_fill(&s->world->random, nonce, sizeof nonce);
    gruu_write_temporary(&gruu, key, secure, &r, nonce, &s->shared->gruu_keys, s->hasher);
    put_param(b, SLICE("temp-gruu"), &gruu);
}

/* RFC 5630 5.2.1: of the scheme of the Contact. */
void gruu_put_params(struct server *s, struct buf *b, struct slice key, const struct binding *binding)
{
    struct scan contact = scan_from(binding->contact);
    bool        secure  = scan_word(&contact, SLICE("sips:"));

    if (binding->instance.len == 0)
        return;
    put_public(b, key, secure, binding);
    if (binding->gruu != 0)
        put_temporary(s, b, key, secure, binding);
}

/* Its parameters do not matter, but one. */
static bool leads_to(struct server *s, const struct uri *uri, struct slice key)
{
    char         memory[AOR_TEXT];
    struct slice maddr;

    return (uri->port == 0 || stack_has_port(s->stack, uri->port)) && slice_eq(aor_of(s, uri, memory), key) &&
           !uri_param(uri, SLICE("maddr"), &maddr);
}

const struct reason *gruu_refusal(struct server *s, const struct uri *contact, struct slice key, uint64_t hash)
{
    static const struct reason self = { "The Contact is the user itself", "RFC 5627 5.1" };
    static const struct reason gruu = { "The Contact is a GRUU of the user itself", "RFC 5627 5.1" };
    struct gruu                g;

    if (leads_to(s, contact, key))
        return &self;
    g = gruu_read(contact, &s->shared->gruu_keys, s->hasher);
    return g.kind == GRUU_TEMPORARY && g.registration.aor == hash ? &gruu : NULL;
}

/* ---- the proxy's ---- */

/* The AOR that a temporary GRUU of this domain belongs to, while it is valid. */
static struct slice find_owner(struct server *s, const struct gruu_registration *r, struct slice domain,
                               char memory[AOR_TEXT])
{
    struct buf        key = buf_on(memory, AOR_TEXT);
    const struct aor *a;

    rcu_enter(s->shared->rcu);
    a = location_find_gruu(s->shared->location, r->aor, r->epoch, world_now(s->world));
    if (a != NULL && slice_eq_nocase(gruu_domain(aor_key(a)), domain))
        buf_put(&key, aor_key(a));
    rcu_leave(s->shared->rcu);
    return buf_slice(&key);
}

/* Whose GRUU is `uri`, in a domain of ours?  One that is nobody's becomes GRUU_INVALID. */
static struct slice resolve(struct server *s, const struct uri *uri, struct gruu *g, char memory[AOR_TEXT])
{
    struct slice owner = SLICE("");

    *g = gruu_read(uri, &s->shared->gruu_keys, s->hasher);
    switch (g->kind) {
    case GRUU_NONE:
    case GRUU_INVALID:
        return owner;
    case GRUU_PUBLIC:
        return aor_of(s, uri, memory);
    case GRUU_TEMPORARY:
        break;
    }
    owner = find_owner(s, &g->registration, aor_domain(s, uri), memory);
    if (owner.len == 0)
        g->kind = GRUU_INVALID;
    return owner;
}

void gruu_open(struct server *s, struct passage *p)
{
    char         memory[AOR_TEXT];
    struct slice owner = resolve(s, &p->way.uri, &p->gruu, memory);

    if (p->gruu.kind != GRUU_TEMPORARY)
        return;
    memcpy(p->aor_text, owner.ptr, owner.len);
    p->aor      = (struct slice){ p->aor_text, owner.len };
    p->aor_hash = p->gruu.registration.aor;
}

bool gruu_fits(const struct gruu *g, const struct binding *b)
{
    switch (g->kind) {
    case GRUU_NONE:
        return true;
    case GRUU_PUBLIC:
        return gruu_is_instance(g->instance, b->instance);
    case GRUU_TEMPORARY:
        return b->gruu == g->registration.epoch;
    case GRUU_INVALID:
        break;
    }
    return false;
}

/* Most Contacts are told from one by this look at their bytes. */
static bool may_have_gr(struct slice value)
{
    return memmem(value.ptr, value.len, ";gr", 3) != NULL || memmem(value.ptr, value.len, ";GR", 3) != NULL;
}

/* Whose (in `memory`), if the Contact is a valid GRUU of ours. */
static struct slice owner_of_contact(struct server *s, const struct message *request, char memory[AOR_TEXT])
{
    const struct header *h        = message_header(request, HEADER_CONTACT);
    struct header_values contacts = message_values(request, HEADER_CONTACT);
    struct name_addr     contact;
    struct gruu          g;

    if (h == NULL || !may_have_gr(h->value) || !values_next_name_addr(&contacts, &contact) ||
        aor_domain(s, &contact.uri).len == 0)
        return SLICE("");
    return resolve(s, &contact.uri, &g, memory);
}

/* By an alias, too, or in the name of another: it is he who has proved himself. */
static bool is_sender(struct server *s, const struct passage *p, struct slice owner)
{
    char                 memory[AOR_TEXT];
    const struct user_id id = { .domain = standing_domain(&p->standing), .name = standing_user(&p->standing) };

    return slice_eq(owner, who_key(s, &id, memory));
}

bool gruu_is_anothers(struct server *s, const struct passage *p)
{
    char         memory[AOR_TEXT];
    struct slice owner;

    if (!proxy_makes_dialog(p->request))
        return false;
    owner = owner_of_contact(s, p->request, memory);
    return owner.len > 0 && !is_sender(s, p, owner);
}

bool gruu_needs_us(struct server *s, const struct message *request)
{
    char memory[AOR_TEXT];

    return message_header(request, HEADER_RECORD_ROUTE) != NULL && owner_of_contact(s, request, memory).len > 0;
}
