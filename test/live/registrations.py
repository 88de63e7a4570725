# SPDX-License-Identifier: BSD-2-Clause
"""Many addresses-of-record that are changed at once over one UDP socket, and what a
server has acknowledged of them.

Of each address the model knows what it was when the last 200 came (`known`), and what it
will be when the request under way has been carried out (`asked`).  After a crash either is
right, and nothing else is: what was acknowledged is served, what was removed is not."""

import collections
import re
import socket
import time

from live import PATIENCE

AGAIN = 1.0  # seconds: a datagram may be lost when a buffer is full, so requests are repeated

CONTACT = re.compile(r"^Contact: <([^>]*)>([^\r]*)\r?$", re.M)

# until: monotonic seconds; params: of its Contact, but q and expires; path: in an order that the server gives back
Binding = collections.namedtuple("Binding", "q until params path", defaults=("", ""))

Served = collections.namedtuple("Served", "q left params public temporary")  # left: seconds


class Wrong(Exception):
    """The server does not serve what it acknowledged."""


class Request:
    def __init__(self, aor, text, branch, asked, kind):
        self.aor, self.text, self.branch, self.asked, self.kind = aor, text, branch, asked, kind
        self.call_id, self.old = aor.call_id, None  # old: the contact whose place a new one takes
        self.sent = time.monotonic()


class Aor:
    def __init__(self, name):
        self.name = name
        self.known = {}      # contact: Binding
        self.unsure = []     # other states that are right, because a request was refused by a 5xx
        self.request = None  # under way
        self.call_id = name + "-0"
        self.cseq = 0
        self.number = 0      # of contacts there have been
        self.history = collections.deque(maxlen=12)

    def states(self):
        """All that may be served, the most likely first."""
        asked = [self.request.asked] if self.request is not None and self.request.kind != "ask" else []
        return [self.known] + self.unsure + asked


def served_of(answer):
    """contact: Served"""
    found = {}
    for contact, params in CONTACT.findall(answer):
        q = re.search(r";q=([0-9.]+)", params)
        gruus = dict(re.findall(r';(pub-gruu|temp-gruu)="([^"]*)"', params))
        left = int(re.search(r";expires=(\d+)", params).group(1))
        rest = re.sub(r';(pub-gruu|temp-gruu)="[^"]*"|;q=[0-9.]+|;expires=\d+', "", params)
        found[contact] = Served(q.group(1) if q else "1", left, rest, gruus.get("pub-gruu"), gruus.get("temp-gruu"))
    return found


def agrees(state, served, now):
    """Is this what is served?  Who is past his time may be gone, but nobody else."""
    if any(contact not in served and binding.until > now for contact, binding in state.items()):
        return False
    return all(contact in state and state[contact].q == one.q and now + one.left + 1 >= state[contact].until
               and state[contact].params == one.params for contact, one in served.items())


def tell(state):
    now = time.monotonic()
    return "{%s}" % ", ".join("%s%s q=%s %.1fs" % (c, b.params, b.q, b.until - now) for c, b in sorted(state.items()))


class Registrations:
    """`count` addresses, changed as `dice` (a random.Random) says."""

    def __init__(self, dice, count, port, domain="example.test"):
        self.dice, self.port, self.domain = dice, port, domain
        self.aors = [Aor("user%d" % i) for i in range(count)]
        self.waiting = {}  # branch: Request
        self.number = 0
        self.acknowledged = collections.Counter()
        self.refused = 0
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        self.socket.bind(("127.0.0.1", 0))

    def stop(self):
        self.socket.close()

    # ---- requests ----

    def send(self, aor, kind, lines, asked):
        self.number += 1
        aor.cseq += 1
        branch = "z9hG4bK%s-%d" % (aor.name, self.number)
        host, port = self.socket.getsockname()
        text = (f"REGISTER sip:{self.domain} SIP/2.0\r\nVia: SIP/2.0/UDP {host}:{port};branch={branch}\r\n"
                f"Max-Forwards: 70\r\nFrom: <sip:{aor.name}@{self.domain}>;tag={self.number}\r\n"
                f"To: <sip:{aor.name}@{self.domain}>\r\nCall-ID: {aor.call_id}\r\nCSeq: {aor.cseq} REGISTER\r\n"
                f"{lines}Content-Length: 0\r\n\r\n")
        aor.request = self.waiting[branch] = Request(aor, text, branch, asked, kind)
        aor.history.append("%s %s asks for %s" % (kind, branch, tell(asked)))
        self.repeat(aor.request)
        if self.dice.random() < 0.1:
            self.repeat(aor.request)  # a retransmission, while the commit is pending or after it

    def repeat(self, request):
        self.socket.sendto(request.text.encode(), ("127.0.0.1", self.port))

    def contact(self, name, seconds, q, params=""):
        weight = "" if q == "1" else ";q=" + q
        return f"Contact: <{name}>{params}{weight};expires={seconds}\r\n"

    def some_binding(self):
        """How a contact may be registered: (seconds, q)."""
        return self.dice.choice((60, 300, 600, 1200, 3600)), self.dice.choice(("1", "0.500", "0.250"))

    def new_contact(self, aor):
        aor.number += 1
        return "sip:%s@127.0.0.1:%d;n=%d" % (aor.name, 10000 + aor.number % 50000, aor.number)

    def with_contact(self, state, name, seconds, q, params="", path=""):
        return {**state, name: Binding(q, time.monotonic() + seconds, params, path)}

    def without(self, state, name):
        return {contact: binding for contact, binding in state.items() if contact != name}

    def way(self, binding):
        """The headers of a REGISTER that came by where this one came by."""
        return ""

    def add(self, aor):
        name, (seconds, q) = self.new_contact(aor), self.some_binding()
        self.send(aor, "add", self.contact(name, seconds, q), self.with_contact(aor.known, name, seconds, q))

    def register_again(self, aor, kind, seconds, name, q):
        old = aor.known[name]
        self.send(aor, kind, self.contact(name, seconds, q, old.params) + self.way(old),
                  self.with_contact(aor.known, name, seconds, q, old.params, old.path))

    def refresh(self, aor):
        """For longer or for shorter, within the lease of the row or beyond it."""
        name = self.dice.choice(sorted(aor.known))
        self.register_again(aor, "refresh", self.some_binding()[0], name, aor.known[name].q)

    def replace(self, aor):
        """The phone has been started anew: another Call-ID, another weight."""
        name, (seconds, q) = self.dice.choice(sorted(aor.known)), self.some_binding()
        aor.call_id = "%s-%d" % (aor.name, self.number)
        self.register_again(aor, "replace", seconds, name, q)

    def gone(self, state, name):
        return self.contact(name, 0, "1", state[name].params)

    def move(self, aor):
        """From one address to another, in one request: both or neither."""
        old, name, (seconds, q) = self.dice.choice(sorted(aor.known)), self.new_contact(aor), self.some_binding()
        self.send(aor, "move", self.gone(aor.known, old) + self.contact(name, seconds, q),
                  self.with_contact(self.without(aor.known, old), name, seconds, q))

    def remove(self, aor):
        old = self.dice.choice(sorted(aor.known))
        self.send(aor, "remove", self.gone(aor.known, old), self.without(aor.known, old))

    def remove_all(self, aor):
        self.send(aor, "remove all", "Contact: *\r\nExpires: 0\r\n", {})

    def change(self, aor):
        now = time.monotonic()
        if aor.unsure or any(binding.until < now + PATIENCE for binding in aor.known.values()):
            self.send(aor, "ask", "", aor.known)  # what is there: it may have expired, or been refused
        elif not aor.known:
            self.add(aor)
        elif len(aor.known) >= 4:
            self.dice.choice((self.remove, self.remove_all, self.move, self.refresh))(aor)
        else:
            self.dice.choice((self.add, self.add, self.refresh, self.refresh, self.replace, self.move, self.remove,
                              self.remove_all))(aor)

    # ---- answers ----

    def on_answer(self, text):
        request = self.waiting.pop(re.search(r";branch=([^;\r]*)", text).group(1), None)
        if request is None:
            return  # to a repetition
        aor, now = request.aor, time.monotonic()
        aor.history.append("answer %s %s" % (request.branch, text.split("\r\n", 1)[0]))
        aor.request = None
        if text.startswith("SIP/2.0 200 "):
            self.on_ok(aor, request, served_of(text), now)
        elif text.startswith(("SIP/2.0 500 ", "SIP/2.0 503 ")):
            self.refused += 1
            if request.kind != "ask":
                aor.unsure.append(request.asked)  # it may be served, or not: nothing was acknowledged
        else:
            raise Wrong("%s was answered\n%s" % (request.text, text))

    def on_ok(self, aor, request, served, now):
        right = aor.states() if request.kind == "ask" else [request.asked] + aor.unsure
        if not any(agrees(state, served, now) for state in right):
            raise Wrong("%s was answered with %s, not with %s\n%s"
                        % (request.kind, served, " or ".join(map(tell, right)), "\n".join(aor.history)))
        # What the answer lists is acknowledged: so it is served up to there.
        base = request.sent
        paths = {name: binding.path for state in right for name, binding in state.items()}
        aor.known = {contact: Binding(one.q, base + one.left - 1, one.params, paths[contact])
                     for contact, one in served.items()}
        aor.unsure = []
        self.acknowledged[request.kind] += 1

    def receive(self):
        """One answer, however long it takes; what is not answered is asked again."""
        end = time.monotonic() + PATIENCE
        self.socket.settimeout(AGAIN)
        while True:
            try:
                text = self.socket.recv(65536).decode()
            except socket.timeout:
                if time.monotonic() > end:
                    raise Wrong("no answer to %s" % ", ".join(self.waiting)) from None
                for request in self.waiting.values():
                    self.repeat(request)
                continue
            if not text.startswith("SIP/2.0 1"):
                self.on_answer(text)
                return

    def work(self, answers, window):
        """Change addresses, `window` at a time, until so many answers have come."""
        for _ in range(answers):
            idle = [aor for aor in self.aors if aor.request is None]
            self.dice.shuffle(idle)
            while idle and len(self.waiting) < window:
                self.change(idle.pop())
            self.receive()

    def drain(self):
        """What the server had said before it died counts."""
        self.socket.setblocking(False)
        while True:
            try:
                text = self.socket.recv(65536).decode()
            except BlockingIOError:
                return
            if not text.startswith("SIP/2.0 1"):
                self.on_answer(text)

    def finish(self):
        while self.waiting:
            self.receive()

    # ---- after a crash ----

    def check(self, window=16):
        """The requests under way are lost.  Ask for every address and compare."""
        open_ends = {}
        for aor in self.aors:
            open_ends[aor] = aor.states()[1:]
            aor.request = None
        self.waiting.clear()
        for aor in self.aors:
            aor.unsure = open_ends[aor]
            while len(self.waiting) >= window:
                self.receive()
            self.send(aor, "ask", "", aor.known)
        self.finish()
        return sum(len(ends) for ends in open_ends.values())
