/* SPDX-License-Identifier: BSD-2-Clause */
#include "console/phone_command.h"

#include "support/json_schema.h"
#include "support/test.h"

static struct phone_order order;
static struct phone_fault fault;
static json_t            *object;

static bool reads(const char *text)
{
    json_decref(object);
    object = phone_json_read(test_guarded(slice_from(text)), &fault);
    return object != NULL && phone_order_read(object, &order, &fault);
}

/* What the reader takes, the schema takes, and the other way round. */
static bool fits_schema(void)
{
    char       text[8192];
    struct buf why = BUF_ON(text);

    return json_schema_fits(json_schema_of_commands(), object, &why);
}

static void check_good(const char *text)
{
    if (!reads(text))
        fail_msg("%s: %s", text, fault.reason);
    CHECK(fits_schema());
}

static void check_bad(const char *text, const char *want)
{
    CHECK(!reads(text));
    CHECK_SLICE(want, slice_from(fault.reason));
}

static int drop(void **state)
{
    (void)state;
    json_decref(object);
    object = NULL;
    return 0;
}

TEST(a_command_is_read_by_its_row)
{
    check_good("{\"command\":\"call\",\"id\":7,\"to\":\"bob\",\"account\":\"work\",\"late_offer\":true}");
    CHECK_SLICE("call", slice_from(order.command->name));
    CHECK_SLICE("bob", phone_order_value(&order, "to")->text);
    CHECK_SLICE("work", phone_order_value(&order, "account")->text);
    CHECK_INT(1, phone_order_value(&order, "late_offer")->number);
}

TEST(what_may_be_left_out_is_not_given)
{
    check_good("{\"command\":\"reject\"}");
    CHECK(!phone_order_value(&order, "status")->given);
    check_good("{\"command\":\"reject\",\"status\":603,\"call\":\"c2.3\"}");
    CHECK_INT(603, phone_order_value(&order, "status")->number);
    CHECK(phone_order_value(&order, "call")->call != 0);
}

TEST(times_are_milliseconds_or_texts)
{
    check_good("{\"command\":\"incoming\",\"do\":\"answer\",\"after\":1500}");
    CHECK_INT(1500, phone_order_value(&order, "after")->number);
    check_good("{\"command\":\"incoming\",\"do\":\"answer\",\"after\":\"2s\"}");
    CHECK_INT(2000, phone_order_value(&order, "after")->number);
    CHECK_INT(2, phone_order_value(&order, "do")->number);
}

TEST(a_bad_command_is_refused_in_words)
{
    check_bad("{\"command\":\"call\"}", "'to' is missing");
    CHECK_SLICE("call", slice_from(fault.command->name));
    check_bad("{\"command\":\"call\",\"to\":7}", "'to' wants a text");
    check_bad("{\"command\":\"call\",\"to\":\"\"}", "'to' is empty");
    check_bad("{\"command\":\"call\",\"to\":\"a\\r\\nVia: b\"}", "'to' holds a control character");
    check_bad("{\"command\":\"call\",\"to\":\"bob\",\"from\":\"alice\"}", "'call' takes no 'from'");
    check_bad("{\"command\":\"call\",\"to\":\"bob\",\"late_offer\":1}", "'late_offer' wants true or false");
    check_bad("{\"command\":\"reject\",\"status\":200}", "'status' wants a number from 300 to 699");
    check_bad("{\"command\":\"reject\",\"status\":\"486\"}", "'status' wants a number from 300 to 699");
    check_bad("{\"command\":\"reject\",\"status\":-1}", "'status' wants a number from 300 to 699");
    check_bad("{\"command\":\"digits\",\"keys\":\"12x\"}", "'keys' wants keys: 0-9 * # A-D");
    check_bad("{\"command\":\"hangup\",\"call\":\"c1\"}", "'call' wants the name of a call, such as \"c1.1\"");
    check_bad("{\"command\":\"incoming\",\"do\":\"sing\"}", "'do' is one of tell|ring|answer|reject");
    check_bad("{\"command\":\"incoming\",\"do\":\"answer\",\"after\":\"soon\"}",
              "'after' wants a time: milliseconds as a number, or as text \"500ms\", \"2s\", \"3m\"");
}

TEST(a_command_that_is_not_known_is_guessed)
{
    check_bad("{\"command\":\"hnagup\"}", "there is no command 'hnagup'; did you mean 'hangup'?");
    CHECK_SLICE("hangup", slice_from(fault.command->name));
    check_bad("{\"command\":\"xyzzy\"}", "there is no command 'xyzzy'; 'help' lists them");
    CHECK(fault.command == NULL);
    check_bad("{}", "the object has no \"command\"");
    check_bad("{\"command\":7}", "the object has no \"command\"");
}

TEST(what_is_no_json_is_told_by_its_place_and_never_repeated)
{
    check_bad("{\"command\":\"account\",\"password\":\"secret\" oops}", "not JSON: there is a mistake at byte 45");
    CHECK_INT(45, fault.position);
    check_bad("[1]", "a command is a JSON object");
    check_bad("", "not JSON: there is a mistake at byte 0");
    check_bad("{\"id\":1,\"id\":2}", "not JSON: there is a mistake at byte 12");
}

TEST(every_row_has_what_help_and_schema_need)
{
    size_t                      count;
    const struct phone_command *all = phone_commands(&count);

    for (size_t i = 0; i < count; i++) {
        CHECK(phone_command_find(slice_from(all[i].name)) == &all[i]);
        CHECK(all[i].run != NULL && all[i].summary[0] != '\0');
        CHECK(all[i].arguments[PHONE_ARGUMENTS - 1].name == NULL);
        for (const struct phone_argument *a = all[i].arguments; a->name != NULL; a++)
            CHECK(a->meaning != NULL && (a->choices != NULL) == (a->type == ARGUMENT_CHOICE));
    }
}

static void check_form(const char *command, const char *want)
{
    char       text[512];
    struct buf b = BUF_ON(text);

    phone_command_form(phone_command_find(slice_from(command)), &b);
    CHECK_SLICE(want, buf_slice(&b));
}

TEST(the_form_says_what_may_be_left_out)
{
    check_form("call", "call TO [account ACCOUNT] [late_offer] [anonymous]");
    check_form("hangup", "hangup [CALL] [branch BRANCH]");
    check_form("incoming", "incoming tell|ring|answer|reject [after AFTER] [status STATUS] [account ACCOUNT]");
    check_form("quit", "quit");
}

#define WITH(test) cmocka_unit_test_teardown(test, drop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH(a_command_is_read_by_its_row),
        WITH(what_may_be_left_out_is_not_given),
        WITH(times_are_milliseconds_or_texts),
        WITH(a_bad_command_is_refused_in_words),
        WITH(a_command_that_is_not_known_is_guessed),
        WITH(what_is_no_json_is_told_by_its_place_and_never_repeated),
        WITH(every_row_has_what_help_and_schema_need),
        WITH(the_form_says_what_may_be_left_out),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
