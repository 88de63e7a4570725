/* SPDX-License-Identifier: BSD-2-Clause */
/* Every combination of who asks, how he has proved it, whence it comes and where it goes: each decision is what the
 * rules say, which are written here once more, from the other end. */
#include "route/policy.h"
#include "support/test.h"

#include <stdio.h>

enum who { OURS, OUR_ADDRESS, OTHER, HIDDEN, WHO };
enum proof { NOTHING, HIMSELF, PROOFS };
enum from_trunk { NO_TRUNK, PLAIN, TRUSTED, TRUNKS };
enum whom { USER, NOBODY, NUMBER, TEL, FAR, MAY, CARRIER, SELF, MADDR, MAY_BY_MADDR, WHOM };
enum route { NO_ROUTE, TO_FAR, TO_MAY, TO_CARRIER, ROUTES };

static const char *const froms[]   = { "sip:alice@a.test", "sip:alice@192.0.2.10", "sip:eve@evil.test",
                                       "sip:anonymous@anonymous.invalid" };
static const char *const uris[]    = { "sip:bob@a.test",
                                       "sip:zed@a.test",
                                       "sip:+4930@a.test",
                                       "tel:+4930",
                                       "sip:x@far.test",
                                       "sip:x@may.test",
                                       "sip:+49@carrier.test",
                                       "sip:a.test",
                                       "sip:bob@a.test;maddr=192.0.2.66",
                                       "sip:x@may.test;maddr=192.0.2.66" };
static const char *const nexts[]   = { "", "sip:far.test;lr", "sip:may.test;lr", "sip:carrier.test;lr" };
static const char *const methods[] = { "INVITE", "MESSAGE", "OPTIONS", "REGISTER", "ACK", "BYE", "UPDATE" };

enum { METHODS = sizeof methods / sizeof *methods, ACK = 4, REGISTER = 3, OPTIONS = 2 };

static const struct slice        ours[]     = { SLICE_INIT("a.test") };
static const struct slice        may[]      = { SLICE_INIT("may.test"), SLICE_INIT("+49*") };
static const struct trunk        trunks[]   = { { .name = SLICE_INIT("plain"), .may_call = may, .may_call_count = 2 },
                                                { .name           = SLICE_INIT("trusted"),
                                                  .to             = SLICE_INIT("sip:carrier.test"),
                                                  .trusted        = true,
                                                  .may_call       = may,
                                                  .may_call_count = 2 } };
static const struct table_target to_carrier = {
    .uri = SLICE_INIT("sip:carrier.test"), .trunk = &trunks[1], .weight = 1, .priority = 1
};
static const struct policy_route routes[] = {
    { .domain = SLICE_INIT("+49*"), .targets = &to_carrier, .target_count = 1 }
};

static const struct policy policy = { .domains        = ours,
                                      .domain_count   = 1,
                                      .routes         = routes,
                                      .route_count    = 1,
                                      .trunks         = trunks,
                                      .trunk_count    = 2,
                                      .registrar      = true,
                                      .proxy          = true,
                                      .authentication = true };

/* One of all. */
struct walk {
    enum who        who;
    enum proof      proof;
    enum from_trunk trunk;
    enum whom       whom;
    enum route      route;
    unsigned        method;
    bool            in_dialog, token, of_trunk;
};

static struct message *make(const struct walk *w)
{
    char               text[1024];
    struct parse_fault fault;
    struct message    *m;

    snprintf(
        text, sizeof text,
        "%s %s SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.4;branch=z9hG4bK7\r\nFrom: <%s>;tag=1\r\nTo: <sip:b@b.test>%s\r\n"
        "Call-ID: one\r\nCSeq: 1 %s\r\nContent-Length: 0\r\n\r\n",
        methods[w->method], uris[w->whom], froms[w->who], w->in_dialog ? ";tag=2" : "", methods[w->method]);
    m = message_parse(slice_from(text), &fault);
    CHECK(m != NULL);
    return m;
}

static struct policy_decision ask(const struct walk *w)
{
    struct message        *m = make(w);
    struct uri             next;
    struct policy_decision d;
    struct policy_case     c = { .request       = m,
                                 .uri           = &m->uri,
                                 .from_is_us    = w->who == OUR_ADDRESS,
                                 .authenticated = w->proof == HIMSELF,
                                 .trunk         = w->trunk == NO_TRUNK ? NULL : &trunks[w->trunk - 1],
                                 .user_known    = w->whom == USER,
                                 .has_bindings  = w->whom == USER,
                                 .route_left    = w->route != NO_ROUTE,
                                 .own_route     = w->token,
                                 .own_trunk     = w->token && w->of_trunk };

    if (c.route_left) {
        CHECK(uri_parse(slice_from(nexts[w->route]), &next));
        c.next = &next;
    }
    d = policy_decide(&policy, &c);
    message_drop(m);
    return d;
}

/* ---- the rules ---- */

static bool claims_ours(const struct walk *w)
{
    return w->who == OURS || w->who == OUR_ADDRESS;
}

/* He is one of ours beyond doubt. */
static bool is_proved(const struct walk *w)
{
    return w->proof == HIMSELF && w->who != OTHER;
}

static bool is_by_dialog(const struct walk *w)
{
    return w->token && (w->in_dialog || w->method == ACK);
}

static bool leads_to_carrier(const struct walk *w)
{
    return w->route == TO_CARRIER || (w->route == NO_ROUTE && w->whom == CARRIER);
}

static bool is_for_ours(const struct walk *w)
{
    return w->route == NO_ROUTE && (w->whom == USER || w->whom == NOBODY || w->whom == NUMBER || w->whom == SELF);
}

/* Whom a trunk may call: by Request-URI, and Route. */
static bool trunk_may(const struct walk *w)
{
    bool uri = w->whom == MAY || w->whom == NUMBER || w->whom == TEL;

    return w->trunk != NO_TRUNK && uri && (w->route == NO_ROUTE || w->route == TO_MAY);
}

static bool leaves(const struct policy_decision *d)
{
    return d->kind == POLICY_FORWARD || d->kind == POLICY_ROUTE || d->kind == POLICY_FLOW || d->kind == POLICY_HOME ||
           d->kind == POLICY_ASK;
}

/* Must he be asked for a proof first? */
static bool is_challenged(const struct walk *w)
{
    if (!claims_ours(w) || w->proof == HIMSELF || w->trunk == TRUSTED || w->method == ACK)
        return false;
    return !(w->token && w->in_dialog);
}

static void check(const struct walk *w, bool right, const char *rule, const struct policy_decision *d)
{
    if (!right)
        fail_msg("%s: %s %s from %s (proof %d, trunk %d) route '%s' dialog %d token %d: kind %d status %u, %s", rule,
                 methods[w->method], uris[w->whom], froms[w->who], w->proof, w->trunk, nexts[w->route], w->in_dialog,
                 w->token, d->kind, d->status, d->why.text);
}

/* What leaves for somebody who is not ours is one of ours's, a dialog's, or a trunk's that may. */
static void check_no_open_relay(const struct walk *w, const struct policy_decision *d)
{
    check(w, !leaves(d) || is_proved(w) || is_by_dialog(w) || trunk_may(w), "no open relay", d);
}

static void check_ours(const struct walk *w, const struct policy_decision *d)
{
    if (w->method == REGISTER)
        check(w, d->kind == POLICY_REGISTER, "the registrar judges by itself", d);
    else if (w->whom == SELF)
        check(w, d->status == (w->method == OPTIONS ? 200U : 404U), "the server itself", d);
    else if (is_challenged(w))
        check(w, d->kind == POLICY_CHALLENGE && d->status == 407, "who claims to be ours proves it", d);
    else if (w->whom == USER)
        check(w, d->kind == POLICY_LOCATION, "everybody reaches our users", d);
    else if (w->whom == NUMBER && (is_proved(w) || trunk_may(w)))
        check(w, d->kind == POLICY_ROUTE && d->number, "a number of nobody goes by its route", d);
    else if (w->whom == NUMBER && w->who == HIDDEN && w->trunk == NO_TRUNK)
        check(w, d->kind == POLICY_CHALLENGE, "who hides may prove who he is", d);
    else
        check(w, d->kind == POLICY_ANSWER && d->status == 404, "there is no such user", d);
}

/* To others, by whoever has proved who he is. */
static void check_way(const struct walk *w, const struct policy_decision *d)
{
    if (leads_to_carrier(w))
        check(w, d->kind == POLICY_ANSWER && d->status == 403, "a trunk is reached by routes only", d);
    else if (w->route == NO_ROUTE && w->whom == TEL)
        check(w, d->kind == POLICY_ROUTE && d->number, "a number by its route", d);
    else
        check(w, d->kind == POLICY_FORWARD, "our users reach whom they want", d);
}

static void check_relay(const struct walk *w, const struct policy_decision *d)
{
    if (is_by_dialog(w) && leads_to_carrier(w) && !w->of_trunk && w->method < ACK)
        check(w, d->kind == POLICY_ANSWER && d->status == 403, "a dialog without a trunk leads to none", d);
    else if (is_by_dialog(w))
        check(w, d->kind == POLICY_FORWARD, "a dialog goes on", d);
    else if (w->method == ACK)
        check(w, d->kind == POLICY_ANSWER, "a stray ACK goes nowhere", d);
    else if (is_challenged(w))
        check(w, d->kind == POLICY_CHALLENGE && d->status == 407, "who claims to be ours proves it", d);
    else if (is_proved(w) || trunk_may(w))
        check_way(w, d);
    else if (w->who == HIDDEN && w->trunk == NO_TRUNK)
        check(w, d->kind == POLICY_CHALLENGE, "who hides may prove who he is", d);
    else
        check(w, d->kind == POLICY_ANSWER && d->status == 403, "a stranger is not relayed", d);
}

static void step(const struct walk *w)
{
    struct policy_decision d = ask(w);

    check(w, d.why.text != NULL && d.why.rule != NULL, "each decision has its reason", &d);
    check_no_open_relay(w, &d);
    if (is_for_ours(w))
        check_ours(w, &d);
    else
        check_relay(w, &d);
}

static unsigned walk_from(struct walk w)
{
    unsigned steps = 0;

    for (unsigned whom = 0; whom < WHOM; whom++)
        for (unsigned route = 0; route < ROUTES; route++)
            for (unsigned method = 0; method < METHODS; method++)
                for (unsigned state = 0; state < 8; state++, steps++) {
                    w.whom      = (enum whom)whom;
                    w.route     = (enum route)route;
                    w.method    = method;
                    w.in_dialog = (state & 1) != 0;
                    w.token     = (state & 2) != 0;
                    w.of_trunk  = (state & 4) != 0;
                    step(&w);
                }
    return steps;
}

TEST(every_decision_is_what_the_rules_say)
{
    unsigned steps = 0;

    for (unsigned who = 0; who < WHO; who++)
        for (unsigned proof = 0; proof < PROOFS; proof++)
            for (unsigned trunk = 0; trunk < TRUNKS; trunk++)
                steps += walk_from(
                    (struct walk){ .who = (enum who)who, .proof = (enum proof)proof, .trunk = (enum from_trunk)trunk });
    CHECK_INT(WHO * PROOFS * TRUNKS * WHOM * ROUTES * METHODS * 8, steps);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_decision_is_what_the_rules_say),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
