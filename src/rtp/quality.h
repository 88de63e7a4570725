/* SPDX-License-Identifier: BSD-2-Clause */
/* quality.h - how good a call sounds, from what was measured (ITU-T G.107, the
 * E-model, with all of its parameters but delay and loss at their defaults).
 *
 *     R = 93.2 - Id(delay) - Ie,eff(loss)          0 to 93.2
 *     MOS = 1 to 4.41                              4 is good, below 3.1 nearly all are annoyed
 *
 * Id is the reduction of G.107 appendix: 0.024 d, and 0.11 for each ms above 177.3.
 * Ie,eff is that of G.711 with concealment of losses (G.113: Ie 0, Bpl 25.1), losses
 * at random. */

#ifndef RTP_QUALITY_H
#define RTP_QUALITY_H

struct quality {
    double delay; /* ms from mouth to ear */
    double loss;  /* of 1                 */
};

double quality_rating(const struct quality *q); /* R */
double quality_mos(double rating);

#endif
