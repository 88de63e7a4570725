/* SPDX-License-Identifier: BSD-2-Clause */
/* account_instance.h - which device the phone of an account is (RFC 5626 4.1): a UUID that stays in
 * the accounts file.  Two phones that say the same one would take each other's registration, so only
 * one process at a time says it; another one registers as a phone without a name. */

#ifndef CMD_ACCOUNT_INSTANCE_H
#define CMD_ACCOUNT_INSTANCE_H

#include "cmd/account_file.h"

enum { INSTANCE_TEXT = 46 }; /* "urn:uuid:" and a UUID, with its NUL */

/* A new one (RFC 4122 4.4).  False without random numbers. */
bool instance_make(char text[INSTANCE_TEXT]);

/* Is it ours to say while this process lives?  Then a descriptor that holds it, to be kept open; else, or if
 * the entry has none, -1. */
int instance_claim(const struct account_entry *e);

#endif
