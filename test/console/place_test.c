/* SPDX-License-Identifier: BSD-2-Clause */
#include "console/place.h"

#include "base/error.h"
#include "net/sockaddr.h"
#include "support/live.h"

#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

static struct descriptors ours, parents;
static struct child       child;
static struct place       place = { &ours, &child };
static int                ends[2];
static char               problem[256];

static int setup(void **state)
{
    (void)state;
    descriptors_init(&ours);
    descriptors_init(&parents);
    child_alone(&child);
    CHECK_INT(0, socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends));
    child.pipe = ends[1];
    problem[0] = '\0';
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    descriptors_fini(&ours);
    descriptors_fini(&parents);
    close(ends[0]);
    close(ends[1]);
    return 0;
}

/* What the parent does with each packet (process/supervisor.c). */
static void parent_hears(void)
{
    char said[1 + CHILD_WORDS];
    char control[CMSG_SPACE(sizeof(int))];

    for (;;) {
        struct iovec  part = { said, sizeof said };
        struct msghdr m    = {
               .msg_iov = &part, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control
        };
        ssize_t         size = recvmsg(ends[0], &m, MSG_CMSG_CLOEXEC);
        struct cmsghdr *c    = size > 0 ? CMSG_FIRSTHDR(&m) : NULL;
        int             fd   = -1;

        if (size <= 0)
            break;
        if (c != NULL)
            memcpy(&fd, CMSG_DATA(c), sizeof fd);
        place_hear(&parents, said + 1, (size_t)size - 1, fd);
    }
}

static struct config_listen at(enum transport transport, struct address address)
{
    return (struct config_listen){ .transport = transport, .address = address };
}

static uint16_t free_port(void)
{
    struct address any = live_v4(1, 0);
    uint16_t       port;

    CHECK_INT(0, descriptors_bind(&parents, SOCK_STREAM, &any, 1));
    port = parents.list[parents.count - 1].bound.port;
    descriptors_drop(&parents, SOCK_STREAM, &any);
    return port;
}

TEST(what_is_bound_is_given_to_the_parent_and_what_is_dropped_it_closes)
{
    struct config_listen l = at(TRANSPORT_UDP, live_v4(1, free_port()));
    struct descriptors   others;

    descriptors_init(&others);
    CHECK_INT(0, place_bind(&place, &l, 3, problem, sizeof problem));
    CHECK_INT(3, ours.count);
    CHECK_INT(0, place_bind(&place, &l, 3, problem, sizeof problem)); /* it is there */
    CHECK_INT(3, ours.count);
    parent_hears();
    CHECK_INT(3, parents.count);
    CHECK_INT(2, parents.list[2].worker);
    descriptors_drop(&ours, SOCK_DGRAM, &l.address); /* as a crash would */
    CHECK_INT(-ERR_IN_USE, descriptors_bind(&others, SOCK_DGRAM, &l.address, 1));
    place_drop(&place, TRANSPORT_UDP, &l.address);
    parent_hears();
    CHECK_INT(0, parents.count);
    CHECK_INT(0, descriptors_bind(&others, SOCK_DGRAM, &l.address, 1));
    descriptors_fini(&others);
}

TEST(a_stream_that_is_dropped_can_be_bound_before_the_parent_has_heard_of_it)
{
    struct config_listen l = at(TRANSPORT_TCP, live_v4(1, free_port()));

    CHECK_INT(0, place_bind(&place, &l, 2, problem, sizeof problem));
    parent_hears();
    for (unsigned i = 0; i < ours.count; i++)
        CHECK_INT(0, listen(ours.list[i].fd, 10));
    place_drop(&place, TRANSPORT_TCP, &l.address);
    CHECK_INT(0, place_bind(&place, &l, 2, problem, sizeof problem));
    parent_hears();
    CHECK_INT(2, parents.count);
}

TEST(an_address_of_somebody_else_is_refused_and_named)
{
    struct config_listen l = at(TRANSPORT_UDP, live_v4(1, free_port()));

    CHECK_INT(0, descriptors_bind(&parents, SOCK_DGRAM, &l.address, 1));
    CHECK_INT(-ERR_IN_USE, place_bind(&place, &l, 2, problem, sizeof problem));
    CHECK(strstr(problem, "cannot listen on udp 127.") != NULL);
    CHECK(strstr(problem, "stop the other program") != NULL);
    CHECK_INT(0, ours.count);
}

TEST(another_configuration_is_fitted_to)
{
    struct config_listen one    = at(TRANSPORT_UDP, live_v4(1, free_port())),
                         gone   = at(TRANSPORT_TCP, live_v4(1, free_port()));
    const struct config *config = NULL;
    char                 text[256], address[ADDRESS_TEXT];
    struct buf           b = BUF_ON(address);

    CHECK_INT(0, place_bind(&place, &one, 2, problem, sizeof problem));
    CHECK_INT(0, place_bind(&place, &gone, 2, problem, sizeof problem));
    address_write(&b, &one.address);
    snprintf(text, sizeof text, "domain = a.test\nlisten = {\"udp:%s\", \"ws:127.0.0.1:0\"}\n", buf_cstr(&b));
    CHECK_INT(0, config_parse(slice_from(text), "t.conf", NULL, NULL, &config));
    CHECK_INT(0, place_fit(&place, config, 2, problem, sizeof problem));
    CHECK_INT(4, ours.count);
    CHECK(descriptors_has(&ours, SOCK_DGRAM, &one.address));
    CHECK(!descriptors_has(&ours, SOCK_STREAM, &gone.address));
    parent_hears();
    CHECK_INT(4, parents.count);
    config_free(config);
}

/* Both got it from who started them; only the other workers' sockets are told of. */
TEST(an_inherited_socket_is_the_first_workers_in_the_next_child_too)
{
    struct address       any = live_v4(1, 0);
    struct descriptor    one = { .type = SOCK_STREAM, .fd = socket_bound(SOCK_STREAM, &any, false), .inherited = true };
    struct descriptor    copy;
    struct config_listen l;

    one.requested = one.bound = socket_local(one.fd);
    copy                      = one;
    copy.fd                   = dup(one.fd);
    CHECK_INT(0, descriptors_take(&ours, &one));
    CHECK_INT(0, descriptors_take(&parents, &copy));
    CHECK_INT(0, listen(one.fd, 10));
    l = at(TRANSPORT_TCP, one.bound);
    CHECK(!descriptors_has(&ours, SOCK_STREAM, &l.address));
    CHECK_INT(0, place_bind(&place, &l, 2, problem, sizeof problem));
    CHECK_INT(0, place_bind(&place, &l, 2, problem, sizeof problem)); /* it is there */
    parent_hears();
    CHECK_INT(2, parents.count);
    for (unsigned worker = 0; worker < 2; worker++) {
        int fd = descriptors_open(&parents, worker, SOCK_STREAM, &l.address);

        CHECK(fd >= 0);
        close(fd);
    }
    place_drop(&place, TRANSPORT_TCP, &l.address);
    parent_hears();
    CHECK_INT(1, parents.count);
    CHECK(!descriptors_has(&parents, SOCK_STREAM, &l.address));
}

TEST(a_parent_that_does_not_listen_keeps_nothing_and_the_address_is_not_taken)
{
    struct config_listen l    = at(TRANSPORT_UDP, live_v4(1, free_port()));
    char                 byte = 0;

    while (send(ends[1], &byte, 1, MSG_NOSIGNAL) == 1)
        ;
    CHECK_INT(-ERR_LIMIT, place_bind(&place, &l, 2, problem, sizeof problem));
    CHECK_INT(0, ours.count);
}

TEST(what_is_no_word_is_dropped_with_its_descriptor)
{
    unsigned before = live_descriptors();

    place_hear(&parents, "x", 1, dup(ends[0]));
    CHECK_INT(0, parents.count);
    CHECK_INT(before, live_descriptors());
}

#define PLACE_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        PLACE_TEST(what_is_bound_is_given_to_the_parent_and_what_is_dropped_it_closes),
        PLACE_TEST(a_stream_that_is_dropped_can_be_bound_before_the_parent_has_heard_of_it),
        PLACE_TEST(an_address_of_somebody_else_is_refused_and_named),
        PLACE_TEST(another_configuration_is_fitted_to),
        PLACE_TEST(an_inherited_socket_is_the_first_workers_in_the_next_child_too),
        PLACE_TEST(a_parent_that_does_not_listen_keeps_nothing_and_the_address_is_not_taken),
        PLACE_TEST(what_is_no_word_is_dropped_with_its_descriptor),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
