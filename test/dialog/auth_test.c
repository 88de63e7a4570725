/* SPDX-License-Identifier: BSD-2-Clause */
#include "dialog/auth.h"

#include "dialog/message_of.h"

#include <stdio.h>

static const struct auth_secret secret = { .user = SLICE_INIT("alice"), .password = SLICE_INIT("secret") };

static struct auth          auth;
static struct random_seeded seeded;
static struct random        dice = { random_seeded_fill, &seeded };

static int setup(void **state)
{
    (void)state;
    random_seed(&seeded, 1);
    auth_init(&auth);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    auth_fini(&auth);
    return 0;
}

static enum auth_result challenged_as(const struct auth_secret *who, const char *status, const char *headers)
{
    char             lines[2048];
    struct message  *m;
    enum auth_result result;

    snprintf(lines, sizeof lines,
             "SIP/2.0 %s No\nVia: SIP/2.0/UDP h;branch=z9hG4bK1\nFrom: <sip:a@h>;tag=a\nTo: <sip:a@h>;tag=b\n"
             "Call-ID: c\nCSeq: 1 REGISTER\n%sContent-Length: 0\n",
             status, headers);
    m      = message_of(lines);
    result = auth_challenged(&auth, who, m);
    message_drop(m);
    return result;
}

static enum auth_result challenged(const char *headers)
{
    return challenged_as(&secret, "401", headers);
}

/* The i-th credentials of the next request; false if there are fewer. */
static bool credentials_with_body(const struct auth_secret *who, unsigned i, const char *body, struct credentials *c,
                                  bool *right)
{
    static struct gather g;
    static char          text[GATHER_SCRATCH];
    struct hasher       *hasher = hasher_new();
    struct buf           b      = BUF_ON(text);
    char                 ha1[DIGEST_HEX];
    struct scan          s;
    struct slice         line, name;

    gather_init(&g);
    auth_write(&auth, who, hasher, &dice, METHOD_REGISTER, SLICE("sip:example.test"), slice_from(body), &g);
    CHECK(gather_ok(&g));
    gather_flatten(&g, &b);
    s = scan_from(buf_slice(&b));
    do {
        if (!scan_until(&s, "\r", &line)) {
            hasher_free(hasher);
            return false;
        }
        scan_exact(&s, SLICE("\r\n"));
    } while (i-- > 0);
    s = scan_from(line);
    CHECK(scan_until(&s, ":", &name) && scan_byte(&s, ':') && scan_lws(&s));
    CHECK(credentials_scan(&s, c));
    digest_ha1(hasher, c->algorithm, SLICE("alice"), c->realm, SLICE("secret"), ha1);
    *right = digest_verify(hasher, c, slice_from(ha1), SLICE("REGISTER"), slice_from(body));
    hasher_free(hasher);
    return true;
}

static bool credentials_of(const struct auth_secret *who, unsigned i, struct credentials *c, bool *right)
{
    return credentials_with_body(who, i, "", c, right);
}

/* RFC 3261 22.2 */
TEST(a_challenge_is_answered_with_the_right_response)
{
    struct credentials c;
    bool               right;

    CHECK_INT(AUTH_RETRY,
              challenged("WWW-Authenticate: Digest realm=\"r\", nonce=\"n\", opaque=\"o\", qop=\"auth\"\n"));
    CHECK(credentials_of(&secret, 0, &c, &right));
    CHECK(right);
    CHECK_SLICE("alice", c.username);
    CHECK_SLICE("r", c.realm);
    CHECK_SLICE("n", c.nonce);
    CHECK_SLICE("o", c.opaque);
    CHECK_SLICE("auth", c.qop);
    CHECK_SLICE("sip:example.test", c.uri);
    CHECK_INT(1, c.nc);
    CHECK_INT(HASH_MD5, c.algorithm);
}

/* RFC 2069 form: a challenge without qop. */
TEST(a_challenge_without_qop_is_answered_without_nonce_count)
{
    struct credentials c;
    bool               right;

    CHECK_INT(AUTH_RETRY, challenged("WWW-Authenticate: Digest realm=\"r\", nonce=\"n\"\n"));
    CHECK(credentials_of(&secret, 0, &c, &right));
    CHECK(right);
    CHECK_INT(0, c.qop.len);
    CHECK_INT(0, c.cnonce.len);
}

/* RFC 8760 2.4 */
TEST(the_strongest_algorithm_of_a_realm_is_taken)
{
    struct credentials c;
    bool               right;

    CHECK_INT(AUTH_RETRY,
              challenged("WWW-Authenticate: Digest realm=\"r\", nonce=\"n1\", algorithm=MD5, qop=\"auth\"\n"
                         "WWW-Authenticate: Digest realm=\"r\", nonce=\"n2\", algorithm=SHA-256, qop=\"auth\"\n"
                         "WWW-Authenticate: Digest realm=\"r\", nonce=\"n3\", algorithm=FOO-9, qop=\"auth\"\n"));
    CHECK(credentials_of(&secret, 0, &c, &right));
    CHECK(right);
    CHECK_INT(HASH_SHA256, c.algorithm);
    CHECK_SLICE("n2", c.nonce);
    CHECK(!credentials_of(&secret, 1, &c, &right));
}

TEST(an_ha1_is_used_with_its_own_algorithm_only)
{
    struct hasher     *hasher = hasher_new();
    char               ha1[DIGEST_HEX];
    struct auth_secret stored = { .user = SLICE("alice"), .ha1_algorithm = HASH_MD5 };
    struct credentials c;
    bool               right;

    digest_ha1(hasher, HASH_MD5, SLICE("alice"), SLICE("r"), SLICE("secret"), ha1);
    hasher_free(hasher);
    stored.ha1 = slice_from(ha1);
    CHECK_INT(AUTH_RETRY,
              challenged_as(&stored, "401",
                            "WWW-Authenticate: Digest realm=\"r\", nonce=\"n2\", algorithm=SHA-256, qop=\"auth\"\n"
                            "WWW-Authenticate: Digest realm=\"r\", nonce=\"n1\", algorithm=MD5, qop=\"auth\"\n"));
    CHECK(credentials_of(&stored, 0, &c, &right));
    CHECK(right);
    CHECK_SLICE("n1", c.nonce);
    stored.ha1_algorithm = HASH_SHA256;
    CHECK_INT(AUTH_UNSUPPORTED,
              challenged_as(&stored, "401", "WWW-Authenticate: Digest realm=\"r\", nonce=\"n\", qop=\"auth\"\n"));
}

/* RFC 7616 3.4: the count rises with each request under one nonce. */
TEST(the_nonce_count_rises_and_starts_again_with_a_new_nonce)
{
    struct credentials c;
    bool               right;

    challenged("WWW-Authenticate: Digest realm=\"r\", nonce=\"n1\", qop=\"auth\"\n");
    for (unsigned i = 1; i <= 3; i++) {
        CHECK(credentials_of(&secret, 0, &c, &right));
        CHECK_INT(i, c.nc);
        CHECK(right);
    }
    auth_begin(&auth);
    CHECK_INT(AUTH_RETRY, challenged("WWW-Authenticate: Digest realm=\"r\", nonce=\"n2\", qop=\"auth\"\n"));
    CHECK(credentials_of(&secret, 0, &c, &right));
    CHECK_INT(1, c.nc);
}

/* RFC 3261 22.2: "MUST NOT re-attempt requests with the credentials that have just been rejected". */
TEST(a_wrong_password_costs_one_round_whatever_nonce_comes)
{
    CHECK_INT(AUTH_RETRY, challenged("WWW-Authenticate: Digest realm=\"r\", nonce=\"n1\", qop=\"auth\"\n"));
    CHECK_INT(AUTH_REFUSED, challenged("WWW-Authenticate: Digest realm=\"r\", nonce=\"n1\", qop=\"auth\"\n"));
    CHECK_INT(AUTH_REFUSED, challenged("WWW-Authenticate: Digest realm=\"r\", nonce=\"n2\", qop=\"auth\"\n"));
}

TEST(the_next_request_is_not_tried_with_the_same_rejected_nonce)
{
    struct credentials c;
    bool               right;

    challenged("WWW-Authenticate: Digest realm=\"r\", nonce=\"n1\", qop=\"auth\"\n");
    credentials_of(&secret, 0, &c, &right);
    auth_begin(&auth);
    CHECK_INT(AUTH_REFUSED, challenged("WWW-Authenticate: Digest realm=\"r\", nonce=\"n1\", qop=\"auth\"\n"));
}

/* RFC 7616 3.3: stale means that the password was right. */
TEST(a_stale_nonce_is_renewed_but_not_for_ever)
{
    CHECK_INT(AUTH_RETRY, challenged("WWW-Authenticate: Digest realm=\"r\", nonce=\"n0\", qop=\"auth\"\n"));
    for (int i = 0; i < AUTH_STALE_MAX; i++)
        CHECK_INT(AUTH_RETRY,
                  challenged("WWW-Authenticate: Digest realm=\"r\", nonce=\"n1\", stale=true, qop=\"auth\"\n"));
    CHECK_INT(AUTH_REFUSED,
              challenged("WWW-Authenticate: Digest realm=\"r\", nonce=\"n1\", stale=true, qop=\"auth\"\n"));
}

/* RFC 3261 22.3: several proxies may each want credentials. */
TEST(each_realm_gets_its_own_credentials)
{
    struct credentials c;
    bool               right;

    CHECK_INT(AUTH_RETRY, challenged_as(&secret, "407",
                                        "Proxy-Authenticate: Digest realm=\"one\", nonce=\"n1\", qop=\"auth\"\n"
                                        "Proxy-Authenticate: Digest realm=\"two\", nonce=\"n2\", qop=\"auth\"\n"));
    CHECK_INT(AUTH_RETRY, challenged("WWW-Authenticate: Digest realm=\"two\", nonce=\"n3\", qop=\"auth\"\n"));
    CHECK(credentials_of(&secret, 0, &c, &right) && right);
    CHECK_SLICE("one", c.realm);
    CHECK(credentials_of(&secret, 1, &c, &right) && right);
    CHECK_SLICE("n2", c.nonce);
    CHECK(credentials_of(&secret, 2, &c, &right) && right);
    CHECK_SLICE("n3", c.nonce);
}

TEST(more_realms_than_we_keep_are_refused)
{
    char line[128];

    for (int i = 0; i < AUTH_REALMS; i++) {
        snprintf(line, sizeof line, "WWW-Authenticate: Digest realm=\"r%d\", nonce=\"n\", qop=\"auth\"\n", i);
        CHECK_INT(AUTH_RETRY, challenged(line));
    }
    CHECK_INT(AUTH_REFUSED, challenged("WWW-Authenticate: Digest realm=\"more\", nonce=\"n\", qop=\"auth\"\n"));
}

TEST(what_cannot_be_answered_is_told_apart)
{
    static const struct auth_secret nobody = { .password = SLICE_INIT("x") };

    CHECK_INT(AUTH_MALFORMED, challenged(""));
    CHECK_INT(AUTH_UNSUPPORTED, challenged("WWW-Authenticate: Basic realm=\"r\"\n"));
    CHECK_INT(AUTH_UNSUPPORTED, challenged("WWW-Authenticate: Digest realm=\"r\", nonce=\"n\", qop=\"auth-conf\"\n"));
    CHECK_INT(AUTH_REFUSED, challenged_as(&nobody, "401", "WWW-Authenticate: Digest realm=\"r\", nonce=\"n\"\n"));
    CHECK_INT(AUTH_MALFORMED,
              challenged_as(&secret, "407", "WWW-Authenticate: Digest realm=\"r\", nonce=\"n\", qop=\"auth\"\n"));
}

/* RFC 8760 2.4: the order is the server's, where both are as good. */
TEST(of_equals_the_topmost_is_taken)
{
    struct credentials c;
    bool               right;

    CHECK_INT(AUTH_RETRY,
              challenged("WWW-Authenticate: Digest realm=\"r\", nonce=\"n\", algorithm=SHA-512-256, qop=\"auth\"\n"
                         "WWW-Authenticate: Digest realm=\"r\", nonce=\"n\", algorithm=SHA-256, qop=\"auth\"\n"
                         "WWW-Authenticate: Digest realm=\"r\", nonce=\"n\", algorithm=MD5, qop=\"auth\"\n"));
    CHECK(credentials_of(&secret, 0, &c, &right));
    CHECK(right);
    CHECK_INT(HASH_SHA512_256, c.algorithm);
}

/* RFC 7616 3.4.3. */
TEST(auth_int_is_used_where_a_server_wants_it_alone)
{
    struct credentials c;
    bool               right;

    CHECK_INT(AUTH_RETRY, challenged("WWW-Authenticate: Digest realm=\"r\", nonce=\"n1\", qop=\"auth-int\"\n"));
    CHECK(credentials_with_body(&secret, 0, "v=0", &c, &right));
    CHECK(right);
    CHECK_SLICE("auth-int", c.qop);
    auth_begin(&auth);
    CHECK_INT(AUTH_RETRY, challenged("WWW-Authenticate: Digest realm=\"r\", nonce=\"n2\", qop=\"auth-int, auth\"\n"));
    CHECK(credentials_with_body(&secret, 0, "v=0", &c, &right));
    CHECK(right);
    CHECK_SLICE("auth", c.qop);
}

/* RFC 7616 3.4.4: "the client MUST calculate a hash of the username". */
TEST(a_name_is_hashed_where_the_server_takes_that)
{
    struct hasher     *hasher = hasher_new();
    char               hex[DIGEST_HEX];
    struct credentials c;
    bool               right;

    digest_userhash(hasher, HASH_SHA256, SLICE("alice"), SLICE("r"), hex);
    hasher_free(hasher);
    CHECK_INT(AUTH_RETRY, challenged("WWW-Authenticate: Digest realm=\"r\", nonce=\"n\", algorithm=SHA-256, "
                                     "qop=\"auth\", userhash=true\n"));
    CHECK(credentials_of(&secret, 0, &c, &right));
    CHECK(right && c.userhash);
    CHECK_SLICE(hex, c.username);
}

/* RFC 7616 3.3, 3.4.5: quotes and backslashes are escaped when sent, and not hashed. */
TEST(odd_names_and_realms_are_quoted_and_hashed_as_they_are_meant)
{
    const struct auth_secret odd    = { .user = SLICE("a\"l\\e"), .password = SLICE("secret") };
    struct hasher           *hasher = hasher_new();
    char                     ha1[DIGEST_HEX];
    struct credentials       c;
    bool                     right;

    CHECK_INT(AUTH_RETRY, challenged_as(&odd, "401",
                                        "WWW-Authenticate: Digest realm=\"the \\\"r\\\"\", nonce=\"n\\\\\", "
                                        "qop=\"auth\"\n"));
    CHECK(credentials_of(&odd, 0, &c, &right));
    CHECK_SLICE("a\\\"l\\\\e", c.username);
    CHECK_SLICE("the \\\"r\\\"", c.realm);
    digest_ha1(hasher, HASH_MD5, odd.user, SLICE("the \"r\""), odd.password, ha1);
    CHECK(digest_verify(hasher, &c, slice_from(ha1), SLICE("REGISTER"), SLICE("")));
    hasher_free(hasher);
}

/* RFC 7616 3.4: "unchanged", so what was not there is not sent. */
TEST(without_an_opaque_none_is_sent)
{
    struct credentials c;
    bool               right;

    challenged("WWW-Authenticate: Digest realm=\"r\", nonce=\"n\", qop=\"auth\"\n");
    CHECK(credentials_of(&secret, 0, &c, &right) && right);
    CHECK(c.opaque.ptr == NULL);
    auth_begin(&auth);
    challenged("WWW-Authenticate: Digest realm=\"r\", nonce=\"n2\", opaque=\"\", qop=\"auth\"\n");
    CHECK(credentials_of(&secret, 0, &c, &right) && right);
    CHECK(c.opaque.ptr != NULL);
}

/* RFC 7616 3.4.2: A1 is made of the first cnonce of the session. */
TEST(a_session_keeps_its_first_cnonce)
{
    struct credentials c;
    bool               right;
    char               first[AUTH_CNONCE + 1];

    challenged("WWW-Authenticate: Digest realm=\"r\", nonce=\"n\", algorithm=MD5-sess, qop=\"auth\"\n");
    CHECK(credentials_of(&secret, 0, &c, &right) && right);
    snprintf(first, sizeof first, "%.*s", SLICE_ARG(c.cnonce));
    CHECK(credentials_of(&secret, 0, &c, &right) && right);
    CHECK_SLICE(first, c.cnonce);
    CHECK_INT(2, c.nc);
    auth_begin(&auth);
    challenged("WWW-Authenticate: Digest realm=\"r\", nonce=\"n2\", algorithm=MD5-sess, qop=\"auth\"\n");
    CHECK(credentials_of(&secret, 0, &c, &right) && right);
    CHECK(!slice_eq(slice_from(first), c.cnonce));
}

static enum auth_word answered(const char *info)
{
    struct hasher  *hasher = hasher_new();
    char            lines[1024];
    struct message *m;
    enum auth_word  word;

    snprintf(lines, sizeof lines,
             "SIP/2.0 200 OK\nVia: SIP/2.0/UDP h;branch=z9hG4bK1\nFrom: <sip:a@h>;tag=a\nTo: <sip:a@h>;tag=b\n"
             "Call-ID: c\nCSeq: 1 REGISTER\n%sContent-Length: 0\n",
             info);
    m    = message_of(lines);
    word = auth_answered(&auth, &secret, hasher, SLICE("sip:example.test"), m);
    message_drop(m);
    hasher_free(hasher);
    return word;
}

/* What a registrar says that has this password. */
static const char *info_of(const struct credentials *c, const char *password, const char *more)
{
    static char    line[512];
    struct hasher *hasher = hasher_new();
    char           ha1[DIGEST_HEX], hex[DIGEST_HEX];

    digest_ha1(hasher, c->algorithm, SLICE("alice"), c->realm, slice_from(password), ha1);
    digest_rspauth(hasher, c, slice_from(ha1), SLICE(""), hex);
    hasher_free(hasher);
    snprintf(line, sizeof line, "Authentication-Info: qop=auth, rspauth=\"%s\", cnonce=\"%.*s\", nc=%.*s%s\n", hex,
             SLICE_ARG(c->cnonce), SLICE_ARG(c->nc_text), more);
    return line;
}

/* RFC 7616 3.5. */
TEST(whoever_answers_is_known_by_his_proof)
{
    struct credentials c;
    bool               right;

    challenged("WWW-Authenticate: Digest realm=\"r\", nonce=\"n\", algorithm=SHA-256, qop=\"auth\"\n");
    CHECK(credentials_of(&secret, 0, &c, &right) && right);
    CHECK_INT(AUTH_WORD_NONE, answered(""));
    CHECK_INT(AUTH_WORD_NONE, answered("Authentication-Info: ,\n"));
    CHECK_INT(AUTH_WORD_GOOD, answered(info_of(&c, "secret", "")));
    CHECK_INT(AUTH_WORD_FALSE, answered(info_of(&c, "guess", "")));
    c.cnonce = SLICE("another");
    CHECK_INT(AUTH_WORD_FALSE, answered(info_of(&c, "secret", "")));
}

TEST(the_next_nonce_is_used_from_the_next_request_on)
{
    struct credentials c;
    bool               right;

    challenged("WWW-Authenticate: Digest realm=\"r\", nonce=\"n\", opaque=\"o\", qop=\"auth\"\n");
    CHECK(credentials_of(&secret, 0, &c, &right) && right);
    CHECK_INT(AUTH_WORD_FALSE, answered(info_of(&c, "guess", ", nextnonce=\"bad\"")));
    CHECK(credentials_of(&secret, 0, &c, &right) && right);
    CHECK_SLICE("n", c.nonce);
    CHECK_INT(2, c.nc);
    CHECK_INT(AUTH_WORD_GOOD, answered(info_of(&c, "secret", ", nextnonce=\"next\"")));
    CHECK(credentials_of(&secret, 0, &c, &right) && right);
    CHECK_SLICE("next", c.nonce);
    CHECK_SLICE("o", c.opaque);
    CHECK_INT(1, c.nc);
    CHECK_INT(AUTH_WORD_NONE, answered("Authentication-Info: nextnonce=\"third\"\n"));
    CHECK(credentials_of(&secret, 0, &c, &right) && right);
    CHECK_SLICE("third", c.nonce);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_challenge_is_answered_with_the_right_response, setup, teardown),
        cmocka_unit_test_setup_teardown(a_challenge_without_qop_is_answered_without_nonce_count, setup, teardown),
        cmocka_unit_test_setup_teardown(the_strongest_algorithm_of_a_realm_is_taken, setup, teardown),
        cmocka_unit_test_setup_teardown(an_ha1_is_used_with_its_own_algorithm_only, setup, teardown),
        cmocka_unit_test_setup_teardown(the_nonce_count_rises_and_starts_again_with_a_new_nonce, setup, teardown),
        cmocka_unit_test_setup_teardown(a_wrong_password_costs_one_round_whatever_nonce_comes, setup, teardown),
        cmocka_unit_test_setup_teardown(the_next_request_is_not_tried_with_the_same_rejected_nonce, setup, teardown),
        cmocka_unit_test_setup_teardown(a_stale_nonce_is_renewed_but_not_for_ever, setup, teardown),
        cmocka_unit_test_setup_teardown(each_realm_gets_its_own_credentials, setup, teardown),
        cmocka_unit_test_setup_teardown(more_realms_than_we_keep_are_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(what_cannot_be_answered_is_told_apart, setup, teardown),
        cmocka_unit_test_setup_teardown(of_equals_the_topmost_is_taken, setup, teardown),
        cmocka_unit_test_setup_teardown(auth_int_is_used_where_a_server_wants_it_alone, setup, teardown),
        cmocka_unit_test_setup_teardown(a_name_is_hashed_where_the_server_takes_that, setup, teardown),
        cmocka_unit_test_setup_teardown(odd_names_and_realms_are_quoted_and_hashed_as_they_are_meant, setup, teardown),
        cmocka_unit_test_setup_teardown(without_an_opaque_none_is_sent, setup, teardown),
        cmocka_unit_test_setup_teardown(a_session_keeps_its_first_cnonce, setup, teardown),
        cmocka_unit_test_setup_teardown(whoever_answers_is_known_by_his_proof, setup, teardown),
        cmocka_unit_test_setup_teardown(the_next_nonce_is_used_from_the_next_request_on, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
