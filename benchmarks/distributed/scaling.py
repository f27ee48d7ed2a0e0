# SPDX-License-Identifier: BSL-1.0
"""Steps of LeNet-5 and ResNet-18 by one process and by two, and PyTorch's DistributedDataParallel in the same rounds.

    python3 benchmarks/distributed/scaling.py build/default/benchmarks/benchmark_steps [--mpirun mpirun] [--rounds 3]

Everything has one thread a process. Rounds alternate between all, the least time counts. PyTorch is left out where
/usr/bin/python3 has none with gloo (Debian: python3-torch). The model of the time has the rates that benchmark_rate_lenet5,
_resnet50 and _gpt2 beside the program measure.
"""
import argparse
import os
import pathlib
import subprocess

FOLDER = pathlib.Path(__file__).resolve().parent
ENVIRONMENT = {**os.environ, "OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1", "OMP_NUM_THREADS": "1"}

TCP = ["--mca", "btl", "tcp,self"]  # messages of Open MPI go through the operating system, as between machines


def run(*command, text=None):
    done = subprocess.run([str(word) for word in command], env=ENVIRONMENT, input=text, stdout=subprocess.PIPE, text=True, check=True)
    return done.stdout.strip()


def main():
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("program", type=pathlib.Path)
    options.add_argument("--mpirun", default="mpirun")
    options.add_argument("--rounds", type=int, default=3)
    options = options.parse_args()
    gloo = "import torch.distributed as d, sys; sys.exit(not (d.is_available() and d.is_gloo_available()))"
    has_torch = subprocess.run(["/usr/bin/python3", "-c", gloo], stderr=subprocess.DEVNULL, check=False).returncode == 0
    rates = []
    for network, steps in ("lenet5", 40), ("resnet18", 6):
        least, last = {}, {}
        for _ in range(options.rounds):
            for name, ranks, how in ("trainer", 1, "alone"), ("half a batch", 1, "half"), ("1 rank", 1, "ranks"), ("2 ranks", 2, "ranks"):
                last[name] = run(options.mpirun, "-np", ranks, options.program, network, how, steps).split()
                least[name] = min(least.get(name, 1e9), float(last[name][0]))
            for ranks in (1, 2) if has_torch else ():
                name = f"PyTorch, {ranks}"
                least[name] = min(least.get(name, 1e9), float(run("/usr/bin/python3", FOLDER / "ddp.py", network, ranks, steps)))
        print(network)
        for name, seconds in least.items():
            print(f"  {name:12} {1000 * seconds:9.2f} ms a step")
        print(f"  2 ranks are {least['trainer'] / least['2 ranks']:.2f} times the trainer, {least['1 rank'] / least['2 ranks']:.2f} times 1 rank")
        print(f"  without any exchange they would be {least['trainer'] / least['half a batch']:.2f} times the trainer")
        _, sent, bound, state, *_ = last["2 ranks"]
        print(f"  rank 0 sends {sent} bytes a step, 2 (R - 1) / R of the parameters are {bound}; it keeps {state} of "
              f"{last['1 rank'][3]} bytes of the optimizer's numbers")
        if has_torch:
            print(f"  {least['PyTorch, 2'] / least['2 ranks']:.2f} times the steps of DistributedDataParallel")
    for network, steps in ("lenet5", 100), ("resnet50", 3), ("gpt2", 2):
        program = options.program.parent / f"benchmark_rate_{network}"
        if not program.exists():
            print(f"no {program}: no model of the time")
            return
        seconds, rate = min((run(program, steps).split() for _ in range(options.rounds)), key=lambda pair: float(pair[0]))
        print(f"{network}: {seconds} s of the processor in a step")
        rates.append(rate)
    tcp = TCP if "Open MPI" in run(options.mpirun, "--version") else []
    message = run(options.mpirun, *tcp, "-np", 2, options.program, "message", 10000)
    print(f"echo {' '.join(rates)} {message} | {options.program.name} model")
    print(run(options.program, "model", text=" ".join([*rates, message])))


if __name__ == "__main__":
    main()
