/* SPDX-License-Identifier: BSD-2-Clause */
/* Registrations that are answered anything at any time: whatever comes, never two REGISTERs at once, never more than
 * a few in an attempt, and never a storm: between two attempts that nobody asked for lies at least half the time that
 * was granted, or fifteen seconds. */
#include "dialog/registration.h"

#include "dialog/message_of.h"

#include <stdio.h>

enum { WALKS = 200, STEPS = 400, ANSWERS = 9 + 1 /* ROUNDS_MAX and the first */, LEAST_GRANT = 2 };

static struct {
    struct registration  r;
    struct hasher       *hasher;
    struct random        random;
    struct random_seeded seeded;
    msec                 now, begun_at;
    bool                 open, asked;    /* asked: by the user, so at once */
    unsigned             sent;           /* of this attempt                 */
    size_t               status, header; /* as answered last: who answers is stubborn */
} w;

static const struct auth_secret secret = { .user = SLICE_INIT("alice"), .password = SLICE_INIT("secret") };

static uint32_t dice(uint32_t below)
{
    return (uint32_t)random_below(&w.random, below);
}

static void send_one(void)
{
    struct gather        g;
    struct request_start start;

    CHECK(!w.open);
    CHECK_INT(0, registration_write(&w.r, &secret, w.hasher, &w.random, &g, &start));
    w.open = true;
    w.sent++;
    CHECK(w.sent <= ANSWERS);
}

static void begin_attempt(bool by_itself)
{
    if (by_itself && !w.asked)
        CHECK(w.begun_at == 0 || w.now >= w.begun_at + LEAST_GRANT * 500);
    w.begun_at = w.now;
    w.asked    = false;
    w.sent     = 0;
}

/* `again`: it belongs to the attempt that is under way, unless a user or a move has begun another. */
static void perform(unsigned actions, bool by_itself, bool again)
{
    if (!(actions & REGISTRATION_SEND))
        return;
    if (!again || w.asked)
        begin_attempt(by_itself);
    send_one();
}

static void answer(void)
{
    static const char *const statuses[] = { "200", "200", "200", "401", "407", "423", "302", "301", "439",
                                            "403", "404", "500", "503", "480", "600", "603", "299", "499" };
    static const char *const headers[]  = { "",
                                            "Expires: 2\n",
                                            "Expires: 0\n",
                                            "Contact: <sip:alice@192.0.2.1>;expires=60\nRequire: outbound\n",
                                            "Contact: <sip:other@example.test>;q=0.5, <sip:third@example.test>\n",
                                            "Min-Expires: 7200\n",
                                            "Min-Expires: 4000000000\nRetry-After: 5\n",
                                            "Retry-After: 4000000000\n",
                                            "WWW-Authenticate: Digest realm=\"r\", nonce=\"n\", qop=\"auth\"\n",
                                            "WWW-Authenticate: Digest realm=\"r\", nonce=\"n\", stale=true\n",
                                            "Service-Route: <sip:a;lr>,<tel:1>\nFlow-Timer: 0\n" };
    char                     lines[1024];
    struct message          *m;
    unsigned                 actions;

    if (dice(16) == 0) {
        w.status = dice(sizeof statuses / sizeof *statuses);
        w.header = dice(sizeof headers / sizeof *headers);
    }
    snprintf(lines, sizeof lines,
             "SIP/2.0 %s X\nVia: SIP/2.0/UDP h;branch=z9hG4bK1\nFrom: <sip:a@h>;tag=a\nTo: <sip:a@h>;tag=b\n"
             "Call-ID: c\nCSeq: 1 REGISTER\n%sContent-Length: 0\n",
             statuses[w.status], headers[w.header]);
    m       = message_of(lines);
    w.open  = false;
    actions = registration_on_response(&w.r, &secret, w.hasher, m, dice(UINT32_MAX), w.now);
    message_drop(m);
    perform(actions, true, true);
}

static void move(void)
{
    char       text[64];
    struct buf b = BUF_ON(text);

    buf_printf(&b, "sip:alice@192.0.2.%u", 1 + dice(3));
    CHECK_INT(0, registration_move(&w.r, buf_slice(&b)));
    w.asked = true;
    perform(registration_start(&w.r), false, false);
}

static void live(void)
{
    msec at = registration_deadline(&w.r);

    CHECK(!w.open || at == NEVER);
    if (at == NEVER)
        return;
    w.now = at > w.now ? at : w.now;
    perform(registration_on_timer(&w.r, w.now), true, false);
}

static void step(void)
{
    w.now += dice(3000);
    w.r.backed_up = dice(2) == 0;
    switch (dice(40)) {
    case 0:
        move();
        return;
    case 1:
        w.asked = true;
        perform(registration_start(&w.r), false, false);
        return;
    case 2:
        w.asked = true;
        perform(registration_remove(&w.r), false, false);
        return;
    case 3:
        if (w.open) {
            w.open = false;
            perform(registration_on_silence(&w.r, dice(2) == 0 ? 408 : 503, dice(UINT32_MAX), w.now), true, true);
        }
        return;
    default:
        if (w.open)
            answer();
        else
            live();
    }
}

static void walk(uint64_t seed)
{
    struct registration_config config = {
        .aor        = SLICE("<sip:alice@example.test>"),
        .registrar  = SLICE("sip:example.test"),
        .contact    = SLICE("sip:alice@192.0.2.1"),
        .call_id    = SLICE("id"),
        .from_tag   = SLICE("t"),
        .first_cseq = 1,
        .expires    = 3600,
        .instance   = seed % 3 == 0 ? SLICE("") : SLICE("<urn:uuid:1>"),
        .reg_id     = seed % 3 == 0 ? 0 : 1 + (uint32_t)(seed % 2),
    };

    memset(&w, 0, sizeof w);
    random_seed(&w.seeded, seed);
    w.random = (struct random){ random_seeded_fill, &w.seeded };
    w.hasher = hasher_new();
    w.now    = 1;
    CHECK_INT(0, registration_init(&w.r, &config));
    for (unsigned i = 0; i < STEPS; i++)
        step();
    registration_fini(&w.r);
    hasher_free(w.hasher);
}

TEST(whatever_it_is_answered_a_registration_makes_no_storm)
{
    for (uint64_t seed = 1; seed <= WALKS; seed++)
        walk(seed);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(whatever_it_is_answered_a_registration_makes_no_storm) };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
