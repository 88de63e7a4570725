/* SPDX-License-Identifier: BSD-2-Clause */
#include "sip/digest.h"
#include "support/test.h"

#include <stdio.h>

#define NONCE_7616  "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v"
#define CNONCE_7616 "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ"

static struct hasher *hasher;

static bool scan_credentials(const char *text, struct credentials *c)
{
    struct scan s = scan_from(test_guarded(slice_from(text)));

    return credentials_scan(&s, c) && scan_at_end(&s);
}

static bool scan_challenge(const char *text, struct challenge *c)
{
    struct scan s = scan_from(test_guarded(slice_from(text)));

    return challenge_scan(&s, c) && scan_at_end(&s);
}

/* Both what we would send and what we accept, for one published example. */
static void check_example(const char *text, const char *user, const char *realm, const char *password)
{
    struct credentials c;
    char               ha1[DIGEST_HEX], response[DIGEST_HEX];

    CHECK(scan_credentials(text, &c));
    CHECK(c.known);
    digest_ha1(hasher, c.algorithm, slice_from(user), slice_from(realm), slice_from(password), ha1);
    digest_response(hasher, &c, slice_from(ha1), SLICE("GET"), response);
    CHECK(slice_eq_nocase(slice_from(response), c.response));
    CHECK(digest_verify(hasher, &c, slice_from(ha1), SLICE("GET")));
    CHECK(!digest_verify(hasher, &c, slice_from(ha1), SLICE("PUT")));
    digest_ha1(hasher, c.algorithm, slice_from(user), slice_from(realm), SLICE("guess"), ha1);
    CHECK(!digest_verify(hasher, &c, slice_from(ha1), SLICE("GET")));
}

/* RFC 2617 3.5 */
TEST(md5_with_qop_gives_the_published_response)
{
    check_example("Digest username=\"Mufasa\", realm=\"testrealm@host.com\", "
                  "nonce=\"dcd98b7102dd2f0e8b11d0f600bfb0c093\", uri=\"/dir/index.html\", qop=auth, nc=00000001, "
                  "cnonce=\"0a4f113b\", response=\"6629fae49393a05397450978507c4ef1\", "
                  "opaque=\"5ccc069c403ebaf9f0171e9517f40e41\"",
                  "Mufasa", "testrealm@host.com", "Circle Of Life");
}

/* RFC 7616 3.9.1 */
TEST(md5_and_sha_256_give_the_published_responses)
{
    static const char head[] = "Digest username=\"Mufasa\", realm=\"http-auth@example.org\", uri=\"/dir/index.html\", "
                               "nonce=\"" NONCE_7616 "\", nc=00000001, cnonce=\"" CNONCE_7616 "\", qop=auth, ";
    static const char *const tails[] = {
        "algorithm=MD5, response=\"8ca523f5e9506fed4657c9700eebdbec\"",
        "algorithm=SHA-256, response=\"753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1\"",
    };

    for (size_t i = 0; i < sizeof tails / sizeof *tails; i++) {
        char text[1024];

        snprintf(text, sizeof text, "%s%s", head, tails[i]);
        check_example(text, "Mufasa", "http-auth@example.org", "Circle of Life");
    }
}

/* RFC 7616 3.4.2 with SHA-512/256.  The response printed in 3.9.2 is another one:
 * this value was computed from the formula by an independent implementation. */
TEST(sha_512_256_gives_the_response_of_the_formula)
{
    check_example("Digest username=\"J\xc3\xa4s\xc3\xb8n Doe\", realm=\"api@example.org\", uri=\"/doe.json\", "
                  "algorithm=SHA-512-256, nonce=\"5TsQWLVdgBdmrQ0XsxbDODV+57QdFR34I9HAbC/RVvkK\", nc=00000001, "
                  "cnonce=\"NTg6RKcb9boFIAS3KrFK9BGeh+iDa/sm6jUMp2wds69v\", qop=auth, "
                  "response=\"3798d4131c277846293534c3edc11bd8a5e4cdcbff78b05db9d95eeb1cec68a5\"",
                  "J\xc3\xa4s\xc3\xb8n Doe", "api@example.org", "Secret, or not?");
}

/* RFC 2617 3.2.2.1: without qop the response is H(A1:nonce:A2) as in RFC 2069. */
TEST(credentials_without_qop_are_verified_as_in_rfc_2069)
{
    check_example("Digest username=\"Mufasa\", realm=\"testrealm@host.com\", "
                  "nonce=\"dcd98b7102dd2f0e8b11d0f600bfb0c093\", uri=\"/dir/index.html\", "
                  "response=\"670fd8c2df070c60b045671b8b24ff02\"",
                  "Mufasa", "testrealm@host.com", "Circle Of Life");
}

/* RFC 7616 3.4.2: A1 = H(user:realm:password) ":" nonce ":" cnonce. */
TEST(sess_hashes_nonce_and_cnonce_into_a1)
{
    check_example(
        "Digest username=\"Mufasa\", realm=\"http-auth@example.org\", uri=\"/dir/index.html\", "
        "nonce=\"" NONCE_7616 "\", nc=00000001, cnonce=\"" CNONCE_7616 "\", qop=auth, "
        "algorithm=SHA-256-sess, response=\"2fd51b3a77ad75bad6afad6003e818d767133c46d9e2749e7f5232ae1ea3efd7\"",
        "Mufasa", "http-auth@example.org", "Circle of Life");
}

TEST(response_in_upper_case_is_the_same_number)
{
    check_example("Digest username=\"Mufasa\", realm=\"testrealm@host.com\", "
                  "nonce=\"dcd98b7102dd2f0e8b11d0f600bfb0c093\", uri=\"/dir/index.html\", qop=auth, nc=00000001, "
                  "cnonce=\"0a4f113b\", response=\"6629FAE49393A05397450978507C4EF1\"",
                  "Mufasa", "testrealm@host.com", "Circle Of Life");
}

/* Only qop=auth is offered: a hash that covers the body was not asked for. */
TEST(auth_int_is_read_but_never_verified)
{
    struct credentials c;
    char               ha1[DIGEST_HEX], response[DIGEST_HEX];

    CHECK(scan_credentials("Digest username=\"u\", realm=\"r\", nonce=\"n\", uri=\"sip:r\", qop=auth-int, nc=00000001, "
                           "cnonce=\"c\", response=\"00000000000000000000000000000000\"",
                           &c));
    CHECK(c.known);
    digest_ha1(hasher, HASH_MD5, SLICE("u"), SLICE("r"), SLICE("p"), ha1);
    digest_response(hasher, &c, slice_from(ha1), SLICE("REGISTER"), response);
    c.response = slice_from(response);
    CHECK(!digest_verify(hasher, &c, slice_from(ha1), SLICE("REGISTER")));
}

TEST(credentials_keep_every_part)
{
    struct credentials c;

    CHECK(
        scan_credentials("digest  UserName = \"a\\\"b\" ,\r\n realm=\"r\",nonce=\"n,;=\", uri=\"sip:x\",response=\"\","
                         "opaque=\"\", cnonce=\"cc\", qop=\"auth\", nc=0000fFfF, algorithm=\"sha-256\", later=tok",
                         &c));
    CHECK(c.known);
    CHECK_SLICE("a\\\"b", c.username);
    CHECK_SLICE("r", c.realm);
    CHECK_SLICE("n,;=", c.nonce);
    CHECK_SLICE("sip:x", c.uri);
    CHECK_SLICE("", c.response);
    CHECK_SLICE("auth", c.qop);
    CHECK_INT(HASH_SHA256, c.algorithm);
    CHECK_INT(0xffff, c.nc);
}

/* RFC 4475 3.3.7: another scheme is not an error. */
TEST(another_scheme_or_algorithm_is_not_known)
{
    struct credentials c;
    struct challenge   w;

    CHECK(scan_credentials("NoOneKnowsThisScheme opaque-data=here", &c));
    CHECK(!c.known);
    CHECK(
        scan_credentials("Digest username=\"u\",realm=\"r\",nonce=\"n\",uri=\"u\",response=\"0\",algorithm=ROT13", &c));
    CHECK(!c.known);
    CHECK(!digest_verify(hasher, &c, SLICE("0"), SLICE("GET")));
    CHECK(scan_challenge("Bearer realm=\"r\"", &w));
    CHECK(!w.known);
    CHECK(scan_challenge("Digest realm=\"r\", nonce=\"n\", algorithm=AKAv1-MD5", &w));
    CHECK(!w.known);
}

/* Even a response that would be right for MD5. */
TEST(unknown_algorithm_is_never_verified)
{
    struct credentials c;
    char               ha1[DIGEST_HEX], response[DIGEST_HEX];

    CHECK(
        scan_credentials("Digest username=\"u\",realm=\"r\",nonce=\"n\",uri=\"x\",response=\"\",algorithm=ROT13", &c));
    digest_ha1(hasher, HASH_MD5, SLICE("u"), SLICE("r"), SLICE("p"), ha1);
    digest_response(hasher, &c, slice_from(ha1), SLICE("BYE"), response);
    c.response = slice_from(response);
    CHECK(!digest_verify(hasher, &c, slice_from(ha1), SLICE("BYE")));
    c.known = true;
    CHECK(digest_verify(hasher, &c, slice_from(ha1), SLICE("BYE")));
}

/* RFC 2617 3.2.2.2: -sess hashes the cnonce, so it is sent even without qop. */
TEST(sess_without_qop_sends_its_cnonce)
{
    struct credentials c = { .username = SLICE("u"),
                             .realm    = SLICE("r"),
                             .nonce    = SLICE("n"),
                             .uri      = SLICE("x"),
                             .cnonce   = SLICE("cc"),
                             .sess     = true },
                       again;
    char       memory[256];
    struct buf b = BUF_ON(memory);

    credentials_write(&b, &c, SLICE("00"));
    CHECK(scan_credentials(buf_cstr(&b), &again));
    CHECK_SLICE("cc", again.cnonce);
    CHECK(again.sess);
}

TEST(malformed_credentials_are_refused)
{
    static const char *const bad[] = {
        "",
        "Digest",
        "Digest ,",
        "Digest username=\"u\",realm=\"r\",nonce=\"n\",uri=\"u\"",
        "Digest username=\"u\",realm=\"r\",nonce=\"n\",uri=\"u\",response=\"x",
        "Digest username=\"u\" realm=\"r\",nonce=\"n\",uri=\"u\",response=\"x\"",
        "Digest username=\"u\",username=\"v\",realm=\"r\",nonce=\"n\",uri=\"u\",response=\"x\"",
        "Digest username=\"u\",realm=\"r\",nonce=\"n\",uri=\"u\",response=\"x\",qop=auth",
        "Digest username=\"u\",realm=\"r\",nonce=\"n\",uri=\"u\",response=\"x\",qop=auth,cnonce=\"c\",nc=1",
        "Digest username=\"u\",realm=\"r\",nonce=\"n\",uri=\"u\",response=\"x\",qop=\"a,b c\",cnonce=\"c\",nc=00000001",
        "Digest username=\"u\",realm=\"r\",nonce=\"n\",uri=\"u\",response=\"x\",qop=auth,cnonce=\"c\",nc=0000000g",
        "Digest username=u\\,realm=\"r\",nonce=\"n\",uri=\"u\",response=\"x\"",
        "Digest username=,realm=\"r\",nonce=\"n\",uri=\"u\",response=\"x\"",
    };

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct credentials c;

        if (scan_credentials(bad[i], &c)) {
            print_error("accepted: %s\n", bad[i]);
            fail();
        }
    }
}

/* RFC 7616 3.3 */
TEST(challenge_keeps_every_part)
{
    struct challenge c;

    CHECK(scan_challenge("Digest realm=\"r\", qop=\"auth-int, auth\", algorithm=SHA-512-256-sess, nonce=\"n\", "
                         "opaque=\"o\", stale=TRUE",
                         &c));
    CHECK(c.known && c.sess && c.has_qop && c.qop_auth && c.stale);
    CHECK_INT(HASH_SHA512_256, c.algorithm);
    CHECK_SLICE("r", c.realm);
    CHECK_SLICE("n", c.nonce);
    CHECK_SLICE("o", c.opaque);
    CHECK(scan_challenge("Digest realm=\"r\", nonce=\"n\", qop=\"auth-int\", stale=false", &c));
    CHECK(c.known && !c.sess && c.has_qop && !c.qop_auth && !c.stale);
    CHECK_INT(HASH_MD5, c.algorithm);
    CHECK(!scan_challenge("Digest realm=\"r\"", &c));
}

TEST(what_is_written_is_read_again)
{
    char             memory[1024];
    struct buf       b = BUF_ON(memory);
    struct challenge w = { .realm     = SLICE("r"),
                           .nonce     = SLICE("n"),
                           .opaque    = SLICE("o"),
                           .algorithm = HASH_SHA256,
                           .qop_auth  = true,
                           .stale     = true },
                     w2;
    struct credentials c = { .username  = SLICE("a\\\"b"),
                             .realm     = SLICE("r"),
                             .nonce     = SLICE("n"),
                             .uri       = SLICE("sip:r"),
                             .cnonce    = SLICE("c"),
                             .opaque    = SLICE(""),
                             .qop       = SLICE("auth"),
                             .nc_text   = SLICE("0000000a"),
                             .algorithm = HASH_SHA512_256,
                             .sess      = true },
                       c2;

    challenge_write(&b, &w);
    CHECK_SLICE("Digest realm=\"r\", nonce=\"n\", opaque=\"o\", algorithm=SHA-256, qop=\"auth\", stale=true",
                buf_slice(&b));
    CHECK(scan_challenge(buf_cstr(&b), &w2));
    CHECK(w2.known && w2.qop_auth && w2.stale);
    b = BUF_ON(memory);
    credentials_write(&b, &c, SLICE("00ff"));
    CHECK(scan_credentials(buf_cstr(&b), &c2));
    CHECK(c2.known && c2.sess);
    CHECK_INT(10, c2.nc);
    CHECK_SLICE("a\\\"b", c2.username);
    CHECK_SLICE("00ff", c2.response);
    CHECK(c2.opaque.ptr != NULL);
}

static int set_up(void **state)
{
    (void)state;
    hasher = hasher_new();
    return hasher == NULL;
}

static int tear_down(void **state)
{
    (void)state;
    hasher_free(hasher);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(md5_with_qop_gives_the_published_response),
        cmocka_unit_test(md5_and_sha_256_give_the_published_responses),
        cmocka_unit_test(sha_512_256_gives_the_response_of_the_formula),
        cmocka_unit_test(credentials_without_qop_are_verified_as_in_rfc_2069),
        cmocka_unit_test(sess_hashes_nonce_and_cnonce_into_a1),
        cmocka_unit_test(response_in_upper_case_is_the_same_number),
        cmocka_unit_test(auth_int_is_read_but_never_verified),
        cmocka_unit_test(credentials_keep_every_part),
        cmocka_unit_test(another_scheme_or_algorithm_is_not_known),
        cmocka_unit_test(unknown_algorithm_is_never_verified),
        cmocka_unit_test(sess_without_qop_sends_its_cnonce),
        cmocka_unit_test(malformed_credentials_are_refused),
        cmocka_unit_test(challenge_keeps_every_part),
        cmocka_unit_test(what_is_written_is_read_again),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
