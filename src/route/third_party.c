/* SPDX-License-Identifier: BSD-2-Clause */
#include "route/third_party.h"

#include "base/scan.h"

static bool is_star(struct slice text)
{
    return slice_eq(text, SLICE("*"));
}

/* "alice@example.com"; the user may hold an '@' of its own. */
static bool parse_user(struct slice text, struct third_party_user *out)
{
    const char *at = text.len > 0 ? memrchr(text.ptr, '@', text.len) : NULL;
    struct scan s;

    if (at == NULL || at == text.ptr)
        return false;
    out->user = slice_between(text.ptr, at);
    s         = scan_from(slice_between(at + 1, text.ptr + text.len));
    return scan_host(&s, &out->domain) && scan_at_end(&s);
}

bool third_party_parse(struct slice text, struct third_party *out)
{
    struct scan  s = scan_from(text);
    struct slice who, whom;

    if (!scan_until(&s, " \t", &who) || !scan_lws(&s))
        return false;
    whom = scan_rest(&s);
    if (!parse_user(who, &out->who) || is_star(out->who.user))
        return false;
    out->whom = (struct third_party_user){ SLICE("*"), SLICE("*") };
    return is_star(whom) || (memchr(whom.ptr, ' ', whom.len) == NULL && parse_user(whom, &out->whom));
}

static bool is_same(struct third_party_user a, struct third_party_user b)
{
    return slice_eq(a.user, b.user) && slice_eq_nocase(a.domain, b.domain);
}

static bool covers(struct third_party_user rule, struct third_party_user whom)
{
    return (is_star(rule.user) || slice_eq(rule.user, whom.user)) &&
           (is_star(rule.domain) || slice_eq_nocase(rule.domain, whom.domain));
}

bool third_party_allows(const struct slice *rules, size_t count, struct third_party_user who,
                        struct third_party_user whom)
{
    struct third_party rule;

    for (size_t i = 0; i < count; i++)
        if (third_party_parse(rules[i], &rule) && is_same(rule.who, who) && covers(rule.whom, whom))
            return true;
    return false;
}
