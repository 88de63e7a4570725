# SPDX-License-Identifier: BSD-2-Clause
"""A TCP relay in front of a server: whoever goes by it can be cut off without a word to either side's program."""

import selectors
import socket
import struct
import threading


class Relay:
    """Listens on a free port of 127.0.0.1; one thread carries the bytes of all connections until `cut`."""

    def __init__(self, bench, port):
        self.target = port
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.pairs = {}
        self.waker, self.woken = socket.socketpair()
        self.thread = threading.Thread(target=self.carry, daemon=True)
        self.thread.start()
        bench.add(self)

    def carry(self):
        with selectors.DefaultSelector() as ready:
            for one in (self.listener, self.woken):
                ready.register(one, selectors.EVENT_READ)
            while True:
                for key, _ in ready.select():
                    if key.fileobj is self.woken:
                        return
                    if key.fileobj is self.listener:
                        self.accept(ready)
                    elif key.fileobj in self.pairs:
                        self.pass_on(ready, key.fileobj)

    def accept(self, ready):
        near, far = self.listener.accept()[0], socket.create_connection(("127.0.0.1", self.target))
        self.pairs.update({near: far, far: near})
        for one in (near, far):
            ready.register(one, selectors.EVENT_READ)

    def pass_on(self, ready, one):
        other = self.pairs[one]
        try:
            data = one.recv(65536)
            other.sendall(data)
        except OSError:
            data = b""
        if not data:
            for end in (one, other):
                ready.unregister(end)
                del self.pairs[end]
                end.close()

    def cut(self):
        """All connections are reset, and nobody gets a new one."""
        self.waker.send(b".")
        self.thread.join()
        self.listener.close()
        for one in self.pairs:
            one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            one.close()
        self.pairs = {}

    def stop(self):
        if self.thread.is_alive():
            self.cut()
        self.waker.close()
        self.woken.close()
