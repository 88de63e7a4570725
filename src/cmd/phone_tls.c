/* SPDX-License-Identifier: BSD-2-Clause */
#include "cmd/phone_tls.h"

#include "base/error.h"
#include "cmd/exit_code.h"
#include "sip/uri.h"

#include <stdio.h>

static bool is_over_tls(const char *text)
{
    struct uri uri;

    if (text == NULL || !uri_parse(slice_from(text), &uri))
        return false;
    return uri.scheme == URI_SIPS || uri_transport(&uri) == TRANSPORT_TLS || uri_transport(&uri) == TRANSPORT_WSS;
}

bool phone_tls_is_wanted(const struct account_entry *e, const char *target)
{
    return is_over_tls(e->address) || is_over_tls(e->registrar) || is_over_tls(e->proxy) || is_over_tls(target);
}

static const char *if_given(const char *text)
{
    return text[0] == '\0' ? NULL : text;
}

int phone_tls_open(const struct account_entry *e, uint64_t now, struct tls_shared **out)
{
    struct tls_certificate own = { .domain     = "",
                                   .chain_file = if_given(e->tls_certificate),
                                   .key_file   = if_given(e->tls_key) };
    struct tls_setup setup = { .trust_file = if_given(e->tls_trust), .verify_servers = !e->tls_no_verify, .now = now };
    struct tls_problem problem;
    struct tls_keys   *keys;
    int                error;

    if ((own.chain_file == NULL) != (own.key_file == NULL)) {
        fprintf(stderr, "ahoy: a certificate and its key belong together: --tls-certificate and --tls-key\n");
        return EXIT_CONFIG;
    }
    setup.certificates      = &own;
    setup.certificate_count = own.chain_file != NULL ? 1 : 0;
    error                   = tls_keys_load(&setup, &keys, &problem);
    if (error != 0) {
        fprintf(stderr, "ahoy: %s\n", problem.text);
        return error == -ERR_NO_MEMORY ? EXIT_ERROR : EXIT_CONFIG;
    }
    *out = tls_shared_new(keys);
    if (*out == NULL) {
        fprintf(stderr, "ahoy: TLS: %s\n", error_text(-ERR_NO_MEMORY));
        return EXIT_ERROR;
    }
    if (e->tls_no_verify)
        fprintf(stderr, "ahoy: the server's certificate is not verified: anybody may be listening\n");
    return EXIT_OK;
}
