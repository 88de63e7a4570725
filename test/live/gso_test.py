# SPDX-License-Identifier: BSD-2-Clause
"""`udp_gso = true`: what is sent to one peer at once leaves as one, and each message is whole, with nothing but empty
lines behind its end (RFC 3261 18.3); without it nothing is padded."""

import os
import re
import select
import signal
import socket
import time

from live import PATIENCE, Bench, run

REQUESTS = 60


def options(port, number):
    return ("OPTIONS sip:example.test SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:%d;branch=z9hG4bK%d;rport\r\n"
            "Max-Forwards: 70\r\nFrom: <sip:a@example.test>;tag=a\r\nTo: <sip:example.test>\r\n"
            "Call-ID: %s-%d\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n"
            % (port, number, "x" * (number % 40), number)).encode()


def answers_at_once(server):
    """{number: bytes behind the end of its answer}, after requests that the server has found all together."""
    behind = {}
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as phone:
        phone.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        phone.bind(("127.0.0.1", 0))
        os.kill(server.pid(), signal.SIGSTOP)
        for number in range(REQUESTS):
            phone.sendto(options(phone.getsockname()[1], number), ("127.0.0.1", server.port))
        os.kill(server.pid(), signal.SIGCONT)
        end = time.monotonic() + PATIENCE
        while len(behind) < REQUESTS:
            assert time.monotonic() < end, "%d answers" % len(behind)
            if not select.select([phone], [], [], 1)[0]:
                continue
            head, _, rest = phone.recv(65536).partition(b"\r\n\r\n")
            assert head.startswith(b"SIP/2.0 200"), head
            assert re.search(rb"(?im)^Content-Length: *0\r?$", head), head
            behind[int(re.search(rb"(?im)^Call-ID: x*-(\d+)\r?$", head)[1])] = rest
    return behind


def test_answers_to_one_peer_leave_together_and_are_whole():
    with Bench() as b:
        server = b.server(extra="authentication = false\nworkers = 1\nudp_gso = true\n")
        behind = answers_at_once(server)
        assert any(behind.values()), "none was padded: they did not leave together"
        assert all(set(rest) <= set(b"\r\n") for rest in behind.values()), behind
        assert server.stop() == 0, server.process.stderr()


def test_without_the_option_each_leaves_as_it_is():
    with Bench() as b:
        server = b.server(extra="authentication = false\nworkers = 1\n")
        assert not any(answers_at_once(server).values())
        assert server.stop() == 0, server.process.stderr()


if __name__ == "__main__":
    run(globals())
