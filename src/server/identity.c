/* SPDX-License-Identifier: BSD-2-Clause */
#include "server/identity.h"

#include "route/privacy.h"
#include "server/trunk.h"
#include "server/user_hold.h"
#include "server/who.h"

static bool is_sip(const struct uri *uri)
{
    return uri->scheme == URI_SIP || uri->scheme == URI_SIPS;
}

static bool is_ours(struct server *s, const struct uri *uri)
{
    return is_sip(uri) && aor_domain(s, uri).len > 0;
}

static bool is_trusted(const struct trunk *trunk)
{
    return trunk != NULL && trunk->trusted;
}

/* ---- who it is from ---- */

/* Within a dialog that was set up through us From and To are who they were then. */
static enum identity_side side_of_sender(struct server *s, const struct passage *p)
{
    if (is_trusted(p->trunk))
        return IDENTITY_TRUSTED;
    return p->of_our_dialog && is_ours(s, &p->request->from.uri) ? IDENTITY_USER : IDENTITY_STRANGER;
}

void identity_open(struct server *s, struct passage *p)
{
    struct buf text = BUF_ON(p->identity_text);

    identity_of(&p->identity, p->request, side_of_sender(s, p), &text);
}

/* What he would be called: each that is one of his names. */
struct wish {
    struct slice sip;    /* the user part of a name, as it is written in a URI, and */
    struct slice domain; /* its domain                                              */
    struct slice number; /* a telephone number                                      */
    char         memory[USER_NUMBER_MAX];
};

static void take_wish(struct server *s, struct wish *w, const struct uri *uri, bool by_number)
{
    struct slice number = by_number ? user_number(uri, w->memory) : SLICE("");

    if (number.len > 0) {
        w->number = number;
    } else if (is_sip(uri)) {
        w->sip    = uri->user;
        w->domain = aor_domain(s, uri);
    }
}

static bool is_his(const struct standing *standing, const struct user_id *id)
{
    return slice_eq(id->name, standing_user(standing)) && slice_eq_nocase(id->domain, standing_domain(standing));
}

static bool is_name(const struct standing *standing, const struct uri *uri)
{
    char       memory[USER_NAME_MAX];
    struct buf name = BUF_ON(memory);

    uri_write_unescaped(&name, uri->user);
    return is_sip(uri) && buf_ok(&name) && slice_eq(buf_slice(&name), standing_user(standing));
}

/* RFC 3325 6: a hint.  One that names somebody else is none. */
static enum user_state look_at_preferred(struct server *s, const struct passage *p, const struct uri *uri,
                                         struct wish *w)
{
    struct user_id  id;
    enum user_state state = who_may_be(s, uri) ? who_is(s, uri, &id) : USER_UNKNOWN;

    if (state == USER_FOUND && is_his(&p->standing, &id))
        take_wish(s, w, uri, !is_name(&p->standing, uri));
    else if (state == USER_FOUND || state == USER_UNKNOWN)
        explain_step(p->explain, "RFC 3325 6", "P-Preferred-Identity %.*s is not of who has proved himself",
                     SLICE_ARG(uri->text));
    return state;
}

static enum user_state look_at_all_preferred(struct server *s, const struct passage *p, struct wish *w)
{
    struct identity_values values;
    enum user_state        state = USER_FOUND;

    if (!identity_read(p->request, HEADER_P_PREFERRED_IDENTITY, &values))
        return USER_FOUND;
    if (values.has_sip)
        state = look_at_preferred(s, p, &values.sip.uri, w);
    if (values.has_tel && state != USER_WAIT)
        state = look_at_preferred(s, p, &values.tel.uri, w);
    return state;
}

/* From is one of his names, or it hides them, or he acts for somebody else. */
static void look_at_from(struct server *s, const struct passage *p, struct wish *w)
{
    const struct uri *from = &p->request->from.uri;

    if (!p->standing.acting && (from->scheme == URI_TEL || is_ours(s, from)))
        take_wish(s, w, from, !is_name(&p->standing, from));
}

static void put_name(struct buf *b, const struct passage *p, const struct wish *w)
{
    buf_put(b, SLICE("sip:"));
    if (w->sip.len > 0)
        buf_put(b, w->sip);
    else
        uri_write_user(b, standing_user(&p->standing));
    buf_put_byte(b, '@');
    buf_put(b, w->sip.len > 0 ? w->domain : standing_domain(&p->standing));
}

static void assert_as(struct passage *p, const struct wish *w)
{
    char       memory[IDENTITY_TEXT];
    struct buf name = BUF_ON(memory), text = BUF_ON(p->identity_text);

    put_name(&name, p, w);
    if (!buf_ok(&name))
        return;
    identity_assert(&p->identity, buf_slice(&name), w->number, &text);
    explain_step(p->explain, "RFC 3325 5", "asserted as %.*s%s%.*s", SLICE_ARG(buf_slice(&name)),
                 w->number.len > 0 ? " and tel:" : "", SLICE_ARG(w->number));
}

static enum user_state assert_user(struct server *s, struct passage *p)
{
    struct wish     w = { .sip = SLICE("") };
    enum user_state state;

    if (p->identity.from == IDENTITY_TRUSTED || !p->standing.authenticated)
        return USER_FOUND;
    p->identity.from = IDENTITY_USER;
    if (!s->config->identity || !identity_may_be_asserted(p->request))
        return USER_FOUND;
    if (message_header(p->request, HEADER_P_PREFERRED_IDENTITY) != NULL) {
        state = look_at_all_preferred(s, p, &w);
        if (state == USER_WAIT)
            return state;
    }
    if (w.sip.len == 0 && w.number.len == 0)
        look_at_from(s, p, &w);
    assert_as(p, &w);
    return USER_FOUND;
}

/* Without memory who is asked later is not told. */
void identity_keep(struct context *c, const struct passage *p)
{
    c->upstream = p->identity.from;
    if (p->identity.from == IDENTITY_USER && p->identity.lines.len > 0)
        c->asserted = strndup(p->identity.lines.ptr, p->identity.lines.len);
}

void identity_keep_on(const struct context *c, struct passage *p)
{
    struct buf text = BUF_ON(p->identity_text);

    identity_of(&p->identity, p->request, c->upstream, &text); /* though its connection may have closed */
    if (c->asserted != NULL)
        p->identity.lines = slice_from(c->asserted);
}

/* ---- may it go on? ---- */

/* RFC 3323 5: unless its own Route leads on to who may provide it. */
static bool is_private_enough(struct server *s, const struct passage *p)
{
    static const struct reason why = { "critical privacy cannot be provided", "RFC 3323 5" };
    char                       memory[64];
    struct buf                 phrase = BUF_ON(memory);
    struct gather              g;

    if (message_header(p->request, HEADER_PRIVACY) == NULL || p->way.first < p->way.last ||
        !privacy_must_fail(privacy_read(p->request), &phrase))
        return true;
    if (!answer_begin(s, p->txn, &g, 500, buf_slice(&phrase)))
        return false;
    answer_log(s, p->request, 500, &why);
    counter_add(&s->world->counters.requests_refused, 1);
    answer_end(s, p->txn, &g, 500);
    return false;
}

bool identity_admits(struct server *s, struct passage *p, bool edge)
{
    if (edge)
        return true;
    if (!is_private_enough(s, p))
        return false;
    if (assert_user(s, p) != USER_WAIT)
        return true;
    user_hold_passage(s, p);
    return false;
}

/* ---- who is told ---- */

/* The URI that a copy is sent by. */
static bool next_hop(const struct passage *p, const struct forward_target *copy, struct uri *uri)
{
    struct scan      path = scan_from(copy->path);
    struct name_addr top;

    if (copy->path.len > 0) {
        if (!name_addr_scan(&path, &top))
            return false;
        *uri = top.uri;
        return true;
    }
    if (p->way.first == p->way.last)
        return uri_parse(copy->uri, uri);
    *uri = p->routes.value[p->way.first].uri;
    return true;
}

static enum identity_side side_of_receiver(struct server *s, const struct passage *p, const struct branch_plan *plan,
                                           const struct forward_target *copy)
{
    const struct policy *policy = &s->snapshot->policy;
    struct uri           uri;

    if (policy->trunk_count > 0 && plan->to.flow == NULL && next_hop(p, copy, &uri) &&
        is_trusted(trunk_of_uri(policy->trunks, policy->trunk_count, &uri)))
        return IDENTITY_TRUSTED;
    if (plan->to.phone || (p->of_our_dialog && is_ours(s, &p->request->to.uri)))
        return IDENTITY_USER;
    return IDENTITY_STRANGER;
}

static void tell_step(const struct passage *p, const struct forward_target *copy, enum identity_side to,
                      const struct identity_change *c)
{
    static const char *const sides[] = { "outside of the trust domain", "a phone of ours", "a trusted neighbour" };
    bool                     tells   = c->lines[0].len > 0 || (p->identity.keep && !c->drop_asserted);

    if (p->identity.keep || p->identity.lines.len > 0)
        explain_step(p->explain, "RFC 3325 5, 7", "%.*s, %s, is %stold who asks", SLICE_ARG(copy->uri), sides[to],
                     tells ? "" : "not ");
}

/* Most requests say nothing of it, and nobody is asserted. */
static bool is_plain(const struct identity *i)
{
    const struct message *m = i->message;

    return i->lines.len == 0 && message_header(m, HEADER_P_ASSERTED_IDENTITY) == NULL &&
           message_header(m, HEADER_P_PREFERRED_IDENTITY) == NULL && message_header(m, HEADER_PROXY_REQUIRE) == NULL;
}

struct identity_change identity_of_copy(struct server *s, const struct passage *p, const struct branch_plan *plan,
                                        const struct forward_target *copy)
{
    struct identity_change c = { .drop_asserted = false };
    enum identity_side     to;

    if (is_plain(&p->identity))
        return c;
    to = side_of_receiver(s, p, plan, copy);
    c  = identity_change(&p->identity, to, s->config->identity_outside, plan->edge);
    tell_step(p, copy, to, &c);
    return c;
}

struct identity_change identity_of_response(struct server *s, enum identity_side upstream,
                                            const struct message *response, struct buf *text)
{
    struct identity i = { .message = response };

    if (is_plain(&i))
        return (struct identity_change){ .drop_asserted = false };
    identity_of(&i, response, is_trusted(trunk_of(s, &response->flow)) ? IDENTITY_TRUSTED : IDENTITY_STRANGER, text);
    return identity_change(&i, upstream, s->config->identity_outside, false);
}

struct identity_change identity_of_answer(const struct context *c, const struct message *response, struct buf *text)
{
    return identity_of_response(c->server, c->upstream, response, text);
}
