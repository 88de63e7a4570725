/* SPDX-License-Identifier: BSD-2-Clause */
/* attempts.h - who guesses passwords is slowed down: wrong proofs are counted per source
 * and per user, for all workers of a server.
 *
 *     wrong proofs within the window    1 2 3 4 5   6   7   8   9  ...
 *     seconds until the next is judged  0 0 0 0 1   2   4   8  16  ... delay_max
 *
 * A source is an IPv4 address or an IPv6 /64: the rest of it is the host's own choice.
 * A wrong proof counts for its source, and for the user that it names, whether there is
 * such a user or not.  While either has to wait, no proof is judged, so nothing is
 * learnt from the answer.
 *
 * A place where a user has lately proved himself is known.  A proof from there is held
 * only by what was wrong from there for that user, whatever strangers try in his name
 * from elsewhere, and whatever others try who share his address behind a NAT.  A known
 * place that proves itself again lowers the count of its source by one, at most once in
 * a window, so that an office with many phones is not held for one that has an old
 * password, and who has a password of his own gains little for guessing others'.
 *
 * Memory is fixed: entries share sets, found by a keyed hash, in which those with the
 * fewest failures, then the oldest, make room.  Any thread. */

#ifndef SERVER_ATTEMPTS_H
#define SERVER_ATTEMPTS_H

#include "base/accounts.h"
#include "base/address.h"
#include "base/budget.h"
#include "base/msec.h"
#include "base/random.h"

struct attempts;

enum {
    ATTEMPTS_COUNTS    = 32768,    /* sources, users and users at a place with failures          */
    ATTEMPTS_KNOWN_FOR = 86400000, /* a place is known for so long after the last proof from there */
};

struct attempts_rules {
    unsigned failures;  /* wrong proofs that are free, at least 1       */
    msec     window;    /* what is older than this is forgotten         */
    msec     delay_max; /* at least a second                            */
    size_t   places;    /* known places that are kept, of 8 bytes each  */
};

/* Who tries from where; as the request names him.  A domain's case does not count. */
struct attempt {
    const struct address *source;
    struct slice          user, domain;
};

/* What a wrong proof has brought about: who has to wait from now on, and had not to before. */
struct attempts_news {
    bool     source, user; /* `user`: he, from elsewhere than a known place; or from that one  */
    unsigned failures;     /* of that source, or of that user                                  */
    msec     delay;
};

/* NULL without memory. */
struct attempts *attempts_new(const struct random *random, const struct attempts_rules *rules);
/* Other rules from now on; but for the number of places. */
void attempts_set_rules(struct attempts *a, const struct attempts_rules *rules);
/* Account for its memory in `b`, which it borrows. */
void attempts_account(struct attempts *a, struct budget *b);
void attempts_free(struct attempts *a);

/* May this proof be judged?  If not, `wait` is when the next may: 1 ms or more. */
bool attempts_allow(struct attempts *a, const struct attempt *t, msec now, msec *wait);
/* It was judged, and was wrong. */
void attempts_failed(struct attempts *a, const struct attempt *t, msec now, struct attempts_news *news);
/* It was judged, and was right. */
void attempts_proved(struct attempts *a, const struct attempt *t, msec now);

/* Has this user lately proved himself there; has anybody? */
bool attempts_knows(struct attempts *a, const struct attempt *t, msec now);
bool attempts_knows_source(struct attempts *a, const struct address *source, msec now);

/* How many sources, users and users at a known place have to wait.  Looks at all. */
size_t attempts_held(struct attempts *a, msec now);

#endif
