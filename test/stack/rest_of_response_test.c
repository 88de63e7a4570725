/* SPDX-License-Identifier: BSD-2-Clause */
#include "stack/rest_of_response.h"
#include "support/test.h"

#include <stdio.h>
#include <stdlib.h>

static struct gather g;
static char          response_text[64 * 1024], rest_text[64 * 1024], joined_text[64 * 1024];

static struct slice flat(char *memory, size_t size)
{
    struct buf b = buf_on(memory, size);

    CHECK(gather_ok(&g));
    gather_flatten(&g, &b);
    CHECK(buf_ok(&b));
    return buf_slice(&b);
}

static struct message *parse(const char *text)
{
    struct parse_fault fault;
    struct message    *m = message_parse(test_guarded(slice_from(text)), &fault);

    assert_non_null(m);
    m->flow.remote = address_v4(192, 0, 2, 9, 5062);
    return m;
}

static struct slice answer(const struct message *request, unsigned status, const char *more)
{
    gather_init(&g);
    write_response_head(&g, request, status, SLICE(""), SLICE("ours"));
    gather_put(&g, slice_from(more));
    gather_body(&g, SLICE(""), SLICE(""));
    return flat(response_text, sizeof response_text);
}

/* Written where there is room for the response and no more. */
static struct slice rest_of(struct slice response, const struct message *request)
{
    char        *room = malloc(response.len);
    struct slice rest = { rest_text, rest_cut(room, response, request) };

    CHECK(rest.len > 0 && rest.len <= response.len);
    memcpy(rest_text, room, rest.len);
    free(room);
    return rest;
}

static void check_kept(struct slice response, const struct message *request)
{
    CHECK_INT(0, rest_cut(rest_text, response, request));
}

static struct slice joined(struct slice rest, const struct message *request)
{
    gather_init(&g);
    CHECK(rest_join(&g, rest, request));
    return flat(joined_text, sizeof joined_text);
}

/* What is left of the usual answer to `text`, which comes again as the same bytes elsewhere. */
static void check_rest(const char *expected, const char *text)
{
    struct message *request  = parse(text);
    struct slice    response = answer(request, 200, ""), rest = rest_of(response, request);

    CHECK_SLICE(expected, rest);
    message_drop(request);
    request = parse(text);
    CHECK(slice_eq(response, joined(rest, request)));
    message_drop(request);
}

#define HEAD "SIP/2.0 200 OK\r\n"
#define END  "Content-Length: 0\r\n\r\n"
#define TAIL "Call-ID: c\r\nCSeq: 2 BYE\r\nMax-Forwards: 70\r\n\r\n"
#define VIA  "SIP/2.0/UDP 10.0.0.1:5060;branch=z9hG4bKx"

/* RFC 3261 8.2.6.2 */
TEST(what_the_request_says_is_not_kept)
{
    check_rest(HEAD "\1;received=192.0.2.9\r\n\3\4\6\7\10" END,
               "BYE sip:b@h SIP/2.0\r\nVia: " VIA "\r\nFrom: <sip:a@h>;tag=1\r\nTo: <sip:b@h>;tag=2\r\n" TAIL);
}

/* RFC 3581 4 */
TEST(the_port_that_we_have_seen_stays)
{
    check_rest(HEAD "\1=5062;received=192.0.2.9\r\n\3\4\6\7\10" END,
               "BYE sip:b@h SIP/2.0\r\nVia: " VIA ";rport\r\nFrom: <sip:a@h>;tag=1\r\nTo: <sip:b@h>;tag=2\r\n" TAIL);
}

TEST(a_tag_that_only_the_response_has_stays)
{
    check_rest(HEAD "\1;received=192.0.2.9\r\n\3\5;tag=ours\r\n\6\7\10" END,
               "BYE sip:b@h SIP/2.0\r\nVia: " VIA "\r\nFrom: <sip:a@h>;tag=1\r\nTo: B <sip:b@h>\r\n" TAIL);
}

/* RFC 3261 16.7 */
TEST(each_via_is_the_requests)
{
    check_rest(HEAD "\1;received=192.0.2.9\r\n\2\2\3\4\6\7\10" END,
               "BYE sip:b@h SIP/2.0\r\nVia: " VIA "\r\nVia: SIP/2.0/UDP p;branch=z9hG4bKy\r\n"
               "From: <sip:a@h>;tag=1\r\nv: SIP/2.0/TCP q\r\nTo: <sip:b@h>;tag=2\r\n" TAIL);
    check_rest(HEAD "\1;received=192.0.2.9, SIP/2.0/UDP p\r\n\3\4\6\7\10" END,
               "BYE sip:b@h SIP/2.0\r\nVia: " VIA ", SIP/2.0/UDP p\r\n"
               "From: <sip:a@h>;tag=1\r\nTo: <sip:b@h>;tag=2\r\n" TAIL);
}

/* RFC 3261 7.3.3: we write the top Via in full, the others as they came. */
TEST(short_names_are_the_requests_where_we_keep_them)
{
    check_rest(HEAD "Via: " VIA ";received=192.0.2.9\r\n\3\4\6\7Content-Length: 0\r\n\10\r\n",
               "BYE sip:b@h SIP/2.0\r\nv: " VIA "\r\nf: <sip:a@h>;tag=1\r\nt: <sip:b@h>;tag=2\r\n"
               "i: c\r\nCSeq: 2 BYE\r\n\r\n");
}

TEST(odd_blanks_are_the_requests)
{
    check_rest(HEAD "\1;received=192.0.2.9\r\n\3\4\6\7\10" END,
               "BYE sip:b@h SIP/2.0\r\nVia: " VIA "\r\nFrom : <sip:a@h>;tag=1\r\nTo:\t<sip:b@h>;tag=2 \r\n" TAIL);
}

/* RFC 3261 7.3.1; and a line end that is none of the RFC's. */
TEST(of_a_request_with_folded_lines_or_without_cr_all_is_kept)
{
    static const char *const from[] = { "From: <sip:a@h>\r\n ;tag=1\r\n", "From: <sip:a@h>;tag=1\n" };
    char                     text[400];

    for (unsigned i = 0; i < 2; i++) {
        struct message *request;

        snprintf(text, sizeof text, "BYE sip:b@h SIP/2.0\r\nVia: " VIA "\r\n%sTo: <sip:b@h>;tag=2\r\n" TAIL, from[i]);
        request = parse(text);
        check_kept(answer(request, 200, ""), request);
        message_drop(request);
    }
}

#define REQUEST                                                                                                        \
    "BYE sip:b@h SIP/2.0\r\nVia: " VIA "\r\nVia: SIP/2.0/UDP p\r\nFrom: <sip:a@h>;tag=1\r\nTo: "                       \
    "<sip:b@h>;tag=2\r\n" TAIL

static void check_passed_on(const char *expected, const char *response)
{
    struct message *request = parse(REQUEST);
    struct slice    rest    = rest_of(slice_from(response), request);

    CHECK_SLICE(expected, rest);
    CHECK_SLICE(response, joined(rest, request));
    message_drop(request);
}

/* Who answers may write them in any order, and otherwise than they were; a body may hold anything. */
TEST(what_others_write_is_cut_where_it_is_the_same)
{
    check_passed_on(HEAD "\7\6\4Contact: <sip:x>\r\n\3\1;received=1.2.3.4\r\n\2\10" END,
                    HEAD "CSeq: 2 BYE\r\nCall-ID: c\r\nTo: <sip:b@h>;tag=2\r\nContact: <sip:x>\r\n"
                         "From: <sip:a@h>;tag=1\r\nVia: " VIA ";received=1.2.3.4\r\nVia: SIP/2.0/UDP p\r\n" END);
    check_passed_on(HEAD "\1\r\nVia: SIP/2.0/udp p\r\nf: <sip:a@h>;tag=1\r\nTo: <sip:b@h>; tag=2\r\n\6CSeq: 2  "
                         "BYE\r\nContent-Length: 0\r\n\10\r\n",
                    HEAD "Via: " VIA "\r\nVia: SIP/2.0/udp p\r\nf: <sip:a@h>;tag=1\r\nTo: <sip:b@h>; tag=2\r\n"
                         "Call-ID: c\r\nCSeq: 2  BYE\r\n" END);
    check_passed_on(HEAD "\6Content-Length: 14\r\n\10\r\n\3\r\nCall-ID: c\r\n",
                    HEAD "Call-ID: c\r\nContent-Length: 14\r\n\r\n\3\r\nCall-ID: c\r\n");
}

/* Else who answers and who asks together could have us write a line of many kilobytes many times. */
TEST(each_line_of_the_request_is_given_back_once)
{
    check_passed_on(HEAD "\1\r\n\2Via: " VIA "\r\nVia: SIP/2.0/UDP p\r\nContent-Length: 0\r\n\10\r\n",
                    HEAD "Via: " VIA "\r\nVia: SIP/2.0/UDP p\r\nVia: " VIA "\r\nVia: SIP/2.0/UDP p\r\n" END);
    check_passed_on(HEAD "\3From: <sip:a@h>;tag=1\r\nContent-Length: 0\r\n\10\r\n",
                    HEAD "From: <sip:a@h>;tag=1\r\nFrom: <sip:a@h>;tag=1\r\n" END);
}

TEST(what_could_be_taken_for_a_mark_is_not_cut)
{
    struct message *request = parse(REQUEST);

    check_kept(SLICE(HEAD "Call-ID: c\r\n\4: x\r\n" END), request);
    check_kept(SLICE(HEAD "Call-ID: c\r\n\10\r\n" END), request);
    check_kept(SLICE("\1\r\nCall-ID: c\r\n" END), request);
    message_drop(request);
}

TEST(where_nothing_is_the_requests_all_is_kept)
{
    struct message *request = parse(REQUEST);

    check_kept(SLICE(HEAD "Subject: nothing of it\r\n" END), request);
    check_kept(SLICE("SIP/2.0 200 OK"), request);
    check_kept(SLICE(HEAD "Via: " VIA), request); /* no line ends here */
    check_kept(SLICE(""), request);
    message_drop(request);
}

TEST(another_request_has_its_own_lines_in_the_response_and_no_others)
{
    struct message *request = parse(REQUEST), *other;
    struct slice    rest    = rest_of(answer(request, 200, "Contact: <sip:x>\r\n"), request);

    other =
        parse("BYE sip:z@h SIP/2.0\r\nVia: SIP/2.0/TCP z;branch=z9hG4bKz\r\nf: <sip:z@h>;tag=9\nContact: <sip:z>\r\n"
              "To: <sip:y@h>;tag=8\r\nCall-ID: z\r\nCSeq: 9 BYE\r\nMax-Forwards: 70\r\n\r\nbody");
    CHECK_SLICE(HEAD "Via: SIP/2.0/TCP z;branch=z9hG4bKz;received=192.0.2.9\r\nf: <sip:z@h>;tag=9\r\n"
                     "To: <sip:y@h>;tag=8\r\nCall-ID: z\r\nCSeq: 9 BYE\r\nContact: <sip:x>\r\n" END,
                joined(rest, other));
    message_drop(other);
    message_drop(request);
}

#define WITH(via, to)                                                                                                  \
    "BYE sip:b@h SIP/2.0\r\nVia: SIP/2.0/UDP p;branch=z9hG4bK1" via "\r\nFrom: <sip:a@h>;tag=1\r\nTo: <sip:b@h>" to    \
    "\r\nCall-ID: c\r\nCSeq: 2 BYE\r\n\r\n"

static bool joins(const char *first, const char *second)
{
    struct message *request = parse(first), *other = parse(second);
    bool            done;

    gather_init(&g);
    done = rest_join(&g, rest_of(answer(request, 200, ""), request), other);
    message_drop(other);
    message_drop(request);
    return done;
}

/* Two To tags, or none; `branch=z9hG4bK1=5062`; `received` twice. */
TEST(what_would_be_no_response_is_not_joined)
{
    CHECK(joins(WITH(";rport", ""), WITH(";rport", "")));
    CHECK(!joins(WITH(";rport", ""), WITH(";rport", ";tag=2")));
    CHECK(!joins(WITH(";rport", ";tag=2"), WITH(";rport", "")));
    CHECK(!joins(WITH(";rport", ""), WITH("", "")));
    CHECK(!joins(WITH(";rport", ""), WITH(";rport;x=1", "")));
    CHECK(joins(WITH("", ""), WITH("", "")));
    CHECK(joins(WITH("", ""), WITH(";x=1", "")));
    CHECK(!joins(WITH("", ""), WITH(";received=192.0.2.1", "")));
}

/* A request has up to 255 fields; so many parts no response may have. */
TEST(of_a_request_with_very_many_fields_all_is_kept)
{
    static char     text[16 * 1024];
    struct buf      b = BUF_ON(text);
    struct message *request;

    buf_put(&b, SLICE("BYE sip:b@h SIP/2.0\r\nVia: " VIA "\r\n"));
    for (unsigned i = 0; i < 200; i++)
        buf_printf(&b, "Via: SIP/2.0/UDP p%u;branch=z9hG4bK%u\r\n", i, i);
    buf_put(&b, SLICE("From: <sip:a@h>;tag=1\r\nTo: <sip:b@h>;tag=2\r\n" TAIL));
    buf_put_byte(&b, '\0');
    CHECK(buf_ok(&b));
    request = parse(text);
    check_kept(answer(request, 200, ""), request);
    message_drop(request);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_the_request_says_is_not_kept),
        cmocka_unit_test(the_port_that_we_have_seen_stays),
        cmocka_unit_test(a_tag_that_only_the_response_has_stays),
        cmocka_unit_test(each_via_is_the_requests),
        cmocka_unit_test(short_names_are_the_requests_where_we_keep_them),
        cmocka_unit_test(odd_blanks_are_the_requests),
        cmocka_unit_test(of_a_request_with_folded_lines_or_without_cr_all_is_kept),
        cmocka_unit_test(what_others_write_is_cut_where_it_is_the_same),
        cmocka_unit_test(each_line_of_the_request_is_given_back_once),
        cmocka_unit_test(what_could_be_taken_for_a_mark_is_not_cut),
        cmocka_unit_test(where_nothing_is_the_requests_all_is_kept),
        cmocka_unit_test(another_request_has_its_own_lines_in_the_response_and_no_others),
        cmocka_unit_test(what_would_be_no_response_is_not_joined),
        cmocka_unit_test(of_a_request_with_very_many_fields_all_is_kept),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
