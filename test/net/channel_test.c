/* SPDX-License-Identifier: BSD-2-Clause */
#include "net/channel.h"

#include "base/error.h"
#include "support/channel_pair.h"

#include <stdlib.h>

static const struct channel_limits no_limits;

TEST(bytes_pass_both_ways_and_an_end_is_told)
{
    struct channel_pair *p = channel_pair_new(CHANNEL_TCP, &no_limits);

    channel_pair_dial(p, "");
    CHECK_INT(0, channel_end_say(&p->caller, "hello"));
    channel_pair_live(p, 10);
    CHECK_SLICE("open ", buf_slice(&p->caller.heard));
    CHECK_SLICE("hello", buf_slice(&p->ends[0].heard));
    CHECK_INT(0, channel_end_say(&p->ends[0], "and you"));
    channel_pair_live(p, 10);
    channel_close(p->ends[0].channel);
    p->ends[0].channel = NULL;
    channel_pair_live(p, 10);
    CHECK_SLICE("open and you closed:NONE", buf_slice(&p->caller.heard));
    channel_pair_free(p);
}

TEST(a_channel_may_be_closed_while_its_bytes_are_read)
{
    struct channel_pair *p = channel_pair_new(CHANNEL_TCP, &no_limits);

    network_set_pieces(p->net, PIECES_BYTES);
    channel_pair_dial(p, "");
    channel_pair_live(p, 10);
    p->ends[0].close = true;
    CHECK_INT(0, channel_end_say(&p->caller, "hello"));
    channel_pair_live(p, 10);
    CHECK_SLICE("h", buf_slice(&p->ends[0].heard));
    CHECK(p->caller.channel == NULL);
    channel_pair_free(p);
}

TEST(nobody_there_is_told_by_the_last_callback)
{
    struct channel_pair *p = channel_pair_new(CHANNEL_TCP, &no_limits);

    p->server->ops->listener_close(p->listener);
    channel_pair_dial(p, "");
    channel_pair_live(p, 10);
    CHECK_SLICE(" closed:REFUSED", buf_slice(&p->caller.heard));
    channel_pair_free(p);
}

TEST(without_certificates_there_is_no_tls)
{
    struct channel_pair *p      = channel_pair_new(CHANNEL_TCP, &no_limits);
    struct address       remote = address_v4(192, 0, 2, 2, SERVER_PORT);
    struct channel      *c;

    CHECK_INT(-ERR_UNSUPPORTED,
              channel_connect(p->client_all, CHANNEL_TLS, &remote, SLICE("a.example"), NULL, NULL, &c));
    channel_pair_free(p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bytes_pass_both_ways_and_an_end_is_told),
        cmocka_unit_test(a_channel_may_be_closed_while_its_bytes_are_read),
        cmocka_unit_test(nobody_there_is_told_by_the_last_callback),
        cmocka_unit_test(without_certificates_there_is_no_tls),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
