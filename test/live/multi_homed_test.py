# SPDX-License-Identifier: BSD-2-Clause
"""Real sockets: a server bound to all addresses answers from the one that was hit and tells
each side the one it knows, by STUN too (RFC 5626 8); a request too large for a datagram goes by TCP, or by UDP where
nobody listens for that (RFC 3261 18.1.1, 18.2.2)."""

import re
import socket

from live import PATIENCE, Bench, Skip, free_port, run


def everywhere(bench):
    port = free_port()
    server = bench.server(extra='authentication = no\nlisten = {"udp:0.0.0.0:%d", "tcp:0.0.0.0:%d", "udp:[::]:%d", '
                                '"tcp:[::]:%d"}\n' % (port, port, port, port))
    server.port = port
    return server


class Held:
    """A socket that the bench closes."""

    def __init__(self, bench, sock):
        self.socket = sock
        bench.add(self)

    def stop(self):
        self.socket.close()


class Phone:
    def __init__(self, bench, name, family=socket.AF_INET):
        self.name = name
        self.host = "127.0.0.1" if family == socket.AF_INET else "[::1]"
        self.socket = Held(bench, socket.socket(family, socket.SOCK_DGRAM)).socket
        self.socket.settimeout(PATIENCE)
        self.socket.bind((self.host.strip("[]"), 0))
        self.port = self.socket.getsockname()[1]
        self.count = 0

    def request(self, method, uri, body="", transport="UDP"):
        self.count += 1
        return ("%s %s SIP/2.0\r\nVia: SIP/2.0/%s %s:%d;branch=z9hG4bK%s%d;rport\r\nMax-Forwards: 70\r\n"
                "From: <sip:%s@example.test>;tag=%s\r\nTo: <%s>\r\nCall-ID: %s%d\r\nCSeq: %d %s\r\n"
                "Contact: <sip:%s@%s:%d>\r\nContent-Length: %d\r\n\r\n%s"
                % (method, uri, transport, self.host, self.port, self.name, self.count, self.name, self.name,
                   uri.replace("sip:example", "sip:%s@example" % self.name) if method == "REGISTER" else uri, self.name,
                   self.count, self.count, method, self.name, self.host, self.port, len(body), body)).encode()

    def ask(self, text, to):
        self.socket.sendto(text, to)
        return self.hear()

    def hear(self):
        """The next message but for a 100, and where it came from."""
        while True:
            data, source = self.socket.recvfrom(65536)
            if not data.startswith(b"SIP/2.0 100"):
                return data.decode(), source[:2]

    def register(self, to):
        answer, _ = self.ask(self.request("REGISTER", "sip:example.test"), to)
        assert answer.startswith("SIP/2.0 200"), answer


def answer(request, status):
    kept = re.findall(r"(?im)^(?:Via|Record-Route|From|To|Call-ID|CSeq):.*?\r\n", request)
    return ("SIP/2.0 %s\r\n%sContent-Length: 0\r\n\r\n" % (status, "".join(kept))).encode()


def test_udp_answers_come_from_the_address_that_was_hit():
    with Bench() as bench:
        server = everywhere(bench)
        phone = Phone(bench, "alice")
        for host in ("127.0.0.1", "127.0.0.2", "127.0.0.3"):
            text, source = phone.ask(phone.request("OPTIONS", "sip:example.test"), (host, server.port))
            assert text.startswith("SIP/2.0 200"), text
            assert source == (host, server.port), source


def test_the_same_over_ipv6():
    with Bench() as bench:
        try:
            phone = Phone(bench, "alice", socket.AF_INET6)
        except OSError as error:
            raise Skip("no IPv6 on the loopback interface") from error
        server = everywhere(bench)
        text, source = phone.ask(phone.request("OPTIONS", "sip:example.test"), ("::1", server.port))
        assert text.startswith("SIP/2.0 200"), text
        assert source == ("::1", server.port), source


def test_tcp_answers_come_from_the_address_that_was_hit():
    with Bench() as bench:
        server = everywhere(bench)
        phone = Phone(bench, "alice")
        for host in ("127.0.0.1", "127.0.0.2"):
            with socket.create_connection((host, server.port), PATIENCE) as stream:
                stream.sendall(phone.request("OPTIONS", "sip:example.test", transport="TCP"))
                assert stream.recv(65536).startswith(b"SIP/2.0 200")
                assert stream.getpeername() == (host, server.port)


def test_each_side_is_told_the_address_it_knows():
    with Bench() as bench:
        server = everywhere(bench)
        alice, bob = Phone(bench, "alice"), Phone(bench, "bob")
        bob.register(("127.0.0.1", server.port))
        alice.socket.sendto(alice.request("INVITE", "sip:bob@example.test"), ("127.0.0.2", server.port))
        invite, source = bob.hear()
        assert source == ("127.0.0.1", server.port), source
        routes = re.findall(r"(?im)^Record-Route: <sip:[0-9a-f]*@([^;]*)", invite)
        assert routes == ["127.0.0.1:%d" % server.port, "127.0.0.2:%d" % server.port], invite
        bob.socket.sendto(answer(invite, "486 Busy Here"), source)
        text, source = alice.hear()
        assert text.startswith("SIP/2.0 486"), text
        assert source == ("127.0.0.2", server.port), source


def test_a_large_request_goes_by_tcp():
    with Bench() as bench:
        server = everywhere(bench)
        alice, bob = Phone(bench, "alice"), Phone(bench, "bob")
        listener = Held(bench, socket.socket()).socket
        listener.settimeout(PATIENCE)
        listener.bind(("127.0.0.1", bob.port))
        listener.listen()
        bob.register(("127.0.0.1", server.port))
        alice.socket.sendto(alice.request("MESSAGE", "sip:bob@example.test", "x" * 1500), ("127.0.0.1", server.port))
        stream = Held(bench, listener.accept()[0]).socket
        stream.settimeout(PATIENCE)
        text = b""
        while not text.endswith(b"x" * 1500):
            text += stream.recv(65536)
        assert b"\r\nVia: SIP/2.0/TCP 127.0.0.1:" in text, text
        stream.sendall(answer(text.decode(), "200 OK"))
        assert alice.hear()[0].startswith("SIP/2.0 200")


def mapped(answer):
    """The address and port of the XOR-MAPPED-ADDRESS that a STUN response begins with (RFC 5389 15.2)."""
    assert answer[:2] == b"\x01\x01" and answer[20:22] == b"\x00\x20", answer
    size = 4 if answer[25] == 1 else 16
    key = answer[4:20]
    ip = bytes(a ^ b for a, b in zip(answer[28:28 + size], key))
    return socket.inet_ntop(socket.AF_INET if size == 4 else socket.AF_INET6, ip), \
        int.from_bytes(answer[26:28], "big") ^ int.from_bytes(key[:2], "big")


def test_stun_on_the_port_of_sip_says_where_one_is_seen():
    with Bench() as bench:
        server = everywhere(bench)
        for family, host in (socket.AF_INET, "127.0.0.1"), (socket.AF_INET, "127.0.0.3"), (socket.AF_INET6, "::1"):
            phone = Phone(bench, "alice", family)
            phone.socket.sendto(bytes.fromhex("000100002112a442") + b"transaction!", (host, server.port))
            answer, source = phone.socket.recvfrom(2048)
            assert source[:2] == (host, server.port), source
            assert answer[8:20] == b"transaction!" and mapped(answer) == (phone.host.strip("[]"), phone.port), answer
            answer, source = phone.ask(phone.request("OPTIONS", "sip:%s" % phone.host), (host, server.port))
            assert answer.startswith("SIP/2.0 "), answer


def test_a_large_request_goes_by_udp_where_nobody_listens_for_tcp():
    with Bench() as bench:
        server = everywhere(bench)
        alice, bob = Phone(bench, "alice"), Phone(bench, "bob")
        bob.register(("127.0.0.1", server.port))
        alice.socket.sendto(alice.request("MESSAGE", "sip:bob@example.test", "x" * 1500), ("127.0.0.1", server.port))
        text, source = bob.hear()
        assert "\r\nVia: SIP/2.0/UDP 127.0.0.1:" in text, text
        bob.socket.sendto(answer(text, "200 OK"), source)
        assert alice.hear()[0].startswith("SIP/2.0 200")


if __name__ == "__main__":
    run(globals())
