# SPDX-License-Identifier: BSD-2-Clause
"""Users by the thousand, from a table: into a running server, which goes on answering, and into its
database.  AHOY_IMPORT_USERS=1000000 for as many as that."""

import csv
import hashlib
import io
import json
import os
import subprocess
import threading

import live
import registering

USERS = int(os.environ.get("AHOY_IMPORT_USERS", "20000"))


def ahoy(server, *words, stdin="", code=0):
    done = subprocess.run([live.AHOY, "user", *words, "--config", server.config], input=stdin, capture_output=True,
                          text=True)
    assert done.returncode == code, (done.returncode, done.stderr[-1000:], done.stdout[-1000:])
    return done


def sums(done):
    return json.loads(done.stdout.splitlines()[-1])


def hashed(algorithm, user, password, realm="example.test"):
    return hashlib.new(algorithm, f"{user}:{realm}:{password}".encode()).hexdigest()


def rss(pid):
    """KiB of memory that a process has."""
    with open(f"/proc/{pid}/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmRSS:"))


def registers(bench, server, name, password):
    return registering.Peer(bench, server, name, password).register().status


class Registrations(threading.Thread):
    """A phone that registers as long as it is told to; all must succeed."""

    def __init__(self, bench, server):
        super().__init__()
        self.phone = registering.Peer(bench, server, "early", "secret")
        self.seen, self.ended = [], threading.Event()

    def run(self):
        while not self.ended.is_set():
            self.seen.append(self.phone.register().status)

    def end(self):
        self.ended.set()
        self.join()
        return self.seen


def test_many_users_come_into_a_server_that_goes_on_serving():
    with live.Bench() as bench:
        server = bench.server(trace=False, extra="log_level = error\ndigest_algorithms = {MD5}")
        server.add_user("early", "secret")
        table = os.path.join(server.folder, "users.csv")
        with open(table, "w") as file:
            file.write("username,domain,password,ha1\n")
            for i in range(USERS):
                file.write(f"user{i},example.test,,{hashed('md5', f'user{i}', f'pw{i}')}\n")
        others = Registrations(bench, server)
        others.start()
        before = rss(server.pid())
        done = sums(ahoy(server, "import", table, "--json"))
        grown = rss(server.pid()) - before
        seen = others.end()
        assert (done["added"], done["failed"]) == (USERS, 0), done
        assert seen and set(seen) == {200}, seen
        assert grown < 400 * 1024, grown  # AddressSanitizer alone keeps 256 MiB of what was freed
        print(f"{USERS} users in {done['seconds']:.1f} s, {len(seen)} registrations meanwhile, {grown} KiB more")
        for i in (0, USERS // 2, USERS - 1):
            assert registers(bench, server, f"user{i}", f"pw{i}") == 200
            assert registers(bench, server, f"user{i}", "wrong") in (401, 403)
        again = sums(ahoy(server, "import", table, "--json", "--skip-existing"))
        assert (again["added"], again["skipped"], again["failed"]) == (0, USERS, 0), again
        assert len(ahoy(server, "list").stdout.splitlines()) == USERS + 1


TABLE = """\ufeff# from elsewhere\r
name,password,ha1_sha256,realm,aliases\r
alice,"pass ""word, with all",,,sales +49-30-123\r
\r
bob,,%s,example.test,\r
carol,,%s,elsewhere.test,\r
d e,x,,,\r
erin,,,,\r
alice,again,,,\r
""" % (hashed("sha256", "bob", "pw"), hashed("sha256", "carol", "pw"))


def test_mistakes_are_told_with_their_lines_and_the_rest_is_imported():
    with live.Bench() as bench:
        server = bench.server(trace=False)
        table = os.path.join(server.folder, "users.csv")
        with open(table, "w", newline="") as file:
            file.write(TABLE)
        dry = sums(ahoy(server, "import", table, "--dry-run", "--json", code=1))
        assert (dry["dry_run"], dry["added"], dry["aliases"], dry["failed"]) == (True, 3, 2, 3), dry
        strict = sums(ahoy(server, "import", table, "--strict", "--json", code=1))
        assert strict["dry_run"], strict
        assert server.status() == []
        done = ahoy(server, "import", table, code=1)
        lines = [line.split(": ")[0].rsplit(":", 1)[1] for line in done.stderr.splitlines()
                 if line.startswith(table)]
        assert sorted(map(int, lines)) == [6, 7, 8, 9], done.stderr
        assert "password" not in done.stderr.replace("a password", "").replace("neither a", ""), done.stderr
        assert registers(bench, server, "alice", 'pass "word, with all') == 200
        replaced = sums(ahoy(server, "import", "-", "--replace", "--json",
                             stdin="name,password\nalice,other\nbob,pw\n"))
        assert (replaced["changed"], replaced["unchanged"]) == (2, 0), replaced
        assert registers(bench, server, "alice", "other") == 200


def test_a_running_server_and_its_database_are_the_same_to_it():
    with live.Bench() as bench:
        server = bench.server(trace=False)
        server.stop()
        ahoy(server, "import", "-", stdin="name;password;aliases\nalice;secret;sales\nbob;secret;\n")
        server.start()
        assert registers(bench, server, "bob", "secret") == 200
        assert ahoy(server, "alias", "list").stdout == "sales@example.test -> alice@example.test\n"


def test_aliases_are_exported_and_come_back():
    with live.Bench() as bench:
        server = bench.server(trace=False)
        ahoy(server, "import", "-", stdin="name,password\nalice,x\nbob,x\n")
        ahoy(server, "alias", "add", "sales", "alice")
        ahoy(server, "alias", "add", "+49 (30) 12-3", "alice@example.test")
        ahoy(server, "alias", "add", "sales", "bob", code=20)
        ahoy(server, "alias", "add", "x", "nobody", code=13)
        table = ahoy(server, "export").stdout
        rows = list(csv.DictReader(io.StringIO(table)))
        assert [(row["name"], row["aliases"]) for row in rows] == [("alice", "+4930123 sales"), ("bob", "")], rows
        assert "hashes" in rows[0] and not any(len(word) >= 32 for word in table.replace(",", " ").split())
        ahoy(server, "alias", "remove", "sales")
        ahoy(server, "alias", "remove", "sales", code=13)
        ahoy(server, "import", "-", stdin=table)
        assert ahoy(server, "export").stdout == table
        ahoy(server, "import", "-", stdin="name,aliases\nnobody,y\n", code=1)
        assert ahoy(server, "list", "--limit", "1", "--after", "alice@example.test").stdout == "bob@example.test\n"


if __name__ == "__main__":
    live.run(globals())
