/* SPDX-License-Identifier: BSD-2-Clause */
/* account_file.h - the phone's accounts: $XDG_CONFIG_HOME/ahoy/accounts (else
 * ~/.config/ahoy/accounts), mode 0600, in the format of libConfuse:
 *
 *     account 'home' {
 *         address   = 'sip:alice@example.test'
 *         password  = '...'
 *         user      = ''       # for authentication; empty: that of the address
 *         display   = ''
 *         registrar = ''       # URI; empty: the domain of the address
 *         proxy     = ''       # outbound proxy URI
 *         strict    = false    # the proxies are strict routers (RFC 2543)
 *         second_proxy = ''    # another one, by which it is registered too: needs an instance
 *         instance  = ''       # urn:uuid:..., this phone's alone: asks for outbound and a GRUU
 *         expires   = 3600
 *         tls_trust  = ''      # PEM file of the CAs that the server's certificate may come from
 *         tls_verify = true    # false: from anybody
 *         tls_certificate = '' # PEM file: what we show if we are asked; tls_key: its key
 *         keep_alive = 29      # seconds between signs of life to the server; 0: none
 *         transfer  = 'ask'    # when the other side of a call wants us to call somebody: ask, allow, refuse
 *         watchers  = 'state'  # what its domain may know of its calls: state, details (with whom), none
 *         presence  = 'ask'    # who may see whether one is there: whom one allows (ask), its domain (domain), none
 *     }
 *
 * The first one is the default.  A file that others may read is refused. */

#ifndef CMD_ACCOUNT_FILE_H
#define CMD_ACCOUNT_FILE_H

#include "call/phone.h"

enum {
    ACCOUNT_TEXT           = 256,
    ACCOUNT_COUNT_MAX      = 64,
    ACCOUNT_KEEP_ALIVE     = 29, /* RFC 5626 4.4.2: NATs forget UDP after 30 s */
    ACCOUNT_KEEP_ALIVE_MAX = 3600,
};

struct account_entry {
    char     name[ACCOUNT_TEXT];
    char     address[ACCOUNT_TEXT];
    char     user[ACCOUNT_TEXT];
    char     password[2 * ACCOUNT_TEXT];
    char     display[ACCOUNT_TEXT];
    char     registrar[ACCOUNT_TEXT];
    char     proxy[ACCOUNT_TEXT];
    char     second_proxy[ACCOUNT_TEXT];
    char     instance[ACCOUNT_TEXT];
    char     tls_trust[ACCOUNT_TEXT];
    char     tls_certificate[ACCOUNT_TEXT];
    char     tls_key[ACCOUNT_TEXT];
    bool     tls_no_verify, strict;
    uint32_t expires, keep_alive;

    enum transfer_policy  transfer;
    enum call_watchers    watchers;
    enum presence_viewers presence;
};

struct account_list {
    struct account_entry entries[ACCOUNT_COUNT_MAX];
    size_t               count;
};

/* The file's path; false if neither XDG_CONFIG_HOME nor HOME says where. */
bool account_file_path(char *path, size_t size);

/* Read it; no file is an empty list, and so is no place for one.  Returns EXIT_OK, or EXIT_CONFIG or
 * EXIT_ERROR after saying why on stderr. */
int account_file_load(struct account_list *list);
/* Replace it as a whole: the old file or the new one is there, never half of one. */
int account_file_save(const struct account_list *list);

/* "state", "details" or "none"; false: none of these. */
bool account_watchers_read(const char *word, enum call_watchers *watchers);

/* "ask", "domain" or "none"; false: none of these. */
bool account_presence_read(const char *word, enum presence_viewers *presence);

/* By name or address; NULL name: the first.  NULL if there is none. */
struct account_entry *account_list_find(struct account_list *list, const char *name);

/* What phone_add_account wants; borrows the entry. */
struct account_config account_entry_config(const struct account_entry *e);

#endif
