/* SPDX-License-Identifier: BSD-2-Clause */
/* Who has which certificate; and what is said where nobody can listen: by TLS and in the
 * frames of WebSockets a message is known as the stack that receives it traces it. */
#include "scenario/scenario.h"
#include "support/alloc.h"
#include "support/world_fake_private.h"

#include <stdlib.h>

enum { NAMES = 8, NAME = 128 };

struct certificate {
    struct link     link; /* in scenario->certificates */
    char            owner[HOST_NAME];
    char            names[NAMES][NAME];
    const char     *list[NAMES + 1]; /* list[0] NULL: as its owner would have it */
    struct lab_wish wish;
};

/* certificate NAME [for DOMAIN] ... [expired] [foreign] [asks] [demands] [trusting] */
bool verb_certificate(struct scenario *s, const struct statement *st)
{
    const char *const  *word = st->words.word + 2;
    struct certificate *c;
    unsigned            count = 0;

    if (st->words.count < 2 || strlen(st->words.word[1]) >= HOST_NAME)
        return scenario_fail(s, "certificate of whom?");
    c = alloc_new(sizeof *c);
    list_append(&s->certificates, &c->link);
    strcpy(c->owner, st->words.word[1]);
    for (; *word != NULL; word++) {
        if (strcmp(*word, "expired") == 0)
            c->wish.expired = true;
        else if (strcmp(*word, "foreign") == 0)
            c->wish.foreign = true;
        else if (strcmp(*word, "trusting") == 0)
            c->wish.no_verify = true;
        else if (strcmp(*word, "asks") == 0)
            c->wish.clients = TLS_CLIENTS_OPTIONAL;
        else if (strcmp(*word, "demands") == 0)
            c->wish.clients = TLS_CLIENTS_REQUIRED;
        else if (strcmp(*word, "for") == 0 && word[1] != NULL && count < NAMES && strlen(word[1]) < NAME)
            c->list[count] = strcpy(c->names[count], *++word), count++;
        else
            return scenario_fail(s,
                                 "certificate NAME [for DOMAIN] ... [expired] [foreign] [asks] [demands] [trusting]");
    }
    return true;
}

static const struct certificate *certificate_of(const struct scenario *s, const char *owner)
{
    LIST_EACH (l, &s->certificates) {
        const struct certificate *c = CONTAINER_OF(l, struct certificate, link);

        if (strcmp(c->owner, owner) == 0)
            return c;
    }
    return NULL;
}

struct tls_shared *scenario_tls(struct scenario *s, const struct actor *a, const char *const *names)
{
    const struct certificate *c    = certificate_of(s, host_name(a->host));
    struct lab_wish           wish = { 0 };
    struct tls_shared        *shared;

    alloc_spare(true); /* what is tested may starve, the scenery may not */
    if (s->lab == NULL)
        s->lab = lab_new(world_wall(a->world) / 1000);
    if (c != NULL)
        wish = c->wish;
    wish.names = c != NULL && c->list[0] != NULL ? c->list : names;
    shared     = lab_shared(s->lab, &wish);
    alloc_spare(false);
    return shared;
}

void scenario_free_secure(struct scenario *s)
{
    while (!list_empty(&s->certificates)) {
        struct link *l = list_shift(&s->certificates);

        free(CONTAINER_OF(l, struct certificate, link));
    }
    lab_free(s->lab);
}

/* ---- what nobody else hears ---- */

static bool is_wrapped(enum transport transport)
{
    return transport == TRANSPORT_TLS || transport == TRANSPORT_WS || transport == TRANSPORT_WSS;
}

static void on_trace(void *arg, bool sent, const struct flow *flow, struct slice text)
{
    struct actor *a = arg;

    if (!sent && is_wrapped(flow->transport))
        scenario_hear(a, &flow->remote, &flow->local, text);
}

struct stack_trace scenario_trace(struct actor *a)
{
    return (struct stack_trace){ on_trace, a };
}

void scenario_hear(struct actor *a, const struct address *from, const struct address *to, struct slice text)
{
    struct scenario *s = a->scenario;
    struct packet    p = { .stage     = PACKET_ARRIVED,
                           .is_stream = true,
                           .at        = network_now(s->net),
                           .from_host = network_find_host(s->net, from),
                           .to_host   = a->host,
                           .from      = *from,
                           .to        = *to,
                           .bytes     = text };

    scenario_packet(s, &p);
}
