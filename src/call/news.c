/* SPDX-License-Identifier: BSD-2-Clause */
#include "call/news.h"

#include <stdlib.h>

enum { NEWS_MAX = 64, NEWS_MEMORY = 128 * 1024 };

struct news *news_new(struct phone *p, enum phone_event_kind kind, struct message *m)
{
    struct news *n = p->news_count < NEWS_MAX ? calloc(1, sizeof *n) : NULL;

    if (n == NULL)
        return NULL;
    news_init(n, news_drop);
    n->event.kind = kind;
    n->held       = m != NULL ? message_hold(m) : NULL;
    return n;
}

void news_drop(struct news *n)
{
    news_fini(n);
    free(n);
}

void news_init(struct news *n, void (*free_it)(struct news *n))
{
    *n = (struct news){ .free = free_it };
    arena_init(&n->arena, NULL, 0, NEWS_MEMORY);
}

void news_fini(struct news *n)
{
    list_unlink(&n->link);
    message_drop(n->held);
    arena_fini(&n->arena);
}

/* A quoted one without its quotes. */
struct slice display_name(struct arena *arena, const struct name_addr *who)
{
    struct scan  s = scan_from(who->display);
    struct slice inner;
    char         text[256];
    struct buf   b = BUF_ON(text);

    if (scan_quoted(&s, &inner))
        buf_put_unquoted(&b, inner);
    else
        buf_put(&b, who->display);
    return arena_copy(arena, buf_slice(&b));
}

void news_peer(struct news *n, const struct name_addr *peer)
{
    n->event.peer         = arena_copy(&n->arena, peer->uri.text);
    n->event.peer_display = display_name(&n->arena, peer);
}

void news_tell(struct phone *p, struct news *n)
{
    list_append(&p->news, &n->link);
    p->news_count++;
    phone_wake(p);
}

static struct news *shift(struct phone *p)
{
    struct link *l = list_shift(&p->news);

    if (l == NULL)
        return NULL;
    p->news_count--;
    return CONTAINER_OF(l, struct news, link);
}

void news_flush(struct phone *p)
{
    for (struct news *n; (n = shift(p)) != NULL;) {
        p->config.on_event(p->config.user, &n->event);
        n->free(n);
    }
}

void news_clear(struct phone *p)
{
    for (struct news *n; (n = shift(p)) != NULL;)
        n->free(n);
}
