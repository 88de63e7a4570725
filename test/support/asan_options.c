/* SPDX-License-Identifier: BSD-2-Clause */
/* What AddressSanitizer does unless ASAN_OPTIONS says otherwise; linked into every program of a sanitized build.
 *
 * clear_shadow_mmap_threshold: the shadow of large memory that is given back is cleared where it is.  To map it anew
 * makes each page fault again when it is next used, and scenarios and walks were a third slower for it.
 *
 * At its end LeakSanitizer reads the variables of the program and of all its libraries, its own of 11 MB among them.
 * They are mapped at once before that; some 2500 pages that fault one by one were a tenth of a short program's time. */
#include <link.h>
#include <stddef.h>
#include <sys/mman.h>
#include <unistd.h>

const char *__asan_default_options(void);

__attribute__((visibility("default"))) const char *__asan_default_options(void)
{
    return "clear_shadow_mmap_threshold=1000000000";
}

static int map_variables(struct dl_phdr_info *library, size_t size, void *arg)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);

    (void)size;
    (void)arg;
    for (unsigned i = 0; i < library->dlpi_phnum; i++) {
        const ElfW(Phdr) *segment = &library->dlpi_phdr[i];
        size_t from               = library->dlpi_addr + segment->p_vaddr;
        size_t end                = from + segment->p_memsz;

        if (segment->p_type == PT_LOAD && (segment->p_flags & PF_W) != 0)
            (void)madvise((void *)(from / page * page), end - from / page * page, MADV_POPULATE_READ);
    }
    return 0;
}

__attribute__((destructor)) static void map_all_variables(void)
{
    dl_iterate_phdr(map_variables, NULL);
}
