/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/limits.h"
#include "sip/message.h"
#include "support/alloc.h"
#include "support/test.h"

#include <stdio.h>

#define START   "INVITE sip:bob@example.test SIP/2.0\r\n"
#define VIA     "Via: SIP/2.0/UDP 192.0.2.1:5070;branch=z9hG4bK1;rport\r\n"
#define FROM    "From: \"Alice\" <sip:alice@example.test>;tag=a1\r\n"
#define TO      "To: <sip:bob@example.test>\r\n"
#define CALL_ID "Call-ID: 17@192.0.2.1\r\n"
#define CSEQ    "CSeq: 7 INVITE\r\n"
#define HEAD    START VIA FROM TO CALL_ID CSEQ

static struct message *parse(const char *text, struct parse_fault *fault)
{
    return message_parse(test_guarded(slice_from(text)), fault);
}

/* RFC 3261 7.1, 8.1.1: what a request is read into. */
TEST(request_is_read)
{
    struct parse_fault fault;
    struct message    *m = parse(HEAD "Max-Forwards: 70\r\nContent-Length: 4\r\n\r\nbody", &fault);

    assert_non_null(m);
    CHECK(m->is_request);
    CHECK_INT(METHOD_INVITE, m->method);
    CHECK_SLICE("sip:bob@example.test", m->uri_text);
    CHECK_SLICE("bob", m->uri.user);
    CHECK_INT(0, m->status);
    CHECK_SLICE("192.0.2.1", m->via.host);
    CHECK_SLICE("z9hG4bK1", m->via.branch);
    CHECK_SLICE("\"Alice\"", m->from.display);
    CHECK_SLICE("a1", m->from_tag);
    CHECK_SLICE("", m->to_tag);
    CHECK_SLICE("17@192.0.2.1", m->call_id);
    CHECK_INT(7, m->cseq.number);
    CHECK_INT(METHOD_INVITE, m->cseq.method);
    CHECK_INT(70, m->max_forwards);
    CHECK(m->has_length);
    CHECK_SLICE("body", m->body);
    message_drop(m);
}

/* RFC 3261 7.2 */
TEST(response_is_read_and_has_its_cseq_s_method)
{
    struct parse_fault fault;
    struct message    *m = parse("SIP/2.0 486 Busy Here\r\n" VIA FROM TO CALL_ID "CSeq: 9 BYE\r\n\r\n", &fault);

    assert_non_null(m);
    CHECK(!m->is_request);
    CHECK_INT(486, m->status);
    CHECK_SLICE("Busy Here", m->reason);
    CHECK_INT(METHOD_BYE, m->method);
    CHECK_SLICE("BYE", m->method_text);
    CHECK_INT(-1, m->max_forwards);
    CHECK(!m->has_length);
    message_drop(m);
}

/* RFC 3261 18.3: on UDP the body is what Content-Length says, or the rest. */
TEST(bytes_after_content_length_are_not_part_of_the_message)
{
    struct parse_fault fault;
    struct message    *m = parse(HEAD "l: 2\r\n\r\nabcdef", &fault);

    assert_non_null(m);
    CHECK_SLICE("ab", m->body);
    CHECK_INT('b', m->text.ptr[m->text.len - 1]);
    message_drop(m);
    m = parse(HEAD "\r\nabcdef", &fault);
    assert_non_null(m);
    CHECK_SLICE("abcdef", m->body);
    message_drop(m);
}

/* RFC 3261 7.5 */
TEST(empty_lines_before_the_start_line_are_skipped)
{
    struct parse_fault fault;
    struct message    *m = parse("\r\n\r\n" HEAD "\r\n", &fault);

    assert_non_null(m);
    CHECK_INT('I', *m->text.ptr);
    message_drop(m);
}

/* RFC 3261 7.3.1, 7.3.3: names in any case, compact forms, folds, SP before the
 * colon, line ends of LF alone. */
TEST(header_fields_are_found_in_every_form)
{
    struct parse_fault fault;
    struct message    *m = parse("BYE tel:+1 SIP/2.0\n"
                                    "V : SIP/2.0/UDP h\n"
                                    "fROM\t:\r\n \t<sip:a@h>\r\n ; tag=1\r\n"
                                    "t:sip:b@h;tag=2\r\n"
                                    "i: x\r\n"
                                    "CSEQ:1\r\n BYE\r\n"
                                    "Unknown: 1\r\n\r\n",
                                 &fault);

    assert_non_null(m);
    CHECK_SLICE("h", m->via.host);
    CHECK_SLICE("1", m->from_tag);
    CHECK_SLICE("2", m->to_tag);
    CHECK_SLICE("<sip:a@h>\r\n ; tag=1", message_header(m, HEADER_FROM)->value);
    CHECK_SLICE("fROM", message_header(m, HEADER_FROM)->name);
    CHECK_SLICE("fROM\t:\r\n \t<sip:a@h>\r\n ; tag=1\r\n", message_header(m, HEADER_FROM)->line);
    CHECK_SLICE("Unknown", message_header(m, HEADER_OTHER)->name);
    message_drop(m);
}

struct bad {
    const char *text;
    const char *at; /* the first bytes that do not fit */
    unsigned    status;
    bool        answerable;
};

static void check_bad(const struct bad *bad)
{
    struct parse_fault fault;
    struct message    *m = parse(bad->text, &fault);
    const char        *at;

    if (m != NULL || fault.expected == NULL || fault.status != bad->status || fault.answerable != bad->answerable) {
        print_error("%s\nexpected %s, status %u, answerable %d\n", bad->text,
                    fault.expected == NULL ? "nothing" : fault.expected, fault.status, fault.answerable);
        fail();
    }
    at = bad->text + fault.offset;
    if (strncmp(at, bad->at, strlen(bad->at)) != 0 || (*bad->at == '\0') != (*at == '\0')) {
        print_error("%s\nfault at \"%s\", want \"%s\"\n", bad->text, at, bad->at);
        fail();
    }
}

#define TAIL VIA FROM TO CALL_ID CSEQ "\r\n"

/* RFC 3261 7.1, 25.1; RFC 4475 3.1.2.7-11, 3.1.2.16 */
TEST(malformed_request_lines_are_faults)
{
    static const struct bad table[] = {
        { "INVITE  sip:bob@h SIP/2.0\r\n" TAIL, " sip:", 400, true },
        { "INVITE sip:bob@h  SIP/2.0\r\n" TAIL, " SIP/", 400, true },
        { "INVITE sip:bob@h SIP/2.0 \r\n" TAIL, " \r\n", 400, true },
        { "INVITE sip:bob@h; lr SIP/2.0\r\n" TAIL, "lr SIP", 400, true },
        { "INVITE <sip:bob@h> SIP/2.0\r\n" TAIL, "<sip", 400, true },
        { "INVITE sip:bob@h> SIP/2.0\r\n" TAIL, "> SIP", 400, true },
        { "INVITE sip:bob@h?Route=x SIP/2.0\r\n" TAIL, "?Route", 400, true },
        { "INVITE sip:bob@ SIP/2.0\r\n" TAIL, " SIP/2.0", 400, true },
        { "INVITE bob SIP/2.0\r\n" TAIL, " SIP/2.0", 400, true },
        { "INVITE sip:bob@h\r\n" TAIL, "\r\nVia", 400, true },
        { "INVITE\r\n" TAIL, "\r\nVia", 400, true },
        { "INVITE sip:bob@h HTTP/1.1\r\n" TAIL, "HTTP", 400, true },
        { "INVITE sip:bob@h SIP/3.0\r\n" TAIL, "SIP/3", 505, true },
        { "INVITE sip:bob@h SIP/2.00\r\n" TAIL, "SIP/2.00", 505, true },
        { "INVITE sip:bob@h SIP/2.1\r\n" TAIL, "SIP/2.1", 505, true },
        { "@ sip:bob@h SIP/2.0\r\n" TAIL, "@", 400, false },
    };

    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        check_bad(&table[i]);
}

/* RFC 3261 7.2, 21; RFC 4475 3.1.2.19.  A response is never answered. */
TEST(malformed_status_lines_are_faults)
{
    static const struct bad table[] = {
        { "SIP/2.0 4294967301 better not\r\n" TAIL, "4294967301", 400, false },
        { "SIP/2.0 099 Low\r\n" TAIL, "099", 400, false },
        { "SIP/2.0 700 High\r\n" TAIL, "700", 400, false },
        { "SIP/2.0 20 Short\r\n" TAIL, "20 ", 400, false },
        { "SIP/2.0 0200 Long\r\n" TAIL, "0200", 400, false },
        { "SIP/2.0 200OK\r\n" TAIL, "OK", 400, false },
        { "SIP/2.0\r\n" TAIL, "\r\nVia", 400, false },
        { "SIP/7.0 200 OK\r\n" TAIL, "SIP/7", 505, false },
    };

    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        check_bad(&table[i]);
}

/* RFC 3261 8.1.1: the six that every request has (Max-Forwards is missing in
 * messages of RFC 2543, RFC 4475 3.4.1). */
TEST(missing_headers_are_faults)
{
    static const struct bad table[] = {
        { START FROM TO CALL_ID CSEQ "\r\n", "", 400, false },
        { START VIA TO CALL_ID CSEQ "\r\n", "", 400, false },
        { START VIA FROM CALL_ID CSEQ "\r\n", "", 400, false },
        { START VIA FROM TO CSEQ "\r\n", "", 400, false },
        { START VIA FROM TO CALL_ID "\r\n", "", 400, false },
        { HEAD, "", 400, true },
        { "INVITE sip:bob@h SIP/2.0", "", 400, false },
        { "", "", 400, false },
        { "\r\n\r\n", "", 400, false },
    };

    for (size_t i = 0; i + 2 < sizeof table / sizeof *table; i++)
        check_bad(&table[i]);
    for (size_t i = sizeof table / sizeof *table - 2; i < sizeof table / sizeof *table; i++) {
        struct parse_fault fault;

        assert_null(parse(table[i].text, &fault));
        assert_non_null(fault.expected);
        CHECK(!fault.answerable);
    }
}

/* RFC 3261 8.1.1.5, 20.*; RFC 4475 3.1.2.  What cannot be read is still answered
 * when it can be copied. */
TEST(malformed_values_are_faults_at_their_byte)
{
    static const struct bad table[] = {
        { START "Via: SIP/2.0/UDP\r\n" FROM TO CALL_ID CSEQ "\r\n", "\r\nFrom", 400, false },
        { START "Via: SIP/2.0/UDP h:99999\r\n" FROM TO CALL_ID CSEQ "\r\n", "99999", 400, false },
        { START "Via: SIP/2.0/UDP h;;\r\n" FROM TO CALL_ID CSEQ "\r\n", ";\r\n", 400, true },
        { START "Via: SIP/2.0/UDP h x\r\n" FROM TO CALL_ID CSEQ "\r\n", "x\r\n", 400, true },
        { START VIA "From: \"A <sip:a@h>\r\n" TO CALL_ID CSEQ "\r\n", "\"A", 400, true },
        { START VIA "From: A, B <sip:a@h>\r\n" TO CALL_ID CSEQ "\r\n", ",", 400, true },
        { START VIA FROM "To: < sip:b@h >\r\n" CALL_ID CSEQ "\r\n", " sip:b", 400, true },
        { START VIA FROM "To: <sip:b@h>;tag=1;x;tag=1\r\n" CALL_ID CSEQ "\r\n", ";tag=1;x", 400, true },
        { START "Via: SIP/2.0/UDP h;ttl;x\r\n" FROM TO CALL_ID CSEQ "\r\n", "ttl", 400, true },
        { START VIA FROM "To:\r\n" CALL_ID CSEQ "\r\n", "\r\n", 400, true },
        { START VIA FROM "To: sip:b@h, sip:c@h\r\n" CALL_ID CSEQ "\r\n", ", sip:c", 400, true },
        { START VIA FROM TO "Call-ID: a b\r\n" CSEQ "\r\n", " b", 400, true },
        { START VIA FROM TO "Call-ID:\r\n" CSEQ "\r\n", "\r\n", 400, true },
        { START VIA FROM TO CALL_ID "CSeq: 2147483648 INVITE\r\n\r\n", "2147483648", 400, true },
        { START VIA FROM TO CALL_ID "CSeq: -1 INVITE\r\n\r\n", "-1", 400, true },
        { START VIA FROM TO CALL_ID "CSeq: 1INVITE\r\n\r\n", "INVITE", 400, true },
        { START VIA FROM TO CALL_ID "CSeq: 1\r\n\r\n", "\r\n", 400, true },
        { START VIA FROM TO CALL_ID "CSeq: 1 INVITE x\r\n\r\n", " x", 400, true },
        { START VIA FROM TO CALL_ID "CSeq: 1 invite\r\n\r\n", "invite", 400, true },
        { START VIA FROM TO CALL_ID "CSeq: 1 BYE\r\n\r\n", "BYE", 400, true },
        { HEAD "Max-Forwards: 256\r\n\r\n", "256", 400, true },
        { HEAD "Max-Forwards: -1\r\n\r\n", "-1", 400, true },
        { HEAD "Max-Forwards: 1 2\r\n\r\n", " 2", 400, true },
        { HEAD "Max-Forwards:\r\n\r\n", "\r\n", 400, true },
        { HEAD "Content-Length: -999\r\n\r\n", "-999", 400, true },
        { HEAD "Content-Length: 1\r\n\r\n", "1\r\n", 400, true },
        { HEAD "Content-Length: 99999999999999999999999\r\n\r\n", "9999", 400, true },
    };

    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        check_bad(&table[i]);
}

/* RFC 3261 7.3.1, RFC 4475 3.3.8, 3.3.9 */
TEST(single_headers_may_not_be_repeated_and_lists_may)
{
    static const struct bad table[] = {
        { HEAD "t: <sip:c@h>\r\n\r\n", "t: <", 400, true },
        { HEAD "Content-Length: 0\r\nl: 0\r\n\r\n", "l: 0", 400, true },
        { HEAD "Subject: x\r\ns: x\r\n\r\n", "s: x", 400, true },
    };
    struct parse_fault fault;

    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        check_bad(&table[i]);
    assert_null(parse(HEAD "Max-Forwards: 70\r\nMax-Forwards: 5\r\n\r\n", &fault));
    assert_string_equal("only one Max-Forwards header", fault.expected);
    message_drop(
        parse(HEAD "Via: SIP/2.0/UDP x\r\nY: 1\r\nY: 2\r\nContact: <sip:a@h>\r\nContact: <sip:b@h>\r\n\r\n", &fault));
    assert_null(fault.expected);
}

/* The first thing wrong is what is reported, also when more is. */
TEST(first_fault_is_the_one_reported)
{
    static const struct bad bad = { "INVITE sip:bob@h SIP/9.9\r\n" VIA FROM TO CALL_ID "CSeq: x\r\n", "SIP/9.9", 505,
                                    true };

    check_bad(&bad);
}

/* RFC 3261 17.1.1.3: no response to an ACK. */
TEST(broken_ack_is_not_answerable)
{
    static const struct bad bad = { "ACK sip:bob@h SIP/2.0\r\n" VIA FROM TO CALL_ID "CSeq: x\r\n\r\n", "x\r\n", 400,
                                    false };

    check_bad(&bad);
}

/* RFC 3261 8.2.6: the parts that are copied into a 400. */
TEST(broken_request_gives_what_its_answer_needs)
{
    struct parse_fault fault;
    struct message    *m =
        message_parse_broken(test_guarded(SLICE(START "Via: SIP/2.0/UDP h;;\r\n" FROM "To: \"x\r\n" CALL_ID
                                                      "CSeq: 99999999999 INVITE\r\n\r\n")),
                             &fault);

    assert_non_null(m);
    CHECK_INT(400, fault.status);
    CHECK_SLICE("SIP/2.0/UDP h", m->via.text);
    CHECK_SLICE("\"x", m->to.text);
    CHECK_SLICE("99999999999 INVITE", message_header(m, HEADER_CSEQ)->value);
    CHECK_INT(METHOD_INVITE, m->method);
    CHECK_INT(METHOD_INVITE, m->cseq.method);
    message_drop(m);
    assert_null(message_parse_broken(test_guarded(SLICE(START TO "\r\n")), &fault));
    assert_null(message_parse_broken(test_guarded(SLICE("SIP/2.0 999\r\n" TAIL)), &fault));
}

/* One field more than the index has room for is not written anywhere. */
TEST(too_many_fields_leave_the_rest_as_it_was)
{
    static char        text[8192];
    struct buf         b = BUF_ON(text);
    struct parse_fault fault;
    struct message    *m;

    buf_put(&b, SLICE(HEAD));
    for (int i = 0; i <= LIMIT_HEADERS; i++)
        buf_put(&b, SLICE("Allow: INVITE\r\n"));
    buf_put(&b, SLICE("\r\n"));
    CHECK(buf_ok(&b));
    m = message_parse_broken(buf_slice(&b), &fault);
    CHECK_INT(513, fault.status);
    CHECK(m != NULL);
    CHECK_INT(LIMIT_HEADERS, m->header_count);
    assert_memory_equal(text, m->text.ptr, b.len);
    message_drop(m);
}

/* A message that is cut off anywhere is a fault, never a wild read. */
TEST(every_prefix_of_a_message_is_a_fault)
{
    static const char text[] = HEAD "Max-Forwards: 70\r\nContent-Length: 4\r\n\r\nbody";

    for (size_t len = 0; len < sizeof text - 1; len++) {
        struct parse_fault fault;

        assert_null(message_parse(test_guarded((struct slice){ text, len }), &fault));
        assert_non_null(fault.expected);
        CHECK(fault.offset <= len);
    }
}

/* The bytes may go as soon as message_parse returns. */
TEST(message_keeps_a_copy)
{
    char               text[] = HEAD "\r\nbody";
    struct parse_fault fault;
    struct message    *m = message_parse((struct slice){ text, sizeof text - 1 }, &fault);

    assert_non_null(m);
    memset(text, 'x', sizeof text);
    CHECK_SLICE("bob", m->uri.user);
    CHECK_SLICE("body", m->body);
    message_drop(m);
}

TEST(message_lives_until_its_last_holder_drops_it)
{
    struct parse_fault fault;
    struct message    *m = parse(HEAD "\r\n", &fault);

    assert_non_null(m);
    assert_ptr_equal(m, message_hold(m));
    message_drop(m);
    CHECK_SLICE("a1", m->from_tag);
    message_drop(m);
    message_drop(NULL);
}

TEST(no_memory_is_told_apart_from_a_fault)
{
    struct parse_fault fault;
    struct slice       text = test_guarded(SLICE(HEAD "\r\n"));

    for (unsigned n = 1;; n++) {
        struct message *m;

        alloc_fail_at(n);
        m = message_parse(text, &fault);
        if (!alloc_failed()) {
            assert_non_null(m);
            message_drop(m);
            CHECK(n > 1);
            break;
        }
        assert_null(m);
        assert_null(fault.expected);
        alloc_fail_at(n);
        assert_null(message_parse_broken(text, &fault));
        CHECK(!fault.answerable);
    }
    alloc_fail_at(0);
}

/* One block for everything: what design and speed rest on. */
TEST(parsing_takes_one_allocation)
{
    struct parse_fault fault;
    struct slice       text = test_guarded(SLICE(HEAD "Contact: <sip:a@h>\r\nSupported: path\r\n\r\n"));

    alloc_fail_at(0);
    message_drop(message_parse(text, &fault));
    CHECK_INT(1, alloc_count());
}

/* Who takes it to another thread takes it out of the pool. */
TEST(the_block_of_a_message_goes_back_to_the_pool_it_is_in)
{
    struct slice bytes = SLICE("OPTIONS sip:a SIP/2.0\r\nVia: SIP/2.0/UDP a;branch=z9hG4bKa\r\nFrom: <sip:a>;tag=a\r\n"
                               "To: <sip:b>\r\nCall-ID: c\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n");
    struct pool  here, there;
    struct parse_fault fault;
    struct message    *m;

    pool_init(&here, 65536);
    pool_init(&there, 65536);
    m = message_parse_in(&here, bytes, &fault);
    CHECK(m != NULL);
    message_drop(m);
    CHECK(pool_kept(&here) > 0);
    alloc_fail_at(0);
    m = message_parse_in(&here, bytes, &fault);
    CHECK_INT(0, alloc_count());
    message_leave(m);
    message_arrive(m, &there);
    message_drop(m);
    CHECK_INT(0, pool_kept(&here));
    CHECK(pool_kept(&there) > 0);
    m = message_parse_in(&there, bytes, &fault);
    message_leave(m);
    message_drop(m); /* freed */
    CHECK_INT(0, pool_kept(&there));
    pool_fini(&here);
    pool_fini(&there);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_block_of_a_message_goes_back_to_the_pool_it_is_in),
        cmocka_unit_test(request_is_read),
        cmocka_unit_test(response_is_read_and_has_its_cseq_s_method),
        cmocka_unit_test(bytes_after_content_length_are_not_part_of_the_message),
        cmocka_unit_test(empty_lines_before_the_start_line_are_skipped),
        cmocka_unit_test(header_fields_are_found_in_every_form),
        cmocka_unit_test(malformed_request_lines_are_faults),
        cmocka_unit_test(malformed_status_lines_are_faults),
        cmocka_unit_test(missing_headers_are_faults),
        cmocka_unit_test(malformed_values_are_faults_at_their_byte),
        cmocka_unit_test(single_headers_may_not_be_repeated_and_lists_may),
        cmocka_unit_test(first_fault_is_the_one_reported),
        cmocka_unit_test(broken_ack_is_not_answerable),
        cmocka_unit_test(broken_request_gives_what_its_answer_needs),
        cmocka_unit_test(too_many_fields_leave_the_rest_as_it_was),
        cmocka_unit_test(every_prefix_of_a_message_is_a_fault),
        cmocka_unit_test(message_keeps_a_copy),
        cmocka_unit_test(message_lives_until_its_last_holder_drops_it),
        cmocka_unit_test(no_memory_is_told_apart_from_a_fault),
        cmocka_unit_test(parsing_takes_one_allocation),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
