/* SPDX-License-Identifier: BSD-2-Clause */
/* Whose name a request may bear (RFC 3261 22.3). */
#include "support/digest_line.h"
#include "support/server_bench.h"
#include "support/test.h"

static struct bench b;
static unsigned     asked;
static int          done;

static void on_done(void *arg, int error)
{
    (void)arg;
    done = error;
}

static void add_alias(struct slice domain, struct slice name)
{
    const struct stored_alias alias = { domain, name, SLICE("example.test"), SLICE("bob") };

    done = 1;
    CHECK_INT(0, users_add_alias(server_users(b.server), &alias, on_done, NULL));
    bench_live(&b, 10);
    CHECK_INT(0, done);
}

static void setup(void)
{
    bench_open(&b, "domain = {example.test, other.test}\nauthentication = yes\n"
                   "act_for = {\"bob@example.test chief@example.test\"}\n");
    bench_add_user(&b, "bob", "secret");
    bench_add_user(&b, "chief", "other");
    bench_add_user(&b, "carol", "other");
    add_alias(SLICE("example.test"), SLICE("robert"));
    add_alias(SLICE(""), SLICE("+4930123"));
}

/* Bob's credentials under this From, for somebody whom nobody but our users is helped to reach; what becomes of it. */
static const char *asks_as(const char *from)
{
    static const char *const uri = "sip:x@192.0.2.9:6000";
    char                     nonce[128], line[PROOF_LINE];
    struct proof proof = { .header = "Proxy-Authorization", .nonce = nonce, .method = "MESSAGE", .uri = uri, .nc = 1 };

    raw_forget(&b.alice);
    raw_ask(&b.bob, &(struct request_form){ .method = "MESSAGE", .uri = uri, .cseq = ++asked });
    bench_live(&b, 50);
    quoted_value(raw_heard(&b.bob, 0), "nonce", nonce, sizeof nonce);
    CHECK(nonce[0] != '\0');
    raw_ask(&b.bob,
            &(struct request_form){
                .method = "MESSAGE", .uri = uri, .from = from, .cseq = ++asked, .more = proof_line(&proof, line) });
    bench_live(&b, 50);
    if (raw_heard_count(&b.alice, "MESSAGE") == 0)
        return raw_heard(&b.bob, 0);
    raw_answer(&b.alice, 0, "200 OK", "a");
    bench_live(&b, 50);
    return raw_heard(&b.bob, 0);
}

static void check(const char *status, const char *from)
{
    const char *heard = asks_as(from);

    if (strncmp(heard + strlen("SIP/2.0 "), status, 3) != 0)
        fail_msg("%s: not %s but %.40s", from, status, heard);
}

TEST(a_user_sends_in_his_own_name_or_one_that_stands_for_it)
{
    setup();
    check("200", "<sip:bob@example.test>;tag=1");
    check("200", "<sip:b%6fb@EXAMPLE.test>;tag=2");
    check("200", "<sip:robert@example.test>;tag=3");
    check("200", "<tel:+49-30-123>;tag=4");
    check("200", "<sip:+4930123@example.test;user=phone>;tag=5");
    check("200", "<sip:bob@192.0.2.1>;tag=6"); /* our address is our first domain */
    bench_close(&b);
}

TEST(nobody_sends_in_the_name_of_another_but_whom_he_may_act_for)
{
    setup();
    check("403", "<sip:carol@example.test>;tag=1");
    check("403", "<sip:nobody@example.test>;tag=2");
    check("200", "<sip:chief@example.test>;tag=3");
    check("403", "<sip:x@far.test>;tag=4"); /* he claims nothing of ours: he is a stranger */
    bench_close(&b);
}

/* RFC 3323 4.1.1.3 */
TEST(who_hides_his_name_is_known_by_his_credentials)
{
    setup();
    check("200", "\"Anonymous\" <sip:anonymous@anonymous.invalid>;tag=1");
    check("200", "<sip:anonymous@example.test>;tag=2"); /* as they did it before */
    bench_close(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_user_sends_in_his_own_name_or_one_that_stands_for_it),
        cmocka_unit_test(nobody_sends_in_the_name_of_another_but_whom_he_may_act_for),
        cmocka_unit_test(who_hides_his_name_is_known_by_his_credentials),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
