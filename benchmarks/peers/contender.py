# SPDX-License-Identifier: BSL-1.0
"""A process that takes part in a comparison: contender.hpp and pytorch_networks.py have its other end."""
import os
import subprocess
import sys


class Contender:
    """A process that answers each line with one line. `core`: OPENBLAS_CORETYPE, empty for none."""

    def __init__(self, command, core, name, errors=subprocess.DEVNULL):
        environment = dict(os.environ, OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1")
        environment.pop("OPENBLAS_CORETYPE", None)
        if core:
            environment["OPENBLAS_CORETYPE"] = core
        self.name = name
        # The last processor only: the first ones have most interrupts.
        pinned = ["taskset", "-c", str(max(os.sched_getaffinity(0)))]
        self.process = subprocess.Popen([*pinned, *map(str, command)], env=environment, stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, stderr=errors, text=True)
        while self.answer() != "ready":
            pass

    def answer(self):
        line = self.process.stdout.readline()
        if not line:
            sys.exit(f"{self.name} ended without an answer")
        return line.strip()

    def ask(self, command):
        self.process.stdin.write(command + "\n")
        self.process.stdin.flush()
        return self.answer()

    def close(self):
        self.process.stdin.close()
        self.process.wait()
