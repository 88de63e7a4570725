# SPDX-License-Identifier: BSD-2-Clause
"""Hosts with networks of their own on one machine: network namespaces joined by veth
cables, and routers that do NAT.

    enter()                              # first thing in a test: the rest runs in namespaces of its own
    with Network() as net:
        alice, bob = net.host("alice"), net.host("bob")
        net.cable(alice, "10.0.0.1/24", bob, "10.0.0.2/24")
        alice.run("ping", "-c1", "10.0.0.2")

All of it is inside one network and one mount namespace that only this process and its
children see: nothing of the machine is touched, and the kernel takes it away with the last
of them."""

import os
import subprocess
import sys
import time

from live import PATIENCE, Skip, need

MARK = "AHOY_NETNS"

NAT = """
table ip nat {
    chain out {
        type nat hook postrouting priority 100;
        oifname "%s" masquerade;
    }
    chain in {
        type filter hook forward priority 0;
        iifname "%s" ct state established,related accept;
        iifname "%s" drop;
    }
}
"""

# All that the tests will want: who permits this permits them.
PROBE = """
mount -t tmpfs none /run && ip netns add probe &&
ip link add one netns probe type veth peer name two netns probe &&
ip netns exec probe nft "$NAT" && echo 3 >/proc/sys/net/netfilter/nf_conntrack_udp_timeout
"""


def unsharing():
    """How to get namespaces: as root, or as the root of a user namespace where that is allowed."""
    for program in ("ip", "nft", "unshare"):
        need(program)
    ways = (["unshare", "--net", "--mount"], ["unshare", "--user", "--map-root-user", "--net", "--mount"])
    for way in ways:
        done = subprocess.run([*way, "sh", "-c", PROBE], env={**os.environ, "NAT": NAT % ("one", "one", "one")},
                              stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        if done.returncode == 0:
            return way
    raise Skip("this machine permits no network namespaces with NAT: " + done.stderr.strip())


def enter():
    """Start this test again in namespaces of its own, where it goes on; skips (77) where there are none."""
    if MARK in os.environ:
        subprocess.run(["sh", "-c", "mount -t tmpfs none /run && ip link set lo up"], check=True)
        return
    try:
        way = unsharing()
    except Skip as reason:
        print("skip namespaces: %s" % reason)
        sys.exit(77)
    sys.stdout.flush()
    os.execvpe(way[0], [*way, sys.executable, *sys.argv], {**os.environ, MARK: "1"})


class Host:
    def __init__(self, name):
        self.name = name
        self.within = ["ip", "netns", "exec", name]
        self.plugs = 0
        subprocess.run(["ip", "netns", "add", name], check=True)
        self.ip("link", "set", "lo", "up")
        # An address is no use to a test that begins while the kernel still asks whether another has it.
        self.set("net.ipv6.conf.all.accept_dad", 0)
        self.set("net.ipv6.conf.default.accept_dad", 0)

    def run(self, *words):
        done = subprocess.run([*self.within, *words], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                              timeout=PATIENCE)
        assert done.returncode == 0, "%s: %s: %s" % (self.name, " ".join(words), done.stdout)
        return done.stdout

    def ip(self, *words):
        return self.run("ip", *words)

    def set(self, name, value):
        """A parameter of the kernel, of this host's network alone."""
        self.run("sh", "-c", "echo %s >/proc/sys/%s" % (value, name.replace(".", "/")))

    def pull(self, plug):
        """The cable is out: addresses and routes go with it."""
        self.ip("address", "flush", "dev", plug)
        self.ip("link", "set", plug, "down")

    def plug_in(self, plug, address, gateway):
        self.ip("address", "add", address, "dev", plug)
        self.ip("link", "set", plug, "up")
        self.route("default", "via", gateway)

    def route(self, *words):
        self.ip("route", "add", *words)

    def forward(self):
        """Be a router."""
        self.set("net.ipv4.ip_forward", 1)

    def masquerade(self, plug, udp_seconds):
        """Be a NAT: what leaves by this plug has our address, and what comes in is let in only as an answer.
        A UDP binding is forgotten when nothing has gone through it for so long."""
        self.forward()
        self.run("nft", NAT % (plug, plug, plug))
        self.set("net.netfilter.nf_conntrack_udp_timeout", udp_seconds)
        self.set("net.netfilter.nf_conntrack_udp_timeout_stream", udp_seconds)

    def forgotten(self, patience=PATIENCE):
        """Wait until this NAT keeps no binding of UDP any more."""
        end = time.monotonic() + patience
        while "udp" in self.run("cat", "/proc/net/nf_conntrack"):
            assert time.monotonic() < end, "%s forgets nothing" % self.name
            time.sleep(0.1)


class Network:
    def __enter__(self):
        self.hosts = []
        return self

    def __exit__(self, kind, value, trace):
        for host in self.hosts:
            subprocess.run(["ip", "netns", "delete", host.name], check=True)

    def host(self, name):
        self.hosts.append(Host(name))
        return self.hosts[-1]

    def cable(self, one, address_one, other, address_other):
        """Give each an address on a new cable, and the names of its two plugs."""
        names = []
        for host in (one, other):
            names.append("%s%d" % (host.name[:12], host.plugs))
            host.plugs += 1
        subprocess.run(["ip", "link", "add", names[0], "netns", one.name, "type", "veth", "peer", "name", names[1],
                        "netns", other.name], check=True)
        for host, name, address in ((one, names[0], address_one), (other, names[1], address_other)):
            host.ip("address", "add", address, "dev", name)
            host.ip("link", "set", name, "up")
        return names
