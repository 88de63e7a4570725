#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Calls are handed on between Ahoy phones and baresip through the server: baresip 1.0 as the one who is handed on
and who hands on; attended transfers among Ahoy phones, since that baresip does not know Replaces."""

import json
import subprocess

from baresip import MD5_ONLY, Baresip
from live import AHOY, Bench, run
from people import Person


class Phone:
    """`ahoy phone --json`: commands in, events out."""

    def __init__(self, person, *words):
        self.process = person.bench.run(*person.within, AHOY, "phone", "--json", "--null-audio", "--stats", "0",
                                        "--trace", person.trace, *words, env=person.env, stdin=subprocess.PIPE,
                                        name=person.name + " phone")
        self.process.wait_event("registered")

    def command(self, name, **words):
        self.process.child.stdin.write(json.dumps(dict(words, command=name)) + "\n")
        self.process.child.stdin.flush()

    def calls(self):
        return [e["call"] for e in self.process.events if e["event"] == "result" and e.get("command") == "call"]

    def call(self, to):
        before = len(self.calls())
        self.command("call", to=to)
        self.process.wait_event("result", command="call", ok=True)
        self.process.wait_event("answered", peer=to)
        return self.calls()[before]

    def quit(self):
        self.command("quit")
        assert self.process.wait_exit() == 0


def test_baresip_is_handed_on_blind():
    with Bench() as b:
        server = b.server(extra=MD5_ONLY)
        alice, carol = Person(b, server, "alice"), Person(b, server, "carol")
        bob = Baresip(b, server, "bob", account="regint=60;answermode=auto")
        answering, phone = carol.answer("--auto", "--count", "1"), Phone(alice)
        call = phone.call("sip:bob@example.test")
        phone.command("transfer", to="sip:carol@example.test", call=call)
        assert answering.wait_event("incoming")["peer"] == "sip:bob@example.test"
        answering.wait_event("answered")
        phone.process.wait_event("transferred")
        assert phone.process.wait_event("ended", call=call)["cause"] == "transferred"
        bob.command("hangup")
        answering.wait_event("ended", cause="normal", by="remote")
        phone.quit()
        bob.end()


def test_what_baresip_cannot_do_leaves_both_calls_as_they_were():
    with Bench() as b:
        server = b.server(extra=MD5_ONLY)
        alice, carol = Person(b, server, "alice"), Person(b, server, "carol")
        bob = Baresip(b, server, "bob", account="regint=60;answermode=auto")
        answering, phone = carol.answer("--auto", "--count", "1"), Phone(alice)
        first = phone.call("sip:bob@example.test")
        second = phone.call("sip:carol@example.test")
        phone.command("transfer", to=second, call=first)
        assert phone.process.wait_event("transfer_failed", call=first)["status"] == 400  # it calls with ?Replaces=
        assert phone.process.wait_event("changed", call=first, held=False)
        phone.command("hangup", call=first)
        phone.command("hangup", call=second)
        answering.wait_event("ended", cause="normal", by="remote")
        bob.wait_event("CALL_CLOSED")
        phone.quit()
        bob.end()


def test_a_phone_takes_our_place_in_another_call():
    with Bench() as b:
        server = b.server()
        alice, bob, carol = (Person(b, server, name) for name in ("alice", "bob", "carol"))
        answering, phone = carol.answer("--auto", "--count", "2"), Phone(alice)
        other = Phone(bob, "--incoming", "answer")
        first = phone.call("sip:bob@example.test")
        phone.command("hold", call=first)
        phone.process.wait_event("changed", call=first, held=True)
        second = phone.call("sip:carol@example.test")
        answering.wait_event("answered")
        phone.command("transfer", to=second, call=first)
        asked = other.process.wait_event("referred", asking=True)
        assert asked["referred_by"] == "sip:alice@example.test", asked
        other.command("follow", call=asked["call"])
        answering.wait_event("ended", cause="replaced")
        answering.wait_event("incoming", peer="sip:bob@example.test")
        phone.process.wait_event("transferred")
        phone.process.wait_event("ended", call=first)
        phone.process.wait_event("ended", call=second)
        phone.quit()
        other.command("hangup", call=other.process.wait_event("referred", asking=False)["placed"])
        answering.wait_event("ended", cause="normal", by="remote")
        other.quit()


def test_baresip_hands_a_phone_on():
    with Bench() as b:
        server = b.server(extra=MD5_ONLY)
        alice, carol = Person(b, server, "alice"), Person(b, server, "carol")
        bob = Baresip(b, server, "bob", account="regint=60;answermode=auto")
        answering, phone = carol.answer("--auto", "--count", "1"), Phone(alice)
        call = phone.call("sip:bob@example.test")
        bob.wait_event("CALL_ESTABLISHED")
        bob.command("transfer", "sip:carol@example.test")
        assert phone.process.wait_event("referred", call=call, asking=True)["target"].startswith("sip:carol@example.test")
        phone.command("follow", call=call)
        placed = phone.process.wait_event("referred", call=call, asking=False)["placed"]
        answering.wait_event("answered")
        phone.process.wait_event("answered", call=placed)
        assert phone.process.wait_event("ended", call=call)["by"] == "remote"  # baresip hangs up
        phone.command("hangup", call=placed)
        answering.wait_event("ended", cause="normal", by="remote")
        phone.quit()
        bob.end()


if __name__ == "__main__":
    run(globals())
