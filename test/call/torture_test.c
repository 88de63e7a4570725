/* SPDX-License-Identifier: BSD-2-Clause */
/* What strangers send: every message of the torture and wire collections, at a phone
 * that is idle and at one that is in a call.  It answers well-formed or not at all,
 * and its call goes on.  The 61 messages of RFC 4475 and RFC 5118 get each the answer
 * of the table. */
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
static unsigned        answers, status;

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

static const struct udp_events events = { .on_datagram = on_datagram, .on_error = on_error };

static int setup(void **state)
{
    struct host   *host;
    struct address address;

    (void)state;
    network = network_new(1);
    user_init(&alice, network, "alice", "10.0.0.1", NULL);
    user_init_open(&bob, network, "bob", "10.0.0.2");
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

/* What bob, who refuses every call with 603, says to each; 0: nothing. */
static const struct answer {
    const char *name;
    unsigned    status;
} table[] = {
    { "wsinv", 481 }, /* it has a To tag of no dialog here */
    { "intmeth", 501 },
    { "esc01", 603 }, /* would ring */
    { "escnull", 405 },
    { "esc02", 501 },
    { "lwsdisp", 200 }, /* OPTIONS */
    { "longreq", 603 },
    { "dblreq", 405 },
    { "semiuri", 200 },
    { "transports", 200 },
    { "mpart01", 415 }, /* MESSAGE of a type that is no text */
    { "unreason", 0 },  /* a response to nothing */
    { "noreason", 0 },
    { "badinv01", 400 },
    { "clerr", 400 },
    { "ncl", 400 },
    { "scalar02", 400 },
    { "scalarlg", 0 },
    { "quotbal", 400 },
    { "ltgtruri", 400 },
    { "lwsruri", 400 },
    { "lwsstart", 400 },
    { "trws", 400 },
    { "escruri", 400 },
    { "baddate", 603 },
    { "regbadct", 405 },
    { "badaspec", 400 },
    { "baddn", 400 },
    { "badvers", 505 },
    { "mismatch01", 400 },
    { "mismatch02", 400 },
    { "bigcode", 0 },
    { "badbranch", 200 },
    { "insuf", 0 }, /* no Call-ID, To or From to answer to */
    { "unkscm", 416 },
    { "novelsc", 416 },
    { "unksm2", 405 },
    { "bext01", 420 },
    { "invut", 415 },
    { "regaut01", 405 },
    { "multi01", 400 },
    { "mcl01", 400 },
    { "bcast", 0 },
    { "zeromf", 200 },
    { "cparam01", 405 },
    { "cparam02", 405 },
    { "regescrt", 405 },
    { "sdp01", 406 },
    { "inv2543", 400 }, /* it has no Contact: a caller of RFC 2543 could not be hung up on */
    { "ipv6-good", 405 },
    { "ipv6-bad", 400 },
    { "port-ambiguous", 405 },
    { "port-unambiguous", 405 },
    { "via-received-param-with-delim", 481 },
    { "via-received-param-no-delim", 200 },
    { "ipv6-in-sdp", 488 },
    { "mult-ip-in-header", 481 },
    { "mult-ip-in-sdp", 603 },
    { "ipv4-mapped-ipv6", 488 },
    { "ipv6-bug-abnf-3-colons", 200 },
    { "ipv6-correct-abnf-2-colons", 200 },
};

static void on_packet(void *arg, const struct packet *p)
{
    struct scan s = scan_from(p->bytes);

    (void)arg;
    if (p->stage == PACKET_SENT && strcmp(host_name(p->from_host), "bob") == 0 && scan_exact(&s, SLICE("SIP/2.0 ")))
        status = (unsigned)atoi(s.at);
}

static bool read_message(const char *name, struct slice *text, char **memory)
{
    static const char *const places[] = { "rfc4475/dat", "rfc5118/dat-clfixed" };
    char                     path[512];

    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        snprintf(path, sizeof path, "%s/torture/%s/%s.dat", AHOY_SHARED, places[i], name);
        if (test_read_file(path, text, memory))
            return true;
    }
    return false;
}

static void need_messages(void)
{
    struct slice text;
    char        *memory;

    if (!read_message(table[0].name, &text, &memory))
        skip();
    free(memory);
}

static void check_table(void)
{
    bob.reject = 603;
    network_observe(network, on_packet, NULL);
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        struct slice text;
        char        *memory;

        assert_true(read_message(table[i].name, &text, &memory));
        status = 0;
        throw(text);
        free(memory);
        if (status != table[i].status)
            print_error("%s: %u instead of %u\n", table[i].name, status, table[i].status);
        CHECK_INT(table[i].status, status);
        run_for(network, 40000);
    }
}

TEST(each_of_the_61_messages_gets_its_answer_from_an_idle_phone)
{
    need_messages();
    check_table();
}

TEST(each_of_the_61_messages_gets_its_answer_from_a_phone_in_a_call)
{
    need_messages();
    bob.answer = true;
    user_call(&alice, "sip:bob@10.0.0.2");
    run_for(network, 500);
    bob.answer = false;
    check_table();
    CHECK_INT(0, user_heard(&alice, PHONE_ENDED));
    CHECK_INT(0, call_hang_up(alice.phone, alice.call));
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
        cmocka_unit_test_setup_teardown(each_of_the_61_messages_gets_its_answer_from_an_idle_phone, setup, teardown),
        cmocka_unit_test_setup_teardown(each_of_the_61_messages_gets_its_answer_from_a_phone_in_a_call, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(an_idle_phone_survives_what_strangers_send, setup, teardown),
        cmocka_unit_test_setup_teardown(a_call_goes_on_whatever_strangers_send, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
