/* SPDX-License-Identifier: BSD-2-Clause */
#include "sip/body.h"

struct search {
    struct slice types;
    unsigned     parts; /* looked at so far */
};

static enum body_verdict find(struct search *s, const struct body_part *whole, unsigned depth, struct body_part *part);

static bool is_listed(struct slice type, struct slice types)
{
    struct scan  s = scan_from(types);
    struct slice one;

    while (scan_lws(&s) && scan_until(&s, ",", &one)) {
        if (content_type_is(type, slice_trim(one)))
            return true;
        scan_byte(&s, ',');
    }
    return false;
}

/* RFC 5621 6.1, 8.3: the last one that is understood; the handling of the parts is not looked at. */
static enum body_verdict find_alternative(struct search *s, struct multipart *m, unsigned depth, struct body_part *part)
{
    enum body_verdict verdict = BODY_UNSUPPORTED;
    struct body_part  each, found;

    while (multipart_next(m, &each))
        if (find(s, &each, depth + 1, &found) == BODY_FOUND) {
            *part   = found;
            verdict = BODY_FOUND;
        }
    return m->broken ? BODY_BROKEN : verdict;
}

/* All that must be understood, and the first that is. */
static enum body_verdict find_mixed(struct search *s, struct multipart *m, unsigned depth, struct body_part *part)
{
    enum body_verdict verdict = BODY_NONE;
    struct body_part  each, found = { 0 };
    bool              has = false;

    while (multipart_next(m, &each)) {
        enum body_verdict v = find(s, &each, depth + 1, &found);

        if (v == BODY_FOUND && !has)
            *part = found;
        has = has || v == BODY_FOUND;
        if (v > BODY_FOUND && !each.optional && verdict == BODY_NONE)
            verdict = v;
    }
    if (m->broken)
        return BODY_BROKEN;
    return verdict == BODY_NONE && has ? BODY_FOUND : verdict;
}

/* RFC 2387 3.2, RFC 5621 7, 8.2: an object whose root leads to its other parts. */
static enum body_verdict find_related(struct search *s, struct multipart *m, struct slice root, unsigned depth,
                                      struct body_part *part)
{
    enum body_verdict verdict = BODY_NONE, v;
    struct body_part  each, found = { 0 };
    bool              has_root = false;

    while (multipart_next(m, &each)) {
        bool is_root = !has_root && (root.len == 0 || slice_eq(each.id, root));

        has_root = has_root || is_root;
        v        = find(s, &each, depth + 1, &found);
        if (is_root && v == BODY_FOUND) {
            *part   = found;
            verdict = verdict == BODY_NONE ? BODY_FOUND : verdict;
        }
        if (v > BODY_FOUND && !each.optional && verdict <= BODY_FOUND)
            verdict = v;
    }
    return m->broken || !has_root ? BODY_BROKEN : verdict;
}

static enum body_verdict find_single(const struct search *s, const struct body_part *whole, struct body_part *part)
{
    if (!is_listed(whole->type, s->types) || !slice_eq_nocase(whole->disposition, content_disposition_of(whole->type)))
        return BODY_UNSUPPORTED;
    *part = *whole;
    return whole->encoded ? BODY_ENCODED : BODY_FOUND;
}

static enum body_verdict find(struct search *s, const struct body_part *whole, unsigned depth, struct body_part *part)
{
    struct slice     kind, boundary;
    struct multipart m;

    if (++s->parts > BODY_PARTS_MAX || depth > BODY_DEPTH_MAX)
        return BODY_UNSUPPORTED;
    if (!multipart_kind(whole->type, &kind, &boundary))
        return find_single(s, whole, part);
    if (whole->encoded)
        return BODY_ENCODED;
    m = multipart_begin(boundary, whole->content);
    if (slice_eq_nocase(kind, SLICE("alternative")))
        return find_alternative(s, &m, depth, part);
    if (slice_eq_nocase(kind, SLICE("related")))
        return find_related(s, &m, multipart_root(whole->type), depth, part);
    return find_mixed(s, &m, depth, part);
}

enum body_verdict body_find_in(const struct body_part *whole, struct slice types, struct body_part *part)
{
    struct search     s = { .types = types };
    enum body_verdict verdict;

    *part   = (struct body_part){ 0 };
    verdict = find(&s, whole, 1, part);
    return verdict > BODY_FOUND && whole->optional ? BODY_NONE : verdict;
}

/* ---- the body of a message ---- */

static bool is_identity(const struct message *m)
{
    struct header_values v = message_values(m, HEADER_CONTENT_ENCODING);
    struct slice         coding;

    while (values_next_token(&v, &coding))
        if (!slice_eq_nocase(coding, SLICE("identity")))
            return false;
    return !v.broken;
}

/* No header of SIP, but of MIME: who sends it means it. */
static bool is_transferred_as_it_is(const struct message *m)
{
    for (unsigned i = 0; i < m->header_count; i++)
        if (slice_eq_nocase(m->headers[i].name, SLICE("Content-Transfer-Encoding")))
            return content_is_plain(m->headers[i].value);
    return true;
}

enum body_verdict body_find(const struct message *m, struct slice types, struct body_part *part)
{
    const struct header *type        = message_header(m, HEADER_CONTENT_TYPE);
    const struct header *disposition = message_header(m, HEADER_CONTENT_DISPOSITION);
    struct body_part     whole       = { .content = m->body };

    *part = (struct body_part){ 0 };
    if (m->body.len == 0)
        return BODY_NONE;
    if (type != NULL)
        whole.type = type->value;
    whole.disposition = content_disposition_of(whole.type);
    if (disposition != NULL)
        content_read_disposition(disposition->value, &whole);
    whole.encoded = !is_identity(m) || !is_transferred_as_it_is(m);
    return body_find_in(&whole, types, part);
}
