# SPDX-License-Identifier: BSD-2-Clause
"""A phone that reaches the server by IPv6 only and one that reaches it by IPv4 only, and a server that has both.  In
network namespaces of its own (netns.py)."""

from live import Bench, run
from netns import Network, enter
from people import Person, hang_up, received, traced, values

EVERYWHERE = ["udp:0.0.0.0:5060", "tcp:0.0.0.0:5060", "udp:[::]:5060", "tcp:[::]:5060",
              "tls:0.0.0.0:5061", "tls:[::]:5061"]


class Families:
    """With a `lane` of IPv6 beside the server sound can go from one to the other; without it nothing can."""

    def __init__(self, net, b, transport, lane=True):
        exchange, six, four = net.host("exchange"), net.host("six"), net.host("four")
        net.cable(exchange, "fd00:6::1/64", six, "fd00:6::2/64")
        net.cable(exchange, "10.4.0.1/24", four, "10.4.0.2/24")
        if lane:
            net.cable(six, "fd00:64::1/64", four, "fd00:64::2/64")
            four.ip("-6", "route", "add", "fd00:6::2", "via", "fd00:64::1")
        self.server = b.server(host=exchange, listen=EVERYWHERE,
                               lab=b.lab("example.test", ips=("fd00:6::1", "10.4.0.1")))
        self.alice = Person(b, self.server, "alice", transport=transport, host="[fd00:6::1]", at=six)
        self.bob = Person(b, self.server, "bob", transport=transport, host="10.4.0.1", at=four)


def check_two_routes(trace, first, second):
    """RFC 5658: each side has the address that it can reach, the other side's comes next."""
    routes = values(received(trace, "INVITE")[0], "Record-Route")
    routes = [route.strip() for line in routes for route in line.split(",")]
    assert len(routes) == 2 and first in routes[0] and second in routes[1], routes


def call_between_families(transport, who_hangs_up):
    with Network() as net, Bench() as b:
        f = Families(net, b, transport)
        callee = f.bob.answer("--auto", "--count", "1")
        caller = f.alice.call(f.bob.address)
        caller.wait_event("answered")
        callee.wait_event("answered")
        caller.wait_event("media")
        callee.wait_event("media")
        hang_up(caller if who_hangs_up == "alice" else callee)
        caller.wait_event("ended", cause="normal")
        callee.wait_event("ended", cause="normal")
        assert f.server.stop() == 0, f.server.process.stderr()
        check_two_routes(f.bob.trace, "10.4.0.1", "[fd00:6::1]")
        assert all(m["transport"] == transport.upper() for m in traced(f.server.folder + "/trace"))


def test_a_phone_with_ipv6_only_calls_one_with_ipv4_only_over_udp():
    call_between_families("udp", "alice")


def test_a_phone_with_ipv4_only_hangs_up_on_one_with_ipv6_only_over_tcp():
    call_between_families("tcp", "bob")


def test_a_phone_with_ipv6_only_calls_one_with_ipv4_only_over_tls():
    call_between_families("tls", "bob")


def test_who_has_no_family_in_common_is_told_so_at_once():
    with Network() as net, Bench() as b:
        f = Families(net, b, "udp", lane=False)
        f.bob.answer("--auto", "--count", "1")
        caller = f.alice.call(f.bob.address)
        ended = caller.wait_event("ended", cause="refused", status=488)
        assert ended["warning_code"] == 301 and "of IP6" in ended["warning"], ended


if __name__ == "__main__":
    enter()
    run(globals())
