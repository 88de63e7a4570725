/* SPDX-License-Identifier: BSD-2-Clause */
#include "net/tls_fault.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdio.h>

enum { RECORD_HANDSHAKE = 22, RECORD_ALERT = 21 };

struct counter *tls_fault_counter(struct counters *c, enum tls_fault_kind kind)
{
    switch (kind) {
    case TLS_FAULT_PROTOCOL:
        return &c->tls_faults_protocol;
    case TLS_FAULT_VERSION:
        return &c->tls_faults_version;
    case TLS_FAULT_CERTIFICATE:
        return &c->tls_faults_certificate;
    case TLS_FAULT_REFUSED:
        return &c->tls_faults_refused;
    case TLS_FAULT_INTERNAL:
        break;
    }
    return &c->tls_faults_internal;
}

static void say(struct tls_fault *f, enum tls_fault_kind kind, const char *text)
{
    f->kind = kind;
    snprintf(f->text, sizeof f->text, "%s", text);
}

/* What an operator can do something about, in words that say so. */
static bool say_known(struct tls_fault *f, int reason)
{
    static const struct {
        int                 reason;
        enum tls_fault_kind kind;
        const char         *text;
    } known[] = {
        { SSL_R_UNSUPPORTED_PROTOCOL, TLS_FAULT_VERSION, "no common protocol version" },
        { SSL_R_UNKNOWN_PROTOCOL, TLS_FAULT_VERSION, "no common protocol version" },
        { SSL_R_VERSION_TOO_LOW, TLS_FAULT_VERSION, "no common protocol version" },
        { SSL_R_VERSION_TOO_HIGH, TLS_FAULT_VERSION, "no common protocol version" },
        { SSL_R_BAD_PROTOCOL_VERSION_NUMBER, TLS_FAULT_VERSION, "no common protocol version" },
        { SSL_R_WRONG_SSL_VERSION, TLS_FAULT_VERSION, "no common protocol version" },
        { SSL_R_NO_SHARED_CIPHER, TLS_FAULT_VERSION, "no common cipher, or none that our certificate's key fits" },
        { SSL_R_NO_SUITABLE_KEY_SHARE, TLS_FAULT_VERSION, "no common group for the key exchange" },
        { SSL_R_NO_SHARED_GROUPS, TLS_FAULT_VERSION, "no common group for the key exchange" },
        { SSL_R_NO_SUITABLE_SIGNATURE_ALGORITHM, TLS_FAULT_VERSION, "no common signature algorithm" },
        { SSL_R_NO_SHARED_SIGNATURE_ALGORITHMS, TLS_FAULT_VERSION, "no common signature algorithm" },
        { SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE, TLS_FAULT_CERTIFICATE, "peer has shown no certificate" },
        { SSL_R_CERTIFICATE_VERIFY_FAILED, TLS_FAULT_CERTIFICATE, "certificate of peer is no good" },
        { SSL_R_NO_RENEGOTIATION, TLS_FAULT_PROTOCOL, "peer wants to renegotiate" },
        { SSL_R_NO_CERTIFICATE_SET, TLS_FAULT_INTERNAL, "no certificate of ours" },
        { ERR_R_MALLOC_FAILURE, TLS_FAULT_INTERNAL, "out of memory" },
        { ERR_R_INTERNAL_ERROR, TLS_FAULT_INTERNAL, "internal error of OpenSSL" },
    };

    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (known[i].reason == reason) {
            say(f, known[i].kind, known[i].text);
            return true;
        }
    return false;
}

/* An alert from the peer: OpenSSL adds its number to this. */
static bool say_alert(struct tls_fault *f, int reason)
{
    int         alert = reason - SSL_AD_REASON_OFFSET;
    const char *text;

    if (reason < SSL_AD_REASON_OFFSET || alert > 255)
        return false;
    text    = SSL_alert_desc_string_long(alert);
    f->kind = alert == SSL_AD_PROTOCOL_VERSION ? TLS_FAULT_VERSION : TLS_FAULT_REFUSED;
    snprintf(f->text, sizeof f->text, "peer refuses: %s",
             alert == SSL_AD_PROTOCOL_VERSION ? "no common protocol version" : text);
    return true;
}

static bool is_text(struct slice s)
{
    for (size_t i = 0; i < s.len; i++)
        if ((s.ptr[i] < ' ' && s.ptr[i] != '\r' && s.ptr[i] != '\n') || s.ptr[i] == 127)
            return false;
    return s.len > 0;
}

static bool say_garbage(struct tls_fault *f, struct slice start)
{
    if (start.len == 0 || start.ptr[0] == RECORD_HANDSHAKE || start.ptr[0] == RECORD_ALERT)
        return false;
    say(f, TLS_FAULT_PROTOCOL, is_text(start) ? "plain text instead of TLS" : "garbage instead of TLS");
    return true;
}

void tls_fault_from_queue(struct tls_fault *f, struct slice start)
{
    unsigned long e      = ERR_peek_error();
    int           reason = ERR_GET_REASON(e);
    const char   *text;
    bool          of_ssl = ERR_GET_LIB(e) == ERR_LIB_SSL; /* other parts count their reasons anew */

    if (e == 0)
        say(f, TLS_FAULT_INTERNAL, "out of memory");
    else if (!say_garbage(f, start) && !(of_ssl && say_alert(f, reason)) &&
             !((of_ssl || ERR_FATAL_ERROR(e)) && say_known(f, reason))) {
        f->kind = TLS_FAULT_PROTOCOL;
        text    = ERR_reason_error_string(e);
        snprintf(f->text, sizeof f->text, "peer breaks the protocol: %s", text != NULL ? text : "reason unknown");
    }
    ERR_clear_error();
}
