/* SPDX-License-Identifier: BSD-2-Clause */
/* cert_read.h - what a certificate says (RFC 5280), in words, and how old it is.
 *
 * Nothing is believed because of it: a peer's certificate may say anything.  All texts are
 * printable ASCII, whatever stands in the certificate. */

#ifndef NET_CERT_READ_H
#define NET_CERT_READ_H

#include "base/arena.h"

#include <stdint.h>

struct x509_st; /* OpenSSL's X509 */

enum {
    CERT_SOON_DAYS        = 30, /* from then on its end is warned of */
    CERT_CHAIN_MAX        = 32, /* certificates that are read of one file */
    CERT_FINGERPRINT_TEXT = 96, /* "AB:CD:...", SHA-256, with its NUL */
};

struct cert_facts {
    struct slice        subject, issuer; /* "CN=example.com,O=Example": RFC 4514; may be empty */
    struct slice        serial;          /* hexadecimal */
    struct slice        algorithm;       /* of the key: "EC P-256", "RSA 2048", "ED25519" */
    const struct slice *names;           /* "DNS:example.com", "URI:sip:example.com", "IP:192.0.2.1", "email:a@b" */
    size_t              name_count;
    uint64_t            not_before, not_after; /* seconds since 1970, both inclusive */
    char                fingerprint[CERT_FINGERPRINT_TEXT];
    bool                self_signed, is_ca;
    struct arena        arena; /* holds the slices */
};

/* Borrows the certificate until it returns.  `*out` is to be freed with cert_facts_fini,
 * whatever is returned: 0, -ERR_NO_MEMORY, or -ERR_CORRUPT (times that are none). */
int  cert_facts_init(struct cert_facts *out, struct x509_st *certificate);
void cert_facts_fini(struct cert_facts *f);

/* All certificates of a PEM text, in their order, at most CERT_CHAIN_MAX; other things in it
 * (keys) are passed over.  `*list` is to be freed with cert_list_free.  Returns 0, -ERR_NOT_FOUND
 * (there is none), -ERR_CORRUPT (one is damaged), -ERR_TOO_LARGE (too many) or -ERR_NO_MEMORY. */
int  cert_list_read(struct slice pem, struct cert_facts **list, size_t *count);
void cert_list_free(struct cert_facts *list, size_t count);

enum cert_age { CERT_NOT_YET, CERT_GOOD, CERT_ENDS_SOON, CERT_ENDED };

/* `now` in seconds since 1970. */
enum cert_age cert_age(uint64_t not_before, uint64_t not_after, uint64_t now);
/* "not_yet", "good", "ends_soon", "ended" */
const char *cert_age_name(enum cert_age age);
/* Whole days until its end; negative when it is over: -1 from the first second on. */
int64_t cert_days_left(uint64_t not_after, uint64_t now);

enum { CERT_TIME_TEXT = 24 };
/* "2026-11-26T14:30:00Z" */
void cert_time_write(uint64_t seconds, char text[CERT_TIME_TEXT]);

#endif
