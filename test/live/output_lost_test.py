#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""What cannot be written is told by the exit code, whatever the verb: on a full disk, with standard output closed,
and when its reader has gone; who would wait for ever ends then.  And a phone without a home."""

import os
import signal
import subprocess
import time

from live import AHOY, PATIENCE, Bench, free_port, listening, run
from people import Person

FULL, CLOSED = '"$@" >/dev/full', '"$@" >&-'


def lost(how, env, *words):
    done = subprocess.run(["sh", "-c", how, "sh", AHOY, *words], text=True, stdin=subprocess.DEVNULL,
                          stderr=subprocess.PIPE, env=env, timeout=3 * PATIENCE)
    return done.returncode, done.stderr


def echo(b):
    port = free_port()
    b.run(AHOY, "answer", "--no-account", "--port", str(port), "--auto", "--echo", env=b.env, name="answer")
    listening(port)
    return "sip:echo@127.0.0.1:%d" % port


class Phones(Bench):
    def __enter__(self):
        super().__enter__()
        self.env = dict(os.environ, HOME=self.folder, XDG_CONFIG_HOME=self.folder + "/config")
        return self


def test_results_that_are_lost_are_a_failure():
    with Phones() as b:
        address = echo(b)
        call = ["call", address, "--null-audio", "--hangup-after", "200ms"]
        for how in FULL, CLOSED:
            for words in (["--version"], ["--help"], ["help", "exit-codes"], ["help", "phone-events"], ["call", "--help"],
                          ["resolve", "sip:127.0.0.1"], call, call + ["--json"],
                          call + ["--output", "junit"], call + ["--expect", "answered"], ["ping", "-c", "2", address],
                          ["ping", "-c", "2", "--json", address],
                          ["phone", "--no-account", "--null-audio", "--json"]):
                code, said = lost(how, b.env, *words)
                assert code == 1 and "standard" in said and "output" in said, (how, words, code, said)
            for words in (call, ["ping", "-c", "1", address]):
                code, said = lost(how, b.env, *words, "--output", "nagios")
                assert code == 3, (how, words, code, said)


def test_who_has_nothing_to_say_loses_nothing():
    with Phones() as b:
        address = echo(b)
        for how in FULL, CLOSED:
            code, said = lost(how, b.env, "call", address, "--null-audio", "--output", "bogus")
            assert code == 2, (code, said)


def test_who_waits_ends_when_nobody_reads():
    with Bench() as b:
        server = b.server()
        alice = Person(b, server, "alice")
        for words in (["register", "--json"], ["answer", "--json", "--null-audio"],
                      ["watch", "bob", "--event", "reg", "--json", "--expires", "3600"],
                      ["ping", "--interval", "50ms", "sip:127.0.0.1:%d" % server.port]):
            code, said = lost(FULL, alice.env, *words)
            assert code == 1 and "cannot write to standard output" in said, (words, code, said)
            child = subprocess.Popen([AHOY, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=alice.env)
            child.stdout.close()
            _, said = child.communicate(timeout=PATIENCE)
            assert child.returncode == 1, (words, child.returncode, said)


def test_a_phone_without_a_home_says_so_once_and_works():
    with Phones() as b:
        address = echo(b)
        env = {k: v for k, v in b.env.items() if k not in ("HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME")}
        phone = b.run(AHOY, "phone", "--no-account", "--json", "--null-audio", env=env, stdin=subprocess.PIPE)
        phone.wait_event("ready")

        def order(text):
            phone.child.stdin.write(text + "\n")
            phone.child.stdin.flush()

        order('{"command":"contact","name":"echo","address":"%s"}' % address)
        phone.wait_event("result", command="contact")
        order('{"command":"call","to":"echo"}')
        phone.wait_event("answered")
        order('{"command":"hangup"}')
        phone.wait_event("ended")
        order('{"command":"history"}')
        assert len(phone.wait_event("result", command="history")["history"]) == 1, phone.events
        order('{"command":"quit"}')
        assert phone.wait_exit() == 0
        assert phone.stderr().count("HOME is not set") == 1, phone.stderr()
        done = subprocess.run([AHOY, "call", address, "--null-audio", "--hangup-after", "200ms"], env=env, text=True,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=PATIENCE)
        assert done.returncode == 0 and "answered after" in done.stdout, done
        done = subprocess.run([AHOY, "account", "add", "sip:a@b.test", "--password-stdin"], env=env, text=True,
                              input="secret\n", stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=PATIENCE)
        assert done.returncode == 3 and "HOME" in done.stderr, done


if __name__ == "__main__":
    run(globals())
