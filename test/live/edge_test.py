# SPDX-License-Identifier: BSD-2-Clause
"""A phone of another domain comes through an edge proxy by two flows, UDP and TCP, with three workers on each side; the edge is
killed (SIGKILL) and started again: the datagram's token holds, the stream's is 430, so that the registrar's server
takes the other flow and the phone is reached (RFC 5626 5, 7)."""

import re
import socket

from live import PATIENCE, Bench, Server, Victim, run


class Flow:
    """One socket of a phone."""

    def __init__(self, bench, kind, to):
        self.kind, self.to, self.text = kind, to, b""
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM if kind == "UDP" else socket.SOCK_STREAM)
        self.socket.settimeout(PATIENCE)
        self.socket.connect(("127.0.0.1", to.port))
        bench.add(self)

    def stop(self):
        self.socket.close()

    def say(self, text):
        self.socket.sendall(text.encode())

    def hear(self):
        """The next message but for a 100; no message here has a body."""
        while True:
            while b"\r\n\r\n" not in self.text:
                data = self.socket.recv(65536)
                assert data, "closed"
                self.text += data
            message, self.text = self.text.split(b"\r\n\r\n", 1)
            if not message.startswith(b"SIP/2.0 100"):
                return message.decode() + "\r\n\r\n"

    def request(self, method, uri, user, number, more=""):
        self.say("%s %s SIP/2.0\r\nVia: SIP/2.0/%s 10.1.1.1;branch=z9hG4bK%s%d;rport\r\nMax-Forwards: 70\r\n"
                 "From: <sip:%s@example.test>;tag=%s\r\nTo: <sip:bob@example.test>\r\nCall-ID: %s%d\r\nCSeq: %d %s\r\n"
                 "%sContent-Length: 0\r\n\r\n"
                 % (method, uri, self.kind, user, number, user, user, user, number, number, method, more))

    def answer(self, request):
        kept = re.findall(r"(?m)^(?:Via|From|To|Call-ID|CSeq): .*\r\n", request)
        self.say("SIP/2.0 200 OK\r\n%sContent-Length: 0\r\n\r\n" % "".join(kept))

    def register(self, number):
        self.request("REGISTER", "sip:example.test", "bob", number,
                     'Contact: <sip:bob@10.1.1.1;ob>;+sip.instance="<urn:uuid:1>";reg-id=%d\r\n'
                     "Supported: path, outbound\r\n" % number)
        answer = self.hear()
        assert answer.startswith("SIP/2.0 200 ") and "\r\nRequire: outbound\r\n" in answer, answer
        path = re.search(r"(?m)^Path: (.*)\r$", answer).group(1)
        assert re.fullmatch(r"<sip:flow-[0-9a-f]+@127\.0\.0\.1:%d;transport=tcp;lr;ob>" % self.to.port, path), path


def reaches(alice, flow, number):
    alice.request("OPTIONS", "sip:bob@example.test", "alice", number)
    request = flow.hear()
    assert request.startswith("OPTIONS sip:bob@10.1.1.1;ob "), request
    flow.answer(request)
    answer = alice.hear()
    assert answer.startswith("SIP/2.0 200 "), answer


def test_flows_through_an_edge_that_is_killed():
    with Bench() as b:
        home = b.add(Server(b.folder, name="home", extra="authentication = no\nworkers = 3\n"))
        edge = b.add(Victim(b.folder, name="edge", domain="edge.test",
                          extra='workers = 3\nedge = {"example.test"}\nroute "example.test" { to = '
                                '"sip:127.0.0.1:%d;transport=tcp" }\n' % home.port))
        alice, datagrams, stream = Flow(b, "UDP", home), Flow(b, "UDP", edge), Flow(b, "TCP", edge)
        datagrams.register(1)
        stream.register(2)
        reaches(alice, stream, 1)
        edge.kill()
        edge.start()
        reaches(alice, datagrams, 2)
        forged = "<sip:flow-%s@127.0.0.1:%d;lr;ob>" % ("0" * 46, edge.port)
        stranger = Flow(b, "UDP", edge)
        stranger.request("OPTIONS", "sip:bob@10.1.1.1", "mallory", 1, "Route: %s\r\n" % forged)
        assert stranger.hear().startswith("SIP/2.0 403 ")
        assert home.stop() == 0 and edge.stop() == 0


if __name__ == "__main__":
    run(globals())
