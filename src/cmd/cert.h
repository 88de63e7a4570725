/* SPDX-License-Identifier: BSD-2-Clause */
/* cert.h - the parts of `ahoy cert`. */

#ifndef CMD_CERT_H
#define CMD_CERT_H

#include "cmd/option.h"

extern const struct command command_cert_lab;  /* cert_lab.c */
extern const struct command command_cert_show; /* cert_show.c */

#endif
