/* SPDX-License-Identifier: BSD-2-Clause */
/* config.h - ahoy.conf: what the operator decided.
 *
 * A configuration is read once into an immutable struct and passed around as a
 * const pointer.  All keys are in config.def.  libConfuse keeps global state, so
 * a configuration is parsed on one thread at a time (the main one). */

#ifndef SERVER_CONFIG_H
#define SERVER_CONFIG_H

#include "base/arena.h"
#include "base/log.h"
#include "base/msec.h"
#include "net/tls_keys.h"
#include "sip/flow.h"

#include <stdatomic.h>
#include <stdint.h>

struct config_listen {
    enum transport   transport;
    struct address   address;
    struct slice     advertise; /* what Via and the like name instead: "host" or "host:port"; may be empty */
    enum tls_clients clients;   /* of tls and wss: what they have to show here, if more than tls_clients */
};

struct config_list {
    struct slice *texts;
    size_t        count;
};

/* A section of each kind: whom it is for, the line where it ends, and its members. */
struct config_route {
    struct slice       domain; /* lower case; "*.test": every name under it; "*": any other; "+49*": numbers */
    unsigned           line;
    struct config_list to;        /* table_target_parse */
    struct slice       redirect;  /* a redirect server to ask, or empty        */
    struct config_list fail_over; /* statuses, or "none" */
    msec               timeout;
    bool               stateless;
};

struct config_trunk {
    struct slice       name;
    unsigned           line;
    struct config_list address, certificate; /* networks; domains */
    struct slice       to;
    bool               trusted;
    struct config_list may_call; /* destination.h */
};

struct config_number {
    struct slice       name;
    unsigned           line;
    struct config_list from; /* number_caller_is_good */
    struct slice       match, prefix, replace, prepend;
    uint32_t           strip, reject; /* 0: not */
    bool               more;
};

struct config_redirect {
    struct slice       domain; /* or user@domain, the user in its own case */
    unsigned           line;
    struct config_list to; /* the Contacts to answer with; see route/redirect.h */
    uint32_t           status;
    struct slice       body, body_type;
};

struct config_certificate {
    struct slice domain;
    unsigned     line;
    struct slice chain, key; /* paths */
};

struct config_registrations {
    struct slice       domain;
    unsigned           line;
    msec               min_expires, default_expires, max_expires;
    uint32_t           max_contacts;
    struct config_list service_route;
};

/* How much of something may come. */
struct config_limit {
    struct slice       name;
    unsigned           line;
    struct config_list method; /* none: all */
    struct slice       per, rate, answer;
    uint32_t           burst; /* 0: what comes in ten seconds */
};

/* Slices and arrays live as long as the configuration. */
struct config {
#define BOOL(key, preset, meaning)                            bool key;
#define INTEGER(key, preset, minimum, maximum, unit, meaning) uint32_t key;
#define DURATION(key, preset, minimum, maximum, meaning)      msec key;
#define LEVEL(key, preset, meaning)                           enum log_level key;
#define STRING(key, check, preset, meaning)                   struct slice key;
#define LIST(key, check, preset, meaning)                     struct config_list key;
#define SECTION(key, array, count, title, meaning)                                                                     \
    struct config_##key *array;                                                                                        \
    size_t               count;
#include "server/config.def"

    struct slice         *domains; /* lower case; at least one */
    size_t                domain_count;
    struct config_listen *listens; /* at least one */
    size_t                listen_count;
    bool                  listen_is_default;                /* an address this host lacks may be left out */
    struct slice          name;                             /* of the file, for messages */
    struct slice          text;                             /* all of it, as it was read */
    unsigned              tls_trust_line, tls_ciphers_line; /* where they are set, or 0  */

    struct arena arena; /* holds all of the above */
    atomic_uint  holders;
};

/* Called once for each mistake with a line for people, "ahoy.conf:12: ..." */
typedef void config_problem_fn(void *arg, const char *text);

/* Nothing configured.  Returns 0 or -ERR_NO_MEMORY. */
int config_default(const struct config **out);

/* Read the file at `path`.  Goes on after a mistake where libConfuse can, so that
 * all are reported; `report` may be NULL.  Returns 0, -ERR_SYNTAX (reported),
 * -ERR_NOT_FOUND, -ERR_PERMISSION, -ERR_IO, -ERR_TOO_LARGE (each reported too) or
 * -ERR_NO_MEMORY. */
int config_load(const char *path, config_problem_fn *report, void *arg, const struct config **out);

/* The same from memory; `name` stands for the file in messages. */
int config_parse(struct slice text, const char *name, config_problem_fn *report, void *arg, const struct config **out);

/* It is freed when as many as hold it, the one who made it among them, have called config_free.
 * Any thread. */
const struct config *config_hold(const struct config *c);
void                 config_free(const struct config *c);

/* Is `host` one of our domains?  Any case. */
bool config_is_our_domain(const struct config *c, struct slice host);

/* What tls_clients says. */
enum tls_clients config_tls_clients(const struct config *c);

/* What log_level and log_levels say together. */
void config_log_levels(const struct config *c, struct log_levels *levels);

/* The path of a file in the state folder, for example "control.sock". */
void config_state_path(const struct config *c, struct buf *path, const char *file);

#endif
