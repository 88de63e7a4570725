/* SPDX-License-Identifier: BSD-2-Clause */
/* Compounds, each behind two bytes of length, walked and heard by a session that
 * also sends. */
#include "rtp/rtcp.h"
#include "rtp/session.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void expect(bool holds)
{
    if (!holds)
        abort();
}

static void read_all(const struct rtcp_packet *p)
{
    struct rtcp_report r;
    struct rtcp_block  block;
    struct slice       value;
    unsigned           blocks = 0;

    if (rtcp_report_parse(p, &r)) {
        while (rtcp_block_parse(p, blocks, &block))
            blocks++;
        expect(blocks == r.block_count);
    }
    if (rtcp_sdes_item(p, 1, RTCP_SDES_CNAME, &value))
        expect(value.len <= 255 && value.ptr + value.len <= p->body.ptr + p->body.len);
    rtcp_bye_names(p, 1);
    value = rtcp_bye_reason(p);
    expect(value.len == 0 || value.ptr + value.len <= p->body.ptr + p->body.len);
}

/* A valid compound can be walked to its end. */
static void walk(struct slice bytes)
{
    struct scan        s = scan_from(bytes);
    struct rtcp_packet p;

    while (rtcp_next(&s, &p))
        read_all(&p);
    if (rtcp_compound_valid(bytes))
        expect(scan_at_end(&s));
}

static void speak(struct rtp_session *s, msec now)
{
    char             memory[RTCP_COMPOUND_MAX];
    struct buf       b     = BUF_ON(memory);
    struct rtp_frame frame = { .timestamp = (uint32_t)now * 8, .payload = SLICE_INIT("sound") };

    rtp_session_send(s, &frame, &b, now);
    b = BUF_ON(memory);
    if (rtp_session_report(s, &b, now))
        expect(buf_ok(&b) && rtcp_compound_valid(buf_slice(&b)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct address from = { .ip = { 192, 0, 2, 1 }, .port = 4001, .family = FAMILY_4 };
    struct random_seeded        seeded;
    struct rtp_session_config c = { .clock_rate = 8000, .bandwidth = 64000, .random = { random_seeded_fill, &seeded } };
    struct rtp_session        s;
    struct rtp_stats          stats;
    msec                      now = 1000;

    random_seed(&seeded, 1);
    rtp_session_init(&s, &c, now);
    s.ssrc = 1; /* within a fuzzer's reach */
    while (size >= 2) {
        size_t       wanted = (size_t)data[0] << 8 | data[1];
        size_t       len    = wanted < size - 2 ? wanted : size - 2;
        struct slice bytes  = { (const char *)data + 2, len };

        walk(bytes);
        rtp_session_receive_rtcp(&s, bytes, &from, now);
        speak(&s, now);
        rtp_session_stats(&s, &stats);
        now += 700;
        data += 2 + len;
        size -= 2 + len;
    }
    return 0;
}
