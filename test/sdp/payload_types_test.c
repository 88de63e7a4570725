/* SPDX-License-Identifier: BSD-2-Clause */
#include "sdp/payload_types.h"

#include "support/test.h"

static const struct sdp_format pcmu = { SLICE_INIT("PCMU"), 8000, 1 };
static const struct sdp_format opus = { SLICE_INIT("opus"), 48000, 2 };
static const struct sdp_format ilbc = { SLICE_INIT("iLBC"), 8000, 1 };

static uint8_t choose(struct payload_types *t, const struct sdp_format *f, uint8_t wish)
{
    uint8_t number = 0;

    CHECK(payload_types_choose(t, f, wish, &number));
    return number;
}

TEST(a_static_number_is_taken)
{
    struct payload_types t = { 0 };

    CHECK_INT(0, choose(&t, &pcmu, 0));
    CHECK_INT(0, choose(&t, &pcmu, 0));
}

TEST(a_dynamic_wish_is_granted_if_it_is_free)
{
    struct payload_types t = { 0 };

    CHECK_INT(110, choose(&t, &opus, 110));
    CHECK_INT(96, choose(&t, &ilbc, 110));
    CHECK_INT(110, choose(&t, &opus, 255));
}

/* RFC 3264 8.3.2. */
TEST(a_format_keeps_the_number_it_has_had)
{
    struct payload_types t = { 0 };

    payload_types_bind(&t, 121, &opus);
    CHECK_INT(121, choose(&t, &opus, 96));
}

TEST(a_number_that_means_something_else_is_not_used)
{
    struct payload_types t = { 0 };

    payload_types_bind_foreign(&t, 96);
    payload_types_bind(&t, 97, &ilbc);
    payload_types_bind_foreign(&t, 0); /* by an odd rtpmap */
    CHECK_INT(98, choose(&t, &opus, 255));
    CHECK_INT(99, choose(&t, &pcmu, 0));
}

TEST(numbers_run_out)
{
    struct payload_types t = { 0 };
    uint8_t              number;

    for (unsigned i = 96; i <= 127; i++)
        payload_types_bind_foreign(&t, (uint8_t)i);
    CHECK_INT(35, choose(&t, &opus, 255)); /* RFC 5761 4: then the unassigned ones */
    for (unsigned i = 35; i <= 63; i++)
        payload_types_bind_foreign(&t, (uint8_t)i);
    CHECK(!payload_types_choose(&t, &ilbc, 255, &number));
}

TEST(formats_run_out)
{
    static char          names[PAYLOAD_TYPES_FORMATS + 1][2];
    struct payload_types t = { 0 };
    struct sdp_format    f = { .clock = 8000, .channels = 1 };
    uint8_t              number;

    for (size_t i = 0; i < PAYLOAD_TYPES_FORMATS; i++) {
        names[i][0] = (char)('A' + i);
        f.name      = (struct slice){ names[i], 1 };
        payload_types_bind(&t, (uint8_t)(64 + i), &f);
    }
    CHECK(!payload_types_choose(&t, &opus, 255, &number));
    payload_types_bind(&t, 110, &opus); /* cannot be kept, but the number is taken */
    CHECK_INT(PAYLOAD_TYPES_FOREIGN, t.bound[110]);
    payload_types_bind(&t, 200, &opus); /* no payload type at all */
    payload_types_bind_foreign(&t, 200);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_static_number_is_taken),
        cmocka_unit_test(a_dynamic_wish_is_granted_if_it_is_free),
        cmocka_unit_test(a_format_keeps_the_number_it_has_had),
        cmocka_unit_test(a_number_that_means_something_else_is_not_used),
        cmocka_unit_test(numbers_run_out),
        cmocka_unit_test(formats_run_out),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
