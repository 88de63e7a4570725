/* SPDX-License-Identifier: BSD-2-Clause */
#include "cmd/case_table.h"

#include "base/buf.h"
#include "base/error.h"
#include "cmd/case_words.h"
#include "sip/name_addr.h"
#include "sip/params.h"
#include "sip/uri.h"

#include <stdlib.h>

enum { MEMORY = 64 * 1024 * 1024, Q_MOST = 1000 };

/* ---- declarations ---- */

static bool read_user(struct parser *p, struct case_row *row)
{
    struct word w;

    row->kind = ROW_USER;
    if (!case_want_word(p, &w, "the user's name"))
        return false;
    row->name = w.text;
    return case_want_end(p);
}

static bool read_alias(struct parser *p, struct case_row *row)
{
    struct word alias, user;

    row->kind = ROW_ALIAS;
    if (!case_want_word(p, &alias, "the other name or number") || !case_want_word(p, &user, "the user whose it is"))
        return false;
    row->name = alias.text;
    row->user = user.text;
    return case_want_end(p);
}

/* "0.5" as thousandths. */
static bool read_q(struct slice text, unsigned *q)
{
    char   digits[8];
    char  *end;
    double value;

    if (text.len == 0 || text.len >= sizeof digits)
        return false;
    memcpy(digits, text.ptr, text.len);
    digits[text.len] = '\0';
    value            = strtod(digits, &end);
    if (*end != '\0' || !(value >= 0 && value <= 1)) /* "nan" is neither */
        return false;
    *q = (unsigned)(value * Q_MOST + 0.5);
    return true;
}

/* The header parameters, ";video;q=0.4", without q. */
static bool take_params(struct parser *p, struct case_row *row, const struct word *w, struct slice params)
{
    char        *memory = arena_alloc(&p->table->arena, params.len + 1);
    struct buf   b      = buf_on(memory, params.len + 1);
    struct scan  s      = scan_from(params);
    struct slice name, value;

    if (memory == NULL)
        return false;
    for (const char *at = s.at; params_next(&s, &name, &value); at = s.at) {
        if (!slice_eq_nocase(name, SLICE("q")))
            buf_put(&b, slice_between(at, s.at));
        else if (!read_q(value, &row->q))
            return case_complain(p, w->at, "q is a number from 0 to 1");
    }
    if (!scan_at_end(&s))
        return case_complain(p, w->at, "after the address there are parameters such as ;video;q=0.5");
    row->params = buf_slice(&b);
    return true;
}

static bool take_contact(struct parser *p, struct case_row *row, const struct word *w)
{
    struct scan      s = scan_from(w->text);
    struct name_addr contact;
    struct uri       uri;

    if (uri_parse(w->text, &uri)) {
        row->contact = w->text;
        return true;
    }
    if (w->text.len == 0 || w->text.ptr[0] != '<' || !name_addr_scan(&s, &contact) || !scan_at_end(&s))
        return case_complain(p, w->at, "a contact is a URI such as sip:bob@192.0.2.3, or <sip:bob@192.0.2.3>;video");
    row->contact = contact.uri.text;
    return take_params(p, row, w, contact.params);
}

static bool read_binding(struct parser *p, struct case_row *row)
{
    struct word aor, contact, q;

    row->kind = ROW_BINDING;
    row->q    = Q_MOST;
    if (!case_want_word(p, &aor, "the address that is registered") || !case_want_word(p, &contact, "its contact") ||
        !take_contact(p, row, &contact))
        return false;
    row->aor = aor.text;
    if (case_at_end(p))
        return true;
    if (!case_next_word(p, &q))
        return false;
    if (q.text.len < 2 || memcmp(q.text.ptr, "q=", 2) != 0 ||
        !read_q((struct slice){ q.text.ptr + 2, q.text.len - 2 }, &row->q))
        return case_complain(p, q.at, "q=NUMBER from 0 to 1 is wanted, or the end of the line");
    return case_want_end(p);
}

/* ---- what is expected ---- */

/* "sip:bob@192.0.2.3," with the comma taken off: whether there was one. */
static bool take_comma(struct word *w)
{
    bool comma = w->text.len > 1 && w->text.ptr[w->text.len - 1] == ',';

    w->text.len -= comma;
    return comma;
}

static bool add_target(struct parser *p, struct wanted *e, const struct word *w, unsigned group)
{
    struct uri uri;

    if (e->count == CASE_TARGETS)
        return case_complain(p, w->at, "there are more than %d targets", CASE_TARGETS);
    if (!uri_parse(w->text, &uri))
        return case_complain(p, w->at,
                             "'%.*s' is no URI such as sip:bob@192.0.2.3; a status, 'register' or 'route NAME'",
                             SLICE_ARG(w->text));
    e->targets[e->count++] = (struct wanted_target){ .uri = w->text, .group = group };
    return true;
}

/* "by URI" behind a target; its comma is the target's. */
static bool read_by(struct parser *p, struct wanted *e, bool *comma)
{
    struct word w;
    struct uri  uri;

    if (e->count == 0)
        return case_complain(p, p->rest.at, "'by' wants a target before it");
    if (!case_want_word(p, &w, "the next hop after 'by'"))
        return false;
    *comma = take_comma(&w);
    if (!uri_parse(w.text, &uri))
        return case_complain(p, w.at, "'%.*s' is no URI such as sip:gateway.example.com", SLICE_ARG(w.text));
    e->targets[e->count - 1].by = w.text;
    return true;
}

/* "A, B then C by D ..." */
static bool read_targets(struct parser *p, struct wanted *e, struct word first)
{
    struct word w     = first;
    unsigned    group = 1;
    bool        comma = false, begins = true, more = true;

    for (; more; more = case_next_word(p, &w)) {
        if (case_is(&w, "...")) {
            e->open = true;
            return case_want_end(p);
        }
        if (case_is(&w, "then")) {
            if (begins)
                return case_complain(p, w.at, "'then' stands between two targets");
            group++;
            begins = true;
        } else if (case_is(&w, "by")) {
            if (!read_by(p, e, &comma))
                return false;
            begins = comma;
        } else if (!begins) {
            return case_complain(p, w.at, "a comma, 'then', 'by' or '...' is wanted between targets");
        } else {
            comma = take_comma(&w);
            if (!add_target(p, e, &w, group))
                return false;
            begins = comma;
        }
    }
    return !p->bad && (!begins || case_complain(p, p->rest.at, "one more target is wanted"));
}

static bool read_contacts(struct parser *p, struct wanted *e)
{
    struct word w;

    while (case_next_word(p, &w)) {
        (void)take_comma(&w);
        if (!add_target(p, e, &w, 1))
            return false;
    }
    return !p->bad;
}

static bool is_status(const struct word *w, unsigned *status)
{
    struct scan s = scan_from(w->text);
    uint32_t    number;

    if (!scan_number(&s, 699, &number) || !scan_at_end(&s) || number < 200)
        return false;
    *status = number;
    return true;
}

static bool read_outcome(struct parser *p, struct wanted *e)
{
    struct word w, name;

    if (!case_want_word(p, &w, "what is expected, after '->',"))
        return false;
    if (is_status(&w, &e->status)) {
        e->kind = WANTED_ANSWER;
        return read_contacts(p, e);
    }
    if (case_is(&w, "register")) {
        e->kind = WANTED_REGISTER;
        return case_want_end(p);
    }
    if (case_is(&w, "route")) {
        e->kind = WANTED_ROUTE;
        if (!case_want_word(p, &name, "the name of the route"))
            return false;
        e->name = name.text;
        return case_want_end(p);
    }
    e->kind = WANTED_TARGETS;
    return read_targets(p, e, w);
}

static bool read_wanted(struct parser *p, struct wanted *e)
{
    const char *start;

    e->targets = arena_alloc(&p->table->arena, CASE_TARGETS * sizeof *e->targets);
    case_skip_blanks(p);
    start = p->rest.at;
    if (e->targets == NULL || !read_outcome(p, e))
        return false;
    e->text = slice_trim(slice_between(start, p->rest.at)); /* without a comment behind it */
    return true;
}

/* ---- requests ---- */

static bool add_header(struct parser *p, struct case_row *row, const struct word *w)
{
    if (memchr(w->text.ptr, ':', w->text.len) == NULL)
        return case_complain(p, w->at, "a header is \"Name: value\"");
    if (row->header_count == CASE_HEADERS)
        return case_complain(p, w->at, "there are more than %d headers", CASE_HEADERS);
    row->headers[row->header_count++] = w->text;
    return true;
}

static bool take_authenticated(struct parser *p, struct case_row *row, const struct word *value)
{
    row->stranger = case_is(value, "no");
    return case_is(value, "no") || case_is(value, "yes") || case_complain(p, value->at, "authenticated is yes or no");
}

/* One clause behind the URI. */
static bool read_clause(struct parser *p, struct case_row *row, const struct word *w)
{
    static const char wanted[] =
        "from URI, via ADDRESS, by TRANSPORT, trunk NAME, header \"Name: value\", authenticated no or ->";
    struct word value;

    if (!case_is(w, "from") && !case_is(w, "via") && !case_is(w, "by") && !case_is(w, "trunk") &&
        !case_is(w, "header") && !case_is(w, "authenticated"))
        return case_complain(p, w->at, "'%.*s' is not one of: %s", SLICE_ARG(w->text), wanted);
    if (!case_want_word(p, &value, "its value"))
        return false;
    if (case_is(w, "header"))
        return add_header(p, row, &value);
    if (case_is(w, "authenticated"))
        return take_authenticated(p, row, &value);
    *(case_is(w, "from")    ? &row->from
      : case_is(w, "via")   ? &row->source
      : case_is(w, "trunk") ? &row->trunk
                            : &row->transport) = value.text;
    return true;
}

static bool read_case(struct parser *p, struct case_row *row, struct slice method)
{
    struct word w;

    row->kind    = ROW_CASE;
    row->method  = method;
    row->headers = arena_alloc(&p->table->arena, CASE_HEADERS * sizeof *row->headers);
    if (row->headers == NULL || !case_want_word(p, &w, "the address that is called"))
        return false;
    row->uri = w.text;
    while (case_want_word(p, &w, "'->' and what is expected")) {
        if (case_is(&w, "->"))
            return read_wanted(p, &row->wanted);
        if (!read_clause(p, row, &w))
            return false;
    }
    return false;
}

/* Methods are written in capitals; a word in small letters is a mistake. */
static bool is_method(struct slice word)
{
    for (size_t i = 0; i < word.len; i++)
        if (!is_token_byte(word.ptr[i]) || (word.ptr[i] >= 'a' && word.ptr[i] <= 'z'))
            return false;
    return word.len > 0;
}

static bool read_row(struct parser *p, struct case_row *row)
{
    struct word w;

    if (!case_next_word(p, &w))
        return false;
    if (case_is(&w, "user"))
        return read_user(p, row);
    if (case_is(&w, "alias"))
        return read_alias(p, row);
    if (case_is(&w, "binding"))
        return read_binding(p, row);
    if (is_method(w.text))
        return read_case(p, row, w.text);
    return case_complain(p, w.at, "'%.*s': a line begins with user, alias, binding or a method such as INVITE",
                         SLICE_ARG(w.text));
}

static void read_line(struct parser *p, struct slice line)
{
    struct case_table *t   = p->table;
    struct case_row   *row = &t->rows[t->count];

    p->line++;
    p->start = line.ptr;
    line     = slice_trim(line);
    p->rest  = scan_from(line);
    if (case_at_end(p))
        return;
    row->line = p->line;
    row->text = line;
    if (!read_row(p, row)) {
        *row = (struct case_row){ .kind = ROW_CASE };
        return;
    }
    t->cases += row->kind == ROW_CASE;
    t->count++;
}

static size_t count_lines(struct slice text)
{
    size_t count = 1;

    for (size_t i = 0; i < text.len; i++)
        count += text.ptr[i] == '\n';
    return count;
}

int case_table_parse(struct case_table *t, struct slice text, const char *name, case_table_problem_fn *report,
                     void *arg)
{
    struct parser p = { .table = t, .name = name, .report = report, .arg = arg };

    *t = (struct case_table){ .count = 0 };
    arena_init(&t->arena, NULL, 0, MEMORY);
    if (text.len > CASE_TABLE_SIZE)
        return -ERR_TOO_LARGE;
    text    = arena_copy(&t->arena, text);
    t->rows = arena_alloc(&t->arena, count_lines(text) * sizeof *t->rows);
    if (!arena_ok(&t->arena))
        return -ERR_NO_MEMORY;
    for (const char *at = text.ptr, *end = text.ptr + text.len; at < end;) {
        const char *stop = memchr(at, '\n', (size_t)(end - at));

        read_line(&p, slice_between(at, stop != NULL ? stop : end));
        at = stop != NULL ? stop + 1 : end;
    }
    if (!arena_ok(&t->arena))
        return -ERR_NO_MEMORY;
    return p.bad ? -ERR_SYNTAX : 0;
}

void case_table_free(struct case_table *t)
{
    arena_fini(&t->arena);
}
