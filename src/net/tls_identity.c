/* SPDX-License-Identifier: BSD-2-Clause */
#include "net/tls_identity.h"

#include "base/address.h"

#include <openssl/objects.h>
#include <openssl/x509v3.h>

/* RFC 5924 4.1: id-kp-sipDomain. */
static const char sip_domain_usage[] = "1.3.6.1.5.5.7.3.20";

static struct slice text_of(const ASN1_STRING *s)
{
    return (struct slice){ (const char *)ASN1_STRING_get0_data(s), (size_t)ASN1_STRING_length(s) };
}

static struct slice without_dot(struct slice host)
{
    if (host.len > 1 && host.ptr[host.len - 1] == '.')
        host.len--;
    return host;
}

/* The host of "sip:host", perhaps with port and parameters; no userinfo (RFC 5922 7.1).
 * Whether it is a name at all is not looked at. */
static bool sip_host(struct slice uri, struct slice *host)
{
    const char *at, *end;

    if (uri.len <= 4 || !slice_eq_nocase((struct slice){ uri.ptr, 4 }, SLICE("sip:")) ||
        memchr(uri.ptr, '@', uri.len) != NULL)
        return false;
    at    = uri.ptr + 4;
    end   = uri.ptr + uri.len;
    *host = slice_between(at, end);
    if (*at == '[') { /* an address of IPv6 */
        const char *bracket = memchr(at, ']', host->len);

        *host = slice_between(at, bracket != NULL ? bracket + 1 : at);
    } else {
        const char *stop = at;

        while (stop < end && *stop != ':' && *stop != ';' && *stop != '?')
            stop++;
        *host = slice_between(at, stop);
    }
    return host->len > 0;
}

/* Letters, digits, '-', '_', '.', and nothing that another program may read as less or more:
 * a NUL above all. */
static bool is_name(struct slice s)
{
    for (size_t i = 0; i < s.len; i++) {
        char c = ascii_lower(s.ptr[i]);

        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.' ||
              (c == '*' && i == 0)))
            return false;
    }
    return s.len > 0;
}

static bool ip_of(const ASN1_OCTET_STRING *s, struct address *out)
{
    struct slice bytes = text_of(s);

    *out = (struct address){ .family = bytes.len == 4 ? FAMILY_4 : FAMILY_6 };
    if (bytes.len != 4 && bytes.len != 16)
        return false;
    memcpy(out->ip, bytes.ptr, bytes.len);
    return true;
}

/* ---- walking over the names ---- */

enum name_kind { NAME_SIP, NAME_DNS, NAME_IP };

struct name {
    enum name_kind kind;
    struct slice   text; /* NAME_SIP, NAME_DNS         */
    struct address ip;   /* NAME_IP; NAME_SIP's digits */
};

/* Returning true ends the walk. */
typedef bool name_fn(void *arg, const struct name *name);

static bool name_from(const GENERAL_NAME *g, struct name *out)
{
    *out = (struct name){ .kind = NAME_DNS };
    if (g->type == GEN_URI) {
        out->kind = NAME_SIP;
        return sip_host(text_of(g->d.uniformResourceIdentifier), &out->text) &&
               (address_parse_ip(out->text, &out->ip) || is_name(out->text));
    }
    if (g->type == GEN_DNS) {
        out->text = text_of(g->d.dNSName);
        return is_name(out->text);
    }
    out->kind = NAME_IP;
    return g->type == GEN_IPADD && ip_of(g->d.iPAddress, &out->ip);
}

static bool has_sip_name(const GENERAL_NAMES *names)
{
    struct name name;

    for (int i = 0; i < sk_GENERAL_NAME_num(names); i++)
        if (name_from(sk_GENERAL_NAME_value(names, i), &name) && name.kind == NAME_SIP)
            return true;
    return false;
}

static bool walk_alternative(const GENERAL_NAMES *names, bool all, name_fn *fn, void *arg)
{
    bool        skip_dns = !all && has_sip_name(names); /* RFC 5922 7.1 */
    struct name name;

    for (int i = 0; i < sk_GENERAL_NAME_num(names); i++)
        if (name_from(sk_GENERAL_NAME_value(names, i), &name) && !(skip_dns && name.kind == NAME_DNS) && fn(arg, &name))
            return true;
    return false;
}

/* The last CN is the most specific one. */
static bool walk_common_name(X509 *x, name_fn *fn, void *arg)
{
    const X509_NAME *subject = X509_get_subject_name(x);
    int              at      = -1;
    struct name      name    = { .kind = NAME_DNS };

    for (int next; (next = X509_NAME_get_index_by_NID(subject, NID_commonName, at)) >= 0;)
        at = next;
    if (at < 0)
        return false;
    name.text = text_of(X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at)));
    return is_name(name.text) && fn(arg, &name);
}

static bool walk(X509 *x, bool all, name_fn *fn, void *arg)
{
    int            critical;
    GENERAL_NAMES *names = X509_get_ext_d2i(x, NID_subject_alt_name, &critical, NULL);
    bool           found;

    if (names == NULL)
        return critical == -1 && walk_common_name(x, fn, arg); /* -1: there is none, not: it is broken */
    found = walk_alternative(names, all, fn, arg);
    GENERAL_NAMES_free(names);
    return found;
}

/* ---- comparing ---- */

struct wanted {
    struct slice   host;
    struct address ip;
    bool           is_ip, wildcards;
};

static struct wanted want(struct slice host, bool wildcards)
{
    struct wanted w = { .host = without_dot(host), .wildcards = wildcards };

    w.is_ip = address_parse_ip(host, &w.ip);
    return w;
}

/* "*.example.com" stands for one label. */
static bool wildcard_fits(struct slice pattern, struct slice host)
{
    const char *dot = memchr(host.ptr, '.', host.len);

    return pattern.len > 2 && pattern.ptr[0] == '*' && pattern.ptr[1] == '.' && dot != NULL &&
           slice_eq_nocase(slice_between(pattern.ptr + 1, pattern.ptr + pattern.len),
                           slice_between(dot, host.ptr + host.len));
}

static bool is_wanted(void *arg, const struct name *name)
{
    const struct wanted *w = arg;

    if (w->is_ip)
        return address_eq_ip(&name->ip, &w->ip);
    return slice_eq_nocase(without_dot(name->text), w->host) || (w->wildcards && wildcard_fits(name->text, w->host));
}

bool tls_identity_is(X509 *certificate, struct slice domain)
{
    struct wanted w = want(domain, false);

    return domain.len > 0 && walk(certificate, false, is_wanted, &w);
}

bool tls_identity_serves(X509 *certificate, struct slice host)
{
    struct wanted w = want(host, true);

    return host.len > 0 && walk(certificate, true, is_wanted, &w);
}

/* ---- writing ---- */

static bool put_name(void *arg, const struct name *name)
{
    struct buf *b = arg;
    char        memory[ADDRESS_TEXT];
    struct buf  ip   = BUF_ON(memory);
    bool        more = b->len > 0;

    if (name->kind == NAME_IP)
        address_write_ip(&ip, &name->ip);
    if (b->cap - b->len < 2 + ip.len + name->text.len + sizeof "...") {
        buf_put(b, SLICE("..."));
        return true;
    }
    if (more)
        buf_put(b, SLICE(", "));
    buf_put(b, buf_slice(&ip));
    for (size_t i = 0; i < name->text.len; i++)
        buf_put_byte(b, name->text.ptr[i] > ' ' && name->text.ptr[i] < 127 ? name->text.ptr[i] : '?');
    return false;
}

void tls_identity_write(struct buf *b, X509 *certificate)
{
    walk(certificate, false, put_name, b);
}

/* ---- usage ---- */

static bool usage_is_one_of(X509 *x, const int *nids)
{
    EXTENDED_KEY_USAGE *usage;
    int                 critical;
    bool                fits = false;
    char                text[64];

    usage = X509_get_ext_d2i(x, NID_ext_key_usage, &critical, NULL);
    if (usage == NULL)
        return critical == -1; /* says nothing: anything goes */
    for (int i = 0; !fits && i < sk_ASN1_OBJECT_num(usage); i++) {
        const ASN1_OBJECT *object = sk_ASN1_OBJECT_value(usage, i);

        for (const int *nid = nids; *nid != NID_undef; nid++)
            fits |= OBJ_obj2nid(object) == *nid;
        fits |= OBJ_obj2txt(text, sizeof text, object, 1) > 0 && strcmp(text, sip_domain_usage) == 0;
    }
    EXTENDED_KEY_USAGE_free(usage);
    return fits;
}

bool tls_identity_may_serve(X509 *certificate)
{
    static const int nids[] = { NID_server_auth, NID_anyExtendedKeyUsage, NID_undef };

    return usage_is_one_of(certificate, nids);
}

bool tls_identity_may_connect(X509 *certificate)
{
    static const int nids[] = { NID_client_auth, NID_server_auth, NID_anyExtendedKeyUsage, NID_undef };

    return usage_is_one_of(certificate, nids);
}
