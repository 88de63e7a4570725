/* SPDX-License-Identifier: BSD-2-Clause */
/* standing.h - what has been found out about who asks, and done about whom he asks for: it goes along with a request
 * that waits for something, so that nothing is done twice. */

#ifndef SERVER_STANDING_H
#define SERVER_STANDING_H

#include "server/user_cache.h"

struct standing {
    bool     authenticated; /* `user` has proved who he is: From is he, or whom he may act for, or hides who it is */
    bool     acting;        /* From is somebody else, for whom he may act                */
    bool     asked;         /* the number has been looked up in the DNS                  */
    bool     numbered;      /* number rules have had their say                           */
    uint16_t user_len, domain_len;
    char     text[USER_NAME_MAX + USER_DOMAIN_MAX];
};

/* Nothing has been found out.  The text stays as it is: it would be written for each request. */
static inline void standing_init(struct standing *s)
{
    s->authenticated = s->acting = s->asked = s->numbered = false;
    s->user_len = s->domain_len = 0;
}

/* The user who has proved who he is, unescaped, and his domain; empty if there is none. */
static inline struct slice standing_user(const struct standing *s)
{
    return (struct slice){ s->text, s->user_len };
}

static inline struct slice standing_domain(const struct standing *s)
{
    return (struct slice){ s->text + s->user_len, s->domain_len };
}

/* False if it is too long. */
static inline bool standing_prove(struct standing *s, struct slice user, struct slice domain)
{
    if (user.len > USER_NAME_MAX || domain.len > USER_DOMAIN_MAX)
        return false;
    memcpy(s->text, user.ptr, user.len);
    memcpy(s->text + user.len, domain.ptr, domain.len);
    s->user_len      = (uint16_t)user.len;
    s->domain_len    = (uint16_t)domain.len;
    s->authenticated = true;
    return true;
}

#endif
