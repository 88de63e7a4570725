/* SPDX-License-Identifier: BSD-2-Clause */
#include "server/ahead.h"

#include "support/server_bench.h"
#include "support/test.h"

#include <stdio.h>

static struct bench b;

static struct location *users(void)
{
    return server_location(b.server);
}

/* Some more users who are registered. */
static void add_users(unsigned from, unsigned count)
{
    char                  key[64];
    struct location_guard g;
    struct binding        value = { .contact = SLICE("sip:u@192.0.2.9"), .q = 1000, .expires_at = NEVER };

    for (unsigned i = from; i < from + count; i++) {
        struct buf k = BUF_ON(key);

        buf_printf(&k, "sip:u%u@example.test", i);
        location_lock(users(), buf_slice(&k), &g);
        CHECK_INT(0, location_prepare(&g, &value, 1, true));
        location_publish(&g);
        location_unlock(&g);
    }
}

static struct message *request(const char *method, const char *uri, const char *to)
{
    char               text[1024];
    struct parse_fault fault;
    struct message    *m;

    snprintf(text, sizeof text,
             "%s %s SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.9;branch=z9hG4bK7\r\nFrom: <sip:x@far.test>;tag=1\r\n"
             "To: %s\r\nCall-ID: one\r\nCSeq: 1 %s\r\nContent-Length: 0\r\n\r\n",
             method, uri, to, method);
    m = message_parse(slice_from(text), &fault);
    CHECK(m != NULL);
    return m;
}

/* What is found out of it in a batch. */
static uint64_t looked_at(const char *method, const char *uri, const char *to)
{
    struct message *m = request(method, uri, to);
    uint64_t        ahead;

    ahead_look(b.server, &m, 1);
    ahead = m->ahead;
    message_drop(m);
    return ahead;
}

static uint64_t hash_of(const char *key)
{
    return location_hash(users(), slice_from(key));
}

TEST(of_many_users_the_one_who_is_meant_is_looked_for_ahead)
{
    bench_open(&b, "");
    add_users(0, AHEAD_FROM);
    CHECK(looked_at("REGISTER", "sip:example.test", "<sip:u7@example.test>") == hash_of("sip:u7@example.test"));
    CHECK(looked_at("REGISTER", "sip:example.test", "<sip:bob@example.test>;tag=1") == hash_of("sip:bob@example.test"));
    CHECK(looked_at("INVITE", "sip:u7@example.test;user=phone", "<sip:u8@example.test>") ==
          hash_of("sip:u7@example.test"));
    bench_close(&b);
}

TEST(nobody_is_looked_for_where_nobody_is_meant)
{
    bench_open(&b, "");
    add_users(0, AHEAD_FROM);
    CHECK(looked_at("BYE", "sip:u7@192.0.2.9", "<sip:u7@example.test>;tag=1") == 0);
    CHECK(looked_at("OPTIONS", "sip:example.test", "<sip:example.test>") == 0);
    CHECK(looked_at("INVITE", "sip:u7@192.0.2.1:5060", "<sip:u7@example.test>") == 0);
    CHECK(looked_at("INVITE", "tel:+49", "<sip:u7@example.test>") == 0);
    bench_close(&b);
}

TEST(few_users_are_not_looked_for_ahead)
{
    bench_open(&b, "");
    add_users(0, AHEAD_FROM - 1);
    CHECK(looked_at("REGISTER", "sip:example.test", "<sip:u7@example.test>") == 0);
    add_users(AHEAD_FROM - 1, 1);
    CHECK(looked_at("REGISTER", "sip:example.test", "<sip:u7@example.test>") != 0);
    bench_close(&b);
}

/* What was found out is of the words, so it is believed only of a key that is these words. */
TEST(the_hash_is_that_of_the_key_whatever_was_looked_at)
{
    struct message *m;

    bench_open(&b, "");
    m        = request("REGISTER", "sip:example.test", "<sip:%62ob@EXAMPLE.test>");
    m->ahead = 7;
    CHECK(ahead_hash(b.server, m, SLICE("sip:bob@example.test")) == hash_of("sip:bob@example.test"));
    CHECK(ahead_hash(b.server, m, SLICE("sip:%62ob@EXAMPLE.test")) == 7);
    m->ahead = 0;
    CHECK(ahead_hash(b.server, m, SLICE("sip:%62ob@EXAMPLE.test")) == hash_of("sip:%62ob@EXAMPLE.test"));
    message_drop(m);
    bench_close(&b);
}

static void registers(const char *to, const char *call_id)
{
    raw_ask(&b.bob,
            &(struct request_form){
                .to = to, .branch = call_id, .call_id = call_id, .more = "Contact: <sip:bob@192.0.2.9:6001>\r\n" });
}

/* RFC 3261 10.3 step 5: in a batch, too, there is one AOR, however it is written. */
TEST(those_who_come_together_register_where_each_would_alone)
{
    bench_open(&b, "");
    add_users(0, AHEAD_FROM);
    registers("<sip:bob@example.test>", "a");
    registers("<sip:%62ob@EXAMPLE.test;x=1>", "b");
    registers("<sip:alice@example.test>", "c");
    bench_live(&b, 50);
    CHECK_INT(3, raw_heard_count(&b.bob, "SIP/2.0 200 "));
    CHECK_INT(AHEAD_FROM + 2, location_aors(users()));
    rcu_enter(b.shared->rcu);
    CHECK(location_find(users(), SLICE("sip:bob@example.test")) != NULL);
    CHECK(location_find(users(), SLICE("sip:alice@example.test")) != NULL);
    rcu_leave(b.shared->rcu);
    bench_close(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(of_many_users_the_one_who_is_meant_is_looked_for_ahead),
        cmocka_unit_test(nobody_is_looked_for_where_nobody_is_meant),
        cmocka_unit_test(few_users_are_not_looked_for_ahead),
        cmocka_unit_test(the_hash_is_that_of_the_key_whatever_was_looked_at),
        cmocka_unit_test(those_who_come_together_register_where_each_would_alone),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
