/* SPDX-License-Identifier: BSD-2-Clause */
/* RFC 3261 11.2: what the server says it can is tried, word by word. */
#include "support/server_bench.h"
#include "support/test.h"

#include <stdio.h>

static struct bench b;

static const char *const configurations[] = {
    "",
    "proxy = false\n",
    "registrar = false\n",
    "proxy = false\nredirect_server = true\n",
    "proxy = false\nredirect_server = true\nregistrar = false\n",
    "proxy = false\nregistrar = false\n",
    "redirect_server = true\n",
};

enum { CONFIGURATIONS = sizeof configurations / sizeof configurations[0] };

static void options(char *headers, size_t size, const char *name, const char *more)
{
    raw_forget(&b.alice);
    raw_ask(&b.alice, &(struct request_form){ .method = "OPTIONS", .more = more });
    bench_live(&b, 50);
    CHECK(raw_last_is(&b.alice, "SIP/2.0 200 "));
    header_of(raw_heard(&b.alice, 0), name, headers, size);
}

static bool is_answered_405(const char *method)
{
    bool is_register = strcmp(method, "REGISTER") == 0;

    raw_forget(&b.alice);
    raw_ask(&b.alice, &(struct request_form){ .method = method,
                                              .uri    = is_register ? "sip:example.test" : "sip:nobody@example.test",
                                              .from   = "<sip:a@far.test>;tag=a",
                                              .branch = method });
    bench_live(&b, 50);
    return b.alice.count > 0 && raw_last_is(&b.alice, "SIP/2.0 405 ");
}

/* Each method that is claimed is no 405; REGISTER, if it is not, is one, and the 405 says the same. */
static void try_allow(const char *configuration)
{
    char  allow[256], again[256];
    char *rest = allow;

    bench_open(&b, configuration);
    options(allow, sizeof allow, "Allow", NULL);
    snprintf(again, sizeof again, "%s", allow);
    CHECK(is_answered_405("REGISTER") == (strstr(allow, "REGISTER") == NULL));
    if (strstr(allow, "REGISTER") == NULL)
        CHECK(strcmp(header_of(raw_heard(&b.alice, 0), "Allow", again, sizeof again), allow) == 0);
    for (char *method = strtok_r(rest, ", ", &rest); method != NULL; method = strtok_r(rest, ", ", &rest))
        if (strcmp(method, "ACK") != 0 && strcmp(method, "CANCEL") != 0)
            CHECK(!is_answered_405(method));
    bench_close(&b);
}

TEST(no_method_that_is_allowed_is_answered_405)
{
    for (size_t i = 0; i < CONFIGURATIONS; i++)
        try_allow(configurations[i]);
}

static bool is_unsupported(const char *extension)
{
    char line[64];

    snprintf(line, sizeof line, "Require: %s\r\n", extension);
    raw_forget(&b.alice);
    raw_ask(&b.alice, &(struct request_form){ .method = "OPTIONS", .branch = extension, .more = line });
    bench_live(&b, 50);
    return raw_last_is(&b.alice, "SIP/2.0 420 ");
}

static void try_supported(const char *configuration)
{
    char  supported[256];
    char *rest = supported;

    bench_open(&b, configuration);
    options(supported, sizeof supported, "Supported", NULL);
    for (char *tag = strtok_r(rest, ", ", &rest); tag != NULL; tag = strtok_r(rest, ", ", &rest))
        CHECK(!is_unsupported(tag));
    CHECK(is_unsupported("100rel"));
    bench_close(&b);
}

/* RFC 3261 8.2.2.3 */
TEST(no_extension_that_is_supported_is_answered_420)
{
    for (size_t i = 0; i < CONFIGURATIONS; i++)
        try_supported(configurations[i]);
}

static void says(const char *configuration, const char *name, const char *want)
{
    char value[256];

    bench_open(&b, configuration);
    options(value, sizeof value, name, NULL);
    assert_string_equal(value, want);
    bench_close(&b);
}

TEST(what_is_claimed_follows_from_the_configuration)
{
    says("", "Supported", "path, outbound, gruu, pref");
    says("registrar = false\n", "Supported", "pref");
    says("registrar = false\nproxy = false\n", "Supported", "");
    says("proxy = false\n", "Allow", "CANCEL, OPTIONS, REGISTER");
    says("registrar = false\nproxy = false\n", "Allow", "CANCEL, OPTIONS");
    says("proxy = false\n", "Accept", "");
    says("proxy = false\n", "Accept-Encoding", "identity");
    says("", "Accept", "*/*");
    says("", "Accept-Encoding", "*");
    says("", "Accept-Language", "en");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_method_that_is_allowed_is_answered_405),
        cmocka_unit_test(no_extension_that_is_supported_is_answered_420),
        cmocka_unit_test(what_is_claimed_follows_from_the_configuration),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
