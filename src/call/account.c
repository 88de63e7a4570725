/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/error.h"
#include "call/methods.h"

#include <stdlib.h>

enum { ACCOUNT_MEMORY = 16 * 1024, TEXT_MAX = 1024, EXPIRES = 3600, TAG_LEN = 10, CALL_ID_LEN = 26 };

static void tell(struct account *a, enum phone_event_kind kind)
{
    a->pending |= 1u << kind;
    phone_wake(a->phone);
}

/* A response or nothing: what the machine makes of it. */
static void on_register(const struct client_user *u, object_id txn, enum client_event event, struct message *response,
                        int detail)
{
    struct phone   *p      = u->self;
    struct account *a      = account_find(p, u->owner);
    uint32_t        random = (uint32_t)random_u64(&p->world->random);
    msec            now    = world_now(p->world);
    unsigned        actions;

    if (a == NULL || a->txn != txn || (event == CLIENT_RESPONSE && response->status < 200))
        return;
    a->error = event == CLIENT_ERROR ? detail : 0;
    switch (event) {
    case CLIENT_RESPONSE:
        reason_set(&a->reason, response->reason);
        actions = registration_on_response(&a->registration, &a->secret, p->hasher, response, random, now);
        if (a->registration.impostor)
            reason_set(&a->reason, SLICE("whoever answered does not know the password"));
        account_perform(a, actions);
        if (response->status < 300 && !a->registration.impostor)
            account_path_found(a, response);
        return;
    case CLIENT_TIMEOUT:
        reason_set(&a->reason, SLICE("no response"));
        account_perform(a, registration_on_silence(&a->registration, 408, random, now));
        return;
    case CLIENT_ERROR:
        reason_set(&a->reason, slice_from(error_text(detail)));
        account_perform(a, registration_on_silence(&a->registration, 503, random, now));
        return;
    }
}

static int send_register(struct account *a)
{
    struct phone        *p = a->phone;
    struct gather       *g = &p->gather;
    struct request_start start;
    struct outgoing      out  = { 0 };
    struct client_user   user = { .fn = on_register, .self = p, .owner = a->id };
    int error = registration_write(&a->registration, &a->secret, p->hasher, &p->world->random, g, &start);

    if (error != 0)
        return error;
    put_allow(g);
    if (p->config.user_agent.len > 0)
        gather_header(g, HEADER_USER_AGENT, p->config.user_agent);
    gather_body(g, SLICE(""), SLICE(""));
    if (!gather_ok(g))
        return -ERR_TOO_LARGE;
    out.start_line  = start.start_line;
    out.rest        = g;
    out.method      = METHOD_REGISTER;
    out.destination = &start.destination;
    a->txn          = stack_request(p->stack, &out, &user);
    return a->txn == 0 ? -ERR_LIMIT : 0;
}

static void on_timer(struct timer *t, msec now)
{
    struct account *a = CONTAINER_OF(t, struct account, timer);

    account_perform(a, registration_on_timer(&a->registration, now));
}

void account_perform(struct account *a, unsigned actions)
{
    struct world *w = a->phone->world;

    if (actions & REGISTRATION_SEND) {
        int error = send_register(a);

        if (error != 0) {
            a->error = error;
            reason_set(&a->reason, slice_from(error_text(error)));
            actions |= registration_on_silence(&a->registration, 503, (uint32_t)random_u64(&w->random), world_now(w));
        }
    }
    if (actions & REGISTRATION_TELL_REGISTERED)
        tell(a, PHONE_REGISTERED);
    if (actions & REGISTRATION_TELL_REFRESHED)
        tell(a, PHONE_REFRESHED);
    if (actions & REGISTRATION_TELL_FAILED)
        tell(a, PHONE_REGISTER_FAILED);
    if (actions & REGISTRATION_TELL_REMOVED)
        tell(a, PHONE_UNREGISTERED);
    world_timer(w, &a->timer, on_timer, registration_deadline(&a->registration));
}

static struct slice make_party(struct account *a, struct slice display)
{
    char       text[TEXT_MAX];
    struct buf b = BUF_ON(text);

    if (display.len > 0) {
        buf_put_quoted(&b, display);
        buf_put_byte(&b, ' ');
    }
    buf_put_byte(&b, '<');
    buf_put(&b, a->aor);
    buf_put_byte(&b, '>');
    return buf_ok(&b) ? arena_copy(&a->arena, buf_slice(&b)) : (struct slice){ NULL, 0 };
}

/* <sip:proxy.example.test;lr>: a loose router, said or not. */
static struct slice make_route(struct account *a, const struct uri *proxy)
{
    char         text[TEXT_MAX];
    struct buf   b = BUF_ON(text);
    struct slice ignored;

    buf_put_byte(&b, '<');
    buf_put(&b, proxy->text);
    if (!uri_param(proxy, SLICE("lr"), &ignored))
        buf_put(&b, SLICE(";lr"));
    buf_put_byte(&b, '>');
    return buf_ok(&b) ? arena_copy(&a->arena, buf_slice(&b)) : (struct slice){ NULL, 0 };
}

/* The domain of the address-of-record (RFC 3261 10.2). */
static struct slice make_registrar(struct account *a)
{
    char       text[TEXT_MAX];
    struct buf b = BUF_ON(text);

    buf_put(&b, a->aor_uri.scheme_text);
    buf_put_byte(&b, ':');
    buf_put(&b, a->aor_uri.host);
    if (a->aor_uri.port != 0)
        buf_printf(&b, ":%u", (unsigned)a->aor_uri.port);
    buf_put(&b, a->aor_uri.params);
    return arena_copy(&a->arena, buf_slice(&b));
}

static bool is_sip(const struct uri *uri)
{
    return uri->scheme == URI_SIP || uri->scheme == URI_SIPS;
}

/* What its requests will go by. */
static enum transport transport_of(const struct uri *next)
{
    enum transport t = uri_transport(next);

    if (next->scheme != URI_SIPS)
        return t;
    return t == TRANSPORT_WS || t == TRANSPORT_WSS ? TRANSPORT_WSS : TRANSPORT_TLS;
}

static int fill(struct account *a, const struct account_config *config)
{
    struct registration_config r = { .expires = config->expires != 0 ? config->expires : EXPIRES };
    char                       id[CALL_ID_LEN], tag[TAG_LEN];
    struct uri                 proxy, registrar;
    struct slice               contact;

    a->aor = arena_copy(&a->arena, config->aor);
    if (!uri_parse(a->aor, &a->aor_uri) || !is_sip(&a->aor_uri) || config->aor.len > TEXT_MAX / 2)
        return -ERR_SYNTAX;
    if (config->proxy.len > 0 && !(uri_parse(config->proxy, &proxy) && is_sip(&proxy)))
        return -ERR_SYNTAX;
    r.registrar = config->registrar.len > 0 ? config->registrar : make_registrar(a);
    if (!uri_parse(r.registrar, &registrar) || !is_sip(&registrar))
        return -ERR_SYNTAX;

    a->party                = make_party(a, config->display);
    a->route                = config->proxy.len > 0 ? make_route(a, &proxy) : (struct slice){ NULL, 0 };
    a->transport            = transport_of(config->proxy.len > 0 ? &proxy : &registrar);
    a->keep_alive           = config->keep_alive;
    a->secret.user          = arena_copy(&a->arena, config->auth_user.len > 0 ? config->auth_user : a->aor_uri.user);
    a->secret.password      = arena_copy(&a->arena, config->password);
    a->secret.ha1           = arena_copy(&a->arena, config->ha1);
    a->secret.ha1_algorithm = config->ha1_algorithm;
    if (config->password.len == 0 && config->ha1.len == 0)
        a->secret.user = (struct slice){ NULL, 0 };
    if (a->party.len == 0 || (config->proxy.len > 0 && a->route.len == 0))
        return -ERR_SYNTAX;

    phone_call_id(a->phone, id, sizeof id);
    phone_token(a->phone, tag, sizeof tag);
    r.aor        = a->party;
    r.route      = a->route;
    r.call_id    = (struct slice){ id, sizeof id };
    r.from_tag   = (struct slice){ tag, sizeof tag };
    r.first_cseq = 1;
    contact      = account_contact(a, &a->arena, &a->phone->address, a->transport, a->aor_uri.scheme == URI_SIPS);
    if (!arena_ok(&a->arena))
        return -ERR_NO_MEMORY;
    r.contact = slice_between(contact.ptr + 1, contact.ptr + contact.len - 1); /* without its <> */
    return registration_init(&a->registration, &r);
}

struct account *account_find(const struct phone *p, object_id id)
{
    return id_find(&p->account_ids, id);
}

/* By the user part of our Contact; a phone without any user takes what comes. */
struct account *account_of_uri(const struct phone *p, const struct uri *uri)
{
    if (uri->scheme != URI_SIP && uri->scheme != URI_SIPS)
        return NULL;
    LIST_EACH (l, &p->accounts) {
        struct account *a = CONTAINER_OF(l, struct account, link);

        if (p->config.accept_any || slice_eq(a->aor_uri.user, uri->user))
            return a;
    }
    return NULL;
}

void account_free(struct account *a)
{
    world_timer_stop(a->phone->world, &a->timer);
    world_timer_stop(a->phone->world, &a->beat);
    list_unlink(&a->link);
    id_remove(&a->phone->account_ids, a->id);
    registration_fini(&a->registration);
    arena_fini(&a->arena);
    free(a);
}

bool account_is_idle(const struct account *a)
{
    return !a->registration.open;
}

void account_fill_event(struct account *a, enum phone_event_kind kind, struct phone_event *e)
{
    const struct registration *r   = &a->registration;
    msec                       now = world_now(a->phone->world);

    *e = (struct phone_event){
        .kind     = kind,
        .account  = a->id,
        .status   = a->error == 0 ? r->status : 0,
        .error    = a->error,
        .reason   = reason_slice(&a->reason),
        .peer     = a->aor,
        .call_id  = r->config.call_id,
        .expires  = r->granted,
        .retry_in = r->state == REGISTRATION_WAITING && r->at > now ? r->at - now : NEVER,
    };
}

/* What a Contact says of how it is to be reached.  By TLS "sips" says it all; transport=tls is
 * no longer written in its favour (RFC 3261 26.2.2), but without it a sip URI would be UDP's.
 * RFC 7118 5.2: "ws", secure or not. */
static struct slice contact_params(enum transport transport, bool secure)
{
    switch (transport) {
    case TRANSPORT_TCP:
        return SLICE(";transport=tcp");
    case TRANSPORT_TLS:
        return secure ? SLICE("") : SLICE(";transport=tls");
    case TRANSPORT_WS:
    case TRANSPORT_WSS:
        return SLICE(";transport=ws");
    case TRANSPORT_NONE:
    case TRANSPORT_UDP:
        break;
    }
    return SLICE("");
}

struct slice account_contact(const struct account *a, struct arena *arena, const struct address *at,
                             enum transport transport, bool secure)
{
    char       text[TEXT_MAX];
    struct buf b = BUF_ON(text);

    if (a->outside.family != FAMILY_NONE && address_eq_ip(at, &a->path.local))
        at = &a->outside;
    buf_put(&b, secure ? SLICE("<sips:") : SLICE("<sip:"));
    if (a->aor_uri.user.len > 0) {
        buf_put(&b, a->aor_uri.user);
        buf_put_byte(&b, '@');
    }
    if (transport == TRANSPORT_WS || transport == TRANSPORT_WSS)
        buf_put(&b, stack_nobody(a->phone->stack));
    else
        address_write(&b, at);
    buf_put(&b, contact_params(transport, secure));
    buf_put_byte(&b, '>');
    return arena_copy(arena, buf_slice(&b));
}

int phone_add_account(struct phone *p, const struct account_config *config, object_id *account)
{
    struct account *a;
    int             error;

    if (p->account_count == ACCOUNTS_MAX)
        return -ERR_LIMIT;
    a = calloc(1, sizeof *a);
    if (a == NULL)
        return -ERR_NO_MEMORY;
    a->phone = p;
    arena_init(&a->arena, NULL, 0, ACCOUNT_MEMORY);
    error = fill(a, config);
    if (error != 0) {
        arena_fini(&a->arena);
        free(a);
        return error;
    }
    a->id = id_add(&p->account_ids, a);
    list_append(&p->accounts, &a->link);
    if (a->id == 0) {
        account_free(a);
        return -ERR_LIMIT;
    }
    p->account_count++;
    *account = a->id;
    return 0;
}

void phone_register(struct phone *p, object_id account)
{
    struct account *a = account_find(p, account);

    if (a != NULL)
        account_perform(a, registration_start(&a->registration));
}

void phone_unregister(struct phone *p, object_id account)
{
    struct account *a = account_find(p, account);

    if (a != NULL)
        account_perform(a, registration_remove(&a->registration));
}
