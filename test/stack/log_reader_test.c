/* SPDX-License-Identifier: BSD-2-Clause */
#include "stack/log_reader.h"

#include "support/log_keep.h"
#include "support/server_bench.h"
#include "support/test.h"

#include <stdio.h>

static const struct hash_key key = { 1, 2 };

static int take(struct log_reader *r, const char *line)
{
    return log_reader_line(r, SLICE("server"), test_guarded(slice_from(line)));
}

#define RECEIVED(ms, remote, first, call)                                                                              \
    "time=2026-11-26T11:10:30." ms "Z level=debug part=transport worker=0 event=received transport=UDP "               \
    "local=192.0.2.1:5060 remote=" remote " first=\"" first "\" call=" call " cseq=\"1 INVITE\" bytes=300\n"
#define SENT(ms, remote, first, call)                                                                                  \
    "time=2026-11-26T11:10:30." ms "Z level=debug part=transport worker=0 event=sent transport=UDP "                   \
    "local=192.0.2.1:5060 remote=" remote " first=\"" first "\" call=" call " cseq=\"1 INVITE\" bytes=300\n"
#define FORWARDED(ms, call)                                                                                            \
    "time=2026-11-26T11:10:30." ms "Z level=info part=proxy worker=0 event=forwarded call=" call                       \
    " method=INVITE why=\"a user of ours\"\n"
#define STATE(ms, call)                                                                                                \
    "time=2026-11-26T11:10:30." ms "Z level=debug part=transaction event=state txn=0a call=" call " from=a to=b\n"

static const char *const lines[] = {
    RECEIVED("100", "192.0.2.7:5060", "INVITE sip:b@b SIP/2.0", "one@a"),
    STATE("100", "one@a"),
    RECEIVED("100", "192.0.2.7:5060", "OPTIONS sip:b SIP/2.0", "two@a"),
    FORWARDED("100", "one@a"),
    SENT("100", "192.0.2.8:5060", "INVITE sip:b@b SIP/2.0", "one@a"),
    RECEIVED("103", "192.0.2.8:5060", "SIP/2.0 180 Ringing", "one@a"),
    SENT("103", "192.0.2.7:5060", "SIP/2.0 180 Ringing", "one@a"),
    RECEIVED("105", "192.0.2.8:5060", "SIP/2.0 200 OK", "one@a"),
};

static struct log_reader *read_all(const char *call, bool details)
{
    struct log_reader *r = log_reader_new(call, details, &key);

    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
        CHECK_INT(1, take(r, lines[i]));
    return r;
}

TEST(without_a_call_there_is_a_list_of_calls)
{
    struct log_reader      *r = read_all(NULL, false);
    size_t                  count;
    const struct log_call **calls = log_reader_calls(r, &count);

    CHECK_INT(2, count);
    CHECK_SLICE("one@a", calls[0]->call_id);
    CHECK_SLICE("INVITE", calls[0]->method);
    CHECK_SLICE("200 OK", calls[0]->outcome);
    CHECK_INT(5, calls[0]->messages);
    CHECK_INT(2, calls[0]->events);
    CHECK_SLICE("OPTIONS", calls[1]->method);
    CHECK_INT(0, calls[1]->outcome.len);
    log_reader_free(r);
}

TEST(one_call_is_its_messages_and_what_was_decided_between_them)
{
    struct log_reader      *r = read_all("one", false);
    size_t                  count, events;
    struct sighting        *s = log_reader_sightings(r, &count);
    const struct log_event *e = log_reader_events(r, &events);
    struct ladder           l;

    CHECK_INT(5, count);
    CHECK_INT(1, events);
    CHECK_SLICE("proxy", e->part);
    CHECK_SLICE("forwarded", e->event);
    CHECK_SLICE("method=INVITE why=\"a user of ours\"", e->text);
    CHECK_INT(0, ladder_init(&l, s, count));
    CHECK_INT(5, l.count);
    CHECK_SLICE("192.0.2.7:5060", l.columns[l.arrows[0].from]);
    CHECK_SLICE("server", l.columns[l.arrows[0].to]);
    CHECK_SLICE("180 Ringing", l.arrows[2].label);
    CHECK(!log_event_is_before(e, l.arrows[0].sighting));
    CHECK(log_event_is_before(e, l.arrows[1].sighting));
    ladder_fini(&l);
    log_reader_free(r);
}

TEST(details_are_there_when_they_are_wanted)
{
    struct log_reader *r = read_all("one@a", true);
    size_t             events;

    CHECK_SLICE("state", log_reader_events(r, &events)->event);
    CHECK_INT(2, events);
    log_reader_free(r);
}

TEST(without_times_the_order_of_the_lines_holds)
{
    struct log_reader *r = log_reader_new("x", false, &key);
    struct ladder      l;
    size_t             count, events;
    struct sighting   *s;

    CHECK_INT(1, take(r, "<7>level=debug part=transport event=received local=1.1.1.1:1 remote=2.2.2.2:2 "
                         "first=\"BYE sip:a SIP/2.0\" call=x cseq=\"2 BYE\"\n"));
    CHECK_INT(1, take(r, "<6>level=info part=server event=answered call=x status=481\n"));
    CHECK_INT(1, take(r, "<7>level=debug part=transport event=sent local=1.1.1.1:1 remote=2.2.2.2:2 "
                         "first=\"SIP/2.0 481 No\" call=x cseq=\"2 BYE\"\n"));
    s = log_reader_sightings(r, &count);
    CHECK_INT(0, ladder_init(&l, s, count));
    CHECK_SLICE("BYE", l.arrows[0].label);
    CHECK(!log_event_is_before(log_reader_events(r, &events), l.arrows[0].sighting));
    CHECK(log_event_is_before(log_reader_events(r, &events), l.arrows[1].sighting));
    ladder_fini(&l);
    log_reader_free(r);
}

/* Two logs of one call: what one server sent is what the other received. */
TEST(the_logs_of_two_servers_are_one_ladder)
{
    struct log_reader *r = log_reader_new("x", false, &key);
    struct ladder      l;
    size_t             count;
    struct sighting   *s;

    CHECK_INT(1, log_reader_line(r, SLICE("a"),
                                 SLICE("level=debug part=transport event=sent local=1.1.1.1:1 "
                                       "remote=2.2.2.2:2 first=\"BYE sip:a SIP/2.0\" call=x cseq=\"2 BYE\"")));
    CHECK_INT(1, log_reader_line(r, SLICE("b"),
                                 SLICE("level=debug part=transport event=received local=2.2.2.2:2 "
                                       "remote=1.1.1.1:1 first=\"BYE sip:a SIP/2.0\" call=x cseq=\"2 BYE\"")));
    s = log_reader_sightings(r, &count);
    CHECK_INT(0, ladder_init(&l, s, count));
    CHECK_INT(1, l.count);
    CHECK(!l.arrows[0].lost);
    CHECK_INT(2, l.column_count);
    ladder_fini(&l);
    log_reader_free(r);
}

TEST(what_is_no_line_of_a_log_is_said_to_be_none)
{
    struct log_reader *r = log_reader_new(NULL, false, &key);

    CHECK_INT(0, take(r, "ahoy: listening on udp 127.0.0.1:5060\n"));
    CHECK_INT(0, take(r, "\n"));
    CHECK_INT(0, take(r, ""));
    CHECK_INT(1, take(r, "level=info part=net text=\"no call\""));
    log_reader_free(r);
}

static struct bench    b;
static struct log_keep kept;

/* What the server logs of a real call reads back as the arrows that went over the wire. */
TEST(the_log_of_a_call_replays_as_its_ladder)
{
    static const char *const labels[] = { "INVITE",        "INVITE", "180 Ringing",   "180 Ringing",
                                          "486 Busy Here", "ACK",    "486 Busy Here", "ACK" };
    struct log_reader       *r        = log_reader_new("call-6000", true, &key);
    struct ladder            l;
    struct sighting         *s;
    size_t                   count, seen = 0;

    bench_open(&b, "");
    raw_register(&b.bob, 1, NULL);
    bench_live(&b, 50);
    log_keep_init(&kept, LOG_DEBUG);
    b.at_server->log = &kept.log;
    raw_ask(&b.alice, &(struct request_form){ .method = "INVITE", .uri = "sip:bob@example.test" });
    bench_live(&b, 50);
    raw_answer(&b.bob, 0, "180 Ringing", "b1");
    raw_answer(&b.bob, 0, "486 Busy Here", "b1");
    bench_live(&b, 50);
    raw_ask(&b.alice,
            &(struct request_form){ .method = "ACK", .uri = "sip:bob@example.test", .branch = "INVITE-1-6000" });
    bench_live(&b, 50);
    b.at_server->log = NULL;
    for (const char *at = kept.text; *at != '\0'; at = strchr(at, '\n') + 1)
        CHECK_INT(1, log_reader_line(r, SLICE("server"), slice_between(at, strchr(at, '\n'))));
    s = log_reader_sightings(r, &count);
    CHECK_INT(0, ladder_init(&l, s, count));
    for (size_t i = 0; i < l.count; i++) {
        if (slice_eq(l.arrows[i].label, SLICE("100 Trying")))
            continue;
        CHECK(seen < sizeof labels / sizeof *labels);
        CHECK_SLICE(labels[seen++], l.arrows[i].label);
        CHECK(!l.arrows[i].lost);
    }
    CHECK_INT(sizeof labels / sizeof *labels, seen);
    CHECK_INT(3, l.column_count);
    ladder_fini(&l);
    log_reader_free(r);
    bench_close(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_a_call_there_is_a_list_of_calls),
        cmocka_unit_test(one_call_is_its_messages_and_what_was_decided_between_them),
        cmocka_unit_test(details_are_there_when_they_are_wanted),
        cmocka_unit_test(without_times_the_order_of_the_lines_holds),
        cmocka_unit_test(the_logs_of_two_servers_are_one_ladder),
        cmocka_unit_test(what_is_no_line_of_a_log_is_said_to_be_none),
        cmocka_unit_test(the_log_of_a_call_replays_as_its_ladder),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
