/* SPDX-License-Identifier: BSD-2-Clause */
#include "sip/uri.h"

#include "base/run.h"
#include "sip/params.h"
#include "sip/uri_usual.h"

enum { IN_SCHEME = 1, IN_TEL = 2 };
enum { PARAMS_MAX = 32 };

static const unsigned char classes[256] = {
    ['(' ... '*'] = IN_TEL,
    ['+']         = IN_SCHEME | IN_TEL,
    ['-' ... '.'] = IN_SCHEME | IN_TEL,
    ['0' ... '9'] = IN_SCHEME | IN_TEL,
    ['A' ... 'F'] = IN_SCHEME | IN_TEL,
    ['G' ... 'Z'] = IN_SCHEME,
    ['a' ... 'f'] = IN_SCHEME | IN_TEL,
    ['g' ... 'z'] = IN_SCHEME,
};

static bool is_escape(const char *at, const char *end)
{
    return end - at >= 3 && hex_value(at[1]) >= 0 && hex_value(at[2]) >= 0;
}

/* Every '%' must begin an escape: "%zz" means different things to different peers.  `at` is
 * the first. */
static bool escapes_are_whole(struct scan *s, const char *at)
{
    while ((at = memchr(at, '%', (size_t)(s->end - at))) != NULL) {
        if (!is_escape(at, s->end)) {
            s->at = at;
            return false;
        }
        at += 3;
    }
    return true;
}

/* scheme ":" */
static bool scan_scheme(struct scan *s, struct uri *uri)
{
    const char *start = s->at, *at = start;

    if (s->end - at >= 4 && word_lower(word_short(at, 4)) == WORD("sip:")) {
        uri->scheme      = URI_SIP;
        uri->scheme_text = slice_between(at, at + 3);
        s->at            = at + 4;
        return true;
    }
    while (at < s->end && (classes[(unsigned char)*at] & IN_SCHEME) != 0)
        at++;
    if (at == start || at == s->end || *at != ':' || ascii_lower(*start) < 'a' || ascii_lower(*start) > 'z') {
        s->at = at;
        return false;
    }
    uri->scheme_text = slice_between(start, at);
    if (slice_eq_nocase(uri->scheme_text, SLICE("sip")))
        uri->scheme = URI_SIP;
    else if (slice_eq_nocase(uri->scheme_text, SLICE("sips")))
        uri->scheme = URI_SIPS;
    else if (slice_eq_nocase(uri->scheme_text, SLICE("tel")))
        uri->scheme = URI_TEL;
    else
        uri->scheme = URI_OTHER;
    s->at = at + 1;
    return true;
}

/* userinfo "@": no '@' may stand anywhere else, so the first is the one.  Behind nothing
 * it may not stand either (RFC 3261 19.1.1). */
static bool take_userinfo(struct scan *s, const char *at_sign, struct uri *uri)
{
    const char *colon = run_find(s->at, at_sign, ':');

    uri->has_user = true;
    uri->user     = slice_between(s->at, colon == NULL ? at_sign : colon);
    if (colon != NULL)
        uri->password = slice_between(colon + 1, at_sign);
    if (uri->user.len == 0)
        return false;
    s->at = at_sign + 1;
    return true;
}

/* What is behind the host and port. */
static void take_tail(struct scan *s, struct uri *uri)
{
    const char *question = run_find(s->at, s->end, '?');

    uri->params  = slice_between(s->at, question == NULL ? s->end : question);
    uri->headers = slice_between(s->at + uri->params.len, s->end);
    s->at        = s->end;
}

/* [ userinfo ] host [ ":" port ] params headers, to the end */
static bool scan_sip(struct scan *s, const struct run_uri *e, struct uri *uri)
{
    uint32_t port = 0;

    if (e->escape != NULL && !escapes_are_whole(s, e->escape))
        return false;
    if (e->at_sign != NULL && !take_userinfo(s, e->at_sign, uri))
        return false;
    if (!scan_host(s, &uri->host))
        return false;
    if (scan_at_end(s))
        return true;
    if (scan_byte(s, ':') && !scan_number(s, UINT16_MAX, &port))
        return false;
    uri->port = (uint16_t)port;
    if (scan_at_end(s))
        return true;
    if (*s->at != ';' && *s->at != '?')
        return false;
    take_tail(s, uri);
    return true;
}

/* RFC 3966 3: digits and visual separators (or hex digits, '*' and '#' of a
 * local number), then parameters. */
static bool scan_tel(struct scan *s, struct uri *uri)
{
    const char *at = s->at;

    while (at < s->end && (*at == '#' || (classes[(unsigned char)*at] & IN_TEL) != 0))
        at++;
    uri->user = slice_between(s->at, at);
    s->at     = at;
    if (uri->user.len == 0 || (at < s->end && *at != ';'))
        return false;
    uri->params = slice_between(at, s->end);
    s->at       = s->end;
    return true;
}

static bool scan_inside(struct scan *s, const struct run_uri *e, struct uri *uri)
{
    if (!scan_scheme(s, uri))
        return false;
    switch (uri->scheme) {
    case URI_SIP:
    case URI_SIPS:
        return scan_sip(s, e, uri);
    case URI_TEL:
        return scan_tel(s, uri);
    case URI_OTHER:
        break;
    }
    if (scan_at_end(s))
        return false;
    s->at = s->end;
    return true;
}

static inline bool scan_uri(struct scan *s, const struct run_uri *e, struct uri *uri)
{
    struct scan inside = { s->at, e->end, s->readable };
    bool        found;

    *uri  = (struct uri){ .text = slice_between(inside.at, inside.end) };
    found = scan_inside(&inside, e, uri);
    s->at = inside.at;
    return found;
}

/* All but scheme, text and host as if they were not there: they stand together, by the end.  A whole struct is cleared
 * by REP STOS, which takes longer than all else here. */
static inline void uri_clear(struct uri *uri)
{
    memset(&uri->user, 0, sizeof *uri - offsetof(struct uri, user));
}

/* [ ":" port ] [ ";" params ]; where it ends, or NULL. */
static inline const char *usual_tail(const char *at, const char *end, struct uri *uri)
{
    if (*at == ':') {
        at = scan_port_padded(at + 1, end, &uri->port);
        if (at == NULL)
            return NULL;
    }
    if (at < end && *at == ';') {
        uri->params.ptr = at;
        at              = run_end_padded(at, end, RUN_PART);
        uri->params.len = (size_t)(at - uri->params.ptr);
    }
    return at;
}

const char *uri_usual(const char *at, const char *end, char stop, struct uri *uri)
{
    const char *start = at, *host = at + 4;

    if (end - at < 8 || (word_lower(word_load(at)) & UINT32_MAX) != WORD("sip:"))
        return NULL;
    uri_clear(uri);
    at = run_end_padded(host, end, RUN_HOST);
    if (*at == '@' && at > host && at < end) {
        uri->has_user = true;
        uri->user     = slice_between(host, at);
        host          = at + 1;
        at            = run_end_padded(host, end, RUN_HOST);
    }
    if (at == host)
        return NULL;
    uri->host        = slice_between(host, at);
    uri->scheme      = URI_SIP;
    uri->scheme_text = (struct slice){ start, 3 };
    if (at < end && *at != '>' && *at != stop) {
        at = usual_tail(at, end, uri);
        if (at == NULL || (at < end && *at != '>' && *at != stop))
            return NULL;
    }
    uri->text = slice_between(start, at);
    return at;
}

/* A URI ends at  SP " < >  and at control bytes; one without brackets also at
 * , ; ?  (RFC 3261 20.10).  The characters inside are taken as they come: users
 * with '#' or UTF-8 exist, and no harm follows from carrying them. */
bool uri_scan_before(struct scan *s, char stop, struct uri *uri)
{
    const char    *end = scan_is_padded(s) ? uri_usual(s->at, s->end, stop, uri) : NULL;
    struct run_uri e;

    if (end != NULL) {
        s->at = end;
        return true;
    }
    e = run_uri(s->at, s->end, RUN_URI);
    if (e.end < s->end && *e.end != '>' && *e.end != stop) {
        s->at = e.end;
        return false;
    }
    return scan_uri(s, &e, uri);
}

bool uri_scan(struct scan *s, bool bare, struct uri *uri)
{
    struct run_uri e;

    if (!bare)
        return uri_scan_before(s, '>', uri);
    e = run_uri(s->at, s->end, RUN_BARE);
    return scan_uri(s, &e, uri);
}

bool uri_parse(struct slice text, struct uri *uri)
{
    struct scan s = scan_from(text);

    return uri_scan(&s, false, uri) && scan_at_end(&s);
}

/* Escapes are hardly ever there.  Without them the name is as it is written: 4,800 instructions of a call over TCP,
 * whose Route and Record-Route have parameters that are asked for again and again. */
bool uri_param(const struct uri *uri, struct slice name, struct slice *value)
{
    struct scan  s = scan_from(uri->params);
    struct slice found;

    if (uri->params.len == 0 || run_find(s.at, s.end, '%') == NULL)
        return params_find(uri->params, name, value);
    while (params_next(&s, &found, value))
        if (found.len >= name.len && escaped_eq(found, name, true)) /* who asks escapes nothing: it would be longer */
            return true;
    *value = SLICE("");
    return false;
}

bool uri_repeats_param(const struct uri *uri)
{
    struct scan  s = scan_from(uri->params);
    struct slice names[PARAMS_MAX], value;
    unsigned     count = 0;

    while (count < PARAMS_MAX && params_next(&s, &names[count], &value)) {
        for (unsigned i = 0; i < count; i++)
            if (escaped_eq(names[i], names[count], true))
                return true;
        count++;
    }
    return count == PARAMS_MAX && !scan_at_end(&s);
}

enum transport uri_transport(const struct uri *uri)
{
    struct slice value;

    if (uri->params.len < sizeof ";transport=" - 1) /* ";lr", mostly */
        return TRANSPORT_NONE;
    return uri_param(uri, SLICE("transport"), &value) ? transport_parse(value) : TRANSPORT_NONE;
}

static void put_lower(struct buf *b, struct slice text)
{
    char *to = b->ptr + b->len;

    if (!buf_room(b, text.len))
        return;
    b->len += text.len;
    for (; text.len >= 8; text.ptr += 8, text.len -= 8, to += 8)
        word_store(to, word_lower_letters(word_load(text.ptr)));
    for (size_t i = 0; i < text.len; i++)
        to[i] = ascii_lower(text.ptr[i]);
}

static void put_host(struct buf *b, struct slice host)
{
    struct address address;

    if (address_parse_ip(host, &address))
        address_write_ip(b, &address);
    else
        put_lower(b, host);
}

/* RFC 3966 4: visual separators mean nothing. */
static void put_number(struct buf *b, const struct uri *uri)
{
    struct slice context;

    for (size_t i = 0; i < uri->user.len; i++)
        if (strchr("-.()", uri->user.ptr[i]) == NULL)
            buf_put_byte(b, ascii_lower(uri->user.ptr[i]));
    if (*uri->user.ptr != '+' && uri_param(uri, SLICE("phone-context"), &context)) {
        buf_put(b, SLICE(";phone-context="));
        put_lower(b, context);
    }
}

void uri_write_aor(struct buf *b, const struct uri *uri)
{
    bool secure = uri->scheme == URI_SIPS;

    switch (uri->scheme) {
    case URI_OTHER:
        buf_put(b, uri->text);
        return;
    case URI_TEL:
        buf_put(b, SLICE("tel:"));
        put_number(b, uri);
        return;
    case URI_SIP:
    case URI_SIPS:
        break;
    }
    buf_put(b, SLICE("sip:"));
    if (uri->has_user) {
        uri_write_unescaped(b, uri->user);
        buf_put_byte(b, '@');
    }
    put_host(b, uri->host);
    if (uri->port != 0 && uri->port != transport_default_port(secure ? TRANSPORT_TLS : TRANSPORT_UDP)) {
        buf_put_byte(b, ':');
        buf_put_number(b, uri->port);
    }
}

void uri_write_unescaped(struct buf *b, struct slice escaped)
{
    if (escaped.len == 0)
        return;
    if (run_find(escaped.ptr, escaped.ptr + escaped.len, '%') == NULL) {
        buf_put(b, escaped);
        return;
    }
    for (struct scan s = scan_from(escaped); !scan_at_end(&s); s.at++) {
        if (*s.at == '%' && is_escape(s.at, s.end)) {
            buf_put_byte(b, (char)(hex_value(s.at[1]) << 4 | hex_value(s.at[2])));
            s.at += 2;
        } else {
            buf_put_byte(b, *s.at);
        }
    }
}

/* user = 1*( unreserved / escaped / user-unreserved ) */
void uri_write_user(struct buf *b, struct slice user)
{
    static const char digits[] = "0123456789ABCDEF";

    for (size_t i = 0; i < user.len; i++) {
        unsigned char c = (unsigned char)user.ptr[i];

        if (is_alnum_byte((char)c) || (c != '\0' && strchr("-_.!~*'()&=+$,;?/", c) != NULL)) {
            buf_put_byte(b, (char)c);
        } else {
            buf_put_byte(b, '%');
            buf_put_byte(b, digits[c >> 4]);
            buf_put_byte(b, digits[c & 15]);
        }
    }
}
