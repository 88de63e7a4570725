# SPDX-License-Identifier: BSD-2-Clause
"""A phone on JAIN-SIP (Debian's libnist-sip-aosp-java): jain/Phone.java, told what to do by lines of words."""

import os
import subprocess
import time

from live import PATIENCE, Skip, free_port, need
from people import BUILD
from registering import Message

SOURCE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "jain/Phone.java")
LIBRARY = "/usr/share/java/nist-sip-aosp.jar"
CLASSES = os.path.join(os.path.abspath(BUILD), "jain")


def compiled():
    """Once for each build folder, and when the source has changed."""
    if not os.path.exists(LIBRARY):
        raise Skip("libnist-sip-aosp-java is not installed")
    made = os.path.join(CLASSES, "Phone.class")
    if not os.path.exists(made) or os.path.getmtime(made) < os.path.getmtime(SOURCE):
        subprocess.run([need("javac"), "-Werror", "-cp", LIBRARY, "-d", CLASSES, SOURCE], check=True, timeout=120)
    return CLASSES


class Jain:
    """What it was told to send is answered in the order of `wait`s: each takes what was not taken before."""

    def __init__(self, bench, server, name, password, transport="udp"):
        self.name, self.domain, self.transport, self.port = name, server.domain, transport, free_port()
        self.address = "sip:%s@%s" % (name, server.domain)
        file = os.path.join(bench.folder, "%s-%d.password" % (name, self.port))
        with open(file, "w") as f:
            f.write(password)
        self.process = bench.run(need("java"), "-XX:TieredStopAtLevel=1", "-cp", LIBRARY + ":" + compiled(), "Phone",
                                 name, server.domain, file, str(self.port), str(server.port), transport,
                                 stdin=subprocess.PIPE, name="jain " + name)
        self.process.wait_event("ready", patience=2 * PATIENCE)
        bench.add(self)

    def stop(self):
        self.process.child.stdin.close()

    def contact(self, more=""):
        return "sip:%s@127.0.0.1:%d;transport=%s%s" % (self.name, self.port, self.transport, more)

    def do(self, *words):
        self.process.child.stdin.write("\t".join(words) + "\n")
        self.process.child.stdin.flush()

    def wait(self, kind, method):
        """The next event of this kind for this method."""
        end = time.monotonic() + PATIENCE
        while True:
            self.process.read()
            for event in self.process.events:
                assert event["event"] not in ("fault", "io-fault", "timeout"), event
                if event["event"] == kind and event["method"] == method:
                    self.process.events.remove(event)
                    return Message(event["text"])
            assert time.monotonic() < end and self.process.child.poll() is None, \
                "jain %s: no %s to %s\n%s\n%s" % (self.name, kind, method, self.process.events, self.process.stderr())
            time.sleep(0.02)

    def final(self, method):
        while True:
            answer = self.wait("response", method)
            if answer.status >= 200:
                return answer

    def register(self, *lines):
        self.do("register", *lines)
        return self.final("REGISTER")

    def send(self, method, uri, *lines):
        self.do("send", method, uri, *lines)
