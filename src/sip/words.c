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

/* Where the name of a header is, in lower case: no two have one slot. */
enum { SLOTS = 256, SLOT_NAME = 24 };
static const struct slot {
    char    name[SLOT_NAME];
    uint8_t len, id, unused[6]; /* 32 bytes */
} slots[SLOTS] = {
#define MULTIPLIER(number)
#define SLOT(at, header, text) [at] = { text, sizeof(text) - 1, HEADER_##header, { 0 } },
#define COMPACT(letter, header)
#include "sip/header_slots.def"
#undef MULTIPLIER
#undef SLOT
#undef COMPACT
};

static const uint8_t compact_forms[32] = {
#define MULTIPLIER(number)
#define SLOT(at, header, text)
#define COMPACT(letter, header) [(letter) - 'a'] = HEADER_##header,
#include "sip/header_slots.def"
#undef MULTIPLIER
#undef SLOT
#undef COMPACT
};

#define MULTIPLIER(number) static const uint64_t multiplier = (number);
#define SLOT(at, header, text)
#define COMPACT(letter, header)
#include "sip/header_slots.def"
#undef MULTIPLIER
#undef SLOT
#undef COMPACT

/* The first eight bytes, the last eight (0 of a shorter name) and the length tell
 * all names apart; tools/header-slots does the same sum. */
static const struct slot *slot_of(uint64_t first, uint64_t last, size_t len)
{
    return &slots[(first ^ last >> 3 ^ len) * multiplier >> 56];
}

static inline enum header_id lookup_short(uint64_t name, size_t len)
{
    const struct slot *s = slot_of(name, 0, len);

    if (s->len == len && word_load(s->name) == name)
        return s->id;
    if (len == 1 && name >= 'a' && name <= 'z')
        return compact_forms[name - 'a'];
    return HEADER_OTHER;
}

/* Eight bytes or more: words that may overlap. */
static inline enum header_id lookup_long(const char *name, size_t len)
{
    uint64_t           first = word_lower(word_load(name)), last = word_lower(word_load(name + len - 8));
    const struct slot *s = slot_of(first, last, len);

    if (s->len != len || word_load(s->name) != first || word_load(s->name + len - 8) != last)
        return HEADER_OTHER;
    if (len > 16 && word_load(s->name + 8) != word_lower(word_load(name + 8)))
        return HEADER_OTHER;
    return s->id;
}

enum header_id header_lookup(const char *name, size_t len)
{
    if (len >= 8)
        return lookup_long(name, len);
    return len > 0 ? lookup_short(word_lower(word_first(word_load(name), len)), len) : HEADER_OTHER;
}

enum header_id header_parse(struct slice name)
{
    if (name.len - 1 >= SLOT_NAME) /* or empty */
        return HEADER_OTHER;
    return name.len >= 8 ? lookup_long(name.ptr, name.len)
                         : lookup_short(word_lower(word_short(name.ptr, name.len)), name.len);
}

struct slice method_name(enum method method)
{
    return methods[method];
}

enum method method_parse(struct slice name)
{
    uint64_t word = name.len > 0 ? word_short(name.ptr, name.len) : 0;

#define METHOD(text)                                                                                                   \
    if (name.len == sizeof(#text) - 1 && word == WORD(#text) && slice_eq(name, methods[METHOD_##text]))                \
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
