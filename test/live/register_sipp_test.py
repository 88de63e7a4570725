# SPDX-License-Identifier: BSD-2-Clause
"""SIPp (Debian's sip-tester) registers: the whole life of many registrations at once, each step proved by a
password; who has registered is called until he unregisters; and what is refused."""

from live import Bench, free_port, run
from people import bindings, received
from registering import Peer, refused_alike
from sipp_test import MD5_ONLY, Sipp, credentials, register

USERS = 20


def lives(sockets):
    with Bench() as b:
        server = b.server(extra=MD5_ONLY)
        sipp, names = Sipp(b, server, sockets), ["user%d" % i for i in range(USERS)]
        for name in names:
            server.add_user(name, "password-of-" + name)
        sipp.call_all("registration", free_port(),
                      [[name, "example.test", credentials(name, "password-of-" + name)] for name in names])
        for name in names:
            assert bindings(server, name) == []
        assert len(received(server.folder + "/trace", "REGISTER")) >= 14 * USERS
        assert server.stop() == 0, server.process.stderr()


def test_sipp_registers_refreshes_asks_and_unregisters_over_udp():
    lives("u1")


def test_sipp_registers_refreshes_asks_and_unregisters_over_tcp():
    lives("t1")


def test_sipp_is_called_where_it_has_registered_until_it_unregisters():
    with Bench() as b:
        server = b.server(extra=MD5_ONLY)
        server.add_user("alice", "wonderland")
        server.add_user("bob", "builder")
        sipp, port = Sipp(b, server), free_port()
        alice = ["alice", "bob", "example.test", credentials("alice", "wonderland")]
        callee = sipp.start("callee", port, ["bob"])
        register(sipp, "bob", "builder", port)
        assert [x["contact"] for x in bindings(server, "bob")] == ["sip:bob@127.0.0.1:%d;transport=UDP" % port]
        sipp.call("caller", free_port(), alice)
        assert callee.wait_exit() == 0, callee.stderr()
        sipp.call("registration", free_port(), ["bob", "example.test", credentials("bob", "builder")])
        assert bindings(server, "bob") == [], "a star removes what others have registered, too"
        caller = Peer(b, server, "alice", "wonderland")
        assert caller.message("sip:bob@example.test").status == 480


def test_sipp_with_a_wrong_password_is_refused_and_so_is_a_stranger():
    with Bench() as b:
        server = b.server(extra=MD5_ONLY)
        server.add_user("bob", "builder")
        sipp = Sipp(b, server)
        for name in ("bob", "nobody"):
            sipp.call("registration_refused", free_port(), [name, "example.test", credentials(name, "wrong")])
        refused_alike(server, "bob", "nobody")
        assert bindings(server, "bob") == []


run(globals())
