/* SPDX-License-Identifier: BSD-2-Clause */
/* tls_identity.h - whom a certificate speaks for (RFC 5922 7.1, 7.2; RFC 5924).
 *
 *     subjectAltName  URI sip:DOMAIN     the SIP domain
 *                     DNS DOMAIN         only if there is no such URI
 *                     IP address         for a peer named by digits
 *     subject CN      DOMAIN             only if there is no subjectAltName at all
 *
 * Domains are compared whole and in any case.  A wildcard stands for nothing: RFC 5922 7.2. */

#ifndef NET_TLS_IDENTITY_H
#define NET_TLS_IDENTITY_H

#include "base/buf.h"

struct x509_st;

/* Does the certificate prove its holder to be this SIP domain, or address in digits? */
bool tls_identity_is(struct x509_st *certificate, struct slice domain);

/* The domains and addresses above, ", " between them, what is no plain text replaced; for logs
 * and faults.  Ends with "..." when the buffer is full. */
void tls_identity_write(struct buf *b, struct x509_st *certificate);

/* Is it fit to be shown to a client that asks for `host` by SNI?  As tls_identity_is, but
 * names beside a sip URI count too, and a wildcard for one label: who asks so may be a
 * browser. */
bool tls_identity_serves(struct x509_st *certificate, struct slice host);

/* What a certificate may be used for, if it says so: RFC 5924's id-kp-sipDomain,
 * anyExtendedKeyUsage, or that of the Web; for a peer that has connected to us that of
 * Web clients is as good, since public CAs sign domains for one role only. */
bool tls_identity_may_serve(struct x509_st *certificate);
bool tls_identity_may_connect(struct x509_st *certificate);

#endif
