# SPDX-License-Identifier: BSD-2-Clause
"""Phones with an instance among many addresses-of-record (registrations.py): one or two flows each (RFC 5626),
some by way of an edge proxy (RFC 3327), and the GRUUs that they were given (RFC 5627).

Their Contacts name addresses at which nobody is: who is reached was reached by his flow, which is the socket of all
of them, or by his Path, which is the same socket."""

import re
import socket
import time

from live import PATIENCE
from people import bindings
from registrations import Registrations, Wrong

REG_IDS = (1, 2)
CONTACTS = re.compile(r"^Contact: <([^>]*)>", re.M)


def instance_of(params):
    found = re.search(r';\+sip\.instance="([^"]*)"', params)
    return found and found.group(1)


class Gruus:
    """Of one address: what leads to which instance, and what leads nowhere any more."""

    def __init__(self):
        self.public, self.temporary, self.ended = {}, {}, []
        self.call_ids = {}  # contact: Call-ID that it was registered by

    def forget(self):
        """A request was lost that may have been carried out."""
        self.__init__()

    def end(self, instance):
        self.ended = (self.ended + self.temporary.pop(instance, []))[-8:]

    def on_registered(self, contact, instance, call_id, old):
        """Another Call-ID of the flow that was `old` ends them (RFC 5627 5.1); a flow that is new does not."""
        before = self.call_ids.pop(old, None)
        if before is not None and before != call_id:
            self.end(instance)
        elif before is None and old is not None:
            self.temporary.pop(instance, None)  # who knows
        self.call_ids[contact] = call_id

    def on_served(self, served):
        present = {instance_of(one.params) for one in served.values()}
        for instance in set(self.temporary) - present:
            self.end(instance)
        self.public = {instance: gruu for instance, gruu in self.public.items() if instance in present}
        self.call_ids = {contact: call_id for contact, call_id in self.call_ids.items() if contact in served}
        for one in served.values():
            instance = instance_of(one.params)
            if instance:
                self.temporary.setdefault(instance, []).append(one.temporary)
                self.public[instance] = one.public


class Phones(Registrations):
    def __init__(self, dice, count, port, server):
        super().__init__(dice, count, port)
        self.server = server
        self.gruus = {aor: Gruus() for aor in self.aors}
        self.instances = 0

    # ---- requests ----

    def send(self, aor, kind, lines, asked):
        super().send(aor, kind, "Supported: path\r\nSupported: outbound, gruu\r\n" + lines, asked)

    def way(self, binding):
        """What comes by an edge proxy has two Vias, and its Path."""
        if not binding.path:
            return ""
        return "Via: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK%d\r\nPath: %s\r\n" % (self.number, binding.path)

    def edge(self, aor):
        return "<sip:edge-of-%s@127.0.0.1:%d;lr;ob>" % (aor.name, self.socket.getsockname()[1])

    def nowhere(self, aor):
        aor.number += 1
        return "sip:%s@192.0.2.7:5060;n=%d" % (aor.name, aor.number)

    def flow(self, aor, kind, rest, params, path):
        """One more, in place of what is not in `rest`."""
        name, (seconds, q) = self.nowhere(aor), self.some_binding()
        asked = self.with_contact(rest, name, seconds, q, params, path)
        self.send(aor, kind, self.contact(name, seconds, q, params) + self.way(asked[name]), asked)

    def connect(self, aor):
        """The first flow of a new phone, or the second of one that is there."""
        flows = {binding.params: instance_of(binding.params) for binding in aor.known.values() if binding.params}
        lonely = [i for i in flows.values() if list(flows.values()).count(i) == 1]
        path = self.edge(aor) if self.dice.random() < 0.3 else ""
        if lonely and self.dice.random() < 0.5:
            instance = self.dice.choice(sorted(lonely))
            number = next(n for n in REG_IDS if not any(p.endswith(";reg-id=%d" % n) for p in flows if flows[p] == instance))
        else:
            self.instances += 1
            instance, number = "<urn:uuid:00000000-0000-4000-8000-%012x>" % self.instances, 1
        self.flow(aor, "connect", aor.known, ';+sip.instance="%s";reg-id=%d' % (instance, number), path)

    def come_back(self, aor):
        """The same flow of a phone that has another address now (RFC 5626 6), or was started anew as well."""
        old = self.dice.choice(sorted(name for name, binding in aor.known.items() if binding.params))
        if self.dice.random() < 0.3:
            aor.call_id = "%s-%d" % (aor.name, self.number)
        before = aor.known[old]
        self.flow(aor, "come back", self.without(aor.known, old), before.params, before.path)
        aor.request.old = old

    def several(self, aor):
        """Two come and one goes, all or nothing."""
        names, (seconds, q) = [self.new_contact(aor), self.new_contact(aor)], self.some_binding()
        old = self.dice.choice(sorted(aor.known))
        state, lines = self.without(aor.known, old), self.contact(names[0], seconds, q) + self.gone(aor.known, old)
        for name in names:
            state = self.with_contact(state, name, seconds, q)
        self.send(aor, "several", lines + self.contact(names[1], seconds, q), state)

    def change(self, aor):
        now = time.monotonic()
        settled = not aor.unsure and all(binding.until >= now + PATIENCE for binding in aor.known.values())
        if not settled or self.dice.random() < 0.4:
            super().change(aor)
        elif any(binding.params for binding in aor.known.values()) and self.dice.random() < 0.5:
            self.come_back(aor)
        elif len(aor.known) < 4:
            self.dice.choice((self.connect, self.connect, self.several) if aor.known else (self.connect,))(aor)
        else:
            self.remove(aor)

    # ---- answers ----

    def on_ok(self, aor, request, served, now):
        before = aor.known
        super().on_ok(aor, request, served, now)
        for name, one in served.items():
            if (one.public is None or one.temporary is None) != (instance_of(one.params) is None):
                raise Wrong("%s%s was given %s and %s" % (name, one.params, one.public, one.temporary))
        if request.kind != "ask":
            for name in set(CONTACTS.findall(request.text)) & set(request.asked):
                instance = instance_of(request.asked[name].params)
                if instance:
                    old = request.old or (name if name in before else None)
                    self.gruus[aor].on_registered(name, instance, request.call_id, old)
        self.gruus[aor].on_served(served)

    def check(self, window=16):
        lost = [aor for aor in self.aors if len(aor.states()) > 1]
        for aor in lost:
            self.gruus[aor].forget()
        ends = super().check(window)
        self.check_listed()
        return ends

    # ---- what leads to a phone ----

    def check_listed(self):
        """What no 200 tells: the Path of each binding, and that it is a flow."""
        listed = {}
        for b in bindings(self.server):
            path = b["path"] if b["reg_id"] else ""
            listed[b["contact"]] = (b["instance"] or None, b["reg_id"], b["outbound"], path)
        for aor in self.aors:
            for name, binding in aor.known.items():
                instance = instance_of(binding.params)
                number = int(binding.params[-1]) if instance else 0
                wanted = (instance, number, number > 0, binding.path)
                if binding.until > time.monotonic() and listed.get(name) != wanted:
                    raise Wrong("%s is listed as %s, not %s" % (name, listed.get(name), wanted))

    def message(self, uri):
        """The status of a MESSAGE, and the Request-URI by which it came here."""
        self.number += 1
        host, port = self.socket.getsockname()
        branch = "z9hG4bK-message-%d" % self.number
        text = (f"MESSAGE {uri} SIP/2.0\r\nVia: SIP/2.0/UDP {host}:{port};branch={branch}\r\nMax-Forwards: 70\r\n"
                f"From: <sip:asker@{self.domain}>;tag={self.number}\r\nTo: <{uri}>\r\nCall-ID: {branch}\r\n"
                f"CSeq: 1 MESSAGE\r\nContent-Length: 0\r\n\r\n")
        came, end = [], time.monotonic() + PATIENCE
        self.socket.settimeout(1.0)
        while time.monotonic() < end:
            self.socket.sendto(text.encode(), ("127.0.0.1", self.port))
            try:
                while True:
                    data, source = self.socket.recvfrom(65536)
                    got = data.decode()
                    if got.startswith("MESSAGE ") and branch in got:
                        came.append(got.split(" ", 2)[1])
                        self.socket.sendto(self.fine(got).encode(), source)
                    elif branch in got and not got.startswith("SIP/2.0 1"):
                        return int(got.split(" ", 2)[1]), set(came)
            except socket.timeout:
                continue
        raise Wrong("no answer to a MESSAGE to " + uri)

    @staticmethod
    def fine(request):
        kept = [line for line in request.split("\r\n") if line.startswith(("Via:", "From:", "To:", "Call-ID:", "CSeq:"))]
        return "\r\n".join(["SIP/2.0 200 OK", *kept, "Content-Length: 0", "", ""])

    def check_gruus(self, many):
        """Of some addresses: each GRUU, old or new, leads to one flow of its instance, or nowhere."""
        good = bad = 0
        for aor in self.dice.sample(self.aors, many):
            gruus = self.gruus[aor]
            for instance, public in gruus.public.items():
                mine = {name: b for name, b in aor.known.items() if instance_of(b.params) == instance}
                if any(b.until < time.monotonic() + PATIENCE for b in mine.values()):
                    continue
                temporary = gruus.temporary.get(instance, [])
                for uri in {public, *temporary[:1], *temporary[-2:]}:
                    status, came = self.message(uri)
                    if status != 200 or len(came) != 1 or not came <= set(mine):
                        raise Wrong("%s of %s: %d, came to %s, not to one of %s" % (uri, aor.name, status, came, mine))
                    good += 1
            for uri in gruus.ended[-2:]:
                status, came = self.message(uri)
                if status not in (404, 480) or came:
                    raise Wrong("%s of %s has ended: %d, came to %s" % (uri, aor.name, status, came))
                bad += 1
        return good, bad
