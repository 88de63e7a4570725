/* SPDX-License-Identifier: BSD-2-Clause */
/* Complete messages from the RFCs' examples and from the wire: all are read, all
 * values of all headers are walked, and what is written from them is the same
 * message again.  Each also goes through the framer one byte at a time. */
#include "base/limits.h"
#include "support/sip_walk.h"
#include "support/test.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* Messages in the corpus that are broken, why, and the fault each must give. */
static const struct {
    const char *file, *why, *expected;
} broken[] = {
    { "rfc3666-031.sip", "a second '>'", "an address in To" },
    { "rfc5806-009.sip", "an ACK with CSeq INVITE", "the method of the request line in CSeq" },
    { "rfc5806-013.sip", "an ACK with CSeq INVITE", "the method of the request line in CSeq" },
    { "rfc5806-019.sip", "an ACK with CSeq INVITE", "the method of the request line in CSeq" },
    { "rfc5806-031.sip", "an ACK with CSeq INVITE", "the method of the request line in CSeq" },
    { "rfc6873-002.sip", "no scheme in From", "an address in From" },
    { "rfc6913-002.sip", "Expires twice", "only one Expires header" },
    { "rfc7315-002.sip", "a user in sent-by", "a sent-by and parameters in Via" },
    { "rfc9796-001.sip", "a second '>'", "an address in From" },
    { "rfc9796-003.sip", "a second '>'", "an address in From" },
    { "ek_testing_btest_Traces_sip_invalid_content_length-1.sip", "Content-Length: bad",
      "a number of bytes in Content-Length" },
    { "k_testing_btest_Traces_sip_sip_junk_before_request-2.sip", "no Via", "a Via header" },
    { "p_suricata_tests_sip_compact_form_sip_compact_form-1.sip", "a backslash before the quotes",
      "an address in From" },
    { "pcap_suricata_tests_sip_sdp_sdp-2.sip", "a backslash before the quotes", "an address in From" },
};

static const char *expected_fault(const char *file)
{
    for (size_t i = 0; i < sizeof broken / sizeof *broken; i++)
        if (strcmp(broken[i].file, file) == 0)
            return broken[i].expected;
    return NULL;
}

static void check_round_trip(const struct message *m)
{
    static struct gather g;
    static char          memory[2 * LIMIT_DATAGRAM];
    struct buf           b = BUF_ON(memory);
    struct parse_fault   fault;
    struct message      *again;

    sip_rewrite(m, &g);
    CHECK(gather_ok(&g));
    gather_flatten(&g, &b);
    again = message_parse(test_guarded(buf_slice(&b)), &fault);
    assert_non_null(again);
    CHECK(sip_same(m, again));
    message_drop(again);
}

/* RFC 3261 18.3: only with a Content-Length does it end. */
static void check_framed(const struct message *m, struct slice text)
{
    static char        memory[LIMIT_DATAGRAM];
    struct buf         b = BUF_ON(memory);
    struct parse_fault fault;
    enum framer_result result = sip_frame_bytewise(text, &b, &fault);

    if (m->has_length) {
        CHECK_INT(FRAMER_MESSAGE, result);
        CHECK(slice_eq(m->text, buf_slice(&b)));
    } else {
        CHECK_INT(FRAMER_FAULT, result);
        CHECK_INT(400, fault.status);
    }
}

static void check_message(const char *file, struct slice text)
{
    const char        *expected = expected_fault(file);
    struct parse_fault fault;
    struct message    *m = message_parse(test_guarded(text), &fault);

    if ((m == NULL) != (expected != NULL) || (m == NULL && strcmp(expected, fault.expected) != 0)) {
        print_error("%s: %s at %zu\n", file, m == NULL ? fault.expected : "read", fault.offset);
        fail();
    }
    if (m == NULL)
        return;
    sip_walk(m);
    check_round_trip(m);
    check_framed(m, text);
    message_drop(m);
}

static int run_folder(const char *folder)
{
    DIR           *dir = opendir(folder);
    struct dirent *entry;
    int            count = 0;

    assert_non_null(dir);
    while ((entry = readdir(dir)) != NULL) {
        const char  *dot = strrchr(entry->d_name, '.');
        char         path[1024], *memory;
        struct slice text;

        if (dot == NULL || strcmp(dot, ".sip") != 0)
            continue;
        snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        CHECK(test_read_file(path, &text, &memory));
        check_message(entry->d_name, text);
        free(memory);
        count++;
    }
    closedir(dir);
    return count;
}

TEST(every_message_of_the_rfcs_is_read_and_written_again)
{
    CHECK(run_folder(AHOY_SHARED "/messages/rfc") > 400);
}

TEST(every_message_from_the_wire_is_read_and_written_again)
{
    CHECK(run_folder(AHOY_SHARED "/messages/wire") > 80);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_message_of_the_rfcs_is_read_and_written_again),
        cmocka_unit_test(every_message_from_the_wire_is_read_and_written_again),
    };

    if (access(AHOY_SHARED "/messages", R_OK) != 0)
        return TEST_SKIPPED;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
