/* SPDX-License-Identifier: BSD-2-Clause */
/* duration.h - spans of time as people write them: "20s", "500ms", "2m", "1.5h",
 * or a plain number of seconds. */

#ifndef BASE_DURATION_H
#define BASE_DURATION_H

#include "base/buf.h"
#include "base/msec.h"
#include "base/scan.h"

/* For complaints: "'soon' is not a duration like " DURATION_FORM. */
#define DURATION_FORM "20s, 500ms, 2m, 1h or a plain number of seconds"

#define DURATION_MAX ((msec)366 * 24 * 3600 * 1000)

/* The whole of the text; digits behind a point are good to the millisecond.  False if
 * it is none, or above `max` (at most DURATION_MAX). */
bool duration_parse(struct slice text, msec max, msec *out);
/* What the scan is at; it moves only if that is one of at most DURATION_MAX. */
bool duration_scan(struct scan *s, msec *out);

/* The shortest of "350 ms", "2.5 s", "01:15", "1:02:03" that shows it. */
void duration_write(struct buf *b, msec duration);

#endif
