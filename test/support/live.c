/* SPDX-License-Identifier: BSD-2-Clause */
#include "support/live.h"

#include "net/sockaddr.h"
#include "support/balance.h"

#include <dirent.h>
#include <unistd.h>

static struct budget memory;

struct world *live_world_new(struct log *log, const struct world_uv_options *options)
{
    struct world_uv_options all = options != NULL ? *options : (struct world_uv_options){ .dns_servers = NULL };

    accounts_init(&memory, 1 << 30);
    all.budget = &memory;
    return world_uv_new_with(log, &all);
}

struct budget *live_memory(void)
{
    return &memory;
}

int live_world_free(struct world *world)
{
    const char *broken;
    int64_t     bytes;

    world_uv_free(world);
    broken = balance_broken(&memory, &bytes);
    if (broken != NULL)
        print_error("%s: %jd bytes are still accounted for\n", broken, (intmax_t)bytes);
    return broken != NULL;
}

bool live_sleeps(struct world *world)
{
    unsigned turns = 0;
    msec     end;

    for (unsigned i = 0; i < 5; i++)
        world_uv_turn(world, 0); /* what is under way */
    for (end = loop_clock() + 50; loop_clock() < end; turns++)
        world_uv_turn(world, 50);
    return turns < 10;
}

struct address live_v4(uint8_t last, uint16_t port)
{
    return address_v4(127, 0, 0, last, port);
}

struct address live_v6(uint16_t port)
{
    return (struct address){ .ip = { [15] = 1 }, .port = port, .family = FAMILY_6 };
}

bool live_has_v6(void)
{
    struct address          loopback = live_v6(0);
    struct sockaddr_storage sa;
    socklen_t               len = sockaddr_from(&sa, &loopback);
    int                     fd  = socket_open(FAMILY_6, SOCK_DGRAM);
    bool                    has;

    if (fd < 0)
        return false;
    has = bind(fd, (struct sockaddr *)&sa, len) == 0;
    close(fd);
    return has;
}

unsigned live_descriptors(void)
{
    DIR     *dir   = opendir("/proc/self/fd");
    unsigned count = 0;

    if (dir == NULL)
        return 0;
    while (readdir(dir) != NULL)
        count++;
    closedir(dir);
    return count;
}
