/* SPDX-License-Identifier: BSD-2-Clause */
#include "sdp/session.h"

/* Lines and media are counted first, so that each list is taken from the arena
 * once and in one piece. */
struct parser {
    const char       *start;
    struct scan       rest;
    struct arena     *arena;
    struct sdp       *sdp;
    struct sdp_fault *fault;
    struct sdp_line  *free_line; /* where the next line that is kept goes */
    bool              has_origin, has_name, has_time;
};

static const char blanks[] = " \t";

static bool fail(struct parser *p, const char *at, const char *expected)
{
    *p->fault = (struct sdp_fault){ (size_t)(at - p->start), expected };
    return false;
}

static void skip_blanks(struct scan *s)
{
    while (scan_byte(s, ' ') || scan_byte(s, '\t'))
        ;
}

/* Without its end and the blanks before it. */
static bool next_line(struct scan *s, struct slice *line)
{
    const char *end;

    if (scan_at_end(s))
        return false;
    end   = memchr(s->at, '\n', (size_t)(s->end - s->at));
    *line = slice_between(s->at, end == NULL ? s->end : end);
    s->at = end == NULL ? s->end : end + 1;
    while (line->len > 0 && memchr("\r \t", line->ptr[line->len - 1], 3) != NULL)
        line->len--;
    return true;
}

/* One word and the blanks after it. */
static bool next_word(struct scan *s, struct slice *word)
{
    if (!scan_until(s, blanks, word))
        return false;
    skip_blanks(s);
    return true;
}

/* o=<username> <sess-id> <sess-version> <nettype> <addrtype> <unicast-address> */
static bool parse_origin(struct parser *p, struct slice text)
{
    struct scan        s = scan_from(text);
    struct sdp_origin *o = &p->sdp->origin;

    if (p->has_origin)
        return fail(p, text.ptr, "one o= line only");
    p->has_origin = true;
    if (!(next_word(&s, &o->username) && next_word(&s, &o->session_id) && next_word(&s, &o->version) &&
          next_word(&s, &o->net_type) && next_word(&s, &o->address_type) && next_word(&s, &o->address)))
        return fail(p, s.at, "six words after o=");
    return true;
}

/* "/ttl/count" after an IPv4 address, "/count" after an IPv6 one. */
static bool parse_suffix(struct scan *s, struct sdp_connection *c)
{
    uint32_t ttl = 0;

    if (slice_eq_nocase(c->address_type, SLICE("IP4"))) {
        if (scan_byte(s, '/') && !scan_number(s, UINT8_MAX, &ttl))
            return false;
        c->ttl = (uint8_t)ttl;
    }
    return !scan_byte(s, '/') || (scan_number(s, UINT32_MAX, &c->count) && c->count > 0);
}

bool sdp_connection_parse(struct slice text, struct sdp_connection *out, struct sdp_fault *fault)
{
    struct scan s     = scan_from(text);
    const char *start = s.at;

    *out = (struct sdp_connection){ .count = 1 };
    if (next_word(&s, &out->net_type) && next_word(&s, &out->address_type) && scan_until(&s, " \t/", &out->host) &&
        parse_suffix(&s, out) && scan_at_end(&s)) {
        if (!address_parse_ip(out->host, &out->address))
            out->address = (struct address){ 0 };
        return true;
    }
    *fault = (struct sdp_fault){ (size_t)(s.at - start), "IN IP4 or IP6 and an address after c=" };
    return false;
}

static bool parse_connection(struct parser *p, struct slice text, struct sdp_connection **out)
{
    struct sdp_connection c;
    struct sdp_fault      fault;

    if (!sdp_connection_parse(text, &c, &fault))
        return fail(p, text.ptr + fault.offset, fault.expected);
    *out = ARENA_NEW(p->arena, struct sdp_connection);
    if (*out == NULL)
        return fail(p, p->start, NULL);
    **out = c;
    return true;
}

static size_t count_words(struct scan s)
{
    struct slice word;
    size_t       count = 0;

    while (next_word(&s, &word))
        count++;
    return count;
}

static bool parse_formats(struct parser *p, struct scan *s, struct sdp_media *m)
{
    size_t       count = count_words(*s);
    struct slice word;

    if (count > SDP_FORMATS_MAX)
        return fail(p, s->at, "at most 128 formats");
    if (count == 0 && m->port != 0)
        return fail(p, s->at, "a format");
    m->formats = arena_alloc(p->arena, count * sizeof *m->formats);
    if (count > 0 && m->formats == NULL)
        return fail(p, p->start, NULL);
    while (next_word(s, &word))
        m->formats[m->format_count++] = word;
    return true;
}

/* m=<media> <port>[/<number of ports>] <proto> <fmt> ... */
static bool parse_media(struct parser *p, struct slice text)
{
    struct scan       s    = scan_from(text);
    struct sdp_media *m    = &p->sdp->media[p->sdp->media_count];
    uint32_t          port = 0;

    if (!next_word(&s, &m->kind))
        return fail(p, s.at, "a media type after m=");
    if (!scan_number(&s, UINT16_MAX, &port))
        return fail(p, s.at, "a port number after m=");
    m->port_count = 1;
    if (scan_byte(&s, '/') && !(scan_number(&s, UINT16_MAX, &m->port_count) && m->port_count > 0))
        return fail(p, s.at, "a number of ports");
    if (!scan_byte(&s, ' '))
        return fail(p, s.at, "a space after the port");
    skip_blanks(&s);
    m->port = (uint16_t)port;
    if (!next_word(&s, &m->protocol))
        return fail(p, s.at, "a protocol");
    m->connection = p->sdp->connection;
    m->lines      = p->free_line;
    p->sdp->media_count++;
    return parse_formats(p, &s, m);
}

/* "name:value" of a= and b=. */
static void split(struct sdp_line *line)
{
    const char *colon = line->text.len > 0 ? memchr(line->text.ptr, ':', line->text.len) : NULL;

    if (colon == NULL) {
        line->name = line->text;
        return;
    }
    line->name      = slice_between(line->text.ptr, colon);
    line->value     = slice_between(colon + 1, line->text.ptr + line->text.len);
    line->has_value = true;
}

static void keep_line(struct parser *p, char type, struct slice text)
{
    struct sdp      *sdp  = p->sdp;
    struct sdp_line *line = p->free_line++;

    *line = (struct sdp_line){ .type = type, .text = text };
    if (type == 'a' || type == 'b')
        split(line);
    if (sdp->media_count > 0)
        sdp->media[sdp->media_count - 1].line_count++;
    else
        sdp->line_count++;
}

static bool parse_session_line(struct parser *p, char type, struct slice text)
{
    struct sdp *sdp = p->sdp;

    if (type == 'o')
        return parse_origin(p, text);
    if (type == 's') {
        if (p->has_name)
            return fail(p, text.ptr, "one s= line only");
        p->has_name = true;
        sdp->name   = text;
        return true;
    }
    if (type == 'c' && sdp->connection == NULL && !parse_connection(p, text, &sdp->connection))
        return false;
    if (type == 't' && !p->has_time) {
        p->has_time = true;
        sdp->time   = text;
    }
    keep_line(p, type, text);
    return true;
}

static bool parse_media_line(struct parser *p, char type, struct slice text)
{
    struct sdp_media      *m = &p->sdp->media[p->sdp->media_count - 1];
    struct sdp_connection *own;

    if (type == 'c' && m->connection == p->sdp->connection) { /* the first of its own counts */
        if (!parse_connection(p, text, &own))
            return false;
        m->connection = own;
    }
    keep_line(p, type, text);
    return true;
}

static bool parse_line(struct parser *p, struct slice line)
{
    const char  *cr = line.len > 0 ? memchr(line.ptr, '\r', line.len) : NULL;
    struct slice text;

    if (cr != NULL) /* it would end a line when written again */
        return fail(p, cr, "LF after CR");
    if (line.len < 2 || line.ptr[1] != '=' || line.ptr[0] == ' ')
        return fail(p, line.ptr, "a letter and '='");
    text = slice_between(line.ptr + 2, line.ptr + line.len);
    if (line.ptr[0] == 'v')
        return fail(p, line.ptr, "one v= line only");
    if (line.ptr[0] == 'm')
        return parse_media(p, text);
    return p->sdp->media_count == 0 ? parse_session_line(p, line.ptr[0], text) : parse_media_line(p, line.ptr[0], text);
}

static bool take_lists(struct parser *p)
{
    struct scan  s     = p->rest;
    size_t       lines = 0, media = 0;
    struct slice line;

    while (next_line(&s, &line)) {
        media += line.len >= 2 && memcmp(line.ptr, "m=", 2) == 0;
        if (media > SDP_MEDIA_MAX)
            return fail(p, line.ptr, "at most 32 m= lines");
        if (++lines > SDP_LINES_MAX)
            return fail(p, line.ptr, "at most 1024 lines");
    }
    p->sdp->lines = p->free_line = arena_alloc(p->arena, lines * sizeof *p->sdp->lines);
    p->sdp->media                = arena_alloc(p->arena, media * sizeof *p->sdp->media);
    if ((lines > 0 && p->sdp->lines == NULL) || (media > 0 && p->sdp->media == NULL))
        return fail(p, p->start, NULL);
    return true;
}

static bool parse_lines(struct parser *p)
{
    struct slice line;

    if (!next_line(&p->rest, &line) || !slice_eq(line, SLICE("v=0")))
        return fail(p, p->start, "v=0");
    while (next_line(&p->rest, &line)) {
        if (line.len == 0 && slice_trim(scan_rest(&p->rest)).len == 0)
            break;
        if (!parse_line(p, line))
            return false;
    }
    return p->has_origin || fail(p, p->rest.at, "an o= line");
}

bool sdp_parse(struct slice text, struct arena *arena, struct sdp *out, struct sdp_fault *fault)
{
    struct parser p = { .arena = arena, .sdp = out, .fault = fault, .rest = scan_from(text) };
    const char   *nul;

    *out    = (struct sdp){ .time = SLICE("0 0") };
    p.start = p.rest.at;
    if (text.len > SDP_BYTES_MAX)
        return fail(&p, p.start + SDP_BYTES_MAX, "at most 65535 bytes");
    nul = memchr(p.start, '\0', text.len);
    if (nul != NULL)
        return fail(&p, nul, "text without NUL");
    return take_lists(&p) && parse_lines(&p);
}

static struct slice or_else(struct slice text, struct slice otherwise)
{
    return text.len > 0 ? text : otherwise;
}

static void put_word(struct buf *b, struct slice word, char after)
{
    buf_put(b, or_else(word, SLICE("-")));
    buf_put_byte(b, after);
}

static void write_origin(struct buf *b, const struct sdp_origin *o)
{
    buf_put(b, SLICE("o="));
    put_word(b, o->username, ' ');
    put_word(b, or_else(o->session_id, SLICE("0")), ' ');
    put_word(b, or_else(o->version, SLICE("0")), ' ');
    put_word(b, or_else(o->net_type, SLICE("IN")), ' ');
    put_word(b, or_else(o->address_type, SLICE("IP4")), ' ');
    buf_put(b, or_else(o->address, SLICE("0.0.0.0")));
    buf_put(b, SLICE("\r\n"));
}

static void write_line(struct buf *b, char type, struct slice text)
{
    buf_put_byte(b, type);
    buf_put_byte(b, '=');
    buf_put(b, text);
    buf_put(b, SLICE("\r\n"));
}

/* t= stands before z=, k= and a= (RFC 8866 5). */
static void write_session_lines(struct buf *b, const struct sdp *sdp)
{
    bool has_time = false;

    for (size_t i = 0; i < sdp->line_count; i++)
        has_time = has_time || sdp->lines[i].type == 't';
    for (size_t i = 0; i < sdp->line_count; i++) {
        const struct sdp_line *line = &sdp->lines[i];

        if (!has_time && memchr("zka", line->type, 3) != NULL) {
            write_line(b, 't', sdp->time);
            has_time = true;
        }
        write_line(b, line->type, line->text);
    }
    if (!has_time)
        write_line(b, 't', sdp->time);
}

static void write_media(struct buf *b, const struct sdp_media *m)
{
    buf_put(b, SLICE("m="));
    put_word(b, m->kind, ' ');
    buf_put_number(b, m->port);
    if (m->port_count > 1) {
        buf_put_byte(b, '/');
        buf_put_number(b, m->port_count);
    }
    buf_put_byte(b, ' ');
    buf_put(b, m->protocol);
    for (size_t i = 0; i < m->format_count; i++) {
        buf_put_byte(b, ' ');
        buf_put(b, m->formats[i]);
    }
    buf_put(b, m->format_count == 0 ? SLICE(" 0\r\n") : SLICE("\r\n"));
    for (size_t i = 0; i < m->line_count; i++)
        write_line(b, m->lines[i].type, m->lines[i].text);
}

void sdp_write(struct buf *b, const struct sdp *sdp)
{
    buf_put(b, SLICE("v=0\r\n"));
    write_origin(b, &sdp->origin);
    write_line(b, 's', or_else(sdp->name, SLICE("-")));
    write_session_lines(b, sdp);
    for (size_t i = 0; i < sdp->media_count; i++)
        write_media(b, &sdp->media[i]);
}

bool sdp_connection_is_internet(const struct sdp_connection *c)
{
    return slice_eq_nocase(c->net_type, SLICE("IN")) &&
           (slice_eq_nocase(c->address_type, SLICE("IP4")) || slice_eq_nocase(c->address_type, SLICE("IP6")));
}

bool sdp_connection_is_multicast(const struct sdp_connection *c)
{
    if (c->address.family == FAMILY_4)
        return c->address.ip[0] >= 224 && c->address.ip[0] <= 239;
    return c->address.family == FAMILY_6 && c->address.ip[0] == 0xff;
}

void sdp_write_address(struct buf *b, const struct address *a)
{
    char         memory[ADDRESS_TEXT];
    struct buf   text = BUF_ON(memory);
    struct slice ip;

    address_write_ip(&text, a);
    ip = buf_slice(&text);
    if (ip.len > 2 && ip.ptr[0] == '[') /* brackets are for URIs */
        ip = slice_between(ip.ptr + 1, ip.ptr + ip.len - 1);
    buf_put(b, a->family == FAMILY_6 ? SLICE("IN IP6 ") : SLICE("IN IP4 "));
    buf_put(b, ip.len > 0 ? ip : SLICE("0.0.0.0"));
}
