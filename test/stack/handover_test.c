/* SPDX-License-Identifier: BSD-2-Clause */
/* Three workers at one address: every message is handled where its call lives,
 * whichever socket it came by. */
#include "stack/workers.h"

#include "base/error.h"
#include "stack/stack.h"
#include "support/alloc.h"
#include "support/server_bench.h"
#include "support/stack_quiet.h"
#include "support/test.h"

#include <stdio.h>

enum { WORKERS = 3, CALLS = 30 };

struct worker {
    struct world *world;
    struct stack *stack;
    unsigned      requests; /* handled here */
    char          last_call[64];
    struct flow   flow;                        /* that the last one came by */
    unsigned      responses, errors, timeouts; /* of requests sent from here */
    object_id     asked;                       /* the latest of them         */
    int           detail;
};

static struct bench    b; /* for its phones and network; its server listens elsewhere */
static struct workers *all;
static struct worker   workers[WORKERS];
static object_id       waiting; /* an INVITE or INFO that is answered by hand */

/* ---- three stacks ---- */

static void on_request(void *user, object_id txn, struct message *request)
{
    struct worker *w = user;

    w->requests++;
    snprintf(w->last_call, sizeof w->last_call, "%.*s", SLICE_ARG(request->call_id));
    w->flow = request->flow;
    if (request->method == METHOD_INVITE || request->method == METHOD_INFO)
        waiting = txn;
    else
        stack_reply(w->stack, txn, 200, SLICE(""));
}

static const struct stack_events events = { on_request, quiet_ack, quiet_cancel, quiet_stray, quiet_end };

/* The worst socket of all: never the one at home. */
static unsigned to_a_wrong_one(void *arg, const struct packet *p, unsigned count)
{
    const char *at = p->bytes.len > 0 ? memmem(p->bytes.ptr, p->bytes.len, "Call-ID: ", 9) : NULL;
    const char *end;

    (void)arg;
    if (at == NULL)
        return 0;
    at += 9;
    end = memchr(at, '\r', (size_t)(p->bytes.ptr + p->bytes.len - at));
    return (workers_home(all, slice_between(at, end)) + 1) % count;
}

static unsigned to_the_first(void *arg, const struct packet *p, unsigned count)
{
    (void)arg;
    (void)p;
    (void)count;
    return 0;
}

static void setup(void)
{
    struct address at = address_v4(192, 0, 2, 1, 5060);

    bench_open(&b, "listen = \"udp:192.0.2.1:5070\"\n");
    memset(workers, 0, sizeof workers);
    all = workers_new(WORKERS, &b.at_server->random);
    CHECK(all != NULL);
    for (unsigned i = 0; i < WORKERS; i++) {
        struct worker      *w      = &workers[i];
        struct stack_config config = {
            .max_server_txns = 6000, .max_client_txns = 64, .max_connections = 8, .workers = all, .worker = (uint8_t)i
        };
        unsigned index;

        w->world = world_fake_new(network_host(b.network, "server"));
        world_fake_join(w->world, workers[0].world);
        w->stack = stack_new(w->world, &config, &events, w);
        CHECK(w->stack != NULL);
        CHECK_INT(0, stack_listen(w->stack, TRANSPORT_UDP, &at, SLICE(""), &index));
        CHECK_INT(0, stack_listen(w->stack, TRANSPORT_TCP, &at, SLICE(""), &index));
    }
    host_set_spread(network_host(b.network, "server"), to_a_wrong_one, NULL);
}

static void teardown(void)
{
    for (unsigned i = 0; i < WORKERS; i++)
        stack_free(workers[i].stack);
    workers_free(all);
    for (unsigned i = 0; i < WORKERS; i++)
        world_fake_free(workers[i].world);
    host_set_spread(network_host(b.network, "server"), NULL, NULL);
    bench_close(&b);
}

static unsigned home_of(const char *call_id)
{
    return workers_home(all, slice_from(call_id));
}

static uint64_t counted(unsigned worker, const char *what)
{
    const struct counters *c = &workers[worker].world->counters;

    return counter_read(strcmp(what, "handed_over") == 0 ? &c->handed_over : &c->handover_dropped);
}

/* A Call-ID whose home is this worker. */
static const char *call_at(unsigned worker, char text[32])
{
    for (unsigned i = 0;; i++) {
        snprintf(text, 32, "call-at-%u-%u", worker, i);
        if (home_of(text) == worker)
            return text;
    }
}

/* ---- what is sent from here ---- */

static void on_client(const struct client_user *u, object_id txn, enum client_event event, struct message *response,
                      int detail)
{
    struct worker *w = u->self;

    (void)txn;
    (void)response;
    w->responses += event == CLIENT_RESPONSE;
    w->errors += event == CLIENT_ERROR;
    w->timeouts += event == CLIENT_TIMEOUT;
    w->detail = detail;
}

static void asks(unsigned worker, const struct flow *flow, const char *to)
{
    struct gather      g;
    struct uri         uri;
    struct outgoing    out = { .start_line = SLICE("OPTIONS sip:a SIP/2.0\r\n"), .rest = &g, .method = METHOD_OPTIONS };
    struct client_user user = { .fn = on_client, .self = &workers[worker] };
    char               call[32];

    CHECK(to == NULL || uri_parse(slice_from(to), &uri));
    out.flow        = flow;
    out.destination = to != NULL ? &uri : NULL;
    gather_init(&g);
    gather_header(&g, HEADER_FROM, SLICE("<sip:a@a>;tag=1"));
    gather_header(&g, HEADER_TO, SLICE("<sip:a>"));
    gather_header(&g, HEADER_CALL_ID, slice_from(call_at(worker, call)));
    gather_header(&g, HEADER_CSEQ, SLICE("1 OPTIONS"));
    gather_body(&g, SLICE(""), SLICE(""));
    workers[worker].asked = stack_request(workers[worker].stack, &out, &user);
    CHECK(workers[worker].asked != 0);
}

static void ask(struct raw_phone *p, const char *method, const char *call_id, unsigned cseq, const char *more)
{
    char from[64];

    snprintf(from, sizeof from, "<sip:%s@example.test>;tag=1", call_id);
    raw_ask(
        p,
        &(struct request_form){
            .method = method, .uri = "sip:x@192.0.2.1", .from = from, .call_id = call_id, .cseq = cseq, .more = more });
}

/* ---- messages ---- */

TEST(each_request_is_handled_at_the_home_of_its_call)
{
    unsigned handled[WORKERS] = { 0 };
    uint64_t handed           = 0;
    char     call[32];

    setup();
    for (unsigned i = 0; i < CALLS; i++) {
        snprintf(call, sizeof call, "call-%u", i);
        ask(&b.alice, "OPTIONS", call, i + 1, "");
        bench_live(&b, 50);
        CHECK(raw_last_is(&b.alice, "SIP/2.0 200 "));
        assert_string_equal(call, workers[home_of(call)].last_call);
        handled[home_of(call)]++;
    }
    for (unsigned i = 0; i < WORKERS; i++) {
        CHECK(handled[i] > 0); /* the hash spreads them */
        CHECK_INT(handled[i], workers[i].requests);
        handed += counted(i, "handed_over");
        CHECK_INT(0, counted(i, "handover_dropped"));
    }
    CHECK_INT(CALLS, handed); /* not one had come to the right socket */
    teardown();
}

/* RFC 3261 17.2.3: a repetition that comes by another socket is still one. */
TEST(a_retransmission_finds_its_transaction_at_any_worker)
{
    setup();
    for (unsigned i = 0; i < 6; i++) {
        host_set_spread(network_host(b.network, "server"), i % 2 == 0 ? to_a_wrong_one : NULL, NULL);
        ask(&b.alice, "OPTIONS", "same", 1, "");
        bench_live(&b, 50);
    }
    CHECK_INT(6, raw_heard_count(&b.alice, "SIP/2.0 200 "));
    CHECK_INT(1, workers[0].requests + workers[1].requests + workers[2].requests);
    teardown();
}

TEST(a_response_finds_the_request_of_whichever_worker)
{
    char to[64];

    setup();
    snprintf(to, sizeof to, "sip:bob@192.0.2.9:6001");
    for (unsigned i = 0; i < WORKERS; i++) {
        asks(i, NULL, to);
        bench_live(&b, 50);
        raw_answer(&b.bob, 0, "200 OK", "b");
        bench_live(&b, 50);
        CHECK_INT(1, workers[i].responses);
    }
    teardown();
}

TEST(what_cannot_be_read_is_answered_where_it_arrived)
{
    setup();
    raw_say(&b.alice, "OPTIONS sip:x@192.0.2.1 SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.9:6000;branch=z9hG4bK1\r\n"
                      "From: <sip:a@a>;tag=1\r\nTo: <sip:x>\r\nCall-ID: bad\r\nCSeq: 1 OPTIONS\r\n"
                      "Max-Forwards: many\r\n\r\n");
    bench_live(&b, 50);
    CHECK(raw_last_is(&b.alice, "SIP/2.0 400 "));
    CHECK_INT(0, workers[0].requests + workers[1].requests + workers[2].requests);
    for (unsigned i = 0; i < WORKERS; i++)
        CHECK_INT(0, counted(i, "handed_over"));
    teardown();
}

/* ---- streams: they belong to the worker that accepted them ---- */

TEST(a_request_by_a_stream_is_answered_by_the_same_stream)
{
    struct raw_phone tcp;
    char             call[32];

    setup();
    host_set_spread(network_host(b.network, "server"), to_the_first, NULL);
    raw_connect(&tcp, b.at_phones);
    bench_live(&b, 50);
    for (unsigned i = 0; i < WORKERS; i++) {
        ask(&tcp, "OPTIONS", call_at(i, call), i + 1, "");
        bench_live(&b, 50);
        CHECK_INT(1, workers[i].requests);
        CHECK(strstr(raw_heard(&tcp, 0), call) != NULL);
    }
    raw_close(&tcp);
    teardown();
}

TEST(workers_send_by_the_connection_that_another_one_has)
{
    struct raw_phone bob;

    setup();
    host_set_spread(network_host(b.network, "server"), to_the_first, NULL);
    raw_listen(&bob, b.at_phones, 6009);
    for (unsigned i = 0; i < WORKERS; i++) {
        asks(i, NULL, "sip:bob@192.0.2.9:6009;transport=tcp");
        bench_live(&b, 50);
    }
    CHECK_INT(1, counter_read(&workers[0].world->counters.connections_opened));
    CHECK_INT(0, counter_read(&workers[1].world->counters.connections_opened));
    CHECK_INT(0, counter_read(&workers[2].world->counters.connections_opened));
    raw_close(&bob);
    bench_live(&b, 50);
    for (unsigned i = 0; i < WORKERS; i++) { /* each hears that its request is lost */
        CHECK_INT(1, workers[i].errors);
        CHECK_INT(-ERR_CLOSED, workers[i].detail);
    }
    teardown();
}

/* The flow that a registration keeps may name a connection that has gone. */
TEST(a_send_by_a_connection_that_is_gone_comes_back_as_an_error)
{
    struct flow gone = { .transport  = TRANSPORT_TCP,
                         .local      = address_v4(192, 0, 2, 1, 5060),
                         .remote     = address_v4(192, 0, 2, 9, 6009),
                         .connection = (object_id)1 << 56 | (object_id)ID_CONNECTION << 48 | 77 };

    setup();
    asks(0, &gone, NULL);
    CHECK_INT(0, workers[0].errors);
    bench_live(&b, 50);
    CHECK_INT(1, workers[0].errors);
    CHECK_INT(-ERR_CLOSED, workers[0].detail);
    teardown();
}

/* It may have gone on to its next target since: the old one is no concern of it. */
TEST(a_connection_that_a_transaction_has_left_does_not_end_it)
{
    struct handed late = { .kind       = HANDED_FAILED,
                           .error      = -ERR_CLOSED,
                           .connection = (object_id)1 << 56 | (object_id)ID_CONNECTION << 48 | 77 };

    setup();
    asks(0, NULL, "sip:bob@192.0.2.9:6001");
    late.txn = workers[0].asked;
    CHECK(workers_hand(all, 1, 0, &late));
    bench_live(&b, 50);
    CHECK_INT(0, workers[0].errors);
    raw_answer(&b.bob, 0, "200 OK", "b");
    bench_live(&b, 50);
    CHECK_INT(1, workers[0].responses);
    teardown();
}

static void answers_by_a_new_connection(const char *method, unsigned status)
{
    struct raw_phone tcp, again;
    char             call[32], start[32];

    setup();
    host_set_spread(network_host(b.network, "server"), to_the_first, NULL);
    raw_listen(&again, b.at_phones, 6010);
    raw_connect(&tcp, b.at_phones);
    bench_live(&b, 50);
    raw_ask(&tcp, &(struct request_form){ .method  = method,
                                          .uri     = "sip:x@192.0.2.1",
                                          .via     = "SIP/2.0/TCP 192.0.2.9:6010",
                                          .call_id = call_at(2, call) });
    bench_live(&b, 50);
    raw_close(&tcp);
    bench_live(&b, 50);
    CHECK_INT(1, workers[2].requests);
    stack_reply(workers[2].stack, waiting, status, SLICE(""));
    bench_live(&b, 50);
    snprintf(start, sizeof start, "SIP/2.0 %u ", status);
    CHECK(strncmp(again.heard[0], start, strlen(start)) == 0);
    raw_close(&again);
    teardown();
}

/* RFC 3261 18.2.2: the response goes by a new connection then. */
TEST(a_response_whose_connection_was_another_workers_and_is_gone_finds_its_way)
{
    answers_by_a_new_connection("INVITE", 486);
}

/* Their transactions would be over, or have let the response go, before the loss is known. */
TEST(so_does_one_that_is_sent_once_and_never_again)
{
    answers_by_a_new_connection("INFO", 200);
    answers_by_a_new_connection("INVITE", 200);
}

static struct raw_phone first, second;

/* The same INFO, to the third worker, by either connection. */
static void says_again(struct raw_phone *p)
{
    char call[32];

    raw_ask(p, &(struct request_form){ .method  = "INFO",
                                       .uri     = "sip:x@192.0.2.1",
                                       .via     = "SIP/2.0/TCP 192.0.2.9:6010",
                                       .branch  = "same",
                                       .call_id = call_at(2, call) });
    bench_live(&b, 50);
}

static void open_two_connections(void)
{
    setup();
    host_set_spread(network_host(b.network, "server"), to_the_first, NULL);
    raw_connect(&first, b.at_phones);
    raw_connect(&second, b.at_phones);
    bench_live(&b, 50);
}

static void close_two_connections(void)
{
    raw_close(&first);
    raw_close(&second);
    teardown();
}

TEST(who_repeats_himself_by_another_connection_is_answered_there)
{
    open_two_connections();
    says_again(&first);
    says_again(&second);
    CHECK_INT(1, workers[2].requests);
    stack_reply(workers[2].stack, waiting, 200, SLICE(""));
    bench_live(&b, 50);
    CHECK(raw_last_is(&second, "SIP/2.0 200 "));
    CHECK_INT(0, raw_heard_count(&first, "SIP/2.0 200 "));
    close_two_connections();
}

/* Its transaction still waits for whether the response can be sent. */
TEST(what_has_been_answered_is_asked_anew_by_another_connection)
{
    open_two_connections();
    says_again(&first);
    stack_reply(workers[2].stack, waiting, 200, SLICE(""));
    bench_live(&b, 50);
    CHECK(raw_last_is(&first, "SIP/2.0 200 "));
    says_again(&second);
    CHECK_INT(2, workers[2].requests);
    stack_reply(workers[2].stack, waiting, 200, SLICE(""));
    bench_live(&b, 50);
    CHECK(raw_last_is(&second, "SIP/2.0 200 "));
    close_two_connections();
}

/* It would be closed after ten minutes without traffic. */
TEST(a_connection_is_kept_open_from_another_worker)
{
    struct raw_phone kept, idle;
    char             call[32];

    setup();
    host_set_spread(network_host(b.network, "server"), to_the_first, NULL);
    raw_connect(&kept, b.at_phones);
    raw_connect(&idle, b.at_phones);
    bench_live(&b, 50);
    ask(&kept, "OPTIONS", call_at(1, call), 1, "");
    bench_live(&b, 50);
    CHECK_INT(0, id_worker(workers[1].flow.connection));
    stack_keep_connection(workers[1].stack, &workers[1].flow, 1, world_now(workers[1].world) + 1200000);
    stack_keep_connection(workers[1].stack, &workers[1].flow, 2, world_now(workers[1].world) + 60000);
    bench_live(&b, 700000);
    CHECK(idle.closed && !kept.closed);
    bench_live(&b, 600000);
    CHECK(kept.closed);
    teardown();
}

/* ---- ICMP: the kernel tells any socket of the address ---- */

TEST(an_icmp_error_that_another_worker_hears_ends_the_right_transaction)
{
    setup();
    for (unsigned i = 0; i < WORKERS; i++) {
        asks(i, NULL, "sip:nobody@192.0.2.9:6999");
        bench_live(&b, 50);
        CHECK_INT(1, workers[i].errors);
        CHECK_INT(-ERR_REFUSED, workers[i].detail);
    }
    teardown();
}

/* ---- calls that live elsewhere ---- */

/* RFC 3891 3, RFC 3911 4. */
TEST(an_invite_that_replaces_or_joins_a_call_goes_where_that_call_is)
{
    static const char *const header[] = { "Replaces", "Join" };
    char                     there[32], call[32], more[128];

    setup();
    for (unsigned i = 0; i < 2; i++) {
        snprintf(call, sizeof call, "new-%u", i);
        call_at((home_of(call) + 1) % WORKERS, there);
        snprintf(more, sizeof more, "%s: %s ;to-tag=1;from-tag=2\r\n", header[i], there);
        ask(&b.alice, "INVITE", call, 10 * i + 1, more);
        bench_live(&b, 50);
        assert_string_equal(call, workers[home_of(there)].last_call);
        CHECK_INT(home_of(there), home_of(call));
        stack_reply(workers[home_of(there)].stack, waiting, 486, SLICE(""));
        bench_live(&b, 50);
        ask(&b.alice, "BYE", call, 10 * i + 2, "");
        bench_live(&b, 50);
        CHECK_INT(2 * (i + 1), workers[0].requests + workers[1].requests + workers[2].requests);
    }
    CHECK_INT(2, lives_on_count(workers_lives_on(all)));
    bench_live(&b, 64000);
    teardown();
}

TEST(a_call_id_of_our_own_is_at_home)
{
    setup();
    for (unsigned i = 0; i < 3 * CALLS; i++) {
        char       text[24];
        struct buf id = BUF_ON(text);

        stack_write_call_id(workers[i % WORKERS].stack, &id, sizeof text);
        CHECK_INT(sizeof text, id.len);
        CHECK_INT(i % WORKERS, workers_home(all, buf_slice(&id)));
    }
    teardown();
}

/* RFC 3261 8.1.1.4: 24 of 32 letters are 120 bits, less the few that say who is at home. */
TEST(call_ids_are_long_and_random)
{
    enum { LENGTH = 24, IDS = 500, LETTERS = 24 };
    static char ids[IDS][LENGTH];

    setup();
    for (unsigned i = 0; i < IDS; i++) {
        struct buf id = buf_on(ids[i], LENGTH);

        stack_write_call_id(workers[0].stack, &id, LENGTH);
        for (unsigned k = 0; k < i; k++)
            CHECK(memcmp(ids[i], ids[k], LENGTH) != 0);
    }
    for (unsigned at = 0; at < LENGTH; at++) {
        bool     seen[256] = { false };
        unsigned letters   = 0;

        for (unsigned i = 0; i < IDS; i++) {
            letters += !seen[(unsigned char)ids[i][at]];
            seen[(unsigned char)ids[i][at]] = true;
        }
        CHECK(letters >= LETTERS);
    }
    teardown();
}

/* Whoever knows a Call-ID can have its call moved by an INVITE with Replaces; what is under
 * way is not touched by that. */
TEST(a_response_finds_its_request_though_its_call_has_been_moved)
{
    char call[32], there[32], more[64];

    setup();
    call_at(0, call);
    asks(0, NULL, "sip:bob@192.0.2.9:6001");
    bench_live(&b, 50);
    snprintf(more, sizeof more, "Replaces: %s;to-tag=1;from-tag=2\r\n", call_at(2, there));
    ask(&b.alice, "INVITE", call, 7, more);
    bench_live(&b, 50);
    CHECK_INT(2, home_of(call));
    raw_answer(&b.bob, 0, "200 OK", "b");
    bench_live(&b, 50);
    CHECK_INT(1, workers[0].responses);
    stack_reply(workers[2].stack, waiting, 486, SLICE(""));
    bench_live(&b, 64000);
    teardown();
}

/* ---- limits ---- */

/* Just before worker 0 has the datagram. */
static void fill_ring(void *arg, const struct packet *p)
{
    struct handed h = { .kind = HANDED_ICMP };
    unsigned      n = 0;

    if (p->stage != PACKET_ARRIVED || p->to.port != 5060)
        return;
    while (workers_hand(all, 0, 1, &h))
        n++;
    *(unsigned *)arg = n;
}

/* What does not fit is lost like any datagram, and counted; then it goes on. */
TEST(a_full_ring_drops_datagrams_and_counts_them)
{
    unsigned fitted = 0;
    char     call[32];

    setup();
    host_set_spread(network_host(b.network, "server"), to_the_first, NULL);
    network_observe(b.network, fill_ring, &fitted);
    ask(&b.alice, "OPTIONS", call_at(1, call), 1, "");
    bench_live(&b, 50);
    CHECK_INT(WORKERS_RING, fitted);
    CHECK_INT(1, counted(0, "handover_dropped"));
    CHECK_INT(0, workers[1].requests);
    network_observe(b.network, NULL, NULL);
    ask(&b.alice, "OPTIONS", call, 1, "");
    bench_live(&b, 50);
    CHECK(raw_last_is(&b.alice, "SIP/2.0 200 "));
    teardown();
}

TEST(without_memory_nothing_is_handed_over_and_nothing_breaks)
{
    struct random random = { .fill = NULL };
    unsigned      n;

    setup();
    random = b.at_server->random;
    for (n = 1;; n++) {
        struct workers *w;

        alloc_fail_at(n);
        w = workers_new(2, &random);
        alloc_fail_at(0);
        workers_free(w);
        if (w != NULL)
            break;
    }
    CHECK(n > 4);
    teardown();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_request_is_handled_at_the_home_of_its_call),
        cmocka_unit_test(a_retransmission_finds_its_transaction_at_any_worker),
        cmocka_unit_test(a_response_finds_the_request_of_whichever_worker),
        cmocka_unit_test(what_cannot_be_read_is_answered_where_it_arrived),
        cmocka_unit_test(a_request_by_a_stream_is_answered_by_the_same_stream),
        cmocka_unit_test(workers_send_by_the_connection_that_another_one_has),
        cmocka_unit_test(a_send_by_a_connection_that_is_gone_comes_back_as_an_error),
        cmocka_unit_test(a_connection_that_a_transaction_has_left_does_not_end_it),
        cmocka_unit_test(a_response_whose_connection_was_another_workers_and_is_gone_finds_its_way),
        cmocka_unit_test(so_does_one_that_is_sent_once_and_never_again),
        cmocka_unit_test(who_repeats_himself_by_another_connection_is_answered_there),
        cmocka_unit_test(what_has_been_answered_is_asked_anew_by_another_connection),
        cmocka_unit_test(a_connection_is_kept_open_from_another_worker),
        cmocka_unit_test(an_icmp_error_that_another_worker_hears_ends_the_right_transaction),
        cmocka_unit_test(an_invite_that_replaces_or_joins_a_call_goes_where_that_call_is),
        cmocka_unit_test(a_call_id_of_our_own_is_at_home),
        cmocka_unit_test(call_ids_are_long_and_random),
        cmocka_unit_test(a_response_finds_its_request_though_its_call_has_been_moved),
        cmocka_unit_test(a_full_ring_drops_datagrams_and_counts_them),
        cmocka_unit_test(without_memory_nothing_is_handed_over_and_nothing_breaks),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
