/* SPDX-License-Identifier: BSD-2-Clause */
#include "server/self_certificate.h"

#include "base/error.h"
#include "net/cert_file.h"
#include "support/alloc.h"
#include "support/temp_folder.h"
#include "support/test.h"

#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

enum { T0 = 1700000000, DAY = 86400 };

static struct temp_folder      temp;
static struct self_certificate one, two;

static int begin(void **state)
{
    (void)state;
    temp_folder_init(&temp);
    return 0;
}

static int end(void **state)
{
    (void)state;
    self_certificate_free(&one);
    self_certificate_free(&two);
    temp_folder_fini(&temp);
    return 0;
}

/* The server of `text`, whose state is kept in our folder. */
static int get(const char *text, uint64_t now, struct self_certificate *out)
{
    char                 all[1024];
    const struct config *config;
    int                  error;

    snprintf(all, sizeof all, "state = \"%s\"\n%s\n", temp.path, text);
    CHECK_INT(0, config_parse(slice_from(all), "t.conf", NULL, NULL, &config));
    error = self_certificate_get(config, now, out);
    if (error == 0 && out->is_new)
        self_certificate_keep(out);
    config_free(config);
    return error;
}

static const char *path(const char *name)
{
    static char memory[128];

    return temp_folder_file(&temp, name, memory);
}

static unsigned mode_of(const char *name)
{
    struct stat st;

    CHECK_INT(0, stat(path(name), &st));
    return st.st_mode & 07777;
}

TEST(it_is_kept_over_restarts)
{
    CHECK_INT(0, get("domain = a.example", T0, &one));
    CHECK(one.is_new && !one.is_in_memory);
    CHECK_INT(0, get("domain = a.example", T0 + 300 * DAY, &two));
    CHECK(!two.is_new);
    assert_string_equal(one.fingerprint, two.fingerprint);
    assert_string_equal(one.pair.key, two.pair.key);
    CHECK_INT(T0 + (uint64_t)SELF_CERTIFICATE_DAYS * DAY, two.not_after);
}

TEST(its_key_is_the_servers_alone)
{
    CHECK_INT(0, get("domain = a.example", T0, &one));
    CHECK_INT(0700, mode_of("tls"));
    CHECK_INT(0600, mode_of("tls/self.key"));
    CHECK(cert_pair_fits(&one.pair));
}

TEST(it_has_the_names_of_the_domains_and_of_what_is_listened_on_and_advertised)
{
    struct cert_facts *list;
    size_t             count;
    char               memory[512];
    struct buf         all = BUF_ON(memory);

    CHECK_INT(0, get("domain = {A.example, b.example}\nadvertise = \"sip.example:5070\"\n"
                     "listen = {\"udp:0.0.0.0:5060\", \"tcp:192.0.2.1:5060\", \"udp:192.0.2.1:5060\", "
                     "\"tcp:[2001:db8::1]:5060 advertise 198.51.100.7:5060\"}",
                     T0, &one));
    CHECK_INT(0, cert_list_read(slice_from(one.pair.certificate), &list, &count));
    for (size_t i = 0; i < list[0].name_count; i++)
        buf_printf(&all, "%.*s ", SLICE_ARG(list[0].names[i]));
    CHECK_SLICE("DNS:a.example DNS:b.example DNS:sip.example URI:sip:a.example URI:sip:b.example "
                "URI:sip:sip.example IP:192.0.2.1 "
                "IP:2001:db8::1 IP:198.51.100.7 ",
                buf_slice(&all));
    CHECK(list[0].self_signed && !list[0].is_ca);
    cert_list_free(list, count);
    CHECK_INT(0, get("domain = {a.example, b.example}\nadvertise = \"sip.example\"\n"
                     "listen = {\"tcp:[2001:db8::1]:5060 advertise 198.51.100.7\", \"tcp:192.0.2.1:5060\"}",
                     T0, &two));
    CHECK(!two.is_new); /* the same names in another order */
}

TEST(thirty_days_before_its_end_another_one_is_made)
{
    const uint64_t soon = T0 + (uint64_t)(SELF_CERTIFICATE_DAYS - 30) * DAY;

    CHECK_INT(0, get("domain = a.example", T0, &one));
    CHECK_INT(0, get("domain = a.example", soon, &two));
    CHECK(!two.is_new);
    self_certificate_free(&two);
    CHECK_INT(0, get("domain = a.example", soon + 1, &two));
    CHECK(two.is_new && !two.is_in_memory);
    CHECK(strcmp(one.fingerprint, two.fingerprint) != 0);
    CHECK_INT(soon + 1 + (uint64_t)SELF_CERTIFICATE_DAYS * DAY, two.not_after);
}

TEST(a_domain_more_or_less_makes_another_one)
{
    CHECK_INT(0, get("domain = a.example", T0, &one));
    CHECK_INT(0, get("domain = {a.example, b.example}", T0, &two));
    CHECK(two.is_new);
    self_certificate_free(&two);
    CHECK_INT(0, get("domain = a.example", T0, &two));
    CHECK(two.is_new);
}

TEST(a_key_that_is_not_its_own_makes_another_one)
{
    CHECK_INT(0, get("domain = a.example", T0, &one));
    CHECK_INT(0, unlink(path("tls/self.key")));
    CHECK_INT(0, get("domain = a.example", T0, &two));
    CHECK(two.is_new);
    CHECK_INT(0, cert_write_text(path("tls/self.key"), one.pair.key, 0600, true));
    self_certificate_free(&two);
    CHECK_INT(0, get("domain = a.example", T0, &two));
    CHECK(two.is_new);
    CHECK(cert_pair_fits(&two.pair));
}

TEST(where_nothing_can_be_written_it_lives_in_memory_and_says_so)
{
    CHECK_INT(0, cert_write_text(path("tls"), "a file in the way\n", 0600, false));
    CHECK_INT(0, get("domain = a.example", T0, &one));
    CHECK(one.is_new && one.is_in_memory);
    CHECK(cert_pair_fits(&one.pair));
    CHECK(strstr(one.problem, "cannot keep the self-signed certificate in ") == one.problem);
    CHECK_INT(0, get("domain = a.example", T0, &two));
    CHECK(strcmp(one.fingerprint, two.fingerprint) != 0);
}

TEST(without_memory_there_is_none_and_nothing_leaks)
{
    for (unsigned n = 1;; n++) {
        const struct config *config;
        char                 text[128];
        int                  error;

        snprintf(text, sizeof text, "state = \"%s\"\ndomain = a.example\n", temp.path);
        CHECK_INT(0, config_parse(slice_from(text), "t.conf", NULL, NULL, &config));
        alloc_fail_at(n);
        error = self_certificate_get(config, T0, &one);
        if (alloc_failed() && error != 0)
            CHECK_INT(-ERR_NO_MEMORY, error);
        if (error == 0) {
            CHECK(cert_pair_fits(&one.pair));
            self_certificate_keep(&one);
        }
        self_certificate_free(&one);
        config_free(config);
        if (!alloc_failed())
            break;
    }
    alloc_fail_at(0);
}

#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_FOLDER(it_is_kept_over_restarts),
        IN_FOLDER(its_key_is_the_servers_alone),
        IN_FOLDER(it_has_the_names_of_the_domains_and_of_what_is_listened_on_and_advertised),
        IN_FOLDER(thirty_days_before_its_end_another_one_is_made),
        IN_FOLDER(a_domain_more_or_less_makes_another_one),
        IN_FOLDER(a_key_that_is_not_its_own_makes_another_one),
        IN_FOLDER(where_nothing_can_be_written_it_lives_in_memory_and_says_so),
        IN_FOLDER(without_memory_there_is_none_and_nothing_leaks),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
