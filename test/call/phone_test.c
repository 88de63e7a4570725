/* SPDX-License-Identifier: BSD-2-Clause */
/* A phone hears from a peer that is played message by message. */
#include "call/phone.h"

#include "base/error.h"
#include "call/call.h"
#include "support/phones.h"

#include <stdio.h>

static struct network *network;
static struct user     alice;
static struct peer     bob, registrar;

static int setup(void **state)
{
    (void)state;
    network = network_new(1);
    user_init(&alice, network, "alice", "10.0.0.1", "10.0.0.3");
    peer_init(&bob, network, "bob", "10.0.0.2");
    peer_init(&registrar, network, "registrar", "10.0.0.3");
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    run_for(network, 70000);
    CHECK(phone_is_idle(alice.phone));
    CHECK_INT(0, stack_alive(phone_stack(alice.phone)));
    user_fini(&alice);
    peer_fini(&bob);
    peer_fini(&registrar);
    network_free(network);
    return 0;
}

/* A request of bob's: `more` are further header lines, `body` may be "". */
static void ask(const char *method, unsigned cseq, const char *uri, const char *to_tag, const char *more,
                const char *body)
{
    char            text[4096];
    static unsigned branch;

    snprintf(text, sizeof text,
             "%s %s SIP/2.0\nVia: SIP/2.0/UDP 10.0.0.2;branch=z9hG4bK%u\nMax-Forwards: 70\n"
             "From: \"Bob \\\"B\\\"\" <sip:bob@example.test>;tag=b\nTo: <sip:alice@example.test>%s%s\nCall-ID: c1\n"
             "CSeq: %u %s\n%sContent-Length: %zu\n\n",
             method, uri, ++branch, *to_tag != '\0' ? ";tag=" : "", to_tag, cseq, method, more, strlen(body));
    strcat(text, body);
    peer_send(&bob, "10.0.0.1", text);
    run_for(network, 50);
}

static unsigned answer_to(const char *method, const char *more, const char *body)
{
    static unsigned cseq   = 100; /* another one each time: not merged, 8.2.2.2 */
    size_t          before = bob.heard_count;

    ask(method, cseq++, "sip:alice@10.0.0.1", "", more, body);
    CHECK(bob.heard_count > before);
    return bob.heard[bob.heard_count - 1]->status;
}

static struct message *last(void)
{
    return bob.heard[bob.heard_count - 1];
}

static struct slice header_of(enum header_id id)
{
    const struct header *h = message_header(last(), id);

    return h == NULL ? (struct slice){ "", 0 } : h->value;
}

#define ACCEPT  "application/sdp, multipart/mixed, multipart/alternative, multipart/related"
#define CONTACT "Contact: <sip:bob@10.0.0.2>\n"
#define SDP     "Content-Type: application/sdp\n"
#define AUDIO   "v=0\no=- 1 1 IN IP4 10.0.0.2\ns=-\nc=IN IP4 10.0.0.2\nt=0 0\nm=audio 20000 RTP/AVP 0\n"

/* The bodies above have LF only; as sent they have CRLF, so count anew. */
static void invite(const char *uri, const char *to_tag, unsigned cseq, const char *more, const char *sdp)
{
    char   text[4096];
    size_t lines = 0;

    for (const char *c = sdp; *c != '\0'; c++)
        lines += *c == '\n';
    snprintf(text, sizeof text,
             "INVITE %s SIP/2.0\nVia: SIP/2.0/UDP 10.0.0.2;branch=z9hG4bKi%u\nMax-Forwards: 70\n"
             "From: \"Bob \\\"B\\\"\" <sip:bob@example.test>;tag=b\nTo: <sip:alice@example.test>%s%s\nCall-ID: c1\n"
             "CSeq: %u INVITE\n%sContent-Length: %zu\n\n%s",
             uri, cseq, *to_tag != '\0' ? ";tag=" : "", to_tag, cseq, more, strlen(sdp) + lines, sdp);
    peer_send(&bob, "10.0.0.1", text);
    run_for(network, 50);
}

static void answer_call(void)
{
    alice.ring = alice.answer = true;
    invite("sip:alice@10.0.0.1", "", 1, CONTACT SDP, AUDIO);
    CHECK_INT(200, last()->status);
}

static const char *alice_tag(void)
{
    static char tag[64];

    snprintf(tag, sizeof tag, "%.*s", SLICE_ARG(peer_last_status(&bob, 200)->to_tag));
    return tag;
}

static void ack(unsigned cseq)
{
    ask("ACK", cseq, "sip:alice@10.0.0.1", alice_tag(), "", "");
}

static void bye(unsigned cseq)
{
    ask("BYE", cseq, "sip:alice@10.0.0.1", alice_tag(), "", "");
}

/* ---- requests outside of dialogs ---- */

/* What else it has is methods_test's. */
static void check_allow(void)
{
    struct scan s = scan_from(header_of(HEADER_ALLOW));

    CHECK(scan_exact(&s, SLICE("INVITE, ACK, BYE, CANCEL, PRACK, UPDATE, OPTIONS")));
}

/* RFC 3261 11.2 */
TEST(options_tells_what_we_can_do)
{
    CHECK_INT(200, answer_to("OPTIONS", "", ""));
    CHECK(memmem(last()->body.ptr, last()->body.len, "\r\nm=audio 0 RTP/AVP 0 8 101\r\n", 29) != NULL);
    check_allow();
    CHECK_SLICE("application/sdp, text/plain, text/html, application/im-iscomposing+xml, application/dtmf-relay, "
                "application/dtmf, multipart/mixed, multipart/alternative, multipart/related",
                header_of(HEADER_ACCEPT));
    CHECK(last()->to_tag.len > 0);
}

/* RFC 3261 8.2.1 */
TEST(a_method_that_we_do_not_have_gets_405_with_allow)
{
    static const char *const methods[] = { "REGISTER", "PUBLISH" };

    for (size_t i = 0; i < sizeof methods / sizeof *methods; i++) {
        CHECK_INT(405, answer_to(methods[i], "", ""));
        check_allow();
    }
}

/* RFC 3261 21.5.2 */
TEST(a_method_that_nobody_has_gets_501_with_allow)
{
    CHECK_INT(501, answer_to("FOO", "", ""));
    check_allow();
}

/* RFC 3261 8.2.2.3 */
TEST(extensions_that_are_required_get_420_with_their_names)
{
    CHECK_INT(420, answer_to("INVITE", CONTACT "Require: 100rel, foo\n", ""));
    CHECK_SLICE("foo", header_of(HEADER_UNSUPPORTED));
}

/* RFC 3261 8.2.3 */
TEST(content_that_we_cannot_read_gets_415)
{
    CHECK_INT(415, answer_to("INVITE", CONTACT "Content-Type: text/plain\n", "hello"));
    CHECK_SLICE(ACCEPT, header_of(HEADER_ACCEPT));
    CHECK_INT(415, answer_to("INVITE", CONTACT SDP "Content-Encoding: gzip\n", "v=0"));
    CHECK_INT(0, user_heard(&alice, PHONE_INCOMING));
}

TEST(optional_content_is_passed_over)
{
    CHECK_INT(200, answer_to("OPTIONS", "Content-Type: text/plain\nContent-Disposition: x;handling=optional\n", "hi"));
}

/* RFC 3261 8.2.2.1 */
TEST(who_is_not_here_gets_404_and_what_is_no_sip_uri_416)
{
    ask("OPTIONS", 1, "sip:carol@10.0.0.1", "", "", "");
    CHECK_INT(404, last()->status);
    ask("OPTIONS", 2, "tel:+123", "", "", "");
    CHECK_INT(416, last()->status);
}

/* RFC 3261 12.2.2, 15.1.2 */
TEST(a_request_for_an_unknown_dialog_gets_481)
{
    ask("BYE", 5, "sip:alice@10.0.0.1", "nobody", "", "");
    CHECK_INT(481, last()->status);
    ask("BYE", 6, "sip:alice@10.0.0.1", "", "", "");
    CHECK_INT(481, last()->status);
    invite("sip:alice@10.0.0.1", "nobody", 7, CONTACT, "");
    CHECK_INT(481, last()->status);
}

/* RFC 3261 13.3.1.3 */
TEST(an_offer_without_any_codec_of_ours_gets_488_with_a_warning)
{
    invite("sip:alice@10.0.0.1", "", 1, CONTACT SDP,
           "v=0\no=- 1 1 IN IP4 10.0.0.2\ns=-\nc=IN IP4 10.0.0.2\nt=0 0\nm=audio 20000 RTP/AVP 18\n");
    CHECK_INT(488, last()->status);
    CHECK_SLICE("305 10.0.0.1:5060 \"none of the codecs offered is known here (G729); one of these would be: PCMU, "
                "PCMA\"",
                header_of(HEADER_WARNING));
}

/* RFC 3261 8.1.1.8 */
TEST(an_invite_without_contact_gets_400)
{
    invite("sip:alice@10.0.0.1", "", 1, SDP, AUDIO);
    CHECK_INT(400, last()->status);
}

/* RFC 3261 8.2.2.2: the same request by two ways. */
TEST(a_request_that_came_another_way_already_gets_482)
{
    invite("sip:alice@10.0.0.1", "", 1, CONTACT SDP, AUDIO);
    ask("INVITE", 1, "sip:alice@10.0.0.1", "", CONTACT, "");
    CHECK_INT(482, last()->status);
    CHECK_INT(1, user_heard(&alice, PHONE_INCOMING));
    call_reject(alice.phone, alice.call, 603);
    run_for(network, 100);
    ask("ACK", 1, "sip:alice@10.0.0.1", "x", "", "");
}

/* ---- in a call ---- */

/* RFC 3261 12.2.2 */
TEST(a_request_with_an_old_cseq_gets_500)
{
    answer_call();
    ack(1);
    ask("OPTIONS", 1, "sip:alice@10.0.0.1", alice_tag(), "", "");
    CHECK_INT(500, last()->status);
    ask("OPTIONS", 9, "sip:alice@10.0.0.1", alice_tag(), "", "");
    CHECK_INT(200, last()->status);
    ask("BYE", 8, "sip:alice@10.0.0.1", alice_tag(), "", "");
    CHECK_INT(500, last()->status);
    bye(10);
    CHECK_INT(200, last()->status);
    CHECK_INT(1, user_heard(&alice, PHONE_ENDED));
}

/* RFC 3261 12.1.1: Record-Route goes back in the 2xx, Contact is ours. */
TEST(the_2xx_has_what_makes_the_dialog)
{
    alice.answer = true;
    invite("sip:alice@10.0.0.1", "", 1, CONTACT SDP "Record-Route: <sip:10.0.0.2;lr>\n", AUDIO);
    CHECK_INT(200, last()->status);
    CHECK_SLICE("<sip:10.0.0.2;lr>", header_of(HEADER_RECORD_ROUTE));
    CHECK_SLICE("<sip:alice@10.0.0.1:5060>", header_of(HEADER_CONTACT));
    CHECK_SLICE("application/sdp", header_of(HEADER_CONTENT_TYPE));
    assert_string_equal("Bob \"B\"", user_last(&alice, PHONE_INCOMING)->display);
    ack(1);
    bye(2);
}

/* RFC 3261 13.3.1.4: T1, then doubling; the same bytes. */
TEST(the_2xx_is_repeated_until_the_ack)
{
    unsigned before = 0;
    size_t   first;

    answer_call();
    first = bob.heard_count - 1;
    run_for(network, 3600);
    for (size_t i = first; i < bob.heard_count; i++)
        if (bob.heard[i]->status == 200) {
            before++;
            CHECK(slice_eq(bob.heard[first]->text, bob.heard[i]->text));
        }
    CHECK_INT(4, before);
    ack(1);
    run_for(network, 10000);
    CHECK_INT(first + 4, bob.heard_count);
    bye(2);
}

/* RFC 3261 14.2, RFC 3264 8 */
TEST(a_re_invite_moves_the_target_and_is_answered)
{
    answer_call();
    ack(1);
    invite("sip:alice@10.0.0.1", alice_tag(), 2, "Contact: <sip:elsewhere@10.0.0.3>\n" SDP,
           "v=0\no=- 1 2 IN IP4 10.0.0.2\ns=-\nc=IN IP4 10.0.0.2\nt=0 0\nm=audio 20000 RTP/AVP 0\na=sendonly\n");
    CHECK_INT(200, last()->status);
    CHECK_INT(2, last()->cseq.number);
    ack(1); /* a late repetition is not the one that we wait for */
    CHECK_INT(0, user_heard(&alice, PHONE_CHANGED));
    ack(2);
    CHECK(user_last(&alice, PHONE_CHANGED)->event.held_by_peer);
    CHECK_INT(0, call_hang_up(alice.phone, alice.call));
    run_for(network, 50);
    CHECK(peer_last(&registrar, "BYE") != NULL);
    CHECK_SLICE("sip:elsewhere@10.0.0.3", peer_last(&registrar, "BYE")->uri_text);
    peer_respond(&registrar, peer_last(&registrar, "BYE"), "200 OK", NULL, "", NULL);
}

/* RFC 3261 14.2: the session stays as it was. */
TEST(a_re_invite_without_a_codec_in_common_gets_488_and_the_call_goes_on)
{
    answer_call();
    ack(1);
    invite("sip:alice@10.0.0.1", alice_tag(), 2, CONTACT SDP,
           "v=0\no=- 1 2 IN IP4 10.0.0.2\ns=-\nc=IN IP4 10.0.0.2\nt=0 0\nm=audio 20000 RTP/AVP 18\n");
    CHECK_INT(488, last()->status);
    CHECK_INT(0, user_heard(&alice, PHONE_ENDED));
    ask("ACK", 2, "sip:alice@10.0.0.1", alice_tag(), "", "");
    bye(3);
    CHECK_INT(200, last()->status);
}

/* RFC 3261 13.3.1, 20.19 */
TEST(an_invite_that_expires_is_answered_487)
{
    alice.ring = true;
    invite("sip:alice@10.0.0.1", "", 1, CONTACT "Expires: 5\n", "");
    CHECK_INT(180, last()->status);
    run_for(network, 5100);
    CHECK(peer_last_status(&bob, 487) != NULL);
    ask("ACK", 1, "sip:alice@10.0.0.1", "x", "", "");
}

/* RFC 3261 13.2.2.4: an offer in our 2xx needs an answer in the ACK. */
TEST(an_ack_without_the_answer_that_we_need_ends_the_call)
{
    alice.answer = true;
    invite("sip:alice@10.0.0.1", "", 1, CONTACT, "");
    CHECK_INT(200, last()->status);
    CHECK(last()->body.len > 0);
    ack(1);
    CHECK_INT(CALL_BAD_SDP, user_last(&alice, PHONE_ENDED)->event.cause);
    CHECK(peer_last(&bob, "BYE") != NULL);
    peer_respond(&bob, peer_last(&bob, "BYE"), "200 OK", NULL, "", NULL);
}

/* ---- registration ---- */

#define CHALLENGE "WWW-Authenticate: Digest realm=\"example.test\", nonce=\"n1\", qop=\"auth\", algorithm=SHA-256\n"

static struct message *last_register(unsigned count)
{
    run_for(network, 50);
    CHECK_INT(count, peer_heard(&registrar, "REGISTER"));
    return peer_last(&registrar, "REGISTER");
}

/* RFC 3261 10.2 */
TEST(an_account_has_a_sip_uri)
{
    static const char *const bad[] = { "tel:+15551234567", "mailto:alice@example.test", "alice", "" };
    struct account_config    account;
    object_id                id;

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        account = (struct account_config){ .aor = slice_from(bad[i]), .registrar = SLICE("sip:example.test") };
        CHECK_INT(-ERR_SYNTAX, phone_add_account(alice.phone, &account, &id));
    }
    account.aor = SLICE("sips:alice@example.test");
    CHECK_INT(0, phone_add_account(alice.phone, &account, &id));
}

/* RFC 3665 2.1 */
TEST(an_account_registers_refreshes_and_unregisters)
{
    struct message *m;
    uint32_t        expires;

    phone_register(alice.phone, alice.account);
    m = last_register(1);
    CHECK_SLICE("sip:example.test", m->uri_text);
    CHECK_SLICE("<sip:10.0.0.3;lr>", message_header(m, HEADER_ROUTE)->value);
    CHECK_SLICE("test", message_header(m, HEADER_USER_AGENT)->value); /* RFC 3261 20.41: as configured */
    peer_respond(&registrar, m, "401 Unauthorized", "r", CHALLENGE, NULL);
    m = last_register(2);
    CHECK(message_header(m, HEADER_AUTHORIZATION) != NULL);
    peer_respond(&registrar, m, "200 OK", "r", "Contact: <sip:alice@10.0.0.1:5060>;expires=600\n", NULL);
    run_for(network, 50);
    CHECK_INT(1, user_heard(&alice, PHONE_REGISTERED));
    CHECK_INT(600, user_last(&alice, PHONE_REGISTERED)->event.expires);
    run_for(network, 449000);
    CHECK_INT(2, peer_heard(&registrar, "REGISTER"));
    while (peer_heard(&registrar, "REGISTER") == 2 && network_now(network) < 600000)
        run_for(network, 100);
    m = last_register(3);
    CHECK(message_header(m, HEADER_AUTHORIZATION) != NULL);
    peer_respond(&registrar, m, "200 OK", "r", "Contact: <sip:alice@10.0.0.1:5060>;expires=600\n", NULL);
    run_for(network, 50);
    CHECK_INT(1, user_heard(&alice, PHONE_REFRESHED));
    phone_unregister(alice.phone, alice.account);
    m = last_register(4);
    CHECK(message_number(m, HEADER_EXPIRES, &expires));
    CHECK_INT(0, expires);
    CHECK(!phone_is_idle(alice.phone));
    peer_respond(&registrar, m, "200 OK", "r", "", NULL);
    run_for(network, 50);
    CHECK_INT(1, user_heard(&alice, PHONE_UNREGISTERED));
    CHECK(phone_is_idle(alice.phone));
}

/* RFC 3665 2.5 */
TEST(a_wrong_password_is_told_and_not_tried_again)
{
    phone_register(alice.phone, alice.account);
    peer_respond(&registrar, last_register(1), "401 Unauthorized", "r", CHALLENGE, NULL);
    peer_respond(&registrar, last_register(2), "401 Unauthorized", "r", CHALLENGE, NULL);
    run_for(network, 3600000);
    CHECK_INT(2, peer_heard(&registrar, "REGISTER"));
    CHECK_INT(401, user_last(&alice, PHONE_REGISTER_FAILED)->event.status);
    CHECK(user_last(&alice, PHONE_REGISTER_FAILED)->event.retry_in == NEVER);
}

TEST(a_registrar_that_cannot_be_reached_is_told_with_the_reason)
{
    const struct told *t;

    registrar.world->ops->udp_close(registrar.udp);
    phone_register(alice.phone, alice.account);
    run_for(network, 100);
    t = user_last(&alice, PHONE_REGISTER_FAILED);
    CHECK(t != NULL);
    CHECK_INT(0, t->event.status);
    CHECK_INT(-ERR_REFUSED, t->event.error);
    CHECK(t->event.retry_in >= 29000 && t->event.retry_in <= 60000);
    phone_unregister(alice.phone, alice.account);
}

TEST(a_registrar_that_is_down_is_tried_again_later)
{
    phone_register(alice.phone, alice.account);
    peer_respond(&registrar, last_register(1), "503 Service Unavailable", "r", "Retry-After: 100\n", NULL);
    run_for(network, 50);
    CHECK(user_last(&alice, PHONE_REGISTER_FAILED)->event.retry_in > 99000);
    run_for(network, 99000);
    CHECK_INT(1, peer_heard(&registrar, "REGISTER"));
    run_for(network, 1000);
    peer_respond(&registrar, last_register(2), "200 OK", "r", "", NULL);
    run_for(network, 50);
    CHECK_INT(1, user_heard(&alice, PHONE_REGISTERED));
    phone_unregister(alice.phone, alice.account);
    peer_respond(&registrar, last_register(3), "200 OK", "r", "", NULL);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(options_tells_what_we_can_do),
        CASE(a_method_that_we_do_not_have_gets_405_with_allow),
        CASE(a_method_that_nobody_has_gets_501_with_allow),
        CASE(extensions_that_are_required_get_420_with_their_names),
        CASE(content_that_we_cannot_read_gets_415),
        CASE(optional_content_is_passed_over),
        CASE(who_is_not_here_gets_404_and_what_is_no_sip_uri_416),
        CASE(a_request_for_an_unknown_dialog_gets_481),
        CASE(an_offer_without_any_codec_of_ours_gets_488_with_a_warning),
        CASE(an_invite_without_contact_gets_400),
        CASE(a_request_that_came_another_way_already_gets_482),
        CASE(a_request_with_an_old_cseq_gets_500),
        CASE(the_2xx_has_what_makes_the_dialog),
        CASE(the_2xx_is_repeated_until_the_ack),
        CASE(a_re_invite_moves_the_target_and_is_answered),
        CASE(a_re_invite_without_a_codec_in_common_gets_488_and_the_call_goes_on),
        CASE(an_invite_that_expires_is_answered_487),
        CASE(an_ack_without_the_answer_that_we_need_ends_the_call),
        CASE(an_account_has_a_sip_uri),
        CASE(an_account_registers_refreshes_and_unregisters),
        CASE(a_wrong_password_is_told_and_not_tried_again),
        CASE(a_registrar_that_cannot_be_reached_is_told_with_the_reason),
        CASE(a_registrar_that_is_down_is_tried_again_later),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
