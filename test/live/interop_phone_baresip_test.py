# SPDX-License-Identifier: BSD-2-Clause
"""What baresip makes of our phone, and our phone of baresip, without a server between them: each function is a cell of the
table in docs/interop.md, here and in interop.py."""

from baresip import LoneBaresip
from interop import Cells
from live import Bench
from people import received, sent, traced, values, wait_until
from script_phone import Ours


class BaresipCells(Cells):
    def other(self, b, auto=True, **words):
        return LoneBaresip(b, "bob", account="answermode=auto" if auto else "", **words)

    def early(self, b):
        """It says 183 and waits to be told to accept."""
        return LoneBaresip(b, "bob", account="answermode=early")

    def test_early_media_of_the_other(self):
        with Bench() as b:
            alice, bob = Ours(b), self.early(b)
            call = alice.ask("call", to=bob.address)["call"]
            alice.wait_event("early_media", call=call)
            alice.wait_event("ringing", call=call, status=183)
            wait_until(lambda: alice.ask("stats")["media"]["packets_sent"] > 0, "nothing is sent early")
            bob.accepts()  # before this it sends no sound
            alice.wait_event("answered", call=call)
            alice.hears_tone()
            self.hang_up(alice, bob, call)

    def test_attended_transfer_ours_hands_the_other_on(self):
        """It calls with ?Replaces= in the Request-URI, which is refused: both calls go on."""
        with Bench() as b:
            alice, bob, first = self.up(b)
            carol = Ours(b, "carol", "--incoming", "answer")
            second = alice.calls(carol)
            alice.ask("transfer", to=second, call=first)
            assert alice.wait_event("transfer_failed", call=first)["status"] == 400
            alice.wait_event("changed", call=first, held=False)
            alice.hears_tone()
            alice.ask("hangup", call=second)
            self.hang_up(alice, bob, first)
            assert carol.end() == 0

    def test_prack_is_not_had(self):
        """It does not list 100rel."""
        with Bench() as b:
            alice, bob = Ours(b, "alice", "--reliable", "always"), self.early(b)
            call = alice.ask("call", to=bob.address)["call"]
            alice.wait_event("early_media", call=call)
            bob.accepts()
            alice.wait_event("answered", call=call)
            self.hang_up(alice, bob, call)
            assert sent(alice.trace) == ["INVITE", "ACK", "BYE"]

    def test_prack_that_is_required(self):
        with Bench() as b:
            alice, bob = Ours(b, "alice", "--reliable", "required"), self.other(b, auto=False)
            call = alice.ask("call", to=bob.address)["call"]
            assert alice.wait_event("ended", call=call, cause="refused")["status"] == 420
            assert values(received(alice.trace, "SIP/2.0 420")[0], "Unsupported") == ["100rel"]
            assert alice.end() == 0

    def test_session_timer_is_not_had(self):
        """Ours asks for one and baresip does not know it: the call stands, and we alone would refresh it."""
        with Bench() as b:
            alice, bob, call = self.up(b)
            self.hang_up(alice, bob, call)
            assert values(traced(alice.trace)[0], "Session-Expires") == ["1800"]
            assert values(received(alice.trace, "SIP/2.0 200")[0], "Session-Expires") == []

    def test_tls(self):
        with Bench() as b:
            assert self.both_ways(b, transport="tls", lab=b.lab("example.test")) == {("TLS", "127.0.0.1")}


if __name__ == "__main__":
    BaresipCells().run()
