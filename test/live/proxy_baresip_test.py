# SPDX-License-Identifier: BSD-2-Clause
"""A baresip and an Ahoy phone of the same user ring together: one takes the call, the user is busy, the caller gives up."""

from baresip import MD5_ONLY, Baresip
from live import Bench, run
from people import Person, hang_up


class Home:
    """bob has both, alice calls him."""

    def __init__(self, bench):
        self.server = bench.server(extra=MD5_ONLY)
        self.alice, self.baresip = Person(bench, self.server, "alice"), Baresip(bench, self.server, "bob")
        self.bob = Person(bench, self.server, "bob", password="password-of-bob")

    def ring(self, *how):
        phone = self.bob.answer("--count", "1", *how)
        call = self.alice.call(self.bob.address)
        self.baresip.wait_event("CALL_INCOMING")
        return phone, call

    def ended(self):
        self.baresip.end()
        assert self.server.stop() == 0, self.server.process.stderr()


def test_baresip_takes_the_call_and_the_other_phone_stops_ringing():
    with Bench() as b:
        home = Home(b)
        phone, call = home.ring("--after", "60")
        home.baresip.command("accept")
        phone.wait_event("ended", cause="elsewhere", by="remote")
        call.wait_event("answered")
        home.baresip.wait_event("CALL_ESTABLISHED")
        hang_up(call)
        home.baresip.wait_event("CALL_CLOSED")
        home.ended()


def test_the_other_phone_takes_the_call_and_baresip_stops_ringing():
    with Bench() as b:
        home = Home(b)
        phone, call = home.ring("--after", "2")
        phone.wait_event("answered")
        home.baresip.wait_event("CALL_CLOSED")
        call.wait_event("answered")
        hang_up(call)
        phone.wait_event("ended", cause="normal", by="remote")
        home.ended()


def test_both_stop_ringing_when_the_caller_gives_up():
    with Bench() as b:
        home = Home(b)
        phone, call = home.ring("--after", "60")
        call.wait_event("ringing")
        hang_up(call)
        home.baresip.wait_event("CALL_CLOSED")
        phone.wait_event("ended", cause="cancelled", by="remote", status=487)
        call.wait_event("ended", cause="cancelled", by="local")
        assert call.wait_exit() == 130
        home.ended()


def test_baresip_rings_on_when_the_other_phone_is_busy():
    with Bench() as b:
        home = Home(b)
        phone, call = home.ring("--busy")
        phone.wait_event("ended", cause="refused", by="local", status=486)
        home.baresip.command("accept")
        call.wait_event("answered")
        hang_up(call)
        home.baresip.wait_event("CALL_CLOSED")
        home.ended()


def test_the_user_is_busy_when_baresip_is_so_too():
    with Bench() as b:
        home = Home(b)
        phone, call = home.ring("--busy")
        home.baresip.command("hangup")
        call.wait_event("ended", cause="refused", by="remote", status=486)
        assert (call.wait_exit(), phone.wait_exit()) == (10, 0)
        home.ended()


if __name__ == "__main__":
    run(globals())
