/* SPDX-License-Identifier: BSD-2-Clause */
#include "dialog/elsewhere.h"

#include "support/test.h"

#include <stdio.h>

static struct arena     arena;
static struct elsewhere targets;

static int setup(void **state)
{
    (void)state;
    arena_init(&arena, NULL, 0, 4096);
    targets = (struct elsewhere){ 0 };
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    arena_fini(&arena);
    return 0;
}

static void add(const char *text)
{
    struct uri uri;

    CHECK(uri_parse(slice_from(text), &uri));
    elsewhere_add(&targets, &arena, &uri);
}

static void follow(const char *contacts)
{
    char               text[2048];
    struct parse_fault fault;
    struct message    *m;

    snprintf(
        text, sizeof text,
        "SIP/2.0 302 Moved\r\nVia: SIP/2.0/UDP h;branch=z9hG4bKa\r\nFrom: <sip:a@h>;tag=1\r\nTo: <sip:b@h>;tag=2\r\n"
        "Call-ID: c\r\nCSeq: 1 MESSAGE\r\nContact: %s\r\nContent-Length: 0\r\n\r\n",
        contacts);
    m = message_parse(test_guarded(slice_from(text)), &fault);
    CHECK(m != NULL);
    elsewhere_follow(&targets, &arena, m);
    message_drop(m);
}

static void check_next(const char *want)
{
    struct slice target;

    if (want == NULL) {
        CHECK(!elsewhere_next(&targets, &target));
        return;
    }
    CHECK(elsewhere_next(&targets, &target));
    CHECK_SLICE(want, target);
}

TEST(the_first_is_whom_the_user_named_without_headers)
{
    add("sip:a@h?Subject=x");
    check_next("sip:a@h");
    check_next(NULL);
}

TEST(contacts_follow_by_descending_q_and_equal_ones_as_they_come)
{
    add("sip:a@h");
    check_next("sip:a@h");
    follow("<sip:c@h>;q=0.2, <sip:d@h>, <sip:e@h>;q=0.5, <sip:f@h>;q=1.0, <sip:g@h>;q=0");
    check_next("sip:d@h");
    check_next("sip:f@h");
    check_next("sip:e@h");
    check_next("sip:c@h");
    check_next(NULL);
}

TEST(nobody_is_asked_twice_and_nothing_but_sip)
{
    add("sip:a@h");
    check_next("sip:a@h");
    follow("<sip:a@H>, <tel:+49301>, <mailto:a@h>, <sip:b@h>, <sip:b@h>");
    check_next("sip:b@h");
    check_next(NULL);
}

TEST(who_asked_for_sips_is_not_sent_on_without)
{
    add("sips:a@h");
    check_next("sips:a@h");
    follow("<sip:b@h>, <sips:c@h>");
    check_next("sips:c@h");
    check_next(NULL);
}

TEST(there_are_eight_at_most)
{
    add("sip:a@h");
    follow("<sip:1@h>, <sip:2@h>, <sip:3@h>, <sip:4@h>, <sip:5@h>, <sip:6@h>, <sip:7@h>, <sip:8@h>, <sip:9@h>");
    CHECK_INT(ELSEWHERE_MAX, targets.count);
    CHECK_SLICE("sip:7@h", targets.list[ELSEWHERE_MAX - 1]);
}

TEST(begun_anew_it_is_the_first_again_and_the_others_may_come_back)
{
    elsewhere_begin(&targets, SLICE("sip:a@h"));
    check_next("sip:a@h");
    follow("<sip:b@h>");
    check_next("sip:b@h");
    elsewhere_restart(&targets);
    check_next("sip:a@h");
    check_next(NULL);
    follow("<sip:b@h>");
    check_next("sip:b@h");
}

TEST(without_memory_there_is_none)
{
    struct arena small;
    struct uri   uri;

    arena_init(&small, NULL, 0, 4);
    CHECK(uri_parse(SLICE("sip:somebody@somewhere.example.test"), &uri));
    elsewhere_add(&targets, &small, &uri);
    check_next(NULL);
    arena_fini(&small);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(the_first_is_whom_the_user_named_without_headers),
        CASE(contacts_follow_by_descending_q_and_equal_ones_as_they_come),
        CASE(nobody_is_asked_twice_and_nothing_but_sip),
        CASE(who_asked_for_sips_is_not_sent_on_without),
        CASE(there_are_eight_at_most),
        CASE(begun_anew_it_is_the_first_again_and_the_others_may_come_back),
        CASE(without_memory_there_is_none),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
