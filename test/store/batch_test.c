/* SPDX-License-Identifier: BSD-2-Clause */
#include "store/batch.h"

#include "support/alloc.h"
#include "support/test.h"

#include <stdlib.h>

/* All slices of a change differ, so that one put in the place of another is seen. */
static void fill(struct store_change *c, char text[CHANGE_TEXTS][4])
{
    struct slice *texts[CHANGE_TEXTS];

    change_texts(c, texts);
    for (int i = 0; i < CHANGE_TEXTS; i++) {
        memset(text[i], 'a' + i, 4);
        *texts[i] = (struct slice){ text[i], (size_t)(i % 5) };
    }
}

TEST(a_batch_has_its_own_copy_of_every_text)
{
    char                text[2][CHANGE_TEXTS][4];
    struct store_change changes[2] = { { .kind = STORE_PUT_BINDING, .binding = { .row = 7, .cseq = 8 } },
                                       { .kind = STORE_PUT_USER } };
    struct slice       *texts[CHANGE_TEXTS];
    struct batch       *b;

    fill(&changes[0], text[0]);
    fill(&changes[1], text[1]);
    b = batch_new(changes, 2);
    CHECK(b != NULL);
    memset(text, '#', sizeof text);
    CHECK_INT(2, b->count);
    CHECK_INT(7, b->changes[0].binding.row);
    CHECK_INT(8, b->changes[0].binding.cseq);
    CHECK_INT(STORE_PUT_USER, b->changes[1].kind);
    for (int c = 0; c < 2; c++) {
        change_texts(&b->changes[c], texts);
        for (int i = 0; i < CHANGE_TEXTS; i++) {
            CHECK_INT(i % 5, texts[i]->len);
            for (size_t at = 0; at < texts[i]->len; at++)
                CHECK_INT('a' + i, texts[i]->ptr[at]);
        }
    }
    free(b);
}

/* A slice that is added to a change must be added to change_texts as well. */
TEST(every_slice_of_a_change_is_known)
{
    size_t slices =
        sizeof(struct stored_binding) + sizeof(struct stored_user) + sizeof(struct stored_alias) +
        sizeof(struct stored_ban) + 2 * sizeof(struct slice) -
        (5 * sizeof(uint64_t) + 2 * sizeof(uint32_t)) /* the numbers of a binding, and a flag in the place of one */
        - 2 * sizeof(uint64_t)                        /* of a user */
        - 3 * sizeof(uint64_t);                       /* and of a ban */

    CHECK_INT(CHANGE_TEXTS * sizeof(struct slice), slices);
}

TEST(without_memory_there_is_no_batch)
{
    struct store_change c = { .kind = STORE_DELETE_BINDING };

    alloc_fail_at(1);
    CHECK(batch_new(&c, 1) == NULL);
    alloc_fail_at(0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_batch_has_its_own_copy_of_every_text),
        cmocka_unit_test(every_slice_of_a_change_is_known),
        cmocka_unit_test(without_memory_there_is_no_batch),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
