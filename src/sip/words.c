/* SPDX-License-Identifier: BSD-2-Clause */
/* The names of header fields, methods and status codes: message.h declares
 * them, the *.def files hold them. */
#include "sip/words.h"

#include "base/word.h"

#define SINGLE HEADER_IS_SINGLE
#define LIST   HEADER_IS_LIST
const struct header_word header_words[HEADER_COUNT] = {
    [HEADER_OTHER] = { SLICE_INIT(""), SLICE_INIT(""), 0, "" },
#define HEADER(id, name, compact, flags)                                                                               \
    [HEADER_##id] = { SLICE_INIT(name), SLICE_INIT(compact), (flags), "only one " name " header" },
#include "sip/headers.def"
#undef HEADER
};

enum {
#define HEADER(id, name, compact, flags) SINGLE_##id = ((flags)&SINGLE) != 0 ? 0xff : 0,
#include "sip/headers.def"
#undef HEADER
};

const uint8_t header_single[HEADER_COUNT] = {
#define HEADER(id, name, compact, flags) [HEADER_##id] = SINGLE_##id,
#include "sip/headers.def"
#undef HEADER
};
#undef SINGLE
#undef LIST

static const struct slice methods[METHOD_COUNT] = {
    [METHOD_OTHER] = SLICE_INIT(""),
#define METHOD(name) [METHOD_##name] = SLICE_INIT(#name),
#include "sip/methods.def"
#undef METHOD
};

static const struct {
    unsigned     code;
    struct slice reason;
} statuses[] = {
#define STATUS(code, reason) { (code), SLICE_INIT(reason) },
#include "sip/status.def"
#undef STATUS
};

struct slice header_name(enum header_id id)
{
    return header_words[id].name;
}

/* A byte of the name, its colon and a SP, 0 behind them; and what is known of it. */
#define BYTE(text, i)        (text ": \0\0\0\0\0\0\0\0\0\0\0\0\0")[i]
#define LOOK(text, i)        (sizeof(text) > HEADER_SLOT_LOOK ? 0 : BYTE(text, i) == 0 ? 0xff : BYTE(text, i))
#define ANY(text, i)         (BYTE(text, i) == 0 ? 0xff : BYTE(text, i) >= 'a' ? 0x20 : 0)
#define FOUR(known, text, i) known(text, i), known(text, (i) + 1), known(text, (i) + 2), known(text, (i) + 3)
#define SIXTEEN(known, text)                                                                                           \
    {                                                                                                                  \
        FOUR(known, text, 0), FOUR(known, text, 4), FOUR(known, text, 8), FOUR(known, text, 12)                        \
    }
const struct header_slot header_slots[HEADER_SLOTS] = {
#define MULTIPLIER(number)
#define SLOT(at, header, text, other)                                                                                  \
    [at] = { SIXTEEN(LOOK, text), SIXTEEN(ANY, text), text ":", HEADER_##header, other, SINGLE_##header },
#define COMPACT(letter, header)
#include "sip/header_slots.def"
#undef MULTIPLIER
#undef SLOT
#undef COMPACT
};

static const uint8_t compact_forms[32] = {
#define MULTIPLIER(number)
#define SLOT(at, header, text, other)
#define COMPACT(letter, header) [(letter) - 'a'] = HEADER_##header,
#include "sip/header_slots.def"
#undef MULTIPLIER
#undef SLOT
#undef COMPACT
};

static enum header_id parse_compact(char letter)
{
    char lower = ascii_lower(letter);

    return lower >= 'a' && lower <= 'z' ? compact_forms[lower - 'a'] : HEADER_OTHER;
}

enum header_id header_parse(struct slice name)
{
    char                      text[HEADER_SLOT_NAME] = { 0 };
    const struct header_slot *s;
    uint64_t                  words[3];

    if (name.len == 1)
        return parse_compact(*name.ptr);
    if (name.len == 0 || name.len > HEADER_SLOT_NAME - 2)
        return HEADER_OTHER;
    memcpy(text, name.ptr, name.len);
    text[name.len] = ':';
    for (size_t i = 0; i < 3; i++)
        words[i] = word_lower(word_load(text + i * 8));
    for (s = header_slot_of((uint32_t)words[0], name.len);; s = &header_slots[s->other]) {
        if (words[0] == word_load(s->name) && words[1] == word_load(s->name + 8) && words[2] == word_load(s->name + 16))
            return s->id;
        if (s->other == 0)
            return HEADER_OTHER;
    }
}

struct slice method_name(enum method method)
{
    return methods[method];
}

enum method method_parse(struct slice name)
{
    uint64_t word = name.len > 0 ? word_short(name.ptr, name.len) : 0;

#define METHOD(text)                                                                                                   \
    if (name.len == sizeof(#text) - 1 && word == WORD(#text) &&                                                        \
        (sizeof(#text) - 1 <= 8 || slice_eq(name, methods[METHOD_##text])))                                            \
        return METHOD_##text;
#include "sip/methods.def"
#undef METHOD
    return METHOD_OTHER;
}

/* RFC 3261 8.1.3.2: an unknown code means what x00 of its class means. */
struct slice status_reason(unsigned status)
{
    static const struct slice classes[] = { SLICE_INIT("Progress"),       SLICE_INIT("Success"),
                                            SLICE_INIT("Redirection"),    SLICE_INIT("Client Error"),
                                            SLICE_INIT("Server Failure"), SLICE_INIT("Global Failure") };

    for (size_t i = 0; i < sizeof statuses / sizeof *statuses; i++)
        if (statuses[i].code == status)
            return statuses[i].reason;
    if (status >= 100 && status <= 699)
        return classes[status / 100 - 1];
    return SLICE("Unknown");
}
