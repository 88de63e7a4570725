# SPDX-License-Identifier: BSD-2-Clause
"""SIPp on every side of the proxy: forking, CANCEL, redirection, trunks, numbers, gateways of which some
are dead, and who is told who calls."""

import os
import re
import socket
import subprocess

from live import AHOY, Bench, free_port, listening, run
from people import traced, values
from sipp_test import MD5_ONLY, SCENARIOS, Sipp, credentials

CARRIER = "127.0.0.2"  # sends from there, while the phones of our users are at 127.0.0.1


class Scene(Bench):
    """A server where alice has proved nothing yet and bob has the phones that a test gives him."""

    def begin(self, extra=""):
        self.server_ = self.server(extra=MD5_ONLY + "\n" + extra)
        for name in ("alice", "bob"):
            self.server_.add_user(name, "password-of-" + name)
        self.sipp, self.changed = Sipp(self, self.server_), 0
        return self

    def scenario(self, name, *changes):
        """A scenario with another text in it, where SIPp allows no field."""
        if not changes:
            return name
        with open(os.path.join(SCENARIOS, name + ".xml")) as template:
            text = template.read()
        for old, new in changes:
            assert old in text, old
            text = text.replace(old, new)
        self.changed += 1
        folder = os.path.join(self.folder, "changed-%d" % self.changed)
        os.makedirs(folder)
        with open(os.path.join(folder, name + ".xml"), "w") as file:
            file.write(text)
        return os.path.join(folder, name)

    def waits(self, name, *changes, port=None):
        """Somebody at a port of his own."""
        port = port or free_port()
        phone = self.sipp.start(self.scenario(name, *changes), port, ["bob"])
        phone.port = port
        listening(port)
        return phone

    def phone(self, q, name, *changes, user="bob"):
        phone = self.waits(name, *changes)
        self.bind("sip:%s@127.0.0.1:%d" % (user, phone.port), q, user)
        return phone

    def bind(self, contact, q=1, user="bob"):
        subprocess.run([AHOY, "binding", "add", user, contact, "--q", str(q), "--config", self.server_.config], check=True,
                       capture_output=True)

    def alice(self, name, *changes, to="bob"):
        self.sipp.call(self.scenario(name, *changes), free_port(),
                       ["alice", to, "example.test", credentials("alice", "password-of-alice")])

    def carrier(self, name, to, domain="example.test", caller="eve", of="elsewhere.test"):
        """A call from the address of a trunk, by who proves nothing."""
        args = self.sipp.args(name, free_port(), 1, [caller, to, domain, of])
        args[args.index("-i") + 1] = CARRIER
        self.sipp.run(name, args)

    def ended(self, *phones):
        for phone in phones:
            assert phone.wait_exit() == 0, phone.stderr()

    def sent(self, first):
        """What the server has sent whose first line begins so, the first one first."""
        return [m for m in traced(self.server_.folder + "/trace") if m["dir"] == "out" and m["first"].startswith(first)]

    def order(self):
        """The ports that the server has sent an INVITE to, each once."""
        found = [int(m["remote"].rsplit(":", 1)[1]) for m in self.sent("INVITE ")]
        return list(dict.fromkeys(found))


def gateways(*ports):
    """`to` of a route: these one after the other."""
    return ", ".join('"sip:127.0.0.1:%d priority=%d"' % (port, i + 1) for i, port in enumerate(ports))


class Silent:
    """Somebody who never answers."""

    def __init__(self):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.port, self.stop = self.socket.getsockname()[1], self.socket.close


def test_of_phones_that_ring_together_one_answers_and_the_others_are_told_why():
    with Scene() as s:
        s.begin()
        phones = [s.phone(1, "ringing"), s.phone(1, "ringing"), s.phone(1, "callee", ("<send>", "<pause milliseconds=\"500\"/>\n<send>"))]
        s.alice("caller")
        s.ended(*phones)
        cancels = s.sent("CANCEL ")
        assert len({m["first"] for m in cancels}) == 2, cancels
        assert all(re.match("SIP *; *cause *= *200", values(m, "Reason")[0]) for m in cancels), cancels
        assert s.server_.stop() == 0, s.server_.process.stderr()


def test_the_next_phone_rings_when_the_better_one_is_busy():
    with Scene() as s:
        s.begin()
        second, first = s.phone(0.3, "callee"), s.phone(0.9, "refuse")
        s.alice("caller")
        s.ended(first, second)
        assert s.order() == [first.port, second.port]


def test_the_next_phone_rings_when_the_better_one_has_rung_for_long():
    with Scene() as s:
        s.begin("serial_timer = 1s")
        second, first = s.phone(0.3, "callee"), s.phone(0.9, "ringing")
        s.alice("caller")
        s.ended(first, second)
        assert s.order() == [first.port, second.port]


def test_busy_is_what_the_caller_hears_when_all_phones_are_busy():
    with Scene() as s:
        s.begin()
        phones = [s.phone(q, "refuse") for q in (1, 1, 0.5)]
        s.alice("caller_refused")
        s.ended(*phones)


def test_who_declines_for_the_user_ends_the_search():
    with Scene() as s:
        s.begin()
        s.bind("sip:bob@127.0.0.1:9", 0.1)
        phones = [s.phone(1, "ringing"), s.phone(1, "refuse", ("486 Busy Here", "603 Decline"))]
        s.alice("caller_refused", ('"486"', '"603"'))
        s.ended(*phones)
        assert 9 not in s.order()


def test_who_gives_up_has_all_phones_stop_ringing():
    with Scene() as s:
        s.begin()
        s.bind("sip:bob@127.0.0.1:9", 0.1)
        phones = [s.phone(1, "ringing") for _ in range(3)]
        s.alice("caller_cancels")
        s.ended(*phones)
        assert 9 not in s.order()


def test_who_answers_too_late_is_passed_on_and_hung_up_on():
    """RFC 3261 16.7 5: each 2xx goes to the caller."""
    with Scene() as s:
        s.begin()
        phones = [s.phone(1, "late"), s.phone(1, "callee", ("<send>", "<pause milliseconds=\"500\"/>\n<send>"))]
        s.alice("caller_of_two")
        s.ended(*phones)


def redirects_to(contact):
    return "486 Busy Here", "302 Moved Temporarily\nContact: <%s>" % contact


def test_the_redirection_of_a_phone_is_for_the_caller():
    with Scene() as s:
        s.begin()
        phone = s.phone(1, "refuse", redirects_to("sip:elsewhere@192.0.2.1"))
        s.alice("caller_refused", ('"486"', '"302"'))
        s.ended(phone)
        assert "<sip:elsewhere@192.0.2.1>" in values(s.sent("SIP/2.0 302")[0], "Contact")[0]


def test_the_redirection_of_a_phone_is_followed_where_that_is_wanted():
    with Scene() as s:
        s.begin("follow_redirects = true")
        s.server_.add_user("carol", "password-of-carol")
        phones = [s.phone(1, "refuse", redirects_to("sip:carol@example.test")), s.phone(1, "callee", user="carol")]
        s.alice("caller")
        s.ended(*phones)
        assert s.order() == [phone.port for phone in phones]


def test_a_redirect_section_sends_elsewhere():
    with Scene() as s:
        s.begin('redirect_server = true\nredirect "bob@example.test" { status = 301 to = "sip:bob@far.test" }\n')
        s.bind("sip:bob@127.0.0.1:9")
        s.alice("caller_refused", ('"486"', '"301"'))
        assert values(s.sent("SIP/2.0 301")[0], "Contact") == ["<sip:bob@far.test>"] and s.order() == []


def test_a_redirect_server_tells_where_the_phones_are_the_best_first():
    with Scene() as s:
        s.begin("redirect_server = true\nproxy = false\n")
        for host, q in (("192.0.2.1", 0.2), ("192.0.2.2", 0.9)):
            s.bind("sip:bob@" + host, q)
        s.alice("caller_refused", ('"486"', '"302"'))
        told = ",".join(values(s.sent("SIP/2.0 302")[0], "Contact"))
        assert re.findall("bob@([0-9.]*)>", told) == ["192.0.2.2", "192.0.2.1"] and s.order() == [], told


def test_a_wrong_password_gets_no_call():
    with Scene() as s:
        s.begin()
        s.bind("sip:bob@127.0.0.1:9")
        s.sipp.call(s.scenario("caller_refused", ('"486"', '"407"')), free_port(),
                    ["alice", "bob", "example.test", credentials("alice", "a guess")])
        assert s.order() == []


TRUNK = 'trunk "carrier" {\n    address = {"%s"}\n    to = "sip:127.0.0.1:%d"\n%s}\n'


def test_a_trunk_reaches_our_users_unasked_and_whom_it_may_call_and_nobody_else():
    with Scene() as s:
        there = free_port()
        s.begin(TRUNK % (CARRIER, free_port(), 'may_call = {"branch.test"}\n')
                + 'route "branch.test" { to = "sip:127.0.0.1:%d" }\nroute "far.test" { to = "sip:127.0.0.1:9" }\n' % there)
        bob, branch = s.phone(1, "callee"), s.waits("callee", port=there)
        s.carrier("stranger", "bob")
        s.carrier("stranger", "dora", domain="branch.test")
        s.carrier("stranger_refused", "dora", domain="far.test")
        s.carrier(s.scenario("stranger_refused", ('"403"', '"407"')), "bob", caller="alice", of="example.test")
        s.ended(bob, branch)
        assert s.order() == [bob.port, there]


NUMBERS = """number "abroad"  { prefix = "00"  strip = 2  prepend = "+"  more = yes }
number "premium" { match = "\\\\+49900.*"  reject = 603 }
route "+33*" { to = "sip:127.0.0.1:%d" }
"""


def test_a_number_is_rewritten_and_called_by_its_route_or_refused():
    with Scene() as s:
        there = free_port()
        s.begin(NUMBERS % there)
        gateway = s.waits("callee", port=there)
        s.alice("caller", to="0033123")
        s.alice("caller_refused", ('"486"', '"603"'), to="0049900123")
        s.ended(gateway)
        asked = {m["first"].split()[1] for m in s.sent("INVITE ")}
        assert asked == {"sip:+33123@127.0.0.1:%d;user=phone" % there}, asked


def test_a_call_goes_to_the_gateway_that_lives():
    """The first has no socket, the second says nothing, the third has no line free."""
    with Scene() as s:
        silent = s.add(Silent()).port
        dead, full, good, spare = (free_port() for _ in range(4))
        s.begin('route "+49*" { to = {%s} timeout = 1s fail_over = {503} }\n' % gateways(dead, silent, full, good, spare))
        phones = [s.waits("refuse", ("486 Busy Here", "503 No Line"), port=full), s.waits("callee", port=good)]
        s.alice("caller", to="+4930123")
        s.ended(*phones)
        assert s.order() == [dead, silent, full, good], s.order()


def test_what_is_no_failure_of_the_gateway_is_the_answer():
    with Scene() as s:
        first, second = free_port(), free_port()
        s.begin('route "+49*" { to = {%s} }\n' % gateways(first, second))
        gateway = s.waits("refuse", port=first)
        s.alice("caller_refused", to="+4930123")
        s.ended(gateway)
        assert s.order() == [first]


PRIVATE = 'Max-Forwards: 70\nContent-Type', 'Max-Forwards: 70\nPrivacy: id\nP-Asserted-Identity: <sip:boss@example.test>\nContent-Type'


def who_calls(trusted):
    """What a gateway is told of a caller who hides."""
    with Scene() as s:
        there = free_port()
        s.begin(TRUNK % (CARRIER, there, "trusted = %s\n" % trusted) + 'route "+49*" { to = "trunk:carrier" }\n')
        gateway = s.waits("callee", port=there)
        s.alice("caller", PRIVATE, to="+4930123")
        s.ended(gateway)
        told = s.sent("INVITE ")[0]
        return values(told, "P-Asserted-Identity"), values(told, "Privacy")


def test_a_trusted_gateway_is_told_who_hides_and_that_he_does():
    assert who_calls("true") == (["<sip:alice@example.test>"], ["id"])


def test_another_gateway_is_not_told():
    assert who_calls("false")[0] == []


run(globals())
