/* SPDX-License-Identifier: BSD-2-Clause */
/* The values of the RFCs, and of an independent implementation where they print none. */
#include "sip/digest.h"
#include "support/test.h"

#include <stdio.h>

#define NONCE_7616  "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v"
#define CNONCE_7616 "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ"
#define HEAD_7616                                                                                                      \
    "Digest username=\"Mufasa\", realm=\"http-auth@example.org\", uri=\"/dir/index.html\", "                           \
    "nonce=\"" NONCE_7616 "\", nc=00000001, cnonce=\"" CNONCE_7616 "\", "

static struct hasher *hasher;

static bool scan_credentials(const char *text, struct credentials *c)
{
    struct scan s = scan_from(test_guarded(slice_from(text)));

    return credentials_scan(&s, c) && scan_at_end(&s);
}

/* Both what we would send and what we accept, for one published example. */
static void check_example(const char *text, const char *user, const char *realm, const char *password)
{
    struct credentials c;
    char               ha1[DIGEST_HEX], response[DIGEST_HEX];

    CHECK(scan_credentials(text, &c));
    CHECK(c.known);
    digest_ha1(hasher, c.algorithm, slice_from(user), slice_from(realm), slice_from(password), ha1);
    CHECK(digest_response(hasher, &c, slice_from(ha1), SLICE("GET"), SLICE(""), response));
    CHECK(slice_eq_nocase(slice_from(response), c.response));
    CHECK(digest_verify(hasher, &c, slice_from(ha1), SLICE("GET"), SLICE("")));
    CHECK(!digest_verify(hasher, &c, slice_from(ha1), SLICE("PUT"), SLICE("")));
    digest_ha1(hasher, c.algorithm, slice_from(user), slice_from(realm), SLICE("guess"), ha1);
    CHECK(!digest_verify(hasher, &c, slice_from(ha1), SLICE("GET"), SLICE("")));
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

/* Even a response that would be right for MD5. */
TEST(unknown_algorithm_is_never_verified)
{
    struct credentials c;
    char               ha1[DIGEST_HEX], response[DIGEST_HEX];

    CHECK(
        scan_credentials("Digest username=\"u\",realm=\"r\",nonce=\"n\",uri=\"x\",response=\"\",algorithm=ROT13", &c));
    digest_ha1(hasher, HASH_MD5, SLICE("u"), SLICE("r"), SLICE("p"), ha1);
    CHECK(digest_response(hasher, &c, slice_from(ha1), SLICE("BYE"), SLICE(""), response));
    c.response = slice_from(response);
    CHECK(!digest_verify(hasher, &c, slice_from(ha1), SLICE("BYE"), SLICE("")));
    c.known = true;
    CHECK(digest_verify(hasher, &c, slice_from(ha1), SLICE("BYE"), SLICE("")));
}

/* RFC 7616 3.4.3: A2 = Method ":" request-uri ":" H(entity-body). */
TEST(auth_int_proves_the_body)
{
    struct credentials c;
    char               ha1[DIGEST_HEX];

    CHECK(scan_credentials(HEAD_7616 "qop=auth-int, response=\"d1b8e2ac3f6782372de4bf3d8735b406\"", &c));
    digest_ha1(hasher, HASH_MD5, SLICE("Mufasa"), SLICE("http-auth@example.org"), SLICE("Circle of Life"), ha1);
    CHECK(digest_verify(hasher, &c, slice_from(ha1), SLICE("GET"), SLICE("v=0\r\n")));
    CHECK(!digest_verify(hasher, &c, slice_from(ha1), SLICE("GET"), SLICE("v=1\r\n")));
    CHECK(!digest_verify(hasher, &c, slice_from(ha1), SLICE("GET"), SLICE("")));
    c.qop = SLICE("auth");
    CHECK(!digest_verify(hasher, &c, slice_from(ha1), SLICE("GET"), SLICE("v=0\r\n")));
}

/* RFC 8760 2.6 item 7: without a body, H("") by the algorithm in use. */
TEST(auth_int_without_a_body_hashes_the_empty_string)
{
    check_example(HEAD_7616 "qop=auth-int, algorithm=SHA-256, "
                            "response=\"8bdf6f15638e260831e905028de5450562816d093c9bfc5c13d3a46adcdde940\"",
                  "Mufasa", "http-auth@example.org", "Circle of Life");
}

TEST(another_qop_proves_nothing)
{
    struct credentials c;
    char               ha1[DIGEST_HEX], response[DIGEST_HEX];

    CHECK(scan_credentials(HEAD_7616 "qop=auth-conf, response=\"\"", &c));
    digest_ha1(hasher, HASH_MD5, SLICE("Mufasa"), SLICE("http-auth@example.org"), SLICE("Circle of Life"), ha1);
    CHECK(digest_response(hasher, &c, slice_from(ha1), SLICE("GET"), SLICE(""), response));
    c.response = slice_from(response);
    CHECK(!digest_verify(hasher, &c, slice_from(ha1), SLICE("GET"), SLICE("")));
}

/* RFC 7616 3.5: A2 = ":" request-uri, and with auth-int the hash of the 2xx's body. */
TEST(rspauth_is_the_servers_proof)
{
    struct credentials c;
    char               ha1[DIGEST_HEX], proof[DIGEST_HEX];

    CHECK(scan_credentials(HEAD_7616 "qop=auth, algorithm=SHA-256, response=\"\"", &c));
    digest_ha1(hasher, HASH_SHA256, SLICE("Mufasa"), SLICE("http-auth@example.org"), SLICE("Circle of Life"), ha1);
    CHECK(digest_rspauth(hasher, &c, slice_from(ha1), SLICE("any"), proof));
    assert_string_equal("86d3b25618d41854ca5039a5d7e53ff6355d5134a9b1fb088a78ac3c462195a0", proof);
    CHECK(scan_credentials(HEAD_7616 "qop=auth-int, response=\"\"", &c));
    digest_ha1(hasher, HASH_MD5, SLICE("Mufasa"), SLICE("http-auth@example.org"), SLICE("Circle of Life"), ha1);
    CHECK(digest_rspauth(hasher, &c, slice_from(ha1), SLICE("body"), proof));
    assert_string_equal("290c0f9727fa0b94dc9d1db0ef95c61c", proof);
}

/* What both sides prove is the same as one by one, whatever the phone has proved. */
static void check_mutual(struct credentials c, enum hash_algorithm algorithm, const char *wanted)
{
    char         ha1[DIGEST_HEX], response[DIGEST_HEX], proof[DIGEST_HEX];
    struct slice secret = { ha1, 2 * hash_size(algorithm) };

    digest_ha1(hasher, algorithm, SLICE("Mufasa"), SLICE("http-auth@example.org"), SLICE("Circle of Life"), ha1);
    CHECK(digest_response(hasher, &c, secret, SLICE("GET"), SLICE("any"), response));
    c.response = slice_from(response);
    CHECK(digest_verify_mutually(hasher, &c, secret, SLICE("GET"), SLICE("any"), proof));
    assert_string_equal(wanted, proof);
    CHECK(!digest_verify_mutually(hasher, &c, secret, SLICE("PUT"), SLICE("any"), proof));
    assert_string_equal(wanted, proof);
    c.response.len--;
    CHECK(!digest_verify_mutually(hasher, &c, secret, SLICE("GET"), SLICE("any"), proof));
    assert_string_equal("", proof);
}

TEST(both_sides_prove_at_once_what_they_prove_one_by_one)
{
    struct credentials c;

    CHECK(scan_credentials(HEAD_7616 "qop=auth, algorithm=SHA-256, response=\"\"", &c));
    check_mutual(c, HASH_SHA256, "86d3b25618d41854ca5039a5d7e53ff6355d5134a9b1fb088a78ac3c462195a0");
    CHECK(scan_credentials(HEAD_7616 "qop=auth, response=\"\"", &c));
    check_mutual(c, HASH_MD5, "9b712497bc9f91499fbcca1dfc5f09a5");
    CHECK(scan_credentials(HEAD_7616 "qop=auth-int, response=\"\"", &c));
    check_mutual(c, HASH_MD5, "");
    CHECK(scan_credentials(HEAD_7616 "response=\"\"", &c));
    c.qop = SLICE("");
    check_mutual(c, HASH_MD5, "");
}

/* What is said often and what is not, escaped, or longer than what is put together. */
TEST(both_sides_prove_at_once_for_whatever_uri)
{
    static const char *const uris[] = {
        "sip:example.test", "sip:bob@example.test", "sip:ex\\ample.test", "\\\\",
        "sip:a.b.c.d.e.f.g.h.i.j.k.l.m.n.o.p.q.r.s.t.u.v.w.x.y.z.a.b.c.d.e.f.g.h.i.j.k.l.m.n"
    };
    char               ha1[DIGEST_HEX], wanted[DIGEST_HEX];
    struct credentials c;

    digest_ha1(hasher, HASH_MD5, SLICE("Mufasa"), SLICE("http-auth@example.org"), SLICE("Circle of Life"), ha1);
    CHECK(scan_credentials(HEAD_7616 "qop=auth, response=\"\"", &c));
    for (size_t i = 0; i < sizeof uris / sizeof *uris; i++) {
        c.uri = slice_from(uris[i]);
        CHECK(digest_rspauth(hasher, &c, slice_from(ha1), SLICE(""), wanted));
        check_mutual(c, HASH_MD5, wanted);
    }
}

/* RFC 7616 3.4.4.  The name printed in 3.9.2 is hashed by SHA-512, cut to 256 bits: this
 * is SHA-512/256's. */
TEST(a_name_has_a_hash)
{
    char hex[DIGEST_HEX];

    digest_userhash(hasher, HASH_SHA512_256, SLICE("J\xc3\xa4s\xc3\xb8n Doe"), SLICE("api@example.org"), hex);
    assert_string_equal("793263caabb707a56211940d90411ea4a575adeccb7e360aeb624ed06ece9b0b", hex);
}

/* RFC 7616 3.3: unq() is without the quotes, and "with quoting slashes removed". */
TEST(what_is_hashed_has_no_backslashes)
{
    static const char text[] =
        "Digest username=\"a\\\"b\", realm=\"\\r\\\\s\", nonce=\"n\\\"\", uri=\"\\/\", qop=auth, "
        "nc=00000001, cnonce=\"\\c\\\\\\\"d\", response=\"d9d15b9770f53edf1c161f8876a7edf9\"";

    check_example(text, "a\"b", "r\\s", "pw");
}

/* Each escape is one more piece to hash: a text of nothing else is nobody's. */
TEST(more_escapes_than_anyone_needs_prove_nothing)
{
    struct credentials c;
    char               ha1[DIGEST_HEX], response[DIGEST_HEX], text[512], escapes[129];

    for (size_t i = 0; i < 64; i++)
        memcpy(escapes + 2 * i, "\\x", 3);
    snprintf(text, sizeof text, "Digest username=\"u\",realm=\"r\",nonce=\"%s\",uri=\"u\",response=\"%032d\"", escapes,
             0);
    CHECK(scan_credentials(text, &c));
    digest_ha1(hasher, HASH_MD5, SLICE("u"), SLICE("r"), SLICE("p"), ha1);
    CHECK(!digest_response(hasher, &c, slice_from(ha1), SLICE("GET"), SLICE(""), response));
    CHECK(!digest_verify(hasher, &c, slice_from(ha1), SLICE("GET"), SLICE("")));
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
        cmocka_unit_test(unknown_algorithm_is_never_verified),
        cmocka_unit_test(auth_int_proves_the_body),
        cmocka_unit_test(auth_int_without_a_body_hashes_the_empty_string),
        cmocka_unit_test(another_qop_proves_nothing),
        cmocka_unit_test(rspauth_is_the_servers_proof),
        cmocka_unit_test(both_sides_prove_at_once_what_they_prove_one_by_one),
        cmocka_unit_test(both_sides_prove_at_once_for_whatever_uri),
        cmocka_unit_test(a_name_has_a_hash),
        cmocka_unit_test(what_is_hashed_has_no_backslashes),
        cmocka_unit_test(more_escapes_than_anyone_needs_prove_nothing),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
