#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""`ahoy cert` as people use it, and what openssl thinks of what it makes."""

import json
import os
import pwd
import re
import signal
import socket
import ssl
import stat
import subprocess
import time

from live import AHOY, PATIENCE, Bench, Skip, free_port, listening, need, run


def ahoy(*args, code=0):
    """What it says on stdout and stderr, as bytes decoded; its exit status must be `code`."""
    done = subprocess.run([AHOY, *args], text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60,
                          stdin=subprocess.DEVNULL)
    assert done.returncode == code, "%s: %d\n%s%s" % (args, done.returncode, done.stdout, done.stderr)
    return done.stdout, done.stderr


def openssl(*args):
    done = subprocess.run([need("openssl"), *args], text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          timeout=60, stdin=subprocess.DEVNULL)
    return done.returncode, done.stdout


def mode(path):
    return stat.S_IMODE(os.stat(path).st_mode)


def test_openssl_trusts_what_a_lab_makes_for_these_names_and_no_others():
    with Bench() as b:
        tls = b.folder + "/tls"
        ahoy("cert", "lab", tls, "a.test", "--name", "sip.a.test", "--ip", "127.0.0.1", "--client", "alice@a.test")
        verify = ["verify", "-x509_strict", "-CAfile", tls + "/ca.pem"]
        assert openssl(*verify, "-verify_hostname", "sip.a.test", tls + "/a.test.pem")[0] == 0
        assert openssl(*verify, "-verify_ip", "127.0.0.1", "-purpose", "sslserver", tls + "/a.test.pem")[0] == 0
        assert openssl(*verify, "-purpose", "sslclient", tls + "/alice@a.test.pem")[0] == 0
        assert openssl(*verify, "-verify_hostname", "b.test", tls + "/a.test.pem")[0] != 0
        assert openssl(*verify, "-purpose", "sslserver", tls + "/alice@a.test.pem")[0] != 0


def test_what_a_lab_prints_on_stdout_is_fit_for_the_configuration_and_keys_are_private():
    with Bench() as b:
        tls = b.folder + "/tls"
        out, err = ahoy("cert", "lab", tls, "a.test", "b.test")
        assert out == "".join('certificate "%s" {\n    chain = "%s/%s.pem"\n    key = "%s/%s.key"\n}\n'
                              % (name, tls, name, tls, name) for name in ("a.test", "b.test")) + \
            'tls_trust = "%s/ca.pem"\n' % tls
        assert "made the CA %s/ca.pem" % tls in err
        assert mode(tls) == 0o700
        assert [mode("%s/%s.key" % (tls, name)) for name in ("ca", "a.test", "b.test")] == [0o600] * 3
        out, err = ahoy("cert", "lab", tls, "c.test")
        assert "tls_trust" not in out and "used the CA" in err


def test_nothing_is_overwritten_and_nothing_half_made_without_force():
    with Bench() as b:
        tls = b.folder + "/tls"
        ahoy("cert", "lab", tls, "a.test")
        before = open(tls + "/a.test.key").read()
        _, err = ahoy("cert", "lab", tls, "b.test", "a.test", code=20)
        assert tls + "/a.test.pem: exists already; --force replaces it" in err
        assert not os.path.exists(tls + "/b.test.pem")
        assert open(tls + "/a.test.key").read() == before
        ca = open(tls + "/ca.key").read()
        ahoy("cert", "lab", tls, "b.test", "a.test", "--force")
        assert open(tls + "/a.test.key").read() != before
        assert open(tls + "/ca.key").read() == ca


def test_a_lab_in_json():
    with Bench() as b:
        out, _ = ahoy("cert", "lab", b.folder, "a.test", "--client", "alice@a.test", "--json")
        lab = json.loads(out)
        assert lab["ca_is_new"] and lab["ca"] == b.folder + "/ca.pem"
        assert [one["for"] for one in lab["made"]] == ["a.test", "alice@a.test"]
        assert lab["made"][1]["client"] and os.path.exists(lab["made"][1]["both"])


def test_wrong_arguments_are_said():
    with Bench() as b:
        assert "did you mean --client alice@a.test?" in ahoy("cert", "lab", b.folder, "alice@a.test", code=2)[1]
        assert "give a domain, or a client" in ahoy("cert", "lab", b.folder, code=2)[1]
        assert "is no domain" in ahoy("cert", "lab", b.folder, "a/../b", code=2)[1]
        assert "for a day at least" in ahoy("cert", "lab", b.folder, "a.test", "--days", "0", code=2)[1]
        assert "there is no certificate in it" in ahoy("cert", "show", b.folder + "/ca.key", code=13)[1]
        assert "not found" in ahoy("cert", "show", b.folder + "/none.pem", code=13)[1]


def test_a_monitor_hears_of_a_certificate_that_ends_soon():
    with Bench() as b:
        ahoy("cert", "lab", b.folder, "good.test")
        ahoy("cert", "lab", b.folder, "soon.test", "--days", "10")
        assert ahoy("cert", "show", "--check", b.folder + "/good.test.pem")[0].startswith("OK: 1 certificate;")
        out, _ = ahoy("cert", "show", "--check", b.folder + "/soon.test.pem", code=1)
        assert re.match(r"WARNING: 1 certificate; CN=soon.test ends in (9|10) days, on ", out), out
        out, _ = ahoy("cert", "show", "--json", b.folder + "/soon.test.pem")
        shown = json.loads(out)
        assert shown["state"] == "ends_soon" and shown["names"] == ["DNS:soon.test", "URI:sip:soon.test"]
        _, text = openssl("x509", "-in", b.folder + "/soon.test.pem", "-noout", "-fingerprint", "-sha256")
        assert text.strip().endswith("=" + shown["fingerprint_sha256"])


class TlsServer:
    """`openssl s_server` on a free port; ready when it listens."""

    def __init__(self, tls, name, *more):
        self.port = free_port()
        self.child = subprocess.Popen([need("openssl"), "s_server", "-accept", "127.0.0.1:%d" % self.port, "-quiet",
                                       "-cert", "%s/%s.pem" % (tls, name), "-key", "%s/%s.key" % (tls, name), *more],
                                      stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        listening(self.port, "tcp")

    def stop(self):
        self.child.kill()
        self.child.wait()
        self.child.stdin.close()


def test_a_host_is_shown_with_our_verdict_as_rfc_5922_has_it():
    with Bench() as b:
        tls = b.folder + "/tls"
        ahoy("cert", "lab", tls, "a.test", "--name", "sip.a.test", "--ip", "127.0.0.1")
        host = "127.0.0.1:%d" % b.add(TlsServer(tls, "a.test")).port
        shown = json.loads(ahoy("cert", "show", host, "--domain", "a.test", "--trust", tls + "/ca.pem", "--json")[0])
        assert shown["accepted"] and shown["protocol"] == "TLSv1.3" and shown["address"] == host
        for name in ("sip.a.test", "127.0.0.1"):
            out, _ = ahoy("cert", "show", host, "--domain", name, "--trust", tls + "/ca.pem", "--json")
            assert json.loads(out)["accepted"], out
        shown = json.loads(ahoy("cert", "show", host, "--domain", "a.test", "--json")[0])
        assert not shown["accepted"] and "whom we do not trust" in shown["refused"]
        out, _ = ahoy("cert", "show", host, "--domain", "b.test", "--trust", tls + "/ca.pem", "--check", code=2)
        assert out == "CRITICAL: 1 certificate; b.test is not accepted: certificate of peer is for a.test, sip.a.test, 127.0.0.1, not b.test\n"


def test_a_host_that_speaks_no_tls_or_none_of_ours_is_said():
    with Bench() as b:
        tls = b.folder + "/tls"
        ahoy("cert", "lab", tls, "a.test")
        old = b.add(TlsServer(tls, "a.test", "-tls1_1", "-cipher", "ALL:@SECLEVEL=0"))
        assert "version" in ahoy("cert", "show", "127.0.0.1:%d" % old.port, code=1)[1]
        assert "connection refused" in ahoy("cert", "show", "127.0.0.1:%d" % free_port(), code=15)[1]
        assert "is no file, and no host" in ahoy("cert", "show", "none.invalid", code=2)[1]


def secure_server(b, **kwargs):
    """A server that listens for TLS on its port + 1 as well; its port is `tls`."""
    port = free_port()
    server = b.server(trace=False, extra='listen += {"tls:127.0.0.1:%d"}\n' % port + kwargs.pop("extra", ""), **kwargs)
    server.tls = port
    return server


def s_client(server, tls, name, *more):
    """What openssl sees of the server: its exit status (0: it trusts it) and its words."""
    return openssl("s_client", "-connect", "127.0.0.1:%d" % server.tls, "-servername", name, "-verify_hostname", name,
                   "-verify_return_error", "-CAfile", tls + "/ca.pem", *more)


def lab_server(b, *domains, days="100", **kwargs):
    """A server with a lab's certificates of these domains; the folder of the lab."""
    tls = b.folder + "/tls"
    lines, _ = ahoy("cert", "lab", tls, *domains, "--days", days)
    return secure_server(b, extra=lines, domain=domains[0], **kwargs), tls


class Open:
    """A TLS connection that stays: OPTIONS are answered on it."""

    def __init__(self, server, tls, name):
        context = ssl.create_default_context(cafile=tls + "/ca.pem")
        self.socket = context.wrap_socket(socket.create_connection(("127.0.0.1", server.tls), PATIENCE),
                                          server_hostname=name)
        self.name = name
        self.number = 0

    def serial(self):
        return self.socket.getpeercert()["serialNumber"]

    def ask(self):
        """The status of the answer to an OPTIONS for the server."""
        self.number += 1
        self.socket.sendall((
            "OPTIONS sip:%s SIP/2.0\r\nVia: SIP/2.0/TLS 127.0.0.1:9;branch=z9hG4bK%d;rport\r\nMax-Forwards: 70\r\n"
            "From: <sip:x@%s>;tag=1\r\nTo: <sip:%s>\r\nCall-ID: %d@127.0.0.1\r\nCSeq: 1 OPTIONS\r\n"
            "Content-Length: 0\r\n\r\n" % (self.name, self.number, self.name, self.name, self.number)).encode())
        return self.socket.recv(65536).split()[1].decode()

    def stop(self):
        self.socket.close()


def test_a_server_without_certificates_signs_one_says_so_and_keeps_it():
    with Bench() as b:
        server = secure_server(b)
        event = server.process.wait_event("self_signed")
        assert event["file"] == server.folder + "/state/tls/self.pem"
        assert mode(server.folder + "/state/tls/self.key") == 0o600
        shown = json.loads(ahoy("cert", "show", "--json", "--config", server.config)[0])
        assert shown["fingerprint_sha256"] == event["fingerprint_sha256"] and shown["self_signed"]
        assert "DNS:example.test" in shown["names"] and "URI:sip:example.test" in shown["names"]
        out, _ = ahoy("cert", "show", "--config", server.config)
        assert "itself: nobody vouches for it" in out
        assert "the same as before" in ahoy("cert", "reload", "--config", server.config)[1]
        server.stop()
        assert "event=certificate_self_signed sha256=" + event["fingerprint_sha256"] in server.process.stderr()
        server.start()
        assert server.process.wait_event("self_signed")["fingerprint_sha256"] == event["fingerprint_sha256"]


def test_a_server_that_cannot_write_its_certificate_serves_with_one_in_memory():
    with Bench() as b:
        os.makedirs(b.folder + "/server/state")
        open(b.folder + "/server/state/tls", "w").close()  # a file in the way of the folder
        server = secure_server(b)
        assert server.process.wait_event("self_signed")["file"] is None
        server.stop()
        assert "problem=\"cannot keep the self-signed certificate" in server.process.stderr()


def test_started_as_root_the_certificate_is_the_users_also_if_root_served_before():
    if os.geteuid() != 0:
        raise Skip("not root")
    nobody = pwd.getpwnam("nobody")
    with Bench() as b:
        os.chmod(b.folder, 0o755)
        server = secure_server(b)
        before = server.process.wait_event("self_signed")["fingerprint_sha256"]
        server.stop()
        key = server.folder + "/state/tls/self.key"
        assert os.stat(key).st_uid == 0
        with open(server.config, "a") as config:
            config.write('user = "nobody"\n')
        server.start()
        assert server.process.wait_event("self_signed")["fingerprint_sha256"] == before
        assert os.stat(key).st_uid == nobody.pw_uid and mode(key) == 0o600


def test_a_server_that_does_not_listen_for_tls_has_no_certificate():
    with Bench() as b:
        server = b.server(trace=False)
        assert "neither TLS nor WSS" in ahoy("cert", "show", "--config", server.config)[1]
        assert not os.path.exists(server.folder + "/state/tls")


def test_openssl_trusts_a_server_with_a_certificate_of_the_lab_for_its_domains():
    with Bench() as b:
        server, tls = lab_server(b, "a.test", "b.test")
        assert s_client(server, tls, "a.test")[0] == 0
        assert s_client(server, tls, "b.test")[0] == 0
        code, said = s_client(server, tls, "c.test")
        assert code != 0 and "hostname mismatch" in said.lower(), said
        out, _ = ahoy("cert", "show", "127.0.0.1:%d" % server.tls, "--domain", "b.test", "--trust", tls + "/ca.pem")
        assert "yes, as b.test (RFC 5922)" in out
        shown = [json.loads(line) for line in ahoy("cert", "show", "--config", server.config, "--json")[0].splitlines()]
        assert [one["domain"] for one in shown] == ["a.test", "b.test"]


def test_a_reload_changes_new_connections_and_leaves_those_that_are_open():
    with Bench() as b:
        server, tls = lab_server(b, "a.test", "b.test")
        old = b.add(Open(server, tls, "a.test"))
        assert old.ask() == "200"
        ahoy("cert", "lab", tls, "a.test", "--force")
        _, err = ahoy("cert", "reload", "--config", server.config)
        assert re.search(r"^a\.test: changed, good until", err, re.M) and "b.test: the same as before" in err
        new = b.add(Open(server, tls, "a.test"))
        assert new.serial() != old.serial()
        assert new.ask() == "200" and old.ask() == "200"


def test_a_reload_of_a_broken_file_is_refused_with_the_reason_and_the_old_ones_stay():
    with Bench() as b:
        server, tls = lab_server(b, "a.test", "b.test")
        before = b.add(Open(server, tls, "a.test")).serial()
        ahoy("cert", "lab", tls, "a.test", "--force")
        os.rename(tls + "/b.test.key", tls + "/away")
        open(tls + "/b.test.key", "w").write("nonsense\n")
        os.chmod(tls + "/b.test.key", 0o600)
        _, err = ahoy("cert", "reload", "--config", server.config, code=1)
        assert "ahoy.conf:" in err and tls + "/b.test.key" in err and "the old certificates stay in use" in err
        assert b.add(Open(server, tls, "a.test")).serial() == before
        os.rename(tls + "/away", tls + "/b.test.key")
        os.kill(server.pid(), signal.SIGHUP)
        end = time.monotonic() + PATIENCE
        while b.add(Open(server, tls, "a.test")).serial() == before:
            assert time.monotonic() < end, "SIGHUP did not reload"


def test_a_certificate_that_ends_soon_is_warned_of_everywhere():
    with Bench() as b:
        server, tls = lab_server(b, "a.test", days="10")
        assert ahoy("cert", "show", "--check", "--config", server.config, code=1)[0].startswith("WARNING: ")
        _, err = ahoy("config", "check", server.config)
        assert re.search(r"ahoy\.conf:\d+: %s/a\.test\.pem: ends in (9|10) days" % tls, err), err
        out, _ = ahoy("status", "--prometheus", "--config", server.config)
        assert re.search(r'^ahoy_certificate_not_after_timestamp_seconds\{domain="a\.test"\} \d+$', out, re.M)
        server.stop()
        assert "event=certificate_ends_soon domain=a.test" in server.process.stderr()


if __name__ == "__main__":
    run(globals())
