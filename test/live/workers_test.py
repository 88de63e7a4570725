# SPDX-License-Identifier: BSD-2-Clause
"""A server with several workers under calls from many addresses: whether one serves all or all do, and whichever worker's
socket the kernel picks, each call is set up, ended and counted once.

Also what tools/tsan looks at with a server made for it."""

import os
import re
import select
import signal
import socket
import time

from live import PATIENCE, Bench, run
from people import status_of

WORKERS, PAIRS, CALLS = 3, 8, 5


class Phone:
    """A UDP socket that registers, answers what it is asked, and calls."""

    def __init__(self, server, name):
        self.server, self.domain, self.name = ("127.0.0.1", server.port), server.domain, name
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        self.contact = "<sip:%s@127.0.0.1:%d>" % (name, self.port)
        self.cseq, self.ended, self.branches = 0, 0, 0

    def request(self, method, uri, to, call_id, extra="", cseq=None):
        self.branches += 1
        self.cseq += cseq is None
        text = ("%s %s SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:%d;branch=z9hG4bK%s%d;rport\r\nMax-Forwards: 70\r\n"
                "From: <sip:%s@%s>;tag=%s\r\nTo: %s\r\nCall-ID: %s\r\nCSeq: %d %s\r\nContact: %s\r\n"
                "%sContent-Length: 0\r\n\r\n"
                % (method, uri, self.port, self.name, self.branches, self.name, self.domain, self.name, to, call_id,
                   cseq or self.cseq, method, self.contact, extra))
        return text.encode()

    def send(self, data):
        self.socket.sendto(data, self.server)

    def register(self):
        self.ask(self.request("REGISTER", "sip:" + self.domain, "<sip:%s@%s>" % (self.name, self.domain),
                              "reg-" + self.name, "Expires: 600\r\n"), "200")

    def ask(self, data, status):
        """Send until the answer is there, as one must over UDP."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            self.send(data)
            if select.select([self.socket], [], [], 0.5)[0]:
                answer = self.socket.recv(65536).decode()
                if answer.startswith("SIP/2.0 " + status):
                    return answer
        raise AssertionError("%s: no %s to %r" % (self.name, status, data[:60]))


def header(text, name):
    return re.findall("(?im)^%s: *(.*?)\r$" % name, text)


def answer(request, status):
    lines = ["SIP/2.0 " + status]
    for name in ("Via", "Record-Route", "From", "Call-ID", "CSeq"):
        lines += ["%s: %s" % (name, value) for value in header(request, name)]
    to = header(request, "To")[0]
    lines.append("To: " + (to if "tag=" in to else to + ";tag=b"))
    return lines


class Caller:
    """One call after the other: INVITE, 200, ACK, BYE, 200; lost ones are repeated."""

    def __init__(self, phone, callee):
        self.phone, self.callee, self.done = phone, callee, 0
        self.begin()

    def say(self, data):
        self.data, self.again = data, time.monotonic() + 1
        self.phone.send(data)

    def begin(self):
        self.call_id = "call-%s-%d" % (self.phone.name, self.phone.branches)
        self.state = "INVITE"
        self.say(self.phone.request("INVITE", "sip:%s@example.test" % self.callee.name,
                                    "<sip:%s@example.test>" % self.callee.name, self.call_id))

    def hear(self, text):
        status, cseq = text.split(" ")[1], header(text, "CSeq")[0]
        if header(text, "Call-ID")[0] != self.call_id or status[0] == "1":
            return
        assert status == "200", text
        if cseq.endswith("INVITE"):
            route = "".join("Route: %s\r\n" % r for r in reversed(header(text, "Record-Route")))
            uri, to = header(text, "Contact")[0].strip("<>"), header(text, "To")[0]
            self.phone.send(self.phone.request("ACK", uri, to, self.call_id, route, cseq=int(cseq.split()[0])))
            if self.state == "INVITE":
                self.state = "BYE"
                self.say(self.phone.request("BYE", uri, to, self.call_id, route))
        elif self.state == "BYE":
            self.done += 1
            self.state = "over"
            if self.done < CALLS:
                self.begin()

    def repeat(self):
        if self.state != "over" and time.monotonic() > self.again:
            self.say(self.data)


def callee_hears(phone, text, source):
    if text.startswith("SIP/2.0") or text.startswith("ACK"):
        return
    lines = answer(text, "200 OK")
    if text.startswith("INVITE"):
        lines.append("Contact: " + phone.contact)
    phone.socket.sendto(("\r\n".join(lines) + "\r\nContent-Length: 0\r\n\r\n").encode(), source)


def call_all(pairs):
    callers = {p.socket: Caller(p, q) for p, q in pairs}
    callees = {q.socket: q for _, q in pairs}
    end = time.monotonic() + 3 * PATIENCE
    while any(c.done < CALLS for c in callers.values()):
        assert time.monotonic() < end, "not all calls ended: %s" % [c.done for c in callers.values()]
        for ready in select.select(list(callers) + list(callees), [], [], 0.2)[0]:
            data, source = ready.recvfrom(65536)
            if ready in callers:
                callers[ready].hear(data.decode())
            else:
                callee_hears(callees[ready], data.decode(), source)
        for caller in callers.values():
            caller.repeat()


def serve(bench):
    return bench.server(extra='authentication = false\nworkers = %d\noverload_delay = 0ms\nlog_file = "%s/server/log"\n'
                        % (WORKERS, bench.folder))


def logged(server, what):
    with open(server.folder + "/log") as file:
        return file.read().count(what)


def wait_logged(server, what, meanwhile):
    end = time.monotonic() + PATIENCE
    while not logged(server, what):
        assert time.monotonic() < end, "never logged: " + what
        meanwhile()


def flood(server):
    """More than the first worker's socket holds, while nobody reads: some is lost."""
    os.kill(server.pid(), signal.SIGSTOP)
    try:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
            for _ in range(40000):
                s.sendto(b"\r\n\r\n", ("127.0.0.1", server.port))
    finally:
        os.kill(server.pid(), signal.SIGCONT)


def spread(server):
    phone = Phone(server, "asker")
    flood(server)
    wait_logged(server, "event=workers_spread", lambda: phone.ask(phone.request(
        "OPTIONS", "sip:example.test", "<sip:example.test>", "ask-%d" % phone.cseq), "200"))
    phone.socket.close()


def test_calls_are_handled_by_one_worker_or_by_all():
    with Bench() as b:
        server = serve(b)
        pairs = [(Phone(server, "a%d" % i), Phone(server, "b%d" % i)) for i in range(PAIRS)]
        for pair in pairs:
            for phone in pair:
                phone.register()
        assert logged(server, "event=workers_gathered") == 1
        call_all(pairs)
        spread(server)
        call_all(pairs)
        status = status_of(server)
        assert status["workers"] == WORKERS, status["workers"]
        assert status["bindings"] == 2 * PAIRS, status["bindings"]
        counters = status["counters"]
        assert counters["handed_over"] > 0, "every message came to the right worker"
        assert counters["handover_dropped"] == 0, counters["handover_dropped"]
        assert counters["requests_forwarded"] >= 4 * PAIRS * CALLS, counters["requests_forwarded"]
        for pair in pairs:
            for phone in pair:
                phone.socket.close()
        assert server.stop() == 0, server.process.stderr()


def test_a_stream_serves_calls_of_every_worker():
    with Bench() as b:
        server = serve(b)
        spread(server)
        with socket.create_connection(("127.0.0.1", server.port), PATIENCE) as stream:
            for i in range(30):
                stream.sendall(("OPTIONS sip:example.test SIP/2.0\r\nVia: SIP/2.0/TCP 127.0.0.1:9;branch=z9hG4bK%d\r\n"
                                "Max-Forwards: 70\r\nFrom: <sip:a@a>;tag=1\r\nTo: <sip:example.test>\r\nCall-ID: s%d\r\n"
                                "CSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n" % (i, i)).encode())
            heard = b""
            while heard.count(b"SIP/2.0 200 ") < 30:
                piece = stream.recv(65536)
                assert piece, "closed after %r" % heard[-200:]
                heard += piece
        assert sorted(re.findall(rb"Call-ID: (s\d+)", heard)) == sorted(b"s%d" % i for i in range(30))
        assert status_of(server)["counters"]["handed_over"] > 0
        assert server.stop() == 0, server.process.stderr()


if __name__ == "__main__":
    run(globals())
