/* SPDX-License-Identifier: BSD-2-Clause */
#include "sdp/offer_answer.h"

#include "base/error.h"
#include "sdp/description.h"
#include "sdp/stream.h"

#include <stdlib.h>

enum {
    USERNAME_MAX = 64,
    NO_SLOT      = -1,
    TEXT_BASE    = 1024, /* what a description takes beside its streams   */
    TEXT_STREAM  = 8192, /* ... one of ours, and beside what is copied    */
};

struct stream_state {
    int                  slot; /* its m= line, or NO_SLOT */
    struct payload_types types;
    bool                 offered; /* in an offer of ours, not yet answered: */
    enum sdp_direction   offered_direction;
    unsigned             offered_ptime;
    struct slice         kind, protocol;
    enum family          family; /* of our address */
    struct sdp_agreed    agreed; /* in an offer of ours: what we receive already */
};

/* What holds, or will hold once the exchange is complete. */
struct agreement {
    size_t              media_count;
    struct stream_state streams[NEGOTIATION_STREAMS_MAX];
};

struct negotiation {
    char           username[USERNAME_MAX];
    size_t         username_len;
    uint64_t       session_id;
    struct address address;

    enum negotiation_state state;
    bool                   has_agreed; /* where rollback leads */
    struct agreement       now, next;
    struct description     remote;  /* the last one agreed       */
    struct description     pending; /* an offer to be answered   */

    char    *sent;      /* the last description we made, or NULL   */
    size_t   sent_body; /* offset of what follows its o= line      */
    size_t   sent_len;
    uint64_t version;
};

/* Life ------------------------------------------------------------------------ */

static void agreement_init(struct agreement *a)
{
    *a = (struct agreement){ 0 };
    for (size_t i = 0; i < NEGOTIATION_STREAMS_MAX; i++)
        a->streams[i].slot = NO_SLOT;
}

struct negotiation *negotiation_new(const struct negotiation_config *c)
{
    struct negotiation *n    = calloc(1, sizeof *n);
    struct slice        name = c->username.len > 0 ? c->username : SLICE("-");

    if (n == NULL)
        return NULL;
    n->username_len = name.len < USERNAME_MAX ? name.len : USERNAME_MAX;
    memcpy(n->username, name.ptr, n->username_len);
    n->session_id = c->session_id;
    n->version    = c->session_id;
    n->address    = c->address;
    agreement_init(&n->now);
    agreement_init(&n->next);
    return n;
}

void negotiation_free(struct negotiation *n)
{
    if (n == NULL)
        return;
    description_clear(&n->remote);
    description_clear(&n->pending);
    free(n->sent);
    free(n);
}

enum negotiation_state negotiation_state(const struct negotiation *n)
{
    return n->state;
}

/* Text ------------------------------------------------------------------------ */

/* Put our o= line before `body` and remember the whole.  The version goes up by one
 * if the body is not that of the last (8). */
static int keep_sent(struct negotiation *n, struct slice body, struct slice *text)
{
    struct slice last    = n->sent == NULL ? SLICE("") : slice_between(n->sent + n->sent_body, n->sent + n->sent_len);
    uint64_t     version = n->version + (n->sent != NULL && !slice_eq(last, body));
    size_t       room    = body.len + TEXT_BASE;
    char        *memory  = malloc(room);
    struct buf   b       = buf_on(memory, room);

    if (memory == NULL)
        return -ERR_NO_MEMORY;
    sdp_write_origin(&b, (struct slice){ n->username, n->username_len }, n->session_id, version, &n->address);
    n->sent_body = b.len;
    buf_put(&b, body);
    free(n->sent);
    n->sent     = memory;
    n->sent_len = b.len;
    n->version  = version;
    *text       = buf_slice(&b);
    return 0;
}

/* Streams and slots ------------------------------------------------------------ */

static int check_local(const struct sdp_local *local, size_t count)
{
    if (count > NEGOTIATION_STREAMS_MAX)
        return -ERR_LIMIT;
    for (size_t i = 0; i < count; i++) {
        if (local[i].codec_count > NEGOTIATION_CODECS_MAX)
            return -ERR_LIMIT;
        if (local[i].enabled && ((local[i].codec_count == 0 && !local[i].events) || local[i].rtp.port == 0 ||
                                 local[i].rtp.family == FAMILY_NONE))
            return -ERR_UNSUPPORTED;
    }
    return 0;
}

static struct stream_state *stream_in_slot(struct agreement *a, size_t slot, size_t *index)
{
    for (size_t i = 0; i < NEGOTIATION_STREAMS_MAX; i++)
        if (a->streams[i].slot == (int)slot) {
            *index = i;
            return &a->streams[i];
        }
    return NULL;
}

static void leave_slot(struct stream_state *s)
{
    *s = (struct stream_state){ .slot = NO_SLOT };
}

static void enter_slot(struct stream_state *s, size_t slot)
{
    *s = (struct stream_state){ .slot = (int)slot };
}

/* The address of the first stream that is there is that of the session. */
static struct address session_address(const struct negotiation *n, const struct agreement *a,
                                      const struct sdp_local *local, size_t count)
{
    for (size_t slot = 0; slot < a->media_count; slot++)
        for (size_t i = 0; i < count; i++)
            if (a->streams[i].slot == (int)slot && local[i].enabled)
                return local[i].rtp;
    return n->address;
}

/* Offering --------------------------------------------------------------------- */

/* 8.1: a slot that nobody uses (its port is 0 on both sides), else a new one. */
static bool find_slot(struct agreement *a, size_t *slot)
{
    size_t unused;

    for (*slot = 0; *slot < a->media_count; ++*slot)
        if (stream_in_slot(a, *slot, &unused) == NULL)
            return true;
    if (a->media_count == SDP_MEDIA_MAX)
        return false;
    a->media_count++;
    return true;
}

static int place_stream(struct agreement *a, struct stream_state *s, const struct sdp_local *local)
{
    size_t slot;

    s->offered = local->enabled;
    if (!local->enabled)
        return 0;
    if (s->slot == NO_SLOT) {
        if (!find_slot(a, &slot))
            return -ERR_LIMIT;
        enter_slot(s, slot);
        s->offered = true;
    }
    s->offered_direction = local->direction;
    s->offered_ptime     = local->ptime;
    s->kind              = stream_kind(local);
    s->protocol          = stream_protocol(local);
    s->family            = (enum family)local->rtp.family;
    s->agreed = (struct sdp_agreed){ .slot = (unsigned)s->slot, .send_events.payload_type = SDP_NO_PAYLOAD_TYPE };
    return stream_offer(local, &s->types, &s->agreed) ? 0 : -ERR_LIMIT;
}

static void write_offer(struct negotiation *n, const struct sdp_local *local, size_t count, struct buf *b)
{
    struct address address = session_address(n, &n->next, local, count);

    sdp_write_session(b, &address, SLICE("0 0"));
    for (size_t slot = 0; slot < n->next.media_count; slot++) {
        size_t               i;
        struct stream_state *s = stream_in_slot(&n->next, slot, &i);

        if (s != NULL && s->offered)
            stream_write(b, &local[i], &s->agreed, local[i].rtp.port, local[i].direction, &address);
        else
            stream_write_rejected(b, &n->remote.sdp.media[slot]);
    }
}

/* Room for what is copied from the peer's m= lines and for our own streams. */
static int build(struct negotiation *n, const struct sdp_local *local, size_t count, size_t copied,
                 void (*write)(struct negotiation *, const struct sdp_local *, size_t, struct buf *),
                 struct slice *text)
{
    size_t     room   = TEXT_BASE + TEXT_STREAM * NEGOTIATION_STREAMS_MAX + copied + (size_t)8 * SDP_MEDIA_MAX;
    char      *memory = malloc(room);
    struct buf b      = buf_on(memory, room);
    int        error;

    if (memory == NULL)
        return -ERR_NO_MEMORY;
    write(n, local, count, &b);
    error = buf_ok(&b) ? keep_sent(n, buf_slice(&b), text) : -ERR_TOO_LARGE;
    free(memory);
    return error;
}

static size_t copied_from(const struct description *d)
{
    size_t len = d->sdp.time.len;

    for (size_t i = 0; i < d->sdp.media_count; i++) {
        const struct sdp_media *m = &d->sdp.media[i];

        len += m->kind.len + m->protocol.len + (m->format_count > 0 ? m->formats[0].len : 0);
    }
    return len;
}

int negotiation_offer(struct negotiation *n, const struct sdp_local *local, size_t count, struct slice *text)
{
    int error = check_local(local, count);

    if (n->state == NEGOTIATION_OFFER_SENT || n->state == NEGOTIATION_OFFER_RECEIVED)
        return -ERR_LOCKED;
    if (error != 0)
        return error;
    n->next = n->now;
    for (size_t i = 0; i < NEGOTIATION_STREAMS_MAX; i++)
        n->next.streams[i].offered = false;
    for (size_t i = 0; i < count; i++) {
        error = place_stream(&n->next, &n->next.streams[i], &local[i]);
        if (error != 0)
            return error;
    }
    error = build(n, local, count, copied_from(&n->remote), write_offer, text);
    if (error == 0)
        n->state = NEGOTIATION_OFFER_SENT;
    return error;
}

/* Answering -------------------------------------------------------------------- */

int negotiation_receive_offer(struct negotiation *n, struct slice text, struct sdp_fault *fault)
{
    int error;

    if (n->state == NEGOTIATION_OFFER_SENT || n->state == NEGOTIATION_OFFER_RECEIVED)
        return -ERR_LOCKED;
    error = description_set(&n->pending, text, fault);
    if (error != 0)
        return error;
    if (n->pending.sdp.media_count < n->now.media_count) {
        *fault = (struct sdp_fault){ text.len, "at least as many m= lines as before" };
        description_clear(&n->pending);
        return -ERR_SYNTAX;
    }
    n->state = NEGOTIATION_OFFER_RECEIVED;
    return 0;
}

/* 8.2: what the peer ends, or turns into something else, leaves its slot. */
static void leave_ended_slots(struct negotiation *n, const struct sdp_local *local, size_t count)
{
    for (size_t i = 0; i < NEGOTIATION_STREAMS_MAX; i++) {
        struct stream_state    *s = &n->next.streams[i];
        const struct sdp_media *m;

        if (s->slot == NO_SLOT)
            continue;
        m = &n->pending.sdp.media[s->slot];
        if (i >= count || !local[i].enabled || m->port == 0 || !slice_eq(m->kind, stream_kind(&local[i])))
            leave_slot(s);
    }
}

static bool accept_with(struct negotiation *n, size_t slot, const struct sdp_local *local, struct stream_state *s)
{
    const struct sdp_media *m = &n->pending.sdp.media[slot];

    if (!stream_accept(&n->pending.sdp, m, local, &s->types, &s->agreed, &s->offered_direction)) {
        leave_slot(s);
        return false;
    }
    s->slot        = (int)slot;
    s->agreed.slot = (unsigned)slot;
    return true;
}

/* The stream that has this slot, or the first free one that fits. */
static bool accept_slot(struct negotiation *n, size_t slot, const struct sdp_local *local, size_t count)
{
    size_t               i;
    struct stream_state *s = stream_in_slot(&n->next, slot, &i);

    if (s != NULL)
        return accept_with(n, slot, &local[i], s);
    for (i = 0; i < count; i++)
        if (local[i].enabled && n->next.streams[i].slot == NO_SLOT &&
            accept_with(n, slot, &local[i], &n->next.streams[i]))
            return true;
    return false;
}

static void write_answer(struct negotiation *n, const struct sdp_local *local, size_t count, struct buf *b)
{
    struct address address = session_address(n, &n->next, local, count);

    sdp_write_session(b, &address, n->pending.sdp.time);
    for (size_t slot = 0; slot < n->next.media_count; slot++) {
        size_t               i;
        struct stream_state *s = stream_in_slot(&n->next, slot, &i);

        if (s != NULL)
            stream_write(b, &local[i], &s->agreed, local[i].rtp.port, s->offered_direction, &address);
        else
            stream_write_rejected(b, &n->pending.sdp.media[slot]);
    }
}

static void commit(struct negotiation *n, struct description *remote)
{
    n->now = n->next;
    description_move(&n->remote, remote);
    n->has_agreed = true;
    n->state      = NEGOTIATION_STABLE;
}

int negotiation_answer(struct negotiation *n, const struct sdp_local *local, size_t count, struct slice *text)
{
    int      error  = check_local(local, count);
    unsigned wanted = 0, accepted = 0;

    if (n->state != NEGOTIATION_OFFER_RECEIVED)
        return -ERR_NOT_FOUND;
    if (error != 0)
        return error;
    n->next             = n->now;
    n->next.media_count = n->pending.sdp.media_count;
    leave_ended_slots(n, local, count);
    for (size_t slot = 0; slot < n->next.media_count; slot++) {
        wanted += n->pending.sdp.media[slot].port != 0;
        accepted += accept_slot(n, slot, local, count);
    }
    if (wanted > 0 && accepted == 0)
        return -ERR_UNSUPPORTED;
    error = build(n, local, count, copied_from(&n->pending), write_answer, text);
    if (error == 0)
        commit(n, &n->pending);
    return error;
}

/* Completing ------------------------------------------------------------------- */

/* 6: as many m= lines, in the same order. */
static bool answer_fits(struct negotiation *n, const struct sdp *answer)
{
    if (answer->media_count != n->next.media_count)
        return false;
    for (size_t i = 0; i < NEGOTIATION_STREAMS_MAX; i++) {
        const struct stream_state *s = &n->next.streams[i];

        if (s->offered && !slice_eq(answer->media[s->slot].kind, s->kind))
            return false;
    }
    return true;
}

static void complete_stream(struct stream_state *s, const struct sdp *answer)
{
    struct sdp_agreed       agreed;
    const struct sdp_media *m;

    if (!s->offered) {
        leave_slot(s);
        return;
    }
    m = &answer->media[s->slot];
    if (!slice_eq_nocase(m->protocol, s->protocol) || !stream_reaches(m, s->family, false) ||
        !stream_complete(answer, m, &s->agreed, s->offered_direction, s->offered_ptime, &s->types, &agreed)) {
        leave_slot(s);
        return;
    }
    agreed.slot = (unsigned)s->slot;
    s->agreed   = agreed;
    s->offered  = false;
}

int negotiation_receive_answer(struct negotiation *n, struct slice text, struct sdp_fault *fault)
{
    struct description answer;
    int                error;

    if (n->state != NEGOTIATION_OFFER_SENT)
        return -ERR_NOT_FOUND;
    error = description_set(&answer, text, fault);
    if (error != 0)
        return error;
    if (!answer_fits(n, &answer.sdp)) {
        *fault = (struct sdp_fault){ text.len, "the m= lines of the offer, in its order" };
        description_clear(&answer);
        return -ERR_SYNTAX;
    }
    for (size_t i = 0; i < NEGOTIATION_STREAMS_MAX; i++)
        complete_stream(&n->next.streams[i], &answer.sdp);
    commit(n, &answer);
    return 0;
}

void negotiation_rollback(struct negotiation *n)
{
    description_clear(&n->pending);
    n->state = n->has_agreed ? NEGOTIATION_STABLE : NEGOTIATION_NONE;
}

/* Looking ---------------------------------------------------------------------- */

const struct sdp_agreed *negotiation_stream(const struct negotiation *n, size_t i)
{
    static const struct sdp_agreed none = { .send_events.payload_type = SDP_NO_PAYLOAD_TYPE };

    return i < NEGOTIATION_STREAMS_MAX && n->now.streams[i].slot != NO_SLOT ? &n->now.streams[i].agreed : &none;
}

const struct sdp_agreed *negotiation_offered(const struct negotiation *n, size_t i)
{
    if (n->state != NEGOTIATION_OFFER_SENT || i >= NEGOTIATION_STREAMS_MAX || !n->next.streams[i].offered)
        return NULL;
    return &n->next.streams[i].agreed;
}

const struct sdp *negotiation_remote(const struct negotiation *n)
{
    if (n->state == NEGOTIATION_OFFER_RECEIVED)
        return &n->pending.sdp;
    return n->has_agreed ? &n->remote.sdp : NULL;
}

void sdp_write_capabilities(struct buf *b, const struct negotiation_config *c, const struct sdp_local *local,
                            size_t count)
{
    sdp_write_origin(b, c->username.len > 0 ? c->username : SLICE("-"), c->session_id, c->session_id, &c->address);
    sdp_write_session(b, &c->address, SLICE("0 0"));
    for (size_t i = 0; i < count; i++) {
        struct payload_types types = { 0 };
        struct sdp_agreed    a     = { 0 };

        if (local[i].codec_count > NEGOTIATION_CODECS_MAX || !stream_offer(&local[i], &types, &a))
            b->overflow = true;
        else
            stream_write(b, &local[i], &a, 0, local[i].direction, &c->address);
    }
}
