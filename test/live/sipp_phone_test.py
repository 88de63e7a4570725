# SPDX-License-Identifier: BSD-2-Clause
"""SIPp (Debian's sip-tester) and an Ahoy phone call each other through the server, both
with passwords: answers, refusals, nobody there, hold, and a peer that ignores the BYE."""

import os
import signal

from live import Bench, free_port, listening, run
from people import Person, sent
from sipp_test import MD5_ONLY, SCENARIOS, Sipp, credentials, register


class Scene(Bench):
    """A server, alice with an Ahoy phone and bob with SIPp."""

    def __enter__(self):
        super().__enter__()
        try:
            self.server_ = self.server(extra=MD5_ONLY)
            self.alice = Person(self, self.server_, "alice")
            self.server_.add_user("bob", "builder")
            self.sipp, self.port = Sipp(self, self.server_), free_port()
        except BaseException as error:
            self.__exit__(type(error), error, None)
            raise
        return self

    def bob_waits(self, scenario):
        bob = self.sipp.start(scenario, self.port, ["bob"])
        listening(self.port)
        register(self.sipp, "bob", "builder", self.port)
        return bob

    def bob_waits_with(self, scenario, old, new):
        """The same with another text in the scenario, where SIPp allows no field."""
        with open(os.path.join(SCENARIOS, scenario + ".xml")) as template:
            text = template.read()
        assert old in text
        path = os.path.join(self.folder, "changed-" + scenario)
        with open(path + ".xml", "w") as changed:
            changed.write(text.replace(old, new))
        return self.bob_waits(path)

    def bob_calls(self, scenario):
        self.sipp.call(scenario, free_port(), ["bob", "alice", "example.test", credentials("bob", "builder")])

    def alice_calls(self, *words):
        return self.alice.call("sip:bob@example.test", *words)


def test_sipp_calls_a_phone_and_hangs_up():
    with Scene() as s:
        phone = s.alice.answer("--auto", "--count", "1")
        s.bob_calls("caller")
        phone.wait_event("ended", cause="normal", by="remote")
        phone.wait_exit()
        assert sent(s.alice.trace)[:2] == ["REGISTER", "REGISTER"]  # challenged


def test_sipp_hears_that_a_phone_is_busy():
    with Scene() as s:
        phone = s.alice.answer("--busy", "--count", "1")
        s.bob_calls("caller_refused")
        phone.wait_event("ended", cause="refused", by="local", status=486)
        assert phone.wait_exit() == 0


def test_a_phone_calls_sipp_and_hangs_up():
    with Scene() as s:
        bob = s.bob_waits("callee")
        phone = s.alice_calls("--duration", "1")
        phone.wait_event("ringing", status=180)
        phone.wait_event("ended", cause="normal", by="local")
        phone.wait_exit()
        assert bob.wait_exit() == 0, bob.stderr()
        assert sent(s.alice.trace).count("INVITE") == 2  # challenged


def test_the_exit_code_says_how_sipp_refused():
    with Scene() as s:
        for status, code in (("486 Busy Here", 10), ("600 Busy Everywhere", 10), ("603 Decline", 11),
                             ("480 Temporarily Unavailable", 12), ("404 Not Found", 13), ("403 Forbidden", 14),
                             ("488 Not Acceptable Here", 16), ("500 Server Internal Error", 18), ("415 Odd", 19)):
            bob = s.bob_waits_with("refuse", "486 Busy Here", status)
            phone = s.alice_calls()
            phone.wait_event("ended", cause="refused", by="remote", status=int(status[:3]))
            assert phone.wait_exit() == code, "%s: %d" % (status, phone.child.returncode)
            assert bob.wait_exit() == 0, bob.stderr()


def test_an_answer_without_sound_has_an_exit_code():
    with Scene() as s:
        bob = s.bob_waits("callee")  # which sends no RTP
        phone = s.alice_calls("--record", s.folder + "/heard.wav", "--duration", "6")
        phone.wait_event("no_media")
        assert phone.wait_exit() == 16, phone.stderr()
        assert bob.wait_exit() == 0, bob.stderr()


def test_an_answer_without_a_codec_in_common_ends_the_call():
    with Scene() as s:
        bob = s.bob_waits_with("callee", "0 PCMU/8000", "0 G723/8000")
        phone = s.alice_calls()
        phone.wait_event("ended", cause="bad_sdp", by="local")
        assert phone.wait_exit() == 16, phone.stderr()
        assert bob.wait_exit() == 0, bob.stderr()  # it was sent ACK and BYE


def test_nobody_answers_in_time():
    with Scene() as s:
        bob = s.bob_waits("ringing")
        phone = s.alice_calls("--wait", "2")
        phone.wait_event("ended", cause="cancelled", by="local")
        assert phone.wait_exit() == 12
        assert bob.wait_exit() == 0, bob.stderr()
        assert sent(s.alice.trace).count("CANCEL") == 1


def test_a_held_call_is_held_and_resumed():
    with Scene() as s:
        bob = s.bob_waits("hold")
        phone = s.alice_calls("--duration", "4")
        phone.wait_event("changed", held_by_peer=True)
        phone.wait_event("changed", held_by_peer=False)
        phone.wait_event("ended", cause="normal", by="local")
        assert bob.wait_exit() == 0, bob.stderr()


def test_a_call_ends_though_the_bye_is_never_answered():
    with Scene() as s:
        bob = s.bob_waits("deaf")
        phone = s.alice_calls()
        phone.wait_event("answered")
        phone.child.send_signal(signal.SIGINT)
        phone.wait_event("ended", cause="normal", by="local", patience=3)
        assert bob.wait_exit() == 0, bob.stderr()
        assert sent(s.alice.trace).count("BYE") >= 3  # Timer E
        phone.child.send_signal(signal.SIGINT)  # and nobody need wait for 32 s
        assert phone.wait_exit(3) == 130


if __name__ == "__main__":
    run(globals(), together=3)  # they wait more than they work
