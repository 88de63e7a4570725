/* SPDX-License-Identifier: BSD-2-Clause */
/* progress_line.h - the one line that tells on a terminal what is being waited for:
 *
 *     Ringing 5 s
 *     00:12  heard ######....  said ##........  lost 0.0 %
 */

#ifndef PROBE_PROGRESS_LINE_H
#define PROBE_PROGRESS_LINE_H

#include "base/buf.h"
#include "base/msec.h"

enum progress_phase {
    PROGRESS_NOTHING,
    PROGRESS_REGISTERING,
    PROGRESS_REGISTERED,
    PROGRESS_WAITING, /* for calls            */
    PROGRESS_CALLING,
    PROGRESS_SENDING,
    PROGRESS_WATCHING,
    PROGRESS_RINGING, /* there, or here       */
    PROGRESS_UP,
};

struct progress_view {
    enum progress_phase phase;
    msec                time; /* since the phase began                     */
    struct slice        whom; /* of REGISTERING, REGISTERED and CALLING     */
    bool                has_levels, has_loss, held;
    double              heard, said; /* of 1, audio_tap.h */
    double              loss;        /* of 1             */
};

/* At most `columns` of them, without LF; nothing for PROGRESS_NOTHING. */
void progress_line_write(struct buf *b, const struct progress_view *v, size_t columns);

#endif
