/* SPDX-License-Identifier: BSD-2-Clause */
#include "load/process_cpu.h"

#include "base/scan.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { GENERATIONS = 8, FIELD_PARENT = 1, FIELD_USER = 11, FIELD_SYSTEM = 12 };

struct process {
    int    pid, parent;
    double user, system;
    bool   wanted;
};

struct list_of_processes {
    struct process *items;
    size_t          count, room;
};

bool process_cpu_parse(const char *text, int pids[PROCESS_CPU_MAX], unsigned *count)
{
    struct scan s = scan_from(slice_from(text));
    uint32_t    pid;

    *count = 0;
    do {
        if (*count == PROCESS_CPU_MAX || !scan_number(&s, INT_MAX, &pid) || pid == 0)
            return false;
        pids[(*count)++] = (int)pid;
    } while (scan_byte(&s, ','));
    return scan_at_end(&s);
}

/* The beginning of a small file; empty if it is not there (any more). */
static struct slice read_file(const char *path, char *memory, size_t size)
{
    int     fd  = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t len = fd < 0 ? 0 : read(fd, memory, size);

    if (fd >= 0)
        close(fd);
    return (struct slice){ memory, len > 0 ? (size_t)len : 0 };
}

/* proc(5), stat: the name in parentheses may hold anything, so what counts is behind the last. */
static bool read_stat(struct slice text, struct process *p)
{
    const char *end    = memrchr(text.ptr, ')', text.len);
    double      second = (double)sysconf(_SC_CLK_TCK);
    struct scan s;

    if (end == NULL)
        return false;
    s = scan_from(slice_between(end + 1, text.ptr + text.len));
    for (unsigned field = 0; field <= FIELD_SYSTEM; field++) {
        struct slice word;

        if (!scan_lws(&s) || !scan_until(&s, " \n", &word))
            return false;
        if (field == FIELD_PARENT)
            p->parent = (int)strtol(word.ptr, NULL, 10);
        else if (field == FIELD_USER)
            p->user = (double)strtoull(word.ptr, NULL, 10) / second;
        else if (field == FIELD_SYSTEM)
            p->system = (double)strtoull(word.ptr, NULL, 10) / second;
    }
    return true;
}

static bool add(struct list_of_processes *l, const struct process *p)
{
    if (l->count == l->room) {
        size_t          room = l->room == 0 ? 256 : 2 * l->room;
        struct process *more = realloc(l->items, room * sizeof *more);

        if (more == NULL)
            return false;
        l->items = more;
        l->room  = room;
    }
    l->items[l->count++] = *p;
    return true;
}

static void read_all(const char *proc, struct list_of_processes *l)
{
    DIR           *folder = opendir(proc);
    struct dirent *entry;

    while (folder != NULL && (entry = readdir(folder)) != NULL) {
        struct process p = { .pid = (int)strtol(entry->d_name, NULL, 10) };
        char           path[PATH_MAX], memory[1024];

        if (p.pid <= 0)
            continue;
        snprintf(path, sizeof path, "%s/%d/stat", proc, p.pid);
        if (read_stat(read_file(path, memory, sizeof memory), &p) && !add(l, &p))
            break;
    }
    if (folder != NULL)
        closedir(folder);
}

static bool mark_children(struct list_of_processes *l)
{
    bool any = false;

    for (size_t i = 0; i < l->count; i++)
        for (size_t j = 0; j < l->count && !l->items[i].wanted; j++)
            if (l->items[j].wanted && l->items[j].pid == l->items[i].parent)
                any = l->items[i].wanted = true;
    return any;
}

static bool mark(struct list_of_processes *l, const int *pids, unsigned count)
{
    bool any = false;

    for (size_t i = 0; i < l->count; i++)
        for (unsigned j = 0; j < count; j++)
            if (l->items[i].pid == pids[j])
                any = l->items[i].wanted = true;
    for (unsigned i = 0; any && i < GENERATIONS && mark_children(l); i++)
        ;
    return any;
}

/* schedstat of each thread: its first number is nanoseconds. */
static double exact(const char *proc, int pid)
{
    char           path[PATH_MAX], memory[256];
    DIR           *folder;
    struct dirent *entry;
    double         sum = 0;

    snprintf(path, sizeof path, "%s/%d/task", proc, pid);
    folder = opendir(path);
    while (folder != NULL && (entry = readdir(folder)) != NULL) {
        struct scan s;
        uint64_t    ns;

        if (entry->d_name[0] == '.')
            continue;
        snprintf(path, sizeof path, "%s/%d/task/%s/schedstat", proc, pid, entry->d_name);
        s = scan_from(read_file(path, memory, sizeof memory));
        if (scan_number64(&s, UINT64_MAX, &ns))
            sum += (double)ns / 1e9;
    }
    if (folder != NULL)
        closedir(folder);
    return sum;
}

bool process_cpu_read(const char *proc, const int *pids, unsigned count, struct process_cpu *out)
{
    struct list_of_processes l = { 0 };
    bool                     any;

    *out = (struct process_cpu){ 0 };
    read_all(proc, &l);
    any = mark(&l, pids, count);
    for (size_t i = 0; i < l.count; i++) {
        if (!l.items[i].wanted)
            continue;
        out->user += l.items[i].user;
        out->system += l.items[i].system;
        out->total += exact(proc, l.items[i].pid);
    }
    free(l.items);
    return any;
}
