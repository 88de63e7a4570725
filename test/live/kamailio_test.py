# SPDX-License-Identifier: BSD-2-Clause
"""Kamailio (Debian's) serves another domain beside us: calls and messages go through both
proxies, in both directions, and one connection between them carries them all."""

import os
import select
import time

from live import PATIENCE, Bench, free_port, need, run
from people import Person, counters, hang_up

from workers_test import Phone, answer, header

FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "kamailio")


class Kamailio:
    """The proxy and registrar of kamailio.test, which asks nobody for a password."""

    domain = "kamailio.test"

    def __init__(self, bench, port, ahoy, transport):
        self.port = port
        folder = os.path.join(bench.folder, "kamailio")
        os.makedirs(folder)
        listen = ["listen=%s:127.0.0.1:%d" % (kind, port) for kind in ("udp", "tcp")]
        with open(os.path.join(FOLDER, "kamailio.cfg")) as f:
            text = f.read()
        for mark, value in (("LISTEN", "\n".join(listen)), ("TLS", ""), ("AHOY", str(ahoy)), ("TRANSPORT", transport)):
            text = text.replace("@%s@" % mark, value)
        config = os.path.join(folder, "kamailio.cfg")
        with open(config, "w") as f:
            f.write(text)
        self.process = bench.run(need("kamailio"), "-f", config, "-DD", "-E", "-m", "32", "-M", "8", "-Y", folder,
                                 "-w", folder, group=True)
        self.wait()

    def wait(self):
        """Until it answers by UDP; it has no event to tell."""
        phone = Phone(self, "probe")
        phone.ask(phone.request("OPTIONS", "sip:nobody@kamailio.test", "<sip:nobody@kamailio.test>", "probe"), "404")
        phone.socket.close()


class Domains:
    """alice@example.test with us, carol@kamailio.test with Kamailio; the proxies talk by `transport`."""

    def __init__(self, b, transport, extra=""):
        port = free_port()
        self.server = b.server(extra='route "kamailio.test" { to = "sip:127.0.0.1:%d;transport=%s" }\n%s'
                               % (port, transport, extra))
        self.kamailio = Kamailio(b, port, self.server.port, transport)
        self.alice = Person(b, self.server, "alice")
        self.carol = Person(b, self.kamailio, "carol", password="unasked")


def one_call(caller, callee, caller_hangs_up):
    phone = callee.answer("--auto", "--count", "1")
    call = caller.call(callee.address)
    call.wait_event("answered")
    phone.wait_event("answered")  # the ACK came through both
    if caller_hangs_up:
        hang_up(call)
    else:
        hang_up(phone)
    call.wait_event("ended", cause="normal")
    phone.wait_event("ended", cause="normal")
    call.wait_exit()
    phone.wait_exit()


def calls_both_ways(transport, connections):
    with Bench() as b:
        d = Domains(b, transport)
        for caller, callee in ((d.alice, d.carol), (d.carol, d.alice)):
            for caller_hangs_up in (True, False):
                one_call(caller, callee, caller_hangs_up)
        counted = counters(d.server)
        assert counted["connections_opened"] == connections, counted
        assert counted["connections_accepted"] <= connections, counted
        assert d.server.stop() == 0, d.server.process.stderr()


def test_calls_go_through_both_proxies_over_udp():
    calls_both_ways("udp", 0)


def test_calls_go_through_both_proxies_over_tcp_by_one_connection_each_way():
    calls_both_ways("tcp", 1)


def say(sender, receiver):
    """A MESSAGE from one to the other, and his 200 back."""
    uri = "sip:%s@%s" % (receiver.name, receiver.domain)
    data = sender.request("MESSAGE", uri, "<%s>" % uri, "message-" + sender.name,
                          "Subject: from %s\r\n" % sender.name)
    end = time.monotonic() + PATIENCE
    sender.send(data)
    while True:
        ready = select.select([sender.socket, receiver.socket], [], [], 0.5)[0]
        assert time.monotonic() < end, "no answer to " + data.decode()
        if not ready:
            sender.send(data)  # as one must over UDP
        if receiver.socket in ready:
            text, source = receiver.socket.recvfrom(65536)
            if text.startswith(b"MESSAGE "):
                assert header(text.decode(), "Subject") == ["from " + sender.name]
                lines = answer(text.decode(), "200 OK")
                receiver.socket.sendto(("\r\n".join(lines) + "\r\nContent-Length: 0\r\n\r\n").encode(), source)
        if sender.socket in ready:
            text = sender.socket.recv(65536).decode()
            if not text.startswith("SIP/2.0 1"):
                assert text.startswith("SIP/2.0 200 ") and "message-" + sender.name in text, text
                return


def messages_both_ways(transport, connections):
    with Bench() as b:
        d = Domains(b, transport, extra="authentication = false\n")
        ours, theirs = Phone(d.server, "olga"), Phone(d.kamailio, "kurt")
        for phone in (ours, theirs):
            phone.register()
        for _ in range(20):
            say(ours, theirs)
            say(theirs, ours)
        counted = counters(d.server)
        assert counted["connections_opened"] == connections, counted
        assert counted["connections_accepted"] <= connections, counted
        for phone in (ours, theirs):
            phone.socket.close()
        assert d.server.stop() == 0, d.server.process.stderr()


def test_messages_go_both_ways_over_udp():
    messages_both_ways("udp", 0)


def test_messages_go_both_ways_over_tcp_by_one_connection_each_way():
    messages_both_ways("tcp", 1)


if __name__ == "__main__":
    run(globals())
