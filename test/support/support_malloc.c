/* SPDX-License-Identifier: BSD-2-Clause */
/* The memory of test/support/ itself, which is compiled with -Dmalloc=support_malloc
 * and so on (test/CMakeLists.txt): it passes by what alloc.c lets fail. */
#include <stddef.h>

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *memory, size_t size);
void *support_malloc(size_t size);
void *support_calloc(size_t count, size_t size);
void *support_realloc(void *memory, size_t size);

void *support_malloc(size_t size)
{
    return __real_malloc(size);
}

void *support_calloc(size_t count, size_t size)
{
    return __real_calloc(count, size);
}

void *support_realloc(void *memory, size_t size)
{
    return __real_realloc(memory, size);
}
