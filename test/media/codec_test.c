/* SPDX-License-Identifier: BSD-2-Clause */
#include "media/codec.h"
#include "support/test.h"

#include <stdlib.h>

/* RFC 3551 6, table 4. */
TEST(g711_has_its_static_payload_types)
{
    CHECK_SLICE("PCMU", codec_of_static(0)->name);
    CHECK_SLICE("PCMA", codec_of_static(8)->name);
    CHECK(codec_of_static(3) == NULL);
    CHECK(codec_of_static(96) == NULL);
    CHECK(codec_of_static(CODEC_DYNAMIC) == NULL);
}

/* RFC 8866 6.6: names without case; the number of channels may be left out. */
TEST(a_codec_is_found_by_name_clock_and_channels)
{
    CHECK(codec_find(SLICE("pcma"), 8000, 0) == codec_of_static(8));
    CHECK(codec_find(SLICE("PCMU"), 8000, 1) == codec_of_static(0));
    CHECK(codec_find(SLICE("PCMU"), 16000, 1) == NULL);
    CHECK(codec_find(SLICE("PCMU"), 8000, 2) == NULL);
    CHECK(codec_find(SLICE("PCM"), 8000, 1) == NULL);
    CHECK(codec_find(SLICE(""), 8000, 1) == NULL);
}

TEST(every_codec_gives_back_nearly_what_it_was_given)
{
    const struct codec *c;
    int16_t             in[160], out[160];
    uint8_t             payload[CODEC_PAYLOAD_MAX];

    for (int i = 0; i < 160; i++)
        in[i] = (int16_t)((i - 80) * 300);
    for (size_t i = 0; (c = codec_at(i)) != NULL; i++) {
        size_t len = c->encode(NULL, in, 160, payload, sizeof payload);

        CHECK_INT(160, len);
        CHECK_INT(160, c->duration(payload, len));
        CHECK_INT(160, c->decode(NULL, payload, len, out, 160));
        for (int k = 0; k < 160; k++)
            CHECK(abs(in[k] - out[k]) <= 16 + abs(in[k]) / 16);
    }
}

TEST(a_codec_without_memory_opens_and_closes_all_the_same)
{
    void *memory = &memory;

    CHECK_INT(0, codec_open(codec_at(0), &memory));
    CHECK(memory == NULL);
    codec_close(codec_at(0), memory);
}

TEST(what_does_not_fit_is_refused_whole)
{
    const struct codec *c;
    int16_t             samples[160] = { 0 };
    uint8_t             payload[160] = { 0 };

    for (size_t i = 0; (c = codec_at(i)) != NULL; i++) {
        CHECK_INT(0, c->encode(NULL, samples, 160, payload, 159));
        CHECK_INT(0, c->decode(NULL, payload, 160, samples, 159));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(g711_has_its_static_payload_types),
        cmocka_unit_test(a_codec_is_found_by_name_clock_and_channels),
        cmocka_unit_test(every_codec_gives_back_nearly_what_it_was_given),
        cmocka_unit_test(a_codec_without_memory_opens_and_closes_all_the_same),
        cmocka_unit_test(what_does_not_fit_is_refused_whole),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
