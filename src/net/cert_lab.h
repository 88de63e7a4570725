/* SPDX-License-Identifier: BSD-2-Clause */
/* cert_lab.h - a CA of one's own in a folder, and what it signs.
 *
 *     ca.pem  ca.key                 the CA; made once, used again afterwards, never replaced
 *     example.com.pem  .key          of a domain (RFC 5922 7.1), or of an address in digits
 *     alice@example.com.pem  .key    of a user, to prove himself with as a client
 *     alice@example.com.both.pem     the two in one file, as baresip wants them
 *
 * All are PEM.  A certificate never outlives its CA: who trusts that would refuse it. */

#ifndef NET_CERT_LAB_H
#define NET_CERT_LAB_H

#include "net/cert_make.h"

#include <limits.h>

struct cert_lab_options {
    uint64_t            now;     /* seconds since 1970 */
    uint64_t            seconds; /* that a certificate lives */
    uint64_t            ca_seconds;
    struct slice        ca_name;
    enum cert_algorithm algorithm;
    bool                replace; /* certificates that are there; never the CA */
    const struct slice *names;   /* further names of each domain's certificate */
    size_t              name_count;
    const struct slice *ips; /* and addresses */
    size_t              ip_count;
};

/* Slices of the options are borrowed until the close. */
struct cert_lab {
    const char             *folder;
    struct cert_lab_options options;
    struct cert_pair        ca;
    uint64_t                ca_ends;
    bool                    ca_is_new;
};

struct cert_lab_made {
    char     certificate[PATH_MAX], key[PATH_MAX];
    char     both[PATH_MAX]; /* "" for a domain */
    uint64_t not_after;
    bool     is_user;
    bool     is_cut; /* it ends sooner than was wished for, with the CA */
};

/* Read the CA of the folder, which exists, or make one.  Borrows `folder`.  Close it whatever is
 * returned: 0, -ERR_CORRUPT (ca.pem and ca.key are no pair, or no CA), -ERR_TIMEOUT (the CA has ended),
 * or an error of cert_make, cert_write or cert_read_pair; then with a sentence in `problem`. */
int  cert_lab_open(struct cert_lab *lab, const char *folder, const struct cert_lab_options *options, char *problem,
                   size_t problem_size);
void cert_lab_close(struct cert_lab *lab);

/* Can a certificate of this be made here?  `who` is "example.com", "192.0.2.1" or
 * "alice@example.com".  Returns 0, -ERR_SYNTAX, -ERR_EXISTS or -ERR_TOO_LARGE with a sentence in
 * `problem`; nothing is written. */
int cert_lab_check(const struct cert_lab *lab, struct slice who, char *problem, size_t problem_size);

/* Make it.  Errors as cert_lab_check, cert_make and cert_write. */
int cert_lab_make(const struct cert_lab *lab, struct slice who, struct cert_lab_made *out, char *problem,
                  size_t problem_size);

#endif
