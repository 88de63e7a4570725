/* SPDX-License-Identifier: BSD-2-Clause */
#include "server/config_keys.h"

#include "base/distance.h"
#include "route/third_party.h"
#include "sip/digest.h"
#include "sip/uri.h"

#include <assert.h>

#define NUMBER(kind, of, owner, key, value, least, most, each, text)                                                   \
    { .type    = (kind),                                                                                               \
      .name    = #key,                                                                                                 \
      .section = (of),                                                                                                 \
      .preset  = (value),                                                                                              \
      .minimum = (least),                                                                                              \
      .maximum = (most),                                                                                               \
      .unit    = (each),                                                                                               \
      .meaning = (text),                                                                                               \
      .offset  = offsetof(struct owner, key) },
#define TEXTS(kind, of, owner, key, look, value, text)                                                                 \
    { .type        = (kind),                                                                                           \
      .name        = #key,                                                                                             \
      .section     = (of),                                                                                             \
      .check       = VALUE_##look,                                                                                     \
      .preset_text = (value),                                                                                          \
      .meaning     = (text),                                                                                           \
      .offset      = offsetof(struct owner, key) },

static const struct config_key keys[] = {
#define GROUP(heading)         { .type = CONFIG_GROUP, .name = (heading) },
#define BOOL(key, value, text) NUMBER(CONFIG_BOOL, NULL, config, key, value, 0, 1, NULL, text)
#define INTEGER(key, value, least, most, unit, text)                                                                   \
    NUMBER(CONFIG_INTEGER, NULL, config, key, value, least, most, unit, text)
#define DURATION(key, value, least, most, text)                                                                        \
    NUMBER(CONFIG_DURATION, NULL, config, key, value, least, most, NULL, text)
#define LEVEL(key, value, text)        NUMBER(CONFIG_LEVEL, NULL, config, key, value, LOG_DEBUG, LOG_ERROR, NULL, text)
#define STRING(key, look, value, text) TEXTS(CONFIG_STRING, NULL, config, key, look, value, text)
#define LIST(key, look, value, text)   TEXTS(CONFIG_LIST, NULL, config, key, look, value, text)
#define PARSED_LIST(key, look, value, text)                                                                            \
    { .type        = CONFIG_LIST,                                                                                      \
      .name        = #key,                                                                                             \
      .check       = VALUE_##look,                                                                                     \
      .preset_text = (value),                                                                                          \
      .meaning     = (text),                                                                                           \
      .parsed      = true },
#define SECTION(key, array, count, of, text)                                                                           \
    { .type         = CONFIG_SECTION,                                                                                  \
      .name         = #key,                                                                                            \
      .title        = (of),                                                                                            \
      .meaning      = (text),                                                                                          \
      .offset       = offsetof(struct config, array),                                                                  \
      .count_offset = offsetof(struct config, count),                                                                  \
      .line_offset  = offsetof(struct config_##key, line),                                                             \
      .size         = sizeof(struct config_##key) },
#define SECTION_STRING(of, key, look, text) TEXTS(CONFIG_STRING, #of, config_##of, key, look, NULL, text)
#define SECTION_LIST(of, key, look, text)   TEXTS(CONFIG_LIST, #of, config_##of, key, look, NULL, text)
#define SECTION_INTEGER(of, key, least, most, unit, text)                                                              \
    NUMBER(CONFIG_INTEGER, #of, config_##of, key, 0, least, most, unit, text)
#define SECTION_DURATION(of, key, least, most, text)                                                                   \
    NUMBER(CONFIG_DURATION, #of, config_##of, key, 0, least, most, NULL, text)
#include "server/config.def"
};

enum { KEYS = sizeof keys / sizeof *keys };

const struct config_key *config_keys(size_t *count)
{
    *count = KEYS;
    return keys;
}

static bool is_in_section(const struct config_key *key, const char *section)
{
    if (key->type == CONFIG_GROUP)
        return false;
    if (section == NULL || key->section == NULL)
        return section == key->section;
    return strcmp(key->section, section) == 0;
}

const struct config_key *config_key_find(const char *section, struct slice name)
{
    for (size_t i = 0; i < KEYS; i++)
        if (is_in_section(&keys[i], section) && slice_eq(slice_from(keys[i].name), name))
            return &keys[i];
    return NULL;
}

const struct config_key *config_key_nearest(const char *section, struct slice name)
{
    const struct config_key *best     = NULL;
    unsigned                 best_far = DISTANCE_FAR;

    for (size_t i = 0; i < KEYS; i++) {
        unsigned far;

        if (!is_in_section(&keys[i], section))
            continue;
        far = word_distance(slice_from(keys[i].name), name);
        if (far < best_far) {
            best_far = far;
            best     = &keys[i];
        }
    }
    return best != NULL && distance_is_typo(best_far, slice_from(best->name)) ? best : NULL;
}

const char *config_key_replaced(struct slice name)
{
    if (slice_eq(name, SLICE("digest_sha256")))
        return "digest_algorithms = {\"MD5\"} where it was false, nothing where it was true";
    return NULL;
}

static bool parse_bool(struct slice text, uint64_t *number)
{
    static const struct slice words[] = { SLICE_INIT("false"), SLICE_INIT("true"), SLICE_INIT("no"),
                                          SLICE_INIT("yes"),   SLICE_INIT("off"),  SLICE_INIT("on") };

    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (slice_eq_nocase(words[i], text)) {
            *number = i % 2;
            return true;
        }
    }
    return false;
}

static const struct duration_unit {
    struct slice name;
    msec         size;
} duration_units[] = {
    { SLICE_INIT("d"), 86400000 }, { SLICE_INIT("h"), 3600000 }, { SLICE_INIT("m"), 60000 },
    { SLICE_INIT("s"), 1000 },     { SLICE_INIT("ms"), 1 },
};

enum { DURATION_UNITS = sizeof duration_units / sizeof *duration_units };

static bool parse_duration(struct slice text, uint64_t *number)
{
    struct scan s = scan_from(text);

    if (!scan_number64(&s, UINT32_MAX, number))
        return false;
    for (size_t i = 0; i < DURATION_UNITS; i++) {
        if (slice_eq(scan_rest(&s), duration_units[i].name)) {
            *number *= duration_units[i].size; /* < 2^32 * 2^27 */
            return true;
        }
    }
    return false;
}

void config_duration_write(struct buf *b, msec duration)
{
    size_t i = 0;

    while (i < DURATION_UNITS - 1 && (duration == 0 || duration % duration_units[i].size != 0))
        i++;
    buf_put_number(b, duration / duration_units[i].size);
    buf_put(b, duration_units[i].name);
}

static bool is_host(struct slice text)
{
    struct scan  s = scan_from(text);
    struct slice host;

    return scan_host(&s, &host) && scan_at_end(&s) && host.len <= 253;
}

static bool is_host_port(struct slice text)
{
    struct scan  s = scan_from(text);
    struct slice host;
    uint32_t     port = 1;

    return scan_host(&s, &host) && host.len <= 253 && (!scan_byte(&s, ':') || scan_number(&s, UINT16_MAX, &port)) &&
           port > 0 && scan_at_end(&s);
}

static bool parse_demand(struct slice word, struct config_listen *out)
{
    if (out->clients != TLS_CLIENTS_NONE || (out->transport != TRANSPORT_TLS && out->transport != TRANSPORT_WSS))
        return false;
    if (slice_eq_nocase(word, SLICE("required")))
        out->clients = TLS_CLIENTS_REQUIRED;
    else if (slice_eq_nocase(word, SLICE("optional")))
        out->clients = TLS_CLIENTS_OPTIONAL;
    return out->clients != TLS_CLIENTS_NONE;
}

/* What stands behind the address: " advertise HOST[:PORT]", " clients required", both or
 * nothing. */
static bool parse_listen_options(struct scan *s, struct config_listen *out)
{
    struct slice name, value;

    while (!scan_at_end(s)) {
        if (!scan_lws(s) || !scan_token(s, &name) || !scan_lws(s) || !scan_until(s, " \t", &value))
            return false;
        if (slice_eq_nocase(name, SLICE("advertise")) && out->advertise.len == 0 && is_host_port(value))
            out->advertise = value;
        else if (!slice_eq_nocase(name, SLICE("clients")) || !parse_demand(value, out))
            return false;
    }
    return true;
}

/* "udp:0.0.0.0:5060 advertise 203.0.113.7"; a port may be left out, 0 means any free one. */
static bool parse_listen(struct slice text, struct config_listen *out)
{
    struct scan  s = scan_from(text);
    struct slice name, address;

    *out = (struct config_listen){ 0 };
    if (!scan_token(&s, &name) || !scan_byte(&s, ':') || !scan_until(&s, " \t", &address))
        return false;
    out->transport = transport_parse(name);
    if (out->transport == TRANSPORT_NONE || !parse_listen_options(&s, out))
        return false;
    if (address_parse_ip(address, &out->address)) {
        out->address.port = transport_default_port(out->transport);
        return true;
    }
    return address_parse(address, &out->address);
}

void config_listen_write(struct buf *b, const struct config_listen *l)
{
    buf_put(b, transport_param(l->transport));
    buf_put_byte(b, ':');
    address_write(b, &l->address);
    if (l->advertise.len > 0) {
        buf_put(b, SLICE(" advertise "));
        buf_put(b, l->advertise);
    }
    if (l->clients != TLS_CLIENTS_NONE)
        buf_put(b, l->clients == TLS_CLIENTS_REQUIRED ? SLICE(" clients required") : SLICE(" clients optional"));
}

static bool is_sip_uri(struct slice text)
{
    struct uri uri;

    return uri_parse(text, &uri) && (uri.scheme == URI_SIP || uri.scheme == URI_SIPS) && uri.host.len > 0;
}

/* What a Route may name: it is a loose router, and it says so (RFC 3608 6.3). */
static bool is_route(struct slice text)
{
    struct uri   uri;
    struct slice value;

    return is_sip_uri(text) && uri_parse(text, &uri) && uri_param(&uri, SLICE("lr"), &value);
}

static bool is_printable(struct slice text)
{
    for (size_t i = 0; i < text.len; i++)
        if ((unsigned char)text.ptr[i] < ' ' || text.ptr[i] == 0x7f)
            return false;
    return text.len <= 1024;
}

static bool is_log_level_of_part(struct slice text)
{
    enum log_part  part;
    enum log_level level;

    return log_level_of_part_parse(text, &part, &level);
}

static void put_log_parts(struct buf *b)
{
    for (unsigned i = 0; i < LOG_PARTS; i++) {
        buf_put(b, i == 0 ? SLICE("") : SLICE(", "));
        buf_put(b, slice_from(log_part_name((enum log_part)i)));
    }
}

/* With a port, which may be 0: any free one. */
static bool is_address_port(struct slice text)
{
    struct address address;
    const char    *first = memchr(text.ptr, ':', text.len), *last = memrchr(text.ptr, ':', text.len);
    const char    *bracket  = memrchr(text.ptr, ']', text.len);
    bool           has_port = bracket != NULL ? last > bracket : first != NULL && first == last;

    return has_port && address_parse(text, &address);
}

static bool is_one_of(struct slice text, const char *a, const char *b, const char *c)
{
    return slice_eq(text, slice_from(a)) || slice_eq(text, slice_from(b)) || slice_eq(text, slice_from(c));
}

/* As browsers write it (RFC 6454 6.2), or what they write for a page without one. */
static bool is_origin(struct slice text)
{
    struct scan  s = scan_from(text);
    struct slice scheme;

    return slice_eq(text, SLICE("null")) ||
           (scan_token(&s, &scheme) && scan_exact(&s, SLICE("://")) && is_host_port(scan_rest(&s)));
}

static bool parse_text(enum config_check check, struct slice text, struct config_value *out, struct buf *why)
{
    bool                good = is_printable(text);
    struct third_party  party;
    enum hash_algorithm algorithm;

    switch (check) {
    case VALUE_TEXT:
        buf_put(why, SLICE("a text without control characters, at most 1024 bytes"));
        break;
    case VALUE_PATH:
        buf_put(why, SLICE("a path, at most 1024 bytes"));
        break;
    case VALUE_NAME:
        buf_put(why, SLICE("a domain name such as example.com, or an address"));
        good = is_host(text);
        break;
    case VALUE_NAME_OR_NONE:
        buf_put(why, SLICE("a domain name such as example.com, or nothing"));
        good = text.len == 0 || is_host(text);
        break;
    case VALUE_LISTEN:
        buf_put(why, SLICE("udp, tcp, tls, ws or wss, a numeric address and a port: udp:192.0.2.1:5060, "
                           "tls:[2001:db8::1]:5061 advertise sip.example.com"));
        good = parse_listen(text, &out->listen);
        break;
    case VALUE_HOST_PORT:
        buf_put(why, SLICE("a host with or without port: sip.example.com, 192.0.2.1:5062"));
        good = text.len == 0 || is_host_port(text);
        break;
    case VALUE_SIP_URI:
        buf_put(why, SLICE("a sip or sips URI such as sip:192.0.2.1:5060;transport=tcp"));
        good = is_sip_uri(text) && is_printable(text);
        break;
    case VALUE_ADDRESS:
        buf_put(why, SLICE("a numeric address and a port: 127.0.0.1:9464, [::1]:9464"));
        good = text.len == 0 || is_address_port(text);
        break;
    case VALUE_TLS_CLIENTS:
        buf_put(why, SLICE("none, optional or required"));
        good = is_one_of(text, "none", "optional", "required");
        break;
    case VALUE_TLS_VERSION:
        buf_put(why, SLICE("1.2 or 1.3"));
        good = is_one_of(text, "1.2", "1.3", "1.3");
        break;
    case VALUE_ORIGIN:
        buf_put(why, SLICE("an origin such as https://phone.example.com, or null"));
        good = is_origin(text);
        break;
    case VALUE_ROUTE:
        buf_put(why, SLICE("a sip or sips URI with ;lr such as sip:proxy.example.com;lr"));
        good = is_route(text) && is_printable(text);
        break;
    case VALUE_THIRD_PARTY:
        buf_put(why, SLICE("a user, a blank, and whom that one may register: boss@example.com, *@example.com or *"));
        good = third_party_parse(text, &party) && is_printable(text);
        break;
    case VALUE_DIGEST:
        buf_put(why, SLICE("MD5, SHA-256 or SHA-512-256"));
        good = hash_algorithm_parse(text, &algorithm);
        break;
    case VALUE_QOP:
        buf_put(why, SLICE("auth or auth-int"));
        good = is_one_of(text, "auth", "auth-int", "auth-int");
        break;
    case VALUE_LOG_LEVEL:
        buf_put(why, SLICE("a part of the server and a level such as transport=debug; the parts: "));
        put_log_parts(why);
        good = is_log_level_of_part(text);
        break;
    }
    out->text = text;
    return good;
}

static bool parse_number(const struct config_key *key, struct slice text, uint64_t *number)
{
    struct scan    s = scan_from(text);
    enum log_level level;

    switch (key->type) {
    case CONFIG_BOOL:
        return parse_bool(text, number);
    case CONFIG_INTEGER:
        return scan_number64(&s, UINT64_MAX / 2, number) && scan_at_end(&s);
    case CONFIG_DURATION:
        return parse_duration(text, number);
    case CONFIG_LEVEL:
        *number = log_level_parse(text, &level) ? (uint64_t)level : UINT64_MAX;
        return *number != UINT64_MAX;
    case CONFIG_GROUP:
    case CONFIG_STRING:
    case CONFIG_LIST:
    case CONFIG_SECTION:
        break;
    }
    return false;
}

bool config_value_parse(const struct config_key *key, struct slice text, struct config_value *out, struct buf *why)
{
    *out = (struct config_value){ 0 };
    if (key->type == CONFIG_STRING || key->type == CONFIG_LIST)
        return parse_text(key->check, text, out, why);
    config_range_write(why, key);
    return parse_number(key, text, &out->number) && out->number >= key->minimum && out->number <= key->maximum;
}

void config_value_set(void *owner, const struct config_key *key, const struct config_value *value)
{
    char *member = (char *)owner + key->offset;

    switch (key->type) {
    case CONFIG_BOOL:
        *(bool *)member = value->number != 0;
        break;
    case CONFIG_INTEGER:
        *(uint32_t *)(void *)member = (uint32_t)value->number;
        break;
    case CONFIG_DURATION:
        *(msec *)(void *)member = value->number;
        break;
    case CONFIG_LEVEL:
        *(enum log_level *)(void *)member = (enum log_level)value->number;
        break;
    case CONFIG_STRING:
        *(struct slice *)(void *)member = value->text;
        break;
    case CONFIG_GROUP:
    case CONFIG_LIST:
    case CONFIG_SECTION:
        assert(!"has no member of its own");
    }
}

static void write_number(struct buf *b, const struct config_key *key, uint64_t number)
{
    if (key->type == CONFIG_BOOL)
        buf_put(b, number ? SLICE("true") : SLICE("false"));
    else if (key->type == CONFIG_DURATION)
        config_duration_write(b, number);
    else if (key->type == CONFIG_LEVEL)
        buf_put(b, slice_from(log_level_name((enum log_level)number)));
    else
        buf_put_number(b, number);
}

void config_value_write(struct buf *b, const void *owner, const struct config_key *key)
{
    const char *member = (const char *)owner + key->offset;

    switch (key->type) {
    case CONFIG_BOOL:
        write_number(b, key, *(const bool *)member);
        break;
    case CONFIG_INTEGER:
        write_number(b, key, *(const uint32_t *)(const void *)member);
        break;
    case CONFIG_DURATION:
        write_number(b, key, *(const msec *)(const void *)member);
        break;
    case CONFIG_LEVEL:
        write_number(b, key, (uint64_t)(*(const enum log_level *)(const void *)member));
        break;
    case CONFIG_STRING:
        buf_put(b, *(const struct slice *)(const void *)member);
        break;
    case CONFIG_GROUP:
    case CONFIG_LIST:
    case CONFIG_SECTION:
        break;
    }
}

/* Of the member of such a key; 0: it has none. */
static size_t size_of(enum config_type type)
{
    switch (type) {
    case CONFIG_BOOL:
        return sizeof(bool);
    case CONFIG_INTEGER:
        return sizeof(uint32_t);
    case CONFIG_DURATION:
        return sizeof(msec);
    case CONFIG_LEVEL:
        return sizeof(enum log_level);
    case CONFIG_STRING:
        return sizeof(struct slice);
    case CONFIG_LIST:
        return sizeof(struct config_list);
    case CONFIG_GROUP:
    case CONFIG_SECTION:
        break;
    }
    return 0;
}

bool config_value_inherit(const struct config *c, void *owner, const struct config_key *key)
{
    const struct config_key *outer = config_key_find(NULL, slice_from(key->name));

    if (outer == NULL || outer->type != key->type || outer->parsed)
        return false;
    memcpy((char *)owner + key->offset, (const char *)c + outer->offset, size_of(key->type));
    return true;
}

const void *config_section_at(const struct config *c, const struct config_key *section, size_t i)
{
    size_t      count = *(const size_t *)(const void *)((const char *)c + section->count_offset);
    const char *array;

    memcpy(&array, (const char *)c + section->offset, sizeof array);
    return i < count ? array + i * section->size : NULL;
}

void config_default_write(struct buf *b, const struct config_key *key)
{
    if (key->type == CONFIG_BOOL || key->type == CONFIG_INTEGER || key->type == CONFIG_DURATION ||
        key->type == CONFIG_LEVEL)
        write_number(b, key, key->preset);
    else if (key->preset_text != NULL)
        buf_put(b, slice_from(key->preset_text));
}

void config_range_write(struct buf *b, const struct config_key *key)
{
    switch (key->type) {
    case CONFIG_BOOL:
        buf_put(b, SLICE("true or false"));
        break;
    case CONFIG_LEVEL:
        buf_put(b, SLICE("debug, info, notice, warning or error"));
        break;
    case CONFIG_INTEGER:
    case CONFIG_DURATION:
        write_number(b, key, key->minimum);
        buf_put(b, SLICE(" to "));
        write_number(b, key, key->maximum);
        if (key->unit != NULL) {
            buf_put_byte(b, ' ');
            buf_put(b, slice_from(key->unit));
        }
        if (key->type == CONFIG_DURATION)
            buf_put(b, SLICE(", with a unit: ms, s, m, h or d"));
        break;
    case CONFIG_GROUP:
    case CONFIG_STRING:
    case CONFIG_LIST:
    case CONFIG_SECTION:
        break;
    }
}
