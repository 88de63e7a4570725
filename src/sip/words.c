/* SPDX-License-Identifier: BSD-2-Clause */
/* The names of header fields, methods and status codes: message.h declares
 * them, the *.def files hold them. */
#include "sip/words.h"

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

/* Letters differ from their other case in one bit. */
#define KEY(len, first, last)                                                                                          \
    ((uint32_t)(len) << 16 | (((uint32_t)(unsigned char)(first) | 0x20) << 8) | ((unsigned char)(last) | 0x20))

/* A shortcut to the fields that nearly every message has; a wrong guess costs
 * a comparison, a missing one the walk in header_parse. */
static enum header_id guess(struct slice name)
{
    switch (KEY(name.len, name.ptr[0], name.ptr[name.len - 1])) {
    case KEY(2, 't', 'o'):
        return HEADER_TO;
    case KEY(3, 'v', 'a'):
        return HEADER_VIA;
    case KEY(4, 'c', 'q'):
        return HEADER_CSEQ;
    case KEY(4, 'd', 'e'):
        return HEADER_DATE;
    case KEY(4, 'f', 'm'):
        return HEADER_FROM;
    case KEY(5, 'a', 'w'):
        return HEADER_ALLOW;
    case KEY(5, 'e', 't'):
        return HEADER_EVENT;
    case KEY(5, 'r', 'e'):
        return HEADER_ROUTE;
    case KEY(6, 'a', 't'):
        return HEADER_ACCEPT;
    case KEY(6, 'm', 'e'):
        return HEADER_MIN_SE;
    case KEY(6, 's', 'r'):
        return HEADER_SERVER;
    case KEY(7, 'c', 'd'):
        return HEADER_CALL_ID;
    case KEY(7, 'c', 't'):
        return HEADER_CONTACT;
    case KEY(7, 'e', 's'):
        return HEADER_EXPIRES;
    case KEY(7, 'r', 'e'):
        return HEADER_REQUIRE;
    case KEY(9, 's', 'd'):
        return HEADER_SUPPORTED;
    case KEY(10, 'u', 't'):
        return HEADER_USER_AGENT;
    case KEY(12, 'c', 'e'):
        return HEADER_CONTENT_TYPE;
    case KEY(12, 'm', 's'):
        return HEADER_MAX_FORWARDS;
    case KEY(12, 'r', 'e'):
        return HEADER_RECORD_ROUTE;
    case KEY(13, 'a', 'n'):
        return HEADER_AUTHORIZATION;
    case KEY(14, 'c', 'h'):
        return HEADER_CONTENT_LENGTH;
    case KEY(15, 's', 's'):
        return HEADER_SESSION_EXPIRES;
    case KEY(19, 'p', 'n'):
        return HEADER_PROXY_AUTHORIZATION;
    default:
        return HEADER_OTHER;
    }
}

static bool is_name(struct slice written, struct slice name)
{
    return slice_eq(written, name) || slice_eq_nocase(written, name);
}

enum header_id header_parse(struct slice name)
{
    enum header_id id = HEADER_OTHER;

    if (name.len == 0)
        return HEADER_OTHER;
    id = guess(name);
    if (id != HEADER_OTHER && is_name(name, header_words[id].name))
        return id;
    for (id = HEADER_OTHER + 1; id < HEADER_COUNT; id++) {
        if (name.len == 1 ? slice_eq_nocase(name, header_words[id].compact) : is_name(name, header_words[id].name))
            return id;
    }
    return HEADER_OTHER;
}

struct slice method_name(enum method method)
{
    return methods[method];
}

enum method method_parse(struct slice name)
{
    for (enum method m = METHOD_OTHER + 1; m < METHOD_COUNT; m++)
        if (slice_eq(name, methods[m]))
            return m;
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
