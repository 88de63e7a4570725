/* SPDX-License-Identifier: BSD-2-Clause */
#include "cmd/phone_screen.h"

#include "base/error.h"
#include "cmd/exit_code.h"
#include "cmd/phone_words.h"
#include "console/phone_typed.h"
#include "probe/output.h"

#include <stdio.h>
#include <string.h>

enum { TICK = 1000, METER = 10, METER_FLOOR = -60 };

/* ---- the status line ---- */

/* "######----": -60 dB to the loudest there is. */
static void put_meter(struct buf *b, const char *name, double db)
{
    int filled = (int)((db - METER_FLOOR) * METER / -METER_FLOOR + 0.5);

    buf_printf(b, "  %s ", name);
    for (int i = 0; i < METER; i++)
        buf_put_byte(b, i < filled ? '#' : '-');
}

static const char *state_of(const struct desk_call *c)
{
    if (c->answered)
        return c->held ? "held" : c->held_by_peer ? "held by them" : "up";
    return c->outgoing ? c->rang ? "ringing" : "calling" : "incoming";
}

static void put_call(struct buf *b, const struct desk_call *c, msec now)
{
    unsigned long long seconds = (now - (c->answered ? c->answered_at : c->started)) / 1000;

    buf_printf(b, "%s %02llu:%02llu ", state_of(c), seconds / 60, seconds % 60);
    output_put_safe(b, slice_from(c->peer), "");
    if (!c->answered)
        return;
    put_meter(b, c->muted ? "muted" : "out", c->muted ? METER_FLOOR : c->level_out);
    put_meter(b, "in", c->level_in);
}

static void show_status(struct phone_screen *p)
{
    const struct desk_call *c = phone_desk_current(p->seat->desk);
    char                    memory[512];
    struct buf              b      = BUF_ON(memory);
    unsigned                others = phone_desk_calls(p->seat->desk);

    if (p->editor == NULL)
        return;
    if (c != NULL)
        put_call(&b, c, world_now(p->seat->world));
    if (others > 1)
        buf_printf(&b, "  and %u more", others - 1);
    if (c == NULL)
        phone_desk_registrations(p->seat->desk, &b);
    line_editor_status(p->editor, buf_slice(&b));
    line_editor_prompt(p->editor, c == NULL || p->typing ? "ahoy> " : "ahoy (keys)> ");
}

static void on_tick(struct timer *t, msec now)
{
    struct phone_screen *p = CONTAINER_OF(t, struct phone_screen, tick);

    show_status(p);
    if (phone_desk_calls(p->seat->desk) > 0)
        world_timer(p->seat->world, t, on_tick, now + TICK);
}

static void follow(struct phone_screen *p)
{
    if (phone_desk_calls(p->seat->desk) > 0 && !timer_running(&p->tick))
        world_timer(p->seat->world, &p->tick, on_tick, world_now(p->seat->world) + TICK);
    show_status(p);
}

/* ---- what is told ---- */

static void print(struct phone_screen *p, struct buf *words)
{
    if (words->len == 0)
        return;
    if (p->editor != NULL)
        line_editor_print(p->editor, buf_slice(words));
    else
        fwrite(words->ptr, 1, words->len, stdout);
}

/* The desk takes note of an event after it was told: what is shown follows a turn later. */
static void on_line(void *front, struct slice line)
{
    struct phone_screen *p = front;
    char                 memory[PHONE_WORDS];
    struct buf           words = BUF_ON(memory);

    phone_words_of_line(&words, line);
    print(p, &words);
    if (p->editor != NULL)
        world_timer(p->seat->world, &p->tick, on_tick, world_now(p->seat->world));
}

static void on_event(void *front, const struct phone_event *e)
{
    struct phone_screen *p = front;
    char                 memory[PHONE_WORDS];
    struct buf           words = BUF_ON(memory);

    phone_words_of_event(&words, e);
    if (e->kind == PHONE_INCOMING)
        buf_put(&words, SLICE("\a"));
    print(p, &words);
}

/* ---- what is typed ---- */

static void type(struct phone_screen *p, struct slice line)
{
    struct phone_fault fault;
    json_t            *order = phone_line_read(line, &fault);

    if (order != NULL)
        phone_desk_order_here(p->seat->desk, order);
    else if (fault.reason[0] != '\0')
        phone_desk_fault(p->seat->desk, &fault);
    json_decref(order);
    follow(p);
}

static bool is_word(const json_t *order, const char *key, const char *word)
{
    const char *value = json_string_value(json_object_get(order, key));

    return value != NULL && strcmp(value, word) == 0;
}

static void on_secret(void *arg, char *secret)
{
    struct phone_screen *p     = arg;
    json_t              *order = p->account;

    p->account = NULL;
    if (secret != NULL && json_object_set_new(order, "password", json_string(secret)) == 0 &&
        (is_word(order, "do", "change") || json_object_set_new(order, "register", json_true()) == 0))
        phone_desk_order(p->seat->desk, order);
    json_decref(order);
}

/* Does it want one?  A new account does, and a change that says nothing else. */
static bool is_about_password(const json_t *order)
{
    if (!is_word(order, "command", "account") || json_object_get(order, "address") == NULL ||
        json_object_get(order, "password_file") != NULL)
        return false;
    if (is_word(order, "do", "change"))
        return json_object_size(order) == 3; /* command, do, address */
    return json_object_get(order, "do") == NULL || is_word(order, "do", "add");
}

/* "account add sip:alice@example.test ..." without a file for it: a person is asked for the password. */
static bool wants_password(struct phone_screen *p, struct slice line)
{
    struct phone_fault fault;
    json_t            *order = phone_line_read(line, &fault);

    if (is_about_password(order))
        p->account = order;
    else
        json_decref(order);
    return p->account != NULL;
}

/* A password has no place in what is typed; who types one all the same is told so, and it is not kept. */
static bool may_be_kept(struct slice line)
{
    return memmem(line.ptr, line.len, " password ", strlen(" password ")) == NULL;
}

static bool on_typed(void *arg, struct slice line)
{
    struct phone_screen *p = arg;

    if (wants_password(p, line))
        line_editor_ask_secret(p->editor, "Password (not shown): ", on_secret);
    else
        type(p, line);
    return may_be_kept(line);
}

/* ':' says that the next key begins a command though keys act at once. */
static bool on_key(void *arg, char key)
{
    struct phone_screen        *p = arg;
    const struct desk_call     *c = phone_desk_current(p->seat->desk);
    const struct phone_command *command;
    char                        text[64];

    if (key == '?' && !p->typing) {
        type(p, SLICE("help"));
        return true;
    }
    if (c == NULL || p->typing) {
        p->typing = false;
        return false;
    }
    if (key == ':') {
        p->typing = true;
        return true;
    }
    if (c->answered && (strchr("0123456789*#", key) != NULL)) {
        snprintf(text, sizeof text, "digits %c", key);
        type(p, slice_from(text));
        return true;
    }
    command = phone_command_of_key(key, c);
    if (command == NULL)
        return false;
    if (command->arguments[0].place == PLACE_REQUIRED && command->arguments[0].name != NULL) {
        line_editor_type(p->editor, command->name);
        line_editor_type(p->editor, " ");
    } else {
        type(p, slice_from(command->name));
    }
    return true;
}

static void offer(void *arg, struct slice word)
{
    struct phone_screen *p = arg;

    line_editor_offer(p->editor, word);
}

struct offering {
    struct phone_screen *screen;
    struct slice         begun;
};

static void offer_begun(void *arg, struct slice word)
{
    struct offering *o = arg;

    if (word.len >= o->begun.len && memcmp(word.ptr, o->begun.ptr, o->begun.len) == 0)
        offer(o->screen, word);
}

static void offer_names(void *arg, enum phone_argument_type type_of)
{
    struct offering *o = arg;

    phone_desk_names(o->screen->seat->desk, type_of, offer_begun, o);
}

static size_t on_tab(void *arg, struct slice line)
{
    struct offering         o = { .screen = arg, .begun = line };
    struct phone_completion c = { offer_begun, offer_names, &o };
    size_t                  begun;

    while (o.begun.len > 0 && memchr(o.begun.ptr, ' ', o.begun.len) != NULL) {
        o.begun.ptr++;
        o.begun.len--;
    }
    phone_line_complete(line, &c, &begun);
    return begun;
}

static void on_end(void *arg)
{
    struct phone_screen *p = arg;

    phone_desk_quit(p->seat->desk);
}

/* ---- open and close ---- */

int phone_screen_open(struct phone_screen *p, struct phone_seat *s)
{
    *p       = (struct phone_screen){ .seat = s };
    s->line  = on_line;
    s->event = on_event;
    s->front = p;
    return EXIT_OK;
}

int phone_screen_start(struct phone_screen *p)
{
    static const struct line_editor_events events = { on_typed, on_key, on_tab, on_end };
    int                                    error;

    puts("Type a command: Tab completes it, ? lists all, quit or Ctrl-D ends.\n"
         "In a call keys act at once, and ':' begins a command.");
    fflush(stdout);
    error = line_editor_open(p->seat->world, p->seat->files.typed[0] == '\0' ? NULL : p->seat->files.typed, &events, p,
                             &p->editor);
    if (error != 0) {
        fprintf(stderr, "ahoy phone: the terminal: %s\n", error_text(error));
        return (int)exit_code_of_error(error);
    }
    line_editor_prompt(p->editor, "ahoy> ");
    show_status(p);
    return EXIT_OK;
}

void phone_screen_close(struct phone_screen *p)
{
    world_timer_stop(p->seat->world, &p->tick);
    line_editor_close(p->editor);
    p->editor = NULL;
    json_decref(p->account);
    p->account = NULL;
}
