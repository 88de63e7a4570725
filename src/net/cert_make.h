/* SPDX-License-Identifier: BSD-2-Clause */
/* cert_make.h - new keys and X.509 certificates (RFC 5280), as SIP wants them
 * (RFC 5922 7.1: what a certificate is for stands in its subjectAltName).
 *
 *     wish --cert_make--> pair of PEM texts --cert_write (cert_file.h)--> two files
 *
 * A certificate of a domain says DNS:example.com and URI:sip:example.com, one of a
 * user URI:sip:alice@example.com.  Nothing here touches a file or reads a clock. */

#ifndef NET_CERT_MAKE_H
#define NET_CERT_MAKE_H

#include "base/slice.h"

#include <stdint.h>

enum { CERT_COMMON_NAME_MAX = 64 /* bytes, RFC 5280 A.1 */ };

enum cert_algorithm {
    CERT_P256,    /* what every phone and browser knows */
    CERT_ED25519, /* browsers refuse it; keys and signatures have one length, so runs repeat */
    CERT_RSA2048, /* for phones older than 2010 */
};

/* Everything is borrowed. */
struct cert_wish {
    struct slice        common_name; /* for people; a longer one is left out, but a CA must have one */
    const struct slice *dns_names;   /* "example.com", "*.example.com" */
    size_t              dns_count;
    const struct slice *sip_uris; /* whole: "sip:example.com" */
    size_t              uri_count;
    const struct slice *ips; /* "192.0.2.1", "2001:db8::1" */
    size_t              ip_count;
    bool                is_ca;                 /* may sign certificates, which may not sign others */
    bool                is_user;               /* of a person or phone: proves itself as a client, never as a server */
    uint64_t            not_before, not_after; /* seconds since 1970, both inclusive */
    enum cert_algorithm algorithm;
};

/* PEM, each with a NUL; `key` is PKCS #8 without a passphrase.  Owned. */
struct cert_pair {
    char *certificate, *key;
};

/* Make a new key and a certificate for it, signed by `issuer`, or by itself if that is
 * NULL.  `*out` is to be freed with cert_pair_free, whatever is returned:
 * 0, -ERR_SYNTAX (a name that no certificate can hold, a CA without a name, or times
 * in the wrong order),
 * -ERR_CORRUPT (the issuer is no pair), -ERR_UNSUPPORTED (this OpenSSL cannot),
 * -ERR_NO_MEMORY.  The issuer's own dates are not looked at. */
int cert_make(const struct cert_wish *wish, const struct cert_pair *issuer, struct cert_pair *out);

/* Wipes the key. */
void cert_pair_free(struct cert_pair *p);

/* Does the key belong to the (first) certificate? */
bool cert_pair_fits(const struct cert_pair *p);

/* What cert_make accepts as a name: letters, digits, '-', '.' and '_', labels of 1 to 63
 * and 253 bytes in all, perhaps with "*." before it.  Others write it as xn--... */
bool cert_name_is_good(struct slice name);

#endif
