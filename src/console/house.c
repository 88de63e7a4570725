/* SPDX-License-Identifier: BSD-2-Clause */
#include "console/house.h"

#include "base/error.h"
#include "console/folder.h"

#include <limits.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

enum { BEYOND_DRAIN = 10000 }; /* ms to write what is queued, after the last answer */

struct problem {
    char  *text;
    size_t size;
};

/* --- addresses --- */

static int bind_one(struct house *h, const struct config_listen *l, unsigned workers, const struct problem *p)
{
    int        type  = l->transport == TRANSPORT_UDP ? SOCK_DGRAM : SOCK_STREAM;
    int        error = descriptors_bind(&h->descriptors, type, &l->address, workers);
    char       text[ADDRESS_TEXT];
    struct buf b = BUF_ON(text);

    if (error == 0 || (error == -ERR_NO_ADDRESS && h->config->listen_is_default))
        return 0;
    address_write(&b, &l->address);
    snprintf(p->text, p->size, "cannot listen on %.*s %s: %s%s", SLICE_ARG(transport_param(l->transport)), buf_cstr(&b),
             error_text(error),
             error == -ERR_IN_USE ? "; stop the other program or set listen in the configuration" : "");
    return error;
}

static int bind_all(struct house *h, unsigned workers, const struct problem *p)
{
    int error = 0;

    for (size_t i = 0; error == 0 && i < h->config->listen_count; i++)
        error = bind_one(h, &h->config->listens[i], workers, p);
    if (error != 0 || h->descriptors.count > 0)
        return error;
    snprintf(p->text, p->size, "none of the addresses to listen on exists on this host");
    return -ERR_NO_ADDRESS;
}

/* A socket that nobody serves would swallow what is sent to it. */
static void tell_unclaimed(const struct house *h, size_t strange, house_notice_fn *notice, void *arg)
{
    char text[ADDRESS_TEXT + 128];

    for (size_t i = 0; i < h->descriptors.count; i++) {
        const struct descriptor *d = &h->descriptors.list[i];
        char                     address[ADDRESS_TEXT];
        struct buf               b = BUF_ON(address);

        if (!d->inherited || d->claimed)
            continue;
        address_write(&b, &d->bound);
        snprintf(text, sizeof text, "the socket %s %s was passed by LISTEN_FDS, but listen does not name it",
                 d->type == SOCK_DGRAM ? "udp" : "tcp", buf_cstr(&b));
        notice(arg, text);
    }
    if (strange > 0)
        notice(arg, "LISTEN_FDS passes something that is neither a UDP socket nor a listening TCP socket");
}

/* --- the user --- */

static int choose_user(struct house *h, house_notice_fn *notice, void *arg, const struct problem *p)
{
    bool named = h->config->user.len > 0;

    if (!privilege_is_root()) {
        if (named)
            notice(arg, "user is ignored: only root can become somebody else");
        return 0;
    }
    if (!named) {
        notice(arg, "serving as root; set user in the configuration");
        return 0;
    }
    h->has_user = true;
    return identity_find(h->config->user, h->config->group, &h->user, p->text, p->size);
}

static int give(const struct house *h, const char *path, const struct problem *p)
{
    int error = privilege_give(path, &h->user);

    if (error != 0)
        snprintf(p->text, p->size, "cannot give the folder %.256s to %s: %s", path, h->user.name, error_text(error));
    return error;
}

/* Made by root, it must be the user's; so must the folder of the self-signed certificate in it,
 * which is there if root has served before. */
static int give_state(const struct house *h, const struct problem *p)
{
    char       path[PATH_MAX], tls[PATH_MAX];
    struct buf b = BUF_ON(tls);
    int        error;

    if (!h->has_user)
        return 0;
    error = folder_make(h->config->state, p->text, p->size);
    if (error != 0)
        return error;
    snprintf(path, sizeof path, "%.*s", SLICE_ARG(h->config->state));
    error = give(h, path, p);
    config_state_path(h->config, &b, "tls");
    return error == 0 && access(buf_cstr(&b), F_OK) == 0 ? give(h, tls, p) : error;
}

/* --- life --- */

int house_open(struct house *h, const struct config *config, unsigned workers, house_notice_fn *notice, void *arg,
               char *problem, size_t problem_size)
{
    const struct problem p = { problem, problem_size };
    size_t               strange;
    int                  error;

    *h = (struct house){ .config = config };
    descriptors_init(&h->descriptors);
    error = descriptors_inherit(&h->descriptors, &strange);
    if (error != 0) {
        snprintf(problem, problem_size, "%s", error_text(error));
        return error;
    }
    error = bind_all(h, workers, &p);
    if (error == 0)
        tell_unclaimed(h, strange, notice, arg);
    if (error == 0)
        error = choose_user(h, notice, arg, &p);
    return error == 0 ? give_state(h, &p) : error;
}

void house_close(struct house *h)
{
    descriptors_fini(&h->descriptors);
}

struct resident {
    struct house            *house;
    const struct house_life *life;
};

/* In the child.  The change of the user makes the kernel forget whom we follow. */
static int live(void *arg, struct child *child)
{
    const struct resident *r     = arg;
    const struct place     place = { &r->house->descriptors, child };

    if ((r->house->has_user && privilege_drop(&r->house->user) != 0) ||
        privilege_harden(r->house->config->core_dumps) != 0 || !child_follow_parent(child)) {
        fprintf(stderr, "ahoy serve: cannot give up the rights of root\n");
        return 1;
    }
    return r->life->serve(r->life->arg, &place);
}

static void tell(void *arg, const struct supervisor_report *report)
{
    const struct resident *r = arg;

    r->life->report(r->life->arg, report);
}

static void hear(void *arg, const void *bytes, size_t size, int fd)
{
    const struct resident *r = arg;

    place_hear(&r->house->descriptors, bytes, size, fd);
}

int house_run(struct house *h, const struct house_life *life)
{
    struct resident           resident = { h, life };
    struct supervisor_options options  = {
         .child    = live,
         .report   = tell,
         .hear     = hear,
         .arg      = &resident,
         .watchdog = h->config->watchdog,
         .patience = h->config->drain + BEYOND_DRAIN,
    };
    struct child child;

    if (life->alone) {
        child_alone(&child);
        return live(&resident, &child);
    }
    return supervisor_run(&options);
}
