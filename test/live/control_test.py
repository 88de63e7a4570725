#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""The control socket of a real server: every kind of bad request, clients that dawdle,
what a killed server leaves behind, and the script of docs/control.md."""

import json
import os
import re
import signal
import socket
import stat
import subprocess

import live
from live import AHOY, Bench

CLIENTS = 100
DOCUMENT = os.path.join(os.path.dirname(__file__), "../../docs/control.md")


def path_of(server):
    return os.path.join(server.folder, "state/control.sock")


class Client:
    """One connection; every call waits for its line."""

    def __init__(self, server):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(live.PATIENCE)
        self.socket.connect(path_of(server))
        self.file = self.socket.makefile("rb")

    def send(self, line):
        self.socket.sendall(line if isinstance(line, bytes) else line.encode())

    def read(self):
        line = self.file.readline()
        return json.loads(line) if line else None

    def ask(self, line):
        self.send(line + (b"\n" if isinstance(line, bytes) else "\n"))
        return self.read()

    def turned_away(self):
        """Is there no place?  What is said then may come before we have asked."""
        try:
            answer = self.call("user.list")
        except (BrokenPipeError, ConnectionResetError):
            return True
        if answer is None:
            return True
        if "result" not in answer:
            expect_error(answer, -32000, "LIMIT")
        return "result" not in answer

    def call(self, method, **params):
        return self.ask(json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}))

    def close(self):
        self.file.close()
        self.socket.close()


def state_of(client):
    """All that requests can change."""
    levels = client.call("log.level")["result"]["levels"]
    return client.call("user.list")["result"], levels


def expect_error(answer, code, name=None):
    assert answer is not None, "no answer"
    assert "result" not in answer and answer["error"]["code"] == code, answer
    assert answer["error"]["message"] and answer["jsonrpc"] == "2.0", answer
    assert name is None or answer["error"]["data"]["error"] == name, answer


BAD_LINES = [
    (b"{", -32700), (b"nonsense", -32700), (b"\xff\xfe", -32700), (b"{\"jsonrpc\":\"2.0\",\"method\":\"\x00\"}", -32700),
    (b"1", -32600), (b"\"server.stop\"", -32600), (b"null", -32600), (b"{}", -32600), (b"[]", -32600),
    (b'{"jsonrpc":"1.0","id":1,"method":"server.stop"}', -32600), (b'{"id":1,"method":"server.stop"}', -32600),
    (b'{"jsonrpc":"2.0","id":1,"method":7}', -32600), (b'{"jsonrpc":"2.0","id":[],"method":"server.stop"}', -32600),
    (b'{"jsonrpc":"2.0","id":1,"method":"server.stop","params":"now"}', -32600),
    (b'{"jsonrpc":"2.0","id":1,"method":"server.stop","more":1}', -32600),
    (b'{"jsonrpc":"2.0","id":1,"method":"rpc.stop"}', -32601), (b'{"jsonrpc":"2.0","id":1,"method":""}', -32601),
    (b'{"jsonrpc":"2.0","id":1,"method":"SERVER.STOP"}', -32601),
    (b'{"jsonrpc":"2.0","id":1,"method":"server.stop","params":{"now":true}}', -32602),
    (b'{"jsonrpc":"2.0","id":1,"method":"server.stop","params":[1]}', -32602),
    (b'{"jsonrpc":"2.0","id":1,"method":"user.add","params":{"name":"eve"}}', -32602),
    (b'{"jsonrpc":"2.0","id":1,"method":"user.add","params":{"name":"eve","password":7}}', -32602),
    (b'{"jsonrpc":"2.0","id":1,"method":"user.add","params":["eve","x","example.test","more"]}', -32602),
    (b'{"jsonrpc":"2.0","id":1,"method":"user.add","params":{"name":"e v e","password":"x"}}', -32602),
    (b'{"jsonrpc":"2.0","id":1,"method":"user.add","params":{"name":"eve","password":"x","domain":"no.test"}}', -32000),
    (b'{"jsonrpc":"2.0","id":1,"method":"user.remove","params":{"name":"nobody"}}', -32000),
    (b'{"jsonrpc":"2.0","id":1,"method":"log.level","params":{"level":"loud"}}', -32602),
    (b"[" * 3000, -32700),
]


def test_bad_requests_get_an_error_and_change_nothing():
    with Bench() as b:
        server = b.server()
        server.add_user("alice", "secret")
        client = Client(server)
        before = state_of(client)
        for line, code in BAD_LINES:
            expect_error(client.ask(line), code)
        answers = client.ask('[1,{"jsonrpc":"2.0","id":2,"method":"nope"},{"jsonrpc":"2.0","method":"nope"}]')
        assert [a["error"]["code"] for a in answers] == [-32600, -32601], answers
        assert state_of(client) == before
        expect_error(Client(server).ask(b"x" * 70000), -32600, "TOO_LARGE")
        assert state_of(client) == before
        client.close()


def test_batches_and_notifications_are_performed():
    with Bench() as b:
        server = b.server()
        client = Client(server)
        client.send('{"jsonrpc":"2.0","method":"log.level","params":{"level":"error"}}\n')  # not answered
        answers = client.ask('[{"jsonrpc":"2.0","id":"a","method":"user.add","params":["alice","x"]},'
                             '{"jsonrpc":"2.0","id":null,"method":"user.add","params":{"name":"bob","password":"y"}},'
                             '{"jsonrpc":"2.0","method":"user.add","params":["carol","z"]}]')
        assert sorted(str(a["id"]) for a in answers) == ["None", "a"], answers
        assert all("result" in a for a in answers), answers
        names = [u["name"] for u in client.call("user.list")["result"]["users"]]
        assert "alice" in names and "bob" in names, names
        assert client.call("log.level")["result"]["levels"]["proxy"] == "error"
        client.close()


def test_the_socket_is_for_its_owner_only():
    with Bench() as b:
        server = b.server()
        status = os.stat(path_of(server))
        assert stat.S_IMODE(status.st_mode) == 0o600 and status.st_uid == os.geteuid(), oct(status.st_mode)
        if os.geteuid() != 0:
            return
        for folder in (b.folder, server.folder, os.path.dirname(path_of(server))):
            os.chmod(folder, 0o755)
        os.chmod(path_of(server), 0o666)  # even so the kernel is asked who it is
        script = ("import os,socket,sys; os.setgid(65534); os.setuid(65534); s=socket.socket(socket.AF_UNIX); "
                  "s.connect(sys.argv[1]); print(s.makefile().readline())")
        done = subprocess.run(["python3", "-c", script, path_of(server)], capture_output=True, text=True, timeout=60)
        assert '"PERMISSION"' in done.stdout, done.stdout + done.stderr


def test_a_hundred_clients_and_one_too_many():
    with Bench() as b:
        server = b.server(extra="control_clients = %d" % CLIENTS)
        clients = [Client(server) for _ in range(CLIENTS)]
        for client in clients:
            client.send('{"jsonrpc":"2.0","id":1,"method":"user.list"}\n')
        for client in clients:
            assert client.read()["result"] == {"users": []}
        expect_error(Client(server).read(), -32000, "LIMIT")
        for client in clients:
            client.close()
        away = True
        while away:  # until the server has seen them go
            one = Client(server)
            away = one.turned_away()
            one.close()


def test_a_client_that_never_reads_is_dropped_and_harms_nobody():
    with Bench() as b:
        server = b.server(extra="control_clients = 1")
        lazy = Client(server)
        lazy.socket.settimeout(live.PATIENCE + 60)
        request = b'{"jsonrpc":"2.0","id":1,"method":"server.methods"}\n'
        lazy.socket.setblocking(False)
        sent = 0
        try:
            while sent < 100000000:
                sent += lazy.socket.send(request * 100)
        except BlockingIOError:
            pass
        # It holds the only place; when it has been dropped another gets it.
        while True:
            other = Client(server)
            away = other.turned_away()
            other.close()
            if not away:
                break
        lazy.close()


def test_a_client_that_sends_a_byte_now_and_then_is_dropped():
    with Bench() as b:
        server = b.server()
        slow = Client(server)
        try:
            while True:  # a byte at a time, each within the time that silence is allowed
                slow.send("x")
                if slow.socket in live_select([slow.socket], 0.2):
                    assert slow.socket.recv(100) == b""
                    break
        except (BrokenPipeError, ConnectionResetError):
            pass
        slow.close()


def live_select(sockets, patience):
    import select
    return select.select(sockets, [], [], patience)[0]


def test_what_a_killed_server_leaves_behind_is_found_to_be_dead():
    with Bench() as b:
        server = b.server()
        server.add_user("alice", "secret")
        second = subprocess.run([AHOY, "serve", "--config", server.config], capture_output=True, text=True, timeout=60)
        assert second.returncode == 21, second.stderr  # while it lives, nobody else may
        for pid in [server.process.child.pid] + children(server.process.child.pid):
            os.kill(pid, signal.SIGKILL)
        server.process.wait_exit()
        assert stat.S_ISSOCK(os.stat(path_of(server)).st_mode)
        done = subprocess.run([AHOY, "status", "--config", server.config], capture_output=True, text=True, timeout=60)
        assert done.returncode == 15 and "no server runs" in done.stderr, done
        server.add_user("bob", "secret")  # into the database, whose lock is free
        server.start()
        client = Client(server)
        assert [u["name"] for u in client.call("user.list")["result"]["users"]] == ["alice", "bob"]
        client.close()


def children(pid):
    try:
        with open("/proc/%d/task/%d/children" % (pid, pid)) as file:
            return [int(word) for word in file.read().split()]
    except FileNotFoundError:
        return []


def test_the_script_of_the_document_works():
    with open(DOCUMENT) as file:
        text = file.read()
    names = {}
    exec(re.search(r"```python\n(.*?)```", text, re.S).group(1), names)
    with Bench() as b:
        server = b.server()
        ahoy = names["Ahoy"](path_of(server))
        ahoy.call("user.add", name="alice", password="secret")
        assert "bindings" in ahoy.call("server.counters")["gauges"]
        for method in ahoy.call("server.methods")["methods"]:
            assert "\n### %s\n" % method["name"] in text, method["name"]
        try:
            ahoy.call("user.add", name="alice", password="secret")
            raise AssertionError("added twice")
        except RuntimeError as error:
            assert "there is a user alice" in str(error), error


def run_ahoy(server, *words, code=0):
    done = subprocess.run([AHOY, *words, "--config", server.config], capture_output=True, text=True, timeout=60)
    assert done.returncode == code, (words, done)
    return done.stdout


def test_the_commands_of_a_running_server():
    with Bench() as b:
        server = b.server()
        status = json.loads(run_ahoy(server, "status", "--json"))
        assert status["workers"] >= 1 and status["store"]["error"] is None and status["metrics"] is None, status
        assert "store_queue" in run_ahoy(server, "status") and "auth_wrong" in run_ahoy(server, "status", "--all")
        run_ahoy(server, "status", "--reset")
        run_ahoy(server, "status", "--json", "--prometheus", code=2)
        run_ahoy(server, "log", "level", "proxy", "debug")
        levels = json.loads(run_ahoy(server, "log", "level", "--json"))["levels"]
        assert levels["proxy"] == "debug" and levels["server"] != "debug", levels
        run_ahoy(server, "log", "level", "kitchen", "debug", code=13)
        run_ahoy(server, "log", "level", "proxy", "loud", code=2)
        assert json.loads(run_ahoy(server, "stop", "--json")) == {"stopping": True}
        assert server.process.wait_exit() == 0
        for words in (("status",), ("stop",), ("log", "level"), ("log", "level", "debug")):
            run_ahoy(server, *words, code=15)


if __name__ == "__main__":
    live.run(globals())
