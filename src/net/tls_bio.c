/* SPDX-License-Identifier: BSD-2-Clause */
#include "net/tls_bio.h"

#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

enum { USUAL = 32 * 1024 };

bool tls_wire_reserve(struct tls_wire *w, size_t more)
{
    size_t wanted = w->out_len + more, cap = w->out_cap == 0 ? USUAL : w->out_cap;
    char  *grown;

    if (wanted <= w->out_cap)
        return true;
    while (cap < wanted)
        cap *= 2;
    grown = realloc(w->out, cap);
    if (grown == NULL)
        return false;
    w->out     = grown;
    w->out_cap = cap;
    return true;
}

void tls_wire_empty(struct tls_wire *w)
{
    w->out_len = 0;
    if (w->out_cap > USUAL)
        tls_wire_fini(w);
}

void tls_wire_fini(struct tls_wire *w)
{
    free(w->out);
    w->out     = NULL;
    w->out_cap = w->out_len = 0;
}

/* "Come again" when there is nothing more: a slice that is used up is no end. */
static int on_read(BIO *bio, char *to, int len)
{
    struct tls_wire *w    = BIO_get_data(bio);
    size_t           size = (size_t)len;

    BIO_clear_retry_flags(bio);
    if (w->in == NULL || w->in->len == 0) {
        BIO_set_retry_read(bio);
        return -1;
    }
    if (size > w->in->len)
        size = w->in->len;
    memcpy(to, w->in->ptr, size);
    w->in->ptr += size;
    w->in->len -= size;
    return (int)size;
}

/* Takes all, or fails for good. */
static int on_write(BIO *bio, const char *from, int len)
{
    struct tls_wire *w = BIO_get_data(bio);

    BIO_clear_retry_flags(bio);
    if (!tls_wire_reserve(w, (size_t)len))
        return -1;
    memcpy(w->out + w->out_len, from, (size_t)len);
    w->out_len += (size_t)len;
    return len;
}

static long on_control(BIO *bio, int command, long number, void *pointer)
{
    (void)bio;
    (void)number;
    (void)pointer;
    return command == BIO_CTRL_FLUSH ? 1 : 0;
}

BIO_METHOD *tls_bio_method(void)
{
    BIO_METHOD *m = BIO_meth_new(BIO_TYPE_SOURCE_SINK, "slices"); /* no number of its own: nobody looks for it */

    if (m == NULL)
        return NULL;
    BIO_meth_set_read(m, on_read);
    BIO_meth_set_write(m, on_write);
    BIO_meth_set_ctrl(m, on_control);
    return m;
}

BIO *tls_bio_new(BIO_METHOD *method, struct tls_wire *wire)
{
    BIO *bio = BIO_new(method);

    if (bio == NULL)
        return NULL;
    BIO_set_data(bio, wire);
    BIO_set_init(bio, 1);
    return bio;
}
