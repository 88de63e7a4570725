/* SPDX-License-Identifier: BSD-2-Clause */
/* main.c - finds the command and runs it. */

#include "base/distance.h"
#include "cmd/exit_code.h"
#include "cmd/manual.h"
#include "cmd/option.h"
#include "console/admin.h"
#include "console/phone_schema.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define COMMAND(name) extern const struct command command_##name;
#include "cmd/commands.def"
#undef COMMAND

static const struct command *const commands[] = {
#define COMMAND(name) &command_##name,
#include "cmd/commands.def"
#undef COMMAND
    NULL,
};

/* The last word of a command's name: "add" of "user add". */
static const char *last_word(const struct command *c)
{
    const char *blank = strrchr(c->name, ' ');

    return blank == NULL ? c->name : blank + 1;
}

static const struct command *find(const struct command *const *list, const char *word)
{
    for (; *list != NULL; list++)
        if (strcmp(last_word(*list), word) == 0)
            return *list;
    return NULL;
}

static const char *nearest(const struct command *const *list, const char *word)
{
    const char *best     = NULL;
    unsigned    best_far = DISTANCE_FAR;

    for (; *list != NULL; list++) {
        unsigned far = word_distance(slice_from(word), slice_from(last_word(*list)));

        if (far < best_far) {
            best_far = far;
            best     = last_word(*list);
        }
    }
    return best != NULL && distance_is_typo(best_far, slice_from(best)) ? best : NULL;
}

static int complain_unknown(const struct command *const *list, const char *before, const char *word)
{
    const char *guess = nearest(list, word);

    fprintf(stderr, "ahoy: '%s%s' is not a command", before, word);
    if (guess != NULL)
        fprintf(stderr, "; did you mean 'ahoy %s%s'?", before, guess);
    fprintf(stderr, "\nTry 'ahoy %s--help'.\n", before);
    return EXIT_USAGE;
}

static void print_list(const struct command *const *list)
{
    for (; *list != NULL; list++)
        printf("  %-12s %s\n", last_word(*list), (*list)->summary);
}

static int print_overview(void)
{
    puts("Usage: ahoy COMMAND [OPTION...] [ARGUMENT...]\n\n"
         "SIP in one binary: a server and a phone.\n\n"
         "Commands:");
    print_list(commands);
    puts("  help         help COMMAND, or help of one of the topics below\n\n"
         "Topics:\n"
         "  exit-codes, refusals, counters, control, phone-events, phone-commands, manual\n\n"
         "Options:\n"
         "  --help       this text; after a command, its own help with examples\n"
         "  --version    the version\n\n"
         "Messages for people go to stderr, results to stdout.  Manual: ahoy(1), ahoy.conf(5).");
    return EXIT_OK;
}

static int print_exit_codes(void)
{
    size_t                        count;
    const struct exit_code_entry *codes = exit_code_table(&count);

    for (size_t i = 0; i < count; i++)
        printf("%4d  %s\n", codes[i].number, codes[i].meaning);
    return EXIT_OK;
}

static void print_schema(void (*write)(struct buf *b))
{
    char      *memory = malloc(PHONE_SCHEMA_MAX);
    struct buf b      = buf_on(memory, memory == NULL ? 0 : PHONE_SCHEMA_MAX);

    write(&b);
    if (buf_ok(&b))
        fwrite(b.ptr, 1, b.len, stdout);
    free(memory);
}

/* What is no command, but has its table. */
static bool print_topic(const char *word)
{
    if (strcmp(word, "manual") == 0)
        manual_write(commands, stdout);
    else if (strcmp(word, "counters") == 0)
        manual_write_counters(stdout);
    else if (strcmp(word, "refusals") == 0)
        manual_write_refusals(stdout);
    else if (strcmp(word, "control") == 0)
        admin_write_methods(stdout);
    else if (strcmp(word, "phone-events") == 0)
        print_schema(phone_schema_events);
    else if (strcmp(word, "phone-commands") == 0)
        print_schema(phone_schema_commands);
    else
        return false;
    return true;
}

/* `words`: "user", or "user", "add", or "user", "alias", "add". */
static int print_help(int count, char **words)
{
    const struct command *command;

    if (count == 0)
        return print_overview();
    if (strcmp(words[0], "exit-codes") == 0)
        return print_exit_codes();
    if (print_topic(words[0]))
        return EXIT_OK;
    command = find(commands, words[0]);
    if (command == NULL)
        return complain_unknown(commands, "", words[0]);
    for (int i = 1; i < count && command->children != NULL; i++) {
        const struct command *child = find(command->children, words[i]);
        char                  before[32];

        snprintf(before, sizeof before, "%s ", command->name);
        if (child == NULL)
            return complain_unknown(command->children, before, words[i]);
        command = child;
    }
    command_print_help(command, stdout);
    return EXIT_OK;
}

static bool is_help(const char *word)
{
    return strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0;
}

static int run_child(const struct command *command, int argc, char **argv)
{
    const struct command *child;
    char                  before[32];

    if (argc < 2) {
        command_print_help(command, stderr);
        return EXIT_USAGE;
    }
    if (is_help(argv[1])) {
        command_print_help(command, stdout);
        return EXIT_OK;
    }
    child = find(command->children, argv[1]);
    snprintf(before, sizeof before, "%s ", command->name);
    if (child == NULL)
        return complain_unknown(command->children, before, argv[1]);
    return child->children != NULL ? run_child(child, argc - 1, argv + 1) : child->run(child, argc - 1, argv + 1);
}

/* Results that could not be written are a failure, not a success (`ahoy user list > /dev/full`). */
static int flush(int exit_code)
{
    if (fflush(stdout) == 0 && !ferror(stdout))
        return exit_code;
    fprintf(stderr, "ahoy: cannot write to standard output\n");
    return exit_code == EXIT_OK ? EXIT_ERROR : exit_code;
}

static int run(int argc, char **argv)
{
    const struct command *command;

    if (argc < 2) {
        print_overview();
        return EXIT_USAGE;
    }
    if (is_help(argv[1]))
        return print_overview();
    if (strcmp(argv[1], "help") == 0)
        return print_help(argc - 2, argv + 2);
    if (strcmp(argv[1], "--version") == 0) {
        printf("ahoy %s\n", AHOY_VERSION);
        return EXIT_OK;
    }
    command = find(commands, argv[1]);
    if (command == NULL)
        return complain_unknown(commands, "", argv[1]);
    if (command->children != NULL)
        return run_child(command, argc - 1, argv + 1);
    return command->run(command, argc - 1, argv + 1);
}

/* Started without one of the three, the next socket or file would get its number, and what is meant
 * for people.  A standard output that is not there takes nothing either: results are lost, and who wrote
 * them learns of it, as of a full disk. */
static bool fill_standard_descriptors(void)
{
    static const int modes[] = { O_RDONLY, O_RDONLY, O_RDWR };

    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
        if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", modes[fd]) != fd)
            return false;
    return true;
}

int main(int argc, char **argv)
{
    if (!fill_standard_descriptors())
        return EXIT_ERROR;
    signal(SIGPIPE, SIG_IGN); /* a peer that goes away is an error of that write, not our end */
    signal(SIGXFSZ, SIG_IGN); /* a file that may not grow is a full disk, not the end */
    return flush(run(argc, argv));
}
