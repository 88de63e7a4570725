# SPDX-License-Identifier: BSD-2-Clause
"""baresip (Debian's baresip-core) as one who registers: once and again and no more, over each transport; and by two
flows at once as RFC 5626 has it, with an instance."""

from baresip import MD5_ONLY, Baresip
from live import Bench, free_port, run
from people import bindings, received, traced, values, wait_until
from registering import Peer, refused_alike
from relay import Relay

SOON = "regint=60;rwait=5"  # again after 5 % of the time, three seconds


def registers(server, name="bob"):
    """Those that had a proof."""
    return [m for m in received(server.folder + "/trace", "REGISTER")
            if "<sip:%s@" % name in values(m, "To")[0] and values(m, "Authorization")]


def caller(bench, server):
    server.add_user("alice", "wonderland")
    return Peer(bench, server, "alice", "wonderland")


def life(transport):
    with Bench() as b:
        server = b.server(extra=MD5_ONLY, lab=b.lab("example.test") if transport == "tls" else None)
        alice, bob = caller(b, server), Baresip(b, server, "bob", transport, account=SOON + ";regq=0.5")
        listed = bindings(server, "bob")
        assert len(listed) == 1 and listed[0]["q"] == 0.5 and listed[0]["user_agent"].startswith("baresip"), listed
        wait_until(lambda: len(registers(server)) >= 3, "baresip does not refresh its binding")
        again = bindings(server, "bob")
        assert [x["contact"] for x in again] == [listed[0]["contact"]] and again[0]["expires"] > 50, again
        assert alice.ask("OPTIONS", "sip:bob@example.test", to="sip:bob@example.test").status == 200
        bob.command("quit")
        wait_until(lambda: bindings(server, "bob") == [], "baresip has gone and its binding is there")
        assert alice.ask("OPTIONS", "sip:bob@example.test", to="sip:bob@example.test").status == 480
        assert server.stop() == 0, server.process.stderr()


def test_baresip_registers_refreshes_is_reached_and_unregisters_over_udp():
    life("udp")


def test_baresip_registers_refreshes_is_reached_and_unregisters_over_tcp():
    life("tcp")


def test_baresip_registers_refreshes_is_reached_and_unregisters_over_tls():
    life("tls")


def test_baresip_with_a_wrong_password_is_refused_and_so_is_a_stranger():
    with Bench() as b:
        server = b.server(extra=MD5_ONLY + "\nauth_failures = 1000")  # baresip tries on
        server.add_user("bob", "builder")
        for name in ("bob", "nobody"):
            Baresip(b, server, name, proof="wrong")
            wait_until(lambda name=name: registers(server, name), "baresip does not answer the challenge")
        refused_alike(server, "bob", "nobody")
        assert bindings(server, "bob") == []


class TwoFlows:
    """bob has a baresip with an instance, by UDP and by TCP, the latter through a relay."""

    def __init__(self, bench):
        self.relay = Relay(bench, free_port())
        self.server = bench.server(extra=MD5_ONLY + '\nlisten += {"tcp:127.0.0.1:%d advertise 127.0.0.1:%d"}'
                                   % (self.relay.target, self.relay.port))
        self.alice = caller(bench, self.server)
        self.bob = Baresip(bench, self.server, "bob", more="module uuid.so", account=SOON
                           + ';sipnat=outbound;outbound2="sip:127.0.0.1:%d;transport=tcp"' % self.relay.port)
        wait_until(lambda: len(self.listed()) == 2, "baresip registers by both")

    def listed(self):
        return {b["reg_id"]: b for b in bindings(self.server, "bob")}

    def ask(self):
        """The status of an OPTIONS to bob, and how often it went out, by which transports."""
        before = len(traced(self.server.folder + "/trace"))
        status = self.alice.ask("OPTIONS", "sip:bob@example.test", to="sip:bob@example.test").status
        return status, [m["transport"] for m in traced(self.server.folder + "/trace")[before:]
                        if m["dir"] == "out" and m["first"].startswith("OPTIONS ")]


def test_baresip_registers_an_instance_by_two_flows_and_is_reached_by_one_of_them():
    with Bench() as b:
        two = TwoFlows(b)
        listed = two.listed()
        assert set(listed) == {1, 2} and all(x["outbound"] for x in listed.values()), listed
        assert listed[1]["instance"] == listed[2]["instance"] and listed[1]["instance"].startswith("<urn:uuid:"), listed
        wait_until(lambda: len(registers(two.server)) >= 6, "baresip does not refresh both")
        assert set(two.listed()) == {1, 2}
        status, went = two.ask()
        assert status == 200 and len(went) == 1, "one flow at a time: %d %s" % (status, went)  # RFC 5626 5.3
        two.bob.command("quit")
        wait_until(lambda: two.listed() == {}, "baresip has gone and its bindings are there")
        assert two.server.stop() == 0, two.server.process.stderr()


def test_baresip_is_reached_by_its_other_flow_when_one_is_cut():
    with Bench() as b:
        two = TwoFlows(b)
        two.relay.cut()
        status, went = two.ask()
        assert status == 200 and went[-1] == "UDP", "%d %s" % (status, went)


run(globals(), together=3)  # they wait more than they work
