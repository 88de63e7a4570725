/* SPDX-License-Identifier: BSD-2-Clause */
/* party.h - what tests of offer and answer share: codecs, streams, and short words
 * for making and hearing descriptions. */

#ifndef TEST_SDP_PARTY_H
#define TEST_SDP_PARTY_H

#include "sdp/offer_answer.h"

#include "base/error.h"
#include "support/test.h"

#include <string.h>

#define CODEC(name, clock, channels, pt)                                                                               \
    {                                                                                                                  \
        .format = { SLICE_INIT(name), (clock), (channels) }, .payload_type = (pt)                                      \
    }

static const struct sdp_codec pcmu = CODEC("PCMU", 8000, 1, 0);
static const struct sdp_codec pcma = CODEC("PCMA", 8000, 1, 8);
static const struct sdp_codec ilbc = CODEC("iLBC", 8000, 1, 97);

/* An audio stream at 192.0.2.<host>. */
static inline struct sdp_local audio_at(uint8_t host, uint16_t port, const struct sdp_codec *codecs, size_t count)
{
    return (struct sdp_local){
        .enabled     = true,
        .rtp         = address_v4(192, 0, 2, host, port),
        .direction   = SDP_SENDRECV,
        .codecs      = codecs,
        .codec_count = count,
    };
}

static inline struct negotiation *party(uint8_t host)
{
    struct negotiation_config c = { .session_id = 1000, .address = address_v4(192, 0, 2, host, 0) };
    struct negotiation       *n = negotiation_new(&c);

    CHECK(n != NULL);
    return n;
}

/* The text of a successful offer, answer; against the guard page. */
static inline struct slice offer_of(struct negotiation *n, const struct sdp_local *local, size_t count)
{
    struct slice text;

    CHECK_INT(0, negotiation_offer(n, local, count, &text));
    return test_guarded(text);
}

static inline void hear_offer(struct negotiation *n, struct slice text)
{
    struct sdp_fault fault;

    CHECK_INT(0, negotiation_receive_offer(n, test_guarded(text), &fault));
}

static inline struct slice answer_of(struct negotiation *n, const struct sdp_local *local, size_t count)
{
    struct slice text;

    CHECK_INT(0, negotiation_answer(n, local, count, &text));
    return test_guarded(text);
}

static inline void hear_answer(struct negotiation *n, struct slice text)
{
    struct sdp_fault fault;

    CHECK_INT(0, negotiation_receive_answer(n, test_guarded(text), &fault));
}

/* `from` offers, `to` answers, both agree. */
static inline void exchange(struct negotiation *from, const struct sdp_local *offered, size_t offered_count,
                            struct negotiation *to, const struct sdp_local *answered, size_t answered_count)
{
    hear_offer(to, offer_of(from, offered, offered_count));
    hear_answer(from, answer_of(to, answered, answered_count));
}

static inline bool has(struct slice text, const char *part)
{
    return memmem(text.ptr, text.len, part, strlen(part)) != NULL;
}

/* The version in o=. */
static inline unsigned version_of(struct slice text)
{
    struct scan  s = scan_from(text);
    struct slice word;
    uint32_t     version;

    CHECK(scan_until(&s, " ", &word) && scan_byte(&s, ' ') && scan_until(&s, " ", &word) && scan_byte(&s, ' ') &&
          scan_number(&s, UINT32_MAX, &version));
    return version;
}

/* Count the m= lines. */
static inline unsigned media_of(struct slice text)
{
    unsigned count = 0;

    for (size_t i = 0; i + 3 < text.len; i++)
        count += memcmp(text.ptr + i, "\r\nm=", 4) == 0;
    return count;
}

#endif
