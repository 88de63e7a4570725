# SPDX-License-Identifier: BSD-2-Clause
"""What linphone makes of our phone, and our phone of linphone, without a server between them (but for TLS and one
transfer): each function is a cell of the table in docs/interop.md."""

from linphone import Linphone
from live import Bench, run
from people import Voices, received, sent, traced, values, wait_until
from script_phone import Ours


def up(b, *words, **of_linphone):
    """Ours has called linphone: both, and the call."""
    alice, bob = Ours(b, "alice", *words), Linphone(b, "bob", **of_linphone)
    return alice, bob, alice.calls(bob)


def hang_up(alice, bob, call):
    """Ours does, and both are well."""
    alice.ask("hangup", call=call)
    alice.wait_event("ended", call=call, cause="normal", by="local")
    bob.closed()
    assert alice.end() == 0


def test_basic_ours_calls():
    with Bench() as b:
        voices = Voices(b)
        alice = Ours(b, "alice", "--play", voices.said("alice"), "--record", b.folder + "/a.wav")
        bob = Linphone(b, "bob", say=voices.said("bob"))
        call = alice.calls(bob)
        alice.wait_event("source_ended")
        hang_up(alice, bob, call)
        bob.stop()
        voices.check("bob", b.folder + "/a.wav")
        voices.check("alice", bob.heard())


def test_basic_linphone_calls():
    with Bench() as b:
        voices = Voices(b)
        alice = Ours(b, "alice", "--incoming", "answer", "--play", voices.said("alice"), "--record", b.folder + "/a.wav")
        bob = Linphone(b, "bob", say=voices.said("bob"))
        bob.command("call " + alice.address)
        alice.wait_event("answered", direction="in")
        alice.wait_event("source_ended")
        bob.command("terminate")
        alice.wait_event("ended", cause="normal", by="remote")
        assert alice.end() == 0
        bob.stop()
        voices.check("bob", b.folder + "/a.wav")
        voices.check("alice", bob.heard())


def test_hold_by_ours():
    with Bench() as b:
        alice, bob, call = up(b)
        alice.hears_tone()
        alice.ask("hold")
        alice.wait_event("changed", call=call, held=True)
        bob.wait("has been paused by")
        alice.hears_nothing()
        alice.ask("resume")
        alice.wait_event("changed", call=call, held=False)
        alice.hears_tone()
        hang_up(alice, bob, call)


def test_hold_by_linphone():
    with Bench() as b:
        alice, bob, call = up(b)
        alice.hears_tone()
        bob.command("pause")
        alice.wait_event("changed", call=call, held_by_peer=True, held=False)
        bob.wait("is now paused")
        bob.command("resume")
        alice.wait_event("changed", call=call, held_by_peer=False)
        alice.hears_tone()
        hang_up(alice, bob, call)


def test_digits_to_linphone():
    with Bench() as b:
        alice, bob, call = up(b)
        alice.hears_tone()
        alice.ask("digits", keys="5#")
        bob.wait("Receiving tone 5")
        bob.wait("Receiving tone #")
        hang_up(alice, bob, call)


def digits_of_linphone(more):
    with Bench() as b:
        alice, bob, call = up(b, more=more)
        alice.hears_tone()
        for key in "7*":
            bob.command(key)
            alice.wait_event("digit", call=call, digit=key)
        hang_up(alice, bob, call)
        return received(alice.trace, "INFO")


def test_digits_of_linphone():
    assert digits_of_linphone("use_rfc2833=1\nuse_info=0") == []


def test_digits_of_linphone_by_info():
    assert len(digits_of_linphone("use_rfc2833=0\nuse_info=1")) == 2


def test_digits_to_linphone_by_info():
    with Bench() as b:
        alice, bob, call = up(b)
        alice.hears_tone()
        alice.ask("digits", keys="5#", by="info")
        bob.wait("Receiving tone 5")
        bob.wait("Receiving tone #")
        hang_up(alice, bob, call)
        assert sent(alice.trace).count("INFO") == 2


def test_early_media_of_linphone():
    with Bench() as b:
        alice, bob = Ours(b), Linphone(b, "bob", auto=False, more="incoming_calls_early_media=1")
        call = alice.ask("call", to=bob.address)["call"]
        alice.wait_event("early_media", call=call)
        alice.wait_event("media", call=call)
        bob.command("answer")
        alice.wait_event("answered", call=call)
        alice.hears_tone()
        hang_up(alice, bob, call)


def test_early_media_of_ours():
    with Bench() as b:
        alice, bob = Ours(b, "alice", "--incoming", "tell"), Linphone(b, "bob")
        bob.command("call %s --early-media" % alice.address)
        call = alice.wait_event("incoming")["call"]
        alice.ask("progress", call=call)
        bob.wait("early media")
        alice.wait_event("media", call=call)
        alice.ask("answer", call=call)
        alice.hears_tone()
        hang_up(alice, bob, call)


def test_blind_transfer_ours_hands_linphone_on():
    with Bench() as b:
        alice, bob, call = up(b)
        carol = Ours(b, "carol", "--incoming", "answer")
        alice.ask("transfer", to=carol.address, call=call)
        carol.wait_event("answered", direction="in")
        alice.wait_event("transferred", call=call)
        assert alice.wait_event("ended", call=call)["cause"] == "transferred"
        carol.hears_tone()
        bob.forget()
        hang_up(carol, bob, carol.wait_event("incoming")["call"])
        assert alice.end() == 0


def test_blind_transfer_to_who_is_busy():
    with Bench() as b:
        alice, bob, call = up(b)
        carol = Ours(b, "carol", "--incoming", "reject")
        alice.ask("transfer", to=carol.address, call=call)
        assert alice.wait_event("transfer_failed", call=call)["status"] == 486
        alice.wait_event("changed", call=call, held=False)
        bob.forget()
        hang_up(alice, bob, call)
        assert carol.end() == 0


def test_blind_transfer_linphone_hands_ours_on():
    with Bench() as b:
        alice, bob, call = up(b)
        carol = Ours(b, "carol", "--incoming", "answer")
        bob.command("transfer " + carol.address)
        assert alice.wait_event("referred", call=call, asking=True)["target"].startswith("sip:carol@")
        alice.ask("follow", call=call)
        placed = alice.wait_event("referred", call=call, asking=False)["placed"]
        alice.wait_event("answered", call=placed)
        bob.wait("has been transfered")
        bob.command("terminate")
        alice.wait_event("ended", call=call, by="remote")
        alice.ask("hangup", call=placed)
        carol.wait_event("ended", cause="normal", by="remote")
        assert alice.end() == 0 and carol.end() == 0


def test_blind_transfer_of_ours_to_linphone():
    with Bench() as b:
        alice, carol = Ours(b), Ours(b, "carol", "--incoming", "answer")
        bob = Linphone(b, "bob")
        call = alice.calls(carol)
        alice.ask("transfer", to=bob.address, call=call)
        carol.ask("follow", call=carol.wait_event("referred", asking=True)["call"])
        alice.wait_event("transferred", call=call)
        carol.hears_tone()
        hang_up(carol, bob, carol.wait_event("referred", asking=False)["placed"])
        assert alice.end() == 0


def test_attended_transfer_ours_hands_linphone_on():
    with Bench() as b:
        alice, bob, first = up(b)
        carol = Ours(b, "carol", "--incoming", "answer")
        second = alice.calls(carol)
        alice.ask("transfer", to=second, call=first)
        carol.wait_event("ended", cause="replaced")
        taken = carol.wait_event("incoming", replaces=carol.wait_event("incoming")["call"])["call"]
        alice.wait_event("transferred", call=first)
        alice.wait_event("ended", call=first)
        alice.wait_event("ended", call=second)
        carol.hears_tone()
        bob.forget()
        hang_up(carol, bob, taken)
        assert alice.end() == 0


def test_attended_transfer_linphone_hands_ours_on():
    """By way of a server: it names neither port nor transport in its Refer-To."""
    with Bench() as b:
        server = b.server()
        alice, carol = Ours(b), Ours(b, "carol", "--incoming", "answer")
        alice.joins(server, "alice")
        carol.joins(server, "carol")
        bob = Linphone(b, "bob", server=server)
        first = alice.calls(bob)
        bob.command("pause")
        alice.wait_event("changed", call=first, held_by_peer=True)
        bob.command("call " + carol.address)
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


def test_attended_transfer_of_ours_to_linphone():
    with Bench() as b:
        alice, bob, second = up(b)
        carol = Ours(b, "carol", "--incoming", "answer")
        first = alice.calls(carol)
        alice.ask("transfer", to=second, call=first)
        carol.ask("follow", call=carol.wait_event("referred", asking=True)["call"])
        alice.wait_event("transferred", call=first)
        alice.wait_event("ended", call=second)
        carol.hears_tone()
        bob.forget()
        hang_up(carol, bob, carol.wait_event("referred", asking=False)["placed"])
        assert alice.end() == 0


def test_prack_of_linphone():
    with Bench() as b:
        alice = Ours(b, "alice", "--reliable", "always", "--incoming", "tell")
        bob = Linphone(b, "bob", more="100rel_support_level=1")
        bob.command("call %s --early-media" % alice.address)
        call = alice.wait_event("incoming")["call"]
        alice.ask("progress", call=call)
        bob.wait("early media")
        wait_until(lambda: "200 PRACK" in sent(alice.trace), "no PRACK")
        alice.ask("answer", call=call)
        alice.hears_tone()
        hang_up(alice, bob, call)


def test_prack_of_ours():
    with Bench() as b:
        alice = Ours(b, "alice", "--reliable", "always")
        bob = Linphone(b, "bob", auto=False, more="incoming_calls_early_media=1\n100rel_support_level=2")
        call = alice.ask("call", to=bob.address)["call"]
        alice.wait_event("early_media", call=call)
        assert values(received(alice.trace, "SIP/2.0 183")[0], "Require") == ["100rel"]
        wait_until(lambda: any(m["cseq"].endswith("PRACK") for m in received(alice.trace, "SIP/2.0 200")), "no answer")
        bob.command("answer")
        alice.wait_event("answered", call=call)
        alice.hears_tone()
        hang_up(alice, bob, call)


TIMER = "session_expires_enabled=1\nsession_expires_value=100\nsession_expires_min_value=90\nsession_expires_refresher_value=1"


def timer_is(message):
    assert values(message, "Session-Expires") == ["100;refresher=uas"] and values(message, "Require") == ["timer"]


def test_session_timer_when_ours_calls():
    with Bench() as b:
        alice, bob, call = up(b, more=TIMER)
        hang_up(alice, bob, call)
        timer_is(received(alice.trace, "SIP/2.0 200")[0])


def test_session_timer_when_linphone_calls():
    with Bench() as b:
        alice, bob = Ours(b, "alice", "--incoming", "answer"), Linphone(b, "bob", more=TIMER)
        bob.command("call " + alice.address)
        bob.wait("connected")
        hang_up(alice, bob, alice.wait_event("incoming")["call"])
        timer_is(next(m for m in traced(alice.trace) if m["dir"] == "out" and m["first"] == "SIP/2.0 200 OK"))


def there_and_back(alice, bob):
    call = alice.calls(bob)
    alice.hears_tone()
    alice.ask("hangup", call=call)
    bob.closed()
    bob.forget()
    bob.command("call " + alice.address)
    alice.wait_event("answered", direction="in")
    alice.hears_tone()
    bob.command("terminate")
    alice.wait_event("ended", direction="in", cause="normal", by="remote")
    assert alice.end() == 0


def both_ways(b, **words):
    alice = Ours(b, "alice", "--incoming", "answer", **words)
    there_and_back(alice, Linphone(b, "bob", **words))
    return {(m["transport"], m["remote"].rsplit(":", 1)[0]) for m in traced(alice.trace)}


def test_ipv6():
    with Bench() as b:
        assert both_ways(b, host="::1") == {("UDP", "[::1]")}


def test_tcp():
    with Bench() as b:
        assert both_ways(b, transport="tcp") == {("TCP", "127.0.0.1")}


def test_tls_by_way_of_a_server():
    """It has no certificate to be called by directly."""
    with Bench() as b:
        lab = b.lab("localhost")
        server = b.server(domain="localhost", lab=lab)
        alice = Ours(b, "alice", "--incoming", "answer", "--tls-trust", lab.ca)
        alice.joins(server, "alice", transport="tls")
        bob = Linphone(b, "bob", transport="tls", server=server)
        there_and_back(alice, bob)
        assert {m["transport"] for m in traced(server.folder + "/trace")} == {"TLS"}


if __name__ == "__main__":
    run(globals())
