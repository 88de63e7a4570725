/* SPDX-License-Identifier: BSD-2-Clause */
/* What is said, and logged, of those who prove nothing (RFC 3261 22, RFC 7616 3.4). */
#include "support/server_bench.h"
#include "support/test.h"

#include <stdio.h>

#define GUESS                                                                                                          \
    "Authorization: Digest username=\"bob\", realm=\"example.test\", nonce=\"%s\", uri=\"sip:example.test\", "         \
    "response=\"00000000000000000000000000000000\"\r\n"

static struct bench b;
static char         lines[4096];

static void note_line(void *arg, enum log_level level, struct slice line)
{
    size_t at = strlen(lines);

    (void)arg;
    (void)level;
    snprintf(lines + at, sizeof lines - at, "%.*s\n", SLICE_ARG(line));
}

static void registers(unsigned cseq, const char *more)
{
    raw_register(&b.bob, cseq, more);
    bench_live(&b, 50);
}

static void nonce_heard(char nonce[128])
{
    const char *at = strstr(raw_heard(&b.bob, 0), "nonce=\"");

    assert_non_null(at);
    snprintf(nonce, 128, "%.*s", (int)strcspn(at + 7, "\""), at + 7);
}

/* A guess leaves a line behind; to be asked for a password is nothing to speak of. */
TEST(a_wrong_password_is_logged_and_a_first_challenge_is_not)
{
    struct log_levels levels;
    struct log        log = { .levels = &levels, .sink = note_line };
    char              nonce[128], line[512];

    log_levels_init(&levels, LOG_NOTICE);
    bench_open(&b, "authentication = yes\n");
    bench_add_user(&b, "bob", "secret");
    b.at_server->log = &log;
    registers(1, NULL);
    CHECK(raw_last_is(&b.bob, "SIP/2.0 401 "));
    assert_string_equal("", lines);
    registers(2, "Authorization: Digest username=\"bob\", realm=\"example.test\", nonce=\"old\", "
                 "uri=\"sip:example.test\", response=\"00000000000000000000000000000000\"\r\n");
    CHECK(raw_last_is(&b.bob, "SIP/2.0 401 "));
    assert_string_equal("", lines); /* whose nonce is not ours has guessed nothing */
    nonce_heard(nonce);
    snprintf(line, sizeof line, GUESS, nonce);
    registers(3, line);
    CHECK(strstr(lines, "status=401") != NULL && strstr(lines, "why=\"credentials are wrong\"") != NULL);
    CHECK(strstr(lines, "00000000") == NULL); /* and nothing of what was guessed */
    b.at_server->log = NULL;
    bench_close(&b);
}

/* What is for somebody else, or of a kind that is not offered, is no guess either. */
TEST(credentials_that_say_nothing_here_are_no_wrong_password)
{
    struct log_levels levels;
    struct log        log = { .levels = &levels, .sink = note_line };

    lines[0] = '\0';
    log_levels_init(&levels, LOG_NOTICE);
    bench_open(&b, "authentication = yes\n");
    b.at_server->log = &log;
    registers(1, "Authorization: Bearer token\r\n");
    CHECK(raw_last_is(&b.bob, "SIP/2.0 401 "));
    assert_string_equal("", lines);
    log_levels_init(&levels, LOG_DEBUG);
    registers(2, "Authorization: Bearer token\r\n");
    CHECK(strstr(lines, "of a kind that is not offered") != NULL);
    CHECK_INT(0, counter_read(&b.at_server->counters.auth_wrong));
    b.at_server->log = NULL;
    bench_close(&b);
}

TEST(credentials_that_cannot_be_read_are_answered_400)
{
    bench_open(&b, "authentication = yes\n");
    registers(1, "Authorization: Digest username=\"bob\r\n");
    CHECK(raw_last_is(&b.bob, "SIP/2.0 400 "));
    CHECK_INT(0, counter_read(&b.at_server->counters.auth_wrong));
    bench_close(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_wrong_password_is_logged_and_a_first_challenge_is_not),
        cmocka_unit_test(credentials_that_say_nothing_here_are_no_wrong_password),
        cmocka_unit_test(credentials_that_cannot_be_read_are_answered_400),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
