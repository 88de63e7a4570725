/* SPDX-License-Identifier: BSD-2-Clause */
/* shell_words.c - what is said to a phone's command: the options that all have, and whom it is about. */
#include "cmd/exit_code.h"
#include "cmd/shell.h"

#include <stdio.h>
#include <string.h>

/* ---- options ---- */

bool reliable_parse(const char *word, enum phone_reliable *out)
{
    static const struct {
        const char         *word;
        enum phone_reliable when;
    } words[] = { { "needed", PHONE_RELIABLE_NEEDED },
                  { "always", PHONE_RELIABLE_ALWAYS },
                  { "required", PHONE_RELIABLE_REQUIRED },
                  { "off", PHONE_RELIABLE_OFF } };

    *out = PHONE_RELIABLE_NEEDED;
    for (size_t i = 0; i < sizeof words / sizeof *words && word != NULL; i++)
        if (strcmp(word, words[i].word) == 0) {
            *out = words[i].when;
            return true;
        }
    if (word != NULL)
        fprintf(stderr, "ahoy: --reliable %s: needed, always, required or off\n", word);
    return word == NULL;
}

bool shell_option(struct shell_options *options, struct sound *sound, int letter, const char *value)
{
    if (letter == 'a')
        options->account = value;
    else if (letter == SHELL_PROXY)
        options->proxy = value;
    else if (letter == SHELL_TRACE)
        options->trace = value;
    else if (letter == SHELL_JSON)
        options->json = true;
    else if (letter == SHELL_TLS_TRUST)
        options->tls_trust = value;
    else if (letter == SHELL_TLS_NO_VERIFY)
        options->tls_no_verify = true;
    else if (letter == SHELL_TLS_CERTIFICATE)
        options->tls_certificate = value;
    else if (letter == SHELL_TLS_KEY)
        options->tls_key = value;
    else if (letter == SHELL_RELIABLE)
        options->reliable = value;
    else if (letter == SHELL_PLAY && sound != NULL)
        sound->play = value;
    else if (letter == SHELL_RECORD && sound != NULL)
        sound->record = value;
    else if (letter == SHELL_RECORD_BOTH && sound != NULL)
        sound->both = value;
    else if (letter == SHELL_DEVICE && sound != NULL)
        sound->device = value;
    else if (letter == SHELL_NULL_AUDIO && sound != NULL)
        sound->null = true;
    else
        return false;
    return true;
}

/* ---- whom to call ---- */

const char *scheme_for(const char *text)
{
    static const char *const schemes[] = { "sip:", "sips:", "tel:" };

    for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++)
        if (strncasecmp(text, schemes[i], strlen(schemes[i])) == 0)
            return "";
    return "sip:";
}

bool shell_target(const struct shell *s, const char *text, char *uri, size_t size)
{
    const char *scheme = scheme_for(text);
    struct uri  own, parsed;
    int         n;

    if (*scheme != '\0' && strpbrk(text, "@:.") == NULL && uri_parse(slice_from(s->entry.address), &own))
        n = snprintf(uri, size, "sip:%s@%.*s", text, SLICE_ARG(own.host));
    else
        n = snprintf(uri, size, "%s%s", scheme, text);
    return n > 0 && (size_t)n < size && uri_parse(slice_from(uri), &parsed) &&
           (parsed.scheme == URI_SIP || parsed.scheme == URI_SIPS);
}

int shell_open_for(struct shell *s, const struct command *command, struct shell_options *options, const char *whom,
                   char uri[SHELL_TARGET])
{
    int code;

    snprintf(uri, SHELL_TARGET, "%s%s", scheme_for(whom), whom); /* the account may have more to say */
    options->target = uri;
    code            = shell_open(s, options);
    if (code != EXIT_OK || shell_target(s, whom, uri, SHELL_TARGET))
        return code;
    shell_close(s);
    return options_complain(command, "'%s' is not an address like sip:bob@example.test", whom);
}
