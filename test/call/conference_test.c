/* SPDX-License-Identifier: BSD-2-Clause */
/* Alice talks to bob and carol, and lets them talk together. */
#include "base/error.h"
#include "call/conference.h"
#include "media/audio_memory.h"
#include "support/phones.h"

static struct network *network;
static struct user     alice, bob, carol;
static object_id       with_bob, with_carol; /* alice's calls */

static object_id call_to(const char *target)
{
    user_call(&alice, target);
    run_for(network, 100);
    return alice.call;
}

static int setup(void **state)
{
    (void)state;
    network = network_new(1);
    user_init(&alice, network, "alice", "10.0.0.1", NULL);
    user_init(&bob, network, "bob", "10.0.0.2", NULL);
    user_init(&carol, network, "carol", "10.0.0.3", NULL);
    bob.answer = carol.answer = true;
    with_bob                  = call_to("sip:bob@10.0.0.2");
    with_carol                = call_to("sip:carol@10.0.0.3");
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    if (alice.phone != NULL) {
        (void)call_hang_up(alice.phone, with_bob);
        (void)call_hang_up(alice.phone, with_carol);
        run_for(network, 70000);
        CHECK(phone_is_idle(alice.phone));
    }
    user_fini(&alice);
    user_fini(&bob);
    user_fini(&carol);
    network_free(network);
    return 0;
}

static size_t members(object_id call)
{
    object_id all[PHONE_MEMBERS];

    return call_members(alice.phone, call, all);
}

static size_t told(void)
{
    return user_last(&alice, PHONE_CONFERENCE)->event.member_count;
}

TEST(two_that_are_joined_are_told_each_and_once)
{
    CHECK_INT(0, call_join(alice.phone, with_carol, with_bob));
    CHECK_INT(2, members(with_bob));
    CHECK_INT(2, members(with_carol));
    run_for(network, 20);
    CHECK_INT(2, user_heard(&alice, PHONE_CONFERENCE));
    CHECK_INT(2, told());
    CHECK_INT(0, call_join(alice.phone, with_bob, with_carol));
    run_for(network, 20);
    CHECK_INT(2, user_heard(&alice, PHONE_CONFERENCE));
}

TEST(one_alone_is_no_conference)
{
    CHECK_INT(-ERR_UNSUPPORTED, call_leave(alice.phone, with_bob));
    CHECK_INT(0, call_join(alice.phone, with_carol, with_bob));
    CHECK_INT(0, call_leave(alice.phone, with_bob));
    CHECK_INT(0, members(with_bob));
    CHECK_INT(0, members(with_carol));
    run_for(network, 20);
    CHECK_INT(0, told());
    CHECK_INT(-ERR_UNSUPPORTED, call_leave(alice.phone, with_carol));
}

TEST(a_call_that_ends_leaves)
{
    CHECK_INT(0, call_join(alice.phone, with_carol, with_bob));
    CHECK_INT(0, call_hang_up(bob.phone, bob.call));
    run_for(network, 100);
    CHECK_INT(0, members(with_carol));
    CHECK_INT(-ERR_NOT_FOUND, call_join(alice.phone, with_carol, with_bob));
    CHECK_INT(-ERR_NOT_FOUND, call_leave(alice.phone, with_bob));
    CHECK_INT(0, members(with_bob));
}

TEST(what_cannot_talk_cannot_join)
{
    object_id rings;

    carol.answer = false;
    rings        = call_to("sip:carol@10.0.0.3");
    CHECK_INT(-ERR_UNSUPPORTED, call_join(alice.phone, rings, with_bob));
    CHECK_INT(-ERR_UNSUPPORTED, call_join(alice.phone, with_bob, rings));
    CHECK_INT(-ERR_UNSUPPORTED, call_join(alice.phone, with_bob, with_bob));
    CHECK_INT(-ERR_NOT_FOUND, call_join(alice.phone, with_bob, 0));
    CHECK_INT(0, members(with_bob));
    CHECK_INT(0, call_hang_up(alice.phone, rings));
    run_for(network, 100);
}

TEST(who_joins_another_conference_leaves_his_own)
{
    object_id again = call_to("sip:bob@10.0.0.2"), more = call_to("sip:carol@10.0.0.3");

    CHECK_INT(0, call_join(alice.phone, with_carol, with_bob));
    CHECK_INT(0, call_join(alice.phone, more, again));
    CHECK_INT(0, call_join(alice.phone, with_carol, more));
    CHECK_INT(0, members(with_bob));
    CHECK_INT(3, members(with_carol));
    run_for(network, 20);
    CHECK_INT(3, told());
    CHECK_INT(0, call_hang_up(alice.phone, again));
    CHECK_INT(0, call_hang_up(alice.phone, more));
    run_for(network, 100);
    CHECK_INT(0, members(with_carol));
}

/* RFC 3911 4: bob tells carol how his call with alice is called. */
TEST(a_call_that_asks_to_join_another_does_when_it_is_answered)
{
    struct replaces     name;
    struct call_options options = { .account = carol.account, .target = SLICE("sip:alice@10.0.0.1"), .join = &name };
    object_id           call;

    CHECK_INT(0, call_hang_up(alice.phone, with_carol));
    run_for(network, 100);
    CHECK_INT(0, call_name(bob.phone, bob.call, &name));
    CHECK_INT(0, call_place(carol.phone, &options, &call));
    run_for(network, 100);
    CHECK_INT(with_bob, user_last(&alice, PHONE_INCOMING)->event.joins);
    CHECK_INT(0, members(with_bob));
    CHECK_INT(0, call_answer(alice.phone, alice.call));
    run_for(network, 100);
    CHECK_INT(2, members(with_bob));
    CHECK_INT(2, members(alice.call));
    CHECK_INT(0, call_hang_up(carol.phone, call));
    run_for(network, 100);
    CHECK_INT(0, members(with_bob));
}

/* Then there is nothing to join: it is a call like any other. */
TEST(what_it_wanted_to_join_may_be_over_when_it_is_answered)
{
    struct replaces     name;
    struct call_options options = { .account = carol.account, .target = SLICE("sip:alice@10.0.0.1"), .join = &name };
    object_id           call, joining;

    CHECK_INT(0, call_hang_up(alice.phone, with_carol));
    run_for(network, 100);
    CHECK_INT(0, call_name(bob.phone, bob.call, &name));
    CHECK_INT(0, call_place(carol.phone, &options, &call));
    run_for(network, 100);
    joining = alice.call;
    CHECK_INT(0, call_hang_up(bob.phone, bob.call));
    run_for(network, 100);
    CHECK_INT(0, call_answer(alice.phone, joining));
    run_for(network, 100);
    CHECK_INT(0, members(joining));
    CHECK_INT(0, call_hang_up(carol.phone, call));
    run_for(network, 100);
}

TEST(a_recording_of_all_ends_with_the_conference)
{
    struct audio_sink *tape = audio_memory_sink_new(80000, AUDIO_RATE);
    size_t             count;

    CHECK_INT(-ERR_UNSUPPORTED, call_record_conference(alice.phone, with_bob, audio_memory_sink_new(1, AUDIO_RATE)));
    CHECK_INT(-ERR_NOT_FOUND, call_record_conference(alice.phone, 0, audio_memory_sink_new(1, AUDIO_RATE)));
    CHECK_INT(0, call_join(alice.phone, with_carol, with_bob));
    CHECK_INT(0, call_record_conference(alice.phone, with_bob, tape));
    run_for(network, 1000);
    (void)audio_memory_samples(tape, &count);
    CHECK(count >= 49 * 160 && count <= 51 * 160);
    CHECK_INT(0, call_leave(alice.phone, with_bob)); /* which closes the tape */
    run_for(network, 100);
}

TEST(a_phone_may_end_in_the_middle_of_a_conference)
{
    CHECK_INT(0, call_join(alice.phone, with_carol, with_bob));
    run_for(network, 100);
    phone_free(alice.phone);
    alice.phone = NULL;
    run_for(network, 100);
    (void)call_hang_up(bob.phone, bob.call);
    (void)call_hang_up(carol.phone, carol.call);
    run_for(network, 70000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(two_that_are_joined_are_told_each_and_once, setup, teardown),
        cmocka_unit_test_setup_teardown(one_alone_is_no_conference, setup, teardown),
        cmocka_unit_test_setup_teardown(a_call_that_ends_leaves, setup, teardown),
        cmocka_unit_test_setup_teardown(what_cannot_talk_cannot_join, setup, teardown),
        cmocka_unit_test_setup_teardown(who_joins_another_conference_leaves_his_own, setup, teardown),
        cmocka_unit_test_setup_teardown(a_call_that_asks_to_join_another_does_when_it_is_answered, setup, teardown),
        cmocka_unit_test_setup_teardown(what_it_wanted_to_join_may_be_over_when_it_is_answered, setup, teardown),
        cmocka_unit_test_setup_teardown(a_recording_of_all_ends_with_the_conference, setup, teardown),
        cmocka_unit_test_setup_teardown(a_phone_may_end_in_the_middle_of_a_conference, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
