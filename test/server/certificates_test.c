/* SPDX-License-Identifier: BSD-2-Clause */
#include "server/certificates.h"

#include "base/error.h"
#include "net/cert_file.h"
#include "net/cert_lab.h"
#include "net/tls_shared.h"
#include "support/temp_folder.h"
#include "support/test.h"
#include "support/world_fake.h"

#include <stdio.h>
#include <unistd.h>

enum { DAY = 86400 };

static struct temp_folder   temp;
static struct network      *network;
static struct world        *world;
static const struct config *config;
static struct shared       *shared;
static char                 problem[1024];

static int begin(void **state)
{
    (void)state;
    temp_folder_init(&temp);
    network = network_new(1);
    world   = world_fake_new(network_host(network, "server"));
    return 0;
}

static int end(void **state)
{
    (void)state;
    shared_free(shared);
    config_free(config);
    world_fake_free(world);
    network_free(network);
    temp_folder_fini(&temp);
    return 0;
}

/* The shared part of a server of `text`. */
static void make(const char *text)
{
    char all[1024];

    snprintf(all, sizeof all, "domain = a.example\nstate = \"%s\"\n%s\n", temp.path, text);
    CHECK_INT(0, config_parse(slice_from(all), "t.conf", NULL, NULL, &config));
    shared = shared_new(world, config, rcu_single_new(), NULL);
    CHECK(shared != NULL && shared->tls == NULL);
}

static int reload(void)
{
    return shared_reload_certificates(shared, world_wall(world) / 1000, problem, sizeof problem);
}

static size_t count(void)
{
    struct tls_keys *keys = tls_shared_keys(shared->tls);
    size_t           n    = tls_keys_count(keys);

    tls_keys_drop(keys);
    return n;
}

TEST(who_listens_for_tls_without_a_certificate_signs_one_himself)
{
    char path[128];

    make("listen = \"tls:127.0.0.1:5061\"");
    CHECK_INT(0, reload());
    CHECK(tls_shared_can_accept(shared->tls));
    CHECK(shared_self_signed(shared)->is_new);
    assert_string_equal(temp_folder_file(&temp, "tls/self.pem", path), shared_self_signed(shared)->file);
    CHECK_INT(95, strlen(shared_self_signed(shared)->fingerprint));
}

TEST(who_does_not_listen_for_tls_has_none_but_may_connect)
{
    char path[128];

    make("listen = \"udp:127.0.0.1:5060\"");
    CHECK_INT(0, reload());
    CHECK(shared->tls != NULL && !tls_shared_can_accept(shared->tls));
    CHECK(shared_self_signed(shared) == NULL);
    CHECK(access(temp_folder_file(&temp, "tls", path), F_OK) != 0);
}

TEST(a_reload_keeps_the_certificate_until_it_ends_soon_and_new_sessions_get_the_new_one)
{
    char     before[CERT_FINGERPRINT_TEXT];
    uint64_t generation;

    make("listen = \"wss:127.0.0.1:5443\"");
    CHECK_INT(0, reload());
    snprintf(before, sizeof before, "%s", shared_self_signed(shared)->fingerprint);
    CHECK_INT(0, reload());
    CHECK(!shared_self_signed(shared)->is_new);
    assert_string_equal(before, shared_self_signed(shared)->fingerprint);
    generation = tls_shared_generation(shared->tls);
    network_step_wall(network, (int64_t)(SELF_CERTIFICATE_DAYS - 29) * DAY * 1000);
    CHECK_INT(0, reload());
    CHECK(shared_self_signed(shared)->is_new);
    CHECK(strcmp(before, shared_self_signed(shared)->fingerprint) != 0);
    CHECK(tls_shared_generation(shared->tls) > generation);
    CHECK_INT(1, count());
}

TEST(on_a_disk_that_cannot_be_written_it_is_in_memory)
{
    char path[128];

    CHECK_INT(0, cert_write_text(temp_folder_file(&temp, "tls", path), "in the way\n", 0600, false));
    make("listen = \"tls:127.0.0.1:5061\"");
    CHECK_INT(0, reload());
    CHECK(shared_self_signed(shared)->is_in_memory);
    CHECK(strstr(shared_self_signed(shared)->problem, "cannot keep the self-signed certificate") != NULL);
    CHECK(tls_shared_can_accept(shared->tls));
}

/* The file of the one in use is what people compare fingerprints with. */
TEST(what_is_only_read_for_another_configuration_is_not_written)
{
    struct certificates_read other;
    const struct config     *next = NULL;
    char                     text[512], path[128], before[CERT_FINGERPRINT_TEXT];

    make("listen = \"tls:127.0.0.1:5061\"");
    CHECK_INT(0, reload());
    snprintf(before, sizeof before, "%s", shared_self_signed(shared)->fingerprint);
    snprintf(text, sizeof text, "domain = b.example\nstate = \"%s\"\nlisten = \"tls:127.0.0.1:5061\"\n", temp.path);
    CHECK_INT(0, config_parse(slice_from(text), "t.conf", NULL, NULL, &next));
    CHECK_INT(0, certificates_read(shared, next, world_wall(world) / 1000, &other, problem, sizeof problem));
    certificates_drop(&other);
    CHECK_INT(0, reload());
    assert_string_equal(before, shared_self_signed(shared)->fingerprint);
    CHECK_INT(0, certificates_read(shared, next, world_wall(world) / 1000, &other, problem, sizeof problem));
    certificates_use(shared, &other);
    CHECK(shared_self_signed(shared)->is_new && !shared_self_signed(shared)->is_in_memory);
    CHECK(access(temp_folder_file(&temp, "tls/self.pem", path), F_OK) == 0);
    CHECK_INT(0, reload()); /* by the old configuration again */
    CHECK(strcmp(before, shared_self_signed(shared)->fingerprint) != 0);
    config_free(next);
}

/* A certificate of `domain` in our folder, good for so many days. */
static void issue(const char *domain, uint64_t days)
{
    const struct cert_lab_options options = { .now        = world_wall(world) / 1000,
                                              .seconds    = days * DAY,
                                              .ca_seconds = (uint64_t)3000 * DAY,
                                              .ca_name    = SLICE("Lab"),
                                              .replace    = true };
    struct cert_lab               lab;
    struct cert_lab_made          made;

    CHECK_INT(0, cert_lab_open(&lab, temp.path, &options, problem, sizeof problem));
    CHECK_INT(0, cert_lab_make(&lab, slice_from(domain), &made, problem, sizeof problem));
    cert_lab_close(&lab);
}

static void make_with(const char *first, const char *second)
{
    char text[1024];

    snprintf(text, sizeof text,
             "listen = \"tls:127.0.0.1:5061\"\ncertificate \"%s\" { chain = \"%s/%s.pem\" key = \"%s/%s.key\" }\n"
             "certificate \"%s\" { chain = \"%s/%s.pem\" key = \"%s/%s.key\" }\n",
             first, temp.path, first, temp.path, first, second, temp.path, second, temp.path, second);
    make(text);
}

TEST(who_was_given_certificates_uses_them_and_signs_none)
{
    char path[128];

    issue("a.example", 100);
    issue("b.example", 100);
    make_with("a.example", "b.example");
    CHECK_INT(0, reload());
    CHECK_INT(2, count());
    CHECK(shared_self_signed(shared) == NULL);
    CHECK(access(temp_folder_file(&temp, "tls", path), F_OK) != 0);
}

TEST(one_file_that_is_no_good_leaves_all_as_it_was_and_is_named_with_its_line)
{
    uint64_t generation;
    char     path[128];

    issue("a.example", 100);
    issue("b.example", 100);
    make_with("a.example", "b.example");
    CHECK_INT(0, reload());
    generation = tls_shared_generation(shared->tls);
    issue("a.example", 100);
    CHECK_INT(0, unlink(temp_folder_file(&temp, "b.example.key", path)));
    CHECK_INT(-ERR_NOT_FOUND, reload());
    CHECK(strstr(problem, "t.conf:5: ") == problem && strstr(problem, path) != NULL);
    CHECK_INT(generation, tls_shared_generation(shared->tls));
    CHECK_INT(2, count());
}

/* Registrations by UDP are not to suffer from it. */
/* One that is in use stays: it is no reason to refuse all else that a reload has. */
TEST(one_that_has_expired_is_used_at_the_start_and_takes_no_others_place_later)
{
    issue("a.example", 1);
    issue("b.example", 100);
    network_step_wall(network, (int64_t)2 * DAY * 1000);
    make_with("a.example", "b.example");
    CHECK_INT(0, reload());
    CHECK_INT(0, reload());
    issue("a.example", 1);
    network_step_wall(network, (int64_t)2 * DAY * 1000);
    CHECK_INT(-ERR_TIMEOUT, reload());
    issue("a.example", 100);
    CHECK_INT(0, reload());
}

static char     said[1024];
static unsigned lines;

static void note(void *arg, const char *text)
{
    (void)arg;
    snprintf(said, sizeof said, "%s", text);
    lines++;
}

TEST(the_check_of_a_configuration_names_certificates_that_end_soon)
{
    char want[512];

    issue("a.example", 10);
    issue("b.example", 100);
    make_with("a.example", "b.example");
    lines = 0;
    config_report_old_certificates(config, world_wall(world) / 1000, note, NULL);
    CHECK_INT(1, lines);
    snprintf(want, sizeof want, "t.conf:4: %s/a.example.pem: ends in 10 days, on ", temp.path);
    CHECK_INT(0, strncmp(want, said, strlen(want)));
    config_report_old_certificates(config, world_wall(world) / 1000 + 11 * DAY, note, NULL);
    CHECK(strstr(said, "a.example.pem: has ended on ") != NULL);
}

#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_FOLDER(who_listens_for_tls_without_a_certificate_signs_one_himself),
        IN_FOLDER(who_does_not_listen_for_tls_has_none_but_may_connect),
        IN_FOLDER(a_reload_keeps_the_certificate_until_it_ends_soon_and_new_sessions_get_the_new_one),
        IN_FOLDER(on_a_disk_that_cannot_be_written_it_is_in_memory),
        IN_FOLDER(what_is_only_read_for_another_configuration_is_not_written),
        IN_FOLDER(who_was_given_certificates_uses_them_and_signs_none),
        IN_FOLDER(one_file_that_is_no_good_leaves_all_as_it_was_and_is_named_with_its_line),
        IN_FOLDER(one_that_has_expired_is_used_at_the_start_and_takes_no_others_place_later),
        IN_FOLDER(the_check_of_a_configuration_names_certificates_that_end_soon),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
