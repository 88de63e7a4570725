/* SPDX-License-Identifier: BSD-2-Clause */
#include "locate/naptr.h"

#include "base/limits.h"
#include "support/test.h"

enum {
    UDP = 1 << TRANSPORT_UDP,
    TCP = 1 << TRANSPORT_TCP,
    TLS = 1 << TRANSPORT_TLS,
    WS  = 1 << TRANSPORT_WS,
    WSS = 1 << TRANSPORT_WSS,
    ALL = UDP | TCP | TLS | WS | WSS,
};

static struct record naptr(uint16_t order, uint16_t preference, const char *service)
{
    return (struct record){ .type     = RECORD_NAPTR,
                            .priority = order,
                            .weight   = preference,
                            .flags    = SLICE("s"),
                            .service  = slice_from(service),
                            .target   = SLICE("_sip.example") };
}

/* "udp tcp ..." */
static void check_services(const struct record *records, size_t count, unsigned supported, bool secure,
                           const char *want)
{
    struct naptr_service out[4];
    size_t               n = naptr_services(records, count, supported, secure, out, 4);
    char                 memory[64];
    struct buf           b = BUF_ON(memory);

    for (size_t i = 0; i < n; i++) {
        if (i > 0)
            buf_put_byte(&b, ' ');
        buf_put(&b, transport_param(out[i].transport));
    }
    CHECK_SLICE(want, buf_slice(&b));
}

/* RFC 3403 4.1. */
TEST(records_stand_by_order_then_preference_then_as_they_came)
{
    const struct record records[] = {
        naptr(2, 1, "c"), naptr(1, 9, "b"), naptr(2, 1, "d"), naptr(1, 3, "a"), { .type = RECORD_A }
    };
    uint8_t order[4];

    CHECK_INT(4, naptr_order(records, 5, order, 4));
    CHECK_INT(3, order[0]);
    CHECK_INT(1, order[1]);
    CHECK_INT(0, order[2]);
    CHECK_INT(2, order[3]);
    CHECK_INT(2, naptr_order(records, 5, order, 2)); /* the best two */
    CHECK_INT(3, order[0]);
    CHECK_INT(1, order[1]);
}

/* RFC 3263 9, RFC 7118 10.2; service fields have no case (RFC 2915 2). */
TEST(services_name_transports)
{
    static const struct {
        const char *service, *transport;
    } cases[] = { { "SIP+D2U", "udp" }, { "sip+d2t", "tcp" },  { "SIPS+D2T", "tls" },
                  { "SIP+D2W", "ws" },  { "SIPS+D2W", "wss" }, { "SIP+D2S", "" },
                  { "SIPS+D2U", "" },   { "E2U+sip", "" },     { "", "" },
                  { "SIP+D2UX", "" } };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct record r = naptr(1, 1, cases[i].service);

        check_services(&r, 1, ALL, false, cases[i].transport);
    }
}

/* RFC 3403 4.1: "it MUST NOT consider any NAPTRs with a higher value for Order". */
TEST(after_a_match_no_higher_order_counts)
{
    const struct record records[] = { naptr(1, 1, "SIP+D2S"), naptr(2, 2, "SIP+D2U"), naptr(2, 1, "SIP+D2T"),
                                      naptr(3, 1, "SIPS+D2T") };

    check_services(records, 4, ALL, false, "tcp udp");
    check_services(records, 4, TLS, false, "tls");
    check_services(records, 4, WS, false, "");
}

/* RFC 3263 4.1: "MUST discard any services that do not contain SIPS". */
TEST(sips_discards_what_is_not_sips)
{
    const struct record records[] = { naptr(1, 1, "SIP+D2U"), naptr(2, 1, "SIP+D2W"), naptr(3, 2, "SIPS+D2T"),
                                      naptr(3, 1, "SIPS+D2W") };

    check_services(records, 4, ALL, true, "wss tls");
    check_services(records, 2, ALL, true, "");
}

static void check_discarded(struct record r)
{
    check_services(&r, 1, ALL, false, "");
}

TEST(other_records_are_discarded)
{
    static char   name[300];
    struct record r = naptr(1, 1, "SIP+D2U");

    check_services(&r, 1, ALL, false, "udp");
    r.flags = SLICE("S");
    check_services(&r, 1, ALL, false, "udp");
    r.flags = SLICE("a");
    check_discarded(r);
    r.flags = SLICE("");
    check_discarded(r);
    r        = naptr(1, 1, "SIP+D2U");
    r.regexp = SLICE("!.*!x!");
    check_discarded(r);
    r        = naptr(1, 1, "SIP+D2U");
    r.target = SLICE(".");
    check_discarded(r);
    memset(name, 'n', sizeof name);
    r.target = (struct slice){ name, sizeof name };
    check_discarded(r);
    r      = naptr(1, 1, "SIP+D2U");
    r.type = RECORD_SRV;
    check_discarded(r);
}

TEST(the_list_is_bounded)
{
    struct record        records[LIMIT_LIST + 5];
    struct naptr_service out[2];

    for (size_t i = 0; i < LIMIT_LIST + 5; i++)
        records[i] = naptr(1, (uint16_t)(1000 - i), i % 2 == 0 ? "SIP+D2U" : "SIP+D2T");
    CHECK_INT(2, naptr_services(records, LIMIT_LIST + 5, ALL, false, out, 2));
    CHECK_INT(TRANSPORT_TCP, out[0].transport); /* the last one that is looked at */
    CHECK_INT(0, naptr_services(records, 0, ALL, false, out, 2));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(records_stand_by_order_then_preference_then_as_they_came),
        cmocka_unit_test(services_name_transports),
        cmocka_unit_test(after_a_match_no_higher_order_counts),
        cmocka_unit_test(sips_discards_what_is_not_sips),
        cmocka_unit_test(other_records_are_discarded),
        cmocka_unit_test(the_list_is_bounded),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
