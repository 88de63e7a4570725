# SPDX-License-Identifier: BSD-2-Clause
"""ahoy phone --json, as a script drives it: commands on stdin, events on stdout, over real sockets."""

import json
import os
import subprocess
import time
import wave

from live import AHOY, PATIENCE, Bench, Process, free_port, run
from people import Person, bindings, wait_until
from script_phone import Phone, listener


def tone(path, seconds):
    with wave.open(path, "wb") as file:
        file.setparams((1, 2, 8000, 0, "NONE", ""))
        file.writeframes(b"".join((8000 if i // 10 % 2 else -8000).to_bytes(2, "little", signed=True)
                                  for i in range(8000 * seconds)))


def test_a_script_calls_talks_and_hangs_up():
    with Bench() as b:
        bob, address = listener(b, "--incoming", "answer:100ms")
        alice = Phone(b)
        call = alice.ask("call", to=address)["call"]
        assert alice.wait_event("ringing", call=call)["status"] == 180
        answered = alice.wait_event("answered", call=call)
        assert answered["codec"] in ("PCMU", "PCMA") and answered["peer"] == address
        alice.ask("digits", keys="42")
        bob.wait_event("digit", digit="2")
        alice.ask("hold")
        assert bob.wait_event("changed", held_by_peer=True)["held"] is False
        alice.ask("resume")
        bob.wait_event("changed", held_by_peer=False)
        stats = alice.wait_event("stats", call=call)
        assert stats["media"]["packets_received"] > 0 and stats["level_out_db"] == -96
        alice.ask("message", to=call, text="hello")
        assert bob.wait_event("message")["body"] == "hello"
        alice.wait_event("message_sent", status=200)
        bob.ask("hangup")
        ended = alice.wait_event("ended", call=call)
        assert ended["by"] == "remote" and ended["cause"] == "normal" and ended["media"]["lost"] == 0
        assert "no such call" in alice.ask("hangup", good=False, call=call)["reason"]
        assert alice.ask("history")["history"][0]["peer"] == address
        assert alice.end() == 0 and bob.end() == 0


def test_a_file_is_played_and_what_is_heard_recorded():
    with Bench() as b:
        tone(b.folder + "/tone.wav", 1)
        bob, address = listener(b, "--incoming", "answer")
        alice = Phone(b)
        call = alice.ask("call", to=address)["call"]
        alice.wait_event("answered")
        bob.wait_event("answered")
        bob.ask("record", file=b.folder + "/heard.wav")
        alice.ask("play", file=b.folder + "/tone.wav")
        assert alice.wait_event("played", call=call)["file"].endswith("tone.wav")
        wait_until(lambda: bob.read() or any(e.get("level_in_db", -96) > -40 for e in bob.events), "nothing is heard")
        alice.ask("hangup")
        bob.wait_event("ended")
        bob.end()
        with wave.open(b.folder + "/heard.wav") as file:
            frames = file.readframes(file.getnframes())
        loud = sum(abs(int.from_bytes(frames[i:i + 2], "little", signed=True)) > 4000 for i in range(0, len(frames), 2))
        assert loud > 4000, loud


def test_mistakes_are_answered_and_harm_nothing():
    with Bench() as b:
        phone = Phone(b)
        phone.say("{nonsense")
        assert phone.wait_event("error")["position"] > 0
        phone.say('["call"]')
        phone.say('{"command":"cal","id":"x"}')
        error = phone.wait_event("error", id="x")
        assert "did you mean 'call'" in error["reason"] and error["form"].startswith("call TO")
        assert error["example"]["command"] == "call"
        assert phone.ask("call", good=False, to="bob", volume=3)["reason"] == "'call' takes no 'volume'"
        phone.say("x" * 70000)
        phone.wait_event("error", reason="a line has at most 65536 bytes")
        assert phone.ask("calls")["calls"] == []
        assert phone.end() == 0


def test_accounts_are_given_by_file_or_in_a_command_and_never_in_an_argument():
    with Bench() as b:
        server = b.server()
        server.add_user("alice", "wonderland")
        server.add_user("bob", "builder")
        registrar = "sip:127.0.0.1:%d" % server.port
        secret = b.folder + "/secret"
        with open(secret, "w") as file:
            file.write("wonderland\n")
        phone = Phone(b, "--listen", "127.0.0.1")
        alice = dict(address="sip:alice@example.test", proxy=registrar, name="a")
        os.chmod(secret, 0o644)
        assert "others may read it" in phone.ask("account", good=False, password_file=secret, **alice)["reason"]
        os.chmod(secret, 0o600)
        phone.ask("account", password_file=secret, register=True, **alice)
        assert phone.wait_event("registered")["account"] == "sip:alice@example.test"
        phone.ask("account", address="sip:bob@example.test", proxy=registrar, password="wrong", name="b", register=True)
        assert phone.wait_event("register_failed")["retry_in_ms"] is None
        assert len(bindings(server, "alice")) == 1
        assert [a["registered"] for a in phone.ask("accounts")["accounts"]] == [False, True, False]  # first the guest
        assert phone.end() == 0
        assert phone.wait_event("unregistered")["status"] == 200
        assert bindings(server, "alice") == []
        assert not any("wonderland" in json.dumps(e) or "wrong" in json.dumps(e) for e in phone.events)


def test_a_registration_under_way_is_taken_back_at_the_end():
    with Bench() as b:
        server = b.server()
        Person(b, server, "alice")
        phone = Phone(b, "--listen", "127.0.0.1")
        phone.say(json.dumps(dict(command="account", address="sip:alice@example.test", password="password of alice",
                                  proxy="sip:127.0.0.1:%d" % server.port, register=True)) + '\n{"command":"quit"}')
        assert phone.end() == 0
        phone.wait_event("unregistered")
        assert bindings(server, "alice") == []


def test_the_accounts_file_is_registered_and_called_by():
    with Bench() as b:
        server = b.server()
        alice, bob = Person(b, server, "alice"), Person(b, server, "bob")
        answering = bob.answer("--auto", "--count", "1")
        answering.wait_event("registered")
        phone = Process([AHOY, "phone", "--json", "--null-audio"], env=alice.env, stdin=subprocess.PIPE)
        b.add(phone)
        phone.wait_event("registered")
        phone.child.stdin.write('{"command":"call","to":"bob"}\n')
        phone.child.stdin.flush()
        phone.wait_event("answered")
        phone.child.stdin.close()  # the end of the script is the end of the call
        assert phone.wait_exit() == 0
        assert phone.wait_event("ended")["by"] == "local"
        phone.wait_event("unregistered")


def test_ports_and_transports_are_as_wanted():
    with Bench() as b:
        first = free_port() & ~1
        port = free_port()
        bob = Phone(b, "--listen", "127.0.0.1:%d" % port, "--transport", "tcp", "--incoming", "answer")
        alice = Phone(b, "--rtp-ports", "%d-%d" % (first, first + 7), "--listen", "127.0.0.1")
        alice.ask("call", to="sip:bob@127.0.0.1:%d;transport=tcp" % port)
        alice.wait_event("answered")
        local = alice.wait_event("stats")["media"]["local"]
        assert first <= int(local.rsplit(":", 1)[1]) <= first + 7, local
        alice.ask("hangup")
        alice.ask("call", to="sip:bob@127.0.0.1:%d" % port)
        assert alice.wait_event("ended", cause="unreachable")
        assert alice.end() == 0 and bob.end() == 0


def test_all_addresses_of_ipv6_are_no_address_of_ipv4():
    with Bench() as b:
        port = free_port()
        bob = Phone(b, "--listen", "[::]:%d" % port, "--incoming", "answer")
        assert bob.address.startswith("[") and bob.address.endswith("]:%d" % port)
        alice = Phone(b, "--listen", "[::1]:0")
        alice.ask("call", to="sip:bob@[::1]:%d" % port)
        alice.wait_event("answered")
        assert "@[::1]" in bob.wait_event("answered")["peer"]
        alice.wait_event("media")


def test_calls_come_by_tls():
    with Bench() as b:
        lab = b.lab("example.test")
        port = free_port()
        bob = Phone(b, "--listen", "127.0.0.1:%d" % port, "--transport", "tls", "--tls-certificate",
                    lab.certificate("example.test"), "--tls-key", lab.key("example.test"), "--incoming", "answer")
        alice = Phone(b, "--listen", "127.0.0.1", "--tls-trust", lab.ca)
        alice.ask("call", to="sip:bob@127.0.0.1:%d;transport=tls" % port)
        alice.wait_event("answered")
        alice.ask("hangup")
        alice.wait_event("ended")
        assert alice.end() == 0 and bob.end() == 0


def test_who_does_not_read_misses_lines_and_no_packet():
    with Bench() as b:
        bob, address = listener(b, "--incoming", "answer")
        alice = Phone(b, "--stats", "0")
        alice.ask("call", to=address)
        alice.wait_event("answered")
        for _ in range(3000):  # each is answered with some KB, and nobody reads
            alice.say('{"command":"help"}')
        before = bob.wait_event("stats")["media"]["packets_received"]
        wait_until(lambda: bob.read() or [e for e in bob.events if e["event"] == "stats"][-1]["media"]
                   ["packets_received"] > before + 100, "no sound comes while nobody reads")
        assert alice.wait_event("dropped")["count"] > 0
        alice.ask("hangup")
        assert alice.end() == 0 and bob.end() == 0


def test_typed_commands_come_by_a_pipe_too():
    with Bench() as b:
        done = subprocess.run([AHOY, "phone", "--no-account", "--null-audio"], input="contact mum sip:mum@example.test\n"
                              "contacts\nhlep\nquit\n", text=True, stdout=subprocess.PIPE, timeout=PATIENCE, check=True,
                              env=dict(os.environ, HOME=b.folder, XDG_CONFIG_HOME="", XDG_STATE_HOME=""))
        assert "mum  sip:mum@example.test" in done.stdout and "did you mean 'help'" in done.stdout
        assert os.stat(b.folder + "/.config/ahoy/contacts").st_mode & 0o777 == 0o600


if __name__ == "__main__":
    run(globals())
