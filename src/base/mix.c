/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/mix.h"

#include "base/word.h"

/* The last sixteen bytes, and the last eight, may begin within those before. */
static inline __attribute__((always_inline)) uint64_t add(uint64_t sum, struct slice text, const struct hash_key *key,
                                                          uint64_t (*fit)(uint64_t word))
{
    const char *at = text.ptr, *end;

    if (text.len < 8)
        return text.len > 0 ? mix(sum, fit(word_short(at, text.len)), 0, key) : sum;
    end = at + text.len;
    for (; end - at > 16; at += 16)
        sum = mix(sum, fit(word_load(at)), fit(word_load(at + 8)), key);
    return mix(sum, fit(word_load(text.len < 16 ? at : end - 16)), fit(word_load(end - 8)), key);
}

static inline uint64_t as_it_is(uint64_t word)
{
    return word;
}

uint64_t mix_text(uint64_t sum, struct slice text, const struct hash_key *key)
{
    return add(sum, text, key, as_it_is);
}

uint64_t mix_text_nocase(uint64_t sum, struct slice text, const struct hash_key *key)
{
    return add(sum, text, key, word_lower_letters);
}
