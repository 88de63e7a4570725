/* SPDX-License-Identifier: BSD-2-Clause */
/* certificates.h - what the server speaks TLS with, from its configuration: certificates and
 * keys, or one it has signed itself if it listens for TLS and was given none. */

#ifndef SERVER_CERTIFICATES_H
#define SERVER_CERTIFICATES_H

#include "server/self_certificate.h"
#include "server/shared.h"

/* Read everything, and let new connections use it; those that are open keep what they have.  The
 * first time before the servers are made, which borrow s->tls, and with the state folder there.
 * On an error all stays as it was, and `problem` has a sentence with the file's name.  `now` in
 * seconds since 1970; what has expired by then is refused, but for the first time.  Returns 0, or an
 * error of config_tls_load or self_certificate_get.
 * One thread at a time. */
int shared_reload_certificates(struct shared *s, uint64_t now, char *problem, size_t problem_size);

/* The same in two steps, for a configuration that is not in force: read, and then use or drop.  Nothing is
 * written before it is used. */
struct certificates_read {
    struct tls_keys         *keys;
    struct self_certificate *own;  /* NULL: it has been given others, or needs none */
    struct self_signed      *self; /* of that */
};

int  certificates_read(const struct shared *s, const struct config *config, uint64_t now, struct certificates_read *out,
                       char *problem, size_t problem_size);
void certificates_use(struct shared *s, struct certificates_read *r); /* not the first time */
void certificates_drop(struct certificates_read *r);

/* Of the certificate that the server has signed itself; without its key. */
struct self_signed {
    char fingerprint[CERT_FINGERPRINT_TEXT];
    char file[PATH_MAX];
    bool is_new;       /* made by the latest shared_reload_certificates */
    bool is_in_memory; /* it could not be written, for this reason: */
    char problem[PATH_MAX + 128];
};

/* NULL unless it is in use.  Lives until the next shared_reload_certificates. */
const struct self_signed *shared_self_signed(const struct shared *s);

/* A line for people, "ahoy.conf:12: ...", for each configured certificate that ends soon, has not begun
 * or has ended, if it can be read. */
void config_report_old_certificates(const struct config *config, uint64_t now, config_problem_fn *report, void *arg);

#endif
