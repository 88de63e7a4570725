/* SPDX-License-Identifier: BSD-2-Clause */
#include "net/listener.h"

#include "base/error.h"
#include "net/sockaddr.h"
#include "support/live.h"

#include <sys/resource.h>
#include <unistd.h>

/* What the listener's owner has seen, and the other end of a connection. */
struct end {
    struct stream *stream;
    unsigned       accepted, opened, closed;
    bool           refuse, close_listener;
};

static struct world    *world;
static struct listener *listener;
static struct end       server, client;
static unsigned         log_lines;

static void on_open(void *owner, struct stream *s)
{
    (void)s;
    ((struct end *)owner)->opened++;
}

static void on_bytes(void *owner, struct stream *s, struct slice bytes)
{
    (void)owner;
    (void)s;
    (void)bytes;
}

static void on_close(void *owner, struct stream *s, int error)
{
    (void)s;
    (void)error;
    ((struct end *)owner)->closed++;
}

static const struct stream_events events = { on_open, on_bytes, on_close };

static const struct stream_events *on_accept(void *owner, struct listener *l, struct stream *s, void **stream_owner)
{
    struct end *e = owner;

    CHECK(l == listener);
    e->accepted++;
    if (e->close_listener) {
        world->ops->listener_close(l);
        listener = NULL;
    }
    if (e->refuse)
        return NULL;
    e->stream     = s;
    *stream_owner = e;
    return &events;
}

static void count_line(void *arg, enum log_level level, struct slice line)
{
    (void)arg;
    (void)line;
    log_lines += level == LOG_WARNING;
}

static struct log log_counter = { .sink = count_line };

static int setup(void **state)
{
    (void)state;
    world     = live_world_new(&log_counter, NULL);
    listener  = NULL;
    log_lines = 0;
    server = client = (struct end){ 0 };
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

/* A caller outside of the world. */
static int plain_connect(struct address remote)
{
    struct sockaddr_storage sa;
    socklen_t               len = sockaddr_from(&sa, &remote);
    int                     fd  = socket(AF_INET, SOCK_STREAM, 0);

    CHECK(fd >= 0);
    CHECK_INT(0, connect(fd, (struct sockaddr *)&sa, len));
    return fd;
}

TEST(both_families_may_have_the_same_port)
{
    struct listener *other;
    struct address   at;

    if (!live_has_v6())
        skip();
    at = start_listener((struct address){ .family = FAMILY_6 });
    at = address_v4(0, 0, 0, 0, at.port);
    CHECK_INT(0, world_listen(world, &at, on_accept, &server, &other));
}

/* The address that was hit, not the wildcard: what Via and Contact are made of. */
TEST(a_connection_to_a_wildcard_listener_knows_the_address_that_was_hit)
{
    struct address at = start_listener(address_v4(0, 0, 0, 0, 0)), hit = live_v4(5, at.port), local;

    start_client(hit);
    LIVE_UNTIL(world, server.accepted == 1);
    local = world->ops->stream_local(server.stream);
    CHECK(address_eq(&local, &hit));
}

TEST(an_accepted_connection_may_be_refused)
{
    server.refuse = true;
    start_client(start_listener(live_v4(1, 0)));
    LIVE_UNTIL(world, client.closed == 1);
    CHECK_INT(1, server.accepted);
    CHECK_INT(0, server.closed);
}

TEST(a_listener_may_close_itself_while_it_accepts)
{
    struct address at  = start_listener(live_v4(1, 0));
    int            one = plain_connect(at), two = plain_connect(at);

    server.close_listener = true;
    LIVE_UNTIL(world, server.accepted == 1);
    LIVE_FOR(world, 10);
    CHECK_INT(1, server.accepted);
    CHECK(listener == NULL);
    close(one);
    close(two);
}

TEST(a_port_in_use_is_refused_and_free_again_after_the_close)
{
    struct address   at = start_listener(live_v4(1, 0));
    struct listener *other;

    CHECK_INT(-ERR_IN_USE, world_listen(world, &at, on_accept, &server, &other));
    start_client(at);
    LIVE_UNTIL(world, client.opened == 1 && server.accepted == 1);
    world->ops->stream_close(server.stream); /* the connection rests in TIME_WAIT */
    world->ops->listener_close(listener);
    CHECK_INT(0, world_listen(world, &at, on_accept, &server, &other));
}

TEST(an_address_that_is_not_ours_is_refused)
{
    struct address strange = address_v4(192, 0, 2, 77, 0), none = { .family = FAMILY_NONE };

    CHECK_INT(-ERR_NO_ADDRESS, world_listen(world, &strange, on_accept, &server, &listener));
    CHECK_INT(-ERR_NO_ADDRESS, world_listen(world, &none, on_accept, &server, &listener));
}

TEST(accepting_survives_a_lack_of_descriptors)
{
    struct address at     = start_listener(live_v4(1, 0));
    int            fd     = plain_connect(at), fill[64];
    unsigned       filled = 0;
    struct rlimit  old, few;

    getrlimit(RLIMIT_NOFILE, &old);
    few = (struct rlimit){ (rlim_t)fd + 8, old.rlim_max };
    setrlimit(RLIMIT_NOFILE, &few);
    while (filled < 64 && (fill[filled] = dup(fd)) >= 0)
        filled++;
    CHECK(filled < 64);
    CHECK_INT(-ERR_LIMIT, world_connect(world, &at, &events, &client, &client.stream));
    LIVE_FOR(world, 2 * ACCEPT_PAUSE + 50);
    CHECK_INT(0, server.accepted);
    CHECK_INT(1, log_lines);
    CHECK(live_sleeps(world)); /* rather than try on and on */
    while (filled > 0)
        close(fill[--filled]);
    setrlimit(RLIMIT_NOFILE, &old);
    LIVE_UNTIL(world, server.accepted == 1);
    CHECK_INT(1, log_lines);
    close(fd);
}

#define LIVE_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        LIVE_TEST(both_families_may_have_the_same_port),
        LIVE_TEST(a_connection_to_a_wildcard_listener_knows_the_address_that_was_hit),
        LIVE_TEST(an_accepted_connection_may_be_refused),
        LIVE_TEST(a_listener_may_close_itself_while_it_accepts),
        LIVE_TEST(a_port_in_use_is_refused_and_free_again_after_the_close),
        LIVE_TEST(an_address_that_is_not_ours_is_refused),
        LIVE_TEST(accepting_survives_a_lack_of_descriptors),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
