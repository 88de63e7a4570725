/* SPDX-License-Identifier: BSD-2-Clause */
#include "route/binding.h"

#include "route/binding_identity.h"
#include "sip/instance.h"
#include "sip/params.h"

/* RFC 3261 10.2: what a time that is no number stands for. */
enum { MALFORMED_EXPIRES = 3600, ONE_HOUR = 3600 };

/* What every step needs; never kept. */
struct update {
    const struct binding_now    *existing;
    size_t                       count;
    const struct message        *message;
    bool                         outbound;
    msec                         now;
    const struct binding_limits *limits;
    size_t                       live;         /* bindings there will be after the changes so far */
    unsigned                     bound, flows; /* Contacts that are to live, and those with a reg-id */
    struct binding_verdict      *out;
    struct binding_params        params; /* of the Contact in hand */
};

static bool refuse(struct binding_verdict *out, unsigned status, const char *text, const char *rule)
{
    out->status = status;
    out->why    = REASON(text, rule);
    out->count  = 0;
    return false;
}

/* ---- what is there ---- */

static bool is_live(const struct update *u, size_t index)
{
    return u->existing[index].expires_at > u->now;
}

/* Has a Contact before this one changed it? */
static bool is_touched(const struct update *u, size_t index)
{
    for (unsigned i = 0; i < u->out->count; i++)
        if (u->out->changes[i].kind != BINDING_ADD && u->out->changes[i].index == index)
            return true;
    return false;
}

static bool is_there(const struct update *u, size_t index)
{
    return is_live(u, index) && !is_touched(u, index);
}

/* Step 6 and 7: a request of the same UA may be late or repeated. */
static bool is_out_of_order(const struct update *u, size_t index)
{
    const struct binding_now *b = &u->existing[index];

    return slice_eq(b->call_id, u->message->call_id) && u->message->cseq.number <= b->cseq;
}

static bool out_of_order(struct update *u)
{
    return refuse(u->out, 500, "CSeq is not higher than that of the binding", "RFC 3261 10.3 step 7");
}

/* ---- step 6 ---- */

static bool is_star(const struct header *h)
{
    return slice_eq(h->value, SLICE("*"));
}

static bool has_star(const struct message *m)
{
    for (const struct header *h = message_header(m, HEADER_CONTACT); h != NULL; h = message_next(m, h))
        if (is_star(h))
            return true;
    return false;
}

static bool remove_all(struct update *u)
{
    const struct header *contact = message_header(u->message, HEADER_CONTACT);
    const struct header *expires = message_header(u->message, HEADER_EXPIRES);
    uint32_t             seconds;

    if (message_next(u->message, contact) != NULL)
        return refuse(u->out, 400, "Contact * must stand alone", "RFC 3261 10.3 step 6");
    if (expires == NULL || !delta_seconds_parse(expires->value, &seconds) || seconds != 0)
        return refuse(u->out, 400, "Contact * needs Expires: 0", "RFC 3261 10.3 step 6");
    for (size_t i = 0; i < u->count; i++)
        if (is_live(u, i) && is_out_of_order(u, i))
            return out_of_order(u);
    u->out->changes[0] = (struct binding_change){ .kind = BINDING_REMOVE_ALL, .event = BINDING_UNREGISTERED };
    u->out->count      = 1;
    return true;
}

/* ---- step 7: for how long ---- */

/* The Contact's own parameter, else Expires.  False: nothing is asked for. */
static bool wanted_expires(const struct update *u, uint32_t *seconds)
{
    const struct header *h    = message_header(u->message, HEADER_EXPIRES);
    struct slice         text = u->params.expires;

    if (!u->params.has_expires && h == NULL)
        return false;
    if (!u->params.has_expires)
        text = h->value;
    if (!delta_seconds_parse(text, seconds))
        *seconds = MALFORMED_EXPIRES;
    return true;
}

static bool grant_expires(struct update *u, struct binding_change *change)
{
    uint32_t seconds = u->limits->default_expires;
    bool     asked   = wanted_expires(u, &seconds);

    if (asked && seconds > 0 && seconds < ONE_HOUR && seconds < u->limits->min_expires) {
        u->out->min_expires = u->limits->min_expires;
        return refuse(u->out, 423, "Interval Too Brief", "RFC 3261 10.3 step 7");
    }
    change->expires = seconds < u->limits->max_expires ? seconds : u->limits->max_expires;
    return true;
}

/* ---- step 7: what becomes of it ---- */

static bool add_change(struct update *u, const struct binding_change *change)
{
    if (u->out->count == LIMIT_LIST)
        return refuse(u->out, 403, "Too Many Contacts", "limit");
    u->out->changes[u->out->count++] = *change;
    return true;
}

typedef bool meant_fn(const struct binding_now *b, const struct binding_change *change);

static bool remove_each(struct update *u, struct binding_change *change, meant_fn *is_meant)
{
    for (size_t i = 0; i < u->count; i++) {
        if (!is_there(u, i) || !is_meant(&u->existing[i], change))
            continue;
        if (is_out_of_order(u, i))
            return out_of_order(u);
        change->index = (unsigned)i;
        if (!add_change(u, change))
            return false;
        u->live--;
    }
    return true;
}

/* Of what is not there nothing need be said. */
static bool remove_contact(struct update *u, struct binding_change *change)
{
    unsigned before = u->out->count;

    change->kind  = BINDING_REMOVE;
    change->event = BINDING_UNREGISTERED;
    return remove_each(u, change, binding_is_contact) &&
           (u->out->count > before || remove_each(u, change, binding_is_flow_of_contact));
}

/* The binding that the Contact means, or u->count.  URI equality is not transitive
 * (19.1.4), so there may be several, and then the same words come first. */
static size_t find(const struct update *u, const struct binding_change *change)
{
    size_t first = u->count;

    for (size_t i = 0; i < u->count; i++) {
        if (!is_there(u, i) || !binding_is_contact(&u->existing[i], change))
            continue;
        if (slice_eq(u->existing[i].contact, change->contact.uri.text))
            return i;
        if (first == u->count)
            first = i;
    }
    return first;
}

/* Is it the very Contact that we have, but for its time? */
static bool is_same(const struct update *u, const struct binding_now *b, const struct binding_change *change)
{
    char       memory[1024];
    struct buf params = BUF_ON(memory);

    if (u->params.keeps)
        binding_write_params(&params, &change->contact);
    return slice_eq(b->call_id, u->message->call_id) && slice_eq(b->contact, change->contact.uri.text) &&
           b->q == change->q && buf_ok(&params) && slice_eq(b->params, buf_slice(&params));
}

static bool has_moved(const struct binding_now *b, const struct binding_change *change)
{
    struct uri known;

    return !slice_eq(b->contact, change->contact.uri.text) &&
           (!uri_parse(b->contact, &known) || !binding_is_same_uri(&known, &change->contact.uri));
}

/* RFC 5627 5.1: the one of this instance (and flow) that registered last had another Call-ID.
 * A Contact before this one had the same. */
static bool ends_gruus(const struct update *u, const struct binding_change *change)
{
    if (change->instance.len == 0)
        return false;
    for (unsigned i = 0; i < u->out->count; i++)
        if (u->out->changes[i].expires > 0 && instance_eq(u->out->changes[i].instance, change->instance))
            return false;
    for (size_t i = u->count; i-- > 0;) {
        const struct binding_now *b = &u->existing[i];

        if (is_there(u, i) && instance_eq(b->instance, change->instance) &&
            (change->reg_id == 0 || change->reg_id == b->reg_id))
            return !slice_eq(b->call_id, u->message->call_id);
    }
    return false;
}

static bool add_or_update(struct update *u, struct binding_change *change)
{
    size_t index = find(u, change);

    change->index     = (unsigned)index;
    change->new_gruus = ends_gruus(u, change);
    if (index == u->count) {
        change->kind  = BINDING_ADD;
        change->event = BINDING_REGISTERED;
        u->live++;
        return add_change(u, change);
    }
    if (is_out_of_order(u, index))
        return out_of_order(u);
    change->moved = has_moved(&u->existing[index], change);
    change->event = change->moved ? BINDING_REGISTERED : BINDING_REFRESHED;
    change->kind  = is_same(u, &u->existing[index], change) && !change->new_gruus ? BINDING_REFRESH : BINDING_REPLACE;
    return add_change(u, change);
}

/* ---- step 7: may it be ---- */

/* RFC 5630 5.2: a secure resource is not bound by way of what is none. */
static bool is_secure_all_the_way(const struct message *request)
{
    struct header_values v = message_values(request, HEADER_PATH);
    struct name_addr     path;

    if (request->uri.scheme != URI_SIPS)
        return false;
    while (values_next_name_addr(&v, &path))
        if (path.uri.scheme != URI_SIPS)
            return false;
    return !v.broken;
}

/* The AOR itself, and with "gr" its public GRUU: both would come back here for ever. */
static bool is_of_aor(const struct update *u, const struct uri *contact)
{
    struct uri aor = u->message->to.uri;

    aor.params = aor.headers = SLICE("");
    return binding_is_same_uri(contact, &aor);
}

static bool may_be_bound(struct update *u, const struct binding_change *change)
{
    const struct uri *uri = &change->contact.uri;

    if (uri->scheme == URI_SIPS && !is_secure_all_the_way(u->message))
        return refuse(u->out, 400, "A sips Contact needs a sips Request-URI and Path", "RFC 5630 5.2");
    if (change->instance.len == 0)
        return true;
    if (uri->scheme != URI_SIP && uri->scheme != URI_SIPS)
        return refuse(u->out, 403, "An instance has a SIP URI", "RFC 5627 5.1");
    if (is_of_aor(u, uri))
        return refuse(u->out, 403, "Contact is the address-of-record itself", "RFC 5627 5.1");
    return true;
}

/* The same Contact twice: the second would have to be newer than the first, and is not. */
static bool is_repeated(const struct update *u, const struct binding_change *change)
{
    for (unsigned i = 0; i < u->out->count; i++)
        if (u->out->changes[i].expires > 0 && binding_is_same_contact(&u->out->changes[i], change))
            return true;
    return false;
}

static bool read_q(const struct update *u, struct binding_change *change)
{
    change->q = 1000;
    return !u->params.has_q || q_parse(u->params.q, &change->q);
}

static bool update_one(struct update *u, const struct name_addr *contact)
{
    struct binding_change change = { .contact = *contact };

    binding_read_params(contact, message_readable(u->message), &u->params);
    if (!read_q(u, &change))
        return refuse(u->out, 400, "Contact has a malformed q", "RFC 3261 20.10");
    if (uri_repeats_param(&contact->uri))
        return refuse(u->out, 400, "Contact has a parameter of its URI twice", "RFC 3261 19.1.1");
    if (!binding_read_identity(&change, &u->params, u->outbound))
        return refuse(u->out, 400, "reg-id is not from 1 to 2147483647", "RFC 5626 11.1");
    if (!grant_expires(u, &change))
        return false;
    if (is_repeated(u, &change))
        return refuse(u->out, 400, "Contact has the same URI twice", "RFC 3261 10.3 step 7, RFC 5630 5.1.1.1");
    if (change.expires == 0)
        return remove_contact(u, &change);
    u->bound++;
    u->flows += change.reg_id != 0;
    return may_be_bound(u, &change) && add_or_update(u, &change);
}

/* Step 7.  The count is looked at in the end: a phone may replace its contact. */
static bool update_each(struct update *u)
{
    struct header_values v      = message_values(u->message, HEADER_CONTACT);
    size_t               before = u->live;
    unsigned             count  = 0;
    struct name_addr     contact;

    for (; values_next_name_addr(&v, &contact); count++) {
        if (count == LIMIT_LIST)
            return refuse(u->out, 403, "Too Many Contacts", "limit");
        if (!update_one(u, &contact))
            return false;
    }
    if (v.broken || count == 0)
        return refuse(u->out, 400, "Contact cannot be read", "RFC 3261 20.10");
    if (u->flows > 0 && u->bound > 1)
        return refuse(u->out, 400, "A Contact with reg-id must be the only one", "RFC 5626 6");
    if (u->live > u->limits->max_contacts && u->live > before)
        return refuse(u->out, 403, "Too Many Contacts", "limit");
    return true;
}

void binding_decide(const struct binding_now *existing, size_t count, const struct binding_request *request,
                    const struct binding_limits *limits, struct binding_verdict *out)
{
    struct update u = {
        .existing = existing,
        .count    = count,
        .message  = request->message,
        .outbound = request->outbound,
        .now      = request->now,
        .limits   = limits,
        .out      = out,
    };

    out->status      = 200;
    out->why         = REASON("bindings updated", "RFC 3261 10.3 step 8");
    out->min_expires = 0;
    out->count       = 0;
    for (size_t i = 0; i < count; i++)
        u.live += is_live(&u, i);
    if (message_header(u.message, HEADER_CONTACT) == NULL)
        out->why = REASON("bindings asked for", "RFC 3261 10.3 step 6");
    else if (has_star(u.message))
        remove_all(&u);
    else
        update_each(&u);
}
