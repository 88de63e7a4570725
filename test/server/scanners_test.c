/* SPDX-License-Identifier: BSD-2-Clause */
#include "server/scanners.h"

#include "support/test.h"

#include <stdio.h>

static struct random_seeded seeded;
static const struct random  random_ = { random_seeded_fill, &seeded };

static const struct scan_rules rules = {
    60000, { [SCAN_UNKNOWN] = 20, [SCAN_GUESSED] = 5, [SCAN_REFUSED] = 10, [SCAN_MALFORMED] = 0 }
};

static struct scanners *open_scanners(void)
{
    random_seed(&seeded, 1);
    return scanners_new(&random_);
}

static bool note(struct scanners *s, const char *source, enum scan_kind kind, const char *what, msec now)
{
    struct address a;

    CHECK(address_parse_ip(slice_from(source), &a));
    return scanners_note(s, &rules, &a, true, kind, slice_from(what), now);
}

/* So many different users; when the limit was reached, 0: never. */
static unsigned ask_for(struct scanners *s, unsigned count, msec now)
{
    char name[16];

    for (unsigned i = 1; i <= count; i++) {
        snprintf(name, sizeof name, "%u", 100 + i);
        if (note(s, "192.0.2.66", SCAN_UNKNOWN, name, now))
            return i;
    }
    return 0;
}

TEST(many_different_users_are_a_scan)
{
    struct scanners *s  = open_scanners();
    unsigned         at = ask_for(s, 40, 0);

    CHECK(at >= 20 && at <= 24); /* a few may be taken for others */
    CHECK_INT(0, ask_for(s, 19, 0));
    scanners_free(s);
}

TEST(one_user_asked_for_again_and_again_is_none)
{
    struct scanners *s = open_scanners();

    for (int i = 0; i < 1000; i++)
        CHECK(!note(s, "192.0.2.66", SCAN_UNKNOWN, "105", 0) && !note(s, "192.0.2.66", SCAN_GUESSED, "bob", 0));
    scanners_free(s);
}

TEST(what_is_about_no_user_counts_each_time)
{
    struct scanners *s = open_scanners();

    for (int i = 0; i < 9; i++)
        CHECK(!note(s, "192.0.2.66", SCAN_REFUSED, "", 0));
    CHECK(note(s, "192.0.2.66", SCAN_REFUSED, "", 0));
    scanners_free(s);
}

TEST(each_source_each_kind_and_each_kind_of_transport_has_its_own_count)
{
    struct scanners *s = open_scanners();
    struct address   a;

    for (int i = 0; i < 9; i++)
        (void)note(s, "192.0.2.66", SCAN_REFUSED, "", 0);
    CHECK(!note(s, "192.0.2.67", SCAN_REFUSED, "", 0));
    CHECK(!note(s, "192.0.2.66", SCAN_GUESSED, "", 0));
    CHECK(address_parse_ip(SLICE("192.0.2.66"), &a));
    CHECK(!scanners_note(s, &rules, &a, false, SCAN_REFUSED, SLICE(""), 0));
    CHECK(note(s, "192.0.2.66", SCAN_REFUSED, "", 0));
    scanners_free(s);
}

TEST(a_count_begins_anew_when_its_window_is_over)
{
    struct scanners *s = open_scanners();

    for (int i = 0; i < 9; i++)
        (void)note(s, "192.0.2.66", SCAN_REFUSED, "", 1000);
    CHECK(!note(s, "192.0.2.66", SCAN_REFUSED, "", 61000));
    scanners_free(s);
}

TEST(without_a_limit_nothing_is_counted)
{
    struct scanners *s = open_scanners();

    for (int i = 0; i < 10000; i++)
        CHECK(!note(s, "192.0.2.66", SCAN_MALFORMED, "", 0));
    scanners_free(s);
}

TEST(its_memory_is_accounted_for)
{
    struct scanners *s = open_scanners();
    struct budget    budget;

    accounts_init(&budget, 1 << 30);
    scanners_account(s, &budget);
    CHECK(budget_total(&budget).bytes > 0);
    scanners_free(s);
    CHECK_INT(0, budget_total(&budget).bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(many_different_users_are_a_scan),
        cmocka_unit_test(one_user_asked_for_again_and_again_is_none),
        cmocka_unit_test(what_is_about_no_user_counts_each_time),
        cmocka_unit_test(each_source_each_kind_and_each_kind_of_transport_has_its_own_count),
        cmocka_unit_test(a_count_begins_anew_when_its_window_is_over),
        cmocka_unit_test(without_a_limit_nothing_is_counted),
        cmocka_unit_test(its_memory_is_accounted_for),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
