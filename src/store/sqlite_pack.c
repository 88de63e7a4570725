/* SPDX-License-Identifier: BSD-2-Clause */
#include "store/sqlite_pack.h"

#include "store/sqlite_rows.h"

#include <sqlite3.h>
#include <stdlib.h>

enum {
    FORMAT  = 1,
    TEXTS   = 7,
    NUMBERS = 5,
    LONGEST = 10, /* bytes of a number */
};

static void texts_of(struct stored_binding *b, struct slice *texts[TEXTS])
{
    struct slice *all[TEXTS] = { &b->aor, &b->contact, &b->params, &b->call_id, &b->user_agent, &b->path, &b->flow };

    memcpy(texts, all, sizeof all);
}

size_t sqlite_pack_room(const struct stored_binding *b)
{
    return 1 + (NUMBERS + TEXTS) * LONGEST + b->aor.len + b->contact.len + b->params.len + b->call_id.len +
           b->user_agent.len + b->path.len + b->flow.len;
}

static void put_number(struct buf *b, uint64_t number)
{
    for (; number > 0x7f; number >>= 7)
        buf_put_byte(b, (char)(0x80 | (number & 0x7f)));
    buf_put_byte(b, (char)number);
}

void sqlite_pack(const struct stored_binding *b, struct buf *out)
{
    struct stored_binding values = *b;
    struct slice         *texts[TEXTS];

    texts_of(&values, texts);
    buf_put_byte(out, FORMAT);
    put_number(out, b->outbound);
    put_number(out, b->cseq);
    put_number(out, b->q);
    put_number(out, b->gruu);
    put_number(out, b->expires_at);
    for (int i = 0; i < TEXTS; i++)
        put_number(out, texts[i]->len);
    for (int i = 0; i < TEXTS; i++)
        buf_put(out, *texts[i]);
}

/* Moves past it.  False if the end comes before, or it does not fit. */
static bool take_long(struct slice *from, uint64_t max, uint64_t *number)
{
    *number = 0;
    for (unsigned shift = 0; from->len > 0 && shift < 7 * LONGEST; shift += 7) {
        uint8_t  byte = (uint8_t)*from->ptr++;
        uint64_t bits = byte & 0x7f;

        from->len--;
        if (bits << shift >> shift != bits)
            return false;
        *number |= bits << shift;
        if (byte <= 0x7f)
            return *number <= max;
    }
    return false;
}

/* Most have one byte. */
static inline bool take_number(struct slice *from, uint64_t max, uint64_t *number)
{
    if (from->len == 0 || (uint8_t)*from->ptr > 0x7f)
        return take_long(from, max, number);
    *number = (uint8_t)*from->ptr++;
    from->len--;
    return *number <= max;
}

static bool take_numbers(struct slice *from, struct stored_binding *out)
{
    uint64_t outbound, cseq, q;

    if (!take_number(from, 1, &outbound) || !take_number(from, UINT32_MAX, &cseq) ||
        !take_number(from, UINT32_MAX, &q) || !take_number(from, UINT64_MAX, &out->gruu) ||
        !take_number(from, UINT64_MAX, &out->expires_at))
        return false;
    out->outbound = outbound != 0;
    out->cseq     = (uint32_t)cseq;
    out->q        = (uint32_t)q;
    return true;
}

bool sqlite_unpack(struct slice packed, struct stored_binding *out)
{
    struct slice *texts[TEXTS];
    uint64_t      lengths[TEXTS];

    texts_of(out, texts);
    if (packed.len == 0 || *packed.ptr != FORMAT)
        return false;
    packed.ptr++;
    packed.len--;
    if (!take_numbers(&packed, out))
        return false;
    for (int i = 0; i < TEXTS; i++)
        if (!take_number(&packed, SIZE_MAX, &lengths[i]))
            return false;
    for (int i = 0; i < TEXTS; i++) {
        if (lengths[i] > packed.len)
            return false;
        *texts[i] = (struct slice){ packed.ptr, lengths[i] };
        packed.ptr += lengths[i];
        packed.len -= lengths[i];
    }
    return packed.len == 0;
}

/* ---- for SQL ---- */

static struct slice text_of(sqlite3_value *value)
{
    const char *text = (const char *)sqlite3_value_text(value);

    return (struct slice){ text == NULL ? "" : text, (size_t)sqlite3_value_bytes(value) };
}

static struct stored_binding binding_of(sqlite3_value **values)
{
    return (struct stored_binding){
        .aor        = text_of(values[0]),
        .contact    = text_of(values[1]),
        .params     = text_of(values[2]),
        .call_id    = text_of(values[3]),
        .user_agent = text_of(values[4]),
        .path       = text_of(values[5]),
        .flow       = text_of(values[6]),
        .cseq       = (uint32_t)sqlite3_value_int64(values[7]),
        .q          = (uint32_t)sqlite3_value_int64(values[8]),
        .expires_at = (uint64_t)sqlite3_value_int64(values[9]),
        .outbound   = sqlite3_value_int64(values[10]) != 0,
        .gruu       = (uint64_t)sqlite3_value_int64(values[11]),
    };
}

static void pack_binding(sqlite3_context *context, int count, sqlite3_value **values)
{
    struct stored_binding b    = binding_of(values);
    size_t                room = sqlite_pack_room(&b);
    char                 *text = malloc(room);
    struct buf            out  = buf_on(text, room);

    (void)count;
    if (text == NULL) {
        sqlite3_result_error_nomem(context);
        return;
    }
    sqlite_pack(&b, &out);
    sqlite3_result_blob64(context, text, out.len, free);
}

int sqlite_pack_register(struct sqlite3 *db)
{
    return sqlite_error(sqlite3_create_function_v2(db, "pack_binding", 12, SQLITE_UTF8 | SQLITE_DETERMINISTIC, NULL,
                                                   pack_binding, NULL, NULL, NULL));
}
