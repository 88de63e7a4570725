/* SPDX-License-Identifier: BSD-2-Clause */
#include "server/config.h"

#include "base/error.h"
#include "server/config_read.h"
#include "server/config_text.h"
#include "server/config_together.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { ARENA_LIMIT = 4 * CONFIG_TEXT_MAX, PRESET_ELEMENTS = 8 };

static struct slice copy_lower(struct arena *a, struct slice text)
{
    struct slice copy = arena_copy(a, text);

    for (size_t i = 0; i < copy.len; i++)
        ((char *)copy.ptr)[i] = ascii_lower(copy.ptr[i]);
    return copy;
}

/* This host's name, as the only domain of a server that was told nothing. */
static struct slice host_name(struct arena *a)
{
    static const struct config_key domain = { .type = CONFIG_LIST, .name = "domain", .check = VALUE_NAME };
    char                           name[256];
    struct config_value            value;
    char                           memory[128];
    struct buf                     why = BUF_ON(memory);

    if (gethostname(name, sizeof name) != 0)
        return SLICE("localhost");
    name[sizeof name - 1] = '\0';
    if (!config_value_parse(&domain, slice_from(name), &value, &why))
        return SLICE("localhost");
    return copy_lower(a, slice_from(name));
}

static struct slice state_folder(struct arena *a)
{
    char        memory[1024];
    struct buf  path = BUF_ON(memory);
    const char *xdg = getenv("XDG_STATE_HOME"), *home = getenv("HOME");

    if (geteuid() == 0)
        return SLICE("/var/lib/ahoy");
    if (xdg != NULL && xdg[0] == '/')
        buf_printf(&path, "%s/ahoy", xdg);
    else if (home != NULL && home[0] == '/')
        buf_printf(&path, "%s/.local/state/ahoy", home);
    if (path.len == 0 || !buf_ok(&path))
        return SLICE("/var/lib/ahoy");
    return arena_copy(a, buf_slice(&path));
}

static void *array(struct arena *a, size_t count, size_t size)
{
    return arena_alloc(a, count * size);
}

static void take_scalar(struct config *c, void *owner, const struct config_key *key, cfg_opt_t *opt)
{
    struct config_value value = { .number = key->preset };
    char                memory[256];
    struct buf          why = BUF_ON(memory);

    if (key->preset_text != NULL)
        value.text = slice_from(key->preset_text);
    if (cfg_opt_size(opt) > 0)
        (void)config_value_parse(key, slice_from(cfg_opt_getnstr(opt, 0)), &value, &why);
    value.text = arena_copy(&c->arena, value.text);
    config_value_set(owner, key, &value);
}

static void take_domains(struct config *c, cfg_opt_t *opt)
{
    size_t count = cfg_opt_size(opt);

    c->domains = array(&c->arena, count == 0 ? 1 : count, sizeof *c->domains);
    if (c->domains == NULL)
        return;
    if (count == 0)
        c->domains[c->domain_count++] = host_name(&c->arena);
    for (unsigned i = 0; i < count; i++)
        c->domains[c->domain_count++] = copy_lower(&c->arena, slice_from(cfg_opt_getnstr(opt, i)));
}

/* The elements, or else those of the preset. */
static struct config_list take_list(struct config *c, const struct config_key *key, cfg_opt_t *opt)
{
    size_t             count  = cfg_opt_size(opt);
    struct scan        preset = scan_from(slice_from(count > 0 || key->preset_text == NULL ? "" : key->preset_text));
    struct slice       one;
    struct config_list list = { array(&c->arena, count > 0 ? count : PRESET_ELEMENTS, sizeof *list.texts), 0 };

    for (unsigned i = 0; list.texts != NULL && i < count; i++)
        list.texts[list.count++] = arena_copy(&c->arena, slice_from(cfg_opt_getnstr(opt, i)));
    while (list.texts != NULL && list.count < PRESET_ELEMENTS && scan_until(&preset, ",", &one)) {
        list.texts[list.count++] = slice_trim(one);
        scan_byte(&preset, ',');
    }
    return list;
}

static void add_listen(struct config *c, const struct config_key *key, struct slice text)
{
    struct config_value value;
    char                memory[256];
    struct buf          why = BUF_ON(memory);

    if (!config_value_parse(key, text, &value, &why))
        return;
    value.listen.advertise        = arena_copy(&c->arena, value.listen.advertise);
    c->listens[c->listen_count++] = value.listen;
}

static void take_listens(struct config *c, const struct config_key *key, cfg_opt_t *opt)
{
    size_t      count = cfg_opt_size(opt);
    struct scan s     = scan_from(slice_from(key->preset_text));

    c->listen_is_default = count == 0;
    c->listens           = array(&c->arena, count == 0 ? PRESET_ELEMENTS : count, sizeof *c->listens);
    if (c->listens == NULL)
        return;
    for (unsigned i = 0; i < count; i++)
        add_listen(c, key, slice_from(cfg_opt_getnstr(opt, i)));
    for (struct slice one; count == 0 && c->listen_count < PRESET_ELEMENTS && scan_until(&s, ",", &one);) {
        add_listen(c, key, slice_trim(one));
        scan_byte(&s, ',');
    }
}

static void take_member(struct config *c, const struct config_key *key, cfg_opt_t *opt, void *section)
{
    if (cfg_opt_size(opt) == 0 && config_value_inherit(c, section, key))
        return;
    if (key->type == CONFIG_LIST)
        *(struct config_list *)(void *)((char *)section + key->offset) = take_list(c, key, opt);
    else
        take_scalar(c, section, key, opt);
}

/* A user is who he is in this case only. */
static struct slice copy_title(struct arena *a, struct slice title)
{
    const char  *at   = memrchr(title.ptr, '@', title.len);
    struct slice copy = arena_copy(a, title);

    for (size_t i = at == NULL ? 0 : (size_t)(at - title.ptr); i < copy.len; i++)
        ((char *)copy.ptr)[i] = ascii_lower(copy.ptr[i]);
    return copy;
}

static void take_section(struct config *c, const struct config_key *key, cfg_t *cfg, char *section)
{
    size_t                   count;
    const struct config_key *keys = config_keys(&count), *end = keys + count;
    bool                     is_domain = strncmp(key->title, "domain", strlen("domain")) == 0;

    *(struct slice *)(void *)section                  = is_domain ? copy_title(&c->arena, slice_from(cfg_title(cfg)))
                                                                  : arena_copy(&c->arena, slice_from(cfg_title(cfg)));
    *(unsigned *)(void *)(section + key->line_offset) = (unsigned)cfg->line;
    for (const struct config_key *member = key + 1; member < end && member->section != NULL; member++)
        take_member(c, member, cfg_getopt(cfg, member->name), section);
}

static void take_sections(struct config *c, const struct config_key *key, cfg_opt_t *opt)
{
    size_t  count   = cfg_opt_size(opt);
    size_t *taken   = (size_t *)(void *)((char *)c + key->count_offset);
    char   *section = array(&c->arena, count, key->size);

    memcpy((char *)c + key->offset, &section, sizeof section);
    for (unsigned i = 0; section != NULL && i < count; i++, section += key->size) {
        take_section(c, key, cfg_opt_getnsec(opt, i), section);
        (*taken)++;
    }
}

static void take(struct config *c, const struct config_key *key, cfg_t *cfg)
{
    cfg_opt_t *opt;

    if (key->type == CONFIG_GROUP || key->section != NULL)
        return;
    opt = cfg_getopt(cfg, key->name);
    if (key->type == CONFIG_SECTION)
        take_sections(c, key, opt);
    else if (key->type != CONFIG_LIST)
        take_scalar(c, c, key, opt);
    else if (!key->parsed)
        *(struct config_list *)(void *)((char *)c + key->offset) = take_list(c, key, opt);
    else if (key->check == VALUE_LISTEN)
        take_listens(c, key, opt);
    else
        take_domains(c, opt);
}

static int build(cfg_t *cfg, struct config **out)
{
    struct config           *c = calloc(1, sizeof *c);
    size_t                   count;
    const struct config_key *keys = config_keys(&count);

    if (c == NULL)
        return -ERR_NO_MEMORY;
    atomic_init(&c->holders, 1);
    arena_init(&c->arena, NULL, 0, ARENA_LIMIT);
    for (size_t i = 0; i < count; i++)
        take(c, &keys[i], cfg);
    if (c->state.len == 0)
        c->state = state_folder(&c->arena);
    if (c->realm.len == 0 && c->domain_count > 0)
        c->realm = c->domains[0];
    for (size_t i = 0; i < c->redirect_count; i++)
        if (c->redirects[i].status == 0)
            c->redirects[i].status = 302;
    if (!arena_ok(&c->arena)) {
        config_free(c);
        return -ERR_NO_MEMORY;
    }
    *out = c;
    return 0;
}

/* What later messages about files will say; and what was read. */
static int note_source(const struct config_reader *r, struct slice text, struct config *c)
{
    c->text             = arena_copy(&c->arena, text);
    c->name             = arena_copy(&c->arena, slice_from(r->name));
    c->tls_trust_line   = config_line_of(r, "tls_trust");
    c->tls_ciphers_line = config_line_of(r, "tls_ciphers");
    return arena_ok(&c->arena) ? 0 : -ERR_NO_MEMORY;
}

/* `text` is a copy of `whole` that may be changed. */
static int read_text(struct config_reader *r, char *text, struct slice whole, const struct config **out)
{
    struct config_text_fault fault;
    struct config           *c = NULL;
    cfg_t                   *cfg;
    int                      error = 0;

    if (!config_text_prepare(text, whole.len, &fault)) {
        config_problem(r, fault.line, "%s", fault.what);
        return -ERR_SYNTAX;
    }
    cfg = config_read(r, text);
    if (cfg == NULL)
        return -ERR_NO_MEMORY;
    if (r->problems == 0)
        error = build(cfg, &c);
    if (error == 0 && r->problems == 0) {
        error = note_source(r, whole, c);
        config_check_together(r, c);
    }
    if (error == 0 && r->problems > 0)
        error = -ERR_SYNTAX;
    if (error == 0)
        *out = c;
    else
        config_free(c);
    cfg_free(cfg);
    return error;
}

int config_parse(struct slice text, const char *name, config_problem_fn *report, void *arg, const struct config **out)
{
    struct config_reader r = { .name = name, .report = report, .arg = arg };
    char                *copy;
    int                  error;

    if (text.len > CONFIG_TEXT_MAX) {
        config_problem(&r, 0, "larger than %d bytes", CONFIG_TEXT_MAX);
        return -ERR_TOO_LARGE;
    }
    copy = malloc(text.len + 1);
    if (copy == NULL)
        return -ERR_NO_MEMORY;
    if (text.len > 0)
        memcpy(copy, text.ptr, text.len);
    copy[text.len] = '\0';
    error          = read_text(&r, copy, text, out);
    free(copy);
    return error;
}

int config_default(const struct config **out)
{
    return config_parse(SLICE(""), "default", NULL, NULL, out);
}

static int error_of_errno(int cause)
{
    if (cause == ENOENT || cause == ENOTDIR)
        return -ERR_NOT_FOUND;
    return cause == EACCES ? -ERR_PERMISSION : -ERR_IO;
}

int config_load(const char *path, config_problem_fn *report, void *arg, const struct config **out)
{
    struct config_reader r    = { .name = path, .report = report, .arg = arg };
    FILE                *file = fopen(path, "rbe");
    char                *text = malloc(CONFIG_TEXT_MAX + 1);
    size_t               len;
    int                  error = -ERR_NO_MEMORY;

    if (file == NULL || text == NULL) {
        if (file == NULL) {
            error = error_of_errno(errno);
            config_problem(&r, 0, "cannot be opened: %s", strerror(errno));
        } else {
            fclose(file);
        }
        free(text);
        return error;
    }
    len   = fread(text, 1, CONFIG_TEXT_MAX + 1, file);
    error = ferror(file) ? error_of_errno(errno) : 0;
    if (error != 0)
        config_problem(&r, 0, "cannot be read: %s", strerror(errno));
    else
        error = config_parse((struct slice){ text, len }, path, report, arg, out);
    fclose(file);
    free(text);
    return error;
}

const struct config *config_hold(const struct config *c)
{
    atomic_fetch_add_explicit(&((struct config *)c)->holders, 1, memory_order_relaxed);
    return c;
}

void config_free(const struct config *c)
{
    struct config *mine = (struct config *)c; /* here, and where it is held, it may be changed */

    if (mine == NULL || atomic_fetch_sub_explicit(&mine->holders, 1, memory_order_acq_rel) > 1)
        return;
    arena_fini(&mine->arena);
    free(mine);
}

bool config_is_our_domain(const struct config *c, struct slice host)
{
    for (size_t i = 0; i < c->domain_count; i++)
        if (slice_eq_nocase(c->domains[i], host))
            return true;
    return false;
}

enum tls_clients config_tls_clients(const struct config *c)
{
    if (slice_eq(c->tls_clients, SLICE("required")))
        return TLS_CLIENTS_REQUIRED;
    return slice_eq(c->tls_clients, SLICE("optional")) ? TLS_CLIENTS_OPTIONAL : TLS_CLIENTS_NONE;
}

void config_log_levels(const struct config *c, struct log_levels *levels)
{
    const char *why;

    log_levels_init(levels, c->log_level);
    for (size_t i = 0; i < c->log_levels.count; i++)
        (void)log_levels_assign(levels, c->log_levels.texts[i], &why); /* looked at when they were read */
}

void config_state_path(const struct config *c, struct buf *path, const char *file)
{
    buf_put(path, c->state);
    buf_put_byte(path, '/');
    buf_put(path, slice_from(file));
}
