/* SPDX-License-Identifier: BSD-2-Clause */
/* config_keys.h - config.def as data, for those who walk over all keys, and the
 * reading and writing of one value. */

#ifndef SERVER_CONFIG_KEYS_H
#define SERVER_CONFIG_KEYS_H

#include "server/config.h"

enum config_type {
    CONFIG_GROUP, /* a heading */
    CONFIG_BOOL,
    CONFIG_INTEGER,
    CONFIG_DURATION,
    CONFIG_LEVEL,
    CONFIG_STRING,
    CONFIG_LIST,
    CONFIG_SECTION, /* its members follow: keys whose `section` is its name */
};

/* What a text must look like. */
enum config_check {
    VALUE_TEXT,
    VALUE_NAME,
    VALUE_NAME_OR_NONE,
    VALUE_LISTEN,
    VALUE_HOST_PORT,
    VALUE_PATH,
    VALUE_SIP_URI,
    VALUE_LOG_LEVEL,
    VALUE_ORIGIN,
    VALUE_DIGEST,
    VALUE_QOP,
    VALUE_ADDRESS,
    VALUE_TLS_CLIENTS,
    VALUE_TLS_VERSION,
    VALUE_ROUTE,
    VALUE_THIRD_PARTY,
    VALUE_DOMAINS,
    VALUE_NETWORK,
    VALUE_DESTINATION,
    VALUE_TARGET,
    VALUE_FAIL_OVER,
    VALUE_PATTERN,
    VALUE_DIGITS,
    VALUE_CALLER,
    VALUE_REPLACEMENT,
    VALUE_METHOD,
    VALUE_PER,
    VALUE_RATE,
    VALUE_LIMIT_ANSWER,
    VALUE_CONTACT,
    VALUE_MEDIA_TYPE,
};

struct config_key {
    enum config_type  type;
    const char       *name;
    const char       *section; /* of a member of a section: that one's name; else NULL */
    const char       *title;   /* CONFIG_SECTION: what its title is */
    enum config_check check;
    uint64_t          preset, minimum, maximum;
    const char       *preset_text;
    const char       *unit;
    const char       *meaning;
    size_t            offset;       /* in struct config, or that of its section; a section: of the array */
    size_t            count_offset; /* CONFIG_SECTION: of the number of its elements */
    size_t            line_offset;  /* CONFIG_SECTION: of `line` in one of them; its title comes first */
    size_t            size;         /* CONFIG_SECTION: of one of them */
    bool              parsed;       /* a list without a member: config.c makes something of its own of it */
};

struct config_value {
    uint64_t             number; /* bool, integer, duration, level */
    struct slice         text;   /* strings: borrows what was parsed */
    struct config_listen listen; /* VALUE_LISTEN */
};

/* In the order of config.def. */
const struct config_key *config_keys(size_t *count);
/* `section` NULL: a key outside all sections.  NULL if there is none. */
const struct config_key *config_key_find(const char *section, struct slice name);
/* The known key that was probably meant, or NULL. */
const struct config_key *config_key_nearest(const char *section, struct slice name);

/* Is it what the process is made with, so that a reload does not take a change of it? */
bool config_key_needs_restart(const struct config_key *key);

/* What to write in place of a key that older versions had; NULL for any other name. */
const char *config_key_replaced(struct slice name);

/* Read one value (one element of a list).  False: `why` says what would be right. */
bool config_value_parse(const struct config_key *key, struct slice text, struct config_value *out, struct buf *why);

/* Put a value that was parsed, or the default, into its member of `owner`, a struct config or that of
 * the key's section; not for lists and sections. */
void config_value_set(void *owner, const struct config_key *key, const struct config_value *value);
/* The member as it would be written in a file, without quotes. */
void config_value_write(struct buf *b, const void *owner, const struct config_key *key);
/* Let the member be what the key of the same name outside of sections is in `c`.  False if there is none. */
bool config_value_inherit(const struct config *c, void *owner, const struct config_key *key);

/* The i-th section of this kind, or NULL if there are fewer. */
const void *config_section_at(const struct config *c, const struct config_key *section, size_t i);

void config_duration_write(struct buf *b, msec duration); /* "90s", "1h", "500ms" */

/* The default as a person would write it, empty if there is none. */
void config_default_write(struct buf *b, const struct config_key *key);
/* "1s to 1h", "true or false", ... empty for plain text. */
void config_range_write(struct buf *b, const struct config_key *key);

#endif
