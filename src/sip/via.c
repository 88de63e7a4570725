/* SPDX-License-Identifier: BSD-2-Clause */
#include "sip/via.h"

#include "base/run.h"
#include "sip/params.h"

/* SLASH = LWS "/" LWS */
static bool scan_slash(struct scan *s)
{
    return scan_lws(s) && scan_byte(s, '/') && scan_lws(s);
}

/* sent-by = host [ COLON port ]; SP behind it is not part of it. */
static bool scan_sent_by(struct scan *s, struct via *via)
{
    struct scan after;
    uint32_t    port = 0;

    if (!scan_host(s, &via->host))
        return false;
    after = *s;
    if (!(scan_lws(&after) && scan_byte(&after, ':')))
        return true;
    *s = after;
    if (!(scan_lws(s) && scan_number(s, UINT16_MAX, &port))) {
        via->host = SLICE("");
        return false;
    }
    via->port = (uint16_t)port;
    return true;
}

static bool parse_number(struct slice text, uint32_t max, uint32_t *value)
{
    struct scan s = scan_from(text);

    return scan_number(&s, max, value) && scan_at_end(&s);
}

static bool take_rport(struct via *via, struct slice value)
{
    uint32_t port = 0;

    via->rport = true;
    if (value.len > 0 && !parse_number(value, UINT16_MAX, &port))
        return false;
    if (value.len > 0)
        via->rport_value = (uint16_t)port;
    return true;
}

/* Keep those we act on, step over the rest; a value that does not fit its name
 * makes the whole Via malformed. */
static bool take_param(struct via *via, struct slice name, struct slice value)
{
    if (param_is(name, "branch")) {
        if (via->branch.ptr != NULL) /* which of them another reader takes, nobody knows (RFC 3261 7.3.1) */
            return false;
        via->branch = value;
    } else if (param_is(name, "rport")) {
        return take_rport(via, value);
    } else if (param_is(name, "received")) {
        via->received = value;
    } else if (param_is(name, "alias")) {
        via->alias = true;
    } else if (param_is(name, "maddr")) {
        via->maddr = value;
    } else if (param_is(name, "ttl")) {
        return parse_number(value, UINT8_MAX, &via->ttl);
    }
    return true;
}

static bool scan_params(struct scan *s, struct via *via)
{
    struct slice name, value;

    for (;;) {
        struct scan after;

        via->text.len = (size_t)(s->at - via->text.ptr);
        if (scan_at_end(s))
            return true;
        after = *s;
        if (!(scan_lws(&after) && scan_byte(&after, ';')))
            return true;
        *s = after;
        if (!param_scan(s, &name, &value))
            return false;
        if (!take_param(via, name, value)) {
            s->at = value.len > 0 ? value.ptr : name.ptr; /* an absent value has no place */
            return false;
        }
    }
}

/* "SIP/2.0/" as nearly everyone writes it, or with blanks.  The version is any token, as in
 * the grammar: a request in another version is to be answered with 505, along its Via. */
static bool scan_protocol(struct scan *s)
{
    struct slice version;

    if (s->end - s->at >= 8 && word_load(s->at) == WORD("SIP/2.0/")) {
        s->at += 8;
        return scan_lws(s);
    }
    return scan_word(s, SLICE("SIP")) && scan_slash(s) && scan_token(s, &version) && scan_slash(s);
}

/* All behind the host, see uri_clear. */
static inline void clear_rest(struct via *via)
{
    memset(&via->branch, 0, sizeof *via - offsetof(struct via, branch));
}

/* ";branch=...", ";rport", ";rport=..." or ";received=..." at the ';'; where it ends, or NULL for anything else. */
RUN_INLINE const char *usual_param(const char *at, const char *end, struct via *via)
{
    uint64_t      word = word_lower(word_load(at + 1));
    struct slice *into;

    if (word_first(word, 7) == WORD("branch=")) {
        if (via->branch.ptr != NULL)
            return NULL;
        into = &via->branch;
        at += 8;
    } else if (word == WORD("received") && at[9] == '=') {
        into = &via->received;
        at += 10;
    } else if (word_first(word, 5) == WORD("rport")) {
        via->rport = true;
        at += 6;
        if (*at != '=' || at >= end)
            return at;
        return scan_port_padded(at + 1, end, &via->rport_value);
    } else {
        return NULL;
    }
    if (at >= end)
        return NULL;
    into->ptr = at;
    at        = run_value_padded(at, end);
    into->len = (size_t)(at - into->ptr);
    return at > into->ptr ? at : NULL;
}

/* "SIP/2.0/UDP host:port" and parameters as nearly everyone writes them; behind them, or NULL for anything else. */
static const char *usual_via(const char *at, const char *end, struct via *via)
{
    const char *start = at, *host = at + 12;
    uint64_t    transport;

    if (end - at < 16 || word_load(at) != WORD("SIP/2.0/"))
        return NULL;
    transport = word_first(word_load(at + 8), 4);
    if (transport != WORD("UDP ") && transport != WORD("TCP ") && transport != WORD("TLS "))
        return NULL;
    clear_rest(via);
    via->transport = (struct slice){ at + 8, 3 };
    at             = run_end_padded(host, end, RUN_HOST);
    via->host      = slice_between(host, at);
    if (at == host)
        return NULL;
    if (*at == ':' && at < end && (at = scan_port_padded(at + 1, end, &via->port)) == NULL)
        return NULL;
    while (at < end && *at == ';') {
        at = usual_param(at, end, via);
        if (at == NULL)
            return NULL;
    }
    via->text = slice_between(start, at);
    return at == end || (at < end && *at == ',') ? at : NULL;
}

bool via_usual(struct slice value, struct via *via)
{
    const char *end = value.ptr + value.len;

    return usual_via(value.ptr, end, via) == end;
}

static __attribute__((noinline)) bool scan_any(struct scan *s, struct via *via)
{
    *via      = (struct via){ 0 };
    via->text = (struct slice){ s->at, 0 };
    return scan_protocol(s) && scan_token(s, &via->transport) && scan_lws(s) && scan_sent_by(s, via) &&
           scan_params(s, via);
}

bool via_scan(struct scan *s, struct via *via)
{
    const char *at;

    scan_lws(s);
    at = scan_is_padded(s) ? usual_via(s->at, s->end, via) : NULL;
    if (at == NULL)
        return scan_any(s, via);
    s->at = at;
    return true;
}

static bool is_source(const struct via *via, const struct address *remote)
{
    struct address sent_by;

    return address_parse_ip(via->host, &sent_by) && address_eq_ip(&sent_by, remote);
}

/* received has no brackets (RFC 3261 25.1, RFC 5118 4.5). */
static __attribute__((noinline)) void put_without_brackets(struct buf *b, const struct address *remote)
{
    char         memory[ADDRESS_TEXT];
    struct buf   text = BUF_ON(memory);
    struct slice ip;

    address_write_ip(&text, remote);
    ip = buf_slice(&text);
    buf_put(b, *ip.ptr == '[' ? slice_between(ip.ptr + 1, ip.ptr + ip.len - 1) : ip);
}

static void put_received(struct buf *b, const struct address *remote)
{
    buf_put(b, SLICE(";received="));
    if (remote->family == FAMILY_4)
        address_write_ip(b, remote);
    else
        put_without_brackets(b, remote);
}

/* The value up to its first parameter. */
static struct slice sent_part(const struct via *via)
{
    struct scan s = scan_from(via->text);

    s.at = via->host.ptr + via->host.len;
    if (via->port != 0) {
        uint32_t port;

        scan_lws(&s);
        scan_byte(&s, ':');
        scan_lws(&s);
        scan_number(&s, UINT16_MAX, &port);
    }
    return slice_between(via->text.ptr, s.at);
}

static bool is_rewritten(struct slice name)
{
    return (name.len == 5 && slice_eq_nocase(name, SLICE("rport"))) ||
           (name.len == 8 && slice_eq_nocase(name, SLICE("received")));
}

static void put_rest(struct buf *b, const struct via *via)
{
    struct slice head = sent_part(via), name, value;
    struct scan  s    = scan_from(slice_between(head.ptr + head.len, via->text.ptr + via->text.len));

    buf_put(b, head);
    for (const char *from = s.at; params_next(&s, &name, &value); from = s.at)
        if (!is_rewritten(name))
            buf_put(b, slice_between(from, s.at));
}

static bool has_byte(const char *at, const char *end, char byte)
{
    return memchr(at, byte, (size_t)(end - at)) != NULL;
}

/* The same for nearly all: no blanks (CR is one, in what is to be answered 400), no quotes, so that a parameter
 * ends where the next one begins.  False: it is not so.  The Vias of a request cost about 1,100 instructions instead
 * of 1,480. */
static bool put_plain_rest(struct buf *b, const struct via *via)
{
    const char *run = via->text.ptr, *end = run + via->text.len, *at = via->host.ptr + via->host.len, *next;

    if (has_byte(at, end, ' ') || has_byte(at, end, '\t') || has_byte(at, end, '\r') || has_byte(at, end, '"'))
        return false;
    for (at = memchr(at, ';', (size_t)(end - at)); at != NULL; at = next) {
        next = memchr(at + 1, ';', (size_t)(end - at - 1));
        if (at + 1 < end && (at[1] | 0x20) == 'r') {
            struct slice param = slice_between(at + 1, next != NULL ? next : end);
            const char  *value = memchr(param.ptr, '=', param.len);

            if (!is_rewritten(value != NULL ? slice_between(param.ptr, value) : param))
                continue;
            buf_put(b, slice_between(run, at));
            run = next != NULL ? next : end;
        }
    }
    buf_put(b, slice_between(run, end));
    return true;
}

/* Are these but a port and the name of the parameter that is the branch? */
static bool is_usual_middle(const char *at, const char *branch)
{
    const size_t name = sizeof ";branch=" - 1;

    if (branch - at < (ptrdiff_t)name || memcmp(branch - name, ";branch=", name) != 0)
        return false;
    while (at < branch - name && (*at == ':' || (*at >= '0' && *at <= '9')))
        at++;
    return at == branch - name;
}

/* The same for what phones and proxies write: "...;branch=X", perhaps with ";rport" behind it.  1,000 of a call's
 * instructions less. */
static bool put_usual_rest(struct buf *b, const struct via *via)
{
    const char *end = via->text.ptr + via->text.len, *after;

    if (via->branch.len == 0 || !is_usual_middle(via->host.ptr + via->host.len, via->branch.ptr))
        return false;
    after = via->branch.ptr + via->branch.len;
    if (after != end && !(end - after == 6 && memcmp(after, ";rport", 6) == 0))
        return false;
    buf_put(b, slice_between(via->text.ptr, after));
    return true;
}

void via_write_received(struct buf *b, const struct via *via, const struct address *remote)
{
    if (!put_usual_rest(b, via) && !put_plain_rest(b, via))
        put_rest(b, via);
    if (via->rport) {
        buf_put(b, SLICE(";rport="));
        buf_put_number(b, remote->port);
    }
    if (via->rport || !is_source(via, remote))
        put_received(b, remote);
}

bool via_response_address(const struct via *via, struct address *out, struct slice *host, uint16_t *port)
{
    uint16_t otherwise = transport_default_port(transport_parse(via->transport));
    uint16_t sent      = via->port != 0 ? via->port : otherwise;

    *host = via->host;
    *port = via->port;
    if (via->maddr.len > 0) {
        *host = via->maddr;
    } else if (via->received.len > 0 && address_parse_ip(via->received, out)) {
        out->port = via->rport_value != 0 ? via->rport_value : sent;
        return true;
    }
    if (!address_parse_ip(*host, out))
        return false;
    out->port = sent;
    return true;
}
