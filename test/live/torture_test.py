# SPDX-License-Identifier: BSD-2-Clause
"""RFC 4475 and RFC 5118 against the running server, judged by the table that comes
with the messages: in its default state, and as a registrar and proxy for anybody."""

import os
import subprocess
import sys

from live import AHOY, PATIENCE, SHARED, Bench, Skip, run

TORTURE = os.path.join(SHARED, "torture")

# message: why another answer than the table's is right
OPEN_SERVER = {
    "wsinv": "forwarded to a domain that does not exist: 500, as 503 may not be passed on (RFC 3261 16.7 item 6)",
}


DEFAULT_SERVER = {
    "intmeth": "From is a user of ours: he proves it (407) before anything else is said about his request",
    "regbadct": "a password is asked for (401) before the Contact is looked at",
    "unksm2": "a password is asked for (401) before To is looked at",
}


def judge(extra, deviations):
    if not os.path.isdir(TORTURE):
        raise Skip("no test messages in " + TORTURE)
    with Bench() as bench:
        server = bench.server(domain='example.com", "example.net", "127.0.0.1', extra=extra)
        out = subprocess.run(
            [sys.executable, os.path.join(TORTURE, "run_torture.py"), "--target", "127.0.0.1:%d" % server.port,
             "--wait", "0.6", os.path.join(TORTURE, "rfc4475/dat"), os.path.join(TORTURE, "rfc5118/dat-clfixed")],
            text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=240).stdout
        lines = [line.split("\t") for line in out.splitlines() if line.count("\t") >= 3]
        assert len(lines) >= 60, out
        wrong = [line for line in lines if line[0] != "ok" and line[1] not in deviations]
        assert not wrong, "\n".join("\t".join(line) for line in wrong)
        assert server.stop() == 0


def test_every_message_gets_the_answer_of_the_table():
    judge("", DEFAULT_SERVER)


def test_a_server_without_authentication_survives_and_answers_them_too():
    judge("authentication = false", OPEN_SERVER)


if __name__ == "__main__":
    run(globals())
