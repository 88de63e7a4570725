/* SPDX-License-Identifier: BSD-2-Clause */
#include "net/dns_answer.h"

#include "base/error.h"
#include "support/dns_writer.h"
#include "support/test.h"

#include <stdio.h>
#include <stdlib.h>

static struct arena      arena;
static struct dns_answer answer;
static struct dns_writer message;

static int setup(void **state)
{
    (void)state;
    arena_init(&arena, NULL, 0, DNS_ARENA);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    arena_fini(&arena);
    return 0;
}

static enum dns_outcome parse(const char *name, enum record_type type)
{
    dns_answer_parse(test_guarded(dns_bytes(&message)), test_guarded(slice_from(name)), type, &arena, &answer);
    return answer.outcome;
}

TEST(addresses_are_read_with_their_ttl)
{
    struct address want = address_v4(192, 0, 2, 7, 0);

    dns_begin(&message, 1, 0, "h.example", RECORD_A);
    dns_a(&message, "h.example", 300, 7);
    dns_a(&message, "H.EXAMPLE", 200, 8); /* names have no case, RFC 4343 */
    parse("h.example", RECORD_A);
    CHECK_INT(0, answer.error);
    CHECK_INT(2, answer.count);
    CHECK_INT(200, answer.ttl); /* the answer lives as long as its shortest part */
    CHECK(address_eq(&answer.records[0].address, &want));
    CHECK_INT(300, answer.records[0].ttl);
    CHECK_INT(RECORD_A, answer.records[1].type);

    dns_begin(&message, 1, 0, "h.example", RECORD_AAAA);
    dns_aaaa(&message, "h.example", 60, 1);
    parse("h.example.", RECORD_AAAA); /* asked for with its root dot */
    CHECK_INT(1, answer.count);
    CHECK_INT(FAMILY_6, answer.records[0].address.family);
    CHECK_INT(1, answer.records[0].address.ip[15]);
}

/* RFC 2782. */
TEST(a_service_is_read_with_all_its_fields)
{
    size_t r;

    dns_begin(&message, 1, 0, "_sip._udp.example", RECORD_SRV);
    dns_srv(&message, "_sip._udp.example", 77, "server.example", 5070);
    r = dns_answer(&message, "_sip._udp.example", RECORD_SRV, 78);
    dns_put16(&message, 1);
    dns_put16(&message, 2);
    dns_put16(&message, 3);
    dns_pointer(&message, 12 + 10); /* some servers compress the target: "example" in the question */
    dns_end(&message, r);
    dns_srv(&message, "_sip._udp.example", 79, "", 0);
    parse("_sip._udp.example", RECORD_SRV);
    CHECK_INT(3, answer.count);
    CHECK_INT(77, answer.ttl);
    CHECK_INT(10, answer.records[0].priority);
    CHECK_INT(20, answer.records[0].weight);
    CHECK_INT(5070, answer.records[0].port);
    CHECK_SLICE("server.example", answer.records[0].target);
    CHECK_SLICE("example", answer.records[1].target);
    CHECK_SLICE(".", answer.records[2].target);
}

/* RFC 3403 4.1. */
TEST(a_naptr_is_read_with_all_its_fields)
{
    size_t r;

    dns_begin(&message, 1, 0, "example", RECORD_NAPTR);
    r = dns_answer(&message, "example", RECORD_NAPTR, 99);
    dns_put16(&message, 50);
    dns_put16(&message, 60);
    dns_text(&message, "s");
    dns_text(&message, "SIP+D2T");
    dns_text(&message, "");
    dns_name(&message, "_sip._tcp.example");
    dns_end(&message, r);
    parse("example", RECORD_NAPTR);
    CHECK_INT(1, answer.count);
    CHECK_INT(50, answer.records[0].priority);
    CHECK_INT(60, answer.records[0].weight);
    CHECK_SLICE("s", answer.records[0].flags);
    CHECK_SLICE("SIP+D2T", answer.records[0].service);
    CHECK_SLICE("", answer.records[0].regexp);
    CHECK_SLICE("_sip._tcp.example", answer.records[0].target);
}

static void put_alias(const char *from, const char *to, uint32_t ttl)
{
    size_t r = dns_answer(&message, from, DNS_CNAME, ttl);

    dns_name(&message, to);
    dns_end(&message, r);
}

/* RFC 1034 3.6.2. */
TEST(aliases_are_followed_within_the_answer)
{
    dns_begin(&message, 1, 0, "www.example", RECORD_A);
    put_alias("web.example", "host.example", 50);
    put_alias("www.example", "web.example", 20);
    dns_a(&message, "host.example", 300, 1);
    dns_a(&message, "other.example", 300, 2); /* nobody asked */
    parse("www.example", RECORD_A);
    CHECK_INT(1, answer.count);
    CHECK_INT(1, answer.records[0].address.ip[3]);
    CHECK_INT(20, answer.ttl);
}

static void put_chain(unsigned length)
{
    char from[32], to[32];

    dns_begin(&message, 1, 0, "a0.example", RECORD_A);
    for (unsigned i = 0; i < length; i++) {
        snprintf(from, sizeof from, "a%u.example", i);
        snprintf(to, sizeof to, "a%u.example", i + 1);
        put_alias(from, to, 50);
    }
    snprintf(from, sizeof from, "a%u.example", length);
    dns_a(&message, from, 300, 1);
}

TEST(aliases_in_a_circle_and_endless_ones_are_failures)
{
    dns_begin(&message, 1, 0, "a.example", RECORD_A);
    put_alias("a.example", "b.example", 50);
    put_alias("b.example", "a.example", 50);
    dns_a(&message, "a.example", 300, 1);
    CHECK_INT(DNS_CIRCLE, parse("a.example", RECORD_A));
    CHECK_INT(-ERR_TIMEOUT, answer.error);
    CHECK_INT(0, answer.count);
    CHECK_INT(DNS_FAILURE, answer.ttl);

    put_chain(DNS_ALIASES);
    CHECK_INT(DNS_ANSWERED, parse("a0.example", RECORD_A));
    CHECK_INT(1, answer.count);
    put_chain(DNS_ALIASES + 1);
    CHECK_INT(DNS_CIRCLE, parse("a0.example", RECORD_A));
}

/* RFC 1034 3.6.2: an alias that leads out of what was told; where it leads is not asked. */
TEST(an_alias_without_its_end_is_no_record)
{
    dns_begin(&message, 1, 0, "a.example", RECORD_A);
    put_alias("a.example", "b.elsewhere", 50);
    CHECK_INT(DNS_NO_RECORD, parse("a.example", RECORD_A));
    CHECK_INT(0, answer.ttl);
}

TEST(an_alias_that_is_broken_leads_nowhere)
{
    size_t r;

    dns_begin(&message, 1, 0, "a.example", RECORD_A);
    r = dns_answer(&message, "a.example", DNS_CNAME, 60);
    dns_name(&message, "b.example");
    dns_put8(&message, 7); /* more data than a name */
    dns_end(&message, r);
    r = dns_answer(&message, "a.example", DNS_CNAME, 60);
    dns_pointer(&message, message.len); /* to itself */
    dns_end(&message, r);
    dns_a(&message, "b.example", 60, 66);
    CHECK_INT(DNS_NO_RECORD, parse("a.example", RECORD_A));
}

/* What is asked is what counts: records of other names, classes and types do not, nor
 * does the additional section. */
TEST(what_nobody_asked_for_is_not_read)
{
    size_t r;

    dns_begin(&message, 1, 0, "a.example", RECORD_A);
    dns_a(&message, "victim.example", 300, 66);
    r                    = dns_answer(&message, "a.example", RECORD_A, 300);
    message.bytes[r - 5] = 3; /* class CH */
    dns_put32(&message, 0xc0000242);
    dns_end(&message, r);
    dns_aaaa(&message, "a.example", 300, 66);
    r = dns_additional(&message, "a.example", RECORD_A, 300);
    dns_put32(&message, 0xc0000242);
    dns_end(&message, r);
    CHECK_INT(DNS_NO_RECORD, parse("a.example", RECORD_A));
    CHECK_INT(0, answer.count);
}

/* RFC 5452 9.1: the question must come back as it was put. */
TEST(an_answer_to_another_question_is_none)
{
    dns_begin(&message, 1, 0, "other.example", RECORD_A);
    dns_a(&message, "h.example", 60, 66);
    CHECK_INT(DNS_BROKEN, parse("h.example", RECORD_A));
    CHECK_INT(-ERR_TIMEOUT, answer.error);
    dns_begin(&message, 1, 0, "h.example", RECORD_AAAA);
    dns_a(&message, "h.example", 60, 66);
    CHECK_INT(DNS_BROKEN, parse("h.example", RECORD_A));
    dns_begin(&message, 1, 0, "h.example", RECORD_A);
    message.bytes[message.len - 1] = 3; /* class CH */
    dns_a(&message, "h.example", 60, 66);
    CHECK_INT(DNS_BROKEN, parse("h.example", RECORD_A));
    dns_begin(&message, 1, 0, "h.example", RECORD_A);
    message.bytes[5] = 0; /* no question: the rest would be read as answers */
    CHECK_INT(DNS_BROKEN, parse("h.example", RECORD_A));
    dns_begin(&message, 1, 0, "h.example", RECORD_A);
    message.bytes[2] |= 0x28; /* opcode UPDATE */
    dns_a(&message, "h.example", 60, 66);
    CHECK_INT(DNS_BROKEN, parse("h.example", RECORD_A));
}

/* RFC 2181 9. */
TEST(what_is_cut_off_is_no_answer)
{
    dns_begin(&message, 1, 0, "h.example", RECORD_A);
    message.bytes[2] |= 2;
    dns_a(&message, "h.example", 60, 66);
    CHECK_INT(DNS_BROKEN, parse("h.example", RECORD_A));
    CHECK_INT(DNS_FAILURE, answer.ttl);
}

/* RFC 2308 5: the lesser of the SOA's own TTL and its last field. */
TEST(no_such_name_lives_as_long_as_the_zone_says)
{
    dns_begin(&message, 1, 3, "gone.example", RECORD_A);
    dns_soa(&message, "example", 900, 120);
    parse("gone.example", RECORD_A);
    CHECK_INT(-ERR_NAME, answer.error);
    CHECK_INT(120, answer.ttl);

    dns_begin(&message, 1, 0, "bare.example", RECORD_A); /* the name, but no such record */
    dns_soa(&message, "example", 90, 1200);
    parse("bare.example", RECORD_A);
    CHECK_INT(0, answer.error);
    CHECK_INT(0, answer.count);
    CHECK_INT(90, answer.ttl);

    dns_begin(&message, 1, 3, "gone.example", RECORD_A);
    dns_soa(&message, "example", 90000, 90000);
    parse("gone.example", RECORD_A);
    CHECK_INT(DNS_NEGATIVE, answer.ttl);

    dns_begin(&message, 1, 3, "gone.example", RECORD_A); /* without SOA: not to be kept */
    parse("gone.example", RECORD_A);
    CHECK_INT(-ERR_NAME, answer.error);
    CHECK_INT(0, answer.ttl);
}

TEST(a_server_that_fails_gives_no_answer)
{
    dns_begin(&message, 1, 2, "h.example", RECORD_A); /* SERVFAIL */
    parse("h.example", RECORD_A);
    CHECK_INT(DNS_FAILED, answer.outcome);
    CHECK_INT(-ERR_TIMEOUT, answer.error);
    CHECK_INT(DNS_FAILURE, answer.ttl);
    dns_begin(&message, 1, 5, "h.example", RECORD_A);
    CHECK_INT(DNS_FAILED, parse("h.example", RECORD_A));
    CHECK_INT(-ERR_TIMEOUT, answer.error);
}

/* RFC 2181 8. */
TEST(absurd_ttls_are_cut)
{
    dns_begin(&message, 1, 0, "h.example", RECORD_A);
    dns_a(&message, "h.example", 0x80000001, 1);
    parse("h.example", RECORD_A);
    CHECK_INT(0, answer.ttl);

    dns_begin(&message, 1, 0, "h.example", RECORD_A);
    dns_a(&message, "h.example", 0x7fffffff, 1);
    parse("h.example", RECORD_A);
    CHECK_INT(DNS_TTL_MAX, answer.ttl);
}

TEST(a_broken_record_is_passed_over)
{
    size_t r;

    dns_begin(&message, 1, 0, "h.example", RECORD_A);
    r = dns_answer(&message, "h.example", RECORD_A, 60);
    dns_put16(&message, 1); /* two bytes of an address */
    dns_end(&message, r);
    dns_a(&message, "h.example", 60, 9);
    parse("h.example", RECORD_A);
    CHECK_INT(1, answer.count);
    CHECK_INT(9, answer.records[0].address.ip[3]);

    dns_begin(&message, 1, 0, "s.example", RECORD_SRV);
    r = dns_answer(&message, "s.example", RECORD_SRV, 60);
    dns_put32(&message, 1);
    dns_put16(&message, 5060);
    dns_end(&message, r); /* no target */
    r = dns_answer(&message, "s.example", RECORD_SRV, 60);
    dns_put32(&message, 1);
    dns_put16(&message, 5060);
    dns_put8(&message, 5);
    dns_end(&message, r); /* a target that runs on into the next record */
    dns_srv(&message, "s.example", 60, "good.example", 5060);
    parse("s.example", RECORD_SRV);
    CHECK_INT(1, answer.count);
    CHECK_SLICE("good.example", answer.records[0].target);

    dns_begin(&message, 1, 0, "n.example", RECORD_NAPTR);
    r = dns_answer(&message, "n.example", RECORD_NAPTR, 60);
    dns_put32(&message, 1);
    dns_put8(&message, 200); /* a text longer than the record */
    dns_end(&message, r);
    parse("n.example", RECORD_NAPTR);
    CHECK_INT(0, answer.count);
}

TEST(records_are_bounded)
{
    dns_begin(&message, 1, 0, "h.example", RECORD_A);
    for (unsigned i = 0; i < 200; i++)
        dns_a(&message, "h.example", 60, (uint8_t)i);
    parse("h.example", RECORD_A);
    CHECK_INT(DNS_RECORDS, answer.count);
}

TEST(names_that_fill_the_arena_are_a_limit)
{
    char target[256] = "";

    for (unsigned i = 0; i < 120; i++)
        strcat(target, "a.");
    target[239] = '\0';
    dns_begin(&message, 1, 0, "s", RECORD_SRV);
    for (unsigned i = 0; i < 30; i++)
        dns_srv(&message, "s", 60, target, 5060);
    arena_fini(&arena);
    arena_init(&arena, NULL, 0, 8192);
    CHECK_INT(DNS_BROKEN, parse("s", RECORD_SRV));
}

TEST(what_is_no_response_is_refused)
{

    dns_begin(&message, 1, 0, "h.example", RECORD_A);
    dns_a(&message, "h.example", 60, 1);
    CHECK_INT(DNS_BROKEN, parse("", RECORD_A));
    dns_answer_parse(dns_bytes(&message), (struct slice){ "a\0b", 3 }, RECORD_A, &arena, &answer);
    CHECK_INT(DNS_BROKEN, answer.outcome);
    message.bytes[2] &= 0x7f; /* a question */
    CHECK_INT(DNS_BROKEN, parse("h.example", RECORD_A));
    message.len = 11;
    CHECK_INT(DNS_BROKEN, parse("h.example", RECORD_A));
    message.len = 0;
    CHECK_INT(DNS_BROKEN, parse("h.example", RECORD_A));
}

/* Cut anywhere: never a read past the end, and never more than was there. */
TEST(a_message_cut_anywhere_is_harmless)
{
    struct dns_writer whole;

    dns_begin(&whole, 1, 0, "s.example", RECORD_SRV);
    dns_srv(&whole, "s.example", 60, "one.example", 5060);
    dns_srv(&whole, "s.example", 60, "two.example", 5060);
    for (size_t len = 0; len < whole.len; len++) {
        message     = whole;
        message.len = len;
        parse("s.example", RECORD_SRV);
        CHECK(answer.count < 2);
        arena_fini(&arena);
        arena_init(&arena, NULL, 0, DNS_ARENA);
    }
}

TEST(a_copy_lives_by_itself)
{
    struct dns_answer copy;
    void             *memory;

    dns_begin(&message, 1, 0, "s.example", RECORD_SRV);
    dns_srv(&message, "s.example", 60, "one.example", 5060);
    dns_srv(&message, "s.example", 70, "two.example", 5061);
    parse("s.example", RECORD_SRV);
    memory = malloc(dns_answer_size(&answer));
    CHECK(memory != NULL);
    copy = dns_answer_copy(&answer, memory);
    arena_fini(&arena);
    CHECK_INT(2, copy.count);
    CHECK_INT(60, copy.ttl);
    CHECK_SLICE("one.example", copy.records[0].target);
    CHECK_SLICE("two.example", copy.records[1].target);
    CHECK_INT(5061, copy.records[1].port);
    free(memory);
}

TEST(each_outcome_has_its_words)
{
    for (enum dns_outcome o = DNS_ANSWERED; o <= DNS_NO_MEMORY; o++)
        CHECK(strlen(dns_outcome_text(o)) > 5);
}

#define LIVE_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        LIVE_TEST(addresses_are_read_with_their_ttl),
        LIVE_TEST(a_service_is_read_with_all_its_fields),
        LIVE_TEST(a_naptr_is_read_with_all_its_fields),
        LIVE_TEST(aliases_are_followed_within_the_answer),
        LIVE_TEST(aliases_in_a_circle_and_endless_ones_are_failures),
        LIVE_TEST(an_alias_without_its_end_is_no_record),
        LIVE_TEST(an_alias_that_is_broken_leads_nowhere),
        LIVE_TEST(what_nobody_asked_for_is_not_read),
        LIVE_TEST(an_answer_to_another_question_is_none),
        LIVE_TEST(what_is_cut_off_is_no_answer),
        LIVE_TEST(a_copy_lives_by_itself),
        LIVE_TEST(each_outcome_has_its_words),
        LIVE_TEST(no_such_name_lives_as_long_as_the_zone_says),
        LIVE_TEST(a_server_that_fails_gives_no_answer),
        LIVE_TEST(absurd_ttls_are_cut),
        LIVE_TEST(a_broken_record_is_passed_over),
        LIVE_TEST(records_are_bounded),
        LIVE_TEST(names_that_fill_the_arena_are_a_limit),
        LIVE_TEST(what_is_no_response_is_refused),
        LIVE_TEST(a_message_cut_anywhere_is_harmless),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
