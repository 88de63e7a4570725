/* SPDX-License-Identifier: BSD-2-Clause */
#include "server/abilities.h"

#include "route/register_terms.h"

/* Does it say anything about requests for users? */
static bool serves_users(const struct config *c)
{
    return c->proxy || c->redirect_server;
}

void abilities_put_allow(const struct config *c, struct gather *g)
{
    size_t mark = gather_mark(g);

    buf_put(&g->scratch, SLICE("Allow: "));
    buf_put(&g->scratch, serves_users(c) ? SLICE("INVITE, ACK, BYE, CANCEL, OPTIONS, MESSAGE, INFO, UPDATE, PRACK, "
                                                 "SUBSCRIBE, NOTIFY, REFER, PUBLISH")
                                         : SLICE("CANCEL, OPTIONS"));
    if (c->registrar)
        buf_put(&g->scratch, SLICE(", REGISTER"));
    buf_put(&g->scratch, SLICE("\r\n"));
    gather_written(g, mark);
}

static void put_supported(const struct server *s, struct gather *g)
{
    size_t mark = gather_mark(g);

    buf_put(&g->scratch, SLICE("Supported: "));
    if (s->config->registrar)
        register_terms_write_known(&g->scratch);
    else if (serves_users(s->config))
        buf_put(&g->scratch, SLICE("pref"));
    if (s->offer.text.len > 0)
        buf_put(&g->scratch,
                s->config->registrar || serves_users(s->config) ? SLICE(", sec-agree") : SLICE("sec-agree"));
    buf_put(&g->scratch, SLICE("\r\n"));
    gather_written(g, mark);
}

void abilities_put(const struct server *s, struct gather *g)
{
    bool any = serves_users(s->config); /* a body that is passed on, or not looked at */

    abilities_put_allow(s->config, g);
    gather_header(g, HEADER_ACCEPT, any ? SLICE("*/*") : SLICE(""));
    gather_header(g, HEADER_ACCEPT_ENCODING, any ? SLICE("*") : SLICE("identity"));
    gather_header(g, HEADER_ACCEPT_LANGUAGE, SLICE("en")); /* of our reason phrases */
    put_supported(s, g);
}
