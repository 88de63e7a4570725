/* SPDX-License-Identifier: BSD-2-Clause */
#include "server/config_keys.h"
#include "server/config_show.h"

static const char head[] =
    ".\\\" Made by 'ahoy config manual' from src/server/config.def; change it there.\n"
    ".TH AHOY.CONF 5 \"\" \"ahoy " AHOY_VERSION "\" \"Ahoy\"\n"
    ".SH NAME\n"
    "ahoy.conf \\- configuration of the SIP server ahoy\n"
    ".SH DESCRIPTION\n"
    ".B ahoy serve\n"
    "needs no configuration. What is said here changes what it does without.\n"
    "The file is read from\n"
    ".I /etc/ahoy/ahoy.conf\n"
    "when run by root, else from\n"
    ".I $XDG_CONFIG_HOME/ahoy/ahoy.conf\n"
    "(\\(ti/.config); option\n"
    ".B \\-\\-config\n"
    "names another. A missing file in these places is as good as an empty one.\n"
    ".PP\n"
    "A line holds a key, an equals sign and a value. A list stands in braces, its values separated by commas.\n"
    "A text with anything but letters, digits and\n"
    ".B . : / _ \\-\n"
    "needs quotes. Comments begin with # or // or stand between /* and */.\n"
    "Inside double quotes and by itself, ${NAME} is replaced by that variable of the environment.\n"
    "Times have a unit: ms, s, m, h or d.\n"
    ".PP\n"
    ".B ahoy config check\n"
    ".I FILE\n"
    "reports every mistake with its line;\n"
    ".B ahoy config show\n"
    "prints all keys with the values in force.\n"
    ".PP\n"
    "A running server takes a changed file with\n"
    ".BR \"ahoy reload\" ,\n"
    "all of it or, if something in it is no good, nothing; but for the keys that say that a change needs a restart.\n";

static const char tail[] = ".SH EXAMPLE\n"
                           ".nf\n"
                           "domain = example.com\n"
                           "listen = {\"udp:192.0.2.1:5060\", \"tcp:192.0.2.1:5060\"}\n"
                           "max_contacts = 5\n"
                           "default_expires = 30m\n"
                           "\n"
                           "# Calls to the other company go straight to its proxy.\n"
                           "route \"other.example\" { to = \"sip:198.51.100.7\" }\n"
                           "# For all else ask the carrier's redirect server.\n"
                           "route \"*\" { redirect = \"sip:203.0.113.1:5080\" }\n"
                           "\n"
                           "# TLS for phones and for the other company.\n"
                           "certificate \"example.com\" {\n"
                           "    chain = \"/etc/ahoy/tls/example.com.pem\"\n"
                           "    key = \"/etc/ahoy/tls/example.com.key\"\n"
                           "}\n"
                           ".fi\n"
                           ".SH SEE ALSO\n"
                           ".BR ahoy (1)\n";

/* A backslash, or a dot or quote at the start of a line, would mean something to roff. */
static void print_roff(FILE *out, const char *text)
{
    if (*text == '.' || *text == '\'')
        fputs("\\&", out);
    for (; *text != '\0'; text++) {
        if (*text == '\\')
            fputs("\\e", out);
        else if (*text == '~')
            fputs("\\(ti", out);
        else if (*text == '-')
            fputs("\\-", out);
        else
            fputc(*text, out);
    }
}

static const char *type_name(const struct config_key *key)
{
    switch (key->type) {
    case CONFIG_BOOL:
        return "boolean";
    case CONFIG_INTEGER:
        return "number";
    case CONFIG_DURATION:
        return "time";
    case CONFIG_LEVEL:
        return "word";
    case CONFIG_LIST:
        return "list";
    case CONFIG_STRING:
        break;
    case CONFIG_GROUP:
    case CONFIG_SECTION:
        return "";
    }
    switch (key->check) {
    case VALUE_TEXT:
        return "text";
    case VALUE_NAME:
    case VALUE_NAME_OR_NONE:
    case VALUE_DOMAINS:
        return "name";
    case VALUE_LISTEN:
        return "address";
    case VALUE_HOST_PORT:
        return "host[:port]";
    case VALUE_PATH:
        return "path";
    case VALUE_SIP_URI:
    case VALUE_ROUTE:
        return "URI";
    case VALUE_CONTACT:
        return "URI";
    case VALUE_MEDIA_TYPE:
        return "type/subtype";
    case VALUE_THIRD_PARTY:
        return "user whom";
    case VALUE_ADDRESS:
        return "address:port";
    case VALUE_TLS_CLIENTS:
    case VALUE_TLS_VERSION:
    case VALUE_DIGEST:
    case VALUE_QOP:
        return "word";
    case VALUE_LOG_LEVEL:
        return "part=level";
    case VALUE_ORIGIN:
        return "origin";
    case VALUE_NETWORK:
        return "address[/bits]";
    case VALUE_DESTINATION:
        return "domain or number";
    case VALUE_TARGET:
        return "URI [weight=N] [priority=N]";
    case VALUE_FAIL_OVER:
        return "status";
    case VALUE_PATTERN:
        return "pattern";
    case VALUE_DIGITS:
        return "digits";
    case VALUE_CALLER:
        return "user or trunk";
    case VALUE_REPLACEMENT:
        return "text";
    case VALUE_METHOD:
        return "method";
    case VALUE_PER:
    case VALUE_LIMIT_ANSWER:
        return "word";
    case VALUE_RATE:
        return "number/unit";
    }
    return "";
}

static void print_key(const struct config_key *key, FILE *out)
{
    char       memory[512];
    struct buf b = BUF_ON(memory);

    fprintf(out, ".TP\n.BI \"%s = \" %s\n", key->name, type_name(key));
    print_roff(out, key->meaning);
    config_range_write(&b, key);
    if (b.len > 0 && key->type != CONFIG_BOOL) {
        fputs("\nAllowed: ", out);
        print_roff(out, buf_cstr(&b));
        fputc('.', out);
    }
    b = BUF_ON(memory);
    if (key->section == NULL)
        config_default_write(&b, key);
    if (b.len > 0) {
        fputs("\nDefault: ", out);
        print_roff(out, buf_cstr(&b));
        fputc('.', out);
    }
    if (config_key_needs_restart(key))
        fputs("\nA change needs a restart.", out);
    fputc('\n', out);
}

static void print_section(const struct config_key *key, const struct config_key *end, FILE *out)
{
    fprintf(out, ".TP\n.B %s \"\\fI%s\\fP\" { ... }\n", key->name, key->title);
    print_roff(out, key->meaning);
    fputs("\n.RS\n", out);
    for (key++; key < end && key->section != NULL; key++)
        print_key(key, out);
    fputs(".RE\n", out);
}

static void print_log_parts(FILE *out)
{
    fputs(".SH PARTS OF THE LOG\n", out);
    for (unsigned i = 0; i < LOG_PARTS; i++) {
        fprintf(out, ".TP\n.B %s\n", log_part_name((enum log_part)i));
        print_roff(out, log_part_help((enum log_part)i));
        fputc('\n', out);
    }
}

void config_write_manual(FILE *out)
{
    size_t                   count;
    const struct config_key *keys = config_keys(&count);

    fputs(head, out);
    for (size_t i = 0; i < count; i++) {
        if (keys[i].type == CONFIG_GROUP)
            fprintf(out, ".SH %s\n", keys[i].name);
        else if (keys[i].type == CONFIG_SECTION)
            print_section(&keys[i], keys + count, out);
        else if (keys[i].section == NULL)
            print_key(&keys[i], out);
    }
    print_log_parts(out);
    fputs(tail, out);
}
