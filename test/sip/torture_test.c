/* SPDX-License-Identifier: BSD-2-Clause */
/* The torture messages of RFC 4475 and RFC 5118, each against the verdict of
 * its index.tsv. */
#include "sip/message.h"
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
    }
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
