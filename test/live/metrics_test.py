#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""The metrics of a real server, over HTTP, read as strictly as Prometheus reads them."""

import json
import os
import shutil
import socket
import subprocess
import urllib.error
import urllib.request

import live
import prometheus_lint
from live import AHOY, Bench



def need_module():
    if not os.path.exists(os.path.join(os.path.dirname(AHOY), "ahoy_microhttpd.so")):
        raise live.Skip("ahoy_microhttpd.so was not built: libmicrohttpd-dev is missing")


def run_ahoy(server, *words, code=0):
    done = subprocess.run([AHOY, *words, "--config", server.config], capture_output=True, text=True, timeout=60)
    assert done.returncode == code, (words, done)
    return done


def base_of(server):
    return "http://" + json.loads(run_ahoy(server, "status", "--json").stdout)["metrics"]


def fetch(url, method="GET", data=None):
    request = urllib.request.Request(url, method=method, data=data)
    with urllib.request.urlopen(request, timeout=live.PATIENCE) as answer:
        return answer.headers["Content-Type"], answer.read().decode()


def status_of(url, **more):
    try:
        fetch(url, **more)
        return 200
    except urllib.error.HTTPError as error:
        return error.code


def send_options(server):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as phone:
        phone.bind(("127.0.0.1", 0))
        phone.settimeout(live.PATIENCE)
        port = phone.getsockname()[1]
        # what requires something is not answered without a transaction
        phone.sendto(("OPTIONS sip:127.0.0.1:%d SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:%d;branch=z9hG4bKm\r\nMax-Forwards: 70\r\n"
                      "From: <sip:a@x.test>;tag=1\r\nTo: <sip:127.0.0.1:%d>\r\nCall-ID: metrics\r\nCSeq: 1 OPTIONS\r\n"
                      "Require: nothing\r\nContent-Length: 0\r\n\r\n" % (server.port, port, server.port)).encode(), ("127.0.0.1", server.port))
        phone.recv(65536)


def check_with_promtool(text):
    """The real one, where it is installed."""
    promtool = shutil.which("promtool")
    if promtool is not None:
        done = subprocess.run([promtool, "check", "metrics"], input=text, capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stdout + done.stderr


def test_what_is_served_is_what_prometheus_reads():
    need_module()
    with Bench() as b:
        server = b.server(extra='metrics = "127.0.0.1:0"')
        base = base_of(server)
        send_options(server)
        kind, text = fetch(base + "/metrics")
        assert kind == "text/plain; version=0.0.4; charset=utf-8", kind
        problems, samples = prometheus_lint.read(text)
        assert not problems, problems
        assert prometheus_lint.value(samples, "ahoy_requests_received_total") == 1
        assert prometheus_lint.value(samples, "ahoy_responses_sent_total") == 1
        assert prometheus_lint.value(samples, "ahoy_server_transactions_high") == 1
        assert prometheus_lint.value(samples, "ahoy_connections_limit") >= 10000
        counters = json.loads(run_ahoy(server, "status", "--json").stdout)["counters"]
        assert all("ahoy_%s_total" % name in samples for name in counters)
        check_with_promtool(text)
        problems, samples = prometheus_lint.read(run_ahoy(server, "status", "--prometheus").stdout)
        assert not problems and "ahoy_requests_received_total" in samples, problems


def test_nothing_else_is_served():
    need_module()
    with Bench() as b:
        base = base_of(b.server(extra='metrics = "127.0.0.1:0"'))
        assert status_of(base + "/") == 404
        assert status_of(base + "/metrics/../metrics") == 404
        assert status_of(base + "/metrics", method="POST", data=b"x" * 100000) == 405
        assert status_of(base + "/metrics", method="DELETE") == 405
        assert status_of(base + "/metrics") == 200


def test_many_connections_that_say_nothing_do_not_stop_the_server():
    need_module()
    with Bench() as b:
        server = b.server(extra='metrics = "127.0.0.1:0"')
        host, port = base_of(server)[len("http://"):].rsplit(":", 1)
        silent = [socket.create_connection((host, int(port)), live.PATIENCE) for _ in range(50)]
        send_options(server)
        assert json.loads(run_ahoy(server, "status", "--json").stdout)["counters"]["requests_received"] == 1
        for one in silent:
            one.close()
        text = None
        while text is None:  # as soon as it has seen them go
            try:
                text = fetch("http://%s:%s/metrics" % (host, port))[1]
            except OSError:
                pass
        assert not prometheus_lint.read(text)[0]


def test_an_address_that_others_reach_wants_a_word():
    with Bench() as b:
        for address, extra, code in (("0.0.0.0:9464", "", 1), ("192.0.2.1:9464", "", 1), ("[::]:9464", "", 1), ("127.0.0.1", "", 1),
                                     ("localhost:9464", "", 1), ("127.0.0.1:9464", "", 0), ("[::1]:9464", "", 0),
                                     ("0.0.0.0:9464", "metrics_remote = true", 0)):
            path = os.path.join(b.folder, "try.conf")
            with open(path, "w") as file:
                file.write('domain = a.test\nmetrics = "%s"\n%s\n' % (address, extra))
            done = subprocess.run([AHOY, "config", "check", path], capture_output=True, text=True, timeout=60)
            assert done.returncode == code, (address, done)
            assert code == 0 or ":2: " in done.stderr, done.stderr


def test_an_address_in_use_ends_the_start_with_a_reason():
    need_module()
    with Bench() as b, socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        server = b.server()
        server.stop()
        with open(server.config, "a") as file:
            file.write('metrics = "127.0.0.1:%d"\n' % taken.getsockname()[1])
        done = subprocess.run([AHOY, "serve", "--config", server.config], capture_output=True, text=True, timeout=60)
        assert done.returncode == 21 and "cannot serve metrics on 127.0.0.1:" in done.stderr, done


LINES = [  # one fault each
    ("ahoy_x 1\n", "no TYPE"), ("# TYPE ahoy_x_total counter\nahoy_x_total 1\n", "no help"),
    ("# HELP ahoy_x X.\n# TYPE ahoy_x counter\nahoy_x 1\n", "_total"), ("# HELP ahoy_ms X.\n# TYPE ahoy_ms gauge\nahoy_ms 1\n", "base unit"),
    ("# HELP ahoy_x_total X.\n# TYPE ahoy_x_total gauge\nahoy_x_total 1\n", "non-counter"),
    ("# HELP a X.\n# TYPE a gauge\na 1\na 2\n", "twice"), ("# HELP a X.\n# TYPE a gauge\na one\n", "not a sample"),
    ("# HELP a X.\n# TYPE a gauge\na 1\n# HELP b X.\n# TYPE b gauge\nb 1\na{x=\"1\"} 1\n", "stand together"),
    ("# HELP a X.\n# TYPE a gauge\na 1", "no end"), ("# HELP a X.\n# TYPE a meter\na 1\n", "unknown type"),
]


def test_the_reader_sees_faults():
    for text, word in LINES:
        problems, _ = prometheus_lint.read(text)
        assert any(word in problem for problem in problems), (text, problems)


if __name__ == "__main__":
    live.run(globals())
