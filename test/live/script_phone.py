# SPDX-License-Identifier: BSD-2-Clause
"""ahoy phone --json, as a script drives it: commands on stdin, events on stdout."""

import json
import os
import subprocess

from live import AHOY, Process, free_port
from people import wait_until


class Phone(Process):
    """A phone of a script."""

    def __init__(self, bench, *args, account=False, env=None):
        env = env or dict(os.environ, HOME=bench.folder, XDG_CONFIG_HOME=bench.folder + "/config",
                   XDG_STATE_HOME=bench.folder + "/state")
        more = [] if account else ["--no-account"]
        super().__init__([AHOY, "phone", "--json", "--null-audio", *more, *args], env=env, stdin=subprocess.PIPE)
        bench.add(self)
        self.address = self.wait_event("ready")["address"]
        self.count = 0

    def say(self, line):
        self.child.stdin.write(line + "\n")
        self.child.stdin.flush()

    def ask(self, command, good=True, **arguments):
        """A command, and its result or error."""
        self.count += 1
        self.say(json.dumps(dict(arguments, command=command, id=self.count)))
        return self.wait_event("result" if good else "error", id=self.count)

    def end(self):
        self.child.stdin.close()
        return self.wait_exit()


def listener(bench, *args):
    port = free_port()
    return Phone(bench, "--listen", "127.0.0.1:%d" % port, *args), "sip:bob@127.0.0.1:%d" % port


class Ours(Phone):
    """A phone of ours with a trace, that is reached at `address`."""

    def __init__(self, bench, name="alice", *words, transport="udp", host="127.0.0.1", lab=None):
        port, self.trace = free_port(), "%s/%s.trace" % (bench.folder, name)
        place = "%s:%d" % ("[%s]" % host if ":" in host else host, port)
        if lab:
            words += ("--tls-trust", lab.ca, "--tls-certificate", lab.certificate("example.test"), "--tls-key",
                      lab.key("example.test"))
        super().__init__(bench, "--listen", place, "--transport", transport, "--trace", self.trace, *words)
        self.address, self.account = "sip:%s@%s;transport=%s" % (name, place, transport), {}

    def joins(self, server, name, transport="udp"):
        """Becomes a user of the server, registered."""
        server.add_user(name, "password of " + name)
        port = server.tls_port if transport == "tls" else server.port
        self.address, self.account = "sip:%s@%s" % (name, server.domain), {"account": name}
        self.ask("account", name=name, address=self.address, proxy="sip:127.0.0.1:%d;transport=%s" % (port, transport),
                 password="password of " + name, register=True)
        self.wait_event("registered")

    def calls(self, peer):
        """Until it is up: the call's name."""
        call = self.ask("call", to=peer.address, **self.account)["call"]
        self.wait_event("answered", call=call)
        return call

    def hears(self, what, is_so):
        """Until the level of what is heard from now on is so."""
        self.read()
        start = len(self.events)
        wait_until(lambda: self.read() or any(is_so(e.get("level_in_db")) for e in self.events[start:]), what)

    def hears_tone(self):
        self.hears("nothing is heard", lambda level: level is not None and level > -40)

    def hears_nothing(self):
        self.hears("it is not silent", lambda level: level is not None and level < -90)
