/* SPDX-License-Identifier: BSD-2-Clause */
#include "cmd/option.h"

#include "base/duration.h"
#include "cmd/exit_code.h"

#include <ctype.h>
#include <getopt.h>
#include <jansson.h>
#include <stdarg.h>
#include <string.h>

enum { LETTER_HELP = 'h', HELP_WIDTH = 100 };

/* getopt's two views of the table. */
struct getopt_form {
    char          letters[3 * OPTIONS_MAX + 4];
    struct option longs[OPTIONS_MAX + 2];
};

static void add_form(struct getopt_form *form, size_t *count, char **at, const struct option_entry *entry)
{
    form->longs[(*count)++] = (struct option){
        .name    = entry->name,
        .has_arg = entry->argument != NULL ? required_argument : no_argument,
        .val     = entry->letter,
    };
    if (entry->letter >= OPTION_LONG_ONLY)
        return;
    *(*at)++ = (char)entry->letter;
    if (entry->argument != NULL)
        *(*at)++ = ':';
}

static void make_form(const struct command *command, struct getopt_form *form)
{
    static const struct option_entry help  = { LETTER_HELP, "help", NULL, NULL };
    size_t                           count = 0;
    char                            *at    = form->letters;

    memset(form, 0, sizeof *form);
    *at++ = ':'; /* a missing value is told apart from an unknown option */
    for (const struct option_entry *e = command->options; e != NULL && e->name != NULL && count < OPTIONS_MAX; e++)
        add_form(form, &count, &at, e);
    add_form(form, &count, &at, &help);
}

struct options options_of(const struct command *command, int argc, char **argv)
{
    return (struct options){ .command = command, .argc = argc, .argv = argv, .index = 1, .exit_code = -1 };
}

static int finish(struct options *o, int exit_code)
{
    o->exit_code = exit_code;
    return OPTIONS_END;
}

int options_next(struct options *o)
{
    struct getopt_form form;
    int                letter;

    if (!o->started)
        optind = 0; /* glibc: start anew */
    o->started = true;
    opterr     = 0;
    make_form(o->command, &form);
    letter   = getopt_long(o->argc, o->argv, form.letters, form.longs, NULL);
    o->value = optarg;
    o->index = optind;
    if (letter == LETTER_HELP) {
        command_print_help(o->command, stdout);
        return finish(o, EXIT_OK);
    }
    if (letter == ':')
        return finish(o, options_complain(o->command, "option '%s' needs a value", o->argv[optind - 1]));
    if (letter == '?' && optopt != 0 && optopt < OPTION_LONG_ONLY && o->argv[optind - 1][1] != '-')
        return finish(o, options_complain(o->command, "unknown option '-%c'", optopt));
    if (letter == '?')
        return finish(o,
                      options_complain(o->command, "unknown, ambiguous or misused option '%s'", o->argv[optind - 1]));
    if (letter != -1 && optarg != NULL && *optarg == '\0') /* "$FILE" of a script that has not set it */
        return finish(o, options_complain(o->command, "an option has an empty value: '%s'", o->argv[optind - 1]));
    return letter == -1 ? OPTIONS_END : letter;
}

int options_complain(const struct command *command, const char *format, ...)
{
    va_list args;

    fprintf(stderr, "ahoy %s: ", command->name);
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fprintf(stderr, "\nTry 'ahoy %s --help'.\n", command->name);
    return EXIT_USAGE;
}

bool options_number(struct options *o, uint32_t max, uint32_t *number)
{
    struct scan s = scan_from(slice_from(o->value));

    if (scan_number(&s, max, number) && scan_at_end(&s))
        return true;
    o->exit_code = options_complain(o->command, "'%s' is not a number from 0 to %u", o->value, max);
    return false;
}

bool options_count(struct options *o, uint32_t max, uint32_t *number)
{
    struct scan s = scan_from(slice_from(o->value));

    if (scan_number(&s, max, number) && scan_at_end(&s) && *number > 0)
        return true;
    o->exit_code = options_complain(o->command, "'%s' is not a number from 1 to %u", o->value, max);
    return false;
}

bool options_duration(struct options *o, msec max, msec *duration)
{
    char       memory[32];
    struct buf b = BUF_ON(memory);

    if (duration_parse(slice_from(o->value), max, duration))
        return true;
    duration_write(&b, max);
    o->exit_code = options_complain(o->command, "'%s' is not a duration like " DURATION_FORM ", or above %s", o->value,
                                    buf_cstr(&b));
    return false;
}

bool options_span(struct options *o, msec max, msec *duration)
{
    if (!options_duration(o, max, duration))
        return false;
    if (*duration == 0)
        o->exit_code = options_complain(o->command, "'%s' is no time at all", o->value);
    return *duration > 0;
}

bool options_is_text(const struct command *command, const char *text)
{
    json_t *value = text != NULL ? json_string(text) : NULL;
    bool    good  = text == NULL || value != NULL;

    json_decref(value);
    if (!good)
        options_complain(command, "an argument is not UTF-8");
    return good;
}

/* A line that ends in the midst of a text flows on; an empty one, or one that is indented, is as it stands. */
static bool flows_on(const char *text)
{
    return text[0] == '\n' && text[1] != '\n' && text[1] != ' ' && text[1] != '\0';
}

/* Breaks lines at blanks, so that tables may hold sentences of any length. */
static void print_wrapped(FILE *out, const char *text, size_t indent, size_t column)
{
    for (;;) {
        size_t word = strcspn(text, " \n");

        fwrite(text, 1, word, out);
        column += word;
        text += word;
        if (*text == '\0' || strcmp(text, "\n") == 0)
            break;
        if ((*text == '\n' && !(flows_on(text) && column > indent)) ||
            column + 1 + strcspn(text + 1, " \n") > HELP_WIDTH) {
            fprintf(out, "\n%*s", (int)indent, "");
            column = indent;
        } else {
            fputc(' ', out);
            column++;
        }
        text++;
    }
    fputc('\n', out);
}

static void print_entry(FILE *out, const char *left, const char *meaning)
{
    enum { COLUMN = 28 };
    size_t width = strlen(left);

    fputs(left, out);
    if (width >= COLUMN) {
        fputc('\n', out);
        width = 0;
    }
    fprintf(out, "%*s", (int)(COLUMN - width), "");
    print_wrapped(out, meaning, COLUMN, COLUMN);
}

static void print_option(FILE *out, const struct option_entry *e)
{
    char left[96];
    char letter[5] = "    ";

    if (e->letter < OPTION_LONG_ONLY)
        snprintf(letter, sizeof letter, "-%c, ", e->letter);
    snprintf(left, sizeof left, "  %s--%s%s%s", letter, e->name, e->argument != NULL ? "=" : "",
             e->argument != NULL ? e->argument : "");
    print_entry(out, left, e->meaning);
}

static void print_children(const struct command *command, FILE *out)
{
    fputs("\nSubcommands:\n", out);
    for (const struct command *const *child = command->children; *child != NULL; child++) {
        char left[96];

        snprintf(left, sizeof left, "  ahoy %s", (*child)->name);
        print_entry(out, left, (*child)->summary);
    }
}

void command_print_help(const struct command *command, FILE *out)
{
    static const struct option_entry help = { LETTER_HELP, "help", NULL, "this text" };

    fprintf(out, "Usage: ahoy %s %s\n\n", command->name, command->synopsis);
    fprintf(out, "%c%s.\n", toupper((unsigned char)command->summary[0]), command->summary + 1);
    if (command->details != NULL) {
        fputc('\n', out);
        print_wrapped(out, command->details, 0, 0);
    }
    if (command->children != NULL)
        print_children(command, out);
    fputs("\nOptions:\n", out);
    for (const struct option_entry *e = command->options; e != NULL && e->name != NULL; e++)
        print_option(out, e);
    print_option(out, &help);
    if (command->examples != NULL)
        fprintf(out, "\nExamples:\n%s", command->examples);
}
