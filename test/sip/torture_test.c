/* SPDX-License-Identifier: BSD-2-Clause */
/* The torture messages of RFC 4475 and RFC 5118, each against the verdict of
 * its index.tsv, whole and byte by byte.  Where the published bytes are defective
 * the repaired ones are used: baddn (no empty line at its end), and the RFC 5118
 * messages with a wrong Content-Length. */
#include "base/limits.h"
#include "support/sip_walk.h"
#include "support/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* Where message_parse says something else than the table, and why. */
static const struct deviation {
    const char *name;
    bool        parsed;
    unsigned    status;
    const char *why;
} deviations[] = {
    { "baddate", true, 0, "nothing that opens a transaction needs Date" },
    { "regbadct", true, 0, "Contact is read by whoever needs it, and is found broken then" },
    { "badvers", false, 505, "another SIP version is a fault of its own" },
};

static const struct deviation *find_deviation(const char *name)
{
    for (size_t i = 0; i < sizeof deviations / sizeof *deviations; i++)
        if (strcmp(deviations[i].name, name) == 0)
            return &deviations[i];
    return NULL;
}

static bool read_case(const char *folder, const char *sub, const char *name, struct slice *text, char **memory)
{
    char path[512];

    snprintf(path, sizeof path, AHOY_SHARED "/torture/%s/%s/%s.dat", folder, sub, name);
    return test_read_file(path, text, memory);
}

static bool begins_with(struct slice text, const char *word)
{
    return text.len >= strlen(word) && memcmp(text.ptr, word, strlen(word)) == 0;
}

/* What is found when the values are read that message_parse leaves alone. */
static void check_rest(const char *name, const struct message *m)
{
    struct header_values v = message_values(m, HEADER_CONTACT);
    struct name_addr     contact;
    unsigned             contacts = 0;

    while (values_next_name_addr(&v, &contact))
        contacts++;
    CHECK_INT(strcmp(name, "regbadct") == 0, v.broken);
    if (strcmp(name, "escnull") == 0 || strcmp(name, "esc02") == 0) /* 3.1.1.4, 3.1.1.3 */
        CHECK_INT(2, contacts);
    if (strcmp(name, "wsinv") == 0) /* 3.1.1.1 */
        CHECK_INT(1, contacts);
}

static void check_round_trip(const struct message *m)
{
    static struct gather g;
    static char          memory[2 * LIMIT_DATAGRAM];
    struct buf           b = BUF_ON(memory);
    struct parse_fault   fault;
    struct message      *again;

    sip_rewrite(m, &g);
    CHECK(gather_ok(&g));
    gather_flatten(&g, &b);
    again = message_parse(test_guarded(buf_slice(&b)), &fault);
    assert_non_null(again);
    CHECK(sip_same(m, again));
    message_drop(again);
}

/* On a stream: what has no usable Content-Length is a fault (RFC 4475 3.1.2.3,
 * 3.3.9, 3.4.1), what has one too large waits (3.1.2.2), and all else is framed
 * and then gets the same verdict as in a datagram. */
static void check_stream(const char *name, struct slice text, const struct message *whole)
{
    static const char *const no_length[] = { "ncl", "mcl01", "inv2543" };
    static char              memory[LIMIT_DATAGRAM];
    struct buf               b = BUF_ON(memory);
    struct parse_fault       fault;
    struct message          *m;
    enum framer_result       want = strcmp(name, "clerr") == 0 ? FRAMER_MORE : FRAMER_MESSAGE, got;

    for (size_t i = 0; i < sizeof no_length / sizeof *no_length; i++)
        if (strcmp(name, no_length[i]) == 0)
            want = FRAMER_FAULT;
    got = sip_frame_bytewise(text, &b, &fault);
    if (want != got)
        print_error("%s: framer says %d\n", name, got);
    CHECK_INT(want, got);
    if (got == FRAMER_FAULT)
        CHECK_INT(400, fault.status);
    if (got != FRAMER_MESSAGE)
        return;
    m = message_parse(test_guarded(buf_slice(&b)), &fault);
    CHECK_INT(whole != NULL, m != NULL);
    CHECK(m == NULL || sip_same(whole, m));
    message_drop(m);
}

static void check_verdict(const char *name, struct slice text, bool valid)
{
    const struct deviation *known    = find_deviation(name);
    bool                    expected = known == NULL ? valid : known->parsed;
    unsigned                status   = known == NULL ? 400 : known->status;
    struct parse_fault      fault;
    struct message         *m = message_parse(test_guarded(text), &fault);

    if (expected != (m != NULL))
        print_error("%s: %s, \"%s\" at %zu\n", name, m != NULL ? "parsed" : "not parsed",
                    fault.expected == NULL ? "" : fault.expected, fault.offset);
    CHECK_INT(expected, m != NULL);
    if (m == NULL) {
        CHECK(fault.expected != NULL);
        CHECK_INT(status, fault.status);
        CHECK_INT(!begins_with(text, "SIP/") && strcmp(name, "insuf") != 0, fault.answerable);
    } else {
        sip_walk(m);
        check_rest(name, m);
        check_round_trip(m);
    }
    check_stream(name, text, m);
    message_drop(m);
}

/* Column `parser` says VALID, INVALID or some words on being lenient. */
static int run_table(const char *folder, const char *fixed, int parser_column)
{
    char  path[512], line[4096];
    FILE *file;
    int   count = 0;

    snprintf(path, sizeof path, AHOY_SHARED "/torture/%s/index.tsv", folder);
    file = fopen(path, "r");
    if (file == NULL)
        return 0;
    while (fgets(line, sizeof line, file) != NULL) {
        char        *at = line, *name = strsep(&at, "\t"), *verdict = NULL, *memory;
        struct slice text;

        if (*name == '#')
            continue;
        for (int i = 0; i < parser_column; i++)
            verdict = strsep(&at, "\t");
        assert_non_null(verdict);
        if (!read_case(folder, fixed, name, &text, &memory) && !read_case(folder, "dat", name, &text, &memory)) {
            print_error("%s/%s has no file\n", folder, name);
            fail();
        }
        check_verdict(name, text, strncmp(verdict, "INVALID", 7) != 0);
        free(memory);
        count++;
    }
    fclose(file);
    return count;
}

TEST(every_rfc_4475_message_gets_the_verdict_of_the_table)
{
    CHECK_INT(49, run_table("rfc4475", "dat-fixed", 3));
}

TEST(every_rfc_5118_message_gets_the_verdict_of_the_table)
{
    CHECK_INT(12, run_table("rfc5118", "dat-clfixed", 2));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_rfc_4475_message_gets_the_verdict_of_the_table),
        cmocka_unit_test(every_rfc_5118_message_gets_the_verdict_of_the_table),
    };

    if (access(AHOY_SHARED "/torture", R_OK) != 0)
        return TEST_SKIPPED;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
