/* SPDX-License-Identifier: BSD-2-Clause */
#include "call/presence.h"

#include "base/error.h"
#include "call/publication.h"
#include "call/tell.h"
#include "support/phones.h"

#include <stdio.h>

static struct network *network;
static struct user     alice;
static struct account *account;

static int setup(void **state)
{
    (void)state;
    network = network_new(1);
    user_init(&alice, network, "alice", "10.0.0.1", NULL);
    account = account_find(alice.phone, alice.account);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    user_fini(&alice);
    network_free(network);
    return 0;
}

static enum presence_answer answer_to(const char *who)
{
    struct uri uri;

    CHECK(uri_parse(slice_from(who), &uri));
    return presence_answer_to(account, &uri);
}

static int decide(const char *who, enum presence_answer answer)
{
    return presence_decide(alice.phone, alice.account, slice_from(who), answer);
}

TEST(nobody_is_allowed_unless_the_user_says_so)
{
    CHECK_INT(PRESENCE_UNDECIDED, answer_to("sip:bob@h"));
    CHECK_INT(0, decide("sip:bob@h", PRESENCE_ALLOWED));
    CHECK_INT(PRESENCE_ALLOWED, answer_to("sips:bob@H"));
    CHECK_INT(PRESENCE_UNDECIDED, answer_to("sip:Bob@h"));
    CHECK_INT(PRESENCE_UNDECIDED, answer_to("sip:bob@h.test"));
    CHECK_INT(0, decide("sip:bob@h", PRESENCE_BLOCKED));
    CHECK_INT(PRESENCE_BLOCKED, answer_to("sip:bob@h"));
    CHECK_INT(0, decide("sip:bob@h", PRESENCE_UNDECIDED));
    CHECK_INT(PRESENCE_UNDECIDED, answer_to("sip:bob@h"));
}

TEST(the_account_says_who_else_may)
{
    char        who[128];
    const char *host = "other.test";

    account->presence = PRESENCE_DOMAIN;
    snprintf(who, sizeof who, "sip:carol@%.*s", SLICE_ARG(account->aor_uri.host));
    CHECK_INT(PRESENCE_ALLOWED, answer_to(who));
    CHECK_INT(0, decide(who, PRESENCE_REFUSED));
    CHECK_INT(PRESENCE_REFUSED, answer_to(who));
    snprintf(who, sizeof who, "sip:carol@%s", host);
    CHECK_INT(PRESENCE_UNDECIDED, answer_to(who));
    account->presence = PRESENCE_NOBODY;
    CHECK_INT(0, decide(who, PRESENCE_ALLOWED));
    CHECK_INT(PRESENCE_REFUSED, answer_to(who));
    account->presence = PRESENCE_ASKS;
    snprintf(who, sizeof who, "%.*s", SLICE_ARG(account->aor));
    CHECK_INT(PRESENCE_ALLOWED, answer_to(who)); /* another phone of one's own */
}

TEST(so_many_decisions_are_remembered_and_the_oldest_is_forgotten)
{
    char who[64];

    for (unsigned i = 0; i <= PRESENCE_ANSWERS; i++) {
        snprintf(who, sizeof who, "sip:%u@h", i);
        CHECK_INT(0, decide(who, PRESENCE_ALLOWED));
    }
    CHECK_INT(PRESENCE_UNDECIDED, answer_to("sip:0@h"));
    CHECK_INT(PRESENCE_ALLOWED, answer_to("sip:1@h"));
    CHECK_INT(PRESENCE_ALLOWED, answer_to(who));
}

TEST(what_names_nobody_is_not_decided_upon)
{
    char long_one[400] = "sip:";

    memset(long_one + 4, 'a', 300);
    snprintf(long_one + 304, sizeof long_one - 304, "@h");
    CHECK_INT(-ERR_SYNTAX, decide("bob", PRESENCE_ALLOWED));
    CHECK_INT(-ERR_SYNTAX, decide("tel:+1", PRESENCE_ALLOWED));
    CHECK_INT(-ERR_SYNTAX, decide("sip:h", PRESENCE_ALLOWED));
    CHECK_INT(-ERR_TOO_LARGE, decide(long_one, PRESENCE_ALLOWED));
    CHECK_INT(-ERR_NOT_FOUND, presence_decide(alice.phone, 1, SLICE("sip:b@h"), PRESENCE_ALLOWED));
}

static void check_document(bool blocked, const char *has, const char *has_not)
{
    char       memory[2048];
    struct buf b = BUF_ON(memory);

    presence_write(&b, account, blocked);
    CHECK(strstr(buf_cstr(&b), has) != NULL);
    CHECK(strstr(buf_cstr(&b), has_not) == NULL);
}

TEST(what_was_published_last_is_told_and_nothing_to_who_is_blocked)
{
    check_document(false, "<basic>open</basic>", "<note>");
    CHECK_INT(0, presence_publish(alice.phone, alice.account, false, SLICE("out")));
    check_document(false, "<basic>closed</basic>", "open");
    check_document(false, "<note>out</note>", "open");
    CHECK_INT(0, presence_publish(alice.phone, alice.account, true, SLICE("in")));
    check_document(true, "<basic>closed</basic>", "<note>");
    run_for(network, 200000); /* no server takes it */
    check_document(false, "<note>in</note>", "closed");
    CHECK_INT(0, presence_unpublish(alice.phone, alice.account));
    check_document(false, "<basic>open</basic>", "<note>");
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(nobody_is_allowed_unless_the_user_says_so),
        CASE(the_account_says_who_else_may),
        CASE(so_many_decisions_are_remembered_and_the_oldest_is_forgotten),
        CASE(what_names_nobody_is_not_decided_upon),
        CASE(what_was_published_last_is_told_and_nothing_to_who_is_blocked),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
