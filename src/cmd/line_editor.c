/* SPDX-License-Identifier: BSD-2-Clause */
#include "cmd/line_editor_state.h"

#include "base/error.h"
#include "net/world_uv.h"

#include <fcntl.h>
#include <locale.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

enum { HISTORY_LINES = 500, SCREEN_WAITING = 256 * 1024, CLOSE_PATIENCE = 200 };

/* ---- libedit's side ---- */

struct line_editor *editor_of(EditLine *el)
{
    void *e = NULL;

    el_get(el, EL_CLIENTDATA, &e);
    return e;
}

static char *get_prompt(EditLine *el)
{
    return editor_of(el)->prompt;
}

/* ---- signals ---- */

/* A terminal that can tells where what is pasted begins and ends. */
static void mark_pastes(struct line_editor *e, bool on)
{
    editor_say(e, on ? "\033[?2004h" : "\033[?2004l");
    editor_show(e);
}

static void on_resize(void *arg)
{
    struct line_editor *e = arg;

    if (e->drawn)
        editor_draw_again(e, true);
}

/* Stopped by Ctrl-Z and gone on: the shell has put the terminal to rights for itself. */
static void on_continue(void *arg)
{
    struct line_editor *e = arg;

    if (!e->drawn)
        return;
    el_set(e->el, EL_PREP_TERM, 0); /* else it believes that nothing is to be done */
    el_set(e->el, EL_PREP_TERM, 1);
    mark_pastes(e, true);
    editor_draw_again(e, false);
}

/* ---- life ---- */

bool line_editor_is_possible(void)
{
    const char *term = getenv("TERM");

    return isatty(STDIN_FILENO) && isatty(STDOUT_FILENO) && term != NULL && *term != '\0' && strcmp(term, "dumb") != 0;
}

static void on_dropped(void *arg, unsigned long count)
{
    (void)count;
    on_resize(arg);
}

static void on_broken(void *arg)
{
    struct line_editor *e = arg;

    if (!e->ended)
        e->events.on_end(e->arg);
    e->ended = true;
}

static bool open_screen(struct line_editor *e)
{
    static const struct line_writer_events writer_events = { on_dropped, on_broken };
    static const cookie_io_functions_t     io            = { .write = editor_on_screen };

    if (line_writer_open(e->world, STDOUT_FILENO, SCREEN_WAITING, &writer_events, e, &e->writer) != 0)
        return false;
    e->screen = fopencookie(e, "w", io);
    return e->screen != NULL;
}

/* Whatever asks for more keys by itself (a search in the history) would find none. */
static bool open_libedit(struct line_editor *e)
{
    HistEvent ignored;

    setlocale(LC_CTYPE, ""); /* how wide a character is, and which bytes it has */
    e->history = history_init();
    e->el      = el_init_fd("ahoy", stdin, e->screen, e->screen, STDIN_FILENO, STDOUT_FILENO, STDOUT_FILENO);
    if (e->history == NULL || e->el == NULL)
        return false;
    history(e->history, &ignored, H_SETSIZE, HISTORY_LINES);
    history(e->history, &ignored, H_SETUNIQUE, 1);
    if (e->history_path != NULL)
        history(e->history, &ignored, H_LOAD, e->history_path);
    el_set(e->el, EL_CLIENTDATA, e);
    el_set(e->el, EL_SIGNAL, 0);
    el_set(e->el, EL_EDITOR, "emacs");
    el_set(e->el, EL_PROMPT, get_prompt);
    el_set(e->el, EL_HIST, history, e->history);
    el_set(e->el, EL_GETCFN, editor_get_key);
    el_set(e->el, EL_BIND, "^R", "ed-redisplay", NULL);
    el_set(e->el, EL_BIND, "^S", "ed-unassigned", NULL);
    el_set(e->el, EL_BIND, "^V", "ed-unassigned", NULL);
    el_set(e->el, EL_BIND, "^X", "ed-unassigned", NULL);
    el_set(e->el, EL_BIND, "\\ex", "ed-unassigned", NULL);
    return true;
}

/* The terminal is as before, and what was typed is kept. */
static void leave_terminal(struct line_editor *e)
{
    HistEvent ignored;

    if (e->history != NULL && e->history_path != NULL)
        history(e->history, &ignored, H_SAVE, e->history_path);
    if (e->el != NULL) {
        el_set(e->el, EL_UNBUFFERED, 0);
        el_end(e->el);
    }
    if (e->history != NULL)
        history_end(e->history);
    if (e->screen != NULL) {
        mark_pastes(e, false);
        fclose(e->screen);
    }
    (void)line_writer_close(e->writer, CLOSE_PATIENCE);
}

static void free_editor(struct line_editor *e)
{
    own_descriptor_close(&e->in);
    free(e);
}

static void on_closed(uv_handle_t *handle)
{
    free_editor(handle->data);
}

void editor_let_go(struct line_editor *e)
{
    world_timer_stop(e->world, &e->escape);
    leave_terminal(e);
    uv_close((uv_handle_t *)&e->poll, on_closed);
}

void line_editor_close(struct line_editor *e)
{
    if (e == NULL || e->closed)
        return;
    if (e->drawn) {
        editor_draw_point(e);
        editor_show(e);
    }
    e->closed = true;
    e->drawn  = false;
    if (!e->inside)
        editor_let_go(e);
}

int line_editor_open(struct world *w, const char *history_path, const struct line_editor_events *events, void *arg,
                     struct line_editor **out)
{
    struct line_editor *e = calloc(1, sizeof *e);

    if (e == NULL)
        return -ERR_NO_MEMORY;
    e->world        = w;
    e->events       = *events;
    e->arg          = arg;
    e->history_path = history_path;
    own_descriptor_open(&e->in, STDIN_FILENO, O_RDONLY);
    if (uv_poll_init(world_uv_loop(w), &e->poll, e->in.fd) != 0) {
        free_editor(e);
        return -ERR_IO;
    }
    e->poll.data = e;
    if (!open_screen(e) || !open_libedit(e)) {
        editor_let_go(e);
        return -ERR_NO_MEMORY;
    }
    *out = e;
    if (uv_poll_start(&e->poll, UV_READABLE | UV_DISCONNECT, editor_on_ready) != 0 ||
        world_uv_signal(w, SIGWINCH, on_resize, e) != 0 || world_uv_signal(w, SIGCONT, on_continue, e) != 0)
        return -ERR_LIMIT;
    mark_pastes(e, true);
    editor_begin_line(e);
    return 0;
}