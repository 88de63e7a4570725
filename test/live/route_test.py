#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""`ahoy route` against a running server, whose bindings it knows, and without one."""

import json
import os
import subprocess
import tempfile
import unittest

AHOY = os.path.abspath(os.environ.get("AHOY", os.path.join(os.path.dirname(__file__), "../../build/dev/ahoy")))


class Route(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory(prefix="ahoy-live-")
        self.addCleanup(self.folder.cleanup)
        self.state = os.path.join(self.folder.name, "state")
        self.config = os.path.join(self.folder.name, "ahoy.conf")
        with open(self.config, "w") as file:
            file.write(f'state = "{self.state}"\ndomain = a.test\nlisten = "udp:127.0.0.1:0"\nlog_level = error\n'
                       'route "far.test" { to = "sip:192.0.2.7" }\n')

    def start(self):
        server = subprocess.Popen([AHOY, "serve", "--json", "--config", self.config], stdout=subprocess.PIPE,
                                  stderr=subprocess.DEVNULL, text=True)
        self.addCleanup(server.stdout.close)
        self.addCleanup(server.wait)
        self.addCleanup(server.kill)
        for line in server.stdout:
            if json.loads(line)["event"] == "ready":
                return
        self.fail("the server did not start")

    def run_ahoy(self, *words, stdin="", code=0):
        done = subprocess.run([AHOY, *words, "--config", self.config], input=stdin, capture_output=True, text=True,
                              timeout=60)
        self.assertEqual(code, done.returncode, done.stdout + done.stderr)
        return done

    def explain(self, *words, code=0):
        return json.loads(self.run_ahoy("route", *words, "--json", code=code).stdout)

    def check_bob(self):
        found = self.explain("INVITE sip:bob@a.test", "--from", "alice")
        self.assertEqual(("forward", "INVITE", "sip:alice@a.test"),
                         tuple(found[key] for key in ("outcome", "method", "from")))
        self.assertEqual([("sip:bob@192.0.2.3:5070", "udp 192.0.2.3:5070", 0.5)],
                         [(target["uri"], target["way"], target["q"]) for target in found["targets"]])
        self.assertIn("user is registered", [step["text"] for step in found["steps"]])
        self.assertEqual(407, self.explain("bob", "--from", "alice", "--authenticated", "no", code=14)["status"])
        self.assertEqual(404, self.explain("nobody", "--from", "alice", code=13)["status"])

    def test_a_running_server_knows_its_bindings_and_users(self):
        self.start()
        self.run_ahoy("binding", "add", "bob", "sip:bob@192.0.2.3:5070", "--q", "0.5")
        self.run_ahoy("user", "add", "carol", "--generate")
        self.check_bob()
        self.assertEqual(480, self.explain("carol", code=12)["status"])
        status = json.loads(self.run_ahoy("status", "--json", "--all").stdout)
        self.assertEqual([0, 0], [status["counters"][name] for name in ("requests_forwarded", "requests_refused")])

    def test_without_a_server_the_database_is_read(self):
        self.run_ahoy("binding", "add", "bob", "sip:bob@192.0.2.3:5070", "--q", "0.5")
        self.check_bob()

    def test_without_a_database_none_is_made(self):
        self.assertEqual(404, self.explain("bob", "--from", "alice", code=13)["status"])
        self.assertFalse(os.path.exists(self.state))

    def test_for_people(self):
        text = self.run_ahoy("route", "--explain", "sip:x@far.test", "--from", "alice").stdout
        self.assertIn("static route for this domain", text)
        self.assertIn("forwarded to 1 target\n", text)
        self.assertIn("Route: <sip:192.0.2.7;lr>", text)
        self.assertIn("udp 192.0.2.7:5060", text)
        self.assertEqual(1, len(self.run_ahoy("route", "sip:x@far.test", "--from", "alice").stdout.splitlines()))
        self.assertIn("taken for nobody", self.run_ahoy("route", "--explain", "sip:x@far.test", code=14).stdout)
        self.assertIn("no open relay", self.run_ahoy("route", "--explain", "sip:x@far.test", "--from",
                                                     "sip:eve@other.test", code=14).stdout)

    def test_what_makes_no_sense_is_complained_about(self):
        for words, part in ((("route",), "give"), (("route", "a", "b", "c"), "unexpected argument 'c'"),
                            (("route", "ACK", "bob"), "INVITE"), (("route", "bob", "--authenticated", "maybe"), "yes or no"),
                            (("route", "bob", "--source", "nowhere"), "address"),
                            (("route", "bob", "--header", "nothing"), "Accept-Contact"),
                            (("route", "bob", "--transport", "pigeon"), "udp, tcp")):
            self.assertIn(part, self.run_ahoy(*words, code=2).stderr)


if __name__ == "__main__":
    unittest.main()
