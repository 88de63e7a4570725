/* SPDX-License-Identifier: BSD-2-Clause */
/* How the screen is kept whole.  libedit thinks that the line it edits begins where it was drawn
 * last, and moves about relatively to that.  To print above it, the cursor goes up to where that
 * is (draw_point), all below is cleared, the new lines are written, and then so many line feeds
 * that the cursor is again as far below the beginning as libedit believes it to be; then it is told
 * to draw everything anew (a key that is bound to that is put before what was typed). */
#include "cmd/line_editor.h"

#include "base/error.h"
#include "base/utf8.h"
#include "console/line_writer.h"
#include "console/own_descriptor.h"
#include "net/world_uv.h"

#include <errno.h>
#include <fcntl.h>
#include <histedit.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <uv.h>
#include <wchar.h>

enum {
    KEYS           = 4096, /* read and not yet taken                       */
    TEXT           = 256,
    SECRET         = 512,
    OFFERS         = 64,
    HISTORY_LINES  = 500,
    SCREEN_WAITING = 256 * 1024,
    CLOSE_PATIENCE = 200,
    ESCAPE_MS      = 50, /* an escape key is alone when nothing follows it by then */
    WIDTH          = 80,
    KEY_DRAW       = 0x12, /* ^R */
    KEY_END        = 0x04,
    KEY_ESCAPE     = 0x1b,
};

struct line_editor {
    struct world             *world;
    struct line_editor_events events;
    void                     *arg;
    struct own_descriptor     in;
    uv_poll_t                 poll;
    struct line_writer       *writer;
    FILE                     *screen; /* libedit's: what it writes goes to the writer */
    EditLine                 *el;
    History                  *history;
    const char               *history_path;
    bool                      closed, inside, ended;
    bool                      drawn; /* the prompt is there; not while a line is carried out */
    bool                      status_drawn;
    char                      status[TEXT], prompt[TEXT];
    unsigned char             keys[KEYS];
    size_t                    key_count;
    struct timer              escape;
    char                      offers[OFFERS][TEXT];
    size_t                    offer_count;
    void (*on_secret)(void *arg, char *secret);
    char   secret[SECRET];
    size_t secret_len;
};

/* ---- the screen ---- */

static void say(struct line_editor *e, const char *text)
{
    fputs(text, e->screen);
}

static void show(struct line_editor *e)
{
    fflush(e->screen);
}

static ssize_t on_screen(void *cookie, const char *bytes, size_t len)
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

static size_t columns_of(const char *text, size_t len)
{
    mbstate_t state = { 0 };
    size_t    sum   = 0;

    while (len > 0) {
        wchar_t c;
        size_t  n = mbrtowc(&c, text, len, &state);
        int     width;

        if (n == (size_t)-1 || n == (size_t)-2 || n == 0)
            return sum + len;
        width = wcwidth(c);
        sum += width < 0 ? 1 : (size_t)width;
        text += n;
        len -= n;
    }
    return sum;
}

/* So many rows the cursor is below the one that the prompt begins in. */
static size_t rows_above(const struct line_editor *e)
{
    const LineInfo *line = el_line(e->el);

    return (columns_of(e->prompt, strlen(e->prompt)) +
            columns_of(line->buffer, (size_t)(line->cursor - line->buffer))) /
           line_editor_width(e);
}

static void say_status(struct line_editor *e)
{
    struct slice text = slice_from(e->status);
    size_t       room = line_editor_width(e) - 1;

    while (text.len > 0 && columns_of(text.ptr, text.len) > room)
        text.len--;
    fprintf(e->screen, "%.*s", SLICE_ARG(text));
}

/* Where the block (status, prompt, line) begins, all below it cleared. */
static void draw_point(struct line_editor *e)
{
    size_t rows = rows_above(e) + e->status_drawn;

    if (rows > 0)
        fprintf(e->screen, "\033[%zuA", rows);
    say(e, "\r\033[J");
    e->status_drawn = false;
}

static void say_block_head(struct line_editor *e)
{
    if (e->status[0] == '\0')
        return;
    say_status(e);
    say(e, "\n");
    e->status_drawn = true;
}

/* One byte to libedit, before all others. */
static void feed(struct line_editor *e, unsigned char key)
{
    int ignored;

    memmove(e->keys + 1, e->keys, e->key_count);
    e->keys[0] = key;
    e->key_count++;
    (void)el_gets(e->el, &ignored);
}

/* As if these keys had come, all ASCII. */
static void type_text(struct line_editor *e, const char *text)
{
    for (; *text != '\0'; text++)
        feed(e, (unsigned char)*text);
}

static void draw_line(struct line_editor *e)
{
    size_t rows = rows_above(e);

    for (size_t i = 0; i < rows; i++)
        say(e, "\n");
    feed(e, KEY_DRAW);
}

void line_editor_print(struct line_editor *e, struct slice lines)
{
    if (e->drawn)
        draw_point(e);
    fwrite(lines.ptr, 1, lines.len, e->screen);
    if (e->drawn) {
        say_block_head(e);
        draw_line(e);
    }
    show(e);
}

/* Only the row of the status, if it is there and stays. */
static void update_status(struct line_editor *e)
{
    fprintf(e->screen, "\0337\033[%zuA\r", rows_above(e) + 1);
    say_status(e);
    say(e, "\033[K\0338");
    show(e);
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
    if (strcmp(prompt, e->prompt) == 0)
        return;
    if (e->drawn)
        draw_point(e);
    snprintf(e->prompt, sizeof e->prompt, "%s", prompt);
    if (e->drawn) {
        say_block_head(e);
        draw_line(e);
        show(e);
    }
}

static void begin_line(struct line_editor *e)
{
    say_block_head(e);
    el_set(e->el, EL_UNBUFFERED, 1); /* which draws the prompt */
    e->drawn = true;
    show(e);
}

/* ---- libedit's side ---- */

static struct line_editor *of(EditLine *el)
{
    void *e = NULL;

    el_get(el, EL_CLIENTDATA, &e);
    return e;
}

static char *get_prompt(EditLine *el)
{
    return of(el)->prompt;
}

/* How many bytes the character at the beginning of the keys has. */
static size_t key_length(const struct line_editor *e)
{
    size_t len = e->keys[0] < 0x80 ? 1 : utf8_length(e->keys, e->key_count);

    return len == 0 ? 1 : len;
}

static int get_key(EditLine *el, wchar_t *key)
{
    struct line_editor *e     = of(el);
    mbstate_t           state = { 0 };
    size_t              len;

    if (e->key_count == 0)
        return 0;
    len = key_length(e);
    if (mbrtowc(key, (const char *)e->keys, len, &state) != len)
        *key = e->keys[0] < 0x80 ? e->keys[0] : L'?';
    e->key_count -= len;
    memmove(e->keys, e->keys + len, e->key_count);
    return 1;
}

/* ---- completion ---- */

void line_editor_offer(struct line_editor *e, struct slice word)
{
    if (e->offer_count < OFFERS)
        snprintf(e->offers[e->offer_count++], TEXT, "%.*s", SLICE_ARG(word));
}

static size_t common_length(const struct line_editor *e)
{
    size_t len = strlen(e->offers[0]);

    for (size_t i = 1; i < e->offer_count; i++)
        while (strncmp(e->offers[0], e->offers[i], len) != 0)
            len--;
    return len;
}

/* Those among which nothing could be chosen. */
static void print_offers(struct line_editor *e)
{
    char       memory[OFFERS * 64];
    struct buf b = BUF_ON(memory);

    for (size_t i = 0; i < e->offer_count; i++)
        buf_printf(&b, "%s%.60s", i == 0 ? "" : "  ", e->offers[i]);
    buf_put_byte(&b, '\n');
    e->offer_count = 0;
    if (buf_ok(&b))
        line_editor_print(e, buf_slice(&b));
}

static void complete(struct line_editor *e)
{
    const LineInfo *line = el_line(e->el);
    size_t          begun, len;

    e->offer_count = 0;
    begun          = e->events.on_tab(e->arg, slice_between(line->buffer, line->cursor));
    if (e->offer_count == 0) {
        say(e, "\a");
        return;
    }
    len = common_length(e);
    if (len <= begun && e->offer_count > 1) {
        print_offers(e);
        return;
    }
    e->offers[0][len] = '\0';
    type_text(e, e->offers[0] + begun);
    if (e->offer_count == 1)
        type_text(e, " ");
}

/* ---- keys ---- */

static bool line_is_empty(const struct line_editor *e)
{
    const LineInfo *line = el_line(e->el);

    return line->lastchar == line->buffer;
}

/* A key sends one byte, or an escape sequence; half of one waits for the rest. */
static bool key_is_whole(const struct line_editor *e)
{
    unsigned char last = e->keys[e->key_count - 1];

    if (e->keys[0] >= 0xc2 && e->key_count < 4 && utf8_length(e->keys, e->key_count) == 0)
        return (last & 0xc0) != 0x80 && e->key_count > 1; /* what is no UTF-8 is taken as it is */
    if (e->keys[0] != KEY_ESCAPE)
        return true;
    if (e->key_count == 1)
        return false;
    if (e->keys[1] != '[' && e->keys[1] != 'O')
        return true;
    for (size_t i = 2; i < e->key_count; i++)
        if (e->keys[i] >= 0x40 && e->keys[i] <= 0x7e)
            return true;
    return e->key_count > 16;
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
        say(e, "\n");
        fn(e->arg, key == KEY_END ? NULL : e->secret);
        explicit_bzero(e->secret, sizeof e->secret);
        e->secret_len = 0;
        if (!e->closed)
            begin_line(e);
    }
}

/* What libedit has drawn of the line stays; the status does not. */
static void take_line(struct line_editor *e, const char *text, int len)
{
    char     *line = strndup(text, (size_t)len);
    HistEvent ignored;

    el_set(e->el, EL_UNBUFFERED, 0);
    e->drawn = false;
    if (line != NULL && len > 0)
        history(e->history, &ignored, H_ENTER, line);
    if (line != NULL)
        e->events.on_line(e->arg, slice_from(line));
    free(line);
    if (!e->closed && e->on_secret == NULL)
        begin_line(e);
}

static void hide_status(struct line_editor *e)
{
    if (!e->status_drawn)
        return;
    draw_point(e);
    draw_line(e);
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
    if (line_is_empty(e) && key > ' ' && key < 0x7f && e->events.on_key(e->arg, (char)key)) {
        memmove(e->keys, e->keys + 1, --e->key_count);
        return;
    }
    if (key == '\t') {
        memmove(e->keys, e->keys + 1, --e->key_count);
        complete(e);
        return;
    }
    if (key == '\r' || key == '\n')
        hide_status(e);
    text = el_gets(e->el, &len);
    if (text != NULL && len > 0 && (text[len - 1] == '\n' || text[len - 1] == '\r'))
        take_line(e, text, len - 1);
}

static void on_escape(struct timer *t, msec now);

static void let_go(struct line_editor *e);

static void take_keys(struct line_editor *e)
{
    bool outer = e->inside;

    e->inside = true;
    while (e->key_count > 0 && !e->closed && !e->ended) {
        if (e->on_secret != NULL) {
            take_secret_key(e);
            continue;
        }
        if (!key_is_whole(e)) {
            world_timer(e->world, &e->escape, on_escape, world_now(e->world) + ESCAPE_MS);
            break;
        }
        take_key(e);
    }
    show(e);
    e->inside = outer;
    if (e->closed && !outer)
        let_go(e);
}

static void on_escape(struct timer *t, msec now)
{
    struct line_editor *e = CONTAINER_OF(t, struct line_editor, escape);

    (void)now;
    if (e->key_count == 0 || key_is_whole(e))
        return;
    memmove(e->keys, e->keys + 1, --e->key_count);
    take_keys(e);
}

static void on_ready(uv_poll_t *poll, int status, int events)
{
    struct line_editor *e = poll->data;
    ssize_t             got;

    (void)status;
    (void)events;
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
    type_text(e, text);
    show(e);
}

void line_editor_ask_secret(struct line_editor *e, const char *question, void (*fn)(void *arg, char *secret))
{
    if (e->drawn)
        draw_point(e);
    e->drawn      = false;
    e->on_secret  = fn;
    e->secret_len = 0;
    el_set(e->el, EL_PREP_TERM, 1); /* else the terminal shows by itself what is typed */
    say(e, question);
    show(e);
}

/* ---- signals ---- */

static void draw_all(struct line_editor *e)
{
    if (!e->drawn)
        return;
    el_resize(e->el);
    line_editor_print(e, SLICE(""));
}

static void on_resize(void *arg)
{
    draw_all(arg);
}

/* Stopped by Ctrl-Z and gone on: the shell has put the terminal to rights for itself. */
static void on_continue(void *arg)
{
    struct line_editor *e = arg;

    if (!e->drawn)
        return;
    el_set(e->el, EL_PREP_TERM, 1);
    draw_all(e);
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
    draw_all(arg);
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
    static const cookie_io_functions_t     io            = { .write = on_screen };

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
    el_set(e->el, EL_GETCFN, get_key);
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
    if (e->screen != NULL)
        fclose(e->screen);
    line_writer_close(e->writer, CLOSE_PATIENCE);
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

static void let_go(struct line_editor *e)
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
        draw_point(e);
        show(e);
    }
    e->closed = true;
    e->drawn  = false;
    if (!e->inside)
        let_go(e);
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
        let_go(e);
        return -ERR_NO_MEMORY;
    }
    *out = e;
    if (uv_poll_start(&e->poll, UV_READABLE | UV_DISCONNECT, on_ready) != 0 ||
        world_uv_signal(w, SIGWINCH, on_resize, e) != 0 || world_uv_signal(w, SIGCONT, on_continue, e) != 0)
        return -ERR_LIMIT;
    begin_line(e);
    return 0;
}
