/* SPDX-License-Identifier: BSD-2-Clause */
#include "console/metrics.h"

#include "base/error.h"
#include "net/module.h"
#include "net/sockaddr.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

struct metrics {
    const struct http_module *module;
    struct http_server       *server;
    const struct numbers     *numbers;
    struct prometheus_facts   facts;
    struct address            address;
};

/* On the module's thread. */
static char *page_text(void *arg, size_t *len)
{
    struct metrics     *m    = arg;
    char               *text = malloc(PROMETHEUS_TEXT_MAX);
    struct buf          b    = buf_on(text, text == NULL ? 0 : PROMETHEUS_TEXT_MAX);
    struct counters_sum sum;

    numbers_sum(m->numbers, &sum);
    prometheus_write(&b, &sum, &m->facts);
    *len = b.len;
    if (buf_ok(&b))
        return text;
    free(text);
    return NULL;
}

static int complain(char *problem, size_t problem_size, const struct address *address, const char *why, int error)
{
    char       text[ADDRESS_TEXT];
    struct buf b = BUF_ON(text);

    address_write(&b, address);
    snprintf(problem, problem_size, "cannot serve metrics on %s: %s", buf_cstr(&b), why);
    return error;
}

static int start(struct metrics *m, const struct address *address)
{
    const struct http_page   page   = { "/metrics", "text/plain; version=0.0.4; charset=utf-8", page_text, m };
    const struct http_limits limits = { METRICS_CONNECTIONS, METRICS_SECONDS };
    int                      fd     = socket_bound(SOCK_STREAM, address, false);

    if (fd < 0)
        return fd;
    m->address = socket_local(fd);
    m->server  = m->module->start(fd, &page, &limits);
    if (m->server != NULL)
        return 0;
    close(fd);
    return -ERR_NO_MEMORY;
}

int metrics_start_on(const struct http_module *module, const struct address *address, const struct numbers *numbers,
                     const struct prometheus_facts *facts, struct metrics **out, char *problem, size_t problem_size)
{
    struct metrics *m;
    int             error;

    if (module->version != HTTP_MODULE_VERSION)
        return complain(problem, problem_size, address, HTTP_MODULE_FILE " belongs to another version of ahoy",
                        -ERR_UNSUPPORTED);
    m = calloc(1, sizeof *m);
    if (m == NULL)
        return complain(problem, problem_size, address, error_text(ERR_NO_MEMORY), -ERR_NO_MEMORY);
    m->module  = module;
    m->numbers = numbers;
    m->facts   = *facts;
    error      = start(m, address);
    if (error == 0) {
        *out = m;
        return 0;
    }
    free(m);
    return complain(problem, problem_size, address, error_text(error), error);
}

int metrics_start(const struct address *address, const struct numbers *numbers, const struct prometheus_facts *facts,
                  struct metrics **out, char *problem, size_t problem_size)
{
    void                     *library = module_load(HTTP_MODULE_FILE);
    const struct http_module *module;

    if (library == NULL)
        return complain(problem, problem_size, address, "the module " HTTP_MODULE_FILE " is not installed",
                        -ERR_NOT_FOUND);
    module = dlsym(library, HTTP_MODULE_SYMBOL);
    if (module == NULL) {
        dlclose(library);
        return complain(problem, problem_size, address, HTTP_MODULE_FILE " is not a module of ahoy", -ERR_UNSUPPORTED);
    }
    /* It stays loaded: its threads and ours end together. */
    return metrics_start_on(module, address, numbers, facts, out, problem, problem_size);
}

void metrics_stop(struct metrics *m)
{
    if (m == NULL)
        return;
    m->module->stop(m->server);
    free(m);
}

struct address metrics_address(const struct metrics *m)
{
    return m->address;
}
