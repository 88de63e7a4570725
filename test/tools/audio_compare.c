/* SPDX-License-Identifier: BSD-2-Clause */
/* audio_compare PLAYED.wav RECORDED.wav [--other OTHER.wav] [--json]
 *
 * Was what was played heard in the recording?  media/compare.h says how that is
 * decided.  With --other, that file must not be heard in it as well.  Exit code:
 * 0 heard, 1 not heard, 2 there is nothing to compare (bad usage, a file that
 * cannot be read, no speech in what was played). */

#include "base/buf.h"
#include "base/error.h"
#include "media/audio_file.h"
#include "media/compare.h"

#include <stdio.h>
#include <stdlib.h>

struct sound {
    int16_t *samples;
    size_t   count;
};

struct options {
    const char *played, *recorded, *other;
    bool        json;
};

static bool load(const char *path, struct sound *s)
{
    enum { BLOCK = 160 };
    char                 text[256];
    struct buf           why = BUF_ON(text);
    struct audio_source *source;

    if (audio_file_source_open(path, AUDIO_RATE, false, &why, &source) != 0) {
        fprintf(stderr, "audio_compare: %s\n", buf_cstr(&why));
        return false;
    }
    s->count   = 0;
    s->samples = malloc((COMPARE_SAMPLES_MAX + BLOCK) * sizeof *s->samples);
    while (s->samples != NULL && s->count < COMPARE_SAMPLES_MAX) {
        audio_file_source_wait(source, BLOCK);
        if (audio_ended(source))
            break;
        audio_pull(source, s->samples + s->count, BLOCK);
        s->count += BLOCK;
    }
    audio_source_close(source);
    return s->samples != NULL;
}

static bool compare_files(const char *played, const char *recorded, struct compare_result *out)
{
    struct sound p = { NULL, 0 }, r = { NULL, 0 };
    int          error = 0;
    bool         both  = load(played, &p) && load(recorded, &r);

    if (both && (error = compare_speech(p.samples, p.count, r.samples, r.count, AUDIO_RATE, out)) != 0)
        fprintf(stderr, "audio_compare: %s: %s\n", played,
                error == -ERR_SYNTAX ? "there is no speech in it" : error_text(error));
    free(p.samples);
    free(r.samples);
    return both && error == 0;
}

static void print_text(const struct compare_result *r, const struct compare_result *other)
{
    printf("%s: delay %.1f ms, correlation %.3f, %.0f %% of %u voiced segments, level %+.1f dB, segmental SNR %.1f dB",
           r->reason, r->delay_ms, r->correlation, r->covered * 100, r->voiced_segments, r->level_db, r->snr_db);
    if (other != NULL)
        printf("; the other: %s (correlation %.3f)", other->heard ? "heard" : "not heard", other->correlation);
    printf("\n");
}

static void print_json(const struct compare_result *r, const struct compare_result *other, bool heard)
{
    printf("{\"heard\": %s, \"reason\": \"%s\", \"delay_ms\": %.1f, \"correlation\": %.4f, \"covered\": %.3f, "
           "\"voiced_segments\": %u, \"level_db\": %.2f, \"snr_db\": %.1f",
           heard ? "true" : "false", r->reason, r->delay_ms, r->correlation, r->covered, r->voiced_segments,
           r->level_db, r->snr_db);
    if (other != NULL)
        printf(", \"other_heard\": %s, \"other_correlation\": %.4f", other->heard ? "true" : "false",
               other->correlation);
    printf("}\n");
}

static bool read_options(int argc, char **argv, struct options *o)
{
    *o = (struct options){ 0 };
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--json") == 0)
            o->json = true;
        else if (strcmp(argv[i], "--other") == 0 && i + 1 < argc)
            o->other = argv[++i];
        else if (argv[i][0] == '-')
            return false;
        else if (o->played == NULL)
            o->played = argv[i];
        else if (o->recorded == NULL)
            o->recorded = argv[i];
        else
            return false;
    }
    return o->recorded != NULL;
}

int main(int argc, char **argv)
{
    struct options        o;
    struct compare_result result, other;
    bool                  heard;

    if (!read_options(argc, argv, &o)) {
        fprintf(stderr, "usage: audio_compare PLAYED.wav RECORDED.wav [--other OTHER.wav] [--json]\n");
        return 2;
    }
    if (!compare_files(o.played, o.recorded, &result) ||
        (o.other != NULL && !compare_files(o.other, o.recorded, &other)))
        return 2;
    heard = result.heard && !(o.other != NULL && other.heard);
    if (o.json)
        print_json(&result, o.other != NULL ? &other : NULL, heard);
    else
        print_text(&result, o.other != NULL ? &other : NULL);
    return heard ? 0 : 1;
}
