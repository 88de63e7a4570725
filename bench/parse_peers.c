/* SPDX-License-Identifier: BSD-2-Clause */
#include "parse_peers.h"

#ifdef HAVE_OSIP
#include <osipparser2/osip_parser.h>

unsigned peer_osip(struct slice text)
{
    static bool     ready;
    osip_message_t *m;
    unsigned        read;

    if (!ready)
        parser_init();
    ready = true;
    if (osip_message_init(&m) != 0)
        return 0;
    read = osip_message_parse(m, text.ptr, text.len) == 0;
    osip_message_free(m);
    return read;
}
#endif

#ifdef HAVE_SOFIA
#include <sofia-sip/msg_addr.h>
#include <sofia-sip/sip_header.h>
#include <sofia-sip/sip_parser.h>

unsigned peer_sofia(struct slice text)
{
    msg_t       *m   = msg_make(sip_default_mclass(), 0, text.ptr, (ssize_t)text.len);
    const sip_t *sip = m == NULL ? NULL : sip_object(m);
    unsigned     read;

    read = sip != NULL && sip->sip_error == NULL && sip->sip_via != NULL && sip->sip_call_id != NULL;
    msg_destroy(m);
    return read;
}
#endif
