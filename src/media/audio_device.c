/* SPDX-License-Identifier: BSD-2-Clause */
#include "media/audio_device.h"

#include "base/error.h"
#include "net/module.h"

#include <dlfcn.h>
#include <stdlib.h>

#define MODULE_FILE   "ahoy_portaudio.so"
#define OTHER_VERSION "the sound card module belongs to another version of ahoy"

/* How much sound may wait between the two clocks, ours and the card's.  Above
 * WAIT_MAX_MS the older of it is dropped: a late word disturbs more than a lost
 * one.  An empty ring is filled with WAIT_MIN_MS of silence first, so that the
 * card does not run dry between each two frames. */
enum { RING_MS = 500, WAIT_MIN_MS = 40, WAIT_MAX_MS = 200 };

struct device {
    struct audio_source        source;
    struct audio_sink          sink;
    bool                       source_open, sink_open;
    const struct audio_module *module;
    void                      *library; /* from dlopen, or NULL */
    struct audio_card         *card;
    struct ring                captured, to_play;
};

static size_t samples_of(unsigned rate, size_t ms)
{
    return rate * ms / 1000;
}

static void device_free(struct device *d)
{
    if (d->card != NULL)
        d->module->close(d->card);
    if (d->library != NULL)
        dlclose(d->library);
    ring_fini(&d->captured);
    ring_fini(&d->to_play);
    free(d);
}

static void device_pull(struct audio_source *s, int16_t *samples, size_t count)
{
    struct device *d    = CONTAINER_OF(s, struct device, source);
    size_t         held = ring_held(&d->captured), got;

    if (held > samples_of(s->rate, WAIT_MAX_MS))
        ring_read(&d->captured, NULL, held - samples_of(s->rate, WAIT_MIN_MS));
    got = ring_read(&d->captured, samples, count);
    memset(samples + got, 0, (count - got) * sizeof *samples);
}

static bool device_ended(const struct audio_source *s)
{
    (void)s;
    return false;
}

static void device_source_close(struct audio_source *s)
{
    struct device *d = CONTAINER_OF(s, struct device, source);

    d->source_open = false;
    if (!d->sink_open)
        device_free(d);
}

static void device_push(struct audio_sink *s, const int16_t *samples, size_t count)
{
    static const int16_t silence[AUDIO_RATE_MAX * WAIT_MIN_MS / 1000];
    struct device       *d    = CONTAINER_OF(s, struct device, sink);
    size_t               held = ring_held(&d->to_play);

    if (held == 0)
        ring_write(&d->to_play, silence, samples_of(s->rate, WAIT_MIN_MS));
    if (held + count <= samples_of(s->rate, WAIT_MAX_MS))
        ring_write(&d->to_play, samples, count);
}

/* Two clocks never agree: that a frame is dropped now and then is no error. */
static int device_error(const struct audio_sink *s)
{
    (void)s;
    return 0;
}

static int device_sink_close(struct audio_sink *s)
{
    struct device *d = CONTAINER_OF(s, struct device, sink);

    d->sink_open = false;
    if (!d->source_open)
        device_free(d);
    return 0;
}

static const struct audio_source_ops source_ops = { device_pull, device_ended, device_source_close };
static const struct audio_sink_ops   sink_ops   = { device_push, device_error, device_sink_close };

static int say(struct buf *why, const char *text, int error)
{
    if (why != NULL)
        buf_put(why, slice_from(text));
    return error;
}

static int start_card(struct device *d, const char *name, struct buf *why)
{
    char text[256] = "";

    switch (d->module->open(name, d->source.rate, &d->captured, &d->to_play, text, sizeof text, &d->card)) {
    case AUDIO_CARD_OK:
        return 0;
    case AUDIO_CARD_NONE:
        return say(why, text, -ERR_NOT_FOUND);
    case AUDIO_CARD_UNSUPPORTED:
        return say(why, text, -ERR_UNSUPPORTED);
    case AUDIO_CARD_FAILED:
        break;
    }
    return say(why, text, -ERR_IO);
}

static struct device *device_new(const struct audio_module *module, void *library, unsigned rate)
{
    struct device *d = calloc(1, sizeof *d);

    if (d == NULL)
        return NULL;
    *d = (struct device){
        .source      = { &source_ops, rate },
        .sink        = { &sink_ops, rate },
        .source_open = true,
        .sink_open   = true,
        .module      = module,
    };
    if (ring_init(&d->captured, samples_of(rate, RING_MS)) != 0 ||
        ring_init(&d->to_play, samples_of(rate, RING_MS)) != 0) {
        device_free(d);
        return NULL;
    }
    d->library = library;
    return d;
}

/* Takes `library` when it succeeds. */
static int open_on(const struct audio_module *module, void *library, const char *name, unsigned rate, struct buf *why,
                   struct audio_source **source, struct audio_sink **sink)
{
    struct device *d;
    int            error;

    if (module->version != AUDIO_MODULE_VERSION)
        return say(why, OTHER_VERSION, -ERR_UNSUPPORTED);
    if (rate == 0 || rate > AUDIO_RATE_MAX)
        return say(why, "no sound card runs at this rate", -ERR_UNSUPPORTED);
    if ((d = device_new(module, library, rate)) == NULL)
        return say(why, error_text(ERR_NO_MEMORY), -ERR_NO_MEMORY);
    if ((error = start_card(d, name, why)) != 0) {
        d->library = NULL;
        device_free(d);
        return error;
    }
    *source = &d->source;
    *sink   = &d->sink;
    return 0;
}

int audio_device_open_on(const struct audio_module *module, const char *name, unsigned rate, struct buf *why,
                         struct audio_source **source, struct audio_sink **sink)
{
    return open_on(module, NULL, name, rate, why, source, sink);
}

static int load_module(struct buf *why, void **library, const struct audio_module **module)
{
    *library = module_load(MODULE_FILE);
    if (*library == NULL)
        return say(why, "no sound card: the module " MODULE_FILE " is not installed", -ERR_NOT_FOUND);
    *module = dlsym(*library, AUDIO_MODULE_SYMBOL);
    if (*module != NULL)
        return 0;
    dlclose(*library);
    return say(why, MODULE_FILE " is not a module of ahoy", -ERR_UNSUPPORTED);
}

int audio_device_open(const char *name, unsigned rate, struct buf *why, struct audio_source **source,
                      struct audio_sink **sink)
{
    const struct audio_module *module;
    void                      *library;
    int                        error = load_module(why, &library, &module);

    if (error != 0)
        return error;
    error = open_on(module, library, name, rate, why, source, sink);
    if (error != 0)
        dlclose(library);
    return error;
}

int audio_device_list_on(const struct audio_module *module, struct audio_card_info *cards, size_t room, size_t *count,
                         struct buf *why)
{
    char text[256] = "";

    *count = 0;
    if (module->version != AUDIO_MODULE_VERSION)
        return say(why, OTHER_VERSION, -ERR_UNSUPPORTED);
    if (module->list(cards, room, count, text, sizeof text) == AUDIO_CARD_OK)
        return 0;
    return say(why, text, -ERR_IO);
}

int audio_device_list(struct audio_card_info *cards, size_t room, size_t *count, struct buf *why)
{
    const struct audio_module *module;
    void                      *library;
    int                        error = load_module(why, &library, &module);

    *count = 0;
    if (error != 0)
        return error;
    error = audio_device_list_on(module, cards, room, count, why);
    dlclose(library);
    return error;
}
