/* SPDX-License-Identifier: BSD-2-Clause */
/* wait.h - how the threads of a store wait for a while, whatever becomes of the wall
 * clock. */

#ifndef STORE_WAIT_H
#define STORE_WAIT_H

#include "base/msec.h"

#include <pthread.h>

/* A condition that waits by the monotonic clock. */
void wait_init(pthread_cond_t *wake);
/* So long from now, for pthread_cond_timedwait with such a condition. */
struct timespec wait_deadline(msec pause);

#endif
