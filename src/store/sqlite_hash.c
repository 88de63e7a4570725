/* SPDX-License-Identifier: BSD-2-Clause */
#include "store/sqlite_hash.h"

#include "base/error.h"
#include "base/hash.h"
#include "store/sqlite_rows.h"

#include <sqlite3.h>

static struct slice text_of(sqlite3_value *value)
{
    const char *text = (const char *)sqlite3_value_text(value);

    return (struct slice){ text == NULL ? "" : text, (size_t)sqlite3_value_bytes(value) };
}

static void hash_number(sqlite3_context *context, int count, sqlite3_value **values)
{
    struct slice        text      = text_of(values[1]);
    enum hash_algorithm algorithm = slice_eq(text_of(values[0]), SLICE("SHA-512-256")) ? HASH_SHA512_256 : HASH_SHA256;

    (void)count;
    sqlite3_result_int64(context, (sqlite3_int64)hasher_number(sqlite3_user_data(context), algorithm, &text, 1));
}

static void free_hasher(void *hasher)
{
    hasher_free(hasher);
}

int sqlite_hash_register(struct sqlite3 *db)
{
    struct hasher *hasher = hasher_new();

    if (hasher == NULL)
        return -ERR_NO_MEMORY;
    return sqlite_error(sqlite3_create_function_v2(db, "hash_number", 2, SQLITE_UTF8 | SQLITE_DETERMINISTIC, hasher,
                                                   hash_number, NULL, NULL, free_hasher)); /* freed if it fails, too */
}
