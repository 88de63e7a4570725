/* SPDX-License-Identifier: BSD-2-Clause */
/* The resolver against name servers that misbehave, each in a way that the name says. */
#include "net/name_servers.h"

#include "base/error.h"
#include "net/resolver.h"
#include "support/dns_hostile.h"
#include "support/live.h"
#include "support/log_keep.h"

#include <ares.h>
#include <stdio.h>
#include <unistd.h>

enum { PATIENCE = 60 }; /* ms for the first try */

static struct dns_hostile one, two;
static struct log_keep    lines;
static struct world      *world;

/* What came of a question, and in which order. */
struct asker {
    struct query    *query;
    unsigned         answers, place;
    int              error;
    size_t           count;
    struct record    first;
    enum dns_outcome outcome;
    uint32_t         ttl;
    unsigned         timeouts;
};

static unsigned     places;
static struct asker last; /* as it was reported */

static void on_dns(void *owner, const struct dns_report *report)
{
    (void)owner;
    last.outcome  = report->answer->outcome;
    last.ttl      = report->answer->ttl;
    last.timeouts = report->timeouts;
}

static int make_world(const char *servers)
{
    struct world_uv_options options = { .dns_servers = servers, .dns_timeout = PATIENCE, .on_dns = on_dns };

    log_keep_init(&lines, LOG_DEBUG);
    world = live_world_new(&lines.log, &options);
    return world == NULL;
}

static int setup(void **state)
{
    char servers[64];

    (void)state;
    places = 0;
    if (!dns_hostile_open(&one) || !dns_hostile_open(&two))
        return 1;
    snprintf(servers, sizeof servers, "127.0.0.1:%u", one.server.port);
    return make_world(servers);
}

static int setup_two(void **state)
{
    char servers[64];

    (void)state;
    places = 0;
    if (!dns_hostile_open(&one) || !dns_hostile_open(&two))
        return 1;
    snprintf(servers, sizeof servers, "127.0.0.1:%u,127.0.0.1:%u", one.server.port, two.server.port);
    return make_world(servers);
}

static int teardown(void **state)
{
    int broken = live_world_free(world);

    (void)state;
    dns_hostile_close(&one);
    dns_hostile_close(&two);
    return broken;
}

static void on_records(void *owner, int error, const struct record *records, size_t count)
{
    struct asker *a = owner;

    a->answers++;
    a->place = ++places;
    a->error = error;
    a->count = count;
    if (count > 0)
        a->first = records[0];
}

static void ask(struct asker *a, const char *name, enum record_type type)
{
    *a = (struct asker){ .answers = 0 };
    CHECK_INT(0, world_resolve(world, slice_from(name), type, on_records, a, &a->query));
}

static void serve(void)
{
    dns_server_serve(&one.server);
    dns_server_serve(&two.server);
    world_uv_turn(world, 5);
}

#define SERVE_UNTIL(condition)                                                                                         \
    do {                                                                                                               \
        for (msec end = loop_clock() + 5000; !(condition) && loop_clock() < end;)                                      \
            serve();                                                                                                   \
        CHECK(condition);                                                                                              \
    } while (0)

static struct asker resolve(const char *name)
{
    struct asker a;

    ask(&a, name, RECORD_A);
    SERVE_UNTIL(a.answers == 1);
    a.outcome  = last.outcome;
    a.ttl      = last.ttl;
    a.timeouts = last.timeouts;
    return a;
}

/* One address, and the true one. */
static void check_true(const struct asker *a)
{
    struct address truth = address_v4(192, 0, 2, HOSTILE_TRUTH, 0);

    CHECK_INT(0, a->error);
    CHECK_INT(1, a->count);
    CHECK(address_eq_ip(&truth, &a->first.address));
}

static uint64_t count_of(const struct counter *c)
{
    return counter_read(c);
}

/* ---- lies (RFC 5452) ---- */

TEST(an_answer_with_another_id_is_ignored)
{
    struct asker a = resolve("wrong-id.test");

    check_true(&a);
}

TEST(an_answer_to_another_question_is_ignored)
{
    struct asker a = resolve("wrong-question.test");

    check_true(&a);
}

TEST(an_answer_from_where_nothing_was_sent_to_is_ignored)
{
    struct asker a = resolve("wrong-port.test");

    check_true(&a);
}

TEST(records_of_another_class_are_ignored)
{
    struct asker a = resolve("wrong-class.test");

    check_true(&a);
}

TEST(records_that_nobody_asked_for_poison_nothing)
{
    struct asker a = resolve("extra.test");

    check_true(&a);
    a = resolve("victim.test"); /* not out of the cache */
    check_true(&a);
    CHECK_INT(2, one.server.asked);
}

/* ---- shapes ---- */

TEST(what_is_no_message_is_like_silence)
{
    struct asker a = resolve("wild.test");

    CHECK_INT(-ERR_TIMEOUT, a.error);
    CHECK_INT(0, a.count);
}

TEST(records_that_make_no_sense_are_passed_over)
{
    struct asker a = resolve("garbage.test");

    CHECK_INT(0, a.count);
}

TEST(aliases_are_followed_and_circles_are_not)
{
    struct asker a = resolve("chain.test");

    check_true(&a);
    CHECK_INT(56, a.ttl); /* of the alias that lives shortest */
    a = resolve("circle.test");
    CHECK_INT(-ERR_TIMEOUT, a.error);
    CHECK_INT(DNS_CIRCLE, a.outcome);
    CHECK_INT(DNS_CIRCLE, resolve("long-chain.test").outcome);
}

TEST(a_ttl_is_believed_for_a_day_at_most_and_not_at_all_if_it_is_0)
{
    struct asker a = resolve("huge-ttl.test");

    check_true(&a);
    CHECK_INT(DNS_TTL_MAX, a.ttl);
    CHECK_INT(INT32_MAX, a.first.ttl);
    a = resolve("zero-ttl.test");
    check_true(&a);
    CHECK_INT(2, one.server.asked);
    resolve("zero-ttl.test");
    CHECK_INT(3, one.server.asked);
}

TEST(there_is_no_such_name_holds_as_long_as_its_soa_says)
{
    CHECK_INT(DNS_NO_NAME, resolve("none.test").outcome);
    CHECK_INT(DNS_NO_RECORD, resolve("empty.test").outcome);
    CHECK_INT(2, one.server.asked);
    CHECK_INT(-ERR_NAME, resolve("none.test").error);
    CHECK_INT(0, resolve("empty.test").error);
    CHECK_INT(2, one.server.asked);
    CHECK_INT(2, count_of(&world->counters.dns_cache_hits));
    resolve("no-soa.test"); /* RFC 2308 5: not to be kept */
    resolve("no-soa.test");
    CHECK_INT(4, one.server.asked);
}

/* ---- codes ---- */

TEST(codes_that_are_no_answer_are_failures)
{
    CHECK_INT(DNS_FAILED, resolve("servfail.test").outcome);
    CHECK_INT(DNS_FAILED, resolve("refused.test").outcome);
    CHECK_INT(DNS_FAILED, resolve("notimp.test").outcome);
    CHECK_INT(3, count_of(&world->counters.dns_failures));
    CHECK_INT(0, count_of(&world->counters.dns_timeouts));
}

/* RFC 6891 7. */
TEST(a_server_without_edns_is_asked_without)
{
    struct asker a = resolve("no-edns.test");

    check_true(&a);
    CHECK_INT(2, one.server.asked);
}

/* ---- TCP ---- */

TEST(a_truncated_answer_comes_by_tcp)
{
    struct asker a = resolve("truncated.test");

    check_true(&a);
    CHECK_INT(1, one.server.asked);
    CHECK_INT(1, one.server.asked_tcp);
}

TEST(an_answer_that_is_always_truncated_is_none)
{
    struct asker a = resolve("always-truncated.test");

    CHECK_INT(-ERR_TIMEOUT, a.error);
    CHECK_INT(0, a.count);
    CHECK(one.server.asked_tcp >= 1);
}

TEST(of_a_thousand_records_there_are_so_many_and_no_more)
{
    struct asker a = resolve("many.test");

    CHECK_INT(0, a.error);
    CHECK_INT(DNS_RECORDS, a.count);
    CHECK_INT(1, one.server.asked_tcp);
}

TEST(half_an_answer_by_tcp_is_silence)
{
    CHECK_INT(-ERR_TIMEOUT, resolve("half.test").error);
    CHECK_INT(-ERR_TIMEOUT, resolve("half-and-shut.test").error);
    CHECK(one.server.asked_tcp >= 2);
}

/* ---- time ---- */

TEST(a_silent_server_is_asked_twice_and_told_of_once)
{
    struct asker a = resolve("silent.test");

    CHECK_INT(-ERR_TIMEOUT, a.error);
    CHECK_INT(DNS_SILENT, a.outcome);
    CHECK_INT(2, a.timeouts);
    CHECK_INT(1, one.server.asked);
    CHECK_INT(2, one.server.tries);
    CHECK_INT(2, count_of(&world->counters.dns_timeouts));
    CHECK_INT(1, count_of(&world->counters.dns_failures));
    resolve("_a.servfail.test");
    CHECK_INT(1, log_keep_count(&lines, "event=dns_failed"));
    CHECK_INT(1, log_keep_count(&lines, "name=silent.test"));
    world->now += RESOLVER_LINES;
    resolve("_b.servfail.test");
    CHECK_INT(1, log_keep_count(&lines, "name=_b.servfail.test"));
    CHECK_INT(1, log_keep_count(&lines, "suppressed=1"));
}

TEST(a_late_answer_changes_nothing)
{
    struct asker a = resolve("late.test");

    CHECK_INT(-ERR_TIMEOUT, a.error);
    CHECK_INT(2, one.late_count);
    dns_hostile_answer_late(&one);
    for (unsigned i = 0; i < 5; i++)
        serve();
    CHECK_INT(-ERR_TIMEOUT, resolve("late.test").error); /* the failure is kept */
    a = resolve("other.test");
    check_true(&a);
}

TEST(a_name_that_waits_delays_no_other)
{
    struct asker slow, half, quick;

    ask(&slow, "silent.test", RECORD_A);
    ask(&half, "half.test", RECORD_A);
    ask(&quick, "quick.test", RECORD_A);
    SERVE_UNTIL(slow.answers + half.answers + quick.answers == 3);
    CHECK_INT(1, quick.place);
    check_true(&quick);
    CHECK_INT(-ERR_TIMEOUT, slow.error);
}

TEST(each_misbehaviour_ends_and_none_of_them_stops_the_next_question)
{
    char name[64];

    for (unsigned i = 0; dns_hostile_name(i) != NULL; i++)
        for (unsigned k = 0; k < 3; k++) {
            static const enum record_type types[] = { RECORD_AAAA, RECORD_SRV, RECORD_NAPTR };
            struct asker                  a;

            snprintf(name, sizeof name, "_sip._udp.%s.test", dns_hostile_name(i));
            ask(&a, name, types[k]);
            SERVE_UNTIL(a.answers == 1);
            snprintf(name, sizeof name, "good%u-%u.test", i, k);
            a = resolve(name);
            check_true(&a);
        }
}

/* ---- several servers ---- */

TEST(a_server_that_fails_is_followed_by_the_next_at_once)
{
    static const char *const failures[] = { "servfail", "refused", "notimp" };

    for (unsigned i = 0; i < 3; i++) {
        char         name[32];
        struct asker a;

        one.always = failures[i];
        snprintf(name, sizeof name, "good%u.test", i);
        a = resolve(name);
        check_true(&a);
        CHECK_INT(0, a.timeouts);
        CHECK_INT(i + 1, one.server.asked);
        CHECK_INT(i + 1, two.server.asked);
    }
}

TEST(when_all_servers_fail_there_is_an_error)
{
    one.always = two.always = "servfail";
    CHECK_INT(DNS_FAILED, resolve("good.test").outcome);
}

TEST(a_port_that_is_closed_is_followed_by_the_next_at_once)
{
    struct asker a;

    close(one.server.udp);
    one.server.udp = -1;
    a              = resolve("good.test");
    check_true(&a);
    CHECK_INT(0, a.timeouts);
}

TEST(after_silence_the_server_that_answers_is_asked_first)
{
    struct asker a;

    one.always = "silent";
    a          = resolve("a.test");
    check_true(&a);
    CHECK_INT(1, a.timeouts);
    CHECK_INT(1, log_keep_count(&lines, "event=dns_slow"));
    a = resolve("b.test");
    check_true(&a);
    CHECK_INT(0, a.timeouts);
    CHECK_INT(1, one.server.asked);
    CHECK_INT(2, two.server.asked);
    one.always = NULL; /* and back again */
    two.always = "silent";
    a          = resolve("c.test");
    check_true(&a);
    a = resolve("d.test");
    check_true(&a);
    CHECK_INT(0, a.timeouts);
    CHECK(live_sleeps(world));
}

static void on_begin(void *arg, msec now)
{
    (void)arg;
    (void)now;
}

static void on_end(void *arg)
{
    (void)arg;
}

static msec never(void *arg)
{
    (void)arg;
    return NEVER;
}

static void first_of(const struct name_servers *n, char text[ADDRESS_TEXT])
{
    struct buf b = buf_on(text, ADDRESS_TEXT);

    name_servers_first(n, &b);
    buf_cstr(&b);
}

static void on_reply(void *owner, const struct name_reply *reply)
{
    (void)reply;
    ++*(unsigned *)owner;
}

/* While the servers of before still have a question, there is no place for new ones. */
TEST(servers_that_change_again_while_others_end_are_taken_up_afterwards)
{
    const struct loop_user nobody  = { on_begin, on_end, never, NULL };
    struct loop           *loop    = loop_new(&nobody); /* its time is the world's */
    struct name_servers   *n       = name_servers_new(loop, world, NULL, PATIENCE);
    unsigned               answers = 0;
    char                   servers[64], file[ADDRESS_TEXT], first[ADDRESS_TEXT];

    CHECK(n != NULL);
    first_of(n, file);
    one.always = "silent";
    snprintf(servers, sizeof servers, "127.0.0.1:%u", one.server.port);
    CHECK_INT(ARES_SUCCESS, ares_set_servers_ports_csv(name_servers_channel(n), servers));
    name_servers_ask(n, "a.test", RECORD_A, on_reply, &answers);
    name_servers_reload(n);
    CHECK_INT(ARES_SUCCESS, ares_set_servers_ports_csv(name_servers_channel(n), servers));
    name_servers_reload(n);
    first_of(n, first);
    CHECK(strcmp(file, first) != 0);
    SERVE_UNTIL(answers == 1);
    for (msec end = loop_clock() + 5000; strcmp(file, first) != 0 && loop_clock() < end; first_of(n, first))
        serve();
    assert_string_equal(file, first);
    name_servers_free(n);
    loop_free(loop);
}

TEST(a_world_may_go_while_servers_are_silent)
{
    struct asker a[3];

    one.always = "silent";
    ask(&a[0], "a.test", RECORD_A);
    ask(&a[1], "_sip._udp.silent.test", RECORD_SRV);
    SERVE_UNTIL(a[0].answers == 1); /* by the second server: the former channel has one question more */
    ask(&a[2], "c.test", RECORD_A);
    live_world_free(world);
    CHECK_INT(0, a[1].answers + a[2].answers);
    world = live_world_new(NULL, NULL);
    CHECK(world != NULL);
}

#define ONE_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
#define TWO_TEST(name) cmocka_unit_test_setup_teardown(name, setup_two, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        ONE_TEST(an_answer_with_another_id_is_ignored),
        ONE_TEST(an_answer_to_another_question_is_ignored),
        ONE_TEST(an_answer_from_where_nothing_was_sent_to_is_ignored),
        ONE_TEST(records_of_another_class_are_ignored),
        ONE_TEST(records_that_nobody_asked_for_poison_nothing),
        ONE_TEST(what_is_no_message_is_like_silence),
        ONE_TEST(records_that_make_no_sense_are_passed_over),
        ONE_TEST(aliases_are_followed_and_circles_are_not),
        ONE_TEST(a_ttl_is_believed_for_a_day_at_most_and_not_at_all_if_it_is_0),
        ONE_TEST(there_is_no_such_name_holds_as_long_as_its_soa_says),
        ONE_TEST(codes_that_are_no_answer_are_failures),
        ONE_TEST(a_server_without_edns_is_asked_without),
        ONE_TEST(a_truncated_answer_comes_by_tcp),
        ONE_TEST(an_answer_that_is_always_truncated_is_none),
        ONE_TEST(of_a_thousand_records_there_are_so_many_and_no_more),
        ONE_TEST(half_an_answer_by_tcp_is_silence),
        ONE_TEST(a_silent_server_is_asked_twice_and_told_of_once),
        ONE_TEST(a_late_answer_changes_nothing),
        ONE_TEST(a_name_that_waits_delays_no_other),
        ONE_TEST(each_misbehaviour_ends_and_none_of_them_stops_the_next_question),
        TWO_TEST(a_server_that_fails_is_followed_by_the_next_at_once),
        TWO_TEST(when_all_servers_fail_there_is_an_error),
        TWO_TEST(a_port_that_is_closed_is_followed_by_the_next_at_once),
        TWO_TEST(after_silence_the_server_that_answers_is_asked_first),
        ONE_TEST(servers_that_change_again_while_others_end_are_taken_up_afterwards),
        TWO_TEST(a_world_may_go_while_servers_are_silent),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
