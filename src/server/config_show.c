/* SPDX-License-Identifier: BSD-2-Clause */
#include "server/config_show.h"

#include "server/config_keys.h"

/* In quotes that libConfuse takes as they are: only \ and " have a meaning, and "${". */
static void print_quoted(FILE *out, struct slice text)
{
    fputc('\'', out);
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] == '\'' || text.ptr[i] == '\\')
            fputc('\\', out);
        fputc(text.ptr[i], out);
    }
    fputc('\'', out);
}

static void listen_text(const struct config_listen *l, char memory[CONFIG_LISTEN_TEXT], struct slice *text)
{
    struct buf b = buf_on(memory, CONFIG_LISTEN_TEXT);

    config_listen_write(&b, l);
    *text = buf_slice(&b);
}

/* The elements of a list of texts; for another list only their number. */
static const struct slice *list_texts(const struct config *c, const struct config_key *key, size_t *count)
{
    if (key->check == VALUE_LISTEN) {
        *count = c->listen_count;
        return NULL;
    }
    if (key->check == VALUE_LOG_LEVEL) {
        *count = c->log_level_count;
        return c->log_levels;
    }
    if (key->check == VALUE_ORIGIN) {
        *count = c->websocket_origin_count;
        return c->websocket_origins;
    }
    *count = c->domain_count;
    return c->domains;
}

static void show_list(const struct config *c, const struct config_key *key, FILE *out)
{
    size_t              count;
    const struct slice *texts = list_texts(c, key, &count);
    char                memory[CONFIG_LISTEN_TEXT];
    struct slice        text;

    fprintf(out, "%s = {", key->name);
    for (size_t i = 0; i < count; i++) {
        if (texts != NULL)
            text = texts[i];
        else
            listen_text(&c->listens[i], memory, &text);
        fputs(i == 0 ? "" : ", ", out);
        print_quoted(out, text);
    }
    fputs("}\n", out);
}

static void show_member(FILE *out, const char *name, struct slice value)
{
    if (value.len == 0)
        return;
    fprintf(out, "    %s = ", name);
    print_quoted(out, value);
    fputc('\n', out);
}

static void show_open(FILE *out, const char *name, struct slice title)
{
    fprintf(out, "%s ", name);
    print_quoted(out, title);
    fputs(" {\n", out);
}

/* A section as a table: its title, then its members; name NULL: no more. */
struct section {
    struct slice title;
    struct {
        const char  *name;
        struct slice value;
    } members[3];
};

/* The i-th section of this kind; false if there are fewer. */
static bool section_at(const struct config *c, const struct config_key *key, size_t i, struct section *out)
{
    if (strcmp(key->name, "route") == 0) {
        if (i >= c->route_count)
            return false;
        *out = (struct section){ c->routes[i].domain,
                                 { { "to", c->routes[i].to }, { "redirect", c->routes[i].redirect } } };
    } else if (strcmp(key->name, "redirect") == 0) {
        if (i >= c->redirect_count)
            return false;
        *out = (struct section){ c->redirects[i].domain, { { "to", c->redirects[i].to } } };
    } else {
        if (i >= c->certificate_count)
            return false;
        *out = (struct section){ c->certificates[i].domain,
                                 { { "chain", c->certificates[i].chain }, { "key", c->certificates[i].key } } };
    }
    return true;
}

static void show_sections(const struct config *c, const struct config_key *key, FILE *out)
{
    struct section s;

    for (size_t i = 0; section_at(c, key, i, &s); i++) {
        show_open(out, key->name, s.title);
        for (size_t m = 0; s.members[m].name != NULL; m++)
            show_member(out, s.members[m].name, s.members[m].value);
        fputs("}\n", out);
    }
}

static void show_scalar(const struct config *c, const struct config_key *key, FILE *out)
{
    char       memory[2048];
    struct buf value = BUF_ON(memory);

    config_value_write(&value, c, key);
    fprintf(out, "%s = ", key->name);
    if (key->type == CONFIG_STRING)
        print_quoted(out, buf_slice(&value));
    else
        fputs(buf_cstr(&value), out);
    fputc('\n', out);
}

void config_show(const struct config *c, FILE *out)
{
    size_t                   count;
    const struct config_key *keys = config_keys(&count);

    for (size_t i = 0; i < count; i++) {
        switch (keys[i].type) {
        case CONFIG_GROUP:
            fprintf(out, "%s# %s\n", i == 0 ? "" : "\n", keys[i].name);
            break;
        case CONFIG_BOOL:
        case CONFIG_INTEGER:
        case CONFIG_DURATION:
        case CONFIG_LEVEL:
        case CONFIG_STRING:
            show_scalar(c, &keys[i], out);
            break;
        case CONFIG_LIST:
            show_list(c, &keys[i], out);
            break;
        case CONFIG_SECTION:
            show_sections(c, &keys[i], out);
            break;
        case CONFIG_SECTION_STRING:
            break;
        }
    }
}

static json_t *json_text(struct slice text)
{
    return json_stringn(text.ptr == NULL ? "" : text.ptr, text.len);
}

static json_t *scalar_to_json(const struct config *c, const struct config_key *key)
{
    const char *member = (const char *)c + key->offset;
    char        memory[2048];
    struct buf  value = BUF_ON(memory);

    switch (key->type) {
    case CONFIG_BOOL:
        return json_boolean(*(const bool *)member);
    case CONFIG_INTEGER:
        return json_integer(*(const uint32_t *)(const void *)member);
    case CONFIG_DURATION:
        return json_integer((json_int_t)(*(const msec *)(const void *)member));
    case CONFIG_LEVEL:
    case CONFIG_STRING:
        config_value_write(&value, c, key);
        return json_text(buf_slice(&value));
    case CONFIG_GROUP:
    case CONFIG_LIST:
    case CONFIG_SECTION:
    case CONFIG_SECTION_STRING:
        break;
    }
    return NULL;
}

static json_t *list_to_json(const struct config *c, const struct config_key *key)
{
    json_t             *list = json_array();
    size_t              count;
    const struct slice *texts = list_texts(c, key, &count);
    char                memory[CONFIG_LISTEN_TEXT];
    struct slice        text;

    for (size_t i = 0; i < count; i++) {
        if (texts != NULL)
            text = texts[i];
        else
            listen_text(&c->listens[i], memory, &text);
        json_array_append_new(list, json_text(text));
    }
    return list;
}

static void set_text(json_t *object, const char *name, struct slice value)
{
    if (value.len > 0)
        json_object_set_new(object, name, json_text(value));
}

static json_t *sections_to_json(const struct config *c, const struct config_key *key)
{
    json_t        *list = json_array();
    struct section s;

    for (size_t i = 0; section_at(c, key, i, &s); i++) {
        json_t *one = json_object();

        set_text(one, "domain", s.title);
        for (size_t m = 0; s.members[m].name != NULL; m++)
            set_text(one, s.members[m].name, s.members[m].value);
        json_array_append_new(list, one);
    }
    return list;
}

json_t *config_to_json(const struct config *c)
{
    json_t                  *object = json_object();
    size_t                   count;
    const struct config_key *keys = config_keys(&count);

    for (size_t i = 0; object != NULL && i < count; i++) {
        if (keys[i].type == CONFIG_GROUP || keys[i].type == CONFIG_SECTION_STRING)
            continue;
        if (keys[i].type == CONFIG_LIST)
            json_object_set_new(object, keys[i].name, list_to_json(c, &keys[i]));
        else if (keys[i].type == CONFIG_SECTION)
            json_object_set_new(object, keys[i].name, sections_to_json(c, &keys[i]));
        else
            json_object_set_new(object, keys[i].name, scalar_to_json(c, &keys[i]));
    }
    return object;
}
