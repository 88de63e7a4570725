#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""TLS as others speak it: openssl s_client and Python's ssl against `ahoy serve`."""

import json
import os
import re
import signal
import socket
import ssl
import subprocess
import time

from live import AHOY, PATIENCE, Bench, free_port, need, run


def ahoy(*args):
    return subprocess.run([AHOY, *args], text=True, check=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          timeout=60).stdout


def lab(folder, *args):
    """A CA and certificates; the lines of ahoy.conf for them."""
    return ahoy("cert", "lab", folder, *args)


class TlsServer:
    """A server that listens for TLS, with a lab's certificates."""

    def __init__(self, bench, *domains, extra="", lab_args=()):
        self.tls = bench.folder + "/tls"
        self.port = free_port()
        conf = lab(self.tls, *domains, *lab_args)
        self.server = bench.server(listen=["tls:127.0.0.1:%d" % self.port], trace=False,
                                   extra=conf + "authentication = false\n" + extra)
        self.ca = self.tls + "/ca.pem"

    def context(self, **limits):
        c = ssl.create_default_context(cafile=self.ca)
        for name, value in limits.items():
            setattr(c, name, value)
        return c

    def connect(self, name="a.test", context=None, session=None):
        raw = socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE)
        return (context or self.context()).wrap_socket(raw, server_hostname=name, session=session)

    def counter(self, name):
        status = json.loads(ahoy("status", "--json", "--config", self.server.config))
        return status["counters"][name]

    def wait_log(self, pattern):
        """A line of the log; its thread writes it a moment later."""
        end = time.monotonic() + PATIENCE
        while True:
            found = re.search(pattern, self.server.process.stderr())
            if found:
                return found.group(0)
            assert time.monotonic() < end, "not in the log: %s\n%s" % (pattern, self.server.process.stderr())
            time.sleep(0.05)


def options(tls, port):
    """Ask, and read what is answered."""
    local = tls.getsockname()[1]
    tls.sendall(("OPTIONS sip:a.test SIP/2.0\r\nVia: SIP/2.0/TLS 127.0.0.1:%d;branch=z9hG4bK%d.%d\r\nMax-Forwards: 70\r\n"
                 "From: <sip:x@a.test>;tag=1\r\nTo: <sip:a.test>\r\nCall-ID: %d-%d\r\nCSeq: 1 OPTIONS\r\n"
                 "Content-Length: 0\r\n\r\n" % (local, local, time.monotonic_ns(), local, time.monotonic_ns())).encode())
    answer = b""
    while b"\r\n\r\n" not in answer:
        piece = tls.recv(4096)
        assert piece, "closed instead of an answer: %r" % answer
        answer += piece
    return answer


def s_client(port, *args):
    done = subprocess.run([need("openssl"), "s_client", "-connect", "127.0.0.1:%d" % port, *args], text=True,
                          input="", stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60)
    return done.returncode, done.stdout


# RFC 8996, RFC 9325 4.2
def test_the_floor_of_protocol_and_cipher():
    with Bench() as b:
        s = TlsServer(b, "a.test")
        weak = ("-cipher", "ALL:@SECLEVEL=0")
        for version in ("-tls1", "-tls1_1"):
            code, said = s_client(s.port, version, *weak)
            assert code != 0 and "protocol version" in said, said
        for cipher in ("AES128-GCM-SHA256", "ECDHE-ECDSA-AES128-SHA", "ECDHE-ECDSA-AES128-SHA256", "DHE-RSA-AES128-GCM-SHA256"):
            code, said = s_client(s.port, "-tls1_2", "-cipher", cipher + ":@SECLEVEL=0")
            assert code != 0 and "handshake failure" in said, said
        for args in (("-tls1_2", "-cipher", "ECDHE-ECDSA-AES128-GCM-SHA256"), ("-tls1_2", "-cipher", "ECDHE-ECDSA-CHACHA20-POLY1305"),
                     ("-tls1_3",)):
            code, said = s_client(s.port, *args, "-CAfile", s.ca, "-verify_return_error", "-verify_hostname", "a.test",
                                  "-servername", "a.test")
            assert code == 0 and "Verify return code: 0 (ok)" in said, said
        s.wait_log('why="no common protocol version"')
        s.wait_log('why="no common cipher')
        assert s.counter("tls_faults_version") == 6
        assert "Secure Renegotiation IS supported" in s_client(s.port, "-tls1_2")[1]


def test_tls_1_2_can_be_switched_off():
    with Bench() as b:
        s = TlsServer(b, "a.test", extra='tls_min_version = 1.3\n')
        assert s_client(s.port, "-tls1_2")[0] != 0
        assert s_client(s.port, "-tls1_3")[0] == 0


# RFC 6066 3
def test_the_name_that_is_asked_for_picks_the_certificate():
    with Bench() as b:
        s = TlsServer(b, "a.test", "b.test")
        for name, shown in (("a.test", "a.test"), ("b.test", "b.test"), ("c.test", "a.test")):
            said = s_client(s.port, "-servername", name)[1]
            assert "subject=CN = " + shown in said, said
        assert "subject=CN = a.test" in s_client(s.port, "-noservername")[1]


# RFC 8446 2.2, RFC 5077: whichever worker the kernel picks
def test_sessions_are_taken_up_again_by_any_worker():
    with Bench() as b:
        s = TlsServer(b, "a.test", extra="workers = 4\n")
        for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
            context, session = s.context(minimum_version=version, maximum_version=version), None
            for n in range(12):
                with s.connect(context=context, session=session) as tls:
                    options(tls, s.port)  # tickets of TLS 1.3 come with the answer
                    assert tls.session_reused == (n > 0), (version, n)
                    session = tls.session
        assert s.counter("tls_handshakes") == 24 and s.counter("tls_resumed") == 22


def make_expired(s, name):
    """A client's certificate of the lab's CA that has ended: openssl's own ca command can date back."""
    folder = s.tls + "/expired"
    os.makedirs(folder)
    open(folder + "/index", "w").close()
    with open(folder + "/serial", "w") as f:
        f.write("77\n")
    with open(folder + "/ca.conf", "w") as f:
        f.write("[ca]\ndefault_ca=x\n[x]\ndatabase=%s/index\nserial=%s/serial\nnew_certs_dir=%s\ndefault_md=sha256\n"
                "policy=p\n[p]\ncommonName=supplied\n" % (folder, folder, folder))
    key, request, out = folder + "/key.pem", folder + "/request.pem", folder + "/cert.pem"
    for args in (["req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", key, "-out", request,
                  "-subj", "/CN=" + name],
                 ["ca", "-batch", "-config", folder + "/ca.conf", "-cert", s.ca, "-keyfile", s.tls + "/ca.key", "-in", request,
                  "-out", out, "-startdate", "20200101000000Z", "-enddate", "20210101000000Z", "-notext"]):
        subprocess.run([need("openssl"), *args], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    return out, key


def is_refused(s, context):
    """In TLS 1.3 a client hears of it with the first thing it reads."""
    try:
        with s.connect(context=context) as tls:
            options(tls, s.port)
    except (ssl.SSLError, ConnectionError, AssertionError):
        return True
    return False


# RFC 5922 7.4
def test_clients_show_a_certificate_that_is_good():
    with Bench() as b:
        s = TlsServer(b, "a.test", extra='tls_clients = required\n', lab_args=("--client", "alice@a.test"))
        lab(b.folder + "/foreign", "x.test", "--client", "eve@a.test")
        good = s.context()
        good.load_cert_chain(s.tls + "/alice@a.test.pem", s.tls + "/alice@a.test.key")
        with s.connect(context=good) as tls:
            assert options(tls, s.port).startswith(b"SIP/2.0 ")
            assert is_refused(s, s.context())
            s.wait_log('why="peer has shown no certificate"')
            bad = s.context()
            bad.load_cert_chain(*make_expired(s, "alice"))
            assert is_refused(s, bad)
            s.wait_log('why="certificate of peer has expired on 2021-01-01"')
            foreign = s.context()
            foreign.load_cert_chain(b.folder + "/foreign/eve@a.test.pem", b.folder + "/foreign/eve@a.test.key")
            assert is_refused(s, foreign)
            s.wait_log('why="certificate of peer is signed by .*, whom we do not trust"')
            assert s.counter("tls_faults_certificate") == 3
            assert options(tls, s.port).startswith(b"SIP/2.0 ")  # nobody else has noticed


# A phones' port and, beside it, one for the servers of other companies.
def test_a_listener_demands_a_certificate_where_the_others_do_not():
    with Bench() as b:
        tls, ports = b.folder + "/tls", [free_port(), free_port()]
        conf = lab(tls, "a.test", "--client", "alice@a.test")
        b.server(listen=["tls:127.0.0.1:%d" % ports[0], "tls:127.0.0.1:%d clients required" % ports[1]], trace=False,
                 extra=conf + "authentication = false\nworkers = 2\n")
        anyone, alice = (ssl.create_default_context(cafile=tls + "/ca.pem") for _ in range(2))
        alice.load_cert_chain(tls + "/alice@a.test.pem", tls + "/alice@a.test.key")

        def asks(port, context, session=None):
            raw = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)
            try:
                with context.wrap_socket(raw, server_hostname="a.test", session=session) as c:
                    options(c, port)
                    return c.session
            except (ssl.SSLError, ConnectionError, AssertionError):
                return None

        for _ in range(6):  # both workers
            session = asks(ports[0], anyone)
            assert session is not None
            assert asks(ports[1], anyone) is None
            assert asks(ports[1], anyone, session) is None  # nor with a ticket of the other one
            assert asks(ports[1], alice) is not None


def serial(tls):
    return tls.getpeercert()["serialNumber"]


def test_certificates_change_without_a_restart_and_connections_stay():
    with Bench() as b:
        s = TlsServer(b, "a.test", extra="workers = 2\n")
        with s.connect() as old:
            options(old, s.port)
            first = serial(old)
            lab(s.tls, "a.test", "--force")
            os.kill(s.server.pid(), signal.SIGHUP)
            end = time.monotonic() + PATIENCE
            while True:
                with s.connect() as new:
                    options(new, s.port)
                    if serial(new) != first:
                        break
                assert time.monotonic() < end, "the old certificate is still shown"
            for _ in range(8):  # all workers
                with s.connect() as new:
                    assert serial(new) != first
            assert options(old, s.port).startswith(b"SIP/2.0 ")


def test_new_certificates_that_are_no_good_leave_the_old_ones():
    with Bench() as b:
        s = TlsServer(b, "a.test")
        with s.connect() as tls:
            first = serial(tls)
        os.chmod(s.tls + "/a.test.key", 0o644)
        os.kill(s.server.pid(), signal.SIGHUP)
        s.wait_log("others may read or change it")
        with s.connect() as tls:
            assert serial(tls) == first and options(tls, s.port).startswith(b"SIP/2.0 ")


def test_a_check_of_the_configuration_looks_into_the_files():
    with Bench() as b:
        conf = lab(b.folder + "/tls", "a.test")
        path = b.folder + "/ahoy.conf"
        with open(path, "w") as f:
            f.write("domain = a.test\n" + conf)
        subprocess.run([AHOY, "config", "check", path], check=True, stderr=subprocess.PIPE)
        os.chmod(b.folder + "/tls/a.test.key", 0o644)
        done = subprocess.run([AHOY, "config", "check", path], text=True, stderr=subprocess.PIPE)
        assert done.returncode != 0
        assert re.search(r"ahoy.conf:\d+: key .*a.test.key: others may read or change it", done.stderr), done.stderr


if __name__ == "__main__":
    run(globals())
