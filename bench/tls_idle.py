# SPDX-License-Identifier: BSD-2-Clause
"""What an idle TLS connection costs the real server: so many of them, each of which has shaken hands and had one
OPTIONS answered, from addresses of 127/8. User memory is what the pages grew by that the serving process has written
(smaps); pages of libraries are not among them, for they become its own when some other process ends. One worker: what
several share is a table of 2 MiB, whose pages are written to one by one, and no part of what a connection costs.
Kernel memory is what the machine's TCP and slab grew by, for both ends of each connection, and is told apart."""

import json
import os
import re
import resource
import socket
import ssl
import subprocess
import tempfile
import time

PER_ADDRESS, WARM_UP, PATIENCE = 250, 64, 60


class Server:
    """`ahoy serve` of a release build, one TLS listener, a lab's certificate."""

    def __init__(self, ahoy, folder, count):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        lines = subprocess.run([ahoy, "cert", "lab", folder + "/tls", "a.test"], check=True, text=True, stdout=subprocess.PIPE,
                               stderr=subprocess.DEVNULL).stdout
        config = folder + "/ahoy.conf"
        with open(config, "w") as f:
            f.write('domain = {"a.test"}\nlisten = {"tls:127.0.0.1:%d"}\nstate = "%s/state"\nauthentication = false\n'
                    'workers = 1\nlog_level = warning\nmax_connections = %d\n%s' % (self.port, folder, 2 * count + 1000, lines))
        self.process = subprocess.Popen([ahoy, "serve", "--json", "--config", config], stdout=subprocess.PIPE, text=True)
        for line in self.process.stdout:
            event = json.loads(line)
            if event["event"] == "ready":
                self.pid = event["pid"]
                return
        raise SystemExit("the server did not start")

    def memory(self):
        """Bytes of memory that it alone has written."""
        with open("/proc/%d/smaps_rollup" % self.pid) as f:
            return 1024 * int(re.search(r"^Private_Dirty: +(\d+) kB", f.read(), re.M).group(1))

    def stop(self):
        self.process.terminate()
        self.process.wait(PATIENCE)


def kernel_memory():
    """Bytes of TCP buffers, and of the kernel's slab, of the whole machine."""
    with open("/proc/net/sockstat") as f:
        pages = int(re.search(r"^TCP:.* mem (\d+)", f.read(), re.M).group(1))
    with open("/proc/meminfo") as f:
        slab = int(re.search(r"^Slab: +(\d+)", f.read(), re.M).group(1))
    return pages * resource.getpagesize(), slab * 1024


def connect(context, port, n):
    """Shake hands, ask once; what is left is the socket alone, so that this end costs little."""
    raw = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE,
                                   source_address=("127.0.%d.%d" % (n // PER_ADDRESS // 250, n // PER_ADDRESS % 250 + 2), 0))
    there, here = ssl.MemoryBIO(), ssl.MemoryBIO()
    tls = context.wrap_bio(there, here, server_hostname="a.test")
    ask = ("OPTIONS sip:a.test SIP/2.0\r\nVia: SIP/2.0/TLS x;branch=z9hG4bKi%d\r\nMax-Forwards: 70\r\nFrom: <sip:x@a.test>;tag=1\r\n"
           "To: <sip:a.test>\r\nCall-ID: idle-%d\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n" % (n, n)).encode()
    asked = False
    while True:
        try:
            if not asked:
                tls.do_handshake()
                tls.write(ask)
                asked = True
            answer = tls.read(65536)
            if not answer.startswith(b"SIP/2.0 "):
                raise SystemExit("an answer that is none: %r" % answer)
            return raw
        except ssl.SSLWantReadError:
            raw.sendall(here.read())
            piece = raw.recv(65536)
            if not piece:
                raise SystemExit("connection %d was closed" % n)
            there.write(piece)


def measure(ahoy, count):
    """{bytes of user memory, of TCP buffers, of slab, each for one connection}"""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    with tempfile.TemporaryDirectory(prefix="ahoy-idle-") as folder:
        server = Server(ahoy, folder, count)
        try:
            context = ssl.create_default_context(cafile=folder + "/tls/ca.pem")
            for n in range(WARM_UP):
                connect(context, server.port, n).close()
            before, kernel = server.memory(), kernel_memory()
            started = time.monotonic()
            held = [connect(context, server.port, n) for n in range(count)]
            took = time.monotonic() - started
            after, then = server.memory(), kernel_memory()
            for one in held:
                one.close()
        finally:
            server.stop()
    return {"connections": count, "user": (after - before) // count, "tcp": (then[0] - kernel[0]) // count,
            "slab": (then[1] - kernel[1]) // count, "per_second": int(count / took)}
