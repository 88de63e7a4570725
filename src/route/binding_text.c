/* SPDX-License-Identifier: BSD-2-Clause */
/* A binding as it is written into a Contact. */
#include "route/binding.h"

#include "sip/params.h"

/* A fold inside a quoted value would break the line it is given back in. */
static void put_unfolded(struct buf *b, struct slice text)
{
    for (size_t i = 0; i < text.len; i++)
        buf_put_byte(b, text.ptr[i] == '\r' || text.ptr[i] == '\n' ? ' ' : text.ptr[i]);
}

/* What is ours to say: a phone cannot suggest a GRUU (RFC 5627 5.1). */
static bool is_not_kept(struct slice name)
{
    return slice_eq_nocase(name, SLICE("expires")) || slice_eq_nocase(name, SLICE("q")) ||
           slice_eq_nocase(name, SLICE("pub-gruu")) || slice_eq_nocase(name, SLICE("temp-gruu"));
}

/* The first of its name, into *out. */
static void take(bool *has, struct slice *out, struct slice value)
{
    if (!*has)
        *out = value;
    *has = true;
}

void binding_read_params(const struct name_addr *contact, const char *readable, struct binding_params *out)
{
    struct scan  s            = scan_within(contact->params, readable);
    bool         has_instance = false;
    struct slice name, value;

    *out = (struct binding_params){ .keeps = false };
    while (params_next(&s, &name, &value)) {
        if (param_is(name, "expires")) {
            take(&out->has_expires, &out->expires, value);
            continue;
        }
        if (param_is(name, "q"))
            take(&out->has_q, &out->q, value);
        else if (slice_eq_nocase(name, SLICE("+sip.instance")))
            take(&has_instance, &out->instance, value);
        else if (param_is(name, "reg-id"))
            out->has_reg_id = true;
        out->keeps = out->keeps || !is_not_kept(name);
    }
}

void binding_write_params(struct buf *b, const struct name_addr *contact)
{
    struct scan  s = scan_from(contact->params);
    struct slice name, value;

    while (params_next(&s, &name, &value)) {
        bool quoted = s.at > contact->params.ptr && s.at[-1] == '"';

        if (is_not_kept(name))
            continue;
        buf_put_byte(b, ';');
        buf_put(b, name);
        if (value.len == 0 && !quoted)
            continue;
        buf_put(b, quoted ? SLICE("=\"") : SLICE("="));
        put_unfolded(b, value);
        if (quoted)
            buf_put_byte(b, '"');
    }
}

void binding_write_contact(struct buf *b, const struct binding_now *binding, msec now)
{
    msec left = binding->expires_at > now ? binding->expires_at - now : 0;

    buf_put_byte(b, '<');
    buf_put(b, binding->contact);
    buf_put_byte(b, '>');
    buf_put(b, binding->params);
    if (binding->q < 1000)
        buf_printf(b, ";q=0.%03u", binding->q);
    buf_put(b, SLICE(";expires="));
    buf_put_number(b, (left + 999) / 1000);
}

const char *binding_event_name(enum binding_event event)
{
    static const char *const names[] = {
        [BINDING_REGISTERED] = "registered",     [BINDING_REFRESHED] = "refreshed", [BINDING_EXPIRED] = "expired",
        [BINDING_UNREGISTERED] = "unregistered", [BINDING_REJECTED] = "rejected",
    };

    return names[event];
}
