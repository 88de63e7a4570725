/* SPDX-License-Identifier: BSD-2-Clause */
#include "net/descriptors.h"

#include "base/error.h"
#include "net/sockaddr.h"
#include "support/alloc.h"
#include "support/live.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static struct descriptors bound;
static struct world      *worlds[2];
static struct address     hit;
static unsigned           heard[2], accepted[2];

static void on_datagram(void *owner, struct udp *udp, const struct datagram *d)
{
    (void)udp;
    hit = d->local;
    ++*(unsigned *)owner;
}

static void on_error(void *owner, struct udp *udp, const struct address *remote, int error)
{
    (void)owner;
    (void)udp;
    (void)remote;
    (void)error;
}

static const struct udp_events datagrams = { .on_datagram = on_datagram, .on_error = on_error };

static const struct stream_events *refuse(void *owner, struct listener *l, struct stream *s, void **stream_owner)
{
    (void)l;
    (void)s;
    (void)stream_owner;
    ++*(unsigned *)owner;
    return NULL;
}

static struct world *world_of(unsigned worker)
{
    return world_uv_new_with(NULL, &(struct world_uv_options){ .descriptors = &bound, .worker = worker });
}

static int setup(void **state)
{
    (void)state;
    descriptors_init(&bound);
    memset(heard, 0, sizeof heard);
    memset(accepted, 0, sizeof accepted);
    for (unsigned i = 0; i < 2; i++)
        worlds[i] = world_of(i);
    return worlds[0] == NULL || worlds[1] == NULL;
}

static int teardown(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 2; i++)
        world_uv_free(worlds[i]);
    descriptors_fini(&bound);
    return 0;
}

/* Another socket each time: the kernel spreads them by their source. */
static void send_from_many(struct address to, unsigned count)
{
    struct sockaddr_storage sa;
    socklen_t               len = sockaddr_from(&sa, &to);

    for (unsigned i = 0; i < count; i++) {
        int fd = socket_open((enum family)to.family, SOCK_DGRAM);

        CHECK(fd >= 0);
        CHECK_INT(1, sendto(fd, "x", 1, 0, (struct sockaddr *)&sa, len));
        close(fd);
    }
}

static int call(struct address to)
{
    struct sockaddr_storage sa;
    socklen_t               len = sockaddr_from(&sa, &to);
    int                     fd  = socket(to.family == FAMILY_6 ? AF_INET6 : AF_INET, SOCK_STREAM, 0);

    CHECK(fd >= 0);
    CHECK_INT(0, connect(fd, (struct sockaddr *)&sa, len));
    return fd;
}

static void turn_both(void)
{
    world_uv_turn(worlds[0], 5);
    world_uv_turn(worlds[1], 5);
}

static void check_both_serve_udp(struct address local)
{
    struct udp *udp[2];

    CHECK_INT(0, descriptors_bind(&bound, SOCK_DGRAM, &local, 2));
    for (unsigned i = 0; i < 2; i++) {
        struct address at = bound.list[i].bound, mine;

        CHECK_INT(bound.list[0].bound.port, at.port);
        CHECK_INT(0, world_udp_open(worlds[i], i == 0 ? &local : &at, &datagrams, &heard[i], &udp[i]));
        mine = worlds[i]->ops->udp_local(udp[i]);
        CHECK(address_eq(&at, &mine));
    }
    send_from_many(bound.list[0].bound, 200);
    for (msec end = loop_clock() + 5000; heard[0] + heard[1] < 200 && loop_clock() < end;)
        turn_both();
    CHECK_INT(200, heard[0] + heard[1]);
    CHECK(heard[0] > 0 && heard[1] > 0);
}

TEST(two_workers_share_the_datagrams_of_one_address)
{
    check_both_serve_udp(live_v4(1, 0));
}

TEST(two_workers_share_the_datagrams_of_one_ipv6_address)
{
    if (!live_has_v6())
        skip();
    check_both_serve_udp(live_v6(0));
}

static void check_first_is_steered_to(struct address local)
{
    struct udp *udp[2];

    CHECK_INT(0, descriptors_bind(&bound, SOCK_DGRAM, &local, 2));
    for (unsigned i = 0; i < 2; i++)
        CHECK_INT(0, world_udp_open(worlds[i], &local, &datagrams, &heard[i], &udp[i]));
    CHECK_INT(-ERR_UNSUPPORTED, world_udp_steer(worlds[1], udp[1], true));
    CHECK_INT(0, world_udp_steer(worlds[0], udp[0], true));
    CHECK_INT(0, world_udp_steer(worlds[0], udp[0], true)); /* as after a crash: the socket has it still */
    send_from_many(bound.list[0].bound, 200);
    for (msec end = loop_clock() + 5000; heard[0] < 200 && loop_clock() < end;)
        turn_both();
    CHECK_INT(200, heard[0]);
    CHECK_INT(0, heard[1]);
    CHECK_INT(0, world_udp_steer(worlds[0], udp[0], false));
    CHECK_INT(0, world_udp_steer(worlds[0], udp[0], false));
    send_from_many(bound.list[0].bound, 200);
    for (msec end = loop_clock() + 5000; heard[0] + heard[1] < 400 && loop_clock() < end;)
        turn_both();
    CHECK_INT(400, heard[0] + heard[1]);
    CHECK(heard[0] > 200 && heard[1] > 0);
}

static uint64_t used(void)
{
    return counter_read(&worlds[0]->counters.worker_processor_time);
}

/* The main thread, which serves as the first worker's, has done all that starts the program. */
TEST(what_a_thread_has_used_before_it_was_a_worker_is_no_load)
{
    while (worlds[0]->backlog.looks == 0)
        turn_both();
    CHECK_INT(0, used());
    while (worlds[0]->backlog.looks < 3)
        turn_both();
    CHECK(used() > 0);
}

TEST(the_first_worker_gets_all_datagrams_of_an_address_and_no_longer)
{
    check_first_is_steered_to(live_v4(1, 0));
}

TEST(and_of_an_ipv6_address)
{
    if (!live_has_v6())
        skip();
    check_first_is_steered_to(live_v6(0));
}

/* Others may have sockets there, too. */
TEST(a_socket_that_was_not_bound_ahead_is_not_steered_to)
{
    struct address local = live_v4(1, 0);
    struct udp    *udp;

    CHECK_INT(0, world_udp_open(worlds[0], &local, &datagrams, &heard[0], &udp));
    CHECK_INT(-ERR_UNSUPPORTED, world_udp_steer(worlds[0], udp, true));
}

static void check_both_accept(struct address local)
{
    struct listener *listener[2];
    int              callers[40];

    CHECK_INT(0, descriptors_bind(&bound, SOCK_STREAM, &local, 2));
    CHECK_INT(bound.list[0].bound.port, bound.list[1].bound.port);
    for (unsigned i = 0; i < 40; i++) /* before anybody serves: they wait in the kernel */
        callers[i] = call(bound.list[0].bound);
    for (unsigned i = 0; i < 2; i++)
        CHECK_INT(0, world_listen(worlds[i], &local, refuse, &accepted[i], &listener[i]));
    for (msec end = loop_clock() + 5000; accepted[0] + accepted[1] < 40 && loop_clock() < end;)
        turn_both();
    CHECK_INT(40, accepted[0] + accepted[1]);
    CHECK(accepted[0] > 0 && accepted[1] > 0);
    for (unsigned i = 0; i < 40; i++)
        close(callers[i]);
}

TEST(two_workers_share_the_connections_of_one_address)
{
    check_both_accept(live_v4(1, 0));
}

TEST(two_workers_share_the_connections_of_one_ipv6_address)
{
    if (!live_has_v6())
        skip();
    check_both_accept(live_v6(0));
}

/* Half of the traffic would be lost, unseen. */
TEST(a_second_process_hears_that_the_address_is_in_use)
{
    for (unsigned i = 0; i < 4; i++) {
        int                type  = i & 1 ? SOCK_STREAM : SOCK_DGRAM;
        struct address     local = i & 2 ? live_v6(0) : live_v4(1, 0);
        struct descriptors other;

        if (local.family == FAMILY_6 && !live_has_v6())
            skip();
        descriptors_init(&other);
        CHECK_INT(0, descriptors_bind(&bound, type, &local, 2));
        local = bound.list[bound.count - 1].bound;
        CHECK_INT(-ERR_IN_USE, descriptors_bind(&other, type, &local, 2));
        CHECK_INT(0, other.count);
        descriptors_fini(&other);
    }
}

/* The world that closes has only a duplicate. */
TEST(what_comes_between_two_worlds_waits)
{
    struct address local = live_v4(1, 0);
    struct udp    *udp;

    CHECK_INT(0, descriptors_bind(&bound, SOCK_DGRAM, &local, 1));
    CHECK_INT(0, world_udp_open(worlds[0], &local, &datagrams, &heard[0], &udp));
    world_uv_free(worlds[0]);
    send_from_many(bound.list[0].bound, 3);
    worlds[0] = world_of(0);
    CHECK_INT(0, world_udp_open(worlds[0], &local, &datagrams, &heard[0], &udp));
    LIVE_UNTIL(worlds[0], heard[0] == 3);
}

/* A closed descriptor whose duplicate lives on must not stay in the poll set. */
TEST(a_closed_socket_wakes_its_loop_no_more)
{
    struct address local = live_v4(1, 0);
    struct udp    *udp;

    CHECK_INT(0, descriptors_bind(&bound, SOCK_DGRAM, &local, 1));
    CHECK_INT(0, world_udp_open(worlds[0], &local, &datagrams, &heard[0], &udp));
    world_uv_turn(worlds[0], 0);
    worlds[0]->ops->udp_close(udp);
    send_from_many(bound.list[0].bound, 1);
    CHECK(live_sleeps(worlds[0]));
    CHECK_INT(0, heard[0]);
}

/* RFC 3261 18.2.2: the address that was hit, also of what came before anybody read. */
TEST(a_datagram_that_waited_knows_the_address_that_was_hit)
{
    struct address local = address_v4(0, 0, 0, 0, 0), want = live_v4(7, 0);
    struct udp    *udp;

    CHECK_INT(0, descriptors_bind(&bound, SOCK_DGRAM, &local, 1));
    send_from_many(live_v4(7, bound.list[0].bound.port), 1);
    CHECK_INT(0, world_udp_open(worlds[0], &local, &datagrams, &heard[0], &udp));
    LIVE_UNTIL(worlds[0], heard[0] == 1);
    CHECK(address_eq_ip(&hit, &want));
}

TEST(an_address_that_is_not_bound_ahead_is_bound_by_the_world)
{
    struct address one = live_v4(1, 0), other = live_v4(2, 0), at;
    struct udp    *udp;

    CHECK_INT(0, descriptors_bind(&bound, SOCK_STREAM, &one, 1));
    CHECK_INT(0, world_udp_open(worlds[0], &one, &datagrams, &heard[0], &udp)); /* UDP, not TCP */
    at = worlds[0]->ops->udp_local(udp);
    CHECK(at.port != 0);
    CHECK_INT(0, world_udp_open(worlds[0], &other, &datagrams, &heard[0], &udp));
    at = worlds[0]->ops->udp_local(udp);
    CHECK(address_eq_ip(&at, &other));
}

TEST(what_cannot_be_bound_leaves_nothing_behind)
{
    unsigned       before  = live_descriptors();
    struct address nowhere = address_v4(192, 0, 2, 1, 0), none = { .family = FAMILY_NONE }, here = live_v4(1, 0);

    CHECK_INT(-ERR_NO_ADDRESS, descriptors_bind(&bound, SOCK_DGRAM, &nowhere, 3));
    CHECK_INT(-ERR_NO_ADDRESS, descriptors_bind(&bound, SOCK_STREAM, &none, 3));
    for (unsigned n = 1; n <= 3; n++) {
        alloc_fail_at(n);
        CHECK_INT(-ERR_NO_MEMORY, descriptors_bind(&bound, SOCK_DGRAM, &here, 3));
        alloc_fail_at(0);
        CHECK_INT(0, bound.count);
    }
    CHECK_INT(before, live_descriptors());
}

TEST(an_address_that_is_dropped_is_free_for_others_and_the_rest_stays)
{
    unsigned           before = live_descriptors();
    struct address     here = live_v4(1, 0), there = live_v4(2, 0), at;
    struct descriptors others;

    descriptors_init(&others);
    CHECK_INT(0, descriptors_bind(&bound, SOCK_DGRAM, &here, 2));
    CHECK_INT(0, descriptors_bind(&bound, SOCK_DGRAM, &there, 2));
    at = bound.list[0].bound;
    CHECK(descriptors_has(&bound, SOCK_DGRAM, &here));
    CHECK(!descriptors_has(&bound, SOCK_STREAM, &here));
    CHECK_INT(-ERR_IN_USE, descriptors_bind(&others, SOCK_DGRAM, &at, 1));
    descriptors_drop(&bound, SOCK_DGRAM, &here);
    CHECK(!descriptors_has(&bound, SOCK_DGRAM, &here));
    CHECK(descriptors_has(&bound, SOCK_DGRAM, &there));
    CHECK_INT(2, bound.count);
    CHECK_INT(0, descriptors_bind(&others, SOCK_DGRAM, &at, 1));
    descriptors_fini(&others);
    CHECK_INT(before + 2, live_descriptors());
}

TEST(a_socket_that_was_bound_elsewhere_is_as_good)
{
    struct address     here = live_v4(1, 0);
    struct descriptors others;
    struct descriptor  one;
    struct udp        *udp;

    descriptors_init(&others);
    CHECK_INT(0, descriptors_bind(&others, SOCK_DGRAM, &here, 1));
    one    = others.list[0];
    one.fd = dup(one.fd);
    CHECK_INT(0, descriptors_take(&bound, &one));
    descriptors_fini(&others);
    CHECK_INT(0, world_udp_open(worlds[0], &here, &datagrams, &heard[0], &udp));
    hit = worlds[0]->ops->udp_local(udp);
    CHECK_INT(one.bound.port, hit.port);
}

/* --- what a service manager passes --- */

static struct address passed[3];

/* In a process of its own: the numbers of the descriptors are given.  Its exit code
 * says which check failed. */
static int inherit(bool ours)
{
    struct address local = live_v4(1, 0);
    int            fds[] = { socket_bound(SOCK_DGRAM, &local, false), socket_bound(SOCK_STREAM, &local, false),
                             open("/dev/null", O_RDONLY) };
    size_t         strange;
    char           pid[16];

    for (int i = 0; i < 3; i++) {
        passed[i] = socket_local(fds[i]);
        fds[i]    = fcntl(fds[i], F_DUPFD, 50);
    }
    for (int i = 0; i < 3; i++)
        if (dup2(fds[i], 3 + i) != 3 + i)
            return 1;
    snprintf(pid, sizeof pid, "%d", ours ? (int)getpid() : 1);
    setenv("LISTEN_PID", pid, 1);
    setenv("LISTEN_FDS", "3", 1);
    descriptors_init(&bound);
    if (descriptors_inherit(&bound, &strange) != 0 || getenv("LISTEN_FDS") != NULL || getenv("LISTEN_PID") != NULL)
        return 2;
    if (!ours)
        return bound.count == 0 ? 0 : 3;
    return bound.count == 2 && strange == 1 && fcntl(3, F_GETFD) == FD_CLOEXEC ? 0 : 4;
}

static int claim(void)
{
    struct address elsewhere = live_v4(1, 0);

    if (inherit(true) != 0)
        return 10;
    if (descriptors_open(&bound, 0, SOCK_DGRAM, &passed[0]) != -ERR_IN_USE)
        return 11; /* given out before it was claimed */
    if (descriptors_bind(&bound, SOCK_DGRAM, &passed[0], 3) != 0 || bound.count != 4 || !bound.list[0].claimed)
        return 12;
    if (descriptors_bind(&bound, SOCK_STREAM, &elsewhere, 1) != 0 || bound.list[1].claimed)
        return 13;
    return descriptors_open(&bound, 2, SOCK_DGRAM, &passed[0]) >= 0 ? 0 : 14;
}

static int join(void)
{
    if (inherit(true) != 0)
        return 20;
    if (descriptors_bind(&bound, SOCK_STREAM, &passed[1], 2) != 0)
        return 21;
    return bound.list[2].worker == 1 && address_eq(&bound.list[2].bound, &passed[1]) ? 0 : 22;
}

/* The kernel lets only the same user join. */
static int share(void)
{
    if (inherit(true) != 0 || seteuid(65534) != 0)
        return 30;
    if (descriptors_bind(&bound, SOCK_STREAM, &passed[1], 2) != 0 || bound.count != 3)
        return 31;
    return address_eq(&bound.list[2].bound, &passed[1]) ? 0 : 33;
}

static int inherit_ours(void)
{
    return inherit(true);
}

static int inherit_of_others(void)
{
    return inherit(false);
}

static void check_in_child(int (*fn)(void))
{
    int   status;
    pid_t child = fork();

    if (child == 0)
        _exit(fn());
    CHECK_INT(child, waitpid(child, &status, 0));
    CHECK(WIFEXITED(status));
    CHECK_INT(0, WEXITSTATUS(status));
}

/* sd_listen_fds(3) */
TEST(sockets_of_a_service_manager_are_taken_in)
{
    check_in_child(inherit_ours);
}

TEST(those_meant_for_another_process_are_not)
{
    check_in_child(inherit_of_others);
}

TEST(an_inherited_socket_serves_the_address_it_is_bound_to)
{
    check_in_child(claim);
}

TEST(other_workers_join_an_inherited_listener)
{
    check_in_child(join);
}

TEST(other_workers_share_an_inherited_listener_of_another_user)
{
    if (geteuid() != 0)
        skip();
    check_in_child(share);
}

#define LIVE_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        LIVE_TEST(two_workers_share_the_datagrams_of_one_address),
        LIVE_TEST(two_workers_share_the_datagrams_of_one_ipv6_address),
        LIVE_TEST(what_a_thread_has_used_before_it_was_a_worker_is_no_load),
        LIVE_TEST(the_first_worker_gets_all_datagrams_of_an_address_and_no_longer),
        LIVE_TEST(and_of_an_ipv6_address),
        LIVE_TEST(a_socket_that_was_not_bound_ahead_is_not_steered_to),
        LIVE_TEST(two_workers_share_the_connections_of_one_address),
        LIVE_TEST(two_workers_share_the_connections_of_one_ipv6_address),
        LIVE_TEST(a_second_process_hears_that_the_address_is_in_use),
        LIVE_TEST(what_comes_between_two_worlds_waits),
        LIVE_TEST(a_closed_socket_wakes_its_loop_no_more),
        LIVE_TEST(a_datagram_that_waited_knows_the_address_that_was_hit),
        LIVE_TEST(an_address_that_is_not_bound_ahead_is_bound_by_the_world),
        LIVE_TEST(what_cannot_be_bound_leaves_nothing_behind),
        LIVE_TEST(an_address_that_is_dropped_is_free_for_others_and_the_rest_stays),
        LIVE_TEST(a_socket_that_was_bound_elsewhere_is_as_good),
        LIVE_TEST(sockets_of_a_service_manager_are_taken_in),
        LIVE_TEST(those_meant_for_another_process_are_not),
        LIVE_TEST(an_inherited_socket_serves_the_address_it_is_bound_to),
        LIVE_TEST(other_workers_join_an_inherited_listener),
        LIVE_TEST(other_workers_share_an_inherited_listener_of_another_user),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
