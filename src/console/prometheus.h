/* SPDX-License-Identifier: BSD-2-Clause */
/* prometheus.h - the counters as Prometheus reads them: text format 0.0.4.
 *
 * A counter is ahoy_NAME_total; a gauge is ahoy_NAME, with ahoy_NAME_high for its
 * high-water mark and ahoy_NAME_limit if it has a limit (the unit, if there is one,
 * stays at the end: ahoy_memory_high_bytes).  The certificates in use have the time of
 * their end, by domain. */

#ifndef CONSOLE_PROMETHEUS_H
#define CONSOLE_PROMETHEUS_H

#include "base/budget.h"
#include "base/buf.h"
#include "base/counters.h"
#include "net/tls_shared.h"

enum { PROMETHEUS_TEXT_MAX = 256 * 1024 };

struct prometheus_facts {
    const char          *version;
    unsigned             workers;
    uint64_t             started_at; /* ms since 1970 */
    const struct budget *memory;     /* borrowed; NULL: nobody accounts for it */
    struct tls_shared   *tls;        /* borrowed; NULL: there are no certificates */
};

void prometheus_write(struct buf *b, const struct counters_sum *sum, const struct prometheus_facts *facts);

#endif
