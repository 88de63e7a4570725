/* SPDX-License-Identifier: BSD-2-Clause */
#include "console/cert_watch.h"

#include "net/cert_read.h"

static enum log_level level_of(enum cert_age age)
{
    switch (age) {
    case CERT_GOOD:
        return LOG_DEBUG;
    case CERT_ENDS_SOON:
        return LOG_WARNING;
    case CERT_NOT_YET:
    case CERT_ENDED:
        return LOG_ERROR;
    }
    return LOG_ERROR;
}

static const char *event_of(enum cert_age age)
{
    switch (age) {
    case CERT_GOOD:
        return "certificate_good";
    case CERT_ENDS_SOON:
        return "certificate_ends_soon";
    case CERT_NOT_YET:
        return "certificate_not_yet_good";
    case CERT_ENDED:
        return "certificate_has_ended";
    }
    return "certificate";
}

static void tell(const struct cert_watch *w, const struct tls_keys_entry *e, const struct cert_facts *f, uint64_t now)
{
    enum cert_age   age = cert_age(f->not_before, f->not_after, now);
    char            date[CERT_TIME_TEXT];
    struct log_line l;

    if (!log_begin(&l, w->world->log, level_of(age), LOG_PART_PROCESS, event_of(age)))
        return;
    log_slice(&l, "domain", e->domain);
    log_slice(&l, "file", e->chain_file);
    cert_time_write(age == CERT_NOT_YET ? f->not_before : f->not_after, date);
    log_text(&l, age == CERT_NOT_YET ? "from" : "until", date);
    log_number(&l, "days", cert_days_left(f->not_after, now));
    log_end(&l);
}

/* Calls `tell` for each unless `quiet`; is one of them not good? */
static bool look(const struct cert_watch *w, bool quiet)
{
    struct tls_keys *keys = tls_shared_keys(w->tls);
    uint64_t         now  = world_wall(w->world) / 1000;
    bool             bad  = false;

    for (size_t i = 0; i < tls_keys_count(keys); i++) {
        struct tls_keys_entry e = tls_keys_entry(keys, i);
        struct cert_facts     f;

        if (cert_facts_init(&f, e.certificate) == 0) {
            bad = bad || cert_age(f.not_before, f.not_after, now) != CERT_GOOD;
            if (!quiet)
                tell(w, &e, &f, now);
        }
        cert_facts_fini(&f);
    }
    tls_keys_drop(keys);
    return bad;
}

static void on_day(struct timer *timer, msec now)
{
    struct cert_watch *w = CONTAINER_OF(timer, struct cert_watch, timer);

    world_timer(w->world, &w->timer, on_day, now + CERT_WATCH_PERIOD);
    if (look(w, true))
        w->renew(w->arg);
    (void)look(w, false);
}

void cert_watch_begin(struct cert_watch *w, struct world *world, struct tls_shared *tls, void (*renew)(void *arg),
                      void *arg)
{
    *w = (struct cert_watch){ .world = world, .tls = tls, .renew = renew, .arg = arg };
    (void)look(w, false);
    world_timer(world, &w->timer, on_day, world_now(world) + CERT_WATCH_PERIOD);
}

void cert_watch_stop(struct cert_watch *w)
{
    if (w->world != NULL)
        world_timer_stop(w->world, &w->timer);
    w->world = NULL;
}

void cert_watch_look(struct cert_watch *w)
{
    (void)look(w, false);
}
