/* SPDX-License-Identifier: BSD-2-Clause */
/* Any text as ahoy.conf: it is read or refused with a reason, and what was read
 * has what every server needs. */

#include "base/error.h"
#include "server/config.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void on_problem(void *arg, const char *text)
{
    (void)text;
    ++*(unsigned *)arg;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct config *c        = NULL;
    unsigned             problems = 0;
    int error = config_parse((struct slice){ (const char *)data, size }, "fuzz", on_problem, &problems, &c);

    if ((error == 0) != (problems == 0) && error != -ERR_NO_MEMORY)
        abort();
    if (error == 0 && (c->domain_count == 0 || c->listen_count == 0 || c->state.len == 0 || c->realm.len == 0))
        abort();
    config_free(error == 0 ? c : NULL);
    return 0;
}
