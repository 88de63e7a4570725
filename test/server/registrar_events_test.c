/* SPDX-License-Identifier: BSD-2-Clause */
/* Every change of a binding is told, with its reason (RFC 3680 5.1), and nothing else is. */
#include "server/binding_admin.h"
#include "support/server_bench.h"
#include "support/test.h"

#include <stdio.h>

static struct bench b;
static char         told[2048]; /* "registered sip:bob@192.0.2.9:6001 3600\n" ... */
static uint64_t     since;

static void open_bench(void)
{
    bench_open(&b, "max_contacts = 2\n");
    since = 0;
    binding_journal_want_refreshes(b.shared->journal, UINT32_MAX * 1000ULL);
}

static void put_line(void *arg, const struct binding_notice *n)
{
    size_t at = strlen(told);

    (void)arg;
    CHECK_SLICE("sip:bob@example.test", n->aor);
    snprintf(told + at, sizeof told - at, "%s %.*s %u\n", binding_event_name(n->event), SLICE_ARG(n->contact),
             n->expires);
}

/* What has been told since the last time is this. */
static void is_told(const char *lines)
{
    told[0] = '\0';
    since   = binding_journal_read(b.shared->journal, since, 100, put_line, NULL).next;
    assert_string_equal(lines, told);
}

static void says(const char *more)
{
    static unsigned cseq;

    raw_ask(&b.bob, &(struct request_form){ .cseq = ++cseq, .call_id = "a", .more = more });
    bench_live(&b, 50);
}

#define PHONE(port) "Contact: <sip:bob@192.0.2.9:" port ">"

TEST(a_binding_is_registered_refreshed_and_unregistered)
{
    open_bench();
    says(PHONE("6001") ";expires=600\r\n");
    is_told("registered sip:bob@192.0.2.9:6001 600\n");
    says(PHONE("6001") ";expires=300\r\n");
    is_told("refreshed sip:bob@192.0.2.9:6001 300\n");
    says("");
    is_told("");
    says(PHONE("6001") ";expires=0\r\n");
    is_told("unregistered sip:bob@192.0.2.9:6001 0\n");
    says(PHONE("6001") ";expires=0\r\n");
    is_told("");
    bench_close(&b);
}

TEST(what_ends_by_itself_is_expired)
{
    open_bench();
    says(PHONE("6001") ";expires=60\r\n");
    bench_live(&b, 62000);
    is_told("registered sip:bob@192.0.2.9:6001 60\nexpired sip:bob@192.0.2.9:6001 0\n");
    bench_close(&b);
}

TEST(all_that_are_removed_at_once_are_told_one_by_one)
{
    open_bench();
    says(PHONE("6001") "\r\n" PHONE("6002") "\r\n");
    is_told("registered sip:bob@192.0.2.9:6001 3600\nregistered sip:bob@192.0.2.9:6002 3600\n");
    says("Contact: *\r\nExpires: 0\r\n");
    is_told("unregistered sip:bob@192.0.2.9:6001 0\nunregistered sip:bob@192.0.2.9:6002 0\n");
    bench_close(&b);
}

TEST(a_register_that_is_refused_tells_nothing)
{
    open_bench();
    says(PHONE("6001") ";expires=1\r\n");                                 /* 423 */
    says(PHONE("6001") "\r\n" PHONE("6002") "\r\n" PHONE("6003") "\r\n"); /* 403 */
    says("Contact: *\r\n");                                               /* 400 */
    is_told("");
    bench_close(&b);
}

static void on_done(void *arg, int error)
{
    (void)arg;
    CHECK_INT(0, error);
}

/* RFC 3680 5.1: rejected is what an administrator takes away. */
TEST(an_administrator_registers_and_rejects)
{
    const struct binding_order order = { SLICE("sip:bob@example.test"), SLICE("sip:bob@192.0.2.9:6009"), 600, 1000 };

    open_bench();
    CHECK_INT(0, binding_admin_add(b.server, &order, on_done, NULL));
    bench_live(&b, 10);
    is_told("registered sip:bob@192.0.2.9:6009 600\n");
    CHECK_INT(0, binding_admin_add(b.server, &order, on_done, NULL));
    bench_live(&b, 10);
    is_told("refreshed sip:bob@192.0.2.9:6009 600\n");
    CHECK_INT(0, binding_admin_remove(b.server, order.aor, SLICE(""), on_done, NULL));
    bench_live(&b, 10);
    is_told("rejected sip:bob@192.0.2.9:6009 0\n");
    bench_close(&b);
}

/* RFC 5626 6: what an instance has registered is replaced by what it registers next. */
TEST(what_an_instance_leaves_behind_is_unregistered)
{
#define INSTANCE                                                                                                       \
    ";+sip.instance=\"<urn:uuid:00000000-0000-1000-8000-000A95A0E128>\";reg-id=1\r\nSupported: path, outbound\r\n"
    open_bench();
    says(PHONE("6001") ";expires=600" INSTANCE);
    is_told("registered sip:bob@192.0.2.9:6001 600\n");
    says(PHONE("6002") ";expires=600" INSTANCE);
    is_told("unregistered sip:bob@192.0.2.9:6001 0\nregistered sip:bob@192.0.2.9:6002 600\n");
    bench_close(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_binding_is_registered_refreshed_and_unregistered),
        cmocka_unit_test(what_ends_by_itself_is_expired),
        cmocka_unit_test(all_that_are_removed_at_once_are_told_one_by_one),
        cmocka_unit_test(a_register_that_is_refused_tells_nothing),
        cmocka_unit_test(an_administrator_registers_and_rejects),
        cmocka_unit_test(what_an_instance_leaves_behind_is_unregistered),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
