/* SPDX-License-Identifier: BSD-2-Clause */
/* What becomes of an INVITE whose offer, or whose body, is not what a phone without video speaks. */
#include "call/call.h"

#include "support/phones.h"

#include <stdio.h>
#include <string.h>

static struct network *network;
static struct user     alice;
static struct peer     bob;
static const char     *contact = "sip:bob@10.0.0.2";

static int setup(void **state)
{
    (void)state;
    network = play_begin(&alice, &bob, NULL);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    play_end(network, &alice, &bob, NULL);
    return 0;
}

/* Bob's INVITE to one at `ip` with these headers and body (LF only); the response is the last that he heard. */
static const struct message *invite_to(const char *ip, const char *headers, const char *body)
{
    static unsigned number;
    char            text[8192];
    size_t          lines = 0;

    for (const char *c = body; *c != '\0'; c++)
        lines += *c == '\n';
    number++;
    snprintf(text, sizeof text,
             "INVITE sip:%s@%s SIP/2.0\nVia: SIP/2.0/UDP 10.0.0.2;branch=z9hG4bK%u\nMax-Forwards: 70\n"
             "From: <sip:bob@example.test>;tag=b\nTo: <sip:alice@example.test>\nCall-ID: c%u\nCSeq: 1 INVITE\n"
             "Contact: <%s>\n%sContent-Length: %zu\n\n%s",
             strcmp(ip, "10.0.0.1") == 0 ? "alice" : "carol", ip, number, number, contact, headers,
             strlen(body) + lines, body);
    peer_send(&bob, ip, text);
    run_for(network, 50);
    return bob.heard[bob.heard_count - 1];
}

static const struct message *invite(const char *headers, const char *body)
{
    return invite_to("10.0.0.1", headers, body);
}

/* Her refusal is acknowledged, so that she does not repeat it. */
static void ack(const struct message *refusal)
{
    char text[2048];

    snprintf(text, sizeof text,
             "ACK sip:alice@10.0.0.1 SIP/2.0\nVia: %.*s\nMax-Forwards: 70\nFrom: <sip:bob@example.test>;tag=b\n"
             "To: %.*s\nCall-ID: %.*s\nCSeq: 1 ACK\nContent-Length: 0\n\n",
             SLICE_ARG(message_header(refusal, HEADER_VIA)->value), SLICE_ARG(refusal->to.text),
             SLICE_ARG(refusal->call_id));
    peer_send(&bob, "10.0.0.1", text);
    run_for(network, 50);
}

static struct slice value_of(const struct message *m, enum header_id id)
{
    const struct header *h = message_header(m, id);

    return h == NULL ? SLICE("") : h->value;
}

static bool holds(struct slice text, const char *part)
{
    return memmem(text.ptr, text.len, part, strlen(part)) != NULL;
}

#define SDP  "Content-Type: application/sdp\n"
#define HEAD "v=0\no=- 1 1 IN IP4 10.0.0.2\ns=-\nc=IN IP4 10.0.0.2\nt=0 0\n"

/* RFC 3261 20.43, 21.4.26, RFC 3264 6 */
TEST(an_offer_that_cannot_be_had_gets_488_that_says_why)
{
    static const struct {
        const char *sdp, *warning;
    } cases[] = {
        { HEAD "m=video 7000 RTP/AVP 31\nm=text 7002 RTP/AVP 98\n", "304 no audio is offered, only video, text" },
        { HEAD "m=video 7000 RTP/AVP 31\nm=video 7002 RTP/AVP 32\n", "304 no audio is offered, only video" },
        { HEAD "m=audio 7000 RTP/SAVP 0\n", "302 audio is offered by RTP/SAVP, and can be had by RTP/AVP" },
        { HEAD "m=audio 7000 RTP/AVP 18 96\na=rtpmap:96 opus/48000/2\nm=video 7002 RTP/AVP 31\n",
          "305 none of the codecs offered is known here (G729, opus); one of these would be: PCMU, PCMA" },
        { HEAD "m=audio 7000 RTP/AVP 99 100 3 4 5 6 7\n",
          "305 none of the codecs offered is known here (99, 100, GSM, G723 and more); one of these would be: PCMU, "
          "PCMA" },
        { HEAD "m=audio 7000 RTP/AVP 101\na=rtpmap:101 telephone-event/8000\n",
          "305 none of the codecs offered is known here (telephone-event); one of these would be: PCMU, PCMA" },
        { HEAD "m=audio 7000 RTP/AVP 0\nc=IN IP4 233.252.0.1/127\n", "330 multicast is not available" },
        { HEAD "m=audio 7000 RTP/AVP 0\nc=IN E164 +15551234\n", "301 the address offered is neither IP4 nor IP6" },
        { HEAD "m=video 7000 RTP/AVP 31\nm=audio 7002 RTP/AVP 0\nc=IN IP6 2001:db8::2\n",
          "301 the address offered is of IP6, and there is none of that here" },
        { HEAD "m=audio 7000 RTP/AVP 18\nc=IN IP6 2001:db8::2\nm=audio 7002 RTP/AVP 3\nm=audio 7002 RTP/SAVP 9\n",
          "305 none of the codecs offered is known here (GSM); one of these would be: PCMU, PCMA" },
        { "v=0\no=- 1 1 IN IP4 10.0.0.2\ns=-\nt=0 0\nm=audio 7000 RTP/AVP 0\n",
          "300 no address in the Internet is offered" },
        { HEAD "m=audio 7000 RTP/AVP 0\nc=ATM NSAP 47.0091\n", "300 no address in the Internet is offered" },
        { HEAD "m=vi\"deo\\ 7000 RTP/AVP 31\n", "304 no audio is offered, only vi?deo?" },
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct message *m    = invite(SDP, cases[i].sdp);
        struct slice          said = value_of(m, HEADER_WARNING);
        char                  want[512];

        snprintf(want, sizeof want, "%.3s 10.0.0.1:5060 \"%s\"", cases[i].warning, cases[i].warning + 4);
        if (m->status != 488 || !slice_eq(slice_from(want), said))
            fail_msg("%s: %u %.*s", cases[i].warning, m->status, SLICE_ARG(said));
        ack(m);
    }
    CHECK_INT(0, user_heard(&alice, PHONE_INCOMING));
}

TEST(a_description_that_cannot_be_read_is_told_with_the_place)
{
    const struct message *m = invite(SDP, "v=0\no=- 1 1 IN IP4 10.0.0.2\ns=-\nm=audio\n");

    CHECK_INT(488, m->status);
    CHECK(holds(value_of(m, HEADER_WARNING), "399 10.0.0.1:5060 \"the description cannot be read: expected "));
    ack(m);
}

/* RFC 6157 4: who has both families can be heard by both. */
TEST(an_offer_of_the_other_family_is_answered_by_who_has_both)
{
    static struct user    carol;
    const struct message *m;

    user_init_everywhere(&carol, network, "carol", "10.0.0.3", "2001:db8::3");
    carol.answer = true;
    m            = invite_to("10.0.0.3", SDP, HEAD "m=audio 7000 RTP/AVP 0\nc=IN IP6 2001:db8::2\n");
    CHECK_INT(200, m->status);
    CHECK(holds(m->body, "\r\nc=IN IP6 2001:db8::3\r\n"));
    CHECK_INT(1, carol.open_sounds);
    call_hang_up(carol.phone, carol.call);
    run_for(network, 70000); /* and a BYE that nobody answers */
    user_fini(&carol);
}

/* He speaks SIP from a family of ours, and may send sound from it, which we answer where it comes from: not so one
 * whose Contact is of the other family. */
TEST(an_offer_of_the_other_family_is_taken_from_who_has_ours)
{
    static struct user    carol;
    const struct message *m;

    user_init_latching(&carol, network, "carol", "10.0.0.3");
    carol.answer = true;
    m            = invite_to("10.0.0.3", SDP, HEAD "m=audio 7000 RTP/AVP 0\nc=IN IP6 2001:db8::2\n");
    CHECK_INT(200, m->status);
    CHECK(holds(m->body, "\r\nc=IN IP4 10.0.0.3\r\n"));
    call_hang_up(carol.phone, carol.call);
    run_for(network, 70000); /* and a BYE that nobody answers */
    contact = "sip:bob@[2001:db8::2]";
    m       = invite_to("10.0.0.3", SDP, HEAD "m=audio 7000 RTP/AVP 0\nc=IN IP6 2001:db8::2\n");
    contact = "sip:bob@10.0.0.2";
    CHECK_INT(488, m->status);
    run_for(network, 70000);
    user_fini(&carol);
}

/* RFC 3264 9, RFC 3261 21.4.26 */
TEST(what_could_be_had_is_the_body_of_a_488)
{
    const struct message *m = invite(SDP, HEAD "m=video 7000 RTP/AVP 31\n");

    CHECK_INT(488, m->status);
    CHECK_SLICE("application/sdp", value_of(m, HEADER_CONTENT_TYPE));
    CHECK(holds(m->body, "\r\nm=audio 0 RTP/AVP 0 8 101\r\n"));
    CHECK(holds(m->body, "c=IN IP4 10.0.0.1\r\n"));
    ack(m);
}

/* Not the phone but its user: it may be another call that he wants. */
TEST(who_refuses_with_606_says_what_could_be_had)
{
    const struct message *m;

    alice.reject = 606;
    m            = invite(SDP, HEAD "m=audio 7000 RTP/AVP 0\n");
    CHECK_INT(606, m->status);
    CHECK_SLICE("399 10.0.0.1:5060 \"no stream could be agreed\"", value_of(m, HEADER_WARNING));
    CHECK_SLICE("application/sdp", value_of(m, HEADER_CONTENT_TYPE));
    ack(m);
}

/* RFC 5621 */
TEST(a_body_of_several_parts_is_understood)
{
    const struct message *m;

    alice.answer = true;
    m            = invite("Content-Type: multipart/mixed; boundary=unique\n",
                          "--unique\nContent-Type: application/isup\nContent-Disposition: signal;handling=optional\n\nxyz\n"
                                     "--unique\nContent-Type: application/sdp\n\n" HEAD "m=audio 7000 RTP/AVP 8\n\n--unique--\n");
    CHECK_INT(200, m->status);
    CHECK(holds(m->body, " RTP/AVP 8\r\n"));
    call_hang_up(alice.phone, alice.call);
    ack(m); /* and a BYE that nobody answers */
}

/* RFC 3261 8.2.3, 21.4.13, RFC 5621 8.4 */
TEST(a_part_that_must_be_understood_and_is_not_gets_415_with_what_is)
{
    static const struct {
        const char *headers, *body;
        unsigned    status;
    } cases[] = {
        { "Content-Type: multipart/mixed; boundary=b\n",
          "--b\nContent-Type: application/isup\n\nxyz\n--b\nContent-Type: application/sdp\n\n" HEAD
          "m=audio 7000 RTP/AVP 8\n\n--b--\n",
          415 },
        { "Content-Type: application/sdp\nContent-Encoding: gzip\n", "xyz", 415 },
        { "Content-Type: application/sdp\nContent-Disposition: icon\n", "xyz", 415 },
        { "Content-Type: multipart/mixed; boundary=b\n", "--b\nContent-Type: application/sdp\n\nv=0\n", 400 },
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct message *m = invite(cases[i].headers, cases[i].body);

        CHECK_INT(cases[i].status, m->status);
        if (m->status == 415) {
            CHECK_SLICE("application/sdp, multipart/mixed, multipart/alternative, multipart/related",
                        value_of(m, HEADER_ACCEPT));
            CHECK_SLICE("identity", value_of(m, HEADER_ACCEPT_ENCODING));
        }
        ack(m);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(an_offer_that_cannot_be_had_gets_488_that_says_why, setup, teardown),
        cmocka_unit_test_setup_teardown(a_description_that_cannot_be_read_is_told_with_the_place, setup, teardown),
        cmocka_unit_test_setup_teardown(an_offer_of_the_other_family_is_answered_by_who_has_both, setup, teardown),
        cmocka_unit_test_setup_teardown(an_offer_of_the_other_family_is_taken_from_who_has_ours, setup, teardown),
        cmocka_unit_test_setup_teardown(what_could_be_had_is_the_body_of_a_488, setup, teardown),
        cmocka_unit_test_setup_teardown(who_refuses_with_606_says_what_could_be_had, setup, teardown),
        cmocka_unit_test_setup_teardown(a_body_of_several_parts_is_understood, setup, teardown),
        cmocka_unit_test_setup_teardown(a_part_that_must_be_understood_and_is_not_gets_415_with_what_is, setup,
                                        teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
