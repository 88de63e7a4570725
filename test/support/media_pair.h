/* SPDX-License-Identifier: BSD-2-Clause */
/* media_pair.h - alice and bob with a media session each, on a fake network.
 *
 * Alice's voice is that of seed 1, bob's of seed 2; each speaks for 3 s. */

#ifndef TEST_SUPPORT_MEDIA_PAIR_H
#define TEST_SUPPORT_MEDIA_PAIR_H

#include "media/compare.h"
#include "media/session.h"
#include "support/test.h"
#include "support/world_fake.h"

enum { KEYS_PT = 101 };

/* One end of a call: its process, its voice, its ear. */
struct end {
    struct host          *host;
    struct world         *world;
    struct audio_source  *source;
    struct audio_sink    *sink; /* a memory sink of a minute */
    struct media_session *media;
    struct media_config   config;
    struct media_stream   stream;
    unsigned              first_packets, gaps, ends;
    char                  digits[128];
    size_t                digit_count;
    bool                  close_when_heard;
};

extern struct network *network;
extern struct end      alice, bob;

/* For cmocka.  The teardown closes both sessions and checks that no socket and no
 * timer is left. */
int media_pair_setup(void **state);
int media_pair_teardown(void **state);

void make_end(struct end *e, const char *name, const char *ip, uint64_t voice);
void free_end(struct end *e);

/* Open both sessions; open and start both. */
void                open_both(void);
void                talk(void);
void                start(struct end *e);              /* as e->stream says */
struct media_stream stream_to(const struct end *peer); /* both ways, both laws, keys */

void               live(msec span);
struct media_stats stats_of(const struct end *e);

/* Did the ear hear this voice, all 3 s of it? */
struct compare_result hearing(const struct end *ear, uint64_t voice);

#endif
