/* SPDX-License-Identifier: BSD-2-Clause */
/* Offer and answer over all that can come together: direction of both sides, codecs in common, number of
 * streams on both sides, lines of other kinds and protocols, port 0, hold by 0.0.0.0, and a second offer
 * after the first.  What must come out is said by a model of a few lines that shares nothing with what is
 * tried: it works on lines of the tables below and on the text of the answer. */
#include "party.h"

#include <stdio.h>

enum { LINES_MAX = 4 };

/* ---- what may be offered on one line ---- */

enum kind { AUDIO, VIDEO, SECURE, KINDS };

static const char *const kind_text[]     = { "audio", "video", "audio" };
static const char *const protocol_text[] = { "RTP/AVP", "RTP/AVP", "RTP/SAVP" };

/* Payload types in the order of the peer; 18 is none of ours. */
static const unsigned char codec_lists[][3] = { { 0 }, { 8 }, { 0, 8 }, { 8, 18, 0 }, { 18 } };
static const size_t        codec_counts[]   = { 1, 1, 2, 3, 1 };
enum { CODEC_LISTS = 5 };

struct line {
    enum kind          kind;
    bool               off, hole; /* port 0; address 0.0.0.0 */
    enum sdp_direction direction;
    unsigned           codecs;
};

enum { LINE_VARIANTS = KINDS * 2 * 2 * 4 * CODEC_LISTS };

static struct line line_of(unsigned variant)
{
    struct line l;

    l.kind = (enum kind)(variant % KINDS);
    variant /= KINDS;
    l.off = variant % 2;
    variant /= 2;
    l.hole = variant % 2;
    variant /= 2;
    l.direction = (enum sdp_direction)(variant % 4);
    l.codecs    = variant / 4;
    return l;
}

/* ---- what we are ready for on one stream ---- */

static const struct sdp_codec our_lists[][2] = {
    { CODEC("PCMU", 8000, 1, 0) },
    { CODEC("PCMA", 8000, 1, 8) },
    { CODEC("PCMU", 8000, 1, 0), CODEC("PCMA", 8000, 1, 8) },
};
static const size_t our_counts[] = { 1, 1, 2 };
enum { OUR_VARIANTS = 4 * 3 };

static struct sdp_local local_of(unsigned variant, size_t i)
{
    struct sdp_local l = audio_at(2, (uint16_t)(20000 + 2 * i), our_lists[variant / 4], our_counts[variant / 4]);

    l.direction = (enum sdp_direction)(variant % 4);
    return l;
}

/* ---- the model ---- */

/* RFC 3264 6.1: rows what is offered, columns what we wish: inactive, sendonly, recvonly, sendrecv. */
static const char *const answers[4][4] = {
    [SDP_INACTIVE] = { "inactive", "inactive", "inactive", "inactive" },
    [SDP_SENDONLY] = { "inactive", "inactive", "recvonly", "recvonly" },
    [SDP_RECVONLY] = { "inactive", "sendonly", "inactive", "sendonly" },
    [SDP_SENDRECV] = { "inactive", "sendonly", "recvonly", "sendrecv" },
};

struct model {
    int    slot[LINES_MAX]; /* of each stream of ours; -1: none */
    size_t lines;
};

static bool ours_has(const struct sdp_local *local, unsigned payload_type)
{
    for (size_t i = 0; i < local->codec_count; i++)
        if (local->codecs[i].payload_type == payload_type)
            return true;
    return false;
}

static bool fits(const struct line *l, const struct sdp_local *local)
{
    for (size_t i = 0; i < codec_counts[l->codecs]; i++)
        if (l->kind == AUDIO && !l->off && ours_has(local, codec_lists[l->codecs][i]))
            return true;
    return false;
}

/* A stream stays on its line while that fits; lines in their order take the first stream of ours that
 * has none and fits (RFC 3264 6, 8). */
static unsigned model_answer(struct model *m, const struct line *lines, size_t count, const struct sdp_local *locals,
                             size_t local_count)
{
    unsigned accepted = 0;

    for (size_t s = 0; s < local_count; s++)
        if (m->slot[s] >= 0 && (lines[m->slot[s]].off || lines[m->slot[s]].kind == VIDEO))
            m->slot[s] = -1;
    for (size_t k = 0; k < count; k++) {
        size_t s = 0;

        while (s < local_count && m->slot[s] != (int)k)
            s++;
        if (s < local_count) {
            m->slot[s] = fits(&lines[k], &locals[s]) ? (int)k : -1;
            accepted += m->slot[s] >= 0;
            continue;
        }
        for (s = 0; s < local_count && !(m->slot[s] < 0 && fits(&lines[k], &locals[s])); s++)
            continue;
        if (s == local_count)
            continue;
        m->slot[s] = (int)k;
        accepted++;
    }
    m->lines = count;
    return accepted;
}

static int stream_on(const struct model *m, size_t line, size_t local_count)
{
    for (size_t s = 0; s < local_count; s++)
        if (m->slot[s] == (int)line)
            return (int)s;
    return -1;
}

/* The m= line that the answer must have, and the direction of it. */
static void model_line(const struct line *l, const struct sdp_local *local, char *text, size_t size)
{
    struct buf b = buf_on(text, size);

    if (local == NULL) {
        buf_printf(&b, "m=%s 0 %s %u\r\n", kind_text[l->kind], protocol_text[l->kind], codec_lists[l->codecs][0]);
    } else {
        buf_printf(&b, "m=audio %u RTP/AVP", local->rtp.port);
        for (size_t i = 0; i < codec_counts[l->codecs]; i++)
            if (ours_has(local, codec_lists[l->codecs][i]))
                buf_printf(&b, " %u", codec_lists[l->codecs][i]);
        buf_printf(&b, "\r\n");
    }
    CHECK(buf_ok(&b) && *buf_cstr(&b) != '\0');
}

/* ---- text ---- */

static struct slice write_offer(const struct line *lines, size_t count, unsigned version)
{
    static char memory[4096];
    struct buf  b = BUF_ON(memory);

    buf_printf(&b, "v=0\r\no=- 1 %u IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\n", version);
    for (size_t k = 0; k < count; k++) {
        const struct line *l = &lines[k];

        buf_printf(&b, "m=%s %u %s", kind_text[l->kind], l->off ? 0u : 40000u + 2 * (unsigned)k,
                   protocol_text[l->kind]);
        for (size_t i = 0; i < codec_counts[l->codecs]; i++)
            buf_printf(&b, " %u", codec_lists[l->codecs][i]);
        buf_printf(&b, "\r\n%sa=%.*s\r\n", l->hole ? "c=IN IP4 0.0.0.0\r\n" : "",
                   SLICE_ARG(sdp_direction_name(l->direction)));
    }
    CHECK(buf_ok(&b));
    return buf_slice(&b);
}

/* The part of an answer that begins with its n-th m= line; empty if it has no more. */
static struct slice section(struct slice answer, size_t n)
{
    const char *start = NULL, *end = answer.ptr + answer.len;
    size_t      seen = 0;

    for (const char *at = answer.ptr; at + 2 < end; at++) {
        if (!(at[0] == '\n' && at[1] == 'm' && at[2] == '='))
            continue;
        if (start != NULL)
            return slice_between(start, at + 1);
        if (seen++ == n)
            start = at + 1;
    }
    return start == NULL ? (struct slice){ "", 0 } : slice_between(start, end);
}

static bool begins_with(struct slice text, const char *start)
{
    return text.len >= strlen(start) && memcmp(text.ptr, start, strlen(start)) == 0;
}

/* ---- one exchange ---- */

static void explain(const struct line *lines, size_t count, struct slice answer)
{
    print_error("offer:\n%.*sanswer:\n%.*s", SLICE_ARG(write_offer(lines, count, 1)), SLICE_ARG(answer));
}

static bool is_right(const struct negotiation *n, const struct model *m, const struct line *lines, size_t k,
                     const struct sdp_local *locals, size_t local_count, struct slice answer)
{
    int                      s       = stream_on(m, k, local_count);
    struct slice             written = section(answer, k);
    const struct sdp_agreed *agreed;
    char                     want[128];
    const char              *direction;

    model_line(&lines[k], s < 0 ? NULL : &locals[s], want, sizeof want);
    if (!begins_with(written, want))
        return false;
    if (s < 0)
        return true;
    agreed    = negotiation_stream(n, (size_t)s);
    direction = answers[lines[k].direction][locals[s].direction];
    snprintf(want, sizeof want, "a=%s\r\n", direction);
    if (!has(written, want) || !agreed->active || agreed->slot != k || !agreed->can_send)
        return false;
    if ((agreed->direction & SDP_SENDONLY) && lines[k].hole)
        return false; /* nothing is sent to nobody */
    return lines[k].hole || slice_eq(sdp_direction_name(agreed->direction), slice_from(direction));
}

/* The peer offers these lines; false if what comes out is not what the model says. */
static bool try_offer(struct negotiation *n, struct model *m, const struct line *lines, size_t count,
                      const struct sdp_local *locals, size_t local_count, unsigned version)
{
    struct model     before   = *m;
    unsigned         accepted = model_answer(m, lines, count, locals, local_count), wanted = 0;
    struct slice     answer = SLICE("");
    struct sdp_fault fault;
    int              error;

    for (size_t k = 0; k < count; k++)
        wanted += !lines[k].off;
    CHECK_INT(0, negotiation_receive_offer(n, write_offer(lines, count, version), &fault));
    error = negotiation_answer(n, locals, local_count, &answer);
    if (wanted > 0 && accepted == 0) { /* 488, and all is as it was */
        negotiation_rollback(n);
        *m = before;
        return error == -ERR_UNSUPPORTED;
    }
    if (error != 0 || media_of(answer) != count)
        return false;
    for (size_t k = 0; k < count; k++)
        if (!is_right(n, m, lines, k, locals, local_count, answer)) {
            explain(lines, count, answer);
            return false;
        }
    for (size_t s = 0; s < local_count; s++)
        if (negotiation_stream(n, s)->active != (m->slot[s] >= 0))
            return false;
    return true;
}

static struct model no_model(void)
{
    return (struct model){ .slot = { -1, -1, -1, -1 } };
}

/* ---- tests ---- */

/* RFC 3264 5, 6, 8.4: all that one line can be, against all that one stream can be. */
TEST(one_line_against_one_stream)
{
    for (unsigned v = 0; v < LINE_VARIANTS; v++)
        for (unsigned w = 0; w < OUR_VARIANTS; w++) {
            struct line         line  = line_of(v);
            struct sdp_local    local = local_of(w, 0);
            struct model        m     = no_model();
            struct negotiation *n     = party(2);

            if (!try_offer(n, &m, &line, 1, &local, 1, 1))
                fail_msg("line %u, stream %u", v, w);
            negotiation_free(n);
        }
}

/* The same each time. */
static unsigned draw(uint32_t *state, unsigned below)
{
    *state = *state * 1664525 + 1013904223;
    return (*state >> 8) % below;
}

static void draw_lines(uint32_t *state, struct line *lines, size_t count)
{
    for (size_t k = 0; k < count; k++)
        lines[k] = line_of(draw(state, LINE_VARIANTS));
}

/* RFC 3264 6, 8: up to four lines against up to four streams, and after them a second and a third offer, which
 * change, end and add lines. */
TEST(several_lines_against_several_streams_again_and_again)
{
    for (uint32_t seed = 1; seed <= 4000; seed++) {
        uint32_t            random      = seed;
        size_t              local_count = draw(&random, LINES_MAX + 1), count = draw(&random, LINES_MAX + 1);
        struct line         lines[LINES_MAX];
        struct sdp_local    locals[LINES_MAX];
        struct model        m = no_model();
        struct negotiation *n = party(2);

        for (size_t s = 0; s < local_count; s++)
            locals[s] = local_of(draw(&random, OUR_VARIANTS), s);
        for (unsigned round = 1; round <= 3; round++) {
            draw_lines(&random, lines, count);
            if (!try_offer(n, &m, lines, count, locals, local_count, round))
                fail_msg("seed %u, round %u", seed, round);
            count += draw(&random, (unsigned)(LINES_MAX - count) + 1);
        }
        negotiation_free(n);
    }
}

/* Two of our own machines: what one sends the other receives, and by the same line. */
static void check_both(const struct negotiation *a, const struct negotiation *b, uint32_t seed)
{
    for (size_t i = 0; i < LINES_MAX; i++) {
        const struct sdp_agreed *x = negotiation_stream(a, i), *y = NULL;

        for (size_t k = 0; k < LINES_MAX && x->active && y == NULL; k++)
            if (negotiation_stream(b, k)->active && negotiation_stream(b, k)->slot == x->slot)
                y = negotiation_stream(b, k);
        if (!x->active)
            continue;
        if (y == NULL || x->direction != sdp_direction_invert(y->direction) ||
            x->send.payload_type != y->receive[0].payload_type ||
            !sdp_format_eq(&x->send.codec.format, &y->receive[0].codec.format))
            fail_msg("seed %u, stream %zu", seed, i);
    }
}

/* RFC 3264 8: both sides offer in turn, with other directions and numbers of streams each time. */
TEST(what_one_side_sends_the_other_receives)
{
    for (uint32_t seed = 1; seed <= 2000; seed++) {
        uint32_t            random      = seed;
        struct negotiation *party_of[2] = { party(1), party(2) };

        for (unsigned round = 0; round < 3; round++) {
            struct negotiation *from = party_of[round % 2], *to = party_of[(round + 1) % 2];
            struct sdp_local    offered[LINES_MAX], answered[LINES_MAX];
            size_t              many[2] = { 1 + draw(&random, LINES_MAX), 1 + draw(&random, LINES_MAX) };
            struct slice        text;
            struct sdp_fault    fault;

            for (size_t i = 0; i < many[0]; i++)
                offered[i] = local_of(draw(&random, 4) + 8, i);
            for (size_t i = 0; i < many[1]; i++)
                answered[i] = local_of(draw(&random, OUR_VARIANTS), i);
            CHECK_INT(0, negotiation_offer(from, offered, many[0], &text));
            CHECK_INT(0, negotiation_receive_offer(to, text, &fault));
            CHECK_INT(0, negotiation_answer(to, answered, many[1], &text));
            CHECK_INT(0, negotiation_receive_answer(from, text, &fault));
            check_both(from, to, seed);
            check_both(to, from, seed);
        }
        negotiation_free(party_of[0]);
        negotiation_free(party_of[1]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_line_against_one_stream),
        cmocka_unit_test(several_lines_against_several_streams_again_and_again),
        cmocka_unit_test(what_one_side_sends_the_other_receives),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
