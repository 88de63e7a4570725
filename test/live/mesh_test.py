# SPDX-License-Identifier: BSD-2-Clause
"""A full mesh of `ahoy phone`s over real sockets (decision 71): who began it goes, and the others talk on."""

from live import Bench, run
from people import wait_until
from phone_json_test import tone
from script_phone import Ours


class Member(Ours):
    """A phone that answers, and calls whom it is referred to."""

    def __init__(self, bench, name):
        super().__init__(bench, name, "--incoming", "answer")
        self.name = name
        self.ask("account", name="own", address=self.address, transfer="allow")
        self.account = {"account": "own"}

    def up(self):
        return [c["call"] for c in self.ask("calls")["calls"] if c["state"] == "up"]

    def is_in(self, count):
        """Until it talks to so many."""
        wait_until(lambda: len(self.up()) == count, "%s has not %d calls" % (self.name, count))


def meshed(bench, names):
    """All of them in one mesh that the first has made, one after the other."""
    first, *others = members = [Member(bench, name) for name in names]
    for i, other in enumerate(others):
        call = first.calls(other)
        if i > 0:
            first.ask("mesh", **({"call": call} if i > 1 else {}))
        for member in members[:i + 2]:
            member.is_in(i + 1)
    return members


def test_who_began_a_mesh_quits_and_the_others_talk_on():
    with Bench() as b:
        tone(b.folder + "/tone.wav", 60)
        alice, bob, carol = meshed(b, ["alice", "bob", "carol"])
        alice.wait_event("mesh", direct=True)
        assert alice.end() == 0
        bob.is_in(1)
        carol.is_in(1)
        bob.ask("play", file=b.folder + "/tone.wav")
        carol.hears_tone()
        assert bob.end() == 0 and carol.end() == 0


def test_six_reach_each_other_and_the_last_is_heard_by_all():
    with Bench() as b:
        tone(b.folder + "/tone.wav", 60)
        *others, frank = meshed(b, ["alice", "bob", "carol", "dave", "erin", "frank"])
        for call in frank.up():
            frank.ask("play", call=call, file=b.folder + "/tone.wav")
        for other in others:
            other.hears_tone()


def test_seventeen_reach_each_other_and_no_more_is_let_in():
    """A phone's conference has sixteen calls."""
    with Bench() as b:
        first, *others = meshed(b, ["member%d" % i for i in range(17)])
        call = first.calls(Member(b, "late"))
        assert "16" in first.ask("mesh", good=False, call=call)["reason"]
        assert [len(member.up()) for member in others] == [16] * 16


if __name__ == "__main__":
    run(globals())
