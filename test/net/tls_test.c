/* SPDX-License-Identifier: BSD-2-Clause */
#include "net/tls.h"

#include "base/error.h"
#include "support/test.h"
#include "support/tls_lab.h"

#include <openssl/ssl.h>
#include <stdio.h>
#include <stdlib.h>

static struct tls_two *setup(struct tls_lab *lab)
{
    tls_lab_init(lab);
    tls_lab_add(lab, "example.com");
    tls_lab_load(lab);
    return tls_two_new(lab->client, lab->server, "example.com");
}

static void teardown(struct tls_lab *lab, struct tls_two *two)
{
    tls_two_free(two);
    tls_lab_fini(lab);
}

static struct slice plain_of(const struct tls_side *side)
{
    return (struct slice){ side->plain, side->plain_len };
}

static uint64_t faults(const struct tls_lab *lab, enum tls_fault_kind kind)
{
    return counter_read(tls_fault_counter(&lab->world->counters, kind));
}

/* ---- what a session carries ---- */

TEST(two_sessions_shake_hands_and_carry_bytes_both_ways)
{
    struct tls_lab  lab;
    struct tls_two *two = setup(&lab);

    tls_two_run(two, 0);
    CHECK(tls_two_is_open(two));
    tls_two_write(two, &two->client, SLICE("OPTIONS"));
    tls_two_write(two, &two->server, SLICE("200 OK"));
    tls_two_run(two, 0);
    CHECK_SLICE("OPTIONS", plain_of(&two->server));
    CHECK_SLICE("200 OK", plain_of(&two->client));
    CHECK_INT(2, counter_read(&lab.world->counters.tls_handshakes));
    assert_string_equal("TLSv1.3", tls_protocol(two->client.tls));
    CHECK_SLICE("example.com", tls_server_name(two->server.tls));
    teardown(&lab, two);
}

/* RFC 6066 3: a name that is rooted is asked for without its dot; it is the same name. */
TEST(a_rooted_name_is_the_name_without_its_dot)
{
    struct tls_lab  lab;
    struct tls_two *two;

    tls_lab_init(&lab);
    tls_lab_add(&lab, "example.com");
    tls_lab_load(&lab);
    two = tls_two_new(lab.client, lab.server, "example.com.");
    tls_two_run(two, 0);
    CHECK(tls_two_is_open(two));
    CHECK_SLICE("example.com", tls_server_name(two->server.tls));
    teardown(&lab, two);
}

/* Parts of a message become records of up to 16 KiB, wherever the parts end. */
TEST(a_message_of_many_parts_and_records_arrives_as_it_was)
{
    enum { SIZE = 100000 };
    struct tls_lab  lab;
    struct tls_two *two  = setup(&lab);
    char           *text = malloc(SIZE);
    struct slice    parts[5];

    assert_non_null(text);
    for (size_t i = 0; i < SIZE; i++)
        text[i] = (char)('a' + i * i % 26);
    parts[0] = (struct slice){ text, 0 };
    parts[1] = (struct slice){ text, 1 };
    parts[2] = (struct slice){ text + 1, 40000 };
    parts[3] = (struct slice){ NULL, 0 };
    parts[4] = (struct slice){ text + 40001, SIZE - 40001 };
    tls_two_run(two, 0);
    CHECK_INT(0, tls_write(two->client.tls, parts, 5));
    tls_two_collect(two, &two->client);
    tls_two_run(two, 0);
    CHECK_INT(SIZE, two->server.plain_len);
    assert_memory_equal(text, two->server.plain, SIZE);
    free(text);
    teardown(&lab, two);
}

TEST(bytes_may_come_one_by_one_and_in_any_pieces)
{
    static const size_t pieces[] = { 1, 2, 3, 5, 7, 64, 1000 };

    for (size_t i = 0; i < sizeof pieces / sizeof pieces[0]; i++) {
        struct tls_lab  lab;
        struct tls_two *two = setup(&lab);

        tls_two_run(two, pieces[i]);
        CHECK(tls_two_is_open(two));
        tls_two_write(two, &two->client, SLICE("one"));
        tls_two_write(two, &two->client, SLICE("two"));
        tls_two_run(two, pieces[i]);
        CHECK_SLICE("onetwo", plain_of(&two->server));
        teardown(&lab, two);
    }
}

TEST(what_is_read_stays_while_something_is_written)
{
    struct tls_lab  lab;
    struct tls_two *two = setup(&lab);
    struct slice    in, plain, answer = SLICE("answer answer answer");

    tls_two_run(two, 0);
    tls_two_write(two, &two->client, SLICE("question"));
    in = (struct slice){ two->server.wire, two->server.wire_len };
    CHECK_INT(TLS_BYTES, tls_next(two->server.tls, &in, &plain));
    CHECK_INT(0, tls_write(two->server.tls, &answer, 1));
    CHECK(tls_output(two->server.tls).len > 0);
    CHECK_SLICE("question", plain);
    teardown(&lab, two);
}

TEST(output_is_taken_once)
{
    struct tls_lab  lab;
    struct tls_two *two  = setup(&lab);
    struct slice    text = SLICE("x");

    tls_two_run(two, 0);
    CHECK_INT(0, tls_write(two->server.tls, &text, 1));
    CHECK_INT(0, tls_write(two->server.tls, &text, 1));
    CHECK_INT(0, tls_output(two->client.tls).len);
    CHECK(tls_output(two->server.tls).len > 2 * 17);
    CHECK_INT(0, tls_output(two->server.tls).len);
    teardown(&lab, two);
}

TEST(nothing_is_written_before_the_handshake_is_over_nor_after_the_end)
{
    struct tls_lab  lab;
    struct tls_two *two  = setup(&lab);
    struct slice    text = SLICE("x");

    CHECK_INT(-ERR_CLOSED, tls_write(two->client.tls, &text, 1));
    tls_shut(two->client.tls); /* nothing to shut yet */
    CHECK_INT(0, tls_output(two->client.tls).len);
    tls_two_run(two, 0);
    tls_shut(two->client.tls);
    CHECK_INT(-ERR_CLOSED, tls_write(two->client.tls, &text, 1));
    teardown(&lab, two);
}

/* RFC 8446 6.1: close_notify ends one direction. */
TEST(a_peer_that_sends_no_more_can_still_be_answered)
{
    struct tls_lab  lab;
    struct tls_two *two = setup(&lab);

    tls_two_run(two, 0);
    tls_two_write(two, &two->client, SLICE("last"));
    tls_shut(two->client.tls);
    tls_two_collect(two, &two->client);
    tls_two_run(two, 0);
    CHECK_INT(TLS_CLOSED, two->server.last);
    CHECK_SLICE("last", plain_of(&two->server));
    tls_two_write(two, &two->server, SLICE("answer"));
    tls_shut(two->server.tls);
    tls_two_collect(two, &two->server);
    tls_two_run(two, 0);
    CHECK_SLICE("answer", plain_of(&two->client));
    CHECK_INT(TLS_CLOSED, two->client.last);
    teardown(&lab, two);
}

/* ---- garbage ---- */

/* What a server says to these bytes. */
static void check_garbage(struct slice bytes, size_t piece, enum tls_fault_kind kind, const char *text)
{
    struct tls_lab  lab;
    struct tls_two *two = setup(&lab);

    memcpy(two->server.wire, bytes.ptr, bytes.len);
    two->server.wire_len = bytes.len;
    tls_two_run(two, piece);
    CHECK_INT(TLS_FAULT, two->server.last);
    CHECK_INT(kind, tls_fault(two->server.tls)->kind);
    if (text != NULL)
        assert_string_equal(text, tls_fault(two->server.tls)->text);
    CHECK(faults(&lab, kind) >= 1);
    teardown(&lab, two);
}

TEST(garbage_is_named_so)
{
    static const char garbage[] = "\x80\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f";

    for (size_t piece = 0; piece < 3; piece++) {
        check_garbage(SLICE("REGISTER sip:example.com SIP/2.0\r\n"), piece, TLS_FAULT_PROTOCOL,
                      "plain text instead of TLS");
        check_garbage(SLICE("GET / HTTP/1.1\r\nHost: x\r\n\r\n"), piece, TLS_FAULT_PROTOCOL,
                      "plain text instead of TLS");
        check_garbage((struct slice){ garbage, 16 }, piece, TLS_FAULT_PROTOCOL, "garbage instead of TLS");
    }
}

/* A record of type handshake with a length no record has, and one whose message is none. */
TEST(records_that_are_none_end_the_session)
{
    static const char long_record[] = "\x16\x03\x01\xff\xff\x01\x00\x00\x00";
    static const char no_hello[]    = "\x16\x03\x01\x00\x08\x0e\x00\x00\x04xxxx";

    check_garbage((struct slice){ long_record, 9 }, 0, TLS_FAULT_PROTOCOL, NULL);
    check_garbage((struct slice){ no_hello, 13 }, 0, TLS_FAULT_PROTOCOL, NULL);
}

TEST(half_a_record_is_waited_for)
{
    struct tls_lab  lab;
    struct tls_two *two = setup(&lab);
    size_t          small;

    tls_two_run(two, 0);
    small = tls_memory(two->server.tls);
    tls_two_write(two, &two->client, SLICE("a message"));
    two->server.wire_len -= 5;
    tls_two_run(two, 0);
    CHECK_INT(0, two->server.plain_len);
    CHECK_INT(TLS_OPEN, two->server.last);
    CHECK(tls_memory(two->server.tls) > small);
    teardown(&lab, two);
}

/* One bit is enough, wherever it is. */
TEST(a_record_that_was_tampered_with_ends_the_session)
{
    for (size_t at = 0; at < 40; at += 3) {
        struct tls_lab  lab;
        struct tls_two *two = setup(&lab);

        tls_two_run(two, 0);
        tls_two_write(two, &two->client, SLICE("a message that is long enough"));
        if (at < two->server.wire_len)
            two->server.wire[at] ^= 0x40;
        tls_two_run(two, 0);
        CHECK_INT(0, two->server.plain_len);
        if (at != 3) /* then the record is longer, and waited for */
            CHECK_INT(TLS_FAULT, two->server.last);
        CHECK(two->client.last != TLS_FAULT || tls_fault(two->client.tls)->kind == TLS_FAULT_REFUSED);
        teardown(&lab, two);
    }
}

TEST(a_fault_is_told_again_and_again)
{
    struct tls_lab  lab;
    struct tls_two *two = setup(&lab);
    struct slice    in = SLICE("INVITE sip:"), plain, text = SLICE("x");

    CHECK_INT(TLS_FAULT, tls_next(two->server.tls, &in, &plain));
    (void)tls_output(two->server.tls);
    in = SLICE("more");
    CHECK_INT(TLS_FAULT, tls_next(two->server.tls, &in, &plain));
    CHECK_INT(-ERR_CLOSED, tls_write(two->server.tls, &text, 1));
    CHECK_INT(1, faults(&lab, TLS_FAULT_PROTOCOL));
    teardown(&lab, two);
}

/* ---- the floor: a client of OpenSSL's own, free to be weak ---- */

struct weak {
    SSL_CTX *ctx;
    SSL     *ssl;
    BIO     *to_us, *from_us;
};

static struct weak weak_new(long min, long max, const char *ciphers)
{
    struct weak w = { .ctx = SSL_CTX_new(TLS_client_method()) };

    SSL_CTX_set_security_level(w.ctx, 0);
    SSL_CTX_set_min_proto_version(w.ctx, (int)min);
    SSL_CTX_set_max_proto_version(w.ctx, (int)max);
    if (ciphers != NULL)
        assert_int_equal(1, SSL_CTX_set_cipher_list(w.ctx, ciphers));
    w.ssl     = SSL_new(w.ctx);
    w.to_us   = BIO_new(BIO_s_mem());
    w.from_us = BIO_new(BIO_s_mem());
    SSL_set_bio(w.ssl, w.from_us, w.to_us);
    SSL_set_connect_state(w.ssl);
    return w;
}

static void weak_free(struct weak *w)
{
    SSL_free(w->ssl);
    SSL_CTX_free(w->ctx);
}

/* To and fro; what the server said last that is worth a word. */
static enum tls_event weak_run(struct weak *w, struct tls *server)
{
    enum tls_event last = TLS_MORE;

    for (unsigned i = 0; i < 8; i++) {
        char        *bytes;
        struct slice in, plain, out;

        (void)(SSL_is_init_finished(w->ssl) ? SSL_read(w->ssl, &(char){ 0 }, 1) : SSL_do_handshake(w->ssl));
        in.len = (size_t)BIO_get_mem_data(w->to_us, &bytes);
        in.ptr = bytes;
        for (enum tls_event e = TLS_BYTES; e != TLS_MORE && e != TLS_FAULT && e != TLS_CLOSED;) {
            e = tls_next(server, &in, &plain);
            if (e != TLS_MORE)
                last = e;
            out = tls_output(server);
            if (out.len > 0)
                BIO_write(w->from_us, out.ptr, (int)out.len);
        }
        (void)BIO_reset(w->to_us);
    }
    return last;
}

static void check_floor(long max, const char *ciphers, bool tls13_only, bool open)
{
    struct tls_lab lab;
    struct weak    w = weak_new(0, max, ciphers);
    struct tls    *server;

    tls_lab_init(&lab);
    tls_lab_add(&lab, "example.com");
    lab.setup.tls13_only = tls13_only;
    tls_lab_load(&lab);
    server = tls_accept(lab.server, TLS_CLIENTS_NONE);
    CHECK_INT(open ? TLS_OPEN : TLS_FAULT, weak_run(&w, server));
    if (!open)
        CHECK_INT(TLS_FAULT_VERSION, tls_fault(server)->kind);
    if (!open && ciphers == NULL)
        assert_string_equal("no common protocol version", tls_fault(server)->text);
    tls_free(server);
    weak_free(&w);
    tls_lab_fini(&lab);
}

/* RFC 8996: TLS 1.0 and 1.1 must not be spoken. */
TEST(nothing_older_than_tls_1_2_is_spoken)
{
    check_floor(TLS1_VERSION, NULL, false, false);
    check_floor(TLS1_1_VERSION, NULL, false, false);
    check_floor(TLS1_2_VERSION, NULL, false, true);
    check_floor(TLS1_3_VERSION, NULL, false, true);
}

TEST(tls_1_2_can_be_switched_off)
{
    check_floor(TLS1_2_VERSION, NULL, true, false);
    check_floor(TLS1_3_VERSION, NULL, true, true);
}

/* No forward secrecy, or no authenticated encryption: no session. */
TEST(a_client_with_weak_ciphers_alone_gets_no_session)
{
    check_floor(TLS1_2_VERSION, "AES128-GCM-SHA256", false, false);
    check_floor(TLS1_2_VERSION, "ECDHE-ECDSA-AES128-SHA", false, false);
    check_floor(TLS1_2_VERSION, "DHE-RSA-AES128-GCM-SHA256", false, false);
    check_floor(TLS1_2_VERSION, "aNULL", false, false);
    check_floor(TLS1_2_VERSION, "ECDHE-ECDSA-AES128-GCM-SHA256", false, true);
    check_floor(TLS1_2_VERSION, "ECDHE-ECDSA-CHACHA20-POLY1305", false, true);
}

/* It costs the server a handshake each time, and the peer next to nothing. */
TEST(a_client_that_wants_to_renegotiate_gets_nothing_new)
{
    struct tls_lab lab;
    struct weak    w;
    struct tls    *server;

    tls_lab_init(&lab);
    tls_lab_add(&lab, "example.com");
    tls_lab_load(&lab);
    w      = weak_new(0, TLS1_2_VERSION, NULL);
    server = tls_accept(lab.server, TLS_CLIENTS_NONE);
    CHECK_INT(TLS_OPEN, weak_run(&w, server));
    SSL_renegotiate(w.ssl);
    SSL_do_handshake(w.ssl);
    (void)weak_run(&w, server);
    CHECK_INT(0, SSL_num_renegotiations(w.ssl) > 0 && SSL_is_init_finished(w.ssl));
    CHECK_INT(1, counter_read(&lab.world->counters.tls_handshakes));
    tls_free(server);
    weak_free(&w);
    tls_lab_fini(&lab);
}

TEST(early_data_and_compression_are_not_to_be_had)
{
    struct tls_lab lab;
    struct weak    w;
    struct tls    *server;

    tls_lab_init(&lab);
    tls_lab_add(&lab, "example.com");
    tls_lab_load(&lab);
    w      = weak_new(0, TLS1_3_VERSION, NULL);
    server = tls_accept(lab.server, TLS_CLIENTS_NONE);
    CHECK_INT(TLS_OPEN, weak_run(&w, server));
    CHECK_INT(0, SSL_SESSION_get_max_early_data(SSL_get0_session(w.ssl)));
    assert_null(SSL_get_current_compression(w.ssl));
    tls_free(server);
    weak_free(&w);
    tls_lab_fini(&lab);
}

/* ---- no certificate ---- */

TEST(who_has_no_certificate_cannot_be_connected_to)
{
    struct tls_lab lab;

    tls_lab_init(&lab);
    tls_lab_load(&lab);
    CHECK(!tls_shared_can_accept(lab.shared));
    assert_null(tls_accept(lab.server, TLS_CLIENTS_NONE));
    tls_lab_fini(&lab);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_sessions_shake_hands_and_carry_bytes_both_ways),
        cmocka_unit_test(a_rooted_name_is_the_name_without_its_dot),
        cmocka_unit_test(a_message_of_many_parts_and_records_arrives_as_it_was),
        cmocka_unit_test(bytes_may_come_one_by_one_and_in_any_pieces),
        cmocka_unit_test(what_is_read_stays_while_something_is_written),
        cmocka_unit_test(output_is_taken_once),
        cmocka_unit_test(nothing_is_written_before_the_handshake_is_over_nor_after_the_end),
        cmocka_unit_test(a_peer_that_sends_no_more_can_still_be_answered),
        cmocka_unit_test(garbage_is_named_so),
        cmocka_unit_test(records_that_are_none_end_the_session),
        cmocka_unit_test(half_a_record_is_waited_for),
        cmocka_unit_test(a_record_that_was_tampered_with_ends_the_session),
        cmocka_unit_test(a_fault_is_told_again_and_again),
        cmocka_unit_test(nothing_older_than_tls_1_2_is_spoken),
        cmocka_unit_test(tls_1_2_can_be_switched_off),
        cmocka_unit_test(a_client_with_weak_ciphers_alone_gets_no_session),
        cmocka_unit_test(a_client_that_wants_to_renegotiate_gets_nothing_new),
        cmocka_unit_test(early_data_and_compression_are_not_to_be_had),
        cmocka_unit_test(who_has_no_certificate_cannot_be_connected_to),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
