# SPDX-License-Identifier: BSD-2-Clause
"""NSD on loopback with zones that a test writes."""

import os
import socket
import struct
import time

from live import PATIENCE, Process, free_port, need

CONFIG = """server:
  ip-address: 127.0.0.1@%(port)d
  username: ""
  chroot: ""
  pidfile: ""
  database: ""
  zonesdir: "%(folder)s"
  xfrdfile: "%(folder)s/xfrd.state"
  zonelistfile: "%(folder)s/zone.list"
  xfrdir: "%(folder)s"
  logfile: "%(folder)s/nsd.log"
  server-count: 1
remote-control:
  control-enable: no
"""

SOA = "$ORIGIN %s.\n$TTL 60\n@ IN SOA ns admin 1 3600 600 86400 30\n@ IN NS ns\nns IN A 127.0.0.1\n"


class Nsd:
    """`zones` are the records of each domain, in the form of a zone file; its SOA, which
    lets negative answers be kept for 30 s, is put in front."""

    def __init__(self, folder, zones):
        self.folder = os.path.join(folder, "nsd")
        os.makedirs(self.folder)
        self.port = free_port()
        with open(os.path.join(self.folder, "nsd.conf"), "w") as config:
            config.write(CONFIG % {"port": self.port, "folder": self.folder})
            for name, records in zones.items():
                config.write("zone:\n  name: %s\n  zonefile: %s.zone\n" % (name, name))
                with open(os.path.join(self.folder, name + ".zone"), "w") as zone:
                    zone.write(SOA % name + records)
        self.process = Process([need("nsd"), "-d", "-c", os.path.join(self.folder, "nsd.conf")], name="nsd", group=True)
        self.wait_ready(next(iter(zones)))

    def wait_ready(self, zone):
        """Until it answers for the zone."""
        name = b"".join(bytes([len(label)]) + label.encode() for label in zone.split(".")) + b"\0"
        question = struct.pack("!6H", 1, 0, 1, 0, 0, 0) + name + struct.pack("!2H", 6, 1)
        end = time.monotonic() + PATIENCE
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asker:
            asker.connect(("127.0.0.1", self.port))
            asker.settimeout(0.2)
            while time.monotonic() < end:
                try:
                    asker.send(question)
                    if asker.recv(512)[3] & 15 == 0:
                        return
                except OSError:
                    assert self.process.child.poll() is None, "nsd has ended"
        raise AssertionError("nsd does not answer")

    def stop(self):
        self.process.stop()
