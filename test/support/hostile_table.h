/* SPDX-License-Identifier: BSD-2-Clause */
/* hostile_table.h - the cases of test/hostile (its README.md has the language): messages that
 * should not be sent, and all that may come of each. */

#ifndef TEST_SUPPORT_HOSTILE_TABLE_H
#define TEST_SUPPORT_HOSTILE_TABLE_H

#include "base/buf.h"

enum { HOSTILE_CASES = 100, HOSTILE_STEPS = 16, HOSTILE_CONFIG = 8 };

enum hostile_kind { HOSTILE_SEND, HOSTILE_GETS, HOSTILE_WITH, HOSTILE_WITHOUT, HOSTILE_CLOSED };

struct hostile_step {
    enum hostile_kind kind;
    bool              bob;   /* who sends, or who hears */
    bool              raw;   /* a message to which nothing is added */
    const char       *text;  /* what is heard: "400", "INVITE", "nothing"; or what is in it */
    char            **lines; /* of the message */
    unsigned          count;
};

struct hostile_case {
    const char         *name;
    unsigned            line; /* of the file, from 1 */
    bool                udp, tcp;
    struct hostile_step steps[HOSTILE_STEPS];
    unsigned            count;
};

struct hostile_file {
    char               *memory, **lines;
    const char         *config[HOSTILE_CONFIG];
    unsigned            config_count, count;
    struct hostile_case cases[HOSTILE_CASES];
};

/* Fails the test that calls it if the file cannot be read or says what nobody understands. */
void hostile_read(struct hostile_file *f, const char *path);
void hostile_free(struct hostile_file *f);

/* What $me and the like stand for. */
struct hostile_names {
    const char *me, *server, *host, *port, *bob, *transport, *id;
};

/* The bytes that a line stands for. */
void hostile_put(struct buf *b, const char *line, const struct hostile_names *names);

/* A message, with those of the `defaults` that it lacks: lines, up to a NULL. */
void hostile_compose(struct buf *b, const struct hostile_step *step, const char *const *defaults,
                     const struct hostile_names *names);

#endif
