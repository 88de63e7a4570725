/* SPDX-License-Identifier: BSD-2-Clause */
#include "server/config.h"

#include "base/error.h"
#include "server/config_read.h"
#include "server/config_text.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { ARENA_LIMIT = 4 * CONFIG_TEXT_MAX };

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

static void take_scalar(struct config *c, const struct config_key *key, cfg_opt_t *opt)
{
    struct config_value value = { .number = key->preset };
    char                memory[256];
    struct buf          why = BUF_ON(memory);

    if (key->preset_text != NULL)
        value.text = slice_from(key->preset_text);
    if (cfg_opt_size(opt) > 0)
        (void)config_value_parse(key, slice_from(cfg_opt_getnstr(opt, 0)), &value, &why);
    value.text = arena_copy(&c->arena, value.text);
    config_value_set(c, key, &value);
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

static void take_texts(struct config *c, cfg_opt_t *opt, struct slice **texts, size_t *taken)
{
    size_t count = cfg_opt_size(opt);

    *texts = array(&c->arena, count, sizeof **texts);
    for (unsigned i = 0; *texts != NULL && i < count; i++)
        (*texts)[(*taken)++] = arena_copy(&c->arena, slice_from(cfg_opt_getnstr(opt, i)));
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
    enum { DEFAULTS = 8 };
    size_t      count = cfg_opt_size(opt);
    struct scan s     = scan_from(slice_from(key->preset_text));

    c->listen_is_default = count == 0;
    c->listens           = array(&c->arena, count == 0 ? DEFAULTS : count, sizeof *c->listens);
    if (c->listens == NULL)
        return;
    for (unsigned i = 0; i < count; i++)
        add_listen(c, key, slice_from(cfg_opt_getnstr(opt, i)));
    for (struct slice one; count == 0 && c->listen_count < DEFAULTS && scan_until(&s, ",", &one);) {
        add_listen(c, key, slice_trim(one));
        scan_byte(&s, ',');
    }
}

static struct slice section_text(struct config *c, cfg_t *section, const char *name)
{
    return cfg_size(section, name) == 0 ? SLICE("") : arena_copy(&c->arena, slice_from(cfg_getstr(section, name)));
}

static void take_routes(struct config *c, cfg_opt_t *opt)
{
    size_t count = cfg_opt_size(opt);

    c->routes = array(&c->arena, count, sizeof *c->routes);
    for (unsigned i = 0; c->routes != NULL && i < count; i++) {
        cfg_t *section = cfg_opt_getnsec(opt, i);

        c->routes[c->route_count++] = (struct config_route){
            .domain   = copy_lower(&c->arena, slice_from(cfg_title(section))),
            .to       = section_text(c, section, "to"),
            .redirect = section_text(c, section, "redirect"),
        };
    }
}

static void take_redirects(struct config *c, cfg_opt_t *opt)
{
    size_t count = cfg_opt_size(opt);

    c->redirects = array(&c->arena, count, sizeof *c->redirects);
    for (unsigned i = 0; c->redirects != NULL && i < count; i++) {
        cfg_t *section = cfg_opt_getnsec(opt, i);

        c->redirects[c->redirect_count++] = (struct config_redirect){
            .domain = copy_lower(&c->arena, slice_from(cfg_title(section))),
            .to     = section_text(c, section, "to"),
        };
    }
}

static void take_certificates(struct config *c, cfg_opt_t *opt)
{
    size_t count = cfg_opt_size(opt);

    c->certificates = array(&c->arena, count, sizeof *c->certificates);
    for (unsigned i = 0; c->certificates != NULL && i < count; i++) {
        cfg_t *section = cfg_opt_getnsec(opt, i);

        c->certificates[c->certificate_count++] = (struct config_certificate){
            .domain = copy_lower(&c->arena, slice_from(cfg_title(section))),
            .chain  = section_text(c, section, "chain"),
            .key    = section_text(c, section, "key"),
            .line   = (unsigned)section->line,
        };
    }
}

static void take_sections(struct config *c, const struct config_key *key, cfg_opt_t *opt)
{
    if (strcmp(key->name, "route") == 0)
        take_routes(c, opt);
    else if (strcmp(key->name, "redirect") == 0)
        take_redirects(c, opt);
    else
        take_certificates(c, opt);
}

static void take(struct config *c, const struct config_key *key, cfg_t *cfg)
{
    switch (key->type) {
    case CONFIG_BOOL:
    case CONFIG_INTEGER:
    case CONFIG_DURATION:
    case CONFIG_LEVEL:
    case CONFIG_STRING:
        take_scalar(c, key, cfg_getopt(cfg, key->name));
        break;
    case CONFIG_LIST:
        if (key->check == VALUE_LISTEN)
            take_listens(c, key, cfg_getopt(cfg, key->name));
        else if (key->check == VALUE_LOG_LEVEL)
            take_texts(c, cfg_getopt(cfg, key->name), &c->log_levels, &c->log_level_count);
        else if (key->check == VALUE_ORIGIN)
            take_texts(c, cfg_getopt(cfg, key->name), &c->websocket_origins, &c->websocket_origin_count);
        else
            take_domains(c, cfg_getopt(cfg, key->name));
        break;
    case CONFIG_SECTION:
        take_sections(c, key, cfg_getopt(cfg, key->name));
        break;
    case CONFIG_GROUP:
    case CONFIG_SECTION_STRING:
        break;
    }
}

static int build(cfg_t *cfg, struct config **out)
{
    struct config           *c = calloc(1, sizeof *c);
    size_t                   count;
    const struct config_key *keys = config_keys(&count);

    if (c == NULL)
        return -ERR_NO_MEMORY;
    arena_init(&c->arena, NULL, 0, ARENA_LIMIT);
    for (size_t i = 0; i < count; i++)
        take(c, &keys[i], cfg);
    if (c->state.len == 0)
        c->state = state_folder(&c->arena);
    if (c->realm.len == 0 && c->domain_count > 0)
        c->realm = c->domains[0];
    if (!arena_ok(&c->arena)) {
        config_free(c);
        return -ERR_NO_MEMORY;
    }
    *out = c;
    return 0;
}

/* Where a key was set last; 0: nowhere. */
static unsigned line_of(const struct config_reader *r, const char *key)
{
    size_t                   count;
    const struct config_key *keys = config_keys(&count);

    return r->lines[config_key_find(NULL, slice_from(key)) - keys];
}

/* What later messages about files will say. */
static void note_places(const struct config_reader *r, struct config *c)
{
    c->name             = arena_copy(&c->arena, slice_from(r->name));
    c->tls_trust_line   = line_of(r, "tls_trust");
    c->tls_ciphers_line = line_of(r, "tls_ciphers");
}

/* Two keys that contradict each other: said at the line of either that is in the file. */
static void check_order(struct config_reader *r, const char *less, msec low, const char *more, msec high)
{
    unsigned   line = line_of(r, less);
    char       memory[64];
    struct buf b = BUF_ON(memory);

    if (low <= high)
        return;
    if (line == 0)
        line = line_of(r, more);
    config_duration_write(&b, low);
    buf_put(&b, SLICE(" and "));
    config_duration_write(&b, high);
    config_problem(r, line, "%s must not be greater than %s (they are %s)", less, more, buf_cstr(&b));
}

/* Said at the line of the key. */
static void check_metrics(struct config_reader *r, const struct config *c)
{
    struct address address;

    if (c->metrics.len == 0 || c->metrics_remote || !address_parse(c->metrics, &address) ||
        address_is_loopback(&address))
        return;
    config_problem(
        r, line_of(r, "metrics"),
        "metrics on %.*s could be read from other hosts: take a loopback address, or set metrics_remote = true",
        SLICE_ARG(c->metrics));
}

static void check_together(struct config_reader *r, const struct config *c)
{
    check_order(r, "min_expires", c->min_expires, "default_expires", c->default_expires);
    check_order(r, "default_expires", c->default_expires, "max_expires", c->max_expires);
    check_order(r, "t1", c->t1, "t2", c->t2);
    check_metrics(r, c);
    if (c->redirect_count > 0 && !c->redirect_server)
        config_problem(r, 0, "redirect sections mean nothing without redirect_server = true");
}

static int read_text(struct config_reader *r, char *text, size_t len, const struct config **out)
{
    struct config_text_fault fault;
    struct config           *c = NULL;
    cfg_t                   *cfg;
    int                      error = 0;

    if (!config_text_prepare(text, len, &fault)) {
        config_problem(r, fault.line, "%s", fault.what);
        return -ERR_SYNTAX;
    }
    cfg = config_read(r, text);
    if (cfg == NULL)
        return -ERR_NO_MEMORY;
    if (r->problems == 0)
        error = build(cfg, &c);
    if (error == 0 && r->problems == 0) {
        note_places(r, c);
        check_together(r, c);
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
    error          = read_text(&r, copy, text.len, out);
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

void config_free(const struct config *c)
{
    struct config *mine = (struct config *)c; /* the only place that may change it */

    if (mine == NULL)
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
    for (size_t i = 0; i < c->log_level_count; i++)
        (void)log_levels_assign(levels, c->log_levels[i], &why); /* looked at when they were read */
}

void config_state_path(const struct config *c, struct buf *path, const char *file)
{
    buf_put(path, c->state);
    buf_put_byte(path, '/');
    buf_put(path, slice_from(file));
}
