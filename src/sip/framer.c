/* SPDX-License-Identifier: BSD-2-Clause */
#include "sip/framer.h"

#include "sip/lines.h"

#include <stdlib.h>

void framer_init(struct framer *f, size_t header_limit, size_t message_limit)
{
    *f = (struct framer){ .header_limit = header_limit, .message_limit = message_limit };
}

void framer_fini(struct framer *f)
{
    free(f->memory);
    *f = (struct framer){ 0 };
}

static void start_over(struct framer *f)
{
    free(f->memory);
    f->memory = NULL;
    f->len = f->cap = f->scanned = f->total = f->pinged = 0;
    f->done                                             = false;
}

static void take(struct slice *input, size_t count)
{
    input->ptr += count;
    input->len -= count;
}

/* CRs and LFs between messages.  True if they made a ping. */
static bool skip_empty_lines(struct framer *f, struct slice *input)
{
    static const char ping[] = "\r\n\r\n";

    while (input->len > 0 && (*input->ptr == '\r' || *input->ptr == '\n')) {
        if (*input->ptr == ping[f->pinged])
            f->pinged++;
        else
            f->pinged = *input->ptr == '\r';
        take(input, 1);
        if (f->pinged == sizeof ping - 1) {
            f->pinged = 0;
            return true;
        }
    }
    return false;
}

/* The length up to and with the empty line, 0 if it has not come.  `*scanned`
 * says where to go on next time, so that each byte is looked at once. */
static size_t header_length(struct slice text, size_t *scanned)
{
    const char *end = text.ptr + text.len, *at = text.ptr + *scanned, *line;

    while ((line = memchr(at, '\n', (size_t)(end - at))) != NULL) {
        at = line + 1;
        if (at < end && *at == '\n')
            return (size_t)(at + 1 - text.ptr);
        if (end - at >= 2 && at[0] == '\r' && at[1] == '\n')
            return (size_t)(at + 2 - text.ptr);
        if (at == end || (end - at == 1 && *at == '\r')) {
            *scanned = (size_t)(line - text.ptr); /* what follows the LF must still come */
            return 0;
        }
    }
    *scanned = text.len;
    return 0;
}

/* Content-Length or l, HCOLON, a number and nothing else, in one line.  True if
 * it is that field; `*good` then tells whether the number is one. */
static bool read_length_line(struct slice line, uint64_t *length, bool *good)
{
    struct scan s = scan_from(line);

    if (!scan_word(&s, SLICE("Content-Length")) && !scan_word(&s, SLICE("l")))
        return false;
    while (scan_byte(&s, ' ') || scan_byte(&s, '\t'))
        continue;
    if (!scan_byte(&s, ':'))
        return false;
    scan_lws(&s);
    *good = scan_number64(&s, SIZE_MAX / 2, length) && scan_lws(&s) && scan_at_end(&s);
    return true;
}

/* With the lines that continue it. */
static struct slice next_line(struct slice *text)
{
    const char  *end = text->ptr + text->len, *at = text->ptr;
    struct slice line;

    do {
        const char *stop = memchr(at, '\n', (size_t)(end - at));

        at = stop == NULL ? end : stop + 1;
    } while (at < end && (*at == ' ' || *at == '\t'));
    line = slice_between(text->ptr, at);
    take(text, line.len);
    return line;
}

/* Content-Length of a complete header section.  Two of them, even equal ones,
 * are what request smuggling is made of. */
static bool find_length(struct slice header, uint64_t *length, struct parse_fault *fault)
{
    struct slice rest  = header;
    bool         found = false, good = false;

    next_line(&rest); /* the start line */
    while (rest.len > 0) {
        struct slice line   = next_line(&rest);
        size_t       offset = (size_t)(line.ptr - header.ptr);

        if (!read_length_line(line, length, &good))
            continue;
        if (found)
            fault_set(fault, offset, 400, "only one Content-Length header");
        else if (!good)
            fault_set(fault, offset, 400, "a number of bytes in Content-Length");
        found = true;
    }
    if (!found)
        fault_set(fault, header.len, 400, "a Content-Length header on a stream");
    return fault->expected == NULL;
}

/* Learn `total` once the header section is complete.  True if the message is. */
static bool measure(struct framer *f, struct slice text)
{
    uint64_t length = 0;
    size_t   header;

    if (f->total == 0) {
        header = header_length(text, &f->scanned);
        if (header > f->header_limit || (header == 0 && text.len > f->header_limit)) {
            fault_set(&f->fault, f->header_limit, 513, "fewer bytes of header fields");
            return false;
        }
        if (header == 0 || !find_length((struct slice){ text.ptr, header }, &length, &f->fault))
            return false;
        if (header > f->message_limit || length > f->message_limit - header) {
            fault_set(&f->fault, header, 413, "a shorter body");
            return false;
        }
        f->total = header + (size_t)length;
    }
    return text.len >= f->total;
}

/* Room for `more` bytes, by doubling. */
static bool reserve(struct framer *f, size_t more)
{
    size_t cap = f->cap == 0 ? 1024 : f->cap;
    char  *memory;

    if (more <= f->cap - f->len)
        return true;
    while (cap - f->len < more)
        cap *= 2;
    memory = realloc(f->memory, cap);
    if (memory == NULL)
        return false;
    f->memory = memory;
    f->cap    = cap;
    return true;
}

/* What part of the input may still belong to this message. */
static size_t wanted(const struct framer *f, size_t available)
{
    size_t limit = f->total != 0 ? f->total : f->header_limit + 1;
    size_t want  = limit > f->len ? limit - f->len : 0;

    return want < available ? want : available;
}

static enum framer_result fail(struct framer *f, struct slice text, struct slice *message, struct parse_fault *fault)
{
    struct parse_fault ignored;
    struct message    *m = f->fault.expected == NULL ? NULL : message_parse_broken(text, &ignored);

    f->failed           = true;
    f->fault.answerable = m != NULL;
    message_drop(m);
    *message = text;
    *fault   = f->fault;
    return FRAMER_FAULT;
}

/* A partial message is there: add to it.  Bytes are taken up to the end of the
 * headers at most, and then up to the end of the message, never beyond. */
static enum framer_result go_on(struct framer *f, struct slice *input, struct slice *message, struct parse_fault *fault)
{
    while (input->len > 0) {
        size_t count = wanted(f, input->len);
        size_t total;
        bool   complete;

        if (!reserve(f, count)) {
            f->fault = (struct parse_fault){ 0 };
            return fail(f, SLICE(""), message, fault);
        }
        memcpy(f->memory + f->len, input->ptr, count);
        f->len += count;
        take(input, count);
        complete = measure(f, (struct slice){ f->memory, f->len });
        total    = complete ? f->total : f->len;
        if (f->fault.expected != NULL)
            return fail(f, (struct slice){ f->memory, f->len }, message, fault);
        if (complete) {
            size_t surplus = f->len - total;

            *input   = (struct slice){ input->ptr - surplus, input->len + surplus };
            *message = (struct slice){ f->memory, total };
            f->done  = true;
            return FRAMER_MESSAGE;
        }
    }
    return FRAMER_MORE;
}

enum framer_result framer_next(struct framer *f, struct slice *input, struct slice *message, struct parse_fault *fault)
{
    *message = SLICE("");
    if (f->failed) {
        *fault = f->fault;
        return FRAMER_FAULT;
    }
    if (f->done)
        start_over(f);
    if (f->len > 0)
        return go_on(f, input, message, fault);
    if (skip_empty_lines(f, input))
        return FRAMER_PING;
    if (input->len == 0)
        return FRAMER_MORE;
    if (measure(f, *input)) {
        *message = (struct slice){ input->ptr, f->total };
        take(input, f->total);
        start_over(f);
        return FRAMER_MESSAGE;
    }
    if (f->fault.expected != NULL)
        return fail(f, *input, message, fault);
    return go_on(f, input, message, fault);
}
