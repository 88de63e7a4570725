#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Runs the real commands against a database in a folder of its own, without a server."""

import fcntl
import hashlib
import json
import os
import pty
import resource
import select
import sqlite3
import stat
import subprocess
import tempfile
import termios
import time
import unittest

AHOY = os.path.abspath(os.environ.get("AHOY", os.path.join(os.path.dirname(__file__), "../../build/dev/ahoy")))


class Bench(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory(prefix="ahoy-live-")
        self.addCleanup(self.folder.cleanup)
        self.state = os.path.join(self.folder.name, "state")
        self.database = os.path.join(self.state, "ahoy.db")
        self.config = os.path.join(self.folder.name, "ahoy.conf")
        self.write(f'state = "{self.state}"\ndomain = {{a.test, b.test}}\n')
        self.environment = dict(os.environ, HOME=self.folder.name, XDG_CONFIG_HOME=self.folder.name + "/config")

    def write(self, text):
        with open(self.config, "w") as file:
            file.write(text)

    def run_ahoy(self, *words, stdin="", code=0):
        """Without a terminal to ask on."""
        done = subprocess.run([AHOY, *words], input=stdin, capture_output=True, text=True, timeout=60,
                              env=self.environment, start_new_session=True)
        self.assertEqual(code, done.returncode, done.stderr)
        return done

    def user(self, *words, **more):
        return self.run_ahoy("user", *words, "--config", self.config, **more)

    def stored(self):
        with sqlite3.connect(self.database) as database:
            return database.execute("SELECT domain,name,ha1_md5,ha1_sha256 FROM user ORDER BY domain,name").fetchall()

    def hashed(self, name, password, realm="a.test"):
        text = f"{name}:{realm}:{password}".encode()
        return hashlib.md5(text).hexdigest(), hashlib.sha256(text).hexdigest()


class Help(Bench):
    def commands(self):
        listed = self.run_ahoy("--help").stdout.split("Commands:")[1].split("Topics:")[0]
        return [line.split()[0] for line in listed.strip().splitlines()]

    def test_every_command_has_a_help_text_and_stands_in_the_manual(self):
        manual = self.run_ahoy("help", "manual").stdout
        for name in self.commands():
            if name == "help":
                continue
            text = self.run_ahoy(name, "--help").stdout
            self.assertTrue(text.startswith(f"Usage: ahoy {name} "), text)
            self.assertEqual(text, self.run_ahoy("help", name).stdout)
            self.assertIn(f'.SS "ahoy {name} ', manual)
            for line in text.splitlines():
                self.assertLessEqual(len(line), 120)
                self.assertEqual(line, line.rstrip())

    def test_version(self):
        self.assertRegex(self.run_ahoy("--version").stdout, r"^ahoy \d+\.\d+\.\d+\n$")

    def test_an_unknown_command_is_answered_with_the_nearest(self):
        self.assertIn("did you mean 'ahoy user'?", self.run_ahoy("usr", code=2).stderr)
        self.assertIn("did you mean 'ahoy user remove'?", self.run_ahoy("user", "remvoe", code=2).stderr)
        self.assertNotIn("did you mean", self.run_ahoy("xyzzy", code=2).stderr)

    def test_no_command_is_bad_usage(self):
        self.run_ahoy(code=2)
        self.run_ahoy("user", code=2)

    def test_exit_codes_are_listed(self):
        listed = self.run_ahoy("help", "exit-codes").stdout
        numbers = [int(line.split()[0]) for line in listed.splitlines()]
        self.assertEqual(sorted(set(numbers)), numbers)
        for number in (0, 1, 2, 3, 10, 130):
            self.assertIn(number, numbers)

    def test_output_that_cannot_be_written_is_a_failure(self):
        with open("/dev/full", "w") as full:
            done = subprocess.run([AHOY, "config", "show"], stdout=full, stderr=subprocess.PIPE, text=True, timeout=60,
                                  env=self.environment)
        self.assertEqual(1, done.returncode)
        self.assertIn("cannot write", done.stderr)


class Users(Bench):
    def test_a_user_is_added_listed_and_removed(self):
        self.assertEqual("", self.user("list").stdout)
        done = self.user("add", "alice", "--password-stdin", stdin="secret\n")
        self.assertEqual(("", "added alice@a.test\n"), (done.stdout, done.stderr))
        self.user("add", "bob", "--domain", "b.test", "--password-stdin", stdin="other")
        self.user("add", "carol@b.test", "--password-stdin", stdin="third\r\n")
        self.assertEqual("alice@a.test\nbob@b.test\ncarol@b.test\n", self.user("list").stdout)
        self.assertEqual("alice@a.test\n", self.user("list", "--domain", "A.TEST").stdout)
        self.assertEqual([("a.test", "alice", *self.hashed("alice", "secret")),
                          ("b.test", "bob", *self.hashed("bob", "other")),
                          ("b.test", "carol", *self.hashed("carol", "third"))], self.stored())
        self.user("remove", "bob@b.test")
        self.assertEqual("alice@a.test\ncarol@b.test\n", self.user("list").stdout)

    def test_json_is_one_object_a_line(self):
        done = self.user("add", "alice", "--generate", "--json")
        added = json.loads(done.stdout)
        self.assertEqual({"name", "domain", "password"}, set(added))
        self.assertEqual([("a.test", "alice", *self.hashed("alice", added["password"]))], self.stored())
        self.user("add", "bob", "--password-stdin", stdin="x\n")
        lines = [json.loads(line) for line in self.user("list", "--json").stdout.splitlines()]
        hashes = ["MD5", "SHA-256", "SHA-512-256"]
        self.assertEqual([{"name": name, "domain": "a.test", "hashes": hashes} for name in ("alice", "bob")], lines)

    def test_a_generated_password_is_printed_once_and_is_long(self):
        first = self.user("add", "alice", "--generate").stdout.strip()
        self.assertRegex(first, r"^[a-z2-9]{20}$")
        self.assertEqual([("a.test", "alice", *self.hashed("alice", first))], self.stored())
        second = self.user("passwd", "alice", "--generate").stdout.strip()
        self.assertNotEqual(first, second)
        self.assertEqual([("a.test", "alice", *self.hashed("alice", second))], self.stored())

    def test_the_realm_stays_when_the_domain_is_renamed(self):
        self.user("add", "alice", "--password-stdin", stdin="secret\n")
        self.write(f'state = "{self.state}"\ndomain = c.test\n')
        self.user("add", "bob", "--password-stdin", stdin="secret\n")
        self.assertEqual([("a.test", "alice", *self.hashed("alice", "secret")),
                          ("c.test", "bob", *self.hashed("bob", "secret", realm="a.test"))], self.stored())

    def test_what_is_wrong_has_its_own_exit_code(self):
        self.user("add", "alice", "--password-stdin", stdin="secret\n")
        self.assertIn("already", self.user("add", "alice", "--password-stdin", stdin="x\n", code=20).stderr)
        self.assertIn("no user bob", self.user("remove", "bob", code=13).stderr)
        self.assertIn("no user bob", self.user("passwd", "bob", "--generate", code=13).stderr)
        self.assertIn("not a domain", self.user("add", "bob@c.test", "--generate", code=13).stderr)
        self.assertIn("letters, digits", self.user("add", "a b", "--generate", code=2).stderr)
        self.assertIn("stdin holds no line", self.user("add", "bob", "--password-stdin", code=2).stderr)
        self.assertIn("empty", self.user("add", "bob", "--password-stdin", stdin="\n", code=2).stderr)
        self.assertIn("control char", self.user("add", "bob", "--password-stdin", stdin="a\tb\n", code=2).stderr)
        self.assertIn("too long", self.user("add", "bob", "--password-stdin", stdin="x" * 5000, code=2).stderr)
        self.assertIn("no terminal", self.user("add", "bob", code=2).stderr)
        self.assertIn("give the name", self.user("add", "--generate", code=2).stderr)
        self.assertIn("unexpected argument 'secret'", self.user("add", "bob", "secret", code=2).stderr)
        self.assertIn("either", self.user("add", "bob", "--generate", "--password-stdin", code=2).stderr)
        self.assertIn("unknown", self.user("add", "bob", "--password=x", code=2).stderr)
        self.assertEqual("alice@a.test\n", self.user("list").stdout)

    def test_a_database_in_use_is_not_touched(self):
        self.user("list")
        with open(self.database + ".lock", "r+") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            done = self.user("add", "alice", "--generate", code=21)
        self.assertIn(self.database, done.stderr)
        self.assertIn("in use by another ahoy", done.stderr)
        self.assertEqual([], self.stored())

    def test_a_damaged_database_is_kept_aside(self):
        self.user("add", "alice", "--generate")
        with open(self.database, "r+b") as file:
            file.write(b"not a database at all, just some bytes that were written over one")
        done = self.user("list")
        self.assertEqual("", done.stdout)
        self.assertIn("was damaged: it was moved to", done.stderr)
        self.assertEqual(1, len([name for name in os.listdir(self.state) if ".damaged-" in name]))

    def test_a_full_disk_is_said(self):
        self.user("list")
        done = subprocess.run([AHOY, "user", "add", "alice", "--generate", "--config", self.config], timeout=60,
                              capture_output=True, text=True, env=self.environment,
                              preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096)))
        self.assertEqual(22, done.returncode, done.stderr)
        self.assertIn("disk full", done.stderr)
        self.assertIn(self.database, done.stderr)
        self.assertEqual([], self.stored())

    def test_files_are_for_the_owner_only(self):
        self.user("add", "alice", "--generate")
        self.assertEqual(0o700, stat.S_IMODE(os.stat(self.state).st_mode))
        for name in os.listdir(self.state):
            self.assertEqual(0o600, stat.S_IMODE(os.stat(os.path.join(self.state, name)).st_mode), name)

    def test_a_socket_left_by_a_dead_server_is_no_server(self):
        self.user("list")
        import socket
        left = socket.socket(socket.AF_UNIX)
        left.bind(os.path.join(self.state, "control.sock"))
        left.listen()
        left.close()
        self.user("add", "alice", "--generate")


class Terminal(Bench):
    """`ahoy user add` on a pseudo terminal."""

    def start(self):
        self.child, self.master = pty.fork()
        if self.child == 0:
            os.execve(AHOY, [AHOY, "user", "add", "alice", "--config", self.config], self.environment)
        self.addCleanup(os.close, self.master)
        self.seen = b""

    def expect(self, text):
        until = time.monotonic() + 30
        while text not in self.seen:
            self.assertTrue(select.select([self.master], [], [], until - time.monotonic())[0], self.seen)
            self.seen += os.read(self.master, 1024)

    def type(self, text):
        os.write(self.master, text)

    def echo(self):
        return bool(termios.tcgetattr(self.master)[3] & termios.ECHO)

    def end(self):
        while True:
            try:
                got = os.read(self.master, 1024)
            except OSError:  # Linux's way to say that the other side has gone
                break
            if not got:
                break
            self.seen += got
        return os.waitstatus_to_exitcode(os.waitpid(self.child, 0)[1])

    def test_the_password_is_asked_for_twice_and_not_shown(self):
        self.start()
        self.expect(b"Password: ")
        self.assertFalse(self.echo())
        self.type(b"secret word\n")
        self.expect(b"Once more: ")
        self.type(b"secret word\n")
        self.assertEqual(0, self.end(), self.seen)
        self.assertNotIn(b"secret", self.seen)
        self.assertEqual([("a.test", "alice", *self.hashed("alice", "secret word"))], self.stored())

    def test_two_that_differ_change_nothing(self):
        self.start()
        self.expect(b"Password: ")
        self.type(b"one\n")
        self.expect(b"Once more: ")
        self.type(b"two\n")
        self.assertEqual(2, self.end(), self.seen)
        self.assertIn(b"differ", self.seen)
        self.assertFalse(os.path.exists(self.database))

    def test_ctrl_c_ends_it(self):
        self.start()
        self.expect(b"Password: ")
        self.type(b"hal\x03")
        self.assertEqual(130, self.end(), self.seen)
        self.assertFalse(os.path.exists(self.database))


class Config(Bench):
    def test_a_good_file_is_good(self):
        self.assertIn("no mistakes", self.run_ahoy("config", "check", self.config).stderr)

    def test_every_mistake_is_printed_with_its_line(self):
        self.write("relm = x\nproxy = true\nmax_contacts = 0\nt1 = 1\n")
        said = self.run_ahoy("config", "check", self.config, code=1).stderr.splitlines()
        self.assertEqual([f"{self.config}:{line}:" for line in (1, 3, 4)], [line.split(" ")[0] for line in said])

    def test_a_missing_file_is_a_mistake_if_it_was_named(self):
        self.assertIn("No such file", self.run_ahoy("config", "check", "/nonexistent", code=1).stderr)
        self.run_ahoy("user", "list", "--config", "/nonexistent", code=3)

    def test_other_commands_end_with_3_on_a_mistake(self):
        self.write("relm = x\n")
        self.assertIn("did you mean 'realm'", self.user("list", code=3).stderr)

    def test_what_is_shown_reads_back(self):
        shown = self.run_ahoy("config", "show", "--config", self.config).stdout
        self.write(shown)
        self.assertEqual(shown, self.run_ahoy("config", "show", "--config", self.config).stdout)
        self.assertIn("domain = {'a.test', 'b.test'}", shown)

    def test_json_shows_the_same(self):
        shown = json.loads(self.run_ahoy("config", "show", "--json", "--config", self.config).stdout)
        self.assertEqual(["a.test", "b.test"], shown["domain"])
        self.assertEqual(self.state, shown["state"])

    def test_the_usual_file_is_read_when_it_is_there(self):
        os.makedirs(self.folder.name + "/config/ahoy")
        os.rename(self.config, self.folder.name + "/config/ahoy/ahoy.conf")
        self.assertIn("'b.test'", self.run_ahoy("config", "show").stdout)


if __name__ == "__main__":
    unittest.main()
