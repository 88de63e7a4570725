/* SPDX-License-Identifier: BSD-2-Clause */
#include "load/internal.h"

#include "base/error.h"
#include "base/limits.h"
#include "dialog/request.h"

enum {
    PARTY       = 2 * LOAD_NAME_SIZE + LOAD_HOST_SIZE + 64,
    MARK_INDEX  = 7, /* digits */
    MARK_NUMBER = 9,
};

/* ---- marks: "<run>-<index>-<number>" ---- */

/* With zeros in front. */
static void put_digits(struct buf *b, uint64_t number, unsigned width)
{
    uint64_t least = 1;

    while (--width > 0)
        least *= 10;
    for (; number < least && least > 1; least /= 10)
        buf_put_byte(b, '0');
    buf_put_number(b, number);
}

/* Marks have one length (until there are more), so that the messages of one kind have: they leave as one then
 * (net/udp_group.h), as those of peers do that draw tokens. */
void load_write_mark(const struct load *l, struct buf *b, uint32_t index, uint64_t number)
{
    buf_put(b, (struct slice){ l->run, LOAD_TAG });
    buf_put_byte(b, '-');
    put_digits(b, index, MARK_INDEX);
    buf_put_byte(b, '-');
    put_digits(b, number, MARK_NUMBER);
}

bool load_read_mark(const struct load *l, struct slice text, struct load_mark *mark)
{
    struct scan s = scan_from(text);

    return scan_exact(&s, (struct slice){ l->run, LOAD_TAG }) && scan_byte(&s, '-') &&
           scan_number(&s, UINT32_MAX, &mark->index) && scan_byte(&s, '-') &&
           scan_number64(&s, UINT64_MAX, &mark->number) && scan_at_end(&s);
}

/* ---- parts ---- */

static void put_via(const struct load *l, const struct way *way, struct slice branch, struct buf *out)
{
    buf_put(out, SLICE("Via: SIP/2.0/"));
    buf_put(out, transport_name(l->plan->transport));
    buf_put_byte(out, ' ');
    buf_put(out, slice_from(way->sent_by));
    buf_put(out, SLICE(";branch="));
    buf_put(out, branch);
    buf_put(out, SLICE(";rport\r\n"));
}

/* One that is new. */
static void put_own_via(const struct attempt *a, struct buf *out)
{
    char       memory[64];
    struct buf branch = BUF_ON(memory);

    buf_put(&branch, SLICE(BRANCH_COOKIE));
    load_write_mark(a->load, &branch, a->index, a->branch);
    put_via(a->load, a->way, buf_slice(&branch), out);
}

static void put_user_uri(const struct load_plan *p, uint32_t user, struct buf *out)
{
    buf_put(out, SLICE("sip:"));
    load_plan_user(p, user, out);
    buf_put_byte(out, '@');
    buf_put(out, slice_from(p->domain));
}

/* Where a user of ours is reached, with its parameters: a flow that stays (RFC 5626), where
 * only the connection of the registration leads back. */
static void put_contact(const struct attempt *a, struct gather *g)
{
    const struct load_plan *p      = a->load->plan;
    bool                    is_udp = p->transport == TRANSPORT_UDP;
    size_t                  mark   = gather_mark(g);
    struct buf             *b      = &g->scratch;

    buf_put(b, SLICE("Contact: <sip:"));
    load_plan_user(p, a->from, b);
    buf_put_byte(b, '@');
    buf_put(b, slice_from(a->way->sent_by));
    if (!is_udp) {
        buf_put(b, SLICE(";transport="));
        buf_put(b, transport_param(p->transport));
    }
    buf_put_byte(b, '>');
    if (a->method == METHOD_REGISTER && !is_udp) {
        buf_put(b, SLICE(";+sip.instance=\"<urn:uuid:00000000-0000-4000-8000-"));
        buf_printf(b, "%012x", a->from);
        buf_put(b, SLICE(">\";reg-id=1"));
    }
    if (a->method == METHOD_REGISTER) {
        buf_put(b, SLICE(";expires="));
        buf_put_number(b, a->purpose == FOR_CLEAN ? 0 : p->expires);
    }
    buf_put(b, SLICE("\r\n"));
    gather_written(g, mark);
}

static void put_credentials(struct attempt *a, struct slice uri, struct slice body)
{
    struct load       *l = a->load;
    char               memory[2 * LOAD_NAME_SIZE];
    struct buf         name   = BUF_ON(memory);
    struct auth_secret secret = { .password = l->setup.password };

    if (a->auth == NULL || a->auth->count == 0)
        return;
    load_plan_user(l->plan, a->from, &name);
    secret.user = buf_slice(&name);
    auth_write(a->auth, &secret, l->hasher, &l->world->random, a->method, uri, body, &l->gather);
}

/* What a method brings beside the lines that all have. */
static void put_rest(struct attempt *a, struct slice uri, struct buf *description)
{
    struct load   *l    = a->load;
    struct gather *g    = &l->gather;
    struct slice   body = SLICE(""), type = SLICE("");

    if (a->method == METHOD_INVITE) {
        media_describe(a->way, a->media, description);
        body = buf_slice(description);
        type = SLICE("application/sdp");
        gather_put(g, SLICE("Allow: INVITE, ACK, CANCEL, BYE, OPTIONS, MESSAGE\r\n"));
    } else if (a->method == METHOD_MESSAGE) {
        body = (struct slice){ l->text, l->plan->size };
        type = SLICE("text/plain");
    } else if (a->method == METHOD_OPTIONS) {
        gather_put(g, SLICE("Accept: application/sdp\r\n"));
    } else if (a->method == METHOD_REGISTER && l->plan->transport != TRANSPORT_UDP) {
        gather_put(g, SLICE("Supported: outbound, path\r\n"));
    }
    if (a->method == METHOD_REGISTER || a->method == METHOD_INVITE)
        put_contact(a, g);
    put_credentials(a, uri, body);
    gather_put(g, SLICE("User-Agent: ahoy-load/" AHOY_VERSION "\r\n"));
    gather_body(g, type, body);
}

/* "BYE sip:... SIP/2.0" */
static struct slice uri_of(struct slice start_line)
{
    struct scan  s = scan_from(start_line);
    struct slice method, uri = SLICE("");

    (void)(scan_until(&s, " ", &method) && scan_byte(&s, ' ') && scan_until(&s, " ", &uri));
    return uri;
}

/* Start line, Via, what was gathered and what the method brings. */
static int finish(struct attempt *a, const struct request_start *start)
{
    struct load *l = a->load;
    char         memory[LOAD_REQUEST_ROOM / 2]; /* no longer needed once all is flat */
    struct buf   description = BUF_ON(memory), out = buf_on(a->request, LOAD_REQUEST_ROOM + l->plan->size);

    put_rest(a, uri_of(start->start_line), &description);

    buf_put(&out, start->start_line);
    put_own_via(a, &out);
    gather_flatten(&l->gather, &out);
    a->request_len = out.len;
    return gather_ok(&l->gather) && buf_ok(&description) && buf_ok(&out) ? 0 : -ERR_TOO_LARGE;
}

/* ---- outside of a dialog ---- */

static void write_call_id(const struct attempt *a, struct buf *out)
{
    if (a->method == METHOD_REGISTER) { /* one for all registrations of a user (RFC 3261 10.2) */
        buf_put_byte(out, 'r');
        load_write_mark(a->load, out, a->from, 0);
    } else {
        load_write_mark(a->load, out, a->index, a->call);
    }
    buf_put_byte(out, '@');
    buf_put(out, a->way->host);
}

static int write_initial(struct attempt *a)
{
    struct load         *l = a->load;
    char                 uri_text[PARTY], from_text[PARTY], to_text[PARTY], call_text[160], tag_text[64];
    struct buf           uri = BUF_ON(uri_text), from = BUF_ON(from_text), to = BUF_ON(to_text);
    struct buf           call_id = BUF_ON(call_text), tag = BUF_ON(tag_text);
    struct request_head  head = { .method = a->method, .cseq = a->cseq };
    struct request_start start;
    int                  error;

    if (a->method == METHOD_MESSAGE || a->method == METHOD_INVITE) {
        put_user_uri(l->plan, a->to, &uri);
    } else {
        buf_put(&uri, SLICE("sip:"));
        buf_put(&uri, slice_from(l->plan->domain));
    }
    buf_put_byte(&from, '<');
    put_user_uri(l->plan, a->from, &from);
    buf_put_byte(&from, '>');
    if (a->method == METHOD_REGISTER) {
        to = from;
    } else {
        buf_put_byte(&to, '<');
        buf_put(&to, buf_slice(&uri));
        buf_put_byte(&to, '>');
    }
    write_call_id(a, &call_id);
    load_write_mark(l, &tag, a->index, a->call);
    head.target   = buf_slice(&uri);
    head.from     = buf_slice(&from);
    head.to       = buf_slice(&to);
    head.from_tag = buf_slice(&tag);
    head.call_id  = buf_slice(&call_id);
    error         = request_begin(&l->gather, &head, &start);
    if (error != 0)
        return error;
    return finish(a, &start);
}

/* ---- inside of one ---- */

/* Record-Route of the 2xx, the last first (RFC 3261 12.1.2). */
static unsigned read_routes(const struct message *m, struct slice routes[LIMIT_ROUTE_SET])
{
    struct header_values v = message_values(m, HEADER_RECORD_ROUTE);
    struct name_addr     route;
    unsigned             count = 0;

    while (count < LIMIT_ROUTE_SET && values_next_name_addr(&v, &route))
        routes[count++] = route.text;
    for (unsigned i = 0; i < count / 2; i++) {
        struct slice other    = routes[i];
        routes[i]             = routes[count - 1 - i];
        routes[count - 1 - i] = other;
    }
    return count;
}

/* A request of the dialog that `m`, a 2xx to our INVITE, has made. */
static int begin_inside(struct load *l, const struct message *m, enum method method, uint32_t cseq,
                        struct request_start *start)
{
    struct header_values v = message_values(m, HEADER_CONTACT);
    struct slice         routes[LIMIT_ROUTE_SET];
    struct name_addr     contact;
    struct request_head  head = { .method      = method,
                                  .from        = m->from.text,
                                  .to          = m->to.text,
                                  .call_id     = m->call_id,
                                  .cseq        = cseq,
                                  .routes      = routes,
                                  .route_count = read_routes(m, routes) };

    if (!values_next_name_addr(&v, &contact))
        return -ERR_SYNTAX;
    head.target = contact.uri.text;
    return request_begin(&l->gather, &head, start);
}

/* Of a destination that is an address; a name is the server's. */
static struct address address_of(const struct load *l, const struct uri *uri)
{
    struct address address;

    if (uri == NULL || !address_parse_ip(uri->host, &address))
        return l->setup.server;
    address.port = uri->port != 0 ? uri->port : transport_default_port(l->plan->transport);
    return address;
}

static int write_bye(struct attempt *a)
{
    struct request_start start;
    int                  error = begin_inside(a->load, a->answer, METHOD_BYE, a->cseq, &start);

    if (error != 0)
        return error;
    a->remote = address_of(a->load, &start.destination);
    return finish(a, &start);
}

int request_write(struct attempt *a)
{
    if (a->method == METHOD_BYE)
        return write_bye(a);
    a->remote = a->load->setup.server;
    return write_initial(a);
}

/* The value of the first line with this name in what we have written ourselves. */
static struct slice own_line(struct slice text, struct slice name)
{
    const char *at = memmem(text.ptr, text.len, name.ptr, name.len);
    const char *end;

    if (at == NULL)
        return SLICE("");
    end = memmem(at + 2, (size_t)(text.ptr + text.len - at - 2), "\r\n", 2);
    return end == NULL ? SLICE("") : slice_between(at + 2, end + 2);
}

/* RFC 3261 9.1: the same Request-URI, Via, From, To, Call-ID and number. */
int request_write_cancel(struct attempt *a)
{
    struct slice was = { a->request, a->request_len };
    const char  *uri = memchr(was.ptr, ' ', was.len), *end = memmem(was.ptr, was.len, "\r\n", 2);
    char         text[LOAD_REQUEST_ROOM];
    struct buf   out = BUF_ON(text);

    if (uri == NULL || end == NULL)
        return -ERR_SYNTAX;
    buf_put(&out, SLICE("CANCEL"));
    buf_put(&out, slice_between(uri, end + 2));
    buf_put(&out, own_line(was, SLICE("\r\nVia:")));
    buf_put(&out, SLICE("Max-Forwards: 70\r\n"));
    buf_put(&out, own_line(was, SLICE("\r\nFrom:")));
    buf_put(&out, own_line(was, SLICE("\r\nTo:")));
    buf_put(&out, own_line(was, SLICE("\r\nCall-ID:")));
    buf_put(&out, SLICE("CSeq: "));
    buf_put_number(&out, a->cseq);
    buf_put(&out, SLICE(" CANCEL\r\nContent-Length: 0\r\n\r\n"));
    if (!buf_ok(&out))
        return -ERR_TOO_LARGE;
    memcpy(a->request, text, out.len);
    a->request_len = out.len;
    return 0;
}

/* ---- ACK ---- */

/* RFC 3261 13.2.2.4: a request of its own, with a branch of its own. */
static int write_ack_2xx(struct load *l, const struct way *way, const struct message *m, struct buf *out,
                         struct address *to)
{
    char                 memory[64];
    struct buf           branch = BUF_ON(memory);
    struct request_start start;
    int                  error = begin_inside(l, m, METHOD_ACK, m->cseq.number, &start);

    if (error != 0)
        return error;
    *to = address_of(l, &start.destination);
    gather_put(&l->gather, SLICE("User-Agent: ahoy-load/" AHOY_VERSION "\r\n"));
    gather_body(&l->gather, SLICE(""), SLICE(""));
    buf_put(&branch, SLICE(BRANCH_COOKIE));
    load_write_mark(l, &branch, UINT32_MAX, l->next_branch++);
    buf_put(out, start.start_line);
    put_via(l, way, buf_slice(&branch), out);
    gather_flatten(&l->gather, out);
    return gather_ok(&l->gather) ? 0 : -ERR_TOO_LARGE;
}

/* RFC 3261 17.1.1.3: the INVITE's Request-URI, which for us is what To names; its Via. */
static void write_ack_refusal(struct load *l, const struct way *way, const struct message *m, struct buf *out)
{
    buf_put(out, SLICE("ACK "));
    buf_put(out, m->to.uri.text);
    buf_put(out, SLICE(" SIP/2.0\r\n"));
    put_via(l, way, m->via.branch, out);
    buf_put(out, SLICE("Max-Forwards: 70\r\nFrom: "));
    buf_put(out, m->from.text);
    buf_put(out, SLICE("\r\nTo: "));
    buf_put(out, m->to.text);
    buf_put(out, SLICE("\r\nCall-ID: "));
    buf_put(out, m->call_id);
    buf_put(out, SLICE("\r\nCSeq: "));
    buf_put_number(out, m->cseq.number);
    buf_put(out, SLICE(" ACK\r\nContent-Length: 0\r\n\r\n"));
}

int request_write_ack(struct load *l, const struct way *way, const struct message *response, struct buf *out,
                      struct address *to)
{
    int error = 0;

    *to = l->setup.server;
    if (response->status < 300)
        error = write_ack_2xx(l, way, response, out, to);
    else
        write_ack_refusal(l, way, response, out);
    return error != 0 || buf_ok(out) ? error : -ERR_TOO_LARGE;
}
