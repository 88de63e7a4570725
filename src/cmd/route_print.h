/* SPDX-License-Identifier: BSD-2-Clause */
/* route_print.h - the answer of route.explain, for people: `ahoy route`, `ahoy config test`. */

#ifndef CMD_ROUTE_PRINT_H
#define CMD_ROUTE_PRINT_H

#include <jansson.h>
#include <stdio.h>

/* Each step in a line, `indent` before it. */
void route_print_steps(FILE *out, const json_t *explanation, const char *indent);

/* What it comes to: targets, an answer, or the registrar. */
void route_print_outcome(FILE *out, const json_t *explanation, const char *indent);

/* One target in a line, with nothing about why. */
void route_print_target(FILE *out, const json_t *target);

#endif
