/* SPDX-License-Identifier: BSD-2-Clause */
/* What is said about messages and transactions, and what never is. */
#include "support/log_keep.h"
#include "support/server_bench.h"
#include "support/test.h"

#include <stdio.h>
#include <stdlib.h>

static struct bench    b;
static struct log_keep lines;

static void open_bench(const char *more, enum log_level level)
{
    bench_open(&b, more);
    log_keep_init(&lines, level);
    b.at_server->log = &lines.log;
}

/* Its lines are over, but the transactions live on for a while. */
static void close_bench(void)
{
    bench_close(&b);
}

TEST(every_message_is_one_line_with_its_call_and_peers)
{
    open_bench("", LOG_DEBUG);
    raw_ask(&b.alice, &(struct request_form){ .method = "OPTIONS", .call_id = "abc@192.0.2.9" });
    bench_live(&b, 50);
    CHECK_INT(1, log_keep_count(&lines, "part=transport event=received"));
    CHECK_INT(1, log_keep_count(&lines, "part=transport event=sent"));
    CHECK(strstr(lines.text,
                 "level=debug part=transport event=received transport=UDP local=192.0.2.1:5060 remote=192.0.2.9:6000 "
                 "first=\"OPTIONS sip:example.test SIP/2.0\" call=abc@192.0.2.9 cseq=\"1 OPTIONS\" bytes=") != NULL);
    CHECK(strstr(lines.text, "event=sent transport=UDP local=192.0.2.1:5060 remote=192.0.2.9:6000 "
                             "first=\"SIP/2.0 200 OK\" call=abc@192.0.2.9 cseq=\"1 OPTIONS\" bytes=") != NULL);
    close_bench();
}

TEST(at_info_nothing_is_said_about_single_messages)
{
    open_bench("", LOG_INFO);
    raw_ask(&b.alice, &(struct request_form){ .method = "OPTIONS" });
    bench_live(&b, 50);
    CHECK_INT(0, lines.len);
    close_bench();
}

/* The value of `key` in a line that has it. */
static struct slice value_of(struct slice line, const char *key)
{
    const char *at = memmem(line.ptr, line.len, key, strlen(key));
    const char *end;

    CHECK(at != NULL);
    at += strlen(key);
    end = at;
    while (end < line.ptr + line.len && *end != ' ')
        end++;
    return slice_between(at, end);
}

/* Each transaction's states form one chain, from none to terminated. */
static void check_chains(unsigned want)
{
    struct {
        struct slice txn, state;
    } chains[16];
    unsigned count = 0, i;

    for (const char *at = lines.text; *at != '\0'; at = strchr(at, '\n') + 1) {
        struct slice line = slice_between(at, strchr(at, '\n'));

        if (memmem(line.ptr, line.len, "event=state", 11) == NULL)
            continue;
        CHECK(value_of(line, " call=").len > 0);
        for (i = 0; i < count && !slice_eq(chains[i].txn, value_of(line, " txn=")); i++)
            ;
        if (i == count) {
            CHECK(count < 16);
            chains[count].txn     = value_of(line, " txn=");
            chains[count++].state = SLICE("none");
        }
        CHECK(slice_eq(chains[i].state, value_of(line, " from=")));
        chains[i].state = value_of(line, " to=");
    }
    CHECK_INT(want, count);
    for (i = 0; i < count; i++)
        CHECK_SLICE("terminated", chains[i].state);
}

TEST(the_states_of_each_transaction_form_a_chain_from_none_to_terminated)
{
    open_bench("", LOG_DEBUG);
    raw_register(&b.bob, 1, NULL);
    bench_live(&b, 50);
    raw_ask(&b.alice, &(struct request_form){ .method = "INVITE", .uri = "sip:bob@example.test" });
    bench_live(&b, 50);
    raw_answer(&b.bob, 0, "180 Ringing", "b1");
    raw_answer(&b.bob, 0, "486 Busy Here", "b1");
    bench_live(&b, 50);
    raw_ask(&b.alice,
            &(struct request_form){ .method = "ACK", .uri = "sip:bob@example.test", .branch = "INVITE-1-6000" });
    bench_live(&b, 120000);
    CHECK(log_keep_count(&lines, "kind=invite_client") >= 4);
    CHECK(log_keep_count(&lines, "kind=invite_server") >= 3);
    check_chains(3);
    close_bench();
}

/* The levels of parts are heeded one by one. */
TEST(states_are_heard_without_messages)
{
    open_bench("", LOG_INFO);
    log_levels_set(&lines.levels, "transaction", LOG_DEBUG);
    raw_ask(&b.alice, &(struct request_form){ .method = "OPTIONS", .more = "Require: pref\r\n" });
    bench_live(&b, 50);
    CHECK(log_keep_count(&lines, "part=transaction") >= 2);
    CHECK_INT(0, log_keep_count(&lines, "part=transport"));
    close_bench();
}

/* A level that is raised while a transaction lives: its line still names the call. */
TEST(a_transaction_begun_before_the_level_was_changed_is_still_named)
{
    open_bench("", LOG_INFO);
    raw_ask(&b.alice,
            &(struct request_form){ .method = "INVITE", .uri = "sip:nobody@example.test", .call_id = "early" });
    bench_live(&b, 50);
    lines.len = 0;
    log_levels_set(&lines.levels, "transaction", LOG_DEBUG);
    bench_live(&b, 120000);
    CHECK(log_keep_count(&lines, "event=state") >= 1);
    CHECK_INT(log_keep_count(&lines, "event=state"), log_keep_count(&lines, "call=early"));
    close_bench();
}

static const char *const secret_headers[] = {
    "Authorization: Digest username=\"alice\", realm=\"example.test\", nonce=\"n\", uri=\"sip:x\", "
    "response=\"S3cr3t\"\r\n",
    "Authorization : Digest\r\n  username=\"alice\",\r\n response=\"S3cr3t\"\r\n",
    "Proxy-Authorization: Digest username=\"alice\", response=\"S3cr3t\"\r\n",
    "Authorization: Basic S3cr3t\r\n",
    "AUTHORIZATION: S3cr3t\r\n",
    "Authorization: \x01\xff S3cr3t\r\n",
    "X-Key: S3cr3t\r\n",
    "Contact: <sip:bob:S3cr3t@192.0.2.9:6000>\r\n",
    "Contact: <sip:bob@192.0.2.9:6000?Authorization=S3cr3t>\r\n",
    "Subject: S3cr3t\r\n",
    "Require: \x7f\r\nAuthorization: S3cr3t\r\n",
};

static const char *const secret_uris[] = { "sip:bob:S3cr3t@example.test", "sip:bob@example.test?Password=S3cr3t",
                                           "sip:bob:S3cr3t@other.test",   "sips:bob:S3cr3t@example.test;lr",
                                           "sip:example.test?x=S3cr3t@y", "sip:bob:a b:S3cr3t" };

static const char *const methods[] = { "REGISTER", "INVITE", "MESSAGE", "OPTIONS", "SUBSCRIBE", "BYE", "FOO" };

static void say_secrets(struct raw_phone *p, unsigned n)
{
    size_t uri = n % (sizeof secret_uris / sizeof *secret_uris), method = n % (sizeof methods / sizeof *methods);
    size_t header = n % (sizeof secret_headers / sizeof *secret_headers);
    char   text[4096];

    snprintf(text, sizeof text,
             "%s %s SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.9:6000;branch=z9hG4bK%u\r\nFrom: <sip:bob:S3cr3t@example.test>"
             ";tag=1\r\nTo: <sip:bob@example.test>\r\nCall-ID: c%u\r\nCSeq: %u %s\r\n%sContent-Type: application/sdp"
             "\r\nContent-Length: 75\r\n\r\nv=0\r\nk=clear:S3cr3t\r\n"
             "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:S3cr3t\r\nS3cr3t\r\n",
             methods[method], secret_uris[uri], n, n, n % 3 == 0 ? 0x7fffffffU : n, n % 5 == 0 ? "X" : methods[method],
             secret_headers[header]);
    raw_say(p, text);
}

static const char *const secret_garbage[] = {
    "Authorization: Digest response=\"S3cr3t\"\r\n\r\n",
    "S3cr3t",
    "\r\nS3cr3t SIP/1.0\r\nCall-ID\r\n\r\n",
    "INVITE\r\nAuthorization: S3cr3t\r\n\r\n",
    "SIP/2.0 401\r\nAuthorization: S3cr3t\r\n\r\n",
    "REGISTER sip:x:S3cr3t@y SIP/2.0\r\n\r\nS3cr3t",
};

static void flood(void)
{
    log_keep_init(&lines, LOG_DEBUG);
    for (unsigned n = 1; n <= 400; n++) {
        say_secrets(&b.alice, n);
        bench_live(&b, 20);
    }
    for (size_t i = 0; i < sizeof secret_garbage / sizeof *secret_garbage; i++)
        raw_say(&b.alice, secret_garbage[i]);
    bench_live(&b, 2000);
    CHECK(log_keep_count(&lines, "part=transport") > 400);
    CHECK(log_keep_count(&lines, "malformed") > 0);
    CHECK_SLICE("", log_keep_line(&lines, "S3cr3t"));
    CHECK_INT(0, log_keep_count(&lines, "inline:"));
}

TEST(no_secret_of_any_message_is_ever_in_a_line)
{
    open_bench("", LOG_DEBUG);
    flood();
    bench_abandon(&b);
    open_bench("authentication = true\n", LOG_DEBUG);
    bench_add_user(&b, "bob", "S3cr3t");
    flood();
    CHECK(log_keep_count(&lines, "why=\"credentials are w") > 0);
    bench_abandon(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_message_is_one_line_with_its_call_and_peers),
        cmocka_unit_test(at_info_nothing_is_said_about_single_messages),
        cmocka_unit_test(the_states_of_each_transaction_form_a_chain_from_none_to_terminated),
        cmocka_unit_test(states_are_heard_without_messages),
        cmocka_unit_test(a_transaction_begun_before_the_level_was_changed_is_still_named),
        cmocka_unit_test(no_secret_of_any_message_is_ever_in_a_line),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
