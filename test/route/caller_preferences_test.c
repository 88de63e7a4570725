/* SPDX-License-Identifier: BSD-2-Clause */
/* The phones of sip:y@example.com and what a caller asks for, as in RFC 3841 7.2.5 and RFC 4596 3; parameters that
 * RFC 4596 has from drafts and RFC 3840 does not know (msgserver, attendant, languages) are written with a plus, or
 * as what became of them. */
#include "route/caller_preferences.h"

#include "route/explain.h"
#include "support/test.h"

#include <stdio.h>

struct phone {
    const char *uri, *params;
    unsigned    q;
};

struct bench {
    struct message     *request;
    struct preferences  preferences;
    struct target_set   set;
    struct route_target memory[LIMIT_TARGETS];
    struct explain      explain;
    char                order[256];
};

static struct message *request_with(const char *method, const char *headers)
{
    char               text[8192];
    struct parse_fault fault;
    struct message    *m;

    snprintf(text, sizeof text,
             "%s sip:y@example.com SIP/2.0\r\nVia: SIP/2.0/UDP h;branch=z9hG4bK1\r\nFrom: <sip:x@example.com>;tag=1\r\n"
             "To: <sip:y@example.com>\r\nCall-ID: 1\r\nCSeq: 1 %s\r\nMax-Forwards: 70\r\n%sContent-Length: 0\r\n\r\n",
             method, method, headers);
    m = message_parse(slice_from(text), &fault);
    CHECK(m != NULL);
    return m;
}

/* "u5 | u1 | u4": those of a group stand together. */
static void write_order(struct bench *b)
{
    const struct route_target *first;
    unsigned                   count;
    struct buf                 out = BUF_ON(b->order);

    target_set_group(&b->set, preferences_order(&b->preferences, TARGETS_BY_Q), LIMIT_BRANCHES);
    while ((count = target_set_next(&b->set, &first)) > 0) {
        if (out.len > 0)
            buf_put(&out, SLICE(" | "));
        for (unsigned i = 0; i < count; i++) {
            if (i > 0)
                buf_put_byte(&out, ' ');
            buf_put(&out, first[i].uri);
        }
    }
    buf_cstr(&out);
}

static void fill(struct bench *b, const struct phone phones[])
{
    target_set_init(&b->set, b->memory, LIMIT_TARGETS);
    explain_init(&b->explain);
    b->set.explain = &b->explain;
    for (; phones->uri != NULL; phones++) {
        struct route_target t = { .uri    = slice_from(phones->uri),
                                  .params = slice_from(phones->params),
                                  .q      = phones->q };

        CHECK(target_set_add(&b->set, &t));
    }
    target_set_sort(&b->set);
}

static void ask(struct bench *b, const struct phone phones[], const char *method, const char *headers)
{
    b->request = request_with(method, headers);
    CHECK(preferences_read(b->request, &b->preferences));
    fill(b, phones);
    preferences_apply(&b->preferences, &b->set);
}

static void check_order(const struct phone phones[], const char *method, const char *headers, const char *want)
{
    struct bench b;

    ask(&b, phones, method, headers);
    write_order(&b);
    assert_string_equal(b.order, want);
    message_drop(b.request);
}

static const struct phone phones_7_2_5[] = {
    { "u1", ";audio;video;methods=\"INVITE,BYE\"", 200 },
    { "u2", ";audio=\"FALSE\";methods=\"INVITE\";actor=\"msg-taker\"", 200 },
    { "u3", ";audio;actor=\"msg-taker\";methods=\"INVITE\";video", 300 },
    { "u4", ";audio;methods=\"INVITE,OPTIONS\"", 200 },
    { "u5", "", 500 },
    { NULL, NULL, 0 },
};

/* RFC 3841 7.2.5: u5, u1 and then u4; Qa of u1 is 0.83, of u4 0.5 */
TEST(the_example_of_rfc_3841_comes_out_as_it_says)
{
    static const char headers[] = "Reject-Contact: *;actor=\"msg-taker\";video\r\nAccept-Contact: *;audio;require\r\n"
                                  "Accept-Contact: *;video;explicit\r\n"
                                  "Accept-Contact: *;methods=\"BYE\";class=\"business\";q=1.0\r\n";
    struct bench      b;

    check_order(phones_7_2_5, "INVITE", headers, "u5 | u1 | u4");
    ask(&b, phones_7_2_5, "INVITE", headers);
    CHECK_INT(3, b.set.count);
    CHECK_INT(1000000, b.set.list[0].fit);
    CHECK_INT(833333, b.set.list[1].fit);
    CHECK_INT(500000, b.set.list[2].fit);
    message_drop(b.request);
}

TEST(compact_forms_and_lists_mean_the_same)
{
    check_order(phones_7_2_5, "INVITE",
                "j: *;actor=\"msg-taker\";video\r\n"
                "a: *;audio;require, * ; video ; explicit,*;methods=\"BYE\";class=\"business\"\r\n",
                "u5 | u1 | u4");
}

#define CALLS "methods=\"INVITE,ACK,OPTIONS,BYE,CANCEL\""

/* RFC 4596 3.1, RFC 3841 7.2.2.1 */
TEST(a_method_goes_to_who_can_it)
{
    static const struct phone phones[] = { { "Y1", ";" CALLS ";audio;mobility=\"mobile\"", 1000 },
                                           { "Y2", ";methods=\"OPTIONS,MESSAGE\";+sip.message;mobility=\"mobile\"",
                                             1000 },
                                           { NULL, NULL, 0 } };

    check_order(phones, "INVITE", "", "Y1");
    check_order(phones, "MESSAGE", "", "Y2");
    check_order(phones, "OPTIONS", "", "Y1 Y2");
}

/* RFC 4596 3.2, RFC 3841 7.2.4: so that it answers 405 itself */
TEST(who_cannot_the_method_is_asked_if_nobody_can)
{
    static const struct phone phones[] = { { "Y1", ";" CALLS ";audio;class=\"personal\"", 300 },
                                           { "Y2", ";" CALLS ";audio;class=\"personal\"", 1000 },
                                           { NULL, NULL, 0 } };

    check_order(phones + 1, "MESSAGE", "", "Y2");
    check_order(phones, "MESSAGE", "", "Y2 | Y1");
    check_order(phones, "MESSAGE", "Accept-Contact: *;methods=\"MESSAGE\";require\r\n", "");
    check_order(phones + 1, "MESSAGE", "Accept-Contact: *;methods=\"MESSAGE\";require\r\n", "");
}

/* RFC 4596 3.3, 3.4 */
TEST(a_subscription_goes_to_who_knows_the_package)
{
    static const struct phone phones[] = {
        { "Y1", ";methods=\"INVITE,BYE,OPTIONS,ACK,CANCEL,SUBSCRIBE\";events=\"dialog\";audio", 1000 },
        { "Y2", ";methods=\"INVITE,BYE,OPTIONS,ACK,CANCEL,SUBSCRIBE\";events=\"dialog\";audio", 1000 },
        { "Yp", ";methods=\"SUBSCRIBE\";events=\"presence\";class=\"business\"", 1000 },
        { NULL, NULL, 0 }
    };
    static const struct phone silent[] = { { "Y1", ";methods=\"INVITE,BYE,OPTIONS,ACK,CANCEL,SUBSCRIBE\";audio", 1000 },
                                           { "Y2", ";methods=\"INVITE,BYE,OPTIONS,ACK,CANCEL,SUBSCRIBE\";audio", 1000 },
                                           { "Yp", ";methods=\"SUBSCRIBE\";events=\"presence\";class=\"business\"",
                                             1000 },
                                           { NULL, NULL, 0 } };

    check_order(phones, "SUBSCRIBE", "Event: presence;id=7\r\n", "Yp");
    check_order(phones, "SUBSCRIBE", "o: dialog\r\n", "Y1 Y2");
    check_order(phones, "INVITE", "", "Y1 Y2");
    check_order(silent, "SUBSCRIBE", "Event: presence\r\n", "Yp | Y1 Y2");
    check_order(phones, "NOTIFY", "Event: presence\r\n", "Y1 Y2 Yp"); /* sets up no subscription; nobody says NOTIFY */
}

/* RFC 4596 3.5, 3.6, 3.7: what the called one prefers comes first, unless it is required */
TEST(the_called_ones_q_comes_first)
{
    static const struct phone phones[] = { { "Y1", ";" CALLS ";audio", 1000 },
                                           { "Y2", ";" CALLS ";audio;video", 600 },
                                           { NULL, NULL, 0 } };

    check_order(phones, "INVITE", "Accept-Contact: *;methods=\"INVITE\";video\r\n", "Y1 | Y2");
    check_order(phones, "INVITE", "Accept-Contact: *;video;require;explicit\r\n", "Y2");
    check_order(phones, "INVITE", "Accept-Contact: *;audio;video;require;explicit\r\n", "Y2");
    check_order(phones, "INVITE", "Accept-Contact: *;video;require\r\n", "Y1 | Y2"); /* may be it can */
}

/* RFC 4596 3.8 */
TEST(the_best_match_is_first)
{
    static const struct phone phones[] = { { "Y1", ";" CALLS ";audio", 1000 },
                                           { "Y2", ";methods=\"INVITE,MESSAGE\";audio;+sip.message", 1000 },
                                           { NULL, NULL, 0 } };
    struct bench              b;

    check_order(phones, "INVITE", "Accept-Contact: *;audio;video;+sip.message\r\n", "Y2 | Y1");
    ask(&b, phones, "INVITE", "Accept-Contact: *;audio;video;+sip.message\r\n");
    CHECK_INT(666666, b.set.list[0].fit);
    CHECK_INT(333333, b.set.list[1].fit);
    message_drop(b.request);
}

/* RFC 4596 3.9, 3.16 */
TEST(languages_are_chosen)
{
    static const struct phone phones[] = { { "Y1", ";language=\"en\"", 1000 },
                                           { "Y2-es", ";language=\"es\"", 1000 },
                                           { "Y2-en", ";language=\"en\"", 200 },
                                           { "Y3", ";language=\"es,en\"", 1000 },
                                           { NULL, NULL, 0 } };

    check_order(phones, "INVITE", "Accept-Contact: *;language=\"en\";require\r\n", "Y1 Y3 | Y2-en");
    check_order(phones, "INVITE", "Accept-Contact: *;language=\"es\";require\r\n", "Y2-es Y3");
    check_order(phones, "INVITE",
                "Accept-Contact: *;language=\"en\";require\r\nAccept-Contact: *;language=\"es\";require\r\n", "Y3");
    check_order(phones, "INVITE", "Accept-Contact: *;language=\"en,es\";require\r\n", "Y1 Y2-es Y3 | Y2-en");
}

/* RFC 4596 3.10, 3.11 */
TEST(voicemail_is_avoided_or_asked_for)
{
    static const struct phone phones[] = { { "Y1", ";audio;mobility=\"fixed\"", 1000 },
                                           { "Y2", ";actor=\"msg-taker\";automata;audio", 200 },
                                           { NULL, NULL, 0 } };

    check_order(phones, "INVITE", "Reject-Contact: *;actor=\"msg-taker\"\r\n", "Y1");
    check_order(phones, "INVITE", "Reject-Contact: *;automata=\"TRUE\"\r\n", "Y1");
    check_order(phones, "INVITE", "Accept-Contact: *;actor=\"msg-taker\";require;explicit\r\n", "Y2");
    check_order(phones, "INVITE", "Reject-Contact: *;audio\r\n", "");
}

/* RFC 4596 3.13, 3.14, 3.15 */
TEST(the_executive_is_reached)
{
    static const struct phone phones[] = { { "Y1", "", 100 },
                                           { "Y2", ";+attendant", 1000 },
                                           { "Y3", ";+attendant;automata", 500 },
                                           { "Y4", ";mobility=\"mobile\"", 100 },
                                           { NULL, NULL, 0 } };

    check_order(phones, "INVITE", "", "Y2 | Y3 | Y1 Y4");
    check_order(phones, "INVITE", "Reject-Contact: *;+attendant\r\nReject-Contact: *;automata\r\n", "Y1 Y4");
    check_order(phones, "INVITE", "Reject-Contact: *;+attendant;automata\r\n", "Y2 | Y1 Y4");
    /* Y1 has said nothing and is not judged */
    check_order(phones, "INVITE", "Accept-Contact: *;mobility=\"mobile\";require;explicit\r\n", "Y1 Y4");
}

/* RFC 4596 3.17, 3.18 */
TEST(a_forwarding_is_not_judged)
{
    static const struct phone phones[] = { { "YY", "", 1000 }, { "machine", ";automata", 500 }, { NULL, NULL, 0 } };

    check_order(phones, "INVITE", "Accept-Contact: *;mobility=\"mobile\";require;explicit\r\n", "YY");
    check_order(phones, "INVITE", "Accept-Contact: *;class=\"personal\"\r\n", "YY | machine");
}

/* RFC 3841 5.2: with explicit alone, who is no explicit match is tried last */
TEST(explicit_alone_puts_last)
{
    static const struct phone phones[] = { { "half", ";audio", 1000 },
                                           { "full", ";audio;video", 1000 },
                                           { "none", ";audio=\"FALSE\"", 1000 },
                                           { NULL, NULL, 0 } };

    check_order(phones, "INVITE", "Accept-Contact: *;audio;video;explicit\r\n", "full | half none");
    check_order(phones, "INVITE", "Accept-Contact: *;audio;video\r\n", "full | half | none");
}

/* Decision 0047 */
TEST(an_invite_rings_at_all_who_may_be_able)
{
    static const struct phone phones[] = { { "says", ";" CALLS, 1000 },
                                           { "silent", ";audio;mobility=\"fixed\"", 1000 },
                                           { "instance", ";+sip.instance=\"<urn:uuid:1>\";reg-id=1", 1000 },
                                           { "pager", ";methods=\"MESSAGE\"", 1000 },
                                           { NULL, NULL, 0 } };

    check_order(phones, "INVITE", "", "says instance silent");
    check_order(phones, "OPTIONS", "", "says instance | silent");
    check_order(phones, "MESSAGE", "", "instance pager | silent");
    check_order(phones, "INVITE", "Accept-Contact: *;methods=\"INVITE\"\r\n", "says | silent instance pager");
}

/* RFC 3841 7.2.2: only if neither header is there, whatever is in it */
TEST(nothing_is_implied_beside_explicit_preferences)
{
    static const struct phone phones[] = { { "pager", ";methods=\"MESSAGE\"", 1000 },
                                           { "phone", ";" CALLS, 1000 },
                                           { NULL, NULL, 0 } };

    check_order(phones, "INVITE", "Accept-Contact: *\r\n", "pager phone");
    check_order(phones, "INVITE", "Reject-Contact: *;automata\r\n", "pager phone");
    check_order(phones, "INVITE", "Accept-Contact: <sip:nobody>\r\n", "pager phone");
}

/* RFC 3261 16.3 item 1 */
TEST(what_cannot_be_read_is_not_there)
{
    static const struct phone phones[] = { { "a", ";audio", 1000 }, { "v", ";video", 1000 }, { NULL, NULL, 0 } };

    check_order(phones, "INVITE", "Accept-Contact: *;video=\"<\";require;explicit\r\n", "a v");
    check_order(phones, "INVITE", "Reject-Contact: *;video;class=\"?\"\r\n", "a v");
    check_order(phones, "INVITE", "Reject-Contact: *\r\n", "a v");
    check_order(phones, "INVITE", "Accept-Contact: *;;\r\nAccept-Contact: *;video;require;explicit\r\n", "v");
    check_order(phones, "INVITE", "Accept-Contact: *;video;require;explicit, %\r\n", "v");
    check_order(phones, "INVITE", "Request-Disposition: no-fork, fork, (\r\n", "a v");
}

/* RFC 3841 11 */
TEST(too_many_preferences_are_refused)
{
    struct preferences p;
    char               headers[2048] = "";
    struct message    *m;

    for (unsigned i = 0; i < PREFERENCES; i++)
        strcat(headers, i % 2 == 0 ? "Accept-Contact: *;audio\r\n" : "j: *;video\r\n");
    m = request_with("INVITE", headers);
    CHECK(preferences_read(m, &p));
    CHECK_INT(PREFERENCES, p.count);
    message_drop(m);
    strcat(headers, "a: *\r\n");
    m = request_with("INVITE", headers);
    CHECK(!preferences_read(m, &p));
    message_drop(m);
}

static unsigned disposition_of(const char *headers)
{
    struct message *m    = request_with("INVITE", headers);
    unsigned        bits = disposition_read(m);

    message_drop(m);
    return bits;
}

/* RFC 3841 9.1, 10 */
TEST(a_disposition_has_one_directive_of_each_type)
{
    CHECK_INT(0, disposition_of(""));
    CHECK_INT(DISPOSITION_PROXY | DISPOSITION_RECURSE | DISPOSITION_PARALLEL,
              disposition_of("Request-Disposition: proxy, recurse, parallel\r\n"));
    CHECK_INT(DISPOSITION_NO_FORK | DISPOSITION_NO_CANCEL | DISPOSITION_NO_RECURSE | DISPOSITION_SEQUENTIAL |
                  DISPOSITION_REDIRECT | DISPOSITION_NO_QUEUE,
              disposition_of("d: No-Fork,NO-CANCEL\r\nd: no-recurse, sequential, redirect, no-queue, cheap\r\n"));
    CHECK_INT(DISPOSITION_FORK, disposition_of("d: proxy, fork, redirect\r\n"));
    CHECK_INT(DISPOSITION_CANCEL, disposition_of("d: cancel, cancel, queue, no-queue\r\n"));
}

TEST(directives_shape_the_search)
{
    static const struct phone phones[] = {
        { "a", ";audio", 500 }, { "b", ";audio", 500 }, { "c", ";video", 500 }, { "d", "", 100 }, { NULL, NULL, 0 }
    };

    check_order(phones, "INVITE", "", "a b c | d");
    check_order(phones, "INVITE", "d: parallel\r\n", "a b c d");
    check_order(phones, "INVITE", "d: sequential\r\n", "a | b | c | d");
    check_order(phones, "INVITE", "d: no-fork\r\n", "a");
    check_order(phones, "INVITE", "d: no-fork\r\nAccept-Contact: *;video\r\n", "c");
    check_order(phones, "INVITE", "d: sequential\r\nAccept-Contact: *;video\r\n", "c | a | b | d");
}

/* RFC 3841 7.2.4: a redirect server's q tells the order */
TEST(q_tells_the_order_to_who_is_redirected)
{
    static const struct phone phones[] = { { "a", ";audio", 1000 },
                                           { "v", ";audio;video", 1000 },
                                           { "w", ";audio;video", 1000 },
                                           { "z", ";audio", 100 },
                                           { NULL, NULL, 0 } };
    struct bench              b;

    ask(&b, phones, "INVITE", "Accept-Contact: *;audio;video\r\n");
    preferences_number(&b.set);
    CHECK_SLICE("v", b.set.list[0].uri);
    CHECK_INT(1000, b.set.list[0].q);
    CHECK_INT(1000, b.set.list[1].q);
    CHECK_SLICE("a", b.set.list[2].uri);
    CHECK_INT(667, b.set.list[2].q);
    CHECK_INT(334, b.set.list[3].q);
    message_drop(b.request);
    ask(&b, phones, "INVITE", "");
    preferences_number(&b.set);
    CHECK_INT(100, b.set.list[3].q);
    message_drop(b.request);
}

static bool says(const struct explain *e, const char *text)
{
    for (unsigned i = 0; i < e->count; i++)
        if (memmem(e->steps[i].text.ptr, e->steps[i].text.len, text, strlen(text)) != NULL)
            return true;
    return false;
}

TEST(each_score_is_explained)
{
    struct bench b;

    ask(&b, phones_7_2_5, "INVITE",
        "Reject-Contact: *;actor=\"msg-taker\";video\r\nAccept-Contact: *;audio;require\r\n"
        "Accept-Contact: *;methods=\"BYE\";class=\"business\", *;class=\"?\"\r\nd: no-fork\r\n");
    CHECK(says(&b.explain, "u5: has not said what it can"));
    CHECK(says(&b.explain, "u3: dropped, it is what Reject-Contact names"));
    CHECK(says(&b.explain, "u2: dropped, it is not what is required (preference 1)"));
    CHECK(says(&b.explain, "u4: no match (preference 2)"));
    CHECK(says(&b.explain, "u1: score 0.500 (preference 2)"));
    CHECK(says(&b.explain, "cannot be read and is left out: *;class=\"?\""));
    CHECK(says(&b.explain, "no-fork: only the best of 3"));
    message_drop(b.request);
}

TEST(nobody_is_there_to_choose_from)
{
    static const struct phone nobody[] = { { NULL, NULL, 0 } };

    check_order(nobody, "INVITE", "", "");
    check_order(nobody, "INVITE", "Accept-Contact: *;audio;require\r\nd: no-fork\r\n", "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_example_of_rfc_3841_comes_out_as_it_says),
        cmocka_unit_test(compact_forms_and_lists_mean_the_same),
        cmocka_unit_test(a_method_goes_to_who_can_it),
        cmocka_unit_test(who_cannot_the_method_is_asked_if_nobody_can),
        cmocka_unit_test(a_subscription_goes_to_who_knows_the_package),
        cmocka_unit_test(the_called_ones_q_comes_first),
        cmocka_unit_test(the_best_match_is_first),
        cmocka_unit_test(languages_are_chosen),
        cmocka_unit_test(voicemail_is_avoided_or_asked_for),
        cmocka_unit_test(the_executive_is_reached),
        cmocka_unit_test(a_forwarding_is_not_judged),
        cmocka_unit_test(explicit_alone_puts_last),
        cmocka_unit_test(an_invite_rings_at_all_who_may_be_able),
        cmocka_unit_test(nothing_is_implied_beside_explicit_preferences),
        cmocka_unit_test(what_cannot_be_read_is_not_there),
        cmocka_unit_test(too_many_preferences_are_refused),
        cmocka_unit_test(a_disposition_has_one_directive_of_each_type),
        cmocka_unit_test(directives_shape_the_search),
        cmocka_unit_test(q_tells_the_order_to_who_is_redirected),
        cmocka_unit_test(each_score_is_explained),
        cmocka_unit_test(nobody_is_there_to_choose_from),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
