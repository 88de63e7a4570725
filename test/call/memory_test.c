/* SPDX-License-Identifier: BSD-2-Clause */
/* Each allocation of a whole call fails once: nobody crashes, nothing is left. */
#include "call/call.h"

#include "support/alloc.h"
#include "support/phones.h"

enum { ALLOCATIONS_MAX = 5000 };

static struct network *network;
static struct user     alice, bob;

static void begin(void)
{
    network = network_new(1);
    user_init(&alice, network, "alice", "10.0.0.1", NULL);
    user_init(&bob, network, "bob", "10.0.0.2", NULL);
    bob.ring = bob.answer = true;
}

/* However it went, all of it ends: by hanging up, or by its timers. */
static void end(void)
{
    call_hang_up(alice.phone, alice.call);
    call_hang_up(bob.phone, bob.call);
    run_for(network, 300000);
    CHECK(phone_is_idle(alice.phone));
    CHECK(phone_is_idle(bob.phone));
    CHECK_INT(user_heard(&bob, PHONE_INCOMING), user_heard(&bob, PHONE_ENDED));
    CHECK_INT(0, stack_alive(phone_stack(alice.phone)));
    CHECK_INT(0, stack_alive(phone_stack(bob.phone)));
    user_fini(&alice);
    user_fini(&bob);
    network_free(network);
}

static void call_and_hold(bool late_offer)
{
    struct call_options options = { .account = alice.account, .target = SLICE("sip:bob@10.0.0.2") };

    options.late_offer = late_offer;
    if (call_place(alice.phone, &options, &alice.call) != 0)
        return;
    run_for(network, 300);
    call_hold(alice.phone, alice.call, true);
    run_for(network, 300);
    call_hang_up(alice.phone, alice.call);
    run_for(network, 300);
}

static void starve(void (*act)(bool), bool argument)
{
    for (unsigned n = 1;; n++) {
        bool failed;

        CHECK(n < ALLOCATIONS_MAX);
        begin();
        alloc_fail_at(n);
        act(argument);
        failed = alloc_failed();
        alloc_fail_at(0);
        end();
        if (!failed)
            return;
    }
}

TEST(a_call_survives_the_failure_of_each_allocation)
{
    starve(call_and_hold, false);
}

TEST(a_call_with_late_offer_survives_it_too)
{
    starve(call_and_hold, true);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_call_survives_the_failure_of_each_allocation),
        cmocka_unit_test(a_call_with_late_offer_survives_it_too),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
