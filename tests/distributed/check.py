# SPDX-License-Identifier: BSL-1.0
"""Trains with 1, 2, 3, 4 and 8 ranks on the MPIs of Debian and compares every bit; kills ranks; reads what ranks that differ
are told.

    python3 tests/distributed/check.py [--mpi openmpi mpich]

Skipped where no MPI is found (Debian: libopenmpi-dev and openmpi-bin, libmpich-dev and mpich).
"""
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "tools"))
import harness

FOLDER = pathlib.Path(__file__).resolve().parent
MPIS = {"openmpi": ["--oversubscribe", "--bind-to", "none"], "mpich": []}
ENVIRONMENT = {**os.environ, "OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1"}
# Case of program.cpp `refused`: what everybody is told; {last} is the last rank.
TOLD = {
    "ranks": "expected at most 1 ranks for as many shards, found 3",
    "batch": "expected the batch of rank 0, 20, on every rank, found 24 on rank 2",
    "seed": "expected the parameters of rank 0, those with the hash ",
    "optimizer": "expected the optimizer of rank 0, adam{rate = 0.25, ",
    "labels": "expected the data of rank 0, those with the hash ",
    "a class that is none, on one rank": "expected labels from 0 to 3 (exclusive), found 3 at sample 7 (on rank 2)",
    "no batch, on all": "archetype::trainer: expected a batch of at least 1, found 0",
    "architecture": "expected the architecture of rank 0, layer 1: flatten (16), on every rank, found layer 1: conv2d (28, 28, 6) on rank 2",
    "diverged": "archetype::trainer: the loss is ",
    "callback": "update 3 is one too many (on rank 2)",
    "checkpoint": "nothing was loaded",
    "folder": "none/here: expected ",
    "shards": "shards: expected 8 (checkpoint_options::other_shards), found 4",
}


class Checks:
    def __init__(self):
        self.faults = self.done = 0

    def expect(self, holds, what, text=""):
        self.done += 1
        if not holds:
            self.faults += 1
            print(f"FAULT: {what}\n{text[-3000:]}")


def build(mpi, source, program):
    environment = {**ENVIRONMENT, "OMPI_CXX": "g++", "MPICH_CXX": "g++"}
    command = [f"mpicxx.{mpi}", "-std=c++20", "-O1", "-DARCHETYPE_HAS_TBB=1", f"-I{ROOT / 'include'}", source, "-o", program,
               "-ltbb", "-lz", "-lzip"]
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))}\n{done.stdout[-4000:]}")


def run(mpi, ranks, *command, seconds=120):
    """Exit code and text."""
    done = subprocess.run([f"mpirun.{mpi}", *MPIS[mpi], "-np", str(ranks), *map(str, command)], env=ENVIRONMENT, timeout=seconds,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace", check=False)
    return done.returncode, done.stdout


def lines(text):
    return dict(line.split(": ", 1) for line in text.splitlines() if ": " in line)


def check_bits(checks, runs, names):
    """runs: (mpi, ranks, arguments) -> text. Each name has the same text everywhere."""
    seen = {name: {lines(text).get(name) for text in runs.values()} for name in names}
    for name, found in seen.items():
        listed = "\n".join(f"{key}: {lines(text).get(name) or text[-500:]}" for key, text in runs.items())
        checks.expect(len(found) == 1 and None not in found, f"{name} has the same bits everywhere", listed)
        print(f"{name}: {len(runs)} runs, {found.pop() if found else ''}")


def check_faults(checks, mpi, program, folder):
    code, text = run(mpi, 3, program, "refused", folder)
    told = lines(text)
    checks.expect(code == 0, f"{mpi}: what is refused ends well", text)
    for name, wanted in TOLD.items():
        # Messages of checkpoints have several lines.
        checks.expect(wanted in told.get(name, "") or (name in ("checkpoint", "shards") and wanted in text), f"{mpi}: {name}", text)
    for ranks in 1, 3:
        told = lines(run(mpi, ranks, program, "search")[1])
        checks.expect(told.get("search") == "as one process" and told.get("runs") == "46"
                      and told.get("search that fails", "").startswith("a is 0."), f"{mpi}: search by {ranks} ranks", str(told))
    text = run(mpi, 2, program, "mapped", folder / "samples.npy")[1]
    checks.expect("mapped: as in memory" in text, f"{mpi}: samples of a file", text)
    begin = time.monotonic()
    code, text = run(mpi, 2, program, "exception")
    checks.expect(code != 0 and "rank 1 has enough" in text and time.monotonic() - begin < 20, f"{mpi}: exception", text)
    code, text = run(mpi, 3, program, "everywhere")
    checks.expect(code != 0 and text.count("archetype: all ranks: all have enough") == 1, f"{mpi}: exception everywhere", text)

    whole = lines(run(mpi, 2, program, "half", "whole", "-")[1]).get("half")
    run(mpi, 3, program, "half", "first", folder / "first")
    for ranks in (1, 4):
        text = run(mpi, ranks, program, "half", "second", folder / "first")[1]
        checks.expect(whole and lines(text).get("half") == whole, f"{mpi}: resumed with {ranks} ranks", text)
    begin = time.monotonic()
    code, text = run(mpi, 3, program, "half", "killed", folder / "killed")
    seconds = time.monotonic() - begin
    checks.expect(code != 0 and "illed" in text and "two epochs: saved" in text and seconds < 20, f"{mpi}: killed", text)
    text = run(mpi, 2, program, "half", "second", folder / "killed")[1]
    checks.expect(lines(text).get("half") == whole, f"{mpi}: resumed after a rank was killed", text)
    print(f"{mpi}: {len(TOLD)} messages; a rank is killed, all end after {seconds:.1f} s, and training resumes with the same bits")


def main():
    options = harness.parser(__doc__)
    options.add_argument("--mpi", nargs="+", default=list(MPIS), choices=list(MPIS))
    harness.add_turns(options)
    options = options.parse_args()
    found = [mpi for mpi in options.mpi if shutil.which(f"mpicxx.{mpi}") and shutil.which(f"mpirun.{mpi}")]
    if not found:
        print("no MPI found (Debian: libopenmpi-dev openmpi-bin libmpich-dev mpich)")
        return harness.SKIPPED
    checks, digits, networks = Checks(), {}, {}
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        for mpi in found:
            program = folder / f"program_{mpi}"
            build(mpi, FOLDER / "program.cpp", program)
            for ranks, threads in (1, 2), (2, 1), (2, 2), (3, 1), (4, 1), (8, 1):
                digits[mpi, ranks, threads] = run(mpi, ranks, program, "digits", threads)[1]
                if ranks <= 2:
                    text = digits[mpi, ranks, threads]
                    checks.expect("as the trainer for one process: yes" in text, f"{mpi}: {ranks} ranks as one process", text)
            print("\n".join(f"{mpi}, {ranks} ranks: {lines(text).get('bytes of rank 0 in a step')}"
                            for (own, ranks, threads), text in digits.items() if own == mpi and threads == 1))
            check_faults(checks, mpi, program, folder)
        for mpi in harness.in_parts(found, options.turns and len(found) == 2):
            program = folder / f"networks_{mpi}"
            build(mpi, FOLDER / "networks.cpp", program)
            for ranks in 1, 2, 3, 4:
                code, networks[mpi, ranks] = run(mpi, ranks, program)
                checks.expect(code == 0, f"{mpi}: networks, {ranks} ranks", networks[mpi, ranks])
    check_bits(checks, digits, ["LeNet-5"])
    check_bits(checks, networks, ["residual network", "language model"])
    missing = [mpi for mpi in options.mpi if mpi not in found]
    print(f"{checks.done} checks, {checks.faults} faults" + (f"; not found: {', '.join(missing)}" if missing else ""))
    return 1 if checks.faults else 0


if __name__ == "__main__":
    sys.exit(main())
