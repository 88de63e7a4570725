/* SPDX-License-Identifier: BSD-2-Clause */
#include "net/cert_lab.h"

#include "base/address.h"
#include "base/error.h"
#include "net/cert_file.h"
#include "net/cert_read.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

/* A clock that is a little behind must not refuse a certificate made this minute. */
enum { BACKDATED = 3600, NAMES_MAX = 80, TEXT_MAX = 300 };

struct problem {
    char  *text;
    size_t size;
};

static int fail(const struct problem *p, const char *path, const char *why, int error)
{
    snprintf(p->text, p->size, "%.300s: %s", path, why);
    return error;
}

/* ---- paths ---- */

static int path_of(const struct cert_lab *lab, struct slice who, const char *suffix, char path[PATH_MAX])
{
    int len = snprintf(path, PATH_MAX, "%s/%.*s%s", lab->folder, SLICE_ARG(who), suffix);

    return len > 0 && len < PATH_MAX ? 0 : -ERR_TOO_LARGE;
}

static bool exists(const char *path)
{
    struct stat st;

    return lstat(path, &st) == 0;
}

/* ---- the CA ---- */

static int make_ca(struct cert_lab *lab, const char *certificate, const char *key, const struct problem *p)
{
    const struct cert_lab_options *o    = &lab->options;
    const struct cert_wish         wish = {
                .common_name = o->ca_name,
                .is_ca       = true,
                .not_before  = o->now - BACKDATED,
                .not_after   = o->now + o->ca_seconds,
                .algorithm   = o->algorithm,
    };
    int error = cert_make(&wish, NULL, &lab->ca);

    if (error != 0)
        return fail(p, certificate, error_text(error), error);
    error = cert_write(&lab->ca, certificate, key, false);
    if (error != 0)
        return fail(p, lab->folder, error_text(error), error);
    lab->ca_is_new = true;
    lab->ca_ends   = wish.not_after;
    return 0;
}

static int judge_ca(struct cert_lab *lab, const struct cert_facts *ca, const char *path, const struct problem *p)
{
    if (!ca->is_ca)
        return fail(p, path, "this certificate is no CA's", -ERR_CORRUPT);
    if (cert_age(ca->not_before, ca->not_after, lab->options.now) == CERT_ENDED)
        return fail(p, path, "the CA has ended; begin a new one in another folder, or move this one away",
                    -ERR_TIMEOUT);
    lab->ca_ends = ca->not_after;
    return 0;
}

static int read_ca(struct cert_lab *lab, const char *certificate, const char *key, const struct problem *p)
{
    struct cert_facts *list;
    size_t             count;
    int                error = cert_read_pair(certificate, key, &lab->ca);

    if (error != 0)
        return fail(p, lab->ca.certificate == NULL ? certificate : key, error_text(error), error);
    error = cert_list_read(slice_from(lab->ca.certificate), &list, &count);
    if (error == -ERR_NO_MEMORY)
        return fail(p, certificate, error_text(error), error);
    if (error != 0)
        return fail(p, certificate, "this is no certificate", -ERR_CORRUPT);
    error = judge_ca(lab, &list[0], certificate, p);
    cert_list_free(list, count);
    return error;
}

int cert_lab_open(struct cert_lab *lab, const char *folder, const struct cert_lab_options *options, char *problem,
                  size_t problem_size)
{
    const struct problem p = { problem, problem_size };
    char                 certificate[PATH_MAX], key[PATH_MAX];

    *lab = (struct cert_lab){ .folder = folder, .options = *options };
    if (path_of(lab, SLICE("ca"), ".pem", certificate) != 0 || path_of(lab, SLICE("ca"), ".key", key) != 0)
        return fail(&p, folder, error_text(ERR_TOO_LARGE), -ERR_TOO_LARGE);
    if (exists(certificate) || exists(key))
        return read_ca(lab, certificate, key, &p);
    return make_ca(lab, certificate, key, &p);
}

void cert_lab_close(struct cert_lab *lab)
{
    cert_pair_free(&lab->ca);
}

/* ---- what it signs ---- */

static bool is_user(struct slice who)
{
    return memchr(who.ptr, '@', who.len) != NULL;
}

/* The user part is a path's name too: letters, digits and a few marks. */
static bool user_is_good(struct slice user)
{
    if (user.len == 0 || user.len > 64 || user.ptr[0] == '.')
        return false;
    for (size_t i = 0; i < user.len; i++)
        if (user.ptr[i] <= ' ' || user.ptr[i] > '~' || strchr("/\\'\"<>%@:;?#*", user.ptr[i]) != NULL)
            return false;
    return true;
}

static bool host_is_good(struct slice host)
{
    struct address a;

    return address_parse_ip(host, &a) || (cert_name_is_good(host) && host.ptr[0] != '*');
}

static bool who_is_good(struct slice who)
{
    const char *at = memchr(who.ptr, '@', who.len);

    return at == NULL
               ? host_is_good(who)
               : user_is_good(slice_between(who.ptr, at)) && host_is_good(slice_between(at + 1, who.ptr + who.len));
}

int cert_lab_check(const struct cert_lab *lab, struct slice who, char *problem, size_t problem_size)
{
    static const char *const suffixes[] = { ".pem", ".key", ".both.pem" };
    const struct problem     p          = { problem, problem_size };
    char                     path[PATH_MAX];

    if (who.len == 0 || who.len >= TEXT_MAX || !who_is_good(who) || slice_eq(who, SLICE("ca"))) {
        snprintf(problem, problem_size, "'%.*s' is no domain, address, or user@domain",
                 who.len > 100 ? 100 : (int)who.len, who.ptr);
        return -ERR_SYNTAX;
    }
    for (size_t i = 0; i < sizeof suffixes / sizeof *suffixes; i++) {
        if (path_of(lab, who, suffixes[i], path) != 0)
            return fail(&p, lab->folder, error_text(ERR_TOO_LARGE), -ERR_TOO_LARGE);
        if (!lab->options.replace && exists(path))
            return fail(&p, path, "exists already; --force replaces it", -ERR_EXISTS);
    }
    return 0;
}

/* The names of one certificate, on the way to cert_make. */
struct names {
    struct slice dns[NAMES_MAX], ips[NAMES_MAX], uris[NAMES_MAX];
    size_t       dns_count, ip_count, uri_count;
    char         texts[NAMES_MAX][TEXT_MAX + 8]; /* of the URIs */
};

static void add(struct slice *list, size_t *count, const struct slice *more, size_t more_count)
{
    for (size_t i = 0; i < more_count && *count < NAMES_MAX; i++)
        list[(*count)++] = more[i];
}

static void add_uri(struct names *n, struct slice who)
{
    struct buf     uri = BUF_ON(n->texts[n->uri_count]);
    struct address a;

    buf_put(&uri, SLICE("sip:"));
    if (address_parse_ip(who, &a))
        address_write_ip(&uri, &a);
    else
        buf_put(&uri, who);
    n->uris[n->uri_count++] = buf_slice(&uri); /* one that does not fit is empty, and refused */
}

/* RFC 5922 7.1: beside a sip URI a host name proves nothing, so each name has one. */
static void collect(struct names *n, const struct cert_lab *lab, struct slice who)
{
    const struct cert_lab_options *o = &lab->options;
    struct address                 a;

    add_uri(n, who);
    if (is_user(who))
        return;
    if (address_parse_ip(who, &a))
        add(n->ips, &n->ip_count, &who, 1);
    else
        add(n->dns, &n->dns_count, &who, 1);
    add(n->dns, &n->dns_count, o->names, o->name_count);
    add(n->ips, &n->ip_count, o->ips, o->ip_count);
    for (size_t i = 0; i < o->name_count && n->uri_count < NAMES_MAX; i++)
        add_uri(n, o->names[i]);
}

static int sign(const struct cert_lab *lab, struct slice who, struct cert_lab_made *made, struct cert_pair *out)
{
    struct names     n    = { .dns_count = 0 };
    struct cert_wish wish = {
        .common_name = who,
        .not_before  = lab->options.now - BACKDATED,
        .not_after   = lab->options.now + lab->options.seconds,
        .is_user     = is_user(who),
        .algorithm   = lab->options.algorithm,
    };

    collect(&n, lab, who);
    wish.dns_names = n.dns;
    wish.dns_count = n.dns_count;
    wish.ips       = n.ips;
    wish.ip_count  = n.ip_count;
    wish.sip_uris  = n.uris;
    wish.uri_count = n.uri_count;
    made->is_cut   = wish.not_after > lab->ca_ends;
    if (made->is_cut)
        wish.not_after = lab->ca_ends;
    made->not_after = wish.not_after;
    made->is_user   = wish.is_user;
    return cert_make(&wish, &lab->ca, out);
}

static int write_both(const struct cert_pair *p, const char *path, bool replace)
{
    size_t len  = strlen(p->certificate) + strlen(p->key) + 1;
    char  *text = malloc(len);
    int    error;

    if (text == NULL)
        return -ERR_NO_MEMORY;
    snprintf(text, len, "%s%s", p->certificate, p->key);
    error = cert_write_text(path, text, 0600, replace);
    explicit_bzero(text, len);
    free(text);
    return error;
}

static int write_pair(const struct cert_lab *lab, struct slice who, const struct cert_pair *pair,
                      struct cert_lab_made *out)
{
    int error = cert_write(pair, out->certificate, out->key, lab->options.replace);

    if (error != 0 || !out->is_user)
        return error;
    error = path_of(lab, who, ".both.pem", out->both);
    return error == 0 ? write_both(pair, out->both, lab->options.replace) : error;
}

int cert_lab_make(const struct cert_lab *lab, struct slice who, struct cert_lab_made *out, char *problem,
                  size_t problem_size)
{
    const struct problem p = { problem, problem_size };
    struct cert_pair     pair;
    int                  error = cert_lab_check(lab, who, problem, problem_size);

    *out = (struct cert_lab_made){ .is_cut = false };
    if (error != 0)
        return error;
    (void)path_of(lab, who, ".pem", out->certificate); /* cert_lab_check has looked at their lengths */
    (void)path_of(lab, who, ".key", out->key);
    error = sign(lab, who, out, &pair);
    if (error != 0)
        fail(&p, out->certificate, error == -ERR_SYNTAX ? "one of the names or addresses is none" : error_text(error),
             error);
    else if ((error = write_pair(lab, who, &pair, out)) != 0)
        fail(&p, out->certificate, error_text(error), error);
    cert_pair_free(&pair);
    return error;
}
