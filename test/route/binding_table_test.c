/* SPDX-License-Identifier: BSD-2-Clause */
/* Every REGISTER in every state: what RFC 3261 10.3, RFC 5626 6 and RFC 5627 5.1 say
 * becomes of it.
 *
 * A cell is a status, or the changes in their order:
 *
 *     +  a new binding           =0  binding 0 refreshed        -0  binding 0 removed
 *     .  no change               ~0  binding 0 replaced         -*  all removed
 *     m  ... by another URI       g  ... and the temporary GRUUs of its instance end */
#include "route/binding.h"

#include "support/test.h"

#include <stdio.h>

enum { NOW = 1000000, MOST = 5, NEXT = 11 /* the CSeq that is in order */ };

#define I "<urn:uuid:00000000-0000-1000-8000-00000000000A>"
#define J "<urn:uuid:00000000-0000-1000-8000-00000000000B>"
#define X "sip:bob@192.0.2.4"
#define Y "sip:bob@192.0.2.5"

/* ---- the states ---- */

#define BOUND(uri, instance, reg_id, call_id, cseq, ends)                                                              \
    {                                                                                                                  \
        SLICE_INIT(uri), SLICE_INIT(""), SLICE_INIT(call_id), cseq, 1000, ends, SLICE_INIT(instance), reg_id           \
    }
#define LIVE(uri)                        BOUND(uri, "", 0, "one", 10, NOW + 5000)
#define OTHER(uri)                       BOUND(uri, "", 0, "other", 500, NOW + 5000)
#define DEVICE(uri, call_id, cseq)       BOUND(uri, I, 0, call_id, cseq, NOW + 5000)
#define FLOW(uri, reg_id, call_id, cseq) BOUND(uri, I, reg_id, call_id, cseq, NOW + 5000)

enum { STATES = 13 };

struct state {
    const char        *name;
    size_t             count;
    struct binding_now existing[MOST];
};

/* Those of an instance or flow have its parameters, see `params_of`. */
static const struct state states[STATES] = {
    { "absent", 0, { { .cseq = 0 } } },
    { "live", 1, { LIVE(X) } },
    { "live, by another Call-ID", 1, { OTHER(X) } },
    { "ended", 1, { BOUND(X, "", 0, "one", 10, NOW) } },
    { "of an instance", 1, { DEVICE(X, "one", 10) } },
    { "a flow", 1, { FLOW(X, 1, "one", 10) } },
    { "a flow, by another Call-ID", 1, { FLOW(X, 1, "other", 500) } },
    { "a flow that has ended", 1, { BOUND(X, I, 1, "one", 10, NOW) } },
    { "full", 4, { OTHER("sip:p@h"), OTHER("sip:q@h"), OTHER("sip:r@h"), OTHER("sip:s@h") } },
    { "full, with it", 4, { LIVE(X), OTHER("sip:q@h"), OTHER("sip:r@h"), OTHER("sip:s@h") } },
    { "over the limit", 5, { LIVE(X), OTHER("sip:q@h"), OTHER("sip:r@h"), OTHER("sip:s@h"), OTHER("sip:t@h") } },
    { "two of an instance, the later one by this Call-ID", 2, { DEVICE(X, "other", 500), DEVICE(Y, "one", 10) } },
    { "two flows, the later one by this Call-ID", 2, { FLOW(X, 1, "other", 500), FLOW(Y, 2, "one", 10) } },
};

/* ---- the requests, and what becomes of them ---- */

struct row {
    const char *contact; /* header lines */
    uint32_t    cseq;
    bool        outbound;
    const char *cells[STATES];
};

#define ALL(cell)                                                                                                      \
    {                                                                                                                  \
        cell, cell, cell, cell, cell, cell, cell, cell, cell, cell, cell, cell, cell                                   \
    }
#define C(contact) "Contact: " contact "\r\n"
#define OF_I       ";+sip.instance=\"" I "\""
#define OF_J       ";+sip.instance=\"" J "\""

/* The states in their order:
 * absent live other ended device flow flow' ended' full full+it over two-devices two-flows */
static const struct row rows[] = {
    { "", NEXT, false, ALL(".") },
    { "Expires: 0\r\n", NEXT, false, ALL(".") },

    /* 10.3 step 7: one contact by its URI.  A flow is not meant by it (RFC 5626 6). */
    { C("<" X ">"), NEXT, false, { "+", "=0", "~0", "+", "~0", "+", "+", "+", "403", "=0", "=0", "~0", "+" } },
    { C("<" X ">"), 10, false, { "+", "500", "~0", "+", "500", "+", "+", "+", "403", "500", "500", "~0", "+" } },
    { C("<" X ">"), 9, false, { "+", "500", "~0", "+", "500", "+", "+", "+", "403", "500", "500", "~0", "+" } },
    { C("<sip:b%6fb@192.0.2.4>"),
      NEXT,
      false,
      { "+", "~0", "~0", "+", "~0", "+", "+", "+", "403", "~0", "~0", "~0", "+" } },
    { C("<" X ">;q=0.5"), NEXT, false, { "+", "~0", "~0", "+", "~0", "+", "+", "+", "403", "~0", "~0", "~0", "+" } },
    { C("<" Y ">"), NEXT, false, { "+", "+", "+", "+", "+", "+", "+", "+", "403", "403", "403", "~1", "+" } },
    { C("<" X ";transport=tcp>"),
      NEXT,
      false,
      { "+", "+", "+", "+", "+", "+", "+", "+", "403", "403", "403", "+", "+" } },
    { C("<tel:+15551234567>"), NEXT, false, { "+", "+", "+", "+", "+", "+", "+", "+", "403", "403", "403", "+", "+" } },

    /* Removal: what is not there is no error; a flow is taken out by its URI if nothing else is
     * meant, but not another device's. */
    { C("<" X ">;expires=0"),
      NEXT,
      false,
      { ".", "-0", "-0", ".", "-0", "-0", "-0", ".", ".", "-0", "-0", "-0", "-0" } },
    { C("<" X ">;expires=0"),
      10,
      false,
      { ".", "500", "-0", ".", "500", "500", "-0", ".", ".", "500", "500", "-0", "-0" } },
    { C("<" X ">" OF_I ";expires=0"),
      NEXT,
      false,
      { ".", "-0", "-0", ".", "-0", "-0", "-0", ".", ".", "-0", "-0", "-0", "-0" } },
    { C("<" X ">" OF_J ";expires=0"),
      NEXT,
      false,
      { ".", "-0", "-0", ".", "-0", ".", ".", ".", ".", "-0", "-0", "-0", "." } },

    /* 10.3 step 6. */
    { C("*") "Expires: 0\r\n", NEXT, false, ALL("-*") },
    { C("*") "Expires: 0\r\n",
      10,
      false,
      { "-*", "500", "-*", "-*", "500", "500", "-*", "-*", "-*", "500", "500", "500", "500" } },
    { C("*"), NEXT, false, ALL("400") },
    { C("*") "Expires: 1\r\n", NEXT, false, ALL("400") },
    { C("*;expires=0") "Expires: 0\r\n", NEXT, false, ALL("400") },
    { C("*") C("*") "Expires: 0\r\n", NEXT, false, ALL("400") },
    { C("*, *") "Expires: 0\r\n", NEXT, false, ALL("400") },
    { C("*, <" X ">") "Expires: 0\r\n", NEXT, false, ALL("400") },
    { C("<" X ">") C("*") "Expires: 0\r\n", NEXT, false, ALL("400") },

    /* Several in turn, all or none of them. */
    { C("<" Y ">, <" X ">;expires=0"),
      NEXT,
      false,
      { "+", "+ -0", "+ -0", "+", "+ -0", "+ -0", "+ -0", "+", "403", "+ -0", "+ -0", "~1 -0", "+ -0" } },
    { C("<" X ">;expires=0, <" X ">"),
      NEXT,
      false,
      { "+", "-0 +", "-0 +", "+", "-0 +", "-0 +", "-0 +", "+", "403", "-0 +", "-0 +", "-0 +", "-0 +" } },
    { C("<" X ">;expires=0") C("<sip:b%6fb@192.0.2.4>;expires=0"),
      NEXT,
      false,
      { ".", "-0", "-0", ".", "-0", "-0", "-0", ".", ".", "-0", "-0", "-0", "-0" } },
    { C("<" X ">, <" X ">;expires=0"), NEXT, false, ALL("400") },
    { C("<" X ">, <sip:b%6fb@192.0.2.4>"), NEXT, false, ALL("400") },
    { C("<" Y ">, <" X ">"),
      10,
      false,
      { "+ +", "500", "+ ~0", "+ +", "500", "+ +", "+ +", "+ +", "403", "500", "500", "500", "+ +" } },
    { C("<" Y ">, <" X ">;q=2"), NEXT, false, ALL("400") },
    { C("<" Y ">, <" X ">;expires=59"), NEXT, false, ALL("423") },
    { C("<" Y ">, <" X), NEXT, false, ALL("400") },
    { C(""), NEXT, false, ALL("400") },
    { C(","), NEXT, false, ALL("400") },
    { "m: *\r\nExpires: 0\r\n", NEXT, false, ALL("-*") },
    { C("<" X ">;expires=59"), NEXT, false, ALL("423") },

    /* An instance without reg-id: by its URI (RFC 5626 6), and its GRUUs by the Call-ID of the
     * one that registered last (RFC 5627 5.1). */
    { C("<" X ">" OF_I), NEXT, false, { "+", "~0", "~0", "+", "=0", "+", "+g", "+", "403", "~0", "~0", "~0", "+" } },
    { C("<" X ">" OF_J), NEXT, false, { "+", "~0", "~0", "+", "~0", "+", "+", "+", "403", "~0", "~0", "~0", "+" } },
    { C("<tel:+15551234567>" OF_I), NEXT, false, ALL("403") },
    { C("<sip:bob@example.test>" OF_I), NEXT, false, ALL("403") },
    { C("<sip:bob@example.test;gr=urn:uuid:1>" OF_I), NEXT, false, ALL("403") },
    { C("<sip:bob@example.test>" OF_I ";expires=0"), NEXT, false, ALL(".") },

    /* A flow is its instance and reg-id, whatever its URI and whoever else has that. */
    { C("<" X ">" OF_I ";reg-id=1"),
      NEXT,
      true,
      { "+", "+", "+", "+", "+", "=0", "~0g", "+", "403", "403", "403", "+", "~0g" } },
    { C("<" X ">" OF_I ";reg-id=1"),
      10,
      true,
      { "+", "+", "+", "+", "+", "500", "~0g", "+", "403", "403", "403", "+", "~0g" } },
    { C("<" Y ">" OF_I ";reg-id=1"),
      NEXT,
      true,
      { "+", "+", "+", "+", "+", "~0m", "~0mg", "+", "403", "403", "403", "+", "~0mg" } },
    { C("<" X ">" OF_I ";reg-id=2"),
      NEXT,
      true,
      { "+", "+", "+", "+", "+", "+", "+", "+", "403", "403", "403", "+", "~1m" } },
    { C("<" X ">" OF_J ";reg-id=1"),
      NEXT,
      true,
      { "+", "+", "+", "+", "+", "+", "+", "+", "403", "403", "403", "+", "+" } },
    { C("<" X ">" OF_I ";reg-id=1;expires=0"),
      NEXT,
      true,
      { ".", ".", ".", ".", ".", "-0", "-0", ".", ".", ".", ".", ".", "-0" } },
    { C("<" Y ">" OF_I ";reg-id=1;expires=0"),
      NEXT,
      true,
      { ".", ".", ".", ".", ".", "-0", "-0", ".", ".", ".", ".", ".", "-0" } },
    { C("<" X ">" OF_I ";reg-id=1;expires=0"),
      10,
      true,
      { ".", ".", ".", ".", ".", "500", "-0", ".", ".", ".", ".", ".", "-0" } },

    /* RFC 5626 6: a reg-id that counts is alone with what is removed; and is a number. */
    { C("<" X ">" OF_I ";reg-id=1, <" Y ">"), NEXT, true, ALL("400") },
    { C("<" X ">" OF_I ";reg-id=1, <" Y ">" OF_I ";reg-id=2"), NEXT, true, ALL("400") },
    { C("<" X ">" OF_I ";reg-id=1, <" Y ">;expires=0"),
      NEXT,
      true,
      { "+", "+", "+", "+", "+", "=0", "~0g", "+", "403", "403", "403", "+ -1", "~0g -1" } },
    { C("<" X ">" OF_I ";reg-id=0"), NEXT, true, ALL("400") },
    { C("<" X ">" OF_I ";reg-id=2147483648"), NEXT, true, ALL("400") },
    { C("<" X ">" OF_I ";reg-id"), NEXT, true, ALL("400") },

    /* ... but is ignored where RFC 5626 is not in use, and without an instance. */
    { C("<" X ">" OF_I ";reg-id=1"),
      NEXT,
      false,
      { "+", "~0", "~0", "+", "~0", "+", "+g", "+", "403", "~0", "~0", "~0", "+" } },
    { C("<" X ">" OF_I ";reg-id=0"),
      NEXT,
      false,
      { "+", "~0", "~0", "+", "~0", "+", "+g", "+", "403", "~0", "~0", "~0", "+" } },
    { C("<" X ">;reg-id=1"), NEXT, true, { "+", "~0", "~0", "+", "~0", "+", "+", "+", "403", "~0", "~0", "~0", "+" } },

    /* RFC 5630 5.2. */
    { C("<sips:bob@192.0.2.4>"), NEXT, false, ALL("400") },
    { C("<sips:bob@192.0.2.4>;expires=0"),
      NEXT,
      false,
      { ".", "-0", "-0", ".", "-0", "-0", "-0", ".", ".", "-0", "-0", "-0", "-0" } },
};

/* ---- one cell ---- */

/* What a binding has been registered with. */
static struct slice params_of(const struct binding_now *b)
{
    if (b->instance.len == 0)
        return SLICE("");
    if (b->reg_id == 0)
        return SLICE(OF_I);
    return b->reg_id == 1 ? SLICE(OF_I ";reg-id=1") : SLICE(OF_I ";reg-id=2");
}

static struct message *request_of(const struct row *row)
{
    char               memory[2048];
    struct buf         b = BUF_ON(memory);
    struct parse_fault fault;
    struct message    *m;

    buf_printf(&b,
               "REGISTER sip:example.test SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.4;branch=z9hG4bK7\r\n"
               "From: <sip:bob@example.test>;tag=1\r\nTo: <sip:bob@example.test>\r\nCall-ID: one\r\n"
               "CSeq: %u REGISTER\r\n%sContent-Length: 0\r\n\r\n",
               row->cseq, row->contact);
    m = message_parse(test_guarded(buf_slice(&b)), &fault);
    assert_non_null(m);
    return m;
}

static void write_change(struct buf *b, const struct binding_change *c)
{
    static const char signs[] = {
        [BINDING_ADD] = '+', [BINDING_REFRESH] = '=', [BINDING_REPLACE] = '~', [BINDING_REMOVE] = '-'
    };

    if (c->kind == BINDING_REMOVE_ALL) {
        buf_put(b, SLICE("-*"));
        return;
    }
    buf_put_byte(b, signs[c->kind]);
    if (c->kind != BINDING_ADD)
        buf_printf(b, "%u", c->index);
    if (c->moved)
        buf_put_byte(b, 'm');
    if (c->new_gruus)
        buf_put_byte(b, 'g');
}

/* In the words of the table. */
static void write_verdict(struct buf *b, const struct binding_verdict *v)
{
    if (v->status != 200)
        buf_printf(b, "%u", v->status);
    else if (v->count == 0)
        buf_put_byte(b, '.');
    for (unsigned i = 0; i < v->count; i++) {
        if (i > 0)
            buf_put_byte(b, ' ');
        write_change(b, &v->changes[i]);
    }
}

static enum binding_event event_of(const struct binding_change *c)
{
    switch (c->kind) {
    case BINDING_ADD:
        return BINDING_REGISTERED;
    case BINDING_REFRESH:
        return BINDING_REFRESHED;
    case BINDING_REPLACE:
        return c->moved ? BINDING_REGISTERED : BINDING_REFRESHED;
    case BINDING_REMOVE:
    case BINDING_REMOVE_ALL:
        break;
    }
    return BINDING_UNREGISTERED;
}

/* Holds whatever the cell says. */
static void check_verdict(const struct state *state, const struct binding_verdict *v)
{
    uint64_t named = 0;

    CHECK(v->status == 200 || v->count == 0);
    CHECK((v->status == 423) == (v->min_expires == 60));
    for (unsigned i = 0; i < v->count; i++) {
        const struct binding_change *c = &v->changes[i];

        CHECK_INT(event_of(c), c->event);
        CHECK(c->kind == BINDING_REMOVE_ALL || (c->expires == 0) == (c->kind == BINDING_REMOVE));
        if (c->kind == BINDING_ADD || c->kind == BINDING_REMOVE_ALL)
            continue;
        CHECK(c->index < state->count && (named >> c->index & 1) == 0);
        named |= UINT64_C(1) << c->index;
    }
}

static unsigned check_cell(const struct row *row, unsigned column)
{
    static const struct binding_limits usual = { 60, 3600, 7200, 4 };
    static struct binding_verdict      verdict;

    const struct state    *state = &states[column];
    struct binding_now     existing[MOST];
    struct message        *m = request_of(row);
    struct binding_request r = { m, row->outbound, NOW };
    char                   memory[64];
    struct buf             got = BUF_ON(memory);
    bool                   as_written;

    for (size_t i = 0; i < state->count; i++) {
        existing[i]        = state->existing[i];
        existing[i].params = params_of(&existing[i]);
    }
    binding_decide(existing, state->count, &r, &usual, &verdict);
    check_verdict(state, &verdict);
    write_verdict(&got, &verdict);
    as_written = slice_eq(buf_slice(&got), slice_from(row->cells[column]));
    if (!as_written)
        print_error("state: %s, CSeq %u%s\n%swant: %s, got: %s (%s)\n\n", state->name, row->cseq,
                    row->outbound ? ", outbound" : "", row->contact, row->cells[column], buf_cstr(&got),
                    verdict.why.text);
    message_drop(m);
    return as_written ? 0 : 1;
}

TEST(each_register_in_each_state_does_what_the_rfcs_say)
{
    unsigned wrong = 0;

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        for (unsigned column = 0; column < STATES; column++)
            wrong += check_cell(&rows[i], column);
    CHECK_INT(0, wrong);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_register_in_each_state_does_what_the_rfcs_say),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
