# SPDX-License-Identifier: BSD-2-Clause
"""`ahoy call` and each status that can refuse it: its exit code is the one that docs/phone.md promises, its
last event tells status, reason, Warning and Retry-After."""

import json
import os
import re
import socket
import subprocess
import threading

from live import AHOY, PATIENCE, Bench, run

PAGE = os.path.join(os.path.dirname(__file__), "../../docs/phone.md")
ROW = re.compile(r"^\| (\d{3}) [^|]*\|[^|]*\|[^|]*\| (\d+)(?:; if it rang (\d+))? \|$")


def promised():
    """{status: (exit code, exit code after ringing)}, as the page says."""
    table = {}
    for line in open(PAGE):
        row = ROW.match(line.rstrip("\n"))
        if row:
            table[int(row[1])] = (int(row[2]), int(row[3] or row[2]))
    assert len(table) > 50, table
    return table


class Refuser(threading.Thread):
    """Answers each INVITE with `status`, after a 180 if `rings`."""

    def __init__(self, status, rings, lines):
        super().__init__(daemon=True)
        self.status, self.rings, self.lines = status, rings, lines
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]

    def answer(self, request, peer, status, lines):
        kept = [line for line in request.split("\r\n") if re.match("(Via|From|Call-ID|CSeq):", line)]
        to = re.search("^To: .*$", request, re.M)[0].rstrip("\r")
        text = ["SIP/2.0 %d Because" % status, *kept, to + ";tag=x", *lines, "Content-Length: 0", "", ""]
        self.socket.sendto("\r\n".join(text).encode(), peer)

    def run(self):
        while True:
            try:
                data, peer = self.socket.recvfrom(65536)
            except OSError:
                return
            request = data.decode()
            if not request.startswith("INVITE "):
                continue
            if self.rings:
                self.answer(request, peer, 180, ["Contact: <sip:x@127.0.0.1:%d>" % self.port])
            self.answer(request, peer, self.status, self.lines)


def refused(bench, status, rings=False, lines=()):
    """The exit code and the last event."""
    peer = Refuser(status, rings, lines)
    env = dict(os.environ, HOME=bench.folder, XDG_CONFIG_HOME=bench.folder + "/config")
    peer.start()
    done = subprocess.run([AHOY, "call", "--null-audio", "--json", "sip:x@127.0.0.1:%d" % peer.port],
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=env, text=True,
                          timeout=2 * PATIENCE)
    peer.socket.close()
    return done.returncode, json.loads(done.stdout.splitlines()[-1])


def test_each_status_has_the_exit_code_that_is_promised():
    with Bench() as b:
        wrong = []
        for status, codes in promised().items():
            code, event = refused(b, status)
            if code != codes[0] or event["event"] != "ended" or event["status"] != status or event["by"] != "remote":
                wrong.append((status, code, event))
        assert not wrong, wrong


def test_a_status_that_nobody_knows_is_one_of_its_class():
    with Bench() as b:
        table = promised()
        for status in (399, 477, 577, 677):
            code = 19 if status >= 600 else table[status // 100 * 100][0]
            assert refused(b, status)[0] == code, status


def test_after_ringing_a_408_is_no_answer():
    with Bench() as b:
        assert refused(b, 408, rings=True)[0] == promised()[408][1]


def test_the_last_event_says_why():
    with Bench() as b:
        _, event = refused(b, 488, lines=['Warning: 305 x.test "No codec"', "Retry-After: 30 (later)"])
        assert event["warning"] == "No codec" and event["warning_code"] == 305, event
        assert event["retry_after_s"] == 30 and event["reason"] == "Because", event


if __name__ == "__main__":
    run(globals())
