/* SPDX-License-Identifier: BSD-2-Clause */
/* Sessions that are taken up again: across workers, across a change of keys, and not when they
 * should not be. */
#include "net/tls.h"

#include "support/test.h"
#include "support/tls_lab.h"

#include <openssl/ssl.h>
#include <string.h>

enum { DAY = 86400 };

static void setup(struct tls_lab *lab)
{
    tls_lab_init(lab);
    tls_lab_add(lab, "example.com");
    tls_lab_load(lab);
}

/* A whole session; was it an earlier one taken up? */
static bool resumes_at(const struct tls_lab *lab, struct tls_context *server, enum tls_clients clients,
                       const char *domain)
{
    struct tls_two *two = tls_two_new(lab->client, server, domain);
    bool            resumed;

    tls_free(two->server.tls);
    two->server.tls = tls_accept(server, clients);
    tls_two_run(two, 0);
    CHECK(tls_two_is_open(two));
    resumed = tls_is_resumed(two->server.tls);
    CHECK_INT(resumed, tls_is_resumed(two->client.tls));
    CHECK(tls_peer_verified(two->client.tls)); /* by the certificate of the first time */
    CHECK(tls_peer_is(two->client.tls, slice_from(domain)));
    tls_two_free(two);
    return resumed;
}

static bool resumes(const struct tls_lab *lab, const char *domain)
{
    return resumes_at(lab, lab->server, TLS_CLIENTS_NONE, domain);
}

/* RFC 8446 2.2 */
TEST(a_second_session_with_a_domain_takes_up_the_first)
{
    struct tls_lab lab;

    setup(&lab);
    CHECK(!resumes(&lab, "example.com"));
    CHECK(resumes(&lab, "example.com"));
    CHECK(resumes(&lab, "Example.com"));
    CHECK_INT(2 * 2, counter_read(&lab.world->counters.tls_resumed));
    CHECK_INT(3 * 2, counter_read(&lab.world->counters.tls_handshakes));
    tls_lab_fini(&lab);
}

/* RFC 8446 C.4 */
TEST(each_ticket_that_is_used_is_followed_by_another)
{
    struct tls_lab lab;

    setup(&lab);
    CHECK(!resumes(&lab, "example.com"));
    for (int i = 0; i < 5; i++)
        CHECK(resumes(&lab, "example.com"));
    tls_lab_fini(&lab);
}

TEST(a_session_made_with_one_worker_is_taken_up_by_another)
{
    struct tls_lab      lab;
    struct tls_context *other;

    setup(&lab);
    other = tls_context_new(lab.world, lab.shared);
    CHECK(!resumes(&lab, "example.com"));
    CHECK(resumes_at(&lab, other, TLS_CLIENTS_NONE, "example.com"));
    tls_context_free(other);
    tls_lab_fini(&lab);
}

TEST(a_server_with_other_ticket_keys_does_a_full_handshake)
{
    struct tls_lab lab;

    setup(&lab);
    CHECK(!resumes(&lab, "example.com"));
    tls_context_free(lab.server);
    tls_shared_free(lab.shared);
    lab.shared = tls_shared_new(tls_lab_keys(&lab, &lab.setup));
    lab.server = tls_context_new(lab.world, lab.shared);
    CHECK(!resumes(&lab, "example.com"));
    CHECK(resumes(&lab, "example.com"));
    tls_lab_fini(&lab);
}

TEST(a_session_is_not_taken_up_with_another_domain)
{
    struct tls_lab   lab;
    struct slice     names[] = { SLICE("a.example"), SLICE("b.example") };
    struct cert_wish wish;

    tls_lab_init(&lab);
    wish           = tls_lab_wish(&lab, "a.example");
    wish.dns_names = names;
    wish.dns_count = 2;
    wish.uri_count = 0;
    tls_lab_add_wish(&lab, "", &wish);
    tls_lab_load(&lab);
    CHECK(!resumes(&lab, "a.example"));
    CHECK(!resumes(&lab, "b.example"));
    tls_lab_fini(&lab);
}

/* Tickets are sealed with keys of a period, and opened in that and the next one. */
TEST(an_old_ticket_is_taken_until_its_keys_are_forgotten)
{
    struct tls_lab lab;

    setup(&lab);
    CHECK(!resumes(&lab, "example.com"));
    network_run_until(lab.network, TLS_TICKET_PERIOD + 1000);
    CHECK(resumes(&lab, "example.com"));
    network_run_until(lab.network, 3ULL * TLS_TICKET_PERIOD + 1000);
    CHECK(!resumes(&lab, "example.com"));
    tls_lab_fini(&lab);
}

/* The keys of all workers turn together, whoever notices first. */
TEST(workers_agree_on_the_keys_of_a_period)
{
    struct tls_lab      lab;
    struct tls_context *other;

    setup(&lab);
    other = tls_context_new(lab.world, lab.shared);
    network_run_until(lab.network, TLS_TICKET_PERIOD + 1000);
    CHECK(!resumes(&lab, "example.com"));
    CHECK(resumes_at(&lab, other, TLS_CLIENTS_NONE, "example.com"));
    tls_context_free(other);
    tls_lab_fini(&lab);
}

TEST(a_change_of_certificates_ends_no_ticket_while_trust_is_the_same)
{
    struct tls_lab lab;

    setup(&lab);
    CHECK(!resumes(&lab, "example.com"));
    tls_lab_add(&lab, "example.org");
    tls_shared_set(lab.shared, tls_lab_keys(&lab, &lab.setup));
    CHECK(resumes(&lab, "example.com"));
    tls_lab_fini(&lab);
}

/* A client that changes whom it trusts forgets whom it trusted. */
TEST(a_client_with_new_trust_verifies_again)
{
    struct tls_lab   lab;
    struct tls_setup client;

    setup(&lab);
    CHECK(!resumes(&lab, "example.com"));
    client = tls_lab_client_setup(&lab);
    tls_shared_set(lab.client_shared, tls_lab_keys(&lab, &client));
    CHECK(!resumes(&lab, "example.com"));
    tls_lab_fini(&lab);
}

/* ---- clients that were asked for a certificate ---- */

/* The lab's client has this certificate from now on. */
static void give_certificate(struct tls_lab *lab, const struct cert_pair *pair)
{
    struct tls_setup             setup = tls_lab_client_setup(lab);
    const struct tls_certificate one   = { .domain = "", .chain_text = pair->certificate, .key_text = pair->key };

    setup.certificates      = &one;
    setup.certificate_count = 1;
    tls_shared_set(lab->client_shared, tls_lab_keys(lab, &setup));
}

TEST(a_session_that_is_taken_up_knows_whom_it_is_with)
{
    struct tls_lab   lab;
    struct cert_wish wish;
    struct cert_pair pair;

    tls_lab_init(&lab);
    tls_lab_add(&lab, "example.com");
    lab.setup.clients = TLS_CLIENTS_REQUIRED;
    tls_lab_load(&lab);
    wish = tls_lab_wish(&lab, "biloxi.example");
    pair = tls_lab_issue(&lab, &wish);
    give_certificate(&lab, &pair);
    for (unsigned i = 0; i < 3; i++) {
        struct tls_two *two = tls_two_new(lab.client, lab.server, "example.com");

        tls_two_run(two, 0);
        CHECK(tls_two_is_open(two));
        CHECK_INT(i > 0, tls_is_resumed(two->server.tls));
        CHECK(tls_peer_verified(two->server.tls));
        CHECK(tls_peer_is(two->server.tls, SLICE("biloxi.example")));
        CHECK(!tls_peer_is(two->server.tls, SLICE("example.com")));
        tls_two_free(two);
    }
    cert_pair_free(&pair);
    tls_lab_fini(&lab);
}

/* A ticket got where nobody asks for a certificate opens no door where somebody does. */
TEST(a_ticket_is_no_way_around_the_demand_for_a_certificate)
{
    struct tls_lab  lab;
    struct tls_two *two;

    setup(&lab);
    CHECK(!resumes(&lab, "example.com"));
    two = tls_two_new(lab.client, lab.server, "example.com");
    tls_free(two->server.tls);
    two->server.tls = tls_accept(lab.server, TLS_CLIENTS_REQUIRED);
    tls_two_run(two, 0);
    CHECK_INT(TLS_FAULT, two->server.last);
    assert_string_equal("peer has shown no certificate", tls_fault(two->server.tls)->text);
    tls_two_free(two);
    tls_lab_fini(&lab);
}

/* Nor where other CAs are trusted since. */
TEST(a_ticket_of_a_client_whose_ca_is_trusted_no_more_is_worth_nothing)
{
    struct tls_lab   lab, other;
    struct cert_wish wish;
    struct cert_pair pair;
    struct tls_two  *two;

    tls_lab_init(&lab);
    tls_lab_add(&lab, "example.com");
    lab.setup.clients = TLS_CLIENTS_REQUIRED;
    tls_lab_load(&lab);
    wish = tls_lab_wish(&lab, "biloxi.example");
    pair = tls_lab_issue(&lab, &wish);
    give_certificate(&lab, &pair);
    CHECK(!resumes(&lab, "example.com"));
    tls_lab_init(&other);
    lab.setup.trust_text = other.ca.certificate;
    tls_shared_set(lab.shared, tls_lab_keys(&lab, &lab.setup));
    two = tls_two_new(lab.client, lab.server, "example.com");
    tls_two_run(two, 0);
    CHECK_INT(TLS_FAULT, two->server.last);
    CHECK(!tls_is_resumed(two->server.tls));
    tls_two_free(two);
    cert_pair_free(&pair);
    tls_lab_fini(&other);
    tls_lab_fini(&lab);
}

TEST(a_ticket_of_a_client_whose_certificate_has_expired_is_worth_nothing)
{
    struct tls_lab   lab;
    struct cert_wish wish;
    struct cert_pair pair;
    struct tls_two  *two;

    tls_lab_init(&lab);
    tls_lab_add(&lab, "example.com");
    lab.setup.clients = TLS_CLIENTS_REQUIRED;
    tls_lab_load(&lab);
    wish           = tls_lab_wish(&lab, "biloxi.example");
    wish.not_after = world_wall(lab.world) / 1000 + 3600;
    pair           = tls_lab_issue(&lab, &wish);
    give_certificate(&lab, &pair);
    CHECK(!resumes(&lab, "example.com"));
    CHECK(resumes(&lab, "example.com"));
    network_run_until(lab.network, 2 * 3600 * 1000);
    two = tls_two_new(lab.client, lab.server, "example.com");
    tls_two_run(two, 0);
    CHECK_INT(TLS_FAULT, two->server.last);
    assert_string_equal("certificate of peer has expired on 2026-01-01", tls_fault(two->server.tls)->text);
    tls_two_free(two);
    cert_pair_free(&pair);
    tls_lab_fini(&lab);
}

/* RFC 8446 2.2 the other way round: a server that had a certificate then, and has none that is
 * good now, is not believed for the sake of a ticket. */
TEST(a_session_with_a_server_whose_certificate_has_expired_is_not_offered)
{
    struct tls_lab  lab;
    struct tls_two *two;

    setup(&lab);
    CHECK(!resumes(&lab, "example.com"));
    network_step_wall(lab.network, (int64_t)20 * DAY * 1000);
    two = tls_two_new(lab.client, lab.server, "example.com");
    tls_two_run(two, 0);
    CHECK_INT(TLS_FAULT, two->client.last);
    CHECK(!tls_is_resumed(two->client.tls));
    tls_two_free(two);
    tls_lab_fini(&lab);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_second_session_with_a_domain_takes_up_the_first),
        cmocka_unit_test(each_ticket_that_is_used_is_followed_by_another),
        cmocka_unit_test(a_session_made_with_one_worker_is_taken_up_by_another),
        cmocka_unit_test(a_server_with_other_ticket_keys_does_a_full_handshake),
        cmocka_unit_test(a_session_is_not_taken_up_with_another_domain),
        cmocka_unit_test(an_old_ticket_is_taken_until_its_keys_are_forgotten),
        cmocka_unit_test(workers_agree_on_the_keys_of_a_period),
        cmocka_unit_test(a_change_of_certificates_ends_no_ticket_while_trust_is_the_same),
        cmocka_unit_test(a_client_with_new_trust_verifies_again),
        cmocka_unit_test(a_session_that_is_taken_up_knows_whom_it_is_with),
        cmocka_unit_test(a_ticket_is_no_way_around_the_demand_for_a_certificate),
        cmocka_unit_test(a_ticket_of_a_client_whose_ca_is_trusted_no_more_is_worth_nothing),
        cmocka_unit_test(a_ticket_of_a_client_whose_certificate_has_expired_is_worth_nothing),
        cmocka_unit_test(a_session_with_a_server_whose_certificate_has_expired_is_not_offered),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
