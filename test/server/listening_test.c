/* SPDX-License-Identifier: BSD-2-Clause */
#include "server/listening.h"

#include "base/error.h"
#include "support/test.h"

#include <stdio.h>

static struct listening      listening;
static struct listening_plan plan;
static char                  problem[256];

static const struct config *config_of(const char *listens)
{
    const struct config *c = NULL;
    char                 text[2048];

    snprintf(text, sizeof text, "domain = a.test\nlisten = {%s}\nadvertise = gate.test\n", listens);
    CHECK_INT(0, config_parse(slice_from(text), "t.conf", NULL, NULL, &c));
    return c;
}

static int planned(const char *listens)
{
    const struct config *c     = config_of(listens);
    int                  error = listening_plan(&listening, c, &plan, problem, sizeof problem);

    config_free(c);
    return error;
}

/* As the workers would: the sockets of what is open are `holders`'. */
static void taken(uint64_t holders)
{
    listening_begin(&listening, &plan);
    for (unsigned i = 0; i < plan.count; i++)
        atomic_store(&listening.places[plan.list[i].place].holders, holders);
}

static int setup(void **state)
{
    (void)state;
    listening = (struct listening){ .places = { { .state = PLACE_FREE } } };
    CHECK_INT(0, planned("\"udp:127.0.0.1:5060\", \"tcp:127.0.0.1:5060\""));
    CHECK_INT(2, plan.count);
    taken(3);
    return 0;
}

TEST(what_stays_keeps_its_place_and_what_is_new_gets_a_free_one)
{
    CHECK_INT(0, planned("\"tcp:127.0.0.1:5061\", \"tcp:127.0.0.1:5060\""));
    CHECK_INT(2, plan.list[0].place);
    CHECK(plan.list[0].is_new);
    CHECK_INT(1, plan.list[1].place);
    CHECK(!plan.list[1].is_new);
    CHECK_INT(1, plan.closing); /* the place of UDP */
}

TEST(the_name_of_all_is_that_of_who_has_none)
{
    const struct config *c = config_of("\"udp:127.0.0.1:5060\", \"tcp:127.0.0.1:5060 advertise own.test\"");

    CHECK_INT(0, listening_plan(&listening, c, &plan, problem, sizeof problem));
    CHECK_SLICE("gate.test", plan.list[0].listen.advertise);
    CHECK_SLICE("own.test", plan.list[1].listen.advertise);
    config_free(c);
}

TEST(a_place_is_free_when_no_worker_has_its_socket)
{
    enum transport transport;
    struct address address;

    CHECK_INT(0, planned("\"tcp:127.0.0.1:5060\""));
    listening_begin(&listening, &plan);
    CHECK(!listening_closed(&listening, &transport, &address));
    CHECK_INT(0, planned("\"tcp:127.0.0.1:5060\", \"udp:127.0.0.1:5070\""));
    CHECK_INT(2, plan.list[1].place);
    listening_give_up(&listening, &plan);
    atomic_store(&listening.places[0].holders, 0);
    CHECK(listening_closed(&listening, &transport, &address));
    CHECK_INT(TRANSPORT_UDP, transport);
    CHECK_INT(5060, address.port);
    CHECK(listening_closed(&listening, &transport, &address)); /* what was given up, and nobody had opened */
    CHECK_INT(5070, address.port);
    CHECK(!listening_closed(&listening, &transport, &address));
    CHECK_INT(0, planned("\"tcp:127.0.0.1:5060\", \"udp:127.0.0.1:5070\""));
    CHECK_INT(0, plan.list[1].place);
}

TEST(an_address_that_is_closing_is_taken_back_where_it_is)
{
    CHECK_INT(0, planned("\"tcp:127.0.0.1:5060\""));
    listening_begin(&listening, &plan);
    CHECK_INT(0, planned("\"udp:127.0.0.1:5080\", \"udp:127.0.0.1:5060\""));
    CHECK_INT(2, plan.list[0].place);
    CHECK_INT(0, plan.list[1].place);
    CHECK(plan.list[1].is_new);
    listening_give_up(&listening, &plan);
    CHECK_INT(PLACE_CLOSING, listening.places[0].state);
}

TEST(an_address_that_may_be_left_out_is)
{
    CHECK_INT(0, planned("\"udp:127.0.0.1:5060\", \"udp:127.0.0.1:5070\", \"tcp:127.0.0.1:5060\""));
    listening_leave_out(&listening, &plan, 1);
    CHECK_INT(2, plan.count);
    CHECK_INT(TRANSPORT_TCP, plan.list[1].listen.transport);
    CHECK_INT(PLACE_FREE, listening.places[2].state);
}

TEST(twice_and_too_many_are_refused_and_nothing_is_changed)
{
    char   text[1024] = "";
    size_t len        = 0;

    CHECK_INT(-ERR_IN_USE, planned("\"udp:127.0.0.1:5060\", \"udp:127.0.0.1:5060\""));
    CHECK(strstr(problem, "twice") != NULL);
    for (unsigned i = 0; i < LISTENING_PLACES; i++)
        len += (size_t)snprintf(text + len, sizeof text - len, "%s\"udp:127.0.0.1:%u\"", i > 0 ? ", " : "", 6000 + i);
    CHECK_INT(-ERR_LIMIT, planned(text));
    CHECK(strstr(problem, "more than 16 addresses") != NULL);
    CHECK_INT(PLACE_OPEN, listening.places[0].state);
    CHECK_INT(PLACE_OPEN, listening.places[1].state);
}

TEST(one_socket_may_be_the_next_listeners)
{
    struct address here;

    CHECK(address_parse(SLICE("127.0.0.1:5060"), &here));
    CHECK_INT(0, planned("\"ws:127.0.0.1:5060\""));
    taken(3);
    CHECK(listening_uses(&listening, TRANSPORT_TCP, &here));
    CHECK(listening_uses(&listening, TRANSPORT_WS, &here));
    here.port = 5061;
    CHECK(!listening_uses(&listening, TRANSPORT_TCP, &here));
}

#define PLAN_TEST(name) cmocka_unit_test_setup(name, setup)

int main(void)
{
    const struct CMUnitTest tests[] = {
        PLAN_TEST(what_stays_keeps_its_place_and_what_is_new_gets_a_free_one),
        PLAN_TEST(the_name_of_all_is_that_of_who_has_none),
        PLAN_TEST(a_place_is_free_when_no_worker_has_its_socket),
        PLAN_TEST(an_address_that_is_closing_is_taken_back_where_it_is),
        PLAN_TEST(an_address_that_may_be_left_out_is),
        PLAN_TEST(twice_and_too_many_are_refused_and_nothing_is_changed),
        PLAN_TEST(one_socket_may_be_the_next_listeners),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
