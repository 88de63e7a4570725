/* SPDX-License-Identifier: BSD-2-Clause */
#include "sip/body.h"

#include "dialog/message_of.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PART(headers, content) "--b\r\n" headers "\r\n" content "\r\n"
#define SDP                    "Content-Type: application/sdp\r\n"
#define TEXT                   "Content-Type: text/plain\r\n"
#define ISUP                   "Content-Type: application/isup; version=x\r\n"
#define OPTIONAL               "Content-Disposition: signal;handling=optional\r\n"
#define END                    "--b--\r\n"

static struct body_part found;

/* The verdict on an INVITE with these headers and this body, of which application/sdp is understood. */
static enum body_verdict find(const char *headers, const char *body)
{
    static struct message *m;
    char                   text[8192];
    struct parse_fault     fault;

    message_drop(m);
    snprintf(
        text, sizeof text,
        "INVITE sip:a@h SIP/2.0\r\nVia: SIP/2.0/UDP h;branch=z9hG4bK1\r\nFrom: <sip:b@h>;tag=b\r\nTo: <sip:a@h>\r\n"
        "Call-ID: c\r\nCSeq: 1 INVITE\r\nMax-Forwards: 70\r\n%sContent-Length: %zu\r\n\r\n%s",
        headers, strlen(body), body);
    m = message_parse(test_guarded(slice_from(text)), &fault);
    if (m == NULL)
        return BODY_BROKEN;
    return body_find(m, SLICE("application/sdp"), &found);
}

static enum body_verdict mixed(const char *body)
{
    return find("Content-Type: multipart/mixed;boundary=b\r\n", body);
}

/* RFC 3261 8.2.3, 20.11, 20.12 */
TEST(a_body_by_itself_is_understood_by_its_type_disposition_and_coding)
{
    CHECK_INT(BODY_NONE, find("", ""));
    CHECK_INT(BODY_FOUND, find("c: application/sdp\r\n", "v=0"));
    CHECK_SLICE("v=0", found.content);
    CHECK_INT(BODY_FOUND,
              find("c: application/sdp;charset=utf-8\r\nContent-Disposition: session\r\ne: identity\r\n", "v"));
    CHECK_INT(BODY_UNSUPPORTED, find("", "v=0"));
    CHECK_INT(BODY_UNSUPPORTED, find("c: text/plain\r\n", "v=0"));
    CHECK_INT(BODY_NONE, find("c: text/plain\r\nContent-Disposition: render;handling=optional\r\n", "v=0"));
    CHECK_INT(BODY_UNSUPPORTED, find("c: application/sdp\r\nContent-Disposition: early-session\r\n", "v=0"));
    CHECK_INT(BODY_NONE, find("c: application/sdp\r\nContent-Disposition: early-session;handling=optional\r\n", "v"));
    CHECK_INT(BODY_ENCODED, find("c: application/sdp\r\ne: gzip\r\n", "v=0"));
    CHECK_INT(BODY_ENCODED, find("c: application/sdp\r\nContent-Transfer-Encoding: base64\r\n", "v=0"));
    CHECK_INT(BODY_FOUND, find("c: application/sdp\r\nContent-Transfer-Encoding: binary\r\n", "v=0"));
}

/* RFC 5621 5, 8.1 */
TEST(of_several_parts_ours_is_taken_and_the_optional_ones_are_passed_over)
{
    CHECK_INT(BODY_FOUND, mixed(PART(ISUP OPTIONAL, "x") PART(SDP, "v=0") END));
    CHECK_SLICE("v=0", found.content);
    CHECK_INT(BODY_FOUND, mixed(PART(SDP, "v=0") PART(SDP, "v=1") PART(ISUP OPTIONAL, "x") END));
    CHECK_SLICE("v=0", found.content);
    CHECK_INT(BODY_NONE, mixed(PART(ISUP OPTIONAL, "x") END));
}

TEST(a_part_that_must_be_understood_and_is_not_spoils_the_whole)
{
    CHECK_INT(BODY_UNSUPPORTED, mixed(PART(SDP, "v=0") PART(ISUP, "x") END));
    CHECK_INT(BODY_UNSUPPORTED, mixed(PART(ISUP, "x") PART(SDP, "v=0") END));
    CHECK_INT(BODY_UNSUPPORTED,
              mixed(PART(SDP, "v=0") PART(ISUP "Content-Disposition: signal;handling=required\r\n", "x") END));
    CHECK_INT(BODY_UNSUPPORTED, mixed(PART(TEXT, "hello") PART("", "hello") END));
    CHECK_INT(BODY_ENCODED, mixed(PART(SDP "Content-Encoding: gzip\r\n", "v=0") END));
    CHECK_INT(BODY_NONE, find("Content-Type: multipart/mixed;boundary=b\r\nContent-Disposition: render;"
                              "handling=optional\r\n",
                              PART(SDP, "v=0") PART(ISUP, "x") END));
}

/* RFC 2387 3.2, RFC 5621 7 */
TEST(of_related_parts_the_root_is_taken)
{
    static const char first[] = "Content-Type: multipart/related;boundary=b\r\n";
    static const char named[] =
        "Content-Type: multipart/related;boundary=b;type=\"application/sdp\";start=\"<r@h>\"\r\n";

    CHECK_INT(BODY_FOUND, find(first, PART(SDP, "v=0") PART(SDP, "v=1") PART(ISUP OPTIONAL, "x") END));
    CHECK_SLICE("v=0", found.content);
    CHECK_INT(BODY_FOUND, find(named, PART(SDP, "v=0") PART(SDP "Content-ID: <r@h>\r\n", "v=1") END));
    CHECK_SLICE("v=1", found.content);
    CHECK_INT(BODY_FOUND, find(named, PART(ISUP OPTIONAL, "x") PART(SDP "Content-ID: <r@h>\r\n", "v=1")
                                          PART(SDP "Content-ID: <r@h>\r\n", "v=2") END));
    CHECK_SLICE("v=1", found.content);
}

TEST(related_parts_are_nothing_without_their_root)
{
    static const char first[] = "Content-Type: multipart/related;boundary=b\r\n";
    static const char named[] = "Content-Type: multipart/related;boundary=b;start=\"<r@h>\"\r\n";

    CHECK_INT(BODY_NONE, find(first, PART(ISUP OPTIONAL, "x") PART(SDP, "v=0") END));
    CHECK_INT(BODY_UNSUPPORTED, find(first, PART(ISUP, "x") PART(SDP, "v=0") END));
    CHECK_INT(BODY_UNSUPPORTED, find(first, PART(SDP, "v=0") PART(ISUP, "x") END));
    CHECK_INT(BODY_ENCODED, find(first, PART(SDP "Content-Encoding: gzip\r\n", "v=0") PART(SDP, "v=1") END));
    CHECK_INT(BODY_BROKEN, find(named, PART(SDP, "v=0") END));
    CHECK_INT(BODY_BROKEN, find(named, PART(SDP "Content-ID: <R@h>\r\n", "v=0") END));
    CHECK_INT(BODY_BROKEN, find(first, PART(SDP, "v=0")));
}

/* RFC 5621 4.2 */
TEST(unknown_kinds_are_taken_as_mixed)
{
    CHECK_INT(BODY_FOUND, find("Content-Type: multipart/strange;boundary=\"b\"\r\n", PART(SDP, "v=0") END));
    CHECK_INT(BODY_UNSUPPORTED, find("Content-Type: multipart/mixed\r\n", PART(SDP, "v=0") END));
}

/* RFC 5621 6.1, 8.3 */
TEST(of_alternatives_the_last_one_that_is_understood_is_taken)
{
    static const char alternative[] = "Content-Type: multipart/alternative;boundary=b\r\n";

    CHECK_INT(BODY_FOUND, find(alternative, PART(SDP, "v=0") PART("Content-Type: application/sdpng\r\n", "<sdp>") END));
    CHECK_SLICE("v=0", found.content);
    CHECK_INT(BODY_FOUND, find(alternative, PART(TEXT, "x") PART(SDP, "v=0") PART(SDP OPTIONAL, "v=1") END));
    CHECK_SLICE("v=0", found.content);
    CHECK_INT(BODY_FOUND, find(alternative, PART(SDP, "v=0") PART(SDP, "v=1") PART(TEXT, "x") END));
    CHECK_SLICE("v=1", found.content);
    CHECK_INT(BODY_UNSUPPORTED, find(alternative, PART(TEXT, "x") PART(ISUP, "y") END));
}

#define INNER "--b1\r\n" TEXT "\r\nx\r\n--b1\r\n" SDP "\r\nv=0\r\n--b1--\r\n"

/* RFC 5621 4.2: parts within parts; the inner boundary begins with the outer one. */
TEST(parts_within_parts_are_found)
{
    CHECK_INT(BODY_FOUND,
              mixed(PART(ISUP OPTIONAL, "x") PART("Content-Type: multipart/alternative; boundary=b1\r\n", INNER) END));
    CHECK_SLICE("v=0", found.content);
    CHECK_INT(BODY_UNSUPPORTED, mixed(PART("Content-Type: multipart/mixed; boundary=b1\r\n", INNER) END));
    CHECK_INT(BODY_NONE, mixed(PART("Content-Type: multipart/mixed; boundary=b1\r\n" OPTIONAL, INNER) END));
}

TEST(a_multipart_body_that_is_none_is_told)
{
    CHECK_INT(BODY_BROKEN, mixed("v=0"));
    CHECK_INT(BODY_BROKEN, mixed(PART(SDP, "v=0")));
    CHECK_INT(BODY_BROKEN, find("Content-Type: multipart/alternative;boundary=b\r\n", PART(SDP, "v=0")));
    CHECK_INT(BODY_BROKEN, mixed(PART("Content-Type: multipart/mixed;boundary=c\r\n", "x") PART(SDP, "v=0") END));
    CHECK_INT(BODY_FOUND, mixed(PART("Content-Type: multipart/mixed;boundary=c\r\n" OPTIONAL, "x") PART(SDP, "v") END));
}

/* RFC 4475, "mpart01": a text, and its signature in binary. */
TEST(the_multipart_message_of_rfc_4475_is_read)
{
    struct parse_fault fault;
    struct slice       text, kind, boundary;
    struct multipart   walk;
    struct body_part   part;
    struct message    *m;
    char              *memory;

    if (!test_read_file(AHOY_SHARED "/torture/rfc4475/dat/mpart01.dat", &text, &memory))
        skip();
    m = message_parse(test_guarded(text), &fault);
    CHECK(m != NULL);
    CHECK(multipart_kind(message_header(m, HEADER_CONTENT_TYPE)->value, &kind, &boundary));
    walk = multipart_begin(boundary, m->body);
    CHECK(multipart_next(&walk, &part));
    CHECK_SLICE("Hello", part.content);
    CHECK(multipart_next(&walk, &part));
    CHECK_SLICE("application/octet-stream", part.type);
    CHECK(!part.encoded && part.content.len > 200);
    CHECK(!multipart_next(&walk, &part) && !walk.broken);
    CHECK_INT(BODY_UNSUPPORTED, body_find(m, SLICE("text/plain"), &part)); /* the signature must be understood, too */
    CHECK_SLICE("Hello", part.content);
    CHECK_INT(BODY_FOUND, body_find(m, SLICE("application/octet-stream, text/plain"), &part));
    message_drop(m);
    free(memory);
}

/* Too deep, and too many: nothing is understood beyond. */
TEST(depth_and_number_of_parts_are_bounded)
{
    char       text[8192], memory[8192];
    struct buf b = BUF_ON(memory);

    for (int i = 0; i < 40; i++)
        buf_put(&b, SLICE(PART(ISUP OPTIONAL, "")));
    buf_put(&b, SLICE(PART(SDP, "v=0") END));
    CHECK_INT(BODY_UNSUPPORTED, mixed(buf_cstr(&b)));
    snprintf(text, sizeof text, "%s", "--b6\r\n" SDP "\r\nv=0\r\n--b6--");
    for (int i = 5; i > 0; i--) {
        b = BUF_ON(memory);
        buf_printf(&b, "--b%d\r\nContent-Type: multipart/mixed;boundary=b%d\r\n\r\n%s\r\n--b%d--", i, i + 1, text, i);
        snprintf(text, sizeof text, "%s", buf_cstr(&b));
    }
    CHECK_INT(BODY_UNSUPPORTED, find("Content-Type: multipart/mixed;boundary=b1\r\n", text));
    CHECK_INT(BODY_FOUND, find("Content-Type: multipart/mixed;boundary=b4\r\n", strstr(text, "--b4")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_body_by_itself_is_understood_by_its_type_disposition_and_coding),
        cmocka_unit_test(of_several_parts_ours_is_taken_and_the_optional_ones_are_passed_over),
        cmocka_unit_test(a_part_that_must_be_understood_and_is_not_spoils_the_whole),
        cmocka_unit_test(of_related_parts_the_root_is_taken),
        cmocka_unit_test(related_parts_are_nothing_without_their_root),
        cmocka_unit_test(unknown_kinds_are_taken_as_mixed),
        cmocka_unit_test(of_alternatives_the_last_one_that_is_understood_is_taken),
        cmocka_unit_test(parts_within_parts_are_found),
        cmocka_unit_test(a_multipart_body_that_is_none_is_told),
        cmocka_unit_test(the_multipart_message_of_rfc_4475_is_read),
        cmocka_unit_test(depth_and_number_of_parts_are_bounded),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
