/* SPDX-License-Identifier: BSD-2-Clause */
#include "server/config_keys.h"

#include "support/test.h"

static const struct config_key *key(const char *name)
{
    const struct config_key *k = config_key_find(NULL, slice_from(name));

    CHECK(k != NULL);
    return k;
}

static bool parse(const char *name, const char *text, struct config_value *value)
{
    char       memory[256];
    struct buf why = BUF_ON(memory);

    return config_value_parse(key(name), test_guarded(slice_from(text)), value, &why);
}

TEST(every_key_stands_once)
{
    size_t                   count;
    const struct config_key *keys = config_keys(&count);

    for (size_t i = 0; i < count; i++) {
        if (keys[i].type != CONFIG_GROUP)
            CHECK(config_key_find(keys[i].section, slice_from(keys[i].name)) == &keys[i]);
    }
}

TEST(keys_of_a_section_are_found_only_there)
{
    CHECK(config_key_find("route", SLICE("to")) != NULL);
    CHECK(config_key_find(NULL, SLICE("to")) == NULL);
    CHECK(config_key_find("route", SLICE("realm")) == NULL);
    CHECK_SLICE("redirect", slice_from(config_key_nearest("route", SLICE("redirct"))->name));
    CHECK_SLICE("max_contacts", slice_from(config_key_nearest(NULL, SLICE("max-contact"))->name));
    CHECK(config_key_nearest(NULL, SLICE("xyzzy")) == NULL);
}

TEST(times_are_read_and_written_with_their_largest_unit)
{
    static const struct {
        const char *text;
        msec        value;
    } times[] = { { "500ms", 500 },  { "0ms", 0 },        { "90s", 90000 },  { "1m", 60000 },
                  { "2h", 7200000 }, { "7d", 604800000 }, { "1500ms", 1500 } };

    for (size_t i = 0; i < sizeof times / sizeof *times; i++) {
        char                memory[32];
        struct buf          b = BUF_ON(memory);
        struct config_value value;

        (void)parse("connection_idle", times[i].text, &value);
        CHECK_INT(times[i].value, value.number);
        config_duration_write(&b, times[i].value);
        CHECK_SLICE(times[i].text, buf_slice(&b));
    }
}

TEST(a_value_at_the_edge_is_good_and_one_beyond_is_not)
{
    struct config_value v;

    CHECK(parse("max_contacts", "1", &v) && parse("max_contacts", "64", &v));
    CHECK(!parse("max_contacts", "0", &v) && !parse("max_contacts", "65", &v));
    CHECK(!parse("max_contacts", "", &v) && !parse("max_contacts", "1x", &v) && !parse("max_contacts", "-1", &v));
    CHECK(parse("t1", "10ms", &v) && parse("t1", "10s", &v));
    CHECK(!parse("t1", "9ms", &v) && !parse("t1", "11s", &v) && !parse("t1", "ms", &v));
    CHECK(!parse("connection_idle", "4294967296ms", &v) && !parse("connection_idle", "4294967295d", &v));
    CHECK(parse("proxy", "ON", &v) && v.number == 1 && parse("proxy", "no", &v) && v.number == 0);
    CHECK(!parse("proxy", "1", &v));
}

/* RFC 3261 16.6 item 11. */
TEST(timer_c_is_more_than_three_minutes)
{
    struct config_value v;

    CHECK(!parse("timer_c", "3m", &v) && parse("timer_c", "181s", &v));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_key_stands_once),
        cmocka_unit_test(keys_of_a_section_are_found_only_there),
        cmocka_unit_test(times_are_read_and_written_with_their_largest_unit),
        cmocka_unit_test(a_value_at_the_edge_is_good_and_one_beyond_is_not),
        cmocka_unit_test(timer_c_is_more_than_three_minutes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
