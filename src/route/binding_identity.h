/* SPDX-License-Identifier: BSD-2-Clause */
/* binding_identity.h - which binding does a Contact mean (RFC 3261 19.1.4, RFC 5626 6,
 * RFC 5630 5.1.1.1)?
 *
 *     with RFC 5626 in use    the one with its instance and reg-id, whatever the URIs
 *     else                    the one with an equal URI that was not made by RFC 5626 */

#ifndef ROUTE_BINDING_IDENTITY_H
#define ROUTE_BINDING_IDENTITY_H

#include "route/binding.h"

/* Read instance and reg-id of `change->contact`, whose parameters are `params`, into it.  False if there is a reg-id
 * that counts and is none: not a number from 1 to 2^31-1. */
bool binding_read_identity(struct binding_change *change, const struct binding_params *params, bool outbound);

/* Is it this binding that the Contact is to refresh or to replace? */
bool binding_is_contact(const struct binding_now *b, const struct binding_change *change);

/* Is this one, made by RFC 5626, meant by a Contact without that is to be removed: by URI, and
 * not another device's? */
bool binding_is_flow_of_contact(const struct binding_now *b, const struct binding_change *change);

/* Do two Contacts of one request mean the same binding? */
bool binding_is_same_contact(const struct binding_change *a, const struct binding_change *b);

/* One contact: its sips and its sip form are, so that the one takes the place of the other
 * (RFC 5630 5.1.1.1, against RFC 3261 19.1.4). */
bool binding_is_same_uri(const struct uri *a, const struct uri *b);

#endif
