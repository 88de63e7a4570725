#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""`ahoy call` and `ahoy answer` as probes: keys, conditions, outputs, exit codes, the ladder and
the line of progress.  Nothing here depends on how fast this machine is."""

import json
import os
import pty
import re
import select
import signal
import socket
import subprocess
import time
import wave
import xml.etree.ElementTree

import schema
from live import AHOY, PATIENCE, Bench, Skip, free_port, listening, run
from lossy import LossyPath
from notifier import Notifier
from people import Person, bindings


class Phones(Bench):
    def __enter__(self):
        super().__enter__()
        self.env = dict(os.environ, HOME=self.folder, XDG_CONFIG_HOME=self.folder + "/config")
        return self

    def ahoy(self, *words, code=0):
        done = subprocess.run([AHOY, *words], text=True, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, env=self.env, timeout=3 * PATIENCE)
        assert done.returncode == code, "ahoy %s: exit %d\n%s%s" % (words, done.returncode, done.stdout, done.stderr)
        schema.check_output(words, done.stdout)
        return done

    def answerer(self, *words):
        """The process, and the address to call."""
        port = free_port()
        process = self.run(AHOY, "answer", "--no-account", "--port", str(port), *words, "--json", env=self.env,
                           name="answer")
        listening(port)
        return process, "sip:bob@127.0.0.1:%d" % port

    def call(self, address, *words, code=0):
        return self.ahoy("call", address, "--null-audio", *words, code=code)


def every_tenth(n):
    return n % 10 == 0


def test_the_probe_of_the_manual_page():
    with Phones() as b:
        bob, address = b.answerer("--auto", "--echo", "--count", "1", "--digits", "pause:100ms,9")
        with wave.open(b.folder + "/hi.wav", "w") as w:
            w.setnchannels(1)
            w.setsampwidth(2)
            w.setframerate(8000)
            w.writeframes(b"".join((3000 * (i // 10 % 2)).to_bytes(2, "little") for i in range(16000)))
        done = b.ahoy("call", address, "--wait-answer", "20s", "--play", b.folder + "/hi.wav", "--digits",
                      "1,pause:500ms,42#", "--expect-digits", "9", "--record-both", b.folder + "/both.wav",
                      "--hangup-after", "3s", "--ladder")
        assert bob.wait_exit() == 0, bob.stderr()
        assert [e["digit"] for e in bob.events if e["event"] == "digit"] == list("142#")
        for word in ("answered after", "set-up", "PCMU", "met       digits=9: 9", "MOS"):
            assert word in done.stdout, done.stdout
        for word in ("INVITE", "200 OK", "ACK", "BYE", "caller"):
            assert re.search(r"─+ %s ─+" % word, done.stderr) or word == "caller", done.stderr
        assert "\r" not in done.stderr and "\x1b" not in done.stderr, done.stderr
        with wave.open(b.folder + "/both.wav") as w:
            assert w.getnchannels() == 2 and w.getnframes() > 8000
            samples = memoryview(w.readframes(w.getnframes())).cast("h")
            # What was said comes back, later.
            first = [next(i for i, s in enumerate(samples[side::2]) if abs(s) > 1000) for side in (0, 1)]
            assert first[0] < first[1], first


def test_conditions_decide_on_the_exit_code():
    with Phones() as b:
        _, busy = b.answerer("--reject", "486")
        b.call(busy, code=10)
        b.call(busy, "--expect", "status=486,cause=refused,ended-by=remote")
        said = b.call(busy, "--expect", "answered", "--expect", "status=486", code=23).stdout
        assert "NOT MET   answered: no" in said and "met       status=486: 486" in said, said
        b.call(busy, "--expect-warning", "status=486", code=10)
        _, good = b.answerer("--auto", "--null-audio")
        b.call(good, "--hangup-after", "500ms", "--expect", "answered,codec=PCMU,min-duration=400ms,max-setup=1m")
        b.call(good, "--hangup-after", "500ms", "--expect", "codec=opus", code=23)
        b.call(good, "--hangup-after", "500ms", "--expect-digits", "1", code=23)


def test_what_is_lost_on_the_way_is_seen():
    with Phones() as b:
        bob, address = b.answerer("--auto", "--null-audio")
        path = LossyPath(b, int(address.rsplit(":", 1)[1]), every_tenth)
        way = "sip:bob@127.0.0.1:%d" % path.port
        words = ["--hangup-after", "4s", "--output", "json"]
        told = json.loads(b.call(way, *words, "--expect", "max-loss=5%", code=23).stdout)
        stream = told["streams"][0]
        assert told["outcome"] == "critical" and told["exit_code"] == 23, told
        assert 5 < stream["loss_percent"] < 15 and 2 < stream["mos"] < 4.2, stream
        assert [e["met"] for e in told["expectations"]] == [False], told
        told = json.loads(b.call(way, *words, "--expect", "max-loss=30%", "--expect-warning", "max-loss=1%").stdout)
        assert told["outcome"] == "warning", told
        line = b.call(way, "--hangup-after", "4s", "--output", "nagios", "--expect-warning", "max-loss=1%", code=1)
        assert line.stdout.startswith("CALL WARNING - max-loss=1% not met: "), line.stdout


def test_who_dies_in_mid_call_is_seen_by_the_silence_at_the_end():
    with Phones() as b:
        bob, address = b.answerer("--auto", "--null-audio")
        call = b.run(AHOY, "call", address, "--null-audio", "--hangup-after", "5s", "--output", "json", "--json",
                     "--expect", "answered,max-loss=5%,max-silence=2s", env=b.env)
        call.wait_event("media")
        bob.child.kill()
        assert call.wait_exit() == 23, call.events
        told = call.wait_event("summary")
        assert [e["met"] for e in told["expectations"]] == [True, True, False], told
        assert told["streams"][0]["silence_ms"] > 2000, told


def test_nagios_gets_its_line_and_its_code():
    with Phones() as b:
        _, good = b.answerer("--auto", "--null-audio")
        _, busy = b.answerer("--busy")
        line = b.call(good, "--hangup-after", "500ms", "--output", "nagios", "--expect", "answered").stdout
        assert re.fullmatch(r"CALL OK - sip:\S+: answered after .*\|( [a-z_]+=[0-9.]+(s|%)?(;[0-9]*){3,4})+\n", line), line
        line = b.call(busy, "--output", "nagios", code=2).stdout
        assert line.startswith("CALL CRITICAL - ") and "486" in line and line.count("\n") == 1, line
        line = b.call(good, "--output", "nagios", "--expect", "answerd", code=3).stdout
        assert line.startswith("CALL UNKNOWN - "), line
        line = b.call(good, "--output=nagios", "--account", "nobody", code=3).stdout
        assert line.startswith("CALL UNKNOWN - "), line


def test_an_account_that_cannot_register_is_the_outcome():
    with Bench() as b:
        server = b.server()
        mallory = Person(b, server, "mallory", password="guess")
        words = ["call", "bob", "--null-audio", "--expect", "answered"]
        line = mallory.ahoy(*words, "--output", "nagios", code=2).stdout
        assert line.startswith("CALL CRITICAL - ") and "cannot register (401" in line, line
        mallory.ahoy(*words, code=14)


def test_prometheus_and_junit_are_well_formed():
    with Phones() as b:
        _, good = b.answerer("--auto", "--null-audio")
        words = ["--hangup-after", "500ms", "--expect", "answered,codec=opus", "--output"]
        text = b.call(good, *words, "prometheus", code=23).stdout
        for line in text.splitlines():
            assert re.fullmatch(r'# (HELP|TYPE) ahoy_call_[a-z_]+ .+|ahoy_call_[a-z_]+\{target="[^"]+"'
                                r'(,[a-z]+="[^"]+")?\} [0-9.e+-]+', line), line
        assert 'ahoy_call_success{target="%s"} 0' % good in text, text
        suite = xml.etree.ElementTree.fromstring(b.call(good, *words, "junit", code=23).stdout)
        assert suite.tag == "testsuite" and suite.get("failures") == "1" and suite.get("tests") == "3"
        assert [c.get("name") for c in suite if c.tag == "testcase" and len(c) > 0] == ["codec=opus"]


def test_events_and_summary_are_one_stream_of_objects():
    with Phones() as b:
        _, good = b.answerer("--auto", "--null-audio")
        told = [json.loads(line) for line in b.call(good, "--hangup-after", "500ms", "--json", "--output",
                                                    "json").stdout.splitlines()]
        assert [e["event"] for e in told][-2:] == ["ended", "summary"], told
        last = told[-1]
        assert last["call_id"] == told[-2]["call_id"] and last["setup"]["answered_ms"] >= 0, told
        with open(PAGE) as f:
            page = f.read()
        for key in [*last, *last["setup"], *last["streams"][0], "expect", "met", "measured"]:
            assert "`%s`" % key in page, "not in docs/phone.md: " + key


def test_a_wrong_option_is_told_with_the_right_form():
    rows = [(["--hangup-after", "soon"], "20s, 500ms, 2m"),
            (["--wait-answer", "2h"], "above 1:00:00"),
            (["--digits", "1,pause:x"], "500ms or 2s at 'x'"),
            (["--digits", "12y"], "at 'y'"),
            (["--digits-by", "fax"], "auto, rtp or info"),
            (["--expect", "max-setup"], "max-setup=DURATION"),
            (["--expect", "quick"], "ahoy call --help"),
            (["--expect-digits", "1,2"], "0-9 * # A-D"),
            (["--output", "yaml"], "nagios")]
    with Phones() as b:
        for words, right in rows:
            said = b.call("sip:bob@127.0.0.1:9", *words, code=2).stderr
            assert right in said and "Try 'ahoy call --help'" in said, said
        assert "300 to 699" in b.ahoy("answer", "--reject", "200", code=2).stderr


def test_a_value_that_can_mean_nothing_is_refused():
    with Phones() as b:
        there = "sip:bob@127.0.0.1:9"
        for words, form in ((["call", there, "--expect", "min-mos=9"], "from 1 to 4.41"),
                            (["answer", "--count", "0"], "from 1 to"),
                            (["ping", "-c", "0", there], "from 1 to"),
                            (["ping", "-i", "0", there], "no time at all"),
                            (["watch", there, "--count", "0"], "from 1 to"),
                            (["watch", there, "--for", "0s"], "no time at all"),
                            (["resolve", there, "--timeout", "0"], "from 1 to"),
                            (["call", there, "--record", ""], "empty value"),
                            (["message", there, "x", "--type", "text"], "text/plain"),
                            (["watch", there, "--event", "a b"], "presence"),
                            (["resolve", there, "--dns-servers", "nobody"], "192.0.2.53"),
                            (["phone", "--null-audio", "--no-account", "--proxy", "nowhere"], "not a SIP URI"),
                            (["phone", "--max-calls", "0"], "from 1 to"),
                            (["phone", "--rtp-ports", "20100-20000"], "the lower one first"),
                            (["phone", "--rtp-ports", "0-20000"], "the lower one first"),
                            (["phone", "--rtp-ports", "20001-20002"], "an even port and the odd one behind it"),
                            (["phone", "--rtp-ports", "20001-20001"], "an even port and the odd one behind it")):
            said = b.ahoy(*words, code=2).stderr
            assert form in said, said
        for words in (["call", there, "--null-audio"], ["ping", "-c", "1", there], ["message", there, "x"]):
            assert "there is no certificate in it" in b.ahoy(*words, "--tls-trust", os.path.abspath(__file__), code=3).stderr


def test_nobody_answers_and_nobody_calls():
    with Phones() as b:
        bob, address = b.answerer("--ring-only", "--count", "1")
        told = json.loads(b.call(address, "--wait-answer", "700ms", "--output", "json", code=12).stdout)
        assert told["cause"] == "cancelled" and told["by"] == "local" and "ringing_ms" in told["setup"], told
        assert bob.wait_exit() == 12
        said = b.ahoy("answer", "--no-account", "--port", str(free_port()), "--wait-call", "200ms", "--null-audio",
                      code=17).stderr
        assert "Nobody has called" in said, said


def test_there_is_an_outcome_without_a_call_too():
    waits = ["answer", "--no-account", "--wait-call", "200ms", "--null-audio"]
    with Phones() as b:
        told = json.loads(b.ahoy(*waits, "--port", str(free_port()), "--expect", "answered", "--output", "json",
                                 code=17).stdout)
        assert told["outcome"] == "critical" and told["exit_code"] == 17 and told["direction"] == "in", told
        line = b.ahoy(*waits, "--port", str(free_port()), "--output", "nagios", code=2).stdout
        assert line == "CALL CRITICAL - nobody has called\n", line
        text = b.ahoy(*waits, "--port", str(free_port()), "--output", "prometheus", code=17).stdout
        assert 'ahoy_call_success{target=""} 0\n' in text, text
        suite = xml.etree.ElementTree.fromstring(b.ahoy(*waits, "--port", str(free_port()), "--output", "junit",
                                                        "--expect", "answered", code=17).stdout)
        assert suite.get("failures") == "2" and suite[0][0].get("message") == "nobody has called"
        line = b.call("bob", "-a", "nobody", "--output", "nagios", code=3).stdout
        assert line.startswith("CALL UNKNOWN - "), line
        told = json.loads(b.call("sip:bob@127.0.0.1:9", "--record", b.folder + "/no/file.wav", "--output", "json",
                                 code=1).stdout)
        assert told["exit_code"] == 1 and told["peer"] == "sip:bob@127.0.0.1:9", told  # not 13: who says he is not there?


def test_options_that_exclude_each_other_are_refused():
    with Phones() as b:
        for words in (["--json", "--output", "nagios"], ["--hangup-after", "0"], ["--wait-answer", "0s"]):
            b.call("sip:bob@127.0.0.1:9", *words, code=3 if "nagios" in words else 2)
        for words in (["--auto", "--ring-only"], ["--ring-only", "--busy"], ["--auto", "--reject", "480"]):
            assert "exclude" in b.ahoy("answer", "--null-audio", *words, code=2).stderr


def test_an_address_that_is_none_is_told_before_anything_is_sent():
    with Phones() as b:
        server = b.server()
        alice = Person(b, server, "alice")
        done = subprocess.run([AHOY, "call", "-a", "alice", "sip:bob@", "--null-audio"], text=True, capture_output=True,
                              env=alice.env, timeout=3 * PATIENCE)
        assert done.returncode == 2 and "is not an address" in done.stderr and "Registered" not in done.stderr, done


def test_who_answers_judges_too():
    with Phones() as b:
        bob, address = b.answerer("--auto", "--null-audio", "--count", "2", "--expect-digits", "42", "--output", "json")
        b.call(address, "--hangup-after", "1s", "--digits", "142")
        b.call(address, "--hangup-after", "500ms")
        assert bob.wait_exit() == 23
        told = [e for e in bob.events if e["event"] == "summary"]
        assert [e["exit_code"] for e in told] == [0, 23] and told[0]["direction"] == "in", told


def test_keys_are_pressed_the_way_that_was_asked_for():
    with Phones() as b:
        bob, address = b.answerer("--auto", "--null-audio", "--count", "2", "--expect-digits", "42", "--output", "json")
        for way, there in (("info", True), ("rtp", False)):
            drawn = b.call(address, "--hangup-after", "1s", "--digits", "42", "--digits-by", way, "--ladder").stderr
            assert ("INFO" in drawn) == there, drawn
        assert bob.wait_exit() == 0
        told = [e["digits"] for e in bob.events if e["event"] == "summary"]
        assert told == ["42", "42"], told


def test_ping_is_judged_too():
    with Phones() as b:
        _, address = b.answerer("--auto", "--null-audio")
        words = ["ping", "-c", "5", "-i", "20ms", address]
        said = b.ahoy(*words, "--expect", "alive,status=200,max-loss=0%,max-p95=1m").stdout
        assert "5 sent, 5 answered, 0% lost" in said and "p50/p95/p99" in said, said
        b.ahoy(*words, "--expect", "status=404", code=23)
        line = b.ahoy(*words, "--output", "nagios", "--expect-warning", "status=404", code=1).stdout
        assert line.startswith("SIP WARNING - status=404 not met: 200; ") and line.count("\n") == 1, line
        text = b.ahoy("ping", address, "--output", "prometheus").stdout
        assert 'ahoy_ping_answered{target="%s"} 1\n' % address in text, text
        suite = xml.etree.ElementTree.fromstring(b.ahoy("ping", address, "--output", "junit").stdout)
        assert suite.get("tests") == "1" and suite.get("failures") == "0", suite.attrib
        summary = json.loads(b.ahoy(*words, "--output", "json").stdout)
        assert summary["answered"] == 5 and summary["outcome"] == "ok" and summary["p95_ms"] > 0, summary
        line = b.ahoy("ping", "sip:127.0.0.1:%d" % free_port(), "--output", "nagios", "-W", "1s", code=2).stdout
        assert line.startswith("SIP CRITICAL - ") and "0 of 1 answered" in line, line
        summary = json.loads(b.ahoy("ping", "sip:127.0.0.1:%d" % free_port(), "--output", "json", "-W", "1s",
                                    "--expect", "alive", code=23).stdout)
        assert "min_ms" not in summary and summary["unmet"] == "alive not met: no answer", summary
        line = b.ahoy("ping", "--expect", "quick", address, "--output", "nagios", code=3).stdout
        assert line.startswith("SIP UNKNOWN - "), line
        for wrong in (["--expect", "quick"], ["-i", "soon"], ["--output", "yaml"]):
            b.ahoy("ping", address, *wrong, code=2)


class EachTransport(Phones):
    """A server that listens for each transport on a port of its own, and pings to it."""

    ALL = ("udp", "tcp", "tls", "ws", "wss")

    def __enter__(self):
        super().__enter__()
        self.authority = self.lab("example.test")
        self.ports = {transport: free_port() for transport in self.ALL}
        self.server(lab=self.authority, listen=["%s:127.0.0.1:%d" % place for place in self.ports.items()])
        return self

    def ping(self, port, transport, *words, code=0):
        return self.ahoy("ping", "--tls-trust", self.authority.ca, "-W", "1s", "-i", "20ms", *words,
                         "sip:127.0.0.1:%d;transport=%s" % (port, transport), code=code)


def test_ping_goes_by_each_transport():
    with EachTransport() as b:
        for transport, port in b.ports.items():
            assert "3 sent, 3 answered, 0% lost" in b.ping(port, transport, "-c", "3").stdout
        said = b.ahoy("ping", "-c", "1", "--tls-trust", b.authority.ca, "sips:127.0.0.1:%d" % b.ports["tls"]).stdout
        assert "1 answered" in said, said
        for transport in ("tls", "wss"):  # nobody trusts that certificate
            b.ahoy("ping", "-c", "1", "sip:127.0.0.1:%d;transport=%s" % (b.ports[transport], transport), code=15)
            b.ahoy("ping", "-c", "1", "--tls-no-verify", "sip:127.0.0.1:%d;transport=%s" % (b.ports[transport], transport))


def test_ping_ends_whoever_is_there():
    with EachTransport() as b, socket.socket() as silent, socket.socket(type=socket.SOCK_DGRAM) as deaf:
        for end in silent, deaf:
            end.bind(("127.0.0.1", 0))
        silent.listen(20)
        for transport in b.ALL:
            nobody = free_port()
            assert "connection refused" in b.ping(nobody, transport, "-c", "1", code=15).stderr
            port = (deaf if transport == "udp" else silent).getsockname()[1]
            said = b.ping(port, transport, "-c", "2", code=17).stdout
            assert "2 sent, 0 answered, 100% lost" in said, said
            said = b.ping(port, transport, "-c", "2", "--output", "nagios", code=2).stdout
            assert said.startswith("SIP CRITICAL - ") and "0 of 2 answered" in said, said
        b.ping(b.ports["tcp"], "ws", "-c", "1", code=15)   # it answers no upgrade, but hangs up
        b.ping(b.ports["tls"], "tcp", "-c", "1", code=15)
        assert "does not resolve" in b.ahoy("ping", "-c", "1", "sip:nobody.invalid", code=15).stderr
        b.ahoy("ping", "-c", "1", "sip:127.0.0.1;transport=sctp", code=1)


def test_a_registration_waits_and_ends_by_the_clock():
    with Bench() as b:
        server = b.server()
        alice = Person(b, server, "alice")
        said = alice.ahoy("register", "--for", "300ms", "--watch").stderr
        assert "it holds for" in said and "Unregistered" in said, said
        mallory = Person(b, server, "mallory", password="guess")
        mallory.ahoy("register", "--once", "--wait", "10s", code=14)  # no time makes it right
        server.stop()
        alice.ahoy("register", "--once", "--wait", "300ms", code=15)
        late = alice.start("register", "--once", "--wait", "60s")
        late.wait_event("register_failed")
        server.start()
        assert late.wait_exit() == 0, late.stderr()


def test_a_registration_is_a_probe_in_each_form():
    with Bench() as b:
        server = b.server()
        alice, mallory = Person(b, server, "alice"), Person(b, server, "mallory", password="guess")
        line = alice.ahoy("register", "--output", "nagios", "--expect", "registered,max-time=30s").stdout
        assert re.fullmatch(r"REGISTER OK - sip:alice@example.test: registered after .*, for \d+ s \| time=\S+s;;;0 "
                            r"tries=1;;;0 lost=0;;;0 expires=\d+s;;;0 flows=1;;;0\n", line), line
        assert bindings(server) == [], bindings(server)  # taken back
        alice.ahoy("register", "--expect", "min-flows=1", "--once")
        assert len(bindings(server)) == 1
        told = json.loads(alice.ahoy("register", "--output", "json", "--expect", "min-expires=2h", code=23).stdout)
        assert told["outcome"] == "critical" and told["registered"] and told["time_ms"] >= 0, told
        lines = alice.ahoy("register", "--output", "json", "--json", "--for", "300ms").stdout.splitlines()
        assert [json.loads(one)["event"] for one in lines] == ["registered", "unregistered", "probe"], lines
        said = mallory.ahoy("register", "--expect", "status=401").stdout
        assert "not registered (401 " in said and "met       status=401: 401" in said, said
        line = mallory.ahoy("register", "--output", "nagios", code=2).stdout
        assert line.startswith("REGISTER CRITICAL - ") and "401" in line, line
        mallory.ahoy("register", "--output", "text", code=14)
        suite = xml.etree.ElementTree.fromstring(
            mallory.ahoy("register", "--output", "junit", "--expect", "registered", code=23).stdout)
        assert suite.get("tests") == "2" and suite.get("failures") == "1", suite.attrib
        text = alice.ahoy("register", "--output", "prometheus").stdout
        assert 'ahoy_register_registered{target="sip:alice@example.test"} 1\n' in text, text
        for words, form in ((["--expect", "max-time"], "max-time=DURATION"), (["--output", "yaml"], "nagios"),
                            (["--json", "--output", "text"], "--output json alone")):
            assert form in alice.ahoy("register", *words, code=2).stderr
        assert alice.ahoy("register", "--expect", "quick", "--output", "nagios", code=3).stdout.startswith("REGISTER UNKNOWN")
        server.stop()
        line = alice.ahoy("register", "--output", "nagios", "--wait", "300ms", code=2).stdout
        assert line.startswith("REGISTER CRITICAL - ") and "not registered" in line, line


def test_a_text_is_a_probe_in_each_form():
    with Bench() as b:
        server = b.server()
        alice, bob = Person(b, server, "alice"), Person(b, server, "bob")
        bob.answer("--null-audio")
        line = alice.ahoy("message", "bob", "lunch?", "--output", "nagios", "--expect", "delivered").stdout
        assert line.startswith("MESSAGE OK - sip:bob@example.test: delivered after "), line
        told = json.loads(alice.ahoy("message", "nobody", "x", "--output", "json", "--expect", "delivered",
                                     code=23).stdout)
        assert told["status"] == 404 and not told["delivered"] and told["probe"] == "message", told
        alice.ahoy("message", "nobody", "x", "--expect", "status=404,max-time=30s")
        mallory = Person(b, server, "mallory", password="guess")
        line = mallory.ahoy("message", "bob", "x", "--output", "nagios", code=2).stdout
        assert line.startswith("MESSAGE CRITICAL - ") and "cannot register (401" in line, line
        mallory.ahoy("message", "bob", "x", "--expect", "delivered", code=14)


def test_a_text_is_delivered_or_the_exit_code_says_why_not():
    with Bench() as b:
        server = b.server()
        alice, bob = Person(b, server, "alice"), Person(b, server, "bob")
        phone = bob.answer("--null-audio")
        alice.ahoy("message", "bob", "lunch?")
        assert phone.wait_event("message", body="lunch?")["peer"] == "sip:alice@example.test"
        alice.ahoy("message", "--json", "bob", "-", stdin="J\xfcrgen\nkommt\n")
        phone.wait_event("message", body="J\xfcrgen\nkommt")
        alice.ahoy("message", "nobody", "lunch?", code=13)
        assert "1300 bytes" in alice.ahoy("message", "bob", "x" * 1400, code=1).stderr
        alice.ahoy("message", "bob", code=2)
        server.stop()
        alice.ahoy("message", "bob", "lunch?", "--no-register", code=15)


def test_who_is_watched_is_told_that_it_ends():
    with Phones() as b:
        bob = Notifier(b, "<one/>\r\n<two>\x1b[2J</two>", "<three/>")
        address = "sip:bob@127.0.0.1:%d" % bob.port
        said = b.ahoy("watch", address, "--count", "2").stdout
        assert "presence of %s: active, application/pidf+xml\n    <one/>\n    <two>?[2J</two>\n" % address in said, said
        assert "    <three/>\n" in said, said
        assert [h["event"] for h in bob.heard] == ["presence"] * 2 and bob.heard[1]["expires"] == "0", bob.heard
        watcher = b.run(AHOY, "watch", address, "--event", "x-any", "--json", env=b.env, name="watch")
        watcher.wait_event("notified")
        watcher.child.send_signal(signal.SIGINT)
        assert watcher.wait_exit() == 130
        assert bob.heard[-1]["expires"] == "0" and bob.heard[-1]["event"] == "x-any", bob.heard
        b.ahoy("watch", address, "--once")
        assert bob.heard[-1]["expires"] == "0", bob.heard
        nobody = Notifier(b, status=404)
        b.ahoy("watch", "sip:bob@127.0.0.1:%d" % nobody.port, code=13)
        b.ahoy("watch", code=2)


def test_sound_cards_are_listed_and_tried():
    """Two of ALSA's cards that swallow all, as nobody needs to have one."""
    with Phones() as b:
        with open(b.folder + "/.asoundrc", "w") as f:
            f.write("pcm.!default { type null }\npcm.swallow { type null }\n")
        done = subprocess.run([AHOY, "devices", "--json"], env=b.env, text=True, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, timeout=PATIENCE)
        if "not installed" in done.stderr:
            raise Skip("the module of the sound card is not built")
        cards = {c["name"]: c for c in map(json.loads, done.stdout.splitlines())}
        assert done.returncode == 0 and {"default", "swallow"} <= set(cards), done.stdout + done.stderr
        assert cards["default"]["default_output"] and not cards["swallow"]["default_output"], cards
        assert "swallow" in b.ahoy("devices").stdout
        assert "microphone: " in b.ahoy("devices", "--test", "--device", "swallow").stdout
        assert "no sound card named" in b.ahoy("devices", "--test", "--device", "violin", code=16).stderr
        _, address = b.answerer("--auto", "--null-audio")
        b.ahoy("call", address, "--device", "swallow", "--hangup-after", "500ms", "--expect", "answered")


PAGE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../docs/phone.md")


def test_the_examples_of_the_page_do_what_it_says():
    with open(PAGE) as f:
        page = f.read()
    with Phones() as b:
        port, env = free_port(), dict(b.env, PATH=os.path.dirname(os.path.abspath(AHOY)) + ":" + os.environ["PATH"])
        job = re.search(r"\*\*CI\.\*\*.*?```sh\n(.*?)```", page, re.S).group(1)
        done = subprocess.run(["sh", "-c", job.replace("5070", str(port))], cwd=b.folder, env=env, timeout=4 * PATIENCE,
                              text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        assert done.returncode == 0, done.stdout
        for name in ("caller", "callee"):
            suite = xml.etree.ElementTree.parse("%s/%s.xml" % (b.folder, name)).getroot()
            assert suite.get("failures") == "0" and int(suite.get("tests")) > 1, name
        _, address = b.answerer("--auto", "--echo")
        check = re.search(r"command_line /usr/bin/(.*)", page).group(1).split()
        given = re.search(r"check_command +check_sip_call!(.*)", page).group(1).split("!")[1:]
        words = [{"$ARG1$": address, "$ARG2$": given[0], "$ARG3$": given[1], "5s": "2s"}.get(word, word) for word in check]
        assert b.ahoy(*words[1:]).stdout.startswith("CALL OK - "), words


class Terminal:
    """A command on a terminal of its own."""

    def __init__(self, env, *words, term="xterm", columns=None):
        self.shown = b""
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.execve(AHOY, [AHOY, *words], dict(env, TERM=term))

    def wait_for(self, pattern):
        end = time.monotonic() + PATIENCE
        while not re.search(pattern, self.shown):
            left = end - time.monotonic()
            assert left > 0 and select.select([self.fd], [], [], left)[0], self.shown
            self.shown += self.read()

    def read(self):
        try:
            return os.read(self.fd, 4096)
        except OSError:  # nobody is at the other end any more
            return b""

    def wait_exit(self):
        while True:
            chunk = self.read()
            if not chunk:
                break
            self.shown += chunk
        os.close(self.fd)
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])


def test_a_terminal_shows_what_is_waited_for():
    with Phones() as b:
        bob, address = b.answerer("--after", "1s", "--null-audio", "--count", "1")
        t = Terminal(b.env, "call", address, "--null-audio", "--hangup-after", "2s")
        t.wait_for(rb"\r\x1b\[KRinging \d+ s")
        t.wait_for(rb"\r\x1b\[K00:0\d  heard [#.]{10}  said [#.]{10}  lost 0.0 %")
        assert t.wait_exit() == 0, t.shown
        # In the end the line is gone: what follows the last one shown clears it.
        assert b"\x1b[K" in t.shown[t.shown.rindex(b"  said "):], t.shown
        assert bob.wait_exit() == 0


def test_a_dumb_terminal_and_json_show_no_line():
    with Phones() as b:
        _, address = b.answerer("--after", "500ms", "--null-audio")
        for words, term in ((["--json"], "xterm"), ([], "dumb")):
            t = Terminal(b.env, "call", address, "--null-audio", "--hangup-after", "500ms", *words, term=term)
            assert t.wait_exit() == 0, t.shown
            assert b"\x1b" not in t.shown, t.shown


def test_ctrl_c_is_neither_good_nor_bad():
    with Phones() as b:
        _, address = b.answerer("--after", "60s", "--null-audio")
        phone = b.run(AHOY, "call", address, "--null-audio", "--json", "--output", "json", "--expect", "answered",
                      env=b.env, name="call")
        phone.wait_event("ringing")
        phone.child.send_signal(signal.SIGINT)
        assert phone.wait_exit() == 130
        assert phone.wait_event("summary")["outcome"] == "unknown"


if __name__ == "__main__":
    run(globals(), together=3)  # they wait more than they work
