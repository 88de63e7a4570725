/* SPDX-License-Identifier: BSD-2-Clause */
/* load_input.h - what `ahoy load` takes from outside before it begins: files of options,
 * a password, certificates, addresses.  Each says on stderr what is wrong and returns an
 * exit code. */

#ifndef CMD_LOAD_INPUT_H
#define CMD_LOAD_INPUT_H

#include "cmd/option.h"
#include "load/plan.h"
#include "net/world.h"

enum { LOAD_PASSWORD_SIZE = 512 };

struct tls_shared;

/* Take from the file what was not given. */
int load_input_repeat(const struct command *command, struct load_settings *s, const char *path);
int load_input_save(const struct load_settings *s, const char *path);

/* "" if there is none. */
int load_input_password(const struct load_settings *s, char password[LOAD_PASSWORD_SIZE]);

/* NULL in `*out` if the transport needs none. */
int load_input_tls(const struct load_settings *s, const struct load_plan *p, struct tls_shared **out);

/* The server's address, and ours that reaches it. */
int load_input_addresses(struct world *w, const struct load_plan *p, struct address *server, struct address *local);

#endif
