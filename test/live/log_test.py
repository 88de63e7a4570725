#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""The server's log: a call read back as its ladder, levels, a file that is rotated."""

import json
import os
import signal
import subprocess
import time

from live import AHOY, PATIENCE, Bench, run
from people import Person

LEVELS = 'log_levels = {"transport=debug", "transaction=debug"}\n'


def trace(*words, code=0, stdin=None):
    done = subprocess.run([AHOY, "trace", *words], text=True, input=stdin, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert done.returncode == code, "trace %s: exit %d\n%s%s" % (words, done.returncode, done.stdout, done.stderr)
    return done


def objects(done):
    return [json.loads(line) for line in done.stdout.splitlines()]


def told(done):
    """The messages and the events between them, in their order."""
    return [o.get("message", o.get("event")) for o in objects(done)]


def wait_for(what, seen):
    end = time.monotonic() + PATIENCE
    while not seen():
        assert time.monotonic() < end, "never: " + what
        time.sleep(0.05)


class Logged:
    """A server that logs to a file, and a call from alice to bob through it."""

    def __init__(self, bench, extra=""):
        self.log = os.path.join(bench.folder, "ahoy.log")
        self.server = bench.server(extra=LEVELS + 'log_file = "%s"\n' % self.log + extra)
        self.alice, self.bob = (Person(bench, self.server, name) for name in ("alice", "bob"))

    def call(self):
        phone = self.bob.answer("--auto", "--count", "1")
        self.alice.ahoy("call", "bob", "--null-audio", "--duration", "1")
        phone.wait_exit()

    def text(self):
        with open(self.log) as f:
            return f.read()


def shape(arrows, host):
    """What an arrow says, whatever the server is called in it."""
    def name(column):
        return column if column.startswith("127.") else host
    return [(a["message"], name(a["from"]), name(a["to"]), a["cseq"]) for a in arrows]


def test_a_call_in_the_log_is_the_ladder_of_its_trace():
    with Bench() as b:
        logged = Logged(b)
        logged.call()
        logged.server.stop()
        calls = [c for c in objects(trace("--log", logged.log, "--json")) if c["method"] == "INVITE"]
        assert len(calls) == 1 and calls[0]["outcome"] == "200 OK", calls
        call = calls[0]["call_id"]
        replay = objects(trace("--log", logged.log, "--call", call, "--json"))
        arrows = [o for o in replay if "message" in o]
        events = [o for o in replay if "event" in o]
        truth = objects(trace(os.path.join(logged.server.folder, "trace"), "--call", call, "--json"))
        assert len(arrows) == calls[0]["messages"] and len(truth) >= 8, truth
        assert shape(arrows, "server") == shape(truth, "server"), (arrows, truth)
        assert any(e["event"] == "forwarded" and "why=" in e["text"] for e in events), events
        assert not any(e["event"] == "state" for e in events), events
        everything = objects(trace("--log", logged.log, "--call", call, "--json", "--all"))
        states = [o for o in everything if o.get("event") == "state"]
        assert any("from=proceeding to=accepted" in s["text"] for s in states) and len(states) > 6, everything
        drawn = trace("--log", logged.log, "--call", call).stdout
        assert "INVITE" in drawn and "proxy: forwarded" in drawn and "200 OK" in drawn, drawn


def test_a_journal_is_read_as_well_and_other_lines_are_counted():
    with Bench() as b:
        logged = Logged(b)
        logged.call()
        logged.server.stop()
        call = [c for c in objects(trace("--log", logged.log, "--json")) if c["method"] == "INVITE"][0]["call_id"]
        truth = told(trace("--log", logged.log, "--call", call, "--json"))
        bare = [line.split(" ", 1)[1] for line in logged.text().splitlines() if line.startswith("time=")]
        for form in (["<7>" + line for line in bare],
                     ["2026-11-26T11:10:30+0000 host ahoy[7]: " + line for line in bare]):
            done = trace("--log", "-", "--call", call, "--json", stdin="-- Boot --\n" + "\n".join(form) + "\n")
            assert told(done) == truth, done.stdout
            assert "1 line is not of a log" in done.stderr, done.stderr


def test_the_log_is_opened_again_after_a_hangup():
    with Bench() as b:
        logged = Logged(b)
        logged.call()
        os.rename(logged.log, logged.log + ".1")
        logged.server.process.child.send_signal(signal.SIGHUP)
        wait_for("a new log", lambda: os.path.exists(logged.log))
        assert os.stat(logged.log).st_mode & 0o777 & ~0o640 == 0
        logged.call()
        logged.server.stop()
        assert "event=binding_registered" in open(logged.log + ".1").read()
        assert "event=received" in logged.text()


def test_levels_are_those_of_the_configuration_and_of_the_command_line():
    with Bench() as b:
        logged = Logged(b)
        logged.call()
        logged.server.stop()
        text = logged.text()
        assert " part=transport " in text and " part=transaction " in text and " part=registrar " in text
        os.unlink(logged.log)
        logged.server.process = b.add(b.run(AHOY, "serve", "--json", "--config", logged.server.config, "--log-level",
                                            "error", "--log-level", "registrar=info"))
        logged.server.process.wait_event("ready")
        logged.call()
        logged.server.process.stop()
        text = logged.text()
        assert " part=registrar " in text, text
        assert " part=transport " not in text and " part=proxy " not in text, text


def test_a_level_that_is_changed_while_the_server_runs_is_heeded_at_once():
    with Bench() as b:
        logged = Logged(b)
        subprocess.run([AHOY, "log", "level", "error", "--config", logged.server.config], check=True)
        logged.call()
        said = ("event=workers_gathered", " part=control ")  # at the start, and the commands themselves
        lines = [line for line in logged.text().splitlines() if not any(word in line for word in said)]
        assert lines == [], lines
        subprocess.run([AHOY, "log", "level", "proxy", "info", "--config", logged.server.config], check=True)
        logged.call()
        logged.server.stop()
        assert " event=forwarded " in logged.text() and " part=transport " not in logged.text(), logged.text()


def test_no_password_is_in_the_log():
    with Bench() as b:
        logged = Logged(b, "log_level = debug\n")
        logged.call()
        logged.server.stop()
        text = logged.text()
        assert "password of" not in text and "response=" not in text and "uthorization" not in text


def test_a_call_that_is_not_there_and_a_file_that_is_not_there():
    with Bench() as b:
        path = os.path.join(b.folder, "x.log")
        with open(path, "w") as f:
            f.write("level=info part=net text=hello\n")
        trace("--log", path, code=13)
        trace("--log", path, "--call", "x", code=13)
        trace("--log", path + ".no", code=13)
        trace("--log", path, "other", code=2)


if __name__ == "__main__":
    run(globals())
