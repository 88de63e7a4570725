/* SPDX-License-Identifier: BSD-2-Clause */
/* control_call.h - one call of a control method: who made it is told the outcome.
 *
 * The calls come from the control socket (control.h) or, when no server runs,
 * from a command in its own process.  Methods cannot tell which. */

#ifndef CONSOLE_CONTROL_CALL_H
#define CONSOLE_CONTROL_CALL_H

#include <jansson.h>

struct control_call {
    /* Takes `outcome`: {"result": ...} or {"error": {"code", "message", "data"}};
     * NULL without memory.  The call is gone afterwards. */
    void (*finish)(struct control_call *call, json_t *outcome);
};

/* Do it.  `params` is an object, perhaps empty, borrowed until the function
 * returns.  Every call must be finished exactly once, at once or later, by one of
 * the two functions below. */
typedef void control_fn(void *user, struct control_call *call, const json_t *params);

struct control_method {
    const char *name;
    control_fn *fn;
};

/* Takes `result`; NULL counts as a failure for want of memory. */
void control_reply(struct control_call *call, json_t *result);
/* `error` is -ERR_X; the text is for people. */
void control_fail(struct control_call *call, int error, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* Call the method of this name; an unknown one fails.  `params` may be NULL. */
void control_dispatch(const struct control_method *methods, size_t count, void *user, struct control_call *call,
                      const char *name, const json_t *params);

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
