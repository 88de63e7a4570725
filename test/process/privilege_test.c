/* SPDX-License-Identifier: BSD-2-Clause */
#include "process/privilege.h"

#include "base/error.h"
#include "support/temp_folder.h"
#include "support/test.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static struct identity nobody;
static char            problem[256];

static void need_root(void)
{
    if (!privilege_is_root())
        skip();
    CHECK_INT(0, identity_find(SLICE("nobody"), SLICE(""), &nobody, problem, sizeof problem));
}

/* In a process of its own: there is no way back. */
static void check_in_child(int (*fn)(void))
{
    int   status;
    pid_t child = fork();

    if (child == 0)
        _exit(fn());
    CHECK_INT(child, waitpid(child, &status, 0));
    CHECK(WIFEXITED(status));
    CHECK_INT(0, WEXITSTATUS(status));
}

TEST(a_user_is_found_by_name_and_by_number)
{
    struct identity name, number;

    CHECK_INT(0, identity_find(SLICE("root"), SLICE(""), &name, problem, sizeof problem));
    CHECK_INT(0, name.user);
    CHECK_INT(0, identity_find(SLICE("0"), SLICE("12345"), &number, problem, sizeof problem));
    CHECK_INT(0, number.user);
    CHECK_INT(12345, number.group);
    CHECK_SLICE("root", slice_from(number.name));
}

TEST(who_is_not_there_is_named)
{
    struct identity who;

    CHECK_INT(-ERR_NOT_FOUND, identity_find(SLICE("no-such-one"), SLICE(""), &who, problem, sizeof problem));
    CHECK_SLICE("there is no user no-such-one on this host", slice_from(problem));
    CHECK_INT(-ERR_NOT_FOUND, identity_find(SLICE("root"), SLICE("no-such"), &who, problem, sizeof problem));
    CHECK_SLICE("there is no group no-such on this host", slice_from(problem));
    CHECK_INT(-ERR_NOT_FOUND, identity_find(SLICE("4294967295"), SLICE(""), &who, problem, sizeof problem));
}

static int drop(void)
{
    gid_t groups[8];
    int   count;

    if (privilege_drop(&nobody) != 0 || getuid() != nobody.user || getegid() != nobody.group)
        return 1;
    count = getgroups(8, groups);
    for (int i = 0; i < count; i++)
        if (groups[i] == 0)
            return 2;
    if (setresuid(0, 0, 0) == 0 || seteuid(0) == 0 || setegid(0) == 0)
        return 3;
    if (privilege_drop(&nobody) != 0) /* it is already */
        return 4;
    return open("/etc/shadow", O_RDONLY) < 0 ? 0 : 5;
}

TEST(another_user_and_no_way_back)
{
    need_root();
    check_in_child(drop);
}

static int drop_as_nobody(void)
{
    struct identity root = { 0, 0, "root" };

    return privilege_drop(&nobody) == 0 && privilege_drop(&root) == -ERR_PERMISSION ? 0 : 1;
}

TEST(who_is_not_root_becomes_nobody_else)
{
    need_root();
    check_in_child(drop_as_nobody);
}

static int harden(void)
{
    struct rlimit core, files;

    if (privilege_harden(false) != 0 || prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1)
        return 1;
    if (getrlimit(RLIMIT_CORE, &core) != 0 || core.rlim_max != 0)
        return 2;
#if !defined(__SANITIZE_ADDRESS__)
    if (prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) != 0)
        return 3;
#endif
    return getrlimit(RLIMIT_NOFILE, &files) == 0 && files.rlim_cur == files.rlim_max ? 0 : 4;
}

TEST(a_hardened_process_gains_no_rights_and_leaves_no_core)
{
    check_in_child(harden);
}

static int harden_with_core(void)
{
    struct rlimit core, before;

    if (getrlimit(RLIMIT_CORE, &before) != 0 || privilege_harden(true) != 0 || getrlimit(RLIMIT_CORE, &core) != 0)
        return 1;
    return prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) == 1 && core.rlim_cur == before.rlim_max ? 0 : 2;
}

TEST(a_core_dump_may_be_asked_for)
{
    check_in_child(harden_with_core);
}

static void make(const struct temp_folder *t, const char *name)
{
    char path[128];
    int  fd = open(temp_folder_file(t, name, path), O_CREAT | O_WRONLY, 0600);

    CHECK(fd >= 0);
    close(fd);
}

static uid_t owner(const struct temp_folder *t, const char *name)
{
    char        path[128];
    struct stat st;

    CHECK_INT(0, lstat(temp_folder_file(t, name, path), &st));
    return st.st_uid;
}

/* A file with a second name, or behind a link, may be somebody else's. */
TEST(a_folder_is_given_away_with_its_files_and_nothing_else)
{
    struct temp_folder t;
    char               one[128], two[128];

    need_root();
    temp_folder_init(&t);
    make(&t, "ahoy.db");
    make(&t, "theirs");
    CHECK_INT(0, link(temp_folder_file(&t, "theirs", one), temp_folder_file(&t, "second", two)));
    CHECK_INT(0, symlink(one, temp_folder_file(&t, "pointer", two)));
    CHECK_INT(0, mkdir(temp_folder_file(&t, "below", two), 0700));
    CHECK_INT(0, privilege_give(t.path, &nobody));
    CHECK_INT(nobody.user, owner(&t, "."));
    CHECK_INT(nobody.user, owner(&t, "ahoy.db"));
    CHECK_INT(0, owner(&t, "theirs"));
    CHECK_INT(0, owner(&t, "pointer"));
    CHECK_INT(0, owner(&t, "below"));
    temp_folder_fini(&t);
    CHECK_INT(-ERR_NOT_FOUND, privilege_give("/nowhere/at/all", &nobody));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_user_is_found_by_name_and_by_number),
        cmocka_unit_test(who_is_not_there_is_named),
        cmocka_unit_test(another_user_and_no_way_back),
        cmocka_unit_test(who_is_not_root_becomes_nobody_else),
        cmocka_unit_test(a_hardened_process_gains_no_rights_and_leaves_no_core),
        cmocka_unit_test(a_core_dump_may_be_asked_for),
        cmocka_unit_test(a_folder_is_given_away_with_its_files_and_nothing_else),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
