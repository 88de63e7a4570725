/* SPDX-License-Identifier: BSD-2-Clause */
/* limits.h - the sizes that protocol code is built around.  What an operator
 * may change is a key of the configuration (server/config.def) with a default
 * from here. */

#ifndef BASE_LIMITS_H
#define BASE_LIMITS_H

enum {
    LIMIT_DATAGRAM  = 65535,
    LIMIT_MESSAGE   = 65535, /* a message on a stream, headers and body */
    LIMIT_HEADERS   = 255,   /* header fields in one message            */
    LIMIT_LIST      = 64,    /* values of one comma list we act on      */
    LIMIT_BRANCHES  = 16,    /* forks of one request                    */
    LIMIT_ROUTE_SET = 16,
    LIMIT_LOG_VALUE = 160,
};

#endif
