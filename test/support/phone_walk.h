/* SPDX-License-Identifier: BSD-2-Clause */
/* phone_walk.h - a phone, its user, and a peer who is its registrar too and says whatever he likes: requests of all
 * kinds, new or of what was before, answers, sound or damaged; packets lost, doubled and late; time.
 *
 *     bytes --> steps of the user and of the peer --> virtual network --> phone
 *
 * The bytes are a fuzzer's, or drawn: whatever they are, they are a walk.  What the phone sends is a message; in the
 * end, when its user has hung up, no call, no transaction and no socket is left. */

#ifndef TEST_SUPPORT_PHONE_WALK_H
#define TEST_SUPPORT_PHONE_WALK_H

#include <stddef.h>
#include <stdint.h>

struct phone_walked {
    unsigned sent, heard, told; /* messages of the peer, of the phone, events to the user */
    unsigned calls;             /* that were answered */
};

/* Aborts, and says what, where something does not hold. */
struct phone_walked phone_walk(const uint8_t *data, size_t size);

#endif
