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


TLS = """[%s:default]
method = TLSv1.2+
verify_certificate = yes
require_certificate = yes
private_key = %s
certificate = %s
ca_list = %s

"""


class Kamailio:
    """The proxy and registrar of kamailio.test, which asks nobody for a password."""

    domain = "kamailio.test"

    def __init__(self, bench, ahoy, transport, lab):
        """`ahoy` is the port that it sends to by `transport`."""
        self.port, self.tls_port, self.lab = free_port(), free_port(), lab
        folder = os.path.join(bench.folder, "kamailio")
        os.makedirs(folder)
        listen = ["listen=%s:127.0.0.1:%d" % (kind, self.port) for kind in ("udp", "tcp")]
        tls = self.speak_tls(folder, listen) if lab else ""
        with open(os.path.join(FOLDER, "kamailio.cfg")) as f:
            text = f.read()
        for mark, value in (("LISTEN", "\n".join(listen)), ("TLS", tls), ("AHOY", str(ahoy)), ("TRANSPORT", transport)):
            text = text.replace("@%s@" % mark, value)
        config = os.path.join(folder, "kamailio.cfg")
        with open(config, "w") as f:
            f.write(text)
        self.process = bench.run(need("kamailio"), "-f", config, "-DD", "-E", "-m", "32", "-M", "8", "-Y", folder,
                                 "-w", folder, group=True)
        self.wait()

    def speak_tls(self, folder, listen):
        """Whoever wants to speak with it must have a certificate, and so have we."""
        listen += ["enable_tls=yes", "listen=tls:127.0.0.1:%d" % self.tls_port]
        with open(os.path.join(folder, "tls.cfg"), "w") as f:
            for side in ("server", "client"):
                f.write(TLS % (side, self.lab.key(self.domain), self.lab.certificate(self.domain), self.lab.ca))
        return 'loadmodule "tls.so"\nmodparam("tls", "config", "%s/tls.cfg")' % folder

    def wait(self):
        """Until it answers by UDP; it has no event to tell."""
        phone = Phone(self, "probe")
        phone.ask(phone.request("OPTIONS", "sip:nobody@kamailio.test", "<sip:nobody@kamailio.test>", "probe"), "404")
        phone.socket.close()


class Domains:
    """alice@example.test with us, carol@kamailio.test with Kamailio; the proxies talk by `transport`,
    by TLS only with certificates of both."""

    def __init__(self, b, transport, extra=""):
        lab = b.lab("example.test", "kamailio.test") if transport == "tls" else None
        self.server = b.server(extra=extra + ('tls_clients = "required"\n' if lab else ""), lab=lab, start=False)
        ours = self.server.tls_port if lab else self.server.port
        self.kamailio = Kamailio(b, ours, transport, lab)
        theirs = self.kamailio.tls_port if lab else self.kamailio.port
        with open(self.server.config, "a") as f:
            f.write('route "kamailio.test" { to = "sip:127.0.0.1:%d;transport=%s" }\n' % (theirs, transport))
        self.server.start()
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
        d = Domains(b, transport, extra="udp_limit = 0\n")  # no connections to phones, for large requests
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


def test_calls_go_through_both_proxies_over_tls_with_certificates_of_both():
    calls_both_ways("tls", 1)


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


def test_messages_go_both_ways_over_tls_by_one_connection_each_way():
    messages_both_ways("tls", 1)


if __name__ == "__main__":
    run(globals())
