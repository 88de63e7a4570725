/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/error.h"
#include "media/port_pair.h"
#include "support/test.h"
#include "support/world_fake.h"

static void ignore_datagram(void *owner, struct udp *udp, const struct datagram *d)
{
    (void)owner;
    (void)udp;
    (void)d;
}

static void ignore_error(void *owner, struct udp *udp, const struct address *remote, int error)
{
    (void)owner;
    (void)udp;
    (void)remote;
    (void)error;
}

static const struct udp_events events = { .on_datagram = ignore_datagram, .on_error = ignore_error };
static struct network         *network;
static struct world           *world;
static struct address          local;

static int setup(void **state)
{
    struct host *host;

    (void)state;
    network = network_new(7);
    host    = network_host(network, "phone");
    if (!host_add_address(host, "192.0.2.1"))
        return -1;
    world = world_fake_new(host);
    local = host_address(host, FAMILY_4);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    network_free(network);
    return 0;
}

static int open_pair(uint16_t first, uint16_t last, struct port_pair *p)
{
    return port_pair_open(world, &local, first, last, &events, &events, NULL, p);
}

static uint16_t rtp_port(const struct port_pair *p)
{
    return world->ops->udp_local(p->rtp).port;
}

/* RFC 3550 11. */
TEST(rtp_gets_an_even_port_and_rtcp_the_next)
{
    struct port_pair p;

    for (int i = 0; i < 50; i++) {
        CHECK_INT(0, open_pair(16385, 16500, &p));
        CHECK_INT(0, rtp_port(&p) % 2);
        CHECK(rtp_port(&p) >= 16386 && rtp_port(&p) < 16500);
        CHECK_INT(rtp_port(&p) + 1, world->ops->udp_local(p.rtcp).port);
        port_pair_close(world, &p);
    }
}

TEST(a_port_is_not_used_again_at_once)
{
    struct port_pair p;
    uint16_t         first;

    CHECK_INT(0, open_pair(20000, 29999, &p));
    first = rtp_port(&p);
    port_pair_close(world, &p);
    CHECK_INT(0, open_pair(20000, 29999, &p));
    CHECK(first != rtp_port(&p));
    port_pair_close(world, &p);
}

/* Ten pairs fit; the eleventh is refused, and one that ends makes room. */
TEST(every_pair_of_the_range_is_found_and_then_it_is_in_use)
{
    struct port_pair pairs[10], more;
    uint32_t         seen = 0;

    for (size_t i = 0; i < 10; i++) {
        CHECK_INT(0, open_pair(4000, 4019, &pairs[i]));
        seen |= 1u << (rtp_port(&pairs[i]) - 4000);
    }
    CHECK_INT(0x55555, seen);
    CHECK_INT(-ERR_IN_USE, open_pair(4000, 4019, &more));
    port_pair_close(world, &pairs[3]);
    CHECK_INT(0, open_pair(4000, 4019, &pairs[3]));
    for (size_t i = 0; i < 10; i++)
        port_pair_close(world, &pairs[i]);
}

/* Somebody has the RTCP port only: the RTP port is given back. */
TEST(half_a_pair_is_no_pair)
{
    struct address   odd = local;
    struct udp      *taken;
    struct port_pair p;

    odd.port = 4001;
    CHECK_INT(0, world_udp_open(world, &odd, &events, NULL, &taken));
    CHECK_INT(-ERR_IN_USE, open_pair(4000, 4001, &p));
    CHECK_INT(1, world_fake_usage(world).udps);
    CHECK_INT(0, open_pair(4000, 4003, &p));
    CHECK_INT(4002, rtp_port(&p));
    port_pair_close(world, &p);
    world->ops->udp_close(taken);
}

TEST(a_range_without_a_pair_is_refused)
{
    struct port_pair p;

    CHECK_INT(-ERR_SYNTAX, open_pair(4001, 4002, &p));
    CHECK_INT(-ERR_SYNTAX, open_pair(4000, 4000, &p));
    CHECK_INT(-ERR_SYNTAX, open_pair(4010, 4000, &p));
    CHECK_INT(-ERR_SYNTAX, open_pair(65535, 65535, &p));
    CHECK_INT(-ERR_SYNTAX, open_pair(0, 1, &p));
    CHECK_INT(0, open_pair(65534, 65535, &p));
    CHECK_INT(65534, rtp_port(&p));
    port_pair_close(world, &p);
}

TEST(an_address_that_is_not_ours_is_said_at_once)
{
    struct port_pair p;

    local = address_v4(198, 51, 100, 1, 0);
    CHECK_INT(-ERR_NO_ADDRESS, open_pair(4000, 4999, &p));
}

#define WITH_WORLD(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_WORLD(rtp_gets_an_even_port_and_rtcp_the_next),
        WITH_WORLD(a_port_is_not_used_again_at_once),
        WITH_WORLD(every_pair_of_the_range_is_found_and_then_it_is_in_use),
        WITH_WORLD(half_a_pair_is_no_pair),
        WITH_WORLD(a_range_without_a_pair_is_refused),
        WITH_WORLD(an_address_that_is_not_ours_is_said_at_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
