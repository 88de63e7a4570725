/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/expect.h"

/* From the folder on: where the program was built is nobody's business. */
static const char *short_name(const char *file)
{
    const char *at = memmem(file, strlen(file), "src/", 4);

    return at != NULL ? at + 4 : file;
}

void expect_failed(struct suspect suspect, const char *condition, const char *file, int line)
{
    struct log_line l;
    char            id[2 * sizeof suspect.id];
    struct buf      b = BUF_ON(id);

    counter_add(suspect.counter, 1);
    if (!log_begin(&l, suspect.log, LOG_ERROR, LOG_PART_PROCESS, "broken_invariant"))
        return;
    buf_put_hex64(&b, suspect.id);
    log_slice(&l, "call", suspect.call_id);
    log_slice(&l, "id", buf_slice(&b));
    log_text(&l, "expected", condition);
    log_text(&l, "file", short_name(file));
    log_number(&l, "line", line);
    log_end(&l);
}
