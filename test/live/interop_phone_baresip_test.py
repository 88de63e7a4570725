# SPDX-License-Identifier: BSD-2-Clause
"""What baresip makes of our phone, and our phone of baresip, without a server between them: each function is a cell of the
table in docs/interop.md."""

from baresip import LoneBaresip
from live import Bench, run
from people import Voices, received, sent, traced, values, wait_until
from script_phone import Ours


def up(b, *words, account="answermode=auto"):
    """Ours has called baresip: both, and the call."""
    alice, bob = Ours(b, "alice", *words), LoneBaresip(b, "bob", account=account)
    return alice, bob, alice.calls(bob)


def hang_up(alice, bob, call):
    """Ours does, and both are well."""
    alice.ask("hangup", call=call)
    alice.wait_event("ended", call=call, cause="normal", by="local")
    bob.wait_event("CALL_CLOSED")
    assert alice.end() == 0


def test_basic_ours_calls():
    with Bench() as b:
        voices = Voices(b)
        alice = Ours(b, "alice", "--play", voices.said("alice"), "--record", b.folder + "/a.wav")
        bob = LoneBaresip(b, "bob", say=voices.with_silence("bob", 4), account="answermode=auto")
        call = alice.calls(bob)
        alice.wait_event("source_ended")
        hang_up(alice, bob, call)
        bob.end()
        voices.check("bob", b.folder + "/a.wav")
        voices.check("alice", bob.heard())


def test_basic_baresip_calls():
    with Bench() as b:
        voices = Voices(b)
        alice = Ours(b, "alice", "--incoming", "answer", "--play", voices.said("alice"), "--record", b.folder + "/a.wav")
        bob = LoneBaresip(b, "bob", say=voices.said("bob"))
        bob.command("dial", alice.address)
        alice.wait_event("answered", direction="in")
        alice.wait_event("ended", cause="normal", by="remote")  # baresip hangs up at the end of its file
        assert alice.end() == 0
        bob.end()
        voices.check("bob", b.folder + "/a.wav")
        voices.check("alice", bob.heard())


def test_hold_by_ours():
    with Bench() as b:
        alice, bob, call = up(b)
        alice.hears_tone()
        alice.ask("hold")
        alice.wait_event("changed", call=call, held=True)
        alice.hears_nothing()
        alice.ask("resume")
        alice.wait_event("changed", call=call, held=False)
        alice.hears_tone()
        hang_up(alice, bob, call)


def test_hold_by_baresip():
    with Bench() as b:
        alice, bob, call = up(b)
        alice.hears_tone()
        bob.command("hold")
        alice.wait_event("changed", call=call, held_by_peer=True, held=False)
        alice.hears_nothing()
        bob.command("resume")
        alice.wait_event("changed", call=call, held_by_peer=False)
        alice.hears_tone()
        hang_up(alice, bob, call)


def test_hold_by_both():
    with Bench() as b:
        alice, bob, call = up(b)
        alice.ask("hold")
        alice.wait_event("changed", call=call, held=True)
        bob.command("hold")
        alice.wait_event("changed", call=call, held=True, held_by_peer=True)
        alice.events.clear()
        alice.ask("resume")
        alice.wait_event("changed", call=call, held=False, held_by_peer=True)
        bob.command("resume")
        alice.wait_event("changed", call=call, held=False, held_by_peer=False)
        alice.hears_tone()
        hang_up(alice, bob, call)


def test_digits_to_baresip():
    with Bench() as b:
        alice, bob, call = up(b)
        alice.ask("digits", keys="5#")
        bob.wait_event("CALL_DTMF_START")
        bob.wait_event("CALL_DTMF_END")
        wait_until(lambda: bob.digits() == ["5", "#"], bob.events)
        hang_up(alice, bob, call)


def test_digits_to_baresip_by_info():
    with Bench() as b:
        alice, bob, call = up(b)
        alice.ask("digits", keys="5#", by="info")
        wait_until(lambda: bob.digits() == ["5", "#"], bob.events)
        hang_up(alice, bob, call)
        assert sent(alice.trace).count("INFO") == 2


def test_digits_of_baresip():
    with Bench() as b:
        alice, bob, call = up(b)
        alice.hears_tone()
        for key in "7*":
            bob.command("sndcode", key)
            alice.wait_event("digit", call=call, digit=key)
        hang_up(alice, bob, call)


def test_early_media_of_baresip():
    with Bench() as b:
        alice, bob = Ours(b), LoneBaresip(b, "bob", account="answermode=early")
        call = alice.ask("call", to=bob.address)["call"]
        alice.wait_event("early_media", call=call)
        alice.wait_event("ringing", call=call, status=183)
        wait_until(lambda: alice.ask("stats")["media"]["packets_sent"] > 0, "nothing is sent early")
        bob.command("accept")  # before this it sends no sound
        alice.wait_event("answered", call=call)
        alice.hears_tone()
        hang_up(alice, bob, call)


def test_early_media_of_ours():
    with Bench() as b:
        alice, bob = Ours(b, "alice", "--incoming", "tell"), LoneBaresip(b, "bob")
        bob.command("dial", alice.address)
        call = alice.wait_event("incoming")["call"]
        alice.ask("progress", call=call)
        bob.wait_event("CALL_PROGRESS")
        alice.wait_event("media", call=call)
        alice.ask("answer", call=call)
        bob.wait_event("CALL_ESTABLISHED")
        hang_up(alice, bob, call)


def test_blind_transfer_ours_hands_baresip_on():
    with Bench() as b:
        alice, bob, call = up(b)
        carol = Ours(b, "carol", "--incoming", "answer")
        alice.ask("transfer", to=carol.address, call=call)
        assert carol.wait_event("answered", direction="in")
        alice.wait_event("transferred", call=call)
        assert alice.wait_event("ended", call=call)["cause"] == "transferred"
        carol.hears_tone()
        hang_up(carol, bob, carol.wait_event("incoming")["call"])
        assert alice.end() == 0


def test_blind_transfer_to_who_is_busy():
    with Bench() as b:
        alice, bob, call = up(b)
        carol = Ours(b, "carol", "--incoming", "reject")
        alice.ask("transfer", to=carol.address, call=call)
        assert alice.wait_event("transfer_failed", call=call)["status"] == 486
        alice.wait_event("changed", call=call, held=False)
        alice.hears_tone()
        hang_up(alice, bob, call)
        assert carol.end() == 0


def test_blind_transfer_baresip_hands_ours_on():
    with Bench() as b:
        alice, bob, call = up(b)
        carol = Ours(b, "carol", "--incoming", "answer")
        bob.command("transfer", carol.address)
        assert alice.wait_event("referred", call=call, asking=True)["target"].startswith("sip:carol@")
        alice.ask("follow", call=call)
        placed = alice.wait_event("referred", call=call, asking=False)["placed"]
        alice.wait_event("answered", call=placed)
        assert alice.wait_event("ended", call=call)["by"] == "remote"  # baresip hangs up
        alice.ask("hangup", call=placed)
        carol.wait_event("ended", cause="normal", by="remote")
        assert alice.end() == 0 and carol.end() == 0


def test_blind_transfer_of_ours_to_baresip():
    with Bench() as b:
        alice, carol = Ours(b), Ours(b, "carol", "--incoming", "answer")
        bob = LoneBaresip(b, "bob", account="answermode=auto")
        call = alice.calls(carol)
        alice.ask("transfer", to=bob.address, call=call)
        carol.ask("follow", call=carol.wait_event("referred", asking=True)["call"])
        alice.wait_event("transferred", call=call)
        carol.hears_tone()
        hang_up(carol, bob, carol.wait_event("referred", asking=False)["placed"])
        assert alice.end() == 0


def test_attended_transfer_ours_hands_baresip_on():
    """It calls with ?Replaces= in the Request-URI, which is refused: both calls go on."""
    with Bench() as b:
        alice, bob, first = up(b)
        carol = Ours(b, "carol", "--incoming", "answer")
        second = alice.calls(carol)
        alice.ask("transfer", to=second, call=first)
        assert alice.wait_event("transfer_failed", call=first)["status"] == 400
        alice.wait_event("changed", call=first, held=False)
        alice.hears_tone()
        alice.ask("hangup", call=second)
        hang_up(alice, bob, first)
        assert carol.end() == 0


def test_attended_transfer_of_ours_to_baresip():
    """It does not know Replaces: it takes the call as another one, and we hang up the one that was to be replaced."""
    with Bench() as b:
        alice, bob, second = up(b)
        carol = Ours(b, "carol", "--incoming", "answer")
        first = alice.calls(carol)
        alice.ask("transfer", to=second, call=first)
        carol.ask("follow", call=carol.wait_event("referred", asking=True)["call"])
        alice.wait_event("transferred", call=first)
        alice.wait_event("ended", call=second, cause="transferred")
        bob.wait_event("CALL_CLOSED")
        bob.events.clear()
        carol.hears_tone()
        hang_up(carol, bob, carol.wait_event("referred", asking=False)["placed"])
        assert alice.end() == 0


def test_prack_is_not_had():
    """It does not list 100rel."""
    with Bench() as b:
        alice, bob = Ours(b, "alice", "--reliable", "always"), LoneBaresip(b, "bob", account="answermode=early")
        call = alice.ask("call", to=bob.address)["call"]
        alice.wait_event("early_media", call=call)
        bob.command("accept")
        alice.wait_event("answered", call=call)
        hang_up(alice, bob, call)
        assert sent(alice.trace) == ["INVITE", "ACK", "BYE"]


def test_prack_that_is_required():
    with Bench() as b:
        alice, bob = Ours(b, "alice", "--reliable", "required"), LoneBaresip(b, "bob")
        call = alice.ask("call", to=bob.address)["call"]
        assert alice.wait_event("ended", call=call, cause="refused")["status"] == 420
        assert values(received(alice.trace, "SIP/2.0 420")[0], "Unsupported") == ["100rel"]
        assert alice.end() == 0


def test_session_timer_is_not_had():
    """Ours asks for one and baresip does not know it: the call stands, and we alone would refresh it."""
    with Bench() as b:
        alice, bob, call = up(b)
        hang_up(alice, bob, call)
        assert values(traced(alice.trace)[0], "Session-Expires") == ["1800"]
        assert values(received(alice.trace, "SIP/2.0 200")[0], "Session-Expires") == []


def both_ways(b, **words):
    alice = Ours(b, "alice", "--incoming", "answer", **words)
    bob = LoneBaresip(b, "bob", account="answermode=auto", **words)
    call = alice.calls(bob)
    alice.hears_tone()
    alice.ask("hangup", call=call)
    bob.wait_event("CALL_CLOSED")
    bob.events.clear()
    bob.command("dial", alice.address)
    bob.wait_event("CALL_ESTABLISHED")
    alice.hears_tone()
    bob.command("hangup")
    alice.wait_event("ended", direction="in", cause="normal", by="remote")
    assert alice.end() == 0
    return {(m["transport"], m["remote"].rsplit(":", 1)[0]) for m in traced(alice.trace)}


def test_ipv6():
    with Bench() as b:
        assert both_ways(b, host="::1") == {("UDP", "[::1]")}


def test_tcp():
    with Bench() as b:
        assert both_ways(b, transport="tcp") == {("TCP", "127.0.0.1")}


def test_tls():
    with Bench() as b:
        assert both_ways(b, transport="tls", lab=b.lab("example.test")) == {("TLS", "127.0.0.1")}


if __name__ == "__main__":
    run(globals())
