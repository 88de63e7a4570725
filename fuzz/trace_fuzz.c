/* SPDX-License-Identifier: BSD-2-Clause */
/* Whatever comes in: no credentials of a message that can be read are in its trace,
 * and the line fits into the room that the writer gives it. */
#include "stack/trace.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct flow flow = { .transport = TRANSPORT_UDP };

static const char *find(struct slice text, struct slice secret)
{
    return memmem(text.ptr, text.len, secret.ptr, secret.len);
}

/* A second copy elsewhere, say in the body, is nobody's credentials. */
static bool is_unique(struct slice text, struct slice secret)
{
    const char *first = find(text, secret);

    return first != NULL && find(slice_between(first + 1, text.ptr + text.len), secret) == NULL;
}

static void check_masked(const struct message *m, struct slice bytes, struct slice trace)
{
    static const enum header_id secrets[] = { HEADER_AUTHORIZATION, HEADER_PROXY_AUTHORIZATION };

    for (size_t i = 0; i < 2; i++)
        for (const struct header *h = message_header(m, secrets[i]); h != NULL; h = message_next(m, h))
            if (h->value.len >= 8 && is_unique(bytes, h->value) && find(trace, h->value) != NULL)
                abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static char        masked[1 << 17], line[1 << 20];
    struct slice       bytes = { (const char *)data, size };
    struct buf         b = BUF_ON(masked), l = BUF_ON(line);
    struct parse_fault fault;
    struct message    *m;

    if (size > 8192)
        return 0;
    trace_write_masked(&b, bytes);
    trace_write_line(&l, 1, SLICE("node"), true, &flow, bytes);
    if (!buf_ok(&b) || !buf_ok(&l) || l.len > 6 * (4 * size + 4) + 1024)
        abort();
    m = message_parse(bytes, &fault);
    if (m != NULL)
        check_masked(m, bytes, buf_slice(&b));
    message_drop(m);
    return 0;
}
