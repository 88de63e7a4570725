/* SPDX-License-Identifier: BSD-2-Clause */
#include "stack/asleep.h"

void asleep_line_init(struct asleep_line *line, struct stack *s, asleep_end_fn *end)
{
    *line = (struct asleep_line){ .stack = s, .end = end };
    fifo_init(&line->memory, FIFO_CHUNK);
}

/* Nobody ends after the last one, and the line is no longer than what 32 bits can tell. */
msec asleep_end_at(const struct asleep_line *line, const struct asleep *a)
{
    return line->last_end - (uint32_t)((uint32_t)line->last_end - a->end_at);
}

static void end_first(struct asleep_line *line, struct asleep *a, bool quiet)
{
    size_t         size = asleep_size(a);
    struct asleep *next = fifo_second(&line->memory, size);

    line->end(line->stack, a, next, quiet);
    fifo_give(&line->memory, size);
}

static void on_timer(struct timer *timer, msec now)
{
    struct asleep_line *line = CONTAINER_OF(timer, struct asleep_line, timer);
    struct asleep      *a;

    while ((a = fifo_first(&line->memory)) != NULL && asleep_end_at(line, a) <= now)
        end_first(line, a, false);
    if (a != NULL)
        world_timer(stack_world(line->stack), timer, on_timer, asleep_end_at(line, a));
}

void asleep_line_fini(struct asleep_line *line)
{
    struct asleep *a;

    if (line->stack == NULL)
        return;
    world_timer_stop(stack_world(line->stack), &line->timer);
    while ((a = fifo_first(&line->memory)) != NULL)
        end_first(line, a, true);
    fifo_fini(&line->memory);
}

static size_t units_for(size_t size)
{
    return (size + FIFO_ALIGN - 1) / FIFO_ALIGN;
}

void *asleep_line_add(struct asleep_line *line, struct asleep *head, msec end_at, size_t size)
{
    bool   is_first = fifo_first(&line->memory) == NULL;
    size_t units    = units_for(size);
    void  *block;

    if (size > ASLEEP_MAX || (!is_first && end_at < line->last_end))
        return NULL;
    block = fifo_take(&line->memory, units * FIFO_ALIGN);
    if (block == NULL)
        return NULL;
    head->end_at   = (uint32_t)end_at;
    head->units    = (uint16_t)units;
    line->last_end = end_at;
    if (is_first)
        world_timer(stack_world(line->stack), &line->timer, on_timer, end_at);
    return block;
}

void asleep_line_trim(struct asleep_line *line, struct asleep *head, void *block, size_t size)
{
    head->units = (uint16_t)units_for(size);
    fifo_trim(&line->memory, block, asleep_size(head));
}
