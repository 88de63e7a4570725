/* SPDX-License-Identifier: BSD-2-Clause */
#include "console/phone_book.h"

#include "base/error.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { CALLS_FILE_MAX = 1024 * 1024, LINE = 2048 };

struct phone_book {
    char                 contacts_path[PATH_MAX], calls_path[PATH_MAX]; /* "": none */
    struct book_contact *contacts;
    size_t               contact_count;
    struct book_call     calls[BOOK_CALLS]; /* a ring */
    size_t               call_count;        /* ever */
};

static int error_of(int number)
{
    if (number == ENOSPC || number == EDQUOT)
        return -ERR_DISK_FULL;
    return number == EACCES || number == EPERM ? -ERR_PERMISSION : -ERR_IO;
}

/* ---- contacts ---- */

static struct book_contact *find(const struct phone_book *b, struct slice name)
{
    for (size_t i = 0; i < b->contact_count; i++)
        if (slice_eq(slice_from(b->contacts[i].name), name))
            return &b->contacts[i];
    return NULL;
}

struct slice phone_book_find(const struct phone_book *b, struct slice name)
{
    const struct book_contact *c = find(b, name);

    return c == NULL ? (struct slice){ NULL, 0 } : slice_from(c->address);
}

const struct book_contact *phone_book_contact(const struct phone_book *b, size_t index)
{
    return index < b->contact_count ? &b->contacts[index] : NULL;
}

/* One more at the end, empty. */
static struct book_contact *grow(struct phone_book *b)
{
    struct book_contact *more;

    if ((b->contact_count & (b->contact_count + 1)) != 0) /* only at 0, 1, 3, 7, ... */
        return &b->contacts[b->contact_count];
    more = realloc(b->contacts, (2 * b->contact_count + 1) * sizeof *more);
    if (more == NULL)
        return NULL;
    b->contacts = more;
    return &b->contacts[b->contact_count];
}

static void copy(char to[BOOK_TEXT], struct slice from)
{
    memcpy(to, from.ptr, from.len);
    to[from.len] = '\0';
}

/* Only in memory. */
static int put(struct phone_book *b, struct slice name, struct slice address)
{
    struct book_contact *c = find(b, name);

    if (c == NULL && b->contact_count == BOOK_CONTACTS)
        return -ERR_LIMIT;
    if (c == NULL) {
        c = grow(b);
        if (c == NULL)
            return -ERR_NO_MEMORY;
        b->contact_count++;
    }
    copy(c->name, name);
    copy(c->address, address);
    return 0;
}

static bool is_word(struct slice text)
{
    for (size_t i = 0; i < text.len; i++)
        if ((unsigned char)text.ptr[i] <= ' ' || text.ptr[i] == 0x7f)
            return false;
    return text.len > 0;
}

static void take_contact(struct phone_book *b, struct slice line)
{
    const char  *blank = line.len == 0 ? NULL : memchr(line.ptr, ' ', line.len);
    struct slice name, address;

    if (blank == NULL || line.ptr[0] == '#')
        return;
    name    = slice_between(line.ptr, blank);
    address = slice_trim(slice_between(blank, line.ptr + line.len));
    if (is_word(name) && is_word(address) && name.len < BOOK_TEXT && address.len < BOOK_TEXT)
        (void)put(b, name, address);
}

static bool write_contacts(const struct phone_book *b, int fd)
{
    FILE *file = fdopen(fd, "w");
    bool  good;

    if (file == NULL) {
        close(fd);
        return false;
    }
    for (size_t i = 0; i < b->contact_count; i++)
        if (b->contacts[i].address[0] != '\0')
            fprintf(file, "%s %s\n", b->contacts[i].name, b->contacts[i].address);
    good = fflush(file) == 0 && fsync(fd) == 0 && !ferror(file);
    return fclose(file) == 0 && good;
}

/* The old file or the new one is there, never half of one. */
static int save_contacts(const struct phone_book *b)
{
    char fresh[PATH_MAX + 8];
    int  fd, error;

    if (b->contacts_path[0] == '\0')
        return 0;
    snprintf(fresh, sizeof fresh, "%s.XXXXXX", b->contacts_path);
    fd = mkostemp(fresh, O_CLOEXEC); /* mode 0600 */
    if (fd < 0)
        return error_of(errno);
    if (write_contacts(b, fd) && rename(fresh, b->contacts_path) == 0)
        return 0;
    error = error_of(errno);
    unlink(fresh);
    return error;
}

static void drop_empty(struct phone_book *b)
{
    size_t kept = 0;

    for (size_t i = 0; i < b->contact_count; i++)
        if (b->contacts[i].address[0] != '\0')
            b->contacts[kept++] = b->contacts[i];
    b->contact_count = kept;
}

int phone_book_set(struct phone_book *b, struct slice name, struct slice address)
{
    struct book_contact *c      = find(b, name);
    struct book_contact  before = { "", "" };
    int                  error;

    if (name.len >= BOOK_TEXT || address.len >= BOOK_TEXT)
        return -ERR_TOO_LARGE;
    if (!is_word(name) || (address.len > 0 && !is_word(address)))
        return -ERR_SYNTAX;
    if (c == NULL && address.len == 0)
        return -ERR_NOT_FOUND;
    if (c != NULL)
        before = *c;
    error = put(b, name, address);
    if (error != 0)
        return error;
    error = save_contacts(b);
    if (error != 0)
        copy(find(b, name)->address, slice_from(before.address));
    drop_empty(b);
    return error;
}

/* ---- calls ---- */

const struct book_call *phone_book_call(const struct phone_book *b, size_t index)
{
    if (index >= BOOK_CALLS || index >= b->call_count)
        return NULL;
    return &b->calls[(b->call_count - 1 - index) % BOOK_CALLS];
}

static void remember(struct phone_book *b, const struct book_call *c)
{
    b->calls[b->call_count++ % BOOK_CALLS] = *c;
}

static void put_call_line(struct buf *b, const struct book_call *c)
{
    struct json_line j = json_line_begin(b);

    json_line_number(&j, "t", (int64_t)c->t);
    json_line_text(&j, "direction", c->outgoing ? SLICE("out") : SLICE("in"));
    json_line_text(&j, "peer", slice_from(c->peer));
    json_line_bool(&j, "answered", c->answered);
    json_line_text(&j, "cause", slice_from(c->cause));
    json_line_number(&j, "status", c->status);
    json_line_number(&j, "duration_ms", (int64_t)c->duration);
    json_line_end(&j);
    buf_put_byte(b, '\n');
}

static const char *text_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));

    return text == NULL ? "" : text;
}

static void take_call(struct phone_book *b, struct slice line)
{
    json_t          *o = json_loadb(line.ptr, line.len, 0, NULL);
    struct book_call c = { .t        = (uint64_t)json_integer_value(json_object_get(o, "t")),
                           .outgoing = strcmp(text_of(o, "direction"), "out") == 0,
                           .answered = json_is_true(json_object_get(o, "answered")),
                           .status   = (unsigned)json_integer_value(json_object_get(o, "status")),
                           .duration = (msec)json_integer_value(json_object_get(o, "duration_ms")) };

    snprintf(c.peer, sizeof c.peer, "%s", text_of(o, "peer"));
    snprintf(c.cause, sizeof c.cause, "%s", text_of(o, "cause"));
    if (c.t > 0 && c.peer[0] != '\0')
        remember(b, &c);
    json_decref(o);
}

/* A file that has grown for years begins anew with what is remembered of it. */
static int open_calls(const struct phone_book *b)
{
    int         fd = open(b->calls_path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    struct stat facts;

    if (fd >= 0 && fstat(fd, &facts) == 0 && facts.st_size > CALLS_FILE_MAX)
        (void)ftruncate(fd, 0); /* if that fails it grows on */
    return fd;
}

static int write_call(const struct phone_book *b, const struct book_call *c)
{
    char       text[LINE];
    struct buf line = BUF_ON(text);
    int        fd, error = 0;

    put_call_line(&line, c);
    if (!buf_ok(&line))
        return -ERR_TOO_LARGE;
    fd = open_calls(b);
    if (fd < 0)
        return error_of(errno);
    if (write(fd, line.ptr, line.len) != (ssize_t)line.len)
        error = error_of(errno);
    if (close(fd) != 0 && error == 0)
        error = error_of(errno);
    return error;
}

int phone_book_add_call(struct phone_book *b, const struct phone_event *e, uint64_t wall)
{
    struct book_call c = {
        .t = wall, .outgoing = e->outgoing, .answered = e->setup != NEVER, .status = e->status, .duration = e->duration
    };

    snprintf(c.peer, sizeof c.peer, "%.*s", SLICE_ARG(e->peer));
    snprintf(c.cause, sizeof c.cause, "%s", call_cause_name(e->cause));
    remember(b, &c);
    return b->calls_path[0] == '\0' ? 0 : write_call(b, &c);
}

/* ---- life ---- */

static void read_lines(struct phone_book *b, const char *path, void (*take)(struct phone_book *b, struct slice line))
{
    FILE   *file = path[0] == '\0' ? NULL : fopen(path, "re");
    char   *line = NULL;
    size_t  size = 0;
    ssize_t len;

    if (file == NULL)
        return;
    while ((len = getline(&line, &size, file)) > 0)
        take(b, slice_trim((struct slice){ line, (size_t)len }));
    free(line);
    fclose(file);
}

struct phone_book *phone_book_new(const char *contacts, const char *calls)
{
    struct phone_book *b = calloc(1, sizeof *b);

    if (b == NULL)
        return NULL;
    snprintf(b->contacts_path, sizeof b->contacts_path, "%s", contacts == NULL ? "" : contacts);
    snprintf(b->calls_path, sizeof b->calls_path, "%s", calls == NULL ? "" : calls);
    read_lines(b, b->contacts_path, take_contact);
    read_lines(b, b->calls_path, take_call);
    return b;
}

void phone_book_free(struct phone_book *b)
{
    if (b == NULL)
        return;
    free(b->contacts);
    free(b);
}
