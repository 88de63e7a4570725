/* SPDX-License-Identifier: BSD-2-Clause */
#include "call/outside.h"

#include "base/error.h"
#include "dialog/message_of.h"
#include "support/phones.h"

#include <stdio.h>

static struct network *network;
static struct user     alice;
static struct peer     bob;
static struct outside  out;

static int setup(void **state)
{
    (void)state;
    network = play_begin(&alice, &bob, NULL);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    play_end(network, &alice, &bob, NULL);
    return 0;
}

static int begin(const char *target)
{
    return outside_init(&out, account_find(alice.phone, alice.account), METHOD_PUBLISH, slice_from(target));
}

static unsigned answered;

static void on_answer(const struct client_user *u, object_id txn, enum client_event event, struct message *response,
                      int detail)
{
    (void)u;
    (void)txn;
    (void)detail;
    answered = event == CLIENT_RESPONSE ? response->status : 1;
}

static int send_it(void)
{
    struct client_user   user = { .fn = on_answer };
    struct request_start start;
    struct gather       *g;
    int                  error;

    g = outside_begin(&out, &start, &error);
    if (g == NULL)
        return error;
    gather_header(g, HEADER_EVENT, SLICE("presence"));
    return outside_send(&out, &start, SLICE("text/plain"), SLICE("hello"), &user);
}

/* RFC 3261 8.1.1 */
TEST(it_names_the_account_and_the_target)
{
    struct message *m;

    CHECK_INT(0, begin("sip:bob@10.0.0.2?Subject=x"));
    CHECK_INT(0, send_it());
    run_for(network, 10);
    m = peer_last(&bob, "PUBLISH");
    CHECK_SLICE("sip:bob@10.0.0.2", m->uri_text);
    CHECK_SLICE("sip:bob@10.0.0.2", m->to.uri.text);
    CHECK_SLICE("sip:alice@example.test", m->from.uri.text);
    CHECK_SLICE("hello", m->body);
    CHECK(message_header(m, HEADER_EVENT) != NULL);
    outside_fini(&out);
    peer_respond(&bob, m, "200 OK", "t", "", NULL);
    answered = 0;
    run_for(network, 100);
    CHECK_INT(0, answered); /* who has gone hears nothing */
}

/* RFC 3261 8.1.3.5: the same Call-ID and tag, a higher CSeq. */
TEST(a_challenge_is_answered_in_the_same_call)
{
    struct message *first;

    CHECK_INT(0, begin("sip:bob@10.0.0.2"));
    CHECK_INT(0, send_it());
    run_for(network, 10);
    first = peer_last(&bob, "PUBLISH");
    peer_respond(&bob, first, "401 X", "t", "WWW-Authenticate: Digest realm=\"r\", nonce=\"n\", qop=\"auth\"\n", NULL);
    run_for(network, 50);
    CHECK_INT(401, answered);
    CHECK(outside_challenged(&out, message_hold(peer_last(&bob, "PUBLISH"))) == false); /* no challenge at all */
    message_drop(peer_last(&bob, "PUBLISH"));
    outside_fini(&out);
}

TEST(another_one_has_another_call_id_when_it_is_renewed)
{
    char old[64];

    CHECK_INT(0, begin("sip:bob@10.0.0.2"));
    snprintf(old, sizeof old, "%.*s", SLICE_ARG(out.call_id));
    CHECK_INT(0, outside_renew(&out));
    CHECK(!slice_eq(slice_from(old), out.call_id));
    CHECK_INT(0, out.cseq);
    outside_fini(&out);
}

TEST(what_is_longer_than_it_may_be_is_not_sent)
{
    CHECK_INT(0, begin("sip:bob@10.0.0.2"));
    out.limit = 300;
    CHECK_INT(-ERR_TOO_LARGE, send_it());
    outside_fini(&out);
    CHECK_INT(-ERR_SYNTAX, begin("bob"));
    CHECK_INT(-ERR_UNSUPPORTED, begin("tel:1"));
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(it_names_the_account_and_the_target),
        CASE(a_challenge_is_answered_in_the_same_call),
        CASE(another_one_has_another_call_id_when_it_is_renewed),
        CASE(what_is_longer_than_it_may_be_is_not_sent),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
