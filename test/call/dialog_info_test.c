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

/* RFC 4235 4.1: what an event tells of one document. */
TEST(a_document_is_told_dialog_by_dialog)
{
    const struct xml_module *xml = xml_load();
    struct xml_node         *root;
    struct phone_event       e = { 0 };

    arena_fini(&arena);
    arena_init(&arena, NULL, 0, 256 * 1024);
    CHECK_INT(0, xml_parse(xml,
                           SLICE(HEAD("1", "full") "<dialog id='a' call-id='1@h' local-tag='l' remote-tag='r' "
                                                   "direction='recipient'><state code='180'>early</state><remote>"
                                                   "<identity display='Carol'> sip:carol@h </identity><target "
                                                   "uri='sip:c@9'/></remote></dialog><dialog id='b'>"
                                                   "<state>terminated</state><remote><target uri='sip:d@9'/></remote>"
                                                   "</dialog></dialog-info>"),
                           &arena, &root));
    dialog_info_list(root, &arena, &e);
    CHECK(e.full);
    CHECK_INT(2, e.dialog_count);
    CHECK_SLICE("early", e.dialogs[0].state);
    CHECK_SLICE("recipient", e.dialogs[0].direction);
    CHECK_SLICE("1@h", e.dialogs[0].call_id);
    CHECK_SLICE("l", e.dialogs[0].local_tag);
    CHECK_SLICE("r", e.dialogs[0].remote_tag);
    CHECK_SLICE("sip:carol@h", e.dialogs[0].remote);
    CHECK_SLICE("Carol", e.dialogs[0].remote_display);
    CHECK_SLICE("b", e.dialogs[1].id);
    CHECK_SLICE("sip:d@9", e.dialogs[1].remote);
    CHECK_SLICE("", e.dialogs[1].call_id);
}

/* The line that tells it has its bounds, and what is left out is not passed over in silence. */
TEST(too_many_dialogs_and_too_long_texts_are_left_out_and_it_is_not_full_then)
{
    const struct xml_module *xml = xml_load();
    struct xml_node         *root;
    struct phone_event       e = { 0 }, f = { 0 };
    char                     memory[16384];
    struct buf               b = BUF_ON(memory);

    arena_fini(&arena);
    arena_init(&arena, NULL, 0, 256 * 1024);
    buf_put(&b, SLICE(HEAD("1", "full")));
    for (unsigned i = 0; i < PHONE_DIALOGS + 1; i++)
        buf_printf(&b, "<dialog id='%u'><state>confirmed</state></dialog>", i);
    buf_put(&b, SLICE("</dialog-info>"));
    CHECK_INT(0, xml_parse(xml, buf_slice(&b), &arena, &root));
    dialog_info_list(root, &arena, &e);
    CHECK_INT(PHONE_DIALOGS, e.dialog_count);
    CHECK(!e.full);
    b = BUF_ON(memory);
    buf_printf(
        &b, HEAD("2", "full") "<dialog id='a' call-id='%0300d'><state>early</state></dialog>" DIALOG("b", "early"), 7);
    buf_put(&b, SLICE("</dialog-info>"));
    CHECK_INT(0, xml_parse(xml, buf_slice(&b), &arena, &root));
    dialog_info_list(root, &arena, &f);
    CHECK_INT(1, f.dialog_count);
    CHECK_SLICE("b", f.dialogs[0].id);
    CHECK(!f.full);
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
        cmocka_unit_test(a_document_is_told_dialog_by_dialog),
        cmocka_unit_test(too_many_dialogs_and_too_long_texts_are_left_out_and_it_is_not_full_then),
        cmocka_unit_test(what_is_written_reads_the_same),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
