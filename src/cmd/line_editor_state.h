/* SPDX-License-Identifier: BSD-2-Clause */
/* line_editor_state.h - what the parts of a line editor share: the screen (line_editor_screen.c), the
 * keys (line_editor_keys.c), completion (line_editor_complete.c) and its life (line_editor.c). */

#ifndef CMD_LINE_EDITOR_STATE_H
#define CMD_LINE_EDITOR_STATE_H

#include "cmd/line_editor.h"
#include "console/line_writer.h"
#include "console/own_descriptor.h"

#include <histedit.h>
#include <stdio.h>
#include <uv.h>
#include <wchar.h>

enum {
    KEYS   = 4096, /* read and not yet taken */
    TEXT   = 256,
    SECRET = 512,
    OFFERS = 64,
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
    bool                      pasting;
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

/* What is said is shown by editor_show. */
void editor_say(struct line_editor *e, const char *text);
void editor_show(struct line_editor *e);
/* Of fopencookie: what libedit draws. */
ssize_t editor_on_screen(void *cookie, const char *bytes, size_t len);
/* Where the block (status, prompt, line) begins, all below it cleared. */
void editor_draw_point(struct line_editor *e);
/* The prompt and the line, from the draw point (and what was said there) on. */
void editor_draw_line(struct line_editor *e);
/* All of the block: the window has another size now.  Over what is there of it, or behind whatever else is. */
void editor_draw_again(struct line_editor *e, bool over);
/* The status and an empty line. */
void editor_begin_line(struct line_editor *e);

/* ---- keys ---- */

/* One byte to libedit, before all others. */
void editor_feed(struct line_editor *e, unsigned char key);
/* As if these keys had come, all ASCII. */
void editor_type(struct line_editor *e, const char *text);
/* libedit asks for a key: 0, there is none. */
int editor_get_key(EditLine *el, wchar_t *key);
/* There are keys to be read, or never again. */
void editor_on_ready(uv_poll_t *poll, int status, int events);

/* ---- completion ---- */

/* Tab. */
void editor_complete(struct line_editor *e);

/* ---- life ---- */

struct line_editor *editor_of(EditLine *el);
/* Closed from within itself: what is left to do when it is done. */
void editor_let_go(struct line_editor *e);

#endif
