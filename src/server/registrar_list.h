/* SPDX-License-Identifier: BSD-2-Clause */
/* registrar_list.h - the bindings of one AOR while a REGISTER changes them.
 *
 *     | those that are there | new ones, in the order they come |
 *       gone? refreshed?
 *
 * What is gone stays in the list until the end, so that it can be told.  Beside it
 * grows what the store is to be told.  Nothing here is seen by anybody yet. */

#ifndef SERVER_REGISTRAR_LIST_H
#define SERVER_REGISTRAR_LIST_H

#include "server/registrar.h"

enum { LIST_ITEMS = 2 * LIMIT_LIST, LIST_PARAMS = 16 * 1024 };

struct list_item {
    struct binding     b;
    bool               gone, refreshed;
    bool               put; /* the store is to have it as it is in the end */
    bool               told;
    enum binding_event event; /* if `told` */
};

struct registrar_list {
    struct server            *server;
    const struct registering *r; /* the REGISTER */
    struct list_item          items[LIST_ITEMS];
    size_t                    count, existing;
    bool                      rebuilt; /* not only refreshed */
    struct buf                params;  /* texts of the new ones; overflown: they are too large */
    char                      params_memory[LIST_PARAMS];

    struct binding      values[LIST_ITEMS]; /* what the AOR is to have */
    size_t              value_count;
    struct store_change changes[LIST_ITEMS];
    char                flows[LIST_ITEMS][FLOW_TEXT];
    size_t              change_count;
};

/* Large: only what is used is set.  Borrows all, and from `a` (NULL: none) what it has. */
void registrar_list_init(struct registrar_list *l, struct server *s, const struct registering *r, const struct aor *a);

/* One change that route/binding has decided on. */
void registrar_list_apply(struct registrar_list *l, const struct binding_change *change);

/* After the last: `values` and `changes` are made. */
void registrar_list_finish(struct registrar_list *l);

/* Tell each event, when it has happened. */
void registrar_list_tell(const struct registrar_list *l);

#endif
