/* SPDX-License-Identifier: BSD-2-Clause */
/* By which of his names a user is asserted who has proved himself, and to whom (RFC 3325 5, 6, 7). */
#include "server/identity.h"

#include "support/digest_line.h"
#include "support/server_bench.h"
#include "support/test.h"

#define OUTSIDE "authentication = true\nidentity_outside = true\n"

static struct bench b;
static int          done;
static unsigned     cseq;

static void on_done(void *arg, int error)
{
    (void)arg;
    done = error;
}

static void add_alias(struct slice domain, struct slice name)
{
    const struct stored_alias alias = { domain, name, SLICE("example.test"), SLICE("alice") };

    done = 1;
    CHECK_INT(0, users_add_alias(server_users(b.server), &alias, on_done, NULL));
    bench_live(&b, 10);
    CHECK_INT(0, done);
}

static void setup(const char *config)
{
    bench_open(&b, config);
    bench_add_user(&b, "alice", "secret");
    bench_add_user(&b, "bob", "secret");
    add_alias(SLICE("example.test"), SLICE("boss"));
    add_alias(SLICE(""), SLICE("+4930123"));
    cseq = 0;
}

static void say(const char *method, const char *from, const char *lines, const char *proof)
{
    char                more[2048], branch[32];
    struct buf          text = BUF_ON(more), id = BUF_ON(branch);
    struct request_form form = { .method = method, .uri = "sip:x@192.0.2.9:6001", .to = "<sip:x@192.0.2.9:6001>" };

    buf_printf(&text, "%s%s", lines, proof);
    buf_printf(&id, "b%u", ++cseq);
    form.branch = buf_cstr(&id);
    form.from   = from;
    form.cseq   = cseq;
    form.more   = buf_cstr(&text);
    raw_ask(&b.alice, &form);
    bench_live(&b, 100);
}

/* What bob hears from alice, who has been asked for her password. */
static const char *heard(const char *method, const char *from, const char *lines)
{
    char nonce[256], line[PROOF_LINE];

    raw_forget(&b.alice);
    raw_forget(&b.bob);
    say(method, from, lines, "");
    CHECK(raw_last_is(&b.alice, "SIP/2.0 407 "));
    quoted_value(raw_heard(&b.alice, 0), "nonce", nonce, sizeof nonce);
    say(method, from, lines,
        proof_line(&(struct proof){ .header    = "Proxy-Authorization",
                                    .user      = "alice",
                                    .nonce     = nonce,
                                    .method    = method,
                                    .uri       = "sip:x@192.0.2.9:6001",
                                    .algorithm = HASH_SHA256,
                                    .nc        = 1 },
                   line));
    CHECK_INT(1, b.bob.count);
    raw_answer(&b.bob, 0, "200 OK", "b");
    bench_live(&b, 100);
    return raw_heard(&b.bob, 0);
}

static void check_asserted(const char *want, const char *from, const char *lines)
{
    const char *text = heard("MESSAGE", from, lines);
    const char *at   = strstr(text, "P-Asserted-Identity: ");
    char        all[512];
    struct buf  found = BUF_ON(all);

    for (; at != NULL; at = strstr(at + 1, "P-Asserted-Identity: ")) {
        buf_put(&found, slice_between(strchr(at, ' ') + 1, strchr(at, '\r')));
        buf_put_byte(&found, ';');
    }
    CHECK_SLICE(want, buf_slice(&found));
    CHECK(strstr(text, "P-Preferred-Identity") == NULL);
}

#define ALICE "<sip:alice@example.test>;tag=1"

TEST(a_user_is_asserted_by_the_own_name_unless_another_one_is_wished_for)
{
    setup(OUTSIDE);
    check_asserted("<sip:alice@example.test>;", ALICE, "");
    check_asserted("<sip:alice@example.test>;", ALICE, "P-Asserted-Identity: <sip:bob@example.test>\r\n");
    check_asserted("<sip:boss@example.test>;", ALICE, "P-Preferred-Identity: \"Big\" <sip:boss@EXAMPLE.test;x=y>\r\n");
    check_asserted("<sip:alice@example.test>;<tel:+4930123>;", ALICE, "P-Preferred-Identity: <tel:+49-30-123>\r\n");
    check_asserted("<sip:boss@example.test>;<tel:+4930123>;", ALICE,
                   "P-Preferred-Identity: <sip:boss@example.test>, <tel:+4930123>\r\n");
    check_asserted("<sip:alice@example.test>;<tel:+4930123>;", ALICE,
                   "P-Preferred-Identity: <sip:+4930123@example.test;user=phone>\r\n");
    bench_close(&b);
}

/* RFC 3325 6 */
TEST(what_is_not_his_is_no_hint)
{
    setup(OUTSIDE);
    check_asserted("<sip:alice@example.test>;", ALICE, "P-Preferred-Identity: <sip:bob@example.test>\r\n");
    check_asserted("<sip:alice@example.test>;", ALICE, "P-Preferred-Identity: <sip:nobody@example.test>, <tel:+1>\r\n");
    check_asserted("<sip:alice@example.test>;", ALICE, "P-Preferred-Identity: <sip:alice@elsewhere.test>\r\n");
    check_asserted("<sip:alice@example.test>;", ALICE, "P-Preferred-Identity: <<nonsense\r\n");
    bench_close(&b);
}

/* Which name of his he calls by stands in From. */
TEST(the_name_in_from_is_the_one_that_is_asserted)
{
    setup(OUTSIDE);
    check_asserted("<sip:boss@example.test>;", "<sip:boss@example.test>;tag=1", "");
    check_asserted("<sip:alice@example.test>;<tel:+4930123>;", "<sip:+4930123@example.test;user=phone>;tag=1", "");
    check_asserted("<sip:alice@example.test>;<tel:+4930123>;", "<tel:+4930123>;tag=1", "");
    bench_close(&b);
}

TEST(a_name_that_has_to_be_read_is_waited_for)
{
    setup(OUTSIDE);
    bench_kill(&b);
    bench_start(&b);
    check_asserted("<sip:boss@example.test>;", ALICE, "P-Preferred-Identity: <sip:boss@example.test>\r\n");
    bench_close(&b);
}

/* RFC 3323 4.1.1.3, RFC 3325 7 */
TEST(an_anonymous_user_is_not_told_to_strangers_unless_he_says_so)
{
    setup(OUTSIDE);
    check_asserted("", ALICE, "Privacy: id\r\n");
    check_asserted("", "<sip:anonymous@anonymous.invalid>;tag=1", "");
    check_asserted("<sip:alice@example.test>;", "<sip:anonymous@anonymous.invalid>;tag=1", "Privacy: none\r\n");
    bench_close(&b);
}

TEST(strangers_are_told_only_if_the_configuration_or_the_user_says_so)
{
    setup("authentication = true\n");
    check_asserted("", ALICE, "");
    check_asserted("<sip:alice@example.test>;", ALICE, "Privacy: none\r\n");
    bench_close(&b);
    setup(OUTSIDE "identity = false\n");
    check_asserted("", ALICE, "P-Asserted-Identity: <sip:alice@example.test>\r\n");
    bench_close(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_user_is_asserted_by_the_own_name_unless_another_one_is_wished_for),
        cmocka_unit_test(what_is_not_his_is_no_hint),
        cmocka_unit_test(the_name_in_from_is_the_one_that_is_asserted),
        cmocka_unit_test(a_name_that_has_to_be_read_is_waited_for),
        cmocka_unit_test(an_anonymous_user_is_not_told_to_strangers_unless_he_says_so),
        cmocka_unit_test(strangers_are_told_only_if_the_configuration_or_the_user_says_so),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
