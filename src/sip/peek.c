/* SPDX-License-Identifier: BSD-2-Clause */
#include "sip/peek.h"

#include "base/limits.h"
#include "base/run.h"
#include "base/scan.h"

struct slice peek_line(struct slice *rest)
{
    const char  *end  = memchr(rest->ptr, '\n', rest->len);
    size_t       len  = end == NULL ? rest->len : (size_t)(end - rest->ptr) + 1;
    struct slice line = { rest->ptr, len };

    rest->ptr += len;
    rest->len -= len;
    return line;
}

struct slice peek_skip_empty_lines(struct slice text)
{
    while (text.len > 0 && (*text.ptr == '\r' || *text.ptr == '\n')) {
        text.ptr++;
        text.len--;
    }
    return text;
}

bool peek_header(struct slice line, struct slice name, struct slice *value)
{
    struct scan s = scan_from(line);

    if (!(scan_word(&s, name) && scan_lws(&s) && scan_byte(&s, ':')))
        return false;
    *value = slice_trim(scan_rest(&s));
    return true;
}

static bool starts_so(struct slice text, struct slice word)
{
    return text.len >= word.len && slice_eq_nocase((struct slice){ text.ptr, word.len }, word);
}

static bool ends_so(struct slice text, struct slice word)
{
    return text.len >= word.len && slice_eq_nocase((struct slice){ text.ptr + text.len - word.len, word.len }, word);
}

/* Three words: a URI with spaces in it is none, and what it holds cannot be told. */
static bool is_request_line(struct slice line)
{
    size_t spaces = 0;

    if (!ends_so(line, SLICE(" SIP/2.0")))
        return false;
    for (size_t i = 0; i < line.len; i++)
        spaces += line.ptr[i] == ' ' || line.ptr[i] == '\t';
    return spaces == 2;
}

struct peek peek_message(struct slice text)
{
    struct peek  p    = { .call_id = SLICE(""), .cseq = SLICE("") };
    struct slice rest = peek_skip_empty_lines(text), line, value;

    if (rest.len == 0) { /* there may be no memory at all behind it */
        p.first = rest;
        return p;
    }
    p.first  = slice_trim(peek_line(&rest));
    p.is_sip = starts_so(p.first, SLICE("SIP/2.0 ")) || is_request_line(p.first);
    while (rest.len > 0 && slice_trim(line = peek_line(&rest)).len > 0) {
        if (p.call_id.len == 0 &&
            (peek_header(line, SLICE("Call-ID"), &value) || peek_header(line, SLICE("i"), &value)))
            p.call_id = value;
        else if (p.cseq.len == 0 && peek_header(line, SLICE("CSeq"), &value))
            p.cseq = value;
        if (p.call_id.len > 0 && p.cseq.len > 0)
            break;
    }
    return p;
}

static bool is_length(struct slice line, uint32_t *length)
{
    struct slice value;
    struct scan  s;

    if (!peek_header(line, SLICE("Content-Length"), &value) && !peek_header(line, SLICE("l"), &value))
        return false;
    s = scan_from(value);
    return scan_number(&s, UINT16_MAX, length) && scan_at_end(&s);
}

/* Of two bytes, so that no other line is read: "l", or an 'l' behind "Content-". */
static bool may_be_length(struct slice line)
{
    return ascii_lower(*line.ptr) == 'l' || (line.len > 8 && ascii_lower(line.ptr[8]) == 'l');
}

bool peek_ends_by_length(struct slice datagram)
{
    struct slice rest  = datagram;
    bool         found = false;
    uint32_t     length;

    while (rest.len > 0) {
        struct slice line = peek_line(&rest);

        if (slice_is_space(*line.ptr) && slice_trim(line).len == 0)
            return found && length <= rest.len;
        if (!found && may_be_length(line))
            found = is_length(line, &length);
    }
    return false;
}

/* ---- masking ---- */

/* "sip:" or "sips:" at the start of `text`: its length, or 0. */
static size_t scheme_length(struct slice text)
{
    return starts_so(text, SLICE("sip:")) ? 4 : starts_so(text, SLICE("sips:")) ? 5 : 0;
}

static size_t place_of(struct slice text, char c)
{
    const char *at = memchr(text.ptr, c, text.len);

    return at != NULL ? (size_t)(at - text.ptr) : text.len;
}

/* "host:port", or "[v6]:port", then parameters: or is it a password with its '@' missing? */
static bool has_port(struct slice rest, size_t colon)
{
    size_t i = rest.len > 0 && *rest.ptr == '[' ? place_of(rest, ']') + 1 : colon;

    if (i >= rest.len || rest.ptr[i] != ':')
        return true;
    while (++i < rest.len && rest.ptr[i] >= '0' && rest.ptr[i] <= '9')
        ;
    return i == rest.len || rest.ptr[i] == ';' || rest.ptr[i] == '?';
}

/* What stands behind the scheme, up to the end of the URI.  A '?' before the '@' may
 * belong to the user or begin the headers: neither reading may show a secret. */
static void put_uri(struct buf *b, struct slice rest)
{
    size_t at = place_of(rest, '@'), query = place_of(rest, '?'), colon = place_of(rest, ':');
    size_t user = at < query ? at : query;

    if (colon < user && (at < rest.len || !has_port(rest, colon))) {
        buf_put(b, (struct slice){ rest.ptr, colon + 1 });
        buf_put(b, SLICE("***"));
    } else {
        buf_put(b, (struct slice){ rest.ptr, user });
    }
    buf_put(b, (struct slice){ rest.ptr + user, query - user });
    if (query < rest.len)
        buf_put(b, SLICE("?***"));
}

/* Where the next URI of SIP begins, or the end. */
static size_t place_of_scheme(struct slice text)
{
    size_t i = 0;

    while (i < text.len &&
           (ascii_lower(text.ptr[i]) != 's' || scheme_length((struct slice){ text.ptr + i, text.len - i }) == 0))
        i++;
    return i;
}

/* As much as has room: all that stands before a URI may be shown. */
static void put_what_fits(struct buf *b, struct slice text)
{
    size_t room = b->cap - b->len;

    buf_put(b, (struct slice){ text.ptr, text.len < room ? text.len : room });
    if (text.len > room)
        b->overflow = true;
}

void peek_write_masked(struct buf *b, struct slice text)
{
    size_t i = 0;

    while (i < text.len && buf_ok(b)) {
        struct slice rest   = { text.ptr + i, text.len - i };
        size_t       before = place_of_scheme(rest);
        size_t       scheme = scheme_length((struct slice){ rest.ptr + before, rest.len - before });
        size_t       end    = before + scheme;

        if (scheme > 0)
            end = (size_t)(run_end(rest.ptr + end, rest.ptr + rest.len, RUN_URI) - rest.ptr);
        put_what_fits(b, (struct slice){ rest.ptr, before + scheme });
        put_uri(b, (struct slice){ rest.ptr + before + scheme, end - before - scheme });
        i += end;
    }
}

/* Is that one URI of a user and his domain, as in nearly every line: no password, no headers? */
static bool hides_nothing(struct slice text)
{
    const char    *end    = text.ptr + text.len;
    size_t         scheme = scheme_length(text);
    struct run_uri u;

    if (scheme == 0)
        return false;
    u = run_uri(text.ptr + scheme, end, RUN_BARE);
    return u.end == end && u.at_sign != NULL && run_find(text.ptr + scheme, u.at_sign, ':') == NULL;
}

/* What does not fit is more than a line shows anyway. */
void peek_log_masked(struct log_line *line, const char *key, struct slice text)
{
    enum { FULL = 4 * LIMIT_LOG_VALUE };
    char       memory[FULL];
    struct buf b = BUF_ON(memory);

    if (line->log == NULL)
        return;
    if (hides_nothing(text)) {
        log_slice(line, key, text);
        return;
    }
    peek_write_masked(&b, text);
    if (!buf_ok(&b) && b.len <= LIMIT_LOG_VALUE) {
        b.overflow = false;
        buf_put(&b, SLICE("..."));
    }
    log_slice(line, key, buf_slice(&b));
}
