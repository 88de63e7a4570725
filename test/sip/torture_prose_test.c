/* SPDX-License-Identifier: BSD-2-Clause */
/* What the prose of RFC 4475 and RFC 5118 says about the parts of a message,
 * beyond "valid" and "not valid" (torture_test). */
#include "sip/digest.h"
#include "sip/message.h"
#include "support/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static struct message *load(const char *folder, const char *name)
{
    char               path[512], *memory;
    struct slice       text;
    struct parse_fault fault;
    struct message    *m;

    snprintf(path, sizeof path, AHOY_SHARED "/torture/%s/dat/%s.dat", folder, name);
    CHECK(test_read_file(path, &text, &memory));
    m = message_parse(test_guarded(text), &fault);
    free(memory);
    assert_non_null(m);
    return m;
}

static struct name_addr first_contact(const struct message *m)
{
    struct header_values v = message_values(m, HEADER_CONTACT);
    struct name_addr     n;

    CHECK(values_next_name_addr(&v, &n));
    return n;
}

static void check_vias(const struct message *m, const char *const *transports, size_t count)
{
    struct header_values v = message_values(m, HEADER_VIA);
    struct via           via;

    for (size_t i = 0; i < count; i++) {
        CHECK(values_next_via(&v, &via));
        CHECK_SLICE(transports[i], via.transport);
    }
    CHECK(!values_next_via(&v, &via));
    CHECK(!v.broken);
}

/* RFC 4475 3.1.1.1 */
TEST(short_tortuous_invite)
{
    static const char *const transports[] = { "UDP", "TCP", "UDP" };
    struct message          *m            = load("rfc4475", "wsinv");
    struct name_addr         contact      = first_contact(m);
    struct slice             value;
    unsigned                 q;

    CHECK_INT(METHOD_INVITE, m->method);
    CHECK_INT(9, m->cseq.number);
    CHECK_INT(68, m->max_forwards);
    CHECK_SLICE("1918181833n", m->to_tag);
    CHECK_SLICE("98asjd8", m->from_tag);
    CHECK_SLICE("\"J Rosenberg \\\\\\\"\"", m->from.display);
    CHECK_SLICE("390skdjuw", m->via.branch);
    CHECK_INT(150, m->body.len);
    check_vias(m, transports, 3);
    CHECK_SLICE("", message_header(m, HEADER_SUBJECT)->value);
    CHECK(contact_q(&contact, &q));
    CHECK_INT(330, q);
    CHECK(name_addr_param(&contact, SLICE("newparam"), &value));
    CHECK_SLICE("newvalue", value);
    message_drop(m);
}

/* RFC 4475 3.1.1.2 */
TEST(wide_range_of_valid_characters)
{
    struct message *m = load("rfc4475", "intmeth");

    CHECK_INT(METHOD_OTHER, m->method);
    CHECK_SLICE("!interesting-Method0123456789_*+`.%indeed'~", m->method_text);
    CHECK_SLICE("1_unusual.URI~(to-be!sure)&isn't+it$/crazy?,/;;*", m->uri.user);
    CHECK_SLICE("example.com", m->uri.host);
    CHECK_INT(255, m->max_forwards);
    CHECK_SLICE("intmeth.word%ZK-!.*_+'@word`~)(><:\\/\"][?}{", m->call_id);
    CHECK_SLICE("_token~1'+`*%!-.", m->from_tag);
    message_drop(m);
}

/* RFC 4475 3.1.1.3 */
TEST(valid_use_of_the_percent_escape)
{
    struct message  *m       = load("rfc4475", "esc01");
    struct name_addr contact = first_contact(m);
    struct slice     value;
    char             memory[64];
    struct buf       b = BUF_ON(memory);
    struct uri       same;

    CHECK_INT(URI_SIP, m->uri.scheme); /* not sips */
    uri_write_unescaped(&b, m->uri.user);
    CHECK_SLICE("sips:user@example.com", buf_slice(&b));
    CHECK(uri_parse(SLICE("sip:user@example.com"), &same));
    CHECK(uri_eq(&same, &m->to.uri));
    CHECK(uri_param(&contact.uri, SLICE("lr"), &value));
    CHECK(uri_param(&contact.uri, SLICE("name"), &value));
    b = BUF_ON(memory);
    uri_write_unescaped(&b, value);
    CHECK_SLICE("value%41", buf_slice(&b));
    message_drop(m);
}

/* RFC 4475 3.1.1.4: two users, NUL and NUL NUL. */
TEST(escaped_nulls_in_uris)
{
    struct message      *m = load("rfc4475", "escnull");
    struct header_values v = message_values(m, HEADER_CONTACT);
    struct name_addr     one, two;

    CHECK(values_next_name_addr(&v, &one));
    CHECK(values_next_name_addr(&v, &two));
    CHECK(!uri_eq(&one.uri, &two.uri));
    message_drop(m);
}

/* RFC 4475 3.1.1.5: "%" outside a URI is a character like others. */
TEST(percent_when_it_is_not_an_escape)
{
    struct message *m = load("rfc4475", "esc02");

    CHECK_INT(METHOD_OTHER, m->method);
    CHECK_SLICE("RE%47IST%45R", m->method_text);
    CHECK_SLICE("\"%Z%45\"", m->to.display);
    CHECK_SLICE("C%6Fntact", message_header(m, HEADER_OTHER)->name);
    message_drop(m);
}

/* RFC 4475 3.1.1.8 */
TEST(octets_after_the_body_are_not_read)
{
    struct message *m = load("rfc4475", "dblreq");

    CHECK_INT(METHOD_REGISTER, m->method);
    CHECK_INT(0, m->body.len);
    CHECK(memcmp(m->text.ptr + m->text.len - 4, "\r\n\r\n", 4) == 0);
    message_drop(m);
}

/* RFC 4475 3.1.1.9 */
TEST(semicolon_separated_parameters_in_the_user_part)
{
    struct message *m = load("rfc4475", "semiuri");

    CHECK_SLICE("user;par=u%40example.net", m->uri.user);
    CHECK_SLICE("example.com", m->uri.host);
    CHECK_SLICE("", m->uri.params);
    message_drop(m);
}

/* RFC 4475 3.1.1.10 */
TEST(varied_and_unknown_transports)
{
    static const char *const transports[] = { "UDP", "SCTP", "TLS", "UNKNOWN", "TCP" };
    struct message          *m            = load("rfc4475", "transports");

    check_vias(m, transports, 5);
    message_drop(m);
}

/* RFC 4475 3.1.1.11: bytes of any value in a body. */
TEST(multipart_body_with_binary_parts)
{
    struct message *m = load("rfc4475", "mpart01");

    CHECK_INT(553, m->body.len);
    assert_non_null(memchr(m->body.ptr, '\0', m->body.len));
    message_drop(m);
}

/* RFC 4475 3.1.1.12, 3.1.1.13 */
TEST(unusual_and_empty_reason_phrases)
{
    struct message *m = load("rfc4475", "unreason");

    CHECK_INT(200, m->status);
    CHECK(m->reason.len > 40 && memcmp(m->reason.ptr, "= 2**3 * 5**2 \xd0\xbd\xd0\xbe ", 19) == 0);
    message_drop(m);
    m = load("rfc4475", "noreason");
    CHECK_INT(100, m->status);
    CHECK_SLICE("", m->reason);
    message_drop(m);
}

/* RFC 4475 3.3.2 to 3.3.4 */
TEST(unknown_uri_schemes_are_carried)
{
    struct message *m = load("rfc4475", "unkscm");

    CHECK_INT(URI_OTHER, m->uri.scheme);
    CHECK_SLICE("nobodyKnowsThisScheme", m->uri.scheme_text);
    message_drop(m);
    m = load("rfc4475", "novelsc");
    CHECK_SLICE("soap.beep", m->uri.scheme_text);
    message_drop(m);
    m = load("rfc4475", "unksm2");
    CHECK_SLICE("isbn:2983792873", m->to.uri.text);
    CHECK_SLICE("http://www.example.com", m->from.uri.text);
    CHECK_SLICE("name:John_Smith", first_contact(m).uri.text);
    message_drop(m);
}

/* RFC 4475 3.3.5 */
TEST(unknown_option_tags_are_listed)
{
    struct message *m = load("rfc4475", "bext01");

    CHECK(message_lists(m, HEADER_REQUIRE, SLICE("nothingSupportsThis")));
    CHECK(message_lists(m, HEADER_REQUIRE, SLICE("nothingSupportsThisEither")));
    CHECK(message_lists(m, HEADER_PROXY_REQUIRE, SLICE("noProxiesSupportThis")));
    CHECK(message_lists(m, HEADER_PROXY_REQUIRE, SLICE("norDoAnyProxiesSupportThis")));
    message_drop(m);
}

/* RFC 4475 3.3.7 */
TEST(unknown_authorization_scheme_is_not_malformed)
{
    struct message    *m = load("rfc4475", "regaut01");
    struct scan        s = scan_from(message_header(m, HEADER_AUTHORIZATION)->value);
    struct credentials c;

    CHECK(credentials_scan(&s, &c));
    CHECK(!c.known);
    message_drop(m);
}

/* RFC 4475 3.3.11 */
TEST(max_forwards_of_zero_is_zero)
{
    struct message *m = load("rfc4475", "zeromf");

    CHECK_INT(0, m->max_forwards);
    message_drop(m);
}

/* RFC 4475 3.3.12 to 3.3.14: whose parameter it is depends on the brackets. */
TEST(parameter_of_a_contact_is_told_from_one_of_its_uri)
{
    struct message  *m = load("rfc4475", "cparam01");
    struct name_addr n = first_contact(m);
    struct slice     value;

    CHECK(name_addr_param(&n, SLICE("unknownparam"), &value));
    CHECK(!uri_param(&n.uri, SLICE("unknownparam"), &value));
    message_drop(m);
    m = load("rfc4475", "cparam02");
    n = first_contact(m);
    CHECK(!name_addr_param(&n, SLICE("unknownparam"), &value));
    CHECK(uri_param(&n.uri, SLICE("unknownparam"), &value));
    message_drop(m);
    m = load("rfc4475", "regescrt");
    n = first_contact(m);
    CHECK_SLICE("?Route=%3Csip:sip.example.com%3E", n.uri.headers);
    message_drop(m);
}

/* RFC 4475 3.4.1: no branch, tag, Max-Forwards or Content-Length. */
TEST(invite_of_rfc_2543)
{
    struct message *m = load("rfc4475", "inv2543");

    CHECK_SLICE("", m->via.branch);
    CHECK_SLICE("", m->from_tag);
    CHECK_INT(-1, m->max_forwards);
    CHECK(!m->has_length);
    CHECK(m->body.len > 100);
    CHECK(memcmp(m->body.ptr, "v=0\r\n", 5) == 0);
    message_drop(m);
}

/* RFC 5118 4.1, 4.3 to 4.5 */
TEST(ipv6_references_are_read)
{
    struct message *m = load("rfc5118", "ipv6-good");

    CHECK_SLICE("[2001:db8::10]", m->uri.host);
    CHECK_SLICE("[2001:db8::9:1]", m->via.host);
    message_drop(m);
    m = load("rfc5118", "port-ambiguous");
    CHECK_SLICE("[2001:db8::10:5070]", m->uri.host);
    CHECK_INT(0, m->uri.port);
    message_drop(m);
    m = load("rfc5118", "port-unambiguous");
    CHECK_SLICE("[2001:db8::10]", m->uri.host);
    CHECK_INT(5070, m->uri.port);
    message_drop(m);
    m = load("rfc5118", "via-received-param-with-delim");
    CHECK_SLICE("[2001:db8::9:255]", m->via.received);
    message_drop(m);
    m = load("rfc5118", "via-received-param-no-delim");
    CHECK_SLICE("2001:db8::9:255", m->via.received);
    message_drop(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(short_tortuous_invite),
        cmocka_unit_test(wide_range_of_valid_characters),
        cmocka_unit_test(valid_use_of_the_percent_escape),
        cmocka_unit_test(escaped_nulls_in_uris),
        cmocka_unit_test(percent_when_it_is_not_an_escape),
        cmocka_unit_test(octets_after_the_body_are_not_read),
        cmocka_unit_test(semicolon_separated_parameters_in_the_user_part),
        cmocka_unit_test(varied_and_unknown_transports),
        cmocka_unit_test(multipart_body_with_binary_parts),
        cmocka_unit_test(unusual_and_empty_reason_phrases),
        cmocka_unit_test(unknown_uri_schemes_are_carried),
        cmocka_unit_test(unknown_option_tags_are_listed),
        cmocka_unit_test(unknown_authorization_scheme_is_not_malformed),
        cmocka_unit_test(max_forwards_of_zero_is_zero),
        cmocka_unit_test(parameter_of_a_contact_is_told_from_one_of_its_uri),
        cmocka_unit_test(invite_of_rfc_2543),
        cmocka_unit_test(ipv6_references_are_read),
    };

    if (access(AHOY_SHARED "/torture", R_OK) != 0)
        return TEST_SKIPPED;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
