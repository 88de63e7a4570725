/* SPDX-License-Identifier: BSD-2-Clause */
/* What a Refer-To asks for is written again without a blank or a line end in it, and
 * reads back the same. */
#include "sip/refer_to.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool same(const struct replaces *a, const struct replaces *b)
{
    return slice_eq(a->call_id, b->call_id) && slice_eq(a->to_tag, b->to_tag) && slice_eq(a->from_tag, b->from_tag) &&
           a->early_only == b->early_only;
}

/* No byte of it could begin a header line of its own. */
static void check_plain(struct slice text)
{
    for (size_t i = 0; i < text.len; i++)
        if (text.ptr[i] == '\r' || text.ptr[i] == '\n' || text.ptr[i] == ' ' || text.ptr[i] == '\0')
            abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct refer_to first, again;
    static char            text[4 * REFER_TEXT], value[REFER_TEXT];
    struct buf             b = BUF_ON(text), v = BUF_ON(value);

    if (refer_to_read((struct slice){ (const char *)data, size }, &first) != 0)
        return 0;
    check_plain(first.target);
    refer_to_write(&b, first.target, first.has_replaces ? &first.replaces : NULL, first.required && first.has_replaces);
    if (!buf_ok(&b) || refer_to_read(buf_slice(&b), &again) != 0)
        abort();
    if (!slice_eq(first.target, again.target) || first.has_replaces != again.has_replaces ||
        (first.has_replaces && !same(&first.replaces, &again.replaces)))
        abort();
    if (!first.has_replaces)
        return 0;
    replaces_write(&v, &first.replaces);
    check_plain(buf_slice(&v));
    return 0;
}
