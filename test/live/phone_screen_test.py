# SPDX-License-Identifier: BSD-2-Clause
"""ahoy phone with a person at a terminal: a pseudo-terminal types, and python3-pyte says what stands on
the screen."""

import fcntl
import os
import pty
import select
import signal
import stat
import struct
import subprocess
import sys
import termios
import time

try:
    import pyte
except ImportError:  # Debian's is for Debian's Python
    if sys.executable == "/usr/bin/python3" or not os.path.exists("/usr/bin/python3"):
        print("skip: python3-pyte is not installed")
        sys.exit(77)
    os.execv("/usr/bin/python3", ["/usr/bin/python3"] + sys.argv)

from live import AHOY, PATIENCE, Bench, Process, free_port, run

ROWS, COLUMNS = 30, 100


class Terminal:
    """A phone on a pseudo-terminal."""

    def __init__(self, bench, *args, term="xterm", within=()):
        self.master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
        self.before = termios.tcgetattr(slave)
        self.slave = slave
        env = dict(os.environ, TERM=term, HOME=bench.folder, XDG_STATE_HOME=bench.folder + "/state",
                   XDG_CONFIG_HOME=bench.folder + "/config", LC_ALL="C.UTF-8")
        self.child = subprocess.Popen([*within, AHOY, "phone", "--null-audio", *args], stdin=slave, stdout=slave, stderr=slave,
                                      env=env, start_new_session=True,
                                      preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0))
        self.screen = pyte.Screen(COLUMNS, ROWS)
        self.stream = pyte.ByteStream(self.screen)
        self.bytes = b""

    def read(self):
        while select.select([self.master], [], [], 0.02)[0]:
            try:
                chunk = os.read(self.master, 65536)
            except OSError:
                return
            self.bytes += chunk
            self.stream.feed(chunk)

    def lines(self):
        return [line.rstrip() for line in self.screen.display if line.strip()]

    def wait(self, what):
        """Until `what` (a function of the lines, or a text in one of them) is so."""
        fits = what if callable(what) else lambda lines: any(what in line for line in lines)
        end = time.monotonic() + PATIENCE
        while True:
            self.read()
            if fits(self.lines()):
                return self.lines()
            assert time.monotonic() < end and self.child.poll() is None, "%s is not on the screen:\n%s" % (
                what, "\n".join(self.lines()))

    def type(self, text):
        os.write(self.master, text.encode())

    def resize(self, rows, columns):
        fcntl.ioctl(self.slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        self.read()
        self.screen.resize(rows, columns)
        drawn = len(self.bytes)
        os.killpg(self.child.pid, signal.SIGWINCH)
        self.wait(lambda lines: len(self.bytes) > drawn)

    def end(self):
        code = self.child.wait(PATIENCE)
        self.read()
        return code


def other(bench, *args):
    """A phone that answers by itself."""
    port = free_port()
    phone = Process([AHOY, "phone", "--json", "--no-account", "--null-audio", "--listen", "127.0.0.1:%d" % port, *args],
                    stdin=subprocess.PIPE, env=dict(os.environ, HOME=bench.folder, XDG_CONFIG_HOME=bench.folder))
    phone.wait_event("ready")
    return phone, "sip:bob@127.0.0.1:%d" % port


def tell(phone, command):
    phone.child.stdin.write(command + "\n")
    phone.child.stdin.flush()


def test_what_is_typed_stays_whole_while_events_come():
    with Bench() as b:
        port = free_port()
        phone, _ = other(b)
        t = Terminal(b, "--no-account", "--listen", "127.0.0.1:%d" % port)
        t.wait("ahoy>")
        t.type("call sip:somebody@exa")
        t.wait("ahoy> call sip:somebody@exa")
        tell(phone, '{"command":"call","to":"sip:alice@127.0.0.1:%d"}' % port)
        lines = t.wait(lambda l: any("Call from" in x for x in l) and "> call sip:somebody@exa" in l[-1])
        assert lines[-2].startswith("incoming"), lines
        assert sum("call sip:somebody@exa" in line for line in lines) == 1, lines
        t.type("mple.test")
        t.wait(lambda l: l[-1].endswith("> call sip:somebody@example.test"))
        tell(phone, '{"command":"hangup"}')
        lines = t.wait(lambda l: any("Ended" in x for x in l) and l[-1] == "ahoy> call sip:somebody@example.test")
        assert sum("incoming" in line for line in lines) == 0, lines  # the status line has gone
        t.type("\x15quit\r")
        assert t.end() == 0
        phone.stop()


def test_keys_act_at_once_while_there_is_a_call():
    with Bench() as b:
        phone, address = other(b, "--incoming", "answer")
        t = Terminal(b, "--no-account")
        t.wait("ahoy>")
        t.type("call %s\r" % address)
        t.wait("Answered")
        t.wait(lambda l: l[-2].startswith("up 00:0") and "out ---" in l[-2])
        t.type("5")
        phone.wait_event("digit", digit="5")
        t.type("h")
        t.wait(lambda l: l[-2].startswith("held"))
        phone.wait_event("changed", held_by_peer=True)
        t.type("h")
        phone.wait_event("changed", held_by_peer=False)
        t.wait(lambda l: l[-2].startswith("up "))
        t.type("m")
        t.wait(lambda l: "muted" in l[-2])
        t.type("m")
        t.wait(lambda l: "muted" not in l[-2])
        t.type(":hangup\r")
        t.wait("Ended: hung up")
        t.type("\x04")
        assert t.end() == 0
        phone.stop()


def test_tab_completes_and_history_comes_back_in_the_next_phone():
    with Bench() as b:
        t = Terminal(b, "--no-account")
        t.wait("ahoy>")
        t.type("acc\t")
        t.wait(lambda l: l[-1].startswith("ahoy> account"))
        t.type("\t")
        t.wait(lambda l: "account  accounts" in l[-3])
        t.type("s\r")
        t.wait("guest")
        t.type("quit\r")
        assert t.end() == 0
        path = b.folder + "/state/ahoy/phone.history"
        assert stat.S_IMODE(os.stat(path).st_mode) == 0o600
        t = Terminal(b, "--no-account")
        t.wait("ahoy>")
        t.type("\x1b[A\x1b[A")
        t.wait(lambda l: l[-1].endswith("ahoy> accounts"))
        t.type("\x15")
        t.type("calls\r")
        t.wait("There is no call")
        t.type("quit\r")
        assert t.end() == 0


def test_a_password_is_asked_for_and_not_shown():
    with Bench() as b:
        t = Terminal(b, "--no-account")
        t.wait("ahoy>")
        t.type("account sip:alice@127.0.0.1:%d\r" % free_port())
        t.wait("Password")
        t.type("wonderxland\b\b\b\b\bland\r")
        t.wait(lambda l: l[-1] == "ahoy>")
        t.type("accounts\r")
        t.wait("sip:alice@127.0.0.1")
        t.type("account sip:bob@127.0.0.1:%d name work expires 60\r" % free_port())
        t.wait("Password")
        t.type("wonderland\r")
        t.wait(lambda l: l[-1] == "ahoy>")
        t.type("accounts\r")
        t.wait("work")
        assert b"wonder" not in t.bytes
        t.type("account sip:carol@127.0.0.1 password wonderland\r")
        t.wait("not to be typed where it can be seen")
        t.type("quit\r")
        assert t.end() == 0
        with open(b.folder + "/state/ahoy/phone.history") as file:
            assert "wonder" not in file.read()


def test_the_terminal_is_as_before():
    with Bench() as b:
        for ending in ("quit\r", "\x04", "\x03"):
            t = Terminal(b, "--no-account")
            t.wait("ahoy>")
            t.type(ending)
            t.end()
            now = termios.tcgetattr(t.slave)
            assert now == t.before, (ending, now, t.before)
            assert not fcntl.fcntl(t.slave, fcntl.F_GETFL) & os.O_NONBLOCK


def test_a_window_that_changes_is_drawn_anew():
    with Bench() as b:
        t = Terminal(b, "--no-account")
        t.wait("ahoy>")
        t.type("call " + "x" * 120)
        t.wait(lambda l: "".join(l).count("x") >= 120)
        fcntl.ioctl(t.slave, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, 200, 0, 0))
        t.screen.resize(ROWS, 200)
        os.killpg(t.child.pid, signal.SIGWINCH)
        t.wait(lambda l: l[-1] == "ahoy> call " + "x" * 120)
        t.type("\x15quit\r")
        assert t.end() == 0, t.lines()


def test_what_is_pasted_is_typed_and_no_key_of_it_acts():
    with Bench() as b:
        phone, address = other(b, "--incoming", "answer")
        t = Terminal(b, "--no-account")
        t.wait("ahoy>")
        assert b"\x1b[?2004h" in t.bytes
        t.type("call %s\r" % address)
        t.wait("Answered")
        t.type("\x1b[200~mute\rcal\tls\x04\r\x1b[201~")  # m, c and a would be keys; a tab would complete, ^D end
        t.wait(lambda l: "muted" in l[-2] and any("ahoy (keys)> mute" in x for x in l))
        t.wait(lambda l: any("cal ls" in x for x in l))
        t.type("m")
        t.wait(lambda l: "muted" not in l[-2])
        t.type(":hangup\r")
        t.wait("Ended: hung up")
        t.type("account sip:alice@127.0.0.1:%d\r" % free_port())
        t.wait("Password")
        t.type("\x1b[200~wonderland\x1b[201~\r")
        t.wait(lambda l: l[-1] == "ahoy>")
        t.type("\x1b[200~" + "contacts\r" * 600 + "\x1b[201~")
        t.wait(lambda l: t.bytes.count(b"There is no contact") == 600)
        t.type("quit\r")
        assert t.end() == 0
        assert b"wonder" not in t.bytes and t.bytes.rstrip().endswith(b"\x1b[?2004l"), t.bytes[-100:]
        phone.stop()


def test_what_a_peer_says_drives_no_terminal():
    with Bench() as b:
        port = free_port()
        phone, _ = other(b)
        t = Terminal(b, "--no-account", "--listen", "127.0.0.1:%d" % port)
        t.wait("ahoy>")
        tell(phone, '{"command":"message","to":"sip:alice@127.0.0.1:%d","text":"J\\u00fcrgen \\u4f60 \\u009b2J \\u001b[2J"}' % port)
        t.wait("J\xfcrgen")
        assert "J\xfcrgen \u4f60".encode() + b" ?2J ?[2J" in t.bytes, t.bytes
        t.type("quit\r")
        assert t.end() == 0
        phone.stop()


def test_a_narrow_window_shows_what_it_can():
    with Bench() as b:
        port = free_port()
        phone, _ = other(b)
        t = Terminal(b, "--no-account", "--listen", "127.0.0.1:%d" % port)
        t.wait("ahoy>")
        t.resize(30, 31)
        t.type("call " + "\u4f60" * 40)  # each is two columns wide, and 31 is odd
        t.wait(lambda l: "".join(l).replace(" ", "").count("\u4f60") == 40)
        tell(phone, '{"command":"call","to":"sip:alice@127.0.0.1:%d"}' % port)
        t.wait("Call from")
        lines = t.wait(lambda l: "".join(l[-4:]).replace(" ", "").count("\u4f60") == 40)
        assert lines[-5].startswith("incoming") and sum("call \u4f60" in line for line in lines) == 1, lines
        tell(phone, '{"command":"hangup"}')
        lines = t.wait(lambda l: any("Ended" in x for x in l) and "".join(l).replace(" ", "").count("\u4f60") == 40)
        for width in (3, 1, 100):
            t.resize(30, width)
        t.type("\x15quit\r")
        assert t.end() == 0
        phone.stop()


def test_a_phone_that_was_stopped_goes_on():
    shell = ["bash", "-c", 'set -m; "$@"; stty -a | grep -ow -- "-*icanon"; read line; echo "back"; fg >/dev/null', "bash"]
    with Bench() as b:
        t = Terminal(b, "--no-account", within=shell)
        t.wait("ahoy>")
        t.type("call sip:some")
        t.wait(lambda l: l[-1] == "ahoy> call sip:some")
        t.type("\x1a")
        t.wait(lambda l: l[-1].endswith("icanon"))
        subprocess.run(["stty", "sane"], stdin=t.slave, check=True)  # as a shell with a person at it does by itself
        t.type("\n")
        lines = t.wait(lambda l: l[-1] == "ahoy> call sip:some" and "back" in l)
        assert lines[-2] == "guest: not registered" and lines[-3] == "back", lines  # below what the shell has said
        t.type("\x15calls\r")
        t.wait("There is no call")
        t.type("quit\r")
        assert t.end() == 0


def test_a_dumb_terminal_gets_plain_lines():
    with Bench() as b:
        t = Terminal(b, "--no-account", term="dumb")
        t.wait("Listening on")
        t.type("calls\r")
        t.wait("There is no call")
        assert b"\x1b" not in t.bytes
        t.type("quit\r")
        assert t.end() == 0


if __name__ == "__main__":
    run(globals())
