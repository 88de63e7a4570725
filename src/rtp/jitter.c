/* SPDX-License-Identifier: BSD-2-Clause */
#include "rtp/jitter.h"

#include "base/error.h"
#include "rtp/packet.h"

#include <stdlib.h>

/* Times are in timestamp units here.  The transit of a packet is its arrival minus
 * its timestamp; `origin` is the least transit of the window, and what exceeds it
 * is the packet's delay.  Played at lag L after the origin, a packet is in time if
 * its delay is not above L. */

enum {
    LATE_PERCENT   = 2, /* packets that may come too late                     */
    WORST_MAX      = JITTER_WINDOW * LATE_PERCENT / 100 + 1,
    MEASURE_EVERY  = 16, /* packets                                            */
    FEW_PACKETS    = 32, /* too few to trust the measurement                   */
    CONCEAL_PIECES = 3,  /* missing in a row; then it is silence               */
    ADD_EVERY      = 5,  /* pieces between two corrections ...                 */
    DROP_EVERY     = 25, /* ... dropping is heard, being late harms less        */
    ODD_MAX        = 3,  /* packets far from all others: the stream has jumped */
    JUMP_FACTOR    = 2,  /* how far: this times the maximal delay              */
};

struct slot {
    uint32_t timestamp, duration;
    uint8_t  payload_type;
    bool     marker;
    char    *bytes;
    size_t   len, cap;
};

struct jitter {
    uint32_t piece, clock_rate;
    int32_t  min, max; /* of the target */

    struct slot slots[JITTER_SLOTS];
    uint8_t     order[JITTER_SLOTS]; /* indexes of slots: the first `count` by timestamp, then the free ones */
    unsigned    count;

    bool     measuring; /* origin and target are valid */
    uint32_t origin;
    int32_t  delays[JITTER_WINDOW];
    unsigned delay_count, delay_next, unmeasured;
    int32_t  target;
    unsigned odd;

    bool     playing;
    bool     has_played; /* play_at is valid also while not playing */
    uint32_t play_at;    /* timestamp of the next sample            */
    unsigned concealed;  /* pieces in a row                         */
    unsigned since_correction;
    int32_t  lag;

    struct jitter_stats stats;
};

struct jitter *jitter_new(const struct jitter_config *c)
{
    struct jitter *j;

    if (c->clock_rate < 8000 || c->clock_rate > 192000 || c->piece == 0 || c->piece > c->clock_rate ||
        c->min_ms > c->max_ms || c->max_ms > 2000)
        return NULL;
    j = calloc(1, sizeof *j);
    if (j == NULL)
        return NULL;
    j->piece      = c->piece;
    j->clock_rate = c->clock_rate;
    j->min        = (int32_t)((uint64_t)c->min_ms * c->clock_rate / 1000);
    j->max        = (int32_t)((uint64_t)c->max_ms * c->clock_rate / 1000);
    for (unsigned i = 0; i < JITTER_SLOTS; i++)
        j->order[i] = (uint8_t)i;
    return j;
}

void jitter_free(struct jitter *j)
{
    if (j == NULL)
        return;
    for (unsigned i = 0; i < JITTER_SLOTS; i++)
        free(j->slots[i].bytes);
    free(j);
}

void jitter_reset(struct jitter *j)
{
    j->count            = 0;
    j->measuring        = false;
    j->playing          = false;
    j->has_played       = false;
    j->odd              = 0;
    j->concealed        = 0;
    j->since_correction = 0;
}

static uint32_t arrival(const struct jitter *j, msec now)
{
    return (uint32_t)(now * j->clock_rate / 1000);
}

/* How long after the fastest possible moment is it now for `timestamp`? */
static int32_t lag_of(const struct jitter *j, uint32_t timestamp, msec now)
{
    return timestamp_distance(arrival(j, now) - timestamp, j->origin);
}

/* Measuring ----------------------------------------------------------------- */

static int32_t clamp(int32_t value, int32_t low, int32_t high)
{
    return value < low ? low : value > high ? high : value;
}

/* `worst` holds the greatest so far, greatest first. */
static void keep_worst(int32_t *worst, unsigned wanted, int32_t delay)
{
    for (unsigned i = 0; i < wanted; i++) {
        int32_t was = worst[i];

        if (delay <= was)
            continue;
        worst[i] = delay;
        delay    = was;
    }
}

/* The delay that all but LATE_PERCENT of the window stay within. */
static int32_t high_delay(const struct jitter *j)
{
    int32_t  worst[WORST_MAX];
    unsigned wanted = j->delay_count * LATE_PERCENT / 100 + 1;

    for (unsigned i = 0; i < WORST_MAX; i++)
        worst[i] = INT32_MIN;
    for (unsigned i = 0; i < j->delay_count; i++)
        keep_worst(worst, wanted, j->delays[i]);
    return worst[wanted - 1];
}

static void measure(struct jitter *j)
{
    int32_t least = j->delays[0], wanted;

    for (unsigned i = 1; i < j->delay_count; i++)
        if (j->delays[i] < least)
            least = j->delays[i];
    for (unsigned i = 0; i < j->delay_count; i++)
        j->delays[i] -= least;
    j->origin += (uint32_t)least;
    wanted = high_delay(j) + (int32_t)j->piece / 2;
    if (j->delay_count < FEW_PACKETS && wanted < 2 * (int32_t)j->piece)
        wanted = 2 * (int32_t)j->piece;
    j->target     = clamp(wanted, j->min, j->max);
    j->unmeasured = 0;
}

static void start_measuring(struct jitter *j, uint32_t timestamp, msec now)
{
    jitter_reset(j);
    j->measuring   = true;
    j->origin      = arrival(j, now) - timestamp;
    j->delay_count = 0;
    j->delay_next  = 0;
}

static void remember_delay(struct jitter *j, int32_t delay)
{
    j->delays[j->delay_next] = delay;
    j->delay_next            = (j->delay_next + 1) % JITTER_WINDOW;
    if (j->delay_count < JITTER_WINDOW)
        j->delay_count++;
    j->unmeasured++;
    /* A new extreme counts at once: either way the play point is now wrong. */
    if (delay < 0 || delay > j->target || j->unmeasured >= MEASURE_EVERY || j->delay_count < FEW_PACKETS)
        measure(j);
}

/* Is the packet so far from the others that its timestamp is of another series?
 * Between talk spurts one is enough: the sender may have stopped its clock. */
static bool is_odd(struct jitter *j, int32_t delay)
{
    int32_t limit  = JUMP_FACTOR * j->max + (int32_t)j->clock_rate / 2;
    bool    paused = !j->playing && j->count == 0;

    if (delay >= -limit && delay <= (paused ? j->max : limit)) {
        j->odd = 0;
        return false;
    }
    j->odd = paused ? ODD_MAX : j->odd + 1;
    return true;
}

/* Holding ------------------------------------------------------------------- */

static struct slot *slot_at(struct jitter *j, unsigned i)
{
    return &j->slots[j->order[i]];
}

static void remove_first(struct jitter *j)
{
    uint8_t freed = j->order[0];

    j->count--;
    memmove(j->order, j->order + 1, j->count);
    j->order[j->count] = freed;
}

static bool copy_payload(struct slot *s, struct slice payload)
{
    if (payload.len > s->cap) {
        char *bytes = realloc(s->bytes, payload.len);

        if (bytes == NULL)
            return false;
        s->bytes = bytes;
        s->cap   = payload.len;
    }
    if (payload.len > 0)
        memcpy(s->bytes, payload.ptr, payload.len);
    s->len = payload.len;
    return true;
}

/* Where a packet of this timestamp belongs; most come last. */
static unsigned find_place(struct jitter *j, uint32_t timestamp)
{
    unsigned at = j->count;

    while (at > 0 && timestamp_distance(slot_at(j, at - 1)->timestamp, timestamp) >= 0)
        at--;
    return at;
}

static int insert(struct jitter *j, const struct jitter_packet *p)
{
    unsigned     at = find_place(j, p->timestamp);
    struct slot *s;
    uint8_t      index;

    if (at < j->count && slot_at(j, at)->timestamp == p->timestamp) {
        j->stats.duplicates++;
        return -ERR_EXISTS;
    }
    if (j->count == JITTER_SLOTS) { /* the oldest gives way */
        remove_first(j);
        j->stats.dropped++;
        at = find_place(j, p->timestamp);
    }
    index = j->order[j->count];
    s     = &j->slots[index];
    if (!copy_payload(s, p->payload)) {
        j->stats.dropped++;
        return -ERR_NO_MEMORY;
    }
    s->timestamp    = p->timestamp;
    s->duration     = p->duration;
    s->payload_type = p->payload_type;
    s->marker       = p->marker;
    memmove(j->order + at + 1, j->order + at, j->count - at);
    j->order[at] = index;
    j->count++;
    return 0;
}

static bool is_late(const struct jitter *j, const struct jitter_packet *p)
{
    return j->has_played && timestamp_distance(p->timestamp + p->duration, j->play_at) <= 0;
}

int jitter_push(struct jitter *j, const struct jitter_packet *p, msec now)
{
    int32_t delay;

    if (p->payload.len > JITTER_PAYLOAD_MAX || p->duration == 0 || p->duration > j->clock_rate) {
        j->stats.dropped++;
        return -ERR_TOO_LARGE;
    }
    if (!j->measuring)
        start_measuring(j, p->timestamp, now);
    delay = lag_of(j, p->timestamp, now);
    if (is_odd(j, delay)) {
        if (j->odd < ODD_MAX) {
            j->stats.dropped++;
            return -ERR_TIMEOUT;
        }
        start_measuring(j, p->timestamp, now);
        j->stats.resets++;
        delay = 0;
    }
    remember_delay(j, delay);
    if (is_late(j, p)) {
        j->stats.late++;
        return -ERR_TIMEOUT;
    }
    return insert(j, p);
}

/* Playing ------------------------------------------------------------------- */

static void give_silence(struct jitter *j, struct jitter_piece *out)
{
    *out = (struct jitter_piece){ .kind = JITTER_SILENCE, .duration = j->piece };
}

static void give_missing(struct jitter *j, uint32_t duration, struct jitter_piece *out)
{
    *out = (struct jitter_piece){ .kind = JITTER_MISSING, .duration = duration };
    j->stats.missing++;
}

static void give_frame(struct jitter *j, bool starts_spurt, struct jitter_piece *out)
{
    const struct slot *s = slot_at(j, 0);

    *out = (struct jitter_piece){
        .kind         = JITTER_FRAME,
        .duration     = s->duration,
        .payload_type = s->payload_type,
        .starts_spurt = starts_spurt,
        .payload      = { s->bytes, s->len },
    };
    j->play_at    = s->timestamp + s->duration;
    j->has_played = true;
    j->concealed  = 0;
    j->stats.played++;
    remove_first(j);
}

static bool correction_due(struct jitter *j, unsigned every)
{
    if (j->since_correction < every)
        return false;
    j->since_correction = 0;
    return true;
}

/* Too far behind the target: one packet less. */
static bool should_drop(struct jitter *j, uint32_t step)
{
    if (j->lag <= j->target + (int32_t)step)
        return false;
    return j->lag > j->max + (int32_t)step ? correction_due(j, 1) : correction_due(j, DROP_EVERY);
}

/* Too close to the packets' arrival: one piece more. */
static bool should_add(struct jitter *j, uint32_t step)
{
    return j->lag < j->target - (int32_t)step / 2 && correction_due(j, ADD_EVERY);
}

/* The packet at the play point is there. */
static void play_due(struct jitter *j, struct jitter_piece *out)
{
    uint32_t duration = slot_at(j, 0)->duration;
    uint32_t step     = duration > j->piece ? duration : j->piece;

    if (should_add(j, step)) {
        j->stats.added++;
        give_missing(j, j->piece, out);
        return;
    }
    if (j->count > 1 && should_drop(j, step)) {
        j->stats.dropped++;
        j->play_at += duration;
        remove_first(j);
    }
    give_frame(j, false, out);
}

/* Nothing is there for the play point: conceal for a little, then be silent. */
static void play_gap(struct jitter *j, uint32_t gap, struct jitter_piece *out)
{
    if (j->concealed == CONCEAL_PIECES) {
        j->playing   = false;
        j->concealed = 0;
        give_silence(j, out);
        return;
    }
    j->concealed++;
    j->play_at += gap;
    give_missing(j, gap, out);
}

static void play(struct jitter *j, struct jitter_piece *out)
{
    int32_t gap;

    if (j->count == 0) {
        play_gap(j, j->piece, out);
        return;
    }
    gap = timestamp_distance(slot_at(j, 0)->timestamp, j->play_at);
    if (gap > 0 && j->lag > j->target + (int32_t)j->piece) { /* what is missing is the best to leave out */
        j->stats.dropped++;
        j->play_at = slot_at(j, 0)->timestamp;
        gap        = 0;
    }
    if (gap <= 0) {
        play_due(j, out);
    } else if (slot_at(j, 0)->marker) {
        j->playing = false; /* between talk spurts */
        give_silence(j, out);
    } else {
        play_gap(j, (uint32_t)gap < j->piece ? (uint32_t)gap : j->piece, out);
    }
}

void jitter_pull(struct jitter *j, msec now, struct jitter_piece *out)
{
    j->since_correction++;
    if (j->playing) {
        j->lag = lag_of(j, j->play_at, now);
        play(j, out);
        return;
    }
    if (j->count == 0 || lag_of(j, slot_at(j, 0)->timestamp, now) < j->target) {
        give_silence(j, out);
        return;
    }
    j->playing = true;
    j->lag     = lag_of(j, slot_at(j, 0)->timestamp, now);
    give_frame(j, true, out);
}

static unsigned milliseconds(const struct jitter *j, int32_t units)
{
    return units <= 0 ? 0 : (unsigned)((uint64_t)units * 1000 / j->clock_rate);
}

void jitter_stats(const struct jitter *j, struct jitter_stats *out)
{
    *out           = j->stats;
    out->target_ms = milliseconds(j, j->measuring ? j->target : j->min);
    out->delay_ms  = milliseconds(j, j->playing ? j->lag : 0);
}
