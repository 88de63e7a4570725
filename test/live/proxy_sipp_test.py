# SPDX-License-Identifier: BSD-2-Clause
"""SIPp calls SIPp by way of the proxy: who rings first, with whom and until when; who gives up; who is sent elsewhere."""

import re

from live import free_port, run
from people import values
from sipp_scene import Scene
from sipp_test import credentials


SLOWLY = "<send>", '<pause milliseconds="500"/>\n<send>'  # so that the others ring


def test_of_phones_that_ring_together_one_answers_and_the_others_are_told_why():
    with Scene() as s:
        s.begin()
        phones = [s.phone(1, "ringing"), s.phone(1, "ringing"), s.phone(1, "callee", SLOWLY)]
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
        phones = [s.phone(1, "late"), s.phone(1, "callee", SLOWLY)]
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


if __name__ == "__main__":
    run(globals())
