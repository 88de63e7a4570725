/* SPDX-License-Identifier: BSD-2-Clause */
/* What an administrator adds is a binding like any other, and kept like any other. */
#include "server/binding_admin.h"

#include "base/error.h"
#include "support/alloc.h"
#include "support/server_bench.h"
#include "support/test.h"

#define BOB SLICE("sip:bob@example.test")

static struct bench b;

enum { NOT_YET = 1 };

static int done;

static void on_done(void *arg, int error)
{
    CHECK(arg == &done);
    CHECK_INT(NOT_YET, done);
    done = error;
}

/* The last order is the one that is reported; a refused one is not. */
static int add(const char *contact, uint32_t expires)
{
    const struct binding_order order = { .aor = BOB, .contact = slice_from(contact), .expires = expires, .q = 1000 };

    done = NOT_YET;
    return binding_admin_add(b.server, &order, on_done, &done);
}

static int remove_one(const char *contact)
{
    done = NOT_YET;
    return binding_admin_remove(b.server, BOB, slice_from(contact), on_done, &done);
}

/* How many contacts a question is answered with. */
static unsigned served(void)
{
    static unsigned asked;
    unsigned        count = 0;

    raw_forget(&b.alice);
    raw_ask(&b.alice, &(struct request_form){ .cseq = ++asked, .call_id = "question" });
    bench_live(&b, 50);
    CHECK(raw_last_is(&b.alice, "SIP/2.0 200 "));
    for (const char *at = raw_heard(&b.alice, 0); (at = strstr(at, "\r\nContact: ")) != NULL; at++)
        count++;
    return count;
}

TEST(what_is_added_is_served_and_survives_a_power_cut)
{
    bench_open(&b, "");
    CHECK_INT(0, add("sip:bob@192.0.2.9:6001", BINDING_FOR_EVER));
    CHECK_INT(NOT_YET, done);
    bench_live(&b, 10);
    CHECK_INT(0, done);
    CHECK_INT(1, served());
    bench_kill(&b);
    bench_start(&b);
    CHECK_INT(1, served());
    raw_ask(&b.alice, &(struct request_form){ .method = "MESSAGE", .uri = "sip:bob@example.test" });
    bench_live(&b, 50);
    CHECK(raw_last_is(&b.bob, "MESSAGE sip:bob@192.0.2.9:6001 SIP/2.0\r\n"));
    raw_answer(&b.bob, 0, "200 OK", "b");
    bench_live(&b, 50);
    bench_close(&b);
}

TEST(an_equal_contact_is_replaced_and_a_time_ends)
{
    bench_open(&b, "");
    CHECK_INT(0, add("sip:bob@192.0.2.9:6001", 3600));
    bench_live(&b, 10);
    CHECK_INT(0, add("sip:bob@192.0.2.9:6001", 60));
    bench_live(&b, 10);
    CHECK_INT(0, add("sip:other@192.0.2.9", 3600));
    bench_live(&b, 10);
    CHECK_INT(2, served());
    bench_live(&b, 61 * 1000);
    CHECK_INT(1, served());
    CHECK_INT(1, location_count(server_location(b.server)));
    bench_close(&b);
}

/* Decision 34: a flow is not its URI, but goes by it. */
TEST(a_flow_is_not_replaced_but_can_be_removed)
{
    bench_open(&b, "");
    raw_ask(&b.bob, &(struct request_form){
                        .more = "Supported: path, outbound\r\n"
                                "Contact: <sip:bob@192.0.2.9:6001>;+sip.instance=\"<urn:uuid:1>\";reg-id=1\r\n" });
    bench_live(&b, 50);
    CHECK_INT(0, add("sip:bob@192.0.2.9:6001", 600));
    bench_live(&b, 10);
    CHECK_INT(0, done);
    CHECK_INT(2, served());
    CHECK_INT(0, remove_one("sip:bob@192.0.2.9:6001"));
    bench_live(&b, 10);
    CHECK_INT(0, served());
    bench_close(&b);
}

TEST(one_is_removed_or_all)
{
    bench_open(&b, "");
    add("sip:1@192.0.2.9", 3600);
    bench_live(&b, 10);
    add("sip:2@192.0.2.9", 3600);
    bench_live(&b, 10);
    add("sip:3@192.0.2.9", 3600);
    bench_live(&b, 10);
    CHECK_INT(-ERR_NOT_FOUND, remove_one("sip:4@192.0.2.9"));
    CHECK_INT(0, remove_one("sip:2@192.0.2.9"));
    bench_live(&b, 10);
    CHECK_INT(0, done);
    CHECK_INT(2, served());
    CHECK_INT(0, remove_one(""));
    bench_live(&b, 10);
    CHECK_INT(0, served());
    CHECK_INT(-ERR_NOT_FOUND, remove_one(""));
    CHECK_INT(4, fake_disk_rows(b.disk)); /* realm and keys */
    bench_close(&b);
}

TEST(what_makes_no_sense_is_refused)
{
    struct binding_order o = { .aor = BOB, .contact = SLICE("sip:x@192.0.2.9"), .expires = 60, .q = 1000 };

    bench_open(&b, "registrations \"example.test\" { max_contacts = 1 }\n");
    CHECK_INT(-ERR_SYNTAX, add("no uri", 60));
    CHECK_INT(-ERR_SYNTAX, add("sip:x@192.0.2.9", 0));
    o.aor = SLICE("sip:bob@elsewhere.test");
    CHECK_INT(-ERR_NOT_FOUND, binding_admin_add(b.server, &o, on_done, &done));
    o.aor = SLICE("sip:example.test"); /* nobody */
    CHECK_INT(-ERR_SYNTAX, binding_admin_add(b.server, &o, on_done, &done));
    CHECK_INT(0, add("sip:x@192.0.2.9", 60));
    bench_live(&b, 10);
    CHECK_INT(-ERR_LIMIT, add("sip:y@192.0.2.9", 60));
    CHECK_INT(1, served());
    bench_close(&b);
}

TEST(a_failing_store_is_told_and_a_full_one_changes_nothing)
{
    bench_open(&b, "");
    store_fake_fail(b.store, -ERR_DISK_FULL);
    CHECK_INT(0, add("sip:x@192.0.2.9", 60));
    bench_live(&b, 10);
    CHECK_INT(-ERR_DISK_FULL, done);
    store_fake_fail(b.store, 0);
    bench_live(&b, 10);
    b.store_queue = 1;
    bench_kill(&b);
    bench_start(&b);
    store_fake_hold(b.store, true);
    CHECK_INT(0, add("sip:y@192.0.2.9", 60));
    CHECK_INT(-ERR_LIMIT, add("sip:z@192.0.2.9", 60));
    store_fake_hold(b.store, false);
    bench_live(&b, 10);
    CHECK_INT(0, done); /* of y alone */
    bench_abandon(&b);
}

TEST(who_waits_when_the_server_ends_is_told)
{
    bench_open(&b, "");
    store_fake_hold(b.store, true);
    CHECK_INT(0, add("sip:x@192.0.2.9", 60));
    bench_abandon(&b);
    CHECK_INT(-ERR_CLOSED, done);
}

TEST(any_allocation_may_fail_and_nothing_has_changed)
{
    int error = -1;

    bench_open(&b, "");
    for (unsigned n = 1; error != 0; n++) {
        alloc_fail_at(n);
        error = add("sip:x@192.0.2.9", 60);
        alloc_fail_at(0);
        CHECK_INT(error == 0, location_count(server_location(b.server)));
    }
    bench_live(&b, 10);
    CHECK_INT(0, done);
    bench_abandon(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_added_is_served_and_survives_a_power_cut),
        cmocka_unit_test(an_equal_contact_is_replaced_and_a_time_ends),
        cmocka_unit_test(a_flow_is_not_replaced_but_can_be_removed),
        cmocka_unit_test(one_is_removed_or_all),
        cmocka_unit_test(what_makes_no_sense_is_refused),
        cmocka_unit_test(a_failing_store_is_told_and_a_full_one_changes_nothing),
        cmocka_unit_test(who_waits_when_the_server_ends_is_told),
        cmocka_unit_test(any_allocation_may_fail_and_nothing_has_changed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
