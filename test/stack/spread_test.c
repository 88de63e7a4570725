/* SPDX-License-Identifier: BSD-2-Clause */
/* Three workers, of which the first serves all while it is not busy: what belongs to one call meets at one of them
 * whatever changes meanwhile. */
#include "stack/workers.h"

#include "base/error.h"
#include "stack/stack.h"
#include "support/log_keep.h"
#include "support/server_bench.h"
#include "support/stack_quiet.h"
#include "support/test.h"

#include <stdio.h>

enum { WORKERS = 3, SERVER_TXNS = 100 };

struct worker {
    struct world *world;
    struct stack *stack;
    unsigned      requests, cancels, acks, merged; /* handled here */
    struct flow   flow;                            /* that the last request came by */
    object_id     cancelled;                       /* the INVITE that the last CANCEL meant */
};

static struct bench     b; /* for its phones and network; its server listens elsewhere */
static struct workers  *all;
static struct worker    workers[WORKERS];
static struct log_keep  kept;
static object_id        waiting; /* an INVITE or INFO that is answered by hand */
static unsigned         asked;
static struct world_ops refusing; /* of a kernel that steers nothing */

/* ---- three stacks ---- */

static void on_request(void *user, object_id txn, struct message *request)
{
    struct worker *w = user;

    w->requests++;
    w->flow = request->flow;
    w->merged += stack_is_merged(w->stack, txn);
    if (request->method == METHOD_INVITE || request->method == METHOD_INFO)
        waiting = txn;
    else
        stack_reply(w->stack, txn, 200, SLICE(""));
}

static void on_ack(void *user, struct message *ack)
{
    struct worker *w = user;

    (void)ack;
    w->acks++;
}

static void on_cancel(void *user, object_id invite, object_id txn, struct message *cancel)
{
    struct worker *w = user;

    (void)txn;
    (void)cancel;
    w->cancels++;
    w->cancelled = invite;
}

static const struct stack_events events = { on_request, on_ack, on_cancel, quiet_stray, quiet_end };

static int refuse_to_steer(struct udp *u, bool here)
{
    (void)u;
    (void)here;
    return -ERR_UNSUPPORTED;
}

static void setup(void)
{
    struct address at = address_v4(192, 0, 2, 1, 5060);

    bench_open(&b, "listen = \"udp:192.0.2.1:5070\"\n");
    log_keep_init(&kept, LOG_INFO);
    memset(workers, 0, sizeof workers);
    asked = 0;
    all   = workers_new(WORKERS, &b.at_server->random);
    CHECK(all != NULL);
    for (unsigned i = 0; i < WORKERS; i++) {
        struct worker      *w      = &workers[i];
        struct stack_config config = { .max_server_txns = SERVER_TXNS,
                                       .max_client_txns = 64,
                                       .max_connections = 8,
                                       .overload_delay  = 100,
                                       .workers         = all,
                                       .worker          = (uint8_t)i };
        unsigned            index;

        w->world = world_fake_new(network_host(b.network, "server"));
        world_fake_join(w->world, workers[0].world);
        w->world->log = &kept.log;
        w->stack      = stack_new(w->world, &config, &events, w);
        CHECK(w->stack != NULL);
        CHECK_INT(0, stack_listen(w->stack, TRANSPORT_UDP, &at, SLICE(""), &index));
    }
}

static void setup_gathered(void)
{
    setup();
    stack_gather(workers[0].stack);
    bench_live(&b, 50); /* all hear of it */
}

static void teardown(void)
{
    for (unsigned i = 0; i < WORKERS; i++)
        stack_free(workers[i].stack);
    workers_free(all);
    for (unsigned i = 0; i < WORKERS; i++)
        world_fake_free(workers[i].world);
    bench_close(&b);
}

/* ---- what is sent ---- */

static void say(struct raw_phone *p, const char *method, const char *call_id, const char *branch, const char *more)
{
    char from[64];

    snprintf(from, sizeof from, "<sip:%s@example.test>;tag=1", call_id);
    raw_ask(p, &(struct request_form){ .method  = method,
                                       .uri     = "sip:x@192.0.2.1",
                                       .branch  = branch,
                                       .from    = from,
                                       .call_id = call_id,
                                       .cseq    = 1,
                                       .more    = more });
    bench_live(&b, 20);
}

/* Something of which nothing but a sleeping transaction is left. */
static void ask(const char *call_id)
{
    char branch[32];

    snprintf(branch, sizeof branch, "b%u", ++asked);
    say(&b.alice, "OPTIONS", call_id, branch, "");
    CHECK(raw_last_is(&b.alice, "SIP/2.0 200 "));
}

/* A Call-ID that is worker 1's while all are spread. */
static const char *a_call(unsigned number, char text[32])
{
    for (unsigned i = 0;; i++) {
        snprintf(text, 32, "call-%u-%u", number, i);
        if (workers_cell(all, slice_from(text)) % WORKERS == 1)
            return text;
    }
}

static unsigned home_of(const char *call_id)
{
    return workers_home(all, slice_from(call_id));
}

static uint64_t handed_over(void)
{
    uint64_t sum = 0;

    for (unsigned i = 0; i < WORKERS; i++)
        sum += counter_read(&workers[i].world->counters.handed_over);
    return sum;
}

/* ---- changes ---- */

static bool is_gathered(void)
{
    return gauge_read(&workers[0].world->counters.gathered) == 1;
}

static void look(unsigned worker)
{
    workers[worker].world->backlog.looks++;
}

/* The first one has been busy through two looks, of which it hears with a message. */
static void be_busy(void)
{
    char call[32];

    for (unsigned i = 0; i < 3; i++) { /* the first of them is of what was before */
        bench_live(&b, 100);
        counter_add(&workers[0].world->counters.worker_processor_time, i == 0 ? 0 : 130000);
        look(0);
        ask(a_call(1000 + asked, call));
    }
    CHECK(!is_gathered());
}

static void be_calm(void)
{
    for (unsigned i = 0; i < 90 && !is_gathered(); i++)
        bench_live(&b, 1000);
    CHECK(is_gathered());
    bench_live(&b, 50);
}

/* So much happens elsewhere that they do not gather. */
static void live_spread(unsigned seconds)
{
    for (unsigned i = 0; i < seconds; i++) {
        counter_add(&workers[2].world->counters.worker_processor_time, 600000);
        bench_live(&b, 1000);
    }
    CHECK(!is_gathered());
}

TEST(gathered_the_first_one_serves_all_and_nothing_is_handed_over)
{
    char call[32];

    setup_gathered();
    for (unsigned i = 0; i < 20; i++) {
        snprintf(call, sizeof call, "call-%u", i);
        ask(call);
    }
    CHECK_INT(20, workers[0].requests);
    CHECK_INT(0, handed_over());
    CHECK_INT(1, log_keep_count(&kept, "event=workers_gathered"));
    CHECK_INT(0, log_keep_count(&kept, "event=workers_spread"));
    teardown();
}

TEST(when_it_is_busy_all_serve_and_when_they_are_not_it_alone_again)
{
    char call[32];

    setup_gathered();
    be_busy();
    CHECK_INT(1, log_keep_count(&kept, "event=workers_spread"));
    CHECK_INT(1, log_keep_count(&kept, "reason=busy"));
    workers[1].requests = 0;
    for (unsigned i = 0; i < 20; i++)
        ask(a_call(i, call));
    CHECK_INT(20, workers[1].requests);
    be_calm();
    CHECK_INT(2, log_keep_count(&kept, "event=workers_gathered"));
    workers[0].requests = 0;
    for (unsigned i = 100; i < 120; i++)
        ask(a_call(i, call));
    CHECK_INT(20, workers[0].requests);
    teardown();
}

TEST(what_was_lost_has_them_spread_at_once)
{
    char own[32]; /* the first one's, spread or not: it would refuse if it were overloaded */

    setup_gathered();
    for (unsigned i = 0;; i++) {
        snprintf(own, sizeof own, "own-%u", i);
        if (workers_cell(all, slice_from(own)) % WORKERS == 0)
            break;
    }
    bench_live(&b, 100);
    workers[0].world->backlog.lost++;
    look(0);
    ask(own);
    CHECK(!is_gathered());
    CHECK_INT(0, home_of(own));
    ask(own);
    CHECK_INT(1, log_keep_count(&kept, "reason=waiting"));
    CHECK_INT(0, log_keep_count(&kept, "event=overload_begins"));
    bench_live(&b, 600);
    workers[0].world->backlog.lost++; /* and again, though they have been spread for long */
    look(0);
    for (unsigned i = 0; i < 10; i++) {
        char call[32];

        snprintf(call, sizeof call, "again-%u", i);
        say(&b.alice, "OPTIONS", call, call, "");
    }
    CHECK_INT(1, log_keep_count(&kept, "event=overload_begins"));
    teardown();
}

TEST(where_the_kernel_does_not_steer_they_stay_spread)
{
    char call[32];

    setup();
    refusing              = *workers[0].world->ops;
    refusing.udp_steer    = refuse_to_steer;
    workers[0].world->ops = &refusing;
    stack_gather(workers[0].stack);
    CHECK_INT(1, log_keep_count(&kept, "reason=refused"));
    ask(a_call(1, call));
    CHECK_INT(1, workers[1].requests);
    bench_live(&b, 20000);
    CHECK(!is_gathered());
    for (unsigned i = 0; i < SERVER_TXNS; i++) /* what all may have is shared out for all that */
        say(&b.alice, "OPTIONS", a_call(2 + i, call), call, "");
    bench_live(&b, 2000);
    look(1);
    ask(a_call(1, call));
    CHECK(stack_server_limit(workers[1].stack) > SERVER_TXNS + SERVER_TXNS / 2);
    teardown();
}

TEST(what_was_dropped_on_its_way_to_another_has_them_spread)
{
    char call[32];

    setup_gathered();
    bench_live(&b, 100);
    counter_add(&workers[2].world->counters.handover_dropped, 1);
    look(0);
    ask(a_call(1, call));
    CHECK(!is_gathered());
    CHECK_INT(1, log_keep_count(&kept, "reason=waiting"));
    be_calm(); /* it is told once */
    teardown();
}

static unsigned steered, let_go;

static int note_steering(struct udp *u, bool here)
{
    (void)u;
    steered += here;
    let_go += !here;
    return 0;
}

TEST(a_socket_that_is_opened_while_all_are_spread_gets_its_part)
{
    struct address at = address_v4(192, 0, 2, 1, 5062);
    unsigned       index;

    setup_gathered();
    be_busy();
    refusing              = *workers[0].world->ops;
    refusing.udp_steer    = note_steering;
    workers[0].world->ops = &refusing;
    steered = let_go = 0;
    CHECK_INT(0, stack_listen(workers[0].stack, TRANSPORT_UDP, &at, SLICE(""), &index));
    CHECK_INT(0, steered);
    CHECK_INT(1, let_go);
    teardown();
}

TEST(a_socket_that_is_opened_later_gets_all_as_well)
{
    struct address at = address_v4(192, 0, 2, 1, 5062);
    unsigned       index;

    setup_gathered();
    for (unsigned i = 0; i < WORKERS; i++)
        CHECK_INT(0, stack_listen(workers[i].stack, TRANSPORT_UDP, &at, SLICE(""), &index));
    CHECK(is_gathered());
    refusing              = *workers[0].world->ops;
    refusing.udp_steer    = refuse_to_steer;
    workers[0].world->ops = &refusing;
    at.port               = 5064;
    CHECK_INT(0, stack_listen(workers[0].stack, TRANSPORT_UDP, &at, SLICE(""), &index));
    CHECK(!is_gathered());
    CHECK_INT(1, log_keep_count(&kept, "reason=refused"));
    teardown();
}

/* ---- calls that are under way ---- */

/* RFC 3261 17.2.3, 9.2, 8.2.2.2. */
static void check_call_stays(const char *call, unsigned where, unsigned since)
{
    struct worker *w = &workers[where];

    say(&b.alice, "INVITE", call, "i", ""); /* repeated: absorbed */
    CHECK_INT(since, w->requests);
    say(&b.bob, "INVITE", call, "other-way", "");
    CHECK_INT(since + 1, w->requests);
    CHECK_INT(1, w->merged);
    stack_reply(w->stack, waiting, 482, SLICE(""));
    say(&b.alice, "OPTIONS", call, "within", "");
    CHECK_INT(since + 2, w->requests);
    say(&b.alice, "CANCEL", call, "i", "");
    CHECK_INT(1, w->cancels);
}

TEST(a_call_stays_with_the_first_one_when_all_are_spread)
{
    char      call[32];
    object_id invite;

    setup_gathered();
    say(&b.alice, "INVITE", a_call(1, call), "i", "");
    invite = waiting;
    be_busy();
    CHECK_INT(0, home_of(call));
    check_call_stays(call, 0, workers[0].requests);
    CHECK(workers[0].cancelled == invite);
    stack_reply(workers[0].stack, invite, 487, SLICE(""));
    bench_live(&b, 20);
    say(&b.alice, "ACK", call, "i", "");
    CHECK_INT(0, workers[0].acks + workers[1].acks + workers[2].acks);
    CHECK_INT(0, workers[1].cancels + workers[2].cancels);
    live_spread(33); /* all of it has ended */
    CHECK_INT(1, home_of(call));
    workers[1].requests = 0;
    ask(call);
    CHECK_INT(1, workers[1].requests);
    teardown();
}

TEST(a_call_stays_with_another_one_when_they_gather)
{
    char      call[32];
    object_id invite;

    setup_gathered();
    be_busy();
    say(&b.alice, "INVITE", a_call(1, call), "i", "");
    invite = waiting;
    CHECK_INT(1, id_worker(invite));
    be_calm();
    CHECK_INT(1, home_of(call));
    check_call_stays(call, 1, workers[1].requests);
    CHECK(workers[1].cancelled == invite);
    stack_reply(workers[1].stack, invite, 487, SLICE(""));
    bench_live(&b, 33000);
    CHECK_INT(0, home_of(call));
    teardown();
}

/* A datagram that waited at another socket, or was handed over, when it changed. */
TEST(what_comes_to_another_worker_goes_to_the_home_of_its_call)
{
    char call[32], next[32];

    setup_gathered();
    say(&b.alice, "INVITE", a_call(1, call), "i", "");
    be_busy();
    ask(a_call(2, next));
    for (unsigned i = 1; i < WORKERS; i++) {
        struct handed      h = { .kind = HANDED_MESSAGE, .cell = workers_cell(all, slice_from(call)) };
        char               text[512];
        int                len    = snprintf(text, sizeof text,
                                             "OPTIONS sip:x@192.0.2.1 SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.9:6000;branch=z9hG4bKh%u\r\n"
                                                               "From: <sip:a@a>;tag=1\r\nTo: <sip:x>\r\nCall-ID: %s\r\nCSeq: 1 OPTIONS\r\n"
                                                               "Max-Forwards: 70\r\n\r\n",
                                             i, call);
        unsigned           before = workers[0].requests;
        struct parse_fault fault  = { 0 };

        h.u.message = message_parse((struct slice){ text, (size_t)len }, &fault);
        CHECK(h.u.message != NULL);
        h.u.message->flow.transport = TRANSPORT_UDP;
        CHECK(workers_hand(all, 0, i, &h));
        bench_live(&b, 20);
        CHECK_INT(before + 1, workers[0].requests);
    }
    teardown();
}

/* RFC 3891 3: they do not part when homes change. */
TEST(a_call_that_replaces_one_moves_with_it)
{
    char call[32], next[32], more[96];

    setup_gathered();
    a_call(1, call);
    for (unsigned i = 0;; i++) { /* it would be the third one's, alone */
        snprintf(next, sizeof next, "next-%u", i);
        if (workers_cell(all, slice_from(next)) % WORKERS == 2)
            break;
    }
    snprintf(more, sizeof more, "Replaces: %s;to-tag=1;from-tag=2\r\n", call);
    say(&b.alice, "INVITE", next, "n", more);
    stack_reply(workers[0].stack, waiting, 486, SLICE(""));
    bench_live(&b, 64000);
    be_busy();
    CHECK_INT(1, home_of(call));
    CHECK_INT(1, home_of(next));
    teardown();
}

/* ---- what all may have ---- */

TEST(gathered_the_first_one_may_have_nearly_all_that_all_may)
{
    setup_gathered();
    bench_live(&b, 100);
    look(0);
    ask("any");
    CHECK(stack_server_limit(workers[0].stack) > 2 * SERVER_TXNS + SERVER_TXNS / 2);
    be_busy();
    for (unsigned i = 0; i < WORKERS; i++) {
        look(i);
        ask("any");
    }
    teardown();
}

TEST(of_one_source_all_workers_together_answer_so_many)
{
    struct address from = address_v4(192, 0, 2, 9, 6000);
    char           call[32];

    setup();
    for (unsigned i = 0; i < 5; i++)
        say(&b.alice, "OPTIONS", a_call(i, call), call, "");
    CHECK_INT(5, stack_peer_load(workers[1].stack, &from, 2));
    CHECK(stack_peer_load(workers[0].stack, &from, 2) < 2); /* who has little himself does not ask */
    for (unsigned i = 0, n = 0; n < 3; i++) {
        snprintf(call, sizeof call, "first-%u", i);
        if (home_of(call) == 0) {
            say(&b.alice, "OPTIONS", call, call, "");
            n++;
        }
    }
    CHECK_INT(8, stack_peer_load(workers[0].stack, &from, 2));
    CHECK_INT(8, stack_peer_load(workers[1].stack, &from, 2));
    teardown();
}

/* RFC 3261 17.1.1.3: the ACK to what was refused without a transaction is for nobody. */
TEST(an_ack_to_a_stateless_refusal_is_known_to_all)
{
    struct parse_fault fault = { 0 };
    char               tag[64], call[32], text[512];
    struct message    *invite;
    int                len;

    setup();
    ask(a_call(1, call));
    len    = snprintf(text, sizeof text,
                      "INVITE sip:x@192.0.2.1 SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.9:6000;branch=z9hG4bKi;rport\r\n"
                         "From: <sip:a@a>;tag=1\r\nTo: <sip:x>\r\nCall-ID: %s\r\nCSeq: 1 INVITE\r\nMax-Forwards: 70\r\n\r\n",
                      call);
    invite = message_parse((struct slice){ text, (size_t)len }, &fault);
    CHECK(invite != NULL);
    invite->flow = workers[1].flow;
    CHECK_INT(0, stack_reply_stateless(workers[2].stack, invite, 503, SLICE("")));
    message_drop(invite);
    bench_live(&b, 20);
    CHECK(raw_last_is(&b.alice, "SIP/2.0 503 "));
    header_of(raw_heard(&b.alice, 0), "To", tag, sizeof tag);
    raw_ask(&b.alice, &(struct request_form){ .method  = "ACK",
                                              .uri     = "sip:x@192.0.2.1",
                                              .via     = "SIP/2.0/UDP 192.0.2.9:6000",
                                              .branch  = "i",
                                              .from    = "<sip:a@a>;tag=1",
                                              .to      = tag,
                                              .call_id = call,
                                              .cseq    = 1 });
    bench_live(&b, 20);
    CHECK_INT(0, workers[0].acks + workers[1].acks + workers[2].acks);
    teardown();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gathered_the_first_one_serves_all_and_nothing_is_handed_over),
        cmocka_unit_test(when_it_is_busy_all_serve_and_when_they_are_not_it_alone_again),
        cmocka_unit_test(what_was_lost_has_them_spread_at_once),
        cmocka_unit_test(where_the_kernel_does_not_steer_they_stay_spread),
        cmocka_unit_test(what_was_dropped_on_its_way_to_another_has_them_spread),
        cmocka_unit_test(a_socket_that_is_opened_while_all_are_spread_gets_its_part),
        cmocka_unit_test(a_socket_that_is_opened_later_gets_all_as_well),
        cmocka_unit_test(a_call_stays_with_the_first_one_when_all_are_spread),
        cmocka_unit_test(a_call_stays_with_another_one_when_they_gather),
        cmocka_unit_test(what_comes_to_another_worker_goes_to_the_home_of_its_call),
        cmocka_unit_test(a_call_that_replaces_one_moves_with_it),
        cmocka_unit_test(gathered_the_first_one_may_have_nearly_all_that_all_may),
        cmocka_unit_test(of_one_source_all_workers_together_answer_so_many),
        cmocka_unit_test(an_ack_to_a_stateless_refusal_is_known_to_all),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
