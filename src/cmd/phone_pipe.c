/* SPDX-License-Identifier: BSD-2-Clause */
#include "cmd/phone_pipe.h"

#include "base/error.h"
#include "cmd/exit_code.h"
#include "cmd/phone_words.h"
#include "console/phone_typed.h"

#include <stdio.h>
#include <unistd.h>

enum { WAITING_MAX = 4 * 1024 * 1024, PATIENCE = 1000 };

static int complain(int error)
{
    fprintf(stderr, "ahoy phone: standard input or output: %s\n", error_text(error));
    return (int)exit_code_of_error(error);
}

/* ---- out ---- */

static void on_line(void *front, struct slice line)
{
    struct phone_pipe *p = front;
    char               memory[PHONE_WORDS];
    struct buf         words = BUF_ON(memory);

    if (p->json) {
        line_writer_put(p->writer, line);
        return;
    }
    phone_words_of_line(&words, line);
    if (words.len > 0)
        line_writer_put(p->writer, buf_slice(&words));
}

static void on_event(void *front, const struct phone_event *e)
{
    struct phone_pipe *p = front;
    char               memory[PHONE_WORDS];
    struct buf         words = BUF_ON(memory);

    if (p->json)
        return;
    phone_words_of_event(&words, e);
    if (words.len > 0)
        line_writer_put(p->writer, buf_slice(&words));
}

static void on_dropped(void *arg, unsigned long count)
{
    struct phone_pipe *p = arg;

    phone_desk_dropped(p->seat->desk, count);
}

/* Nobody hears what happens: there is nothing to go on for.  The close says so. */
static void on_broken(void *arg)
{
    struct phone_pipe *p = arg;

    phone_desk_quit(p->seat->desk);
}

/* ---- in ---- */

static void on_typed(struct phone_pipe *p, struct slice line)
{
    struct phone_fault fault;
    json_t            *order = phone_line_read(line, &fault);

    if (order != NULL)
        phone_desk_order(p->seat->desk, order);
    else if (fault.reason[0] != '\0')
        phone_desk_fault(p->seat->desk, &fault);
    json_decref(order);
}

static void on_input(void *arg, struct slice line)
{
    struct phone_pipe *p = arg;

    if (p->json)
        phone_desk_command(p->seat->desk, line);
    else
        on_typed(p, line);
}

static void on_too_long(void *arg)
{
    struct phone_pipe *p = arg;

    phone_desk_too_long(p->seat->desk);
}

static void on_end(void *arg)
{
    struct phone_pipe *p = arg;

    phone_desk_quit(p->seat->desk);
}

/* ---- open and close ---- */

int phone_pipe_open(struct phone_pipe *p, struct phone_seat *s, bool json)
{
    static const struct line_writer_events events = { on_dropped, on_broken };
    int                                    error;

    *p       = (struct phone_pipe){ .seat = s, .json = json };
    s->line  = on_line;
    s->event = on_event;
    s->front = p;
    error    = line_writer_open(s->world, STDOUT_FILENO, WAITING_MAX, &events, p, &p->writer);
    return error == 0 ? EXIT_OK : complain(error);
}

int phone_pipe_start(struct phone_pipe *p)
{
    static const struct line_reader_events events = { on_input, on_too_long, on_end };
    int error = line_reader_open(p->seat->world, STDIN_FILENO, PHONE_LINE, &events, p, &p->reader);

    return error == 0 ? EXIT_OK : complain(error);
}

int phone_pipe_close(struct phone_pipe *p, int code)
{
    line_reader_close(p->reader);
    if (line_writer_close(p->writer, PATIENCE))
        return code;
    fputs("ahoy phone: cannot write to standard output\n", stderr);
    return code == EXIT_OK ? EXIT_ERROR : code;
}
