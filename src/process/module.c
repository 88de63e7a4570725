/* SPDX-License-Identifier: BSD-2-Clause */
#include "process/module.h"

#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* The program has no name in the list of the linker. */
static void set_name(struct module *m, const char *path)
{
    char        own[PATH_MAX];
    ssize_t     len;
    const char *slash;

    if (path[0] == '\0') {
        len = readlink("/proc/self/exe", own, sizeof own - 1);
        if (len < 0)
            return;
        own[len] = '\0';
        path     = own;
    }
    slash = strrchr(path, '/');
    strncpy(m->name, slash != NULL ? slash + 1 : path, sizeof m->name - 1);
}

static int add(struct dl_phdr_info *info, size_t size, void *arg)
{
    struct modules *all = arg;
    struct module  *m   = &all->list[all->count];

    (void)size;
    if (all->count == MODULES)
        return 1;
    *m = (struct module){ .base = info->dlpi_addr, .start = UINTPTR_MAX };
    for (int i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *p = &info->dlpi_phdr[i];
        uintptr_t start     = info->dlpi_addr + p->p_vaddr;

        if (p->p_type != PT_LOAD)
            continue;
        if (start < m->start)
            m->start = start;
        if (start + p->p_memsz > m->end)
            m->end = start + p->p_memsz;
    }
    set_name(m, info->dlpi_name);
    all->count++;
    return 0;
}

/* --- the program's own symbols --- */

struct file {
    const char *bytes;
    size_t      len;
};

static struct file map_program(void)
{
    struct file f  = { NULL, 0 };
    int         fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
    struct stat st;
    void       *memory;

    if (fd < 0)
        return f;
    if (fstat(fd, &st) == 0 && st.st_size > (off_t)sizeof(ElfW(Ehdr))) {
        memory = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
        if (memory != MAP_FAILED)
            f = (struct file){ memory, (size_t)st.st_size };
    }
    close(fd);
    return f;
}

static bool is_inside(const struct file *f, size_t offset, size_t len)
{
    return offset <= f->len && len <= f->len - offset;
}

/* The section headers, or NULL. */
static const ElfW(Shdr) * sections_of(const struct file *f, size_t *count)
{
    const ElfW(Ehdr) *head = (const void *)f->bytes;

    *count = head->e_shnum;
    if (memcmp(head->e_ident, ELFMAG, SELFMAG) != 0 || head->e_shentsize != sizeof(ElfW(Shdr)))
        return NULL;
    return is_inside(f, head->e_shoff, *count * sizeof(ElfW(Shdr))) ? (const void *)(f->bytes + head->e_shoff) : NULL;
}

/* False: there is no symbol table that makes sense. */
static bool read_symbols(struct modules *m, const struct file *f)
{
    size_t count;
    const ElfW(Shdr) *section = sections_of(f, &count), *names;

    for (size_t i = 0; section != NULL && i < count; i++) {
        if (section[i].sh_type != SHT_SYMTAB || section[i].sh_link >= count)
            continue;
        names = &section[section[i].sh_link];
        if (!is_inside(f, section[i].sh_offset, section[i].sh_size) || !is_inside(f, names->sh_offset, names->sh_size))
            return false;
        m->symbols      = (const void *)(f->bytes + section[i].sh_offset);
        m->symbol_count = section[i].sh_size / sizeof *m->symbols;
        m->names        = f->bytes + names->sh_offset;
        m->names_len    = names->sh_size;
        return m->names_len > 0 && m->names[m->names_len - 1] == '\0';
    }
    return false;
}

void modules_read(struct modules *m)
{
    struct file f = map_program();

    memset(m, 0, sizeof *m);
    (void)dl_iterate_phdr(add, m);
    if (f.bytes == NULL || read_symbols(m, &f))
        return;
    munmap((void *)f.bytes, f.len);
    m->symbol_count = 0;
}

/* --- safe in a signal handler --- */

const struct module *module_find(const struct modules *m, uintptr_t address)
{
    for (unsigned i = 0; i < m->count; i++)
        if (address >= m->list[i].start && address < m->list[i].end)
            return &m->list[i];
    return NULL;
}

void module_put_function(const struct modules *m, const struct module *of, uintptr_t address, struct buf *b)
{
    uintptr_t offset = address - of->base;

    if (of != m->list)
        return;
    for (size_t i = 0; i < m->symbol_count; i++) {
        const ElfW(Sym) *s = &m->symbols[i];

        if (ELF64_ST_TYPE(s->st_info) != STT_FUNC || offset < s->st_value || offset - s->st_value >= s->st_size ||
            s->st_name >= m->names_len)
            continue;
        buf_put(b, SLICE(" function="));
        buf_put(b, slice_from(m->names + s->st_name));
        return;
    }
}
