/* SPDX-License-Identifier: BSD-2-Clause */
/* workers.h - the workers of one process: which of them a call belongs to, and how
 * a thing that arrived at the wrong one gets there.
 *
 *      from 0  from 1  from 2
 *     +-------+-------+-------+
 * to 0|       | ring  | ring  |   one ring for each pair, so each has one writer and
 * to 1| ring  |       | ring  |   one reader, and nobody waits for a lock; at the end
 * to 2| ring  | ring  |       |   of a turn its writer wakes those it has given something
 *     +-------+-------+-------+
 *
 * What a call's messages are handled by is one worker, whichever socket they came by (17.2.3,
 * 12.2.2 then need no lock): its home, by the cell that a keyed hash of its Call-ID says
 * (stack/homes.h).  A call may live in another cell: an INVITE with Replaces or Join
 * goes where the call is that it names (RFC 3891, RFC 3911).
 *
 * A full ring: what was to be handed over stays with the caller, who drops it or
 * reports an error.  One object for all workers; it outlives their stacks.  What is
 * not said to be one worker's own may be called from any thread. */

#ifndef STACK_WORKERS_H
#define STACK_WORKERS_H

#include "net/world.h"
#include "sip/message.h"
#include "stack/directory.h"
#include "stack/homes.h"
#include "stack/lives_on.h"
#include "stack/oversize_peers.h"
#include "stack/peer_count.h"
#include "stack/peer_load.h"
#include "stack/rested.h"

struct workers;

enum {
    WORKERS_MAX      = 64,
    WORKERS_RING     = 4096, /* entries of each ring at most ...                */
    WORKERS_RING_MIN = 256,
    WORKERS_RINGS    = 16384, /* ... and of all the rings that one worker reads */
};

enum handed_kind {
    HANDED_MESSAGE, /* a message that arrived at another worker: the sole reference moves */
    HANDED_BYTES,   /* bytes for a connection of the receiver; malloc'ed, they move       */
    HANDED_FAILED,  /* those bytes did not go out, or their connection was closed         */
    HANDED_KEEP,    /* do not close this connection as idle before then                   */
    HANDED_EXPECT,  /* close this connection when its peer is silent for so long          */
    HANDED_ICMP,    /* an ICMP error that may be meant for a transaction of the receiver  */
};

struct handed {
    enum handed_kind kind;
    int              error;      /* FAILED, ICMP: -ERR_X               */
    uint32_t         cell;       /* MESSAGE, a request: that it is in  */
    object_id        connection; /* BYTES, FAILED, KEEP, EXPECT        */
    object_id        txn;        /* BYTES, FAILED: who sent them, or 0 */
    union {
        struct message *message;
        struct {
            char  *ptr;
            size_t len;
        } bytes;
        msec           until;
        msec           silence;
        struct address remote;
    } u;
};

/* `count` workers, 1 to WORKERS_MAX.  NULL without memory. */
struct workers *workers_new(unsigned count, const struct random *random);
/* After the last workers_leave, and when no world of theirs turns any more: what is
 * still in the rings is dropped. */
void workers_free(struct workers *w);

/* Account in `b`, which it borrows, for what belongs to no single worker; before they join.
 * Who hands a thing over accounts for it, who takes it gives it back; what nobody
 * takes is given back here. */
void workers_account(struct workers *w, struct budget *b);

unsigned workers_count(const struct workers *w);

/* The cell of this Call-ID, and where messages of it belong as it seems now. */
uint32_t workers_cell(const struct workers *w, struct slice call_id);
unsigned workers_home(const struct workers *w, struct slice call_id);

/* NULL if there is but one. */
struct homes *workers_homes(const struct workers *w);

/* The key of what all have to hash alike: requests, so that each of them knows what another has refused
 * without a transaction; and sources. */
const struct hash_key *workers_key(const struct workers *w);
/* An ACK to what was refused without a transaction may come until then. */
void workers_note_refusal(struct workers *w, msec until);
msec workers_refusals_until(const struct workers *w);

/* Where a thing lives that has a name and no call, such as an address-of-record. */
unsigned workers_home_of_name(const struct workers *w, struct slice name);

/* The calls that live elsewhere, who has a connection to whom, and who has failed. */
struct lives_on       *workers_lives_on(struct workers *w);
struct directory      *workers_directory(struct workers *w);
struct rested         *workers_rested(struct workers *w);
struct oversize_peers *workers_oversize(struct workers *w);
struct peer_count     *workers_peer_count(struct workers *w);

/* Worker `index` notes which requests of whom it is answering there; and how many of this source all are. */
void     workers_lend_load(struct workers *w, unsigned index, const struct peer_load *load);
uint32_t workers_peer_load(const struct workers *w, struct peer_cells at);

/* What each has in use and may have of what all may: parts of SHARES_WHOLE (stack/shares.h).  0: an equal part. */
void     workers_set_share(struct workers *w, unsigned index, uint32_t share);
uint32_t workers_share(const struct workers *w, unsigned index);
/* What a worker counts; NULL: nobody sits there. */
const struct counters *workers_counters(const struct workers *w, unsigned index);
/* Have all others adopt a change of the homes in their next turn: worker `from`'s own.  Who cannot be told hears of
 * it with the next message. */
void workers_tell_change(struct workers *w, unsigned from);

/* The seat of worker `index`: `take` is called in turns of `world`, with `arg`, for
 * each thing handed to it, and takes what it is given.  All join before the first
 * of their worlds turns; each leaves after its world has turned for the last time, and
 * who has not joined may leave too. */
typedef void handed_fn(void *arg, struct handed *h);
void         workers_join(struct workers *w, unsigned index, struct world *world, handed_fn *take, void *arg);
void         workers_leave(struct workers *w, unsigned index);

/* Worker `from`'s own: give `h` to `to`, who hears of it when this turn ends.  False if the ring is full, and `h` is
 * still the caller's. */
bool workers_hand(struct workers *w, unsigned from, unsigned to, const struct handed *h);

/* Bytes of memory of the rings that one worker reads. */
size_t workers_rings_size(const struct workers *w);

/* Bytes of memory that it holds. */
size_t handed_size(const struct handed *h);
/* Frees what a thing handed over holds. */
void handed_drop(struct handed *h);

#endif
