# SPDX-License-Identifier: BSD-2-Clause
"""ahoy phone --json, as a script drives it: commands on stdin, events on stdout."""

import json
import os
import subprocess

from live import AHOY, Process, free_port


class Phone(Process):
    """A phone of a script."""

    def __init__(self, bench, *args, account=False):
        env = dict(os.environ, HOME=bench.folder, XDG_CONFIG_HOME=bench.folder + "/config",
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
