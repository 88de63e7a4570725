/* SPDX-License-Identifier: BSD-2-Clause */
/* script.h - a .scn file as statements: words and an indented block.
 *
 *     alice calls sip:bob@example.test     # a statement: words
 *     flow                                 # a statement with a block:
 *         alice -> proxy1  INVITE          #   all indented lines below it
 *
 * A word may hold "quoted text" or 'quoted text' with spaces, anywhere in it; the
 * quotes go.  A '#' at the start of a word ends the line.  A block is kept as it is, less its
 * indentation: its owner splits it into words, or takes it for a message or a
 * configuration. */

#ifndef TEST_SCENARIO_SCRIPT_H
#define TEST_SCENARIO_SCRIPT_H

#include "base/msec.h"
#include "base/slice.h"

enum { SCRIPT_WORDS = 24, SCRIPT_LINE = 1024 };

/* One line split into words, which live in `memory`. */
struct words {
    char        memory[SCRIPT_LINE];
    const char *word[SCRIPT_WORDS + 1]; /* NULL behind the last */
    unsigned    count;
};

/* False if the line is too long, has too many words or an open quote. */
bool words_split(struct words *w, struct slice line);

struct statement {
    struct words  words;
    unsigned      line; /* in the file, from 1 */
    struct slice *block;
    size_t        block_count;
    unsigned      block_line;
    size_t        block_indent;
};

struct script {
    char              *text;
    struct statement **statements;
    size_t             count;
    unsigned           bad_line; /* where reading ended; 0: all is well */
    const char        *problem;
};

/* Read a file; false with bad_line and problem set if it cannot be read. */
bool script_load(struct script *s, const char *path);
void script_free(struct script *s);

/* "500", "500ms", "2s", "3m" in milliseconds. */
bool parse_duration(const char *text, msec *out);
/* Decimal digits only. */
bool parse_count(const char *text, unsigned *out);

#endif
