/* SPDX-License-Identifier: BSD-2-Clause */
/* A description as parsed and written, as an offer to us, as an answer to ours, and
 * as a second offer in a session. */
#include "base/error.h"
#include "sdp/offer_answer.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct sdp_codec codecs[] = {
    { .format = { SLICE_INIT("PCMU"), 8000, 1 }, .payload_type = 0 },
    { .format = { SLICE_INIT("opus"), 48000, 2 }, .payload_type = 96, .fmtp = SLICE_INIT("useinbandfec=1") },
    { .format = { SLICE_INIT("CN"), 8000, 1 }, .payload_type = 13, .auxiliary = true },
};

static void expect(bool holds)
{
    if (!holds)
        abort();
}

/* What was read can be written, and read again as the same. */
static void write_and_read(const struct sdp *sdp, size_t size)
{
    size_t           room   = 2 * size + 4096;
    char            *memory = malloc(2 * room);
    struct buf       first  = buf_on(memory, room);
    struct buf       second = buf_on(memory + room, room);
    struct arena     arena;
    struct sdp       again;
    struct sdp_fault fault;

    arena_init(&arena, NULL, 0, 1 << 20);
    sdp_write(&first, sdp);
    expect(buf_ok(&first));
    if (first.len <= SDP_BYTES_MAX && sdp_parse(buf_slice(&first), &arena, &again, &fault)) {
        sdp_write(&second, &again);
        expect(slice_eq(buf_slice(&first), buf_slice(&second)));
        expect(again.media_count == sdp->media_count);
    }
    arena_fini(&arena);
    free(memory);
}

static void parse(struct slice text)
{
    struct arena     arena;
    struct sdp       sdp;
    struct sdp_fault fault = { 0 };

    arena_init(&arena, NULL, 0, 1 << 20);
    if (sdp_parse(text, &arena, &sdp, &fault))
        write_and_read(&sdp, text.len);
    else
        expect(fault.expected != NULL && fault.offset <= text.len);
    arena_fini(&arena);
}

static void check_answer(struct negotiation *n, struct slice answer)
{
    struct arena     arena;
    struct sdp       sdp;
    struct sdp_fault fault;

    arena_init(&arena, NULL, 0, 1 << 20);
    if (answer.len <= SDP_BYTES_MAX) {
        expect(sdp_parse(answer, &arena, &sdp, &fault));
        expect(sdp.media_count == negotiation_remote(n)->media_count);
    }
    arena_fini(&arena);
}

static void receive_offer(struct negotiation *n, struct slice text, const struct sdp_local *local)
{
    struct sdp_fault fault;
    struct slice     answer;
    int              error = negotiation_receive_offer(n, text, &fault);

    if (error != 0)
        return;
    if (negotiation_answer(n, local, 2, &answer) == 0)
        check_answer(n, answer);
    else
        negotiation_rollback(n);
    for (size_t i = 0; i < NEGOTIATION_STREAMS_MAX; i++)
        expect(!negotiation_stream(n, i)->active || negotiation_stream(n, i)->remote.port != 0);
}

static void receive_answer(struct negotiation *n, struct slice text, const struct sdp_local *local)
{
    struct sdp_fault fault;
    struct slice     offer;

    if (negotiation_offer(n, local, 2, &offer) != 0)
        return;
    if (negotiation_receive_answer(n, text, &fault) != 0)
        negotiation_rollback(n);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct negotiation_config c       = { .session_id = 1, .address = address_v4(192, 0, 2, 1, 0) };
    struct sdp_local          local[] = {
                 { .enabled = true, .direction = SDP_SENDRECV, .codecs = codecs, .codec_count = 3, .events = true },
                 { .enabled = true, .direction = SDP_SENDRECV, .events = true },
    };
    struct negotiation *n = negotiation_new(&c);
    const uint8_t      *cut;
    struct slice        first, second;

    if (n == NULL)
        return 0;
    local[0].rtp = address_v4(192, 0, 2, 1, 4000);
    local[1].rtp = address_v4(192, 0, 2, 2, 4002);
    cut          = size > 0 ? memchr(data, 0x1e, size) : NULL; /* two descriptions, one after the other */
    first        = (struct slice){ (const char *)data, cut != NULL ? (size_t)(cut - data) : size };
    second       = cut != NULL ? slice_between((const char *)cut + 1, (const char *)data + size) : first;
    parse(first);
    receive_offer(n, first, local);
    receive_answer(n, second, local);
    receive_offer(n, second, local);
    receive_answer(n, first, local);
    negotiation_free(n);
    return 0;
}
