/* SPDX-License-Identifier: BSD-2-Clause */
/* server_watch.h - what must hold for every packet of a server's, whatever is sent to it.
 *
 *     what came in:   requests by transaction and by what is copied of them; 2xx by transaction and tag
 *     what goes out:  a response answers a request, never an ACK; one refusal for each arrival of a
 *                     request at most, and none after a 2xx; a 2xx as often as it came; a request was
 *                     received before, has one hop less, and is one that policy lets pass
 *
 * What policy lets pass is told here once more, in the few words of docs/proxy.md: to our users and to
 * ourselves; from our users, if nobody has to prove who he is; or by a token that this server
 * has given out for this very call. */

#ifndef TEST_SUPPORT_SERVER_WATCH_H
#define TEST_SUPPORT_SERVER_WATCH_H

#include "support/world_fake.h"

struct watch;

/* One at a time. */
struct watch *watch_new(void);

/* A server: all packets from and to `host` are its. `open`: nobody has to prove who he is.  Borrows `domain`. */
void watch_server(struct watch *w, const struct host *host, struct address ip, const char *domain, bool open);

/* For network_observe, with the watch as `arg`.  Aborts, and tells the packet, where something does not hold. */
packet_fn watch_packet;

/* What has come in long ago enough must have gone out. */
void watch_settled(struct watch *w, msec now);

/* Nothing more can be kept: what follows would not be judged. */
bool watch_is_full(const struct watch *w);

/* How many requests have been forwarded, refused, and how many 2xx passed: a walk that does nothing proves nothing. */
struct watch_counts {
    unsigned forwarded, refused, accepted, cancelled;
};
struct watch_counts watch_counts(const struct watch *w);

#endif
