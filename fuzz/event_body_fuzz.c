/* SPDX-License-Identifier: BSD-2-Clause */
/* What peers tell a phone by NOTIFY, INFO and MESSAGE, after a byte that says of what kind it is:
 *
 *     x a document (presence, dialogs)    w a text that we write into one    s waiting messages    d keys
 *     f a piece of a message              h the values of Event and Subscription-State, a line each
 *
 * What is read lies within what came, and what we write of it reads back the same. */
#include "base/limits.h"
#include "call/dialog_info.h"
#include "call/pidf.h"
#include "sip/dtmf_info.h"
#include "sip/event.h"
#include "sip/message_summary.h"
#include "sip/sipfrag.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { TREE_BYTES = 256 * 1024 };

static void expect(bool holds)
{
    if (!holds)
        abort();
}

static bool lies_within(struct slice part, struct slice whole)
{
    return part.len == 0 || (part.ptr >= whole.ptr && part.ptr + part.len <= whole.ptr + whole.len);
}

/* ---- documents ---- */

static int read_tree(struct slice text, struct arena *arena, struct xml_node **root)
{
    static const struct xml_module *xml;

    if (xml == NULL)
        xml = xml_load();
    expect(xml != NULL);
    arena_init(arena, NULL, 0, TREE_BYTES);
    return xml_parse(xml, text, arena, root);
}

static void check_tree(const struct xml_node *n, unsigned depth, unsigned *count)
{
    expect(depth <= XML_DEPTH && ++*count <= XML_NODES && n->name.len > 0);
    for (const struct xml_node *child = n->first; child != NULL; child = child->next) {
        expect(child->parent == n);
        check_tree(child, depth + 1, count);
    }
}

static void check_pidf_again(const struct pidf *first)
{
    static char      text[XML_BYTES];
    struct buf       b = BUF_ON(text);
    struct arena     arena;
    struct xml_node *root;
    struct pidf      again;

    pidf_write(&b, first->entity, first->open, first->note, first->contact);
    if (!buf_ok(&b))
        return;
    expect(read_tree(buf_slice(&b), &arena, &root) == 0 && pidf_read(root, &again) && again.tuple_count == 1);
    expect(again.open == first->open && slice_eq(again.entity, first->entity));
    expect(slice_eq(again.note, first->note) && slice_eq(again.contact, first->contact));
    arena_fini(&arena);
}

static void check_dialogs(const struct xml_node *root)
{
    struct dialog_view view = { 0 };

    if (!dialog_view_take(&view, root))
        return;
    expect(view.known && view.count <= DIALOG_VIEW && dialog_view_busy(&view) == (view.count > 0 || view.overflow));
    expect(!dialog_view_take(&view, root)); /* it is not newer than itself */
}

static void check_document(struct slice text)
{
    struct arena     arena;
    struct xml_node *root;
    struct pidf      pidf;
    unsigned         count = 0;

    if (read_tree(text, &arena, &root) == 0) {
        check_tree(root, 1, &count);
        if (pidf_read(root, &pidf))
            check_pidf_again(&pidf);
        check_dialogs(root);
    }
    arena_fini(&arena);
}

static void check_written(struct slice text)
{
    static char      memory[XML_BYTES];
    struct buf       b = BUF_ON(memory);
    struct arena     arena;
    struct xml_node *root;

    buf_put(&b, SLICE("<a b=\""));
    xml_put(&b, text);
    buf_put(&b, SLICE("\">"));
    xml_put(&b, text);
    buf_put(&b, SLICE("</a>"));
    if (!buf_ok(&b))
        return;
    expect(read_tree(buf_slice(&b), &arena, &root) == 0 && root->first == NULL);
    expect(slice_eq(slice_trim(xml_attribute(root, SLICE("b"))), root->text));
    arena_fini(&arena);
}

/* ---- lines ---- */

static void check_summary(struct slice body)
{
    struct message_summary summary;

    if (!message_summary_parse(body, &summary))
        return;
    expect(lies_within(summary.account, body));
    for (unsigned c = 0; c < MESSAGE_CLASSES; c++)
        expect(summary.of[c].known || (summary.of[c].new == 0 && summary.of[c].old_urgent == 0));
}

static void check_key(char key)
{
    char       text[64];
    struct buf b = BUF_ON(text);

    if (key == '\0')
        return;
    expect(strchr("0123456789*#ABCD", key) != NULL);
    dtmf_relay_write(&b, key, 160);
    expect(buf_ok(&b) && dtmf_relay_read(buf_slice(&b)) == key && dtmf_read((struct slice){ &key, 1 }) == key);
}

static void check_piece(struct slice body)
{
    static char  text[LIMIT_MESSAGE];
    struct buf   b = BUF_ON(text);
    unsigned     status, again;
    struct slice reason, kept;

    (void)sipfrag_is(body);
    if (!sipfrag_read(body, &status, &reason))
        return;
    expect(status >= 100 && status <= 699 && lies_within(reason, body));
    sipfrag_write(&b, status, reason);
    if (!buf_ok(&b))
        return;
    expect(sipfrag_read(buf_slice(&b), &again, &kept) && again == status && kept.len <= reason.len);
}

/* ---- headers ---- */

static void check_read(const struct message *m)
{
    struct event              event, same;
    struct subscription_state state;

    if (event_of(m, &event)) {
        expect(event.name.len > 0 && (event.has_id || event.id.len == 0));
        expect(event_of(m, &same) && event_eq(&event, &same));
    }
    if (subscription_state_of(m, &state)) {
        expect(state.has_expires || state.expires == 0);
        expect(state.has_retry_after || state.retry_after == 0);
        expect(state.reason == END_UNKNOWN || end_reason_name(state.reason).len == state.reason_text.len);
    }
}

static void check_headers(struct slice lines)
{
    static char        text[LIMIT_MESSAGE];
    struct buf         b     = BUF_ON(text);
    const char        *line  = lines.len == 0 ? NULL : memchr(lines.ptr, '\n', lines.len);
    struct slice       event = line == NULL ? lines : slice_between(lines.ptr, line);
    struct parse_fault fault;
    struct message    *m;

    buf_put(&b, SLICE("NOTIFY sip:a@h SIP/2.0\r\nVia: SIP/2.0/UDP h;branch=z9hG4bKa\r\nMax-Forwards: 70\r\n"
                      "From: <sip:b@h>;tag=1\r\nTo: <sip:a@h>;tag=2\r\nCall-ID: c\r\nCSeq: 1 NOTIFY\r\nEvent: "));
    buf_put(&b, event);
    buf_put(&b, SLICE("\r\nSubscription-State: "));
    buf_put(&b, line == NULL ? SLICE("active") : slice_between(line + 1, lines.ptr + lines.len));
    buf_put(&b, SLICE("\r\nContent-Length: 0\r\n\r\n"));
    m = buf_ok(&b) ? message_parse(buf_slice(&b), &fault) : NULL;
    if (m != NULL)
        check_read(m);
    message_drop(m);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice body;

    if (size == 0)
        return 0;
    body = (struct slice){ (const char *)data + 1, size - 1 };
    switch (data[0]) {
    case 'x':
        check_document(body);
        break;
    case 'w':
        check_written(body);
        break;
    case 's':
        check_summary(body);
        break;
    case 'd':
        check_key(dtmf_relay_read(body));
        check_key(dtmf_read(body));
        break;
    case 'f':
        check_piece(body);
        break;
    case 'h':
        check_headers(body);
        break;
    }
    return 0;
}
