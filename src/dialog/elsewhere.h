/* SPDX-License-Identifier: BSD-2-Clause */
/* elsewhere.h - where a request of ours goes: first to whom the user named, then to whom a 3xx names (RFC
 * 3261 8.1.3.4).
 *
 * Nobody is asked twice, ELSEWHERE_MAX in all, and who asked for sips is not sent on without it (26.2.2). */

#ifndef DIALOG_ELSEWHERE_H
#define DIALOG_ELSEWHERE_H

#include "base/arena.h"
#include "sip/message.h"

enum { ELSEWHERE_MAX = 8 };

struct elsewhere {
    struct slice list[ELSEWHERE_MAX];
    unsigned     count, next; /* next: the one to be asked next */
};

/* Keeps a copy in `arena`, without the headers of the URI; without memory none is added. */
void elsewhere_add(struct elsewhere *t, struct arena *arena, const struct uri *uri);
/* Its Contacts by descending q, equal ones as they come; those that we may not follow are left out. */
void elsewhere_follow(struct elsewhere *t, struct arena *arena, const struct message *response);
/* Begin with the first one, which it borrows. */
void elsewhere_begin(struct elsewhere *t, struct slice first);
/* Only the first one counts again, and is the next. */
void elsewhere_restart(struct elsewhere *t);
/* False: there is no other. */
bool elsewhere_next(struct elsewhere *t, struct slice *target);

#endif
