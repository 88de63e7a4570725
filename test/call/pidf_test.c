/* SPDX-License-Identifier: BSD-2-Clause */
#include "call/pidf.h"

#include "support/test.h"

static struct arena arena;
static struct pidf  pidf;

static bool read_text(struct slice text)
{
    const struct xml_module *xml = xml_load();
    struct xml_node         *root;

    arena_fini(&arena);
    arena_init(&arena, NULL, 0, 256 * 1024);
    CHECK(xml != NULL);
    return xml_parse(xml, text, &arena, &root) == 0 && pidf_read(root, &pidf);
}

#define HEAD "<presence xmlns='urn:ietf:params:xml:ns:pidf' entity='pres:someone@example.com'>"

/* RFC 3863 4.4 */
TEST(each_tuple_is_read_and_the_first_open_one_speaks_for_all)
{
    CHECK(read_text(SLICE(HEAD "<tuple id='a'><status><basic>closed</basic></status><note>away</note></tuple>"
                               "<tuple id='b'><status><basic>open</basic></status><contact>sip:b@h</contact>"
                               "<note>here</note><timestamp>2001-10-27T16:49:29Z</timestamp></tuple></presence>")));
    CHECK_SLICE("pres:someone@example.com", pidf.entity);
    CHECK_INT(2, pidf.tuple_count);
    CHECK(pidf.open);
    CHECK_SLICE("here", pidf.note);
    CHECK_SLICE("sip:b@h", pidf.contact);
    CHECK_SLICE("2001-10-27T16:49:29Z", pidf.tuples[1].timestamp);
    CHECK(pidf.tuples[0].has_basic && !pidf.tuples[0].open);
}

TEST(a_note_of_the_whole_comes_before_that_of_a_tuple)
{
    CHECK(read_text(SLICE(HEAD "<tuple id='a'><status/><note>mine</note></tuple><note>all</note></presence>")));
    CHECK_SLICE("all", pidf.note);
    CHECK(!pidf.open && !pidf.tuples[0].has_basic);
}

TEST(nobody_who_says_nothing_is_there)
{
    CHECK(read_text(SLICE(HEAD "</presence>")));
    CHECK(!pidf.open);
    CHECK_INT(0, pidf.tuple_count);
}

TEST(what_is_no_presence_is_refused)
{
    CHECK(!read_text(SLICE("<presence entity='x'/>")));
    CHECK(!read_text(SLICE("<dialog-info xmlns='urn:ietf:params:xml:ns:pidf'/>")));
}

TEST(more_tuples_than_there_is_room_for_are_passed_over)
{
    static char memory[4096];
    struct buf  b = BUF_ON(memory);

    buf_put(&b, SLICE(HEAD));
    for (unsigned i = 0; i < 20; i++)
        buf_put(&b, SLICE("<tuple id='a'><status><basic>open</basic></status></tuple>"));
    buf_put(&b, SLICE("</presence>"));
    CHECK(read_text(buf_slice(&b)));
    CHECK_INT(PIDF_TUPLES, pidf.tuple_count);
}

TEST(what_is_written_reads_the_same)
{
    char       memory[1024];
    struct buf b = BUF_ON(memory);

    pidf_write(&b, SLICE("sip:a@h"), true, SLICE("<b> & \"c\""), SLICE("sip:a@h;x=\"y\""));
    CHECK(read_text(buf_slice(&b)));
    CHECK(pidf.open);
    CHECK_SLICE("sip:a@h", pidf.entity);
    CHECK_SLICE("<b> & \"c\"", pidf.note);
    CHECK_SLICE("sip:a@h;x=\"y\"", pidf.contact);
    arena_fini(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_tuple_is_read_and_the_first_open_one_speaks_for_all),
        cmocka_unit_test(a_note_of_the_whole_comes_before_that_of_a_tuple),
        cmocka_unit_test(nobody_who_says_nothing_is_there),
        cmocka_unit_test(what_is_no_presence_is_refused),
        cmocka_unit_test(more_tuples_than_there_is_room_for_are_passed_over),
        cmocka_unit_test(what_is_written_reads_the_same),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
