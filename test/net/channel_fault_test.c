/* SPDX-License-Identifier: BSD-2-Clause */
/* What a peer does wrong: the right answer, one counter, one line, and nobody else notices. */
#include "base/error.h"
#include "base/log_limit.h"
#include "support/alloc.h"
#include "support/channel_pair.h"
#include "support/log_keep.h"

#include <stdlib.h>

static const struct channel_limits no_limits;
static const char *const           names[] = { "a.example", NULL };

/* A stream that says what it likes to the server of the pair. */
struct raw {
    struct channel_pair *p;
    struct log_keep     *log;
    struct stream       *stream; /* NULL: closed */
    size_t               heard;
    char                 text[4096];
};

static void on_open(void *owner, struct stream *s)
{
    (void)owner;
    (void)s;
}

static void on_bytes(void *owner, struct stream *s, struct slice bytes)
{
    struct raw *r = owner;

    (void)s;
    CHECK(r->heard + bytes.len <= sizeof r->text);
    memcpy(r->text + r->heard, bytes.ptr, bytes.len);
    r->heard += bytes.len;
}

static void on_close(void *owner, struct stream *s, int error)
{
    struct raw *r = owner;

    (void)s;
    (void)error;
    r->stream = NULL;
}

static const struct stream_events events = { on_open, on_bytes, on_close };

static struct raw *raw_new(enum channel_kind kind, const struct channel_limits *limits, const struct lab_wish *server)
{
    struct raw    *r      = alloc_new(sizeof *r);
    struct address remote = address_v4(192, 0, 2, 2, SERVER_PORT);

    r->p   = server != NULL ? channel_pair_new_with(kind, limits, NULL, server) : channel_pair_new(kind, limits);
    r->log = alloc_new(sizeof *r->log);
    log_keep_init(r->log, LOG_NOTICE);
    r->p->server->log = &r->log->log;
    CHECK_INT(0, world_connect(r->p->client, &remote, &events, r, &r->stream));
    channel_pair_live(r->p, 10);
    return r;
}

static void say(struct raw *r, const char *bytes, size_t len)
{
    struct slice part = { bytes, len };

    CHECK_INT(0, world_stream_send(r->p->client, r->stream, &part, 1));
    channel_pair_live(r->p, 10);
}

static void say_text(struct raw *r, const char *text)
{
    say(r, text, strlen(text));
}

static void say_upgrade(struct raw *r, const char *protocol)
{
    char       text[512];
    struct buf b = BUF_ON(text);

    buf_printf(&b,
               "GET / HTTP/1.1\r\nHost: a.example\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
               "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
               "Sec-WebSocket-Protocol: %s\r\n\r\n",
               protocol);
    say_text(r, buf_cstr(&b));
}

static void raw_free(struct raw *r)
{
    if (r->stream != NULL)
        r->p->client->ops->stream_close(r->stream);
    r->p->server->log = NULL;
    channel_pair_free(r->p);
    free(r->log);
    free(r);
}

#define COUNT(r, name) counter_read(&(r)->p->server->counters.name)

/* One line about it, with the peer's address. */
static void check_line(const struct raw *r, const char *why)
{
    struct slice line = log_keep_line(r->log, why);

    CHECK_INT(1, log_keep_count(r->log, "event=connection_fault"));
    CHECK(line.len > 0);
    CHECK(memmem(line.ptr, line.len, "from=192.0.2.1:", 15) != NULL);
}

/* What does not look like TLS is not answered in TLS. */
TEST(garbage_instead_of_tls_is_closed)
{
    struct raw *r = raw_new(CHANNEL_TLS, &no_limits, NULL);

    say_text(r, "OPTIONS sip:a.example SIP/2.0\r\n\r\n");
    CHECK(r->stream == NULL);
    CHECK_INT(0, r->heard);
    CHECK_INT(1, COUNT(r, tls_faults_protocol));
    check_line(r, "why=");
    raw_free(r);
}

TEST(garbage_in_a_record_of_tls_is_told_by_an_alert_and_closed)
{
    struct raw *r = raw_new(CHANNEL_TLS, &no_limits, NULL);

    say(r, "\x16\x03\x01\0\x07garbage", 12);
    CHECK(r->stream == NULL);
    CHECK(r->heard == 7 && r->text[0] == 21); /* an alert */
    CHECK_INT(1, COUNT(r, tls_faults_protocol));
    check_line(r, "why=");
    raw_free(r);
}

/* RFC 7118 4: without the subprotocol there is no WebSocket. */
TEST(a_wrong_subprotocol_gets_its_http_status)
{
    struct raw *r = raw_new(CHANNEL_WS, &no_limits, NULL);

    say_upgrade(r, "chat");
    CHECK(r->stream == NULL);
    CHECK(memcmp(r->text, "HTTP/1.1 400 ", 13) == 0);
    CHECK_INT(1, COUNT(r, websocket_faults_handshake));
    check_line(r, "code=400");
    raw_free(r);
}

TEST(a_frame_that_is_too_long_gets_its_close_code)
{
    const struct channel_limits limits = { .message = 1000 };
    struct raw                 *r      = raw_new(CHANNEL_WS, &limits, NULL);
    size_t                      before;

    say_upgrade(r, "sip");
    before = r->heard;
    CHECK(memcmp(r->text, "HTTP/1.1 101 ", 13) == 0);
    say(r, "\x81\xfe\x10\x00\0\0\0\0x", 9);
    CHECK(r->stream == NULL);
    CHECK_INT((char)0x88, r->text[before]);
    CHECK_INT(1009, (uint8_t)r->text[before + 2] << 8 | (uint8_t)r->text[before + 3]);
    CHECK_INT(1, COUNT(r, websocket_faults_too_large));
    check_line(r, "code=1009");
    raw_free(r);
}

TEST(a_handshake_that_never_ends_is_ended)
{
    static const enum channel_kind kinds[] = { CHANNEL_TLS, CHANNEL_WS, CHANNEL_WSS };

    for (size_t i = 0; i < 3; i++) {
        struct raw *r = raw_new(kinds[i], &no_limits, NULL);

        for (unsigned n = 0; n < 8; n++) { /* a beginning, byte by byte */
            say(r, kinds[i] == CHANNEL_WS ? "GET / HTTP" + n : "\x16\x03\x01\x02\0\x01\0\x01" + n, 1);
            channel_pair_live(r->p, 1000);
        }
        CHECK(r->stream != NULL);
        channel_pair_live(r->p, 2000);
        CHECK(r->stream == NULL);
        CHECK_INT(1, COUNT(r, handshakes_late));
        check_line(r, "handshake");
        raw_free(r);
    }
}

TEST(who_leaves_in_the_handshake_is_told)
{
    struct raw *r = raw_new(CHANNEL_TLS, &no_limits, NULL);

    say(r, "\x16\x03\x01", 3); /* half a record */
    r->p->client->ops->stream_close(r->stream);
    r->stream = NULL;
    channel_pair_live(r->p, 10);
    CHECK_INT(1, COUNT(r, handshakes_cut));
    check_line(r, "handshake");
    raw_free(r);
}

/* As those do who watch over a port. */
TEST(who_only_looked_whether_we_are_there_makes_no_line)
{
    struct raw *r = raw_new(CHANNEL_TLS, &no_limits, NULL);

    r->p->client->ops->stream_close(r->stream);
    r->stream = NULL;
    channel_pair_live(r->p, 10);
    CHECK_INT(1, COUNT(r, handshakes_cut));
    CHECK_INT(0, log_keep_count(r->log, "event=connection_fault"));
    raw_free(r);
}

TEST(who_connects_and_says_nothing_is_closed)
{
    const struct channel_limits limits = { .message_time = 30000 };
    struct raw                 *r      = raw_new(CHANNEL_TCP, &limits, NULL);

    channel_pair_live(r->p, 29000);
    CHECK(r->stream != NULL);
    channel_pair_live(r->p, 2000);
    CHECK(r->stream == NULL);
    CHECK_INT(1, COUNT(r, messages_late));
    check_line(r, "message");
    raw_free(r);
}

/* What TLS says for itself, after its handshake, is no message. */
TEST(who_shakes_hands_and_says_nothing_is_closed)
{
    static const enum channel_kind kinds[] = { CHANNEL_TLS, CHANNEL_WS, CHANNEL_WSS };

    for (size_t i = 0; i < 3; i++) {
        struct channel_pair *p = channel_pair_new(kinds[i], &no_limits);

        channel_pair_dial(p, "a.example");
        channel_pair_live(p, 29000);
        CHECK_SLICE("open ", buf_slice(&p->caller.heard));
        channel_pair_live(p, 2000);
        CHECK_SLICE("open  closed:NONE", buf_slice(&p->caller.heard));
        CHECK_INT(1, counter_read(&p->server->counters.messages_late));
        channel_pair_free(p);
    }
}

/* The user says when a message is whole; bytes alone are no progress. */
TEST(a_message_that_drips_is_closed_and_one_that_is_whole_is_not)
{
    struct raw *r = raw_new(CHANNEL_TCP, &no_limits, NULL);

    say(r, "x", 1);
    channel_whole(r->p->ends[0].channel);
    channel_pair_live(r->p, 60000);
    CHECK(r->stream != NULL);
    for (unsigned i = 0; i < 29; i++) {
        say(r, "x", 1);
        channel_pair_live(r->p, 990);
    }
    CHECK(r->stream != NULL);
    channel_pair_live(r->p, 2000);
    CHECK(r->stream == NULL);
    CHECK_INT(1, COUNT(r, messages_late));
    raw_free(r);
}

/* Records of TLS and frames of WebSockets that drip are no progress either. */
TEST(half_a_frame_is_closed_in_time)
{
    struct raw *r = raw_new(CHANNEL_WS, &no_limits, NULL);

    say_upgrade(r, "sip");
    say(r, "\x81\x84\0\0\0\0full", 10);
    for (unsigned i = 0; i < 29; i++) {
        say(r, i == 0 ? "\x81" : i == 1 ? "\xfd" : "x", 1);
        channel_pair_live(r->p, 990);
    }
    CHECK(r->stream != NULL);
    channel_pair_live(r->p, 2000);
    CHECK(r->stream == NULL);
    CHECK_INT(1, COUNT(r, messages_late));
    raw_free(r);
}

static void drip(const char *frame)
{
    struct raw *r = raw_new(CHANNEL_WS, &no_limits, NULL);

    say_upgrade(r, "sip");
    say(r, "\x01\x84\0\0\0\0half", 10);
    for (unsigned i = 0; i < 29; i++) {
        say(r, frame, 6);
        channel_pair_live(r->p, 990);
    }
    CHECK(r->stream != NULL);
    channel_pair_live(r->p, 2000);
    CHECK(r->stream == NULL);
    CHECK_INT(1, COUNT(r, messages_late));
    raw_free(r);
}

TEST(a_message_gets_no_further_by_pings_between_its_fragments)
{
    drip("\x89\x80\0\0\0\0");
    drip("\x8a\x80\0\0\0\0");
}

TEST(who_pings_has_begun_and_who_answers_pings_has_not)
{
    struct raw *pings = raw_new(CHANNEL_WS, &no_limits, NULL), *pongs = raw_new(CHANNEL_WS, &no_limits, NULL);

    say_upgrade(pings, "sip");
    say_upgrade(pongs, "sip");
    say(pings, "\x89\x80\0\0\0\0", 6);
    say(pongs, "\x8a\x80\0\0\0\0", 6);
    channel_pair_live(pings->p, 60000);
    channel_pair_live(pongs->p, 60000);
    CHECK(pings->stream != NULL);
    CHECK(pongs->stream == NULL);
    raw_free(pings);
    raw_free(pongs);
}

static void check_certificate(const struct lab_wish *server, const struct lab_wish *client, const char *domain)
{
    struct channel_pair *p   = channel_pair_new_with(CHANNEL_TLS, &no_limits, client, server);
    struct log_keep     *log = alloc_new(sizeof *log);

    log_keep_init(log, LOG_NOTICE);
    p->client->log = &log->log;
    channel_pair_dial(p, domain);
    channel_pair_live(p, 500);
    CHECK_SLICE(" closed:PERMISSION", buf_slice(&p->caller.heard));
    CHECK_INT(1, counter_read(&p->client->counters.tls_faults_certificate));
    CHECK_INT(1, counter_read(&p->server->counters.tls_faults_refused));
    CHECK_INT(1, log_keep_count(log, "event=connection_fault"));
    CHECK_INT(1, log_keep_count(log, "to=192.0.2.2:5061"));
    p->client->log = NULL;
    channel_pair_free(p);
    free(log);
}

TEST(a_server_with_a_bad_certificate_is_left_at_once)
{
    check_certificate(&(struct lab_wish){ .names = names }, NULL, "b.example");
    check_certificate(&(struct lab_wish){ .names = names, .expired = true }, NULL, "a.example");
    check_certificate(&(struct lab_wish){ .names = names, .foreign = true }, NULL, "a.example");
}

TEST(a_client_without_the_certificate_that_is_demanded_is_refused)
{
    const struct lab_wish server = { .names = names, .clients = TLS_CLIENTS_REQUIRED };
    struct channel_pair  *p      = channel_pair_new_with(CHANNEL_TLS, &no_limits, NULL, &server);

    channel_pair_dial(p, "a.example");
    channel_pair_live(p, 500);
    CHECK(p->caller.channel == NULL);
    CHECK_INT(1, counter_read(&p->server->counters.tls_faults_certificate));
    channel_pair_free(p);
}

/* Twenty lines a second from one peer, and no more. */
TEST(a_flood_of_faults_is_no_flood_of_lines)
{
    struct raw    *r      = raw_new(CHANNEL_TLS, &no_limits, NULL);
    struct address remote = address_v4(192, 0, 2, 2, SERVER_PORT);

    say(r, "garbage", 7);
    for (unsigned i = 0; i < 50; i++) {
        CHECK_INT(0, world_connect(r->p->client, &remote, &events, r, &r->stream));
        channel_pair_live(r->p, 5);
        say(r, "garbage", 7);
    }
    CHECK_INT(51, COUNT(r, tls_faults_protocol));
    CHECK(log_keep_count(r->log, "event=connection_fault") <= 2 * LOG_LINES_PER_SOURCE);
    CHECK(COUNT(r, log_lines_skipped) > 0);
    raw_free(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(garbage_instead_of_tls_is_closed),
        cmocka_unit_test(garbage_in_a_record_of_tls_is_told_by_an_alert_and_closed),
        cmocka_unit_test(a_wrong_subprotocol_gets_its_http_status),
        cmocka_unit_test(a_frame_that_is_too_long_gets_its_close_code),
        cmocka_unit_test(a_handshake_that_never_ends_is_ended),
        cmocka_unit_test(who_leaves_in_the_handshake_is_told),
        cmocka_unit_test(who_only_looked_whether_we_are_there_makes_no_line),
        cmocka_unit_test(who_connects_and_says_nothing_is_closed),
        cmocka_unit_test(who_shakes_hands_and_says_nothing_is_closed),
        cmocka_unit_test(a_message_that_drips_is_closed_and_one_that_is_whole_is_not),
        cmocka_unit_test(half_a_frame_is_closed_in_time),
        cmocka_unit_test(a_message_gets_no_further_by_pings_between_its_fragments),
        cmocka_unit_test(who_pings_has_begun_and_who_answers_pings_has_not),
        cmocka_unit_test(a_server_with_a_bad_certificate_is_left_at_once),
        cmocka_unit_test(a_client_without_the_certificate_that_is_demanded_is_refused),
        cmocka_unit_test(a_flood_of_faults_is_no_flood_of_lines),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
