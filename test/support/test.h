/* SPDX-License-Identifier: BSD-2-Clause */
/* test.h - what every test needs on top of cmocka. */

#ifndef TEST_SUPPORT_TEST_H
#define TEST_SUPPORT_TEST_H

#include "base/slice.h"

/* cmocka.h wants these four before it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define TEST(name) static void name(void **state __attribute__((unused)))

#define CHECK(condition)     assert_true(condition)
#define CHECK_INT(want, got) assert_int_equal((long long)(got), (long long)(want))
/* `want` is a literal or C string. */
#define CHECK_SLICE(want, got) check_slice((want), (got), #got, __FILE__, __LINE__)

void check_slice(const char *want, struct slice got, const char *what, const char *file, int line);

/* A copy of `text` that ends where an unreadable page begins: reading one byte
 * too far is a crash at the faulty line, not a lucky pass.  Lives until the
 * program ends. */
struct slice test_guarded(struct slice text);

/* The whole file, malloc'ed into `*memory` for the caller to free; false if it
 * cannot be read. */
bool test_read_file(const char *path, struct slice *text, char **memory);

/* Exit code for CTest's "skipped". */
enum { TEST_SKIPPED = 77 };

#endif
