/* SPDX-License-Identifier: BSD-2-Clause */
/* Two phones do what comes into their heads with the streams of a call, at the same time too.  Whenever the
 * dust has settled both see the same streams, each in the direction that is the other's turned round, and
 * sound is open for just those. */
#include "call/call.h"

#include "base/error.h"
#include "support/phones.h"

enum { SEEDS = 12, STEPS = 40, EVERY = 4, SETTLE = 12000 };

static struct network *network;
static struct user     users[2]; /* alice, who calls, and bob */
static bool            holds[2]; /* what each has wished last  */

/* The same each time. */
static unsigned draw(uint32_t *state, unsigned below)
{
    *state = *state * 1664525 + 1013904223;
    return (*state >> 8) % below;
}

/* What is refused because that stream is being added just now, or because there is none, is no fault. */
static void act(struct user *u, uint32_t *state)
{
    enum sdp_direction direction = (enum sdp_direction)draw(state, 4);
    unsigned           index     = draw(state, PHONE_STREAMS);
    int                error     = 0;

    switch (draw(state, 6)) {
    case 0:
    case 1:
        error = call_add_stream(u->phone, u->call, SLICE("audio"), direction, &index);
        break;
    case 2:
        error = call_remove_stream(u->phone, u->call, index);
        break;
    case 3:
        error = call_turn_stream(u->phone, u->call, index, direction);
        break;
    case 4:
        holds[u - users] = draw(state, 2);
        CHECK_INT(0, call_hold(u->phone, u->call, holds[u - users])); /* whatever is under way */
        break;
    case 5:
        error = call_mute(u->phone, u->call, draw(state, 2));
        break;
    }
    CHECK(error == 0 || error == -ERR_LOCKED || error == -ERR_NOT_FOUND || error == -ERR_UNSUPPORTED ||
          error == -ERR_LIMIT);
}

static const char *line_of(const struct phone_stream *s)
{
    static char texts[2][ADDRESS_TEXT];
    static int  which;
    struct buf  b = BUF_ON(texts[which = !which]);

    address_write(&b, &s->stats.local);
    return buf_cstr(&b);
}

/* The stream of the other one that speaks to this one's port. */
static bool find_other(const struct user *u, const struct address *local, struct phone_stream *out)
{
    for (unsigned i = 0; i < PHONE_STREAMS; i++)
        if (call_stream(u->phone, u->call, i, out) == 0 && out->on && address_eq(&out->stats.remote, local))
            return true;
    return false;
}

static unsigned check_one(const struct user *u, const struct user *other, unsigned seed, unsigned step)
{
    unsigned on = 0;

    for (unsigned i = 0; i < PHONE_STREAMS; i++) {
        struct phone_stream s, mirror;

        if (call_stream(u->phone, u->call, i, &s) != 0 || !s.on)
            continue;
        on++;
        if (!find_other(other, &s.stats.local, &mirror) || s.direction != sdp_direction_invert(mirror.direction))
            fail_msg("seed %u, step %u: stream %u at %s", seed, step, i, line_of(&s));
    }
    if (on == 0 || u->open_sounds != on)
        fail_msg("seed %u, step %u: %u streams, %u sounds", seed, step, on, u->open_sounds);
    return on;
}

/* The last wish wins. */
static void check_hold(const struct user *u, unsigned seed, unsigned step)
{
    const struct told *t = user_last(u, PHONE_CHANGED);

    if (t != NULL && t->event.held != holds[u - users])
        fail_msg("seed %u, step %u: %s hold", seed, step, t->event.held ? "an unwished" : "no");
}

static void check_both(unsigned seed, unsigned step)
{
    check_hold(&users[0], seed, step);
    check_hold(&users[1], seed, step);
    CHECK_INT(0, user_heard(&users[0], PHONE_UNCHANGED) + user_heard(&users[1], PHONE_UNCHANGED));
    CHECK_INT(check_one(&users[0], &users[1], seed, step), check_one(&users[1], &users[0], seed, step));
    CHECK_INT(0, user_heard(&users[0], PHONE_ENDED) + user_heard(&users[1], PHONE_ENDED));
    users[0].heard_count = users[1].heard_count = 0;
}

static void begin(uint32_t seed)
{
    network = network_new(seed);
    user_init(&users[0], network, "alice", "10.0.0.1", NULL);
    user_init(&users[1], network, "bob", "10.0.0.2", NULL);
    users[1].answer = true;
    holds[0] = holds[1] = false;
    user_call(&users[0], "sip:bob@10.0.0.2");
    run_for(network, 1000);
    CHECK_INT(1, user_heard(&users[0], PHONE_ANSWERED));
}

static void end(void)
{
    CHECK_INT(0, call_hang_up(users[0].phone, users[0].call));
    run_for(network, 70000);
    CHECK(phone_is_idle(users[0].phone) && phone_is_idle(users[1].phone));
    user_fini(&users[0]);
    user_fini(&users[1]);
    network_free(network);
}

/* RFC 3264 8, RFC 3261 14.1 */
TEST(whatever_both_sides_do_they_see_the_same_streams_in_the_end)
{
    for (uint32_t seed = 1; seed <= SEEDS; seed++) {
        uint32_t random = seed;

        begin(seed);
        for (unsigned step = 1; step <= STEPS; step++) {
            act(&users[draw(&random, 2)], &random);
            run_for(network, draw(&random, 3) * 20);
            if (step % EVERY != 0)
                continue;
            run_for(network, SETTLE);
            check_both(seed, step);
        }
        end();
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whatever_both_sides_do_they_see_the_same_streams_in_the_end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
