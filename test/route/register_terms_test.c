/* SPDX-License-Identifier: BSD-2-Clause */
#include "route/register_terms.h"

#include "support/test.h"

#include <stdlib.h>

static struct register_terms terms;

#define SUPPORTED "Supported: path, OUTBOUND\r\n"
#define FLOW      "Contact: <sip:bob@192.0.2.4>;+sip.instance=\"<urn:uuid:1>\";reg-id=1\r\n"

static struct message *registers(const char *lines, const char *body)
{
    char               memory[16384];
    struct buf         b = BUF_ON(memory);
    struct parse_fault fault;
    struct message    *m;

    buf_printf(&b,
               "REGISTER sip:example.test SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.4;branch=z9hG4bK7\r\n"
               "From: <sip:bob@example.test>;tag=1\r\nTo: <sip:bob@example.test>\r\nCall-ID: one\r\n"
               "CSeq: 1 REGISTER\r\n%sContent-Length: %zu\r\n\r\n%s",
               lines, strlen(body), body);
    CHECK(buf_ok(&b));
    m = message_parse(test_guarded(buf_slice(&b)), &fault);
    CHECK(m != NULL);
    return m;
}

/* The status; what is in `terms` then outlives the message but for texts that are in it. */
static unsigned reads_body(const char *lines, const char *body)
{
    struct message *m = registers(lines, body);

    register_terms_read(m, false, &terms);
    CHECK(terms.status == 0 || (terms.why.text != NULL && terms.why.rule != NULL));
    message_drop(m);
    return terms.status;
}

static unsigned reads(const char *lines)
{
    return reads_body(lines, "");
}

static unsigned requires(const char *lines, struct buf *unsupported)
{
    struct message *m      = registers(lines, "");
    unsigned        status = register_terms_require(m, false, unsupported);

    message_drop(m);
    return status;
}

/* RFC 3261 8.2.2.3 */
TEST(each_extension_that_is_required_and_not_known_is_named)
{
    char       memory[256];
    struct buf b = BUF_ON(memory);

    CHECK_INT(0, requires("", &b));
    CHECK_INT(0, requires("Require: path, Outbound\r\nRequire: gruu\r\n", &b));
    CHECK_SLICE("", buf_slice(&b));
    CHECK_INT(420, requires("Require: foo, path\r\nRequire: bar\r\n", &b));
    CHECK_SLICE("Unsupported: foo\r\nUnsupported: bar\r\n", buf_slice(&b));
    CHECK_INT(400, requires("Require: foo bar\r\n", &b));
}

TEST(what_does_not_fit_is_left_out_by_whole_lines)
{
    char       memory[30];
    struct buf b = BUF_ON(memory);

    CHECK_INT(420, requires("Require: one, somewhat-too-long, two\r\n", &b));
    CHECK_SLICE("Unsupported: one\r\n", slice_between(memory, memory + b.len));
}

/* RFC 3327 5.3 */
TEST(all_values_of_path_are_kept_in_their_order)
{
    CHECK_INT(0, reads("Supported: path\r\nPath: <sip:p3.test;lr> , \"a, b\" <sips:p2.test;lr>;x\r\n"
                       "Path: <sip:token@p1.test;lr;ob>\r\n"));
    CHECK_SLICE("<sip:p3.test;lr>, \"a, b\" <sips:p2.test;lr>;x, <sip:token@p1.test;lr;ob>", terms.path);
    CHECK(!terms.outbound);
    CHECK_INT(0, reads("Supported: gruu, path\r\nPath: \"a\r\n b\" <sip:p3.test;lr>\r\n"));
    CHECK_SLICE("\"a   b\" <sip:p3.test;lr>", terms.path);
    CHECK_INT(0, reads("Supported: path\r\n"));
    CHECK_SLICE("", terms.path);
}

TEST(a_path_that_is_no_route_is_refused)
{
    CHECK_INT(400, reads("Supported: path\r\nPath: <sip:p3.test;lr>, <\r\n"));
    CHECK_INT(400, reads("Supported: path\r\nPath: <tel:+15551234567>\r\n"));
    CHECK_INT(400, reads("Supported: path\r\nPath: sip:p3.test\r\n"));
}

/* RFC 3327 5.3: the recommended policy, and the other one. */
TEST(a_path_for_a_phone_that_does_not_know_it_is_refused_unless_told_otherwise)
{
    struct message *m = registers("Supported: outbound\r\nPath: <sip:p1.test;lr>\r\n", "");

    register_terms_read(m, false, &terms);
    CHECK_INT(420, terms.status);
    register_terms_read(m, true, &terms);
    CHECK_INT(0, terms.status);
    CHECK_SLICE("<sip:p1.test;lr>", terms.path);
    message_drop(m);
}

TEST(what_is_kept_of_a_path_is_bounded)
{
    char       memory[8192];
    struct buf b = BUF_ON(memory);

    buf_printf(&b, "Supported: path\r\nPath: <sip:%0*d@p.test;lr>\r\n", PATH_TEXT, 1);
    CHECK_INT(413, reads(buf_cstr(&b)));
    b = BUF_ON(memory);
    buf_put(&b, SLICE("Supported: path\r\n"));
    for (unsigned i = 0; i < 17; i++)
        buf_printf(&b, "Path: <sip:p%u.test;lr>\r\n", i);
    CHECK_INT(413, reads(buf_cstr(&b)));
}

/* RFC 5626 6 */
TEST(outbound_is_in_use_if_the_phone_knows_it_and_names_its_flow)
{
    CHECK_INT(0, reads(SUPPORTED FLOW));
    CHECK(terms.outbound && terms.direct);
    CHECK_INT(0, reads("Supported: path\r\n" FLOW));
    CHECK(!terms.outbound);
    CHECK_INT(0, reads(SUPPORTED "Contact: <sip:bob@192.0.2.4>;+sip.instance=\"<urn:uuid:1>\"\r\n"));
    CHECK(!terms.outbound);
    CHECK_INT(0, reads(SUPPORTED "Contact: <sip:bob@192.0.2.4>;reg-id=1\r\n"));
    CHECK(!terms.outbound);
    CHECK_INT(0, reads(SUPPORTED));
    CHECK(!terms.outbound);
    CHECK_INT(0, reads(SUPPORTED "Contact: *\r\nExpires: 0\r\n"));
    CHECK(!terms.outbound);
}

TEST(a_first_hop_that_does_not_keep_the_flow_is_named)
{
    CHECK_INT(439, reads("Via: SIP/2.0/UDP 192.0.2.9;branch=z9hG4bK1\r\n" SUPPORTED FLOW));
    CHECK_INT(439, reads("Path: <sip:p2.test;lr;ob>, <sip:p1.test;lr>\r\n" SUPPORTED FLOW));
    CHECK_INT(0, reads("Path: <sip:p2.test;lr>, <sip:p1.test;lr;ob>\r\n" SUPPORTED FLOW));
    CHECK(terms.outbound && !terms.direct);
    CHECK_INT(0, reads("Via: SIP/2.0/UDP 192.0.2.9;branch=z9hG4bK1\r\nSupported: path\r\n" FLOW));
    CHECK_INT(0, reads("Via: SIP/2.0/UDP 192.0.2.9;branch=z9hG4bK1\r\n" SUPPORTED
                       "Contact: <sip:bob@192.0.2.4>;reg-id=1\r\n"));
}

/* RFC 3261 8.2.3, 20.11 */
TEST(a_body_is_refused_unless_it_may_be_ignored)
{
    CHECK_INT(415, reads_body("Content-Type: text/plain\r\n", "hello"));
    CHECK_INT(415, reads_body("Content-Type: text/plain\r\nContent-Disposition: x;handling=required\r\n", "hello"));
    CHECK_INT(0, reads_body("Content-Type: text/plain\r\nContent-Disposition: x ; handling=Optional\r\n", "hello"));
    CHECK_INT(0, reads_body("", "hello"));
    CHECK_INT(0, reads("Content-Type: text/plain\r\n"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_extension_that_is_required_and_not_known_is_named),
        cmocka_unit_test(what_does_not_fit_is_left_out_by_whole_lines),
        cmocka_unit_test(all_values_of_path_are_kept_in_their_order),
        cmocka_unit_test(a_path_that_is_no_route_is_refused),
        cmocka_unit_test(a_path_for_a_phone_that_does_not_know_it_is_refused_unless_told_otherwise),
        cmocka_unit_test(what_is_kept_of_a_path_is_bounded),
        cmocka_unit_test(outbound_is_in_use_if_the_phone_knows_it_and_names_its_flow),
        cmocka_unit_test(a_first_hop_that_does_not_keep_the_flow_is_named),
        cmocka_unit_test(a_body_is_refused_unless_it_may_be_ignored),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
