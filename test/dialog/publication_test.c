/* SPDX-License-Identifier: BSD-2-Clause */
#include "dialog/publication.h"

#include "base/random.h"
#include "dialog/message_of.h"

#include <stdio.h>

enum { SEND = PUBLICATION_SEND, KEPT = PUBLICATION_TELL_KEPT, ENDED = PUBLICATION_TELL_ENDED, LOW = 0 };

static struct publication p;

static unsigned respond(unsigned status, const char *headers, msec now)
{
    char            lines[1024];
    struct message *m;
    unsigned        actions;

    snprintf(lines, sizeof lines,
             "SIP/2.0 %u X\nVia: SIP/2.0/UDP h;branch=z9hG4bK1\nFrom: <sip:a@h>;tag=a\nTo: <sip:b@h>;tag=b\n"
             "Call-ID: c\nCSeq: 1 PUBLISH\n%sContent-Length: 0\n",
             status, headers);
    m       = message_of(lines);
    actions = publication_on_response(&p, status, m, LOW, now);
    message_drop(m);
    return actions;
}

static void publish(void)
{
    publication_init(&p, 600);
    CHECK_INT(SEND, publication_set(&p));
    CHECK(p.with_body && !p.with_tag);
    CHECK_INT(KEPT, respond(200, "SIP-ETag: one\nExpires: 600\n", 0));
}

/* RFC 3903 4.1: the four of its table 1. */
TEST(it_is_published_refreshed_changed_and_removed)
{
    publish();
    CHECK(p.at >= 450000 && p.at <= 540000);
    CHECK_INT(0, publication_on_timer(&p, p.at - 1));
    CHECK_INT(SEND, publication_on_timer(&p, p.at));
    CHECK(p.with_tag && !p.with_body);
    CHECK_SLICE("one", ((struct slice){ p.tag, p.tag_len }));
    CHECK_INT(KEPT, respond(200, "SIP-ETag: two\nExpires: 600\n", 450000));
    CHECK_INT(SEND, publication_set(&p));
    CHECK(p.with_tag && p.with_body);
    CHECK_SLICE("two", ((struct slice){ p.tag, p.tag_len }));
    CHECK_INT(KEPT, respond(200, "SIP-ETag: three\nExpires: 600\n", 460000));
    CHECK_INT(SEND, publication_remove(&p));
    CHECK(p.with_tag && !p.with_body);
    CHECK_INT(0, p.asked);
    CHECK_INT(ENDED, respond(200, "SIP-ETag: four\nExpires: 0\n", 470000));
    CHECK_INT(PUBLICATION_ENDED, p.state);
}

/* 4: one at a time */
TEST(what_is_set_meanwhile_goes_out_behind)
{
    publication_init(&p, 600);
    CHECK_INT(SEND, publication_set(&p));
    CHECK_INT(0, publication_set(&p));
    CHECK_INT(SEND, respond(200, "SIP-ETag: one\nExpires: 600\n", 0));
    CHECK(p.with_tag && p.with_body);
    CHECK_INT(0, publication_remove(&p));
    CHECK_INT(SEND, respond(200, "SIP-ETag: two\nExpires: 600\n", 0));
    CHECK_INT(0, p.asked);
}

TEST(who_takes_it_back_and_thinks_better_of_it_is_seen_again)
{
    publish();
    CHECK_INT(SEND, publication_remove(&p));
    CHECK_INT(0, publication_set(&p));
    CHECK_INT(SEND, respond(200, "Expires: 0\n", 10));
    CHECK(p.with_body && !p.with_tag);
    CHECK_INT(600, p.asked);
    CHECK_INT(KEPT, respond(200, "SIP-ETag: two\nExpires: 600\n", 20));
    CHECK_INT(SEND, publication_remove(&p));
    CHECK_INT(0, publication_set(&p));
    CHECK_INT(SEND, respond(412, "", 30));
    CHECK(p.with_body && !p.with_tag);
    CHECK_INT(KEPT, respond(200, "SIP-ETag: three\nExpires: 600\n", 40));
    CHECK_INT(PUBLICATION_KEPT, p.state);
}

/* 4.1, 11.2.1 */
TEST(what_is_not_known_any_more_is_published_anew)
{
    publish();
    publication_on_timer(&p, p.at);
    CHECK_INT(SEND, respond(412, "", 500000));
    CHECK(!p.with_tag && p.with_body);
    CHECK_INT(ENDED, respond(412, "", 500000)); /* to what has no tag it makes no sense */
}

TEST(a_423_asks_for_longer)
{
    publication_init(&p, 600);
    publication_set(&p);
    CHECK_INT(SEND, respond(423, "Min-Expires: 900\n", 0));
    CHECK_INT(900, p.asked);
    CHECK(p.with_body);
    CHECK_INT(ENDED, respond(423, "Min-Expires: 900\n", 0));
}

TEST(what_passes_is_tried_again_and_whole)
{
    publish();
    publication_on_timer(&p, p.at);
    CHECK_INT(ENDED, respond(503, "Retry-After: 100\n", 500000));
    CHECK_INT(PUBLICATION_WAITING, p.state);
    CHECK(p.at == 600000);
    CHECK_INT(SEND, publication_on_timer(&p, p.at));
    CHECK(!p.with_tag && p.with_body);
    CHECK_INT(ENDED, publication_on_response(&p, 408, NULL, LOW, 700000));
    CHECK(p.at >= 700000 + 30000); /* the second pause is longer */
    CHECK_INT(SEND, publication_set(&p));
    CHECK_INT(ENDED, respond(489, "", 710000));
    CHECK_INT(PUBLICATION_ENDED, p.state);
}

TEST(what_was_never_kept_needs_no_removal)
{
    publication_init(&p, 600);
    CHECK_INT(ENDED, publication_remove(&p));
    CHECK_INT(0, publication_remove(&p));
    CHECK_INT(0, publication_set(&p));
}

/* Never two PUBLISHs at once, and what has not ended has something under way or a time. */
TEST(a_walk_never_hangs)
{
    static const unsigned statuses[] = { 200, 200, 200, 412, 423, 500, 503, 489 };
    struct random_seeded  seeded;
    struct random         dice = { random_seeded_fill, &seeded };

    for (uint64_t seed = 1; seed <= 300; seed++) {
        msec     now       = 0;
        unsigned under_way = 0, actions;

        random_seed(&seeded, seed);
        publication_init(&p, 600);
        actions = publication_set(&p);
        for (unsigned step = 0; step < 200 && p.state != PUBLICATION_ENDED; step++) {
            under_way += (actions & SEND) != 0;
            CHECK(under_way <= 1);
            CHECK(under_way == 1 || p.at != NEVER);
            now += random_below(&dice, 100000);
            switch (random_below(&dice, 4)) {
            case 0:
                actions = publication_on_timer(&p, now);
                break;
            case 1:
                actions = step > 50 && random_below(&dice, 4) == 0 ? publication_remove(&p) : publication_set(&p);
                break;
            default:
                under_way = 0;
                actions   = respond(statuses[random_below(&dice, 8)], "SIP-ETag: x\nMin-Expires: 700\n", now);
                break;
            }
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_is_published_refreshed_changed_and_removed),
        cmocka_unit_test(what_is_set_meanwhile_goes_out_behind),
        cmocka_unit_test(who_takes_it_back_and_thinks_better_of_it_is_seen_again),
        cmocka_unit_test(what_is_not_known_any_more_is_published_anew),
        cmocka_unit_test(a_423_asks_for_longer),
        cmocka_unit_test(what_passes_is_tried_again_and_whole),
        cmocka_unit_test(what_was_never_kept_needs_no_removal),
        cmocka_unit_test(a_walk_never_hangs),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
