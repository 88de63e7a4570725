/* SPDX-License-Identifier: BSD-2-Clause */
/* phone_command.h - the commands of a phone: one table, and what is read by it.
 *
 *     {"command":"call","id":7,"to":"bob"}     phone_order_read
 *     call bob                                 phone_line_read (phone_typed.h), to the same JSON
 *
 * Reading is a calculation: what the words mean (which account, which call) is
 * asked of the desk (phone_desk.h). */

#ifndef CONSOLE_PHONE_COMMAND_H
#define CONSOLE_PHONE_COMMAND_H

#include "base/buf.h"
#include "base/id.h"
#include "base/msec.h"

#include <jansson.h>

struct phone_desk;
struct desk_call;
struct phone_order;
struct phone_answer;

enum { PHONE_ARGUMENTS = 24, PHONE_LINE = 64 * 1024, PHONE_STATUS_FIRST = 300, PHONE_STATUS_LAST = 699 };

enum phone_argument_type {
    ARGUMENT_TEXT,
    ARGUMENT_REST,
    ARGUMENT_ADDRESS,
    ARGUMENT_ACCOUNT,
    ARGUMENT_CALL,
    ARGUMENT_STATUS,
    ARGUMENT_NUMBER,
    ARGUMENT_DURATION,
    ARGUMENT_DIGITS,
    ARGUMENT_FILE,
    ARGUMENT_FLAG,
    ARGUMENT_CHOICE,
    ARGUMENT_SECRET,
};

enum phone_argument_place { PLACE_REQUIRED, PLACE_OPTIONAL, PLACE_NAMED };

struct phone_argument {
    const char               *name; /* NULL ends the list */
    enum phone_argument_type  type;
    enum phone_argument_place place;
    const char               *meaning, *choices; /* "a|b|c" */
};

struct phone_command {
    const char *name;
    char        key;
    const char *summary, *example;
    /* 0 or -ERR_X; fills the answer, or says in it why not. */
    int (*run)(struct phone_desk *d, const struct phone_order *o, struct phone_answer *a);
    bool (*fits)(const struct desk_call *c);
    struct phone_argument arguments[PHONE_ARGUMENTS];
};

struct phone_value {
    bool         given;
    struct slice text;   /* of all but numbers and flags; a NUL stands behind it */
    msec         number; /* STATUS, NUMBER, DURATION (ms), FLAG (1), CHOICE (which) */
    object_id    call;
};

/* A command whose arguments fit its row.  Texts live as long as the JSON it was read from. */
struct phone_order {
    const struct phone_command *command;
    struct phone_value          values[PHONE_ARGUMENTS];
};

/* What is wrong with a command, for its error event. */
struct phone_fault {
    const struct phone_command *command;  /* whose form is shown; NULL: it is not known */
    size_t                      position; /* of a mistake in the JSON, from 1; 0: not there */
    char                        reason[256];
};

const struct phone_command *phone_commands(size_t *count);
const struct phone_command *phone_command_find(struct slice name);
/* The one with a name not far from this; NULL if there is none. */
const struct phone_command *phone_command_nearest(struct slice name);

/* Parse the text of an object.  NULL with the reason in `f`; text that is wrong is never
 * repeated: it may be a password. */
json_t *phone_json_read(struct slice line, struct phone_fault *f);

/* Do the members fit the row of the command?  False with the reason in `f`. */
bool phone_order_read(const json_t *object, struct phone_order *o, struct phone_fault *f);

/* The value of the argument of that name, which the row must have. */
const struct phone_value *phone_order_value(const struct phone_order *o, const char *name);

/* "call TO [account ACCOUNT] [late_offer]" */
void phone_command_form(const struct phone_command *c, struct buf *b);
/* Is this one of its choices? */
bool phone_argument_has(const struct phone_argument *a, struct slice word);
/* "ACCOUNT", "answer|reject" ... */
void phone_argument_form(const struct phone_argument *a, struct buf *b);

#endif
