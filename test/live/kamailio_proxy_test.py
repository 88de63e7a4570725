# SPDX-License-Identifier: BSD-2-Clause
"""Kamailio as the proxy before us, behind us, and both: what two proxies in one call have to agree about, besides that
it comes about (kamailio_test.py): who is cancelled, who else rings, what is refused, redirected and challenged, and the
way of what follows in the dialog."""

import os
import re
import subprocess

from kamailio_test import Domains
from live import AHOY, Bench, free_port, run
from people import Person, hang_up, received, traced, values


class Elsewhere:
    """Where somebody keeps the other phone."""

    def __init__(self, bench):
        self.folder, self.run = os.path.join(bench.folder, "elsewhere"), bench.run
        os.makedirs(self.folder)


def other_phone(bench, person):
    return Person(Elsewhere(bench), person.server, person.name, password="password of " + person.name)


def pairs(domains):
    """Caller and callee: Kamailio before us, then behind us."""
    return (domains.carol, domains.alice), (domains.alice, domains.carol)


def test_who_gives_up_is_heard_through_both_proxies():
    with Bench() as b:
        for caller, callee in pairs(Domains(b, "udp")):
            phone = callee.answer("--after", "60", "--count", "1")
            call = caller.call(callee.address)
            call.wait_event("ringing")
            hang_up(call)
            phone.wait_event("ended", cause="cancelled", by="remote", status=487)
            call.wait_event("ended", cause="cancelled", by="local")
            assert (phone.wait_exit(), call.wait_exit()) == (12, 130)


def test_busy_and_nobody_there_are_heard_through_both_proxies():
    with Bench() as b:
        d = Domains(b, "udp")
        for caller, callee in pairs(d):
            phone = callee.answer("--busy", "--count", "1")
            call = caller.call(callee.address)
            call.wait_event("ended", cause="refused", by="remote", status=486)
            assert (phone.wait_exit(), call.wait_exit()) == (0, 10)
            call = caller.call(callee.address.replace(callee.name, "nobody"))
            call.wait_event("ended", cause="refused", by="remote", status=404)
            assert call.wait_exit() == 13


def forked(caller, callee, other):
    """Both phones ring; one takes the call, the other is told to be quiet."""
    slow, quick = callee.answer("--after", "60", "--count", "1"), other.answer("--after", "2", "--count", "1")
    call = caller.call(callee.address)
    slow.wait_event("ended", cause="elsewhere", by="remote")
    call.wait_event("answered")
    quick.wait_event("answered")
    hang_up(quick)
    call.wait_event("ended", cause="normal", by="remote")
    for process in (slow, quick, call):
        process.wait_exit()


def test_we_fork_what_kamailio_sends():
    with Bench() as b:
        d = Domains(b, "udp")
        forked(d.carol, d.alice, other_phone(b, d.alice))
        assert d.server.stop() == 0, d.server.process.stderr()


def test_kamailio_forks_what_we_send():
    with Bench() as b:
        d = Domains(b, "udp")
        forked(d.alice, d.carol, other_phone(b, d.carol))
        assert d.server.stop() == 0, d.server.process.stderr()


def ports(lines):
    return [int(port) for port in re.findall(r"127\.0\.0\.1:(\d+)", ",".join(lines))]


def test_what_follows_in_a_call_goes_back_the_way_it_was_set_up():
    with Bench() as b:
        d = Domains(b, "udp")
        phone = d.alice.answer("--auto", "--count", "1")
        call = d.carol.call(d.alice.address)
        phone.wait_event("answered")
        hang_up(phone)
        call.wait_event("ended", cause="normal", by="remote")
        for process in (phone, call):
            process.wait_exit()
        ours, theirs = d.server.port, d.kamailio.port
        assert ports(values(received(d.alice.trace, "INVITE")[0], "Record-Route")) == [ours, theirs]
        bye, = [m for m in traced(d.server.folder + "/trace") if m["dir"] == "out" and m["first"].startswith("BYE")]
        assert ports(values(bye, "Route")) == [theirs] and bye["remote"].endswith(":%d" % theirs), bye
        assert len(received(d.carol.trace, "BYE")) == 1


def test_our_redirection_reaches_a_caller_beyond_kamailio_who_follows_it():
    with Bench() as b:
        d = Domains(b, "udp", extra='redirect_server = true\n'
                                    'redirect "moved@example.test" { to = "sip:kurt@kamailio.test" }\n')
        kurt = Person(b, d.kamailio, "kurt", password="unasked")
        phone = kurt.answer("--auto", "--count", "1")
        call = d.carol.call("sip:moved@example.test")
        phone.wait_event("answered")
        hang_up(call)
        phone.wait_event("ended", cause="normal", by="remote")
        for process in (phone, call):
            process.wait_exit()
        assert len(received(d.carol.trace, "SIP/2.0 302")) == 1


def bound(server, name, contact):
    subprocess.run([AHOY, "binding", "add", name, contact, "--config", server.config], check=True, capture_output=True)


def test_a_call_comes_from_kamailio_and_goes_back_to_it():
    """Before us and behind us: a user of ours is called at a phone of its domain."""
    with Bench() as b:
        d = Domains(b, "udp")
        kurt = Person(b, d.kamailio, "kurt", password="unasked")
        bound(d.server, "dora", "%s:%d;maddr=127.0.0.1" % (kurt.address, d.kamailio.port))
        phone = kurt.answer("--auto", "--count", "1")
        call = d.carol.call("sip:dora@example.test")
        phone.wait_event("answered")
        hang_up(phone)
        call.wait_event("ended", cause="normal", by="remote")
        for process in (phone, call):
            process.wait_exit()
        ours, theirs = d.server.port, d.kamailio.port
        assert ports(values(received(kurt.trace, "INVITE")[0], "Record-Route")) == [theirs, ours, theirs]


class Before:
    """Kamailio as the outbound proxy of a user of ours."""

    def __init__(self, domains):
        self.domain, self.port, self.add_user = "example.test", domains.kamailio.port, domains.server.add_user
        self.lab = None


def test_our_challenge_reaches_a_user_beyond_kamailio_and_the_proof_us():
    with Bench() as b:
        d = Domains(b, "udp")
        zoe = Person(b, Before(d), "zoe")
        phone = d.alice.answer("--auto", "--count", "1")
        call = zoe.call(d.alice.address, "--no-register")
        phone.wait_event("answered")
        hang_up(call)
        phone.wait_event("ended", cause="normal", by="remote")
        for process in (phone, call):
            process.wait_exit()
        assert len(received(zoe.trace, "SIP/2.0 407")) == 1
        asserted = values(received(d.alice.trace, "INVITE")[0], "P-Asserted-Identity")
        assert asserted == ["<sip:zoe@example.test>"], asserted


ROUTE = '''route "kamailio.test" {
    to = {"sip:127.0.0.1:%d", "trunk:kamailio priority=2"}
}
trunk "kamailio" {
    to      = "sip:127.0.0.1:%d"
    trusted = true
}
'''


def test_kamailio_gets_the_call_that_a_dead_server_does_not_take_and_who_calls():
    with Bench() as b:
        d = Domains(b, "udp")
        d.server.stop()
        with open(d.server.config) as f:
            text = f.read()
        with open(d.server.config, "w") as f:
            f.write(re.sub('route "kamailio.test" .*\n', ROUTE % (free_port(), d.kamailio.port), text))
        d.server.start()
        phone = d.carol.answer("--auto", "--count", "1")
        call = d.alice.call(d.carol.address)
        phone.wait_event("answered")
        hang_up(call)
        phone.wait_event("ended", cause="normal", by="remote")
        for process in (phone, call):
            process.wait_exit()
        told = values(received(d.carol.trace, "INVITE")[0], "P-Asserted-Identity")
        assert told == ["<sip:alice@example.test>"], told


if __name__ == "__main__":
    run(globals())
