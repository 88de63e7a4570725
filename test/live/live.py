# SPDX-License-Identifier: BSD-2-Clause
"""What every live test needs: a server of its own on free ports, users, phones,
and an end that leaves nothing behind.

A test is a function whose name begins with test_; run(globals()) runs them all,
prints one line each and exits 0, 1 or 77 (skipped).  NAME_test.py TEST... runs only those."""

import concurrent.futures
import json
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import traceback

import schema

AHOY = os.environ.get("AHOY", os.path.join(os.path.dirname(__file__), "../../build/dev/ahoy"))
SHARED = os.environ.get("AHOY_SHARED", os.path.join(os.path.dirname(__file__), "../../../shared"))
PATIENCE = 20  # seconds that anything may take on a busy machine


class Skip(Exception):
    """The test cannot be made here; the text says what is missing."""


def need(program):
    path = shutil.which(program)
    if path is None:
        raise Skip(program + " is not installed")
    return path


PROMISED = []  # sockets of the ports that free_port gave


def free_port():
    """A port that is free for UDP and TCP now, on all addresses. It is below those that the kernel gives to
    connections: the many of a test beside this one could take it before it is bound. While this process lives no
    free_port, here or in another, gives it again: a name in the kernel, bound and never listened at, says so."""
    for _ in range(1000):
        port = random.randrange(10000, 32768)
        promise = socket.socket(socket.AF_UNIX)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp, socket.socket() as tcp:
            try:
                promise.bind("\0ahoy-test-port-%d" % port)
                udp.bind(("", port))
                tcp.bind(("", port))
                PROMISED.append(promise)
                return port
            except OSError:
                promise.close()
    raise AssertionError("no port is free for UDP and TCP")


def listening(port, kind="udp"):
    """Wait until somebody has bound this port; kind: udp or udp6."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        with open("/proc/net/" + kind) as table:
            if any(":%04X " % port in line for line in table):
                return True
        time.sleep(0.05)
    raise AssertionError("nobody listens on port %d" % port)


def is_alive(pid):
    """A process that has ended and that nobody has waited for does not live, but one whose
    first thread alone has ended does: its sockets are open."""
    try:
        with open("/proc/%d/stat" % pid) as file:
            ended = file.read().rsplit(")", 1)[1].split()[0] in "ZX"
        return not ended or len(os.listdir("/proc/%d/task" % pid)) > 1
    except OSError:
        return False


def wait_gone(pid):
    """Who is killed with SIGKILL takes his child with him, a moment later."""
    end = time.monotonic() + PATIENCE
    while is_alive(pid):
        assert time.monotonic() < end, "process %d goes on without its parent" % pid
        time.sleep(0.01)


class Process:
    """A program in the background whose stdout is JSON lines; with `group` it leads a
    process group of its own.  What a phone of ours tells is held against its schema."""

    def __init__(self, args, env=None, cwd=None, stdin=subprocess.DEVNULL, name=None, group=False, pass_fds=()):
        self.name = name or os.path.basename(args[0])
        self.may_restart = False
        self.log = tempfile.TemporaryFile(mode="w+")
        self.events = []
        self.child = subprocess.Popen(args, stdout=subprocess.PIPE, stderr=self.log, stdin=stdin, env=env,
                                      cwd=cwd, text=True, start_new_session=group, pass_fds=pass_fds)
        os.set_blocking(self.child.stdout.fileno(), False)
        self.partial = ""
        words = args[args.index(AHOY) + 1:] if AHOY in args else []
        self.is_phone = "--json" in words and words[0] in schema.VERBS

    def read(self):
        """Take in what has been printed since."""
        try:
            chunk = os.read(self.child.stdout.fileno(), 65536).decode(errors="replace")
        except BlockingIOError:
            return
        lines = (self.partial + chunk).split("\n")
        self.partial = lines.pop()
        events = [json.loads(line) for line in lines if line.startswith("{")]
        self.events += events
        for event in events if self.is_phone else []:
            schema.check(event)

    def wait_event(self, kind, patience=PATIENCE, **fields):
        """The first event of this kind with these fields; fails after a while."""
        end = time.monotonic() + patience
        while True:
            ended = self.child.poll() is not None
            self.read()
            for event in self.events:
                if event.get("event") == kind and all(event.get(k) == v for k, v in fields.items()):
                    return event
            if ended or time.monotonic() > end:
                raise AssertionError("%s: no event %s %s\nevents: %s\n%s"
                                     % (self.name, kind, fields, self.events, self.stderr()))
            time.sleep(0.02)

    def wait_exit(self, patience=PATIENCE):
        try:
            code = self.child.wait(patience)
        except subprocess.TimeoutExpired:
            raise AssertionError("%s still runs after %d s\n%s" % (self.name, patience, self.stderr()))
        self.read()
        self.check()
        return code

    def check(self):
        """A crash is not to go unseen because the server was started again."""
        faults = [e for e in self.events if e.get("event") in ("died", "hung", "gave_up")]
        if faults and not self.may_restart:
            raise AssertionError("%s: %s\n%s" % (self.name, faults, self.stderr()))

    def stderr(self):
        self.log.seek(0)
        return self.log.read()

    def stop(self, number=signal.SIGTERM):
        if self.child.poll() is None:
            self.child.send_signal(number)
            try:
                self.child.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                self.child.kill()
                self.child.wait()
        if self.child.stdout.closed:
            return
        self.read()
        for event in self.events:
            if "pid" in event:
                wait_gone(event["pid"])
        self.child.stdout.close()
        self.check()


class Lab:
    """A CA of the test's own, and certificates by it: `ahoy cert lab`."""

    def __init__(self, folder, *domains, clients=(), ips=("127.0.0.1", "::1")):
        self.folder = folder
        self.ca = os.path.join(folder, "ca.pem")
        words = [word for client in clients for word in ("--client", client)]
        words += [word for ip in ips for word in ("--ip", ip)]
        self.config = subprocess.run([AHOY, "cert", "lab", folder, *domains, *words], text=True, check=True,
                                     stdout=subprocess.PIPE, stderr=subprocess.PIPE).stdout

    def certificate(self, name):
        return os.path.join(self.folder, name + ".pem")

    def key(self, name):
        return os.path.join(self.folder, name + ".key")


class Server:
    """`ahoy serve` in a folder of its own: on free ports of 127.0.0.1, or where `listen` says on `host` (netns.py);
    with a `lab` by TLS too."""

    def __init__(self, folder, domain="example.test", extra="", name="server", trace=True, host=None, listen=None,
                 lab=None, start=True, port=None):
        self.folder = os.path.join(folder, name)
        self.domain = domain
        self.within = host.within if host else []
        os.makedirs(self.folder, exist_ok=True)
        self.config = os.path.join(self.folder, "ahoy.conf")
        self.port = port or (5060 if host else free_port())
        self.lab, self.tls_port = lab, 5061 if host else free_port()
        if not listen:
            listen = ["udp:127.0.0.1:%d" % self.port, "tcp:127.0.0.1:%d" % self.port]
            listen += ["tls:127.0.0.1:%d" % self.tls_port] if lab else []
        extra += "\n" + lab.config if lab else ""
        with open(self.config, "w") as f:
            f.write('domain = {"%s"}\nlisten = {%s}\nstate = "%s/state"\n%s%s\n'
                    % (domain, ", ".join('"%s"' % place for place in listen), self.folder,
                       'trace = "%s/trace"\n' % self.folder if trace else "", extra))
        if start:
            self.start()

    def start(self):
        self.process = Process([*self.within, AHOY, "serve", "--json", "--config", self.config], name=self.folder)
        self.process.wait_event("ready")

    def pid(self):
        """Of the process that serves, the latest child of the one we started."""
        self.process.read()
        return [e for e in self.process.events if e["event"] == "ready"][-1]["pid"]

    def add_user(self, name, password):
        subprocess.run([AHOY, "user", "add", name, "--config", self.config, "--password-stdin"],
                       input=password + "\n", text=True, check=True, stderr=subprocess.PIPE)

    def status(self):
        out = subprocess.run([AHOY, "user", "list", "--json", "--config", self.config], text=True, check=True,
                             stdout=subprocess.PIPE)
        return [json.loads(line) for line in out.stdout.splitlines()]

    def stop(self):
        self.process.stop()
        return self.process.child.returncode


def alive_in_group(group):
    """Processes of the group that have not ended (one that nobody has waited for has)."""
    for name in os.listdir("/proc"):
        try:
            with open("/proc/%s/stat" % name) as file:
                pgrp = file.read().rsplit(")", 1)[1].split()[2]
        except (OSError, ValueError, IndexError):
            continue
        if name.isdigit() and int(pgrp) == group and is_alive(int(name)):
            return True
    return False


class Victim(Server):
    """A server in a process group of its own, all of which is killed at once."""

    def start(self):
        self.process = Process([AHOY, "serve", "--json", "--config", self.config], name=self.folder, group=True)
        self.process.wait_event("ready")

    def kill(self):
        child = self.process.child
        os.killpg(child.pid, signal.SIGKILL)
        assert child.wait(PATIENCE) == -signal.SIGKILL, "it ended before it was killed\n" + self.process.stderr()
        end = time.monotonic() + PATIENCE
        while alive_in_group(child.pid):
            assert time.monotonic() < end, "it outlives SIGKILL"
            time.sleep(0.01)
        self.process.stop()

    def database(self):
        return os.path.join(self.folder, "state", "ahoy.db")


class Bench:
    """A folder and the processes started in it; `with Bench() as b:` ends them all."""

    def __enter__(self):
        self.folder = tempfile.mkdtemp(prefix="ahoy-live-")
        self.things = []
        return self

    def __exit__(self, kind, value, trace):
        for thing in reversed(self.things):
            thing.stop()
        if kind is None or not os.environ.get("AHOY_KEEP"):
            shutil.rmtree(self.folder, ignore_errors=True)
        else:
            print("kept: " + self.folder)

    def add(self, thing):
        self.things.append(thing)
        return thing

    def lab(self, *domains, **kwargs):
        return Lab(os.path.join(self.folder, "lab"), *domains, **kwargs)

    def server(self, **kwargs):
        return self.add(Server(self.folder, **kwargs))

    def run(self, *args, **kwargs):
        return self.add(Process(list(args), **kwargs))


def outcome(name, function):
    """ok, skip or FAIL, printed too."""
    try:
        function()
        text, said = "ok", ""
    except Skip as reason:
        text, said = "skip", ": %s" % reason
    except Exception:
        text, said = "FAIL", "\n" + traceback.format_exc().rstrip()
    print("%-4s %s%s" % (text, name, said), flush=True)
    return text


def run_all(functions, together=1):
    """These tests by name, so many at a time; does not return."""
    wanted = [(name, f) for name, f in functions.items() if len(sys.argv) == 1 or name in sys.argv[1:]]
    with concurrent.futures.ThreadPoolExecutor(together) as pool:
        outcomes = list(pool.map(lambda one: outcome(*one), wanted))
    failed, skipped = outcomes.count("FAIL"), outcomes.count("skip")
    print("%d passed, %d failed, %d skipped" % (outcomes.count("ok"), failed, skipped))
    sys.exit(1 if failed else 77 if skipped else 0)


def run(names, together=1):
    run_all({name: function for name, function in names.items() if name.startswith("test_")}, together)
