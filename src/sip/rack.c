/* SPDX-License-Identifier: BSD-2-Clause */
#include "sip/rack.h"

/* White space is not optional between the parts. */
static bool scan_gap(struct scan *s)
{
    const char *at = s->at;

    (void)scan_lws(s);
    return s->at != at;
}

bool rack_parse(struct slice value, struct rack *out)
{
    struct scan s = scan_from(value);

    if (!scan_number(&s, UINT32_MAX, &out->rseq) || out->rseq == 0 || !scan_gap(&s) ||
        !scan_number(&s, UINT32_MAX, &out->cseq.number) || !scan_gap(&s) || !scan_token(&s, &out->cseq.method_text))
        return false;
    (void)scan_lws(&s);
    out->cseq.method = method_parse(out->cseq.method_text);
    return scan_at_end(&s);
}

void rack_put(struct gather *g, uint32_t rseq, uint32_t cseq, enum method method)
{
    size_t mark = gather_mark(g);

    buf_put(&g->scratch, header_name(HEADER_RACK));
    buf_put(&g->scratch, SLICE(": "));
    buf_put_number(&g->scratch, rseq);
    buf_put_byte(&g->scratch, ' ');
    buf_put_number(&g->scratch, cseq);
    buf_put_byte(&g->scratch, ' ');
    buf_put(&g->scratch, method_name(method));
    buf_put(&g->scratch, SLICE("\r\n"));
    gather_written(g, mark);
}
