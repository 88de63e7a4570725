/* SPDX-License-Identifier: BSD-2-Clause */
#include "sdp/attribute.h"

enum { PAYLOAD_TYPE_MAX = 127, PTIME_MAX = 10000 };

/* RFC 3551 tables 4 and 5. */
static const struct sdp_format static_formats[PAYLOAD_TYPE_MAX + 1] = {
    [0] = { SLICE_INIT("PCMU"), 8000, 1 },   [3] = { SLICE_INIT("GSM"), 8000, 1 },
    [4] = { SLICE_INIT("G723"), 8000, 1 },   [5] = { SLICE_INIT("DVI4"), 8000, 1 },
    [6] = { SLICE_INIT("DVI4"), 16000, 1 },  [7] = { SLICE_INIT("LPC"), 8000, 1 },
    [8] = { SLICE_INIT("PCMA"), 8000, 1 },   [9] = { SLICE_INIT("G722"), 8000, 1 },
    [10] = { SLICE_INIT("L16"), 44100, 2 },  [11] = { SLICE_INIT("L16"), 44100, 1 },
    [12] = { SLICE_INIT("QCELP"), 8000, 1 }, [13] = { SLICE_INIT("CN"), 8000, 1 },
    [14] = { SLICE_INIT("MPA"), 90000, 1 },  [15] = { SLICE_INIT("G728"), 8000, 1 },
    [16] = { SLICE_INIT("DVI4"), 11025, 1 }, [17] = { SLICE_INIT("DVI4"), 22050, 1 },
    [18] = { SLICE_INIT("G729"), 8000, 1 },  [25] = { SLICE_INIT("CelB"), 90000, 1 },
    [26] = { SLICE_INIT("JPEG"), 90000, 1 }, [28] = { SLICE_INIT("nv"), 90000, 1 },
    [31] = { SLICE_INIT("H261"), 90000, 1 }, [32] = { SLICE_INIT("MPV"), 90000, 1 },
    [33] = { SLICE_INIT("MP2T"), 90000, 1 }, [34] = { SLICE_INIT("H263"), 90000, 1 },
};

enum sdp_direction sdp_direction_invert(enum sdp_direction d)
{
    return (enum sdp_direction)((d & SDP_SENDONLY ? SDP_RECVONLY : 0) | (d & SDP_RECVONLY ? SDP_SENDONLY : 0));
}

enum sdp_direction sdp_direction_hold(enum sdp_direction d)
{
    return (enum sdp_direction)(d & SDP_SENDONLY);
}

struct slice sdp_direction_name(enum sdp_direction d)
{
    switch (d) {
    case SDP_INACTIVE:
        return SLICE("inactive");
    case SDP_SENDONLY:
        return SLICE("sendonly");
    case SDP_RECVONLY:
        return SLICE("recvonly");
    case SDP_SENDRECV:
        break;
    }
    return SLICE("sendrecv");
}

/* The first direction attribute of a section. */
static bool find_direction(const struct sdp_line *lines, size_t count, enum sdp_direction *out)
{
    for (size_t i = 0; i < count; i++)
        for (int d = SDP_INACTIVE; d <= SDP_SENDRECV; d++)
            if (lines[i].type == 'a' && !lines[i].has_value &&
                slice_eq(lines[i].name, sdp_direction_name((enum sdp_direction)d))) {
                *out = (enum sdp_direction)d;
                return true;
            }
    return false;
}

enum sdp_direction sdp_media_direction(const struct sdp *sdp, const struct sdp_media *m)
{
    enum sdp_direction d;

    if (find_direction(m->lines, m->line_count, &d) || find_direction(sdp->lines, sdp->line_count, &d))
        return d;
    return SDP_SENDRECV;
}

const struct sdp_line *sdp_attribute(const struct sdp_line *lines, size_t count, struct slice name,
                                     const struct sdp_line *after)
{
    for (size_t i = after == NULL ? 0 : (size_t)(after - lines) + 1; i < count; i++)
        if (lines[i].type == 'a' && slice_eq(lines[i].name, name))
            return &lines[i];
    return NULL;
}

bool sdp_format_eq(const struct sdp_format *a, const struct sdp_format *b)
{
    return a->clock == b->clock && a->channels == b->channels && slice_eq_nocase(a->name, b->name);
}

bool sdp_payload_type(struct slice format, uint8_t *payload_type)
{
    struct scan s = scan_from(format);
    uint32_t    number;

    if (!scan_number(&s, PAYLOAD_TYPE_MAX, &number) || !scan_at_end(&s))
        return false;
    *payload_type = (uint8_t)number;
    return true;
}

/* The value of an attribute of the form "<payload type> <rest>", for this one. */
static bool value_for(const struct sdp_line *line, uint8_t payload_type, struct scan *rest)
{
    uint32_t number;

    *rest = scan_from(line->value);
    return scan_number(rest, PAYLOAD_TYPE_MAX, &number) && number == payload_type && scan_byte(rest, ' ') &&
           scan_lws(rest);
}

/* a=rtpmap:<payload type> <encoding name>/<clock rate>[/<encoding parameters>] */
static bool scan_rtpmap(struct scan *s, struct sdp_format *out)
{
    uint32_t channels = 1;

    if (!(scan_until(s, "/ ", &out->name) && scan_byte(s, '/') && scan_number(s, UINT32_MAX, &out->clock)))
        return false;
    if (scan_byte(s, '/') && !scan_number(s, UINT8_MAX, &channels))
        return false;
    out->channels = (uint8_t)(channels == 0 ? 1 : channels);
    return out->clock > 0 && (scan_at_end(s) || *s->at == ' ');
}

bool sdp_media_format(const struct sdp_media *m, uint8_t payload_type, struct sdp_format *out)
{
    const struct sdp_line *line = NULL;
    struct scan            rest;

    if (payload_type > PAYLOAD_TYPE_MAX)
        return false;
    while ((line = sdp_attribute(m->lines, m->line_count, SLICE("rtpmap"), line)) != NULL)
        if (value_for(line, payload_type, &rest) && scan_rtpmap(&rest, out))
            return true;
    *out = static_formats[payload_type];
    return out->clock > 0;
}

struct slice sdp_media_fmtp(const struct sdp_media *m, uint8_t payload_type)
{
    const struct sdp_line *line = NULL;
    struct scan            rest;

    while ((line = sdp_attribute(m->lines, m->line_count, SLICE("fmtp"), line)) != NULL)
        if (value_for(line, payload_type, &rest))
            return scan_rest(&rest);
    return (struct slice){ NULL, 0 };
}

static unsigned milliseconds(const struct sdp_media *m, struct slice name)
{
    const struct sdp_line *line = sdp_attribute(m->lines, m->line_count, name, NULL);
    struct scan            s;
    uint32_t               number;

    if (line == NULL)
        return 0;
    s = scan_from(line->value); /* a fraction may follow (RFC 8866 6.4) */
    return scan_number(&s, PTIME_MAX, &number) && (scan_at_end(&s) || *s.at == '.') ? number : 0;
}

unsigned sdp_media_ptime(const struct sdp_media *m)
{
    return milliseconds(m, SLICE("ptime"));
}

unsigned sdp_media_maxptime(const struct sdp_media *m)
{
    return milliseconds(m, SLICE("maxptime"));
}

static bool find_bandwidth(const struct sdp_line *lines, size_t count, struct slice type, uint32_t *value)
{
    for (size_t i = 0; i < count; i++) {
        struct scan s = scan_from(lines[i].value);

        if (lines[i].type == 'b' && slice_eq_nocase(lines[i].name, type) && scan_number(&s, UINT32_MAX, value) &&
            scan_at_end(&s))
            return true;
    }
    return false;
}

bool sdp_media_bandwidth(const struct sdp *sdp, const struct sdp_media *m, struct slice type, uint32_t *value)
{
    return find_bandwidth(m->lines, m->line_count, type, value) ||
           find_bandwidth(sdp->lines, sdp->line_count, type, value);
}

bool sdp_media_rtp_address(const struct sdp_media *m, struct address *out)
{
    *out      = m->connection != NULL ? m->connection->address : (struct address){ 0 };
    out->port = m->port;
    return out->family != FAMILY_NONE;
}

bool sdp_media_has_family(const struct sdp_media *m, enum family ours)
{
    struct address rtp;

    return !sdp_media_rtp_address(m, &rtp) || address_is_any(&rtp) || rtp.family == ours;
}

/* `c` is where the RTCP of this RTP may go. */
static bool is_beside(const struct sdp_connection *c, const struct address *rtp)
{
    return sdp_connection_is_internet(c) && !sdp_connection_is_multicast(c) && c->address.family != FAMILY_NONE &&
           !address_is_any(&c->address) && (rtp->family == FAMILY_NONE || c->address.family == rtp->family);
}

/* a=rtcp:<port> [<nettype> <addrtype> <address>] */
static bool scan_rtcp(struct slice value, struct address *io)
{
    struct scan           s = scan_from(value);
    struct sdp_connection c;
    struct sdp_fault      fault;
    uint32_t              port;

    if (!scan_number(&s, UINT16_MAX, &port) || port == 0)
        return false;
    scan_lws(&s);
    if (!scan_at_end(&s)) {
        if (!sdp_connection_parse(scan_rest(&s), &c, &fault) || !is_beside(&c, io))
            return false;
        *io = c.address;
    }
    io->port = (uint16_t)port;
    return true;
}

bool sdp_media_rtcp_address(const struct sdp_media *m, struct address *out)
{
    const struct sdp_line *line = sdp_attribute(m->lines, m->line_count, SLICE("rtcp"), NULL);

    sdp_media_rtp_address(m, out);
    if (line == NULL || !scan_rtcp(line->value, out))
        out->port = m->port == UINT16_MAX ? 0 : (uint16_t)(m->port + 1);
    return out->family != FAMILY_NONE && out->port != 0;
}

static void add_events(struct sdp_events *e, uint32_t first, uint32_t last)
{
    for (uint32_t event = first; event <= last; event++)
        e->bits[event / 8] |= (uint8_t)(1U << event % 8);
}

/* One number or range of a list. */
static bool scan_events(struct scan *s, struct sdp_events *e)
{
    uint32_t first, last;

    scan_lws(s);
    if (!scan_number(s, 255, &first))
        return false;
    last = first;
    if (scan_byte(s, '-') && !(scan_number(s, 255, &last) && last >= first))
        return false;
    add_events(e, first, last);
    return true;
}

bool sdp_events_parse(struct slice text, struct sdp_events *out)
{
    struct scan s = scan_from(text);

    *out = (struct sdp_events){ 0 };
    scan_lws(&s);
    if (scan_at_end(&s)) { /* RFC 4733 2.5.1.1 */
        add_events(out, 0, 15);
        return true;
    }
    scan_word(&s, SLICE("events="));
    do
        if (!scan_events(&s, out))
            return false;
    while (scan_lws(&s) && scan_byte(&s, ','));
    return scan_at_end(&s) || *s.at == ';';
}

bool sdp_events_has(const struct sdp_events *e, uint8_t event)
{
    return (e->bits[event / 8] >> event % 8 & 1) != 0;
}

void sdp_events_write(struct buf *b, const struct sdp_events *e)
{
    const char *comma = "";

    for (unsigned first = 0; first < 256; first++) {
        unsigned last = first;

        if (!sdp_events_has(e, (uint8_t)first))
            continue;
        while (last < 255 && sdp_events_has(e, (uint8_t)(last + 1)))
            last++;
        buf_put(b, slice_from(comma));
        buf_put_number(b, first);
        if (last > first) {
            buf_put_byte(b, '-');
            buf_put_number(b, last);
        }
        comma = ",";
        first = last;
    }
}

struct sdp_events sdp_events_both(const struct sdp_events *a, const struct sdp_events *b)
{
    struct sdp_events both;

    for (size_t i = 0; i < sizeof both.bits; i++)
        both.bits[i] = a->bits[i] & b->bits[i];
    return both;
}

bool sdp_events_empty(const struct sdp_events *e)
{
    for (size_t i = 0; i < sizeof e->bits; i++)
        if (e->bits[i] != 0)
            return false;
    return true;
}
