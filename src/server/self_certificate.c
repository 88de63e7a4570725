/* SPDX-License-Identifier: BSD-2-Clause */
#include "server/self_certificate.h"

#include "base/error.h"
#include "net/cert_file.h"

#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>

/* Half a day: clocks of phones that have just started are behind. */
enum { BACKDATED = 43200, DAY = 86400, ARENA_MAX = 4 << 20 };

/* ---- the names it should have ---- */

struct wanted {
    struct arena  arena;
    struct slice *dns, *uris, *ips;
    size_t        dns_count, uri_count, ip_count, cap;
};

static void add(struct wanted *w, struct slice *list, size_t *count, struct slice text)
{
    for (size_t i = 0; i < *count; i++)
        if (slice_eq_nocase(list[i], text))
            return;
    if (*count < w->cap)
        list[(*count)++] = arena_copy(&w->arena, text);
}

static void add_address(struct wanted *w, const struct address *a)
{
    char         memory[ADDRESS_TEXT];
    struct buf   b = BUF_ON(memory);
    struct slice text;

    if (address_is_any(a) || a->scope != 0) /* a link's own addresses mean nothing elsewhere */
        return;
    address_write_ip(&b, a);
    text = buf_slice(&b);
    if (a->family == FAMILY_6) /* without the brackets */
        text = (struct slice){ text.ptr + 1, text.len - 2 };
    add(w, w->ips, &w->ip_count, text);
}

/* RFC 5922 7.1: as a host, and as a domain of SIP: beside a sip URI a host name proves nothing. */
static void add_name(struct wanted *w, struct slice name)
{
    char       memory[300];
    struct buf uri = BUF_ON(memory);

    if (!cert_name_is_good(name))
        return;
    add(w, w->dns, &w->dns_count, name);
    buf_put(&uri, SLICE("sip:"));
    buf_put(&uri, name);
    add(w, w->uris, &w->uri_count, buf_slice(&uri));
}

/* "host", "host:port" or an address, with a port or without. */
static void add_host(struct wanted *w, struct slice host)
{
    const char    *colon = host.len > 0 ? memchr(host.ptr, ':', host.len) : NULL;
    struct address a;

    if (address_parse(host, &a) || address_parse_ip(host, &a))
        add_address(w, &a);
    else if (colon != NULL)
        add_name(w, slice_between(host.ptr, colon));
    else
        add_name(w, host);
}

static int wanted_init(struct wanted *w, const struct config *c)
{
    *w = (struct wanted){ .cap = c->domain_count + 2 * c->listen_count + 1 };
    arena_init(&w->arena, NULL, 0, ARENA_MAX);
    w->dns  = arena_alloc(&w->arena, w->cap * sizeof *w->dns);
    w->uris = arena_alloc(&w->arena, w->cap * sizeof *w->uris);
    w->ips  = arena_alloc(&w->arena, w->cap * sizeof *w->ips);
    if (!arena_ok(&w->arena))
        return -ERR_NO_MEMORY;
    for (size_t i = 0; i < c->domain_count; i++)
        add_host(w, c->domains[i]);
    add_host(w, c->advertise);
    for (size_t i = 0; i < c->listen_count; i++) {
        add_address(w, &c->listens[i].address);
        add_host(w, c->listens[i].advertise);
    }
    return arena_ok(&w->arena) ? 0 : -ERR_NO_MEMORY;
}

/* ---- is the one that is kept still good? ---- */

static bool has(const struct cert_facts *f, const char *kind, struct slice name)
{
    size_t len = strlen(kind);

    for (size_t i = 0; i < f->name_count; i++) {
        struct slice have = f->names[i];

        if (have.len == len + name.len && memcmp(have.ptr, kind, len) == 0 &&
            slice_eq_nocase((struct slice){ have.ptr + len, name.len }, name))
            return true;
    }
    return false;
}

static bool has_all(const struct cert_facts *f, const char *kind, const struct slice *names, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (!has(f, kind, names[i]))
            return false;
    return true;
}

/* These names and no others: a domain that is ours no more must go. */
static bool has_names(const struct cert_facts *f, const struct wanted *w)
{
    return f->name_count == w->dns_count + w->uri_count + w->ip_count && has_all(f, "DNS:", w->dns, w->dns_count) &&
           has_all(f, "URI:", w->uris, w->uri_count) && has_all(f, "IP:", w->ips, w->ip_count);
}

static void take_facts(struct self_certificate *c, const struct cert_facts *f)
{
    c->not_after = f->not_after;
    memcpy(c->fingerprint, f->fingerprint, sizeof c->fingerprint);
}

/* False: there is none, or it will not do. */
static bool keep(struct self_certificate *c, const struct wanted *w, uint64_t now)
{
    struct cert_facts *list;
    size_t             count;
    bool               good = false;

    if (cert_read_pair(c->file, c->key_file, &c->pair) == 0 && cert_pair_fits(&c->pair) &&
        cert_list_read(slice_from(c->pair.certificate), &list, &count) == 0) {
        good = cert_age(list[0].not_before, list[0].not_after, now) == CERT_GOOD && list[0].self_signed &&
               has_names(&list[0], w);
        take_facts(c, &list[0]);
        cert_list_free(list, count);
    }
    if (!good)
        cert_pair_free(&c->pair);
    return good;
}

/* ---- a new one ---- */

static int make(struct self_certificate *c, const struct config *config, const struct wanted *w, uint64_t now)
{
    const struct cert_wish wish = {
        .common_name = config->domains[0].len <= CERT_COMMON_NAME_MAX ? config->domains[0] : SLICE("ahoy"),
        .dns_names   = w->dns,
        .dns_count   = w->dns_count,
        .sip_uris    = w->uris,
        .uri_count   = w->uri_count,
        .ips         = w->ips,
        .ip_count    = w->ip_count,
        .not_before  = now < BACKDATED ? 0 : now - BACKDATED,
        .not_after   = now + (uint64_t)SELF_CERTIFICATE_DAYS * DAY,
        .algorithm   = CERT_P256,
    };
    struct cert_facts *list;
    size_t             count;
    int                error = cert_make(&wish, NULL, &c->pair);

    if (error == 0)
        error = cert_list_read(slice_from(c->pair.certificate), &list, &count);
    if (error != 0)
        return error;
    take_facts(c, &list[0]);
    cert_list_free(list, count);
    c->is_new = true;
    return 0;
}

int self_certificate_get(const struct config *config, uint64_t now, struct self_certificate *out)
{
    struct buf    f = BUF_ON(out->folder), k = BUF_ON(out->key_file), p = BUF_ON(out->file);
    struct wanted wanted;
    int           error;

    memset(out, 0, sizeof *out);
    config_state_path(config, &f, "tls");
    config_state_path(config, &k, "tls/self.key");
    config_state_path(config, &p, "tls/self.pem");
    (void)buf_cstr(&f);
    (void)buf_cstr(&k);
    (void)buf_cstr(&p);
    error = wanted_init(&wanted, config);
    if (error == 0 && !keep(out, &wanted, now))
        error = make(out, config, &wanted, now);
    arena_fini(&wanted.arena);
    return error;
}

void self_certificate_keep(struct self_certificate *c)
{
    const char *why = NULL;
    int         error;

    if (mkdir(c->folder, 0700) != 0 && errno != EEXIST)
        why = strerror(errno);
    else if ((error = cert_write(&c->pair, c->file, c->key_file, true)) != 0)
        why = error_text(error);
    if (why == NULL)
        return;
    c->is_in_memory = true;
    snprintf(c->problem, sizeof c->problem, "cannot keep the self-signed certificate in %s: %s", c->folder, why);
}

void self_certificate_free(struct self_certificate *c)
{
    cert_pair_free(&c->pair);
}
