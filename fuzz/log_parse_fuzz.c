/* SPDX-License-Identifier: BSD-2-Clause */
/* Any bytes as a line of a log, and any bytes as a value of one: what the log writes
 * of it is one line of printable ASCII and reads back the same. */
#include "base/log_parse.h"
#include "base/log_record.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_value(struct slice value)
{
    static uint64_t          room[LOG_RECORD_MAX / 8];
    static char              text[LOG_LINE_MAX], memory[LOG_LINE_MAX];
    static struct log_fields f;
    struct log_record       *r = log_record_begin(room, LOG_INFO, LOG_PART_CALL, "e");
    struct buf               b = BUF_ON(text);

    r->nsec = 1795691430123456789;
    log_record_put_text(r, "v", value, 160);
    log_record_write(&b, r, true);
    for (size_t i = 0; i < b.len; i++)
        if (text[i] < ' ' || text[i] > '~')
            abort();
    if (!buf_ok(&b) || !log_parse(buf_slice(&b), memory, &f) || f.wall != r->nsec / 1000000)
        abort();
    if (value.len <= 160 && !slice_eq(log_field(&f, "v"), value))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice      line   = { (const char *)data, size };
    char             *memory = malloc(size + 1);
    struct log_fields f;

    if (memory == NULL)
        return 0;
    if (log_parse(line, memory, &f) && (f.count < 2 || f.count > LOG_FIELDS))
        abort();
    free(memory);
    check_value(line);
    return 0;
}
