/* SPDX-License-Identifier: BSD-2-Clause */
/* cert_file.h - keys and certificates on the disk, as PEM.
 *
 * A key is readable by its owner alone (0600) from its first byte on.  A file is
 * written beside the old one, brought to the disk and then moved over it: whoever
 * reads sees the old one or the new one, whole. */

#ifndef NET_CERT_FILE_H
#define NET_CERT_FILE_H

#include "net/cert_make.h"

enum { CERT_FILE_MAX = 1024 * 1024 /* bytes; a chain has some thousand */ };

/* Write the certificate (0644) and its key (0600), the key first.  Unless `replace`, a
 * file that is there stays and -ERR_EXISTS is returned, before anything is written.  Else 0,
 * -ERR_PERMISSION, -ERR_DISK_FULL, -ERR_NOT_FOUND (no such folder), -ERR_TOO_LARGE (a path)
 * or -ERR_IO. */
int cert_write(const struct cert_pair *p, const char *certificate_path, const char *key_path, bool replace);

/* One such file. */
int cert_write_text(const char *path, const char *text, unsigned mode, bool replace);

/* Read a pair as it was written; nothing is parsed.  `*out` is to be freed with
 * cert_pair_free, whatever is returned: 0, -ERR_NOT_FOUND, -ERR_PERMISSION, -ERR_TOO_LARGE,
 * -ERR_IO or -ERR_NO_MEMORY. */
int cert_read_pair(const char *certificate_path, const char *key_path, struct cert_pair *out);

/* The whole file with a NUL, malloc'ed; errors as above. */
int cert_read_text(const char *path, char **text, size_t *len);

#endif
