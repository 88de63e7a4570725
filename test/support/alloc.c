/* SPDX-License-Identifier: BSD-2-Clause */
/* Every test is linked with -Wl,--wrap=malloc and so on (test/CMakeLists.txt). */
#include "support/alloc.h"

#include <stdatomic.h>
#include <stddef.h>
#include <stdlib.h>

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *memory, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *memory, size_t size);

static atomic_uint   fail_at, counted;
static atomic_ullong counted_bytes;

void alloc_fail_at(unsigned n)
{
    atomic_store(&fail_at, n);
    atomic_store(&counted, 0);
    atomic_store(&counted_bytes, 0);
}

bool alloc_failed(void)
{
    unsigned n = atomic_load(&fail_at);

    return n != 0 && atomic_load(&counted) >= n;
}

unsigned alloc_count(void)
{
    return atomic_load(&counted);
}

unsigned long long alloc_bytes(void)
{
    return atomic_load(&counted_bytes);
}

static _Thread_local bool spared;

void alloc_spare(bool on)
{
    spared = on;
}

static bool fails(size_t size)
{
    unsigned n;

    if (spared)
        return false;
    n = atomic_fetch_add(&counted, 1) + 1;
    atomic_fetch_add(&counted_bytes, size);
    return n == atomic_load(&fail_at);
}

void *alloc_new(size_t size)
{
    void *memory = __real_calloc(1, size);

    if (memory == NULL)
        abort();
    return memory;
}

void *alloc_grow(void *memory, size_t size)
{
    memory = __real_realloc(memory, size);
    if (memory == NULL)
        abort();
    return memory;
}

void *__wrap_malloc(size_t size)
{
    return fails(size) ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
    return fails(count * size) ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *memory, size_t size)
{
    return fails(size) ? NULL : __real_realloc(memory, size);
}
