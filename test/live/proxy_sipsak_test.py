# SPDX-License-Identifier: BSD-2-Clause
"""sipsak asks the server what it can, is passed on to a phone, and floods it: what is more than a source may send is told
so once a second, and who has an address of his own hears nothing of it."""

import re
import subprocess

from ban_test import CONFIG as NOBODY_IS_ALLOWED_ALL
from ban_test import OTHER, Asker
from live import PATIENCE, Bench, need, run
from people import counters, traced, wait_until
from registering import Peer

FLOOD = 300


def sipsak(server, *words, user=""):
    """A domain that it can resolve is localhost."""
    return subprocess.run([need("sipsak"), *words, "-s", "sip:%slocalhost" % user, "-p", "127.0.0.1:%d" % server.port],
                          capture_output=True, text=True, timeout=2 * PATIENCE)


def allowed(text):
    found = re.search("(?m)^Allow: (.*?)\r?$", text)
    return set(found.group(1).replace(" ", "").split(",")) if found else None


def test_sipsak_hears_what_the_server_can():
    with Bench() as b:
        server = b.server(domain="localhost")
        done = sipsak(server, "-vvv")
        assert done.returncode == 0 and {"REGISTER", "INVITE"} <= allowed(done.stdout), done.stdout
        assert server.stop() == 0, server.process.stderr()


def test_sipsak_hears_of_no_registrar_where_there_is_none():
    with Bench() as b:
        server = b.server(domain="localhost", extra="registrar = false\n")
        done = sipsak(server, "-vvv")
        assert done.returncode == 0 and "REGISTER" not in allowed(done.stdout), done.stdout


def test_sipsak_reaches_a_phone_and_no_hop_is_left_for_a_second():
    with Bench() as b:
        server = b.server(domain="localhost")
        server.add_user("bob", "builder")
        bob = Peer(b, server, "bob", "builder")
        assert bob.register("Contact: <%s>" % bob.contact()).status == 200
        asked = bob.begin(bob.receive, "OPTIONS")
        assert sipsak(server, user="bob@").returncode == 0
        assert asked.result().one("Max-Forwards") == "69"
        done = sipsak(server, "-vvv", "-m", "0", user="bob@")
        assert "SIP/2.0 483 " in done.stdout, done.stdout
        assert server.stop() == 0, server.process.stderr()


def answers(server):
    return [m["first"].split()[1] for m in traced(server.folder + "/trace") if m["dir"] == "out"]


def test_a_flood_is_turned_away_and_another_source_is_served():
    with Bench() as b:
        server = b.server(domain="localhost", extra=NOBODY_IS_ALLOWED_ALL + "source_rate = 10\nsource_burst = 20\n")
        other = Asker(server, OTHER)
        sipsak(server, "-F", "-e", str(FLOOD))
        other.ask()
        assert b"503" not in other.socket.recv(4096).split(b"\r\n")[0]
        # Another worker may have answered that one while the flood still waits in the socket of its own.
        wait_until(lambda: "503" in answers(server) and counters(server)["limited_dropped"] >= 1, "told so, and dropped")
        assert answers(server).count("200") < FLOOD / 2, answers(server)
        assert server.stop() == 0, server.process.stderr()


if __name__ == "__main__":
    run(globals())
