/* SPDX-License-Identifier: BSD-2-Clause */
/* admin.h - what commands may ask of a server: the control methods.
 *
 *   user.add      {name, password, domain?}  {name, domain}; after the commit
 *   user.passwd   {name, password, domain?}  {name, domain}; after the commit
 *   user.remove   {name, domain?}            {name, domain}; after the commit
 *   user.list     {domain?}                  {users: [{name, domain}...]}, sorted
 *   server.status {}                         {version, pid, realm, domains, users, ...}
 *   server.stop   {}                         {}; then the server ends
 *
 * `domain` is the first configured one unless it is given.  The same functions run
 * in a server, behind the control socket, and in a command that has opened the
 * database because no server runs. */

#ifndef CONSOLE_ADMIN_H
#define CONSOLE_ADMIN_H

#include "console/control_call.h"
#include "server/config.h"
#include "server/users.h"

struct admin {
    const struct config *config;
    struct users        *users;
    /* Adds to the answer of server.status; NULL: nothing more to say. */
    void (*add_status)(void *arg, json_t *status);
    /* Ends the server soon, after the answer has been sent; NULL: there is none. */
    void (*stop)(void *arg);
    void *arg;
};

/* For control_start or control_dispatch, with a `struct admin *` as the user. */
const struct control_method *admin_methods(size_t *count);

#endif
