/* SPDX-License-Identifier: BSD-2-Clause */
#include "server/config_changes.h"

#include "base/error.h"
#include "server/config_show.h"

#include <stdlib.h>

struct comparison {
    const struct config *before, *after;
    config_change_fn    *fn;
    void                *arg;
    int                  error;
};

enum { ONE_KEY = -1 };

/* What is printed for it on one line: behind "key =" or the title of a section; NULL without memory. */
static char *text_of(struct comparison *all, const struct config *c, const struct config_key *key, int section)
{
    char  *text = NULL, *to, *from;
    size_t size;
    FILE  *out = open_memstream(&text, &size);

    if (out != NULL) {
        if (section == ONE_KEY)
            config_show_key(c, key, out);
        else
            config_show_section(c, key, (size_t)section, out);
    }
    if (out == NULL || fclose(out) != 0) {
        all->error = -ERR_NO_MEMORY;
        free(text);
        return NULL;
    }
    from = text + strlen(key->name) + (section == ONE_KEY ? strlen(" = ") : 1);
    for (to = text; *from != '\0'; from++) {
        bool line_ends = *from == '\n';

        *to++ = line_ends ? ' ' : *from;
        while (line_ends && from[1] == ' ')
            from++;
    }
    while (to > text && to[-1] == ' ')
        to--;
    *to = '\0';
    return text;
}

static void tell(struct comparison *all, const struct config_key *key, const char *what, const char *before,
                 const char *after)
{
    const struct config_change change = { what, before, after, config_key_needs_restart(key) };

    all->fn(all->arg, &change);
}

static void compare_key(struct comparison *all, const struct config_key *key)
{
    char *before = text_of(all, all->before, key, ONE_KEY), *after = text_of(all, all->after, key, ONE_KEY);

    if (before != NULL && after != NULL && strcmp(before, after) != 0)
        tell(all, key, key->name, before, after);
    free(before);
    free(after);
}

/* ---- sections ---- */

static struct slice title_of(const struct config *c, const struct config_key *key, size_t i)
{
    const struct slice *title = config_section_at(c, key, i);

    return title != NULL ? *title : (struct slice){ NULL, 0 };
}

/* Which of those with its title is it? */
static size_t rank_of(const struct config *c, const struct config_key *key, size_t i)
{
    size_t rank = 0;

    for (size_t k = 0; k < i; k++)
        rank += slice_eq(title_of(c, key, k), title_of(c, key, i));
    return rank;
}

/* The one of `in` that is what the i-th is in `c`; -1: there is none. */
static int counterpart(const struct config *in, const struct config *c, const struct config_key *key, size_t i)
{
    struct slice title = title_of(c, key, i);
    size_t       rank  = rank_of(c, key, i);

    for (int k = 0; config_section_at(in, key, (size_t)k) != NULL; k++)
        if (slice_eq(title_of(in, key, (size_t)k), title) && rank-- == 0)
            return k;
    return -1;
}

static void compare_section(struct comparison *all, const struct config_key *key, struct slice title, int old, int new)
{
    char *before = old >= 0 ? text_of(all, all->before, key, old) : NULL,
         *after  = new >= 0 ? text_of(all, all->after, key, new) : NULL;
    char *what   = NULL;

    if (all->error == 0 && (before == NULL || after == NULL || strcmp(before, after) != 0) &&
        asprintf(&what, "%s \"%.*s\"", key->name, SLICE_ARG(title)) < 0) {
        what       = NULL;
        all->error = -ERR_NO_MEMORY;
    }
    if (what != NULL) /* each text begins with the title, in its own quotes */
        tell(all, key, what, before != NULL ? strchr(before, '{') : NULL, after != NULL ? strchr(after, '{') : NULL);
    free(what);
    free(before);
    free(after);
}

/* What comes first may be what counts. */
static bool is_reordered(const struct comparison *all, const struct config_key *key)
{
    int last = -1;

    for (size_t i = 0; config_section_at(all->after, key, i) != NULL; i++) {
        int at = counterpart(all->before, all->after, key, i);

        if (at >= 0 && at < last)
            return true;
        last = at >= 0 ? at : last;
    }
    return false;
}

static char *titles(const struct config *c, const struct config_key *key)
{
    char  *text = NULL;
    size_t size;
    FILE  *out = open_memstream(&text, &size);

    for (size_t i = 0; out != NULL && config_section_at(c, key, i) != NULL; i++) {
        struct slice title = title_of(c, key, i);

        fprintf(out, "%s'%.*s'", i > 0 ? ", " : "", SLICE_ARG(title));
    }
    if (out != NULL && fclose(out) == 0)
        return text;
    free(text);
    return NULL;
}

static void tell_order(struct comparison *all, const struct config_key *key)
{
    char *before = titles(all->before, key), *after = titles(all->after, key), *what = NULL;

    if (before == NULL || after == NULL || asprintf(&what, "order of the %s sections", key->name) < 0) {
        what       = NULL;
        all->error = -ERR_NO_MEMORY;
    }
    if (what != NULL)
        tell(all, key, what, before, after);
    free(what);
    free(before);
    free(after);
}

static void compare_sections(struct comparison *all, const struct config_key *key)
{
    for (size_t i = 0; config_section_at(all->before, key, i) != NULL; i++)
        compare_section(all, key, title_of(all->before, key, i), (int)i, counterpart(all->after, all->before, key, i));
    for (size_t i = 0; config_section_at(all->after, key, i) != NULL; i++)
        if (counterpart(all->before, all->after, key, i) < 0)
            compare_section(all, key, title_of(all->after, key, i), -1, (int)i);
    if (is_reordered(all, key))
        tell_order(all, key);
}

int config_changes(const struct config *before, const struct config *after, config_change_fn *fn, void *arg)
{
    struct comparison        all = { before, after, fn, arg, 0 };
    size_t                   count;
    const struct config_key *keys = config_keys(&count);

    for (size_t i = 0; all.error == 0 && i < count; i++) {
        if (keys[i].type == CONFIG_SECTION)
            compare_sections(&all, &keys[i]);
        else if (keys[i].type != CONFIG_GROUP && keys[i].section == NULL)
            compare_key(&all, &keys[i]);
    }
    return all.error;
}
