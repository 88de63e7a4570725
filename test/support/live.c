/* SPDX-License-Identifier: BSD-2-Clause */
#include "support/live.h"

#include "net/sockaddr.h"

#include <dirent.h>
#include <unistd.h>

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
