/* SPDX-License-Identifier: BSD-2-Clause */
#include "route/number_rule.h"

#include <stdio.h>

/* ---- who calls ---- */

static bool is_trunk(struct slice text, struct slice *name)
{
    struct scan s = scan_from(text);

    return scan_exact(&s, SLICE("trunk:")) && scan_token(&s, name) && scan_at_end(&s);
}

static bool split_user(struct slice text, struct slice *user, struct slice *domain)
{
    const char *at = text.len > 0 ? memrchr(text.ptr, '@', text.len) : NULL;
    struct scan s;

    if (at == NULL || at == text.ptr)
        return false;
    *user = slice_between(text.ptr, at);
    s     = scan_from(slice_between(at + 1, text.ptr + text.len));
    return scan_host(&s, domain) && scan_at_end(&s);
}

bool number_caller_is_good(struct slice text)
{
    struct slice name, user, domain;

    return is_trunk(text, &name) || split_user(text, &user, &domain);
}

static bool is_caller(struct slice rule, const struct number_caller *caller)
{
    struct slice name, user, domain;

    if (is_trunk(rule, &name))
        return caller->trunk.len > 0 && slice_eq(name, caller->trunk);
    return split_user(rule, &user, &domain) && caller->user.len > 0 && slice_eq_nocase(domain, caller->domain) &&
           (slice_eq(user, SLICE("*")) || slice_eq(user, caller->user));
}

static bool is_for(const struct number_rule *rule, const struct number_caller *caller)
{
    for (size_t i = 0; i < rule->from_count; i++)
        if (is_caller(rule->from[i], caller))
            return true;
    return rule->from_count == 0;
}

/* ---- one rule ---- */

static bool begins_with(struct slice text, struct slice prefix)
{
    return text.len >= prefix.len && slice_eq((struct slice){ text.ptr, prefix.len }, prefix);
}

static enum pattern_result fits(const struct number_rule *rule, struct slice number)
{
    if (rule->match != NULL)
        return pattern_match(rule->match, number);
    return begins_with(number, rule->prefix) ? PATTERN_FITS : PATTERN_DIFFERS;
}

/* Who calls "sip:sip%3Aeve%40evil.test@ours" has not written a rule. */
static bool makes_uri(const struct number_rule *rule)
{
    struct scan s = scan_from(rule->replace);

    return rule->replaces &&
           (scan_word(&s, SLICE("sip:")) || scan_word(&s, SLICE("sips:")) || scan_word(&s, SLICE("tel:")));
}

/* Of one that fits.  In a URI that the operator has written a group is (part of) the user, whatever the caller has put
 * there: "x@evil.test;" has no say in the host. */
static enum pattern_result rewrite(const struct number_rule *rule, struct slice number, struct buf *out)
{
    size_t strip = rule->strip < number.len ? rule->strip : number.len;

    if (rule->replaces && rule->match != NULL)
        return pattern_replace(rule->match, number, rule->replace, makes_uri(rule) ? uri_write_user : buf_put, out);
    if (rule->replaces) {
        buf_put(out, rule->replace);
        return PATTERN_FITS;
    }
    buf_put(out, rule->prepend);
    buf_put(out, slice_between(number.ptr + strip, number.ptr + number.len));
    return PATTERN_FITS;
}

static void say(struct explain *e, const struct number_rule *rule, enum number_outcome outcome, struct slice before,
                struct slice after)
{
    char        memory[EXPLAIN_PLACE];
    const char *place = e != NULL ? explain_place(e, rule->line, memory) : "";

    switch (outcome) {
    case NUMBER_SAME:
        explain_step(e, place, "number rule '%.*s' does not fit %.*s", SLICE_ARG(rule->name), SLICE_ARG(before));
        break;
    case NUMBER_CHANGED:
        explain_step(e, place, "number rule '%.*s' fits: %.*s becomes %.*s", SLICE_ARG(rule->name), SLICE_ARG(before),
                     SLICE_ARG(after));
        break;
    case NUMBER_REJECTED:
        explain_step(e, place, "number rule '%.*s' fits: %.*s is rejected with %u", SLICE_ARG(rule->name),
                     SLICE_ARG(before), rule->reject);
        break;
    case NUMBER_FAILED:
        explain_step(e, place, "number rule '%.*s' takes too long, or makes too much, of %.*s", SLICE_ARG(rule->name),
                     SLICE_ARG(before));
        break;
    }
}

/* What is left of `number` is in `out` if it has changed. */
static enum number_outcome apply(const struct number_rule *rule, struct slice number,
                                 const struct number_caller *caller, struct buf *out)
{
    enum pattern_result result = is_for(rule, caller) ? fits(rule, number) : PATTERN_DIFFERS;

    if (result == PATTERN_FITS && rule->reject != 0)
        return NUMBER_REJECTED;
    if (result == PATTERN_FITS)
        result = rewrite(rule, number, out);
    if (result == PATTERN_DIFFERS)
        return NUMBER_SAME;
    return result == PATTERN_FITS && buf_ok(out) && out->len > 0 ? NUMBER_CHANGED : NUMBER_FAILED;
}

/* ---- all of them ---- */

enum number_outcome number_rules_apply(const struct number_rule *rules, size_t count, struct slice number,
                                       const struct number_caller *caller, char memory[NUMBER_TEXT],
                                       struct slice *result, const struct number_rule **by, struct explain *e)
{
    enum number_outcome so_far = NUMBER_SAME;
    char                next[NUMBER_TEXT];

    *result = number;
    *by     = NULL;
    for (size_t i = 0; i < count; i++) {
        struct buf          out     = BUF_ON(next);
        enum number_outcome outcome = apply(&rules[i], *result, caller, &out);

        say(e, &rules[i], outcome, *result, buf_slice(&out));
        if (outcome == NUMBER_SAME)
            continue;
        *by = &rules[i];
        if (outcome != NUMBER_CHANGED)
            return outcome;
        memcpy(memory, next, out.len);
        *result = (struct slice){ memory, out.len };
        so_far  = NUMBER_CHANGED;
        if (!rules[i].more)
            break;
    }
    return so_far;
}

/* ---- numbers and URIs ---- */

static bool is_separator(char c)
{
    return c != '\0' && strchr("-.()", c) != NULL;
}

static bool is_dialled(char c)
{
    return c != '\0' && strchr("0123456789+*#", c) != NULL;
}

/* "+49 (30)", "112", "*21#": it is dialled rather than a name. */
static bool is_number(struct slice text)
{
    size_t digits = 0;

    for (size_t i = 0; i < text.len; i++) {
        if (!is_dialled(text.ptr[i]) && !is_separator(text.ptr[i]))
            return false;
        digits += is_dialled(text.ptr[i]);
    }
    return digits > 0;
}

static struct slice without_params(struct slice user)
{
    const char *end = user.len > 0 ? memchr(user.ptr, ';', user.len) : NULL;

    return end != NULL ? slice_between(user.ptr, end) : user;
}

struct slice number_of_uri(const struct uri *uri, char memory[NUMBER_TEXT])
{
    char         plain[NUMBER_TEXT];
    struct buf   unescaped = BUF_ON(plain), b = buf_on(memory, NUMBER_TEXT);
    struct slice text, number;
    bool         phone;

    if (uri->scheme == URI_OTHER)
        return SLICE("");
    uri_write_unescaped(&unescaped, uri->user);
    if (!buf_ok(&unescaped))
        return SLICE("");
    text   = buf_slice(&unescaped);
    number = without_params(text);
    phone  = is_number(number); /* with user=phone or without it: so do routes (destination_number) */
    if (phone)
        text = number;
    for (size_t i = 0; i < text.len; i++)
        if (!phone || !is_separator(text.ptr[i]))
            buf_put_byte(&b, text.ptr[i]);
    return buf_slice(&b);
}

static bool is_plain_sip(struct slice uri)
{
    struct scan s = scan_from(uri);

    return scan_word(&s, SLICE("sip:"));
}

static void put_uri(struct buf *b, struct slice uri, bool secure)
{
    if (!secure || !is_plain_sip(uri)) {
        buf_put(b, uri);
        return;
    }
    buf_put(b, SLICE("sips"));
    buf_put(b, slice_between(uri.ptr + sizeof "sip" - 1, uri.ptr + uri.len));
}

bool number_write_uri(struct buf *b, struct slice result, const struct number_rule *by, const struct uri *asked,
                      struct slice domain)
{
    bool       global = is_number(result) && result.ptr[0] == '+';
    struct uri uri;

    if (makes_uri(by)) {
        put_uri(b, result, asked->scheme == URI_SIPS);
    } else if (asked->scheme == URI_TEL && global) {
        buf_put(b, SLICE("tel:"));
        buf_put(b, result);
    } else {
        buf_put(b, asked->scheme == URI_SIPS ? SLICE("sips:") : SLICE("sip:"));
        uri_write_user(b, result);
        buf_put_byte(b, '@');
        buf_put(b, domain);
        buf_put(b, global ? SLICE(";user=phone") : SLICE(""));
    }
    return buf_ok(b) && uri_parse(buf_slice(b), &uri);
}
