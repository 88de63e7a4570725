# SPDX-License-Identifier: BSD-2-Clause
"""A strict reader of Prometheus' text format 0.0.4, and the rules of `promtool check
metrics`: problems(text) lists what either would complain about."""

import re

NAME = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*\Z")
SAMPLE = re.compile(r'([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{((?:[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\[\\"n])*",?)*)\})? '
                    r"([+-]?(?:\d+(?:\.\d*)?(?:[eE][+-]?\d+)?|Inf|NaN))(?: (-?\d+))?\Z")
TYPES = ("counter", "gauge", "histogram", "summary", "untyped")
# Units that are not the base units of Prometheus, and abbreviations.
FOREIGN = ("milliseconds", "microseconds", "nanoseconds", "minutes", "hours", "days", "weeks", "kilobytes", "megabytes",
           "gigabytes", "bits", "kibibytes", "percent", "milli", "kilo", "mega", "msec", "ms", "sec", "kb", "mb", "s", "ns", "us")


def lint(name, kind, help_text):
    """promtool's rules for one metric family."""
    if not help_text:
        yield f"{name}: no help text"
    if kind == "counter" and not name.endswith("_total"):
        yield f"{name}: counter metrics should have \"_total\" suffix"
    if kind != "counter" and name.endswith("_total"):
        yield f"{name}: non-counter metrics should not have \"_total\" suffix"
    for suffix in ("_bucket", "_count", "_sum"):
        if kind in ("counter", "gauge", "untyped") and name.endswith(suffix):
            yield f"{name}: non-histogram and non-summary metrics should not have \"{suffix}\" suffix"
    if re.search(r"[A-Z]", name):
        yield f"{name}: metric names should be written in 'snake_case' not 'camelCase'"
    if ":" in name:
        yield f"{name}: metric names should not contain ':'"
    for word in name.split("_"):
        if word in FOREIGN:
            yield f"{name}: '{word}' is no base unit"
        if word in TYPES and word == kind:
            yield f"{name}: the metric's type should not be in its name"


class Reader:
    def __init__(self):
        self.found, self.helps, self.types, self.samples, self.closed = [], {}, {}, {}, set()
        self.current = None

    def say(self, number, text):
        self.found.append(f"line {number}: {text}")

    def family(self, number, name):
        """Lines of one family stand together."""
        if name == self.current:
            return
        if name in self.closed:
            self.say(number, f"{name}: its lines do not stand together")
        if self.current is not None:
            self.closed.add(self.current)
        self.current = name

    def comment(self, number, line):
        word = line.split(" ", 3)
        if len(word) < 3 or word[1] not in ("HELP", "TYPE") or not NAME.match(word[2]):
            self.say(number, "not HELP or TYPE with a name")
            return
        table = self.helps if word[1] == "HELP" else self.types
        self.family(number, word[2])
        if word[2] in table:
            self.say(number, f"{word[2]}: second {word[1]}")
        if word[2] in self.samples:
            self.say(number, f"{word[2]}: {word[1]} after its samples")
        if word[1] == "TYPE" and (len(word) < 4 or word[3] not in TYPES):
            self.say(number, f"{word[2]}: unknown type")
        table[word[2]] = word[3] if len(word) == 4 else ""

    def sample(self, number, line):
        match = SAMPLE.match(line)
        if not match:
            self.say(number, "not a sample: " + line)
            return
        name, labels, value, _ = match.groups()
        self.family(number, name)
        values = self.samples.setdefault(name, {})
        if labels in values:
            self.say(number, f"{name}: the same labels twice")
        values[labels] = float(value)
        if self.types.get(name) == "counter" and float(value) < 0:
            self.say(number, f"{name}: a counter below 0")

    def read(self, text):
        if not text.endswith("\n"):
            self.say(0, "the last line has no end")
        for number, line in enumerate(text.split("\n")[:-1], 1):
            if line.startswith("#"):
                self.comment(number, line)
            elif line:
                self.sample(number, line)
        for name in {**self.helps, **self.types}:
            if name not in self.samples:
                self.say(0, f"{name}: no sample")
        for name in self.samples:
            if name not in self.types:
                self.say(0, f"{name}: no TYPE")
            self.found += lint(name, self.types.get(name), self.helps.get(name))


def read(text):
    """(problems, {name: {labels: value}})"""
    reader = Reader()
    reader.read(text)
    return reader.found, reader.samples


def value(samples, name, labels=None):
    return samples[name][labels]
