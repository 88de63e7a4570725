/* SPDX-License-Identifier: BSD-2-Clause */
#include "server/user_name.h"

#include "base/scan.h"
#include "locate/enum.h"

#include <assert.h>

bool user_name_is_good(struct slice name)
{
    for (size_t i = 0; i < name.len; i++)
        if (!is_alnum_byte(name.ptr[i]) && (name.ptr[i] == '\0' || strchr("-_.!~*'+", name.ptr[i]) == NULL))
            return false;
    return name.len > 0 && name.len <= USER_NAME_MAX;
}

bool user_domain_is_good(struct slice domain)
{
    struct scan  s = scan_from(domain);
    struct slice host;

    return domain.len <= USER_DOMAIN_MAX && scan_host(&s, &host) && scan_at_end(&s);
}

bool user_password_is_good(struct slice password)
{
    for (size_t i = 0; i < password.len; i++)
        if ((unsigned char)password.ptr[i] < ' ' || password.ptr[i] == 0x7f)
            return false;
    return password.len > 0 && password.len <= USER_PASSWORD_MAX;
}

static bool is_hex(struct slice text)
{
    for (size_t i = 0; i < text.len; i++)
        if (hex_value(text.ptr[i]) < 0)
            return false;
    return true;
}

bool user_ha1_is_good(struct slice ha1, enum hash_algorithm algorithm)
{
    return ha1.len == 0 || (ha1.len == 2 * hash_size(algorithm) && is_hex(ha1));
}

/* ---- telephone numbers ---- */

static_assert(USER_NUMBER_MAX == ENUM_DIGITS + 1, "a plus and the digits of E.164");

/* "ext" and "isub" lead to somebody else behind the number (RFC 3966 4); in a sip URI they
 * stand in its user part. */
static bool leads_further(const struct uri *uri)
{
    struct scan  s = scan_from(uri->user);
    struct slice value, before;

    if (uri_param(uri, SLICE("ext"), &value) || uri_param(uri, SLICE("isub"), &value))
        return true;
    while (scan_until(&s, ";", &before) && scan_byte(&s, ';'))
        if (scan_word(&s, SLICE("ext=")) || scan_word(&s, SLICE("isub=")))
            return true;
    return false;
}

struct slice user_number(const struct uri *uri, char memory[USER_NUMBER_MAX])
{
    struct buf b = buf_on(memory, USER_NUMBER_MAX);

    return !leads_further(uri) && enum_number(uri, &b) && buf_ok(&b) ? buf_slice(&b) : SLICE("");
}

struct slice user_number_of_text(struct slice text, char memory[USER_NUMBER_MAX])
{
    char       tel[4 * ENUM_DIGITS + 8];
    struct buf b = BUF_ON(tel);
    struct uri uri;

    if (text.len < 4 || !slice_eq_nocase((struct slice){ text.ptr, 4 }, SLICE("tel:")))
        buf_put(&b, SLICE("tel:"));
    for (size_t i = 0; i < text.len; i++)
        if (text.ptr[i] != ' ')
            buf_put_byte(&b, text.ptr[i]);
    return buf_ok(&b) && uri_parse(buf_slice(&b), &uri) ? user_number(&uri, memory) : SLICE("");
}

bool user_alias_of_text(struct slice text, struct slice domain, char number[USER_NUMBER_MAX],
                        struct slice *alias_domain, struct slice *alias_name)
{
    const char *at  = text.len > 0 ? memchr(text.ptr, '@', text.len) : NULL;
    bool        tel = text.len >= 4 && slice_eq_nocase((struct slice){ text.ptr, 4 }, SLICE("tel:"));

    *alias_domain = domain;
    *alias_name   = text;
    if (at != NULL) {
        *alias_name   = slice_between(text.ptr, at);
        *alias_domain = slice_between(at + 1, text.ptr + text.len);
    } else if (tel || (text.len > 0 && text.ptr[0] == '+')) {
        *alias_name   = user_number_of_text(text, number);
        *alias_domain = SLICE("");
        return alias_name->len > 0;
    }
    return user_name_is_good(*alias_name) && user_domain_is_good(*alias_domain);
}

/* ---- hashes of names ---- */

/* No name begins so. */
static void begin_key(struct buf *key, enum hash_algorithm algorithm)
{
    buf_put_byte(key, '#');
    buf_put_byte(key, algorithm == HASH_SHA512_256 ? '5' : '2');
}

struct slice user_hash_key(struct hasher *h, enum hash_algorithm algorithm, struct slice name, struct slice realm,
                           char memory[USER_KEY_MAX])
{
    const struct slice parts[] = { name, SLICE(":"), realm };
    uint8_t            digest[HASH_MAX];
    struct buf         key = buf_on(memory, USER_KEY_MAX);

    hasher_digest(h, algorithm, parts, 3, digest);
    begin_key(&key, algorithm);
    buf_put_hex(&key, digest, hash_size(algorithm));
    return buf_slice(&key);
}

struct slice user_hash_key_of_hex(enum hash_algorithm algorithm, struct slice hex, char memory[USER_KEY_MAX])
{
    struct buf key = buf_on(memory, USER_KEY_MAX);

    if (algorithm == HASH_MD5 || hex.len == 0 || !user_ha1_is_good(hex, algorithm))
        return SLICE("");
    begin_key(&key, algorithm);
    for (size_t i = 0; i < hex.len; i++)
        buf_put_byte(&key, ascii_lower(hex.ptr[i]));
    return buf_slice(&key);
}

uint64_t user_hash_number(struct slice key)
{
    uint64_t number = 0;

    for (size_t i = 2; i < 2 + 16 && i < key.len; i++)
        number = number << 4 | (uint64_t)hex_value(key.ptr[i]);
    return number;
}
