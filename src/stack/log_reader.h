/* SPDX-License-Identifier: BSD-2-Clause */
/* log_reader.h - the calls that a log tells about, and one of them as a ladder.
 *
 * Lines of part transport become sightings, as a trace has them; what else is said
 * about the call (decisions with their reasons, changes of state) stands between the
 * arrows.  Without a Call-ID to look for, only a list of calls is kept. */

#ifndef STACK_LOG_READER_H
#define STACK_LOG_READER_H

#include "base/log_parse.h"
#include "base/siphash.h"
#include "stack/ladder.h"

struct log_reader;

/* Something that happened between messages.  `text` is what the line says beyond
 * part, event and call: "aor=sip:bob@example.test expires=60". */
struct log_event {
    uint64_t     t;     /* ms; 0: the log has no time             */
    size_t       after; /* sightings read before it               */
    struct slice level, part, event, call_id, text;
};

struct log_call {
    struct slice call_id;
    uint64_t     t; /* of its first line */
    unsigned     messages, events;
    struct slice method;  /* of its first request; empty if none was seen  */
    struct slice outcome; /* "200 OK": the last final response; or empty    */
};

/* `call`: a Call-ID or its beginning; NULL: list calls.  `details`: lines of debug level
 * too.  `key` is random: the log may be a stranger's.  NULL without memory. */
struct log_reader *log_reader_new(const char *call, bool details, const struct hash_key *key);
void               log_reader_free(struct log_reader *r);

/* Take in one line.  `node` names who wrote the log; borrowed for as long as the reader
 * lives.  Returns 1, 0 if it is no line of a log, or -ERR_NO_MEMORY. */
int log_reader_line(struct log_reader *r, struct slice node, struct slice line);

/* What was found; lives as long as the reader, and until the next line.  The sightings
 * may be handed to ladder_init. */
struct sighting        *log_reader_sightings(struct log_reader *r, size_t *count);
const struct log_event *log_reader_events(const struct log_reader *r, size_t *count);
const struct log_call **log_reader_calls(struct log_reader *r, size_t *count);

/* Does the event come before the arrow with this sighting? */
bool log_event_is_before(const struct log_event *e, const struct sighting *s);

#endif
