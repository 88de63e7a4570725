/* SPDX-License-Identifier: BSD-2-Clause */
/* What is logged and counted of those who guess passwords. */
#include "server/auth_guard.h"

#include "support/log_keep.h"
#include "support/test.h"

static const struct attempts_rules rules = { 3, 600000, 300000, 64 };

/* A worker that has nothing but a clock, counters and a log. */
static struct world         world;
static struct log_limit     limit;
static struct log_keep      lines;
static struct auth_guard    guard;
static struct message      *request;
static struct random_seeded seeded;
static struct random        dice = { random_seeded_fill, &seeded };

static int setup(void **state)
{
    static const char  text[] = "REGISTER sip:example.test SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.66;branch=z9hG4bK1\r\n"
                                "From: <sip:bob@example.test>;tag=1\r\nTo: <sip:bob@example.test>\r\nCall-ID: 1\r\n"
                                "CSeq: 1 REGISTER\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n";
    struct parse_fault fault;

    (void)state;
    world     = (struct world){ .now = 1000 };
    world.log = &lines.log;
    log_keep_init(&lines, LOG_DEBUG);
    log_limit_init(&limit, &(struct hash_key){ 1, 2 });
    guard   = (struct auth_guard){ &world, attempts_new(&dice, &rules), &limit };
    request = message_parse(slice_from(text), &fault);
    CHECK(guard.attempts != NULL && request != NULL);
    request->flow = (struct flow){ .transport = TRANSPORT_UDP, .remote = address_v4(192, 0, 2, 66, 5060) };
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    attempts_free(guard.attempts);
    message_drop(request);
    return 0;
}

static bool allowed(const char *user)
{
    msec wait = 0;
    bool may  = auth_guard_allow(&guard, request, slice_from(user), SLICE("example.test"), &wait);

    CHECK(may == (wait == 0));
    return may;
}

static void guesses(const char *user, unsigned times)
{
    while (times-- > 0)
        auth_guard_note(&guard, request, slice_from(user), SLICE("example.test"), false);
}

TEST(one_line_says_who_begins_to_be_held)
{
    guesses("bob", 2);
    assert_string_equal("", lines.text);
    guesses("bob", 1);
    assert_string_equal("level=warning part=server event=password_guessing held=both remote=192.0.2.66:5060 failures=3 "
                        "wait=1000 user=bob domain=example.test call=1\n",
                        lines.text);
    guesses("bob", 10);
    CHECK_INT(1, log_keep_count(&lines, "event=password_guessing"));
}

/* Its fields that programs look for come before what a stranger can choose. */
TEST(a_name_cannot_pass_for_a_source)
{
    guesses("x held=source remote=198.51.100.1:5060 \n", 3);
    CHECK(strstr(lines.text, "held=both remote=192.0.2.66:5060 failures=3 wait=1000 user=\"x held=source remote=") !=
          NULL);
    CHECK(strchr(lines.text, '\n') == lines.text + lines.len - 1);
}

TEST(who_is_not_judged_is_counted)
{
    CHECK(allowed("bob"));
    guesses("bob", 3);
    CHECK(!allowed("bob"));
    CHECK(!allowed("carol"));
    CHECK_INT(2, counter_read(&world.counters.auth_limited));
    world.now += 1000;
    CHECK(allowed("bob"));
    auth_guard_note(&guard, request, SLICE("bob"), SLICE("example.test"), true);
    CHECK(allowed("bob"));
}

TEST(a_flood_from_everywhere_is_no_flood_of_lines)
{
    for (unsigned i = 0; i < 1000; i++) {
        request->flow.remote = address_v4(10, 1, (uint8_t)(i >> 8), (uint8_t)i, 5060);
        guesses("bob", 3);
    }
    CHECK(log_keep_count(&lines, "event=password_guessing") <= LOG_LINES_OF_STRANGERS);
    CHECK(counter_read(&world.counters.log_lines_skipped) >= 1000 - LOG_LINES_OF_STRANGERS);
}

TEST(without_a_limit_everybody_is_judged)
{
    attempts_free(guard.attempts);
    guard.attempts = NULL;
    guesses("bob", 100);
    CHECK(allowed("bob"));
    assert_string_equal("", lines.text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(one_line_says_who_begins_to_be_held, setup, teardown),
        cmocka_unit_test_setup_teardown(a_name_cannot_pass_for_a_source, setup, teardown),
        cmocka_unit_test_setup_teardown(who_is_not_judged_is_counted, setup, teardown),
        cmocka_unit_test_setup_teardown(a_flood_from_everywhere_is_no_flood_of_lines, setup, teardown),
        cmocka_unit_test_setup_teardown(without_a_limit_everybody_is_judged, setup, teardown),
    };

    random_seed(&seeded, 1);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
