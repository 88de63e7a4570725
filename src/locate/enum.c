/* SPDX-License-Identifier: BSD-2-Clause */
#include "locate/enum.h"

#include "base/error.h"
#include "base/limits.h"
#include "locate/naptr.h"
#include "locate/rewrite.h"
#include "locate/srv.h"

/* --- the number --- */

static bool is_separator(char c)
{
    return c == '-' || c == '.' || c == '(' || c == ')' || c == ' '; /* RFC 3966 3, visual-separator */
}

/* RFC 6116 3.1: "minus any non-digit characters except for the '+'". */
static bool write_number(struct buf *out, struct slice text)
{
    unsigned digits = 0;

    if (text.len == 0 || text.ptr[0] != '+')
        return false;
    buf_put_byte(out, '+');
    for (size_t i = 1; i < text.len && text.ptr[i] != ';'; i++) {
        if (is_separator(text.ptr[i]))
            continue;
        if (text.ptr[i] < '0' || text.ptr[i] > '9')
            return false;
        buf_put_byte(out, text.ptr[i]);
        digits++;
    }
    return digits > 0 && digits <= ENUM_DIGITS && buf_ok(out);
}

bool enum_number(const struct uri *uri, struct buf *out)
{
    char         memory[4 * ENUM_DIGITS];
    struct buf   user = BUF_ON(memory);
    struct slice kind;

    switch (uri->scheme) {
    case URI_TEL:
        break;
    case URI_SIP:
    case URI_SIPS:
        if (!uri_param(uri, SLICE("user"), &kind) || !slice_eq_nocase(kind, SLICE("phone")))
            return false;
        break;
    case URI_OTHER:
        return false;
    }
    uri_write_unescaped(&user, uri->user);
    return buf_ok(&user) && write_number(out, buf_slice(&user));
}

/* --- what is to be tried --- */

static bool is_seen(const struct enum_lookup *e, struct slice name)
{
    for (unsigned i = 0; i < e->asked; i++)
        if (slice_eq_nocase((struct slice){ e->seen[i], e->seen_len[i] }, name))
            return true;
    return false;
}

/* Put `text` behind what is in `steps`, if there is room. */
static bool add_step(struct enum_step *steps, unsigned *count, bool is_uri, unsigned depth, struct slice text)
{
    struct enum_step *s;

    if (*count == ENUM_QUESTIONS || text.len > ENUM_TEXT)
        return false;
    s         = &steps[(*count)++];
    s->is_uri = is_uri;
    s->depth  = (uint8_t)depth;
    s->len    = (uint16_t)text.len;
    memcpy(s->text, text.ptr, text.len);
    return true;
}

static struct slice text_of(const struct enum_step *s)
{
    return (struct slice){ s->text, s->len };
}

static void drop_first(struct enum_lookup *e)
{
    e->step_count--;
    memmove(&e->steps[0], &e->steps[1], e->step_count * sizeof *e->steps);
}

/* --- records --- */

/* "E2U+sip", "E2U+voice:tel+sip"; and as it was written before (RFC 2916): "sip+E2U".
 * Case makes no difference (3.6). */
static bool is_sip_service(struct slice service)
{
    bool application = false, sip = false;

    while (service.len > 0) {
        const char  *plus  = memchr(service.ptr, '+', service.len);
        size_t       len   = plus != NULL ? (size_t)(plus - service.ptr) : service.len;
        struct slice token = { service.ptr, len };

        application |= slice_eq_nocase(token, SLICE("E2U"));
        sip |= slice_eq_nocase(token, SLICE("sip")) || slice_eq_nocase(token, SLICE("sips"));
        len += plus != NULL;
        service = (struct slice){ service.ptr + len, service.len - len };
    }
    return application && sip;
}

/* Does the record say where to go?  Then that is written. */
static bool leads_to(const struct enum_lookup *e, const struct record *r, struct buf *out)
{
    struct uri uri;

    return slice_eq_nocase(r->flags, SLICE("u")) && is_sip_service(r->service) &&
           rewrite(r->regexp, e->number, out) == 0 && uri_parse(buf_slice(out), &uri) &&
           (uri.scheme == URI_SIPS || (uri.scheme == URI_SIP && !e->secure));
}

static bool is_detour(const struct enum_lookup *e, const struct record *r, unsigned depth)
{
    return r->flags.len == 0 && !srv_is_root(r->target) && r->target.len <= SRV_NAME_MAX && depth < ENUM_DEPTH &&
           !is_seen(e, r->target);
}

/* The steps that these records give, before those that were there; behind a URI nothing
 * will be tried. */
static void take_records(struct enum_lookup *e, const struct record *records, size_t count, unsigned depth)
{
    struct enum_step before[ENUM_QUESTIONS];
    unsigned         old = e->step_count, n = 0;
    uint8_t          order[LIMIT_LIST];
    size_t           known = naptr_order(records, count, order, LIMIT_LIST);

    memcpy(before, e->steps, old * sizeof *before);
    for (size_t i = 0; i < known; i++) {
        const struct record *r = &records[order[i]];
        char                 memory[ENUM_TEXT];
        struct buf           uri = BUF_ON(memory);

        if (is_detour(e, r, depth)) {
            (void)add_step(e->steps, &n, false, depth + 1, r->target);
        } else if (leads_to(e, r, &uri)) {
            (void)add_step(e->steps, &n, true, depth, buf_slice(&uri));
            old = 0;
            break;
        }
    }
    for (unsigned i = 0; i < old; i++)
        (void)add_step(e->steps, &n, before[i].is_uri, before[i].depth, text_of(&before[i]));
    e->step_count = n;
}

/* --- the machine --- */

static enum enum_action next(struct enum_lookup *e)
{
    for (; e->step_count > 0; drop_first(e)) {
        struct slice name = text_of(&e->steps[0]);

        if (e->steps[0].is_uri)
            return ENUM_DONE;
        if (e->asked == ENUM_QUESTIONS || is_seen(e, name))
            continue;
        memcpy(e->seen[e->asked], name.ptr, name.len);
        e->seen_len[e->asked++] = (uint16_t)name.len;
        return ENUM_ASK;
    }
    e->error = e->trouble != 0 ? e->trouble : -ERR_NAME;
    return ENUM_FAILED;
}

static enum enum_action fail(struct enum_lookup *e, int error)
{
    e->error = error;
    return ENUM_FAILED;
}

/* RFC 6116 3.2: "8.4.1.0.6.4.9.7.0.2.4.4" and the suffix. */
static void write_key(struct buf *b, const char *number, struct slice suffix)
{
    for (size_t i = strlen(number) - 1; i > 0; i--) {
        buf_put_byte(b, number[i]);
        buf_put_byte(b, '.');
    }
    if (suffix.len > 0 && suffix.ptr[0] == '.')
        suffix = (struct slice){ suffix.ptr + 1, suffix.len - 1 };
    buf_put(b, suffix);
}

enum enum_action enum_start(struct enum_lookup *e, const struct uri *uri, struct slice suffix)
{
    char       memory[ENUM_TEXT];
    struct buf key = BUF_ON(memory), number;

    e->error = e->trouble = 0;
    e->asked = e->step_count = 0;
    e->secure                = uri->scheme == URI_SIPS;
    number                   = buf_on(e->number, sizeof e->number - 1);
    if (!enum_number(uri, &number))
        return fail(e, -ERR_UNSUPPORTED);
    e->number[number.len] = '\0';
    write_key(&key, e->number, suffix);
    if (srv_is_root(suffix) || !buf_ok(&key) || key.len > SRV_NAME_MAX)
        return fail(e, -ERR_NAME);
    (void)add_step(e->steps, &e->step_count, false, 0, buf_slice(&key));
    return next(e);
}

struct slice enum_question(const struct enum_lookup *e)
{
    return text_of(&e->steps[0]);
}

enum enum_action enum_answer(struct enum_lookup *e, int error, const struct record *records, size_t count)
{
    unsigned depth;

    if (e->step_count == 0 || e->steps[0].is_uri)
        return e->step_count == 0 ? ENUM_FAILED : ENUM_DONE;
    depth = e->steps[0].depth;
    drop_first(e);
    if (error == 0)
        take_records(e, records, count, depth);
    else if (error != -ERR_NAME && e->trouble == 0)
        e->trouble = error;
    return next(e);
}

struct slice enum_uri(const struct enum_lookup *e)
{
    return text_of(&e->steps[0]);
}
