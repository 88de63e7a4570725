/* SPDX-License-Identifier: BSD-2-Clause */
#include "route/loop_mark.h"

#include "support/test.h"

#include <stdio.h>

static const struct hash_key key = { 1, 2 };

#define REST                                                                                                           \
    "Via: SIP/2.0/UDP 192.0.2.4;branch=z9hG4bK7\r\nFrom: <sip:a@a.test>;tag=1\r\nTo: <sip:b@b.test>\r\n"               \
    "Call-ID: one\r\nCSeq: 1 INVITE\r\n"
#define INVITE "INVITE sip:b@b.test SIP/2.0\r\n" REST
#define END    "Content-Length: 0\r\n\r\n"

static struct message *parse(const char *text)
{
    struct parse_fault fault;
    struct message    *m = message_parse(test_guarded(slice_from(text)), &fault);

    if (m == NULL)
        print_error("%s\n", fault.expected);
    assert_non_null(m);
    return m;
}

static struct slice mark_of(const char *text)
{
    static char     memory[8][LOOP_MARK];
    static unsigned turn;
    struct buf      b = BUF_ON(memory[turn++ % 8]);
    struct message *m = parse(text);

    loop_mark_write(&b, m, &key);
    CHECK_INT(LOOP_MARK, buf_slice(&b).len);
    message_drop(m);
    return buf_slice(&b);
}

static bool has_looped(const char *text)
{
    struct message *m      = parse(text);
    bool            looped = loop_mark_is_in(m, &key);

    message_drop(m);
    return looped;
}

static const char *looping(const char *uri, const char *more, struct slice mark)
{
    static char memory[1024];
    struct buf  b = BUF_ON(memory);

    buf_printf(&b,
               "INVITE %s SIP/2.0\r\nVia: SIP/2.0/UDP other;branch=z9hG4bKx, SIP/2.0/TCP odd;x=\"\\\"\";y\r\n"
               "Via: SIP/2.0/UDP us.test;branch=z9hG4bK%.*sabc\r\nVia: SIP/2.0/UDP 192.0.2.4;branch=z9hG4bK7\r\n"
               "From: <sip:a@a.test>;tag=1\r\nTo: <sip:b@b.test>\r\nCall-ID: one\r\nCSeq: 1 INVITE\r\n%s" END,
               uri, SLICE_ARG(mark), more);
    return buf_cstr(&b);
}

/* RFC 5393 4.2.2: the same request again is a loop, another one a spiral. */
TEST(a_loop_is_found_and_a_spiral_is_not_taken_for_one)
{
    struct slice mark = mark_of(INVITE END);

    CHECK(has_looped(looping("sip:b@b.test", "", mark)));
    CHECK(!has_looped(looping("sip:c@b.test", "", mark)));
    CHECK(!has_looped(looping("sip:b@b.test", "Route: <sip:x;lr>\r\n", mark)));
    CHECK(!has_looped(looping("sip:b@b.test", "", SLICE("0123456789abcdef"))));
}

/* RFC 5393 4.2.1: CANCEL and ACK have the branch of their request. */
TEST(the_mark_depends_on_routing_and_not_on_the_method)
{
    struct slice mark = mark_of(INVITE END);

    CHECK(slice_eq(mark, mark_of("ACK sip:b@b.test SIP/2.0\r\nVia: SIP/2.0/TCP elsewhere;branch=z9hG4bK8\r\n"
                                 "From: <sip:a@a.test>;tag=1\r\nTo: <sip:b@b.test>\r\nCall-ID: one\r\n"
                                 "CSeq: 1 ACK\r\nMax-Forwards: 5\r\n" END)));
    CHECK(!slice_eq(mark, mark_of("INVITE sip:b@b.test:5060 SIP/2.0\r\n" REST END)));
    CHECK(!slice_eq(mark, mark_of(INVITE "Route: <sip:x;lr>\r\n" END)));
    CHECK(!slice_eq(mark, mark_of(INVITE "Proxy-Require: x\r\n" END)));
    CHECK(!slice_eq(mark, mark_of(INVITE "Accept-Contact: *;video\r\n" END)));
    CHECK(!slice_eq(mark, mark_of(INVITE "Reject-Contact: *;video\r\n" END)));
    CHECK(!slice_eq(mark, mark_of(INVITE "d: sequential\r\n" END)));
    CHECK(!slice_eq(mark_of(INVITE "a: *;video\r\n" END), mark_of(INVITE "j: *;video\r\n" END)));
    CHECK(!slice_eq(mark, mark_of("INVITE sip:b@b.test SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.4;branch=z9hG4bK7\r\n"
                                  "From: <sip:c@a.test>;tag=1\r\nTo: <sip:b@b.test>\r\n"
                                  "Call-ID: one\r\nCSeq: 1 INVITE\r\n" END)));
    CHECK(!slice_eq(mark, mark_of("INVITE sip:b@b.test SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.4;branch=z9hG4bK7\r\n"
                                  "From: <sip:a@a.test>;tag=1\r\nTo: <sip:b@b.test>\r\n"
                                  "Call-ID: one\r\nCSeq: 2 INVITE\r\n" END)));
}

TEST(the_mark_needs_the_key)
{
    struct message *m     = parse(INVITE END);
    struct hash_key other = { 1, 3 };
    char            x[LOOP_MARK], y[LOOP_MARK];
    struct buf      a = BUF_ON(x), b = BUF_ON(y);

    loop_mark_write(&a, m, &key);
    loop_mark_write(&b, m, &other);
    CHECK(!slice_eq(buf_slice(&a), buf_slice(&b)));
    message_drop(m);
}

/* What we have put before others' Vias is found too, and what only looks like it is none. */
TEST(each_via_is_looked_at)
{
    struct slice mark = mark_of(INVITE END);
    char         text[2048], other[LOOP_MARK];
    struct buf   b = BUF_ON(text);

    CHECK(!has_looped(INVITE END));
    buf_printf(&b, "INVITE sip:b@b.test SIP/2.0\r\nVia: SIP/2.0/UDP us.test;branch=z9hG4bK%.*s-1\r\n" REST END,
               SLICE_ARG(mark));
    CHECK(has_looped(buf_cstr(&b)));
    b = BUF_ON(text);
    buf_printf(&b, "INVITE sip:b@b.test SIP/2.0\r\nVia: SIP/2.0/UDP us.test;branch=Z9HG4BK%.*s\r\n" REST END,
               SLICE_ARG(mark));
    CHECK(has_looped(buf_cstr(&b)));
    memcpy(other, mark.ptr, LOOP_MARK);
    other[LOOP_MARK - 1] = other[LOOP_MARK - 1] == '0' ? '1' : '0';
    b                    = BUF_ON(text);
    buf_printf(&b, "INVITE sip:b@b.test SIP/2.0\r\nVia: SIP/2.0/UDP us.test;branch=z9hG4bK%.*s\r\n" REST END, LOOP_MARK,
               other);
    CHECK(!has_looped(buf_cstr(&b)));
    b = BUF_ON(text);
    buf_printf(&b, "INVITE sip:b@b.test SIP/2.0\r\nVia: SIP/2.0/UDP us.test;branch=z9hG4bK%.*s\r\n" REST END,
               LOOP_MARK - 1, mark.ptr);
    CHECK(!has_looped(buf_cstr(&b)));
}

/* Whatever its length, each byte of a part matters, and where one part ends and the next begins. */
TEST(every_byte_is_in_the_mark)
{
    for (size_t len = 1; len < 40; len++) {
        char         text[1024], name[64], kept[LOOP_MARK];
        struct slice plain = { kept, LOOP_MARK };

        memset(name, 'n', sizeof name);
        snprintf(text, sizeof text, "INVITE sip:%.*s SIP/2.0\r\n" REST END, (int)len, name);
        memcpy(kept, mark_of(text).ptr, LOOP_MARK);
        for (size_t i = 0; i < len; i++) {
            name[i] = 'm';
            snprintf(text, sizeof text, "INVITE sip:%.*s SIP/2.0\r\n" REST END, (int)len, name);
            CHECK(!slice_eq(plain, mark_of(text)));
            name[i] = 'n';
        }
        snprintf(text, sizeof text, "INVITE sip:%.*s SIP/2.0\r\n" REST END, (int)len + 1, name);
        CHECK(!slice_eq(plain, mark_of(text)));
    }
    CHECK(!slice_eq(mark_of(INVITE "Route: <sip:x;lr>, <sip:y;lr>\r\n" END),
                    mark_of(INVITE "Route: <sip:x;lr>\r\nRoute: <sip:y;lr>\r\n" END)));
}

/* RFC 3261 16.11: the ACK to a refusal has the branch of its INVITE. */
TEST(the_first_mark_has_no_to_tag)
{
    struct message *m = parse("ACK sip:b@b.test SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.4;branch=z9hG4bK7\r\n"
                              "From: <sip:a@a.test>;tag=1\r\nTo: <sip:b@b.test>;tag=2\r\nCall-ID: one\r\n"
                              "CSeq: 1 ACK\r\n" END);
    char            x[LOOP_MARK], y[LOOP_MARK];
    struct buf      first = BUF_ON(x), tagged = BUF_ON(y);

    loop_mark_write_first(&first, m, &key);
    loop_mark_write(&tagged, m, &key);
    CHECK(slice_eq(mark_of(INVITE END), buf_slice(&first)));
    CHECK(!slice_eq(mark_of(INVITE END), buf_slice(&tagged)));
    message_drop(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_loop_is_found_and_a_spiral_is_not_taken_for_one),
        cmocka_unit_test(the_mark_depends_on_routing_and_not_on_the_method),
        cmocka_unit_test(the_mark_needs_the_key),
        cmocka_unit_test(each_via_is_looked_at),
        cmocka_unit_test(every_byte_is_in_the_mark),
        cmocka_unit_test(the_first_mark_has_no_to_tag),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
