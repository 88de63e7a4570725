/* SPDX-License-Identifier: BSD-2-Clause */
/* The two client transactions, cell by cell: every event in every state, over
 * unreliable and reliable transports; and every sequence of events. */
#include "support/machine.h"
#include "support/test.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))

/* RFC 6026 figure 5. */
enum { CALLING, PROCEEDING, COMPLETED, ACCEPTED, ENDED };

static const struct situation ict_situations[] = {
    [CALLING]    = { "calling", BOTH, ICT_CALLING, { { 0 } }, 0 },
    [PROCEEDING] = { "proceeding", BOTH, ICT_PROCEEDING, { { ICT_1XX, 50 } }, 1 },
    [COMPLETED]  = { "completed", UDP, ICT_COMPLETED, { { ICT_300_699, 50 } }, 1 },
    [ACCEPTED]   = { "accepted", BOTH, ICT_ACCEPTED, { { ICT_2XX, 50 } }, 1 },
    [ENDED]      = { "terminated", BOTH, ICT_TERMINATED, { { ICT_TRANSPORT_ERROR, 50 } }, 1 },
};

static const struct cell ict_cells[] = {
    { CALLING, ICT_1XX, BOTH, ICT_PASS_RESPONSE, ICT_PROCEEDING, NEVER, NEVER },
    { CALLING, ICT_2XX, BOTH, ICT_PASS_RESPONSE, ICT_ACCEPTED, NEVER, 32000 },
    { CALLING, ICT_300_699, UDP, ICT_SEND_ACK | ICT_PASS_RESPONSE, ICT_COMPLETED, NEVER, 32000 },
    { CALLING, ICT_300_699, TCP, ICT_SEND_ACK | ICT_PASS_RESPONSE, ICT_TERMINATED, NEVER, NEVER },
    { CALLING, ICT_TRANSPORT_ERROR, BOTH, ICT_PASS_ERROR, ICT_TERMINATED, NEVER, NEVER },
    { CALLING, TIMER_EARLY, BOTH, 0, ICT_CALLING, KEPT, KEPT },
    { CALLING, TIMER_RESEND, UDP, ICT_SEND_INVITE, ICT_CALLING, 1000, KEPT },     /* A */
    { CALLING, TIMER_END, BOTH, ICT_PASS_TIMEOUT, ICT_TERMINATED, NEVER, NEVER }, /* B */

    { PROCEEDING, ICT_1XX, BOTH, ICT_PASS_RESPONSE, ICT_PROCEEDING, NEVER, NEVER },
    { PROCEEDING, ICT_2XX, BOTH, ICT_PASS_RESPONSE, ICT_ACCEPTED, NEVER, 32000 },
    { PROCEEDING, ICT_300_699, UDP, ICT_SEND_ACK | ICT_PASS_RESPONSE, ICT_COMPLETED, NEVER, 32000 },
    { PROCEEDING, ICT_300_699, TCP, ICT_SEND_ACK | ICT_PASS_RESPONSE, ICT_TERMINATED, NEVER, NEVER },
    { PROCEEDING, ICT_TRANSPORT_ERROR, BOTH, ICT_PASS_ERROR, ICT_TERMINATED, NEVER, NEVER },
    { PROCEEDING, TIMER_EARLY, BOTH, 0, ICT_PROCEEDING, KEPT, KEPT },

    { COMPLETED, ICT_1XX, UDP, 0, ICT_COMPLETED, KEPT, KEPT },
    { COMPLETED, ICT_2XX, UDP, 0, ICT_COMPLETED, KEPT, KEPT },
    { COMPLETED, ICT_300_699, UDP, ICT_SEND_ACK, ICT_COMPLETED, KEPT, KEPT },
    { COMPLETED, ICT_TRANSPORT_ERROR, UDP, ICT_PASS_ERROR, ICT_TERMINATED, NEVER, NEVER },
    { COMPLETED, TIMER_EARLY, UDP, 0, ICT_COMPLETED, KEPT, KEPT },
    { COMPLETED, TIMER_END, UDP, 0, ICT_TERMINATED, NEVER, NEVER }, /* D */

    { ACCEPTED, ICT_1XX, BOTH, 0, ICT_ACCEPTED, KEPT, KEPT },
    { ACCEPTED, ICT_2XX, BOTH, ICT_PASS_RESPONSE, ICT_ACCEPTED, KEPT, KEPT },
    { ACCEPTED, ICT_300_699, BOTH, 0, ICT_ACCEPTED, KEPT, KEPT },
    { ACCEPTED, ICT_TRANSPORT_ERROR, BOTH, 0, ICT_ACCEPTED, KEPT, KEPT },
    { ACCEPTED, TIMER_EARLY, BOTH, 0, ICT_ACCEPTED, KEPT, KEPT },
    { ACCEPTED, TIMER_END, BOTH, 0, ICT_TERMINATED, NEVER, NEVER }, /* M */

    { ENDED, ICT_1XX, BOTH, 0, ICT_TERMINATED, NEVER, NEVER },
    { ENDED, ICT_2XX, BOTH, 0, ICT_TERMINATED, NEVER, NEVER },
    { ENDED, ICT_300_699, BOTH, 0, ICT_TERMINATED, NEVER, NEVER },
    { ENDED, ICT_TRANSPORT_ERROR, BOTH, 0, ICT_TERMINATED, NEVER, NEVER },
    { ENDED, TIMER_EARLY, BOTH, 0, ICT_TERMINATED, NEVER, NEVER },
};

/* RFC 3261 figure 6. */
enum { TRYING, N_PROCEEDING, N_COMPLETED, N_ENDED };

static const struct situation nict_situations[] = {
    [TRYING]       = { "trying", BOTH, NICT_TRYING, { { 0 } }, 0 },
    [N_PROCEEDING] = { "proceeding", BOTH, NICT_PROCEEDING, { { NICT_1XX, 50 } }, 1 },
    [N_COMPLETED]  = { "completed", UDP, NICT_COMPLETED, { { NICT_FINAL, 50 } }, 1 },
    [N_ENDED]      = { "terminated", BOTH, NICT_TERMINATED, { { NICT_TRANSPORT_ERROR, 50 } }, 1 },
};

static const struct cell nict_cells[] = {
    { TRYING, NICT_1XX, BOTH, NICT_PASS_RESPONSE, NICT_PROCEEDING, KEPT, KEPT },
    { TRYING, NICT_FINAL, UDP, NICT_PASS_RESPONSE, NICT_COMPLETED, NEVER, 5000 },
    { TRYING, NICT_FINAL, TCP, NICT_PASS_RESPONSE, NICT_TERMINATED, NEVER, NEVER },
    { TRYING, NICT_TRANSPORT_ERROR, BOTH, NICT_PASS_ERROR, NICT_TERMINATED, NEVER, NEVER },
    { TRYING, TIMER_EARLY, BOTH, 0, NICT_TRYING, KEPT, KEPT },
    { TRYING, TIMER_RESEND, UDP, NICT_SEND_REQUEST, NICT_TRYING, 1000, KEPT },     /* E */
    { TRYING, TIMER_END, BOTH, NICT_PASS_TIMEOUT, NICT_TERMINATED, NEVER, NEVER }, /* F */

    { N_PROCEEDING, NICT_1XX, BOTH, NICT_PASS_RESPONSE, NICT_PROCEEDING, KEPT, KEPT },
    { N_PROCEEDING, NICT_FINAL, UDP, NICT_PASS_RESPONSE, NICT_COMPLETED, NEVER, 5000 },
    { N_PROCEEDING, NICT_FINAL, TCP, NICT_PASS_RESPONSE, NICT_TERMINATED, NEVER, NEVER },
    { N_PROCEEDING, NICT_TRANSPORT_ERROR, BOTH, NICT_PASS_ERROR, NICT_TERMINATED, NEVER, NEVER },
    { N_PROCEEDING, TIMER_EARLY, BOTH, 0, NICT_PROCEEDING, KEPT, KEPT },
    { N_PROCEEDING, TIMER_RESEND, UDP, NICT_SEND_REQUEST, NICT_PROCEEDING, 4000, KEPT }, /* E is T2 now */
    { N_PROCEEDING, TIMER_END, BOTH, NICT_PASS_TIMEOUT, NICT_TERMINATED, NEVER, NEVER }, /* F */

    { N_COMPLETED, NICT_1XX, UDP, 0, NICT_COMPLETED, KEPT, KEPT },
    { N_COMPLETED, NICT_FINAL, UDP, 0, NICT_COMPLETED, KEPT, KEPT },
    { N_COMPLETED, NICT_TRANSPORT_ERROR, UDP, 0, NICT_COMPLETED, KEPT, KEPT },
    { N_COMPLETED, TIMER_EARLY, UDP, 0, NICT_COMPLETED, KEPT, KEPT },
    { N_COMPLETED, TIMER_END, UDP, 0, NICT_TERMINATED, NEVER, NEVER }, /* K */

    { N_ENDED, NICT_1XX, BOTH, 0, NICT_TERMINATED, NEVER, NEVER },
    { N_ENDED, NICT_FINAL, BOTH, 0, NICT_TERMINATED, NEVER, NEVER },
    { N_ENDED, NICT_TRANSPORT_ERROR, BOTH, 0, NICT_TERMINATED, NEVER, NEVER },
    { N_ENDED, TIMER_EARLY, BOTH, 0, NICT_TERMINATED, NEVER, NEVER },
};

TEST(every_event_in_every_state_of_an_invite_is_as_the_figure_says)
{
    machine_check_table(&machine_ict, ict_situations, COUNT(ict_situations), ict_cells, COUNT(ict_cells));
}

TEST(every_event_in_every_state_of_another_request_is_as_the_figure_says)
{
    machine_check_table(&machine_nict, nict_situations, COUNT(nict_situations), nict_cells, COUNT(nict_cells));
}

/* What has been: bits of `sum`. */
enum { HEARD = 1, REJECTED = 2, ACCEPTED_ONCE = 4, GIVEN_UP = 8 };

/* The user hears of one rejection, or of any number of 2xx, or that there is none; an INVITE goes out only until a
 * response comes; and an ACK goes with each rejection, with nothing else. */
static void check_ict(const struct machine_step *s, unsigned *sum)
{
    bool passed = (s->actions & ICT_PASS_RESPONSE) != 0;
    bool failed = (s->actions & (ICT_PASS_TIMEOUT | ICT_PASS_ERROR)) != 0;

    if (passed && s->event == ICT_300_699) {
        CHECK_INT(0, *sum & (REJECTED | ACCEPTED_ONCE | GIVEN_UP));
        CHECK((s->actions & ICT_SEND_ACK) != 0);
        *sum |= REJECTED;
    }
    if (passed && s->event == ICT_2XX) {
        CHECK_INT(0, *sum & (REJECTED | GIVEN_UP));
        *sum |= ACCEPTED_ONCE;
    }
    if (failed) {
        CHECK_INT(0, *sum & (ACCEPTED_ONCE | GIVEN_UP));
        CHECK(s->after == ICT_TERMINATED);
        *sum |= GIVEN_UP;
    }
    if ((s->actions & ICT_SEND_INVITE) != 0)
        CHECK(s->event == ICT_TIMER && !s->reliable && (*sum & HEARD) == 0);
    if ((s->actions & ICT_SEND_ACK) != 0)
        CHECK_INT(ICT_300_699, s->event);
    if ((s->actions & ICT_PASS_TIMEOUT) != 0)
        CHECK_INT(0, *sum & HEARD);
    if (s->event <= ICT_300_699)
        *sum |= HEARD;
}

/* The user hears of one final response, or that there is none; nothing behind it. */
static void check_nict(const struct machine_step *s, unsigned *sum)
{
    if (s->actions != 0)
        CHECK_INT(0, *sum & GIVEN_UP);
    if ((s->actions & NICT_SEND_REQUEST) != 0)
        CHECK(s->event == NICT_TIMER && !s->reliable);
    if ((s->actions & NICT_PASS_RESPONSE) != 0 && s->event == NICT_FINAL)
        *sum |= GIVEN_UP;
    if ((s->actions & (NICT_PASS_TIMEOUT | NICT_PASS_ERROR)) != 0)
        *sum |= GIVEN_UP;
}

enum { NO_STATE = -1 };

TEST(no_sequence_of_events_brings_an_invite_two_ends)
{
    CHECK(machine_walk(&machine_ict, 7, ICT_PROCEEDING, check_ict) > 100000);
}

TEST(no_sequence_of_events_brings_another_request_two_ends)
{
    CHECK(machine_walk(&machine_nict, 7, NO_STATE, check_nict) > 10000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_event_in_every_state_of_an_invite_is_as_the_figure_says),
        cmocka_unit_test(every_event_in_every_state_of_another_request_is_as_the_figure_says),
        cmocka_unit_test(no_sequence_of_events_brings_an_invite_two_ends),
        cmocka_unit_test(no_sequence_of_events_brings_another_request_two_ends),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
