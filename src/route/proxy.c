/* SPDX-License-Identifier: BSD-2-Clause */
#include "route/proxy.h"

#include "route/loop_mark.h"
#include "route/privacy.h"
#include "sip/params.h"

/* RFC 5393 5.3.3: what a request without Max-Breadth has, and the most it may have. */
enum { MOST_BREADTH = 60 };

/* RFC 3323 4.3: it is known as far as what is asked for can be done here. */
static bool is_known(const struct message *request, bool sec_agree, struct slice tag)
{
    if (slice_eq_nocase(tag, SLICE("privacy")))
        return privacy_is_in_reach(privacy_read(request));
    if (slice_eq_nocase(tag, SLICE("pref"))) /* RFC 3841 5 */
        return true;
    return sec_agree && slice_eq_nocase(tag, SLICE("sec-agree"));
}

/* What a proxy has to know in order to forward it. */
static bool next_unknown(struct header_values *v, bool sec_agree, struct slice *tag)
{
    while (values_next_token(v, tag))
        if (!is_known(v->message, sec_agree, *tag))
            return true;
    return v->broken;
}

static bool requires_more(const struct message *request, bool sec_agree)
{
    struct header_values v = message_values(request, HEADER_PROXY_REQUIRE);
    struct slice         tag;

    return next_unknown(&v, sec_agree, &tag);
}

unsigned proxy_validate(const struct message *request, const struct hash_key *key, bool sec_agree, struct reason *why)
{
    *why = REASON("fit to be forwarded", "RFC 3261 16.3");
    if (request->uri.scheme == URI_OTHER) {
        *why = REASON("Unsupported URI Scheme", "RFC 3261 16.3 item 2");
        return 416;
    }
    if (request->max_forwards == 0) {
        *why = REASON("Too Many Hops", "RFC 3261 16.3 item 3");
        return 483;
    }
    if (loop_mark_is_in(request, key)) {
        *why = REASON("Loop Detected", "RFC 3261 16.3 item 4, RFC 5393 4.2.2");
        return 482;
    }
    if (message_header(request, HEADER_PROXY_REQUIRE) != NULL && requires_more(request, sec_agree)) {
        *why = REASON("Bad Extension", "RFC 3261 16.3 item 5");
        return 420;
    }
    return 0;
}

void proxy_write_unsupported(struct gather *g, const struct message *request, bool sec_agree)
{
    struct header_values v = message_values(request, HEADER_PROXY_REQUIRE);
    struct slice         tag;

    while (next_unknown(&v, sec_agree, &tag) && !v.broken)
        gather_header(g, HEADER_UNSUPPORTED, tag);
}

bool proxy_read_routes(const struct message *request, struct proxy_routes *out)
{
    struct header_values v = message_values(request, HEADER_ROUTE);
    struct name_addr     surplus;

    out->count     = 0; /* what is behind it is never read, and large */
    out->uri_is_us = out->maddr_is_us = false;
    out->maddr                        = SLICE("");
    if (request->uri.params.len > 0)
        uri_param(&request->uri, SLICE("maddr"), &out->maddr);
    while (out->count < LIMIT_ROUTE_SET && values_next_name_addr(&v, &out->value[out->count]))
        out->is_us[out->count++] = false;
    if (out->count == LIMIT_ROUTE_SET && values_next_name_addr(&v, &surplus))
        return false;
    return !v.broken;
}

static bool has_lr(const struct uri *uri)
{
    struct slice value;

    return uri_param(uri, SLICE("lr"), &value);
}

/* A user part that we put into Record-Route, for the caller to judge. */
static void note_own(struct proxy_way *way, const struct uri *uri)
{
    way->own_route = true;
    way->own       = *uri;
}

/* The Request-URI without maddr, port and transport (16.4). */
static __attribute__((cold)) bool strip_maddr(struct proxy_way *way)
{
    struct buf   b = BUF_ON(way->memory);
    struct scan  s = scan_from(way->uri.params);
    struct slice name, value;

    buf_put(&b, slice_between(way->uri.text.ptr, way->uri.host.ptr + way->uri.host.len));
    for (const char *start = s.at; params_next(&s, &name, &value); start = s.at)
        if (!slice_eq_nocase(name, SLICE("maddr")) && !slice_eq_nocase(name, SLICE("transport")))
            buf_put(&b, slice_between(start, s.at));
    return buf_ok(&b) && uri_parse(buf_slice(&b), &way->uri);
}

bool proxy_preprocess(const struct message *request, const struct proxy_routes *routes, struct proxy_way *way)
{
    way->uri       = request->uri;
    way->first     = 0;
    way->last      = routes->count;
    way->own_route = false;

    /* Only our Record-Route has both our name and lr: a strict router put it here. */
    if (routes->uri_is_us && routes->count > 0 && has_lr(&request->uri)) {
        note_own(way, &request->uri);
        way->uri = routes->value[--way->last].uri;
    } else if (routes->maddr.len > 0 && routes->maddr_is_us && !strip_maddr(way)) {
        return false;
    }
    while (way->first < way->last && routes->is_us[way->first])
        note_own(way, &routes->value[way->first++].uri);
    return true;
}

uint32_t proxy_breadth(const struct message *request, unsigned branches)
{
    uint32_t incoming;

    if (!message_number(request, HEADER_MAX_BREADTH, &incoming) || incoming > MOST_BREADTH)
        incoming = MOST_BREADTH;
    return branches == 0 ? incoming : incoming / branches;
}
