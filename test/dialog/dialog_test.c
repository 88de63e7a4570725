/* SPDX-License-Identifier: BSD-2-Clause */
#include "dialog/dialog.h"

#include "base/error.h"
#include "dialog/message_of.h"

#include <stdio.h>

#define RINGING                                                                                                        \
    "SIP/2.0 180 Ringing\n"                                                                                            \
    "Via: SIP/2.0/UDP a.example;branch=z9hG4bK1\n"                                                                     \
    "Record-Route: <sip:p2.example;lr>, <sip:p1.example;lr>\n"                                                         \
    "From: <sip:alice@example.test>;tag=a\nTo: <sip:bob@example.test>;tag=b\n"                                         \
    "Call-ID: c\nCSeq: 5 INVITE\nContact: <sip:bob@192.0.2.7:5070>\nContent-Length: 0\n"

#define OK                                                                                                             \
    "SIP/2.0 200 OK\n"                                                                                                 \
    "Via: SIP/2.0/UDP a.example;branch=z9hG4bK1\n"                                                                     \
    "Record-Route: <sip:p9.example;lr>\n"                                                                              \
    "From: <sip:alice@example.test>;tag=a\nTo: <sip:bob@example.test>;tag=b\n"                                         \
    "Call-ID: c\nCSeq: 5 INVITE\nContact: \"B\" <sip:bob@192.0.2.8>;expires=3\nContent-Length: 0\n"

#define INVITE                                                                                                         \
    "INVITE sip:bob@192.0.2.7 SIP/2.0\n"                                                                               \
    "Via: SIP/2.0/UDP a.example;branch=z9hG4bK1\n"                                                                     \
    "Record-Route: <sip:p2.example;lr>\nRecord-Route: <sip:p1.example;lr>\n"                                           \
    "From: \"Alice\" <sip:alice@example.test>;tag=a\nTo: sip:bob@example.test\n"                                       \
    "Call-ID: c\nCSeq: 5 INVITE\nMax-Forwards: 70\nContact: <sip:alice@192.0.2.1>\nContent-Length: 0\n"

static const struct dialog_half half = {
    .call_id   = SLICE_INIT("c"),
    .local_tag = SLICE_INIT("a"),
    .local     = SLICE_INIT("\"Alice\" <sip:alice@example.test>"),
    .remote    = SLICE_INIT("<sip:bob@example.test>"),
    .target    = SLICE_INIT("sip:bob@example.test"),
    .cseq      = 5,
};

static struct dialog *uac(const char *lines)
{
    struct message *m = message_of(lines);
    struct dialog  *d = NULL;

    CHECK_INT(0, dialog_new_uac(&half, m, &d));
    message_drop(m);
    return d;
}

static struct dialog *uas(const char *lines)
{
    struct message *m = message_of(lines);
    struct dialog  *d = NULL;

    CHECK_INT(0, dialog_new_uas(m, SLICE("b"), false, &d));
    message_drop(m);
    return d;
}

/* RFC 3261 12.1.2 */
TEST(a_provisional_makes_an_early_dialog_with_reversed_routes)
{
    struct dialog *d = uac(RINGING);

    CHECK_INT(DIALOG_EARLY, d->state);
    CHECK_SLICE("b", d->remote_tag);
    CHECK_SLICE("sip:bob@192.0.2.7:5070", d->target);
    CHECK_INT(2, d->route_count);
    CHECK_SLICE("<sip:p1.example;lr>", d->routes[0]);
    CHECK_SLICE("<sip:p2.example;lr>", d->routes[1]);
    dialog_free(d);
}

/* RFC 3261 13.2.2.4: "the route set MUST be recomputed based on the 2xx". */
TEST(the_2xx_confirms_with_its_own_routes_and_contact)
{
    struct dialog  *d = uac(RINGING);
    struct message *m = message_of(OK);

    CHECK_INT(0, dialog_confirm(d, m));
    CHECK_INT(DIALOG_CONFIRMED, d->state);
    CHECK_INT(1, d->route_count);
    CHECK_SLICE("<sip:p9.example;lr>", d->routes[0]);
    CHECK_SLICE("sip:bob@192.0.2.8", d->target);
    message_drop(m);
    dialog_free(d);
}

TEST(a_repeated_2xx_does_not_touch_the_route_set)
{
    struct dialog  *d = uac(OK);
    struct message *m = message_of(RINGING);

    CHECK_INT(DIALOG_CONFIRMED, d->state);
    CHECK_INT(0, dialog_confirm(d, m));
    CHECK_INT(1, d->route_count);
    message_drop(m);
    dialog_free(d);
}

/* RFC 3261 12.1.1 */
TEST(a_uas_keeps_the_order_of_record_route)
{
    struct dialog *d = uas(INVITE);

    CHECK_INT(DIALOG_EARLY, d->state);
    CHECK_INT(2, d->route_count);
    CHECK_SLICE("<sip:p2.example;lr>", d->routes[0]);
    CHECK_SLICE("<sip:p1.example;lr>", d->routes[1]);
    CHECK_SLICE("sip:alice@192.0.2.1", d->target);
    CHECK_SLICE("\"Alice\" <sip:alice@example.test>", d->remote);
    CHECK_SLICE("sip:bob@example.test", d->local);
    CHECK_SLICE("b", d->local_tag);
    CHECK_SLICE("a", d->remote_tag);
    CHECK_INT(0, dialog_confirm(d, NULL));
    CHECK_INT(DIALOG_CONFIRMED, d->state);
    CHECK_INT(2, d->route_count);
    dialog_free(d);
}

/* RFC 3261 8.1.1.8: an INVITE has a Contact. */
TEST(a_uas_makes_no_dialog_without_contact)
{
    struct message *m = message_of("INVITE sip:bob@192.0.2.7 SIP/2.0\n"
                                   "Via: SIP/2.0/UDP a.example;branch=z9hG4bK1\n"
                                   "From: <sip:a@example.test>;tag=a\nTo: <sip:b@example.test>\n"
                                   "Call-ID: c\nCSeq: 1 INVITE\nMax-Forwards: 70\nContent-Length: 0\n");
    struct dialog  *d = NULL;

    CHECK_INT(-ERR_SYNTAX, dialog_new_uas(m, SLICE("b"), false, &d));
    CHECK(d == NULL);
    message_drop(m);
}

TEST(a_response_without_contact_leaves_the_request_uri_as_target)
{
    struct dialog *d = uac("SIP/2.0 183 Session Progress\nVia: SIP/2.0/UDP a.example;branch=z9hG4bK1\n"
                           "From: <sip:alice@example.test>;tag=a\nTo: <sip:bob@example.test>;tag=b\n"
                           "Call-ID: c\nCSeq: 5 INVITE\nContent-Length: 0\n");

    CHECK_SLICE("sip:bob@example.test", d->target);
    dialog_free(d);
}

TEST(a_route_set_without_end_is_refused)
{
    char            lines[4096] = RINGING;
    struct message *m;
    struct dialog  *d = NULL;

    for (int i = 0; i < LIMIT_ROUTE_SET; i++)
        strcat(lines, "Record-Route: <sip:p.example;lr>\n");
    m = message_of(lines);
    CHECK_INT(-ERR_LIMIT, dialog_new_uac(&half, m, &d));
    message_drop(m);
}

/* RFC 3261 12.1.1: secure only if both the transport and the URI are. */
TEST(a_dialog_is_secure_only_over_tls_to_a_sips_uri)
{
    struct message *plain = message_of(INVITE);
    struct message *sips  = message_of("INVITE sips:bob@192.0.2.7 SIP/2.0\n"
                                        "Via: SIP/2.0/TLS a.example;branch=z9hG4bK1\n"
                                        "From: <sips:a@example.test>;tag=a\nTo: <sips:b@example.test>\n"
                                        "Call-ID: c\nCSeq: 1 INVITE\nMax-Forwards: 70\n"
                                        "Contact: <sips:a@192.0.2.1>\nContent-Length: 0\n");
    struct dialog  *d;

    CHECK_INT(0, dialog_new_uas(plain, SLICE("b"), true, &d));
    CHECK(!d->secure);
    dialog_free(d);
    CHECK_INT(0, dialog_new_uas(sips, SLICE("b"), false, &d));
    CHECK(!d->secure);
    dialog_free(d);
    CHECK_INT(0, dialog_new_uas(sips, SLICE("b"), true, &d));
    CHECK(d->secure);
    dialog_free(d);
    message_drop(plain);
    message_drop(sips);
}

/* RFC 3261 12.2.2 */
TEST(a_request_with_a_lower_cseq_is_out_of_order_and_gaps_are_fine)
{
    struct dialog *d = uas(INVITE);

    CHECK(!dialog_take_cseq(d, 4));
    CHECK(!dialog_take_cseq(d, 5));
    CHECK(dialog_take_cseq(d, 6));
    CHECK(dialog_take_cseq(d, 100));
    CHECK(!dialog_take_cseq(d, 99));
    dialog_free(d);
}

/* RFC 3261 12.2.2: a UAC's remote sequence number is empty at first. */
TEST(the_first_request_of_the_callee_may_have_any_cseq)
{
    struct dialog *d = uac(OK);

    CHECK(dialog_take_cseq(d, 0));
    CHECK(!dialog_take_cseq(d, 0));
    dialog_free(d);
}

/* RFC 3261 12.2.1.1 */
TEST(requests_in_the_dialog_carry_its_ids_routes_and_a_rising_cseq)
{
    static struct gather g;
    struct dialog       *d = uac(RINGING);
    struct request_start start;
    struct message      *m;

    CHECK_INT(6, dialog_next_cseq(d));
    CHECK_INT(7, dialog_next_cseq(d));
    CHECK_INT(0, dialog_write_request(d, METHOD_BYE, 7, &g, &start));
    m = request_read_back(&g, &start);
    CHECK_SLICE("BYE sip:bob@192.0.2.7:5070 SIP/2.0\r\n", start.start_line);
    CHECK_SLICE("c", m->call_id);
    CHECK_SLICE("a", m->from_tag);
    CHECK_SLICE("b", m->to_tag);
    CHECK_INT(7, m->cseq.number);
    CHECK_SLICE("sip:p1.example;lr", route_at(m, 0));
    CHECK_SLICE("sip:p2.example;lr", route_at(m, 1));
    CHECK_SLICE("sip:p1.example;lr", start.destination.text);
    message_drop(m);
    dialog_free(d);
}

/* RFC 3261 19.1.1, table 1: found by fuzz/dialog_fuzz. */
TEST(headers_in_the_peers_contact_do_not_reach_the_request_uri)
{
    static struct gather g;
    struct dialog       *d = uac("SIP/2.0 200 OK\nVia: SIP/2.0/UDP a.example;branch=z9hG4bK1\n"
                                       "From: <sip:alice@example.test>;tag=a\nTo: <sip:bob@example.test>;tag=b\nCall-ID: c\n"
                                       "CSeq: 5 INVITE\nContact: <sip:bob@h;method=X;a?Route=%3Csip:x%3E>\n"
                                       "Content-Length: 0\n");
    struct request_start start;

    CHECK_INT(0, dialog_write_request(d, METHOD_BYE, 7, &g, &start));
    CHECK_SLICE("BYE sip:bob@h;a SIP/2.0\r\n", start.start_line);
    dialog_free(d);
}

/* RFC 3261 12.2.1.2, 12.2.2: re-INVITE and UPDATE are target refresh requests. */
TEST(a_target_refresh_replaces_the_target_but_not_the_routes)
{
    struct dialog  *d = uas(INVITE);
    struct message *m = message_of("INVITE sip:bob@192.0.2.7 SIP/2.0\n"
                                   "Via: SIP/2.0/UDP a.example;branch=z9hG4bK2\n"
                                   "Record-Route: <sip:other.example;lr>\n"
                                   "From: <sip:alice@example.test>;tag=a\nTo: <sip:bob@example.test>;tag=b\n"
                                   "Call-ID: c\nCSeq: 6 INVITE\nMax-Forwards: 70\n"
                                   "Contact: <sip:alice@192.0.2.99:5099>\nContent-Length: 0\n");

    for (int i = 0; i < 100; i++)
        CHECK_INT(0, dialog_refresh(d, m));
    CHECK_SLICE("sip:alice@192.0.2.99:5099", d->target);
    CHECK_INT(2, d->route_count);
    CHECK_SLICE("<sip:p2.example;lr>", d->routes[0]);
    message_drop(m);
    dialog_free(d);
}

/* RFC 3261 12: Call-ID, local tag and remote tag, all three. */
TEST(a_dialog_knows_its_own_messages)
{
    static const char *const strangers[] = { "tag=x\nTo: <sip:b@h>;tag=b\nCall-ID: c\n",
                                             "tag=a\nTo: <sip:b@h>;tag=x\nCall-ID: c\n",
                                             "tag=a\nTo: <sip:b@h>;tag=b\nCall-ID: C\n" };
    struct dialog           *caller = uac(OK), *callee = uas(INVITE);
    struct message          *m = message_of(OK);
    char                     lines[512];

    CHECK(dialog_matches_response(caller, m));
    message_drop(m);
    for (size_t i = 0; i < 4; i++) {
        snprintf(lines, sizeof lines,
                 "BYE sip:bob@h SIP/2.0\nVia: SIP/2.0/UDP h;branch=z9hG4bK9\nFrom: <sip:a@h>;%s"
                 "CSeq: 9 BYE\nMax-Forwards: 70\nContent-Length: 0\n",
                 i < 3 ? strangers[i] : "tag=a\nTo: <sip:b@h>;tag=b\nCall-ID: c\n");
        m = message_of(lines);
        CHECK_INT(i == 3, dialog_matches_request(callee, m));
        message_drop(m);
    }
    dialog_free(caller);
    dialog_free(callee);
}

/* RFC 6665 4.4.1: the route set is the NOTIFY's, in its order; our own requests go on counting. */
TEST(a_subscriber_has_its_dialog_from_the_notify)
{
    struct message *m = message_of("NOTIFY sip:alice@192.0.2.1 SIP/2.0\nVia: SIP/2.0/UDP b.example;branch=z9hG4bK1\n"
                                   "Record-Route: <sip:p1.example;lr>, <sip:p2.example;lr>\n"
                                   "From: <sip:bob@example.test>;tag=b\nTo: <sip:alice@example.test>;tag=a\n"
                                   "Call-ID: c\nCSeq: 70 NOTIFY\nMax-Forwards: 70\nContact: <sip:bob@192.0.2.7>\n"
                                   "Content-Length: 0\n");
    struct dialog  *d = NULL;

    CHECK_INT(0, dialog_new_notified(&half, m, &d));
    CHECK_INT(DIALOG_CONFIRMED, d->state);
    CHECK(d->is_uac);
    CHECK(dialog_matches_request(d, m));
    CHECK_INT(2, d->route_count);
    CHECK_SLICE("<sip:p1.example;lr>", d->routes[0]);
    CHECK_SLICE("sip:bob@192.0.2.7", d->target);
    CHECK_SLICE("<sip:alice@example.test>", d->local);
    CHECK_INT(6, dialog_next_cseq(d));
    CHECK(!dialog_take_cseq(d, 70));
    dialog_free(d);
    message_drop(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_subscriber_has_its_dialog_from_the_notify),
        cmocka_unit_test(a_provisional_makes_an_early_dialog_with_reversed_routes),
        cmocka_unit_test(the_2xx_confirms_with_its_own_routes_and_contact),
        cmocka_unit_test(a_repeated_2xx_does_not_touch_the_route_set),
        cmocka_unit_test(a_uas_keeps_the_order_of_record_route),
        cmocka_unit_test(a_uas_makes_no_dialog_without_contact),
        cmocka_unit_test(a_response_without_contact_leaves_the_request_uri_as_target),
        cmocka_unit_test(a_route_set_without_end_is_refused),
        cmocka_unit_test(a_dialog_is_secure_only_over_tls_to_a_sips_uri),
        cmocka_unit_test(a_request_with_a_lower_cseq_is_out_of_order_and_gaps_are_fine),
        cmocka_unit_test(the_first_request_of_the_callee_may_have_any_cseq),
        cmocka_unit_test(requests_in_the_dialog_carry_its_ids_routes_and_a_rising_cseq),
        cmocka_unit_test(headers_in_the_peers_contact_do_not_reach_the_request_uri),
        cmocka_unit_test(a_target_refresh_replaces_the_target_but_not_the_routes),
        cmocka_unit_test(a_dialog_knows_its_own_messages),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
