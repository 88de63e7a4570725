/* SPDX-License-Identifier: BSD-2-Clause */
#include "dialog/registration.h"

#include "base/error.h"

enum {
    MEMORY_MAX   = 64 * 1024,
    ROUNDS_MAX   = 8,             /* answers to 401, 407 and 423 in one attempt  */
    EXPIRES_MAX  = 7 * 24 * 3600, /* the longest Min-Expires that we follow      */
    BACKOFF_BASE = 30,            /* seconds, RFC 5626 4.5                       */
    BACKOFF_MAX  = 1800,
    MARGIN       = 32000, /* ms: what one REGISTER may take to time out  */
};

/* 0 .. below - 1 out of 32 random bits; the bias is of no interest here. */
static uint64_t scale(uint32_t random, uint64_t below)
{
    return ((uint64_t)random * below) >> 32;
}

/* Between 75 and 90 % of the interval; earlier if there would be no time left to
 * fail and try again, but not before half of it. */
static msec refresh_after(uint32_t granted, uint32_t random)
{
    msec length = (msec)granted * 1000;
    msec after  = length * 75 / 100 + scale(random, length * 15 / 100 + 1);

    if (after + MARGIN > length)
        after = length > MARGIN ? length - MARGIN : 0;
    return after < length / 2 ? length / 2 : after;
}

/* RFC 5626 4.5: between half and all of base * 2^failures. */
static msec back_off(unsigned failures, uint32_t retry_after, uint32_t random)
{
    uint64_t longest = BACKOFF_MAX, seconds;

    if (failures < 6 && (BACKOFF_BASE << failures) < BACKOFF_MAX)
        longest = (uint64_t)BACKOFF_BASE << failures;
    seconds = longest * 1000 / 2 + scale(random, longest * 1000 / 2 + 1);
    return seconds > (uint64_t)retry_after * 1000 ? seconds : (msec)retry_after * 1000;
}

/* Will the same request fare better later? */
static bool is_final(unsigned status)
{
    switch (status) {
    case 401:
    case 403:
    case 404:
    case 405:
    case 407:
    case 410:
    case 416:
    case 420:
    case 423:
    case 484:
    case 485:
    case 501:
    case 505:
        return true;
    }
    return status >= 600;
}

static unsigned send(struct registration *r)
{
    r->state = r->remove ? REGISTRATION_REMOVING : REGISTRATION_TRYING;
    r->open  = true;
    r->at    = NEVER;
    r->sent  = r->config.contact;
    return REGISTRATION_SEND;
}

static unsigned begin(struct registration *r)
{
    auth_begin(&r->auth);
    r->rounds = 0;
    return send(r);
}

static unsigned removed(struct registration *r)
{
    r->state      = REGISTRATION_REMOVED;
    r->expires_at = NEVER;
    r->at         = NEVER;
    return REGISTRATION_TELL_REMOVED;
}

/* Since the last REGISTER. */
static bool has_moved(const struct registration *r)
{
    return !slice_eq(r->sent, r->config.contact);
}

static unsigned fail(struct registration *r, unsigned status, uint32_t retry_after, uint32_t random, msec now)
{
    r->open   = false;
    r->status = status;
    if (r->state == REGISTRATION_REMOVING)
        return removed(r);
    if (r->remove)
        return r->expires_at == NEVER ? removed(r) : begin(r);
    if (has_moved(r)) /* what was sent from the old place says nothing about the new one */
        return begin(r);
    r->failures++;
    if (is_final(status)) {
        r->state = REGISTRATION_REFUSED;
        r->at    = NEVER;
    } else {
        r->state = REGISTRATION_WAITING;
        r->at    = now + back_off(r->failures, retry_after, random);
    }
    return REGISTRATION_TELL_FAILED;
}

/* Our Contact's expires parameter, else Expires, else what we asked for (10.2.4). */
static uint32_t granted_by(const struct registration *r, const struct message *response)
{
    struct header_values values = message_values(response, HEADER_CONTACT);
    uint32_t             expires;
    struct name_addr     contact;
    struct uri           ours;

    if (!message_number(response, HEADER_EXPIRES, &expires))
        expires = r->asked;
    if (!uri_parse(r->sent, &ours))
        return expires;
    while (values_next_name_addr(&values, &contact))
        if (uri_eq(&contact.uri, &ours))
            return contact_expires(&contact, expires);
    return expires;
}

static unsigned on_success(struct registration *r, const struct message *response, uint32_t random, msec now)
{
    bool     refreshed = r->expires_at != NEVER && r->failures == 0;
    uint32_t granted;
    unsigned tell;

    r->open   = false;
    r->status = response->status;
    if (r->state == REGISTRATION_REMOVING)
        return removed(r);
    granted = granted_by(r, response);
    if (granted == 0)
        return fail(r, 500, 0, random, now); /* a 2xx that keeps nothing */
    if (granted > EXPIRES_MAX)
        granted = EXPIRES_MAX;
    r->failures   = 0;
    r->granted    = granted;
    r->known      = r->sent;
    r->expires_at = now + (msec)granted * 1000;
    if (r->remove)
        return begin(r);
    tell = refreshed ? REGISTRATION_TELL_REFRESHED : REGISTRATION_TELL_REGISTERED;
    if (has_moved(r))
        return begin(r) | tell;
    r->state = REGISTRATION_REGISTERED;
    r->at    = now + refresh_after(granted, random);
    return tell;
}

/* A 423 (10.2.8): ask for longer. */
static bool raise_expires(struct registration *r, const struct message *response)
{
    uint32_t least;

    if (!message_number(response, HEADER_MIN_EXPIRES, &least) || least <= r->asked || least > EXPIRES_MAX)
        return false;
    r->asked = least;
    return true;
}

/* "120", "120;duration=60", "120 (at lunch)" (20.33). */
static uint32_t retry_after_of(const struct message *response)
{
    const struct header *h       = message_header(response, HEADER_RETRY_AFTER);
    uint32_t             seconds = 0;
    struct scan          s;

    if (h == NULL)
        return 0;
    s = scan_from(h->value);
    return scan_number(&s, 24 * 3600, &seconds) ? seconds : 0;
}

int registration_init(struct registration *r, const struct registration_config *config)
{
    struct registration_config *copy = &r->config;

    *r =
        (struct registration){ .expires_at = NEVER, .at = NEVER, .cseq = config->first_cseq, .asked = config->expires };
    arena_init(&r->arena, NULL, 0, MEMORY_MAX);
    arena_init(&r->contacts, NULL, 0, MEMORY_MAX);
    auth_init(&r->auth);
    *copy           = *config;
    copy->aor       = arena_copy(&r->arena, config->aor);
    copy->registrar = arena_copy(&r->arena, config->registrar);
    copy->route     = arena_copy(&r->arena, config->route);
    copy->contact   = arena_copy(&r->contacts, config->contact);
    copy->call_id   = arena_copy(&r->arena, config->call_id);
    copy->from_tag  = arena_copy(&r->arena, config->from_tag);
    if (arena_ok(&r->arena) && arena_ok(&r->contacts))
        return 0;
    registration_fini(r);
    return -ERR_NO_MEMORY;
}

void registration_fini(struct registration *r)
{
    auth_fini(&r->auth);
    arena_fini(&r->arena);
    arena_fini(&r->contacts);
}

int registration_move(struct registration *r, struct slice contact)
{
    struct arena fresh; /* what is no longer needed goes with the old one */
    struct slice copy, sent, known;

    arena_init(&fresh, NULL, 0, MEMORY_MAX);
    copy  = arena_copy(&fresh, contact);
    sent  = arena_copy(&fresh, r->sent);
    known = arena_copy(&fresh, r->known);
    if (!arena_ok(&fresh)) {
        arena_fini(&fresh);
        return -ERR_NO_MEMORY;
    }
    arena_fini(&r->contacts);
    r->contacts       = fresh;
    r->config.contact = copy;
    r->sent           = sent;
    r->known          = known;
    return 0;
}

unsigned registration_start(struct registration *r)
{
    r->remove = false;
    return r->open ? 0 : begin(r);
}

unsigned registration_remove(struct registration *r)
{
    if (r->remove || r->state == REGISTRATION_REMOVED)
        return 0;
    r->remove = true;
    if (r->open)
        return 0;
    return r->expires_at == NEVER ? removed(r) : begin(r);
}

unsigned registration_on_response(struct registration *r, const struct auth_secret *secret, struct hasher *hasher,
                                  const struct message *response, uint32_t random, msec now)
{
    unsigned status = response->status;

    if (!r->open || status < 200)
        return 0;
    r->impostor =
        status < 300 && auth_answered(&r->auth, secret, hasher, r->config.registrar, response) == AUTH_WORD_FALSE;
    if (r->impostor)
        return fail(r, 500, 0, random, now);
    if (status < 300)
        return on_success(r, response, random, now);
    if (r->rounds++ < ROUNDS_MAX) {
        if ((status == 401 || status == 407) && auth_challenged(&r->auth, secret, response) == AUTH_RETRY)
            return send(r);
        if (status == 423 && r->state != REGISTRATION_REMOVING && raise_expires(r, response))
            return send(r);
    }
    return fail(r, status, retry_after_of(response), random, now);
}

unsigned registration_on_silence(struct registration *r, unsigned status, uint32_t random, msec now)
{
    return r->open ? fail(r, status, 0, random, now) : 0;
}

unsigned registration_on_timer(struct registration *r, msec now)
{
    return !r->open && now >= r->at ? begin(r) : 0;
}

msec registration_deadline(const struct registration *r)
{
    return r->at;
}

/* Ours, and the one it takes the place of. */
static void put_contacts(const struct registration *r, struct gather *g)
{
    size_t      mark = gather_mark(g);
    struct buf *b    = &g->scratch;

    buf_put(b, SLICE("Contact: <"));
    buf_put(b, r->sent);
    buf_put(b, SLICE(">"));
    if (r->known.len > 0 && !slice_eq(r->known, r->sent)) {
        buf_put(b, SLICE(", <"));
        buf_put(b, r->known);
        buf_put(b, SLICE(">;expires=0"));
    }
    buf_put(b, SLICE("\r\n"));
    gather_written(g, mark);
}

int registration_write(struct registration *r, const struct auth_secret *secret, struct hasher *hasher,
                       const struct random *random, struct gather *g, struct request_start *out)
{
    struct request_head head = {
        .method      = METHOD_REGISTER,
        .target      = r->config.registrar,
        .from        = r->config.aor,
        .to          = r->config.aor,
        .from_tag    = r->config.from_tag,
        .call_id     = r->config.call_id,
        .cseq        = r->cseq++,
        .routes      = &r->config.route,
        .route_count = r->config.route.len > 0 ? 1 : 0,
    };
    int error = request_begin(g, &head, out);

    if (error != 0)
        return error;
    put_contacts(r, g);
    gather_header(g, HEADER_SUPPORTED, SLICE("path")); /* RFC 3327 5.1: whoever stands on the way may say so */
    gather_header_number(g, HEADER_EXPIRES, r->state == REGISTRATION_REMOVING ? 0 : r->asked);
    auth_write(&r->auth, secret, hasher, random, METHOD_REGISTER, r->config.registrar, SLICE(""), g);
    return 0;
}
