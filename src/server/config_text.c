/* SPDX-License-Identifier: BSD-2-Clause */
#include "server/config_text.h"

#include <string.h>

struct walk {
    char    *at, *end;
    unsigned line;
    unsigned depth;
    unsigned opened[CONFIG_TEXT_DEPTH]; /* lines of the braces that are open */
};

static char ahead(const struct walk *w, size_t distance)
{
    return (size_t)(w->end - w->at) > distance ? w->at[distance] : '\0';
}

static void step(struct walk *w)
{
    if (w->at < w->end && *w->at++ == '\n')
        w->line++;
}

static void blank(struct walk *w)
{
    if (w->at < w->end && *w->at != '\n')
        *w->at = ' ';
    step(w);
}

static void blank_line(struct walk *w)
{
    while (w->at < w->end && *w->at != '\n')
        blank(w);
}

static bool blank_block(struct walk *w)
{
    blank(w);
    blank(w);
    while (w->at < w->end && !(*w->at == '*' && ahead(w, 1) == '/'))
        blank(w);
    if (w->at == w->end)
        return false;
    blank(w);
    blank(w);
    return true;
}

/* "${NAME}" is one token wherever it stands, quotes and all. */
static bool step_variable(struct walk *w)
{
    const char *brace;

    if (*w->at != '$' || ahead(w, 1) != '{')
        return false;
    brace = memchr(w->at, '}', (size_t)(w->end - w->at));
    if (brace == NULL)
        return false;
    while (w->at <= brace)
        step(w);
    return true;
}

static bool step_string(struct walk *w)
{
    char quote = *w->at;

    step(w);
    while (w->at < w->end && *w->at != quote) {
        if (quote == '"' && step_variable(w))
            continue;
        if (*w->at == '\\')
            step(w);
        step(w);
    }
    if (w->at == w->end)
        return false;
    step(w);
    return true;
}

static bool is_word_byte(char c)
{
    return c != '\0' && strchr(" #\"'\t\n\r={}()+,*$", c) == NULL;
}

/* One token or comment; NULL, or what is wrong. */
static const char *step_token(struct walk *w)
{
    switch (*w->at) {
    case '#':
        blank_line(w);
        return NULL;
    case '"':
    case '\'':
        return step_string(w) ? NULL : "string without closing quote";
    case '{':
        if (w->depth == CONFIG_TEXT_DEPTH)
            return "braces nested too deep";
        w->opened[w->depth++] = w->line;
        break;
    case '}':
        if (w->depth > 0)
            w->depth--;
        break;
    }
    if (*w->at == '/' && ahead(w, 1) == '/') {
        blank_line(w);
        return NULL;
    }
    if (*w->at == '/' && ahead(w, 1) == '*')
        return blank_block(w) ? NULL : "comment without end";
    if (step_variable(w))
        return NULL;
    if (!is_word_byte(*w->at)) {
        step(w);
        return NULL;
    }
    while (w->at < w->end && is_word_byte(*w->at))
        step(w);
    return NULL;
}

static unsigned line_of(const char *text, const char *at)
{
    unsigned line = 1;

    while (text < at)
        line += *text++ == '\n';
    return line;
}

bool config_text_prepare(char *text, size_t len, struct config_text_fault *fault)
{
    struct walk w   = { .at = text, .end = text + len, .line = 1 };
    const char *nul = memchr(text, '\0', len);

    if (nul != NULL) {
        *fault = (struct config_text_fault){ line_of(text, nul), "NUL byte: this is not a text file" };
        return false;
    }
    while (w.at < w.end) {
        unsigned line = w.line;

        fault->what = step_token(&w);
        fault->line = line;
        if (fault->what != NULL)
            return false;
    }
    if (w.depth == 0)
        return true;
    *fault = (struct config_text_fault){ w.opened[w.depth - 1], "brace that is never closed" };
    return false;
}
