/* SPDX-License-Identifier: BSD-2-Clause */
/* Digest as a client lives through it (RFC 3261 22, RFC 7616, RFC 8760). */
#include "server/authenticator.h"

#include "sip/digest.h"
#include "support/server_bench.h"
#include "support/test.h"

#include <stdio.h>

static struct bench b;

/* How one request proves who sent it. */
struct proof {
    const char         *header; /* "Authorization" */
    const char         *user, *password, *nonce, *method, *uri;
    enum hash_algorithm algorithm;
    unsigned            nc; /* 0: without qop */
};

static void open_with(const char *more)
{
    char text[256];

    snprintf(text, sizeof text, "authentication = yes\n%s", more);
    bench_open(&b, text);
    bench_add_user(&b, "bob", "secret");
    bench_add_user(&b, "carol", "other");
}

/* The nonce of the challenge in `name`: the same for both algorithms. */
static void nonce_of(const struct raw_phone *p, const char *name, char nonce[128])
{
    char value[512], *at, *end;

    header_of(raw_heard(p, 0), name, value, sizeof value);
    at = strstr(value, "nonce=\"");
    assert_non_null(at);
    end = strchr(at + 7, '"');
    snprintf(nonce, 128, "%.*s", (int)(end - at - 7), at + 7);
}

static const char *line_of(const struct proof *proof, char *line, size_t size)
{
    struct hasher     *h       = hasher_new();
    const char        *uri     = proof->uri != NULL ? proof->uri : "sip:example.test";
    const char        *method  = proof->method != NULL ? proof->method : "REGISTER";
    const char        *user    = proof->user != NULL ? proof->user : "bob";
    char               nc[16]  = "", hex[DIGEST_HEX], ha1[DIGEST_HEX];
    struct credentials c       = { .username  = slice_from(user),
                                   .realm     = SLICE("example.test"),
                                   .nonce     = slice_from(proof->nonce),
                                   .uri       = slice_from(uri),
                                   .algorithm = proof->algorithm,
                                   .known     = true };
    struct buf         written = buf_on(line, size);

    assert_non_null(h);
    if (proof->nc > 0) {
        snprintf(nc, sizeof nc, "%08x", proof->nc);
        c.qop     = SLICE("auth");
        c.cnonce  = SLICE("abc");
        c.nc      = proof->nc;
        c.nc_text = slice_from(nc);
    }
    digest_ha1(h, c.algorithm, c.username, c.realm, slice_from(proof->password != NULL ? proof->password : "secret"),
               ha1);
    digest_response(h, &c, slice_from(ha1), slice_from(method), hex);
    buf_put(&written, slice_from(proof->header != NULL ? proof->header : "Authorization"));
    buf_put(&written, SLICE(": "));
    credentials_write(&written, &c, slice_from(hex));
    buf_put(&written, SLICE("\r\n"));
    hasher_free(h);
    assert_true(buf_ok(&written));
    return buf_cstr(&written);
}

static void challenged(char nonce[128])
{
    static unsigned asked;

    raw_ask(&b.bob, &(struct request_form){ .cseq = 1000 + ++asked, .call_id = "challenge" });
    bench_live(&b, 50);
    CHECK(raw_last_is(&b.bob, "SIP/2.0 401 "));
    nonce_of(&b.bob, "WWW-Authenticate", nonce);
}

static void registers(unsigned cseq, const struct proof *proof)
{
    char line[1024];

    raw_register(&b.bob, cseq, line_of(proof, line, sizeof line));
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

TEST(both_algorithms_are_offered_and_taken_the_stronger_first)
{
    char        nonce[128];
    const char *sha, *md5;

    open_with("");
    challenged(nonce);
    sha = strstr(raw_heard(&b.bob, 0), "algorithm=SHA-256");
    md5 = strstr(raw_heard(&b.bob, 0), "algorithm=MD5");
    CHECK(sha != NULL && md5 != NULL && sha < md5);
    registers(1, &(struct proof){ .nonce = nonce, .nc = 1, .algorithm = HASH_MD5 });
    CHECK(raw_last_is(&b.bob, "SIP/2.0 200 "));
    registers(2, &(struct proof){ .nonce = nonce, .nc = 2, .algorithm = HASH_SHA256 });
    CHECK(raw_last_is(&b.bob, "SIP/2.0 200 "));
    bench_close(&b);
}

/* RFC 7616 3.4.5: the count must rise; what was captured opens nothing. */
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
    registers(4, &(struct proof){ .nonce = nonce, .nc = 2 });
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
    nonce_of(&b.bob, "WWW-Authenticate", nonce);
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
    char         nonce[128], line[1024];
    struct proof carols = { .nonce = nonce, .user = "carol", .password = "other", .nc = 1 };
    struct proof bobs   = {
          .header = "Proxy-Authorization", .method = "INVITE", .uri = "sip:carol@example.test", .nonce = nonce, .nc = 1
    };

    open_with("");
    challenged(nonce);
    line_of(&carols, line, sizeof line);
    strcat(line, "Contact: <sip:carol@192.0.2.9:6002>\r\n");
    carol_registers(1, line);
    CHECK(raw_last_is(&b.carol, "SIP/2.0 200 "));
    bob_calls_carol(1, "");
    CHECK(raw_last_is(&b.bob, "SIP/2.0 407 "));
    nonce_of(&b.bob, "Proxy-Authenticate", nonce);
    bob_calls_carol(2, line_of(&bobs, line, sizeof line));
    CHECK(raw_last_is(&b.carol, "INVITE sip:carol@192.0.2.9:6002 SIP/2.0\r\n"));
    CHECK(strstr(raw_heard(&b.carol, 0), "Authorization") == NULL);
    raw_answer(&b.carol, 0, "486 Busy Here", "c");
    bench_close(&b);
}

/* What an authenticator says to a REGISTER that uses `nonce` for the nc-th time. */
static enum auth_result judged(struct authenticator *a, const char *nonce, unsigned nc)
{
    char               text[2048], line[1024];
    struct parse_fault fault;
    struct message    *request;
    struct auth_proof  proof;
    enum auth_result   result;

    snprintf(text, sizeof text,
             "REGISTER sip:example.test SIP/2.0\r\nVia: SIP/2.0/UDP a;branch=z9hG4bK1\r\nFrom: <sip:b@a>;tag=1\r\n"
             "To: <sip:b@a>\r\nCall-ID: 1\r\nCSeq: 1 REGISTER\r\n%sContent-Length: 0\r\n\r\n",
             line_of(&(struct proof){ .nonce = nonce, .nc = nc }, line, sizeof line));
    request = message_parse(slice_from(text), &fault);
    assert_non_null(request);
    result = authenticator_check(a, request, HEADER_AUTHORIZATION, SLICE("example.test"), &proof);
    message_drop(request);
    return result;
}

static void challenges(struct authenticator *a, unsigned count, char nonce[128])
{
    static struct gather g;
    char                 text[1024];
    struct buf           all = BUF_ON(text);

    for (unsigned i = 0; i < count; i++) {
        gather_init(&g);
        authenticator_challenge(a, &g, HEADER_WWW_AUTHENTICATE, false);
    }
    gather_flatten(&g, &all);
    snprintf(nonce, 128, "%.48s", strstr(buf_cstr(&all), "nonce=\"") + 7);
}

/* Challenges cost nothing to keep: a flood of 65536 makes the oldest stale, no more. */
TEST(a_flood_of_challenges_recycles_the_oldest)
{
    char                  nonce[128], other[128];
    struct user_reader   *reader;
    struct authenticator *a;

    open_with("");
    reader = user_reader_new(server_users(b.server), b.at_server, NULL);
    assert_non_null(reader);
    a = authenticator_new(b.at_server, reader, b.shared->nonces, SLICE("example.test"), 60000, false);
    assert_non_null(a);
    challenges(a, 1, nonce);
    challenges(a, 65535, other);
    CHECK_INT(AUTH_OK, judged(a, nonce, 1));
    bench_live(&b, 1);
    challenges(a, 1, other); /* the nonce that takes its slot */
    CHECK_INT(AUTH_STALE, judged(a, nonce, 2));
    CHECK_INT(AUTH_OK, judged(a, other, 1));
    authenticator_free(a);
    user_reader_free(reader);
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
        cmocka_unit_test(a_flood_of_challenges_recycles_the_oldest),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
