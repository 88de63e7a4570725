# SPDX-License-Identifier: BSD-2-Clause
"""Another configuration for a server that runs: taken whole, or not at all, and nobody who talks notices."""

import copy
import json
import os
import select
import shutil
import signal
import socket
import subprocess
import threading
import time

from live import AHOY, PATIENCE, Bench, free_port, run
from supervise_test import Call

OPEN = "authentication = false\nworkers = 3\n"
RELOADS = int(os.environ.get("AHOY_RELOADS", "1000"))


class Control:
    """The control socket, without a process for each command."""

    def __init__(self, server):
        self.path, self.number = os.path.join(server.folder, "state", "control.sock"), 0
        self.connect()

    def connect(self):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(PATIENCE)
        self.socket.connect(self.path)
        self.file = self.socket.makefile("rw")

    def stop(self):
        self.file.close()
        self.socket.close()

    def call(self, method, **params):
        self.number += 1
        self.file.write(json.dumps({"jsonrpc": "2.0", "id": self.number, "method": method, "params": params}) + "\n")
        self.file.flush()
        answer = json.loads(self.file.readline())
        assert answer["id"] == self.number and "result" in answer, answer
        return answer["result"]

    def reload(self, **params):
        answer = self.call("config.reload", **params)
        assert answer["taken"], answer
        return answer


def write(server, text):
    with open(server.config, "w") as file:
        file.write(text)


def text_of(server):
    with open(server.config) as file:
        return file.read()


def with_listeners(text, *more):
    """The configuration with further addresses to listen on."""
    start = text.index("listen = {") + len("listen = {")
    return text[:start] + "".join('"%s", ' % place for place in more) + text[start:]


def reload_by_command(server, *words, code=0):
    done = subprocess.run([AHOY, "reload", "--config", server.config, *words], text=True, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, timeout=4 * PATIENCE)
    assert done.returncode == code, (done.returncode, done.stdout, done.stderr)
    return done.stdout, done.stderr


def options(number, via, me):
    return ("OPTIONS sip:example.test SIP/2.0\r\nVia: SIP/2.0/%s %s;branch=z9hG4bK%s-%d;rport\r\nMax-Forwards: 70\r\n"
            "From: <sip:x@example.test>;tag=1\r\nTo: <sip:example.test>\r\nCall-ID: %s-%d\r\nCSeq: 1 OPTIONS\r\n"
            "Content-Length: 0\r\n\r\n" % (via, me, me, number, me, number)).encode()


def answers_at(port, patience=PATIENCE):
    """Does a server answer at this UDP port?  Asked again and again for so long."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.bind(("127.0.0.1", 0))
        me = "127.0.0.1:%d" % s.getsockname()[1]
        end, number = time.monotonic() + patience, 0
        while time.monotonic() < end:
            number += 1
            s.sendto(options(number, "UDP", me), ("127.0.0.1", port))
            if select.select([s], [], [], 0.2)[0]:
                try:
                    return s.recv(65536).startswith(b"SIP/2.0 200")
                except ConnectionRefusedError:
                    continue
        return False


class Asker(threading.Thread):
    """OPTIONS, one after the other; each is said once, and has to be answered."""

    def __init__(self, server, kind):
        super().__init__()
        self.port, self.kind, self.going, self.answered, self.fault = server.port, kind, True, 0, None
        self.start()

    def run(self):
        try:
            self.ask_udp() if self.kind == "UDP" else self.ask_tcp()
        except Exception as e:  # told by the test's own thread
            self.fault = e

    def ask_udp(self):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
            s.bind(("127.0.0.1", 0))
            s.settimeout(PATIENCE)
            me = "127.0.0.1:%d" % s.getsockname()[1]
            while self.going:
                s.sendto(options(self.answered, "UDP", me), ("127.0.0.1", self.port))
                answer = s.recv(65536)
                assert answer.startswith(b"SIP/2.0 200") and b"%s-%d\r\n" % (me.encode(), self.answered) in answer, answer
                self.answered += 1

    def ask_tcp(self):
        with socket.create_connection(("127.0.0.1", self.port), PATIENCE) as s:
            me = "127.0.0.1:%d" % s.getsockname()[1]
            while self.going:
                s.sendall(options(self.answered, "TCP", me))
                heard = b""
                while b"\r\n\r\n" not in heard:
                    chunk = s.recv(65536)
                    assert chunk, "the connection was closed"
                    heard += chunk
                assert heard.startswith(b"SIP/2.0 200") and b"%s-%d\r\n" % (me.encode(), self.answered) in heard, heard
                self.answered += 1

    def stop(self):
        self.going = False
        self.join()

    def check(self):
        assert self.fault is None, repr(self.fault)


class Caller(threading.Thread):
    """Calls by way of the server, one after the other: INVITE, 200, ACK, BYE, 200, each said once."""

    def __init__(self, b, server):
        super().__init__()
        self.call, self.going, self.calls, self.fault = Call(b, server), True, 0, None
        self.start()

    def run(self):
        try:
            while self.going:
                self.one("reloaded-%d" % self.calls)
                self.calls += 1
        except Exception as e:
            self.fault = e

    def one(self, call_id):
        c = self.call
        c.alice.say(c.alice.request("INVITE", "sip:bob@example.test", "<sip:bob@example.test>", call_id, 1,
                                    "Contact: <sip:alice@%s>\n" % c.alice.me))
        c.answer(c.bob.hear("INVITE"))
        c.alice.say(c.alice.request("BYE", "sip:bob@" + c.bob.me, c.to, c.call_id, 2, c.route))
        c.bob.answer(c.bob.hear("BYE"), "200 OK")
        c.alice.hear("SIP/2.0 200")

    def stop(self):
        self.going = False
        self.join()

    def check(self):
        assert self.fault is None, repr(self.fault)


def variants(server):
    """Configurations that differ in everything that a reload may change."""
    base, other = text_of(server), [free_port() for _ in range(2)]
    return [
        base,
        with_listeners(base, "udp:127.0.0.1:%d" % other[0], "tcp:127.0.0.1:%d" % other[1]),
        base.replace('domain = {"example.test"', 'domain = {"example.test", "more.test"')
        + 't1 = 400ms\nmax_contacts = 3\nroute "far.test" { to = "sip:127.0.0.1:9" }\n',
        with_listeners(base, "udp:127.0.0.1:%d" % other[0]) + "record_route = true\nmax_message = 30000\n"
        "flow_timer = 1m\nmax_server_transactions = 900000\nauth_failures = 3\nconnection_idle = 5m\n",
    ]


def rotate(lab, folder):
    """Another certificate for the same name, by the same means as a CA would give one."""
    fresh = os.path.join(folder, "fresh")
    shutil.rmtree(fresh, ignore_errors=True)
    subprocess.run([AHOY, "cert", "lab", fresh, "example.test"], check=True, stdout=subprocess.DEVNULL,
                   stderr=subprocess.DEVNULL)
    for name in os.listdir(fresh):
        os.replace(os.path.join(fresh, name), os.path.join(lab.folder, name))


def test_a_thousand_reloads_under_load_lose_no_message():
    with Bench() as b:
        lab = b.lab("example.test")
        server = b.server(extra=OPEN, trace=False, lab=lab)
        control, texts = b.add(Control(server)), variants(server)
        load = [b.add(Asker(server, kind)) for kind in ("UDP", "UDP", "TCP")] + [b.add(Caller(b, server))]
        began = time.monotonic()
        for i in range(RELOADS):
            write(server, texts[i % len(texts)])
            if i % 100 == 50:
                rotate(lab, b.folder)
            answer = control.reload(undo=i % 20 == 19)
            assert answer["number"] == i + 2, answer
            for one in load:
                one.check()
        took = time.monotonic() - began
        for one in load:
            one.stop()
            one.check()
        answered = [one.answered for one in load[:3]] + [load[3].calls]
        print("     %d reloads in %.1f s; %s requests were answered, %d calls made" % (RELOADS, took, answered[:3], answered[3]))
        assert all(count > 0 for count in answered), answered
        status = control.call("server.status")
        assert status["configuration"]["number"] == RELOADS + 1, status["configuration"]
        assert status["counters"]["no_memory"] == 0, status["counters"]


def test_what_would_change_is_shown_and_nothing_is_changed():
    with Bench() as b:
        server = b.server(extra=OPEN)
        before, extra = text_of(server), free_port()
        write(server, with_listeners(before, "udp:127.0.0.1:%d" % extra) + "max_contacts = 3\n"
              'route "far.test" { to = "sip:127.0.0.1:9" }\n')
        said, told = reload_by_command(server, "--dry-run")
        assert "max_contacts: 10 -> 3" in said and "route \"far.test\": (none) -> { to = {'sip:127.0.0.1:9'} }" in said, said
        assert "nothing has been changed" in told, told
        assert not answers_at(extra, 1)
        answer = json.loads(reload_by_command(server, "--json")[0])
        assert answer["taken"] and {"what": "max_contacts", "before": "10", "after": "3", "needs_restart": False} in \
            answer["changes"], answer
        assert answers_at(extra)
        assert not json.loads(reload_by_command(server, "--json", "--dry-run")[0])["changes"]


def test_the_last_reload_is_undone_even_if_the_file_is_broken():
    with Bench() as b:
        server = b.server(extra=OPEN)
        before, extra = text_of(server), free_port()
        assert "nothing to undo" in reload_by_command(server, "--undo", code=13)[1]
        write(server, with_listeners(before, "udp:127.0.0.1:%d" % extra))
        reload_by_command(server)
        assert answers_at(extra)
        write(server, before + "maxx_contacts = {\n")
        assert "nothing to undo" not in reload_by_command(server, "--undo")[1]
        assert not answers_at(extra, 1)
        reload_by_command(server, "--undo")  # forth again
        assert answers_at(extra)


BAD = {
    "an unknown key": "max_contactz = 3",
    "a value out of range": "max_contacts = 65",
    "no number": "max_contacts = many",
    "a key twice": "t1 = 300ms\nt1 = 400ms",
    "times that contradict each other": "t1 = 10s\nt2 = 1s",
    "an open string": 'advertise = "x',
    "an open brace": "websocket_origins = {",
    "an address that is none": 'metrics = "nowhere"',
    "metrics for strangers": 'metrics = "0.0.0.0:9464"',
    "a section without what it needs": 'route "far.test" { }',
    "a section of nobody": 'registrations "far.test" { max_contacts = 1 }',
    "redirects of a server that does not redirect": 'redirect "far.test" { to = "sip:x.test" }',
    "a URI that is none": 'route "far.test" { to = "http://x.test" }',
    "no certificate": 'certificate "example.test" { chain = "/nonexistent/a.pem" key = "/nonexistent/a.key" }',
    "a certificate that is none": 'certificate "example.test" { chain = "%(folder)s/ahoy.conf" key = "%(folder)s/ahoy.conf" }',
    "no CAs": 'tls_trust = "/nonexistent/ca.pem"',
    "ciphers that nobody knows": 'tls_ciphers = "ROT13"',
    "a digest that nobody knows": 'digest_algorithms = {"CRC32"}',
    "a log level that is none": "log_level = loud",
    "who may register others, without a password": 'third_party = {"a@example.test b@example.test"}',
    "a NUL": "t1 = 300ms\0",
}

RESTARTS = {
    "workers": "workers = 2",
    "state": 'state = "%(folder)s/elsewhere"',
    "user": "user = nobody",
    "memory": "memory = 100",
    "drain": "drain = 1s",
}


def refuse(control, server, text, wanted):
    path = os.path.join(server.folder, "bad.conf")
    with open(path, "w") as file:
        file.write(text)
    answer = control.call("config.reload", file=path)
    assert not answer["taken"] and answer["error"] and answer["problems"], (wanted, answer)
    assert any(wanted in problem for problem in answer["problems"]), (wanted, answer["problems"])
    return answer


def test_bad_files_change_nothing_and_are_told_with_their_lines():
    with Bench() as b:
        server = b.server(extra="authentication = false\n")
        control, before = b.add(Control(server)), text_of(server)
        for what, line in BAD.items():
            line = line % {"folder": server.folder} if "%(" in line else line
            refuse(control, server, before + line + "\n", "conf" if what != "metrics for strangers" else "metrics")
        for key, line in RESTARTS.items():
            text = "".join(l for l in before.splitlines(True) if not l.startswith(key + " ="))
            refuse(control, server, text + line % {"folder": server.folder} + "\n", key + ": a change from")
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
            other.bind(("127.0.0.1", 0))
            mine = "udp:127.0.0.1:%d" % other.getsockname()[1]
            refuse(control, server, with_listeners(before, "udp:127.0.0.1:%d" % free_port(), mine), "cannot listen on")
        refuse(control, server, with_listeners(before, "udp:192.0.2.77:5060"), "cannot listen on udp 192.0.2.77:5060")
        assert reload_by_command(server, "/nonexistent/ahoy.conf", code=13)
        assert control.call("server.status")["configuration"]["number"] == 1
        assert answers_at(server.port)
        said = server.process.stderr()
        assert said.count("event=configuration_refused") >= len(BAD) + len(RESTARTS), said


def test_a_call_over_reloads_ends_as_if_nothing_had_been():
    with Bench() as b:
        server = b.server(extra=OPEN)
        control, before = b.add(Control(server)), text_of(server)
        call = Call(b, server)
        ringing = copy.copy(call)
        call.answer(call.invite("long"))
        invite = ringing.invite("ringing")
        write(server, before.replace('domain = {"example.test"', 'domain = {"other.test", "example.test"')
              + "proxy = false\nredirect_server = true\nt1 = 300ms\n")
        control.reload()
        ringing.answer(invite)
        control.reload()
        call.bye()
        ringing.bye()
        write(server, before)
        control.reload()
        call.answer(call.invite("afterwards"))
        call.bye()


def test_what_is_under_way_where_nobody_listens_any_more_is_finished():
    with Bench() as b:
        extra = free_port()
        server = b.server(extra=OPEN)
        control, before = b.add(Control(server)), text_of(server)
        write(server, with_listeners(before, "udp:127.0.0.1:%d" % extra, "tcp:127.0.0.1:%d" % extra))
        control.reload()
        usual, server.port = server.port, extra
        call, connected = Call(b, server), Asker(server, "TCP")
        server.port = usual
        invite = call.invite("half-way")
        write(server, before)
        control.reload()
        assert not answers_at(extra, 1)
        try:
            socket.create_connection(("127.0.0.1", extra), 1).close()
            raise AssertionError("somebody listens there by TCP")
        except ConnectionRefusedError:
            pass
        call.bob.answer(invite, "486 Busy Here")
        call.alice.hear("SIP/2.0 486")
        asked = connected.answered
        end = time.monotonic() + PATIENCE
        while connected.answered < asked + 10 and time.monotonic() < end:
            time.sleep(0.01)
        connected.stop()
        connected.check()
        assert connected.answered >= asked + 10
        # And it can be listened on again, whether the old socket is still needed or not.
        write(server, with_listeners(before, "udp:127.0.0.1:%d" % extra, "tcp:127.0.0.1:%d" % extra))
        control.reload()
        assert answers_at(extra)
        socket.create_connection(("127.0.0.1", extra), PATIENCE).close()


def test_a_child_after_a_crash_goes_on_with_what_was_taken():
    with Bench() as b:
        server = b.server(extra=OPEN)
        server.process.may_restart = True
        before, extra, gone = text_of(server), free_port(), server.port
        write(server, before.replace(":%d" % gone, ":%d" % extra) + "max_contacts = 3\n")
        reload_by_command(server)
        write(server, "half edi")  # what an editor has on the disk just now
        os.kill(server.pid(), signal.SIGKILL)
        server.process.wait_event("restarted", restarts=1)
        assert answers_at(extra) and not answers_at(gone, 1)
        control = b.add(Control(server))
        status = control.call("server.status")
        assert status["configuration"]["number"] == 2 and status["configuration"]["can_undo"], status
        control.reload(undo=True)
        assert answers_at(gone) and not answers_at(extra, 1)
        os.kill(server.pid(), signal.SIGKILL)
        server.process.wait_event("restarted", restarts=2)
        assert answers_at(gone) and not answers_at(extra, 1)
        assert Control(server).call("server.status")["configuration"]["number"] == 3


def test_sighup_takes_the_file_and_a_bad_one_is_told_in_the_log():
    with Bench() as b:
        server = b.server(extra=OPEN)
        before, extra = text_of(server), free_port()
        write(server, with_listeners(before, "udp:127.0.0.1:%d" % extra))
        server.process.child.send_signal(signal.SIGHUP)
        assert answers_at(extra)
        write(server, before + "max_contactz = 3\n")
        server.process.child.send_signal(signal.SIGHUP)
        end = time.monotonic() + PATIENCE
        while "did you mean 'max_contacts'" not in server.process.stderr():
            assert time.monotonic() < end, server.process.stderr()
            time.sleep(0.05)
        assert answers_at(extra)


if __name__ == "__main__":
    run(globals())
