/* SPDX-License-Identifier: BSD-2-Clause */
/* module.h - parts of the program that are loaded when they are wanted, because not
 * everybody has, or needs, the library that they stand on. */

#ifndef NET_MODULE_H
#define NET_MODULE_H

/* Load the file of this name ("ahoy_x.so") from beside the executable (a build
 * folder) or from where it is installed; nowhere else: what is loaded runs as us.
 * It stays in memory after dlclose, since libraries leave threads and memory behind
 * that point into them.  A handle of dlopen, or NULL. */
void *module_load(const char *file);

#endif
