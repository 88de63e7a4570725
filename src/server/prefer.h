/* SPDX-License-Identifier: BSD-2-Clause */
/* prefer.h - the caller's preferences (RFC 3841) where they are followed: for the phones of a user of ours.
 *
 * What is preferred route/caller_preferences.h says; here is where it is asked. */

#ifndef SERVER_PREFER_H
#define SERVER_PREFER_H

#include "route/caller_preferences.h"
#include "server/internal.h"

/* Before any phone is looked for: may the request go on to those of p->aor?  Too many preferences get 403
 * (RFC 3841 11); who asked for `redirect` gets 302, if he is one of ours, who has proved it, or this is a redirect
 * server anyway: where phones are is not told to strangers.  False: it has been answered. */
bool prefer_admits(struct server *s, struct passage *p);

/* Drop and order the targets.  In which groups the rest is to be asked: `usual`, if the caller has not said. */
enum target_order prefer_targets(const struct passage *p, struct target_set *set, enum target_order usual);

/* no-cancel: are the others to ring on when one has answered (9.1)? */
bool prefer_rings_on(const struct passage *p);
/* May we follow what a phone redirects to, unless no-recurse leaves that to the caller? */
bool prefer_follows(const struct passage *p);

#endif
