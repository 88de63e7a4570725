# SPDX-License-Identifier: BSD-2-Clause
"""`ahoy ban` on a real server with two workers: who is banned is not heard, by whatever transport, also after a restart."""

import json
import socket
import subprocess

from live import AHOY, PATIENCE, Bench, run
from people import wait_until

# Without this host itself among those who are allowed everything.
CONFIG = 'workers = 2\nallow = {"192.0.2.0/24"}\n'
BANNED, OTHER = "127.0.0.2", "127.0.0.3"


def options(host, port, number, kind="UDP"):
    return ("OPTIONS sip:example.test SIP/2.0\r\nVia: SIP/2.0/%s %s:%d;branch=z9hG4bK%s-%d\r\nMax-Forwards: 70\r\n"
            "From: <sip:a@elsewhere.test>;tag=1\r\nTo: <sip:example.test>\r\nCall-ID: %s-%d\r\nCSeq: 1 OPTIONS\r\n"
            "Content-Length: 0\r\n\r\n" % (kind, host, port, host, number, host, number)).encode()


class Asker:
    """Somebody with an address of his own."""

    count = 0

    def __init__(self, server, host):
        self.server, self.host = server, host
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind((host, 0))
        self.socket.connect(("127.0.0.1", server.port))
        self.socket.settimeout(PATIENCE)

    def ask(self):
        Asker.count += 1
        self.socket.send(options(self.host, self.socket.getsockname()[1], Asker.count))

    def is_answered(self):
        self.ask()
        return self.socket.recv(4096).startswith(b"SIP/2.0 200")

    def has_heard(self):
        self.socket.setblocking(False)
        try:
            return self.socket.recv(4096)
        except BlockingIOError:
            return None
        finally:
            self.socket.settimeout(PATIENCE)


def ban(server, *words, code=0):
    done = subprocess.run([AHOY, "ban", *words, "--config", server.config], capture_output=True, text=True,
                          timeout=PATIENCE)
    assert done.returncode == code, (words, done.returncode, done.stderr)
    return done


def bans(server):
    return {b["network"]: b for b in map(json.loads, ban(server, "list", "--json").stdout.splitlines())}


def expect_silence(server, asker):
    """It has been counted, and nothing has come back."""
    before = bans(server)[BANNED]["hits"]
    asker.ask()
    wait_until(lambda: bans(server)[BANNED]["hits"] > before, "the datagram was dropped")
    assert asker.has_heard() is None


def test_who_is_banned_is_not_heard_and_others_are():
    with Bench() as b:
        server = b.server(extra=CONFIG)
        asker, other = Asker(server, BANNED), Asker(server, OTHER)
        assert asker.is_answered() and other.is_answered()
        ban(server, "add", BANNED, "--for", "1h", "--reason", "a nuisance")
        expect_silence(server, asker)
        assert other.is_answered()
        one = bans(server)[BANNED]
        assert one["reason"] == "a nuisance" and 3500 < one["expires"] <= 3600 and one["what"] == "everything", one
        ban(server, "remove", BANNED)
        assert asker.is_answered()
        assert bans(server) == {}


def test_its_connection_is_closed_and_no_other_taken():
    with Bench() as b:
        server = b.server(extra=CONFIG)
        stream = socket.create_connection(("127.0.0.1", server.port), PATIENCE, (BANNED, 0))
        stream.sendall(options(BANNED, 1, 1, "TCP"))
        assert stream.recv(4096).startswith(b"SIP/2.0 200")
        ban(server, "add", "127.0.0.2/32")
        assert stream.recv(4096) == b"", "it is open"
        with socket.create_connection(("127.0.0.1", server.port), PATIENCE, (BANNED, 0)) as again:
            try:
                assert again.recv(4096) == b"", "it is open"
            except ConnectionResetError:
                pass
        with socket.create_connection(("127.0.0.1", server.port), PATIENCE, (OTHER, 0)) as other:
            other.sendall(options(OTHER, 1, 2, "TCP"))
            assert other.recv(4096).startswith(b"SIP/2.0 200")


def test_a_ban_outlives_the_server_and_can_be_set_while_none_runs():
    with Bench() as b:
        server = b.server(extra=CONFIG)
        ban(server, "add", BANNED, "--for", "30d")
        server.stop()
        ban(server, "add", "2001:db8::/32", "--reason", "while nobody listens")
        assert set(bans(server)) == {BANNED, "2001:db8::/32"}
        server.start()
        expect_silence(server, Asker(server, BANNED))
        assert bans(server)["2001:db8::/32"]["reason"] == "while nobody listens"


def test_a_ban_ends():
    with Bench() as b:
        server = b.server(extra=CONFIG)
        asker = Asker(server, BANNED)
        ban(server, "add", BANNED, "--for", "2s")
        wait_until(lambda: BANNED not in bans(server), "it ends")
        wait_until(lambda: asker.ask() or asker.has_heard(), "it is heard again")


def test_what_makes_no_sense_is_refused():
    with Bench() as b:
        server = b.server(extra=CONFIG)
        ban(server, "add", code=2)
        ban(server, "add", "example.com", code=2)
        ban(server, "add", "192.0.2.0/33", code=2)
        ban(server, "add", BANNED, "--for", "soon", code=2)
        ban(server, "add", BANNED, OTHER, code=2)
        assert "allow" in ban(server, "add", "192.0.2.7", code=20).stderr
        assert "is not banned" in ban(server, "remove", BANNED, code=13).stderr
        assert bans(server) == {}


if __name__ == "__main__":
    run(globals())
