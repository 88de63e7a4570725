/* SPDX-License-Identifier: BSD-2-Clause */
/* option.h - the options of a command: one table from which getopt_long reads
 * and --help prints.
 *
 *     struct options o = options_of(&command_call, argc, argv);
 *
 *     for (int letter; (letter = options_next(&o)) != OPTIONS_END;)
 *         switch (letter) {
 *         case 'a': account = o.value; break;
 *         case OPT_JSON: json = true; break;
 *         }
 *     if (o.exit_code >= 0)
 *         return o.exit_code;          // --help was printed, or a complaint
 *     ... argv[o.index] .. argv[argc - 1] are the arguments ... */

#ifndef CMD_OPTION_H
#define CMD_OPTION_H

#include "base/msec.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* An option without a short form takes a letter from here on. */
enum { OPTIONS_END = -1, OPTION_LONG_ONLY = 256 };

struct option_entry {
    int         letter;   /* 'a', or OPTION_LONG_ONLY + n                     */
    const char *name;     /* long form, without the dashes                    */
    const char *argument; /* "FILE" if it takes a value, else NULL            */
    const char *meaning;  /* one line                                         */
};

/* A table of these ends with an entry whose name is NULL.  --help is not in it:
 * every command has it. */
#define OPTION_TABLE_END                                                                                               \
    {                                                                                                                  \
        0, NULL, NULL, NULL                                                                                            \
    }

/* All that read a configuration take it so. */
#define OPTION_CONFIG                                                                                                  \
    {                                                                                                                  \
        'c', "config", "FILE", "read this configuration instead of the usual one"                                      \
    }

struct command {
    const char                *name;     /* "user add"                                       */
    const char                *summary;  /* one line, lower case, no full stop               */
    const char                *synopsis; /* what follows the name: "[OPTION...] NAME..."      */
    const char                *details;  /* paragraphs, or NULL                              */
    const struct option_entry *options;  /* NULL: none                        */
    const char                *examples; /* lines with comments, or NULL      */
    /* argv[0] is the command's own name.  Returns an exit code. */
    int (*run)(const struct command *command, int argc, char **argv);
    const struct command *const *children; /* subcommands, ends with NULL; or NULL */
};

enum { OPTIONS_MAX = 48 };

struct options {
    const struct command *command;
    int                   argc;
    char                **argv;
    const char           *value;     /* of the option just returned                        */
    int                   index;     /* of the first argument that is no option            */
    int                   exit_code; /* -1 while there is nothing to complain about        */
    bool                  started;
};

struct options options_of(const struct command *command, int argc, char **argv);
/* The letter of the next option, or OPTIONS_END. */
int options_next(struct options *o);

/* Say what is wrong with an argument and how to get help; gives EXIT_USAGE. */
int options_complain(const struct command *command, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* A decimal number of at most `max`; complains and sets o->exit_code if not. */
bool options_number(struct options *o, uint32_t max, uint32_t *number);

/* The same, and more than none. */
bool options_count(struct options *o, uint32_t max, uint32_t *number);

/* "20s", "500ms", "2m" or plain seconds (base/duration.h), at most `max` ms; likewise. */
bool options_duration(struct options *o, msec max, msec *duration);
/* The same, and more than nothing. */
bool options_span(struct options *o, msec max, msec *duration);

/* Commands talk to the server in UTF-8: false for a text that is none, after a
 * complaint.  NULL is fine. */
bool options_is_text(const struct command *command, const char *text);

void command_print_help(const struct command *command, FILE *out);

#endif
