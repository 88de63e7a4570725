# SPDX-License-Identifier: BSD-2-Clause
"""A link that goes down in mid-call and comes back with another address.  In network
namespaces of its own (netns.py)."""

from live import Bench, run
from netns import Network, enter
from people import Person, bindings, counters, hang_up, wait_until

BEAT = 1  # seconds between a phone's signs of life
LISTEN = ["udp:0.0.0.0:5060", "tcp:0.0.0.0:5060", "tls:0.0.0.0:5061"]


class Roaming:
    """alice's cable is pulled and plugged in elsewhere; bob stays where he is."""

    def __init__(self, net, b, transport, outbound=False):
        exchange, self.road, office = net.host("exchange"), net.host("road"), net.host("office")
        self.plug = net.cable(self.road, "10.5.0.2/24", exchange, "10.5.0.1/24")[0]
        net.cable(exchange, "10.2.0.1/24", office, "10.2.0.2/24")
        self.road.route("default", "via", "10.5.0.1")
        office.route("default", "via", "10.2.0.1")
        self.server = b.server(host=exchange, listen=LISTEN, lab=b.lab("example.test", ips=("10.5.0.1", "10.2.0.1")))
        options = ["--outbound"] if outbound else []
        if outbound and transport == "tls":
            options += ["--tls-trust", self.server.lab.ca]
        self.alice = Person(b, self.server, "alice", transport=transport, host="10.5.0.1", at=self.road,
                            keep_alive=BEAT, options=options)
        self.bob = Person(b, self.server, "bob", transport=transport, host="10.2.0.1", at=office)

    def is_at(self, address):
        return [address + ":" in c["contact"] for c in bindings(self.server, "alice")] == [True]

    def move(self):
        wait_until(lambda: self.is_at("10.5.0.2"), "not registered")
        self.road.pull(self.plug)
        self.road.plug_in(self.plug, "10.5.0.3/24", "10.5.0.1")
        wait_until(lambda: self.is_at("10.5.0.3"), "the new address is not registered, or the old one still is")


def who_moved_hangs_up_and_is_called_again(transport):
    with Network() as net, Bench() as b:
        s = Roaming(net, b, transport)
        phone = s.alice.answer("--auto", "--duration", "10")
        caller = s.bob.call(s.alice.address)
        phone.wait_event("answered")
        s.move()
        caller.wait_event("ended", by="remote", cause="normal")  # her BYE found its way
        assert caller.wait_exit() == 0, caller.stderr()
        phone.wait_event("ended", by="local")
        phone.events.clear()
        caller = s.bob.call(s.alice.address)
        phone.wait_event("answered")
        hang_up(caller)
        phone.wait_event("ended", by="remote", cause="normal")
        assert caller.wait_exit() == 130, caller.stderr()
        if transport != "udp":
            assert counters(s.server)["connections_accepted"] >= 3, "no new connection from the new address"
        hang_up(phone)
        assert phone.wait_exit() == 130, phone.stderr()
        assert bindings(s.server, "alice") == []
        assert s.server.stop() == 0, s.server.process.stderr()


def test_who_moved_in_a_call_hangs_up_and_is_called_again_over_udp():
    who_moved_hangs_up_and_is_called_again("udp")


def test_who_moved_in_a_call_hangs_up_and_is_called_again_over_tcp():
    who_moved_hangs_up_and_is_called_again("tcp")


def test_who_moved_in_a_call_hangs_up_and_is_called_again_over_tls():
    who_moved_hangs_up_and_is_called_again("tls")


def other_side_hangs_up(transport, outbound):
    """She tells the new address by a re-INVITE, so his BYE reaches her there."""
    with Network() as net, Bench() as b:
        s = Roaming(net, b, transport, outbound)
        phone = s.alice.answer("--auto")
        caller = s.bob.call(s.alice.address)
        phone.wait_event("answered")
        s.move()
        caller.wait_event("changed")
        phone.wait_event("changed")
        hang_up(caller)
        his = caller.wait_event("ended", by="local", cause="normal")["media"]
        hers = phone.wait_event("ended", by="remote", cause="normal")["media"]
        assert hers["local"].startswith("10.5.0.3:") and his["remote"] == hers["local"], (his, hers)
        assert caller.wait_exit() == 130, caller.stderr()
        hang_up(phone)
        assert phone.wait_exit() == 130, phone.stderr()
        assert s.server.stop() == 0, s.server.process.stderr()


def test_the_other_side_of_who_moved_hangs_up_over_udp():
    other_side_hangs_up("udp", False)


def test_the_other_side_of_who_moved_hangs_up_over_tcp_by_her_gruu():
    other_side_hangs_up("tcp", True)


def test_the_other_side_of_who_moved_hangs_up_over_tls_by_her_gruu():
    other_side_hangs_up("tls", True)


if __name__ == "__main__":
    enter()
    run(globals())
