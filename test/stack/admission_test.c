/* SPDX-License-Identifier: BSD-2-Clause */
/* What passes when memory is scarce, seen from outside a server. */
#include "stack/stack.h"

#include "support/log_keep.h"
#include "support/server_bench.h"
#include "support/test.h"

#include <stdio.h>
#include <stdlib.h>

enum { LIMIT = 1 << 23 };

static struct bench    b;
static struct log_keep kept;
static size_t          filled;

/* Bob is registered and has been called: his phone rings. */
static void open_bench(void)
{
    bench_open_small(&b, "", LIMIT);
    log_keep_init(&kept, LOG_INFO);
    b.at_server->log = &kept.log;
    filled           = 0;
    raw_register(&b.bob, 1, NULL);
    bench_live(&b, 50);
    raw_ask(&b.alice,
            &(struct request_form){ .method = "INVITE", .uri = "sip:bob@example.test", .call_id = "ringing" });
    bench_live(&b, 50);
    CHECK(raw_last_is(&b.bob, "INVITE"));
    raw_answer(&b.bob, 0, "180 Ringing", "b");
    bench_live(&b, 50);
    raw_forget(&b.bob);
    raw_forget(&b.alice);
}

/* Somebody takes so much that this part of the limit is reached. */
static void fill(unsigned percent)
{
    size_t have = (size_t)budget_total(&b.memory).bytes - filled;

    world_recount(b.at_server, ACCOUNT_MESSAGES, &filled, (size_t)LIMIT / 100 * percent + 100 - have);
    bench_live(&b, 1000);
}

static void close_bench(void)
{
    world_recount(b.at_server, ACCOUNT_MESSAGES, &filled, 0);
    bench_live(&b, 200000); /* Timer C ends what still rings */
    bench_close(&b);
}

/* How alice's request is answered, "" if it is not; without a Retry-After a 503 is none. */
static const char *answer_to(const char *method, const char *to, const char *branch)
{
    static char     status[4];
    char            retry[16];
    static unsigned cseq = 10;

    raw_forget(&b.alice);
    raw_ask(&b.alice,
            &(struct request_form){
                .method = method, .uri = "sip:bob@example.test", .to = to, .branch = branch, .cseq = ++cseq });
    bench_live(&b, 10);
    if (raw_heard(&b.alice, 0)[0] == '\0')
        return "";
    memcpy(status, raw_heard(&b.alice, 0) + 8, 3);
    if (strcmp(status, "503") == 0) {
        header_of(raw_heard(&b.alice, 0), "Retry-After", retry, sizeof retry);
        CHECK(atoi(retry) >= 5 && atoi(retry) <= 10);
    }
    return status;
}

/* Within a dialog it reaches bob; how it is answered then is his affair.  What else is sent to him
 * again may come between. */
static bool reaches_bob(void)
{
    unsigned back = 0;

    raw_forget(&b.bob);
    answer_to("BYE", "<sip:bob@example.test>;tag=b", NULL);
    while (back < RAW_KEPT && back < b.bob.count && strncmp(raw_heard(&b.bob, back), "BYE ", 4) != 0)
        back++;
    if (back == RAW_KEPT || back == b.bob.count)
        return false;
    raw_answer(&b.bob, back, "200 OK", "b");
    bench_live(&b, 100);
    return raw_heard_count(&b.alice, "SIP/2.0 200") > 0;
}

static const char *register_again(const char *contact)
{
    static char     status[4];
    static unsigned cseq = 100;
    char            lines[256];

    snprintf(lines, sizeof lines, "Contact: <sip:bob@192.0.2.9:%s>\r\n", contact);
    raw_forget(&b.bob);
    raw_ask(&b.bob, &(struct request_form){ .cseq = ++cseq, .more = lines });
    bench_live(&b, 100);
    memcpy(status, raw_heard(&b.bob, 0)[0] != '\0' ? raw_heard(&b.bob, 0) + 8 : "-", 3);
    return status;
}

static bool can_connect(void)
{
    struct raw_phone tcp;
    bool             ok;

    raw_connect(&tcp, b.at_phones);
    bench_live(&b, 100);
    ok = !tcp.closed;
    raw_close(&tcp);
    bench_live(&b, 100);
    return ok;
}

TEST(up_to_80_percent_all_passes)
{
    open_bench();
    fill(79);
    assert_string_equal("200", register_again("6009"));
    assert_string_equal("481", answer_to("CANCEL", NULL, "nothing"));
    CHECK(reaches_bob());
    CHECK(can_connect());
    CHECK_INT(0, counter_read(&b.at_server->counters.overload_refused));
    CHECK_INT(0, log_keep_count(&kept, "event=memory_level"));
    close_bench();
}

TEST(from_80_percent_on_new_work_is_refused_and_what_is_begun_goes_on)
{
    open_bench();
    fill(80);
    assert_string_equal("503", answer_to("MESSAGE", NULL, NULL));
    assert_string_equal("503", answer_to("INVITE", NULL, NULL));
    CHECK_INT(2, counter_read(&b.at_server->counters.overload_refused));
    CHECK(!can_connect());
    CHECK(reaches_bob());
    assert_string_equal("503", register_again("6009")); /* it would add */
    assert_string_equal("200", register_again("6001"));
    assert_string_equal("481", answer_to("CANCEL", NULL, "nothing"));
    assert_string_equal("200", answer_to("CANCEL", NULL, "INVITE-1-6000"));
    close_bench();
}

TEST(from_95_percent_on_only_responses_and_dialogs_pass)
{
    open_bench();
    fill(95);
    assert_string_equal("503", answer_to("MESSAGE", NULL, NULL));
    assert_string_equal("503", register_again("6001"));
    assert_string_equal("503", answer_to("CANCEL", NULL, "nothing"));
    CHECK(!can_connect());
    CHECK(reaches_bob());
    raw_forget(&b.alice);
    raw_ask(&b.alice,
            &(struct request_form){
                .method = "CANCEL", .uri = "sip:bob@example.test", .branch = "INVITE-1-6000", .call_id = "ringing" });
    bench_live(&b, 100);
    CHECK(raw_heard_count(&b.alice, "SIP/2.0 200") > 0);
    CHECK(raw_last_is(&b.bob, "CANCEL"));
    close_bench();
}

/* RFC 3261 17.2.1: an INVITE that comes again is answered as it was, and rings once. */
TEST(repetitions_of_what_is_in_progress_are_absorbed)
{
    open_bench();
    fill(96);
    raw_ask(&b.alice,
            &(struct request_form){ .method = "INVITE", .uri = "sip:bob@example.test", .call_id = "ringing" });
    bench_live(&b, 100);
    CHECK(raw_last_is(&b.alice, "SIP/2.0 180"));
    CHECK_INT(0, b.bob.count);
    CHECK_INT(0, counter_read(&b.at_server->counters.overload_refused));
    close_bench();
}

TEST(at_the_limit_what_comes_is_dropped_and_counted)
{
    open_bench();
    fill(100);
    CHECK(!reaches_bob());
    CHECK_INT(0, b.alice.count);
    CHECK(counter_read(&b.at_server->counters.overload_dropped) > 0);
    CHECK(budget_total(&b.memory).refused > 0);
    fill(50);
    CHECK(reaches_bob());
    close_bench();
}

TEST(a_level_ends_below_where_it_began_and_each_change_is_one_line)
{
    open_bench();
    fill(80);
    CHECK_INT(1, log_keep_count(&kept, "event=memory_level"));
    CHECK_INT(1, log_keep_count(&kept, "level=warning part=net event=memory_level level=high was=normal"));
    fill(76);
    assert_string_equal("503", answer_to("MESSAGE", NULL, NULL));
    fill(74);
    assert_string_equal("", answer_to("MESSAGE", NULL, NULL)); /* it is bob's to answer */
    CHECK(raw_last_is(&b.bob, "MESSAGE"));
    CHECK_INT(1, log_keep_count(&kept, "level=notice part=net event=memory_level level=normal was=high"));
    fill(97);
    fill(91);
    assert_string_equal("503", register_again("6001"));
    fill(85);
    assert_string_equal("200", register_again("6001"));
    fill(10);
    CHECK_INT(5, log_keep_count(&kept, "event=memory_level"));
    close_bench();
}

/* Nothing but calls to a phone that does not answer: each takes its memory until it is given
 * up, and there is room again. */
TEST(calls_fill_the_memory_and_give_it_back)
{
    unsigned refused = 0;
    char     branch[32], call[32];

    open_bench();
    fill(70);
    for (unsigned i = 0; i < 400; i++) {
        snprintf(branch, sizeof branch, "flood-%u", i);
        snprintf(call, sizeof call, "flood-%u", i);
        raw_forget(&b.alice);
        raw_ask(&b.alice, &(struct request_form){
                              .method = "MESSAGE", .uri = "sip:bob@example.test", .branch = branch, .call_id = call });
        bench_live(&b, 3);
        refused += raw_last_is(&b.alice, "SIP/2.0 503");
    }
    CHECK(refused > 100 && refused < 400);
    CHECK(budget_total(&b.memory).high_water >= (size_t)LIMIT / 100 * 80);
    CHECK(budget_total(&b.memory).high_water < (size_t)LIMIT / 100 * 95);
    CHECK(reaches_bob());
    bench_live(&b, 40000);
    raw_forget(&b.bob);
    answer_to("MESSAGE", NULL, NULL);
    CHECK(raw_last_is(&b.bob, "MESSAGE"));
    close_bench();
}

/* ---- more comes than there is time for ---- */

/* The world looks, and sees what has waited for so long. */
static void look(msec waited)
{
    b.at_server->backlog.looks++;
    b.at_server->backlog.waited = waited;
    b.at_server->backlog.bytes += waited;
}

/* Ten new requests at once, when the server finds that it is overloaded: how many are refused. */
static unsigned refused_of_ten(const char *method, const char *more)
{
    static unsigned cseq = 1000;

    raw_forget(&b.alice);
    for (int i = 0; i < 10; i++)
        raw_ask(&b.alice, &(struct request_form){
                              .method = method, .uri = "sip:bob@example.test", .cseq = ++cseq, .more = more });
    bench_live(&b, 20);
    return raw_heard_count(&b.alice, "SIP/2.0 503");
}

TEST(when_there_is_too_much_to_do_new_requests_are_refused_and_what_is_begun_goes_on)
{
    open_bench();
    look(99);
    CHECK_INT(0, refused_of_ten("MESSAGE", NULL));
    look(100);
    CHECK(refused_of_ten("MESSAGE", NULL) >= 9);
    CHECK(refused_of_ten("INVITE", NULL) >= 6);
    CHECK(refused_of_ten("REGISTER", "Contact: <sip:bob@192.0.2.9:6009>\r\n") >= 6);
    CHECK(counter_read(&b.at_server->counters.overload_shed) >= 21);
    CHECK_INT(1, log_keep_count(&kept, "level=warning part=stack event=overload_begins"));
    CHECK(reaches_bob());
    assert_string_equal("481", answer_to("CANCEL", NULL, "nothing"));
    assert_string_equal("200", answer_to("CANCEL", NULL, "INVITE-1-6000"));
    close_bench();
}

/* RFC 3261 17.2.1 again: who was let in is not refused when he repeats himself. */
TEST(repetitions_are_absorbed_in_an_overload_too)
{
    open_bench();
    look(100);
    CHECK(refused_of_ten("MESSAGE", NULL) >= 9);
    raw_forget(&b.alice);
    raw_ask(&b.alice,
            &(struct request_form){ .method = "INVITE", .uri = "sip:bob@example.test", .call_id = "ringing" });
    bench_live(&b, 20);
    CHECK(raw_last_is(&b.alice, "SIP/2.0 180"));
    close_bench();
}

/* RFC 3261 17.1.1.3: it has the branch of its INVITE and the tag of the refusal, and is for nobody else. */
TEST(the_ack_to_a_refusal_goes_no_further)
{
    static const char   branch[] = "refused";
    char                to[128];
    struct request_form form = { .method = "INVITE", .uri = "sip:bob@example.test", .branch = branch, .cseq = 77 };

    open_bench();
    look(100);
    CHECK(refused_of_ten("MESSAGE", NULL) >= 9);
    raw_forget(&b.bob);
    raw_forget(&b.alice);
    raw_ask(&b.alice, &form);
    bench_live(&b, 20);
    CHECK(raw_last_is(&b.alice, "SIP/2.0 503"));
    header_of(raw_heard(&b.alice, 0), "To", to, sizeof to);
    form.method = "ACK";
    form.to     = to;
    raw_ask(&b.alice, &form);
    bench_live(&b, 20);
    CHECK_INT(0, b.bob.count);
    CHECK_INT(0, counter_read(&b.at_server->counters.stray_acks));
    form.to = "<sip:bob@example.test>;tag=abcdefghijklm";
    raw_ask(&b.alice, &form);
    bench_live(&b, 20);
    CHECK_INT(1, counter_read(&b.at_server->counters.stray_acks));
    close_bench();
}

/* RFC 3261 25.1, HCOLON: where what they copy differs by a digit the space behind a colon makes up for it. */
TEST(refusals_of_one_kind_have_one_size)
{
    struct request_form form = { .method = "MESSAGE", .uri = "sip:bob@example.test" };
    size_t              size = 0, kinds = 0;

    open_bench();
    look(100);
    CHECK(refused_of_ten("MESSAGE", NULL) >= 9);
    for (form.cseq = 90; form.cseq < 110; form.cseq++) {
        size_t one;

        raw_forget(&b.alice);
        raw_ask(&b.alice, &form);
        bench_live(&b, 1);
        if (!raw_last_is(&b.alice, "SIP/2.0 503"))
            continue; /* its turn had come */
        one = strlen(raw_heard(&b.alice, 0));
        CHECK_INT(0, one % 64);
        kinds += one != size;
        size = one;
    }
    CHECK(size > 0 && kinds <= 2);
    close_bench();
}

TEST(an_overload_ends_by_itself_and_says_so)
{
    open_bench();
    look(100);
    CHECK(refused_of_ten("MESSAGE", NULL) >= 9);
    CHECK_INT(1, gauge_read(&b.at_server->counters.overloads));
    for (int i = 0; i < 11; i++) {
        look(0);
        bench_live(&b, 100);
    }
    CHECK_INT(0, gauge_read(&b.at_server->counters.overloads));
    CHECK_INT(1, log_keep_count(&kept, "level=notice part=stack event=overload_ends"));
    CHECK_INT(0, refused_of_ten("MESSAGE", NULL));
    close_bench();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(up_to_80_percent_all_passes),
        cmocka_unit_test(from_80_percent_on_new_work_is_refused_and_what_is_begun_goes_on),
        cmocka_unit_test(from_95_percent_on_only_responses_and_dialogs_pass),
        cmocka_unit_test(repetitions_of_what_is_in_progress_are_absorbed),
        cmocka_unit_test(at_the_limit_what_comes_is_dropped_and_counted),
        cmocka_unit_test(a_level_ends_below_where_it_began_and_each_change_is_one_line),
        cmocka_unit_test(calls_fill_the_memory_and_give_it_back),
        cmocka_unit_test(when_there_is_too_much_to_do_new_requests_are_refused_and_what_is_begun_goes_on),
        cmocka_unit_test(repetitions_are_absorbed_in_an_overload_too),
        cmocka_unit_test(the_ack_to_a_refusal_goes_no_further),
        cmocka_unit_test(refusals_of_one_kind_have_one_size),
        cmocka_unit_test(an_overload_ends_by_itself_and_says_so),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
