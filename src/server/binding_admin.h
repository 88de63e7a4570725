/* SPDX-License-Identifier: BSD-2-Clause */
/* binding_admin.h - bindings that an administrator adds and removes, beside those that
 * phones register: a gateway that does not register, a phone that was stolen.
 *
 * On the worker of the server that is given.  A change is made in RAM at once and
 * acknowledged after the commit that holds it, as a REGISTER is. */

#ifndef SERVER_BINDING_ADMIN_H
#define SERVER_BINDING_ADMIN_H

#include "server/server.h"

enum { BINDING_FOR_EVER = UINT32_MAX }; /* seconds: 136 years, the most that SIP can say */

/* 0 when the change is on the disk, or -ERR_X of the store; -ERR_CLOSED when the server
 * ends before. */
typedef void binding_done_fn(void *arg, int error);

struct binding_order {
    struct slice aor;     /* "sip:alice@example.test", of a domain of ours */
    struct slice contact; /* "sip:10.0.0.7:5080"                           */
    uint32_t     expires; /* seconds, not 0                                */
    unsigned     q;       /* thousandths                                   */
};

/* Add it, or put it in the place of one with an equal URI (RFC 3261 19.1.4).  Borrows
 * until it returns.  Returns 0, and then `done` will be called once, from a later turn
 * or server_free; or an error, and then nothing has changed: -ERR_SYNTAX (one of the
 * URIs), -ERR_NOT_FOUND (the domain is not ours), -ERR_LIMIT (max_contacts, max_bindings,
 * or the store is full), -ERR_NO_MEMORY. */
int binding_admin_add(struct server *s, const struct binding_order *order, binding_done_fn *done, void *arg);

/* Remove the binding of `aor` with this contact, or all of them if it is empty.  As
 * above; -ERR_NOT_FOUND also if there is none. */
int binding_admin_remove(struct server *s, struct slice aor, struct slice contact, binding_done_fn *done, void *arg);

/* The key by which location_find knows the AOR; empty if it is not of our domains or
 * cannot be read.  `memory` holds it. */
enum { BINDING_KEY_MAX = 512 };
struct slice binding_admin_key(struct server *s, struct slice aor, char memory[BINDING_KEY_MAX]);

#endif
