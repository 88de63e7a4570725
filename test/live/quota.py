# SPDX-License-Identifier: BSD-2-Clause
"""Processes that get so much of a core and no more, by a control group of their own (version 2, or 1)."""

import contextlib
import os

from live import Skip

PERIOD = 100000  # microseconds


def write(path, text):
    with open(path, "w") as file:
        file.write(text)


def mounts(kind, option):
    with open("/proc/mounts") as table:
        rows = [line.split() for line in table]
    return [row[1] for row in rows if row[2] == kind and (option is None or option in row[3].split(","))]


def unified(root, name, quota):
    with open(root + "/cgroup.controllers") as file:
        if "cpu" not in file.read().split():
            return None
    write(root + "/cgroup.subtree_control", "+cpu")
    group = os.path.join(root, name)
    os.mkdir(group)
    write(group + "/cpu.max", "%d %d" % (quota, PERIOD))
    return group


def legacy(root, name, quota):
    group = os.path.join(root, name)
    os.mkdir(group)
    write(group + "/cpu.cfs_period_us", str(PERIOD))
    write(group + "/cpu.cfs_quota_us", str(quota))
    return group


def make(name, quota):
    for kind, option, make_in in (("cgroup2", None, unified), ("cgroup", "cpu", legacy)):
        for root in mounts(kind, option):
            try:
                group = make_in(root, name, quota)
            except OSError:
                continue
            if group is not None:
                return group
    raise Skip("this machine gives no control group with a share of the CPU")


class Quota:
    def __init__(self, group):
        self.group = group

    def hold(self, *pids):
        """These processes, and what they will fork."""
        for pid in pids:
            write(self.group + "/cgroup.procs", str(pid))


@contextlib.contextmanager
def quota(share):
    """`share` of a core. The processes that are held have to be gone at the end."""
    group = make("ahoy-test-%d" % os.getpid(), int(share * PERIOD))
    try:
        yield Quota(group)
    finally:
        os.rmdir(group)
