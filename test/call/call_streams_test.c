/* SPDX-License-Identifier: BSD-2-Clause */
/* The streams of a call between two phones, and with a peer that plays by its own rules. */
#include "call/call.h"

#include "base/error.h"
#include "support/phones.h"

#include <stdio.h>

static struct network *network;
static struct user     alice, bob;
static struct peer     carol;

static int setup(void **state)
{
    (void)state;
    network = network_new(1);
    user_init(&alice, network, "alice", "10.0.0.1", NULL);
    user_init(&bob, network, "bob", "10.0.0.2", NULL);
    peer_init(&carol, network, "carol", "10.0.0.3");
    bob.answer = true;
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    call_hang_up(alice.phone, alice.call);
    run_for(network, 100);
    if (peer_last(&carol, "BYE") != NULL)
        peer_respond(&carol, peer_last(&carol, "BYE"), "200 OK", NULL, "", NULL);
    run_for(network, 70000);
    user_check_quiet(&alice);
    user_check_quiet(&bob);
    user_fini(&alice);
    user_fini(&bob);
    peer_fini(&carol);
    network_free(network);
    return 0;
}

static void talk(void)
{
    user_call(&alice, "sip:bob@10.0.0.2");
    run_for(network, 1000);
    CHECK_INT(1, user_heard(&alice, PHONE_ANSWERED));
}

static int add(struct user *u, enum sdp_direction direction)
{
    unsigned index;
    int      error = call_add_stream(u->phone, u->call, SLICE("audio"), direction, &index);

    run_for(network, 500);
    return error;
}

static struct phone_stream stream(const struct user *u, unsigned index)
{
    struct phone_stream s;

    CHECK_INT(0, call_stream(u->phone, u->call, index, &s));
    return s;
}

/* RFC 3264 8.1 */
TEST(a_stream_that_is_added_has_ports_and_figures_of_its_own)
{
    talk();
    CHECK_INT(0, add(&alice, SDP_SENDRECV));
    run_for(network, 1000);
    CHECK_INT(2, user_last(&alice, PHONE_CHANGED)->event.stream_count);
    CHECK_INT(2, user_last(&bob, PHONE_CHANGED)->event.stream_count);
    CHECK(stream(&alice, 0).stats.local.port != stream(&alice, 1).stats.local.port);
    CHECK_INT(stream(&bob, 1).stats.local.port, stream(&alice, 1).stats.remote.port);
    CHECK(stream(&alice, 1).stats.packets_sent > 30);
    CHECK(stream(&bob, 1).stats.packets_received > 30);
    CHECK_INT(2, alice.open_sounds);
    CHECK_INT(2, bob.open_sounds);
}

/* RFC 3264 8.2 */
TEST(a_stream_that_is_removed_gives_back_its_sound_and_keeps_its_figures)
{
    talk();
    CHECK_INT(0, add(&alice, SDP_SENDRECV));
    CHECK_INT(0, call_remove_stream(bob.phone, bob.call, 0));
    run_for(network, 500);
    CHECK_INT(1, alice.open_sounds);
    CHECK_INT(1, bob.open_sounds);
    CHECK(!stream(&alice, 0).on);
    CHECK(stream(&alice, 0).has_stats && stream(&alice, 0).stats.packets_received > 0);
    CHECK(stream(&alice, 1).on);
    CHECK_INT(0, call_hang_up(alice.phone, alice.call));
    run_for(network, 500);
    CHECK_INT(2, user_last(&bob, PHONE_ENDED)->event.stream_count);
    CHECK_INT(0, bob.open_sounds);
}

TEST(the_last_stream_stays)
{
    talk();
    CHECK_INT(-ERR_UNSUPPORTED, call_remove_stream(alice.phone, alice.call, 0));
    CHECK_INT(-ERR_NOT_FOUND, call_remove_stream(alice.phone, alice.call, 1));
    CHECK_INT(-ERR_NOT_FOUND, call_remove_stream(alice.phone, alice.call, 99));
}

TEST(verbs_on_streams_are_refused_where_they_mean_nothing)
{
    unsigned            index;
    struct phone_stream s;

    CHECK_INT(-ERR_NOT_FOUND, call_add_stream(alice.phone, 1234, SLICE("audio"), SDP_SENDRECV, &index));
    user_call(&alice, "sip:bob@10.0.0.2");
    CHECK_INT(-ERR_UNSUPPORTED, add(&alice, SDP_SENDRECV)); /* nobody has answered */
    run_for(network, 1000);
    CHECK_INT(-ERR_UNSUPPORTED, call_add_stream(alice.phone, alice.call, SLICE("video"), SDP_SENDRECV, &index));
    CHECK_INT(-ERR_NOT_FOUND, call_turn_stream(alice.phone, alice.call, 3, SDP_INACTIVE));
    CHECK_INT(-ERR_NOT_FOUND, call_stream(alice.phone, alice.call, 3, &s));
    CHECK_INT(0, call_add_stream(alice.phone, alice.call, SLICE("audio"), SDP_SENDRECV, &index));
    CHECK_INT(-ERR_LOCKED, call_remove_stream(alice.phone, alice.call, index));
    run_for(network, 500);
}

/* The peer takes two; the third is refused in its place, and the others go on. */
TEST(more_streams_than_the_peer_wants_are_refused_and_the_others_go_on)
{
    talk();
    CHECK_INT(0, add(&alice, SDP_SENDRECV));
    CHECK_INT(0, add(&alice, SDP_SENDRECV));
    CHECK_INT(2, alice.open_sounds);
    CHECK_INT(2, bob.open_sounds);
    CHECK(stream(&alice, 0).on && stream(&alice, 1).on && !stream(&alice, 2).on);
}

/* Sound that cannot be opened is no reason to lose the call. */
TEST(a_second_stream_without_sound_is_refused_and_the_first_goes_on)
{
    talk();
    bob.sound_error = -ERR_NO_MEMORY;
    CHECK_INT(0, add(&alice, SDP_SENDRECV));
    CHECK_INT(1, alice.open_sounds);
    CHECK_INT(1, user_heard(&bob, PHONE_CHANGED));
    CHECK_INT(1, user_last(&bob, PHONE_CHANGED)->event.stream_count);
    alice.sound_error = -ERR_NO_MEMORY;
    CHECK_INT(-ERR_NO_MEMORY, add(&alice, SDP_SENDRECV));
    CHECK(stream(&alice, 0).on);
}

/* RFC 3261 14.1: both have a wish, and both get it. */
TEST(streams_that_are_added_at_once_from_both_sides_are_both_there_in_the_end)
{
    unsigned index;

    talk();
    CHECK_INT(0, call_add_stream(alice.phone, alice.call, SLICE("audio"), SDP_SENDRECV, &index));
    CHECK_INT(0, call_hold(bob.phone, bob.call, true));
    run_for(network, 10000);
    CHECK(user_last(&bob, PHONE_CHANGED)->event.held);
    CHECK(user_last(&alice, PHONE_CHANGED)->event.held_by_peer);
    CHECK_INT(2, user_last(&alice, PHONE_CHANGED)->event.stream_count);
    CHECK_INT(SDP_INACTIVE, stream(&alice, 1).direction & SDP_SENDONLY);
    CHECK_INT(0, user_heard(&alice, PHONE_UNCHANGED) + user_heard(&bob, PHONE_UNCHANGED));
}

/* RFC 3264 8.4: silence is sent, so that nothing is negotiated and nobody thinks that we are gone. */
TEST(who_is_muted_sends_silence_and_hears_on)
{
    struct phone_stream before, after;

    talk();
    CHECK_INT(0, call_mute(alice.phone, alice.call, true));
    before = stream(&alice, 0);
    run_for(network, 1000);
    after = stream(&alice, 0);
    CHECK(after.stats.packets_sent > before.stats.packets_sent + 40);
    CHECK(after.stats.packets_received > before.stats.packets_received + 40);
    CHECK_INT(0, user_heard(&bob, PHONE_CHANGED));
    CHECK_INT(-ERR_NOT_FOUND, call_mute(alice.phone, 1234, true));
}

/* ---- with a peer ---- */

static void talk_to_carol(void)
{
    user_call(&alice, "sip:carol@10.0.0.3");
    run_for(network, 50);
    peer_respond(&carol, peer_last(&carol, "INVITE"), "200 OK", "c", "Contact: <sip:carol@10.0.0.3>\n",
                 sdp_at("10.0.0.3", 20000));
    run_for(network, 500);
    CHECK_INT(1, user_heard(&alice, PHONE_ANSWERED));
}

/* RFC 3261 14.1: all stays as it was. */
TEST(a_stream_that_is_refused_with_488_leaves_the_call_as_it_was)
{
    unsigned index;

    talk_to_carol();
    CHECK_INT(0, call_add_stream(alice.phone, alice.call, SLICE("audio"), SDP_SENDRECV, &index));
    run_for(network, 50);
    peer_respond(&carol, peer_last(&carol, "INVITE"), "488 Not Acceptable Here", NULL, "", NULL);
    run_for(network, 50);
    CHECK_INT(488, user_last(&alice, PHONE_UNCHANGED)->event.status);
    CHECK_INT(1, alice.open_sounds);
    CHECK_INT(0, call_hold(alice.phone, alice.call, true)); /* the next offer does not have it */
    run_for(network, 50);
    CHECK(memmem(peer_last(&carol, "INVITE")->body.ptr, peer_last(&carol, "INVITE")->body.len, "sendonly", 8) != NULL);
    CHECK_INT(1, carol.heard_count > 0 ? user_heard(&alice, PHONE_UNCHANGED) : 0);
    peer_respond(&carol, peer_last(&carol, "INVITE"), "488 Not Acceptable Here", NULL, "", NULL);
    run_for(network, 50);
    CHECK(!user_last(&alice, PHONE_UNCHANGED)->event.held);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_stream_that_is_added_has_ports_and_figures_of_its_own, setup, teardown),
        cmocka_unit_test_setup_teardown(a_stream_that_is_removed_gives_back_its_sound_and_keeps_its_figures, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(the_last_stream_stays, setup, teardown),
        cmocka_unit_test_setup_teardown(verbs_on_streams_are_refused_where_they_mean_nothing, setup, teardown),
        cmocka_unit_test_setup_teardown(more_streams_than_the_peer_wants_are_refused_and_the_others_go_on, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_second_stream_without_sound_is_refused_and_the_first_goes_on, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(streams_that_are_added_at_once_from_both_sides_are_both_there_in_the_end, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(who_is_muted_sends_silence_and_hears_on, setup, teardown),
        cmocka_unit_test_setup_teardown(a_stream_that_is_refused_with_488_leaves_the_call_as_it_was, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
