/* SPDX-License-Identifier: BSD-2-Clause */
#include "nat/stun.h"

#include "support/test.h"

static const char head[] = "\x00\x01\x00\x00\x21\x12\xa4\x42\xb7\xe7\xa7\x01\xbc\x34\xd6\x86\xfa\x87\xdf\xae";

/* A request with these attributes; its length is that of them. */
static struct slice request(struct buf *b, const char *attributes, size_t len)
{
    buf_put(b, (struct slice){ head, STUN_HEAD });
    buf_put(b, (struct slice){ attributes, len });
    b->ptr[2] = (char)(len >> 8);
    b->ptr[3] = (char)len;
    return buf_slice(b);
}

static enum stun_verdict take(struct slice bytes, struct stun_request *out)
{
    return stun_read_request(test_guarded(bytes), out);
}

static enum stun_verdict verdict(const char *attributes, size_t len)
{
    char                memory[256];
    struct buf          b = BUF_ON(memory);
    struct stun_request r;

    return take(request(&b, attributes, len), &r);
}

#define VERDICT(attributes) verdict(attributes, sizeof attributes - 1)

/* The transaction id of RFC 5769. */
static struct stun_request bare(void)
{
    struct stun_request r;

    CHECK_INT(STUN_BINDING, take((struct slice){ head, STUN_HEAD }, &r));
    return r;
}

static void check_bytes(const struct buf *b, const char *wanted, size_t len)
{
    CHECK(buf_ok(b));
    CHECK_INT(len, b->len);
    assert_memory_equal(wanted, b->ptr, len);
}

/* RFC 5769 2.2: the attribute of its sample response. */
TEST(a_binding_request_is_told_its_address_of_ipv4)
{
    static const char   wanted[] = "\x01\x01\x00\x0c\x21\x12\xa4\x42\xb7\xe7\xa7\x01\xbc\x34\xd6\x86\xfa\x87\xdf\xae"
                                   "\x00\x20\x00\x08\x00\x01\xa1\x47\xe1\x12\xa6\x43";
    char                memory[STUN_ANSWER_MAX];
    struct buf          b = BUF_ON(memory);
    struct stun_request r = bare();
    struct address      mapped;

    CHECK(address_parse(SLICE("192.0.2.1:32853"), &mapped));
    stun_write_success(&b, &r, &mapped);
    check_bytes(&b, wanted, sizeof wanted - 1);
}

/* RFC 5769 2.3 */
TEST(a_binding_request_is_told_its_address_of_ipv6)
{
    static const char   wanted[] = "\x01\x01\x00\x18\x21\x12\xa4\x42\xb7\xe7\xa7\x01\xbc\x34\xd6\x86\xfa\x87\xdf\xae"
                                   "\x00\x20\x00\x14\x00\x02\xa1\x47"
                                   "\x01\x13\xa9\xfa\xa5\xd3\xf1\x79\xbc\x25\xf4\xb5\xbe\xd2\xb9\xd9";
    char                memory[STUN_ANSWER_MAX];
    struct buf          b = BUF_ON(memory);
    struct stun_request r = bare();
    struct address      mapped;

    CHECK(address_parse(SLICE("[2001:db8:1234:5678:11:2233:4455:6677]:32853"), &mapped));
    stun_write_success(&b, &r, &mapped);
    check_bytes(&b, wanted, sizeof wanted - 1);
}

/* RFC 5769 2.1: the sample request, whose FINGERPRINT the standard has computed. */
static const char sample[] = "\x00\x01\x00\x58\x21\x12\xa4\x42\xb7\xe7\xa7\x01\xbc\x34\xd6\x86\xfa\x87\xdf\xae"
                             "\x80\x22\x00\x10"
                             "STUN test client"
                             "\x00\x24\x00\x04\x6e\x00\x01\xff"
                             "\x80\x29\x00\x08\x93\x2f\xf9\xb1\x51\x26\x3b\x36"
                             "\x00\x06\x00\x09\x65\x76\x74\x6a\x3a\x68\x36\x76\x59\x20\x20\x20"
                             "\x00\x08\x00\x14\x9a\xea\xa7\x0c\xbf\xd8\xcb\x56\x78\x1e\xf2\xb5\xb2\xd3\xf2\x49\xc1\xb5"
                             "\x71\xa2"
                             "\x80\x28\x00\x04\xe5\x7a\x3b\xcf";

/* PRIORITY is ICE's, which is not spoken here. */
TEST(the_sample_of_the_standard_is_read_and_its_priority_refused)
{
    struct stun_request r;

    CHECK_INT(STUN_REFUSE, take((struct slice){ sample, sizeof sample - 1 }, &r));
    CHECK(r.fingerprint);
    CHECK_INT(1, r.unknown_count);
    CHECK_INT(0x0024, r.unknown[0]);
}

/* RFC 5389 8 */
TEST(a_wrong_fingerprint_is_dropped)
{
    char                copy[sizeof sample];
    struct stun_request r;

    for (size_t i = 0; i < sizeof sample - 1; i++) {
        memcpy(copy, sample, sizeof sample);
        copy[i] ^= 0x10;
        CHECK(i >= sizeof sample - 9 || i < 20 || take((struct slice){ copy, sizeof sample - 1 }, &r) == STUN_DROP);
    }
    CHECK_INT(STUN_DROP, VERDICT("\x80\x28\x00\x04\x00\x00\x00\x00"));
}

/* Bit by bit, as ITU V.42 has it. */
static uint32_t crc_of(const char *bytes, size_t len)
{
    uint32_t crc = 0xffffffff;

    for (size_t i = 0; i < 8 * len; i++) {
        uint32_t bit = ((uint32_t)(unsigned char)bytes[i / 8] >> i % 8 & 1u) ^ (crc & 1u);

        crc = crc >> 1 ^ (bit != 0 ? 0xedb88320 : 0);
    }
    return ~crc;
}

TEST(a_fingerprint_is_answered_by_one)
{
    char                text[STUN_ANSWER_MAX], wanted[8] = "\x80\x28\x00\x04";
    struct buf          answer = BUF_ON(text);
    struct stun_request r      = bare();
    struct address      mapped;
    uint32_t            crc;

    CHECK(address_parse(SLICE("192.0.2.1:32853"), &mapped));
    r.fingerprint = true;
    stun_write_success(&answer, &r, &mapped);
    CHECK_INT(STUN_HEAD + 12 + 8, answer.len);
    CHECK_INT(12 + 8, text[3]);
    crc = crc_of(text, STUN_HEAD + 12) ^ 0x5354554e;
    for (unsigned i = 0; i < 4; i++)
        wanted[4 + i] = (char)(crc >> (24 - 8 * i) & 0xff);
    assert_memory_equal(wanted, text + STUN_HEAD + 12, 8);
}

/* RFC 5389 7.3.1, 15.9: CHANGE-REQUEST would have us answer to elsewhere. */
TEST(what_has_to_be_understood_and_is_not_is_refused_by_name)
{
    static const char   wanted[] = "\x01\x11\x00\x24\x21\x12\xa4\x42\xb7\xe7\xa7\x01\xbc\x34\xd6\x86\xfa\x87\xdf\xae"
                                   "\x00\x09\x00\x15\x00\x00\x04\x14"
                                   "Unknown Attribute   "
                                   "\x00\x0a\x00\x02\x00\x03\x00\x00";
    char                memory[64], text[STUN_ANSWER_MAX];
    struct buf          b = BUF_ON(memory), answer = BUF_ON(text);
    struct stun_request r;

    CHECK_INT(STUN_REFUSE, take(request(&b, "\x00\x03\x00\x04\x00\x00\x00\x06", 8), &r));
    stun_write_unknown(&answer, &r);
    check_bytes(&answer, wanted, sizeof wanted - 1);
}

TEST(more_unknown_ones_than_are_worth_naming_do_not_overflow)
{
    char                many[200], memory[256], text[STUN_ANSWER_MAX];
    struct buf          b = BUF_ON(memory), answer = BUF_ON(text);
    struct stun_request r;

    for (size_t i = 0; i < sizeof many; i++)
        many[i] = i % 4 == 1 ? 0x33 : 0;
    CHECK_INT(STUN_REFUSE, take(request(&b, many, sizeof many), &r));
    CHECK_INT(STUN_UNKNOWN, r.unknown_count);
    r.fingerprint = true;
    stun_write_unknown(&answer, &r);
    CHECK(buf_ok(&answer));
}

TEST(what_may_be_ignored_is)
{
    CHECK_INT(STUN_BINDING, VERDICT("\x80\x22\x00\x04"
                                    "baby"));
    CHECK_INT(STUN_BINDING, VERDICT("\x80\x22\x00\x01"
                                    "x\0\0\0"));
    /* 15.4: it stands behind MESSAGE-INTEGRITY */
    CHECK_INT(STUN_BINDING, VERDICT("\x00\x08\x00\x14"
                                    "aaaaaaaaaaaaaaaaaaaa"
                                    "\x00\x03\x00\x04\x00\x00\x00\x06"));
}

/* RFC 5389 7.3 */
TEST(what_is_no_binding_request_is_dropped)
{
    static const struct {
        size_t at;
        char   byte;
    } changes[] = { { 0, 1 }, { 1, 2 }, { 1, 0x11 }, { 3, 4 }, { 4, 0x20 }, { 7, 0x43 }, { 2, 1 } };
    struct stun_request r;
    char                copy[STUN_HEAD + 4];

    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
        memcpy(copy, head, STUN_HEAD);
        copy[changes[i].at] = changes[i].byte;
        CHECK_INT(STUN_DROP, take((struct slice){ copy, STUN_HEAD }, &r));
    }
    for (size_t len = 0; len < STUN_HEAD; len++)
        CHECK_INT(STUN_DROP, take((struct slice){ head, len }, &r));
    CHECK_INT(STUN_DROP, VERDICT("\x80\x22\x00\x05"
                                 "babe"));
    CHECK_INT(STUN_DROP, VERDICT("\x80\x22\xff\xff"
                                 "babe"));
    CHECK_INT(STUN_DROP, VERDICT("\x80\x22\x00"));
}

TEST(a_request_of_an_unlikely_size_is_dropped)
{
    static char         zeros[STUN_REQUEST_MAX], memory[2 * STUN_REQUEST_MAX];
    struct buf          b = BUF_ON(memory);
    struct stun_request r;

    CHECK_INT(STUN_DROP, take(request(&b, zeros, sizeof zeros), &r));
}

/* RFC 5626 8: the first byte of one is 0 or 1, of a message of SIP never. */
TEST(the_first_byte_tells_it_from_sip)
{
    CHECK(stun_is_it((struct slice){ head, STUN_HEAD }));
    CHECK(!stun_is_it(SLICE("OPTIONS")) && !stun_is_it(SLICE("\r\n\r\n")) && !stun_is_it(SLICE("")));
}

/* ---- who asks ---- */

static struct slice answer_to(struct buf *b, const char *ip_and_port)
{
    struct stun_request r = bare();
    struct address      mapped;

    CHECK(address_parse(slice_from(ip_and_port), &mapped));
    stun_write_success(b, &r, &mapped);
    return buf_slice(b);
}

TEST(who_asks_reads_where_he_was_seen)
{
    static const char *const places[] = { "192.0.2.1:32853", "[2001:db8:1234:5678:11:2233:4455:6677]:32853" };

    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        char           memory[STUN_ANSWER_MAX];
        struct buf     b      = BUF_ON(memory);
        struct slice   answer = answer_to(&b, places[i]);
        struct address want, got;

        CHECK(address_parse(slice_from(places[i]), &want));
        CHECK_INT(STUN_SEEN, stun_read_reply(test_guarded(answer), head + 8, &got));
        CHECK(address_eq(&want, &got));
    }
}

TEST(a_question_is_read_as_one)
{
    char                memory[STUN_ANSWER_MAX];
    struct buf          b = BUF_ON(memory);
    struct stun_request r;

    stun_write_request(&b, head + 8);
    CHECK_INT(STUN_BINDING, take(buf_slice(&b), &r));
    assert_memory_equal(head + 8, r.transaction, STUN_TRANSACTION);
}

TEST(an_answer_to_another_question_or_a_broken_one_is_none)
{
    char           memory[STUN_ANSWER_MAX];
    struct buf     b      = BUF_ON(memory);
    struct slice   answer = answer_to(&b, "192.0.2.1:32853");
    struct address got;

    for (size_t i = 0; i < answer.len; i++)
        CHECK_INT(STUN_STRANGE, stun_read_reply(test_guarded((struct slice){ answer.ptr, i }), head + 8, &got));
    memory[8] ^= 1;
    CHECK_INT(STUN_STRANGE, stun_read_reply(test_guarded(answer), head + 8, &got));
    memory[8] ^= 1;
    memory[25] = 3; /* a family that there is not */
    CHECK_INT(STUN_STRANGE, stun_read_reply(test_guarded(answer), head + 8, &got));
    CHECK_INT(STUN_STRANGE, stun_read_reply(test_guarded((struct slice){ head, STUN_HEAD }), head + 8, &got));
}

TEST(an_error_is_an_answer_too)
{
    char                memory[STUN_ANSWER_MAX];
    struct buf          b = BUF_ON(memory);
    struct stun_request r = bare();
    struct address      got;

    r.unknown[r.unknown_count++] = 2;
    stun_write_unknown(&b, &r);
    CHECK_INT(STUN_REFUSED, stun_read_reply(test_guarded(buf_slice(&b)), head + 8, &got));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_asks_reads_where_he_was_seen),
        cmocka_unit_test(a_question_is_read_as_one),
        cmocka_unit_test(an_answer_to_another_question_or_a_broken_one_is_none),
        cmocka_unit_test(an_error_is_an_answer_too),
        cmocka_unit_test(a_binding_request_is_told_its_address_of_ipv4),
        cmocka_unit_test(a_binding_request_is_told_its_address_of_ipv6),
        cmocka_unit_test(the_sample_of_the_standard_is_read_and_its_priority_refused),
        cmocka_unit_test(a_wrong_fingerprint_is_dropped),
        cmocka_unit_test(a_fingerprint_is_answered_by_one),
        cmocka_unit_test(what_has_to_be_understood_and_is_not_is_refused_by_name),
        cmocka_unit_test(more_unknown_ones_than_are_worth_naming_do_not_overflow),
        cmocka_unit_test(what_may_be_ignored_is),
        cmocka_unit_test(what_is_no_binding_request_is_dropped),
        cmocka_unit_test(a_request_of_an_unlikely_size_is_dropped),
        cmocka_unit_test(the_first_byte_tells_it_from_sip),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
