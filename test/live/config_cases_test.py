#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""`ahoy config test`: the user's own table against his configuration, without a server."""

import json
import os
import subprocess
import tempfile
import unittest

AHOY = os.path.abspath(os.environ.get("AHOY", os.path.join(os.path.dirname(__file__), "../../build/dev/ahoy")))

CONFIG = """\
domain = a.test
listen = {"udp:192.0.2.1:5060", "tls:192.0.2.1:5061"}
redirect_server = yes
redirect "old.test" { to = "sip:new.test" }
route "far.test" { to = "sip:gw.far.test" }
trunk "carrier" {
    address = {"198.51.100.0/24"}
    may_call = {"far.test"}
}
number "abroad" {
    prefix = "00"
    strip = 2
    prepend = "+"
}
route "+33*" { to = "sip:gw.far.test" }
"""

GOOD = """\
# who is there
user     carol
user     dave@a.test           # his domain is said
alias    +4930123 carol
binding  bob sip:bob@192.0.2.3:5060
binding  sip:eve@a.test <sip:eve@192.0.2.4>;video;q=0.4

INVITE bob from carol                                       -> sip:bob@192.0.2.3:5060
INVITE sip:bob@192.0.2.1 from carol                         -> sip:bob@192.0.2.3   # equal by RFC 3261 19.1.4? no: a port
INVITE sip:bob@A.TEST from carol                            -> SIP:bob@192.0.2.3:5060
MESSAGE eve@a.test from sip:x@far.test via 198.51.100.7:5062 by tcp -> sip:eve@192.0.2.4
INVITE carol                                                -> 480
INVITE tel:+4930123 from carol                              -> 480
INVITE dave                                                 -> 480
INVITE frank                                                -> 404
INVITE bob from carol authenticated no                      -> 407
INVITE bob from carol header "Max-Forwards: 0"              -> 483
INVITE sip:x@far.test from carol                            -> sip:x@far.test
INVITE sip:x@far.test from carol                            -> sip:x@far.test by sip:gw.far.test
INVITE sip:x@far.test from sip:y@other.test                 -> 403
INVITE sip:x@far.test from sip:y@other.test trunk carrier   -> route far.test
INVITE sip:x@far.test from sip:y@other.test via 198.51.100.9 -> sip:x@far.test by sip:gw.far.test
INVITE 0033123 from carol                                   -> route +33*
INVITE sip:x@old.test                                       -> 302
INVITE sip:x@old.test                                       -> 302 sip:x@new.test
INVITE bob from carol                                       -> ...
REGISTER sip:a.test from bob                                -> register
"""


class Table(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory(prefix="ahoy-live-")
        self.addCleanup(self.folder.cleanup)
        self.state = os.path.join(self.folder.name, "state")
        self.config = os.path.join(self.folder.name, "ahoy.conf")
        with open(self.config, "w") as file:
            file.write(f'state = "{self.state}"\n{CONFIG}')

    def run_table(self, table, *words, code=0):
        done = subprocess.run([AHOY, "config", "test", "-", "-c", self.config, *words], input=table,
                              capture_output=True, text=True, timeout=60)
        self.assertEqual(code, done.returncode, done.stdout + done.stderr)
        return done

    def test_what_is_as_expected_is_counted(self):
        wrong = "INVITE sip:bob@192.0.2.1"
        lines = [line for line in GOOD.splitlines(True) if not line.startswith(wrong)]
        done = self.run_table("".join(lines))
        cases = sum("->" in line for line in lines)
        self.assertEqual(f"-: {cases} cases, 0 not as expected\n", done.stdout)
        self.assertFalse(os.path.exists(self.state))

    def test_what_is_not_is_told_with_its_line_and_explanation(self):
        done = self.run_table(GOOD, code=1)
        line = 1 + GOOD.splitlines().index(next(line for line in GOOD.splitlines() if "19.1.4" in line))
        self.assertIn(f"-:{line}: not as expected\n", done.stdout)
        self.assertIn("  expected: sip:bob@192.0.2.3\n", done.stdout)
        self.assertIn("  got:      sip:bob@192.0.2.3:5060\n", done.stdout)
        self.assertIn("user is registered", done.stdout)
        self.assertIn(" 1 not as expected\n", done.stdout)

    def test_each_kind_of_expectation_can_fail(self):
        for case, got in (("INVITE frank -> 480", "404"),
                          ("INVITE frank -> sip:frank@192.0.2.9", "404"),
                          ("INVITE frank -> register", "404"),
                          ("INVITE frank -> route far.test", "404"),
                          ("INVITE sip:x@far.test from bob -> route other.test", "sip:x@far.test by sip:gw.far.test;lr"),
                          ("REGISTER sip:a.test -> 200", "register"),
                          ("INVITE sip:x@old.test -> 302 sip:x@other.test", "302 sip:x@new.test"),
                          ("INVITE sip:x@old.test -> 302 sip:x@new.test sip:x@other.test", "302 sip:x@new.test"),
                          ("INVITE bob -> 404", "sip:bob@192.0.2.3"),
                          ("INVITE bob -> sip:bob@192.0.2.4", "sip:bob@192.0.2.3"),
                          ("INVITE bob -> sip:bob@192.0.2.3 by sip:gw.test", "sip:bob@192.0.2.3"),
                          ("INVITE bob -> sip:bob@192.0.2.3, sip:bob@192.0.2.3", "sip:bob@192.0.2.3")):
            done = self.run_table("binding bob sip:bob@192.0.2.3\n" + case, "--json", code=1)
            found = [json.loads(line) for line in done.stdout.splitlines()]
            self.assertEqual([("case", False, got, 2), ("end", 1)],
                             [tuple(found[0][key] for key in ("event", "passed", "got", "line")),
                              tuple(found[1][key] for key in ("event", "failed"))])

    def test_mistakes_are_told_with_line_and_column(self):
        for row, where, part in (
                ("invite bob -> 404", "1:1", "a line begins with user, alias, binding or a method"),
                ("INVITE", "1:7", "the address that is called is missing"),
                ("INVITE bob", "1:11", "'->' and what is expected is missing"),
                ("INVITE bob ->", "1:14", "what is expected"),
                ("INVITE bob frm x -> 404", "1:12", "'frm' is not one of: from URI"),
                ("INVITE bob from", "1:16", "its value is missing"),
                ("INVITE bob header Subject -> 404", "1:19", "Name: value"),
                ('INVITE bob header "Subject: x -> 404', "1:19", "never closed"),
                ("INVITE bob authenticated maybe -> 404", "1:26", "yes or no"),
                ("INVITE bob -> nowhere", "1:15", "is no URI"),
                ("INVITE bob -> sip:a@b.test sip:c@d.test", "1:28", "a comma, 'then', 'by' or '...'"),
                ("INVITE bob -> sip:a@b.test,", "1:28", "one more target"),
                ("INVITE bob -> sip:a@b.test then", "1:32", "one more target"),
                ("INVITE bob -> then sip:a@b.test", "1:15", "between two targets"),
                ("INVITE bob -> by sip:a@b.test", "1:17", "wants a target before it"),
                ("INVITE bob -> register now", "1:24", "end of the line"),
                ("user", "1:5", "the user's name"),
                ("alias x", "1:8", "the user whose it is"),
                ("binding bob", "1:12", "its contact"),
                ("binding bob here", "1:13", "a contact is a URI"),
                ("binding bob sip:a@b.test q=2", "1:26", "from 0 to 1"),
                ("binding bob sip:a@b.test q=nan", "1:26", "from 0 to 1"),
                ("binding bob sip:a@b.test 0.5", "1:26", "q=NUMBER"),
                ("binding bob <sip:a@b.test>;q=x", "1:13", "from 0 to 1")):
            done = self.run_table("\n" + row + "\nINVITE nobody -> 404\n", code=2)
            line, column = where.split(":")
            self.assertTrue(done.stderr.startswith(f"-:{int(line) + 1}:{column}: "), (row, done.stderr))
            self.assertIn(part, done.stderr)
            self.assertEqual("", done.stdout)

    def test_all_mistakes_are_told(self):
        self.assertEqual(2, len(self.run_table("INVITE\nINVITE a -> 404\nBYE\n", code=2).stderr.splitlines()))

    def test_what_cannot_be_declared_or_asked_is_told(self):
        for row, part in (("user bob@elsewhere.test", "not a domain of this server"),
                          ("alias x nobody", "nobody"),
                          ("binding sip:bob@elsewhere.test sip:a@b.test", "no address of a domain"),
                          ("ACK bob -> 404", "INVITE"),
                          ("INVITE bob via nowhere -> 404", "192.0.2.7:5060"),
                          ("INVITE bob trunk nobody -> 404", "no trunk 'nobody'"),
                          ("INVITE bob by pigeon -> 404", "udp, tcp")):
            done = self.run_table(row, code=2)
            self.assertTrue(done.stderr.startswith("-:1: "), done.stderr)
            self.assertIn(part, done.stderr)

    def test_the_configuration_alone_decides(self):
        with open(self.config, "w") as file:
            file.write("domain = a.test\nbogus = 1\n")
        self.run_table("INVITE bob -> 404\n", code=3)


if __name__ == "__main__":
    unittest.main()
