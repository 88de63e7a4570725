/* SPDX-License-Identifier: BSD-2-Clause */
/* Keys come as bytes, and go to libedit, to who asked for a secret, or to on_key and on_tab. */
#include "cmd/line_editor_state.h"

#include "console/terminal_key.h"
#include "net/world_uv.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

enum { ESCAPE_MS = 50 /* an escape key is alone when nothing follows it by then */, KEY_END = 0x04 };

/* One byte to libedit, before all others. */
void editor_feed(struct line_editor *e, unsigned char key)
{
    int ignored;

    memmove(e->keys + 1, e->keys, e->key_count);
    e->keys[0] = key;
    e->key_count++;
    (void)el_gets(e->el, &ignored);
}

/* As if these keys had come, all ASCII. */
void editor_type(struct line_editor *e, const char *text)
{
    for (; *text != '\0'; text++)
        editor_feed(e, (unsigned char)*text);
}

int editor_get_key(EditLine *el, wchar_t *key)
{
    struct line_editor *e     = editor_of(el);
    mbstate_t           state = { 0 };
    size_t              len;

    if (e->key_count == 0)
        return 0;
    len = terminal_key_length(e->keys, e->key_count);
    if (mbrtowc(key, (const char *)e->keys, len, &state) != len)
        *key = e->keys[0] < 0x80 ? e->keys[0] : L'?';
    e->key_count -= len;
    memmove(e->keys, e->keys + len, e->key_count);
    return 1;
}

static bool line_is_empty(const struct line_editor *e)
{
    const LineInfo *line = el_line(e->el);

    return line->lastchar == line->buffer;
}

static void take_secret_key(struct line_editor *e)
{
    unsigned char key = e->keys[0];
    void (*fn)(void *arg, char *secret);

    memmove(e->keys, e->keys + 1, --e->key_count);
    if (key == '\b' || key == 0x7f) {
        e->secret_len -= e->secret_len > 0;
    } else if (key == 0x15) { /* ^U */
        e->secret_len = 0;
    } else if (key != '\r' && key != '\n' && key != KEY_END) {
        if (e->secret_len < SECRET - 1)
            e->secret[e->secret_len++] = (char)key;
    } else {
        fn                       = e->on_secret;
        e->on_secret             = NULL;
        e->secret[e->secret_len] = '\0';
        editor_say(e, "\n");
        fn(e->arg, key == KEY_END ? NULL : e->secret);
        explicit_bzero(e->secret, sizeof e->secret);
        e->secret_len = 0;
        if (!e->closed)
            editor_begin_line(e);
    }
}

/* What libedit has drawn of the line stays; the status does not. */
static void take_line(struct line_editor *e, const char *text, int len)
{
    char     *line = strndup(text, (size_t)len);
    HistEvent ignored;

    el_set(e->el, EL_UNBUFFERED, 0);
    e->drawn = false;
    if (line != NULL && e->events.on_line(e->arg, slice_from(line)) && len > 0)
        history(e->history, &ignored, H_ENTER, line);
    free(line);
    if (!e->closed && e->on_secret == NULL)
        editor_begin_line(e);
}

static void hide_status(struct line_editor *e)
{
    if (!e->status_drawn)
        return;
    editor_draw_point(e);
    editor_draw_line(e);
}

static void drop(struct line_editor *e, size_t count)
{
    e->key_count -= count;
    memmove(e->keys, e->keys + count, e->key_count);
}

/* Before and behind what is pasted the terminal says so: in between nothing is a command, and no key acts at once. */
static bool take_paste_mark(struct line_editor *e)
{
    static const char begin[] = "\033[200~", end[] = "\033[201~";
    const size_t      len = sizeof begin - 1;

    if (e->key_count < len || (memcmp(e->keys, begin, len) != 0 && memcmp(e->keys, end, len) != 0))
        return false;
    e->pasting = e->keys[4] == '0';
    drop(e, len);
    return true;
}

/* A control within what is pasted is nobody's wish; a tab is a blank. */
static bool take_pasted(struct line_editor *e)
{
    unsigned char key = e->keys[0];

    if (!e->pasting || key >= ' ' || key == '\r' || key == '\n')
        return false;
    if (key == '\t')
        e->keys[0] = ' ';
    else
        drop(e, 1);
    return true;
}

static void take_key(struct line_editor *e)
{
    unsigned char key = e->keys[0];
    const char   *text;
    int           len = 0;

    if (line_is_empty(e) && key == KEY_END) {
        e->key_count = 0;
        e->ended     = true;
        e->events.on_end(e->arg);
        return;
    }
    if (!e->pasting && line_is_empty(e) && key > ' ' && key < 0x7f && e->events.on_key(e->arg, (char)key)) {
        drop(e, 1);
        return;
    }
    if (key == '\t') {
        drop(e, 1);
        editor_complete(e);
        return;
    }
    if (key == '\r' || key == '\n')
        hide_status(e);
    text = el_gets(e->el, &len);
    if (text != NULL && len > 0 && (text[len - 1] == '\n' || text[len - 1] == '\r'))
        take_line(e, text, len - 1);
}

static void on_escape(struct timer *t, msec now);

static void take_keys(struct line_editor *e)
{
    bool outer = e->inside;

    e->inside = true;
    while (e->key_count > 0 && !e->closed && !e->ended) {
        if (take_paste_mark(e))
            continue;
        if (!terminal_key_is_whole(e->keys, e->key_count)) {
            world_timer(e->world, &e->escape, on_escape, world_now(e->world) + ESCAPE_MS);
            break;
        }
        if (take_pasted(e))
            continue;
        if (e->on_secret != NULL)
            take_secret_key(e);
        else
            take_key(e);
    }
    editor_show(e);
    e->inside = outer;
    if (e->closed && !outer)
        editor_let_go(e);
}

static void on_escape(struct timer *t, msec now)
{
    struct line_editor *e = CONTAINER_OF(t, struct line_editor, escape);

    (void)now;
    if (e->key_count == 0 || terminal_key_is_whole(e->keys, e->key_count))
        return;
    memmove(e->keys, e->keys + 1, --e->key_count);
    take_keys(e);
}

void editor_on_ready(uv_poll_t *poll, int status, int events)
{
    struct line_editor *e = poll->data;
    ssize_t             got;

    (void)status;
    (void)events;
    world_uv_begin_turn(e->world);
    got = read(e->in.fd, e->keys + e->key_count, sizeof e->keys / 2 - e->key_count);
    if (got < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (got <= 0) {
        uv_poll_stop(&e->poll);
        e->ended = true;
        e->events.on_end(e->arg);
        return;
    }
    e->key_count += (size_t)got;
    take_keys(e);
}

void line_editor_type(struct line_editor *e, const char *text)
{
    editor_type(e, text);
    editor_show(e);
}

void line_editor_ask_secret(struct line_editor *e, const char *question, void (*fn)(void *arg, char *secret))
{
    if (e->drawn)
        editor_draw_point(e);
    e->drawn      = false;
    e->on_secret  = fn;
    e->secret_len = 0;
    el_set(e->el, EL_PREP_TERM, 1); /* else the terminal shows by itself what is typed */
    editor_say(e, question);
    editor_show(e);
}
