#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Runs the real commands against a real server, and a phone made of a UDP socket to see
what they changed."""

import hashlib
import json
import os
import re
import signal
import socket
import subprocess
import tempfile
import unittest
import uuid

from live import wait_gone

AHOY = os.path.abspath(os.environ.get("AHOY", os.path.join(os.path.dirname(__file__), "../../build/dev/ahoy")))


class Phone:
    """Registers over UDP with MD5 digest (RFC 3261 22.4)."""

    def __init__(self, server):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.socket.connect(server)
        self.socket.settimeout(30)
        self.number = 0

    def close(self):
        self.socket.close()

    def request(self, user, authorization=""):
        self.number += 1
        host, port = self.socket.getsockname()
        branch = "z9hG4bK" + uuid.uuid4().hex
        self.socket.send((
            f"REGISTER sip:a.test SIP/2.0\r\nVia: SIP/2.0/UDP {host}:{port};branch={branch}\r\n"
            f"Max-Forwards: 70\r\nFrom: <sip:{user}@a.test>;tag=1\r\nTo: <sip:{user}@a.test>\r\n"
            f"Call-ID: {uuid.uuid4().hex}\r\nCSeq: {self.number} REGISTER\r\n"
            f"Contact: <sip:{user}@{host}:{port}>\r\nExpires: 600\r\n{authorization}Content-Length: 0\r\n\r\n").encode())
        while True:
            text = self.socket.recv(65536).decode()
            if branch in text and not text.startswith("SIP/2.0 1"):
                return text

    def register(self, user, password):
        """The status of the answer to a request with credentials."""
        refused = self.request(user)
        if not refused.startswith("SIP/2.0 401"):
            return int(refused.split()[1])
        challenge = next(line for line in refused.splitlines()
                         if line.lower().startswith("www-authenticate") and "algorithm=MD5" in line)
        realm, nonce = (re.search(rf'{name}="([^"]*)"', challenge).group(1) for name in ("realm", "nonce"))
        md5 = lambda text: hashlib.md5(text.encode()).hexdigest()
        response = md5(f"{md5(f'{user}:{realm}:{password}')}:{nonce}:00000001:abc:auth:{md5('REGISTER:sip:a.test')}")
        return int(self.request(user, (
            f'Authorization: Digest username="{user}", realm="{realm}", nonce="{nonce}", uri="sip:a.test", '
            f'response="{response}", algorithm=MD5, qop=auth, nc=00000001, cnonce="abc"\r\n')).split()[1])


class Running(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory(prefix="ahoy-live-")
        self.addCleanup(self.folder.cleanup)
        self.state = os.path.join(self.folder.name, "state")
        self.config = os.path.join(self.folder.name, "ahoy.conf")
        with open(self.config, "w") as file:
            file.write(f'state = "{self.state}"\ndomain = a.test\nlisten = "udp:127.0.0.1:0"\nlog_level = error\n')
        self.server = None
        self.start()
        self.addCleanup(self.kill)

    def start(self):
        self.server = subprocess.Popen([AHOY, "serve", "--json", "--config", self.config], stdout=subprocess.PIPE,
                                       stderr=subprocess.DEVNULL, text=True)
        for line in self.server.stdout:
            event = json.loads(line)
            if event["event"] == "listening":
                self.port = event["port"]
            if event["event"] == "ready":
                self.pid = event["pid"]
                return
        self.fail("the server did not start")

    def kill(self):
        if self.server.poll() is None:
            self.server.kill()
        self.server.wait()
        self.server.stdout.close()

    def run_ahoy(self, *words, stdin="", code=0):
        done = subprocess.run([AHOY, *words, "--config", self.config], input=stdin, capture_output=True, text=True,
                              timeout=60)
        self.assertEqual(code, done.returncode, done.stderr)
        return done

    def phone(self):
        phone = Phone(("127.0.0.1", self.port))
        self.addCleanup(phone.close)
        return phone

    def test_changes_of_users_are_effective_at_once(self):
        phone = self.phone()
        self.assertIn(phone.register("alice", "secret"), (401, 403))
        self.run_ahoy("user", "add", "alice", "--password-stdin", stdin="secret\n")
        self.assertEqual(200, phone.register("alice", "secret"))
        self.run_ahoy("user", "passwd", "alice", "--password-stdin", stdin="other\n")
        self.assertIn(phone.register("alice", "secret"), (401, 403))
        self.assertEqual(200, phone.register("alice", "other"))
        self.assertEqual("alice@a.test\n", self.run_ahoy("user", "list").stdout)
        self.run_ahoy("user", "add", "alice", "--generate", code=20)
        self.run_ahoy("user", "remove", "alice")
        self.assertIn(phone.register("alice", "other"), (401, 403))
        self.run_ahoy("user", "remove", "alice", code=13)

    def test_status_tells_what_runs(self):
        self.run_ahoy("user", "add", "alice", "--password-stdin", stdin="secret\n")
        self.assertEqual(200, self.phone().register("alice", "secret"))
        status = json.loads(self.run_ahoy("status", "--json").stdout)
        self.assertEqual((self.pid, 1, 1, ["a.test"], "a.test", [f"udp:127.0.0.1:{self.port}"]),
                         tuple(status[key] for key in ("pid", "users", "bindings", "domains", "realm", "listening")))
        self.assertIn(f"process {self.pid}", self.run_ahoy("status").stdout)

    def test_stop_ends_it_and_what_was_accepted_is_kept(self):
        self.run_ahoy("user", "add", "alice", "--password-stdin", stdin="secret\n")
        self.run_ahoy("stop")
        self.assertEqual(0, self.server.wait(timeout=60))
        self.server.stdout.close()
        self.assertEqual([], [name for name in os.listdir(self.state) if name.endswith(".sock")])
        self.run_ahoy("stop", code=15)
        self.run_ahoy("status", code=15)
        self.start()
        self.assertEqual(200, self.phone().register("alice", "secret"))

    def test_an_acknowledged_user_outlives_a_kill(self):
        self.run_ahoy("user", "add", "alice", "--password-stdin", stdin="secret\n")
        self.server.send_signal(signal.SIGKILL)
        self.server.wait()
        wait_gone(self.pid)
        self.server.stdout.close()
        self.assertEqual("alice@a.test\n", self.run_ahoy("user", "list").stdout)  # past the socket left behind
        self.start()
        self.assertEqual(200, self.phone().register("alice", "secret"))

    def test_a_second_server_on_the_same_state_is_refused(self):
        done = self.run_ahoy("serve", code=21)
        self.assertIn(os.path.join(self.state, "ahoy.db"), done.stderr)
        self.assertIn(f"process {self.pid}", done.stderr)
        self.assertEqual("", self.run_ahoy("user", "list").stdout)


if __name__ == "__main__":
    unittest.main()
