/* SPDX-License-Identifier: BSD-2-Clause */
#include "net/websocket_upgrade.h"
#include "support/test.h"

#define LINE     "GET /ws HTTP/1.1\r\n"
#define HOST     "Host: server.example.com\r\n"
#define UPGRADE  "Upgrade: websocket\r\nConnection: keep-alive, Upgrade\r\n"
#define VERSION  "Sec-WebSocket-Version: 13\r\n"
#define KEY      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
#define PROTOCOL "Sec-WebSocket-Protocol: chat, sip\r\n"
#define GOOD     LINE HOST UPGRADE VERSION KEY PROTOCOL

static char                         answer_memory[UPGRADE_ANSWER];
static const struct websocket_rules any = { .max_message = 1000 };

static unsigned ask(const char *request, const struct websocket_rules *rules, struct slice *answer, const char **why)
{
    struct buf out = BUF_ON(answer_memory);
    unsigned   status;

    status  = upgrade_answer(test_guarded(slice_from(request)), rules, &out, why);
    *answer = buf_slice(&out);
    CHECK(buf_ok(&out));
    return status;
}

static bool has(struct slice text, const char *part)
{
    return memmem(text.ptr, text.len, part, strlen(part)) != NULL;
}

static void check_refused(const char *request, unsigned status, const char *why)
{
    struct slice answer;
    const char  *said;

    CHECK_INT(status, ask(request, &any, &answer, &said));
    assert_string_equal(why, said);
    CHECK(has(answer, "\r\nConnection: "));
    CHECK(has(answer, "close\r\n"));
    CHECK(has(answer, why));
    CHECK(!has(answer, "Sec-WebSocket-Accept"));
}

/* RFC 6455 1.3, 4.2.2; RFC 7118 4.1 */
TEST(a_good_request_is_answered_by_101_with_sip)
{
    struct slice answer;
    const char  *why;

    CHECK_INT(101, ask(GOOD "Origin: null\r\nSec-WebSocket-Extensions: permessage-deflate\r\nCookie: a=b\r\n\r\n", &any,
                       &answer, &why));
    CHECK(why == NULL);
    CHECK_SLICE("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\nSec-WebSocket-Protocol: sip\r\n\r\n",
                answer);
}

/* RFC 9110 15.5.6, 15.5.22; RFC 9112 3.2 */
TEST(http_that_is_wrong_gets_its_status)
{
    struct slice answer;
    const char  *why;

    check_refused("POST / HTTP/1.1\r\n" HOST "\r\n", 405, "the method is not GET");
    CHECK_INT(405, ask("POST / HTTP/1.1\r\n" HOST "\r\n", &any, &answer, &why));
    CHECK(has(answer, "\r\nAllow: GET\r\n"));
    check_refused("get / HTTP/1.1\r\n" HOST "\r\n", 405, "the method is not GET");
    check_refused(LINE UPGRADE VERSION KEY PROTOCOL "\r\n", 400, "there is not one Host");
    check_refused(GOOD HOST "\r\n", 400, "there is not one Host");
    check_refused(LINE "Host:\r\n" UPGRADE VERSION KEY PROTOCOL "\r\n", 400, "there is not one Host");
    check_refused(GOOD "Content-Length: 5\r\n\r\n", 400, "the request has a body");
    check_refused(GOOD "Transfer-Encoding: chunked\r\n\r\n", 400, "the request has a body");
    check_refused("GET / HTTP/1.0\r\n" HOST "\r\n", 505, "the version is not HTTP/1.1");
    check_refused("OPTIONS sip:example.test SIP/2.0\r\n\r\n", 400, "it is no HTTP");
    check_refused("nonsense", 400, "it is no HTTP");
}

/* RFC 6455 4.2.1, 4.4 */
TEST(what_asks_for_no_websocket_13_gets_426_and_is_told_which)
{
    struct slice answer;
    const char  *why;

    check_refused(LINE HOST "\r\n", 426, "Upgrade does not ask for websocket");
    check_refused(LINE HOST "Upgrade: h2c\r\nConnection: Upgrade\r\n\r\n", 426, "Upgrade does not ask for websocket");
    check_refused(LINE HOST UPGRADE "Sec-WebSocket-Version: 8\r\n" KEY PROTOCOL "\r\n", 426,
                  "Sec-WebSocket-Version is not 13");
    CHECK_INT(426, ask(LINE HOST UPGRADE "Sec-WebSocket-Version: 8\r\n" KEY PROTOCOL "\r\n", &any, &answer, &why));
    CHECK(has(answer, "\r\nSec-WebSocket-Version: 13\r\n"));
    CHECK(has(answer, "\r\nUpgrade: websocket\r\n"));
}

TEST(a_handshake_that_lacks_something_gets_400)
{
    check_refused(LINE HOST "Upgrade: websocket\r\n" VERSION KEY PROTOCOL "\r\n", 400,
                  "Connection does not name Upgrade");
    check_refused(LINE HOST UPGRADE KEY PROTOCOL "\r\n", 400, "there is not one Sec-WebSocket-Version");
    check_refused(GOOD VERSION "\r\n", 400, "there is not one Sec-WebSocket-Version");
    check_refused(LINE HOST UPGRADE VERSION PROTOCOL "\r\n", 400, "there is not one Sec-WebSocket-Key of 16 bytes");
    check_refused(GOOD KEY "\r\n", 400, "there is not one Sec-WebSocket-Key of 16 bytes");
}

static void check_key(const char *key, unsigned status)
{
    char         memory[512];
    struct buf   b = BUF_ON(memory);
    struct slice answer;
    const char  *why;

    buf_printf(&b, LINE HOST UPGRADE VERSION PROTOCOL "Sec-WebSocket-Key: %s\r\n\r\n", key);
    CHECK_INT(status, ask(buf_cstr(&b), &any, &answer, &why));
}

TEST(a_key_is_base64_of_16_bytes_in_the_one_way)
{
    check_key("AAAAAAAAAAAAAAAAAAAAAA==", 101);
    check_key("AAAAAAAAAAAAAAAAAAAAAB==", 400); /* bits that belong to no byte */
    check_key("AAAAAAAAAAAAAAAAAAAAAAA=", 400);
    check_key("AAAAAAAAAAAAAAAAAAAAAAAA", 400);
    check_key("AAAAAAAAAAAAAAAAAAAAA===", 400);
    check_key("AAAAAAAAAAAAAAAAAAA\xc3\xab"
              "A==",
              400);
    check_key("AAAA", 400);
    check_key("", 400);
    check_key("dGhlIHNhbXBsZSBub25jZQ== x", 400);
}

/* RFC 7118 4.1 */
TEST(a_client_that_does_not_offer_sip_gets_400)
{
    static const char why[] = "Sec-WebSocket-Protocol does not offer sip";

    check_refused(LINE HOST UPGRADE VERSION KEY "\r\n", 400, why);
    check_refused(LINE HOST UPGRADE VERSION KEY "Sec-WebSocket-Protocol: xmpp, sipx\r\n\r\n", 400, why);
    check_refused(LINE HOST UPGRADE VERSION KEY "Sec-WebSocket-Protocol: SIP\r\n\r\n", 400, why);
}

/* RFC 6455 10.2 */
TEST(a_page_from_elsewhere_gets_403)
{
    static const struct slice    origins[] = { SLICE_INIT("https://phone.example.com"), SLICE_INIT("null") };
    const struct websocket_rules rules     = { .max_message = 1000, .origins = origins, .origin_count = 2 };
    struct slice                 answer;
    const char                  *why;

    CHECK_INT(101, ask(GOOD "Origin: https://phone.EXAMPLE.com\r\n\r\n", &rules, &answer, &why));
    CHECK_INT(101, ask(GOOD "Origin: null\r\n\r\n", &rules, &answer, &why));
    CHECK_INT(101, ask(GOOD "\r\n", &rules, &answer, &why)); /* no browser */
    CHECK_INT(403, ask(GOOD "Origin: https://evil.example\r\n\r\n", &rules, &answer, &why));
    assert_string_equal("Origin is not among websocket_origins", why);
    CHECK_INT(403, ask(GOOD "Origin: https://phone.example.com.evil.example\r\n\r\n", &rules, &answer, &why));
    CHECK_INT(403, ask(GOOD "Origin: null\r\nOrigin: https://evil.example\r\n\r\n", &rules, &answer, &why));
    CHECK_INT(403, ask(GOOD "Origin:\r\n\r\n", &rules, &answer, &why));
}

#define NONCE   ((const unsigned char *)"the sample nonce")
#define STATUS  "HTTP/1.1 101 Switching Protocols\r\n"
#define CHANGES "Upgrade: WebSocket\r\nConnection: upgrade\r\n"
#define ACCEPT  "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"
#define CHOICE  "Sec-WebSocket-Protocol: sip\r\n"

TEST(our_request_is_one_that_we_would_answer)
{
    char         memory[UPGRADE_ANSWER];
    struct buf   request = BUF_ON(memory);
    struct slice answer;
    const char  *why;
    unsigned     status;

    upgrade_ask(SLICE("[2001:db8::1]:5443"), true, NONCE, &request);
    CHECK(has(buf_slice(&request), "\r\nHost: [2001:db8::1]:5443\r\n"));
    CHECK(has(buf_slice(&request), "\r\nOrigin: https://[2001:db8::1]:5443\r\n"));
    CHECK_INT(101, ask(buf_cstr(&request), &any, &answer, &why));
    CHECK(upgrade_check(answer, NONCE, &status, &why));
    CHECK_INT(101, status);
}

static void check_answer(const char *answer, unsigned status, const char *why)
{
    unsigned    got;
    const char *said;

    CHECK_INT(why == NULL, upgrade_check(test_guarded(slice_from(answer)), NONCE, &got, &said));
    CHECK_INT(status, got);
    if (why != NULL)
        assert_string_equal(why, said);
}

/* RFC 6455 4.1 */
TEST(a_client_checks_the_answer)
{
    check_answer(STATUS CHANGES ACCEPT CHOICE "\r\n", 101, NULL);
    check_answer("HTTP/1.1 302 Found\r\nLocation: /\r\n\r\n", 302, "the server does not upgrade");
    check_answer("SIP/2.0 400 Bad Request\r\n\r\n", 0, "the answer is no HTTP/1.1");
    check_answer(STATUS "Upgrade: h2c\r\nConnection: Upgrade\r\n" ACCEPT CHOICE "\r\n", 101,
                 "the server upgrades to something else");
    check_answer(STATUS "Upgrade: websocket\r\n" ACCEPT CHOICE "\r\n", 101, "Connection does not name Upgrade");
    check_answer(STATUS CHANGES CHOICE "\r\n", 101, "Sec-WebSocket-Accept does not fit our key");
    check_answer(STATUS CHANGES "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo\r\n" CHOICE "\r\n", 101,
                 "Sec-WebSocket-Accept does not fit our key");
    check_answer(STATUS CHANGES ACCEPT "\r\n", 101, "the server did not choose the subprotocol sip");
    check_answer(STATUS CHANGES ACCEPT "Sec-WebSocket-Protocol: chat\r\n\r\n", 101,
                 "the server did not choose the subprotocol sip");
    check_answer(STATUS CHANGES ACCEPT CHOICE "Sec-WebSocket-Extensions: permessage-deflate\r\n\r\n", 101,
                 "the server chose an extension that was not offered");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_good_request_is_answered_by_101_with_sip),
        cmocka_unit_test(http_that_is_wrong_gets_its_status),
        cmocka_unit_test(what_asks_for_no_websocket_13_gets_426_and_is_told_which),
        cmocka_unit_test(a_handshake_that_lacks_something_gets_400),
        cmocka_unit_test(a_key_is_base64_of_16_bytes_in_the_one_way),
        cmocka_unit_test(a_client_that_does_not_offer_sip_gets_400),
        cmocka_unit_test(a_page_from_elsewhere_gets_403),
        cmocka_unit_test(our_request_is_one_that_we_would_answer),
        cmocka_unit_test(a_client_checks_the_answer),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
