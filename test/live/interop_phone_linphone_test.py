# SPDX-License-Identifier: BSD-2-Clause
"""What linphone makes of our phone, and our phone of linphone, without a server between them (but for TLS and one
transfer): each function is a cell of the table in docs/interop.md, here and in interop.py."""

from interop import Cells
from linphone import Linphone
from live import Bench
from people import received, sent, traced, values, wait_until
from script_phone import Ours

TIMER = "session_expires_enabled=1\nsession_expires_value=100\nsession_expires_min_value=90\nsession_expires_refresher_value=1"
EARLY = {"early": True}


def timer_is(message):
    assert values(message, "Session-Expires") == ["100;refresher=uas"] and values(message, "Require") == ["timer"]


class LinphoneCells(Cells):
    def other(self, b, more="use_rfc2833=1\nuse_info=0", **words):
        return Linphone(b, "bob", more=more, **words)

    def test_digits_of_the_other_by_info(self):
        assert self.keys_of_the_other(more="use_rfc2833=0\nuse_info=1") == 2

    def early_media_of_ours(self, b, *words, **of_other):
        return super().early_media_of_ours(b, *words, early=EARLY, **of_other)

    def early_media_of_the_other(self, b, *words, more):
        alice = Ours(b, "alice", *words)
        bob = self.other(b, auto=False, more="incoming_calls_early_media=1\n" + more)
        call = alice.ask("call", to=bob.address)["call"]
        alice.wait_event("early_media", call=call)
        alice.wait_event("media", call=call)
        return alice, bob, call

    def is_accepted(self, alice, bob, call):
        bob.accepts()
        alice.wait_event("answered", call=call)
        alice.hears_tone()
        self.hang_up(alice, bob, call)

    def test_early_media_of_the_other(self):
        with Bench() as b:
            self.is_accepted(*self.early_media_of_the_other(b, more=""))

    def test_attended_transfer_ours_hands_the_other_on(self):
        with Bench() as b:
            alice, bob, first = self.up(b)
            carol = Ours(b, "carol", "--incoming", "answer")
            second = alice.calls(carol)
            alice.ask("transfer", to=second, call=first)
            carol.wait_event("ended", cause="replaced")
            taken = carol.wait_event("incoming", replaces=carol.wait_event("incoming")["call"])["call"]
            alice.wait_event("transferred", call=first)
            alice.wait_event("ended", call=first)
            alice.wait_event("ended", call=second)
            carol.hears_tone()
            self.hang_up(carol, bob, taken)
            assert alice.end() == 0

    def test_attended_transfer_the_other_hands_ours_on(self):
        """By way of a server: it names neither port nor transport in its Refer-To."""
        with Bench() as b:
            server = b.server()
            alice, carol = Ours(b), Ours(b, "carol", "--incoming", "answer")
            alice.joins(server, "alice")
            carol.joins(server, "carol")
            bob = self.other(b, server=server)
            first = alice.calls(bob)
            bob.holds()
            alice.wait_event("changed", call=first, held_by_peer=True)
            bob.calls(carol.address)
            bob.wait("Call 2 with .* connected")
            bob.command("transfer 1 --to-call 2")
            alice.ask("follow", call=alice.wait_event("referred", call=first, asking=True)["call"])
            placed = alice.wait_event("referred", call=first, asking=False)["placed"]
            alice.wait_event("answered", call=placed)
            carol.wait_event("ended", cause="replaced")
            bob.wait("Call 1 with .* ended")
            alice.wait_event("ended", call=first, by="remote")
            alice.ask("hangup", call=placed)
            carol.wait_event("ended", cause="normal", by="remote")
            assert alice.end() == 0 and carol.end() == 0

    def test_prack_of_the_other(self):
        with Bench() as b:
            alice, bob, call = self.early_media_of_ours(b, "--reliable", "always", more="100rel_support_level=1")
            wait_until(lambda: "200 PRACK" in sent(alice.trace), "no PRACK")
            alice.ask("answer", call=call)
            alice.hears_tone()
            self.hang_up(alice, bob, call)

    def test_prack_of_ours(self):
        with Bench() as b:
            alice, bob, call = self.early_media_of_the_other(b, "--reliable", "always", more="100rel_support_level=2")
            assert values(received(alice.trace, "SIP/2.0 183")[0], "Require") == ["100rel"]
            wait_until(lambda: any(m["cseq"].endswith("PRACK") for m in received(alice.trace, "SIP/2.0 200")), "no answer")
            self.is_accepted(alice, bob, call)

    def test_session_timer_when_ours_calls(self):
        with Bench() as b:
            alice, bob, call = self.up(b, more=TIMER)
            self.hang_up(alice, bob, call)
            timer_is(received(alice.trace, "SIP/2.0 200")[0])

    def test_session_timer_when_the_other_calls(self):
        with Bench() as b:
            alice, bob = Ours(b, "alice", "--incoming", "answer"), self.other(b, more=TIMER)
            bob.calls(alice.address)
            bob.is_up()
            self.hang_up(alice, bob, alice.wait_event("incoming")["call"])
            timer_is(next(m for m in traced(alice.trace) if m["dir"] == "out" and m["first"] == "SIP/2.0 200 OK"))

    def test_tls_by_way_of_a_server(self):
        """It has no certificate to be called by directly."""
        with Bench() as b:
            lab = b.lab("localhost")
            server = b.server(domain="localhost", lab=lab)
            alice = Ours(b, "alice", "--incoming", "answer", "--tls-trust", lab.ca)
            alice.joins(server, "alice", transport="tls")
            self.there_and_back(alice, self.other(b, transport="tls", server=server))
            assert {m["transport"] for m in traced(server.folder + "/trace")} == {"TLS"}


if __name__ == "__main__":
    LinphoneCells().run()
