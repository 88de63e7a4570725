/* SPDX-License-Identifier: BSD-2-Clause */
#include "server/config_show.h"

#include "server/config_check.h"

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

/* The elements of a list; of one that config.c has made something else of, only their number. */
static const struct slice *list_texts(const struct config *c, const void *owner, const struct config_key *key,
                                      size_t *count)
{
    const struct config_list *list = (const void *)((const char *)owner + key->offset);

    if (!key->parsed) {
        *count = list->count;
        return list->texts;
    }
    *count = key->check == VALUE_LISTEN ? c->listen_count : c->domain_count;
    return key->check == VALUE_LISTEN ? NULL : c->domains;
}

static void show_list(const struct config *c, const void *owner, const struct config_key *key, FILE *out)
{
    size_t              count;
    const struct slice *texts = list_texts(c, owner, key, &count);
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

static void show_scalar(const void *owner, const struct config_key *key, FILE *out)
{
    char       memory[2048];
    struct buf value = BUF_ON(memory);

    config_value_write(&value, owner, key);
    fprintf(out, "%s = ", key->name);
    if (key->type == CONFIG_STRING)
        print_quoted(out, buf_slice(&value));
    else
        fputs(buf_cstr(&value), out);
    fputc('\n', out);
}

/* What was not given is not shown: a text or list is empty then, a number less than it may be. */
static bool is_given(const void *section, const struct config_key *member)
{
    const char *at = (const char *)section + member->offset;

    switch (member->type) {
    case CONFIG_STRING:
        return ((const struct slice *)(const void *)at)->len > 0;
    case CONFIG_LIST:
        return ((const struct config_list *)(const void *)at)->count > 0;
    case CONFIG_INTEGER:
        return *(const uint32_t *)(const void *)at >= member->minimum;
    case CONFIG_DURATION:
        return *(const msec *)(const void *)at >= member->minimum;
    case CONFIG_BOOL:
        return *(const bool *)(const void *)at;
    case CONFIG_LEVEL:
    case CONFIG_GROUP:
    case CONFIG_SECTION:
        break;
    }
    return true;
}

static bool is_member(const struct config_key *key, const struct config_key *section)
{
    return key->section != NULL && strcmp(key->section, section->name) == 0;
}

static void show_section(const struct config *c, const struct config_key *key, const void *section, FILE *out)
{
    size_t                   count;
    const struct config_key *keys = config_keys(&count), *end = keys + count;

    fprintf(out, "%s ", key->name);
    print_quoted(out, *(const struct slice *)section);
    fputs(" {\n", out);
    for (const struct config_key *member = key + 1; member < end && is_member(member, key); member++) {
        if (!is_given(section, member))
            continue;
        fputs("    ", out);
        if (member->type == CONFIG_LIST)
            show_list(c, section, member, out);
        else
            show_scalar(section, member, out);
    }
    fputs("}\n", out);
}

static void show_sections(const struct config *c, const struct config_key *key, FILE *out)
{
    const void *section;

    for (size_t i = 0; (section = config_section_at(c, key, i)) != NULL; i++)
        show_section(c, key, section, out);
}

static void show_key(const struct config *c, const struct config_key *key, FILE *out)
{
    switch (key->type) {
    case CONFIG_BOOL:
    case CONFIG_INTEGER:
    case CONFIG_DURATION:
    case CONFIG_LEVEL:
    case CONFIG_STRING:
        show_scalar(c, key, out);
        break;
    case CONFIG_LIST:
        show_list(c, c, key, out);
        break;
    case CONFIG_SECTION:
        show_sections(c, key, out);
        break;
    case CONFIG_GROUP:
        break;
    }
}

void config_show_key(const struct config *c, const struct config_key *key, FILE *out)
{
    show_key(c, key, out);
}

void config_show_section(const struct config *c, const struct config_key *key, size_t i, FILE *out)
{
    show_section(c, key, config_section_at(c, key, i), out);
}

void config_show(const struct config *c, FILE *out)
{
    size_t                   count;
    const struct config_key *keys = config_keys(&count);

    for (size_t i = 0; i < count; i++) {
        if (keys[i].type == CONFIG_GROUP)
            fprintf(out, "%s# %s\n", i == 0 ? "" : "\n", keys[i].name);
        else if (keys[i].section == NULL)
            show_key(c, &keys[i], out);
    }
}

static json_t *json_text(struct slice text)
{
    return json_stringn(text.ptr == NULL ? "" : text.ptr, text.len);
}

static json_t *scalar_to_json(const void *owner, const struct config_key *key)
{
    const char *member = (const char *)owner + key->offset;
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
        config_value_write(&value, owner, key);
        return json_text(buf_slice(&value));
    case CONFIG_GROUP:
    case CONFIG_LIST:
    case CONFIG_SECTION:
        break;
    }
    return NULL;
}

static json_t *list_to_json(const struct config *c, const void *owner, const struct config_key *key)
{
    json_t             *list = json_array();
    size_t              count;
    const struct slice *texts = list_texts(c, owner, key, &count);
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

/* "domain or number": the first word. */
static void put_title(json_t *one, const struct config_key *key, struct slice title)
{
    char        memory[32];
    struct buf  name = BUF_ON(memory);
    const char *end  = strchrnul(key->title, ' ');

    buf_put(&name, slice_between(key->title, end));
    json_object_set_new(one, buf_cstr(&name), json_text(title));
}

static json_t *section_to_json(const struct config *c, const struct config_key *key, const void *section)
{
    json_t                  *one = json_object();
    size_t                   count;
    const struct config_key *keys = config_keys(&count), *end = keys + count;

    put_title(one, key, *(const struct slice *)section);
    for (const struct config_key *member = key + 1; member < end && is_member(member, key); member++)
        if (is_given(section, member))
            json_object_set_new(one, member->name,
                                member->type == CONFIG_LIST ? list_to_json(c, section, member)
                                                            : scalar_to_json(section, member));
    return one;
}

static json_t *sections_to_json(const struct config *c, const struct config_key *key)
{
    json_t     *list = json_array();
    const void *section;

    for (size_t i = 0; (section = config_section_at(c, key, i)) != NULL; i++)
        json_array_append_new(list, section_to_json(c, key, section));
    return list;
}

json_t *config_to_json(const struct config *c)
{
    json_t                  *object = json_object();
    size_t                   count;
    const struct config_key *keys = config_keys(&count);

    for (size_t i = 0; object != NULL && i < count; i++) {
        if (keys[i].type == CONFIG_GROUP || keys[i].section != NULL)
            continue;
        if (keys[i].type == CONFIG_LIST)
            json_object_set_new(object, keys[i].name, list_to_json(c, c, &keys[i]));
        else if (keys[i].type == CONFIG_SECTION)
            json_object_set_new(object, keys[i].name, sections_to_json(c, &keys[i]));
        else
            json_object_set_new(object, keys[i].name, scalar_to_json(c, &keys[i]));
    }
    return object;
}
