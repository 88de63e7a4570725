/* SPDX-License-Identifier: BSD-2-Clause */
/* A list of addresses as in Contact: each value, read alone, is the same. */
#include "sip/name_addr.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_contact(const struct name_addr *n)
{
    struct scan      s = scan_from(n->text);
    struct name_addr again;
    struct slice     value;
    unsigned         q = 0, q_again = 0;

    if (!name_addr_scan(&s, &again) || !scan_at_end(&s) || !slice_eq(n->uri.text, again.uri.text) ||
        !slice_eq(n->params, again.params) || !slice_eq(n->display, again.display))
        abort();
    if (contact_q(n, &q) != contact_q(&again, &q_again) || q != q_again)
        abort();
    contact_expires(n, 60);
    name_addr_param(n, SLICE("+sip.instance"), &value);
    name_addr_tag(n, &value);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct scan      s = scan_from((struct slice){ (const char *)data, size });
    struct name_addr n;

    while (name_addr_scan(&s, &n)) {
        check_contact(&n);
        if (!(scan_lws(&s) && scan_byte(&s, ',')))
            break;
    }
    if (s.at > s.end)
        abort();
    return 0;
}
