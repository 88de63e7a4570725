/* SPDX-License-Identifier: BSD-2-Clause */
/* hostile_names - support/dns_hostile.h as a program: prints its port, and serves until
 * it is ended. */

#include "support/dns_hostile.h"

#include <stdio.h>

int main(void)
{
    static struct dns_hostile hostile;

    if (!dns_hostile_open(&hostile))
        return 1;
    printf("{\"event\":\"ready\",\"port\":%u}\n", hostile.server.port);
    fflush(stdout);
    for (;;) {
        dns_server_wait(&hostile.server);
        dns_server_serve(&hostile.server);
    }
}
