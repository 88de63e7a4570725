/* SPDX-License-Identifier: BSD-2-Clause */
/* line_editor.h - a line that is edited at the bottom of a terminal while the loop goes on,
 * by libedit; what is told meanwhile scrolls by above it.
 *
 *     [c1.1] Answered, PCMU                        line_editor_print
 *     up 00:12 bob  out ####---- in ######--       line_editor_status
 *     ahoy> hangup_                                the prompt, and what is typed
 *
 * Nothing here waits: neither for keys nor for a terminal that has stopped. */

#ifndef CMD_LINE_EDITOR_H
#define CMD_LINE_EDITOR_H

#include "net/world.h"

struct line_editor;

struct line_editor_events {
    /* Return was pressed.  Valid until it returns.  False: it is not to be kept in the history. */
    bool (*on_line)(void *arg, struct slice line);
    /* A key while nothing is typed yet: true if it was one, else it begins a line. */
    bool (*on_key)(void *arg, char key);
    /* Tab: give each word that may stand at the end of `line` to line_editor_offer, and return how
     * many bytes of `line` belong to the word that is begun. */
    size_t (*on_tab)(void *arg, struct slice line);
    /* The user has gone: Ctrl-D on an empty line, or the terminal is closed. */
    void (*on_end)(void *arg);
};

/* Can this terminal do it?  Both ends are terminals, and TERM names one that moves its cursor. */
bool line_editor_is_possible(void);

/* `history` (may be NULL): a file that keeps what was typed, mode 0600.  Returns 0, -ERR_NO_MEMORY,
 * -ERR_LIMIT or -ERR_IO. */
int line_editor_open(struct world *w, const char *history, const struct line_editor_events *events, void *arg,
                     struct line_editor **out);
/* The terminal is as before.  Its memory goes in one of the next turns of the world.  NULL is allowed. */
void line_editor_close(struct line_editor *e);

/* Lines, each with its LF, above what is being typed. */
void line_editor_print(struct line_editor *e, struct slice lines);
/* The line above the prompt; empty: none.  Copied, cut to the width of the terminal. */
void line_editor_status(struct line_editor *e, struct slice text);
/* Copied. */
void line_editor_prompt(struct line_editor *e, const char *prompt);

/* As if it had been typed; ASCII. */
void line_editor_type(struct line_editor *e, const char *text);
/* From within on_tab. */
void line_editor_offer(struct line_editor *e, struct slice word);
/* The next line is a secret: it is not shown, not kept, and goes to fn.  NULL: it was given up. */
void line_editor_ask_secret(struct line_editor *e, const char *question, void (*fn)(void *arg, char *secret));

/* Columns of the terminal. */
unsigned line_editor_width(const struct line_editor *e);

#endif
