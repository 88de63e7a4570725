/* SPDX-License-Identifier: BSD-2-Clause */
#include "console/place.h"

#include "base/error.h"

#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

enum { TRIES = 50, BETWEEN_TRIES = 2 /* ms */ };

/* Between a child and its parent, which are one program. */
struct word {
    enum { WORD_KEEP, WORD_DROP } what;
    struct descriptor one;
};

_Static_assert(sizeof(struct word) <= CHILD_WORDS, "it fits into one packet");

static int type_of(enum transport transport)
{
    return transport == TRANSPORT_UDP ? SOCK_DGRAM : SOCK_STREAM;
}

static bool is_it(const struct descriptor *one, int type, const struct address *address)
{
    return !one->inherited && one->type == type && address_eq(&one->requested, address);
}

static int tell_all(const struct place *p, int type, const struct address *address)
{
    int error = 0;

    for (size_t i = 0; error == 0 && i < p->descriptors->count; i++) {
        const struct word w = { WORD_KEEP, p->descriptors->list[i] };

        if (is_it(&w.one, type, address))
            error = child_tell(p->child, &w, sizeof w, w.one.fd);
    }
    return error;
}

/* In use, perhaps by the parent, who has yet to hear that we have dropped it. */
static int bind_patiently(const struct place *p, int type, const struct address *address, unsigned workers)
{
    int error = descriptors_bind(p->descriptors, type, address, workers);

    for (unsigned i = 0; error == -ERR_IN_USE && p->child->pipe >= 0 && i < TRIES; i++) {
        poll(NULL, 0, BETWEEN_TRIES);
        error = descriptors_bind(p->descriptors, type, address, workers);
    }
    return error;
}

int place_bind(const struct place *p, const struct config_listen *l, unsigned workers, char *problem,
               size_t problem_size)
{
    char       text[ADDRESS_TEXT];
    struct buf b    = BUF_ON(text);
    int        type = type_of(l->transport), error;

    if (descriptors_has(p->descriptors, type, &l->address))
        return 0;
    error = bind_patiently(p, type, &l->address, workers);
    if (error == 0 && (error = tell_all(p, type, &l->address)) != 0)
        place_drop(p, l->transport, &l->address);
    if (error == 0)
        return 0;
    address_write(&b, &l->address);
    snprintf(problem, problem_size, "cannot listen on %.*s %s: %s%s", SLICE_ARG(transport_param(l->transport)),
             buf_cstr(&b), error_text(error),
             error == -ERR_IN_USE ? "; stop the other program or set listen in the configuration" : "");
    return error;
}

/* What the parent is not told it keeps: then the next bind finds the address in use, and says so. */
void place_drop(const struct place *p, enum transport transport, const struct address *address)
{
    const struct word w = { WORD_DROP, { .requested = *address, .type = type_of(transport), .fd = -1 } };

    descriptors_drop(p->descriptors, w.one.type, address);
    (void)child_tell(p->child, &w, sizeof w, -1);
}

static bool wants(const struct config *c, const struct descriptor *one)
{
    for (size_t i = 0; i < c->listen_count; i++)
        if (one->inherited || is_it(one, type_of(c->listens[i].transport), &c->listens[i].address))
            return true;
    return false;
}

int place_fit(const struct place *p, const struct config *config, unsigned workers, char *problem, size_t problem_size)
{
    int error = 0;

    for (size_t i = 0; i < p->descriptors->count;) {
        const struct descriptor one = p->descriptors->list[i];

        if (wants(config, &one))
            i++;
        else
            place_drop(p, one.type == SOCK_DGRAM ? TRANSPORT_UDP : TRANSPORT_TCP, &one.requested);
    }
    for (size_t i = 0; error == 0 && i < config->listen_count; i++) {
        error = place_bind(p, &config->listens[i], workers, problem, problem_size);
        if (error == -ERR_NO_ADDRESS && config->listen_is_default)
            error = 0;
    }
    return error;
}

void place_hear(struct descriptors *d, const void *bytes, size_t size, int fd)
{
    struct word w;

    if (size == sizeof w) {
        memcpy(&w, bytes, sizeof w);
        if (w.what == WORD_DROP)
            descriptors_drop(d, w.one.type, &w.one.requested);
        w.one.fd = fd;
        if (w.what == WORD_KEEP && fd >= 0) {
            (void)descriptors_take(d, &w.one); /* without memory the next child binds it anew */
            return;
        }
    }
    if (fd >= 0)
        close(fd);
}
