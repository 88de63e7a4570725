/* SPDX-License-Identifier: BSD-2-Clause */
#include "load/plan.h"

#include "base/address.h"
#include "base/scan.h"
#include "sip/uri.h"

enum { SECOND = 1000, MINUTE = 60 * SECOND, HOUR = 60 * MINUTE, DAY = 24 * HOUR };
enum { USUAL_DURATION = 10 * SECOND, USUAL_TIMEOUT = 32 * SECOND, SLOW = 4 * SECOND, WIDTH_MAX = 20 };

static const char *const scenario_names[] = { "register", "options", "message", "invite" };

const char *load_scenario_name(enum load_scenario scenario)
{
    return scenario_names[scenario];
}

/* What is being read, for complaints. */
struct reader {
    const struct load_settings *settings;
    struct buf                 *why;
    bool                        bad;
};

static void fault(struct reader *r, const char *what, const char *text)
{
    if (r->bad) /* the first is enough */
        return;
    r->bad = true;
    buf_put(r->why, slice_from(what));
    if (text != NULL) {
        buf_put(r->why, SLICE(", not '"));
        buf_put(r->why, slice_from(text));
        buf_put_byte(r->why, '\'');
    }
}

static void fault_of(struct reader *r, enum load_option option, const char *wanted)
{
    char       text[160];
    struct buf b = BUF_ON(text);

    buf_put(&b, SLICE("--"));
    buf_put(&b, slice_from(load_option_table()[option].name));
    buf_put(&b, SLICE(" wants "));
    buf_put(&b, slice_from(wanted));
    fault(r, buf_cstr(&b), r->settings->values[option]);
}

static bool is_given(const struct reader *r, enum load_option option)
{
    const char *value = r->settings->values[option];

    return value != NULL && (load_option_table()[option].argument != NULL || strcmp(value, "yes") == 0);
}

static uint32_t number(struct reader *r, enum load_option option, uint32_t least, uint32_t most, uint32_t otherwise)
{
    const char *text = r->settings->values[option];
    struct scan s    = scan_from(slice_from(text == NULL ? "" : text));
    char        range[64];
    struct buf  b = BUF_ON(range);
    uint32_t    n;

    if (text == NULL)
        return otherwise;
    if (scan_number(&s, most, &n) && scan_at_end(&s) && n >= least)
        return n;
    buf_put(&b, SLICE("a number from "));
    buf_put_number(&b, least);
    buf_put(&b, SLICE(" to "));
    buf_put_number(&b, most);
    fault_of(r, option, buf_cstr(&b));
    return otherwise;
}

static msec unit_of(struct slice text)
{
    if (text.len == 0 || slice_eq(text, SLICE("s")))
        return SECOND;
    if (slice_eq(text, SLICE("ms")))
        return 1;
    if (slice_eq(text, SLICE("m")))
        return MINUTE;
    return slice_eq(text, SLICE("h")) ? HOUR : 0;
}

static msec period(struct reader *r, enum load_option option, msec least, msec otherwise)
{
    const char *text = r->settings->values[option];
    struct scan s    = scan_from(slice_from(text == NULL ? "" : text));
    uint32_t    n;
    msec        unit;

    if (text == NULL)
        return otherwise;
    if (scan_number(&s, UINT32_MAX, &n)) {
        unit = unit_of(scan_rest(&s));
        if (unit > 0 && n * unit >= least && n * unit <= (msec)DAY)
            return n * unit;
    }
    fault_of(r, option, least > 0 ? "a time like 10s, 500ms or 2m" : "a time like 0, 10s, 500ms or 2m");
    return otherwise;
}

/* ---- who ---- */

static bool is_name_byte(char c)
{
    return is_alnum_byte(c) || (c != '\0' && strchr("-_.!~*'()&=+$,;?/", c) != NULL); /* RFC 3261 25.1, user */
}

static bool take_text(struct scan *s, char out[LOAD_NAME_SIZE])
{
    size_t len = 0;

    while (!scan_at_end(s) && *s->at != '%') {
        if (!is_name_byte(*s->at) || len + 1 >= LOAD_NAME_SIZE / 2)
            return false;
        out[len++] = *s->at++;
    }
    out[len] = '\0';
    return true;
}

/* "u%08u" */
static void read_names(struct reader *r, struct load_plan *p)
{
    const char *text  = is_given(r, LOAD_USER_FORMAT) ? r->settings->values[LOAD_USER_FORMAT] : "u%08u";
    struct scan s     = scan_from(slice_from(text));
    uint32_t    width = 0;
    bool        good  = take_text(&s, p->name_head) && scan_byte(&s, '%');

    p->name_zeros = good && scan_byte(&s, '0');
    if (good && !scan_at_end(&s) && is_digit_byte(*s.at))
        good = scan_number(&s, WIDTH_MAX, &width);
    p->name_width = width;
    if (!good || !(scan_byte(&s, 'u') || scan_byte(&s, 'd')) || (p->name_width > 0 && !p->name_zeros) ||
        !take_text(&s, p->name_tail) || !scan_at_end(&s))
        fault_of(r, LOAD_USER_FORMAT, "a name with one %u in it, or %08u for eight digits");
}

void load_plan_user(const struct load_plan *p, uint32_t user, struct buf *out)
{
    char       memory[WIDTH_MAX];
    struct buf digits = BUF_ON(memory);

    buf_put_number(&digits, user);
    buf_put(out, slice_from(p->name_head));
    for (size_t i = digits.len; i < p->name_width; i++)
        buf_put_byte(out, '0');
    buf_put(out, buf_slice(&digits));
    buf_put(out, slice_from(p->name_tail));
}

/* ---- where ---- */

static bool keep(char out[LOAD_HOST_SIZE], struct slice text)
{
    if (text.len >= LOAD_HOST_SIZE)
        return false;
    memcpy(out, text.ptr, text.len);
    out[text.len] = '\0';
    return true;
}

/* "host", "host:port", "[::1]:5060", with or without "sip:" before it. */
static bool read_place(const char *text, struct uri *uri, char memory[LOAD_HOST_SIZE + 8])
{
    struct buf b = buf_on(memory, LOAD_HOST_SIZE + 8);

    if (strncmp(text, "sip:", 4) != 0)
        buf_put(&b, SLICE("sip:"));
    buf_put(&b, slice_from(text));
    return buf_ok(&b) && uri_parse(buf_slice(&b), uri) && uri->scheme == URI_SIP && !uri->has_user &&
           uri->params.len == 0 && uri->headers.len == 0;
}

static struct slice without_brackets(struct slice host)
{
    return host.len > 2 && *host.ptr == '[' ? (struct slice){ host.ptr + 1, host.len - 2 } : host;
}

static void read_target(struct reader *r, struct load_plan *p)
{
    const char  *target = r->settings->target, *server = r->settings->values[LOAD_SERVER];
    char         memory[LOAD_HOST_SIZE + 8];
    struct uri   uri;
    struct slice domain;

    if (target == NULL)
        target = server;
    if (target == NULL) {
        fault(r, "whom? a TARGET is wanted: the domain, or the address, of a server", NULL);
        return;
    }
    if (!read_place(target, &uri, memory)) {
        fault(r, "a TARGET is a host, host:port or sip:host", target);
        return;
    }
    domain = slice_between(uri.host.ptr, uri.text.ptr + uri.text.len);
    if (!keep(p->domain, r->settings->target != NULL ? domain : uri.host))
        fault(r, "the TARGET is too long", target);
    if (server != NULL && !read_place(server, &uri, memory)) {
        fault_of(r, LOAD_SERVER, "a host or host:port");
        return;
    }
    p->port = uri.port != 0 ? uri.port : transport_default_port(p->transport);
    if (!keep(p->server, without_brackets(uri.host)))
        fault(r, "the server's name is too long", server);
}

static void read_way(struct reader *r, struct load_plan *p)
{
    const char *transport = r->settings->values[LOAD_TRANSPORT], *local = r->settings->values[LOAD_LOCAL];

    p->transport = transport == NULL ? TRANSPORT_UDP : transport_parse(slice_from(transport));
    if (p->transport == TRANSPORT_NONE) {
        fault_of(r, LOAD_TRANSPORT, "udp, tcp, tls, ws or wss");
        p->transport = TRANSPORT_UDP;
    }
    if (local != NULL && !address_parse(slice_from(local), &p->local))
        fault_of(r, LOAD_LOCAL, "an IP address, or one with a port");
    if (local != NULL && p->transport != TRANSPORT_UDP)
        fault(r, "--local is for UDP", NULL);
    p->connections = number(r, LOAD_CONNECTIONS, 1, 60000, 1);
    read_target(r, p);
}

/* ---- how many, how fast, how long ---- */

static void read_rate(struct reader *r, struct load_plan *p)
{
    msec     longest = p->hold + p->ring + SLOW;
    uint64_t room;

    p->pace.rate = (double)number(r, LOAD_RATE, 1, 1000000, 0);
    p->pace.ramp = (uint64_t)period(r, LOAD_RAMP, 0, 0) * 1000;
    room         = (uint64_t)(p->pace.rate * (double)longest / SECOND) + 64;
    p->pace.window =
        number(r, LOAD_WINDOW, 1, LOAD_WINDOW_MAX, (uint32_t)(room < LOAD_WINDOW_MAX ? room : LOAD_WINDOW_MAX));
    p->count    = number(r, LOAD_COUNT, 1, UINT32_MAX, 0);
    p->warm_up  = period(r, LOAD_WARM_UP, 0, 0);
    p->duration = period(r, LOAD_DURATION, 1, p->count > 0 || !p->callers ? 0 : USUAL_DURATION);
}

static bool read_scenario(struct reader *r, struct load_plan *p)
{
    const char *name = r->settings->scenario;

    for (unsigned i = 0; name != NULL && i < sizeof scenario_names / sizeof *scenario_names; i++)
        if (strcmp(name, scenario_names[i]) == 0) {
            p->scenario = (enum load_scenario)i;
            return true;
        }
    fault(r, "what? register, options, message or invite is wanted", name);
    return false;
}

/* Which side we play: a server alone needs no callees. */
static void read_sides(struct reader *r, struct load_plan *p)
{
    bool calls = p->scenario == LOAD_OF_MESSAGE || p->scenario == LOAD_OF_INVITE;

    if (is_given(r, LOAD_CALLER_ONLY) && is_given(r, LOAD_CALLEE_ONLY))
        fault(r, "--caller-only and --callee-only are two runs", NULL);
    if (!calls && (is_given(r, LOAD_CALLER_ONLY) || is_given(r, LOAD_CALLEE_ONLY)))
        fault(r, "--caller-only and --callee-only are for message and invite", NULL);
    p->callers   = !is_given(r, LOAD_CALLEE_ONLY);
    p->callees   = calls && !is_given(r, LOAD_CALLER_ONLY);
    p->registers = p->callees && !is_given(r, LOAD_NO_REGISTER);
    p->keeps     = is_given(r, LOAD_KEEP);
    p->shuffles  = is_given(r, LOAD_SHUFFLE);
    p->media     = is_given(r, LOAD_MEDIA);
    p->force     = is_given(r, LOAD_FORCE);
    p->progress  = is_given(r, LOAD_PROGRESS);
    p->json      = is_given(r, LOAD_JSON);
    if (p->shuffles && p->scenario != LOAD_OF_REGISTER)
        fault(r, "--shuffle is for register", NULL);
    if (p->media && p->scenario != LOAD_OF_INVITE)
        fault(r, "--media is for invite", NULL);
}

static void read_rest(struct reader *r, struct load_plan *p)
{
    p->users         = number(r, LOAD_USERS, 1, LOAD_USERS_MAX, 1000);
    p->first         = number(r, LOAD_FIRST, 0, UINT32_MAX - LOAD_USERS_MAX, 0);
    p->expires       = number(r, LOAD_EXPIRES, 1, UINT32_MAX, 3600);
    p->timeout       = period(r, LOAD_TIMEOUT, 100, USUAL_TIMEOUT);
    p->ring          = period(r, LOAD_RING, 0, 0);
    p->hold          = period(r, LOAD_HOLD, 0, 0);
    p->size          = number(r, LOAD_SIZE, 0, 60000, 32);
    p->max_errors    = number(r, LOAD_MAX_ERRORS, 0, UINT32_MAX, 0);
    p->tls_no_verify = is_given(r, LOAD_TLS_NO_VERIFY);
    read_names(r, p);
}

/* Two REGISTERs of one user that overtake each other are an error of ours. */
static void hold_together(struct reader *r, struct load_plan *p)
{
    if (p->scenario == LOAD_OF_REGISTER && p->pace.window > p->users)
        p->pace.window = p->users;
    if (p->registers &&
        (uint64_t)p->warm_up + (uint64_t)p->duration + (uint64_t)p->hold > (uint64_t)p->expires * SECOND)
        fault(r, "the registrations would end before the run: --expires is too short for --duration", NULL);
}

bool load_plan_make(struct load_plan *p, const struct load_settings *s, struct buf *why)
{
    struct reader r = { s, why, false };

    *p = (struct load_plan){ 0 };
    if (!read_scenario(&r, p))
        return false;
    read_sides(&r, p);
    read_way(&r, p);
    read_rest(&r, p);
    read_rate(&r, p);
    hold_together(&r, p);
    return !r.bad;
}
