/* SPDX-License-Identifier: BSD-2-Clause */
#include "probe/exchange.h"

#include "base/error.h"
#include "support/test.h"

static struct finding  found;
static char            headline[EXCHANGE_HEADLINE];
static struct exchange e;

static void begin(enum exchange_kind kind)
{
    exchange_init(&e, kind, SLICE("sip:alice@example.test"));
    exchange_begin(&e, 1000);
}

static void note(struct phone_event event, msec now)
{
    exchange_note(&e, &event, now);
}

static double figure(const char *name)
{
    for (size_t i = 0; i < found.figure_count; i++)
        if (strcmp(found.figures[i].name, name) == 0)
            return found.figures[i].value;
    return -1;
}

static const char *find(void)
{
    exchange_find(&e, &found, headline);
    return headline;
}

TEST(a_registration_is_timed_from_the_first_request)
{
    begin(EXCHANGE_REGISTER);
    note((struct phone_event){ .kind = PHONE_REGISTERED, .expires = 3600, .flows = 1 }, 1012);
    CHECK_SLICE("registered after 12 ms, for 3600 s", slice_from(find()));
    CHECK(figure("time") == 12 && figure("registered") == 1 && figure("tries") == 1 && figure("expires") == 3600);
    CHECK(figure("status") == 200 && figure("lost") == 0 && figure("delivered") < 0);
    note((struct phone_event){ .kind = PHONE_REFRESHED, .expires = 60, .flows = 1 }, 9000);
    find();
    CHECK(figure("time") == 12 && figure("expires") == 60 && figure("tries") == 1);
}

TEST(tries_are_counted_until_it_is_registered)
{
    begin(EXCHANGE_REGISTER);
    note((struct phone_event){ .kind = PHONE_REGISTER_FAILED, .error = -ERR_REFUSED, .reason = SLICE("refused") },
         1100);
    CHECK_SLICE("not registered (refused)", slice_from(find()));
    note((struct phone_event){ .kind = PHONE_REGISTERED, .expires = 60 }, 3000);
    CHECK_SLICE("registered after 2.0 s and 2 tries, for 60 s", slice_from(find()));
}

TEST(a_registration_that_is_lost_is_not_registered_at_the_end)
{
    begin(EXCHANGE_REGISTER);
    note((struct phone_event){ .kind = PHONE_REGISTERED, .expires = 60 }, 1010);
    note((struct phone_event){ .kind = PHONE_REGISTER_FAILED, .status = 503, .reason = SLICE("Service Unavailable") },
         2000);
    CHECK_SLICE("registered, and lost again (503 Service Unavailable)", slice_from(find()));
    CHECK(figure("registered") == 0 && figure("lost") == 1 && figure("tries") == 1 && figure("time") == 10);
    note((struct phone_event){ .kind = PHONE_REGISTERED, .expires = 60 }, 5000);
    CHECK_SLICE("registered after 10 ms, for 60 s, meanwhile lost 1 time", slice_from(find()));
}

TEST(a_refusal_is_an_answer)
{
    begin(EXCHANGE_MESSAGE);
    note((struct phone_event){ .kind = PHONE_MESSAGE_FAILED, .status = 404, .reason = SLICE("Not Found") }, 1040);
    CHECK_SLICE("not delivered (404 Not Found)", slice_from(find()));
    CHECK(figure("time") == 40 && figure("status") == 404 && figure("accepted") == 0);
}

TEST(a_flow_that_fails_while_another_lives_is_no_failure)
{
    begin(EXCHANGE_REGISTER);
    note((struct phone_event){ .kind = PHONE_REGISTERED, .expires = 60, .flows = 2 }, 1010);
    note((struct phone_event){ .kind = PHONE_REGISTER_FAILED, .status = 503, .flows = 1 }, 2000);
    find();
    CHECK(figure("registered") == 1 && figure("lost") == 0);
}

/* RFC 3261 8.1.3.1: whoever says nothing has no status, whatever stands for it. */
TEST(silence_has_no_status)
{
    begin(EXCHANGE_MESSAGE);
    note((struct phone_event){ .kind = PHONE_MESSAGE_FAILED, .status = 408, .error = -ERR_TIMEOUT }, 33000);
    CHECK(strncmp(find(), "not delivered (", 15) == 0);
    CHECK(figure("status") < 0 && figure("time") < 0 && figure("delivered") == 0);
    begin(EXCHANGE_MESSAGE);
    exchange_give_up(&e);
    CHECK(strncmp(find(), "not delivered (", 15) == 0);
}

TEST(a_text_that_is_kept_is_accepted_and_not_delivered)
{
    begin(EXCHANGE_MESSAGE);
    note((struct phone_event){ .kind = PHONE_MESSAGE_SENT, .status = 202 }, 1020);
    CHECK_SLICE("kept for later after 20 ms", slice_from(find()));
    CHECK(figure("accepted") == 1 && figure("delivered") == 0);
    begin(EXCHANGE_MESSAGE);
    note((struct phone_event){ .kind = PHONE_MESSAGE_SENT, .status = 200 }, 1020);
    CHECK_SLICE("delivered after 20 ms", slice_from(find()));
    CHECK(figure("accepted") == 1 && figure("delivered") == 1 && figure("registered") < 0);
}

TEST(who_cannot_register_has_sent_no_text)
{
    exchange_init(&e, EXCHANGE_MESSAGE, SLICE("sip:bob@example.test"));
    note((struct phone_event){ .kind = PHONE_REGISTER_FAILED, .status = 403, .reason = SLICE("Forbidden") }, 1020);
    CHECK_SLICE("cannot register (403 Forbidden)", slice_from(find()));
    CHECK_INT(0, found.figure_count);
    exchange_init(&e, EXCHANGE_MESSAGE, SLICE("sip:bob@example.test"));
    CHECK_SLICE("nothing was sent", slice_from(find()));
}

/* The account of a text that is under way is no matter any more. */
TEST(a_registration_that_fails_behind_the_text_is_not_its_failure)
{
    begin(EXCHANGE_MESSAGE);
    note((struct phone_event){ .kind = PHONE_REGISTER_FAILED, .status = 503 }, 1020);
    note((struct phone_event){ .kind = PHONE_MESSAGE_SENT, .status = 200 }, 1030);
    CHECK_SLICE("delivered after 30 ms", slice_from(find()));
}

TEST(what_is_too_long_is_cut)
{
    char long_text[2000];

    memset(long_text, 'x', sizeof long_text);
    exchange_init(&e, EXCHANGE_REGISTER, (struct slice){ long_text, sizeof long_text });
    exchange_begin(&e, 0);
    note(
        (struct phone_event){ .kind = PHONE_REGISTER_FAILED, .status = 403, .reason = { long_text, sizeof long_text } },
        1);
    CHECK(strlen(find()) < EXCHANGE_HEADLINE && found.target.len == SUMMARY_TEXT - 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_registration_is_timed_from_the_first_request),
        cmocka_unit_test(tries_are_counted_until_it_is_registered),
        cmocka_unit_test(a_registration_that_is_lost_is_not_registered_at_the_end),
        cmocka_unit_test(a_refusal_is_an_answer),
        cmocka_unit_test(a_flow_that_fails_while_another_lives_is_no_failure),
        cmocka_unit_test(silence_has_no_status),
        cmocka_unit_test(a_text_that_is_kept_is_accepted_and_not_delivered),
        cmocka_unit_test(who_cannot_register_has_sent_no_text),
        cmocka_unit_test(a_registration_that_fails_behind_the_text_is_not_its_failure),
        cmocka_unit_test(what_is_too_long_is_cut),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
