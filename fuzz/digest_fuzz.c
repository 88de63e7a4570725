/* SPDX-License-Identifier: BSD-2-Clause */
/* Challenges and credentials that are read and known are the same after they
 * were written, and a response we computed is one we accept. */
#include "sip/digest.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char memory[1 << 16];

static void check_challenge(struct slice text)
{
    struct scan      s = scan_from(text);
    struct buf       b = BUF_ON(memory);
    struct challenge c, again;

    if (!challenge_scan(&s, &c) || !c.known)
        return;
    if (!scan_at_end(&s))
        abort();
    challenge_write(&b, &c);
    if (!buf_ok(&b))
        return;
    s = scan_from(buf_slice(&b));
    if (!challenge_scan(&s, &again) || !again.known || again.algorithm != c.algorithm || again.sess != c.sess ||
        again.qop_auth != c.qop_auth || again.qop_auth_int != c.qop_auth_int || again.userhash != c.userhash ||
        again.stale != c.stale || !slice_eq(again.nonce, c.nonce) || !slice_eq(again.realm, c.realm))
        abort();
}

/* A name means itself, whichever way it was written. */
static void check_user(const struct credentials *c)
{
    static char name[1 << 16];
    struct buf  b = BUF_ON(name);

    credentials_write_user(&b, c);
    if (buf_ok(&b) && c->username_ext.ptr == NULL && !digest_means(c->username, buf_slice(&b)))
        abort();
}

static bool proves(const struct credentials *c)
{
    return c->qop.len == 0 || slice_eq_nocase(c->qop, SLICE("auth")) || slice_eq_nocase(c->qop, SLICE("auth-int"));
}

static void check_credentials(struct hasher *h, struct slice text)
{
    const struct slice ha1 = SLICE("00112233445566778899aabbccddeeff"), method = SLICE("REGISTER");
    struct scan        s = scan_from(text);
    struct buf         b = BUF_ON(memory);
    struct credentials c, again;
    char               hex[DIGEST_HEX], proof[DIGEST_HEX];

    if (!credentials_scan(&s, &c) || !c.known)
        return;
    check_user(&c);
    digest_verify(h, &c, ha1, method, text);
    if (!digest_response(h, &c, ha1, method, text, hex))
        return;
    credentials_write(&b, &c, slice_from(hex));
    if (!buf_ok(&b))
        return;
    s = scan_from(buf_slice(&b));
    if (!credentials_scan(&s, &again) || !again.known || !slice_eq(again.uri, c.uri) || again.userhash != c.userhash ||
        !slice_eq(again.username, c.username) || !slice_eq(again.username_ext, c.username_ext) ||
        (c.qop.len > 0 && again.nc != c.nc))
        abort();
    if (digest_verify(h, &again, ha1, method, text) != proves(&c))
        abort();
    if (!digest_rspauth(h, &c, ha1, text, proof) || !digest_rspauth(h, &again, ha1, text, hex) ||
        !slice_eq(slice_from(hex), slice_from(proof)))
        abort();
    if (digest_verify_mutually(h, &again, ha1, method, text, hex) != proves(&c) ||
        (hex[0] != '\0' && !slice_eq(slice_from(hex), slice_from(proof))))
        abort();
}

static void check_info(struct slice text)
{
    struct scan      s = scan_from(text);
    struct buf       b = BUF_ON(memory);
    struct auth_info i, again;

    if (!auth_info_scan(&s, &i) || i.nextnonce.len == 0)
        return;
    auth_info_write(&b, &i);
    if (!buf_ok(&b))
        return;
    s = scan_from(buf_slice(&b));
    if (i.rspauth.len == 0 && (!auth_info_scan(&s, &again) || !slice_eq(i.nextnonce, again.nextnonce)))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct hasher *hasher;
    struct slice          text = { (const char *)data, size };

    if (hasher == NULL && (hasher = hasher_new()) == NULL)
        abort();
    check_challenge(text);
    check_credentials(hasher, text);
    check_info(text);
    return 0;
}
