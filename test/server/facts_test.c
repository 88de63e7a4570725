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

static void on_alias(void *arg, int error)
{
    (void)arg;
    CHECK_INT(0, error);
}

/* The request with this URI and these headers, by way of our own Route; `shortly` or with all that may be asked. */
static struct policy_decision decide_by_token(const char *method, const char *uri, const char *to_tag, bool trunk,
                                              const char *next, bool shortly)
{
    const struct way_back  way = { .flow.transport = TRANSPORT_NONE, .trunk = trunk };
    struct token_key       key = shared_token_key(b.server->shared);
    char                   text[1024], memory[DIALOG_TOKEN];
    struct buf             token = BUF_ON(memory);
    struct parse_fault     fault;
    struct message        *m;
    struct passage         p;
    struct policy_decision d;

    dialog_token_write(&token, SLICE("one"), &way, &key);
    snprintf(text, sizeof text,
             "%s %s SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.9;branch=z9hG4bK7\r\nFrom: <sip:alice@example.test>;tag=1\r\n"
             "To: <sip:bob@example.test>%s\r\nRoute: <sip:%s@192.0.2.1;lr>%s\r\nCall-ID: one\r\nCSeq: 1 %s\r\n"
             "Content-Length: 0\r\n\r\n",
             method, uri, to_tag, buf_cstr(&token), next, method);
    m = message_parse(slice_from(text), &fault);
    CHECK(m != NULL && passage_open(b.server, 0, m, &p) && p.of_our_dialog);
    p.elsewhere = p.elsewhere && shortly;
    while (facts_decide(b.server, &p, &d) == USER_WAIT)
        bench_live(&b, 10);
    message_drop(m);
    return d;
}

/* RFC 3261 16.12 */
TEST(a_request_of_a_dialog_goes_the_same_way_whether_all_is_asked_or_not)
{
    static const char *const methods[] = { "BYE", "ACK", "INVITE", "MESSAGE", "REFER" };
    static const char *const uris[]    = { "sip:bob@192.0.2.7:5070",
                                           "sip:192.0.2.7",
                                           "sip:x@carrier.test",
                                           "sip:x@far.test;gr",
                                           "sip:bob@example.test",
                                           "tel:+4930",
                                           "sip:x@far.test;maddr=192.0.2.66",
                                           "mailto:x@far.test",
                                           "sip:71@192.0.2.1" };
    static const char *const nexts[]   = { "", ", <sip:far.test;lr>", ", <sip:carrier.test;lr>" };

    bench_open(&b, "authentication = yes\ntrunk carrier { to = \"sip:carrier.test\" }\n");
    bench_add_user(&b, "bob", "secret");
    users_add_alias(server_users(b.server),
                    &(struct stored_alias){ SLICE(""), SLICE("+4930"), SLICE("example.test"), SLICE("bob") }, on_alias,
                    NULL);
    bench_live(&b, 10);
    for (unsigned i = 0; i < sizeof methods / sizeof *methods * 4; i++)
        for (unsigned k = 0; k < sizeof uris / sizeof *uris * 3; k++) {
            const char            *to   = i % 2 == 0 ? ";tag=2" : "";
            const char            *next = nexts[k % 3];
            struct policy_decision all  = decide_by_token(methods[i / 4], uris[k / 3], to, i % 4 < 2, next, false);
            struct policy_decision few  = decide_by_token(methods[i / 4], uris[k / 3], to, i % 4 < 2, next, true);

            CHECK_INT(all.kind, few.kind);
            CHECK_INT(all.status, few.status);
            CHECK(all.why.text == few.why.text && all.why.rule == few.why.rule);
        }
    CHECK_INT(POLICY_FORWARD, decide_by_token("BYE", uris[0], ";tag=2", false, "", true).kind);
    CHECK_INT(480, decide_by_token("BYE", uris[4], ";tag=2", false, "", true).status);   /* ours */
    CHECK_INT(480, decide_by_token("BYE", uris[5], ";tag=2", false, "", true).status);   /* bob's number */
    CHECK_INT(403, decide_by_token("REFER", uris[2], ";tag=2", false, "", true).status); /* a trunk */
    bench_close(&b);
}

static struct policy_decision decide_register(const char *uri, const char *route, struct explain *explain)
{
    char                   text[512];
    struct parse_fault     fault;
    struct message        *m;
    struct passage         p;
    struct policy_decision d;

    snprintf(text, sizeof text,
             "REGISTER %s SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.9;branch=z9hG4bK7\r\nFrom: <sip:bob@192.0.2.1>;tag=1\r\n"
             "To: <sip:bob@example.test>\r\n%sCall-ID: one\r\nCSeq: 1 REGISTER\r\nContent-Length: 0\r\n\r\n",
             uri, route);
    m = message_parse(slice_from(text), &fault);
    CHECK(m != NULL && passage_open(b.server, 0, m, &p));
    p.explain = explain;
    CHECK_INT(USER_FOUND, facts_decide(b.server, &p, &d));
    message_drop(m);
    return d;
}

/* RFC 3261 10.3 step 1 */
TEST(a_registration_goes_the_same_way_whether_all_is_asked_or_not)
{
    static const char *const uris[]   = { "sip:example.test",
                                          "sip:EXAMPLE.test.:5070",
                                          "sip:192.0.2.1",
                                          "sip:bob@example.test",
                                          "sip:example.test;maddr=192.0.2.66",
                                          "sip:example.test;x",
                                          "sip:far.test",
                                          "sip:192.0.2.7",
                                          "tel:+4930" };
    static const char *const routes[] = { "", "Route: <sip:192.0.2.1;lr>\r\n", "Route: <sip:far.test;lr>\r\n" };
    static struct explain    explain;

    setup();
    for (unsigned i = 0; i < sizeof uris / sizeof *uris * 3; i++) {
        struct policy_decision few = decide_register(uris[i / 3], routes[i % 3], NULL), all;

        explain_init(&explain);
        all = decide_register(uris[i / 3], routes[i % 3], &explain);
        CHECK_INT(all.kind, few.kind);
        CHECK_INT(all.status, few.status);
        CHECK(all.why.text == few.why.text && all.why.rule == few.why.rule);
    }
    CHECK_INT(POLICY_REGISTER, decide_register(uris[0], routes[1], NULL).kind);
    CHECK(decide_register(uris[0], routes[2], NULL).kind != POLICY_REGISTER);
    bench_close(&b);
}

/* It is anybody's word. */
TEST(a_to_tag_without_a_token_of_ours_helps_nobody)
{
    struct parse_fault fault;
    struct message    *m = message_parse(
           SLICE("MESSAGE sip:x@far.test SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.9;branch=z9hG4bK7\r\n"
                    "From: <sip:eve@else.test>;tag=1\r\nTo: <sip:x@far.test>;tag=2\r\nRoute: <sip:192.0.2.1;lr>\r\n"
                    "Call-ID: one\r\nCSeq: 1 MESSAGE\r\nContent-Length: 0\r\n\r\n"),
           &fault);
    struct passage         p;
    struct policy_decision d;

    bench_open(&b, "authentication = yes\n");
    CHECK(m != NULL && passage_open(b.server, 0, m, &p) && p.elsewhere);
    CHECK_INT(USER_FOUND, facts_decide(b.server, &p, &d));
    CHECK_INT(POLICY_ANSWER, d.kind);
    CHECK_INT(403, d.status);
    message_drop(m);
    bench_close(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rules_have_their_say_where_no_user_is_meant),
        cmocka_unit_test(what_comes_of_a_number_goes_by_its_route_for_our_users),
        cmocka_unit_test(who_claims_to_be_ours_is_asked_for_his_proof_first),
        cmocka_unit_test(a_request_of_a_dialog_goes_the_same_way_whether_all_is_asked_or_not),
        cmocka_unit_test(a_registration_goes_the_same_way_whether_all_is_asked_or_not),
        cmocka_unit_test(a_to_tag_without_a_token_of_ours_helps_nobody),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
