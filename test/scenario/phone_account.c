/* SPDX-License-Identifier: BSD-2-Clause */
#include "scenario/phone_state.h"

enum { PHONE_BEAT = 29 /* s */ };

/* One word that says all, of the phone or an account. */
static bool parse_flag(struct phone_actor *a, struct account_config *config, const char *word)
{
    if (strcmp(word, "tcp") == 0)
        a->tcp = true;
    else if (strcmp(word, "secure") == 0)
        a->secure = true;
    else if (strcmp(word, "strict") == 0)
        config->strict = true;
    else if (strcmp(word, "obeys") == 0)
        config->transfer = TRANSFER_ALLOW;
    else if (strcmp(word, "refuses") == 0)
        config->transfer = TRANSFER_REFUSE;
    else if (strcmp(word, "roams") == 0)
        a->roams = true;
    else
        return false;
    config->keep_alive = a->roams ? PHONE_BEAT : 0;
    return true;
}

/* session SECONDS, least SECONDS, reliable always|required|off, also ADDRESS: of the whole phone */
static bool parse_phone(struct phone_actor *a, const char *name, const char *value)
{
    static const char *const reliable[] = { "needed", "always", "required", "off" };

    if (strcmp(name, "session") == 0)
        return value != NULL && parse_count(value, &a->session);
    if (strcmp(name, "least") == 0)
        return value != NULL && parse_count(value, &a->least);
    if (strcmp(name, "also") == 0)
        return (a->also = value) != NULL;
    for (unsigned i = 0; i < sizeof reliable / sizeof *reliable && strcmp(name, "reliable") == 0; i++)
        if (value != NULL && strcmp(value, reliable[i]) == 0) {
            a->reliable = (enum phone_reliable)i;
            return true;
        }
    return false;
}

static bool parse_pair(struct account_config *config, const char *name, const char *value)
{
    const struct {
        const char   *name;
        struct slice *text;
    } texts[] = { { "via", &config->proxy },
                  { "second", &config->second_proxy },
                  { "instance", &config->instance },
                  { "registrar", &config->registrar } };
    unsigned expires;

    if (value == NULL)
        return false;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (strcmp(name, texts[i].name) == 0) {
            *texts[i].text = slice_from(value);
            return true;
        }
    if (strcmp(name, "expires") != 0 || !parse_count(value, &expires))
        return false;
    config->expires = expires;
    return true;
}

/* AOR PASSWORD [via URI] [second URI] [instance URN] [registrar URI] [expires SECONDS] [strict] [tcp] [secure] [roams];
 * NULL if it is none, or one too many. */
struct account_config *phone_parse_account(struct phone_actor *a, const char *const *word)
{
    struct account_config *config;

    if (a->account_count == PHONE_ACCOUNTS)
        return NULL;
    config  = &a->account_configs[a->account_count];
    *config = (struct account_config){ .aor = slice_from(word[0]), .password = slice_from(word[1]) };
    for (word += 2; word[0] != NULL; word++) {
        if (parse_flag(a, config, word[0]))
            continue;
        if (!parse_phone(a, word[0], word[1]) && !parse_pair(config, word[0], word[1]))
            return NULL;
        word++;
    }
    a->account_count++;
    return config;
}
