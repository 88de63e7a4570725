/* SPDX-License-Identifier: BSD-2-Clause */
/* Every message of the torture, wire and RFC collections by TCP, TLS, WebSocket and secure
 * WebSocket, whole, in random cuts and byte by byte: what comes of it is the same each time,
 * and afterwards the server serves as before and nothing of it is left. */
#include "base/limits.h"
#include "support/channel_pair.h"
#include "support/stack_quiet.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

enum { KINDS = 4, CUTS = 3, OUTCOME = 200, HEARD = 200000, ENOUGH = 40000 /* ms: the longest transaction */ };

static const char *const folders[] = { "torture/rfc4475/dat", "torture/rfc5118/dat", "messages/rfc", "messages/wire" };

static const struct {
    enum transport    transport;
    enum channel_kind kind;
    uint16_t          port;
} kinds[KINDS] = {
    { TRANSPORT_TCP, CHANNEL_TCP, 5060 },
    { TRANSPORT_TLS, CHANNEL_TLS, 5061 },
    { TRANSPORT_WS, CHANNEL_WS, 8080 },
    { TRANSPORT_WSS, CHANNEL_WSS, 8443 },
};

static struct network    *net;
static struct world      *at_server, *at_client;
static struct lab        *lab;
static struct tls_shared *server_tls, *client_tls;
static struct stack      *server;
static struct channels   *client;

/* ---- a server that is glad of everything ---- */

static void on_request(void *user, object_id txn, struct message *request)
{
    (void)user;
    (void)request;
    (void)stack_reply(server, txn, 200, SLICE(""));
}

static void on_cancel(void *user, object_id invite, object_id txn, struct message *cancel)
{
    (void)user;
    (void)cancel;
    if (invite == 0)
        (void)stack_reply(server, txn, 481, SLICE(""));
}

static const struct stack_events events = { on_request, quiet_ack, on_cancel, quiet_stray, quiet_end };

/* ---- a client, and what it hears: the status of each answer, and whether that was the end ---- */

struct caller {
    struct channel *channel;
    bool            closed;
    size_t          len;
    char            heard[HEARD];
};

static void on_open(void *owner, struct channel *c)
{
    (void)owner;
    (void)c;
}

static void on_bytes(void *owner, struct channel *c, struct slice bytes)
{
    struct caller *caller = owner;

    (void)c;
    CHECK(caller->len + bytes.len <= HEARD);
    memcpy(caller->heard + caller->len, bytes.ptr, bytes.len);
    caller->len += bytes.len;
}

static void on_close(void *owner, struct channel *c, int error)
{
    struct caller *caller = owner;

    (void)c;
    (void)error;
    caller->channel = NULL;
    caller->closed  = true;
}

/* " 200 400 closed" */
static void write_outcome(const struct caller *caller, char outcome[OUTCOME])
{
    struct slice rest = { caller->heard, caller->len };
    struct buf   b    = buf_on(outcome, OUTCOME);
    const char  *at;

    while ((at = memmem(rest.ptr, rest.len, "SIP/2.0 ", 8)) != NULL && rest.ptr + rest.len - at >= 11) {
        if (at == caller->heard || at[-1] == '\n')
            buf_put(&b, (struct slice){ at + 7, 4 });
        rest = slice_between(at + 8, rest.ptr + rest.len);
    }
    if (caller->closed)
        buf_put(&b, SLICE(" closed"));
    buf_cstr(&b);
}

static const struct channel_events caller_events = { .on_open = on_open, .on_bytes = on_bytes, .on_close = on_close };

static void live(msec span)
{
    network_run_until(net, network_now(net) + span);
}

static void dial(struct caller *caller, unsigned kind)
{
    struct address to = address_v4(192, 0, 2, 1, kinds[kind].port);

    caller->len    = 0;
    caller->closed = false;
    if (caller->channel != NULL)
        return;
    CHECK_INT(0, channel_connect(client, kinds[kind].kind, &to, SLICE("a.example"), &caller_events, caller,
                                 &caller->channel));
    live(100);
    CHECK(caller->channel != NULL);
}

static void hang_up(struct caller *caller)
{
    if (caller->channel != NULL)
        channel_close(caller->channel);
    caller->channel = NULL;
}

/* What comes of `text`.  Its connection is kept for the next if all has been heard of it. */
static void try(struct caller *caller, unsigned kind, enum pieces cuts, struct slice text, char outcome[OUTCOME])
{
    dial(caller, kind);
    network_set_pieces(net, cuts);
    CHECK_INT(0, channel_send(caller->channel, &text, 1));
    live(500);
    network_set_pieces(net, PIECES_WHOLE);
    write_outcome(caller, outcome);
    if (outcome[0] == '\0')
        hang_up(caller);
    live(ENOUGH);
}

static const char *const ping = "OPTIONS sip:a.example SIP/2.0\r\nVia: SIP/2.0/TCP c.invalid;branch=z9hG4bK%u\r\n"
                                "From: <sip:c@c.invalid>;tag=1\r\nTo: <sip:a.example>\r\nCall-ID: ping-%u\r\n"
                                "CSeq: 1 OPTIONS\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n";

/* ---- all of them ---- */

static int setup(void **state)
{
    static const char *const           names[] = { "a.example", NULL };
    static const struct channel_limits no_limits;
    struct stack_config config = { .max_server_txns = 1000, .max_client_txns = 10, .max_connections = 50 };
    unsigned            index;

    (void)state;
    net = network_new(1);
    CHECK(host_add_address(network_host(net, "server"), "192.0.2.1"));
    CHECK(host_add_address(network_host(net, "client"), "192.0.2.9"));
    at_server  = world_fake_new(network_host(net, "server"));
    at_client  = world_fake_new(network_host(net, "client"));
    lab        = lab_new(world_wall(at_server) / 1000);
    server_tls = lab_shared(lab, &(struct lab_wish){ .names = names });
    client_tls = lab_shared(lab, &(struct lab_wish){ .names = NULL });
    config.tls = server_tls;
    server     = stack_new(at_server, &config, &events, NULL);
    client     = channels_new(at_client, client_tls, &no_limits);
    for (unsigned i = 0; i < KINDS; i++) {
        struct address at = address_v4(192, 0, 2, 1, kinds[i].port);

        CHECK_INT(0, stack_listen(server, kinds[i].transport, &at, SLICE(""), &index));
    }
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    live(1000000);
    CHECK_INT(0, stack_alive(server));
    stack_free(server);
    channels_free(client);
    tls_shared_free(server_tls);
    tls_shared_free(client_tls);
    lab_free(lab);
    network_free(net);
    return 0;
}

/* By one kind in all cuts; `want` is what the first of the two kinds that are alike made of it. */
static void try_cuts(const char *name, unsigned kind, struct slice text, char want[OUTCOME])
{
    static const enum pieces cuts[CUTS] = { PIECES_WHOLE, PIECES_RANDOM, PIECES_BYTES };
    static struct caller     caller;
    char                     got[OUTCOME];

    for (unsigned i = 0; i < CUTS; i++) {
        try(&caller, kind, cuts[i], text, got);
        if (i == 0 && (kind == 0 || kind == 2))
            memcpy(want, got, OUTCOME);
        if (strcmp(want, got) != 0)
            print_error("%s by %.*s, cut %u: \"%s\", not \"%s\"\n", name,
                        SLICE_ARG(transport_name(kinds[kind].transport)), i, got, want);
        assert_string_equal(want, got);
    }
    hang_up(&caller);
}

static void try_everywhere(const char *name, struct slice text)
{
    char want[OUTCOME];

    for (unsigned kind = 0; kind < KINDS; kind++)
        try_cuts(name, kind, text, want);
}

static void still_serves(unsigned serial)
{
    for (unsigned kind = 0; kind < KINDS; kind++) {
        static struct caller caller;
        char                 text[400], outcome[OUTCOME];

        snprintf(text, sizeof text, ping, serial * KINDS + kind, serial);
        try(&caller, kind, PIECES_BYTES, slice_from(text), outcome);
        assert_string_equal(" 200", outcome);
        hang_up(&caller);
    }
}

TEST(messages_of_all_kinds_come_to_the_same_however_they_are_cut)
{
    unsigned count = 0;

    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) {
        char           path[1024];
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
            if (text.len > 0 && text.len <= LIMIT_MESSAGE)
                try_everywhere(entry->d_name, text);
            free(memory);
            if (++count % 50 == 0)
                still_serves(count);
        }
        if (dir != NULL)
            closedir(dir);
    }
    if (count == 0)
        exit(TEST_SKIPPED);
    still_serves(count + 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(messages_of_all_kinds_come_to_the_same_however_they_are_cut, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
