/* SPDX-License-Identifier: BSD-2-Clause */
#include "console/user_csv.h"

#include "support/test.h"

#define MD5_HEX    "0123456789abcdef0123456789ABCDEF"
#define SHA256_HEX MD5_HEX MD5_HEX

/* Up to eight fields, of which none has a comma. */
static size_t split(const char *line, struct slice *fields)
{
    size_t count = 0;

    for (const char *end;; line = end + 1) {
        end             = strchr(line, ',');
        fields[count++] = test_guarded(end != NULL ? slice_between(line, end) : slice_from(line));
        if (end == NULL)
            return count;
    }
}

static struct user_table table_of(const char *header)
{
    struct slice      fields[8];
    struct user_table t     = { .domain = SLICE("a.test"), .our_realm = SLICE("a.test") };
    size_t            count = split(header, fields);
    char              problem[512];

    CHECK(user_table_read(&t, fields, count, problem, sizeof problem));
    return t;
}

static void check_bad_table(const char *header, const char *part)
{
    struct slice      fields[8];
    struct user_table t     = { .domain = SLICE("a.test") };
    size_t            count = split(header, fields);
    char              problem[512];

    CHECK(!user_table_read(&t, fields, count, problem, sizeof problem));
    if (strstr(problem, part) == NULL)
        CHECK_SLICE(part, slice_from(problem));
}

static struct user_row row_of(const struct user_table *t, const char *line)
{
    struct slice    fields[8];
    size_t          count = split(line, fields);
    struct user_row row;
    char            problem[512] = "";

    if (!user_row_read(t, fields, count, &row, problem, sizeof problem))
        CHECK_SLICE("", slice_from(problem));
    return row;
}

static void check_bad(const struct user_table *t, const char *line, const char *part)
{
    struct slice    fields[8];
    size_t          count = split(line, fields);
    struct user_row row;
    char            problem[512] = "";

    CHECK(!user_row_read(t, fields, count, &row, problem, sizeof problem));
    if (strstr(problem, part) == NULL)
        CHECK_SLICE(part, slice_from(problem));
}

TEST(columns_are_known_by_several_names_in_any_case)
{
    struct user_table t   = table_of(" UserName ,id,PASSWORD,Alias");
    struct user_row   row = row_of(&t, "alice,7, s3cret ,sales");

    CHECK_SLICE("alice", row.name);
    CHECK_SLICE("a.test", row.domain);
    CHECK_SLICE(" s3cret ", row.password);
    CHECK_SLICE("sales", row.aliases);
    CHECK(!row.alias_only);
}

TEST(a_table_without_names_or_without_anything_to_import_is_refused)
{
    check_bad_table("password,domain", "there must be 'name'");
    check_bad_table("name,secret", "at least one of password");
    check_bad_table("name,username,password", "two columns mean the same, and one is 'username'");
}

/* Kamailio and OpenSIPS: ha1 is of the realm that is the domain; ha1b is of another name. */
TEST(the_subscribers_of_kamailio_are_taken_as_they_are)
{
    struct user_table t   = table_of("id,username,domain,password,ha1,ha1b");
    struct user_row   row = row_of(&t, "1,alice,a.test,," MD5_HEX "," MD5_HEX);

    CHECK_SLICE(MD5_HEX, row.ha1[HASH_MD5]);
    CHECK_INT(0, row.ha1[HASH_SHA256].len);
    check_bad(&t, "1,alice,b.test,," MD5_HEX "," MD5_HEX, "taken for one of the realm 'b.test', but this server's is");
}

TEST(hashes_need_the_realm_of_the_server)
{
    struct user_table t = table_of("name,realm,ha1_sha256,ha1_sha512_256");
    struct user_row   row;

    check_bad(&t, "alice,other," SHA256_HEX ",", "realm 'other'");
    row = row_of(&t, "alice@b.test,a.test," SHA256_HEX "," SHA256_HEX);
    CHECK_SLICE("b.test", row.domain);
    CHECK_SLICE(SHA256_HEX, row.ha1[HASH_SHA512_256]);
    check_bad(&t, "alice@b.test,," SHA256_HEX ",", "realm 'b.test'");
    t.realm = SLICE("a.test");
    row     = row_of(&t, "alice@b.test,," SHA256_HEX ",");
    CHECK_SLICE(SHA256_HEX, row.ha1[HASH_SHA256]);
}

TEST(what_is_wrong_with_a_row_is_said_without_its_secrets)
{
    struct user_table t = table_of("name,domain,password,ha1,aliases");

    check_bad(&t, "alice", "1 fields, where the first line has 5");
    check_bad(&t, "a b,,x,,", "a user's name has");
    check_bad(&t, "alice,a b,x,,", "the domain is no host name");
    check_bad(&t, "alice,,a\nb,,", "a password has");
    check_bad(&t, "alice,,,,", "neither a password nor a hash");
    check_bad(&t, "alice,,,abc,", "an HA1 of MD5 has 32 hex digits");
    check_bad(&t, "alice,,x,,+x", "an alias is NAME");
}

TEST(a_table_without_secrets_gives_aliases_only)
{
    struct user_table t   = table_of("name,domain,aliases,hashes");
    struct user_row   row = row_of(&t, "alice,b.test,sales +49301 boss@a.test,MD5");
    struct slice      alias;

    CHECK(row.alias_only);
    CHECK(user_row_next_alias(&row.aliases, &alias));
    CHECK_SLICE("sales", alias);
    CHECK(user_row_next_alias(&row.aliases, &alias));
    CHECK_SLICE("+49301", alias);
    CHECK(user_row_next_alias(&row.aliases, &alias));
    CHECK_SLICE("boss@a.test", alias);
    CHECK(!user_row_next_alias(&row.aliases, &alias));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(columns_are_known_by_several_names_in_any_case),
        cmocka_unit_test(a_table_without_names_or_without_anything_to_import_is_refused),
        cmocka_unit_test(the_subscribers_of_kamailio_are_taken_as_they_are),
        cmocka_unit_test(hashes_need_the_realm_of_the_server),
        cmocka_unit_test(what_is_wrong_with_a_row_is_said_without_its_secrets),
        cmocka_unit_test(a_table_without_secrets_gives_aliases_only),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
