/* SPDX-License-Identifier: BSD-2-Clause */
#include "route/destination.h"

static bool is_star(struct slice pattern)
{
    return slice_eq(pattern, SLICE("*"));
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* "+4930", and perhaps a star behind it. */
bool destination_is_number(struct slice pattern)
{
    size_t len = pattern.len;

    if (len == 0 || pattern.ptr[0] != '+')
        return false;
    if (pattern.ptr[len - 1] == '*')
        len--;
    for (size_t i = 1; i < len; i++)
        if (!is_digit(pattern.ptr[i]))
            return false;
    return pattern.len > 1 && len < DESTINATION_NUMBER;
}

bool destination_is_pattern(struct slice text)
{
    struct scan  s = scan_from(text);
    struct slice host;

    if (is_star(text) || destination_is_number(text))
        return true;
    (void)scan_exact(&s, SLICE("*."));
    return scan_host(&s, &host) && scan_at_end(&s) && host.len <= 253;
}

/* A dot at the end makes a name absolute, not another one. */
static struct slice without_dot(struct slice host)
{
    if (host.len > 1 && host.ptr[host.len - 1] == '.')
        host.len--;
    return host;
}

size_t destination_fit(struct slice pattern, struct slice host)
{
    struct slice suffix;

    host = without_dot(host);
    if (slice_eq_nocase(pattern, host))
        return SIZE_MAX;
    if (pattern.len == 0 || pattern.ptr[0] != '*')
        return 0;
    suffix = slice_between(pattern.ptr + 1, pattern.ptr + pattern.len);
    if (suffix.len == 0)
        return 1;
    if (suffix.len >= host.len || suffix.ptr[0] != '.')
        return 0;
    host = slice_between(host.ptr + host.len - suffix.len, host.ptr + host.len);
    return slice_eq_nocase(suffix, host) ? suffix.len + 1 : 0;
}

size_t destination_number_fit(struct slice pattern, struct slice number)
{
    size_t len = pattern.len;

    if (number.len == 0 || !destination_is_number(pattern))
        return 0;
    if (pattern.ptr[len - 1] != '*')
        return slice_eq(pattern, number) ? SIZE_MAX : 0;
    len--;
    return number.len >= len && memcmp(pattern.ptr, number.ptr, len) == 0 ? len + 1 : 0;
}

static bool is_separator(char c)
{
    return c == '-' || c == '.' || c == '(' || c == ')';
}

struct slice destination_number(const struct uri *uri, char memory[DESTINATION_NUMBER])
{
    struct buf b = buf_on(memory, DESTINATION_NUMBER);

    if (uri->user.len < 2 || uri->user.ptr[0] != '+' || uri->scheme == URI_OTHER)
        return SLICE("");
    buf_put_byte(&b, '+');
    for (size_t i = 1; i < uri->user.len && uri->user.ptr[i] != ';'; i++) {
        if (is_digit(uri->user.ptr[i]))
            buf_put_byte(&b, uri->user.ptr[i]);
        else if (!is_separator(uri->user.ptr[i]))
            return SLICE("");
    }
    return buf_ok(&b) && b.len > 1 ? buf_slice(&b) : SLICE("");
}

bool destination_fits(struct slice pattern, const struct uri *uri)
{
    if (is_star(pattern))
        return true;
    return (uri->scheme == URI_SIP || uri->scheme == URI_SIPS) && destination_fit(pattern, uri->host) > 0;
}
