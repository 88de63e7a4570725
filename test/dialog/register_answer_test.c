/* SPDX-License-Identifier: BSD-2-Clause */
#include "dialog/register_answer.h"

#include "dialog/message_of.h"

#include <stdio.h>

#define INSTANCE "<urn:uuid:00000000-0000-1000-8000-000A95A0E128>"

static struct arena           arena;
static struct register_answer a;
static struct registrant      who;

static int setup(void **state)
{
    (void)state;
    arena_init(&arena, NULL, 0, 16 * 1024);
    who = (struct registrant){
        .contact = SLICE("sip:alice@192.0.2.1"), .instance = SLICE(INSTANCE), .reg_id = 1, .asked = 3600
    };
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    arena_fini(&arena);
    return 0;
}

static void read_answer(const char *headers)
{
    char            lines[8192];
    struct message *m;

    snprintf(lines, sizeof lines,
             "SIP/2.0 200 OK\nVia: SIP/2.0/UDP h;branch=z9hG4bK1\nFrom: <sip:a@h>;tag=a\nTo: <sip:a@h>;tag=b\n"
             "Call-ID: c\nCSeq: 1 REGISTER\n%sContent-Length: 0\n",
             headers);
    m = message_of(lines);
    register_answer_read(&a, m, &who, &arena);
    message_drop(m);
}

/* RFC 3261 10.2.4 */
TEST(ours_is_the_contact_that_we_sent)
{
    read_answer(
        "Contact: <sip:bob@h>;expires=7, <sip:alice@192.0.2.1:5060>;expires=8, <sip:alice@192.0.2.1>;expires=9\n");
    CHECK_INT(9, a.expires);
    read_answer("Expires: 50\nContact: <sip:bob@h>;expires=7\n");
    CHECK_INT(50, a.expires);
    read_answer("");
    CHECK_INT(3600, a.expires);
}

/* RFC 5626 6 */
TEST(ours_is_the_contact_of_our_flow_whatever_its_uri)
{
    read_answer("Contact: <sip:x@h>;reg-id=2;+sip.instance=\"" INSTANCE "\";expires=7, "
                "<sip:y@h>;reg-id=1;+sip.instance=\"<urn:uuid:1>\";expires=8, "
                "<sip:z@h>;reg-id=1;+sip.instance=\"" INSTANCE "\";expires=9\n");
    CHECK_INT(9, a.expires);
}

TEST(outbound_is_in_use_if_the_answer_requires_it)
{
    read_answer("Require: gruu, Outbound\nFlow-Timer: 120\n");
    CHECK(a.outbound);
    CHECK_INT(120, a.flow_timer);
    read_answer("Supported: outbound\nFlow-Timer: 90000000\n");
    CHECK(!a.outbound);
    CHECK_INT(0, a.flow_timer);
    who.reg_id = 0;
    read_answer("Require: outbound\n");
    CHECK(!a.outbound);
}

/* RFC 5627 4.2 */
TEST(the_gruus_are_those_of_our_contact)
{
    read_answer("Contact: <sip:bob@h>;pub-gruu=\"sip:bob@h;gr=1\", <sip:alice@192.0.2.1>"
                ";pub-gruu=\"sip:alice@h;gr=2\";temp-gruu=\"sip:t@h;gr\"\n");
    CHECK_SLICE("sip:alice@h;gr=2", a.pub_gruu);
    CHECK_SLICE("sip:t@h;gr", a.temp_gruu);
    read_answer("Contact: <sip:alice@192.0.2.1>;pub-gruu=\"tel:+1\";temp-gruu=\"sip:t@h>\"\n");
    CHECK_INT(0, a.pub_gruu.len);
    CHECK_INT(0, a.temp_gruu.len);
    who.instance = SLICE("");
    read_answer("Contact: <sip:alice@192.0.2.1>;pub-gruu=\"sip:alice@h;gr=2\"\n");
    CHECK_INT(0, a.pub_gruu.len);
}

/* RFC 3608 6.1 */
TEST(the_service_route_is_kept_in_its_order)
{
    read_answer("Service-Route: \"one\" <sip:one;lr>;x=1, <sip:two>\nService-Route: <sips:three;lr>\n");
    CHECK_INT(3, a.route_count);
    CHECK_SLICE("<sip:one;lr>", a.routes[0]);
    CHECK_SLICE("<sip:two>", a.routes[1]);
    CHECK_SLICE("<sips:three;lr>", a.routes[2]);
}

TEST(a_service_route_that_leads_nowhere_is_left_out_whole)
{
    read_answer("Service-Route: <sip:one;lr>, <tel:+1>\n");
    CHECK_INT(0, a.route_count);
    read_answer("Service-Route: <sip:one;lr>, <sip:\n");
    CHECK_INT(0, a.route_count);
    read_answer("Service-Route: <sip:1>,<sip:2>,<sip:3>,<sip:4>,<sip:5>,<sip:6>,<sip:7>,<sip:8>,<sip:9>\n");
    CHECK_INT(0, a.route_count);
}

TEST(without_memory_no_route_and_no_gruu_is_there)
{
    arena_fini(&arena);
    arena_init(&arena, NULL, 0, 8);
    read_answer(
        "Contact: <sip:alice@192.0.2.1>;expires=9;pub-gruu=\"sip:alice@h;gr=2\"\nService-Route: <sip:one;lr>\n");
    CHECK_INT(9, a.expires);
    CHECK_INT(0, a.pub_gruu.len);
    CHECK_INT(0, a.route_count);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(ours_is_the_contact_that_we_sent),
        CASE(ours_is_the_contact_of_our_flow_whatever_its_uri),
        CASE(outbound_is_in_use_if_the_answer_requires_it),
        CASE(the_gruus_are_those_of_our_contact),
        CASE(the_service_route_is_kept_in_its_order),
        CASE(a_service_route_that_leads_nowhere_is_left_out_whole),
        CASE(without_memory_no_route_and_no_gruu_is_there),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
