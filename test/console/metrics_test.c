/* SPDX-License-Identifier: BSD-2-Clause */
#include "console/metrics.h"

#include "base/error.h"
#include "net/sockaddr.h"
#include "support/test.h"
#include "support/world_fake.h"

#include <dlfcn.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

struct bench {
    struct network *network;
    struct world   *world;
    struct numbers *numbers;
    struct metrics *metrics;
    struct counters worker;
    char            problem[512];
};

static void sum(void *arg, struct counters_sum *out)
{
    counters_sum_add(out, &((struct bench *)arg)->worker);
}

static void sample(void *arg, struct counters *shared)
{
    (void)arg;
    gauge_set(&shared->users, 3);
}

static const struct prometheus_facts facts = { "1.2.3", 1, 1700000000000, NULL, NULL };

static void setup(struct bench *b)
{
    *b         = (struct bench){ .network = network_new(1) };
    b->world   = world_fake_new(network_host(b->network, "server"));
    b->numbers = numbers_new(b->world, &(struct numbers_source){ sum, sample, b });
}

static void teardown(struct bench *b)
{
    metrics_stop(b->metrics);
    numbers_free(b->numbers);
    world_fake_free(b->world);
    network_free(b->network);
}

static const struct http_module *real_module(void)
{
#ifdef AHOY_MICROHTTPD
    void *library = dlopen(AHOY_MICROHTTPD, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);

    assert_non_null(library);
    return dlsym(library, HTTP_MODULE_SYMBOL);
#else
    return NULL;
#endif
}

static int start_on(struct bench *b, const struct http_module *module, const struct address *address)
{
    return metrics_start_on(module, address, b->numbers, &facts, &b->metrics, b->problem, sizeof b->problem);
}

/* What comes back for these bytes until the other side closes. */
static const char *ask(struct bench *b, const char *request)
{
    static char             answer[PROMETHEUS_TEXT_MAX];
    struct address          address = metrics_address(b->metrics);
    struct sockaddr_storage to;
    socklen_t               size = sockaddr_from(&to, &address);
    int                     fd   = socket(AF_INET, SOCK_STREAM, 0);
    size_t                  len  = 0;

    assert_int_equal(0, connect(fd, (struct sockaddr *)&to, size));
    assert_int_equal(strlen(request), send(fd, request, strlen(request), MSG_NOSIGNAL));
    for (ssize_t got; (got = recv(fd, answer + len, sizeof answer - 1 - len, 0)) > 0;)
        len += (size_t)got;
    answer[len] = '\0';
    close(fd);
    return answer;
}

static void check_answer(struct bench *b, const char *request, const char *status, const char *part)
{
    const char *answer = ask(b, request);

    if (strlen(answer) < 9 || strncmp(answer + strlen("HTTP/1.x"), status, strlen(status)) != 0 ||
        strstr(answer, part) == NULL)
        CHECK_SLICE(status, slice_from(answer));
}

TEST(the_page_is_served_and_nothing_else)
{
    const struct http_module *module   = real_module();
    struct address            loopback = address_v4(127, 0, 0, 1, 0);
    struct bench              b;

    if (module == NULL)
        skip();
    setup(&b);
    counter_add(&b.worker.requests_received, 42);
    assert_int_equal(0, start_on(&b, module, &loopback));
    check_answer(&b, "GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", " 200 ",
                 "\nahoy_requests_received_total 42\n");
    check_answer(&b, "GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", " 200 ", "\nahoy_users 3\n");
    check_answer(&b, "GET /metrics?x=1 HTTP/1.0\r\n\r\n", " 200 ", "text/plain; version=0.0.4; charset=utf-8");
    check_answer(&b, "HEAD /metrics HTTP/1.0\r\n\r\n", " 200 ", "Content-Length: ");
    CHECK(strstr(ask(&b, "HEAD /metrics HTTP/1.0\r\n\r\n"), "ahoy_users") == NULL);
    check_answer(&b, "GET / HTTP/1.0\r\n\r\n", " 404 ", "there is nothing here");
    check_answer(&b, "GET /metrics/ HTTP/1.0\r\n\r\n", " 404 ", "there is nothing here");
    check_answer(&b, "POST /metrics HTTP/1.0\r\nContent-Length: 0\r\n\r\n", " 405 ", "Allow: GET, HEAD");
    check_answer(&b, "DELETE /metrics HTTP/1.0\r\n\r\n", " 405 ", "Allow: GET, HEAD");
    CHECK(strstr(ask(&b, "what is this\r\n\r\n"), "ahoy_") == NULL);
    teardown(&b);
}

TEST(an_address_in_use_is_said_to_be)
{
    const struct http_module *module   = real_module();
    struct address            loopback = address_v4(127, 0, 0, 1, 0);
    struct bench              b;
    int                       fd = socket_bound(SOCK_STREAM, &loopback, false);

    if (module == NULL)
        module = &(const struct http_module){ .version = HTTP_MODULE_VERSION };
    loopback = socket_local(fd);
    setup(&b);
    CHECK_INT(-ERR_IN_USE, start_on(&b, module, &loopback));
    CHECK(strstr(b.problem, "cannot serve metrics on 127.0.0.1:") == b.problem);
    close(fd);
    teardown(&b);
}

static struct http_server *start_nothing(int fd, const struct http_page *page, const struct http_limits *limits)
{
    (void)fd, (void)page, (void)limits;
    return NULL;
}

TEST(a_module_that_does_not_start_is_an_error)
{
    static const struct http_module lame     = { HTTP_MODULE_VERSION, start_nothing, NULL };
    struct address                  loopback = address_v4(127, 0, 0, 1, 0);
    struct bench                    b;

    setup(&b);
    CHECK_INT(-ERR_NO_MEMORY, start_on(&b, &lame, &loopback));
    teardown(&b);
}

TEST(a_module_of_another_version_is_refused)
{
    static const struct http_module old      = { HTTP_MODULE_VERSION + 1, NULL, NULL };
    struct address                  loopback = address_v4(127, 0, 0, 1, 0);
    struct bench                    b;

    setup(&b);
    CHECK_INT(-ERR_UNSUPPORTED, start_on(&b, &old, &loopback));
    CHECK(strstr(b.problem, "another version") != NULL);
    teardown(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_page_is_served_and_nothing_else),
        cmocka_unit_test(an_address_in_use_is_said_to_be),
        cmocka_unit_test(a_module_that_does_not_start_is_an_error),
        cmocka_unit_test(a_module_of_another_version_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
