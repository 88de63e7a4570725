/* SPDX-License-Identifier: BSD-2-Clause */
/* http_module.h - what an HTTP module is to the program: one struct of functions
 * under one symbol.
 *
 * A module includes this header, links its HTTP library, and nothing of ours. */

#ifndef CONSOLE_HTTP_MODULE_H
#define CONSOLE_HTTP_MODULE_H

#include <stddef.h>

#define HTTP_MODULE_SYMBOL "ahoy_http_module"
#define HTTP_MODULE_FILE   "ahoy_microhttpd.so"

enum { HTTP_MODULE_VERSION = 1 };

struct http_server;

struct http_page {
    const char *path, *type;
    /* The page, malloc'ed; NULL without memory: 503.  Called on the module's thread. */
    char *(*text)(void *arg, size_t *len);
    void *arg;
};

struct http_limits {
    unsigned connections, seconds; /* at the same time; that one may be silent */
};

struct http_module {
    unsigned version; /* HTTP_MODULE_VERSION */
    /* Serve one page on a socket that listens already, with a thread of its own: GET
     * and HEAD of its path; other paths 404, other methods 405.  Takes `fd` when it
     * succeeds.  Keeps a copy of `page`.  NULL if it does not start. */
    struct http_server *(*start)(int fd, const struct http_page *page, const struct http_limits *limits);
    /* No more calls of page->text after it returns. */
    void (*stop)(struct http_server *server);
};

#endif
