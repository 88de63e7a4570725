/* SPDX-License-Identifier: BSD-2-Clause */
#include "sip/peek.h"

#include "support/test.h"

#include <stdio.h>

TEST(a_message_shows_its_first_line_call_and_cseq)
{
    struct peek p = peek_message(test_guarded(SLICE("\r\n\r\nINVITE sip:b@b SIP/2.0\r\nVia: x\r\ni : abc@d\r\n"
                                                    "CSEQ:\t7 INVITE\r\n\r\nCall-ID: of the body\r\n")));

    CHECK(p.is_sip);
    CHECK_SLICE("INVITE sip:b@b SIP/2.0", p.first);
    CHECK_SLICE("abc@d", p.call_id);
    CHECK_SLICE("7 INVITE", p.cseq);
    p = peek_message(test_guarded(SLICE("SIP/2.0 200 OK\nCall-ID: x")));
    CHECK(p.is_sip);
    CHECK_SLICE("x", p.call_id);
    CHECK_SLICE("", p.cseq);
}

TEST(what_is_no_message_is_known_as_none)
{
    static const char *const texts[] = {
        "", "\r\n", "GET / HTTP/1.1\r\n\r\n", "BYE sip:a b SIP/2.0\r\n", "Authorization: Digest x\r\n", "\n\n\n"
    };

    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct peek p = peek_message(test_guarded(slice_from(texts[i])));

        CHECK(!p.is_sip);
        CHECK_INT(0, p.call_id.len);
    }
    CHECK(!peek_message((struct slice){ NULL, 0 }).is_sip);
}

/* The wire of a transaction that has had to let go of it. */
TEST(where_there_is_no_text_there_is_no_message)
{
    struct peek p = peek_message((struct slice){ NULL, 0 });

    CHECK(!p.is_sip);
    CHECK_INT(0, p.first.len + p.call_id.len + p.cseq.len);
}

TEST(a_header_of_the_body_is_none)
{
    struct peek p = peek_message(SLICE("MESSAGE sip:b@b SIP/2.0\r\nTo: x\r\n\r\nCall-ID: secret\r\nCSeq: secret\r\n"));

    CHECK_SLICE("", p.call_id);
    CHECK_SLICE("", p.cseq);
}

/* RFC 3261 18.3: only then may bytes follow the body. */
TEST(a_datagram_ends_by_its_length_if_a_header_says_so_that_is_true)
{
    static const struct {
        const char *text;
        bool        ends;
    } table[] = {
        { "SIP/2.0 200 OK\r\nContent-Length: 0\r\n\r\n", true },
        { "SIP/2.0 200 OK\r\nl:3\r\n\r\nabc", true },
        { "SIP/2.0 200 OK\r\ncontent-length : 3\r\nTo: x\r\n\r\nabcd", true },
        { "SIP/2.0 200 OK\nContent-Length: 0\n\n", true },
        { "SIP/2.0 200 OK\r\nCONTENT-LENGTH:0\r\n\r\n", true },
        { "SIP/2.0 200 OK\r\nCall-ID: 1\r\nL: 0\r\n \r\n", true },
        { "SIP/2.0 200 OK\r\nTo: x\r\n\r\n", false },
        { "SIP/2.0 200 OK\r\nTo: x\r\n\r\nContent-Length: 0\r\n\r\n", false },
        { "SIP/2.0 200 OK\r\nTo: x\r\n Content-Length: 0\r\n\r\n", false },
        { "SIP/2.0 200 OK\r\nContent-Length: 4\r\n\r\nabc", false },
        { "SIP/2.0 200 OK\r\nContent-Length: x\r\n\r\n", false },
        { "SIP/2.0 200 OK\r\nContent-Length: 0\r\n", false },
        { "SIP/2.0 200 OK\r\nContent-Language: 0\r\n\r\n", false },
        { "\r\n", false },
        { "", false },
    };

    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        CHECK_INT(table[i].ends, peek_ends_by_length(test_guarded(slice_from(table[i].text))));
}

static void keep(void *arg, enum log_level level, struct slice line)
{
    (void)level;
    snprintf(arg, 1024, "%.*s", SLICE_ARG(line));
}

/* The line that has this value, as it is or masked. */
static const char *line_of(struct slice value, bool masked, char line[1024])
{
    struct log      log = { .sink = keep, .arg = line };
    struct log_line l;

    log_begin(&l, &log, LOG_INFO, LOG_PART_CALL, "e");
    if (masked)
        peek_log_masked(&l, "uri", value);
    else
        log_slice(&l, "uri", value);
    log_end(&l);
    return line;
}

TEST(passwords_and_headers_of_a_uri_are_masked)
{
    static const struct {
        const char *text, *masked;
    } table[] = {
        { "INVITE sip:alice@a.test SIP/2.0", "INVITE sip:alice@a.test SIP/2.0" },
        { "INVITE sip:alice:pw@a.test:5060;lr SIP/2.0", "INVITE sip:alice:***@a.test:5060;lr SIP/2.0" },
        { "<SIPS:a:b:c@h>;q=1, <sip:x:y@z>", "<SIPS:a:***@h>;q=1, <sip:x:***@z>" },
        { "sip:a.test:5060", "sip:a.test:5060" },
        { "sip:[2001:db8::1]:5060;transport=tcp", "sip:[2001:db8::1]:5060;transport=tcp" },
        { "sip:a@h?Authorization=Digest%20x", "sip:a@h?***" },
        { "sip:h?x=pw@y", "sip:h?***" },
        { "sip:a:p?w@h", "sip:a:***?***" },
        { "sip::pw@h", "sip::***@h" },
        { "sip:", "sip:" },
        { "sip:bob:secret", "sip:bob:***" },
        { "sip:bob:1234;lr", "sip:bob:1234;lr" },
        { "sip:bob;x=y:z", "sip:bob;x=y:***" },
        { "sip:[::1", "sip:[::1" },
        { "sip:alice@a.test:5060", "sip:alice@a.test:5060" },
        { "sip:alice@a.test sip:b:pw@c", "sip:alice@a.test sip:b:***@c" },
        { "sip:alice@b:c@d", "sip:alice@b:c@d" },
        { "nothing of the kind: a:b@c", "nothing of the kind: a:b@c" },
    };

    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        char         memory[256], line[1024], expected[1024];
        struct buf   b    = BUF_ON(memory);
        struct slice text = test_guarded(slice_from(table[i].text));

        peek_write_masked(&b, text);
        CHECK_SLICE(table[i].masked, buf_slice(&b));
        CHECK_SLICE(line_of(slice_from(table[i].masked), false, expected), slice_from(line_of(text, true, line)));
    }
}

TEST(a_uri_too_long_for_a_line_shows_nothing_behind_its_cut)
{
    char            line[1024] = "", text[3000] = "sip:alice:";
    struct log      log = { .sink = keep, .arg = line };
    struct log_line l;

    memset(text + strlen(text), 'p', 2900);
    memcpy(text + 2900, "@h", 3);
    log_begin(&l, &log, LOG_INFO, LOG_PART_CALL, "e");
    peek_log_masked(&l, "uri", slice_from(text));
    log_end(&l);
    CHECK(strstr(line, "uri=sip:alice:***@h") != NULL);
    memset(text + 4, 'u', 2890);
    log_begin(&l, &log, LOG_INFO, LOG_PART_CALL, "e");
    peek_log_masked(&l, "uri", slice_from(text));
    log_end(&l);
    CHECK(strstr(line, "uri=\"sip:") != NULL || strstr(line, "uri=sip:...") != NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_message_shows_its_first_line_call_and_cseq),
        cmocka_unit_test(what_is_no_message_is_known_as_none),
        cmocka_unit_test(where_there_is_no_text_there_is_no_message),
        cmocka_unit_test(a_header_of_the_body_is_none),
        cmocka_unit_test(a_datagram_ends_by_its_length_if_a_header_says_so_that_is_true),
        cmocka_unit_test(passwords_and_headers_of_a_uri_are_masked),
        cmocka_unit_test(a_uri_too_long_for_a_line_shows_nothing_behind_its_cut),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
