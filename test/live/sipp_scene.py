# SPDX-License-Identifier: BSD-2-Clause
"""A server with SIPp on every side of it: phones, gateways, a caller who proves who she is, a carrier who does not."""

import os
import subprocess

from live import AHOY, Bench, free_port, listening
from people import traced
from sipp_test import MD5_ONLY, SCENARIOS, Sipp, credentials

CARRIER = "127.0.0.2"  # sends from there, while the phones of our users are at 127.0.0.1


class Scene(Bench):
    """A server where alice has proved nothing yet and bob has the phones that a test gives him."""

    def begin(self, extra=""):
        self.server_ = self.server(extra=MD5_ONLY + "\n" + extra)
        for name in ("alice", "bob"):
            self.server_.add_user(name, "password-of-" + name)
        self.sipp, self.changed = Sipp(self, self.server_), 0
        return self

    def scenario(self, name, *changes):
        """A scenario with another text in it, where SIPp allows no field."""
        if not changes:
            return name
        with open(os.path.join(SCENARIOS, name + ".xml")) as template:
            text = template.read()
        for old, new in changes:
            assert old in text, old
            text = text.replace(old, new)
        self.changed += 1
        folder = os.path.join(self.folder, "changed-%d" % self.changed)
        os.makedirs(folder)
        with open(os.path.join(folder, name + ".xml"), "w") as file:
            file.write(text)
        return os.path.join(folder, name)

    def waits(self, name, *changes, port=None):
        """Somebody at a port of his own."""
        port = port or free_port()
        phone = self.sipp.start(self.scenario(name, *changes), port, ["bob"])
        phone.port = port
        listening(port)
        return phone

    def phone(self, q, name, *changes, user="bob"):
        phone = self.waits(name, *changes)
        self.bind("sip:%s@127.0.0.1:%d" % (user, phone.port), q, user)
        return phone

    def bind(self, contact, q=1, user="bob"):
        subprocess.run([AHOY, "binding", "add", user, contact, "--q", str(q), "--config", self.server_.config], check=True,
                       capture_output=True)

    def alice(self, name, *changes, to="bob"):
        self.sipp.call(self.scenario(name, *changes), free_port(),
                       ["alice", to, "example.test", credentials("alice", "password-of-alice")])

    def carrier(self, name, to, domain="example.test", caller="eve", of="elsewhere.test"):
        """A call from the address of a trunk, by who proves nothing."""
        args = self.sipp.args(name, free_port(), 1, [caller, to, domain, of])
        args[args.index("-i") + 1] = CARRIER
        self.sipp.run(name, args)

    def ended(self, *phones):
        for phone in phones:
            assert phone.wait_exit() == 0, phone.stderr()

    def sent(self, first):
        """What the server has sent whose first line begins so, the first one first."""
        return [m for m in traced(self.server_.folder + "/trace") if m["dir"] == "out" and m["first"].startswith(first)]

    def order(self):
        """The ports that the server has sent an INVITE to, each once."""
        found = [int(m["remote"].rsplit(":", 1)[1]) for m in self.sent("INVITE ")]
        return list(dict.fromkeys(found))
