/* SPDX-License-Identifier: BSD-2-Clause */
/* folder.h - the folder that a server keeps its state in. */

#ifndef CONSOLE_FOLDER_H
#define CONSOLE_FOLDER_H

#include "base/slice.h"

/* Make every folder of the path that is missing, the last one private to us.  Returns
 * 0, -ERR_PERMISSION or -ERR_IO with a sentence in `problem`. */
int folder_make(struct slice path, char *problem, size_t problem_size);

#endif
