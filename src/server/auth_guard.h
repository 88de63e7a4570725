/* SPDX-License-Identifier: BSD-2-Clause */
/* auth_guard.h - a worker's side of the limit of attempts (attempts.h): asks before a
 * proof is judged, tells what came of it, and leaves one line in the log when a source or
 * a user begins to be held.
 *
 *     event=password_guessing held=source remote=192.0.2.66:5060 failures=5 wait=1000
 *     user=bob domain=example.test call=...
 *
 * That line is what an operator, or fail2ban, needs: see docs/registrar.md. */

#ifndef SERVER_AUTH_GUARD_H
#define SERVER_AUTH_GUARD_H

#include "base/log_limit.h"
#include "net/world.h"
#include "server/attempts.h"
#include "sip/message.h"

/* Borrows everything. */
struct auth_guard {
    struct world     *world;
    struct attempts  *attempts; /* NULL: everything is judged                     */
    struct log_limit *lines;    /* the worker's, of lines that strangers can cause */
};

/* May the proof of `user` of `domain` in this request be judged?  If not, it is counted,
 * and `wait` says when to come again, in ms. */
bool auth_guard_allow(const struct auth_guard *g, const struct message *request, struct slice user, struct slice domain,
                      msec *wait);

/* It was judged: right, or wrong, be there such a user or not. */
void auth_guard_note(const struct auth_guard *g, const struct message *request, struct slice user, struct slice domain,
                     bool right);

#endif
