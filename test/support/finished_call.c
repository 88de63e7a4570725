/* SPDX-License-Identifier: BSD-2-Clause */
#include "support/finished_call.h"

#include <stdio.h>

void raw_invite_again(struct bench *b, const char *call_id)
{
    raw_ask(&b->alice, &(struct request_form){ .method  = "INVITE",
                                               .uri     = "sip:bob@example.test",
                                               .branch  = "invite",
                                               .from    = "<sip:alice@example.test>;tag=a",
                                               .call_id = call_id });
    bench_live(b, 20);
}

static void in_dialog(struct bench *b, const char *method, const char *branch, unsigned cseq, const char *call_id)
{
    raw_ask(&b->alice, &(struct request_form){ .method  = method,
                                               .uri     = "sip:bob@192.0.2.9:6001",
                                               .branch  = branch,
                                               .from    = "<sip:alice@example.test>;tag=a",
                                               .to      = "<sip:bob@example.test>;tag=b",
                                               .call_id = call_id,
                                               .cseq    = cseq });
    bench_live(b, 20);
}

void raw_bye_again(struct bench *b, const char *call_id)
{
    in_dialog(b, "BYE", "bye", 2, call_id);
}

void raw_call_answer(struct bench *b, const char *call_id)
{
    raw_register(&b->bob, 1, NULL);
    bench_live(b, 50);
    raw_invite_again(b, call_id);
    raw_answer(&b->bob, 0, "200 OK", "b");
    bench_live(b, 20);
}

void raw_call_finish(struct bench *b, const char *call_id)
{
    raw_call_answer(b, call_id);
    in_dialog(b, "ACK", "ack", 1, call_id);
    raw_bye_again(b, call_id);
    raw_answer(&b->bob, 0, "200 OK", "b");
    bench_live(b, 20);
}
