/* SPDX-License-Identifier: BSD-2-Clause */
/* Handshakes: so many at a time, so much of a turn, so long. */
#include "net/channel_private.h"

#include "base/error.h"
#include "support/alloc.h"
#include "support/channel_pair.h"

#include <stdlib.h>

enum { CALLERS = 40 };

static const struct channel_limits no_limits;

static struct channel_end *dial_all(struct channel_pair *p, unsigned count)
{
    struct channel_end *all = alloc_new(count * sizeof *all);

    for (unsigned i = 0; i < count; i++)
        channel_end_dial(&all[i], p, "a.example");
    return all;
}

static void hang_up(struct channel_pair *p, struct channel_end *all, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        channel_end_close(&all[i]);
    free(all);
    channel_pair_free(p);
}

TEST(a_turn_works_on_so_many_handshakes_and_all_are_served_in_the_end)
{
    struct channel_pair *p    = channel_pair_new(CHANNEL_TLS, &no_limits);
    struct channel_end  *all  = dial_all(p, CALLERS);
    size_t               most = 0;
    msec                 end  = network_now(p->net) + 500;

    while (network_turn(p->net, end)) {
        size_t waiting = 0;

        CHECK(p->server_all->spent <= CHANNEL_STEPS);
        LIST_EACH (l, &p->server_all->line) {
            waiting++;
        }
        most = waiting > most ? waiting : most;
    }
    CHECK(most >= CALLERS / 2);
    for (unsigned i = 0; i < CALLERS; i++)
        CHECK_SLICE("open ", buf_slice(&all[i].heard));
    CHECK_INT(CALLERS, p->accepted);
    hang_up(p, all, CALLERS);
}

TEST(who_has_left_the_line_is_accounted_for_as_open)
{
    struct channel_pair *p = channel_pair_new(CHANNEL_TLS, &no_limits);
    struct budget        budget;
    struct channel_end  *all;

    accounts_init(&budget, 1 << 30);
    world_fake_account(p->server, &budget);
    all = dial_all(p, CALLERS);
    channel_pair_live(p, 500);
    CHECK(budget_figures(&budget, ACCOUNT_CONNECTIONS).bytes < CALLERS * 20 * 1024);
    hang_up(p, all, CALLERS);
}

/* Who is open already does not stand in that line. */
TEST(messages_pass_while_handshakes_wait_in_line)
{
    struct channel_pair *p = channel_pair_new(CHANNEL_TLS, &no_limits);
    struct channel_end  *all;
    msec                 end;

    channel_pair_dial(p, "a.example");
    channel_pair_live(p, 100);
    all = dial_all(p, CALLERS);
    channel_pair_live(p, 2); /* then come their first messages, at one time */
    network_set_pieces(p->net, PIECES_WHOLE);
    CHECK_INT(0, channel_end_say(&p->caller, "hello"));
    end = network_now(p->net) + 500;
    while (p->ends[0].pieces == 0 && network_turn(p->net, end))
        ;
    CHECK(!list_empty(&p->server_all->line));
    CHECK_SLICE("open hello", buf_slice(&p->ends[0].heard));
    hang_up(p, all, CALLERS);
}

TEST(at_the_limit_of_handshakes_who_connects_is_refused_until_one_is_over)
{
    const struct channel_limits limits = { .handshakes = 2 };
    struct channel_pair        *p      = channel_pair_new(CHANNEL_TLS, &limits);
    struct channel_end         *all    = dial_all(p, 3);

    channel_pair_live(p, 200);
    CHECK_INT(2, p->accepted);
    CHECK_INT(1, p->refused);
    CHECK_INT(1, counter_read(&p->server->counters.handshakes_refused));
    CHECK_INT(0, p->server_all->handshaking);
    channel_pair_dial(p, "a.example");
    channel_pair_live(p, 200);
    CHECK_SLICE("open ", buf_slice(&p->caller.heard));
    hang_up(p, all, 3);
}

TEST(who_leaves_the_line_by_going_away_leaves_nothing_behind)
{
    struct channel_pair *p   = channel_pair_new(CHANNEL_TLS, &no_limits);
    struct channel_end  *all = dial_all(p, CALLERS);
    msec                 end = network_now(p->net) + 500;

    while (list_empty(&p->server_all->line) && network_turn(p->net, end))
        ;
    for (unsigned i = 0; i < CALLERS; i++)
        channel_end_close(&all[i]);
    channel_pair_live(p, 500);
    CHECK(list_empty(&p->server_all->line));
    CHECK_INT(0, p->server_all->handshaking);
    CHECK_INT(0, world_fake_usage(p->server).streams);
    hang_up(p, all, CALLERS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_turn_works_on_so_many_handshakes_and_all_are_served_in_the_end),
        cmocka_unit_test(who_has_left_the_line_is_accounted_for_as_open),
        cmocka_unit_test(messages_pass_while_handshakes_wait_in_line),
        cmocka_unit_test(at_the_limit_of_handshakes_who_connects_is_refused_until_one_is_over),
        cmocka_unit_test(who_leaves_the_line_by_going_away_leaves_nothing_behind),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
