/* SPDX-License-Identifier: BSD-2-Clause */
#include "rtp/g711.h"
#include "support/test.h"

#include <stdlib.h>

/* G.711 table 2a: decoder output in 14-bit units, by segment and step. */
TEST(ulaw_decodes_to_the_values_of_table_2a)
{
    static const struct {
        uint8_t code;
        int     value;
    } table[] = {
        { 0xff, 0 },   { 0xfe, 2 },   { 0xf0, 30 },    { 0xef, 33 },    { 0xe0, 93 },   { 0xdf, 99 },
        { 0xcf, 231 }, { 0xbf, 495 }, { 0xaf, 1023 },  { 0x9f, 2079 },  { 0x8f, 4191 }, { 0x80, 8031 },
        { 0x7e, -2 },  { 0x6f, -33 }, { 0x0f, -4191 }, { 0x00, -8031 }, { 0x7f, 0 },
    };

    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        CHECK_INT(4 * table[i].value, ulaw_decode(table[i].code));
}

/* G.711 table 1a: decoder output in units of which 4096 is full scale; the codes
 * are those on the line, with even bits inverted. */
TEST(alaw_decodes_to_the_values_of_table_1a)
{
    static const struct {
        uint8_t code;
        int     value;
    } table[] = {
        { 0x80 ^ 0x55, 1 },     { 0x81 ^ 0x55, 3 },    { 0x8f ^ 0x55, 31 },   { 0x90 ^ 0x55, 33 },
        { 0xa0 ^ 0x55, 66 },    { 0xb0 ^ 0x55, 132 },  { 0xc0 ^ 0x55, 264 },  { 0xd0 ^ 0x55, 528 },
        { 0xe0 ^ 0x55, 1056 },  { 0xf0 ^ 0x55, 2112 }, { 0xff ^ 0x55, 4032 }, { 0x00 ^ 0x55, -1 },
        { 0x7f ^ 0x55, -4032 },
    };

    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        CHECK_INT(8 * table[i].value, alaw_decode(table[i].code));
}

TEST(every_code_survives_decoding_and_encoding)
{
    for (int code = 0; code < 256; code++) {
        CHECK_INT(code, alaw_encode(alaw_decode((uint8_t)code)));
        /* mu-law has two zeros: negative zero decodes to 0, which is sent as positive. */
        CHECK_INT(code == 0x7f ? 0xff : code, ulaw_encode(ulaw_decode((uint8_t)code)));
    }
}

/* Each sample is put into the step it lies in: the error is at most half a step,
 * which in each segment is twice that of the one below. */
TEST(ulaw_error_is_at_most_half_a_step)
{
    for (int sample = -32768; sample <= 32767; sample++) {
        uint8_t code  = ulaw_encode((int16_t)sample);
        int     half  = 4 << (~code >> 4 & 7);
        int     error = abs(sample - ulaw_decode(code));

        if (abs(sample) > 32124 + half) /* beyond the last decision value: clipped */
            CHECK_INT(sample < 0 ? 0x00 : 0x80, code);
        else
            CHECK(error <= half);
        CHECK((sample < 0) == !(code & 0x80));
    }
}

TEST(alaw_error_is_at_most_half_a_step)
{
    for (int sample = -32768; sample <= 32767; sample++) {
        uint8_t code    = alaw_encode((int16_t)sample);
        int     segment = (code ^ 0x55) >> 4 & 7;
        int     half    = 8 << (segment > 1 ? segment - 1 : 0);

        CHECK(abs(sample - alaw_decode(code)) <= half);
        CHECK((sample < 0) == !((code ^ 0x55) & 0x80));
    }
}

/* A louder sample never gets a quieter code. */
TEST(both_laws_are_monotonic)
{
    for (int sample = -32768; sample < 32767; sample++) {
        CHECK(ulaw_decode(ulaw_encode((int16_t)sample)) <= ulaw_decode(ulaw_encode((int16_t)(sample + 1))));
        CHECK(alaw_decode(alaw_encode((int16_t)sample)) <= alaw_decode(alaw_encode((int16_t)(sample + 1))));
    }
}

TEST(blocks_are_coded_by_the_law_that_is_named)
{
    static const int16_t samples[] = { 0, 1000, -1000, 32767 };
    uint8_t              codes[4];
    int16_t              back[4];

    g711_encode(G711_ULAW, samples, 4, codes);
    CHECK_INT(0xff, codes[0]);
    CHECK_INT(0x80, codes[3]);
    g711_decode(G711_ULAW, codes, 4, back);
    CHECK_INT(32124, back[3]);
    CHECK_INT(ulaw_decode(ulaw_encode(-1000)), back[2]);
    g711_encode(G711_ALAW, samples, 4, codes);
    CHECK_INT(0xd5, codes[0]);
    CHECK_INT(0xaa, codes[3]);
    g711_decode(G711_ALAW, codes, 4, back);
    CHECK_INT(32256, back[3]);
    CHECK_INT(alaw_decode(alaw_encode(-1000)), back[2]);
}

TEST(silence_is_the_code_of_zero)
{
    CHECK_INT(0xff, g711_silence(G711_ULAW));
    CHECK_INT(0xd5, g711_silence(G711_ALAW));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ulaw_decodes_to_the_values_of_table_2a),
        cmocka_unit_test(alaw_decodes_to_the_values_of_table_1a),
        cmocka_unit_test(every_code_survives_decoding_and_encoding),
        cmocka_unit_test(ulaw_error_is_at_most_half_a_step),
        cmocka_unit_test(alaw_error_is_at_most_half_a_step),
        cmocka_unit_test(both_laws_are_monotonic),
        cmocka_unit_test(blocks_are_coded_by_the_law_that_is_named),
        cmocka_unit_test(silence_is_the_code_of_zero),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
