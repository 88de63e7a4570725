/* SPDX-License-Identifier: BSD-2-Clause */
#include "sip/refer_to.h"

#include "sip/params.h"

/* ---- reading ---- */

/* Resolved into `b`, where it stays. */
static struct slice unescape(struct buf *b, struct slice escaped)
{
    size_t mark = b->len;

    uri_write_unescaped(b, escaped);
    return (struct slice){ b->ptr + mark, b->len - mark };
}

/* Is `name` one of the list's tokens? */
static bool lists(struct slice list, struct slice name)
{
    struct scan  s = scan_from(list);
    struct slice token;

    do {
        if (scan_lws(&s) && scan_token(&s, &token) && slice_eq_nocase(token, name))
            return true;
        scan_lws(&s);
    } while (scan_byte(&s, ','));
    return false;
}

/* One header of the URI; false if it is one of ours and cannot be read, or stands there twice. */
static bool take_header(struct refer_to *r, struct slice name, struct slice value, struct slice *require)
{
    if (slice_eq_nocase(name, SLICE("Require")))
        *require = value;
    if (slice_eq_nocase(name, SLICE("Replaces"))) {
        if (r->has_replaces || !replaces_parse(value, &r->replaces))
            return false;
        r->has_replaces = true;
    }
    if (slice_eq_nocase(name, SLICE("Join"))) {
        if (r->has_join || !replaces_parse(value, &r->join))
            return false;
        r->has_join = true;
    }
    return true;
}

/* ?name=value&name=value */
static bool take_headers(struct refer_to *r, struct buf *b, struct slice headers)
{
    struct scan  s       = scan_from(headers);
    struct slice require = { NULL, 0 }, name, value;

    if (!scan_byte(&s, '?'))
        return true;
    do {
        if (!scan_until(&s, "=&", &name) || !scan_byte(&s, '='))
            return false;
        if (!scan_until(&s, "&", &value))
            value = SLICE("");
        name  = unescape(b, name);
        value = unescape(b, value);
        if (!take_header(r, name, value, &require))
            return false;
    } while (scan_byte(&s, '&'));
    r->required =
        (r->has_replaces && lists(require, SLICE("replaces"))) || (r->has_join && lists(require, SLICE("join")));
    return !(r->has_replaces && r->has_join);
}

/* The URI without its headers and its method; what is no parameter ends them, as for uri_param. */
static void write_target(struct buf *b, const struct uri *uri)
{
    const char  *end = uri->headers.len > 0 ? uri->headers.ptr : uri->text.ptr + uri->text.len;
    struct scan  s   = scan_from(uri->params);
    struct slice name, value;

    if (uri->params.len > 0)
        end = uri->params.ptr;
    buf_put(b, slice_between(uri->text.ptr, end));
    while (params_next(&s, &name, &value)) {
        if (escaped_eq(name, SLICE("method"), true))
            continue;
        buf_put_byte(b, ';');
        buf_put(b, slice_between(name.ptr, s.at));
    }
}

unsigned refer_to_read(struct slice value, struct refer_to *out)
{
    struct scan      s = scan_from(value);
    struct buf       b = BUF_ON(out->text);
    struct name_addr who;
    struct slice     method;

    out->has_replaces = out->has_join = out->required = false;
    if (!(scan_lws(&s) && name_addr_scan(&s, &who) && scan_lws(&s) && scan_at_end(&s)))
        return 400;
    if (who.uri.scheme != URI_SIP && who.uri.scheme != URI_SIPS)
        return 416;
    if (uri_param(&who.uri, SLICE("method"), &method) && !slice_eq(method, SLICE("INVITE")))
        return 403;
    write_target(&b, &who.uri);
    out->target = buf_slice(&b);
    if (!take_headers(out, &b, who.uri.headers))
        return buf_ok(&b) ? 400 : 414;
    return buf_ok(&b) ? 0 : 414;
}

/* ---- writing ---- */

/* hvalue = *( hnv-unreserved / unreserved / escaped ) (RFC 3261 25.1) */
static void write_value(struct buf *b, struct slice value)
{
    static const char digits[] = "0123456789ABCDEF";

    for (size_t i = 0; i < value.len; i++) {
        unsigned char c = (unsigned char)value.ptr[i];

        if (is_alnum_byte((char)c) || (c != '\0' && strchr("-_.!~*'()[]/?:+$", c) != NULL)) {
            buf_put_byte(b, (char)c);
        } else {
            buf_put_byte(b, '%');
            buf_put_byte(b, digits[c >> 4]);
            buf_put_byte(b, digits[c & 15]);
        }
    }
}

static void write_name(struct buf *b, struct slice header, const struct replaces *name)
{
    char       memory[REFER_TEXT];
    struct buf value = BUF_ON(memory);

    replaces_write(&value, name);
    b->overflow = b->overflow || !buf_ok(&value);
    buf_put(b, header);
    write_value(b, buf_slice(&value));
}

static void begin(struct buf *b, struct slice target)
{
    struct uri uri;

    buf_put_byte(b, '<');
    if (uri_parse(target, &uri))
        write_target(b, &uri);
}

void refer_to_write(struct buf *b, struct slice target, const struct replaces *replaces, bool required)
{
    begin(b, target);
    if (replaces != NULL) {
        write_name(b, SLICE("?Replaces="), replaces);
        if (required)
            buf_put(b, SLICE("&Require=replaces"));
    }
    buf_put_byte(b, '>');
}

void refer_to_write_join(struct buf *b, struct slice target, const struct replaces *join)
{
    begin(b, target);
    write_name(b, SLICE("?Join="), join);
    buf_put(b, SLICE("&Require=join>"));
}
