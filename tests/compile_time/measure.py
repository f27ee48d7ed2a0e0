# SPDX-License-Identifier: BSL-1.0
"""Compiler time and memory of one source: user seconds (the least of some runs) and peak resident megabytes."""
import os
import pathlib
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent.parent / "tools"))
import harness


def once(command):
    """Runs one compilation; returns its user seconds and its peak resident size in MB (2^20 bytes)."""
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    output = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        shown = "\n".join(line[:300] for line in output.splitlines()[:8])
        sys.exit(f"{' '.join(command)}\n{shown}")
    return usage.ru_utime, usage.ru_maxrss / 1024


def interleaved(commands, runs):
    """The least time and the greatest memory of each command (name -> command), run in turns so that noise is shared."""
    figures = {name: (float("inf"), 0.0) for name in commands}
    for _ in range(runs):
        for name, command in commands.items():
            seconds, megabytes = once(command)
            figures[name] = min(figures[name][0], seconds), max(figures[name][1], megabytes)
    return figures


def table(figures, baseline):
    """Figures as text, times also as multiples of the baseline's."""
    lines = [f"{'source':44} {'user s':>8} {'ratio':>7} {'peak MB':>8}"]
    for name, (seconds, megabytes) in figures.items():
        lines.append(f"{name:44} {seconds:8.2f} {seconds / figures[baseline][0]:7.2f} {megabytes:8.0f}")
    return "\n".join(lines)
