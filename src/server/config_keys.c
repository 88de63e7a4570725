/* SPDX-License-Identifier: BSD-2-Clause */
#include "server/config_keys.h"

#include "base/distance.h"
#include "base/scan.h"
#include "server/config_check.h"

#include <assert.h>

#define NUMBER(kind, of, owner, key, value, least, most, each, text)                                                   \
    { .type    = (kind),                                                                                               \
      .name    = #key,                                                                                                 \
      .section = (of),                                                                                                 \
      .preset  = (value),                                                                                              \
      .minimum = (least),                                                                                              \
      .maximum = (most),                                                                                               \
      .unit    = (each),                                                                                               \
      .meaning = (text),                                                                                               \
      .offset  = offsetof(struct owner, key) },
#define TEXTS(kind, of, owner, key, look, value, text)                                                                 \
    { .type        = (kind),                                                                                           \
      .name        = #key,                                                                                             \
      .section     = (of),                                                                                             \
      .check       = VALUE_##look,                                                                                     \
      .preset_text = (value),                                                                                          \
      .meaning     = (text),                                                                                           \
      .offset      = offsetof(struct owner, key) },

static const struct config_key keys[] = {
#define GROUP(heading)         { .type = CONFIG_GROUP, .name = (heading) },
#define BOOL(key, value, text) NUMBER(CONFIG_BOOL, NULL, config, key, value, 0, 1, NULL, text)
#define INTEGER(key, value, least, most, unit, text)                                                                   \
    NUMBER(CONFIG_INTEGER, NULL, config, key, value, least, most, unit, text)
#define DURATION(key, value, least, most, text)                                                                        \
    NUMBER(CONFIG_DURATION, NULL, config, key, value, least, most, NULL, text)
#define LEVEL(key, value, text)        NUMBER(CONFIG_LEVEL, NULL, config, key, value, LOG_DEBUG, LOG_ERROR, NULL, text)
#define STRING(key, look, value, text) TEXTS(CONFIG_STRING, NULL, config, key, look, value, text)
#define LIST(key, look, value, text)   TEXTS(CONFIG_LIST, NULL, config, key, look, value, text)
#define PARSED_LIST(key, look, value, text)                                                                            \
    { .type        = CONFIG_LIST,                                                                                      \
      .name        = #key,                                                                                             \
      .check       = VALUE_##look,                                                                                     \
      .preset_text = (value),                                                                                          \
      .meaning     = (text),                                                                                           \
      .parsed      = true },
#define SECTION(key, array, count, of, text)                                                                           \
    { .type         = CONFIG_SECTION,                                                                                  \
      .name         = #key,                                                                                            \
      .title        = (of),                                                                                            \
      .meaning      = (text),                                                                                          \
      .offset       = offsetof(struct config, array),                                                                  \
      .count_offset = offsetof(struct config, count),                                                                  \
      .line_offset  = offsetof(struct config_##key, line),                                                             \
      .size         = sizeof(struct config_##key) },
#define SECTION_BOOL(of, key, text)         NUMBER(CONFIG_BOOL, #of, config_##of, key, 0, 0, 1, NULL, text)
#define SECTION_STRING(of, key, look, text) TEXTS(CONFIG_STRING, #of, config_##of, key, look, NULL, text)
#define SECTION_LIST(of, key, look, text)   TEXTS(CONFIG_LIST, #of, config_##of, key, look, NULL, text)
#define SECTION_INTEGER(of, key, least, most, unit, text)                                                              \
    NUMBER(CONFIG_INTEGER, #of, config_##of, key, 0, least, most, unit, text)
#define SECTION_DURATION(of, key, least, most, text)                                                                   \
    NUMBER(CONFIG_DURATION, #of, config_##of, key, 0, least, most, NULL, text)
#include "server/config.def"
};

enum { KEYS = sizeof keys / sizeof *keys };

const struct config_key *config_keys(size_t *count)
{
    *count = KEYS;
    return keys;
}

static bool is_in_section(const struct config_key *key, const char *section)
{
    if (key->type == CONFIG_GROUP)
        return false;
    if (section == NULL || key->section == NULL)
        return section == key->section;
    return strcmp(key->section, section) == 0;
}

const struct config_key *config_key_find(const char *section, struct slice name)
{
    for (size_t i = 0; i < KEYS; i++)
        if (is_in_section(&keys[i], section) && slice_eq(slice_from(keys[i].name), name))
            return &keys[i];
    return NULL;
}

const struct config_key *config_key_nearest(const char *section, struct slice name)
{
    const struct config_key *best     = NULL;
    unsigned                 best_far = DISTANCE_FAR;

    for (size_t i = 0; i < KEYS; i++) {
        unsigned far;

        if (!is_in_section(&keys[i], section))
            continue;
        far = word_distance(slice_from(keys[i].name), name);
        if (far < best_far) {
            best_far = far;
            best     = &keys[i];
        }
    }
    return best != NULL && distance_is_typo(best_far, slice_from(best->name)) ? best : NULL;
}

/* The size is there to have each of them checked. */
static const struct {
    const char *name;
    size_t      size;
} restarts[] = {
#define RESTART(key) { #key, sizeof((struct config *)0)->key },
#include "server/config.def"
};

bool config_key_needs_restart(const struct config_key *key)
{
    for (size_t i = 0; key->section == NULL && i < sizeof restarts / sizeof *restarts; i++)
        if (strcmp(restarts[i].name, key->name) == 0)
            return true;
    return false;
}

const char *config_key_replaced(struct slice name)
{
    if (slice_eq(name, SLICE("digest_sha256")))
        return "digest_algorithms = {\"MD5\"} where it was false, nothing where it was true";
    return NULL;
}

static bool parse_bool(struct slice text, uint64_t *number)
{
    static const struct slice words[] = { SLICE_INIT("false"), SLICE_INIT("true"), SLICE_INIT("no"),
                                          SLICE_INIT("yes"),   SLICE_INIT("off"),  SLICE_INIT("on") };

    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (slice_eq_nocase(words[i], text)) {
            *number = i % 2;
            return true;
        }
    }
    return false;
}

static const struct duration_unit {
    struct slice name;
    msec         size;
} duration_units[] = {
    { SLICE_INIT("d"), 86400000 }, { SLICE_INIT("h"), 3600000 }, { SLICE_INIT("m"), 60000 },
    { SLICE_INIT("s"), 1000 },     { SLICE_INIT("ms"), 1 },
};

enum { DURATION_UNITS = sizeof duration_units / sizeof *duration_units };

static bool parse_duration(struct slice text, uint64_t *number)
{
    struct scan s = scan_from(text);

    if (!scan_number64(&s, UINT32_MAX, number))
        return false;
    for (size_t i = 0; i < DURATION_UNITS; i++) {
        if (slice_eq(scan_rest(&s), duration_units[i].name)) {
            *number *= duration_units[i].size; /* < 2^32 * 2^27 */
            return true;
        }
    }
    return false;
}

void config_duration_write(struct buf *b, msec duration)
{
    size_t i = 0;

    while (i < DURATION_UNITS - 1 && (duration == 0 || duration % duration_units[i].size != 0))
        i++;
    buf_put_number(b, duration / duration_units[i].size);
    buf_put(b, duration_units[i].name);
}

static bool parse_number(const struct config_key *key, struct slice text, uint64_t *number)
{
    struct scan    s = scan_from(text);
    enum log_level level;

    switch (key->type) {
    case CONFIG_BOOL:
        return parse_bool(text, number);
    case CONFIG_INTEGER:
        return scan_number64(&s, UINT64_MAX / 2, number) && scan_at_end(&s);
    case CONFIG_DURATION:
        return parse_duration(text, number);
    case CONFIG_LEVEL:
        *number = log_level_parse(text, &level) ? (uint64_t)level : UINT64_MAX;
        return *number != UINT64_MAX;
    case CONFIG_GROUP:
    case CONFIG_STRING:
    case CONFIG_LIST:
    case CONFIG_SECTION:
        break;
    }
    return false;
}

bool config_value_parse(const struct config_key *key, struct slice text, struct config_value *out, struct buf *why)
{
    *out = (struct config_value){ 0 };
    if (key->type == CONFIG_STRING || key->type == CONFIG_LIST)
        return config_check_text(key->check, text, out, why);
    config_range_write(why, key);
    return parse_number(key, text, &out->number) && out->number >= key->minimum && out->number <= key->maximum;
}

void config_value_set(void *owner, const struct config_key *key, const struct config_value *value)
{
    char *member = (char *)owner + key->offset;

    switch (key->type) {
    case CONFIG_BOOL:
        *(bool *)member = value->number != 0;
        break;
    case CONFIG_INTEGER:
        *(uint32_t *)(void *)member = (uint32_t)value->number;
        break;
    case CONFIG_DURATION:
        *(msec *)(void *)member = value->number;
        break;
    case CONFIG_LEVEL:
        *(enum log_level *)(void *)member = (enum log_level)value->number;
        break;
    case CONFIG_STRING:
        *(struct slice *)(void *)member = value->text;
        break;
    case CONFIG_GROUP:
    case CONFIG_LIST:
    case CONFIG_SECTION:
        assert(!"has no member of its own");
    }
}

static void write_number(struct buf *b, const struct config_key *key, uint64_t number)
{
    if (key->type == CONFIG_BOOL)
        buf_put(b, number ? SLICE("true") : SLICE("false"));
    else if (key->type == CONFIG_DURATION)
        config_duration_write(b, number);
    else if (key->type == CONFIG_LEVEL)
        buf_put(b, slice_from(log_level_name((enum log_level)number)));
    else
        buf_put_number(b, number);
}

void config_value_write(struct buf *b, const void *owner, const struct config_key *key)
{
    const char *member = (const char *)owner + key->offset;

    switch (key->type) {
    case CONFIG_BOOL:
        write_number(b, key, *(const bool *)member);
        break;
    case CONFIG_INTEGER:
        write_number(b, key, *(const uint32_t *)(const void *)member);
        break;
    case CONFIG_DURATION:
        write_number(b, key, *(const msec *)(const void *)member);
        break;
    case CONFIG_LEVEL:
        write_number(b, key, (uint64_t)(*(const enum log_level *)(const void *)member));
        break;
    case CONFIG_STRING:
        buf_put(b, *(const struct slice *)(const void *)member);
        break;
    case CONFIG_GROUP:
    case CONFIG_LIST:
    case CONFIG_SECTION:
        break;
    }
}

/* Of the member of such a key; 0: it has none. */
static size_t size_of(enum config_type type)
{
    switch (type) {
    case CONFIG_BOOL:
        return sizeof(bool);
    case CONFIG_INTEGER:
        return sizeof(uint32_t);
    case CONFIG_DURATION:
        return sizeof(msec);
    case CONFIG_LEVEL:
        return sizeof(enum log_level);
    case CONFIG_STRING:
        return sizeof(struct slice);
    case CONFIG_LIST:
        return sizeof(struct config_list);
    case CONFIG_GROUP:
    case CONFIG_SECTION:
        break;
    }
    return 0;
}

bool config_value_inherit(const struct config *c, void *owner, const struct config_key *key)
{
    const struct config_key *outer = config_key_find(NULL, slice_from(key->name));

    if (outer == NULL || outer->type != key->type || outer->parsed)
        return false;
    memcpy((char *)owner + key->offset, (const char *)c + outer->offset, size_of(key->type));
    return true;
}

const void *config_section_at(const struct config *c, const struct config_key *section, size_t i)
{
    size_t      count = *(const size_t *)(const void *)((const char *)c + section->count_offset);
    const char *array;

    memcpy(&array, (const char *)c + section->offset, sizeof array);
    return i < count ? array + i * section->size : NULL;
}

void config_default_write(struct buf *b, const struct config_key *key)
{
    if (key->type == CONFIG_BOOL || key->type == CONFIG_INTEGER || key->type == CONFIG_DURATION ||
        key->type == CONFIG_LEVEL)
        write_number(b, key, key->preset);
    else if (key->preset_text != NULL)
        buf_put(b, slice_from(key->preset_text));
}

void config_range_write(struct buf *b, const struct config_key *key)
{
    switch (key->type) {
    case CONFIG_BOOL:
        buf_put(b, SLICE("true or false"));
        break;
    case CONFIG_LEVEL:
        buf_put(b, SLICE("debug, info, notice, warning or error"));
        break;
    case CONFIG_INTEGER:
    case CONFIG_DURATION:
        write_number(b, key, key->minimum);
        buf_put(b, SLICE(" to "));
        write_number(b, key, key->maximum);
        if (key->unit != NULL) {
            buf_put_byte(b, ' ');
            buf_put(b, slice_from(key->unit));
        }
        if (key->type == CONFIG_DURATION)
            buf_put(b, SLICE(", with a unit: ms, s, m, h or d"));
        break;
    case CONFIG_GROUP:
    case CONFIG_STRING:
    case CONFIG_LIST:
    case CONFIG_SECTION:
        break;
    }
}
