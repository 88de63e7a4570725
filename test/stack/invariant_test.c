/* SPDX-License-Identifier: BSD-2-Clause */
/* One object is damaged by hand: it goes, is told and counted, and the others live. */
#include "server/proxy_context.h"
#include "stack/internal.h"
#include "support/server_bench.h"
#include "support/test.h"

static struct bench b;

static struct stack *stack(void)
{
    return server_stack(b.server);
}

static void *first_of(const struct id_table *t)
{
    uint32_t at     = 0;
    void    *object = id_next(t, &at);

    if (object == NULL)
        fail_msg("there is none");
    return object;
}

/* The one of this Call-ID. */
static struct server_txn *txn_of_call(const char *call_id)
{
    struct server_txn *txn;

    for (uint32_t at = 0; (txn = id_next(&stack()->server_ids, &at)) != NULL;) {
        if (txn->request != NULL && slice_eq(txn->request->call_id, slice_from(call_id)))
            return txn;
    }
    fail_msg("no transaction of %s", call_id);
    return NULL;
}

static void invite(const char *call_id)
{
    raw_ask(&b.alice, &(struct request_form){
                          .method = "INVITE", .uri = "sip:bob@192.0.2.9:6001", .branch = call_id, .call_id = call_id });
    bench_live(&b, 20);
}

static void open_with_a_call(const char *call_id)
{
    bench_open(&b, "route \"192.0.2.9\" { to = \"sip:192.0.2.9:6001\" }\n");
    invite(call_id);
    CHECK(raw_last_is(&b.bob, "INVITE "));
}

/* The other call goes its way. */
static void check_that_another_call_lives(void)
{
    raw_forget(&b.alice);
    raw_forget(&b.bob);
    invite("other");
    CHECK(raw_last_is(&b.bob, "INVITE "));
    raw_answer(&b.bob, 0, "486 Busy Here", "b");
    bench_live(&b, 50);
    CHECK_INT(1, raw_heard_count(&b.alice, "SIP/2.0 486 "));
    bench_abandon(&b);
}

TEST(a_server_transaction_in_no_state_goes_alone)
{
    open_with_a_call("broken");
    invite("second");
    txn_of_call("broken")->machine.ist.state = (enum ist_state)77;
    invite("broken"); /* its repetition */
    CHECK_INT(1, counter_read(&b.at_server->counters.broken_invariants));
    CHECK(txn_of_call("second") != NULL);
    check_that_another_call_lives();
}

/* Freeing by a wrong id would take away the second call. */
TEST(a_server_transaction_with_the_id_of_another_goes_alone)
{
    struct server_txn *second;

    open_with_a_call("broken");
    invite("second");
    second                    = txn_of_call("second");
    txn_of_call("broken")->id = second->id;
    bench_live(&b, 40000); /* a timer of each */
    CHECK_INT(1, counter_read(&b.at_server->counters.broken_invariants));
    CHECK(id_find(&stack()->server_ids, second->id) == second);
    check_that_another_call_lives();
}

/* RFC 3261 16.9: for who asked, it is a branch that failed. */
TEST(a_client_transaction_in_no_state_is_a_failed_branch)
{
    struct client_txn *t;

    open_with_a_call("broken");
    t                    = first_of(&stack()->client_ids);
    t->machine.ict.state = (enum ict_state)77;
    bench_live(&b, 1000); /* Timer A */
    CHECK_INT(1, counter_read(&b.at_server->counters.broken_invariants));
    CHECK(raw_last_is(&b.alice, "SIP/2.0 500 "));
    check_that_another_call_lives();
}

TEST(a_connection_that_is_not_its_own_is_closed)
{
    static struct raw_phone one, two;
    struct connection      *c;

    bench_open(&b, "");
    raw_connect(&one, b.at_phones);
    bench_live(&b, 20);
    c = first_of(&stack()->connection_ids);
    raw_connect(&two, b.at_phones);
    bench_live(&b, 20);
    c->flow.connection ^= 1;
    raw_say(&one, "\r\n\r\n");
    raw_say(&two, "\r\n\r\n");
    bench_live(&b, 50);
    CHECK_INT(1, counter_read(&b.at_server->counters.broken_invariants));
    CHECK(one.closed);
    CHECK(!two.closed);
    raw_close(&two);
    check_that_another_call_lives();
}

TEST(a_forwarded_request_that_counts_wrong_is_answered_500)
{
    struct context *c;

    open_with_a_call("broken");
    c           = first_of(&((struct server *)b.server)->contexts);
    c->rc.count = 200;
    raw_answer(&b.bob, 0, "180 Ringing", "b");
    bench_live(&b, 50);
    CHECK_INT(1, counter_read(&b.at_server->counters.broken_invariants));
    CHECK(raw_last_is(&b.alice, "SIP/2.0 500 "));
    check_that_another_call_lives();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_server_transaction_in_no_state_goes_alone),
        cmocka_unit_test(a_server_transaction_with_the_id_of_another_goes_alone),
        cmocka_unit_test(a_client_transaction_in_no_state_is_a_failed_branch),
        cmocka_unit_test(a_connection_that_is_not_its_own_is_closed),
        cmocka_unit_test(a_forwarded_request_that_counts_wrong_is_answered_500),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
