/* SPDX-License-Identifier: BSD-2-Clause */
#include "route/dialog_token.h"

#include "support/sample_flow.h"
#include "support/test.h"

static struct slice token(struct buf *b, const struct way_back *way)
{
    dialog_token_write(b, SLICE("call@one"), way, &sample_key);
    CHECK(buf_ok(b));
    return buf_slice(b);
}

/* Decision 3. */
TEST(a_token_fits_its_call_and_no_other)
{
    char             memory[DIALOG_TOKEN];
    struct buf       b     = BUF_ON(memory);
    struct token_key other = { { 9, 9 }, 77 };
    struct way_back  way   = { .flow.transport = TRANSPORT_NONE };
    struct slice     text  = token(&b, &way);

    CHECK_INT(16, text.len);
    CHECK(dialog_token_read(text, SLICE("call@one"), &sample_key, &way));
    CHECK_INT(TRANSPORT_NONE, way.flow.transport);
    CHECK(!dialog_token_read(text, SLICE("call@two"), &sample_key, &way));
    CHECK(!dialog_token_read(text, SLICE("call@one"), &other, &way));
    CHECK(!dialog_token_read(SLICE(""), SLICE("call@one"), &sample_key, &way));
    CHECK(!dialog_token_read(SLICE("0123456789abcdef"), SLICE("call@one"), &sample_key, &way));
}

/* It opens the way to trunks: nobody may make it, neither out of a token without it nor by another Call-ID. */
TEST(a_trunk_is_told_by_a_letter_that_cannot_be_made_up)
{
    char            memory[DIALOG_TOKEN], made[DIALOG_TOKEN];
    struct buf      b = BUF_ON(memory), text = BUF_ON(made);
    struct way_back way = { .flow.transport = TRANSPORT_NONE }, read;

    buf_put(&text, token(&b, &way));
    buf_put_byte(&text, 't');
    CHECK(!dialog_token_read(buf_slice(&text), SLICE("call@one"), &sample_key, &read));
    CHECK(!read.trunk);
    b         = BUF_ON(memory);
    way.trunk = true;
    CHECK_INT(17, token(&b, &way).len);
    CHECK(dialog_token_read(buf_slice(&b), SLICE("call@one"), &sample_key, &read) && read.trunk);
    CHECK(!dialog_token_read(buf_slice(&b), SLICE("call@onet"), &sample_key, &read));
    b.len--;
    CHECK(!dialog_token_read(buf_slice(&b), SLICE("call@onet"), &sample_key, &read));
    CHECK(!dialog_token_read(buf_slice(&b), SLICE("call@one"), &sample_key, &read));
}

TEST(a_trunk_may_have_a_way_back)
{
    for (int trunk = 0; trunk < 2; trunk++) {
        char            memory[DIALOG_TOKEN];
        struct buf      b   = BUF_ON(memory);
        struct way_back way = { sample_flow(TRANSPORT_TLS, true), 7, trunk }, read;

        CHECK(dialog_token_read(token(&b, &way), SLICE("call@one"), &sample_key, &read));
        CHECK_INT(trunk, read.trunk);
        CHECK(read.contact == 7 && read.flow.transport == TRANSPORT_TLS);
    }
}

TEST(a_way_back_is_read_as_it_was_written)
{
    for (enum transport t = TRANSPORT_UDP; t <= TRANSPORT_WSS; t++) {
        for (int v6 = 0; v6 < 2; v6++) {
            char            memory[DIALOG_TOKEN];
            struct buf      b   = BUF_ON(memory);
            struct way_back way = { sample_flow(t, v6), 0xdeadbeef, false }, read;

            CHECK(dialog_token_read(token(&b, &way), SLICE("call@one"), &sample_key, &read));
            CHECK_INT(t, read.flow.transport);
            CHECK(address_eq(&way.flow.local, &read.flow.local) && address_eq(&way.flow.remote, &read.flow.remote));
            CHECK(way.flow.connection == read.flow.connection && read.flow.listener == 3);
            CHECK(read.contact == 0xdeadbeef);
        }
    }
}

/* Whoever could change it would have us send wherever he likes. */
TEST(a_way_back_that_was_changed_is_no_token)
{
    char            memory[DIALOG_TOKEN];
    struct buf      b    = BUF_ON(memory);
    struct way_back way  = { sample_flow(TRANSPORT_UDP, false), 1, false }, read;
    struct slice    text = token(&b, &way);

    for (size_t i = 0; i < text.len; i++) {
        char kept = memory[i];

        memory[i] = kept == '0' ? '1' : '0';
        CHECK(!dialog_token_read(text, SLICE("call@one"), &sample_key, &read));
        CHECK_INT(TRANSPORT_NONE, read.flow.transport);
        memory[i] = kept;
    }
    for (size_t len = 0; len < text.len; len++)
        CHECK(!dialog_token_read((struct slice){ text.ptr, len }, SLICE("call@one"), &sample_key, &read));
    CHECK(dialog_token_read(text, SLICE("call@one"), &sample_key, &read));
}

/* Connections have other names then. */
TEST(after_a_restart_a_stream_is_no_way_back_and_a_datagram_still_is)
{
    struct token_key later = { sample_key.key, 78 };
    char             memory[DIALOG_TOKEN];
    struct buf       b       = BUF_ON(memory);
    struct way_back  stream  = { sample_flow(TRANSPORT_TCP, false), 1, false },
                    datagram = { sample_flow(TRANSPORT_UDP, false), 1, false };
    struct way_back read;

    CHECK(dialog_token_read(token(&b, &stream), SLICE("call@one"), &later, &read));
    CHECK_INT(TRANSPORT_NONE, read.flow.transport);
    b = BUF_ON(memory);
    CHECK(dialog_token_read(token(&b, &datagram), SLICE("call@one"), &later, &read));
    CHECK_INT(TRANSPORT_UDP, read.flow.transport);
}

TEST(what_cannot_be_written_is_left_out)
{
    char            memory[DIALOG_TOKEN];
    struct buf      b   = BUF_ON(memory);
    struct way_back way = { sample_flow(TRANSPORT_UDP, true), 1, false };

    way.flow.remote.scope = 2;
    CHECK_INT(16, token(&b, &way).len);
    b                     = BUF_ON(memory);
    way.flow.remote.scope = 0;
    way.flow.transport    = TRANSPORT_NONE;
    CHECK_INT(16, token(&b, &way).len);
}

TEST(a_contact_is_its_host_and_port)
{
    static const char *const same[]  = { "sip:bob@HOST.test:5070", "sip:bob@host.test:5070;transport=tcp",
                                         "sips:eve@host.test:5070" };
    static const char *const other[] = { "sip:bob@host.test", "sip:bob@host2.test:5070" };
    struct uri               uri;
    uint32_t                 known;

    CHECK(uri_parse(SLICE("sip:bob@host.test:5070"), &uri));
    known = dialog_token_contact(&uri, &sample_key);
    for (size_t i = 0; i < sizeof same / sizeof *same; i++) {
        CHECK(uri_parse(slice_from(same[i]), &uri));
        CHECK(dialog_token_contact(&uri, &sample_key) == known);
    }
    for (size_t i = 0; i < sizeof other / sizeof *other; i++) {
        CHECK(uri_parse(slice_from(other[i]), &uri));
        CHECK(dialog_token_contact(&uri, &sample_key) != known);
    }
}

/* RFC 5627 6.1: by the time it is back here, its domain has made an address of it. */
TEST(a_gruu_is_whoever_it_is_then)
{
    const struct way_back gruu = { .contact = DIALOG_TOKEN_WHOEVER };
    struct way_back       bob;
    struct uri            uri;

    CHECK(uri_parse(SLICE("sip:bob@host.test;gr=urn:x:1"), &uri));
    CHECK_INT(DIALOG_TOKEN_WHOEVER, dialog_token_contact(&uri, &sample_key));
    CHECK(uri_parse(SLICE("sip:bob@10.1.1.1"), &uri));
    CHECK(dialog_token_leads_to(&gruu, &uri, &sample_key));
    bob = (struct way_back){ .contact = dialog_token_contact(&uri, &sample_key) };
    CHECK(dialog_token_leads_to(&bob, &uri, &sample_key));
    CHECK(uri_parse(SLICE("sip:bob@10.1.1.2"), &uri));
    CHECK(!dialog_token_leads_to(&bob, &uri, &sample_key));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_token_fits_its_call_and_no_other),
        cmocka_unit_test(a_trunk_is_told_by_a_letter_that_cannot_be_made_up),
        cmocka_unit_test(a_trunk_may_have_a_way_back),
        cmocka_unit_test(a_way_back_is_read_as_it_was_written),
        cmocka_unit_test(a_way_back_that_was_changed_is_no_token),
        cmocka_unit_test(after_a_restart_a_stream_is_no_way_back_and_a_datagram_still_is),
        cmocka_unit_test(what_cannot_be_written_is_left_out),
        cmocka_unit_test(a_contact_is_its_host_and_port),
        cmocka_unit_test(a_gruu_is_whoever_it_is_then),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
