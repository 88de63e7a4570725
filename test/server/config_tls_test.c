/* SPDX-License-Identifier: BSD-2-Clause */
/* What ahoy.conf says about TLS, down to the files. */
#include "server/config_tls.h"

#include "base/error.h"
#include "net/cert_file.h"
#include "support/temp_folder.h"
#include "support/test.h"
#include "support/tls_lab.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static struct tls_lab       lab;
static struct temp_folder   temp;
static const struct config *config;
static char                 said[2048];

static int begin(void **state)
{
    struct cert_wish a, b;
    struct cert_pair pair;
    char             chain[128], key[128];

    (void)state;
    tls_lab_init(&lab);
    temp_folder_init(&temp);
    a    = tls_lab_wish(&lab, "a.example");
    pair = tls_lab_issue(&lab, &a);
    CHECK_INT(0,
              cert_write(&pair, temp_folder_file(&temp, "a.pem", chain), temp_folder_file(&temp, "a.key", key), false));
    cert_pair_free(&pair);
    b    = tls_lab_wish(&lab, "b.example");
    pair = tls_lab_issue(&lab, &b);
    CHECK_INT(0,
              cert_write(&pair, temp_folder_file(&temp, "b.pem", chain), temp_folder_file(&temp, "b.key", key), false));
    cert_pair_free(&pair);
    CHECK_INT(0, cert_write_text(temp_folder_file(&temp, "ca.pem", chain), lab.ca.certificate, 0644, false));
    return 0;
}

static int end(void **state)
{
    (void)state;
    config_free(config);
    config = NULL;
    temp_folder_fini(&temp);
    tls_lab_fini(&lab);
    return 0;
}

static void note(void *arg, const char *text)
{
    (void)arg;
    strncat(said, text, sizeof said - strlen(said) - 1);
    strncat(said, "\n", sizeof said - strlen(said) - 1);
}

/* "@" in `text` stands for the folder. */
static void read_config(const char *text)
{
    char       memory[2048];
    struct buf b = BUF_ON(memory);

    for (; *text != '\0'; text++)
        if (*text == '@')
            buf_put(&b, slice_from(temp.path));
        else
            buf_put_byte(&b, *text);
    config_free(config);
    said[0] = '\0';
    CHECK_INT(0, config_parse(buf_slice(&b), "t.conf", note, NULL, &config));
}

static uint64_t now(void)
{
    return world_wall(lab.world) / 1000;
}

static void check_problem(const char *text, int error, const char *want)
{
    struct tls_keys *keys;
    char             problem[CONFIG_TLS_PROBLEM], memory[512];
    struct buf       b = BUF_ON(memory);

    read_config(text);
    CHECK_INT(error, config_tls_load(config, NULL, now(), NULL, &keys, problem, sizeof problem));
    for (; *want != '\0'; want++)
        if (*want == '@')
            buf_put(&b, slice_from(temp.path));
        else
            buf_put_byte(&b, *want);
    assert_string_equal(buf_cstr(&b), problem);
}

TEST(certificates_are_read_in_their_order)
{
    struct tls_keys *keys;
    char             problem[CONFIG_TLS_PROBLEM];

    read_config("certificate \"A.example\" { chain = \"@/a.pem\" key = \"@/a.key\" }\n"
                "certificate \"*.b.example\" { chain = \"@/b.pem\" key = \"@/b.key\" }\n"
                "certificate \"*\" { chain = \"@/b.pem\" key = \"@/b.key\" }\n"
                "tls_trust = \"@/ca.pem\"\ntls_clients = required\ntls_min_version = 1.3\n");
    CHECK_INT(3, config->certificate_count);
    CHECK_SLICE("a.example", config->certificates[0].domain);
    CHECK_INT(TLS_CLIENTS_REQUIRED, config_tls_clients(config));
    CHECK_INT(0, config_tls_load(config, NULL, now(), NULL, &keys, problem, sizeof problem));
    CHECK_INT(3, tls_keys_count(keys));
    CHECK_SLICE("a.example", tls_keys_entry(keys, 0).domain);
    CHECK_SLICE("*.b.example", tls_keys_entry(keys, 1).domain);
    CHECK_SLICE("", tls_keys_entry(keys, 2).domain);
    tls_keys_drop(keys);
}

TEST(without_certificates_there_is_the_fallback_or_none)
{
    struct tls_keys       *keys;
    char                   problem[CONFIG_TLS_PROBLEM];
    struct cert_wish       wish = tls_lab_wish(&lab, "self.example");
    struct cert_pair       pair = tls_lab_issue(&lab, &wish);
    struct tls_certificate own  = { .domain = "", .chain_text = pair.certificate, .key_text = pair.key };

    read_config("tls_trust = \"@/ca.pem\"\n");
    CHECK_INT(0, config_tls_load(config, NULL, now(), NULL, &keys, problem, sizeof problem));
    CHECK_INT(0, tls_keys_count(keys));
    tls_keys_drop(keys);
    CHECK_INT(0, config_tls_load(config, &own, now(), NULL, &keys, problem, sizeof problem));
    CHECK_INT(1, tls_keys_count(keys));
    tls_keys_drop(keys);
    cert_pair_free(&pair);
}

/* What is wrong, in which file, and which line of the configuration names it. */
TEST(problems_name_the_line_and_the_file)
{
    char path[128];

    check_problem("\ncertificate \"a\" { chain = \"@/none.pem\" key = \"@/a.key\" }\n", -ERR_NOT_FOUND,
                  "t.conf:2: certificate @/none.pem: there is no such file");
    check_problem("certificate \"a\" { chain = \"@/a.pem\" key = \"@/a.key\" }\n"
                  "certificate \"b\" { chain = \"@/b.pem\" key = \"@/a.key\" }\n",
                  -ERR_CORRUPT, "t.conf:2: key @/a.key does not belong to certificate @/b.pem");
    check_problem("\n\ntls_trust = \"@/a.key\"\n", -ERR_CORRUPT,
                  "t.conf:3: tls_trust: trusted certificates @/a.key: there is no certificate in it (PEM: -----BEGIN "
                  "CERTIFICATE-----)");
    check_problem("tls_ciphers = AES128-SHA\n", -ERR_UNSUPPORTED,
                  "t.conf:1: tls_ciphers: AES128-SHA is too weak: only ciphers with ECDHE and AEAD are used");
    CHECK_INT(0, chmod(temp_folder_file(&temp, "a.key", path), 0644));
    check_problem("certificate \"a\" { chain = \"@/a.pem\" key = \"@/a.key\" }\n", -ERR_PERMISSION,
                  "t.conf:1: key @/a.key: others may read or change it (mode 644): chmod 600 it, or 640 for a group");
}

TEST(an_expired_certificate_is_refused_only_where_time_is_looked_at)
{
    struct tls_keys *keys;
    char             problem[CONFIG_TLS_PROBLEM];

    network_step_wall(lab.network, 20LL * 86400 * 1000);
    check_problem("certificate \"a\" { chain = \"@/a.pem\" key = \"@/a.key\" }\n", -ERR_TIMEOUT,
                  "t.conf:1: certificate @/a.pem has expired on 2026-01-10");
    CHECK_INT(0, config_tls_load(config, NULL, 0, NULL, &keys, problem, sizeof problem));
    tls_keys_drop(keys);
}

TEST(a_check_goes_on_after_a_problem)
{
    read_config("certificate \"a\" { chain = \"@/none.pem\" key = \"@/a.key\" }\n"
                "certificate \"b\" { chain = \"@/b.pem\" key = \"@/b.key\" }\n"
                "certificate \"c\" { chain = \"@/b.pem\" key = \"@/none.key\" }\n"
                "tls_trust = \"@/none\"\n");
    CHECK_INT(-ERR_NOT_FOUND, config_tls_check(config, now(), note, NULL));
    CHECK(strstr(said, "t.conf:4: tls_trust: ") != NULL);
    CHECK(strstr(said, "t.conf:1: certificate ") != NULL);
    CHECK(strstr(said, "t.conf:2: ") == NULL);
    CHECK(strstr(said, "t.conf:3: key ") != NULL);
    read_config("certificate \"b\" { chain = \"@/b.pem\" key = \"@/b.key\" }\ntls_trust = \"@/ca.pem\"\n");
    CHECK_INT(0, config_tls_check(config, now(), note, NULL));
    assert_string_equal("", said);
}

TEST(listeners_say_whether_tls_is_spoken)
{
    read_config("listen = {\"udp:127.0.0.1:5060\", \"ws:127.0.0.1:80\"}\n");
    CHECK(!config_speaks_tls(config));
    read_config("listen = {\"udp:127.0.0.1:5060\", \"wss:127.0.0.1:443\"}\n");
    CHECK(config_speaks_tls(config));
    read_config("listen = {\"tls:127.0.0.1:5061\"}\n");
    CHECK(config_speaks_tls(config));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(certificates_are_read_in_their_order, begin, end),
        cmocka_unit_test_setup_teardown(without_certificates_there_is_the_fallback_or_none, begin, end),
        cmocka_unit_test_setup_teardown(problems_name_the_line_and_the_file, begin, end),
        cmocka_unit_test_setup_teardown(an_expired_certificate_is_refused_only_where_time_is_looked_at, begin, end),
        cmocka_unit_test_setup_teardown(a_check_goes_on_after_a_problem, begin, end),
        cmocka_unit_test_setup_teardown(listeners_say_whether_tls_is_spoken, begin, end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
