# SPDX-License-Identifier: BSD-2-Clause
"""A way between two phones on which sound is lost: it stands between caller and callee, puts
ports of its own into their descriptions, and drops what `drop` says of what the callee sends."""

import re
import selectors
import socket
import threading

# Five digits, as those of media: the length of the message stays.
FIRST, LAST = 40000, 60000


def pair():
    """An even port and its successor."""
    for port in range(FIRST, LAST, 2):
        rtp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        rtcp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        try:
            rtp.bind(("127.0.0.1", port))
            rtcp.bind(("127.0.0.1", port + 1))
            return rtp, rtcp
        except OSError:
            rtp.close()
            rtcp.close()
    raise AssertionError("no port is free")


class LossyPath:
    def __init__(self, bench, target, drop):
        """Call `port` to reach the phone at `target`; drop(n) is asked for its n-th packet of sound, from 1."""
        self.target, self.drop, self.count = ("127.0.0.1", target), drop, 0
        self.sip = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.sip.bind(("127.0.0.1", 0))
        self.port = self.sip.getsockname()[1]
        self.caller, self.at_caller, self.at_callee = None, None, None
        self.near, self.far = pair(), pair()  # what the caller and the callee send to
        self.waker, self.woken = socket.socketpair()
        self.thread = threading.Thread(target=self.carry, daemon=True)
        self.thread.start()
        bench.add(self)

    def carry(self):
        with selectors.DefaultSelector() as ready:
            for one in (self.sip, self.woken, *self.near, *self.far):
                ready.register(one, selectors.EVENT_READ)
            while True:
                for key, _ in ready.select():
                    if key.fileobj is self.woken:
                        return
                    try:
                        self.pass_on(key.fileobj)
                    except ConnectionRefusedError:
                        pass  # the other one has hung up already

    def pass_on(self, one):
        data, source = one.recvfrom(65536)
        if one is self.sip:
            self.signal(data, source)
        elif one in self.near and self.at_callee:
            side = self.near.index(one)
            self.far[side].sendto(data, ("127.0.0.1", self.at_callee + side))
        elif one in self.far and self.at_caller:
            side = self.far.index(one)
            self.count += side == 0
            if side == 1 or not self.drop(self.count):
                self.near[side].sendto(data, ("127.0.0.1", self.at_caller + side))

    def signal(self, data, source):
        described = re.search(rb"m=audio (\d+) ", data)
        if source == self.target:
            if described:
                self.at_callee = int(described.group(1))
                data = data.replace(described.group(0), b"m=audio %d " % self.near[0].getsockname()[1])
            self.sip.sendto(data, self.caller)
        else:
            self.caller = source
            if described:
                self.at_caller = int(described.group(1))
                data = data.replace(described.group(0), b"m=audio %d " % self.far[0].getsockname()[1])
            self.sip.sendto(data, self.target)

    def stop(self):
        self.waker.send(b".")
        self.thread.join()
        for one in (self.sip, self.waker, self.woken, *self.near, *self.far):
            one.close()
