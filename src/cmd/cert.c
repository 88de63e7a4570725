/* SPDX-License-Identifier: BSD-2-Clause */
/* cert.c - `ahoy cert`: certificates for a lab, and those that a server uses. */

#include "cmd/cert.h"

static const struct command *const children[] = { &command_cert_lab, &command_cert_show, NULL };

const struct command command_cert = {
    .name     = "cert",
    .summary  = "certificates: lab, show",
    .synopsis = "SUBCOMMAND [OPTION...] [ARGUMENT...]",
    .children = children,
};
