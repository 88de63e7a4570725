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
            assert client.read()["result"] == {"users": [], "cursor": None}
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
        inner = children(server.process.child.pid)
        for pid in [server.process.child.pid] + inner:
            os.kill(pid, signal.SIGKILL)
        server.process.wait_exit()
        for pid in inner:
            live.wait_gone(pid)
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
        assert re.search(r"^store +in order$", run_ahoy(server, "status"), re.M)
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


def send_message(server, user):
    """A MESSAGE to this user from a stranger."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as phone:
        phone.bind(("127.0.0.1", 0))
        port = phone.getsockname()[1]
        phone.sendto(("MESSAGE sip:%s@example.test SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:%d;branch=z9hG4bK%d\r\nMax-Forwards: 70\r\n"
                      "From: <sip:s@x.test>;tag=1\r\nTo: <sip:%s@example.test>\r\nCall-ID: m%d\r\nCSeq: 1 MESSAGE\r\n"
                      "Content-Length: 0\r\n\r\n" % (user, port, port, user, port)).encode(), ("127.0.0.1", server.port))


def bindings(server, *words):
    return [json.loads(line) for line in run_ahoy(server, "binding", "list", "--json", *words).splitlines()]


def test_bindings_are_added_listed_removed_and_kept():
    with Bench() as b, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as gateway:
        gateway.bind(("127.0.0.1", 0))
        gateway.settimeout(live.PATIENCE)
        contact = "sip:gw@127.0.0.1:%d" % gateway.getsockname()[1]
        server = b.server(extra="authentication = no")
        run_ahoy(server, "binding", "add", "alice", contact)
        send_message(server, "alice")
        assert gateway.recv(65536).startswith(b"MESSAGE " + contact.encode() + b" SIP/2.0\r\n")
        run_ahoy(server, "binding", "add", "bob", "sip:bob@192.0.2.8", "--expires", "600", "--q", "0.5")
        for pid in children(server.process.child.pid) + [server.process.child.pid]:
            os.kill(pid, signal.SIGKILL)
        server.process.wait_exit()

        # Without a server: in the database.
        found = {one["aor"]: one for one in bindings(server)}
        assert found["sip:alice@example.test"]["contact"] == contact, found
        assert found["sip:alice@example.test"]["expires"] is None, found
        assert 0 < found["sip:bob@example.test"]["expires"] <= 600 and found["sip:bob@example.test"]["q"] == 0.5, found
        run_ahoy(server, "binding", "remove", "bob", "sip:bob@192.0.2.8")
        run_ahoy(server, "binding", "remove", "bob", "--all", code=13)

        server.start()
        assert [one["aor"] for one in bindings(server)] == ["sip:alice@example.test"]
        assert bindings(server, "bob") == []
        send_message(server, "alice")
        assert gateway.recv(65536).startswith(b"MESSAGE " + contact.encode())
        run_ahoy(server, "binding", "remove", "alice", code=2)
        # Left out for being no UTF-8, a word would make it another request: remove all.
        for words in (("binding", "remove", "alice", b"sip:\xff@192.0.2.1"), ("binding", "list", b"\xff"),
                      ("binding", "list", "--domain", b"\xff"), ("log", "level", b"\xff"),
                      ("user", "remove", "alice", "--domain", b"\xff")):
            run_ahoy(server, *words, code=2)
        assert bindings(server, "alice") != []
        run_ahoy(server, "binding", "remove", "alice", "--all")
        run_ahoy(server, "binding", "add", "alice", "siphon.example.com")
        assert [one["contact"] for one in bindings(server)] == ["sip:siphon.example.com"]
        run_ahoy(server, "binding", "remove", "alice", "siphon.example.com")
        assert bindings(server) == []
        for words, code in ((("add", "alice", "sip:"), 2), (("add", "alice@other.test", "sip:1.2.3.4"), 13), (("add", "alice"), 2),
                            (("add", "alice", "sip:1.2.3.4", "--q", "7"), 2), (("list", "alice@other.test"), 13)):
            run_ahoy(server, "binding", *words, code=code)
        client = Client(server)
        for i in range(250):  # more than one page
            client.call("binding.add", aor="sip:user%d@example.test" % i, contact="sip:u@192.0.2.1:%d" % (5000 + i))
        client.close()
        assert len({one["aor"] for one in bindings(server)}) == 250


if __name__ == "__main__":
    live.run(globals())
