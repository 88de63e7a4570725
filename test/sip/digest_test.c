/* SPDX-License-Identifier: BSD-2-Clause */
#include "sip/digest.h"
#include "support/test.h"

#include <stdlib.h>

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

static const char usual[] = "Digest username=\"bob\", realm=\"r.test\", nonce=\"n1\", uri=\"sip:r.test\", qop=auth, "
                            "nc=00000001, cnonce=\"c\", response=\"d1\",algorithm=MD5";

/* As nearly everyone writes them and padded with what is no part of them, they are read at a look each; alone, by the
 * whole grammar. */
static void check_both_ways(const char *text, size_t len)
{
    char               bytes[sizeof usual + 16];
    struct scan        alone = scan_from((struct slice){ text, len }), padded;
    struct credentials a, b;
    bool               found = credentials_scan(&alone, &a);

    memcpy(bytes, text, len);
    memcpy(bytes + len, "9,opaque=\"abc\",x", 16);
    padded = scan_from(test_guarded((struct slice){ bytes, len + 16 }));
    padded.end -= 16;
    CHECK_INT(found, credentials_scan(&padded, &b));
    if (!found)
        return;
    assert_true(slice_eq(a.username, b.username) && slice_eq(a.realm, b.realm) && slice_eq(a.nonce, b.nonce));
    assert_true(slice_eq(a.uri, b.uri) && slice_eq(a.response, b.response) && slice_eq(a.cnonce, b.cnonce));
    assert_true(slice_eq(a.opaque, b.opaque) && slice_eq(a.qop, b.qop) && slice_eq(a.nc_text, b.nc_text));
    CHECK_INT(a.known, b.known);
}

TEST(usual_form_is_read_to_the_same_result)
{
    static const char bytes[] = ";:=, \t\"\\a0\x7f\x80";

    srand(1);
    for (int round = 0; round < 20000; round++) {
        char   text[sizeof usual];
        size_t len = round % 2 == 0 ? sizeof usual - 1 : (size_t)rand() % sizeof usual;

        memcpy(text, usual, sizeof usual);
        for (int i = rand() % 3; i > 0; i--)
            text[(size_t)rand() % (sizeof usual - 1)] = bytes[(size_t)rand() % (sizeof bytes - 1)];
        check_both_ways(text, len);
    }
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
    CHECK(scan_challenge("Bearer realm=\"r\"", &w));
    CHECK(!w.known);
    CHECK(scan_challenge("Digest realm=\"r\", nonce=\"n\", algorithm=AKAv1-MD5", &w));
    CHECK(!w.known);
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
        "Digest username=\"u\",username*=UTF-8''u,realm=\"r\",nonce=\"n\",uri=\"u\",response=\"x\"",
        "Digest username*=UTF-8''u,userhash=true,realm=\"r\",nonce=\"n\",uri=\"u\",response=\"x\"",
        "Digest username*=ISO-8859-1''u,realm=\"r\",nonce=\"n\",uri=\"u\",response=\"x\"",
        "Digest username*=UTF-8'u,realm=\"r\",nonce=\"n\",uri=\"u\",response=\"x\"",
        "Digest username*=UTF-8''%4,realm=\"r\",nonce=\"n\",uri=\"u\",response=\"x\"",
        "Digest username=\"u\",userhash=yes,realm=\"r\",nonce=\"n\",uri=\"u\",response=\"x\"",
        "Digest username=\"u\",realm=\"r\",nonce=n\x03,uri=\"u\",response=\"x\"",
        "Digest username=\"u\",realm=\"r\",nonce=\"n\x7f\",uri=\"u\",response=\"x\"",
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
    CHECK(c.known && c.sess && c.has_qop && c.qop_auth && c.qop_auth_int && c.stale);
    CHECK_INT(HASH_SHA512_256, c.algorithm);
    CHECK_SLICE("r", c.realm);
    CHECK_SLICE("n", c.nonce);
    CHECK_SLICE("o", c.opaque);
    CHECK(scan_challenge("Digest realm=\"r\", nonce=\"n\", qop=\"auth-int\", stale=false", &c));
    CHECK(c.known && !c.sess && c.has_qop && !c.qop_auth && c.qop_auth_int && !c.stale);
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
    CHECK(strstr(buf_cstr(&b), "uri=\"sip:r\"") != NULL); /* RFC 3261 22.4 item 2 */
    CHECK(scan_credentials(buf_cstr(&b), &c2));
    CHECK(c2.known && c2.sess);
    CHECK_INT(10, c2.nc);
    CHECK_SLICE("a\\\"b", c2.username);
    CHECK_SLICE("00ff", c2.response);
    CHECK(c2.opaque.ptr != NULL);
}

/* RFC 7616 3.4, RFC 5987 3.2: a name that quotes cannot hold. */
TEST(a_name_may_come_with_percent_escapes)
{
    struct credentials c;
    char               memory[64];
    struct buf         name = BUF_ON(memory);

    CHECK(scan_credentials(
        "Digest username*=utf-8'de'J%C3%A4s%c3%B8n%20Doe,realm=\"r\",nonce=\"n\",uri=\"u\",response=\"x\"", &c));
    credentials_write_user(&name, &c);
    CHECK_SLICE("J\xc3\xa4s\xc3\xb8n Doe", buf_slice(&name));
    CHECK(!c.userhash);
}

TEST(a_name_in_quotes_is_meant_without_its_escapes)
{
    struct credentials c;
    char               memory[64];
    struct buf         name = BUF_ON(memory);

    CHECK(scan_credentials("Digest username=\"b\\ob\\\\\\\"\",realm=\"r\",nonce=\"n\",uri=\"u\",response=\"x\"", &c));
    credentials_write_user(&name, &c);
    CHECK_SLICE("bob\\\"", buf_slice(&name));
    CHECK(digest_means(c.username, SLICE("bob\\\"")));
    CHECK(!digest_means(c.username, SLICE("bob\\")));
    CHECK(!digest_means(c.username, SLICE("bob\\\"x")));
    CHECK(!digest_means(c.username, SLICE("Bob\\\"")));
    CHECK(digest_means(SLICE(""), SLICE("")) && !digest_means(SLICE(""), SLICE("x")));
}

/* RFC 7616 3.4.4. */
TEST(userhash_is_read_on_both_sides)
{
    struct credentials c;
    struct challenge   w;

    CHECK(
        scan_credentials("Digest username=\"00\",userhash=true,realm=\"r\",nonce=\"n\",uri=\"u\",response=\"x\"", &c));
    CHECK(c.userhash);
    CHECK(scan_credentials("Digest username=\"u\",userhash=\"FALSE\",realm=\"r\",nonce=\"n\",uri=\"u\",response=\"x\"",
                           &c));
    CHECK(!c.userhash);
    CHECK(scan_challenge("Digest realm=\"r\", nonce=\"n\", userhash=true, charset=UTF-8", &w));
    CHECK(w.userhash);
    CHECK(scan_challenge("Digest realm=\"r\", nonce=\"n\", userhash=maybe", &w));
    CHECK(!w.userhash);
}

/* RFC 7616 3.5, RFC 3261 20.6. */
TEST(authentication_info_keeps_every_part)
{
    char             memory[256];
    struct buf       b = BUF_ON(memory);
    struct auth_info i = { .nextnonce = SLICE("next"),
                           .qop       = SLICE("auth"),
                           .rspauth   = SLICE("00ff"),
                           .cnonce    = SLICE("cc"),
                           .nc_text   = SLICE("0000000a") };
    struct scan      s;

    auth_info_write(&b, &i);
    CHECK_SLICE("nextnonce=\"next\", qop=auth, rspauth=\"00ff\", cnonce=\"cc\", nc=0000000a", buf_slice(&b));
    s = scan_from(buf_slice(&b));
    CHECK(auth_info_scan(&s, &i));
    CHECK_SLICE("next", i.nextnonce);
    CHECK_SLICE("00ff", i.rspauth);
    CHECK_SLICE("0000000a", i.nc_text);
    s = scan_from(SLICE("nextnonce=\"47364c23432d2e131a5fb210812c\""));
    CHECK(auth_info_scan(&s, &i));
    CHECK_SLICE("47364c23432d2e131a5fb210812c", i.nextnonce);
    CHECK_INT(0, i.rspauth.len);
    s = scan_from(SLICE(""));
    CHECK(!auth_info_scan(&s, &i));
    s = scan_from(SLICE("nextnonce=\"a\", nextnonce=\"b\""));
    CHECK(!auth_info_scan(&s, &i));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(credentials_keep_every_part),
        cmocka_unit_test(usual_form_is_read_to_the_same_result),
        cmocka_unit_test(another_scheme_or_algorithm_is_not_known),
        cmocka_unit_test(sess_without_qop_sends_its_cnonce),
        cmocka_unit_test(malformed_credentials_are_refused),
        cmocka_unit_test(challenge_keeps_every_part),
        cmocka_unit_test(what_is_written_is_read_again),
        cmocka_unit_test(a_name_may_come_with_percent_escapes),
        cmocka_unit_test(a_name_in_quotes_is_meant_without_its_escapes),
        cmocka_unit_test(userhash_is_read_on_both_sides),
        cmocka_unit_test(authentication_info_keeps_every_part),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
