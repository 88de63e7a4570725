/* SPDX-License-Identifier: BSD-2-Clause */
#include "route/gruu.h"

#include "sip/instance.h"

#include <assert.h>

enum {
    AOR_HASH      = 8,
    EPOCH         = GRUU_EPOCH_BITS / 8,
    HIDDEN        = AOR_HASH + EPOCH,
    SEAL          = 10,
    BYTES         = GRUU_NONCE + HIDDEN + SEAL,
    MAC           = 32,
    PREFIX        = 6,
    GRUU_INSTANCE = 1024, /* bytes of the longest that can be named */
    HEX_MARK      = '~',
};

static const char prefix[] = "tgruu.";
static const char digits[] = "abcdefghijklmnopqrstuvwxyz234567";

static_assert(sizeof prefix - 1 == PREFIX, "of the user part");
static_assert(BYTES % 5 == 0 && PREFIX + BYTES / 5 * 8 == GRUU_USER, "whole characters of five bits");

/* ---- five bits a character: letters and digits, which nobody has cause to escape ---- */

static void put_digits(struct buf *b, const uint8_t bytes[BYTES])
{
    for (size_t i = 0; i < BYTES; i += 5) {
        uint64_t five = 0;

        for (size_t k = 0; k < 5; k++)
            five = five << 8 | bytes[i + k];
        for (unsigned shift = 40; shift > 0; shift -= 5)
            buf_put_byte(b, digits[five >> (shift - 5) & 31]);
    }
}

static int digit_value(char c)
{
    if (c >= 'a' && c <= 'z')
        return c - 'a';
    return c >= '2' && c <= '7' ? c - '2' + 26 : -1;
}

static bool take_digits(const char *text, uint8_t bytes[BYTES])
{
    for (size_t i = 0; i < BYTES; i += 5) {
        uint64_t five = 0;

        for (size_t k = 0; k < 8; k++) {
            int value = digit_value(*text++);

            if (value < 0)
                return false;
            five = five << 5 | (unsigned)value;
        }
        for (size_t k = 0; k < 5; k++)
            bytes[i + k] = (uint8_t)(five >> 8 * (4 - k));
    }
    return true;
}

/* ---- hiding and sealing ---- */

void gruu_keys_init(struct gruu_keys *k, struct hasher *h, const uint8_t secret[GRUU_SECRET])
{
    const struct slice hide = SLICE("hide"), seal = SLICE("seal");

    hasher_mac(h, secret, &hide, 1, k->hide);
    hasher_mac(h, secret, &seal, 1, k->seal);
}

static struct slice slice_of(const uint8_t *bytes, size_t len)
{
    return (struct slice){ (const char *)bytes, len };
}

/* The same call hides what is plain and shows what is hidden. */
static void turn_over(uint8_t bytes[BYTES], const struct gruu_keys *keys, struct hasher *h)
{
    const struct slice nonce = slice_of(bytes, GRUU_NONCE);
    uint8_t            stream[MAC];

    hasher_mac(h, keys->hide, &nonce, 1, stream);
    for (size_t i = 0; i < HIDDEN; i++)
        bytes[GRUU_NONCE + i] ^= stream[i];
}

static void make_seal(const uint8_t bytes[BYTES], uint8_t seal[MAC], const struct gruu_keys *keys, struct hasher *h)
{
    const struct slice sealed = slice_of(bytes, GRUU_NONCE + HIDDEN);

    hasher_mac(h, keys->seal, &sealed, 1, seal);
}

static void put_number(uint8_t *at, uint64_t number, size_t len)
{
    while (len-- > 0) {
        at[len] = (uint8_t)number;
        number >>= 8;
    }
}

static uint64_t take_number(const uint8_t *at, size_t len)
{
    uint64_t number = 0;

    for (size_t i = 0; i < len; i++)
        number = number << 8 | at[i];
    return number;
}

static void put_user(struct buf *b, const struct gruu_registration *r, const uint8_t nonce[GRUU_NONCE],
                     const struct gruu_keys *keys, struct hasher *h)
{
    uint8_t bytes[BYTES], seal[MAC];

    memcpy(bytes, nonce, GRUU_NONCE);
    put_number(bytes + GRUU_NONCE, r->aor, AOR_HASH);
    put_number(bytes + GRUU_NONCE + AOR_HASH, r->epoch, EPOCH);
    turn_over(bytes, keys, h);
    make_seal(bytes, seal, keys, h);
    memcpy(bytes + GRUU_NONCE + HIDDEN, seal, SEAL);
    buf_put(b, SLICE(prefix));
    put_digits(b, bytes);
}

static bool take_user(struct slice user, struct gruu_registration *r, const struct gruu_keys *keys, struct hasher *h)
{
    uint8_t bytes[BYTES], seal[MAC];

    if (user.len != GRUU_USER || memcmp(user.ptr, prefix, PREFIX) != 0 || !take_digits(user.ptr + PREFIX, bytes))
        return false;
    make_seal(bytes, seal, keys, h);
    if (!secret_eq(seal, bytes + GRUU_NONCE + HIDDEN, SEAL))
        return false;
    turn_over(bytes, keys, h);
    r->aor   = take_number(bytes + GRUU_NONCE, AOR_HASH);
    r->epoch = take_number(bytes + GRUU_NONCE + AOR_HASH, EPOCH);
    return true;
}

/* ---- writing ---- */

/* "sip:alice@example.test": an AOR's user may hold an '@', escaped or not. */
static bool split(struct slice aor, struct slice *user, struct slice *host)
{
    size_t at = aor.len;

    while (at > 0 && aor.ptr[at - 1] != '@')
        at--;
    if (at < sizeof "sip:" || memcmp(aor.ptr, "sip:", sizeof "sip:" - 1) != 0)
        return false;
    *user = slice_between(aor.ptr + sizeof "sip:" - 1, aor.ptr + at - 1);
    *host = slice_between(aor.ptr + at, aor.ptr + aor.len);
    return true;
}

struct slice gruu_domain(struct slice aor)
{
    struct slice user, host;

    return split(aor, &user, &host) ? host : SLICE("");
}

static void put_scheme(struct buf *b, bool secure)
{
    buf_put(b, secure ? SLICE("sips:") : SLICE("sip:"));
}

/* The instance's URN without the brackets that +sip.instance puts around it (RFC 5626 4.1). */
static struct slice name_of(struct slice instance)
{
    if (instance.len >= 2 && instance.ptr[0] == '<' && instance.ptr[instance.len - 1] == '>')
        return slice_between(instance.ptr + 1, instance.ptr + instance.len - 1);
    return instance;
}

/* pvalue = 1*paramchar (RFC 3261 25.1). */
static bool is_plain_in_param(char c)
{
    return is_alnum_byte(c) || memchr("[]/:&+$-_.!~*'()", c, sizeof "[]/:&+$-_.!~*'()" - 1) != NULL;
}

/* URI parameters are equal in any case (RFC 3261 19.1.4), instances are not: the GRUUs of two that differ
 * must, too (RFC 5627 5.4). */
static bool depends_on_case(struct slice name)
{
    char memory[GRUU_INSTANCE];

    for (size_t i = 0; i < name.len; i++)
        memory[i] = ascii_lower(name.ptr[i]);
    return !instance_eq((struct slice){ memory, name.len }, name);
}

/* In hexadecimal after a HEX_MARK if need be, and always if it begins like that. */
static void put_instance(struct buf *b, struct slice name)
{
    if (name.ptr[0] == HEX_MARK || depends_on_case(name)) {
        buf_put_byte(b, HEX_MARK);
        buf_put_hex(b, name.ptr, name.len);
        return;
    }
    for (size_t i = 0; i < name.len; i++) {
        if (is_plain_in_param(name.ptr[i])) {
            buf_put_byte(b, name.ptr[i]);
        } else {
            buf_put_byte(b, '%');
            buf_put_hex(b, &name.ptr[i], 1);
        }
    }
}

void gruu_write_public(struct buf *b, struct slice aor, bool secure, struct slice instance)
{
    struct slice name = name_of(instance), user, host;

    if (name.len == 0 || name.len > GRUU_INSTANCE || !split(aor, &user, &host))
        return;
    put_scheme(b, secure);
    uri_write_user(b, user);
    buf_put_byte(b, '@');
    buf_put(b, host);
    buf_put(b, SLICE(";gr="));
    put_instance(b, name);
}

void gruu_write_temporary(struct buf *b, struct slice aor, bool secure, const struct gruu_registration *r,
                          const uint8_t nonce[GRUU_NONCE], const struct gruu_keys *keys, struct hasher *h)
{
    struct slice user, host;

    if (!split(aor, &user, &host))
        return;
    put_scheme(b, secure);
    put_user(b, r, nonce, keys, h);
    buf_put_byte(b, '@');
    buf_put(b, host);
    buf_put(b, SLICE(";gr"));
}

/* ---- reading ---- */

/* An escape of what needs none is that byte (RFC 3261 19.1.4), and what is longer than any of
 * ours does not fit. */
static bool read_user(struct slice escaped, struct gruu_registration *r, const struct gruu_keys *keys, struct hasher *h)
{
    char       memory[GRUU_USER];
    struct buf user = BUF_ON(memory);

    if (escaped.len < GRUU_USER) /* as nearly all are */
        return false;
    uri_write_unescaped(&user, escaped);
    return buf_ok(&user) && take_user(buf_slice(&user), r, keys, h);
}

struct gruu gruu_read(const struct uri *uri, const struct gruu_keys *keys, struct hasher *h)
{
    struct gruu g = { .kind = GRUU_NONE };

    if (uri->params.len == 0 || !uri_param(uri, SLICE("gr"), &g.instance))
        return g;
    if (g.instance.len > 0)
        g.kind = GRUU_PUBLIC;
    else
        g.kind = read_user(uri->user, &g.registration, keys, h) ? GRUU_TEMPORARY : GRUU_INVALID;
    return g;
}

bool gruu_is_user(struct slice user, const struct gruu_keys *keys, struct hasher *h)
{
    struct gruu_registration ignored;

    return read_user(user, &ignored, keys, h);
}

static bool is_hex_of(struct slice gr, struct slice name)
{
    char       memory[1 + 2 * GRUU_INSTANCE];
    struct buf hex = BUF_ON(memory);

    put_instance(&hex, name);
    return buf_ok(&hex) && slice_eq_nocase(gr, buf_slice(&hex));
}

bool gruu_is_instance(struct slice gr, struct slice instance)
{
    struct slice name = name_of(instance);
    char         memory[GRUU_INSTANCE];
    struct buf   unescaped = BUF_ON(memory);

    if (gr.len == 0 || name.len == 0 || name.len > GRUU_INSTANCE)
        return false;
    if (gr.ptr[0] == HEX_MARK)
        return is_hex_of(gr, name);
    uri_write_unescaped(&unescaped, gr);
    return buf_ok(&unescaped) && instance_eq(buf_slice(&unescaped), name);
}
