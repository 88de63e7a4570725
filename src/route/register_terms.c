/* SPDX-License-Identifier: BSD-2-Clause */
#include "route/register_terms.h"

#include "base/limits.h"
#include "sip/instance.h"
#include "sip/params.h"

static const struct slice known_extensions[] = { SLICE_INIT("path"), SLICE_INIT("outbound"), SLICE_INIT("gruu"),
                                                 SLICE_INIT("pref") };

static bool is_known(struct slice extension)
{
    for (size_t i = 0; i < sizeof known_extensions / sizeof *known_extensions; i++)
        if (slice_eq_nocase(known_extensions[i], extension))
            return true;
    return false;
}

void register_terms_write_known(struct buf *b)
{
    for (size_t i = 0; i < sizeof known_extensions / sizeof *known_extensions; i++) {
        buf_put(b, i > 0 ? SLICE(", ") : SLICE(""));
        buf_put(b, known_extensions[i]);
    }
}

unsigned register_terms_require(const struct message *request, bool sec_agree, struct buf *unsupported)
{
    struct header_values v      = message_values(request, HEADER_REQUIRE);
    unsigned             status = 0;
    struct slice         token;

    while (values_next_token(&v, &token)) {
        size_t whole = unsupported->len;

        if (is_known(token) || (sec_agree && slice_eq_nocase(token, SLICE("sec-agree"))))
            continue;
        status = 420;
        buf_put(unsupported, SLICE("Unsupported: "));
        buf_put(unsupported, token);
        buf_put(unsupported, SLICE("\r\n"));
        if (!buf_ok(unsupported))
            unsupported->len = whole;
    }
    return v.broken ? 400 : status;
}

/* A list of what nearly nobody needs, so it is read by who does: 2 % of a refresh. */
static bool knows(const struct message *request, const char *extension)
{
    return message_lists(request, HEADER_SUPPORTED, slice_from(extension));
}

static void refuse(struct register_terms *out, unsigned status, const char *text, const char *rule)
{
    out->status = status;
    out->why    = REASON(text, rule);
}

/* ---- the body ---- */

/* RFC 3261 20.11: unless it says otherwise, a body has to be understood. */
static bool is_optional(const struct message *request)
{
    const struct header *h = message_header(request, HEADER_CONTENT_DISPOSITION);
    struct slice         type, handling;
    struct scan          s;

    if (h == NULL)
        return false;
    s = scan_from(h->value);
    return scan_token(&s, &type) && params_find(slice_trim(scan_rest(&s)), SLICE("handling"), &handling) &&
           slice_eq_nocase(handling, SLICE("optional"));
}

/* A registrar understands no body.  One that does not say what it is says nothing. */
static bool has_strange_body(const struct message *request)
{
    return request->body.len > 0 && message_header(request, HEADER_CONTENT_TYPE) != NULL && !is_optional(request);
}

/* ---- Path ---- */

/* A fold would break the line that it is sent in one day. */
static void put_unfolded(struct buf *b, struct slice text)
{
    for (size_t i = 0; i < text.len; i++)
        buf_put_byte(b, text.ptr[i] == '\r' || text.ptr[i] == '\n' ? ' ' : text.ptr[i]);
}

static bool is_route(const struct name_addr *value)
{
    return value->bracketed && (value->uri.scheme == URI_SIP || value->uri.scheme == URI_SIPS);
}

/* All values in their order; the last of them, which the first hop has written, in `first_hop`. */
static void read_path(const struct message *request, struct register_terms *out, struct name_addr *first_hop)
{
    struct header_values v     = message_values(request, HEADER_PATH);
    struct buf           b     = BUF_ON(out->memory);
    unsigned             count = 0;

    while (values_next_name_addr(&v, first_hop)) {
        if (!is_route(first_hop)) {
            refuse(out, 400, "A Path value is no route", "RFC 3327 4");
            return;
        }
        buf_put(&b, count++ > 0 ? SLICE(", ") : SLICE(""));
        put_unfolded(&b, first_hop->text);
    }
    out->path = buf_slice(&b);
    if (v.broken)
        refuse(out, 400, "Path cannot be read", "RFC 3327 4");
    else if (!buf_ok(&b) || count > LIMIT_ROUTE_SET)
        refuse(out, 413, "Path is too long", "limit");
}

/* ---- outbound ---- */

/* An instance is said by "+sip.instance". */
static bool may_have_instance(const struct message *request)
{
    for (const struct header *h = message_header(request, HEADER_CONTACT); h != NULL; h = message_next(request, h))
        if (h->value.len > 0 && memchr(h->value.ptr, '+', h->value.len) != NULL)
            return true;
    return false;
}

/* One Contact with both makes it a registration of a flow.  (Is reg-id a number?  See route/binding.h.) */
static bool names_a_flow(const struct message *request)
{
    struct header_values v = message_values(request, HEADER_CONTACT);
    struct name_addr     contact;
    struct slice         reg_id;

    while (values_next_name_addr(&v, &contact))
        if (name_addr_param(&contact, SLICE("reg-id"), &reg_id) && instance_of(contact.params).len > 0)
            return true;
    return false;
}

/* RFC 5626 6: the first hop is us, or says by `ob` that it keeps the flow. */
static void read_outbound(const struct message *request, struct register_terms *out, const struct name_addr *first_hop)
{
    struct slice value;
    bool         kept;

    if (!may_have_instance(request) || !knows(request, "outbound") || !names_a_flow(request))
        return;
    out->direct = out->path.len == 0 && message_is_direct(request);
    kept        = out->path.len > 0 ? uri_param(&first_hop->uri, SLICE("ob"), &value) : out->direct;
    if (kept)
        out->outbound = true;
    else
        refuse(out, 439, "First Hop Lacks Outbound Support", "RFC 5626 6");
}

void register_terms_read(const struct message *request, bool path_without_support, struct register_terms *out)
{
    struct name_addr first_hop;

    out->status = 0;
    out->direct = out->outbound = false;
    out->path                   = SLICE("");
    if (has_strange_body(request)) {
        refuse(out, 415, "A registrar understands no body", "RFC 3261 8.2.3");
        return;
    }
    if (message_header(request, HEADER_PATH) != NULL) {
        if (!path_without_support && !knows(request, "path")) {
            refuse(out, 420, "Path was added for a phone that does not know it", "RFC 3327 5.3");
            return;
        }
        read_path(request, out, &first_hop);
    }
    if (out->status == 0)
        read_outbound(request, out, &first_hop);
}
