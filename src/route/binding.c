/* SPDX-License-Identifier: BSD-2-Clause */
#include "route/binding.h"

#include "sip/params.h"

/* RFC 3261 20.19: what an expires parameter that is no number stands for. */
enum { MALFORMED_EXPIRES = 3600, ONE_HOUR = 3600 };

/* What every step needs; never kept. */
struct update {
    const struct binding_now    *existing;
    size_t                       count;
    const struct message        *request;
    const struct binding_limits *limits;
    msec                         now;
    size_t                       live; /* bindings there will be after the changes so far */
    struct binding_verdict      *out;
};

static bool refuse(struct binding_verdict *out, unsigned status, const char *text, const char *rule)
{
    out->status = status;
    out->why    = REASON(text, rule);
    out->count  = 0;
    return false;
}

static bool is_live(const struct update *u, size_t index)
{
    return u->existing[index].expires_at > u->now;
}

/* Step 6 and 7: a request of the same UA may be late or repeated. */
static bool is_out_of_order(const struct update *u, size_t index)
{
    const struct binding_now *b = &u->existing[index];

    return slice_eq(b->call_id, u->request->call_id) && u->request->cseq.number <= b->cseq;
}

static bool out_of_order(struct update *u)
{
    return refuse(u->out, 500, "CSeq is not higher than that of the binding", "RFC 3261 10.3 step 7");
}

static bool is_star(const struct header *h)
{
    return slice_eq(slice_trim(h->value), SLICE("*"));
}

static bool has_star(const struct message *m)
{
    for (const struct header *h = message_header(m, HEADER_CONTACT); h != NULL; h = message_next(m, h))
        if (is_star(h))
            return true;
    return false;
}

/* Step 6. */
static bool remove_all(struct update *u)
{
    const struct header *contact = message_header(u->request, HEADER_CONTACT);
    const struct header *expires = message_header(u->request, HEADER_EXPIRES);
    uint32_t             seconds;

    if (message_next(u->request, contact) != NULL)
        return refuse(u->out, 400, "Contact * must stand alone", "RFC 3261 10.3 step 6");
    if (expires == NULL || !delta_seconds_parse(expires->value, &seconds) || seconds != 0)
        return refuse(u->out, 400, "Contact * needs Expires: 0", "RFC 3261 10.3 step 6");
    for (size_t i = 0; i < u->count; i++)
        if (is_live(u, i) && is_out_of_order(u, i))
            return out_of_order(u);
    u->out->changes[0] = (struct binding_change){ .kind = BINDING_REMOVE_ALL };
    u->out->count      = 1;
    return true;
}

/* Step 7: the Contact's own parameter, else Expires, else our default. */
static uint32_t wanted_expires(const struct update *u, const struct name_addr *contact)
{
    const struct header *h = message_header(u->request, HEADER_EXPIRES);
    struct slice         text;
    uint32_t             seconds;

    if (name_addr_param(contact, SLICE("expires"), &text))
        return delta_seconds_parse(text, &seconds) ? seconds : MALFORMED_EXPIRES;
    if (h != NULL && delta_seconds_parse(h->value, &seconds))
        return seconds;
    return u->limits->default_expires;
}

static bool grant_expires(struct update *u, struct binding_change *change)
{
    uint32_t seconds = wanted_expires(u, &change->contact);

    if (seconds > 0 && seconds < ONE_HOUR && seconds < u->limits->min_expires) {
        u->out->min_expires = u->limits->min_expires;
        return refuse(u->out, 423, "Interval Too Brief", "RFC 3261 10.3 step 7");
    }
    change->expires = seconds < u->limits->max_expires ? seconds : u->limits->max_expires;
    return true;
}

/* Are they one contact?  Its sips and its sip form are, so that the one takes the place of the
 * other (RFC 5630 5.1.1.1, against RFC 3261 19.1.4). */
static bool is_same_uri(const struct uri *a, const struct uri *b)
{
    struct uri copy = *a;

    if ((a->scheme == URI_SIP && b->scheme == URI_SIPS) || (a->scheme == URI_SIPS && b->scheme == URI_SIP))
        copy.scheme = b->scheme;
    return uri_eq(&copy, b);
}

/* The binding for this URI, or u->count. */
static size_t find(const struct update *u, const struct uri *uri)
{
    for (size_t i = 0; i < u->count; i++) {
        struct uri known;

        if (uri_parse(u->existing[i].contact, &known) && is_same_uri(&known, uri))
            return i;
    }
    return u->count;
}

/* Is it the very Contact that we have, but for its time? */
static bool is_same(const struct update *u, size_t index, const struct binding_change *change)
{
    const struct binding_now *b = &u->existing[index];
    char                      memory[1024];
    struct buf                params = BUF_ON(memory);

    binding_write_params(&params, &change->contact);
    return slice_eq(b->call_id, u->request->call_id) && slice_eq(b->contact, change->contact.uri.text) &&
           b->q == change->q && buf_ok(&params) && slice_eq(b->params, buf_slice(&params));
}

/* The same URI twice in one request: the second would have to be newer than the
 * first, and is not (step 7). */
static bool is_repeated(const struct update *u, const struct uri *uri)
{
    for (unsigned i = 0; i < u->out->count; i++)
        if (is_same_uri(&u->out->changes[i].contact.uri, uri))
            return true;
    return false;
}

/* A binding whose time is up is not there: anyone may take its place, and
 * removing it is no change. */
static bool apply(struct update *u, struct binding_change *change)
{
    size_t index = find(u, &change->contact.uri);
    bool   here  = index < u->count;
    bool   live  = here && is_live(u, index);

    if (live && is_out_of_order(u, index))
        return out_of_order(u);
    change->index = (unsigned)index;
    if (change->expires == 0) {
        change->kind = BINDING_REMOVE;
        if (!live)
            return true; /* nothing to do, and nothing to say */
        u->live--;
    } else if (!live) {
        change->kind = here ? BINDING_REPLACE : BINDING_ADD;
        u->live++;
    } else {
        change->kind = is_same(u, index, change) ? BINDING_REFRESH : BINDING_REPLACE;
    }
    u->out->changes[u->out->count++] = *change;
    return true;
}

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

static bool update_one(struct update *u, const struct name_addr *contact)
{
    struct binding_change change = { .contact = *contact };

    if (u->out->count == LIMIT_LIST)
        return refuse(u->out, 403, "Too Many Contacts", "limit");
    if (!contact_q(contact, &change.q))
        return refuse(u->out, 400, "Contact has a malformed q", "RFC 3261 20.10");
    if (is_repeated(u, &contact->uri))
        return refuse(u->out, 400, "Contact has the same URI twice", "RFC 3261 10.3 step 7, RFC 5630 5.1.1.1");
    if (!grant_expires(u, &change))
        return false;
    if (contact->uri.scheme == URI_SIPS && change.expires > 0 && !is_secure_all_the_way(u->request))
        return refuse(u->out, 400, "A sips Contact needs a sips Request-URI and Path", "RFC 5630 5.2");
    return apply(u, &change);
}

/* Step 7.  The count is looked at in the end: a phone may replace its contact. */
static bool update_each(struct update *u)
{
    struct header_values v      = message_values(u->request, HEADER_CONTACT);
    size_t               before = u->live;
    struct name_addr     contact;

    while (values_next_name_addr(&v, &contact))
        if (!update_one(u, &contact))
            return false;
    if (v.broken)
        return refuse(u->out, 400, "Contact cannot be read", "RFC 3261 20.10");
    if (u->live > u->limits->max_contacts && u->live > before)
        return refuse(u->out, 403, "Too Many Contacts", "limit");
    return true;
}

void binding_decide(const struct binding_now *existing, size_t count, const struct message *request,
                    const struct binding_limits *limits, msec now, struct binding_verdict *out)
{
    struct update u = { existing, count, request, limits, now, 0, out };

    out->status      = 200;
    out->why         = REASON("bindings updated", "RFC 3261 10.3 step 8");
    out->min_expires = 0;
    out->count       = 0;
    for (size_t i = 0; i < count; i++)
        u.live += is_live(&u, i);
    if (message_header(request, HEADER_CONTACT) == NULL)
        out->why = REASON("bindings asked for", "RFC 3261 10.3 step 6");
    else if (has_star(request))
        remove_all(&u);
    else
        update_each(&u);
}

/* A fold inside a quoted value would break the line it is given back in. */
static void put_unfolded(struct buf *b, struct slice text)
{
    for (size_t i = 0; i < text.len; i++)
        buf_put_byte(b, text.ptr[i] == '\r' || text.ptr[i] == '\n' ? ' ' : text.ptr[i]);
}

void binding_write_params(struct buf *b, const struct name_addr *contact)
{
    struct scan  s = scan_from(contact->params);
    struct slice name, value;

    while (params_next(&s, &name, &value)) {
        bool quoted = s.at > contact->params.ptr && s.at[-1] == '"';

        if (slice_eq_nocase(name, SLICE("expires")) || slice_eq_nocase(name, SLICE("q")))
            continue;
        buf_put_byte(b, ';');
        buf_put(b, name);
        if (value.len == 0 && !quoted)
            continue;
        buf_put(b, quoted ? SLICE("=\"") : SLICE("="));
        put_unfolded(b, value);
        if (quoted)
            buf_put_byte(b, '"');
    }
}

void binding_write_contact(struct buf *b, const struct binding_now *binding, msec now)
{
    msec left = binding->expires_at > now ? binding->expires_at - now : 0;

    buf_put_byte(b, '<');
    buf_put(b, binding->contact);
    buf_put_byte(b, '>');
    buf_put(b, binding->params);
    if (binding->q < 1000)
        buf_printf(b, ";q=0.%03u", binding->q);
    buf_put(b, SLICE(";expires="));
    buf_put_number(b, (left + 999) / 1000);
}
