# SPDX-License-Identifier: BSL-1.0
"""Runs examples/cluster by two ranks, on compressed files and on others, with the same weights; and reads its Slurm script.

    python3 tests/distributed/example.py PROGRAM LAUNCHER
"""
import gzip
import os
import pathlib
import subprocess
import sys
import tempfile

EXAMPLES = pathlib.Path(__file__).resolve().parent.parent.parent / "examples"
ENVIRONMENT = {**os.environ, "OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1"}


def run(*command):
    done = subprocess.run([str(word) for word in command], env=ENVIRONMENT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          timeout=300, check=False)
    if done.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))}: {done.returncode}\n{done.stdout}")
    return done.stdout


def main():
    program, launcher = sys.argv[1:]
    run("sh", "-n", EXAMPLES / "cluster" / "train.sbatch")
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        for file in (EXAMPLES / "data").glob("*-ubyte.gz"):
            (folder / file.stem).write_bytes(gzip.decompress(file.read_bytes()))
        results = []
        for data, how in (EXAMPLES / "data", "are read into memory"), (folder, "stay in their file"):
            text = run(launcher, "-np", 2, program, data, folder / f"{how}.safetensors", 2)
            if f"2 ranks, 0 of 2 epochs done, images {how}" not in text:
                sys.exit("expected two ranks whose images " + how)
            results.append(text.splitlines()[-1])
            print(f"images {how}: {results[-1]}")
        # What is there is not trained once more.
        text = run(launcher, "-np", 2, program, folder, folder / "stay in their file.safetensors", 2)
        results.append(text.splitlines()[-1])
        if "2 of 2 epochs done" not in text or "accuracy" not in results[0] or len(set(results)) != 1:
            sys.exit(f"expected the same results, found\n{text}{results}")


if __name__ == "__main__":
    main()
