/* SPDX-License-Identifier: BSD-2-Clause */
/* password.h - a password from the one who runs the command: never from its
 * arguments, which every user of the machine can read. */

#ifndef CMD_PASSWORD_H
#define CMD_PASSWORD_H

#include <stddef.h>

enum { PASSWORD_SIZE = 512, PASSWORD_GENERATED = 20 };

enum password_source { PASSWORD_TERMINAL, PASSWORD_STDIN, PASSWORD_GENERATE };

/* Asks twice on /dev/tty with the echo off, reads one line of stdin, or makes one
 * up (100 bits).  Returns EXIT_OK, EXIT_USAGE (empty, too long, the two differ, no
 * terminal) or EXIT_INTERRUPTED, with complaints on stderr after "ahoy `name`: ". */
int password_get(const char *name, enum password_source source, char password[PASSWORD_SIZE]);

/* Overwrites it; call it when done. */
void password_forget(char password[PASSWORD_SIZE]);

#endif
