# SPDX-License-Identifier: BSD-2-Clause
"""Kamailio as a presence server (modules presence, presence_xml and presence_mwi): an Ahoy phone publishes, another one
watches; and a mailbox, of which the server tells."""

import os
import shutil

from live import AHOY, Bench, Skip, run
from people import Person, hang_up
from register_edge_test import Kamailio
from script_phone import Phone
from workers_test import Phone as Peer

MODULES = "/usr/lib/x86_64-linux-gnu/kamailio/modules/presence_"
TABLES = "/usr/share/kamailio/dbtext/kamailio"


class Presence(Kamailio):
    lab = None

    def __init__(self, bench):
        for module in ("xml", "mwi"):
            if not os.path.exists(MODULES + module + ".so"):
                raise Skip("kamailio-presence-modules is not installed")
        tables = os.path.join(bench.folder, "tables")
        shutil.copytree(TABLES, tables)
        super().__init__(bench, "presence", "presence.cfg", "kamailio.test", "404", TABLES=tables)

    def publish(self, peer, event, kind, body):
        """As a voice mailbox does."""
        whose = "sip:%s@kamailio.test" % peer.name
        head = "Event: %s\r\nExpires: 600\r\nContent-Type: %s\r\n" % (event, kind)
        text = peer.request("PUBLISH", whose, "<%s>" % whose, "mailbox", head).decode()
        text = text.replace("Content-Length: 0\r\n\r\n", "Content-Length: %d\r\n\r\n%s" % (len(body), body))
        return peer.ask(text.encode(), "200")


def watching(bench, person, package):
    watch = bench.run(AHOY, "watch", "sip:alice@kamailio.test", "--event", package, "--json", env=person.env, name="watch")
    watch.wait_event("subscribed", state="active")
    return watch


def end(watch):
    """It takes its subscription back."""
    hang_up(watch)
    watch.wait_event("subscription_ended")
    watch.wait_exit()


def test_a_phone_publishes_and_another_one_sees_it_change_and_go():
    with Bench() as b:
        server = Presence(b)
        carol = Person(b, server, "carol", password="unasked")
        alice = Phone(b)
        alice.ask("account", address="sip:alice@kamailio.test", name="a", proxy="sip:127.0.0.1:%d" % server.port,
                  password="unasked")
        alice.ask("publish", state="open", note="here <&> there", account="a")
        alice.wait_event("published")
        watch = watching(b, carol, "presence")
        watch.wait_event("presence", open=True, note="here <&> there")
        alice.ask("publish", state="closed", note="at lunch", account="a")
        watch.wait_event("presence", open=False, note="at lunch")
        alice.ask("unpublish", account="a")
        alice.wait_event("unpublished")
        watch.wait_event("presence", open=False, note=None)  # what nobody publishes any more
        end(watch)
        assert alice.end() == 0


def test_waiting_messages_are_told_when_they_come_and_when_they_have_been_heard():
    with Bench() as b:
        server = Presence(b)
        carol = Person(b, server, "carol", password="unasked")
        mailbox = Peer(server, "alice")
        watch = watching(b, carol, "message-summary")
        for waiting, counts in (("yes", "2/8 (1/0)"), ("no", "0/10 (0/0)")):
            server.publish(mailbox, "message-summary", "application/simple-message-summary",
                           "Messages-Waiting: %s\r\nVoice-Message: %s\r\n" % (waiting, counts))
            told = watch.wait_event("waiting", waiting=waiting == "yes")
            assert told["voice_new"] == int(counts[0]), told
        end(watch)
        mailbox.socket.close()


if __name__ == "__main__":
    run(globals())
