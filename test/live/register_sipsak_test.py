# SPDX-License-Identifier: BSD-2-Clause
"""sipsak (Debian's sipsak) in its mode for registrars: it registers, refreshes, asks, removes one and all,
reaches whom it has registered, and is refused as it should be."""

import subprocess
import threading

from baresip import MD5_ONLY
from live import PATIENCE, Bench, free_port, need, run
from people import bindings
from registering import Peer, refused_alike

PASSWORD = "wonderland"


class Sipsak:
    """A user of a server whose domain is localhost: sipsak wants to resolve it."""

    def __init__(self, bench):
        self.program = need("sipsak")
        self.server = bench.server(domain="localhost", extra=MD5_ONLY)
        self.server.add_user("alice", PASSWORD)
        self.port = free_port()

    def run(self, *words, user="alice", password=PASSWORD, code=0):
        """The password goes by stdin, where nobody else sees it."""
        done = subprocess.run([self.program, "-vvv", "-i", "-u", user, "-a", "-", "-s", "sip:%s@localhost" % user, "-p",
                               "127.0.0.1:%d" % self.server.port, *words], input=password + "\n", text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=PATIENCE)
        assert done.returncode == code, "sipsak %s: exit %d\n%s" % (words, done.returncode, done.stdout)
        return done.stdout

    def register(self, contact, seconds, **more):
        return self.run("-U", "-C", contact, "-x", str(seconds), **more)

    def listed(self):
        return {b["contact"]: b for b in bindings(self.server, "alice")}

    def contact(self, number=0):
        return "sip:alice@127.0.0.1:%d" % (self.port + number)


def test_sipsak_registers_refreshes_asks_and_unregisters():
    with Bench() as b:
        alice = Sipsak(b)
        alice.register(alice.contact(), 300)
        binding = alice.listed()[alice.contact()]
        assert 290 <= binding["expires"] <= 300 and binding["user_agent"].startswith("sipsak"), binding
        alice.register(alice.contact(), 600)
        assert len(alice.listed()) == 1 and alice.listed()[alice.contact()]["expires"] > 590
        assert "Contact: <%s>;expires=" % alice.contact() in alice.run("-U", "-C", "empty")
        alice.register(alice.contact(), 0)
        assert alice.listed() == {}
        answer = alice.run("-U", "-C", "empty")
        assert "SIP/2.0 200 OK" in answer and "Contact:" not in answer.rsplit("SIP/2.0 200 OK", 1)[1], answer
        assert alice.server.stop() == 0, alice.server.process.stderr()


def test_sipsak_registers_several_contacts_at_once_and_removes_one_then_all():
    with Bench() as b:
        alice = Sipsak(b)
        one, two, three = (alice.contact(i) for i in range(3))
        alice.register("<%s>;q=0.5,<%s>;q=0.25;expires=120,<%s>" % (one, two, three), 300)
        listed = alice.listed()
        assert [listed[c]["q"] for c in (one, two, three)] == [0.5, 0.25, 1.0], listed
        assert listed[two]["expires"] <= 120 < 290 <= listed[one]["expires"], listed
        alice.register("<%s>;expires=0" % two, 300)
        assert set(alice.listed()) == {one, three}
        assert "SIP/2.0 400 " in alice.register("*", 5, code=1)  # RFC 3261 10.2.2
        assert set(alice.listed()) == {one, three}
        alice.register("*", 0)
        assert alice.listed() == {}


def test_who_sipsak_has_registered_is_reached_by_sipsak_until_it_is_unregistered():
    with Bench() as b:
        alice = Sipsak(b)
        peer = Peer(b, alice.server, "alice", PASSWORD)
        alice.register("<%s>" % peer.contact(";line=1"), 300)
        answers = []
        asking = threading.Thread(target=lambda: answers.append(alice.run()))  # OPTIONS
        asking.start()
        assert peer.receive("OPTIONS").first == "OPTIONS %s SIP/2.0" % peer.contact(";line=1")
        asking.join()
        assert "SIP/2.0 200 Fine" in answers[0], answers
        alice.register("<%s>" % peer.contact(";line=1"), 0)
        assert "SIP/2.0 480 " in alice.run(code=1)


def test_sipsak_is_refused_too_short_a_time_with_the_least_that_is_granted():
    with Bench() as b:
        alice = Sipsak(b)
        answer = alice.register(alice.contact(), 5, code=1)
        assert "SIP/2.0 423 " in answer and "Min-Expires: 60" in answer, answer
        assert alice.listed() == {}


def test_sipsak_with_a_wrong_password_is_refused_and_so_is_a_stranger():
    with Bench() as b:
        alice = Sipsak(b)
        alice.register(alice.contact(), 300, password="wrong", code=2)
        alice.register(alice.contact(), 300, user="nobody", code=2)
        refused_alike(alice.server, "alice", "nobody")
        assert alice.listed() == {}


run(globals())
