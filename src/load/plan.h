/* SPDX-License-Identifier: BSD-2-Clause */
/* plan.h - what a run of `ahoy load` is to do: its settings, understood and checked.
 *
 * Times are written "10s", "500ms", "2m" or "1h"; a number alone is seconds. */

#ifndef LOAD_PLAN_H
#define LOAD_PLAN_H

#include "base/msec.h"
#include "load/pace.h"
#include "load/settings.h"
#include "sip/flow.h"

enum load_scenario { LOAD_OF_REGISTER, LOAD_OF_OPTIONS, LOAD_OF_MESSAGE, LOAD_OF_INVITE };

enum {
    LOAD_HOST_SIZE  = 256,
    LOAD_NAME_SIZE  = 64, /* of a user, with its NUL */
    LOAD_WINDOW_MAX = 1000000,
    LOAD_USERS_MAX  = 100000000,
};

struct load_plan {
    enum load_scenario scenario;
    char               domain[LOAD_HOST_SIZE]; /* of the users: host or host:port, as in a URI */
    char               server[LOAD_HOST_SIZE]; /* host; a name, or an address without brackets */
    uint16_t           port;                   /* of the server                                */
    struct address     local;                  /* family NONE: what the host takes; port 0: any */
    enum transport     transport;
    uint32_t           connections; /* of each side */
    uint32_t           users, first;
    char               name_head[LOAD_NAME_SIZE], name_tail[LOAD_NAME_SIZE];
    unsigned           name_width;
    bool               name_zeros;
    uint32_t           expires; /* s */
    struct pace        pace;
    msec               duration; /* 0: no end by time */
    msec               warm_up;
    uint64_t           count; /* 0: no end by number */
    msec               timeout, ring, hold;
    uint32_t           size, max_errors;
    bool               media, callers, callees, registers, keeps, shuffles, force, progress, json, tls_no_verify;
};

/* False: `why` says in a sentence what is wrong. */
bool load_plan_make(struct load_plan *p, const struct load_settings *s, struct buf *why);

/* The name of a user by number. */
void load_plan_user(const struct load_plan *p, uint32_t number, struct buf *out);

/* "register", "options", "message" or "invite". */
const char *load_scenario_name(enum load_scenario scenario);

#endif
