/* SPDX-License-Identifier: BSD-2-Clause */
#include "stack/rehearsal.h"

#include "base/error.h"
#include "support/server_bench.h"
#include "support/test.h"

static struct bench b;

static const char text[] = "OPTIONS sip:example.test SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.9;branch=z9hG4bK1\r\n"
                           "Max-Forwards: 70\r\nFrom: <sip:a@a.test>;tag=1\r\nTo: <sip:example.test>\r\n"
                           "Call-ID: one\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n";

static struct rehearsal rehearsal;
static char             memory[4096];

static struct stack *begin(void)
{
    struct parse_fault fault;
    struct stack      *s;

    bench_open(&b, "");
    s         = server_stack(b.server);
    rehearsal = (struct rehearsal){ .request = message_parse(test_guarded(slice_from(text)), &fault),
                                    .answer  = BUF_ON(memory) };
    assert_non_null(rehearsal.request);
    stack_rehearse(s, &rehearsal);
    return s;
}

static void end(struct stack *s)
{
    stack_rehearse(s, NULL);
    message_drop(rehearsal.request);
    CHECK(stack_server_request(s, REHEARSED) == NULL);
    CHECK_INT(-ERR_CLOSED, stack_reply(s, REHEARSED, 404, SLICE("")));
    CHECK_INT(0, counter_read(&b.at_server->counters.responses_sent));
    bench_close(&b);
}

TEST(what_it_is_answered_is_kept_and_does_not_leave)
{
    struct stack *s = begin();

    CHECK(stack_server_request(s, REHEARSED) == rehearsal.request);
    CHECK_INT(0, stack_reply(s, REHEARSED, 100, SLICE("")));
    CHECK_INT(0, rehearsal.status);
    CHECK_INT(0, stack_reply(s, REHEARSED, 404, SLICE("")));
    CHECK_INT(404, rehearsal.status);
    CHECK(memmem(memory, rehearsal.answer.len, "SIP/2.0 404 Not Found\r\n", 23) == memory);
    CHECK_INT(-ERR_CLOSED, stack_reply(s, REHEARSED, 500, SLICE(""))); /* one is enough */
    CHECK_INT(404, rehearsal.status);
    end(s);
}

static void on_client(const struct client_user *u, object_id txn, enum client_event event, struct message *response,
                      int detail)
{
    (void)u;
    (void)txn;
    (void)event;
    (void)response;
    (void)detail;
    fail();
}

TEST(no_request_leaves_meanwhile)
{
    struct stack            *s = begin();
    struct uri               uri;
    struct gather            g;
    const struct outgoing    out  = { .start_line  = SLICE("OPTIONS sip:b@192.0.2.9:6001 SIP/2.0\r\n"),
                                      .rest        = &g,
                                      .method      = METHOD_OPTIONS,
                                      .destination = &uri };
    const struct client_user user = { .fn = on_client };

    CHECK(uri_parse(SLICE("sip:b@192.0.2.9:6001"), &uri));
    gather_init(&g);
    gather_body(&g, SLICE(""), SLICE(""));
    CHECK_INT(0, stack_request(s, &out, &user));
    CHECK(stack_send(s, &out) != 0);
    bench_live(&b, 1000);
    CHECK_INT(0, b.bob.count);
    end(s);
}

static const char *way_to(struct stack *s, const char *uri_text, const struct flow *flow, bool flow_only)
{
    static char     way[STACK_WAY_TEXT];
    struct buf      told = BUF_ON(way);
    struct uri      uri;
    struct outgoing out = { .destination = &uri, .flow = flow, .flow_only = flow_only };

    CHECK(uri_parse(slice_from(uri_text), &uri));
    stack_tell_way(s, &out, &told);
    return buf_cstr(&told);
}

TEST(the_way_is_told_without_asking_anybody)
{
    const struct flow flow = { .transport = TRANSPORT_TCP, .remote = address_v4(192, 0, 2, 9, 40001) };
    struct stack     *s;

    bench_open(&b, "");
    s = server_stack(b.server);
    assert_string_equal("udp 192.0.2.9:5060", way_to(s, "sip:b@192.0.2.9", NULL, false));
    assert_string_equal("tcp 192.0.2.9:5070", way_to(s, "sip:b@192.0.2.9:5070;transport=tcp", NULL, false));
    assert_string_equal("the DNS would be asked for NAPTR of far.test", way_to(s, "sip:b@far.test", NULL, false));
    assert_string_equal("the DNS would be asked for A of gw.far.test", way_to(s, "sip:gw.far.test:5070", NULL, false));
    assert_string_equal("tcp 192.0.2.9:40001, the flow it came by", way_to(s, "sip:b@far.test", &flow, false));
    assert_string_equal("tcp 192.0.2.9:40001, the flow it came by, and no other way",
                        way_to(s, "sip:b@far.test", &flow, true));
    CHECK(strncmp(way_to(s, "sips:b@far.test", NULL, false), "no way: ", 8) == 0); /* no TLS here */
    CHECK_INT(0, world_fake_usage(b.at_server).queries);
    bench_close(&b);
}

TEST(a_listener_that_is_assumed_names_us_and_opens_nothing)
{
    const struct address local = address_v4(192, 0, 2, 80, 0);
    struct stack        *s;
    unsigned             index;

    bench_open(&b, "");
    s = server_stack(b.server);
    CHECK(!stack_is_local(s, SLICE("192.0.2.80"), 5061));
    CHECK_INT(0, stack_assume(s, TRANSPORT_TLS, &local, SLICE("sip.example.test"), &index));
    CHECK(stack_is_local(s, SLICE("192.0.2.80"), 5061));
    CHECK(stack_is_local(s, SLICE("sip.example.test"), 5061));
    CHECK(!stack_is_local(s, SLICE("192.0.2.80"), 5060));
    for (unsigned i = index + 1; i < 16; i++)
        CHECK_INT(0, stack_assume(s, TRANSPORT_UDP, &local, SLICE(""), &index));
    CHECK_INT(-ERR_LIMIT, stack_assume(s, TRANSPORT_UDP, &local, SLICE(""), &index));
    bench_close(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_it_is_answered_is_kept_and_does_not_leave),
        cmocka_unit_test(no_request_leaves_meanwhile),
        cmocka_unit_test(the_way_is_told_without_asking_anybody),
        cmocka_unit_test(a_listener_that_is_assumed_names_us_and_opens_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
