/* SPDX-License-Identifier: BSD-2-Clause */
#include "sip/words.h"
#include "support/test.h"

#include <stdio.h>

/* In any case: as written, upper, lower. */
static void check_name(enum header_id id, struct slice name)
{
    char text[64];

    for (int form = 0; form < 3; form++) {
        for (size_t i = 0; i < name.len; i++) {
            char c = form == 0 ? name.ptr[i] : ascii_lower(name.ptr[i]);

            text[i] = form == 2 && c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
        }
        CHECK_INT(id, header_parse(test_guarded((struct slice){ text, name.len })));
    }
}

/* RFC 3261 7.3.1, 7.3.3: every name of headers.def, long and compact. */
TEST(every_header_is_found_by_its_names_in_any_case)
{
    for (enum header_id id = HEADER_OTHER + 1; id < HEADER_COUNT; id++) {
        CHECK(header_name(id).len > 1);
        check_name(id, header_name(id));
        if (header_words[id].compact.len > 0)
            check_name(id, header_words[id].compact);
    }
}

/* A compact form stands for one header only, and is one letter. */
TEST(compact_forms_are_unique)
{
    bool seen[256] = { false };

    for (enum header_id id = HEADER_OTHER + 1; id < HEADER_COUNT; id++) {
        struct slice compact = header_words[id].compact;

        if (compact.len == 0)
            continue;
        CHECK_INT(1, compact.len);
        CHECK(!seen[(unsigned char)*compact.ptr]);
        seen[(unsigned char)*compact.ptr] = true;
    }
    CHECK(seen['v'] && seen['f'] && seen['t'] && seen['i'] && seen['l'] && seen['m'] && seen['c'] && seen['k']);
}

/* RFC 4475 3.1.1.3: "C%6Fntact" is no Contact. */
TEST(other_names_are_other)
{
    static const char *const names[] = { "",         "z",       "Vi",        "Viaa",
                                         "Vxa",      "Call_ID", "C%6Fntact", "Content-Lengthx",
                                         "Contact ", "tO o" };

    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        CHECK_INT(HEADER_OTHER, header_parse(test_guarded(slice_from(names[i]))));
}

/* The slow way: every name of the table, letter by letter. */
static enum header_id walk_table(struct slice name)
{
    for (enum header_id id = HEADER_OTHER + 1; id < HEADER_COUNT; id++)
        if (slice_eq_nocase(name, header_words[id].name) ||
            (name.len == 1 && slice_eq_nocase(name, header_words[id].compact)))
            return id;
    return HEADER_OTHER;
}

/* Each name with each byte in each place, one byte longer and one shorter. */
TEST(names_that_are_nearly_right_are_what_the_table_says)
{
    for (enum header_id id = HEADER_OTHER + 1; id < HEADER_COUNT; id++) {
        struct slice name = header_name(id);
        char         text[64];

        memcpy(text, name.ptr, name.len);
        for (size_t place = 0; place <= name.len; place++)
            for (unsigned c = 0; c < 256; c++) {
                char         kept = text[place];
                struct slice near = { text, place == name.len ? name.len + 1 : name.len };

                text[place] = (char)c;
                assert_int_equal(walk_table(near), header_parse(near));
                text[place] = kept;
            }
    }
}

#ifdef __x86_64__
/* What is found at once is what is found slowly; what is not, may be found slowly. */
TEST(a_look_at_the_first_sixteen_bytes_finds_no_other_name)
{
    for (enum header_id id = HEADER_OTHER + 1; id < HEADER_COUNT; id++) {
        struct slice name = header_name(id);
        char         text[64];

        for (size_t place = 0; place <= name.len && place < 15; place++)
            for (unsigned c = 0; c < 256; c++) {
                struct slice              near;
                const struct header_slot *s;

                memset(text, ' ', sizeof text);
                memcpy(text, name.ptr, name.len);
                text[name.len] = ':';
                text[place]    = (char)c;
                near           = (struct slice){ text, 0 };
                while (near.len < 16 && text[near.len] != ':')
                    near.len++;
                if (near.len == 0 || near.len == 16)
                    continue;
                s = header_find(text, near.len);
                assert_true(s == NULL || (s->id == walk_table(near) && s->single == header_single[s->id]));
            }
    }
}

/* Those that a message of every day has are. */
TEST(usual_names_are_found_at_once)
{
    static const char *const names[] = { "Via",          "From",          "To",           "Call-ID",
                                         "CSeq",         "Contact",       "Max-Forwards", "Route",
                                         "Record-Route", "Allow",         "Supported",    "Require",
                                         "User-Agent",   "Server",        "Expires",      "Authorization",
                                         "Content-Type", "Content-Length" };

    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const struct header_slot *s;
        char                      text[32];

        snprintf(text, sizeof text, "%s:                ", names[i]);
        s = header_find(text, strlen(names[i]));
        CHECK(s != NULL);
        CHECK_INT(header_parse(slice_from(names[i])), s->id);
    }
}
#endif

/* RFC 3261 7.1: the method is case-sensitive. */
TEST(methods_are_compared_with_case)
{
    for (enum method m = METHOD_OTHER + 1; m < METHOD_COUNT; m++)
        CHECK_INT(m, method_parse(method_name(m)));
    CHECK_INT(METHOD_OTHER, method_parse(SLICE("invite")));
    CHECK_INT(METHOD_OTHER, method_parse(SLICE("INVITES")));
    CHECK_INT(METHOD_OTHER, method_parse(SLICE("SUBSCRIB")));
    CHECK_INT(METHOD_OTHER, method_parse(SLICE("SUBSCRIBX")));
    CHECK_INT(METHOD_OTHER, method_parse(SLICE("RE%47IST%45R")));
    CHECK_INT(METHOD_OTHER, method_parse(SLICE("")));
}

/* RFC 3261 8.1.3.2, 21 */
TEST(every_status_has_a_reason)
{
    CHECK_SLICE("Trying", status_reason(100));
    CHECK_SLICE("Busy Here", status_reason(486));
    CHECK_SLICE("Does Not Exist Anywhere", status_reason(604));
    CHECK_SLICE("Progress", status_reason(199));
    CHECK_SLICE("Client Error", status_reason(499));
    CHECK_SLICE("Global Failure", status_reason(699));
    for (unsigned status = 0; status < 1000; status++)
        CHECK(status_reason(status).len > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_header_is_found_by_its_names_in_any_case),
        cmocka_unit_test(compact_forms_are_unique),
        cmocka_unit_test(other_names_are_other),
        cmocka_unit_test(names_that_are_nearly_right_are_what_the_table_says),
#ifdef __x86_64__
        cmocka_unit_test(a_look_at_the_first_sixteen_bytes_finds_no_other_name),
        cmocka_unit_test(usual_names_are_found_at_once),
#endif
        cmocka_unit_test(methods_are_compared_with_case),
        cmocka_unit_test(every_status_has_a_reason),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
