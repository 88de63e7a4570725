/* SPDX-License-Identifier: BSD-2-Clause */
/* Whatever two sets of features are, matching them ends, counts no more than there is, and says the same both ways;
 * a set matches itself as far as it does not negate all that it names. */
#include "route/feature_set.h"

#include "route/caller_preferences.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static unsigned contradictions(const struct feature_set *a, const struct feature_set *b)
{
    struct feature_match m = feature_set_match(a, b);

    if (m.wanted != a->count || m.named > m.wanted || m.matched > m.named)
        abort();
    return m.named - m.matched;
}

static void check_sets(struct slice one, struct slice two)
{
    struct feature_set a, b;

    feature_set_read(one, &a);
    feature_set_read(two, &b);
    if (a.count > FEATURES || a.values > FEATURE_VALUES || b.count > FEATURES || b.values > FEATURE_VALUES)
        abort();
    if (contradictions(&a, &b) != contradictions(&b, &a))
        abort();
    if (contradictions(&a, &a) > 0 && memchr(one.ptr, '!', one.len) == NULL)
        abort();
}

/* Two phones, which are these; a target more or less is never made up, and the order is by q. */
static void check_preferences(const struct message *request, struct slice one, struct slice two)
{
    struct route_target memory[LIMIT_TARGETS];
    struct target_set   set;
    struct preferences  p;

    if (!preferences_read(request, &p))
        return;
    target_set_init(&set, memory, LIMIT_TARGETS);
    (void)target_set_add(&set, &(struct route_target){ .uri = SLICE("sip:one"), .params = one, .q = 500 });
    (void)target_set_add(&set, &(struct route_target){ .uri = SLICE("sip:two"), .params = two, .q = 500 });
    (void)target_set_add(&set, &(struct route_target){ .uri = SLICE("sip:three"), .q = 900 });
    preferences_apply(&p, &set);
    if (set.count == 0 || set.count > 3 || set.list[0].q != 900) /* who has said nothing is not judged */
        abort();
    preferences_number(&set);
    for (unsigned i = 1; i < set.count; i++)
        if (set.list[i].q > set.list[i - 1].q)
            abort();
}

/* A message whose body is one Contact's parameters, a NUL, and another's. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice       text = { (const char *)data, size }, one, two;
    struct parse_fault fault;
    struct message    *m   = message_parse(text, &fault);
    const char        *nul = size > 0 ? memrchr(data, 0, size) : NULL;

    one = nul != NULL ? slice_between(text.ptr, nul) : text;
    two = nul != NULL ? slice_between(nul + 1, text.ptr + size) : SLICE("");
    check_sets(one, two);
    if (m != NULL && m->is_request) {
        nul = m->body.len > 0 ? memrchr(m->body.ptr, 0, m->body.len) : NULL;
        one = nul != NULL ? slice_between(m->body.ptr, nul) : m->body;
        two = nul != NULL ? slice_between(nul + 1, m->body.ptr + m->body.len) : SLICE("");
        check_preferences(m, one, two);
    }
    message_drop(m);
    return 0;
}
