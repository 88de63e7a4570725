/* SPDX-License-Identifier: BSD-2-Clause */
/* scenario [--seed N] [--seeds N] [--trace] [--twice] [--starve STEP | --refuse STEP] FILE.scn ...
 *
 * Runs each file with each seed; a failure prints the line, the seed and the
 * ladder.  --twice wants the same seed to give the same run.  --starve runs it again and again, with allocation 1, 1 +
 * STEP, 1 + 2 STEP, ... failing, until it needs no more.  Exit code 0: all passed; 1: one did not; 2: usage. */
#include "scenario/scenario.h"
#include "support/alloc.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

struct options {
    uint64_t first_seed;
    uint64_t seeds;
    uint64_t starve, refuse; /* step; 0: no allocation, no send fails */
    bool     trace, twice;
};

static const struct trouble no_trouble = { 0, 0 };

static bool run_once(const char *path, uint64_t seed, const struct trouble *t, bool trace, bool *struck,
                     uint64_t *digest)
{
    static struct scenario s;
    bool                   ok = scenario_run(&s, path, seed, t, struck);

    if (!ok) {
        printf("%s:%u: %s\n", path, s.line, s.problem);
        printf("  seed %" PRIu64 "; again with more: scenario --seed %" PRIu64 " --trace %s\n", seed, seed, path);
    }
    if (!ok && s.troubled)
        printf("  failed: allocation %u, send %u\n", t->starve, t->refuse);
    if (!ok || trace)
        scenario_print(&s, stdout, trace);
    *digest = journal_digest(&s.journal);
    scenario_free(&s);
    return ok;
}

/* Number 1, 1 + step, 1 + 2 steps, ... until a run needs no more of them. */
static bool run_troubled(const char *path, const struct options *o)
{
    unsigned n      = 1;
    unsigned step   = (unsigned)(o->starve > 0 ? o->starve : o->refuse);
    bool     struck = true;
    uint64_t digest;

    for (; struck; n += step) {
        struct trouble t = { o->starve > 0 ? n : 0, o->starve > 0 ? 0 : n };

        if (!run_once(path, o->first_seed, &t, false, &struck, &digest))
            return false;
    }
    alloc_fail_at(0);
    printf("%s: survived, in steps of %u, up to %s %u\n", path, step, o->starve > 0 ? "allocation" : "send", n - step);
    return true;
}

static bool run_file(const char *path, const struct options *o)
{
    if (o->starve > 0 || o->refuse > 0)
        return run_troubled(path, o);
    for (uint64_t i = 0; i < o->seeds; i++) {
        uint64_t first, second;

        if (!run_once(path, o->first_seed + i, &no_trouble, o->trace, NULL, &first))
            return false;
        if (!o->twice)
            continue;
        if (!run_once(path, o->first_seed + i, &no_trouble, false, NULL, &second) || first != second) {
            printf("%s: seed %" PRIu64 " gives two different runs\n", path, o->first_seed + i);
            return false;
        }
    }
    printf("%s: passed with %" PRIu64 " seed%s\n", path, o->seeds, o->seeds == 1 ? "" : "s");
    return true;
}

static int usage(void)
{
    fprintf(stderr,
            "usage: scenario [--seed N] [--seeds N] [--trace] [--twice] [--starve STEP | --refuse STEP] FILE.scn "
            "...\n");
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
    struct options o  = { .first_seed = 1, .seeds = 1 };
    bool           ok = true;
    int            i  = 1;

    setvbuf(stdout, NULL, _IOLBF, 0); /* the ladder must survive a crash */
    for (; i < argc && strncmp(argv[i], "--", 2) == 0; i++) {
        if (strcmp(argv[i], "--trace") == 0)
            o.trace = true;
        else if (strcmp(argv[i], "--twice") == 0)
            o.twice = true;
        else if (!take_number(argv, &i, "--seed", &o.first_seed) && !take_number(argv, &i, "--seeds", &o.seeds) &&
                 !take_number(argv, &i, "--starve", &o.starve) && !take_number(argv, &i, "--refuse", &o.refuse))
            return usage();
    }
    if (i == argc)
        return usage();
    for (; i < argc; i++)
        ok = run_file(argv[i], &o) && ok;
    return ok ? 0 : 1;
}
