/* SPDX-License-Identifier: BSD-2-Clause */
/* abilities.h - what this server says it can, to who asks it and no user (RFC 3261 11.2), and with a 405.
 *
 * It follows from the configuration:
 *
 *                     Allow                          Accept, -Encoding   Supported
 *   proxy, redirect   what users can be sent         anything passes     pref
 *   registrar         REGISTER                       no body is wanted   path, outbound, gruu, pref
 *   sec_agree                                                            sec-agree
 *
 * What is claimed is so: test/server/abilities_test tries all of it. */

#ifndef SERVER_ABILITIES_H
#define SERVER_ABILITIES_H

#include "server/config.h"

/* "Allow: ...", a whole line. */
void abilities_write_allow(struct buf *b, const struct config *c);

/* Allow, Accept, Accept-Encoding, Accept-Language, Supported, as they stand in a 200.  `sec_agree`: there is
 * an agreement to be had (agreement.h). */
void abilities_write(struct buf *b, const struct config *c, bool sec_agree);

#endif
