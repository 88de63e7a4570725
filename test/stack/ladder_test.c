/* SPDX-License-Identifier: BSD-2-Clause */
#include "stack/ladder.h"

#include "support/test.h"

#define ALICE "127.0.0.1:5062"
#define PROXY "127.0.0.1:5060"
#define BOB   "127.0.0.1:5064"

static struct sighting seen(uint64_t t, const char *node, bool sent, const char *local, const char *remote,
                            const char *first)
{
    return (struct sighting){
        .t      = t,
        .sent   = sent,
        .node   = slice_from(node),
        .local  = slice_from(local),
        .remote = slice_from(remote),
        .first  = slice_from(first),
        .text   = slice_from(first),
    };
}

#define OUT(t, node, local, remote, first) seen(t, node, true, local, remote, first)
#define IN(t, node, local, remote, first)  seen(t, node, false, local, remote, first)

static void check_arrow(const struct ladder *l, size_t i, const char *from, const char *to, const char *label,
                        bool lost)
{
    CHECK(i < l->count);
    CHECK_SLICE(from, l->columns[l->arrows[i].from]);
    CHECK_SLICE(to, l->columns[l->arrows[i].to]);
    CHECK_SLICE(label, l->arrows[i].label);
    CHECK_INT(lost, l->arrows[i].lost);
}

TEST(what_was_sent_and_received_is_one_arrow)
{
    struct sighting s[] = {
        OUT(1000, "alice", ALICE, PROXY, "INVITE sip:bob SIP/2.0"),
        IN(1004, "proxy", PROXY, ALICE, "INVITE sip:bob SIP/2.0"),
        OUT(1005, "proxy", PROXY, ALICE, "SIP/2.0 100 Trying"),
        IN(1006, "alice", ALICE, PROXY, "SIP/2.0 100 Trying"),
    };
    struct ladder l;

    CHECK_INT(0, ladder_init(&l, s, 4));
    CHECK_INT(2, l.count);
    check_arrow(&l, 0, "alice", "proxy", "INVITE", false);
    CHECK_INT(1004, l.arrows[0].received_at);
    check_arrow(&l, 1, "proxy", "alice", "100 Trying", false);
    ladder_fini(&l);
}

TEST(a_peer_without_a_trace_is_named_by_its_address)
{
    struct sighting s[] = {
        OUT(0, "alice", ALICE, PROXY, "OPTIONS sip:x SIP/2.0"),
        IN(3, "alice", ALICE, PROXY, "SIP/2.0 200 OK"),
    };
    struct ladder l;

    CHECK_INT(0, ladder_init(&l, s, 2));
    check_arrow(&l, 0, "alice", PROXY, "OPTIONS", false);
    check_arrow(&l, 1, PROXY, "alice", "200 OK", false);
    ladder_fini(&l);
}

TEST(a_message_that_a_traced_node_never_saw_is_lost)
{
    struct sighting s[] = {
        OUT(0, "alice", ALICE, PROXY, "INVITE sip:bob SIP/2.0"),
        OUT(500, "alice", ALICE, PROXY, "INVITE sip:bob SIP/2.0"),
        IN(501, "proxy", PROXY, ALICE, "INVITE sip:bob SIP/2.0"),
    };
    struct ladder l;

    CHECK_INT(0, ladder_init(&l, s, 3));
    CHECK_INT(2, l.count);
    check_arrow(&l, 0, "alice", "proxy", "INVITE", true);
    check_arrow(&l, 1, "alice", "proxy", "INVITE", false);
    ladder_fini(&l);
}

/* The proxy's file may come first, and everything happen in one millisecond. */
TEST(within_a_millisecond_causes_come_before_effects)
{
    struct sighting s[] = {
        IN(7, "proxy", PROXY, ALICE, "INVITE sip:bob SIP/2.0"),
        OUT(7, "proxy", PROXY, ALICE, "SIP/2.0 100 Trying"),
        OUT(7, "proxy", PROXY, BOB, "INVITE sip:bob@h SIP/2.0"),
        OUT(7, "alice", ALICE, PROXY, "INVITE sip:bob SIP/2.0"),
        IN(7, "alice", ALICE, PROXY, "SIP/2.0 100 Trying"),
        IN(7, "bob", BOB, PROXY, "INVITE sip:bob@h SIP/2.0"),
    };
    struct ladder l;

    CHECK_INT(0, ladder_init(&l, s, 6));
    CHECK_INT(3, l.count);
    check_arrow(&l, 0, "alice", "proxy", "INVITE", false);
    check_arrow(&l, 1, "proxy", "alice", "100 Trying", false);
    check_arrow(&l, 2, "proxy", "bob", "INVITE", false);
    ladder_fini(&l);
}

TEST(files_are_merged_by_time)
{
    struct sighting s[] = {
        OUT(20, "b", BOB, "10.0.0.1:5060", "BYE sip:x SIP/2.0"),
        OUT(10, "a", ALICE, "10.0.0.1:5060", "INVITE sip:x SIP/2.0"),
    };
    struct ladder l;

    CHECK_INT(0, ladder_init(&l, s, 2));
    check_arrow(&l, 0, "a", "10.0.0.1:5060", "INVITE", false);
    check_arrow(&l, 1, "b", "10.0.0.1:5060", "BYE", false);
    ladder_fini(&l);
}

TEST(the_picture_is_drawn_with_arrows_times_and_what_was_lost)
{
    struct sighting s[] = {
        OUT(1000, "alice", ALICE, PROXY, "INVITE sip:bob SIP/2.0"),
        OUT(1500, "alice", ALICE, PROXY, "INVITE sip:bob SIP/2.0"),
        IN(1500, "proxy", PROXY, ALICE, "INVITE sip:bob SIP/2.0"),
        OUT(1502, "proxy", PROXY, ALICE, "SIP/2.0 180 Ringing"),
        IN(1502, "alice", ALICE, PROXY, "SIP/2.0 180 Ringing"),
    };
    char          text[4096];
    struct buf    b = BUF_ON(text);
    struct ladder l;

    CHECK_INT(0, ladder_init(&l, s, 5));
    ladder_write_head(&b, &l);
    for (size_t i = 0; i < l.count; i++)
        ladder_write_arrow(&b, &l, i, LADDER_ASCII);
    CHECK(buf_ok(&b));
    CHECK_SLICE("                        alice                     proxy\n"
                "   0.000   +0.000         |-------- INVITE ------x  |  lost\n"
                "   0.500   +0.500         |-------- INVITE -------->|\n"
                "   0.502   +0.002         |<----- 180 Ringing ------|\n",
                buf_slice(&b));
    b = BUF_ON(text);
    ladder_write_arrow(&b, &l, 2, LADDER_UNICODE);
    CHECK_SLICE("   0.502   +0.002         │◄───── 180 Ringing ──────│\n", buf_slice(&b));
    ladder_fini(&l);
}

TEST(no_messages_make_an_empty_picture)
{
    char          text[64];
    struct buf    b = BUF_ON(text);
    struct ladder l;

    CHECK_INT(0, ladder_init(&l, NULL, 0));
    CHECK_INT(0, l.count);
    ladder_write_head(&b, &l);
    CHECK(buf_ok(&b));
    ladder_fini(&l);
}

TEST(a_start_line_from_hell_is_drawn_without_harm)
{
    struct sighting s[] = {
        IN(0, "a", ALICE, PROXY, "\x1b[31m\xff a b"),
        OUT(1, "a", ALICE, ALICE, ""),
    };
    char          text[1024];
    struct buf    b = BUF_ON(text);
    struct ladder l;

    CHECK_INT(0, ladder_init(&l, s, 2));
    for (size_t i = 0; i < l.count; i++)
        ladder_write_arrow(&b, &l, i, LADDER_ASCII);
    CHECK(buf_ok(&b));
    CHECK(memchr(text, '\x1b', b.len) == NULL);
    ladder_fini(&l);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_sent_and_received_is_one_arrow),
        cmocka_unit_test(a_peer_without_a_trace_is_named_by_its_address),
        cmocka_unit_test(a_message_that_a_traced_node_never_saw_is_lost),
        cmocka_unit_test(within_a_millisecond_causes_come_before_effects),
        cmocka_unit_test(files_are_merged_by_time),
        cmocka_unit_test(the_picture_is_drawn_with_arrows_times_and_what_was_lost),
        cmocka_unit_test(no_messages_make_an_empty_picture),
        cmocka_unit_test(a_start_line_from_hell_is_drawn_without_harm),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
