/* SPDX-License-Identifier: BSD-2-Clause */
/* The input is two URIs with a line feed between them. */
#include "sip/uri.h"

#include "base/limits.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char memory[4096 * 3], back[4096 * 3];

static void check_inside(const struct uri *uri, struct slice part)
{
    if (part.len > 0 && (part.ptr < uri->text.ptr || part.ptr + part.len > uri->text.ptr + uri->text.len))
        abort();
}

/* What uri_write_user writes is read back as what it was. */
static void check_user(struct slice text)
{
    struct buf b = BUF_ON(memory), c = BUF_ON(back);

    uri_write_user(&b, text);
    uri_write_unescaped(&c, buf_slice(&b));
    if (!slice_eq(text, buf_slice(&c)))
        abort();
}

static bool check_uri(struct slice text, struct uri *uri)
{
    struct scan  s = scan_from(text);
    struct buf   b = BUF_ON(memory);
    struct slice value;

    if (uri_scan(&s, true, uri) && s.at != uri->text.ptr + uri->text.len)
        abort();
    if (!uri_parse(text, uri))
        return false;
    check_inside(uri, uri->user);
    check_inside(uri, uri->password);
    check_inside(uri, uri->host);
    check_inside(uri, uri->params);
    check_inside(uri, uri->headers);
    uri_param(uri, SLICE("lr"), &value);
    uri_transport(uri);
    uri_write_aor(&b, uri);
    if (!buf_ok(&b))
        abort();
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice text = { (const char *)data, size < 4096 ? size : 4096 }, second = SLICE("");
    const char  *split = size == 0 ? NULL : memchr(text.ptr, '\n', text.len);
    struct uri   a, b;

    if (split != NULL) {
        second = slice_between(split + 1, text.ptr + text.len);
        text   = slice_between(text.ptr, split);
    }
    check_user(text);
    if (check_uri(text, &a) && check_uri(second, &b) && uri_eq(&a, &b) != uri_eq(&b, &a))
        abort();
    return 0;
}
