/* SPDX-License-Identifier: BSD-2-Clause */
#include "server/config_policy_check.h"

#include "support/test.h"

static char       memory[4096];
static struct buf said;

static void hear(void *arg, const char *line)
{
    (void)arg;
    buf_printf(&said, "%s\n", line);
}

static void check_said(const char *wanted, const char *text)
{
    const struct config *c = NULL;

    said = BUF_ON(memory);
    (void)config_parse(slice_from(text), "t.conf", hear, NULL, &c);
    config_free(c);
    CHECK_SLICE(wanted, buf_slice(&said));
}

TEST(what_fits_together_is_taken)
{
    check_said("", "domain = a.test tls_clients = optional\n"
                   "trunk one { address = {\"192.0.2.0/24\"} certificate = {one.test} to = \"sip:one.test\" }\n"
                   "trunk two { address = {\"192.0.2.7\"} }\n"
                   "number a { match = \"(1)2\" replace = \"\\\\1\" from = {\"trunk:one\", \"*@a.test\"} }\n"
                   "route \"+49*\" { to = {\"trunk:one\", \"sip:gw.test weight=2\"} }\n");
}

TEST(a_trunk_must_be_known_by_something_and_not_be_another)
{
    check_said("t.conf:1: trunk \"one\": give address, certificate or to\n", "trunk one { trusted = yes }");
    check_said(
        "t.conf:1: trunk \"one\": nobody is asked for a certificate; set tls_clients = optional, or clients of a "
        "listener\n",
        "trunk one { certificate = {one.test} }");
    check_said("", "listen = {\"tls:127.0.0.1:5061 clients optional\"} trunk one { certificate = {one.test} }");
    check_said("t.conf:2: trunk \"two\": address 192.0.2.7 is (partly) that of trunk \"one\", 192.0.2.0/24\n",
               "trunk one { address = {\"192.0.2.0/24\"} }\ntrunk two { address = {\"192.0.2.7\"} }");
}

TEST(a_number_rule_must_make_sense)
{
    check_said("t.conf:1: number \"a\": replace = \"\\2\": \\2: the pattern has 1 groups\n",
               "number a { match = \"(1)2\" replace = \"\\\\2\" }");
    check_said("t.conf:1: number \"a\": a prefix has no groups for replace; write match\n",
               "number a { prefix = 1 replace = \"\\\\1\" }");
    check_said("t.conf:1: number \"a\": from = \"trunk:one\": there is no such trunk\n",
               "number a { prefix = 1 strip = 1 from = {\"trunk:one\"} }");
    check_said("t.conf:1: number \"a\": from = \"x@b.test\": this is none of our domains\n",
               "domain = a.test number a { prefix = 1 strip = 1 from = {\"x@b.test\"} }");
    check_said("t.conf:1: number \"a\": more means nothing with reject\n",
               "number a { prefix = 1 reject = 404 more = yes }");
}

TEST(a_route_leads_to_trunks_that_there_are)
{
    check_said("t.conf:1: route \"b.test\": there is no trunk \"one\"\n", "route b.test { to = \"trunk:one\" }");
    check_said("t.conf:2: route \"b.test\": trunk \"one\" has no to\n",
               "trunk one { address = {\"192.0.2.7\"} }\nroute b.test { to = \"trunk:one\" }");
    check_said("t.conf:1: route \"b.test\": at most 16 targets\n",
               "route b.test { to = "
               "{\"sip:a\",\"sip:b\",\"sip:c\",\"sip:d\",\"sip:e\",\"sip:f\",\"sip:g\",\"sip:h\",\"sip:i\",\"sip:j\","
               "\"sip:k\",\"sip:l\",\"sip:m\",\"sip:n\",\"sip:o\",\"sip:p\",\"sip:q\"} }");
}

TEST(a_stateless_route_leads_to_addresses_and_waits_for_nothing)
{
    check_said("", "trunk one { to = \"sip:192.0.2.7\" }\n"
                   "route b.test { to = {\"trunk:one\", \"sip:[2001:db8::1]:5070\"} stateless = yes }");
    check_said("t.conf:1: route \"b.test\": stateless: the target \"sip:gw.test\" has to be an address\n",
               "route b.test { to = \"sip:gw.test\" stateless = yes }");
    check_said("t.conf:2: route \"b.test\": stateless: the target \"trunk:one\" has to be an address\n",
               "trunk one { to = \"sip:gw.test\" }\nroute b.test { to = \"trunk:one\" stateless = yes }");
    check_said(
        "t.conf:1: route \"b.test\": stateless waits for no answer: redirect, fail_over and timeout mean nothing\n",
        "route b.test { to = \"sip:192.0.2.7\" stateless = yes timeout = 2s }");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_fits_together_is_taken),
        cmocka_unit_test(a_trunk_must_be_known_by_something_and_not_be_another),
        cmocka_unit_test(a_number_rule_must_make_sense),
        cmocka_unit_test(a_route_leads_to_trunks_that_there_are),
        cmocka_unit_test(a_stateless_route_leads_to_addresses_and_waits_for_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
