/* SPDX-License-Identifier: BSD-2-Clause */
#include "call/xml.h"

#include "base/buf.h"
#include "base/error.h"
#include "base/random.h"
#include "call/dialog_info.h"
#include "call/pidf.h"
#include "support/test.h"

#include <stdio.h>
#include <stdlib.h>

static const struct xml_module *xml;
static struct arena             arena;
static struct xml_node         *root;

static int setup(void **state)
{
    (void)state;
    xml = xml_load();
    arena_init(&arena, NULL, 0, 256 * 1024);
    return xml == NULL ? -1 : 0;
}

static int teardown(void **state)
{
    (void)state;
    arena_fini(&arena);
    return 0;
}

static int parse(const char *text)
{
    return xml_parse(xml, test_guarded(slice_from(text)), &arena, &root);
}

TEST(elements_attributes_and_texts_are_found_by_name)
{
    const struct xml_node *b;

    CHECK_INT(
        0,
        parse(
            "<?xml version='1.0'?><a xmlns='urn:x' one='1' two='&lt;2'> t <b>first</b><c/><b x=\"y\">&#228;</b></a>"));
    CHECK_SLICE("a", root->name);
    CHECK_SLICE("urn:x", root->ns);
    CHECK_SLICE("t", root->text);
    CHECK_SLICE("1", xml_attribute(root, SLICE("one")));
    CHECK_SLICE("<2", xml_attribute(root, SLICE("two")));
    CHECK_SLICE("", xml_attribute(root, SLICE("three")));
    CHECK_SLICE("first", xml_child_text(root, SLICE("b")));
    b = xml_child(root, SLICE("b"), xml_child(root, SLICE("b"), NULL));
    CHECK_SLICE("\xc3\xa4", b->text);
    CHECK(xml_child(root, SLICE("b"), b) == NULL);
    CHECK(xml_child(root, SLICE("c"), NULL)->first == NULL);
}

TEST(what_is_no_document_is_refused)
{
    CHECK_INT(-ERR_SYNTAX, parse(""));
    CHECK_INT(-ERR_SYNTAX, parse("hello"));
    CHECK_INT(-ERR_SYNTAX, parse("<a><b></a>"));
    CHECK_INT(-ERR_SYNTAX, parse("<a>"));
    CHECK_INT(-ERR_SYNTAX, parse("<a/><b/>"));
    CHECK_INT(-ERR_SYNTAX, parse("<a>&lol;</a>"));
    CHECK_INT(-ERR_SYNTAX, parse("<a>\xff\xfe</a>"));
}

TEST(a_document_type_is_refused)
{
    CHECK_INT(-ERR_PERMISSION, parse("<!DOCTYPE a [<!ENTITY b \"c\">]><a>&b;</a>"));
    CHECK_INT(-ERR_PERMISSION, parse("<!DOCTYPE a SYSTEM \"file:///etc/passwd\"><a/>"));
}

/* `head` and `tail` so many times around each other. */
static char *nested(const char *head, const char *tail, unsigned count)
{
    char *text = malloc((strlen(head) + strlen(tail)) * count + 1), *at = text;

    for (unsigned i = 0; i < count; i++)
        at = stpcpy(at, head);
    for (unsigned i = 0; i < count; i++)
        at = stpcpy(at, tail);
    return text;
}

TEST(depth_number_and_size_have_limits)
{
    static char long_text[XML_BYTES + 2];
    char       *deep = nested("<a>", "</a>", XML_DEPTH), *deeper = nested("<a>", "</a>", XML_DEPTH + 1);
    char       *many = nested("<a/>", "", XML_NODES);
    char        wide[8 * XML_NODES];

    CHECK_INT(0, parse(deep));
    CHECK_INT(-ERR_LIMIT, parse(deeper));
    snprintf(wide, sizeof wide, "<r>%s</r>", many);
    CHECK_INT(-ERR_LIMIT, parse(wide));
    memset(long_text, ' ', XML_BYTES + 1);
    CHECK_INT(-ERR_LIMIT, parse(long_text));
    free(deep);
    free(deeper);
    free(many);
}

TEST(without_memory_it_says_so)
{
    struct arena small;

    arena_init(&small, NULL, 0, 64);
    CHECK_INT(-ERR_NO_MEMORY, xml_parse(xml, SLICE("<a><b>text</b></a>"), &small, &root));
    arena_fini(&small);
}

TEST(what_is_written_can_be_read)
{
    char       memory[512];
    struct buf b = BUF_ON(memory);

    buf_put(&b, SLICE("<a x=\""));
    xml_put(&b, SLICE("\"<&>\x01\xff"));
    buf_put(&b, SLICE("\"/>"));
    CHECK_INT(0, parse(buf_cstr(&b)));
    CHECK_SLICE("\"<&>??", xml_attribute(root, SLICE("x")));
}

/* They would make it no document, and who watches would be told nothing. */
TEST(characters_that_no_document_may_have_become_question_marks)
{
    char       memory[512];
    struct buf b = BUF_ON(memory);

    buf_put(&b, SLICE("<a x=\""));
    xml_put(&b, SLICE("\xef\xbf\xbd\xef\xbf\xbe\xef\xbf\xbf\xf0\x9f\x98\x80"));
    buf_put(&b, SLICE("\"/>"));
    CHECK_INT(0, parse(buf_cstr(&b)));
    CHECK_SLICE("\xef\xbf\xbd??\xf0\x9f\x98\x80", xml_attribute(root, SLICE("x")));
}

TEST(line_ends_and_tabs_are_read_as_they_were_written)
{
    char       memory[512];
    struct buf b = BUF_ON(memory);

    buf_put(&b, SLICE("<a x=\""));
    xml_put(&b, SLICE("one\r\ntwo\tthree\n"));
    buf_put(&b, SLICE("\">"));
    xml_put(&b, SLICE("one\r\ntwo\tthree"));
    buf_put(&b, SLICE("</a>"));
    CHECK_INT(0, parse(buf_cstr(&b)));
    CHECK_SLICE("one\r\ntwo\tthree\n", xml_attribute(root, SLICE("x")));
    CHECK_SLICE("one\r\ntwo\tthree", root->text);
}

/* Whatever a document looks like, it is read or refused; pidf and dialog-info look at what is read. */
TEST(damaged_documents_do_no_harm)
{
    static const char sample[] =
        "<?xml version='1.0'?><presence xmlns='urn:ietf:params:xml:ns:pidf' entity='sip:a@h'>"
        "<tuple id='a'><status><basic>open</basic></status><contact priority='0.8'>sip:b@h</contact>"
        "<note xml:lang='en'>h&amp;e&#233;</note></tuple><![CDATA[<x>]]><!-- no --></presence>";
    struct random_seeded seeded;
    struct random        dice = { random_seeded_fill, &seeded };

    random_seed(&seeded, 1);
    for (unsigned round = 0; round < 3000; round++) {
        struct dialog_view view = { 0 };
        char               text[sizeof sample];
        struct pidf        pidf;
        size_t             len = sizeof sample - 1;

        memcpy(text, sample, sizeof sample);
        for (unsigned n = 1 + random_below(&dice, 4); n > 0; n--)
            text[random_below(&dice, (uint32_t)len)] = "<>&;'\"/![]x\xff\x01 "[random_below(&dice, 14)];
        if (random_below(&dice, 4) == 0)
            len = random_below(&dice, (uint32_t)len);
        arena_fini(&arena);
        arena_init(&arena, NULL, 0, 256 * 1024);
        if (xml_parse(xml, (struct slice){ text, len }, &arena, &root) != 0)
            continue;
        (void)pidf_read(root, &pidf);
        (void)dialog_view_take(&view, root);
    }
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(elements_attributes_and_texts_are_found_by_name),
        CASE(what_is_no_document_is_refused),
        CASE(a_document_type_is_refused),
        CASE(depth_number_and_size_have_limits),
        CASE(without_memory_it_says_so),
        CASE(what_is_written_can_be_read),
        CASE(characters_that_no_document_may_have_become_question_marks),
        CASE(line_ends_and_tabs_are_read_as_they_were_written),
        CASE(damaged_documents_do_no_harm),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
