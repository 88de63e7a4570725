/* SPDX-License-Identifier: BSD-2-Clause */
#include "net/resolver.h"

#include "base/error.h"
#include "net/sockaddr.h"
#include "support/dns_writer.h"
#include "support/live.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* --- a DNS server with a few names --- */

static int               server;                     /* its UDP socket */
static int               stream_server, stream_peer; /* TCP on the same port; who is connected, or -1 */
static unsigned          asked;                      /* questions that reached it */
static struct dns_writer reply;
static struct world     *world;

/* The question of a request, names in lower case with dots. */
static unsigned read_question(const uint8_t *bytes, size_t len, char name[256])
{
    size_t at = 12, out = 0;

    while (at < len && bytes[at] != 0 && out + bytes[at] < 250) {
        size_t label = bytes[at++];

        while (label-- > 0 && at < len)
            name[out++] = (char)tolower(bytes[at++]);
        name[out++] = '.';
    }
    CHECK(at + 5 <= len);
    name[out > 0 ? out - 1 : 0] = '\0';
    return (unsigned)bytes[at + 1] << 8 | bytes[at + 2];
}

/* False: no answer. */
static bool make_reply(uint16_t id, const char *name, unsigned type)
{
    dns_begin(&reply, id, 0, name, type);
    if (strcmp(name, "silent.example") == 0)
        return false;
    if (strcmp(name, "_sip._udp.large.example") == 0)
        reply.bytes[2] |= 2; /* truncated: ask by TCP */
    else if (strcmp(name, "_sip._udp.example") == 0 && type == RECORD_SRV) {
        dns_srv(&reply, name, 60, "one.example", 5070);
        dns_srv(&reply, name, 60, "two.example", 5080);
    } else if (strcmp(name, "one.example") == 0 && type == RECORD_A) {
        dns_a(&reply, name, 60, 1);
    } else if (strcmp(name, "one.example") == 0 && type == RECORD_AAAA) {
        dns_aaaa(&reply, name, 60, 1);
    } else if (strcmp(name, "second.example") == 0) {
        dns_a(&reply, name, 1, 2);
    } else if (strcmp(name, "never-kept.example") == 0) {
        dns_a(&reply, name, 0, 3);
    } else if (strcmp(name, "broken.example") == 0) {
        dns_begin(&reply, id, 2, name, type);
    } else if (strcmp(name, "one.example") == 0) {
        dns_soa(&reply, "example", 60, 60); /* no such record */
    } else {
        dns_begin(&reply, id, 3, name, type);
        dns_soa(&reply, "example", 60, 60);
    }
    return true;
}

/* By TCP a length stands before each message (RFC 1035 4.2.2). */
static void serve_stream(void)
{
    uint8_t  bytes[512], answer[2 + sizeof reply.bytes];
    char     name[256];
    ssize_t  len;
    unsigned type;

    if (stream_peer < 0)
        stream_peer = accept4(stream_server, NULL, NULL, SOCK_NONBLOCK);
    if (stream_peer < 0 || (len = recv(stream_peer, bytes, sizeof bytes, 0)) < 19)
        return;
    type = read_question(bytes + 2, (size_t)len - 2, name);
    dns_begin(&reply, (uint16_t)(bytes[2] << 8 | bytes[3]), 0, name, type);
    for (unsigned i = 0; i < 25; i++)
        dns_srv(&reply, name, 60, "a-server-with-a-long-name.example", 5060 + i);
    answer[0] = (uint8_t)(reply.len >> 8);
    answer[1] = (uint8_t)reply.len;
    memcpy(answer + 2, reply.bytes, reply.len);
    CHECK_INT(reply.len + 2, send(stream_peer, answer, reply.len + 2, 0));
}

static void serve(void)
{
    uint8_t                 bytes[512];
    struct sockaddr_storage from;
    socklen_t               from_len = sizeof from;
    ssize_t                 len      = recvfrom(server, bytes, sizeof bytes, 0, (struct sockaddr *)&from, &from_len);
    char                    name[256];
    unsigned                type;

    serve_stream();
    if (len < 17)
        return;
    asked++;
    type = read_question(bytes, (size_t)len, name);
    if (make_reply((uint16_t)(bytes[0] << 8 | bytes[1]), name, type))
        CHECK_INT(reply.len, sendto(server, reply.bytes, reply.len, 0, (struct sockaddr *)&from, from_len));
}

static int bound_socket(int type, uint16_t port)
{
    struct address          local = live_v4(1, port);
    struct sockaddr_storage sa;
    socklen_t               len = sockaddr_from(&sa, &local);
    int                     fd  = socket_open(FAMILY_4, type);

    if (fd >= 0 && bind(fd, (struct sockaddr *)&sa, len) == 0)
        return fd;
    close(fd);
    return -1;
}

/* UDP and TCP on one port, which the kernel picks for UDP: it may be taken for TCP. */
static bool open_servers(void)
{
    for (unsigned i = 0; i < 50; i++) {
        server        = bound_socket(SOCK_DGRAM, 0);
        stream_server = bound_socket(SOCK_STREAM, socket_local(server).port);
        if (stream_server >= 0)
            return listen(stream_server, 5) == 0;
        close(server);
    }
    return false;
}

static int setup(void **state)
{
    char                    servers[64];
    struct world_uv_options options = { .dns_servers = servers, .dns_timeout = 60 };

    (void)state;
    if (!open_servers())
        return 1;
    snprintf(servers, sizeof servers, "127.0.0.1:%u", socket_local(server).port);
    stream_peer = -1;
    asked       = 0;
    world       = live_world_new(NULL, &options);
    return world == NULL;
}

static int teardown(void **state)
{
    int broken = live_world_free(world);

    (void)state;
    close(server);
    close(stream_server);
    if (stream_peer >= 0)
        close(stream_peer);
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
    const char   *again; /* asked when the answer comes */
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
        for (msec end = loop_clock() + 5000; !(condition) && loop_clock() < end; serve())                              \
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
    CHECK_INT(2, asked);
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
    CHECK(stream_peer >= 0);
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
    CHECK_INT(2, asked); /* two tries */
    CHECK(loop_clock() - start >= 60);
    a = resolve("broken.example", RECORD_A);
    CHECK_INT(-ERR_TIMEOUT, a.error);
}

TEST(a_refused_question_is_a_timeout_soon)
{
    struct asker a = { 0 };

    close(server); /* the port answers by ICMP now */
    ask(&a, "one.example", RECORD_A);
    LIVE_UNTIL(world, a.answers == 1);
    CHECK_INT(-ERR_TIMEOUT, a.error);
    server = socket_open(FAMILY_4, SOCK_DGRAM);
}

/* --- the cache --- */

TEST(an_answer_is_kept_and_still_comes_later)
{
    resolve("one.example", RECORD_A);
    CHECK_INT(0, resolve("ONE.example.", RECORD_A).error);
    CHECK_INT(1, asked);
}

TEST(a_negative_answer_is_kept)
{
    CHECK_INT(-ERR_NAME, resolve("nowhere.example", RECORD_A).error);
    CHECK_INT(-ERR_NAME, resolve("nowhere.example", RECORD_A).error);
    CHECK_INT(1, asked);
    CHECK_INT(0, resolve("one.example", RECORD_NAPTR).error);
    CHECK_INT(0, resolve("one.example", RECORD_NAPTR).error);
    CHECK_INT(2, asked);
}

TEST(an_answer_is_asked_for_again_when_its_ttl_is_over)
{
    CHECK_INT(1, resolve("second.example", RECORD_A).count);
    CHECK_INT(1, resolve("second.example", RECORD_A).count);
    CHECK_INT(1, asked);
    world->now += 1000; /* a question asked a second later */
    CHECK_INT(1, resolve("second.example", RECORD_A).count);
    CHECK_INT(2, asked);
}

TEST(what_must_not_be_kept_and_failures_are_asked_for_each_time)
{
    resolve("never-kept.example", RECORD_A);
    resolve("never-kept.example", RECORD_A);
    CHECK_INT(2, asked);
    resolve("broken.example", RECORD_A); /* both tries */
    CHECK_INT(4, asked);
    resolve("broken.example", RECORD_A);
    CHECK_INT(6, asked);
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
    CHECK_INT(1, asked);
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
    CHECK_INT(0, asked);
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
    CHECK_INT(0, asked);
    CHECK_INT(-ERR_NAME, resolve("mylocalhost", RECORD_A).error); /* an ordinary name */
    CHECK_INT(1, asked);
}

/* c-ares opens /etc/hosts by this name: in this program it is a file of ours, so that
 * the test does not hang on what the machine calls itself. */
__attribute__((visibility("default"))) FILE *fopen(const char *restrict path, const char *restrict mode)
{
    static const char hosts[] = "192.0.2.77 in-the-file.test\n";

    if (strcmp(path, "/etc/hosts") == 0)
        return fmemopen((void *)(uintptr_t)hosts, sizeof hosts - 1, "r");
    return fopen64(path, mode);
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
    CHECK_INT(0, asked);
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
    CHECK_INT(0, asked);
}

/* --- cancelling --- */

TEST(a_cancelled_question_is_not_answered_but_kept)
{
    struct asker a = { 0 };

    ask(&a, "one.example", RECORD_A);
    world->ops->resolve_cancel(a.query);
    SERVE_UNTIL(asked == 1);
    LIVE_FOR(world, 20);
    CHECK_INT(0, a.answers);
    CHECK_INT(1, resolve("one.example", RECORD_A).count);
    CHECK_INT(1, asked);

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
    CHECK(budget_figures(live_memory(), ACCOUNT_NAMES).bytes > RESOLVER_QUERIES * 50);
    SERVE_UNTIL(a.answers == RESOLVER_QUERIES);
    CHECK(budget_figures(live_memory(), ACCOUNT_NAMES).bytes < 10000); /* the answers are kept */
    CHECK_INT(1, resolve("one.example", RECORD_A).count);
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
        for (unsigned i = 0; i < 100; i++)
            serve();
        world_uv_turn(world, 1);
        answers = 0;
        for (unsigned i = 0; i < 1000; i++)
            answers += askers[i].answers;
    }
    CHECK_INT(1000, answers);
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
        LIVE_TEST(what_must_not_be_kept_and_failures_are_asked_for_each_time),
        LIVE_TEST(many_who_ask_the_same_share_one_question),
        LIVE_TEST(literal_addresses_answer_themselves_in_a_later_turn),
        LIVE_TEST(localhost_and_invalid_never_reach_a_server),
        LIVE_TEST(names_in_the_hosts_file_are_found_without_a_server),
        LIVE_TEST(what_is_no_name_is_no_name),
        LIVE_TEST(a_cancelled_question_is_not_answered_but_kept),
        LIVE_TEST(a_callback_may_cancel_another_that_is_due),
        LIVE_TEST(a_callback_may_ask_again),
        LIVE_TEST(a_world_may_go_with_questions_open),
        LIVE_TEST(open_questions_are_bounded),
        LIVE_TEST(a_thousand_names_at_once_are_all_answered),
        LIVE_TEST(the_loop_sleeps_when_nothing_is_asked),
        LIVE_TEST(servers_that_make_no_sense_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
