/* SPDX-License-Identifier: BSD-2-Clause */
/* The two server transactions, cell by cell: every event in every state, over
 * unreliable and reliable transports; and every sequence of events. */
#include "support/machine.h"
#include "support/test.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))

/* RFC 6026 figure 7; its Proceeding is three, by what has been sent. */
enum { SILENT, TRIED, RINGING, COMPLETED, CONFIRMED, ACCEPTED, ENDED };

static const struct situation ist_situations[] = {
    [SILENT]    = { "proceeding, nothing sent", BOTH, IST_PROCEEDING, { { 0 } }, 0 },
    [TRIED]     = { "proceeding, 100 sent", BOTH, IST_PROCEEDING, { { IST_TIMER, 200 } }, 1 },
    [RINGING]   = { "proceeding, the user's 1xx sent", BOTH, IST_PROCEEDING, { { IST_1XX, 50 } }, 1 },
    [COMPLETED] = { "completed", BOTH, IST_COMPLETED, { { IST_300_699, 50 } }, 1 },
    [CONFIRMED] = { "confirmed", UDP, IST_CONFIRMED, { { IST_300_699, 50 }, { IST_ACK, 90 } }, 2 },
    [ACCEPTED]  = { "accepted", BOTH, IST_ACCEPTED, { { IST_2XX, 50 } }, 1 },
    [ENDED]     = { "terminated", BOTH, IST_TERMINATED, { { IST_2XX, 50 }, { IST_TIMER, 32050 } }, 2 },
};

#define IN_PROCEEDING(situation)                                                                                       \
    { situation, IST_ACK, BOTH, 0, IST_PROCEEDING, KEPT, KEPT },                                                       \
        { situation, IST_1XX, BOTH, IST_SEND_RESPONSE, IST_PROCEEDING, NEVER, NEVER },                                 \
        { situation, IST_2XX, BOTH, IST_SEND_RESPONSE, IST_ACCEPTED, NEVER, 32000 },                                   \
        { situation, IST_300_699, UDP, IST_SEND_RESPONSE, IST_COMPLETED, 500, 32000 },                                 \
        { situation, IST_300_699, TCP, IST_SEND_RESPONSE, IST_COMPLETED, NEVER, 32000 },                               \
        { situation, IST_TRANSPORT_ERROR, BOTH, IST_PASS_ERROR, IST_PROCEEDING, KEPT, KEPT },                          \
    {                                                                                                                  \
        situation, TIMER_EARLY, BOTH, 0, IST_PROCEEDING, KEPT, KEPT                                                    \
    }

static const struct cell ist_cells[] = {
    IN_PROCEEDING(SILENT),
    { SILENT, IST_REQUEST, BOTH, 0, IST_PROCEEDING, KEPT, KEPT },
    { SILENT, TIMER_RESEND, BOTH, IST_SEND_TRYING, IST_PROCEEDING, NEVER, NEVER }, /* 200 ms */
    IN_PROCEEDING(TRIED),
    { TRIED, IST_REQUEST, BOTH, IST_SEND_TRYING, IST_PROCEEDING, KEPT, KEPT },
    IN_PROCEEDING(RINGING),
    { RINGING, IST_REQUEST, BOTH, IST_SEND_RESPONSE, IST_PROCEEDING, KEPT, KEPT },

    { COMPLETED, IST_REQUEST, BOTH, IST_SEND_RESPONSE, IST_COMPLETED, KEPT, KEPT },
    { COMPLETED, IST_ACK, UDP, 0, IST_CONFIRMED, NEVER, 5000 },
    { COMPLETED, IST_ACK, TCP, 0, IST_TERMINATED, NEVER, NEVER },
    { COMPLETED, IST_1XX, BOTH, 0, IST_COMPLETED, KEPT, KEPT },
    { COMPLETED, IST_2XX, BOTH, 0, IST_COMPLETED, KEPT, KEPT },
    { COMPLETED, IST_300_699, BOTH, 0, IST_COMPLETED, KEPT, KEPT },
    { COMPLETED, IST_TRANSPORT_ERROR, BOTH, IST_PASS_ERROR, IST_COMPLETED, KEPT, KEPT },
    { COMPLETED, TIMER_EARLY, BOTH, 0, IST_COMPLETED, KEPT, KEPT },
    { COMPLETED, TIMER_RESEND, UDP, IST_SEND_RESPONSE, IST_COMPLETED, 1000, KEPT }, /* G */
    { COMPLETED, TIMER_END, BOTH, IST_PASS_TIMEOUT, IST_TERMINATED, NEVER, NEVER }, /* H */

    { CONFIRMED, IST_REQUEST, UDP, 0, IST_CONFIRMED, KEPT, KEPT },
    { CONFIRMED, IST_ACK, UDP, 0, IST_CONFIRMED, KEPT, KEPT },
    { CONFIRMED, IST_1XX, UDP, 0, IST_CONFIRMED, KEPT, KEPT },
    { CONFIRMED, IST_2XX, UDP, 0, IST_CONFIRMED, KEPT, KEPT },
    { CONFIRMED, IST_300_699, UDP, 0, IST_CONFIRMED, KEPT, KEPT },
    { CONFIRMED, IST_TRANSPORT_ERROR, UDP, 0, IST_CONFIRMED, KEPT, KEPT },
    { CONFIRMED, TIMER_EARLY, UDP, 0, IST_CONFIRMED, KEPT, KEPT },
    { CONFIRMED, TIMER_END, UDP, 0, IST_TERMINATED, NEVER, NEVER }, /* I */

    { ACCEPTED, IST_REQUEST, BOTH, 0, IST_ACCEPTED, KEPT, KEPT },
    { ACCEPTED, IST_ACK, BOTH, IST_PASS_ACK, IST_ACCEPTED, KEPT, KEPT },
    { ACCEPTED, IST_1XX, BOTH, 0, IST_ACCEPTED, KEPT, KEPT },
    { ACCEPTED, IST_2XX, BOTH, IST_SEND_RESPONSE, IST_ACCEPTED, KEPT, KEPT },
    { ACCEPTED, IST_300_699, BOTH, 0, IST_ACCEPTED, KEPT, KEPT },
    { ACCEPTED, IST_TRANSPORT_ERROR, BOTH, IST_PASS_ERROR, IST_ACCEPTED, KEPT, KEPT },
    { ACCEPTED, TIMER_EARLY, BOTH, 0, IST_ACCEPTED, KEPT, KEPT },
    { ACCEPTED, TIMER_END, BOTH, 0, IST_TERMINATED, NEVER, NEVER }, /* L */

    { ENDED, IST_REQUEST, BOTH, 0, IST_TERMINATED, NEVER, NEVER },
    { ENDED, IST_ACK, BOTH, 0, IST_TERMINATED, NEVER, NEVER },
    { ENDED, IST_1XX, BOTH, 0, IST_TERMINATED, NEVER, NEVER },
    { ENDED, IST_2XX, BOTH, 0, IST_TERMINATED, NEVER, NEVER },
    { ENDED, IST_300_699, BOTH, 0, IST_TERMINATED, NEVER, NEVER },
    { ENDED, IST_TRANSPORT_ERROR, BOTH, 0, IST_TERMINATED, NEVER, NEVER },
    { ENDED, TIMER_EARLY, BOTH, 0, IST_TERMINATED, NEVER, NEVER },
};

/* RFC 3261 figure 8, with RFC 4320 4: no 100 before Timer E is T2, and then one in any case. */
enum { TRYING, TRYING_LATE, N_TRIED, ANSWERED, N_COMPLETED, N_ENDED };

static const struct situation nist_situations[] = {
    [TRYING]      = { "trying", BOTH, NIST_TRYING, { { 0 } }, 0 },
    [TRYING_LATE] = { "trying, Timer E is T2", BOTH, NIST_TRYING, { { NIST_REQUEST, 3500 } }, 1 },
    [N_TRIED]     = { "proceeding, 100 of our own sent", BOTH, NIST_PROCEEDING, { { NIST_TIMER, 3500 } }, 1 },
    [ANSWERED]    = { "proceeding, the user's 100 sent", BOTH, NIST_PROCEEDING, { { NIST_1XX, 3500 } }, 1 },
    [N_COMPLETED] = { "completed", UDP, NIST_COMPLETED, { { NIST_FINAL, 50 } }, 1 },
    [N_ENDED]     = { "terminated", BOTH, NIST_TERMINATED, { { NIST_TIMER, 32000 } }, 1 },
};

#define OPEN(situation, state)                                                                                         \
    { situation, NIST_FINAL, UDP, NIST_SEND_RESPONSE, NIST_COMPLETED, NEVER, 32000 },                                  \
        { situation, NIST_FINAL, TCP, NIST_SEND_RESPONSE, NIST_TERMINATED, NEVER, NEVER },                             \
        { situation, NIST_TRANSPORT_ERROR, BOTH, NIST_PASS_ERROR, state, KEPT, KEPT },                                 \
        { situation, TIMER_EARLY, BOTH, 0, state, KEPT, KEPT },                                                        \
    {                                                                                                                  \
        situation, TIMER_END, BOTH, 0, NIST_TERMINATED, NEVER, NEVER                                                   \
    } /* no 408, RFC 4320 4.2 */

static const struct cell nist_cells[] = {
    OPEN(TRYING, NIST_TRYING),
    { TRYING, NIST_REQUEST, BOTH, 0, NIST_TRYING, KEPT, KEPT },
    { TRYING, NIST_1XX, UDP, 0, NIST_TRYING, KEPT, KEPT },
    { TRYING, NIST_1XX, TCP, NIST_SEND_RESPONSE, NIST_PROCEEDING, NEVER, KEPT },
    { TRYING, TIMER_RESEND, BOTH, NIST_SEND_TRYING, NIST_PROCEEDING, NEVER, KEPT },
    OPEN(TRYING_LATE, NIST_TRYING),
    { TRYING_LATE, NIST_REQUEST, BOTH, 0, NIST_TRYING, KEPT, KEPT },
    { TRYING_LATE, NIST_1XX, BOTH, NIST_SEND_RESPONSE, NIST_PROCEEDING, NEVER, KEPT },
    { TRYING_LATE, TIMER_RESEND, BOTH, NIST_SEND_TRYING, NIST_PROCEEDING, NEVER, KEPT },
    OPEN(N_TRIED, NIST_PROCEEDING),
    { N_TRIED, NIST_REQUEST, BOTH, NIST_SEND_TRYING, NIST_PROCEEDING, KEPT, KEPT },
    { N_TRIED, NIST_1XX, BOTH, NIST_SEND_RESPONSE, NIST_PROCEEDING, NEVER, KEPT },
    OPEN(ANSWERED, NIST_PROCEEDING),
    { ANSWERED, NIST_REQUEST, BOTH, NIST_SEND_RESPONSE, NIST_PROCEEDING, KEPT, KEPT },
    { ANSWERED, NIST_1XX, BOTH, NIST_SEND_RESPONSE, NIST_PROCEEDING, NEVER, KEPT },

    { N_COMPLETED, NIST_REQUEST, UDP, NIST_SEND_RESPONSE, NIST_COMPLETED, KEPT, KEPT },
    { N_COMPLETED, NIST_1XX, UDP, 0, NIST_COMPLETED, KEPT, KEPT },
    { N_COMPLETED, NIST_FINAL, UDP, 0, NIST_COMPLETED, KEPT, KEPT },
    { N_COMPLETED, NIST_TRANSPORT_ERROR, UDP, NIST_PASS_ERROR, NIST_COMPLETED, KEPT, KEPT },
    { N_COMPLETED, TIMER_EARLY, UDP, 0, NIST_COMPLETED, KEPT, KEPT },
    { N_COMPLETED, TIMER_END, UDP, 0, NIST_TERMINATED, NEVER, NEVER }, /* J */

    { N_ENDED, NIST_REQUEST, BOTH, 0, NIST_TERMINATED, NEVER, NEVER },
    { N_ENDED, NIST_1XX, BOTH, 0, NIST_TERMINATED, NEVER, NEVER },
    { N_ENDED, NIST_FINAL, BOTH, 0, NIST_TERMINATED, NEVER, NEVER },
    { N_ENDED, NIST_TRANSPORT_ERROR, BOTH, 0, NIST_TERMINATED, NEVER, NEVER },
    { N_ENDED, TIMER_EARLY, BOTH, 0, NIST_TERMINATED, NEVER, NEVER },
};

TEST(every_event_in_every_state_of_an_invite_is_as_the_figure_says)
{
    machine_check_table(&machine_ist, ist_situations, COUNT(ist_situations), ist_cells, COUNT(ist_cells));
}

TEST(every_event_in_every_state_of_another_request_is_as_the_figure_says)
{
    machine_check_table(&machine_nist, nist_situations, COUNT(nist_situations), nist_cells, COUNT(nist_cells));
}

/* What has been: bits of `sum`. */
enum { PROVISIONAL = 1, REFUSED = 2, TAKEN = 4, ACKNOWLEDGED = 8 };

/* What goes out is the user's only if it has given something; a rejection is sent once and then repeated, and never
 * behind its ACK; the user's 2xx goes out each time, and its ACKs come to the user; Timer H is told of only where no
 * ACK came. */
static void check_ist(const struct machine_step *s, unsigned *sum)
{
    bool sent = (s->actions & IST_SEND_RESPONSE) != 0;

    if (sent && s->event == IST_1XX)
        *sum |= PROVISIONAL;
    if (sent && s->event == IST_2XX) {
        CHECK_INT(0, *sum & REFUSED);
        *sum |= TAKEN;
    }
    if (sent && s->event == IST_300_699) {
        CHECK_INT(0, *sum & (REFUSED | TAKEN));
        *sum |= REFUSED;
    }
    if (sent)
        CHECK(*sum != 0 && (*sum & ACKNOWLEDGED) == 0);
    if (sent && s->event == IST_TIMER)
        CHECK(!s->reliable && (*sum & REFUSED) != 0);
    if ((s->actions & IST_SEND_TRYING) != 0)
        CHECK_INT(0, *sum);
    if ((s->actions & IST_PASS_ACK) != 0)
        CHECK((*sum & TAKEN) != 0);
    if ((s->actions & IST_PASS_TIMEOUT) != 0)
        CHECK((*sum & REFUSED) != 0 && (*sum & ACKNOWLEDGED) == 0);
    if (s->event == IST_ACK && s->before == IST_COMPLETED)
        *sum |= ACKNOWLEDGED;
    if (s->event == IST_TRANSPORT_ERROR)
        CHECK_INT(s->before, s->after);
}

/* One final response, and no 100 behind it nor behind the user's. */
static void check_nist(const struct machine_step *s, unsigned *sum)
{
    bool sent = (s->actions & NIST_SEND_RESPONSE) != 0;

    if (sent && s->event == NIST_1XX) {
        CHECK_INT(0, *sum & REFUSED);
        *sum |= PROVISIONAL;
    }
    if (sent && s->event == NIST_FINAL) {
        CHECK_INT(0, *sum & REFUSED);
        *sum |= REFUSED;
    }
    if (sent)
        CHECK(*sum != 0 && s->event != NIST_TIMER);
    if ((s->actions & NIST_SEND_TRYING) != 0)
        CHECK_INT(0, *sum);
    if (s->event == NIST_TRANSPORT_ERROR)
        CHECK_INT(s->before, s->after);
}

enum { NO_STATE = -1 };

TEST(no_sequence_of_events_makes_an_invite_say_two_things)
{
    CHECK(machine_walk(&machine_ist, 6, IST_PROCEEDING, check_ist) > 100000);
}

TEST(no_sequence_of_events_makes_another_request_say_two_things)
{
    CHECK(machine_walk(&machine_nist, 7, NO_STATE, check_nist) > 10000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_event_in_every_state_of_an_invite_is_as_the_figure_says),
        cmocka_unit_test(every_event_in_every_state_of_another_request_is_as_the_figure_says),
        cmocka_unit_test(no_sequence_of_events_makes_an_invite_say_two_things),
        cmocka_unit_test(no_sequence_of_events_makes_another_request_say_two_things),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
