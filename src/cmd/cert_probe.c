/* SPDX-License-Identifier: BSD-2-Clause */
#include "cmd/cert_probe.h"

#include "base/error.h"
#include "console/cert_json.h"
#include "net/sockaddr.h"
#include "net/tls.h"
#include "net/world_uv.h"

#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>

enum { SIPS_PORT = 5061, PATIENCE = 10000 /* ms for one connection */, ADDRESSES_MAX = 8 };

struct problem {
    char  *text;
    size_t size;
};

static int fail(const struct problem *p, const char *target, const char *why, int error)
{
    snprintf(p->text, p->size, "%s: %s", target, why);
    return error;
}

/* ---- where ---- */

struct place {
    char           host[256];
    struct address addresses[ADDRESSES_MAX];
    size_t         count;
};

static bool parse_port(const char *text, uint16_t *port)
{
    char         *end;
    unsigned long value = strtoul(text, &end, 10);

    if (*text < '0' || *text > '9' || *end != '\0' || value == 0 || value > 65535)
        return false;
    *port = (uint16_t)value;
    return true;
}

/* Digits, or a name that is yet to be looked up. */
static bool parse_target(const char *target, struct place *at, uint16_t *port)
{
    struct address a;
    const char    *colon = strrchr(target, ':');
    size_t         len   = colon != NULL ? (size_t)(colon - target) : strlen(target);

    *port = SIPS_PORT;
    if (address_parse(slice_from(target), &a) || address_parse_ip(slice_from(target), &a)) {
        struct buf host = BUF_ON(at->host);

        if (a.port == 0)
            a.port = SIPS_PORT;
        address_write_ip(&host, &a);
        (void)buf_cstr(&host);
        at->addresses[at->count++] = a;
        return true;
    }
    if (len == 0 || len >= sizeof at->host || (colon != NULL && !parse_port(colon + 1, port)))
        return false;
    memcpy(at->host, target, len);
    at->host[len] = '\0';
    return true;
}

static int look_up(struct place *at, uint16_t port)
{
    const struct addrinfo hints = { .ai_socktype = SOCK_STREAM };
    struct addrinfo      *list;

    if (getaddrinfo(at->host, NULL, &hints, &list) != 0)
        return -ERR_NAME;
    for (const struct addrinfo *i = list; i != NULL && at->count < ADDRESSES_MAX; i = i->ai_next) {
        struct sockaddr_storage sa = { 0 };
        struct address         *a  = &at->addresses[at->count];

        memcpy(&sa, i->ai_addr, i->ai_addrlen);
        *a      = address_from_sockaddr(&sa);
        a->port = port;
        at->count += a->family != FAMILY_NONE;
    }
    freeaddrinfo(list);
    return at->count > 0 ? 0 : -ERR_NAME;
}

static int find_place(const char *target, struct place *at, const struct problem *p)
{
    uint16_t port;
    int      error;

    *at = (struct place){ .count = 0 };
    if (!parse_target(target, at, &port))
        return fail(p, target, "give HOST or HOST:PORT", -ERR_SYNTAX);
    error = at->count > 0 ? 0 : look_up(at, port);
    return error == 0 ? 0 : fail(p, target, error_text(error), error);
}

/* ---- one connection ---- */

struct visit {
    struct world  *world;
    struct stream *stream;
    struct tls    *tls;
    bool           done, open;
    int            error; /* of the stream */
};

static void end(struct visit *v, int error)
{
    v->done  = true;
    v->error = error;
}

static void send_output(struct visit *v)
{
    struct slice out = tls_output(v->tls);

    if (out.len > 0)
        (void)world_stream_send(v->world, v->stream, &out, 1); /* what fails is told by on_close */
}

static void on_open(void *owner, struct stream *s)
{
    (void)s;
    send_output(owner);
}

static void on_bytes(void *owner, struct stream *s, struct slice bytes)
{
    struct visit *v = owner;
    struct slice  plain;

    (void)s;
    while (!v->done) {
        enum tls_event event = tls_next(v->tls, &bytes, &plain);

        send_output(v);
        if (event == TLS_MORE)
            return;
        v->open = event == TLS_OPEN;
        end(v, 0);
    }
}

static void on_close(void *owner, struct stream *s, int error)
{
    struct visit *v = owner;

    (void)s;
    v->stream = NULL;
    if (!v->done)
        end(v, error == 0 ? -ERR_CLOSED : error);
}

static int connect_and_wait(struct visit *v, const struct address *to)
{
    static const struct stream_events events = { on_open, on_bytes, on_close };
    msec                              until  = world_now(v->world) + PATIENCE;
    int                               error  = world_connect(v->world, to, &events, v, &v->stream);

    if (error != 0)
        return error;
    while (!v->done && world_now(v->world) < until)
        world_uv_turn(v->world, until - world_now(v->world));
    if (v->stream != NULL)
        v->world->ops->stream_close(v->stream);
    v->stream = NULL;
    return v->done ? v->error : -ERR_TIMEOUT;
}

/* ---- the two ---- */

struct probe {
    const struct cert_probe *asked;
    struct place             at;
    struct slice             domain;
    struct world            *world;
    const struct problem    *problem;
};

/* A connection that verifies, or not, given to `use` when the handshake is over or has failed. */
static int visit(struct probe *p, bool verify, const struct address *to, void (*use)(struct visit *v, void *arg),
                 void *arg)
{
    const struct tls_setup setup = { .trust_file = p->asked->trust_file, .verify_servers = verify };
    struct visit           v     = { .world = p->world };
    struct tls_problem     why;
    struct tls_keys       *keys;
    struct tls_shared     *shared;
    struct tls_context    *context;
    int                    error = tls_keys_load(&setup, &keys, &why);

    if (error != 0) {
        snprintf(p->problem->text, p->problem->size, "%s", why.text);
        return error;
    }
    shared  = tls_shared_new(keys);
    context = shared != NULL ? tls_context_new(p->world, shared) : NULL;
    v.tls   = context != NULL ? tls_connect(context, p->domain) : NULL;
    error   = v.tls != NULL ? connect_and_wait(&v, to) : -ERR_NO_MEMORY;
    if (error != 0)
        fail(p->problem, p->asked->target, error == -ERR_CLOSED ? "closed; is that a TLS server?" : error_text(error),
             error);
    else if (!v.open && !verify)
        error = fail(p->problem, p->asked->target, tls_fault(v.tls)->text, -ERR_CLOSED);
    else
        use(&v, arg);
    tls_free(v.tls);
    tls_context_free(context);
    tls_shared_free(shared);
    return error;
}

/* What is shown to whoever comes. */
static void look_at(struct visit *v, void *arg)
{
    json_t          **out = arg;
    struct cert_facts facts;
    struct x509_st   *certificate = v->open ? tls_peer_certificate(v->tls) : NULL;

    if (certificate == NULL)
        return;
    if (cert_facts_init(&facts, certificate) == 0) {
        *out = cert_facts_to_json(&facts, world_wall(v->world) / 1000);
        json_object_set_new(*out, "protocol", json_string(tls_protocol(v->tls)));
        json_object_set_new(*out, "cipher", json_string(tls_cipher(v->tls)));
    }
    cert_facts_fini(&facts);
}

static void judge(struct visit *v, void *arg)
{
    json_t *certificate = arg;

    json_object_set_new(certificate, "accepted", json_boolean(v->open));
    if (!v->open)
        json_object_set_new(certificate, "refused", json_string(tls_fault(v->tls)->text));
}

static void add_address(json_t *certificate, const struct address *a)
{
    char       text[ADDRESS_TEXT];
    struct buf b = BUF_ON(text);

    address_write(&b, a);
    json_object_set_new(certificate, "address", json_string(buf_cstr(&b)));
}

static int probe(struct probe *p, json_t **out)
{
    int    error = -ERR_NAME;
    size_t i;

    for (i = 0; i < p->at.count; i++) {
        error = visit(p, false, &p->at.addresses[i], look_at, out);
        if (error == 0)
            break;
    }
    if (error != 0)
        return error;
    if (*out == NULL)
        return fail(p->problem, p->asked->target, "it shows no certificate", -ERR_CLOSED);
    add_address(*out, &p->at.addresses[i]);
    json_object_set_new(*out, "domain", json_stringn(p->domain.ptr, p->domain.len));
    return visit(p, true, &p->at.addresses[i], judge, *out);
}

int cert_probe_run(const struct cert_probe *asked, json_t **certificate, char *problem, size_t problem_size)
{
    const struct problem said = { problem, problem_size };
    struct probe         p    = { .asked = asked, .problem = &said };
    int                  error;

    *certificate = NULL;
    error        = find_place(asked->target, &p.at, &said);
    if (error != 0)
        return error;
    p.domain = asked->domain.len > 0 ? asked->domain : slice_from(p.at.host);
    p.world  = world_uv_new(NULL);
    if (p.world == NULL)
        return fail(&said, asked->target, error_text(ERR_NO_MEMORY), -ERR_NO_MEMORY);
    error = probe(&p, certificate);
    world_uv_free(p.world);
    if (error != 0) {
        json_decref(*certificate);
        *certificate = NULL;
    }
    return error;
}
