/* SPDX-License-Identifier: BSD-2-Clause */
/* Arbitrary answers into the machines that find the way.  The first byte picks the URI and
 * what we can do; then, for each question, which of those that are open is answered, with
 * what error, and the records.  They always end, after a bounded number of questions. */
#include "locate/enum.h"
#include "locate/locate.h"

#include "base/error.h"

#include <stdlib.h>

enum { RECORDS = 8 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* --- records out of bytes; where these end, zeros follow --- */

static uint8_t take(struct scan *s)
{
    return s->at < s->end ? (uint8_t)*s->at++ : 0;
}

static struct slice take_text(struct scan *s)
{
    size_t       len = take(s), left = (size_t)(s->end - s->at);
    struct slice text = { s->at, len < left ? len : left };

    s->at += text.len;
    return text;
}

static struct record take_record(struct scan *s)
{
    static const enum record_type types[] = { RECORD_A, RECORD_AAAA, RECORD_SRV, RECORD_NAPTR };
    struct record                 r       = { .type = types[take(s) % 4] };

    r.priority       = take(s);
    r.weight         = take(s);
    r.port           = take(s);
    r.address.family = r.type == RECORD_AAAA ? FAMILY_6 : FAMILY_4;
    for (size_t i = 0; i < (r.type == RECORD_AAAA ? 16 : 4); i += 2)
        r.address.ip[i] = take(s);
    r.target  = take_text(s);
    r.flags   = take_text(s);
    r.service = take_text(s);
    r.regexp  = take_text(s);
    return r;
}

static size_t take_records(struct scan *s, struct record *records, int *error)
{
    static const int errors[] = { 0, 0, 0, 0, 0, -ERR_NAME, -ERR_TIMEOUT, -ERR_LIMIT };
    uint8_t          kind     = take(s);
    size_t           count    = kind % RECORDS;

    *error = errors[kind / RECORDS % 8];
    for (size_t i = 0; i < count; i++)
        records[i] = take_record(s);
    return count;
}

/* --- locate --- */

static const char *const uris[] = {
    "sip:a.b",       "sips:a.b",        "sip:a.b;transport=tcp", "sip:a.b:5",
    "sip:192.0.2.1", "sip:a.b;maddr=c", "sip:a.b;transport=wss", "sips:a.b;transport=ws"
};

static void check_targets(const struct locate *l)
{
    if (l->targets.count == 0 || l->targets.count > LOCATE_TARGETS)
        abort();
    for (unsigned i = 0; i < l->targets.count; i++) {
        if (locate_why(l, i).server.len > LOCATE_NAME)
            abort();
        for (unsigned k = 0; k < i; k++)
            if (l->targets.list[i].transport == l->targets.list[k].transport &&
                address_eq(&l->targets.list[i].address, &l->targets.list[k].address))
                abort(); /* nobody is tried twice */
    }
}

static void ask_all(struct locate *l, unsigned *open, unsigned *count)
{
    unsigned number;

    while (locate_next(l, &number)) {
        struct slice name = locate_question(l, number).name;

        if (*count == LOCATE_OPEN || name.len == 0 || name.len > 253)
            abort();
        open[(*count)++] = number;
    }
}

static void fuzz_locate(uint8_t how, struct scan *s, const struct random *random)
{
    struct uri         uri;
    struct locate      l;
    enum locate_action action;
    unsigned           open[LOCATE_OPEN], count = 0, answered = 0;

    if (!uri_parse(slice_from(uris[how % 8]), &uri))
        abort();
    action = locate_start(&l, &uri, take(s), take(s) & (LOCATE_IPV4 | LOCATE_IPV6), random);
    while (action == LOCATE_ASK) {
        struct record records[RECORDS];
        unsigned      pick;
        size_t        n;
        int           error;

        ask_all(&l, open, &count);
        if (count == 0 || answered++ == LOCATE_QUESTIONS)
            abort();
        pick       = take(s) % count;
        n          = take_records(s, records, &error);
        action     = locate_answer(&l, open[pick], error, records, n);
        open[pick] = open[--count];
    }
    if (action == LOCATE_DONE)
        check_targets(&l);
    else if (l.error == 0)
        abort();
}

/* --- ENUM --- */

static void fuzz_enum(struct scan *s)
{
    static struct enum_lookup e;
    struct uri                uri;
    enum enum_action          action;
    unsigned                  answered = 0;

    if (!uri_parse(SLICE("tel:+4930123"), &uri))
        abort();
    action = enum_start(&e, &uri, SLICE("e164.arpa"));
    while (action == ENUM_ASK) {
        struct record records[RECORDS];
        size_t        n;
        int           error;

        if (answered++ == ENUM_QUESTIONS || enum_question(&e).len > 253)
            abort();
        n      = take_records(s, records, &error);
        action = enum_answer(&e, error, records, n);
    }
    if (action == ENUM_DONE && (!uri_parse(enum_uri(&e), &uri) || (uri.scheme != URI_SIP && uri.scheme != URI_SIPS)))
        abort();
    if (action == ENUM_FAILED && e.error == 0)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct random_seeded seeded;
    struct random        random = { random_seeded_fill, &seeded };
    struct scan          s      = scan_from((struct slice){ (const char *)data, size });
    uint8_t              how    = take(&s);

    random_seed(&seeded, how);
    if (how & 0x80)
        fuzz_enum(&s);
    else
        fuzz_locate(how, &s, &random);
    return 0;
}
