/* SPDX-License-Identifier: BSD-2-Clause */
#include "route/stateless.h"

#include "route/loop_mark.h"
#include "support/test.h"

#include <stdio.h>

static const struct hash_key key = { 11, 12 }, other_key = { 11, 13 };

/* ---- a request, and the response that comes back ---- */

struct call {
    const char *method, *via, *to_tag, *more;
};

static const struct call invite = { "INVITE", "SIP/2.0/UDP pbx.test;branch=z9hG4bK7;rport", "", "" };

static struct message *parse(const char *text)
{
    struct parse_fault fault;
    struct message    *m = message_parse(slice_from(text), &fault);

    CHECK(m != NULL);
    return m;
}

static struct message *request_of(const struct call *c)
{
    char            text[1024];
    struct message *m;

    snprintf(text, sizeof text,
             "%s sip:x@far.test SIP/2.0\r\nVia: %s\r\nFrom: <sip:a@pbx.test>;tag=1\r\nTo: <sip:x@far.test>%s\r\n"
             "Call-ID: one\r\nCSeq: 1 %s\r\n%sContent-Length: 0\r\n\r\n",
             c->method, c->via, c->to_tag, c->method, c->more);
    m                 = parse(text);
    m->flow.transport = TRANSPORT_UDP;
    m->flow.listener  = 10;
    CHECK(address_parse(SLICE("192.0.2.65:40000"), &m->flow.remote));
    return m;
}

static struct slice branch_of(const struct call *c, char memory[STATELESS_BRANCH])
{
    struct message *m = request_of(c);
    struct buf      b = buf_on(memory, STATELESS_BRANCH);

    stateless_branch_write(&b, m, &key);
    CHECK(buf_ok(&b));
    CHECK_INT(STATELESS_BRANCH, b.len);
    message_drop(m);
    return buf_slice(&b);
}

static bool reads(struct slice branch, const char *second, const struct hash_key *by, struct stateless_way *way)
{
    char            text[1024];
    struct message *m;
    bool            good;

    snprintf(text, sizeof text,
             "SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP 192.0.2.10;branch=z9hG4bK%.*s\r\n%sFrom: <sip:a@pbx.test>;tag=1\r\n"
             "To: <sip:x@far.test>;tag=2\r\nCall-ID: one\r\nCSeq: 1 INVITE\r\nContent-Length: 0\r\n\r\n",
             SLICE_ARG(branch), second);
    m    = parse(text);
    good = stateless_branch_read(m, by, way);
    message_drop(m);
    return good;
}

#define SENT "Via: SIP/2.0/UDP pbx.test;branch=z9hG4bK7;rport=40000;received=192.0.2.65\r\n"

/* ---- the rules ---- */

/* RFC 3261 16.11. */
TEST(a_request_its_cancel_and_its_ack_have_one_branch)
{
    static const struct call same[] = {
        { "INVITE", "SIP/2.0/UDP pbx.test;branch=z9hG4bK7;rport", "", "X-More: 1\r\n" },
        { "CANCEL", "SIP/2.0/UDP pbx.test;branch=z9hG4bK7;rport", "", "" },
        { "ACK", "SIP/2.0/UDP pbx.test;branch=z9hG4bK7;rport", ";tag=2", "" },
    };
    static const struct call others[] = {
        { "INVITE", "SIP/2.0/UDP pbx.test;branch=z9hG4bK8;rport", "", "" },
        { "INVITE", "SIP/2.0/UDP pbx.test:5070;branch=z9hG4bK7;rport", "", "" },
        { "INVITE", "SIP/2.0/UDP pbx2.test;branch=z9hG4bK7;rport", "", "" },
        { "INVITE", "SIP/2.0/UDP pbx.test;branch=z9hG4bK7;rport", "", "Route: <sip:far.test;lr>\r\n" },
    };
    char         one[STATELESS_BRANCH], two[STATELESS_BRANCH];
    struct slice first = branch_of(&invite, one);

    for (size_t i = 0; i < sizeof same / sizeof *same; i++)
        CHECK(slice_eq(first, branch_of(&same[i], two)));
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        CHECK(!slice_eq(first, branch_of(&others[i], two)));
}

TEST(a_response_goes_to_where_its_request_came_from)
{
    char                 memory[STATELESS_BRANCH], text[80];
    struct buf           b = BUF_ON(text);
    struct stateless_way way;

    CHECK(reads(branch_of(&invite, memory), SENT, &key, &way));
    CHECK_INT(10, way.listener);
    address_write(&b, &way.to);
    CHECK_SLICE("192.0.2.65:40000", buf_slice(&b));
}

/* Else anybody could have us send anything to anybody. */
TEST(a_response_that_fits_no_request_of_ours_goes_nowhere)
{
    static const char *const vias[] = {
        "",
        "Via: SIP/2.0/UDP pbx.test;branch=z9hG4bK7;rport=40000;received=192.0.2.66\r\n",
        "Via: SIP/2.0/UDP pbx.test;branch=z9hG4bK7;rport=40001;received=192.0.2.65\r\n",
        "Via: SIP/2.0/UDP pbx.test;branch=z9hG4bK8;rport=40000;received=192.0.2.65\r\n",
        "Via: SIP/2.0/UDP pbx.test:5070;branch=z9hG4bK7;rport=40000;received=192.0.2.65\r\n",
        "Via: SIP/2.0/UDP pbx.test;branch=z9hG4bK7;rport=40000;received=192.0.2.65;maddr=far.test\r\n",
    };
    char                 memory[STATELESS_BRANCH];
    struct slice         branch = branch_of(&invite, memory);
    struct stateless_way way;

    for (size_t i = 0; i < sizeof vias / sizeof *vias; i++)
        CHECK(!reads(branch, vias[i], &key, &way));
    CHECK(!reads(branch, SENT, &other_key, &way));
    for (size_t i = LOOP_MARK; i < branch.len; i++) {
        char kept = memory[i];

        memory[i] = kept == '0' ? '1' : '0';
        CHECK(!reads(branch, SENT, &key, &way));
        memory[i] = kept;
    }
    branch.len--;
    CHECK(!reads(branch, SENT, &key, &way));
}

TEST(what_needs_more_than_to_be_sent_on_does_not_fit)
{
    static const struct call unfit[] = {
        { "INVITE", "SIP/2.0/UDP pbx.test;branch=7;rport", "", "" },
        { "INVITE", "SIP/2.0/UDP pbx.test;rport", "", "" },
        { "INVITE", "SIP/2.0/UDP pbx.test;branch=z9hG4bK7;maddr=192.0.2.77", "", "" },
        { "INVITE", "SIP/2.0/UDP pbx.test;branch=z9hG4bK7", "", "Proxy-Require: magic\r\n" },
        { "INVITE", "SIP/2.0/UDP pbx.test;branch=z9hG4bK7", "", "Accept-Contact: *;audio\r\n" },
        { "REGISTER", "SIP/2.0/UDP pbx.test;branch=z9hG4bK7", "", "" },
    };
    struct message *m = request_of(&invite);

    CHECK(stateless_fits(m));
    m->flow.transport = TRANSPORT_TCP;
    CHECK(!stateless_fits(m));
    message_drop(m);
    for (size_t i = 0; i < sizeof unfit / sizeof *unfit; i++) {
        m = request_of(&unfit[i]);
        CHECK(!stateless_fits(m));
        message_drop(m);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_request_its_cancel_and_its_ack_have_one_branch),
        cmocka_unit_test(a_response_goes_to_where_its_request_came_from),
        cmocka_unit_test(a_response_that_fits_no_request_of_ours_goes_nowhere),
        cmocka_unit_test(what_needs_more_than_to_be_sent_on_does_not_fit),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
