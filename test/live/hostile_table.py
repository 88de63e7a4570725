# SPDX-License-Identifier: BSD-2-Clause
"""The cases of test/hostile/*.txt (its README has the language), read and written as bytes."""

import glob
import os
import re

FOLDER = os.path.join(os.path.dirname(__file__), "../hostile")
COMPACT = {"i": "call-id", "m": "contact", "e": "content-encoding", "l": "content-length", "c": "content-type",
           "f": "from", "s": "subject", "k": "supported", "t": "to", "v": "via"}
ESCAPES = {"r": b"\r", "n": b"\n", "t": b"\t", "0": b"\0", "\\": b"\\"}


class Case:
    def __init__(self, name, place):
        self.name, self.place = name, place
        self.kinds = ["udp", "tcp"]
        self.steps = []  # ["send", who, raw, lines], ["gets", who, what], ["with", who, text, wanted], ["closed"]

    def says(self, who, raw, line):
        last = self.steps[-1] if self.steps else None
        if last and last[0] == "send" and last[4]:
            last[3].append(line)
        else:
            self.steps.append(["send", who, raw, [line], True])


def unescape(text, names):
    """The bytes that a line stands for."""
    text = re.sub(r"\$(\w+)", lambda m: names.get(m.group(1), m.group(0)), text)
    out, at = bytearray(), 0
    while at < len(text):
        repeated = re.match(r"\{(\d+):([^}]*)\}", text[at:])
        if repeated:
            out += unescape(repeated.group(2), names) * int(repeated.group(1))
            at += repeated.end()
        elif text[at] == "\\" and text[at + 1] == "x":
            out.append(int(text[at + 2:at + 4], 16))
            at += 4
        elif text[at] == "\\":
            out += ESCAPES[text[at + 1]]
            at += 2
        else:
            out += text[at].encode()
            at += 1
    return bytes(out)


def field_name(line):
    found = re.match(r"([A-Za-z-]+)[ \t]*:", line)
    name = found.group(1).lower() if found else ""
    return COMPACT.get(name, name)


def compose(lines, raw, names, defaults):
    """One message: `lines`, and those of `defaults` that they lack."""
    def write(some):
        return b"".join(unescape(line[:-2] if line.endswith("\\c") else line + r"\r\n", names) for line in some)

    if raw:
        return write(lines)
    body = write([line[1:] for line in lines if line.startswith("|")])
    head = [line for line in lines if not line.startswith("|")]
    left_out = [line[1:].strip().lower() for line in head if re.match(r"-[A-Za-z-]+$", line)]
    head = [line for line in head if not re.match(r"-[A-Za-z-]+$", line)]
    there = left_out + [field_name(line) for line in head[1:]]
    more = [line for line in defaults if field_name(line) not in there]
    if "content-length" not in there:
        more.append("Content-Length: %d" % len(body))
    return write(head[:1] + more + head[1:]) + b"\r\n" + body


def read_file(path):
    """The lines of configuration, and the cases."""
    config, cases, who, raw, told = [], [], "alice", False, "alice"
    for number, line in enumerate(open(path), 1):
        line = line.rstrip("\n")
        word, _, rest = line.partition(" ")
        case = cases[-1] if cases else None
        if line.startswith("  "):
            case.says(who, raw, line[2:])
            continue
        if case and case.steps and case.steps[-1][0] == "send":
            case.steps[-1][4], who, raw = False, "alice", False
        if line == "" or word in ("#", "rule"):
            continue
        if word == "config":
            config.append(rest)
        elif word == "case":
            cases.append(Case(rest, "%s:%d" % (os.path.basename(path), number)))
        elif word == "by":
            case.kinds = [rest]
        elif word == "raw":
            raw = True
        elif line == "bob":
            who = "bob"
        elif word in ("gets", "bob"):
            told = "bob" if word == "bob" else "alice"
            case.steps.append(["gets", told, line.split("gets ")[1]])
        elif word in ("with", "without"):
            case.steps.append(["with", told, rest, word == "with"])
        elif word == "closed":
            case.steps.append(["closed"])
        else:
            raise AssertionError("%s:%d: %s" % (path, number, line))
    return config, cases


def files():
    return sorted(glob.glob(os.path.join(FOLDER, "*.txt")))
