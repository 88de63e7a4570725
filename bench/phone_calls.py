#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Calls that one phone has at once: when each of its packets leaves, and what they cost; and an idle phone's memory.

    bench/phone_calls.py [--calls 200] [--seconds 20] [--json] AHOY

The phone runs on core 0 and calls us, on core 1, so many times; we answer, and send each packet of sound back, so that
it hears as much as it says. The kernel notes when a packet comes (SO_TIMESTAMPNS), on the loopback that is when it was
sent. The time of a packet is start + n * 20 ms, n by its sequence number, and start that of the packet of its call which was
the earliest of all against its own time: so nothing is ever early, and late is late by all that there is.

Its memory is the PSS of a phone that is registered and does nothing, ten seconds after its start. baresip, if it is
there, does the same by itself afterwards."""

import argparse
import json
import math
import os
import re
import select
import shutil
import socket
import statistics
import struct
import subprocess
import sys
import tempfile
import time
import wave

SO_TIMESTAMPNS = 35
PHONE_CORE, OUR_CORE = 0, 1
PATIENCE, FRAME_NS, LATE_NS = 30, 20_000_000, 2_000_000
MODULES = "/usr/lib/baresip/modules"


class Sip:
    """Whoever is called, and a registrar: answers what comes, by UDP."""

    def __init__(self, sound_port):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        self.socket.bind(("127.0.0.1", 0))
        self.port, self.sound_port = self.socket.getsockname()[1], sound_port
        self.acked, self.registered = set(), 0

    def answer(self):
        try:
            data, source = self.socket.recvfrom(65536, socket.MSG_DONTWAIT)
        except BlockingIOError:
            return
        text = data.decode("utf-8", "replace")
        method = text.split(" ", 1)[0]
        headers = re.findall(r"(?im)^((?:via|v|from|f|to|t|call-id|i|cseq):.*)\r$", text)
        call = next((h for h in headers if h.lower().startswith(("call-id:", "i:"))), "")
        if method == "ACK":
            self.acked.add(call)
        if method in ("ACK", "SIP/2.0") or not headers:
            return
        tagged = [h if not h.lower().startswith(("to:", "t:")) or ";tag=" in h else h + ";tag=bench" for h in headers]
        lines, body = ["SIP/2.0 200 OK", *tagged], ""
        if method == "REGISTER":
            self.registered += 1
            lines += ["Contact:%s;expires=3600" % c for c in re.findall(r"(?im)^contact:([^;\r]*(?:>)?)", text)]
        if method == "INVITE":
            lines += ["Contact: <sip:bench@127.0.0.1:%d>" % self.port, "Content-Type: application/sdp"]
            body = ("v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
                    "m=audio %d RTP/AVP 0\r\na=ptime:20\r\n" % self.sound_port)
        self.socket.sendto(("\r\n".join(lines) + "\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)).encode(), source)


class Sound:
    """One port for the sound of all calls: whose a packet is says its source."""

    def __init__(self):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 16 << 20)
        self.socket.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        self.socket.bind(("127.0.0.1", 0))
        self.port, self.calls, self.noting = self.socket.getsockname()[1], {}, False

    def take(self):
        """All that is there: note when it came, and send it back."""
        while True:
            try:
                data, notes, _flags, source = self.socket.recvmsg(2048, 64, socket.MSG_DONTWAIT)
            except BlockingIOError:
                return
            if len(data) < 12 or data[1] & 0x7f != 0:
                continue
            self.socket.sendto(data, source)
            if self.noting:
                seconds, ns = struct.unpack("qq", notes[0][2][:16])
                self.calls.setdefault(source, []).append((data[2] << 8 | data[3], seconds * 1_000_000_000 + ns))

    def lateness(self):
        """Nanoseconds, of each packet of each call."""
        late, lost = [], 0
        for packets in self.calls.values():
            first, offsets = packets[0][0], []
            for seq, at in packets:
                offsets.append(at - ((seq - first + 0x8000 & 0xffff) - 0x8000) * FRAME_NS)
            start = min(offsets)
            late += [o - start for o in offsets]
            lost += (packets[-1][0] - first & 0xffff) + 1 - len(packets)
        return late, lost


class Ours:
    name = "ahoy"

    def __init__(self, ahoy, _folder, sip, calls):
        self.sip = sip
        self.process = subprocess.Popen(["taskset", "-c", str(PHONE_CORE), ahoy, "phone", "--json", "--no-account", "--null-audio", "--stats=0",
                                         "--listen=127.0.0.1", "--transport=udp", "--max-calls=%d" % max(calls, 1)],
                                        stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)
        self.say(command="account", address="sip:bench@127.0.0.1:%d" % sip.port, register=calls == 0)

    def say(self, **command):
        self.process.stdin.write(json.dumps(command) + "\n")
        self.process.stdin.flush()

    def call(self):
        self.say(command="call", to="sip:bench@127.0.0.1:%d" % self.sip.port)

    def end(self):
        self.process.kill()
        self.process.wait()


class Baresip:
    name = "baresip"
    CONFIG = """sip_listen 127.0.0.1:{sip}
net_interface 127.0.0.1
ctrl_tcp_listen 127.0.0.1:{control}
call_max_calls 1000
statmode_default off
rtp_ports 20000-24000
ausrc_srate 8000
auplay_srate 8000
audio_source aufile,{wave}
audio_player aubridge,none
module_path {modules}
module account.so
module ctrl_tcp.so
module g711.so
module aufile.so
module aubridge.so
module_app menu.so
"""

    def __init__(self, _ahoy, folder, sip, calls):
        self.sip, folder = sip, os.path.join(folder, "baresip-%d" % calls)
        control, own = free_port(socket.SOCK_STREAM), free_port(socket.SOCK_DGRAM)
        os.makedirs(folder)
        with open(folder + "/config", "w") as f:
            f.write(self.CONFIG.format(sip=own, control=control, modules=MODULES, wave=tone(folder)))
        with open(folder + "/accounts", "w") as f:
            f.write("<sip:bench@127.0.0.1:%d>;regint=%d\n" % (sip.port, 0 if calls else 3600))
        self.process = subprocess.Popen(["taskset", "-c", str(PHONE_CORE), "baresip", "-f", folder], stdin=subprocess.DEVNULL,
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.socket = self.connect(control)

    def connect(self, port):
        end = time.monotonic() + PATIENCE
        while True:
            try:
                return socket.create_connection(("127.0.0.1", port))
            except ConnectionRefusedError:
                if time.monotonic() > end or self.process.poll() is not None:
                    raise SystemExit("baresip did not start")
                time.sleep(0.05)

    def call(self):
        text = json.dumps({"command": "dial", "params": "sip:bench@127.0.0.1:%d" % self.sip.port})
        self.socket.sendall(b"%d:%s," % (len(text), text.encode()))
        try:
            while self.socket.recv(65536, socket.MSG_DONTWAIT):
                pass
        except BlockingIOError:
            pass

    end = Ours.end


def tone(folder):
    """A minute of it: 8 kHz, 440 Hz."""
    path = os.path.join(folder, "tone.wav")
    with wave.open(path, "wb") as f:
        f.setnchannels(1)
        f.setsampwidth(2)
        f.setframerate(8000)
        f.writeframes(b"".join(struct.pack("<h", int(8000 * math.sin(i * 440 * 2 * math.pi / 8000))) for i in range(8000)) * 60)
    return path


def free_port(kind):
    with socket.socket(socket.AF_INET, kind) as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def cpu_seconds(pid):
    with open("/proc/%d/stat" % pid) as f:
        fields = f.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def pss_megabytes(pid):
    with open("/proc/%d/smaps_rollup" % pid) as f:
        return int(re.search(r"(?m)^Pss: +(\d+) kB", f.read()).group(1)) / 1000


def work(sip, sound, until, done=lambda: False):
    while time.monotonic() < until and not done():
        ready, _, _ = select.select([sip.socket, sound.socket], [], [], 0.05)
        if sip.socket in ready:
            sip.answer()
        if sound.socket in ready:
            sound.take()


def many_calls(kind, ahoy, folder, calls, seconds):
    sound = Sound()
    sip = Sip(sound.port)
    phone = kind(ahoy, folder, sip, calls)
    try:
        for _ in range(calls):  # not all in one turn: their grids are not the same
            phone.call()
            work(sip, sound, time.monotonic() + 0.0107)
        work(sip, sound, time.monotonic() + PATIENCE, lambda: len(sip.acked) >= calls or phone.process.poll() is not None)
        if not sip.acked or phone.process.poll() is not None:
            raise SystemExit("%s has no call" % kind.name)
        work(sip, sound, time.monotonic() + 2)
        before, began, sound.noting = cpu_seconds(phone.process.pid), time.monotonic(), True
        work(sip, sound, began + seconds)
        spent, used = time.monotonic() - began, cpu_seconds(phone.process.pid) - before
    finally:
        phone.end()
    late, lost = sound.lateness()
    if not late:
        raise SystemExit("%s says nothing" % kind.name)
    late.sort()
    return {"calls": len(sound.calls), "late %": 100 * sum(ns > LATE_NS for ns in late) / len(late), "packets": len(late),
            "median late us": statistics.median(late) / 1000, "99.9 % late us": late[len(late) * 999 // 1000] / 1000,
            "most late us": late[-1] / 1000, "lost": lost, "CPU %": 100 * used / spent}


def idle(kind, ahoy, folder, seconds):
    sound = Sound()
    sip = Sip(sound.port)
    phone = kind(ahoy, folder, sip, 0)
    try:
        work(sip, sound, time.monotonic() + PATIENCE, lambda: sip.registered > 0)
        if sip.registered == 0:
            raise SystemExit("%s did not register" % kind.name)
        work(sip, sound, time.monotonic() + seconds)
        return pss_megabytes(phone.process.pid)
    finally:
        phone.end()


def measure(ahoy, folder, calls=200, seconds=20):
    """Figures by name ("late % ahoy"), and what there is to say of them."""
    os.sched_setaffinity(0, {OUR_CORE})
    found, notes, kinds = {}, [], [Ours]
    if shutil.which("baresip") and os.path.exists(MODULES + "/aufile.so"):
        kinds.append(Baresip)
    else:
        notes.append("there is no baresip here")
    for kind in kinds:
        figures = {**many_calls(kind, ahoy, folder, calls, seconds), "PSS MB": idle(kind, ahoy, folder, min(10, seconds))}
        found.update({"%s %s" % (name, kind.name): round(value, 3) for name, value in figures.items()})
        if figures["calls"] < calls:
            notes.append("%s had %d calls, not %d" % (kind.name, figures["calls"], calls))
    return found, notes


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--calls", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("ahoy")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="ahoy-bench-") as folder:
        found, notes = measure(args.ahoy, folder, args.calls, args.seconds)
    if args.json:
        print(json.dumps(found))
        return
    for name, value in found.items():
        print("%-26s %12.3f" % (name, value))
    for note in notes:
        print("note: " + note)


if __name__ == "__main__":
    sys.exit(main())
