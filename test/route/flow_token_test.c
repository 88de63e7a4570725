/* SPDX-License-Identifier: BSD-2-Clause */
#include "route/flow_token.h"

#include "route/dialog_token.h"
#include "support/sample_flow.h"
#include "support/test.h"

static struct slice token(struct buf *b, const struct flow *flow)
{
    CHECK(flow_token_write(b, flow, &sample_key));
    return buf_slice(b);
}

/* RFC 5626 5.2: the flow can be recovered from the token. */
TEST(a_flow_is_read_as_it_was_written)
{
    for (enum transport t = TRANSPORT_UDP; t <= TRANSPORT_WSS; t++) {
        for (int v6 = 0; v6 < 2; v6++) {
            char        memory[FLOW_TOKEN];
            struct buf  b    = BUF_ON(memory);
            struct flow flow = sample_flow(t, v6), read;

            CHECK_INT(FLOW_TOKEN_GOOD, flow_token_read(token(&b, &flow), &sample_key, &read));
            CHECK_INT(t, read.transport);
            CHECK(address_eq(&flow.local, &read.local) && address_eq(&flow.remote, &read.remote));
            CHECK(flow.connection == read.connection && read.listener == 3);
        }
    }
}

/* RFC 5626 5.2: unique to a flow. */
TEST(another_flow_has_another_token)
{
    struct flow flows[] = { sample_flow(TRANSPORT_UDP, false), sample_flow(TRANSPORT_TCP, false),
                            sample_flow(TRANSPORT_UDP, true),  sample_flow(TRANSPORT_UDP, false),
                            sample_flow(TRANSPORT_UDP, false), sample_flow(TRANSPORT_TCP, false) };
    enum { COUNT = sizeof flows / sizeof *flows };
    char         memory[COUNT][FLOW_TOKEN];
    struct slice text[COUNT];

    flows[3].remote.port++;
    flows[4].local.port++;
    flows[5].connection++;
    for (unsigned i = 0; i < COUNT; i++) {
        struct buf b = buf_on(memory[i], FLOW_TOKEN);

        text[i] = token(&b, &flows[i]);
        for (unsigned k = 0; k < i; k++)
            CHECK(!slice_eq(text[i], text[k]));
    }
}

/* RFC 5626 5.2: the token cannot be modified by attackers. */
TEST(a_token_that_was_changed_is_forged)
{
    char         memory[FLOW_TOKEN];
    struct buf   b    = BUF_ON(memory);
    struct flow  flow = sample_flow(TRANSPORT_UDP, false), read;
    struct slice text = token(&b, &flow);

    for (size_t i = sizeof "flow-" - 1; i < text.len; i++) {
        for (unsigned bit = 0; bit < 8; bit++) {
            memory[i] ^= (char)(1u << bit);
            CHECK_INT(FLOW_TOKEN_FORGED, flow_token_read(text, &sample_key, &read));
            CHECK_INT(TRANSPORT_NONE, read.transport);
            memory[i] ^= (char)(1u << bit);
        }
    }
    for (size_t len = sizeof "flow-" - 1; len < text.len; len++)
        CHECK_INT(FLOW_TOKEN_FORGED, flow_token_read((struct slice){ text.ptr, len }, &sample_key, &read));
    CHECK_INT(FLOW_TOKEN_GOOD, flow_token_read(text, &sample_key, &read));
}

TEST(a_token_of_another_server_is_forged)
{
    struct token_key other = { { 9, 9 }, 77 };
    char             memory[FLOW_TOKEN];
    struct buf       b    = BUF_ON(memory);
    struct flow      flow = sample_flow(TRANSPORT_UDP, false), read;

    CHECK_INT(FLOW_TOKEN_FORGED, flow_token_read(token(&b, &flow), &other, &read));
}

/* Connections have other names then. */
TEST(after_a_restart_a_stream_is_stale_and_a_datagram_is_not)
{
    struct token_key later = { sample_key.key, 78 };

    for (enum transport t = TRANSPORT_UDP; t <= TRANSPORT_WSS; t++) {
        char        memory[FLOW_TOKEN];
        struct buf  b    = BUF_ON(memory);
        struct flow flow = sample_flow(t, true), read;

        CHECK_INT(t == TRANSPORT_UDP ? FLOW_TOKEN_GOOD : FLOW_TOKEN_STALE,
                  flow_token_read(token(&b, &flow), &later, &read));
        CHECK_INT(t == TRANSPORT_UDP ? TRANSPORT_UDP : TRANSPORT_NONE, read.transport);
    }
}

TEST(what_does_not_look_like_one_is_none)
{
    static const char *const others[] = { "", "alice", "flow", "FLOW-0123456789abcdef", "0123456789abcdef" };
    struct flow              read;

    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        CHECK_INT(FLOW_TOKEN_NONE, flow_token_read(slice_from(others[i]), &sample_key, &read));
    CHECK_INT(FLOW_TOKEN_FORGED, flow_token_read(SLICE("flow-"), &sample_key, &read));
    CHECK_INT(FLOW_TOKEN_FORGED, flow_token_read(SLICE("flow-0123456789abcdef"), &sample_key, &read));
    CHECK_INT(FLOW_TOKEN_FORGED, flow_token_read(SLICE("flow-0123456789abcdefzz"), &sample_key, &read));
}

/* They hold for a call, a flow's for whoever has it. */
TEST(the_token_of_a_dialog_is_no_flow_token)
{
    char            memory[DIALOG_TOKEN], made[DIALOG_TOKEN + 8];
    struct buf      b = BUF_ON(memory), text = BUF_ON(made);
    struct way_back way = { sample_flow(TRANSPORT_UDP, false), 0, false };
    struct flow     read;

    dialog_token_write(&b, SLICE(""), &way, &sample_key);
    buf_put(&text, SLICE("flow-"));
    buf_put(&text, buf_slice(&b));
    CHECK_INT(FLOW_TOKEN_FORGED, flow_token_read(buf_slice(&text), &sample_key, &read));
}

TEST(a_flow_that_no_token_names_is_not_written)
{
    char        memory[FLOW_TOKEN];
    struct buf  b    = BUF_ON(memory);
    struct flow flow = sample_flow(TRANSPORT_UDP, true);

    flow.remote.scope = 2;
    CHECK(!flow_token_write(&b, &flow, &sample_key));
    flow.remote.scope = 0;
    flow.transport    = TRANSPORT_NONE;
    CHECK(!flow_token_write(&b, &flow, &sample_key));
    CHECK_INT(0, b.len);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_flow_is_read_as_it_was_written),
        cmocka_unit_test(another_flow_has_another_token),
        cmocka_unit_test(a_token_that_was_changed_is_forged),
        cmocka_unit_test(a_token_of_another_server_is_forged),
        cmocka_unit_test(after_a_restart_a_stream_is_stale_and_a_datagram_is_not),
        cmocka_unit_test(what_does_not_look_like_one_is_none),
        cmocka_unit_test(the_token_of_a_dialog_is_no_flow_token),
        cmocka_unit_test(a_flow_that_no_token_names_is_not_written),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
