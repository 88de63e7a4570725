# SPDX-License-Identifier: BSD-2-Clause
"""Who guesses passwords, as fail2ban reads it in the log; who comes and goes, as `ahoy binding watch` prints it."""

import json
import os
import re
import shutil
import subprocess

from live import AHOY, PATIENCE, Bench, Skip, run
from people import wait_until
from registering import Peer

PAGE = os.path.join(os.path.dirname(__file__), "../../docs/registrar.md")
# What fail2ban puts in the place of <ADDR>, but for the names of hosts.
ADDR = r"(?:(?P<ip4>(?:\d{1,3}\.){3}\d{1,3})|\[?(?P<ip6>[0-9a-fA-F:]+)\]?)"


def failregex():
    with open(PAGE, encoding="utf-8") as page:
        return re.search(r"failregex = (.*)", page.read()).group(1)


def guessed(b, name="bob"):
    """A server that somebody has guessed passwords at, and its log."""
    log = os.path.join(b.folder, "ahoy.log")
    server = b.server(extra='auth_failures = 3\nlog_file = "%s"\n' % log)
    server.add_user("bob", "builder")
    guesser = Peer(b, server, name, "wrong")
    answers = [guesser.register("Contact: <%s>" % guesser.contact()) for _ in range(4)]
    assert [a.status for a in answers] == [401, 401, 401, 503], [a.first for a in answers]
    assert int(answers[-1].one("Retry-After")) >= 1 and not answers[-1].all("WWW-Authenticate")

    def lines():
        with open(log, encoding="utf-8") as text:
            return [line for line in text if "event=password_guessing" in line]
    wait_until(lines, "a line about who guesses")
    return server, log, lines()


def test_the_line_of_who_guesses_is_what_the_page_tells_fail2ban_to_look_for():
    with Bench() as b:
        _, _, lines = guessed(b)
        assert len(lines) == 1, lines
        # The time that fail2ban has found is taken away before it looks.
        found = re.search(failregex().replace("<ADDR>", ADDR), re.sub(r"\d{4}-\d\d-\d\dT[\d:.]+Z", "", lines[0]))
        assert found and found.group("ip4") == "127.0.0.1", lines
        assert " user=bob " in lines[0] and "wrong" not in lines[0], lines


def test_fail2ban_itself_finds_it():
    if shutil.which("fail2ban-regex") is None:
        raise Skip("fail2ban-regex is not installed")
    with Bench() as b:
        _, log, _ = guessed(b)
        done = subprocess.run(["fail2ban-regex", log, failregex()], capture_output=True, text=True, timeout=PATIENCE)
        assert "Failregex: 1 total" in done.stdout, done.stdout + done.stderr


def watch(server, *words):
    return subprocess.Popen([AHOY, "binding", "watch", "--json", "--config", server.config, *words],
                            stdout=subprocess.PIPE, text=True)


def test_who_comes_and_goes_is_printed_as_it_happens():
    with Bench() as b:
        server = b.server()
        server.add_user("bob", "builder")
        bob = Peer(b, server, "bob", "builder")
        with watch(server, "--last", "--refreshed", "--count", "4") as watching:
            assert bob.register("Contact: <%s>;expires=600" % bob.contact()).status == 200
            first = json.loads(watching.stdout.readline())
            assert (first["event"], first["aor"]) == ("registered", "sip:bob@example.test"), first
            assert first["contact"] == bob.contact() and first["expires"] == 600, first
            assert bob.register("Contact: <%s>;expires=600" % bob.contact()).status == 200
            assert bob.register("Contact: <%s>;expires=0" % bob.contact()).status == 200
            assert bob.register("Contact: <%s>" % bob.contact()).status == 200
            events = [json.loads(line) for line in watching.stdout]
            assert watching.wait(PATIENCE) == 0
        assert [e["event"] for e in events] == ["refreshed", "unregistered", "registered"], events
        assert [e["number"] for e in events] == [2, 3, 4], events
        with watch(server, "--last", "--count", "1", "bob") as watching:
            assert json.loads(watching.stdout.read())["number"] == 1
        for words, code in ((("a", "b"), 2), (("bob@elsewhere.test",), 13), (("--count", "0"), 2)):
            with watch(server, *words) as watching:
                assert watching.wait(PATIENCE) == code, words


if __name__ == "__main__":
    run(globals())
