/* SPDX-License-Identifier: BSD-2-Clause */
#include "console/cert_json.h"

#include "support/test.h"

#include <string.h>

enum { T0 = 1700000000, DAY = 86400 };

static const struct slice names[] = { SLICE_INIT("DNS:a.example"), SLICE_INIT("URI:sip:a.example") };

static struct cert_facts facts(void)
{
    struct cert_facts f = { .subject     = SLICE("CN=a.example"),
                            .issuer      = SLICE("CN=Lab"),
                            .serial      = SLICE("4A"),
                            .algorithm   = SLICE("EC P-256"),
                            .names       = names,
                            .name_count  = 2,
                            .not_before  = T0,
                            .not_after   = T0 + 40 * DAY,
                            .fingerprint = "AB:CD",
                            .is_ca       = false,
                            .self_signed = true };

    return f;
}

static const char *text_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));

    return text == NULL ? "" : text;
}

TEST(everything_about_a_certificate_is_in_it)
{
    struct cert_facts f    = facts();
    json_t           *json = cert_facts_to_json(&f, T0 + 1);

    assert_string_equal("CN=a.example", text_of(json, "subject"));
    assert_string_equal("CN=Lab", text_of(json, "issuer"));
    assert_string_equal("4A", text_of(json, "serial"));
    assert_string_equal("EC P-256", text_of(json, "algorithm"));
    assert_string_equal("AB:CD", text_of(json, "fingerprint_sha256"));
    assert_string_equal("2023-11-14T22:13:20Z", text_of(json, "not_before"));
    assert_string_equal("2023-12-24T22:13:20Z", text_of(json, "not_after"));
    CHECK_INT(T0 + 40 * DAY, json_integer_value(json_object_get(json, "not_after_seconds")));
    CHECK_INT(2, json_array_size(json_object_get(json, "names")));
    CHECK(json_is_true(json_object_get(json, "self_signed")) && json_is_false(json_object_get(json, "ca")));
    json_decref(json);
}

static void check_state(uint64_t now, const char *state, int64_t days)
{
    struct cert_facts f    = facts();
    json_t           *json = cert_facts_to_json(&f, now);

    assert_string_equal(state, text_of(json, "state"));
    CHECK_INT(days, json_integer_value(json_object_get(json, "days_left")));
    json_decref(json);
}

TEST(its_state_is_that_of_the_moment)
{
    check_state(T0 - 1, "not_yet", 40);
    check_state(T0 + DAY, "good", 39);
    check_state(T0 + 20 * DAY, "ends_soon", 20);
    check_state(T0 + 41 * DAY, "ended", -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(everything_about_a_certificate_is_in_it),
        cmocka_unit_test(its_state_is_that_of_the_moment),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
