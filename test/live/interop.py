# SPDX-License-Identifier: BSD-2-Clause
"""The cells of the table "Phone to phone" in docs/interop.md that every other phone has, without a server between it
and ours.  A test file has a subclass with those that are its phone's own, and says how such a phone is made."""

from live import Bench, run_all
from lossy import LossySignals
from people import Voices, sent, traced
from script_phone import Ours

TOGETHER = 4  # cells at a time: each waits for people who talk most of its time


def port_of(phone):
    return int(phone.address.split(";")[0].rsplit(":", 1)[1])


class Cells:
    """Each test_ of it is a cell.  The other phone has these verbs, by which a person uses it: calls(address),
    accepts(), hangs_up(), holds(), resumes(), sends_on(address), presses(key); and these, which wait: is_up(), is_closed(),
    hears_progress(), heard_keys(keys).  forget() lets go of what has happened to it, end() ends it, heard() is its
    recording.  What cannot be asked of it is None here, and no cell."""

    def other(self, b, auto=True, **words):
        """Another phone, called bob, that answers."""
        raise NotImplementedError

    def up(self, b, *words, **of_other):
        """Ours has called the other: both, and the call."""
        alice, bob = Ours(b, "alice", *words), self.other(b, **of_other)
        return alice, bob, alice.calls(bob)

    @staticmethod
    def hang_up(alice, bob, call):
        """Ours does, and both are well."""
        bob.forget()
        alice.ask("hangup", call=call)
        alice.wait_event("ended", call=call, cause="normal", by="local")
        bob.is_closed()
        assert alice.end() == 0

    def talk(self, b, begin, end):
        """Both say their five seconds; `begin` places the call and returns it."""
        voices = Voices(b)
        alice = Ours(b, "alice", "--incoming", "answer", "--play", voices.said("alice"), "--record", b.folder + "/a.wav")
        bob = self.other(b, say=voices.with_silence("bob", 4))
        call = begin(alice, bob)
        alice.wait_event("source_ended")
        end(alice, bob, call)
        bob.end()
        voices.check("bob", b.folder + "/a.wav")
        voices.check("alice", bob.heard())

    def test_basic_ours_calls(self):
        with Bench() as b:
            self.talk(b, lambda alice, bob: alice.calls(bob), self.hang_up)

    def test_basic_the_other_calls(self):
        def begin(alice, bob):
            bob.calls(alice.address)
            return alice.wait_event("answered", direction="in")["call"]

        def end(alice, bob, call):
            bob.hangs_up()
            alice.wait_event("ended", call=call, cause="normal", by="remote")
            assert alice.end() == 0

        with Bench() as b:
            self.talk(b, begin, end)

    def test_hold_by_ours(self):
        with Bench() as b:
            alice, bob, call = self.up(b)
            alice.hears_tone()
            alice.ask("hold")
            alice.wait_event("changed", call=call, held=True)
            alice.hears_nothing()
            alice.ask("resume")
            alice.wait_event("changed", call=call, held=False)
            alice.hears_tone()
            self.hang_up(alice, bob, call)

    def test_hold_by_the_other(self):
        with Bench() as b:
            alice, bob, call = self.up(b)
            alice.hears_tone()
            bob.holds()
            alice.wait_event("changed", call=call, held_by_peer=True, held=False)
            bob.resumes()
            alice.wait_event("changed", call=call, held_by_peer=False)
            alice.hears_tone()
            self.hang_up(alice, bob, call)

    def test_hold_by_both(self):
        with Bench() as b:
            alice, bob, call = self.up(b)
            alice.ask("hold")
            alice.wait_event("changed", call=call, held=True)
            bob.holds()
            alice.wait_event("changed", call=call, held=True, held_by_peer=True)
            alice.events.clear()
            alice.ask("resume")
            alice.wait_event("changed", call=call, held=False, held_by_peer=True)
            bob.resumes()
            alice.wait_event("changed", call=call, held=False, held_by_peer=False)
            alice.hears_tone()
            self.hang_up(alice, bob, call)

    def keys_of_ours(self, by):
        with Bench() as b:
            alice, bob, call = self.up(b)
            alice.hears_tone()
            alice.ask("digits", keys="5#", **by)
            bob.heard_keys("5#")
            self.hang_up(alice, bob, call)
            return sent(alice.trace).count("INFO")

    def test_digits_of_ours(self):
        assert self.keys_of_ours({}) == 0

    def test_digits_of_ours_by_info(self):
        assert self.keys_of_ours({"by": "info"}) == 2

    def keys_of_the_other(self, **words):
        with Bench() as b:
            alice, bob, call = self.up(b, **words)
            alice.hears_tone()
            for key in "7*":
                bob.presses(key)
                alice.wait_event("digit", call=call, digit=key)
            self.hang_up(alice, bob, call)
            return sum(m["dir"] == "in" and m["first"].startswith("INFO ") for m in traced(alice.trace))

    def test_digits_of_the_other(self):
        assert self.keys_of_the_other() == 0

    def early_media_of_ours(self, b, *words, early=None, **of_other):
        """The other calls, hears ours before it is answered, and is answered: both, and the call."""
        alice, bob = Ours(b, "alice", "--incoming", "tell", *words), self.other(b, **of_other)
        bob.calls(alice.address, **(early or {}))
        call = alice.wait_event("incoming")["call"]
        alice.ask("progress", call=call)
        bob.hears_progress()
        alice.wait_event("media", call=call)
        return alice, bob, call

    def test_early_media_of_ours(self):
        with Bench() as b:
            alice, bob, call = self.early_media_of_ours(b)
            alice.ask("answer", call=call)
            bob.is_up()
            alice.hears_tone()
            self.hang_up(alice, bob, call)

    def test_blind_transfer_ours_hands_the_other_on(self):
        with Bench() as b:
            alice, bob, call = self.up(b)
            carol = Ours(b, "carol", "--incoming", "answer")
            alice.ask("transfer", to=carol.address, call=call)
            carol.wait_event("answered", direction="in")
            alice.wait_event("transferred", call=call)
            assert alice.wait_event("ended", call=call)["cause"] == "transferred"
            carol.hears_tone()
            self.hang_up(carol, bob, carol.wait_event("incoming")["call"])
            assert alice.end() == 0

    def test_blind_transfer_to_who_is_busy(self):
        with Bench() as b:
            alice, bob, call = self.up(b)
            carol = Ours(b, "carol", "--incoming", "reject")
            alice.ask("transfer", to=carol.address, call=call)
            assert alice.wait_event("transfer_failed", call=call)["status"] == 486
            alice.wait_event("changed", call=call, held=False)
            alice.hears_tone()
            self.hang_up(alice, bob, call)
            assert carol.end() == 0

    def test_blind_transfer_the_other_hands_ours_on(self):
        with Bench() as b:
            alice, bob, call = self.up(b)
            carol = Ours(b, "carol", "--incoming", "answer")
            bob.sends_on(carol.address)
            assert alice.wait_event("referred", call=call, asking=True)["target"].startswith("sip:carol@")
            alice.ask("follow", call=call)
            placed = alice.wait_event("referred", call=call, asking=False)["placed"]
            alice.wait_event("answered", call=placed)
            bob.has_sent_on()
            alice.wait_event("ended", call=call, by="remote")
            alice.ask("hangup", call=placed)
            carol.wait_event("ended", cause="normal", by="remote")
            assert alice.end() == 0 and carol.end() == 0

    def test_blind_transfer_of_ours_to_the_other(self):
        with Bench() as b:
            alice, carol = Ours(b), Ours(b, "carol", "--incoming", "answer")
            bob = self.other(b)
            call = alice.calls(carol)
            alice.ask("transfer", to=bob.address, call=call)
            carol.ask("follow", call=carol.wait_event("referred", asking=True)["call"])
            alice.wait_event("transferred", call=call)
            carol.hears_tone()
            self.hang_up(carol, bob, carol.wait_event("referred", asking=False)["placed"])
            assert alice.end() == 0

    def test_attended_transfer_of_ours_to_the_other(self):
        """One that does not know Replaces takes the call as another one, and we hang up the one that was to be replaced; else it does."""
        with Bench() as b:
            alice, bob, second = self.up(b)
            carol = Ours(b, "carol", "--incoming", "answer")
            first = alice.calls(carol)
            alice.ask("transfer", to=second, call=first)
            carol.ask("follow", call=carol.wait_event("referred", asking=True)["call"])
            alice.wait_event("transferred", call=first)
            alice.wait_event("ended", call=second)
            bob.is_closed()
            carol.hears_tone()
            self.hang_up(carol, bob, carol.wait_event("referred", asking=False)["placed"])
            assert alice.end() == 0

    def by_a_lossy_way(self, b, **words):
        """Ours and the other, between whom each tenth message of SIP is lost, the first INVITE to begin with."""
        alice, bob = Ours(b, "alice", "--incoming", "answer"), self.other(b, **words)
        way = LossySignals(b, port_of(alice), port_of(bob), lambda n: n % 10 == 1)
        bob.address = "sip:bob@127.0.0.1:%d" % way.that_is_at
        return alice, bob, way

    def test_basic_when_messages_are_lost(self):
        with Bench() as b:
            alice, bob, way = self.by_a_lossy_way(b)
            call = alice.calls(bob)
            alice.hears_tone()
            alice.ask("hangup", call=call)
            bob.is_closed()
            bob.forget()
            bob.calls("sip:alice@127.0.0.1:%d" % way.this_is_at)
            alice.wait_event("answered", direction="in")
            bob.is_up()
            alice.hears_tone()
            bob.hangs_up()
            alice.wait_event("ended", direction="in", cause="normal", by="remote")
            assert alice.end() == 0 and way.dropped > 1

    def test_hold_when_messages_are_lost(self):
        with Bench() as b:
            alice, bob, way = self.by_a_lossy_way(b)
            call = alice.calls(bob)
            alice.ask("hold")
            alice.wait_event("changed", call=call, held=True)
            alice.hears_nothing()
            alice.ask("resume")
            alice.wait_event("changed", call=call, held=False)
            alice.hears_tone()
            bob.holds()
            alice.wait_event("changed", call=call, held_by_peer=True)
            bob.resumes()
            alice.wait_event("changed", call=call, held_by_peer=False)
            alice.hears_tone()
            self.hang_up(alice, bob, call)
            assert way.dropped > 1

    def test_blind_transfer_when_messages_are_lost(self):
        with Bench() as b:
            alice, bob, way = self.by_a_lossy_way(b)
            carol = Ours(b, "carol", "--incoming", "answer")
            call = alice.calls(bob)
            alice.ask("transfer", to=carol.address, call=call)
            carol.wait_event("answered", direction="in")
            alice.wait_event("transferred", call=call)
            alice.wait_event("ended", call=call, cause="transferred")
            carol.hears_tone()
            self.hang_up(carol, bob, carol.wait_event("incoming")["call"])
            assert alice.end() == 0 and way.dropped > 1

    @staticmethod
    def there_and_back(alice, bob):
        """Ours calls and hangs up, then the other does."""
        call = alice.calls(bob)
        alice.hears_tone()
        alice.ask("hangup", call=call)
        bob.is_closed()
        bob.forget()
        bob.calls(alice.address)
        alice.wait_event("answered", direction="in")
        bob.is_up()
        alice.hears_tone()
        bob.hangs_up()
        alice.wait_event("ended", direction="in", cause="normal", by="remote")
        assert alice.end() == 0

    def both_ways(self, b, **words):
        alice = Ours(b, "alice", "--incoming", "answer", **words)
        self.there_and_back(alice, self.other(b, **words))
        return {(m["transport"], m["remote"].rsplit(":", 1)[0]) for m in traced(alice.trace)}

    def test_ipv6(self):
        with Bench() as b:
            assert self.both_ways(b, host="::1") == {("UDP", "[::1]")}

    def test_tcp(self):
        with Bench() as b:
            assert self.both_ways(b, transport="tcp") == {("TCP", "127.0.0.1")}

    def run(self):
        run_all({name: getattr(self, name) for name in dir(self) if name.startswith("test_")}, TOGETHER)
