# SPDX-License-Identifier: BSD-2-Clause
"""A server that stays up: its child crashes, hangs, is asked to end, has its sockets from
somebody else or is not root, and who is registered or in a call hardly notices."""

import ctypes
import os
import pwd
import random
import re
import select
import signal
import socket
import sys
import threading
import time

from live import AHOY, PATIENCE, Bench, Process, Skip, is_alive, run, wait_gone
from registrations import Registrations

OPEN = "authentication = false\n"


def header(text, name):
    return re.findall(r"^%s: *([^\r]*)" % name, text, re.M | re.I)


class Peer:
    """A phone that says and hears texts over UDP."""

    def __init__(self, server, name):
        self.server, self.name = server, name
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.socket.settimeout(1)
        self.me = "%s:%d" % self.socket.getsockname()
        self.number = 0

    def stop(self):
        self.socket.close()

    def say(self, text):
        self.socket.sendto(text.replace("\n", "\r\n").encode(), ("127.0.0.1", self.server.port))

    def hear(self, start, repeat=None, patience=PATIENCE):
        """The first text that begins so; while there is none the peer and text of `repeat`
        are said again: any datagram may be lost."""
        end = time.monotonic() + patience
        while time.monotonic() < end:
            try:
                text = self.socket.recv(65536).decode()
            except (socket.timeout, ConnectionRefusedError):
                if repeat is not None:
                    repeat[0].say(repeat[1])
                continue
            if text.startswith(start):
                return text
        raise AssertionError("%s did not hear %s" % (self.name, start))

    def request(self, method, uri, to, call_id, cseq, more=""):
        self.number += 1
        return ("%s %s SIP/2.0\nVia: SIP/2.0/UDP %s;branch=z9hG4bK%s%d%s;rport\nMax-Forwards: 70\n"
                "From: <sip:%s@example.test>;tag=%s\nTo: %s\nCall-ID: %s\nCSeq: %d %s\n%sContent-Length: 0\n\n"
                % (method, uri, self.me, self.name, self.number, method, self.name, self.name, to, call_id, cseq, method,
                   more))

    def register(self):
        text = self.request("REGISTER", "sip:example.test", "<sip:%s@example.test>" % self.name, "register-" + self.name, 1,
                            "Contact: <sip:%s@%s>\nExpires: 600\n" % (self.name, self.me))
        self.say(text)
        self.hear("SIP/2.0 200", (self, text))

    def answer(self, request, status):
        lines = ["SIP/2.0 " + status]
        for name in ("Via", "Record-Route", "From", "To", "Call-ID", "CSeq"):
            lines += ["%s: %s" % (name, value) for value in header(request, name)]
        lines = [line + ";tag=" + self.name if line.startswith("To:") and ";tag=" not in line else line for line in lines]
        self.say("\n".join(lines + ["Contact: <sip:%s@%s>" % (self.name, self.me), "Content-Length: 0", "", ""]))


class Call:
    """alice calls bob, through the server."""

    def __init__(self, b, server):
        self.alice, self.bob = b.add(Peer(server, "alice")), b.add(Peer(server, "bob"))
        self.bob.register()

    def invite(self, call_id):
        text = self.alice.request("INVITE", "sip:bob@example.test", "<sip:bob@example.test>", call_id, 1,
                                  "Contact: <sip:alice@%s>\n" % self.alice.me)
        self.alice.say(text)
        return self.bob.hear("INVITE", (self.alice, text))

    def answer(self, invite):
        self.bob.answer(invite, "200 OK")
        ok = self.alice.hear("SIP/2.0 200")
        self.to, self.call_id = header(ok, "To")[0], header(ok, "Call-ID")[0]
        self.route = "".join("Route: %s\n" % value for value in reversed(header(ok, "Record-Route")))
        self.alice.say(self.alice.request("ACK", "sip:bob@" + self.bob.me, self.to, self.call_id, 1, self.route))
        self.bob.hear("ACK")

    def bye(self):
        bye = self.alice.request("BYE", "sip:bob@" + self.bob.me, self.to, self.call_id, 2, self.route)
        self.alice.say(bye)
        for tries in range(5, 0, -1):  # the server repeats the BYE until the 200 has come through
            self.bob.answer(self.bob.hear("BYE", (self.alice, bye)), "200 OK")
            try:
                return self.alice.hear("SIP/2.0 200", patience=3)
            except AssertionError:
                if tries == 1:
                    raise


class Flood:
    """OPTIONS without end: the server is busy with some call at any moment."""

    def __init__(self, server):
        self.server, self.going = server, True
        self.thread = threading.Thread(target=self.run)
        self.thread.start()

    def run(self):
        peer = Peer(self.server, "flood")
        while self.going:
            for _ in range(50):
                peer.say(peer.request("OPTIONS", "sip:example.test", "<sip:example.test>", "flood-%d" % peer.number, 1))
            select.select([], [], [], 0.001)
        peer.stop()

    def stop(self):
        self.going = False
        self.thread.join()


def died(server):
    return [e for e in server.process.events if e["event"] == "died"]


def stop_while_busy(pid):
    """Stop it where it is in no system call, so most probably with a message in hand; after a
    while anywhere (or at once, where nobody may look)."""
    for _ in range(2000):
        os.kill(pid, signal.SIGSTOP)
        while True:
            with open("/proc/%d/stat" % pid) as stat:
                if stat.read().rsplit(")", 1)[1].split()[0] == "T":
                    break
        try:
            with open("/proc/%d/syscall" % pid) as call:
                if call.read().startswith("-1 "):
                    return
        except OSError:
            return
        os.kill(pid, signal.SIGCONT)
        select.select([], [], [], 0.002)


def kill_thread(pid, number):
    """To the first worker itself, as a fault would be; a signal to the process may be
    taken by any of its threads."""
    libc = ctypes.CDLL(None, use_errno=True)
    assert libc.tgkill(pid, pid, number) == 0, os.strerror(ctypes.get_errno())


def crash(server, number, how_often):
    """Kill the child; the events of its end and of the next one's being ready."""
    pid = server.pid()
    if number == signal.SIGSEGV:
        stop_while_busy(pid)
    kill_thread(pid, number)
    os.kill(pid, signal.SIGCONT)
    again = server.process.wait_event("restarted", restarts=how_often)
    return died(server)[-1], again


def test_a_crash_under_load_loses_neither_registrations_nor_calls():
    with Bench() as b:
        server = b.server(extra=OPEN)
        server.process.may_restart = True
        call = Call(b, server)
        call.answer(call.invite("long-call"))
        phones = b.add(Registrations(random.Random(1), 20, server.port))
        flood = b.add(Flood(server))
        for round in range(1, 7):
            phones.work(60, 8)
            end, again = crash(server, signal.SIGSEGV, round)
            print("     round %d: serving again after %d ms" % (round, again["after_msec"]))
            if re.search(r"part=crash event=(signal|in_hand) .*call=\S", server.process.stderr()):
                break
        flood.stop()
        assert end["signal"] == signal.SIGSEGV or end["code"] == 1, end  # 1: a sanitizer has spoken last
        phones.drain()
        phones.check()
        call.bye()
        call.answer(call.invite("another"))
        call.bye()
        said = server.process.stderr()
        assert "part=crash event=signal signal=SIGSEGV sender=" in said, said
        assert re.search(r"part=crash event=(signal|in_hand) .*call=\S", said), said
        assert re.search(r"part=crash event=frame n=0 pc=0x[0-9a-f]+ module=", said), said
        assert re.search(r"event=frame .*module=ahoy offset=0x[0-9a-f]+ function=\w", said), said
        assert server.stop() == 0


def test_a_child_that_hangs_is_ended_and_another_one_serves():
    with Bench() as b:
        server = b.server(extra=OPEN + 'watchdog = "1s"\n')
        server.process.may_restart = True
        call = Call(b, server)
        os.kill(server.pid(), signal.SIGSTOP)
        server.process.wait_event("hung", worker=0)
        server.process.wait_event("restarted")
        assert "part=crash event=signal signal=SIGABRT" in server.process.stderr()
        call.answer(call.invite("after"))
        call.bye()
        assert server.stop() == 0


def test_sigterm_finishes_what_is_in_progress_and_begins_nothing():
    with Bench() as b:
        server = b.server(extra=OPEN + 'drain = "10m"\n')
        call = Call(b, server)
        ringing = call.invite("ringing")
        server.process.child.send_signal(signal.SIGTERM)
        carol = b.add(Peer(server, "carol"))
        refused = None
        while refused is None:  # the signal may need a moment
            ask = carol.request("OPTIONS", "sip:example.test", "<sip:example.test>", "late", 1)
            carol.say(ask)
            answer = carol.hear("SIP/2.0 ", (carol, ask))
            refused = answer if answer.startswith("SIP/2.0 503") else None
        assert header(refused, "Retry-After"), refused
        assert server.process.child.poll() is None
        call.answer(ringing)
        assert server.process.wait_exit() == 0


def test_a_second_signal_ends_it_and_the_caller_hears_so():
    with Bench() as b:
        server = b.server(extra=OPEN + 'drain = "10m"\n')
        call = Call(b, server)
        ringing = call.invite("ringing")
        call.bob.answer(ringing, "180 Ringing")
        call.alice.hear("SIP/2.0 180")
        end = time.monotonic() + PATIENCE
        while server.process.child.poll() is None and time.monotonic() < end:
            server.process.child.send_signal(signal.SIGTERM)  # those that come together are one
            select.select([], [], [], 0.3)
        assert server.process.wait_exit() == 0
        call.alice.hear("SIP/2.0 503")
        call.bob.hear("CANCEL")


def test_the_parents_death_is_the_childs():
    with Bench() as b:
        server = b.server(extra=OPEN)
        child = server.pid()
        assert is_alive(child) and child != server.process.child.pid
        server.process.child.kill()
        wait_gone(child)


def test_alone_it_has_no_parent():
    with Bench() as b:
        server = b.server(extra=OPEN)
        assert server.stop() == 0
        process = b.run(AHOY, "serve", "--alone", "--json", "--config", server.config)
        assert process.wait_event("ready")["pid"] == process.child.pid
        process.child.send_signal(signal.SIGINT)
        assert process.wait_exit() == 0


def ids_of(pid):
    with open("/proc/%d/status" % pid) as status:
        fields = dict(line.rstrip("\n").split(":\t", 1) for line in status if ":\t" in line)
    return fields


def test_started_as_root_it_serves_as_somebody_else():
    if os.geteuid() != 0:
        raise Skip("not root")
    nobody = pwd.getpwnam("nobody")
    with Bench() as b:
        os.chmod(b.folder, 0o755)
        server = b.server(extra=OPEN + 'user = "nobody"\n', trace=False)
        fields = ids_of(server.pid())
        assert fields["Uid"].split() == [str(nobody.pw_uid)] * 4, fields["Uid"]
        assert fields["Gid"].split() == [str(nobody.pw_gid)] * 4, fields["Gid"]
        assert "0" not in fields["Groups"].split(), fields["Groups"]
        assert fields["NoNewPrivs"] == "1" and int(fields["CapEff"], 16) == 0, fields
        assert os.stat(os.path.join(server.folder, "state")).st_uid == nobody.pw_uid
        call = Call(b, server)
        server.process.may_restart = True
        crash(server, signal.SIGKILL, 1)
        call.answer(call.invite("after"))
        call.bye()
        assert server.stop() == 0


PASS_ON = """
import os, sys
for at, fd in enumerate(int(text) for text in sys.argv[1].split(",")):
    os.dup2(fd, 3 + at)
os.environ.update(LISTEN_FDS=str(len(sys.argv[1].split(","))), LISTEN_PID=str(os.getpid()))
os.execv(sys.argv[2], sys.argv[2:])
"""


def test_sockets_of_a_service_manager_are_served():
    with Bench() as b:
        server = b.server(extra=OPEN)
        assert server.stop() == 0
        udp, tcp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM), socket.socket()
        tcp.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        odd = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        udp.bind(("127.0.0.1", server.port)), tcp.bind(("127.0.0.1", server.port)), odd.bind(("127.0.0.1", 0))
        tcp.listen()
        high = [os.dup(s.fileno()) for s in (udp, tcp, odd)]
        for fd in high:
            os.set_inheritable(fd, True)
        process = Process([sys.executable, "-c", PASS_ON, ",".join(map(str, high)), AHOY, "serve", "--json", "--config",
                           server.config], name="activated", pass_fds=high)
        b.add(process)
        process.wait_event("ready")
        assert "127.0.0.1:%d was passed by LISTEN_FDS, but listen does not name it" % odd.getsockname()[1] in process.stderr()
        call = Call(b, server)
        call.answer(call.invite("activated"))
        call.bye()
        process.child.send_signal(signal.SIGTERM)
        assert process.wait_exit() == 0


def test_the_service_manager_hears_ready_watchdog_and_stopping():
    with Bench() as b, socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        path = os.path.join(b.folder, "notify")
        manager.bind(path)
        manager.settimeout(PATIENCE)
        server = b.server(extra=OPEN)
        assert server.stop() == 0
        env = dict(os.environ, NOTIFY_SOCKET=path, WATCHDOG_USEC="200000")
        process = b.run(AHOY, "serve", "--json", "--config", server.config, env=env)
        heard = ""
        for word in ("READY=1", "WATCHDOG=1", "STOPPING=1"):
            if word == "STOPPING=1":
                process.child.send_signal(signal.SIGTERM)
            while word not in heard:
                heard += manager.recv(4096).decode() + "\n"
        assert process.wait_exit() == 0


if __name__ == "__main__":
    run(globals())
