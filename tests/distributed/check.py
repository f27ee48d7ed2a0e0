# SPDX-License-Identifier: BSL-1.0
"""Trains with 1, 2, 3, 4 and 8 ranks of 1 and 2 threads on the MPIs of Debian and compares every bit; kills ranks; reads what ranks
that differ are told; and starts ranks on three network namespaces that act as hosts with slow cables, where the kernel has them.

    python3 tests/distributed/check.py [--mpi openmpi mpich] [--turns]

With `--turns` one MPI has the first programs and the other one a network of networks.cpp, both a third of the ranks and threads, at
another commit others: one rank alone sends nothing, so that MPIs whose ranks have the bits of one are alike. Skipped where no MPI is found (Debian: libopenmpi-dev and openmpi-bin, libmpich-dev and mpich).
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
import namespaces

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
    "a reader that fails, on one rank": "sample 3 is not there (on rank 2)",
    "a validation reader that fails, on one rank": "sample 3 is not there (on rank 2)",
    "no batch, on all": "archetype::trainer: expected a batch of at least 1, found 0",
    "architecture": "expected the architecture of rank 0, layer 1: flatten (16), on every rank, found layer 1: conv2d (28, 28, 6) on rank 2",
    "diverged": "archetype::trainer: the loss is ",
    "callback": "update 3 is one too many (on rank 2)",
    "checkpoint": "nothing was loaded",
    "folder": "none/here: expected ",
    "shards": "shards: expected 8 (checkpoint_options::other_shards), found 4",
}


# Of networks.cpp, by number: what it prints.
NETWORKS = ["residual network", "language model", "carried states", "two outputs"]
# Of options.cpp: what must be in the line, besides the same bits everywhere.
OPTIONS = {"stop_early": ", 9 epochs", "reduce_on_plateau": "rate 0.000781", "callback of rank 0": ", 5 epochs, rate 0.25",
           "sent after the backward pass": "the same bits", "shown": "", "rows and their head": "5",
           "diverged": "the loss is inf at step 2", "architectures": "as one process",
           "trained architectures": "12", "mapped IDX": " loss "}
# What one rank with one thread has is what all have.
RANKS_AND_THREADS = [(ranks, threads) for ranks in (1, 2, 3, 4, 8) for threads in (1, 2)]
ALL_TURNS = 2 * len(NETWORKS) * 3


def at_turn(turn, mpis):
    """The MPI of program.cpp and options.cpp, that of networks.cpp, its network, and ranks and threads of both. Each goes by a divisor
    of its own, so that all pairs have their turn."""
    one, others = RANKS_AND_THREADS[:1], RANKS_AND_THREADS[1:]
    return (mpis[turn % 2], mpis[(turn + 1) % 2], NETWORKS[turn // 2 % len(NETWORKS)],
            one + others[turn // (2 * len(NETWORKS)) % 3::3])


def check_turns(checks):
    """All that there is to run has its turn."""
    mpis = list(MPIS)
    turns = [at_turn(turn, mpis) for turn in range(ALL_TURNS)]
    ran = {(second, network, *pair) for _, second, network, pairs in turns for pair in pairs}
    checks.expect(ran == {(mpi, network, *pair) for mpi in mpis for network in NETWORKS for pair in RANKS_AND_THREADS},
                  "each network with each MPI, ranks and threads has a turn", str(ran))
    checks.expect({(first, *pair) for first, _, _, pairs in turns for pair in pairs} == {
        (mpi, *pair) for mpi in mpis for pair in RANKS_AND_THREADS}, "LeNet-5 with each MPI, ranks and threads has a turn")
    return len(ran)


class Checks:
    def __init__(self):
        self.faults = self.done = 0

    def expect(self, holds, what, text=""):
        self.done += 1
        if not holds:
            self.faults += 1
            print(f"FAULT: {what}\n{text[-3000:]}")


def build(mpi, source, program, *more):
    environment = {**ENVIRONMENT, "OMPI_CXX": "g++", "MPICH_CXX": "g++"}
    command = [f"mpicxx.{mpi}", "-std=c++20", *more, "-DARCHETYPE_HAS_TBB=1", f"-I{ROOT / 'include'}", source, "-o", program,
               "-ltbb", "-lz", "-lzip"]
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))}\n{done.stdout[-4000:]}")


def run(mpi, ranks, *command, seconds=120):
    """Exit code and text."""
    done = subprocess.run([f"mpirun.{mpi}", *MPIS[mpi], "-np", str(ranks), *map(str, command)], env=ENVIRONMENT, timeout=seconds,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace", check=False)
    return done.returncode, done.stdout


def run_on_hosts(checks, mpi, program, folder, wanted):
    """On namespaces, if there can be any: the bits are those of one machine."""
    try:
        with namespaces.hosts(3, folder) as (addresses, agent, first, delay):
            begin = time.monotonic()
            done = subprocess.run(namespaces.launch(mpi, addresses, agent, first, program, "digits", 1), env=ENVIRONMENT, timeout=120,
                                  stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace", check=False)
            found = lines(done.stdout)
            checks.expect(done.returncode == 0 and found.get("LeNet-5") == wanted, f"{mpi}: three hosts", done.stdout)
            checks.expect(found.get("hosts") == "3", f"{mpi}: three hosts have three names", done.stdout)
            print(f"{mpi}: three hosts, cables with {delay}: the same bits, {time.monotonic() - begin:.1f} s")
    except namespaces.Unavailable as error:
        print(f"{mpi}: no network namespaces: {error}")


def lines(text):
    return dict(line.split(": ", 1) for line in text.splitlines() if ": " in line)


def check_bits(checks, runs, names):
    """runs: (mpi, ranks, arguments) -> text. Each name has the same text everywhere."""
    seen = {name: {lines(text).get(name) for text in runs.values()} for name in names}
    for name, found in seen.items():
        listed = "\n".join(f"{key}: {lines(text).get(name) or text[-500:]}" for key, text in runs.items())
        checks.expect(len(found) == 1 and None not in found, f"{name} has the same bits everywhere", listed)
        print(f"{name}: {len(runs)} runs, {found.pop() if found else ''}")


def expect_read(checks, mpi, ranks, text):
    """Three epochs of 200 samples, each judged by 300, are read by one rank each; before, all look at 64 of both."""
    wanted = 3 * (200 + 300) + ranks * (64 + 64)
    checks.expect(lines(text).get("samples read") == str(wanted), f"{mpi}: {ranks} ranks read {wanted} samples", text)


def check_memory(checks, mpi, runs):
    """(ranks, text): a rank has its part of the optimizer's numbers, and at most one block of 16 more of both of Adam's."""
    name, block = "bytes of the optimizer's numbers", 2 * 16 * 4
    of_one = int(lines(runs[0][1]).get(name, "0"))
    for ranks, text in runs:
        bytes_of_ranks = [int(each) for each in lines(text).get(name, "").split()]
        checks.expect(len(bytes_of_ranks) == ranks and sum(bytes_of_ranks) == of_one > 0
                      and max(bytes_of_ranks, default=0) <= of_one / ranks + block, f"{mpi}: memory of {ranks} ranks", text)
        print(f"{mpi}, {ranks} ranks: bytes of the optimizer's numbers {' '.join(map(str, bytes_of_ranks))}")


def check_options(checks, mpi, program, folder, some):
    """Text of options.cpp, by (mpi, ranks)."""
    texts = {}
    for ranks in some:
        own = folder / f"of_options_{mpi}_{ranks}"
        own.mkdir()
        code, text = run(mpi, ranks, program, own)
        told = lines(text)
        checks.expect(code == 0 and all(wanted in told.get(name, "") for name, wanted in OPTIONS.items()), f"{mpi}: options, {ranks} ranks",
                      text)
        checks.expect(told.get("lines of ranks") == " ".join(["4"] + ["0"] * (ranks - 1)), f"{mpi}: lines of rank 0 of {ranks}", text)
        texts[mpi, ranks] = text
    return texts


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
    checks.expect("read: as in memory" in text, f"{mpi}: samples that are read", text)
    expect_read(checks, mpi, 2, text)
    code, text = run(mpi, 4, program, "mapped", folder / "samples.npy")
    checks.expect(code == 0 and "batches of 2 for 4 shards: as in memory" in text, f"{mpi}: ranks without samples", text)
    expect_read(checks, mpi, 4, text)
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


def check_learned_ranges(checks, mpi, folder):
    """Each process would set them by its own first batch: no such trainer."""
    (folder / "ranges.cpp").write_text("""#include <archetype/distributed.hpp>
#include <archetype/execution/quantize/fake_quantize.hpp>
namespace at = archetype;
using net = at::network<at::input<4>, at::fake_quantize<at::range_rule::RULE>, at::dense<3>>;
void learn(at::process_group& group, at::model<net>& model) {
    at::distributed_trainer trainer{group, at::shards<2>{}, model, at::mean_squared_error{}, at::sgd{}};
}
""")
    for rule, errors in ("averaged", 0), ("learned", 1):
        code, text = harness.run([f"mpicxx.{mpi}", "-std=c++20", "-fsyntax-only", f"-DRULE={rule}", f"-I{ROOT / 'include'}",
                                  folder / "ranges.cpp"])
        checks.expect((code != 0) == bool(errors) and text.count("error:") == errors and ("has no learned ranges" in text) == bool(errors),
                      f"{mpi}: {rule} ranges are {'refused' if errors else 'trained'}", text)


def main():
    options = harness.parser(__doc__)
    options.add_argument("--mpi", nargs="+", default=list(MPIS), choices=list(MPIS))
    harness.add_turns(options)
    options = options.parse_args()
    found = [mpi for mpi in options.mpi if shutil.which(f"mpicxx.{mpi}") and shutil.which(f"mpirun.{mpi}")]
    if not found:
        print("no MPI found (Debian: libopenmpi-dev openmpi-bin libmpich-dev mpich)")
        return harness.SKIPPED
    checks, digits, networks, with_options = Checks(), {}, {}, {}
    print(f"{check_turns(checks)} networks with an MPI, ranks and threads have their turn within {ALL_TURNS} turns")
    half = options.turns and len(found) == 2
    firsts, seconds, chosen, pairs = found, found, NETWORKS, RANKS_AND_THREADS
    if half:
        first, second, network, pairs = at_turn(harness.turn(), found)
        firsts, seconds, chosen = [first], [second], [network]
        print(f"{first}: LeNet-5; {second}: {network}; ranks and threads: {pairs}")
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        for mpi in firsts:
            program = folder / f"program_{mpi}"
            build(mpi, FOLDER / "program.cpp", program, "-O1")
            for ranks, threads in pairs:
                digits[mpi, ranks, threads] = run(mpi, ranks, program, "digits", threads)[1]
                if ranks <= 2:
                    text = digits[mpi, ranks, threads]
                    checks.expect("as the trainer for one process: yes" in text, f"{mpi}: {ranks} ranks as one process", text)
            print("\n".join(f"{mpi}, {ranks} ranks: {lines(text).get('bytes of rank 0 in a step')}"
                            for (own, ranks, _), text in digits.items() if own == mpi))
            check_memory(checks, mpi, [(ranks, text) for (own, ranks, _), text in digits.items() if own == mpi])
            for text in [digits[mpi, 3, threads] for threads in (1, 2) if (mpi, 3, threads) in digits][:1]:
                print(f"{mpi}, 3 ranks, 12 shards: {lines(text).get('bytes of rank 0 in a step, 12 shards', 'none')}")
            check_faults(checks, mpi, program, folder)
            check_learned_ranges(checks, mpi, folder)
            run_on_hosts(checks, mpi, program, folder, lines(digits[mpi, 1, 1]).get("LeNet-5"))
            program = folder / f"options_{mpi}"
            build(mpi, FOLDER / "options.cpp", program, "-O0")  # compiling takes longer than running
            with_options.update(check_options(checks, mpi, program, folder, (1, 3) if half else (1, 2, 3, 4, 8)))
        for mpi in seconds:
            program = folder / f"networks_{mpi}"
            build(mpi, FOLDER / "networks.cpp", program, "-O0", *(f"-DCASE={NETWORKS.index(one)}" for one in chosen if half))
            for ranks, threads in pairs:
                code, networks[mpi, ranks, threads] = run(mpi, ranks, program, threads)
                checks.expect(code == 0, f"{mpi}: networks, {ranks} ranks, {threads} threads", networks[mpi, ranks, threads])
            if "carried states" not in chosen:
                continue
            text = networks[mpi, 1, 1]
            checks.expect(lines(text).get("carried states of one shard") == "as the trainer", f"{mpi}: states of one shard", text)
            checks.expect("accumulate to be 1 for layers with the option stateful" in text, f"{mpi}: accumulated states")
    check_bits(checks, digits, ["LeNet-5", "validation"])
    check_bits(checks, with_options, list(OPTIONS))
    check_bits(checks, networks, chosen)
    missing = [mpi for mpi in options.mpi if mpi not in found]
    print(f"{checks.done} checks, {checks.faults} faults" + (f"; not found: {', '.join(missing)}" if missing else ""))
    return 1 if checks.faults else 0


if __name__ == "__main__":
    sys.exit(main())
