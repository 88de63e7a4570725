/* SPDX-License-Identifier: BSD-2-Clause */
#include "server/number_rules.h"

#include "support/server_bench.h"
#include "support/test.h"

#include <stdio.h>

static struct bench b;

static void setup(const char *authentication)
{
    char text[512];

    snprintf(text, sizeof text,
             "authentication = %s\nnumber abroad { prefix = 00 strip = 2 prepend = \"+\" }\n"
             "number out { match = \"9(\\\\d+)\" replace = \"sip:\\\\1@gw.test\" from = {\"*@example.test\"} }\n"
             "number never { prefix = 1 reject = 410 }\nnumber slow { match = \"(x+x+)+[yz]\" replace = bob }\n"
             "number wrong { match = \"w\" replace = \"sip:\" }\n",
             authentication);
    bench_open(&b, text);
}

/* What becomes of `uri`, which this user calls: the outcome, and where the passage leads. */
static void check(enum number_outcome wanted, const char *result, unsigned status, const char *uri, const char *from,
                  bool proved)
{
    char                   text[512];
    struct parse_fault     fault;
    struct message        *m;
    struct passage         p;
    struct policy_decision d = { .status = 0 };

    snprintf(text, sizeof text,
             "MESSAGE %s SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.9;branch=z9hG4bK7\r\nFrom: <%s>;tag=1\r\nTo: <%s>\r\n"
             "Call-ID: one\r\nCSeq: 1 MESSAGE\r\nContent-Length: 0\r\n\r\n",
             uri, from, uri);
    m = message_parse(slice_from(text), &fault);
    CHECK(m != NULL && passage_open(b.server, 0, m, &p));
    if (proved)
        CHECK(standing_prove(&p.standing, SLICE("alice"), SLICE("example.test")));
    CHECK_INT(wanted, number_rules_follow(b.server, &p, &d));
    CHECK_SLICE(result, p.way.uri.text);
    CHECK_INT(status, d.status);
    CHECK(p.standing.numbered);
    message_drop(m);
}

TEST(a_passage_leads_to_what_the_rules_make_of_its_number)
{
    setup("yes");
    check(NUMBER_CHANGED, "sip:+49@example.test;user=phone", 0, "sip:00-49@example.test", "sip:x@far.test", false);
    check(NUMBER_CHANGED, "tel:+49", 0, "tel:0049;phone-context=+1", "sip:x@far.test", false);
    check(NUMBER_CHANGED, "sip:+49@example.test;user=phone", 0, "sip:0049@192.0.2.1", "sip:x@far.test", false);
    check(NUMBER_SAME, "sip:bob@example.test", 0, "sip:bob@example.test", "sip:x@far.test", false);
    check(NUMBER_REJECTED, "sip:12@example.test", 410, "sip:12@example.test", "sip:x@far.test", false);
    bench_close(&b);
}

/* From alone says nothing, unless nobody has to prove anything. */
TEST(a_rule_for_our_users_wants_to_know_who_calls)
{
    setup("yes");
    check(NUMBER_CHANGED, "sip:30@gw.test", 0, "sip:930@example.test", "sip:alice@example.test", true);
    check(NUMBER_SAME, "sip:930@example.test", 0, "sip:930@example.test", "sip:alice@example.test", false);
    bench_close(&b);
    setup("no");
    check(NUMBER_CHANGED, "sip:30@gw.test", 0, "sip:930@example.test", "sip:alice@example.test", false);
    check(NUMBER_SAME, "sip:930@example.test", 0, "sip:930@example.test", "sip:alice@far.test", false);
    bench_close(&b);
}

TEST(what_takes_too_long_or_makes_no_uri_is_an_error_of_ours)
{
    static const char slow[] = "sip:xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx@example.test";

    setup("yes");
    check(NUMBER_FAILED, slow, 500, slow, "sip:x@far.test", false);
    check(NUMBER_FAILED, "sip:w@example.test", 500, "sip:w@example.test", "sip:x@far.test", false);
    bench_close(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_passage_leads_to_what_the_rules_make_of_its_number),
        cmocka_unit_test(a_rule_for_our_users_wants_to_know_who_calls),
        cmocka_unit_test(what_takes_too_long_or_makes_no_uri_is_an_error_of_ours),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
