/* SPDX-License-Identifier: BSD-2-Clause */
#include "media/conceal.h"

/* The pitch of people: 66 to 400 Hz. */
enum { PERIOD_MIN_USEC = 2500, PERIOD_MAX_USEC = 15000, MATCH_MS = 15 };

static size_t samples_of_ms(const struct conceal *c, size_t ms)
{
    return c->rate * ms / 1000;
}

static void forget_all_but(struct conceal *c, size_t count)
{
    if (c->past_count <= count)
        return;
    memmove(c->past, c->past + c->past_count - count, count * sizeof *c->past);
    c->past_count = count;
}

static void remember(struct conceal *c, const int16_t *samples, size_t count)
{
    size_t room = samples_of_ms(c, CONCEAL_PAST_MS);

    if (count > room) {
        samples += count - room;
        count = room;
    }
    forget_all_but(c, room - count);
    memcpy(c->past + c->past_count, samples, count * sizeof *samples);
    c->past_count += count;
}

/* How well the last `window` samples repeat those one `period` before. */
static double likeness(const struct conceal *c, size_t period, size_t window)
{
    const int16_t *late = c->past + c->past_count - window, *early = late - period;
    double         product = 0, energy = 1;

    for (size_t i = 0; i < window; i++) {
        product += (double)late[i] * early[i];
        energy += (double)early[i] * early[i];
    }
    return product > 0 ? product * product / energy : 0;
}

static size_t find_period(const struct conceal *c)
{
    size_t shortest = c->rate * PERIOD_MIN_USEC / 1000000, longest = c->rate * PERIOD_MAX_USEC / 1000000;
    size_t window = samples_of_ms(c, MATCH_MS), period = longest;
    double best = 0;

    if (c->past_count < window + longest)
        return c->past_count < longest ? c->past_count : longest;
    for (size_t p = shortest; p <= longest; p++) {
        double value = likeness(c, p, window);

        if (value > best) {
            best   = value;
            period = p;
        }
    }
    return period;
}

/* One made-up sample, 0 to 1 of its strength by the age of the gap. */
static int16_t made_sample(const struct conceal *c, size_t age)
{
    size_t  hold = samples_of_ms(c, CONCEAL_HOLD_MS), end = samples_of_ms(c, CONCEAL_END_MS);
    int32_t sample;

    if (c->period == 0 || age >= end)
        return 0;
    sample = c->past[c->past_count - c->period + age % c->period];
    if (age > hold)
        sample = (int32_t)((int64_t)sample * (int64_t)(end - age) / (int64_t)(end - hold));
    return (int16_t)sample;
}

void conceal_init(struct conceal *c, unsigned rate)
{
    *c = (struct conceal){ .rate = rate };
}

void conceal_make(struct conceal *c, int16_t *samples, size_t count)
{
    if (c->made == 0)
        c->period = find_period(c);
    for (size_t i = 0; i < count; i++)
        samples[i] = made_sample(c, c->made + i);
    c->made += count;
}

void conceal_hear(struct conceal *c, int16_t *samples, size_t count)
{
    size_t blend = samples_of_ms(c, CONCEAL_BLEND_MS);

    for (size_t i = 0; c->made > 0 && i < blend && i < count; i++) {
        int32_t made = made_sample(c, c->made + i);

        samples[i] = (int16_t)(made + (samples[i] - made) * (int32_t)(i + 1) / (int32_t)(blend + 1));
    }
    if (count > 0)
        c->made = 0;
    remember(c, samples, count);
}
