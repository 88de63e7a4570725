/* SPDX-License-Identifier: BSD-2-Clause */
/* timers.h - the three base values that all transaction timers are made of
 * (RFC 3261 17.1.1.1, Table 4). */

#ifndef TXN_TIMERS_H
#define TXN_TIMERS_H

#include "base/msec.h"

struct txn_timers {
    msec t1; /* round trip estimate, 500                        */
    msec t2; /* longest gap between retransmissions, 4000       */
    msec t4; /* longest life of a message in the network, 5000  */
};

#define TXN_TIMERS_DEFAULT ((struct txn_timers){ 500, 4000, 5000 })

#endif
