/* SPDX-License-Identifier: BSD-2-Clause */
#include "stack/trace.h"

#include "base/error.h"
#include "support/temp_folder.h"
#include "support/test.h"
#include "support/world_fake.h"

#include <jansson.h>
#include <stdlib.h>
#include <sys/stat.h>

static char       memory[8192];
static struct buf b;

static struct slice masked(struct slice text)
{
    b = BUF_ON(memory);
    trace_write_masked(&b, test_guarded(text));
    CHECK(buf_ok(&b));
    return buf_slice(&b);
}

static const struct flow flow = {
    .transport = TRANSPORT_UDP,
    .local     = { .ip = { 127, 0, 0, 1 }, .port = 5062, .family = FAMILY_4 },
    .remote    = { .ip = { 127, 0, 0, 1 }, .port = 5060, .family = FAMILY_4 },
};

TEST(credentials_are_masked_folds_included)
{
    CHECK_SLICE("REGISTER sip:h SIP/2.0\r\nauthorization : ***\r\nProxy-Authorization: ***\r\nTo: <sip:a@h>\r\n\r\n",
                masked(SLICE("REGISTER sip:h SIP/2.0\r\nauthorization : Digest username=\"a\",\r\n response=\"1\"\r\n"
                             "Proxy-Authorization:Digest response=\"2\"\r\nTo: <sip:a@h>\r\n\r\n")));
}

TEST(a_header_after_the_masked_one_is_not_swallowed_by_its_own_fold)
{
    CHECK_SLICE("X\r\nSubject: a\r\n b\r\n\r\n", masked(SLICE("X\r\nSubject: a\r\n b\r\n\r\n")));
}

/* RFC 3261 7.5 */
TEST(credentials_behind_empty_lines_are_masked_too)
{
    CHECK_SLICE("REGISTER sip:h SIP/2.0\r\nAuthorization: ***\r\n\r\n",
                masked(SLICE("\r\n\r\nREGISTER sip:h SIP/2.0\r\nAuthorization: Digest x\r\n\r\n")));
}

TEST(keys_in_sdp_are_masked)
{
    CHECK_SLICE("X\r\n\r\nv=0\r\na=crypto:***\r\nk=***\r\na=ptime:20\r\n",
                masked(SLICE("X\r\n\r\nv=0\r\na=crypto:1 AES inline:abc\r\nk=clear:x\r\na=ptime:20\r\n")));
}

TEST(a_body_that_looks_like_credentials_stays)
{
    CHECK_SLICE("X\r\n\r\nAuthorization: x\r\n", masked(SLICE("X\r\n\r\nAuthorization: x\r\n")));
}

TEST(what_ends_in_the_middle_is_no_trouble)
{
    CHECK_SLICE("", masked(SLICE("")));
    CHECK_SLICE("X\r\nAuthorization: ***\r\n", masked(SLICE("X\r\nAuthorization: Dig")));
}

TEST(a_line_is_json_with_all_that_a_ladder_needs)
{
    json_t *line;

    b = BUF_ON(memory);
    trace_write_line(&b, 1732350000123, SLICE("al\"ice"), true, &flow,
                     SLICE("OPTIONS sip:h SIP/2.0\r\ni: c1\r\nCSeq: 7 OPTIONS\r\n\r\n\xff"));
    CHECK(buf_ok(&b));
    CHECK(memory[b.len - 1] == '\n');
    line = json_loadb(memory, b.len, 0, NULL);
    CHECK(line != NULL);
    CHECK_INT(1732350000123, json_integer_value(json_object_get(line, "t")));
    assert_string_equal("al\"ice", json_string_value(json_object_get(line, "node")));
    assert_string_equal("out", json_string_value(json_object_get(line, "dir")));
    assert_string_equal("UDP", json_string_value(json_object_get(line, "transport")));
    assert_string_equal("127.0.0.1:5062", json_string_value(json_object_get(line, "local")));
    assert_string_equal("127.0.0.1:5060", json_string_value(json_object_get(line, "remote")));
    assert_string_equal("OPTIONS sip:h SIP/2.0", json_string_value(json_object_get(line, "first")));
    assert_string_equal("c1", json_string_value(json_object_get(line, "call_id")));
    assert_string_equal("7 OPTIONS", json_string_value(json_object_get(line, "cseq")));
    json_decref(line);
}

TEST(messages_are_appended_to_a_private_file_and_keep_alives_are_not)
{
    struct temp_folder   folder;
    char                 path[128];
    struct network      *network = network_new(1);
    struct world        *world   = world_fake_new(network_host(network, "a"));
    struct trace_writer *writer;
    struct stack_trace   hook;
    struct stat          facts;
    struct slice         text;
    char                *content;
    int                  lines = 0;

    temp_folder_init(&folder);
    temp_folder_file(&folder, "t.jsonl", path);
    for (int i = 0; i < 2; i++) {
        CHECK_INT(0, trace_open(world, path, SLICE("a"), &writer));
        hook = trace_hook(writer);
        hook.fn(hook.arg, true, &flow, SLICE("BYE sip:h SIP/2.0\r\n\r\n"));
        hook.fn(hook.arg, true, &flow, SLICE("\r\n\r\n"));
        CHECK_INT(0, trace_close(writer));
    }
    CHECK_INT(0, stat(path, &facts));
    CHECK_INT(0600, facts.st_mode & 0777);
    CHECK(test_read_file(path, &text, &content));
    for (size_t i = 0; i < text.len; i++)
        lines += text.ptr[i] == '\n';
    CHECK_INT(2, lines);
    free(content);
    temp_folder_fini(&folder);
    world_fake_free(world);
    network_free(network);
}

TEST(a_file_that_cannot_be_written_is_told)
{
    struct network      *network = network_new(1);
    struct world        *world   = world_fake_new(network_host(network, "a"));
    struct trace_writer *writer;
    struct stack_trace   hook;

    CHECK_INT(-ERR_NOT_FOUND, trace_open(world, "/nowhere/at/all", SLICE("a"), &writer));
    CHECK_INT(0, trace_open(world, "/dev/full", SLICE("a"), &writer));
    hook = trace_hook(writer);
    hook.fn(hook.arg, false, &flow, SLICE("BYE sip:h SIP/2.0\r\n\r\n"));
    CHECK_INT(-ERR_DISK_FULL, trace_close(writer));
    CHECK(trace_hook(NULL).fn == NULL);
    CHECK_INT(0, trace_close(NULL));
    world_fake_free(world);
    network_free(network);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(credentials_are_masked_folds_included),
        cmocka_unit_test(a_header_after_the_masked_one_is_not_swallowed_by_its_own_fold),
        cmocka_unit_test(credentials_behind_empty_lines_are_masked_too),
        cmocka_unit_test(keys_in_sdp_are_masked),
        cmocka_unit_test(a_body_that_looks_like_credentials_stays),
        cmocka_unit_test(what_ends_in_the_middle_is_no_trouble),
        cmocka_unit_test(a_line_is_json_with_all_that_a_ladder_needs),
        cmocka_unit_test(messages_are_appended_to_a_private_file_and_keep_alives_are_not),
        cmocka_unit_test(a_file_that_cannot_be_written_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
