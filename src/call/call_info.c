/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/error.h"
#include "call/methods.h"
#include "sip/body.h"
#include "sip/dtmf_info.h"

enum { DIGIT_MS = 160 };

/* ---- in ---- */

/* RFC 6086 4.2.2: we have said that we take no package. */
static bool names_package(const struct message *m)
{
    for (unsigned i = 0; i < m->header_count; i++)
        if (slice_eq_nocase(m->headers[i].name, SLICE("Info-Package")))
            return true;
    return false;
}

static char digit_of(const struct message *m)
{
    struct body_part part;

    if (body_find(m, SLICE("application/dtmf-relay"), &part) == BODY_FOUND)
        return dtmf_relay_read(part.content);
    return body_find(m, SLICE("application/dtmf"), &part) == BODY_FOUND ? dtmf_read(part.content) : '\0';
}

/* INFO without a package is what it was before there were any (RFC 6086 4.2.4): keys, mostly. */
void info_within(struct call *c, struct fork *f, object_id txn, struct message *m)
{
    char digit = digit_of(m);

    if (f != c->up || !session_is_up(&c->session)) {
        stack_reply(c->phone->stack, txn, 481, SLICE(""));
        return;
    }
    if (names_package(m)) {
        reply_bad_package(c->phone, txn, m);
        return;
    }
    if (digit != '\0')
        call_hear_digit(c, digit);
    stack_reply(c->phone->stack, txn, 200, SLICE(""));
}

/* ---- out ---- */

static int send_next(struct call *c);

/* Whatever became of one key, the next one is pressed. */
static void on_info(const struct client_user *u, object_id txn, enum client_event event, struct message *response,
                    int detail)
{
    struct call *c = phone_find_call(u->self, u->owner);

    (void)detail;
    if (c == NULL || c->info_txn != txn || (event == CLIENT_RESPONSE && response->status < 200))
        return;
    c->info_txn = 0;
    if (event == CLIENT_RESPONSE && (response->status == 401 || response->status == 407) &&
        auth_challenged(&c->auth, &c->account->secret, response) == AUTH_RETRY && send_next(c) == 0)
        return;
    memmove(c->info_digits, c->info_digits + 1, --c->info_count);
    auth_begin(&c->auth);
    if (c->info_count > 0 && (c->told_ended || send_next(c) != 0))
        c->info_count = 0;
}

static int send_next(struct call *c)
{
    struct phone        *p    = c->phone;
    struct gather       *g    = &p->gather;
    struct client_user   user = { .fn = on_info, .self = p, .owner = c->id };
    struct dialog       *d    = c->up->dialog;
    struct request_start start;
    char                 memory[64];
    struct buf           body  = BUF_ON(memory);
    int                  error = dialog_write_request(d, METHOD_INFO, dialog_next_cseq(d), g, &start);

    if (error != 0)
        return error;
    dtmf_relay_write(&body, c->info_digits[0], DIGIT_MS);
    auth_write(&c->auth, &c->account->secret, p->hasher, &p->world->random, METHOD_INFO, d->target, buf_slice(&body),
               g);
    gather_body(g, SLICE("application/dtmf-relay"), buf_slice(&body));
    c->info_txn = call_send(c, METHOD_INFO, &start, &user);
    return c->info_txn == 0 ? -ERR_LIMIT : 0;
}

static bool is_key(char c)
{
    char one[1] = { c };

    return dtmf_read((struct slice){ one, 1 }) == c;
}

static int send_info_digits(struct call *c, struct slice digits)
{
    int error = 0;

    if (!session_is_up(&c->session) || !call_peer_allows(c->up, METHOD_INFO))
        return -ERR_UNSUPPORTED;
    for (size_t i = 0; i < digits.len; i++)
        if (!is_key(digits.ptr[i]))
            return -ERR_SYNTAX;
    if (digits.len > sizeof c->info_digits - c->info_count)
        return -ERR_LIMIT;
    memcpy(c->info_digits + c->info_count, digits.ptr, digits.len);
    c->info_count += (unsigned)digits.len;
    if (c->info_txn == 0 && c->info_count > 0)
        error = send_next(c);
    if (error != 0)
        c->info_count = 0;
    return error;
}

int call_send_digits_by(struct phone *p, object_id id, struct slice digits, enum digits_way way)
{
    struct call *c     = phone_find_call(p, id);
    int          error = -ERR_UNSUPPORTED;

    if (c == NULL || c->told_ended)
        return -ERR_NOT_FOUND;
    if (way != DIGITS_INFO)
        error = call_send_rtp_digits(c, digits);
    if (error == -ERR_UNSUPPORTED && way != DIGITS_RTP)
        error = send_info_digits(c, digits);
    return error;
}

int call_send_digits(struct phone *p, object_id id, struct slice digits)
{
    return call_send_digits_by(p, id, digits, DIGITS_AUTO);
}
