/* SPDX-License-Identifier: BSD-2-Clause */
#include "server/who.h"

#include "support/server_bench.h"
#include "support/test.h"

static struct bench b;
static int          done;

static void on_done(void *arg, int error)
{
    (void)arg;
    done = error;
}

static void add_alias(struct slice domain, struct slice name, struct slice user_domain, struct slice user_name)
{
    const struct stored_alias alias = { domain, name, user_domain, user_name };

    done = 1;
    CHECK_INT(0, users_add_alias(server_users(b.server), &alias, on_done, NULL));
    bench_live(&b, 10);
    CHECK_INT(0, done);
}

static void setup(void)
{
    bench_open(&b, "");
    bench_add_user(&b, "alice", "secret");
    bench_add_user(&b, "+4930999", "secret"); /* a user whose name looks like a number */
    add_alias(SLICE("example.test"), SLICE("boss"), SLICE("example.test"), SLICE("alice"));
    add_alias(SLICE(""), SLICE("+4930123"), SLICE("example.test"), SLICE("alice"));
    add_alias(SLICE(""), SLICE("+4930999"), SLICE("example.test"), SLICE("alice"));
}

static void check(const char *text, enum user_state want, bool by_alias, const char *key)
{
    struct uri      uri;
    struct user_id  id;
    char            memory[AOR_TEXT];
    enum user_state state;

    assert_true(uri_parse(slice_from(text), &uri));
    while ((state = who_is(b.server, &uri, &id)) == USER_WAIT)
        bench_live(&b, 10);
    CHECK_INT(want, state);
    if (want == USER_FOUND)
        CHECK_INT(by_alias, id.by_alias);
    CHECK_SLICE(key, who_key(b.server, &id, memory));
}

TEST(a_uri_means_a_user_whatever_it_calls_him)
{
    setup();
    check("sip:alice@example.test", USER_FOUND, false, "sip:alice@example.test");
    check("sips:al%69ce@EXAMPLE.test:5061;x=y", USER_FOUND, false, "sip:alice@example.test");
    check("sip:alice@192.0.2.1", USER_FOUND, false, "sip:alice@example.test");
    check("sip:boss@example.test", USER_FOUND, true, "sip:alice@example.test");
    check("tel:+49-30-123", USER_FOUND, true, "sip:alice@example.test");
    check("sip:+4930.123@example.test;user=phone", USER_FOUND, true, "sip:alice@example.test");
    bench_close(&b);
}

TEST(what_somebody_is_called_is_known_without_asking)
{
    struct uri     uri;
    struct user_id id;

    setup();
    assert_true(uri_parse(SLICE("sip:nob%6fdy@EXAMPLE.test"), &uri));
    who_is_called(&uri, aor_domain(b.server, &uri), &id);
    CHECK(!id.by_alias);
    CHECK_SLICE("nobody", id.name);
    CHECK_SLICE("example.test", id.domain);
    assert_true(uri_parse(SLICE("tel:+4930123"), &uri));
    who_is_called(&uri, SLICE(""), &id);
    CHECK_SLICE("", id.name);
    CHECK_SLICE("", id.domain);
    CHECK_INT(0, counter_read(&b.at_server->counters.user_lookups));
    bench_close(&b);
}

/* RFC 3261 19.1.6: with user=phone the user part is a number, unless somebody is called so. */
TEST(a_name_goes_before_a_number)
{
    setup();
    check("sip:+4930999@example.test;user=phone", USER_FOUND, false, "sip:+4930999@example.test");
    check("tel:+4930999", USER_FOUND, true, "sip:alice@example.test");
    bench_close(&b);
}

TEST(who_is_unknown_is_who_the_uri_says)
{
    setup();
    check("sip:carol@Example.test", USER_UNKNOWN, false, "sip:carol@example.test");
    check("sip:+4930123@example.test", USER_UNKNOWN, false, "sip:+4930123@example.test");
    check("sip:alice@else.test", USER_UNKNOWN, false, "");
    check("sip:+4930123@else.test;user=phone", USER_UNKNOWN, false, "");
    check("tel:+4930124", USER_UNKNOWN, false, "");
    check("tel:030123;phone-context=example.test", USER_UNKNOWN, false, "");
    check("mailto:alice@example.test", USER_UNKNOWN, false, "");
    check("sip:example.test", USER_UNKNOWN, false, "");
    bench_close(&b);
}

static bool may_be(const char *text)
{
    struct uri uri;

    assert_true(uri_parse(slice_from(text), &uri));
    return who_may_be(b.server, &uri);
}

TEST(only_what_is_ours_or_a_number_may_be_somebody)
{
    setup();
    CHECK(may_be("sip:x@example.test"));
    CHECK(may_be("tel:+1"));
    CHECK(!may_be("tel:1;phone-context=+1"));
    CHECK(!may_be("sip:x@else.test"));
    CHECK(!may_be("mailto:x@example.test"));
    bench_close(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_somebody_is_called_is_known_without_asking),
        cmocka_unit_test(a_uri_means_a_user_whatever_it_calls_him),
        cmocka_unit_test(a_name_goes_before_a_number),
        cmocka_unit_test(who_is_unknown_is_who_the_uri_says),
        cmocka_unit_test(only_what_is_ours_or_a_number_may_be_somebody),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
