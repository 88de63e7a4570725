# SPDX-License-Identifier: BSD-2-Clause
"""SIPp as a carrier and as gateways: whom a trunk reaches, what becomes of numbers, gateways of which some are dead, and
who is told who calls."""

import socket

from live import free_port, run
from people import values
from sipp_scene import CARRIER, Scene


def gateways(*ports):
    """`to` of a route: these one after the other."""
    return ", ".join('"sip:127.0.0.1:%d priority=%d"' % (port, i + 1) for i, port in enumerate(ports))


class Silent:
    """Somebody who never answers."""

    def __init__(self):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.port, self.stop = self.socket.getsockname()[1], self.socket.close


TRUNK = 'trunk "carrier" {\n    address = {"%s"}\n    to = "sip:%s:%d"\n%s}\n'


def test_a_trunk_reaches_our_users_unasked_and_whom_it_may_call_and_nobody_else():
    with Scene() as s:
        there = free_port()
        s.begin(TRUNK % (CARRIER, CARRIER, free_port(), 'may_call = {"branch.test"}\n')
                + 'route "branch.test" { to = "sip:127.0.0.1:%d" }\nroute "far.test" { to = "sip:127.0.0.1:9" }\n' % there)
        bob, branch = s.phone(1, "callee"), s.waits("callee", port=there)
        s.carrier("stranger", "bob")
        s.carrier("stranger", "dora", domain="branch.test")
        s.carrier("stranger_refused", "dora", domain="far.test")
        s.carrier(s.scenario("stranger_refused", ('"403"', '"407"')), "bob", caller="alice", of="example.test")
        s.ended(bob, branch)
        assert s.order() == [bob.port, there]


NUMBERS = """number "abroad"  { prefix = "00"  strip = 2  prepend = "+"  more = yes }
number "premium" { match = "\\\\+49900.*"  reject = 603 }
route "+33*" { to = "sip:127.0.0.1:%d" }
"""


def test_a_number_is_rewritten_and_called_by_its_route_or_refused():
    with Scene() as s:
        there = free_port()
        s.begin(NUMBERS % there)
        gateway = s.waits("callee", port=there)
        s.alice("caller", to="0033123")
        s.alice("caller_refused", ('"486"', '"603"'), to="0049900123")
        s.ended(gateway)
        asked = {m["first"].split()[1] for m in s.sent("INVITE ")}
        assert asked == {"sip:+33123@127.0.0.1:%d;user=phone" % there}, asked


def test_a_call_goes_to_the_gateway_that_lives():
    """The first has no socket, the second says nothing, the third has no line free."""
    with Scene() as s:
        silent = s.add(Silent()).port
        dead, full, good, spare = (free_port() for _ in range(4))
        s.begin('route "+49*" { to = {%s} timeout = 1s fail_over = {503} }\n' % gateways(dead, silent, full, good, spare))
        phones = [s.waits("refuse", ("486 Busy Here", "503 No Line"), port=full), s.waits("callee", port=good)]
        s.alice("caller", to="+4930123")
        s.ended(*phones)
        assert s.order() == [dead, silent, full, good], s.order()


def test_what_is_no_failure_of_the_gateway_is_the_answer():
    with Scene() as s:
        first, second = free_port(), free_port()
        s.begin('route "+49*" { to = {%s} }\n' % gateways(first, second))
        gateway = s.waits("refuse", port=first)
        s.alice("caller_refused", to="+4930123")
        s.ended(gateway)
        assert s.order() == [first]


PRIVATE = "Content-Type:", "Privacy: id\nP-Asserted-Identity: <sip:boss@example.test>\nContent-Type:"


def who_calls(trusted):
    """What a gateway is told of a caller who hides."""
    with Scene() as s:
        there = free_port()
        s.begin(TRUNK % (CARRIER, "127.0.0.1", there, "trusted = %s\n" % trusted) + 'route "+49*" { to = "trunk:carrier" }\n')
        gateway = s.waits("callee", port=there)
        s.alice("caller", PRIVATE, to="+4930123")
        s.ended(gateway)
        told = s.sent("INVITE ")[0]
        return values(told, "P-Asserted-Identity"), values(told, "Privacy")


def test_a_trusted_gateway_is_told_who_hides_and_that_he_does():
    assert who_calls("true") == (["<sip:alice@example.test>"], ["id"])


def test_another_gateway_is_not_told():
    assert who_calls("false")[0] == []


if __name__ == "__main__":
    run(globals())
