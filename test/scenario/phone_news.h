/* SPDX-License-Identifier: BSD-2-Clause */
/* phone_news.h - what a phone actor says and hears outside of calls. */

#ifndef SCENARIO_PHONE_NEWS_H
#define SCENARIO_PHONE_NEWS_H

#include "call/phone.h"
#include "scenario/scenario.h"

struct phone_news {
    struct actor *actor;
    struct phone *phone;
    object_id     account, call;
    object_id    *subscription; /* the latest */
};

/* Note an event that comes after PHONE_ENDED in the enum. */
void news_note(struct actor *a, const struct phone_event *e);

/* Carry out a verb: false with `*known` unset if it is none of these. */
bool news_act(const struct phone_news *n, const struct statement *st, bool *known);

#endif
