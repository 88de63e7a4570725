/* SPDX-License-Identifier: BSD-2-Clause */
/* admin.h - what commands may ask of a server: the control methods.
 *
 * They are listed, with parameters, results and errors, in admin_table.c, from which
 * docs/control.md and the answer of server.methods are made.  The same functions run
 * in a server, behind the control socket, and in a command that has opened the
 * database because no server runs; what only a server can do, they refuse there. */

#ifndef CONSOLE_ADMIN_H
#define CONSOLE_ADMIN_H

#include "console/control_call.h"
#include "console/numbers.h"
#include "console/reloading.h"
#include "net/tls_shared.h"
#include "server/config.h"
#include "server/server.h"
#include "server/users.h"

#include <stdio.h>

struct admin {
    const struct config *config; /* in force */
    struct users        *users;
    struct server       *server; /* whose worker the methods run on; it need not listen */
    /* The rest is NULL where no server runs. */
    struct world      *world;
    struct numbers    *numbers;
    struct log_levels *levels;
    /* Of every worker, the high-water marks begin anew. */
    void (*forget_high)(void *arg);
    /* Adds to the answer of server.status. */
    void (*add_status)(void *arg, json_t *status);
    /* Reads the certificates again; as shared_reload_certificates. */
    int (*reload)(void *arg, char *problem, size_t problem_size);
    /* Takes another configuration; as reloading_order. */
    void (*order)(void *arg, const struct reloading_order *order, reloading_done_fn *done, void *done_arg);
    /* Ends the server soon, after the answer has been sent. */
    void (*stop)(void *arg);
    void                *arg;
    struct tls_shared   *tls;
    const struct budget *memory;
    unsigned             workers;
    uint64_t             started_at; /* ms since 1970 */
};

/* For control_start or control_dispatch, with a `struct admin *` as the user. */
const struct control_method *admin_methods(size_t *count);

/* The methods as Markdown, for docs/control.md. */
void admin_write_methods(FILE *out);

#endif
