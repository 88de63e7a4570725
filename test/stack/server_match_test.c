/* SPDX-License-Identifier: BSD-2-Clause */
/* What is the same request again, and what another one (RFC 3261 17.2.3, 9.2). */
#include "stack/server_match.h"

#include "server/internal.h"
#include "support/server_bench.h"
#include "support/test.h"

#include <stdio.h>

static struct bench b;

static const struct counters *counters(void)
{
    return &b.at_server->counters;
}

/* A plain OPTIONS would get no transaction (server/at_once.h). */
static void ask(const char *branch, const char *via)
{
    raw_ask(&b.alice,
            &(struct request_form){
                .method = "OPTIONS", .branch = branch, .via = via, .call_id = "same", .more = "Require: pref\r\n" });
    bench_live(&b, 50);
}

TEST(a_repetition_is_absorbed_and_answered_the_same)
{
    char first[RAW_TEXT];

    bench_open(&b, "");
    ask("1", NULL);
    snprintf(first, sizeof first, "%s", raw_heard(&b.alice, 0));
    ask("1", NULL);
    CHECK_INT(2, b.alice.count);
    assert_string_equal(first, raw_heard(&b.alice, 0));
    CHECK_INT(1, counter_read(&counters()->retransmissions_seen));
    bench_close(&b);
}

/* RFC 3261 17.2.3, the second procedure: RFC 2543 had no magic cookie. */
TEST(a_repetition_without_magic_cookie_is_absorbed_too)
{
    static const char request[] =
        "OPTIONS sip:example.test SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.9:6000;branch=1\r\nRequire: pref\r\n"
        "From: <sip:a@far.test>;tag=1\r\nTo: <sip:example.test>\r\nCall-ID: old\r\n"
        "CSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n";

    bench_open(&b, "");
    raw_say(&b.alice, request);
    raw_say(&b.alice, request);
    bench_live(&b, 50);
    CHECK_INT(2, raw_heard_count(&b.alice, "SIP/2.0 200 "));
    CHECK_INT(1, counter_read(&counters()->retransmissions_seen));
    bench_close(&b);
}

/* Branch, host and port of sent-by make it what it is; the host in any case. */
TEST(another_branch_or_sent_by_is_another_request)
{
    bench_open(&b, "");
    ask("1", "SIP/2.0/UDP phone.test:6000;rport");
    ask("2", "SIP/2.0/UDP phone.test:6000;rport");
    ask("1", "SIP/2.0/UDP phone.test:6001;rport");
    ask("1", "SIP/2.0/UDP other.test:6000;rport");
    CHECK_INT(0, counter_read(&counters()->retransmissions_seen));
    ask("1", "SIP/2.0/UDP PHONE.test:6000;rport");
    CHECK_INT(1, counter_read(&counters()->retransmissions_seen));
    bench_close(&b);
}

/* RFC 3261 9.2: 481 to a CANCEL that names nothing, whatever else it has in common. */
TEST(a_cancel_of_another_branch_names_nothing)
{
    bench_open(&b, "");
    ask("1", NULL);
    raw_ask(&b.alice, &(struct request_form){ .method = "CANCEL", .branch = "2", .call_id = "same" });
    bench_live(&b, 50);
    CHECK(raw_last_is(&b.alice, "SIP/2.0 481 "));
    raw_ask(&b.alice, &(struct request_form){ .method = "CANCEL", .branch = "1", .call_id = "same" });
    bench_live(&b, 50);
    CHECK(raw_last_is(&b.alice, "SIP/2.0 200 "));
    bench_close(&b);
}

struct written {
    const char *method, *uri, *via, *tag;
};

static uint64_t hash_of(const struct written *w)
{
    char text[512];
    int  length =
        snprintf(text, sizeof text,
                 "%s %s SIP/2.0\r\nVia: SIP/2.0/UDP %s\r\nMax-Forwards: 70\r\nFrom: <sip:a@far.test>;tag=%s\r\n"
                 "To: <sip:example.test>\r\nCall-ID: one\r\nCSeq: 1 %s\r\nContent-Length: 0\r\n\r\n",
                 w->method, w->uri, w->via, w->tag, w->method);
    struct message *m = message_parse((struct slice){ text, (size_t)length }, &(struct parse_fault){ 0 });
    uint64_t        hash;

    assert_non_null(m);
    hash = server_txn_hash(b.server->stack, m);
    message_drop(m);
    return hash;
}

/* Else they are all in one place of the index, and every search there walks them (decision 101). */
TEST(who_makes_a_thousand_transactions_cannot_give_them_one_hash)
{
    static const struct written old = { "OPTIONS", "sip:a.test", "192.0.2.9:6000;branch=1", "1" },
                                new = { "NEWONE", "sip:a.test", "192.0.2.9:6000;branch=z9hG4bK1", "1" };
    const struct written others[]   = { { old.method, old.uri, old.via, "2" },
                                        { old.method, "sip:b.test", old.via, old.tag },
                                        { old.method, old.uri, "192.0.2.9:6000;branch=2", old.tag } };

    bench_open(&b, "");
    CHECK(hash_of(&old) == hash_of(&old) && hash_of(&new) == hash_of(&new));
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        CHECK(hash_of(&old) != hash_of(&others[i]));
    CHECK(hash_of(&new) != hash_of(&(struct written){ "OTHERONE", new.uri, new.via, new.tag }));
    CHECK(hash_of(&new) !=
          hash_of(&(struct written){ new.method, new.uri, "192.0.2.9:6000;branch=z9hG4bK2", new.tag }));
    /* CANCEL and ACK find the INVITE by the same one. */
    CHECK(hash_of(&(struct written){ "INVITE", new.uri, new.via, new.tag }) ==
          hash_of(&(struct written){ "CANCEL", new.uri, new.via, new.tag }));
    CHECK(hash_of(&(struct written){ "INVITE", old.uri, old.via, old.tag }) ==
          hash_of(&(struct written){ "ACK", old.uri, old.via, old.tag }));
    bench_close(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_repetition_is_absorbed_and_answered_the_same),
        cmocka_unit_test(a_repetition_without_magic_cookie_is_absorbed_too),
        cmocka_unit_test(another_branch_or_sent_by_is_another_request),
        cmocka_unit_test(a_cancel_of_another_branch_names_nothing),
        cmocka_unit_test(who_makes_a_thousand_transactions_cannot_give_them_one_hash),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
