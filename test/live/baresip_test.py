# SPDX-License-Identifier: BSD-2-Clause
"""baresip (Debian's baresip-core) registers at the server with a password, calls an Ahoy
phone through it and is called: who hears whom, who hangs up, who gives up."""

import signal

from baresip import MD5_ONLY, Baresip
from live import Bench, run
from people import Person, Voices, counters, sent, traced


def test_baresip_calls_a_phone_and_hangs_up_and_both_were_heard():
    with Bench() as b:
        server, voices = b.server(extra=MD5_ONLY), Voices(b)
        alice, bob = Person(b, server, "alice"), Baresip(b, server, "bob", say=voices.said("bob"))
        phone = alice.answer("--auto", "--count", "1", "--play", voices.said("alice"), "--record", b.folder + "/a.wav")
        bob.command("dial", alice.address)
        bob.wait_event("CALL_ESTABLISHED")
        phone.wait_event("ended", cause="normal", by="remote")  # baresip hangs up at the end of its file
        assert phone.wait_exit() == 0
        bob.end()
        voices.check("bob", b.folder + "/a.wav")
        voices.check("alice", bob.heard())


def test_a_phone_calls_baresip_and_hangs_up_and_both_were_heard():
    with Bench() as b:
        server, voices = b.server(extra=MD5_ONLY), Voices(b)
        alice, bob = Person(b, server, "alice"), Baresip(b, server, "bob", say=voices.with_silence("bob", 4))
        phone = alice.call("sip:bob@example.test", "--play", voices.said("alice"), "--record", b.folder + "/a.wav",
                           "--duration", "7")
        bob.wait_event("CALL_INCOMING")
        phone.wait_event("ringing", status=180)
        bob.command("accept")
        phone.wait_event("ended", cause="normal", by="local")
        bob.wait_event("CALL_CLOSED")
        assert phone.wait_exit() == 0
        bob.end()
        voices.check("bob", b.folder + "/a.wav")
        voices.check("alice", bob.heard())


def calls_both_ways(transport):
    with Bench() as b:
        server = b.server(extra=MD5_ONLY, lab=b.lab("example.test") if transport == "tls" else None)
        alice, bob = Person(b, server, "alice", transport=transport), Baresip(b, server, "bob", transport=transport)
        phone = alice.answer("--auto", "--count", "1")
        bob.command("dial", alice.address + ";transport=" + transport)
        phone.wait_event("answered")
        bob.wait_event("CALL_ESTABLISHED")
        bob.command("hangup")
        phone.wait_event("ended", cause="normal", by="remote")
        phone.wait_exit()
        bob.events.clear()
        phone = alice.call("sip:bob@example.test")
        bob.wait_event("CALL_INCOMING")
        bob.command("accept")
        phone.wait_event("answered")
        phone.child.send_signal(signal.SIGINT)
        bob.wait_event("CALL_CLOSED")
        phone.wait_exit()
        assert {m["transport"] for m in traced(server.folder + "/trace")} == {transport.upper()}
        bob.end()
        assert server.stop() == 0, server.process.stderr()


def test_baresip_calls_and_is_called_over_tcp():
    calls_both_ways("tcp")


def test_baresip_calls_and_is_called_over_tls():
    calls_both_ways("tls")


def test_baresip_proves_itself_by_a_certificate():
    with Bench() as b:
        lab = b.lab("example.test", clients=["bob@example.test"])
        server = b.server(extra=MD5_ONLY + '\ntls_clients = "required"\n', lab=lab)
        Baresip(b, server, "bob", transport="tls", certificate=lab.certificate("bob@example.test.both"))
        counted = counters(server)
        assert counted["tls_handshakes"] == 1 and counted["tls_faults_certificate"] == 0, counted
        assert server.stop() == 0, server.process.stderr()


def test_baresip_gives_up_before_the_answer():
    with Bench() as b:
        server = b.server(extra=MD5_ONLY)
        alice, bob = Person(b, server, "alice"), Baresip(b, server, "bob")
        phone = alice.answer("--after", "60", "--count", "1")
        bob.command("dial", alice.address)
        bob.wait_event("CALL_RINGING")
        bob.command("hangup")
        phone.wait_event("ended", cause="cancelled", by="remote", status=487)
        assert phone.wait_exit() == 12
        assert sent(alice.trace).count("200 CANCEL") == 1 and sent(alice.trace).count("487 INVITE") == 1


def test_a_phone_gives_up_before_baresip_answers():
    with Bench() as b:
        server = b.server(extra=MD5_ONLY)
        alice, bob = Person(b, server, "alice"), Baresip(b, server, "bob")
        phone = alice.call("sip:bob@example.test")
        bob.wait_event("CALL_INCOMING")
        phone.wait_event("ringing")
        phone.child.send_signal(signal.SIGINT)
        bob.wait_event("CALL_CLOSED")
        phone.wait_event("ended", cause="cancelled", by="local")
        assert phone.wait_exit() == 130


def test_baresip_refuses_a_call():
    with Bench() as b:
        server = b.server(extra=MD5_ONLY)
        alice, bob = Person(b, server, "alice"), Baresip(b, server, "bob")
        phone = alice.call("sip:bob@example.test")
        bob.wait_event("CALL_INCOMING")
        bob.command("hangup")
        assert phone.wait_exit() == 10, phone.stderr()


if __name__ == "__main__":
    run(globals(), together=3)  # they wait more than they work
