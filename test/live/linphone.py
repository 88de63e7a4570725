# SPDX-License-Identifier: BSD-2-Clause
"""A linphone (linphonec of Debian's linphone-cli) under command by its standard input, without a sound card: it says
what a file says and writes what it hears to another.  It is called where it is, or has an account at a server."""

import os
import re
import subprocess
import threading
import time

from live import PATIENCE, free_port, need
from people import bindings, tone, wait_until

CONFIG = """[sip]
sip_port={udp}
sip_tcp_port={tcp}
sip_tls_port={tls}
use_ipv6={ipv6}
guess_hostname=0
contact=sip:{name}@{host}
root_ca={ca}
{more}
[rtp]
audio_rtp_port={rtp}
[sound]
echocancellation=0
use_file=1
[video]
capture=0
display=0
{account}
"""

ACCOUNT = """[proxy_0]
reg_proxy=<sip:{place}:{port};transport={transport}>
reg_route=<sip:{place}:{port};transport={transport};lr>
reg_identity=sip:{name}@{domain}
reg_expires=600
reg_sendregister=1
publish=0
dial_escape_plus=0
[auth_info_0]
username={name}
passwd=password-of-{name}
"""


class Linphone:
    """Reached at `address`.  `say`: a file; else it says a tone for two minutes.  `more`: lines of its section [sip].
    `auto`: it answers.  With a `server` it is a user of it, registered."""

    def __init__(self, bench, name, transport="udp", host="127.0.0.1", say=None, more="", auto=True, server=None):
        need("linphonec")
        self.name, self.output, self.changed = name, "", threading.Condition()
        self.folder = os.path.join(bench.folder, "linphone-" + name)
        os.makedirs(self.folder + "/.local/share/linphone")
        port, at = free_port(), "[%s]" % host if ":" in host else host
        self.address = "sip:%s@%s" % (name, server.domain if server else "%s:%d;transport=%s" % (at, port, transport))
        account = ""
        if server:
            server.add_user(name, "password-of-" + name)
            account = ACCOUNT.format(name=name, domain=server.domain, transport=transport,
                                     place="localhost" if transport == "tls" else "127.0.0.1",
                                     port=server.tls_port if transport == "tls" else server.port)
        with open(self.folder + "/rc", "w") as f:
            f.write(CONFIG.format(udp=port if transport == "udp" else 0, tcp=port if transport == "tcp" else 0,
                                  tls=port if transport == "tls" else 0, ipv6=int(":" in host), name=name, host=at,
                                  ca=os.path.join(bench.folder, "lab/ca.pem"), rtp=free_port() & ~1, more=more,
                                  account=account))
        self.begin(bench, ["-a"] if auto else [])
        self.command("soundcard use files")
        self.wait("Using wav files")
        self.command("play " + (say or tone(bench)))
        self.command("record " + self.heard())
        if server:
            wait_until(lambda: bindings(server, name), self.output)

    def begin(self, bench, words):
        env = dict(os.environ, HOME=self.folder, XDG_DATA_HOME=self.folder + "/.local/share", TERM="dumb")
        self.child = subprocess.Popen(["linphonec", "-c", self.folder + "/rc", *words], env=env, cwd=self.folder, text=True,
                                      stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                      errors="replace")
        self.reader = threading.Thread(target=self.take_in)
        self.reader.start()
        bench.add(self)

    def take_in(self):
        for line in self.child.stdout:
            with self.changed:
                self.output += line
                self.changed.notify_all()

    def command(self, words):
        self.child.stdin.write(words + "\n")
        self.child.stdin.flush()

    def forget(self):
        with self.changed:
            self.output = ""

    def wait(self, pattern):
        """The match of this in what it prints."""
        end = time.monotonic() + PATIENCE
        with self.changed:
            while True:
                found = re.search(pattern, self.output)
                if found:
                    return found
                left = end - time.monotonic()
                assert left > 0 and self.child.poll() is None, "linphone: no %s in:\n%s" % (pattern, self.output)
                self.changed.wait(min(left, 0.5))

    # As interop.py has it.

    def calls(self, address, early=False):
        self.command("call " + address + (" --early-media" if early else ""))

    def accepts(self):
        self.command("answer")

    def hangs_up(self):
        self.command("terminate")

    def holds(self):
        self.command("pause")
        self.wait("is now paused")

    def resumes(self):
        self.command("resume")

    def sends_on(self, address):
        self.command("transfer " + address)

    def has_sent_on(self):
        """It does not hang up by itself."""
        self.wait("has been transfered")
        self.hangs_up()

    def presses(self, key):
        self.command(key)

    def is_up(self):
        self.wait(r"Call \d+ with .* connected")

    def is_closed(self):
        self.wait(r"Call \d+ with .* ended")

    def hears_progress(self):
        self.wait("early media")

    def heard_keys(self, keys):
        for key in keys:
            self.wait("Receiving tone " + re.escape(key))

    def end(self):
        self.stop()

    def heard(self):
        return self.folder + "/heard.wav"

    def stop(self):
        if self.child.poll() is None:
            try:
                self.command("quit")
                self.child.wait(PATIENCE)
            except (OSError, subprocess.TimeoutExpired):
                self.child.kill()
                self.child.wait()
        self.reader.join()
        for pipe in (self.child.stdin, self.child.stdout):
            if not pipe.closed:
                pipe.close()
