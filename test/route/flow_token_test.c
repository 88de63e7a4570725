/* SPDX-License-Identifier: BSD-2-Clause */
#include "route/flow_token.h"

#include "route/dialog_token.h"
#include "support/test.h"

static const struct token_key key = { { 1, 2 }, 77 };

static struct flow flow_of(enum transport transport, bool v6)
{
    struct flow f = { .transport = transport, .listener = 3 };

    CHECK(address_parse(v6 ? SLICE("[2001:db8::1]:5060") : SLICE("192.0.2.1:5060"), &f.local));
    CHECK(address_parse(v6 ? SLICE("[2001:db8::9]:40000") : SLICE("203.0.113.9:40000"), &f.remote));
    if (transport_is_reliable(transport))
        f.connection = 0x0102030405060708;
    return f;
}

static struct slice token(struct buf *b, const struct flow *flow)
{
    CHECK(flow_token_write(b, flow, &key));
    return buf_slice(b);
}

/* RFC 5626 5.2: the flow can be recovered from the token. */
TEST(a_flow_is_read_as_it_was_written)
{
    for (enum transport t = TRANSPORT_UDP; t <= TRANSPORT_WSS; t++) {
        for (int v6 = 0; v6 < 2; v6++) {
            char        memory[FLOW_TOKEN];
            struct buf  b    = BUF_ON(memory);
            struct flow flow = flow_of(t, v6), read;

            CHECK_INT(FLOW_TOKEN_GOOD, flow_token_read(token(&b, &flow), &key, &read));
            CHECK_INT(t, read.transport);
            CHECK(address_eq(&flow.local, &read.local) && address_eq(&flow.remote, &read.remote));
            CHECK(flow.connection == read.connection && read.listener == 3);
        }
    }
}

/* RFC 5626 5.2: unique to a flow. */
TEST(another_flow_has_another_token)
{
    struct flow flows[] = {
        flow_of(TRANSPORT_UDP, false), flow_of(TRANSPORT_TCP, false), flow_of(TRANSPORT_UDP, true),
        flow_of(TRANSPORT_UDP, false), flow_of(TRANSPORT_UDP, false), flow_of(TRANSPORT_TCP, false)
    };
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
    struct flow  flow = flow_of(TRANSPORT_UDP, false), read;
    struct slice text = token(&b, &flow);

    for (size_t i = sizeof "flow-" - 1; i < text.len; i++) {
        for (unsigned bit = 0; bit < 8; bit++) {
            memory[i] ^= (char)(1u << bit);
            CHECK_INT(FLOW_TOKEN_FORGED, flow_token_read(text, &key, &read));
            CHECK_INT(TRANSPORT_NONE, read.transport);
            memory[i] ^= (char)(1u << bit);
        }
    }
    for (size_t len = sizeof "flow-" - 1; len < text.len; len++)
        CHECK_INT(FLOW_TOKEN_FORGED, flow_token_read((struct slice){ text.ptr, len }, &key, &read));
    CHECK_INT(FLOW_TOKEN_GOOD, flow_token_read(text, &key, &read));
}

TEST(a_token_of_another_server_is_forged)
{
    struct token_key other = { { 9, 9 }, 77 };
    char             memory[FLOW_TOKEN];
    struct buf       b    = BUF_ON(memory);
    struct flow      flow = flow_of(TRANSPORT_UDP, false), read;

    CHECK_INT(FLOW_TOKEN_FORGED, flow_token_read(token(&b, &flow), &other, &read));
}

/* Connections have other names then. */
TEST(after_a_restart_a_stream_is_stale_and_a_datagram_is_not)
{
    struct token_key later = { key.key, 78 };

    for (enum transport t = TRANSPORT_UDP; t <= TRANSPORT_WSS; t++) {
        char        memory[FLOW_TOKEN];
        struct buf  b    = BUF_ON(memory);
        struct flow flow = flow_of(t, true), read;

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
        CHECK_INT(FLOW_TOKEN_NONE, flow_token_read(slice_from(others[i]), &key, &read));
    CHECK_INT(FLOW_TOKEN_FORGED, flow_token_read(SLICE("flow-"), &key, &read));
    CHECK_INT(FLOW_TOKEN_FORGED, flow_token_read(SLICE("flow-0123456789abcdef"), &key, &read));
    CHECK_INT(FLOW_TOKEN_FORGED, flow_token_read(SLICE("flow-0123456789abcdefzz"), &key, &read));
}

/* They hold for a call, a flow's for whoever has it. */
TEST(the_token_of_a_dialog_is_no_flow_token)
{
    char            memory[DIALOG_TOKEN], made[DIALOG_TOKEN + 8];
    struct buf      b = BUF_ON(memory), text = BUF_ON(made);
    struct way_back way = { flow_of(TRANSPORT_UDP, false), 0 };
    struct flow     read;

    dialog_token_write(&b, SLICE(""), &way, &key);
    buf_put(&text, SLICE("flow-"));
    buf_put(&text, buf_slice(&b));
    CHECK_INT(FLOW_TOKEN_FORGED, flow_token_read(buf_slice(&text), &key, &read));
}

TEST(a_flow_that_no_token_names_is_not_written)
{
    char        memory[FLOW_TOKEN];
    struct buf  b    = BUF_ON(memory);
    struct flow flow = flow_of(TRANSPORT_UDP, true);

    flow.remote.scope = 2;
    CHECK(!flow_token_write(&b, &flow, &key));
    flow.remote.scope = 0;
    flow.transport    = TRANSPORT_NONE;
    CHECK(!flow_token_write(&b, &flow, &key));
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
