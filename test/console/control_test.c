/* SPDX-License-Identifier: BSD-2-Clause */
#include "console/control.h"

#include "base/error.h"
#include "console/control_client.h"
#include "console/control_private.h"
#include "support/post_world.h"
#include "support/temp_folder.h"
#include "support/test.h"

#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

enum { CLIENTS = 3 };

struct bench {
    struct temp_folder   folder;
    char                 path[128];
    struct post_world   *post;
    struct control      *control;
    struct control_call *kept; /* by method "later" */
    bool                 have_kept;
    unsigned             calls;
    char                 problem[512];
};

static void echo(void *user, struct control_call *call, const json_t *params)
{
    ((struct bench *)user)->calls++;
    control_reply(call, json_deep_copy(params));
}

static void later(void *user, struct control_call *call, const json_t *params)
{
    struct bench *b = user;

    (void)params;
    b->kept      = call;
    b->have_kept = true;
}

static void refuse(void *user, struct control_call *call, const json_t *params)
{
    (void)user, (void)params;
    control_fail(call, -ERR_EXISTS, "there is one already");
}

/* An answer larger than a socket's buffers. */
static void big(void *user, struct control_call *call, const json_t *params)
{
    enum { SIZE = 4000000 };
    char *text = malloc(SIZE + 1);

    (void)user, (void)params;
    memset(text, 'x', SIZE);
    text[SIZE] = '\0';
    control_reply(call, json_pack("{s:s}", "text", text));
    free(text);
}

static const struct control_param echo_params[] = {
    { "name", CONTROL_TEXT, false, 0, 0, "" },
    { "n", CONTROL_INTEGER, false, 0, 9, "" },
    { .name = NULL },
};

static const struct control_method methods[] = {
    { .name = "echo", .fn = echo, .params = echo_params, .changes = true },
    { .name = "later", .fn = later },
    { .name = "fail", .fn = refuse },
    { .name = "big", .fn = big },
};

static int start(struct bench *b)
{
    return control_start(post_world_of(b->post), b->path, methods, 4, b, CLIENTS, &b->control, b->problem,
                         sizeof b->problem);
}

static void setup(struct bench *b)
{
    memset(b, 0, sizeof *b);
    temp_folder_init(&b->folder);
    temp_folder_file(&b->folder, "control.sock", b->path);
    b->post = post_world_new();
    CHECK_INT(0, start(b));
}

static void teardown(struct bench *b)
{
    if (b->control != NULL)
        control_stop(b->control);
    post_world_free(b->post);
    temp_folder_fini(&b->folder);
}

/* A client on a thread of its own, while this one runs the world. */
struct asker {
    struct bench *bench;
    const char   *method;
    json_t       *params;
    msec          patience;
    pthread_t     thread;
    bool          done;
    int           error;
    json_t       *outcome;
};

static void set_done(void *arg)
{
    ((struct asker *)arg)->done = true;
}

static void *ask_thread(void *arg)
{
    struct asker *a = arg;

    a->error = control_ask(a->bench->path, a->method, a->params, a->patience, &a->outcome);
    post_world_of(a->bench->post)->ops->post(post_world_of(a->bench->post), set_done, a);
    return NULL;
}

static void ask_begin(struct bench *b, struct asker *a, const char *method, json_t *params)
{
    *a = (struct asker){ .bench = b, .method = method, .params = params, .patience = 5000 };
    CHECK_INT(0, pthread_create(&a->thread, NULL, ask_thread, a));
}

static void ask_end(struct asker *a)
{
    CHECK(post_world_run_until(a->bench->post, &a->done));
    pthread_join(a->thread, NULL);
    json_decref(a->params);
}

static void ask(struct bench *b, struct asker *a, const char *method, json_t *params)
{
    ask_begin(b, a, method, params);
    ask_end(a);
}

TEST(a_method_is_called_and_its_result_comes_back)
{
    struct bench b;
    struct asker a;
    json_t      *result;
    const char  *message;

    setup(&b);
    ask(&b, &a, "echo", json_pack("{s:s,s:i}", "name", "alice", "n", 7));
    CHECK_INT(0, a.error);
    CHECK_INT(0, control_outcome_read(a.outcome, &result, &message));
    CHECK_SLICE("alice", slice_from(json_string_value(json_object_get(result, "name"))));
    CHECK_SLICE("2.0", slice_from(json_string_value(json_object_get(a.outcome, "jsonrpc"))));
    CHECK_INT(1, json_integer_value(json_object_get(a.outcome, "id")));
    json_decref(a.outcome);
    teardown(&b);
}

TEST(an_error_comes_back_with_its_name_and_text)
{
    struct bench b;
    struct asker a;
    json_t      *result;
    const char  *message = NULL;

    setup(&b);
    ask(&b, &a, "fail", NULL);
    CHECK_INT(-ERR_EXISTS, control_outcome_read(a.outcome, &result, &message));
    CHECK_SLICE("there is one already", slice_from(message));
    json_decref(a.outcome);
    ask(&b, &a, "nothing", NULL);
    CHECK_INT(-ERR_UNSUPPORTED, control_outcome_read(a.outcome, &result, &message));
    json_decref(a.outcome);
    teardown(&b);
}

TEST(a_call_may_be_finished_in_a_later_turn)
{
    struct bench b;
    struct asker a;
    json_t      *result;
    const char  *message;

    setup(&b);
    ask_begin(&b, &a, "later", NULL);
    CHECK(post_world_run_until(b.post, &b.have_kept));
    CHECK(!a.done);
    control_reply(b.kept, json_pack("{s:b}", "done", 1));
    ask_end(&a);
    CHECK_INT(0, control_outcome_read(a.outcome, &result, &message));
    CHECK(json_is_true(json_object_get(result, "done")));
    json_decref(a.outcome);
    teardown(&b);
}

TEST(a_large_answer_arrives_whole)
{
    struct bench b;
    struct asker a;
    json_t      *result;
    const char  *message;

    setup(&b);
    ask(&b, &a, "big", NULL);
    CHECK_INT(0, a.error);
    CHECK_INT(0, control_outcome_read(a.outcome, &result, &message));
    CHECK_INT(4000000, json_string_length(json_object_get(result, "text")));
    json_decref(a.outcome);
    teardown(&b);
}

static int raw_connect(struct bench *b)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    int                fd      = socket(AF_UNIX, SOCK_STREAM, 0);

    strcpy(address.sun_path, b->path);
    CHECK_INT(0, connect(fd, (struct sockaddr *)&address, sizeof address));
    return fd;
}

/* Read what comes until a line is complete or the other side closes. */
static struct slice raw_read(int fd, char *memory, size_t size)
{
    size_t len = 0;

    while (len < size && (len == 0 || memory[len - 1] != '\n')) {
        ssize_t got = recv(fd, memory + len, size - len, 0);

        if (got <= 0)
            break;
        len += (size_t)got;
    }
    return (struct slice){ memory, len };
}

static void check_raw(struct bench *b, struct slice request, const char *want)
{
    char memory[1024];
    int  fd = raw_connect(b);

    CHECK_INT(request.len, send(fd, request.ptr, request.len, MSG_NOSIGNAL));
    CHECK_SLICE(want, raw_read(fd, memory, sizeof memory));
    close(fd);
}

/* JSON-RPC 2.0, 5.1: the codes. */
TEST(what_is_no_request_is_refused)
{
    struct bench b;

    setup(&b);
    check_raw(&b, SLICE("{\"jsonrpc\":\n"),
              "{\"error\":{\"code\":-32700,\"message\":\"unexpected token near end of file\",\"data\":{\"error\":"
              "\"SYNTAX\"}},\"jsonrpc\":\"2.0\",\"id\":null}\n");
    check_raw(&b, SLICE("{\"jsonrpc\":\"2.0\"}\n"),
              "{\"error\":{\"code\":-32600,\"message\":\"want \\\"method\\\" with a string\",\"data\":{\"error\":"
              "\"SYNTAX\"}},\"jsonrpc\":\"2.0\",\"id\":null}\n");
    CHECK_INT(0, b.calls);
    teardown(&b);
}

TEST(a_request_that_is_too_long_is_refused_and_the_client_dropped)
{
    static char  text[CONTROL_REQUEST_MAX];
    struct bench b;
    char         memory[1024];
    int          fd;

    setup(&b);
    memset(text, 'x', sizeof text);
    fd = raw_connect(&b);
    CHECK_INT(sizeof text, send(fd, text, sizeof text, MSG_NOSIGNAL));
    CHECK(strstr(raw_read(fd, memory, sizeof memory).ptr, "request too long") != NULL);
    CHECK_INT(0, raw_read(fd, memory, sizeof memory).len);
    close(fd);
    teardown(&b);
}

static void one_call(struct bench *b)
{
    struct asker a;

    ask(b, &a, "echo", NULL);
    CHECK_INT(0, a.error);
    json_decref(a.outcome);
}

TEST(two_requests_at_once_are_answered_one_after_the_other)
{
    enum { TWO_ANSWERS = 2 * 44 };
    static const char two[] = "{\"jsonrpc\":\"2.0\",\"id\":\"a\",\"method\":\"echo\",\"params\":{\"n\":1}}\n\n"
                              "{\"jsonrpc\":\"2.0\",\"id\":\"b\",\"method\":\"echo\",\"params\":{\"n\":2}}\n";
    struct bench      b;
    char              memory[1024];
    int               fd;

    setup(&b);
    fd = raw_connect(&b);
    CHECK_INT(sizeof two - 1, send(fd, two, sizeof two - 1, MSG_NOSIGNAL));
    /* Other calls turn the world until both answers are there. */
    for (int i = 0; i < 1000 && recv(fd, memory, sizeof memory, MSG_DONTWAIT | MSG_PEEK) < TWO_ANSWERS; i++)
        one_call(&b);
    CHECK_INT(TWO_ANSWERS, recv(fd, memory, sizeof memory, MSG_DONTWAIT));
    CHECK_SLICE("{\"result\":{\"n\":1},\"jsonrpc\":\"2.0\",\"id\":\"a\"}\n"
                "{\"result\":{\"n\":2},\"jsonrpc\":\"2.0\",\"id\":\"b\"}\n",
                ((struct slice){ memory, TWO_ANSWERS }));
    close(fd);
    teardown(&b);
}

TEST(more_clients_than_allowed_are_turned_away_with_a_reason)
{
    struct bench b;
    struct asker a;
    int          fds[CLIENTS];
    json_t      *result;
    const char  *message = "";

    setup(&b);
    for (int i = 0; i < CLIENTS; i++)
        fds[i] = raw_connect(&b);
    ask(&b, &a, "echo", NULL);
    CHECK_INT(0, a.error);
    CHECK_INT(-ERR_LIMIT, control_outcome_read(a.outcome, &result, &message));
    CHECK_SLICE("too many commands at the same time", slice_from(message));
    json_decref(a.outcome);
    for (int i = 0; i < CLIENTS; i++)
        close(fds[i]);
    for (int tries = 0; message != NULL && tries < 10000; tries++) { /* till it has seen them go */
        ask(&b, &a, "echo", NULL);
        if (a.error == 0 && control_outcome_read(a.outcome, &result, &message) == 0)
            message = NULL;
        json_decref(a.outcome);
    }
    CHECK(message == NULL);
    teardown(&b);
}

TEST(an_answer_for_a_client_that_left_is_dropped)
{
    static const char request[] = "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"later\"}\n";
    struct bench      b;
    int               fd;

    setup(&b);
    fd = raw_connect(&b);
    CHECK_INT(sizeof request - 1, send(fd, request, sizeof request - 1, MSG_NOSIGNAL));
    CHECK(post_world_run_until(b.post, &b.have_kept));
    close(fd);
    one_call(&b);
    control_reply(b.kept, json_object());
    one_call(&b);
    teardown(&b);
}

TEST(an_answer_never_goes_to_the_next_client_in_the_same_place)
{
    static const char request[] = "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"later\"}\n";
    struct bench      b;
    char              memory[64];
    int               first, second;

    setup(&b);
    first = raw_connect(&b);
    CHECK_INT(sizeof request - 1, send(first, request, sizeof request - 1, MSG_NOSIGNAL));
    CHECK(post_world_run_until(b.post, &b.have_kept));
    close(first);
    one_call(&b); /* by now it is known to have gone */
    second = raw_connect(&b);
    one_call(&b);
    control_reply(b.kept, json_object());
    one_call(&b);
    CHECK_INT(-1, recv(second, memory, sizeof memory, MSG_DONTWAIT));
    close(second);
    teardown(&b);
}

TEST(the_next_request_waits_for_the_answer_to_the_last)
{
    static const char two[] = "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"later\"}\n"
                              "{\"jsonrpc\":\"2.0\",\"id\":2,\"method\":\"echo\"}\n";
    struct bench      b;
    char              memory[256];
    int               fd;

    setup(&b);
    fd = raw_connect(&b);
    CHECK_INT(sizeof two - 1, send(fd, two, sizeof two - 1, MSG_NOSIGNAL));
    CHECK(post_world_run_until(b.post, &b.have_kept));
    one_call(&b);
    CHECK_INT(-1, recv(fd, memory, sizeof memory, MSG_DONTWAIT));
    CHECK_INT(1, b.calls);
    control_reply(b.kept, json_object());
    while (b.calls < 3)
        one_call(&b);
    CHECK_SLICE("{\"result\":{},\"jsonrpc\":\"2.0\",\"id\":1}\n",
                raw_read(fd, memory, strlen("{\"result\":{},\"jsonrpc\":\"2.0\",\"id\":1}\n")));
    close(fd);
    teardown(&b);
}

TEST(a_call_that_is_finished_after_the_stop_is_harmless)
{
    struct bench b;
    struct asker a;

    setup(&b);
    ask_begin(&b, &a, "later", NULL);
    CHECK(post_world_run_until(b.post, &b.have_kept));
    control_stop(b.control);
    b.control = NULL;
    ask_end(&a);
    CHECK_INT(-ERR_RESET, a.error);
    control_reply(b.kept, json_object());
    teardown(&b);
}

TEST(an_answer_given_just_before_the_stop_still_arrives)
{
    static char  text[2000000]; /* more than the socket takes at once */
    struct bench b;
    struct asker a;
    json_t      *result;
    const char  *message;

    setup(&b);
    memset(text, 'x', sizeof text);
    ask_begin(&b, &a, "later", NULL);
    CHECK(post_world_run_until(b.post, &b.have_kept));
    control_reply(b.kept, json_pack("{s:o}", "text", json_stringn(text, sizeof text)));
    control_stop(b.control);
    b.control = NULL;
    ask_end(&a);
    CHECK_INT(0, a.error);
    CHECK_INT(0, control_outcome_read(a.outcome, &result, &message));
    CHECK_INT(sizeof text, json_string_length(json_object_get(result, "text")));
    json_decref(a.outcome);
    teardown(&b);
}

/* Turn the world until `len` bytes have come, then check them. */
static void check_later(struct bench *b, int fd, const char *want)
{
    char   memory[1024];
    size_t len = strlen(want);

    for (int i = 0; i < 1000 && recv(fd, memory, sizeof memory, MSG_DONTWAIT | MSG_PEEK) < (ssize_t)len; i++)
        one_call(b);
    CHECK_INT(len, recv(fd, memory, sizeof memory, MSG_DONTWAIT));
    CHECK_SLICE(want, ((struct slice){ memory, len }));
}

/* JSON-RPC 2.0, 6 and 4.1. */
TEST(a_batch_gets_one_answer_and_a_notification_none)
{
    static const char lines[] =
        "{\"jsonrpc\":\"2.0\",\"method\":\"echo\"}\n"
        "[{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"echo\",\"params\":[\"a\"]},"
        "{\"jsonrpc\":\"2.0\",\"method\":\"echo\"},{\"jsonrpc\":\"2.0\",\"id\":2,\"method\":\"echo\"}]\n";
    struct bench b;
    int          fd;

    setup(&b);
    fd = raw_connect(&b);
    CHECK_INT(sizeof lines - 1, send(fd, lines, sizeof lines - 1, MSG_NOSIGNAL));
    check_later(
        &b, fd,
        "[{\"result\":{\"name\":\"a\"},\"jsonrpc\":\"2.0\",\"id\":1},{\"result\":{},\"jsonrpc\":\"2.0\",\"id\":2}]\n");
    close(fd);
    teardown(&b);
}

TEST(the_last_line_need_not_end_in_a_newline)
{
    static const char line[] = "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"echo\"}";
    struct bench      b;
    int               fd;

    setup(&b);
    fd = raw_connect(&b);
    CHECK_INT(sizeof line - 1, send(fd, line, sizeof line - 1, MSG_NOSIGNAL));
    CHECK_INT(0, shutdown(fd, SHUT_WR));
    check_later(&b, fd, "{\"result\":{},\"jsonrpc\":\"2.0\",\"id\":1}\n");
    close(fd);
    teardown(&b);
}

static void restart_impatient(struct bench *b, msec stall, msec idle)
{
    struct control_limits limits = { CLIENTS, stall, idle, 5 };

    control_stop(b->control);
    CHECK_INT(0, control_open(post_world_of(b->post), b->path, methods, 4, b, &limits, &b->control, b->problem,
                              sizeof b->problem));
}

TEST(a_client_that_does_not_read_its_answer_is_dropped)
{
    static const char request[] = "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"big\"}\n";
    static char       memory[4096];
    struct bench      b;
    int               fd;
    size_t            total = 0;

    setup(&b);
    restart_impatient(&b, 20, 60000);
    fd = raw_connect(&b);
    CHECK_INT(sizeof request - 1, send(fd, request, sizeof request - 1, MSG_NOSIGNAL));
    /* The other side hangs up although most of the answer has not been read. */
    for (struct pollfd one = { .fd = fd, .events = POLLRDHUP }; poll(&one, 1, 1) == 0;)
        post_world_drain(b.post);
    for (ssize_t got; (got = recv(fd, memory, sizeof memory, 0)) > 0;)
        total += (size_t)got;
    CHECK(total > 0);
    CHECK(total < 4000000);
    close(fd);
    teardown(&b);
}

/* Each byte is progress, the line is not. */
TEST(a_client_that_never_comes_to_the_end_of_a_line_is_dropped)
{
    struct bench b;
    int          fd;

    setup(&b);
    restart_impatient(&b, 50, 60000);
    fd = raw_connect(&b);
    for (struct pollfd one = { .fd = fd, .events = POLLRDHUP }; poll(&one, 1, 1) == 0;)
        (void)!send(fd, "x", 1, MSG_NOSIGNAL);
    close(fd);
    teardown(&b);
}

static void keep_line(void *arg, enum log_level level, struct slice line)
{
    struct buf *lines = arg;

    buf_put(lines, slice_from(log_level_name(level)));
    buf_put_byte(lines, ' ');
    buf_put(lines, line);
    buf_put_byte(lines, '\n');
}

/* Passwords are parameters. */
TEST(the_log_tells_of_calls_but_not_of_their_parameters)
{
    char         text[2048];
    struct buf   lines = BUF_ON(text);
    struct log   log   = { .sink = keep_line, .arg = &lines };
    struct bench b;
    struct asker a;

    setup(&b);
    post_world_of(b.post)->log = &log;
    ask(&b, &a, "echo", json_pack("{s:s}", "name", "secret"));
    json_decref(a.outcome);
    ask(&b, &a, "later\nx", NULL);
    json_decref(a.outcome);
    CHECK(strstr(buf_cstr(&lines), "info ") == text && strstr(text, "event=command method=echo") != NULL);
    CHECK(strstr(text, "secret") == NULL);
    CHECK(strchr(text, '\n') == text + lines.len - 1);
    post_world_of(b.post)->log = NULL;
    teardown(&b);
}

TEST(a_client_that_says_nothing_is_dropped)
{
    struct bench b;
    char         memory[16];
    int          fd;

    setup(&b);
    restart_impatient(&b, 60000, 20);
    fd = raw_connect(&b);
    CHECK_INT(0, recv(fd, memory, sizeof memory, 0));
    close(fd);
    teardown(&b);
}

TEST(the_socket_is_for_its_owner_only_and_goes_with_the_server)
{
    struct bench b;
    struct stat  status;
    json_t      *outcome;

    setup(&b);
    CHECK_INT(0, stat(b.path, &status));
    CHECK_INT(0600, status.st_mode & 0777);
    control_stop(b.control);
    b.control = NULL;
    CHECK(stat(b.path, &status) != 0);
    CHECK_INT(-ERR_NOT_FOUND, control_ask(b.path, "echo", NULL, 1000, &outcome));
    teardown(&b);
}

/* In a process of its own: what a connection of user `nobody` is told. */
static int ask_as_nobody(struct bench *b)
{
    enum { NOBODY = 65534 };
    char memory[512];
    int  fd;

    if (setuid(NOBODY) != 0)
        return 2;
    memset(memory, 0, sizeof memory);
    fd = raw_connect(b);
    raw_read(fd, memory, sizeof memory - 1);
    return strstr(memory, "\"error\":\"PERMISSION\"") != NULL ? 0 : 1;
}

TEST(another_user_is_turned_away_even_if_the_file_lets_him_in)
{
    struct bench b;
    pid_t        child;
    int          status;

    if (geteuid() != 0)
        skip(); /* only root can be somebody else */
    setup(&b);
    CHECK_INT(0, chmod(b.folder.path, 0755));
    CHECK_INT(0, chmod(b.path, 0666));
    child = fork();
    if (child == 0)
        _exit(ask_as_nobody(&b));
    CHECK_INT(child, waitpid(child, &status, 0));
    CHECK(WIFEXITED(status));
    CHECK_INT(0, WEXITSTATUS(status));
    one_call(&b);
    teardown(&b);
}

TEST(a_living_server_is_not_replaced)
{
    struct bench    b;
    struct control *second = NULL;

    setup(&b);
    CHECK_INT(-ERR_IN_USE, control_start(post_world_of(b.post), b.path, methods, 4, &b, CLIENTS, &second, b.problem,
                                         sizeof b.problem));
    CHECK(strstr(b.problem, b.path) != NULL);
    CHECK(strstr(b.problem, "another ahoy serves there") != NULL);
    one_call(&b);
    teardown(&b);
}

TEST(the_socket_of_a_dead_server_is_replaced)
{
    struct bench       b;
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    int                fd      = socket(AF_UNIX, SOCK_STREAM, 0);

    setup(&b);
    control_stop(b.control);
    b.control = NULL;
    strcpy(address.sun_path, b.path);
    CHECK_INT(0, bind(fd, (struct sockaddr *)&address, sizeof address));
    CHECK_INT(0, listen(fd, 1));
    close(fd); /* the file stays, as after a crash */
    CHECK_INT(0, start(&b));
    one_call(&b);
    teardown(&b);
}

TEST(a_file_in_the_way_is_left_alone)
{
    struct bench b;
    struct stat  status;
    FILE        *file;

    setup(&b);
    control_stop(b.control);
    b.control = NULL;
    file      = fopen(b.path, "w");
    CHECK(file != NULL);
    fclose(file);
    CHECK_INT(-ERR_IN_USE, start(&b));
    CHECK_INT(0, stat(b.path, &status));
    b.control = NULL;
    teardown(&b);
}

TEST(a_path_too_long_for_a_socket_is_explained)
{
    struct bench    b;
    struct control *second = NULL;
    char            path[200];
    json_t         *outcome;

    setup(&b);
    memset(path, 'x', sizeof path);
    path[sizeof path - 1] = '\0';
    CHECK_INT(-ERR_TOO_LARGE, control_start(post_world_of(b.post), path, methods, 4, &b, CLIENTS, &second, b.problem,
                                            sizeof b.problem));
    CHECK(strstr(b.problem, "shorter state folder") != NULL);
    CHECK_INT(-ERR_TOO_LARGE, control_ask(path, "echo", NULL, 1000, &outcome));
    teardown(&b);
}

TEST(a_server_that_does_not_answer_is_not_waited_for_longer_than_asked)
{
    struct bench b;
    struct asker a;

    setup(&b);
    a = (struct asker){ .bench = &b, .method = "later", .patience = 50 };
    CHECK_INT(0, pthread_create(&a.thread, NULL, ask_thread, &a));
    ask_end(&a);
    CHECK_INT(-ERR_TIMEOUT, a.error);
    CHECK(b.have_kept);
    control_reply(b.kept, json_object());
    teardown(&b);
}

TEST(a_world_too_busy_for_one_more_post_says_so)
{
    struct bench b;

    setup(&b);
    post_world_refuse(b.post, 1);
    check_raw(&b, SLICE("{\"jsonrpc\":\"2.0\",\"id\":5,\"method\":\"echo\"}\n"),
              "{\"error\":{\"code\":-32000,\"message\":\"the server is too busy\",\"data\":{\"error\":\"LIMIT\"}},"
              "\"jsonrpc\":\"2.0\",\"id\":5}\n");
    one_call(&b);
    teardown(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_method_is_called_and_its_result_comes_back),
        cmocka_unit_test(an_error_comes_back_with_its_name_and_text),
        cmocka_unit_test(a_call_may_be_finished_in_a_later_turn),
        cmocka_unit_test(a_large_answer_arrives_whole),
        cmocka_unit_test(what_is_no_request_is_refused),
        cmocka_unit_test(a_request_that_is_too_long_is_refused_and_the_client_dropped),
        cmocka_unit_test(two_requests_at_once_are_answered_one_after_the_other),
        cmocka_unit_test(more_clients_than_allowed_are_turned_away_with_a_reason),
        cmocka_unit_test(an_answer_for_a_client_that_left_is_dropped),
        cmocka_unit_test(an_answer_never_goes_to_the_next_client_in_the_same_place),
        cmocka_unit_test(the_next_request_waits_for_the_answer_to_the_last),
        cmocka_unit_test(a_call_that_is_finished_after_the_stop_is_harmless),
        cmocka_unit_test(an_answer_given_just_before_the_stop_still_arrives),
        cmocka_unit_test(a_client_that_does_not_read_its_answer_is_dropped),
        cmocka_unit_test(a_client_that_says_nothing_is_dropped),
        cmocka_unit_test(the_log_tells_of_calls_but_not_of_their_parameters),
        cmocka_unit_test(a_client_that_never_comes_to_the_end_of_a_line_is_dropped),
        cmocka_unit_test(a_batch_gets_one_answer_and_a_notification_none),
        cmocka_unit_test(the_last_line_need_not_end_in_a_newline),
        cmocka_unit_test(the_socket_is_for_its_owner_only_and_goes_with_the_server),
        cmocka_unit_test(another_user_is_turned_away_even_if_the_file_lets_him_in),
        cmocka_unit_test(a_living_server_is_not_replaced),
        cmocka_unit_test(the_socket_of_a_dead_server_is_replaced),
        cmocka_unit_test(a_file_in_the_way_is_left_alone),
        cmocka_unit_test(a_path_too_long_for_a_socket_is_explained),
        cmocka_unit_test(a_server_that_does_not_answer_is_not_waited_for_longer_than_asked),
        cmocka_unit_test(a_world_too_busy_for_one_more_post_says_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
