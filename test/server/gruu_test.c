/* SPDX-License-Identifier: BSD-2-Clause */
/* Whom a GRUU leads to, on a server with phones around it (RFC 5627 5 and 6). */
#include "server/gruu.h"

#include "support/server_bench.h"
#include "support/test.h"

#include <stdio.h>

enum { TEXT = 1024 };

#define BOB SLICE("sip:bob@example.test")

static struct bench b;

/* Bob's phones on the ports of bob and carol, each with an instance and an epoch. */
static const struct binding desk = { .row        = 1,
                                     .contact    = SLICE_INIT("sip:bob@192.0.2.9:6001"),
                                     .instance   = SLICE_INIT("<urn:x:desk>"),
                                     .gruu       = 17,
                                     .q          = 1000,
                                     .expires_at = NEVER };
static const struct binding hand = { .row        = 2,
                                     .contact    = SLICE_INIT("sip:bob@192.0.2.9:6002"),
                                     .instance   = SLICE_INIT("<urn:x:hand>"),
                                     .gruu       = 18,
                                     .q          = 1000,
                                     .expires_at = NEVER };

static void bind_to(struct slice key, const struct binding *bindings, size_t count)
{
    struct location_guard g;

    location_lock(server_location(b.server), key, &g);
    CHECK_INT(0, location_prepare(&g, bindings, count, true));
    location_publish(&g);
    location_unlock(&g);
}

static void setup(const char *more)
{
    const struct binding both[] = { desk, hand };

    bench_open(&b, more);
    bind_to(BOB, both, 2);
}

/* The value of the parameter `name` as the 200 has it, without quotes. */
static const char *given(struct slice key, const struct binding *binding, const char *name, char value[TEXT])
{
    char        text[2 * TEXT];
    struct buf  out = BUF_ON(text);
    const char *at;
    size_t      len;

    gruu_put_params(b.server, &out, key, binding);
    at = strstr(buf_cstr(&out), name);
    if (at == NULL)
        return "";
    at += strlen(name) + 2;
    len = strcspn(at, "\"");
    memcpy(value, at, len);
    value[len] = '\0';
    return value;
}

static void asks(const char *method, const char *uri)
{
    static unsigned cseq;
    char            call_id[32];

    snprintf(call_id, sizeof call_id, "ask-%u", ++cseq);
    raw_forget(&b.alice);
    raw_forget(&b.bob);
    raw_forget(&b.carol);
    raw_ask(&b.alice, &(struct request_form){ .method  = method,
                                              .uri     = uri,
                                              .from    = "<sip:alice@example.test>;tag=a",
                                              .cseq    = cseq,
                                              .call_id = call_id,
                                              .more    = "Contact: <sip:alice@192.0.2.9:6000>\r\n" });
    bench_live(&b, 50);
}

/* Which phones hear a MESSAGE to this URI, or what its sender does. */
static void expect(const char *uri, bool at_desk, bool in_hand, const char *refusal)
{
    asks("MESSAGE", uri);
    CHECK_INT(at_desk, raw_heard_count(&b.bob, "MESSAGE sip:bob@192.0.2.9:6001 "));
    CHECK_INT(in_hand, raw_heard_count(&b.carol, "MESSAGE sip:bob@192.0.2.9:6002 "));
    CHECK(refusal == NULL || raw_last_is(&b.alice, refusal));
    if (at_desk)
        raw_answer(&b.bob, 0, "200 OK", "d");
    if (in_hand)
        raw_answer(&b.carol, 0, "200 OK", "h");
    bench_live(&b, 50);
}

/* 6.1. */
TEST(a_public_gruu_leads_to_its_phone_alone)
{
    char gruu[TEXT];

    setup("");
    expect("sip:bob@example.test", true, true, NULL);
    expect(given(BOB, &desk, "pub-gruu", gruu), true, false, NULL);
    CHECK_SLICE("sip:bob@example.test;gr=urn:x:desk", slice_from(gruu));
    expect("sip:b%6fb@EXAMPLE.test:5060;GR=URN%3AX:hand;x=1", false, true, NULL);
    expect("sip:bob@example.test;gr=urn:x:other", false, false, "SIP/2.0 480 ");
    expect("sip:nobody@example.test;gr=urn:x:desk", false, false, "SIP/2.0 404 ");
    bench_close(&b);
}

TEST(a_temporary_gruu_leads_to_its_phone_until_its_epoch_ends)
{
    struct binding again = desk;
    char           first[TEXT], second[TEXT];

    setup("");
    CHECK(strcmp(given(BOB, &desk, "temp-gruu", first), given(BOB, &desk, "temp-gruu", second)) != 0);
    expect(first, true, false, NULL);
    expect(second, true, false, NULL);
    expect(given(BOB, &hand, "temp-gruu", second), false, true, NULL);
    again.gruu = 19;
    bind_to(BOB, &again, 1);
    expect(first, false, false, "SIP/2.0 404 ");
    expect(second, false, false, "SIP/2.0 404 ");
    expect(given(BOB, &again, "temp-gruu", first), true, false, NULL);
    again.expires_at = 1;
    bind_to(BOB, &again, 1);
    expect(first, false, false, "SIP/2.0 404 "); /* before it is taken out */
    bind_to(BOB, NULL, 0);
    expect(first, false, false, "SIP/2.0 404 ");
    bench_close(&b);
}

TEST(what_is_no_gruu_of_ours_is_not_found)
{
    char        gruu[TEXT], forged[2 * TEXT];
    const char *uri;

    setup("domain = {\"example.test\", \"second.test\"}\n");
    uri = given(BOB, &desk, "temp-gruu", gruu);
    expect(uri, true, false, NULL);
    expect("sip:bob@example.test;gr", false, false, "SIP/2.0 404 ");
    snprintf(forged, sizeof forged, "%.*s@second.test;gr", (int)strcspn(uri, "@"), uri);
    expect(forged, false, false, "SIP/2.0 404 ");
    snprintf(forged, sizeof forged, "%.*s@example.test", (int)strcspn(uri, "@"), uri);
    expect(forged, false, false, "SIP/2.0 404 ");
    gruu[20] = gruu[20] == 'a' ? 'b' : 'a';
    expect(gruu, false, false, "SIP/2.0 404 ");
    bench_close(&b);
}

/* 6.1: of several Contacts of one phone, which then has been restarted, the last. */
TEST(of_contacts_of_one_phone_the_newest_is_taken)
{
    const struct binding later[] = { { .row        = 3,
                                       .contact    = SLICE("sip:bob@192.0.2.9:6002"),
                                       .instance   = SLICE("<urn:x:desk>"),
                                       .gruu       = 17,
                                       .q          = 1000,
                                       .expires_at = NEVER },
                                     desk };

    setup("");
    bind_to(BOB, later, 2);
    expect("sip:bob@example.test;gr=urn:x:desk", true, false, NULL);
    bench_close(&b);
}

/* RFC 5630 5.2.1. */
TEST(the_gruu_has_the_scheme_of_the_contact)
{
    struct binding secure = desk;
    char           gruu[TEXT];

    setup("");
    secure.contact = SLICE("sips:bob@192.0.2.9");
    CHECK_SLICE("sips:bob@example.test;gr=urn:x:desk", slice_from(given(BOB, &secure, "pub-gruu", gruu)));
    CHECK(strncmp(given(BOB, &secure, "temp-gruu", gruu), "sips:tgruu.", 11) == 0);
    bench_close(&b);
}

TEST(what_is_too_long_or_has_no_instance_has_no_gruu)
{
    struct binding long_one = desk, none = desk;
    char           gruu[TEXT], instance[TEXT];

    setup("");
    memset(instance, 'a', sizeof instance);
    long_one.instance = (struct slice){ instance, sizeof instance };
    CHECK_SLICE("", slice_from(given(BOB, &long_one, "pub-gruu", gruu)));
    CHECK(given(BOB, &long_one, "temp-gruu", gruu)[0] != '\0');
    none.instance = SLICE("");
    CHECK_SLICE("", slice_from(given(BOB, &none, "temp-gruu", gruu)));
    none      = desk;
    none.gruu = 0;
    CHECK_SLICE("", slice_from(given(BOB, &none, "temp-gruu", gruu)));
    bench_close(&b);
}

static bool is_refused(const char *contact)
{
    struct uri uri;

    CHECK(uri_parse(slice_from(contact), &uri));
    return gruu_refusal(b.server, &uri, BOB, location_hash(server_location(b.server), BOB)) != NULL;
}

/* 5.1: such a request would come back to us for ever. */
TEST(a_contact_that_leads_back_to_its_aor_is_refused)
{
    char gruu[TEXT];

    setup("");
    CHECK(is_refused("sip:bob@example.test"));
    CHECK(is_refused("sip:b%6fb@EXAMPLE.TEST;transport=tcp"));
    CHECK(is_refused("sips:bob@192.0.2.1"));
    CHECK(is_refused(given(BOB, &desk, "pub-gruu", gruu)));
    CHECK(is_refused(given(BOB, &hand, "temp-gruu", gruu)));
    CHECK(!is_refused("sip:bob@192.0.2.9"));
    CHECK(!is_refused("sip:bob@example.test:7777"));
    CHECK(!is_refused("sip:bob@example.test;maddr=192.0.2.9"));
    CHECK(!is_refused("sip:carol@example.test"));
    CHECK(!is_refused(given(SLICE("sip:carol@example.test"), &desk, "temp-gruu", gruu)));
    bench_close(&b);
}

/* 8.3 with 6.1. */
TEST(a_redirect_server_names_the_phone_of_the_gruu)
{
    setup("proxy = false\nredirect_server = true\n");
    asks("INVITE", "sip:bob@example.test;gr=urn:x:desk");
    CHECK(raw_last_is(&b.alice, "SIP/2.0 302 "));
    CHECK(strstr(raw_heard(&b.alice, 0), "<sip:bob@192.0.2.9:6001>") != NULL);
    CHECK(strstr(raw_heard(&b.alice, 0), "<sip:bob@192.0.2.9:6002>") == NULL);
    raw_ask(&b.alice, &(struct request_form){ .method = "ACK", .uri = "sip:bob@example.test;gr=urn:x:desk" });
    bench_live(&b, 50);
    bench_close(&b);
}

/* What a request of a user who has proved to be this one, with this Contact, is to gruu_is_anothers. */
static bool is_anothers(const char *method, const char *user, const char *contact)
{
    struct passage     p = { .aor = SLICE("") };
    char               text[4 * TEXT];
    struct parse_fault fault;
    struct message    *m;
    bool               anothers;

    snprintf(
        text, sizeof text,
        "%s sip:erin@far.test SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.9;branch=z9hG4bK7\r\nFrom: <sip:x@x.test>;tag=1\r\n"
        "To: <sip:erin@far.test>\r\nCall-ID: one\r\nCSeq: 1 %s\r\n%sContent-Length: 0\r\n\r\n",
        method, method, contact);
    m = message_parse(slice_from(text), &fault);
    CHECK(m != NULL);
    p.request = m;
    CHECK(standing_prove(&p.standing, slice_from(user), SLICE("example.test")));
    anothers = gruu_is_anothers(b.server, &p);
    message_drop(m);
    return anothers;
}

/* RFC 5627 6.2: but what is no GRUU of ours says nothing. */
TEST(a_contact_that_is_the_gruu_of_another_is_noticed)
{
    static const char alice[] = "alice", bob[] = "bob";
    char              gruu[TEXT], contact[2 * TEXT];

    setup("");
    bench_add_user(&b, "alice", "wonderland");
    bench_add_user(&b, "bob", "builder");
    snprintf(contact, sizeof contact, "Contact: <%s>\r\n", given(BOB, &desk, "temp-gruu", gruu));
    CHECK(is_anothers("INVITE", alice, contact));
    CHECK(!is_anothers("INVITE", bob, contact));
    CHECK(!is_anothers("MESSAGE", alice, contact));
    gruu[20] = gruu[20] == 'a' ? 'b' : 'a';
    snprintf(contact, sizeof contact, "m: <%s>\r\n", gruu);
    CHECK(!is_anothers("INVITE", alice, contact));
    CHECK(is_anothers("SUBSCRIBE", alice, "m: <sip:bob@example.test;gr=urn:x:desk>\r\n"));
    CHECK(!is_anothers("SUBSCRIBE", bob, "Contact: <sip:bob@example.test;gr=urn:x:desk>\r\n"));
    CHECK(!is_anothers("REFER", alice, "Contact: <sip:bob@far.test;gr=urn:x:desk>\r\n"));
    CHECK(!is_anothers("INVITE", alice, "Contact: <sip:alice@192.0.2.9>\r\n"));
    CHECK(!is_anothers("INVITE", alice, ""));
    bench_close(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_public_gruu_leads_to_its_phone_alone),
        cmocka_unit_test(a_temporary_gruu_leads_to_its_phone_until_its_epoch_ends),
        cmocka_unit_test(what_is_no_gruu_of_ours_is_not_found),
        cmocka_unit_test(of_contacts_of_one_phone_the_newest_is_taken),
        cmocka_unit_test(the_gruu_has_the_scheme_of_the_contact),
        cmocka_unit_test(what_is_too_long_or_has_no_instance_has_no_gruu),
        cmocka_unit_test(a_contact_that_leads_back_to_its_aor_is_refused),
        cmocka_unit_test(a_contact_that_is_the_gruu_of_another_is_noticed),
        cmocka_unit_test(a_redirect_server_names_the_phone_of_the_gruu),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
