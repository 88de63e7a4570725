/* SPDX-License-Identifier: BSD-2-Clause */
/* phone_log.h - of what a phone's world logs, what a person must know: why a connection
 * failed though somebody was there, on stderr. */

#ifndef CMD_PHONE_LOG_H
#define CMD_PHONE_LOG_H

#include "base/log.h"

struct phone_log {
    struct log        log;
    struct log_levels levels;
};

void phone_log_init(struct phone_log *l);

#endif
