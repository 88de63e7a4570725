/* SPDX-License-Identifier: BSD-2-Clause */
#include "route/redirect.h"

#include "route/destination.h"

/* Nothing but q has a meaning to who is redirected. */
static bool has_only_q(struct slice params)
{
    struct scan  s = scan_from(params);
    struct slice name, value;

    while (params_next(&s, &name, &value))
        if (!slice_eq_nocase(name, SLICE("q")))
            return false;
    return true;
}

bool redirect_contact_parse(struct slice text, struct redirect_contact *out)
{
    struct scan      s = scan_from(text);
    struct name_addr contact;

    if (text.len == 0 || text.ptr[0] != '<') { /* without brackets, its parameters are the URI's nevertheless */
        out->q = 1000;
        return uri_parse(text, &out->uri);
    }
    if (!name_addr_scan(&s, &contact) || !scan_at_end(&s) || !has_only_q(contact.params))
        return false;
    out->uri = contact.uri;
    return contact_q(&contact, &out->q);
}

bool redirect_title_parse(struct slice title, struct slice *user, struct slice *domain)
{
    const char *at = title.len > 0 ? memrchr(title.ptr, '@', title.len) : NULL;

    *user   = SLICE("");
    *domain = title;
    if (at == NULL)
        return true;
    *user   = slice_between(title.ptr, at);
    *domain = slice_between(at + 1, title.ptr + title.len);
    for (size_t i = 0; i < user->len; i++)
        if (!is_alnum_byte(user->ptr[i]) && memchr("-_.!~*'()%&=+$,;?/", user->ptr[i], 18) == NULL)
            return false;
    return user->len > 0;
}

/* How well does it fit?  0: not at all.  `own`: it is the user's. */
static size_t fits(const struct redirect_rule *rule, const struct uri *uri, bool *own)
{
    *own = rule->user.len > 0;
    if (*own && !escaped_eq(rule->user, uri->user, false))
        return 0;
    return destination_fit(rule->domain, uri->host);
}

const struct redirect_rule *redirect_find(const struct redirect_rule *rules, size_t count, const struct uri *uri)
{
    const struct redirect_rule *found = NULL;
    size_t                      best  = 0;
    bool                        users = false, own;

    for (size_t i = 0; i < count; i++) {
        size_t fit = fits(&rules[i], uri, &own);

        if (fit == 0 || own < users || (own == users && fit <= best))
            continue;
        found = &rules[i];
        best  = fit;
        users = own;
    }
    return found;
}

void redirect_write_uri(struct buf *b, const struct uri *contact, const struct uri *asked)
{
    bool is_sip = contact->scheme == URI_SIP || contact->scheme == URI_SIPS;

    if (!is_sip || contact->has_user || asked->user.len == 0) {
        buf_put(b, contact->text);
        return;
    }
    buf_put(b, contact->scheme_text);
    buf_put_byte(b, ':');
    buf_put(b, asked->user);
    buf_put_byte(b, '@');
    buf_put(b, slice_between(contact->host.ptr, contact->text.ptr + contact->text.len));
}

/* By insertion: they are few, and equals stay as they are written. */
size_t redirect_contacts(const struct redirect_rule *rule, struct redirect_contact out[])
{
    size_t count = 0;

    for (size_t i = 0; i < rule->to_count && count < REDIRECT_CONTACTS; i++) {
        struct redirect_contact one;
        size_t                  at = count;

        if (!redirect_contact_parse(rule->to[i], &one))
            continue;
        for (; at > 0 && out[at - 1].q < one.q; at--)
            out[at] = out[at - 1];
        out[at] = one;
        count++;
    }
    return count;
}
