/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/slice.h"
#include "dialog/transfer.h"
#include "support/test.h"

#include <stdlib.h>

enum event { START, START_HELD, HELD, NOT_HELD, RESPONSE, UNWATCHED, NOTIFY, LAST_NOTIFY, SILENCE, ASKED, END, EVENTS };

static unsigned tell(struct transfer *t, enum event event, unsigned status)
{
    switch (event) {
    case START:
        return transfer_start(t, true);
    case START_HELD:
        return transfer_start(t, false);
    case HELD:
        return transfer_on_hold(t, true);
    case NOT_HELD:
        return transfer_on_hold(t, false);
    case RESPONSE:
        return transfer_on_response(t, status, false);
    case UNWATCHED:
        return transfer_on_response(t, status, true);
    case NOTIFY:
        return transfer_on_notify(t, status, false);
    case LAST_NOTIFY:
        return transfer_on_notify(t, status, true);
    case SILENCE:
        return transfer_on_silence(t);
    case ASKED:
        return transfer_on_asked(t, status);
    case END:
        transfer_on_end(t);
        return 0;
    case EVENTS:
        break;
    }
    return 0;
}

enum {
    DONE   = TRANSFER_TELL_DONE | TRANSFER_HANG_UP,
    FAILED = TRANSFER_TELL_FAILED,
    BACK   = TRANSFER_TELL_FAILED | TRANSFER_RESUME,
    LOST   = TRANSFER_TELL_FAILED | TRANSFER_LOST
};

struct row {
    enum transfer_state from;
    bool                held;
    enum event          event;
    unsigned            status;
    enum transfer_state to;
    unsigned            actions, told;
};

/* RFC 3515 2.4, RFC 5589 6, RFC 4488 4 */
static const struct row rows[] = {
    { TRANSFER_NONE, false, START, 0, TRANSFER_HOLDING, TRANSFER_SEND_HOLD, 0 },
    { TRANSFER_NONE, false, START_HELD, 0, TRANSFER_REFERRING, TRANSFER_SEND_REFER, 0 },
    { TRANSFER_DONE, true, START_HELD, 0, TRANSFER_REFERRING, TRANSFER_SEND_REFER, 0 },
    { TRANSFER_HOLDING, false, HELD, 0, TRANSFER_REFERRING, TRANSFER_SEND_REFER, 0 },
    { TRANSFER_HOLDING, false, NOT_HELD, 0, TRANSFER_REFERRING, TRANSFER_SEND_REFER, 0 },
    { TRANSFER_REFERRING, false, RESPONSE, 202, TRANSFER_WATCHING, 0, 0 },
    { TRANSFER_REFERRING, false, UNWATCHED, 200, TRANSFER_DONE, DONE, 200 },
    { TRANSFER_REFERRING, true, RESPONSE, 603, TRANSFER_DONE, BACK, 603 },
    { TRANSFER_REFERRING, false, UNWATCHED, 405, TRANSFER_DONE, FAILED, 405 },
    { TRANSFER_REFERRING, true, RESPONSE, 481, TRANSFER_DONE, LOST, 481 },
    { TRANSFER_REFERRING, true, RESPONSE, 408, TRANSFER_DONE, LOST, 408 },
    { TRANSFER_REFERRING, false, RESPONSE, 100, TRANSFER_REFERRING, 0, 0 },
    { TRANSFER_REFERRING, true, NOTIFY, 100, TRANSFER_WATCHING, TRANSFER_TELL_PROGRESS, 100 },
    { TRANSFER_REFERRING, true, LAST_NOTIFY, 200, TRANSFER_DONE, DONE, 200 },
    { TRANSFER_WATCHING, true, RESPONSE, 200, TRANSFER_WATCHING, 0, 0 },
    { TRANSFER_WATCHING, true, RESPONSE, 500, TRANSFER_DONE, BACK, 500 },
    { TRANSFER_WATCHING, true, NOTIFY, 180, TRANSFER_WATCHING, TRANSFER_TELL_PROGRESS, 180 },
    { TRANSFER_WATCHING, true, NOTIFY, 200, TRANSFER_DONE, DONE, 200 },
    { TRANSFER_WATCHING, true, LAST_NOTIFY, 486, TRANSFER_DONE, BACK, 486 },
    { TRANSFER_WATCHING, false, NOTIFY, 302, TRANSFER_DONE, FAILED, 302 },
    { TRANSFER_WATCHING, true, LAST_NOTIFY, 100, TRANSFER_DONE, BACK, 408 },
    { TRANSFER_WATCHING, true, SILENCE, 0, TRANSFER_DONE, BACK, 408 },
    { TRANSFER_WATCHING, true, END, 0, TRANSFER_DONE, 0, 0 },
    { TRANSFER_REFERRING, true, ASKED, 200, TRANSFER_WATCHING, 0, 0 },
    { TRANSFER_WATCHING, true, ASKED, 202, TRANSFER_WATCHING, 0, 0 },
    { TRANSFER_REFERRING, true, ASKED, 481, TRANSFER_REFERRING, TRANSFER_SEND_REFER, 0 },
    { TRANSFER_REFERRING, true, ASKED, 408, TRANSFER_REFERRING, TRANSFER_SEND_REFER, 0 },
    { TRANSFER_WATCHING, true, ASKED, 481, TRANSFER_WATCHING, 0, 0 }, /* a NOTIFY may come all the same */
    { TRANSFER_REFERRING, true, ASKED, 100, TRANSFER_REFERRING, 0, 0 },
    { TRANSFER_HOLDING, true, ASKED, 200, TRANSFER_HOLDING, 0, 0 },
};

TEST(each_event_in_each_state_does_what_the_rfcs_say)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct row *r       = &rows[i];
        struct transfer   t       = { .state = r->from, .held = r->held };
        unsigned          actions = tell(&t, r->event, r->status);

        if (t.state != r->to || actions != r->actions || (r->told != 0 && t.status != r->told)) {
            print_error("row %zu: state %d, actions %#x, status %u\n", i, t.state, actions, t.status);
            fail();
        }
    }
}

TEST(the_same_progress_is_told_once)
{
    struct transfer t = { .state = TRANSFER_WATCHING };

    CHECK_INT(TRANSFER_TELL_PROGRESS, transfer_on_notify(&t, 180, false));
    CHECK_INT(0, transfer_on_notify(&t, 180, false));
    CHECK_INT(TRANSFER_TELL_PROGRESS, transfer_on_notify(&t, 183, false));
}

TEST(what_comes_after_the_end_changes_nothing)
{
    for (enum event e = HELD; e < EVENTS; e++) {
        struct transfer t = { .state = TRANSFER_DONE, .status = 486 };

        CHECK_INT(0, tell(&t, e, 200));
        CHECK_INT(TRANSFER_DONE, t.state);
        CHECK_INT(486, t.status);
    }
}

/* Whatever happens in whatever order: it is told once how it ended, and nobody hangs up who has not been told of
 * a success. */
TEST(any_walk_ends_once)
{
    static const unsigned statuses[] = { 100, 180, 200, 202, 300, 408, 481, 486, 603 };
    unsigned              seed       = 1;

    for (unsigned walk = 0; walk < 2000; walk++) {
        struct transfer t     = { .state = TRANSFER_NONE };
        unsigned        ends  = 0;
        bool            ended = false;

        transfer_start(&t, walk % 2 == 0);
        for (unsigned step = 0; step < 12; step++) {
            enum event event   = (enum event)(HELD + (seed = seed * 1103515245 + 12345) / 65536 % (EVENTS - HELD));
            unsigned   status  = statuses[(seed = seed * 1103515245 + 12345) / 65536 % 9];
            unsigned   actions = tell(&t, event, status);

            ends += (actions & (TRANSFER_TELL_DONE | TRANSFER_TELL_FAILED)) != 0;
            CHECK(!(actions & TRANSFER_HANG_UP) == !(actions & TRANSFER_TELL_DONE));
            CHECK(!(actions & (TRANSFER_LOST | TRANSFER_RESUME)) || (actions & TRANSFER_TELL_FAILED));
            CHECK(!ended || actions == 0);
            ended = !transfer_is_open(&t);
        }
        CHECK(ends <= 1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_event_in_each_state_does_what_the_rfcs_say),
        cmocka_unit_test(the_same_progress_is_told_once),
        cmocka_unit_test(what_comes_after_the_end_changes_nothing),
        cmocka_unit_test(any_walk_ends_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
