#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""What is left of the rate of calls of a server held to a quarter of a core when more come than it can do.

bench/overload.py [--quick] [AHOY [SHARE [FACTOR...]]]     (build/release/ahoy, 0.25, 1 2 3)

The peak is the most that it completes of any number of calls that begin each second, whatever becomes of them: half of
what a closed loop of 64 completes, and more from step to step. Then so many times the peak begin. A closed loop itself
completes more, as none of its calls begins while the server is held, and those are told beside. The server runs on core
0, the load is made on core 1: a generator that shares the server's core begins its calls late and in heaps, and repeats
what it is late to read the answer of."""

import os
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
QUICK = "--quick" in sys.argv
ARGS = [arg for arg in sys.argv[1:] if arg != "--quick"]
os.environ["AHOY"] = os.path.abspath(ARGS[0]) if ARGS else os.path.join(ROOT, "build/release/ahoy")
sys.path.insert(0, os.path.join(ROOT, "test", "live"))

from live import Bench, Skip  # noqa: E402
from overload_test import calls, held_server, load, memory_high_water, wait_until_calm  # noqa: E402
from quota import quota  # noqa: E402


STEPS = (1,) if QUICK else (0.5, 0.6, 0.7, 0.8, 0.9, 1, 1.2)  # of what a closed loop completes
SECONDS = 1 if QUICK else 3


def begun(server, rate, warm_up, seconds):
    result = load(server, "--rate=%d" % max(1, rate), "--window=100000", "--warm-up=%d" % warm_up, "--duration=%d" % seconds)
    wait_until_calm(server)
    return result


def measure(share, factor):
    with quota(share) as held:
        with Bench() as bench:
            os.sched_setaffinity(0, {0})
            server = held_server(bench, held)
            os.sched_setaffinity(0, {1})
            closed = calls(load(server, "--window=64", "--warm-up=1", "--duration=%d" % SECONDS))
            peak = max(calls(begun(server, step * closed, 1, SECONDS)) for step in STEPS)
            flood = begun(server, factor * peak, 2, 3 * SECONDS)
            refused = flood["errors"]["status"].get("503", 0) / flood["seconds"]
            print("x %.1f: %6.0f calls/s begun, %6.0f completed (%3.0f %% of the peak, %.0f; a closed loop has %.0f), "
                  "%6.0f refused with 503, %d repetitions, p50 %s ms, memory %.0f MiB"
                  % (factor, factor * peak, calls(flood), 100 * calls(flood) / peak, peak, closed, refused,
                     flood["retransmitted"], (flood["latency_us"] or {}).get("p50", 0) // 1000,
                     memory_high_water(server) / (1 << 20)), flush=True)


def main(args):
    share = float(args[1]) if len(args) > 1 else 0.25
    try:
        if not {0, 1} <= os.sched_getaffinity(0):
            raise Skip("cores 0 and 1 are not both to be had")
        for factor in map(float, args[2:] or ["1", "2", "3"]):
            measure(share, factor)
    except Skip as reason:
        print("bench/overload: " + str(reason))
        return 77
    return 0


if __name__ == "__main__":
    sys.exit(main(ARGS))
