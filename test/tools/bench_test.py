#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""What `make bench` makes of what it has measured: lines of other programs read, tables, verdicts, plots."""

import os
import subprocess
import sys
import unittest
import xml.dom.minidom

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(ROOT, "bench"))
import harness  # noqa: E402
import parts  # noqa: E402
import performance  # noqa: E402
import svg  # noqa: E402
import table  # noqa: E402

WHEN = {"date": "2026-11-27 02:10", "commit": "abcdef01", "machine": "a machine", "rounds": 3, "others": 0.0, "notes": []}


def measured(part, **figures):
    return {part: {**WHEN, "figures": {name.replace("_", " "): value for name, value in figures.items()}}}


def row_of(lines, name):
    return next(line for line in lines if line.startswith("| %s |" % name))


class Comparison(unittest.TestCase):
    def test_lines_of_the_script_are_read(self):
        found = parts.parse_compared(
            "invite: floor 36.8 (user 0.9), kamailio 162.7 (user 90.0), ours 44.0 (user 6.0) CPU us per operation; ours/kamailio 0.27\n"
            "memory: kamailio 955.0 (user 0.0), ours 171.0 (user 0.0) bytes per contact; ours/kamailio 0.18\n"
            "nothing: of this kind\n")
        self.assertEqual((found["call floor"], found["call kamailio"], found["call ours user"]), (36.8, 162.7, 6.0))
        self.assertEqual(found["memory ours"], 171.0)
        self.assertEqual(len(found), 10)


class Overload(unittest.TestCase):
    line = ("x 3.0:   3000 calls/s begun,    870 completed ( 87 % of the peak, 1000; a closed loop has 1450),   2100 refused with 503, "
            "12 repetitions, p50 3 ms, memory 55 MiB\n")

    def test_the_line_of_the_script_is_read(self):
        self.assertEqual(parts.parse_overload(self.line), {"lost": 13, "lost of closed": 40, "peak": 1000, "closed": 1450,
                                                           "refused": 2100, "memory MiB": 55})

    def test_another_line_is_a_failure(self):
        with self.assertRaises(SystemExit):
            parts.parse_overload("x 3.0: nothing\n")


class Cpu(unittest.TestCase):
    samples = [(0, 0, 1000, 5), (1, 100, 3000, 5), (2, 300, 4000, 6)]

    def test_between_two_samples_it_is_on_their_line(self):
        self.assertEqual(harness.cpu_at(self.samples, 50), 2000)
        self.assertEqual(harness.cpu_at(self.samples, 200), 3500)

    def test_of_an_operation_from_one_to_another(self):
        self.assertEqual(harness.per_operation(self.samples, 0, 100), 20)
        self.assertEqual(harness.per_operation(self.samples, 100, 300), 5)

    def test_what_is_ours_is_no_others_load(self):
        self.assertAlmostEqual(harness.others_busy((100, 0), (112, 10), 11), 0.1)
        self.assertEqual(harness.others_busy((100, 0), (110, 10), 11), 0)


class Table(unittest.TestCase):
    def test_a_figure_within_its_bounds_is_met(self):
        row = row_of(table.table(measured("compare", call_ours=40, call_kamailio=160, call_floor=35)), "call through the proxy")
        self.assertIn("| 160 | 35 |", row)
        self.assertIn("met: 1.14 x floor, met: 0.25 x kamailio", row)
        self.assertIn("2026-11-27 abcdef01", row)

    def test_one_that_falls_short_says_so_beside_its_target(self):
        row = row_of(table.table(measured("compare", call_ours=80, call_kamailio=160, call_floor=35)), "call through the proxy")
        self.assertIn("≤ 1.35 x floor", row)
        self.assertIn("**short**: 2.29 x floor, **short**: 0.5 x kamailio", row)

    def test_what_was_never_measured_says_so(self):
        self.assertIn("not measured", row_of(table.table({}), "OPTIONS answered"))

    def test_a_ratio_without_the_other_one_is_not_made_up(self):
        self.assertIn("no kamailio to compare", row_of(table.table(measured("compare", options_ours=7)), "OPTIONS answered"))

    def test_a_busy_machine_is_told(self):
        known = measured("compare", options_ours=7)
        known["compare"]["others"] = 0.8
        self.assertIn(", busy", row_of(table.table(known), "OPTIONS answered"))

    def test_a_part_that_failed_keeps_its_figures_and_says_so(self):
        known = measured("compare", options_ours=7)
        table.merge(known, "compare", {**WHEN, "date": "2026-12-01 00:00", "failed": "no memory"})
        self.assertIn("failed since", row_of(table.table(known), "OPTIONS answered"))
        self.assertIn("| 7 |", row_of(table.table(known), "OPTIONS answered"))
        self.assertIn("failed on 2026-12-01 00:00: no memory", table.readme(known, {"compare": "how"}))
        table.merge(known, "compare", {**WHEN, "figures": {"options ours": 6}})
        self.assertNotIn("failed", row_of(table.table(known), "OPTIONS answered"))

    def test_other_parts_keep_what_they_had(self):
        known = measured("parse", index_ns=140)
        table.merge(known, "compare", {**WHEN, "figures": {"options ours": 6}})
        self.assertEqual(known["parse"]["figures"]["index ns"], 140)

    def test_each_row_is_of_a_part_that_exists(self):
        self.assertEqual({row.part for row in table.ROWS} - set(parts.PARTS), set())

    def test_numbers_have_three_digits_that_matter(self):
        self.assertEqual([table.number(n) for n in (None, 0, 0.4123, 12.34, 99.96, 1234.4)], ["", "0", "0.412", "12.3", "100", "1,234"])


class Plot(unittest.TestCase):
    def test_axes_hold_what_is_drawn(self):
        self.assertEqual(svg.steps(44), [0, 10, 20, 30, 40, 50])
        self.assertEqual(svg.steps(100), [0, 20, 40, 60, 80, 100])
        self.assertEqual(svg.decades(1000, 1000000), [1000, 10000, 100000, 1000000])
        self.assertEqual(svg.decades(40, 1100), [10, 100, 1000, 10000])
        self.assertEqual(svg.decades(100, 100), [100, 1000])

    def test_it_is_xml_with_labels_and_units(self):
        made = svg.plot("A & B", "users", "µs of CPU", [("call", [(1000, 40), (1000000, 44)]), ("REGISTER", [(1000, 8)])])
        words = [n.firstChild.data for n in xml.dom.minidom.parseString(made.encode()).getElementsByTagName("text")]
        for word in ("A & B", "users", "µs of CPU", "1k", "1M", "call", "REGISTER"):
            self.assertIn(word, words)
        self.assertIn("prefers-color-scheme: dark", made)


class Page(unittest.TestCase):
    def test_only_what_is_between_the_marks_is_made_anew(self):
        page = "before\n%s\nold\n%s\nafter\n" % (performance.BEGIN, performance.END)
        made = performance.replaced(page, "new")
        self.assertTrue(made.startswith("before\n") and made.endswith("\nafter\n") and "new" in made and "old" not in made)
        self.assertEqual(performance.replaced(made, "new"), made)
        with self.assertRaises(SystemExit):
            performance.replaced("no marks", "new")

    def test_growth_is_told_by_its_first_and_last_point(self):
        known = measured("growth", call_1000=40, call_10000=41, call_1000000=44)
        self.assertIn("40 µs with 1,000 users who are registered, 44 µs with 1,000,000: +10 %", performance.block(known))

    def test_a_second_of_calls_waits_for_its_timers(self):
        self.assertEqual(parts.still_waiting(40, 10000), 1010000)
        self.assertEqual(parts.still_waiting(1, 1000), 4000)


class Command(unittest.TestCase):
    def test_the_tables_in_the_tree_are_those_of_the_record(self):
        def pages():
            read = []
            for name in ("bench/README.md", "docs/performance.md"):
                with open(os.path.join(ROOT, name)) as f:
                    read.append(f.read())
            return read
        known = table.read(os.path.join(ROOT, "bench/measured.json"))
        readme, page = pages()
        self.assertEqual(readme, table.readme(known, {name: part.method for name, part in parts.PARTS.items()}),
                         "tools/bench --table makes it anew")
        self.assertEqual(page, performance.replaced(page, performance.block(known)), "tools/bench --table makes it anew")

    def test_it_names_its_parts(self):
        listed = subprocess.run([os.path.join(ROOT, "tools/bench"), "--list"], check=True, text=True, stdout=subprocess.PIPE).stdout
        self.assertEqual([line.split()[0] for line in listed.splitlines()], list(parts.PARTS))


unittest.main()
