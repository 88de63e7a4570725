/* SPDX-License-Identifier: BSD-2-Clause */
/* log_limit.h - lines that strangers cause: so many a second from each, and from all.
 *
 * Whoever floods is heard for a moment and then only counted, while others are heard
 * as before; the next line about the same source carries how many were kept back.
 * Memory is fixed: sources share sets of a few entries, and the one that was silent
 * for longest makes room.  A flood under countless forged sources meets the bound for all. */

#ifndef BASE_LOG_LIMIT_H
#define BASE_LOG_LIMIT_H

#include "base/log.h"
#include "base/msec.h"
#include "base/siphash.h"

enum { LOG_LIMIT_SETS = 64, LOG_LIMIT_WAYS = 4, LOG_LINES_PER_SOURCE = 20, LOG_LINES_OF_STRANGERS = 200 };

struct log_limit_entry {
    uint64_t source; /* 0: free */
    msec     second;
    uint32_t lines, suppressed;
};

struct log_limit {
    struct hash_key        key; /* so that nobody can choose whose set he falls into */
    msec                   second;
    uint32_t               lines;      /* of all, in that second                    */
    uint64_t               suppressed; /* of sources that had to make room          */
    struct log_limit_entry entries[LOG_LIMIT_SETS][LOG_LIMIT_WAYS];
};

/* Lines that were kept back and are to be told now. */
struct log_debt {
    uint64_t own, others;
};

void log_limit_init(struct log_limit *l, const struct hash_key *key);

/* May a line about `source` be written?  The port does not count, nor what an IPv6 host
 * may choose itself (the last 64 bits). */
bool log_limit_pass(struct log_limit *l, const struct address *source, msec now, struct log_debt *debt);

/* suppressed=... and suppressed_others=..., where there is something to tell. */
void log_debt_put(struct log_line *line, const struct log_debt *debt);

#endif
