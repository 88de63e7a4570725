#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""CPU per call of one worker on one core, two workers on one core, and two workers on two cores, at one rate.

bench/workers.py [AHOY] [RATE [ROUNDS]]     (build/release/ahoy, 5000 calls a second, 3 rounds, alternated)

The load comes from ../shared/bench/sipload.c, beside the checkout (AHOY_SIPLOAD=FILE), on core 1; the server has the
default configuration but for what is written below. Both cores have to be idle otherwise."""

import os
import re
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
CASES = (("1 worker on 1 core", 1, "0"), ("2 workers on 1 core", 2, "0"), ("2 workers on 2 cores", 2, "0,1"))
PORT, PATIENCE = 25060, 30


def build_load(folder):
    source = os.environ.get("AHOY_SIPLOAD", os.path.join(ROOT, "../shared/bench/sipload.c"))
    if not os.path.exists(source):
        raise SystemExit("bench/workers: there is no " + source)
    program = os.path.join(folder, "sipload")
    subprocess.run(["gcc", "-O2", "-w", "-o", program, source], check=True)
    return program


def serve(ahoy, folder, workers, cores):
    state = tempfile.mkdtemp(dir=folder)
    config = os.path.join(state, "ahoy.conf")
    with open(config, "w") as f:
        f.write('domain = {"127.0.0.1"}\nlisten = {"udp:127.0.0.1:%d"}\nstate = "%s"\nauthentication = false\n'
                'workers = %d\nlog_file = "%s/log"\n' % (PORT, state, workers, state))
    server = subprocess.Popen(["taskset", "-c", cores, ahoy, "serve", "--json", "--config", config],
                              stdout=subprocess.PIPE)
    if not any(b'"ready"' in line for line in server.stdout):
        raise SystemExit("bench/workers: the server did not start")
    return server


def load(program, pid, *options):
    done = subprocess.run(["taskset", "-c", "1", program, "-P", str(pid), "-N", "1000", *options],
                          stdout=subprocess.PIPE, text=True, check=True)
    return dict(re.findall(r"(\w+)=([\d.]+)", done.stdout))


def measure(ahoy, program, folder, rate, workers, cores):
    """What sipload says of the calls of two seconds, after three to warm up."""
    server = serve(ahoy, folder, workers, cores)
    try:
        load(program, server.pid, "-m", "register", "-n", "1000", "-W", "32")
        figures = load(program, server.pid, "-m", "invite", "-r", rate, "-W", "1024", "-S", "-w", "3", "-t", "2")
    finally:
        server.terminate()
        server.wait(PATIENCE)
        server.stdout.close()
    if figures["errs"] != "0":
        print("note: %d workers on %s: %s errors" % (workers, cores, figures["errs"]), file=sys.stderr)
    return float(figures["srv_us"]), float(figures["rate"])


def main(args):
    ahoy = os.path.abspath(args[0]) if args else os.path.join(ROOT, "build/release/ahoy")
    rate, rounds = (args[1:2] or ["5000"])[0], int((args[2:3] or ["3"])[0])
    seen = {case: [] for case in CASES}
    with tempfile.TemporaryDirectory() as folder:
        program = build_load(folder)
        for _ in range(rounds):
            for case in CASES:
                seen[case].append(measure(ahoy, program, folder, rate, *case[1:]))
                time.sleep(0.3)
    one = statistics.median(us for us, _ in seen[CASES[0]])
    for case, figures in seen.items():
        us = statistics.median(us for us, _ in figures)
        print("%-20s %6.1f us of CPU per call, %+.0f %% (%.0f calls/s)"
              % (case[0], us, 100 * (us / one - 1), statistics.median(rate for _, rate in figures)))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
