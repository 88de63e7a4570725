# SPDX-License-Identifier: BSD-2-Clause
"""Ahoy's phones speak TLS with the server: whom they believe, and that nothing of a call
between two of them goes another way."""

from live import Bench, Lab, run
from people import Person, counters, hang_up, traced
from script_phone import Phone


def hung_up_by(who, caller, callee, address):
    phone = callee.answer("--auto", "--count", "1")
    call = caller.call(address)
    call.wait_event("answered")
    phone.wait_event("answered")
    hang_up(call if who is caller else phone)
    call.wait_event("ended", cause="normal", by="local" if who is caller else "remote")
    phone.wait_event("ended", cause="normal", by="local" if who is callee else "remote")
    call.wait_exit()
    phone.wait_exit()


def test_two_phones_call_each_other_over_tls():
    with Bench() as b:
        server = b.server(lab=b.lab("example.test"))
        alice, bob = Person(b, server, "alice", transport="tls"), Person(b, server, "bob", transport="tls")
        for who in (alice, bob):
            hung_up_by(who, alice, bob, bob.address)
        assert {m["transport"] for m in traced(server.folder + "/trace")} == {"TLS"}
        assert counters(server)["connections_opened"] == 0, "each is reached by the connection it opened"
        assert server.stop() == 0, server.process.stderr()


def test_a_phone_with_tls_calls_one_with_udp_and_is_called():
    with Bench() as b:
        server = b.server(lab=b.lab("example.test"))
        alice, bob = Person(b, server, "alice", transport="tls"), Person(b, server, "bob")
        hung_up_by(alice, alice, bob, bob.address)
        hung_up_by(alice, bob, alice, alice.address)
        hung_up_by(bob, bob, alice, alice.address)
        assert {m["transport"] for m in traced(alice.trace)} == {"TLS"}
        assert {m["transport"] for m in traced(bob.trace)} == {"UDP"}
        assert server.stop() == 0, server.process.stderr()


def test_a_phone_does_not_register_with_a_server_of_another_ca():
    with Bench() as b:
        server = b.server(lab=b.lab("example.test"))
        other = Lab(b.folder + "/other", "example.test")
        alice = Person(b, server, "alice", transport="tls", options=["--tls-trust", other.ca])
        done = alice.ahoy("register", "--once", code=15)
        assert "certificate" in done.stderr, done.stderr
        assert counters(server)["registers"] == 0, "the password's proof went to a stranger"
        alice.ahoy("register", "--once", "--tls-trust", server.lab.ca)
        assert server.stop() == 0, server.process.stderr()


def test_a_phone_verifies_nobody_only_when_told_so_and_says_so():
    with Bench() as b:
        server = b.server(lab=b.lab("example.test"))
        alice = Person(b, server, "alice", transport="tls", options=["--tls-no-verify"])
        assert "not verified" in alice.ahoy("register", "--once").stderr
        assert server.stop() == 0, server.process.stderr()


def test_a_server_that_wants_certificates_gets_the_phones():
    with Bench() as b:
        lab = b.lab("example.test", clients=["alice@example.test"])
        server = b.server(lab=lab, extra='tls_clients = "required"\n')
        alice = Person(b, server, "alice", transport="tls")
        alice.ahoy("register", "--once", code=15)
        alice.ahoy("register", "--once", "--tls-certificate", lab.certificate("alice@example.test"), "--tls-key",
                   lab.key("alice@example.test"))
        alice.ahoy("register", "--once", "--tls-certificate", lab.certificate("alice@example.test"), code=3)
        assert counters(server)["tls_faults_certificate"] == 1, counters(server)
        assert server.stop() == 0, server.process.stderr()


def test_a_phone_that_was_begun_without_tls_can_it_when_an_account_or_a_call_wants_it():
    with Bench() as b:
        server = b.server(lab=b.lab("example.test"))
        alice, bob = Person(b, server, "alice", transport="tls"), Person(b, server, "bob", transport="tls")
        phone = Phone(b, "--incoming", "answer", env=alice.env)
        phone.ask("account", do="add", name="alice", register=True)
        phone.wait_event("registered")
        call = bob.call(alice.address)
        call.wait_event("answered")
        phone.wait_event("answered")
        hang_up(call)
        call.wait_exit()
        phone.ask("account", do="remove", address="alice")
        assert phone.wait_event("unregistered")["expires"] == 0
        phone.end()
        assert {m["transport"] for m in traced(server.folder + "/trace")} == {"TLS"}
        assert server.stop() == 0, server.process.stderr()


if __name__ == "__main__":
    run(globals())
