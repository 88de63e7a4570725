/* SPDX-License-Identifier: BSD-2-Clause */
#include "store/sqlite_log.h"

#include "base/error.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    HEADER       = 32,
    FRAME_HEADER = 24,
    MAGIC        = 0x377f0682, /* the lowest bit: checksums over big-endian words */
    VERSION      = 3007000,
    PAGE_MIN     = 512,
    PAGE_MAX     = 65536
};

struct log_reader {
    FILE    *file;
    uint8_t  header[HEADER];
    uint8_t *frame; /* header and page */
    size_t   page;
    bool     big_endian;
    uint32_t sum[2]; /* of all that fits so far */
};

static uint32_t word(const uint8_t *at)
{
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static uint32_t word_summed(const struct log_reader *r, const uint8_t *at)
{
    if (r->big_endian)
        return word(at);
    return (uint32_t)at[3] << 24 | (uint32_t)at[2] << 16 | (uint32_t)at[1] << 8 | at[0];
}

/* 4.2: `len` is a multiple of 8. */
static void add_up(const struct log_reader *r, const uint8_t *bytes, size_t len, uint32_t sum[2])
{
    for (size_t i = 0; i < len; i += 8) {
        sum[0] += word_summed(r, bytes + i) + sum[1];
        sum[1] += word_summed(r, bytes + i + 4) + sum[0];
    }
}

static bool is_sum(const uint32_t sum[2], const uint8_t *at)
{
    return sum[0] == word(at) && sum[1] == word(at + 4);
}

static bool is_all_zero(const uint8_t *bytes, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (bytes[i] != 0)
            return false;
    return true;
}

static bool header_is_good(struct log_reader *r)
{
    uint32_t magic = word(r->header);

    r->page       = word(r->header + 8);
    r->big_endian = (magic & 1) != 0;
    add_up(r, r->header, HEADER - 8, r->sum);
    return (magic & ~1u) == MAGIC && word(r->header + 4) == VERSION && r->page >= PAGE_MIN && r->page <= PAGE_MAX &&
           (r->page & (r->page - 1)) == 0 && is_sum(r->sum, r->header + HEADER - 8);
}

static bool next_frame(struct log_reader *r)
{
    return fread(r->frame, FRAME_HEADER + r->page, 1, r->file) == 1;
}

/* Was it written since the log was begun anew?  What is older has other salts. */
static bool is_of_this_log(const struct log_reader *r)
{
    return memcmp(r->frame + 8, r->header + 16, 8) == 0;
}

static bool fits(struct log_reader *r)
{
    uint32_t sum[2] = { r->sum[0], r->sum[1] };

    add_up(r, r->frame, 8, sum);
    add_up(r, r->frame + FRAME_HEADER, r->page, sum);
    if (!is_of_this_log(r) || !is_sum(sum, r->frame + 16))
        return false;
    memcpy(r->sum, sum, sizeof sum);
    return true;
}

static size_t commits_left_out(struct log_reader *r)
{
    bool   whole   = true;
    size_t commits = 0;

    while (next_frame(r)) {
        whole = whole && fits(r);
        if (!whole && is_of_this_log(r) && word(r->frame + 4) != 0)
            commits++;
    }
    return commits;
}

static int check_frames(struct log_reader *r, bool *damaged, size_t *lost)
{
    size_t commits;

    r->frame = malloc(FRAME_HEADER + r->page);
    if (r->frame == NULL)
        return -ERR_NO_MEMORY;
    commits  = commits_left_out(r);
    *damaged = commits > 1;
    *lost    = *damaged ? commits - 1 : 0;
    free(r->frame);
    return ferror(r->file) ? -ERR_IO : 0;
}

int sqlite_log_check(const char *path, bool *damaged, size_t *lost)
{
    struct log_reader r     = { .file = fopen(path, "rbe") };
    int               error = 0;

    *damaged = false;
    *lost    = 0;
    if (r.file == NULL)
        return errno == ENOENT ? 0 : errno == EACCES ? -ERR_PERMISSION : -ERR_IO;
    if (fread(r.header, HEADER, 1, r.file) != 1)
        error = ferror(r.file) ? -ERR_IO : 0; /* just begun */
    else if (header_is_good(&r))
        error = check_frames(&r, damaged, lost);
    else /* the header is within one sector: it is there or it is not */
        *damaged = !is_all_zero(r.header, HEADER);
    fclose(r.file);
    return error;
}
