/* SPDX-License-Identifier: BSD-2-Clause */
#include "cmd/load_input.h"

#include "base/error.h"
#include "cmd/exit_code.h"
#include "net/sockaddr.h"
#include "net/tls_shared.h"

#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { FILE_MAX = 64 * 1024 };

static int complain(const char *what, const char *text)
{
    fprintf(stderr, "ahoy load: %s: %s\n", what, text);
    return EXIT_ERROR;
}

int load_input_repeat(const struct command *command, struct load_settings *s, const char *path)
{
    FILE      *file   = fopen(path, "re");
    char      *memory = malloc(FILE_MAX), text[256];
    struct buf why    = BUF_ON(text);
    size_t     len    = 0;
    int        error  = -ERR_IO;

    if (file != NULL && memory != NULL) {
        len   = fread(memory, 1, FILE_MAX, file);
        error = ferror(file) ? -ERR_IO : len == FILE_MAX ? -ERR_TOO_LARGE : 0;
    }
    if (error == 0)
        error = load_settings_read(s, (struct slice){ memory, len }, &why);
    if (file != NULL)
        fclose(file);
    free(memory);
    if (error == -ERR_SYNTAX)
        return options_complain(command, "%s: %s", path, buf_cstr(&why));
    return error == 0 ? EXIT_OK : complain(path, file == NULL ? strerror(errno) : error_text(error));
}

int load_input_save(const struct load_settings *s, const char *path)
{
    FILE      *file   = fopen(path, "we");
    char      *memory = malloc(FILE_MAX);
    struct buf b      = buf_on(memory, memory == NULL ? 0 : FILE_MAX);
    bool       good   = file != NULL;

    load_settings_write(s, &b);
    good = good && buf_ok(&b) && fwrite(b.ptr, 1, b.len, file) == b.len;
    free(memory);
    if (file != NULL)
        good = fclose(file) == 0 && good;
    return good ? EXIT_OK : complain(path, errno != 0 ? strerror(errno) : "cannot be written");
}

static int take_password(const char *text, size_t len, char password[LOAD_PASSWORD_SIZE])
{
    if (len == 0 || len >= LOAD_PASSWORD_SIZE)
        return complain("the password", len == 0 ? "is empty" : "is too long");
    memcpy(password, text, len);
    password[len] = '\0';
    return EXIT_OK;
}

int load_input_password(const struct load_settings *s, char password[LOAD_PASSWORD_SIZE])
{
    const char *path = s->values[LOAD_PASSWORD_FILE], *given = getenv("AHOY_LOAD_PASSWORD");
    char        line[LOAD_PASSWORD_SIZE + 2] = "";
    FILE       *file;
    int         code;

    password[0] = '\0';
    if (path == NULL)
        return given == NULL ? EXIT_OK : take_password(given, strlen(given), password);
    file = fopen(path, "re");
    if (file == NULL)
        return complain(path, strerror(errno));
    if (fgets(line, sizeof line, file) == NULL)
        line[0] = '\0';
    fclose(file);
    code = take_password(line, strcspn(line, "\r\n"), password);
    explicit_bzero(line, sizeof line);
    return code;
}

int load_input_tls(const struct load_settings *s, const struct load_plan *p, struct tls_shared **out)
{
    struct tls_setup   setup = { .trust_file     = s->values[LOAD_TLS_TRUST],
                                 .verify_servers = !p->tls_no_verify,
                                 .now            = (uint64_t)time(NULL) };
    struct tls_problem problem;
    struct tls_keys   *keys;
    int                error;

    if (!transport_is_secure(p->transport))
        return EXIT_OK;
    error = tls_keys_load(&setup, &keys, &problem);
    if (error != 0) {
        fprintf(stderr, "ahoy load: %s\n", problem.text);
        return error == -ERR_NO_MEMORY ? EXIT_ERROR : EXIT_CONFIG;
    }
    *out = tls_shared_new(keys);
    return *out != NULL ? EXIT_OK : complain("TLS", error_text(-ERR_NO_MEMORY));
}

static int look_up(const char *host, struct address *out)
{
    struct addrinfo         hints = { .ai_socktype = SOCK_DGRAM, .ai_flags = AI_ADDRCONFIG };
    struct addrinfo        *list  = NULL;
    struct sockaddr_storage first = { 0 };
    int                     error;

    if (address_parse_ip(slice_from(host), out))
        return EXIT_OK;
    error = getaddrinfo(host, NULL, &hints, &list);
    if (error != 0) {
        complain(host, gai_strerror(error));
        return EXIT_UNREACHABLE;
    }
    memcpy(&first, list->ai_addr, list->ai_addrlen);
    freeaddrinfo(list);
    *out = address_from_sockaddr(&first);
    return EXIT_OK;
}

int load_input_addresses(struct world *w, const struct load_plan *p, struct address *server, struct address *local)
{
    int code = look_up(p->server, server), error;

    if (code != EXIT_OK)
        return code;
    server->port = p->port;
    if (p->local.family != FAMILY_NONE) {
        *local = p->local;
        return EXIT_OK;
    }
    error = world_source(w, server, local);
    if (error == 0)
        return EXIT_OK;
    complain(p->server, error_text(error));
    return (int)exit_code_of_error(error);
}
