# SPDX-License-Identifier: BSD-2-Clause
"""JsSIP as one who registers over WebSocket: an instance (RFC 5626) that comes back when its connection was cut,
or the server was, and is reached over the new one."""

import re

from jssip_test import JsSIP, WebServer
from live import Bench, run
from people import bindings, wait_until
from registering import Peer, answers_about, refused_alike


class Home:
    """A server with alice, who has a phone on JsSIP, and bob, who has one of the test's own."""

    def __init__(self, bench, secure, extra=""):
        self.web = WebServer(bench, extra)
        self.server = self.web.server
        self.alice = JsSIP(bench, self.web, "alice", secure)
        self.server.add_user("bob", "builder")
        self.bob = Peer(bench, self.server, "bob", "builder")

    def listed(self):
        return bindings(self.server, "alice")

    def gruus(self):
        """The public one, and the latest temporary one."""
        said = self.alice.wait("registered")
        assert said["public"].startswith(self.alice.address + ";gr=urn:uuid:"), said
        assert self.alice.name not in said["temporary"] and said["temporary"].endswith(";gr"), said
        return said["public"], said["temporary"]

    def granted(self):
        """How many of alice's REGISTERs."""
        return sum(first.startswith("SIP/2.0 200 ") for first, _ in answers_about(self.server, "alice"))

    def again(self, order, **more):
        """The first registration after the order has been given."""
        self.alice.process.events.clear()
        self.alice.do(do=order, **more)
        return self.alice.wait("registered")

    def reach(self, text, uri=None):
        """bob writes to alice."""
        assert self.bob.message(uri or self.alice.address, text).status == 200
        return self.alice.wait("message", text=text, **{"from": self.bob.address})


def life(secure):
    with Bench() as b:
        home = Home(b, secure)
        listed = home.listed()
        assert len(listed) == 1 and re.match("<urn:uuid:[0-9a-f-]{36}>$", listed[0]["instance"]), listed
        assert 290 <= listed[0]["expires"] <= 300 and listed[0]["user_agent"].startswith("JsSIP"), listed
        home.alice.do(do="register")
        wait_until(lambda: home.granted() == 2, "JsSIP does not refresh its binding")
        assert len(home.listed()) == 1
        assert home.reach("hello")["uri"] == listed[0]["contact"]
        home.alice.do(do="options", to=home.bob.address)
        assert home.alice.wait("failed")["status"] == 480, "bob has not registered"
        home.alice.do(do="unregister", all=False)
        home.alice.wait("unregistered")
        assert home.listed() == [] and home.bob.message(home.alice.address).status == 480
        assert home.again("register") and len(home.listed()) == 1
        home.alice.do(do="unregister", all=True)
        wait_until(lambda: home.listed() == [], "a star has removed it")
        assert home.server.stop() == 0, home.server.process.stderr()


def test_jssip_registers_refreshes_is_reached_and_unregisters_over_a_websocket():
    life(secure=False)


def test_jssip_registers_refreshes_is_reached_and_unregisters_over_a_secure_websocket():
    life(secure=True)


def comes_back(secure):
    """With the GRUUs that it was given (RFC 5627): they lead to it over the connection that it has."""
    with Bench() as b:
        home = Home(b, secure)
        before, gruus = home.listed(), home.gruus()
        home.reach("one")
        for uri in gruus:
            assert home.reach("by " + uri, uri)["uri"] == before[0]["contact"]
        home.again("cut")
        after = home.listed()
        assert len(before) == len(after) == 1 and before[0]["source"] != after[0]["source"], after
        assert before[0]["instance"] == after[0]["instance"], after
        home.reach("two")
        assert home.gruus()[0] == gruus[0] and home.gruus()[1] != gruus[1]
        for uri in {*gruus, *home.gruus()}:
            home.reach("again by " + uri, uri)


def test_jssip_comes_back_after_its_websocket_was_cut():
    comes_back(secure=False)


def test_jssip_comes_back_after_its_secure_websocket_was_cut():
    comes_back(secure=True)


def test_jssip_comes_back_to_a_server_that_was_started_again():
    with Bench() as b:
        home = Home(b, secure=True)
        before, gruus = home.listed(), home.gruus()
        assert home.server.stop() == 0, home.server.process.stderr()
        home.alice.process.events.clear()
        home.server.start()
        home.alice.wait("registered")
        after = home.listed()
        assert len(after) == 1 and before[0]["instance"] == after[0]["instance"], after
        for uri in (home.alice.address, *gruus):
            home.reach("by " + uri, uri)
        home.alice.process.events.clear()  # its end unregistered it, as it sees it
        home.alice.do(do="unregister", all=False)
        home.alice.wait("unregistered")
        assert {home.bob.message(uri).status for uri in gruus} <= {404, 480}


def test_jssip_with_a_wrong_password_is_refused_and_so_is_a_stranger():
    with Bench() as b:
        web = WebServer(b)
        web.server.add_user("alice", "wonderland")
        for name in ("alice", "nobody"):
            JsSIP(b, web, name, True, proof="wrong").wait("registration-failed", cause="Authentication Error")
        refused_alike(web.server, "alice", "nobody")
        assert bindings(web.server, "alice") == []


run(globals())
