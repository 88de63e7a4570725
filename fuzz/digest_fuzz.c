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
        again.qop_auth != c.qop_auth || again.stale != c.stale || !slice_eq(again.nonce, c.nonce) ||
        !slice_eq(again.realm, c.realm))
        abort();
}

static void check_credentials(struct hasher *h, struct slice text)
{
    struct scan        s = scan_from(text);
    struct buf         b = BUF_ON(memory);
    struct credentials c, again;
    char               hex[DIGEST_HEX];

    if (!credentials_scan(&s, &c) || !c.known)
        return;
    digest_verify(h, &c, SLICE("00112233445566778899aabbccddeeff"), SLICE("REGISTER"));
    digest_response(h, &c, SLICE("00112233445566778899aabbccddeeff"), SLICE("REGISTER"), hex);
    credentials_write(&b, &c, slice_from(hex));
    if (!buf_ok(&b))
        return;
    s = scan_from(buf_slice(&b));
    if (!credentials_scan(&s, &again) || !again.known || !slice_eq(again.uri, c.uri) ||
        (c.qop.len > 0 && again.nc != c.nc))
        abort();
    if (digest_verify(h, &again, SLICE("00112233445566778899aabbccddeeff"), SLICE("REGISTER")) !=
        (c.qop.len == 0 || slice_eq_nocase(c.qop, SLICE("auth"))))
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
    return 0;
}
