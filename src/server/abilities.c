/* SPDX-License-Identifier: BSD-2-Clause */
#include "server/abilities.h"

#include "route/register_terms.h"

/* Does it say anything about requests for users? */
static bool serves_users(const struct config *c)
{
    return c->proxy || c->redirect_server;
}

void abilities_write_allow(struct buf *b, const struct config *c)
{
    buf_put(b, SLICE("Allow: "));
    buf_put(b, serves_users(c) ? SLICE("INVITE, ACK, BYE, CANCEL, OPTIONS, MESSAGE, INFO, UPDATE, PRACK, "
                                       "SUBSCRIBE, NOTIFY, REFER, PUBLISH")
                               : SLICE("CANCEL, OPTIONS"));
    buf_put(b, c->registrar ? SLICE(", REGISTER\r\n") : SLICE("\r\n"));
}

static void write_supported(struct buf *b, const struct config *c, bool sec_agree)
{
    buf_put(b, SLICE("Supported: "));
    if (c->registrar)
        register_terms_write_known(b);
    else if (serves_users(c))
        buf_put(b, SLICE("pref"));
    if (sec_agree)
        buf_put(b, c->registrar || serves_users(c) ? SLICE(", sec-agree") : SLICE("sec-agree"));
    buf_put(b, SLICE("\r\n"));
}

void abilities_write(struct buf *b, const struct config *c, bool sec_agree)
{
    bool any = serves_users(c); /* a body that is passed on, or not looked at */

    abilities_write_allow(b, c);
    buf_put(b,
            any ? SLICE("Accept: */*\r\nAccept-Encoding: *\r\n") : SLICE("Accept: \r\nAccept-Encoding: identity\r\n"));
    buf_put(b, SLICE("Accept-Language: en\r\n")); /* of our reason phrases */
    write_supported(b, c, sec_agree);
}
