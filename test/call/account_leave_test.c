/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/error.h"
#include "call/publication.h"
#include "call/state.h"
#include "call/subscription.h"
#include "call/text.h"
#include "support/phones.h"

#include <stdio.h>

static struct network *network;
static struct user     alice;
static struct peer     house;

static int setup(void **state)
{
    (void)state;
    network = network_new(1);
    peer_init(&house, network, "house", "10.0.0.3");
    user_init(&alice, network, "alice", "10.0.0.1", "10.0.0.3");
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    user_fini(&alice);
    peer_fini(&house);
    network_free(network);
    return 0;
}

static object_id add(const char *aor)
{
    struct account_config config = { .aor = slice_from(aor), .password = SLICE("secret"), .watchers = WATCHERS_NONE };
    object_id             id;

    CHECK_INT(0, phone_add_account(alice.phone, &config, &id));
    return id;
}

TEST(who_has_left_is_nobody_any_more)
{
    struct text_options      text  = { .target = SLICE("sip:b@10.0.0.3"), .text = SLICE("hi") };
    struct subscribe_options watch = { .target = SLICE("sip:b@10.0.0.3"), .package = SLICE("dialog") };
    struct call_options      call  = { .target = SLICE("sip:b@10.0.0.3") };
    object_id                id    = add("sip:w@10.0.0.3"), made;
    struct uri               uri;

    CHECK(uri_parse(SLICE("sip:w@10.0.0.3"), &uri));
    CHECK(account_of_uri(alice.phone, &uri)->id == id);
    CHECK_INT(0, phone_remove_account(alice.phone, id));
    CHECK(account_of_uri(alice.phone, &uri) == NULL || account_of_uri(alice.phone, &uri)->id != id);
    CHECK_INT(-ERR_NOT_FOUND, phone_remove_account(alice.phone, id));
    CHECK_INT(-ERR_NOT_FOUND, phone_change_account(alice.phone, id, 0, &(struct account_config){ 0 }));
    text.account = watch.account = call.account = id;
    CHECK_INT(-ERR_NOT_FOUND, message_send(alice.phone, &text, &made));
    CHECK_INT(-ERR_NOT_FOUND, subscribe(alice.phone, &watch, &made));
    CHECK_INT(-ERR_NOT_FOUND, call_place(alice.phone, &call, &made));
    CHECK_INT(-ERR_NOT_FOUND, presence_publish(alice.phone, id, true, SLICE("")));
    phone_register(alice.phone, id);
    run_for(network, 10);
    CHECK(peer_last(&house, "REGISTER") == NULL);
}

TEST(accounts_may_come_and_go_for_ever)
{
    object_id last = 0;

    for (unsigned i = 0; i < 500; i++) {
        object_id id = add("sip:w@10.0.0.3");

        CHECK(id != last);
        CHECK_INT(0, phone_remove_account(alice.phone, id));
        CHECK_INT(-ERR_NOT_FOUND, phone_remove_account(alice.phone, id));
        run_for(network, 5);
        last              = id;
        alice.heard_count = 0;
    }
    CHECK_INT(1, alice.phone->account_count);
}

/* It is not forgotten before the registrar has been told, and its calls are over. */
TEST(what_an_account_has_begun_keeps_it)
{
    object_id           id   = add("sip:w@10.0.0.3"), made;
    struct text_options text = { .account = id, .target = SLICE("sip:b@10.0.0.3"), .text = SLICE("hi") };

    phone_register(alice.phone, id);
    run_for(network, 10);
    CHECK_INT(0, message_send(alice.phone, &text, &made));
    CHECK_INT(0, phone_remove_account(alice.phone, id));
    run_for(network, 1000);
    CHECK_INT(2, alice.phone->account_count);
    peer_respond(&house, peer_last(&house, "REGISTER"), "200 OK", "t", "Contact: <sip:w@10.0.0.1>;expires=600\n", NULL);
    run_for(network, 10);
    CHECK_INT(2, alice.phone->account_count);
    peer_respond(&house, peer_last(&house, "REGISTER"), "200 OK", "t", "", NULL);
    run_for(network, 10);
    CHECK_INT(2, alice.phone->account_count);
    peer_respond(&house, peer_last(&house, "MESSAGE"), "200 OK", "t", "", NULL);
    run_for(network, 10);
    CHECK_INT(1, user_heard(&alice, PHONE_MESSAGE_SENT));
    CHECK_INT(1, alice.phone->account_count);
}

TEST(a_secret_may_be_changed_for_ever_and_is_used_from_then_on)
{
    struct account       *a      = account_find(alice.phone, alice.account);
    struct account_config config = { .password = SLICE("another") };
    char                  user[64];

    for (unsigned i = 0; i < 1000; i++) {
        snprintf(user, sizeof user, "user%u", i);
        config.auth_user = slice_from(user);
        CHECK_INT(0, phone_change_account(alice.phone, alice.account, ACCOUNT_PART_SECRET, &config));
    }
    CHECK_SLICE("user999", a->secret.user);
    CHECK_SLICE("another", a->secret.password);
    config.auth_user = SLICE("");
    config.password  = SLICE("third");
    CHECK_INT(0, phone_change_account(alice.phone, alice.account, ACCOUNT_PART_SECRET, &config));
    CHECK_SLICE("user999", a->secret.user);
    CHECK_SLICE("third", a->secret.password);
    run_for(network, 10);
    CHECK(peer_last(&house, "REGISTER") == NULL); /* it had not been registered */
}

TEST(parts_are_changed_and_no_others)
{
    struct account             *a      = account_find(alice.phone, alice.account);
    const struct account_config config = {
        .keep_alive = 7, .expires = 99, .transfer = TRANSFER_REFUSE, .watchers = WATCHERS_DETAILS
    };

    CHECK_INT(0, phone_change_account(alice.phone, alice.account, ACCOUNT_PART_TRANSFER, &config));
    CHECK_INT(TRANSFER_REFUSE, a->transfer);
    CHECK_INT(WATCHERS_STATE, a->watchers);
    CHECK_INT(0, a->keep_alive);
    CHECK_INT(0, phone_change_account(alice.phone, alice.account,
                                      ACCOUNT_PART_WATCHERS | ACCOUNT_PART_KEEP_ALIVE | ACCOUNT_PART_EXPIRES, &config));
    CHECK_INT(WATCHERS_DETAILS, a->watchers);
    CHECK_INT(7, a->keep_alive);
    CHECK_INT(99, a->flows[0].registration.asked);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(who_has_left_is_nobody_any_more),    CASE(accounts_may_come_and_go_for_ever),
        CASE(what_an_account_has_begun_keeps_it), CASE(a_secret_may_be_changed_for_ever_and_is_used_from_then_on),
        CASE(parts_are_changed_and_no_others),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
