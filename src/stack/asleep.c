/* SPDX-License-Identifier: BSD-2-Clause */
#include "stack/asleep.h"

void asleep_line_init(struct asleep_line *line, struct stack *s, asleep_end_fn *end)
{
    *line = (struct asleep_line){ .stack = s, .end = end };
    fifo_init(&line->memory, FIFO_CHUNK);
}

static void end_first(struct asleep_line *line, bool quiet)
{
    struct asleep *a = line->first;

    line->first = a->next;
    if (line->first == NULL)
        line->last = NULL;
    else
        __builtin_prefetch(line->first); /* nobody has looked at it for many seconds */
    line->end(line->stack, a, quiet);
    fifo_give(&line->memory);
}

static void on_timer(struct timer *timer, msec now)
{
    struct asleep_line *line = CONTAINER_OF(timer, struct asleep_line, timer);

    while (line->first != NULL && line->first->end_at <= now)
        end_first(line, false);
    if (line->first != NULL)
        world_timer(stack_world(line->stack), timer, on_timer, line->first->end_at);
}

void asleep_line_fini(struct asleep_line *line)
{
    if (line->stack == NULL)
        return;
    world_timer_stop(stack_world(line->stack), &line->timer);
    while (line->first != NULL)
        end_first(line, true);
    fifo_fini(&line->memory);
}

bool asleep_line_takes(const struct asleep_line *line, msec end_at)
{
    return line->last == NULL || end_at >= line->last->end_at;
}

void *asleep_line_room(struct asleep_line *line, size_t size)
{
    return fifo_take(&line->memory, size);
}

void asleep_line_add(struct asleep_line *line, struct asleep *a)
{
    a->next = NULL;
    if (line->last != NULL) {
        line->last->next = a;
    } else {
        line->first = a;
        world_timer(stack_world(line->stack), &line->timer, on_timer, a->end_at);
    }
    line->last = a;
}
