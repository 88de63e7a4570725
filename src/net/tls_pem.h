/* SPDX-License-Identifier: BSD-2-Clause */
/* tls_pem.h - certificates and keys out of PEM files, with a sentence when it fails.
 *
 * A file of keys that others may read, or change, is refused: who could read it once has the
 * key.  What was read of one is wiped. */

#ifndef NET_TLS_PEM_H
#define NET_TLS_PEM_H

#include <openssl/x509.h>

struct tls_pem_fault {
    char text[256];
};

/* All certificates of the file or, if that is NULL, of the text: at least one.  Returns 0,
 * -ERR_NOT_FOUND, -ERR_PERMISSION, -ERR_IO, -ERR_TOO_LARGE, -ERR_CORRUPT or -ERR_NO_MEMORY. */
int tls_pem_certificates(const char *file, const char *text, STACK_OF(X509) * *out, struct tls_pem_fault *fault);

/* The private key of it; the same errors, and -ERR_UNSUPPORTED for one with a password. */
int tls_pem_key(const char *file, const char *text, EVP_PKEY **out, struct tls_pem_fault *fault);

/* "2026-11-26" */
enum { TLS_PEM_DATE = 32 };
void tls_pem_date(const ASN1_TIME *time, char out[TLS_PEM_DATE]);

/* What OpenSSL's error queue of this thread says first; empties it.  Static text. */
const char *tls_pem_queue_text(void);

#endif
