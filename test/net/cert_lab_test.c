/* SPDX-License-Identifier: BSD-2-Clause */
#include "net/cert_lab.h"

#include "base/buf.h"
#include "base/error.h"
#include "net/cert_file.h"
#include "net/cert_read.h"
#include "support/alloc.h"
#include "support/temp_folder.h"
#include "support/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { T0 = 1700000000, DAY = 86400 };

static struct temp_folder      temp;
static struct cert_lab_options options;
static char                    problem[512];

static int begin(void **state)
{
    (void)state;
    temp_folder_init(&temp);
    options    = (struct cert_lab_options){ .now        = T0,
                                            .seconds    = (uint64_t)100 * DAY,
                                            .ca_seconds = (uint64_t)1000 * DAY,
                                            .ca_name    = SLICE("Test lab"),
                                            .algorithm  = CERT_ED25519 };
    problem[0] = '\0';
    return 0;
}

static int end(void **state)
{
    (void)state;
    temp_folder_fini(&temp);
    return 0;
}

static int open_lab(struct cert_lab *lab)
{
    return cert_lab_open(lab, temp.path, &options, problem, sizeof problem);
}

/* One certificate by a lab that is opened and closed for it. */
static int make(const char *who, struct cert_lab_made *made)
{
    struct cert_lab lab;
    int             error = open_lab(&lab);

    if (error == 0)
        error = cert_lab_make(&lab, slice_from(who), made, problem, sizeof problem);
    cert_lab_close(&lab);
    return error;
}

static void read_file(const char *name, struct cert_facts **list, size_t *count)
{
    char   path[128];
    char  *text;
    size_t len;

    CHECK_INT(0, cert_read_text(temp_folder_file(&temp, name, path), &text, &len));
    CHECK_INT(0, cert_list_read((struct slice){ text, len }, list, count));
    free(text);
}

static void check_names(const char *file, const char *want)
{
    struct cert_facts *list;
    size_t             count;
    char               memory[512];
    struct buf         all = BUF_ON(memory);

    read_file(file, &list, &count);
    for (size_t i = 0; i < list[0].name_count; i++)
        buf_printf(&all, "%s%.*s", i == 0 ? "" : " ", SLICE_ARG(list[0].names[i]));
    CHECK_SLICE(want, buf_slice(&all));
    cert_list_free(list, count);
}

static unsigned mode_of(const char *name)
{
    char        path[128];
    struct stat st;

    CHECK_INT(0, stat(temp_folder_file(&temp, name, path), &st));
    return st.st_mode & 07777;
}

/* RFC 5922 7.1 */
TEST(a_domain_a_user_and_an_address_get_the_names_that_they_are_known_by)
{
    struct cert_lab_made made;

    CHECK_INT(0, make("biloxi.example", &made));
    CHECK_INT(0, make("192.0.2.9", &made));
    CHECK_INT(0, make("2001:db8::9", &made));
    CHECK_INT(0, make("alice@biloxi.example", &made));
    check_names("biloxi.example.pem", "DNS:biloxi.example URI:sip:biloxi.example");
    check_names("192.0.2.9.pem", "URI:sip:192.0.2.9 IP:192.0.2.9");
    check_names("2001:db8::9.pem", "URI:sip:[2001:db8::9] IP:2001:db8::9");
    check_names("alice@biloxi.example.pem", "URI:sip:alice@biloxi.example");
}

TEST(further_names_and_addresses_are_every_domains_and_no_users)
{
    static const struct slice names[] = { SLICE_INIT("sip.biloxi.example"), SLICE_INIT("localhost") };
    static const struct slice ips[]   = { SLICE_INIT("127.0.0.1") };
    struct cert_lab_made      made;

    options.names      = names;
    options.name_count = 2;
    options.ips        = ips;
    options.ip_count   = 1;
    CHECK_INT(0, make("biloxi.example", &made));
    CHECK_INT(0, make("alice@biloxi.example", &made));
    check_names("biloxi.example.pem", "DNS:biloxi.example DNS:sip.biloxi.example DNS:localhost URI:sip:biloxi.example "
                                      "URI:sip:sip.biloxi.example URI:sip:localhost IP:127.0.0.1");
    check_names("alice@biloxi.example.pem", "URI:sip:alice@biloxi.example");
}

TEST(the_ca_is_made_once_and_used_again)
{
    struct cert_lab      first, second;
    struct cert_facts   *list;
    size_t               count;
    struct cert_lab_made made;

    CHECK_INT(0, open_lab(&first));
    CHECK(first.ca_is_new);
    CHECK_INT(0, open_lab(&second));
    CHECK(!second.ca_is_new);
    assert_string_equal(first.ca.certificate, second.ca.certificate);
    CHECK_INT(T0 + 1000 * DAY, second.ca_ends);
    CHECK_INT(0, cert_lab_make(&second, SLICE("biloxi.example"), &made, problem, sizeof problem));
    read_file("biloxi.example.pem", &list, &count);
    CHECK_SLICE("CN=Test lab", list[0].issuer);
    CHECK_INT(T0 + 100 * DAY, list[0].not_after);
    cert_list_free(list, count);
    cert_lab_close(&first);
    cert_lab_close(&second);
}

TEST(every_key_is_its_owners_alone)
{
    struct cert_lab_made made;

    CHECK_INT(0, make("biloxi.example", &made));
    CHECK(made.both[0] == '\0' && !made.is_user);
    CHECK_INT(0, make("alice@biloxi.example", &made));
    CHECK(made.is_user);
    CHECK_INT(0600, mode_of("ca.key"));
    CHECK_INT(0600, mode_of("biloxi.example.key"));
    CHECK_INT(0600, mode_of("alice@biloxi.example.key"));
    CHECK_INT(0600, mode_of("alice@biloxi.example.both.pem"));
    CHECK_INT(0644, mode_of("biloxi.example.pem"));
}

TEST(what_is_there_stays_unless_it_is_to_be_replaced_and_the_ca_stays_always)
{
    struct cert_lab_made made;
    struct cert_pair     before, after;
    char                 certificate[128], key[128];

    CHECK_INT(0, make("biloxi.example", &made));
    temp_folder_file(&temp, "biloxi.example.pem", certificate);
    temp_folder_file(&temp, "biloxi.example.key", key);
    CHECK_INT(0, cert_read_pair(certificate, key, &before));
    CHECK_INT(-ERR_EXISTS, make("biloxi.example", &made));
    CHECK(strstr(problem, "biloxi.example.pem: exists already; --force replaces it") != NULL);
    options.replace = true;
    CHECK_INT(0, make("biloxi.example", &made));
    CHECK_INT(0, cert_read_pair(certificate, key, &after));
    CHECK(strcmp(before.key, after.key) != 0);
    cert_pair_free(&before);
    cert_pair_free(&after);
    options.ca_name = SLICE("another");
    CHECK_INT(0, make("atlanta.example", &made));
    CHECK_INT(T0 + 100 * DAY, made.not_after);
}

TEST(a_certificate_ends_with_its_ca_at_the_latest)
{
    struct cert_lab_made made;

    CHECK_INT(0, make("biloxi.example", &made));
    CHECK(!made.is_cut);
    options.now += (uint64_t)950 * DAY;
    CHECK_INT(0, make("atlanta.example", &made));
    CHECK(made.is_cut);
    CHECK_INT(T0 + 1000 * DAY, made.not_after);
}

TEST(a_ca_that_has_ended_signs_nothing)
{
    struct cert_lab_made made;

    CHECK_INT(0, make("biloxi.example", &made));
    options.now += (uint64_t)1000 * DAY + 1;
    CHECK_INT(-ERR_TIMEOUT, make("atlanta.example", &made));
    CHECK(strstr(problem, "ca.pem: the CA has ended") != NULL);
}

TEST(half_a_ca_is_not_made_whole_by_force)
{
    struct cert_lab_made made;
    char                 path[128];

    options.replace = true;
    CHECK_INT(0, make("biloxi.example", &made));
    CHECK_INT(0, unlink(temp_folder_file(&temp, "ca.key", path)));
    CHECK_INT(-ERR_NOT_FOUND, make("biloxi.example", &made));
    CHECK(strstr(problem, "ca.key: not found") != NULL);
}

TEST(a_certificate_that_is_no_cas_signs_nothing)
{
    struct cert_lab_made made;
    struct cert_pair     pair;
    char                 certificate[128], key[128];

    CHECK_INT(0, make("biloxi.example", &made));
    CHECK_INT(0, cert_read_pair(temp_folder_file(&temp, "biloxi.example.pem", certificate),
                                temp_folder_file(&temp, "biloxi.example.key", key), &pair));
    CHECK_INT(0, cert_write(&pair, temp_folder_file(&temp, "ca.pem", certificate),
                            temp_folder_file(&temp, "ca.key", key), true));
    cert_pair_free(&pair);
    CHECK_INT(-ERR_CORRUPT, make("atlanta.example", &made));
    CHECK(strstr(problem, "ca.pem: this certificate is no CA's") != NULL);
}

TEST(a_name_that_could_be_a_path_or_no_name_is_refused)
{
    static const char *const bad[] = { "",     "../x", "a/b",         "a b@x",       "/etc/x", "a@",      "@a.example",
                                       "b..c", "ca",   "*.a.example", ".@a.example", "a@b@c",  "a/b@c.d", "a%b@c.d" };
    struct cert_lab_made     made;

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        CHECK_INT(-ERR_SYNTAX, make(bad[i], &made));
}

TEST(without_memory_it_is_said_and_nothing_leaks)
{
    struct cert_lab_made made;

    options.replace = true;
    CHECK_INT(0, make("alice@biloxi.example", &made));
    for (unsigned n = 1;; n++) {
        int error;

        alloc_fail_at(n);
        error = make("alice@biloxi.example", &made);
        if (!alloc_failed()) {
            CHECK_INT(0, error);
            break;
        }
        CHECK_INT(-ERR_NO_MEMORY, error);
    }
    alloc_fail_at(0);
}

#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_FOLDER(a_domain_a_user_and_an_address_get_the_names_that_they_are_known_by),
        IN_FOLDER(further_names_and_addresses_are_every_domains_and_no_users),
        IN_FOLDER(the_ca_is_made_once_and_used_again),
        IN_FOLDER(every_key_is_its_owners_alone),
        IN_FOLDER(what_is_there_stays_unless_it_is_to_be_replaced_and_the_ca_stays_always),
        IN_FOLDER(a_certificate_ends_with_its_ca_at_the_latest),
        IN_FOLDER(a_ca_that_has_ended_signs_nothing),
        IN_FOLDER(half_a_ca_is_not_made_whole_by_force),
        IN_FOLDER(a_certificate_that_is_no_cas_signs_nothing),
        IN_FOLDER(a_name_that_could_be_a_path_or_no_name_is_refused),
        IN_FOLDER(without_memory_it_is_said_and_nothing_leaks),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
