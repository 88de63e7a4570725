# SPDX-License-Identifier: BSD-2-Clause
"""User and system CPU of the real server per call: a caller and a callee on 127.0.0.1, a window of calls, no tricks.

The generator is slow and may be; only what the server and its children use is measured, by /proc. CPU time depends
on the machine and on what else it does: read it beside the instructions, not instead of them."""

import os
import select
import socket
import subprocess
import tempfile
import time

USERS, WINDOW, WARM_UP, CALLS, PATIENCE = 100, 32, 1000, 10000, 60
BODY = (b"v=0\r\no=- 20518 0 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 54609 RTP/AVP 0 8 101\r\n"
        b"a=rtpmap:0 PCMU/8000\r\na=rtpmap:8 PCMA/8000\r\na=rtpmap:101 telephone-event/8000\r\na=sendrecv\r\n")
COMMON = b"User-Agent: bench/1.0\r\nAllow: INVITE, ACK, CANCEL, BYE, OPTIONS, NOTIFY, MESSAGE\r\n"


def socket_on(address):
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
    s.bind(address)
    return s


class Server:
    """`ahoy serve` in a folder of its own: one worker, no authentication, the log at warning."""

    def __init__(self, ahoy, folder):
        with socket_on(("127.0.0.1", 0)) as probe:
            self.address = probe.getsockname()
        config = os.path.join(folder, "ahoy.conf")
        with open(config, "w") as f:
            f.write('domain = {"example.test"}\nlisten = {"udp:127.0.0.1:%d"}\nstate = "%s/state"\n'
                    'authentication = false\nworkers = 1\nlog_level = warning\n' % (self.address[1], folder))
        self.process = subprocess.Popen([ahoy, "serve", "--json", "--config", config], stdout=subprocess.PIPE)
        if not any(b'"ready"' in line for line in self.process.stdout):
            raise SystemExit("tools/bench: the server did not start")

    def tree(self):
        """The process and all that come from it."""
        parents = {}
        for entry in filter(str.isdigit, os.listdir("/proc")):
            try:
                with open("/proc/%s/stat" % entry) as f:
                    fields = f.read().rpartition(")")[2].split()
            except OSError:
                continue  # it has ended meanwhile
            parents[int(entry)] = (int(fields[1]), int(fields[11]), int(fields[12]))
        found = {self.process.pid}
        while True:
            more = {pid for pid, (parent, _, _) in parents.items() if parent in found} - found
            if not more:
                return [parents[pid][1:] for pid in found if pid in parents]
            found |= more

    def cpu(self):
        """Microseconds of (user, system) so far."""
        times, tick = self.tree(), 1e6 / os.sysconf("SC_CLK_TCK")
        return sum(t[0] for t in times) * tick, sum(t[1] for t in times) * tick

    def stop(self):
        self.process.terminate()
        self.process.wait(PATIENCE)
        self.process.stdout.close()


def header(lines, name):
    for line in lines:
        if line.startswith(name):
            return line[len(name):]
    return b""


class Load:
    def __init__(self, server):
        self.server = server.address
        self.caller, self.callee = socket_on(("127.0.0.1", 0)), socket_on(("127.0.0.1", 0))
        self.at = b"127.0.0.1:%d" % self.caller.getsockname()[1]
        self.contact = b"127.0.0.1:%d" % self.callee.getsockname()[1]
        self.begun = self.done = 0

    def ask(self, method, uri, key, lines, body=b""):
        self.caller.sendto(b"%s %s SIP/2.0\r\nVia: SIP/2.0/UDP %s;branch=z9hG4bK-%s-%s;rport\r\nMax-Forwards: 70\r\n%s%s"
                           b"Content-Length: %d\r\n\r\n%s" % (method, uri, self.at, method, key, lines, COMMON, len(body),
                                                            body), self.server)

    def register(self, user):
        aor = b"<sip:u%d@example.test>" % user
        self.ask(b"REGISTER", b"sip:example.test", b"r%d" % user,
                 b"From: %s;tag=r\r\nTo: %s\r\nCall-ID: r%d@bench\r\nCSeq: 1 REGISTER\r\nContact: <sip:u%d@%s>;expires=3600\r\n"
                 % (aor, aor, user, user, self.contact))

    def invite(self, number):
        key, uri = b"%d" % number, b"sip:u%d@example.test" % (number % USERS)
        self.ask(b"INVITE", uri, key, b"From: <sip:caller@example.test>;tag=%s\r\nTo: <%s>\r\nCall-ID: %s@bench\r\n"
                 b"CSeq: 1 INVITE\r\nContact: <sip:caller@%s>\r\nContent-Type: application/sdp\r\n"
                 % (key, uri, key, self.at), BODY)

    def in_dialog(self, lines, method, cseq):
        call_id = header(lines, b"Call-ID: ")
        self.ask(method, header(lines, b"Contact: ").strip(b"<>"), call_id.split(b"@")[0],
                 b"Route: %s\r\nFrom: %s\r\nTo: %s\r\nCall-ID: %s\r\nCSeq: %d %s\r\n"
                 % (header(lines, b"Record-Route: "), header(lines, b"From: "), header(lines, b"To: "), call_id, cseq,
                    method))

    def at_caller(self, lines):
        if lines[0].startswith(b"SIP/2.0 1"):
            return
        if not lines[0].startswith(b"SIP/2.0 200"):
            raise SystemExit("tools/bench: the server answered %r" % lines[0])
        if header(lines, b"CSeq: ").endswith(b"INVITE"):
            self.in_dialog(lines, b"ACK", 1)
            self.in_dialog(lines, b"BYE", 2)
        else:
            self.done += 1

    def answer(self, lines, status, body=b""):
        copied = [line for line in lines if line.startswith((b"Via:", b"Record-Route:", b"From:", b"Call-ID:", b"CSeq:"))]
        to = header(lines, b"To: ")
        self.callee.sendto(b"SIP/2.0 %s\r\n%s\r\nTo: %s\r\nContact: <sip:callee@%s>\r\n%s%sContent-Length: %d\r\n\r\n%s"
                           % (status, b"\r\n".join(copied), to if b";tag=" in to else to + b";tag=callee", self.contact,
                              COMMON, b"Content-Type: application/sdp\r\n" if body else b"", len(body), body), self.server)

    def at_callee(self, lines):
        if lines[0].startswith(b"INVITE "):
            self.answer(lines, b"180 Ringing")
            self.answer(lines, b"200 OK", BODY)
        elif not lines[0].startswith(b"ACK "):
            self.answer(lines, b"200 OK")

    def turn(self):
        ready = select.select([self.caller, self.callee], [], [], PATIENCE)[0]
        if not ready:
            raise SystemExit("tools/bench: nothing came for %d s: a datagram was lost" % PATIENCE)
        for s in ready:
            (self.at_caller if s is self.caller else self.at_callee)(s.recv(65536).split(b"\r\n"))

    def run(self, begin, count):
        first, end = self.done, self.begun + count
        while self.done < first + count:
            while self.begun < end and self.begun - self.done < WINDOW:
                begin(self.begun)
                self.begun += 1
            self.turn()


def measure(ahoy):
    with tempfile.TemporaryDirectory() as folder:
        server = Server(ahoy, folder)
        try:
            load = Load(server)
            load.run(load.register, USERS)
            load.run(load.invite, WARM_UP)
            user, system = server.cpu()
            start = time.monotonic()
            load.run(load.invite, CALLS)
            rate = CALLS / (time.monotonic() - start)
            user, system = (now - before for now, before in zip(server.cpu(), (user, system)))
        finally:
            server.stop()
    return {"live-call user us": user / CALLS, "live-call system us": system / CALLS, "live-call rate": rate}
