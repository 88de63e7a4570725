#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""The phone's commands by themselves: accounts, calls from phone to phone, exit codes,
Ctrl-C, ping and trace.  No server is needed."""

import json
import os
import pty
import select
import signal
import socket
import stat
import subprocess
import wave

import schema
from live import AHOY, PATIENCE, Bench, free_port, listening, run

NASTY = "it's \\ a \"secret\" ${HOME} #1"


class Phones(Bench):
    def __enter__(self):
        super().__enter__()
        self.env = dict(os.environ, HOME=self.folder, XDG_CONFIG_HOME=self.folder + "/config")
        self.accounts = self.folder + "/config/ahoy/accounts"
        return self

    def ahoy(self, *words, code=0, stdin=""):
        done = subprocess.run([AHOY, *words], input=stdin, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              env=self.env, timeout=2 * PATIENCE, start_new_session=True)
        assert done.returncode == code, "ahoy %s: exit %d\n%s%s" % (words, done.returncode, done.stdout, done.stderr)
        schema.check_output(words, done.stdout)
        return done

    def background(self, *words):
        return self.run(AHOY, *words, "--json", env=self.env, name=words[0])

    def answerer(self, *words):
        """Waits until it listens; gives the process and its port."""
        port = free_port()
        process = self.background("answer", "--no-account", "--port", str(port), *words)
        self.ahoy("ping", "-q", "-c", "1", "-W", "5", "sip:127.0.0.1:%d" % port) if listening(port) else None
        return process, port


def events(text):
    return [json.loads(line) for line in text.splitlines()]


def test_accounts_are_added_listed_and_removed():
    with Phones() as b:
        b.ahoy("account", "add", "--password-stdin", "sip:alice@example.test", stdin=NASTY + "\n")
        b.ahoy("account", "add", "--password-stdin", "--name", "work", "--default", "--proxy",
               "sip:127.0.0.1:5060;transport=tcp", "bob@example.test", stdin="x\n")
        lines = b.ahoy("account", "list").stdout.splitlines()
        assert lines[0].split()[:2] == ["work", "sip:bob@example.test"] and "(default)" in lines[0], lines
        assert lines[1].split()[:2] == ["alice", "sip:alice@example.test"], lines
        assert stat.S_IMODE(os.stat(b.accounts).st_mode) == 0o600
        b.ahoy("account", "add", "--password-stdin", "--name", "alice", "c@example.test", stdin="x\n", code=20)
        b.ahoy("account", "remove", "work")
        b.ahoy("account", "remove", "work", code=13)
        b.ahoy("account", "add", "--password-stdin", "--strict", "s@example.test", stdin="x\n", code=2)
        b.ahoy("account", "add", "--password-stdin", "--strict", "--proxy", "sip:192.0.2.1", "s@example.test", stdin="x\n")
        assert "strict    = true" in open(b.accounts).read()
        b.ahoy("account", "remove", "s")
        assert len(b.ahoy("account", "list").stdout.splitlines()) == 1


def test_a_password_comes_back_as_it_was_given():
    with Phones() as b:
        b.ahoy("account", "add", "--password-stdin", "sip:alice@example.test", stdin=NASTY + "\n")
        before = open(b.accounts).read()
        b.ahoy("account", "add", "--password-stdin", "sip:bob@example.test", stdin="x\n")
        b.ahoy("account", "remove", "bob")
        assert open(b.accounts).read() == before, before


def test_an_account_says_what_others_may_know_of_its_calls():
    with Phones() as b:
        add = ("account", "add", "--password-stdin")
        b.ahoy(*add, "sip:alice@example.test", stdin="x\n")
        assert "watchers" not in open(b.accounts).read()
        for name, word in (("bob", "details"), ("carol", "none")):
            b.ahoy(*add, "--watchers", word, "sip:%s@example.test" % name, stdin="x\n")
            assert "watchers  = '%s'" % word in open(b.accounts).read()
        before = open(b.accounts).read()
        b.ahoy("account", "remove", "alice")
        b.ahoy(*add, "--default", "sip:alice@example.test", stdin="x\n")
        assert sorted(open(b.accounts)) == sorted(before.splitlines(True))
        assert "state, details or none" in b.ahoy(*add, "--watchers", "all", "d@example.test", stdin="x\n", code=2).stderr
        with open(b.accounts, "a") as f:
            f.write("account 'd' {\n    address = 'sip:d@example.test'\n    watchers = 'all'\n}\n")
        assert "account 'd'" in b.ahoy("account", "list", code=3).stderr


def test_a_password_is_asked_for_without_echo():
    with Phones() as b:
        pid, terminal = pty.fork()
        if pid == 0:
            os.execve(AHOY, [AHOY, "account", "add", "sip:alice@example.test"], b.env)
        shown = b""
        for prompt in (b"Password:", b"Once more:"):
            while prompt not in shown:
                assert select.select([terminal], [], [], PATIENCE)[0], shown
                shown += os.read(terminal, 4096)
            os.write(terminal, b"geheim\n")
        assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0, shown
        assert b"geheim" not in shown
        assert "geheim" in open(b.accounts).read()
        os.close(terminal)


def test_an_accounts_file_that_others_may_read_is_refused():
    with Phones() as b:
        b.ahoy("account", "add", "--password-stdin", "sip:alice@example.test", stdin="x\n")
        for mode in (0o640, 0o604):
            os.chmod(b.accounts, mode)
            assert "chmod 600" in b.ahoy("account", "list", code=3).stderr
            b.ahoy("register", "--once", code=3)


def test_mistakes_in_the_accounts_file_are_shown_with_their_line():
    with Phones() as b:
        b.ahoy("account", "add", "--password-stdin", "sip:alice@example.test", stdin="x\n")
        with open(b.accounts, "a") as f:
            f.write("account 'b' {\n    adress = 'sip:b@example.test'\n}\n")
        assert "accounts:8:" in b.ahoy("account", "list", code=3).stderr


def test_a_call_is_made_answered_recorded_and_traced():
    with Phones() as b:
        with wave.open(b.folder + "/speech.wav", "w") as w:
            w.setnchannels(1)
            w.setsampwidth(2)
            w.setframerate(8000)
            w.writeframes(b"".join((3000 * (i // 10 % 2)).to_bytes(2, "little") for i in range(16000)))
        bob, port = b.answerer("--auto", "--count", "1", "--play", b.folder + "/speech.wav", "--record",
                               b.folder + "/bob.wav", "--trace", b.folder + "/bob.jsonl")
        done = b.ahoy("call", "sip:bob@127.0.0.1:%d" % port, "--play", b.folder + "/speech.wav", "--record",
                      b.folder + "/alice.wav", "--duration", "2", "--digits", "7", "--json", "--trace",
                      b.folder + "/alice.jsonl")
        assert bob.wait_exit() == 0, bob.stderr()
        kinds = [e["event"] for e in events(done.stdout)]
        assert kinds[0] == "answered" and kinds[-1] == "ended" and "media" in kinds, kinds
        end = events(done.stdout)[-1]
        assert end["cause"] == "normal" and end["by"] == "local" and end["media"]["lost"] == 0, end
        assert end["duration_ms"] >= 1900 and end["media"]["packets_received"] > 80, end
        bob.wait_event("digit", digit="7")
        for name in ("alice", "bob"):
            with wave.open("%s/%s.wav" % (b.folder, name)) as w:
                assert w.getnframes() > 12000 and any(w.readframes(w.getnframes())), name
        out = b.ahoy("trace", "--ascii", b.folder + "/alice.jsonl", b.folder + "/bob.jsonl", "--call",
                     end["call_id"]).stdout
        for word in ("INVITE", "200 OK", "ACK", "BYE", "caller", "answerer"):
            assert word in out, out
        assert "lost" not in out, out
        arrows = events(b.ahoy("trace", "--json", b.folder + "/alice.jsonl", b.folder + "/bob.jsonl", "--call",
                               end["call_id"]).stdout)
        assert [a["message"] for a in arrows] == ["INVITE", "200 OK", "ACK", "BYE", "200 OK"], arrows
        alone = b.ahoy("trace", "--json", b.folder + "/alice.jsonl").stdout
        assert '"to":"127.0.0.1:%d"' % port in alone, alone


def test_ctrl_c_cancels_while_it_rings():
    with Phones() as b:
        bob, port = b.answerer("--after", "60", "--count", "1", "--null-audio")
        alice = b.background("call", "sip:bob@127.0.0.1:%d" % port, "--null-audio")
        alice.wait_event("ringing")
        alice.child.send_signal(signal.SIGINT)
        assert alice.wait_exit() == 130
        bob.wait_event("ended", cause="cancelled", by="remote", status=487)
        assert bob.wait_exit() == 12


def test_ctrl_c_hangs_up_a_call():
    with Phones() as b:
        bob, port = b.answerer("--auto", "--null-audio")
        alice = b.background("call", "sip:bob@127.0.0.1:%d" % port, "--null-audio")
        alice.wait_event("answered")
        bob.wait_event("answered")
        bob.child.send_signal(signal.SIGTERM)
        assert bob.wait_exit() == 130
        alice.wait_event("ended", cause="normal", by="remote")
        assert alice.wait_exit() == 0


def test_a_second_ctrl_c_does_not_wait():
    with Phones() as b:
        port = free_port()
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as deaf:
            deaf.bind(("127.0.0.1", port))
            alice = b.background("call", "sip:bob@127.0.0.1:%d" % port, "--null-audio")
            deaf.settimeout(PATIENCE)
            deaf.recv(65536)
            alice.child.send_signal(signal.SIGINT)
            alice.wait_event("ended", cause="cancelled")
            assert alice.child.poll() is None
            alice.child.send_signal(signal.SIGINT)
            assert alice.wait_exit() == 130
            assert "Not waiting for answers" in alice.stderr(), alice.stderr()


def test_exit_codes_say_how_a_call_ended():
    with Phones() as b:
        for words, code in ((["--busy"], 10), (["--decline"], 11)):
            bob, port = b.answerer("--count", "1", *words)
            b.ahoy("call", "sip:bob@127.0.0.1:%d" % port, "--null-audio", code=code)
            assert bob.wait_exit() == 0
        bob, port = b.answerer("--after", "60", "--count", "1", "--null-audio")
        b.ahoy("call", "sip:bob@127.0.0.1:%d" % port, "--null-audio", "--wait", "1", code=12)
        b.ahoy("call", "sip:bob@127.0.0.1:%d" % free_port(), "--null-audio", code=15)
        b.ahoy("call", "sip:bob@nowhere.invalid", "--null-audio", code=15)
        b.ahoy("call", "tel:+123", "--null-audio", code=2)
        b.ahoy("call", code=2)
        b.ahoy("call", "sip:bob@127.0.0.1", "--account", "nobody", "--null-audio", code=13)
        b.ahoy("call", "sip:bob@127.0.0.1", "--play", b.folder + "/none.wav", code=2)
        b.ahoy("register", code=13)
        b.ahoy("account", "add", "--password-stdin", "--proxy", "sip:127.0.0.1:%d" % free_port(), "a@example.test",
               stdin="x\n")
        b.ahoy("register", "--once", code=15)
        b.ahoy("call", "bob", "--null-audio", code=15)


def test_ping_counts_answers_and_losses():
    with Phones() as b:
        bob, port = b.answerer("--null-audio")
        out = b.ahoy("ping", "-c", "3", "-i", "50ms", "sip:127.0.0.1:%d" % port).stdout
        assert out.count("200 OK from 127.0.0.1:%d" % port) == 3 and "3 sent, 3 answered, 0% lost" in out, out
        assert "min/avg/max/mdev" in out
        summary = events(b.ahoy("ping", "-c", "2", "-i", "50ms", "--json", "127.0.0.1:%d" % port).stdout)[-1]
        assert summary["answered"] == 2 and 0 < summary["min_ms"] <= summary["max_ms"], summary
        b.ahoy("ping", "-c", "2", "-i", "50ms", "sip:127.0.0.1:%d;transport=tcp" % port)
        assert "refused" in b.ahoy("ping", "-c", "1", "sip:127.0.0.1:%d" % free_port(), code=15).stderr


def test_trace_complains_of_what_is_no_trace():
    with Phones() as b:
        path = b.folder + "/x.jsonl"
        b.ahoy("trace", path, code=13)
        with open(path, "w") as f:
            f.write("{}\n")
        assert path + ":1" in b.ahoy("trace", path, code=1).stderr
        b.ahoy("trace", code=2)


run(globals())
