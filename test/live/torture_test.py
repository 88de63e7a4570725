# SPDX-License-Identifier: BSD-2-Clause
"""RFC 4475 and RFC 5118 against the running server, judged by the table that comes with the messages:
as a registrar and proxy for anybody, which gives all 61 answers of the table; the same by TCP; and in its
default state, where a password is asked for first."""

import os
import re
import socket
import subprocess
import sys
import threading

from live import PATIENCE, SHARED, Bench, Skip, run

TORTURE = os.path.join(SHARED, "torture")
DOMAINS = ["example.com", "example.net", "127.0.0.1"]

# What the messages expect of a server: it is the proxy at services.example.com (the Route of wsinv), and knows
# the way to chair-dnrc.example.com (its Request-URI).  None of these names is to be had from name servers.
OPEN_SERVER = """authentication = false
route "chair-dnrc.example.com" { to = "sip:127.0.0.1:%d" }
"""

# message: why another answer than the table's is right
BY_STREAM = {
    "clerr": "on a stream Content-Length is what it says: the rest of the message is waited for (RFC 3261 18.3)",
    "dblreq": "what follows the second request is no message: the connection is closed, perhaps before the disk has the binding",
    "inv2543": "a message of RFC 2543 without Content-Length has no end on a stream (RFC 3261 20.14)",
}

DEFAULT_SERVER = {
    "intmeth": "From is a user of ours: he proves it (407) before anything else is said about his request",
    "regbadct": "a password is asked for (401) before the Contact is looked at",
    "unksm2": "a password is asked for (401) before To is looked at",
    "wsinv": "its Route leads to a name that does not exist: 500, as 503 may not be passed on (RFC 3261 16.7 item 6)",
}


class Neighbour:
    """The server of chair-dnrc.example.com: busy, whoever calls."""

    def __init__(self):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        self.heard = []
        self.thread = threading.Thread(target=self.answer, daemon=True)
        self.thread.start()

    def answer(self):
        while True:
            text, sender = self.socket.recvfrom(65536)
            if text == b"end":
                return
            self.heard.append(text)
            if text.startswith(b"ACK "):
                continue
            lines = re.sub(rb"\r\n[ \t]+", b" ", text.split(b"\r\n\r\n")[0]).split(b"\r\n")[1:]
            kept = [line for line in lines if re.match(rb"(?i)(via|v|from|f|to|t|call-id|i|cseq)\s*:", line)]
            self.socket.sendto(b"\r\n".join([b"SIP/2.0 486 Busy Here", *kept, b"Content-Length: 0", b"", b""]), sender)

    def stop(self):
        self.socket.sendto(b"end", ("127.0.0.1", self.port))
        self.thread.join(PATIENCE)
        self.socket.close()


def send_all(server, *options):
    """The lines of run_torture.py: [ok or FAIL, message, expected, got, ...], and its verdict."""
    if not os.path.isdir(TORTURE):
        raise Skip("no test messages in " + TORTURE)
    out = subprocess.run(
        [sys.executable, os.path.join(TORTURE, "run_torture.py"), "--target", "127.0.0.1:%d" % server.port,
         "--wait", "0.6", *options, os.path.join(TORTURE, "rfc4475/dat"), os.path.join(TORTURE, "rfc5118/dat-clfixed")],
        text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=240).stdout
    lines = [line.split("\t") for line in out.splitlines() if line.count("\t") >= 3]
    assert len(lines) == 61, out
    return lines, out.splitlines()[-1]


def wrong(lines, deviations=()):
    return "\n".join("\t".join(line) for line in lines if line[0] != "ok" and line[1] not in deviations)


def open_server(bench, neighbour):
    domains = '", "'.join([*DOMAINS, "services.example.com"])
    return bench.server(domain=domains, extra=OPEN_SERVER % neighbour.port)


def test_61_of_61_messages_get_the_answer_of_the_table():
    neighbour = Neighbour()
    with Bench() as bench:
        server = open_server(bench, neighbour)
        lines, verdict = send_all(server)
        assert verdict == "61 passed, 0 failed", wrong(lines)
        assert server.stop() == 0
    neighbour.stop()
    calls = [text for text in neighbour.heard if text.startswith(b"INVITE sip:vivekg@chair-dnrc.example.com")]
    assert len(calls) == 1, neighbour.heard
    assert b"NewFangledHeader:   newfangled value\r\n continued newfangled value\r\n" in calls[0], calls[0]


def test_by_tcp_all_but_three_that_are_for_datagrams():
    neighbour = Neighbour()
    with Bench() as bench:
        server = open_server(bench, neighbour)
        lines, _ = send_all(server, "--tcp")
        assert not wrong(lines, BY_STREAM), wrong(lines, BY_STREAM)
        got = {line[1]: line[3] for line in lines}
        assert (got["clerr"], got["inv2543"]) == ("got=none", "got=400"), lines
        assert server.stop() == 0
    neighbour.stop()


def test_a_server_that_asks_for_passwords_gives_the_other_answers():
    with Bench() as bench:
        server = bench.server(domain='", "'.join(DOMAINS))
        lines, _ = send_all(server)
        assert not wrong(lines, DEFAULT_SERVER), wrong(lines, DEFAULT_SERVER)
        assert server.stop() == 0


if __name__ == "__main__":
    run(globals())
