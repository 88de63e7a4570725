/* SPDX-License-Identifier: BSD-2-Clause */
/* phone_book.h - who is known by a short name, and the last calls.
 *
 * Each is a file, which only its user may read: contacts as lines "NAME ADDRESS", replaced as a
 * whole; calls as JSON lines, to which each call adds one when it ends.  Without a path they
 * live as long as the book. */

#ifndef CONSOLE_PHONE_BOOK_H
#define CONSOLE_PHONE_BOOK_H

#include "base/json_line.h"
#include "call/event.h"

struct phone_book;

enum {
    BOOK_TEXT     = 256,
    BOOK_CONTACTS = 1000,
    BOOK_CALLS    = 100, /* that are remembered */
};

struct book_contact {
    char name[BOOK_TEXT], address[BOOK_TEXT];
};

struct book_call {
    uint64_t t; /* wall time of its end, ms */
    bool     outgoing, answered;
    unsigned status;
    msec     duration;
    char     peer[BOOK_TEXT], cause[24];
};

/* Copies the paths, either may be NULL, and reads what is there; what cannot be read as it should be
 * is left out.  NULL without memory. */
struct phone_book *phone_book_new(const char *contacts, const char *calls);
void               phone_book_free(struct phone_book *b);

/* Add or change one; an empty address takes it away.  Returns 0, -ERR_NOT_FOUND (nothing to take
 * away), -ERR_LIMIT, -ERR_TOO_LARGE, -ERR_SYNTAX (a name of one word is wanted), -ERR_NO_MEMORY, and
 * what was wrong with the file: -ERR_IO, -ERR_PERMISSION, -ERR_DISK_FULL; then nothing has changed. */
int phone_book_set(struct phone_book *b, struct slice name, struct slice address);
/* The address of one; empty if there is none. */
struct slice phone_book_find(const struct phone_book *b, struct slice name);

/* In the order of the file; NULL behind the last. */
const struct book_contact *phone_book_contact(const struct phone_book *b, size_t index);
/* The latest first; NULL behind the last. */
const struct book_call *phone_book_call(const struct phone_book *b, size_t index);

/* Remember a call that has ended.  Returns 0 or what was wrong with the file; it is remembered
 * all the same. */
int phone_book_add_call(struct phone_book *b, const struct phone_event *ended, uint64_t wall);

#endif
