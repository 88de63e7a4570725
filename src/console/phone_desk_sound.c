/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/error.h"
#include "call/conference.h"
#include "console/phone_desk_state.h"
#include "media/audio_file.h"
#include "media/audio_patch.h"

#include <stdio.h>
#include <stdlib.h>

/* The sound of one stream of a call, from its opening to its end. */
struct desk_sound {
    struct link          link;
    struct phone_desk   *desk;
    object_id            call;
    unsigned             stream;
    struct audio_source *source; /* the desk's user's */
    struct audio_sink   *sink;
    struct audio_patch  *patch;
    bool                 done; /* what was played is at its end, and that is not told yet */
    char                 file[DESK_TEXT];
};

static struct desk_sound *find_stream(const struct phone_desk *d, object_id call, unsigned stream)
{
    LIST_EACH (l, &d->sounds) {
        struct desk_sound *s = CONTAINER_OF(l, struct desk_sound, link);

        if (s->call == call && s->stream == stream)
            return s;
    }
    return NULL;
}

/* Commands are about the first stream. */
static struct desk_sound *find(const struct phone_desk *d, object_id call)
{
    return find_stream(d, call, 0);
}

static void give_back(struct desk_sound *s)
{
    const struct phone_media *media = &s->desk->config.media;

    audio_patch_free(s->patch);
    if (media->close != NULL)
        media->close(media->arg, s->call, s->stream, s->source, s->sink);
    list_unlink(&s->link);
    free(s);
}

static unsigned rate_of(const struct desk_sound *s)
{
    if (s->source != NULL)
        return s->source->rate;
    return s->sink != NULL ? s->sink->rate : AUDIO_RATE;
}

static int on_open(void *arg, object_id call, unsigned stream, struct audio_source **source, struct audio_sink **sink)
{
    struct phone_desk        *d     = arg;
    const struct phone_media *media = &d->config.media;
    struct desk_sound        *s     = calloc(1, sizeof *s);
    int                       error = 0;

    if (s == NULL)
        return -ERR_NO_MEMORY;
    s->desk   = d;
    s->call   = call;
    s->stream = stream;
    if (media->open != NULL)
        error = media->open(media->arg, call, stream, &s->source, &s->sink);
    if (error != 0) {
        free(s);
        return error;
    }
    list_append(&d->sounds, &s->link);
    s->patch = audio_patch_new(s->source, s->sink, rate_of(s));
    if (s->patch == NULL) {
        give_back(s);
        return -ERR_NO_MEMORY;
    }
    *source = audio_patch_source(s->patch);
    *sink   = audio_patch_sink(s->patch);
    return 0;
}

static void on_close(void *arg, object_id call, unsigned stream, struct audio_source *source, struct audio_sink *sink)
{
    struct desk_sound *s = find_stream(arg, call, stream);

    (void)source;
    (void)sink;
    if (s != NULL)
        give_back(s);
}

struct phone_media desk_sound_media(struct phone_desk *d)
{
    return (struct phone_media){ on_open, on_close, d };
}

void desk_sound_free_all(struct phone_desk *d)
{
    LIST_EACH_SAFE (l, &d->sounds) {
        give_back(CONTAINER_OF(l, struct desk_sound, link));
    }
}

/* ---- play ---- */

static void tell_played(struct phone_desk *d, const struct desk_sound *s)
{
    struct phone_event e = { .call = s->call };
    struct buf         b = desk_begin_line(d);
    struct json_line   j = phone_notice_begin(&b, NOTICE_PLAYED, world_wall(d->world));

    phone_report_put(&j, FIELD_CALL, &e);
    json_line_text(&j, "file", slice_from(s->file));
    desk_end_line(d, &j);
}

static void on_played(struct timer *t, msec now)
{
    struct phone_desk *d = CONTAINER_OF(t, struct phone_desk, played);

    (void)now;
    LIST_EACH (l, &d->sounds) {
        struct desk_sound *s = CONTAINER_OF(l, struct desk_sound, link);

        if (s->done)
            tell_played(d, s);
        s->done = false;
    }
}

/* Comes from inside the media session: what it tells waits for the loop. */
static void on_done(void *arg)
{
    struct desk_sound *s = arg;

    s->done = true;
    world_timer(s->desk->world, &s->desk->played, on_played, world_now(s->desk->world));
}

static int complain_no_sound(struct phone_answer *a)
{
    return desk_refuse(a, -ERR_NOT_FOUND, "the call is over, or has no sound yet");
}

int desk_sound_play(struct phone_desk *d, object_id call, const char *path, bool loop, struct phone_answer *a)
{
    struct desk_sound   *s    = find(d, call);
    struct audio_source *file = NULL;
    char                 text[DESK_TEXT];
    struct buf           why   = BUF_ON(text);
    int                  error = 0;

    if (s == NULL)
        return complain_no_sound(a);
    if (path != NULL)
        error = audio_file_source_open(path, rate_of(s), loop, &why, &file);
    if (error != 0)
        return desk_refuse(a, error, "%s", why.len > 0 ? buf_cstr(&why) : error_text(error));
    snprintf(s->file, sizeof s->file, "%s", path == NULL ? "" : path);
    s->done = false;
    audio_patch_play(s->patch, file, on_done, s);
    return 0;
}

int desk_sound_record(struct phone_desk *d, object_id call, const char *path, struct phone_answer *a)
{
    struct desk_sound *s    = find(d, call);
    struct audio_sink *file = NULL;
    char               text[DESK_TEXT];
    struct buf         why   = BUF_ON(text);
    int                error = 0;

    if (s == NULL)
        return complain_no_sound(a);
    if (path != NULL)
        error = audio_file_sink_open(path, rate_of(s), &why, &file);
    if (error != 0)
        return desk_refuse(a, error, "%s", why.len > 0 ? buf_cstr(&why) : error_text(error));
    error = audio_patch_record(s->patch, file);
    if (error != 0 && path == NULL)
        return desk_refuse(a, error, "the recording is not complete: %s", error_text(error));
    return 0;
}

int desk_sound_record_conference(struct phone_desk *d, object_id call, const char *path, struct phone_answer *a)
{
    struct desk_sound *s    = find(d, call);
    struct audio_sink *file = NULL;
    char               text[DESK_TEXT];
    struct buf         why = BUF_ON(text);
    object_id          members[PHONE_MEMBERS];
    int                error = 0;

    if (s == NULL)
        return complain_no_sound(a);
    if (call_members(d->phone, call, members) == 0) /* before the file is touched */
        return desk_refuse(a, -ERR_UNSUPPORTED, "the call is in no conference");
    if (path != NULL)
        error = audio_file_sink_open(path, rate_of(s), &why, &file);
    if (error != 0)
        return desk_refuse(a, error, "%s", why.len > 0 ? buf_cstr(&why) : error_text(error));
    error = call_record_conference(d->phone, call, file);
    if (error != 0 && path == NULL)
        return desk_refuse(a, error, "the recording is not complete: %s", error_text(error));
    return 0;
}

bool desk_sound_levels(struct phone_desk *d, object_id call, double *out, double *in)
{
    struct desk_sound *s = find(d, call);

    if (s != NULL)
        audio_patch_levels(s->patch, out, in);
    return s != NULL;
}
