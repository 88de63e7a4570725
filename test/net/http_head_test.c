/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/buf.h"
#include "net/http_head.h"
#include "support/test.h"

static unsigned parse(const char *text, struct http_head *head)
{
    return http_parse_request(test_guarded(slice_from(text)), head);
}

TEST(a_request_is_its_method_its_target_and_its_fields)
{
    struct http_head head;
    struct slice     value;

    CHECK_INT(0, parse("GET /ws?x=1 HTTP/1.1\r\nHost: a.test\r\nUpgrade:websocket \t\r\nEmpty:\r\nUPGRADE: h2c\r\n\r\n",
                       &head));
    CHECK_SLICE("GET", head.method);
    CHECK_SLICE("/ws?x=1", head.target);
    CHECK_INT(4, head.count);
    CHECK_INT(2, http_find(&head, SLICE("upgrade"), &value));
    CHECK_SLICE("websocket", value);
    CHECK_INT(1, http_find(&head, SLICE("Empty"), &value));
    CHECK_SLICE("", value);
    CHECK_INT(0, http_find(&head, SLICE("Origin"), &value));
    CHECK_SLICE("", value);
}

/* RFC 9112: no bare LF, no folding, no space before the colon. */
TEST(what_can_be_read_in_two_ways_is_refused)
{
    static const char *const bad[] = {
        "GET / HTTP/1.1\nHost: a\n\n",
        "GET / HTTP/1.1\r\nHost: a\n\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\n b\r\n\r\n",
        "GET / HTTP/1.1\r\n Host: a\r\n\r\n",
        "GET / HTTP/1.1\r\nHost : a\r\n\r\n",
        "GET / HTTP/1.1\r\nHost\r\n\r\n",
        "GET / HTTP/1.1\r\n: a\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\rb\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\x01\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\x7f\r\n\r\n",
        "GET  / HTTP/1.1\r\n\r\n",
        "GET / HTTP/1.1 \r\n\r\n",
        "GET /\tx HTTP/1.1\r\n\r\n",
        "GET / http/1.1\r\n\r\n",
        "GET /\r\n\r\n",
        "G(T / HTTP/1.1\r\n\r\n",
        "REGISTER sip:example.test SIP/2.0\r\n\r\n",
        "\r\nGET / HTTP/1.1\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\n",
        "",
    };
    struct http_head head;

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        CHECK_INT(400, parse(bad[i], &head));
}

/* Nobody reads a field that was not read. */
TEST(of_a_head_that_is_none_the_fields_before_the_fault_are_there)
{
    struct http_head head;
    struct slice     value;

    memset(&head, 0xee, sizeof head);
    CHECK_INT(400, http_parse_request(test_guarded(SLICE("GET / HTTP/1.1\r\nA: b\r\n: c\r\n\r\n")), &head));
    CHECK_INT(1, head.count);
    CHECK_INT(0, http_find(&head, SLICE("Sec-WebSocket-Key"), &value));
    memset(&head, 0xee, sizeof head);
    CHECK_INT(400, http_parse_request(SLICE("\n"), &head));
    CHECK_INT(0, head.count);
}

TEST(another_version_of_http_is_505)
{
    struct http_head head;

    CHECK_INT(505, parse("GET / HTTP/1.0\r\n\r\n", &head));
    CHECK_INT(505, parse("GET / HTTP/2.0\r\n\r\n", &head));
    CHECK_INT(505, parse("GET / HTTP/01.1\r\n\r\n", &head));
}

TEST(more_fields_than_there_is_room_for_are_431)
{
    static char      memory[2048];
    struct buf       b = BUF_ON(memory);
    struct http_head head;

    buf_put(&b, SLICE("GET / HTTP/1.1\r\n"));
    for (unsigned i = 0; i < HTTP_FIELDS; i++)
        buf_put(&b, SLICE("A: b\r\n"));
    buf_put(&b, SLICE("\r\n"));
    CHECK_INT(0, http_parse_request(buf_slice(&b), &head));
    CHECK_INT(HTTP_FIELDS, head.count);
    b.len -= 2;
    buf_put(&b, SLICE("A: b\r\n\r\n"));
    CHECK_INT(431, http_parse_request(buf_slice(&b), &head));
}

TEST(a_response_is_its_status_and_its_fields)
{
    struct http_head head;

    CHECK(http_parse_response(test_guarded(SLICE("HTTP/1.1 101 Switching Protocols\r\nA: b\r\n\r\n")), &head));
    CHECK_INT(101, head.status);
    CHECK_INT(1, head.count);
    CHECK(http_parse_response(test_guarded(SLICE("HTTP/1.1 404\r\n\r\n")), &head));
    CHECK_INT(404, head.status);
    CHECK(!http_parse_response(SLICE("HTTP/1.0 101 X\r\n\r\n"), &head));
    CHECK(!http_parse_response(SLICE("HTTP/1.1 1010 X\r\n\r\n"), &head));
    CHECK(!http_parse_response(SLICE("HTTP/1.1 99 X\r\n\r\n"), &head));
    CHECK(!http_parse_response(SLICE("HTTP/1.1 099 X\r\n\r\n"), &head));
    CHECK(!http_parse_response(SLICE("HTTP/1.1 101X\r\n\r\n"), &head));
    CHECK(!http_parse_response(SLICE("SIP/2.0 200 OK\r\n\r\n"), &head));
}

TEST(lists_are_read_through_all_fields_of_the_name)
{
    struct http_head head;

    CHECK_INT(0, parse("GET / HTTP/1.1\r\nP: a,, b ,\r\nQ: sip\r\np:\tSIP,c\r\n\r\n", &head));
    CHECK(http_list_has(&head, SLICE("P"), SLICE("a"), false));
    CHECK(http_list_has(&head, SLICE("P"), SLICE("b"), false));
    CHECK(http_list_has(&head, SLICE("P"), SLICE("c"), false));
    CHECK(http_list_has(&head, SLICE("P"), SLICE("sip"), true));
    CHECK(!http_list_has(&head, SLICE("P"), SLICE("sip"), false));
    CHECK(!http_list_has(&head, SLICE("P"), SLICE(""), false));
}

TEST(the_end_of_a_head_is_found_across_what_was_known)
{
    struct slice text = SLICE("GET / HTTP/1.1\r\n\r\nframes");

    for (size_t known = 0; known < 18; known++)
        CHECK_INT(18, http_head_length(text, known));
    CHECK_INT(0, http_head_length((struct slice){ text.ptr, 17 }, 0));
    CHECK_INT(0, http_head_length(SLICE(""), 0));
}

TEST(control_characters_and_a_bare_lf_can_become_no_head)
{
    CHECK(http_is_possible(SLICE("GET /\xc3\xab HTTP/1.1\r\nA:\tb\r\n"), 0));
    CHECK(!http_is_possible(SLICE("\x16\x03\x01"), 0));
    CHECK(!http_is_possible(SLICE("\n"), 0));
    CHECK(!http_is_possible(SLICE("a\n"), 1));
    CHECK(http_is_possible(SLICE("\r\n"), 1));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_request_is_its_method_its_target_and_its_fields),
        cmocka_unit_test(what_can_be_read_in_two_ways_is_refused),
        cmocka_unit_test(of_a_head_that_is_none_the_fields_before_the_fault_are_there),
        cmocka_unit_test(another_version_of_http_is_505),
        cmocka_unit_test(more_fields_than_there_is_room_for_are_431),
        cmocka_unit_test(a_response_is_its_status_and_its_fields),
        cmocka_unit_test(lists_are_read_through_all_fields_of_the_name),
        cmocka_unit_test(the_end_of_a_head_is_found_across_what_was_known),
        cmocka_unit_test(control_characters_and_a_bare_lf_can_become_no_head),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
