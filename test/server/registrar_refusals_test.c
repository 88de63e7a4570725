/* SPDX-License-Identifier: BSD-2-Clause */
/* Every refusal that a REGISTER can meet: its status, the header that the RFC wants beside it, and
 * that nothing of the request has been applied (RFC 3261 10.3). */
#include "base/error.h"
#include "support/digest_line.h"
#include "support/server_bench.h"
#include "support/test.h"

#include <stdio.h>

#define PHONE    "Contact: <sip:bob@192.0.2.9:6001>\r\n"
#define OTHER    "Contact: <sip:bob@192.0.2.9:6009>\r\n"
#define INSTANCE ";+sip.instance=\"<urn:uuid:00000000-0000-1000-8000-000A95A0E128>\""

enum proving { NOBODY, BOB, CAROL, BROKEN };

struct refusal {
    unsigned     status;
    enum proving who;
    const char  *lines;          /* beside the credentials                                          */
    const char  *header;         /* of the answer: a line, or the start of one; NULL: nothing special */
    const char  *to, *uri, *via; /* if not the usual ones */
    unsigned     cseq;           /* if it is to be an old one */
};

static const struct refusal refusals[] = {
    /* RFC 3261 21.4.1, 10.3 steps 6 and 7 */
    { .status = 400, .who = BOB, .lines = OTHER "Contact: *\r\nExpires: 0\r\n" },
    { .status = 400, .who = BOB, .lines = "Contact: *\r\nExpires: 60\r\n" },
    { .status = 400, .who = BOB, .lines = "Contact: *\r\n" },
    { .status = 400, .who = BOB, .lines = OTHER "Contact: <sip:bob@\r\n" },
    { .status = 400, .who = BROKEN, .lines = OTHER },
    /* 10.3 step 3: who is it? */
    { .status = 401, .who = NOBODY, .lines = OTHER, .header = "WWW-Authenticate: Digest realm=\"example.test\"" },
    /* 10.3 step 4: may he? */
    { .status = 403, .who = CAROL, .lines = OTHER },
    { .status = 403, .who = BOB, .lines = OTHER "Contact: <sip:b@a>\r\nContact: <sip:b@b>\r\n" }, /* max_contacts */
    /* 10.3 step 5 */
    { .status = 404, .who = BOB, .lines = OTHER, .to = "<sip:bob@elsewhere.test>" },
    /* 8.2.2.3 */
    { .status = 420,
      .who    = BOB,
      .lines  = OTHER "Require: foo, path\r\nRequire: bar\r\n",
      .header = "Unsupported: bar\r\n" },
    { .status = 420, .who = BOB, .lines = OTHER "Proxy-Require: foo\r\n", .header = "Unsupported: foo\r\n" },
    /* 10.3 step 7: one of several is too short */
    { .status = 423,
      .who    = BOB,
      .lines  = OTHER "Contact: <sip:bob@192.0.2.9:6010>;expires=1\r\n",
      .header = "Min-Expires: 60\r\n" },
    /* RFC 5626 6: the first hop cannot */
    { .status = 439,
      .who    = BOB,
      .lines  = "Contact: <sip:bob@192.0.2.9:6009>" INSTANCE ";reg-id=1\r\nSupported: path, outbound\r\n",
      .via    = "SIP/2.0/UDP 192.0.2.9:6001, SIP/2.0/UDP 192.0.2.77" },
    /* RFC 3329 2.3.1 */
    { .status = 494, .who = BOB, .lines = OTHER "Require: sec-agree\r\n", .header = "Security-Server: digest;" },
    { .status = 502,
      .who    = BOB,
      .lines  = OTHER "Proxy-Require: sec-agree\r\n",
      .via    = "SIP/2.0/UDP 192.0.2.9:6001, SIP/2.0/UDP 192.0.2.77" },
    /* 10.3 step 7: out of order, with a new contact beside it */
    { .status = 500, .who = BOB, .lines = PHONE OTHER, .cseq = 1 },
    /* 8.2.6.1, 20.18 */
    { .status = 416, .who = BOB, .lines = OTHER, .uri = "http://example.test" },
};

static struct bench b;
static char         nonce[128];
static unsigned     cseq = 100, count;

static const char *line_of(enum proving who, char line[PROOF_LINE])
{
    switch (who) {
    case NOBODY:
        return "";
    case BOB:
    case CAROL:
        return proof_line(&(struct proof){ .nonce     = nonce,
                                           .nc        = ++count,
                                           .user      = who == BOB ? "bob" : "carol",
                                           .password  = who == BOB ? "secret" : "other",
                                           .algorithm = HASH_SHA256 },
                          line);
    case BROKEN:
        break;
    }
    return "Authorization: Digest username=\"bob\r\n";
}

static void says(const struct refusal *r)
{
    char line[PROOF_LINE], lines[8192];

    snprintf(lines, sizeof lines, "%s%s", r->lines, line_of(r->who, line));
    raw_forget(&b.bob);
    raw_ask(&b.bob, &(struct request_form){ .cseq    = r->cseq != 0 ? r->cseq : ++cseq,
                                            .call_id = "bob",
                                            .to      = r->to,
                                            .uri     = r->uri,
                                            .via     = r->via,
                                            .more    = lines });
    bench_live(&b, 100);
}

static unsigned status_heard(void)
{
    unsigned status = 0;

    return sscanf(raw_heard(&b.bob, 0), "SIP/2.0 %u ", &status) == 1 ? status : 0;
}

/* Everything that the location has. */
static void put_aor(void *arg, const struct aor *a)
{
    struct buf *text = arg;

    for (unsigned i = 0; i < aor_count(a); i++) {
        struct binding one;

        aor_binding(a, i, &one);
        buf_printf(text, "%.*s %.*s %.*s %u %ju %ju %ju\n", SLICE_ARG(aor_key(a)), SLICE_ARG(one.contact),
                   SLICE_ARG(one.call_id), one.cseq, (uintmax_t)one.row, (uintmax_t)one.expires_at,
                   (uintmax_t)one.lease_until);
    }
}

static struct slice location_text(char memory[4096])
{
    struct buf text = buf_on(memory, 4096);

    location_list(server_location(b.server), 0, 1000, put_aor, &text);
    CHECK(buf_ok(&text));
    return buf_slice(&text);
}

static void open_with_bob(void)
{
    const struct refusal first = { .who = NOBODY, .lines = "" },
                         good  = { .who = BOB, .lines = PHONE "Expires: 3600\r\n" };

    bench_open(&b, "authentication = yes\nmax_contacts = 2\n");
    bench_add_user(&b, "bob", "secret");
    bench_add_user(&b, "carol", "other");
    count = 0;
    says(&first);
    quoted_value(raw_heard(&b.bob, 0), "nonce", nonce, sizeof nonce);
    says(&good);
    CHECK_INT(200, status_heard());
}

/* That it is refused so, and leaves all as it was; also in the database, as a power cut shows. */
static void check(const struct refusal *r)
{
    char         memory[2][4096];
    struct slice before = location_text(memory[0]);

    says(r);
    if (status_heard() != r->status)
        fail_msg("%u is wanted for\n%s but it is\n%s", r->status, r->lines, raw_heard(&b.bob, 0));
    if (r->header != NULL && strstr(raw_heard(&b.bob, 0), r->header) == NULL)
        fail_msg("no %s in\n%s", r->header, raw_heard(&b.bob, 0));
    if (!slice_eq(before, location_text(memory[1])))
        fail_msg("%u has changed\n%.*s to\n%s", r->status, SLICE_ARG(before), memory[1]);
}

TEST(each_refusal_has_its_status_and_header_and_changes_nothing)
{
    open_with_bob();
    for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++)
        check(&refusals[i]);
    CHECK_INT(1, location_count(server_location(b.server)));
    bench_kill(&b);
    bench_start(&b);
    CHECK_INT(1, location_count(server_location(b.server)));
    bench_close(&b);
}

/* RFC 3261 21.4.11: what is too large to be kept. */
TEST(what_is_too_large_is_refused_as_a_whole)
{
    static char    long_one[6000];
    struct refusal r = { .status = 413, .who = BOB, .lines = long_one };

    snprintf(long_one, sizeof long_one, PHONE "Contact: <sip:bob@192.0.2.9:6010;x=%02000d>\r\n", 0);
    open_with_bob();
    check(&r);
    snprintf(long_one, sizeof long_one, OTHER "Supported: path\r\nPath: <sip:p.test;lr;x=%04000d>\r\n", 0);
    check(&r);
    bench_close(&b);
}

/* RFC 3261 21.5.4, 20.33 */
TEST(what_cannot_be_done_now_is_503_with_retry_after)
{
    struct refusal r = { .status = 503, .who = BOB, .lines = OTHER, .header = "Retry-After: " };

    open_with_bob();
    shared_drain(b.shared);
    check(&r);
    bench_close(&b);
}

TEST(a_store_that_fails_is_500_with_retry_after)
{
    struct refusal r = { .who = BOB, .lines = OTHER };

    open_with_bob();
    store_fake_fail(b.store, -ERR_DISK_FULL);
    says(&r);
    CHECK_INT(500, status_heard());
    CHECK(strstr(raw_heard(&b.bob, 0), "Retry-After: ") != NULL);
    store_fake_fail(b.store, 0);
    bench_close(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_refusal_has_its_status_and_header_and_changes_nothing),
        cmocka_unit_test(what_is_too_large_is_refused_as_a_whole),
        cmocka_unit_test(what_cannot_be_done_now_is_503_with_retry_after),
        cmocka_unit_test(a_store_that_fails_is_500_with_retry_after),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
