/* SPDX-License-Identifier: BSD-2-Clause */
/* A file that an older version made: all its rows are there, and the next opening finds
 * the new tables. */
#include "store/sqlite_file.h"

#include "support/temp_folder.h"
#include "support/test.h"
#include "support/version_1.h"

#include <sqlite3.h>

/* As version 1 wrote it. */
static const char version_1[] = VERSION_1_TABLES
    "INSERT INTO user VALUES('example.test','alice','0123','4567');"
    "INSERT INTO user VALUES('example.test','bob','89ab','cdef');"
    "INSERT INTO setting VALUES('realm','example.test');"
    "INSERT INTO binding VALUES(7,'sip:alice@example.test','sip:alice@192.0.2.1',';+sip.instance=\"<urn:uuid:1>\"',"
    "'call','phone','<sip:edge;lr>','udp 192.0.2.1:5060',42,700,1700000000001,1700000000002);"
    "INSERT INTO binding VALUES(8,'sip:bob@example.test','sip:bob@192.0.2.2','','other','','','',1,1000,"
    "1700000000003,1700000000004);"
    "PRAGMA user_version=1;";

struct bench {
    struct temp_folder  folder;
    char                path[128], problem[1024];
    struct sqlite_file *file;
    unsigned            users, bindings, settings, bans;
};

static struct bench b;

static void make_file(const char *text)
{
    sqlite3 *db;

    b = (struct bench){ 0 };
    temp_folder_init(&b.folder);
    temp_folder_file(&b.folder, "ahoy.db", b.path);
    CHECK_INT(SQLITE_OK, sqlite3_open(b.path, &db));
    CHECK_INT(SQLITE_OK, sqlite3_exec(db, text, NULL, NULL, NULL));
    CHECK_INT(SQLITE_OK, sqlite3_close(db));
}

static void on_user(void *arg, const struct stored_user *u)
{
    (void)arg;
    b.users++;
    CHECK_SLICE("example.test", u->domain);
    CHECK_SLICE(slice_eq(u->name, SLICE("alice")) ? "0123" : "89ab", u->ha1_md5);
}

static void on_binding(void *arg, const struct stored_binding *x)
{
    (void)arg;
    b.bindings++;
    CHECK(!x->outbound && x->gruu == 0);
    if (x->row != 7)
        return;
    CHECK_SLICE("sip:alice@example.test", x->aor);
    CHECK_SLICE("sip:alice@192.0.2.1", x->contact);
    CHECK_SLICE(";+sip.instance=\"<urn:uuid:1>\"", x->params);
    CHECK_SLICE("call", x->call_id);
    CHECK_SLICE("phone", x->user_agent);
    CHECK_SLICE("<sip:edge;lr>", x->path);
    CHECK_SLICE("udp 192.0.2.1:5060", x->flow);
    CHECK_INT(42, x->cseq);
    CHECK_INT(700, x->q);
    CHECK(x->expires_at == UINT64_C(1700000000001) && x->lease_until == UINT64_C(1700000000002));
}

static void on_setting(void *arg, struct slice name, struct slice value)
{
    (void)arg;
    b.settings++;
    CHECK_SLICE("realm", name);
    CHECK_SLICE("example.test", value);
}

static void on_sizes(void *arg, const struct store_sizes *sizes)
{
    (void)arg;
    CHECK_INT(2, sizes->users);
}

static void on_ban(void *arg, const struct stored_ban *ban)
{
    (void)arg;
    (void)ban;
    b.bans++;
}

static void open_and_count(void)
{
    const struct store_loader loader = { on_user, on_binding, on_setting, on_sizes, on_ban, NULL, NULL };

    b.users = b.bindings = b.settings = 0;
    CHECK_INT(0, sqlite_file_open(b.path, &b.file, b.problem, sizeof b.problem));
    CHECK(b.problem[0] == '\0');
    CHECK_INT(0, sqlite_file_load(b.file, 0, &loader));
    sqlite_file_close(b.file);
}

TEST(a_file_of_version_1_keeps_its_rows)
{
    make_file(version_1);
    for (int i = 0; i < 2; i++) {
        open_and_count();
        CHECK_INT(2, b.users);
        CHECK_INT(2, b.bindings);
        CHECK_INT(1, b.settings);
        CHECK_INT(0, b.bans);
    }
    temp_folder_fini(&b.folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_of_version_1_keeps_its_rows),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
