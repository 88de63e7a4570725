/* SPDX-License-Identifier: BSD-2-Clause */
/* exchange.h - what a registration, or a text, came to: gathered from the events of its phone.
 *
 *     exchange_init --> exchange_begin when it is sent --> exchange_note for each event --> exchange_find */

#ifndef PROBE_EXCHANGE_H
#define PROBE_EXCHANGE_H

#include "call/event.h"
#include "probe/finding.h"
#include "probe/output_json.h"

enum exchange_kind { EXCHANGE_REGISTER, EXCHANGE_MESSAGE };

enum { EXCHANGE_HEADLINE = 2 * SUMMARY_TEXT };

struct exchange {
    enum exchange_kind kind;
    char               target[SUMMARY_TEXT];
    bool               begun;                    /* something was sent */
    bool               done, ever, unregistered; /* it is so, or was at some time; the account cannot register */
    unsigned           status;                   /* 0: none */
    char               reason[SUMMARY_TEXT];
    int                error;
    msec               began, took; /* took: to the answer that counts, or NEVER: there was none */
    uint32_t           tries, lost, expires, flows;
};

const struct finding_kind *exchange_kind(enum exchange_kind kind);
/* The members of what finding_json writes of either kind, for the schema; less its "event". */
const struct output_object *exchange_json_object(void);

void exchange_init(struct exchange *e, enum exchange_kind kind, struct slice target);
void exchange_begin(struct exchange *e, msec now);
/* An event of this registration or text; before a text that of its account.  Others are no matter. */
void exchange_note(struct exchange *e, const struct phone_event *event, msec now);
/* Nobody has said anything in time. */
void exchange_give_up(struct exchange *e);

/* The figures and the headline, for finding_judge; `headline` is the memory of that. */
void exchange_find(const struct exchange *e, struct finding *f, char headline[EXCHANGE_HEADLINE]);

#endif
