/* SPDX-License-Identifier: BSD-2-Clause */
/* register_terms.h - on what terms a REGISTER comes, besides the bindings that it asks for: the
 * extensions that its sender demands and knows, the way back that proxies have noted in Path
 * (RFC 3327), and whether its first hop can keep a flow open (RFC 5626 6).
 *
 *     phone -- Via -> edge proxy -- Path: <sip:edge;lr;ob> -> registrar
 *       |                                                       ^
 *       +------------------- one Via: direct -------------------+
 *
 * A calculation over the message alone. */

#ifndef ROUTE_REGISTER_TERMS_H
#define ROUTE_REGISTER_TERMS_H

#include "route/reason.h"
#include "sip/message.h"

enum { PATH_TEXT = 2048 }; /* bytes of Path that are kept with a binding */

struct register_terms {
    unsigned      status; /* 0, or a refusal: 400, 413, 415, 420 (Path), 439 */
    struct reason why;
    bool          outbound; /* RFC 5626 is in use for its Contact with instance and reg-id    */
    bool          direct;   /* with it: no proxy stands between, the flow is ours             */
    struct slice  path;     /* the values of Path as one list, in `memory`; or empty          */
    char          memory[PATH_TEXT];
};

/* What is demanded in Require: 0, 400 if it cannot be read, or 420 if we do not know all of it
 * (RFC 3261 8.2.2.3): then each of these is named in `unsupported` by a line of its own, as far as
 * whole lines fit.  `sec_agree`: that extension is known, too (sec_agree.h). */
unsigned register_terms_require(const struct message *request, bool sec_agree, struct buf *unsupported);

/* The extensions that are known whatever the configuration: "path, outbound, ...". */
void register_terms_write_known(struct buf *b);

/* Read them.  `path_without_support`: take a Path even if the sender does not know what that is.
 * `out` points into itself: do not move it. */
void register_terms_read(const struct message *request, bool path_without_support, struct register_terms *out);

#endif
