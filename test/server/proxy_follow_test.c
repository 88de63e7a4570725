/* SPDX-License-Identifier: BSD-2-Clause */
/* Where a redirect leads (RFC 3261 16.7 item 4): carol's port is the redirect server of other.test. */
#include "server/proxy_context.h"

#include "support/digest_line.h"
#include "support/server_bench.h"
#include "support/test.h"

static struct bench b;

static void start(void)
{
    bench_open(&b, "route \"other.test\" { redirect = \"sip:192.0.2.9:6002\" }\n");
    raw_ask(&b.alice, &(struct request_form){ .method = "MESSAGE", .uri = "sip:dave@other.test" });
    bench_live(&b, 50);
    CHECK(raw_last_is(&b.carol, "MESSAGE sip:dave@other.test "));
}

/* Headers go with the status.  A Contact of its own follows: carol's port, with the highest q. */
static void redirects(const char *status_and_contact)
{
    raw_answer(&b.carol, 0, status_and_contact, "c");
    raw_forget(&b.carol);
    bench_live(&b, 50);
}

static void answers(struct raw_phone *p, const char *status)
{
    raw_answer(p, 0, status, "b");
    bench_live(&b, 50);
}

TEST(contacts_are_asked_by_their_q)
{
    start();
    redirects("302 Moved\r\nContact: <sip:last@192.0.2.9:6001>;q=0.2, <sip:second@192.0.2.9:6001>;q=0.7");
    CHECK(raw_last_is(&b.carol, "MESSAGE sip:bob@192.0.2.9:6002 ") && b.bob.count == 0);
    answers(&b.carol, "404 Not Found");
    CHECK(raw_last_is(&b.bob, "MESSAGE sip:second@192.0.2.9:6001 "));
    answers(&b.bob, "404 Not Found");
    CHECK(raw_last_is(&b.bob, "MESSAGE sip:last@192.0.2.9:6001 "));
    answers(&b.bob, "200 OK");
    CHECK_INT(1, raw_heard_count(&b.alice, "SIP/2.0 200 "));
    bench_close(&b);
}

/* RFC 3261 16.5 */
TEST(a_contact_that_is_there_twice_is_asked_once)
{
    start();
    redirects("302 Moved\r\nContact: <sip:one@192.0.2.9:6001>, <sip:one@192.0.2.9:6001>;q=1.0, "
              "<sip:one@192.0.2.9:6001>;q=x");
    CHECK_INT(1, b.bob.count);
    answers(&b.carol, "404 Not Found");
    answers(&b.bob, "200 OK");
    CHECK_INT(1, raw_heard_count(&b.alice, "SIP/2.0 200 "));
    bench_close(&b);
}

/* 16.7 item 4: those that were followed do not go up, for the next one to follow them again. */
TEST(what_was_followed_does_not_go_up)
{
    start();
    redirects("302 Moved");
    answers(&b.carol, "480 Not Here");
    CHECK_INT(0, raw_heard_count(&b.alice, "SIP/2.0 302 "));
    CHECK_INT(1, raw_heard_count(&b.alice, "SIP/2.0 480 "));
    bench_close(&b);
}

/* ---- phones that redirect: bob's is at his port, carol's at hers ---- */

static void calls_bob(const char *config, const char *from)
{
    bench_open(&b, config);
    raw_register(&b.bob, 1, NULL);
    raw_ask(&b.carol, &(struct request_form){ .method = "REGISTER",
                                              .to     = "<sip:carol@example.test>",
                                              .more   = "Contact: <sip:carol@192.0.2.9:6002>\r\n" });
    bench_live(&b, 50);
    raw_forget(&b.bob);
    raw_forget(&b.carol);
    raw_ask(&b.alice, &(struct request_form){ .method = "MESSAGE", .uri = "sip:bob@example.test", .from = from });
    bench_live(&b, 50);
    CHECK(raw_last_is(&b.bob, "MESSAGE "));
}

#define FOLLOW   "follow_redirects = true\n"
#define OURS     "<sip:dave@example.test>;tag=1"
#define STRANGER "<sip:eve@else.test>;tag=1"

TEST(a_phone_may_redirect_to_another_user)
{
    calls_bob(FOLLOW, STRANGER);
    answers(&b.bob, "302 Moved\r\nContact: <sip:carol@example.test>");
    CHECK(raw_last_is(&b.carol, "MESSAGE sip:carol@192.0.2.9:6002 "));
    answers(&b.carol, "404 Not Found");
    CHECK_INT(1, raw_heard_count(&b.alice, "SIP/2.0 404 "));
    CHECK_INT(0, raw_heard_count(&b.alice, "SIP/2.0 302 "));
    bench_close(&b);
}

/* No open relay by way of a phone that redirects. */
TEST(nobody_gets_by_a_phone_where_he_may_not_call)
{
    calls_bob(FOLLOW, STRANGER);
    answers(&b.bob, "302 Moved\r\nContact: <sip:out@192.0.2.9:6002>");
    CHECK_INT(0, b.carol.count);
    CHECK_INT(1, raw_heard_count(&b.alice, "SIP/2.0 302 "));
    bench_close(&b);
    calls_bob(FOLLOW, OURS);
    answers(&b.bob, "302 Moved\r\nContact: <sip:out@192.0.2.9:6002>");
    CHECK(raw_last_is(&b.carol, "MESSAGE sip:out@192.0.2.9:6002 "));
    answers(&b.carol, "200 OK");
    CHECK_INT(1, raw_heard_count(&b.alice, "SIP/2.0 200 "));
    bench_close(&b);
}

/* That nobody has this name has to have been read, or the redirect is left to the caller. */
static void is_known_to_be_nobody(const char *uri)
{
    raw_ask(&b.bob, &(struct request_form){ .method = "MESSAGE", .uri = uri, .branch = "nobody", .from = STRANGER });
    bench_live(&b, 50);
    CHECK(raw_last_is(&b.bob, "SIP/2.0 404 "));
    raw_forget(&b.bob);
}

/* As if he had called there. */
TEST(a_phone_may_redirect_to_a_number_for_which_there_is_a_route)
{
    calls_bob(FOLLOW "route \"+49*\" { to = \"sip:192.0.2.9:6002\" }\n", OURS);
    is_known_to_be_nobody("sip:+49301@example.test");
    raw_ask(&b.alice,
            &(struct request_form){ .method = "MESSAGE", .uri = "sip:bob@example.test", .from = OURS, .cseq = 2 });
    bench_live(&b, 50);
    answers(&b.bob, "302 Moved\r\nContact: <sip:+49301@example.test>");
    CHECK(raw_last_is(&b.carol, "MESSAGE sip:+49301@192.0.2.9:6002;user=phone "));
    answers(&b.carol, "200 OK");
    CHECK_INT(1, raw_heard_count(&b.alice, "SIP/2.0 200 "));
    bench_close(&b);
}

/* Once more with the proof that it was asked for. */
static void proves(struct raw_phone *p, struct request_form form, const char *header, const char *user)
{
    char         nonce[256], line[PROOF_LINE], lines[2 * PROOF_LINE];
    struct buf   more  = BUF_ON(lines);
    const char  *given = form.more != NULL ? form.more : "";
    struct proof proof = { .header = header, .user = user, .method = form.method, .uri = form.uri, .nc = 1 };

    raw_ask(p, &form);
    bench_live(&b, 50);
    quoted_value(raw_heard(p, 0), "nonce", nonce, sizeof nonce);
    proof.nonce     = nonce;
    proof.algorithm = HASH_SHA256;
    buf_printf(&more, "%s%s", given, proof_line(&proof, line));
    form.cseq++;
    form.more = buf_cstr(&more);
    raw_ask(p, &form);
    bench_live(&b, 50);
}

/* He would get round a rule that is for him. */
TEST(number_rules_know_who_calls_behind_a_redirect)
{
    bench_open(&b, FOLLOW "authentication = true\n"
                          "number \"lobby\" { match = \"out.*\" from = {\"alice@example.test\"} replace = \"bob\" }\n");
    bench_add_user(&b, "alice", "secret");
    bench_add_user(&b, "bob", "secret");
    bench_add_user(&b, "carol", "secret");
    proves(&b.carol,
           (struct request_form){ .method = "REGISTER",
                                  .uri    = "sip:example.test",
                                  .from   = "<sip:carol@example.test>;tag=1",
                                  .to     = "<sip:carol@example.test>",
                                  .cseq   = 1,
                                  .more   = "Contact: <sip:carol@192.0.2.9:6002>\r\n" },
           "Authorization", "carol");
    proves(&b.bob,
           (struct request_form){ .method = "REGISTER",
                                  .uri    = "sip:example.test",
                                  .cseq   = 1,
                                  .more   = "Contact: <sip:bob@192.0.2.9:6001>\r\n" },
           "Authorization", "bob");
    is_known_to_be_nobody("sip:outside@example.test");
    raw_forget(&b.carol);
    proves(&b.alice,
           (struct request_form){ .method = "MESSAGE",
                                  .uri    = "sip:carol@example.test",
                                  .to     = "<sip:carol@example.test>",
                                  .from   = "<sip:alice@example.test>;tag=1",
                                  .cseq   = 1 },
           "Proxy-Authorization", "alice");
    CHECK(raw_last_is(&b.carol, "MESSAGE "));
    answers(&b.carol, "302 Moved\r\nContact: <sip:outside@example.test>");
    CHECK(raw_last_is(&b.bob, "MESSAGE sip:bob@192.0.2.9:6001 "));
    bench_close(&b);
}

/* RFC 3261 16.5: each once. */
TEST(phones_that_redirect_to_each_other_end)
{
    calls_bob(FOLLOW, STRANGER);
    answers(&b.bob, "302 Moved\r\nContact: <sip:carol@example.test>");
    answers(&b.carol, "302 Moved\r\nContact: <sip:bob@EXAMPLE.test>");
    CHECK_INT(1, b.bob.count);
    CHECK_INT(1, raw_heard_count(&b.alice, "SIP/2.0 302 "));
    bench_close(&b);
}

/* RFC 3841 9.1 */
TEST(who_wants_to_follow_himself_may)
{
    bench_open(&b, FOLLOW);
    raw_register(&b.bob, 1, NULL);
    bench_live(&b, 50);
    raw_ask(&b.alice, &(struct request_form){ .method = "MESSAGE",
                                              .uri    = "sip:bob@example.test",
                                              .from   = OURS,
                                              .more   = "Request-Disposition: no-recurse\r\n" });
    bench_live(&b, 50);
    answers(&b.bob, "302 Moved\r\nContact: <sip:out@192.0.2.9:6002>");
    CHECK_INT(0, b.carol.count);
    CHECK_INT(1, raw_heard_count(&b.alice, "SIP/2.0 302 "));
    bench_close(&b);
}

TEST(another_proxy_or_service_is_no_other_place_to_ask_at)
{
    calls_bob(FOLLOW, OURS);
    answers(&b.bob, "305 Use Proxy\r\nContact: <sip:carol@example.test>");
    CHECK_INT(0, b.carol.count);
    CHECK_INT(1, raw_heard_count(&b.alice, "SIP/2.0 305 "));
    bench_close(&b);
}

TEST(what_a_phone_redirects_to_goes_up_unless_configured_otherwise)
{
    calls_bob("", OURS);
    answers(&b.bob, "302 Moved\r\nContact: <sip:carol@example.test>");
    CHECK_INT(0, b.carol.count);
    CHECK_INT(1, raw_heard_count(&b.alice, "SIP/2.0 302 "));
    bench_close(&b);
}

/* RFC 3261 16.5: only where it is for us to say who is meant. */
TEST(a_redirect_of_who_is_not_ours_goes_up)
{
    bench_open(&b, FOLLOW "route \"far.test\" { to = \"sip:192.0.2.9:6001\" }\n");
    raw_ask(&b.alice, &(struct request_form){ .method = "MESSAGE", .uri = "sip:bob@far.test", .from = OURS });
    bench_live(&b, 50);
    CHECK(raw_last_is(&b.bob, "MESSAGE sip:bob@far.test "));
    answers(&b.bob, "302 Moved\r\nContact: <sip:out@192.0.2.9:6002>");
    CHECK_INT(0, b.carol.count);
    CHECK_INT(1, raw_heard_count(&b.alice, "SIP/2.0 302 "));
    bench_close(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(contacts_are_asked_by_their_q),
        cmocka_unit_test(a_contact_that_is_there_twice_is_asked_once),
        cmocka_unit_test(what_was_followed_does_not_go_up),
        cmocka_unit_test(a_phone_may_redirect_to_another_user),
        cmocka_unit_test(nobody_gets_by_a_phone_where_he_may_not_call),
        cmocka_unit_test(a_phone_may_redirect_to_a_number_for_which_there_is_a_route),
        cmocka_unit_test(number_rules_know_who_calls_behind_a_redirect),
        cmocka_unit_test(phones_that_redirect_to_each_other_end),
        cmocka_unit_test(a_redirect_of_who_is_not_ours_goes_up),
        cmocka_unit_test(who_wants_to_follow_himself_may),
        cmocka_unit_test(another_proxy_or_service_is_no_other_place_to_ask_at),
        cmocka_unit_test(what_a_phone_redirects_to_goes_up_unless_configured_otherwise),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
