/* SPDX-License-Identifier: BSD-2-Clause */
#include "server/binding_common.h"

#include "support/alloc.h"
#include "support/test.h"

#include <stdio.h>

static struct binding_commons commons;

static const struct flow udp = { .transport = TRANSPORT_UDP,
                                 .local     = { { 192, 0, 2, 1 }, 0, 5060, FAMILY_4 },
                                 .remote    = { { 192, 0, 2, 9 }, 0, 5061, FAMILY_4 },
                                 .listener  = 3 };

static struct binding_common *hold(const struct flow *flow, const char *user_agent, const char *path)
{
    struct binding_common *c = binding_common_hold(&commons, flow, slice_from(user_agent), slice_from(path));

    CHECK(c != NULL);
    return c;
}

static void drop(struct binding_common *c)
{
    binding_common_free(binding_common_drop(&commons, c, NULL));
}

TEST(what_is_the_same_is_kept_once_wherever_the_phone_is)
{
    struct flow            elsewhere = udp;
    struct binding_common *a         = hold(&udp, "phone", "<sip:p>"), *b;

    elsewhere.remote.port = 7;
    b                     = hold(&elsewhere, "phone", "<sip:p>");
    CHECK(a == b);
    CHECK_SLICE("phone", binding_common_user_agent(a));
    CHECK_SLICE("<sip:p>", binding_common_path(a));
    drop(a);
    CHECK_SLICE("phone", binding_common_user_agent(b));
    CHECK(commons.bytes > 0);
    drop(b);
    CHECK_INT(0, commons.bytes);
}

TEST(what_differs_in_anything_is_another)
{
    struct flow            listener = udp, local = udp, transport = udp;
    struct binding_common *all[6];

    listener.listener   = 4;
    local.local.port    = 5070;
    transport.transport = TRANSPORT_TCP;
    all[0]              = hold(&udp, "a", "b");
    all[1]              = hold(&udp, "ab", "");
    all[2]              = hold(&udp, "", "ab");
    all[3]              = hold(&listener, "a", "b");
    all[4]              = hold(&local, "a", "b");
    all[5]              = hold(&transport, "a", "b");
    for (int i = 0; i < 6; i++)
        for (int j = 0; j < i; j++)
            CHECK(all[i] != all[j]);
    for (int i = 0; i < 6; i++)
        drop(all[i]);
    CHECK_INT(0, commons.bytes);
}

/* Who says something new each time makes nobody search for long. */
TEST(a_crowd_of_different_ones_is_kept_unshared_and_goes_again)
{
    static struct binding_common *all[2000];
    char                          text[16];

    for (int i = 0; i < 2000; i++) {
        snprintf(text, sizeof text, "ua%d", i);
        all[i] = hold(&udp, text, "");
        CHECK_SLICE(text, binding_common_user_agent(all[i]));
    }
    for (unsigned chain = 0; chain < COMMON_CHAINS; chain++) {
        unsigned length = 0;

        for (const struct binding_common *c = commons.chains[chain]; c != NULL; c = c->next)
            length++;
        CHECK(length > 0 && length <= 8);
    }
    for (int i = 0; i < 2000; i++)
        drop(all[(i * 7) % 2000]);
    CHECK_INT(0, commons.bytes);
    for (unsigned chain = 0; chain < COMMON_CHAINS; chain++)
        CHECK(commons.chains[chain] == NULL);
}

TEST(several_that_go_are_freed_at_once)
{
    struct binding_common *gone = binding_common_drop(&commons, hold(&udp, "a", ""), NULL), *b = hold(&udp, "b", "");

    hold(&udp, "b", "");
    CHECK(binding_common_drop(&commons, b, gone) == gone);
    gone = binding_common_drop(&commons, b, gone);
    CHECK(gone == b);
    binding_common_free(gone);
    binding_common_free(NULL);
    CHECK_INT(0, commons.bytes);
}

TEST(without_memory_there_is_none)
{
    alloc_fail_at(1);
    CHECK(binding_common_hold(&commons, &udp, SLICE("a"), SLICE("")) == NULL);
    alloc_fail_at(0);
    CHECK_INT(0, commons.bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_the_same_is_kept_once_wherever_the_phone_is),
        cmocka_unit_test(what_differs_in_anything_is_another),
        cmocka_unit_test(a_crowd_of_different_ones_is_kept_unshared_and_goes_again),
        cmocka_unit_test(several_that_go_are_freed_at_once),
        cmocka_unit_test(without_memory_there_is_none),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
