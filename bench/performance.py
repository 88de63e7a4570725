# SPDX-License-Identifier: BSD-2-Clause
"""The plots of docs/performance.md and the tables between its marks, from the record of `make bench`."""

import os
import re

import svg
import table

BEGIN, END = "<!-- made by tools/bench -->", "<!-- end -->"
LEASE_S, BUSY_HOUR_CALLS = 1800, 0.02  # a phone registers every half hour; one user in fifty begins a call in a busy minute
SIZES = (1000, 10000, 100000, 1000000)


def of(measured, part):
    return measured.get(part, {}).get("figures", {})


def numbered(figures, pattern):
    """[(n, figure)] of the figures whose name is the pattern with a number in it, by number."""
    found = [(int(m.group(1)), value) for m, value in ((re.fullmatch(pattern, name), value) for name, value in figures.items()) if m]
    return sorted(found)


def by_users(measured):
    """Series over the number of users that are registered."""
    calls = numbered(of(measured, "growth"), r"call (\d+)")
    registers = numbered(of(measured, "growth"), r"register (\d+)")
    return [(name, some) for name, some in (("call", calls), ("REGISTER", registers)) if some]


def by_waiting(measured):
    calls = numbered(of(measured, "waiting"), r"call at (\d+) waiting")
    own = [(n, ns / 1000) for n, ns in numbered(of(measured, "steady"), r"ns at (\d+) waiting")]
    return [(name, some) for name, some in (("call, all CPU", calls), ("its code alone", own)) if some]


PLOTS = (
    ("users", "CPU for each operation, by users", "users who are registered", "µs of CPU", by_users),
    ("waiting", "CPU for a call, by what waits", "transactions that wait for their timers", "µs of CPU", by_waiting),
)


def growth_lines(measured):
    lines = []
    for name, title, x_label, _, series_of in PLOTS:
        series = series_of(measured)
        if not series:
            continue
        lines += ["![%s](performance/%s.svg)" % (title, name), ""]
        for what, some in series:
            (x0, first), (x1, last) = some[0], some[-1]
            lines.append("- %s: %s µs with %s %s, %s µs with %s: %+.0f %%." % (what, table.number(first), table.number(x0), x_label,
                                                                           table.number(last), table.number(x1), 100 * (last / first - 1)))
        lines.append("")
    return lines


def need(measured):
    """What so many users need of a machine, by the figures; empty if they are not there."""
    call, register = of(measured, "compare").get("call ours"), of(measured, "compare").get("register ours")
    contact = of(measured, "memory").get("memory ours")
    if None in (call, register, contact):
        return []
    lines = ["| users | calls/s | registrations/s | of one core | memory for contacts |", "|---|---|---|---|---|"]
    for users in SIZES:
        calls, registers = users * BUSY_HOUR_CALLS / 60, users / LEASE_S
        lines.append("| %s | %s | %s | %s %% | %s MB |" % (table.number(users), table.number(calls), table.number(registers),
                                                         table.number((calls * call + registers * register) / 1e4),
                                                         table.number(users * contact / 1e6)))
    return lines + [""]


def block(measured):
    lines = need(measured) + growth_lines(measured)
    dates = sorted({part["date"][:10] + " " + part["commit"] for name, part in measured.items() if name in
                    ("compare", "memory", "growth", "million", "waiting") and "figures" in part})
    return "\n".join(lines + (["Measured: " + ", ".join(dates) + "."] if dates else ["Not measured yet."]))


def replaced(page, made):
    """The page with what is between its marks made anew."""
    before, mark, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not mark or not end:
        raise SystemExit("docs/performance.md has not both marks: %s, %s" % (BEGIN, END))
    return before + BEGIN + "\n\n" + made.rstrip() + "\n\n" + END + after


def write(docs, measured):
    path = os.path.join(docs, "performance.md")
    with open(path) as f:
        page = replaced(f.read(), block(measured))
    with open(path, "w") as f:
        f.write(page)
    os.makedirs(os.path.join(docs, "performance"), exist_ok=True)
    for name, title, x_label, y_label, series_of in PLOTS:
        series = series_of(measured)
        if series:
            with open(os.path.join(docs, "performance", name + ".svg"), "w") as f:
                f.write(svg.plot(title, x_label, y_label, series))
