# SPDX-License-Identifier: BSD-2-Clause
"""What the parts of `make bench` share: a server on core 0 of which CPU and memory are read, `ahoy load` on core 1.

CPU is what the scheduler gave to all threads of the server and its children, memory what is resident and not a
file. A part that fails says so by SystemExit; what it has started ends with it."""

import bisect
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import time

import streams

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
PATIENCE = 60


def free_port():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def free_ports(count):
    """The first of so many in a row."""
    while True:
        first, held = free_port(), []
        try:
            for port in range(first, first + count):
                held.append(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
                held[-1].bind(("127.0.0.1", port))
            return first
        except (OSError, OverflowError):
            continue
        finally:
            for s in held:
                s.close()


class Server:
    """`ahoy serve` by UDP, one worker, no authentication, its log in a file; all else is the default."""

    def __init__(self, ahoy, folder, port=None, extra=""):
        self.ahoy, self.folder, self.port = ahoy, folder, port or free_port()
        self.config = os.path.join(folder, "ahoy.conf")
        with open(self.config, "w") as f:
            f.write('domain = {"127.0.0.1"}\nlisten = {"udp:127.0.0.1:%d"}\nstate = "%s/state"\nauthentication = false\n'
                    'workers = 1\nlog_file = "%s/log"\n%s' % (self.port, folder, folder, extra))
        self.process = None

    def start(self):
        """Returns the seconds until it serves."""
        began = time.monotonic()
        self.process = subprocess.Popen([self.ahoy, "serve", "--json", "--config", self.config], stdout=subprocess.PIPE,
                                        stderr=subprocess.DEVNULL, preexec_fn=streams.pin(0))
        if not any(b'"ready"' in line for line in self.process.stdout):
            raise SystemExit("the server did not start: exit %s" % self.process.wait(PATIENCE))
        return time.monotonic() - began

    def stop(self):
        if self.process is None:
            return
        self.process.terminate()
        try:
            self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process.stdout.close()
        self.process = None

    def pids(self):
        return streams.family(self.process.pid)

    def cpu_us(self):
        return streams.cpu_us(self.pids())

    def resident(self):
        return sum(map(resident, self.pids()))

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.stop()


def resident(pid):
    """Bytes of a process that are in memory and in no file."""
    with open("/proc/%d/status" % pid) as f:
        return 1024 * sum(int(n) for n in re.findall(r"^Rss(?:Anon|Shmem):\s+(\d+) kB", f.read(), re.M))


def load_command(ahoy, scenario, port, args):
    return [ahoy, "load", scenario, "127.0.0.1", "--server=127.0.0.1:%d" % port, "--json", *args]


def load(server, scenario, *args, ahoy=None, port=None):
    """The result of a run of the generator; with a server, its CPU per operation is in it."""
    args = list(args) + (["--pid=%d" % server.process.pid] if server else [])
    done = subprocess.run(load_command(ahoy or server.ahoy, scenario, port or server.port, args), text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, preexec_fn=streams.pin(1))
    lines = done.stdout.splitlines()
    if not lines or done.returncode not in (0, 1):
        raise SystemExit("ahoy load %s ended with %d: %s" % (scenario, done.returncode, done.stderr[-500:]))
    result = json.loads(lines[-1])
    if result["failed"] > result["operations"] / 100:
        raise SystemExit("ahoy load %s: %d of %d failed: %s" % (scenario, result["failed"], result["started"], result["errors"]))
    return result


def watched(server, scenario, *args):
    """(result, samples): a run, looked at each second: (seconds, operations that ended well, CPU us, bytes resident)."""
    began = time.monotonic()
    samples = [(0.0, 0, server.cpu_us(), server.resident())]
    result = None
    with subprocess.Popen(load_command(server.ahoy, scenario, server.port, ["--progress", *args]), text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, preexec_fn=streams.pin(1)) as generator:
        for line in generator.stdout:
            event = json.loads(line)
            if event.get("event") != "progress":
                result = event
            elif event.get("ok", 0) > samples[-1][1]:
                samples.append((time.monotonic() - began, event["ok"], server.cpu_us(), server.resident()))
            elif len(samples) == 1:  # it registers, or asks first
                samples[0] = (time.monotonic() - began, 0, server.cpu_us(), server.resident())
    if result is None or generator.returncode not in (0, 1):
        raise SystemExit("ahoy load %s ended with %s" % (scenario, generator.returncode))
    if result["ok"] > samples[-1][1]:
        samples.append((time.monotonic() - began, result["ok"], server.cpu_us(), server.resident()))
    return result, samples


def cpu_at(samples, operations):
    """CPU us when so many operations had ended: on the line between two samples."""
    ends = [s[1] for s in samples]
    i = min(max(bisect.bisect_left(ends, operations), 1), len(samples) - 1)
    (_, n0, c0, _), (_, n1, c1, _) = samples[i - 1], samples[i]
    return c0 + (c1 - c0) * (operations - n0) / (n1 - n0)


def per_operation(samples, first, last):
    """CPU us of each operation from the first to the last."""
    return (cpu_at(samples, last) - cpu_at(samples, first)) / (last - first)


def others_busy(before, after, own):
    """Cores that were busy with something else between two readings of cpu_seconds, of which `own` seconds are ours."""
    return max(0.0, (after[0] - before[0] - own) / max(after[1] - before[1], 0.001))


def cpu_seconds():
    """(busy seconds of all cores, now)"""
    with open("/proc/stat") as f:
        n = [int(x) for x in f.readline().split()[1:]]
    return (sum(n[:3]) + sum(n[5:8])) / os.sysconf("SC_CLK_TCK"), time.monotonic()


def machine():
    with open("/proc/cpuinfo") as f:
        model = re.search(r"^model name\s*: (.*)$", f.read(), re.M)
    return "%s, %d cores, Linux %s" % (model.group(1).strip() if model else "?", os.cpu_count(), os.uname().release.split("-")[0])


def commit():
    """The commit that is measured, with a + if files differ from it."""
    git = ["git", "-C", ROOT]
    if shutil.which("git") is None:
        return "?"
    head = subprocess.run(git + ["rev-parse", "--short=8", "HEAD"], text=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    changed = subprocess.run(git + ["diff", "--quiet", "HEAD", "--", "src"], stderr=subprocess.DEVNULL).returncode
    return (head.stdout.strip() or "?") + ("+" if changed == 1 else "")


def end_by_exception():
    """A part that is told to end goes by its `finally`s, so that its servers go, too."""
    def told(*_):
        raise SystemExit("told to end")
    signal.signal(signal.SIGTERM, told)
