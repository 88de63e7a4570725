/* SPDX-License-Identifier: BSD-2-Clause */
/* message_of.h - messages for the tests of dialog/, and what was written read back. */

#ifndef TEST_DIALOG_MESSAGE_OF_H
#define TEST_DIALOG_MESSAGE_OF_H

#include "dialog/request.h"

#include "support/test.h"

/* Lines without CR; ends with the empty line.  Drop it in the end. */
static inline struct message *message_of(const char *lines)
{
    char               text[8192];
    struct buf         b = BUF_ON(text);
    struct parse_fault fault;
    struct message    *m;

    for (; *lines != '\0'; lines++) {
        if (*lines == '\n')
            buf_put_byte(&b, '\r');
        buf_put_byte(&b, *lines);
    }
    buf_put(&b, SLICE("\r\n"));
    CHECK(buf_ok(&b));
    m = message_parse(test_guarded(buf_slice(&b)), &fault);
    if (m == NULL)
        print_error("at %zu: expected %s\n", fault.offset, fault.expected == NULL ? "memory" : fault.expected);
    CHECK(m != NULL);
    return m;
}

/* The request as a peer would read it, with a Via as the stack adds it. */
static inline struct message *request_read_back(struct gather *g, const struct request_start *start)
{
    char               text[16 * 1024];
    struct buf         b = BUF_ON(text);
    struct parse_fault fault;
    struct message    *m;

    gather_body(g, SLICE(""), SLICE(""));
    CHECK(gather_ok(g));
    buf_put(&b, start->start_line);
    buf_put(&b, SLICE("Via: SIP/2.0/UDP 127.0.0.1;branch=z9hG4bKx\r\n"));
    gather_flatten(g, &b);
    CHECK(buf_ok(&b));
    m = message_parse(buf_slice(&b), &fault);
    if (m == NULL)
        print_error("at %zu: expected %s in\n%.*s\n", fault.offset, fault.expected, SLICE_ARG(buf_slice(&b)));
    CHECK(m != NULL);
    return m;
}

/* The n-th Route of a message, from 0; empty past the last. */
static inline struct slice route_at(const struct message *m, unsigned n)
{
    struct header_values v = message_values(m, HEADER_ROUTE);
    struct name_addr     route;

    while (values_next_name_addr(&v, &route))
        if (n-- == 0)
            return route.uri.text;
    return SLICE("");
}

#endif
