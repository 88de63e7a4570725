# SPDX-License-Identifier: BSD-2-Clause
"""The parts of `make bench`: each measures one thing and returns its figures by name ("call ours": 41.2), or raises.

`run` has what a part may ask for: ahoy (the program), programs (folder of the benchmarks), rounds, quick (a hundredth of
the work, to see that it runs), folder (a scratch one), note(text) for what the reader has to know beside the figures."""

import contextlib
import json
import os
import re
import shutil
import statistics
import subprocess
import tempfile
import time
from collections import namedtuple

import count
import harness
import phone_calls
import streams
import tls_idle
import workers

DEFAULT_COMPARE = os.path.join(harness.ROOT, "../shared/bench/compare.sh")
COMPARE_PORT, DIGEST_USERS, SETTLE_S, TIMER_J_S = 25060, 10000, 1, 32

Part = namedtuple("Part", "measure seconds programs method")


def program(run, name):
    path = os.path.join(run.programs, name)
    if not os.path.exists(path):
        raise SystemExit(name + " is not built")
    return path


def output(*command, timeout=300, **more):
    done = subprocess.run(command, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=timeout, **more)
    if done.returncode != 0:
        raise SystemExit("%s: exit %d: %s" % (os.path.basename(command[0]), done.returncode, (done.stderr or done.stdout)[-500:]))
    return done.stdout


# ---- by themselves

def instructions(_run):
    return count.count()


def parse(run):
    return {name + " ns": ns for name, ns in json.loads(output(program(run, "parse_compare"), "--json")).items()}


def steady(run):
    """Nanoseconds of the server's own code for a call, and bytes, while others wait for their timers: virtual network."""
    found = {}
    for rate in (10, 20) if run.quick else (10, 100, 1000, 10000):
        lines = output(program(run, "call_bench"), "call", "100" if run.quick else "4000", str(rate)).splitlines()
        heard = dict(line.split() for line in lines)
        found["ns at %s waiting" % heard["waiting"]] = int(heard["ns"])
        found["held"] = int(heard["held"])
    return found


def location(run):
    """Bytes and CPU of bindings in the table itself."""
    found = {}
    for order in ("order", "shuffled"):
        words = output(program(run, "location_bench"), "10000" if run.quick else "1000000", order).split()[1:]
        found.update({"%s %s" % (order, name): float(number) for name, number in zip(words[::2], words[1::2])})
    return found


# ---- beside others

def compare_script(run):
    """None if it is not there; then ours is measured alone, by `ahoy load`, and the reader told."""
    script = os.environ.get("AHOY_COMPARE", DEFAULT_COMPARE)
    if os.path.exists(script):
        return script
    run.note("ours alone, by `ahoy load`: there is no compare.sh (AHOY_COMPARE may name one)")
    return None


def by_load(run, scenario, *args, extra=""):
    """A server and a run of the generator: its result."""
    with harness.Server(run.ahoy, run.folder, extra=extra) as server:
        result = harness.load(server, scenario, "--keep", *args)
    shutil.rmtree(os.path.join(run.folder, "state"))
    return result


def alone(run):
    found = {}
    for scenario in ("options",) if run.quick else ("invite", "message", "register", "options"):
        result = by_load(run, scenario, "--warm-up=1s", "--duration=" + ("300ms" if run.quick else "3s"))
        found[("call" if scenario == "invite" else scenario) + " ours"] = result["server"]["us_per_operation"]
    return found


def serve_script(run, name, extra, users=0):
    """A command that serves with an empty database, or one of so many users, each time it is started."""
    folder = os.path.join(run.folder, name)
    os.mkdir(folder)
    server = harness.Server(run.ahoy, folder, COMPARE_PORT, extra)
    if users:
        with open(server.config) as f:
            text = f.read().replace("authentication = false\n", "")
        with open(server.config, "w") as f:
            f.write(text)
        table = os.path.join(folder, "users.csv")
        with open(table, "w") as f:
            f.write("name,password\n" + "".join("u%08u,secret\n" % n for n in range(users)))
        output(run.ahoy, "user", "import", "--config", server.config, table)
        shutil.copytree(folder + "/state", folder + "/fresh")
    path = os.path.join(folder, "serve")
    with open(path, "w") as f:
        f.write('#!/bin/sh\nrm -rf "%(f)s/state"\n[ ! -d "%(f)s/fresh" ] || cp -a "%(f)s/fresh" "%(f)s/state"\n'
                'exec "%(a)s" serve --config "%(f)s/ahoy.conf"\n' % {"f": folder, "a": run.ahoy})
    os.chmod(path, 0o755)
    return path


def parse_compared(text):
    """{"call ours": us, "call ours user": us, ...} of the script's lines."""
    found = {}
    for line in text.splitlines():
        head = re.match(r"(\w+): ", line)
        for who, us, user in re.findall(r"(floor|kamailio|ours) ([\d.]+) \(user ([\d.]+)\)", line) if head else ():
            case = "call" if head.group(1) == "invite" else head.group(1)
            found["%s %s" % (case, who)] = float(us)
            found["%s %s user" % (case, who)] = float(user)
    return found


def compared(run, script, environment, *serve):
    done = subprocess.run(["bash", script, *serve], text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          env={**os.environ, **environment})
    for line in done.stderr.splitlines():
        if line.startswith(("note: ", "did not start")):
            run.note(line.replace("note: ", ""))
    found = parse_compared(done.stdout)
    if not any(" ours" in name for name in found):
        raise SystemExit("%s: exit %d: %s" % (script, done.returncode, done.stderr[-500:]))
    if done.returncode != 0:
        run.note("the script ended with %d" % done.returncode)
    return found


def compare(run):
    script = compare_script(run)
    if script is None:
        return alone(run)
    cases = {"CASES": "options" if run.quick else "invite message register options", "ROUNDS": str(run.rounds)}
    return compared(run, script, cases, serve_script(run, "plain", ""),
                    *([] if run.quick else [serve_script(run, "digest", "", DIGEST_USERS)]))


def trunk(run):
    """Many calls between the same two peers, that may leave many in one send."""
    extra, script = "udp_gso = true\n", compare_script(run)
    if script is None or run.quick:
        result = by_load(run, "invite", "--warm-up=500ms", "--duration=1s", extra=extra)
        return {"call ours": result["server"]["us_per_operation"]}
    return compared(run, script, {"CASES": "invite", "ROUNDS": str(run.rounds), "PEER": "none"}, serve_script(run, "trunk", extra))


def kamailio(run, *more):
    """How compare.sh starts it."""
    config = os.path.join(os.path.dirname(compare_script(run)), "kamailio.cfg")
    return ["kamailio", "-f", config, "-DD", "-E", "-m", "4096", "-M", "64", "-x", "fm", "-X", "fm", "-A", "NCH=1", *more, "-Y", run.folder]


def memory_of_kamailio(run, register, users):
    """Of its processes the one that grew most: they share what there is."""
    process = subprocess.Popen(kamailio(run, "-A", "BIGHASH"), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                               preexec_fn=streams.pin(0))
    try:
        time.sleep(SETTLE_S)
        before = {pid: harness.resident(pid) for pid in streams.family(process.pid)}
        harness.load(None, "register", *register, ahoy=run.ahoy, port=COMPARE_PORT)
        return max(harness.resident(pid) - was for pid, was in before.items()) / users
    finally:
        process.terminate()
        process.wait(harness.PATIENCE)


def memory(run):
    """What a user takes when all have registered, each the first time: at once, and when no transaction waits any more."""
    users, found = 10000 if run.quick else 1000000, {}
    register = ("--keep", "--users=%d" % users, "--count=%d" % users)
    with harness.Server(run.ahoy, run.folder) as server:
        before = server.resident()
        harness.load(server, "register", *register)
        ended, found["memory at once"] = time.monotonic(), (server.resident() - before) / users
        if compare_script(run) and shutil.which("kamailio"):
            found["memory kamailio"] = memory_of_kamailio(run, register, users)
        time.sleep(max(0, ended + (1 if run.quick else TIMER_J_S + 3) - time.monotonic()))
        found["memory ours"] = (server.resident() - before) / users
    return found


def set_up(run):
    """Microseconds until a call is set up, one at a time, by a generator that spins."""
    script = compare_script(run)
    if script is None:
        result = by_load(run, "invite", "--users=100", "--window=1", "--duration=2s")
        return {"set-up ours": result["latency_us"]["p50"]}
    here = os.path.dirname(script)
    for name in ("sipload", "floor"):
        output("gcc", "-O2", "-w", "-o", os.path.join(run.folder, name), os.path.join(here, name + ".c"))
    sipload = os.path.join(run.folder, "sipload")
    servers = {"floor": [os.path.join(run.folder, "floor"), "-b", "64", "-l", "60"], "ours": [serve_script(run, "idle", "")]}
    if shutil.which("kamailio"):
        servers["kamailio"] = kamailio(run)
    heard = {name: [] for name in servers}
    for _ in range(run.rounds):
        for name, command in servers.items():
            process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, preexec_fn=streams.pin(0))
            try:
                time.sleep(SETTLE_S)
                if name != "floor":
                    output(sipload, "-m", "register", "-N", "100", "-n", "100", "-W", "8", timeout=30, preexec_fn=streams.pin(1))
                line = output(sipload, "-m", "invite", "-N", "100", "-W", "1", "-w", "0.5", "-t", "0.2" if run.quick else "1.5",
                              timeout=30, preexec_fn=streams.pin(1))
            finally:
                process.terminate()
                process.wait(harness.PATIENCE)
            heard[name].append(int(re.search(r"p50us=(\d+)", line).group(1)))
    return {"set-up " + name: statistics.median(runs) for name, runs in heard.items()}


def by_streams(run):
    cases = ["tcp-set-up"] if run.quick else None
    found = streams.measure(run.ahoy, run.programs, run.rounds, cases)
    return {"%s %s %s" % (case, who, figure): number for case, servers in found.items() for who, figures in servers.items()
            for figure, number in figures.items() if figure.endswith("_us")}


# ---- the live server

def by_workers(run):
    seen = {case[0]: [] for case in workers.CASES}
    for _ in range(run.rounds):
        for name, threads, cores in workers.CASES:
            seen[name].append(workers.measure(run.ahoy, run.folder, "500" if run.quick else "5000", threads, cores)[0])
    return {name: statistics.median(runs) for name, runs in seen.items()}


def a_million(run, folder):
    """A million users register for the first time, one after the other; the server is started anew with them; and
    another server gets a million in no order."""
    users = 2000 if run.quick else 1000000
    in_order, shuffled = (os.path.join(folder, name) for name in ("in-order", "shuffled"))
    os.makedirs(in_order)
    os.makedirs(shuffled)
    with harness.Server(run.ahoy, in_order) as server:
        empty = server.resident()
        _, samples = harness.watched(server, "register", "--users=%d" % users, "--count=%d" % users, "--keep")
        first_end = next((s for s in samples if s[1] >= users), samples[-1])
        found = {"first": harness.per_operation(samples, 0, users),
                 "first tenth": harness.per_operation(samples, 0, users // 10),
                 "last tenth": harness.per_operation(samples, users - users // 10, users),
                 "bytes with what waits": (first_end[3] - empty) / users}
        server.stop()
        found["restart s"] = server.start()
        found["bytes after restart"] = (server.resident() - empty) / users
    with harness.Server(run.ahoy, shuffled) as server:
        _, samples = harness.watched(server, "register", "--users=%d" % users, "--count=%d" % users, "--keep", "--shuffle")
        found["first shuffled"] = harness.per_operation(samples, 0, users)
    return found


def million(run):
    """Medians of the rounds. A round's folder goes with it: what a million have left on the disk is 300 MB."""
    rounds = []
    for _ in range(run.rounds):
        with tempfile.TemporaryDirectory(dir=run.folder) as folder:
            rounds.append(a_million(run, folder))
    return {name: statistics.median(found[name] for found in rounds) for name in rounds[0]}


def crowd_of(run, stack, users):
    """(server, options for the generator): one with so many who have registered, each the first time."""
    folder, port = os.path.join(run.folder, "with-%d" % users), harness.free_ports(2)
    os.makedirs(folder)
    server = stack.enter_context(harness.Server(run.ahoy, folder))
    options = ["--users=%d" % users, "--keep"]
    harness.load(server, "register", "--local=127.0.0.1:%d" % (port + 1), "--count=%d" % users, "--shuffle", *options)
    return server, port, options


def refreshed(server, port, users, some):
    """CPU of a REGISTER that refreshes. The first of each user in a run is none: it has a Call-ID of its own and goes to the disk.
    Of many users `some` are asked, all over the place: the fill was in no order."""
    options = ["--users=%d" % min(users, some), "--shuffle", "--keep", "--local=127.0.0.1:%d" % port, "--count=%d" % (3 * some)]
    _, samples = harness.watched(server, "register", *options)
    return harness.per_operation(samples, some, 3 * some)


def growth(run):
    """CPU of a call and of a REGISTER that refreshes, with so many users who are registered. Their registrations' transactions have
    ended before: what those cost while they wait and when they end is another figure (`waiting`, `steady`)."""
    found, sizes = {}, (100, 200) if run.quick else (1000000, 100000, 10000, 1000)
    some, duration = (100, "300ms") if run.quick else (100000, "2s")
    with contextlib.ExitStack() as stack:
        crowds = [crowd_of(run, stack, users) for users in sizes]
        time.sleep(1 if run.quick else TIMER_J_S + 3)
        for _ in range(run.rounds):
            for users, (server, port, options) in zip(sizes, crowds):
                found.setdefault("register %d" % users, []).append(refreshed(server, port + 1, users, some))
                done = harness.load(server, "invite", "--local=127.0.0.1:%d" % port, "--no-register", "--warm-up=300ms",
                                    "--duration=" + duration, *options)
                found.setdefault("call %d" % users, []).append(done["server"]["us_per_operation"])
    return {name: statistics.median(runs) for name, runs in found.items()}


def still_waiting(seconds, rate):
    """Transactions of a server that has had so many calls a second for so long: INVITE on both sides and the BYE of the caller
    wait for 32 s (RFC 6026 Timers L and M, RFC 3261 Timer J), the BYE to the callee for 5 s (Timer K)."""
    return round(rate * (3 * min(seconds, 32) + min(seconds, 5)))


def waiting(run):
    """Ten thousand calls a second for forty seconds: what has ended waits for its timers."""
    rate, seconds = (200, 3) if run.quick else (10000, 40)
    with harness.Server(run.ahoy, run.folder) as server:
        result, samples = harness.watched(server, "invite", "--users=1000", "--rate=%d" % rate, "--window=4096",
                                          "--connections=8", "--duration=%d" % seconds)
    found = {"rate": result["rate"], "failed": result["failed"], "resident MB": max(s[3] for s in samples) / 1e6}
    for (t0, n0, c0, _), (t1, n1, c1, _) in zip(samples, samples[1:]):
        if n1 - n0 >= rate / 2:
            found["call at %d waiting" % still_waiting((t0 + t1) / 2 - samples[0][0], result["rate"])] = (c1 - c0) / (n1 - n0)
    if result["rate"] < 0.95 * rate:
        run.note("%.0f calls/s were reached, not %d" % (result["rate"], rate))
    return found


def idle_tls(run):
    found = tls_idle.measure(run.ahoy, 100 if run.quick else 4000)
    return {"user": found["user"], "kernel": found["tcp"] + found["slab"]}


def parse_overload(text):
    """The line of the script; the rate that is lost is told, so that less is better."""
    m = re.search(r"([\d.]+) completed \(\s*([\d.]+) % of the peak, ([\d.]+); a closed loop has ([\d.]+)\),"
                  r"\s+([\d.]+) refused .*memory ([\d.]+) MiB", text)
    if m is None:
        raise SystemExit("bench/overload.py said: " + text[-300:])
    completed, kept, peak, closed, refused, memory = map(float, m.groups())
    return {"lost": 100 - kept, "lost of closed": 100 - 100 * completed / closed, "peak": peak, "closed": closed,
            "refused": refused, "memory MiB": memory}


def overload(run):
    how, rounds = (["--quick", run.ahoy, "0.25", "1"], 1) if run.quick else ([run.ahoy, "0.25", "3"], run.rounds)
    script = os.path.join(harness.ROOT, "bench/overload.py")
    runs = [parse_overload(output("python3", script, *how)) for _ in range(rounds)]
    return {name: statistics.median(one[name] for one in runs) for name in runs[0]}


def phone(run):
    figures, notes = phone_calls.measure(run.ahoy, run.folder, 10 if run.quick else 200, 2 if run.quick else 20)
    for note in notes:
        run.note(note)
    return figures


# The most important ones first: a run with too little time leaves out the last.
PARTS = {
    "parse": Part(parse, 8, ("parse_compare",), "`bench/parse_compare.c`: all parsers by turns in one run, best of 21 rounds"),
    "compare": Part(compare, lambda rounds: 75 * rounds + 5, (),
                    "`compare.sh`: server on core 0, generator on core 1, by turns, medians of the rounds"),
    "million": Part(million, lambda rounds: 45 * rounds, (), "`ahoy load register`: a million users one after the other, on the disk before the "
                    "answer; then the server is ended and started; and another million in no order; medians of the rounds"),
    "memory": Part(memory, 75, (), "resident before and after a million users have registered by `ahoy load`, for each; ours at "
                   "once, and after 35 s, when their transactions have ended"),
    "streams": Part(by_streams, lambda rounds: 38 * rounds, ("tcp_floor", "stream_load", "tls_floor", "tls_load"),
                    "`bench/streams.py`: floor, ours and Kamailio by turns, medians of the rounds"),
    "waiting": Part(waiting, 50, (), "`ahoy load invite --rate 10000` for 40 s: the most that was resident, CPU by the second"),
    "set-up": Part(set_up, lambda rounds: 18 * rounds, (), "one call at a time, INVITE to its answer, a generator that spins"),
    "overload": Part(overload, lambda rounds: 90 * rounds, (), "`bench/overload.py`: the server held to a quarter of core 0, generator on core 1; so many "
                     "calls a second that it completes most, then three times those; medians of the rounds"),
    "phone": Part(phone, 120, (), "`bench/phone_calls.py`: 200 calls of one phone, each of its packets noted by the kernel and sent back; the PSS of one "
                  "that is registered and idle; baresip the same afterwards"),
    "growth": Part(growth, lambda rounds: 85 + 20 * rounds, (), "`ahoy load` with 1000 to a million users registered, whose registrations' transactions have ended: "
                   "four servers by turns, medians of the rounds"),
    "instructions": Part(instructions, 70, ("call_bench", "parse_bench"),
                         "callgrind, `bench/call_bench.c` and `bench/parse_bench.c`; repeats exactly"),
    "steady": Part(steady, 60, ("call_bench",), "`bench/call_bench.c`, virtual network: the server's own code for 4000 calls among those of "
                   "the last 40 s, 10 to 10,000 a second"),
    "workers": Part(by_workers, lambda rounds: 20 * rounds, (), "`bench/workers.py`: 5000 calls/s by `ahoy load`, medians of the rounds"),
    "location": Part(location, 20, ("location_bench",), "`bench/location_bench.c`: the table of bindings by itself"),
    "trunk": Part(trunk, lambda rounds: 19 * rounds, (), "`compare.sh` with `udp_gso = true`, medians of the rounds"),
    "idle-tls": Part(idle_tls, 15, (), "`bench/tls_idle.py`: private memory of the server with 4000 connections that say nothing"),
}


def seconds(part, rounds):
    return part.seconds(rounds) if callable(part.seconds) else part.seconds
