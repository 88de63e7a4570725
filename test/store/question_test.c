/* SPDX-License-Identifier: BSD-2-Clause */
#include "store/question.h"

#include "base/error.h"
#include "support/alloc.h"
#include "support/test.h"

#include <stdlib.h>

static const struct stored_user alice = {
    SLICE_INIT("a.test"), SLICE_INIT("alice"), SLICE_INIT("m"), SLICE_INIT("s"), SLICE_INIT("t"), 7, 8
};
static const struct stored_alias number = { SLICE_INIT(""), SLICE_INIT("+49"), SLICE_INIT("a.test"),
                                            SLICE_INIT("alice") };

TEST(a_question_has_its_own_copy_of_what_is_asked_and_found)
{
    char                    text[]  = "a.test alice";
    const struct store_name names[] = { { { text, 6 }, { text + 7, 5 } }, { SLICE(""), { text + 7, 5 } } };
    struct store_query      query   = { .kind = STORE_FIND_USERS, .count = 2, .names = names };
    struct question        *q       = question_new(&query, NULL, NULL);
    struct stored_user      u       = { .domain = { text, 6 }, .name = { text + 7, 5 }, .userhash_sha256 = 3 };

    CHECK(q != NULL);
    CHECK(question_add_user(q, &u));
    CHECK(question_add_alias(q, &number));
    memset(text, '#', sizeof text);
    CHECK_SLICE("a.test", q->query.names[0].domain);
    CHECK_SLICE("", q->query.names[1].domain);
    CHECK_SLICE("alice", q->query.names[1].name);
    CHECK_INT(1, q->answer.user_count);
    CHECK_SLICE("alice", q->answer.users[0].name);
    CHECK_INT(3, q->answer.users[0].userhash_sha256);
    CHECK_INT(1, q->answer.alias_count);
    CHECK_SLICE("+49", q->answer.aliases[0].name);
    CHECK(question_size(q) > sizeof *q);
    question_free(q);
}

TEST(no_more_is_taken_than_was_asked_for)
{
    struct store_query query = { .kind = STORE_LIST_USERS, .count = 2 };
    struct question   *q     = question_new(&query, NULL, NULL);

    CHECK(q != NULL);
    CHECK(question_add_user(q, &alice));
    CHECK(!question_add_user(q, &alice)); /* taken, and that is all */
    CHECK(!question_add_user(q, &alice));
    CHECK(!question_add_alias(q, &number));
    CHECK_INT(2, q->answer.user_count);
    CHECK_INT(0, q->answer.alias_count);
    CHECK_INT(0, q->answer.error);
    question_free(q);
}

/* A file that others wrote. */
TEST(an_answer_that_is_too_large_is_an_error)
{
    static char        huge[5 << 20];
    struct store_query query = { .kind = STORE_LIST_USERS, .count = 2 };
    struct question   *q     = question_new(&query, NULL, NULL);
    struct stored_user u     = { .name = { huge, sizeof huge } };

    CHECK(q != NULL);
    CHECK(!question_add_user(q, &u));
    CHECK_INT(0, q->answer.user_count);
    CHECK_INT(-ERR_NO_MEMORY, q->answer.error);
    question_free(q);
}

TEST(without_memory_there_is_no_question)
{
    const struct store_name name  = { SLICE("a.test"), SLICE("alice") };
    struct store_query      query = { .kind = STORE_FIND_USERS, .count = 1, .names = &name };

    for (unsigned n = 1; n <= 2; n++) {
        alloc_fail_at(n);
        CHECK(question_new(&query, NULL, NULL) == NULL);
        alloc_fail_at(0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_question_has_its_own_copy_of_what_is_asked_and_found),
        cmocka_unit_test(no_more_is_taken_than_was_asked_for),
        cmocka_unit_test(an_answer_that_is_too_large_is_an_error),
        cmocka_unit_test(without_memory_there_is_no_question),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
