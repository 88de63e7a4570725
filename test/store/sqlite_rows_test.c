/* SPDX-License-Identifier: BSD-2-Clause */
/* Rows, in a database without a file. */
#include "store/sqlite_rows.h"

#include "base/error.h"
#include "store/sqlite_file.h"
#include "support/alloc.h"
#include "support/test.h"

#include <sqlite3.h>

static struct sqlite_file *file;

static void setup(void)
{
    char problem[256];

    CHECK_INT(0, sqlite_file_open(":memory:", &file, problem, sizeof problem));
}

static void teardown(void)
{
    sqlite_file_close(file);
}

static void apply(const struct store_change *c)
{
    CHECK_INT(0, sqlite_file_begin(file));
    CHECK_INT(0, sqlite_file_apply(file, c));
    CHECK_INT(0, sqlite_file_commit(file));
}

/* ---- each kind, with all it has ---- */

static const struct store_change alice   = { .kind = STORE_PUT_USER,
                                             .user = { SLICE_INIT("example.test"), SLICE_INIT("alice"),
                                                       SLICE_INIT("0123"), SLICE_INIT("4567"), SLICE_INIT("89ab"),
                                                       UINT64_MAX, UINT64_C(1) << 63 } };
static const struct store_change realm   = { .kind  = STORE_PUT_SETTING,
                                             .name  = SLICE_INIT("realm"),
                                             .value = SLICE_INIT("it's \"one\"") };
static const struct store_change binding = { .kind    = STORE_PUT_BINDING,
                                             .binding = { .row         = UINT64_C(1) << 40,
                                                          .aor         = SLICE_INIT("sip:alice@example.test"),
                                                          .contact     = SLICE_INIT("sip:alice@192.0.2.1"),
                                                          .params      = SLICE_INIT(";+sip.instance=\"<x>\""),
                                                          .call_id     = SLICE_INIT("call"),
                                                          .user_agent  = SLICE_INIT("phone"),
                                                          .path        = SLICE_INIT("<sip:edge;lr>"),
                                                          .flow        = SLICE_INIT("udp 192.0.2.1:5060"),
                                                          .cseq        = UINT32_MAX,
                                                          .q           = 700,
                                                          .expires_at  = UINT64_C(1700000000001),
                                                          .lease_until = UINT64_C(1700000000002),
                                                          .outbound    = true,
                                                          .gruu        = UINT64_C(1) << 39 } };

static const struct store_change ban = { .kind = STORE_PUT_BAN,
                                         .ban  = { SLICE_INIT("2001:db8::/32"), true, 3, UINT64_C(1700000000001),
                                                   UINT64_MAX, SLICE_INIT("it's a nuisance") } };

static unsigned users, bindings, settings, bans;
static uint64_t counted;

static struct store_sizes sized;

static void on_user(void *arg, const struct stored_user *u)
{
    (void)arg;
    users++;
    CHECK_SLICE("example.test", u->domain);
    CHECK_SLICE("alice", u->name);
    CHECK_SLICE("0123", u->ha1_md5);
    CHECK_SLICE("4567", u->ha1_sha256);
    CHECK_SLICE("89ab", u->ha1_sha512_256);
    CHECK(u->userhash_sha256 == UINT64_MAX);
    CHECK(u->userhash_sha512_256 == UINT64_C(1) << 63);
}

static void on_binding(void *arg, const struct stored_binding *b)
{
    (void)arg;
    bindings++;
    CHECK(b->row == UINT64_C(1) << 40);
    CHECK_SLICE("sip:alice@example.test", b->aor);
    CHECK_SLICE("sip:alice@192.0.2.1", b->contact);
    CHECK_SLICE(";+sip.instance=\"<x>\"", b->params);
    CHECK_SLICE("call", b->call_id);
    CHECK_SLICE("phone", b->user_agent);
    CHECK_SLICE("<sip:edge;lr>", b->path);
    CHECK_SLICE("udp 192.0.2.1:5060", b->flow);
    CHECK(b->cseq == UINT32_MAX);
    CHECK_INT(700, b->q);
    CHECK(b->expires_at == UINT64_C(1700000000001));
    CHECK(b->lease_until == UINT64_C(1700000000002));
    CHECK(b->outbound);
    CHECK(b->gruu == UINT64_C(1) << 39);
}

static void on_setting(void *arg, struct slice name, struct slice value)
{
    (void)arg;
    settings++;
    CHECK_SLICE("realm", name);
    CHECK_SLICE("it's \"one\"", value);
}

static void on_ban(void *arg, const struct stored_ban *b)
{
    (void)arg;
    bans++;
    CHECK_SLICE("2001:db8::/32", b->network);
    CHECK_SLICE("it's a nuisance", b->reason);
    CHECK(b->datagrams_only);
    CHECK_INT(3, b->strikes);
    CHECK(b->since == UINT64_C(1700000000001) && b->until == UINT64_MAX);
}

static void on_sizes(void *arg, const struct store_sizes *sizes)
{
    (void)arg;
    counted = sizes->users;
    sized   = *sizes;
}

static void count(void)
{
    const struct store_loader loader = { on_user, on_binding, on_setting, on_sizes, on_ban, NULL, NULL };

    users = bindings = settings = bans = 0;
    CHECK_INT(0, sqlite_file_load(file, 0, &loader));
    CHECK_INT(users, counted);
    CHECK_INT(bindings, sized.bindings);
    CHECK(!sized.aliases);
}

TEST(what_is_put_is_read_as_it_was_and_what_is_deleted_is_gone)
{
    struct store_change gone = binding;

    setup();
    apply(&alice);
    apply(&alice); /* he is one */
    apply(&realm);
    apply(&ban);
    apply(&ban);
    apply(&binding);
    apply(&binding); /* the same row once more: in its place */
    count();
    CHECK_INT(1, users);
    CHECK_INT(1, bindings);
    CHECK_INT(1, settings);
    CHECK_INT(1, bans);
    gone.kind = STORE_DELETE_BINDING;
    apply(&gone);
    gone      = alice;
    gone.kind = STORE_DELETE_USER;
    apply(&gone);
    gone      = ban;
    gone.kind = STORE_DELETE_BAN;
    apply(&gone);
    count();
    CHECK_INT(0, bans);
    CHECK_INT(0, users);
    CHECK_INT(0, bindings);
    CHECK_INT(1, settings);
    teardown();
}

TEST(a_binding_for_which_there_is_no_memory_is_written_when_there_is)
{
    setup();
    CHECK_INT(0, sqlite_file_begin(file));
    alloc_fail_at(1);
    CHECK_INT(-ERR_NO_MEMORY, sqlite_file_apply(file, &binding));
    alloc_fail_at(0);
    sqlite_file_rollback(file);
    count();
    CHECK_INT(0, bindings);
    apply(&binding);
    count();
    CHECK_INT(1, bindings);
    teardown();
}

/* ---- leases ---- */

static void put_one(uint64_t row, uint64_t lease_until)
{
    struct store_change c = { .kind = STORE_PUT_BINDING, .binding = { .row = row, .lease_until = lease_until } };

    apply(&c);
}

static void count_row(void *arg, const struct stored_binding *b)
{
    (void)b;
    ++*(unsigned *)arg;
}

static unsigned rows_at(uint64_t wall)
{
    unsigned            rows   = 0;
    struct store_loader loader = { .on_binding = count_row, .arg = &rows };

    CHECK_INT(0, sqlite_file_load(file, wall, &loader));
    return rows;
}

/* A clock that is set right after the start brings it back. */
TEST(a_binding_is_forgotten_a_day_after_its_lease)
{
    const uint64_t lease = UINT64_C(1700000000000), day = 86400000;

    setup();
    put_one(1, lease);
    put_one(2, lease + 10 * day);
    CHECK_INT(1, rows_at(lease + day));
    CHECK_INT(2, rows_at(lease - 1));
    CHECK_INT(1, rows_at(lease + day + 1));
    CHECK_INT(1, rows_at(lease - 1));
    CHECK_INT(1, rows_at(0));
    teardown();
}

/* ---- what cannot be used ---- */

static uint64_t damaged_row;

static void note_damaged(void *arg, uint64_t row)
{
    CHECK(arg == &bindings);
    damaged_row = row;
}

TEST(a_row_that_is_none_of_ours_is_left_out_and_said_and_stays_in_the_file)
{
    const struct store_loader loader = { .on_binding = count_row, .on_damaged = note_damaged, .arg = &bindings };
    sqlite3                  *db;

    setup();
    put_one(1, 2000);
    put_one(3, 2000);
    db = sqlite_file_connection(file);
    CHECK_INT(SQLITE_OK, sqlite3_exec(db, "INSERT INTO binding VALUES(2,2000,x'0203')", NULL, NULL, NULL));
    for (int i = 0; i < 2; i++) {
        bindings    = 0;
        damaged_row = 0;
        CHECK_INT(0, sqlite_file_load(file, 0, &loader));
        CHECK_INT(2, bindings);
        CHECK_INT(2, damaged_row);
    }
    teardown();
}

TEST(who_does_not_want_to_hear_of_a_row_that_is_none_of_ours_gets_an_error)
{
    const struct store_loader loader = { .on_binding = count_row, .arg = &bindings };
    sqlite3                  *db;

    setup();
    put_one(1, 2000);
    db = sqlite_file_connection(file);
    CHECK_INT(SQLITE_OK, sqlite3_exec(db, "INSERT INTO binding VALUES(2,2000,x'0203')", NULL, NULL, NULL));
    CHECK_INT(-ERR_CORRUPT, sqlite_file_load(file, 0, &loader));
    CHECK_INT(SQLITE_OK, sqlite3_exec(db, "UPDATE binding SET packed=x''", NULL, NULL, NULL));
    CHECK_INT(-ERR_CORRUPT, sqlite_file_load(file, 0, &loader));
    CHECK_INT(0, sqlite_file_load(file, 2000, &loader)); /* nobody wants it any more */
    teardown();
}

TEST(tables_of_another_shape_are_not_supported)
{
    struct sqlite_rows rows = { 0 };
    sqlite3           *db;

    CHECK_INT(SQLITE_OK, sqlite3_open(":memory:", &db));
    CHECK_INT(SQLITE_OK, sqlite3_exec(db, "CREATE TABLE binding(row INTEGER PRIMARY KEY)", NULL, NULL, NULL));
    CHECK_INT(-ERR_UNSUPPORTED, sqlite_rows_prepare(&rows, db));
    sqlite_rows_finalize(&rows);
    CHECK_INT(SQLITE_OK, sqlite3_close(db));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_put_is_read_as_it_was_and_what_is_deleted_is_gone),
        cmocka_unit_test(a_binding_for_which_there_is_no_memory_is_written_when_there_is),
        cmocka_unit_test(a_binding_is_forgotten_a_day_after_its_lease),
        cmocka_unit_test(a_row_that_is_none_of_ours_is_left_out_and_said_and_stays_in_the_file),
        cmocka_unit_test(who_does_not_want_to_hear_of_a_row_that_is_none_of_ours_gets_an_error),
        cmocka_unit_test(tables_of_another_shape_are_not_supported),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
