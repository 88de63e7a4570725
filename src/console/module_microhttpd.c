/* SPDX-License-Identifier: BSD-2-Clause */
/* ahoy_microhttpd.so: HTTP by libmicrohttpd (see http_module.h). */
#include "console/http_module.h"

#include <microhttpd.h>
#include <stdlib.h>
#include <string.h>

enum { CONNECTION_MEMORY = 16 * 1024 };

struct http_server {
    struct MHD_Daemon *daemon;
    struct http_page   page;
};

/* Takes `text`; NULL: a static one of `len` bytes is in `fixed`. */
static enum MHD_Result respond(struct MHD_Connection *connection, unsigned status, const char *type, char *text,
                               const char *fixed, size_t len)
{
    struct MHD_Response *response = MHD_create_response_from_buffer(
        len, text != NULL ? text : (char *)fixed, text != NULL ? MHD_RESPMEM_MUST_FREE : MHD_RESPMEM_PERSISTENT);
    enum MHD_Result result;

    if (response == NULL) {
        free(text);
        return MHD_NO;
    }
    result = MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, type);
    if (result == MHD_YES && status == MHD_HTTP_METHOD_NOT_ALLOWED)
        result = MHD_add_response_header(response, MHD_HTTP_HEADER_ALLOW, "GET, HEAD");
    if (result == MHD_YES)
        result = MHD_queue_response(connection, status, response);
    MHD_destroy_response(response);
    return result;
}

static enum MHD_Result respond_short(struct MHD_Connection *connection, unsigned status, const char *text)
{
    return respond(connection, status, "text/plain; charset=utf-8", NULL, text, strlen(text));
}

static enum MHD_Result on_request(void *arg, struct MHD_Connection *connection, const char *url, const char *method,
                                  const char *version, const char *upload, size_t *upload_size, void **state)
{
    const struct http_server *s = arg;
    char                     *text;
    size_t                    len;

    (void)version, (void)upload, (void)upload_size, (void)state;
    if (strcmp(url, s->page.path) != 0)
        return respond_short(connection, MHD_HTTP_NOT_FOUND, "there is nothing here\n");
    if (strcmp(method, MHD_HTTP_METHOD_GET) != 0 && strcmp(method, MHD_HTTP_METHOD_HEAD) != 0)
        return respond_short(connection, MHD_HTTP_METHOD_NOT_ALLOWED, "only GET and HEAD\n");
    text = s->page.text(s->page.arg, &len);
    if (text == NULL)
        return respond_short(connection, MHD_HTTP_SERVICE_UNAVAILABLE, "no memory\n");
    return respond(connection, MHD_HTTP_OK, s->page.type, text, NULL, len);
}

static struct http_server *http_start(int fd, const struct http_page *page, const struct http_limits *limits)
{
    struct http_server *s = malloc(sizeof *s);

    if (s == NULL)
        return NULL;
    s->page   = *page;
    s->daemon = MHD_start_daemon(MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_POLL | MHD_USE_ITC, 0, NULL, NULL,
                                 on_request, s, MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_CONNECTION_LIMIT,
                                 limits->connections, MHD_OPTION_CONNECTION_TIMEOUT, limits->seconds,
                                 MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_MEMORY, MHD_OPTION_END);
    if (s->daemon != NULL)
        return s;
    free(s);
    return NULL;
}

static void http_stop(struct http_server *s)
{
    MHD_stop_daemon(s->daemon);
    free(s);
}

extern const struct http_module ahoy_http_module;

__attribute__((visibility("default"))) const struct http_module ahoy_http_module = {
    .version = HTTP_MODULE_VERSION,
    .start   = http_start,
    .stop    = http_stop,
};
