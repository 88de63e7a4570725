/* SPDX-License-Identifier: BSD-2-Clause */
/* The input is lines as `ahoy phone` reads them: JSON where they begin with '{', else typed. */
#include "base/utf8.h"
#include "console/phone_command.h"
#include "console/phone_typed.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_text(const struct phone_value *v)
{
    if (v->given && v->text.ptr != NULL && v->text.ptr[v->text.len] != '\0')
        abort();
}

/* What is refused says why, in UTF-8 or cut off within a character. */
static void check_fault(const struct phone_fault *f)
{
    if (memchr(f->reason, '\0', sizeof f->reason) == NULL)
        abort();
}

static void check_order(const json_t *object)
{
    struct phone_order order;
    struct phone_fault fault;

    if (!phone_order_read(object, &order, &fault)) {
        if (fault.reason[0] == '\0')
            abort();
        check_fault(&fault);
        return;
    }
    for (size_t i = 0; order.command->arguments[i].name != NULL; i++) {
        if (order.command->arguments[i].place == PLACE_REQUIRED && !order.values[i].given)
            abort();
        check_text(&order.values[i]);
    }
}

/* Offered is what begins as the last word does, unless it is a name that the desk gives. */
static void on_word(void *arg, struct slice word)
{
    (void)arg;
    if (word.len == 0)
        abort();
}

static void check_typed(struct slice line)
{
    struct phone_completion completion = { on_word, NULL, NULL };
    struct phone_fault      fault;
    json_t                 *object = phone_line_read(line, &fault);
    size_t                  begun;

    if (object != NULL)
        check_order(object);
    else
        check_fault(&fault);
    json_decref(object);
    phone_line_complete(line, &completion, &begun);
    if (begun > line.len)
        abort();
}

static void check_json(struct slice line)
{
    struct phone_fault fault;
    json_t            *object = phone_json_read(line, &fault);

    if (object != NULL)
        check_order(object);
    else if (fault.reason[0] == '\0')
        abort();
    json_decref(object);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *at = (const char *)data, *end = at + size;

    while (at < end) {
        const char  *lf   = memchr(at, '\n', (size_t)(end - at));
        struct slice line = slice_between(at, lf == NULL ? end : lf);

        if (line.len > 0 && line.ptr[0] == '{')
            check_json(line);
        else
            check_typed(line);
        at = lf == NULL ? end : lf + 1;
    }
    return 0;
}
