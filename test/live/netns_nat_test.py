# SPDX-License-Identifier: BSD-2-Clause
"""A phone behind a NAT that forgets quickly.  In network namespaces of its own (netns.py)."""

import os

from live import Bench, run
from netns import Network, enter
from people import Person, bindings, counters, hang_up, received, sent, wait_until

BEAT = 1     # seconds between a phone's signs of life
FORGETS = 3  # seconds after which a NAT has forgotten a phone that gives none
LISTEN = ["udp:0.0.0.0:5060", "tcp:0.0.0.0:5060", "tls:0.0.0.0:5061"]


class Behind:
    """alice sits behind a NAT that forgets quickly, bob beside the server."""

    def __init__(self, net, b, transport, keep_alive=BEAT, extra=""):
        exchange, nat, home, office = (net.host(name) for name in ("exchange", "nat", "home", "office"))
        net.cable(nat, "192.168.1.1/24", home, "192.168.1.2/24")
        outer = net.cable(nat, "10.1.0.2/24", exchange, "10.1.0.1/24")[0]
        net.cable(exchange, "10.2.0.1/24", office, "10.2.0.2/24")
        home.route("default", "via", "192.168.1.1")
        nat.masquerade(outer, FORGETS)
        office.route("10.1.0.0/24", "via", "10.2.0.1")
        self.server = b.server(host=exchange, listen=LISTEN, extra=extra,
                               lab=b.lab("example.test", ips=("10.1.0.1", "10.2.0.1")))
        self.nat, self.office = nat, office
        self.alice = Person(b, self.server, "alice", transport=transport, host="10.1.0.1", at=home,
                            keep_alive=keep_alive)
        self.bob = Person(b, self.server, "bob", transport=transport, host="10.2.0.1", at=office)

    def outlive_the_nat(self):
        """So many signs of life that without them the NAT would have forgotten her twice over."""
        before = counters(self.server)["keepalives"]
        wait_until(lambda: counters(self.server)["keepalives"] >= before + 2 * FORGETS // BEAT, "no signs of life")


def call_through_the_nat(transport):
    with Network() as net, Bench() as b:
        s = Behind(net, b, transport)
        phone = s.alice.answer("--auto")
        wait_until(lambda: ["10.1.0.2" in c["contact"] for c in bindings(s.server, "alice")] == [True],
                   "not registered with the NAT's address alone")
        s.outlive_the_nat()
        caller = s.bob.call(s.alice.address)
        phone.wait_event("answered")  # INVITE and ACK came through
        s.outlive_the_nat()
        hang_up(caller)
        phone.wait_event("ended", by="remote", cause="normal")  # so did BYE
        assert caller.wait_exit() == 130
        caller = s.bob.call(s.alice.address)
        caller.wait_event("answered")
        s.outlive_the_nat()
        hang_up(phone)
        caller.wait_event("ended", by="remote", cause="normal")
        assert caller.wait_exit() == 0 and phone.wait_exit() == 130, phone.stderr()
        assert bindings(s.server, "alice") == []
        assert s.server.stop() == 0, s.server.process.stderr()


def test_a_phone_behind_a_nat_is_called_and_hung_up_on_and_hangs_up_over_udp():
    call_through_the_nat("udp")


def test_a_phone_behind_a_nat_is_called_and_hung_up_on_and_hangs_up_over_tcp():
    call_through_the_nat("tcp")


def test_a_phone_behind_a_nat_is_called_and_hung_up_on_and_hangs_up_over_tls():
    call_through_the_nat("tls")


def test_a_message_reaches_a_phone_behind_a_nat():
    """What the phone says to it comes back."""
    with Network() as net, Bench() as b:
        s = Behind(net, b, "udp", extra="authentication = false\n")
        s.alice.answer("--auto")
        s.outlive_the_nat()
        answer = s.office.run("python3", os.path.join(os.path.dirname(__file__), "message.py"), "10.2.0.1", "alice")
        assert answer.startswith("SIP/2.0 200 "), answer
        assert received(s.alice.trace, "MESSAGE"), sent(s.alice.trace)


def test_without_signs_of_life_the_nat_forgets():
    """Or the tests above would prove nothing."""
    with Network() as net, Bench() as b:
        s = Behind(net, b, "udp", keep_alive=0)
        s.alice.answer("--auto")
        s.nat.forgotten()
        caller = s.bob.call(s.alice.address, "--wait", "2")
        caller.wait_event("ended")
        assert not received(s.alice.trace, "INVITE")


if __name__ == "__main__":
    enter()
    run(globals())
