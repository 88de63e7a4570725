/* SPDX-License-Identifier: BSD-2-Clause */
/* What is left after a power cut is the state after some write, the last that was
 * reported or a later one: nothing acknowledged is missing, no write is there in
 * part, and none without those before it. */
#include "store/store.h"

#include "base/random.h"
#include "support/disk_vfs.h"
#include "support/post_world.h"
#include "support/temp_folder.h"
#include "support/test.h"

#include <stdio.h>
#include <sys/stat.h>

enum { QUEUE = 1000, ROWS = 24, WRITES = 400, SEEDS = 3, BIG = 12000 };

/* Rows by number; 0: not there. */
struct state {
    uint32_t version[ROWS];
};

struct bench {
    struct temp_folder   folder;
    char                 path[128];
    struct post_world   *post;
    struct store        *store;
    struct store_client *client;
    struct random_seeded generator;
    struct random        dice;
    struct state         after[WRITES + 1]; /* each write; the first has number 1 */
    uint64_t             written, reported, wanted;
    bool                 done;
    unsigned             cuts;
};

static struct bench b;

static void on_report(void *owner, uint64_t seq, int error)
{
    (void)owner;
    CHECK_INT(0, error);
    b.reported = seq;
    b.done     = seq >= b.wanted;
}

static struct store *open_store(const char *path)
{
    char          problem[512];
    struct store *store;

    CHECK_INT(0, store_sqlite_open(path, QUEUE, STORE_QUEUE_AGE, &store, problem, sizeof problem));
    CHECK_SLICE("", slice_from(problem));
    return store;
}

static void setup(uint64_t seed)
{
    b      = (struct bench){ .post = post_world_new() };
    b.dice = (struct random){ random_seeded_fill, &b.generator };
    random_seed(&b.generator, seed);
    temp_folder_init(&b.folder);
    temp_folder_file(&b.folder, "state/ahoy.db", b.path);
    disk_vfs_install();
    b.store = open_store(b.path);
    CHECK_INT(0, store_client_open(b.store, post_world_of(b.post), on_report, NULL, &b.client));
}

static void teardown(void)
{
    store_client_close(b.client);
    store_close(b.store);
    disk_vfs_remove();
    post_world_free(b.post);
    temp_folder_fini(&b.folder);
}

static struct store_change change_row(struct state *s, unsigned row)
{
    struct store_change c = { .kind    = STORE_PUT_BINDING,
                              .binding = { .row         = row,
                                           .aor         = SLICE("sip:alice@example.test"),
                                           .contact     = SLICE("sip:alice@192.0.2.1"),
                                           .call_id     = SLICE("c"),
                                           .flow        = SLICE("udp 1"),
                                           .lease_until = UINT64_C(1) << 60 } };

    if (random_below(&b.dice, 4) == 0) {
        c.kind          = STORE_DELETE_BINDING;
        s->version[row] = 0;
    } else {
        c.binding.cseq = s->version[row] = (uint32_t)b.written + 1;
    }
    return c;
}

/* Up to three rows, and now and then a text that makes the log grow. */
static void write_some(void)
{
    static char         big[BIG];
    struct store_change changes[4];
    struct state        s     = b.after[b.written];
    size_t              count = 1 + random_below(&b.dice, 3);
    uint64_t            seq;

    for (size_t i = 0; i < count; i++)
        changes[i] = change_row(&s, random_below(&b.dice, ROWS));
    if (random_below(&b.dice, 2) == 0) {
        memset(big, 'a' + (int)random_below(&b.dice, 26), sizeof big);
        changes[count++] =
            (struct store_change){ .kind = STORE_PUT_SETTING, .name = SLICE("big"), .value = { big, sizeof big } };
    }
    CHECK_INT(0, store_write(b.client, changes, count, &seq));
    CHECK_INT(++b.written, seq);
    b.after[seq] = s;
}

static void wait_reported(void)
{
    b.wanted = b.written;
    b.done   = b.reported >= b.wanted;
    CHECK(post_world_run_until(b.post, &b.done));
}

static void see_binding(void *arg, const struct stored_binding *x)
{
    struct state *s = arg;

    CHECK(x->row < ROWS);
    s->version[x->row] = x->cseq;
}

static bool is_some_state(const struct state *s, uint64_t from)
{
    for (uint64_t n = from; n <= b.written; n++)
        if (memcmp(s, &b.after[n], sizeof *s) == 0)
            return true;
    return false;
}

static void cut_and_look(void)
{
    uint64_t            reported = b.reported;
    char                name[32], folder[128], path[160];
    struct state        found  = { { 0 } };
    struct store_loader loader = { .on_binding = see_binding, .arg = &found };
    struct store       *left;

    snprintf(name, sizeof name, "cut%u", b.cuts++);
    CHECK_INT(0, mkdir(temp_folder_file(&b.folder, name, folder), 0700));
    disk_power_cut(b.path, folder, random_u64(&b.dice));
    snprintf(path, sizeof path, "%s/ahoy.db", folder);
    left = open_store(path);
    CHECK_INT(0, store_load(left, 0, &loader));
    store_close(left);
    CHECK(is_some_state(&found, reported));
}

TEST(what_was_reported_outlives_a_power_cut_and_nothing_is_left_in_part)
{
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        setup(seed);
        while (b.written < WRITES) {
            write_some();
            if (random_below(&b.dice, 3) == 0)
                wait_reported();
            post_world_drain(b.post);
            if (random_below(&b.dice, 12) == 0)
                cut_and_look();
        }
        CHECK(b.cuts > 10);
        teardown();
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_reported_outlives_a_power_cut_and_nothing_is_left_in_part),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
