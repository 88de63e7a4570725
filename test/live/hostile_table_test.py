# SPDX-License-Identifier: BSD-2-Clause
"""The real server, and test/hostile/*.txt: each message gets the answer that is right, and nothing else comes of it."""

import os
import re
import select
import socket
import time

from hostile_table import compose, files, read_file, unescape
from live import PATIENCE, Bench, run

HEALTHY = ("OPTIONS sip:example.test SIP/2.0\r\nVia: SIP/2.0/UDP %s;branch=z9hG4bK%d\r\nFrom: <sip:f@else.test>;tag=1\r\n"
           "To: <sip:example.test>\r\nCall-ID: fence%d\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n")
KEPT = rb"(?i)(via|v|from|f|call-id|i|cseq|record-route)[ \t]*:"


def split_stream(text):
    """The messages in it: those of the server's have Content-Length."""
    found = []
    text = text.lstrip(b"\r\n")  # the answer to a keep-alive
    while b"\r\n\r\n" in text:
        head, _, rest = text.partition(b"\r\n\r\n")
        length = int(re.search(rb"(?i)\r\ncontent-length[ \t]*:[ \t]*(\d+)", head).group(1))
        found.append(head + b"\r\n\r\n" + rest[:length])
        text = rest[length:]
    assert not text, text
    return found


class Party:
    """A socket and what it has heard."""

    def __init__(self, server, kind):
        self.server, self.kind = server, kind
        self.closed, self.stream, self.heard, self.taken = False, b"", [], 0
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM if kind == "udp" else socket.SOCK_STREAM)
        self.socket.bind(("127.0.0.1", 0))
        self.socket.connect(("127.0.0.1", server.port))
        self.me = "127.0.0.1:%d" % self.socket.getsockname()[1]

    def send(self, text):
        try:
            self.socket.sendall(text)
        except (BrokenPipeError, ConnectionResetError):
            self.closed = True

    def read(self, wait=0.0):
        while not self.closed and select.select([self.socket], [], [], wait)[0]:
            try:
                text = self.socket.recv(65536)
            except ConnectionResetError:
                text = b""
            if self.kind == "tcp":
                self.closed, self.stream = not text, self.stream + text
            elif b" INVITE\r\n" not in text or text not in self.heard:  # which are repeated, without an ACK
                self.heard.append(text)
            wait = 0
        if self.kind == "tcp":
            self.heard = split_stream(self.stream) if self.stream.endswith(b"\r\n\r\n") else self.heard

    def next(self, only=b""):
        """The next message that is not 100 and has `only` in it."""
        self.read()
        while self.taken < len(self.heard):
            text = self.heard[self.taken]
            self.taken += 1
            if not text.startswith(b"SIP/2.0 100 ") and only in text:
                return text
        return None

    def wait(self, only):
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            text = self.next(only)
            if text is not None or self.closed:
                return text
            self.read(0.1)
        return None


class Play:
    def __init__(self, server):
        self.server, self.number = server, 0
        self.bob = Party(server, "udp")
        self.fence = Party(server, "udp")

    def register(self):
        names = {"me": self.bob.me, "T": "UDP", "id": "register-bob"}
        self.bob.send(compose(["REGISTER sip:example.test SIP/2.0", "Contact: <sip:bob@$me>"], False, names,
                              self.defaults("REGISTER")))
        answer = self.bob.wait(b"")
        assert answer and answer.startswith(b"SIP/2.0 200 "), answer

    def settle(self):
        """Whatever has been said before this has come to what it comes to: the server takes turns."""
        for _ in range(3):
            self.number += 1
            self.fence.send((HEALTHY % (self.fence.me, self.number, self.number)).encode())
            assert self.fence.wait(b"fence%d\r\n" % self.number), "the server does not answer any more"

    def defaults(self, method):
        return ["Via: SIP/2.0/$T $me;branch=z9hG4bK$id", "Max-Forwards: 70", "From: <sip:alice@else.test>;tag=a",
                "To: <sip:bob@example.test>", "Call-ID: $id", "CSeq: 1 " + method]

    def answers(self, names):
        """What bob's response has of the last request that he heard."""
        asked = [text for text in self.bob.heard if names["id"].encode() in text and not text.startswith(b"SIP/")][-1]
        lines = asked.split(b"\r\n\r\n")[0].split(b"\r\n")[1:]
        kept = [line.decode() for line in lines if re.match(KEPT, line)]
        to = [line.decode() for line in lines if re.match(rb"(?i)(to|t)[ \t]*:", line)][0]
        return kept + [to if ";tag=" in to else to + ";tag=b"]

    def run(self, case, kind):
        self.number += 1
        alice = Party(self.server, kind)
        names = {"me": alice.me, "server": "127.0.0.1:%d" % self.server.port, "host": "127.0.0.1", "port": str(self.server.port), "bob": self.bob.me,
                 "T": kind.upper(), "id": "%s.%s.%d" % (case.name[:40], kind, self.number)}
        parties = {"alice": alice, "bob": self.bob}
        last = None
        for step in case.steps:
            if step[0] == "send":
                _, who, raw, lines, _ = step
                is_answer = who == "bob" and lines[0].startswith("SIP/")
                defaults = self.answers(names) if is_answer else self.defaults(lines[0].split(" ")[0])
                parties[who].send(compose(lines, raw, names, defaults))
                self.settle()
            elif step[0] == "gets" and step[2] == "nothing":
                self.settle()
                last = None
            elif step[0] == "gets":
                last = parties[step[1]].wait(names["id"].encode() if step[1] == "bob" else b"")
                start = "SIP/2.0 %s " % step[2] if step[2][0].isdigit() else step[2] + " "
                assert last and last.startswith(start.encode()), "%s, not %s" % (last, step[2])
            elif step[0] == "with":
                assert last and (unescape(step[2], names) in last) == step[3], "with%s %s: %s" % (
                    "" if step[3] else "out", step[2], last)
            elif step[0] == "closed":
                alice.wait(b"")
                assert alice.closed, "the connection is open"
        self.settle()
        assert alice.next() is None, "alice got %s too" % alice.heard[alice.taken - 1]
        stray = self.bob.next(names["id"].encode())
        assert stray is None, "bob got %s too" % stray
        assert not alice.closed or ["closed"] in case.steps, "the connection was closed"
        self.end(names)
        alice.socket.close()

    def end(self, names):
        """Bob takes no more part in it."""
        for text in self.bob.heard:
            if names["id"].encode() in text and not text.startswith((b"SIP/", b"ACK ")):
                self.bob.send(compose(["SIP/2.0 480 Gone"], False, names, self.answers(names)))
                break
        self.settle()
        while self.bob.next(b""):
            pass


def play(path):
    config, cases = read_file(path)
    only = os.environ.get("HOSTILE_CASE", "")
    faults = []
    with Bench() as bench:
        server = bench.server(extra="\n".join(["workers = 1", "drain = 0s", *config]))
        stage = Play(server)
        if "authentication = no" in config:
            stage.register()
        for case in cases:
            for kind in case.kinds if only in case.name else []:
                try:
                    stage.run(case, kind)
                except AssertionError as fault:
                    faults.append("%s %s by %s: %.600s" % (case.place, case.name, kind, fault))
        assert server.stop() == 0
    assert not faults, "\n" + "\n".join(faults)


def add_tests(names):
    for path in files():
        name = "test_" + os.path.basename(path)[:-4]
        names[name] = lambda path=path: play(path)


add_tests(globals())

if __name__ == "__main__":
    run(globals())
