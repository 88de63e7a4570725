/* SPDX-License-Identifier: BSD-2-Clause */
/* How the screen is kept whole.  libedit thinks that the line it edits begins where it was drawn
 * last, and moves about relatively to that.  To print above it, the cursor goes up to where that
 * is (draw_point), all below is cleared, the new lines are written, and then so many line feeds
 * that the cursor is again as far below the beginning as libedit believes it to be; then it is told
 * to draw everything anew (a key that is bound to that is put before what was typed). */
#include "cmd/line_editor_state.h"

#include <sys/ioctl.h>

enum { WIDTH = 80 /* of a terminal that does not say it */, KEY_DRAW = 0x12 /* ^R */ };

void editor_say(struct line_editor *e, const char *text)
{
    fputs(text, e->screen);
}

void editor_show(struct line_editor *e)
{
    fflush(e->screen);
}

ssize_t editor_on_screen(void *cookie, const char *bytes, size_t len)
{
    struct line_editor *e = cookie;

    line_writer_put(e->writer, (struct slice){ bytes, len });
    return (ssize_t)len;
}

unsigned line_editor_width(const struct line_editor *e)
{
    struct winsize size;

    if (ioctl(e->in.fd, TIOCGWINSZ, &size) != 0 || size.ws_col == 0)
        return WIDTH;
    return size.ws_col;
}

/* The next character: its width, and its bytes in `len` (0 at the end).  What is none is one column wide. */
static size_t width_of(const char *text, size_t left, mbstate_t *state, size_t *len)
{
    wchar_t c;
    size_t  n = left > 0 ? mbrtowc(&c, text, left, state) : 0;
    int     width;

    *len = left > 0 ? 1 : 0;
    if (n == (size_t)-1 || n == (size_t)-2 || n == 0) {
        memset(state, 0, sizeof *state);
        return *len;
    }
    *len  = n;
    width = wcwidth(c);
    return width < 0 ? 1 : (size_t)width;
}

/* Go on from column `*column`; returns how many rows that is further down.  What is two columns wide and finds only
 * one left of the row goes to the next. */
static size_t rows_of(const char *text, size_t left, size_t width, size_t *column)
{
    mbstate_t state = { 0 };
    size_t    rows  = 0, len, wide;

    for (; (wide = width_of(text, left, &state, &len), len > 0); text += len, left -= len) {
        if (*column + wide > width) {
            rows++;
            *column = 0;
        }
        *column += wide;
    }
    return rows;
}

/* So many rows the cursor is below the one that the prompt begins in.  Behind a row that is full it is in the next. */
static size_t rows_above(const struct line_editor *e)
{
    const LineInfo *line  = el_line(e->el);
    size_t          width = line_editor_width(e), column = 0;
    size_t          rows = rows_of(e->prompt, strlen(e->prompt), width, &column);

    rows += rows_of(line->buffer, (size_t)(line->cursor - line->buffer), width, &column);
    return rows + (column == width);
}

/* As much of the text as there is room for, whole characters. */
static struct slice that_fits(struct slice text, size_t room)
{
    mbstate_t state = { 0 };
    size_t    sum = 0, at = 0, len, wide;

    for (; (wide = width_of(text.ptr + at, text.len - at, &state, &len), len > 0) && sum + wide <= room; at += len)
        sum += wide;
    text.len = at;
    return text;
}

static void say_status(struct line_editor *e)
{
    fprintf(e->screen, "%.*s", SLICE_ARG(that_fits(slice_from(e->status), line_editor_width(e) - 1)));
}

/* Where the block (status, prompt, line) begins, all below it cleared. */
void editor_draw_point(struct line_editor *e)
{
    size_t rows = rows_above(e) + e->status_drawn;

    if (rows > 0)
        fprintf(e->screen, "\033[%zuA", rows);
    editor_say(e, "\r\033[J");
    e->status_drawn = false;
}

static void say_block_head(struct line_editor *e)
{
    if (e->status[0] == '\0')
        return;
    say_status(e);
    editor_say(e, "\n");
    e->status_drawn = true;
}

/* libedit believes to be so many rows below the beginning of the prompt. */
static void draw_line(struct line_editor *e, size_t believed)
{
    for (size_t i = 0; i < believed; i++)
        editor_say(e, "\n");
    editor_feed(e, KEY_DRAW);
}

void editor_draw_line(struct line_editor *e)
{
    draw_line(e, rows_above(e));
}

void line_editor_print(struct line_editor *e, struct slice lines)
{
    if (e->drawn)
        editor_draw_point(e);
    fwrite(lines.ptr, 1, lines.len, e->screen);
    if (e->drawn) {
        say_block_head(e);
        editor_draw_line(e);
    }
    editor_show(e);
}

/* Only the row of the status, if it is there and stays. */
static void update_status(struct line_editor *e)
{
    fprintf(e->screen, "\0337\033[%zuA\r", rows_above(e) + 1);
    say_status(e);
    editor_say(e, "\033[K\0338");
    editor_show(e);
}

void line_editor_status(struct line_editor *e, struct slice text)
{
    bool was = e->status[0] != '\0';

    if (slice_eq(text, slice_from(e->status)))
        return;
    snprintf(e->status, sizeof e->status, "%.*s", SLICE_ARG(text));
    if (!e->drawn)
        return;
    if (was && text.len > 0 && e->status_drawn)
        update_status(e);
    else
        line_editor_print(e, SLICE(""));
}

void line_editor_prompt(struct line_editor *e, const char *prompt)
{
    size_t believed;

    if (strcmp(prompt, e->prompt) == 0)
        return;
    believed = rows_above(e);
    if (e->drawn)
        editor_draw_point(e);
    snprintf(e->prompt, sizeof e->prompt, "%s", prompt);
    if (e->drawn) {
        say_block_head(e);
        draw_line(e, believed);
        editor_show(e);
    }
}

void editor_draw_again(struct line_editor *e, bool over)
{
    if (over)
        editor_draw_point(e);
    e->status_drawn = false;
    el_resize(e->el); /* and believes to be at the beginning */
    say_block_head(e);
    draw_line(e, 0);
    editor_show(e);
}

void editor_begin_line(struct line_editor *e)
{
    say_block_head(e);
    el_set(e->el, EL_UNBUFFERED, 1); /* which draws the prompt */
    e->drawn = true;
    editor_show(e);
}
