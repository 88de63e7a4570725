/* SPDX-License-Identifier: BSD-2-Clause */
/* phone_schema.h - JSON Schema (draft 2020-12) of what a phone tells and of what it is
 * told, made from the tables that write and read it. */

#ifndef CONSOLE_PHONE_SCHEMA_H
#define CONSOLE_PHONE_SCHEMA_H

#include "base/buf.h"

enum { PHONE_SCHEMA_MAX = 128 * 1024 };

/* docs/phone-events.schema.json */
void phone_schema_events(struct buf *b);
/* docs/phone-commands.schema.json */
void phone_schema_commands(struct buf *b);

#endif
