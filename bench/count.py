# SPDX-License-Identifier: BSD-2-Clause
"""Instructions, allocations and bytes per operation, counted by callgrind in a pinned environment, and their records.

A figure is a name of two words: "call instructions". bench/figures/<compiler>.txt records them for one compiler,
valgrind and C library; elsewhere they are other numbers, and nothing can be compared."""

import os
import platform
import re
import shutil
import subprocess
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
RELEASE = os.path.join(ROOT, "build/release")
FIGURES = os.path.join(ROOT, "bench/figures")
TOLERANCE = 0.02
RUNS = [("call_bench", name, 300) for name in ("call", "register", "digest", "message", "options", "tcp-call")] + \
       [("parse_bench", name, 1000) for name in ("invite", "ok", "register", "options")]
# The C library picks its memcpy by the processor, OpenSSL its digests; malloc has its moods.
PINNED = {
    "PATH": "/usr/bin:/bin",
    "LC_ALL": "C",
    "LD_BIND_NOW": "1",
    "OPENSSL_ia32cap": "0",
    "GLIBC_TUNABLES": "glibc.malloc.arena_max=1:glibc.malloc.tcache_count=7:glibc.malloc.mmap_threshold=131072:"
                      "glibc.malloc.trim_threshold=131072:glibc.cpu.hwcaps="
                      "-AVX,-AVX2,-AVX512F,-AVX512VL,-BMI1,-BMI2,-MOVBE,-ERMS,-FSRM,-SSSE3,-SSE4_1,-SSE4_2,-RTM",
}


def first_line(*args):
    return subprocess.run(args, check=True, text=True, stdout=subprocess.PIPE).stdout.split("\n")[0].strip()


def build():
    for program in ("call_bench", "parse_bench"):
        done = subprocess.run([os.path.join(ROOT, "tools/build"), "release", program], text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        if done.returncode != 0:
            raise SystemExit("tools/bench: %s does not build\n%s" % (program, done.stdout[-4000:]))


def identity():
    """What the figures depend on besides the code."""
    with open(os.path.join(RELEASE, "CMakeCache.txt")) as cache:
        compiler = re.search(r"^CMAKE_C_COMPILER:\w+=(.*)$", cache.read(), re.M).group(1)
    return {"compiler": re.sub(r"^\S*cc\S* ", "gcc ", first_line(compiler, "--version")),  # cc, gcc-12
            "valgrind": first_line("valgrind", "--version") if shutil.which("valgrind") else "none",
            "libc": " ".join(platform.libc_ver()), "machine": platform.machine()}


def count_one(program, name, times):
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(["valgrind", "--tool=callgrind", "--collect-atstart=no",  # it lays out memory by itself
                               "--callgrind-out-file=" + os.path.join(folder, "out"), "./" + program, name, str(times)],
                              cwd=os.path.join(RELEASE, "test"), env=PINNED, text=True, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE)
        if done.returncode != 0:
            raise SystemExit("tools/bench: %s %s failed\n%s%s" % (program, name, done.stdout, done.stderr))
    label = name if program == "call_bench" else "parse-" + name
    collected = int(re.search(r"Collected : (\d+)", done.stderr).group(1))
    figures = {label + " instructions": round(collected / times)}
    for line in done.stdout.splitlines():
        what, number = line.split()
        figures[label + " " + what] = int(number)
    return figures


def count():
    figures = {}
    for run in RUNS:
        figures.update(count_one(*run))
    return figures


def record_path(known):
    kind = re.search(r"gcc|clang|$", known["compiler"]).group(0) or "other"
    version = re.search(r"\d+\.\d+\.\d+|$", known["compiler"]).group(0)
    return os.path.join(FIGURES, "%s-%s.txt" % (kind, version))


def read_record(path):
    """(identity, figures) of a record; both empty if there is none."""
    known, figures = {}, {}
    if os.path.exists(path):
        with open(path) as record:
            for line in record:
                comment = re.match(r"# (\w+): (.*)$", line)
                if comment:
                    known[comment.group(1)] = comment.group(2)
                elif not line.startswith("#"):
                    name, number = line.rstrip().rsplit(" ", 1)
                    figures[name] = int(number)
    return known, figures


def write_record(path, known, figures):
    with open(path, "w") as record:
        record.write("# Per operation, in the release build; written by tools/bench --record.\n")
        record.writelines("# %s: %s\n" % pair for pair in known.items())
        record.writelines("%s %d\n" % pair for pair in figures.items())


def moved(recorded, counted):
    """Lines about the figures that differ by more than the tolerance, or are not on both sides."""
    lines = []
    for name in sorted(recorded.keys() | counted.keys()):
        was, now = recorded.get(name), counted.get(name)
        if was is None or now is None:
            lines.append("%s: recorded %s, counted %s" % (name, was, now))
        elif abs(now - was) > TOLERANCE * was:
            lines.append("%s: %d, recorded %d (%+.1f %%)" % (name, now, was, 100 * (now / was - 1)))
    return lines
