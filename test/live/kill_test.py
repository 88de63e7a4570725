# SPDX-License-Identifier: BSD-2-Clause
"""A server that is killed (SIGKILL) while registrations are added, moved, removed and
refreshed serves, when it is started again, what it had acknowledged: no more, no less.

    kill_test.py [--rounds N] [--seed N] [--config LINE]... [TEST]...

A round: load, kill at a moment that nobody chose, start, compare every address."""

import argparse
import random
import sqlite3
import sys

from instances import Phones
from live import Bench, Victim, run
from people import bindings
from registering import Peer, Stream
from registrations import Registrations, Wrong

USERS = 40

options = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
options.add_argument("--rounds", type=int, default=100)
options.add_argument("--seed", type=int, default=None)
options.add_argument("--config", action="append", default=[], help="a line more for ahoy.conf")
options.add_argument("tests", nargs="*")
options = options.parse_args()
sys.argv[1:] = options.tests  # for run()


def victim(b):
    return b.add(Victim(b.folder, extra="\n".join(["authentication = false"] + options.config)))


def kill_once(server, phones, dice):
    phones.work(dice.randrange(5, 120), dice.choice((1, 4, 16, 32)))
    server.kill()
    phones.drain()
    server.start()
    said = server.process.stderr()
    assert "damaged" not in said, said
    return phones.check()


def test_a_hundred_kills_under_load_lose_nothing_and_bring_nothing_back():
    seed = options.seed if options.seed is not None else random.randrange(1 << 32)
    dice = random.Random(seed)
    open_ends = number = 0
    with Bench() as b:
        server = victim(b)
        phones = b.add(Registrations(dice, USERS, server.port))
        try:
            for number in range(options.rounds):
                open_ends += kill_once(server, phones, dice)
        except (AssertionError, Wrong):
            print("seed %d, round %d" % (seed, number))
            raise
        print("     %d rounds, acknowledged: %s; refused: %d; under way at a kill: %d"
              % (options.rounds, dict(phones.acknowledged), phones.refused, open_ends))
        assert phones.refused == 0 and server.stop() == 0
        if options.rounds >= 100:
            assert open_ends > 100 and min(phones.acknowledged.values()) > 100, "the load was none"


def test_kills_lose_no_flow_and_no_gruu():
    """RFC 5626, 3327 and 5627: each phone is reached by its flow, its Path and its GRUUs as before."""
    seed = options.seed if options.seed is not None else random.randrange(1 << 32)
    dice = random.Random(seed)
    number = good = bad = 0
    with Bench() as b:
        server = victim(b)
        phones = b.add(Phones(dice, USERS, server.port, server))
        try:
            for number in range(options.rounds // 4):
                kill_once(server, phones, dice)
                led, ended = phones.check_gruus(8)
                good, bad = good + led, bad + ended
        except (AssertionError, Wrong):
            print("seed %d, round %d" % (seed, number))
            raise
        print("     %d rounds, acknowledged: %s; GRUUs that led to a phone: %d; that had ended: %d"
              % (number + 1, dict(phones.acknowledged), good, bad))
        assert phones.refused == 0 and server.stop() == 0
        if options.rounds >= 100:
            assert good > 100 and bad > 20 and phones.acknowledged["come back"] > 50, "the load was none"


def instance(number, reg_id):
    return ';+sip.instance="<urn:uuid:00000000-0000-4000-8000-%012d>";reg-id=%d' % (number, reg_id)


def test_connections_are_no_flows_any_more_after_a_kill_and_datagrams_are():
    """RFC 5626 5.3: bob has a flow of each kind, carol a connection only."""
    with Bench() as b:
        server = victim(b)
        alice = Peer(b, server, "alice")
        datagrams, stream, carol = Peer(b, server, "bob"), Stream(b, server, "bob"), Stream(b, server, "carol")
        for phone, params in ((datagrams, instance(1, 1)), (stream, instance(1, 2)), (carol, instance(2, 1))):
            ok = phone.register("Contact: <%s>%s" % (phone.contact(), params), "Supported: path, outbound")
            assert ok.status == 200 and ok.one("Require") == "outbound", ok.text
        for phone in (stream, carol):
            sent = alice.begin(alice.message, phone.address)
            phone.receive("MESSAGE")
            assert sent.result().status == 200
        server.kill()
        server.start()
        assert len(bindings(server, "bob")) == 2 and len(bindings(server, "carol")) == 1, "they are kept"
        sent = alice.begin(alice.message, datagrams.address)
        datagrams.receive("MESSAGE")
        assert sent.result().status == 200
        assert alice.message(carol.address).status in (430, 480)
        assert server.stop() == 0


def lease_in_file(server):
    """(lease_until, all else) of the only row."""
    reader = sqlite3.connect("file:%s?mode=ro" % server.database(), uri=True)
    rows = reader.execute("SELECT lease_until, packed FROM binding").fetchall()
    reader.close()
    assert len(rows) == 1, rows
    return rows[0]


class Alice:
    """One binding of one user."""

    def __init__(self, b, server):
        self.phones = b.add(Registrations(random.Random(1), 1, server.port))
        self.aor = self.phones.aors[0]
        self.name = self.phones.new_contact(self.aor)

    def register(self, seconds):
        phones, aor = self.phones, self.aor
        phones.send(aor, "refresh", phones.contact(self.name, seconds, "1"),
                    phones.with_contact(aor.known, self.name, seconds, "1"))
        phones.finish()
        return aor.known[self.name].until


def test_a_refresh_within_the_lease_writes_nothing_and_outlives_a_kill():
    with Bench() as b:
        server = victim(b)
        alice = Alice(b, server)
        alice.register(600)
        row = lease_in_file(server)
        until = alice.register(900)
        assert lease_in_file(server) == row, "within the lease nothing is written"
        server.kill()
        server.start()
        alice.phones.check()
        assert alice.aor.known[alice.name].until >= until
        assert server.stop() == 0


def test_a_refresh_beyond_the_lease_is_written_before_it_is_acknowledged():
    with Bench() as b:
        server = victim(b)
        alice = Alice(b, server)
        alice.register(600)
        row = lease_in_file(server)
        until = alice.register(3600)
        assert lease_in_file(server) > row
        server.kill()
        server.start()
        alice.phones.check()
        assert alice.aor.known[alice.name].until >= until
        assert server.stop() == 0


run(globals(), together=2)  # they wait more than they work
