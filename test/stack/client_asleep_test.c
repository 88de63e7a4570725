/* SPDX-License-Identifier: BSD-2-Clause */
/* What late responses deserve of a client transaction that sleeps (RFC 3261 17.1, RFC 6026). */
#include "stack/internal.h"
#include "support/finished_call.h"
#include "support/test.h"

#include <stdio.h>

static struct bench b;

static unsigned clients_asleep(void)
{
    const struct id_table *t     = &server_stack(b.server)->client_ids;
    unsigned               count = 0;
    const void            *object;

    for (uint32_t at = 0; (object = id_next(t, &at)) != NULL;)
        count += is_asleep(object);
    return count;
}

static uint64_t strays(void)
{
    return counter_read(&b.at_server->counters.stray_responses);
}

/* Timer K is 5 s, Timer M 32 s. */
TEST(what_has_its_response_sleeps_until_its_time)
{
    bench_open(&b, "");
    raw_call_finish(&b, "call");
    CHECK_INT(2, clients_asleep());
    bench_live(&b, 6000);
    CHECK_INT(1, clients_asleep());
    bench_live(&b, 28000);
    CHECK_INT(0, server_stack(b.server)->client_ids.used);
    bench_close(&b);
}

/* RFC 6026 8.4: of each fork downstream. */
TEST(a_2xx_of_another_fork_goes_up)
{
    bench_open(&b, "");
    raw_call_answer(&b, "call");
    CHECK_INT(1, clients_asleep());
    raw_forget(&b.alice);
    raw_answer(&b.bob, 0, "200 OK", "another");
    bench_live(&b, 20);
    CHECK_INT(1, raw_heard_count(&b.alice, "SIP/2.0 200 "));
    CHECK(strstr(raw_heard(&b.alice, 0), ";tag=another") != NULL);
    CHECK_INT(0, strays());
    bench_close(&b);
}

TEST(what_is_no_2xx_comes_too_late)
{
    unsigned before;

    bench_open(&b, "");
    raw_call_answer(&b, "call");
    raw_forget(&b.alice);
    before = b.bob.count;
    raw_answer(&b.bob, 0, "180 Ringing", "another");
    raw_answer(&b.bob, 0, "486 Busy Here", "another");
    bench_live(&b, 20);
    CHECK_INT(0, b.alice.count);
    CHECK_INT(before, b.bob.count); /* no ACK */
    bench_close(&b);
}

TEST(a_final_response_that_is_repeated_is_absorbed)
{
    bench_open(&b, "");
    raw_call_finish(&b, "call");
    raw_forget(&b.alice);
    raw_answer(&b.bob, 0, "200 OK", "b");
    bench_live(&b, 20);
    CHECK_INT(0, b.alice.count);
    CHECK_INT(0, strays());
    bench_close(&b);
}

/* The first answer, with the text `from` replaced by `to`, once more. */
static void say_changed(const char *from, const char *to)
{
    static char text[RAW_TEXT], changed[RAW_TEXT];
    const char *at;

    snprintf(text, sizeof text, "%s", raw_heard(&b.bob, 0));
    at = strstr(text, from);
    CHECK(at != NULL);
    snprintf(changed, sizeof changed, "%.*s%s%s", (int)(at - text), text, to, at + strlen(from));
    snprintf(b.bob.heard[(b.bob.count - 1) % RAW_KEPT], RAW_TEXT, "%s", changed);
    raw_answer(&b.bob, 0, "200 OK", "b");
    snprintf(b.bob.heard[(b.bob.count - 1) % RAW_KEPT], RAW_TEXT, "%s", text);
    bench_live(&b, 20);
}

/* The last letter of our branch: of its random part. */
TEST(a_branch_that_is_only_nearly_ours_is_a_strangers)
{
    char        theirs[100], ours[100];
    const char *end;

    bench_open(&b, "");
    raw_call_answer(&b, "call");
    end = strstr(raw_heard(&b.bob, 0), ";rport");
    snprintf(ours, sizeof ours, "%.*s", 12, end - 6);
    snprintf(theirs, sizeof theirs, "%s", ours);
    theirs[5] = theirs[5] == 'a' ? 'b' : 'a';
    raw_forget(&b.alice);
    say_changed(ours, theirs);
    CHECK_INT(0, b.alice.count);
    CHECK_INT(1, strays());
    bench_close(&b);
}

/* RFC 3261 18.1.2 */
TEST(a_response_with_the_sent_by_of_another_is_discarded)
{
    bench_open(&b, "");
    raw_call_answer(&b, "call");
    raw_forget(&b.alice);
    say_changed("SIP/2.0/UDP 192.0.2.1:5060", "SIP/2.0/UDP 192.0.2.7:5060");
    CHECK_INT(0, b.alice.count);
    CHECK_INT(1, strays());
    say_changed("SIP/2.0/UDP 192.0.2.1:5060", "SIP/2.0/UDP [::ffff:192.0.2.1]:5060"); /* the same in other words */
    CHECK_INT(1, b.alice.count);
    CHECK_INT(1, strays());
    bench_close(&b);
}

static unsigned heard;

static void on_client(const struct client_user *u, object_id txn, enum client_event event, struct message *response,
                      int detail)
{
    (void)u;
    (void)txn;
    (void)detail;
    CHECK(event == CLIENT_RESPONSE && response->status == 200);
    heard++;
}

TEST(who_is_told_of_further_2xx_may_change_and_be_nobody)
{
    struct stack               *s;
    const void                 *object;
    const struct client_asleep *a;
    object_id                   id   = 0;
    struct client_user          user = { .fn = on_client };

    bench_open(&b, "");
    s = server_stack(b.server);
    raw_call_answer(&b, "call");
    for (uint32_t at = 0; (object = id_next(&s->client_ids, &at)) != NULL;)
        if (is_asleep(object)) {
            a  = asleep_unmark(object);
            id = ((const struct asleep *)a)->id;
        }
    CHECK(id != 0);
    heard = 0;
    stack_retell(s, id, &user);
    raw_answer(&b.bob, 0, "200 OK", "b");
    bench_live(&b, 20);
    CHECK_INT(1, heard);
    stack_forget(s, id);
    raw_answer(&b.bob, 0, "200 OK", "b");
    bench_live(&b, 20);
    CHECK_INT(1, heard);
    bench_close(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_has_its_response_sleeps_until_its_time),
        cmocka_unit_test(a_2xx_of_another_fork_goes_up),
        cmocka_unit_test(what_is_no_2xx_comes_too_late),
        cmocka_unit_test(a_final_response_that_is_repeated_is_absorbed),
        cmocka_unit_test(a_branch_that_is_only_nearly_ours_is_a_strangers),
        cmocka_unit_test(a_response_with_the_sent_by_of_another_is_discarded),
        cmocka_unit_test(who_is_told_of_further_2xx_may_change_and_be_nobody),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
