# SPDX-License-Identifier: BSD-2-Clause
"""JAIN-SIP (the NIST implementation, under many Java phones) registers at the server, over UDP and TCP."""

from jain import Jain
from live import Bench, run
from people import bindings
from registering import Peer, refused_alike

UUID = "urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6"
OUTBOUND = ("Supported: path", "Supported: outbound")
PASSWORD = "wonderland"


class Home:
    """A server with alice, who has a phone on JAIN-SIP, and bob, who has one of the test's own."""

    def __init__(self, bench, transport="udp"):
        self.server = bench.server()
        self.server.add_user("alice", PASSWORD)
        self.server.add_user("bob", "builder")
        self.alice = Jain(bench, self.server, "alice", PASSWORD, transport)
        self.bob = Peer(bench, self.server, "bob", "builder")

    def listed(self):
        return {b["contact"]: b for b in bindings(self.server, "alice")}


def life(transport):
    with Bench() as b:
        home = Home(b, transport)
        alice, one, two = home.alice, home.alice.contact(), "sip:alice@127.0.0.1:9"
        answer = alice.register("Contact: <%s>;q=0.5;expires=300" % one, "Contact: <%s>;q=0.2;expires=120;x=\"a;b\"" % two)
        assert answer.status == 200, answer.text
        listed = home.listed()
        assert set(listed) == {one, two} == set(answer.contacts()), answer.text
        assert listed[one]["q"] == 0.5 and 290 <= listed[one]["expires"] <= 300 and listed[two]["expires"] <= 120, listed
        assert answer.contacts()[two]["x"] == "a;b", answer.text
        refreshed = alice.register("Contact: <%s>;q=0.5;expires=600" % one)
        assert int(refreshed.contacts()[one]["expires"]) == 600 and two in refreshed.contacts(), refreshed.text
        assert set(alice.register().contacts()) == {one, two}
        assert set(alice.register("Contact: <%s>;expires=0" % two).contacts()) == {one} == set(home.listed())
        assert alice.register("Contact: *", "Expires: 60").status == 400
        assert alice.register("Contact: <%s>;expires=5" % one).one("Min-Expires") == "60"
        assert set(home.listed()) == {one}
        gone = alice.register("Contact: *", "Expires: 0")
        assert gone.status == 200 and gone.all("Contact") == [] and home.listed() == {}, gone.text
        assert home.server.stop() == 0, home.server.process.stderr()


def test_jain_registers_refreshes_asks_and_unregisters_over_udp():
    life("udp")


def test_jain_registers_refreshes_asks_and_unregisters_over_tcp():
    life("tcp")


def reached(transport):
    with Bench() as b:
        home = Home(b, transport)
        alice, bob = home.alice, home.bob
        alice.register("Contact: <%s>" % alice.contact())
        assert bob.message(alice.address).status == 200
        assert alice.wait("request", "MESSAGE").body == "hello"
        bob.register("Contact: <%s>" % bob.contact())
        alice.send("OPTIONS", bob.address)
        assert bob.receive("OPTIONS").first.startswith("OPTIONS " + bob.contact())
        assert alice.final("OPTIONS").status == 200
        alice.register("Contact: <%s>;expires=0" % alice.contact())
        assert bob.message(alice.address).status == 480


def test_jain_is_reached_where_it_has_registered_until_it_unregisters_over_udp():
    reached("udp")


def test_jain_is_reached_where_it_has_registered_until_it_unregisters_over_tcp():
    reached("tcp")


def test_jain_calls_jain_and_either_hangs_up():
    with Bench() as b:
        home = Home(b)
        home.server.add_user("carol", "singer")
        alice, carol = home.alice, Jain(b, home.server, "carol", "singer", "tcp")
        for phone in (alice, carol):
            phone.register("Contact: <%s>" % phone.contact())
        for caller, callee in ((alice, carol), (carol, alice)):
            caller.send("INVITE", callee.address, "Contact: <%s>" % caller.contact())
            assert caller.final("INVITE").status == 200
            for method in ("INVITE", "ACK"):
                callee.wait("request", method)
            callee.do("bye")
            caller.wait("request", "BYE")
            assert callee.final("BYE").status == 200


def test_an_instance_that_has_moved_takes_its_own_binding_back():
    """RFC 5626 6: another Contact of the same instance and reg-id replaces the first."""
    with Bench() as b:
        home = Home(b)
        params = ";+sip.instance=\"<%s>\";reg-id=1" % UUID
        first, second = home.alice.contact(), "sip:moved@127.0.0.1:9"
        answer = home.alice.register("Contact: <%s>%s" % (first, params), *OUTBOUND)
        assert answer.contacts()[first]["+sip.instance"] == "<%s>" % UUID, answer.text
        assert answer.contacts()[first]["reg-id"] == "1", answer.text
        answer = home.alice.register("Contact: <%s>%s" % (second, params), *OUTBOUND)
        assert set(answer.contacts()) == {second} == set(home.listed()), answer.text


def test_jain_calls_with_its_gruus_and_is_hung_up_on_by_them():
    """RFC 5627 4.4: a GRUU as the Contact of a call is where its BYE goes."""
    with Bench() as b:
        home = Home(b)
        home.server.add_user("carol", "singer")
        alice, carol = home.alice, Jain(b, home.server, "carol", "singer")
        carol.register("Contact: <%s>" % carol.contact())
        answer = alice.register("Contact: <%s>;+sip.instance=\"<%s>\"" % (alice.contact(), UUID), "Supported: gruu")
        given = answer.contacts()[alice.contact()]
        assert given["pub-gruu"] == alice.address + ";gr=" + UUID, answer.text
        for uri in (given["pub-gruu"], given["temp-gruu"]):
            assert home.bob.message(uri).status == 200
            alice.wait("request", "MESSAGE")
            alice.send("INVITE", carol.address, "Contact: <%s>" % uri, "Supported: gruu")
            assert alice.final("INVITE").status == 200
            carol.wait("request", "ACK")
            carol.do("bye")
            assert alice.wait("request", "BYE").first == "BYE %s SIP/2.0" % alice.contact()
            assert carol.final("BYE").status == 200
        alice.register("Contact: *", "Expires: 0")
        assert home.bob.message(given["pub-gruu"]).status == 480
        assert home.bob.message(given["temp-gruu"]).status in (404, 480)


def test_jain_with_a_wrong_password_is_refused_and_so_is_a_stranger():
    with Bench() as b:
        home = Home(b)
        for name in ("alice", "nobody"):
            phone = Jain(b, home.server, name, "wrong")
            assert phone.register("Contact: <%s>" % phone.contact()).status == 401
        refused_alike(home.server, "alice", "nobody")
        assert home.listed() == {}


run(globals())
