/* SPDX-License-Identifier: BSD-2-Clause */
/* config_check.h - what the texts in a configuration must look like: domains, addresses
 * to listen on, URIs, origins and so on. */

#ifndef SERVER_CONFIG_CHECK_H
#define SERVER_CONFIG_CHECK_H

#include "server/config_keys.h"

/* Is `text` such a one?  It, and what was read of it, go into `out`; `why` says what would be right. */
bool config_check_text(enum config_check check, struct slice text, struct config_value *out, struct buf *why);

/* As it is read. */
void config_listen_write(struct buf *b, const struct config_listen *l);
enum { CONFIG_LISTEN_TEXT = 384 }; /* room for any of them */

#endif
