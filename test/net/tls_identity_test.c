/* SPDX-License-Identifier: BSD-2-Clause */
#include "net/tls_identity.h"

#include "net/cert_make.h"
#include "support/test.h"

#include <openssl/pem.h>
#include <openssl/x509v3.h>

/* A certificate made by hand: what its names are is said as openssl.cnf says it. */
static X509 *certificate(const char *common_name, const char *alternative, const char *usage)
{
    X509      *x = X509_new();
    X509V3_CTX context;

    assert_non_null(x);
    X509V3_set_ctx(&context, NULL, x, NULL, NULL, 0);
    if (common_name != NULL)
        X509_NAME_add_entry_by_txt(X509_get_subject_name(x), "CN", MBSTRING_ASC, (const unsigned char *)common_name, -1,
                                   -1, 0);
    if (alternative != NULL) {
        X509_EXTENSION *e = X509V3_EXT_conf_nid(NULL, &context, NID_subject_alt_name, alternative);

        assert_non_null(e);
        X509_add_ext(x, e, -1);
        X509_EXTENSION_free(e);
    }
    if (usage != NULL) {
        X509_EXTENSION *e = X509V3_EXT_conf_nid(NULL, &context, NID_ext_key_usage, usage);

        assert_non_null(e);
        X509_add_ext(x, e, -1);
        X509_EXTENSION_free(e);
    }
    return x;
}

static bool is(const char *common_name, const char *alternative, const char *domain)
{
    X509 *x      = certificate(common_name, alternative, NULL);
    bool  result = tls_identity_is(x, test_guarded(slice_from(domain)));

    X509_free(x);
    return result;
}

/* RFC 5922 7.1 item 1, URI */
TEST(a_sip_uri_without_user_names_its_domain)
{
    CHECK(is(NULL, "URI:sip:example.com", "example.com"));
    CHECK(is(NULL, "URI:SIP:example.com", "example.com"));
    CHECK(is(NULL, "URI:sip:example.com:5061", "example.com"));
    CHECK(is(NULL, "URI:sip:example.com;transport=tls", "example.com"));
    CHECK(!is(NULL, "URI:sip:alice@example.com", "example.com"));
    CHECK(!is(NULL, "URI:sips:example.com", "example.com"));
    CHECK(!is(NULL, "URI:https://example.com", "example.com"));
    CHECK(!is(NULL, "URI:sip:", "example.com"));
}

/* RFC 5922 7.1 item 1, DNS: "if and only if no other identity is found that matches the sip URI type". */
TEST(a_host_name_counts_only_without_a_sip_uri)
{
    CHECK(is(NULL, "DNS:example.com", "example.com"));
    CHECK(!is(NULL, "URI:sip:example.com,DNS:sip.example.com", "sip.example.com"));
    CHECK(is(NULL, "URI:sip:example.com,DNS:sip.example.com", "example.com"));
    CHECK(is(NULL, "URI:sip:alice@example.org,DNS:example.com", "example.com"));
    CHECK(is(NULL, "URI:https://example.org,DNS:example.com", "example.com"));
}

/* RFC 5922 7.1 item 2 */
TEST(the_common_name_counts_only_without_alternative_names)
{
    CHECK(is("example.com", NULL, "example.com"));
    CHECK(!is("example.com", "DNS:other.example", "example.com"));
    CHECK(!is("example.com", "email:a@other.example", "example.com"));
    CHECK(!is("Example Company", NULL, "example.com"));
    CHECK(!is("192.0.2.1", NULL, "192.0.2.1"));
}

/* RFC 5922 7.2 */
TEST(domains_are_compared_whole_and_in_any_case)
{
    CHECK(is(NULL, "DNS:Example.COM", "eXAMPLE.com"));
    CHECK(is(NULL, "DNS:example.com", "example.com."));
    CHECK(!is(NULL, "DNS:example.com", "foo.example.com"));
    CHECK(!is(NULL, "DNS:foo.example.com", "example.com"));
    CHECK(!is(NULL, "DNS:example.com", "example.co"));
    CHECK(!is(NULL, "DNS:example.com", ""));
}

/* RFC 5922 7.2: "MUST NOT match any form of wildcard" */
TEST(a_wildcard_stands_for_nothing)
{
    CHECK(!is(NULL, "DNS:*.example.com", "foo.example.com"));
    CHECK(!is(NULL, "DNS:.example.com", "foo.example.com"));
    CHECK(!is(NULL, "URI:sip:*.example.com", "foo.example.com"));
    CHECK(!is("*.example.com", NULL, "foo.example.com"));
}

TEST(digits_are_proved_by_an_address)
{
    CHECK(is(NULL, "IP:192.0.2.1", "192.0.2.1"));
    CHECK(is(NULL, "IP:2001:db8::1", "2001:db8::1"));
    CHECK(is(NULL, "IP:2001:db8::1", "[2001:db8:0::1]"));
    CHECK(is(NULL, "URI:sip:192.0.2.1", "192.0.2.1"));
    CHECK(is(NULL, "URI:sip:example.com,IP:192.0.2.1", "192.0.2.1"));
    CHECK(!is(NULL, "IP:192.0.2.1", "192.0.2.2"));
    CHECK(!is(NULL, "DNS:192.0.2.1", "192.0.2.1"));
}

/* CVE-2009-2408: a CA signs good.example\0.evil.example for the owner of evil.example. */
TEST(a_name_with_a_nul_in_it_is_none)
{
    static const char bytes[] = "good.example\0.evil.example";
    static const char uri[]   = "sip:good.example\0.evil.example";
    const int         types[] = { GEN_DNS, GEN_URI };

    for (size_t i = 0; i < 2; i++) {
        X509           *x     = certificate(NULL, NULL, NULL);
        GENERAL_NAMES  *names = GENERAL_NAMES_new();
        GENERAL_NAME   *name  = GENERAL_NAME_new();
        ASN1_IA5STRING *text  = ASN1_IA5STRING_new();
        char            memory[128];
        struct buf      b = BUF_ON(memory);

        ASN1_STRING_set(text, i == 0 ? bytes : uri, i == 0 ? sizeof bytes - 1 : sizeof uri - 1);
        GENERAL_NAME_set0_value(name, types[i], text);
        sk_GENERAL_NAME_push(names, name);
        X509_add1_ext_i2d(x, NID_subject_alt_name, names, 0, 0);
        CHECK(!tls_identity_is(x, SLICE("good.example")));
        CHECK(!tls_identity_serves(x, SLICE("good.example")));
        tls_identity_write(&b, x);
        CHECK_INT(0, b.len);
        GENERAL_NAMES_free(names);
        X509_free(x);
    }
}

/* What cannot be read is not the same as what is not there. */
TEST(a_certificate_with_broken_alternative_names_is_nobodys)
{
    X509              *x    = certificate("example.com", NULL, NULL);
    ASN1_OCTET_STRING *junk = ASN1_OCTET_STRING_new();
    X509_EXTENSION    *e;

    ASN1_OCTET_STRING_set(junk, (const unsigned char *)"\x30\x82", 2);
    e = X509_EXTENSION_create_by_NID(NULL, NID_subject_alt_name, 0, junk);
    X509_add_ext(x, e, -1);
    CHECK(!tls_identity_is(x, SLICE("example.com")));
    X509_EXTENSION_free(e);
    ASN1_OCTET_STRING_free(junk);
    X509_free(x);
}

TEST(identities_are_written_for_people)
{
    X509      *x = certificate(NULL, "URI:sip:example.com,URI:sip:example.org,DNS:x.test,IP:192.0.2.1", NULL);
    char       memory[64], little[20];
    struct buf b = BUF_ON(memory), small = BUF_ON(little);

    tls_identity_write(&b, x);
    CHECK_SLICE("example.com, example.org, 192.0.2.1", buf_slice(&b));
    tls_identity_write(&small, x);
    CHECK_SLICE("example.com...", buf_slice(&small));
    X509_free(x);
}

TEST(sni_is_answered_by_any_name_and_by_a_wildcard_for_one_label)
{
    X509 *x = certificate(NULL, "URI:sip:example.com,DNS:sip.example.com,DNS:*.wild.example", NULL);

    CHECK(tls_identity_serves(x, SLICE("example.com")));
    CHECK(tls_identity_serves(x, SLICE("sip.example.com")));
    CHECK(tls_identity_serves(x, SLICE("a.wild.example")));
    CHECK(!tls_identity_serves(x, SLICE("a.b.wild.example")));
    CHECK(!tls_identity_serves(x, SLICE("wild.example")));
    X509_free(x);
}

static void check_usage(const char *usage, bool may_serve, bool may_connect)
{
    X509 *x = certificate("example.com", NULL, usage);

    CHECK_INT(may_serve, tls_identity_may_serve(x));
    CHECK_INT(may_connect, tls_identity_may_connect(x));
    X509_free(x);
}

/* RFC 5924 4: id-kp-sipDomain, anyExtendedKeyUsage, or nothing said. */
TEST(a_certificate_restricted_to_something_else_is_refused)
{
    check_usage(NULL, true, true);
    check_usage("1.3.6.1.5.5.7.3.20", true, true);
    check_usage("anyExtendedKeyUsage", true, true);
    check_usage("serverAuth", true, true);
    check_usage("clientAuth", false, true);
    check_usage("emailProtection", false, false);
    check_usage("codeSigning,timeStamping", false, false);
    check_usage("codeSigning,serverAuth", true, true);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_sip_uri_without_user_names_its_domain),
        cmocka_unit_test(a_host_name_counts_only_without_a_sip_uri),
        cmocka_unit_test(the_common_name_counts_only_without_alternative_names),
        cmocka_unit_test(domains_are_compared_whole_and_in_any_case),
        cmocka_unit_test(a_wildcard_stands_for_nothing),
        cmocka_unit_test(digits_are_proved_by_an_address),
        cmocka_unit_test(a_name_with_a_nul_in_it_is_none),
        cmocka_unit_test(a_certificate_with_broken_alternative_names_is_nobodys),
        cmocka_unit_test(identities_are_written_for_people),
        cmocka_unit_test(sni_is_answered_by_any_name_and_by_a_wildcard_for_one_label),
        cmocka_unit_test(a_certificate_restricted_to_something_else_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
