/* SPDX-License-Identifier: BSD-2-Clause */
#include "server/config_together.h"

#include "base/error.h"
#include "support/test.h"

static void on_problem(void *arg, const char *text)
{
    struct buf *said = arg;

    buf_put(said, slice_from(text));
    buf_put_byte(said, '\n');
}

/* All that is said about `text`; nothing: it is good. */
static void check_said(const char *want, const char *text)
{
    const struct config *c = NULL;
    char                 memory[2048];
    struct buf           said  = BUF_ON(memory);
    int                  error = config_parse(test_guarded(slice_from(text)), "t.conf", on_problem, &said, &c);

    CHECK_SLICE(want, buf_slice(&said));
    CHECK_INT(*want == '\0' ? 0 : -ERR_SYNTAX, error);
    config_free(c);
}

TEST(keys_that_contradict_each_other_are_named)
{
    check_said("t.conf:2: default_expires must not be greater than max_expires (they are 1h and 10m)\n",
               "\nmax_expires = 10m\n");
    check_said("t.conf:1: redirect sections mean nothing without redirect_server = true\n",
               "redirect a.test { to = \"sip:b\" }");
    check_said("t.conf:1: t1 must not be greater than t2 (they are 5s and 4s)\n", "t1 = 5s");
}

TEST(registrations_that_cannot_be_are_named_with_their_line)
{
    check_said("t.conf:2: registrations \"b.test\": this is none of our domains; add it to domain\n",
               "domain = a.test\nregistrations \"b.test\" { }");
    check_said(
        "t.conf:3: registrations \"a.test\": min_expires must not be greater than default_expires (they are 40m and "
        "30m)\n"
        "t.conf:3: registrations \"a.test\": default_expires must not be greater than max_expires (they are 30m and "
        "10m)\n",
        "domain = a.test\nregistrations \"a.test\" { min_expires = 40m\ndefault_expires = 30m max_expires = 10m }");
    check_said("t.conf:2: min_expires = \"2h\": must be 1s to 1h, with a unit: ms, s, m, h or d\n",
               "domain = a.test\nregistrations \"a.test\" { min_expires = 2h }");
    check_said("t.conf:1: service_route = \"sip:a.test\": must be a sip or sips URI with ;lr such as "
               "sip:proxy.example.com;lr\n",
               "service_route = {\"sip:a.test\"}");
}

/* RFC 3261 10.3 step 4 */
TEST(a_rule_about_third_parties_is_of_users_that_we_have)
{
    check_said("", "domain = a.test third_party = {\"pbx@a.test *\", \"x@a.test y@A.test\"}");
    check_said("t.conf:2: third_party = \"pbx@b.test *\": b.test is none of our domains\n",
               "domain = a.test\nthird_party = {\"pbx@b.test *\"}");
    check_said("t.conf:2: third_party = \"pbx@a.test *@b.test\": b.test is none of our domains\n",
               "domain = a.test\nthird_party = {\"pbx@a.test *@b.test\"}");
    check_said("t.conf:1: third_party = \"pbx\": must be a user, a blank, and whom that one may register: "
               "boss@example.com, *@example.com or *\n",
               "third_party = {pbx}");
    check_said("t.conf:2: third_party means nothing with authentication = false: anybody may register anybody\n",
               "domain = a.test authentication = no\nthird_party = {\"pbx@a.test *\"}");
}

TEST(numbers_are_not_shown_to_everybody_by_mistake)
{
    check_said("", "metrics = \"127.0.0.1:9464\"");
    check_said("", "metrics = \"192.0.2.1:9464\" metrics_remote = yes");
    check_said("t.conf:2: metrics on 192.0.2.1:9464 could be read from other hosts: take a loopback address, or set "
               "metrics_remote = true\n",
               "\nmetrics = \"192.0.2.1:9464\"");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_that_contradict_each_other_are_named),
        cmocka_unit_test(registrations_that_cannot_be_are_named_with_their_line),
        cmocka_unit_test(a_rule_about_third_parties_is_of_users_that_we_have),
        cmocka_unit_test(numbers_are_not_shown_to_everybody_by_mistake),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
