/* SPDX-License-Identifier: BSD-2-Clause */
/* Digest as a client lives through it (RFC 3261 22, RFC 7616, RFC 8760). */
#include "server/authenticator.h"

#include "support/digest_line.h"
#include "support/server_bench.h"
#include "support/test.h"

#include <stdio.h>

static struct bench b;

static void open_with(const char *more)
{
    char text[256];

    snprintf(text, sizeof text, "authentication = yes\n%s", more);
    bench_open(&b, text);
    bench_add_user(&b, "bob", "secret");
    bench_add_user(&b, "carol", "other");
}

static void challenged(char nonce[128])
{
    static unsigned asked;

    raw_ask(&b.bob, &(struct request_form){ .cseq = 1000 + ++asked, .call_id = "challenge" });
    bench_live(&b, 50);
    CHECK(raw_last_is(&b.bob, "SIP/2.0 401 "));
    quoted_value(raw_heard(&b.bob, 0), "nonce", nonce, 128);
}

static void registers(unsigned cseq, const struct proof *proof)
{
    char line[PROOF_LINE];

    raw_register(&b.bob, cseq, proof_line(proof, line));
    bench_live(&b, 50);
}

static bool is_stale(void)
{
    return raw_last_is(&b.bob, "SIP/2.0 401 ") && strstr(raw_heard(&b.bob, 0), "stale=true") != NULL;
}

static bool is_wrong(void)
{
    return raw_last_is(&b.bob, "SIP/2.0 401 ") && strstr(raw_heard(&b.bob, 0), "stale=true") == NULL;
}

/* All challenges of the last answer, and there are some. */
static bool challenges_begin(const char *start)
{
    const char *at    = raw_heard(&b.bob, 0);
    unsigned    count = 0;

    while ((at = strstr(at, "\r\nWWW-Authenticate: ")) != NULL) {
        at += strlen("\r\nWWW-Authenticate: ");
        count++;
        if (strncmp(at, start, strlen(start)) != 0)
            return false;
    }
    return count > 0;
}

TEST(both_algorithms_are_offered_and_taken_the_stronger_first)
{
    char        nonce[128];
    const char *sha, *md5;

    open_with("");
    challenged(nonce);
    sha = strstr(raw_heard(&b.bob, 0), "algorithm=SHA-256");
    md5 = strstr(raw_heard(&b.bob, 0), "algorithm=MD5");
    CHECK(sha != NULL && md5 != NULL && sha < md5);
    CHECK(strstr(sha, "\r\nWWW-Authenticate: Digest ") != NULL); /* RFC 3261 7.3.1: lines of their own */
    CHECK(challenges_begin("Digest realm=\"example.test\", "));  /* 22.3: nothing but what has a realm */
    registers(1, &(struct proof){ .nonce = nonce, .nc = 1, .algorithm = HASH_MD5 });
    CHECK(raw_last_is(&b.bob, "SIP/2.0 200 "));
    registers(2, &(struct proof){ .nonce = nonce, .nc = 2, .algorithm = HASH_SHA256 });
    CHECK(raw_last_is(&b.bob, "SIP/2.0 200 "));
    bench_close(&b);
}

/* RFC 7616 3.4: a count is good once; what was captured opens nothing. */
TEST(a_replay_gets_stale_and_no_registration)
{
    char nonce[128];

    open_with("");
    challenged(nonce);
    registers(1, &(struct proof){ .nonce = nonce, .nc = 1 });
    CHECK(raw_last_is(&b.bob, "SIP/2.0 200 "));
    registers(2, &(struct proof){ .nonce = nonce, .nc = 3 }); /* one may be left out */
    CHECK(raw_last_is(&b.bob, "SIP/2.0 200 "));
    CHECK_INT(1, location_count(server_location(b.server)));
    b.bob.port = 6002; /* the thief's Contact */
    registers(3, &(struct proof){ .nonce = nonce, .nc = 3 });
    b.bob.port = 6001;
    bench_live(&b, 50);
    CHECK(strncmp(raw_heard(&b.carol, 0), "SIP/2.0 401 ", 12) == 0);
    CHECK(strstr(raw_heard(&b.carol, 0), "stale=true") != NULL);
    registers(4, &(struct proof){ .nonce = nonce, .nc = 2 }); /* that one, late */
    CHECK(raw_last_is(&b.bob, "SIP/2.0 200 "));
    registers(5, &(struct proof){ .nonce = nonce, .nc = 2 });
    CHECK(is_stale());
    CHECK_INT(1, location_count(server_location(b.server)));
    CHECK_INT(2, counter_read(&b.at_server->counters.auth_replayed));
    bench_close(&b);
}

/* RFC 2069 has no count: such a nonce is good once. */
TEST(without_qop_a_nonce_is_good_once)
{
    char nonce[128];

    open_with("");
    challenged(nonce);
    registers(1, &(struct proof){ .nonce = nonce });
    CHECK(raw_last_is(&b.bob, "SIP/2.0 200 "));
    registers(2, &(struct proof){ .nonce = nonce });
    CHECK(is_stale());
    registers(3, &(struct proof){ .nonce = nonce, .nc = 1 });
    CHECK(is_stale());
    bench_close(&b);
}

TEST(a_nonce_ends_with_its_lifetime_and_with_the_process)
{
    char nonce[128];

    open_with("nonce_lifetime = 60s\n");
    challenged(nonce);
    bench_live(&b, 59000);
    registers(1, &(struct proof){ .nonce = nonce, .nc = 1 });
    CHECK(raw_last_is(&b.bob, "SIP/2.0 200 "));
    bench_live(&b, 2000);
    registers(2, &(struct proof){ .nonce = nonce, .nc = 2 });
    CHECK(is_stale());
    challenged(nonce);
    bench_kill(&b);
    bench_start(&b);
    registers(3, &(struct proof){ .nonce = nonce, .nc = 1 });
    CHECK(is_stale());
    challenged(nonce);
    registers(4, &(struct proof){ .nonce = nonce, .nc = 1 });
    CHECK(raw_last_is(&b.bob, "SIP/2.0 200 "));
    bench_close(&b);
}

/* A changed byte anywhere and it is not our nonce. */
TEST(a_nonce_cannot_be_made_up)
{
    char nonce[128], other[128];

    open_with("");
    challenged(nonce);
    for (size_t i = 0; i < strlen(nonce); i += 7) {
        snprintf(other, sizeof other, "%s", nonce);
        other[i] = other[i] == '0' ? '1' : '0';
        registers((unsigned)i + 1, &(struct proof){ .nonce = other, .nc = 1 });
        CHECK(is_stale());
    }
    CHECK_INT(0, location_count(server_location(b.server)));
    bench_close(&b);
}

/* What comes back but for its nonces, tags and branches. */
static void answer_to(const struct proof *proof, unsigned cseq, char *text, size_t size)
{
    char nonce[128], *at, *end;

    registers(cseq, proof);
    snprintf(text, size, "%s", raw_heard(&b.bob, 0));
    quoted_value(raw_heard(&b.bob, 0), "nonce", nonce, 128);
    while ((at = strstr(text, nonce)) != NULL)
        memset(at, 'n', strlen(nonce));
    for (at = text; (at = strstr(at, "tag=")) != NULL; at = end) {
        end = at + strcspn(at, "\r\n;");
        memset(at, 't', (size_t)(end - at));
    }
    for (at = text; (at = strpbrk(at, "0123456789")) != NULL;)
        *at = '#';
}

TEST(who_has_no_account_learns_nothing_else_than_who_has_a_wrong_password)
{
    char nonce[128], wrong[RAW_TEXT], unknown[RAW_TEXT];

    open_with("");
    challenged(nonce);
    answer_to(&(struct proof){ .nonce = nonce, .nc = 1, .password = "wrong" }, 1, wrong, sizeof wrong);
    CHECK(is_wrong());
    answer_to(&(struct proof){ .nonce = nonce, .nc = 1, .user = "nob" }, 2, unknown, sizeof unknown);
    CHECK(is_wrong());
    assert_string_equal(wrong, unknown);
    CHECK_INT(2, counter_read(&b.at_server->counters.auth_wrong));
    registers(3, &(struct proof){ .nonce = nonce, .nc = 1 }); /* a wrong guess used up no count */
    CHECK(raw_last_is(&b.bob, "SIP/2.0 200 "));
    bench_close(&b);
}

/* RFC 3261 10.3 step 4. */
TEST(a_user_registers_only_himself)
{
    char nonce[128];

    open_with("");
    challenged(nonce);
    registers(1, &(struct proof){ .nonce = nonce, .nc = 1, .user = "carol", .password = "other" });
    CHECK(raw_last_is(&b.bob, "SIP/2.0 403 "));
    CHECK_INT(0, location_count(server_location(b.server)));
    bench_close(&b);
}

TEST(the_proof_is_for_one_method_and_one_realm)
{
    char nonce[128];

    open_with("");
    challenged(nonce);
    registers(1, &(struct proof){ .nonce = nonce, .nc = 1, .method = "INVITE" });
    CHECK(is_wrong());
    raw_register(&b.bob, 2,
                 "Authorization: Digest username=\"bob\", realm=\"other.test\", nonce=\"1\", "
                 "uri=\"sip:example.test\", response=\"00000000000000000000000000000000\"\r\n");
    bench_live(&b, 50);
    CHECK(is_wrong());
    raw_register(&b.bob, 3, "Authorization: Digest username=\"bob\"\r\n");
    bench_live(&b, 50);
    CHECK(raw_last_is(&b.bob, "SIP/2.0 400 "));
    raw_register(&b.bob, 4, "Authorization: Bearer xyz\r\n");
    bench_live(&b, 50);
    CHECK(is_wrong());
    bench_close(&b);
}

/* Carol's, with her password; `more` are further lines. */
static void carol_registers(unsigned cseq, const char *more)
{
    raw_ask(&b.carol, &(struct request_form){ .from = "<sip:carol@example.test>;tag=1",
                                              .to   = "<sip:carol@example.test>",
                                              .cseq = cseq,
                                              .more = more });
    bench_live(&b, 50);
}

static void bob_calls_carol(unsigned cseq, const char *more)
{
    raw_ask(&b.bob,
            &(struct request_form){ .method = "INVITE", .uri = "sip:carol@example.test", .cseq = cseq, .more = more });
    bench_live(&b, 50);
}

/* RFC 3261 22.3: a proxy asks with 407, and its credentials do not travel on. */
TEST(a_call_is_challenged_with_407_and_the_proof_stays_here)
{
    char         nonce[128], line[PROOF_LINE];
    struct proof carols = { .nonce = nonce, .user = "carol", .password = "other", .nc = 1 };
    struct proof bobs   = {
          .header = "Proxy-Authorization", .method = "INVITE", .uri = "sip:carol@example.test", .nonce = nonce, .nc = 1
    };

    open_with("");
    challenged(nonce);
    proof_line(&carols, line);
    strcat(line, "Contact: <sip:carol@192.0.2.9:6002>\r\n");
    carol_registers(1, line);
    CHECK(raw_last_is(&b.carol, "SIP/2.0 200 "));
    bob_calls_carol(1, "");
    CHECK(raw_last_is(&b.bob, "SIP/2.0 407 "));
    quoted_value(raw_heard(&b.bob, 0), "nonce", nonce, 128);
    bob_calls_carol(2, proof_line(&bobs, line));
    CHECK(raw_last_is(&b.carol, "INVITE sip:carol@192.0.2.9:6002 SIP/2.0\r\n"));
    CHECK(strstr(raw_heard(&b.carol, 0), "Authorization") == NULL);
    raw_answer(&b.carol, 0, "486 Busy Here", "c");
    bench_close(&b);
}

/* An authenticator of its own, so that what it does can be counted. */
struct judge {
    struct nonces        *nonces;
    struct store_client  *client;
    struct user_reader   *users;
    struct authenticator *a;
    struct auth_proof     proof;
    uint64_t              work; /* that was done for the last one */
    uint8_t               from; /* which of several sources asks  */
};

static void on_report(void *owner, uint64_t seq, int error)
{
    (void)owner, (void)seq, (void)error;
}

static void judge_open(struct judge *j, uint32_t slots)
{
    j->from   = 0;
    j->nonces = nonces_new(&b.at_server->random, slots);
    assert_int_equal(0, store_client_open(b.store, b.at_server, on_report, j, &j->client));
    j->users = user_reader_new(server_users(b.server), b.at_server, j->client);
    j->a     = authenticator_new(b.at_server, j->users, j->nonces, SLICE("example.test"), b.config);
    assert_non_null(j->a);
}

static void judge_close(struct judge *j)
{
    store_client_close(j->client);
    authenticator_free(j->a);
    user_reader_free(j->users);
    nonces_free(j->nonces);
}

/* What it says to a REGISTER with these lines and this body. */
static enum auth_result judged_lines(struct judge *j, const char *lines, const char *body)
{
    char               text[8192];
    struct parse_fault fault;
    struct message    *request;
    enum auth_result   result;

    snprintf(text, sizeof text,
             "REGISTER sip:example.test SIP/2.0\r\nVia: SIP/2.0/UDP a;branch=z9hG4bK1\r\nFrom: <sip:b@a>;tag=1\r\n"
             "To: <sip:b@a>\r\nCall-ID: 1\r\nCSeq: 1 REGISTER\r\n%sContent-Length: %zu\r\n\r\n%s",
             lines, strlen(body), body);
    request = message_parse(slice_from(text), &fault);
    assert_non_null(request);
    request->flow.remote = address_v4(192, 0, 2, j->from, 5060);
    do { /* until the user is there */
        j->work = authenticator_work(j->a);
        result  = authenticator_check(j->a, request, HEADER_AUTHORIZATION, SLICE("example.test"), &j->proof);
        j->work = authenticator_work(j->a) - j->work;
        bench_live(&b, result == AUTH_WAIT);
    } while (result == AUTH_WAIT);
    message_drop(request);
    return result;
}

static enum auth_result judged_with_body(struct judge *j, const struct proof *proof, const char *body)
{
    char line[PROOF_LINE];

    return judged_lines(j, proof_line(proof, line), body);
}

static enum auth_result judged(struct judge *j, const struct proof *proof)
{
    return judged_with_body(j, proof, "");
}

/* The last of so many challenges, and its nonce. */
static const char *challenges(struct judge *j, unsigned count, char nonce[128])
{
    static struct gather g;
    static char          text[1024];
    struct buf           all = BUF_ON(text);

    for (unsigned i = 0; i < count; i++) {
        gather_init(&g);
        authenticator_challenge(j->a, &g, HEADER_WWW_AUTHENTICATE, false);
    }
    gather_flatten(&g, &all);
    quoted_value(buf_cstr(&all), "nonce", nonce, 128);
    return text;
}

/* Challenges cost nothing to keep: a flood of as many as there are slots makes the oldest
 * stale, no more. */
TEST(a_flood_of_challenges_takes_nobodys_nonce_but_who_answers_a_later_one_may)
{
    char         nonce[128], other[128];
    struct judge j;

    open_with("");
    judge_open(&j, 64);
    challenges(&j, 1, nonce);
    challenges(&j, 63, other);
    CHECK_INT(AUTH_OK, judged(&j, &(struct proof){ .nonce = nonce, .nc = 1 }));
    challenges(&j, 1, other); /* a nonce of the same slot */
    CHECK_INT(AUTH_OK, judged(&j, &(struct proof){ .nonce = nonce, .nc = 2 }));
    CHECK_INT(AUTH_OK, judged(&j, &(struct proof){ .nonce = other, .nc = 1 }));
    CHECK_INT(AUTH_STALE, judged(&j, &(struct proof){ .nonce = nonce, .nc = 3 }));
    judge_close(&j);
    bench_close(&b);
}

/* RFC 8760 2.3, 2.1: in the order of the configuration, each once, and no other is taken. */
TEST(only_algorithms_that_are_offered_are_accepted)
{
    char         nonce[128];
    const char  *text, *first, *second;
    struct judge j;

    open_with("digest_algorithms = {SHA-512-256, SHA-256, \"sha-256\"}\n");
    judge_open(&j, 64);
    text   = challenges(&j, 1, nonce);
    first  = strstr(text, "algorithm=SHA-512-256,");
    second = strstr(text, "algorithm=SHA-256,");
    CHECK(first != NULL && second != NULL && first < second);
    CHECK(strstr(second + 1, "algorithm=") == NULL);
    CHECK_INT(AUTH_OK, judged(&j, &(struct proof){ .nonce = nonce, .nc = 1, .algorithm = HASH_SHA512_256 }));
    CHECK_INT(AUTH_OK, judged(&j, &(struct proof){ .nonce = nonce, .nc = 2, .algorithm = HASH_SHA256 }));
    CHECK_INT(AUTH_NONE, judged(&j, &(struct proof){ .nonce = nonce, .nc = 3, .algorithm = HASH_MD5 }));
    judge_close(&j);
    bench_close(&b);
}

/* RFC 7616 3.4: the algorithm "must be" that of the challenge. */
TEST(session_variants_are_not_offered_and_not_accepted)
{
    char         nonce[128];
    struct judge j;

    open_with("");
    judge_open(&j, 64);
    challenges(&j, 1, nonce);
    CHECK_INT(AUTH_NONE, judged(&j, &(struct proof){ .nonce = nonce, .nc = 1, .sess = true }));
    CHECK_INT(AUTH_OK, judged(&j, &(struct proof){ .nonce = nonce, .nc = 1 }));
    judge_close(&j);
    bench_close(&b);
}

/* RFC 7616 3.4: qop "MUST be one of the alternatives the server indicated". */
TEST(auth_int_is_offered_where_it_is_configured_and_covers_the_body)
{
    char         nonce[128];
    struct proof with = { .nonce = nonce, .nc = 1, .qop = "auth-int", .body = "v=0" };
    struct judge j;

    open_with("digest_qop = {auth-int, auth}\n");
    judge_open(&j, 64);
    CHECK(strstr(challenges(&j, 1, nonce), "qop=\"auth,auth-int\"") != NULL);
    CHECK_INT(AUTH_WRONG, judged_with_body(&j, &with, "v=1"));
    CHECK_INT(AUTH_WRONG, judged_with_body(&j, &with, ""));
    CHECK_INT(AUTH_OK, judged_with_body(&j, &with, "v=0"));
    with = (struct proof){ .nonce = nonce, .nc = 2, .qop = "auth-int" };
    CHECK_INT(AUTH_OK, judged(&j, &with));
    with = (struct proof){ .nonce = nonce, .nc = 3, .qop = "auth" };
    CHECK_INT(AUTH_OK, judged_with_body(&j, &with, "anything"));
    judge_close(&j);
    bench_close(&b);
    open_with("");
    judge_open(&j, 64);
    CHECK(strstr(challenges(&j, 1, nonce), "qop=\"auth\"") != NULL);
    CHECK_INT(AUTH_NONE, judged(&j, &(struct proof){ .nonce = nonce, .nc = 1, .qop = "auth-int" }));
    judge_close(&j);
    bench_close(&b);
}

TEST(where_auth_int_alone_is_offered_no_other_proof_is_enough)
{
    char         nonce[128];
    struct judge j;

    open_with("digest_qop = {auth-int}\n");
    judge_open(&j, 64);
    CHECK(strstr(challenges(&j, 1, nonce), "qop=\"auth-int\"") != NULL);
    CHECK_INT(AUTH_NONE, judged(&j, &(struct proof){ .nonce = nonce, .nc = 1 }));
    CHECK_INT(AUTH_NONE, judged(&j, &(struct proof){ .nonce = nonce }));
    CHECK_INT(AUTH_OK, judged(&j, &(struct proof){ .nonce = nonce, .nc = 1, .qop = "auth-int" }));
    judge_close(&j);
    bench_close(&b);
}

/* RFC 7616 3.4.4. */
TEST(the_hash_of_a_name_stands_for_it)
{
    char         nonce[128];
    const char  *text, *sha, *md5;
    struct proof hashed = { .nonce = nonce, .nc = 1, .algorithm = HASH_SHA256, .userhash = true };
    struct judge j;

    open_with("digest_userhash = yes\n");
    judge_open(&j, 64);
    text = challenges(&j, 1, nonce);
    sha  = strstr(text, "userhash=true");
    md5  = strstr(text, "algorithm=MD5");
    CHECK(sha != NULL && sha < md5 && strstr(md5, "userhash") == NULL);
    CHECK_INT(AUTH_OK, judged(&j, &hashed));
    CHECK_SLICE("bob", j.proof.user);
    hashed.nc       = 2;
    hashed.password = "wrong";
    CHECK_INT(AUTH_WRONG, judged(&j, &hashed));
    hashed.user = "nobody";
    CHECK_INT(AUTH_WRONG, judged(&j, &hashed));
    judge_close(&j);
    bench_close(&b);
    open_with("");
    judge_open(&j, 64);
    CHECK(strstr(challenges(&j, 1, nonce), "userhash") == NULL);
    judge_close(&j);
    bench_close(&b);
}

/* Attempts are counted by what stands in the request.  If they were by whom a hash leads to,
 * and all hashes of nobody as one, who is held would tell which names there are. */
TEST(who_is_held_does_not_tell_whose_hash_it_is)
{
    char                        nonce[128];
    struct judge                j;
    struct log_limit            lines;
    const struct attempts_rules rules = { 3, 600000, 300000, 64 };
    struct attempts            *attempts;
    const char *const           names[] = { "bob", "nobody" };

    open_with("digest_userhash = yes\n");
    judge_open(&j, 64);
    attempts = attempts_new(&b.at_server->random, &rules);
    log_limit_init(&lines, &(struct hash_key){ 1, 2 });
    authenticator_guard(j.a, attempts, &lines);
    challenges(&j, 1, nonce);
    for (unsigned i = 0; i < 2; i++) {
        struct proof guess = { .nonce = nonce, .nc = 1, .algorithm = HASH_SHA256, .password = "wrong" };

        guess.user     = names[i];
        guess.userhash = true;
        for (j.from = (uint8_t)(4 * i); j.from < 4 * i + 3; j.from++) /* each from another source */
            CHECK_INT(AUTH_WRONG, judged(&j, &guess));
        CHECK_INT(AUTH_LIMITED, judged(&j, &guess));
        guess.userhash = false;
        CHECK_INT(AUTH_WRONG, judged(&j, &guess));
        guess.user     = "neither";
        guess.userhash = true;
        CHECK_INT(AUTH_WRONG, judged(&j, &guess));
    }
    judge_close(&j);
    attempts_free(attempts);
    bench_close(&b);
}

/* RFC 3261 22.3: each value is for one realm, and there may be several for ours. */
TEST(of_several_credentials_the_right_ones_are_found)
{
    char         nonce[128], old[128], text[8 * PROOF_LINE], line[PROOF_LINE];
    struct proof right = { .nonce = nonce }, wrong = { .nonce = nonce, .nc = 9, .password = "wrong" };
    struct proof other = { .nonce = nonce, .nc = 1, .realm = "other.test" }, stale = { .nonce = old, .nc = 1 };
    struct judge j;

    open_with("");
    judge_open(&j, 4);
    challenges(&j, 1, old);
    challenges(&j, 4, nonce); /* of the same slot */
    CHECK_INT(AUTH_OK, judged(&j, &(struct proof){ .nonce = nonce, .nc = 16 }));
    right.nc = 1;
    snprintf(text, sizeof text, "%s", proof_line(&other, line));
    CHECK_INT(AUTH_NONE, judged_lines(&j, text, ""));
    strcat(text, "Authorization: Bearer some-token\r\nAuthorization: Basic Ym9iOnNlY3JldA==\r\n");
    strcat(text, proof_line(&stale, line));
    CHECK_INT(AUTH_STALE, judged_lines(&j, text, ""));
    strcat(text, proof_line(&wrong, line));
    CHECK_INT(AUTH_WRONG, judged_lines(&j, text, ""));
    strcat(text, proof_line(&right, line));
    CHECK_INT(AUTH_OK, judged_lines(&j, text, ""));
    judge_close(&j);
    bench_close(&b);
}

/* Otherwise each request would be a thousand guesses. */
TEST(no_more_credentials_are_judged_than_anyone_needs)
{
    char         nonce[128], text[8 * PROOF_LINE] = "", line[PROOF_LINE];
    struct proof right = { .nonce = nonce, .nc = 1 }, wrong = { .nonce = nonce, .nc = 9, .password = "wrong" };
    struct judge j;

    open_with("");
    judge_open(&j, 4);
    challenges(&j, 1, nonce);
    for (int i = 0; i < CREDENTIALS_JUDGED; i++)
        strcat(text, proof_line(&wrong, line));
    strcat(text, proof_line(&right, line));
    CHECK_INT(AUTH_WRONG, judged_lines(&j, text, ""));
    judge_close(&j);
    bench_close(&b);
}

/* A header that cannot be read is 400 before anything is judged: no guess hides behind it. */
TEST(with_one_broken_header_nothing_is_judged)
{
    char         nonce[128], text[4 * PROOF_LINE], line[PROOF_LINE];
    struct proof right = { .nonce = nonce, .nc = 1 };
    struct judge j;

    open_with("");
    judge_open(&j, 4);
    challenges(&j, 1, nonce);
    snprintf(text, sizeof text, "%sAuthorization: Digest username=\"b\r\n", proof_line(&right, line));
    CHECK_INT(AUTH_BROKEN, judged_lines(&j, text, ""));
    CHECK_INT(AUTH_OK, judged(&j, &right));
    judge_close(&j);
    bench_close(&b);
}

/* RFC 8760 2.7: empty values before any challenge are no wrong password. */
TEST(empty_values_before_any_challenge_are_no_guess)
{
    open_with("");
    raw_register(
        &b.bob, 1,
        "Authorization: Digest username=\"bob\", realm=\"example.test\", nonce=\"\", uri=\"sip:example.test\", "
        "response=\"\"\r\n");
    bench_live(&b, 50);
    CHECK(is_wrong()); /* challenged, and not as stale */
    CHECK_INT(0, counter_read(&b.at_server->counters.auth_wrong));
    CHECK_INT(0, counter_read(&b.at_server->counters.auth_replayed));
    bench_close(&b);
}

/* RFC 7616 3.4, 2.6 of RFC 8760: what peers write otherwise than they should, or rarely. */
TEST(odd_but_legal_quoting_is_read)
{
    static const char *const forms[] = {
        "Authorization: Digest username=bob, realm=example.test, nonce=%s, uri=sip:example.test, response=%s, nc=%s, "
        "cnonce=abc, qop=\"auth\", algorithm=\"MD5\"\r\n",
        "aUTHORIZATION:dIGEST\r\n\tRESPONSE = \"%2$s\" ,\r\n  NC = \"%3$s\",CNONCE=\"abc\",QOP=auth,,NONCE=\"%1$s\" , "
        "UserName=\"bob\",REALM=\"example.test\",URI=\"sip:example.test\"\r\n",
        "Authorization: Digest , username=\"\\b\\o\\b\", realm=\"example\\.test\", nonce=\"%s\", "
        "uri=\"sip:example.test\", "
        "response=\"%s\", nc=%s, cnonce=\"\\abc\", qop=auth, opaque=\"a, b\", later=\"x=\\\"y\\\"\", "
        "charset=UTF-8,\r\n",
        "Authorization: Digest username*=UTF-8''%%62ob, realm=\"example.test\", nonce=\"%s\", "
        "uri=\"sip:example.test\", "
        "response=\"%s\", nc=%s, cnonce=\"abc\", qop=auth, userhash=false, algorithm=md5\r\n",
    };
    char         nonce[128], response[128], nc[16], line[PROOF_LINE];
    struct judge j;

    open_with("");
    judge_open(&j, 4);
    challenges(&j, 1, nonce);
    for (unsigned i = 0; i < sizeof forms / sizeof *forms; i++) {
        quoted_value(proof_line(&(struct proof){ .nonce = nonce, .nc = i + 1 }, line), "response", response,
                     sizeof response);
        snprintf(nc, sizeof nc, "%08x", i + 1);
        snprintf(line, sizeof line, forms[i], nonce, response, nc);
        CHECK_INT(AUTH_OK, judged_lines(&j, line, ""));
        CHECK_SLICE("bob", j.proof.user);
    }
    judge_close(&j);
    bench_close(&b);
}

/* Do these mean what `right` means, in all that is hashed or looked up? */
static bool mean_the_same(const struct credentials *given, const struct credentials *right)
{
    return digest_means(given->username, right->username) && digest_means(given->realm, right->realm) &&
           digest_means(given->nonce, right->nonce) && digest_means(given->uri, right->uri) &&
           digest_means(given->cnonce, right->cnonce) && slice_eq_nocase(given->response, right->response) &&
           slice_eq(given->qop, right->qop) && slice_eq(given->nc_text, right->nc_text) &&
           given->algorithm == right->algorithm;
}

/* Each byte of a right line, turned into each of some others, or left out. */
TEST(damaged_credentials_prove_nothing)
{
    static const char  others[] = "\"\\,= *xX0\t";
    char               nonce[128], line[PROOF_LINE], right[PROOF_LINE], again[PROOF_LINE];
    struct credentials wanted, given;
    struct judge       j;
    unsigned           proved = 0;
    struct scan        s;

    open_with("auth_failures = 0\n");
    judge_open(&j, 4096);
    challenges(&j, 1, nonce);
    proof_line(&(struct proof){ .nonce = nonce, .nc = 1, .algorithm = HASH_SHA256 }, right);
    s = scan_from(slice_from(right + strlen("Authorization: ")));
    s.end -= 2;
    assert_true(credentials_scan(&s, &wanted));
    for (size_t at = strlen("Authorization: "); right[at] != '\r'; at++)
        for (const char *other = others;; other++) {
            snprintf(line, sizeof line, "%.*s%.1s%s", (int)at, right, other, right + at + 1);
            if (judged_lines(&j, line, "") == AUTH_OK) {
                proved++;
                s = scan_from(slice_from(line + strlen("Authorization: ")));
                s.end -= 2;
                assert_true(credentials_scan(&s, &given));
                CHECK(mean_the_same(&given, &wanted));
                challenges(&j, 1, nonce); /* that one has been used */
                proof_line(&(struct proof){ .nonce = nonce, .nc = 1, .algorithm = HASH_SHA256 }, again);
                memcpy(right, again, sizeof right);
            }
            if (*other == '\0')
                break;
        }
    CHECK(proved > 0); /* upper case, spaces */
    CHECK_INT(AUTH_OK, judged(&j, &(struct proof){ .nonce = nonce, .nc = 2, .algorithm = HASH_SHA256 }));
    judge_close(&j);
    bench_close(&b);
}

static void on_written(void *owner, uint64_t seq, int error)
{
    (void)owner;
    (void)seq;
    CHECK_INT(0, error);
}

/* As an import leaves him that knows no more: in the store, and read from there. */
static void add_user_by_md5_alone(const char *name, const char *password)
{
    struct hasher       *h      = hasher_new();
    struct store_change  change = { .kind = STORE_PUT_USER, .user = { .domain = SLICE("example.test") } };
    struct store_client *client;
    char                 ha1[DIGEST_HEX];
    uint64_t             seq;

    digest_ha1(h, HASH_MD5, slice_from(name), SLICE("example.test"), slice_from(password), ha1);
    hasher_free(h);
    change.user.name    = slice_from(name);
    change.user.ha1_md5 = slice_from(ha1);
    CHECK_INT(0, store_client_open(b.store, b.at_server, on_written, NULL, &client));
    CHECK_INT(0, store_write(client, &change, 1, &seq));
    bench_live(&b, 50);
    store_client_close(client);
    bench_kill(&b);
    bench_start(&b);
}

/* Offering him MD5 alone would tell who exists. */
TEST(a_user_without_a_hash_by_this_algorithm_looks_like_a_wrong_password)
{
    char nonce[128], wrong[RAW_TEXT], hashless[RAW_TEXT];

    open_with("");
    add_user_by_md5_alone("erin", "secret");
    challenged(nonce);
    answer_to(&(struct proof){ .nonce = nonce, .nc = 1, .algorithm = HASH_SHA256, .password = "wrong" }, 1, wrong,
              sizeof wrong);
    CHECK(is_wrong());
    answer_to(&(struct proof){ .nonce = nonce, .nc = 2, .algorithm = HASH_SHA256, .user = "erin" }, 2, hashless,
              sizeof hashless);
    CHECK(is_wrong());
    assert_string_equal(wrong, hashless);
    CHECK_INT(2, counter_read(&b.at_server->counters.auth_wrong));
    registers(3, &(struct proof){ .nonce = nonce, .nc = 3, .user = "erin" });
    CHECK(raw_last_is(&b.bob, "SIP/2.0 403 ")); /* it is she, and not bob */
    bench_close(&b);
}

/* What was hashed for one proof. */
static uint64_t work_of(struct judge *j, const struct proof *proof, enum auth_result expected)
{
    CHECK_INT(expected, judged(j, proof));
    return j->work;
}

TEST(who_has_no_account_costs_as_many_digests_as_who_has_a_wrong_password)
{
    static const enum hash_algorithm algorithms[] = { HASH_MD5, HASH_SHA256, HASH_SHA512_256 };
    static const char name_of_100[] = "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
                                      "xxxxxxxxxxxxxxxxxxxxxxxxxxx";
    char              nonce[128];
    struct judge      j;

    open_with("digest_algorithms = {SHA-512-256, SHA-256, MD5}\nauth_failures = 0\n");
    add_user_by_md5_alone("erin", "secret");
    judge_open(&j, 64);
    challenges(&j, 1, nonce);
    for (unsigned i = 0; i < 3; i++) {
        struct proof wrong = { .nonce = nonce, .nc = i + 1, .algorithm = algorithms[i], .password = "wrong" };
        uint64_t     work  = work_of(&j, &wrong, AUTH_WRONG);

        CHECK(work > 0);
        wrong.user = "nobody";
        CHECK_INT(work, work_of(&j, &wrong, AUTH_WRONG));
        CHECK(!j.proof.no_hash);
        wrong.user = "erin";
        CHECK_INT(work, work_of(&j, &wrong, AUTH_WRONG));
        CHECK_INT(algorithms[i] != HASH_MD5, j.proof.no_hash);
        wrong.user = name_of_100;
        CHECK_INT(work, work_of(&j, &wrong, AUTH_WRONG));
        wrong.user = NULL;
        CHECK_INT(work,
                  work_of(&j, &(struct proof){ .nonce = nonce, .nc = i + 1, .algorithm = algorithms[i] }, AUTH_OK));
    }
    judge_close(&j);
    bench_close(&b);
}

static uint64_t lookups_of(struct judge *j, const struct proof *proof)
{
    uint64_t before = counter_read(&b.at_server->counters.user_lookups);

    CHECK_INT(AUTH_WRONG, judged(j, proof));
    return counter_read(&b.at_server->counters.user_lookups) - before;
}

/* The first time the store is asked, for either; the second time it is known, of either. */
TEST(who_has_no_account_costs_as_many_lookups_as_who_has_a_wrong_password)
{
    char         nonce[128];
    struct proof wrong  = { .nonce = nonce, .nc = 1, .password = "wrong" },
                 nobody = { .nonce = nonce, .nc = 1, .user = "nobody" };
    struct judge j;

    open_with("auth_failures = 0\n");
    bench_kill(&b);
    bench_start(&b);
    judge_open(&j, 64);
    challenges(&j, 1, nonce);
    CHECK_INT(1, lookups_of(&j, &wrong));
    CHECK_INT(1, lookups_of(&j, &nobody));
    CHECK_INT(0, lookups_of(&j, &wrong));
    CHECK_INT(0, lookups_of(&j, &nobody));
    judge_close(&j);
    bench_close(&b);
}

/* RFC 7616 3.5: the server proves itself, and the next REGISTER needs no challenge, though
 * it comes after the nonce of this one has ended. */
TEST(a_registration_is_answered_with_a_proof_and_the_next_nonce)
{
    char         nonce[128], next[128], value[128], expected[DIGEST_HEX];
    struct proof proof = { .nonce = nonce, .nc = 1, .algorithm = HASH_SHA256 };

    open_with("nonce_lifetime = 60s\n");
    challenged(nonce);
    registers(1, &proof);
    CHECK(raw_last_is(&b.bob, "SIP/2.0 200 "));
    proof_of_server(&proof, "", expected);
    assert_string_equal(expected, quoted_value(raw_heard(&b.bob, 0), "rspauth", value, sizeof value));
    assert_string_equal("abc", quoted_value(raw_heard(&b.bob, 0), "cnonce", value, sizeof value));
    CHECK(strstr(raw_heard(&b.bob, 0), "qop=auth, ") != NULL &&
          strstr(raw_heard(&b.bob, 0), ", nc=00000001\r\n") != NULL);
    quoted_value(raw_heard(&b.bob, 0), "nextnonce", next, sizeof next);
    CHECK_INT(NONCE_TEXT, strlen(next));
    bench_live(&b, 3000000); /* of the hour that was granted */
    proof.nonce = next;
    registers(2, &proof);
    CHECK(raw_last_is(&b.bob, "SIP/2.0 200 "));
    bench_close(&b);
}

TEST(a_nonce_that_lasts_until_the_next_registration_is_kept)
{
    char nonce[128], value[128];

    open_with("nonce_lifetime = 2h\nmax_expires = 1h\n"); /* whatever it is granted */
    challenged(nonce);
    registers(1, &(struct proof){ .nonce = nonce, .nc = 1 });
    CHECK(strstr(raw_heard(&b.bob, 0), "rspauth=\"") != NULL);
    assert_string_equal("", quoted_value(raw_heard(&b.bob, 0), "nextnonce", value, sizeof value));
    bench_close(&b);
}

/* RFC 3261 22.4: without qop it is a client of RFC 2069, which has no such header. */
TEST(nothing_is_proved_to_who_gave_no_qop_or_where_it_is_switched_off)
{
    char nonce[128];

    open_with("");
    challenged(nonce);
    registers(1, &(struct proof){ .nonce = nonce });
    CHECK(raw_last_is(&b.bob, "SIP/2.0 200 "));
    CHECK(strstr(raw_heard(&b.bob, 0), "Authentication-Info") == NULL);
    bench_close(&b);
    open_with("digest_info = no\n");
    challenged(nonce);
    registers(1, &(struct proof){ .nonce = nonce, .nc = 1 });
    CHECK(raw_last_is(&b.bob, "SIP/2.0 200 "));
    CHECK(strstr(raw_heard(&b.bob, 0), "Authentication-Info") == NULL);
    bench_close(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_algorithms_are_offered_and_taken_the_stronger_first),
        cmocka_unit_test(a_replay_gets_stale_and_no_registration),
        cmocka_unit_test(without_qop_a_nonce_is_good_once),
        cmocka_unit_test(a_nonce_ends_with_its_lifetime_and_with_the_process),
        cmocka_unit_test(a_nonce_cannot_be_made_up),
        cmocka_unit_test(who_has_no_account_learns_nothing_else_than_who_has_a_wrong_password),
        cmocka_unit_test(a_user_registers_only_himself),
        cmocka_unit_test(the_proof_is_for_one_method_and_one_realm),
        cmocka_unit_test(a_call_is_challenged_with_407_and_the_proof_stays_here),
        cmocka_unit_test(a_flood_of_challenges_takes_nobodys_nonce_but_who_answers_a_later_one_may),
        cmocka_unit_test(only_algorithms_that_are_offered_are_accepted),
        cmocka_unit_test(session_variants_are_not_offered_and_not_accepted),
        cmocka_unit_test(auth_int_is_offered_where_it_is_configured_and_covers_the_body),
        cmocka_unit_test(where_auth_int_alone_is_offered_no_other_proof_is_enough),
        cmocka_unit_test(the_hash_of_a_name_stands_for_it),
        cmocka_unit_test(who_is_held_does_not_tell_whose_hash_it_is),
        cmocka_unit_test(of_several_credentials_the_right_ones_are_found),
        cmocka_unit_test(no_more_credentials_are_judged_than_anyone_needs),
        cmocka_unit_test(with_one_broken_header_nothing_is_judged),
        cmocka_unit_test(empty_values_before_any_challenge_are_no_guess),
        cmocka_unit_test(odd_but_legal_quoting_is_read),
        cmocka_unit_test(a_user_without_a_hash_by_this_algorithm_looks_like_a_wrong_password),
        cmocka_unit_test(damaged_credentials_prove_nothing),
        cmocka_unit_test(who_has_no_account_costs_as_many_digests_as_who_has_a_wrong_password),
        cmocka_unit_test(who_has_no_account_costs_as_many_lookups_as_who_has_a_wrong_password),
        cmocka_unit_test(a_registration_is_answered_with_a_proof_and_the_next_nonce),
        cmocka_unit_test(a_nonce_that_lasts_until_the_next_registration_is_kept),
        cmocka_unit_test(nothing_is_proved_to_who_gave_no_qop_or_where_it_is_switched_off),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
