/* SPDX-License-Identifier: BSD-2-Clause */
/* Is the peer's certificate good, and is it the right one: both ways. */
#include "net/tls.h"

#include "support/test.h"
#include "support/tls_lab.h"

#include <openssl/pem.h>
#include <stdio.h>
#include <string.h>

enum { DAY = 86400 };

static struct tls_lab *lab_of(struct tls_lab *lab)
{
    tls_lab_init(lab);
    tls_lab_add(lab, "example.com");
    return lab;
}

/* What a client that wants `domain` says to the server of the lab; NULL: it is satisfied. */
static void check_client(struct tls_lab *lab, const char *domain, const char *fault)
{
    struct tls_two *two = tls_two_new(lab->client, lab->server, domain);

    tls_two_run(two, 0);
    if (fault == NULL) {
        CHECK(tls_two_is_open(two));
        CHECK(tls_peer_verified(two->client.tls));
    } else {
        CHECK_INT(TLS_FAULT, two->client.last);
        assert_string_equal(fault, tls_fault(two->client.tls)->text);
        CHECK_INT(TLS_FAULT_CERTIFICATE, tls_fault(two->client.tls)->kind);
        CHECK_INT(TLS_FAULT, two->server.last); /* the alert */
        CHECK_INT(TLS_FAULT_REFUSED, tls_fault(two->server.tls)->kind);
        CHECK(!tls_peer_verified(two->client.tls));
        CHECK(!tls_peer_is(two->client.tls, slice_from(domain)));
    }
    tls_two_free(two);
}

/* RFC 5922 7.3 */
TEST(a_server_must_prove_to_be_the_domain_that_was_asked_for)
{
    struct tls_lab lab;

    tls_lab_load(lab_of(&lab));
    check_client(&lab, "example.com", NULL);
    check_client(&lab, "Example.COM", NULL);
    check_client(&lab, "example.org", "certificate of peer is for example.com, not example.org");
    check_client(&lab, "sip.example.com", "certificate of peer is for example.com, not sip.example.com");
    check_client(&lab, "192.0.2.1", "certificate of peer is for example.com, not 192.0.2.1");
    check_client(&lab, "", NULL);
    CHECK_INT(3, counter_read(&lab.world->counters.tls_faults_certificate));
    tls_lab_fini(&lab);
}

TEST(a_server_named_by_digits_must_have_them_in_its_certificate)
{
    static const struct slice ips[] = { SLICE_INIT("192.0.2.1"), SLICE_INIT("2001:db8::1") };
    struct tls_lab            lab;
    struct cert_wish          wish;

    tls_lab_init(&lab);
    wish          = tls_lab_wish(&lab, "example.com");
    wish.ips      = ips;
    wish.ip_count = 2;
    tls_lab_add_wish(&lab, "example.com", &wish);
    tls_lab_load(&lab);
    check_client(&lab, "192.0.2.1", NULL);
    check_client(&lab, "[2001:db8::1]", NULL);
    check_client(&lab, "192.0.2.2", "certificate of peer is for example.com, 192.0.2.1, [2001:db8::1], not 192.0.2.2");
    tls_lab_fini(&lab);
}

/* The clock is the world's: so it passes in a scenario. */
TEST(a_certificate_expires_by_the_clock_of_the_world)
{
    struct tls_lab lab;

    tls_lab_load(lab_of(&lab));
    network_run_until(lab.network, (uint64_t)8 * DAY * 1000);
    check_client(&lab, "example.com", NULL);
    network_run_until(lab.network, (uint64_t)9 * DAY * 1000 + 1000);
    check_client(&lab, "example.com", "certificate of peer has expired on 2026-01-10");
    network_step_wall(lab.network, (int64_t)-20 * DAY * 1000);
    check_client(&lab, "example.com", "certificate of an issuer of peer's is not valid before 2025-12-22");
    network_step_wall(lab.network, (int64_t)5 * DAY * 1000);
    check_client(&lab, "example.com", "certificate of peer is not valid before 2025-12-31");
    tls_lab_fini(&lab);
}

/* Whoever has made it, we do not know him. */
TEST(a_certificate_of_a_stranger_is_refused)
{
    struct tls_lab lab, other;

    tls_lab_load(lab_of(&lab));
    tls_lab_init(&other);
    tls_lab_load(&other);
    struct tls_two *two = tls_two_new(other.client, lab.server, "example.com");

    tls_two_run(two, 0);
    CHECK_INT(TLS_FAULT, two->client.last);
    assert_string_equal("certificate of peer is signed by \"Lab CA\", whom we do not trust",
                        tls_fault(two->client.tls)->text);
    CHECK_INT(TLS_FAULT, two->server.last);
    assert_string_equal("peer refuses: unknown CA", tls_fault(two->server.tls)->text);
    tls_two_free(two);
    tls_lab_fini(&other);
    tls_lab_fini(&lab);
}

TEST(a_certificate_signed_by_itself_is_refused_unless_it_is_trusted_itself)
{
    struct tls_lab     lab, trusting;
    struct cert_wish   wish;
    struct cert_pair   self;
    struct tls_setup   setup = { .verify_servers = true };
    struct tls_shared *shared;

    tls_lab_init(&lab);
    wish = tls_lab_wish(&lab, "example.com");
    assert_int_equal(0, cert_make(&wish, NULL, &self));
    lab.certificates[0] =
        (struct tls_certificate){ .domain = "", .chain_text = self.certificate, .key_text = self.key };
    lab.setup.certificates      = lab.certificates;
    lab.setup.certificate_count = 1;
    tls_lab_load(&lab);
    check_client(&lab, "example.com", "certificate of peer is signed by itself, and we do not trust it");
    setup.trust_text = self.certificate;
    shared           = tls_shared_new(tls_lab_keys(&trusting, &setup));
    tls_context_free(lab.client);
    lab.client = tls_context_new(lab.world, shared);
    check_client(&lab, "example.com", NULL);
    tls_context_free(lab.client);
    lab.client = NULL;
    tls_shared_free(shared);
    cert_pair_free(&self);
    tls_lab_fini(&lab);
}

TEST(with_verification_off_a_server_is_who_we_took_it_for)
{
    struct tls_lab     lab;
    struct tls_setup   setup = { .verify_servers = false };
    struct tls_shared *shared;
    struct tls_two    *two;

    tls_lab_load(lab_of(&lab));
    shared = tls_shared_new(tls_lab_keys(&lab, &setup));
    tls_context_free(lab.client);
    lab.client = tls_context_new(lab.world, shared);
    two        = tls_two_new(lab.client, lab.server, "other.example");
    tls_two_run(two, 0);
    CHECK(tls_two_is_open(two));
    CHECK(!tls_peer_verified(two->client.tls));
    CHECK(tls_peer_is(two->client.tls, SLICE("other.example")));
    CHECK(!tls_peer_is(two->client.tls, SLICE("example.com")));
    tls_two_free(two);
    tls_context_free(lab.client);
    lab.client = NULL;
    tls_shared_free(shared);
    tls_lab_fini(&lab);
}

/* ---- the other way: clients that show a certificate ---- */

/* A client's context with this certificate; `shared` is freed by the caller. */
static struct tls_context *client_with(struct tls_lab *lab, const struct cert_pair *pair, struct tls_shared **shared)
{
    struct tls_setup             setup = tls_lab_client_setup(lab);
    const struct tls_certificate one   = { .domain = "", .chain_text = pair->certificate, .key_text = pair->key };

    setup.certificates      = &one;
    setup.certificate_count = 1;
    *shared                 = tls_shared_new(tls_lab_keys(lab, &setup));
    return tls_context_new(lab->world, *shared);
}

static void check_server(struct tls_lab *lab, struct tls_context *client, const char *fault)
{
    struct tls_two *two = tls_two_new(client, lab->server, "example.com");

    tls_two_run(two, 0);
    if (fault == NULL) {
        CHECK(tls_two_is_open(two));
    } else {
        CHECK_INT(TLS_FAULT, two->server.last);
        assert_string_equal(fault, tls_fault(two->server.tls)->text);
        CHECK_INT(TLS_FAULT_CERTIFICATE, tls_fault(two->server.tls)->kind);
        CHECK_INT(TLS_FAULT, two->client.last);
        CHECK_INT(TLS_FAULT_REFUSED, tls_fault(two->client.tls)->kind);
    }
    tls_two_free(two);
}

/* RFC 5922 7.4 */
TEST(a_client_is_asked_for_its_certificate_and_known_by_it)
{
    struct tls_lab      lab;
    struct cert_wish    wish;
    struct cert_pair    pair;
    struct tls_shared  *shared;
    struct tls_context *client;
    struct tls_two     *two;

    lab_of(&lab)->setup.clients = TLS_CLIENTS_REQUIRED;
    tls_lab_load(&lab);
    wish   = tls_lab_wish(&lab, "biloxi.example");
    pair   = tls_lab_issue(&lab, &wish);
    client = client_with(&lab, &pair, &shared);
    two    = tls_two_new(client, lab.server, "example.com");
    tls_two_run(two, 1);
    CHECK(tls_two_is_open(two));
    CHECK(tls_peer_verified(two->server.tls));
    CHECK(tls_peer_is(two->server.tls, SLICE("biloxi.example")));
    CHECK(!tls_peer_is(two->server.tls, SLICE("example.com")));
    CHECK(tls_peer_certificate(two->server.tls) != NULL);
    tls_two_free(two);
    tls_context_free(client);
    tls_shared_free(shared);
    cert_pair_free(&pair);
    tls_lab_fini(&lab);
}

TEST(a_client_without_certificate_is_refused_only_if_one_is_required)
{
    struct tls_lab  lab;
    struct tls_two *two;

    lab_of(&lab)->setup.clients = TLS_CLIENTS_REQUIRED;
    tls_lab_load(&lab);
    check_server(&lab, lab.client, "peer has shown no certificate");
    tls_lab_fini(&lab);

    lab_of(&lab)->setup.clients = TLS_CLIENTS_OPTIONAL;
    tls_lab_load(&lab);
    two = tls_two_new(lab.client, lab.server, "example.com");
    tls_two_run(two, 0);
    CHECK(tls_two_is_open(two));
    CHECK(!tls_peer_verified(two->server.tls));
    CHECK(!tls_peer_is(two->server.tls, SLICE("example.com")));
    tls_two_free(two);
    tls_lab_fini(&lab);
}

TEST(a_listener_may_demand_more_than_the_rest)
{
    struct tls_lab  lab;
    struct tls_two *two;

    tls_lab_load(lab_of(&lab));
    two = tls_two_new(lab.client, lab.server, "example.com");
    tls_free(two->server.tls);
    two->server.tls = tls_accept(lab.server, TLS_CLIENTS_REQUIRED);
    tls_two_run(two, 0);
    CHECK_INT(TLS_FAULT, two->server.last);
    assert_string_equal("peer has shown no certificate", tls_fault(two->server.tls)->text);
    tls_two_free(two);
    tls_lab_fini(&lab);
}

TEST(a_certificate_that_is_offered_must_be_good_even_if_none_is_required)
{
    struct tls_lab      lab, foreign;
    struct cert_wish    wish;
    struct cert_pair    expired, stranger;
    struct tls_shared  *shared;
    struct tls_context *client;

    lab_of(&lab)->setup.clients = TLS_CLIENTS_OPTIONAL;
    tls_lab_load(&lab);
    tls_lab_init(&foreign);
    wish = tls_lab_wish(&lab, "biloxi.example");
    wish.not_before -= 5 * DAY;
    wish.not_after = wish.not_before + 2 * DAY;
    expired        = tls_lab_issue(&lab, &wish);
    client         = client_with(&lab, &expired, &shared);
    check_server(&lab, client, "certificate of peer has expired on 2025-12-28");
    tls_context_free(client);
    tls_shared_free(shared);

    wish     = tls_lab_wish(&foreign, "biloxi.example");
    stranger = tls_lab_issue(&foreign, &wish);
    client   = client_with(&lab, &stranger, &shared);
    check_server(&lab, client, "certificate of peer is signed by \"Lab CA\", whom we do not trust");
    tls_context_free(client);
    tls_shared_free(shared);
    cert_pair_free(&expired);
    cert_pair_free(&stranger);
    tls_lab_fini(&foreign);
    tls_lab_fini(&lab);
}

/* RFC 5924: a certificate of a person, which may be shown to servers, is no server's. */
TEST(a_certificate_is_used_for_what_it_was_made_for)
{
    struct tls_lab      lab;
    struct cert_wish    wish;
    struct cert_pair    pair;
    struct tls_shared  *shared;
    struct tls_context *client;

    tls_lab_init(&lab);
    wish         = tls_lab_wish(&lab, "example.com");
    wish.is_user = true;
    tls_lab_add_wish(&lab, "example.com", &wish);
    lab.setup.clients = TLS_CLIENTS_OPTIONAL;
    tls_lab_load(&lab);
    check_client(&lab, "example.com", "certificate of peer may not be used for this (extended key usage)");
    tls_lab_fini(&lab);

    lab_of(&lab)->setup.clients = TLS_CLIENTS_REQUIRED;
    tls_lab_load(&lab);
    wish         = tls_lab_wish(&lab, "biloxi.example");
    wish.is_user = true;
    pair         = tls_lab_issue(&lab, &wish);
    client       = client_with(&lab, &pair, &shared);
    check_server(&lab, client, NULL);
    tls_context_free(client);
    tls_shared_free(shared);
    cert_pair_free(&pair);
    tls_lab_fini(&lab);
}

/* RFC 5280 6.1.4 (k): OpenSSL's purpose "any" must not mean that anybody may sign. */
TEST(a_certificate_that_is_signed_by_no_ca_is_refused)
{
    struct tls_lab   lab;
    struct cert_wish wish;
    struct cert_pair mallory, forged;
    char             chain[8192];

    tls_lab_init(&lab);
    wish    = tls_lab_wish(&lab, "mallory.example");
    mallory = tls_lab_issue(&lab, &wish);
    wish    = tls_lab_wish(&lab, "example.com");
    assert_int_equal(0, cert_make(&wish, &mallory, &forged));
    snprintf(chain, sizeof chain, "%s%s", forged.certificate, mallory.certificate);
    tls_lab_add(&lab, "example.com");
    lab.certificates[0].chain_text = chain;
    lab.certificates[0].key_text   = forged.key;
    tls_lab_load(&lab);
    check_client(&lab, "example.com", "certificate of an issuer of peer's is no good: invalid CA certificate");
    tls_lab_fini(&lab);
    cert_pair_free(&mallory);
    cert_pair_free(&forged);
}

/* Shown, it would be refused even by a peer who would have let us in without. */
TEST(a_certificate_signed_by_ourselves_is_not_shown_to_servers)
{
    struct tls_lab      lab;
    struct cert_wish    wish;
    struct cert_pair    self;
    struct tls_shared  *shared;
    struct tls_context *client;
    struct tls_two     *two;

    lab_of(&lab)->setup.clients = TLS_CLIENTS_OPTIONAL;
    tls_lab_load(&lab);
    wish = tls_lab_wish(&lab, "biloxi.example");
    assert_int_equal(0, cert_make(&wish, NULL, &self));
    client = client_with(&lab, &self, &shared);
    two    = tls_two_new(client, lab.server, "example.com");
    tls_two_run(two, 0);
    CHECK(tls_two_is_open(two));
    assert_null(tls_peer_certificate(two->server.tls));
    tls_two_free(two);
    tls_context_free(client);
    tls_shared_free(shared);
    cert_pair_free(&self);
    tls_lab_fini(&lab);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_server_must_prove_to_be_the_domain_that_was_asked_for),
        cmocka_unit_test(a_server_named_by_digits_must_have_them_in_its_certificate),
        cmocka_unit_test(a_certificate_expires_by_the_clock_of_the_world),
        cmocka_unit_test(a_certificate_of_a_stranger_is_refused),
        cmocka_unit_test(a_certificate_signed_by_itself_is_refused_unless_it_is_trusted_itself),
        cmocka_unit_test(with_verification_off_a_server_is_who_we_took_it_for),
        cmocka_unit_test(a_client_is_asked_for_its_certificate_and_known_by_it),
        cmocka_unit_test(a_client_without_certificate_is_refused_only_if_one_is_required),
        cmocka_unit_test(a_listener_may_demand_more_than_the_rest),
        cmocka_unit_test(a_certificate_that_is_offered_must_be_good_even_if_none_is_required),
        cmocka_unit_test(a_certificate_is_used_for_what_it_was_made_for),
        cmocka_unit_test(a_certificate_that_is_signed_by_no_ca_is_refused),
        cmocka_unit_test(a_certificate_signed_by_ourselves_is_not_shown_to_servers),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
