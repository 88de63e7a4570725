/* SPDX-License-Identifier: BSD-2-Clause */
#include "server/aor.h"

#include "support/alloc.h"
#include "support/test.h"

#include <stdlib.h>

static struct binding_commons commons;
static struct blocks          memory = { .exact = true };

static const struct binding udp4 = {
    .row         = 7,
    .contact     = SLICE("sip:bob@192.0.2.9:5060"),
    .params      = SLICE(";+sip.instance=\"<urn:uuid:1>\""),
    .call_id     = SLICE("call"),
    .user_agent  = SLICE("ua"),
    .path        = SLICE("<sip:p;lr>"),
    .flow        = { .transport = TRANSPORT_UDP,
                     .local     = { { 192, 0, 2, 1 }, 0, 5060, FAMILY_4 },
                     .remote    = { { 192, 0, 2, 9 }, 0, 5061, FAMILY_4 },
                     .listener  = 3 },
    .cseq        = 4000000000,
    .q           = 700,
    .expires_at  = 123456789012,
    .lease_until = 223456789000,
};

static const struct binding tcp6 = {
    .row        = 8,
    .contact    = SLICE("sip:bob@[2001:db8::9]"),
    .flow       = { .transport  = TRANSPORT_TCP,
                    .local      = { { 0x20, 1 }, 5, 5060, FAMILY_6 },
                    .remote     = { { 0x20, 2, [15] = 9 }, 6, 40000, FAMILY_6 },
                    .connection = 0x1122334455667788,
                    .listener   = UINT32_MAX },
    .expires_at = 1000,
};

static const struct binding nowhere = { .row = 9, .contact = SLICE("sip:bob@host"), .expires_at = NEVER };

static const struct binding flow2 = {
    .row        = 10,
    .contact    = SLICE("sip:bob@192.0.2.9"),
    .path       = SLICE("<sip:edge;lr;ob>"),
    .instance   = SLICE("<urn:uuid:2>"),
    .flow       = { .transport = TRANSPORT_UDP, .local = { .family = FAMILY_4 }, .remote = { .family = FAMILY_4 } },
    .reg_id     = 2,
    .outbound   = true,
    .gruu       = (UINT64_C(1) << AOR_GRUU_BITS) - 1,
    .expires_at = NEVER,
};

static void check_same(const struct binding *want, const struct binding *got)
{
    CHECK(want->row == got->row && want->cseq == got->cseq && want->q == got->q);
    CHECK(want->expires_at == got->expires_at && want->lease_until == got->lease_until);
    CHECK(slice_eq(want->contact, got->contact) && slice_eq(want->params, got->params));
    CHECK(slice_eq(want->call_id, got->call_id) && slice_eq(want->user_agent, got->user_agent));
    CHECK(slice_eq(want->path, got->path) && slice_eq(want->instance, got->instance));
    CHECK(want->outbound == got->outbound && want->reg_id == got->reg_id && want->gruu == got->gruu);
    CHECK(want->flow.transport == got->flow.transport && want->flow.listener == got->flow.listener);
    CHECK(want->flow.connection == got->flow.connection);
    CHECK(address_eq(&want->flow.local, &got->flow.local));
    CHECK(address_eq(&want->flow.remote, &got->flow.remote));
}

TEST(what_is_put_in_comes_out)
{
    const struct binding values[] = { udp4, tcp6, nowhere, flow2 };
    struct aor          *a        = aor_new(&memory, &commons, SLICE("sip:bob@example.test"), values, 4);
    struct binding       got;

    CHECK_SLICE("sip:bob@example.test", aor_key(a));
    CHECK_INT(4, aor_count(a));
    for (unsigned i = 0; i < 4; i++) {
        aor_binding(a, i, &got);
        check_same(&values[i], &got);
        CHECK(aor_expires_at(a, i) == values[i].expires_at);
    }
    aor_free(&memory, a, &commons);
}

/* A million phones: their instance is not kept twice, and without one nothing is. */
TEST(an_instance_that_is_a_piece_of_the_parameters_takes_no_room_of_its_own)
{
    struct binding twice = udp4, got;
    struct aor    *plain = aor_new(&memory, &commons, SLICE("bob"), &udp4, 1), *a;

    twice.instance = (struct slice){ twice.params.ptr + sizeof ";+sip.instance=\"" - 1, sizeof "<urn:uuid:1>" - 1 };
    twice.gruu     = 5;
    a              = aor_new(&memory, &commons, SLICE("bob"), &twice, 1);
    aor_binding(a, 0, &got);
    check_same(&twice, &got);
    CHECK(got.instance.ptr > got.params.ptr && got.instance.ptr < got.params.ptr + got.params.len);
    CHECK_INT(8, a->size - plain->size);
    aor_free(&memory, a, &commons);
    aor_free(&memory, plain, &commons);
}

TEST(a_refresh_changes_three_numbers_and_no_more)
{ /* of the lease, the whole seconds */
    struct aor    *a    = aor_new(&memory, &commons, SLICE("bob"), &udp4, 1);
    struct binding want = udp4, got;

    want.expires_at  = 5;
    want.cseq        = 6;
    want.lease_until = 7000;
    aor_refresh(a, 0, 5, 6, 7999);
    aor_binding(a, 0, &got);
    check_same(&want, &got);
    aor_free(&memory, a, &commons);
}

TEST(it_is_alive_until_the_last_has_ended)
{
    const struct binding values[] = { tcp6, udp4 };
    struct aor          *a        = aor_new(&memory, &commons, SLICE("bob"), values, 2);

    CHECK(aor_first_expiry(a) == 1000);
    CHECK(aor_is_alive(a, 1000));
    CHECK(aor_is_alive(a, udp4.expires_at - 1));
    CHECK(!aor_is_alive(a, udp4.expires_at));
    aor_free(&memory, a, &commons);
}

TEST(what_does_not_fit_is_refused)
{
    static char    text[70000];
    struct binding b = { .contact = { text, 65535 } };
    struct aor    *a = aor_new(&memory, &commons, SLICE("bob"), &b, 1);

    CHECK(a != NULL);
    aor_free(&memory, a, &commons);
    b.contact.len = 65536;
    CHECK(aor_new(&memory, &commons, SLICE("bob"), &b, 1) == NULL);
    b.contact.len = 1;
    b.instance    = (struct slice){ text, 65536 };
    CHECK(aor_new(&memory, &commons, SLICE("bob"), &b, 1) == NULL);
    b.instance.len = 0;
    CHECK(aor_new(&memory, &commons, (struct slice){ text, 65536 }, &b, 1) == NULL);
    alloc_fail_at(1);
    CHECK(aor_new(&memory, &commons, SLICE("bob"), &b, 1) == NULL);
    alloc_fail_at(0);
}

/* RFC 5626 7: a stream is its connection, a datagram's flow its addresses; a Path or a Contact is no flow. */
TEST(a_binding_is_known_by_its_flow)
{
    struct flow    stream = { .transport = TRANSPORT_TCP, .remote = address_v4(192, 0, 2, 9, 40000), .connection = 7 };
    struct flow    datagram     = { .transport = TRANSPORT_UDP, .remote = address_v4(192, 0, 2, 9, 40000) };
    struct flow    other_stream = stream, other_datagram = datagram, other_local = datagram;
    struct binding b = { .contact = SLICE("sip:x"), .outbound = true, .flow = stream };
    struct aor    *a;

    other_stream.connection    = 8;
    other_datagram.remote.port = 40001;
    other_local.local          = address_v4(192, 0, 2, 1, 5070);
    CHECK(binding_has_flow(&b, &stream) && !binding_has_flow(&b, &other_stream) && !binding_has_flow(&b, &datagram));
    b.flow = datagram;
    CHECK(binding_has_flow(&b, &datagram) && !binding_has_flow(&b, &other_datagram));
    CHECK(!binding_has_flow(&b, &other_local) && !binding_has_flow(&b, &stream));
    a = aor_new(&memory, &commons, SLICE("bob"), &b, 1);
    CHECK(aor_has_flow(a, &datagram) && !aor_has_flow(a, &stream));
    aor_free(&memory, a, &commons);
    b.path = SLICE("<sip:edge.test;lr;ob>");
    CHECK(!binding_has_flow(&b, &datagram));
    b.path     = SLICE("");
    b.outbound = false;
    CHECK(!binding_has_flow(&b, &datagram));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_put_in_comes_out),
        cmocka_unit_test(an_instance_that_is_a_piece_of_the_parameters_takes_no_room_of_its_own),
        cmocka_unit_test(a_refresh_changes_three_numbers_and_no_more),
        cmocka_unit_test(it_is_alive_until_the_last_has_ended),
        cmocka_unit_test(what_does_not_fit_is_refused),
        cmocka_unit_test(a_binding_is_known_by_its_flow),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
