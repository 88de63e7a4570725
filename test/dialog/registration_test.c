/* SPDX-License-Identifier: BSD-2-Clause */
#include "dialog/registration.h"

#include "dialog/message_of.h"

#include <stdio.h>

static const struct auth_secret secret = { .user = SLICE_INIT("alice"), .password = SLICE_INIT("secret") };

static struct registration  r;
static struct hasher       *hasher;
static struct random_seeded seeded;
static struct random        dice = { random_seeded_fill, &seeded };

enum { LOW = 0 };
#define HIGH UINT32_MAX

static int setup(void **state)
{
    struct registration_config config = {
        .aor        = SLICE("<sip:alice@example.test>"),
        .registrar  = SLICE("sip:example.test"),
        .route      = SLICE("<sip:proxy.example.test;lr>"),
        .contact    = SLICE("sip:alice@192.0.2.1:5062"),
        .call_id    = SLICE("id@192.0.2.1"),
        .from_tag   = SLICE("t"),
        .first_cseq = 10,
        .expires    = 3600,
    };

    (void)state;
    random_seed(&seeded, 1);
    hasher = hasher_new();
    return hasher == NULL ? -1 : registration_init(&r, &config);
}

static int teardown(void **state)
{
    (void)state;
    registration_fini(&r);
    hasher_free(hasher);
    return 0;
}

static unsigned respond(const char *status, const char *headers, uint32_t random, msec now)
{
    char            lines[2048];
    struct message *m;
    unsigned        actions;

    snprintf(lines, sizeof lines,
             "SIP/2.0 %s X\nVia: SIP/2.0/UDP h;branch=z9hG4bK1\nFrom: <sip:a@h>;tag=a\nTo: <sip:a@h>;tag=b\n"
             "Call-ID: c\nCSeq: 1 REGISTER\n%sContent-Length: 0\n",
             status, headers);
    m       = message_of(lines);
    actions = registration_on_response(&r, &secret, hasher, m, random, now);
    message_drop(m);
    return actions;
}

static struct message *written(void)
{
    static struct gather g;
    struct request_start start;

    CHECK_INT(0, registration_write(&r, &secret, hasher, &dice, &g, &start));
    return request_read_back(&g, &start);
}

#define CHALLENGE "WWW-Authenticate: Digest realm=\"r\", nonce=\"n\", qop=\"auth\"\n"
#define GRANTED   "Contact: <sip:alice@192.0.2.9>;expires=7, <sip:alice@192.0.2.1:5062>;expires=1000\nExpires: 50\n"

static void register_now(msec now)
{
    CHECK_INT(REGISTRATION_SEND, registration_start(&r));
    CHECK_INT(REGISTRATION_TELL_REGISTERED, respond("200", GRANTED, LOW, now));
}

/* RFC 3261 10.2 */
TEST(a_register_names_the_registrar_the_user_twice_and_the_contact)
{
    struct message *m;
    uint32_t        expires;

    registration_start(&r);
    m = written();
    CHECK_SLICE("sip:example.test", m->uri_text);
    CHECK_SLICE("sip:alice@example.test", m->from.uri.text);
    CHECK_SLICE("sip:alice@example.test", m->to.uri.text);
    CHECK_SLICE("id@192.0.2.1", m->call_id);
    CHECK_INT(10, m->cseq.number);
    CHECK_SLICE("<sip:alice@192.0.2.1:5062>", message_header(m, HEADER_CONTACT)->value);
    CHECK(message_number(m, HEADER_EXPIRES, &expires));
    CHECK_INT(3600, expires);
    CHECK_SLICE("sip:proxy.example.test;lr", route_at(m, 0));
    CHECK(message_header(m, HEADER_AUTHORIZATION) == NULL);
    message_drop(m);
}

/* RFC 3327 5.1: else an edge proxy refuses it. */
TEST(a_register_says_that_its_sender_knows_path)
{
    struct message *m;

    registration_start(&r);
    m = written();
    CHECK_SLICE("path", message_header(m, HEADER_SUPPORTED)->value);
    message_drop(m);
}

TEST(a_challenge_is_answered_with_the_same_call_id_and_a_higher_cseq)
{
    struct message *m;

    registration_start(&r);
    message_drop(written());
    CHECK_INT(REGISTRATION_SEND, respond("401", CHALLENGE, LOW, 0));
    m = written();
    CHECK_SLICE("id@192.0.2.1", m->call_id);
    CHECK_INT(11, m->cseq.number);
    CHECK(message_header(m, HEADER_AUTHORIZATION) != NULL);
    message_drop(m);
    CHECK_INT(REGISTRATION_TELL_REGISTERED, respond("200", GRANTED, LOW, 100));
}

TEST(a_wrong_password_is_refused_for_good)
{
    registration_start(&r);
    respond("401", CHALLENGE, LOW, 0);
    CHECK_INT(REGISTRATION_TELL_FAILED, respond("401", CHALLENGE, LOW, 100));
    CHECK_INT(REGISTRATION_REFUSED, r.state);
    CHECK_INT(401, r.status);
    CHECK_INT(NEVER, registration_deadline(&r));
    CHECK_INT(REGISTRATION_SEND, registration_start(&r)); /* the user may ask again */
}

TEST(a_server_that_always_says_stale_is_left_after_some_rounds)
{
    int rounds = 0;

    registration_start(&r);
    while (respond("401", "WWW-Authenticate: Digest realm=\"r\", nonce=\"n\", qop=\"auth\", stale=true\n", LOW, 0) ==
           REGISTRATION_SEND)
        CHECK(++rounds < 10);
    CHECK_INT(REGISTRATION_REFUSED, r.state);
}

/* RFC 3261 10.2.4: the expires of our own Contact counts, not that of others. */
TEST(the_refresh_comes_between_75_and_90_percent_of_what_was_granted)
{
    register_now(5000);
    CHECK_INT(REGISTRATION_REGISTERED, r.state);
    CHECK_INT(1000, r.granted);
    CHECK_INT(5000 + 750000, registration_deadline(&r));
    CHECK_INT(0, registration_on_timer(&r, 5000 + 749999));
    CHECK_INT(REGISTRATION_SEND, registration_on_timer(&r, 5000 + 750000));
    CHECK_INT(REGISTRATION_TELL_REFRESHED, respond("200", GRANTED, HIGH, 800000));
    CHECK_INT(800000 + 900000, registration_deadline(&r));
}

TEST(a_short_registration_keeps_time_for_a_second_try_but_waits_for_half)
{
    registration_start(&r);
    respond("200", "Expires: 100\n", HIGH, 0);
    CHECK_INT(68000, registration_deadline(&r));
    registration_on_timer(&r, 68000);
    respond("200", "Expires: 20\n", HIGH, 68000);
    CHECK_INT(78000, registration_deadline(&r));
}

TEST(without_any_expires_the_asked_interval_is_taken_as_granted)
{
    registration_start(&r);
    CHECK_INT(REGISTRATION_TELL_REGISTERED, respond("200", "", LOW, 0));
    CHECK_INT(3600, r.granted);
}

TEST(a_2xx_that_keeps_nothing_is_a_failure)
{
    registration_start(&r);
    CHECK_INT(REGISTRATION_TELL_FAILED, respond("200", "Expires: 0\n", LOW, 0));
    CHECK_INT(REGISTRATION_WAITING, r.state);
}

/* RFC 3261 10.2.8 */
/* RFC 3261 21.4: what was refused once is not asked again as it was. */
TEST(what_would_be_refused_again_is_not_asked_again)
{
    static const char *const table[] = { "403", "404", "405", "410", "416", "420", "484", "485", "501", "505", "603" };

    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        registration_start(&r);
        message_drop(written());
        CHECK_INT(REGISTRATION_TELL_FAILED, respond(table[i], "", LOW, 0));
        CHECK_INT(REGISTRATION_REFUSED, r.state);
        CHECK_INT(NEVER, registration_deadline(&r));
    }
}

TEST(a_423_raises_the_interval)
{
    struct message *m;
    uint32_t        expires;

    registration_start(&r);
    CHECK_INT(REGISTRATION_SEND, respond("423", "Min-Expires: 7200\n", LOW, 0));
    m = written();
    CHECK(message_number(m, HEADER_EXPIRES, &expires));
    CHECK_INT(7200, expires);
    message_drop(m);
    CHECK_INT(REGISTRATION_TELL_FAILED, respond("423", "Min-Expires: 7200\n", LOW, 0));
    CHECK_INT(REGISTRATION_REFUSED, r.state);
}

TEST(a_423_without_sense_is_a_failure)
{
    registration_start(&r);
    CHECK_INT(REGISTRATION_TELL_FAILED, respond("423", "Min-Expires: 4000000000\n", LOW, 0));
}

/* RFC 5626 4.5: the first retry between 30 and 60 s, then doubling, in the end
 * between 15 and 30 minutes. */
TEST(failures_back_off_up_to_half_an_hour)
{
    static const msec longest[] = { 60000, 120000, 240000, 480000, 960000, 1800000, 1800000 };
    msec              now       = 0;

    registration_start(&r);
    for (size_t i = 0; i < sizeof longest / sizeof *longest; i++) {
        uint32_t random = i % 2 == 0 ? LOW : HIGH;

        CHECK_INT(REGISTRATION_TELL_FAILED, registration_on_silence(&r, 503, random, now));
        CHECK_INT(now + (random == LOW ? longest[i] / 2 : longest[i]), registration_deadline(&r));
        now = registration_deadline(&r);
        CHECK_INT(REGISTRATION_SEND, registration_on_timer(&r, now));
    }
    CHECK_INT(REGISTRATION_TELL_REGISTERED, respond("200", GRANTED, LOW, now));
    CHECK_INT(0, r.failures);
}

/* RFC 3261 20.33 */
TEST(retry_after_is_respected_when_it_is_longer)
{
    registration_start(&r);
    respond("503", "Retry-After: 500;duration=10\n", LOW, 0);
    CHECK_INT(500000, registration_deadline(&r));
    registration_on_timer(&r, 500000);
    respond("503", "Retry-After: 1 (soon)\n", LOW, 500000);
    CHECK_INT(500000 + 60000, registration_deadline(&r));
}

TEST(after_a_failed_refresh_the_user_hears_when_it_works_again)
{
    register_now(0);
    registration_on_timer(&r, 750000);
    CHECK_INT(REGISTRATION_TELL_FAILED, registration_on_silence(&r, 408, LOW, 782000));
    CHECK_INT(408, r.status);
    registration_on_timer(&r, 812000);
    CHECK_INT(REGISTRATION_TELL_REGISTERED, respond("200", GRANTED, LOW, 812000));
}

/* RFC 3261 10.2.2 */
TEST(removing_sends_expires_0_and_tells_when_done)
{
    struct message *m;
    uint32_t        expires;

    register_now(0);
    CHECK_INT(REGISTRATION_SEND, registration_remove(&r));
    m = written();
    CHECK(message_number(m, HEADER_EXPIRES, &expires));
    CHECK_INT(0, expires);
    message_drop(m);
    CHECK_INT(REGISTRATION_SEND, respond("401", CHALLENGE, LOW, 10));
    CHECK_INT(REGISTRATION_TELL_REMOVED, respond("200", "", LOW, 20));
    CHECK_INT(REGISTRATION_REMOVED, r.state);
    CHECK_INT(0, registration_remove(&r));
    CHECK_INT(NEVER, registration_deadline(&r));
}

TEST(removing_is_over_even_if_the_registrar_is_gone)
{
    register_now(0);
    registration_remove(&r);
    CHECK_INT(REGISTRATION_TELL_REMOVED, registration_on_silence(&r, 408, LOW, 32000));
    CHECK_INT(408, r.status);
}

/* It is not said to be gone when nobody but us knows so. */
TEST(what_the_registrar_has_not_agreed_to_remove_it_keeps_until_its_time_is_over)
{
    register_now(0);
    registration_remove(&r);
    CHECK_INT(REGISTRATION_TELL_REMOVED, respond("403", "", LOW, 10));
    CHECK_INT(1000000, r.kept_until);
    register_now(1000);
    CHECK_INT(NEVER, r.kept_until);
    registration_remove(&r);
    CHECK_INT(REGISTRATION_TELL_REMOVED, registration_on_silence(&r, 408, LOW, 33000));
    CHECK_INT(1001000, r.kept_until);
    register_now(40000);
    registration_remove(&r);
    CHECK_INT(REGISTRATION_TELL_REMOVED, respond("200", "", LOW, 40010));
    CHECK_INT(NEVER, r.kept_until);
}

TEST(who_waits_no_longer_for_the_registrar_has_removed_nothing)
{
    register_now(0);
    CHECK_INT(0, registration_give_up(&r));
    registration_remove(&r);
    CHECK_INT(REGISTRATION_TELL_REMOVED, registration_give_up(&r));
    CHECK_INT(408, r.status);
    CHECK_INT(1000000, r.kept_until);
    CHECK_INT(0, registration_give_up(&r));
    CHECK_INT(0, respond("200", "", LOW, 5000)); /* too late */
    CHECK_INT(1000000, r.kept_until);
}

/* RFC 3261 10.2: no new REGISTER before the one under way is answered. */
TEST(removing_waits_for_the_register_under_way)
{
    registration_start(&r);
    CHECK_INT(0, registration_start(&r));
    CHECK_INT(0, registration_remove(&r));
    CHECK_INT(REGISTRATION_SEND, respond("200", GRANTED, LOW, 0));
    CHECK_INT(REGISTRATION_REMOVING, r.state);
    CHECK_INT(REGISTRATION_TELL_REMOVED, respond("200", "", LOW, 0));
}

TEST(nothing_is_removed_that_was_never_registered)
{
    CHECK_INT(REGISTRATION_TELL_REMOVED, registration_remove(&r));
}

TEST(a_failure_while_removing_was_asked_ends_it)
{
    registration_start(&r);
    registration_remove(&r);
    CHECK_INT(REGISTRATION_TELL_REMOVED, registration_on_silence(&r, 408, LOW, 0));
    CHECK_INT(0, registration_on_silence(&r, 408, LOW, 0));
}

TEST(late_and_provisional_responses_change_nothing)
{
    registration_start(&r);
    CHECK_INT(0, respond("100", "", LOW, 0));
    CHECK_INT(0, respond("183", "", LOW, 0));
    CHECK_INT(0, respond("199", "", LOW, 0));
    respond("200", GRANTED, LOW, 0);
    CHECK_INT(0, respond("500", "", LOW, 0));
    CHECK_INT(REGISTRATION_REGISTERED, r.state);
}

static void check_target(const char *want)
{
    struct message *m = written();

    CHECK_SLICE(want, m->uri_text);
    message_drop(m);
}

/* RFC 3261 8.1.3.4 */
TEST(a_redirect_is_followed_to_its_best_contact_in_this_attempt)
{
    registration_start(&r);
    check_target("sip:example.test");
    CHECK_INT(REGISTRATION_SEND, respond("302", "Contact: <sip:one.test>;q=0.5, <sip:two.test>, <tel:+1>\n", LOW, 0));
    check_target("sip:two.test");
    CHECK_INT(REGISTRATION_SEND, respond("401", CHALLENGE, LOW, 0));
    check_target("sip:two.test");
    CHECK_INT(REGISTRATION_TELL_REGISTERED, respond("200", GRANTED, LOW, 0));
    CHECK_INT(REGISTRATION_SEND, registration_on_timer(&r, 750000));
    check_target("sip:example.test");
}

TEST(a_redirect_that_leads_nowhere_is_a_failure)
{
    registration_start(&r);
    CHECK_INT(REGISTRATION_TELL_FAILED, respond("302", "Contact: <sip:example.test>, <tel:+1>\n", LOW, 0));
    CHECK_INT(REGISTRATION_WAITING, r.state);
    registration_start(&r);
    CHECK_INT(REGISTRATION_SEND, respond("302", "Contact: <sips:one.test>\n", LOW, 0));
    CHECK_INT(REGISTRATION_TELL_FAILED, respond("302", "Contact: <sip:example.test>\n", LOW, 0));
    registration_start(&r);
    CHECK_INT(REGISTRATION_TELL_FAILED, respond("305", "Contact: <sip:one.test>\n", LOW, 0));
}

/* RFC 3261 8.1.3.4; what its headers would have us do is not done (19.1.5). */
TEST(the_next_contact_of_a_redirect_is_asked_if_the_first_refuses_or_is_silent)
{
    registration_start(&r);
    CHECK_INT(REGISTRATION_SEND,
              respond("300", "Contact: <sip:b.test>;q=0.5, <sip:c.test>;q=0.1, <sip:a.test?Expires=0>\n", LOW, 0));
    check_target("sip:a.test");
    CHECK_INT(REGISTRATION_SEND, respond("503", "", LOW, 0));
    check_target("sip:b.test");
    CHECK_INT(REGISTRATION_SEND, registration_on_silence(&r, 408, LOW, 32000));
    check_target("sip:c.test");
    CHECK_INT(REGISTRATION_TELL_FAILED, respond("302", "Contact: <sip:a.test>\n", LOW, 0));
    registration_start(&r);
    check_target("sip:example.test");
    CHECK_INT(REGISTRATION_SEND, respond("302", "Contact: <sip:a.test>, <sip:b.test>\n", LOW, 0));
    CHECK_INT(REGISTRATION_TELL_FAILED, respond("600", "", LOW, 0));
    registration_start(&r);
    for (unsigned i = 0; i < 7; i++) { /* in a chain without an end */
        char contact[64];

        snprintf(contact, sizeof contact, "Contact: <sip:%u.test>\n", i);
        CHECK_INT(REGISTRATION_SEND, respond("302", contact, LOW, 0));
    }
    CHECK_INT(REGISTRATION_TELL_FAILED, respond("302", "Contact: <sip:last.test>\n", LOW, 0));
}

static void have_flow(uint32_t reg_id)
{
    r.config.instance = SLICE("<urn:uuid:1>");
    r.config.reg_id   = reg_id;
}

static void check_contact(const char *want)
{
    struct message *m = written();

    CHECK_SLICE(want, message_header(m, HEADER_CONTACT)->value);
    message_drop(m);
}

TEST(who_has_moved_registers_the_new_contact_and_takes_back_the_old_one)
{
    register_now(0);
    CHECK_INT(0, registration_move(&r, SLICE("sip:alice@192.0.2.7")));
    CHECK_INT(REGISTRATION_SEND, registration_start(&r));
    check_contact("<sip:alice@192.0.2.7>, <sip:alice@192.0.2.1:5062>;expires=0");
    CHECK_INT(REGISTRATION_TELL_REFRESHED, respond("200", "Contact: <sip:alice@192.0.2.7>;expires=600\n", LOW, 0));
    CHECK_INT(600, r.granted);
    CHECK_INT(REGISTRATION_SEND, registration_remove(&r));
    check_contact("<sip:alice@192.0.2.7>");
}

TEST(who_moves_while_registering_registers_again_at_once)
{
    registration_start(&r);
    CHECK_INT(0, registration_move(&r, SLICE("sip:alice@192.0.2.7")));
    CHECK_INT(0, registration_start(&r)); /* never two under way */
    CHECK_INT(REGISTRATION_SEND, registration_on_silence(&r, 503, LOW, 0));
    check_contact("<sip:alice@192.0.2.7>");
    CHECK_INT(0, registration_move(&r, SLICE("sip:alice@192.0.2.8")));
    CHECK_INT(REGISTRATION_SEND | REGISTRATION_TELL_REGISTERED,
              respond("200", "Contact: <sip:alice@192.0.2.7>;expires=600\n", LOW, 0));
    check_contact("<sip:alice@192.0.2.8>, <sip:alice@192.0.2.7>;expires=0");
    CHECK_INT(REGISTRATION_TELL_REFRESHED, respond("200", "Contact: <sip:alice@192.0.2.8>;expires=600\n", LOW, 0));
}

TEST(what_was_never_acknowledged_is_not_taken_back)
{
    registration_start(&r);
    CHECK_INT(REGISTRATION_TELL_FAILED, registration_on_silence(&r, 503, LOW, 0));
    CHECK_INT(0, registration_move(&r, SLICE("sip:alice@192.0.2.7")));
    registration_start(&r);
    check_contact("<sip:alice@192.0.2.7>");
}

/* RFC 5626 4.2.1 */
TEST(a_flow_names_its_instance_and_number_and_what_it_knows)
{
    struct message *m;

    have_flow(2);
    registration_start(&r);
    m = written();
    CHECK_SLICE("<sip:alice@192.0.2.1:5062>;+sip.instance=\"<urn:uuid:1>\";reg-id=2",
                message_header(m, HEADER_CONTACT)->value);
    CHECK_SLICE("path, gruu, outbound", message_header(m, HEADER_SUPPORTED)->value);
    message_drop(m);
}

TEST(a_flow_that_moves_takes_nothing_back)
{
    have_flow(1);
    registration_start(&r);
    respond("200", "Require: outbound\n" GRANTED, LOW, 0);
    CHECK(r.answer.outbound);
    CHECK_INT(0, registration_move(&r, SLICE("sip:alice@192.0.2.7")));
    registration_start(&r);
    check_contact("<sip:alice@192.0.2.7>;+sip.instance=\"<urn:uuid:1>\";reg-id=1");
}

/* RFC 5626 11.6 */
TEST(where_the_first_hop_keeps_no_flow_the_first_one_registers_without)
{
    have_flow(1);
    registration_start(&r);
    CHECK_INT(REGISTRATION_SEND, respond("439", "", LOW, 0));
    check_contact("<sip:alice@192.0.2.1:5062>;+sip.instance=\"<urn:uuid:1>\"");
    CHECK_INT(REGISTRATION_TELL_FAILED, respond("439", "", LOW, 0));
    CHECK_INT(REGISTRATION_REFUSED, r.state);
}

TEST(where_the_first_hop_keeps_no_flow_there_is_no_second)
{
    have_flow(2);
    registration_start(&r);
    CHECK_INT(REGISTRATION_TELL_FAILED, respond("439", "", LOW, 0));
    CHECK_INT(REGISTRATION_REFUSED, r.state);
}

TEST(a_refusal_ends_what_the_registrar_had_said)
{
    registration_start(&r);
    respond("200", "Service-Route: <sip:one;lr>\n" GRANTED, LOW, 0);
    CHECK_INT(1, r.answer.route_count);
    CHECK(registration_is_alive(&r, 999999));
    CHECK(!registration_is_alive(&r, 1000000));
    registration_on_timer(&r, 750000);
    respond("403", "", LOW, 750000);
    CHECK_INT(0, r.answer.route_count);
    CHECK(!registration_is_alive(&r, 750000));
}

/* RFC 7616 3.5: the registrar proves itself; who cannot has not registered anybody. */
TEST(a_2xx_of_who_does_not_know_the_password_is_a_failure)
{
    registration_start(&r);
    CHECK_INT(REGISTRATION_SEND,
              respond("401", "WWW-Authenticate: Digest realm=\"r\", nonce=\"n\", qop=\"auth\"\n", LOW, 1000));
    message_drop(written());
    CHECK_INT(REGISTRATION_TELL_FAILED,
              respond("200",
                      "Authentication-Info: qop=auth, rspauth=\"00\", cnonce=\"mine\", nc=00000001\n"
                      "Contact: <sip:alice@192.0.2.1:5062>;expires=600\n",
                      LOW, 2000));
    CHECK(r.impostor);
    CHECK_INT(REGISTRATION_WAITING, r.state);
    CHECK(r.expires_at == NEVER);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(a_2xx_of_who_does_not_know_the_password_is_a_failure),
        CASE(a_register_names_the_registrar_the_user_twice_and_the_contact),
        CASE(a_register_says_that_its_sender_knows_path),
        CASE(a_challenge_is_answered_with_the_same_call_id_and_a_higher_cseq),
        CASE(a_wrong_password_is_refused_for_good),
        CASE(a_server_that_always_says_stale_is_left_after_some_rounds),
        CASE(the_refresh_comes_between_75_and_90_percent_of_what_was_granted),
        CASE(a_short_registration_keeps_time_for_a_second_try_but_waits_for_half),
        CASE(without_any_expires_the_asked_interval_is_taken_as_granted),
        CASE(a_2xx_that_keeps_nothing_is_a_failure),
        CASE(what_would_be_refused_again_is_not_asked_again),
        CASE(a_423_raises_the_interval),
        CASE(a_423_without_sense_is_a_failure),
        CASE(failures_back_off_up_to_half_an_hour),
        CASE(retry_after_is_respected_when_it_is_longer),
        CASE(after_a_failed_refresh_the_user_hears_when_it_works_again),
        CASE(removing_sends_expires_0_and_tells_when_done),
        CASE(removing_is_over_even_if_the_registrar_is_gone),
        CASE(what_the_registrar_has_not_agreed_to_remove_it_keeps_until_its_time_is_over),
        CASE(who_waits_no_longer_for_the_registrar_has_removed_nothing),
        CASE(removing_waits_for_the_register_under_way),
        CASE(nothing_is_removed_that_was_never_registered),
        CASE(a_failure_while_removing_was_asked_ends_it),
        CASE(late_and_provisional_responses_change_nothing),
        CASE(who_has_moved_registers_the_new_contact_and_takes_back_the_old_one),
        CASE(who_moves_while_registering_registers_again_at_once),
        CASE(what_was_never_acknowledged_is_not_taken_back),
        CASE(a_redirect_is_followed_to_its_best_contact_in_this_attempt),
        CASE(a_redirect_that_leads_nowhere_is_a_failure),
        CASE(the_next_contact_of_a_redirect_is_asked_if_the_first_refuses_or_is_silent),
        CASE(a_flow_names_its_instance_and_number_and_what_it_knows),
        CASE(a_flow_that_moves_takes_nothing_back),
        CASE(where_the_first_hop_keeps_no_flow_the_first_one_registers_without),
        CASE(where_the_first_hop_keeps_no_flow_there_is_no_second),
        CASE(a_refusal_ends_what_the_registrar_had_said),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
