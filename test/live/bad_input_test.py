# SPDX-License-Identifier: BSD-2-Clause
"""What does not belong on a SIP port, live: the sender gets the right answer and is closed,
one counter and one line of the log say why, and the calls of others go on meanwhile."""

import socket
import ssl
import time

from live import PATIENCE, Bench, run
from people import counters, wait_until
from workers_test import Phone, call_all

OPEN = "authentication = false\n"
REQUEST = ("OPTIONS sip:example.test SIP/2.0\r\nVia: SIP/2.0/TCP 127.0.0.1:9;branch=z9hG4bK%s\r\nMax-Forwards: 70\r\n"
           "From: <sip:a@far.test>;tag=1\r\nTo: <sip:example.test>\r\nCall-ID: %s\r\nCSeq: 1 OPTIONS\r\n%s"
           "Content-Length: %d\r\n\r\n")


class Stream:
    def __init__(self, server, port=None, host="127.0.0.1"):
        self.socket = socket.create_connection(("127.0.0.1", port or server.port), PATIENCE, (host, 0))
        self.heard, self.name = b"", self.socket.getsockname()

    def say(self, data):
        self.socket.sendall(data if isinstance(data, bytes) else data.encode())

    def say_what_it_takes(self, data):
        """The server may have closed before the end."""
        try:
            self.say(data)
        except (BrokenPipeError, ConnectionResetError):
            pass

    def until_closed(self):
        """All that is heard; fails if the server does not close."""
        try:
            while True:
                piece = self.socket.recv(65536)
                if not piece:
                    return self.heard.decode(errors="replace")
                self.heard += piece
        except ConnectionResetError:
            return self.heard.decode(errors="replace")

    def is_open(self):
        self.socket.setblocking(False)
        try:
            return self.socket.recv(1) != b""
        except BlockingIOError:
            return True
        except ConnectionResetError:
            return False
        finally:
            self.socket.settimeout(PATIENCE)

    def stop(self):
        self.socket.close()


def people(server, count=3):
    pairs = [(Phone(server, "a%d" % i), Phone(server, "b%d" % i)) for i in range(count)]
    for pair in pairs:
        for phone in pair:
            phone.register()
    return pairs


def leave(pairs):
    for pair in pairs:
        for phone in pair:
            phone.socket.close()


def told_once(server, *words):
    """One line of the log has all these words; it is written by a thread of its own."""
    end = time.monotonic() + PATIENCE
    while True:
        lines = [line for line in server.process.stderr().splitlines() if all(word in line for word in words)]
        if lines:
            assert len(lines) == 1, lines
            return
        assert time.monotonic() < end, "%s: %s" % (words, server.process.stderr())
        time.sleep(0.05)


def counted(server, name):
    return counters(server)[name]


def is_served(server, host="127.0.0.1"):
    stream = Stream(server, host=host)
    stream.say(REQUEST % ("after", "after", "", 0))
    while b"\r\n\r\n" not in stream.heard:
        piece = stream.socket.recv(65536)
        assert piece, stream.heard
        stream.heard += piece
    assert stream.heard.startswith(b"SIP/2.0 200 "), stream.heard
    stream.stop()


def still_serves(server):
    """Another connection is served, and nothing was broken."""
    is_served(server)
    assert server.stop() == 0, server.process.stderr()


def test_a_web_browser_on_the_sip_port_is_closed():
    with Bench() as b:
        server = b.server(extra=OPEN)
        stream = b.add(Stream(server))
        stream.say("GET / HTTP/1.1\r\nHost: example.test\r\nUser-Agent: a browser\r\n\r\n")
        assert stream.until_closed() == "", "there is nobody in it to answer"
        assert counted(server, "malformed_dropped") == 1
        told_once(server, "event=malformed_dropped", "transport=TCP", "remote=%s:%d" % stream.name)
        still_serves(server)


def test_bytes_that_mean_nothing_are_closed():
    with Bench() as b:
        server = b.server(extra=OPEN)
        stream = b.add(Stream(server))
        stream.say_what_it_takes(bytes(range(128, 256)) * 1024)
        stream.until_closed()
        told_once(server, "event=malformed_dropped", "remote=%s:%d" % stream.name)
        still_serves(server)


def test_a_message_with_too_long_a_body_gets_413_and_is_closed():
    with Bench() as b:
        server = b.server(extra=OPEN)
        stream = b.add(Stream(server))
        stream.say(REQUEST % ("long", "long", "", 100 * 1000 * 1000))
        assert stream.until_closed().startswith("SIP/2.0 413 "), stream.heard
        assert counted(server, "malformed_answered") == 1
        told_once(server, "event=malformed_answered", "call=long", "status=413")
        still_serves(server)


def test_a_message_with_too_long_a_header_gets_513_and_is_closed():
    with Bench() as b:
        server = b.server(extra=OPEN)
        stream = b.add(Stream(server))
        stream.say_what_it_takes(REQUEST % ("wide", "wide", "Subject: %s\r\n" % ("x" * 70000), 0))
        heard = stream.until_closed()
        assert heard.startswith("SIP/2.0 513 ") or heard == "", heard  # a reset may overtake it
        assert counted(server, "malformed_answered") == 1
        told_once(server, "event=malformed_answered", "call=wide", "status=513")
        still_serves(server)


# ---- on the port of TLS ----

def hello(name="example.test"):
    """The bytes of a ClientHello."""
    outgoing = ssl.MemoryBIO()
    session = ssl.create_default_context().wrap_bio(ssl.MemoryBIO(), outgoing, server_hostname=name)
    try:
        session.do_handshake()
    except ssl.SSLWantReadError:
        return outgoing.read()
    raise AssertionError("a handshake without a server")


def no_tls_is_spoken(data, why):
    with Bench() as b:
        server = b.server(extra=OPEN, lab=b.lab("example.test"))
        stream = b.add(Stream(server, server.tls_port))
        stream.say_what_it_takes(data)
        stream.until_closed()
        assert counted(server, "tls_faults_protocol") == 1
        told_once(server, "event=connection_fault", "transport=tls", "from=%s:%d" % stream.name, 'why="%s"' % why)
        assert counted(server, "requests_received") == 0
        still_serves(server)


def test_bytes_that_mean_nothing_on_the_tls_port_are_closed():
    no_tls_is_spoken(bytes(range(128, 256)) * 64, "garbage instead of TLS")


def test_a_web_browser_on_the_tls_port_without_tls_is_closed():
    no_tls_is_spoken("GET / HTTP/1.1\r\nHost: example.test\r\n\r\n", "plain text instead of TLS")


def test_sip_without_tls_on_the_tls_port_is_closed_and_not_served():
    no_tls_is_spoken(REQUEST % ("plain", "plain", "", 0), "plain text instead of TLS")


def test_half_a_handshake_and_silence_is_closed_and_calls_go_on_meanwhile():
    with Bench() as b:
        server = b.server(extra=OPEN, lab=b.lab("example.test"))
        pairs = people(server)
        whole = hello()
        halves = [b.add(Stream(server, server.tls_port)) for _ in range(40)]
        drip(halves, whole[:len(whole) // 2])
        call_all(pairs)
        assert all(stream.is_open() for stream in halves), "they were to be silent while others called"
        for stream in halves:
            stream.until_closed()
        assert counted(server, "handshakes_late") == 40, counters(server)
        leave(pairs)
        still_serves(server)


def test_calls_go_on_while_others_drip_their_handshakes():
    with Bench() as b:
        server = b.server(extra=OPEN, lab=b.lab("example.test"))
        pairs = people(server)
        whole = hello()
        slow = [b.add(Stream(server, server.tls_port)) for _ in range(40)]
        for at in range(20):
            drip(slow, whole[at:at + 1])
        call_all(pairs)
        drip(slow, whole[20:21])
        assert all(stream.is_open() for stream in slow), "they were to be slow while others called"
        leave(pairs)
        still_serves(server)


def test_a_garbled_record_after_the_handshake_closes_that_connection_alone():
    with Bench() as b:
        lab = b.lab("example.test")
        server = b.server(extra=OPEN, lab=lab)
        context = ssl.create_default_context(cafile=lab.ca)
        good, bad = (Stream(server, server.tls_port) for _ in range(2))
        raw = bad.socket.dup()
        for stream in (good, bad):
            stream.socket = context.wrap_socket(stream.socket, server_hostname="example.test")
            b.add(stream)
            stream.say(REQUEST % (stream.name[1], stream.name[1], "", 0))
            assert stream.socket.recv(65536).startswith(b"SIP/2.0 200 ")
        raw.sendall(b"\x17\x03\x03\x00\x20" + bytes(32))
        try:
            assert bad.socket.recv(65536) == b""
        except (ssl.SSLError, ConnectionResetError):
            pass  # its alert
        raw.close()
        assert counted(server, "tls_faults_protocol") == 1
        told_once(server, "event=connection_fault", "transport=tls", "from=%s:%d" % bad.name)
        good.say(REQUEST % ("good", "good", "", 0))
        assert good.socket.recv(65536).startswith(b"SIP/2.0 200 ")
        still_serves(server)


def can_connect(server):
    stream = Stream(server)
    try:
        stream.say("\r\n\r\n")
        return stream.socket.recv(2) == b"\r\n"
    except ConnectionResetError:
        return False
    finally:
        stream.stop()


# ---- slow and many ones ----

def drip(streams, data):
    for stream in streams:
        stream.say(data)


def test_calls_go_on_while_others_drip_their_messages():
    with Bench() as b:
        server = b.server(extra=OPEN)
        pairs = people(server)
        slow = [b.add(Stream(server)) for _ in range(60)]
        drip(slow, "OPTIONS sip:example.test SIP/2.0\r\nVia: SIP/2.0/TCP 127.0.0.1")
        call_all(pairs)
        drip(slow, ":9")
        assert all(stream.is_open() for stream in slow), "they were to be slow while others called"
        assert counted(server, "requests_forwarded") >= 2 * len(pairs)
        leave(pairs)
        still_serves(server)


def test_calls_go_on_while_others_do_not_read():
    """Each has asked for more answers than its connection takes, and reads none of them."""
    with Bench() as b:
        server = b.server(extra=OPEN)
        pairs = people(server)
        deaf = [b.add(Stream(server)) for _ in range(5)]
        for stream in deaf:
            stream.socket.setblocking(False)
            try:
                while True:
                    stream.socket.send((REQUEST % ("deaf", "deaf", "", 0)).encode())
            except (BlockingIOError, ConnectionResetError, BrokenPipeError):
                pass
        call_all(pairs)
        leave(pairs)
        still_serves(server)


def test_one_host_has_its_share_of_connections_and_others_are_served():
    """512, unless max_peer_connections says otherwise."""
    with Bench() as b:
        server = b.server(extra=OPEN)
        pairs = people(server)
        greedy = [b.add(Stream(server)) for _ in range(600)]
        wait_until(lambda: counted(server, "peer_connections_refused") == 88, "not 512 of 600 are let in")
        assert sum(stream.is_open() for stream in greedy) == 512
        call_all(pairs)
        is_served(server, "127.0.0.2")
        for stream in greedy[:100]:
            stream.stop()
        leave(pairs)
        wait_until(lambda: can_connect(server), "shut out though there is room again")
        assert server.stop() == 0, server.process.stderr()


if __name__ == "__main__":
    run(globals())
