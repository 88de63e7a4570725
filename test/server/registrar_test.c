/* SPDX-License-Identifier: BSD-2-Clause */
/* Registrations and the disk: what is acknowledged is kept, what is refused has
 * changed nothing (RFC 3261 10.3). */
#include "base/error.h"
#include "support/digest_line.h"
#include "support/server_bench.h"
#include "support/test.h"

#include <stdio.h>

static struct bench b;

static void registers(unsigned cseq, const char *more)
{
    raw_register(&b.bob, cseq, more);
    bench_live(&b, 50);
}

static void asks_to_remove(unsigned cseq)
{
    raw_ask(&b.bob, &(struct request_form){ .cseq = cseq, .more = "Contact: *\r\nExpires: 0\r\n" });
    bench_live(&b, 50);
}

static bool is_served(void)
{
    static unsigned asked;

    raw_forget(&b.alice);
    raw_ask(&b.alice, &(struct request_form){ .cseq = ++asked, .call_id = "question" });
    bench_live(&b, 50);
    CHECK(raw_last_is(&b.alice, "SIP/2.0 200 "));
    return strstr(raw_heard(&b.alice, 0), "\r\nContact: <sip:bob@192.0.2.9:6001>") != NULL;
}

TEST(the_200_waits_for_the_commit)
{
    bench_open(&b, "");
    store_fake_hold(b.store, true);
    registers(1, NULL);
    bench_live(&b, 1000);
    CHECK_INT(0, b.bob.count);
    CHECK_INT(1, server_alive(b.server));
    store_fake_hold(b.store, false);
    bench_live(&b, 10);
    CHECK(raw_last_is(&b.bob, "SIP/2.0 200 "));
    CHECK(is_served());
    bench_close(&b);
}

/* DESIGN: the 200 is built at the change and waits for its commit; what comes meanwhile
 * is not its business. */
TEST(the_200_says_what_was_so_when_it_was_carried_out)
{
    bench_open(&b, "");
    store_fake_hold(b.store, true);
    registers(1, NULL);
    raw_ask(&b.carol, &(struct request_form){ .more = "Contact: <sip:second@192.0.2.9>\r\n" });
    bench_live(&b, 2000);
    CHECK_INT(0, b.bob.count + b.carol.count);
    store_fake_hold(b.store, false);
    bench_live(&b, 10);
    CHECK(raw_last_is(&b.bob, "SIP/2.0 200 "));
    CHECK(strstr(raw_heard(&b.bob, 0), "\r\nContact: <sip:bob@192.0.2.9:6001>;expires=3600\r\n") != NULL);
    CHECK(strstr(raw_heard(&b.bob, 0), "second") == NULL);
    CHECK(strstr(raw_heard(&b.carol, 0), "<sip:bob@192.0.2.9:6001>") != NULL);
    CHECK(strstr(raw_heard(&b.carol, 0), "<sip:second@192.0.2.9>") != NULL);
    bench_close(&b);
}

/* A refresh that itself writes nothing must not vouch for what is not written. */
TEST(a_repeated_register_waits_for_the_first_ones_commit)
{
    bench_open(&b, "");
    store_fake_hold(b.store, true);
    registers(1, NULL);
    registers(2, NULL);
    CHECK_INT(0, b.bob.count);
    CHECK_INT(2, server_alive(b.server));
    store_fake_hold(b.store, false);
    bench_live(&b, 10);
    CHECK_INT(2, raw_heard_count(&b.bob, "SIP/2.0 200 "));
    bench_close(&b);
}

TEST(a_second_removal_waits_for_the_first_ones_commit)
{
    bench_open(&b, "");
    registers(1, NULL);
    raw_forget(&b.bob);
    store_fake_hold(b.store, true);
    asks_to_remove(2);
    asks_to_remove(3);
    CHECK_INT(0, b.bob.count);
    bench_kill(&b); /* nothing was acknowledged, so it may all come back */
    bench_start(&b);
    CHECK(is_served());
    asks_to_remove(4);
    CHECK(raw_last_is(&b.bob, "SIP/2.0 200 "));
    bench_close(&b);
}

TEST(a_failed_commit_is_500_and_heals)
{
    char value[64];

    bench_open(&b, "");
    store_fake_fail(b.store, -ERR_DISK_FULL);
    registers(1, NULL);
    CHECK(raw_last_is(&b.bob, "SIP/2.0 500 "));
    CHECK(strcmp(header_of(raw_heard(&b.bob, 0), "Retry-After", value, sizeof value), "10") == 0);
    CHECK_INT(1, counter_read(&b.at_server->counters.store_failures));
    store_fake_fail(b.store, 0);
    bench_live(&b, 10);
    registers(2, NULL);
    CHECK(raw_last_is(&b.bob, "SIP/2.0 200 "));
    bench_kill(&b);
    bench_start(&b);
    CHECK(is_served());
    bench_close(&b);
}

TEST(a_full_store_is_503_and_changes_nothing)
{
    char value[64];

    bench_open(&b, "");
    b.store_queue = 1;
    bench_kill(&b);
    bench_start(&b);
    store_fake_hold(b.store, true);
    registers(1, NULL); /* fills the queue */
    CHECK_INT(0, b.bob.count);
    raw_ask(&b.carol, &(struct request_form){ .from = "<sip:carol@example.test>;tag=1",
                                              .to   = "<sip:carol@example.test>",
                                              .more = "Contact: <sip:carol@192.0.2.9:6002>\r\n" });
    bench_live(&b, 50);
    CHECK(raw_last_is(&b.carol, "SIP/2.0 503 "));
    CHECK(strcmp(header_of(raw_heard(&b.carol, 0), "Retry-After", value, sizeof value), "10") == 0);
    CHECK_INT(1, location_count(server_location(b.server)));
    store_fake_hold(b.store, false);
    bench_live(&b, 50);
    raw_ask(&b.carol, &(struct request_form){ .from = "<sip:carol@example.test>;tag=1",
                                              .to   = "<sip:carol@example.test>",
                                              .cseq = 2,
                                              .more = "Contact: <sip:carol@192.0.2.9:6002>\r\n" });
    bench_live(&b, 50);
    CHECK(raw_last_is(&b.carol, "SIP/2.0 200 "));
    bench_close(&b);
}

/* One transaction ends after 64*T1, while its REGISTER still waits for the disk: waits are
 * bounded by themselves. */
TEST(registers_that_wait_have_a_limit_and_room_again_after_the_commit)
{
    char to[64], contact[80];

    bench_open(&b, "max_server_transactions = 16\n");
    store_fake_hold(b.store, true);
    for (unsigned i = 0; i < 17; i++) {
        if (i == 16)
            bench_live(&b, 33000); /* the transactions of the first sixteen are over */
        snprintf(to, sizeof to, "<sip:user%u@example.test>", i);
        snprintf(contact, sizeof contact, "Contact: <sip:user%u@192.0.2.9:6002>\r\n", i);
        raw_ask(&b.carol, &(struct request_form){ .to = to, .cseq = i + 1, .more = contact });
        bench_live(&b, 10);
    }
    CHECK_INT(16, server_alive(b.server));
    CHECK(raw_last_is(&b.carol, "SIP/2.0 503 "));
    CHECK_INT(1, counter_read(&b.at_server->counters.requests_turned_away));
    store_fake_hold(b.store, false);
    bench_live(&b, 50);
    CHECK_INT(0, server_alive(b.server));
    raw_ask(&b.carol, &(struct request_form){ .to = to, .cseq = 18, .more = contact });
    bench_live(&b, 50);
    CHECK(raw_last_is(&b.carol, "SIP/2.0 200 "));
    bench_close(&b);
}

/* Nothing has to be written for these, so a full queue is no reason to refuse. */
TEST(a_full_store_still_answers_questions_and_refreshes)
{
    bench_open(&b, "");
    registers(1, NULL);
    raw_forget(&b.bob);
    b.store_queue = 1;
    bench_kill(&b);
    bench_start(&b);
    store_fake_hold(b.store, true);
    raw_ask(&b.carol, &(struct request_form){ .from = "<sip:carol@example.test>;tag=1",
                                              .to   = "<sip:carol@example.test>",
                                              .more = "Contact: <sip:carol@192.0.2.9:6002>\r\n" });
    bench_live(&b, 50);
    CHECK_INT(0, b.carol.count);
    registers(2, NULL);
    CHECK(raw_last_is(&b.bob, "SIP/2.0 200 "));
    CHECK(is_served());
    store_fake_hold(b.store, false);
    bench_close(&b);
}

/* DESIGN: the row's lease is longer than what was acknowledged. */
TEST(a_refresh_within_the_lease_writes_nothing)
{
    bench_open(&b, "");
    registers(1, "Expires: 600\r\n");
    store_fake_hold(b.store, true);
    bench_live(&b, 500 * 1000);
    registers(2, "Expires: 600\r\n");
    CHECK_INT(2, raw_heard_count(&b.bob, "SIP/2.0 200 "));
    CHECK_INT(0, store_fake_waiting(b.store));
    bench_live(&b, 500 * 1000);
    registers(3, "Expires: 600\r\n"); /* beyond 1200 s: a write */
    CHECK_INT(1, store_fake_waiting(b.store));
    CHECK_INT(2, raw_heard_count(&b.bob, "SIP/2.0 200 "));
    store_fake_hold(b.store, false);
    bench_live(&b, 10);
    CHECK_INT(3, raw_heard_count(&b.bob, "SIP/2.0 200 "));
    bench_close(&b);
}

TEST(a_power_cut_loses_nothing_acknowledged)
{
    bench_open(&b, "");
    registers(1, NULL);
    bench_kill(&b);
    bench_start(&b);
    CHECK(is_served());
    asks_to_remove(2);
    CHECK_INT(2, raw_heard_count(&b.bob, "SIP/2.0 200 "));
    bench_kill(&b);
    bench_start(&b);
    CHECK(!is_served());
    registers(3, NULL);
    raw_forget(&b.bob);
    store_fake_hold(b.store, true);
    asks_to_remove(4);
    CHECK_INT(0, b.bob.count); /* not acknowledged ... */
    bench_kill(&b);
    bench_start(&b);
    CHECK(is_served()); /* ... and so allowed to come back */
    bench_close(&b);
}

TEST(a_binding_ends_in_its_time_and_leaves_no_row)
{
    bench_open(&b, "");
    registers(1, "Expires: 60\r\n");
    bench_live(&b, 59 * 1000);
    CHECK(is_served());
    bench_live(&b, 2 * 1000);
    CHECK(!is_served());
    bench_live(&b, 10);
    CHECK_INT(4, fake_disk_rows(b.disk)); /* realm and keys */
    bench_close(&b);
}

/* All contacts of a request or none. */
TEST(at_the_limit_of_bindings_nothing_changes)
{
    bench_open(&b, "max_bindings = 2\n");
    registers(1, NULL);
    raw_ask(&b.bob, &(struct request_form){
                        .cseq = 2,
                        .more = "Contact: <sip:bob@192.0.2.9:6001>;expires=0\r\n"
                                "Contact: <sip:one@192.0.2.9>, <sip:two@192.0.2.9>, <sip:three@192.0.2.9>\r\n" });
    bench_live(&b, 50);
    CHECK(raw_last_is(&b.bob, "SIP/2.0 503 "));
    CHECK_INT(1, location_count(server_location(b.server)));
    CHECK(is_served());
    raw_ask(&b.bob, &(struct request_form){ .cseq = 3, .more = "Contact: <sip:one@192.0.2.9>\r\n" });
    bench_live(&b, 50);
    CHECK(raw_last_is(&b.bob, "SIP/2.0 200 "));
    CHECK_INT(2, location_count(server_location(b.server)));
    bench_close(&b);
}

TEST(at_the_limit_of_contacts_the_request_is_refused)
{
    bench_open(&b, "max_contacts = 2\n");
    raw_ask(&b.bob, &(struct request_form){ .more = "Contact: <sip:1@a>, <sip:2@a>, <sip:3@a>\r\n" });
    bench_live(&b, 50);
    CHECK(raw_last_is(&b.bob, "SIP/2.0 403 "));
    CHECK_INT(0, location_count(server_location(b.server)));
    bench_close(&b);
}

/* A limit that was lowered binds new registrations; the old ones were promised. */
TEST(a_lowered_limit_does_not_keep_the_server_from_starting)
{
    struct config *c;

    bench_open(&b, "");
    raw_ask(&b.bob, &(struct request_form){ .more = "Contact: <sip:1@a>, <sip:2@a>, <sip:3@a>\r\n" });
    bench_live(&b, 50);
    bench_kill(&b);
    c               = (struct config *)(uintptr_t)b.config;
    c->max_bindings = 1;
    bench_start(&b);
    CHECK_INT(3, location_count(server_location(b.server)));
    bench_close(&b);
}

/* The addresses that a phone behind a translator is known by outlive a restart;
 * which socket they belong to has to be found anew. */
TEST(a_call_by_a_stored_flow_goes_out_by_the_right_socket)
{
    bench_open(&b, "listen = {\"tcp:192.0.2.1:5060\", \"udp:192.0.2.1:5060\"}\n");
    raw_ask(&b.bob, &(struct request_form){ .more = "Contact: <sip:bob@10.1.1.1:5060>\r\n" });
    bench_live(&b, 50);
    CHECK(raw_last_is(&b.bob, "SIP/2.0 200 "));
    bench_kill(&b);
    bench_start(&b);
    raw_ask(&b.alice, &(struct request_form){ .method = "MESSAGE", .uri = "sip:bob@example.test" });
    bench_live(&b, 50);
    CHECK(raw_last_is(&b.bob, "MESSAGE sip:bob@10.1.1.1:5060 SIP/2.0\r\n"));
    raw_answer(&b.bob, 0, "200 OK", "b");
    bench_live(&b, 50);
    CHECK(raw_last_is(&b.alice, "SIP/2.0 200 "));
    bench_close(&b);
}

TEST(without_authentication_anybody_of_our_domain_may_register)
{
    bench_open(&b, "");
    raw_ask(&b.carol, &(struct request_form){ .to   = "<sip:whoever@example.test>",
                                              .more = "Contact: <sip:w@192.0.2.9:6002>\r\n" });
    bench_live(&b, 50);
    CHECK(raw_last_is(&b.carol, "SIP/2.0 200 "));
    raw_ask(&b.carol, &(struct request_form){ .to   = "<sip:whoever@foreign.test>",
                                              .cseq = 2,
                                              .more = "Contact: <sip:w@192.0.2.9:6002>\r\n" });
    bench_live(&b, 50);
    CHECK(raw_last_is(&b.carol, "SIP/2.0 404 "));
    bench_close(&b);
}

/* A disk that hangs: the waits are bounded, and all are answered when it works. */
TEST(a_hanging_disk_does_not_collect_waits_without_end)
{
    bench_open(&b, "max_server_transactions = 16\n");
    store_fake_hold(b.store, true);
    for (unsigned i = 1; i <= 60; i++) {
        registers(i, NULL);
        bench_live(&b, 3000); /* each transaction ends after 32 s */
    }
    CHECK(server_alive(b.server) <= 16);
    CHECK(raw_heard_count(&b.bob, "SIP/2.0 503 ") > 0);
    store_fake_hold(b.store, false);
    bench_live(&b, 10);
    CHECK_INT(0, server_alive(b.server));
    registers(61, NULL);
    CHECK(raw_last_is(&b.bob, "SIP/2.0 200 "));
    bench_close(&b);
}

/* A wait for an early change behind a wait for a late one. */
TEST(each_wait_ends_with_its_own_commit)
{
    bench_open(&b, "");
    store_fake_hold(b.store, true);
    registers(1, NULL);
    raw_ask(&b.carol, &(struct request_form){ .from = "<sip:carol@example.test>;tag=1",
                                              .to   = "<sip:carol@example.test>",
                                              .more = "Contact: <sip:carol@192.0.2.9:6002>\r\n" });
    bench_live(&b, 50);
    registers(2, NULL);               /* waits for the change of the first */
    server_on_report(b.server, 3, 0); /* realm, relay key, bob */
    bench_live(&b, 10);
    CHECK_INT(2, raw_heard_count(&b.bob, "SIP/2.0 200 "));
    CHECK_INT(0, b.carol.count);
    server_on_report(b.server, 4, -ERR_IO);
    bench_live(&b, 10);
    CHECK(raw_last_is(&b.carol, "SIP/2.0 500 "));
    store_fake_hold(b.store, false);
    bench_close(&b);
}

/* What is required and not known is refused however it is spelt, in whole lines. */
TEST(a_monstrous_require_is_refused_in_good_form)
{
    char more[2600], value[64];

    snprintf(more, sizeof more, "Require: %0*d, foo\r\nRequire: %0*d\r\n", 1500, 1, 900, 2);
    bench_open(&b, "");
    registers(1, more);
    CHECK(raw_last_is(&b.bob, "SIP/2.0 420 "));
    CHECK(strcmp(header_of(raw_heard(&b.bob, 0), "Content-Length", value, sizeof value), "0") == 0);
    CHECK_INT(0, location_count(server_location(b.server)));
    bench_close(&b);
}

/* With the password "secret" of `from`, register `to`, both of example.test unless they say another domain. */
static void registers_another(unsigned cseq, const char *user, const char *from, const char *uri, const char *to)
{
    char                nonce[128], line[PROOF_LINE], more[PROOF_LINE + 80];
    struct request_form form = { .uri = uri, .from = from, .to = to, .cseq = cseq, .more = "Contact: <sip:x@y>\r\n" };

    raw_ask(&b.bob, &form);
    bench_live(&b, 50);
    CHECK(raw_last_is(&b.bob, "SIP/2.0 401 "));
    quoted_value(raw_heard(&b.bob, 0), "nonce", nonce, sizeof nonce);
    snprintf(more, sizeof more, "%sContact: <sip:x@y>\r\n",
             proof_line(&(struct proof){ .user = user, .nonce = nonce, .uri = uri, .nc = 1 }, line));
    form.cseq++;
    form.more = more;
    raw_ask(&b.bob, &form);
    bench_live(&b, 50);
}

/* RFC 3261 10.2, 10.3 step 4: whom From names has to prove it, and to be allowed. */
TEST(a_third_party_registers_whom_it_may_and_nobody_else)
{
    static const char reception[] = "<sip:reception@example.test>;tag=1", boss[] = "<sip:boss@example.test>";

    bench_open(&b, "authentication = yes domain = {example.test, b.test}\n"
                   "third_party = {\"reception@example.test boss@example.test\", \"pbx@example.test *@b.test\"}\n");
    bench_add_user(&b, "reception", "secret");
    bench_add_user(&b, "boss", "secret");
    bench_add_user(&b, "pbx", "secret");
    registers_another(1, "boss", "<sip:boss@example.test>;tag=1", "sip:example.test", "<sip:reception@example.test>");
    CHECK(raw_last_is(&b.bob, "SIP/2.0 403 "));
    registers_another(3, "pbx", "<sip:pbx@example.test>;tag=1", "sip:example.test", boss);
    CHECK(raw_last_is(&b.bob, "SIP/2.0 403 "));
    registers_another(5, "pbx", reception, "sip:example.test", boss);
    CHECK(raw_last_is(&b.bob, "SIP/2.0 403 ")); /* From itself gives no right */
    CHECK_INT(0, location_count(server_location(b.server)));
    registers_another(7, "reception", reception, "sip:example.test", boss);
    CHECK(raw_last_is(&b.bob, "SIP/2.0 200 "));
    registers_another(9, "pbx", "<sip:pbx@example.test>;tag=1", "sip:b.test", "<sip:anybody@b.test>");
    CHECK(raw_last_is(&b.bob, "SIP/2.0 200 "));
    registers_another(11, "boss", "<sip:boss@example.test>;tag=1", "sip:example.test", boss);
    CHECK(raw_last_is(&b.bob, "SIP/2.0 200 "));
    CHECK_INT(2, location_count(server_location(b.server)));
    bench_close(&b);
}

/* One request cannot make us keep kilobytes for hours. */
TEST(what_is_kept_of_a_binding_is_bounded)
{
    char           more[3000];
    struct binding kept;

    bench_open(&b, "");
    snprintf(more, sizeof more, "Contact: <sip:%0*d@192.0.2.9>\r\n", 1100, 1);
    raw_ask(&b.bob, &(struct request_form){ .more = more });
    bench_live(&b, 50);
    CHECK(raw_last_is(&b.bob, "SIP/2.0 413 "));
    CHECK_INT(0, location_count(server_location(b.server)));
    snprintf(more, sizeof more, "User-Agent: %0*d\r\n", 2000, 1);
    registers(2, more);
    CHECK(raw_last_is(&b.bob, "SIP/2.0 200 "));
    rcu_enter(b.shared->rcu);
    aor_binding(location_find(server_location(b.server), SLICE("sip:bob@example.test")), 0, &kept);
    CHECK_INT(256, kept.user_agent.len);
    rcu_leave(b.shared->rcu);
    snprintf(more, sizeof more, "%0*d", 600, 1);
    raw_ask(&b.bob, &(struct request_form){ .call_id = more, .cseq = 3, .more = "Contact: <sip:x@y>\r\n" });
    bench_live(&b, 50);
    CHECK(raw_last_is(&b.bob, "SIP/2.0 413 "));
    CHECK_INT(1, location_count(server_location(b.server)));
    bench_close(&b);
}

/* Whoever could not be told what there is does not make it more. */
TEST(a_change_whose_200_would_be_too_long_is_not_made)
{
    char more[1400];

    bench_open(&b, "max_contacts = 64\n");
    for (unsigned i = 0; i < 30; i++) {
        snprintf(more, sizeof more, "Contact: <sip:phone%u@192.0.2.9>;x=%0*d\r\n", i, 900, 1);
        raw_ask(&b.bob, &(struct request_form){ .cseq = i + 1, .more = more });
        bench_live(&b, 50);
        if (raw_last_is(&b.bob, "SIP/2.0 513 "))
            break;
        CHECK(raw_last_is(&b.bob, "SIP/2.0 200 "));
    }
    CHECK(raw_last_is(&b.bob, "SIP/2.0 513 "));
    raw_ask(&b.carol, &(struct request_form){ .call_id = "question" });
    bench_live(&b, 50);
    CHECK(raw_last_is(&b.carol, "SIP/2.0 200 "));
    CHECK(strstr(raw_heard(&b.carol, 0), "phone0@") != NULL);
    bench_close(&b);
}

/* A phone behind a stream is reached by nothing else: the stream lives as long as
 * the registration, however quiet it is, and no longer. */
TEST(the_stream_of_a_registered_phone_is_not_idle)
{
    struct raw_phone tcp;

    bench_open(&b, "connection_idle = 30s\n");
    raw_connect(&tcp, b.at_phones);
    bench_live(&b, 10);
    raw_ask(&tcp, &(struct request_form){ .more = "Contact: <sip:bob@10.1.1.1>\r\nExpires: 600\r\n" });
    bench_live(&b, 590 * 1000);
    CHECK(!tcp.closed);
    raw_forget(&tcp);
    raw_ask(&b.alice, &(struct request_form){ .method = "MESSAGE", .uri = "sip:bob@example.test" });
    bench_live(&b, 50);
    CHECK(raw_last_is(&tcp, "MESSAGE sip:bob@10.1.1.1 SIP/2.0\r\n"));
    raw_answer(&tcp, 0, "200 OK", "b");
    bench_live(&b, 60 * 1000);
    CHECK(tcp.closed);
    raw_connect(&tcp, b.at_phones);
    bench_live(&b, 10);
    raw_ask(&tcp, &(struct request_form){ .cseq = 2, .more = "Contact: <sip:bob@10.1.1.1>\r\nExpires: 600\r\n" });
    bench_live(&b, 50);
    raw_ask(&tcp, &(struct request_form){ .cseq = 3, .more = "Contact: *\r\nExpires: 0\r\n" });
    bench_live(&b, 31 * 1000);
    CHECK(tcp.closed);
    raw_close(&tcp);
    bench_close(&b);
}

/* Several users by one: each for its own time, and who leaves takes it from nobody. */
TEST(a_stream_lives_as_long_as_anybody_is_registered_by_it)
{
    struct raw_phone tcp;

    bench_open(&b, "connection_idle = 30s\n");
    raw_connect(&tcp, b.at_phones);
    bench_live(&b, 10);
    raw_ask(&tcp, &(struct request_form){ .more = "Contact: <sip:bob@10.1.1.1>\r\nExpires: 600\r\n" });
    raw_ask(&tcp, &(struct request_form){ .to      = "<sip:carol@example.test>",
                                          .call_id = "carol",
                                          .branch  = "carol1",
                                          .more    = "Contact: <sip:carol@10.1.1.1>\r\nExpires: 60\r\n" });
    bench_live(&b, 50);
    CHECK_INT(2, location_count(server_location(b.server)));
    bench_live(&b, 590 * 1000);
    CHECK(!tcp.closed);
    raw_ask(&tcp, &(struct request_form){ .to      = "<sip:carol@example.test>",
                                          .call_id = "carol",
                                          .branch  = "carol2",
                                          .cseq    = 2,
                                          .more    = "Contact: <sip:carol@10.1.1.1>\r\nExpires: 600\r\n" });
    raw_ask(&tcp, &(struct request_form){ .cseq = 2, .more = "Contact: *\r\nExpires: 0\r\n" });
    bench_live(&b, 590 * 1000);
    CHECK(!tcp.closed);
    bench_live(&b, 41 * 1000);
    CHECK(tcp.closed);
    raw_close(&tcp);
    bench_close(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_200_waits_for_the_commit),
        cmocka_unit_test(the_200_says_what_was_so_when_it_was_carried_out),
        cmocka_unit_test(a_repeated_register_waits_for_the_first_ones_commit),
        cmocka_unit_test(a_second_removal_waits_for_the_first_ones_commit),
        cmocka_unit_test(a_failed_commit_is_500_and_heals),
        cmocka_unit_test(a_full_store_is_503_and_changes_nothing),
        cmocka_unit_test(registers_that_wait_have_a_limit_and_room_again_after_the_commit),
        cmocka_unit_test(a_full_store_still_answers_questions_and_refreshes),
        cmocka_unit_test(a_refresh_within_the_lease_writes_nothing),
        cmocka_unit_test(a_power_cut_loses_nothing_acknowledged),
        cmocka_unit_test(a_binding_ends_in_its_time_and_leaves_no_row),
        cmocka_unit_test(at_the_limit_of_bindings_nothing_changes),
        cmocka_unit_test(at_the_limit_of_contacts_the_request_is_refused),
        cmocka_unit_test(a_lowered_limit_does_not_keep_the_server_from_starting),
        cmocka_unit_test(a_call_by_a_stored_flow_goes_out_by_the_right_socket),
        cmocka_unit_test(without_authentication_anybody_of_our_domain_may_register),
        cmocka_unit_test(a_hanging_disk_does_not_collect_waits_without_end),
        cmocka_unit_test(each_wait_ends_with_its_own_commit),
        cmocka_unit_test(a_monstrous_require_is_refused_in_good_form),
        cmocka_unit_test(a_third_party_registers_whom_it_may_and_nobody_else),
        cmocka_unit_test(what_is_kept_of_a_binding_is_bounded),
        cmocka_unit_test(a_change_whose_200_would_be_too_long_is_not_made),
        cmocka_unit_test(the_stream_of_a_registered_phone_is_not_idle),
        cmocka_unit_test(a_stream_lives_as_long_as_anybody_is_registered_by_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
