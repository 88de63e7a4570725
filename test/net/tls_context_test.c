/* SPDX-License-Identifier: BSD-2-Clause */
/* Which certificate is shown, and how new ones are taken up. */
#include "net/tls.h"

#include "net/tls_identity.h"
#include "support/test.h"
#include "support/tls_lab.h"

#include <string.h>

/* Whose certificate does a client see that asks for `name`?  It need not be satisfied. */
static void check_shown(const struct tls_lab *lab, const char *name, const char *identity)
{
    struct tls_two *two = tls_two_new(lab->client, lab->server, name);
    char            memory[256];
    struct buf      b = BUF_ON(memory);

    tls_two_run(two, 0);
    if (two->client.last == TLS_OPEN) {
        tls_identity_write(&b, tls_peer_certificate(two->client.tls));
        CHECK_SLICE(identity, buf_slice(&b));
    } else {
        const char *text = tls_fault(two->client.tls)->text;

        buf_printf(&b, "certificate of peer is for %s, not %s", identity, name);
        assert_string_equal(buf_cstr(&b), text);
    }
    tls_two_free(two);
}

static void setup(struct tls_lab *lab)
{
    static const struct slice more[] = { SLICE_INIT("phones.example"), SLICE_INIT("*.phones.example") };
    struct cert_wish          wish;

    tls_lab_init(lab);
    tls_lab_add(lab, "first.example");
    tls_lab_add(lab, "second.example");
    wish = tls_lab_wish(lab, "wild.example");
    tls_lab_add_wish(lab, "*.wild.example", &wish);
    wish           = tls_lab_wish(lab, "third.example");
    wish.dns_names = more;
    wish.dns_count = 2;
    tls_lab_add_wish(lab, "third.example", &wish);
    tls_lab_load(lab);
}

/* RFC 6066 3, RFC 5922 7.8 */
TEST(the_name_that_is_asked_for_picks_the_certificate)
{
    struct tls_lab lab;

    setup(&lab);
    check_shown(&lab, "first.example", "first.example");
    check_shown(&lab, "second.example", "second.example");
    check_shown(&lab, "SECOND.example", "second.example");
    check_shown(&lab, "a.wild.example", "wild.example");
    check_shown(&lab, "a.b.wild.example", "wild.example");
    tls_lab_fini(&lab);
}

TEST(names_that_stand_in_a_certificate_alone_pick_it_too)
{
    struct tls_lab lab;

    setup(&lab);
    check_shown(&lab, "phones.example", "third.example");
    check_shown(&lab, "alice.phones.example", "third.example");
    check_shown(&lab, "a.b.phones.example", "first.example");
    tls_lab_fini(&lab);
}

TEST(an_unknown_name_or_none_gets_the_first_certificate)
{
    struct tls_lab lab;

    setup(&lab);
    check_shown(&lab, "other.example", "first.example");
    check_shown(&lab, "192.0.2.1", "first.example");
    check_shown(&lab, "", "first.example");
    check_shown(&lab, "wild.example.org", "first.example");
    tls_lab_fini(&lab);
}

TEST(the_certificate_without_a_name_is_the_one_for_all_others)
{
    struct tls_lab   lab;
    struct cert_wish wish;

    tls_lab_init(&lab);
    tls_lab_add(&lab, "first.example");
    wish = tls_lab_wish(&lab, "rest.example");
    tls_lab_add_wish(&lab, "", &wish);
    tls_lab_load(&lab);
    check_shown(&lab, "first.example", "first.example");
    check_shown(&lab, "other.example", "rest.example");
    check_shown(&lab, "", "rest.example");
    tls_lab_fini(&lab);
}

/* ---- new certificates ---- */

TEST(new_certificates_are_for_new_sessions_and_running_ones_stay)
{
    struct tls_lab   lab;
    struct tls_two  *old, *half;
    struct cert_wish wish;

    tls_lab_init(&lab);
    wish = tls_lab_wish(&lab, "old.example");
    tls_lab_add_wish(&lab, "", &wish);
    tls_lab_load(&lab);
    old = tls_two_new(lab.client, lab.server, "old.example");
    tls_two_run(old, 0);
    half = tls_two_new(lab.client, lab.server, "old.example"); /* has not heard anything yet */

    lab.setup.certificate_count = 0;
    cert_pair_free(&lab.pairs[0]);
    wish = tls_lab_wish(&lab, "new.example");
    tls_lab_add_wish(&lab, "", &wish);
    tls_shared_set(lab.shared, tls_lab_keys(&lab, &lab.setup));
    check_shown(&lab, "", "new.example");
    tls_two_run(half, 0);
    CHECK(tls_two_is_open(half));
    CHECK(tls_peer_is(half->client.tls, SLICE("old.example")));
    tls_two_write(old, &old->client, SLICE("still here"));
    tls_two_run(old, 0);
    CHECK_SLICE("still here", ((struct slice){ old->server.plain, old->server.plain_len }));
    tls_two_free(old);
    tls_two_free(half);
    tls_lab_fini(&lab);
}

/* Certificates that are taken away, and come back. */
TEST(a_process_may_stop_to_accept_and_begin_again)
{
    struct tls_lab lab;
    struct tls    *t;

    tls_lab_init(&lab);
    tls_lab_add(&lab, "example.com");
    tls_lab_load(&lab);
    lab.setup.certificate_count = 0;
    tls_shared_set(lab.shared, tls_lab_keys(&lab, &lab.setup));
    assert_null(tls_accept(lab.server, TLS_CLIENTS_NONE));
    lab.setup.certificate_count = 1;
    tls_shared_set(lab.shared, tls_lab_keys(&lab, &lab.setup));
    t = tls_accept(lab.server, TLS_CLIENTS_NONE);
    assert_non_null(t);
    tls_free(t);
    tls_lab_fini(&lab);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_name_that_is_asked_for_picks_the_certificate),
        cmocka_unit_test(names_that_stand_in_a_certificate_alone_pick_it_too),
        cmocka_unit_test(an_unknown_name_or_none_gets_the_first_certificate),
        cmocka_unit_test(the_certificate_without_a_name_is_the_one_for_all_others),
        cmocka_unit_test(new_certificates_are_for_new_sessions_and_running_ones_stay),
        cmocka_unit_test(a_process_may_stop_to_accept_and_begin_again),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
