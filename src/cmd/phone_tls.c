/* SPDX-License-Identifier: BSD-2-Clause */
#include "cmd/phone_tls.h"

#include "base/error.h"
#include "cmd/exit_code.h"
#include "sip/uri.h"

#include <stdio.h>

bool phone_tls_is_for(const char *text)
{
    struct uri uri;

    if (text == NULL || !uri_parse(slice_from(text), &uri))
        return false;
    return uri.scheme == URI_SIPS || uri_transport(&uri) == TRANSPORT_TLS || uri_transport(&uri) == TRANSPORT_WSS;
}

bool phone_tls_is_wanted(const struct account_entry *e, const char *target)
{
    return phone_tls_is_for(e->address) || phone_tls_is_for(e->registrar) || phone_tls_is_for(e->proxy) ||
           phone_tls_is_for(target);
}

static const char *if_given(const char *text)
{
    return text[0] == '\0' ? NULL : text;
}

int phone_tls_load(const struct account_entry *e, uint64_t now, struct tls_shared **out, char *reason, size_t size)
{
    struct tls_certificate own = { .domain     = "",
                                   .chain_file = if_given(e->tls_certificate),
                                   .key_file   = if_given(e->tls_key) };
    struct tls_setup setup = { .trust_file = if_given(e->tls_trust), .verify_servers = !e->tls_no_verify, .now = now };
    struct tls_problem problem;
    struct tls_keys   *keys;
    int                error;

    if ((own.chain_file == NULL) != (own.key_file == NULL)) {
        snprintf(reason, size, "a certificate and its key belong together: --tls-certificate and --tls-key");
        return EXIT_CONFIG;
    }
    setup.certificates      = &own;
    setup.certificate_count = own.chain_file != NULL ? 1 : 0;
    error                   = tls_keys_load(&setup, &keys, &problem);
    if (error != 0) {
        snprintf(reason, size, "%s", problem.text);
        return error == -ERR_NO_MEMORY ? EXIT_ERROR : EXIT_CONFIG;
    }
    *out = tls_shared_new(keys);
    if (*out != NULL)
        return EXIT_OK;
    snprintf(reason, size, "TLS: %s", error_text(-ERR_NO_MEMORY));
    return EXIT_ERROR;
}

int phone_tls_open(const struct account_entry *e, uint64_t now, struct tls_shared **out)
{
    char reason[sizeof(struct tls_problem)];
    int  code = phone_tls_load(e, now, out, reason, sizeof reason);

    if (code != EXIT_OK)
        fprintf(stderr, "ahoy: %s\n", reason);
    else if (e->tls_no_verify)
        fprintf(stderr, "ahoy: the server's certificate is not verified: anybody may be listening\n");
    return code;
}
