/* SPDX-License-Identifier: BSD-2-Clause */
#include "console/house.h"

#include "base/error.h"
#include "support/live.h"
#include "support/temp_folder.h"

#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static const struct config *config;
static struct house         house;
static struct temp_folder   temp;
static char                 problem[512], notices[1024];
static unsigned             served;

static void keep_notice(void *arg, const char *text)
{
    (void)arg;
    strncat(notices, text, sizeof notices - strlen(notices) - 1);
}

static void read_config(const char *listen, const char *more)
{
    char text[1024], path[128];

    snprintf(text, sizeof text, "domain = \"a.test\"\nlisten = {%s}\nstate = \"%s\"\n%s", listen,
             temp_folder_file(&temp, "state", path), more);
    CHECK_INT(0, config_parse(slice_from(text), "ahoy.conf", NULL, NULL, &config));
}

static int open_house(unsigned workers)
{
    notices[0] = '\0';
    return house_open(&house, config, workers, keep_notice, NULL, problem, sizeof problem);
}

static void finish(void)
{
    house_close(&house);
    config_free(config);
    config = NULL;
    temp_folder_fini(&temp);
}

static int setup(void **state)
{
    (void)state;
    temp_folder_init(&temp);
    served = 0;
    return 0;
}

TEST(each_address_is_bound_for_each_worker)
{
    read_config("\"udp:127.0.0.1:0\", \"tcp:127.0.0.1:0\"", "");
    CHECK_INT(0, open_house(3));
    CHECK_INT(6, house.descriptors.count);
    CHECK_INT(SOCK_DGRAM, house.descriptors.list[2].type);
    CHECK_INT(2, house.descriptors.list[2].worker);
    CHECK_INT(SOCK_STREAM, house.descriptors.list[3].type);
    finish();
}

TEST(an_address_in_use_is_named_with_what_to_do)
{
    struct descriptors other;
    struct address     local = live_v4(1, 0);
    char               listen[64], want[256];

    descriptors_init(&other);
    CHECK_INT(0, descriptors_bind(&other, SOCK_DGRAM, &local, 1));
    snprintf(listen, sizeof listen, "\"udp:127.0.0.1:%u\"", other.list[0].bound.port);
    snprintf(want, sizeof want,
             "cannot listen on udp 127.0.0.1:%u: address already in use; stop the other program or set listen in the "
             "configuration",
             other.list[0].bound.port);
    read_config(listen, "");
    CHECK_INT(-ERR_IN_USE, open_house(1));
    CHECK_SLICE(want, slice_from(problem));
    descriptors_fini(&other);
    finish();
}

TEST(who_serves_as_root_is_told_so)
{
    read_config("\"udp:127.0.0.1:0\"", "");
    CHECK_INT(0, open_house(1));
    CHECK_SLICE(privilege_is_root() ? "serving as root; set user in the configuration" : "", slice_from(notices));
    CHECK(!house.has_user);
    finish();
}

TEST(a_user_that_does_not_exist_is_an_error_for_root_alone)
{
    read_config("\"udp:127.0.0.1:0\"", "user = \"no-such-one\"\n");
    if (privilege_is_root()) {
        CHECK_INT(-ERR_NOT_FOUND, open_house(1));
        CHECK_SLICE("there is no user no-such-one on this host", slice_from(problem));
    } else {
        CHECK_INT(0, open_house(1));
        CHECK_SLICE("user is ignored: only root can become somebody else", slice_from(notices));
    }
    finish();
}

TEST(the_state_is_made_for_the_user_and_nobody_else)
{
    struct stat st;
    char        path[128];

    if (!privilege_is_root())
        skip();
    read_config("\"udp:127.0.0.1:0\"", "user = \"nobody\"\n");
    CHECK_INT(0, open_house(1));
    CHECK_INT(0, stat(temp_folder_file(&temp, "state", path), &st));
    CHECK_INT(house.user.user, st.st_uid);
    CHECK_INT(0700, st.st_mode & 0777);
    finish();
}

/* Root served before, and a self-signed certificate was made. */
TEST(the_folder_of_the_certificate_is_given_to_the_user_with_its_files)
{
    struct stat st;
    char        path[128];

    if (!privilege_is_root())
        skip();
    CHECK_INT(0, mkdir(temp_folder_file(&temp, "state", path), 0700));
    CHECK_INT(0, mkdir(temp_folder_file(&temp, "state/tls", path), 0700));
    fclose(fopen(temp_folder_file(&temp, "state/tls/self.key", path), "w"));
    read_config("\"udp:127.0.0.1:0\"", "user = \"nobody\"\n");
    CHECK_INT(0, open_house(1));
    CHECK_INT(0, stat(temp_folder_file(&temp, "state/tls", path), &st));
    CHECK_INT(house.user.user, st.st_uid);
    CHECK_INT(0, stat(temp_folder_file(&temp, "state/tls/self.key", path), &st));
    CHECK_INT(house.user.user, st.st_uid);
    finish();
}

static int serve(void *arg, const struct place *place)
{
    CHECK(arg == &served);
    CHECK_INT(1, place->descriptors->count);
    served++;
    return place->child->hearts == NULL ? 7 : 8;
}

/* In a process of its own: it gives up rights for good. */
static int live_alone(void)
{
    const struct house_life life = { .serve = serve, .arg = &served, .alone = true };

    return house_run(&house, &life);
}

TEST(alone_it_serves_in_this_very_process)
{
    int   status;
    pid_t child;

    read_config("\"udp:127.0.0.1:0\"", "");
    CHECK_INT(0, open_house(1));
    child = fork();
    if (child == 0)
        _exit(live_alone());
    CHECK_INT(child, waitpid(child, &status, 0));
    CHECK(WIFEXITED(status));
    CHECK_INT(7, WEXITSTATUS(status));
    finish();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(each_address_is_bound_for_each_worker, setup),
        cmocka_unit_test_setup(an_address_in_use_is_named_with_what_to_do, setup),
        cmocka_unit_test_setup(who_serves_as_root_is_told_so, setup),
        cmocka_unit_test_setup(a_user_that_does_not_exist_is_an_error_for_root_alone, setup),
        cmocka_unit_test_setup(the_state_is_made_for_the_user_and_nobody_else, setup),
        cmocka_unit_test_setup(the_folder_of_the_certificate_is_given_to_the_user_with_its_files, setup),
        cmocka_unit_test_setup(alone_it_serves_in_this_very_process, setup),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
