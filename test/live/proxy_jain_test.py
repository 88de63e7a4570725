# SPDX-License-Identifier: BSD-2-Clause
"""JAIN-SIP (the NIST implementation) calls and is called by way of the proxy: it stays in the path of the call, and either
side gives up before the answer."""

import re

from jain import Jain
from live import PATIENCE, Bench, run
from people import Person, hang_up, received, traced, values


class Home:
    """A server with alice, who has a phone on JAIN-SIP, and bob with an Ahoy phone."""

    def __init__(self, bench, transport):
        self.server = bench.server()
        self.server.add_user("alice", "wonderland")
        self.bob = Person(bench, self.server, "bob", transport=transport)
        self.alice = Jain(bench, self.server, "alice", "wonderland", transport)
        assert self.alice.register("Contact: <%s>" % self.alice.contact()).status == 200

    def calls_bob(self):
        self.alice.send("INVITE", self.bob.address, "Contact: <%s>" % self.alice.contact())

    def ended(self):
        assert self.server.stop() == 0, self.server.process.stderr()


def stays_in_the_path(transport):
    with Bench() as b:
        home = Home(b, transport)
        phone = home.bob.answer("--auto", "--count", "1")
        home.calls_bob()
        route = home.alice.final("INVITE").one("Record-Route")
        assert re.match(r"<sip:[^@]*@127\.0\.0\.1:%d;.*lr>" % home.server.port, route), route
        phone.wait_event("answered")  # the ACK came
        home.alice.do("bye")
        assert home.alice.final("BYE").status == 200
        phone.wait_event("ended", cause="normal", by="remote")
        phone.wait_exit()
        byes = [m for m in traced(home.server.folder + "/trace") if m["first"].startswith("BYE ")]
        assert [m["dir"] for m in byes[:2]] == ["in", "out"], byes
        assert values(byes[0], "Route") and not values(byes[1], "Route"), byes
        home.ended()


def test_jain_hangs_up_by_the_route_that_was_recorded_over_udp():
    stays_in_the_path("udp")


def test_jain_hangs_up_by_the_route_that_was_recorded_over_tcp():
    stays_in_the_path("tcp")


def test_jain_gives_up_before_the_answer():
    with Bench() as b:
        home = Home(b, "udp")
        phone = home.bob.answer("--after", "60", "--count", "1")
        home.calls_bob()
        while home.alice.wait("response", "INVITE").status != 180:
            pass
        home.alice.do("cancel")
        assert home.alice.final("CANCEL").status == 200
        assert home.alice.final("INVITE").status == 487
        phone.wait_event("ended", cause="cancelled", by="remote", status=487)
        phone.wait_exit()
        home.ended()


def test_a_phone_gives_up_before_jain_answers():
    with Bench() as b:
        home = Home(b, "udp")
        home.alice.do("ring")
        phone = home.bob.call(home.alice.address, "--wait", "2")
        phone.wait_event("ringing", status=180)
        assert home.alice.wait("request", "CANCEL").first.startswith("CANCEL " + home.alice.contact())
        phone.wait_event("ended", cause="cancelled", by="local")
        assert phone.wait_exit(2 * PATIENCE) == 12
        assert len(received(home.bob.trace, "SIP/2.0 487")) == 1
        home.ended()


def test_jain_and_another_phone_ring_together_and_one_takes_the_call():
    with Bench() as b:
        home = Home(b, "udp")
        carol = Person(b, home.server, "carol")
        home.alice.do("ring")
        phone = Person(b, home.server, "alice", password="wonderland").answer("--after", "2", "--count", "1")
        call = carol.call(home.alice.address)
        home.alice.wait("request", "INVITE")
        phone.wait_event("answered")
        cancel = home.alice.wait("request", "CANCEL")
        assert re.match("SIP *; *cause *= *200", cancel.one("Reason")), cancel.text
        call.wait_event("answered")
        hang_up(call)
        phone.wait_event("ended", cause="normal", by="remote")
        home.ended()


if __name__ == "__main__":
    run(globals())
