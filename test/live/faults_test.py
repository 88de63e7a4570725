# SPDX-License-Identifier: BSD-2-Clause
"""What goes wrong around a server: its disk, its database, its port, its peers, its names,
its end.  Each time there is a clear word and the exit code of the table, and what was
acknowledged before is still there after."""

import os
import resource
import signal
import socket
import sqlite3
import subprocess
import time
import uuid

from live import AHOY, PATIENCE, Bench, Skip, run

OPEN = "authentication = false\n"


class Phone:
    """A UDP socket that registers and asks, without a password."""

    def __init__(self, server):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.socket.settimeout(PATIENCE)
        self.server = server
        self.number = 0

    def stop(self):
        self.socket.close()

    def ask(self, method, uri, user, more=""):
        """The final response; repeats the request as Timer E would."""
        self.number += 1
        branch = "z9hG4bK" + uuid.uuid4().hex
        host, port = self.socket.getsockname()
        request = (f"{method} {uri} SIP/2.0\r\nVia: SIP/2.0/UDP {host}:{port};branch={branch}\r\nMax-Forwards: 70\r\n"
                   f"From: <sip:{user}@example.test>;tag=1\r\nTo: <sip:{user}@example.test>\r\n"
                   f"Call-ID: {uuid.uuid4().hex}\r\nCSeq: {self.number} {method}\r\n{more}Content-Length: 0\r\n\r\n")
        self.socket.sendto(request.encode(), ("127.0.0.1", self.server.port))
        while True:
            text = self.socket.recv(65536).decode()
            if branch in text and not text.startswith("SIP/2.0 1"):
                return text

    def register(self, user):
        host, port = self.socket.getsockname()
        return self.ask("REGISTER", "sip:example.test", user, f"Contact: <sip:{user}@{host}:{port}>\r\n")

    def is_served(self, user):
        answer = self.ask("REGISTER", "sip:example.test", user)
        assert answer.startswith("SIP/2.0 200 "), answer
        return f"\r\nContact: <sip:{user}@" in answer


def bench_with_server(b, extra=OPEN):
    server = b.server(extra=extra)
    return server, b.add(Phone(server))


def accepted(answer):
    return answer.startswith("SIP/2.0 200 ")


def put_off(answer):
    return answer.startswith(("SIP/2.0 500 ", "SIP/2.0 503 ")) and "\r\nRetry-After: " in answer


def serve(config, code, **more):
    """Run a server that is to end by itself; what it said."""
    done = subprocess.run([AHOY, "serve", "--config", config], text=True, capture_output=True, timeout=60, **more)
    assert done.returncode == code, (done.returncode, done.stderr)
    return done.stderr


def database_of(server):
    return os.path.join(server.folder, "state", "ahoy.db")


def limit_files(pid, size):
    """No file may grow beyond `size`: to the writer it is a full disk."""
    hard = resource.prlimit(pid, resource.RLIMIT_FSIZE)[1]
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (size, hard))


def register_until_refused(phone):
    """Users carol0, carol1, ...: who was accepted, and the first refusal."""
    names = []
    for i in range(2000):
        answer = phone.register("carol%d" % i)
        if not accepted(answer):
            return names, answer
        names.append("carol%d" % i)
    raise AssertionError("the disk never was full")


def register_until_accepted(phone, user):
    end = time.monotonic() + PATIENCE
    while not accepted(phone.register(user)):
        assert time.monotonic() < end, "it does not recover"
        time.sleep(0.1)


def test_a_full_disk_refuses_the_new_and_keeps_the_old():
    with Bench() as b:
        server, phone = bench_with_server(b)
        assert accepted(phone.register("alice"))
        files = [os.path.join(server.folder, "state", name) for name in os.listdir(os.path.join(server.folder, "state"))]
        limit_files(server.pid(), max(os.path.getsize(f) for f in files) + 20000)
        names, refusal = register_until_refused(phone)
        assert put_off(refusal), refusal
        assert names and phone.is_served("alice")
        limit_files(server.pid(), resource.RLIM_INFINITY)
        register_until_accepted(phone, "bob")
        assert server.stop() == 0
        server.start()
        assert all(phone.is_served(name) for name in ["alice", "bob", names[0], names[-1]])
        assert server.stop() == 0


class SmallDisk:
    """A file system of a few hundred kilobytes at `path`; takes root."""

    def __init__(self, path):
        os.makedirs(path)
        self.path = path
        if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=400k", "none", path], capture_output=True).returncode:
            raise Skip("a file system cannot be mounted here")

    def fill(self):
        with open(os.path.join(self.path, "filler"), "wb", buffering=0) as file:
            try:
                while True:
                    file.write(b"x" * 4096)
            except OSError:
                pass

    def empty(self):
        os.remove(os.path.join(self.path, "filler"))

    def stop(self):
        subprocess.run(["umount", self.path], check=True)


def test_a_file_system_without_space_refuses_the_new_and_keeps_the_old():
    with Bench() as b:
        disk = b.add(SmallDisk(os.path.join(b.folder, "server", "state")))
        server, phone = bench_with_server(b)
        assert accepted(phone.register("alice"))
        disk.fill()
        names, refusal = register_until_refused(phone)
        assert put_off(refusal), refusal
        assert phone.is_served("alice")
        disk.empty()
        register_until_accepted(phone, "bob")
        server.process.stop(signal.SIGKILL)
        server.start()
        assert all(phone.is_served(name) for name in ["alice", "bob"] + names)
        assert server.stop() == 0
        os.remove(database_of(server))
        disk.fill()
        said = serve(server.config, 22)
        assert "disk full" in said and database_of(server) in said, said


def test_a_disk_that_is_full_at_the_start_is_said():
    with Bench() as b:
        server = b.server()
        assert server.stop() == 0
        os.remove(database_of(server))
        said = serve(server.config, 22,
                     preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (4096, resource.RLIM_INFINITY)))
        assert "disk full" in said and database_of(server) in said, said


def test_a_locked_database_delays_and_heals():
    with Bench() as b:
        server, phone = bench_with_server(b)
        assert accepted(phone.register("alice"))
        other = sqlite3.connect(database_of(server), isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        answer = phone.register("bob")
        assert put_off(answer), answer
        assert phone.is_served("alice")
        other.execute("ROLLBACK")
        other.close()
        register_until_accepted(phone, "bob")
        server.stop(), server.start()
        assert phone.is_served("alice") and phone.is_served("bob")
        assert server.stop() == 0


def test_a_database_locked_at_the_start_is_said():
    with Bench() as b:
        server = b.server()
        assert server.stop() == 0
        other = sqlite3.connect(database_of(server), isolation_level=None)
        other.execute("PRAGMA locking_mode=EXCLUSIVE")
        other.execute("BEGIN EXCLUSIVE")
        other.execute("CREATE TABLE other(x)")
        said = serve(server.config, 21)
        assert "locked" in said and database_of(server) in said, said
        other.close()
        server.start()
        assert server.stop() == 0


def test_a_damaged_database_is_kept_aside_and_the_server_starts():
    with Bench() as b:
        server, phone = bench_with_server(b)
        assert accepted(phone.register("alice"))
        assert server.stop() == 0
        with open(database_of(server), "r+b") as file:
            file.write(b"these bytes are no database" * 40)
        server.start()
        assert "was damaged: it was moved to" in server.process.stderr(), server.process.stderr()
        aside = [name for name in os.listdir(os.path.dirname(database_of(server))) if ".damaged-" in name]
        assert len(aside) == 1 and aside[0] in server.process.stderr(), aside
        assert accepted(phone.register("alice")) and phone.is_served("alice")
        assert server.stop() == 0


def test_a_damaged_log_is_said_and_a_copy_is_kept():
    with Bench() as b:
        server, phone = bench_with_server(b)
        for i in range(10):
            assert accepted(phone.register("user%d" % i))
        server.process.stop(signal.SIGKILL)
        log = database_of(server) + "-wal"
        with open(log, "r+b") as file:
            file.seek(os.path.getsize(log) // 2)
            byte = file.read(1)[0]
            file.seek(-1, os.SEEK_CUR)
            file.write(bytes([byte ^ 1]))
        with open(log, "rb") as file:
            found = file.read()
        server.start()
        said = server.process.stderr()
        assert "-wal was damaged, the last " in said and "commits or more may be missing" in said, said
        kept = [name for name in os.listdir(os.path.dirname(log)) if ".damaged-" in name and name.endswith("-wal")]
        assert len(kept) == 1 and kept[0] in said, (kept, said)
        with open(os.path.join(os.path.dirname(log), kept[0]), "rb") as file:
            assert file.read() == found
        assert accepted(phone.register("user9")) and phone.is_served("user9")
        assert server.stop() == 0


def test_a_registration_that_cannot_be_read_keeps_nobody_else_away():
    with Bench() as b:
        server, phone = bench_with_server(b)
        assert accepted(phone.register("alice")) and accepted(phone.register("bob"))
        assert server.stop() == 0
        other = sqlite3.connect(database_of(server), isolation_level=None)
        other.execute("UPDATE binding SET packed=x'0203' WHERE row=(SELECT max(row) FROM binding)")
        other.close()
        server.start()
        assert phone.is_served("alice") and not phone.is_served("bob")
        assert accepted(phone.register("bob")) and phone.is_served("bob")
        assert server.stop() == 0
        assert "event=bindings_damaged count=1 row=2" in server.process.stderr(), server.process.stderr()


def test_a_port_in_use_is_said():
    for kind, transport in ((socket.SOCK_DGRAM, "udp"), (socket.SOCK_STREAM, "tcp")):
        with Bench() as b, socket.socket(socket.AF_INET, kind) as taken:
            server, phone = bench_with_server(b)
            assert accepted(phone.register("alice"))
            assert server.stop() == 0
            taken.bind(("127.0.0.1", server.port))
            if transport == "tcp":
                taken.listen()
            said = serve(server.config, 21)
            wanted = "cannot listen on %s 127.0.0.1:%d: address already in use; " % (transport, server.port)
            assert wanted in said, said
            taken.close()
            server.start()
            assert phone.is_served("alice")


def test_an_address_of_another_host_is_said():
    with Bench() as b:
        server = b.server()
        assert server.stop() == 0
        with open(server.config) as file:
            text = file.read().replace("udp:127.0.0.1", "udp:192.0.2.55")
        with open(server.config, "w") as file:
            file.write(text)
        said = serve(server.config, 15)
        assert "cannot listen on udp 192.0.2.55:%d: no such address on this host" % server.port in said, said


def test_a_mistake_in_the_configuration_has_its_file_and_line():
    with Bench() as b:
        server = b.server()
        assert server.stop() == 0
        with open(server.config, "a") as file:
            file.write("max_contacts = 0\nrelm = x\n")
        with open(server.config) as file:
            lines = len(file.read().splitlines())
        said = serve(server.config, 3).splitlines()
        assert said[0].startswith("%s:%d: " % (server.config, lines - 1)) and "max_contacts" in said[0], said
        assert said[1].startswith("%s:%d: " % (server.config, lines)) and "'realm'" in said[1], said
        said = serve(server.config + ".not", 3)
        assert server.config + ".not" in said and "No such file" in said, said


def test_the_signals_that_end_it_end_it_well():
    for number in (signal.SIGTERM, signal.SIGINT):
        with Bench() as b:
            server, phone = bench_with_server(b)
            assert accepted(phone.register("alice"))
            server.process.stop(number)
            assert server.process.child.returncode == 0
            server.start()
            assert phone.is_served("alice")


def test_kill_9_loses_nothing_acknowledged():
    with Bench() as b:
        server, phone = bench_with_server(b)
        for i in range(20):
            assert accepted(phone.register("user%d" % i))
        server.process.stop(signal.SIGKILL)
        assert server.process.child.returncode == -signal.SIGKILL
        server.start()
        assert all(phone.is_served("user%d" % i) for i in range(20))
        removed = phone.ask("REGISTER", "sip:example.test", "user0", "Contact: *\r\nExpires: 0\r\n")
        assert accepted(removed), removed
        server.process.stop(signal.SIGKILL)
        server.start()
        assert not phone.is_served("user0") and phone.is_served("user19")
        assert server.stop() == 0


BROKEN = ("OPTIONS sip:example.test SIP/2.0\r\nVia: SIP/2.0/TCP 127.0.0.1;branch=z9hG4bKx\r\n"
          "From: <sip:a@far.test>;tag=1\r\nTo: <sip:example.test>\r\nCall-ID: x\r\nCSeq: 1 OPTIONS\r\n"
          "Content-Length: many\r\n\r\n")


def read_all(stream):
    text = b""
    while True:
        piece = stream.recv(65536)
        if not piece:
            return text.decode()
        text += piece


def test_a_stream_that_talks_nonsense_is_answered_and_closed_and_the_others_live():
    with Bench() as b:
        server, phone = bench_with_server(b)
        address = ("127.0.0.1", server.port)
        with socket.create_connection(address, PATIENCE) as good:
            for i in range(50):
                with socket.create_connection(address, PATIENCE) as bad:
                    bad.sendall((BROKEN + "rest " * i).encode())
                    answer = read_all(bad)
                    assert answer.startswith("SIP/2.0 400 Bad Request: expected "), answer
                with socket.create_connection(address, PATIENCE) as gone:
                    gone.sendall(BROKEN[:i * 5].encode())
            good.sendall(BROKEN.replace("many", "0").encode())
            assert good.recv(65536).startswith(b"SIP/2.0 200 ")
        assert accepted(phone.register("alice"))
        assert server.stop() == 0


def test_a_name_that_does_not_resolve_is_answered_and_the_server_goes_on():
    with Bench() as b:
        server, phone = bench_with_server(b, OPEN + 'route "far.test" { to = "sip:does-not-exist.localhost.invalid" }')
        answer = phone.ask("MESSAGE", "sip:x@far.test", "alice")
        assert answer.startswith("SIP/2.0 500 "), answer
        assert accepted(phone.register("alice"))
        assert server.stop() == 0


run(globals())
