/* SPDX-License-Identifier: BSD-2-Clause */
/* g711.h - PCM of voice: A-law and mu-law, 8 bits a sample (ITU-T G.711).
 *
 * Linear samples are 16 bits, full scale 32767: the recommendation's 13 bits of
 * A-law (times 8) and 14 bits of mu-law (times 4). */

#ifndef RTP_G711_H
#define RTP_G711_H

#include <stddef.h>
#include <stdint.h>

enum g711_law { G711_ULAW, G711_ALAW }; /* PCMU, payload type 0; PCMA, payload type 8 */

uint8_t ulaw_encode(int16_t sample);
int16_t ulaw_decode(uint8_t code);
uint8_t alaw_encode(int16_t sample);
int16_t alaw_decode(uint8_t code);

/* `count` samples to `count` bytes and back. */
void g711_encode(enum g711_law law, const int16_t *samples, size_t count, uint8_t *codes);
void g711_decode(enum g711_law law, const uint8_t *codes, size_t count, int16_t *samples);

/* The code of a sample of value 0. */
uint8_t g711_silence(enum g711_law law);

#endif
