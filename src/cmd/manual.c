/* SPDX-License-Identifier: BSD-2-Clause */
#include "cmd/manual.h"

#include "base/counters.h"
#include "cmd/exit_code.h"
#include "console/phone_report.h"
#include "console/phone_typed.h"

static const char head[] = ".\\\" Made by 'ahoy help manual' from the tables of src/cmd; change them there.\n"
                           ".TH AHOY 1 \"\" \"ahoy " AHOY_VERSION "\" \"Ahoy\"\n"
                           ".SH NAME\n"
                           "ahoy \\- SIP in one binary: a server and a phone\n"
                           ".SH SYNOPSIS\n"
                           ".B ahoy\n"
                           ".I COMMAND\n"
                           "[\\fIOPTION\\fP...] [\\fIARGUMENT\\fP...]\n"
                           ".br\n"
                           ".B ahoy help\n"
                           "[\\fICOMMAND\\fP | exit\\-codes | refusals | counters | control | phone\\-events | "
                           "phone\\-commands | manual]\n"
                           ".br\n"
                           ".B ahoy \\-\\-version\n"
                           ".SH DESCRIPTION\n"
                           "Messages for people go to stderr, results to stdout; with\n"
                           ".B \\-\\-json\n"
                           "results are JSON objects, one a line. Every command knows\n"
                           ".B \\-\\-help\n"
                           "and prints examples with it.\n"
                           ".SH COMMANDS\n";

static const char files[] = ".SH FILES\n"
                            ".TP\n"
                            ".I /etc/ahoy/ahoy.conf\n"
                            "The configuration when run by root, unless XDG_CONFIG_HOME is set; else\n"
                            ".I $XDG_CONFIG_HOME/ahoy/ahoy.conf\n"
                            "(\\(ti/.config). It need not exist.\n"
                            ".TP\n"
                            ".I $XDG_CONFIG_HOME/ahoy/accounts\n"
                            "The phone's accounts with their passwords, mode 0600; refused if others may read it.\n"
                            ".TP\n"
                            ".I $XDG_CONFIG_HOME/ahoy/contacts\n"
                            "Who can be called by a short name, a line \"NAME ADDRESS\" each.\n"
                            ".TP\n"
                            ".I $XDG_STATE_HOME/ahoy/phone.calls, phone.history\n"
                            "Past calls, and what was typed; mode 0600.\n"
                            ".TP\n"
                            ".I /var/lib/ahoy\n"
                            "The state folder when run by root, else\n"
                            ".I $XDG_STATE_HOME/ahoy\n"
                            "(\\(ti/.local/state): the database\n"
                            ".I ahoy.db\n"
                            "with its lock, and the control socket\n"
                            ".I control.sock\n"
                            "of a running server.\n"
                            ".SH SEE ALSO\n"
                            ".BR ahoy.conf (5)\n";

static void print_byte(FILE *out, char c)
{
    if (c == '\\')
        fputs("\\e", out);
    else if (c == '~')
        fputs("\\(ti", out);
    else if (c == '-')
        fputs("\\-", out);
    else
        fputc(c, out);
}

/* A dot or quote at the start of a line would be a request. */
static void print_text(FILE *out, const char *text)
{
    bool line_start = true;

    for (; *text != '\0'; text++) {
        if (line_start && (*text == '.' || *text == '\''))
            fputs("\\&", out);
        print_byte(out, *text);
        line_start = *text == '\n';
    }
}

static void print_option(FILE *out, const struct option_entry *e)
{
    fputs(".TP\n", out);
    if (e->letter < OPTION_LONG_ONLY)
        fprintf(out, "\\fB\\-%c\\fP, ", e->letter);
    fputs("\\fB\\-\\-", out);
    print_text(out, e->name);
    fputs("\\fP", out);
    if (e->argument != NULL)
        fprintf(out, "=\\fI%s\\fP", e->argument);
    fputc('\n', out);
    print_text(out, e->meaning);
    fputs(".\n", out);
}

static void print_command(FILE *out, const struct command *c)
{
    fputs(".SS \"ahoy ", out);
    print_text(out, c->name);
    fputc(' ', out);
    print_text(out, c->synopsis);
    fputs("\"\n", out);
    print_text(out, c->summary);
    fputs(".\n", out);
    if (c->details != NULL) {
        fputs(".PP\n", out);
        print_text(out, c->details);
        fputc('\n', out);
    }
    for (const struct option_entry *e = c->options; e != NULL && e->name != NULL; e++)
        print_option(out, e);
    if (c->examples != NULL) {
        fputs(".PP\nExamples:\n.PP\n.nf\n", out);
        print_text(out, c->examples);
        fputs(".fi\n", out);
    }
}

static void print_exit_codes(FILE *out)
{
    size_t                        count;
    const struct exit_code_entry *codes = exit_code_table(&count);

    fputs(".SH EXIT STATUS\n", out);
    for (size_t i = 0; i < count; i++) {
        fprintf(out, ".TP\n.B %d\n", codes[i].number);
        print_text(out, codes[i].meaning);
        fputs(".\n", out);
    }
}

static void print_row(FILE *out, const char *name, const char *meaning)
{
    fputs(".TP\n.B ", out);
    print_text(out, name);
    fputc('\n', out);
    print_text(out, meaning);
    fputs(".\n", out);
}

static void print_keys(FILE *out, const unsigned char list[PHONE_ROW_FIELDS], const char *before)
{
    for (size_t i = 0; i < PHONE_ROW_FIELDS && list[i] != FIELD_NONE; i++) {
        fputs(i == 0 ? before : ", ", out);
        fputs(phone_report_field((enum phone_field)list[i])->key, out);
    }
}

static void print_phone_command(FILE *out, const struct phone_command *c)
{
    char               form[512], json[512];
    struct buf         b = BUF_ON(form);
    struct phone_fault ignored;
    json_t            *example = phone_line_read(slice_from(c->example), &ignored);
    size_t             len     = example == NULL ? 0 : json_dumpb(example, json, sizeof json - 1, JSON_COMPACT);

    json_decref(example);
    json[len < sizeof json ? len : 0] = '\0';
    phone_command_form(c, &b);
    fputs(".TP\n.B ", out);
    print_text(out, buf_cstr(&b));
    fputc('\n', out);
    print_text(out, c->summary);
    if (c->key != '\0')
        fprintf(out, " (key %c)", c->key);
    fputs(".\n", out);
    for (const struct phone_argument *a = c->arguments; a->name != NULL; a++) {
        fputs(".br\n", out);
        print_text(out, a->name);
        fputs(": ", out);
        print_text(out, a->meaning);
        fputs(".\n", out);
    }
    fputs(".br\n", out);
    print_text(out, json);
    fputc('\n', out);
}

static void print_phone_commands(FILE *out)
{
    size_t                      count;
    const struct phone_command *all = phone_commands(&count);

    fputs(".SH COMMANDS OF THE PHONE\n"
          "What one can say to\n.BR \"ahoy phone\" :\n"
          "typed as here, a word in capitals standing for a value and brackets around what may be left out; or with\n"
          ".B \\-\\-json\n"
          "as an object whose member command is the name, the others as here in small letters: the example after each. "
          "An id, if there is one, is repeated in the answer. A key stands for the command while nothing is typed and "
          "there is a call.\n",
          out);
    for (size_t i = 0; i < count; i++)
        print_phone_command(out, &all[i]);
}

static void print_members(FILE *out, const struct phone_member_row *m)
{
    for (; m->field.key != NULL; m++)
        print_row(out, m->field.key, m->field.meaning);
}

static void print_events(FILE *out)
{
    fputs(".SH EVENTS\n"
          "With\n.B \\-\\-json\nthe commands of the phone\n"
          "print one object a line for each of these events. Fields may be added, none will change its meaning.\n"
          "Each has t and event.\n",
          out);
    for (unsigned i = 0; i < PHONE_REPORT_ROWS; i++) {
        const struct phone_report_row *row = phone_report_row(i);

        print_row(out, phone_report_name(i), row->meaning);
        print_keys(out, row->always, "Always: ");
        print_keys(out, row->maybe, row->always[0] == FIELD_NONE ? "Perhaps: " : "; perhaps: ");
        fputs(".\n", out);
    }
    fputs(".PP\nTheir fields:\n", out);
    print_row(out, "t", "milliseconds since 1970");
    print_row(out, "event", "one of the above");
    for (unsigned i = FIELD_NONE + 1; i < PHONE_FIELDS; i++)
        print_row(out, phone_report_field((enum phone_field)i)->key, phone_report_field((enum phone_field)i)->meaning);
    fputs(".PP\nThe members of media:\n", out);
    print_members(out, phone_report_media());
    fputs(".PP\nThe members of each of streams:\n", out);
    print_members(out, phone_report_stream());
    fputs(".PP\nThe members of each of dialogs:\n", out);
    print_members(out, phone_report_dialog());
}

static void print_grandchildren(FILE *out, const struct command *c)
{
    if (c->children == NULL)
        print_command(out, c);
    for (const struct command *const *child = c->children; child != NULL && *child != NULL; child++)
        print_command(out, *child);
}

void manual_write(const struct command *const *commands, FILE *out)
{
    fputs(head, out);
    for (; *commands != NULL; commands++) {
        if ((*commands)->children == NULL)
            print_command(out, *commands);
        for (const struct command *const *child = (*commands)->children; child != NULL && *child != NULL; child++)
            print_grandchildren(out, *child);
    }
    print_phone_commands(out);
    print_events(out);
    print_exit_codes(out);
    fputs(files, out);
}

static void write_rows(FILE *out, const struct counter_entry *table, size_t count)
{
    for (size_t i = 0; i < count; i++)
        fprintf(out, "| `%s` | %s | %s%s%s |\n", table[i].name, table[i].part, table[i].help,
                table[i].unit[0] != '\0' ? ", in " : "", table[i].unit);
}

void manual_write_counters(FILE *out)
{
    fputs("# What is counted\n\n"
          "`ahoy status` shows these, `ahoy status --json` and the method server.counters (control.md) give all of "
          "them, and so do\n"
          "`ahoy status --prometheus` and, with the key `metrics` in ahoy.conf(5), http://ADDRESS/metrics. For "
          "Prometheus a counter is\n"
          "called `ahoy_NAME_total`, a gauge `ahoy_NAME`, with `ahoy_NAME_high` and `ahoy_NAME_limit` (a unit stays at "
          "the end of the\n"
          "name). Each worker counts for itself; what is shown is the sum. The names stay.\n\n"
          "## Counters\n\n"
          "They only grow, from 0 when the server starts.\n\n"
          "| name | part | what is counted |\n|---|---|---|\n",
          out);
    write_rows(out, counter_table, COUNTERS);
    fputs("\n## Gauges\n\n"
          "Each has a value, the highest it was (since the start, or the last `ahoy status --reset`) and perhaps a "
          "limit, above which new\n"
          "work is refused. Every worker has the limits that the configuration says; `full` is how near to its own the "
          "fullest one came.\n"
          "Of bindings and users the highest is that of one look each second; that of the store's queue is always "
          "since the start.\n\n"
          "| name | part | what is measured |\n|---|---|---|\n",
          out);
    write_rows(out, gauge_table, GAUGES);
}
