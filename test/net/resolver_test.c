/* SPDX-License-Identifier: BSD-2-Clause */
#include "net/resolver.h"

#include "base/error.h"
#include "net/name_cache.h"
#include "support/alloc.h"
#include "support/dns_server.h"
#include "support/live.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

/* --- a DNS server with a few names --- */

static struct dns_server  server;
static struct dns_writer  reply;
static struct world      *world;
static struct name_cache *cache; /* of the worlds, where one test makes several */
static char               servers[64];

static void answer(struct dns_server *s, const struct dns_question *q)
{
    const char *name = q->name;

    dns_begin(&reply, q->id, 0, name, q->type);
    if (strcmp(name, "silent.example") == 0)
        return;
    if (strcmp(name, "_sip._udp.large.example") == 0) {
        if (q->peer < 0)
            reply.bytes[2] |= 2; /* truncated: ask by TCP */
        for (unsigned i = 0; i < 25 && q->peer >= 0; i++)
            dns_srv(&reply, name, 60, "a-server-with-a-long-name.example", 5060 + i);
    } else if (strcmp(name, "_sip._udp.example") == 0 && q->type == RECORD_SRV) {
        dns_srv(&reply, name, 60, "one.example", 5070);
        dns_srv(&reply, name, 60, "two.example", 5080);
    } else if (strcmp(name, "one.example") == 0 && q->type == RECORD_A) {
        dns_a(&reply, name, 60, 1);
    } else if (strcmp(name, "one.example") == 0 && q->type == RECORD_AAAA) {
        dns_aaaa(&reply, name, 60, 1);
    } else if (strcmp(name, "second.example") == 0) {
        dns_a(&reply, name, 1, 2);
    } else if (strcmp(name, "never-kept.example") == 0) {
        dns_a(&reply, name, 0, 3);
    } else if (strcmp(name, "broken.example") == 0) {
        dns_begin(&reply, q->id, 2, name, q->type);
    } else if (strcmp(name, "one.example") == 0) {
        dns_soa(&reply, "example", 60, 60); /* no such record */
    } else {
        dns_begin(&reply, q->id, 3, name, q->type);
        dns_soa(&reply, "example", 60, 60);
    }
    dns_server_send(s, q, &reply);
}

static int setup(void **state)
{
    struct world_uv_options options = { .dns_servers = servers, .dns_timeout = 60 };

    (void)state;
    if (!dns_server_open(&server, answer, NULL))
        return 1;
    snprintf(servers, sizeof servers, "127.0.0.1:%u", server.port);
    world = live_world_new(NULL, &options);
    return world == NULL;
}

static int teardown(void **state)
{
    int broken = live_world_free(world);

    (void)state;
    dns_server_close(&server);
    name_cache_free(cache);
    cache = NULL;
    return broken;
}

/* --- an asker --- */

struct asker {
    struct query *query, *victim; /* victim: cancelled when the answer comes */
    unsigned      answers;
    int           error;
    size_t        count;
    struct record first;
    char          target[64];
    const char   *again; /* server.asked when the answer comes */
};

static void on_records(void *owner, int error, const struct record *records, size_t count)
{
    struct asker *a = owner;

    a->answers++;
    a->query = NULL;
    a->error = error;
    a->count = count;
    if (count > 0) {
        a->first = records[0];
        snprintf(a->target, sizeof a->target, "%.*s", SLICE_ARG(records[0].target));
    }
    if (a->victim != NULL)
        world->ops->resolve_cancel(a->victim);
    if (a->again != NULL) {
        struct slice name = slice_from(a->again);

        a->again = NULL;
        CHECK_INT(0, world_resolve(world, name, RECORD_A, on_records, a, &a->query));
    }
}

static void ask(struct asker *a, const char *name, enum record_type type)
{
    CHECK_INT(0, world_resolve(world, slice_from(name), type, on_records, a, &a->query));
}

#define SERVE_UNTIL(condition)                                                                                         \
    do {                                                                                                               \
        for (msec end = loop_clock() + 5000; !(condition) && loop_clock() < end; dns_server_serve(&server))            \
            world_uv_turn(world, 5);                                                                                   \
        CHECK(condition);                                                                                              \
    } while (0)

static struct asker resolve(const char *name, enum record_type type)
{
    struct asker a = { 0 };

    ask(&a, name, type);
    CHECK_INT(0, a.answers); /* never from inside the call */
    SERVE_UNTIL(a.answers == 1);
    return a;
}

/* --- what the servers say --- */

TEST(addresses_come_from_the_server)
{
    struct asker   a    = resolve("one.example", RECORD_A);
    struct address want = address_v4(192, 0, 2, 1, 0);

    CHECK_INT(0, a.error);
    CHECK_INT(1, a.count);
    CHECK(address_eq(&a.first.address, &want));
    CHECK_INT(60, a.first.ttl);
    a = resolve("one.example", RECORD_AAAA);
    CHECK_INT(1, a.count);
    CHECK_INT(FAMILY_6, a.first.address.family);
    CHECK_INT(2, server.asked);
}

TEST(services_come_with_ports_and_ttl)
{
    struct asker a = resolve("_sip._udp.example", RECORD_SRV);

    CHECK_INT(0, a.error);
    CHECK_INT(2, a.count);
    CHECK_INT(5070, a.first.port);
    CHECK_INT(60, a.first.ttl);
    CHECK_SLICE("one.example", slice_from(a.target));
}

TEST(an_answer_too_long_for_a_datagram_comes_by_tcp)
{
    struct asker a = resolve("_sip._udp.large.example", RECORD_SRV);

    CHECK_INT(0, a.error);
    CHECK_INT(25, a.count);
    CHECK_SLICE("a-server-with-a-long-name.example", slice_from(a.target));
    CHECK_INT(1, server.asked_tcp);
}

TEST(no_such_name_differs_from_no_such_record)
{
    struct asker a = resolve("nowhere.example", RECORD_A);

    CHECK_INT(-ERR_NAME, a.error);
    a = resolve("one.example", RECORD_NAPTR);
    CHECK_INT(0, a.error);
    CHECK_INT(0, a.count);
}

TEST(a_server_that_fails_or_is_silent_is_a_timeout)
{
    msec         start = loop_clock();
    struct asker a     = resolve("silent.example", RECORD_A);

    CHECK_INT(-ERR_TIMEOUT, a.error);
    CHECK_INT(1, server.asked);
    CHECK_INT(2, server.tries);
    CHECK(loop_clock() - start >= 60);
    a = resolve("broken.example", RECORD_A);
    CHECK_INT(-ERR_TIMEOUT, a.error);
}

TEST(a_refused_question_is_a_timeout_soon)
{
    struct asker a = { 0 };

    close(server.udp); /* the port answers by ICMP now */
    server.udp = -1;
    ask(&a, "one.example", RECORD_A);
    LIVE_UNTIL(world, a.answers == 1);
    CHECK_INT(-ERR_TIMEOUT, a.error);
}

/* --- the cache --- */

TEST(an_answer_is_kept_and_still_comes_later)
{
    resolve("one.example", RECORD_A);
    CHECK_INT(0, resolve("ONE.example.", RECORD_A).error);
    CHECK_INT(1, server.asked);
}

TEST(a_negative_answer_is_kept)
{
    CHECK_INT(-ERR_NAME, resolve("nowhere.example", RECORD_A).error);
    CHECK_INT(-ERR_NAME, resolve("nowhere.example", RECORD_A).error);
    CHECK_INT(1, server.asked);
    CHECK_INT(0, resolve("one.example", RECORD_NAPTR).error);
    CHECK_INT(0, resolve("one.example", RECORD_NAPTR).error);
    CHECK_INT(2, server.asked);
}

TEST(an_answer_is_asked_for_again_when_its_ttl_is_over)
{
    CHECK_INT(1, resolve("second.example", RECORD_A).count);
    CHECK_INT(1, resolve("second.example", RECORD_A).count);
    CHECK_INT(1, server.asked);
    world->now += 1000; /* a question server.asked a second later */
    CHECK_INT(1, resolve("second.example", RECORD_A).count);
    CHECK_INT(2, server.asked);
}

TEST(what_must_not_be_kept_is_asked_for_each_time)
{
    resolve("never-kept.example", RECORD_A);
    resolve("never-kept.example", RECORD_A);
    CHECK_INT(2, server.asked);
}

/* RFC 2308 7: a server that fails is not asked for each message. */
TEST(a_failure_is_kept_for_some_seconds)
{
    resolve("broken.example", RECORD_A);
    CHECK_INT(1, server.asked);
    CHECK_INT(2, server.tries);
    CHECK_INT(-ERR_TIMEOUT, resolve("broken.example", RECORD_A).error);
    CHECK_INT(2, server.tries);
    CHECK_INT(1, counter_read(&world->counters.dns_failures));
    world->now += DNS_FAILURE * 1000;
    CHECK_INT(-ERR_TIMEOUT, resolve("broken.example", RECORD_A).error);
    CHECK_INT(2, server.asked);
}

/* DESIGN: one cache of answers for all workers. */
TEST(what_one_world_has_learnt_all_know_that_share_its_cache)
{
    struct random           random  = world->random;
    struct world_uv_options options = { .dns_servers = servers, .dns_timeout = 60 };
    struct asker            a       = { 0 };
    struct world           *others[3];

    cache = options.names = name_cache_new(0, &random, NULL);
    for (unsigned i = 0; i < 3; i++) {
        others[i] = world_uv_new_with(NULL, &options);
        CHECK(others[i] != NULL);
        CHECK_INT(0, world_resolve(others[i], SLICE("one.example"), RECORD_A, on_records, &a, &a.query));
        for (msec end = loop_clock() + 5000; a.answers <= i && loop_clock() < end; dns_server_serve(&server))
            world_uv_turn(others[i], 5);
    }
    CHECK_INT(3, a.answers);
    CHECK_INT(1, a.count);
    CHECK_INT(1, server.asked);
    CHECK_INT(1, counter_read(&others[0]->counters.dns_queries));
    CHECK_INT(1, counter_read(&others[2]->counters.dns_cache_hits));
    for (unsigned i = 0; i < 3; i++)
        world_uv_free(others[i]);
}

TEST(many_who_ask_the_same_share_one_question)
{
    struct asker askers[50] = { 0 };
    unsigned     answers    = 0;

    for (unsigned i = 0; i < 50; i++)
        ask(&askers[i], i % 2 == 0 ? "one.example" : "One.Example", RECORD_A);
    SERVE_UNTIL(askers[49].answers == 1);
    for (unsigned i = 0; i < 50; i++)
        answers += askers[i].answers * (unsigned)askers[i].count;
    CHECK_INT(50, answers);
    CHECK_INT(1, server.asked);
}

/* --- names that need no server --- */

TEST(literal_addresses_answer_themselves_in_a_later_turn)
{
    struct asker   a    = resolve("192.0.2.44", RECORD_A);
    struct address want = address_v4(192, 0, 2, 44, 0);

    CHECK_INT(1, a.count);
    CHECK(address_eq(&a.first.address, &want));
    CHECK_INT(1, resolve("2001:db8::1", RECORD_AAAA).count);
    CHECK_INT(1, resolve("[2001:db8::1]", RECORD_AAAA).count);
    CHECK_INT(0, resolve("192.0.2.44", RECORD_AAAA).count);
    CHECK_INT(0, resolve("192.0.2.44", RECORD_SRV).count);
    CHECK_INT(0, server.asked);
}

/* RFC 6761 6.3, 6.4. */
TEST(localhost_and_invalid_never_reach_a_server)
{
    struct asker a = resolve("localhost", RECORD_A);

    CHECK_INT(1, a.count);
    CHECK(address_is_loopback(&a.first.address));
    CHECK_INT(1, resolve("a.localhost", RECORD_A).count);
    CHECK_INT(1, resolve("a.localhost", RECORD_AAAA).count);
    CHECK_INT(0, resolve("_sip._udp.localhost", RECORD_SRV).count);
    CHECK_INT(-ERR_NAME, resolve("x.invalid", RECORD_A).error);
    CHECK_INT(0, server.asked);
    CHECK_INT(-ERR_NAME, resolve("mylocalhost", RECORD_A).error); /* an ordinary name */
    CHECK_INT(1, server.asked);
}

/* c-ares opens /etc/hosts by this name: in this program it is a file of ours, so that
 * the test does not hang on what the machine calls itself.  So is what stat says of it. */
static const char *hosts = "192.0.2.77 in-the-file.test\n";
static time_t      hosts_changed_at;

__attribute__((visibility("default"))) FILE *fopen(const char *restrict path, const char *restrict mode)
{
    if (strcmp(path, "/etc/hosts") == 0)
        return fmemopen((void *)(uintptr_t)hosts, strlen(hosts), "r");
    return fopen64(path, mode);
}

__attribute__((visibility("default"))) int stat(const char *restrict path, struct stat *restrict out)
{
    if (strcmp(path, "/etc/hosts") != 0)
        return fstatat(AT_FDCWD, path, out, 0);
    memset(out, 0, sizeof *out); /* the machine may have none */
    out->st_mtim.tv_sec = hosts_changed_at;
    return 0;
}

TEST(a_changed_hosts_file_is_taken_up_and_what_was_kept_is_forgotten)
{
    const char *before = hosts;

    CHECK_INT(1, resolve("one.example", RECORD_A).count);
    hosts = "192.0.2.78 one.example\n";
    hosts_changed_at++;
    CHECK_INT(1, resolve("one.example", RECORD_A).first.address.ip[3]); /* not looked at yet */
    world->now += RESOLVER_FILES;
    CHECK_INT(78, resolve("one.example", RECORD_A).first.address.ip[3]);
    CHECK_INT(1, server.asked);
    hosts = before;
    hosts_changed_at++;
    world->now += 2 * RESOLVER_FILES;
    CHECK_INT(1, resolve("one.example", RECORD_A).first.address.ip[3]);
    CHECK_INT(2, server.asked);
}

TEST(names_in_the_hosts_file_are_found_without_a_server)
{
    struct address want = address_v4(192, 0, 2, 77, 0);
    struct asker   a    = resolve("in-the-file.test", RECORD_A);

    CHECK_INT(1, a.count);
    CHECK(address_eq_ip(&a.first.address, &want));
    CHECK_INT(0, resolve("in-the-file.test", RECORD_AAAA).error);
    a = resolve("_sip._udp.in-the-file.test", RECORD_SRV);
    CHECK_INT(0, a.error);
    CHECK_INT(0, a.count);
    CHECK_INT(0, server.asked);
}

TEST(what_is_no_name_is_no_name)
{
    char         text[400];
    struct asker a = { 0 };

    memset(text, 'a', sizeof text);
    CHECK_INT(0, world_resolve(world, (struct slice){ text, 254 }, RECORD_A, on_records, &a, &a.query));
    SERVE_UNTIL(a.answers == 1);
    CHECK_INT(-ERR_NAME, a.error);
    CHECK_INT(0, world_resolve(world, (struct slice){ text, 100 }, RECORD_A, on_records, &a, &a.query));
    SERVE_UNTIL(a.answers == 2); /* a label of 100 */
    CHECK_INT(-ERR_NAME, a.error);
    CHECK_INT(0, world_resolve(world, (struct slice){ "a\0b", 3 }, RECORD_A, on_records, &a, &a.query));
    SERVE_UNTIL(a.answers == 3);
    CHECK_INT(-ERR_NAME, a.error);
    CHECK_INT(-ERR_NAME, resolve("", RECORD_A).error);
    CHECK_INT(-ERR_NAME, resolve(".", RECORD_A).error);
    CHECK_INT(-ERR_NAME, resolve("a..b", RECORD_A).error);
    CHECK_INT(0, server.asked);
}

/* --- cancelling --- */

TEST(a_cancelled_question_is_not_answered_but_kept)
{
    struct asker a = { 0 };

    ask(&a, "one.example", RECORD_A);
    world->ops->resolve_cancel(a.query);
    SERVE_UNTIL(server.asked == 1);
    LIVE_FOR(world, 20);
    CHECK_INT(0, a.answers);
    CHECK_INT(1, resolve("one.example", RECORD_A).count);
    CHECK_INT(1, server.asked);

    ask(&a, "one.example", RECORD_A); /* from the cache: ready, not yet delivered */
    world->ops->resolve_cancel(a.query);
    LIVE_FOR(world, 20);
    CHECK_INT(0, a.answers);
}

TEST(a_callback_may_cancel_another_that_is_due)
{
    struct asker a = { 0 }, b = { 0 };

    ask(&a, "one.example", RECORD_A);
    ask(&b, "one.example", RECORD_A);
    a.victim = b.query;
    SERVE_UNTIL(a.answers == 1);
    LIVE_FOR(world, 20);
    CHECK_INT(0, b.answers);
}

TEST(a_callback_may_ask_again)
{
    struct asker a = { .again = "nowhere.example" };

    ask(&a, "one.example", RECORD_A);
    SERVE_UNTIL(a.answers == 2);
    CHECK_INT(-ERR_NAME, a.error);
}

TEST(a_world_may_go_with_questions_open)
{
    struct asker a = { 0 }, b = { 0 };

    ask(&a, "silent.example", RECORD_A);
    ask(&b, "192.0.2.1", RECORD_A);
    world_uv_free(world);
    CHECK_INT(0, a.answers + b.answers);
    world = world_uv_new(NULL);
    CHECK(world != NULL);
}

TEST(open_questions_are_bounded)
{
    static struct asker a;

    for (unsigned i = 0; i < RESOLVER_QUERIES; i++)
        CHECK_INT(0, world_resolve(world, SLICE("silent.example"), RECORD_A, on_records, &a, &a.query));
    CHECK_INT(-ERR_LIMIT, world_resolve(world, SLICE("one.example"), RECORD_A, on_records, &a, &a.query));
    world_uv_turn(world, 0);
    CHECK(budget_figures(live_memory(), ACCOUNT_NAMES).bytes > RESOLVER_QUERIES * 40);
    SERVE_UNTIL(a.answers == RESOLVER_QUERIES);
    CHECK(budget_figures(live_memory(), ACCOUNT_NAMES).bytes < 10000); /* the answers are kept */
    CHECK_INT(1, resolve("one.example", RECORD_A).count);
}

/* Who asks and goes, again and again, leaves no heap of them. */
TEST(questions_whose_askers_have_gone_are_bounded_too)
{
    struct world_uv_options options = { .dns_servers = servers, .dns_timeout = 60, .dns_queries = 2 };
    struct asker            a       = { 0 };

    live_world_free(world);
    world = live_world_new(NULL, &options);
    CHECK_INT(1, resolve("one.example", RECORD_A).count);
    ask(&a, "a.nowhere.example", RECORD_A);
    world->ops->resolve_cancel(a.query);
    ask(&a, "b.nowhere.example", RECORD_A);
    world->ops->resolve_cancel(a.query);
    ask(&a, "c.nowhere.example", RECORD_A);
    world_uv_turn(world, 0);
    CHECK_INT(1, a.answers);
    CHECK_INT(-ERR_TIMEOUT, a.error);
    ask(&a, "one.example", RECORD_A); /* is known */
    world_uv_turn(world, 0);
    CHECK_INT(2, a.answers);
    CHECK_INT(1, a.count);
    SERVE_UNTIL(server.asked == 3);
    world_uv_turn(world, 5);
    CHECK_INT(-ERR_NAME, resolve("c.nowhere.example", RECORD_A).error);
}

TEST(a_thousand_names_at_once_are_all_answered)
{
    static struct asker askers[1000];
    unsigned            answers = 0;
    char                name[64];

    memset(askers, 0, sizeof askers);
    for (unsigned i = 0; i < 1000; i++) {
        snprintf(name, sizeof name, "n%u.nowhere.example", i);
        ask(&askers[i], name, RECORD_A);
    }
    for (msec end = loop_clock() + 5000; answers < 1000 && loop_clock() < end;) {
        dns_server_serve(&server);
        world_uv_turn(world, 1);
        answers = 0;
        for (unsigned i = 0; i < 1000; i++)
            answers += askers[i].answers;
    }
    CHECK_INT(1000, answers);
}

TEST(a_question_that_finds_no_memory_is_refused_or_fails_and_the_next_one_does_not)
{
    bool failed = true;

    for (unsigned n = 1; failed; n++) {
        struct asker a = { 0 };
        char         name[32];
        int          error;

        snprintf(name, sizeof name, "n%u.nowhere.example", n);
        alloc_fail_at(n);
        error = world_resolve(world, slice_from(name), RECORD_A, on_records, &a, &a.query);
        CHECK(error == 0 || error == -ERR_LIMIT);
        if (error == 0) {
            SERVE_UNTIL(a.answers == 1);
            CHECK(a.error == -ERR_NAME || a.error == -ERR_TIMEOUT);
        }
        failed = alloc_failed();
        alloc_fail_at(0);
        CHECK(n > 3 || failed);
    }
    CHECK_INT(1, resolve("one.example", RECORD_A).count);
}

TEST(a_resolver_that_finds_no_memory_is_none)
{
    struct world_uv_options options = { .dns_servers = servers };
    bool                    failed  = true;

    for (unsigned n = 1; failed; n++) {
        struct world *other;

        alloc_fail_at(n);
        other  = world_uv_new_with(NULL, &options);
        failed = alloc_failed();
        alloc_fail_at(0);
        CHECK(failed == (other == NULL));
        world_uv_free(other);
    }
}

TEST(the_loop_sleeps_when_nothing_is_asked)
{
    resolve("one.example", RECORD_A);
    CHECK(live_sleeps(world));
}

TEST(servers_that_make_no_sense_are_refused)
{
    struct world_uv_options options = { .dns_servers = "not a server" };

    CHECK(world_uv_new_with(NULL, &options) == NULL);
}

#define LIVE_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        LIVE_TEST(addresses_come_from_the_server),
        LIVE_TEST(services_come_with_ports_and_ttl),
        LIVE_TEST(an_answer_too_long_for_a_datagram_comes_by_tcp),
        LIVE_TEST(no_such_name_differs_from_no_such_record),
        LIVE_TEST(a_server_that_fails_or_is_silent_is_a_timeout),
        LIVE_TEST(a_refused_question_is_a_timeout_soon),
        LIVE_TEST(an_answer_is_kept_and_still_comes_later),
        LIVE_TEST(a_negative_answer_is_kept),
        LIVE_TEST(an_answer_is_asked_for_again_when_its_ttl_is_over),
        LIVE_TEST(what_must_not_be_kept_is_asked_for_each_time),
        LIVE_TEST(a_failure_is_kept_for_some_seconds),
        LIVE_TEST(what_one_world_has_learnt_all_know_that_share_its_cache),
        LIVE_TEST(many_who_ask_the_same_share_one_question),
        LIVE_TEST(literal_addresses_answer_themselves_in_a_later_turn),
        LIVE_TEST(localhost_and_invalid_never_reach_a_server),
        LIVE_TEST(names_in_the_hosts_file_are_found_without_a_server),
        LIVE_TEST(a_changed_hosts_file_is_taken_up_and_what_was_kept_is_forgotten),
        LIVE_TEST(what_is_no_name_is_no_name),
        LIVE_TEST(a_cancelled_question_is_not_answered_but_kept),
        LIVE_TEST(a_callback_may_cancel_another_that_is_due),
        LIVE_TEST(a_callback_may_ask_again),
        LIVE_TEST(a_world_may_go_with_questions_open),
        LIVE_TEST(open_questions_are_bounded),
        LIVE_TEST(questions_whose_askers_have_gone_are_bounded_too),
        LIVE_TEST(a_thousand_names_at_once_are_all_answered),
        LIVE_TEST(a_question_that_finds_no_memory_is_refused_or_fails_and_the_next_one_does_not),
        LIVE_TEST(a_resolver_that_finds_no_memory_is_none),
        LIVE_TEST(the_loop_sleeps_when_nothing_is_asked),
        LIVE_TEST(servers_that_make_no_sense_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
