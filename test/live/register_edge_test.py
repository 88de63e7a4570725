# SPDX-License-Identifier: BSD-2-Clause
"""Edge proxies (RFC 3327, RFC 5626 5).  Phones register at the server by way of a Kamailio with its modules path and
outbound: their bindings have its Path, with the token of their flow, and they are reached by it.  And phones of
another domain, whose registrar is a Kamailio, register there by way of the server, which is their edge proxy."""

import os
import re
import signal

from baresip import MD5_ONLY, Baresip
from live import Bench, Skip, free_port, need, run
from people import Person, bindings, hang_up, traced, values, wait_until
from registering import Peer, answers_about
from workers_test import Phone

FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "kamailio")
OUTBOUND = "/usr/lib/x86_64-linux-gnu/kamailio/modules/outbound.so"


class Kamailio:
    """One with a configuration of kamailio/, which may use it from when `status` is the answer to an OPTIONS."""

    def __init__(self, bench, name, config, domain, status, **marks):
        if not os.path.exists(OUTBOUND):
            raise Skip("kamailio-outbound-modules is not installed")
        self.port, self.domain = free_port(), domain
        folder = os.path.join(bench.folder, name)
        os.makedirs(folder)
        marks["LISTEN"] = "\n".join("listen=%s:127.0.0.1:%d" % (kind, self.port) for kind in ("udp", "tcp"))
        with open(os.path.join(FOLDER, config)) as f:
            text = f.read()
        for mark, value in marks.items():
            text = text.replace("@%s@" % mark, str(value))
        with open(folder + "/kamailio.cfg", "w") as f:
            f.write(text)
        self.process = bench.run(need("kamailio"), "-f", folder + "/kamailio.cfg", "-DD", "-E", "-m", "32", "-M", "8",
                                 "-Y", folder, "-w", folder, group=True)
        phone, nobody = Phone(self, "probe"), "sip:nobody@" + domain
        phone.ask(phone.request("OPTIONS", nobody, "<%s>" % nobody, "probe"), status)
        phone.socket.close()


class Edge(Kamailio):
    """It sends what phones send on to the server; phones see it as if it were that."""

    def __init__(self, bench, server, name="edge"):
        super().__init__(bench, name, "edge.cfg", server.domain, "407", AHOY=server.port)
        self.server, self.folder, self.add_user = server, server.folder, server.add_user  # as baresip.py sees it

    def kill(self):
        os.killpg(self.process.child.pid, signal.SIGKILL)
        self.process.child.wait()


def granted(server):
    """The header fields of each 200 to a REGISTER of bob's."""
    return [dict(fields) for first, fields in answers_about(server, "bob") if first.startswith("SIP/2.0 200 ")]


def by_edge(transport):
    with Bench() as b:
        server = b.server(extra=MD5_ONLY)
        edge = Edge(b, server)
        server.add_user("alice", "wonderland")
        alice = Peer(b, server, "alice", "wonderland")
        bob = Baresip(b, edge, "bob", transport, account="regint=60;rwait=5;sipnat=outbound", more="module uuid.so")
        listed = bindings(server, "bob")[0]
        assert re.match(r"<sip:[^@]+@127\.0\.0\.1:%d;.*\bob>$" % edge.port, listed["path"]), listed
        assert listed["outbound"] and listed["reg_id"] == 1, listed
        assert granted(server)[0]["Path"] == listed["path"] and granted(server)[0]["Require"] == "outbound"
        wait_until(lambda: len(granted(server)) >= 2, "baresip does not refresh its binding")
        assert len(bindings(server, "bob")) == 1
        gruu = re.search('pub-gruu="([^"]*)"', granted(server)[0]["Contact"]).group(1)
        for uri in (bob.address, gruu):
            assert alice.ask("OPTIONS", uri, to=uri).status == 200, uri
        went = [m for m in traced(server.folder + "/trace") if m["dir"] == "out" and m["first"].startswith("OPTIONS ")]
        assert [values(m, "Route") for m in went] == [[listed["path"]]] * 2, went
        bob.command("quit")
        wait_until(lambda: bindings(server, "bob") == [], "baresip has gone and its binding is there")
        assert server.stop() == 0, server.process.stderr()


def test_baresip_registers_by_an_edge_proxy_and_is_reached_by_its_path_over_udp():
    by_edge("udp")


def test_baresip_registers_by_an_edge_proxy_and_is_reached_by_its_path_over_tcp():
    by_edge("tcp")


def test_a_phone_with_two_edge_proxies_is_reached_when_either_has_died():
    """RFC 5626 5.3: one of them at a time."""
    for victim in (0, 1):
        with Bench() as b:
            server = b.server(extra=MD5_ONLY)
            edges = [Edge(b, server, "edge%d" % i) for i in (1, 2)]
            server.add_user("alice", "wonderland")
            alice = Peer(b, server, "alice", "wonderland")
            bob = Baresip(b, edges[0], "bob", more="module uuid.so", account="regint=600;sipnat=outbound;"
                          'outbound2="sip:127.0.0.1:%d;transport=udp"' % edges[1].port)
            wait_until(lambda: len(bindings(server, "bob")) == 2, "baresip registers by both")
            edges[victim].kill()
            assert alice.ask("OPTIONS", bob.address, to=bob.address).status == 200
            went = [m for m in traced(server.folder + "/trace") if m["dir"] == "out" and m["first"].startswith("OPTIONS ")]
            assert ":%d;" % edges[1 - victim].port in values(went[-1], "Route")[0], went
            bob.process.stop(signal.SIGKILL)  # else it wants to unregister by the dead one, too


def test_calls_go_both_ways_through_an_edge_proxy():
    with Bench() as b:
        server = b.server(extra=MD5_ONLY)
        edge = Edge(b, server)
        alice, bob = Person(b, server, "alice"), Baresip(b, edge, "bob", "tcp", account="regint=60;sipnat=outbound",
                                                         more="module uuid.so")
        phone = alice.answer("--auto", "--count", "1")
        bob.command("dial", alice.address + ";transport=tcp")
        phone.wait_event("answered")
        bob.command("hangup")
        phone.wait_event("ended", cause="normal", by="remote")
        phone.wait_exit()
        phone = alice.call(bob.address)
        bob.wait_event("CALL_INCOMING")
        bob.command("accept")
        phone.wait_event("answered")
        hang_up(phone)
        bob.wait_event("CALL_CLOSED")
        phone.wait_exit()


class Foreign:
    """bob@kamailio.test, whose phone knows the server alone; alice@kamailio.test, whose phone is at Kamailio."""

    def __init__(self, bench, transport):
        self.kamailio = Kamailio(bench, "registrar", "registrar.cfg", "kamailio.test", "404")
        self.server = bench.server(extra=MD5_ONLY + '\nedge = {"kamailio.test"}\nroute "kamailio.test" '
                                   '{ to = "sip:127.0.0.1:%d;transport=udp" }' % self.kamailio.port)
        self.port, self.domain, self.folder = self.server.port, "kamailio.test", self.server.folder
        self.alice = Peer(bench, self.kamailio, "alice")
        self.bob = Baresip(bench, self, "bob", transport, account="regint=600;sipnat=outbound", more="module uuid.so")

    def add_user(self, name, password):
        """Kamailio asks for none."""

    def ask(self):
        return self.alice.ask("OPTIONS", self.bob.address, to=self.bob.address)


def as_edge(transport):
    with Bench() as b:
        foreign = Foreign(b, transport)
        path = [values(m, "Path") for m in traced(foreign.folder + "/trace")
                if m["dir"] == "out" and m["first"].startswith("REGISTER")]
        assert re.match(r"<sip:[^@]+@127\.0\.0\.1:%d;.*\bob\b.*>$" % foreign.port, path[0][0]), path
        ok = [m for m in traced(foreign.folder + "/trace") if m["first"].startswith("SIP/2.0 200 ")]
        assert values(ok[0], "Require") == ["outbound"], ok[0]["text"]
        assert bindings(foreign.server) == [], "they are none of ours"
        assert foreign.ask().status == 200
        foreign.bob.process.stop(signal.SIGKILL)
        gone = foreign.ask()
        assert gone.status in (430, 480), gone.text
        assert foreign.server.stop() == 0, foreign.server.process.stderr()


def test_a_phone_of_another_domain_registers_there_by_us_and_is_reached_over_udp():
    as_edge("udp")


def test_a_phone_of_another_domain_registers_there_by_us_and_is_reached_over_tcp():
    as_edge("tcp")


if __name__ == "__main__":
    run(globals())
