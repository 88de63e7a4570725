# SPDX-License-Identifier: BSD-2-Clause
"""JsSIP, the SIP of many web phones, in Node over WebSocket and secure WebSocket: it registers
with a password, sends a MESSAGE to another JsSIP and to baresip over UDP, and receives one from
each and from SIPp over UDP; Ahoy phones call over WebSockets of their own, plain and secure, and
are called; and what a hostile page gets."""

import base64
import json
import os
import shutil
import socket
import struct
import subprocess
import time

from baresip import MD5_ONLY, Baresip
from live import AHOY, PATIENCE, Bench, Skip, free_port, need, run
from people import BUILD, Person, counters, traced
from sipp_test import Sipp, credentials, register

HERE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "jssip")
MODULES = os.path.join(os.path.abspath(BUILD), "jssip")


def modules():
    """JsSIP and its WebSocket as package-lock.json says, once for each build folder."""
    need("node")
    kept = [os.path.join(MODULES, name) for name in ("package.json", "package-lock.json")]
    wanted = [os.path.join(HERE, name) for name in ("package.json", "package-lock.json")]
    done = os.path.join(MODULES, "node_modules/jssip/package.json")
    if os.path.exists(done) and all(open(a).read() == open(b).read() for a, b in zip(kept, wanted)):
        return os.path.join(MODULES, "node_modules")
    need("npm")
    os.makedirs(MODULES, exist_ok=True)
    for source, copy in zip(wanted, kept):
        shutil.copy(source, copy)
    got = subprocess.run(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"], cwd=MODULES, text=True,
                         stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=120)
    if got.returncode != 0:
        shutil.rmtree(MODULES, ignore_errors=True)
        raise Skip("npm ci: " + got.stdout[-300:])
    return os.path.join(MODULES, "node_modules")


class WebServer:
    """A server that listens for WebSockets too."""

    def __init__(self, bench, extra=""):
        self.ws, self.wss = free_port(), free_port()
        self.server = bench.server(extra='listen += {"ws:127.0.0.1:%d", "wss:127.0.0.1:%d"}\n%s'
                                   % (self.ws, self.wss, extra))
        self.certificate = self.server.folder + "/state/tls/self.pem"
        self.port, self.domain, self.add_user = self.ws, self.server.domain, self.server.add_user  # as people.py sees it

    def url(self, secure):
        return "wss://127.0.0.1:%d" % self.wss if secure else "ws://127.0.0.1:%d" % self.ws

    def counter(self, name):
        out = subprocess.run([AHOY, "status", "--json", "--config", self.server.config], text=True, check=True,
                             stdout=subprocess.PIPE)
        return json.loads(out.stdout)["counters"][name]


class JsSIP:
    """A JsSIP phone, told what to do by lines of JSON.  With a `proof` that is not right nobody adds a user
    for it, nor waits until it has registered."""

    def __init__(self, bench, web, name, secure, proof=None):
        password = os.path.join(bench.folder, name + ".password")
        with open(password, "w") as f:
            f.write(proof or "password-of-" + name)
        if proof is None:
            web.server.add_user(name, "password-of-" + name)
        self.name, self.address = name, "sip:%s@%s" % (name, web.server.domain)
        self.process = bench.run("node", os.path.join(HERE, "phone.js"), web.url(secure), self.address, password,
                                 *([web.certificate] if secure else []), stdin=subprocess.PIPE, name=name,
                                 env=dict(os.environ, NODE_PATH=modules()))
        self.wait = self.process.wait_event
        if proof is None:
            self.wait("registered")

    def do(self, **command):
        self.process.child.stdin.write(json.dumps(command) + "\n")
        self.process.child.stdin.flush()

    def message(self, to, text):
        self.do(do="message", to=to, text=text)

    def stop(self):
        self.do(do="stop")
        self.wait("disconnected")


def dave_writes_by_udp(bench, server, to):
    """A UDP phone of SIPp's that is registered as a user sends a MESSAGE."""
    server.add_user("dave", "digger")
    sipp, port, password = Sipp(bench, server), free_port(), credentials("dave", "digger")
    register(sipp, "dave", "digger", port)
    sipp.call("message", port, ["dave", to.name, server.domain, password, "from UDP"])
    to.wait("message", **{"from": "sip:dave@" + server.domain, "text": "from UDP\r\n"})  # SIPp ends the line


def talk(secure):
    with Bench() as b:
        web = WebServer(b, MD5_ONLY)  # for baresip
        alice, carol = JsSIP(b, web, "alice", secure), JsSIP(b, web, "carol", secure)
        contact = alice.wait("registered")["contact"]
        assert ".invalid;transport=ws" in contact, contact
        alice.message(carol.address, "Grüße")  # not ASCII, so UTF-8 in a text frame
        assert alice.wait("sent")["status"] == 200
        carol.wait("message", **{"from": alice.address, "text": "Grüße"})
        carol.message(alice.address, "back")
        alice.wait("message", **{"from": carol.address, "text": "back"})
        bob = Baresip(b, web.server, "bob")
        alice.process.events.clear()
        alice.message("sip:bob@example.test", "to UDP")
        assert alice.wait("sent")["status"] == 200
        del bob
        dave_writes_by_udp(b, web.server, carol)
        alice.stop()
        carol.message(alice.address, "nobody there")
        assert carol.wait("failed")["status"] == 480
        vias = [m["text"] for m in traced(web.server.folder + "/trace") if m["dir"] == "in" and "MESSAGE" in m["first"]]
        assert any("Via: SIP/2.0/%s " % ("WSS" if secure else "WS") in text and ".invalid" in text for text in vias)


def test_jssip_registers_and_exchanges_messages_over_a_websocket():
    talk(secure=False)


def test_jssip_registers_and_exchanges_messages_over_a_secure_websocket():
    talk(secure=True)


class Raw:
    """A WebSocket client that may be wrong."""

    def __init__(self, port, protocol="sip", data=None, extra=""):
        self.socket = socket.create_connection(("127.0.0.1", port), PATIENCE)
        key = base64.b64encode(os.urandom(16)).decode()
        request = ("GET / HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                   "Sec-WebSocket-Key: %s\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: %s\r\n%s\r\n"
                   % (port, key, protocol, extra))
        self.socket.sendall(data or request.encode())
        self.buffer = b""
        while b"\r\n\r\n" not in self.buffer:
            more = self.socket.recv(4096)
            assert more, self.buffer
            self.buffer += more
        self.head, self.buffer = self.buffer.split(b"\r\n\r\n", 1)
        self.status = self.head.split(b" ", 2)[1].decode()

    def send(self, opcode, payload=b"", length=None, masked=True):
        length = len(payload) if length is None else length
        head = bytes([0x80 | opcode])
        bit = 0x80 if masked else 0
        if length < 126:
            head += bytes([bit | length])
        elif length < 65536:
            head += bytes([bit | 126]) + struct.pack(">H", length)
        else:
            head += bytes([bit | 127]) + struct.pack(">Q", length)
        self.socket.sendall(head + (b"\0\0\0\0" if masked else b"") + payload)

    def rest(self):
        """All that comes until the server closes."""
        while True:
            more = self.socket.recv(4096)
            if not more:
                return self.buffer
            self.buffer += more

    def close_code(self):
        rest = self.rest()
        assert rest[0] == 0x88, rest
        return struct.unpack(">H", rest[2:4])[0]


def test_what_a_hostile_page_sends_ends_its_own_connection_with_the_right_word():
    with Bench() as b:
        web = WebServer(b, 'websocket_origins = {"https://phone.example.com"}')
        carol, dave = JsSIP(b, web, "carol", False), JsSIP(b, web, "dave", False)
        assert Raw(web.ws, protocol="xmpp").status == "400"
        assert Raw(web.ws, extra="Origin: https://evil.example\r\n").status == "403"
        assert Raw(web.ws, data=b"GET / HTTP/1.1\r\nHost: a\r\n\r\n").status == "426"
        assert Raw(web.ws, data=b"\x16\x03\x01").status == "400"
        good = Raw(web.ws, extra="Origin: https://phone.example.com\r\n")
        assert good.status == "101", good.head
        good.send(9, b"are you there?")
        good.send(8, struct.pack(">H", 1001))
        assert good.rest() == b"\x8a\x0eare you there?\x88\x02\x03\xe9"
        large = Raw(web.ws)
        large.send(1, b"x", length=1 << 40)
        assert large.close_code() == 1009
        plain = Raw(web.ws)
        plain.send(1, b"MESSAGE", masked=False)
        assert plain.close_code() == 1002
        wrong = Raw(web.ws)
        wrong.send(1, b"\xff\xfe")
        assert wrong.close_code() == 1007
        assert web.counter("websocket_faults_handshake") == 4
        assert web.counter("websocket_faults_protocol") == 2
        assert web.counter("websocket_faults_too_large") == 1
        carol.message(dave.address, "nothing else notices")
        dave.wait("message", text="nothing else notices")


def test_an_ahoy_phone_calls_over_a_websocket():
    with Bench() as b:
        web = WebServer(b)
        bob = Person(b, web.server, "bob")
        alice = Person(b, web, "alice", transport="ws")
        phone = bob.answer("--auto", "--count", "1")
        call = alice.call(bob.address, "--duration", "1")
        call.wait_event("answered")
        assert call.wait_exit() == 0
        phone.wait_event("ended", cause="normal", by="remote")
        assert {m["transport"] for m in traced(alice.trace)} == {"WS"}


def test_an_ahoy_phone_calls_a_phone_with_udp_over_a_secure_websocket_and_is_called():
    with Bench() as b:
        web = WebServer(b)
        bob = Person(b, web.server, "bob")
        alice = Person(b, web, "alice", transport="wss", options=["--tls-trust", web.certificate])
        for caller, callee in ((alice, bob), (bob, alice)):
            phone = callee.answer("--auto", "--count", "1")
            call = caller.call(callee.address, "--duration", "1")
            call.wait_event("answered")
            assert call.wait_exit() == 0, call.stderr()  # it was heard, too
            phone.wait_event("ended", cause="normal", by="remote")
            assert phone.wait_exit() == 0, phone.stderr()
        assert {m["transport"] for m in traced(alice.trace)} == {"WSS"}
        assert {m["transport"] for m in traced(bob.trace)} == {"UDP"}
        assert counters(web.server)["connections_opened"] == 0, "alice is reached by the connection she opened"
        assert web.server.stop() == 0, web.server.process.stderr()


def test_an_ahoy_phone_does_not_register_over_a_secure_websocket_of_a_stranger():
    with Bench() as b:
        web = WebServer(b)
        alice = Person(b, web, "alice", transport="wss", options=["--tls-trust", b.lab("example.test").ca])
        done = alice.ahoy("register", "--once", code=15)
        assert "certificate" in done.stderr, done.stderr
        assert counters(web.server)["registers"] == 0, "the password's proof went to a stranger"
        alice.ahoy("register", "--once", "--tls-trust", web.certificate)


if __name__ == "__main__":
    run(globals())
