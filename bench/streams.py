# SPDX-License-Identifier: BSD-2-Clause
"""What streams cost the real server, beside what they cost at least: calls over TCP through the proxy, the time
until it rings, TLS handshakes, full and resumed.

Server on core 0, generator on core 1, everything on 127.0.0.1. In each round every server has its turn: the floor
(bench/tcp_floor.c, bench/tls_floor.c), ours, and Kamailio where it is installed. CPU is what the scheduler gave to all
threads of the server and its children (/proc/PID/task/*/schedstat). Ratios hold within one run only."""

import json
import os
import shutil
import socket
import statistics
import subprocess
import tempfile
import time

CONNECTIONS, WINDOW, PLACES, PATIENCE = 200, 64, 16, 60
# name: (kind, warm-up, operations, arguments of the generator)
CASES = {
    "tcp-call": ("tcp", 4000, 15000, (CONNECTIONS, WINDOW)),
    "tcp-set-up": ("tcp", 300, 3000, (1, 1)),
    "tls-full": ("tls", 200, 3000, ("full",)),
    "tls-resumed": ("tls", 3000, 3000, ("resumed",)),
}

KAMAILIO = """#!KAMAILIO
debug=-1
log_stderror=yes
children=1
tcp_children=1
tcp_max_connections=4096
tcp_connection_lifetime=3600
auto_aliases=no
alias="127.0.0.1:5060"
alias="a.test:5060"
dns=no
rev_dns=no
loadmodule "tm.so"
loadmodule "sl.so"
loadmodule "rr.so"
loadmodule "pv.so"
loadmodule "maxfwd.so"
loadmodule "usrloc.so"
loadmodule "registrar.so"
loadmodule "textops.so"
loadmodule "siputils.so"
%s
modparam("usrloc","db_mode",0)
modparam("usrloc","hash_size",12)
request_route {
  if (!mf_process_maxfwd_header("10")) { sl_send_reply("483","Too Many Hops"); exit; }
  if (is_method("OPTIONS") && $rU==$null) { sl_send_reply("200","OK"); exit; }
  if (has_totag()) {
    if (loose_route()) { route(RELAY); exit; }
    if (is_method("ACK")) { if (t_check_trans()) t_relay(); exit; }
    sl_send_reply("404","Not here"); exit;
  }
  if (is_method("REGISTER")) { save("location"); exit; }
  if (is_method("INVITE")) record_route();
  if (!lookup("location")) { sl_send_reply("404","Not found"); exit; }
  route(RELAY);
}
route[RELAY] { if (!t_relay()) sl_reply_error(); exit; }
"""
KAMAILIO_TLS = """enable_tls=yes
listen=tls:127.0.0.1:%d
loadmodule "tls.so"
modparam("tls","tls_method","TLSv1.2+")
modparam("tls","certificate","%s")
modparam("tls","private_key","%s")
"""


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def pin(core):
    """Alone with its work, if we may say so: on one core, before the others of this machine."""
    def before():
        os.sched_setaffinity(0, {core})
        try:
            os.setsid()
            with open("/proc/self/autogroup", "w") as f:
                f.write("-15")
            os.nice(-15)
        except OSError:
            pass  # not root: then the machine had better be idle
    return before


def family(ancestor):
    """A process and all that come from it."""
    parents = {}
    for entry in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open("/proc/%s/stat" % entry) as f:
                parents[int(entry)] = int(f.read().rpartition(")")[2].split()[1])
        except OSError:
            continue  # it has ended meanwhile
    found = {ancestor}
    while True:
        more = {pid for pid, parent in parents.items() if parent in found} - found
        if not more:
            return found
        found |= more


def cpu_us(pids):
    """Microseconds that all threads of these processes have run."""
    total = 0
    for pid in pids:
        for task in os.listdir("/proc/%d/task" % pid):
            with open("/proc/%d/task/%s/schedstat" % (pid, task)) as f:
                total += int(f.read().split()[0])
    return total / 1000


class Server:
    """One of the three: each method says how it is started. It is there when its port is."""

    def __init__(self, name, kind, folder, tools, ahoy):
        self.name, self.port, self.callee = name, free_port(), free_port()
        self.registers = name != "floor"
        args = getattr(self, name)(kind, folder, tools, ahoy)
        self.log = open(os.path.join(folder, name + ".log"), "w")
        self.process = subprocess.Popen(args, stdout=self.log, stderr=self.log, preexec_fn=pin(0))
        if not self.wait():
            raise SystemExit("streams: %s did not start\n%s" % (name, open(self.log.name).read()[-2000:]))

    def floor(self, kind, folder, tools, _ahoy):
        if kind == "tcp":
            return [os.path.join(tools, "tcp_floor"), str(self.port), str(self.callee)]
        return [os.path.join(tools, "tls_floor"), str(self.port), folder + "/tls/a.test.pem", folder + "/tls/a.test.key"]

    def ours(self, kind, folder, _tools, ahoy):
        config = folder + "/ahoy.conf"
        shutil.rmtree(folder + "/state", ignore_errors=True)
        with open(folder + "/tls.conf") as f:
            lines = f.read() if kind == "tls" else ""
        with open(config, "w") as f:
            f.write('domain = {"127.0.0.1", "a.test"}\nlisten = {"%s:127.0.0.1:%d"}\nstate = "%s/state"\nauthentication = false\n'
                    'workers = 1\n%s' % (kind, self.port, folder, lines))
        return [ahoy, "serve", "--config", config]

    def kamailio(self, kind, folder, _tools, _ahoy):
        config = folder + "/kamailio.cfg"
        listen = "listen=tcp:127.0.0.1:%d" % self.port if kind == "tcp" else \
            KAMAILIO_TLS % (self.port, folder + "/tls/a.test.pem", folder + "/tls/a.test.key")
        with open(config, "w") as f:
            f.write(KAMAILIO % listen)
        return ["kamailio", "-f", config, "-DD", "-E", "-m", "1024", "-M", "64", "-x", "fm", "-X", "fm", "-Y", folder]

    def wait(self):
        for _ in range(150):
            if self.process.poll() is not None:
                return False
            with socket.socket() as s:
                if s.connect_ex(("127.0.0.1", self.port)) == 0:
                    time.sleep(0.3)
                    return True
            time.sleep(0.1)
        return False

    def cpu(self):
        """Microseconds that all its threads have run."""
        return cpu_us(family(self.process.pid))

    def stop(self):
        self.process.terminate()
        self.process.wait(PATIENCE)
        self.log.close()


def load(server, kind, warm_up, operations, args, tools):
    """What the generator says, and CPU of the server per operation, in microseconds."""
    if kind == "tcp":
        command = [os.path.join(tools, "stream_load"), str(server.port), str(server.callee), *map(str, args), str(warm_up),
                   str(operations)] + (["register"] if server.registers else [])
    else:
        command = [os.path.join(tools, "tls_load"), str(server.port), str(PLACES), str(warm_up), str(operations), *args]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, preexec_fn=pin(1)) as generator:
        if generator.stdout.readline() != "warm\n":
            raise SystemExit("streams: %s: the generator has failed" % server.name)
        before = server.cpu()
        generator.stdin.write("\n")
        generator.stdin.flush()
        line = generator.stdout.readline()
        used = server.cpu() - before
    if not line:
        raise SystemExit("streams: %s: the generator has failed" % server.name)
    return {**json.loads(line), "cpu_us": used / operations}


def servers():
    return ["floor", "ours"] + (["kamailio"] if shutil.which("kamailio") else [])


def measure(ahoy, tools, rounds=3, cases=None, peers=None):
    """{case: {server: {figure: median of the rounds}}}; figures are cpu_us, and of calls p50_us and p99_us."""
    heard = {}
    with tempfile.TemporaryDirectory(prefix="ahoy-streams-") as folder:
        lines = subprocess.run([ahoy, "cert", "lab", folder + "/tls", "a.test"], check=True, text=True, stdout=subprocess.PIPE,
                               stderr=subprocess.DEVNULL).stdout
        with open(folder + "/tls.conf", "w") as f:
            f.write(lines)
        for _ in range(rounds):
            for case in cases or CASES:
                kind, warm_up, operations, args = CASES[case]
                for name in peers or servers():
                    server = Server(name, kind, folder, tools, ahoy)
                    try:
                        figures = load(server, kind, warm_up, operations, args, tools)
                    finally:
                        server.stop()
                    heard.setdefault(case, {}).setdefault(name, []).append(figures)
    return {case: {name: {figure: statistics.median(one[figure] for one in runs) for figure in runs[0]}
                   for name, runs in of_case.items()} for case, of_case in heard.items()}
