/* SPDX-License-Identifier: BSD-2-Clause */
/* shell.h - a phone that runs for one command: its world, its account, Ctrl-C,
 * what is printed, and an orderly end.
 *
 *     struct shell shell;
 *     code = shell_open(&shell, &options);         0, or an exit code: it has said why
 *     ... phone_register(shell.phone, shell.account), call_place(...) ...
 *     code = shell_run(&shell);                    until shell_finish, or Ctrl-C
 *     shell_close(&shell);
 *
 * shell_finish hangs up what is up and unregisters what is registered, waits for
 * the answers for SHELL_PATIENCE ms at most, and lets shell_run return.  Ctrl-C
 * does the same; a second one does not wait. */

#ifndef CMD_SHELL_H
#define CMD_SHELL_H

#include "call/call.h"
#include "cmd/account_file.h"
#include "cmd/option.h"
#include "cmd/phone_log.h"
#include "cmd/progress.h"
#include "cmd/sound.h"
#include "stack/trace.h"

enum { SHELL_PATIENCE = 4000, SHELL_CALLS = 64, SHELL_TARGET = ACCOUNT_TEXT * 2 };

/* Letters of the options that all phone commands share; a command's own begin at
 * SHELL_OPTION_OWN. */
enum {
    SHELL_JSON = OPTION_LONG_ONLY,
    SHELL_TRACE,
    SHELL_PROXY,
    SHELL_PLAY,
    SHELL_RECORD,
    SHELL_RECORD_BOTH,
    SHELL_DEVICE,
    SHELL_NULL_AUDIO,
    SHELL_TLS_TRUST,
    SHELL_TLS_NO_VERIFY,
    SHELL_TLS_CERTIFICATE,
    SHELL_TLS_KEY,
    SHELL_RELIABLE,
    SHELL_OPTION_OWN,
};

/* For the tables of the commands: first these, at the end those. */
#define SHELL_ACCOUNT_OPTION                                                                                           \
    {                                                                                                                  \
        'a', "account", "NAME", "this account instead of the default one"                                              \
    }
#define TLS_OPTIONS(trust, no_verify, certificate, key)                                                                \
    { trust, "tls-trust", "FILE", "the CAs (PEM) that the server's certificate may come from; else the system's" },    \
        { no_verify, "tls-no-verify", NULL, "do not verify the server's certificate: anybody may be listening" },      \
        { certificate, "tls-certificate", "FILE", "our own certificate (PEM), for servers that ask for one" },         \
    {                                                                                                                  \
        key, "tls-key", "FILE", "its private key (PEM)"                                                                \
    }
#define SHELL_RELIABLE_OPTION                                                                                          \
    {                                                                                                                  \
        SHELL_RELIABLE, "reliable", "WHEN",                                                                            \
            "acknowledge what comes before the answer (100rel): needed, always, required, off (needed)"                \
    }
#define SHELL_OPTIONS                                                                                                  \
    TLS_OPTIONS(SHELL_TLS_TRUST, SHELL_TLS_NO_VERIFY, SHELL_TLS_CERTIFICATE, SHELL_TLS_KEY),                           \
        { SHELL_PROXY, "proxy", "URI", "send requests there instead of to the account's proxy" },                      \
        { SHELL_JSON, "json", NULL, "one JSON object a line on stdout for each event" },                               \
    {                                                                                                                  \
        SHELL_TRACE, "trace", "FILE", "append each SIP message to FILE, see 'ahoy trace'"                              \
    }

struct shell_options {
    const char *node;                                  /* a guest's name in traces                            */
    const char *account;                               /* name or address; NULL: the default one, or a guest  */
    const char *proxy;                                 /* instead of the account's                            */
    const char *target;                                /* URI that will be asked: tells which local address   */
    const char *trace;                                 /* file, or NULL                                       */
    const char *tls_trust, *tls_certificate, *tls_key; /* instead of the account's */
    bool        tls_no_verify;
    const char *reliable; /* as reliable_parse reads it, or NULL                 */
    uint16_t    port;     /* to listen on, 0: any                                */
    unsigned    max_calls;
    bool        json;
    bool        guest_only;  /* do not look for accounts                          */
    bool        any_address; /* take calls that come to any address of this host  */
};

struct shell {
    struct world        *world;
    struct phone        *phone;
    struct trace_writer *trace;
    struct tls_shared   *tls; /* NULL: not needed */
    struct phone_log     log;
    struct account_list  accounts;
    struct account_entry entry; /* in use; a guest's if there is none */
    bool                 is_guest;
    int                  instance; /* a descriptor that holds the account's instance, or -1 */
    object_id            account;
    bool                 json, registered;
    object_id            calls[SHELL_CALLS]; /* that have not ended */
    size_t               call_count;
    struct sound         sound;
    struct progress      progress;
    bool                 finishing, unregistering, given_up;
    int                  exit_code;
    unsigned             interrupts;
    msec                 give_up_at;
    struct timer         timer;
    /* The command's own ears, after the event was printed; may be NULL. */
    void (*on_event)(struct shell *s, const struct phone_event *event);
    /* It ends, by shell_finish or Ctrl-C: what is not a call or a registration is the
     * command's to end; may be NULL. */
    void (*on_finish)(struct shell *s);
    void *user;
};

/* Take one of the shared options; `sound` may be NULL if the command has none.
 * False: the letter is the command's own. */
bool shell_option(struct shell_options *options, struct sound *sound, int letter, const char *value);

/* "always": when provisional responses go reliably.  NULL: as needed.  False after a complaint: no such word. */
bool reliable_parse(const char *word, enum phone_reliable *out);

/* Zeroes nothing that the caller set: on_event, user and sound come first. */
int shell_open(struct shell *s, const struct shell_options *options);
/* For a command about somebody, "bob", who is `uri` then.  That he is none is told before anything is sent. */
int  shell_open_for(struct shell *s, const struct command *command, struct shell_options *options, const char *whom,
                    char uri[SHELL_TARGET]);
int  shell_run(struct shell *s);
void shell_close(struct shell *s);

void shell_finish(struct shell *s, int exit_code);

/* The user of a guest's address: that of this login, if it can stand in a URI. */
const char *login_name(void);

/* "sip:" unless the text begins with sip:, sips: or tel: already ("host:5060" does not). */
const char *scheme_for(const char *text);

/* "bob", "bob@example.test" or a URI, as a URI; false if it does not fit or is none. */
bool shell_target(const struct shell *s, const char *text, char *uri, size_t size);

/* The address of this host that reaches the host of `uri`. */
int shell_local_address(struct world *w, struct slice uri, struct address *out);

#endif
