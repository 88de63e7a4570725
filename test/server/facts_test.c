/* SPDX-License-Identifier: BSD-2-Clause */
#include "server/facts.h"

#include "support/server_bench.h"
#include "support/test.h"

#include <stdio.h>

static struct bench b;

static void setup(void)
{
    bench_open(&b, "authentication = yes\n"
                   "number desk { prefix = 7 strip = 1 }\nnumber never { prefix = 1 reject = 410 }\n"
                   "route \"+49*\" { to = \"sip:gw.test\" }\n");
    bench_add_user(&b, "bob", "secret");
    bench_add_user(&b, "71", "secret");
}

static struct policy_decision decide(const char *method, const char *uri, const char *from, bool proved,
                                     char to[AOR_TEXT])
{
    char                   text[512];
    struct parse_fault     fault;
    struct message        *m;
    struct passage         p;
    struct policy_decision d;
    struct buf             b_to = buf_on(to, AOR_TEXT);

    snprintf(text, sizeof text,
             "%s %s SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.9;branch=z9hG4bK7\r\nFrom: <%s>;tag=1\r\nTo: <%s>\r\n"
             "Call-ID: one\r\nCSeq: 1 %s\r\nContent-Length: 0\r\n\r\n",
             method, uri, from, uri, method);
    m = message_parse(slice_from(text), &fault);
    CHECK(m != NULL && passage_open(b.server, 0, m, &p));
    if (proved)
        CHECK(standing_prove(&p.standing, SLICE("alice"), SLICE("example.test")));
    while (facts_decide(b.server, &p, &d) == USER_WAIT)
        bench_live(&b, 10);
    buf_put(&b_to, p.way.uri.text);
    CHECK(buf_ok(&b_to));
    (void)buf_cstr(&b_to);
    message_drop(m);
    return d;
}

static void check(enum policy_kind kind, unsigned status, const char *to, const char *uri, const char *from,
                  bool proved)
{
    char                   led_to[AOR_TEXT];
    struct policy_decision d = decide("MESSAGE", uri, from, proved, led_to);

    CHECK_INT(kind, d.kind);
    CHECK_INT(status, d.status);
    CHECK_SLICE(to, slice_from(led_to));
}

TEST(rules_have_their_say_where_no_user_is_meant)
{
    setup();
    check(POLICY_ANSWER, 480, "sip:bob@example.test", "sip:7bob@example.test", "sip:x@far.test", false);
    check(POLICY_ANSWER, 480, "sip:71@example.test", "sip:71@example.test", "sip:x@far.test", false);
    check(POLICY_ANSWER, 404, "sip:2@example.test", "sip:72@example.test", "sip:x@far.test", false);
    check(POLICY_ANSWER, 410, "sip:12@example.test", "sip:12@example.test", "sip:x@far.test", false);
    bench_close(&b);
}

/* What comes of a number is decided upon as if it had been called, for whoever calls. */
TEST(what_comes_of_a_number_goes_by_its_route_for_our_users)
{
    setup();
    check(POLICY_ROUTE, 0, "sip:+4930@example.test;user=phone", "sip:7+4930@example.test", "sip:alice@example.test",
          true);
    check(POLICY_ANSWER, 404, "sip:+4930@example.test;user=phone", "sip:7+4930@example.test", "sip:x@far.test", false);
    bench_close(&b);
}

/* Who has proved nothing learns nothing of rules. */
TEST(who_claims_to_be_ours_is_asked_for_his_proof_first)
{
    setup();
    check(POLICY_CHALLENGE, 407, "sip:12@example.test", "sip:12@example.test", "sip:alice@example.test", false);
    check(POLICY_CHALLENGE, 407, "sip:12@example.test", "sip:12@example.test", "sip:alice@192.0.2.1", false);
    bench_close(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rules_have_their_say_where_no_user_is_meant),
        cmocka_unit_test(what_comes_of_a_number_goes_by_its_route_for_our_users),
        cmocka_unit_test(who_claims_to_be_ours_is_asked_for_his_proof_first),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
