/* SPDX-License-Identifier: BSD-2-Clause */
/* What is said of a request is what happens to it: each case is asked about, then sent as it was made
 * up, byte for byte, and both are compared. */
#include "server/route_explain.h"

#include "base/error.h"
#include "support/log_keep.h"
#include "support/server_bench.h"
#include "support/test.h"

#include <stdio.h>

enum { TARGETS = 16, ROUNDS = 8 };

static struct bench b;

/* ---- what is said ---- */

static struct said {
    bool     done;
    int      error;
    char     request[ROUTE_REQUEST_TEXT];
    unsigned status, count, steps, listener;
    char     answer[RAW_TEXT];
    bool     registers;
    char     why[200], rule[200], section[100];
    char     text[40000]; /* all steps, one a line */
    struct {
        char     uri[200], route[200], way[400];
        unsigned group;
        bool     heard;
    } targets[TARGETS];
} said;

static void copy(char *to, size_t size, struct slice from)
{
    snprintf(to, size, "%.*s", SLICE_ARG(from));
}

static void on_explained(void *arg, int error, const struct route_explanation *e)
{
    struct buf text = BUF_ON(said.text);

    (void)arg;
    CHECK(!said.done);
    said.done  = true;
    said.error = error;
    if (error != 0)
        return;
    copy(said.request, sizeof said.request, e->request->text);
    copy(said.answer, sizeof said.answer, e->answer);
    copy(said.why, sizeof said.why, e->why);
    copy(said.rule, sizeof said.rule, e->rule);
    copy(said.section, sizeof said.section, e->route);
    said.status    = e->status;
    said.listener  = e->request->flow.listener;
    said.registers = e->registers;
    said.count     = e->target_count;
    said.steps     = e->explain->count;
    CHECK(said.count <= TARGETS);
    for (unsigned i = 0; i < e->target_count; i++) {
        copy(said.targets[i].uri, sizeof said.targets[i].uri, e->targets[i].uri);
        copy(said.targets[i].route, sizeof said.targets[i].route, e->targets[i].route);
        copy(said.targets[i].way, sizeof said.targets[i].way, e->targets[i].way);
        said.targets[i].group = e->targets[i].group;
    }
    for (unsigned i = 0; i < e->explain->count; i++)
        buf_printf(&text, "%.*s [%.*s]\n", SLICE_ARG(e->explain->steps[i].text), SLICE_ARG(e->explain->steps[i].rule));
    CHECK(buf_ok(&text));
    (void)buf_cstr(&text);
}

struct ask {
    const char    *method, *uri, *from, *headers, *trunk; /* NULL: INVITE, -, alice, none, none */
    bool           stranger;                              /* nothing is proved */
    enum transport transport;
};

static int explain(const struct ask *a, char *problem, size_t problem_size)
{
    const struct route_question q = {
        .method        = slice_from(a->method != NULL ? a->method : "INVITE"),
        .uri           = slice_from(a->uri),
        .from          = slice_from(a->from != NULL ? a->from : "sip:alice@example.test"),
        .headers       = slice_from(a->headers != NULL ? a->headers : ""),
        .source        = address_v4(192, 0, 2, 9, 6000),
        .transport     = a->transport,
        .trunk         = slice_from(a->trunk != NULL ? a->trunk : ""),
        .authenticated = !a->stranger,
    };
    uint64_t branches  = counter_read(&b.at_server->counters.branches_forwarded);
    uint64_t forwarded = counter_read(&b.at_server->counters.requests_forwarded);
    uint64_t refused   = counter_read(&b.at_server->counters.requests_refused);
    int      error;

    said  = (struct said){ 0 };
    error = route_explain(b.server, &q, on_explained, NULL, problem, problem_size);
    bench_live(&b, 100); /* a user may have to be read */
    CHECK_INT(branches, counter_read(&b.at_server->counters.branches_forwarded));
    CHECK_INT(forwarded, counter_read(&b.at_server->counters.requests_forwarded));
    CHECK_INT(refused, counter_read(&b.at_server->counters.requests_refused));
    return error;
}

static void explains(const struct ask *a)
{
    char problem[256];

    CHECK_INT(0, explain(a, problem, sizeof problem));
    CHECK(said.done);
    CHECK_INT(0, said.error);
    CHECK_INT(0, b.bob.count + b.carol.count + b.alice.count); /* nothing has left */
    CHECK_INT(0, server_alive(b.server));
}

/* ---- what happens ---- */

/* "INVITE <uri> SIP/2.0" was heard in this round: was it said so? */
static void check_heard(const char *heard, unsigned round)
{
    char     uri[200];
    unsigned i = 0;

    CHECK_INT(1, sscanf(heard, "%*s %199s", uri));
    while (i < said.count && (said.targets[i].heard || strcmp(said.targets[i].uri, uri) != 0))
        i++;
    if (i == said.count)
        fail_msg("%s was asked, but not said\n%s", uri, said.text);
    if (said.targets[i].group != round)
        fail_msg("%s was asked in round %u, not %u\n%s", uri, round, said.targets[i].group, said.text);
    said.targets[i].heard = true;
}

/* Whoever has heard of it is busy; how many. */
static unsigned hear_and_refuse(struct raw_phone *p, unsigned round)
{
    unsigned heard = 0;

    for (unsigned i = 0; i < p->count && i < RAW_KEPT; i++) {
        if (strncmp(p->heard[i], "ACK ", 4) == 0)
            continue;
        check_heard(p->heard[i], round);
        heard++;
    }
    for (unsigned i = 0, count = p->count; i < count && i < RAW_KEPT; i++)
        if (strncmp(raw_heard(p, i), "ACK ", 4) != 0)
            raw_answer(p, i, "486 Busy Here", "b");
    raw_forget(p);
    return heard;
}

static void send_and_compare(const struct ask *a)
{
    char     status[32], value[300], real[300];
    unsigned heard = 0;

    raw_say(&b.alice, said.request);
    bench_live(&b, 50);
    for (unsigned round = 0, more = 1; round < ROUNDS && more > 0; round++) {
        more = hear_and_refuse(&b.bob, round) + hear_and_refuse(&b.carol, round);
        heard += more;
        bench_live(&b, 50);
    }
    snprintf(status, sizeof status, "SIP/2.0 %u ", said.status != 0 ? said.status : 486);
    if (!raw_last_is(&b.alice, status))
        fail_msg("%s: said %s, is %.40s\n%s", a->uri, status, raw_heard(&b.alice, 0), said.text);
    if (said.count != heard)
        fail_msg("%s: said %u targets, asked %u\n%s", a->uri, said.count, heard, said.text);
    header_of(said.answer, "Contact", value, sizeof value);
    if (said.status != 0)
        assert_string_equal(value, header_of(raw_heard(&b.alice, 0), "Contact", real, sizeof real));
    raw_forget(&b.alice);
}

static void register_at(struct raw_phone *p, const char *contact, unsigned cseq)
{
    char more[300];

    snprintf(more, sizeof more, "Contact: %s\r\n", contact);
    raw_ask(p, &(struct request_form){ .cseq = cseq, .more = more, .call_id = "register" });
    bench_live(&b, 20);
    CHECK(raw_last_is(p, "SIP/2.0 200 "));
    raw_forget(p);
}

#define BOB1 "<sip:bob@192.0.2.9:6001>"
#define BOB2 "<sip:bob@192.0.2.9:6002>"
#define USER "authentication = yes\n"
#define TRUNK                                                                                                          \
    "trunk \"carrier\" {\n address = {\"192.0.2.9\"}\n may_call = {\"far.test\"}\n}\n"                                 \
    "route \"far.test\" { to = \"sip:192.0.2.9:6002\" }\n"
#define TABLE                                                                                                          \
    "route \"far.test\" {\n to = {\"sip:192.0.2.9:6001;lr priority=2\", \"sip:192.0.2.9:6002;lr\"}\n"                  \
    " fail_over = {486}\n}\n"
#define PREFERS_AUDIO "Accept-Contact: *;audio\r\n"
#define REJECTS_VIDEO "Reject-Contact: *;video\r\n"
#define REDIRECT      "Request-Disposition: redirect\r\n"
#define ABROAD                                                                                                         \
    "number \"abroad\" {\n prefix = \"00\"\n strip = 2\n prepend = \"+\"\n}\n"                                         \
    "number \"dear\" {\n match = \"0900.*\"\n reject = 603\n}\n"                                                       \
    "route \"+33*\" { to = \"sip:192.0.2.9:6002\" }\n"

static const struct example {
    const char *config, *bindings[4];
    struct ask  ask;
    unsigned    status, targets; /* so that a case is not an empty one by mistake */
} examples[] = {
    { "", { BOB1 }, { .uri = "sip:bob@example.test" }, 0, 1 },
    { "", { BOB1, BOB2 }, { .uri = "sip:bob@example.test" }, 0, 2 },
    { "", { BOB1 ";q=0.3", BOB2 ";q=0.9" }, { .uri = "sip:bob@example.test" }, 0, 2 },
    { "", { BOB1 }, { .uri = "sip:bob@example.test", .method = "MESSAGE" }, 0, 1 },
    { "", { BOB1 }, { .uri = "sip:bob@192.0.2.1" }, 0, 1 },
    { "", { BOB1 }, { .uri = "sip:bob@example.test", .headers = "Max-Forwards: 0\r\n" }, 483, 0 },
    { "", { BOB1 }, { .uri = "sip:bob@example.test", .headers = "Proxy-Require: magic\r\n" }, 420, 0 },
    { "", { BOB1, BOB2 }, { .uri = "sip:bob@example.test", .headers = "Max-Breadth: 0\r\n" }, 440, 0 },
    { "", { NULL }, { .uri = "sip:nobody@example.test" }, 404, 0 },
    { "", { NULL }, { .uri = "sip:example.test", .method = "OPTIONS" }, 200, 0 },
    { "", { NULL }, { .uri = "sip:example.test" }, 404, 0 },
    { "", { NULL }, { .uri = "news:alt.sip" }, 416, 0 },
    { "", { NULL }, { .uri = "sips:bob@example.test", .transport = TRANSPORT_UDP }, 400, 0 },
    { "", { NULL }, { .uri = "sip:x@far.test", .from = "sip:y@other.test" }, 403, 0 },
    { "", { NULL }, { .uri = "sip:x@192.0.2.9:6001" }, 0, 1 },
    { "", { NULL }, { .uri = "sip:x@far.test", .headers = "Route: <sip:192.0.2.9:6002;lr>\r\n" }, 0, 1 },
    { "", { NULL }, { .uri = "sip:x@far.test", .headers = "Route: no\r\n" }, 400, 0 },
    { "", { NULL }, { .uri = "tel:+4930123" }, 416, 0 },
    { "route \"far.test\" { to = \"sip:192.0.2.9:6002\" }\n", { NULL }, { .uri = "sip:x@far.test" }, 0, 1 },
    { "redirect_server = yes\nproxy = no\n", { BOB1 }, { .uri = "sip:bob@example.test" }, 302, 0 },
    { "redirect_server = yes\nredirect \"far.test\" { to = \"sip:new.test\" }\n",
      { NULL },
      { .uri = "sip:x@far.test" },
      302,
      0 },
    { TABLE, { NULL }, { .uri = "sip:x@far.test" }, 0, 2 },
    { "", { BOB1 ";video", BOB2 ";audio" }, { .uri = "sip:bob@example.test", .headers = PREFERS_AUDIO }, 0, 2 },
    { "", { BOB1 ";video", BOB2 ";audio" }, { .uri = "sip:bob@example.test", .headers = REJECTS_VIDEO }, 0, 1 },
    { "", { BOB1, BOB2 ";q=0.5" }, { .uri = "sip:bob@example.test", .headers = REDIRECT }, 0, 2 },
    { "redirect_server = yes\n",
      { BOB1, BOB2 ";q=0.5" },
      { .uri = "sip:bob@example.test", .headers = REDIRECT },
      302,
      0 },
    { TRUNK, { NULL }, { .uri = "sip:x@far.test", .from = "sip:y@other.test" }, 0, 1 },
    { TRUNK, { NULL }, { .uri = "sip:x@else.test", .from = "sip:y@other.test" }, 403, 0 },
    { ABROAD, { NULL }, { .uri = "sip:0033123@example.test" }, 0, 1 },
    { ABROAD, { NULL }, { .uri = "sip:0900123@example.test" }, 603, 0 },
    { ABROAD, { NULL }, { .uri = "sip:0044123@example.test" }, 404, 0 },
    { USER, { NULL }, { .uri = "sip:carol@example.test" }, 480, 0 },
    { USER, { NULL }, { .uri = "sip:carol@example.test", .from = "sip:y@other.test" }, 480, 0 },
    { USER, { NULL }, { .uri = "sip:nobody@example.test", .from = "sip:y@other.test" }, 404, 0 },
    { USER, { NULL }, { .uri = "sip:carol@example.test", .stranger = true }, 407, 0 },
    { USER, { NULL }, { .uri = "sip:x@192.0.2.9:6001", .stranger = true }, 407, 0 },
    { USER, { NULL }, { .uri = "sip:x@192.0.2.9:6001", .from = "sip:anonymous@anonymous.invalid" }, 407, 0 },
    { USER, { NULL }, { .uri = "sip:carol@example.test", .from = "sip:anonymous@anonymous.invalid" }, 480, 0 },
};

static void open_example(const struct example *e)
{
    bench_open(&b, e->config);
    for (unsigned i = 0; i < 4 && e->bindings[i] != NULL; i++)
        register_at(&b.bob, e->bindings[i], i + 1);
    if (strcmp(e->config, USER) == 0)
        bench_add_user(&b, "carol", "secret");
}

/* With authentication only what is not let in can be sent as it is: the rest wants a password. */
static bool can_be_sent(const struct example *e)
{
    return strcmp(e->config, USER) != 0 || e->ask.stranger || e->ask.from != NULL;
}

TEST(what_is_said_is_what_happens)
{
    for (size_t i = 0; i < sizeof examples / sizeof *examples; i++) {
        const struct example *e = &examples[i];

        open_example(e);
        explains(&e->ask);
        if (e->status != said.status || e->targets != said.count)
            fail_msg("%zu: %s: %u, %u targets\n%s", i, e->ask.uri, said.status, said.count, said.text);
        if (can_be_sent(e))
            send_and_compare(&e->ask);
        bench_close(&b);
    }
}

static bool says(const char *text)
{
    return strstr(said.text, text) != NULL;
}

TEST(the_steps_say_whose_it_is_who_asks_and_what_was_decided)
{
    bench_open(&b, USER);
    bench_add_user(&b, "carol", "secret");
    explains(&(struct ask){ .uri = "sip:carol@192.0.2.1" });
    CHECK(says("sip:carol@192.0.2.1 is of a domain of ours: sip:carol@example.test [RFC 3261 16.5]\n"));
    CHECK(says("the caller, sip:alice@example.test, is taken to have proved it [RFC 3261 22.3]\n"));
    CHECK(says("user is not registered [RFC 3261 16.5]\n"));
    assert_string_equal("user is not registered", said.why);
    assert_string_equal("RFC 3261 16.5", said.rule);
    explains(&(struct ask){ .uri = "sip:example.test" });
    CHECK(says("sip:example.test names no user [RFC 3261 16.5]\n"));
    bench_close(&b);
}

TEST(trunks_number_rules_and_routes_are_told_with_their_lines)
{
    bench_open(&b, TRUNK ABROAD);
    explains(&(struct ask){ .uri = "sip:x@far.test", .from = "sip:y@other.test" });
    CHECK(says("it comes from trunk \"carrier\", which is not trusted [test:"));
    CHECK(says("it goes by route \"far.test\" [test:"));
    assert_string_equal("far.test", said.section);
    explains(&(struct ask){ .uri = "sip:0033123@example.test" });
    CHECK(says("number rule 'abroad' fits: 0033123 becomes +33123 [test:"));
    assert_string_equal("+33*", said.section);
    bench_close(&b);
}

TEST(a_trunk_may_be_assumed_and_must_be_there)
{
    char problem[256];

    bench_open(&b, "trunk \"far\" {\n address = {\"198.51.100.7\"}\n may_call = {\"far.test\"}\n}\n");
    explains(&(struct ask){ .uri = "sip:x@far.test", .from = "sip:y@other.test" });
    CHECK_INT(403, said.status);
    explains(&(struct ask){ .uri = "sip:x@far.test", .from = "sip:y@other.test", .trunk = "far" });
    CHECK_INT(1, said.count);
    CHECK_INT(-ERR_SYNTAX, explain(&(struct ask){ .uri = "sip:x@far.test", .trunk = "near" }, problem, sizeof problem));
    assert_string_equal("there is no trunk 'near' in the configuration", problem);
    bench_close(&b);
}

TEST(nothing_of_it_is_in_the_log)
{
    static struct log_keep lines;

    bench_open(&b, ABROAD);
    log_keep_init(&lines, LOG_DEBUG);
    b.at_server->log = &lines.log;
    explains(&(struct ask){ .uri = "sip:0033123@example.test" });
    explains(&(struct ask){ .uri = "sip:nobody@example.test" });
    CHECK_INT(0, lines.len);
    CHECK(b.at_server->log == &lines.log);
    bench_close(&b);
}

TEST(a_branch_says_by_which_way_it_goes)
{
    bench_open(&b, "route \"far.test\" { to = \"sip:gw.far.test\" }\n");
    explains(&(struct ask){ .uri = "sip:x@far.test" });
    CHECK_INT(1, said.count);
    assert_string_equal("sip:x@far.test", said.targets[0].uri);
    assert_string_equal("<sip:gw.far.test;lr>", said.targets[0].route);
    assert_string_equal("the DNS would be asked for NAPTR of gw.far.test", said.targets[0].way);
    register_at(&b.bob, BOB1, 1);
    explains(&(struct ask){ .uri = "sip:bob@example.test" });
    assert_string_equal("udp 192.0.2.9:6001", said.targets[0].way);
    bench_close(&b);
}

/* After a reload that has taken the first one away the next one is still at its own place. */
TEST(it_comes_by_the_place_of_a_listener)
{
    bench_open(&b, "listen = {\"udp:192.0.2.1:5070\", \"udp:192.0.2.1:5060\"}\n");
    b.server->listeners[0]   = b.server->listeners[1];
    b.server->listener_count = 1;
    explains(&(struct ask){ .uri = "sip:nobody@example.test" });
    CHECK_INT(1, said.listener);
    bench_close(&b);
}

TEST(what_would_be_registered_changes_nothing)
{
    bench_open(&b, "");
    explains(&(struct ask){ .method  = "REGISTER",
                            .uri     = "sip:example.test",
                            .headers = "To: <sip:bob@example.test>\r\nContact: <sip:bob@192.0.2.9:6001>\r\n" });
    CHECK(said.registers);
    CHECK_INT(0, location_count(server_location(b.server)));
    bench_close(&b);
}

static void wants(const struct ask *a, const char *complaint)
{
    char problem[256];

    CHECK_INT(-ERR_SYNTAX, explain(a, problem, sizeof problem));
    CHECK(!said.done);
    if (strstr(problem, complaint) == NULL)
        fail_msg("'%s' does not say '%s'", problem, complaint);
}

TEST(what_cannot_be_a_request_is_complained_about)
{
    static char long_uri[ROUTE_REQUEST_TEXT];

    bench_open(&b, "");
    memset(long_uri, 'a', sizeof long_uri - 1);
    wants(&(struct ask){ .method = "ACK", .uri = "sip:bob@example.test" }, "INVITE");
    wants(&(struct ask){ .method = "IN VITE", .uri = "sip:bob@example.test" }, "expected");
    wants(&(struct ask){ .uri = "sip:bob@example.test", .from = "<<" }, "expected");
    wants(&(struct ask){ .uri = "sip:bob@example.test SIP/2.0\r\nX: y" }, "line ends");
    wants(&(struct ask){ .uri = "sip:bob@example.test", .headers = "Max-Forwards: many\r\n" }, "expected");
    wants(&(struct ask){ .uri = long_uri }, "too long");
    bench_close(&b);
}

TEST(who_waits_for_a_user_when_the_server_ends_is_told)
{
    const struct route_question q = { .method = SLICE("INVITE"),
                                      .uri    = SLICE("sip:carol@example.test"),
                                      .from   = SLICE("sip:y@other.test") };
    char                        problem[256];

    bench_open(&b, USER);
    said = (struct said){ 0 };
    CHECK_INT(0, route_explain(b.server, &q, on_explained, NULL, problem, sizeof problem));
    CHECK(!said.done);
    bench_abandon(&b);
    CHECK(said.done);
    CHECK_INT(-ERR_CLOSED, said.error);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_said_is_what_happens),
        cmocka_unit_test(the_steps_say_whose_it_is_who_asks_and_what_was_decided),
        cmocka_unit_test(trunks_number_rules_and_routes_are_told_with_their_lines),
        cmocka_unit_test(a_trunk_may_be_assumed_and_must_be_there),
        cmocka_unit_test(nothing_of_it_is_in_the_log),
        cmocka_unit_test(a_branch_says_by_which_way_it_goes),
        cmocka_unit_test(it_comes_by_the_place_of_a_listener),
        cmocka_unit_test(what_would_be_registered_changes_nothing),
        cmocka_unit_test(what_cannot_be_a_request_is_complained_about),
        cmocka_unit_test(who_waits_for_a_user_when_the_server_ends_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
