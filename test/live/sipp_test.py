# SPDX-License-Identifier: BSD-2-Clause
"""SIPp (Debian's sip-tester) registers at the server, calls through it and is called
through it, over UDP and TCP, with digest authentication."""

import os
import subprocess

from live import PATIENCE, Bench, free_port, need, run

# SIPp takes the first challenge and knows MD5 only (docs/decisions/0001).
MD5_ONLY = "digest_sha256 = false"
SCENARIOS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "sipp")


class Sipp:
    def __init__(self, bench, server, transport):
        self.bench, self.server, self.transport = bench, server, transport
        self.program = need("sipp")

    def args(self, scenario, port, fields, calls):
        name = "%s-%d" % (scenario, port)
        data = os.path.join(self.bench.folder, name + ".csv")
        with open(data, "w") as f:
            f.write("SEQUENTIAL\n" + ";".join(fields) + "\n")
        return [self.program, "127.0.0.1:%d" % self.server.port, "-sf", os.path.join(SCENARIOS, scenario + ".xml"),
                "-inf", data, "-i", "127.0.0.1", "-p", str(port), "-mp", str(free_port()), "-m", str(calls),
                "-t", "u1" if self.transport == "udp" else "t1", "-timeout", str(PATIENCE), "-timeout_error",
                "-nostdin", "-r", "20"]

    def call(self, scenario, port, fields, calls=1):
        done = subprocess.run(self.args(scenario, port, fields, calls), cwd=self.bench.folder, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
                              timeout=2 * PATIENCE)
        assert done.returncode == 0, "sipp %s: exit %d\n%s" % (scenario, done.returncode, done.stdout[-3000:])

    def start(self, scenario, port, fields, calls=1):
        return self.bench.run(*self.args(scenario, port, fields, calls), cwd=self.bench.folder, name=scenario)


def credentials(name, password):
    return "[authentication username=%s password=%s]" % (name, password)


def register(sipp, name, password, port):
    sipp.call("register", free_port(),
              [name, "127.0.0.1:%d" % port, "example.test",
               credentials(name, password)])


def calls_through_the_server(transport, calls):
    with Bench() as bench:
        server = bench.server(extra=MD5_ONLY)
        server.add_user("alice", "wonderland")
        server.add_user("bob", "builder")
        sipp, port = Sipp(bench, server, transport), free_port()
        callee = sipp.start("callee", port, ["bob"], calls)
        register(sipp, "bob", "builder", port)
        sipp.call("caller", free_port(),
                  ["alice", "bob", "example.test", credentials("alice", "wonderland")], calls)
        assert callee.wait_exit() == 0, callee.stderr()


def test_sipp_calls_sipp_through_the_server_over_udp():
    calls_through_the_server("udp", 20)


def test_sipp_calls_sipp_through_the_server_over_tcp():
    calls_through_the_server("tcp", 5)


def test_a_wrong_password_gets_no_registration():
    with Bench() as bench:
        server = bench.server(extra=MD5_ONLY)
        server.add_user("bob", "builder")
        sipp = Sipp(bench, server, "udp")
        try:
            register(sipp, "bob", "wrong", free_port())
        except AssertionError as refused:
            assert "401" in str(refused)
        else:
            raise AssertionError("a wrong password was accepted")


if __name__ == "__main__":
    run(globals())
