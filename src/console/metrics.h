/* SPDX-License-Identifier: BSD-2-Clause */
/* metrics.h - http://ADDRESS/metrics for Prometheus.
 *
 * HTTP is a module that is loaded when this begins, with a thread of its own: it reads
 * the counters without asking the workers, so that they can be read while these hang.
 * Whoever can connect can read; nothing can be changed here. */

#ifndef CONSOLE_METRICS_H
#define CONSOLE_METRICS_H

#include "base/address.h"
#include "console/http_module.h"
#include "console/numbers.h"
#include "console/prometheus.h"

enum { METRICS_CONNECTIONS = 16, METRICS_SECONDS = 10 };

struct metrics;

/* Borrows `numbers`.  Port 0: any free one.  Returns 0, an error of world_udp_open, or
 * -ERR_NOT_FOUND or -ERR_UNSUPPORTED (no module, one of another version), with a sentence
 * in `problem`. */
int metrics_start(const struct address *address, const struct numbers *numbers, const struct prometheus_facts *facts,
                  struct metrics **out, char *problem, size_t problem_size);
/* The same with a module that is there already, for tests. */
int metrics_start_on(const struct http_module *module, const struct address *address, const struct numbers *numbers,
                     const struct prometheus_facts *facts, struct metrics **out, char *problem, size_t problem_size);
/* NULL is fine. */
void metrics_stop(struct metrics *m);

struct address metrics_address(const struct metrics *m);

#endif
