/* SPDX-License-Identifier: BSD-2-Clause */
#include "server/flow_text.h"

#include <limits.h>

void flow_write(struct buf *b, const struct flow *flow)
{
    if (flow->transport == TRANSPORT_NONE)
        return;
    buf_put(b, transport_param(flow->transport));
    buf_put_byte(b, ' ');
    address_write(b, &flow->local);
    buf_put_byte(b, ' ');
    address_write(b, &flow->remote);
}

static bool scan_address(struct scan *s, struct address *a)
{
    struct slice word;

    return scan_byte(s, ' ') && scan_until(s, " ", &word) && address_parse(word, a);
}

bool flow_parse(struct slice text, struct flow *flow)
{
    struct scan  s = scan_from(text);
    struct slice name;

    *flow = (struct flow){ 0 };
    if (!scan_token(&s, &name) || !scan_address(&s, &flow->local) || !scan_address(&s, &flow->remote))
        return false;
    flow->listener  = UINT_MAX; /* the listeners may be others now: see flow_text.h */
    flow->transport = transport_parse(name);
    if (transport_is_reliable(flow->transport))
        flow->transport = TRANSPORT_NONE;
    return flow->transport != TRANSPORT_NONE;
}
