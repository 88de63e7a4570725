/* SPDX-License-Identifier: BSD-2-Clause */
#include "support/hostile_table.h"

#include "base/scan.h"
#include "sip/message.h"
#include "support/test.h"

#include <stdlib.h>

enum { LINES = 4000, BODY = 65536 };

/* ---- reading ---- */

static bool begins(const char *line, const char *word, const char **rest)
{
    size_t len = strlen(word);

    if (strncmp(line, word, len) != 0 || (line[len] != '\0' && line[len] != ' '))
        return false;
    *rest = line[len] == ' ' ? line + len + 1 : line + len;
    return true;
}

static struct hostile_step *new_step(struct hostile_case *c, enum hostile_kind kind, bool bob, const char *text)
{
    assert_true(c != NULL && c->count < HOSTILE_STEPS);
    c->steps[c->count] = (struct hostile_step){ .kind = kind, .bob = bob, .text = text };
    return &c->steps[c->count++];
}

static void new_case(struct hostile_file *f, const char *name, unsigned line)
{
    assert_true(f->count < HOSTILE_CASES);
    f->cases[f->count++] = (struct hostile_case){ .name = name, .line = line, .udp = true, .tcp = true };
}

/* What the lines before the present one have set. */
struct reading {
    struct hostile_case *c;
    struct hostile_step *message; /* that the line before was one of */
    bool                 raw, bob, told_bob;
};

static void read_message_line(struct reading *r, char **line)
{
    if (r->message == NULL) {
        r->message        = new_step(r->c, HOSTILE_SEND, r->bob, NULL);
        r->message->raw   = r->raw;
        r->message->lines = line;
    }
    *line += 2;
    r->message->count++;
}

static bool read_expectation(struct reading *r, const char *line)
{
    const char *rest;

    if (begins(line, "gets", &rest)) {
        r->told_bob = false;
        new_step(r->c, HOSTILE_GETS, false, rest);
    } else if (begins(line, "bob gets", &rest)) {
        r->told_bob = true;
        new_step(r->c, HOSTILE_GETS, true, rest);
    } else if (begins(line, "with", &rest)) {
        new_step(r->c, HOSTILE_WITH, r->told_bob, rest);
    } else if (begins(line, "without", &rest)) {
        new_step(r->c, HOSTILE_WITHOUT, r->told_bob, rest);
    } else if (begins(line, "closed", &rest)) {
        new_step(r->c, HOSTILE_CLOSED, false, rest);
    } else {
        return false;
    }
    return true;
}

static void read_line(struct hostile_file *f, struct reading *r, const char *line, unsigned number)
{
    const char *rest;

    if (begins(line, "config", &rest)) {
        assert_true(f->config_count < HOSTILE_CONFIG);
        f->config[f->config_count++] = rest;
    } else if (begins(line, "case", &rest)) {
        new_case(f, rest, number);
        r->c = &f->cases[f->count - 1];
    } else if (begins(line, "by", &rest)) {
        r->c->udp = strcmp(rest, "udp") == 0;
        r->c->tcp = strcmp(rest, "tcp") == 0;
    } else if (strcmp(line, "raw") == 0) {
        r->raw = true;
    } else if (strcmp(line, "bob") == 0) {
        r->bob = true;
    } else if (*line != '\0' && !begins(line, "#", &rest) && !begins(line, "rule", &rest) &&
               !read_expectation(r, line)) {
        fail_msg("line %u: %s", number, line);
    }
}

void hostile_read(struct hostile_file *f, const char *path)
{
    struct reading r = { NULL, NULL, false, false, false };
    struct slice   text;
    unsigned       count = 0;
    char          *at;

    memset(f, 0, sizeof *f);
    assert_true(test_read_file(path, &text, &f->memory));
    assert_true(text.len > 0 && text.ptr[text.len - 1] == '\n');
    f->lines = calloc(LINES, sizeof *f->lines);
    assert_non_null(f->lines);
    at = f->memory;
    for (char *end; at < f->memory + text.len && (end = memchr(at, '\n', text.len)) != NULL; at = end + 1) {
        *end = '\0';
        assert_true(count < LINES);
        f->lines[count++] = at;
        if (strncmp(at, "  ", 2) == 0) {
            read_message_line(&r, &f->lines[count - 1]);
            continue;
        }
        if (r.message != NULL)
            r.message = NULL, r.raw = r.bob = false;
        read_line(f, &r, at, count);
    }
}

void hostile_free(struct hostile_file *f)
{
    free(f->lines);
    free(f->memory);
}

/* ---- writing ---- */

static const char *value_of(struct slice word, const struct hostile_names *n)
{
    const struct {
        const char *word, *value;
    } all[] = { { "me", n->me },   { "server", n->server }, { "host", n->host }, { "port", n->port },
                { "bob", n->bob }, { "T", n->transport },   { "id", n->id } };

    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if (slice_eq(word, slice_from(all[i].word)))
            return all[i].value;
    fail_msg("$%.*s stands for nothing", SLICE_ARG(word));
    return NULL;
}

static void put_slice(struct buf *b, struct slice line, const struct hostile_names *names);

static void put_variable(struct buf *b, struct scan *s, const struct hostile_names *names)
{
    const char *start = s->at;

    while (!scan_at_end(s) && ((*s->at >= 'a' && *s->at <= 'z') || *s->at == 'T'))
        s->at++;
    buf_put(b, slice_from(value_of(slice_between(start, s->at), names)));
}

/* r n t 0 \ xHH */
static void put_escape(struct buf *b, struct scan *s)
{
    static const char names[] = "rnt0\\", values[] = "\r\n\t\0\\";
    const char       *found = strchr(names, *s->at);

    if (*s->at == 'x') {
        buf_put_byte(b, (char)(hex_value(s->at[1]) << 4 | hex_value(s->at[2])));
        s->at += 3;
        return;
    }
    assert_true(found != NULL && *found != '\0');
    buf_put_byte(b, values[found - names]);
    s->at++;
}

/* The number and the text of "{1000:text}", behind the brace. */
static bool put_repeated(struct buf *b, struct scan *s, const struct hostile_names *names)
{
    struct scan look = *s;
    uint32_t    count;
    const char *end;

    if (!scan_number(&look, UINT32_MAX, &count) || !scan_byte(&look, ':'))
        return false;
    end = memchr(look.at, '}', (size_t)(look.end - look.at));
    assert_non_null(end);
    for (uint32_t i = 0; i < count; i++)
        put_slice(b, slice_between(look.at, end), names);
    s->at = end + 1;
    return true;
}

static void put_slice(struct buf *b, struct slice line, const struct hostile_names *names)
{
    struct scan s = scan_from(line);

    while (!scan_at_end(&s)) {
        char c = *s.at++;

        if (c == '$')
            put_variable(b, &s, names);
        else if (c == '\\')
            put_escape(b, &s);
        else if (c != '{' || !put_repeated(b, &s, names))
            buf_put_byte(b, c);
    }
}

void hostile_put(struct buf *b, const char *line, const struct hostile_names *names)
{
    put_slice(b, slice_from(line), names);
}

/* With its CRLF, unless it says \c. */
static void put_line(struct buf *b, const char *line, const struct hostile_names *names)
{
    struct slice text = slice_from(line);
    bool         cut  = text.len >= 2 && strcmp(line + text.len - 2, "\\c") == 0;

    put_slice(b, (struct slice){ line, cut ? text.len - 2 : text.len }, names);
    if (!cut)
        buf_put(b, SLICE("\r\n"));
}

/* "Name", of "Name: value" or "-Name"; empty if it is neither. */
static struct slice name_of(const char *line, bool *left_out)
{
    struct scan  s = scan_from(slice_from(line));
    struct slice name;

    *left_out = scan_byte(&s, '-');
    if (!scan_token(&s, &name))
        return SLICE("");
    scan_lws(&s);
    return *left_out ? (scan_at_end(&s) ? name : SLICE("")) : (scan_byte(&s, ':') ? name : SLICE(""));
}

static bool is_same(struct slice a, struct slice b)
{
    enum header_id id = header_parse(a);

    return id != HEADER_OTHER ? id == header_parse(b) : slice_eq_nocase(a, b);
}

static bool has(const struct hostile_step *step, struct slice name)
{
    bool left_out;

    for (unsigned i = 1; i < step->count; i++)
        if (step->lines[i][0] != '|' && is_same(name, name_of(step->lines[i], &left_out)))
            return true;
    return false;
}

static void put_lines(struct buf *b, const struct hostile_step *step, bool body, const struct hostile_names *names)
{
    for (unsigned i = 1; i < step->count; i++) {
        const char *line = step->lines[i];
        bool        left_out, is_body = *line == '|';
        bool        named = name_of(line, &left_out).len > 0;

        if (is_body == body && !(left_out && named))
            put_line(b, is_body ? line + 1 : line, names);
    }
}

void hostile_compose(struct buf *b, const struct hostile_step *step, const char *const *defaults,
                     const struct hostile_names *names)
{
    static char memory[BODY];
    struct buf  body = BUF_ON(memory);
    bool        left_out;

    put_line(b, step->lines[0], names);
    if (step->raw) {
        for (unsigned i = 1; i < step->count; i++)
            put_line(b, step->lines[i], names);
        return;
    }
    put_lines(&body, step, true, names);
    assert_true(buf_ok(&body));
    for (; *defaults != NULL; defaults++)
        if (!has(step, name_of(*defaults, &left_out)))
            put_line(b, *defaults, names);
    if (!has(step, SLICE("Content-Length")))
        buf_printf(b, "Content-Length: %zu\r\n", body.len);
    put_lines(b, step, false, names);
    buf_put(b, SLICE("\r\n"));
    buf_put(b, buf_slice(&body));
}
