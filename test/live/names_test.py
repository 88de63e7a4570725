# SPDX-License-Identifier: BSD-2-Clause
"""Names found by a real name server (NSD), and by one that misbehaves: `ahoy resolve`
tells each step, `ahoy serve` finds its way by them."""

import json
import os
import select
import socket
import subprocess
import time

from live import AHOY, PATIENCE, Bench, Process, Skip, free_port, run
from nsd import Nsd

FAR = """
@ NAPTR 10 20 "s" "SIP+D2T" "" _sip._tcp
@ NAPTR 10 10 "s" "SIP+D2U" "" _sip._udp
@ NAPTR 5 10 "s" "SIPS+D2T" "" _sips._tcp
_sip._udp SRV 20 0 5072 two
_sip._udp SRV 10 0 5071 one
_sip._tcp SRV 10 0 5073 one
_sips._tcp SRV 10 0 5074 one
one A 127.0.0.1
two A 127.0.0.2
two AAAA ::1
alias CNAME one
"""


def resolve(port, *args):
    """The exit code and the events of `ahoy resolve`."""
    done = subprocess.run([AHOY, "resolve", "--json", "--dns-servers", "127.0.0.1:%d" % port] + list(args), text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=PATIENCE * 2)
    return done.returncode, [json.loads(line) for line in done.stdout.splitlines()]


def targets(events):
    return [(e["transport"], e["address"], e["port"]) for e in events if e["event"] == "target"]


def answers(events):
    return [(e["type"], e["name"], e["outcome"]) for e in events if e["event"] == "answer"]


def hostile(bench):
    path = os.environ.get("HOSTILE_NAMES", "")
    if not os.path.exists(path):
        raise Skip("hostile_names is not built")
    return bench.add(Process([path], name="hostile_names")).wait_event("ready")["port"]


def counters(server):
    out = subprocess.run([AHOY, "status", "--json", "--config", server.config], text=True, check=True,
                         stdout=subprocess.PIPE)
    return json.loads(out.stdout)["counters"]


# ---- ahoy resolve ----

def test_resolve_follows_naptr_srv_and_addresses():
    with Bench() as bench:
        nsd = bench.add(Nsd(bench.folder, {"far.test": FAR}))
        code, events = resolve(nsd.port, "--transport", "udp,tcp", "sip:far.test")
        assert code == 0, events
        assert targets(events) == [("udp", "127.0.0.1", 5071), ("udp", "127.0.0.2", 5072), ("udp", "[::1]", 5072)] or \
            targets(events) == [("udp", "127.0.0.1", 5071), ("udp", "[::1]", 5072), ("udp", "127.0.0.2", 5072)], events
        assert answers(events)[0] == ("NAPTR", "far.test", "answered"), events
        assert ("SRV", "_sip._udp.far.test", "answered") in answers(events), events
        assert all(e["ttl"] == 60 for e in events if e["event"] == "record"), events
        assert all(e["source"] == "server" for e in events if e["event"] == "answer"), events
        code, events = resolve(nsd.port, "-4", "sips:far.test")
        assert code == 0 and targets(events) == [("tls", "127.0.0.1", 5074)], events
        assert [e["certificate"] for e in events if e["event"] == "target"] == ["far.test"], events


def test_resolve_finds_numbers_by_enum():
    with Bench() as bench:
        zone = ('3.2.1.0.3.9.4 NAPTR 10 10 "u" "E2U+sip" "!^\\\\+49(.*)$!sip:\\\\1@far.test!" .\n'
                '9.9.9.4 NAPTR 10 10 "u" "E2U+pres" "!^.*$!pres:x@far.test!" .\n')
        nsd = bench.add(Nsd(bench.folder, {"e164.test": zone, "far.test": FAR}))
        code, events = resolve(nsd.port, "-4", "--transport", "udp", "--enum-suffix", "e164.test", "tel:+49-30-123")
        assert code == 0, events
        assert answers(events)[0] == ("NAPTR", "3.2.1.0.3.9.4.e164.test", "answered"), events
        assert [e["uri"] for e in events if e["event"] == "uri"] == ["tel:+49-30-123", "sip:30123@far.test"], events
        assert targets(events)[0] == ("udp", "127.0.0.1", 5071), events
        code, events = resolve(nsd.port, "--enum-suffix", "e164.test", "tel:+4999")
        assert code == 15 and targets(events) == [], events
        code, events = resolve(nsd.port, "--enum-suffix", "e164.test", "tel:+4998")
        assert code == 15 and answers(events)[0][2] == "no such name", events


def test_resolve_says_what_there_is_not():
    with Bench() as bench:
        nsd = bench.add(Nsd(bench.folder, {"far.test": FAR}))
        code, events = resolve(nsd.port, "sip:nowhere.far.test")
        assert code == 15 and targets(events) == [], events
        assert {outcome for _, _, outcome in answers(events)} == {"no such name"}, events
        assert all(e["ttl"] == 30 for e in events if e["event"] == "answer"), events
        code, events = resolve(nsd.port, "-6", "sip:one.far.test:5060")
        assert code == 15 and answers(events) == [("AAAA", "one.far.test", "no such record")], events
        code, events = resolve(nsd.port, "-4", "sip:alias.far.test:5060")
        assert code == 0 and targets(events) == [("udp", "127.0.0.1", 5060)], events


def test_resolve_needs_no_server_for_numbers_and_says_so():
    code, events = resolve(free_port(), "sip:192.0.2.1;transport=tcp")
    assert code == 0 and targets(events) == [("tcp", "192.0.2.1", 5060)] and answers(events) == [], events
    code, events = resolve(free_port(), "sip:localhost:5080")
    assert code == 0 and ("udp", "127.0.0.1", 5080) in targets(events), events
    assert {e["source"] for e in events if e["event"] == "answer"} == {"local"}, events


def test_resolve_against_a_hostile_name_server():
    with Bench() as bench:
        port = hostile(bench)
        for name in ("servfail", "refused", "circle", "always-truncated", "half-and-shut"):
            code, events = resolve(port, "-4", "sip:%s.test:5060" % name)
            assert code == 17 and targets(events) == [], (name, events)
        for name in ("wrong-id", "wrong-question", "wrong-port", "wrong-class", "extra", "truncated", "chain", "no-edns"):
            code, events = resolve(port, "-4", "sip:%s.test:5060" % name)
            assert code == 0 and targets(events) == [("udp", "192.0.2.1", 5060)], (name, events)
        code, events = resolve(port, "-4", "sip:silent.test:5060")
        assert code == 17 and [e["timeouts"] for e in events if e["event"] == "answer"] == [2], events
        assert subprocess.run([AHOY, "resolve", "--timeout", "1", "--dns-servers", "127.0.0.1:%d" % port,
                               "sip:silent.test"], stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL).returncode == 17


def test_bad_usage_is_told():
    for args in ([], ["sip:a", "sip:b"], ["--transport", "carrier-pigeon", "sip:a"], ["http://a.test"]):
        assert subprocess.run([AHOY, "resolve"] + args, stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL).returncode == 2, args


# ---- ahoy serve ----

class Far:
    """What stands at the other domain's address: answers what it is asked."""

    def __init__(self, host="127.0.0.1"):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind((host, 0))
        self.port = self.socket.getsockname()[1]
        self.seen = []

    def serve(self):
        while select.select([self.socket], [], [], 0)[0]:
            data, peer = self.socket.recvfrom(65536)
            lines = data.decode().split("\r\n")
            self.seen.append(lines[0])
            keep = [line for line in lines[1:] if line.split(":")[0].lower() in ("via", "from", "to", "call-id", "cseq")]
            self.socket.sendto(("SIP/2.0 200 OK\r\n" + "\r\n".join(keep) + "\r\nContent-Length: 0\r\n\r\n").encode(), peer)


class Sender:
    """Sends MESSAGEs through the server, each with a Call-ID of its own."""

    def __init__(self, server):
        self.server = server.port
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.finals = []  # (Call-ID, status)
        self.count = 0

    def send(self, uri):
        self.count += 1
        call_id = "message%d" % self.count
        port = self.socket.getsockname()[1]
        self.socket.sendto(("MESSAGE %s SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:%d;branch=z9hG4bK%s\r\nMax-Forwards: 70\r\n"
                            "From: <sip:a@example.test>;tag=1\r\nTo: <%s>\r\nCall-ID: %s\r\nCSeq: 1 MESSAGE\r\n"
                            "Content-Length: 0\r\n\r\n" % (uri, port, call_id, uri, call_id)).encode(),
                           ("127.0.0.1", self.server))
        return call_id

    def serve(self):
        while select.select([self.socket], [], [], 0)[0]:
            lines = self.socket.recv(65536).decode().split("\r\n")
            status = int(lines[0].split()[1])
            call_id = [line.split(":", 1)[1].strip() for line in lines if line.lower().startswith("call-id:")][0]
            if status >= 200 and (call_id, status) not in self.finals:
                self.finals.append((call_id, status))

    def wait(self, call_ids, *others):
        end = time.monotonic() + 2 * PATIENCE
        while not set(call_ids) <= {call_id for call_id, _ in self.finals}:
            assert time.monotonic() < end, "no final response to all of %s: %s" % (call_ids, self.finals)
            select.select([self.socket] + [far.socket for far in others], [], [], 0.1)
            for one in (self,) + others:
                one.serve()

    def ask(self, uri, *others):
        """The final status."""
        call_id = self.send(uri)
        self.wait([call_id], *others)
        return dict(self.finals)[call_id]


def serve_with(bench, dns_port, extra=""):
    return bench.server(extra='authentication = false\ndns_servers = "127.0.0.1:%d"\n%s' % (dns_port, extra))


def test_the_server_goes_to_the_second_srv_target_when_the_first_is_closed():
    with Bench() as bench:
        far = Far("127.0.0.2")
        zone = ("@ NAPTR 10 10 \"s\" \"SIP+D2U\" \"\" _sip._udp\n_sip._udp SRV 10 0 %d one\n_sip._udp SRV 20 0 %d two\n"
                "one A 127.0.0.1\ntwo A 127.0.0.2\n" % (free_port(), far.port))
        server = serve_with(bench, bench.add(Nsd(bench.folder, {"far.test": zone})).port)
        sender = Sender(server)
        assert sender.ask("sip:bob@far.test", far) == 200
        assert len(far.seen) == 1, far.seen
        before = counters(server)
        assert before["dns_queries"] >= 3, before
        assert sender.ask("sip:bob@far.test", far) == 200
        after = counters(server)
        assert after["dns_queries"] == before["dns_queries"], (before, after)
        assert after["dns_cache_hits"] > before["dns_cache_hits"], (before, after)


def test_the_server_finds_a_number_by_enum():
    with Bench() as bench:
        far = Far()
        zones = {"e164.test": '3.2.1.0.3.9.4 NAPTR 10 10 "u" "E2U+sip" "!^.*$!sip:bob@far.test!" .\n',
                 "far.test": "_sip._udp SRV 10 0 %d one\none A 127.0.0.1\n" % far.port}
        server = serve_with(bench, bench.add(Nsd(bench.folder, zones)).port, 'enum_suffix = "e164.test"\n')
        sender = Sender(server)
        assert sender.ask("tel:+4930123", far) == 200
        assert far.seen == ["MESSAGE sip:bob@far.test SIP/2.0"], far.seen


def test_a_name_that_is_not_there_is_asked_for_once_by_all_workers():
    with Bench() as bench:
        server = serve_with(bench, bench.add(Nsd(bench.folder, {"far.test": FAR})).port, "workers = 3\n")
        sender = Sender(server)
        status = sender.ask("sip:bob@nowhere.far.test")
        assert status >= 400, status
        before = counters(server)
        for _ in range(12):  # each has a Call-ID of its own, and so one of three workers
            assert sender.ask("sip:bob@nowhere.far.test") == status
        after = counters(server)
        assert after["dns_queries"] == before["dns_queries"], (before, after)
        assert after["dns_cache_hits"] >= before["dns_cache_hits"] + 12, (before, after)
        assert after["dns_failures"] == 0 and after["dns_timeouts"] == 0, after


def test_a_slow_name_delays_no_other_and_failures_are_kept():
    with Bench() as bench:
        server = serve_with(bench, hostile(bench))
        sender = Sender(server)
        slow = sender.send("sip:bob@silent.test:5060")
        none = sender.send("sip:bob@none.test")
        sender.wait([slow, none])
        assert [call_id for call_id, _ in sender.finals] == [none, slow], sender.finals
        before, ended = counters(server), time.monotonic()
        assert before["dns_timeouts"] >= 2 and before["dns_failures"] >= 1, before
        sender.ask("sip:bob@silent.test:5060")
        if time.monotonic() - ended < 4:  # a failure is kept for five seconds
            assert counters(server)["dns_queries"] == before["dns_queries"]
        log = server.process.stderr()
        assert log.count("event=dns_failed") == 1, log


def test_at_the_limit_of_questions_further_requests_fail_at_once_and_it_heals():
    with Bench() as bench:
        server = serve_with(bench, hostile(bench), "workers = 1\ndns_queries = 16\n")
        sender = Sender(server)
        ids = [sender.send("sip:bob@silent.test:5060") for _ in range(20)]  # each asks for A and AAAA
        sender.wait(ids)
        turned_away = {call_id for call_id, status in sender.finals[:4]}
        assert turned_away <= set(ids[7:]), sender.finals
        assert sender.ask("sip:bob@none.test:5060") >= 400
        assert counters(server)["dns_failures"] >= 1


if __name__ == "__main__":
    run(globals())
