/* SPDX-License-Identifier: BSD-2-Clause */
#include "net/stream.h"

#include "base/error.h"
#include "net/listener.h"
#include "net/sockaddr.h"
#include "support/live.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* One end of a connection, or the connections of one listener one after another. */
struct end {
    struct stream *stream;
    unsigned       opened, closed, accepted, reads;
    int            error;
    size_t         got;
    uint64_t       sum; /* of position * byte: order matters */
    char           text[4096];
    struct slice   answer; /* sent for every on_bytes */
    bool           close_at_open, close_at_bytes, close_in_on_close;
};

static struct world    *world;
static struct listener *listener;
static struct end       server, client;

static void on_open(void *owner, struct stream *s)
{
    struct end *e = owner;

    e->opened++;
    if (e->close_at_open)
        world->ops->stream_close(s);
}

static void on_bytes(void *owner, struct stream *s, struct slice bytes)
{
    struct end *e = owner;

    e->reads++;
    for (size_t i = 0; i < bytes.len; i++, e->got++) {
        e->sum += (uint8_t)bytes.ptr[i] * (uint64_t)(e->got + 1);
        if (e->got < sizeof e->text)
            e->text[e->got] = bytes.ptr[i];
    }
    if (e->answer.len > 0)
        CHECK_INT(0, world_stream_send(world, s, &e->answer, 1));
    if (e->close_at_bytes)
        world->ops->stream_close(s);
}

static void on_close(void *owner, struct stream *s, int error)
{
    struct end *e = owner;

    e->closed++;
    e->error = error;
    CHECK_INT(-ERR_CLOSED, world_stream_send(world, s, &(struct slice){ "x", 1 }, 1));
    CHECK(world->ops->stream_remote(s).family != FAMILY_NONE);
    if (e->close_in_on_close)
        world->ops->stream_close(s);
    e->stream = NULL;
}

static const struct stream_events events = { on_open, on_bytes, on_close };

static const struct stream_events *on_accept(void *owner, struct listener *l, struct stream *s, void **stream_owner)
{
    struct end *e = owner;

    CHECK(l == listener);
    e->accepted++;
    e->stream     = s;
    *stream_owner = e;
    return &events;
}

static int setup(void **state)
{
    (void)state;
    world    = live_world_new(NULL, NULL);
    listener = NULL;
    memset(&server, 0, sizeof server);
    memset(&client, 0, sizeof client);
    return world == NULL;
}

static int teardown(void **state)
{
    (void)state;
    return live_world_free(world);
}

static struct address start_listener(struct address local)
{
    CHECK_INT(0, world_listen(world, &local, on_accept, &server, &listener));
    return world->ops->listener_local(listener);
}

static void start_client(struct address remote)
{
    CHECK_INT(0, world_connect(world, &remote, &events, &client, &client.stream));
}

static void start_both(struct address local)
{
    start_client(start_listener(local));
    LIVE_UNTIL(world, client.opened == 1 && server.accepted == 1);
}

static int send_text(struct end *e, const char *text)
{
    struct slice part = slice_from(text);

    return world_stream_send(world, e->stream, &part, 1);
}

/* A peer outside of the world: blocking, under the test's own hand. */
static int plain_connect(struct address remote)
{
    struct sockaddr_storage sa;
    socklen_t               len = sockaddr_from(&sa, &remote);
    int                     fd  = socket(remote.family == FAMILY_6 ? AF_INET6 : AF_INET, SOCK_STREAM, 0);

    CHECK(fd >= 0);
    CHECK_INT(0, connect(fd, (struct sockaddr *)&sa, len));
    return fd;
}

/* Closing so sends RST instead of FIN. */
static void plain_reset(int fd)
{
    struct linger hard = { 1, 0 };

    CHECK_INT(0, setsockopt(fd, SOL_SOCKET, SO_LINGER, &hard, sizeof hard));
    close(fd);
}

static void check_talk(struct address local)
{
    struct address local_end, remote_end;
    struct slice   parts[] = { SLICE("REGI"), { NULL, 0 }, SLICE("STER") };

    start_both(local);
    local_end  = world->ops->stream_local(client.stream);
    remote_end = world->ops->stream_remote(server.stream);
    CHECK(address_eq(&local_end, &remote_end));
    local_end  = world->ops->stream_local(server.stream);
    remote_end = world->ops->stream_remote(client.stream);
    CHECK(address_eq(&local_end, &remote_end));
    server.answer = SLICE("200");
    CHECK_INT(0, world_stream_send(world, client.stream, parts, 3));
    LIVE_UNTIL(world, client.got == 3);
    CHECK_SLICE("REGISTER", ((struct slice){ server.text, server.got }));
    CHECK_SLICE("200", ((struct slice){ client.text, client.got }));
    CHECK_INT(0, server.opened); /* an accepted stream is open from the start */
}

TEST(two_ends_talk)
{
    check_talk(live_v4(1, 0));
}

TEST(two_ends_talk_by_ipv6)
{
    if (!live_has_v6())
        skip();
    check_talk(live_v6(0));
}

TEST(bytes_sent_before_the_connection_is_open_are_kept)
{
    start_client(start_listener(live_v4(1, 0)));
    CHECK_INT(0, send_text(&client, "early "));
    CHECK_INT(0, send_text(&client, "bird"));
    CHECK_INT(0, client.opened);
    LIVE_UNTIL(world, server.got == 10);
    CHECK_SLICE("early bird", ((struct slice){ server.text, server.got }));
}

TEST(bytes_that_come_one_by_one_arrive_one_by_one_in_order)
{
    static const char text[] = "OPTIONS sip:example.com SIP/2.0\r\n\r\n";
    int               fd     = plain_connect(start_listener(live_v4(1, 0)));

    for (size_t i = 0; i < sizeof text - 1; i++) {
        CHECK_INT(1, send(fd, text + i, 1, 0));
        LIVE_UNTIL(world, server.got == i + 1);
    }
    CHECK_SLICE(text, ((struct slice){ server.text, server.got }));
    CHECK_INT(sizeof text - 1, server.reads);
    close(fd);
    LIVE_UNTIL(world, server.closed == 1);
    CHECK_INT(0, server.error);
}

TEST(a_megabyte_passes_through_a_bounded_queue)
{
    char     chunk[10000];
    uint64_t sum  = 0;
    size_t   sent = 0;

    start_both(live_v4(1, 0));
    for (msec end = loop_clock() + 5000; sent < 1000000 && loop_clock() < end;) {
        struct slice part = { chunk, sizeof chunk };

        for (size_t i = 0; i < sizeof chunk; i++)
            chunk[i] = (char)((sent + i) % 127);
        if (world_stream_send(world, client.stream, &part, 1) == 0) {
            for (size_t i = 0; i < sizeof chunk; i++, sent++)
                sum += (uint64_t)(sent % 127) * (sent + 1);
        } else {
            world_uv_turn(world, 10);
        }
    }
    LIVE_UNTIL(world, server.got == 1000000);
    CHECK(server.sum == sum);
}

TEST(a_peer_that_never_reads_fills_the_queue_and_no_more)
{
    static char  block[60000];
    struct slice part = { block, sizeof block }, rest = { block, 1 };
    int          fd   = plain_connect(start_listener(live_v4(1, 0)));
    size_t       sent = 0;

    LIVE_UNTIL(world, server.accepted == 1);
    for (unsigned quiet = 0; quiet < 5; world_uv_turn(world, 5))
        if (world_stream_send(world, server.stream, &part, 1) == 0) {
            sent += part.len;
            quiet = 0;
            CHECK(sent < 100000000);
        } else {
            quiet++;
        }
    /* All or nothing: a block does not fit, what is left of the queue does. */
    CHECK_INT(-ERR_LIMIT, world_stream_send(world, server.stream, &part, 1));
    while (world_stream_send(world, server.stream, &rest, 1) == 0)
        CHECK(++sent < 100000000);
    CHECK_INT(0, server.closed);
    CHECK(live_sleeps(world));

    /* It reads after all: every byte comes, none of the refused ones. */
    while (sent > 0) {
        static char taken[65536];
        ssize_t     got = recv(fd, taken, sizeof taken, MSG_DONTWAIT);

        if (got > 0) {
            CHECK((size_t)got <= sent);
            sent -= (size_t)got;
        }
        world_uv_turn(world, got > 0 ? 0 : 5);
    }
    CHECK_INT(0, send_text(&server, "done"));
    LIVE_FOR(world, 10);
    CHECK_INT(4, recv(fd, block, sizeof block, MSG_DONTWAIT));
    CHECK(live_sleeps(world));
    close(fd);
}

/* A world of its own, less patient. */
TEST(a_peer_that_takes_nothing_is_left_in_time)
{
    static char                   block[60000];
    const struct world_uv_options hasty = { .stream_stall = 50 };
    struct slice                  part  = { block, sizeof block };
    struct world                 *kept  = world;
    int                           fd;

    world = world_uv_new_with(NULL, &hasty);
    CHECK(world != NULL);
    fd = plain_connect(start_listener(live_v4(1, 0)));
    LIVE_UNTIL(world, server.accepted == 1);
    while (server.closed == 0) {
        if (server.stream != NULL)
            (void)world_stream_send(world, server.stream, &part, 1);
        world_uv_turn(world, 20);
    }
    CHECK_INT(-ERR_TIMEOUT, server.error);
    CHECK_INT(1, counter_read(&world->counters.streams_stalled));
    close(fd);
    world->ops->listener_close(listener);
    listener = NULL;
    world_uv_free(world);
    world = kept;
}

/* --- ends --- */

TEST(a_refused_connection_is_told_from_the_loop)
{
    struct address nowhere = start_listener(live_v4(1, 0));

    world->ops->listener_close(listener);
    start_client(nowhere);
    CHECK_INT(0, client.closed);
    LIVE_UNTIL(world, client.closed == 1);
    CHECK_INT(-ERR_REFUSED, client.error);
    CHECK_INT(0, client.opened);
}

TEST(an_unreachable_address_is_told_at_once)
{
    struct address nowhere = { .ip = { 255, 255, 255, 255 }, .port = 5060, .family = FAMILY_4 };
    struct address none    = { .family = FAMILY_NONE };

    CHECK_INT(-ERR_UNREACHABLE, world_connect(world, &nowhere, &events, &client, &client.stream));
    CHECK_INT(-ERR_UNREACHABLE, world_connect(world, &none, &events, &client, &client.stream));
}

/* A listener whose queue is full does not answer a SYN: so does a dead host. */
TEST(a_connection_that_nobody_answers_times_out)
{
    struct address          local = live_v4(1, 0);
    struct sockaddr_storage sa;
    socklen_t               len  = sockaddr_from(&sa, &local);
    int                     deaf = socket_open(FAMILY_4, SOCK_STREAM), fillers[4];

    CHECK_INT(0, bind(deaf, (struct sockaddr *)&sa, len));
    CHECK_INT(0, listen(deaf, 0));
    local = socket_local(deaf);
    len   = sockaddr_from(&sa, &local);
    for (unsigned i = 0; i < 4; i++) {
        fillers[i] = socket_open(FAMILY_4, SOCK_STREAM);
        (void)connect(fillers[i], (struct sockaddr *)&sa, len);
    }
    start_client(local);
    LIVE_FOR(world, 20);
    CHECK_INT(0, client.opened + client.closed);
    /* Ten seconds by the wheel, not by the clock on the wall. */
    wheel_advance(&world->wheel, world->now + STREAM_PATIENCE - 100);
    CHECK_INT(0, client.closed);
    wheel_advance(&world->wheel, world->now + STREAM_PATIENCE + 100);
    CHECK_INT(1, client.closed);
    CHECK_INT(-ERR_TIMEOUT, client.error);
    for (unsigned i = 0; i < 4; i++)
        close(fillers[i]);
    close(deaf);
}

TEST(a_reset_is_told_once)
{
    int fd = plain_connect(start_listener(live_v4(1, 0)));

    LIVE_UNTIL(world, server.accepted == 1);
    plain_reset(fd);
    LIVE_UNTIL(world, server.closed == 1);
    CHECK_INT(-ERR_RESET, server.error);
    LIVE_FOR(world, 20);
    CHECK_INT(1, server.closed);
}

TEST(a_send_to_a_peer_that_is_gone_ends_the_stream_from_the_loop)
{
    int fd = plain_connect(start_listener(live_v4(1, 0)));

    LIVE_UNTIL(world, server.accepted == 1);
    plain_reset(fd);
    CHECK_INT(0, send_text(&server, "lost"));
    CHECK_INT(0, server.closed);
    LIVE_UNTIL(world, server.closed == 1);
    CHECK_INT(-ERR_RESET, server.error);
}

/* The peer shuts its side down right after its request and waits for the answer. */
TEST(a_half_closed_peer_still_gets_its_answer)
{
    int  fd = plain_connect(start_listener(live_v4(1, 0)));
    char text[16];

    server.answer = SLICE("200 OK");
    CHECK_INT(3, send(fd, "ask", 3, 0));
    CHECK_INT(0, shutdown(fd, SHUT_WR));
    LIVE_UNTIL(world, server.closed == 1);
    CHECK_INT(0, server.error);
    CHECK_INT(6, recv(fd, text, sizeof text, 0));
    CHECK_INT(0, recv(fd, text, sizeof text, 0)); /* and then our FIN */
    close(fd);
}

/* A queue that a half-closed peer takes slowly leaves to the last byte. */
TEST(a_half_closed_peer_gets_a_long_queue_whole)
{
    static char  block[200000], taken[65536];
    struct slice part = { block, sizeof block };
    int          fd   = plain_connect(start_listener(live_v4(1, 0)));
    size_t       want = 0;
    ssize_t      got;

    LIVE_UNTIL(world, server.accepted == 1);
    for (unsigned i = 0; i < 40; i++, world_uv_turn(world, 0))
        want += world_stream_send(world, server.stream, &part, 1) == 0 ? part.len : 0;
    CHECK_INT(0, shutdown(fd, SHUT_WR));
    LIVE_FOR(world, 30);
    CHECK_INT(0, server.closed); /* bytes still wait */
    for (msec end = loop_clock() + 5000; loop_clock() < end; world_uv_turn(world, 1)) {
        while ((got = recv(fd, taken, sizeof taken, MSG_DONTWAIT)) > 0)
            want -= (size_t)got;
        if (got == 0)
            break;
    }
    CHECK_INT(0, want);
    CHECK_INT(1, server.closed);
    CHECK_INT(0, server.error);
    close(fd);
}

TEST(what_was_queued_leaves_before_a_close)
{
    int  fd = plain_connect(start_listener(live_v4(1, 0)));
    char text[16];

    LIVE_UNTIL(world, server.accepted == 1);
    CHECK_INT(0, send_text(&server, "400 bad"));
    world->ops->stream_close(server.stream);
    CHECK_INT(7, recv(fd, text, sizeof text, 0));
    CHECK_INT(0, recv(fd, text, sizeof text, 0));
    LIVE_FOR(world, 10);
    CHECK_INT(0, server.closed); /* the one who closes is not told */
    close(fd);
}

/* --- closing from inside callbacks --- */

TEST(a_stream_may_be_closed_in_each_of_its_callbacks)
{
    client.close_at_open = true;
    start_both(live_v4(1, 0));
    LIVE_UNTIL(world, server.closed == 1);
    CHECK_INT(0, client.closed);

    client                   = (struct end){ 0 };
    server                   = (struct end){ .close_at_bytes = true };
    client.close_in_on_close = true;
    start_client(world->ops->listener_local(listener));
    CHECK_INT(0, send_text(&client, "x"));
    LIVE_UNTIL(world, client.closed == 1);
    CHECK_INT(0, server.closed);
    CHECK_INT(1, server.reads);
}

TEST(a_stream_closed_in_on_bytes_hears_no_more_of_what_has_come)
{
    static char block[200000];
    int         fd = plain_connect(start_listener(live_v4(1, 0)));

    server.close_at_bytes = true;
    CHECK_INT(sizeof block, send(fd, block, sizeof block, 0));
    LIVE_UNTIL(world, server.reads > 0);
    LIVE_FOR(world, 10);
    CHECK_INT(1, server.reads);
    CHECK_INT(0, server.closed);
    close(fd);
}

/* --- many --- */

TEST(many_connections_opened_and_closed_leave_nothing)
{
    struct address at     = start_listener(live_v4(1, 0));
    unsigned       before = live_descriptors();

    for (unsigned i = 1; i <= 300; i++) {
        start_client(at);
        LIVE_UNTIL(world, client.opened == i && server.accepted == i);
        world->ops->stream_close(i % 2 == 0 ? client.stream : server.stream);
        LIVE_UNTIL(world, server.closed + client.closed == i);
    }
    CHECK_INT(before, live_descriptors());
}

TEST(many_connections_at_once)
{
    struct address at = start_listener(live_v4(1, 0));
    struct stream *streams[200];

    for (unsigned i = 0; i < 200; i++)
        CHECK_INT(0, world_connect(world, &at, &events, &client, &streams[i]));
    LIVE_UNTIL(world, client.opened == 200 && server.accepted == 200);
    for (unsigned i = 0; i < 200; i++) {
        struct slice part = SLICE("x");

        CHECK_INT(0, world_stream_send(world, streams[i], &part, 1));
        world->ops->stream_close(streams[i]);
    }
    LIVE_UNTIL(world, server.closed == 200);
    CHECK_INT(200, server.got);
}

#define LIVE_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        LIVE_TEST(two_ends_talk),
        LIVE_TEST(two_ends_talk_by_ipv6),
        LIVE_TEST(bytes_sent_before_the_connection_is_open_are_kept),
        LIVE_TEST(bytes_that_come_one_by_one_arrive_one_by_one_in_order),
        LIVE_TEST(a_megabyte_passes_through_a_bounded_queue),
        LIVE_TEST(a_peer_that_never_reads_fills_the_queue_and_no_more),
        LIVE_TEST(a_peer_that_takes_nothing_is_left_in_time),
        LIVE_TEST(a_refused_connection_is_told_from_the_loop),
        LIVE_TEST(an_unreachable_address_is_told_at_once),
        LIVE_TEST(a_connection_that_nobody_answers_times_out),
        LIVE_TEST(a_reset_is_told_once),
        LIVE_TEST(a_send_to_a_peer_that_is_gone_ends_the_stream_from_the_loop),
        LIVE_TEST(a_half_closed_peer_still_gets_its_answer),
        LIVE_TEST(a_half_closed_peer_gets_a_long_queue_whole),
        LIVE_TEST(what_was_queued_leaves_before_a_close),
        LIVE_TEST(a_stream_may_be_closed_in_each_of_its_callbacks),
        LIVE_TEST(a_stream_closed_in_on_bytes_hears_no_more_of_what_has_come),
        LIVE_TEST(many_connections_opened_and_closed_leave_nothing),
        LIVE_TEST(many_connections_at_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
