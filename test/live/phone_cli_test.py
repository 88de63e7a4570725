# SPDX-License-Identifier: BSD-2-Clause
"""The phone in scripts, with a server: which account, what it exits with, what it prints
as JSON, what Ctrl-C does on the wire, digits, IPv6.  (phone_commands_test has what
needs no server.)"""

import json
import os
import re
import signal

from live import AHOY, Bench, free_port, listening, run
from people import Person, sent

# What ahoy(1) promises of each event; more may be there.
ALWAYS = {"t", "event", "call_id"}
CALL = ALWAYS | {"direction", "peer"}
KEYS = {
    "registered": ALWAYS | {"account", "expires"},
    "register_failed": ALWAYS | {"account", "status", "reason", "retry_in_ms"},
    "unregistered": ALWAYS | {"account", "status"},
    "incoming": CALL,
    "ringing": CALL | {"status", "reason"},
    "answered": CALL | {"codec"},
    "media": CALL,
    "no_media": CALL,
    "digit": CALL | {"digit"},
    "ended": CALL | {"cause", "by", "setup_ms", "duration_ms", "media"},
}
MEDIA = {"packets_sent", "packets_received", "lost", "late", "concealed_ms", "strangers", "jitter_ms", "local", "remote"}


def two(bench, **more):
    server = bench.server(**more)
    return server, Person(bench, server, "alice"), Person(bench, server, "bob")


def test_an_account_is_chosen_by_name():
    with Bench() as b:
        server, alice, bob = two(b)
        server.add_user("work", "other")
        alice.add_account("sip:work@example.test", "other")
        phone = bob.answer("--auto", "--count", "2")
        alice.ahoy("call", "bob", "--null-audio", "--duration", "1")
        assert phone.wait_event("incoming")["peer"] == "sip:alice@example.test"
        alice.ahoy("call", "bob", "--null-audio", "--duration", "1", "--account", "work")
        phone.wait_exit()
        assert [e["peer"] for e in phone.events if e["event"] == "incoming"] == [
            "sip:alice@example.test", "sip:work@example.test"]


def test_who_is_not_known_cannot_be_called():
    with Bench() as b:
        server, alice, _ = two(b)
        alice.ahoy("call", "sip:nobody@example.test", "--null-audio", code=13)
        assert alice.ahoy("call", "sip:bob@example.test", "--null-audio", code=12)  # known, but not here: 480


def test_a_wrong_password_is_not_authorised():
    with Bench() as b:
        server, alice, bob = two(b)
        mallory = Person(b, server, "mallory", password="guess")
        for words in (["register", "--once"], ["call", "bob", "--null-audio"],
                      ["call", "bob", "--null-audio", "--no-register"]):
            mallory.ahoy(*words, code=14)
        server.add_user("mallory", "guess")  # effective at once
        mallory.ahoy("register", "--once")


def test_a_server_that_is_gone_is_unreachable():
    with Bench() as b:
        server, alice, bob = two(b)
        server.stop()
        alice.ahoy("call", "bob", "--null-audio", code=15)
        alice.ahoy("register", "--once", code=15)


def test_every_line_is_an_object_with_the_documented_keys():
    with Bench() as b:
        server, alice, bob = two(b)
        manual = alice.ahoy("help", "manual").stdout.replace("\\", "")
        callee = bob.answer("--after", "1", "--count", "1")
        done = alice.ahoy("call", "bob", "--null-audio", "--duration", "3", "--digits", "123", "--json")
        callee.wait_exit()
        callee.stop()
        told = [json.loads(line) for line in done.stdout.splitlines()] + callee.events
        kinds = {e["event"] for e in told}
        assert kinds >= {"registered", "unregistered", "incoming", "ringing", "answered", "media", "digit",
                         "ended"}, kinds
        for event in told:
            kind = event["event"]
            assert f".B {kind}\n" in manual, kind
            assert set(event) >= KEYS[kind], event
            assert kind != "ended" or set(event["media"]) >= MEDIA, event
            for key in list(event) + list(event.get("media", [])):
                assert re.search(rf"\b{key}\b", manual), "not in the manual: " + key
        assert [e["digit"] for e in callee.events if e["event"] == "digit"] == ["1", "2", "3"]


def test_ctrl_c_while_it_rings_cancels_and_unregisters():
    with Bench() as b:
        server, alice, bob = two(b)
        callee = bob.answer("--after", "60", "--count", "1")
        phone = alice.call("bob")
        phone.wait_event("ringing")
        phone.child.send_signal(signal.SIGINT)
        assert phone.wait_exit() == 130
        callee.wait_event("ended", cause="cancelled", by="remote")
        phone.wait_event("unregistered", status=200)
        after = sent(alice.trace)[sent(alice.trace).index("CANCEL"):]
        assert {"ACK", "REGISTER"} <= set(after), after


def test_ctrl_c_in_a_call_says_bye_and_unregisters():
    with Bench() as b:
        server, alice, bob = two(b)
        callee = bob.answer("--auto", "--count", "1")
        phone = alice.call("bob")
        phone.wait_event("answered")
        phone.child.send_signal(signal.SIGINT)
        assert phone.wait_exit() == 130
        callee.wait_event("ended", cause="normal", by="remote")
        phone.wait_event("unregistered", status=200)
        after = sent(alice.trace)[sent(alice.trace).index("BYE"):]
        assert "REGISTER" in after, after


def test_the_server_is_pinged():
    with Bench() as b:
        server, alice, _ = two(b)
        uri = "sip:127.0.0.1:%d" % server.port
        text = alice.ahoy("ping", "-c", "3", "-i", "20ms", uri).stdout
        assert "3 sent, 3 answered, 0% lost" in text and "min/avg/max/mdev" in text, text
        server.stop()
        alice.ahoy("ping", "-c", "1", "-W", "1", uri, code=15)


def test_a_call_through_a_server_on_ipv6():
    with Bench() as b:
        port = free_port()
        server = b.server(listen=["udp:[::1]:%d" % port], port=port)
        alice, bob = Person(b, server, "alice", host="[::1]"), Person(b, server, "bob", host="[::1]")
        callee = bob.answer("--auto", "--count", "1")
        phone = alice.call("bob", "--duration", "1")
        assert phone.wait_event("ended", cause="normal")["media"]["remote"].startswith("[::1]:")
        assert phone.wait_exit() == 0 and callee.wait_exit() == 0


def test_a_call_straight_to_an_ipv6_address():
    with Bench() as b:
        port, env = free_port(), dict(os.environ, HOME=b.folder, XDG_CONFIG_HOME=b.folder)
        common = ["--null-audio", "--json"]
        callee = b.run(AHOY, "answer", "--no-account", "--proxy", "sip:[::1]", "--port", str(port), "--auto",
                       "--count", "1", *common, env=env)
        listening(port, "udp6")
        phone = b.run(AHOY, "call", "sip:bob@[::1]:%d" % port, "--duration", "1", *common, env=env)
        assert phone.wait_event("ended", cause="normal")["media"]["remote"].startswith("[::1]:")
        assert phone.wait_exit() == 0 and callee.wait_exit() == 0


if __name__ == "__main__":
    run(globals())
