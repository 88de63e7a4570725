/* SPDX-License-Identifier: BSD-2-Clause */
#include "probe/progress_line.h"

#include "probe/output.h"

#include <inttypes.h>
#include <math.h>

/* Speech is between -40 dB and 0 of full scale. */
enum { BAR = 10, LOWEST_DB = -45, LINE = 512 };

static void put_bar(struct buf *b, const char *what, double level)
{
    double db   = level > 0 ? 20 * log10(level) : LOWEST_DB;
    int    full = (int)lround(BAR * (db - LOWEST_DB) / -LOWEST_DB);

    buf_printf(b, "  %s ", what);
    for (int i = 0; i < BAR; i++)
        buf_put_byte(b, i < full ? '#' : '.');
}

static void put_up(struct buf *b, const struct progress_view *v)
{
    uint64_t seconds = v->time / 1000;

    buf_printf(b, "%02" PRIu64 ":%02" PRIu64, seconds / 60, seconds % 60);
    if (v->held)
        buf_put(b, SLICE("  on hold"));
    if (v->has_levels) {
        put_bar(b, "heard", v->heard);
        put_bar(b, "said", v->said);
    }
    if (v->has_loss)
        buf_printf(b, "  lost %.1f %%", v->loss * 100);
}

static void put_waiting(struct buf *b, const char *what, const struct progress_view *v)
{
    buf_put(b, slice_from(what));
    if (v->whom.len > 0) {
        buf_put_byte(b, ' ');
        output_put_safe(b, v->whom, "");
    }
    buf_printf(b, " %" PRIu64 " s", v->time / 1000);
}

static void put_view(struct buf *b, const struct progress_view *v)
{
    switch (v->phase) {
    case PROGRESS_NOTHING:
        return;
    case PROGRESS_REGISTERING:
        put_waiting(b, "Registering", v);
        return;
    case PROGRESS_REGISTERED:
        put_waiting(b, "Registered", v);
        return;
    case PROGRESS_WAITING:
        put_waiting(b, "Waiting for calls", v);
        return;
    case PROGRESS_CALLING:
        put_waiting(b, "Calling", v);
        return;
    case PROGRESS_SENDING:
        put_waiting(b, "Sending to", v);
        return;
    case PROGRESS_WATCHING:
        put_waiting(b, "Watching", v);
        return;
    case PROGRESS_RINGING:
        put_waiting(b, "Ringing", v);
        return;
    case PROGRESS_UP:
        put_up(b, v);
        return;
    }
}

/* A character of more than one byte is not cut in two. */
static size_t bytes_of_columns(struct slice text, size_t columns)
{
    size_t at = 0, count = 0;

    for (; at < text.len; at++)
        if (((unsigned char)text.ptr[at] & 0xc0) != 0x80 && count++ == columns)
            break;
    return at;
}

void progress_line_write(struct buf *b, const struct progress_view *v, size_t columns)
{
    char         memory[LINE];
    struct buf   line = BUF_ON(memory);
    struct slice text;

    put_view(&line, v);
    text = buf_slice(&line);
    buf_put(b, (struct slice){ text.ptr, bytes_of_columns(text, columns) });
}
