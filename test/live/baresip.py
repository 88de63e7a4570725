# SPDX-License-Identifier: BSD-2-Clause
"""A baresip (Debian's baresip-core) for the tests that want one: with an account at a server, or called where it is."""

import glob
import json
import os
import socket
import time

from live import PATIENCE, Skip, free_port, need
from people import tone, traced, wait_until

MODULES = "/usr/lib/baresip/modules"
MD5_ONLY = "digest_algorithms = {MD5}"  # docs/decisions/0001

CONFIG = """sip_listen {listen}
net_interface {interface}
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


def pair_of_ports():
    """A free port whose neighbour is free too: baresip takes it for TLS."""
    while True:
        port = free_port()
        try:
            with socket.socket() as next_one:
                next_one.bind(("", port + 1))
                return port
        except OSError:
            continue


class Baresip:
    """A baresip with an account at the server, driven by its control socket; over TLS it
    has the server's CA and shows the `certificate` (PEM with its key), if there is one.
    `account`: parameters that take the place of those of its account; without a `proof` that is right
    nobody adds a user for it nor waits until it has registered."""

    def __init__(self, bench, server, name, transport="udp", say=None, certificate=None, account="regint=60",
                 more="", proof=None):
        self.address = "sip:%s@%s" % (name, server.domain)
        if proof is None:
            server.add_user(name, "password-of-" + name)
        place = "127.0.0.1:%d" % (server.tls_port if transport == "tls" else server.port)
        self.begin(bench, name, "127.0.0.1:%d" % free_port(),
                   '<sip:%s@%s;transport=%s>;auth_pass=%s;outbound="sip:%s;transport=%s";%s'
                   % (name, server.domain, transport, proof or "password-of-" + name, place, transport, account),
                   "aufile," + say if say else "aubridge,none", "module sndfile.so" if say else "",
                   more + (self.tls(server.lab, certificate) if transport == "tls" else ""))
        if proof is None:
            self.registered(server, name)

    def begin(self, bench, name, listen, account, source, recorder, more):
        need("baresip")
        if not os.path.exists(MODULES + "/ctrl_tcp.so"):
            raise Skip("no baresip modules in " + MODULES)
        self.folder = os.path.join(bench.folder, "baresip-" + name)
        os.makedirs(self.folder)
        control = free_port()
        with open(self.folder + "/config", "w") as f:
            f.write(CONFIG.format(listen=listen, interface=listen.rsplit(":", 1)[0].strip("[]"), control=control,
                                  folder=self.folder, modules=MODULES, source=source, recorder=recorder, more=more))
        with open(self.folder + "/accounts", "w") as f:
            f.write(account + "\n")
        self.process = bench.run("baresip", "-f", self.folder, name="baresip " + name)
        self.socket, self.bytes, self.events = self.connect(control), b"", []
        bench.add(self)

    @staticmethod
    def tls(lab, certificate):
        return "sip_cafile %s\n%s\n" % (lab.ca, "sip_certificate " + certificate if certificate else "")

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

    def hear(self):
        """Take in the events that are there."""
        self.socket.settimeout(0.02)
        try:
            self.bytes += self.socket.recv(65536)
        except TimeoutError:
            pass
        self.take_in()

    def digits(self):
        """The keys that the other side has pressed."""
        self.hear()
        return [e["param"] for e in self.events if e.get("type") == "CALL_DTMF_START"]

    # As interop.py has it.

    def calls(self, address):
        self.command("dial", address)

    def accepts(self):
        self.command("accept")

    def hangs_up(self):
        self.command("hangup")

    def holds(self):
        self.command("hold")

    def resumes(self):
        self.command("resume")

    def sends_on(self, address):
        self.command("transfer", address)

    def has_sent_on(self):
        """And it hangs up by itself."""

    def presses(self, key):
        self.command("sndcode", key)

    def is_up(self):
        self.wait_event("CALL_ESTABLISHED")

    def is_closed(self):
        self.wait_event("CALL_CLOSED")

    def hears_progress(self):
        self.wait_event("CALL_PROGRESS")

    def heard_keys(self, keys):
        wait_until(lambda: self.digits() == list(keys), self.events)

    def forget(self):
        self.hear()
        self.events.clear()

    def heard(self):
        """What its recorder wrote of the decoded sound."""
        found = glob.glob(self.folder + "/dump-*-dec.wav")
        assert len(found) == 1, found
        return found[0]

    def end(self):
        """The recording is complete only when baresip has ended."""
        self.process.stop()


class LoneBaresip(Baresip):
    """One without an account, that is called where it is (`address`) and says a tone for two
    minutes, or what the file `say` has.  With a `lab` it has the certificate of example.test."""

    def __init__(self, bench, name, transport="udp", host="127.0.0.1", say=None, account="", lab=None):
        port, at = pair_of_ports(), "[%s]" % host if ":" in host else host
        self.address = "sip:%s@%s:%d;transport=%s" % (name, at, port + (transport == "tls"), transport)
        self.begin(bench, name, "%s:%d" % (at, port), "<sip:%s@%s;transport=%s>;regint=0;%s" % (name, at, transport, account),
                   "aufile," + (say or tone(bench)), "module sndfile.so" if say else "",
                   self.tls(lab, self.both(bench, lab)) if lab else "")

    @staticmethod
    def both(bench, lab):
        """Certificate and key in one file, as it wants them."""
        path = os.path.join(bench.folder, "baresip.pem")
        with open(path, "w") as out:
            for part in (lab.certificate("example.test"), lab.key("example.test")):
                with open(part) as f:
                    out.write(f.read())
        return path
