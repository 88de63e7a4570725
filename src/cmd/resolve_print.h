/* SPDX-License-Identifier: BSD-2-Clause */
/* resolve_print.h - what `ahoy resolve` tells: each answer of the DNS, the targets,
 * the end; in words, or as one JSON object a line (the schema is in ahoy(1)). */

#ifndef CMD_RESOLVE_PRINT_H
#define CMD_RESOLVE_PRINT_H

#include "locate/locate.h"
#include "net/resolver.h"

/* Who tells. */
struct resolve_print {
    bool json;
};

/* The URI that was asked for, or what a number became by ENUM. */
void resolve_print_uri(const struct resolve_print *p, struct slice uri, bool by_enum);
/* An answer with its records, or why there is none. */
void resolve_print_answer(const struct resolve_print *p, const struct dns_report *report);
/* The targets in order, each with where it comes from and who it must prove to be. */
void resolve_print_targets(const struct resolve_print *p, const struct locate *l);
/* NULL, or why nobody is to be reached. */
void resolve_print_end(const struct resolve_print *p, const char *reason);

#endif
