/* SPDX-License-Identifier: BSD-2-Clause */
/* module.h - which program or library an address belongs to, and which function.
 *
 * Read once while all is well; asked from a signal handler.  The names of functions
 * are those of our own program's symbol table, which is mapped, not copied: in a
 * program that was stripped there are none, and the offset has to do. */

#ifndef PROCESS_MODULE_H
#define PROCESS_MODULE_H

#include "base/buf.h"

#include <elf.h>
#include <link.h>

enum { MODULES = 48, MODULE_NAME = 48 };

struct module {
    uintptr_t base; /* what the offset counts from                */
    uintptr_t start, end;
    char      name[MODULE_NAME];
};

struct modules {
    struct module list[MODULES];
    unsigned      count;
    const ElfW(Sym) * symbols; /* of list[0], the program; NULL if stripped */
    size_t      symbol_count;
    const char *names;
    size_t      names_len;
};

/* What is loaded now; whatever goes wrong, less is known. */
void modules_read(struct modules *m);

/* --- safe in a signal handler --- */

const struct module *module_find(const struct modules *m, uintptr_t address);
/* " function=name", or nothing. */
void module_put_function(const struct modules *m, const struct module *of, uintptr_t address, struct buf *b);

#endif
