/* SPDX-License-Identifier: BSD-2-Clause */
#include "cmd/progress.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { EACH_MS = 200, COLUMNS = 80 };

static const char clear[] = "\r\033[K";

bool progress_is_possible(bool json)
{
    const char *term = getenv("TERM");

    return !json && isatty(STDERR_FILENO) && term != NULL && *term != '\0' && strcmp(term, "dumb") != 0;
}

/* One is left free: some terminals wrap when the last one is written. */
static size_t columns(void)
{
    struct winsize size = { 0 };

    if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col < 2)
        return COLUMNS - 1;
    return (size_t)size.ws_col - 1;
}

static struct progress_view view_of(const struct progress *p)
{
    struct progress_view v = {
        .phase = p->phase,
        .time  = world_now(p->world) - p->since,
        .whom  = slice_from(p->whom),
        .held  = p->held,
    };
    struct audio_levels levels;
    struct media_stats  stats;

    if (p->phase != PROGRESS_UP)
        return v;
    v.has_levels = sound_levels(p->sound, &levels);
    if (v.has_levels) {
        v.heard = levels.heard;
        v.said  = levels.said;
    }
    v.has_loss = call_media_stats(*p->phone, p->call, &stats) == 0 && stats.packets_received > 0;
    if (v.has_loss)
        v.loss = (double)stats.lost / (double)(stats.lost + stats.packets_received);
    return v;
}

static void show(struct progress *p)
{
    struct progress_view v = view_of(p);
    char                 memory[1024];
    struct buf           b = BUF_ON(memory);

    buf_put(&b, slice_from(clear));
    progress_line_write(&b, &v, columns());
    p->shown = p->phase != PROGRESS_NOTHING;
    fwrite(b.ptr, 1, b.len, stderr);
}

static void on_timer(struct timer *t, msec now)
{
    struct progress *p = CONTAINER_OF(t, struct progress, timer);

    show(p);
    world_timer(p->world, t, on_timer, now + EACH_MS);
}

void progress_open(struct progress *p, struct world *w, struct phone **phone, const struct sound *sound)
{
    p->world = w;
    p->phone = phone;
    p->sound = sound;
    p->on    = true;
}

void progress_close(struct progress *p)
{
    if (!p->on)
        return;
    world_timer_stop(p->world, &p->timer);
    progress_hide(p);
    p->on = false;
}

void progress_hide(struct progress *p)
{
    if (!p->shown)
        return;
    fputs(clear, stderr);
    p->shown = false;
}

void progress_set(struct progress *p, enum progress_phase phase, const char *whom)
{
    if (!p->on)
        return;
    p->phase = phase;
    p->since = world_now(p->world);
    p->held  = false;
    snprintf(p->whom, sizeof p->whom, "%s", whom != NULL ? whom : "");
    if (phase == PROGRESS_NOTHING) {
        progress_hide(p);
        world_timer_stop(p->world, &p->timer);
    } else if (!timer_running(&p->timer)) {
        world_timer(p->world, &p->timer, on_timer, p->since + EACH_MS);
    }
}

/* One call at a time: what happens to others beside it is not shown. */
void progress_note(struct progress *p, const struct phone_event *e)
{
    if (e->call == 0 || !p->on || (p->call != 0 && e->call != p->call))
        return;
    if (e->kind == PHONE_INCOMING || e->kind == PHONE_RINGING || e->kind == PHONE_ANSWERED)
        p->call = e->call;
    if (e->kind == PHONE_INCOMING || (e->kind == PHONE_RINGING && p->phase == PROGRESS_CALLING))
        progress_set(p, PROGRESS_RINGING, NULL);
    if (e->kind == PHONE_ANSWERED)
        progress_set(p, PROGRESS_UP, NULL);
    if (e->kind == PHONE_CHANGED)
        p->held = e->held || e->held_by_peer;
    if (e->kind != PHONE_ENDED)
        return;
    p->call = 0;
    progress_set(p, PROGRESS_NOTHING, NULL);
}
