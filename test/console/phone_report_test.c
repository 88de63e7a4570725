/* SPDX-License-Identifier: BSD-2-Clause */
#include "console/phone_report.h"

#include "support/json_schema.h"
#include "support/test.h"

static char memory[PHONE_REPORT_LINE];

static struct slice line_of(const struct phone_event *e)
{
    struct buf b = BUF_ON(memory);

    phone_report_write(&b, e, 1700000000000);
    CHECK(buf_ok(&b));
    return buf_slice(&b);
}

/* All that an event may have. */
static struct phone_event full(enum phone_event_kind kind)
{
    bool is_account = kind <= PHONE_UNREGISTERED;

    return (struct phone_event){
        .kind         = kind,
        .call         = is_account ? 0 : (object_id)ID_CALL << 48 | 1,
        .status       = 486,
        .reason       = SLICE("Busy \"Here\""),
        .peer         = SLICE("sip:bob@example.test"),
        .peer_display = SLICE("Bob \xff"),
        .local        = SLICE("sip:alice@example.test"),
        .call_id      = SLICE("1@10.0.0.1"),
        .expires      = 3600,
        .retry_in     = NEVER,
        .digit        = '#',
        .subject      = (object_id)ID_TEXT << 48 | 1,
        .content_type = SLICE("text/plain"),
        .body         = SLICE("hello"),
        .target       = SLICE("sip:carol@example.test"),
        .with         = (object_id)ID_CALL << 48 | 2,
        .setup        = 10,
        .duration     = 20,
        .codec        = SLICE("PCMU"),
        .has_stats    = true,
        .stats        = { .round_trip = 1.5, .peer_lost = 2, .local = address_v4(10, 0, 0, 1, 5000) },
    };
}

static void check_fits(const struct phone_event *e)
{
    char       text[512];
    struct buf why = BUF_ON(text);

    if (!json_schema_line_fits(json_schema_of_events(), line_of(e), &why))
        fail_msg("%s: %s", memory, buf_cstr(&why));
}

TEST(calls_of_somebody_else_are_told_with_what_pickup_wants)
{
    const struct phone_dialog d[] = { { .id         = SLICE("d1"),
                                        .state      = SLICE("early"),
                                        .direction  = SLICE("recipient"),
                                        .call_id    = SLICE("1@h"),
                                        .local_tag  = SLICE("l"),
                                        .remote_tag = SLICE("r"),
                                        .remote     = SLICE("sip:carol@h") },
                                      { .id = SLICE("d2"), .state = SLICE("confirmed") } };
    struct phone_event        e   = full(PHONE_ENGAGED);

    e.busy = e.full = true;
    e.dialogs       = d;
    e.dialog_count  = 2;
    check_fits(&e);
    CHECK(strstr(line_of(&e).ptr, "\"busy\":true,\"dialogs\":[{\"id\":\"d1\",\"state\":\"early\","
                                  "\"direction\":\"recipient\",\"call_id\":\"1@h\",\"local_tag\":\"l\","
                                  "\"remote_tag\":\"r\",\"remote\":\"sip:carol@h\"},{\"id\":\"d2\","
                                  "\"state\":\"confirmed\"}],\"full\":true") != NULL);
}

TEST(each_kind_of_event_fits_the_schema)
{
    for (unsigned kind = 0; kind < PHONE_EVENT_COUNT; kind++) {
        struct phone_event e = full((enum phone_event_kind)kind);

        check_fits(&e);
        e.peer_display = e.codec = e.reason = (struct slice){ NULL, 0 };
        e.status                            = kind == PHONE_MESSAGE_SENT ? 200 : 0;
        e.setup                             = NEVER;
        e.has_stats                         = false;
        check_fits(&e);
    }
}

TEST(each_notice_has_a_name_and_a_meaning)
{
    for (unsigned row = PHONE_EVENT_COUNT; row < PHONE_REPORT_ROWS; row++) {
        CHECK(phone_report_name(row) != NULL);
        CHECK(phone_report_row(row)->meaning != NULL);
    }
}

TEST(an_event_is_one_line_of_json)
{
    struct phone_event e = { .kind    = PHONE_UNREGISTERED,
                             .status  = 200,
                             .flow    = 1,
                             .reason  = SLICE("OK"),
                             .local   = SLICE("sip:alice@example.test"),
                             .call_id = SLICE("1@a") };

    CHECK_SLICE("{\"t\":1700000000000,\"event\":\"unregistered\",\"call_id\":\"1@a\","
                "\"account\":\"sip:alice@example.test\",\"flow\":1,\"flows\":0,\"expires\":0,\"status\":200,\"reason\":"
                "\"OK\"}\n",
                line_of(&e));
}

TEST(a_failure_that_is_final_has_a_null_for_its_next_try)
{
    struct phone_event e = full(PHONE_REGISTER_FAILED);

    CHECK(strstr(line_of(&e).ptr, "\"retry_in_ms\":null") != NULL);
    e.retry_in = 2000;
    CHECK(strstr(line_of(&e).ptr, "\"retry_in_ms\":2000") != NULL);
}

static void check_handle(const char *text, object_id want)
{
    char       again[64];
    struct buf b = BUF_ON(again);
    object_id  id;

    CHECK(phone_handle_read(slice_from(text), &id));
    CHECK(id == want);
    phone_handle_write(&b, id);
    CHECK_SLICE(text, buf_slice(&b));
}

TEST(a_handle_carries_slot_and_generation)
{
    check_handle("c1.1", (object_id)ID_CALL << 48 | 1);
    check_handle("m2.1", (object_id)ID_TEXT << 48 | (object_id)1 << 24 | 1);
    check_handle("c4.7", (object_id)ID_CALL << 48 | (object_id)3 << 24 | 7);
    check_handle("c16777216.16777215", (object_id)ID_CALL << 48 | (object_id)0xffffff << 24 | 0xffffff);
}

TEST(what_is_no_handle_is_refused)
{
    static const char *const bad[] = { "",       "c",           "c1",          "c1.",           "c0.1",
                                       "c1.0",   "1.1",         "x1.1",        "c1.1 ",         "c-1.1",
                                       "c1.1.1", "c16777217.1", "c1.16777216", "c1.99999999999" };
    object_id                id;

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        CHECK(!phone_handle_read(test_guarded(slice_from(bad[i])), &id));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_kind_of_event_fits_the_schema),
        cmocka_unit_test(each_notice_has_a_name_and_a_meaning),
        cmocka_unit_test(an_event_is_one_line_of_json),
        cmocka_unit_test(calls_of_somebody_else_are_told_with_what_pickup_wants),
        cmocka_unit_test(a_failure_that_is_final_has_a_null_for_its_next_try),
        cmocka_unit_test(a_handle_carries_slot_and_generation),
        cmocka_unit_test(what_is_no_handle_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
