/* SPDX-License-Identifier: BSD-2-Clause */
/* Finding headers of a message and walking their values: see message.h. */
#include "base/run.h"
#include "sip/message.h"

const struct header *message_header(const struct message *m, enum header_id id)
{
    return m->first[id] == 0 ? NULL : &m->headers[m->first[id] - 1];
}

const struct header *message_next(const struct message *m, const struct header *h)
{
    return h->next == 0 ? NULL : &m->headers[h->next - 1];
}

struct header_values message_values(const struct message *m, enum header_id id)
{
    struct header_values v = { .message = m, .header = message_header(m, id) };

    v.scan = v.header == NULL ? scan_from(SLICE("")) : scan_value_of(m, v.header);
    return v;
}

/* To the first byte of the next value, in this line or in a later one.  A line
 * with no value at all is allowed for the lists that may be empty. */
static bool values_enter(struct header_values *v)
{
    if (v->broken || v->header == NULL)
        return false;
    scan_lws(&v->scan);
    while (scan_at_end(&v->scan)) {
        v->header = message_next(v->message, v->header);
        if (v->header == NULL)
            return false;
        v->scan = scan_value_of(v->message, v->header);
        scan_lws(&v->scan);
    }
    return true;
}

/* Over the comma, which must have another value behind it. */
static bool values_leave(struct header_values *v, bool found)
{
    if (found) {
        if (scan_at_end(&v->scan))
            return true;
        scan_lws(&v->scan);
        if (scan_at_end(&v->scan))
            return true;
        found = scan_byte(&v->scan, ',') && scan_lws(&v->scan) && !scan_at_end(&v->scan);
    }
    v->broken = !found;
    return found;
}

bool values_next_name_addr(struct header_values *v, struct name_addr *out)
{
    return values_enter(v) && values_leave(v, name_addr_scan(&v->scan, out));
}

/* The first one was read with the message. */
bool values_next_via(struct header_values *v, struct via *out)
{
    const struct via *top = &v->message->via;

    if (!values_enter(v))
        return false;
    if (v->scan.at != top->text.ptr || top->text.len == 0)
        return values_leave(v, via_scan(&v->scan, out));
    *out = *top;
    v->scan.at += top->text.len;
    return values_leave(v, true);
}

/* "INVITE, " or "INVITE" at the end, as nearly everyone writes them, where it is padded. */
static inline bool next_usual_token(struct scan *s, struct slice *out)
{
    const char *start = s->at, *end = s->end, *at = run_end_padded(start, end, RUN_HOST);

    if (at == start || (at < end && *at != ','))
        return false;
    *out = slice_between(start, at);
    if (at < end && ++at < end && *at == ' ')
        at++;
    s->at = at;
    return true;
}

/* "Allow: INVITE, ACK," is common and clear enough: empty elements are skipped. */
bool values_next_token(struct header_values *v, struct slice *out)
{
    if (scan_is_padded(&v->scan) && !v->broken && next_usual_token(&v->scan, out))
        return true;
    do {
        if (!values_enter(v))
            return false;
    } while (scan_byte(&v->scan, ','));
    if (scan_token(&v->scan, out) && scan_lws(&v->scan) && (scan_at_end(&v->scan) || scan_byte(&v->scan, ',')))
        return true;
    v->broken = true;
    return false;
}

bool message_lists(const struct message *m, enum header_id id, struct slice token)
{
    struct header_values v;
    struct slice         value;

    if (message_header(m, id) == NULL) /* as mostly */
        return false;
    v = message_values(m, id);
    while (values_next_token(&v, &value))
        if (slice_eq_nocase(value, token))
            return true;
    return false;
}

bool message_is_direct(const struct message *m)
{
    const struct header *h = message_header(m, HEADER_VIA);
    struct header_values v = message_values(m, HEADER_VIA);
    struct via           via;

    if (h != NULL && h->next == 0 && h->value.len == m->via.text.len) /* the one that was read with the message */
        return true;
    return values_next_via(&v, &via) && !values_next_via(&v, &via) && !v.broken;
}

bool message_number(const struct message *m, enum header_id id, uint32_t *value)
{
    const struct header *h = message_header(m, id);
    struct scan          s;
    struct slice         digits;
    const char          *stop;
    uint32_t             usual;

    if (h == NULL)
        return false;
    s    = scan_value_of(m, h);
    stop = scan_number_padded(s.at, s.end, UINT32_MAX, &usual);
    if (stop != NULL && (stop == s.end || *stop == ';')) {
        *value = usual;
        return true;
    }
    return scan_until(&s, " \t\r\n;(", &digits) && delta_seconds_parse(digits, value);
}
