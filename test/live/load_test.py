# SPDX-License-Identifier: BSD-2-Clause
"""`ahoy load` against a server by each transport, with digest, refused, overloaded, alone and
with nobody there; SIPp answers its calls. Its numbers have to add up each time."""

import json
import os
import signal
import socket
import subprocess

from live import AHOY, PATIENCE, Bench, Victim, free_port, listening, need, run

OPEN = "authentication = false"
KEYS = {"event": str, "scenario": str, "target": str, "transport": str, "loop": str, "seconds": float,
        "operations": int, "rate": float, "started": int, "ok": int, "failed": int, "late": int, "not_started": int,
        "errors": dict, "messages_sent": int, "messages_received": int, "retransmitted": int, "repeated": int,
        "challenges": int, "malformed": int, "connections_lost": int, "icmp": int, "callees": dict,
        "latency_us": (dict, type(None)), "ringing_us": (dict, type(None)), "hang_up_us": (dict, type(None)),
        "media": (dict, type(None)), "generator": dict, "server": (dict, type(None)), "saturated": bool,
        "interrupted": bool}
TIMES = ["count", "min", "mean", "p50", "p90", "p99", "p99_9", "max"]


def check(result):
    """The object is what docs/load.md says, and adds up."""
    assert set(result) == set(KEYS), "members: %s" % sorted(set(result) ^ set(KEYS))
    for key, kind in KEYS.items():
        assert isinstance(result[key], kind), "%s is %r" % (key, result[key])
    errors = result["errors"]
    classes = sum(errors[k] for k in ("timeout", "transport", "unexpected", "interrupted"))
    assert result["started"] == result["ok"] + result["failed"], result
    assert result["failed"] == classes + sum(errors["status"].values()), result
    for key in ("latency_us", "ringing_us", "hang_up_us"):
        times = result[key]
        if times is not None:
            assert list(times) == TIMES, times
            assert times["min"] <= times["p50"] <= times["p90"] <= times["p99"] <= times["p99_9"] <= times["max"], times
    return result


def load(scenario, target, *options, code=0, env=None):
    done = subprocess.run([AHOY, "load", scenario, target, "--json", *options], text=True, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, env={**os.environ, **(env or {})}, timeout=120)
    assert done.returncode == code, "exit %d, not %d: %s\n%s" % (done.returncode, code, done.stderr, done.stdout)
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    return check(lines[-1]) if lines else done.stderr


def at(server):
    return ["--server", "127.0.0.1:%d" % server.port]


def test_every_scenario_by_udp():
    with Bench() as bench:
        server = bench.server(extra=OPEN, trace=False)
        for scenario in ("register", "options", "message", "invite"):
            result = load(scenario, "example.test", *at(server), "--users", "30", "--window", "8", "--count", "200",
                          "--pid", str(server.process.child.pid))
            assert result["started"] == result["ok"] == 200, result
            assert result["latency_us"]["count"] == 200, result
            assert result["server"]["us_per_operation"] > 0, result
            if scenario in ("message", "invite"):
                assert result["callees"]["registered"] == result["callees"]["unregistered"] == 30, result
        assert result["callees"]["answered"] == 200 and result["callees"]["unacknowledged"] == 0, result
        assert result["hang_up_us"]["count"] == result["ringing_us"]["count"] == 200, result


def test_the_other_transports():
    with Bench() as bench:
        ports = {"ws": free_port(), "wss": free_port()}
        lab = bench.lab("example.test")
        server = bench.server(extra='listen += {"ws:127.0.0.1:%(ws)d", "wss:127.0.0.1:%(wss)d"}\n' % ports + OPEN,
                              lab=lab, trace=False)
        ports.update(tcp=server.port, tls=server.tls_port)
        for transport in ("tcp", "tls", "ws", "wss"):
            result = load("invite", "example.test", "--server", "127.0.0.1:%d" % ports[transport], "--transport",
                          transport, "--connections", "3", "--users", "20", "--window", "8", "--count", "100",
                          "--tls-trust", lab.ca)
            assert result["ok"] == 100 and result["retransmitted"] == 0, result
            assert result["connections_lost"] == 0 and result["callees"]["unregistered"] == 20, result


def test_a_certificate_that_is_no_good_is_not_taken():
    with Bench() as bench:
        server = bench.server(extra=OPEN, lab=bench.lab("example.test"), trace=False)
        server_at = ["--server", "127.0.0.1:%d" % server.tls_port, "--transport", "tls"]
        load("options", "example.test", *server_at, "--count", "1", code=15)
        load("options", "example.test", *server_at, "--count", "1", "--tls-no-verify")


def test_digest_in_each_scenario():
    with Bench() as bench:
        server = bench.server(trace=False)
        for number in range(3):
            server.add_user("load%d" % number, "of all")
        users = [*at(server), "--users", "3", "--user-format", "load%u", "--window", "2", "--count", "20"]
        for scenario in ("register", "message", "invite"):
            result = load(scenario, "example.test", *users, env={"AHOY_LOAD_PASSWORD": "of all"})
            assert result["ok"] == 20 and result["challenges"] >= 20, result
        wrong = os.path.join(bench.folder, "password")
        with open(wrong, "w") as file:
            file.write("wrong\n")
        said = load("invite", "example.test", *users, "--password-file", wrong, code=14)
        assert "could not register" in said, said
        result = load("register", "example.test", *users, "--password-file", wrong, code=1)
        assert result["failed"] == 20, result


def test_errors_are_counted_by_status():
    with Bench() as bench:
        server = bench.server(extra=OPEN, trace=False)
        calls = [*at(server), "--caller-only", "--count", "50", "--window", "4"]
        result = load("invite", "example.test", *calls, code=1)
        assert result["failed"] == 50 and sum(result["errors"]["status"].values()) == 50, result
        assert load("invite", "example.test", *calls, "--max-errors", "50")["failed"] == 50


def test_an_overloaded_server_refuses_with_retry_after():
    with Bench() as bench:
        server = bench.server(extra=OPEN + "\nworkers = 1\nmax_server_transactions = 16", trace=False)
        result = load("invite", "example.test", *at(server), "--users", "30", "--no-register", "--caller-only",
                      "--window", "300", "--count", "2000", code=1)
        assert result["errors"]["status"].get("503", 0) > 0 and result["errors"]["retry_after"] > 0, result


def test_a_server_that_vanishes():
    with Bench() as bench:
        server = bench.add(Victim(bench.folder, extra=OPEN, trace=False))
        generator = bench.run(AHOY, "load", "invite", "example.test", *at(server), "--users", "20", "--rate", "200",
                              "--duration", "1h", "--expires", "7200", "--timeout", "1s", "--json", "--progress")
        generator.wait_event("progress", phase="runs")
        generator.wait_event("progress", phase="runs")
        server.kill()
        while not [e for e in generator.events if e["event"] == "progress" and e["failed"] > 50]:
            count = len(generator.events)
            while len(generator.events) == count:
                assert generator.child.poll() is None, generator.stderr()
                generator.wait_event("progress")
                generator.read()
        generator.child.send_signal(signal.SIGINT)
        assert generator.wait_exit() == 130, generator.stderr()
        result = check([e for e in generator.events if e["event"] == "summary"][0])
        assert result["ok"] > 0 and result["interrupted"], result
        assert result["failed"] == result["errors"]["transport"] + result["errors"]["timeout"] > 0, result


def test_who_does_not_answer_is_left_alone():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
        silent.bind(("127.0.0.1", 0))
        here = ["--server", "127.0.0.1:%d" % silent.getsockname()[1]]
        said = load("invite", "example.test", *here, code=17)
        assert "does not answer OPTIONS" in said and "--force" in said, said
        silent.setblocking(False)
        while True:
            try:
                assert silent.recv(2000).startswith(b"OPTIONS "), "more than OPTIONS was sent"
            except BlockingIOError:
                break
        result = load("options", "example.test", *here, "--force", "--count", "2", "--timeout", "500ms", code=1)
        assert result["errors"]["timeout"] == 2, result
    load("options", "example.test", "--server", "127.0.0.1:%d" % free_port(), code=15)
    load("options", "example.test", "--server", "127.0.0.1:%d" % free_port(), "--transport", "tcp", code=15)


def test_a_run_is_repeated_from_its_file():
    with Bench() as bench:
        server = bench.server(extra=OPEN, trace=False)
        saved = os.path.join(bench.folder, "run.load")
        load("message", "example.test", *at(server), "--users", "5", "--count", "30", "--save", saved)
        again = subprocess.run([AHOY, "load", "--repeat", saved, "--count", "7"], text=True, stdout=subprocess.PIPE,
                               check=True, timeout=60)
        result = check(json.loads(again.stdout))
        assert (result["scenario"], result["ok"]) == ("message", 7), result
        with open(saved, "a") as file:
            file.write("nonsense = 1\n")
        assert subprocess.run([AHOY, "load", "--repeat", saved], stderr=subprocess.PIPE).returncode == 2


def test_two_processes_play_the_two_sides():
    with Bench() as bench:
        server = bench.server(extra=OPEN, trace=False)
        callees = bench.run(AHOY, "load", "invite", "example.test", *at(server), "--users", "10", "--callee-only",
                            "--json", "--progress")
        callees.wait_event("progress", phase="runs", registered=10)
        result = load("invite", "example.test", *at(server), "--users", "10", "--caller-only", "--count", "60")
        assert result["ok"] == 60, result
        callees.child.send_signal(signal.SIGINT)
        assert callees.wait_exit() == 0, callees.stderr()
        summary = [e for e in callees.events if e["event"] == "summary"][0]["callees"]
        assert (summary["answered"], summary["unregistered"]) == (60, 10), summary


def test_sound_goes_both_ways():
    with Bench() as bench:
        server = bench.server(extra=OPEN, trace=False)
        result = load("invite", "example.test", *at(server), "--users", "4", "--window", "4", "--count", "8",
                      "--hold", "1s", "--media")
        media = result["media"]
        assert result["ok"] == 8 and media["jitter_us"]["count"] == 16, result
        # What arrives in the first and last moments of a stream is not counted; nearly all of the rest must be there.
        assert media["sent"] > 16 * 40 and media["received"] > 0.7 * media["sent"], media


def test_sipp_answers():
    sipp = need("sipp")
    port = free_port()
    with Bench() as bench:
        bench.run(sipp, "-sn", "uas", "-i", "127.0.0.1", "-p", str(port), "-mp", str(free_port()), "-nostdin",
                  "-aa", cwd=bench.folder)
        listening(port)
        result = load("invite", "127.0.0.1:%d" % port, "--caller-only", "--force", "--count", "100", "--window", "10")
        assert result["ok"] == 100, result


def test_mistakes_are_told_before_anything_is_sent():
    for args in ([], ["dance", "example.test"], ["invite"], ["invite", "example.test", "--rate", "fast"],
                 ["options", "example.test", "--media"], ["invite", "a", "b"], ["invite", "x", "--pid", "ahoy"]):
        done = subprocess.run([AHOY, "load", *args], text=True, stderr=subprocess.PIPE, stdout=subprocess.PIPE,
                              timeout=PATIENCE)
        assert done.returncode == 2 and "Try 'ahoy load --help'" in done.stderr, (args, done)


run(globals())
