# SPDX-License-Identifier: BSD-2-Clause
"""What the tests of registering clients share: a peer over UDP that says exactly what it is told to and
can prove who it is, and what is expected of the server whoever the client is."""

import hashlib
import os
import re
import socket
import time
from concurrent import futures

from live import PATIENCE
from people import traced, wait_until

HASHES = {"MD5": "md5", "SHA-256": "sha256", "SHA-512-256": "sha512_256"}  # names of RFC 8760, names of hashlib
T1 = 0.5


class Message:
    """One that has come."""

    def __init__(self, text, source=None):
        self.text, self.source = text, source
        head, self.body = text.split("\r\n\r\n", 1)
        self.first, *lines = head.split("\r\n")
        self.fields = [tuple(part.strip() for part in line.split(":", 1)) for line in lines]

    def all(self, name):
        return [value for field, value in self.fields if field.lower() == name.lower()]

    def one(self, name):
        found = self.all(name)
        assert len(found) == 1, "%d %s in\n%s" % (len(found), name, self.text)
        return found[0]

    @property
    def is_request(self):
        return not self.first.startswith("SIP/2.0 ")

    @property
    def status(self):
        return int(self.first.split()[1])

    def contacts(self):
        """contact: its parameters, of a 200 to a REGISTER."""
        found = {}
        for uri, params in re.findall(r'<([^>]*)>((?:;(?:"[^"]*"|[^;,"])*)*)', ",".join(self.all("Contact"))):
            pairs = [part.partition("=") for part in re.findall(r';((?:"[^"]*"|[^;"])*)', params)]
            found[uri] = {name: value.strip('"') for name, _, value in pairs}
        return found


def digest(challenge, method, uri, user, password):
    """The credentials for a challenge, its parameters as a dictionary (RFC 7616 3.4)."""
    def hashed(*parts):
        return hashlib.new(HASHES[challenge.get("algorithm", "MD5")], ":".join(parts).encode()).hexdigest()

    cnonce, count = os.urandom(8).hex(), "00000001"
    response = hashed(hashed(user, challenge["realm"], password), challenge["nonce"], count, cnonce, "auth",
                      hashed(method, uri))
    return ('Digest username="%s", realm="%s", nonce="%s", uri="%s", response="%s", algorithm=%s, cnonce="%s", '
            'qop=auth, nc=%s' % (user, challenge["realm"], challenge["nonce"], uri, response,
                                 challenge.get("algorithm", "MD5"), cnonce, count))


def parameters(line):
    """Of a header of RFC 7616."""
    return {name: quoted or plain for name, quoted, plain in re.findall(r'([\w-]+)=(?:"([^"]*)"|([^\s,]+))', line)}


def challenges(answer):
    """Those of a 401 or 407 that we can answer, in the order they stand in."""
    parsed = [parameters(line) for line in answer.all("WWW-Authenticate") + answer.all("Proxy-Authenticate")]
    return [c for c in parsed if c.get("algorithm", "MD5") in HASHES]


class Peer:
    """A phone on a UDP socket of its own.  What is asked of it while it waits for an answer it keeps for
    `receive`."""

    def __init__(self, bench, server, name, password=None):
        self.server, self.name, self.password = server, name, password
        self.address = "sip:%s@%s" % (name, server.domain)
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        self.call_id, self.cseq, self.number = "%s-%d" % (name, self.port), 0, 0
        self.inbox, self.preferred = [], 0  # the challenge that it answers
        self.nonces = None  # a challenge to answer before there is one, once
        self.latest = b""   # REGISTER or other request with a proof
        bench.add(self)

    def stop(self):
        self.socket.close()

    def contact(self, more=""):
        return "sip:%s@127.0.0.1:%d%s" % (self.name, self.port, more)

    def send_bytes(self, data, where):
        self.socket.sendto(data, where)

    def next_bytes(self):
        return self.socket.recvfrom(65536)

    # ---- what it asks ----

    def write(self, method, uri, lines, to, proof, body, cseq):
        self.number += 1
        return ("%s %s SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:%d;rport;branch=z9hG4bK%s-%d-%d\r\nMax-Forwards: 70\r\n"
                "From: <%s>;tag=%d\r\nTo: <%s>\r\nCall-ID: %s\r\nCSeq: %d %s\r\n%s%sContent-Length: %d\r\n\r\n%s"
                % (method, uri, self.port, self.name, self.port, self.number, self.address, self.port, to, self.call_id,
                   cseq, method, "".join(line + "\r\n" for line in lines), proof, len(body), body)).encode()

    def once(self, text):
        """Send it until there is a final answer."""
        branch = re.search(rb"branch=([^\r;]*)", text).group(1).decode()
        end, wait = time.monotonic() + PATIENCE, T1
        while time.monotonic() < end:
            self.send_bytes(text, ("127.0.0.1", self.server.port))
            try:
                return self.take(lambda m: not m.is_request and m.status >= 200 and branch in m.all("Via")[0], wait)
            except socket.timeout:
                wait = min(2 * wait, 4)
        raise AssertionError("no answer to\n" + text.decode())

    def ask(self, method, uri, *lines, to=None, body="", cseq=None):
        """The final answer; a challenge is answered, if the password is known."""
        def send(proof):
            self.cseq = cseq or self.cseq + 1
            return self.write(method, uri, lines, to or self.address, proof, body, self.cseq)

        challenge, self.nonces = self.nonces, None
        answer = None if challenge else self.once(send(""))
        if answer and (answer.status not in (401, 407) or self.password is None):
            return answer
        name = "Proxy-Authorization" if answer and answer.status == 407 else "Authorization"
        challenge = challenge or challenges(answer)[self.preferred]
        self.latest = send("%s: %s\r\n" % (name, digest(challenge, method, uri, self.name, self.password)))
        return self.once(self.latest)

    def register(self, *lines, **more):
        return self.ask("REGISTER", "sip:" + self.server.domain, *lines, **more)

    def message(self, uri, text="hello"):
        return self.ask("MESSAGE", uri, "Content-Type: text/plain", to=uri, body=text)

    @staticmethod
    def begin(ask, *words, **more):
        """The same while others act: its result() is the answer."""
        pool = futures.ThreadPoolExecutor(1)
        result = pool.submit(ask, *words, **more)
        pool.shutdown(wait=False)
        return result

    # ---- what it is asked ----

    def take(self, wanted, patience):
        """The first message that is wanted; others that are requests wait in the inbox."""
        end = time.monotonic() + patience
        while True:
            left = end - time.monotonic()
            if left <= 0:
                raise socket.timeout()
            self.socket.settimeout(left)
            data, source = self.next_bytes()
            if not data.strip(b"\r\n\0"):
                continue
            message = Message(data.decode(), source)
            if wanted(message):
                return message
            if message.is_request:
                self.inbox.append(message)

    def receive(self, method):
        """A request of this method, which is answered with 200."""
        found = next((m for m in self.inbox if m.first.startswith(method + " ")), None)
        if found:
            self.inbox.remove(found)
        else:
            found = self.take(lambda m: m.is_request and m.first.startswith(method + " "), PATIENCE)
        self.answer(found, 200)
        return found

    def answer(self, request, status):
        copied = ["%s: %s" % (name, value + (";tag=peer" if name == "To" and ";tag=" not in value else ""))
                  for name, value in request.fields if name in ("Via", "From", "To", "Call-ID", "CSeq", "Record-Route")]
        text = "\r\n".join(["SIP/2.0 %d Fine" % status, *copied, "Content-Length: 0", "", ""])
        self.send_bytes(text.encode(), request.source)


class Stream(Peer):
    """The same on a TCP connection."""

    def __init__(self, bench, server, name, password=None):
        super().__init__(bench, server, name, password)
        self.socket.close()
        self.socket = socket.create_connection(("127.0.0.1", server.port))
        self.port, self.bytes = self.socket.getsockname()[1], b""

    def write(self, *words):
        return super().write(*words).replace(b"SIP/2.0/UDP", b"SIP/2.0/TCP")

    def contact(self, more=""):
        return super().contact(";transport=tcp" + more)

    def send_bytes(self, data, _):
        self.socket.sendall(data)

    def next_bytes(self):
        """The next message; those of the tests are short."""
        while True:
            head, found, rest = self.bytes.lstrip(b"\r\n").partition(b"\r\n\r\n")
            length = int((re.search(rb"(?im)^Content-Length: *(\d+)", head) or [0, 0])[1])
            if found and len(rest) >= length:
                self.bytes = rest[length:]
                return head + found + rest[:length], None
            more = self.socket.recv(65536)
            assert more, "the server has closed the connection"
            self.bytes += more


def answers_about(server, user):
    """What the server has answered to REGISTERs for this user, less what is another one each time."""
    found = []
    for m in traced(server.folder + "/trace"):
        message = Message(m["text"])
        if m["dir"] == "out" and m["cseq"].endswith(" REGISTER") and "sip:%s@" % user in message.one("To"):
            kept = [(name, re.sub(r'nonce="[^"]*"', 'nonce=""', value)) for name, value in message.fields
                    if name not in ("Via", "From", "To", "Call-ID", "CSeq", "Date")]
            found.append((message.first, kept))
    return found


def refused_alike(server, known, unknown):
    """Both have been challenged, have given a proof, and are told the same: who asks learns nothing about who has an
    account.  Nobody here has ever proved who he is."""
    both = [known, unknown]
    wait_until(lambda: all(len(answers_about(server, name)) >= 2 for name in both), "not all were answered")
    one, other = (answers_about(server, name)[:2] for name in both)  # who tries on is told to wait, by and by
    assert one == other, "%s\n%s" % (one, other)
    assert all(first.startswith("SIP/2.0 401 ") for first, _ in one), one
