/* SPDX-License-Identifier: BSD-2-Clause */
#include "console/phone_book.h"

#include "base/error.h"
#include "support/temp_folder.h"
#include "support/test.h"

#include <stdio.h>
#include <sys/stat.h>

static struct temp_folder folder;
static char               contacts[128], calls[128];
static struct phone_book *book;

static int setup(void **state)
{
    (void)state;
    temp_folder_init(&folder);
    temp_folder_file(&folder, "contacts", contacts);
    temp_folder_file(&folder, "calls", calls);
    book = phone_book_new(contacts, calls);
    return book == NULL;
}

static int teardown(void **state)
{
    (void)state;
    phone_book_free(book);
    temp_folder_fini(&folder);
    return 0;
}

static void open_again(void)
{
    phone_book_free(book);
    book = phone_book_new(contacts, calls);
}

static void check_mode(const char *path)
{
    struct stat facts;

    CHECK_INT(0, stat(path, &facts));
    CHECK_INT(0600, facts.st_mode & 0777);
}

TEST(contacts_are_found_changed_taken_away_and_kept)
{
    CHECK_INT(0, phone_book_set(book, SLICE("mum"), SLICE("sip:mum@example.test")));
    CHECK_INT(0, phone_book_set(book, SLICE("bob"), SLICE("sip:bob@example.test")));
    CHECK_INT(0, phone_book_set(book, SLICE("mum"), SLICE("sip:mum@example.org")));
    open_again();
    check_mode(contacts);
    CHECK_SLICE("sip:mum@example.org", phone_book_find(book, SLICE("mum")));
    CHECK_SLICE("bob", slice_from(phone_book_contact(book, 1)->name));
    CHECK(phone_book_contact(book, 2) == NULL);
    CHECK_INT(0, phone_book_set(book, SLICE("mum"), SLICE("")));
    CHECK_INT(-ERR_NOT_FOUND, phone_book_set(book, SLICE("mum"), SLICE("")));
    open_again();
    CHECK_INT(0, phone_book_find(book, SLICE("mum")).len);
    CHECK_SLICE("sip:bob@example.test", phone_book_find(book, SLICE("bob")));
}

TEST(a_name_is_one_word)
{
    CHECK_INT(-ERR_SYNTAX, phone_book_set(book, SLICE("my mum"), SLICE("sip:a@b")));
    CHECK_INT(-ERR_SYNTAX, phone_book_set(book, SLICE("mum"), SLICE("sip:a@b\nx sip:c@d")));
    CHECK_INT(-ERR_SYNTAX, phone_book_set(book, SLICE(""), SLICE("sip:a@b")));
}

TEST(a_file_that_cannot_be_written_changes_nothing)
{
    phone_book_free(book);
    book = phone_book_new("/nowhere/at/all", "/nowhere/calls");
    CHECK(phone_book_set(book, SLICE("mum"), SLICE("sip:a@b")) != 0);
    CHECK_INT(0, phone_book_find(book, SLICE("mum")).len);
    CHECK(phone_book_add_call(book, &(struct phone_event){ .peer = SLICE("sip:a@b") }, 1) != 0);
    CHECK_SLICE("sip:a@b", slice_from(phone_book_call(book, 0)->peer));
}

TEST(the_last_calls_are_remembered_the_latest_first)
{
    struct phone_event e = { .outgoing = true, .status = 486, .setup = NEVER, .cause = CALL_REFUSED };
    char               peer[64];

    for (unsigned i = 1; i <= BOOK_CALLS + 20; i++) {
        snprintf(peer, sizeof peer, "sip:%u@example.test", i);
        e.peer = slice_from(peer);
        CHECK_INT(0, phone_book_add_call(book, &e, i));
    }
    open_again();
    check_mode(calls);
    CHECK_SLICE("sip:120@example.test", slice_from(phone_book_call(book, 0)->peer));
    CHECK_INT(486, phone_book_call(book, 0)->status);
    CHECK_SLICE("refused", slice_from(phone_book_call(book, 0)->cause));
    CHECK(!phone_book_call(book, 0)->answered);
    CHECK_SLICE("sip:21@example.test", slice_from(phone_book_call(book, BOOK_CALLS - 1)->peer));
    CHECK(phone_book_call(book, BOOK_CALLS) == NULL);
}

TEST(rubbish_in_the_files_is_left_out)
{
    FILE *file = fopen(contacts, "w");

    fputs("# a comment\nalone\nmum sip:mum@example.test\n\xff\xfe\n", file);
    fclose(file);
    file = fopen(calls, "w");
    fputs("oops\n{}\n[1]\n{\"t\":7,\"peer\":\"sip:a@b\"}\n{\"t\":", file);
    fclose(file);
    open_again();
    CHECK_SLICE("mum", slice_from(phone_book_contact(book, 0)->name));
    CHECK(phone_book_contact(book, 1) == NULL);
    CHECK_INT(7, phone_book_call(book, 0)->t);
    CHECK(phone_book_call(book, 1) == NULL);
}

TEST(without_files_all_is_kept_in_memory)
{
    phone_book_free(book);
    book = phone_book_new(NULL, NULL);
    CHECK_INT(0, phone_book_set(book, SLICE("mum"), SLICE("sip:a@b")));
    CHECK_INT(0, phone_book_add_call(book, &(struct phone_event){ .peer = SLICE("sip:a@b") }, 1));
    CHECK_SLICE("sip:a@b", phone_book_find(book, SLICE("mum")));
}

#define WITH(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH(contacts_are_found_changed_taken_away_and_kept),
        WITH(a_name_is_one_word),
        WITH(a_file_that_cannot_be_written_changes_nothing),
        WITH(the_last_calls_are_remembered_the_latest_first),
        WITH(rubbish_in_the_files_is_left_out),
        WITH(without_files_all_is_kept_in_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
