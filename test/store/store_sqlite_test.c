/* SPDX-License-Identifier: BSD-2-Clause */
#include "store/store.h"

#include "base/error.h"
#include "support/post_world.h"
#include "support/temp_folder.h"
#include "support/test.h"

#include <pthread.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

enum { QUEUE = 1000, REPORTS = 64 };

struct report {
    uint64_t seq;
    int      error;
};

/* One store in a folder of its own, and what it said. */
struct bench {
    struct temp_folder   folder;
    char                 path[128];
    struct post_world   *post;
    struct store        *store;
    struct store_client *client;
    char                 problem[512];
    struct report        reports[REPORTS];
    size_t               report_count;
    uint64_t             wanted; /* `done` when a good report covers it */
    bool                 done, failed;
};

static void on_report(void *owner, uint64_t seq, int error)
{
    struct bench *b = owner;

    if (b->report_count < REPORTS)
        b->reports[b->report_count++] = (struct report){ seq, error };
    if (error == 0 && seq >= b->wanted)
        b->done = true;
    if (error != 0)
        b->failed = true;
}

static int open_store(struct bench *b)
{
    int error = store_sqlite_open(b->path, QUEUE, STORE_QUEUE_AGE, &b->store, b->problem, sizeof b->problem);

    if (error == 0)
        error = store_client_open(b->store, post_world_of(b->post), on_report, b, &b->client);
    return error;
}

static void close_store(struct bench *b)
{
    store_client_close(b->client);
    store_close(b->store);
    b->client = NULL;
    b->store  = NULL;
}

static void setup(struct bench *b)
{
    memset(b, 0, sizeof *b);
    temp_folder_init(&b->folder);
    temp_folder_file(&b->folder, "state/ahoy.db", b->path);
    b->post = post_world_new();
}

static void teardown(struct bench *b)
{
    if (b->store != NULL)
        close_store(b);
    post_world_free(b->post);
    temp_folder_fini(&b->folder);
}

static void setup_open(struct bench *b)
{
    setup(b);
    CHECK_INT(0, open_store(b));
    CHECK_SLICE("", slice_from(b->problem));
}

static uint64_t put_user(struct bench *b, const char *name)
{
    struct store_change c   = { .kind = STORE_PUT_USER,
                                .user = { SLICE("example.test"), slice_from(name), SLICE("md5"), SLICE("sha256") } };
    uint64_t            seq = 0;

    CHECK_INT(0, store_write(b->client, &c, 1, &seq));
    return seq;
}

static void wait_committed(struct bench *b, uint64_t seq)
{
    b->wanted = seq;
    b->done =
        b->report_count > 0 && b->reports[b->report_count - 1].error == 0 && b->reports[b->report_count - 1].seq >= seq;
    CHECK(post_world_run_until(b->post, &b->done));
}

static void wait_failure(struct bench *b)
{
    b->failed = false;
    CHECK(post_world_run_until(b->post, &b->failed));
}

struct content {
    char       text[2048];
    struct buf b;
};

static void saw_user(void *arg, const struct stored_user *u)
{
    buf_printf(arg, "user %.*s@%.*s %.*s %.*s\n", SLICE_ARG(u->name), SLICE_ARG(u->domain), SLICE_ARG(u->ha1_md5),
               SLICE_ARG(u->ha1_sha256));
}

static void saw_binding(void *arg, const struct stored_binding *x)
{
    buf_printf(arg, "binding %llu %.*s <%.*s>%.*s call=%.*s agent=%.*s path=%.*s flow=%.*s %u %u %llu %llu\n",
               (unsigned long long)x->row, SLICE_ARG(x->aor), SLICE_ARG(x->contact), SLICE_ARG(x->params),
               SLICE_ARG(x->call_id), SLICE_ARG(x->user_agent), SLICE_ARG(x->path), SLICE_ARG(x->flow), x->cseq, x->q,
               (unsigned long long)x->expires_at, (unsigned long long)x->lease_until);
}

static void saw_setting(void *arg, struct slice name, struct slice value)
{
    buf_printf(arg, "setting %.*s=%.*s\n", SLICE_ARG(name), SLICE_ARG(value));
}

static struct slice content(struct bench *b, struct content *c)
{
    struct store_loader loader = { saw_user, saw_binding, saw_setting, NULL, NULL, NULL, &c->b };

    c->b = buf_on(c->text, sizeof c->text);
    CHECK_INT(0, store_load(b->store, world_wall(post_world_of(b->post)), &loader));
    return buf_slice(&c->b);
}

static void reopen(struct bench *b)
{
    close_store(b);
    CHECK_INT(0, open_store(b));
}

static const struct stored_binding some_binding = {
    .row         = UINT64_C(0x1122334455667788),
    .aor         = SLICE_INIT("sip:alice@example.test"),
    .contact     = SLICE_INIT("sip:alice@192.0.2.1:5060"),
    .params      = SLICE_INIT(";expires=60"),
    .call_id     = SLICE_INIT("c1"),
    .user_agent  = SLICE_INIT("phone 'x'; DROP TABLE user"),
    .path        = SLICE_INIT("<sip:edge;lr>"),
    .flow        = SLICE_INIT("udp 1"),
    .cseq        = 4294967295,
    .q           = 1000,
    .expires_at  = 1700000060000,
    .lease_until = 1700000120000,
};

TEST(what_was_committed_is_found_after_a_restart)
{
    struct bench        b;
    struct content      c;
    struct store_change changes[] = {
        { .kind = STORE_PUT_SETTING, .name = SLICE("realm"), .value = SLICE("example.test") },
        { .kind = STORE_PUT_BINDING, .binding = some_binding },
    };
    uint64_t seq;

    setup_open(&b);
    put_user(&b, "alice");
    CHECK_INT(0, store_write(b.client, changes, 2, &seq));
    wait_committed(&b, seq);
    reopen(&b);
    CHECK_SLICE("setting realm=example.test\n"
                "user alice@example.test md5 sha256\n"
                "binding 1234605616436508552 sip:alice@example.test <sip:alice@192.0.2.1:5060>;expires=60 call=c1 "
                "agent=phone 'x'; DROP TABLE user path=<sip:edge;lr> flow=udp 1 4294967295 1000 1700000060000 "
                "1700000120000\n",
                content(&b, &c));
    teardown(&b);
}

TEST(close_commits_what_is_queued)
{
    struct bench   b;
    struct content c;

    setup_open(&b);
    put_user(&b, "alice");
    reopen(&b);
    CHECK_SLICE("user alice@example.test md5 sha256\n", content(&b, &c));
    teardown(&b);
}

TEST(a_change_of_the_same_key_replaces_and_a_delete_removes)
{
    struct bench        b;
    struct content      c;
    struct store_change remove[] = {
        { .kind = STORE_DELETE_USER, .user = { .domain = SLICE("example.test"), .name = SLICE("bob") } },
        { .kind = STORE_DELETE_BINDING, .binding = { .row = some_binding.row } },
    };
    struct store_change put = { .kind = STORE_PUT_BINDING, .binding = some_binding };
    uint64_t            seq;

    setup_open(&b);
    put_user(&b, "alice");
    put_user(&b, "alice");
    put_user(&b, "bob");
    CHECK_INT(0, store_write(b.client, &put, 1, &seq));
    CHECK_INT(0, store_write(b.client, remove, 2, &seq));
    wait_committed(&b, seq);
    CHECK_SLICE("user alice@example.test md5 sha256\n", content(&b, &c));
    teardown(&b);
}

TEST(a_binding_whose_lease_is_over_is_not_loaded)
{
    struct bench        b;
    struct content      c;
    struct store_change put = { .kind = STORE_PUT_BINDING, .binding = some_binding };
    uint64_t            seq;

    setup_open(&b);
    CHECK_INT(0, store_write(b.client, &put, 1, &seq));
    wait_committed(&b, seq);
    post_world_set_wall(b.post, some_binding.lease_until - 1);
    CHECK(content(&b, &c).len > 0);
    post_world_set_wall(b.post, some_binding.lease_until);
    CHECK_SLICE("", content(&b, &c));
    teardown(&b);
}

TEST(file_and_folder_are_for_the_owner_only)
{
    struct bench b;
    struct stat  status;
    char         folder[128];

    setup_open(&b);
    CHECK_INT(0, stat(b.path, &status));
    CHECK_INT(0600, status.st_mode & 0777);
    CHECK_INT(0, stat(temp_folder_file(&b.folder, "state", folder), &status));
    CHECK_INT(0700, status.st_mode & 0777);
    CHECK_INT(0, stat(temp_folder_file(&b.folder, "state/ahoy.db-wal", folder), &status));
    CHECK_INT(0600, status.st_mode & 0777);
    teardown(&b);
}

/* Another connection that holds the write lock: the store has to wait. */
static sqlite3 *lock_out(struct bench *b)
{
    sqlite3 *other = NULL;

    CHECK_INT(SQLITE_OK, sqlite3_open(b->path, &other));
    CHECK_INT(SQLITE_OK, sqlite3_exec(other, "PRAGMA busy_timeout=5000; BEGIN IMMEDIATE", NULL, NULL, NULL));
    return other;
}

static void let_in(sqlite3 *other)
{
    CHECK_INT(SQLITE_OK, sqlite3_exec(other, "ROLLBACK", NULL, NULL, NULL));
    CHECK_INT(SQLITE_OK, sqlite3_close(other));
}

TEST(writes_made_while_a_commit_is_held_up_share_the_next_one)
{
    struct bench b;
    sqlite3     *other;
    uint64_t     last = 0;

    setup_open(&b);
    other = lock_out(&b);
    for (int i = 0; i < 200; i++) {
        char name[16];

        snprintf(name, sizeof name, "user%d", i);
        last = put_user(&b, name);
    }
    let_in(other);
    wait_committed(&b, last);
    CHECK_INT(200, last);
    CHECK(b.report_count <= 3); /* the first write may have gone alone */
    teardown(&b);
}

TEST(reports_come_in_the_order_of_the_writes)
{
    struct bench b;
    uint64_t     last = 0;

    setup_open(&b);
    for (int i = 0; i < 20; i++) {
        last = put_user(&b, "alice");
        post_world_drain(b.post);
    }
    wait_committed(&b, last);
    for (size_t i = 1; i < b.report_count; i++)
        CHECK(b.reports[i].seq > b.reports[i - 1].seq);
    CHECK_INT(last, b.reports[b.report_count - 1].seq);
    teardown(&b);
}

TEST(a_report_that_could_not_be_posted_is_posted_again)
{
    struct bench b;

    setup_open(&b);
    post_world_refuse(b.post, 3);
    wait_committed(&b, put_user(&b, "alice"));
    teardown(&b);
}

TEST(a_locked_database_is_reported_and_the_change_is_kept)
{
    struct bench   b;
    struct content c;
    sqlite3       *other;
    uint64_t       seq;

    setup_open(&b);
    other = lock_out(&b);
    seq   = put_user(&b, "alice");
    wait_failure(&b);
    CHECK_INT(-ERR_LOCKED, b.reports[0].error);
    CHECK_INT(seq, b.reports[0].seq);
    let_in(other);
    wait_committed(&b, seq);
    CHECK_SLICE("user alice@example.test md5 sha256\n", content(&b, &c));
    teardown(&b);
}

/* A limit on the size of files does what a full disk does. */
static void limit_files(rlim_t size)
{
    struct rlimit limit;

    CHECK_INT(0, getrlimit(RLIMIT_FSIZE, &limit));
    limit.rlim_cur = size;
    CHECK_INT(0, setrlimit(RLIMIT_FSIZE, &limit));
}

TEST(a_full_disk_is_reported_and_nothing_is_lost_when_there_is_room_again)
{
    static char    big[60000];
    struct bench   b;
    struct content c;
    uint64_t       early, late;
    struct stat    wal;
    char           path[128];

    struct store_change put = { .kind = STORE_PUT_SETTING, .name = SLICE("motd"), .value = { big, sizeof big } };

    signal(SIGXFSZ, SIG_IGN);
    memset(big, 'x', sizeof big);
    setup_open(&b);
    early = put_user(&b, "alice");
    wait_committed(&b, early);
    CHECK_INT(0, stat(temp_folder_file(&b.folder, "state/ahoy.db-wal", path), &wal));
    limit_files((rlim_t)wal.st_size + 8192);
    CHECK_INT(0, store_write(b.client, &put, 1, &late));
    wait_failure(&b);
    CHECK_INT(-ERR_DISK_FULL, b.reports[b.report_count - 1].error);
    CHECK_INT(late, b.reports[b.report_count - 1].seq);
    CHECK_SLICE("user alice@example.test md5 sha256\n", content(&b, &c));
    wait_failure(&b); /* each try is reported */
    limit_files(RLIM_INFINITY);
    wait_committed(&b, late);
    put.value = SLICE("small");
    CHECK_INT(0, store_write(b.client, &put, 1, &late));
    wait_committed(&b, late);
    reopen(&b);
    CHECK_SLICE("setting motd=small\nuser alice@example.test md5 sha256\n", content(&b, &c));
    teardown(&b);
}

TEST(a_queue_that_is_full_takes_no_more)
{
    struct bench        b;
    sqlite3            *other;
    struct store_change c   = { .kind = STORE_PUT_SETTING, .name = SLICE("n"), .value = SLICE("v") };
    uint64_t            seq = 0, none = 77;
    int                 left = QUEUE;
    struct budget       budget;

    setup_open(&b);
    accounts_init(&budget, 1 << 30);
    store_sqlite_account(b.store, &budget);
    other = lock_out(&b);
    while (left-- > 0)
        CHECK_INT(0, store_write(b.client, &c, 1, &seq));
    CHECK_INT(-ERR_LIMIT, store_write(b.client, &c, 1, &none));
    CHECK_INT(77, none);
    CHECK(budget_figures(&budget, ACCOUNT_STORE_QUEUE).bytes >= QUEUE * sizeof c);
    let_in(other);
    wait_committed(&b, seq);
    CHECK_INT(0, budget_total(&budget).bytes);
    CHECK_INT(0, store_write(b.client, &c, 1, &seq));
    teardown(&b);
    CHECK_INT(0, budget_total(&budget).bytes);
}

TEST(a_queue_that_has_been_stuck_for_long_takes_no_more)
{
    struct bench        b;
    sqlite3            *other;
    struct store_change c = { .kind = STORE_PUT_SETTING, .name = SLICE("n"), .value = SLICE("v") };
    uint64_t            seq;

    setup_open(&b);
    other = lock_out(&b);
    CHECK_INT(0, store_write(b.client, &c, 1, &seq));
    post_world_of(b.post)->now += STORE_QUEUE_AGE;
    CHECK_INT(0, store_write(b.client, &c, 1, &seq));
    post_world_of(b.post)->now += 1;
    CHECK_INT(-ERR_LIMIT, store_write(b.client, &c, 1, &seq));
    let_in(other);
    teardown(&b);
}

/* ---- several clients ---- */

struct hearer {
    struct post_world   *post;
    struct store_client *client;
    unsigned             reports;
    uint64_t             wanted, good, bad;
    bool                 done, failed;
};

static void hear(void *owner, uint64_t seq, int error)
{
    struct hearer *h = owner;

    h->reports++;
    if (error == 0) {
        CHECK(seq > h->good);
        h->good = seq;
    } else {
        h->bad    = seq;
        h->failed = true;
    }
    h->done = h->good >= h->wanted;
}

static void hearer_open(struct hearer *h, struct bench *b)
{
    *h = (struct hearer){ .post = post_world_new() };
    CHECK_INT(0, store_client_open(b->store, post_world_of(h->post), hear, h, &h->client));
}

static void hearer_close(struct hearer *h)
{
    store_client_close(h->client);
    post_world_free(h->post);
}

static void hearer_wait(struct hearer *h, uint64_t seq)
{
    h->wanted = seq;
    h->done   = h->good >= seq;
    CHECK(post_world_run_until(h->post, &h->done));
}

static uint64_t hearer_write(struct hearer *h)
{
    struct store_change c   = { .kind = STORE_PUT_SETTING, .name = SLICE("n"), .value = SLICE("v") };
    uint64_t            seq = 0;

    CHECK_INT(0, store_write(h->client, &c, 1, &seq));
    return seq;
}

TEST(each_client_hears_of_its_own_writes_and_of_no_others)
{
    struct bench  b;
    struct hearer one, two, idle;
    uint64_t      first, second;

    setup_open(&b);
    hearer_open(&one, &b);
    hearer_open(&two, &b);
    hearer_open(&idle, &b);
    first  = hearer_write(&one);
    second = hearer_write(&two);
    CHECK(second > first);
    hearer_wait(&two, second);
    hearer_wait(&one, first);
    post_world_drain(idle.post);
    CHECK_INT(0, idle.reports);
    CHECK_INT(0, b.report_count);
    hearer_close(&one);
    hearer_close(&two);
    hearer_close(&idle);
    teardown(&b);
}

TEST(a_client_may_wait_for_the_write_of_another)
{
    struct bench  b;
    struct hearer one, two;
    sqlite3      *other;
    uint64_t      seq;

    setup_open(&b);
    hearer_open(&one, &b);
    hearer_open(&two, &b);
    other = lock_out(&b);
    seq   = hearer_write(&one);
    CHECK(store_await(two.client, seq));
    CHECK(post_world_run_until(two.post, &two.failed));
    CHECK_INT(seq, two.bad);
    let_in(other);
    hearer_wait(&two, seq);
    CHECK(!store_await(two.client, seq));
    hearer_close(&one);
    hearer_close(&two);
    teardown(&b);
}

TEST(a_client_whose_world_takes_no_posts_holds_up_no_other)
{
    struct bench  b;
    struct hearer deaf, one;
    uint64_t      first, seq;

    setup_open(&b);
    hearer_open(&deaf, &b);
    hearer_open(&one, &b);
    post_world_refuse(deaf.post, 1000000);
    first = hearer_write(&deaf);
    for (int i = 0; i < 20; i++) {
        seq = hearer_write(&one);
        hearer_wait(&one, seq);
    }
    post_world_drain(deaf.post);
    CHECK_INT(0, deaf.reports);
    post_world_refuse(deaf.post, 0);
    hearer_wait(&deaf, first);
    CHECK_INT(1, deaf.reports);
    hearer_close(&deaf);
    hearer_close(&one);
    teardown(&b);
}

TEST(a_client_that_has_closed_hears_nothing_and_its_write_is_kept)
{
    struct bench   b;
    struct content c;
    struct hearer  gone, last;

    setup_open(&b);
    hearer_open(&gone, &b);
    hearer_open(&last, &b);
    hearer_write(&gone);
    store_client_close(gone.client);
    hearer_wait(&last, hearer_write(&last));
    post_world_drain(gone.post);
    CHECK_INT(0, gone.reports);
    CHECK_SLICE("setting n=v\n", content(&b, &c));
    post_world_free(gone.post);
    hearer_close(&last);
    teardown(&b);
}

/* Between the question and the write, another client may fill the queue. */
TEST(room_that_was_promised_is_kept_for_one_write_of_that_turn)
{
    struct bench        b;
    struct hearer       asked, filler;
    sqlite3            *other;
    struct store_change c[2] = { { .kind = STORE_PUT_SETTING, .name = SLICE("n"), .value = SLICE("v") },
                                 { .kind = STORE_PUT_SETTING, .name = SLICE("m"), .value = SLICE("v") } };
    uint64_t            seq;

    setup_open(&b);
    hearer_open(&asked, &b);
    hearer_open(&filler, &b);
    other = lock_out(&b);
    CHECK(store_has_room(asked.client, 2));
    for (int i = 0; i < QUEUE; i++)
        hearer_write(&filler);
    CHECK(!store_has_room(filler.client, 1));
    CHECK_INT(0, store_write(asked.client, c, 2, &seq));
    CHECK_INT(-ERR_LIMIT, store_write(asked.client, c, 1, &seq));
    let_in(other);
    hearer_wait(&asked, seq);
    CHECK(store_has_room(asked.client, 1));
    CHECK_INT(0, store_write(asked.client, c, 2, &seq)); /* more than was promised, but there is room */
    hearer_close(&asked);
    hearer_close(&filler);
    teardown(&b);
}

/* More than one transaction takes is queued behind the one that fails. */
TEST(what_waits_behind_a_commit_that_fails_is_told_too)
{
    struct bench  b;
    struct hearer one;
    sqlite3      *other;
    uint64_t      last = 0;

    setup_open(&b);
    hearer_open(&one, &b);
    other = lock_out(&b);
    for (int i = 0; i < 700; i++)
        last = hearer_write(&one);
    CHECK(post_world_run_until(one.post, &one.failed));
    CHECK_INT(last, one.bad);
    let_in(other);
    hearer_wait(&one, last);
    hearer_close(&one);
    teardown(&b);
}

enum { WRITERS = 4, WRITES = 200 };

struct writer {
    pthread_t     thread;
    struct hearer hearer;
    uint64_t      last;
};

static void *write_all(void *arg)
{
    struct writer *w = arg;

    for (int i = 0; i < WRITES; i++) {
        uint64_t seq = hearer_write(&w->hearer);

        CHECK(seq > w->last);
        w->last = seq;
        post_world_drain(w->hearer.post);
    }
    hearer_wait(&w->hearer, w->last);
    return NULL;
}

TEST(threads_write_at_once_and_each_hears_of_all_it_wrote)
{
    struct bench       b;
    struct store_stats stats;
    struct writer      writers[WRITERS] = { 0 };

    setup_open(&b);
    for (int i = 0; i < WRITERS; i++) {
        hearer_open(&writers[i].hearer, &b);
        CHECK_INT(0, pthread_create(&writers[i].thread, NULL, write_all, &writers[i]));
    }
    for (int i = 0; i < WRITERS; i++)
        CHECK_INT(0, pthread_join(writers[i].thread, NULL));
    store_stats(b.store, 0, &stats);
    CHECK_INT(WRITERS * WRITES, stats.committed);
    CHECK_INT(0, stats.queued);
    for (int i = 0; i < WRITERS; i++)
        hearer_close(&writers[i].hearer);
    teardown(&b);
}

TEST(the_store_counts_what_it_does)
{
    struct bench       b;
    struct store_stats stats;
    sqlite3           *other;
    uint64_t           seq;

    setup_open(&b);
    store_stats(b.store, 0, &stats);
    CHECK_INT(QUEUE, stats.limit);
    CHECK_INT(0, stats.queued + stats.high + stats.oldest + stats.commits + stats.failures);
    other = lock_out(&b);
    put_user(&b, "alice");
    seq = put_user(&b, "bob");
    wait_failure(&b);
    store_stats(b.store, world_now(post_world_of(b.post)) + 70, &stats);
    CHECK_INT(2, stats.queued);
    CHECK_INT(70, stats.oldest);
    CHECK(stats.failures >= 1);
    CHECK_INT(-ERR_LOCKED, stats.error);
    let_in(other);
    wait_committed(&b, seq);
    store_stats(b.store, 70, &stats);
    CHECK_INT(0, stats.queued + stats.oldest);
    CHECK_INT(2, stats.high);
    CHECK_INT(2, stats.committed);
    CHECK(stats.commits >= 1);
    CHECK_INT(0, stats.error);
    CHECK_INT(-ERR_LOCKED, stats.last_error);
    store_forget_high(b.store);
    store_stats(b.store, 70, &stats);
    CHECK_INT(0, stats.high);
    teardown(&b);
}

/* ---- opening ---- */

TEST(a_second_opener_is_refused_with_path_and_remedy)
{
    struct bench  b;
    struct store *second;
    char          problem[512];

    setup_open(&b);
    CHECK_INT(-ERR_LOCKED, store_sqlite_open(b.path, QUEUE, STORE_QUEUE_AGE, &second, problem, sizeof problem));
    CHECK(strstr(problem, b.path) != NULL);
    CHECK(strstr(problem, "in use by another ahoy") != NULL);
    CHECK(strstr(problem, "stop it") != NULL);
    teardown(&b);
}

static void overwrite(const char *path, long offset, const char *text)
{
    FILE *file = fopen(path, "r+b");

    CHECK(file != NULL);
    CHECK_INT(0, fseek(file, offset, SEEK_SET));
    CHECK_INT(1, fputs(text, file) >= 0);
    CHECK_INT(0, fclose(file));
}

static void damage(struct bench *b, long offset)
{
    setup_open(b);
    put_user(b, "alice");
    close_store(b);
    overwrite(b->path, offset, "this is not a database, it is a line of text that was written over it");
}

/* The name that the message gives to the old file. */
static bool moved_name(struct bench *b, char *moved, size_t size)
{
    char *name = strstr(b->problem, ".damaged-");

    if (name == NULL)
        return false;
    snprintf(moved, size, "%s%.*s", b->path, (int)strcspn(name, " "), name);
    return access(moved, R_OK) == 0;
}

static void check_moved(struct bench *b)
{
    char moved[512];

    CHECK(moved_name(b, moved, sizeof moved));
}

TEST(a_damaged_file_is_moved_aside_and_a_new_one_begun)
{
    static const long offsets[] = { 0 /* the header */, 4096 + 1 /* the first page of a table */ };

    for (size_t i = 0; i < 2; i++) {
        struct bench   b;
        struct content c;

        damage(&b, offsets[i]);
        CHECK_INT(0, open_store(&b));
        CHECK(strstr(b.problem, "was damaged") != NULL);
        check_moved(&b);
        CHECK_SLICE("", content(&b, &c));
        wait_committed(&b, put_user(&b, "bob"));
        reopen(&b);
        CHECK_SLICE("", slice_from(b.problem));
        CHECK_SLICE("user bob@example.test md5 sha256\n", content(&b, &c));
        teardown(&b);
    }
}

TEST(two_damaged_files_on_one_day_are_both_kept)
{
    struct bench b;
    char         first[sizeof b.problem];

    damage(&b, 0);
    CHECK_INT(0, open_store(&b));
    strcpy(first, b.problem);
    check_moved(&b);
    close_store(&b);
    overwrite(b.path, 0, "again, this is not a database and never was one, not even for a moment");
    CHECK_INT(0, open_store(&b));
    check_moved(&b);
    CHECK(strcmp(first, b.problem) != 0);
    teardown(&b);
}

static void copy_file(const char *from, const char *to)
{
    struct slice text;
    char        *memory;
    FILE        *file;

    CHECK(test_read_file(from, &text, &memory));
    file = fopen(to, "wb");
    CHECK(file != NULL);
    CHECK_INT(text.len, fwrite(text.ptr, 1, text.len, file));
    CHECK_INT(0, fclose(file));
    free(memory);
}

/* Left beside a new file, SQLite would replay it there. */
TEST(the_log_of_a_damaged_file_goes_with_it)
{
    struct bench   b;
    struct content c;
    char           wal[128], kept[128], moved[512];

    setup_open(&b);
    reopen(&b); /* the tables are in the file, and the log is empty */
    wait_committed(&b, put_user(&b, "alice"));
    temp_folder_file(&b.folder, "state/ahoy.db-wal", wal);
    copy_file(wal, temp_folder_file(&b.folder, "kept", kept));
    close_store(&b);
    copy_file(kept, wal); /* as after a crash */
    overwrite(b.path, 2L * 4096, "a page that the log does not hold has been written over");
    CHECK_INT(0, open_store(&b));
    CHECK(strstr(b.problem, "was damaged") != NULL);
    CHECK_SLICE("", content(&b, &c));
    CHECK(moved_name(&b, moved, sizeof moved));
    strcat(moved, "-wal");
    CHECK_INT(0, access(moved, R_OK));
    teardown(&b);
}

TEST(a_file_of_a_newer_version_is_left_alone)
{
    struct bench b;
    sqlite3     *other = NULL;

    setup_open(&b);
    close_store(&b);
    CHECK_INT(SQLITE_OK, sqlite3_open(b.path, &other));
    CHECK_INT(SQLITE_OK, sqlite3_exec(other, "PRAGMA user_version=99", NULL, NULL, NULL));
    CHECK_INT(SQLITE_OK, sqlite3_close(other));
    CHECK_INT(-ERR_UNSUPPORTED, open_store(&b));
    CHECK(strstr(b.problem, "newer version") != NULL);
    CHECK(strstr(b.problem, b.path) != NULL);
    teardown(&b);
}

TEST(a_folder_that_cannot_be_made_is_explained)
{
    struct bench b;
    char         file[128];
    FILE        *blocker;

    setup(&b);
    blocker = fopen(temp_folder_file(&b.folder, "state", file), "w");
    CHECK(blocker != NULL);
    fclose(blocker);
    CHECK_INT(-ERR_IO, open_store(&b));
    CHECK(strstr(b.problem, b.path) != NULL);
    CHECK(strstr(b.problem, "choose another state folder") != NULL);
    teardown(&b);
}

TEST(a_store_in_memory_needs_no_file)
{
    struct bench   b;
    struct content c;

    setup(&b);
    strcpy(b.path, ":memory:");
    CHECK_INT(0, open_store(&b));
    wait_committed(&b, put_user(&b, "alice"));
    CHECK_SLICE("user alice@example.test md5 sha256\n", content(&b, &c));
    teardown(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_committed_is_found_after_a_restart),
        cmocka_unit_test(close_commits_what_is_queued),
        cmocka_unit_test(a_change_of_the_same_key_replaces_and_a_delete_removes),
        cmocka_unit_test(a_binding_whose_lease_is_over_is_not_loaded),
        cmocka_unit_test(file_and_folder_are_for_the_owner_only),
        cmocka_unit_test(writes_made_while_a_commit_is_held_up_share_the_next_one),
        cmocka_unit_test(reports_come_in_the_order_of_the_writes),
        cmocka_unit_test(a_report_that_could_not_be_posted_is_posted_again),
        cmocka_unit_test(a_locked_database_is_reported_and_the_change_is_kept),
        cmocka_unit_test(a_full_disk_is_reported_and_nothing_is_lost_when_there_is_room_again),
        cmocka_unit_test(a_queue_that_is_full_takes_no_more),
        cmocka_unit_test(a_queue_that_has_been_stuck_for_long_takes_no_more),
        cmocka_unit_test(each_client_hears_of_its_own_writes_and_of_no_others),
        cmocka_unit_test(a_client_may_wait_for_the_write_of_another),
        cmocka_unit_test(a_client_whose_world_takes_no_posts_holds_up_no_other),
        cmocka_unit_test(a_client_that_has_closed_hears_nothing_and_its_write_is_kept),
        cmocka_unit_test(room_that_was_promised_is_kept_for_one_write_of_that_turn),
        cmocka_unit_test(what_waits_behind_a_commit_that_fails_is_told_too),
        cmocka_unit_test(threads_write_at_once_and_each_hears_of_all_it_wrote),
        cmocka_unit_test(the_store_counts_what_it_does),
        cmocka_unit_test(a_second_opener_is_refused_with_path_and_remedy),
        cmocka_unit_test(a_damaged_file_is_moved_aside_and_a_new_one_begun),
        cmocka_unit_test(two_damaged_files_on_one_day_are_both_kept),
        cmocka_unit_test(the_log_of_a_damaged_file_goes_with_it),
        cmocka_unit_test(a_file_of_a_newer_version_is_left_alone),
        cmocka_unit_test(a_folder_that_cannot_be_made_is_explained),
        cmocka_unit_test(a_store_in_memory_needs_no_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
