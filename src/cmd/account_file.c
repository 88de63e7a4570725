/* SPDX-License-Identifier: BSD-2-Clause */
#include "cmd/account_file.h"

#include "cmd/exit_code.h"
#include "server/config_text.h"

#include <confuse.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FILE_MAX = 256 * 1024 };

bool account_file_path(char *path, size_t size)
{
    const char *xdg = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");
    int         n = -1;

    if (xdg != NULL && *xdg != '\0')
        n = snprintf(path, size, "%s/ahoy/accounts", xdg);
    else if (home != NULL && *home != '\0')
        n = snprintf(path, size, "%s/.config/ahoy/accounts", home);
    return n > 0 && (size_t)n < size;
}

static int complain(const char *path, const char *problem)
{
    fprintf(stderr, "ahoy: %s: %s\n", path, problem);
    return EXIT_CONFIG;
}

/* ---- reading ---- */

static void print_fault(cfg_t *cfg, const char *format, va_list args)
{
    char path[PATH_MAX] = "accounts"; /* a buffer has no name that libConfuse could tell */

    account_file_path(path, sizeof path);
    fprintf(stderr, "ahoy: %s:%d: ", path, cfg->line);
    vfprintf(stderr, format, args);
    fputc('\n', stderr);
}

/* False if it is too long. */
static bool take_text(char *to, size_t size, const char *text)
{
    int n = snprintf(to, size, "%s", text == NULL ? "" : text);

    return n >= 0 && (size_t)n < size;
}

static const char *const transfer_names[] = {
    [TRANSFER_ASK] = "ask", [TRANSFER_ALLOW] = "allow", [TRANSFER_REFUSE] = "refuse", NULL
};

static const char *const watchers_names[] = {
    [WATCHERS_STATE] = "state", [WATCHERS_DETAILS] = "details", [WATCHERS_NONE] = "none", NULL
};

static bool take_word(const char *const *names, const char *word, unsigned *value)
{
    for (unsigned i = 0; names[i] != NULL; i++)
        if (word != NULL && strcmp(word, names[i]) == 0) {
            *value = i;
            return true;
        }
    return false;
}

bool account_watchers_read(const char *word, enum call_watchers *watchers)
{
    unsigned value;
    bool     known = take_word(watchers_names, word, &value);

    if (known)
        *watchers = (enum call_watchers)value;
    return known;
}

static const char *const presence_names[] = {
    [PRESENCE_ASKS] = "ask", [PRESENCE_DOMAIN] = "domain", [PRESENCE_NOBODY] = "none", NULL
};

bool account_presence_read(const char *word, enum presence_viewers *presence)
{
    unsigned value;
    bool     known = take_word(presence_names, word, &value);

    if (known)
        *presence = (enum presence_viewers)value;
    return known;
}

static bool take_entry(cfg_t *section, struct account_entry *e)
{
    long     expires = cfg_getint(section, "expires"), keep_alive = cfg_getint(section, "keep_alive");
    unsigned transfer;

    if (expires < 1 || expires > 7L * 24 * 3600 || keep_alive < 0 || keep_alive > ACCOUNT_KEEP_ALIVE_MAX)
        return false;
    if (!take_word(transfer_names, cfg_getstr(section, "transfer"), &transfer) ||
        !account_watchers_read(cfg_getstr(section, "watchers"), &e->watchers) ||
        !account_presence_read(cfg_getstr(section, "presence"), &e->presence))
        return false;
    e->transfer      = (enum transfer_policy)transfer;
    e->expires       = (uint32_t)expires;
    e->keep_alive    = (uint32_t)keep_alive;
    e->tls_no_verify = !cfg_getbool(section, "tls_verify");
    e->strict        = cfg_getbool(section, "strict");
    return take_text(e->name, sizeof e->name, cfg_title(section)) &&
           take_text(e->address, sizeof e->address, cfg_getstr(section, "address")) &&
           take_text(e->user, sizeof e->user, cfg_getstr(section, "user")) &&
           take_text(e->password, sizeof e->password, cfg_getstr(section, "password")) &&
           take_text(e->display, sizeof e->display, cfg_getstr(section, "display")) &&
           take_text(e->registrar, sizeof e->registrar, cfg_getstr(section, "registrar")) &&
           take_text(e->proxy, sizeof e->proxy, cfg_getstr(section, "proxy")) &&
           take_text(e->second_proxy, sizeof e->second_proxy, cfg_getstr(section, "second_proxy")) &&
           take_text(e->instance, sizeof e->instance, cfg_getstr(section, "instance")) &&
           take_text(e->tls_trust, sizeof e->tls_trust, cfg_getstr(section, "tls_trust")) &&
           take_text(e->tls_certificate, sizeof e->tls_certificate, cfg_getstr(section, "tls_certificate")) &&
           take_text(e->tls_key, sizeof e->tls_key, cfg_getstr(section, "tls_key")) && e->address[0] != '\0';
}

static int take_all(cfg_t *cfg, const char *path, struct account_list *list)
{
    unsigned count = cfg_size(cfg, "account");

    if (count > ACCOUNT_COUNT_MAX)
        return complain(path, "too many accounts");
    for (unsigned i = 0; i < count; i++) {
        cfg_t *section = cfg_getnsec(cfg, "account", i);

        if (!take_entry(section, &list->entries[i])) {
            fprintf(stderr, "ahoy: %s: account '%s': a value is missing, too long or out of range\n", path,
                    cfg_title(section));
            return EXIT_CONFIG;
        }
    }
    list->count = count;
    return EXIT_OK;
}

static int parse(const char *text, const char *path, struct account_list *list)
{
    cfg_opt_t account[] = {
        CFG_STR("address", "", CFGF_NONE),
        CFG_STR("user", "", CFGF_NONE),
        CFG_STR("password", "", CFGF_NONE),
        CFG_STR("display", "", CFGF_NONE),
        CFG_STR("registrar", "", CFGF_NONE),
        CFG_STR("proxy", "", CFGF_NONE),
        CFG_BOOL("strict", cfg_false, CFGF_NONE),
        CFG_STR("second_proxy", "", CFGF_NONE),
        CFG_STR("instance", "", CFGF_NONE),
        CFG_INT("expires", 3600, CFGF_NONE),
        CFG_INT("keep_alive", ACCOUNT_KEEP_ALIVE, CFGF_NONE),
        CFG_STR("transfer", "ask", CFGF_NONE),
        CFG_STR("tls_trust", "", CFGF_NONE),
        CFG_BOOL("tls_verify", cfg_true, CFGF_NONE),
        CFG_STR("tls_certificate", "", CFGF_NONE),
        CFG_STR("tls_key", "", CFGF_NONE),
        CFG_STR("watchers", "state", CFGF_NONE),
        CFG_STR("presence", "ask", CFGF_NONE),
        CFG_END(),
    };
    cfg_opt_t options[] = { CFG_SEC("account", account, CFGF_MULTI | CFGF_TITLE | CFGF_NO_TITLE_DUPES), CFG_END() };
    cfg_t    *cfg       = cfg_init(options, CFGF_NONE);
    int       code;

    if (cfg == NULL)
        return complain(path, "out of memory");
    cfg_set_error_function(cfg, print_fault);
    code = EXIT_OK;
    if (*text != '\0') /* libConfuse calls an empty buffer an error */
        code = cfg_parse_buf(cfg, text) == CFG_SUCCESS ? take_all(cfg, path, list) : EXIT_CONFIG;
    cfg_free(cfg);
    return code;
}

/* All of it, made ready for libConfuse, with a NUL. */
static int read_text(FILE *file, const char *path, char text[FILE_MAX + 1])
{
    struct config_text_fault fault;
    size_t                   len = fread(text, 1, FILE_MAX + 1, file);

    if (ferror(file))
        return complain(path, strerror(errno));
    if (len > FILE_MAX)
        return complain(path, "too large for a list of accounts");
    text[len] = '\0';
    if (config_text_prepare(text, len, &fault))
        return EXIT_OK;
    fprintf(stderr, "ahoy: %s:%u: %s\n", path, fault.line, fault.what);
    return EXIT_CONFIG;
}

static int read_accounts(FILE *file, const char *path, struct account_list *list)
{
    char *text = malloc(FILE_MAX + 1);
    int   code;

    if (text == NULL)
        return complain(path, "out of memory");
    code = read_text(file, path, text);
    if (code == EXIT_OK)
        code = parse(text, path, list);
    explicit_bzero(text, FILE_MAX + 1);
    free(text);
    return code;
}

/* What is in it must be nobody else's business. */
static int check_mode(int fd, const char *path)
{
    struct stat facts;

    if (fstat(fd, &facts) != 0)
        return complain(path, strerror(errno));
    if (!S_ISREG(facts.st_mode))
        return complain(path, "not a regular file");
    if (facts.st_uid != geteuid() && geteuid() != 0)
        return complain(path, "belongs to another user");
    if ((facts.st_mode & 077) == 0)
        return EXIT_OK;
    fprintf(stderr, "ahoy: %s: holds passwords but others may read it (mode %03o)\nTry: chmod 600 '%s'\n", path,
            (unsigned)facts.st_mode & 0777, path);
    return EXIT_CONFIG;
}

int account_file_load(struct account_list *list)
{
    char  path[PATH_MAX];
    FILE *file;
    int   code;

    list->count = 0;
    if (!account_file_path(path, sizeof path))
        return EXIT_OK; /* who has no home has no accounts either; account_file_save complains */
    file = fopen(path, "re");
    if (file == NULL)
        return errno == ENOENT ? EXIT_OK : complain(path, strerror(errno));
    code = check_mode(fileno(file), path);
    if (code == EXIT_OK)
        code = read_accounts(file, path, list);
    fclose(file);
    return code;
}

/* ---- writing ---- */

/* Single quotes: libConfuse expands nothing in them. */
static void put_value(FILE *file, const char *key, const char *value)
{
    if (*value == '\0')
        return;
    fprintf(file, "    %-9s = '", key);
    for (; *value != '\0'; value++) {
        if (*value == '\'' || *value == '\\')
            fputc('\\', file);
        fputc(*value, file);
    }
    fputs("'\n", file);
}

static void put_entry(FILE *file, const struct account_entry *e)
{
    fputs("account '", file);
    for (const char *c = e->name; *c != '\0'; c++)
        if (*c != '\'' && *c != '\\')
            fputc(*c, file);
    fputs("' {\n", file);
    put_value(file, "address", e->address);
    put_value(file, "user", e->user);
    put_value(file, "password", e->password);
    put_value(file, "display", e->display);
    put_value(file, "registrar", e->registrar);
    put_value(file, "proxy", e->proxy);
    if (e->strict)
        fputs("    strict    = true\n", file);
    put_value(file, "second_proxy", e->second_proxy);
    put_value(file, "instance", e->instance);
    put_value(file, "tls_trust", e->tls_trust);
    put_value(file, "tls_certificate", e->tls_certificate);
    put_value(file, "tls_key", e->tls_key);
    if (e->tls_no_verify)
        fputs("    tls_verify = false\n", file);
    fprintf(file, "    expires   = %u\n", e->expires);
    if (e->keep_alive != ACCOUNT_KEEP_ALIVE)
        fprintf(file, "    keep_alive = %u\n", e->keep_alive);
    if (e->transfer != TRANSFER_ASK)
        put_value(file, "transfer", transfer_names[e->transfer]);
    if (e->watchers != WATCHERS_STATE)
        put_value(file, "watchers", watchers_names[e->watchers]);
    if (e->presence != PRESENCE_ASKS)
        put_value(file, "presence", presence_names[e->presence]);
    fputs("}\n", file);
}

static int make_folder(const char *path)
{
    char  folder[PATH_MAX];
    char *slash;

    snprintf(folder, sizeof folder, "%s", path);
    for (slash = strchr(folder + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        if (mkdir(folder, 0700) != 0 && errno != EEXIST)
            return complain(folder, strerror(errno));
        *slash = '/';
    }
    return EXIT_OK;
}

static bool write_to(int fd, const struct account_list *list)
{
    FILE *file = fdopen(fd, "w");
    bool  good;

    if (file == NULL) {
        close(fd);
        return false;
    }
    fputs("# Accounts of ahoy's phone; the first one is the default.  See ahoy(1).\n", file);
    for (size_t i = 0; i < list->count; i++)
        put_entry(file, &list->entries[i]);
    good = fflush(file) == 0 && fsync(fd) == 0 && !ferror(file);
    return fclose(file) == 0 && good;
}

int account_file_save(const struct account_list *list)
{
    char path[PATH_MAX], fresh[PATH_MAX + 8];
    int  fd, code;

    if (!account_file_path(path, sizeof path))
        return complain("accounts", "neither XDG_CONFIG_HOME nor HOME is set");
    code = make_folder(path);
    if (code != EXIT_OK)
        return code;
    snprintf(fresh, sizeof fresh, "%s.XXXXXX", path);
    fd = mkostemp(fresh, O_CLOEXEC); /* mode 0600 */
    if (fd < 0)
        return complain(path, strerror(errno));
    if (write_to(fd, list) && rename(fresh, path) == 0)
        return EXIT_OK;
    code = errno == ENOSPC || errno == EDQUOT ? EXIT_DISK_FULL : EXIT_ERROR;
    complain(path, strerror(errno));
    unlink(fresh);
    return code;
}

/* ---- finding ---- */

struct account_entry *account_list_find(struct account_list *list, const char *name)
{
    if (name == NULL)
        return list->count > 0 ? &list->entries[0] : NULL;
    for (size_t i = 0; i < list->count; i++) {
        struct account_entry *e = &list->entries[i];

        if (strcmp(e->name, name) == 0 || strcmp(e->address, name) == 0 ||
            (strncmp(e->address, "sip:", 4) == 0 && strcmp(e->address + 4, name) == 0))
            return e;
    }
    return NULL;
}

struct account_config account_entry_config(const struct account_entry *e)
{
    return (struct account_config){
        .aor          = slice_from(e->address),
        .display      = slice_from(e->display),
        .auth_user    = slice_from(e->user),
        .password     = slice_from(e->password),
        .registrar    = slice_from(e->registrar),
        .proxy        = slice_from(e->proxy),
        .strict       = e->strict,
        .second_proxy = slice_from(e->second_proxy),
        .instance     = slice_from(e->instance),
        .expires      = e->expires,
        .keep_alive   = e->keep_alive,
        .transfer     = e->transfer,
        .watchers     = e->watchers,
        .presence     = e->presence,
    };
}
