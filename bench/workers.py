#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""CPU per call of one worker on one core, two workers on one core, and two workers on two cores, at one rate.

bench/workers.py [AHOY [RATE [ROUNDS]]]     (build/release/ahoy, 5000 calls a second, 3 rounds, alternated)

The load is `ahoy load` on core 1, eight callers' and eight callees' sockets, so that the kernel gives each worker some;
the server has the default configuration but for what is written below. Both cores have to be idle otherwise."""

import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
CASES = (("1 worker on 1 core", 1, "0"), ("2 workers on 1 core", 2, "0"), ("2 workers on 2 cores", 2, "0,1"))
PATIENCE = 30


def free_port():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def serve(ahoy, folder, port, workers, cores):
    state = tempfile.mkdtemp(dir=folder)
    config = os.path.join(state, "ahoy.conf")
    with open(config, "w") as f:
        f.write('domain = {"127.0.0.1"}\nlisten = {"udp:127.0.0.1:%d"}\nstate = "%s"\nauthentication = false\n'
                'workers = %d\nlog_file = "%s/log"\n' % (port, state, workers, state))
    server = subprocess.Popen(["taskset", "-c", cores, ahoy, "serve", "--json", "--config", config],
                              stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    if not any(b'"ready"' in line for line in server.stdout):
        raise SystemExit("bench/workers: the server did not start")
    return server


def load(ahoy, port, pid, rate):
    """Calls of two seconds, after two to warm up."""
    done = subprocess.run(["taskset", "-c", "1", ahoy, "load", "invite", "127.0.0.1", "--server=127.0.0.1:%d" % port,
                           "--rate=" + rate, "--window=1024", "--connections=8", "--warm-up=2", "--duration=2",
                           "--pid=%d" % pid, "--json"], stdout=subprocess.PIPE, text=True)
    lines = done.stdout.splitlines()
    if done.returncode != 0 or not lines:
        raise SystemExit("bench/workers: ahoy load ended with %d: %s" % (done.returncode, done.stdout))
    return json.loads(lines[-1])


def measure(ahoy, folder, rate, workers, cores):
    port = free_port()
    server = serve(ahoy, folder, port, workers, cores)
    try:
        result = load(ahoy, port, server.pid, rate)
    finally:
        server.terminate()
        server.wait(PATIENCE)
        server.stdout.close()
    return result["server"]["us_per_operation"], result["rate"]


def main(args):
    ahoy = os.path.abspath(args[0]) if args else os.path.join(ROOT, "build/release/ahoy")
    rate, rounds = (args[1:2] or ["5000"])[0], int((args[2:3] or ["3"])[0])
    seen = {case: [] for case in CASES}
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(rounds):
            for case in CASES:
                seen[case].append(measure(ahoy, folder, rate, *case[1:]))
    one = statistics.median(us for us, _ in seen[CASES[0]])
    for case, figures in seen.items():
        us = statistics.median(us for us, _ in figures)
        print("%-20s %6.1f us of CPU per call, %+.0f %% (%.0f calls/s)"
              % (case[0], us, 100 * (us / one - 1), statistics.median(rate for _, rate in figures)))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
