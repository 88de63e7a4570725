/* SPDX-License-Identifier: BSD-2-Clause */
/* temp_folder.h - a folder of its own for a test that writes files. */

#ifndef TEST_SUPPORT_TEMP_FOLDER_H
#define TEST_SUPPORT_TEMP_FOLDER_H

#include <stddef.h>

struct temp_folder {
    char path[64];
};

void temp_folder_init(struct temp_folder *t);
/* Removes the folder and everything below it. */
void temp_folder_fini(struct temp_folder *t);

/* The path of a file in it, in a buffer that the next call with the same `path` overwrites. */
char *temp_folder_file(const struct temp_folder *t, const char *name, char path[128]);

#endif
