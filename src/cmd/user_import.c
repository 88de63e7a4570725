/* SPDX-License-Identifier: BSD-2-Clause */
/* user_import.c - `ahoy user import`: many users, from a table (CSV).
 *
 * Passwords are hashed here and go no further. */

#include "base/error.h"
#include "base/json_line.h"
#include "cmd/exit_code.h"
#include "cmd/settings.h"
#include "cmd/user_batch.h"
#include "cmd/user_private.h"
#include "sip/digest.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

enum { OPT_REALM = OPTION_LONG_ONLY, OPT_REPLACE, OPT_SKIP, OPT_DRY_RUN, OPT_STRICT, OPT_JSON };

enum { CHUNK = 64 * 1024, PROGRESS_EVERY = 500 /* ms */ };

static const struct option_entry options[] = {
    OPTION_CONFIG,
    { 'd', "domain", "NAME", "the domain of users whose row names none (default: the first that is configured)" },
    { OPT_REALM, "realm", "TEXT", "what the hashes were made with (default: column 'realm', else the row's domain)" },
    { OPT_REPLACE, "replace", NULL, "who is there already gets the row's password or hashes" },
    { OPT_SKIP, "skip-existing", NULL, "who is there already is left as he is, and is no mistake" },
    { OPT_STRICT, "strict", NULL, "look at the whole file first, and import nothing if there is a mistake in it" },
    { OPT_DRY_RUN, "dry-run", NULL, "change nothing, only say what would be" },
    { OPT_JSON, "json", NULL, "JSON objects on stdout: one for each mistake, then one with the sums" },
    OPTION_TABLE_END,
};

struct tally {
    size_t rows, added, changed, unchanged, skipped, failed, aliases;
    size_t partial; /* rows that lack a hash which phones may choose */
};

struct import {
    const struct command *command;
    const char           *config_path, *domain, *realm, *file;
    bool                  replace, skip, dry_run, strict, json;
    const struct config  *config;
    struct endpoint      *endpoint;
    struct hasher        *hasher;
    char                 *our_realm;

    /* One pass over the file. */
    FILE                *in;
    bool                 checking, has_header;
    struct user_table    table;
    struct user_batches *batches;
    struct tally         tally;
    msec                 began, shown;
    int                  code;
};

static msec clock_now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (msec)t.tv_sec * 1000 + (msec)t.tv_nsec / 1000000;
}

/* ---- what is told ---- */

static bool has_progress(const struct import *im)
{
    return !im->json && isatty(STDERR_FILENO);
}

static void clear_progress(struct import *im)
{
    if (im->shown != 0)
        fputs("\r\033[K", stderr);
    im->shown = 0;
}

static void show_progress(struct import *im)
{
    msec   now  = clock_now();
    size_t done = im->tally.added + im->tally.changed + im->tally.unchanged + im->tally.skipped + im->tally.failed;

    if (!has_progress(im) || now - im->began < PROGRESS_EVERY || now - im->shown < PROGRESS_EVERY)
        return;
    fprintf(stderr, "\r%zu users %s, %.0f/s\033[K", done, im->checking ? "looked at" : "done",
            (double)done * 1000.0 / (double)(now - im->began));
    im->shown = now;
}

/* What the file says is not to move the cursor of a terminal. */
static void print_plain(const char *text)
{
    for (; *text != '\0'; text++)
        fputc((unsigned char)*text < ' ' || *text == 0x7f ? '?' : *text, stderr);
}

static void print_fault_json(const struct import *im, size_t line, const char *who, const char *what)
{
    char             text[2048];
    struct buf       b = BUF_ON(text);
    struct json_line j = json_line_begin(&b);

    json_line_text(&j, "file", slice_from(im->file));
    json_line_number(&j, "line", (int64_t)line);
    if (who != NULL)
        json_line_text(&j, "user", slice_from(who));
    json_line_text(&j, "error", slice_from(what));
    json_line_end(&j);
    puts(buf_cstr(&b));
}

static void fault(struct import *im, size_t line, const char *who, const char *what)
{
    im->tally.failed++;
    if (im->json) {
        print_fault_json(im, line, who, what);
        return;
    }
    clear_progress(im);
    fprintf(stderr, "%s:%zu: ", im->file, line);
    if (who != NULL)
        fprintf(stderr, "%s: ", who);
    print_plain(what);
    fputc('\n', stderr);
}

static void sum_json(const struct tally *t, bool dry, double seconds)
{
    json_t *sums =
        json_pack("{s:b,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:f}", "dry_run", dry, "rows", (json_int_t)t->rows, "added",
                  (json_int_t)t->added, "changed", (json_int_t)t->changed, "unchanged", (json_int_t)t->unchanged,
                  "skipped", (json_int_t)t->skipped, "failed", (json_int_t)t->failed, "aliases", (json_int_t)t->aliases,
                  "partial", (json_int_t)t->partial, "seconds", seconds);

    json_dumpf(sums, stdout, JSON_COMPACT | JSON_REAL_PRECISION(6));
    putchar('\n');
    json_decref(sums);
}

static void warn_of_partial(const struct import *im)
{
    if (im->tally.partial > 0)
        fprintf(stderr,
                "%zu of them have no hash for some of the algorithms that phones may choose, and prove nothing with "
                "those; see key 'digest_algorithms' in ahoy.conf(5)\n",
                im->tally.partial);
}

static void sum_up(struct import *im)
{
    const struct tally *t       = &im->tally;
    double              seconds = (double)(clock_now() - im->began) / 1000.0;

    clear_progress(im);
    if (im->json) {
        sum_json(t, im->checking, seconds);
        return;
    }
    fprintf(stderr, "%s%zu users added, %zu changed, %zu unchanged, %zu skipped; %zu aliases added; %zu mistakes",
            im->checking ? "nothing was changed; it would be: " : "", t->added, t->changed, t->unchanged, t->skipped,
            t->aliases, t->failed);
    fprintf(stderr, "; %.1f seconds\n", seconds);
    warn_of_partial(im);
}

/* ---- what became of a row ---- */

static void exists(struct import *im, size_t line, const char *who)
{
    if (im->skip)
        im->tally.skipped++;
    else if (im->replace)
        fault(im, line, who, "somebody has this name as an alias");
    else
        fault(im, line, who, "is there already, as a user or as an alias; see --replace and --skip-existing");
}

/* When nothing is changed, the server does not say that somebody is refused. */
static void there_already(struct import *im, size_t line, const char *who, size_t *count)
{
    if (im->replace)
        ++*count;
    else
        exists(im, line, who);
}

static void on_event(void *arg, size_t line, const char *who, enum user_event event)
{
    struct import *im = arg;

    switch (event) {
    case USER_EVENT_ADDED:
        im->tally.added++;
        break;
    case USER_EVENT_CHANGED:
        there_already(im, line, who, &im->tally.changed);
        break;
    case USER_EVENT_UNCHANGED:
        there_already(im, line, who, &im->tally.unchanged);
        break;
    case USER_EVENT_EXISTS:
        exists(im, line, who);
        break;
    case USER_EVENT_MISSING:
        fault(im, line, who, "there is no such user, and the file has neither passwords nor hashes");
        break;
    case USER_EVENT_ALIAS:
        im->tally.aliases++;
        break;
    case USER_EVENT_ALIAS_EXISTS:
        fault(im, line, who, "cannot be an alias: somebody else has that name");
        break;
    case USER_EVENT_ALIAS_LIMIT:
        fault(im, line, who, "was not added: a user has at most 100 aliases, or the disk does not keep up");
        break;
    }
    show_progress(im);
}

/* ---- rows ---- */

struct hashes {
    char text[USER_HASHES][DIGEST_HEX];
};

static void make_hashes(const struct import *im, struct user_row *row, struct hashes *h)
{
    static const enum hash_algorithm all[] = { HASH_MD5, HASH_SHA256, HASH_SHA512_256 };

    if (row->password.len == 0)
        return;
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        digest_ha1(im->hasher, all[i], row->name, im->table.our_realm, row->password, h->text[all[i]]);
        row->ha1[all[i]] = slice_from(h->text[all[i]]);
    }
}

static bool aliases_are_ours(const struct import *im, const struct user_row *row)
{
    struct slice rest = row->aliases, alias, domain, name;
    char         number[USER_NUMBER_MAX];

    while (user_row_next_alias(&rest, &alias))
        if (user_alias_of_text(alias, row->domain, number, &domain, &name) && domain.len > 0 &&
            !config_is_our_domain(im->config, domain))
            return false;
    return true;
}

/* Phones are offered these algorithms and choose one. */
static bool is_partial(const struct import *im, const struct user_row *row)
{
    const struct config_list *offered = &im->config->digest_algorithms;

    for (size_t i = 0; i < offered->count && !row->alias_only; i++) {
        struct slice        name      = offered->texts[i];
        enum hash_algorithm algorithm = HASH_MD5;

        if (slice_eq_nocase(name, SLICE("SHA-256")))
            algorithm = HASH_SHA256;
        else if (slice_eq_nocase(name, SLICE("SHA-512-256")))
            algorithm = HASH_SHA512_256;
        if (row->ha1[algorithm].len == 0)
            return true;
    }
    return false;
}

static void take_row(struct import *im, size_t line, const struct slice *fields, size_t count)
{
    struct user_row row;
    struct hashes   hashes;
    char            problem[512], who[USER_NAME_MAX + USER_DOMAIN_MAX + 2];

    im->tally.rows++;
    if (!user_row_read(&im->table, fields, count, &row, problem, sizeof problem)) {
        bool named = user_name_is_good(row.name) && user_domain_is_good(row.domain);

        snprintf(who, sizeof who, "%.*s@%.*s", SLICE_ARG(row.name), SLICE_ARG(row.domain));
        fault(im, line, named ? who : NULL, problem);
        return;
    }
    snprintf(who, sizeof who, "%.*s@%.*s", SLICE_ARG(row.name), SLICE_ARG(row.domain));
    if (!config_is_our_domain(im->config, row.domain) || !aliases_are_ours(im, &row)) {
        fault(im, line, who, "not a domain of this server; see key 'domain' in ahoy.conf(5)");
        return;
    }
    make_hashes(im, &row, &hashes);
    im->tally.partial += is_partial(im, &row);
    im->code = user_batches_add(im->batches, line, &row);
    explicit_bzero(&hashes, sizeof hashes);
}

static void take_header(struct import *im, size_t line, const struct slice *fields, size_t count)
{
    char problem[512];

    im->has_header = true;
    if (user_table_read(&im->table, fields, count, problem, sizeof problem))
        return;
    fault(im, line, NULL, problem);
    im->code = EXIT_USAGE;
}

static void on_row(void *arg, size_t line, const struct slice *fields, size_t count, const char *wrong)
{
    struct import *im = arg;

    if (im->code != EXIT_OK)
        return;
    if (wrong != NULL)
        fault(im, line, NULL, wrong);
    else if (im->has_header)
        take_row(im, line, fields, count);
    else
        take_header(im, line, fields, count);
}

/* ---- a pass over the file ---- */

static void complain(struct import *im, const char *what)
{
    clear_progress(im);
    fprintf(stderr, "ahoy user import: %s: %s\n", im->file, what);
    im->code = EXIT_ERROR;
}

static void read_file(struct import *im, struct csv *csv, char *chunk)
{
    int error = 0;

    for (size_t got; im->code == EXIT_OK && error == 0 && (got = fread(chunk, 1, CHUNK, im->in)) > 0;)
        error = csv_reader_feed(csv, chunk, got);
    if (im->code == EXIT_OK && ferror(im->in))
        complain(im, strerror(errno));
    if (im->code == EXIT_OK && error == 0)
        error = csv_reader_end(csv);
    if (im->code == EXIT_OK && error == -ERR_NO_MEMORY)
        complain(im, error_text(error));
    else if (im->code == EXIT_OK && !im->has_header)
        complain(im, "is empty; the first line names the columns");
}

/* What is good before the end of quotes that do not end is imported. */
static void pass(struct import *im)
{
    char       *chunk = malloc(CHUNK);
    struct csv *csv   = csv_reader_new(on_row, im);

    im->tally      = (struct tally){ .rows = 0 };
    im->has_header = false;
    im->table   = (struct user_table){ .domain    = im->domain != NULL ? slice_from(im->domain) : im->config->domains[0],
                                       .realm     = im->realm != NULL ? slice_from(im->realm) : SLICE(""),
                                       .our_realm = slice_from(im->our_realm) };
    im->batches = user_batches_new(im->endpoint, im->our_realm,
                                   im->checking  ? "check"
                                   : im->replace ? "replace"
                                                 : "new",
                                   on_event, im);
    if (chunk != NULL && csv != NULL && im->batches != NULL)
        read_file(im, csv, chunk);
    else
        complain(im, error_text(ERR_NO_MEMORY));
    if (im->code == EXIT_OK)
        im->code = user_batches_end(im->batches);
    user_batches_free(im->batches);
    csv_reader_free(csv);
    if (chunk != NULL)
        explicit_bzero(chunk, CHUNK);
    free(chunk);
}

/* Of a strict one the first pass says whether there is a second. */
static void passes(struct import *im)
{
    im->began    = clock_now();
    im->checking = im->dry_run || im->strict;
    pass(im);
    if (im->code == EXIT_OK && im->strict && !im->dry_run && im->tally.failed == 0) {
        if (fseek(im->in, 0, SEEK_SET) != 0) {
            complain(im, "cannot be read twice, which --strict needs");
            return;
        }
        im->checking = false;
        pass(im);
    }
    if (im->has_header)
        sum_up(im);
    if (im->code == EXIT_OK && im->tally.failed > 0)
        im->code = EXIT_ERROR;
}

/* ---- the command ---- */

static int get_realm(struct import *im)
{
    json_t *result = NULL;
    int     code   = endpoint_ask(im->endpoint, "user.realm", NULL, &result);

    if (code == EXIT_OK)
        im->our_realm = strdup(json_string_value(json_object_get(result, "realm")));
    json_decref(result);
    return code;
}

static int run(struct import *im)
{
    bool is_stdin = strcmp(im->file, "-") == 0;

    if (is_stdin && im->strict)
        return options_complain(im->command, "--strict reads a file twice, which stdin cannot be");
    im->in = is_stdin ? stdin : fopen(im->file, "re");
    if (im->in == NULL) {
        complain(im, strerror(errno));
        return EXIT_ERROR;
    }
    if (is_stdin)
        im->file = "stdin";
    im->code = endpoint_open("user import", im->config, &im->endpoint);
    if (im->code == EXIT_OK)
        im->code = get_realm(im);
    im->hasher = hasher_new();
    if (im->code == EXIT_OK && (im->hasher == NULL || im->our_realm == NULL))
        complain(im, error_text(ERR_NO_MEMORY));
    if (im->code == EXIT_OK)
        passes(im);
    endpoint_close(im->endpoint);
    hasher_free(im->hasher);
    free(im->our_realm);
    if (!is_stdin)
        fclose(im->in);
    return im->code;
}

static void take_option(struct import *im, int letter, const char *value)
{
    switch (letter) {
    case 'c':
        im->config_path = value;
        break;
    case 'd':
        im->domain = value;
        break;
    case OPT_REALM:
        im->realm = value;
        break;
    case OPT_REPLACE:
        im->replace = true;
        break;
    case OPT_SKIP:
        im->skip = true;
        break;
    case OPT_STRICT:
        im->strict = true;
        break;
    case OPT_DRY_RUN:
        im->dry_run = true;
        break;
    case OPT_JSON:
        im->json = true;
        break;
    }
}

static int run_import(const struct command *command, int argc, char **argv)
{
    struct options o  = options_of(command, argc, argv);
    struct import  im = { .command = command };
    int            code;

    for (int letter; (letter = options_next(&o)) != OPTIONS_END;)
        take_option(&im, letter, o.value);
    if (o.exit_code >= 0)
        return o.exit_code;
    if (argc - o.index != 1)
        return options_complain(command, "give one file, or - for stdin");
    if (im.replace && im.skip)
        return options_complain(command, "give either --replace or --skip-existing");
    if (!options_is_text(command, im.domain) || !options_is_text(command, im.realm))
        return EXIT_USAGE;
    im.file = argv[o.index];
    code    = settings_load(im.config_path, &im.config);
    if (code == EXIT_OK)
        code = run(&im);
    config_free(im.config);
    return code;
}

const struct command command_user_import = {
    .name     = "user import",
    .summary  = "let many people register here, from a table (CSV)",
    .synopsis = "[OPTION...] FILE|-",
    .details  = USER_EFFECTIVE
    " The first line names the columns: name (or username, user), domain, password, ha1, ha1_sha256, ha1_sha512_256, "
    "realm, aliases (several are separated by blanks); others are not used, so that the table 'subscriber' of Kamailio "
    "or OpenSIPS can be taken as it is. Fields are separated by commas, semicolons or tabs and quoted as in RFC 4180; "
    "the text is UTF-8.\n"
    "A row with a password needs no hashes. An HA1 is the hash of name:realm:password and proves something only if its "
    "realm is the server's (see 'ahoy status'). Phones are challenged with all "
    "algorithms of the key digest_algorithms: users who have an HA1 of MD5 only need that key to be MD5 only. A table "
    "with neither passwords nor hashes gives aliases to users who "
    "are there.\n"
    "A row with a mistake is told with its line, and the others are imported; the exit code is 1 then. Each few "
    "hundred users are on the disk before the next are read, so an import that was interrupted is continued with "
    "--skip-existing. Passwords are hashed by this command and sent nowhere.",
    .options  = options,
    .examples = "  ahoy user import users.csv\n"
                "  ahoy user import --dry-run --replace users.csv\n"
                "  mysql --batch -e 'SELECT username,domain,ha1 FROM subscriber' kamailio | ahoy user import -\n",
    .run      = run_import,
};
