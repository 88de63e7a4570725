/* SPDX-License-Identifier: BSD-2-Clause */
#include "sip/message.h"

#include "base/limits.h"
#include "base/run.h"
#include "sip/lines.h"
#include "sip/uri_usual.h"
#include "sip/words.h"

static void fault_at(struct parse_fault *fault, const struct message *m, const char *at, unsigned status,
                     const char *expected)
{
    fault_set(fault, (size_t)(at - m->text.ptr), status, expected);
}

/* memset for a size that a compiler is not to know: of what it knows it makes REP STOS, 26 ns for 448 bytes. */
static inline void clear(void *at, size_t size)
{
    __asm__("" : "+r"(size));
    memset(at, 0, size);
}

/* One block for the struct, the index, the bytes and the pad, and the walk over its lines goes
 * on in it; NULL without memory. */
static struct message *message_new(struct pool *pool, struct slice text, struct lines *l)
{
    size_t          size = sizeof(struct message) + l->most * sizeof(struct header) + text.len + MESSAGE_PAD;
    struct message *m    = pool_take(pool, size);
    char           *bytes;

    if (m == NULL)
        return NULL;
    clear(m, offsetof(struct message, via)); /* Via, From and To are set by who reads them */
    m->headers = (struct header *)(m + 1);
    bytes      = (char *)(m->headers + l->most);
    memcpy(bytes, text.ptr, text.len);
    memset(bytes + text.len, 0, MESSAGE_PAD);
    m->holders      = 1;
    m->size         = (uint32_t)size;
    m->pool         = pool;
    m->text         = (struct slice){ bytes, text.len };
    m->max_forwards = -1;
    lines_move(l, bytes);
    return m;
}

/* A SINGLE header that is there twice. */
static __attribute__((noinline)) void complain_of_two(struct message *m, struct parse_fault *fault)
{
    for (unsigned i = 0; i < m->header_count; i++) {
        const struct header *h = &m->headers[i];

        if (header_single[h->id] != 0 && m->first[h->id] != i + 1) {
            fault_at(fault, m, h->line.ptr, 400, header_words[h->id].only_one);
            return;
        }
    }
}

static void read_lines(struct message *m, struct lines *l, struct parse_fault *fault)
{
    m->header_count = lines_read(l, m->headers, m->first, fault);
    m->all_crlf     = l->all_crlf;
    m->body         = slice_between(m->text.ptr + l->body, m->text.ptr + m->text.len);
    if (l->repeated != 0)
        complain_of_two(m, fault);
}

/* SIP-Version; another one than ours is well-formed, but 505. */
static bool read_version(struct message *m, struct scan *s, struct parse_fault *fault)
{
    const char *start = s->at;
    uint32_t    major, minor;

    if (s->end - s->at >= 7 && word_first(word_short(s->at, (size_t)(s->end - s->at)), 7) == WORD("SIP/2.0")) {
        s->at += 7;
        if (scan_at_end(s) || !is_digit_byte(*s->at))
            return true;
    }
    s->at = start;
    if (!(scan_word(s, SLICE("SIP/")) && scan_number(s, UINT32_MAX, &major) && scan_byte(s, '.') &&
          scan_number(s, UINT32_MAX, &minor))) {
        fault_at(fault, m, s->at, 400, "SIP/2.0");
        return false;
    }
    if (!slice_eq_nocase(slice_between(start, s->at), SLICE("SIP/2.0")))
        fault_at(fault, m, start, 505, "SIP/2.0");
    return true;
}

/* Up to the next SP, which is there or the line's end is. */
static void read_request_uri(struct message *m, struct scan *s, struct parse_fault *fault)
{
    struct scan look = *s;
    const char *space;

    if (uri_scan_before(&look, ' ', &m->uri) && (scan_at_end(&look) || *look.at == ' ')) {
        m->uri_text = slice_between(s->at, look.at);
        s->at       = look.at;
        if (m->uri.headers.len > 0)
            fault_at(fault, m, m->uri.headers.ptr, 400, "a Request-URI without headers");
        return;
    }
    space       = memchr(s->at, ' ', (size_t)(s->end - s->at));
    m->uri_text = slice_between(s->at, space == NULL ? s->end : space);
    m->uri      = (struct uri){ .text = m->uri_text };
    s->at += m->uri_text.len;
    fault_at(fault, m, look.at, 400, "a URI in the request line");
}

/* Method SP Request-URI SP SIP-Version, with one SP each (RFC 3261 7.1). */
static void read_request_line(struct message *m, struct scan *s, struct parse_fault *fault)
{
    m->is_request = true;
    if (!scan_token(s, &m->method_text)) {
        fault_at(fault, m, s->at, 400, "a method");
        return;
    }
    m->method = method_parse(m->method_text);
    if (!scan_byte(s, ' ') || scan_at_end(s) || *s->at == ' ') {
        fault_at(fault, m, s->at, 400, "one space and a Request-URI");
        return;
    }
    read_request_uri(m, s, fault);
    if (!scan_byte(s, ' '))
        fault_at(fault, m, s->at, 400, "one space and SIP/2.0");
    else if (read_version(m, s, fault) && !scan_at_end(s))
        fault_at(fault, m, s->at, 400, "nothing after SIP/2.0");
}

/* SIP-Version SP 3DIGIT SP Reason-Phrase; the last SP may be missing. */
static void read_status_line(struct message *m, struct scan *s, struct parse_fault *fault)
{
    const char *code;

    if (!read_version(m, s, fault))
        return;
    scan_byte(s, ' ');
    code = s->at;
    if (!scan_number(s, 699, &m->status) || s->at - code != 3 || m->status < 100) {
        fault_at(fault, m, code, 400, "a status code between 100 and 699");
        return;
    }
    if (scan_byte(s, ' '))
        m->reason = scan_rest(s);
    else if (!scan_at_end(s))
        fault_at(fault, m, s->at, 400, "one space after the status code");
}

/* "INVITE sip:bob@example.test SIP/2.0", a method that we know and a URI as nearly everyone writes it. */
static inline bool read_usual_request_line(struct message *m, const char *at, const char *end)
{
    const char  *space = run_find(at, end, ' ');
    struct slice method;

    if (space == NULL)
        return false;
    method    = slice_between(at, space);
    m->method = method_parse(method);
    if (m->method == METHOD_OTHER)
        return false;
    at = uri_usual(space + 1, end, ' ', &m->uri);
    if (at == NULL || end - at != 8 || word_load(at) != WORD(" SIP/2.0"))
        return false;
    m->is_request  = true;
    m->method_text = method;
    m->uri_text    = m->uri.text;
    return true;
}

/* "SIP/2.0 200 OK" */
static inline bool read_usual_status_line(struct message *m, const char *at, const char *end)
{
    uint32_t status;

    if (end - at < 12 || word_load(at) != WORD("SIP/2.0 ") || at[11] != ' ' ||
        scan_number_padded(at + 8, end, 699, &status) != at + 11 || status < 100)
        return false;
    m->status = status;
    m->reason = slice_between(at + 12, end);
    return true;
}

static __attribute__((noinline)) void read_any_start_line(struct message *m, const char *end, struct parse_fault *fault)
{
    struct scan s    = scan_within(slice_between(m->text.ptr, end), message_readable(m));
    struct scan look = s;

    if (scan_word(&look, SLICE("SIP/")))
        read_status_line(m, &s, fault);
    else
        read_request_line(m, &s, fault);
}

static void read_start_line(struct message *m, uint32_t len, struct parse_fault *fault)
{
    const char *at = m->text.ptr, *end = at + len;

    if (read_usual_status_line(m, at, end) || read_usual_request_line(m, at, end))
        return;
    read_any_start_line(m, end, fault);
}

/* The header that every message must have. */
static const struct header *require(const struct message *m, enum header_id id, struct parse_fault *fault,
                                    const char *expected)
{
    const struct header *h = message_header(m, id);

    if (h == NULL)
        fault_at(fault, m, m->body.ptr, 400, expected);
    return h;
}

static __attribute__((noinline)) void read_any_via(struct message *m, const struct header *h, struct parse_fault *fault)
{
    struct scan s = scan_value_of(m, h);

    if (via_scan(&s, &m->via) && (scan_at_end(&s) || (scan_lws(&s) && (scan_at_end(&s) || *s.at == ','))))
        return;
    fault_at(fault, m, s.at, 400, "a sent-by and parameters in Via");
}

static void read_via(struct message *m, struct parse_fault *fault)
{
    const struct header *h = require(m, HEADER_VIA, fault, "a Via header");

    if (h == NULL)
        m->via = (struct via){ 0 };
    else if (!via_usual(h->value, &m->via))
        read_any_via(m, h, fault);
}

static __attribute__((noinline)) void read_any_address(struct message *m, const struct header *h, struct name_addr *out,
                                                       struct slice *tag, struct parse_fault *fault,
                                                       const char *expected)
{
    struct scan s = scan_value_of(m, h);
    unsigned    tags;

    if (name_addr_scan_tag(&s, out, tag, &tags) && (scan_at_end(&s) || (scan_lws(&s) && scan_at_end(&s)))) {
        if (tags > 1)
            fault_at(fault, m, out->params.ptr, 400, "one tag");
        return;
    }
    *tag = (struct slice){ NULL, 0 };
    *out = (struct name_addr){ .text = h->value };
    fault_at(fault, m, s.at, 400, expected);
}

/* From or To, and its tag. */
static inline void read_address(struct message *m, const struct header *h, struct name_addr *out, struct slice *tag,
                                struct parse_fault *fault, const char *expected)
{
    if (h == NULL)
        *out = (struct name_addr){ 0 };
    else if (!name_addr_usual(h->value, out, tag))
        read_any_address(m, h, out, tag, fault, expected);
}

/* word [ "@" word ], of which only this is held to: one run of bytes. */
static void read_call_id(struct message *m, struct parse_fault *fault)
{
    const struct header *h = require(m, HEADER_CALL_ID, fault, "a Call-ID header");
    const char          *end, *stop;

    if (h == NULL)
        return;
    m->call_id = h->value;
    end        = h->value.ptr + h->value.len;
    stop       = run_end_padded(h->value.ptr, end, RUN_TEXT);
    if (stop != end)
        fault_at(fault, m, stop, 400, "a Call-ID without spaces");
    if (h->value.len == 0)
        fault_at(fault, m, h->value.ptr, 400, "a Call-ID that is not empty");
}

/* Where eight bytes of either may be looked at, which are as many as nearly every method has. */
static inline bool same_method(struct slice a, struct slice b)
{
    if (a.len != b.len || a.len == 0)
        return false;
    return a.len <= 8 ? word_first(word_load(a.ptr) ^ word_load(b.ptr), a.len) == 0 : slice_eq(a, b);
}

/* "314159 INVITE": the method of the request line, or in a response one that we know. */
static inline bool read_usual_cseq(struct message *m, const char *at, const char *end)
{
    struct slice method;
    enum method  known;

    at = scan_number_padded(at, end, INT32_MAX, &m->cseq.number);
    if (at == NULL || *at != ' ' || at == end)
        return false;
    method = slice_between(at + 1, end);
    if (m->is_request) {
        if (!same_method(method, m->method_text))
            return false;
    } else {
        known = method_parse(method);
        if (known == METHOD_OTHER)
            return false;
        m->method      = known;
        m->method_text = method;
    }
    m->cseq.method      = m->method;
    m->cseq.method_text = method;
    return true;
}

/* 1*DIGIT LWS Method, below 2^31 (RFC 3261 8.1.1.5, 20.16). */
static __attribute__((noinline)) void read_any_cseq(struct message *m, const struct header *h,
                                                    struct parse_fault *fault)
{
    struct scan s = scan_value_of(m, h);
    const char *gap;

    m->cseq.method      = m->method;
    m->cseq.method_text = m->method_text;
    if (!scan_number(&s, INT32_MAX, &m->cseq.number)) {
        fault_at(fault, m, s.at, 400, "a CSeq number below 2^31");
        return;
    }
    gap = s.at;
    scan_lws(&s);
    if (s.at == gap || !scan_token(&s, &m->cseq.method_text) || !scan_at_end(&s)) {
        fault_at(fault, m, s.at, 400, "a method in CSeq");
        return;
    }
    m->cseq.method = method_parse(m->cseq.method_text);
    if (!m->is_request) {
        m->method      = m->cseq.method;
        m->method_text = m->cseq.method_text;
    } else if (m->cseq.method != m->method ||
               (m->method == METHOD_OTHER && !slice_eq(m->cseq.method_text, m->method_text))) {
        fault_at(fault, m, m->cseq.method_text.ptr, 400, "the method of the request line in CSeq");
    }
}

static void read_cseq(struct message *m, struct parse_fault *fault)
{
    const struct header *h = require(m, HEADER_CSEQ, fault, "a CSeq header");

    if (h != NULL && read_usual_cseq(m, h->value.ptr, h->value.ptr + h->value.len))
        return;
    m->cseq.method      = m->method;
    m->cseq.method_text = m->method_text;
    if (h != NULL)
        read_any_cseq(m, h, fault);
}

static __attribute__((noinline)) void read_any_max_forwards(struct message *m, const struct header *h,
                                                            struct parse_fault *fault)
{
    struct scan s     = scan_value_of(m, h);
    uint32_t    value = 0;

    if (scan_number(&s, UINT8_MAX, &value) && scan_at_end(&s))
        m->max_forwards = (int)value;
    else
        fault_at(fault, m, s.at, 400, "a number below 256 in Max-Forwards");
}

static void read_max_forwards(struct message *m, struct parse_fault *fault)
{
    const struct header *h = message_header(m, HEADER_MAX_FORWARDS);
    const char          *end;
    uint32_t             value;

    if (h == NULL)
        return;
    end = h->value.ptr + h->value.len;
    if (scan_number_padded(h->value.ptr, end, UINT8_MAX, &value) == end)
        m->max_forwards = (int)value;
    else
        read_any_max_forwards(m, h, fault);
}

static __attribute__((noinline)) bool read_any_length(const struct message *m, const struct header *h,
                                                      struct parse_fault *fault, uint64_t *length)
{
    struct scan s = scan_value_of(m, h);

    if (scan_number64(&s, UINT64_MAX, length) && scan_at_end(&s))
        return true;
    fault_at(fault, m, s.at, 400, "a number of bytes in Content-Length");
    return false;
}

/* Bytes after Content-Length are not part of the message (RFC 3261 18.3). */
static void read_length(struct message *m, struct parse_fault *fault)
{
    const struct header *h = message_header(m, HEADER_CONTENT_LENGTH);
    const char          *end;
    uint32_t             usual;
    uint64_t             length;

    if (h == NULL)
        return;
    m->has_length = true;
    end           = h->value.ptr + h->value.len;
    if (scan_number_padded(h->value.ptr, end, UINT32_MAX, &usual) == end)
        length = usual;
    else if (!read_any_length(m, h, fault, &length))
        return;
    if (length > m->body.len) {
        fault_at(fault, m, h->value.ptr, 400, "a body as long as Content-Length says");
        return;
    }
    m->body.len = (size_t)length;
    m->text.len = (size_t)(m->body.ptr - m->text.ptr) + m->body.len;
}

/* Enough for the headers of a response; an ACK never gets one, nor does what is one by its CSeq alone. */
static bool is_answerable(const struct message *m)
{
    return m->is_request && m->method_text.len > 0 && m->method != METHOD_ACK && m->cseq.method != METHOD_ACK &&
           m->via.host.len > 0 && m->first[HEADER_FROM] != 0 && m->first[HEADER_TO] != 0 &&
           m->first[HEADER_CALL_ID] != 0 && m->first[HEADER_CSEQ] != 0;
}

/* Everything that can be read; NULL without memory or text. */
static struct message *message_read(struct pool *pool, struct slice bytes, struct parse_fault *fault)
{
    struct lines    l;
    struct message *m;

    *fault = (struct parse_fault){ 0 };
    while (bytes.len > 0 && (*bytes.ptr == '\r' || *bytes.ptr == '\n'))
        bytes = (struct slice){ bytes.ptr + 1, bytes.len - 1 };
    if (bytes.len == 0 || bytes.len > INT32_MAX) {
        fault_set(fault, 0, bytes.len == 0 ? 400 : 513, bytes.len == 0 ? "a message" : "a shorter message");
        return NULL;
    }
    lines_start(&l, bytes);
    m = message_new(pool, bytes, &l);
    if (m == NULL)
        return NULL;
    read_start_line(m, l.start_end, fault);
    read_lines(m, &l, fault);
    read_via(m, fault);
    read_address(m, require(m, HEADER_FROM, fault, "a From header"), &m->from, &m->from_tag, fault,
                 "an address in From");
    read_address(m, require(m, HEADER_TO, fault, "a To header"), &m->to, &m->to_tag, fault, "an address in To");
    read_call_id(m, fault);
    read_cseq(m, fault);
    if (m->is_request)
        read_max_forwards(m, fault);
    read_length(m, fault);
    return m;
}

struct message *message_parse_in(struct pool *pool, struct slice bytes, struct parse_fault *fault)
{
    struct message *m = message_read(pool, bytes, fault);

    if (m == NULL || fault->expected == NULL)
        return m;
    fault->answerable = is_answerable(m);
    message_drop(m);
    return NULL;
}

struct message *message_parse(struct slice bytes, struct parse_fault *fault)
{
    return message_parse_in(NULL, bytes, fault);
}

struct message *message_parse_broken(struct slice bytes, struct parse_fault *fault)
{
    struct message *m = message_read(NULL, bytes, fault);

    if (m == NULL)
        return NULL;
    fault->answerable = is_answerable(m);
    if (fault->answerable)
        return m;
    message_drop(m);
    return NULL;
}

struct message *message_hold(struct message *m)
{
    m->holders++;
    return m;
}

size_t message_size(const struct message *m)
{
    return m->size;
}

void message_account(struct message *m, struct budget_share *share, unsigned account)
{
    m->account        = share;
    m->account_number = account;
    budget_take_anyway(share, account, message_size(m));
}

static void unaccount(struct message *m)
{
    if (m->account != NULL)
        budget_give(m->account, m->account_number, message_size(m));
    m->account = NULL;
}

void message_leave(struct message *m)
{
    unaccount(m);
    m->pool = NULL;
}

void message_arrive(struct message *m, struct pool *pool)
{
    m->pool = pool;
}

void message_drop(struct message *m)
{
    if (m == NULL || --m->holders > 0)
        return;
    unaccount(m);
    pool_give(m->pool, m, m->size);
}
