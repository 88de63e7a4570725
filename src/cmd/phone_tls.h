/* SPDX-License-Identifier: BSD-2-Clause */
/* phone_tls.h - what a phone speaks TLS with: whom it trusts, and the certificate that it
 * shows where one is asked for. */

#ifndef CMD_PHONE_TLS_H
#define CMD_PHONE_TLS_H

#include "cmd/account_file.h"
#include "net/tls_shared.h"

/* Does a URI of the account, or this target (NULL: none), speak of TLS?  Else nothing
 * needs to be loaded. */
bool phone_tls_is_wanted(const struct account_entry *e, const char *target);

/* A URI that is only reached by TLS. */
bool phone_tls_is_for(const char *uri);

/* As phone_tls_open, but says in `reason` what is wrong, and nothing else. */
int phone_tls_load(const struct account_entry *e, uint64_t now, struct tls_shared **out, char *reason, size_t size);

/* The account's CAs, or the system's; its certificate, if it has one.  Says on stderr what
 * is wrong with a file, and that nobody is verified if so.  Returns EXIT_OK or an exit
 * code; the caller frees `*out` with tls_shared_free. */
int phone_tls_open(const struct account_entry *e, uint64_t now, struct tls_shared **out);

#endif
