# SPDX-License-Identifier: BSD-2-Clause
"""One phone of ours sees whether the user of another is there, through our server (RFC 3856), when he allows it."""

from live import AHOY, Bench, run
from people import Person
from script_phone import Phone


def test_who_is_allowed_sees_and_others_wait():
    with Bench() as b:
        server = b.server()
        alice, bob, carol = (Person(b, server, name) for name in ("alice", "bob", "carol"))
        phone = Phone(b, env=bob.env)
        phone.ask("account", do="add", name="bob", register=True)
        phone.wait_event("registered")
        phone.ask("contact", name="ally", address=alice.address)
        watch = b.run(AHOY, "watch", bob.address, "--json", env=alice.env, name="alice watch")
        assert watch.wait_event("presence")["open"], watch.events
        assert not phone.wait_event("watcher", peer=alice.address)["asking"]
        phone.ask("publish", account="bob", state="closed", note="at lunch")
        watch.wait_event("presence", open=False, note="at lunch")
        other = b.run(AHOY, "watch", bob.address, "--json", env=carol.env, name="carol watch")
        assert phone.wait_event("watcher", peer=carol.address)["asking"]
        other.wait_event("subscribed", state="pending")
        phone.ask("watcher", do="allow", who=carol.address)
        other.wait_event("presence", open=False, note="at lunch")
        phone.ask("watcher", do="refuse", who=carol.address)
        other.wait_event("subscription_ended", reason="rejected")
        phone.end()
        assert server.stop() == 0, server.process.stderr()


if __name__ == "__main__":
    run(globals())
