# SPDX-License-Identifier: BSD-2-Clause
"""The table of bench/README.md: what was aimed at, what was measured, and when; and the record that it is made from.

bench/measured.json has of each part (bench/parts.py) the figures of the last run that measured it, with date, commit,
machine, rounds and what else the machine did. A part that was not measured again keeps its own; one that has failed
keeps them, too, and the table says so."""

import json
import os
from collections import namedtuple

# A bound: the figure, divided by another one if `beside` names one, is at most this.
Bound = namedtuple("Bound", "most beside figure", defaults=(None, None))
Row = namedtuple("Row", "name unit part ours kamailio floor bounds", defaults=(None, None, ()))


def cpu_row(name, part, case, *bounds, suffix=""):
    return Row(name, "µs", part, case + " ours" + suffix, case + " kamailio" + suffix, case + " floor" + suffix, bounds)


ROWS = [
    cpu_row("call through the proxy", "compare", "call", Bound(1.35, "floor"), Bound(0.40, "kamailio")),
    cpu_row("of it user code", "compare", "call", Bound(7), suffix=" user"),
    cpu_row("MESSAGE through the proxy", "compare", "message", Bound(0.42, "kamailio")),
    cpu_row("OPTIONS answered", "compare", "options", Bound(0.50, "kamailio")),
    cpu_row("REGISTER that refreshes", "compare", "register", Bound(0.45, "kamailio")),
    cpu_row("REGISTER with digest, both trips", "compare", "digest", Bound(0.45, "kamailio")),
    Row("first REGISTER of a million, in order, durable", "µs", "million", "first", bounds=(Bound(12),)),
    Row("the last tenth of them", "µs", "million", "last tenth", bounds=(Bound(1, "the first tenth", "first tenth"),)),
    Row("the same in no order", "µs", "million", "first shuffled", bounds=(Bound(12),)),
    Row("adding a binding to the table, shuffled, last tenth", "ns", "location", "shuffled add-last"),
    cpu_row("resident memory per contact at a million", "memory", "memory", Bound(200))._replace(unit="bytes"),
    Row("at once, while the transactions of all wait", "bytes", "memory", "memory at once"),
    Row("after a restart", "bytes", "million", "bytes after restart", bounds=(Bound(200),)),
    Row("restart with a million bindings, to serving", "s", "million", "restart s", bounds=(Bound(2),)),
    Row("call over TCP, 200 connections", "µs", "streams", "tcp-call ours cpu_us", "tcp-call kamailio cpu_us", "tcp-call floor cpu_us",
        (Bound(1.35, "floor"),)),
    Row("TLS 1.3 handshake, P-256, full", "µs", "streams", "tls-full ours cpu_us", "tls-full kamailio cpu_us", "tls-full floor cpu_us",
        (Bound(1.3, "floor"),)),
    Row("TLS 1.3 handshake, resumed", "µs", "streams", "tls-resumed ours cpu_us", "tls-resumed kamailio cpu_us",
        "tls-resumed floor cpu_us", (Bound(1.3, "floor"),)),
    Row("set-up time, idle proxy, median", "µs", "set-up", "set-up ours", "set-up kamailio", "set-up floor", (Bound(70),)),
    Row("parse, index", "ns", "parse", "index ns", bounds=(Bound(150),)),
    Row("parse, what routing needs", "ns", "parse", "route ns", bounds=(Bound(250),)),
    Row("parse, everything", "ns", "parse", "full ns", bounds=(Bound(500),)),
    Row("parse by libosip2, everything", "ns", "parse", "osip ns"),
    Row("parse by sofia-sip, everything", "ns", "parse", "sofia ns"),
    Row("the transactions of a finished call, while they wait", "bytes", "steady", "held", bounds=(Bound(1024),)),
    Row("resident after 40 s at 10,000 calls/s", "MB", "waiting", "resident MB", bounds=(Bound(400),)),
    Row("the rate that was reached", "calls/s", "waiting", "rate"),
    Row("idle TLS connection, user memory", "bytes", "idle-tls", "user"),
    Row("lost of the peak rate of calls when three times as many come", "%", "overload", "lost", bounds=(Bound(20),)),
    Row("the peak", "calls/s", "overload", "peak"),
    Row("lost of what a closed loop of 64 completes", "%", "overload", "lost of closed"),
    Row("200 calls of one phone: packets more than 2 ms late", "%", "phone", "late % ahoy", bounds=(Bound(0.1),)),
    Row("the latest of 99.9 % of them", "µs", "phone", "99.9 % late us ahoy"),
    Row("the core that they take", "%", "phone", "CPU % ahoy", bounds=(Bound(100),)),
    Row("the same asked of baresip: calls that it had", "", "phone", "calls baresip"),
    Row("packets more than 2 ms late", "%", "phone", "late % baresip"),
    Row("the core that they take", "%", "phone", "CPU % baresip"),
    Row("an idle phone that is registered, PSS", "MB", "phone", "PSS MB ahoy", bounds=(Bound(8),)),
    Row("baresip, the same", "MB", "phone", "PSS MB baresip"),
    Row("call between two peers, `udp_gso`", "µs", "trunk", "call ours", None, "call floor", (Bound(25),)),
    Row("call at 5000/s, one worker on one core", "µs", "workers", "1 worker on 1 core"),
    Row("two workers on one core", "µs", "workers", "2 workers on 1 core", bounds=(Bound(1.15, "one worker", "1 worker on 1 core"),)),
    Row("two workers on two cores", "µs", "workers", "2 workers on 2 cores", bounds=(Bound(1.30, "one worker", "1 worker on 1 core"),)),
    Row("call with a million users registered", "µs", "growth", "call 1000000", bounds=(Bound(1.2, "a thousand", "call 1000"),)),
    Row("REGISTER that refreshes one of a million", "µs", "growth", "register 1000000", bounds=(Bound(1.2, "a thousand", "register 1000"),)),
    Row("call, instructions", "", "instructions", "call instructions"),
    Row("call over TCP, instructions", "", "instructions", "tcp-call instructions"),
    Row("MESSAGE, instructions", "", "instructions", "message instructions"),
    Row("REGISTER, instructions", "", "instructions", "register instructions"),
    Row("REGISTER with digest, both trips, instructions", "", "instructions", "digest instructions"),
    Row("OPTIONS, instructions", "", "instructions", "options instructions"),
    Row("call, allocations", "", "instructions", "call allocations"),
]


def number(value):
    """Three digits that matter, thousands apart: 0.412, 12.3, 1,234."""
    if value is None:
        return ""
    if abs(value) >= 100:
        return format(int(round(value)), ",")
    return "%.3g" % value


def bound_text(bound, unit):
    return "≤ %s x %s" % (number(bound.most), bound.beside) if bound.beside else "≤ %s%s" % (number(bound.most), " " + unit if unit else "")


def ratio(row, bound, figures):
    """The figure in the bound's measure; None if there is nothing to divide by."""
    ours = figures.get(row.ours)
    if bound.beside is None or ours is None:
        return ours
    other = figures.get(bound.figure or getattr(row, bound.beside, None) or "")
    return ours / other if other else None


def verdict(row, figures):
    """Of all bounds: met, or by how much it falls short; empty if there are none."""
    if row.ours not in figures:
        return "not measured"
    told = []
    for bound in row.bounds:
        now = ratio(row, bound, figures)
        of = " x " + bound.beside if bound.beside else ""
        if now is None:
            told.append("no %s to compare" % bound.beside)
        elif now <= bound.most:
            told.append("met" + (": %s%s" % (number(now), of) if of else ""))
        else:
            told.append("**short**: %s%s" % (number(now), of or " " + row.unit))
    return ", ".join(told)



def table(measured):
    lines = ["| | unit | Kamailio | floor | target | measured | | run |", "|---|---|---|---|---|---|---|---|"]
    for row in ROWS:
        part = measured.get(row.part, {})
        figures = part.get("figures", {})
        run = "%s %s" % (part.get("date", "")[:10], part.get("commit", "")) if figures else ""
        if part.get("failed"):
            run += " (failed since)" if figures else "failed"
        if part.get("others", 0) >= BUSY:
            run += ", busy"
        cells = [row.name, row.unit, number(figures.get(row.kamailio)), number(figures.get(row.floor)),
                 ", ".join(bound_text(b, row.unit) for b in row.bounds), number(figures.get(row.ours)), verdict(row, figures),
                 run.strip()]
        lines.append("| %s |" % " | ".join(cells))
    return lines


BUSY = 0.15  # cores that others used


def runs(measured, methods):
    """How each part was measured, and on what."""
    lines = ["| part | how | date | commit | rounds | others' load |", "|---|---|---|---|---|---|"]
    notes = []
    for name, method in methods.items():
        part = measured.get(name, {})
        others = "%.2f of a core%s" % (part["others"], ": machine busy" if part["others"] >= BUSY else "") if "others" in part else ""
        lines.append("| `%s` | %s | %s | %s | %s | %s |" % (name, method, part.get("date", "never"), part.get("commit", ""),
                                                          part.get("rounds", ""), others))
        notes += ["- `%s`: %s" % (name, text) for text in part.get("notes", [])]
        if part.get("failed"):
            notes.append("- `%s` failed on %s: %s" % (name, part["failed"]["date"], part["failed"]["why"]))
    return lines + [""] + notes


HEAD = """# What it costs

Made by `make bench` from `bench/measured.json`; not written by hand. What a row means, and how it is measured:
[docs/benchmarks.md](../docs/benchmarks.md); what follows for a machine: [docs/performance.md](../docs/performance.md).

CPU is that of all threads of the server for each operation. The floor does the same system calls and almost nothing else. Ratios are of one run, in turns; the
figures of different rows, and of different machines, are not. **short**: beside its target, not met. Where others used the machine meanwhile, CPU figures are too high.

"""


def readme(measured, methods):
    machines = sorted({part["machine"] for part in measured.values() if "machine" in part})
    lines = table(measured) + ["", "Machine: " + "; ".join(machines or ["none yet"]) + ".", "", "## How, when", ""] + runs(measured, methods)
    return HEAD + "\n".join(lines).rstrip() + "\n"


def read(path):
    if not os.path.exists(path):
        return {}
    with open(path) as f:
        return json.load(f)


def write(path, measured):
    """Whole or not at all."""
    with open(path + ".new", "w") as f:
        json.dump(measured, f, indent=1, sort_keys=True)
        f.write("\n")
    os.replace(path + ".new", path)


def merge(measured, part, outcome):
    """What a run of a part has found takes the place of what was known; a failure stands beside it."""
    if "failed" in outcome:
        known = measured.setdefault(part, {})
        known["failed"] = {"date": outcome["date"], "why": outcome["failed"]}
    else:
        measured[part] = outcome
