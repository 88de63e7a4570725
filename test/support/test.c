/* SPDX-License-Identifier: BSD-2-Clause */
#include "support/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

void check_slice(const char *want, struct slice got, const char *what, const char *file, int line)
{
    if (slice_eq(slice_from(want), got))
        return;
    print_error("%s: want \"%s\", got \"%.*s\"\n", what, want, SLICE_ARG(got));
    _fail(file, line);
}

struct slice test_guarded(struct slice text)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    size_t room = (text.len / page + 1) * page;
    char  *base = mmap(NULL, room + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (base == MAP_FAILED || mprotect(base + room, page, PROT_NONE) != 0)
        abort();
    if (text.len > 0)
        memcpy(base + room - text.len, text.ptr, text.len);
    return (struct slice){ base + room - text.len, text.len };
}

bool test_read_file(const char *path, struct slice *text, char **memory)
{
    FILE *file = fopen(path, "rb");
    long  size;

    if (file == NULL)
        return false;
    if (fseek(file, 0, SEEK_END) != 0 || (size = ftell(file)) < 0 || fseek(file, 0, SEEK_SET) != 0) {
        fclose(file);
        return false;
    }
    *memory = malloc((size_t)size + 1);
    if (*memory == NULL)
        abort();
    text->ptr = *memory;
    text->len = fread(*memory, 1, (size_t)size, file);
    fclose(file);
    return text->len == (size_t)size;
}
