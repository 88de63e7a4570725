/* SPDX-License-Identifier: BSD-2-Clause */
/* user_name.h - what users may be called, and what stands for their names: telephone
 * numbers (RFC 3966) and hashes (RFC 7616 3.4.4). */

#ifndef SERVER_USER_NAME_H
#define SERVER_USER_NAME_H

#include "server/user_cache.h"
#include "sip/uri.h"

enum { USER_PASSWORD_MAX = 256, USER_NUMBER_MAX = 16 };

/* What may stand in "sip:NAME@DOMAIN" without escapes, so that it can be typed and
 * shown everywhere: letters, digits and -_.!~*'+ ; a host name or an address. */
bool user_name_is_good(struct slice name);
bool user_domain_is_good(struct slice domain);
/* 1 to USER_PASSWORD_MAX bytes, no control bytes. */
bool user_password_is_good(struct slice password);
/* Hex digits, as many as the algorithm gives, or none. */
bool user_ha1_is_good(struct slice ha1, enum hash_algorithm algorithm);

/* The global number of a tel URI, or of a sip or sips URI with user=phone, without visual
 * separators and parameters: "+4930123" (RFC 3966 5.1.5).  Empty if there is none. */
struct slice user_number(const struct uri *uri, char memory[USER_NUMBER_MAX]);
/* The same of what people type: "tel:+49 (30) 123", "+49-30-123". */
struct slice user_number_of_text(struct slice text, char memory[USER_NUMBER_MAX]);

/* An alias as people type it: "+49 30 123" is a number, of the domain ""; "NAME@DOMAIN"; or
 * "NAME", of `domain`.  Borrows `text` and `domain`.  False: it is none. */
bool user_alias_of_text(struct slice text, struct slice domain, char number[USER_NUMBER_MAX],
                        struct slice *alias_domain, struct slice *alias_name);

/* What the cache knows the hash of a name by: a mark for the algorithm, then hex.  From
 * the name and the realm; or from the hash, empty if it is none. */
struct slice user_hash_key(struct hasher *h, enum hash_algorithm algorithm, struct slice name, struct slice realm,
                           char memory[USER_KEY_MAX]);
struct slice user_hash_key_of_hex(enum hash_algorithm algorithm, struct slice hex, char memory[USER_KEY_MAX]);
/* hasher_number of it. */
uint64_t user_hash_number(struct slice key);

#endif
