# SPDX-License-Identifier: BSD-2-Clause
"""What the phone's commands print with --json, held against the schema that they promise: docs/phone-events.schema.json.

    check(event)    raises if it is not as promised

Of JSON Schema it knows what that file uses, and stumbles over anything else."""

import json
import os
import re

PATH = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../docs/phone-events.schema.json")
VERBS = ("call", "answer", "register", "message", "watch", "phone")
SAYS_NOTHING = {"description", "title", "$schema", "$defs"}
TYPES = {"string": str, "integer": int, "number": (int, float), "boolean": bool, "object": dict, "array": list,
         "null": type(None)}

with open(PATH) as file:
    SCHEMA = json.load(file)


def is_of(value, name):
    return isinstance(value, TYPES[name]) and (name == "boolean" or not isinstance(value, bool))


def faults(value, rule, where):
    """Each thing that is wrong with it."""
    for key, wanted in rule.items():
        if key == "$ref":
            yield from faults(value, SCHEMA["$defs"][wanted.rsplit("/", 1)[1]], where)
        elif key == "type":
            if not any(is_of(value, name) for name in ([wanted] if isinstance(wanted, str) else wanted)):
                yield "%s: %r is no %s" % (where, value, wanted)
        elif key == "const" or key == "enum":
            if value not in ([wanted] if key == "const" else wanted):
                yield "%s: %r is not %s" % (where, value, wanted)
        elif key == "maximum":
            if value > wanted:
                yield "%s: %r is above %s" % (where, value, wanted)
        elif key == "minimum":
            if value < wanted:
                yield "%s: %r is below %s" % (where, value, wanted)
        elif key == "pattern":
            if not re.search(wanted, value):
                yield "%s: %r is not like %s" % (where, value, wanted)
        elif key == "required":
            yield from ("%s: %s is missing" % (where, name) for name in wanted if name not in value)
        elif key == "additionalProperties":
            assert wanted is False
            yield from ("%s: %s is not in the schema" % (where, name) for name in value if name not in rule["properties"])
        elif key == "properties":
            for name in value.keys() & wanted.keys():
                yield from faults(value[name], wanted[name], "%s.%s" % (where, name))
        elif key == "items":
            for i, item in enumerate(value):
                yield from faults(item, wanted, "%s[%d]" % (where, i))
        else:
            assert key in SAYS_NOTHING, "schema.py does not know '%s'" % key


def check(event):
    kinds = [one["$ref"].rsplit("/", 1)[1] for one in SCHEMA["oneOf"]]
    name = event.get("event")
    assert name in kinds, "not in docs/phone-events.schema.json: %s" % event
    found = list(faults(event, SCHEMA["$defs"][name], name))
    assert not found, "not as docs/phone-events.schema.json has it: %s\n%s" % (event, "\n".join(found))


def check_output(words, text):
    """What a command of these words has printed: what is promised to be such an object is one."""
    if not any(word in VERBS for word in words[:1]) or not ("--json" in words or "json" in words):
        return
    for line in text.splitlines():
        if line.startswith("{"):
            check(json.loads(line))
