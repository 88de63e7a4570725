/* SPDX-License-Identifier: BSD-2-Clause */
/* self_certificate.h - what a server speaks TLS with that was given no certificate: one
 * that it has signed itself.
 *
 *     STATE/tls/self.pem  self.key     kept over restarts, so that who has looked at its
 *                                      fingerprint once sees the same one again
 *
 * It encrypts; that the server is who it says it is it proves to nobody who was not told the
 * fingerprint.  It is made anew CERT_SOON_DAYS before its end, and when the names it should have
 * have changed: the domains, and the hosts and addresses that listen and advertise name. */

#ifndef SERVER_SELF_CERTIFICATE_H
#define SERVER_SELF_CERTIFICATE_H

#include "net/cert_make.h"
#include "net/cert_read.h"
#include "server/config.h"

#include <limits.h>

enum { SELF_CERTIFICATE_DAYS = 397 };

struct self_certificate {
    struct cert_pair pair;
    uint64_t         not_after;
    char             fingerprint[CERT_FINGERPRINT_TEXT];
    char             folder[PATH_MAX], file[PATH_MAX], key_file[PATH_MAX];
    bool             is_new;
    bool             is_in_memory;            /* it could not be written: the next start has another one */
    char             problem[PATH_MAX + 128]; /* why; "" if all is well */
};

/* The one that is kept, or a new one that is not written yet; `now` in seconds since 1970.  Free it whatever is
 * returned: 0, -ERR_NO_MEMORY or -ERR_UNSUPPORTED (OpenSSL cannot). */
int self_certificate_get(const struct config *config, uint64_t now, struct self_certificate *out);
/* Write a new one; the state folder need not be writable. */
void self_certificate_keep(struct self_certificate *c);
void self_certificate_free(struct self_certificate *c);

#endif
