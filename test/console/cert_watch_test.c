/* SPDX-License-Identifier: BSD-2-Clause */
#include "console/cert_watch.h"

#include "support/log_keep.h"
#include "support/test.h"
#include "support/tls_lab.h"

enum { DAY = 86400 };

static struct tls_lab    lab;
static struct log_keep   kept;
static struct cert_watch watch;
static unsigned          renewals;
static bool              renew_helps;

/* The lab's certificates but these go. */
static void keep_first(size_t count)
{
    for (size_t i = count; i < lab.setup.certificate_count; i++)
        cert_pair_free(&lab.pairs[i]);
    lab.setup.certificate_count = count;
}

/* The certificate of a domain that has so many days left. */
static void add(const char *domain, int days)
{
    struct cert_wish wish = tls_lab_wish(&lab, domain);
    uint64_t         now  = world_wall(lab.world) / 1000;

    wish.not_before = now - 100 * DAY;
    wish.not_after  = now + (uint64_t)days * DAY + 60;
    tls_lab_add_wish(&lab, domain, &wish);
}

static void on_renew(void *arg)
{
    (void)arg;
    renewals++;
    if (!renew_helps)
        return;
    keep_first(0);
    add("a.example", 300);
    tls_shared_set(lab.shared, tls_lab_keys(&lab, &lab.setup));
}

static int setup(void **state)
{
    (void)state;
    tls_lab_init(&lab);
    log_keep_init(&kept, LOG_DEBUG);
    lab.world->log = &kept.log;
    renewals       = 0;
    renew_helps    = false;
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    cert_watch_stop(&watch);
    lab.world->log = NULL;
    tls_lab_fini(&lab);
    return 0;
}

static void begin(void)
{
    tls_lab_load(&lab);
    cert_watch_begin(&watch, lab.world, lab.shared, on_renew, NULL);
}

static void pass_days(unsigned days)
{
    network_run_until(lab.network, network_now(lab.network) + (msec)days * CERT_WATCH_PERIOD);
}

TEST(at_the_start_each_certificate_that_ends_soon_is_one_line)
{
    add("a.example", 31);
    add("b.example", 29);
    begin();
    CHECK_INT(1, log_keep_count(&kept, "event=certificate_ends_soon"));
    CHECK_INT(1, log_keep_count(&kept, "level=warning part=process event=certificate_ends_soon domain=b.example"));
    CHECK_INT(1, log_keep_count(&kept, "days=29"));
    CHECK_INT(0, renewals);
}

TEST(from_thirty_days_before_the_end_on_there_is_a_line_a_day_and_the_files_are_read_first)
{
    add("a.example", 32);
    begin();
    pass_days(2);
    CHECK_INT(0, log_keep_count(&kept, "event=certificate_ends_soon"));
    CHECK_INT(0, renewals);
    pass_days(1);
    CHECK_INT(1, log_keep_count(&kept, "event=certificate_ends_soon"));
    CHECK_INT(1, renewals);
    pass_days(5);
    CHECK_INT(6, log_keep_count(&kept, "event=certificate_ends_soon"));
    CHECK_INT(6, renewals);
}

TEST(after_the_end_it_is_an_error_each_day)
{
    add("a.example", 1);
    begin();
    pass_days(2);
    CHECK_INT(1, log_keep_count(&kept, "level=error part=process event=certificate_has_ended domain=a.example"));
    pass_days(1);
    CHECK_INT(2, log_keep_count(&kept, "event=certificate_has_ended"));
}

/* Somebody has renewed it without telling us. */
TEST(a_certificate_that_was_renewed_on_the_disk_is_taken_up_and_not_warned_of)
{
    add("a.example", 31);
    begin();
    renew_helps = true;
    pass_days(2);
    CHECK_INT(1, renewals);
    CHECK_INT(0, log_keep_count(&kept, "event=certificate_ends_soon"));
    pass_days(5);
    CHECK_INT(1, renewals);
}

TEST(after_a_reload_those_in_use_now_are_looked_at)
{
    add("a.example", 5);
    begin();
    CHECK_INT(1, log_keep_count(&kept, "event=certificate_ends_soon"));
    keep_first(0);
    add("a.example", 6);
    tls_shared_set(lab.shared, tls_lab_keys(&lab, &lab.setup));
    cert_watch_look(&watch);
    CHECK_INT(1, log_keep_count(&kept, "days=6"));
}

TEST(one_that_was_stopped_is_silent_and_may_be_stopped_again)
{
    add("a.example", 5);
    begin();
    cert_watch_stop(&watch);
    pass_days(3);
    CHECK_INT(1, log_keep_count(&kept, "event=certificate_ends_soon"));
    cert_watch_stop(&watch);
}

#define IN_LAB(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_LAB(at_the_start_each_certificate_that_ends_soon_is_one_line),
        IN_LAB(from_thirty_days_before_the_end_on_there_is_a_line_a_day_and_the_files_are_read_first),
        IN_LAB(after_the_end_it_is_an_error_each_day),
        IN_LAB(a_certificate_that_was_renewed_on_the_disk_is_taken_up_and_not_warned_of),
        IN_LAB(after_a_reload_those_in_use_now_are_looked_at),
        IN_LAB(one_that_was_stopped_is_silent_and_may_be_stopped_again),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
