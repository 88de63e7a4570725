/* SPDX-License-Identifier: BSD-2-Clause */
/* What strangers send: every message of the torture and wire collections, at a phone
 * that is idle and at one that is in a call.  It answers well-formed or not at all,
 * and its call goes on. */
#include "call/call.h"

#include "base/limits.h"
#include "support/phones.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

static const char *const folders[] = { "torture/rfc4475/dat", "messages/rfc", "messages/wire" };

static struct network *network;
static struct user     alice, bob;
static struct world   *stranger;
static struct udp     *udp;
static unsigned        answers;

/* An answer to a malformed request repeats what was malformed in it (8.2.6.2); any
 * other must be without fault. */
static void on_datagram(void *owner, struct udp *u, const struct datagram *d)
{
    struct scan        s = scan_from(d->bytes);
    struct parse_fault fault;
    struct message    *m = message_parse(d->bytes, &fault);

    (void)owner;
    (void)u;
    if (m == NULL && !scan_exact(&s, SLICE("SIP/2.0 400 ")))
        print_error("not well-formed: expected %s at %zu of\n%.*s\n", fault.expected, fault.offset,
                    SLICE_ARG(d->bytes));
    CHECK(m != NULL || s.at != d->bytes.ptr);
    answers++;
    message_drop(m);
}

static void on_error(void *owner, struct udp *u, const struct address *remote, int error)
{
    (void)owner;
    (void)u;
    (void)remote;
    (void)error;
}

static const struct udp_events events = { on_datagram, on_error };

static int setup(void **state)
{
    struct host   *host;
    struct address address;

    (void)state;
    network = network_new(1);
    user_init(&alice, network, "alice", "10.0.0.1", NULL);
    user_init(&bob, network, "bob", "10.0.0.2", NULL);
    host     = network_host(network, "stranger");
    stranger = world_fake_new(host);
    CHECK(host_add_address(host, "10.0.0.9"));
    address      = host_address(host, FAMILY_4);
    address.port = 5060;
    CHECK_INT(0, world_udp_open(stranger, &address, &events, NULL, &udp));
    answers = 0;
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    run_for(network, 400000);
    CHECK(phone_is_idle(alice.phone));
    CHECK(phone_is_idle(bob.phone));
    user_fini(&alice);
    user_fini(&bob);
    world_fake_free(stranger);
    network_free(network);
    return 0;
}

static void throw(struct slice bytes)
{
    struct address to = host_address(network_host(network, "bob"), FAMILY_4);

    to.port = 5060;
    if (bytes.len > 0 && bytes.len <= LIMIT_DATAGRAM)
        world_udp_send(stranger, udp, NULL, &to, &bytes, 1);
    run_for(network, 1000);
    bob.heard_count = 0;
}

/* The number of messages thrown. */
static unsigned throw_all(void)
{
    unsigned count = 0;

    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) {
        char           path[512];
        DIR           *dir;
        struct dirent *entry;

        snprintf(path, sizeof path, "%s/%s", AHOY_SHARED, folders[i]);
        dir = opendir(path);
        while (dir != NULL && (entry = readdir(dir)) != NULL) {
            struct slice text;
            char        *memory;

            snprintf(path, sizeof path, "%s/%s/%s", AHOY_SHARED, folders[i], entry->d_name);
            if (entry->d_name[0] == '.' || !test_read_file(path, &text, &memory))
                continue;
            throw(text);
            free(memory);
            count++;
        }
        if (dir != NULL)
            closedir(dir);
    }
    return count;
}

TEST(an_idle_phone_survives_what_strangers_send)
{
    if (throw_all() == 0)
        skip();
    CHECK(answers > 20);
}

TEST(a_call_goes_on_whatever_strangers_send)
{
    struct media_stats before, after;

    bob.answer = true;
    user_call(&alice, "sip:bob@10.0.0.2");
    run_for(network, 500);
    CHECK_INT(1, user_heard(&alice, PHONE_ANSWERED));
    bob.answer = false;
    if (throw_all() == 0)
        skip();
    CHECK_INT(0, user_heard(&alice, PHONE_ENDED));
    CHECK_INT(0, call_media_stats(alice.phone, alice.call, &before));
    run_for(network, 1000);
    CHECK_INT(0, call_media_stats(alice.phone, alice.call, &after));
    CHECK(after.packets_received >= before.packets_received + 49);
    CHECK_INT(0, call_hang_up(alice.phone, alice.call));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(an_idle_phone_survives_what_strangers_send, setup, teardown),
        cmocka_unit_test_setup_teardown(a_call_goes_on_whatever_strangers_send, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
