/* SPDX-License-Identifier: BSD-2-Clause */
/* cert_print.h - certificates for people and for monitors, from their JSON (console/cert_json.h,
 * with "domain" and "file" where they are known, and what cert_probe.h adds). */

#ifndef CMD_CERT_PRINT_H
#define CMD_CERT_PRINT_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

/* Some lines, after an empty one if `gap`. */
void cert_print(const json_t *certificate, bool gap, FILE *out);

/* One line about the worst of them, and 0, 1 or 2 as monitors want it: all good, one ends soon,
 * one is no good or not accepted, or there is none. */
int cert_print_check(const json_t *certificates, FILE *out);

#endif
