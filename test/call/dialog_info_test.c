/* SPDX-License-Identifier: BSD-2-Clause */
#include "call/dialog_info.h"

#include "call/state.h"
#include "support/phones.h"

static struct arena       arena;
static struct dialog_view view;

static bool take(const char *text)
{
    const struct xml_module *xml = xml_load();
    struct xml_node         *root;

    arena_fini(&arena);
    arena_init(&arena, NULL, 0, 256 * 1024);
    CHECK(xml != NULL);
    return xml_parse(xml, slice_from(text), &arena, &root) == 0 && dialog_view_take(&view, root);
}

#define HEAD(version, state)                                                                                           \
    "<dialog-info xmlns='urn:ietf:params:xml:ns:dialog-info' version='" version "' state='" state "' "                 \
    "entity='sip:a@h'>"
#define DIALOG(id, state) "<dialog id='" id "'><state>" state "</state></dialog>"

/* RFC 4235 3.7, 4.3 */
TEST(partial_documents_add_up_and_a_full_one_begins_anew)
{
    view = (struct dialog_view){ 0 };
    CHECK(!dialog_view_busy(&view));
    CHECK(take(HEAD("0", "full") DIALOG("a", "early") "</dialog-info>"));
    CHECK(dialog_view_busy(&view));
    CHECK(take(HEAD("1", "partial") DIALOG("b", "confirmed") "</dialog-info>"));
    CHECK(take(HEAD("2", "partial") DIALOG("a", "terminated") "</dialog-info>"));
    CHECK(dialog_view_busy(&view));
    CHECK(take(HEAD("3", "partial") DIALOG("b", "terminated") "</dialog-info>"));
    CHECK(!dialog_view_busy(&view));
    CHECK(take(HEAD("4", "partial") DIALOG("c", "trying") "</dialog-info>"));
    CHECK(take(HEAD("9", "full") "</dialog-info>"));
    CHECK(!dialog_view_busy(&view));
}

/* 4.3 */
TEST(a_document_that_is_older_than_the_last_one_changes_nothing)
{
    view = (struct dialog_view){ 0 };
    CHECK(take(HEAD("5", "full") DIALOG("a", "confirmed") "</dialog-info>"));
    CHECK(!take(HEAD("5", "full") "</dialog-info>"));
    CHECK(!take(HEAD("4", "full") "</dialog-info>"));
    CHECK(dialog_view_busy(&view));
}

TEST(what_is_no_dialog_info_changes_nothing)
{
    view = (struct dialog_view){ 0 };
    CHECK(!take("<dialog-info version='1' state='full'/>"));
    CHECK(!take(HEAD("", "full") "</dialog-info>"));
    CHECK(!take(HEAD("-1", "full") "</dialog-info>"));
    CHECK(!take("<presence xmlns='urn:ietf:params:xml:ns:dialog-info' version='1'/>"));
    CHECK(!view.known);
}

TEST(more_dialogs_than_there_is_room_for_are_busy_until_a_full_document)
{
    char       memory[8192];
    struct buf b = BUF_ON(memory);

    view = (struct dialog_view){ 0 };
    buf_put(&b, SLICE(HEAD("1", "full")));
    for (unsigned i = 0; i < 2 * DIALOG_VIEW; i++)
        buf_printf(&b, "<dialog id='%u'><state>confirmed</state></dialog>", i);
    buf_put(&b, SLICE("</dialog-info>"));
    CHECK(take(buf_cstr(&b)));
    CHECK_INT(DIALOG_VIEW, view.count);
    b = BUF_ON(memory);
    buf_put(&b, SLICE(HEAD("2", "partial")));
    for (unsigned i = 0; i < 2 * DIALOG_VIEW; i++)
        buf_printf(&b, "<dialog id='%u'><state>terminated</state></dialog>", i);
    buf_put(&b, SLICE("</dialog-info>"));
    CHECK(take(buf_cstr(&b)));
    CHECK(dialog_view_busy(&view));
    CHECK(take(HEAD("3", "full") "</dialog-info>"));
    CHECK(!dialog_view_busy(&view));
    arena_fini(&arena);
}

/* What it writes itself, in each state of a call, with and without details. */
TEST(what_is_written_reads_the_same)
{
    struct network *network = network_new(1);
    struct user     alice;
    struct account *a;
    char            memory[4096];
    struct buf      b = BUF_ON(memory);

    user_init(&alice, network, "alice", "10.0.0.1", NULL);
    a    = account_find(alice.phone, alice.account);
    view = (struct dialog_view){ 0 };
    dialog_info_write(&b, a, 0, true);
    CHECK(take(buf_cstr(&b)));
    CHECK(!dialog_view_busy(&view));
    user_call(&alice, "sip:bob@10.0.0.9");
    b = BUF_ON(memory);
    dialog_info_write(&b, a, 1, false);
    CHECK(strstr(buf_cstr(&b), "bob") == NULL);
    CHECK(strstr(buf_cstr(&b), "call-id") == NULL);
    CHECK(take(buf_cstr(&b)));
    CHECK(dialog_view_busy(&view));
    b = BUF_ON(memory);
    dialog_info_write(&b, a, 2, true);
    CHECK(strstr(buf_cstr(&b), "sip:bob@10.0.0.9") != NULL);
    CHECK(strstr(buf_cstr(&b), "direction=\"initiator\"") != NULL);
    CHECK(take(buf_cstr(&b)));
    call_hang_up(alice.phone, alice.call);
    run_for(network, 70000);
    b = BUF_ON(memory);
    dialog_info_write(&b, a, 3, true);
    CHECK(take(buf_cstr(&b)));
    CHECK(!dialog_view_busy(&view));
    arena_fini(&arena);
    user_fini(&alice);
    network_free(network);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(partial_documents_add_up_and_a_full_one_begins_anew),
        cmocka_unit_test(a_document_that_is_older_than_the_last_one_changes_nothing),
        cmocka_unit_test(what_is_no_dialog_info_changes_nothing),
        cmocka_unit_test(more_dialogs_than_there_is_room_for_are_busy_until_a_full_document),
        cmocka_unit_test(what_is_written_reads_the_same),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
