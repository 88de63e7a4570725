# SPDX-License-Identifier: BSD-2-Clause
"""SIPp (Debian's sip-tester) registers at the server, calls through it and is called
through it, over UDP and TCP, with digest authentication."""

import os
import subprocess

from live import PATIENCE, Bench, free_port, need, run
from people import counters

# SIPp takes the first challenge and knows MD5 only (docs/decisions/0001).
MD5_ONLY = "digest_algorithms = {MD5}"
CALLERS = ("caller", "caller_refused", "caller_cancels", "caller_of_two", "message")  # [field0] sends to [field1] in domain [field2]
SCENARIOS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "sipp")


class Sipp:
    def __init__(self, bench, server, sockets="u1"):
        """`sockets` as SIPp's -t has it: u1 or t1, one for all calls of UDP or TCP; tn: one for each."""
        self.bench, self.server, self.sockets = bench, server, sockets
        self.program = need("sipp")

    def args(self, scenario, port, calls, *rows):
        name = "%s-%d" % (scenario, port)
        data = os.path.join(self.bench.folder, name + ".csv")
        with open(data, "w") as f:
            f.write("SEQUENTIAL\n" + "".join(";".join(fields) + "\n" for fields in rows))
        # Left alone it proves everything for the address that it sends to, and not for the Request-URI.
        uri = ["-auth_uri", "%s@%s" % tuple(rows[0][1:3])] if os.path.basename(scenario) in CALLERS else []
        return [self.program, *uri, "127.0.0.1:%d" % self.server.port, "-sf", os.path.join(SCENARIOS, scenario + ".xml"),
                "-inf", data, "-i", "127.0.0.1", "-p", str(port), "-mp", str(free_port()), "-m", str(calls),
                "-t", self.sockets, "-max_socket", "900", "-timeout", str(PATIENCE), "-timeout_error",
                "-nostdin", "-r", "20" if calls < 100 else "100"]

    def call(self, scenario, port, fields, calls=1):
        self.run(scenario, self.args(scenario, port, calls, fields))

    def call_all(self, scenario, port, rows):
        """One call for each row of fields."""
        self.run(scenario, self.args(scenario, port, len(rows), *rows))

    def run(self, scenario, args):
        done = subprocess.run(args, cwd=self.bench.folder, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
                              timeout=2 * PATIENCE)
        assert done.returncode == 0, "sipp %s: exit %d\n%s" % (scenario, done.returncode, done.stdout[-3000:])

    def start(self, scenario, port, fields, calls=1):
        return self.bench.run(*self.args(scenario, port, calls, fields), cwd=self.bench.folder, name=scenario)


def credentials(name, password):
    return "[authentication username=%s password=%s]" % (name, password)


def register(sipp, name, password, port):
    sipp.call("register", free_port(),
              [name, "127.0.0.1:%d" % port, "example.test",
               credentials(name, password)])


def calls_through_the_server(sockets, calls):
    with Bench() as bench:
        server = bench.server(extra=MD5_ONLY)
        server.add_user("alice", "wonderland")
        server.add_user("bob", "builder")
        sipp, port = Sipp(bench, server, sockets), free_port()
        callee = sipp.start("callee", port, ["bob"], calls)
        register(sipp, "bob", "builder", port)
        sipp.call("caller", free_port(),
                  ["alice", "bob", "example.test", credentials("alice", "wonderland")], calls)
        assert callee.wait_exit() == 0, callee.stderr()
        counted = counters(server)
        assert server.stop() == 0, server.process.stderr()
        return counted


def test_sipp_calls_sipp_through_the_server_over_udp():
    calls_through_the_server("u1", 20)


def test_sipp_calls_sipp_through_the_server_over_tcp():
    """bob's REGISTER, his phone, alice's phone: one connection each, however many calls."""
    counted = calls_through_the_server("t1", 20)
    assert counted["connections_accepted"] + counted["connections_opened"] == 3, counted


def test_sipp_calls_by_two_hundred_connections():
    counted = calls_through_the_server("tn", 200)
    assert counted["connections_accepted"] >= 200 and counted["connections_refused"] == 0, counted


def test_a_wrong_password_gets_no_registration():
    with Bench() as bench:
        server = bench.server(extra=MD5_ONLY)
        server.add_user("bob", "builder")
        sipp = Sipp(bench, server)
        try:
            register(sipp, "bob", "wrong", free_port())
        except AssertionError as refused:
            assert "401" in str(refused)
        else:
            raise AssertionError("a wrong password was accepted")


if __name__ == "__main__":
    run(globals())
