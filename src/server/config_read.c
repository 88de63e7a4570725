/* SPDX-License-Identifier: BSD-2-Clause */
#include "server/config_read.h"

#include "route/destination.h"
#include "route/redirect.h"

#include <assert.h>
#include <stdio.h>

/* libConfuse gives its callbacks no pointer of ours, and is not re-entrant itself. */
static _Thread_local struct config_reader *reading;

static void say(struct config_reader *r, const char *text)
{
    if (strcmp(r->last, text) == 0)
        return; /* the last element of a list is shown to us twice */
    snprintf(r->last, sizeof r->last, "%s", text);
    r->problems++;
    if (r->report != NULL)
        r->report(r->arg, text);
}

void config_problem(struct config_reader *r, unsigned line, const char *format, ...)
{
    char    text[CONFIG_PROBLEM], where[CONFIG_PROBLEM + 256];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (line > 0)
        snprintf(where, sizeof where, "%.200s:%u: %s", r->name, line, text);
    else
        snprintf(where, sizeof where, "%.200s: %s", r->name, text);
    say(r, where);
}

unsigned config_line_of(const struct config_reader *r, const char *key)
{
    size_t                   count;
    const struct config_key *keys = config_keys(&count);

    return r->lines[config_key_find(NULL, slice_from(key)) - keys];
}

/* NULL at top level. */
static const char *section_of(const cfg_t *cfg)
{
    return cfg->title == NULL ? NULL : cfg->name;
}

static void complain_unknown(const cfg_t *cfg, const char *name)
{
    const char              *section = section_of(cfg);
    const struct config_key *nearest = config_key_nearest(section, slice_from(name));
    const char              *in      = section != NULL ? " in section " : "";
    const char              *instead = section == NULL ? config_key_replaced(slice_from(name)) : NULL;

    if (instead != NULL)
        config_problem(reading, (unsigned)cfg->line, "the key '%.64s' has gone; write %s", name, instead);
    else if (nearest != NULL)
        config_problem(reading, (unsigned)cfg->line, "unknown key '%.64s'%s%s; did you mean '%s'?", name, in,
                       section != NULL ? section : "", nearest->name);
    else
        config_problem(reading, (unsigned)cfg->line, "unknown key '%.64s'%s%s; see ahoy.conf(5)", name, in,
                       section != NULL ? section : "");
}

static void on_error(cfg_t *cfg, const char *format, va_list args)
{
    char text[CONFIG_PROBLEM];

    if (strncmp(format, "no such option", strlen("no such option")) != 0) {
        vsnprintf(text, sizeof text, format, args);
        if ((cfg->flags & CFGF_IGNORE_UNKNOWN) == 0) /* else it follows from what was said already */
            config_problem(reading, (unsigned)cfg->line, "%s", text);
        return;
    }
    complain_unknown(cfg, va_arg(args, const char *));
    /* libConfuse looks at this flag after it has complained: it then steps over the
     * statement instead of giving up, so that the next mistake is found too. */
    cfg->flags |= CFGF_IGNORE_UNKNOWN;
}

static void note_line(const struct config_key *key, unsigned line)
{
    size_t                   count;
    const struct config_key *keys   = config_keys(&count);
    unsigned                *before = &reading->lines[key - keys];

    assert(count <= CONFIG_KEYS_MAX);
    if (*before != 0 && key->type != CONFIG_LIST && key->section == NULL)
        config_problem(reading, line, "%s has been set before, in line %u", key->name, *before);
    *before = line;
}

/* Called when a value, or one more element of a list, has been read. */
static int on_value(cfg_t *cfg, cfg_opt_t *opt)
{
    const struct config_key *key = config_key_find(section_of(cfg), slice_from(opt->name));
    struct config_value      value;
    char                     memory[256];
    struct buf               why = BUF_ON(memory);
    const char              *text;

    cfg->flags &= ~CFGF_IGNORE_UNKNOWN;
    if (key == NULL || cfg_opt_size(opt) == 0)
        return 0;
    note_line(key, (unsigned)cfg->line);
    text = cfg_opt_getnstr(opt, cfg_opt_size(opt) - 1);
    if (text != NULL && !config_value_parse(key, slice_from(text), &value, &why))
        config_problem(reading, (unsigned)cfg->line, "%s = \"%.100s\": must be %s", key->name, text, buf_cstr(&why));
    return 0;
}

static bool is_set(cfg_t *section, const char *name)
{
    return cfg_size(section, name) > 0;
}

/* A redirect section may be for one user of a domain. */
static const char *redirect_domain(const char *title)
{
    struct slice user, domain;

    return redirect_title_parse(slice_from(title), &user, &domain) ? domain.ptr : title;
}

static bool is_domain_title(const char *title, struct buf *why)
{
    static const struct config_key domain = { .type = CONFIG_LIST, .name = "domain", .check = VALUE_NAME };
    const char                    *name   = strncmp(title, "*.", 2) == 0 ? title + 2 : title;
    struct config_value            value;

    if (strcmp(title, "*") == 0 || config_value_parse(&domain, slice_from(name), &value, why))
        return true;
    buf_put(why, SLICE(", \"*.\" before one, or \"*\""));
    return false;
}

static bool is_destination_title(const char *title, struct buf *why)
{
    if (destination_is_pattern(slice_from(title)))
        return true;
    buf_put(why, SLICE("a domain, \"*.\" before one, \"*\", or what numbers begin with: \"+49*\""));
    return false;
}

/* One that other keys may name. */
static bool is_name_title(const char *title, struct buf *why)
{
    struct scan  s = scan_from(slice_from(title));
    struct slice name;

    if (scan_token(&s, &name) && scan_at_end(&s))
        return true;
    buf_put(why, SLICE("one word"));
    return false;
}

static bool is_title(const char *section, const char *title, struct buf *why)
{
    if (strcmp(section, "trunk") == 0 || strcmp(section, "number") == 0 || strcmp(section, "limit") == 0)
        return is_name_title(title, why);
    if (strcmp(section, "route") == 0)
        return is_destination_title(title, why);
    return is_domain_title(strcmp(section, "redirect") == 0 ? redirect_domain(title) : title, why);
}

static void check_number(cfg_t *section, const char *title, unsigned line)
{
    bool rewrites = is_set(section, "strip") || is_set(section, "prepend");

    if (is_set(section, "match") == is_set(section, "prefix"))
        config_problem(reading, line, "number \"%.100s\": give either match or prefix", title);
    if (is_set(section, "reject") + is_set(section, "replace") + rewrites != 1)
        config_problem(reading, line, "number \"%.100s\": give reject, replace, or strip and prepend", title);
}

/* Called when the brace of a section has been closed. */
static int on_section(cfg_t *cfg, cfg_opt_t *opt)
{
    cfg_t      *section = cfg_opt_getnsec(opt, cfg_opt_size(opt) - 1);
    const char *title   = cfg_title(section);
    char        memory[256];
    struct buf  why  = BUF_ON(memory);
    unsigned    line = (unsigned)cfg->line;

    cfg->flags &= ~CFGF_IGNORE_UNKNOWN;
    if (!is_title(opt->name, title, &why))
        config_problem(reading, line, "%s \"%.100s\": the title must be %s", opt->name, title, buf_cstr(&why));
    if (strcmp(opt->name, "route") == 0 && is_set(section, "to") == is_set(section, "redirect"))
        config_problem(reading, line, "route \"%.100s\": give either to or redirect", title);
    if (strcmp(opt->name, "certificate") == 0 && !(is_set(section, "chain") && is_set(section, "key")))
        config_problem(reading, line, "certificate \"%.100s\": give chain and key", title);
    if (strcmp(opt->name, "number") == 0)
        check_number(section, title, line);
    return 0;
}

static cfg_opt_t string_option(const struct config_key *key)
{
    return (cfg_opt_t){ .name    = key->name,
                        .type    = CFGT_STR,
                        .flags   = CFGF_NODEFAULT | (key->type == CONFIG_LIST ? CFGF_LIST : CFGF_NONE),
                        .validcb = on_value };
}

enum { SECTION_KEYS = 16 };

static const struct config_key *fill_section(const struct config_key *key, const struct config_key *end,
                                             cfg_opt_t *section, cfg_opt_t members[SECTION_KEYS + 1])
{
    size_t count = 0;

    *section = (cfg_opt_t){ .name    = key->name,
                            .type    = CFGT_SEC,
                            .flags   = CFGF_MULTI | CFGF_TITLE | CFGF_NO_TITLE_DUPES,
                            .subopts = members,
                            .validcb = on_section };
    for (key++; key < end && key->section != NULL; key++) {
        assert(count < SECTION_KEYS);
        members[count++] = string_option(key);
    }
    members[count] = (cfg_opt_t)CFG_END();
    return key;
}

/* Everything is a string to libConfuse; our own table knows the types.  cfg_init copies. */
static cfg_t *init_parser(void)
{
    enum { SECTIONS = 16 };
    cfg_opt_t                options[CONFIG_KEYS_MAX + 1], members[SECTIONS][SECTION_KEYS + 1];
    size_t                   key_count, count = 0, sections = 0;
    const struct config_key *keys = config_keys(&key_count), *key = keys, *end = keys + key_count;

    assert(key_count <= CONFIG_KEYS_MAX);
    while (key < end) {
        if (key->type == CONFIG_SECTION) {
            assert(sections < SECTIONS);
            key = fill_section(key, end, &options[count++], members[sections++]);
            continue;
        }
        if (key->type != CONFIG_GROUP)
            options[count++] = string_option(key);
        key++;
    }
    options[count] = (cfg_opt_t)CFG_END();
    return cfg_init(options, CFGF_NONE);
}

cfg_t *config_read(struct config_reader *r, const char *text)
{
    cfg_t *cfg = init_parser();

    if (cfg == NULL)
        return NULL;
    reading = r;
    cfg_set_error_function(cfg, on_error);
    if (*text != '\0' && cfg_parse_buf(cfg, text) != CFG_SUCCESS && r->problems == 0)
        config_problem(r, (unsigned)cfg->line, "cannot be read");
    reading = NULL;
    return cfg;
}
