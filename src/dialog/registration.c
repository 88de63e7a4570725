/* SPDX-License-Identifier: BSD-2-Clause */
#include "dialog/registration.h"

#include "base/error.h"
#include "dialog/pace.h"
#include "dialog/refusal.h"
#include "dialog/register_pace.h"

enum {
    MEMORY_MAX  = 64 * 1024,
    SAID_MAX    = 16 * 1024,
    FOUND_MAX   = 8 * 1024,
    ROUNDS_MAX  = 8,             /* answers to 401, 407 and 423 in one attempt  */
    EXPIRES_MAX = 7 * 24 * 3600, /* the longest Min-Expires that we follow      */
};

static unsigned send(struct registration *r)
{
    r->state = r->remove ? REGISTRATION_REMOVING : REGISTRATION_TRYING;
    r->open  = true;
    r->at    = NEVER;
    r->sent  = r->config.contact;
    return REGISTRATION_SEND;
}

/* Whom the user named is asked first, in each attempt. */
static void go_home(struct registration *r)
{
    arena_fini(&r->found);
    arena_init(&r->found, NULL, 0, FOUND_MAX);
    elsewhere_restart(&r->targets);
    elsewhere_next(&r->targets, &r->target);
}

static unsigned begin(struct registration *r)
{
    auth_begin(&r->auth);
    r->rounds     = 0;
    r->kept_until = NEVER;
    go_home(r);
    return send(r);
}

/* RFC 3608 6.1: what a registrar said holds no longer than the registration. */
static void forget(struct registration *r)
{
    arena_fini(&r->said);
    arena_init(&r->said, NULL, 0, SAID_MAX);
    r->answer     = (struct register_answer){ 0 };
    r->expires_at = NEVER;
}

static unsigned removed(struct registration *r)
{
    forget(r);
    r->state = REGISTRATION_REMOVED;
    r->at    = NEVER;
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
    if (r->state == REGISTRATION_REMOVING) {
        r->kept_until = r->expires_at;
        return removed(r);
    }
    if (r->remove)
        return r->expires_at == NEVER ? removed(r) : begin(r);
    if (has_moved(r)) /* what was sent from the old place says nothing about the new one */
        return begin(r);
    r->failures++;
    if (!register_is_final(status, retry_after)) {
        r->state = REGISTRATION_WAITING;
        r->at    = now + register_back_off(r->failures, r->backed_up, retry_after, random);
    } else {
        forget(r);
        r->state = REGISTRATION_REFUSED;
        r->at    = NEVER;
    }
    return REGISTRATION_TELL_FAILED;
}

static uint32_t reg_id_now(const struct registration *r)
{
    return r->plain ? 0 : r->config.reg_id;
}

/* Whatever it says of this contact takes the place of what was said before. */
static void take_answer(struct registration *r, const struct message *response)
{
    struct registrant who = {
        .contact = r->sent, .instance = r->config.instance, .reg_id = reg_id_now(r), .asked = r->asked
    };
    struct arena said;

    arena_init(&said, NULL, 0, SAID_MAX);
    register_answer_read(&r->answer, response, &who, &said);
    arena_fini(&r->said);
    r->said = said;
}

static unsigned on_success(struct registration *r, const struct message *response, uint32_t random, msec now)
{
    bool     refreshed = r->expires_at != NEVER && r->failures == 0;
    uint32_t granted;
    unsigned told;

    r->open   = false;
    r->status = response->status;
    if (r->state == REGISTRATION_REMOVING)
        return removed(r);
    take_answer(r, response);
    granted = r->answer.expires;
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
    told = refreshed ? REGISTRATION_TELL_REFRESHED : REGISTRATION_TELL_REGISTERED;
    if (has_moved(r))
        return begin(r) | told;
    r->state = REGISTRATION_REGISTERED;
    r->at    = now + pace_refresh_after(granted, random);
    return told;
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

/* 8.1.3.4: what is not to be had there (`response` NULL: nobody has answered) may be had where a 3xx sends us, in this
 * attempt, the best Contact first; nobody is asked twice, and from sips never another. */
static bool go_elsewhere(struct registration *r, const struct message *response)
{
    enum refusal_outside what = response == NULL ? OUTSIDE_END : refusal_of(response->status)->outside;

    if (what == OUTSIDE_LAST)
        return false;
    if (what == OUTSIDE_FOLLOW)
        elsewhere_follow(&r->targets, &r->found, response);
    if (!elsewhere_next(&r->targets, &r->target))
        return false;
    auth_begin(&r->auth);
    return true;
}

/* RFC 5626 6: the first hop would not keep the flow.  Registered the plain way, it may be enough. */
static bool give_up_outbound(struct registration *r)
{
    if (reg_id_now(r) != 1)
        return false;
    r->plain = true;
    return true;
}

/* Is there a better question? */
static bool ask_again(struct registration *r, const struct auth_secret *secret, const struct message *response)
{
    unsigned status = response->status;

    if (r->rounds++ >= ROUNDS_MAX)
        return false;
    if ((status == 401 || status == 407) && auth_challenged(&r->auth, secret, response) == AUTH_RETRY)
        return true;
    if (status == 439 && give_up_outbound(r))
        return true;
    if (status == 423 && r->state != REGISTRATION_REMOVING && raise_expires(r, response))
        return true;
    return go_elsewhere(r, response);
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

    *r = (struct registration){
        .expires_at = NEVER, .at = NEVER, .kept_until = NEVER, .cseq = config->first_cseq, .asked = config->expires
    };
    arena_init(&r->arena, NULL, 0, MEMORY_MAX);
    arena_init(&r->contacts, NULL, 0, MEMORY_MAX);
    arena_init(&r->said, NULL, 0, SAID_MAX);
    arena_init(&r->found, NULL, 0, FOUND_MAX);
    auth_init(&r->auth);
    *copy           = *config;
    copy->aor       = arena_copy(&r->arena, config->aor);
    copy->registrar = arena_copy(&r->arena, config->registrar);
    copy->route     = arena_copy(&r->arena, config->route);
    copy->contact   = arena_copy(&r->contacts, config->contact);
    copy->call_id   = arena_copy(&r->arena, config->call_id);
    copy->from_tag  = arena_copy(&r->arena, config->from_tag);
    copy->instance  = arena_copy(&r->arena, config->instance);
    r->target       = copy->registrar;
    elsewhere_begin(&r->targets, copy->registrar);
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
    arena_fini(&r->said);
    arena_fini(&r->found);
}

void registration_ask(struct registration *r, uint32_t expires)
{
    r->asked = expires;
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

unsigned registration_give_up(struct registration *r)
{
    if (!r->remove || r->state == REGISTRATION_REMOVED)
        return 0;
    r->open       = false;
    r->status     = 408;
    r->kept_until = r->expires_at;
    return removed(r);
}

unsigned registration_on_response(struct registration *r, const struct auth_secret *secret, struct hasher *hasher,
                                  const struct message *response, uint32_t random, msec now)
{
    unsigned status = response->status;

    if (!r->open || status < 200)
        return 0;
    r->impostor = status < 300 && auth_answered(&r->auth, secret, hasher, r->target, response) == AUTH_WORD_FALSE;
    if (r->impostor)
        return fail(r, 500, 0, random, now);
    if (status < 300)
        return on_success(r, response, random, now);
    if (ask_again(r, secret, response))
        return send(r);
    return fail(r, status, retry_after_of(response), random, now);
}

unsigned registration_on_silence(struct registration *r, unsigned status, uint32_t random, msec now)
{
    if (!r->open)
        return 0;
    if (r->rounds++ < ROUNDS_MAX && go_elsewhere(r, NULL))
        return send(r);
    return fail(r, status, 0, random, now);
}

bool registration_is_alive(const struct registration *r, msec now)
{
    return r->expires_at != NEVER && now < r->expires_at;
}

unsigned registration_on_timer(struct registration *r, msec now)
{
    return !r->open && now >= r->at ? begin(r) : 0;
}

msec registration_deadline(const struct registration *r)
{
    return r->at;
}

/* Ours, and the one it takes the place of; of a flow the registrar knows itself which that is. */
static void put_contacts(const struct registration *r, struct gather *g)
{
    size_t      mark = gather_mark(g);
    struct buf *b    = &g->scratch;

    buf_put(b, SLICE("Contact: <"));
    buf_put(b, r->sent);
    buf_put(b, SLICE(">"));
    if (r->config.instance.len > 0)
        buf_printf(b, ";+sip.instance=\"%.*s\"", SLICE_ARG(r->config.instance));
    if (reg_id_now(r) != 0)
        buf_printf(b, ";reg-id=%u", (unsigned)reg_id_now(r));
    if (r->known.len > 0 && !slice_eq(r->known, r->sent) && !r->answer.outbound) {
        buf_put(b, SLICE(", <"));
        buf_put(b, r->known);
        buf_put(b, SLICE(">;expires=0"));
    }
    buf_put(b, SLICE("\r\n"));
    gather_written(g, mark);
}

/* RFC 3327 5.1: whoever stands on the way may say so. */
static struct slice supported(const struct registration *r)
{
    if (r->config.instance.len == 0)
        return SLICE("path");
    return reg_id_now(r) == 0 ? SLICE("path, gruu") : SLICE("path, gruu, outbound");
}

int registration_write(struct registration *r, const struct auth_secret *secret, struct hasher *hasher,
                       const struct random *random, struct gather *g, struct request_start *out)
{
    struct request_head head = {
        .method      = METHOD_REGISTER,
        .target      = r->target,
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
    gather_header(g, HEADER_SUPPORTED, supported(r));
    gather_header_number(g, HEADER_EXPIRES, r->state == REGISTRATION_REMOVING ? 0 : r->asked);
    auth_write(&r->auth, secret, hasher, random, METHOD_REGISTER, r->target, SLICE(""), g);
    return 0;
}
