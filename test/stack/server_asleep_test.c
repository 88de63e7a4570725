/* SPDX-License-Identifier: BSD-2-Clause */
/* What late messages deserve of a server transaction that sleeps (RFC 3261 17.2, RFC 6026). */
#include "stack/internal.h"
#include "support/alloc.h"
#include "support/finished_call.h"
#include "support/test.h"

#include <stdio.h>

static struct bench b;

static unsigned sleepers(const struct id_table *t)
{
    unsigned    count = 0;
    const void *object;

    for (uint32_t at = 0; (object = id_next(t, &at)) != NULL;)
        count += is_asleep(object);
    return count;
}

static unsigned servers_asleep(void)
{
    return sleepers(&server_stack(b.server)->server_ids);
}

static uint64_t seen(void)
{
    return counter_read(&b.at_server->counters.retransmissions_seen);
}

/* Bytes that server transactions take. */
static int64_t held(void)
{
    return (int64_t)budget_figures(&b.memory, ACCOUNT_SERVER_TRANSACTIONS).bytes;
}

TEST(what_has_its_answer_sleeps_until_its_time)
{
    bench_open(&b, "");
    raw_call_finish(&b, "call");
    CHECK_INT(3, servers_asleep()); /* REGISTER, INVITE, BYE */
    bench_live(&b, 31000);
    CHECK_INT(3, servers_asleep());
    bench_live(&b, 2000);
    CHECK_INT(0, server_stack(b.server)->server_ids.used);
    bench_close(&b);
}

/* RFC 6026 8.7: absorbed, without a response. */
TEST(an_invite_that_was_accepted_is_absorbed)
{
    bench_open(&b, "");
    raw_call_answer(&b, "call");
    raw_forget(&b.alice);
    raw_forget(&b.bob);
    raw_invite_again(&b, "call");
    CHECK_INT(0, b.alice.count);
    CHECK_INT(0, b.bob.count);
    CHECK_INT(1, seen());
    CHECK_INT(2, servers_asleep());
    bench_close(&b);
}

/* RFC 3261 17.2.2: the same response, to the byte, as often as it is asked for. */
TEST(a_request_that_was_answered_is_answered_the_same_again)
{
    char first[RAW_TEXT];

    bench_open(&b, "");
    raw_call_finish(&b, "call");
    snprintf(first, sizeof first, "%s", raw_heard(&b.alice, 0));
    CHECK(strstr(first, "2 BYE") != NULL);
    raw_forget(&b.bob);
    for (unsigned i = 1; i <= 2; i++) {
        raw_forget(&b.alice);
        raw_bye_again(&b, "call");
        CHECK_INT(1, b.alice.count);
        assert_string_equal(first, raw_heard(&b.alice, 0));
        CHECK_INT(i, seen());
    }
    CHECK_INT(0, b.bob.count);
    bench_close(&b);
}

/* Stateless it would be without Require. */
#define OPTIONS "OPTIONS sip:example.test SIP/2.0\r\n"
#define TAIL    "Call-ID: asked\r\nCSeq: 1 OPTIONS\r\nRequire: pref\r\nContent-Length: 0\r\n\r\n"
#define PEOPLE  "From: <sip:bob@example.test>;tag=1\r\nTo: <sip:bob@example.test>\r\n"

/* RFC 3261 8.2.6.2, 17.2.2, RFC 3581 4; the To tag is ours. */
TEST(however_a_request_is_written_its_answer_is_the_same_again)
{
    static const char *const texts[] = {
        OPTIONS "Via: SIP/2.0/UDP 192.0.2.9:6000;branch=z9hG4bK1\r\n" PEOPLE                                       TAIL,
        OPTIONS "Via: SIP/2.0/UDP 10.0.0.1:6000;branch=z9hG4bK1;rport\r\n" PEOPLE                                  TAIL,
        OPTIONS "Via: SIP/2.0/UDP 10.0.0.1:6000;rport;branch=z9hG4bK1;x=\"y z\"\r\n" PEOPLE                        TAIL,
        OPTIONS "Via: SIP/2.0/UDP 192.0.2.9:6000;branch=z9hG4bK1\r\nVia: SIP/2.0/TCP p;branch=z9hG4bK2\r\n" PEOPLE TAIL,
        OPTIONS "Via: SIP/2.0/UDP 192.0.2.9:6000;branch=z9hG4bK1 , SIP/2.0/TCP p\r\n" PEOPLE                       TAIL,
        OPTIONS "v: SIP/2.0/UDP 192.0.2.9:6000;branch=z9hG4bK1\r\nf: <sip:bob@example.test>;tag=1\r\n"
                "t: <sip:bob@example.test>\r\ni: asked\r\nCSeq: 1 OPTIONS\r\nRequire: pref\r\nl: 0\r\n\r\n",
        OPTIONS "CSeq: 1\r\n OPTIONS\r\nRequire: pref\r\nTo: \"B\"\r\n\t<sip:bob@example.test>\r\nCall-ID: asked\r\n"
                "From: <sip:bob@example.test>;tag=1\r\nVia: SIP/2.0/UDP 192.0.2.9:6000;branch=z9hG4bK1\r\n\r\n",
        OPTIONS "CSeq: 1 OPTIONS\nRequire: pref\nTo: <sip:bob@example.test>;tag=2\nCall-ID: asked\n"
                "From: <sip:bob@example.test>;tag=1\nVia: SIP/2.0/UDP 192.0.2.9:6000;branch=z9hG4bK1\n\n",
    };
    char first[RAW_TEXT];

    for (unsigned i = 0; i < sizeof texts / sizeof *texts; i++) {
        bench_open(&b, "");
        raw_say(&b.alice, texts[i]);
        bench_live(&b, 20);
        CHECK(raw_last_is(&b.alice, "SIP/2.0 200 ") && servers_asleep() == 1);
        snprintf(first, sizeof first, "%s", raw_heard(&b.alice, 0));
        raw_say(&b.alice, texts[i]);
        bench_live(&b, 20);
        CHECK_INT(2, b.alice.count);
        assert_string_equal(first, raw_heard(&b.alice, 0));
        bench_close(&b);
    }
}

static void ask_as(struct raw_phone *p, const char *from)
{
    char text[RAW_TEXT];

    snprintf(text, sizeof text,
             OPTIONS
             "Via: SIP/2.0/UDP 10.0.0.1;branch=z9hG4bK1;rport\r\nFrom: %s\r\nTo: <sip:bob@example.test>\r\n" TAIL,
             from);
    raw_say(p, text);
    bench_live(&b, 20);
}

/* Where we answered we answer again, and say the port that we saw then. */
TEST(a_repetition_by_another_port_is_answered_where_the_request_came_from)
{
    char first[RAW_TEXT];

    bench_open(&b, "");
    ask_as(&b.alice, "<sip:bob@example.test>;tag=1");
    snprintf(first, sizeof first, "%s", raw_heard(&b.alice, 0));
    ask_as(&b.bob, "<sip:bob@example.test>;tag=1");
    CHECK_INT(0, b.bob.count);
    CHECK_INT(2, b.alice.count);
    assert_string_equal(first, raw_heard(&b.alice, 0));
    bench_close(&b);
}

/* Who has seen a branch would have us send his words to whom we have answered. */
TEST(another_host_wakes_nobody_by_his_own_words)
{
    struct raw_phone stranger;
    struct host     *host;
    struct world    *w;
    struct address   local = address_v4(192, 0, 2, 66, 5060);

    bench_open(&b, "");
    host = network_host(b.network, "stranger");
    CHECK(host_add_address(host, "192.0.2.66"));
    w = world_fake_new(host);
    raw_open_at(&stranger, w, &local);
    ask_as(&b.alice, "<sip:bob@example.test>;tag=1");
    ask_as(&stranger, "<sip:mallory@example.test>;tag=9");
    CHECK_INT(0, stranger.count);
    CHECK_INT(1, b.alice.count);
    CHECK_INT(1, servers_asleep());
    CHECK_INT(1, counter_read(&b.at_server->counters.retransmissions_unheard));
    ask_as(&b.alice, "<sip:bob@example.test>;tag=1");
    CHECK_INT(2, b.alice.count);
    raw_close(&stranger);
    world_fake_free(w);
    bench_close(&b);
}

/* RFC 3261 8.2.6.2: one To tag, whatever comes by the branch of a request that had none. */
TEST(no_answer_gets_a_second_tag)
{
#define UNTIL_TO                                                                                                       \
    OPTIONS "Via: SIP/2.0/UDP 10.0.0.1;branch=z9hG4bK1;rport\r\nFrom: <sip:bob@example.test>;tag=1\r\n"                \
            "To: <sip:bob@example.test>"
    bench_open(&b, "");
    raw_say(&b.alice, UNTIL_TO "\r\n" TAIL);
    bench_live(&b, 20);
    CHECK_INT(1, servers_asleep());
    raw_say(&b.alice, UNTIL_TO ";tag=2\r\n" TAIL);
    bench_live(&b, 20);
    CHECK_INT(1, b.alice.count);
    CHECK_INT(1, servers_asleep());
    CHECK_INT(1, counter_read(&b.at_server->counters.retransmissions_unheard));
    bench_close(&b);
}

/* RFC 3261 17.2.3: RFC 4475's messages of one branch are one request; each is answered by its own lines. */
TEST(another_request_of_the_same_key_is_answered_by_its_own_lines)
{
    bench_open(&b, "");
    ask_as(&b.alice, "<sip:bob@example.test>;tag=1");
    ask_as(&b.alice, "<sip:bob@example.test>;tag=9");
    CHECK_INT(2, b.alice.count);
    CHECK(strstr(raw_heard(&b.alice, 0), "From: <sip:bob@example.test>;tag=9\r\n") != NULL);
    bench_close(&b);
}

/* What is promised to those who pay for memory: all that a call leaves, but for what finds it. */
TEST(what_a_call_leaves_is_small)
{
    int64_t register_only;

    bench_open(&b, "");
    raw_register(&b.bob, 1, NULL);
    bench_live(&b, 50);
    register_only = held();
    bench_close(&b);
    bench_open(&b, "");
    raw_call_finish(&b, "call");
    CHECK(held() - register_only - 2 * (int64_t)SERVER_ENTRY <= 56 + 136); /* INVITE, BYE */
    CHECK((int64_t)budget_figures(&b.memory, ACCOUNT_CLIENT_TRANSACTIONS).bytes - 2 * (int64_t)INDEX_ENTRY <= 80 + 48);
    bench_close(&b);
}

/* What stays in the line when one wakes is not to be had from us by repeating oneself. */
TEST(who_repeats_himself_without_end_takes_no_more_memory)
{
    int64_t before;

    bench_open(&b, "");
    raw_call_finish(&b, "call");
    raw_bye_again(&b, "call"); /* awake from now on */
    before = held();
    for (unsigned i = 0; i < 100; i++) {
        raw_forget(&b.alice);
        raw_bye_again(&b, "call");
        CHECK_INT(1, b.alice.count);
    }
    CHECK_INT(before, held());
    bench_live(&b, 35000);
    CHECK_INT(0, server_stack(b.server)->server_ids.used);
    bench_close(&b);
}

/* RFC 3261 17.2.3: another sent-by or method is another transaction, whatever the branch. */
TEST(a_key_that_differs_wakes_nobody)
{
    static const char *const vias[] = { "SIP/2.0/UDP 192.0.2.9:6000;rport", "SIP/2.0/UDP 192.0.2.9:6009;rport",
                                        "SIP/2.0/UDP 192.0.2.8:6000;rport" };

    bench_open(&b, "");
    for (unsigned i = 0; i < 3; i++) {
        raw_ask(&b.alice, &(struct request_form){
                              .method = "OPTIONS", .via = vias[i], .branch = "same", .more = "Require: pref\r\n" });
        bench_live(&b, 20);
    }
    raw_ask(&b.alice, &(struct request_form){ .method = "MESSAGE", .via = vias[0], .branch = "same", .uri = "sip:x" });
    bench_live(&b, 20);
    CHECK_INT(0, seen());
    raw_ask(&b.alice, &(struct request_form){
                          .method = "OPTIONS", .via = vias[1], .branch = "same", .more = "Require: pref\r\n" });
    bench_live(&b, 20);
    CHECK_INT(1, seen());
    bench_close(&b);
}

/* RFC 3261 9.2: 200 with the To tag of what it names; it changes nothing. */
TEST(a_cancel_of_an_invite_that_was_accepted_is_answered)
{
    bench_open(&b, "");
    raw_call_answer(&b, "call");
    raw_forget(&b.bob);
    raw_ask(&b.alice, &(struct request_form){ .method  = "CANCEL",
                                              .uri     = "sip:bob@example.test",
                                              .branch  = "invite",
                                              .from    = "<sip:alice@example.test>;tag=a",
                                              .call_id = "call" });
    bench_live(&b, 20);
    CHECK(raw_last_is(&b.alice, "SIP/2.0 200 "));
    CHECK(strstr(raw_heard(&b.alice, 0), "1 CANCEL") != NULL);
    CHECK_INT(0, b.bob.count);
    bench_close(&b);
}

/* It is known by the hash of its branch only. */
TEST(an_invite_that_has_woken_absorbs_as_before)
{
    bench_open(&b, "");
    raw_call_answer(&b, "call");
    raw_answer(&b.bob, 0, "200 OK", "another");
    bench_live(&b, 20);
    CHECK_INT(1, servers_asleep()); /* the REGISTER */
    raw_forget(&b.alice);
    raw_forget(&b.bob);
    raw_invite_again(&b, "call");
    CHECK_INT(0, b.alice.count);
    CHECK_INT(0, b.bob.count);
    CHECK_INT(1, seen());
    raw_ask(&b.alice,
            &(struct request_form){ .method = "INVITE", .branch = "invite2", .uri = "sip:nobody@example.test" });
    bench_live(&b, 20);
    CHECK(raw_last_is(&b.alice, "SIP/2.0 404 "));
    CHECK_INT(1, seen());
    bench_close(&b);
}

/* RFC 6026 7.1: each 2xx goes up, also when the first is long gone. */
TEST(a_2xx_that_is_repeated_goes_up_again)
{
    bench_open(&b, "");
    raw_call_answer(&b, "call");
    CHECK_INT(2, servers_asleep());
    raw_forget(&b.alice);
    for (unsigned i = 1; i <= 2; i++) {
        bench_live(&b, 10000);
        raw_answer(&b.bob, 0, "200 OK", "b");
        bench_live(&b, 20);
        CHECK_INT(i, raw_heard_count(&b.alice, "SIP/2.0 200 "));
    }
    bench_close(&b);
}

TEST(a_socket_is_not_closed_while_someone_sleeps_who_may_need_it)
{
    struct stack *s;

    bench_open(&b, "");
    s = server_stack(b.server);
    raw_call_finish(&b, "call");
    stack_unlisten(s, 0);
    CHECK_INT(SOCKET_CLOSING, s->sockets[0].state);
    raw_forget(&b.alice);
    raw_bye_again(&b, "call");
    CHECK_INT(1, raw_heard_count(&b.alice, "SIP/2.0 200 "));
    bench_live(&b, 35000);
    CHECK_INT(SOCKET_FREE, s->sockets[0].state);
    bench_abandon(&b);
}

/* Each allocation of a BYE's end, and of its repetition. */
TEST(without_memory_to_fall_asleep_or_to_wake_nothing_is_lost)
{
    for (unsigned n = 1; n < 100; n++) {
        bench_open(&b, "");
        raw_call_answer(&b, "call");
        raw_bye_again(&b, "call");
        alloc_fail_at(n);
        raw_answer(&b.bob, 0, "200 OK", "b");
        bench_live(&b, 20);
        raw_forget(&b.alice);
        raw_bye_again(&b, "call");
        if (!alloc_failed())
            n = 100;
        alloc_fail_at(0);
        raw_bye_again(&b, "call");
        bench_close(&b);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_has_its_answer_sleeps_until_its_time),
        cmocka_unit_test(an_invite_that_was_accepted_is_absorbed),
        cmocka_unit_test(a_request_that_was_answered_is_answered_the_same_again),
        cmocka_unit_test(however_a_request_is_written_its_answer_is_the_same_again),
        cmocka_unit_test(a_repetition_by_another_port_is_answered_where_the_request_came_from),
        cmocka_unit_test(another_host_wakes_nobody_by_his_own_words),
        cmocka_unit_test(no_answer_gets_a_second_tag),
        cmocka_unit_test(another_request_of_the_same_key_is_answered_by_its_own_lines),
        cmocka_unit_test(what_a_call_leaves_is_small),
        cmocka_unit_test(who_repeats_himself_without_end_takes_no_more_memory),
        cmocka_unit_test(a_key_that_differs_wakes_nobody),
        cmocka_unit_test(a_cancel_of_an_invite_that_was_accepted_is_answered),
        cmocka_unit_test(an_invite_that_has_woken_absorbs_as_before),
        cmocka_unit_test(a_2xx_that_is_repeated_goes_up_again),
        cmocka_unit_test(a_socket_is_not_closed_while_someone_sleeps_who_may_need_it),
        cmocka_unit_test(without_memory_to_fall_asleep_or_to_wake_nothing_is_lost),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
