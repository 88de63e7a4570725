/* SPDX-License-Identifier: BSD-2-Clause */
/* log_bench - what one log line costs the thread that logs: not wanted; put into its
 * ring; and, for comparison, written as text at once.
 *
 *     valgrind --tool=callgrind --callgrind-out-file=/dev/null log_bench off|ring|text COUNT
 *
 * Twice, with two COUNTs: the difference of the instructions, divided by that of the
 * counts.  The ring is emptied without being read, as by a writer that keeps up. */
#include "base/log.h"

#include <stdio.h>
#include <stdlib.h>

static void say(const struct log *log)
{
    static const struct address remote = { .ip = { 192, 0, 2, 9 }, .port = 5060, .family = FAMILY_4 };
    struct log_line             line;

    if (!log_begin(&line, log, LOG_INFO, LOG_PART_PROXY, "forwarded"))
        return;
    log_slice(&line, "call", SLICE("a84b4c76e66710@pc33.atlanta.example.com"));
    log_slice(&line, "method", SLICE("INVITE"));
    log_slice(&line, "uri", SLICE("sip:bob@biloxi.example.com"));
    log_address(&line, "remote", &remote);
    log_text(&line, "why", "a user of ours");
    log_text(&line, "rule", "RFC 3261 16.5");
    log_end(&line);
}

static void nobody(void *arg)
{
    (void)arg;
}

static void no_sink(void *arg, enum log_level level, struct slice line)
{
    (void)level;
    *(size_t *)arg += line.len;
}

static void empty(struct log_ring *r)
{
    while (log_ring_first(r) != NULL)
        log_ring_next(r);
}

int main(int argc, char **argv)
{
    struct log_waker  waker = { .wake = nobody };
    struct log_levels levels;
    struct log_ring   ring;
    size_t            bytes = 0;
    struct log        log   = { .levels = &levels, .sink = no_sink, .arg = &bytes };
    unsigned long     count = argc == 3 ? strtoul(argv[2], NULL, 10) : 0;

    if (count == 0 || log_ring_init(&ring, 256 * 1024, &waker) != 0) {
        fprintf(stderr, "log_bench off|ring|text COUNT\n");
        return 2;
    }
    log_levels_init(&levels, *argv[1] == 'o' ? LOG_ERROR : LOG_INFO);
    if (*argv[1] == 'r')
        log.ring = &ring;
    for (unsigned long i = 0; i < count; i++) {
        say(&log);
        if (*argv[1] == 'r')
            empty(&ring);
    }
    log_ring_fini(&ring);
    return 0;
}
