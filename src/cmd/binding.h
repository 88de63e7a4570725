/* SPDX-License-Identifier: BSD-2-Clause */
/* binding.h - the parts of `ahoy binding`. */

#ifndef CMD_BINDING_H
#define CMD_BINDING_H

#include "cmd/option.h"

extern const struct command command_binding_watch; /* binding_watch.c */

#endif
