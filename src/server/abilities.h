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

#include "server/internal.h"

/* Allow alone. */
void abilities_put_allow(const struct config *c, struct gather *g);

/* Allow, Accept, Accept-Encoding, Accept-Language, Supported. */
void abilities_put(const struct server *s, struct gather *g);

#endif
