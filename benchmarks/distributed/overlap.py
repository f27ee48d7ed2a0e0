# SPDX-License-Identifier: BSL-1.0
"""How long two ranks wait for each other's numbers in a step, where gradients travel while the backward pass computes, and where they
are sent after it: on this machine, and on two network namespaces that act as hosts (tests/distributed/namespaces.py).

    python3 benchmarks/distributed/overlap.py build/default/benchmarks/benchmark_steps [--mpi openmpi] [--rounds 5] [--networks lenet5 resnet18]
        [--one-machine]

Rounds alternate between both ways; the step with the least time counts, and what rank 0 waited in it.
"""
import argparse
import os
import pathlib
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent.parent / "tests" / "distributed"))
import namespaces

ENVIRONMENT = {**os.environ, "OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1", "OMP_NUM_THREADS": "1"}
STEPS = {"lenet5": 100, "resnet18": 5}


def compare(where, command, networks, rounds):
    for network in networks:
        steps, least = STEPS[network], {}
        for _ in range(rounds):
            for how in "ranks", "late":
                done = subprocess.run(command(network, how, steps), env=ENVIRONMENT, stdout=subprocess.PIPE, text=True, timeout=600,
                                      check=True)
                numbers = done.stdout.split()
                least[how] = min(least.get(how, (1e9, 0)), (float(numbers[0]), float(numbers[-1])))
        for how, name in ("ranks", "while the backward pass computes"), ("late", "after it"):
            seconds, waited = least[how]
            print(f"{where}, {network}, sent {name}: {1000 * seconds:.2f} ms a step, {1000 * waited:.2f} ms waited, "
                  f"{100 * waited / seconds:.0f} %", flush=True)


def main():
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("program", type=pathlib.Path)
    options.add_argument("--mpi", default="openmpi", choices=["openmpi", "mpich"])
    options.add_argument("--rounds", type=int, default=5)
    options.add_argument("--networks", nargs="+", default=list(STEPS), choices=list(STEPS))
    options.add_argument("--one-machine", action="store_true", help="no namespaces")
    options = options.parse_args()
    compare("one machine", lambda *what: [f"mpirun.{options.mpi}", "-np", "2", *map(str, (options.program, *what))], options.networks,
            options.rounds)
    if options.one_machine:
        return
    with tempfile.TemporaryDirectory() as folder:
        try:
            with namespaces.hosts(2, folder) as (addresses, agent, first, delay):
                compare(f"two hosts, cables with {delay}",
                        lambda *what: namespaces.launch(options.mpi, addresses, agent, first, options.program.resolve(), *what),
                        options.networks, options.rounds)
        except namespaces.Unavailable as error:
            print(f"no network namespaces: {error}")


if __name__ == "__main__":
    main()
