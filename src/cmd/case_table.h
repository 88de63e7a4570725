/* SPDX-License-Identifier: BSD-2-Clause */
/* case_table.h - the file of `ahoy config test`: what is there, and where requests are to go.
 *
 *     # who is there
 *     user     alice
 *     user     bob@example.com
 *     alias    +4930123 bob
 *     binding  bob sip:bob@192.0.2.3:5060 q=0.5
 *     binding  bob <sip:bob@192.0.2.4>;q=0.4;video
 *
 *     # where do they go?
 *     INVITE bob  from alice                    -> sip:bob@192.0.2.3:5060 then sip:bob@192.0.2.4
 *     INVITE bob  from sip:x@far.example via 198.51.100.7 by tcp -> sip:bob@192.0.2.3:5060 ...
 *     INVITE +4930123 from +33123 trunk carrier -> route "*"
 *     INVITE bob  from alice authenticated no   -> 407
 *     INVITE sip:x@far.example from alice       -> sip:x@far.example by sip:gw.example
 *     INVITE sip:old@example.com from alice header "Subject: a b" -> 302 sip:new@example.com
 *     REGISTER sip:example.com                  -> register
 *
 * A line is words; '#' begins a comment; "..." is one word, \" and \\ in it a quote and a backslash.  Targets with a
 * comma between are asked together, with "then" one after the other; a last "..." stands for more that may follow.
 * What is declared is there for the lines below it. */

#ifndef CMD_CASE_TABLE_H
#define CMD_CASE_TABLE_H

#include "base/arena.h"

enum { CASE_TARGETS = 32, CASE_HEADERS = 16, CASE_TABLE_SIZE = 1 << 20 };

struct wanted_target {
    struct slice uri;
    struct slice by;    /* the next hop, or empty: whichever */
    unsigned     group; /* from 1                            */
};

enum wanted_kind { WANTED_ANSWER, WANTED_TARGETS, WANTED_REGISTER, WANTED_ROUTE };

struct wanted {
    enum wanted_kind      kind;
    struct slice          text;   /* as it stands there         */
    unsigned              status; /* ANSWER; and its Contacts are the targets */
    struct slice          name;   /* ROUTE: which one           */
    struct wanted_target *targets;
    unsigned              count;
    bool                  open; /* more may follow            */
};

enum row_kind { ROW_USER, ROW_ALIAS, ROW_BINDING, ROW_CASE };

struct case_row {
    enum row_kind kind;
    unsigned      line;
    struct slice  text; /* the whole line, trimmed */

    struct slice name, user; /* USER: name; ALIAS: name, user */

    struct slice aor, contact, params; /* BINDING: a URI; header parameters but q, with their ';' */
    unsigned     q;                    /* thousandths */

    struct slice  method, uri, from, source, transport, trunk; /* CASE; empty: not given */
    struct slice *headers;
    unsigned      header_count;
    bool          stranger; /* authenticated no */
    struct wanted wanted;
};

struct case_table {
    struct case_row *rows;
    unsigned         count, cases;
    struct arena     arena; /* holds all of the above */
};

/* "table:7:12: ...", once for each mistake. */
typedef void case_table_problem_fn(void *arg, const char *text);

/* Read it from memory, whose copy it keeps; `name` stands for the file in messages.  Returns 0, -ERR_SYNTAX (all of
 * the mistakes have been reported), -ERR_TOO_LARGE or -ERR_NO_MEMORY.  case_table_free also after an error. */
int  case_table_parse(struct case_table *t, struct slice text, const char *name, case_table_problem_fn *report,
                      void *arg);
void case_table_free(struct case_table *t);

#endif
