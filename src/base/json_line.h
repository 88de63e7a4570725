/* SPDX-License-Identifier: BSD-2-Clause */
/* json_line.h - JSON text (RFC 8259) written into a buf: one object on one line.
 *
 *     struct json_line j = json_line_begin(&b);
 *     json_line_text(&j, "event", SLICE("answered"));
 *     json_line_number(&j, "status", 200);
 *     json_line_end(&j);              {"event":"answered","status":200}
 *
 * Bytes that are not UTF-8 are written as the character of that number, so the
 * text is valid whatever a peer sent. */

#ifndef BASE_JSON_LINE_H
#define BASE_JSON_LINE_H

#include "base/buf.h"

struct json_line {
    struct buf *buf;
    bool        more;
};

struct json_line json_line_begin(struct buf *b); /* writes '{' */
void             json_line_text(struct json_line *j, const char *key, struct slice value);
void             json_line_number(struct json_line *j, const char *key, int64_t value);
void             json_line_real(struct json_line *j, const char *key, double value); /* three decimals */
void             json_line_bool(struct json_line *j, const char *key, bool value);
void             json_line_null(struct json_line *j, const char *key);
/* Begin an object within: json_line_end it before going on with `j`. */
struct json_line json_line_inner(struct json_line *j, const char *key);
void             json_line_end(struct json_line *j);
/* Begin a list of objects within, and each of them: end the object before the next one. */
struct json_line json_line_list(struct json_line *j, const char *key);
struct json_line json_line_item(struct json_line *list);
void             json_line_entry(struct json_line *list, struct slice text); /* or a text instead of an object */
void             json_line_list_end(struct json_line *list);

/* A value that is JSON already. */
void json_line_raw(struct json_line *j, const char *key, struct slice value);

/* A string with its quotes. */
void json_line_put_string(struct buf *b, struct slice text);

#endif
