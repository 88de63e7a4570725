/* SPDX-License-Identifier: BSD-2-Clause */
#include "call/methods.h"

#include "support/test.h"

static struct slice allow(void)
{
    static struct gather g;
    static char          memory[1024];
    static struct buf    b;

    gather_init(&g);
    put_allow(&g);
    b = BUF_ON(memory);
    gather_flatten(&g, &b);
    return buf_slice(&b);
}

/* RFC 3261 20.5 */
TEST(what_is_allowed_is_what_the_table_has)
{
    struct scan  s = scan_from(allow());
    struct slice name;
    unsigned     count = 0;

    CHECK(scan_exact(&s, SLICE("Allow: ")));
    for (; scan_token(&s, &name); count++) {
        CHECK(phone_method(method_parse(name)) != NULL);
        scan_byte(&s, ',');
        scan_lws(&s);
    }
    CHECK(scan_at_end(&s));
    for (unsigned m = METHOD_OTHER; m < METHOD_COUNT; m++)
        if (phone_method((enum method)m) != NULL)
            count--;
    CHECK_INT(0, count);
}

/* RFC 3261 8.2.1 */
TEST(what_nobody_knows_and_what_is_a_registrars_has_no_row)
{
    CHECK(phone_method(METHOD_OTHER) == NULL);
    CHECK(phone_method(METHOD_REGISTER) == NULL);
    CHECK(phone_method(METHOD_PUBLISH) == NULL);
}

/* RFC 3261 15.1.2 */
TEST(a_bye_belongs_into_a_dialog)
{
    CHECK(phone_method(METHOD_BYE)->outside == NULL);
    CHECK(phone_method(METHOD_BYE)->within != NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_allowed_is_what_the_table_has),
        cmocka_unit_test(what_nobody_knows_and_what_is_a_registrars_has_no_row),
        cmocka_unit_test(a_bye_belongs_into_a_dialog),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
