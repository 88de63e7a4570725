/* SPDX-License-Identifier: BSD-2-Clause */
/* Two desks on a virtual network; what each says must fit the schema. */
#include "console/phone_desk.h"

#include "base/error.h"
#include "call/state.h"
#include "support/alloc.h"
#include "support/json_schema.h"
#include "support/test.h"
#include "support/world_fake.h"

#include <stdio.h>

enum { LINES = 200 };

struct desk_user {
    struct world      *world;
    struct phone      *phone;
    struct phone_desk *desk;
    char               lines[LINES][1024];
    unsigned           count;
    bool               ended;
};

static struct network  *network;
static struct desk_user alice, bob;

static void on_line(void *arg, struct slice line)
{
    struct desk_user *u = arg;
    char              text[512];
    struct buf        why = BUF_ON(text);

    if (!json_schema_line_fits(json_schema_of_events(), line, &why))
        fail_msg("%.*s: %s", SLICE_ARG(line), buf_cstr(&why));
    snprintf(u->lines[u->count++ % LINES], sizeof u->lines[0], "%.*s", SLICE_ARG(line));
}

static void on_ended(void *arg)
{
    ((struct desk_user *)arg)->ended = true;
}

static void begin(struct desk_user *u, const char *name, const char *ip)
{
    struct phone_desk_config desk = {
        .line = on_line, .ended = on_ended, .arg = u, .stats_every = 1000, .incoming = { .mode = INCOMING_RING }
    };
    struct phone_config   config  = { .stack      = { .max_server_txns = 100, .max_client_txns = 100 },
                                      .user_agent = SLICE("test"),
                                      .max_calls  = 4 };
    struct host          *host    = network_host(network, name);
    struct account_config account = { .expires = 3600, .transfer = TRANSFER_ALLOW };
    char                  aor[64];
    object_id             id;

    memset(u, 0, sizeof *u);
    u->world = world_fake_new(host);
    CHECK(host_add_address(host, ip));
    config.address      = host_address(host, FAMILY_4);
    config.address.port = 5060;
    snprintf(aor, sizeof aor, "sip:%s@%s", name, ip);
    account.aor = slice_from(aor);
    u->desk     = phone_desk_new(u->world, &desk);
    phone_desk_hook(u->desk, &config);
    CHECK_INT(0, phone_new(u->world, &config, &u->phone));
    phone_desk_begin(u->desk, u->phone);
    CHECK_INT(0, phone_desk_add_account(u->desk, SLICE("home"), &account, &id));
}

static void end(struct desk_user *u)
{
    struct world_usage usage;

    phone_free(u->phone);
    phone_desk_free(u->desk);
    usage = world_fake_usage(u->world);
    CHECK_INT(0, world_usage_total(&usage));
    world_fake_free(u->world);
}

static int setup(void **state)
{
    (void)state;
    network = network_new(1);
    begin(&alice, "alice", "10.0.0.1");
    begin(&bob, "bob", "10.0.0.2");
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    end(&alice);
    end(&bob);
    network_free(network);
    return 0;
}

static void run_for(msec time)
{
    network_run_until(network, network_now(network) + time);
}

/* The last line that holds this, or NULL. */
static const char *told(const struct desk_user *u, const char *text)
{
    for (unsigned i = u->count; i > 0; i--)
        if (strstr(u->lines[i - 1], text) != NULL)
            return u->lines[i - 1];
    return NULL;
}

static void give(struct desk_user *u, const char *command)
{
    phone_desk_command(u->desk, test_guarded(slice_from(command)));
}

/* And what it is answered. */
static void check_answer(struct desk_user *u, const char *command, const char *want)
{
    unsigned before = u->count;

    give(u, command);
    CHECK_INT(before + 1, u->count);
    if (strstr(u->lines[before], want) == NULL)
        fail_msg("%s: %s", command, u->lines[before]);
}

static void call_bob(void)
{
    check_answer(&alice, "{\"command\":\"call\",\"to\":\"bob@10.0.0.2\"}", "\"ok\":true,\"call\":\"c1.1\"");
    run_for(100);
}

TEST(the_first_line_says_where_the_phone_listens)
{
    CHECK(strstr(alice.lines[0], "\"event\":\"ready\",\"address\":\"10.0.0.1:5060\"") != NULL);
}

TEST(an_answer_repeats_the_id_and_names_the_call)
{
    check_answer(&alice, "{\"command\":\"call\",\"id\":7,\"to\":\"bob@10.0.0.2\"}",
                 "\"event\":\"result\",\"id\":7,\"command\":\"call\",\"ok\":true,\"call\":\"c1.1\"");
    check_answer(&alice, "{\"command\":\"hangup\",\"id\":\"a b\"}", "\"id\":\"a b\"");
    run_for(1000);
}

TEST(an_error_names_the_right_form)
{
    check_answer(
        &alice, "{\"command\":\"call\",\"id\":1}",
        "\"event\":\"error\",\"id\":1,\"ok\":false,\"command\":\"call\",\"reason\":\"'to' is missing\","
        "\"form\":\"call TO [account ACCOUNT] [late_offer] [anonymous]\",\"example\":{\"command\":\"call\",\"to\":");
    check_answer(&alice, "{\"command\":\"dance\"}", "\"reason\":\"there is no command 'dance'; 'help' lists them\"");
    check_answer(&alice, "{\"command\":\"calls\",\"id\":1.5}", "'id' wants a whole number or a text");
    check_answer(&alice, "{oops", "\"position\":5");
    check_answer(&alice, "{\"command\":\"call\",\"to\":\"<>\"}", "is not an address");
    check_answer(&alice, "{\"command\":\"call\",\"to\":\"a\",\"account\":\"x\"}", "there is no account 'x'");
}

TEST(an_account_is_added_with_what_others_may_know_of_its_calls)
{
    static const struct {
        const char        *word;
        enum call_watchers watchers;
    } cases[] = { { "state", WATCHERS_STATE }, { "details", WATCHERS_DETAILS }, { "none", WATCHERS_NONE } };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[128];

        snprintf(text, sizeof text, "{\"command\":\"account\",\"address\":\"sip:%s@10.0.0.1\",\"watchers\":\"%s\"}",
                 cases[i].word, cases[i].word);
        check_answer(&alice, text, "\"ok\":true");
        CHECK(CONTAINER_OF(alice.phone->accounts.prev, struct account, link)->watchers == cases[i].watchers);
    }
    check_answer(&alice, "{\"command\":\"account\",\"address\":\"sip:x@10.0.0.1\",\"watchers\":\"all\"}",
                 "\"ok\":false");
}

TEST(an_empty_line_is_no_command)
{
    unsigned before = alice.count;

    give(&alice, "");
    give(&alice, "  \r");
    CHECK_INT(before, alice.count);
}

TEST(without_a_call_there_is_nothing_to_do_to_it)
{
    check_answer(&alice, "{\"command\":\"hold\"}", "\"reason\":\"there is no call\"");
    check_answer(&alice, "{\"command\":\"hangup\",\"call\":\"c1.1\"}", "there is no such call any more");
}

TEST(a_call_rings_and_is_answered)
{
    call_bob();
    CHECK(told(&bob, "\"event\":\"incoming\"") != NULL);
    CHECK(told(&alice, "\"status\":180") != NULL);
    check_answer(&bob, "{\"command\":\"hold\"}", "\"reason\":\"there is no call to hold\"");
    check_answer(&bob, "{\"command\":\"answer\"}", "\"ok\":true");
    run_for(2500);
    CHECK(told(&alice, "\"event\":\"answered\"") != NULL);
    CHECK(told(&alice, "\"event\":\"stats\",\"call\":\"c1.1\"") != NULL);
    CHECK(told(&alice, "\"level_out_db\":-96") != NULL);
    check_answer(&alice, "{\"command\":\"calls\"}", "\"state\":\"up\",\"direction\":\"out\"");
    give(&bob, "{\"command\":\"hangup\"}");
    run_for(1000);
    CHECK(told(&alice, "\"event\":\"ended\"") != NULL);
    check_answer(&alice, "{\"command\":\"calls\"}", "\"calls\":[]");
}

TEST(with_two_calls_one_must_say_which)
{
    call_bob();
    check_answer(&alice, "{\"command\":\"call\",\"to\":\"bob@10.0.0.2\"}", "\"call\":\"c2.1\"");
    run_for(100);
    check_answer(&alice, "{\"command\":\"hangup\"}", "there are 2 of them: say which call");
    check_answer(&bob, "{\"command\":\"answer\",\"call\":\"c1.1\"}", "\"ok\":true");
    run_for(100);
    check_answer(&bob, "{\"command\":\"answer\"}", "\"call\":\"c2.1\""); /* the only one that waits */
    run_for(100);
    give(&alice, "{\"command\":\"hangup\",\"call\":\"c1.1\"}");
    run_for(100);
    check_answer(&alice, "{\"command\":\"hangup\"}", "\"call\":\"c2.1\"");
    run_for(1000);
}

static unsigned seen(struct desk_user *u)
{
    unsigned count = 0;

    give(u, "{\"command\":\"calls\"}");
    for (const char *at = u->lines[u->count - 1]; (at = strstr(at, "\"direction\":")) != NULL; at++)
        count++;
    return count;
}

/* A call that comes in, and one that the phone places because it was asked to. */
static void be_called_and_sent_on(unsigned failing)
{
    call_bob();
    give(&bob, "{\"command\":\"answer\"}");
    run_for(100);
    alloc_fail_at(failing);
    give(&alice, "{\"command\":\"call\",\"to\":\"bob@10.0.0.2\"}");
    run_for(100);
    give(&alice, "{\"command\":\"transfer\",\"call\":\"c1.1\",\"to\":\"sip:alice@10.0.0.1\"}");
    run_for(100);
}

TEST(without_memory_no_call_is_up_that_the_desk_does_not_see)
{
    bool     failed = true;
    unsigned most   = 0;

    for (unsigned n = 1; failed; n++) {
        be_called_and_sent_on(n);
        failed = alloc_failed();
        alloc_fail_at(0);
        run_for(1000);                              /* what was lost is sent again */
        CHECK(bob.phone->call_count <= seen(&bob)); /* one that has ended may have to be told yet */
        most = most > seen(&bob) ? most : seen(&bob);
        CHECK_INT(0, teardown(NULL));
        CHECK_INT(0, setup(NULL));
    }
    CHECK_INT(3, most);
}

/* Of what becomes of calls that come in. */
TEST(a_policy_answers_by_itself_or_refuses)
{
    check_answer(&bob, "{\"command\":\"incoming\",\"do\":\"answer\",\"after\":500}", "\"ok\":true");
    call_bob();
    CHECK(told(&alice, "\"status\":180") != NULL);
    CHECK(told(&alice, "\"event\":\"answered\"") == NULL);
    run_for(600);
    CHECK(told(&alice, "\"event\":\"answered\"") != NULL);
    give(&alice, "{\"command\":\"hangup\"}");
    run_for(100);
    check_answer(&bob, "{\"command\":\"incoming\",\"do\":\"reject\",\"status\":603,\"account\":\"home\"}",
                 "\"ok\":true");
    give(&alice, "{\"command\":\"call\",\"to\":\"bob@10.0.0.2\"}");
    run_for(100);
    CHECK(strstr(told(&alice, "\"event\":\"ended\""), "\"status\":603") != NULL);
    check_answer(&bob, "{\"command\":\"accounts\"}", "\"incoming\":\"reject\"");
}

TEST(a_caller_who_gives_up_is_not_answered)
{
    give(&bob, "{\"command\":\"incoming\",\"do\":\"answer\",\"after\":500}");
    call_bob();
    give(&alice, "{\"command\":\"hangup\"}");
    run_for(1000);
    CHECK(told(&bob, "\"event\":\"answered\"") == NULL);
}

TEST(quit_hangs_up_and_then_takes_no_command)
{
    call_bob();
    give(&bob, "{\"command\":\"answer\"}");
    run_for(100);
    check_answer(&alice, "{\"command\":\"quit\"}", "\"ok\":true");
    check_answer(&alice, "{\"command\":\"calls\"}", "the phone is about to end");
    run_for(200);
    CHECK(alice.ended);
    CHECK(told(&bob, "\"by\":\"remote\"") != NULL);
}

TEST(a_password_is_in_no_line)
{
    give(&alice, "{\"command\":\"account\",\"address\":\"sip:a@b\",\"password\":\"wonderland\",\"nonsense\":1}");
    give(&alice, "{\"command\":\"account\",\"address\":\"no uri\",\"password\":\"wonderland\"}");
    give(&alice, "{\"command\":\"account\",\"address\":\"sip:a@b\",\"password\":\"wonderland\"");
    CHECK(told(&alice, "'address', 'registrar' or a proxy is no SIP URI, or 'instance' no URN") != NULL);
    check_answer(&alice, "{\"command\":\"account\",\"address\":\"sip:a@b\",\"name\":\"w\",\"password\":\"wonderland\"}",
                 "\"name\":\"w\",\"account\":\"sip:a@b\"");
    check_answer(&alice, "{\"command\":\"account\",\"address\":\"sip:c@d\",\"name\":\"w\"}", "of this name already");
    check_answer(&alice, "{\"command\":\"accounts\"}", "\"name\":\"w\"");
    CHECK(told(&alice, "wonderland") == NULL);
}

TEST(help_lists_every_command)
{
    size_t                      count;
    const struct phone_command *all = phone_commands(&count);
    char                        text[64];

    for (size_t i = 0; i < count; i++) {
        snprintf(text, sizeof text, "{\"command\":\"help\",\"about\":\"%s\"}", all[i].name);
        check_answer(&alice, text, all[i].summary);
    }
    check_answer(&alice, "{\"command\":\"help\",\"about\":\"x\"}", "there is no such command");
}

TEST(a_line_that_is_too_long_is_told)
{
    phone_desk_too_long(alice.desk);
    CHECK(told(&alice, "a line has at most 65536 bytes") != NULL);
}

TEST(files_that_are_not_there_are_told)
{
    check_answer(&alice, "{\"command\":\"play\",\"file\":\"a.wav\"}", "\"reason\":\"there is no call\"");
    call_bob();
    check_answer(&alice, "{\"command\":\"play\",\"file\":\"/nowhere/a.wav\"}", "\"event\":\"error\"");
    check_answer(&alice, "{\"command\":\"record\",\"file\":\"/nowhere/a.wav\"}", "\"event\":\"error\"");
    check_answer(&alice, "{\"command\":\"play\"}", "\"ok\":true");
    give(&alice, "{\"command\":\"hangup\"}");
    run_for(1000);
}

TEST(streams_of_a_call_come_turn_and_go)
{
    check_answer(&alice, "{\"command\":\"stream\",\"do\":\"add\"}", "\"reason\":\"there is no call\"");
    call_bob();
    check_answer(&alice, "{\"command\":\"stream\",\"do\":\"add\"}", "the call is not up");
    give(&bob, "{\"command\":\"answer\"}");
    run_for(100);
    check_answer(&alice, "{\"command\":\"stream\",\"do\":\"remove\",\"stream\":0}", "it has no other stream");
    check_answer(&alice, "{\"command\":\"stream\",\"do\":\"add\",\"does\":\"recvonly\"}",
                 "\"ok\":true,\"call\":\"c1.1\",\"stream\":1");
    run_for(100);
    CHECK(strstr(told(&bob, "\"event\":\"changed\""), "\"index\":1") != NULL);
    CHECK(strstr(told(&bob, "\"event\":\"changed\""), "\"sendonly\"") != NULL);
    check_answer(&bob, "{\"command\":\"stream\",\"do\":\"turn\",\"stream\":1,\"does\":\"inactive\"}", "\"ok\":true");
    run_for(100);
    CHECK(strstr(told(&alice, "\"event\":\"changed\""), "\"inactive\"") != NULL);
    check_answer(&bob, "{\"command\":\"stream\",\"do\":\"turn\",\"stream\":7}", "the call has no such stream");
    check_answer(&bob, "{\"command\":\"stream\",\"do\":\"remove\"}", "'stream' is missing");
    check_answer(&bob, "{\"command\":\"stream\",\"do\":\"remove\",\"stream\":1}", "\"ok\":true");
    run_for(100);
    CHECK(strstr(told(&alice, "\"event\":\"changed\""), "\"on\":false") != NULL);
    give(&alice, "{\"command\":\"hangup\"}");
    run_for(1000);
}

#define WITH(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH(the_first_line_says_where_the_phone_listens),
        WITH(an_answer_repeats_the_id_and_names_the_call),
        WITH(an_error_names_the_right_form),
        WITH(an_account_is_added_with_what_others_may_know_of_its_calls),
        WITH(an_empty_line_is_no_command),
        WITH(without_a_call_there_is_nothing_to_do_to_it),
        WITH(a_call_rings_and_is_answered),
        WITH(with_two_calls_one_must_say_which),
        WITH(without_memory_no_call_is_up_that_the_desk_does_not_see),
        WITH(a_policy_answers_by_itself_or_refuses),
        WITH(a_caller_who_gives_up_is_not_answered),
        WITH(quit_hangs_up_and_then_takes_no_command),
        WITH(a_password_is_in_no_line),
        WITH(help_lists_every_command),
        WITH(a_line_that_is_too_long_is_told),
        WITH(files_that_are_not_there_are_told),
        WITH(streams_of_a_call_come_turn_and_go),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
