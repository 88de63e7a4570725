/* SPDX-License-Identifier: BSD-2-Clause */
/* scenario [--seed N] [--seeds N] [--workers N [--wrong | --moving]] [--trace] [--twice]
 *          [--starve STEP | --refuse STEP | --cut STEP] FILE.scn ...
 *
 * Runs each file with each seed; a failure prints the line, the seed and the
 * ladder.  --workers gives each server so many; with --wrong no datagram comes to the
 * one that it is for, and with --moving which one that is changes with each seventh datagram.  --twice wants the same
 * seed to give the same run.  --starve runs it again and again, with allocation 1, 1 + STEP, 1 + 2 STEP, ... failing,
 * until it needs no more; --refuse with sends, --cut with the streams that those messages came by.  Exit code 0: all
 * passed; 1: one did not; 2: usage. */
#include "scenario/scenario.h"
#include "support/alloc.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

struct options {
    uint64_t first_seed;
    uint64_t seeds;
    uint64_t starve, refuse, cut; /* step; 0: no allocation, no send fails, no stream is cut */
    uint64_t workers;
    bool     trace, twice, wrong, moving;
};

static bool run_once(const char *path, const struct scenario_options *run, bool trace, bool *struck, uint64_t *digest)
{
    static struct scenario s;
    bool                   ok   = scenario_run(&s, path, run, struck);
    uint64_t               seed = run->seed;

    if (!ok) {
        printf("%s:%u: %s\n", path, s.line, s.problem);
        printf("  seed %" PRIu64 "; again with more: scenario --workers %u%s --seed %" PRIu64 " --trace %s\n", seed,
               run->workers,
               run->moving         ? " --moving"
               : run->wrong_worker ? " --wrong"
                                   : "",
               seed, path);
    }
    if (!ok && s.troubled)
        printf("  failed: allocation %u, send %u, stream of message %u\n", run->trouble.starve, run->trouble.refuse,
               run->trouble.cut);
    if (!ok || trace)
        scenario_print(&s, stdout, trace);
    *digest = journal_digest(&s.journal);
    scenario_free(&s);
    return ok;
}

static struct scenario_options options_of(const struct options *o, uint64_t seed)
{
    return (struct scenario_options){
        .seed = seed, .workers = (unsigned)o->workers, .wrong_worker = o->wrong || o->moving, .moving = o->moving
    };
}

/* What fails, of which there is one kind; and number `n` of it. */
static struct trouble trouble_of(const struct options *o, unsigned n)
{
    return (
        struct trouble){ .starve = o->starve > 0 ? n : 0, .refuse = o->refuse > 0 ? n : 0, .cut = o->cut > 0 ? n : 0 };
}

/* Number 1, 1 + step, 1 + 2 steps, ... until a run needs no more of them. */
static bool run_troubled(const char *path, const struct options *o)
{
    const char *what   = o->starve > 0 ? "allocation" : o->refuse > 0 ? "send" : "stream of message";
    unsigned    n      = 1;
    unsigned    step   = (unsigned)(o->starve + o->refuse + o->cut);
    bool        struck = true;
    uint64_t    digest;

    for (; struck; n += step) {
        struct scenario_options run = options_of(o, o->first_seed);

        run.trouble = trouble_of(o, n);
        if (!run_once(path, &run, false, &struck, &digest))
            return false;
    }
    alloc_fail_at(0);
    printf("%s: survived, in steps of %u, up to %s %u\n", path, step, what, n - step);
    return true;
}

static bool run_file(const char *path, const struct options *o)
{
    if (o->starve > 0 || o->refuse > 0 || o->cut > 0)
        return run_troubled(path, o);
    for (uint64_t i = 0; i < o->seeds; i++) {
        struct scenario_options run = options_of(o, o->first_seed + i);
        uint64_t                first, second;

        if (!run_once(path, &run, o->trace, NULL, &first))
            return false;
        if (!o->twice)
            continue;
        if (!run_once(path, &run, false, NULL, &second) || first != second) {
            printf("%s: seed %" PRIu64 " gives two different runs\n", path, o->first_seed + i);
            return false;
        }
    }
    printf("%s: passed with %" PRIu64 " seed%s\n", path, o->seeds, o->seeds == 1 ? "" : "s");
    return true;
}

static int usage(void)
{
    fprintf(stderr, "usage: scenario [--seed N] [--seeds N] [--workers N [--wrong | --moving]] [--trace] [--twice]\n"
                    "                [--starve STEP | --refuse STEP | --cut STEP] FILE.scn ...\n");
    return 2;
}

static bool take_number(char **argv, int *i, const char *name, uint64_t *out)
{
    char *end;

    if (strcmp(argv[*i], name) != 0 || argv[*i + 1] == NULL)
        return false;
    *out = strtoull(argv[++*i], &end, 10);
    return *end == '\0';
}

int main(int argc, char **argv)
{
    struct options o  = { .first_seed = 1, .seeds = 1, .workers = 1 };
    bool           ok = true;
    int            i  = 1;

    setvbuf(stdout, NULL, _IOLBF, 0); /* the ladder must survive a crash */
    for (; i < argc && strncmp(argv[i], "--", 2) == 0; i++) {
        if (strcmp(argv[i], "--trace") == 0)
            o.trace = true;
        else if (strcmp(argv[i], "--twice") == 0)
            o.twice = true;
        else if (strcmp(argv[i], "--wrong") == 0)
            o.wrong = true;
        else if (strcmp(argv[i], "--moving") == 0)
            o.moving = true;
        else if (!take_number(argv, &i, "--workers", &o.workers) && !take_number(argv, &i, "--seed", &o.first_seed) &&
                 !take_number(argv, &i, "--seeds", &o.seeds) && !take_number(argv, &i, "--starve", &o.starve) &&
                 !take_number(argv, &i, "--refuse", &o.refuse) && !take_number(argv, &i, "--cut", &o.cut))
            return usage();
    }
    if (i == argc || o.workers < 1 || o.workers > WORKERS_MAX)
        return usage();
    for (; i < argc; i++)
        ok = run_file(argv[i], &o) && ok;
    return ok ? 0 : 1;
}
