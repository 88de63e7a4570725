/* SPDX-License-Identifier: BSD-2-Clause */
#include "server/abuse_rules.h"

#include "support/alloc.h"
#include "support/test.h"

static const struct config *config;

static struct abuse_rules *rules(const char *text)
{
    struct abuse_rules *r;

    CHECK_INT(0, config_parse(slice_from(text), "test", NULL, NULL, &config));
    r = abuse_rules_new(config);
    CHECK(r != NULL);
    return r;
}

static void drop(struct abuse_rules *r)
{
    abuse_rules_free(r);
    config_free(config);
}

static bool allows(const struct abuse_rules *r, const char *address)
{
    struct address a;

    CHECK(address_parse_ip(slice_from(address), &a));
    return abuse_allows(r, &a);
}

TEST(this_host_is_allowed_everything_unless_it_is_said_who_is)
{
    struct abuse_rules *r = rules("");

    CHECK(allows(r, "127.0.0.1") && allows(r, "127.9.9.9") && allows(r, "::1"));
    CHECK(!allows(r, "192.0.2.1") && !allows(r, "::2"));
    drop(r);
    r = rules("allow = {\"192.0.2.0/24\", \"2001:db8::/32\", \"192.0.2.0/24\"}");
    CHECK(allows(r, "192.0.2.7") && allows(r, "2001:db8::7") && !allows(r, "127.0.0.1"));
    CHECK_INT(2, r->allowed_count);
    drop(r);
}

TEST(a_source_has_a_limit_without_a_word_and_none_if_it_is_said)
{
    struct abuse_rules *r = rules("");

    CHECK_INT(1, r->limit_count);
    CHECK(r->limits[0].interval == 5000 && r->limits[0].burst == 1000);
    CHECK_INT(1U << PER_SOURCE, r->pers);
    drop(r);
    r = rules("source_rate = 0");
    CHECK_INT(0, r->limit_count);
    CHECK_INT(0, r->pers);
    drop(r);
}

TEST(a_limit_is_as_its_section_says)
{
    struct abuse_rules *r =
        rules("limit \"calls\" { method = {\"INVITE\", \"other\"} per = \"user\" rate = \"10/m\" burst = 3\n"
              "answer = \"403\" }\nlimit \"all\" { rate = \"5/s\" }\nlimit \"few\" { rate = \"1/h\" per = "
              "\"trunk\" answer = \"drop\" }");

    CHECK_INT(4, r->limit_count);
    CHECK_SLICE("calls", r->limits[1].name);
    CHECK(r->limits[1].methods == (1U << METHOD_INVITE | 1U << METHOD_OTHER));
    CHECK(r->limits[1].per == PER_USER && r->limits[1].answer == LIMIT_SAY_403);
    CHECK(r->limits[1].interval == 6000000 && r->limits[1].burst == 3);
    CHECK(r->limits[2].methods == 0 && r->limits[2].per == PER_SOURCE && r->limits[2].answer == LIMIT_SAY_503);
    CHECK_INT(50, r->limits[2].burst);
    CHECK_INT(1, r->limits[3].burst);
    CHECK(r->limits[3].per == PER_TRUNK && r->limits[3].answer == LIMIT_DROP);
    CHECK(r->limits[1].key != r->limits[2].key);
    CHECK_INT(1U << PER_SOURCE | 1U << PER_USER | 1U << PER_TRUNK, r->pers);
    drop(r);
}

TEST(a_peer_has_a_tenth_of_all_transactions_unless_it_is_said)
{
    struct abuse_rules *r = rules("max_server_transactions = 50000");

    CHECK_INT(5000, r->peer_transactions);
    drop(r);
    r = rules("max_server_transactions = 16"); /* where all are few, no peer is held for a tenth of them */
    CHECK_INT(1024, r->peer_transactions);
    drop(r);
    r = rules("max_peer_transactions = 7");
    CHECK_INT(7, r->peer_transactions);
    drop(r);
}

static void note(void *arg, const char *text)
{
    struct buf *b = arg;

    buf_put(b, slice_from(text));
    buf_put_byte(b, '\n');
}

TEST(a_limit_without_a_rate_and_times_that_contradict_each_other_are_mistakes)
{
    static const struct {
        const char *text, *want;
    } cases[] = {
        { "limit \"x\" { per = \"user\" }", "give a rate" },
        { "limit \"x\" { rate = \"10\" }", "s, m or h" },
        { "limit \"x\" { rate = \"1/s\" per = \"user\" answer = \"drop\" }", "is answered" },
        { "limit \"x\" { rate = \"10/s\" per = \"host\" }", "source, user or trunk" },
        { "limit \"x\" { rate = \"10/s\" method = {\"invite\"} }", "a method such as INVITE" },
        { "limit \"x\" { rate = \"10/s\" answer = \"404\" }", "503, 403 or drop" },
        { "allow = {\"192.0.2.0/33\"}", "must be an address" },
        { "scanner_ban = 2h\nscanner_ban_max = 1h", "must not be greater" },
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char       memory[1024];
        struct buf b = BUF_ON(memory);

        CHECK(config_parse(slice_from(cases[i].text), "test", note, &b, &config) != 0);
        if (strstr(buf_cstr(&b), cases[i].want) == NULL)
            CHECK_SLICE(cases[i].want, buf_slice(&b));
    }
}

TEST(without_memory_there_are_no_rules)
{
    CHECK_INT(0, config_parse(SLICE("limit \"x\" { rate = \"10/s\" }"), "test", NULL, NULL, &config));
    for (unsigned n = 1;; n++) {
        struct abuse_rules *r;

        alloc_fail_at(n);
        r = abuse_rules_new(config);
        alloc_fail_at(0);
        abuse_rules_free(r);
        if (r != NULL)
            break;
    }
    config_free(config);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(this_host_is_allowed_everything_unless_it_is_said_who_is),
        cmocka_unit_test(a_source_has_a_limit_without_a_word_and_none_if_it_is_said),
        cmocka_unit_test(a_limit_is_as_its_section_says),
        cmocka_unit_test(a_peer_has_a_tenth_of_all_transactions_unless_it_is_said),
        cmocka_unit_test(a_limit_without_a_rate_and_times_that_contradict_each_other_are_mistakes),
        cmocka_unit_test(without_memory_there_are_no_rules),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
