/* SPDX-License-Identifier: BSD-2-Clause */
#include "sip/write.h"
#include "support/test.h"

#include <stdlib.h>

static struct gather g;
static char          memory[64 * 1024];

static struct slice flat(void)
{
    struct buf b = BUF_ON(memory);

    CHECK(gather_ok(&g));
    gather_flatten(&g, &b);
    CHECK(buf_ok(&b));
    CHECK_INT(g.total, b.len);
    return buf_slice(&b);
}

static struct message *parse(const char *text)
{
    struct parse_fault fault;
    struct message    *m = message_parse(test_guarded(slice_from(text)), &fault);

    assert_non_null(m);
    m->flow.remote = address_v4(192, 0, 2, 1, 4321);
    return m;
}

TEST(neighbours_are_joined_into_one_part)
{
    static const char text[] = "one two three";

    gather_init(&g);
    gather_put(&g, (struct slice){ text, 4 });
    gather_put(&g, (struct slice){ text + 4, 4 });
    gather_put(&g, SLICE(""));
    CHECK_INT(1, g.count);
    gather_put(&g, (struct slice){ text, 3 });
    CHECK_INT(2, g.count);
    CHECK_SLICE("one two one", flat());
}

TEST(headers_and_body_are_written)
{
    size_t mark;

    gather_init(&g);
    gather_header(&g, HEADER_CALL_ID, SLICE("x@y"));
    gather_header_number(&g, HEADER_EXPIRES, 3600);
    mark = gather_mark(&g);
    buf_printf(&g.scratch, "CSeq: %d INVITE\r\n", 7);
    gather_written(&g, mark);
    gather_body(&g, SLICE("text/plain"), SLICE("hello"));
    CHECK_SLICE("Call-ID: x@y\r\nExpires: 3600\r\nCSeq: 7 INVITE\r\nContent-Type: text/plain\r\n"
                "Content-Length: 5\r\n\r\nhello",
                flat());
    gather_init(&g);
    gather_body(&g, SLICE(""), SLICE(""));
    CHECK_SLICE("Content-Length: 0\r\n\r\n", flat());
}

TEST(more_parts_than_there_is_room_for_is_not_ok)
{
    gather_init(&g);
    for (int i = 0; i < GATHER_PARTS; i++)
        gather_put(&g, i % 2 == 0 ? SLICE("a") : SLICE("b"));
    CHECK(gather_ok(&g));
    gather_put(&g, SLICE("c"));
    CHECK(!gather_ok(&g));
    gather_put(&g, SLICE("d"));
    CHECK_INT(GATHER_PARTS, g.count);
}

/* Who has no more to say than fits is understood without the rest. */
TEST(what_had_no_room_is_no_byte_of_the_text)
{
    struct buf b = BUF_ON(memory);

    gather_init(&g);
    for (int i = 0; i < GATHER_PARTS + 10; i++)
        gather_put(&g, i % 2 == 0 ? SLICE("a") : SLICE("b"));
    gather_flatten(&g, &b);
    CHECK(buf_ok(&b));
    CHECK_INT(GATHER_PARTS, b.len);
    CHECK_INT(GATHER_PARTS, g.total);
    CHECK_INT('b', memory[GATHER_PARTS - 1]);
}

TEST(more_scratch_than_there_is_room_for_is_not_ok)
{
    gather_init(&g);
    for (int i = 0; i < 2000; i++)
        gather_header_number(&g, HEADER_EXPIRES, 3600);
    CHECK(!gather_ok(&g));
}

/* RFC 3261 7.3.1: order among lines of one name is kept; line ends become CRLF. */
TEST(lines_are_copied_as_they_came)
{
    struct message *m = parse("BYE sip:a@h SIP/2.0\r\nVia: SIP/2.0/UDP a\r\nf: <sip:a@h>;tag=1\r\nTo: <sip:b@h>\n"
                              "Call-ID: 1\r\nCSeq: 1 BYE\r\nRoute: <sip:1@h>,\r\n <sip:2@h>\r\nX: y\r\n"
                              "ROUTE :<sip:3@h>\n\r\n");

    gather_init(&g);
    gather_copy(&g, m, HEADER_ROUTE);
    gather_copy(&g, m, HEADER_CONTACT);
    gather_copy(&g, m, HEADER_TO);
    CHECK_SLICE("Route: <sip:1@h>,\r\n <sip:2@h>\r\nROUTE :<sip:3@h>\r\nTo: <sip:b@h>\r\n", flat());
    message_drop(m);
}

#define INVITE                                                                                                         \
    "INVITE sip:b@example.test SIP/2.0\r\n"                                                                            \
    "Via: SIP/2.0/UDP 10.0.0.1:5060;branch=z9hG4bK1;rport , SIP/2.0/TCP second\r\n"                                    \
    "Record-Route: <sip:p1;lr>\r\n"                                                                                    \
    "v: SIP/2.0/UDP third\r\n"                                                                                         \
    "Timestamp: 54\r\n"                                                                                                \
    "From: <sip:a@example.test>;tag=1\r\n"                                                                             \
    "To: <sip:b@example.test>\r\n"                                                                                     \
    "Call-ID: 1\r\n"                                                                                                   \
    "CSeq: 1 INVITE\r\n"                                                                                               \
    "Record-Route: <sip:p2;lr>\r\n\r\n"

#define VIAS                                                                                                           \
    "Via: SIP/2.0/UDP 10.0.0.1:5060;branch=z9hG4bK1;rport=4321;received=192.0.2.1, SIP/2.0/TCP second\r\n"             \
    "v: SIP/2.0/UDP third\r\n"

static struct slice respond(struct message *m, unsigned status, const char *reason, const char *tag)
{
    struct slice text;

    gather_init(&g);
    write_response_head(&g, m, status, slice_from(reason), slice_from(tag));
    text = flat();
    message_drop(m);
    return text;
}

/* RFC 3261 8.2.6.2, 12.1.1, 18.2.1 */
TEST(success_of_an_invite_has_tag_and_record_route)
{
    CHECK_SLICE("SIP/2.0 200 OK\r\n" VIAS "From: <sip:a@example.test>;tag=1\r\nTo: <sip:b@example.test>;tag=t9\r\n"
                "Call-ID: 1\r\nCSeq: 1 INVITE\r\nRecord-Route: <sip:p1;lr>\r\nRecord-Route: <sip:p2;lr>\r\n",
                respond(parse(INVITE), 200, "", "t9"));
}

/* RFC 3261 8.2.6.1: a 100 has no tag of its own and repeats Timestamp. */
TEST(trying_has_no_tag_and_the_timestamp)
{
    CHECK_SLICE("SIP/2.0 100 Trying\r\n" VIAS "From: <sip:a@example.test>;tag=1\r\nTo: <sip:b@example.test>\r\n"
                "Call-ID: 1\r\nCSeq: 1 INVITE\r\nTimestamp: 54\r\n",
                respond(parse(INVITE), 100, "", "t9"));
}

static void check_waited(const char *want, const char *line, uint32_t waited)
{
    char            bytes[512];
    struct buf      b = BUF_ON(bytes);
    struct message *m;
    struct slice    text;

    buf_printf(&b,
               "INVITE sip:b@h SIP/2.0\r\nVia: SIP/2.0/UDP h;branch=z9hG4bK1\r\nFrom: <sip:a@h>;tag=1\r\n"
               "To: <sip:b@h>\r\nCall-ID: 1\r\nCSeq: 1 INVITE\r\n%s\r\n",
               line);
    m = parse(buf_cstr(&b));
    gather_init(&g);
    write_trying(&g, m, waited);
    text = flat();
    CHECK(memmem(text.ptr, text.len, want, strlen(want)) != NULL);
    CHECK_INT(want[0] != '\0', memmem(text.ptr, text.len, "Timestamp", 9) != NULL);
    message_drop(m);
}

/* 8.2.6.1, 20.38: in seconds; without a delay none is told. */
TEST(trying_tells_how_late_it_is)
{
    check_waited("\r\nTimestamp: 54 0.200\r\n", "Timestamp: 54\r\n", 200);
    check_waited("\r\nTimestamp: 54.1 3.004\r\n", "Timestamp:54.1\t9.5\r\n", 3004);
    check_waited("\r\nTimestamp: 54.1 12\r\n", "Timestamp: 54.1 12\r\n", 0);
    check_waited("\r\nTimestamp:\r\n", "Timestamp:\r\n", 200);
    check_waited("", "", 200);
}

TEST(failure_has_tag_and_reason_but_no_record_route)
{
    CHECK_SLICE(
        "SIP/2.0 486 In a meeting\r\n" VIAS
        "From: <sip:a@example.test>;tag=1\r\nTo: <sip:b@example.test>;tag=t9\r\nCall-ID: 1\r\nCSeq: 1 INVITE\r\n",
        respond(parse(INVITE), 486, "In a meeting", "t9"));
}

TEST(tag_of_the_request_is_kept)
{
    CHECK_SLICE("SIP/2.0 481 Call/Transaction Does Not Exist\r\nVia: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1\r\n"
                "From: <sip:a@h>;tag=1\r\nt: sip:b@h;tag=old\r\nCall-ID: 1\r\nCSeq: 1 BYE\r\n",
                respond(parse("BYE sip:b@h SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1\r\n"
                              "From: <sip:a@h>;tag=1\r\nt: sip:b@h;tag=old\r\nCall-ID: 1\r\nCSeq: 1 BYE\r\n\r\n"),
                        481, "", "new"));
}

/* RFC 4475 3.1.2.1, 3.1.2.6: what could be read of a broken request is enough. */
TEST(broken_request_is_answered_and_the_answer_is_well_formed)
{
    struct parse_fault fault;
    struct message    *m = message_parse_broken(
           test_guarded(SLICE("OPTIONS sip:b@h SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.15;;,;,,\r\nFrom: <sip:a@h>;tag=1\r\n"
                                 "To: <sip:b@h>\r\nTo: <sip:c@h>\r\nCall-ID: 1\r\nCSeq: 1 OPTIONS\r\n\r\n")),
           &fault);

    assert_non_null(m);
    m->flow.remote = address_v4(192, 0, 2, 1, 4321);
    gather_init(&g);
    write_response_head(&g, m, fault.status, SLICE(""), SLICE("t"));
    gather_body(&g, SLICE(""), SLICE(""));
    CHECK_SLICE("SIP/2.0 400 Bad Request\r\nVia: SIP/2.0/UDP 192.0.2.15;received=192.0.2.1\r\nFrom: <sip:a@h>;tag=1\r\n"
                "To: <sip:b@h>;tag=t\r\nCall-ID: 1\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n",
                flat());
    message_drop(m);
    m = message_parse((struct slice){ memory, g.total }, &fault);
    assert_non_null(m);
    CHECK_INT(400, m->status);
    message_drop(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(neighbours_are_joined_into_one_part),
        cmocka_unit_test(headers_and_body_are_written),
        cmocka_unit_test(more_parts_than_there_is_room_for_is_not_ok),
        cmocka_unit_test(what_had_no_room_is_no_byte_of_the_text),
        cmocka_unit_test(more_scratch_than_there_is_room_for_is_not_ok),
        cmocka_unit_test(lines_are_copied_as_they_came),
        cmocka_unit_test(success_of_an_invite_has_tag_and_record_route),
        cmocka_unit_test(trying_has_no_tag_and_the_timestamp),
        cmocka_unit_test(trying_tells_how_late_it_is),
        cmocka_unit_test(failure_has_tag_and_reason_but_no_record_route),
        cmocka_unit_test(tag_of_the_request_is_kept),
        cmocka_unit_test(broken_request_is_answered_and_the_answer_is_well_formed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
