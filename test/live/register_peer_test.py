# SPDX-License-Identifier: BSD-2-Clause
"""What registering clients cannot be told to say: by a peer of the test's own, over UDP.  A REGISTER is carried
out as a whole or not at all (RFC 3261 10.3)."""

from live import Bench, run
from people import bindings
from registering import Peer, challenges, parameters, refused_alike

UUID = '"<urn:uuid:00000000-0000-4000-8000-000000000001>"'


class Alice(Peer):
    def __init__(self, bench, extra=""):
        server = bench.server(extra=extra)
        server.add_user("alice", "wonderland")
        super().__init__(bench, server, "alice", "wonderland")

    def uri(self, number):
        return self.contact(";n=%d" % number)

    def put(self, *values, lines=(), **more):
        return self.register(*("Contact: " + value for value in values), *lines, **more)

    def fetched(self):
        answer = self.register()
        assert answer.status == 200, answer.text
        return answer.contacts()

    def listed(self):
        return {b["contact"]: b for b in bindings(self.server, "alice")}


def test_a_question_lists_all_bindings_and_changes_none():
    with Bench() as b:
        alice = Alice(b)
        one, two, three = map(alice.uri, (1, 2, 3))
        answer = alice.put("<%s>;q=0.7;expires=100" % one, "<%s>;audio;description=\"<a,b>;c\"" % two,
                           lines=("Expires: 200", "Contact: <%s>;expires=4000000;q=0" % three))
        assert answer.status == 200, answer.text
        assert set(answer.contacts()) == {one, two, three} == set(alice.listed())
        found = alice.fetched()
        assert found[one]["q"] == "0.700" and 95 <= int(found[one]["expires"]) <= 100, found
        assert found[two]["description"] == "<a,b>;c" and "audio" in found[two], found
        assert float(found[three]["q"]) == 0 and int(found[three]["expires"]) < 4000000, found
        assert set(alice.fetched()) == {one, two, three}


def test_a_star_removes_all_and_only_with_expires_0():
    with Bench() as b:
        alice = Alice(b)
        one, two = map(alice.uri, (1, 2))
        alice.put("<%s>" % one, "<%s>" % two)
        for wrong in (alice.put("*"), alice.put("*", lines=["Expires: 5"]), alice.put("*;expires=0"),
                      alice.put("*", "<%s>" % one, lines=["Expires: 0"]),
                      alice.put("<%s>" % one, lines=["Contact: *", "Expires: 0"])):
            assert wrong.status == 400, wrong.text
            assert set(alice.listed()) == {one, two}, wrong.text
        right = alice.put("*", lines=["Expires: 0"])
        assert right.status == 200 and right.all("Contact") == [] and alice.listed() == {}
        assert alice.put("*", lines=["Expires: 0"]).status == 200, "there is nothing left to remove, which is no error"


def test_what_cannot_be_done_for_one_contact_is_done_for_none():
    with Bench() as b:
        alice = Alice(b, extra="max_contacts = 3")
        one, two, three, four = map(alice.uri, (1, 2, 3, 4))
        alice.put("<%s>;expires=300" % one, "<%s>;expires=300" % two)
        before = alice.fetched()
        brief = alice.put("<%s>;expires=0" % one, "<%s>;expires=5" % three)
        assert brief.status == 423 and int(brief.one("Min-Expires")) == 60, brief.text
        many = alice.put("<%s>" % three, "<%s>" % four)
        assert many.status == 403, many.text
        unreadable = alice.put("<%s>;expires=0" % one, "<%s" % three)
        assert unreadable.status == 400, unreadable.text
        late = alice.put("<%s>;expires=0" % one, "<%s>;q=0.1" % three, cseq=1)
        assert late.status == 500, "the order of CSeq: " + late.text  # RFC 3261 10.3 step 7
        assert set(alice.fetched()) == set(before) == set(alice.listed())
        moved = alice.put("<%s>;expires=0" % one, "<%s>;q=0.1" % three)
        assert moved.status == 200 and set(moved.contacts()) == {two, three}, moved.text


def test_contacts_are_compared_as_uris():
    """RFC 3261 19.1.4: escapes, the case of the host, the order of parameters."""
    with Bench() as b:
        alice = Alice(b)
        alice.put("<sip:%61lice@PHONE.example;transport=udp;n=1>;expires=300")
        alice.put("<sip:alice@phone.example;n=1;transport=UDP>;expires=600")
        assert len(alice.listed()) == 1
        alice.put("<sip:Alice@phone.example;n=1;transport=udp>")
        assert len(alice.listed()) == 2, "the user part knows upper and lower case"


def test_who_asks_for_what_is_not_his_or_not_known_here_is_told_so():
    with Bench() as b:
        alice = Alice(b)
        alice.server.add_user("bob", "builder")
        contact = "Contact: <%s>" % alice.uri(1)
        assert alice.register(contact, to="sip:bob@example.test").status == 403
        assert bindings(alice.server, "bob") == []
        unknown = alice.register(contact, "Require: path, x-unheard-of, x-either")
        assert unknown.status == 420, unknown.text
        named = ",".join(unknown.all("Unsupported"))
        assert "x-unheard-of" in named and "x-either" in named, unknown.text
        assert alice.listed() == {}


def test_a_wrong_password_and_an_unknown_user_are_refused_alike():
    with Bench() as b:
        alice = Alice(b)
        wrong, nobody = Peer(b, alice.server, "alice", "wrong"), Peer(b, alice.server, "nobody", "wrong")
        for who in (wrong, nobody):
            for _ in range(2):
                assert who.register("Contact: <%s>" % who.contact()).status == 401
        refused_alike(alice.server, "alice", "nobody")
        assert alice.listed() == {}


def test_who_guesses_is_told_to_wait():
    with Bench() as b:
        alice = Alice(b)
        guesser = Peer(b, alice.server, "alice", "wrong")
        answers = [guesser.register("Contact: <%s>" % guesser.contact()) for _ in range(8)]
        waits = [int(a.one("Retry-After")) for a in answers if a.status == 503]
        assert answers[0].status == 401 and waits and min(waits) >= 1, [a.first for a in answers]
        assert alice.listed() == {}


def test_proofs_of_each_algorithm_that_is_offered_are_accepted():
    with Bench() as b:
        alice = Alice(b, extra='digest_algorithms = {"SHA-512-256", "SHA-256", "MD5"}')
        password, alice.password = alice.password, None
        offered = challenges(alice.register())
        assert [c["algorithm"] for c in offered] == ["SHA-512-256", "SHA-256", "MD5"], offered
        alice.password = password
        for number in range(len(offered)):
            alice.preferred = number
            assert alice.put("<%s>" % alice.uri(number)).status == 200
        assert len(alice.listed()) == len(offered)


def test_a_proof_is_good_once_and_the_next_nonce_saves_a_challenge():
    with Bench() as b:
        alice = Alice(b)
        answer = alice.put("<%s>" % alice.uri(1))
        overheard = alice.latest.replace(b"branch=z9hG4bK", b"branch=z9hG4bKagain")
        again = alice.once(overheard.replace(alice.uri(1).encode(), b"sip:mallory@127.0.0.1:9"))
        assert again.status == 401 and all(c["stale"] == "true" for c in challenges(again)), again.text
        assert set(alice.listed()) == {alice.uri(1)}
        following = parameters(answer.one("Authentication-Info"))["nextnonce"]
        alice.nonces = {**challenges(again)[0], "nonce": following}
        before = alice.number
        assert alice.put("<%s>;expires=0" % alice.uri(1)).status == 200 and alice.number == before + 1
        assert alice.listed() == {}


def test_who_is_registered_is_reached_at_each_of_his_phones_until_he_unregisters():
    with Bench() as b:
        alice = Alice(b)
        desk = Peer(b, alice.server, "alice", "wonderland")
        alice.server.add_user("bob", "builder")
        bob = Peer(b, alice.server, "bob", "builder")
        assert bob.message(alice.address).status == 480, "she is known, and nowhere"
        alice.put("<%s>;+sip.instance=%s" % (alice.uri(1), UUID))
        desk.register("Contact: <%s>" % desk.contact())
        sent = bob.begin(bob.message, alice.address)
        assert alice.receive("MESSAGE").first == "MESSAGE %s SIP/2.0" % alice.uri(1)
        assert desk.receive("MESSAGE").first == "MESSAGE %s SIP/2.0" % desk.contact()
        assert sent.result().status == 200
        alice.put("*", lines=["Expires: 0"])
        assert bob.message(alice.address).status == 480


run(globals())
