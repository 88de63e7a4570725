/* SPDX-License-Identifier: BSD-2-Clause */
/* journal.h - all that happened in one run of a scenario, in order: SIP messages
 * as they arrived or got lost, what actors noticed, what they logged.
 *
 * Expectations read it; a failure prints it as a ladder. */

#ifndef TEST_SCENARIO_JOURNAL_H
#define TEST_SCENARIO_JOURNAL_H

#include "support/world_fake.h"

#include <stdio.h>

enum entry_kind {
    ENTRY_HEARD,   /* a SIP message came to a socket of `to`            */
    ENTRY_LOST,    /* one did not                                       */
    ENTRY_REFUSED, /* one came to a port where nobody listens           */
    ENTRY_EVENT,   /* `to` noticed something: "answered", "ended 486"   */
    ENTRY_LOG,     /* `to` wrote a log line                             */
};

enum { JOURNAL_LIMIT = 50000, JOURNAL_MEDIA = 64 };

struct entry {
    enum entry_kind    kind;
    msec               at;
    bool               is_stream;
    const struct host *from, *to;
    struct address     from_address, to_address;
    struct slice       text; /* the message, or the words */
};

/* RTP packets that arrived, too many to be entries. */
struct media_count {
    const struct host *from, *to;
    uint64_t           packets;
};

struct journal {
    struct entry *entries;
    size_t        count, capacity;
    msec          start;
    bool          overflow; /* more than JOURNAL_LIMIT: what came later is not there */

    struct media_count media[JOURNAL_MEDIA];
    size_t             media_pairs;
};

void journal_init(struct journal *j, msec start);
void journal_fini(struct journal *j);

/* A packet_fn; `journal` is its argument. */
void journal_packet(void *journal, const struct packet *p);
/* Borrows nothing. */
void journal_note(struct journal *j, enum entry_kind kind, msec at, const struct host *whose, struct slice text);

/* How many RTP packets of `from` have come to `to` so far, also to closed ports. */
uint64_t journal_media(const struct journal *j, const struct host *from, const struct host *to);

static inline bool entry_is_message(const struct entry *e)
{
    return e->kind == ENTRY_HEARD || e->kind == ENTRY_LOST || e->kind == ENTRY_REFUSED;
}

/* A number that two runs share only if all entries are the same, to the byte and
 * the millisecond. */
uint64_t journal_digest(const struct journal *j);

/* "alice -> proxy1  INVITE sip:..." */
void entry_write(const struct entry *e, struct buf *b);

/* The ladder: one column for each of hosts[count]; `everything` adds log lines
 * and whole messages. */
void journal_print(const struct journal *j, FILE *out, const struct host *const *hosts, size_t count, bool everything);

#endif
