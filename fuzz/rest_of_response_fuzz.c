/* SPDX-License-Identifier: BSD-2-Clause */
/* What was cut of a response is given back by its request, to the byte; another request makes it no larger than the two
 * together, and any bytes may stand where a rest should.
 *
 * The input: a request, and behind a byte 0 what another has to say: a response, a rest, or a request. */
#include "base/limits.h"
#include "stack/rest_of_response.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct gather g;
static char          response_text[4 * LIMIT_DATAGRAM], joined_text[8 * LIMIT_DATAGRAM];

static struct slice flat(char *memory, size_t size)
{
    struct buf b = buf_on(memory, size);

    if (!gather_ok(&g))
        return SLICE("");
    gather_flatten(&g, &b);
    return buf_ok(&b) ? buf_slice(&b) : SLICE("");
}

static struct slice join(struct slice rest, const struct message *request)
{
    gather_init(&g);
    return rest_join(&g, rest, request) ? flat(joined_text, sizeof joined_text) : SLICE("");
}

/* Each of up to 255 lines may get a CR that it lacked. */
static void check_other(struct slice rest, struct slice other)
{
    struct parse_fault fault;
    struct message    *m = message_parse(other, &fault);

    if (m != NULL && join(rest, m).len > rest.len + other.len + LIMIT_HEADERS)
        abort();
    message_drop(m);
}

static void check_round_trip(struct slice response, const struct message *request, struct slice other)
{
    char        *room = malloc(response.len + 1);
    struct slice rest;

    if (room == NULL)
        return;
    rest = (struct slice){ room, rest_cut(room, response, request) };
    if (rest.len > response.len || (rest.len > 0 && !slice_eq(response, join(rest, request))))
        abort();
    if (rest.len > 0)
        check_other(rest, other);
    free(room);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char        *text = (const char *)data, *zero = size > 0 ? memchr(text, '\0', size) : NULL;
    struct slice       first = { text, zero != NULL ? (size_t)(zero - text) : size };
    struct slice       other = zero != NULL ? slice_between(zero + 1, text + size) : SLICE("");
    struct parse_fault fault;
    struct message    *request = message_parse(first, &fault);

    if (request != NULL && request->is_request) {
        request->flow.remote = address_v4(192, 0, 2, 1, 4321);
        gather_init(&g);
        write_response_head(&g, request, 200, SLICE(""), SLICE("tag"));
        gather_body(&g, SLICE(""), SLICE(""));
        check_round_trip(flat(response_text, sizeof response_text), request, other);
        check_round_trip(other, request, first);
        join(other, request);
    }
    message_drop(request);
    return 0;
}
