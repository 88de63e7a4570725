/* SPDX-License-Identifier: BSD-2-Clause */
/* control_params.h - do the parameters of a call fit the method's table? */

#ifndef CONSOLE_CONTROL_PARAMS_H
#define CONSOLE_CONTROL_PARAMS_H

#include "console/control_call.h"

/* The parameters by name as a new object, from an object, from an array (by
 * position) or from NULL.  NULL if they do not fit, with a sentence in `problem`,
 * or without memory, with `problem` empty. */
json_t *control_params(const struct control_method *method, const json_t *params, char *problem, size_t problem_size);

#endif
