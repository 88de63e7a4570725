/* SPDX-License-Identifier: BSD-2-Clause */
/* A body with its Content-Type before it: "multipart/mixed;boundary=b", a line end, and the body.  Each part
 * lies within it, between delimiters, and in the order of the parts; what is found for us is a part. */
#include "sip/body.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void expect(bool holds)
{
    if (!holds)
        abort();
}

static bool lies_within(struct slice part, struct slice whole)
{
    return part.len == 0 || (part.ptr >= whole.ptr && part.ptr + part.len <= whole.ptr + whole.len);
}

static void walk(struct slice boundary, struct slice content)
{
    struct multipart m  = multipart_begin(boundary, content);
    const char      *at = content.ptr;
    struct body_part part;

    while (multipart_next(&m, &part)) {
        expect(!m.broken && lies_within(part.content, content) && lies_within(part.id, content));
        expect(part.content.ptr >= at && part.type.len > 0 && part.disposition.len > 0);
        at = part.content.ptr + part.content.len;
    }
    expect(!multipart_next(&m, &part));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char      *text  = (const char *)data;
    const char      *line  = size == 0 ? NULL : memchr(text, '\n', size);
    struct body_part whole = { 0 }, part = { 0 };
    struct slice     kind, boundary;

    if (line == NULL)
        return 0;
    whole.type        = slice_between(text, line);
    whole.disposition = content_disposition_of(whole.type);
    whole.content     = slice_between(line + 1, text + size);
    if (multipart_kind(whole.type, &kind, &boundary)) {
        expect(boundary.len > 0 && boundary.len <= 70 && kind.len > 0);
        walk(boundary, whole.content);
    }
    if (body_find_in(&whole, SLICE("application/sdp, text/plain"), &part) == BODY_FOUND) {
        expect(lies_within(part.content, whole.content) && !part.encoded);
        expect(content_type_is(part.type, SLICE("application/sdp")) || content_type_is(part.type, SLICE("text/plain")));
    }
    return 0;
}
