/* SPDX-License-Identifier: BSD-2-Clause */
#include "route/policy.h"
#include "route/redirect.h"
#include "support/test.h"

static const struct slice        ours[]   = { SLICE_INIT("a.test"), SLICE_INIT("second.test") };
static const struct table_target to_other = { .uri = SLICE_INIT("sip:192.0.2.7"), .weight = 1, .priority = 1 };
static const struct table_target to_wild  = { .uri = SLICE_INIT("sip:wild"), .weight = 1, .priority = 1 };
static const struct table_target to_very  = { .uri = SLICE_INIT("sip:very"), .weight = 1, .priority = 1 };
static const struct table_target to_odd   = { .uri = SLICE_INIT("sip:odd"), .weight = 1, .priority = 1 };

static const struct policy_route routes[] = {
    { .domain = SLICE_INIT("other.test"), .targets = &to_other, .target_count = 1 },
    { .domain = SLICE_INIT("asked.test"), .redirect = SLICE_INIT("sip:192.0.2.8") },
    { .domain = SLICE_INIT("*.wild.test"), .targets = &to_wild, .target_count = 1 },
    { .domain = SLICE_INIT("*.very.wild.test"), .targets = &to_very, .target_count = 1 },
    { .domain       = SLICE_INIT("*odd.test"),
      .targets      = &to_odd,
      .target_count = 1 }, /* a star is whole labels: fits nothing */
};
static const struct redirect_rule redirects[] = { { .domain = SLICE_INIT("moved.test"), .status = 302 } };

static const struct policy proxy = {
    .domains        = ours,
    .domain_count   = 2,
    .routes         = routes,
    .route_count    = 5,
    .redirects      = redirects,
    .redirect_count = 1,
    .registrar      = true,
    .proxy          = true,
    .authentication = true,
};

/* The last decision, and the case it was made for. */
static struct policy_case     question;
static struct policy_decision got;
static struct uri             asked;

static struct message *parse(const char *text)
{
    struct parse_fault fault;
    struct message    *m = message_parse(test_guarded(slice_from(text)), &fault);

    if (m == NULL)
        print_error("%s\n", fault.expected);
    assert_non_null(m);
    return m;
}

/* Whoever need not be asked for makes no difference. */
static void check_user_is_asked_for(const struct policy *p)
{
    struct policy_case     other = question;
    struct policy_decision d;

    if (question.has_bindings || question.is_gruu || policy_asks_for_user(p, &question))
        return;
    other.user_known = !other.user_known;
    d                = policy_decide(p, &other);
    CHECK_INT(got.kind, d.kind);
    CHECK_INT(got.status, d.status);
}

static void decide(const struct policy *p, const char *method, const char *uri, const char *from, bool in_dialog)
{
    char            memory[1024];
    struct buf      b = BUF_ON(memory);
    struct message *m;

    buf_printf(&b,
               "%s %s SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.4;branch=z9hG4bK7\r\nFrom: <%s>;tag=1\r\n"
               "To: <sip:b@b.test>%s\r\nCall-ID: one\r\nCSeq: 1 %s\r\nContent-Length: 0\r\n\r\n",
               method, uri, from, in_dialog ? ";tag=2" : "", method);
    m                = parse(buf_cstr(&b));
    asked            = m->uri;
    question.request = m;
    question.uri     = &asked;
    got              = policy_decide(p, &question);
    CHECK(got.why.text != NULL && got.why.rule != NULL);
    check_user_is_asked_for(p);
    message_drop(m);
    question.request = NULL;
}

static void expect(enum policy_kind kind, unsigned status)
{
    CHECK_INT(kind, got.kind);
    CHECK_INT(status, got.status);
}

static int fresh(void **state)
{
    (void)state;
    question = (struct policy_case){ 0 };
    return 0;
}

static const char alice[] = "sip:alice@A.test", stranger[] = "sip:eve@evil.test";

/* RFC 3261 10.3 step 1. */
TEST(a_register_for_our_domain_goes_to_the_registrar)
{
    struct policy none = proxy;

    decide(&proxy, "REGISTER", "sip:a.test", alice, false);
    expect(POLICY_REGISTER, 0);
    none.registrar = false;
    decide(&none, "REGISTER", "sip:a.test", alice, false);
    expect(POLICY_ANSWER, 405);
}

TEST(a_register_for_another_domain_is_relayed_for_our_users_only)
{
    decide(&proxy, "REGISTER", "sip:far.test", stranger, false);
    expect(POLICY_ANSWER, 403);
    question.authenticated = true;
    decide(&proxy, "REGISTER", "sip:far.test", alice, false);
    expect(POLICY_FORWARD, 0);
}

/* 11.2. */
TEST(options_for_the_server_are_answered_by_it)
{
    decide(&proxy, "OPTIONS", "sip:second.TEST.", stranger, false);
    expect(POLICY_SELF, 200);
    question.uri_is_us = true;
    decide(&proxy, "OPTIONS", "sip:192.0.2.1:5060", stranger, false);
    expect(POLICY_SELF, 200);
    decide(&proxy, "INVITE", "sip:192.0.2.1:5060", stranger, false);
    expect(POLICY_ANSWER, 404);
}

/* 16.5. */
TEST(anybody_may_call_our_users)
{
    decide(&proxy, "INVITE", "sip:bob@a.test", stranger, false);
    expect(POLICY_ANSWER, 404);
    question.user_known = true;
    decide(&proxy, "INVITE", "sip:bob@a.test", stranger, false);
    expect(POLICY_ANSWER, 480);
    question.has_bindings = true;
    decide(&proxy, "INVITE", "sip:bob@a.test", stranger, false);
    expect(POLICY_LOCATION, 0);
    question.uri_is_us = true;
    decide(&proxy, "MESSAGE", "sip:bob@192.0.2.1", stranger, false);
    expect(POLICY_LOCATION, 0);
}

/* RFC 5627 6.1. */
TEST(a_gruu_leads_to_its_phone_or_nowhere)
{
    question.is_gruu = question.user_known = true;
    decide(&proxy, "INVITE", "sip:bob@a.test;gr=x", stranger, false);
    expect(POLICY_ANSWER, 480);
    question.has_bindings = true;
    decide(&proxy, "INVITE", "sip:bob@a.test;gr=x", stranger, false);
    expect(POLICY_LOCATION, 0);
    question.is_no_gruu = true;
    decide(&proxy, "INVITE", "sip:bob@a.test;gr", stranger, false);
    expect(POLICY_ANSWER, 404);
    decide(&proxy, "INVITE", "sip:bob@a.test;gr", alice, false); /* and that is nothing for strangers to find out */
    expect(POLICY_CHALLENGE, 407);
}

/* RFC 5627 6.1: the Route that is left in a dialog leads to the phone; before there is one it leads wherever
 * its sender likes. */
TEST(a_gruu_counts_within_a_dialog_although_a_route_is_left)
{
    question.is_gruu = question.user_known = question.has_bindings = question.route_left = true;
    decide(&proxy, "BYE", "sip:bob@a.test;gr=x", stranger, true);
    expect(POLICY_ANSWER, 403);
    question.own_route = true;
    decide(&proxy, "BYE", "sip:bob@a.test;gr=x", stranger, true);
    expect(POLICY_LOCATION, 0);
    decide(&proxy, "ACK", "sip:bob@a.test;gr=x", stranger, false);
    expect(POLICY_LOCATION, 0);
    decide(&proxy, "BYE", "sip:bob@elsewhere.test;gr=x", stranger, true);
    expect(POLICY_FORWARD, 0);
    decide(&proxy, "INVITE", "sip:bob@a.test;gr=x", stranger, false);
    expect(POLICY_ANSWER, 403);
    question.is_gruu = false;
    decide(&proxy, "BYE", "sip:bob@a.test", stranger, true);
    expect(POLICY_FORWARD, 0);
}

/* RFC 5627 6.2. */
TEST(nobody_gives_the_gruu_of_another_for_his_contact)
{
    question.user_known = question.has_bindings = question.anothers_gruu = question.authenticated = true;
    decide(&proxy, "INVITE", "sip:bob@a.test", alice, false);
    expect(POLICY_ANSWER, 403);
    decide(&proxy, "INVITE", "sip:bob@far.test", alice, false);
    expect(POLICY_ANSWER, 403);
    question.authenticated = false;
    decide(&proxy, "INVITE", "sip:bob@a.test", alice, false);
    expect(POLICY_CHALLENGE, 407);
}

/* 22.3: nobody speaks in the name of a user of ours without proof. */
TEST(who_claims_to_be_ours_is_challenged)
{
    struct policy open = proxy;

    question.user_known = question.has_bindings = true;
    decide(&proxy, "INVITE", "sip:bob@a.test", alice, false);
    expect(POLICY_CHALLENGE, 407);
    decide(&proxy, "INVITE", "sip:bob@far.test", "sip:alice@second.test", false);
    expect(POLICY_CHALLENGE, 407);
    decide(&proxy, "INVITE", "sip:bob@a.test", alice, true); /* a To tag proves nothing */
    expect(POLICY_CHALLENGE, 407);
    question.authenticated = true;
    decide(&proxy, "INVITE", "sip:bob@a.test", alice, false);
    expect(POLICY_LOCATION, 0);
    question.authenticated = false;
    open.authentication    = false;
    decide(&open, "INVITE", "sip:bob@a.test", alice, false);
    expect(POLICY_LOCATION, 0);
}

TEST(users_are_hidden_from_those_who_pretend_to_be_ours)
{
    decide(&proxy, "INVITE", "sip:nobody@a.test", alice, false);
    expect(POLICY_CHALLENGE, 407);
}

TEST(there_is_no_open_relay)
{
    struct policy open = proxy;

    decide(&proxy, "INVITE", "sip:bob@far.test", stranger, false);
    expect(POLICY_ANSWER, 403);
    decide(&proxy, "INVITE", "sip:bob@other.test", stranger, false); /* a static route helps nobody */
    expect(POLICY_ANSWER, 403);
    decide(&proxy, "MESSAGE", "sip:bob@far.test", stranger, true); /* nor does a To tag */
    expect(POLICY_ANSWER, 403);
    decide(&proxy, "INVITE", "sip:bob@a.test;maddr=192.0.2.66", stranger, false);
    expect(POLICY_ANSWER, 403);
    question.own_route = true; /* nor a token out of a dialog */
    decide(&proxy, "INVITE", "sip:bob@far.test", stranger, false);
    expect(POLICY_ANSWER, 403);
    question = (struct policy_case){ .route_left = true };
    decide(&proxy, "INVITE", "sip:bob@a.test", stranger, false); /* nor a Route of its own */
    expect(POLICY_ANSWER, 403);
    open.authentication = false;
    decide(&open, "INVITE", "sip:bob@far.test", stranger, false);
    expect(POLICY_ANSWER, 403);
}

/* 16.12. */
TEST(a_dialog_of_ours_goes_on_whoever_asks)
{
    question.own_route = true;
    decide(&proxy, "BYE", "sip:bob@192.0.2.9", stranger, true);
    expect(POLICY_FORWARD, 0);
    decide(&proxy, "BYE", "sip:bob@192.0.2.9", alice, true); /* no challenge in it */
    expect(POLICY_FORWARD, 0);
    decide(&proxy, "ACK", "sip:bob@192.0.2.9", alice, true);
    expect(POLICY_FORWARD, 0);
    question.route_left = true;
    decide(&proxy, "BYE", "sip:bob@a.test", stranger, true);
    expect(POLICY_FORWARD, 0);
}

TEST(an_ack_is_never_challenged)
{
    decide(&proxy, "ACK", "sip:bob@far.test", alice, true);
    expect(POLICY_ANSWER, 403); /* which for an ACK means: dropped */
    question.user_known = question.has_bindings = true;
    decide(&proxy, "ACK", "sip:bob@a.test", alice, true);
    expect(POLICY_LOCATION, 0);
}

TEST(our_users_reach_other_domains_by_the_way_configured)
{
    question.authenticated = true;
    decide(&proxy, "INVITE", "sip:bob@far.test", alice, false);
    expect(POLICY_FORWARD, 0);
    decide(&proxy, "INVITE", "sip:bob@Other.test", alice, false);
    expect(POLICY_ROUTE, 0);
    CHECK(got.route == &routes[0]);
    decide(&proxy, "INVITE", "sip:bob@asked.test", alice, false);
    expect(POLICY_ASK, 0);
    CHECK(got.route == &routes[1]);
    question.route_left = true; /* 16.6 item 7: its own Route comes first */
    decide(&proxy, "INVITE", "sip:bob@other.test", alice, false);
    expect(POLICY_FORWARD, 0);
}

TEST(the_longest_name_that_fits_is_the_route)
{
    question.authenticated = true;
    decide(&proxy, "INVITE", "sip:bob@x.wild.test", alice, false);
    CHECK(got.route == &routes[2]);
    decide(&proxy, "INVITE", "sip:bob@y.very.wild.test.", alice, false);
    CHECK(got.route == &routes[3]);
    decide(&proxy, "INVITE", "sip:bob@very.wild.test", alice, false);
    CHECK(got.route == &routes[2]);
    decide(&proxy, "INVITE", "sip:bob@wild.test", alice, false);
    expect(POLICY_FORWARD, 0);
    decide(&proxy, "INVITE", "sip:bob@xwild.test", alice, false);
    expect(POLICY_FORWARD, 0);
    decide(&proxy, "INVITE", "sip:bob@x.odd.test", alice, false);
    expect(POLICY_FORWARD, 0);
}

TEST(a_star_is_the_way_to_everywhere_else)
{
    static const struct policy_route all[] = {
        { .domain = SLICE_INIT("*"), .targets = &to_wild, .target_count = 1 },
        { .domain = SLICE_INIT("other.test"), .targets = &to_odd, .target_count = 1 }
    };
    struct policy p = proxy;

    p.routes               = all;
    p.route_count          = 2;
    question.authenticated = true;
    decide(&p, "INVITE", "sip:bob@far.test", alice, false);
    CHECK(got.route == &all[0]);
    decide(&p, "INVITE", "sip:bob@other.test", alice, false);
    CHECK(got.route == &all[1]);
    decide(&p, "INVITE", "tel:+15551234", alice, false);
    CHECK(got.route == &all[0]);
    decide(&proxy, "INVITE", "tel:+15551234", alice, false);
    expect(POLICY_ANSWER, 416);
}

/* "*" would take sip:+1900@carrier.test past rules for numbers, and to the carrier. */
TEST(a_star_is_no_way_to_the_host_of_a_trunk)
{
    static const struct trunk        carrier = { .to = SLICE_INIT("sip:carrier.test") };
    static const struct policy_route all[]   = {
          { .domain = SLICE_INIT("*"), .targets = &to_wild, .target_count = 1 },
          { .domain = SLICE_INIT("carrier.test"), .targets = &to_odd, .target_count = 1 }
    };
    struct policy p = proxy;

    p.routes               = all;
    p.route_count          = 1;
    p.trunks               = &carrier;
    p.trunk_count          = 1;
    question.authenticated = true;
    decide(&p, "INVITE", "sip:+1900@carrier.test", alice, false);
    expect(POLICY_ANSWER, 403);
    p.route_count = 2;
    decide(&p, "INVITE", "sip:+1900@carrier.test", alice, false);
    CHECK(got.route == &all[1]);
}

/* 8.3. */
TEST(a_redirect_server_sends_everybody_on)
{
    struct policy p = proxy;

    p.redirect = true;
    decide(&p, "INVITE", "sip:bob@moved.test", stranger, false);
    expect(POLICY_REDIRECT, 302);
    CHECK(got.redirect == &redirects[0]);
    decide(&p, "ACK", "sip:bob@moved.test", stranger, false);
    expect(POLICY_ANSWER, 403);
    decide(&proxy, "INVITE", "sip:bob@moved.test", stranger, false); /* only if it is one */
    expect(POLICY_ANSWER, 403);
    question.user_known = question.has_bindings = true;
    decide(&p, "INVITE", "sip:bob@a.test", stranger, false);
    expect(POLICY_LOCATION, 0);
    p.proxy = false;
    decide(&p, "INVITE", "sip:bob@a.test", stranger, false);
    expect(POLICY_REDIRECT_BINDINGS, 302);
}

TEST(a_server_that_does_not_forward_says_so)
{
    struct policy p = proxy;

    p.proxy             = false;
    question.user_known = question.has_bindings = question.authenticated = true;
    decide(&p, "INVITE", "sip:bob@a.test", alice, false);
    expect(POLICY_ANSWER, 403);
    decide(&p, "INVITE", "sip:bob@far.test", alice, false);
    expect(POLICY_ANSWER, 403);
}

/* RFC 5630 5.3: no last hop without TLS. */
TEST(who_is_called_by_sips_needs_a_sips_contact)
{
    question.user_known = question.has_bindings = true;
    decide(&proxy, "INVITE", "sips:bob@a.test", stranger, false);
    expect(POLICY_ANSWER, 480);
    CHECK_INT(380, got.warning);
    question.has_secure = true;
    decide(&proxy, "INVITE", "sips:bob@a.test", stranger, false);
    expect(POLICY_LOCATION, 0);
    question.has_secure = false;
    decide(&proxy, "INVITE", "sip:bob@a.test", stranger, false);
    expect(POLICY_LOCATION, 0);
    CHECK_INT(0, got.warning);
}

/* RFC 6116: by whom a number is called decides whether anybody is asked about it. */
TEST(a_number_is_looked_up_for_a_user_of_ours_where_a_call_begins)
{
    struct policy asks = proxy;

    asks.numbers           = true;
    question.authenticated = true;
    question.number        = true;
    decide(&asks, "INVITE", "tel:+4930123", alice, false);
    expect(POLICY_NUMBER, 0);
    decide(&asks, "INVITE", "tel:+4930123", alice, true);
    expect(POLICY_ANSWER, 416);
    decide(&asks, "INVITE", "tel:+4930123", stranger, false);
    expect(POLICY_ANSWER, 403);
    decide(&proxy, "INVITE", "tel:+4930123", alice, false);
    expect(POLICY_ANSWER, 416);
    question.authenticated = false;
    decide(&asks, "INVITE", "tel:+4930123", alice, false);
    expect(POLICY_CHALLENGE, 407);
}

TEST(a_number_of_ours_is_looked_up_unless_a_user_has_that_name)
{
    struct policy asks = proxy;

    asks.numbers           = true;
    question.authenticated = true;
    question.number        = true;
    decide(&asks, "INVITE", "sip:+4930123@a.test;user=phone", alice, false);
    expect(POLICY_NUMBER, 0);
    decide(&asks, "INVITE", "sip:+4930123@a.test;user=phone", stranger, false);
    expect(POLICY_ANSWER, 404);
    decide(&asks, "INVITE", "sip:+4930123@other.test;user=phone", alice, false);
    expect(POLICY_ROUTE, 0);
    question.user_known = true;
    decide(&asks, "INVITE", "sip:+4930123@a.test;user=phone", alice, false);
    expect(POLICY_ANSWER, 480);
    question.user_known = false;
    question.number     = false; /* it has been looked up in vain */
    decide(&asks, "INVITE", "sip:+4930123@a.test;user=phone", alice, false);
    expect(POLICY_ANSWER, 404);
    decide(&asks, "INVITE", "tel:+4930123", alice, false);
    expect(POLICY_ANSWER, 416);
}

static const struct slice  edges[] = { SLICE_INIT("other.test"), SLICE_INIT("*.edges.test") };
static const struct policy edge    = {
       .domains        = ours,
       .domain_count   = 2,
       .routes         = routes,
       .route_count    = 5,
       .edges          = edges,
       .edge_count     = 2,
       .registrar      = true,
       .proxy          = true,
       .authentication = true,
};

/* RFC 5626 5. */
TEST(what_the_phones_of_an_edge_ask_goes_to_the_servers_of_their_domain)
{
    decide(&edge, "REGISTER", "sip:other.test", "sip:x@other.test", false);
    expect(POLICY_ROUTE, 0);
    CHECK(got.edge);
    CHECK_SLICE("sip:192.0.2.7", got.route->targets[0].uri);
    decide(&edge, "REGISTER", "sip:one.edges.test", "sip:x@one.edges.test", false);
    expect(POLICY_FORWARD, 0);
    CHECK(got.edge);
    decide(&edge, "INVITE", "sip:y@other.test", "sip:x@other.test", false);
    expect(POLICY_ROUTE, 0);
    CHECK(got.edge);
    /* whomever they call */
    decide(&edge, "INVITE", "sip:y@far.test", "sip:x@other.test", false);
    expect(POLICY_ROUTE, 0);
    CHECK_SLICE("sip:192.0.2.7", got.route->targets[0].uri);
    decide(&edge, "INVITE", "sip:y@far.test", "sip:x@one.edges.test", false);
    expect(POLICY_HOME, 0);
    CHECK_INT(sizeof "one.edges.test" - 1, got.home.len); /* of a request that is gone */
    decide(&edge, "INVITE", "tel:+1234", "sip:x@other.test", false);
    expect(POLICY_ROUTE, 0);
    /* our own users are called as by any stranger */
    question.user_known = question.has_bindings = true;
    decide(&edge, "INVITE", "sip:y@a.test", "sip:x@other.test", false);
    expect(POLICY_LOCATION, 0);
}

static const struct uri *uri(struct uri *out, const char *text)
{
    CHECK(uri_parse(slice_from(text), out));
    return out;
}

TEST(an_edge_is_no_open_relay)
{
    struct uri next;

    decide(&edge, "REGISTER", "sip:far.test", "sip:x@other.test", false);
    expect(POLICY_ANSWER, 403);
    decide(&edge, "INVITE", "sip:x@other.test", "sip:x@far.test", false);
    expect(POLICY_ANSWER, 403);
    decide(&edge, "ACK", "sip:x@other.test", "sip:x@other.test", false);
    expect(POLICY_ANSWER, 403);
    question.route_left = true;
    question.next       = uri(&next, "sip:far.test;lr");
    decide(&edge, "INVITE", "sip:x@other.test", "sip:x@other.test", false);
    expect(POLICY_ANSWER, 403);
    question.next = uri(&next, "sip:one.edges.test;lr");
    decide(&edge, "INVITE", "sip:x@far.test", "sip:x@other.test", false);
    expect(POLICY_FORWARD, 0);
    /* an address of the sender's choice is in no domain */
    question.next = uri(&next, "sip:one.edges.test;lr;maddr=192.0.2.66");
    decide(&edge, "INVITE", "sip:x@far.test", "sip:x@other.test", false);
    expect(POLICY_ANSWER, 403);
    question.route_left = false;
    decide(&edge, "MESSAGE", "sip:x@one.edges.test;maddr=192.0.2.66", "sip:x@other.test", false);
    expect(POLICY_ANSWER, 403);
    decide(&edge, "REGISTER", "sip:one.edges.test;MADDR=192.0.2.66", "sip:x@far.test", false);
    expect(POLICY_ANSWER, 403);
    /* without the key nothing of it */
    question.route_left = false;
    decide(&proxy, "REGISTER", "sip:other.test", "sip:x@other.test", false);
    expect(POLICY_ANSWER, 403);
}

/* RFC 5626 5.3.1. */
static bool asks(const char *method, const char *uri, const char *from)
{
    bool            result;
    struct message *m;
    char            memory[1024];
    struct buf      b = BUF_ON(memory);

    buf_printf(&b,
               "%s %s SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.4;branch=z9hG4bK7\r\nFrom: <%s>;tag=1\r\n"
               "To: <sip:b@b.test>\r\nCall-ID: one\r\nCSeq: 1 %s\r\nContent-Length: 0\r\n\r\n",
               method, uri, from, method);
    m                = parse(buf_cstr(&b));
    asked            = m->uri;
    question.request = m;
    question.uri     = &asked;
    result           = policy_asks_for_user(&proxy, &question);
    message_drop(m);
    question.request = NULL;
    return result;
}

/* Asking may cost a look at the disk. */
TEST(a_user_is_asked_for_only_where_it_matters)
{
    CHECK(asks("INVITE", "sip:bob@a.test", "sip:x@else.test"));
    CHECK(asks("INVITE", "tel:+4930123", "sip:x@else.test"));
    CHECK(!asks("INVITE", "sip:bob@a.test", "sip:alice@a.test")); /* who has not proved that */
    CHECK(!asks("INVITE", "tel:+4930123", "sip:alice@a.test"));
    CHECK(!asks("INVITE", "sip:bob@else.test", "sip:x@else.test"));
    CHECK(!asks("OPTIONS", "sip:a.test", "sip:x@else.test"));
    CHECK(!asks("REGISTER", "sip:a.test", "sip:bob@a.test"));
    CHECK(!asks("ACK", "sip:bob@a.test", "sip:x@else.test"));
    question.authenticated = true;
    CHECK(asks("INVITE", "sip:bob@a.test", "sip:alice@a.test"));
    question.route_left = true;
    CHECK(!asks("INVITE", "sip:bob@a.test", "sip:alice@a.test"));
    question.route_left = false;
    question.token      = FLOW_TOKEN_GOOD;
    CHECK(!asks("INVITE", "sip:bob@a.test", "sip:alice@a.test"));
}

TEST(a_flow_token_is_followed_or_refused)
{
    static const struct policy off = { .domains = ours, .domain_count = 2 };

    question.token = FLOW_TOKEN_GOOD;
    decide(&proxy, "INVITE", "sip:x@10.0.0.1", "sip:x@far.test", false);
    expect(POLICY_FLOW, 0);
    decide(&proxy, "INVITE", "sip:x@a.test", "sip:x@a.test", false); /* whoever that is: it was given the token */
    expect(POLICY_FLOW, 0);
    question.token = FLOW_TOKEN_FORGED;
    decide(&proxy, "INVITE", "sip:x@10.0.0.1", "sip:x@far.test", false);
    expect(POLICY_ANSWER, 403);
    question.token = FLOW_TOKEN_STALE;
    decide(&proxy, "INVITE", "sip:x@10.0.0.1", "sip:x@far.test", false);
    expect(POLICY_ANSWER, 430);
    question.token = FLOW_TOKEN_GOOD;
    decide(&off, "INVITE", "sip:x@10.0.0.1", "sip:x@far.test", false);
    expect(POLICY_ANSWER, 403);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_register_for_our_domain_goes_to_the_registrar, fresh),
        cmocka_unit_test_setup(a_register_for_another_domain_is_relayed_for_our_users_only, fresh),
        cmocka_unit_test_setup(options_for_the_server_are_answered_by_it, fresh),
        cmocka_unit_test_setup(anybody_may_call_our_users, fresh),
        cmocka_unit_test_setup(a_gruu_leads_to_its_phone_or_nowhere, fresh),
        cmocka_unit_test_setup(a_gruu_counts_within_a_dialog_although_a_route_is_left, fresh),
        cmocka_unit_test_setup(nobody_gives_the_gruu_of_another_for_his_contact, fresh),
        cmocka_unit_test_setup(who_claims_to_be_ours_is_challenged, fresh),
        cmocka_unit_test_setup(users_are_hidden_from_those_who_pretend_to_be_ours, fresh),
        cmocka_unit_test_setup(there_is_no_open_relay, fresh),
        cmocka_unit_test_setup(a_dialog_of_ours_goes_on_whoever_asks, fresh),
        cmocka_unit_test_setup(an_ack_is_never_challenged, fresh),
        cmocka_unit_test_setup(our_users_reach_other_domains_by_the_way_configured, fresh),
        cmocka_unit_test_setup(the_longest_name_that_fits_is_the_route, fresh),
        cmocka_unit_test_setup(a_star_is_the_way_to_everywhere_else, fresh),
        cmocka_unit_test_setup(a_star_is_no_way_to_the_host_of_a_trunk, fresh),
        cmocka_unit_test_setup(a_redirect_server_sends_everybody_on, fresh),
        cmocka_unit_test_setup(a_server_that_does_not_forward_says_so, fresh),
        cmocka_unit_test_setup(who_is_called_by_sips_needs_a_sips_contact, fresh),
        cmocka_unit_test_setup(a_number_is_looked_up_for_a_user_of_ours_where_a_call_begins, fresh),
        cmocka_unit_test_setup(a_number_of_ours_is_looked_up_unless_a_user_has_that_name, fresh),
        cmocka_unit_test_setup(what_the_phones_of_an_edge_ask_goes_to_the_servers_of_their_domain, fresh),
        cmocka_unit_test_setup(an_edge_is_no_open_relay, fresh),
        cmocka_unit_test_setup(a_user_is_asked_for_only_where_it_matters, fresh),
        cmocka_unit_test_setup(a_flow_token_is_followed_or_refused, fresh),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
