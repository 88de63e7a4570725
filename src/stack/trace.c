/* SPDX-License-Identifier: BSD-2-Clause */
#include "stack/trace.h"

#include "base/error.h"
#include "base/json_line.h"
#include "sip/peek.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

struct trace_writer {
    struct world *world;
    int           file;
    int           error; /* the first one */
    struct slice  node;
    char          name[];
};

/* ---- what is in a message ---- */

static bool is_fold(struct slice line)
{
    return line.len > 0 && (*line.ptr == ' ' || *line.ptr == '\t');
}

static bool starts_with(struct slice line, struct slice word)
{
    struct scan s = scan_from(line);

    return scan_word(&s, word);
}

/* The part of the line that may be shown, if the rest may not. */
static size_t shown(struct slice line, bool in_body)
{
    struct slice value;

    if (in_body) {
        if (starts_with(line, SLICE("a=crypto:")))
            return sizeof "a=crypto:" - 1;
        return starts_with(line, SLICE("k=")) ? 2 : line.len;
    }
    if (peek_header(line, SLICE("Authorization"), &value) || peek_header(line, SLICE("Proxy-Authorization"), &value))
        return (size_t)((const char *)memchr(line.ptr, ':', line.len) - line.ptr) + 1;
    return line.len;
}

void trace_write_masked(struct buf *b, struct slice text)
{
    bool in_body = false, masking = false;

    text = peek_skip_empty_lines(text);
    while (text.len > 0) {
        struct slice line = peek_line(&text);
        size_t       part = shown(line, in_body);

        if (masking && !in_body && is_fold(line))
            continue;
        masking = part < line.len;
        buf_put(b, (struct slice){ line.ptr, part });
        if (masking)
            buf_put(b, in_body ? SLICE("***\r\n") : SLICE(" ***\r\n"));
        if (slice_trim(line).len == 0)
            in_body = true;
    }
}

void trace_write_line(struct buf *b, uint64_t wall_ms, struct slice node, bool sent, const struct flow *flow,
                      struct slice text)
{
    char             local[ADDRESS_TEXT], remote[ADDRESS_TEXT];
    struct buf       local_text = BUF_ON(local), remote_text = BUF_ON(remote), masked;
    struct peek      peek = peek_message(text);
    struct json_line j    = json_line_begin(b);
    char            *copy = malloc(2 * text.len + 64);

    if (copy == NULL) {
        b->overflow = true;
        return;
    }
    masked = buf_on(copy, 2 * text.len + 64);
    trace_write_masked(&masked, text);
    address_write(&local_text, &flow->local);
    address_write(&remote_text, &flow->remote);
    json_line_number(&j, "t", (int64_t)wall_ms);
    json_line_text(&j, "node", node);
    json_line_text(&j, "dir", sent ? SLICE("out") : SLICE("in"));
    json_line_text(&j, "transport", transport_name(flow->transport));
    json_line_text(&j, "local", buf_slice(&local_text));
    json_line_text(&j, "remote", buf_slice(&remote_text));
    json_line_text(&j, "first", peek.first);
    json_line_text(&j, "call_id", peek.call_id);
    json_line_text(&j, "cseq", peek.cseq);
    json_line_text(&j, "text", buf_slice(&masked));
    json_line_end(&j);
    buf_put_byte(b, '\n');
    free(copy);
}

/* ---- the file ---- */

static int error_of_errno(void)
{
    switch (errno) {
    case ENOENT:
    case ENOTDIR:
        return -ERR_NOT_FOUND;
    case EACCES:
    case EPERM:
    case EROFS:
        return -ERR_PERMISSION;
    case ENOSPC:
    case EDQUOT:
        return -ERR_DISK_FULL;
    case ENOMEM:
        return -ERR_NO_MEMORY;
    }
    return -ERR_IO;
}

static void keep_error(struct trace_writer *t, int error)
{
    if (t->error == 0)
        t->error = error;
}

static void write_all(struct trace_writer *t, struct slice line)
{
    while (line.len > 0) {
        ssize_t n = write(t->file, line.ptr, line.len);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0) {
            keep_error(t, error_of_errno());
            return;
        }
        line.ptr += n;
        line.len -= (size_t)n;
    }
}

static void on_message(void *arg, bool sent, const struct flow *flow, struct slice text)
{
    struct trace_writer *t    = arg;
    size_t               room = 6 * (4 * text.len + t->node.len) + 1024; /* each byte as \u00XX, headers twice */
    char                *memory;
    struct buf           b;

    if (slice_trim(text).len == 0) /* a keep-alive */
        return;
    memory = malloc(room);
    if (memory == NULL) {
        keep_error(t, -ERR_NO_MEMORY);
        return;
    }
    b = buf_on(memory, room);
    trace_write_line(&b, world_wall(t->world), t->node, sent, flow, text);
    if (buf_ok(&b))
        write_all(t, buf_slice(&b));
    else
        keep_error(t, -ERR_NO_MEMORY);
    free(memory);
}

int trace_open(struct world *w, const char *path, struct slice node, struct trace_writer **out)
{
    struct trace_writer *t = calloc(1, sizeof *t + node.len + 1);
    int                  error;

    if (t == NULL)
        return -ERR_NO_MEMORY;
    t->file = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
    if (t->file < 0) {
        error = error_of_errno();
        free(t);
        return error;
    }
    t->world = w;
    if (node.len > 0)
        memcpy(t->name, node.ptr, node.len);
    t->node = (struct slice){ t->name, node.len };
    *out    = t;
    return 0;
}

int trace_close(struct trace_writer *t)
{
    int error;

    if (t == NULL)
        return 0;
    if (close(t->file) != 0)
        keep_error(t, error_of_errno());
    error = t->error;
    free(t);
    return error;
}

struct stack_trace trace_hook(struct trace_writer *t)
{
    return (struct stack_trace){ t != NULL ? on_message : NULL, t };
}
