/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/error.h"
#include "call/state.h"

#include <stdlib.h>

enum {
    ACCOUNT_MEMORY = 16 * 1024,
    TEXT_MAX       = 1024,
    INSTANCE_MAX   = 128,
    EXPIRES        = 3600,
    TAG_LEN        = 10,
    CALL_ID_LEN    = 26,
    CONTACT_TOKEN  = 6,
};

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
static struct slice make_route(struct account *a, const struct uri *proxy, bool strict)
{
    char         text[TEXT_MAX];
    struct buf   b = BUF_ON(text);
    struct slice ignored;

    buf_put_byte(&b, '<');
    buf_put(&b, proxy->text);
    if (!strict && !uri_param(proxy, SLICE("lr"), &ignored))
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

/* ---- what it is made of ---- */

static bool is_sip_uri(struct slice text, struct uri *out)
{
    return uri_parse(text, out) && is_sip(out);
}

/* The user of the aor, and something more if another account has that. */
static struct slice make_contact_user(struct account *a)
{
    char       text[TEXT_MAX], more[CONTACT_TOKEN];
    struct buf b = BUF_ON(text);

    LIST_EACH (l, &a->phone->accounts) {
        if (!slice_eq(CONTAINER_OF(l, struct account, link)->contact_user, a->aor_uri.user))
            continue;
        phone_token(a->phone, more, sizeof more);
        buf_put(&b, a->aor_uri.user);
        buf_put_byte(&b, '-');
        buf_put(&b, (struct slice){ more, sizeof more });
        return arena_copy(&a->arena, buf_slice(&b));
    }
    return a->aor_uri.user;
}

/* "<urn:uuid:...>": what may stand there within quotes. */
static bool make_instance(struct account *a, struct slice urn, struct slice *out)
{
    char       text[INSTANCE_MAX];
    struct buf b = BUF_ON(text);

    *out = (struct slice){ NULL, 0 };
    if (urn.len == 0)
        return true;
    for (size_t i = 0; i < urn.len; i++)
        if (urn.ptr[i] <= ' ' || urn.ptr[i] >= 0x7f || strchr("\"<>\\", urn.ptr[i]) != NULL)
            return false;
    if (urn.len < 5 || !slice_eq_nocase((struct slice){ urn.ptr, 4 }, SLICE("urn:")))
        return false;
    buf_printf(&b, "<%.*s>", SLICE_ARG(urn));
    *out = arena_copy(&a->arena, buf_slice(&b));
    return buf_ok(&b);
}

static void fill_secret(struct account *a, const struct account_config *config)
{
    a->secret.user     = arena_copy(&a->secret_arena, config->auth_user.len > 0 ? config->auth_user : a->aor_uri.user);
    a->secret.password = arena_copy(&a->secret_arena, config->password);
    a->secret.ha1      = arena_copy(&a->secret_arena, config->ha1);
    a->secret.ha1_algorithm = config->ha1_algorithm;
    if (config->password.len == 0 && config->ha1.len == 0)
        a->secret.user = (struct slice){ NULL, 0 };
}

/* A flow by `proxy`, or by none if that is empty. */
static int add_flow(struct account *a, const struct account_config *config, struct registration_config *r,
                    struct slice proxy)
{
    struct account_flow *f = &a->flows[a->flow_count];
    char                 id[CALL_ID_LEN], tag[TAG_LEN];
    struct uri           first;
    struct slice         contact;
    int                  error;

    if (!is_sip_uri(proxy.len > 0 ? proxy : r->registrar, &first))
        return -ERR_SYNTAX;
    f->account   = a;
    f->transport = transport_of(&first);
    f->proxy     = proxy.len > 0 ? make_route(a, &first, config->strict) : (struct slice){ NULL, 0 };
    if (proxy.len > 0 && f->proxy.len == 0)
        return arena_ok(&a->arena) ? -ERR_SYNTAX : -ERR_NO_MEMORY;
    phone_call_id(a->phone, id, sizeof id);
    phone_token(a->phone, tag, sizeof tag);
    contact = account_contact(f, &a->arena, &a->phone->address, f->transport, a->aor_uri.scheme == URI_SIPS);
    if (!arena_ok(&a->arena))
        return -ERR_NO_MEMORY;
    r->route    = f->proxy;
    r->call_id  = (struct slice){ id, sizeof id };
    r->from_tag = (struct slice){ tag, sizeof tag };
    r->contact  = slice_between(contact.ptr + 1, contact.ptr + contact.len - 1); /* without its <> */
    r->reg_id   = r->instance.len > 0 ? a->flow_count + 1 : 0;
    error       = registration_init(&f->registration, r);
    if (error == 0)
        a->flow_count++;
    return error;
}

static int fill(struct account *a, const struct account_config *config)
{
    struct registration_config r = { .expires = config->expires != 0 ? config->expires : EXPIRES, .first_cseq = 1 };
    struct uri                 registrar;
    int                        error;

    a->aor = arena_copy(&a->arena, config->aor);
    if (!is_sip_uri(a->aor, &a->aor_uri) || config->aor.len > TEXT_MAX / 2)
        return -ERR_SYNTAX;
    r.registrar = config->registrar.len > 0 ? config->registrar : make_registrar(a);
    if (!is_sip_uri(r.registrar, &registrar) || !make_instance(a, config->instance, &r.instance))
        return -ERR_SYNTAX;
    if (config->second_proxy.len > 0 && r.instance.len == 0)
        return -ERR_SYNTAX;
    a->party        = make_party(a, config->display);
    a->contact_user = make_contact_user(a);
    a->keep_alive   = config->keep_alive;
    a->watchers     = config->watchers;
    a->presence     = config->presence;
    a->transfer     = config->transfer;
    fill_secret(a, config);
    if (!arena_ok(&a->arena) || !arena_ok(&a->secret_arena))
        return -ERR_NO_MEMORY;
    if (a->party.len == 0)
        return -ERR_SYNTAX;
    r.aor = a->party;
    error = add_flow(a, config, &r, config->proxy);
    if (error == 0 && config->second_proxy.len > 0)
        error = add_flow(a, config, &r, config->second_proxy);
    return error;
}

/* ---- whom a request is for ---- */

struct account *account_by_id(const struct phone *p, object_id id)
{
    return id_find(&p->account_ids, id);
}

struct account *account_find(const struct phone *p, object_id id)
{
    struct account *a = account_by_id(p, id);

    return a != NULL && !a->leaving ? a : NULL;
}

static bool is_aor(const struct account *a, const struct uri *uri)
{
    return slice_eq(a->aor_uri.user, uri->user) && slice_eq_nocase(a->aor_uri.host, uri->host);
}

static bool is_gruu(const struct account *a, const struct uri *uri)
{
    struct uri gruu;

    for (unsigned i = 0; i < a->flow_count; i++) {
        const struct register_answer *answer = &a->flows[i].registration.answer;

        if ((uri_parse(answer->pub_gruu, &gruu) && uri_eq(&gruu, uri)) ||
            (uri_parse(answer->temp_gruu, &gruu) && uri_eq(&gruu, uri)))
            return true;
    }
    return false;
}

static bool has_contact_user(const struct account *a, const struct uri *uri)
{
    return slice_eq(a->contact_user, uri->user);
}

static bool has_user(const struct account *a, const struct uri *uri)
{
    return slice_eq(a->aor_uri.user, uri->user);
}

static bool is_there(const struct account *a, const struct uri *uri)
{
    (void)uri;
    return a->phone->config.accept_any;
}

/* Who is named most exactly; a phone without any user takes what comes. */
struct account *account_of_uri(const struct phone *p, const struct uri *uri)
{
    static bool (*const ways[])(const struct account *, const struct uri *) = { is_aor, is_gruu, has_contact_user,
                                                                                has_user, is_there };

    for (size_t i = 0; is_sip(uri) && i < sizeof ways / sizeof *ways; i++)
        LIST_EACH (l, &p->accounts) {
            struct account *a = CONTAINER_OF(l, struct account, link);

            if (!a->leaving && ways[i](a, uri))
                return a;
        }
    return NULL;
}

/* ---- the way out ---- */

const struct account_flow *account_way(const struct account *a)
{
    for (unsigned i = 0; i < a->flow_count; i++)
        if (account_flow_lives(&a->flows[i]))
            return &a->flows[i];
    return &a->flows[0];
}

/* Do both lead to one host, so that it need not be named twice? */
static bool is_same_hop(struct slice one, struct slice other)
{
    struct scan      s1 = scan_from(one), s2 = scan_from(other);
    struct name_addr a, b;

    return name_addr_scan(&s1, &a) && name_addr_scan(&s2, &b) && slice_eq_nocase(a.uri.host, b.uri.host) &&
           a.uri.port == b.uri.port;
}

unsigned account_routes(const struct account *a, struct slice routes[ACCOUNT_ROUTES])
{
    const struct account_flow    *f      = account_way(a);
    const struct register_answer *answer = &f->registration.answer;
    unsigned                      count  = 0;

    if (f->proxy.len > 0 && !(answer->route_count > 0 && is_same_hop(f->proxy, answer->routes[0])))
        routes[count++] = f->proxy;
    for (unsigned i = 0; i < answer->route_count; i++)
        routes[count++] = answer->routes[i];
    return count;
}

const struct flow *account_flow_out(const struct account *a)
{
    const struct account_flow *f = account_way(a);

    return f->registration.answer.outbound && f->path.transport != TRANSPORT_NONE ? &f->path : NULL;
}

/* ---- life ---- */

static void free_parts(struct account *a)
{
    for (unsigned i = 0; i < a->flow_count; i++) {
        account_flow_stop(&a->flows[i]);
        registration_fini(&a->flows[i].registration);
    }
    free(a->decisions);
    arena_fini(&a->secret_arena);
    arena_fini(&a->arena);
    free(a);
}

void account_free(struct account *a)
{
    list_unlink(&a->link);
    id_remove(&a->phone->account_ids, a->id);
    free_parts(a);
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
    arena_init(&a->secret_arena, NULL, 0, ACCOUNT_SECRET_MEMORY);
    error = fill(a, config);
    if (error != 0) {
        free_parts(a);
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
