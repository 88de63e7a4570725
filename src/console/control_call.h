/* SPDX-License-Identifier: BSD-2-Clause */
/* control_call.h - one call of a control method: who made it is told the outcome.
 *
 * The calls come from the control socket (control.h) or, when no server runs,
 * from a command in its own process.  Methods cannot tell which.
 *
 * A method says in its table which parameters it has.  They are checked before it
 * is called: an unknown name, a missing parameter, a wrong type or a number out of
 * range is refused, and nothing is changed.  The same table is the documentation
 * (server.methods, docs/control.md). */

#ifndef CONSOLE_CONTROL_CALL_H
#define CONSOLE_CONTROL_CALL_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

struct control_call {
    /* Takes `outcome`: {"result": ...} or {"error": {"code", "message", "data"}};
     * NULL without memory.  The call is gone afterwards. */
    void (*finish)(struct control_call *call, json_t *outcome);
};

/* Do it.  `params` is an object that fits the method's table, perhaps empty,
 * borrowed until the function returns.  Every call must be finished exactly once,
 * at once or later, by one of the two functions below. */
typedef void control_fn(void *user, struct control_call *call, const json_t *params);

enum control_type { CONTROL_TEXT, CONTROL_INTEGER, CONTROL_NUMBER, CONTROL_BOOLEAN, CONTROL_LIST };

struct control_param {
    const char       *name;
    enum control_type type;
    bool              required;
    json_int_t        minimum, maximum; /* of an integer or number */
    const char       *help;
};

struct control_method {
    const char                 *name;
    control_fn                 *fn;
    const struct control_param *params;  /* ends with a name of NULL; NULL: none */
    const char                 *summary; /* a sentence without its full stop */
    const char                 *result;  /* what comes back, as it looks in JSON */
    const char                 *errors;  /* the errors of its own, or NULL */
    bool                        changes; /* not only a question: it is worth a line in the log */
};

/* Takes `result`; NULL counts as a failure for want of memory. */
void control_reply(struct control_call *call, json_t *result);
/* `error` is -ERR_X; the text is for people. */
void control_fail(struct control_call *call, int error, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* NULL if there is none. */
const struct control_method *control_method_find(const struct control_method *methods, size_t count, const char *name);

/* Call the method of this name; an unknown one fails, and so do parameters that do
 * not fit.  `params` is an object, an array with the parameters in the order of the
 * table, or NULL. */
void control_dispatch(const struct control_method *methods, size_t count, void *user, struct control_call *call,
                      const char *name, const json_t *params);

/* "text", "integer", ... */
const char *control_type_name(enum control_type type);

/* JSON-RPC 2.0 codes. */
enum {
    CONTROL_PARSE_ERROR      = -32700,
    CONTROL_INVALID_REQUEST  = -32600,
    CONTROL_METHOD_NOT_FOUND = -32601,
    CONTROL_INVALID_PARAMS   = -32602,
    CONTROL_FAILED           = -32000, /* data.error is the name of an ERR_X */
};

json_t *control_error_new(int code, int error, const char *message);

/* What a client makes of an outcome: 0 and a borrowed result, or -ERR_X and a
 * text that lives as long as the outcome. */
int control_outcome_read(const json_t *outcome, json_t **result, const char **message);

#endif
