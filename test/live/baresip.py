# SPDX-License-Identifier: BSD-2-Clause
"""A baresip (Debian's baresip-core) with an account at a server, for the tests that want one."""

import glob
import json
import os
import socket
import time

from live import PATIENCE, Skip, free_port, need
from people import traced

MODULES = "/usr/lib/baresip/modules"
MD5_ONLY = "digest_algorithms = {MD5}"  # docs/decisions/0001

CONFIG = """sip_listen 127.0.0.1:{sip}
net_interface 127.0.0.1
ctrl_tcp_listen 127.0.0.1:{control}
statmode_default off
ausrc_srate 8000
auplay_srate 8000
audio_source {source}
audio_player aubridge,none
snd_path {folder}
module_path {modules}
{more}
module account.so
module ctrl_tcp.so
module g711.so
module aufile.so
module aubridge.so
{recorder}
module_app menu.so
"""


class Baresip:
    """A baresip with an account at the server, driven by its control socket; over TLS it
    has the server's CA and shows the `certificate` (PEM with its key), if there is one.
    `account`: parameters that take the place of those of its account; without a `proof` that is right
    nobody adds a user for it nor waits until it has registered."""

    def __init__(self, bench, server, name, transport="udp", say=None, certificate=None, account="regint=60",
                 more="", proof=None):
        need("baresip")
        if not os.path.exists(MODULES + "/ctrl_tcp.so"):
            raise Skip("no baresip modules in " + MODULES)
        self.address = "sip:%s@%s" % (name, server.domain)
        self.folder = os.path.join(bench.folder, "baresip-" + name)
        os.makedirs(self.folder)
        if proof is None:
            server.add_user(name, "password-of-" + name)
        control = free_port()
        with open(self.folder + "/config", "w") as f:
            f.write(CONFIG.format(sip=free_port(), control=control, folder=self.folder, modules=MODULES,
                                  source="aufile," + say if say else "aubridge,none",
                                  recorder="module sndfile.so" if say else "",
                                  more=more + (self.tls(server, certificate) if transport == "tls" else "")))
        with open(self.folder + "/accounts", "w") as f:
            f.write('<sip:%s@%s;transport=%s>;auth_pass=%s;outbound="sip:127.0.0.1:%d;transport=%s";%s\n'
                    % (name, server.domain, transport, proof or "password-of-" + name,
                       server.tls_port if transport == "tls" else server.port, transport, account))
        self.process = bench.run("baresip", "-f", self.folder)
        self.socket, self.bytes, self.events = self.connect(control), b"", []
        bench.add(self)
        if proof is None:
            self.registered(server, name)

    @staticmethod
    def tls(server, certificate):
        return "sip_cafile %s\n%s" % (server.lab.ca, "sip_certificate " + certificate if certificate else "")

    def connect(self, port):
        end = time.monotonic() + PATIENCE
        while True:
            try:
                return socket.create_connection(("127.0.0.1", port))
            except ConnectionRefusedError:
                assert time.monotonic() < end and self.process.child.poll() is None, "baresip did not start"
                time.sleep(0.05)

    def registered(self, server, name):
        """It may be so before anybody can hear the event: the server's trace tells."""
        end = time.monotonic() + PATIENCE
        while not any(m["first"].startswith("SIP/2.0 200") and "From: <sip:%s@" % name in m["text"]
                      for m in traced(server.folder + "/trace")):
            assert time.monotonic() < end, "baresip did not register"
            time.sleep(0.05)

    def stop(self):
        self.socket.close()

    def command(self, name, words=""):
        text = json.dumps({"command": name, "params": words})
        self.socket.sendall(b"%d:%s," % (len(text), text.encode()))

    def take_in(self):
        """Netstrings: length, colon, that many bytes, comma."""
        while b":" in self.bytes:
            length, rest = self.bytes.split(b":", 1)
            if len(rest) <= int(length):
                return
            self.events.append(json.loads(rest[:int(length)]))
            self.bytes = rest[int(length) + 1:]

    def wait_event(self, kind):
        self.socket.settimeout(PATIENCE)
        while not any(e.get("type") == kind for e in self.events):
            try:
                more = self.socket.recv(65536)
            except TimeoutError:
                more = b""
            assert more, "baresip: no event %s: %s" % (kind, self.events)
            self.bytes += more
            self.take_in()
        return next(e for e in self.events if e.get("type") == kind)

    def heard(self):
        """What its recorder wrote of the decoded sound."""
        found = glob.glob(self.folder + "/dump-*-dec.wav")
        assert len(found) == 1, found
        return found[0]

    def end(self):
        """The recording is complete only when baresip has ended."""
        self.process.stop()
