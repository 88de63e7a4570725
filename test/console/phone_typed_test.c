/* SPDX-License-Identifier: BSD-2-Clause */
#include "console/phone_typed.h"

#include "support/test.h"

#include <stdio.h>
#include <stdlib.h>

static void check_good(const char *line, const char *want)
{
    struct phone_fault fault;
    json_t            *got    = phone_line_read(test_guarded(slice_from(line)), &fault);
    json_t            *wanted = json_loads(want, 0, NULL);

    if (got == NULL)
        fail_msg("%s: %s", line, fault.reason);
    CHECK(json_equal(got, wanted));
    json_decref(got);
    json_decref(wanted);
}

static void check_bad(const char *line, const char *want)
{
    struct phone_fault fault;

    CHECK(phone_line_read(test_guarded(slice_from(line)), &fault) == NULL);
    CHECK_SLICE(want, slice_from(fault.reason));
}

TEST(words_fill_the_places_and_names_take_values)
{
    check_good("call bob", "{\"command\":\"call\",\"to\":\"bob\"}");
    check_good("  call   bob  account work ", "{\"command\":\"call\",\"to\":\"bob\",\"account\":\"work\"}");
    check_good("call account work bob", "{\"command\":\"call\",\"to\":\"bob\",\"account\":\"work\"}");
    check_good("call bob late-offer", "{\"command\":\"call\",\"to\":\"bob\",\"late_offer\":true}");
    check_good("reject 603 call c1.1", "{\"command\":\"reject\",\"status\":603,\"call\":\"c1.1\"}");
    check_good("digits 42#", "{\"command\":\"digits\",\"keys\":\"42#\"}");
    check_good("hangup", "{\"command\":\"hangup\"}");
    check_good("hangup c1.1 branch 2", "{\"command\":\"hangup\",\"call\":\"c1.1\",\"branch\":2}");
}

TEST(quotes_keep_words_together)
{
    check_good("play 'my file.wav'", "{\"command\":\"play\",\"file\":\"my file.wav\"}");
    check_good("play \"it's.wav\" loop", "{\"command\":\"play\",\"file\":\"it's.wav\",\"loop\":true}");
}

TEST(a_choice_that_need_not_be_made_is_left_out)
{
    check_good("account remove work", "{\"command\":\"account\",\"do\":\"remove\",\"address\":\"work\"}");
    check_good("account list", "{\"command\":\"account\",\"do\":\"list\"}");
    check_good("account sip:a@h register", "{\"command\":\"account\",\"address\":\"sip:a@h\",\"register\":true}");
    check_good("account name work", "{\"command\":\"account\",\"name\":\"work\"}");
    check_good("account name work remove", "{\"command\":\"account\",\"do\":\"remove\",\"name\":\"work\"}");
    check_bad("account sip:a@h remove", "one word too many: 'remove'");
}

TEST(a_bad_line_is_refused_in_words)
{
    check_bad("", "");
    check_bad("   ", "");
    check_bad("call bob account", "a value is missing after 'account'");
    check_bad("hangup c1.1 c2.1", "one word too many: 'c2.1'");
    check_bad("call bob account a account b", "given twice: 'account'");
    check_bad("play 'a", "a word is too long, or a quote has no end");
    check_bad("dial bob", "there is no command 'dial'; 'help' lists them");
    check_bad("call \xff", "not UTF-8, or no memory");
}

TEST(a_password_is_never_typed_where_it_can_be_seen)
{
    check_bad("account sip:alice@example.test password secret", "not to be typed where it can be seen: 'password'");
}

TEST(the_example_of_every_row_is_a_good_command)
{
    size_t                      count;
    const struct phone_command *all = phone_commands(&count);

    for (size_t i = 0; i < count; i++) {
        struct phone_fault fault;
        struct phone_order order;
        json_t            *object = phone_line_read(slice_from(all[i].example), &fault);

        if (object == NULL || !phone_order_read(object, &order, &fault))
            fail_msg("%s: %s", all[i].example, fault.reason);
        CHECK(order.command == &all[i]);
        json_decref(object);
    }
}

/* ---- completion ---- */

static char offered[1024];

static void on_word(void *arg, struct slice word)
{
    (void)arg;
    snprintf(offered + strlen(offered), sizeof offered - strlen(offered), "%.*s ", SLICE_ARG(word));
}

static void on_names(void *arg, enum phone_argument_type type)
{
    if (type == ARGUMENT_ACCOUNT)
        on_word(arg, SLICE("work"));
    if (type == ARGUMENT_CALL)
        on_word(arg, SLICE("c1.1"));
}

static void check_offer(const char *line, const char *want, size_t begun)
{
    struct phone_completion c = { on_word, on_names, NULL };
    size_t                  got;

    offered[0] = '\0';
    phone_line_complete(test_guarded(slice_from(line)), &c, &got);
    CHECK_SLICE(want, slice_from(offered));
    CHECK_INT(begun, got);
}

TEST(completion_knows_commands_arguments_and_their_values)
{
    check_offer("ha", "hangup ", 2);
    check_offer("call", "call calls ", 4);
    check_offer("call bob a", "account anonymous ", 1);
    check_offer("call bob account ", "work ", 0);
    check_offer("hangup ", "c1.1 branch ", 0);
    check_offer("incoming a", "answer after account ", 1);
    check_offer("incoming answer a", "after account ", 1);
    check_offer("nonsense a", "", 1);
    check_offer("account a password ", "", 0);
    check_offer("account a p", "password_file proxy presence ", 1);
    check_offer("account re", "remove registrar register ", 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_fill_the_places_and_names_take_values),
        cmocka_unit_test(quotes_keep_words_together),
        cmocka_unit_test(a_choice_that_need_not_be_made_is_left_out),
        cmocka_unit_test(a_bad_line_is_refused_in_words),
        cmocka_unit_test(a_password_is_never_typed_where_it_can_be_seen),
        cmocka_unit_test(the_example_of_every_row_is_a_good_command),
        cmocka_unit_test(completion_knows_commands_arguments_and_their_values),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
