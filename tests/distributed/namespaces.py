# SPDX-License-Identifier: BSL-1.0
"""Network namespaces that act as hosts, each with a name, an address and a cable to one switch: slow by `tc` where the kernel has
netem, else frames go through a thread that holds each of them back, or else they have a rate alone."""
import collections
import contextlib
import ctypes
import fcntl
import os
import pathlib
import select
import struct
import subprocess
import threading
import time

# Of a cable: what to ask `tc` for.
DELAYED = "1 ms and 1 Gbit/s", ["netem", "delay", "1ms", "rate", "1gbit"]
RATED = "1 Gbit/s", ["tbf", "rate", "1gbit", "burst", "128kb", "latency", "100ms"]
HELD = "1 ms (by a thread)", 1e-3
AGENT = """#!/bin/sh
# What a launcher calls instead of ssh: options, an address, and a command for a shell there.
while [ "${1#-}" != "$1" ]; do shift; done
host={prefix}${1##*.}; shift
exec ip netns exec "$host" unshare -u sh -c "hostname $host; $*"
"""


class Unavailable(Exception):
    """Why there are no namespaces here."""


def ask(*command):
    try:
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=20, check=False)
    except OSError as error:
        raise Unavailable(f"{command[0]}: {error.strerror}") from error
    if done.returncode != 0:
        raise Unavailable(f"{' '.join(command)}: {done.stdout.strip()}")


def slow_down(space, how):
    """Delays what leaves a namespace."""
    ask("ip", "netns", "exec", space, "tc", "qdisc", "add", "dev", "eth0", "root", *how)


class HeldCables:
    """A switch of devices that programs own (TAP): frames of one are written to the others when they have waited."""

    def __init__(self, spaces, seconds):
        self.seconds, self.waiting, self.ends = seconds, collections.deque(), []
        self.reader, self.writer = os.pipe()
        made = threading.Event()
        self.thread = threading.Thread(target=self.run, args=(spaces, made), daemon=True)
        self.thread.start()
        made.wait(20)
        if len(self.ends) != len(spaces):
            self.close()
            raise Unavailable("no TAP devices")

    def run(self, spaces, made):
        libc = ctypes.CDLL(None, use_errno=True)
        try:
            for space in spaces:  # a thread may be in a namespace that the others are not in
                with open(f"/run/netns/{space}", "rb") as where:
                    if libc.setns(where.fileno(), 0x40000000) != 0:
                        raise OSError(ctypes.get_errno(), "setns")
                end = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
                self.ends.append(end)
                fcntl.ioctl(end, 0x400454ca, struct.pack("16sH22x", b"eth0", 0x1002))  # TUNSETIFF, IFF_TAP | IFF_NO_PI
        except OSError:
            self.ends.pop() if self.ends else None
            return
        finally:
            made.set()
        while True:
            due = max(0, self.waiting[0][0] - time.monotonic()) if self.waiting else None
            ready = select.select([self.reader, *self.ends], [], [], due)[0]
            if self.reader in ready:
                return
            for end in ready:
                with contextlib.suppress(BlockingIOError):
                    for _ in range(64):
                        self.waiting.append((time.monotonic() + self.seconds, end, os.read(end, 65536)))
            while self.waiting and self.waiting[0][0] <= time.monotonic():
                _, origin, frame = self.waiting.popleft()
                for end in self.ends:
                    if end != origin:
                        with contextlib.suppress(OSError):  # a device that is not up yet
                            os.write(end, frame)

    def close(self):
        os.write(self.writer, b"x")
        self.thread.join(20)
        for end in [self.reader, self.writer, *self.ends]:
            os.close(end)


def plug_in(switch, spaces):
    """A device eth0 in each namespace, by cables to a bridge in namespace `switch`."""
    ask("ip", "-n", switch, "link", "add", "name", "switch", "type", "bridge")
    ask("ip", "-n", switch, "link", "set", "switch", "up")
    for i, space in enumerate(spaces):
        ask("ip", "-n", switch, "link", "add", "name", f"port{i}", "type", "veth", "peer", "name", "eth0", "netns", space)
        ask("ip", "-n", switch, "link", "set", f"port{i}", "master", "switch", "up")


@contextlib.contextmanager
def hosts(count, folder):
    """Addresses, the program that a launcher calls to reach them, the first one's namespace, and what a cable's delay is."""
    prefix, base = f"arch{os.getpid()}h", os.getpid() % 250
    spaces = [f"{prefix}{i + 1}" for i in range(count)]
    switch, made, held = f"{prefix}0", [], None
    agent = pathlib.Path(folder) / "agent"
    agent.write_text(AGENT.replace("{prefix}", prefix))
    agent.chmod(0o755)
    try:
        for space in [switch, *spaces]:
            ask("ip", "netns", "add", space)
            made.append(space)
        plug_in(switch, spaces)
        delay = DELAYED[0]
        try:
            for space in spaces:
                slow_down(space, DELAYED[1])
        except Unavailable:
            for space in spaces:
                ask("ip", "-n", space, "link", "del", "eth0")
            try:
                held, delay = HeldCables(spaces, HELD[1]), HELD[0]
            except Unavailable:
                ask("ip", "-n", switch, "link", "del", "switch")
                plug_in(switch, spaces)
                for space in spaces:
                    slow_down(space, RATED[1])
                delay = RATED[0]
        for i, space in enumerate(spaces):
            for device in "lo", "eth0":
                ask("ip", "-n", space, "link", "set", device, "up")
            ask("ip", "-n", space, "address", "add", f"10.77.{base}.{i + 1}/24", "dev", "eth0")
        yield [f"10.77.{base}.{i + 1}" for i in range(count)], agent, spaces[0], delay
    finally:
        if held is not None:
            held.close()
        for space in made:
            subprocess.run(["ip", "netns", "del", space], check=False)


def launch(mpi, addresses, agent, first, *command):
    """What starts a rank of a program on each host."""
    launcher = {"openmpi": ["--mca", "plm_rsh_agent", str(agent), "--host", ",".join(f"{each}:1" for each in addresses),
                            "--bind-to", "none", "--mca", "btl", "tcp,self"],
                "mpich": ["-launcher", "ssh", "-launcher-exec", str(agent), "-hosts", ",".join(addresses)]}[mpi]
    return ["unshare", "-u", "sh", "-c", f'hostname {first}; exec ip netns exec {first} "$@"', "sh",
            f"mpirun.{mpi}", *launcher, "-np", str(len(addresses)), *map(str, command)]
