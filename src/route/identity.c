/* SPDX-License-Identifier: BSD-2-Clause */
#include "route/identity.h"

#include "route/privacy.h"

static bool take(struct identity_values *out, const struct name_addr *value)
{
    bool              sip   = value->uri.scheme == URI_SIP || value->uri.scheme == URI_SIPS;
    bool              tel   = value->uri.scheme == URI_TEL;
    bool             *has   = sip ? &out->has_sip : &out->has_tel;
    struct name_addr *place = sip ? &out->sip : &out->tel;

    if ((!sip && !tel) || *has)
        return false;
    *has   = true;
    *place = *value;
    return true;
}

bool identity_read(const struct message *m, enum header_id id, struct identity_values *out)
{
    struct header_values v = message_values(m, id);
    struct name_addr     value;

    out->has_sip = out->has_tel = false;
    out->tidy                   = true;
    while (values_next_name_addr(&v, &value))
        out->tidy = take(out, &value) && out->tidy;
    out->tidy = out->tidy && !v.broken;
    return out->has_sip || out->has_tel;
}

static void put_line(struct buf *text, struct slice value)
{
    buf_put(text, header_name(HEADER_P_ASSERTED_IDENTITY));
    buf_put(text, SLICE(": "));
    buf_put(text, value);
    buf_put(text, SLICE("\r\n"));
}

static struct slice written(const struct buf *text)
{
    return buf_ok(text) ? buf_slice(text) : SLICE("");
}

void identity_of(struct identity *i, const struct message *m, enum identity_side from, struct buf *text)
{
    struct identity_values values;

    *i = (struct identity){ .message = m, .from = from };
    if (from != IDENTITY_TRUSTED || message_header(m, HEADER_P_ASSERTED_IDENTITY) == NULL ||
        !identity_read(m, HEADER_P_ASSERTED_IDENTITY, &values))
        return;
    i->keep = values.tidy;
    if (values.tidy)
        return;
    if (values.has_sip)
        put_line(text, values.sip.text);
    if (values.has_tel)
        put_line(text, values.tel.text);
    i->lines = written(text);
}

bool identity_may_be_asserted(const struct message *request)
{
    return request->method != METHOD_ACK && request->method != METHOD_CANCEL && request->method != METHOD_REGISTER;
}

void identity_assert(struct identity *i, struct slice sip, struct slice number, struct buf *text)
{
    buf_put(text, header_name(HEADER_P_ASSERTED_IDENTITY));
    buf_put(text, SLICE(": <"));
    buf_put(text, sip);
    buf_put(text, SLICE(">\r\n"));
    if (number.len > 0) {
        buf_put(text, header_name(HEADER_P_ASSERTED_IDENTITY));
        buf_put(text, SLICE(": <tel:"));
        buf_put(text, number);
        buf_put(text, SLICE(">\r\n"));
    }
    i->lines = written(text);
}

/* RFC 3325 7: none is an order, id and the like, too; without either it is for us to say. */
static bool may_know(const struct identity *i, enum identity_side to, bool strangers)
{
    if (to == IDENTITY_TRUSTED)
        return true;
    if (!privacy_allows(i->message))
        return false;
    return to == IDENTITY_USER || strangers || privacy_read(i->message) == PRIVACY_NONE;
}

/* Privacy is left as it is, for whoever comes next must not tell either (RFC 3325 10.2 F5). */
struct identity_change identity_change(const struct identity *i, enum identity_side to, bool strangers, bool preferred)
{
    struct identity_change c     = { .drop_asserted = !i->keep, .drop_preferred = !preferred };
    bool                   knows = i->keep || i->lines.len > 0;

    if (i->message->is_request && to != IDENTITY_TRUSTED)
        c.drop_privacy = message_header(i->message, HEADER_PROXY_REQUIRE) != NULL;
    if (!knows)
        return c;
    if (!may_know(i, to, strangers)) {
        c.drop_asserted = true;
        return c;
    }
    c.lines[0] = i->lines;
    if (to == IDENTITY_TRUSTED && i->message->is_request && privacy_is_meant(i->message))
        c.lines[1] = SLICE("Privacy: id\r\n");
    return c;
}
