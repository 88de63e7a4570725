# SPDX-License-Identifier: BSD-2-Clause
"""An account that says which phone it is (`ahoy account add --outbound`): the name stays, one process at a time says it,
and a GRUU leads to that one alone."""

import os
import re

from live import Bench, run
from people import Person, bindings, hang_up


def accounts_file(person):
    with open(os.path.join(person.env["XDG_CONFIG_HOME"], "ahoy", "accounts")) as f:
        return f.read()


def test_two_processes_of_one_account_do_not_take_each_others_flow():
    with Bench() as b:
        server = b.server()
        alice = Person(b, server, "alice", transport="tcp", options=["--outbound"])
        bob = Person(b, server, "bob")
        assert re.search(r"instance *= 'urn:uuid:[0-9a-f-]{36}'", accounts_file(alice)), accounts_file(alice)
        phone = alice.answer("--auto")
        first = phone.wait_event("registered")
        assert first["outbound"] and first["flow"] == 1 and first["flows"] == 1 and "gr=urn:uuid:" in first["gruu"], first
        second = alice.start("register")
        other = second.wait_event("registered")
        assert not other["outbound"] and "gruu" not in other, other
        assert sorted(bool(c["instance"]) for c in bindings(server, "alice")) == [False, True], bindings(server, "alice")
        hang_up(second)
        assert second.wait_exit() == 130, second.stderr()
        caller = bob.call(first["gruu"])
        phone.wait_event("answered")
        hang_up(caller)
        phone.wait_event("ended", by="remote", cause="normal")
        assert caller.wait_exit() == 130, caller.stderr()
        hang_up(phone)
        assert phone.wait_exit() == 130, phone.stderr()
        assert bindings(server, "alice") == []
        again = alice.start("register", "--once")
        assert again.wait_event("registered")["gruu"] == first["gruu"], "another name than before"
        assert again.wait_exit() == 0, again.stderr()


def test_an_account_with_two_proxies_is_registered_by_both_and_unregistered_by_both():
    with Bench() as b:
        server = b.server()
        proxy = "sip:127.0.0.1:%d;transport=tcp" % server.port
        alice = Person(b, server, "alice", options=["--second-proxy", proxy])
        phone = alice.answer("--auto")
        phone.wait_event("registered", flow=1)  # either may be first
        phone.wait_event("registered", flow=2)
        phone.wait_event("registered", flows=2)
        assert sorted(c["reg_id"] for c in bindings(server, "alice")) == [1, 2], bindings(server, "alice")
        hang_up(phone)
        assert phone.wait_exit() == 130, phone.stderr()
        assert bindings(server, "alice") == []


if __name__ == "__main__":
    run(globals())
