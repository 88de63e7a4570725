# SPDX-License-Identifier: BSD-2-Clause
"""A server that is held to a quarter of a core gets three times the calls it can do: it goes on to complete calls, in
bounded memory, what it refuses is told when to come again, and when that is over it is itself again.  How many it completes
is a matter of time, and so for bench/overload.py and the model in base/overload_test."""

import json
import subprocess
import time

from live import AHOY, PATIENCE, Bench, run
from quota import quota

CONFIG = "authentication = false\nworkers = 1\nsource_rate = 0\nmax_peer_transactions = 1000000"
MEMORY = 512 << 20


def load(server, *options):
    done = subprocess.run([AHOY, "load", "invite", "example.test", "--server", "127.0.0.1:%d" % server.port, "--json",
                           "--users=100", "--timeout=8s", *options], text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          timeout=180)
    assert done.returncode in (0, 1), "exit %d: %s" % (done.returncode, done.stderr)
    return json.loads(done.stdout.splitlines()[-1])


def calls(result):
    return result["ok"] / result["seconds"]


def logged(server):
    with open(server.folder + "/log") as file:
        return file.read()


def wait_until_calm(server):
    """Each overload that has begun has ended."""
    end = time.monotonic() + PATIENCE
    while logged(server).count("event=overload_begins") > logged(server).count("event=overload_ends"):
        assert time.monotonic() < end, "an overload never ended"
        time.sleep(0.05)


def memory_high_water(server):
    """Bytes that the server has accounted for at one time."""
    out = subprocess.run([AHOY, "status", "--json", "--config", server.config], text=True, check=True,
                         stdout=subprocess.PIPE).stdout
    return json.loads(out)["memory"]["total"]["high"]


def held_server(bench, held):
    server = bench.server(extra=CONFIG + '\nlog_file = "%s/server/log"' % bench.folder, trace=False)
    held.hold(server.process.child.pid, server.pid())
    return server


def test_three_times_too_many_calls():
    with quota(0.25) as held:
        with Bench() as bench:
            server = held_server(bench, held)
            peak = calls(load(server, "--window=64", "--warm-up=1", "--duration=5"))
            flood = load(server, "--rate=%d" % (3 * peak), "--window=100000", "--duration=8")
            assert flood["ok"] > 0, flood
            assert flood["errors"]["retry_after"] == flood["errors"]["status"].get("503", 0), flood
            wait_until_calm(server)
            after = load(server, "--rate=%d" % max(1, peak / 10), "--window=100000", "--warm-up=1", "--duration=3")
            assert after["failed"] == 0, after
            assert memory_high_water(server) < MEMORY


if __name__ == "__main__":
    run(globals())
