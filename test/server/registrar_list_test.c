/* SPDX-License-Identifier: BSD-2-Clause */
/* What becomes of the list of an AOR's bindings: their order, their GRUUs, their rows. */
#include "support/server_bench.h"
#include "support/test.h"

#include <stdio.h>

#define I ";+sip.instance=\"<urn:uuid:1>\""
#define J ";+sip.instance=\"<urn:uuid:2>\""

static struct bench b;

static void registers(const char *call_id, unsigned cseq, const char *contacts)
{
    static unsigned asked;
    char            more[512], branch[32];

    snprintf(branch, sizeof branch, "b%u", ++asked);
    snprintf(more, sizeof more, "Contact: %s\r\n", contacts);
    raw_ask(&b.bob, &(struct request_form){ .branch = branch, .call_id = call_id, .cseq = cseq, .more = more });
    bench_live(&b, 50);
    CHECK(raw_last_is(&b.bob, "SIP/2.0 200 "));
}

/* The binding of bob with this Contact URI, and its place; copied but for its texts. */
static struct binding kept(const char *uri, unsigned *place)
{
    const struct aor *a;
    struct binding    found, none = { .row = 0 };
    bool              is_there = false;

    rcu_enter(b.shared->rcu);
    a = location_find(server_location(b.server), SLICE("sip:bob@example.test"));
    for (unsigned i = 0; a != NULL && i < aor_count(a) && !is_there; i++) {
        aor_binding(a, i, &found);
        is_there = slice_eq(found.contact, slice_from(uri));
        *place   = i;
    }
    rcu_leave(b.shared->rcu);
    return is_there ? found : none;
}

static uint64_t epoch(const char *uri)
{
    unsigned place;

    return kept(uri, &place).gruu;
}

static unsigned place_of(const char *uri)
{
    unsigned place = 99;

    (void)kept(uri, &place);
    return place;
}

/* RFC 5627 5.1. */
TEST(the_bindings_of_an_instance_share_an_epoch_until_the_call_id_changes)
{
    uint64_t first, second;

    bench_open(&b, "");
    registers("one", 1, "<sip:a@192.0.2.9>" I ", <sip:x@192.0.2.9>" J ", <sip:y@192.0.2.9>");
    registers("one", 2, "<sip:b@192.0.2.9>" I);
    first = epoch("sip:a@192.0.2.9");
    CHECK(first > 0 && first < UINT64_C(1) << AOR_GRUU_BITS);
    CHECK(epoch("sip:b@192.0.2.9") == first);
    CHECK(epoch("sip:x@192.0.2.9") != first && epoch("sip:x@192.0.2.9") > 0);
    CHECK(epoch("sip:y@192.0.2.9") == 0);
    registers("one", 3, "<sip:a@192.0.2.9>" I ";q=0.5");
    CHECK(epoch("sip:a@192.0.2.9") == first && epoch("sip:b@192.0.2.9") == first);
    registers("two", 1, "<sip:b@192.0.2.9>" I);
    second = epoch("sip:a@192.0.2.9");
    CHECK(second != first && second > 0 && epoch("sip:b@192.0.2.9") == second);
    bench_kill(&b); /* and so it is on the disk */
    bench_start(&b);
    CHECK(epoch("sip:a@192.0.2.9") == second && epoch("sip:b@192.0.2.9") == second);
    bench_close(&b);
}

/* RFC 5627 5.3: all of them end with the last contact of the instance. */
TEST(an_epoch_never_comes_back)
{
    uint64_t first;

    bench_open(&b, "");
    registers("one", 1, "<sip:a@192.0.2.9>" I);
    first = epoch("sip:a@192.0.2.9");
    registers("one", 2, "<sip:a@192.0.2.9>" I ";expires=0");
    registers("one", 3, "<sip:a@192.0.2.9>" I ";expires=60");
    CHECK(epoch("sip:a@192.0.2.9") != first);
    first = epoch("sip:a@192.0.2.9");
    bench_live(&b, 59970); /* ended, to the millisecond, and not yet taken out */
    registers("one", 4, "<sip:b@192.0.2.9>" I);
    CHECK(epoch("sip:b@192.0.2.9") != first);
    bench_close(&b);
}

/* aor.h: the order in which RFC 5626 7 wants them to be tried, and RFC 5627 5.1 to be compared. */
TEST(of_an_instance_the_last_is_the_one_that_registered_last)
{
    bench_open(&b, "");
    registers("one", 1, "<sip:a@192.0.2.9>" I);
    registers("one", 2, "<sip:b@192.0.2.9>" I);
    registers("one", 3, "<sip:x@192.0.2.9>" J);
    CHECK(place_of("sip:a@192.0.2.9") < place_of("sip:b@192.0.2.9"));
    registers("one", 4, "<sip:a@192.0.2.9>" I); /* a pure refresh */
    CHECK(place_of("sip:a@192.0.2.9") > place_of("sip:b@192.0.2.9"));
    CHECK_INT(3, location_count(server_location(b.server)));
    registers("one", 5, "<sip:b@192.0.2.9>" I);
    CHECK(place_of("sip:a@192.0.2.9") < place_of("sip:b@192.0.2.9"));
    registers("one", 6, "<sip:a@192.0.2.9>" I ";expires=0");
    CHECK_INT(2, location_count(server_location(b.server)));
    bench_close(&b);
}

/* The second of an instance to be refreshed moves in RAM alone. */
TEST(a_refresh_that_only_moves_writes_nothing)
{
    unsigned place;

    bench_open(&b, "");
    registers("one", 1, "<sip:a@192.0.2.9>" I);
    registers("one", 2, "<sip:b@192.0.2.9>" I);
    store_fake_hold(b.store, true);
    registers("one", 3, "<sip:a@192.0.2.9>" I);
    CHECK_INT(0, store_fake_waiting(b.store));
    CHECK_INT(3, kept("sip:a@192.0.2.9", &place).cseq);
    store_fake_hold(b.store, false);
    bench_close(&b);
}

/* The order of rows is that of the list after a restart, for whom has been written since. */
TEST(of_an_instance_the_last_that_is_written_has_the_highest_row)
{
    unsigned place;
    size_t   none;

    bench_open(&b, "");
    none = fake_disk_rows(b.disk);
    registers("one", 1, "<sip:a@192.0.2.9>" I);
    registers("one", 2, "<sip:b@192.0.2.9>" I);
    registers("one", 3, "<sip:a@192.0.2.9>;q=0.1" I);
    CHECK(kept("sip:a@192.0.2.9", &place).row > kept("sip:b@192.0.2.9", &place).row);
    registers("one", 4, "<sip:b@192.0.2.9>;expires=7200" I); /* beyond its lease */
    CHECK(kept("sip:b@192.0.2.9", &place).row > kept("sip:a@192.0.2.9", &place).row);
    registers("one", 5, "<sip:a@192.0.2.9>;q=0.1" I); /* moves in RAM alone */
    CHECK(kept("sip:b@192.0.2.9", &place).row > kept("sip:a@192.0.2.9", &place).row);
    registers("one", 6, "<sip:a@192.0.2.9>;q=0.2" I);
    CHECK(kept("sip:a@192.0.2.9", &place).row > kept("sip:b@192.0.2.9", &place).row);
    CHECK_INT(none + 2, fake_disk_rows(b.disk));
    bench_close(&b);
}

/* The row is that of the one before, so that there is never a moment without. */
TEST(a_binding_keeps_its_row_when_it_is_replaced)
{
    unsigned place;
    uint64_t row;

    bench_open(&b, "");
    registers("one", 1, "<sip:a@192.0.2.9>");
    row = kept("sip:a@192.0.2.9", &place).row;
    registers("two", 1, "<sip:a@192.0.2.9>;q=0.1");
    CHECK(kept("sip:a@192.0.2.9", &place).row == row);
    CHECK_INT(100, kept("sip:a@192.0.2.9", &place).q);
    bench_close(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_bindings_of_an_instance_share_an_epoch_until_the_call_id_changes),
        cmocka_unit_test(an_epoch_never_comes_back),
        cmocka_unit_test(of_an_instance_the_last_is_the_one_that_registered_last),
        cmocka_unit_test(a_refresh_that_only_moves_writes_nothing),
        cmocka_unit_test(of_an_instance_the_last_that_is_written_has_the_highest_row),
        cmocka_unit_test(a_binding_keeps_its_row_when_it_is_replaced),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
