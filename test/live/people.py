# SPDX-License-Identifier: BSD-2-Clause
"""People with Ahoy phones: a user of a server, her account and the commands she gives;
and the voices, with a judge who says whether one was heard."""

import json
import os
import re
import signal
import struct
import subprocess
import time
import wave

import schema
from live import AHOY, PATIENCE, need

TOP = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../..")
BUILD = os.environ.get("AHOY_BUILD", os.path.join(TOP, "build/dev"))


def traced(path):
    """The messages in a trace, as `ahoy --trace` writes them."""
    with open(path) as f:
        return [json.loads(line) for line in f if line.endswith("\n")]


def sent(path):
    """What the owner of a trace has sent: 'INVITE', or '200 INVITE' for the response to one."""
    out = []
    for m in traced(path):
        if m["dir"] == "out":
            method = m["cseq"].split()[1]
            out.append(m["first"].split()[1] + " " + method if m["first"].startswith("SIP/2.0 ") else method)
    return out


def received(trace, first):
    """The messages that its owner has got whose first line begins so."""
    return [m for m in traced(trace) if m["dir"] == "in" and m["first"].startswith(first)]


def values(message, name):
    """Of a header, in a message of a trace."""
    return re.findall("(?m)^%s: *(.*?)\r?$" % name, message["text"])


def wait_until(condition, what):
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end, what
        time.sleep(0.05)


def hang_up(process):
    process.child.send_signal(signal.SIGINT)


def bindings(server, *user):
    out = subprocess.run([AHOY, "binding", "list", *user, "--json", "--config", server.config], text=True, check=True,
                         stdout=subprocess.PIPE).stdout
    return [json.loads(line) for line in out.splitlines()]


def status_of(server):
    out = subprocess.run([AHOY, "status", "--json", "--config", server.config], check=True, stdout=subprocess.PIPE)
    return json.loads(out.stdout)


def counters(server):
    return status_of(server)["counters"]


class Person:
    def __init__(self, bench, server, name, password=None, transport="udp", host="127.0.0.1", at=None, keep_alive=None,
                 options=()):
        """Without a password she is a user of the server with a password of her own.  `host` is where
        her phone finds the server; `at` is the host (netns.py) that she sits at, if not this one;
        `keep_alive`: seconds between signs of life; `options`: more for `ahoy account add`."""
        self.bench, self.server, self.name, self.host = bench, server, name, host
        self.within = at.within if at else []
        self.options = list(options) + ([] if keep_alive is None else ["--keep-alive", str(keep_alive)])
        if transport == "tls" and server.lab and not options:
            self.options += ["--tls-trust", server.lab.ca]
        self.address = "sip:%s@%s" % (name, server.domain)
        self.trace = os.path.join(bench.folder, name + ".trace")
        self.env = dict(os.environ, HOME=bench.folder, XDG_CONFIG_HOME=os.path.join(bench.folder, name + ".config"))
        if password is None:
            password = "password of " + name
            server.add_user(name, password)
        self.add_account(self.address, password, transport)

    def add_account(self, address, password, transport="udp"):
        port = self.server.wss if transport == "wss" else self.server.tls_port if transport == "tls" else self.server.port
        proxy = "sip:%s:%d;transport=%s" % (self.host, port, transport)
        self.ahoy("account", "add", address, "--proxy", proxy, *self.options, "--password-stdin",
                  stdin=password + "\n")

    def ahoy(self, *words, code=0, stdin=""):
        done = subprocess.run([AHOY, *words], input=stdin, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              env=self.env, timeout=3 * PATIENCE, start_new_session=True)
        assert done.returncode == code, "ahoy %s: exit %d\n%s%s" % (words, done.returncode, done.stdout, done.stderr)
        schema.check_output(words, done.stdout)
        return done

    def start(self, *words):
        sound = [] if "--play" in words or "--record" in words or words[0] == "register" else ["--null-audio"]
        return self.bench.run(*self.within, AHOY, *words, *sound, "--json", "--trace", self.trace, env=self.env,
                              name="%s %s" % (self.name, words[0]))

    def call(self, address, *words):
        return self.start("call", address, *words)

    def answer(self, *words):
        """Waits until calls can reach her."""
        phone = self.start("answer", *words)
        phone.wait_event("registered")
        return phone


def tone(bench):
    """Two minutes of it: baresip's own source of tones knows 48 kHz in stereo alone, linphone has none."""
    path = os.path.join(bench.folder, "tone.wav")
    with wave.open(path, "wb") as file:
        file.setparams((1, 2, 8000, 0, "NONE", ""))
        file.writeframes((struct.pack("<h", 8000) * 10 + struct.pack("<h", -8000) * 10) * 400 * 120)
    return path


class Voices:
    """What alice and bob say: five seconds each, and a while of silence after it."""

    def __init__(self, bench):
        need("espeak-ng")
        subprocess.run([os.path.join(TOP, "tools/make-voices"), os.path.abspath(BUILD), bench.folder], check=True,
                       stdout=subprocess.DEVNULL, cwd=TOP)
        self.folder = bench.folder

    def said(self, who):
        return os.path.join(self.folder, who + ".wav")

    def with_silence(self, who, seconds):
        """For programs that hang up at the end of their file."""
        path = os.path.join(self.folder, who + "-and-silence.wav")
        with wave.open(self.said(who)) as old, wave.open(path, "w") as new:
            new.setparams(old.getparams())
            new.writeframes(old.readframes(old.getnframes()) + bytes(2 * 8000 * seconds))
        return path

    def check(self, speaker, recording):
        """The recording has the speaker in it and not the other one."""
        other = "bob" if speaker == "alice" else "alice"
        done = subprocess.run([os.path.join(BUILD, "audio_compare"), self.said(speaker), recording, "--other",
                               self.said(other)], text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        assert done.returncode == 0 and "the other: not heard" in done.stdout, "%s: %s" % (recording, done.stdout)
