/* SPDX-License-Identifier: BSD-2-Clause */
/* What net/ does when memory is short and the kernel refuses.  Linked so that
 * the calls below go through __wrap_* (test/cmake/faults.cmake). */
#include "base/error.h"
#include "net/entropy.h"
#include "support/live.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sys/socket.h>

/* --- faults to order --- */

static struct {
    long allocations; /* that succeed before one fails; -1: all do */
    bool for_good;    /* and so do all that follow                 */
    bool failed;
} memory = { .allocations = -1 };

/* For each wrapped system call: what its next calls do. */
enum { PASS = 0, SHORT = -1 }; /* SHORT: one message or byte at most; else an errno */
static const int *script;      /* ends with PASS, which then lasts */

/* Linux before 4.18 does not know UDP_SEGMENT: what says it beside a datagram is passed over. */
static bool     cuts_nothing;
static unsigned cut; /* groups that it was given */

static int next_fault(void)
{
    if (script == NULL || *script == PASS)
        return PASS;
    return *script++;
}

static bool memory_fails(void)
{
    if (memory.failed && memory.for_good)
        return true;
    if (memory.allocations < 0 || memory.allocations-- > 0)
        return false;
    memory.failed = true;
    return true;
}

void   *__real_malloc(size_t size);
void   *__wrap_malloc(size_t size);
void   *__real_calloc(size_t count, size_t size);
void   *__wrap_calloc(size_t count, size_t size);
void   *__real_realloc(void *old, size_t size);
void   *__wrap_realloc(void *old, size_t size);
int     __real_sendmmsg(int fd, struct mmsghdr *messages, unsigned count, int flags);
int     __wrap_sendmmsg(int fd, struct mmsghdr *messages, unsigned count, int flags);
int     __real_getsockopt(int fd, int level, int name, void *value, socklen_t *len);
int     __wrap_getsockopt(int fd, int level, int name, void *value, socklen_t *len);
ssize_t __real_send(int fd, const void *bytes, size_t len, int flags);
ssize_t __wrap_send(int fd, const void *bytes, size_t len, int flags);
int     __real_accept4(int fd, struct sockaddr *from, socklen_t *len, int flags);
int     __wrap_accept4(int fd, struct sockaddr *from, socklen_t *len, int flags);
ssize_t __real_getrandom(void *bytes, size_t len, unsigned flags);
ssize_t __wrap_getrandom(void *bytes, size_t len, unsigned flags);

void *__wrap_malloc(size_t size)
{
    return memory_fails() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
    return memory_fails() ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *old, size_t size)
{
    return memory_fails() ? NULL : __real_realloc(old, size);
}

#define FAULTY(limit, call)                                                                                            \
    do {                                                                                                               \
        int fault = next_fault();                                                                                      \
                                                                                                                       \
        if (fault > 0) {                                                                                               \
            errno = fault;                                                                                             \
            return -1;                                                                                                 \
        }                                                                                                              \
        if (fault == SHORT)                                                                                            \
            (limit) = 1;                                                                                               \
        return call;                                                                                                   \
    } while (0)

int __wrap_getsockopt(int fd, int level, int name, void *value, socklen_t *len)
{
    if (cuts_nothing && level == IPPROTO_UDP && name == UDP_SEGMENT) {
        errno = ENOPROTOOPT;
        return -1;
    }
    return __real_getsockopt(fd, level, name, value, len);
}

int __wrap_sendmmsg(int fd, struct mmsghdr *messages, unsigned count, int flags)
{
    for (unsigned i = 0; i < count; i++) {
        cut += messages[i].msg_hdr.msg_controllen > 0;
        if (cuts_nothing)
            messages[i].msg_hdr.msg_controllen = 0;
    }
    FAULTY(count, __real_sendmmsg(fd, messages, count, flags));
}

ssize_t __wrap_send(int fd, const void *bytes, size_t len, int flags)
{
    FAULTY(len, __real_send(fd, bytes, len, flags));
}

int __wrap_accept4(int fd, struct sockaddr *from, socklen_t *len, int flags)
{
    int fault = next_fault();

    if (fault > 0) {
        errno = fault;
        return -1;
    }
    return __real_accept4(fd, from, len, flags);
}

ssize_t __wrap_getrandom(void *bytes, size_t len, unsigned flags)
{
    FAULTY(len, __real_getrandom(bytes, len, flags));
}

/* --- a world with one of everything --- */

static struct world *world;

struct seen {
    unsigned       datagrams, errors, opened, closed, accepted, answers;
    int            error;
    char           text[256];
    size_t         len;
    struct stream *accepted_stream;
};
static struct seen seen;

static void on_datagram(void *owner, struct udp *udp, const struct datagram *d)
{
    (void)owner;
    (void)udp;
    CHECK(d->bytes.len > 0);
    if (seen.datagrams < sizeof seen.text)
        seen.text[seen.datagrams] = d->bytes.ptr[0];
    seen.datagrams++;
}

static void on_error(void *owner, struct udp *udp, const struct address *remote, int error)
{
    (void)owner;
    (void)udp;
    (void)remote;
    seen.errors++;
    seen.error = error;
}

static const struct udp_events udp_events = { .on_datagram = on_datagram, .on_error = on_error };

static void on_open(void *owner, struct stream *s)
{
    (void)owner;
    (void)s;
    seen.opened++;
}

static void on_bytes(void *owner, struct stream *s, struct slice bytes)
{
    (void)owner;
    (void)s;
    for (size_t i = 0; i < bytes.len && seen.len < sizeof seen.text; i++)
        seen.text[seen.len++] = bytes.ptr[i];
}

static void on_close(void *owner, struct stream *s, int error)
{
    (void)owner;
    (void)s;
    seen.closed++;
    seen.error = error;
}

static const struct stream_events stream_events = { on_open, on_bytes, on_close };

static const struct stream_events *on_accept(void *owner, struct listener *l, struct stream *s, void **stream_owner)
{
    (void)owner;
    (void)l;
    (void)stream_owner;
    seen.accepted++;
    seen.accepted_stream = s;
    return &stream_events;
}

static void on_records(void *owner, int error, const struct record *records, size_t count)
{
    (void)owner;
    (void)records;
    (void)count;
    CHECK(error == 0 || error == -ERR_NAME || error == -ERR_TIMEOUT);
    seen.answers++;
}

static void nothing(void *arg)
{
    (void)arg;
}

static int setup(void **state)
{
    (void)state;
    memory.allocations = -1;
    script             = NULL;
    memset(&seen, 0, sizeof seen);
    world = world_uv_new(NULL);
    return world == NULL;
}

static int teardown(void **state)
{
    (void)state;
    script = NULL;
    world_uv_free(world);
    return 0;
}

/* --- memory --- */

static bool is_limit(int error)
{
    CHECK(error == 0 || error == -ERR_LIMIT);
    return error != 0;
}

static void use_datagrams(void)
{
    static char    large[2000];
    struct address local = live_v4(1, 0), at;
    struct slice   byte = SLICE("x"), part = { large, sizeof large };
    struct udp    *u;

    if (is_limit(world_udp_open(world, &local, &udp_events, NULL, &u)))
        return;
    at = world->ops->udp_local(u);
    (void)is_limit(world_udp_send(world, u, NULL, &at, &byte, 1));
    at.port = 9; /* discard: nobody is there */
    for (unsigned i = 0; i < 5; i++)
        (void)is_limit(world_udp_send(world, u, NULL, &at, &part, 1)); /* makes the queue grow */
    world_uv_turn(world, 5);
    world->ops->udp_close(u);
}

static void use_streams(void)
{
    struct address   local = live_v4(1, 0), at;
    struct slice     byte  = SLICE("x");
    struct listener *l;
    struct stream   *s;

    if (is_limit(world_listen(world, &local, on_accept, NULL, &l)))
        return;
    at = world->ops->listener_local(l);
    if (!is_limit(world_connect(world, &at, &stream_events, NULL, &s))) {
        (void)is_limit(world_stream_send(world, s, &byte, 1));
        for (msec end = loop_clock() + 1000; seen.opened + seen.closed == 0 && loop_clock() < end;)
            world_uv_turn(world, 5);
        CHECK(seen.opened + seen.closed > 0);
        LIVE_FOR(world, 5);
    }
    world->ops->listener_close(l);
}

static void use_names(void)
{
    struct query *q;
    unsigned      asked = 0;

    asked += !is_limit(world_resolve(world, SLICE("192.0.2.1"), RECORD_A, on_records, NULL, &q));
    asked += !is_limit(world_resolve(world, SLICE("localhost"), RECORD_A, on_records, NULL, &q));
    asked += !is_limit(world_resolve(world, SLICE("a.example"), RECORD_SRV, on_records, NULL, &q));
    LIVE_UNTIL(world, seen.answers == asked);
}

/* One run in which the n-th allocation fails.  False when there was no n-th. */
static bool use_all_without_allocation(long n)
{
    /* Nobody listens there: questions fail by ICMP, at once. */
    struct world_uv_options options = { .dns_servers = "127.0.0.1:9", .dns_timeout = 20 };
    bool                    failed;

    memset(&seen, 0, sizeof seen);
    memory.allocations = n;
    world              = world_uv_new_with(NULL, &options);
    if (world != NULL) {
        use_datagrams();
        use_streams();
        use_names();
        for (unsigned i = 0; i < 600; i++)
            (void)is_limit(world->ops->post(world, nothing, NULL));
        world_uv_turn(world, 0);
    } else {
        CHECK(memory.failed);
    }
    world_uv_free(world);
    world              = NULL;
    failed             = memory.failed;
    memory.failed      = false;
    memory.allocations = -1;
    return failed;
}

/* The sanitizer's leak check at the end of the program is part of these tests. */
static void use_all_with_faults(bool for_good)
{
    unsigned before;
    long     n = 0;

    CHECK(!use_all_without_allocation(-1)); /* what libraries open once */
    before          = live_descriptors();
    memory.for_good = for_good;
    while (use_all_without_allocation(n))
        CHECK(++n < 1000);
    CHECK(n > 20);
    CHECK_INT(before, live_descriptors());
    memory.for_good = false;
}

TEST(any_single_allocation_may_fail)
{
    use_all_with_faults(false);
}

TEST(memory_may_be_gone_for_good_from_any_moment_on)
{
    use_all_with_faults(true);
}

/* --- datagrams --- */

static struct udp *a, *b;

/* Of one length they leave as one, of lengths of their own each by itself. */
static void send_more_numbers(unsigned count, bool one_length)
{
    struct address at = world->ops->udp_local(b);

    for (unsigned i = 0; i < count; i++) {
        char         digit    = (char)('0' + i % 10);
        struct slice parts[2] = { { &digit, 1 }, { "            ", one_length ? 0 : i } };

        CHECK_INT(0, world_udp_send(world, a, NULL, &at, parts, 2));
    }
}

static void send_numbers(const int *faults, unsigned count, bool one_length)
{
    struct address local = live_v4(1, 0);

    CHECK_INT(0, world_udp_open(world, &local, &udp_events, NULL, &a));
    CHECK_INT(0, world_udp_open(world, &local, &udp_events, NULL, &b));
    send_more_numbers(count, one_length);
    script = faults;
}

/* sendmmsg that sent k of n goes on at k. */
TEST(a_batch_sent_in_part_goes_on_where_it_stopped)
{
    static const int faults[] = { SHORT, SHORT, EINTR, SHORT, PASS };

    send_numbers(faults, 12, false);
    LIVE_UNTIL(world, seen.datagrams == 12);
    CHECK_SLICE("012345678901", ((struct slice){ seen.text, 12 }));
    CHECK_INT(0, seen.errors);
}

TEST(a_socket_that_takes_no_more_is_asked_again_when_it_does)
{
    static const int faults[] = { SHORT, EAGAIN, SHORT, EAGAIN, PASS };
    struct address   at;
    struct slice     part = SLICE("x");

    send_numbers(faults, 5, false);
    world_uv_turn(world, 0);
    CHECK(seen.datagrams <= 1);
    at = world->ops->udp_local(a);
    CHECK_INT(0, world_udp_send(world, a, NULL, &at, &part, 1)); /* queues behind the others */
    LIVE_UNTIL(world, seen.datagrams == 6);
    CHECK_SLICE("01234x", ((struct slice){ seen.text, 6 }));
    CHECK(live_sleeps(world));
}

TEST(a_refused_datagram_is_told_and_the_rest_leaves)
{
    static const int faults[] = { SHORT, EPERM, EPERM, PASS };

    send_numbers(faults, 4, false);
    LIVE_UNTIL(world, seen.datagrams == 3);
    CHECK_SLICE("023", ((struct slice){ seen.text, 3 }));
    CHECK_INT(1, seen.errors);
    CHECK_INT(-ERR_UNREACHABLE, seen.error);
}

/* Whose error it is shows when those that were to leave as one go one by one. */
TEST(of_those_that_leave_as_one_the_refused_one_alone_is_told)
{
    static const int faults[] = { EPERM, SHORT, EPERM, EPERM, PASS };

    send_numbers(faults, 4, true);
    LIVE_UNTIL(world, seen.datagrams == 3);
    CHECK_SLICE("023", ((struct slice){ seen.text, 3 }));
    CHECK_INT(1, seen.errors);
    CHECK_INT(-ERR_UNREACHABLE, seen.error);
}

/* EIO of a device that cannot cut them. */
TEST(where_none_can_leave_as_one_all_leave_one_by_one)
{
    static const int faults[] = { EIO, PASS };

    send_numbers(faults, 4, true);
    LIVE_UNTIL(world, seen.datagrams == 4);
    CHECK_SLICE("0123", ((struct slice){ seen.text, 4 }));
    CHECK_INT(0, seen.errors);
}

TEST(where_the_kernel_cuts_nothing_all_leave_one_by_one)
{
    static const int faults[] = { PASS };

    cuts_nothing = true;
    send_numbers(faults, 4, true);
    LIVE_UNTIL(world, seen.datagrams == 4);
    cuts_nothing = false;
    CHECK_SLICE("0123", ((struct slice){ seen.text, 4 }));
    CHECK_INT(0, seen.errors);
}

/* A peer says by what he writes in a Contact where two messages of one length go. */
TEST(an_address_that_takes_nothing_does_not_part_all_groups_for_good)
{
    static const int faults[] = { EINVAL, EINVAL, EINVAL, PASS };

    send_numbers(faults, 4, true);
    LIVE_UNTIL(world, seen.datagrams == 3);
    CHECK_INT(1, seen.errors);
    cut = 0;
    send_more_numbers(4, true);
    LIVE_UNTIL(world, seen.datagrams == 7);
    CHECK_INT(1, cut);
}

/* The error of an earlier datagram, told once by the wrong call (udp(7)). */
TEST(an_error_told_once_costs_no_datagram)
{
    static const int faults[] = { ECONNREFUSED, PASS };

    send_numbers(faults, 4, false);
    LIVE_UNTIL(world, seen.datagrams == 4);
    CHECK_INT(0, seen.errors);
}

TEST(a_full_device_queue_loses_a_datagram_without_a_word)
{
    static const int faults[] = { ENOBUFS, ENOBUFS, PASS };

    send_numbers(faults, 4, false);
    LIVE_UNTIL(world, seen.datagrams == 3);
    CHECK_SLICE("123", ((struct slice){ seen.text, 3 }));
    CHECK_INT(0, seen.errors);
}

TEST(a_message_too_large_for_the_path_is_told_as_such)
{
    static const int faults[] = { EMSGSIZE, EMSGSIZE, PASS };

    send_numbers(faults, 2, false);
    LIVE_UNTIL(world, seen.datagrams == 1);
    CHECK_INT(-ERR_TOO_LARGE, seen.error);
}

/* --- streams --- */

static struct stream *s;

static void connect_and_send(const int *faults)
{
    struct address   local = live_v4(1, 0);
    struct slice     text  = SLICE("abcdefgh");
    struct listener *l;

    CHECK_INT(0, world_listen(world, &local, on_accept, NULL, &l));
    local = world->ops->listener_local(l);
    CHECK_INT(0, world_connect(world, &local, &stream_events, NULL, &s));
    LIVE_UNTIL(world, seen.opened == 1 && seen.accepted == 1);
    CHECK_INT(0, world_stream_send(world, s, &text, 1));
    script = faults;
}

TEST(bytes_that_the_kernel_takes_one_by_one_arrive_in_order)
{
    static const int faults[] = { SHORT, EAGAIN, SHORT, EINTR, SHORT, SHORT, EAGAIN, SHORT, PASS };

    connect_and_send(faults);
    LIVE_UNTIL(world, seen.len == 8);
    CHECK_SLICE("abcdefgh", ((struct slice){ seen.text, 8 }));
    CHECK(live_sleeps(world));
}

TEST(a_broken_pipe_ends_the_stream_once)
{
    static const int faults[] = { SHORT, EPIPE, PASS };

    connect_and_send(faults);
    LIVE_UNTIL(world, seen.closed > 0);
    CHECK_INT(-ERR_RESET, seen.error);
    LIVE_UNTIL(world, seen.closed == 2); /* and the other end, as its peer is gone */
}

TEST(a_caller_that_is_gone_before_it_was_accepted_is_passed_over)
{
    static const int faults[] = { ECONNABORTED, EINTR, EPROTO, PASS };
    struct address   local    = live_v4(1, 0);
    struct listener *l;

    CHECK_INT(0, world_listen(world, &local, on_accept, NULL, &l));
    local  = world->ops->listener_local(l);
    script = faults;
    CHECK_INT(0, world_connect(world, &local, &stream_events, NULL, &s));
    LIVE_UNTIL(world, seen.accepted == 1);
    CHECK_INT(PASS, *script);
}

/* --- random --- */

TEST(random_bytes_come_however_slowly)
{
    static const int faults[] = { SHORT, EINTR, SHORT, PASS };
    struct entropy   e;
    unsigned         zeros = 0;

    script = faults;
    CHECK(entropy_init(&e));
    CHECK_INT(sizeof e.bytes, e.left);
    for (size_t i = 0; i < sizeof e.bytes; i++)
        zeros += e.bytes[i] == 0;
    CHECK(zeros < 30);
}

TEST(a_kernel_without_random_bytes_makes_no_world)
{
    static const int faults[] = { ENOSYS, PASS };

    script = faults;
    CHECK(world_uv_new(NULL) == NULL);
}

#define LIVE_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_single_allocation_may_fail),
        cmocka_unit_test(memory_may_be_gone_for_good_from_any_moment_on),
        LIVE_TEST(a_batch_sent_in_part_goes_on_where_it_stopped),
        LIVE_TEST(a_socket_that_takes_no_more_is_asked_again_when_it_does),
        LIVE_TEST(a_refused_datagram_is_told_and_the_rest_leaves),
        LIVE_TEST(of_those_that_leave_as_one_the_refused_one_alone_is_told),
        LIVE_TEST(where_none_can_leave_as_one_all_leave_one_by_one),
        LIVE_TEST(where_the_kernel_cuts_nothing_all_leave_one_by_one),
        LIVE_TEST(an_address_that_takes_nothing_does_not_part_all_groups_for_good),
        LIVE_TEST(an_error_told_once_costs_no_datagram),
        LIVE_TEST(a_full_device_queue_loses_a_datagram_without_a_word),
        LIVE_TEST(a_message_too_large_for_the_path_is_told_as_such),
        LIVE_TEST(bytes_that_the_kernel_takes_one_by_one_arrive_in_order),
        LIVE_TEST(a_broken_pipe_ends_the_stream_once),
        LIVE_TEST(a_caller_that_is_gone_before_it_was_accepted_is_passed_over),
        LIVE_TEST(random_bytes_come_however_slowly),
        LIVE_TEST(a_kernel_without_random_bytes_makes_no_world),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
