/* SPDX-License-Identifier: BSD-2-Clause */
#include "net/tls_tickets.h"

#include <openssl/crypto.h>
#include <openssl/rand.h>
#include <string.h>

static uint64_t period_of(msec now)
{
    return now / TLS_TICKET_PERIOD;
}

static bool make_key(struct tls_ticket_key *key)
{
    return RAND_bytes(key->name, sizeof key->name) == 1 && RAND_priv_bytes(key->cipher, sizeof key->cipher) == 1 &&
           RAND_priv_bytes(key->mac, sizeof key->mac) == 1;
}

bool tls_tickets_init(struct tls_tickets *t, msec now)
{
    *t = (struct tls_tickets){ .period = period_of(now) };
    return make_key(&t->seals);
}

bool tls_tickets_are_current(const struct tls_tickets *t, msec now)
{
    return period_of(now) <= t->period;
}

bool tls_tickets_turn(struct tls_tickets *t, msec now)
{
    struct tls_ticket_key key;

    if (tls_tickets_are_current(t, now))
        return true;
    if (!make_key(&key))
        return false;
    t->has_old = period_of(now) == t->period + 1; /* after a longer silence both are too old */
    if (t->has_old)
        t->opens = t->seals;
    else
        OPENSSL_cleanse(&t->opens, sizeof t->opens);
    t->seals  = key;
    t->period = period_of(now);
    OPENSSL_cleanse(&key, sizeof key);
    return true;
}

void tls_tickets_wipe(struct tls_tickets *t)
{
    OPENSSL_cleanse(t, sizeof *t);
}

const struct tls_ticket_key *tls_tickets_find(const struct tls_tickets *t, const uint8_t name[16])
{
    if (memcmp(t->seals.name, name, sizeof t->seals.name) == 0)
        return &t->seals;
    return t->has_old && memcmp(t->opens.name, name, sizeof t->opens.name) == 0 ? &t->opens : NULL;
}
