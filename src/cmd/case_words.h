/* SPDX-License-Identifier: BSD-2-Clause */
/* case_words.h - the words of a line of a table (case_table.h), and complaints that say where. */

#ifndef CMD_CASE_WORDS_H
#define CMD_CASE_WORDS_H

#include "base/scan.h"
#include "cmd/case_table.h"

/* A word, and where it begins. */
struct word {
    struct slice text;
    const char  *at;
};

struct parser {
    struct case_table     *table;
    const char            *name;
    unsigned               line;
    const char            *start; /* of the line */
    struct scan            rest;  /* of it */
    case_table_problem_fn *report;
    void                  *arg;
    bool                   bad;
};

/* About what stands at `at`.  Always false. */
bool case_complain(struct parser *p, const char *at, const char *format, ...) __attribute__((format(printf, 3, 4)));

void case_skip_blanks(struct parser *p);
/* Is there nothing more but a comment? */
bool case_at_end(struct parser *p);

/* False at the end of the line, and after a complaint. */
bool case_next_word(struct parser *p, struct word *w);
/* The same, and it is a mistake if there is none. */
bool case_want_word(struct parser *p, struct word *w, const char *what);
bool case_want_end(struct parser *p);

bool case_is(const struct word *w, const char *text);

#endif
