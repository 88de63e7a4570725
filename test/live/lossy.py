# SPDX-License-Identifier: BSD-2-Clause
"""Ways between two phones on which packets are lost."""

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


def datagrams():
    """A socket on a free port of five digits."""
    while True:
        one = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        one.bind(("127.0.0.1", 0))
        if one.getsockname()[1] >= 10000:
            return one
        one.close()


class Path:
    """One thread carries what comes to these sockets: pass_on(socket, bytes, source)."""

    def begin(self, bench, *sockets):
        self.sockets = sockets
        self.waker, self.woken = socket.socketpair()
        self.thread = threading.Thread(target=self.carry, daemon=True)
        self.thread.start()
        bench.add(self)

    def carry(self):
        with selectors.DefaultSelector() as ready:
            for one in (self.woken, *self.sockets):
                ready.register(one, selectors.EVENT_READ)
            while True:
                for key, _ in ready.select():
                    if key.fileobj is self.woken:
                        return
                    try:
                        self.pass_on(key.fileobj, *key.fileobj.recvfrom(65536))
                    except ConnectionRefusedError:
                        pass  # the other one has hung up already

    def stop(self):
        self.waker.send(b".")
        self.thread.join()
        for one in (self.waker, self.woken, *self.sockets):
            one.close()


class LossySignals(Path):
    """A way for SIP between a phone of this port and one of that.  Each takes it for the other: one calls `that_is_at`,
    the other `this_is_at`, and every message has the ports of this way in the place of theirs.  drop(n) is asked for the
    n-th message, from 1, whoever sends it."""

    def __init__(self, bench, this, that, drop):
        self.ends, self.drop, self.count, self.dropped = (this, that), drop, 0, 0
        self.faces = datagrams(), datagrams()  # the one this phone sees, and the one that sees
        self.that_is_at, self.this_is_at = (face.getsockname()[1] for face in self.faces)
        self.begin(bench, *self.faces)

    def pass_on(self, one, data, source):
        to = 0 if one is self.faces[1] else 1
        sender, seen = self.ends[1 - to], self.faces[to].getsockname()[1]
        self.count += 1
        if self.drop(self.count):
            self.dropped += 1
            return
        data = data.replace(b"127.0.0.1:%d" % one.getsockname()[1], b"127.0.0.1:%d" % self.ends[to])
        data = data.replace(b"127.0.0.1:%d" % sender, b"127.0.0.1:%d" % seen)
        self.faces[to].sendto(data, ("127.0.0.1", self.ends[to]))


class LossyPath(Path):
    """A way for sound: it stands between caller and callee, puts ports of its own into their descriptions, and drops what
    drop(n) says of the n-th packet of sound that the callee sends, from 1.  Call `port` to reach the phone at `target`."""

    def __init__(self, bench, target, drop):
        self.target, self.drop, self.count = ("127.0.0.1", target), drop, 0
        self.sip = datagrams()
        self.port = self.sip.getsockname()[1]
        self.caller, self.at_caller, self.at_callee = None, None, None
        self.near, self.far = pair(), pair()  # what the caller and the callee send to
        self.begin(bench, self.sip, *self.near, *self.far)

    def pass_on(self, one, data, source):
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
