/* SPDX-License-Identifier: BSD-2-Clause */
/* What via_write_received writes is a Via with the same branch that names the
 * source. */
#include "sip/via.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char memory[1 << 16];

static void check_via(const struct via *via)
{
    const struct address remote = address_v4(192, 0, 2, 1, 4321);
    struct buf           b      = BUF_ON(memory);
    struct address       out;
    struct slice         host;
    uint16_t             port;
    struct scan          s;
    struct via           again;

    via_response_address(via, &out, &host, &port);
    via_write_received(&b, via, &remote);
    if (!buf_ok(&b))
        return;
    s = scan_from(buf_slice(&b));
    if (!via_scan(&s, &again) || !scan_at_end(&s) || !slice_eq(via->host, again.host) || via->port != again.port ||
        !slice_eq(via->branch, again.branch))
        abort();
    if (via->rport && (again.rport_value != 4321 || !slice_eq(again.received, SLICE("192.0.2.1"))))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct scan s = scan_from((struct slice){ (const char *)data, size });
    struct via  via;

    while (via_scan(&s, &via)) {
        check_via(&via);
        if (!(scan_lws(&s) && scan_byte(&s, ',')))
            break;
    }
    if (s.at > s.end)
        abort();
    return 0;
}
