/* SPDX-License-Identifier: BSD-2-Clause */
#include "scenario/peer.h"

#include <stdarg.h>
#include <stdlib.h>

enum { HEADERS = 48, HEADER_TEXT = 512 };

/* A message under construction: header lines by name, in order. */
struct draft {
    struct peer *peer;
    char         start[HEADER_TEXT];
    char         name[HEADERS][40];
    char         value[HEADERS][HEADER_TEXT];
    unsigned     count;
    bool         overflow;
};

static void draft_add(struct draft *d, const char *name, struct slice value)
{
    if (d->count == HEADERS || value.len >= HEADER_TEXT) {
        d->overflow = true;
        return;
    }
    snprintf(d->name[d->count], sizeof d->name[0], "%s", name);
    snprintf(d->value[d->count++], HEADER_TEXT, "%.*s", SLICE_ARG(value));
}

static void draft_printf(struct draft *d, const char *name, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static void draft_printf(struct draft *d, const char *name, const char *format, ...)
{
    char    text[HEADER_TEXT];
    va_list args;

    va_start(args, format);
    d->overflow = vsnprintf(text, sizeof text, format, args) >= (int)sizeof text || d->overflow;
    va_end(args);
    draft_add(d, name, slice_from(text));
}

static void draft_remove(struct draft *d, const char *name)
{
    unsigned kept = 0;

    for (unsigned i = 0; i < d->count; i++) {
        if (strcasecmp(d->name[i], name) == 0)
            continue;
        if (kept != i) {
            memcpy(d->name[kept], d->name[i], sizeof d->name[0]);
            memcpy(d->value[kept], d->value[i], sizeof d->value[0]);
        }
        kept++;
    }
    d->count = kept;
}

static void draft_copy(struct draft *d, struct slice message, const char *name)
{
    struct slice value;

    for (unsigned n = 0; wire_header(message, name, n, &value); n++)
        draft_add(d, name, value);
}

/* ---- the block ---- */

/* "Name: value" replaces; "Name:" alone removes. */
static void draft_override(struct draft *d, struct slice line, struct slice *seen, unsigned *seen_count)
{
    const char  *colon = memchr(line.ptr, ':', line.len);
    struct slice name, value;
    char         text[40];

    if (colon == NULL) {
        d->overflow = true;
        return;
    }
    name  = slice_trim(slice_between(line.ptr, colon));
    value = slice_trim(slice_between(colon + 1, line.ptr + line.len));
    snprintf(text, sizeof text, "%.*s", SLICE_ARG(name));
    for (unsigned i = 0; i < *seen_count; i++)
        if (slice_eq_nocase(seen[i], name)) {
            draft_add(d, text, value);
            return;
        }
    draft_remove(d, text);
    if (*seen_count < HEADERS)
        seen[(*seen_count)++] = name;
    if (value.len > 0)
        draft_add(d, text, value);
}

static size_t apply_block(struct draft *d, const struct statement *st)
{
    struct slice seen[HEADERS];
    unsigned     seen_count = 0;
    size_t       i;

    for (i = 0; i < st->block_count && st->block[i].len > 0; i++)
        draft_override(d, st->block[i], seen, &seen_count);
    return i + 1;
}

static void put_body(struct buf *b, const struct statement *st, size_t from)
{
    for (size_t i = from; i < st->block_count; i++) {
        buf_put(b, st->block[i]);
        buf_put(b, SLICE("\r\n"));
    }
}

static bool draft_finish(struct draft *d, const struct statement *st, struct slice *out)
{
    struct peer *p     = d->peer;
    size_t       start = apply_block(d, st), length = 0;
    struct buf   b = BUF_ON(p->memory);

    for (size_t i = start; i < st->block_count; i++)
        length += st->block[i].len + 2;
    buf_printf(&b, "%s\r\n", d->start);
    for (unsigned i = 0; i < d->count; i++)
        buf_printf(&b, "%s: %s\r\n", d->name[i], d->value[i]);
    buf_printf(&b, "Content-Length: %zu\r\n\r\n", length);
    put_body(&b, st, start);
    *out = buf_slice(&b);
    return (buf_ok(&b) && !d->overflow) || scenario_fail(p->actor.scenario, "a line is not Name: value, or too long");
}

/* ---- what has been heard ---- */

static const struct entry *heard(const struct peer *p, const char *method, unsigned least, unsigned most)
{
    const struct journal *j = &p->actor.scenario->journal;

    for (size_t n = j->count; n > 0; n--) {
        const struct entry *e = &j->entries[n - 1];
        unsigned            status;

        if (e->kind != ENTRY_HEARD || e->to != p->actor.host)
            continue;
        status = wire_status(e->text);
        if (status >= least && status <= most && slice_eq(wire_method(e->text), slice_from(method)))
            return e;
    }
    return NULL;
}

const struct entry *peer_heard_request(const struct peer *p, const char *method)
{
    return heard(p, method, 0, 0);
}

const struct entry *peer_heard_response(const struct peer *p, const char *method, unsigned status)
{
    return heard(p, method, status, 699);
}

const struct entry *peer_overheard(const struct peer *p, const struct host *from, const char *method)
{
    const struct journal *j = &p->actor.scenario->journal;

    for (size_t n = j->count; n > 0; n--) {
        const struct entry *e = &j->entries[n - 1];

        if (entry_is_message(e) && e->from == from && wire_status(e->text) == 0 &&
            slice_eq(wire_method(e->text), slice_from(method)))
            return e;
    }
    return NULL;
}

/* ---- requests ---- */

static void add_via(struct draft *d)
{
    struct peer *p = d->peer;
    char         text[ADDRESS_TEXT];
    struct buf   b = BUF_ON(text);

    address_write(&b, &p->address);
    draft_printf(d, "Via", "SIP/2.0/%s %s;rport;branch=z9hG4bK-%s-%u", p->use_stream ? "TCP" : "UDP", buf_cstr(&b),
                 host_name(p->actor.host), ++p->serial);
}

static void add_contact(struct draft *d)
{
    struct peer *p = d->peer;
    char         text[ADDRESS_TEXT];
    struct buf   b = BUF_ON(text);

    address_write(&b, &p->address);
    draft_printf(d, "Contact", "<sip:%s@%s%s>", host_name(p->actor.host), buf_cstr(&b),
                 p->use_stream ? ";transport=tcp" : "");
}

bool peer_build_request(struct peer *p, const struct statement *st, const char *method, const char *uri,
                        struct slice *out)
{
    struct draft d    = { .peer = p };
    const char  *name = host_name(p->actor.host);

    snprintf(d.start, sizeof d.start, "%s %s SIP/2.0", method, uri);
    add_via(&d);
    draft_printf(&d, "From", "<sip:%s@%s.invalid>;tag=%s-%u", name, name, name, p->serial);
    draft_printf(&d, "To", "<%s>", uri);
    draft_printf(&d, "Call-ID", "%s-%u", name, p->serial);
    draft_printf(&d, "CSeq", "%u %s", p->serial, method);
    draft_printf(&d, "Max-Forwards", "70");
    add_contact(&d);
    return draft_finish(&d, st, out);
}

/* As its own: all but the Via, so that the answers come here, and the body. */
bool peer_build_replay(struct peer *p, const struct statement *st, const struct entry *e, const char *uri,
                       struct slice *out)
{
    static const char *const names[] = { "From",    "To",      "Call-ID",   "CSeq",          "Max-Forwards",
                                         "Contact", "Expires", "Supported", "Authorization", "Proxy-Authorization",
                                         "Route" };
    struct draft             d       = { .peer = p };
    struct slice             method = wire_method(e->text), to = uri != NULL ? slice_from(uri) : wire_uri(e->text);

    snprintf(d.start, sizeof d.start, "%.*s %.*s SIP/2.0", SLICE_ARG(method), SLICE_ARG(to));
    add_via(&d);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        draft_copy(&d, e->text, names[i]);
    return draft_finish(&d, st, out);
}

bool peer_build_like_invite(struct peer *p, const struct statement *st, const char *method, struct slice *out)
{
    const struct entry *final = peer_heard_response(p, "INVITE", 200);
    struct draft        d     = { .peer = p };
    struct slice        cseq;

    if (p->invite.len == 0 || (strcmp(method, "ACK") == 0 && final == NULL))
        return scenario_fail(p->actor.scenario, "it has sent no INVITE, or heard no answer");
    snprintf(d.start, sizeof d.start, "%s %.*s SIP/2.0", method, SLICE_ARG(wire_uri(p->invite)));
    draft_copy(&d, p->invite, "Via");
    draft_copy(&d, p->invite, "Route");
    draft_copy(&d, p->invite, "From");
    draft_copy(&d, strcmp(method, "ACK") == 0 ? final->text : p->invite, "To");
    draft_copy(&d, p->invite, "Call-ID");
    if (wire_header(p->invite, "CSeq", 0, &cseq))
        draft_printf(&d, "CSeq", "%lu %s", strtoul(cseq.ptr, NULL, 10), method);
    draft_printf(&d, "Max-Forwards", "70");
    return draft_finish(&d, st, out);
}

/* <sip:x> out of a Contact or Record-Route value. */
static struct slice uri_in(struct slice value)
{
    const char *open  = memchr(value.ptr, '<', value.len);
    const char *close = memchr(value.ptr, '>', value.len);

    return open != NULL && close > open ? slice_between(open + 1, close) : value;
}

static void add_routes(struct draft *d, struct slice made_by, bool reversed)
{
    struct slice route;
    unsigned     count = 0;

    while (wire_header(made_by, "Record-Route", count, &route))
        count++;
    for (unsigned n = 0; n < count; n++)
        if (wire_header(made_by, "Record-Route", reversed ? count - 1 - n : n, &route))
            draft_add(d, "Route", route);
}

/* Of what is no INVITE only what was accepted, and says where it is, makes a dialog. */
static bool is_maker(const struct entry *e, const char *method)
{
    struct slice contact;

    return e != NULL && (strcmp(method, "INVITE") == 0 ||
                         (wire_header(e->text, "Contact", 0, &contact) && wire_status(e->text) < 300));
}

const struct entry *peer_dialog_maker(const struct peer *p, bool *caller)
{
    static const char *const methods[] = { "INVITE", "SUBSCRIBE", "REFER" };
    const struct entry      *last      = NULL;

    *caller = false;
    for (size_t i = 0; i < sizeof methods / sizeof *methods; i++) {
        const struct entry *response = peer_heard_response(p, methods[i], 101);
        const struct entry *request  = peer_heard_request(p, methods[i]);

        if (is_maker(response, methods[i]) && (last == NULL || response > last)) {
            last    = response;
            *caller = true;
        }
        if (is_maker(request, methods[i]) && (last == NULL || request > last)) {
            last    = request;
            *caller = false;
        }
    }
    return last;
}

/* The dialog as the two messages that made it show it, from the caller's side
 * (`response` was heard) or from the callee's (`request` was). */
bool peer_build_in_dialog(struct peer *p, const struct statement *st, const char *method, struct slice *out)
{
    bool                caller;
    const struct entry *made_by = peer_dialog_maker(p, &caller);
    struct draft        d       = { .peer = p };
    struct slice        contact = SLICE(""), cseq = SLICE("0"), to;

    if (made_by == NULL)
        return scenario_fail(p->actor.scenario, "it is in no dialog");
    wire_header(made_by->text, "Contact", 0, &contact);
    wire_header(made_by->text, "CSeq", 0, &cseq);
    snprintf(d.start, sizeof d.start, "%s %.*s SIP/2.0", method, SLICE_ARG(uri_in(contact)));
    add_via(&d);
    add_routes(&d, made_by->text, caller);
    draft_copy(&d, made_by->text, caller ? "From" : "To");
    if (!caller && wire_header(made_by->text, "To", 0, &to)) {
        bool in_dialog = memmem(to.ptr, to.len, ";tag=", 5) != NULL;

        draft_remove(&d, "To");
        draft_printf(&d, "From", "%.*s%s%s", SLICE_ARG(to),
                     in_dialog ? "" : ";tag=", in_dialog ? "" : host_name(p->actor.host));
        wire_header(made_by->text, "From", 0, &to);
        draft_add(&d, "To", to);
    } else {
        draft_copy(&d, made_by->text, "To");
    }
    draft_copy(&d, made_by->text, "Call-ID");
    draft_printf(&d, "CSeq", "%lu %s", strtoul(cseq.ptr, NULL, 10) + (strcmp(method, "ACK") == 0 ? 0 : p->serial + 1),
                 method);
    draft_printf(&d, "Max-Forwards", "70");
    if (strcmp(method, "NOTIFY") == 0 || strcmp(method, "SUBSCRIBE") == 0)
        add_contact(&d);
    return draft_finish(&d, st, out);
}

/* ---- responses ---- */

bool peer_build_response(struct peer *p, const struct statement *st, const struct entry *request, const char *status,
                         const char *reason, struct slice *out)
{
    bool         provisional = strcmp(status, "100") == 0;
    struct draft d           = { .peer = p };
    struct slice to, tag;

    snprintf(d.start, sizeof d.start, "SIP/2.0 %s %s", status, reason);
    draft_copy(&d, request->text, "Via");
    draft_copy(&d, request->text, "Record-Route");
    draft_copy(&d, request->text, "From");
    if (wire_header(request->text, "To", 0, &to)) {
        if (provisional || wire_param(to, "tag", &tag))
            draft_add(&d, "To", to);
        else
            draft_printf(&d, "To", "%.*s;tag=%s", SLICE_ARG(to), host_name(p->actor.host));
    }
    draft_copy(&d, request->text, "Call-ID");
    draft_copy(&d, request->text, "CSeq");
    if (status[0] <= '2' && !provisional)
        add_contact(&d);
    return draft_finish(&d, st, out);
}

/* ---- as it comes ---- */

bool peer_build_raw(struct peer *p, const struct statement *st, struct slice *out)
{
    struct buf b     = BUF_ON(p->memory);
    bool       empty = false;

    for (size_t i = 0; i < st->block_count; i++) {
        buf_put(&b, st->block[i]);
        buf_put(&b, SLICE("\r\n"));
        empty = empty || st->block[i].len == 0;
    }
    if (!empty)
        buf_put(&b, SLICE("\r\n"));
    *out = buf_slice(&b);
    return buf_ok(&b) || scenario_fail(p->actor.scenario, "too long");
}

static struct slice some_message(const struct peer *p, const struct random *random)
{
    const struct journal *j = &p->actor.scenario->journal;

    for (unsigned tries = 0; tries < 20 && j->count > 0; tries++) {
        const struct entry *e = &j->entries[random_below(random, (uint32_t)j->count)];

        if (entry_is_message(e))
            return e->text;
    }
    return SLICE("OPTIONS sip:a@b SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1\r\nFrom: <sip:a@b>;tag=1\r\n"
                 "To: <sip:a@b>\r\nCall-ID: 1\r\nCSeq: 1 OPTIONS\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n");
}

/* One damage: a byte changed, a run taken out, or a run written twice. */
static size_t damage(const struct random *random, char *text, size_t len, size_t room)
{
    size_t at  = random_below(random, (uint32_t)len);
    size_t run = 1 + random_below(random, 32);

    run = run > len - at ? len - at : run;
    switch (random_below(random, 3)) {
    case 0:
        random_fill(random, text + at, 1);
        return len;
    case 1:
        memmove(text + at, text + at + run, len - at - run);
        return len - run > 0 ? len - run : 1;
    }
    if (len + run > room)
        return len;
    memmove(text + at + run, text + at, len - at);
    return len + run;
}

struct slice peer_build_garbage(struct peer *p)
{
    const struct random *random  = &p->actor.world->random;
    struct slice         message = some_message(p, random);
    size_t               len     = message.len;

    if (random_below(random, 8) == 0 || len > sizeof p->memory) {
        len = 1 + random_below(random, 600);
        random_fill(random, p->memory, len);
        return (struct slice){ p->memory, len };
    }
    memcpy(p->memory, message.ptr, len);
    for (unsigned n = 1 + random_below(random, 6); n > 0; n--)
        len = damage(random, p->memory, len, sizeof p->memory);
    return (struct slice){ p->memory, len };
}
