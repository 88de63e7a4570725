/* SPDX-License-Identifier: BSD-2-Clause */
#include "dialog/request.h"

#include "base/error.h"
#include "dialog/message_of.h"

static struct request_head options(void)
{
    return (struct request_head){
        .method   = METHOD_OPTIONS,
        .target   = SLICE("sip:bob@example.test"),
        .from     = SLICE("\"Alice\" <sip:alice@example.test>"),
        .to       = SLICE("<sip:bob@example.test>"),
        .from_tag = SLICE("f1"),
        .call_id  = SLICE("c1"),
        .cseq     = 7,
    };
}

static struct message *written(const struct request_head *head, struct request_start *start)
{
    static struct gather g;

    CHECK_INT(0, request_begin(&g, head, start));
    return request_read_back(&g, start);
}

/* RFC 3261 8.1.1 */
TEST(a_request_begins_with_all_that_it_must_have)
{
    struct request_head  head = options();
    struct request_start start;
    struct message      *m = written(&head, &start);

    CHECK_SLICE("OPTIONS sip:bob@example.test SIP/2.0\r\n", start.start_line);
    CHECK_INT(METHOD_OPTIONS, m->method);
    CHECK_INT(70, m->max_forwards);
    CHECK_SLICE("f1", m->from_tag);
    CHECK_SLICE("", m->to_tag);
    CHECK_SLICE("c1", m->call_id);
    CHECK_INT(7, m->cseq.number);
    CHECK_SLICE("sip:bob@example.test", start.destination.text);
    message_drop(m);
}

/* RFC 3261 12.2.1.1, first case */
TEST(a_loose_route_keeps_the_target_as_request_uri)
{
    struct slice         routes[] = { SLICE("<sip:p1.example;lr>"), SLICE("<sip:p2.example;lr>") };
    struct request_head  head     = options();
    struct request_start start;
    struct message      *m;

    head.routes      = routes;
    head.route_count = 2;
    m                = written(&head, &start);
    CHECK_SLICE("sip:bob@example.test", m->uri_text);
    CHECK_SLICE("sip:p1.example;lr", route_at(m, 0));
    CHECK_SLICE("sip:p2.example;lr", route_at(m, 1));
    CHECK_SLICE("", route_at(m, 2));
    CHECK_SLICE("sip:p1.example;lr", start.destination.text);
    message_drop(m);
}

/* RFC 3261 12.2.1.1, second case: the strict router's address moves into the
 * Request-URI, without what must not stand there. */
TEST(a_strict_route_becomes_the_request_uri_and_the_target_the_last_route)
{
    struct slice         routes[] = { SLICE("<sip:p1.example;transport=tcp;method=INVITE;x?subject=y>"),
                                      SLICE("<sip:p2.example;lr>") };
    struct request_head  head     = options();
    struct request_start start;
    struct message      *m;

    head.routes      = routes;
    head.route_count = 2;
    m                = written(&head, &start);
    CHECK_SLICE("sip:p1.example;transport=tcp;x", m->uri_text);
    CHECK_SLICE("sip:p2.example;lr", route_at(m, 0));
    CHECK_SLICE("sip:bob@example.test", route_at(m, 1));
    CHECK_SLICE("", route_at(m, 2));
    CHECK_SLICE("p1.example", start.destination.host);
    message_drop(m);
}

TEST(a_parameter_that_only_begins_like_method_stays)
{
    struct slice         routes[] = { SLICE("<sip:p1.example;methods=1>") };
    struct request_head  head     = options();
    struct request_start start;
    struct message      *m;

    head.routes      = routes;
    head.route_count = 1;
    m                = written(&head, &start);
    CHECK_SLICE("sip:p1.example;methods=1", m->uri_text);
    message_drop(m);
}

TEST(a_target_or_route_that_is_no_uri_is_refused)
{
    static struct gather g;
    struct slice         routes[] = { SLICE("<>") };
    struct request_head  head     = options();
    struct request_start start;

    head.target = SLICE("bob at example");
    CHECK_INT(-ERR_SYNTAX, request_begin(&g, &head, &start));
    head             = options();
    head.routes      = routes;
    head.route_count = 1;
    CHECK_INT(-ERR_SYNTAX, request_begin(&g, &head, &start));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_request_begins_with_all_that_it_must_have),
        cmocka_unit_test(a_loose_route_keeps_the_target_as_request_uri),
        cmocka_unit_test(a_strict_route_becomes_the_request_uri_and_the_target_the_last_route),
        cmocka_unit_test(a_parameter_that_only_begins_like_method_stays),
        cmocka_unit_test(a_target_or_route_that_is_no_uri_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
